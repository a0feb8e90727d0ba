"""Where one amount lies among others of its kind: quartiles, how many lie below it, and a histogram.

Do not draw amounts of deals on an even scale: most are small and a few a thousand times larger, so that all but those few would stand in
one column. The columns' edges are multiples of one another.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["COLUMNS", "LEAST_OTHERS", "Spread", "spread_of"]

LEAST_OTHERS: Final = 5
"""Fewer others say nothing of what is usual."""

COLUMNS: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One amount among others, all in cents.

    Attributes:
        others: how many there are beside it.
        below: how many of them are smaller.
        least: the smallest of the others.
        lower_quartile: the smallest that at least a quarter of them do not go beyond.
        median: the same with a half.
        upper_quartile: the same with three quarters.
        most: the largest of the others.
        columns: how many of the others lie in each step from the smallest amount of all to the largest.
        places: where the amount, the quartiles and the median lie on that scale, from 0 to 100.
    """

    others: int
    below: int
    least: int
    lower_quartile: int
    median: int
    upper_quartile: int
    most: int
    columns: tuple[int, ...]
    places: Places

    @property
    def below_percent(self) -> int:
        """The percent of the others that are smaller, whole and rounded down: 100 only where all are."""
        return 100 * self.below // self.others


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Places on the scale of a histogram, from 0 to 100."""

    amount: float
    lower_quartile: float
    median: float
    upper_quartile: float


def spread_of(amount: int, *, others: Sequence[int]) -> Spread | None:
    """Where an amount lies among others; None where there are too few of them."""
    ordered = sorted(others)
    if len(ordered) < LEAST_OTHERS:
        return None
    first, last = min(amount, ordered[0]), max(amount, ordered[-1])

    def place(of: int) -> float:
        return 50.0 if first == last else 100 * math.log(of / first) / math.log(last / first)

    columns = [0] * COLUMNS
    for one in ordered:
        columns[min(COLUMNS - 1, int(place(one) * COLUMNS / 100))] += 1
    lower, median, upper = (_at_part(ordered, quarters) for quarters in (1, 2, 3))
    return Spread(
        others=len(ordered),
        below=bisect_left(ordered, amount),
        least=ordered[0],
        lower_quartile=lower,
        median=median,
        upper_quartile=upper,
        most=ordered[-1],
        columns=tuple(columns),
        places=Places(
            amount=place(amount), lower_quartile=place(lower), median=place(median), upper_quartile=place(upper)
        ),
    )


def _at_part(ordered: Sequence[int], quarters: int) -> int:
    """The smallest that so many quarters of them do not go beyond."""
    return ordered[-(-len(ordered) * quarters // 4) - 1]

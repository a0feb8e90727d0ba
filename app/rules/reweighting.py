"""Weights of a scorecard, some of them so much more or less: what is left over is shared so that they add up to 100 again, to the hundredth.

Do not round each weight by itself: thirteen rounded weights add up to 99.99 or 100.01, and a load refuses both.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

__all__ = ["reweighted"]

_HUNDREDTHS: Final = 10_000
"""Of a hundredth of a percent there are so many in 100."""


def reweighted(weights: Sequence[Decimal], factors: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """The weights times their factors, brought to 100 together.

    Whole hundredths by largest remainder, of equals the first one; a line keeps at least one hundredth. Where all factors are the same nothing
    changes.

    Args:
        weights: in percent, above 0, together 100.
        factors: of each weight, above 0.
    """
    if len(set(factors)) < 2:
        return tuple(weights)
    wanted = [Fraction(weight) * Fraction(factor) for weight, factor in zip(weights, factors, strict=True)]
    together = sum(wanted)
    exact = [_HUNDREDTHS * one / together for one in wanted]
    whole = [max(1, int(one)) for one in exact]
    by_remainder = sorted(range(len(exact)), key=lambda at: (int(exact[at]) - exact[at], at))
    left = _HUNDREDTHS - sum(whole)
    for at in by_remainder[: max(0, left)]:
        whole[at] += 1
    while sum(whole) > _HUNDREDTHS:
        # Lines that keep the least take it from the heaviest.
        whole[max(range(len(whole)), key=lambda at: (whole[at], -at))] -= 1
    return tuple(_plain(one) for one in whole)


def _plain(hundredths: int) -> Decimal:
    """As a load keeps it: 12.5 and 40, not 12.50 and 40.00."""
    weight = Decimal(hundredths).scaleb(-2)
    return Decimal(int(weight)) if weight == int(weight) else weight.normalize()

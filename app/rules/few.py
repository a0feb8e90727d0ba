"""Counts of people that name nobody: a group of fewer than five is not shown apart (the promise of every spread of scores)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

__all__ = ["FEW", "shown_together"]

FEW: Final = 5
"""Fewer people than this are known by their group alone."""


def shown_together(counts: Sequence[int], *, least: int = FEW) -> tuple[tuple[int, int], ...]:
    """Which neighbouring groups are shown as one, so that none of those shown has fewer people than ``least`` but none at all.

    The smallest group is joined to the smaller one of its neighbours that has people, until none is too small; what the others leave of all tells
    then nothing more. Where all of them together are too few, they are one.

    Args:
        counts: how many people each group has, in the order in which groups stand.
        least: the fewest that are shown apart.

    Returns:
        From which group to which, the last one included, in order; groups without people that lie within belong to it.
    """
    parts = [[place, place, count] for place, count in enumerate(counts)]
    while True:
        small = [at for at, part in enumerate(parts) if 0 < part[2] < least]
        peopled = [at for at, part in enumerate(parts) if part[2]]
        if not small or len(peopled) == 1:
            return tuple((first, last) for first, last, _ in parts)
        at = min(small, key=lambda place: parts[place][2])
        beside = [one for one in (_before(peopled, at), _after(peopled, at)) if one is not None]
        other = min(beside, key=lambda place: parts[place][2])
        begin, end = min(at, other), max(at, other)
        together = [parts[begin][0], parts[end][1], sum(part[2] for part in parts[begin : end + 1])]
        parts[begin : end + 1] = [together]


def _before(peopled: Sequence[int], at: int) -> int | None:
    return max((one for one in peopled if one < at), default=None)


def _after(peopled: Sequence[int], at: int) -> int | None:
    return min((one for one in peopled if one > at), default=None)

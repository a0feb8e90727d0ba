"""How far a line has to move until a score is in another band, or reaches another grade: the scoring rules run backwards.

Nothing here works a method out backwards. A step is looked for among the steps that a KPI can take, whole deals or hundredths of a percent,
by the rules that score, so that what is said holds to the last step: at it the band is reached, one step before it is not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Final

import numpy as np

from app.rules.baseline import Reference
from app.rules.measures import GROWS_WITH_DAYS, Aggregate, BoolArray, FloatArray, IntArray
from app.rules.methods import SCORE_MIN, best_actual
from app.rules.rollup import BANDS, Band, published

__all__ = ["NOT_REACHED", "Aim", "Walk", "aim_at", "aim_of", "is_reached", "least_steps", "places_of", "walk_of"]

NOT_REACHED: Final = -1

_FAR: Final = 1000
_HALF: Final = 0.5
"""A published score begins half a hundredth below what it says."""
_NEAR: Final = 1.0
"""Scores so many hundredths from an edge are published on their own side of it."""
_NEVER_BELOW_ZERO: Final = frozenset(set(Aggregate) - {Aggregate.GIVEN, Aggregate.RATING})
"""What is made of activities: there are never fewer than none."""


@dataclass(frozen=True, slots=True)
class Aim:
    """The edge that a score is told against: where the next better band or grade begins, or, in the best band, where that one does."""

    letter: str
    """The band or grade to be reached; of the best band the one below it, which is fallen into."""
    edge: int
    """The least published score that is on the better side, in hundredths."""
    falls: bool = False

    @property
    def least(self) -> Decimal:
        """That score in points."""
        return Decimal(self.edge).scaleb(-2)


def aim_at(grade: str, least: Decimal) -> Aim:
    """What whoever is to have a grade aims at: the least published score that has it."""
    return Aim(grade, int(least.scaleb(2)))


def aim_of(band: Band | None) -> Aim | None:
    """What a score of a band aims at; None without a score."""
    if band is None:
        return None
    order = list(BANDS)
    place = order.index(band)
    if place == 0:
        return Aim(order[1], BANDS[band] * 100, falls=True)
    better = order[place - 1]
    return Aim(better, BANDS[better] * 100)


def is_reached(final: FloatArray, edge: IntArray) -> BoolArray:
    """Whether each score, as it is published, is at its edge or above it; not where there is none.

    Args:
        final: exact scores, in points.
        edge: published ones, in hundredths.
    """
    beyond = final * 100 - edge
    reached = np.asarray(beyond >= 0, dtype=np.bool_)
    for at in np.flatnonzero(np.abs(beyond) < _NEAR):
        score = published(float(final[at]))
        reached[at] = score is not None and score.scaleb(2) >= int(edge[at])
    return reached


def places_of(aggregate: str, *, actual: Fraction, reference: Reference) -> int:
    """The decimals of a KPI's steps: none of what is counted and of dollars summed, else those that its values are written with."""
    if Aggregate(aggregate) in GROWS_WITH_DAYS:
        return 0
    sizes = (actual, *(one for one in (reference.base, reference.target, reference.high) if one is not None))
    return 4 if max(abs(size) for size in sizes) < 1 else 2


@dataclass(frozen=True, slots=True)
class Walk:
    """The steps that a line's actual can take one way.

    ``start + sign × n / grains`` is the actual after n steps. What counts and sums moves by whole steps from where it is. Any other value
    moves along the numbers that it is written with, so that the first step may be shorter.
    """

    start: Fraction
    sign: int
    grains: int
    """Steps to 1."""
    most: int
    """Steps after which nothing changes any more, or none are left."""

    def actual(self, steps: int) -> Fraction:
        """The actual after so many steps."""
        return self.start + Fraction(self.sign * steps, self.grains)


def walk_of(reference: Reference, *, aggregate: str, actual: Fraction, falls: bool = False) -> Walk:
    """The way of a line to its best actual, or where ``falls`` to its worst.

    Args:
        reference: of a line that can be measured.
        aggregate: how its actual is made.
        actual: where it leads.
        falls: whether the line is to lose.
    """
    best = best_actual(reference)
    sign = -best.sign if falls else best.sign
    grains = 10 ** places_of(aggregate, actual=actual, reference=reference)
    start = actual
    if Aggregate(aggregate) not in GROWS_WITH_DAYS:
        start = Fraction(floor(actual * grains) if sign > 0 else ceil(actual * grains), grains)
    end = _worst(best.actual, sign, reference) if falls else best.actual
    most = max(0, ceil((end - start) * sign * grains) + 1)
    if sign < 0 and Aggregate(aggregate) in _NEVER_BELOW_ZERO:
        most = min(most, max(0, floor(start * grains)))
    return Walk(start, sign, grains, most)


def _worst(best: Fraction, sign: int, reference: Reference) -> Fraction:
    """An actual so bad that no worse one changes anything that is published."""
    if reference.is_rated:
        return Fraction(SCORE_MIN)
    figures = [one for one in (reference.base, reference.low, reference.target) if one is not None]
    spread = max((abs(best - one) for one in figures), default=Fraction(0))
    return best + sign * _FAR * (spread or abs(best) or 1)


def least_steps(
    finals: Callable[[IntArray], FloatArray], *, edge: IntArray, falls: BoolArray, most: IntArray
) -> IntArray:
    """The least number of steps at which each of many walks has passed its edge, looked for in all of them at once.

    Between two edges of a method a score is a straight line, so where the line through the two ends of what is left crosses the edge is tried
    first; every other time the middle is, which ends the search whatever the method.

    Args:
        finals: the final scores after so many steps of each.
        edge: the least published score that is on the better side, in hundredths.
        falls: whether a walk is to come below its edge, and not up to it.
        most: the steps of each walk.

    Returns:
        The steps; :data:`NOT_REACHED` where a walk does not pass its edge in as many as it has.
    """
    before, there = np.zeros_like(most), most.copy()
    score_before, score_there = finals(before), finals(there)
    able = (is_reached(score_there, edge) != falls) & (most > 0)
    crossing, by_line = (edge - _HALF) / 100, True
    while (open_ := able & (there - before > 1)).any():
        tried = (before + there) // 2
        if by_line:
            rise = np.where(score_there == score_before, 1.0, score_there - score_before)
            share = np.clip((crossing - score_before) / rise, 0.0, 1.0)
            line = before + np.nan_to_num(share * (there - before)).astype(np.int64) + falls
            tried = np.clip(line, before + 1, np.maximum(there - 1, before + 1))
        by_line = not by_line
        tried = np.where(open_, tried, there)
        score = finals(tried)
        passed = is_reached(score, edge) != falls
        there, score_there = np.where(passed, tried, there), np.where(passed, score, score_there)
        before, score_before = np.where(passed, before, tried), np.where(passed, score_before, score)
        before = np.where(open_, before, np.maximum(there - 1, 0))
    return np.where(able, there, NOT_REACHED)

"""Promotion points: recent performance, the years served, and bonus points.

The mean is over the results that there are. Someone with one earlier result is averaged over two
scores, not over ``years``, and a gap between cycles is no zero.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, Self

import numpy as np

from app.rules.exact_columns import WholeArray, half_even, over_one_denominator, whole_numbers
from app.rules.measures import IntArray
from app.rules.policies import PromotionBlocks, PromotionPolicy
from app.rules.terms import DisciplineKind

__all__ = ["Barred", "Career", "Careers", "PromotionPoints", "barred", "full_years", "promotion_points"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionPoints:
    """One employee's promotion points with all that they came from."""

    scores: tuple[Decimal, ...]
    """The published scores that were averaged, this cycle's first."""
    mean: Fraction
    performance: Fraction
    """mean × performance_share %."""
    career_years: int
    """Full years from the first day of service to the day after the cycle."""
    career: Fraction
    """career_per_year × full years, at most career_max."""
    bonus: Fraction
    """The bonus points granted, at most bonus_max."""
    exact: Fraction
    points: Decimal
    """The exact sum rounded half-even to two decimals."""


def full_years(from_: dt.date, to: dt.date) -> int:
    """Whole years from one day to another, 0 where there is none; 29 February has its anniversary on 1 March."""
    anniversary_ahead = (to.month, to.day) < (from_.month, from_.day)
    return max(0, to.year - from_.year - anniversary_ahead)


class Barred(NamedTuple):
    """For which days a disciplinary measure bars from promotion; ``until`` is the first free day."""

    since: dt.date
    until: dt.date


def barred(
    kind: DisciplineKind, *, is_grave: bool, decided_on: dt.date, lifted_on: dt.date | None, blocks: PromotionBlocks
) -> Barred:
    """From the day that a measure was decided on for so many months, a grave one for more; lifting it ends that (contract-cycle, 8; M25).

    Args:
        kind: of the measure.
        is_grave: whether it was for a grave offence.
        decided_on: its day.
        lifted_on: from when on it is as if there were none; None where it stands.
        blocks: how many months each kind bars.
    """
    months = int(getattr(blocks, kind.value)) + (blocks.grave if is_grave else 0)
    until = _months_after(decided_on, months)
    return Barred(decided_on, until if lifted_on is None else min(until, lifted_on))


def _months_after(day: dt.date, months: int) -> dt.date:
    """The same day of the month so many months later, or that month's last where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    if year > dt.MAXYEAR:
        return dt.date.max
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def promotion_points(
    published: Decimal,
    *,
    earlier: Sequence[Decimal],
    hired_on: dt.date,
    day_after: dt.date,
    bonus_points: Decimal | int = 0,
    policy: PromotionPolicy,
) -> PromotionPoints:
    """Points on the promotion list of one graded employee (contract.md, promotion points; CS26).

    Args:
        published: this cycle's final score as published, to two decimals.
        earlier: published scores of earlier cycles, the latest first; no more than ``years`` − 1 of them are taken.
        hired_on: the first day of service.
        day_after: the day after the cycle.
        bonus_points: what the application granted; only up to bonus_max counts.
        policy: years, shares and limits.
    """
    scores = (published, *earlier[: max(0, policy.years - 1)])
    mean = sum(map(Fraction, scores), Fraction(0)) / len(scores)
    performance = mean * Fraction(policy.performance_share) / 100
    years = full_years(hired_on, day_after)
    career = _career(years, policy)
    bonus = _bonus(bonus_points, policy)
    exact = performance + career + bonus
    return PromotionPoints(
        scores=scores,
        mean=mean,
        performance=performance,
        career_years=years,
        career=career,
        bonus=bonus,
        exact=exact,
        points=Decimal(round(exact * 100)).scaleb(-2),
    )


def _career(years: int, policy: PromotionPolicy) -> Fraction:
    return min(Fraction(policy.career_per_year) * years, Fraction(policy.career_max))


def _bonus(bonus_points: Decimal | int, policy: PromotionPolicy) -> Fraction:
    return min(Fraction(bonus_points), Fraction(policy.bonus_max))


class Career(NamedTuple):
    """What somebody's promotion points hang on besides this cycle's score."""

    earlier: Sequence[int]
    """Published scores of earlier cycles, in hundredths, the latest first."""
    hired_on: dt.date
    bonus_points: Decimal | int


@dataclass(frozen=True, slots=True, eq=False)
class Careers:
    """The same of many as columns, made once, used at every proposal: points without what they came from (:func:`promotion_points`)."""

    earlier: IntArray
    """The sum of the earlier scores that are averaged."""
    count: IntArray
    """How many scores are, this cycle's among them."""
    rest: WholeArray
    """Career and bonus together, over one denominator."""
    of_rest: int
    share: Fraction

    @classmethod
    def of(cls, careers: Sequence[Career], *, day_after: dt.date, policy: PromotionPolicy) -> Self:
        """Stand them side by side; the arguments are those of :func:`promotion_points`."""
        taken = [one.earlier[: max(0, policy.years - 1)] for one in careers]
        of_years = {years: _career(years, policy) for years in {full_years(one.hired_on, day_after) for one in careers}}
        of_bonus = {bonus: _bonus(bonus, policy) for bonus in {one.bonus_points for one in careers}}
        rest, of_rest = over_one_denominator(
            [of_years[full_years(one.hired_on, day_after)] + of_bonus[one.bonus_points] for one in careers]
        )
        return cls(
            np.array([sum(some) for some in taken], dtype=np.int64),
            np.array([1 + len(some) for some in taken], dtype=np.int64),
            rest,
            of_rest,
            Fraction(policy.performance_share),
        )

    def points(self, which: IntArray, published: IntArray) -> Sequence[int]:
        """The points of some of them in hundredths, rounded half-even.

        Args:
            which: their places.
            published: this cycle's scores as published, in hundredths.
        """
        over, under = self.share.as_integer_ratio()
        scores = whole_numbers((self.earlier.take(which) + published).tolist())
        below = whole_numbers((self.count.take(which) * 100).tolist()) * under
        numerators = scores * (over * self.of_rest) + self.rest.take(which) * below * 100
        points: list[int] = half_even(numerators, below * self.of_rest).tolist()
        return points

"""Where a cycle will end if it goes on as it went: projected actuals (contract, "Scores, exactly"; domain.md 3).

Each day weighs its month's share of ``plan.csv`` divided by the month's days; without a plan all days weigh the same. What grows with
days is divided by the weight of the days so far ÷ the weight of all. The months of a plan are those of
the *cycle* (month 1 is its first month, whatever the calendar calls it), and of an employee only the days present weigh.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import lcm
from operator import mul
from typing import Final, NamedTuple

import numpy as np

from app.rules.measures import GROWS_WITH_DAYS, Actuals, BoolArray, FloatArray
from app.rules.moments import first_day
from app.rules.terms import Period

__all__ = ["DaysByMonth", "Plan", "days_by_month", "elapsed", "floats", "projected", "projected_actual"]

Plan = tuple[Decimal, ...]
"""Twelve percentages, for months 1 to 12 of the cycle."""

MONTHS: Final = 12


class DaysByMonth(NamedTuple):
    """The days that weigh in each month of a cycle: how many the month has, how many of them count, and how many of those are over."""

    length: tuple[int, ...]
    counted: tuple[int, ...]
    so_far: tuple[int, ...]


@lru_cache(maxsize=128)
def _first_days(cycle: Period) -> tuple[dt.date, ...]:
    """The first days of the twelve months, and the day after the last."""
    if cycle.from_ is None:
        msg = "a cycle is closed on both sides"
        raise ValueError(msg)
    year, month = cycle.from_.year, cycle.from_.month - 1
    return tuple(first_day(year + (month + k) // MONTHS, (month + k) % MONTHS + 1) for k in range(MONTHS + 1))


def days_by_month(cycle: Period, day: dt.date, present: BoolArray | None = None) -> DaysByMonth:
    """Count the days of a cycle by month, and those up to a day (that day included).

    Args:
        cycle: the twelve months.
        day: the day asked; before the cycle nothing is over, after it everything.
        present: of an employee, which days of the cycle count (:attr:`app.rules.presence.Presence.present`); None for a unit, whose days all do.
    """
    firsts = _first_days(cycle)
    starts = [(first - firsts[0]).days for first in firsts]
    flags = np.ones(starts[-1], dtype=np.bool_) if present is None else present
    over = min(max((day - firsts[0]).days + 1, 0), starts[-1])
    sums = np.concatenate(([0], np.cumsum(flags)))
    counted = np.diff(sums[starts])
    so_far = np.diff(sums[np.minimum(starts, over)])
    return DaysByMonth(
        tuple(end - start for start, end in pairwise(starts)), tuple(counted.tolist()), tuple(so_far.tolist())
    )


@lru_cache(maxsize=8192)
def elapsed(days: DaysByMonth, plan: Plan | None = None) -> Fraction | None:
    """Return the weight of the days so far ÷ the weight of all; None where nothing that weighs is over."""
    weights = (1,) * MONTHS if plan is None else _weights(plan, days.length)
    done = sum(map(mul, weights, days.so_far))
    return Fraction(done, sum(map(mul, weights, days.counted))) if done else None


@lru_cache(maxsize=1024)
def _weights(plan: Plan, length: tuple[int, ...]) -> tuple[int, ...]:
    """What a day of each month weighs, multiplied so that all are whole: everybody's days are weighed by a few plans, on every new day."""
    weights = [Fraction(share) / days for share, days in zip(plan, length, strict=True)]
    whole = lcm(*(weight.denominator for weight in weights))
    return tuple(int(weight * whole) for weight in weights)


def projected_actual(actual: Fraction | None, *, aggregate: str, elapsed: Fraction | None) -> Fraction | None:
    """Return the exact projected actual of a measurable line: what grows with days is drawn on, any other actual stays.

    A line without a score has no projection either: ask only for those that have one.
    """
    if actual is None or aggregate not in GROWS_WITH_DAYS:
        return actual
    return actual / elapsed if elapsed else None


def projected(actuals: Actuals, *, grows: BoolArray, elapsed: FloatArray) -> Actuals:
    """Return the projected actuals of many lines, NaN for null.

    Args:
        actuals: of each line.
        grows: whether each line's aggregate is one of :data:`app.rules.measures.GROWS_WITH_DAYS`.
        elapsed: each line's :func:`elapsed` as a float (:func:`floats`), NaN for none.
    """
    divisor = np.where(grows, elapsed, 1.0)
    value = actuals.value / divisor
    return Actuals(value, actuals.rest / divisor)


def floats(shares: Sequence[Fraction | None]) -> FloatArray:
    """Return elapsed shares as floats, NaN for none."""
    return np.array([np.nan if share is None else share.numerator / share.denominator for share in shares])

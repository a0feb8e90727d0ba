"""Which days of a cycle an employee was there: posted, on leave, seconded (contract, "Scores, exactly" and "Grades and pay").

Days are boolean arrays over the days of one cycle, so that what overlaps is never counted twice. There are three day counts. *Present* (d, for proration and projection) is posted and neither on leave nor seconded; *posted* (for the
unit part) includes both; *worked* (for pay) takes leave off and leaves secondment in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from app.rules.measures import BoolArray
from app.rules.moments import first_day
from app.rules.terms import Period, StatusKind

__all__ = ["Presence", "cycle_days", "cycle_of", "cycle_period", "days_in", "presence"]


def cycle_period(year: int, first_month: int) -> Period:
    """Return the twelve months of a cycle, which begins in that month of its year."""
    return Period(first_day(year, first_month), first_day(year + 1, first_month))


def cycle_of(day: dt.date, first_month: int) -> int:
    """Return the cycle that a day lies in."""
    return day.year if day.month >= first_month else day.year - 1


def _ends(cycle: Period) -> tuple[dt.date, dt.date]:
    if cycle.from_ is None or cycle.to is None:
        msg = "a cycle is closed on both sides"
        raise ValueError(msg)
    return cycle.from_, cycle.to


def cycle_days(cycle: Period) -> int:
    """Return D, the number of days of a cycle."""
    first, end = _ends(cycle)
    return (end - first).days


def days_in(period: Period, cycle: Period) -> range:
    """Return the days of a cycle that lie in a period, counted from 0; an open side reaches to the cycle's."""
    first, end = _ends(cycle)
    start = 0 if period.from_ is None else max(0, (period.from_ - first).days)
    stop = (end if period.to is None else min(end, period.to)) - first
    return range(start, max(start, stop.days))


@dataclass(frozen=True, kw_only=True)
class Presence:
    """One employee's days in one cycle, a flag a day."""

    cycle: Period
    posted: BoolArray
    on_leave: BoolArray
    seconded: BoolArray
    days_posted: Mapping[str, int]
    """Days posted to each unit, leave and secondment included: the weights of the unit part."""

    @cached_property
    def present(self) -> BoolArray:
        """The days that count in d: with a posting, and neither on leave nor seconded."""
        return self.posted & ~self.on_leave & ~self.seconded

    @property
    def total(self) -> int:
        """The days of the cycle, the contract's D."""
        return len(self.posted)

    @cached_property
    def days_present(self) -> int:
        """The number of those, the contract's d."""
        return int(np.count_nonzero(self.present))

    @property
    def share(self) -> Fraction:
        """d/D, which base, spread and target of what grows with days are multiplied by."""
        return Fraction(self.days_present, self.total)

    @cached_property
    def days_worked(self) -> int:
        """Days with a posting, less days on leave (for minimum days and pay)."""
        return int(np.count_nonzero(self.posted & ~self.on_leave))

    @cached_property
    def days_away(self) -> int:
        """Days on leave or seconded, with or without a posting."""
        return int(np.count_nonzero(self.on_leave | self.seconded))

    @property
    def away(self) -> bool:
        """Whether leave and secondment together take more than half of the cycle's days (CS26)."""
        return 2 * self.days_away > self.total


def presence(
    cycle: Period,
    *,
    postings: Iterable[tuple[str, Period]],
    statuses: Iterable[tuple[StatusKind, Period]] = (),
) -> Presence:
    """Return an employee's days in a cycle.

    Args:
        cycle: the days asked about.
        postings: the employee's units and the periods there; days outside the cycle do not count.
        statuses: the rows of ``status.csv`` that name this cycle; one without dates is all of it. Discipline takes no day off.
    """
    posted, on_leave, seconded = np.zeros((3, cycle_days(cycle)), dtype=np.bool_)
    days_posted: dict[str, int] = {}
    for unit, period in postings:
        days = days_in(period, cycle)
        if days:
            posted[days.start : days.stop] = True
            days_posted[unit] = days_posted.get(unit, 0) + len(days)
    off = {StatusKind.LEAVE: on_leave, StatusKind.SECONDMENT: seconded}
    for kind, period in statuses:
        if kind in off:
            days = days_in(period, cycle)
            off[kind][days.start : days.stop] = True
    return Presence(cycle=cycle, posted=posted, on_leave=on_leave, seconded=seconded, days_posted=days_posted)

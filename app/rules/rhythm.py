"""When figures that are given are due: by the rhythm of their KPI, and how a KPI of a node stands by it (contract-desk, section 7).

A period is a month, quarter, half or all of a cycle. Its figure is due some days after its end, and is one of its last day or of a day after.
Do not take a late figure for a missing one: a figure of the period before still is the actual, it is only stale.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.rules.moments import day_after, first_day
from app.rules.terms import Period

__all__ = ["DAYS_MAX", "MONTHS", "Every", "ReportState", "Rhythm", "Turn", "report_state", "turn_on"]


class Every(StrEnum):
    """How long a period is."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"


MONTHS: Final = {Every.MONTH: 1, Every.QUARTER: 3, Every.HALF: 6, Every.YEAR: 12}
"""How many months a period has."""

DAYS_MAX: Final = 366
"""The last day that a figure may be due by after the end of its period."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a figure is reported, and by how many days after the period's end."""

    every: Every
    by_day: int


@dataclass(frozen=True, slots=True)
class Turn:
    """The latest period of a cycle that has ended by a day.

    Attributes:
        last: its last day; None before the first one has ended.
        due: the day by which its figure is due; of None the first one's.
    """

    last: dt.date | None
    due: dt.date


class ReportState(StrEnum):
    """How a KPI stands that is given."""

    STALE = "stale"
    """The day has passed, and there is no figure of the period."""
    DUE = "due"
    """The period has ended, and there is no figure of it yet."""
    WAITING = "waiting"
    """It is reported and waits for a second person."""
    ENTERED = "entered"
    """It is reported."""
    LATER = "later"
    """No period has ended, or nothing says when a figure is due."""


def turn_on(cycle: Period, rhythm: Rhythm, day: dt.date) -> Turn:
    """Return which period of a cycle a figure is due of on a day."""
    begin = cycle.from_ or dt.date.min
    months = MONTHS[rhythm.every]
    ends = [
        day_after(first_day(begin.year + (begin.month - 1 + step) // 12, (begin.month - 1 + step) % 12 + 1), -1)
        for step in range(months, 13, months)
    ]
    ended = [end for end in ends if end < day]
    return Turn(ended[-1] if ended else None, day_after(ended[-1] if ended else ends[0], rhythm.by_day))


def report_state(turn: Turn | None, *, day: dt.date, reported: dt.date | None, waits: bool) -> ReportState:
    """Return how a node's KPI stands on a day.

    Args:
        turn: the period that a figure is due of; None without a rhythm.
        day: today.
        reported: the day of the latest figure that is neither reversed nor rejected; None without one.
        waits: whether that one waits for a second person, without whom it does not count.
    """
    is_there = reported is not None and (turn is None or turn.last is None or reported >= turn.last)
    if is_there:
        return ReportState.WAITING if waits else ReportState.ENTERED
    if turn is None or turn.last is None:
        return ReportState.LATER
    return ReportState.STALE if day > turn.due else ReportState.DUE

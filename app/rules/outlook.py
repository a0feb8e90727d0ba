"""Which of a node's two scores a running cycle is judged by: the one projected to the year's end, not the one so far.

The score so far is held against the whole year's goal, so that in March everybody would stand in the lowest band, however well they do.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeVar

from app.rules.rollup import Band, band, published
from app.rules.terms import Period

__all__ = ["EARLY_DAYS", "Outlook", "first_judged_day", "leading_band", "leading_score", "outlook_on"]

Score = TypeVar("Score", bound=float | Decimal)
"""As it was computed, or as it is published."""

EARLY_DAYS: Final = 60
"""So many days of a cycle have to be over before its projection says enough to be judged by: as many as a person has to have worked to be
evaluated (domain.md 5, CS26)."""


class Outlook(StrEnum):
    """How far a cycle is."""

    EARLY = "early"
    """Too few days are over: no score is in a band yet."""
    RUNNING = "running"
    """What counts is where it leads: the projected score."""
    OVER = "over"
    """Nothing is left to project: the score is the score."""


def first_judged_day(cycle: Period) -> dt.date:
    """The first day of a cycle at whose end it is judged by its projection."""
    return dt.date.min if cycle.from_ is None else cycle.from_ + dt.timedelta(days=EARLY_DAYS - 1)


def outlook_on(cycle: Period, day: dt.date) -> Outlook:
    """How far a cycle is at the end of a day.

    Args:
        cycle: its twelve months, from the first day to the day after the last.
        day: the day that is over.
    """
    if cycle.to is not None and day >= cycle.to - dt.timedelta(days=1):
        return Outlook.OVER
    return Outlook.EARLY if day < first_judged_day(cycle) else Outlook.RUNNING


def leading_score(*, projected: Score | None, so_far: Score | None, outlook: Outlook) -> Score | None:
    """The score that colours and risk go by; None where there is none to go by yet."""
    if outlook is Outlook.OVER:
        return so_far
    return projected if outlook is Outlook.RUNNING else None


def leading_band(*, projected: float | Decimal | None, so_far: float | Decimal | None, outlook: Outlook) -> Band | None:
    """The band of :func:`leading_score` as it is published."""
    score = leading_score(projected=projected, so_far=so_far, outlook=outlook)
    return band(published(score) if isinstance(score, float) else score)

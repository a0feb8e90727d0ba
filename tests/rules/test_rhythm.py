"""When figures are due, and how a KPI stands by it."""

from __future__ import annotations

import datetime as dt

import pytest

from app.rules.presence import cycle_period
from app.rules.rhythm import Every, ReportState, Rhythm, Turn, report_state, turn_on

DAY = dt.date.fromisoformat


@pytest.mark.parametrize(
    ("first_month", "every", "by_day", "day", "last", "due"),
    [
        (1, "month", 15, "2026-01-31", None, "2026-02-15"),
        (1, "month", 15, "2026-02-01", "2026-01-31", "2026-02-15"),
        (1, "month", 0, "2027-02-10", "2026-12-31", "2026-12-31"),
        (1, "quarter", 20, "2026-06-30", "2026-03-31", "2026-04-20"),
        (1, "quarter", 20, "2026-07-01", "2026-06-30", "2026-07-20"),
        (7, "half", 45, "2027-01-01", "2026-12-31", "2027-02-14"),
        (7, "year", 31, "2027-06-30", None, "2027-07-31"),
        (7, "year", 31, "2027-07-01", "2027-06-30", "2027-07-31"),
        (1, "year", 60, "2025-06-01", None, "2027-03-01"),
    ],
)
def test_the_latest_period_that_has_ended(
    first_month: int, every: str, by_day: int, day: str, last: str | None, due: str
) -> None:
    """Periods are parts of the cycle, whichever month it begins in; due some days after the end."""
    turn = turn_on(cycle_period(2026, first_month), Rhythm(Every(every), by_day), DAY(day))
    assert turn == Turn(None if last is None else DAY(last), DAY(due))


@pytest.mark.parametrize(
    ("reported", "waits", "day", "state"),
    [
        (None, False, "2026-04-20", "due"),
        (None, False, "2026-04-21", "stale"),
        ("2026-03-30", False, "2026-04-21", "stale"),
        ("2026-03-31", False, "2026-04-21", "entered"),
        ("2026-04-15", True, "2026-04-21", "waiting"),
    ],
)
def test_a_figure_of_the_period_before_is_stale(reported: str | None, waits: bool, day: str, state: str) -> None:
    """One of the last day of the period or of a day after is of it."""
    turn = Turn(DAY("2026-03-31"), DAY("2026-04-20"))
    found = report_state(turn, day=DAY(day), reported=None if reported is None else DAY(reported), waits=waits)
    assert found is ReportState(state)


def test_without_a_rhythm_nothing_is_owed() -> None:
    """Nor before the first period has ended."""
    for turn in (None, Turn(None, DAY("2026-04-20"))):
        assert report_state(turn, day=DAY("2026-03-01"), reported=None, waits=False) is ReportState.LATER
        assert report_state(turn, day=DAY("2026-03-01"), reported=DAY("2026-02-01"), waits=False) is ReportState.ENTERED

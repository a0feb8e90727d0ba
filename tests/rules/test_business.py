"""Business figures: the same day of last year, the weeks of a cycle, and what is left of a whole without its parts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from app.rules.business import BUSINESS_SLICES, MEASURES, ByLevel, percent_of, same_day_last_year, week_ends
from app.rules.presence import cycle_period


@pytest.mark.parametrize(
    ("day", "before"),
    [
        ("2026-06-30", "2025-06-30"),
        ("2028-02-29", "2027-02-28"),
        ("2029-02-28", "2028-02-28"),
        ("0001-05-01", "0001-05-01"),
    ],
)
def test_the_same_day_a_year_before(day: str, before: str) -> None:
    """Of 29 February the 28th; the calendar's first year has none before it."""
    assert same_day_last_year(dt.date.fromisoformat(day)) == dt.date.fromisoformat(before)


def test_a_cycles_weeks_end_every_seventh_day_and_on_its_last() -> None:
    """Counted from its first day, whatever weekday that is, so that two cycles lie over each other; never twice on the last day."""
    ends = week_ends(cycle_period(2026, 1))
    assert (ends[0], ends[1], ends[-2:], len(ends)) == (
        dt.date(2026, 1, 7),
        dt.date(2026, 1, 14),
        [dt.date(2026, 12, 30), dt.date(2026, 12, 31)],
        53,
    )
    assert week_ends(cycle_period(2026, 4), dt.date(2026, 4, 13)) == [dt.date(2026, 4, 7)]


def test_nothing_is_a_percentage_of_nothing() -> None:
    """A unit that had no deals last year has not grown by any percentage."""
    assert percent_of(Decimal(30), Decimal(40)) == Decimal(75)
    assert percent_of(Decimal(30), Decimal(0)) is None
    assert percent_of(None, Decimal(40)) is None


def test_what_is_left_of_a_whole_may_be_below_zero() -> None:
    """An office that came in the year takes its earlier figures along, which the region never had."""
    whole, part = ByLevel(Decimal(10), Decimal(8), Decimal(1)), ByLevel(Decimal(7), Decimal(9), Decimal(0))
    assert whole.less([part, ByLevel()]) == ByLevel(Decimal(3), Decimal(-1), Decimal(1))


def test_they_look_at_every_activity_of_their_kind() -> None:
    """No filter: a deal with whomever counts."""
    assert {one.key for one in BUSINESS_SLICES} == {"export_deal||", "export_consult||", "new_buyer||"}
    assert all(not measure.where.countries and not measure.where.hs_prefixes for measure in MEASURES.values())

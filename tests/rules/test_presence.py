"""Days of a cycle, by what an employee did on them."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.presence import cycle_days, cycle_of, cycle_period, days_in, presence
from app.rules.terms import Period, StatusKind

YEAR = cycle_period(2026, 1)
LEAVE, SECONDMENT, DISCIPLINE = StatusKind.LEAVE, StatusKind.SECONDMENT, StatusKind.DISCIPLINE


def days(text: str) -> Period:
    """``03-01..04-01`` of 2026; an empty side is open."""
    start, _, end = text.partition("..")
    return Period(
        *(dt.date.fromisoformat(one if len(one) > 5 else f"2026-{one}") if one else None for one in (start, end))
    )


@pytest.mark.parametrize(
    ("day", "first_month", "cycle"),
    [
        ("2026-01-01", 1, 2026),
        ("2026-12-31", 1, 2026),
        ("2026-03-31", 4, 2025),
        ("2026-04-01", 4, 2026),
        ("2027-03-31", 4, 2026),
    ],
)
def test_a_day_lies_in_the_cycle_that_began_last(day, first_month, cycle):
    """Cycle 2026 is the twelve months from ``first_month`` of 2026 (contract, policies)."""
    on = dt.date.fromisoformat(day)

    assert cycle_of(on, first_month) == cycle
    assert on in cycle_period(cycle, first_month)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)), st.integers(1, 12))
def test_cycles_part_the_days(day, first_month):
    """Every day lies in one cycle and no other."""
    cycle = cycle_of(day, first_month)

    assert [day in cycle_period(one, first_month) for one in (cycle - 1, cycle, cycle + 1)] == [False, True, False]


@pytest.mark.parametrize(
    ("year", "first_month", "expected"), [(2026, 1, 365), (2028, 1, 366), (2027, 3, 366), (2028, 3, 365)]
)
def test_a_cycle_has_a_leap_day_where_it_holds_one(year, first_month, expected):
    assert cycle_days(cycle_period(year, first_month)) == expected


@pytest.mark.parametrize(
    ("postings", "statuses", "present", "worked", "away"),
    [
        (["2020-01-01.."], [], 365, 365, 0),
        ([], [], 0, 0, 0),
        (["2025-01-01..2026-01-01"], [], 0, 0, 0),
        (["03-01..04-01"], [], 31, 31, 0),
        (["2020-01-01.."], [(LEAVE, "04-01..05-01")], 335, 335, 30),
        (["2020-01-01.."], [(SECONDMENT, "04-01..05-01")], 335, 365, 30),
        (["2020-01-01.."], [(LEAVE, "04-01..05-01"), (SECONDMENT, "04-16..05-16")], 320, 335, 45),
        (["2020-01-01.."], [(LEAVE, "..")], 0, 0, 365),
        (["2020-01-01.."], [(LEAVE, "12-31..")], 364, 364, 1),
        (["2020-01-01.."], [(LEAVE, "..01-02")], 364, 364, 1),
        (["2020-01-01.."], [(LEAVE, "2025-06-01..2026-01-03")], 363, 363, 2),
        (["2020-01-01.."], [(LEAVE, "2027-01-01..2027-06-01")], 365, 365, 0),
        (["2020-01-01.."], [(DISCIPLINE, "..")], 365, 365, 0),
        (["01-01..02-01"], [(LEAVE, "02-01..03-01")], 31, 31, 28),
    ],
)
def test_days_are_counted_once_each(postings, statuses, present, worked, away):
    """Present is posted less leave and secondment; worked leaves secondment in; away needs no posting (contract, "Grades and pay")."""
    found = presence(
        YEAR,
        postings=[("VIE", days(one)) for one in postings],
        statuses=[(kind, days(one)) for kind, one in statuses],
    )

    assert (found.days_present, found.days_worked, found.days_away) == (present, worked, away)
    assert found.share == Fraction(present, 365)


@pytest.mark.parametrize(("leave", "away"), [("01-01..07-02", False), ("01-01..07-03", True)])
def test_away_is_more_than_half_of_the_days(leave, away):
    """182 of 365 days are not, 183 are (CS26)."""
    assert presence(YEAR, postings=[], statuses=[(LEAVE, days(leave))]).away is away


def test_days_posted_to_a_unit_include_leave_and_end_before_the_last_day():
    """A transfer on 1 April, back on 1 July: the unit part weighs 90, 91 and 184 days."""
    found = presence(
        YEAR,
        postings=[("VIE", days("2020-01-01..2026-04-01")), ("PAR", days("04-01..07-01")), ("VIE", days("07-01.."))],
        statuses=[(LEAVE, days(".."))],
    )

    assert found.days_posted == {"VIE": 274, "PAR": 91}
    assert found.days_present == 0


def test_a_period_outside_the_cycle_has_no_days_in_it():
    assert list(days_in(days("2027-02-01..2027-03-01"), YEAR)) == []
    assert list(days_in(days("2024-02-01..2024-03-01"), YEAR)) == []
    assert days_in(days(".."), YEAR) == range(365)


def test_a_cycle_must_be_closed():
    with pytest.raises(ValueError, match="closed"):
        cycle_days(Period(None, dt.date(2026, 1, 1)))

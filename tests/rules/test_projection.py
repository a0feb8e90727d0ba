"""Where a cycle will end if it goes on as it went."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.measures import GROWS_WITH_DAYS, Actuals
from app.rules.presence import cycle_period, presence
from app.rules.projection import days_by_month, elapsed, floats, projected, projected_actual
from app.rules.terms import Period, StatusKind

YEAR = cycle_period(2026, 1)
JUNE = dt.date(2026, 6, 30)
SPRING = tuple(Decimal(share) for share in (0, 0, 50, 25, 0, 0, 0, 0, 0, 0, 0, 25))


def test_without_a_plan_every_day_weighs_the_same():
    """181 of 365 days are over on 30 June, that day included."""
    assert elapsed(days_by_month(YEAR, JUNE)) == Fraction(181, 365)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-12-31", None),
        ("2026-02-28", None),
        ("2026-03-01", Fraction(50, 31) / 100),
        ("2026-03-31", Fraction(1, 2)),
        ("2026-04-15", Fraction(5, 8)),
        ("2026-11-30", Fraction(3, 4)),
        ("2026-12-31", Fraction(1)),
        ("2027-06-30", Fraction(1)),
    ],
)
def test_a_day_weighs_its_months_share_by_the_months_days(day, expected):
    """No weight up to the day is null, not a division by 0 (contract, "Scores, exactly")."""
    assert elapsed(days_by_month(YEAR, dt.date.fromisoformat(day)), SPRING) == expected


def test_months_of_a_plan_are_those_of_the_cycle():
    """In a cycle from April, month 3 is June."""
    cycle = cycle_period(2026, 4)

    assert elapsed(days_by_month(cycle, dt.date(2026, 5, 31)), SPRING) is None
    assert elapsed(days_by_month(cycle, dt.date(2026, 6, 15)), SPRING) == Fraction(1, 4)
    assert days_by_month(cycle, JUNE).length == (30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28, 31)


def test_only_days_present_weigh_for_an_employee():
    """Posted from 1 March, on leave in April: of the plan March and December are left, 50 to 25."""
    own = presence(
        YEAR,
        postings=[("VIE", Period(dt.date(2026, 3, 1), None))],
        statuses=[(StatusKind.LEAVE, Period(dt.date(2026, 4, 1), dt.date(2026, 5, 1)))],
    )

    assert elapsed(days_by_month(YEAR, JUNE, own.present), SPRING) == Fraction(2, 3)
    assert elapsed(days_by_month(YEAR, JUNE, own.present)) == Fraction(31 + 31 + 30, 306 - 30)


def test_without_a_day_present_there_is_no_weight():
    own = presence(YEAR, postings=[])

    assert elapsed(days_by_month(YEAR, JUNE, own.present), SPRING) is None
    assert elapsed(days_by_month(YEAR, JUNE, own.present)) is None


@pytest.mark.parametrize(
    ("actual", "aggregate", "share", "expected"),
    [
        (Fraction(10), "count", Fraction(1, 4), Fraction(40)),
        (Fraction(10), "sum", Fraction(1, 4), Fraction(40)),
        (Fraction(10), "distinct", Fraction(1, 4), Fraction(40)),
        (Fraction(0), "count", Fraction(1, 4), Fraction(0)),
        (Fraction(10), "count", None, None),
        (Fraction(0), "count", None, None),
        (Fraction(10), "mean", Fraction(1, 4), Fraction(10)),
        (Fraction(10), "ratio", None, Fraction(10)),
        (Fraction(10), "given", None, Fraction(10)),
        (Fraction(80), "rating", None, Fraction(80)),
        (None, "mean", Fraction(1, 4), None),
    ],
)
def test_what_grows_with_days_is_drawn_on_and_the_rest_stays(actual, aggregate, share, expected):
    assert projected_actual(actual, aggregate=aggregate, elapsed=share) == expected


lines = st.lists(
    st.tuples(
        st.none() | st.fractions(0, 10**9, max_denominator=100),
        st.sampled_from(["count", "sum", "distinct", "mean", "given"]),
        st.none() | st.fractions(Fraction(1, 1000), 1, max_denominator=1000),
    ),
    min_size=1,
    max_size=20,
)


@given(lines)
def test_many_lines_at_once_agree_with_each_line_exactly(cases):
    actuals, aggregates, shares = zip(*cases, strict=True)

    found = projected(
        Actuals.of(actuals), grows=np.array([one in GROWS_WITH_DAYS for one in aggregates]), elapsed=floats(shares)
    )

    for at, (actual, aggregate, share) in enumerate(cases):
        exact = projected_actual(actual, aggregate=aggregate, elapsed=share)
        if exact is None:
            assert np.isnan(found.value[at])
        else:
            assert found.value[at] + found.rest[at] == pytest.approx(float(exact), rel=1e-12)


@given(st.dates(dt.date(2025, 1, 1), dt.date(2028, 12, 31)), st.integers(1, 12), st.permutations(SPRING))
def test_time_only_goes_on(day, first_month, plan):
    """The share over never shrinks from one day to the next, and ends at the whole."""
    cycle = cycle_period(2026, first_month)
    today, tomorrow = (elapsed(days_by_month(cycle, day + dt.timedelta(days=n)), tuple(plan)) for n in (0, 1))

    assert (today or 0) <= (tomorrow or 0) <= 1
    assert elapsed(days_by_month(cycle, dt.date(2028, 12, 31)), tuple(plan)) == 1

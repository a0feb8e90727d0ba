"""Promotion points: recent performance, years served, bonus."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.policies import PromotionBlocks, PromotionPolicy
from app.rules.promotion import Barred, PromotionPoints, barred, full_years, promotion_points
from app.rules.terms import DisciplineKind

NEW_YEAR = dt.date(2027, 1, 1)
two_decimals = st.decimals(20, 100, places=2)


def points(
    published: str, *earlier: str, hired_on: dt.date = dt.date(2015, 1, 1), bonus: int | Decimal = 0, years: int = 3
) -> PromotionPoints:
    return promotion_points(
        Decimal(published),
        earlier=[Decimal(score) for score in earlier],
        hired_on=hired_on,
        day_after=NEW_YEAR,
        bonus_points=bonus,
        policy=PromotionPolicy(years=years),
    )


@pytest.mark.parametrize(
    ("from_", "to", "years"),
    [
        ("2015-01-01", "2027-01-01", 12),
        ("2015-01-02", "2027-01-01", 11),
        ("2026-03-28", "2027-01-01", 0),
        ("2016-02-29", "2027-03-01", 11),
        ("2016-02-29", "2027-02-28", 10),
        ("2027-06-01", "2027-01-01", 0),
    ],
)
def test_only_full_years_of_service_count(from_: str, to: str, years: int) -> None:
    assert full_years(dt.date.fromisoformat(from_), dt.date.fromisoformat(to)) == years


@pytest.mark.parametrize(
    ("scores", "total"),
    [
        (("66.69",), "66.36"),  # .95 × 66.69 + .25 × 12
        (("56.54", "78.12"), "66.96"),  # the mean of the two that there are
        (("47.06", "67.58", "94.84", "70.68"), "69.34"),  # the fourth is too old
    ],
)
def test_the_mean_is_over_the_latest_results_that_there_are(scores: tuple[str, ...], total: str) -> None:
    found = points(*scores)
    assert found.points == Decimal(total)
    assert found.scores == tuple(map(Decimal, scores[:3]))


def test_one_year_takes_this_cycle_alone() -> None:
    assert points("80.00", "20.00", "20.00", years=1).performance == 76


def test_career_points_end_at_their_limit() -> None:
    """A quarter a year reaches five after twenty years."""
    assert points("60.00", hired_on=dt.date(2007, 1, 1)).career == 5
    assert points("60.00", hired_on=dt.date(1980, 1, 1)).career == 5
    assert points("60.00", hired_on=dt.date(2007, 1, 2)).career == Fraction(19, 4)


@pytest.mark.parametrize(("granted", "counted"), [(0, 0), (Decimal("2.5"), Fraction(5, 2)), (5, 5), (9, 5)])
def test_bonus_points_count_up_to_their_limit(granted: int | Decimal, counted: Fraction | int) -> None:
    assert points("60.00", bonus=granted).bonus == counted


@pytest.mark.parametrize(
    ("published", "total"),
    [("60.10", "57.10"), ("60.30", "57.28")],  # 57.095 and 57.285: half to the even hundredth
)
def test_points_are_rounded_half_even_once(published: str, total: str) -> None:
    assert points(published, hired_on=dt.date(2026, 6, 1)).points == Decimal(total)


@given(two_decimals, st.lists(two_decimals, max_size=6), st.dates(dt.date(1980, 1, 1), NEW_YEAR), st.integers(0, 9))
def test_points_are_their_three_parts_to_the_hundredth(
    published: Decimal, earlier: list[Decimal], hired_on: dt.date, bonus: int
) -> None:
    policy = PromotionPolicy()
    found = promotion_points(
        published, earlier=earlier, hired_on=hired_on, day_after=NEW_YEAR, bonus_points=bonus, policy=policy
    )
    assert found.exact == found.performance + found.career + found.bonus
    assert abs(Fraction(found.points) - found.exact) <= Fraction(1, 200)
    assert 0 <= found.career <= policy.career_max
    assert 0 <= found.bonus <= policy.bonus_max


@pytest.mark.parametrize(
    ("kind", "is_grave", "decided_on", "lifted_on", "until"),
    [
        ("demotion", False, "2026-01-15", None, "2027-07-15"),
        ("suspension", True, "2026-02-28", None, "2028-02-28"),
        ("pay_cut", False, "2024-02-29", None, "2025-02-28"),
        ("reprimand", False, "2026-02-28", None, "2026-08-28"),
        ("reprimand", False, "2026-08-31", None, "2027-02-28"),
        ("reprimand", True, "2026-08-31", "2026-10-01", "2026-10-01"),
        ("reprimand", False, "2026-08-31", "2030-01-01", "2027-02-28"),
        ("demotion", False, "9999-12-31", None, "9999-12-31"),
    ],
)
def test_a_measure_bars_from_its_day_to_the_same_day_of_a_later_month(kind, is_grave, decided_on, lifted_on, until):
    """18, 18, 12 and 6 months, 6 more when grave; the month's last where it has no such day; lifting ends it (contract-cycle, 8)."""
    day = dt.date.fromisoformat
    days = barred(
        DisciplineKind(kind),
        is_grave=is_grave,
        decided_on=day(decided_on),
        lifted_on=None if lifted_on is None else day(lifted_on),
        blocks=PromotionBlocks(),
    )
    assert days == Barred(day(decided_on), day(until))

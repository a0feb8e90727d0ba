"""What a cycle's pages are coloured by: the score that the year leads to, once enough of it is over."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from app.rules.outlook import Outlook, leading_band, outlook_on
from app.rules.terms import Period

YEAR = Period(dt.date(2026, 1, 1), dt.date(2027, 1, 1))
BUDGET_YEAR = Period(dt.date(2026, 4, 1), dt.date(2027, 4, 1))


@pytest.mark.parametrize(
    ("cycle", "day", "outlook"),
    [
        (YEAR, "2025-12-31", Outlook.EARLY),
        (YEAR, "2026-02-28", Outlook.EARLY),  # 59 days are over
        (YEAR, "2026-03-01", Outlook.RUNNING),
        (YEAR, "2026-12-30", Outlook.RUNNING),
        (YEAR, "2026-12-31", Outlook.OVER),
        (YEAR, "2030-06-30", Outlook.OVER),
        (BUDGET_YEAR, "2026-05-29", Outlook.EARLY),
        (BUDGET_YEAR, "2026-05-30", Outlook.RUNNING),
    ],
)
def test_a_cycle_is_judged_by_its_projection_from_the_sixtieth_day_on(
    cycle: Period, day: str, outlook: Outlook
) -> None:
    assert outlook_on(cycle, dt.date.fromisoformat(day)) is outlook


@pytest.mark.parametrize(
    ("projected", "so_far", "outlook", "band"),
    [
        (80.12, 31.4, Outlook.RUNNING, "A"),
        (79.996, 31.4, Outlook.RUNNING, "A"),  # as it is published: 80.00
        (None, 31.4, Outlook.RUNNING, None),
        (80.12, 31.4, Outlook.EARLY, None),
        (80.12, 81.4, Outlook.OVER, "A"),
        (None, 49.99, Outlook.OVER, "E"),
        (Decimal("69.99"), Decimal("12.00"), Outlook.RUNNING, "C"),
    ],
)
def test_the_band_is_that_of_the_score_that_leads(
    projected: float | None, so_far: float | None, outlook: Outlook, band: str | None
) -> None:
    assert leading_band(projected=projected, so_far=so_far, outlook=outlook) == band

"""Which cycles a change set is about: of a period that ends on another day those from that day on."""

from __future__ import annotations

import datetime as dt

import pytest

from app import intake
from app.intake import Changed, ChangedRow
from tests.web.working import Working, loaded_folder, working

__all__ = ["loaded_folder", "working"]

TODAY = dt.date(2026, 6, 30)
POSTED = {"employee": "E1", "unit": "VIE", "from": "2024-01-01", "to": "", "role": "staff"}


@pytest.mark.parametrize(
    ("ends", "coming"),
    [("2027-02-01", 2027), ("2026-09-01", None)],
)
def test_a_posting_that_ends_next_year_is_about_next_year(working: Working, ends: str, coming: int | None) -> None:
    """Who is transferred on 1 February is told that what it does then cannot be told yet, and not that nothing moves."""
    moved = ChangedRow("postings.csv", ("E1", "2024-01-01"), POSTED, POSTED | {"to": ends})
    begins = ChangedRow("postings.csv", ("E1", ends), None, POSTED | {"unit": "PAR", "from": ends})
    with working.database.read() as connection:
        told = intake.cycle_without_scorecards(connection, Changed((moved, begins)), today=TODAY)
        assert told == coming
        assert intake.cycles_to_tell(connection, Changed((moved, begins)), today=TODAY) == (2026,)

"""A day of the past that is asked for: what a page says of it."""

from __future__ import annotations

import re

import pytest

from tests.web.working import Working

PAGES = (
    "/agency",
    "/people",
    "/scorecards/unit:VIE",
    "/scorecards/employee:E1/deals",
    "/office?unit=VIE",
    "/targets?unit=VIE",
)
"""Each page that takes a day; the auditor sees them all."""


@pytest.mark.parametrize("address", PAGES)
def test_a_day_before_the_cycle_is_said_to_be_one(working: Working, address: str) -> None:
    """Figures of the whole year stand there all the same, and looked like those of that day."""
    joint = "&" if "?" in address else "?"
    told = 'The cycle 2026 begins on <time datetime="2026-01-01">'
    answer = working.emil.get(f"{address}{joint}cycle=2026&as_of=2025-12-31")
    assert answer.status_code == 200
    assert told in answer.text
    first = working.emil.get(f"{address}{joint}cycle=2026&as_of=2026-01-01").text
    assert "it had not begun" not in first
    field = re.search(r'<input type="date" id="as_of"[^>]*>', first)
    assert field is None or 'min="2026-01-01"' in field[0] or 'min="2025-01-01"' in field[0]


def test_a_day_that_is_still_to_come_is_refused_at_its_field(working: Working) -> None:
    """The page stands there as of now; the day that was typed stays in its field."""
    for address in PAGES[:4]:
        answer = working.emil.get(f"{address}?as_of=2027-01-01")
        assert answer.status_code == 422
        assert '<a href="#as_of">As of: “As of” is a day that is still to come: choose' in answer.text
        field = re.search(r'<input type="date" id="as_of"[^>]*>', answer.text)
        assert field is not None
        assert 'aria-invalid="true"' in field[0]
        assert 'value="2027-01-01"' in field[0]
        assert "still to come" not in working.emil.get(address).text

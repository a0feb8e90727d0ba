"""A file that nobody waits for any more is made no further."""

from __future__ import annotations

from app.web.asked.reader import READER_LEFT
from tests.web.working import Working


def test_a_workbook_that_nobody_waits_for_is_not_made(working: Working) -> None:
    """Of activities, goals, people and grades alike: nothing is written down, since nobody has it; whoever stays has theirs."""
    working.record("2026-03-04 deal D-1 E1 1000.00 USD")
    form = {"reason": "the yearly audit", "format": "xlsx"}
    files = (
        *((working.emil, page) for page in ("/activities?node=unit:HQ", "/goals?cycle=2026")),
        *((working.dana, page) for page in ("/people?cycle=2026", "/grades?cycle=2026")),
    )
    for person, page in files:
        left = person.post(page, form, environ_overrides={READER_LEFT: lambda: True})
        assert (left.status_code, left.data) == (499, b"")
    assert [row for row in working.trail() if row.why == form["reason"]] == []
    for person, page in files:
        with person.post(page, form, environ_overrides={READER_LEFT: lambda: False}) as stayed:
            assert stayed.status_code == 200
            assert stayed.data.startswith(b"PK")

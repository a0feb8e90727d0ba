"""Downloads: nobody waits to write while they are worked out."""

from __future__ import annotations

import gc
import warnings

import pytest

from app.access import tables
from tests.conftest import CountQueries
from tests.web.test_rights_that_end import meanwhile
from tests.web.working import NOW, Working

EXPORTS = [
    ("dana", "/people"),
    ("dana", "/grades"),
    ("dana", "/grades?of=units"),
    ("boram", "/goals"),
    ("boram", "/goals/kpis/consults"),
    ("boram", "/goals/unit:VIE/consults"),
    ("boram", "/activities?node=unit:VIE"),
    ("emil", "/ledger?type=export_deal"),
    ("gaston", "/scorecards/employee:E1"),
]


@pytest.mark.parametrize(("name", "address"), EXPORTS)
def test_a_writing_transaction_writes_down_what_was_downloaded_and_nothing_else(
    working: Working, count_queries: CountQueries, name: str, address: str
) -> None:
    """What is worked out is read as one state of the ledger; within a writer's transaction it would keep all others waiting (decision 0003).

    Only whether the session still holds is looked up once more in it.
    """
    working.record("2026-03-04 deal D-1 E1 100 USD of Nordwind/AT")
    somebody = getattr(working, name)
    assert somebody.token
    with count_queries() as sent:
        answer = somebody.post(address, {"reason": "The yearly report", "format": "xlsx"})
    assert answer.status_code == 200
    begun = sent.index("BEGIN IMMEDIATE")
    written = [statement for statement in sent[begun + 1 :] if "web_session" not in statement]
    assert len(sent[begun + 1 :]) == len(written) + 1
    assert {statement.split()[0] for statement in written} == {"INSERT"}
    deed = working.trail()[0]
    assert (deed.who, deed.why) == (f"account:{name}@agency.example", "The yearly report")


@pytest.mark.parametrize(("name", "address"), EXPORTS)
def test_a_workbook_that_cannot_be_written_down_is_closed(working: Working, name: str, address: str) -> None:
    """The session ends while the file is made: nothing is sent, nothing logged, and the file's place on the disk is free at once."""
    somebody = getattr(working, name)
    assert somebody.token
    with warnings.catch_warnings(record=True) as left_open, meanwhile(working, tables.web_session, {"ended_at": NOW}):
        warnings.simplefilter("always")
        answer = somebody.post(address, {"reason": "The yearly report", "format": "xlsx"})
        gc.collect()
    assert answer.headers["Location"].startswith("/login")
    assert [str(warning.message) for warning in left_open if warning.category is ResourceWarning] == []

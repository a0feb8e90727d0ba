"""Reminders of unverified entries, where those begin whose verdict they wait for."""

from __future__ import annotations

from app.worker import jobs
from tests.web.working import NOW, Working


def test_a_head_begins_with_what_waits_for_a_verdict(working: Working) -> None:
    """The night's reminder stands where the head's work begins, and goes when nothing is unverified."""
    working.record("2026-03-04 deal D-1 E1 100 USD")
    jobs.remind(working.database, NOW)
    assert "Entries that wait for your verdict: 1, the oldest since 4 Mar 2026." in working.boram.get("/office").text
    assert "that wait for your verdict" not in working.hana.get("/office").text

    working.record("2026-03-05 verified D-1 by E2")
    jobs.remind(working.database, NOW)
    assert "that wait for your verdict" not in working.boram.get("/office").text


def test_hr_begins_with_what_no_head_may_judge(working: Working) -> None:
    """An entry of the head at the top goes to hr (contract, "Who may what")."""
    working.record("2026-03-04 deal D-1 E5 100 USD")
    jobs.remind(working.database, NOW)

    assert "Entries that wait for your verdict: 1" in working.dana.get("/people").text
    assert "that wait for your verdict" not in working.hana.get("/office").text

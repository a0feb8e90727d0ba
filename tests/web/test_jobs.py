"""Scheduled work: what ran, how it ended, and whether a worker is there at all."""

from __future__ import annotations

import datetime as dt
import re

from app.kit import jobs
from tests.web.working import NOW, Working


def test_administrator_and_auditor_see_the_runs(working: Working) -> None:
    """Nobody else does (contract, "Who may what")."""
    statuses = {"iris": 200, "emil": 200, "dana": 404, "ferran": 404, "boram": 404, "alba": 404}
    assert {name: getattr(working, name).statuses("/jobs")[0] for name in statuses} == statuses


def test_a_missing_worker_and_a_failed_run_stand_out(working: Working) -> None:
    """An empty list is no good news by itself."""
    assert "No worker has been seen yet" in working.iris.get("/jobs").text
    with working.database.write("test") as connection:
        jobs.see_worker(connection, worker="w1", at=NOW - dt.timedelta(hours=1))
        assert jobs.claim_slot(connection, job="reconcile", slot="2026-06-30", worker="w1", at=NOW)
        jobs.finish_slot(connection, job="reconcile", slot="2026-06-30", at=NOW, outcome="3 differences", failed=True)
    page = working.iris.get("/jobs").text
    for words in ("No worker has been seen since", "Recount of every total", "3 differences", "failed"):
        assert words in page
    with working.database.write("test") as connection:
        jobs.see_worker(connection, worker="w1", at=NOW)
    page = working.iris.get("/jobs").text
    assert "A worker was last seen at" in page
    assert re.search(r"Recount of every total</dt><dd><time[^>]*>1 Jul, 03:00 UTC", page), "when it is due next"

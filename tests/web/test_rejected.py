"""Rejected events: shown with their reasons, mended in a form, recorded once they are right."""

from __future__ import annotations

import json

from app import intake
from tests.scenario import event_of
from tests.web.working import NOW, Working

DEAL = "2026-03-04 deal D-1 E1 1000.00 USD"


def _reject(working: Working) -> str:
    """A deal of somebody who is not there; returns its text as it came."""
    event = event_of(DEAL)
    event["data"]["employee"] = "E404"
    text = json.dumps(event)
    with working.database.write("test") as connection:
        recorded = intake.take_in(connection, [intake.arrival_of_text(text)], at=NOW, door="ingest", sender="a.ndjson")
    assert len(recorded.rejected) == 1
    return text


def test_administrator_and_auditor_see_them_and_only_the_former_replays(working: Working) -> None:
    """Nobody else does (contract, "Who may what")."""
    text = _reject(working)
    statuses = {"iris": 200, "emil": 200, "dana": 404, "ferran": 404, "boram": 404, "alba": 404}
    for name, status in statuses.items():
        assert getattr(working, name).statuses("/rejected", "/rejected/1") == [status, status], name
    for name in ("emil", "dana", "alba"):
        assert getattr(working, name).post("/rejected/1", {"event": text}).status_code == 404
    assert "<textarea" not in working.emil.get("/rejected/1").text


def test_a_mended_event_is_recorded_and_leaves_the_list(working: Working) -> None:
    """Its digits are those that came."""
    text = _reject(working)
    assert "E404" in working.iris.get("/rejected").text
    assert "1000.00" in working.iris.get("/rejected/1").text
    assert working.iris.post("/rejected/1", {"event": text.replace("E404", "E1")}).status_code == 303
    assert "Nothing to mend" in working.iris.get("/rejected").text
    assert [event["id"] for event in working.events()] == ["D-1"]
    assert working.iris.post("/rejected/1", {"event": text}).status_code == 404


def test_what_is_rejected_again_keeps_what_was_typed(working: Working) -> None:
    """With the new reason beside it; no JSON at all is a reason as well."""
    text = _reject(working)
    for typed, words in ((text.replace("E404", "E405"), "E405"), ("{not json", "{not json")):
        answer = working.iris.post("/rejected/1", {"event": typed})
        assert answer.status_code == 422
        assert words in answer.text
        assert 'id="event-error"' in answer.text
    assert working.events() == []
    assert working.iris.statuses("/rejected/2", "/rejected/99999999999999999999") == [404, 404]

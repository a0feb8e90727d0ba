"""Rejected events: shown with their reasons, mended in a form, recorded once they are right."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import sqlalchemy as sa

from app import intake
from app.ledger import tables
from app.web import site_of
from tests.scenario import event_of
from tests.web.working import NOW, Working

DEAL = "2026-03-04 deal D-1 E1 1000.00 USD"


def _reject(working: Working, *, employee: str = "E404", **attributes: str) -> str:
    """A deal of somebody who is not there; returns its text as it came."""
    event = event_of(DEAL) | attributes
    event["data"]["employee"] = employee
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
    """Its digits are those that came; the trail has it as it was and as it is."""
    text = _reject(working, employee="E1", specversion="0.3")
    assert "The version of the format is not “1.0”" in working.iris.get("/rejected").text
    assert "1000.00" in working.iris.get("/rejected/1").text
    mended = text.replace('"0.3"', '"1.0"')
    assert working.iris.post("/rejected/1", {"event": mended}).status_code == 303
    deed = working.trail()[0]
    assert (deed.deed, deed.subject) == ("replay_rejected", "rejected:1")
    assert (json.loads(deed.before or ""), json.loads(deed.after or "")) == (json.loads(text), json.loads(mended))
    assert "Nothing to mend" in working.iris.get("/rejected").text
    assert [event["id"] for event in working.events()] == ["D-1"]
    assert working.iris.post("/rejected/1", {"event": text}).status_code == 404


def test_what_is_rejected_again_keeps_what_was_typed(working: Working) -> None:
    """With the new reason beside it; no JSON at all is a reason as well."""
    text = _reject(working)
    other = text.replace("E404", "E405")
    for typed, words, status in ((text, "E404", 422), ("{not json", "{not json", 422), (other, "E405", 409)):
        answer = working.iris.post("/rejected/1", {"event": typed})
        assert answer.status_code == status
        assert words in answer.text
        assert 'id="event-error"' in answer.text
    assert working.events() == []
    assert working.iris.statuses("/rejected/2", "/rejected/99999999999999999999") == [404, 404]


@pytest.mark.parametrize(
    ("change", "title", "says", "form"),
    [
        # Only the envelope: here.
        (
            {"specversion": "0.3"},
            "Mend it and send it again",
            ["May be changed here", "Version of the format"],
            "textarea",
        ),
        # A load may put it right; else the sender, by the key's name and the address that it sends to.
        (
            {"data": {"employee": "E404"}},
            "To be put right before it is sent again",
            ["agency folder", "the key crm", "rejected/1/replay"],
            "as it is",
        ),
        (
            {"data": {"currency": "QQQ"}},
            "To be put right before it is sent again",
            ["its rate is missing", "the key crm"],
            "as it is",
        ),
        # A figure hangs on it: the sender.
        (
            {"data": {"hs_code": "123"}},
            "For the sender to put right",
            ["Only the sender may change", "HS code", "400 days"],
            "",
        ),
        ({"type": "kopes.party"}, "For the sender to put right", ["kopes.export_deal", "the key crm"], ""),
        ({"id": "D-0"}, "Recorded already: nothing to mend here", ["D-0", "under another id", "the key crm"], ""),
    ],
)
def test_a_rejected_event_s_page_says_who_can_put_it_right(
    working: Working, change: dict[str, Any], title: str, says: list[str], form: str
) -> None:
    """Else whoever keeps the doors mends what the contract keeps for the sender, is refused, and does not know whom to tell."""
    working.record("2026-03-04 deal D-0 E1 999.00 USD")
    event = event_of(DEAL)
    event = event | change | {"data": event["data"] | change.get("data", {})}
    with working.database.write("test") as connection:
        recorded = intake.take_in(connection, [intake.arrival_of(event)], at=NOW, door="api", sender="crm")
    assert len(recorded.rejected) == 1
    page = re.sub(r"</?code[^>]*>", "", working.iris.get("/rejected/1").text)
    assert f"<h2>{title}</h2>" in page
    for words in says:
        assert words in page
    assert ("<textarea" in page, "Send it again as it is" in page) == (form == "textarea", form == "as it is")


def test_what_a_load_put_right_is_sent_again_as_it_came(working: Working) -> None:
    """The form carries no event: what was kept is what is recorded."""
    _reject(working, employee="E77")
    refused = working.iris.post("/rejected/1", {})
    assert refused.status_code == 422
    working.load(lambda text: text + text.splitlines()[1].replace("E1,", "E77,", 1) + "\n", "employees")
    assert working.iris.post("/rejected/1", {}).status_code == 303
    assert [event["data"]["employee"] for event in working.events()] == ["E77"]


def test_a_slip_in_the_json_is_said_in_words_with_its_line(working: Working) -> None:
    """“Invalid control character at: line 19 column 21 (char 462)” tells a person little."""
    _reject(working, employee="E1", specversion="0.3")
    answer = working.iris.post("/rejected/1", {"event": '{\n  "specversion": "1.0,\n}'})
    assert answer.status_code == 422
    assert "not JSON from line 2, column 23 on" in answer.text
    assert "control character" not in answer.text


@pytest.mark.parametrize(("language", "said"), [("en", "This is required"), ("ko", "필수"), ("es", "obligatorio")])
def test_a_reason_is_read_in_the_reader_s_language(working: Working, language: str, said: str) -> None:
    """It was written down in English; list and page say it as the reader would."""
    _reject(working, employee="")
    working.iris.post("/look", {"language": language, "theme": "system", "next": "/"})
    for address in ("/rejected", "/rejected/1"):
        page = working.iris.get(address).text
        assert said in page
        assert language == "en" or "This is required" not in page


@pytest.mark.parametrize(
    ("kept", "language", "said"),
    [
        # What fills the places was kept: the reader's language, a parameter that is a message itself in it too.
        ({"message": "There is no employee “%(value)s”.", "parameters": {"value": "<E404>"}}, "ko", "“&lt;E404&gt;”"),
        (
            {
                "message": "This is not of the right kind: %(expected)s is expected.",
                "parameters": {"expected": {"words": "a text"}},
            },
            "es",
            "un texto",
        ),
        # It was not, or not all of it: as it was written down.
        ({}, "ko", "As it was written: 100%."),
        ({"message": "There is no employee “%(value)s”.", "parameters": {}}, "ko", "As it was written: 100%."),
        ({"message": "There is no employee “%(value)s”."}, "es", "As it was written: 100%."),
    ],
)
def test_a_reason_with_places_is_filled_with_what_was_kept(
    working: Working, kept: dict[str, object], language: str, said: str
) -> None:
    """Where nothing was kept to fill them, the English text stands."""
    _reject(working)
    error = {"pointer": "/data/employee", "code": "unknown_employee", "detail": "As it was written: 100%."} | kept
    with working.database.write("test") as connection:
        connection.execute(sa.update(tables.rejected_event).values(errors=json.dumps([error])))
    working.iris.post("/look", {"language": language, "theme": "system", "next": "/"})
    for address in ("/rejected", "/rejected/1"):
        page = working.iris.get(address).text
        assert said in page
        assert ("As it was written" in page) == said.startswith("As it")


def test_programs_are_told_what_the_contract_says_of_a_reason(working: Working) -> None:
    """What is kept for pages beside it stays out."""
    _reject(working)
    error = {"pointer": "/x", "code": "required", "detail": "This is required.", "message": "…", "parameters": {}}
    with working.database.write("test") as connection:
        connection.execute(sa.update(tables.rejected_event).values(errors=json.dumps([error])))
    found = working.iris.get("/api/v1/events/rejected").json
    assert found is not None
    assert found["items"][0]["errors"] == [{"pointer": "/x", "code": "required", "detail": "This is required."}]


def test_a_replay_that_is_rejected_again_stands_on_the_trail_by_either_door(working: Working) -> None:
    """Who tried what is told, by the page as by the API."""
    text = _reject(working)
    assert working.iris.post("/rejected/1", {"event": text}).status_code == 422
    assert working.iris.client.post("/api/v1/events/rejected/1/replay").status_code == 200
    deeds = [(deed.deed, deed.subject, deed.why) for deed in working.trail() if deed.deed == "replay_rejected"]
    assert deeds == [("replay_rejected", "rejected:1", "accepted 0, duplicate 0, rejected 1")] * 2


@pytest.mark.parametrize("letter", ["a", "가", "\\", "😀"])
def test_an_event_as_long_as_any_that_is_taken_is_mended_by_page_and_api(working: Working, letter: str) -> None:
    """However its letters are written on the way; and one that is longer is refused by its length, by either door as when it came."""
    event = event_of(DEAL) | {"specversion": "0.3"}
    event["data"]["note"] = letter * ((1_000_000 - 1_000) // len(json.dumps(letter)[1:-1]))
    text = json.dumps(event)
    with working.database.write("test") as connection:
        kept = intake.take_in(connection, [intake.arrival_of_text(text)], at=NOW, door="ingest", sender="a.ndjson")
    assert [finding.code for finding in kept.rejected[0].findings] == ["specversion"]
    longer = json.dumps({**event, "specversion": "1.0", "more": "x" * 2_000}, ensure_ascii=False)
    replay = "/api/v1/events/rejected/1/replay"
    refused = working.iris.post("/rejected/1", {"event": longer})
    assert refused.status_code == 422
    assert "use at most 1000000" in refused.text.replace(",", "")
    answer = working.iris.client.post(
        replay,
        data=longer.encode(),
        content_type="application/cloudevents+json",
        headers={"Origin": "http://localhost"},
    )
    assert [error["code"] for error in answer.json["rejected"][0]["errors"]] == ["too_long"]
    mended = json.dumps({**event, "specversion": "1.0"}, ensure_ascii=False, indent=2)
    assert working.iris.post("/rejected/1", {"event": mended}).status_code == 303
    assert len(working.events()) == 1


def test_what_is_sent_again_may_be_as_long_as_what_was_sent_first(working: Working) -> None:
    """Else what came in a long batch could not come back."""
    length_of = site_of(working.app).triage(working.app)
    assert length_of("/api/v1/events/rejected/1/replay", "POST")[1] == length_of("/api/v1/events", "POST")[1]
    assert length_of("/rejected/1", "POST")[1] >= 3 * 1_000_000

"""Of every accepted event it is kept by which door, key, hook, account or file it came, and the auditor sees it (contract, "HTTP")."""

from __future__ import annotations

import csv
import io
import json

import sqlalchemy as sa
from standardwebhooks.webhooks import Webhook

from app import access, intake, ledger
from app.kit import clock
from app.ledger import tables
from app.rules.activities import EventKey
from tests.web.api import BATCH, STRUCTURED, api, by_hand, deal, fresh, verdict
from tests.web.working import NOW

__all__ = ["api"]


def _came_by(api, event):
    key = ledger.event_key(EventKey(event["source"], event["id"]))
    arrival, row = tables.arrival, tables.event
    with api.working.database.read() as connection:
        return connection.execute(
            sa.select(arrival.c.door, arrival.c.sender, arrival.c.request, arrival.c.rejected)
            .join(row, row.c.arrival == arrival.c.id)
            .where(row.c.key == key)
        ).one()


def _page(api, event, name="emil"):
    return getattr(api.working, name).client.get(f"/ledger/{ledger.event_key(EventKey(event['source'], event['id']))}")


def test_a_key_and_the_request_it_sent(api):
    """One row for all events of a request, whose number stands in the answer; a repeat came by nobody."""
    events = [deal() for _ in range(3)]
    answer = api.post(events)
    number = answer.headers["X-Request-Id"]
    for event in events:
        assert tuple(_came_by(api, event)) == ("api", "key:crm", number, None)
    api.post(events, key=api.other)
    assert _came_by(api, events[0]).sender == "key:crm"
    assert "Key crm" in _page(api, events[0]).text
    assert number in _page(api, events[0]).text


def test_a_hook_and_the_message(api):
    name, message = fresh("hook"), fresh("msg")
    with api.working.database.write("keep_hooks") as connection:
        secret = access.create_hook(connection, name=name, now=NOW)
    event, at = deal(), clock.now()
    body = json.dumps(event)
    headers = {
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, at, body),
    }
    api.working.app.test_client().post(f"/hooks/{name}", data=body, content_type=STRUCTURED, headers=headers)
    assert tuple(_came_by(api, event)) == ("hook", f"hook:{name}", message, None)


def test_an_account_by_the_api_and_by_a_page(api):
    alba, boram = api.working.alba, api.working.boram
    event = by_hand(deal(), "E1")
    alba.client.post("/api/v1/events", data=json.dumps([event]), content_type=BATCH)
    assert _came_by(api, event)[:2] == ("api", "account:alba@agency.example")
    key = ledger.event_key(EventKey(event["source"], event["id"]))
    form = {"form_id": boram.form_id("/verification"), "activity": key, "verdict": "verified"}
    assert boram.post("/verification", form).status_code == 303
    judged = api.working.events()[-1]
    assert judged["type"] == "kopes.verified"
    assert _came_by(api, judged)[:2] == ("page", "account:boram@agency.example")
    assert ">boram@agency.example<" in _page(api, judged).text


def test_a_file_by_its_name(api):
    event = deal()
    with api.working.database.write("ingest") as connection:
        intake.take_in(
            connection, [intake.arrival_of(event)], at=NOW, door="ingest", sender="march\0\ud800.csv", request="r\0"
        )
    assert tuple(_came_by(api, event)) == ("ingest", "file:march\ufffd\ufffd.csv", "r\ufffd", None)


def test_what_is_sent_again_says_who_sent_it_and_what_it_was(api):
    """The auditor goes from the event to the rejected one, which tells who sent it first."""
    event = deal() | {"specversion": "0.3"}
    api.post(event)
    iris = api.working.iris.client
    kept = iris.get("/api/v1/events/rejected?limit=1").json["items"][0]
    mended = json.dumps(event | {"specversion": "1.0"})
    answer = iris.post(f"/api/v1/events/rejected/{kept['id']}/replay", data=mended, content_type=STRUCTURED)
    number = answer.headers["X-Request-Id"]
    assert tuple(_came_by(api, event)) == ("api", "account:iris@agency.example", number, kept["id"])
    page = _page(api, event).text
    assert f"/rejected/{kept['id']}" in page
    assert "crm" in api.working.emil.client.get(f"/rejected/{kept['id']}").text


def test_nobody_but_the_auditor_sees_it(api):
    """Neither on the activity's page nor in a file of activities; the auditor's file has it."""
    event = deal()
    api.post(event)
    for name in ("alba", "boram", "dana", "ferran", "iris"):
        assert _page(api, event, name).status_code == 404
    key = ledger.event_key(EventKey(event["source"], event["id"]))
    assert "Key crm" not in api.working.boram.client.get(f"/activities/{key}").text
    form = {"reason": "a look", "format": "csv"}
    of_unit = api.working.dana.post("/activities?node=unit:VIE", form)
    of_ledger = api.working.emil.post(f"/ledger?id={event['id']}", form)
    assert of_unit.status_code == of_ledger.status_code == 200
    assert "sender" not in of_unit.text.splitlines()[0]
    row = next(csv.DictReader(io.StringIO(of_ledger.text.lstrip("\ufeff"))))
    assert (row["door"], row["sender"]) == ("api", "key:crm")


def test_every_event_of_the_ledger_came_by_a_door(api):
    """Whatever these tests sent, by any door."""
    api.post(verdict("verified", deal(), by="E2"))
    with api.working.database.read() as connection:
        missing = sa.select(sa.func.count()).select_from(tables.event).where(tables.event.c.arrival.is_(None))
        assert connection.scalar(missing) == 0

"""Rejected events over the API: kept with their reasons, read in pages, mended and sent again."""

from __future__ import annotations

import datetime as dt
import json

import sqlalchemy as sa

from app import access
from app.access import tables
from app.rules.permissions import Scope
from tests.web.api import BATCH, STRUCTURED, api, by_hand, deal, verdict
from tests.web.working import NOW

__all__ = ["api"]

LIST = "/api/v1/events/rejected"


def _own(api, key):
    """All pages of a key's rejected events."""
    address, items = f"{LIST}?limit=2", []
    while address:
        answer = api.get(address, key=key)
        assert answer.status_code == 200
        assert len(answer.json["items"]) <= 2
        items += answer.json["items"]
        address = answer.json["next"]
        assert (f'<{address}>; rel="next"' if address else None) == answer.headers.get("Link")
    return items


def test_they_are_listed_newest_first_as_they_came_each_key_its_own(api):
    bad = [deal("E99", note=[1, {"x": "é\u0000"}]), deal(amount="x"), deal(buyer=None)]
    for event in bad:
        api.post(event)
    api.post(deal("E98"), key=api.other)
    mine = _own(api, api.ingest)
    assert [one["event"] for one in mine[:3]] == bad[::-1]
    assert {"id", "received_at", "errors", "event"} <= mine[0].keys()
    assert [one["id"] for one in mine] == sorted((one["id"] for one in mine), reverse=True)
    assert mine[1]["errors"][0]["pointer"] == "/data/amount"
    theirs = _own(api, api.other)
    assert [one["event"]["data"]["employee"] for one in theirs] == ["E98"]
    everything = [one for one in _own(api, api.read) if one["sender"] in {"crm", "erp"}]
    assert len(everything) == len(mine) + len(theirs)


def test_a_new_key_of_a_revoked_keys_name_sees_nothing_of_the_other_s(api):
    """A name that is free again may go to another program: rejects are the key's and not the name's."""
    with api.working.database.write("keys") as connection:
        old = access.create_key(connection, name="again", scope=Scope.INGEST, now=NOW - dt.timedelta(days=2))
    api.post(deal("E96"), key=old)
    (kept,) = _own(api, old)
    with api.working.database.write("keys") as connection:
        access.revoke_key(connection, name="again", now=NOW)
        new = access.create_key(connection, name="again", scope=Scope.INGEST, now=NOW + dt.timedelta(hours=1))
    assert _own(api, new) == []
    assert api.post(deal("E1"), key=new, path=f"{LIST}/{kept['id']}/replay").status_code == 404


def test_numbers_come_back_with_their_digits(api):
    text = json.dumps(deal("E97", note=0)).replace('"note": 0', '"note": 1.50')
    api.post(text.encode(), kind=STRUCTURED)
    assert '"note": 1.50' in api.get(f"{LIST}?limit=1", key=api.ingest).text


def test_one_is_sent_again_as_it_is_or_mended_and_leaves_the_list_when_it_is_accepted(api):
    event = deal("E99")
    api.post(event)
    kept = _own(api, api.ingest)[0]
    replay = f"{LIST}/{kept['id']}/replay"
    again = api.working.app.test_client().post(replay, headers={"Authorization": f"Bearer {api.ingest}"})
    assert again.status_code == 200
    assert again.json["rejected"][0]["errors"] == kept["errors"]
    assert _own(api, api.ingest)[0] == kept, "it is kept once, however often it is sent again"
    mended = {**event, "data": {**event["data"], "employee": "E1"}}
    assert api.post(mended, path=replay).json == {"accepted": 1, "duplicate": 0, "rejected": []}
    assert kept["id"] not in [one["id"] for one in _own(api, api.ingest)]
    assert api.post(mended, path=replay).status_code == 404
    assert mended in api.working.events()


def test_nobody_sends_again_what_they_may_not_see(api):
    api.post(deal("E96"))
    kept = _own(api, api.ingest)[0]
    replay = f"{LIST}/{kept['id']}/replay"
    assert api.post(deal(), path=replay, key=api.other).status_code == 404
    assert api.post(deal(), path=replay, key=api.read).status_code == 403
    for number in ("0", "999999", "x", "-1", "9" * 30):
        assert api.post(deal(), path=f"{LIST}/{number}/replay").status_code == 404
    assert api.working.alba.get(LIST).status_code == 404
    assert api.working.emil.get(LIST).status_code == 200
    assert api.working.emil.client.post(replay).status_code == 404
    assert api.working.iris.client.post(replay).status_code == 200


def test_what_cannot_be_read_mends_nothing(api):
    api.post(deal("E95"))
    kept = _own(api, api.ingest)[0]
    replay = f"{LIST}/{kept['id']}/replay"
    assert api.post(b"{", path=replay, kind=STRUCTURED).status_code == 400
    assert api.post([deal(), deal()], path=replay).status_code == 400
    assert _own(api, api.ingest)[0] == kept


def test_a_page_that_is_none_is_refused_by_the_parameters_name(api):
    for address, pointer in (("?limit=0", "/limit"), ("?limit=1001", "/limit"), ("?before=x", "/before")):
        answer = api.get(f"{LIST}{address}", key=api.ingest)
        assert answer.status_code == 422
        assert answer.json["errors"][0]["pointer"] == pointer


def _replayed_by(person, kept, event=None):
    body = None if event is None else json.dumps(event)
    return person.client.post(f"{LIST}/{kept['id']}/replay", data=body, content_type=STRUCTURED if event else None)


def _newest(api):
    return api.working.iris.client.get(f"{LIST}?limit=1").json["items"][0]


def test_who_keeps_the_doors_mends_nothing_that_a_figure_hangs_on(api):
    """Else any rejected event is anybody's deal, verdict or confirmation (contract, "HTTP": 409 ``not_yours``)."""
    event = deal() | {"specversion": "0.3"}
    api.post(event)
    kept, before = _newest(api), api.count()
    right = event | {"specversion": "1.0"}
    for wrong, pointer in (
        (right | {"id": "D-other"}, "/id"),
        (right | {"type": "kopes.export_consult"}, "/type"),
        (right | {"data": event["data"] | {"amount": "900000000.00"}}, "/data/amount"),
        (right | {"data": event["data"] | {"employee": "E6"}}, "/data/employee"),
        (right | {"data": event["data"] | {"credits": [{"employee": "E6", "share": "1"}]}}, "/data/credits"),
    ):
        answer = _replayed_by(api.working.iris, kept, wrong)
        assert (answer.status_code, answer.json["code"]) == (409, "not_yours")
        assert [one["pointer"] for one in answer.json["errors"]] == [pointer]
    assert api.count() == before
    mended = right | {"data": event["data"] | {"note": "ok", "amount": "100.0"}}
    assert _replayed_by(api.working.iris, kept, mended).json["accepted"] == 1
    deed = api.working.trail()[0]
    assert (deed.who, deed.subject) == ("account:iris@agency.example", f"rejected:{kept['id']}")
    assert (json.loads(deed.before), json.loads(deed.after)) == (event, mended)


def test_a_refusal_of_authority_is_not_lifted_by_sending_it_again(api):
    """Alba's verdict on her own deal is not hers to give, whoever presses the button; an account that is closed sends nothing."""
    mine = by_hand(deal(), "E1")
    forged = by_hand(verdict("verified", mine, by="E2"), "E1")
    taken = deal() | {"source": "/crm/vienna"}
    ahead = by_hand(deal(), "E1") | {"time": "9998-01-01T00:00:00Z"}
    alba, iris = api.working.alba, api.working.iris
    for event, pointer in ((forged, "/data/by"), (taken, "/source"), (ahead, "/time")):
        sent = alba.client.post("/api/v1/events", data=json.dumps([event]), content_type=BATCH)
        assert sent.json["rejected"][0]["errors"][0]["pointer"] == pointer
        kept, before = _newest(api), api.count()
        for body in (None, event):
            again = _replayed_by(iris, kept, body)
            assert again.json["rejected"][0]["errors"][0]["pointer"] == pointer
        page = iris.post(f"/rejected/{kept['id']}", {"event": json.dumps(event)})
        assert page.status_code == 422
        assert api.count() == before
    with api.working.database.write("test") as connection:
        connection.execute(sa.update(tables.account).where(tables.account.c.employee == "E1").values(disabled_at=NOW))
    try:
        assert _replayed_by(iris, kept).json["code"] == "not_yours"
    finally:
        with api.working.database.write("test") as connection:
            connection.execute(sa.update(tables.account).values(disabled_at=None))


def test_a_key_sends_its_own_events_again_as_it_likes(api):
    """It could as well send them anew; the authority is the key's own."""
    event = deal("E94")
    api.post(event)
    kept = _own(api, api.ingest)[0]
    other = deal("E2", amount="7")
    assert api.post(other, path=f"{LIST}/{kept['id']}/replay").json["accepted"] == 1


def test_what_was_no_event_is_nobody_s_to_write(api):
    """A number in a batch, or what was no JSON at all, gives no name to record under."""
    api.post([5])
    answer = _replayed_by(api.working.iris, _newest(api), deal())
    assert (answer.status_code, answer.json["code"]) == (409, "not_yours")
    assert _replayed_by(api.working.iris, _newest(api)).json["rejected"][0]["errors"][0]["code"] == "not_an_object"

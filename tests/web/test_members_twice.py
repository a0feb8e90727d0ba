"""An event that names a member twice: each reader would take another one of both, so by whichever door it comes it is rejected, and kept as it came."""

from __future__ import annotations

import json
from typing import Any

import pytest
from standardwebhooks import Webhook

from app import access
from app.kit import clock
from tests.web.api import BATCH, Api, api, deal, fresh

__all__ = ["api"]


def twice(id_: str, path: str = "amount") -> str:
    """A deal's JSON that says something twice: its amount, its employee's credits' share, its id, or a member that nobody reads."""
    first = {
        "amount": ('"amount": "100.00"', '"amount": "900000.00", "amount": "100.00"'),
        "buyer": ('"name": "Nordwind GmbH"', '"n\\u0061me": "Fox", "name": "Nordwind GmbH"'),
        "employee": ('"employee": "E1"', '"employee": "E1", "employee" : "E1"'),
        "id": (f'"id": "{id_}"', f'"id": "other", "id": "{id_}"'),
        "note": ('"data": {', '"data": {"note": [{"x": 1, "x": 1}], '),
        "data": ('"data": {', '"data": {}, "data": {'),
    }[path]
    text = json.dumps(deal(id_=id_))
    assert first[0] in text
    return text.replace(*first)


PATHS = ("amount", "buyer", "employee", "id", "note", "data")


def rejects(api: Api) -> list[dict[str, Any]]:
    """What the key is told that it had rejected, the newest first."""
    items: list[dict[str, Any]] = api.get("/api/v1/events/rejected?limit=20", key=api.ingest).json["items"]
    return items


@pytest.mark.parametrize("path", PATHS)
def test_one_event_is_rejected_and_kept_as_it_came(api: Api, path: str) -> None:
    """It says which member, and nothing of it is lost."""
    text, count = twice(fresh(), path), api.count()
    answer = api.post(text.encode())
    assert (answer.status_code, answer.json["accepted"], len(answer.json["rejected"])) == (200, 0, 1)
    (error,) = answer.json["rejected"][0]["errors"]
    assert error["code"] == "repeated_member"
    member = {"buyer": "name", "note": "x"}.get(path, path)
    assert f"“{member}” twice" in error["detail"]
    assert rejects(api)[0]["event"] == text
    assert api.count() == count


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("beside", ["", "\\ud800"])
def test_of_a_batch_the_others_are_recorded(api: Api, path: str, beside: str) -> None:
    """Whichever way the batch is read: with half a character in one of them it is read the long way."""
    good, text, count = json.dumps(deal()), twice(fresh(), path), api.count()
    odd = json.dumps(deal(note="x")).replace('"x"', f'"{beside}"')
    answer = api.post(f"[{good},\n {text} , {odd}]".encode(), kind=BATCH).json
    refused = {one["index"]: one["errors"][0]["code"] for one in answer["rejected"]}
    assert refused == {1: "repeated_member"} | ({2: "bad_text"} if beside else {})
    assert answer["accepted"] == (1 if beside else 2) == api.count() - count
    assert text in [one["event"] for one in rejects(api)]


def test_binary_mode_and_signed_messages_too(api: Api) -> None:
    """Of binary mode its data; of a webhook the body that was signed."""
    count = api.count()
    event = deal()
    headers = {f"ce-{name}": event[name] for name in ("specversion", "type", "source", "id", "time")}
    data = '{"employee": "E2", ' + json.dumps(event["data"])[1:]
    answer = api.post(data.encode(), kind="application/json", headers=headers)
    assert [one["code"] for one in answer.json["rejected"][0]["errors"]] == ["repeated_member"]
    assert rejects(api)[0]["event"] == {**event, "data": data, "datacontenttype": "application/json"}
    with api.working.database.write("a hook") as connection:
        secret = access.create_hook(connection, name="twice", now=clock.now())
    body, at = twice(fresh()), clock.now()
    signed = {"webhook-id": "m1", "webhook-timestamp": str(int(at.timestamp()))}
    signed["webhook-signature"] = Webhook(secret).sign("m1", at, body)
    kind = "application/cloudevents+json"
    answer = api.working.app.test_client().post("/hooks/twice", data=body, content_type=kind, headers=signed)
    assert [one["code"] for one in answer.json["rejected"][0]["errors"]] == ["repeated_member"]
    assert api.count() == count


def test_what_is_no_json_is_still_refused_as_a_whole(api: Api) -> None:
    """A member twice before a fault of the text hides no fault; an array for one event stays one."""
    for body in (twice(fresh()) + "}", f"[{twice(fresh())}]", '{"a": 1, "a": 2'):
        assert api.post(body.encode()).status_code == 400
    for body in (f"[{twice(fresh())}", twice(fresh()), f"[{twice(fresh())}] x"):
        assert api.post(body.encode(), kind=BATCH).status_code == 400


def test_sent_again_it_is_rejected_again_until_it_is_mended(api: Api) -> None:
    """By the key that sent it, and by a person on the page: nobody picks one of both unseen."""
    id_ = fresh()
    text, count = twice(id_), api.count()
    api.post(text.encode())
    number = rejects(api)[0]["id"]
    address = f"/api/v1/events/rejected/{number}/replay"
    answer = api.post(text.encode(), path=address)
    assert answer.json["rejected"][0]["errors"][0]["code"] == "repeated_member"
    page = api.working.iris.post(f"/rejected/{number}", {"event": text})
    assert page.status_code == 422
    assert "twice" in page.text
    assert api.count() == count
    assert api.post(json.dumps(deal(id_=id_)).encode(), path=address).json["accepted"] == 1

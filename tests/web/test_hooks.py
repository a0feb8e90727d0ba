"""``POST /hooks/{name}``: events signed as Standard Webhooks 1.0 does."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from standardwebhooks.webhooks import Webhook

from app import access
from app.kit import clock
from tests.web.api import BATCH, STRUCTURED, api, deal, fresh
from tests.web.working import NOW

__all__ = ["api"]


class Sender:
    """A system that signs what it sends."""

    def __init__(self, api, name, secret):
        self.api, self.name, self.webhook = api, name, Webhook(secret)

    def headers(self, body, *, message=None, at=None):
        """What a sender puts beside a body. The library checks the time by the system's clock, as a receiver must."""
        at, message = at or clock.now(), message or fresh("msg")
        signature = self.webhook.sign(message, at, body.decode())
        return {
            "webhook-id": message,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature,
        }

    def send(self, body, headers=None, *, kind=STRUCTURED, **how):
        """Send a body with its signature, or with other headers."""
        return self.api.working.app.test_client().post(
            f"/hooks/{self.name}", data=body, content_type=kind, headers=headers or self.headers(body, **how)
        )


@pytest.fixture
def sender(api):
    name = fresh("hook")
    with api.working.database.write("keep_hooks") as connection:
        secret = access.create_hook(connection, name=name, now=NOW)
    return Sender(api, name, secret)


def _written(event):
    return json.dumps(event).encode()


def test_one_event_or_a_batch_is_answered_as_the_post_is(sender):
    assert sender.send(_written(deal())).json == {"accepted": 1, "duplicate": 0, "rejected": []}
    answer = sender.send(_written([deal(), deal("E99")]), kind=BATCH)
    assert answer.json["accepted"] == 1
    assert answer.json["rejected"][0]["errors"][0]["code"] == "unknown_employee"
    assert sender.send(b"{").status_code == 400
    assert sender.send(b"{}", kind="text/plain").status_code == 415


def test_what_nobody_signs_is_not_read(sender, api):
    """In binary mode the attributes are headers: one signed deal would count under as many ids as one likes."""
    body = _written(deal()["data"])
    before = api.count()
    for _ in range(2):
        attributes = {"ce-specversion": "1.0", "ce-type": "kopes.export_deal", "ce-source": "/x", "ce-id": fresh()}
        headers = sender.headers(body) | attributes | {"ce-time": "2026-03-04T09:00:00Z"}
        for kind in ("application/json", None):
            answer = sender.send(body, headers, kind=kind)
            assert (answer.status_code, answer.json["code"]) == (415, "unknown_media_type")
    assert api.count() == before
    event = deal()
    signed = sender.headers(_written(event)) | {"ce-id": fresh(), "ce-source": "/elsewhere"}
    assert sender.send(_written(event), signed).json["accepted"] == 1
    assert api.working.events()[-1] == event


def test_the_same_message_again_changes_nothing_and_its_id_is_never_used_for_another(sender, api):
    body, message = _written([deal(), deal("E99")]), fresh("msg")
    first = sender.send(body, kind=BATCH, message=message)
    kept = api.get("/api/v1/events/rejected?limit=1000").json["items"]
    again = sender.send(body, kind=BATCH, message=message)
    assert again.json == {"accepted": 0, "duplicate": 1, "rejected": first.json["rejected"]}
    assert api.get("/api/v1/events/rejected?limit=1000").json["items"] == kept, "what was refused is kept once"
    before = api.count()
    other = sender.send(_written(deal()), message=message)
    assert (other.status_code, other.content_type) == (409, "application/problem+json")
    assert api.count() == before


def test_a_signature_counts_for_five_minutes_around_now(sender):
    now = clock.now()
    for minutes, status in ((-4, 200), (4, 200), (-6, 401), (6, 401)):
        at = now + dt.timedelta(minutes=minutes)
        assert sender.send(_written(deal()), at=at).status_code == status, minutes


def test_one_right_signature_of_several_is_enough(sender):
    """A sender who changes its secret signs with both for a while; signatures of other kinds are passed over."""
    body = _written(deal())
    headers = sender.headers(body)
    right = headers["webhook-signature"]
    headers["webhook-signature"] = f"v1a,zzz v1,AAAA nonsense {right}"
    assert sender.send(body, headers).status_code == 200
    headers["webhook-signature"] = f"{f'v1,{43 * chr(65)}= ' * 40}{right}"
    assert sender.send(body, headers).json["duplicate"] == 1, "however many there are, the body is gone through once"
    headers["webhook-signature"] = "v1a,zzz v1,AAAA nonsense"
    assert sender.send(body, headers).status_code == 401


def test_without_a_right_signature_nothing_is_recorded(sender, api):
    before = api.count()
    body = _written(deal())
    right = sender.headers(body)
    wrong = [{name: value for name, value in right.items() if name != missing} for missing in right] + [
        right | {"webhook-id": fresh("msg")},
        right | {"webhook-timestamp": str(int(right["webhook-timestamp"]) + 1)},
        right | {"webhook-timestamp": "soon"},
        right | {"webhook-timestamp": "nan"},
        right | {"webhook-signature": "v1,"},
        right | {"webhook-signature": "é"},
    ]
    for headers in wrong:
        answer = sender.send(body, headers)
        assert answer.status_code == 401, headers
        assert answer.json["code"] == "bad_signature"
    assert sender.send(body + b" ", right).status_code == 401
    assert Sender(api, "nowhere", "whsec_AAAA").send(body).status_code == 404
    assert api.count() == before


def test_a_closed_hook_takes_nothing(sender, api):
    with api.working.database.write("keep_hooks") as connection:
        access.revoke_hook(connection, name=sender.name, now=NOW)
    assert sender.send(_written(deal())).status_code == 404

"""``POST /hooks/{name}``: events from others' systems, signed as Standard Webhooks 1.0 does.

A newcomer's usual mistake is to check the signature of the parsed body: what is signed are the bytes as they came, with id and time. Nothing else of
a request is read, so that nobody makes several events of one signature.
"""

from __future__ import annotations

import re
from typing import Final

from flask import request
from sqlalchemy import Connection
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from app import access, intake
from app.access import Hook
from app.kit.refusals import NotThere, Unauthenticated
from app.ledger import Recorded
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.bodies import arrivals_in
from app.web.api.events import as_json
from app.web.api.measuring import count_events
from app.web.asked.limits import EVENTS_BYTES
from app.web.asked.request_context import RequestContext

__all__ = ["pages"]

pages: Final = Pages("hooks")

DOOR: Final = "hook"

_SIGNATURE: Final = re.compile(r"v1,[A-Za-z0-9+/]{43}=", re.ASCII)
"""32 bytes of SHA-256, as every sender writes them."""
_SECONDS: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


class BadSignature(Unauthenticated):
    """Nothing shows that the message is from who knows the secret, or from now."""

    code = "bad_signature"
    message = n_(
        "The signature, its time or its id is missing, wrong or older than five minutes (Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature)."
    )


@pages.api_act(
    "/hooks/<name>",
    may=Deed.RECEIVE_HOOK,
    transaction=False,
    once=False,
    body_bytes=EVENTS_BYTES,
    about={
        "summary": "Receive signed events",
        "tag": "Events",
        "path": {"name": ("string", "The hook's name.")},
        "headers": [
            ("webhook-id", "The message's id: never used again with another body."),
            ("webhook-timestamp", "When it was sent, in seconds since 1970; at most five minutes ago."),
            ("webhook-signature", "One or several signatures, `v1,…`, with spaces between."),
        ],
        "body": shapes.EVENT_BODIES,
        "responses": {200: ("application/json", shapes.RECORDED, "What became of each event, after the commit.")},
        "refusals": (400, 401, 404, 409, 413, 415, 503),
        "signed": True,
    },
)
def receive(context: RequestContext, name: str) -> Json:
    """Record events that are signed with the hook's secret, one or a batch; nobody signs headers, so not in binary mode.

    The same message again changes nothing.
    """
    with context.database.read() as connection:
        hook = access.find_hook(connection, name=name)
    if hook is None:
        raise NotThere
    body = request.get_data()
    message_id = _verified(hook, body)
    arrivals = arrivals_in(request, binary=False)

    def work(connection: Connection) -> Recorded:
        recorded = intake.take_in_message(
            connection, arrivals, hook=hook, message_id=message_id, body=body, at=context.now
        )
        # It may have been closed while the message waited for another writer.
        if access.find_hook(connection, name=name) != hook:
            raise NotThere
        return recorded

    recorded = context.writing(work)
    count_events(recorded, door=DOOR)
    return Json(as_json(recorded))


def _verified(hook: Hook, body: bytes) -> str:
    """The message's id, once one of its signatures is right and its time is within five minutes of now.

    Raises:
        BadSignature: else.
    """
    message_id = request.headers.get("webhook-id", "")
    sent_at = request.headers.get("webhook-timestamp", "")
    given = request.headers.get("webhook-signature", "").split()
    # The library stops at the first signature that is of another kind; a sender who rolls its secrets may send such.
    signatures = [one for one in given if _SIGNATURE.fullmatch(one)]
    if not message_id or not signatures or not _SECONDS.fullmatch(sent_at):
        raise BadSignature
    # All at once: the body, which anybody may send who knows the hook's name, is gone through once and not for each.
    headers = {"webhook-id": message_id, "webhook-timestamp": sent_at, "webhook-signature": " ".join(signatures)}
    try:
        Webhook(hook.secret).verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):
        raise BadSignature from None
    return message_id

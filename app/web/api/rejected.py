"""Rejected events: read with their reasons, mended and sent again.

An ingest key sees its own rejected events and nobody else's, and what it may not see is as if it were not there.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final

from flask import request

from app import intake, ledger
from app.access import JsonText
from app.kit.refusals import NotThere, Unauthenticated
from app.ledger import Arrival, KeptReject, Recorded
from app.rules.permissions import Deed, Scope
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.bodies import arrivals_in
from app.web.api.described import READS_AS_ASKED
from app.web.api.events import DOOR, as_json
from app.web.api.measuring import count_events
from app.web.api.paging import PageQuery
from app.web.asked.limits import EVENTS_BYTES
from app.web.asked.request_context import RequestContext

__all__ = ["outcome", "pages"]

pages: Final = Pages("rejected_events")

_OF_ERRORS: Final = ("pointer", "code", "detail")
"""What programs are told of a reason (contract, "HTTP"); what else is kept of it is for pages."""


@pages.api_read(
    "/api/v1/events/rejected",
    may=Deed.SEE_REJECTED,
    about={
        "summary": "Rejected events, newest first",
        "tag": "Events",
        "query": PageQuery,
        "responses": {200: ("application/json", shapes.listed(shapes.REJECTED), "Those that are still to be mended.")},
        "refusals": READS_AS_ASKED,
    },
)
def rejected(context: RequestContext, query: PageQuery) -> Json:
    """Rejected events that were not mended yet, each as it came and with its reasons. A key for ingest sees its own."""
    listed = ledger.rejected_events(
        context.connection, sender=_narrowed(context), since=_since(context), before=query.before, limit=query.limit
    )
    following = None
    if listed.following is not None:
        following = shapes.address(request, limit=query.limit, before=listed.following)
    # As it was kept, by our own encoder: an event's numbers keep their digits.
    text = f'{{"items": [{", ".join(map(_written, listed.events))}], "next": {json.dumps(following)}}}'
    return Json(text.encode(), following=following)


def _sent(context: RequestContext, number: str) -> list[Arrival] | None:
    """What was sent in its place, read before the transaction that others wait for; None: the same again."""
    _kept(context, number)
    has_body = bool(request.content_length) or request.headers.get("Transfer-Encoding") is not None
    if not has_body:
        return None
    arrivals = arrivals_in(request, plain=True)
    if len(arrivals) != 1:
        raise shapes.NotOne
    return arrivals


@pages.api_act(
    "/api/v1/events/rejected/<number>/replay",
    may=Deed.REPLAY_REJECTED,
    before=_sent,
    once=False,
    about={
        "summary": "Send a rejected event again",
        "tag": "Events",
        "path": {"number": ("integer", "The rejected event's id.")},
        "body": shapes.MENDED_BODIES,
        "responses": {200: ("application/json", shapes.RECORDED, "What became of it.")},
        "refusals": (400, 401, 403, 404, 409, 413, 415, 429, 503),
    },
    body_bytes=EVENTS_BYTES,
)
def replay(context: RequestContext, number: str, looked_up: list[Arrival] | None) -> Json:
    """Send a rejected event again: a mended one as the body, or without a body the same. Once accepted it leaves the list.

    A key sends its own events again as it likes. A person mends only what no figure hangs on (not its source, id, type, time, employee, credits,
    by, activity, amount, currency, hs_code, company or buyer: that is 409 `not_yours`), and it needs the authority of whoever sent it first.
    """
    who = context.who
    if who is None:
        raise Unauthenticated
    kept = _kept(context, number)
    arrival = intake.arrival_of(kept.event) if looked_up is None else looked_up[0]
    recorded, before, after = intake.replay(
        context.connection, kept, arrival, by=who, door=DOOR, request=context.number, at=context.now
    )
    context.note(subject=f"rejected:{kept.id}", before=JsonText(before), after=JsonText(after), why=outcome(recorded))
    count_events(recorded, door=DOOR)
    return Json(as_json(recorded))


def outcome(recorded: Recorded) -> str:
    """What became of a replay, in the contract's words."""
    return f"accepted {recorded.accepted}, duplicate {recorded.duplicate}, rejected {len(recorded.rejected)}"


def _narrowed(context: RequestContext) -> tuple[str, str] | None:
    key = context.key
    return (DOOR, key.name) if key is not None and key.scope is Scope.INGEST else None


def _since(context: RequestContext) -> dt.datetime | None:
    """Since when a key for ingest sees what its name had rejected: what came before it was made is another key's, which was revoked."""
    key = context.key
    return key.made_at if key is not None and key.scope is Scope.INGEST else None


def _kept(context: RequestContext, number: str) -> KeptReject:
    """The rejected event, where it is still to be mended and for this sender to see."""
    if not (number.isascii() and number.isdigit()) or len(number) > 18:
        raise NotThere
    kept, since = ledger.rejected_event(context.connection, int(number)), _since(context)
    if kept is not None and since is not None and kept.received_at < since:
        raise NotThere
    narrowed = _narrowed(context)
    if kept is None or kept.settled_at is not None or (narrowed is not None and narrowed != (kept.door, kept.sender)):
        raise NotThere
    return kept


def _written(kept: KeptReject) -> str:
    head: dict[str, Any] = {
        "id": kept.id,
        "received_at": kept.received_at.isoformat(),
        "door": kept.door,
        "sender": kept.sender,
        "source": kept.source,
        "event_id": kept.event_id,
        "errors": [{name: error[name] for name in _OF_ERRORS} for error in kept.errors],
    }
    return f'{json.dumps(head)[:-1]}, "event": {kept.text}}}'

"""``POST /api/v1/events``: one event or many, each accepted or refused by itself, answered after the commit.

Do not check an event here: what an event means, and who may send what, is decided in one place, whichever door it
came by.
"""

from __future__ import annotations

from typing import Any, Final

from flask import request
from sqlalchemy import Connection

from app import intake, ledger
from app.kit.refusals import Unauthenticated
from app.ledger import Recorded
from app.plain.texts import encodable
from app.rules.permissions import Deed
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.bodies import arrivals_in
from app.web.api.measuring import count_events
from app.web.asked.limits import EVENTS_BYTES
from app.web.asked.request_context import RequestContext

__all__ = ["DOOR", "as_json", "pages"]

pages: Final = Pages("events")

DOOR: Final = "api"

_ABOUT: Final = {
    "summary": "Record events",
    "tag": "Events",
    "body": shapes.EVENT_BODIES,
    "responses": {200: ("application/json", shapes.RECORDED, "What became of each event, after the commit.")},
    "refusals": (400, 401, 403, 404, 413, 415, 429, 503),
}


@pages.api_act("/api/v1/events", may=Deed.INGEST, transaction=False, once=False, about=_ABOUT, body_bytes=EVENTS_BYTES)
def post(context: RequestContext) -> Json:
    """Record one event or a batch. One bad event never fails the others: it is kept, and can be read and sent again."""
    arrivals = arrivals_in(request)
    who = context.who
    if who is None:
        raise Unauthenticated

    def work(connection: Connection) -> Recorded:
        return intake.take_in(connection, arrivals, at=context.now, door=DOOR, sender=who, request=context.number)

    recorded = context.writing(work)
    count_events(recorded, door=DOOR)
    return Json(as_json(recorded))


def as_json(recorded: Recorded) -> dict[str, Any]:
    """What became of a batch, as the contract writes it."""
    return {
        "accepted": recorded.accepted,
        "duplicate": recorded.duplicate,
        "rejected": [
            {
                "index": one.index,
                "source": one.source and encodable(one.source),
                "id": one.id and encodable(one.id),
                "errors": ledger.errors_of(one.findings),
            }
            for one in recorded.rejected
        ],
    }

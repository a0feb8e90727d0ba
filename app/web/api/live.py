"""``/api/v1/live``: who may follow a node, and its events as text.

Under ``kopes serve`` the front asks this route first and then takes over with a stream that does not end; under another server the answer here
is a short stream, and browsers come back for the next one by themselves.
A newcomer's usual mistake: an id without data is no event. It moves the browser's position silently, so that nothing is missed later.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Final

import orjson
from flask import Response, request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app import access, ledger, scoring
from app.kit.refusals import NotThere
from app.ledger import Cursor
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.rules.presence import cycle_of
from app.rules.terms import Node
from app.web.answer.routing import Pages
from app.web.asked.limits import LIVE_NODES_MAX
from app.web.asked.request_context import RequestContext

__all__ = ["STREAM_OF", "block", "node_of", "pages"]

pages: Final = Pages("live")

SHORT_STREAM_RETRY_MS: Final = 2000

STREAM_OF: Final = "kopes.stream_of"
"""Where the front finds out in the request's environment whose stream it is, so that it can count them; absent for a key's."""


def node_of(text: str) -> Node:
    """The node that a parameter names.

    Raises:
        ValueError: it names none.
    """
    node = Node.parse(text)
    if node is None:
        raise ValueError(n_("Write a node as unit:VIE or employee:E0001."))
    return node


_NodeText = Annotated[str, Field(json_schema_extra={"pattern": "^(unit|employee):[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"})]


class LiveQuery(BaseModel):
    """Which nodes are followed."""

    model_config = ConfigDict(frozen=True)

    node: Annotated[
        list[_NodeText],
        # Of the list and not of each text: what is wrong is told of the parameter.
        AfterValidator(lambda texts: [str(node_of(text)) for text in texts]),
        Field(
            min_length=1,
            max_length=LIVE_NODES_MAX,
            description="The unit or employee, as `unit:VIE` or `employee:E0001`; may be repeated, to follow several by one stream.",
        ),
    ]
    after: Annotated[
        str | None,
        Field(description="The position from which on to tell, where there is no Last-Event-ID yet."),
    ] = None


def _present_cycle(context: RequestContext) -> int:
    """The cycle of today: of a cycle that begins in April the first months of a year are the year's before."""
    return cycle_of(context.today, scoring.state(context.connection).frame.first_month)


def block(*, position: str, node: Node | None = None, cycle: int | None = None, at: dt.datetime | None = None) -> str:
    """One block of a stream: an event, or without a node just the position."""
    if node is None or at is None:
        return f"id: {position}\n\n"
    body = orjson.dumps({"node": str(node), "cycle": str(cycle), "at": at}).decode()
    return f"id: {position}\nevent: scorecard\ndata: {body}\n\n"


_ABOUT: Final[Mapping[str, Any]] = {
    "summary": "Follow a scorecard",
    "tag": "Live",
    "query": LiveQuery,
    "headers": [("Last-Event-ID", "Where a stream that was interrupted had come to.")],
    "responses": {
        200: (
            "text/event-stream",
            {"type": "string"},
            "Server-sent events: `event: scorecard` with `{node, cycle, at}` whenever the node's scorecard changes, on either basis.",
        )
    },
    "refusals": (401, 403, 404, 422, 429),
}


@pages.api_read("/api/v1/live", may=Deed.FOLLOW_LIVE, about=_ABOUT)
def follow(context: RequestContext, query: LiveQuery) -> Response:
    """Tell when a node's scorecard changes, by whatever process it is moved."""
    nodes = [node_of(text) for text in query.node]
    for node in nodes:
        context.require(Deed.FOLLOW_LIVE, node)
        if not access.exists(context.directory, node):
            raise NotThere
    if context.person is not None:
        request.environ[STREAM_OF] = context.label
    here = ledger.cursor(context.connection)
    after = request.headers.get("Last-Event-ID") or query.after
    moved = after is not None and (Cursor.parse(after) is None or Cursor.parse(after) != here)
    text = f"retry: {SHORT_STREAM_RETRY_MS}\n"
    text += (
        "".join(block(position=here.text, node=node, cycle=_present_cycle(context), at=context.now) for node in nodes)
        if moved
        else block(position=here.text)
    )
    return Response(text, content_type="text/event-stream; charset=utf-8")

"""The board of a cycle: everybody in exactly one state, and whom it waits for (contract-cycle, 9)."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from app.cycle import BoardState
from app.rules.permissions import Deed
from app.web import boarding
from app.web.api import shapes
from app.web.api.readings import others_among, write_down
from app.web.rendering import Json
from app.web.request_context import RequestContext
from app.web.routing import Pages

__all__ = ["pages"]

pages: Final = Pages("board_api")

_TEXT_OR_NULL: Final = {"type": ["string", "null"]}
_ROW: Final = {
    "type": "object",
    "required": ["employee", "state", "who", "since", "due_on"],
    "properties": {
        "employee": {"type": "string"},
        "state": {"type": "string", "enum": [one.value for one in BoardState]},
        "who": {"type": "array", "items": {"type": "string"}, "description": "Whom it waits for: numbers, or `hr`."},
        "since": _TEXT_OR_NULL,
        "due_on": _TEXT_OR_NULL,
    },
}


class BoardQuery(BaseModel):
    """What narrows the board."""

    model_config = ConfigDict(frozen=True)

    state: Annotated[BoardState | None, Field(description="Only those in this state.")] = None
    who: Annotated[str, Field(max_length=80, description="Only those who wait for this number, or `hr`.")] = ""


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/board",
    may=Deed.SEE_CYCLES,
    transaction=False,
    about={
        "summary": "Where everybody stands in a cycle",
        "tag": "Cycles",
        "path": {"cycle": ("integer", "The year that names the cycle.")},
        "query": BoardQuery,
        "responses": {200: ("application/json", shapes.listed(_ROW), "Everybody whom one sees, in exactly one state.")},
        "refusals": (401, 403, 404, 422, 429, 503),
    },
)
def board(context: RequestContext, cycle: int, query: BoardQuery) -> Json:
    """Everybody whom the cycle lists and whom one sees, each in the first state that holds, with whom it waits for, since when and until when."""
    with context.read():
        rows = boarding.board_seen(context, cycle)
        rows = [row for row in rows if query.state in {None, row.state} and (not query.who or query.who in row.who)]
        people = others_among(context, (row.employee for row in rows))
    write_down(context, what="board", asked={"cycle": cycle}, people=people)
    return Json({"items": [row.as_json() for row in rows], "next": None})

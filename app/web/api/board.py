"""The board of a cycle: everybody in exactly one state, and whom it waits for (contract-cycle, 9)."""

from __future__ import annotations

from typing import Annotated, Final

from flask import request
from pydantic import BaseModel, ConfigDict, Field

from app.cycle import BoardState
from app.kit.refusals import Invalid, at_field
from app.plain.findings import n_
from app.plain.texts import quoted
from app.rules.permissions import Deed
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.described import OF_CYCLE, READS_AS_ASKED, WRITES
from app.web.api.json_bodies import sent_as
from app.web.api.readings import others_among, write_down
from app.web.asked.forms import FINDINGS_MAX
from app.web.asked.request_context import RequestContext
from app.web.cycles import boarding

__all__ = ["pages"]

pages: Final = Pages("board_api")

_ROW: Final = {
    "type": "object",
    "required": ["employee", "state", "who", "since", "due_on"],
    "properties": {
        "employee": {"type": "string"},
        "state": {"type": "string", "enum": [one.value for one in BoardState]},
        "who": {"type": "array", "items": {"type": "string"}, "description": "Whom it waits for: numbers, or `hr`."},
        "since": shapes.TEXT_OR_NULL,
        "due_on": shapes.TEXT_OR_NULL,
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
        "path": OF_CYCLE,
        "query": BoardQuery,
        "responses": {200: ("application/json", shapes.listed(_ROW), "Everybody whom one sees, in exactly one state.")},
        "refusals": READS_AS_ASKED,
    },
)
def board(context: RequestContext, cycle: int, query: BoardQuery) -> Json:
    """Everybody whom the cycle lists and whom one sees, each in the first state that holds, with whom it waits for, since when and until when."""
    with context.read():
        rows = boarding.narrowed(boarding.board_seen(context, cycle), state=query.state, who=query.who)
        people = others_among(context, (row.employee for row in rows))
    write_down(context, what="board", asked={"cycle": cycle}, people=people)
    return Json({"items": [row.as_json() for row in rows], "next": None})


class ReminderBody(BaseModel):
    """Of which rows: those in a state, those that wait for somebody, and those of employees; of all where nothing is named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: Annotated[BoardState | None, Field(description="Only of those in this state.")] = None
    who: Annotated[
        str, Field(strict=True, max_length=80, description="Only those who wait for this number, or `hr`.")
    ] = ""
    employees: Annotated[
        list[Annotated[str, Field(strict=True, max_length=80)]] | None,
        Field(description="Only those of these numbers."),
    ] = None


_NAMES: Final = {"type": "array", "items": {"type": "string"}}
_REMINDED: Final = {
    "type": "object",
    "required": ["reminded", "already", "unreachable"],
    "properties": {
        "reminded": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["who", "rows"],
                "properties": {"who": {"type": "string"}, "rows": {"type": "integer"}},
            },
        },
        "already": {**_NAMES, "description": "Who was reminded today before."},
        "unreachable": {**_NAMES, "description": "Who has no account that they can sign in with."},
    },
}


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/board/reminders",
    may=Deed.REMIND,
    about={
        "summary": "Remind whom the board waits for",
        "tag": "Cycles",
        "path": OF_CYCLE,
        "body": shapes.json_body(ReminderBody),
        "responses": {200: ("application/json", _REMINDED, "Who is mailed, and of how many rows.")},
        "refusals": WRITES,
    },
)
def remind(context: RequestContext, cycle: int) -> Json:
    """Mail whom rows of the board wait for, in their language, each at most once a day: by hr, and by heads of their line. What is done before the mail goes is not asked for."""
    body = sent_as(ReminderBody, request)
    rows = boarding.board_seen(context, cycle)
    seen = {row.employee for row in rows}
    message = n_("There is nobody “%(value)s” on this board: write a number that stands there.")
    unknown = [
        at_field(f"employees/{index}", "unknown_employee", message, value=quoted(number))
        for index, number in enumerate(body.employees or ())
        if number not in seen
    ]
    if unknown:
        raise Invalid(*unknown[:FINDINGS_MAX])
    some = None if body.employees is None else frozenset(body.employees)
    rows = boarding.narrowed(rows, state=body.state, who=body.who, employees=some)
    return Json(boarding.reminded(context, cycle, rows).as_json())

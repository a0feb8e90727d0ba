"""Actions on lines that do badly (contract-cycle, 5). A session alone asks here."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from flask import request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from app.cycle import Action, ActionWish
from app.kit.refusals import Invalid, NotThere, at_field
from app.plain.findings import n_
from app.plain.texts import quoted
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.described import READS, WRITES
from app.web.api.json_bodies import sent_as
from app.web.api.paging import PageQuery, page_of
from app.web.api.readings import others_among, write_down
from app.web.asked.forms import FormDay
from app.web.asked.request_context import RequestContext
from app.web.cycles import acting

__all__ = ["pages"]

pages: Final = Pages("actions_api")

_NUMBER: Final = {"number": ("integer", "The action's id.")}


def _written(day: object) -> object:
    return day if isinstance(day, str) else ""


class ActionBody(BaseModel):
    """Why a line does badly, what is done about it, by whom, and until when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    node: Annotated[str, Field(strict=True)]
    kpi: Annotated[str, Field(strict=True)]
    cause: Annotated[str, Field(strict=True)]
    measure: Annotated[str, Field(strict=True)]
    owner: Annotated[str, Field(strict=True)]
    due_on: Annotated[FormDay, BeforeValidator(_written)]


class ResultBody(BaseModel):
    """What came of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    result: str


def _cycle(text: str | None) -> str | None:
    if text and not (text.isascii() and text.isdecimal() and len(text) == len("2026")):
        raise ValueError(n_("Write a cycle as its year: 2026."))
    return text


class ActionsQuery(PageQuery):
    """What narrows the list, and which page of it."""

    cycle: Annotated[
        str | None,
        AfterValidator(_cycle),
        Field(description="Only those of this cycle.", json_schema_extra={"pattern": r"^([0-9]{4})?$"}),
    ] = None
    node: Annotated[str | None, Field(description="Only those of this unit or employee.")] = None
    state: Annotated[Literal["open", "closed"] | None, Field(description="Only those in this state.")] = None


def _still(context: RequestContext, number: int | None = None) -> None:
    if number is not None:
        acting.action_seen(context, number)
    elif not context.viewer.roles:
        raise NotThere


@pages.api_read(
    "/api/v1/actions",
    may=Deed.SEE_ACTIONS,
    transaction=False,
    about={
        "summary": "Actions on lines, newest first",
        "tag": "Cycles",
        "query": ActionsQuery,
        "responses": {200: ("application/json", shapes.listed(shapes.ACTION), "Those that one sees.")},
        "refusals": (*READS, 422),
    },
)
def listed(context: RequestContext, query: ActionsQuery) -> Json:
    """The actions that who asks sees: their own, and those of lines whose derivation they may see."""
    node = None
    if query.node and (node := Node.parse(query.node)) is None:
        raise NotThere
    cycle = int(query.cycle) if query.cycle else None
    is_open = None if query.state is None else query.state == "open"
    with context.read():
        seen = acting.actions_seen(context, cycle=cycle, node=node, is_open=is_open, before=query.before)
        some = seen[: query.limit + 1]
        people = others_among(
            context, (one.node.code for one in some[: query.limit] if one.node.kind is NodeKind.EMPLOYEE)
        )
    write_down(context, what="actions", asked=query.model_dump(exclude_none=True), people=people)
    return page_of(query, some, Action.as_json)


@pages.api_act(
    "/api/v1/actions",
    may=Deed.KEEP_ACTIONS,
    still=_still,
    about={
        "summary": "Open an action",
        "tag": "Cycles",
        "body": shapes.json_body(ActionBody),
        "responses": {201: ("application/json", shapes.ACTION, "It is open; `Location` is its address.")},
        "refusals": WRITES,
    },
)
def open_one(context: RequestContext) -> Json:
    """Have something done about a line of the cycle under way: by the node's owner, its head, or hr. It is in no figure."""
    body = sent_as(ActionBody, request)
    node = Node.parse(body.node)
    if node is None:
        message = n_("There is no unit or employee “%(value)s”: write it as unit:CODE or employee:NUMBER.")
        raise Invalid(at_field("node", "unknown_node", message, value=quoted(body.node)))
    made = acting.opened(context, ActionWish(node, body.kpi, body.cause, body.measure, body.owner, body.due_on))
    return Json(made.as_json(), status=201, headers={"Location": f"/api/v1/actions/{made.id}"})


@pages.api_read(
    "/api/v1/actions/<int:number>",
    may=Deed.SEE_ACTIONS,
    about={
        "summary": "One action",
        "tag": "Cycles",
        "path": _NUMBER,
        "responses": {200: ("application/json", shapes.ACTION, "The action.")},
        "refusals": READS,
    },
)
def one(context: RequestContext, number: int) -> Json:
    """One action, and what came of it."""
    return Json(acting.action_seen(context, number).as_json())


@pages.api_act(
    "/api/v1/actions/<int:number>/close",
    may=Deed.KEEP_ACTIONS,
    still=_still,
    about={
        "summary": "Close an action",
        "tag": "Cycles",
        "path": _NUMBER,
        "body": shapes.json_body(ResultBody),
        "responses": {200: ("application/json", shapes.ACTION, "It is closed.")},
        "refusals": WRITES,
    },
)
def close(context: RequestContext, number: int) -> Json:
    """Say what came of an action: by its owner, the node's owner, its head, or hr. It is followed no longer."""
    return Json(acting.closed(context, number, sent_as(ResultBody, request).result).as_json())

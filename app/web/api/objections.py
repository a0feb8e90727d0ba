"""Objections to what people were told: raised, answered, appealed, voted on and taken back (contract-cycle, 7). A session alone asks here."""

from __future__ import annotations

from typing import Annotated, Final

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.objecting import Vote
from app.rules.objections import ObjectionAbout, ObjectionState, Recusal
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.described import OF_CYCLE, READS_AS_ASKED, WRITES
from app.web.api.json_bodies import EmptyBody, sent_as
from app.web.api.paging import PageQuery, page_of
from app.web.api.readings import others_among, reading_of, write_down, write_reading
from app.web.asked.forms import FormDay
from app.web.asked.request_context import RequestContext
from app.web.decisions import objecting

__all__ = ["pages"]

pages: Final = Pages("objections_api")

_ONE: Final = OF_CYCLE | {"number": ("integer", "The objection's id.")}

_BOOLEAN: Final = {"type": "boolean"}
_TEXTS: Final = shapes.many(shapes.TEXT)
_SIGNED: Final[shapes.Shape] = {"text": shapes.TEXT, "by": shapes.TEXT, "for": shapes.TEXT_OR_NULL, "at": shapes.TEXT}
_ANSWER: Final = shapes.object_of({"granted": _BOOLEAN, **_SIGNED})
_APPEAL: Final = shapes.object_of({"text": shapes.TEXT, "at": shapes.TEXT})
_SAID: Final = shapes.object_of({"grant": _BOOLEAN, "text": shapes.TEXT})
_DECIDED: Final = shapes.object_of(
    {
        "granted": _BOOLEAN,
        "for": {"type": "integer"},
        "against": {"type": "integer"},
        "texts": shapes.many(_SAID),
    }
)
_RECUSED: Final = shapes.object_of(
    {"person": shapes.TEXT, "why": {"type": "string", "enum": [one.value for one in Recusal]}}
)
_COMMITTEE: Final = shapes.object_of(
    {
        "members": _TEXTS,
        "recused": shapes.many(_RECUSED),
        "least": {"type": "integer", "description": "How many it takes."},
        "quorum": _BOOLEAN,
    },
    about="Absent for the objector, for who confirms, and for a member who has not voted.",
)
_OBJECTION: Final = shapes.object_of(
    {
        "id": {"type": "integer"},
        "cycle": shapes.TEXT,
        "round": {"type": "integer"},
        "employee": shapes.TEXT,
        "about": {"type": "string", "enum": [one.value for one in ObjectionAbout]},
        "kpi": shapes.TEXT_OR_NULL,
        "text": shapes.TEXT,
        "state": {"type": "string", "enum": [one.value for one in ObjectionState]},
        "received_on": shapes.TEXT,
        "at": shapes.TEXT,
        "on_behalf": _BOOLEAN,
        "confirmer": {
            "type": "string",
            "description": "Who answers it: a number, or `hr`; of several heads the first.",
        },
        "confirmers": _TEXTS,
        "who": shapes.many(shapes.TEXT, about="Whom it waits for: numbers, e-mails, `hr`, or `committee`."),
        "since": shapes.TEXT,
        "due_on": shapes.TEXT_OR_NULL,
        "answer": {"anyOf": [_ANSWER, {"type": "null"}]},
        "appeal": {"anyOf": [_APPEAL, {"type": "null"}]},
        "decided": {"anyOf": [_DECIDED, {"type": "null"}], "description": "What the committee has decided."},
        "decisions": shapes.many({"type": "integer"}, about="Those that name it, and wait or were agreed to."),
        "committee": _COMMITTEE,
        "votes": shapes.many(shapes.object_of({"grant": _BOOLEAN, **_SIGNED})),
    },
    optional=("committee", "votes"),
)


def _written(day: object) -> object:
    return day if isinstance(day, str) else None if day is None else ""


class ObjectionBody(BaseModel):
    """What one objects to, and why; of hr for whom, and on which day it came."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: ObjectionAbout
    kpi: Annotated[str | None, Field(strict=True)] = None
    text: Annotated[str, Field(strict=True)]
    on_behalf_of: Annotated[str | None, Field(strict=True)] = None
    received_on: Annotated[FormDay | None, BeforeValidator(_written)] = None


class ObjectionAnswerBody(BaseModel):
    """Whether it is granted, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    granted: bool
    text: str


class AppealBody(BaseModel):
    """Why the answer is not right."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    text: str


class VoteBody(BaseModel):
    """Whether one grants it, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    grant: bool
    text: str


class ObjectionsQuery(PageQuery):
    """What narrows the list, and which page of it."""

    state: Annotated[ObjectionState | None, Field(description="Only those in this state.")] = None
    employee: Annotated[str, Field(max_length=40, description="Only those of this employee.")] = ""


def _still(context: RequestContext, cycle: int, number: int | None = None) -> None:
    if number is not None:
        objecting.case_seen(context, cycle, number)


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/objections",
    may=Deed.SEE_OBJECTIONS,
    transaction=False,
    about={
        "summary": "Objections of a cycle, newest first",
        "tag": "Cycles",
        "path": OF_CYCLE,
        "query": ObjectionsQuery,
        "responses": {200: ("application/json", shapes.listed(_OBJECTION), "Those that one sees.")},
        "refusals": READS_AS_ASKED,
    },
)
def listed(context: RequestContext, cycle: int, query: ObjectionsQuery) -> Json:
    """The objections that who asks sees: their own, those that they confirm or hear; all for hr, approvers and auditors."""
    with context.read():
        seen = objecting.cases_seen(context, cycle)
        some = [
            one
            for one in seen
            if query.state in {None, one.state}
            and query.employee in {"", one.objection.employee}
            and (query.before is None or one.id < query.before)
        ][: query.limit + 1]
        people = others_among(context, (one.objection.employee for one in some[: query.limit]))
        told = {one.id: objecting.as_json(context, one) for one in some}
    write_down(context, what="objections", asked={"cycle": cycle}, people=people)
    return page_of(query, some, lambda one: told[one.id])


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/objections",
    may=Deed.OBJECT,
    still=_still,
    about={
        "summary": "Object to a result",
        "tag": "Cycles",
        "path": OF_CYCLE,
        "body": shapes.json_body(ObjectionBody),
        "responses": {201: ("application/json", _OBJECTION, "It is open; `Location` is its address.")},
        "refusals": WRITES,
    },
)
def raise_one(context: RequestContext, cycle: int) -> Json:
    """Object to what one was told, within its window; hr writes down those of others, with the day on which they came."""
    body = sent_as(ObjectionBody, request)
    case = objecting.objected(
        context,
        cycle,
        about=body.about,
        kpi=body.kpi,
        text=body.text,
        on_behalf_of=body.on_behalf_of,
        received_on=body.received_on,
    )
    headers = {"Location": f"/api/v1/cycles/{cycle}/objections/{case.id}"}
    return Json(objecting.as_json(context, case), status=201, headers=headers)


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/objections/<int:number>",
    may=Deed.SEE_OBJECTIONS,
    transaction=False,
    about={
        "summary": "One objection",
        "tag": "Cycles",
        "path": _ONE,
        "responses": {200: ("application/json", _OBJECTION, "As it stands today.")},
        "refusals": READS_AS_ASKED,
    },
)
def one(context: RequestContext, cycle: int, number: int) -> Json:
    """One objection, with how far it is and all that was said about it, as far as who asks reads that."""
    with context.read():
        case = objecting.case_seen(context, cycle, number)
        told = objecting.as_json(context, case)
        node = Node(NodeKind.EMPLOYEE, case.objection.employee)
        reading = reading_of(context, cycle, node, what="objections")
    write_reading(context, reading)
    return Json(told)


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/objections/<int:number>/answer",
    may=Deed.OBJECT,
    still=_still,
    about={
        "summary": "Answer an objection",
        "tag": "Cycles",
        "path": _ONE,
        "body": shapes.json_body(ObjectionAnswerBody),
        "responses": {200: ("application/json", _OBJECTION, "It is granted, or refused.")},
        "refusals": WRITES,
    },
)
def answer(context: RequestContext, cycle: int, number: int) -> Json:
    """Answer an objection: the head above the one who reviewed the result, or who stands in; where there is none hr. After its last day it is the committee's."""
    body = sent_as(ObjectionAnswerBody, request)
    case = objecting.answered(context, cycle, number, granted=body.granted, text=body.text)
    return Json(objecting.as_json(context, case))


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/objections/<int:number>/appeal",
    may=Deed.OBJECT,
    still=_still,
    about={
        "summary": "Appeal against an answer",
        "tag": "Cycles",
        "path": _ONE,
        "body": shapes.json_body(AppealBody),
        "responses": {200: ("application/json", _OBJECTION, "It is before the committee.")},
        "refusals": WRITES,
    },
)
def appeal(context: RequestContext, cycle: int, number: int) -> Json:
    """Go on to the committee, which is fixed by it: those who hear objections and had no hand in this one. With too few of them 409 `no_quorum`."""
    body = sent_as(AppealBody, request)
    return Json(objecting.as_json(context, objecting.appealed(context, cycle, number, body.text)))


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/objections/<int:number>/votes",
    may=Deed.OBJECT,
    still=_still,
    about={
        "summary": "Vote on an objection",
        "tag": "Cycles",
        "path": _ONE,
        "body": shapes.json_body(VoteBody),
        "responses": {201: ("application/json", _OBJECTION, "It is counted.")},
        "refusals": WRITES,
    },
)
def vote(context: RequestContext, cycle: int, number: int) -> Json:
    """Vote, once, as a member of the committee: decided once one side has more than half of the members; all voted and even is granted."""
    body = sent_as(VoteBody, request)
    case = objecting.voted(context, cycle, number, Vote(body.grant, body.text))
    headers = {"Location": f"/api/v1/cycles/{cycle}/objections/{case.id}"}
    return Json(objecting.as_json(context, case), status=201, headers=headers)


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/objections/<int:number>/withdraw",
    may=Deed.OBJECT,
    still=_still,
    about={
        "summary": "Withdraw an objection",
        "tag": "Cycles",
        "path": _ONE,
        "body": shapes.json_body(EmptyBody),
        "responses": {200: ("application/json", _OBJECTION, "It is taken back.")},
        "refusals": WRITES,
    },
)
def withdraw(context: RequestContext, cycle: int, number: int) -> Json:
    """Take one's own objection back before it is decided."""
    sent_as(EmptyBody, request)
    return Json(objecting.as_json(context, objecting.withdrawn(context, cycle, number)))

"""Check-ins of an employee with who leads them, and what the employee says of their own year (contract-cycle, 5). A session alone asks here."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.rules.agreement import SignedAs
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.described import OF_CYCLE, READS, WRITES
from app.web.api.json_bodies import sent_as
from app.web.api.readings import reading_of, write_reading
from app.web.asked.forms import FormDay
from app.web.asked.request_context import RequestContext
from app.web.cycles import accompanying

__all__ = ["pages"]

pages: Final = Pages("check_ins_api")

_EMPLOYEE: Final = {
    **OF_CYCLE,
    "employee": ("string", "The employee's number."),
}


def _written(day: object) -> object:
    return day if isinstance(day, str) else ""


class CheckInBody(BaseModel):
    """What was spoken of, on which day, and in which part one writes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_: Annotated[Literal["owner", "head"], Field(alias="as")]
    text: Annotated[str, Field(strict=True)]
    on: Annotated[FormDay, BeforeValidator(_written)]


class AssessmentBody(BaseModel):
    """What one says of one's own year."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    text: str
    final: bool


def _still(context: RequestContext, cycle: int, employee: str) -> None:
    accompanying.seen(context, cycle, employee)


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/check-ins/<employee>",
    may=Deed.SEE_CHECK_INS,
    transaction=False,
    about={
        "summary": "The check-ins of an employee",
        "tag": "Cycles",
        "path": _EMPLOYEE,
        "responses": {200: ("application/json", shapes.listed(shapes.CHECK_IN), "The earliest first.")},
        "refusals": READS,
    },
)
def check_ins(context: RequestContext, cycle: int, employee: str) -> Json:
    """The check-ins of an employee in a cycle: to the employee, who leads them, and hr. They are in no figure."""
    with context.read():
        _, kept, _ = accompanying.seen(context, cycle, employee)
        reading = reading_of(context, cycle, Node(NodeKind.EMPLOYEE, employee), what="check_ins")
    write_reading(context, reading)
    return Json({"items": [one.as_json() for one in kept], "next": None})


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/check-ins/<employee>",
    may=Deed.CHECK_IN,
    still=_still,
    about={
        "summary": "Keep a check-in",
        "tag": "Cycles",
        "path": _EMPLOYEE,
        "body": shapes.json_body(CheckInBody),
        "responses": {201: ("application/json", shapes.CHECK_IN, "It is kept; `Location` has all of them.")},
        "refusals": WRITES,
    },
)
def check_in(context: RequestContext, cycle: int, employee: str) -> Json:
    """Keep what was spoken of, as the employee or as who leads them. It is not changed any more, and is in no figure."""
    body = sent_as(CheckInBody, request)
    accompanying.checked_in(context, cycle, employee, part=SignedAs(body.as_), text=body.text, on=body.on)
    _, kept, _ = accompanying.seen(context, cycle, employee)
    return Json(kept[-1].as_json(), status=201, headers={"Location": f"/api/v1/cycles/{cycle}/check-ins/{employee}"})


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/self-assessments/<employee>",
    may=Deed.SEE_CHECK_INS,
    transaction=False,
    about={
        "summary": "What an employee says of their own year",
        "tag": "Cycles",
        "path": _EMPLOYEE,
        "responses": {200: ("application/json", shapes.SELF_ASSESSMENT, "The last; empty before there is one.")},
        "refusals": READS,
    },
)
def self_assessment(context: RequestContext, cycle: int, employee: str) -> Json:
    """What an employee says of their own year: to the employee, who leads them, and hr. It is in no figure."""
    with context.read():
        _, _, own = accompanying.seen(context, cycle, employee)
        reading = reading_of(context, cycle, Node(NodeKind.EMPLOYEE, employee), what="self_assessments")
    write_reading(context, reading)
    return Json(own.as_json())


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/self-assessments/<employee>",
    may=Deed.CHECK_IN,
    methods=("PUT",),
    still=_still,
    about={
        "summary": "Say something of one's own year",
        "tag": "Cycles",
        "path": _EMPLOYEE,
        "body": shapes.json_body(AssessmentBody),
        "responses": {200: ("application/json", shapes.SELF_ASSESSMENT, "It is kept; what is final stays.")},
        "refusals": WRITES,
    },
)
def assess(context: RequestContext, cycle: int, employee: str) -> Json:
    """Say how one's own year went, as a draft that may be changed, or for good."""
    body = sent_as(AssessmentBody, request)
    return Json(accompanying.assessed(context, cycle, employee, text=body.text, final=body.final).as_json())

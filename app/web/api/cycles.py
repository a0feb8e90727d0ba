"""Opened cycles: their stages, calendars, what stands in the way, and what they are judged by (contract-cycle, 3). A session alone asks here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import request
from pydantic import BaseModel, ConfigDict

from app.kit.refusals import NotThere
from app.rules.permissions import Deed
from app.web import cycling
from app.web.api import shapes
from app.web.api.json_bodies import sent_as
from app.web.rendering import Json
from app.web.request_context import RequestContext
from app.web.routing import Pages

__all__ = ["pages"]

pages: Final = Pages("cycles_api")

_REFUSALS: Final = (401, 403, 404, 429, 503)
_WRITES: Final = (400, 401, 403, 404, 409, 415, 422, 429, 503)
_CYCLE: Final = {"cycle": ("integer", "The year that names the cycle.")}


class OpeningBody(BaseModel):
    """Which cycle, and its dates."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    cycle: str
    calendar: Mapping[str, Any] = {}


class CalendarBody(BaseModel):
    """All dates of a cycle; what is left out has none."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    agree_by: str | None = None
    mid_year_from: str | None = None
    mid_year_by: str | None = None
    customs_final_on: str | None = None
    certify_by: str | None = None
    notify_by: str | None = None
    lock_by: str | None = None
    pay_by: str | None = None


@pages.api_read(
    "/api/v1/cycles",
    may=Deed.SEE_CYCLES,
    about={
        "summary": "Opened cycles, the latest first",
        "tag": "Cycles",
        "responses": {200: ("application/json", shapes.listed(shapes.OPENED_CYCLE), "Those that one sees.")},
        "refusals": _REFUSALS,
    },
)
def listed(context: RequestContext) -> Json:
    """The opened cycles that who asks sees: hr, heads, executives, auditors, and those who have a function in it."""
    items = [
        {
            "cycle": str(one.cycle),
            "stage": one.stage.value,
            "round": one.round,
            "since": one.since.isoformat(),
            "calendar": one.calendar_json,
        }
        for one in cycling.cycles_seen(context)
    ]
    return Json({"items": items, "next": None})


@pages.api_act(
    "/api/v1/cycles",
    may=Deed.KEEP_CYCLES,
    about={
        "summary": "Open a cycle",
        "tag": "Cycles",
        "body": shapes.json_body(OpeningBody),
        "responses": {201: ("application/json", shapes.CYCLE, "It is in its draft; `Location` is its address.")},
        "refusals": _WRITES,
    },
)
def open_one(context: RequestContext) -> Json:
    """Open a cycle: from now on it goes through its stages; in its draft everything is live as before. By hr."""
    cycling.refuse_without_role(context)
    body = sent_as(OpeningBody, request)
    made = cycling.opened(context, body.cycle, body.calendar)
    told = cycling.standing_seen(context, made.cycle).as_json()
    return Json(told, status=201, headers={"Location": f"/api/v1/cycles/{made.cycle}"})


@pages.api_read(
    "/api/v1/cycles/<int:cycle>",
    may=Deed.SEE_CYCLES,
    about={
        "summary": "One opened cycle",
        "tag": "Cycles",
        "path": _CYCLE,
        "responses": {
            200: ("application/json", shapes.CYCLE, "How it stands, and what is in the way of what is next.")
        },
        "refusals": _REFUSALS,
    },
)
def one(context: RequestContext, cycle: int) -> Json:
    """How a cycle stands: its stage, its calendar, what it was published with, and all that stands in the way of the next stage."""
    return Json(cycling.standing_seen(context, cycle).as_json())


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/calendar",
    may=Deed.KEEP_CYCLES,
    methods=("PUT",),
    about={
        "summary": "Give a cycle its dates",
        "tag": "Cycles",
        "path": _CYCLE,
        "body": shapes.json_body(CalendarBody),
        "responses": {200: ("application/json", shapes.CYCLE, "Its dates are these.")},
        "refusals": _WRITES,
    },
)
def keep_calendar(context: RequestContext, cycle: int) -> Json:
    """Give a cycle its dates, all at once: they remind, and begin nothing. By hr alone; the trail keeps those of before."""
    cycling.cycle_seen(context, cycle)
    cycling.refuse_without_role(context)
    cycling.calendar_kept(context, cycle, sent_as(CalendarBody, request).model_dump(exclude_none=True))
    return Json(cycling.standing_seen(context, cycle).as_json())


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/criteria",
    may=Deed.SEE_CRITERIA,
    about={
        "summary": "What a cycle is judged by",
        "tag": "Cycles",
        "path": _CYCLE,
        "responses": {200: ("application/json", shapes.CRITERIA, "Policies and KPIs as they were published.")},
        "refusals": _REFUSALS,
    },
)
def criteria(context: RequestContext, cycle: int) -> Json:
    """The policies and the KPIs' versions of a cycle as they were published, with earlier editions: whoever is measured by them reads them."""
    told = cycling.criteria_told(context, cycle)
    if told is None:
        raise NotThere
    return Json(told)

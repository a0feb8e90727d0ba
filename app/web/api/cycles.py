"""Opened cycles: their stages, calendars, what stands in the way, and what they are judged by (contract-cycle, 3). A session alone asks here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from flask import request
from pydantic import BaseModel, ConfigDict, Field

from app import snapshots
from app.cycle import AgreedCard, Due
from app.kit.refusals import NotThere
from app.rules.agreement import SignedAs
from app.rules.permissions import Deed
from app.rules.terms import Node
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.described import OF_CYCLE, READS, WRITES
from app.web.api.json_bodies import sent_as
from app.web.api.readings import reading_of, write_reading
from app.web.asked import cycling
from app.web.asked.grades_seen import grades_seen
from app.web.asked.request_context import RequestContext
from app.web.changes import changing
from app.web.cycles import agreeing

__all__ = ["pages"]

pages: Final = Pages("cycles_api")


class LineBody(BaseModel):
    """A line of a scorecard."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kpi: str
    weight: str
    area: str | None = None
    link: str
    parent_node: str | None = None
    parent_kpi: str | None = None
    base: str | None = None
    high: str | None = None
    low: str | None = None
    target: str | None = None
    coefficient: str | None = None


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


def _standing_told(context: RequestContext, cycle: int) -> dict[str, Any]:
    """How a cycle stands, as far as who asks is told."""
    return _with_sums_seen(context, cycle, cycling.standing_seen(context, cycle).as_json())


def _with_sums_seen(context: RequestContext, cycle: int, told: dict[str, Any]) -> dict[str, Any]:
    """The same; who does not see everybody's pay in the cycle finds null for the sums of files that hold it. Queries: 2 at most."""
    certified = told["pins"]["certified"]
    if certified is None or grades_seen(context, cycle).pays:
        return told
    files = {name: None if name in changing.SUMS_HIDDEN else sum_ for name, sum_ in certified["files"].items()}
    return told | {"pins": told["pins"] | {"certified": certified | {"files": files}}}


@pages.api_read(
    "/api/v1/cycles",
    may=Deed.SEE_CYCLES,
    about={
        "summary": "Opened cycles, the latest first",
        "tag": "Cycles",
        "responses": {200: ("application/json", shapes.listed(shapes.OPENED_CYCLE), "Those that one sees.")},
        "refusals": READS,
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
        "refusals": WRITES,
    },
)
def open_one(context: RequestContext) -> Json:
    """Open a cycle: from now on it goes through its stages; in its draft everything is live as before. By hr."""
    cycling.refuse_without_role(context)
    body = sent_as(OpeningBody, request)
    made = cycling.opened(context, body.cycle, body.calendar)
    told = _standing_told(context, made.cycle)
    return Json(told, status=201, headers={"Location": f"/api/v1/cycles/{made.cycle}"})


@pages.api_read(
    "/api/v1/cycles/<int:cycle>",
    may=Deed.SEE_CYCLES,
    about={
        "summary": "One opened cycle",
        "tag": "Cycles",
        "path": OF_CYCLE,
        "responses": {
            200: ("application/json", shapes.CYCLE, "How it stands, and what is in the way of what is next.")
        },
        "refusals": READS,
    },
)
def one(context: RequestContext, cycle: int) -> Json:
    """How a cycle stands: its stage, its calendar, what it was published with, and all that stands in the way of the next stage."""
    return Json(_standing_told(context, cycle))


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/calendar",
    may=Deed.KEEP_CYCLES,
    methods=("PUT",),
    about={
        "summary": "Give a cycle its dates",
        "tag": "Cycles",
        "path": OF_CYCLE,
        "body": shapes.json_body(CalendarBody),
        "responses": {200: ("application/json", shapes.CYCLE, "Its dates are these.")},
        "refusals": WRITES,
    },
)
def keep_calendar(context: RequestContext, cycle: int) -> Json:
    """Give a cycle its dates, all at once: they remind, and begin nothing. By hr alone; the trail keeps those of before."""
    cycling.cycle_seen(context, cycle)
    cycling.refuse_without_role(context)
    cycling.calendar_kept(context, cycle, sent_as(CalendarBody, request).model_dump(exclude_none=True))
    return Json(_standing_told(context, cycle))


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/criteria",
    may=Deed.SEE_CRITERIA,
    about={
        "summary": "What a cycle is judged by",
        "tag": "Cycles",
        "path": OF_CYCLE,
        "responses": {200: ("application/json", shapes.CRITERIA, "Policies and KPIs as they were published.")},
        "refusals": READS,
    },
)
def criteria(context: RequestContext, cycle: int) -> Json:
    """The policies and the KPIs' versions of a cycle as they were published, with earlier editions: whoever is measured by them reads them."""
    told = cycling.criteria_told(context, cycle)
    if told is None:
        raise NotThere
    return Json(told)


class RoundQuery(BaseModel):
    """Which round of the cycle."""

    model_config = ConfigDict(frozen=True)

    round: Annotated[int | None, Field(ge=1, le=1000, description="The last one that was locked without it.")] = None


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/snapshot",
    may=Deed.SEE_CYCLES,
    about={
        "summary": "What a cycle was locked with",
        "tag": "Cycles",
        "path": OF_CYCLE,
        "query": RoundQuery,
        "responses": {
            200: ("application/json", shapes.SNAPSHOT, "What the round goes by, and the sum of its results.")
        },
        "refusals": (*READS, 422),
    },
)
def snapshot(context: RequestContext, cycle: int, query: RoundQuery) -> Json:
    """The manifest of a locked round's snapshot. The file itself is written by `kopes cycle export`."""
    cycling.cycle_seen(context, cycle)
    locked = snapshots.locked_round(context.connection, cycle, query.round)
    return Json(_with_sums_seen(context, cycle, snapshots.manifest_of(context.connection, locked)))


class LateQuery(BaseModel):
    """Which page of the list."""

    model_config = ConfigDict(frozen=True)

    limit: Annotated[int, Field(ge=1, le=200, description="How many events at most.")] = 50
    after: Annotated[int, Field(ge=0, le=2**62, description="Where the page before said that the next ones are.")] = 0


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/after-close",
    may=Deed.SEE_CYCLES,
    about={
        "summary": "What came after the cut",
        "tag": "Cycles",
        "path": OF_CYCLE,
        "query": LateQuery,
        "responses": {200: ("application/json", shapes.AFTER_CLOSE, "Events and loads that move nothing of it.")},
        "refusals": (*READS, 422),
    },
)
def after_close(context: RequestContext, cycle: int, query: LateQuery) -> Json:
    """The events of a certified cycle that came after its cut, with what each would move by itself, and the files that were loaded since."""
    told = cycling.after_close_seen(context, cycle, after=query.after, limit=query.limit)
    following = None if told.following is None else shapes.address(request, after=told.following)
    items = [
        {
            "source": one.source,
            "id": one.id,
            "type": f"kopes.{one.type}",
            "received_at": one.received_at.isoformat(),
            "would_move": [move.as_json() for move in moves],
            "admitted": told.admitted.get(one.seq),
        }
        for one, moves in told.events
    ]
    loads = [one._asdict() for one in told.loads]
    counted = told.elsewhere.as_json()
    return Json(
        {"items": items, "count": told.count, "loads": loads, **counted, "next": following}, following=following
    )


# ------------------------------------------------------------------------------------------------------------- agreement

_CARD: Final = OF_CYCLE | {"node": ("string", "unit:CODE or employee:NUMBER.")}


class LinesBody(BaseModel):
    """A draft: its lines with the columns of `scorecards.csv`, without cycle and node, every member a text or null."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    lines: list[LineBody]


class SignatureBody(BaseModel):
    """What is signed, and in which part."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    digest: str
    as_: Annotated[Literal["owner", "head", "hr"], Field(alias="as")]


def _card_json(card: AgreedCard, due: list[Due]) -> Json:
    return Json(card.as_json(due), headers={"ETag": f'"{card.draft_digest}"'})


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/scorecards/<node:node>",
    may=Deed.SIGN_SCORECARD,
    transaction=False,
    about={
        "summary": "A scorecard as it is agreed",
        "tag": "Cycles",
        "path": _CARD,
        "responses": {200: ("application/json", shapes.AGREED_CARD, "What holds, what is drafted, who has signed.")},
        "refusals": READS,
    },
)
def scorecard(context: RequestContext, cycle: int, node: Node) -> Json:
    """The lines that hold of a scorecard, the draft that is to be signed, who has signed and whose signature is missing since when."""
    with context.read():
        opened = agreeing.opened_for(context, cycle, node)
        card = agreeing.card_of(context, opened, node)
        due = agreeing.due_of(context, opened, card)
        reading = reading_of(context, cycle, node, what="agreement")
    write_reading(context, reading)
    return _card_json(card, due)


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/scorecards/<node:node>",
    may=Deed.SIGN_SCORECARD,
    methods=("PUT",),
    about={
        "summary": "Draft a scorecard",
        "tag": "Cycles",
        "path": _CARD,
        "headers": [("If-Match", "The sum of the draft that was looked at, in quotation marks.")],
        "body": shapes.json_body(LinesBody),
        "responses": {200: ("application/json", shapes.AGREED_CARD, "The draft stands, without signatures.")},
        "refusals": (*WRITES, 412),
    },
)
def draft(context: RequestContext, cycle: int, node: Node) -> Json:
    """Write a new draft: by the owner, the head or hr. It is checked as a load checks rows, and moves nothing before all have signed it."""
    body = sent_as(LinesBody, request)
    lines = [one.model_dump() for one in body.lines]
    # By the draft's own sum alone: neither without one, nor with the star that means whatever there is.
    matches = request.if_match
    opened = agreeing.opened_for(context, cycle, node)
    card = agreeing.drafted(context, opened, node, lines, is_expected=matches.is_strong)
    return _card_json(card, agreeing.due_of(context, opened, card))


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/scorecards/<node:node>/sign",
    may=Deed.SIGN_SCORECARD,
    about={
        "summary": "Sign a scorecard",
        "tag": "Cycles",
        "path": _CARD,
        "body": shapes.json_body(SignatureBody),
        "responses": {200: ("application/json", shapes.AGREED_CARD, "It is signed; with the last signature it holds.")},
        "refusals": WRITES,
    },
)
def sign(context: RequestContext, cycle: int, node: Node) -> Json:
    """Sign the draft of a scorecard as its owner, as the head or as hr: with the last signature its lines are those of the cycle."""
    body = sent_as(SignatureBody, request)
    opened = agreeing.opened_for(context, cycle, node)
    card = agreeing.signed(context, opened, node, digest=body.digest, signed_as=SignedAs(body.as_))
    return _card_json(card, agreeing.due_of(context, opened, card))

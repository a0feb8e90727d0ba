"""Grades that raters give in an opened cycle, and how far raters are apart (contract-cycle, 5). A session alone asks here.

Do not answer 403 or an empty line where a person is told nothing: it would tell that there is something.
"""

from __future__ import annotations

from typing import Final

from flask import request
from pydantic import BaseModel, ConfigDict

from app.cycle import WantedRating
from app.kit.refusals import NotThere
from app.rules.permissions import Deed
from app.rules.rating import RaterSpread
from app.rules.terms import Node
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.described import OF_CYCLE, READS, WRITES
from app.web.api.json_bodies import sent_as
from app.web.api.readings import others_among, reading_of, write_down, write_reading
from app.web.asked.request_context import RequestContext
from app.web.cycles import rating

__all__ = ["pages"]

pages: Final = Pages("ratings_api")

_LINE: Final = OF_CYCLE | {"node": ("node", "unit:CODE or employee:NUMBER."), "kpi": ("string", "The KPI's code.")}


class RatingBody(BaseModel):
    """What a rater says of a line; only what is final counts, and a draft may lack its grade."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    grade: str | None = None
    text: str = ""
    final: bool


def _still(context: RequestContext, cycle: int, node: Node, kpi: str) -> None:
    rating.rating_told(context, cycle, node, kpi)


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/ratings/<node:node>/<kpi>",
    may=Deed.SEE_RATINGS,
    transaction=False,
    about={
        "summary": "The grades of a line",
        "tag": "Cycles",
        "path": _LINE,
        "responses": {200: ("application/json", shapes.RATING, "As much of it as who asks is told.")},
        "refusals": READS,
    },
)
def one(context: RequestContext, cycle: int, node: Node, kpi: str) -> Json:
    """The grades of a line: to hr and auditors all of them, to a rater their own, and to the rated, once notified, their mean, number and range."""
    with context.read():
        told = rating.rating_told(context, cycle, node, kpi)
        reading = reading_of(context, cycle, node, what="ratings")
    write_reading(context, reading)
    return Json(told)


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/ratings/<node:node>/<kpi>",
    may=Deed.RATE,
    methods=("PUT",),
    still=_still,
    about={
        "summary": "Rate a line",
        "tag": "Cycles",
        "path": _LINE,
        "body": shapes.json_body(RatingBody),
        "responses": {200: ("application/json", shapes.RATING, "What the rater has said of it.")},
        "refusals": WRITES,
    },
)
def rate(context: RequestContext, cycle: int, node: Node, kpi: str) -> Json:
    """Give a grade, by the line's rater: a draft may be changed and counts nowhere, a final grade counts and is not changed."""
    body = sent_as(RatingBody, request)
    return Json(rating.given(context, cycle, node, kpi, WantedRating(body.grade or "", body.text, body.final)))


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/ratings",
    may=Deed.SEE_RATINGS,
    about={
        "summary": "The lines that one rates",
        "tag": "Cycles",
        "path": OF_CYCLE,
        "responses": {
            200: ("application/json", shapes.listed(shapes.OWN_RATING), "In the order of the cycle's scorecards.")
        },
        "refusals": READS,
    },
)
def own(context: RequestContext, cycle: int) -> Json:
    """The lines that who asks rates in a cycle, with what they have said of each; whoever rates none finds nothing."""
    lines = rating.own_lines(context, cycle)
    if not lines:
        raise NotThere
    return Json({"items": [rating.own_json(context, one) for one in lines], "next": None})


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/raters",
    may=Deed.SEE_RATINGS,
    transaction=False,
    about={
        "summary": "Raters beside each other",
        "tag": "Cycles",
        "path": OF_CYCLE,
        "responses": {200: ("application/json", shapes.listed(shapes.RATER), "By who they are.")},
        "refusals": READS,
    },
)
def raters(context: RequestContext, cycle: int) -> Json:
    """Of every rater how many grades, their mean in points, the mean that others gave on the same lines, and the difference. For hr and auditors."""
    with context.read():
        spreads = rating.spreads(context, cycle)
        people = others_among(context, (one.rater for one in spreads))
    write_down(context, what="raters", asked={"cycle": cycle}, people=people)
    return Json({"items": [_spread(one) for one in spreads], "next": None})


def _spread(one: RaterSpread) -> dict[str, object]:
    return {
        "rater": one.rater,
        "n": one.n,
        "mean": float(one.mean),
        "others_mean": None if one.others is None else float(one.others),
        "difference": None if one.difference is None else float(one.difference),
    }

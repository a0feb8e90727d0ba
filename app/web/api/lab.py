"""The lab: a cycle under other policies, definitions or weights beside the present, before anything (contract-cycle, 9). It applies nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from flask import request
from pydantic import BaseModel, ConfigDict, Field

from app import intake
from app.intake import LabWish
from app.rules.lab import LabResult
from app.rules.permissions import Deed
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.described import OF_CYCLE, WRITES_MUCH
from app.web.api.json_bodies import sent_as
from app.web.asked.limits import EVENTS_BYTES, Lane
from app.web.asked.request_context import RequestContext
from app.web.cycles import trying

__all__ = ["pages"]

pages: Final = Pages("lab_api")

Shape = Mapping[str, Any]


_NUMBER: Final = {"type": "number"}


def _beside(shape: Shape) -> Shape:
    return shapes.object_of({"before": shape, "after": shape})


_SIDE: Final = {
    "type": "object",
    "description": "All of one side: sums of policies and definitions, grades, groups, methods, broken rules, and the sum of pay.",
}
_GROUPS: Final = {
    "type": "array",
    "items": {"type": "object"},
    "description": "People, mean of final scores, grades and pay before and after; how many moved, and by grade up and down.",
}
_ITEM: Final = shapes.object_of(
    {"node": shapes.TEXT, "final_score": _beside({"type": ["number", "null"]}), "grade": _beside(shapes.TEXT_OR_NULL)}
)
_MAY_PAY: Final = {"pay": _beside({"type": ["integer", "null"]})}
_LAB: Final = shapes.object_of(
    {
        "before": _SIDE,
        "after": _SIDE,
        "items": {
            "type": "array",
            "description": "Everyone who moves, by node. Who does not see pay is not told of it.",
            "items": {**_ITEM, "properties": {**_ITEM["properties"], **_MAY_PAY}},
        },
        "groups": _GROUPS,
        "offices": _GROUPS,
        "methods": {
            "type": "object",
            "additionalProperties": shapes.object_of(
                {"n": {"type": "integer"}, **dict.fromkeys(("mean", "sd", "min", "max"), _NUMBER)}
            ),
            "description": "By method, how the scores of lines lie.",
        },
        "broken": {"type": "array", "items": shapes.object_of({"code": shapes.TEXT, "detail": shapes.TEXT})},
    }
)
_ANSWER: Final = {
    **_LAB,
    "properties": {**_LAB["properties"], "sum_pay": {"type": "integer", "description": "Won."}},
}


class LabBody(BaseModel):
    """What is to be another; what is left out is as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    policies: dict[str, Any] | str | None = Field(
        default=None, description="The policies as a whole, as `policies.yaml` has them: an object, or YAML as a text."
    )
    definitions: dict[str, dict[str, Any] | str] = Field(
        default_factory=dict,
        description="Documents by name (`goals`, `kpi:CODE`, or that of a file): objects, or YAML as texts. What is not sent stays.",
    )
    weights: list[dict[str, Any]] = Field(
        default_factory=list,
        description=(
            "Rows with columns of `scorecards.csv`, `node` and `kpi` among them. Rows of one scorecard whose weights add up to 100 are all of "
            "it; others take the place of the lines of their KPIs. A column that is left out is as the line has it."
        ),
    )
    live: bool = Field(
        default=False,
        description="Both sides by what is loaded now, not by what the cycle was published with or certified by.",
    )


class _Tried(NamedTuple):
    wish: LabWish
    result: LabResult


def _tried(context: RequestContext, cycle: int) -> _Tried:
    """All of the work, before a transaction begins that others wait for."""
    body = sent_as(LabBody, request)
    wish = intake.lab_wish(policies=body.policies, definitions=body.definitions, weights=body.weights, live=body.live)
    return _Tried(wish, trying.try_out(context, cycle, wish))


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/lab",
    may=Deed.TRY_POLICIES,
    before=_tried,
    lane=Lane.FILE,
    body_bytes=EVENTS_BYTES,
    about={
        "summary": "Try other policies, definitions or weights",
        "tag": "Cycles",
        "path": OF_CYCLE,
        "body": shapes.json_body(LabBody),
        "responses": {200: ("application/json", _ANSWER, "The present beside the alternative.")},
        "refusals": WRITES_MUCH,
    },
)
def lab(context: RequestContext, cycle: int, looked_up: _Tried) -> Json:
    """Who would move and how far, by group and office, how scores lie method by method, which rules break, and what it costs.

    Equal to a fresh database that was loaded so, to the won. By hr, executives (without pay) and auditors; checked as a load checks; nothing of it
    is kept but a row in the trail.
    """
    trying.note_try(context, cycle, looked_up.wish, looked_up.result)
    return Json(looked_up.result.as_json(with_pay=trying.sees_pay(context)))

"""What moves of grades would do, before anybody proposes them (contract-cycle, 6). A session alone asks here."""

from __future__ import annotations

from typing import Annotated, Final

from flask import request
from pydantic import BaseModel, ConfigDict, Field

from app.cycle import MOVES_MOST
from app.kit.refusals import Invalid, at_field
from app.plain.findings import Finding, n_
from app.plain.texts import quoted
from app.rules.moves import WantedMove
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.web import calibrating
from app.web.api import shapes
from app.web.api.json_bodies import sent_as
from app.web.limits import Lane
from app.web.rendering import Json
from app.web.request_context import RequestContext
from app.web.routing import Pages

__all__ = ["pages"]

pages: Final = Pages("calibration_api")

_COUNT: Final = {"type": "integer"}
_TEXT: Final = {"type": "string"}
_GRADE: Final = {
    "type": "object",
    "required": ["grade", "before", "after"],
    "properties": {"grade": _TEXT, "before": _COUNT, "after": _COUNT},
}
_NEAR: Final = {
    "type": "object",
    "required": ["node", "rank", "score", "before", "after"],
    "properties": {
        "node": _TEXT,
        "rank": _COUNT,
        "score": {"type": "number"},
        "before": _TEXT,
        "after": _TEXT,
    },
}
_PREVIEW: Final = {
    "type": "object",
    "required": ["groups", "rules", "sum_pay", "neighbours", "refused"],
    "properties": {
        "groups": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["group", "grades"],
                "properties": {"group": _TEXT, "grades": {"type": "array", "items": _GRADE}},
            },
        },
        "rules": {
            "type": "object",
            "description": "The names of the rules that are broken, before and after.",
            "required": ["before", "after"],
            "properties": {"before": {"type": "array", "items": _TEXT}, "after": {"type": "array", "items": _TEXT}},
        },
        "sum_pay": {
            "type": "object",
            "description": "Won of all people together; null for units, which are not paid.",
            "required": ["before", "after"],
            "properties": {"before": {"type": ["integer", "null"]}, "after": {"type": ["integer", "null"]}},
        },
        "neighbours": {
            "type": "array",
            "description": "Of everyone who is moved those of the two ranks on either side, with their grades before and after.",
            "items": {
                "type": "object",
                "required": ["node", "ranks"],
                "properties": {"node": _TEXT, "ranks": {"type": "array", "items": _NEAR}},
            },
        },
        "refused": {
            "type": ["object", "null"],
            "description": "Why a decision with these moves would be refused; null where nothing is in the way.",
            "properties": {"code": _TEXT, "detail": _TEXT},
        },
    },
}


class PreviewedMove(BaseModel):
    """Whose grade, from which to which; the reason may wait for the decision."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    node: str
    from_: Annotated[str, Field(alias="from")]
    to: str
    reason: str = ""


class PreviewBody(BaseModel):
    """The moves of one decision."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    moves: Annotated[list[PreviewedMove], Field(min_length=1, max_length=MOVES_MOST)]


def _wanted(body: PreviewBody, grades: list[str]) -> list[WantedMove]:
    """The moves as they were sent.

    Raises:
        Invalid: with a finding at each member that is none.
    """
    problems: list[Finding] = []
    wanted: list[WantedMove] = []
    for place, one in enumerate(body.moves):
        node = Node.parse(one.node)
        if node is None:
            message = n_("There is no unit or employee “%(value)s”: write it as unit:CODE or employee:NUMBER.")
            problems.append(at_field(f"moves/{place}/node", "unknown_node", message, value=quoted(one.node)))
            continue
        for name, grade in (("from", one.from_), ("to", one.to)):
            if grade not in grades:
                message = n_("There is no grade “%(value)s”: choose one of %(grades)s.")
                at = f"moves/{place}/{name}"
                problems.append(at_field(at, "unknown_grade", message, value=quoted(grade), grades=", ".join(grades)))
        if any(node == before.node for before in wanted) or (wanted and wanted[0].node.kind is not node.kind):
            message = n_("%(value)s does not go with the moves before it: write each once, of people or of units.")
            problems.append(at_field(f"moves/{place}/node", "twice", message, value=quoted(one.node)))
        wanted.append(WantedMove(node, one.from_, one.to, one.reason))
    if problems:
        raise Invalid(*problems)
    return wanted


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/calibration/preview",
    may=Deed.SEE_GRADE,
    transaction=False,
    once=False,
    lane=Lane.READ,
    about={
        "summary": "What moves of grades would do",
        "tag": "Cycles",
        "path": {"cycle": ("integer", "The year that names the cycle.")},
        "body": shapes.json_body(PreviewBody),
        "responses": {200: ("application/json", _PREVIEW, "Nothing is recorded.")},
        "refusals": (400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
    },
)
def preview(context: RequestContext, cycle: int) -> Json:
    """How many of each grade a group would have, which rules would be broken, what all are paid together, and who stands near.

    For whoever sees the grades of the group, and is not in it. No person's pay is told, and nothing is recorded.
    """
    body = sent_as(PreviewBody, request)
    first = Node.parse(body.moves[0].node)
    with context.read():
        shown = calibrating.calibration_seen(context, cycle, NodeKind.EMPLOYEE if first is None else first.kind)
        wanted = _wanted(body, [one.grade for one in shown.calibration.policies.grades])
        return Json(calibrating.preview_as_json(calibrating.previewed(context, shown, wanted)))

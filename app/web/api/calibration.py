"""What moves of grades would do, before anybody proposes them (contract-cycle, 6). A session alone asks here."""

from __future__ import annotations

from typing import Annotated, Any, Final

from flask import request
from pydantic import BaseModel, ConfigDict, Field

from app.cycle import MOVES_MOST, read_moves_tried
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.described import OF_CYCLE, WRITES_MUCH
from app.web.api.json_bodies import sent_as
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.results import calibrating

__all__ = ["pages"]

pages: Final = Pages("calibration_api")

_COUNT: Final = {"type": "integer"}
_COUNT_OR_NULL: Final = {"type": ["integer", "null"]}
_TEXTS: Final = shapes.many(shapes.TEXT)
_GRADE: Final = shapes.object_of({"grade": shapes.TEXT, "before": _COUNT, "after": _COUNT})
_NEAR: Final = shapes.object_of(
    {"node": shapes.TEXT, "rank": _COUNT, "score": {"type": "number"}, "before": shapes.TEXT, "after": shapes.TEXT}
)
_PREVIEW: Final = shapes.object_of(
    {
        "groups": shapes.many(shapes.object_of({"group": shapes.TEXT, "grades": shapes.many(_GRADE)})),
        "rules": shapes.object_of(
            {"before": _TEXTS, "after": _TEXTS}, about="The names of the rules that are broken, before and after."
        ),
        "sum_pay": shapes.object_of(
            {"before": _COUNT_OR_NULL, "after": _COUNT_OR_NULL},
            about="Won of all people together; null for units, which are not paid.",
        ),
        "neighbours": shapes.many(
            shapes.object_of({"node": shapes.TEXT, "ranks": shapes.many(_NEAR)}),
            about="Of everyone who is moved those of the two ranks on either side, with their grades before and after.",
        ),
        "refused": {
            "type": ["object", "null"],
            "description": "Why a decision with these moves would be refused; null where nothing is in the way.",
            "properties": {"code": shapes.TEXT, "detail": shapes.TEXT},
        },
    }
)


class PreviewBody(BaseModel):
    """The moves of one decision."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    moves: Annotated[
        list[dict[str, Any]],
        Field(
            min_length=1,
            max_length=MOVES_MOST,
            description="`node`, `from`, `to`; the `reason` may wait for the decision.",
        ),
    ]


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/calibration/preview",
    may=Deed.SEE_GRADE,
    transaction=False,
    once=False,
    lane=Lane.READ,
    about={
        "summary": "What moves of grades would do",
        "tag": "Cycles",
        "path": OF_CYCLE,
        "body": shapes.json_body(PreviewBody),
        "responses": {200: ("application/json", _PREVIEW, "Nothing is recorded.")},
        "refusals": WRITES_MUCH,
    },
)
def preview(context: RequestContext, cycle: int) -> Json:
    """How many of each grade a group would have, which rules would be broken, what all are paid together, and who stands near.

    For whoever sees the grades of the group, and is not in it. No person's pay is told, and nothing is recorded.
    """
    body = sent_as(PreviewBody, request)
    first = Node.parse(str(body.moves[0].get("node")))
    with context.read():
        shown = calibrating.calibration_seen(context, cycle, NodeKind.EMPLOYEE if first is None else first.kind)
        wanted = read_moves_tried(body.moves, [one.grade for one in shown.calibration.policies.grades])
        return Json(calibrating.preview_as_json(calibrating.previewed(context, shown, wanted)))

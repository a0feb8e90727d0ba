"""The promotion list of a cycle (contract-cycle, 8)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from app.rules.permissions import Deed
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.described import OF_CYCLE, READS_AS_ASKED
from app.web.api.readings import others_among, write_down
from app.web.asked.request_context import RequestContext
from app.web.results import promoting

__all__ = ["pages"]

pages: Final = Pages("promotion_api")

_NUMBER: Final = {"type": "number"}
_DAY: Final = {"type": "string", "format": "date"}
_ROW: Final = shapes.object_of(
    {
        "employee": {"type": "string"},
        "rank": {"type": ["string", "null"], "description": "That of the last day of service in the cycle."},
        "points": {**_NUMBER, "description": "Rounded half-even to two decimals."},
        "performance": {**_NUMBER, "description": "The mean of the scores × their share."},
        "career": _NUMBER,
        "bonus": _NUMBER,
        "scores": shapes.many(_NUMBER),
        "career_years": {"type": "integer"},
        "hired_on": _DAY,
        "blocked_until": {
            "type": ["string", "null"],
            "format": "date",
            "description": "The first day on which no disciplinary measure bars them; null for whom none bars on the day that is asked for.",
        },
    }
)


class PromotionQuery(BaseModel):
    """Of which rank, and who is barred when."""

    model_config = ConfigDict(frozen=True)

    rank: Annotated[str, Field(max_length=80, description="Only those of this rank.")] = ""
    on: Annotated[dt.date | None, Field(description="Who is barred on this day; today where none is named.")] = None


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/promotion",
    may=Deed.SEE_GRADE,
    transaction=False,
    about={
        "summary": "The promotion list of a cycle",
        "tag": "Cycles",
        "path": OF_CYCLE,
        "query": PromotionQuery,
        "responses": {
            200: (
                "application/json",
                shapes.listed(_ROW),
                "By points, by what performance gave of them, by service, by number.",
            )
        },
        "refusals": READS_AS_ASKED,
    },
)
def promotion(context: RequestContext, cycle: int, query: PromotionQuery) -> Json:
    """Everybody who is graded in a cycle by their promotion points, and until when somebody is barred. For whoever sees everybody's grades and pay."""
    with context.read():
        rows = promoting.promotion_seen(context, cycle, rank=query.rank, on=query.on)
        people = others_among(context, (row.employee for row in rows))
    write_down(context, what="promotion", asked={"cycle": cycle}, people=people)
    return Json({"items": [promoting.as_json(row) for row in rows], "next": None})

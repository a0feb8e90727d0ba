"""That somebody who has no account was told what they came to (contract-cycle, 7). A session alone asks here."""

from __future__ import annotations

from typing import Annotated, Final

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app import scoring
from app.rules.permissions import Deed
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.described import OF_CYCLE, WRITES
from app.web.api.json_bodies import sent_as
from app.web.asked.forms import FormDay
from app.web.asked.request_context import RequestContext
from app.web.results import telling

__all__ = ["pages"]

pages: Final = Pages("told_api")


def _written(day: object) -> object:
    return day if isinstance(day, str) else ""


class ToldBody(BaseModel):
    """On which day, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: Annotated[FormDay, BeforeValidator(_written)]
    how: Annotated[str, Field(strict=True)]


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/people/<employee>/told",
    may=Deed.TELL_BY_HAND,
    about={
        "summary": "Somebody was told by hand",
        "tag": "Cycles",
        "path": {
            **OF_CYCLE,
            "employee": ("string", "The employee's number."),
        },
        "body": shapes.json_body(ToldBody),
        "responses": {
            201: ("application/json", shapes.TOLD, "It is written down; the window runs from the day after.")
        },
        "refusals": WRITES,
    },
)
def tell(context: RequestContext, cycle: int, employee: str) -> Json:
    """Write down that somebody without an account was told what they came to, on which day and how. By hr; once for each telling."""
    body = sent_as(ToldBody, request)
    to = telling.tell_by_hand(context, cycle, employee, on=body.on, how=body.how)
    made = {"employee": employee, "cycle": str(cycle), "told": telling.told_json(to, scoring.state(context.connection))}
    return Json(made, status=201)

"""Pay runs of a cycle, their file for payroll, and what a person was paid (contract-cycle, 8)."""

from __future__ import annotations

from typing import Final, Literal

from flask import request
from pydantic import BaseModel, ConfigDict

from app.rules.pay_runs import PayItemKind
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.web.answer.rendering import Download, Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.described import OF_CYCLE, READS, WRITES
from app.web.api.json_bodies import sent_as
from app.web.api.readings import others_among, reading_of, write_down, write_reading
from app.web.asked.request_context import RequestContext
from app.web.results import paying

__all__ = ["pages"]

pages: Final = Pages("pay_runs_api")

_RUN: Final = OF_CYCLE | {"run": ("integer", "1, 2, 3 … of the cycle's.")}
_WHOLE: Final = {"type": "integer"}
_WHOLE_OR_NULL: Final = {"type": ["integer", "null"]}
_ITEM: Final = shapes.object_of(
    {
        "employee": shapes.TEXT,
        "grade": {**shapes.TEXT_OR_NULL, "description": "Null for whoever was paid before and is not graded now."},
        "monthly_base": {"type": ["integer", "string", "null"]},
        "grade_rate": {"type": ["integer", "string", "null"], "description": "In percent."},
        "days": _WHOLE_OR_NULL,
        "cycle_days": _WHOLE,
        "exact": {**shapes.TEXT, "description": "A decimal with six places."},
        "amount": {**_WHOLE, "description": "What they come to by the run, in won."},
        "before": {**_WHOLE, "description": "What was paid before."},
        "difference": _WHOLE,
        "kind": {"type": "string", "enum": [one.value for one in PayItemKind]},
    }
)
_PAY_RUN: Final = shapes.object_of(
    {
        "run": _WHOLE,
        "state": {"type": "string", "enum": ["proposed", "approved", "exported"]},
        "institution_rate": {**shapes.TEXT, "description": "In percent."},
        "pool": _WHOLE_OR_NULL,
        "factor": {**shapes.TEXT_OR_NULL, "description": "A decimal; null where the pool does not bind."},
        "sum": _WHOLE,
        "sha256": shapes.TEXT,
        "items": shapes.many(_ITEM),
    }
)
_STATEMENT: Final = {"type": "object"}


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/pay-runs/<int:run>",
    may=Deed.SEE_CYCLES,
    transaction=False,
    about={
        "summary": "A pay run",
        "tag": "Cycles",
        "path": _RUN,
        "responses": {200: ("application/json", _PAY_RUN, "By the employees' numbers.")},
        "refusals": READS,
    },
)
def pay_run(context: RequestContext, cycle: int, run: int) -> Json:
    """A run as two people agreed to it, or as it waits for that: for hr, auditors, and approvers and payroll of the cycle."""
    with context.read():
        seen = paying.run_seen(context, cycle, run)
        people = others_among(context, [one.employee for one in seen.made.items])
    write_down(context, what="pay", asked={"cycle": cycle, "run": run}, people=people)
    return Json(seen.as_json())


class ExportBody(BaseModel):
    """In which form, and why it is taken out of the house."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal["csv", "xlsx"]
    reason: str


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/pay-runs/<int:run>/export",
    may=Deed.HAND_OUT_PAY_RUN,
    once=False,
    about={
        "summary": "The file of a pay run",
        "tag": "Cycles",
        "path": _RUN,
        "body": shapes.json_body(ExportBody),
        "responses": {200: ("text/csv", shapes.TEXT, "The items; a workbook where that was asked for.")},
        "refusals": WRITES,
    },
)
def export(context: RequestContext, cycle: int, run: int) -> Download:
    """The file of a run that was agreed to, for payroll: `Repr-Digest` has the sum over its bytes, which is written down with the reason."""
    body = sent_as(ExportBody, request)
    return paying.exported(context, cycle, run, format_=body.format, reason=body.reason)


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/people/<employee>/statement",
    may=Deed.SEE_OWN_RESULT,
    transaction=False,
    about={
        "summary": "What a person was paid",
        "tag": "Cycles",
        "path": OF_CYCLE | {"employee": ("string", "The employee's number.")},
        "responses": {200: ("application/json", _STATEMENT, "Run by run.")},
        "refusals": READS,
    },
)
def statement(context: RequestContext, cycle: int, employee: str) -> Json | Download:
    """What a person was paid, run by run, and how it came about: one's own once a run was agreed to, anybody's for whoever sees everybody's pay.

    As a document where `Accept` prefers `application/pdf`.
    """
    is_paper = request.accept_mimetypes.best_match(["application/json", "application/pdf"]) == "application/pdf"
    with context.read():
        stated = paying.statement_seen(context, cycle, employee)
        origin = paying.statement_origin(context, stated) if is_paper else None
        clock, people = context.clock, context.directory.employees
        name = people[employee].name if employee in people else employee
        reading = reading_of(context, cycle, Node(NodeKind.EMPLOYEE, employee), what="pay")
    write_reading(context, reading)
    if origin is None:
        return Json(stated.as_json())
    return paying.statement_paper(context, stated, origin, name=name, clock=clock)

"""An employee's year in an opened cycle, for the two who speak about it and hr: check-ins, and what the employee says of it (contract-cycle, 5)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from app import cycle as cycles
from app.plain.findings import n_
from app.rules.agreement import SignedAs
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.forms import FormDay
from app.web.asked.request_context import RequestContext
from app.web.cycles import accompanying
from app.web.wording.naming import distinct_name

pages: Final = Pages("check_ins")

WHO: Final = {SignedAs.OWNER: n_("Employee"), SignedAs.HEAD: n_("Head")}


class CheckInForm(BaseModel):
    """What was spoken of, and when."""

    model_config = ConfigDict(frozen=True)

    as_: Annotated[Literal["owner", "head"], Field(alias="as")]
    on: FormDay
    text: Annotated[str, Field(max_length=4000)] = ""


class AssessmentForm(BaseModel):
    """What one says of one's own year, and whether it is final."""

    model_config = ConfigDict(frozen=True)

    text: Annotated[str, Field(max_length=4000)] = ""
    final: bool = False


@pages.read("/cycles/<int:cycle>/check-ins/<employee>", may=Deed.SEE_CHECK_INS)
def year(context: RequestContext, cycle: int, employee: str) -> Page:
    """What is kept of the employee's year, with the forms of whoever keeps it. Queries: constant.

    Raises:
        NotThere: it is not this person's to read.
    """
    opened, kept, own = accompanying.seen(context, cycle, employee)
    node = Node(NodeKind.EMPLOYEE, employee)
    is_open = opened.stage in cycles.RATED_IN
    return Page(
        "pages/check_ins.html",
        cycle=cycle,
        node=node,
        employee=employee,
        name=distinct_name(context, Node(NodeKind.EMPLOYEE, employee)),
        kept=list(reversed(kept)),
        own=own,
        parts=accompanying.parts_of(context, cycle, employee) if is_open else (),
        may_assess=is_open and context.viewer.employee == employee and not own.final,
        who=WHO,
        people=context.directory.employees,
        mid_year=[opened.calendar.get(name) for name in ("mid_year_from", "mid_year_by")],
    )


@pages.act("/cycles/<int:cycle>/check-ins/<employee>", may=Deed.CHECK_IN, again="year")
def check_in(context: RequestContext, cycle: int, employee: str, form: CheckInForm) -> Redirect:
    """Keep a check-in."""
    accompanying.checked_in(context, cycle, employee, part=SignedAs(form.as_), text=form.text, on=form.on)
    return Redirect(
        n_("Kept: the two of you and HR read it, and it is in no figure."),
        then="check_ins.year",
        values={"cycle": cycle, "employee": employee},
    )


@pages.read("/cycles/<int:cycle>/self-assessments/<employee>", may=Deed.SEE_CHECK_INS)
def assessment(context: RequestContext, cycle: int, employee: str) -> Page:
    """What the employee says of their own year, with the form where it is theirs to say. Queries: constant.

    Raises:
        NotThere: it is not this person's to read.
    """
    opened, _, own = accompanying.seen(context, cycle, employee)
    return Page(
        "pages/self_assessment.html",
        cycle=cycle,
        employee=employee,
        name=distinct_name(context, Node(NodeKind.EMPLOYEE, employee)),
        own=own,
        may_assess=opened.stage in cycles.RATED_IN and context.viewer.employee == employee and not own.final,
    )


@pages.act("/cycles/<int:cycle>/self-assessments/<employee>", may=Deed.CHECK_IN, again="assessment")
def assess(context: RequestContext, cycle: int, employee: str, form: AssessmentForm) -> Redirect:
    """Keep what one says of one's own year."""
    accompanying.assessed(context, cycle, employee, text=form.text, final=form.final)
    message = n_("Your own view of the year is final.") if form.final else n_("Your own view of the year is kept.")
    return Redirect(message, then="check_ins.year", values={"cycle": cycle, "employee": employee})

"""Pay of a locked cycle: the ministry's result, the runs with what each of them pays, and the forms by which they are proposed, exported and closed."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from app import cycle as cycles
from app import paying as runs
from app import scoring
from app.decisions import DecisionKind
from app.kit.refusals import Invalid, NotThere
from app.plain.findings import Finding, n_
from app.rules.permissions import Deed
from app.rules.stages import PAID_IN, Stage
from app.rules.terms import CycleFunction, Node, NodeKind
from app.web import cycling, decided, paying
from app.web.downloads import LoggedReading, written_down
from app.web.limits import Lane
from app.web.naming import node_named
from app.web.rendering import Download, Page, Redirect
from app.web.request_context import RequestContext
from app.web.routing import Pages
from app.web.typed_numbers import read_number
from app.web.words import PAY_ITEM_KINDS

pages: Final = Pages("pay")

_SHOWN: Final = 500
_FIELDS: Final = {
    f"content/{name}": name for name in ("grade", "pool", "document", "employee", "ground", "paid_on", "run")
} | {"content/to": "paid_on"}

_Reason = Annotated[str, Field(max_length=2000)]
_Text = Annotated[str, Field(max_length=200)]


class InstitutionForm(BaseModel):
    """The ministry's result, and why."""

    model_config = ConfigDict(frozen=True)

    grade: _Text = ""
    pool: _Text = ""
    document: _Text = ""
    reason: _Reason = ""


class RunForm(BaseModel):
    """Which run, and why."""

    model_config = ConfigDict(frozen=True)

    run: Annotated[int, Field(ge=1, le=10_000)]
    reason: _Reason = ""


class ClawbackForm(BaseModel):
    """Whose pay is given back, on what ground, and why."""

    model_config = ConfigDict(frozen=True)

    employee: _Text = ""
    ground: _Text = ""
    reason: _Reason = ""


class ExportForm(BaseModel):
    """In which form, and why it is taken out of the house."""

    model_config = ConfigDict(frozen=True)

    format: Literal["csv", "xlsx"] = "csv"
    reason: Annotated[str, Field(min_length=3, max_length=500)]


class PaidForm(BaseModel):
    """On which day it was paid, and why that is said."""

    model_config = ConfigDict(frozen=True)

    paid_on: Annotated[str, Field(max_length=10)] = ""
    reason: _Reason = ""


@pages.read("/cycles/<int:cycle>/pay", may=Deed.SEE_CYCLES)
def listed(context: RequestContext, cycle: int) -> Page:
    """The runs of a cycle, and what the last one pays. Queries: constant.

    Raises:
        NotThere: nobody has certified the cycle, or this is not for this person.
    """
    opened = cycling.cycle_seen(context, cycle)
    if not paying.sees_runs(context, cycle) or opened.stage not in cycles.INSTITUTION_IN:
        raise NotThere
    loaded = scoring.state(context.connection)
    kept, exported = runs.kept_runs(context.connection, cycle), runs.exported_runs(context.connection, cycle)
    last = kept[-1] if kept else None
    given = {one.function for one in context.viewer.functions if one.cycle == cycle}
    is_payroll = CycleFunction.PAYROLL in given
    moved = [] if last is None else [one for one in last.made.items if one.difference]
    waits = cycles.open_run(context.connection, cycle)
    return Page(
        "pages/pay.html",
        cycle=cycle,
        institution=cycles.institution_of(context.connection, loaded, cycle),
        grades=list(loaded.plan(cycle).sheet.definitions.policies.pay.institution_rates),
        runs=[(one, one.made.number in exported) for one in kept],
        last=last,
        moved=moved[:_SHOWN],
        moved_count=len(moved),
        waits=waits,
        people=context.directory.employees,
        kinds=PAY_ITEM_KINDS,
        next_number=len(kept) + 1,
        keeps=context.allowed(Deed.RUN_CYCLE),
        pays=opened.stage in PAID_IN,
        exports=is_payroll and last is not None,
        closes=is_payroll and opened.stage is Stage.LOCKED and last is not None,
    )


def _proposed(
    context: RequestContext, kind: DecisionKind, cycle: int, content: dict[str, Any], reason: str
) -> Redirect:
    made = decided.proposed_by_form(context, kind, content, reason, cycle=str(cycle), fields=_FIELDS)
    return Redirect(n_("Proposed: another person has to agree."), then="decisions.one", values={"number": made.id})


@pages.act("/cycles/<int:cycle>/pay/institution", may=Deed.DECIDE, again="listed")
def propose_institution(context: RequestContext, cycle: int, form: InstitutionForm) -> Redirect:
    """Propose the ministry's result."""
    pool = read_number(form.pool.strip(), field="pool") if form.pool.strip() else None
    if isinstance(pool, Finding):
        raise Invalid(pool)
    content = {"grade": form.grade, "pool": None if pool is None else _whole(pool), "document": form.document}
    return _proposed(context, cycles.INSTITUTION, cycle, content, form.reason)


def _whole(value: Any) -> Any:
    """A whole number as one; what is none is refused by the decision."""
    return int(value) if value == int(value) else str(value)


@pages.act("/cycles/<int:cycle>/pay/run", may=Deed.DECIDE, again="listed")
def propose_run(context: RequestContext, cycle: int, form: RunForm) -> Redirect:
    """Propose the run that follows."""
    return _proposed(context, cycles.PAY_RUN, cycle, {"run": form.run}, form.reason)


@pages.act("/cycles/<int:cycle>/pay/clawback", may=Deed.DECIDE, again="listed")
def propose_clawback(context: RequestContext, cycle: int, form: ClawbackForm) -> Redirect:
    """Propose that somebody's pay is given back."""
    content = {"employee": form.employee.strip(), "ground": form.ground}
    return _proposed(context, cycles.CLAWBACK, cycle, content, form.reason)


@pages.act("/cycles/<int:cycle>/pay/paid", may=Deed.DECIDE, again="listed")
def propose_paid(context: RequestContext, cycle: int, form: PaidForm) -> Redirect:
    """Propose that the cycle was paid."""
    content = {"to": Stage.PAID.value, "paid_on": form.paid_on}
    return _proposed(context, cycles.STAGE, cycle, content, form.reason)


@pages.act("/cycles/<int:cycle>/pay/<int:run>/file", may=Deed.KEEP_CYCLES, again="listed")
def export(context: RequestContext, cycle: int, run: int, form: ExportForm) -> Download:
    """The file of a run."""
    return paying.exported(context, cycle, run, format_=form.format, reason=form.reason)


@pages.read("/cycles/<int:cycle>/people/<employee>/statement", may=Deed.SEE_OWN_RESULT)
def statement(context: RequestContext, cycle: int, employee: str) -> Page:
    """What somebody was paid, run by run, and how each amount came about. Queries: constant.

    Raises:
        NotThere: there is nothing, or it is not for this person.
    """
    return Page(
        "pages/statement.html",
        statement=paying.statement_seen(context, cycle, employee),
        name=node_named(context, Node(NodeKind.EMPLOYEE, employee)),
        is_own=employee == context.viewer.employee,
        kinds=PAY_ITEM_KINDS,
    )


@pages.read(
    "/cycles/<int:cycle>/people/<employee>/statement.pdf",
    may=Deed.SEE_OWN_RESULT,
    transaction=False,
    lane=Lane.FILE,
)
def statement_file(context: RequestContext, cycle: int, employee: str) -> Download:
    """The same as a document; that somebody else's was taken is written down."""
    with context.read():
        stated, clock = paying.statement_seen(context, cycle, employee), context.clock
        name = node_named(context, Node(NodeKind.EMPLOYEE, employee))
    file = paying.statement_paper(context, stated, name=name, clock=clock)
    if employee == context.viewer.employee:
        return file
    asked = {"cycle": cycle, "format": "pdf"}
    subject = str(Node(NodeKind.EMPLOYEE, employee))
    return written_down(
        context,
        file,
        reason="",
        reading=LoggedReading("pay", {"of": subject, **asked}, rows=1),
        subject=subject,
        after=asked,
    )

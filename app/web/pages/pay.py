"""Pay of a locked cycle: the ministry's result, the runs with what each of them pays, and the forms by which they are proposed, exported and closed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from app import cycle as cycles
from app import paying as runs
from app import scoring
from app.decisions import Decision, DecisionKind
from app.exports import pay_totals_export
from app.kit.refusals import Invalid, NotThere
from app.paying import KeptRun
from app.plain.findings import Finding, n_
from app.rules.names import folded
from app.rules.pay_runs import PaidItem, PayItemKind
from app.rules.permissions import Deed
from app.rules.stages import PAID_IN, Stage
from app.rules.terms import CycleFunction, Node, NodeKind
from app.web.answer.downloads import LoggedReading, sheet_file, written_down
from app.web.answer.rendering import Download, Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked import cycling
from app.web.asked.grades_seen import grades_seen
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.decisions import decided
from app.web.files.file_rules import with_rules
from app.web.lists.list_order import Order, by_words, in_order, page_shown
from app.web.results import pay_rows, pay_sums, paying
from app.web.wording.file_words import file_words
from app.web.wording.naming import distinct_name, node_named
from app.web.wording.typed_numbers import read_number
from app.web.wording.words import PAY_ITEM_KINDS

pages: Final = Pages("pay")

_ROWS: Final = 100
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
    """Of which run, in which form, and why it is taken out of the house."""

    model_config = ConfigDict(frozen=True)

    run: Annotated[int, Field(ge=1, le=10_000)]
    format: Literal["csv", "xlsx"] = "csv"
    reason: Annotated[str, Field(min_length=3, max_length=500)]


class PaidForm(BaseModel):
    """On which day it was paid, and why that is said."""

    model_config = ConfigDict(frozen=True)

    paid_on: Annotated[str, Field(max_length=10)] = ""
    reason: _Reason = ""


class PayQuery(BaseModel):
    """What narrows the list, of which run it is, and which page of it."""

    model_config = ConfigDict(frozen=True)

    run: Annotated[int | None, Field(ge=1, le=10_000)] = None
    text: _Text = ""
    unit: _Text = ""
    paid_grade: _Text = ""
    kind: PayItemKind | None = None
    sort: Literal["", "name", "unit", "grade", "before", "amount", "difference"] = ""
    order: Order = "up"
    page: Annotated[int, Field(ge=1, le=100_000)] = 1


@pages.read("/cycles/<int:cycle>/pay", may=Deed.SEE_CYCLES)
def listed(context: RequestContext, cycle: int, query: PayQuery) -> Page:
    """The runs of a cycle, and what one of them pays: the last one where none is asked for. Queries: constant.

    Raises:
        NotThere: nobody has certified the cycle, there is no such run, or this is not for this person.
    """
    opened = cycling.cycle_seen(context, cycle)
    if not paying.sees_runs(context, cycle) or opened.stage not in cycles.INSTITUTION_IN:
        raise NotThere
    loaded = scoring.state(context.connection)
    plan = loaded.plan(cycle)
    kept, exported = runs.kept_runs(context.connection, cycle), runs.exported_runs(context.connection, cycle)
    of_run = pay_rows.run_shown(kept, query.run)
    is_payroll = CycleFunction.PAYROLL in context.viewer.authorities(cycle)
    office = pay_rows.office_of(plan, context.today)
    some = [] if of_run is None else _narrowed(context, of_run, query, office)
    shown = page_shown(some, query.page, size=_ROWS)
    last, paid_on = kept[-1] if kept else None, paying.paid_days(context, cycle, kept)
    since: list[Decision] = []
    if of_run is not None and of_run.made.number > 1:
        since = paying.decided_between(context, cycle, kept[of_run.made.number - 2], of_run)
    return Page(
        "pages/pay.html",
        cycle=cycle,
        query=query,
        institution=cycles.institution_of(context.connection, loaded, cycle),
        grades=list(plan.sheet.definitions.policies.pay.institution_rates),
        runs=[(one, one.made.number in exported, paid_on[one.made.number]) for one in kept],
        last=last,
        of_run=of_run,
        since=since,
        since_titles=decided.titles(context, since),
        rows=list(pay_rows.paid_rows(context, kept, of_run, shown.rows, office)),
        everybody=0 if of_run is None else len(of_run.made.items),
        matching=len(some),
        shown=shown,
        parameters={"cycle": cycle, **query.model_dump(mode="json", exclude_defaults=True, exclude={"page"})},
        paid_grades=[] if of_run is None else sorted({one.terms.grade for one in of_run.made.items if one.terms}),
        units=[] if of_run is None else pay_rows.offices_of(context, of_run, office),
        waits=cycles.open_run(context.connection, cycle),
        kinds=PAY_ITEM_KINDS,
        next_number=len(kept) + 1,
        opens=grades_seen(context, cycle).pays,
        keeps=context.allowed(Deed.RUN_CYCLE),
        pays=opened.stage in PAID_IN,
        exports=is_payroll and last is not None,
        closes=is_payroll and opened.stage is Stage.LOCKED and last is not None,
    )


def _narrowed(context: RequestContext, run: KeptRun, query: PayQuery, office: Callable[[str], str]) -> list[PaidItem]:
    """Those of a run whom the query is about, in its order: whom the run pays another amount first where it names none."""
    text = folded(query.text.strip())
    name = functools.cache(lambda employee: node_named(context, Node(NodeKind.EMPLOYEE, employee)))
    some = [
        one
        for one in run.made.items
        if (query.kind is None or one.kind is query.kind)
        and (not query.paid_grade or (one.terms is not None and one.terms.grade == query.paid_grade))
        and (not query.unit or office(one.employee) == query.unit)
        and (not text or text in folded(name(one.employee)) or text in one.employee.casefold())
    ]
    if not query.sort:
        return sorted(some, key=lambda one: one.difference == 0)
    columns: Mapping[str, Callable[[PaidItem], Any]] = {
        "name": by_words(lambda one: name(one.employee)),
        "unit": by_words(
            lambda one: office(one.employee) and node_named(context, Node(NodeKind.UNIT, office(one.employee)))
        ),
        "grade": lambda one: None if one.terms is None else one.terms.grade,
        "before": lambda one: one.before,
        "amount": lambda one: one.amount,
        "difference": lambda one: one.difference,
    }
    return in_order(some, columns[query.sort], order=query.order)


@pages.read("/cycles/<int:cycle>/pay/totals", may=Deed.SEE_CYCLES)
def totals(context: RequestContext, cycle: int) -> Page:
    """What people are paid in all, by grade, branch and office, in which nobody stands. Queries: constant."""
    seen = pay_sums.pay_sums_seen(context, cycle)
    return Page("pages/pay_totals.html", cycle=cycle, seen=seen, sees_runs=paying.sees_runs(context, cycle))


class TotalsFile(BaseModel):
    """The kind of file."""

    model_config = ConfigDict(frozen=True)

    format: Literal["csv", "xlsx"] = "csv"


@pages.read("/cycles/<int:cycle>/pay/totals/file", may=Deed.SEE_CYCLES, lane=Lane.FILE)
def totals_file(context: RequestContext, cycle: int, query: TotalsFile) -> Download:
    """The same as a file: sums, in which nobody is named."""
    seen = pay_sums.pay_sums_seen(context, cycle)
    if seen.run is None:
        raise NotThere
    number = seen.run.made.number
    # The file is written when this request is over, and names units no more then.
    plan = scoring.state(context.connection).plan(cycle)
    sheet = with_rules(context, pay_totals_export(file_words()).sheet(list(seen.rows())), plan)
    return sheet_file(sheet, name=f"pay-totals-{cycle}-{number}", kind=query.format, made_at=context.now)


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


@pages.act("/cycles/<int:cycle>/pay/file", may=Deed.HAND_OUT_PAY_RUN, again="listed")
def export(context: RequestContext, cycle: int, form: ExportForm) -> Download:
    """The file of a run."""
    return paying.exported(context, cycle, form.run, format_=form.format, reason=form.reason)


@pages.read("/cycles/<int:cycle>/people/<employee>/statement", may=Deed.SEE_OWN_RESULT)
def statement(context: RequestContext, cycle: int, employee: str) -> Page:
    """What somebody was paid, run by run, and how each amount came about. Queries: constant.

    Raises:
        NotThere: there is nothing, or it is not for this person.
    """
    stated = paying.statement_seen(context, cycle, employee)
    return Page(
        "pages/statement.html",
        statement=stated,
        origin=paying.statement_origin(context, stated),
        name=distinct_name(context, Node(NodeKind.EMPLOYEE, employee)),
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
        origin = paying.statement_origin(context, stated)
        name = node_named(context, Node(NodeKind.EMPLOYEE, employee))
    file = paying.statement_paper(context, stated, origin, name=name, clock=clock)
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

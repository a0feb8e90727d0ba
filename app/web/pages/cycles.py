"""Opened cycles, and one of them: its stages with their dates, what is in the way of the next, who must act, and what waits.

Do not work out here what is in the way: the API and whoever proposes a stage are told the same list.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Final, NamedTuple

from flask import url_for
from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app import access, cascade, decisions, ledger, scoring
from app import cycle as cycles
from app import paying as runs
from app.access import FunctionGiven
from app.cycle import CycleStanding
from app.decisions import Decision, DecisionFilter, DecisionKind
from app.kit.refusals import Invalid
from app.ledger import Alert
from app.plain.findings import Finding, Place, n_
from app.rules.deciding import REASON_LENGTH_MAX, DecisionState
from app.rules.permissions import Deed
from app.rules.stages import CALENDAR, DECIDED_BY, PAID_IN, Stage, is_way_back, stages_ahead
from app.rules.terms import CycleFunction, Node, NodeKind
from app.web.answer.rendering import Page, Redirect, say
from app.web.answer.routing import Pages
from app.web.asked import cycling
from app.web.asked.forms import FormDay
from app.web.asked.grades_seen import grades_seen
from app.web.asked.request_context import RequestContext
from app.web.changes.account_person import employee_meant
from app.web.decisions import decided, objecting
from app.web.decisions.decision_kinds import DECISION_KINDS
from app.web.home.guides import part_named
from app.web.results import blocker_ways, pay_sums, paying, reviewing, telling
from app.web.wording.group_names import group_namer
from app.web.wording.languages import page_language
from app.web.wording.naming import distinct_name, person_named
from app.web.wording.words import (
    ALERTS,
    CALENDAR_DATES,
    CYCLE_FUNCTIONS,
    REOPENED_BECAUSE,
    REVIEW_ALERTS,
    STAGES,
    TYPES,
)

pages: Final = Pages("cycles")

_WAITING_MOST: Final = 100

_NOBODY_CHECKS: Final = n_(
    "As things are nobody can agree to this: whoever could has proposed it, is who it is about, or stands in for who proposed it. Give another person that role or function, or withdraw this and propose somebody else."
)

_Reason = Annotated[str, Field(min_length=10, max_length=REASON_LENGTH_MAX)]
_Date = Annotated[str, Field(max_length=10)]


class CalendarForm(BaseModel):
    """The dates of a cycle; an empty one is none."""

    model_config = ConfigDict(frozen=True)

    agree_by: _Date = ""
    mid_year_from: _Date = ""
    mid_year_by: _Date = ""
    customs_final_on: _Date = ""
    certify_by: _Date = ""
    notify_by: _Date = ""
    lock_by: _Date = ""
    pay_by: _Date = ""


class OpeningForm(CalendarForm):
    """Which cycle, and its dates as far as they are known."""

    cycle: Annotated[str, Field(max_length=4)]


class StageForm(BaseModel):
    """To which stage, what is accepted, and why."""

    model_config = ConfigDict(frozen=True)

    to: Annotated[str, Field(max_length=20)]
    accept: tuple[Annotated[str, Field(max_length=60)], ...] = ()
    reason: _Reason


class FunctionForm(BaseModel):
    """Whom a function is given to, for which days, and why."""

    model_config = ConfigDict(frozen=True)

    person: Annotated[str, Field(max_length=254)]
    function: Annotated[str, Field(max_length=20)]
    from_: Annotated[FormDay, Field(alias="from")]
    to: FormDay
    groups: tuple[Annotated[str, Field(max_length=80)], ...] = ()
    reason: Annotated[str, Field(max_length=REASON_LENGTH_MAX)] = ""
    """As the decision's member is called; the page has two forms with one, and calls this one's by a name of its own."""
    function_reason: _Reason

    @model_validator(mode="before")
    @classmethod
    def _by_either_name(cls, typed: Any) -> Any:
        return {"function_reason": typed["reason"], **typed} if "reason" in typed else typed


class CycleReopeningForm(BaseModel):
    """For whom a locked cycle is reopened, each in a line, because of what, in answer to which objection, and why."""

    model_config = ConfigDict(frozen=True)

    nodes: tuple[Annotated[str, Field(max_length=20_000)], ...] = ()
    because: Annotated[str, Field(max_length=20)] = ""
    objection: Annotated[int | None, Field(ge=1, lt=2**31)] = None
    reason: _Reason


class StepShown(NamedTuple):
    """A stage in the line of all: whether the cycle has come to it, and when; else by when it is to."""

    stage: Stage
    words: str
    at: object
    by: object
    is_present: bool


_DUE: Final = {
    Stage.RUNNING: "agree_by",
    Stage.CERTIFIED: "certify_by",
    Stage.NOTIFIED: "notify_by",
    Stage.LOCKED: "lock_by",
    Stage.PAID: "pay_by",
}
"""The date of the calendar that reminds of each stage."""


@pages.read("/cycles", may=Deed.SEE_CYCLES)
def listed(context: RequestContext) -> Page:
    """The opened cycles that one sees; hr opens another. Queries: constant."""
    some = cycling.cycles_seen(context)
    return Page(
        "pages/cycles.html",
        cycles=some,
        pays=paying.cycles_with_pay(context, some),
        stages=STAGES,
        may_open=context.allowed(Deed.RUN_CYCLE),
        dates={name: CALENDAR_DATES[name] for name in CALENDAR},
    )


@pages.act("/cycles", may=Deed.KEEP_CYCLES, again="listed")
def open_one(context: RequestContext, form: OpeningForm) -> Redirect:
    """Open a cycle."""
    calendar = {name: day or None for name, day in form.model_dump(exclude={"cycle"}).items()}
    try:
        made = cycling.opened(context, form.cycle.strip(), calendar)
    except Invalid as refusal:
        raise Invalid(*map(_at_date, refusal.findings)) from refusal
    return Redirect(
        n_("The cycle is open. Until it comes to agreement everything in it is live as before."),
        then="cycles.one",
        values={"cycle": made.cycle},
    )


def _at_date(finding: Finding) -> Finding:
    """What is wrong with a date, at its field."""
    return replace(finding, place=Place(field=(finding.place.field or "").removeprefix("calendar/")))


@pages.read("/cycles/<int:cycle>", may=Deed.SEE_CYCLES)
def one(context: RequestContext, cycle: int) -> Page:
    """How a cycle stands, what is in the way and who must act. Queries: constant."""
    standing = cycling.standing_seen(context, cycle)
    visible = decided.visible_to(context)
    waiting = decisions.decisions_of(
        context.connection,
        DecisionFilter(
            kinds=frozenset(code for code, kind in DECISION_KINDS.items() if not kind.deed),
            cycle=str(cycle),
            state=DecisionState.PROPOSED,
        ),
        visible=visible,
        limit=_WAITING_MOST,
    )
    titles = decided.titles(context, waiting)
    given = access.functions_given(context.connection, cycle)
    reopens = standing.opened.stage in PAID_IN and context.allowed(Deed.RUN_CYCLE)
    return Page(
        "pages/cycle.html",
        cycle=cycle,
        standing=standing,
        tellings=telling.tellings_shown(context, standing.opened),
        steps=tuple(_steps(context, standing)),
        last=None if standing.period.to is None else standing.period.to - dt.timedelta(days=1),
        is_early=_is_early(context, standing),
        ways=[(to, is_way_back(standing.opened.stage, to)) for to in stages_ahead(standing.opened.stage)],
        stages=STAGES,
        waiting=waiting,
        titles=titles,
        ways_of=lambda blocker: blocker_ways.ways_of(context, cycle, blocker, titles=titles),
        functions=given,
        function_names=CYCLE_FUNCTIONS,
        whose=lambda one: _whose(context, one),
        approvers=_holders(context, cycle, CycleFunction.APPROVER),
        certifiers=_holders(context, cycle, CycleFunction.CERTIFIER),
        certificate=_certificate(context, standing),
        reopens=reopens,
        reopened_for=[one[:2] for one in objecting.granted_to_name(context, cycle, "reopen")] if reopens else [],
        reopened_because=REOPENED_BECAUSE,
        reopening=_reopening(context, standing),
        locked=cascade.locked_rounds(context.connection, cycle),
        calibrates=standing.certified is not None and grades_seen(context, cycle).lists,
        reads_results=standing.certified is not None and reviewing.lists_results(context, cycle),
        hears_objections=standing.opened.is_told and objecting.lists_docket(context, cycle),
        reviews_to_look_at=reviewing.alerts_seen(context, cycle) if standing.certified is not None else [],
        review_alerts=REVIEW_ALERTS,
        sees_after_close=standing.certified is not None and cycling.sees_everybody(context, cycle),
        sees_pay=standing.certified is not None and paying.sees_runs(context, cycle),
        has_pay_sums=pay_sums.sees_pay_sums(context, cycle) and runs.has_runs(context.connection, cycle),
        is_payroll=CycleFunction.PAYROLL in context.viewer.authorities(cycle),
        ends=_end_of_functions(standing),
        alerts=_alerts(context, standing),
        alert_kinds=ALERTS,
        types=TYPES,
        groups=_groups(context, cycle),
        offers=url_for("log_activity.colleagues") if context.allowed(Deed.LOG_ACTIVITY) else "",
        dates={name: CALENDAR_DATES[name] for name in CALENDAR},
        people=context.directory.employees,
        item=lambda text: _item(context, text),
        keeps=context.allowed(Deed.RUN_CYCLE),
        guide_at=_guide_at(standing) if context.allowed(Deed.RUN_CYCLE) else None,
    )


def _guide_at(standing: CycleStanding) -> str | None:
    """Where HR's guide says what is done at the stage that a cycle is at."""
    return part_named("hr", gettext(STAGES[standing.opened.stage]), page_language())


def _is_early(context: RequestContext, standing: CycleStanding) -> bool:
    """Whether a cycle is to be certified next, and its last day is not over: no blocker, since nothing but waiting helps."""
    end = standing.period.to
    return standing.opened.stage is Stage.RUNNING and end is not None and context.today < end


def _certificate(context: RequestContext, standing: CycleStanding) -> Decision | None:
    """The decision that certified it, where who asks sees it. Queries: 1, or none."""
    if standing.certified is None:
        return None
    decision = decisions.decision(context.connection, standing.certified.cut.decision)
    return decision if decision is not None and decided.visible_to(context)(decision) else None


def _reopening(context: RequestContext, standing: CycleStanding) -> tuple[Decision, str] | None:
    """The decision by which a later round began, and what it says, where who asks sees it. Queries: 3, or none in a first round."""
    if standing.opened.round == 1:
        return None
    begun = cycles.stages_begun(context.connection, standing.opened.cycle)
    number = next(one.decision for one in begun if one.round == standing.opened.round)
    decision = None if number is None else decisions.decision(context.connection, number)
    if decision is None or not decided.visible_to(context)(decision):
        return None
    return decision, decided.title(context, decision)


def _end_of_functions(standing: CycleStanding) -> dt.date | None:
    """The day that is offered for the end of a function: a year after the cycle's, when it has been paid for."""
    end = standing.period.to
    return None if end is None else end.replace(year=end.year + 1)


def _alerts(context: RequestContext, standing: CycleStanding) -> list[Alert]:
    """The entries that somebody should look at before the cycle is certified, of those whom one sees. Queries: as :func:`app.ledger.open_alerts`, or none."""
    if not any(one.code == "open_alert" for one in standing.blockers.get(Stage.CERTIFIED, ())):
        return []
    sees = context.sees(Deed.SEE_ACTIVITIES)
    frame = scoring.state(context.connection).plan(standing.opened.cycle).frame
    some = ledger.open_alerts(context.connection, frame, cycle=standing.opened.cycle)
    return [one for one in some if sees(Node(NodeKind.EMPLOYEE, one.employee))]


def _groups(context: RequestContext, cycle: int) -> list[tuple[str, str]]:
    """The evaluation groups whose calibrator somebody may be: those that people are graded in, by name."""
    plan = scoring.state(context.connection).plan(cycle)
    name = group_namer(plan.sheet.definitions.policies)
    directory, day = plan.frame.directory, plan.day_within(context.today)
    root = directory.tree.root_on(day)
    units = () if root is None else (root, *directory.units_below(root, day))
    codes = {directory.evaluation_group(unit, day) for unit in units} - {None, ""}
    return sorted(((str(code), name(str(code))) for code in codes), key=lambda one: one[1])


def _steps(context: RequestContext, standing: CycleStanding) -> Iterator[StepShown]:
    """All stages in their order; those that the cycle went back from have no instant."""
    order, present = list(Stage), standing.opened.stage
    reached = {one.stage: one.at for one in cycles.stages_begun(context.connection, standing.opened.cycle)}
    for stage in order:
        is_reached = order.index(stage) <= order.index(present)
        by = standing.opened.calendar.get(_DUE.get(stage, ""))
        yield StepShown(stage, STAGES[stage], reached.get(stage) if is_reached else None, by, stage is present)


def _holders(context: RequestContext, cycle: int, function: CycleFunction) -> Sequence[str]:
    """Those who have a function today and can sign in, by name where they are employees. Queries: 1."""
    some = access.holding_people(
        context.connection, context.directory, cycle=cycle, function=function, day=context.today
    )
    return [person_named(context, employee or email) for email, employee in some]


def _whose(context: RequestContext, given: FunctionGiven) -> str:
    """Who has a function: by name where it is an employee."""
    if given.employee is None:
        return given.person
    return distinct_name(context, Node(NodeKind.EMPLOYEE, given.employee))


def _item(context: RequestContext, text: str) -> tuple[Node | None, str]:
    """A unit or person that is in the way: the node, and its name."""
    node = Node.parse(text)
    return node, text if node is None else distinct_name(context, node)


@pages.act("/cycles/<int:cycle>/calendar", may=Deed.KEEP_CYCLES, again="one")
def keep_calendar(context: RequestContext, cycle: int, form: CalendarForm) -> Redirect:
    """Give the cycle its dates."""
    typed = {name: day or None for name, day in form.model_dump().items()}
    cycling.calendar_kept(context, cycle, typed)
    return Redirect(
        n_("The dates are kept: they remind, and begin nothing."), then="cycles.one", values={"cycle": cycle}
    )


_PROPOSED: Final = {
    Stage.CERTIFIED: n_("Proposed: the cut is made, and a certifier of the cycle has to agree to it."),
    Stage.LOCKED: n_("Proposed: an approver of the cycle has to agree. Then nothing about it is decided any more."),
    Stage.NOTIFIED: n_("Proposed: an approver of the cycle has to agree. Then everybody is told, all at once."),
}
"""What is said once a stage is proposed, where that is something of its own."""


def _prepared(context: RequestContext, cycle: int, form: StageForm) -> None:
    """What takes long of a cut is worked out before others have to wait."""
    if form.to in DECIDED_BY:
        decided.prepared(context, DECISION_KINDS[DECIDED_BY[Stage(form.to)]], str(cycle))


@pages.act("/cycles/<int:cycle>/stage", may=Deed.KEEP_CYCLES, again="one", before=_prepared)
def propose_stage(context: RequestContext, cycle: int, form: StageForm, looked_up: object) -> Redirect:
    """Propose that the cycle comes to another stage; to certify it is a decision of its own kind."""
    del looked_up
    cycling.cycle_seen(context, cycle)
    accepted: dict[str, Any] = {"accept": list(form.accept)} if form.accept else {}
    fields = {"content/to": "to", "content/accept": "accept"}
    is_its_own = form.to in DECIDED_BY
    kind = DECISION_KINDS[DECIDED_BY[Stage(form.to)]] if is_its_own else cycles.STAGE
    content = accepted if is_its_own else {"to": form.to} | accepted
    made = _proposed(context, cycle, kind, content, form.reason, fields=fields)
    message = _PROPOSED.get(Stage(form.to), n_("Proposed: an approver of the cycle has to agree."))
    return Redirect(message, then="decisions.one", values={"number": made.id})


@pages.act("/cycles/<int:cycle>/reopen", may=Deed.KEEP_CYCLES, again="one")
def propose_reopening(context: RequestContext, cycle: int, form: CycleReopeningForm) -> Redirect:
    """Propose that a locked cycle is opened again."""
    cycling.cycle_seen(context, cycle)
    lines = [line.strip() for some in form.nodes for line in some.splitlines() if line.strip()]
    nodes = "all" if lines == ["all"] else [_node_meant(context, line) for line in lines]
    content = {"nodes": nodes, "because": form.because}
    fields = {"content/nodes": "nodes", "content/because": "because"}
    fields |= {f"content/nodes/{place}": "nodes" for place in range(len(lines))}
    made = _proposed(context, cycle, cycles.REOPEN, content, form.reason, fields=fields, objection=form.objection)
    return Redirect(
        n_("Proposed: an executive has to agree. Until then the cycle stays as it is."),
        then="decisions.one",
        values={"number": made.id},
    )


def _node_meant(context: RequestContext, typed: str) -> str:
    """A unit or employee as it is written out, or the employee whom a name or number means.

    Raises:
        Invalid: it means nobody, or several.
    """
    if Node.parse(typed) is not None:
        return typed
    return str(Node(NodeKind.EMPLOYEE, employee_meant(context.directory, typed, field="nodes") or typed))


@pages.act("/cycles/<int:cycle>/functions", may=Deed.KEEP_CYCLES, again="one")
def propose_function(context: RequestContext, cycle: int, form: FunctionForm) -> Redirect:
    """Propose that somebody is given a function of the cycle."""
    cycling.cycle_seen(context, cycle)
    content: dict[str, Any] = {
        "person": _person_meant(context, form.person.strip()),
        "function": form.function,
        "from": form.from_.isoformat(),
        "to": form.to.isoformat(),
    }
    if form.groups and form.function == CycleFunction.CALIBRATOR:
        content["groups"] = list(form.groups)
    fields = {f"content/{name}": name for name in content} | {"reason": "function_reason"}
    made = _proposed(context, cycle, cycles.APPOINT, content, form.function_reason, fields=fields)
    return Redirect(n_("Proposed: an executive has to agree."), then="decisions.one", values={"number": made.id})


def _person_meant(context: RequestContext, typed: str) -> str:
    """The number of the employee whom a name or number means; an e-mail as it was typed.

    Raises:
        Invalid: it means nobody, or several; then they are named.
    """
    if "@" in typed:
        return typed
    return employee_meant(context.directory, typed, field="person") or typed


def _proposed(
    context: RequestContext,
    cycle: int,
    kind: DecisionKind,
    content: Mapping[str, Any],
    reason: str,
    *,
    fields: Mapping[str, str],
    objection: int | None = None,
) -> Decision:
    """Propose it; what is wrong with a member stands at the field that it was typed into, and that nobody could agree to it on the page that follows.

    Raises:
        Invalid: what is proposed cannot be.
    """
    made = decided.proposed_by_form(
        context, kind, content, reason, cycle=str(cycle), fields=fields, objection=objection
    )
    if decided.nobody_checks(context, made):
        say(gettext(_NOBODY_CHECKS), "caution")
    return made

"""Objections of a cycle: what one objects to, the docket of whoever answers, hears or runs it, and each with all that was said about it.

A newcomer's usual mistake: to lead an objector to the cycle's page. They see their own result, and come back to it.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final, NamedTuple

from flask import url_for
from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field

from app import cascade, objecting, scoring
from app import cycle as cycles
from app.cascade import ToldTo
from app.cycle import OpenedCycle
from app.decisions import Decision, decision
from app.kit.refusals import NotThere
from app.objecting import TEXT_LENGTH_MAX, Case, Vote
from app.plain.findings import n_
from app.rules.objections import ObjectionAbout, ObjectionState, answers
from app.rules.permissions import Deed
from app.rules.stages import Stage
from app.rules.terms import Node, NodeKind
from app.scoring import State
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.forms import FormDay
from app.web.asked.grades_seen import grades_seen
from app.web.asked.request_context import RequestContext
from app.web.decisions import decided
from app.web.decisions import objecting as docket
from app.web.decisions.decision_kinds import DECISION_KINDS
from app.web.results.my_results import told_move
from app.web.wording import words
from app.web.wording.naming import distinct_name, kpi_namer, who_named

pages: Final = Pages("objections")

_Text = Annotated[str, Field(max_length=TEXT_LENGTH_MAX)]


class DocketQuery(BaseModel):
    """What narrows the docket."""

    model_config = ConfigDict(frozen=True)

    state: ObjectionState | None = None


class ObjectionWishQuery(BaseModel):
    """What one is about to object to."""

    model_config = ConfigDict(frozen=True)

    about: ObjectionAbout = ObjectionAbout.FIGURE
    kpi: Annotated[str, Field(max_length=40)] = ""


class ObjectionForm(BaseModel):
    """What one objects to, and why; of hr for whom, and on which day it came."""

    model_config = ConfigDict(frozen=True)

    about: ObjectionAbout
    kpi: Annotated[str, Field(max_length=40)] = ""
    text: _Text = ""
    on_behalf_of: Annotated[str, Field(max_length=40)] = ""
    received_on: FormDay | None = None


class ObjectionAnswerForm(BaseModel):
    """Whether it is granted, and why."""

    model_config = ConfigDict(frozen=True)

    granted: bool
    text: _Text = ""


class AppealForm(BaseModel):
    """Why the answer is not right."""

    model_config = ConfigDict(frozen=True)

    text: _Text = ""


class VoteForm(BaseModel):
    """Whether one grants it, and why."""

    model_config = ConfigDict(frozen=True)

    grant: bool
    text: _Text = ""


class NoEffectForm(BaseModel):
    """Why nothing changes."""

    model_config = ConfigDict(frozen=True)

    reason: Annotated[str, Field(max_length=2000)] = ""


class DocketRow(NamedTuple):
    """An objection in the docket: whose, by name; who has answered or decided it; whom it waits for; whether that is who reads."""

    case: Case
    name: str
    decided_by: str
    waits_for: tuple[str, ...]
    is_mine: bool


def _waits_for(context: RequestContext, case: Case) -> tuple[str, ...]:
    """Whom an objection waits for, by name; of the committee only whoever reads all of it is told who."""
    told = docket.as_json(context, case)["who"]
    return tuple(_committee() if who == "committee" else who_named(context, who) for who in told)


def _decided_by(context: RequestContext, case: Case) -> str:
    """Who has answered an objection, or the committee once it went there; nothing before."""
    answer = case.objection.answer
    if case.objection.votes and case.state is not ObjectionState.APPEALED:
        return _committee()
    return "" if answer is None else who_named(context, answer.person)


def _committee() -> str:
    return str(gettext(n_("the committee")))


@pages.read("/cycles/<int:cycle>/objections", may=Deed.SEE_OBJECTIONS)
def listed(context: RequestContext, cycle: int, query: DocketQuery) -> Page:
    """The objections that who asks sees, those that wait for them first. Queries: constant."""
    cases = docket.cases_seen(context, cycle)
    runs = context.allowed(Deed.RUN_CYCLE)
    if not cases and not docket.lists_docket(context, cycle):
        raise NotThere
    some = [one for one in cases if query.state in {None, one.state}]
    rows = [
        DocketRow(
            one,
            distinct_name(context, Node(NodeKind.EMPLOYEE, one.objection.employee)),
            _decided_by(context, one),
            _waits_for(context, one),
            objecting.waits_for(one, context.viewer),
        )
        for one in some
    ]
    rows.sort(key=lambda row: not row.is_mine)
    return Page(
        "pages/objections.html",
        cycle=cycle,
        query=query,
        rows=rows,
        states=[(one, sum(case.state is one for case in cases)) for one in ObjectionState],
        total=len(cases),
        kpi=kpi_namer(context),
        words=words,
        runs=runs,
        knows_cycle=_knows_cycle(context, cycle),
    )


def _knows_cycle(context: RequestContext, cycle: int) -> bool:
    """Whether the page of the cycle is for who asks."""
    return context.allowed(Deed.SEE_CYCLES) or any(one.cycle == cycle for one in context.viewer.functions)


@pages.read("/cycles/<int:cycle>/objections/new", may=Deed.SEE_OBJECTIONS)
def new(context: RequestContext, cycle: int, query: ObjectionWishQuery) -> Page:
    """The form by which one objects to what one was told; hr writes down what came from others. Queries: constant.

    Raises:
        NotThere: who asks was told nothing of the cycle, and is not of hr.
    """
    opened = cycles.opened_cycle(context.connection, cycle)
    number, runs = context.viewer.employee, context.allowed(Deed.RUN_CYCLE)
    told = {} if number is None or opened is None else cascade.told_to(context.connection, cycle, number)
    to = told.get(number or "")
    if opened is None or (to is None and not (runs and opened.stage in cycles.TOLD_IN)):
        raise NotThere
    loaded = scoring.state(context.connection)
    plan = loaded.plan(cycle)
    lines = plan.lines.get(Node(NodeKind.EMPLOYEE, number or ""), ())
    called = kpi_namer(context)
    everybody = cascade.told_to(context.connection, cycle) if runs else {}
    return Page(
        "pages/objection_new.html",
        cycle=cycle,
        query=query,
        to=to,
        until=None if to is None else _last_day(context, loaded, opened, to),
        kpis=[
            (code, called(cycle, code))
            for code in (plan.sheet.definitions.kpis if runs else (each.row.kpi for each in lines))
        ],
        abouts=[
            (one.value, gettext(words.OBJECTION_ABOUTS[one]))
            for one in _abouts(opened.stage)
            # HR does not know yet of whom they write.
            if one is not ObjectionAbout.IMPOSED or runs or _was_imposed(context, cycle, number)
        ],
        people=[(each, distinct_name(context, Node(NodeKind.EMPLOYEE, each))) for each in everybody if each != number],
        runs=runs,
        days=plan.sheet.definitions.policies.objections,
        most=TEXT_LENGTH_MAX,
    )


def _last_day(context: RequestContext, loaded: State, opened: OpenedCycle, to: ToldTo) -> dt.date | None:
    """Until when who was told may object to what may be objected to now. Queries: 2 at most."""
    if opened.stage is Stage.NOTIFIED:
        return cycles.last_day_of_window(to, loaded)
    return cycles.last_day_to_object_to_pay(context.connection, loaded, opened)


def _was_imposed(context: RequestContext, cycle: int, number: str | None) -> bool:
    """Whether somebody's scorecard holds because it was imposed. Queries: that of :func:`app.cascade.agreement_rows`."""
    node = Node(NodeKind.EMPLOYEE, number or "")
    rows = cascade.agreement_rows(context.connection, cycle, [node]).get(node)
    return rows is not None and bool(rows.versions) and rows.versions[-1].decision is not None


def _abouts(stage: Stage) -> list[ObjectionAbout]:
    """What may be objected to now: before the lock all but pay, after it pay alone."""
    is_open = stage is Stage.NOTIFIED
    return [one for one in ObjectionAbout if (one is not ObjectionAbout.PAY) is is_open]


_OF_A_LINE: Final = frozenset({ObjectionAbout.FIGURE, ObjectionAbout.DATA})
"""What is objected to in a line of a scorecard."""


@pages.act("/cycles/<int:cycle>/objections", may=Deed.OBJECT, again="new")
def raise_one(context: RequestContext, cycle: int, form: ObjectionForm) -> Redirect:
    """Object to what one was told."""
    case = docket.objected(
        context,
        cycle,
        about=form.about,
        # The form asks for a line only where there is one; what was chosen before is still sent.
        kpi=form.kpi or None if form.about in _OF_A_LINE else None,
        text=form.text,
        on_behalf_of=form.on_behalf_of or None,
        received_on=form.received_on if form.on_behalf_of else None,
    )
    return _then(case, n_("Your objection is on the docket: you read here what becomes of it."))


def _then(case: Case, message: str) -> Redirect:
    return Redirect(message, then="objections.one", values={"cycle": case.objection.cycle, "number": case.id})


class DecisionNaming(NamedTuple):
    """A decision that names an objection, and whether who reads may open it."""

    one: Decision
    title: str
    opens: bool


@pages.read("/cycles/<int:cycle>/objections/<int:number>", may=Deed.SEE_OBJECTIONS)
def one(context: RequestContext, cycle: int, number: int) -> Page:
    """An objection, how far it is and what was said, with the form of whoever is to act. Queries: constant."""
    case = docket.case_seen(context, cycle, number)
    objection, viewer = case.objection, context.viewer
    parts = docket.parts_of(context, cycle)(case)
    node = Node(NodeKind.EMPLOYEE, objection.employee)
    speaks = objecting.speaks_for_objector(case, viewer)
    sheet = scoring.state(context.connection).plan(cycle).sheet
    told, moves = sheet.told_of(cycle), sheet.moves_of(cycle)
    return Page(
        "pages/objection.html",
        cycle=cycle,
        case=case,
        objection=objection,
        node=node,
        name=distinct_name(context, node),
        kpi_name=None if objection.kpi is None else kpi_namer(context)(cycle, objection.kpi),
        parts=parts,
        said=docket.as_json(context, case),
        waits_for=_waits_for(context, case),
        answers=case.state is ObjectionState.OPEN and objecting.obstacle_to_answering(case, viewer) is None,
        appeals=speaks and case.state is ObjectionState.ANSWERED,
        votes=case.state is ObjectionState.APPEALED
        and case.committee.has_quorum
        and case.as_member(viewer) in case.to_vote,
        withdraws=speaks and case.state in {ObjectionState.OPEN, ObjectionState.ANSWERED, ObjectionState.APPEALED},
        gives_effect=case.state is ObjectionState.GRANTED and context.allowed(Deed.RUN_CYCLE) and not parts.owner,
        corrects=answers("correct", objection.about),
        calibration=_calibration(context, cycle, node, number) if objection.about is ObjectionAbout.GRADE else None,
        was_told=told.results.get(node),
        move=told_move(told, moves, node),
        shows_members=docket.shows_members(case, context, parts),
        naming=_naming(context, case),
        lines=_lines(context, cycle, node) if answers("override", objection.about) else [],
        called=lambda who: who_named(context, who),
        knows_cycle=_knows_cycle(context, cycle),
        days=scoring.state(context.connection).plan(cycle).sheet.definitions.policies.objections,
        most=TEXT_LENGTH_MAX,
        words=words,
    )


def _calibration(context: RequestContext, cycle: int, node: Node, number: int) -> str | None:
    """Where calibrators answer an objection to a grade: their group's page, with it chosen; None for whoever does not see that page. No queries."""
    result = scoring.state(context.connection).sheet.told_of(cycle).results.get(node)
    if result is None or result.group is None or not grades_seen(context, cycle).lists:
        return None
    return url_for("calibration.calibration", cycle=cycle, group=result.group, objection=number)


def _naming(context: RequestContext, case: Case) -> list[DecisionNaming]:
    """The decisions that name an objection, as far as the objector is told of them. Queries: 2 for each, of which there are few."""
    read = (decision(context.connection, number) for number in case.decisions)
    some = [each for each in read if each is not None]
    visible, titles = decided.visible_to(context), decided.titles(context, some)
    return [DecisionNaming(each, titles[each.id], visible(each)) for each in some]


def _lines(context: RequestContext, cycle: int, node: Node) -> list[tuple[str, str]]:
    """The lines of the objector about which something may be decided, by code and name. No queries."""
    called = kpi_namer(context)
    lines = scoring.state(context.connection).plan(cycle).lines.get(node, ())
    return [(each.row.kpi, called(cycle, each.row.kpi)) for each in lines]


@pages.act("/cycles/<int:cycle>/objections/<int:number>/answer", may=Deed.OBJECT, again="one")
def answer(context: RequestContext, cycle: int, number: int, form: ObjectionAnswerForm) -> Redirect:
    """Answer it, as who confirms."""
    case = docket.answered(context, cycle, number, granted=form.granted, text=form.text)
    granted = n_("Granted: HR proposes what follows from it, and the objector is told with the next notice.")
    return _then(case, granted if form.granted else n_("Refused: the objector may appeal to the committee."))


@pages.act("/cycles/<int:cycle>/objections/<int:number>/appeal", may=Deed.OBJECT, again="one")
def appeal(context: RequestContext, cycle: int, number: int, form: AppealForm) -> Redirect:
    """Go on to the committee."""
    return _then(docket.appealed(context, cycle, number, form.text), n_("The objection is before the committee."))


@pages.act("/cycles/<int:cycle>/objections/<int:number>/votes", may=Deed.OBJECT, again="one")
def vote(context: RequestContext, cycle: int, number: int, form: VoteForm) -> Redirect:
    """Vote, as a member of the committee."""
    return _then(docket.voted(context, cycle, number, Vote(form.grant, form.text)), n_("Your vote is counted."))


@pages.act("/cycles/<int:cycle>/objections/<int:number>/withdraw", may=Deed.OBJECT, again="one")
def withdraw(context: RequestContext, cycle: int, number: int) -> Redirect:
    """Take one's own objection back."""
    return _then(docket.withdrawn(context, cycle, number), n_("The objection is taken back."))


@pages.act("/cycles/<int:cycle>/objections/<int:number>/no-effect", may=Deed.DECIDE, again="one")
def no_effect(context: RequestContext, cycle: int, number: int, form: NoEffectForm) -> Redirect:
    """Propose that a granted objection changes nothing."""
    docket.case_seen(context, cycle, number)
    kind = DECISION_KINDS[cycles.NO_EFFECT.code]
    made = decided.proposed(context, kind, {}, form.reason, cycle=str(cycle), objection=number)
    return Redirect(
        n_("It is proposed: an approver of the cycle has to agree."), then="decisions.one", values={"number": made.id}
    )

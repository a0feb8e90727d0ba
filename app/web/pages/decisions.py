"""What two people must agree on: what waits for one's own agreement first, then all that one may see; and one decision with all that it moves."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Final, NamedTuple

from flask import url_for
from pydantic import BaseModel, ConfigDict, Field

from app import cascade, decisions, intake, scoring
from app import cycle as cycles
from app.cascade import TARGET_DECISIONS, WantedTarget
from app.decisions import Decision, DecisionFilter
from app.intake import Changed
from app.kit.refusals import Invalid, NotThere, at_field
from app.plain.findings import n_
from app.rules.deciding import DecisionState, Obstacle
from app.rules.permissions import Deed
from app.rules.terms import Name, Node
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked import cycling
from app.web.asked.request_context import RequestContext
from app.web.changes import changing
from app.web.cycles.as_if import as_if_now, coming_weights
from app.web.decisions import decided
from app.web.decisions.correcting import admitted_shown, adopted_shown
from app.web.decisions.decision_kinds import DECISION_KINDS
from app.web.results import paying
from app.web.sentences.effect_words import shown_effects
from app.web.sentences.grade_whys import grade_whys
from app.web.sentences.queues import QueuesShown, queues_shown
from app.web.wording.languages import kpi_name
from app.web.wording.naming import distinct_name
from app.web.wording.words import ACCEPTED, DECISION_STATES, ROLES

pages: Final = Pages("decisions")

SHOWN: Final = 100

_ALL: Final = "all"
"""In place of a kind: every one."""


IN_A_LINE: Final = frozenset({"master"})
"""The kinds that say all that they do in a line, and move nothing by themselves: several of them are agreed to at once."""

NONE_CHOSEN: Final = n_("No decision is chosen: choose those that you agree to.")


class DecisionsQuery(BaseModel):
    """What narrows the list, and which page of it."""

    model_config = ConfigDict(frozen=True)

    kind: Annotated[str, Field(max_length=20)] = ""
    state: DecisionState | None = None
    before: Annotated[int | None, Field(ge=1, lt=2**63)] = None


class ApprovalForm(BaseModel):
    """What was looked at."""

    model_config = ConfigDict(frozen=True)

    digest: Annotated[str, Field(max_length=64)]


class ApprovalsForm(BaseModel):
    """What was looked at of several: each a number and the sum of what was seen, a colon between them."""

    model_config = ConfigDict(frozen=True)

    decision: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[0-9]{1,18}:[0-9a-f]{64}$")], ...], Field(max_length=SHOWN)
    ] = ()


class RefusalForm(BaseModel):
    """Why not."""

    model_config = ConfigDict(frozen=True)

    reason: Annotated[str, Field(min_length=10, max_length=2000)]


@pages.read("/decisions", may=Deed.SEE_DECISIONS)
def listed(context: RequestContext, query: DecisionsQuery) -> Page:
    """Those that wait for me, and all that I may see. Queries: constant, but for what one may not see among a great many."""
    visible, is_for = decided.visible_to(context), decided.is_for(context)
    waiting: list[Decision] = []
    if query.before is None:
        waiting = decisions.decisions_of(
            context.connection,
            DecisionFilter(kinds=decided.checked_kinds(context), state=DecisionState.PROPOSED),
            visible=lambda one: visible(one) and is_for(one),
            limit=SHOWN,
        )
    takes_part = decided.takes_part(context)
    some = decisions.decisions_of(
        context.connection,
        DecisionFilter(
            kinds=_kinds(query.kind) if takes_part else None, state=query.state, reach=decided.reach_of(context)
        ),
        visible=visible,
        limit=SHOWN + 1,
        before=query.before,
    )
    shown = some[:SHOWN]
    return Page(
        "pages/decisions.html",
        waiting=waiting,
        in_a_line=[one for one in waiting if one.kind in IN_A_LINE],
        decisions=shown,
        titles=decided.titles(context, (*waiting, *shown)),
        people=context.directory.employees,
        following=shown[-1].id if len(some) > SHOWN else None,
        query=query,
        states=DECISION_STATES,
        kinds=decided.KIND_NAMES if takes_part else None,
    )


def _kinds(asked: str) -> frozenset[str] | None:
    """The kinds that are listed: what takes two people, where nothing else is asked for, since targets are set by the hundred."""
    if asked == _ALL:
        return None
    return frozenset({asked}) if asked else frozenset(code for code, kind in DECISION_KINDS.items() if not kind.deed)


@pages.read("/decisions/<int:number>", may=Deed.SEE_DECISIONS)
def one(context: RequestContext, number: int) -> Page:
    """One decision with all that it moves. Who opens it has seen that, which is written the first time."""
    decision = decided.found(context, number)
    is_open = decision.state is DecisionState.PROPOSED
    obstacle = None
    if is_open:
        obstacle = decisions.obstacle_for(
            context.connection,
            decided.kind_of(decision),
            decision,
            directory=context.directory,
            by=context.viewer,
            now=context.now,
        )
    may_agree = is_open and obstacle is None
    if may_agree and decision.effects and not decisions.has_seen(context.connection, decision.id, context.viewer):
        # Whoever opens it twice at one moment has seen it once.
        context.database.writing(
            Deed.SEE_DECISIONS,
            lambda connection: decisions.see_effects(connection, number, by=context.viewer, now=context.now),
        )
    change = intake.change_of_decision(context.connection, decision.id) if context.allowed(Deed.SEE_FILES) else None
    changed = None if change is None else intake.changed_rows(context.connection, change.id)
    weighed = None if changed is None or not is_open else coming_weights(context, changed)
    effects = decided.effects_of(context, decision)
    return Page(
        "pages/decision.html",
        # Who is to agree reads what whoever proposed it was told; it takes as long as scoring twice, so that nobody else waits for it.
        as_if=as_if_now(context, changed, coming=weighed, change=change)
        if weighed and changed is not None and may_agree
        else None,
        queues=None if changed is None or not may_agree else _queues(context, changed),
        decision=decision,
        title=decided.titles(context, [decision])[decision.id],
        happenings=() if change is None else changing.told(context, change, changed),
        coming=None
        if changed is None
        else intake.cycle_without_scorecards(context.connection, changed, today=context.today),
        effects=shown_effects(context, effects, by_people=grade_whys(context, decision)),
        is_hidden=bool(decision.effects) and not effects,
        run_at=_run_at(context, decision),
        price=_price(context, decision),
        states=DECISION_STATES,
        roles=ROLES,
        people=context.directory.employees,
        called=lambda text: distinct_name(context, Node.known(text)),
        sees_cycle=bool(decision.cycle)
        and decision.kind != TARGET_DECISIONS
        and any(str(one.cycle) == decision.cycle for one in cycling.cycles_seen(context)),
        accepted=ACCEPTED,
        admitted=admitted_shown(context, decision.content) if decision.kind == scoring.CORRECT else (),
        adopted=adopted_shown(decision.content) if decision.kind == scoring.CORRECT else (),
        about=_about(context, decision),
        targets=_targets(context, decision) if decision.kind == TARGET_DECISIONS else None,
        may_agree=may_agree,
        may_withdraw=is_open and obstacle is Obstacle.SAME_PERSON,
        hindrance=None if obstacle is None else decisions.refusal_for(obstacle).message,
    )


def _run_at(context: RequestContext, decision: Decision) -> str | None:
    """Where who asks reads what a pay run pays that was agreed to; None of any other decision. Queries: those of :func:`app.web.results.paying.sees_runs`."""
    if decision.kind != cycles.PAY_RUN.code or decision.state is not DecisionState.APPROVED:
        return None
    cycle = int(decision.cycle or 0)
    return url_for("pay.listed", cycle=cycle, run=decision.content["run"]) if paying.sees_runs(context, cycle) else None


def _queues(context: RequestContext, changed: Changed) -> QueuesShown | None:
    """For whom entries would wait, for whoever is to agree; None where the set has errors by now, so that it cannot be told."""
    judged = intake.check_change(context.connection, changed)
    if judged.judged is None or not judged.is_right:
        return None
    return queues_shown(context, judged.judged, changed.rows)


class PriceShown(NamedTuple):
    """What the pay among a decision's effects was worked out by: the agency's own grade, what that pays in percent, and whether there was a pool."""

    grade: str
    rate: Decimal
    has_pool: bool
    is_ministrys: bool
    """Whether it is the ministry's result; else the policy's, which stands as long as there is none."""


_PAYING: Final = frozenset({"pay_run", "clawback"})
"""The kinds whose pay is what is paid, and not what grades would come to."""


def _price(context: RequestContext, decision: Decision) -> PriceShown | None:
    """By what the pay was worked out when the decision was proposed: later results and runs do not change what stands here.

    None where it moves no pay, says itself what is paid, or is of no cycle. Queries: 2.
    """
    moves_pay = any(one.member == "pay" for one in decision.effects)
    if not moves_pay or decision.kind in _PAYING or decision.cycle is None:
        return None
    loaded = scoring.state(context.connection)
    result = cycles.institution_of(context.connection, loaded, decision.cycle_year, before=decision.maker.at)
    policy = loaded.plan(decision.cycle_year).sheet.definitions.policies.pay
    if result is None:
        return PriceShown(
            policy.institution_grade, policy.institution_rate, policy.pool is not None, is_ministrys=False
        )
    return PriceShown(result.grade, result.rate, result.pool is not None, is_ministrys=True)


class AboutShown(NamedTuple):
    """The scorecard or line of an opened cycle that a decision is about: its page, and whose it is."""

    address: str
    name: Name | str


def _about(context: RequestContext, decision: Decision) -> AboutShown | None:
    """Where whoever is to agree looks at what it is about; None where it is about nothing of the kind, or not theirs to see. No queries."""
    node = Node.parse(str(decision.content.get("node")))
    if node is None or decision.kind == TARGET_DECISIONS:
        return None
    name = distinct_name(context, node)
    if "kpi" not in decision.content:
        page, deed, more = "cycle_scorecard.scorecard", Deed.SIGN_SCORECARD, {}
    else:
        page, deed, more = "derivation.derivation", Deed.SEE_DERIVATION, {"kpi": decision.content["kpi"]}
    seen = context.allowed(deed, node)
    return AboutShown(url_for(page, node=node, cycle=decision.cycle, **more), name) if seen else None


class SetTargets(NamedTuple):
    """The targets of a decision that sets some: whose they are, and what of each KPI."""

    node: Node
    whose: Name | str
    lines: tuple[WantedTarget, ...]
    kpi_name: Callable[[str], str]


def _targets(context: RequestContext, decision: Decision) -> SetTargets:
    cycle = int(decision.cycle or 0)
    lines = tuple(cascade.targets_of(cycle, decision.content))
    kpis = scoring.state(context.connection).sheet.definitions.kpis
    node = lines[0].node
    whose = distinct_name(context, node)
    return SetTargets(node, whose, lines, lambda code: kpi_name(kpis, code, cycle))


def _prepared(context: RequestContext, number: int, form: ApprovalForm) -> None:
    """What takes long of it is worked out before others have to wait."""
    del form
    one = decided.found(context, number)
    decided.prepared(context, decided.kind_of(one), one.cycle, to_check=True)


@pages.act("/decisions/<int:number>/approve", may=Deed.DECIDE, again="one", before=_prepared)
def approve(context: RequestContext, number: int, form: ApprovalForm, looked_up: object) -> Redirect:
    """Agree: it is done from now on."""
    del looked_up
    decided.approved(context, number, form.digest)
    return Redirect(n_("You have agreed: it holds from now on."), then="decisions.one", values={"number": number})


@pages.act("/decisions/approve", may=Deed.DECIDE, again="listed")
def approve_several(context: RequestContext, form: ApprovalsForm) -> Redirect:
    """Agree to several that say all that they do in their title; where one cannot be agreed to, to none."""
    if not form.decision:
        raise Invalid(at_field("decision", "none", NONE_CHOSEN))
    for one in form.decision:
        number, _, digest = one.partition(":")
        if decided.found(context, int(number)).kind not in IN_A_LINE:
            raise NotThere
        decided.approved(context, int(number), digest)
    return Redirect(
        n_("You have agreed to what was ticked (%(count)s): it holds from now on."),
        then="decisions.listed",
        parameters={"count": len(form.decision)},
    )


@pages.act("/decisions/<int:number>/refuse", may=Deed.DECIDE, again="one")
def refuse(context: RequestContext, number: int, form: RefusalForm) -> Redirect:
    """Say no, and why."""
    decided.refused(context, number, form.reason)
    return Redirect(n_("Refused: nothing was changed."), then="decisions.one", values={"number": number})


@pages.act("/decisions/<int:number>/withdraw", may=Deed.DECIDE, again="one")
def withdraw(context: RequestContext, number: int) -> Redirect:
    """Take it back."""
    decided.withdrawn(context, number)
    return Redirect(n_("Withdrawn: nothing was changed."), then="decisions.one", values={"number": number})

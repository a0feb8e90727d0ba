"""Deciding about a line of an opened cycle: what it is by itself and by decision, what a further decision would move, and the form that proposes it.

Do not weigh here: what it moves is what the decision itself would be told, by the same functions (app/cycle/year/line_deciding.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, NamedTuple

from flask import url_for
from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field

from app import access, scoring
from app import cycle as cycles
from app.cycle import OpenedCycle
from app.decisions import DecisionKind
from app.kit.refusals import Invalid, NotThere, Refusal, at_field
from app.plain.findings import Finding, n_
from app.rules.deciding import ordered_effects
from app.rules.line_decisions import MEMBERS, UNDECIDED, LineDecision, LineDecisionKind, takes_figure
from app.rules.permissions import Deed
from app.rules.targets import SPREAD_METHODS
from app.rules.terms import CycleFunction, Node
from app.scoring import ScoreQuery
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.cycles import deciding
from app.web.decisions import decided
from app.web.sentences.effect_words import Moves, effects_seen, shown_effects
from app.web.wording import words
from app.web.wording.languages import kpi_name
from app.web.wording.naming import distinct_name, person_named
from app.web.wording.typed_numbers import read_number

pages: Final = Pages("line_decision")

_Text = Annotated[str, Field(max_length=40)]
_KINDS: Final[Mapping[str, DecisionKind]] = {kind.code: kind for kind in (*cycles.LINE_KINDS, cycles.LIFT)}
_FIELDS: Final = {f"content/{name}": name for name in ("member", "value", "year", "cause")} | {
    "content/kpi": "kind",
    "content/decision": "kind",
    "objection": "kind",
}


class LineQuery(BaseModel):
    """What is to be decided, as it is typed; with nothing chosen the line is looked at alone."""

    model_config = ConfigDict(frozen=True)

    kind: _Text = ""
    member: _Text = ""
    value: _Text = ""
    year: _Text = ""
    cause: _Text = ""
    decision: _Text = ""
    objection: Annotated[int | None, Field(ge=1, lt=2**31)] = None
    """The granted one that it gives effect to."""


class ReasonedForm(BaseModel):
    """Why."""

    model_config = ConfigDict(frozen=True)

    reason: Annotated[str, Field(max_length=2000)]


class DecisionShown(NamedTuple):
    """A decision that holds, in words."""

    one: LineDecision
    what: str
    maker: str
    checker: str


def _content(query: LineQuery, node: Node, kpi: str) -> dict[str, Any]:
    """What the form says, as it is proposed.

    Raises:
        Invalid: a figure that cannot be read as one.
    """
    if query.kind == cycles.LIFT.code:
        return {"decision": int(query.decision) if query.decision.isdecimal() else 0}
    content: dict[str, Any] = {"node": str(node), "kpi": kpi}
    if query.cause.strip():
        content["cause"] = query.cause.strip()
    if query.kind == LineDecisionKind.EXCLUDE_YEAR:
        content["year"] = query.year.strip()
    if query.kind == LineDecisionKind.OVERRIDE:
        number = read_number(query.value.strip(), field="value")
        if isinstance(number, Finding):
            raise Invalid(number)
        content |= {"member": query.member, "value": f"{number:f}"}
    return content


def _opened(context: RequestContext, cycle: int, node: Node, kpi: str) -> OpenedCycle:
    """The opened cycle of a line whose derivation the person sees. Queries: 1.

    Raises:
        NotThere: nobody has opened it, or there is no such line, or not for this person.
    """
    opened = cycles.opened_cycle(context.connection, cycle)
    sheet = scoring.state(context.connection).sheet
    if opened is None or sheet.line(cycle, node, kpi) is None or not context.allowed(Deed.SEE_DERIVATION, node):
        raise NotThere
    return opened


@pages.read("/cycles/<int:cycle>/lines/<node:node>/<kpi>", may=Deed.SEE_DERIVATION)
def line(context: RequestContext, cycle: int, node: Node, kpi: str, query: LineQuery) -> Page:
    """The line, what was decided about it, and what a further decision would move. Queries: constant."""
    opened = _opened(context, cycle, node, kpi)
    loaded = scoring.state(context.connection)
    if not deciding.decides_about(context, loaded, cycle, node):
        raise NotThere
    plan = loaded.plan(cycle)
    asked = ScoreQuery(cycle, context.today)
    (card,) = scoring.scorecards(context.connection, asked, [node], loaded=loaded)
    moves, problems = _weighed(context, opened, node, kpi, query)
    if problems:
        context.typed = replace(context.typed, findings=problems, is_search=True)
    versions = plan.sheet.definitions.kpis[kpi]
    methods = {one.method.name for one in (versions.version(cycle), versions.before(cycle)) if one is not None}
    return Page(
        "pages/line_decision.html",
        cycle=cycle,
        node=node,
        kpi=kpi,
        name=distinct_name(context, node),
        kpi_name=kpi_name(plan.sheet.definitions.kpis, kpi, cycle),
        version=versions.version(cycle),
        shown=next(one for one in card.lines if one.kpi == kpi),
        holding=_holding(context, cycle, node, kpi),
        query=query,
        kinds=[
            (code, gettext(words.LINE_DECISIONS[code]))
            for code in LineDecisionKind
            if code != "exclude_year" or methods & SPREAD_METHODS
        ],
        members=[(one, gettext(words.LINE_MEMBERS[one])) for one in MEMBERS if takes_figure(methods, one)],
        moves=moves,
        approvers=[
            person_named(context, email)
            for email in access.holders_of(
                context.connection,
                context.directory,
                cycle=cycle,
                function=CycleFunction.APPROVER,
                day=context.today,
            )
        ],
        proposing=url_for(
            "line_decision.propose", cycle=cycle, node=node, kpi=kpi, **query.model_dump(exclude_defaults=True)
        ),
        words=words,
    )


def _weighed(
    context: RequestContext, opened: OpenedCycle, node: Node, kpi: str, query: LineQuery
) -> tuple[Moves | None, tuple[Finding, ...]]:
    """What the decision would move, or why it cannot be; neither where none is chosen. Queries: those of scoring everybody."""
    kind = _KINDS.get(query.kind)
    if kind is None:
        return None, ()
    connection, cycle = context.connection, str(opened.cycle)
    try:
        read = kind.read(connection, _content(query, node, kpi), cycle, context.today)
        effects = ordered_effects(kind.effects(connection, read.content, cycle, context.today))
    except Refusal as refusal:
        told = refusal.findings or (at_field("kind", refusal.code, refusal.message, **refusal.parameters),)
        return None, tuple(decided.at_form_fields(told, _FIELDS))
    return shown_effects(context, effects_seen(context, effects, checks=False, cycle=opened.cycle)), ()


def _holding(context: RequestContext, cycle: int, node: Node, kpi: str) -> list[DecisionShown]:
    """The decisions about the line that hold, the latest first."""
    people = context.directory.employees

    def who(person: str) -> str:
        return people[person].name if person in people else person

    about = scoring.state(context.connection).sheet.decided_line(cycle, node, kpi) or UNDECIDED
    return [
        DecisionShown(one, words.LINE_DECISIONS[one.kind], who(one.maker), who(one.checker))
        for one in reversed(about.decisions)
    ]


@pages.act("/cycles/<int:cycle>/lines/<node:node>/<kpi>", may=Deed.DECIDE, again="line")
def propose(
    context: RequestContext, cycle: int, node: Node, kpi: str, query: LineQuery, form: ReasonedForm
) -> Redirect:
    """Propose what was looked at."""
    _opened(context, cycle, node, kpi)
    kind = _KINDS.get(query.kind)
    if kind is None:
        raise NotThere
    content = _content(query, node, kpi)
    made = decided.proposed_by_form(
        context, kind, content, form.reason, cycle=str(cycle), fields=_FIELDS, objection=query.objection
    )
    return Redirect(
        n_("Proposed: an approver of the cycle has to agree."), then="decisions.one", values={"number": made.id}
    )

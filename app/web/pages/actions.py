"""Actions on lines that do badly: those that are open, one of them, and the form that opens another (contract-cycle, 5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple

from flask import url_for
from pydantic import BaseModel, ConfigDict, Field

from app import scoring
from app.cycle import Action, ActionWish
from app.kit.refusals import NotThere
from app.plain.findings import n_
from app.plain.texts import trimmed
from app.rules.definitions import KpiVersion
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.scoring import CyclePlan, ScoreQuery
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.forms import FormDay
from app.web.asked.request_context import RequestContext
from app.web.changes.account_person import employee_meant
from app.web.cycles import acting
from app.web.lists.list_order import Order, by_words, in_order, page_shown
from app.web.wording.naming import distinct_name, kpi_named, kpi_namer, node_named, person_named

pages: Final = Pages("actions")


PAGE_ROWS: Final = 100


class ActionsListQuery(BaseModel):
    """In which order, and which page."""

    model_config = ConfigDict(frozen=True)

    sort: Literal["", "line", "kpi", "owner", "due", "state"] = ""
    """Without a word those that are open first, what is due first."""
    order: Order = "up"
    page: Annotated[int, Field(ge=1, le=100_000)] = 1


class NewQuery(BaseModel):
    """Of which line."""

    model_config = ConfigDict(frozen=True)

    node: Annotated[str, Field(max_length=60)] = ""
    kpi: Annotated[str, Field(max_length=60)] = ""


class ActionForm(BaseModel):
    """Why the line does badly, what is done, by whom, and until when."""

    model_config = ConfigDict(frozen=True)

    node: Annotated[str, Field(max_length=60)]
    kpi: Annotated[str, Field(max_length=60)]
    cause: Annotated[str, Field(max_length=2000)] = ""
    measure: Annotated[str, Field(max_length=2000)] = ""
    owner: Annotated[str, Field(max_length=200)] = ""
    due_on: FormDay


class ResultForm(BaseModel):
    """What came of it."""

    model_config = ConfigDict(frozen=True)

    result: Annotated[str, Field(max_length=2000)] = ""


@pages.read("/actions", may=Deed.SEE_ACTIONS)
def listed(context: RequestContext, query: ActionsListQuery) -> Page:
    """The actions that one sees, those that are open first. Queries: constant."""
    every = sorted(acting.actions_seen(context), key=_urgency)
    kpi_name = kpi_namer(context)
    shown = page_shown(
        in_order(every, _columns(context, kpi_name).get(query.sort), order=query.order), query.page, size=PAGE_ROWS
    )
    return Page(
        "pages/actions.html",
        actions=shown.rows,
        shown=shown,
        total=len(every),
        query=query,
        parameters=query.model_dump(exclude_defaults=True, exclude={"page"}),
        name=lambda one: distinct_name(context, one.node),
        kpi_name=lambda one: kpi_name(one.cycle, one.kpi),
        person=lambda code: person_named(context, code),
    )


def _urgency(one: Action) -> tuple[bool, dt.date]:
    """Those that are open first, what is due first."""
    return (not one.is_open, one.due_on)


def _columns(context: RequestContext, kpi_name: Callable[[int, str], str]) -> Mapping[str, Callable[[Action], Any]]:
    """What the list is sorted by, in the words that its reader sees."""
    return {
        "line": by_words(lambda one: distinct_name(context, one.node)),
        "kpi": by_words(lambda one: kpi_name(one.cycle, one.kpi)),
        "owner": by_words(lambda one: person_named(context, one.owner)),
        "due": lambda one: one.due_on,
        "state": lambda one: (not one.is_open, one.due_on >= context.today),
    }


@pages.read("/actions/new", may=Deed.SEE_ACTIONS)
def new(context: RequestContext, query: NewQuery) -> Page:
    """The form of an action on a line. Queries: constant.

    Raises:
        NotThere: no line is named, or one that is not this person's to do something about.
    """
    node = Node.parse(query.node)
    if node is None or not acting.may_open(context, node):
        raise NotThere
    plan = acting.cycle_of_line(context, node)
    if query.kpi not in {one.row.kpi for one in plan.lines[node]}:
        raise NotThere
    return Page(
        "pages/action_new.html",
        node=node,
        kpi=query.kpi,
        cycle=plan.cycle,
        name=distinct_name(context, node),
        kpi_name=kpi_named(context, plan.cycle, query.kpi),
        line=_line(context, plan, node, query.kpi),
        owner=_owner_offered(context),
        offers=url_for("log_activity.colleagues") if context.allowed(Deed.LOG_ACTIVITY) else "",
    )


class LineThere(NamedTuple):
    """The line that an action is about, as its scorecard shows it today."""

    actual: str | None
    goal: str | None
    """The target, or where there is none the base value."""
    is_target: bool
    score: float | None
    projected: float | None
    version: KpiVersion


def _line(context: RequestContext, plan: CyclePlan, node: Node, kpi: str) -> LineThere:
    """How a line stands. Queries: those of :func:`app.scoring.scorecards`."""
    asked = ScoreQuery(plan.cycle, context.today)
    loaded = scoring.state(context.connection)
    [card] = scoring.scorecards(context.connection, asked, [node], loaded=loaded)
    line = next(one for one in card.lines if one.kpi == kpi)
    version = plan.sheet.definitions.kpis[kpi].version(plan.cycle)
    goal = line.base if line.target is None else line.target
    return LineThere(line.actual, goal, line.target is not None, line.score, line.projected_score, version)


def _owner_offered(context: RequestContext) -> str:
    """Whoever opens an action, by name and number; nothing of who is no employee."""
    number = context.viewer.employee
    return "" if number is None else f"{node_named(context, Node(NodeKind.EMPLOYEE, number))} ({number})"


@pages.act("/actions", may=Deed.KEEP_ACTIONS, again="new")
def open_one(context: RequestContext, form: ActionForm) -> Redirect:
    """Open an action."""
    node = Node.parse(form.node)
    if node is None:
        raise NotThere
    owner = employee_meant(context.directory, trimmed(form.owner) or None, field="owner") or ""
    made = acting.opened(context, ActionWish(node, form.kpi, form.cause, form.measure, owner, form.due_on))
    return Redirect(
        n_("The action is open: it stays on the first page of whoever does it until it is closed."),
        then="actions.one",
        values={"number": made.id},
    )


@pages.read("/actions/<int:number>", may=Deed.SEE_ACTIONS)
def one(context: RequestContext, number: int) -> Page:
    """One action, with the form that closes it. Queries: constant."""
    seen: Action = acting.action_seen(context, number)
    return Page(
        "pages/action.html",
        action=seen,
        name=distinct_name(context, seen.node),
        kpi_name=kpi_named(context, seen.cycle, seen.kpi),
        person=lambda code: person_named(context, code),
        may_close=acting.may_close(context, seen),
    )


@pages.act("/actions/<int:number>/close", may=Deed.KEEP_ACTIONS, again="one")
def close(context: RequestContext, number: int, form: ResultForm) -> Redirect:
    """Say what came of it."""
    acting.closed(context, number, form.result)
    return Redirect(n_("The action is closed."), then="actions.one", values={"number": number})

"""The goal tree, a level at a time: from a strategic goal down to those who move it, and from a line up to its goal.

Do not leave out what a person may not see: it is counted, without its name.
"""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict

from app import scoring
from app.kit.refusals import NotThere
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.rules.terms import Node
from app.scoring import CyclePlan, State
from app.web import words
from app.web.asking import ScoreParameters, asked_of
from app.web.rendering import Page
from app.web.request_context import RequestContext
from app.web.routing import Pages

pages: Final = Pages("goals")

LINK_NAMES: Final = {
    "identical": n_("identical"),
    "contributory": n_("contributory"),
    "shared": n_("shared"),
    "unique": n_("unique"),
}
"""How a line hangs on the one above it (domain.md, section 4)."""


class GoalsQuery(BaseModel):
    """Of which cycle."""

    model_config = ConfigDict(frozen=True)

    cycle: int | None = None


@pages.read("/goals", may=Deed.SEE_GOALS)
def goals(context: RequestContext, query: GoalsQuery) -> Page:
    """Goals, tasks and KPIs."""
    loaded, plan = _plan(context, query)
    return Page(
        "pages/goals.html",
        goals=scoring.goal_levels(plan, sees=context.sees(Deed.SEE_GOALS)),
        own=[] if context.viewer.employee is None else _own(plan, context.viewer.employee),
        cycle=plan.cycle,
        cycles=sorted({*loaded.sheet.cycles, plan.cycle}),
        words=words,
        kpi_name=_namer(plan),
    )


@pages.read("/goals/kpis/<kpi>", may=Deed.SEE_GOALS)
def kpi(context: RequestContext, kpi: str, query: GoalsQuery) -> Page:
    """A KPI's topmost lines."""
    _, plan = _plan(context, query)
    level = scoring.kpi_level(plan, kpi=kpi, sees=context.sees(Deed.SEE_GOALS))
    if level is None:
        raise NotThere
    definitions = plan.sheet.definitions
    return Page(
        "pages/goal_kpi.html",
        level=level,
        goal=definitions.goal_of(level.version.goal),
        task=definitions.task(level.version.goal),
        cycle=plan.cycle,
        words=words,
        link_names=LINK_NAMES,
        kpi_name=_namer(plan),
    )


@pages.read("/goals/<node:node>/<kpi>", may=Deed.SEE_GOALS)
def line(context: RequestContext, node: Node, kpi: str, query: GoalsQuery) -> Page:
    """A line: up to its goal, down to those who move it."""
    _, plan = _plan(context, query)
    sees = context.sees(Deed.SEE_GOALS)
    level = scoring.line_level(plan, node=node, kpi=kpi, sees=sees)
    if level is None:
        raise NotThere
    return Page(
        "pages/goal_line.html",
        level=level,
        sees=sees,
        cycle=plan.cycle,
        words=words,
        link_names=LINK_NAMES,
        kpi_name=_namer(plan),
    )


def _plan(context: RequestContext, query: GoalsQuery) -> tuple[State, CyclePlan]:
    loaded = scoring.state(context.connection)
    return loaded, loaded.plan(asked_of(loaded, ScoreParameters(cycle=query.cycle), context.today).cycle)


def _own(plan: CyclePlan, number: str) -> list[tuple[Node, scoring.DisplayLine]]:
    node = Node.parse(f"employee:{number}")
    return [] if node is None else [(node, one) for one in plan.lines.get(node, ())]


def _namer(plan: CyclePlan) -> object:
    kpis = plan.sheet.definitions.kpis
    return lambda code, language: kpis[code].version(plan.cycle).name.in_language(language) if code in kpis else code

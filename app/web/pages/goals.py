"""The goal tree, a level at a time: from a strategic goal down to those who move it, and from a line up to its goal.

Do not leave out what a person may not see: it is counted, without its name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from pydantic import BaseModel, ConfigDict

from app import scoring
from app.cascade import Line
from app.exports import goals_export
from app.kit.refusals import NotThere
from app.rules.permissions import Deed
from app.rules.terms import Node
from app.scoring import CyclePlan, ScoreQuery, State
from app.web.answer.downloads import ReasonedExport, reasoned_file
from app.web.answer.rendering import Download, Page
from app.web.answer.routing import Pages
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.decisions.asking import ScoreParameters, asked_of
from app.web.lists.leading import chosen_lead
from app.web.wording import words
from app.web.wording.file_words import file_words
from app.web.wording.languages import named

pages: Final = Pages("goals")


class GoalsQuery(BaseModel):
    """Of which cycle."""

    model_config = ConfigDict(frozen=True)

    cycle: int | None = None


@pages.read("/goals", may=Deed.SEE_GOALS)
def goals(context: RequestContext, query: GoalsQuery) -> Page:
    """Goals, tasks and KPIs."""
    loaded, asked = _asked(context, query)
    plan = loaded.plan(asked.cycle)
    return Page(
        "pages/goals.html",
        goals=scoring.goal_levels(
            context.connection,
            loaded=loaded,
            asked=asked,
            sees=context.sees(Deed.SEE_GOALS),
            since=_shown_since(plan, asked),
        ),
        since=scoring.compared_day(plan, asked.day),
        own=[] if context.viewer.employee is None else _own(plan, context.viewer.employee),
        cycle=plan.cycle,
        outlook=plan.outlook(asked.day),
        cycles=sorted({*loaded.sheet.cycles, plan.cycle}),
        words=words,
        kpi_name=_namer(plan),
        parent_name=_parent_namer(plan),
        exports=context.allowed(Deed.EXPORT_GOALS),
    )


@pages.act("/goals", may=Deed.EXPORT_GOALS, again="goals", transaction=False, lane=Lane.FILE)
def export_goals(context: RequestContext, query: GoalsQuery, form: ReasonedExport) -> Download:
    """The lines of all units, and of people those that hang on no line of the same KPI, as a file."""
    return _file(context, query, form, kpi=None, node=None)


@pages.read("/goals/kpis/<kpi>", may=Deed.SEE_GOALS)
def kpi(context: RequestContext, kpi: str, query: GoalsQuery) -> Page:
    """A KPI's topmost lines."""
    loaded, asked = _asked(context, query)
    plan = loaded.plan(asked.cycle)
    level = scoring.kpi_level(
        context.connection,
        loaded=loaded,
        asked=asked,
        kpi=kpi,
        sees=context.sees(Deed.SEE_GOALS),
        since=_shown_since(plan, asked),
    )
    if level is None:
        raise NotThere
    definitions = plan.sheet.definitions
    return Page(
        "pages/goal_kpi.html",
        level=level,
        goal=definitions.goal_of(level.version.goal),
        task=definitions.task(level.version.goal),
        cycle=plan.cycle,
        outlook=plan.outlook(asked.day),
        words=words,
        link_names=words.LINK_TERMS,
        kpi_name=_namer(plan),
        exports=context.allowed(Deed.EXPORT_GOALS),
    )


@pages.act("/goals/kpis/<kpi>", may=Deed.EXPORT_GOALS, again="kpi", transaction=False, lane=Lane.FILE)
def export_kpi(context: RequestContext, kpi: str, query: GoalsQuery, form: ReasonedExport) -> Download:
    """Every line of a KPI, people's too, as a file."""
    return _file(context, query, form, kpi=kpi, node=None)


@pages.read("/goals/<node:node>/<kpi>", may=Deed.SEE_GOALS)
def line(context: RequestContext, node: Node, kpi: str, query: GoalsQuery) -> Page:
    """A line: up to its goal, down to those who move it."""
    loaded, asked = _asked(context, query)
    sees = context.sees(Deed.SEE_GOALS)
    plan = loaded.plan(asked.cycle)
    level = scoring.line_level(
        context.connection,
        loaded=loaded,
        asked=asked,
        node=node,
        kpi=kpi,
        sees=sees,
        since=_shown_since(plan, asked),
    )
    if level is None:
        raise NotThere
    return Page(
        "pages/goal_line.html",
        level=level,
        sees=sees,
        cycle=plan.cycle,
        outlook=plan.outlook(asked.day),
        words=words,
        link_names=words.LINK_TERMS,
        kpi_name=_namer(plan),
        exports=context.allowed(Deed.EXPORT_GOALS, node),
    )


@pages.act("/goals/<node:node>/<kpi>", may=Deed.EXPORT_GOALS, again="line", transaction=False, lane=Lane.FILE)
def export_line(context: RequestContext, node: Node, kpi: str, query: GoalsQuery, form: ReasonedExport) -> Download:
    """A line and all that hangs on it as a file."""
    return _file(context, query, form, kpi=kpi, node=node)


def _asked(context: RequestContext, query: GoalsQuery) -> tuple[State, ScoreQuery]:
    loaded = scoring.state(context.connection)
    return loaded, asked_of(context, loaded, ScoreParameters(cycle=query.cycle))


def _shown_since(plan: CyclePlan, asked: ScoreQuery) -> dt.date | None:
    """The day from which on changes are read: none for a reader who has not chosen to see them."""
    return scoring.compared_day(plan, asked.day) if chosen_lead() == "change" else None


def _file(
    context: RequestContext, query: GoalsQuery, form: ReasonedExport, *, kpi: str | None, node: Node | None
) -> Download:
    """The file, with its row in the log of readings and on the trail: of the lines that the reader may have."""
    with context.read() as connection:
        loaded, asked = _asked(context, query)
        sees = context.sees(Deed.EXPORT_GOALS)
        rows = scoring.goal_rows(connection, loaded=loaded, asked=asked, sees=sees, kpi=kpi, node=node)
    if rows is None:
        raise NotThere
    narrowed = {"cycle": asked.cycle, "format": form.format} | ({"kpi": kpi} if kpi else {})
    narrowed |= {"node": str(node)} if node else {}
    # ":" has no place in the name of a file.
    name = "-".join(
        ("goals", *([str(node).replace(":", "-")] if node else []), *([kpi] if kpi else []), str(asked.cycle))
    )
    return reasoned_file(
        context,
        form,
        sheet=goals_export(file_words()).sheet(rows),
        name=name,
        what="goals",
        subject=None if node is None else str(node),
        asked=narrowed,
        rows=len(rows),
    )


def _own(plan: CyclePlan, number: str) -> list[tuple[Node, scoring.DisplayLine]]:
    node = Node.parse(f"employee:{number}")
    return [] if node is None else [(node, one) for one in plan.lines.get(node, ())]


def _namer(plan: CyclePlan) -> Callable[[str, str], str]:
    kpis = plan.sheet.definitions.kpis
    return lambda code, language: kpis[code].version(plan.cycle).name.in_language(language) if code in kpis else code


def _parent_namer(plan: CyclePlan) -> Callable[[Line, str], str]:
    """What writes the line above: whose it is, and of which KPI where that is another one."""
    kpi_name = _namer(plan)
    day = plan.day_within(dt.date.max)

    def parent_name(line: Line, language: str) -> str:
        if line.parent_node is None:
            return ""
        name = named(scoring.node_name(plan.frame.directory, line.parent_node, day))
        other = line.parent_kpi if line.parent_kpi != line.kpi else None
        return f"{name} ({kpi_name(other, language)})" if other else str(name)

    return parent_name

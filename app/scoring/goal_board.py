"""The goals as pages show them, a level at a time: goals, tasks and KPIs; a KPI's topmost lines; a line with what hangs on it; all with figures.

Do not draw the whole tree: of 1,300 people it is some 8,000 lines. Each level says how many stand below it. Nor look for
a KPI's lines at the roots alone: where a KPI contributes to another one, all its lines hang on that one's.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, NamedTuple, Self, TypeAlias

from sqlalchemy import Connection

from app import cascade
from app.cascade import GoalBranch, LineBranch, Served
from app.kit.kept import LruCache
from app.rules.definitions import Goal, Task
from app.rules.kpis import Kpi, KpiVersion, Translated
from app.rules.terms import Node, NodeKind
from app.scoring.board import node_name
from app.scoring.plan import CyclePlan
from app.scoring.planning import State
from app.scoring.scorecards import (
    LineScore,
    ScoreQuery,
    Scores,
    line_scores,
    projection_of_lines,
    score_of_lines,
    scores,
)
from app.scoring.trend import change_since

__all__ = [
    "GoalLevel",
    "GoalRow",
    "KpiLevel",
    "KpiOfCycle",
    "LineLevel",
    "ShownBranch",
    "TaskLevel",
    "goal_levels",
    "goal_rows",
    "kpi_level",
    "kpis_of_cycle",
    "line_level",
]

_Key: TypeAlias = tuple[Node, str]
"""Whose line, and of which KPI."""

_TREES: Final[LruCache[_Tree]] = LruCache(4)


@dataclass(frozen=True, slots=True)
class ShownBranch:
    """A line, how much hangs on it at all levels below, and its figures where they may be seen and were asked for."""

    branch: LineBranch
    name: str
    units: int
    employees: int
    figures: LineScore | None = None
    change: Decimal | None = None
    """How far the published score that it leads to has moved since the day asked; None without both."""


@dataclass(frozen=True, slots=True)
class KpiLevel:
    """A KPI with its topmost lines, which hang on no line of the same KPI: those that may be seen, and how many others there are."""

    kpi: Kpi
    version: KpiVersion
    lines: tuple[ShownBranch, ...]
    hidden: int
    count: int
    """On how many scorecards it stands."""
    employees: int
    """How many people move it: those in the branches of its lines."""
    lowest: float | None = None
    highest: float | None = None
    """Between which scores the topmost lines stand that may be seen."""


@dataclass(frozen=True, slots=True)
class TaskLevel:
    """A task with its KPIs."""

    task: Task
    kpis: tuple[KpiLevel, ...]


@dataclass(frozen=True, slots=True)
class GoalLevel:
    """A goal with its tasks."""

    goal: Goal
    tasks: tuple[TaskLevel, ...]


@dataclass(frozen=True, slots=True)
class KpiOfCycle:
    """A KPI of a cycle's goal tree, and the goal that it serves."""

    code: str
    name: Translated
    goal: Translated


@dataclass(frozen=True, slots=True)
class LineLevel:
    """A line: the way up to its goal, itself, and the lines directly below."""

    shown: ShownBranch
    version: KpiVersion
    up: tuple[tuple[Served, str], ...]
    below: tuple[ShownBranch, ...]
    hidden: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalRow:
    """A line as a file of goals has it: the goal and task of its KPI, whose it is, and its figures."""

    goal: Goal | None
    task: Task | None
    version: KpiVersion
    node: Node
    name: str
    above: Node | None
    above_name: str | None
    figures: LineScore


@dataclass(frozen=True, slots=True)
class _Tree:
    goals: tuple[GoalBranch, ...]
    branches: dict[_Key, LineBranch]
    moved_by: dict[_Key, tuple[frozenset[Node], frozenset[Node]]]
    topmost: Mapping[str, tuple[LineBranch, ...]]
    """By KPI, its lines that hang on no line of the same KPI."""
    count: Mapping[str, int]
    """By KPI, how many lines it has."""


def _tree(plan: CyclePlan) -> _Tree:
    """The tree of a cycle, made once for each load."""
    return _TREES.get_or_make((plan.sheet.token, plan.cycle), lambda: _grown(plan))


def _grown(plan: CyclePlan) -> _Tree:
    goals = cascade.goal_tree(plan.sheet, cycle=plan.cycle)
    branches: dict[_Key, LineBranch] = {}
    order: list[LineBranch] = [line for goal in goals for task in goal.tasks for kpi in task.kpis for line in kpi.lines]
    topmost: dict[str, list[LineBranch]] = {}
    for root in order:
        topmost.setdefault(root.line.kpi, []).append(root)
    for branch in order:  # It grows while it is walked: the whole tree, level by level.
        branches[branch.line.node, branch.line.kpi] = branch
        order.extend(branch.below)
        for child in branch.below:
            if child.line.kpi != branch.line.kpi:
                topmost.setdefault(child.line.kpi, []).append(child)
    moved: dict[_Key, tuple[frozenset[Node], frozenset[Node]]] = {}
    for branch in reversed(order):
        node = branch.line.node
        of_units = {node} if node.kind is NodeKind.UNIT else set()
        of_people = {node} if node.kind is NodeKind.EMPLOYEE else set()
        for child in branch.below:
            units, people = moved[child.line.node, child.line.kpi]
            of_units |= units
            of_people |= people
        moved[node, branch.line.kpi] = (frozenset(of_units), frozenset(of_people))
    return _Tree(
        goals,
        branches,
        moved,
        {kpi: tuple(lines) for kpi, lines in topmost.items()},
        Counter(kpi for _node, kpi in branches),
    )


def kpis_of_cycle(plan: CyclePlan) -> tuple[KpiOfCycle, ...]:
    """The KPIs that the goal tree of a cycle has, each with the goal that it serves. Queries: none."""
    return tuple(
        KpiOfCycle(one.kpi.code, one.version.name, goal.goal.name)
        for goal in _tree(plan).goals
        for task in goal.tasks
        for one in task.kpis
    )


def goal_levels(
    connection: Connection,
    *,
    loaded: State,
    asked: ScoreQuery,
    sees: Callable[[Node], bool],
    since: dt.date | None = None,
) -> tuple[GoalLevel, ...]:
    """Goals, tasks and KPIs, in the order of the definitions; of a KPI with one topmost line its figures, else between which scores they stand.

    Args:
        connection: an open transaction.
        loaded: what is loaded.
        asked: the cycle, and the day of projections.
        sees: whose lines may be seen.
        since: the day from which on the change of each line is told; None for no change.

    Queries: those of :func:`app.scoring.scores`, however many the lines are; with a day once more as of it.
    """
    plan = loaded.plan(asked.cycle)
    tree = _tree(plan)
    levels = tuple(
        GoalLevel(
            goal.goal,
            tuple(
                TaskLevel(task.task, tuple(_kpi(plan, tree, one.kpi, one.version, sees) for one in task.kpis))
                for task in goal.tasks
            ),
        )
        for goal in tree.goals
    )
    kpis = [kpi for goal in levels for task in goal.tasks for kpi in task.kpis]
    scored = _scores_of(connection, loaded, asked, (line for kpi in kpis for line in kpi.lines))
    of_lines = score_of_lines(scored)
    alone = {_key(kpi.lines[0]): kpi.lines[0] for kpi in kpis if len(kpi.lines) == 1}
    figures = _Figures.of(connection, loaded, scored, alone.values(), since=since)
    return tuple(
        replace(
            goal,
            tasks=tuple(
                replace(task, kpis=tuple(_scored(kpi, of_lines, figures) for kpi in task.kpis)) for task in goal.tasks
            ),
        )
        for goal in levels
    )


def kpi_level(
    connection: Connection,
    *,
    loaded: State,
    asked: ScoreQuery,
    kpi: str,
    sees: Callable[[Node], bool],
    since: dt.date | None = None,
) -> KpiLevel | None:
    """A KPI with its topmost lines and their figures; None where there is none of that code. Queries: as :func:`goal_levels`."""
    plan = loaded.plan(asked.cycle)
    tree = _tree(plan)
    for goal in tree.goals:
        for task in goal.tasks:
            for one in task.kpis:
                if one.kpi.code == kpi:
                    level = _kpi(plan, tree, one.kpi, one.version, sees)
                    scored = _scores_of(connection, loaded, asked, level.lines)
                    figures = _Figures.of(connection, loaded, scored, level.lines, since=since)
                    return _scored(level, score_of_lines(scored), figures)
    return None


def line_level(
    connection: Connection,
    *,
    loaded: State,
    asked: ScoreQuery,
    node: Node,
    kpi: str,
    sees: Callable[[Node], bool],
    since: dt.date | None = None,
) -> LineLevel | None:
    """A line with the way up and the lines directly below, and their figures; None where the node has no such line.

    Queries: as :func:`goal_levels`.
    """
    plan = loaded.plan(asked.cycle)
    tree = _tree(plan)
    branch = tree.branches.get((node, kpi))
    if branch is None:
        return None
    up = cascade.served_by(plan.sheet, branch.line)
    below = _by_name(_shown(plan, tree, one) for one in branch.below if sees(one.line.node))
    itself = _shown(plan, tree, branch)
    scored = _scores_of(connection, loaded, asked, (itself, *below))
    figures = _Figures.of(connection, loaded, scored, (itself, *below), since=since)
    return LineLevel(
        figures.beside(itself),
        plan.sheet.kpi(kpi).version(plan.cycle),
        tuple((step, _name(plan, step.line.node)) for step in up),
        tuple(map(figures.beside, below)),
        len(branch.below) - len(below),
    )


def goal_rows(
    connection: Connection,
    *,
    loaded: State,
    asked: ScoreQuery,
    sees: Callable[[Node], bool],
    kpi: str | None = None,
    node: Node | None = None,
) -> tuple[GoalRow, ...] | None:
    """The lines of a file of goals, in the order of the tree: goal by goal, each line followed by what hangs on it.

    Args:
        connection: an open transaction.
        loaded: what is loaded.
        asked: the cycle, and the day of projections.
        sees: whose lines may be had.
        kpi: only this KPI's lines, people's too; without it the lines of all units, and of people those that hang on no line of the same KPI.
        node: only this node's line of that KPI and what hangs on it, at all levels.

    Returns:
        None where there is no such KPI or line.

    Queries: as :func:`goal_levels`.
    """
    plan = loaded.plan(asked.cycle)
    tree = _tree(plan)
    chosen = _chosen(tree, kpi, node)
    if chosen is None:
        return None
    lines = [branch.line for branch in chosen if sees(branch.line.node)]
    nodes = tuple(dict.fromkeys(line.node for line in lines))
    figures = line_scores(scores(connection, asked, nodes, loaded=loaded), {(line.node, line.kpi) for line in lines})
    definitions = plan.sheet.definitions
    rows = []
    for line in lines:
        version = plan.sheet.kpi(line.kpi).version(plan.cycle)
        rows.append(
            GoalRow(
                goal=definitions.goal_of(version.goal),
                task=definitions.task(version.goal),
                version=version,
                node=line.node,
                name=_name(plan, line.node),
                above=line.parent_node,
                above_name=None if line.parent_node is None else _name(plan, line.parent_node),
                figures=figures[line.node, line.kpi],
            )
        )
    return tuple(rows)


def _chosen(tree: _Tree, kpi: str | None, node: Node | None) -> list[LineBranch] | None:
    """The lines that a file has; None where there is no such KPI or line."""
    if kpi is not None and node is not None:
        branch = tree.branches.get((node, kpi))
        return None if branch is None else _downwards([branch])
    codes = [one.kpi.code for goal in tree.goals for task in goal.tasks for one in task.kpis]
    if kpi is not None:
        if kpi not in codes:
            return None
        return [one for one in _downwards(tree.topmost.get(kpi, ())) if one.line.kpi == kpi]
    return [
        one
        for code in codes
        for top in tree.topmost.get(code, ())
        for one in _downwards([top])
        if one.line.kpi == code and (one.line.node.kind is NodeKind.UNIT or one is top)
    ]


def _downwards(tops: Iterable[LineBranch]) -> list[LineBranch]:
    """Branches, each followed by those below it; without recursion, as long as a file may chain them. Each line once."""
    branches: dict[_Key, LineBranch] = {}
    waiting = list(reversed(list(tops)))
    while waiting:
        branch = waiting.pop()
        branches.setdefault((branch.line.node, branch.line.kpi), branch)
        waiting.extend(reversed(branch.below))
    return list(branches.values())


def _key(shown: ShownBranch) -> _Key:
    return shown.branch.line.node, shown.branch.line.kpi


def _scores_of(connection: Connection, loaded: State, asked: ScoreQuery, lines: Iterable[ShownBranch]) -> Scores:
    return scores(connection, asked, tuple(dict.fromkeys(one.branch.line.node for one in lines)), loaded=loaded)


class _Figures(NamedTuple):
    """The figures of some lines, and where they led on an earlier day."""

    now: Mapping[_Key, LineScore]
    before: Mapping[_Key, float | None]

    @classmethod
    def of(
        cls,
        connection: Connection,
        loaded: State,
        scored: Scores,
        lines: Iterable[ShownBranch],
        *,
        since: dt.date | None,
    ) -> Self:
        """Those of now, and with an earlier day those as of it. Queries: none, or those of :func:`app.scoring.scores` as of that day."""
        keys = {_key(line) for line in lines}
        now = line_scores(scored, keys)
        if since is None or not keys:
            return cls(now, {})
        nodes = tuple(dict.fromkeys(node for node, _kpi in now))
        return cls(
            now, projection_of_lines(scores(connection, scored.asked._replace(as_of=since), nodes, loaded=loaded))
        )

    def beside(self, shown: ShownBranch) -> ShownBranch:
        """A line with its figures, and how far it has moved."""
        figures = self.now.get(_key(shown))
        leads = None if figures is None else figures.ahead_score
        return replace(shown, figures=figures, change=change_since(self.before.get(_key(shown)), leads))


def _scored(level: KpiLevel, of_lines: Mapping[_Key, float | None], figures: _Figures) -> KpiLevel:
    """The level with the figures that there are, and between which scores its lines stand."""
    reached = [score for one in level.lines if (score := of_lines.get(_key(one))) is not None]
    return replace(
        level,
        lines=tuple(map(figures.beside, level.lines)),
        lowest=min(reached, default=None),
        highest=max(reached, default=None),
    )


def _kpi(plan: CyclePlan, tree: _Tree, kpi: Kpi, version: KpiVersion, sees: Callable[[Node], bool]) -> KpiLevel:
    lines = tree.topmost.get(kpi.code, ())
    seen = [one for one in lines if sees(one.line.node)]
    people: set[Node] = set()
    for one in lines:
        people |= tree.moved_by[one.line.node, one.line.kpi][1]
    return KpiLevel(
        kpi,
        version,
        _by_name(_shown(plan, tree, one) for one in seen),
        len(lines) - len(seen),
        tree.count.get(kpi.code, 0),
        len(people),
    )


def _shown(plan: CyclePlan, tree: _Tree, branch: LineBranch) -> ShownBranch:
    units, people = tree.moved_by[branch.line.node, branch.line.kpi]
    node = branch.line.node
    return ShownBranch(branch, _name(plan, node), len(units - {node}), len(people - {node}))


def _by_name(branches: Iterable[ShownBranch]) -> tuple[ShownBranch, ...]:
    return tuple(
        sorted(
            branches, key=lambda one: (one.branch.line.node.kind is NodeKind.EMPLOYEE, one.name, one.branch.line.node)
        )
    )


def _name(plan: CyclePlan, node: Node) -> str:
    """The name at the cycle's end."""
    end = plan.period.to or dt.date.max
    return node_name(plan.frame.directory, node, end - dt.timedelta(days=1))

"""The goals as pages show them, a level at a time: goals, tasks and KPIs; a KPI's topmost lines; a line with what hangs on it.

Do not draw the whole tree: of 1,300 people it is some 8,000 lines. Each level says how many stand below it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from app import cascade
from app.cascade import GoalBranch, LineBranch, Served
from app.kit.kept import LruCache
from app.rules.definitions import Goal, Task
from app.rules.kpis import Kpi, KpiVersion
from app.rules.terms import Node, NodeKind
from app.scoring.board import node_name
from app.scoring.plan import CyclePlan

__all__ = ["GoalLevel", "KpiLevel", "LineLevel", "ShownBranch", "TaskLevel", "goal_levels", "kpi_level", "line_level"]

_TREES: Final[LruCache[_Tree]] = LruCache(4)


@dataclass(frozen=True, slots=True)
class ShownBranch:
    """A line, and how much hangs on it at all levels below."""

    branch: LineBranch
    name: str
    units: int
    employees: int


@dataclass(frozen=True, slots=True)
class KpiLevel:
    """A KPI with its topmost lines: those that may be seen, and how many others there are."""

    kpi: Kpi
    version: KpiVersion
    lines: tuple[ShownBranch, ...]
    hidden: int
    count: int
    """All lines in its branches."""
    employees: int


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
class LineLevel:
    """A line: the way up to its goal, itself, and the lines directly below."""

    shown: ShownBranch
    version: KpiVersion
    up: tuple[tuple[Served, str], ...]
    below: tuple[ShownBranch, ...]
    hidden: int


@dataclass(frozen=True, slots=True)
class _Tree:
    goals: tuple[GoalBranch, ...]
    branches: dict[tuple[Node, str], LineBranch]
    moved_by: dict[tuple[Node, str], tuple[frozenset[Node], frozenset[Node]]]


def _tree(plan: CyclePlan) -> _Tree:
    """The tree of a cycle, made once for each load."""
    key = (plan.sheet.token, plan.cycle)
    tree = _TREES.get(key)
    if tree is None:
        goals = cascade.goal_tree(plan.sheet, cycle=plan.cycle)
        branches: dict[tuple[Node, str], LineBranch] = {}
        order: list[LineBranch] = [
            line for goal in goals for task in goal.tasks for kpi in task.kpis for line in kpi.lines
        ]
        for branch in order:  # It grows while it is walked: the whole tree, level by level.
            branches[branch.line.node, branch.line.kpi] = branch
            order.extend(branch.below)
        moved: dict[tuple[Node, str], tuple[frozenset[Node], frozenset[Node]]] = {}
        for branch in reversed(order):
            node = branch.line.node
            of_units = {node} if node.kind is NodeKind.UNIT else set()
            of_people = {node} if node.kind is NodeKind.EMPLOYEE else set()
            for child in branch.below:
                units, people = moved[child.line.node, child.line.kpi]
                of_units |= units
                of_people |= people
            moved[node, branch.line.kpi] = (frozenset(of_units), frozenset(of_people))
        tree = _TREES.keep(key, _Tree(goals, branches, moved))
    return tree


def goal_levels(plan: CyclePlan, *, sees: Callable[[Node], bool]) -> tuple[GoalLevel, ...]:
    """Goals, tasks and KPIs, in the order of the definitions. No queries."""
    tree = _tree(plan)
    return tuple(
        GoalLevel(
            goal.goal,
            tuple(
                TaskLevel(
                    task.task, tuple(_kpi(plan, tree, one.kpi, one.version, one.lines, sees) for one in task.kpis)
                )
                for task in goal.tasks
            ),
        )
        for goal in tree.goals
    )


def kpi_level(plan: CyclePlan, *, kpi: str, sees: Callable[[Node], bool]) -> KpiLevel | None:
    """A KPI with its topmost lines; None where there is none of that code. No queries."""
    tree = _tree(plan)
    for goal in tree.goals:
        for task in goal.tasks:
            for one in task.kpis:
                if one.kpi.code == kpi:
                    return _kpi(plan, tree, one.kpi, one.version, one.lines, sees)
    return None


def line_level(plan: CyclePlan, *, node: Node, kpi: str, sees: Callable[[Node], bool]) -> LineLevel | None:
    """A line with the way up and the lines directly below; None where the node has no such line. No queries."""
    tree = _tree(plan)
    branch = tree.branches.get((node, kpi))
    if branch is None:
        return None
    up = cascade.served_by(plan.sheet, branch.line)
    below = [one for one in branch.below if sees(one.line.node)]
    return LineLevel(
        _shown(plan, tree, branch),
        plan.sheet.kpi(kpi).version(plan.cycle),
        tuple((step, _name(plan, step.line.node)) for step in up),
        _by_name(_shown(plan, tree, one) for one in below),
        len(branch.below) - len(below),
    )


def _kpi(
    plan: CyclePlan,
    tree: _Tree,
    kpi: Kpi,
    version: KpiVersion,
    lines: tuple[LineBranch, ...],
    sees: Callable[[Node], bool],
) -> KpiLevel:
    seen = [one for one in lines if sees(one.line.node)]
    people: set[Node] = set()
    for one in lines:
        people |= tree.moved_by[one.line.node, one.line.kpi][1]
    return KpiLevel(
        kpi,
        version,
        _by_name(_shown(plan, tree, one) for one in seen),
        len(lines) - len(seen),
        sum(one.count for one in lines),
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

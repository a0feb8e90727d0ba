"""The goal tree of a cycle: strategic goals, their tasks, the KPIs picked for them, and who is measured on these.

Read in both directions: from a goal down to the last line that serves it, and from a line up to its goal. A newcomer's usual
mistake: a line under another one may serve another goal (``contributory`` links join different KPIs), so the goals above a line
are those of its own KPI and of every KPI on the way up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.cascade.lines import Line, Sheet
from app.rules.definitions import Goal, Kpi, KpiVersion, Task
from app.rules.terms import Node

__all__ = ["GoalBranch", "KpiBranch", "LineBranch", "Served", "TaskBranch", "goal_tree", "served_by"]


@dataclass(frozen=True, slots=True)
class LineBranch:
    """A line with the lines that hang on it by any link."""

    line: Line
    below: tuple[LineBranch, ...]
    count: int
    """How many lines the branch has, itself among them."""


@dataclass(frozen=True, slots=True)
class KpiBranch:
    """A KPI of a task in its version of the cycle, with the lines of it that hang on no line above.

    Lines of other KPIs may stand below those: they contribute.
    """

    kpi: Kpi
    version: KpiVersion
    lines: tuple[LineBranch, ...]


@dataclass(frozen=True, slots=True)
class TaskBranch:
    """A task and its KPIs, by code."""

    task: Task
    kpis: tuple[KpiBranch, ...]


@dataclass(frozen=True, slots=True)
class GoalBranch:
    """A strategic goal and its tasks, in the order of the definitions."""

    goal: Goal
    tasks: tuple[TaskBranch, ...]


@dataclass(frozen=True, slots=True)
class Served:
    """One step from a line up to its goal: the line, and the task and goal of its KPI."""

    line: Line
    task: Task | None
    goal: Goal | None


def goal_tree(sheet: Sheet, *, cycle: int) -> tuple[GoalBranch, ...]:
    """The goals of a cycle down to the last line, in the order of the definitions.

    Every line of the cycle stands in it exactly once: under the line that it hangs on, else under its own KPI. Lines that hang on
    each other in a ring begin at the first of them.
    """
    lines = [line for some in sheet.lines.get(cycle, {}).values() for line in some]
    roots = [line for line in lines if sheet.parent_of(line) is None]
    placed: set[tuple[Node, str]] = set()
    # What no root leads to hangs on itself: only links without arithmetic may do that. Its first line is a root then.
    branches = [_branch(sheet, line, placed) for line in (*roots, *lines) if (line.node, line.kpi) not in placed]
    by_kpi: dict[str, list[LineBranch]] = {}
    for branch in branches:
        by_kpi.setdefault(branch.line.kpi, []).append(branch)
    by_task: dict[str, list[KpiBranch]] = {}
    for kpi in sheet.definitions.kpis.values():
        version = kpi.version(cycle)
        kpi_branch = KpiBranch(kpi, version, tuple(by_kpi.get(kpi.code, ())))
        by_task.setdefault(version.goal, []).append(kpi_branch)
    return tuple(
        GoalBranch(goal, tuple(TaskBranch(task, tuple(by_task.get(task.code, ()))) for task in goal.tasks))
        for goal in sheet.definitions.goals
    )


def _branch(sheet: Sheet, root: Line, placed: set[tuple[Node, str]]) -> LineBranch:
    """The branch of a line; without recursion, since a file may chain more lines than the stack has room for."""
    order: list[tuple[Line, list[Line]]] = []
    waiting = [root]
    placed.add((root.node, root.kpi))
    while waiting:
        line = waiting.pop()
        below = [child for child in sheet.lines_below(line) if (child.node, child.kpi) not in placed]
        placed.update((child.node, child.kpi) for child in below)
        order.append((line, below))
        waiting.extend(below)
    made: dict[tuple[Node, str], LineBranch] = {}
    for line, below in reversed(order):
        branches = tuple(made[child.node, child.kpi] for child in below)
        made[line.node, line.kpi] = LineBranch(line, branches, 1 + sum(branch.count for branch in branches))
    return made[root.node, root.kpi]


def served_by(sheet: Sheet, line: Line) -> tuple[Served, ...]:
    """The way from a line up to the top of its links, each step with the task and the goal that it serves."""
    return tuple(
        Served(
            one,
            sheet.definitions.task(sheet.kpi(one.kpi).version(one.cycle).goal),
            sheet.definitions.goal_of(sheet.kpi(one.kpi).version(one.cycle).goal),
        )
        for one in _upwards(sheet, line)
    )


def _upwards(sheet: Sheet, line: Line) -> Iterable[Line]:
    seen: set[tuple[Node, str]] = set()
    above: Line | None = line
    while above is not None and (above.node, above.kpi) not in seen:
        seen.add((above.node, above.kpi))
        yield above
        above = sheet.parent_of(above)

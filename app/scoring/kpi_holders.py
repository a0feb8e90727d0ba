"""Who has which KPI with what weight, from the agency to a person: as rows of a table, and as the strategy map that says the same.

A newcomer's usual mistake is to leave out what nobody has: a task without a KPI, and a KPI on nobody's scorecard, are what is looked for.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from app.cascade import Line
from app.rules.definitions import PERSPECTIVES, Definitions, Goal, Task
from app.rules.kpis import KpiVersion
from app.rules.terms import Node, NodeKind, UnitKind
from app.scoring.board import node_name
from app.scoring.plan import CyclePlan

__all__ = [
    "HOLDER_SORTS",
    "HolderFilter",
    "HolderRow",
    "Holding",
    "KpiRow",
    "StrategyGoal",
    "StrategyKpi",
    "StrategyLink",
    "StrategyMap",
    "StrategyTask",
    "holder_rows",
    "kpi_rows",
    "strategy_map",
]

HOLDER_SORTS: Final = ("goal", "kpi", "node", "weight", "count")


class HolderRow(NamedTuple):
    """A line of a scorecard with the goal and task of its KPI."""

    goal: Goal | None
    task: Task | None
    version: KpiVersion
    line: Line
    name: str
    above_name: str | None = None
    """Whose line it hangs on."""
    above_version: KpiVersion | None = None
    """The KPI of that line, where it is named."""


class Holding(NamedTuple):
    """Those of one kind who have a KPI: units of a kind, or people (``level`` is ``employee``); how many, and between which weights."""

    level: str
    number: int
    lightest: Decimal
    heaviest: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiRow:
    """A KPI of a task; or a task without one (``code`` is None), or a goal without a task.

    Attributes:
        units: how many units have it on their scorecard.
        employees: how many people.
        lightest, heaviest: between which weights.
        holdings: the same by kind of unit, from the agency down, then of people.
        above: the other KPIs that lines of it hang on, with the number of those lines.
    """

    goal: Goal | None
    task: Task | None
    code: str | None
    version: KpiVersion | None
    units: int = 0
    employees: int = 0
    lightest: Decimal | None = None
    heaviest: Decimal | None = None
    holdings: tuple[Holding, ...] = ()
    above: Mapping[str, int]

    @property
    def count(self) -> int:
        """On how many scorecards it stands."""
        return self.units + self.employees


class HolderFilter(NamedTuple):
    """What is looked at; empty texts narrow nothing."""

    perspective: str = ""
    goal: str = ""
    kpi: str = ""
    unit: str = ""
    """This unit, all below it and their people."""
    level: str = ""
    """``unit``, ``employee``, or a kind of unit."""
    text: str = ""
    sort: str = "goal"
    descending: bool = False


# --------------------------------------------------------------------------------------------------------------- the table


def kpi_rows(plan: CyclePlan, *, only: HolderFilter, language: str) -> list[KpiRow]:
    """A row for each KPI, and for each task and goal that has none. Queries: none.

    Args:
        plan: the cycle's.
        only: what is looked at.
        language: in which names are sorted and searched.
    """
    definitions = plan.sheet.definitions
    by_kpi: dict[str, list[Line]] = {}
    for one in _lines(plan, only):
        by_kpi.setdefault(one.kpi, []).append(one)
    narrowed = bool(only.unit or only.level)
    rows = [row for row in _every_kpi(plan, definitions, by_kpi) if not (narrowed and not row.count)]
    rows = [row for row in rows if _is_meant(row.goal, row.code, only)]
    if only.text:
        rows = [row for row in rows if _has(only.text, _said(row.goal, row.task, row.version, row.code))]
    if only.sort in {"kpi", "weight", "count"}:
        keys = {
            "kpi": lambda row: _folded(row.version.name.in_language(language)) if row.version else "",
            "weight": lambda row: row.heaviest or Decimal(0),
            "count": lambda row: row.count,
        }
        return sorted(rows, key=keys[only.sort], reverse=only.descending)
    return rows[::-1] if only.descending else rows


def _every_kpi(plan: CyclePlan, definitions: Definitions, by_kpi: Mapping[str, list[Line]]) -> Iterable[KpiRow]:
    by_task: dict[str, list[str]] = {}
    for code, kpi in definitions.kpis.items():
        by_task.setdefault(kpi.version(plan.cycle).goal, []).append(code)
    for goal in sorted(definitions.goals, key=lambda one: PERSPECTIVES.index(one.perspective)):
        if not goal.tasks:
            yield KpiRow(goal=goal, task=None, code=None, version=None, above={})
        for task in goal.tasks:
            codes = by_task.pop(task.code, [])
            if not codes:
                yield KpiRow(goal=goal, task=task, code=None, version=None, above={})
            for code in codes:
                yield _kpi_row(plan, goal, task, code, by_kpi.get(code, []))
    for code in (one for codes in by_task.values() for one in codes):
        yield _kpi_row(plan, None, None, code, by_kpi.get(code, []))


def _kpi_row(plan: CyclePlan, goal: Goal | None, task: Task | None, code: str, lines: list[Line]) -> KpiRow:
    weights = [one.weight for one in lines]
    above = Counter(
        one.parent_kpi
        for one in lines
        if one.parent_kpi is not None and one.parent_kpi != code and plan.sheet.parent_of(one) is not None
    )
    return KpiRow(
        goal=goal,
        task=task,
        code=code,
        version=plan.sheet.kpi(code).version(plan.cycle),
        units=sum(one.node.kind is NodeKind.UNIT for one in lines),
        employees=sum(one.node.kind is NodeKind.EMPLOYEE for one in lines),
        lightest=min(weights, default=None),
        heaviest=max(weights, default=None),
        holdings=_holdings(plan, lines),
        above=dict(above),
    )


_LEVELS: Final = (
    *(str(one) for one in (UnitKind.AGENCY, UnitKind.DIVISION, UnitKind.REGIONAL_HQ, UnitKind.OFFICE, UnitKind.TEAM)),
    str(NodeKind.EMPLOYEE),
)
"""From the agency to a person."""


def _level(plan: CyclePlan, node: Node) -> str:
    """Of which kind a unit is at the cycle's end; of a person that it is one. A unit that is none any more is of no kind."""
    if node.kind is NodeKind.EMPLOYEE:
        return str(NodeKind.EMPLOYEE)
    row = plan.frame.directory.unit_near(node.code, plan.day_within(dt.date.max))
    return "" if row is None else str(row.kind)


def _holdings(plan: CyclePlan, lines: Iterable[Line]) -> tuple[Holding, ...]:
    by_level: dict[str, list[Decimal]] = {}
    for one in lines:
        by_level.setdefault(_level(plan, one.node), []).append(one.weight)
    return tuple(
        Holding(level, len(weights), min(weights), max(weights))
        for level in _LEVELS
        if (weights := by_level.get(level))
    )


def _above(plan: CyclePlan, line: Line, day: dt.date) -> tuple[str | None, KpiVersion | None]:
    """Whose line one hangs on, and of which KPI, by name."""
    parent, kpi = line.parent_node, line.parent_kpi or ""
    return (
        None if parent is None else node_name(plan.frame.directory, parent, day),
        plan.sheet.kpi(kpi).version(plan.cycle) if kpi in plan.sheet.definitions.kpis else None,
    )


def holder_rows(plan: CyclePlan, *, only: HolderFilter, language: str, day: dt.date) -> list[HolderRow]:
    """A row for each line: by goal as the definitions have them, the agency first, people last. Queries: none.

    Args:
        plan: the cycle's.
        only: what is looked at.
        language: in which names are sorted and searched.
        day: that names and the tree are of.
    """
    definitions = plan.sheet.definitions
    order = {
        code: place for place, code in enumerate(row.code for row in _every_kpi(plan, definitions, {}) if row.code)
    }
    rows = []
    for line in _lines(plan, only):
        version = plan.sheet.kpi(line.kpi).version(plan.cycle)
        goal = definitions.goal_of(version.goal)
        if not _is_meant(goal, line.kpi, only):
            continue
        name = node_name(plan.frame.directory, line.node, day)
        row = HolderRow(goal, definitions.task(version.goal), version, line, name, *_above(plan, line, day))
        if not only.text or _has(only.text, (*_said(goal, row.task, version, line.kpi), str(name), line.node.code)):
            rows.append(row)
    depth = {node: place for place, node in enumerate(plan.nodes)}
    keys = {
        "goal": lambda row: (order[row.line.kpi], depth.get(row.line.node, len(depth))),
        "kpi": lambda row: (_folded(row.version.name.in_language(language)), depth.get(row.line.node, len(depth))),
        "node": lambda row: (row.line.node.kind is NodeKind.EMPLOYEE, _folded(str(row.name)), order[row.line.kpi]),
        "weight": lambda row: (row.line.weight, -order[row.line.kpi]),
    }
    return sorted(rows, key=keys.get(only.sort, keys["goal"]), reverse=only.descending)


def _folded(text: str) -> str:
    return text.casefold()


def _has(wanted: str, texts: Iterable[str]) -> bool:
    """Whether one of the texts has what was typed in it."""
    part = _folded(wanted)
    return any(part in _folded(one) for one in texts)


def _said(goal: Goal | None, task: Task | None, version: KpiVersion | None, code: str | None) -> tuple[str, ...]:
    names = [one.name for one in (goal, task, version) if one is not None]
    return (code or "", *(text for name in names for text in (name.en, name.ko, name.es) if text))


def _is_meant(goal: Goal | None, code: str | None, only: HolderFilter) -> bool:
    if only.perspective and (goal is None or goal.perspective != only.perspective):
        return False
    if only.goal and (goal is None or goal.code != only.goal):
        return False
    return not only.kpi or code == only.kpi


def _lines(plan: CyclePlan, only: HolderFilter) -> Iterable[Line]:
    below = _below(plan, only.unit) if only.unit else None
    for node, lines in plan.sheet.lines.get(plan.cycle, {}).items():
        if (below is None or node in below) and (not only.level or only.level in {str(node.kind), _level(plan, node)}):
            yield from lines


def _below(plan: CyclePlan, unit: str) -> frozenset[Node]:
    """A unit, all below it on the cycle's last day that there is, and the people posted to them in the cycle."""
    day = plan.day_within(dt.date.max)
    units = {unit, *plan.frame.directory.units_below(unit, day)}
    return frozenset(
        node
        for node in plan.nodes
        if (node.code in units if node.kind is NodeKind.UNIT else not units.isdisjoint(plan.units_of(node)))
    )


# ----------------------------------------------------------------------------------------------------------------- the map


class StrategyLink(NamedTuple):
    """A KPI that lines of another one hang on, and how many of them do."""

    code: str
    lines: int


class StrategyKpi(NamedTuple):
    """A KPI on the map."""

    row: KpiRow
    code: str
    above: tuple[StrategyLink, ...]


class StrategyTask(NamedTuple):
    """A task on the map with its KPIs."""

    task: Task
    kpis: tuple[StrategyKpi, ...]


class StrategyGoal(NamedTuple):
    """A goal on the map with its tasks, and the other goals that lines of its KPIs contribute to."""

    goal: Goal
    tasks: tuple[StrategyTask, ...]
    above: tuple[tuple[Goal, int], ...]


class StrategyMap(NamedTuple):
    """The perspectives as layers, the first above all; each with its goals."""

    layers: tuple[tuple[str, tuple[StrategyGoal, ...]], ...]


def strategy_map(rows: Iterable[KpiRow]) -> StrategyMap:
    """The map of the table's rows: every goal, task, KPI and link of them, and nothing else."""
    some = [row for row in rows if row.goal is not None]
    goal_of = {row.code: row.goal for row in some if row.code is not None and row.goal is not None}
    goals: dict[str, Goal] = {}
    tasks: dict[str, dict[str, tuple[Task, list[StrategyKpi]]]] = {}
    above: dict[str, Counter[str]] = {}
    for row in some:
        if row.goal is None:
            continue
        goals.setdefault(row.goal.code, row.goal)
        by_task, links = tasks.setdefault(row.goal.code, {}), above.setdefault(row.goal.code, Counter())
        if row.task is None:
            continue
        kpis = by_task.setdefault(row.task.code, (row.task, []))[1]
        if row.code is not None:
            kpis.append(StrategyKpi(row, row.code, tuple(StrategyLink(*one) for one in sorted(row.above.items()))))
        for kpi, lines in row.above.items():
            served = goal_of.get(kpi)
            if served is not None and served.code != row.goal.code:
                links[served.code] += lines
    shown = [
        StrategyGoal(
            goal,
            tuple(StrategyTask(task, tuple(kpis)) for task, kpis in tasks[code].values()),
            tuple((goals[other], lines) for other, lines in sorted(above[code].items())),
        )
        for code, goal in goals.items()
    ]
    layers = ((one, tuple(goal for goal in shown if goal.goal.perspective == one)) for one in PERSPECTIVES)
    return StrategyMap(tuple((name, of_layer) for name, of_layer in layers if of_layer))

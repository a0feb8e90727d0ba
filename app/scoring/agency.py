"""The agency on one page: its score, its goals, every unit in a heat map, what moved and what is at risk.

Do not score the units one by one: everything here is read off one scoring of all nodes.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isnan
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app import ledger
from app.kit.kept import LruCache
from app.ledger import EventSet, Figures
from app.rules.definitions import Goal, Task
from app.rules.kpis import Kpi, KpiVersion
from app.rules.moments import day_after
from app.rules.rollup import Band, band, published
from app.rules.terms import Basis, Node, NodeKind, UnitKind
from app.scoring.board import node_name
from app.scoring.plan import CyclePlan, Selection, State
from app.scoring.scorecards import ScoreQuery, Scores, read_figures, score_figures
from app.scoring.tables import trend

__all__ = [
    "MOVED_DAYS",
    "AgencyBoard",
    "AgencySource",
    "GoalScore",
    "HeatCell",
    "HeatRow",
    "Mover",
    "ServingLine",
    "TaskScore",
    "agency_board",
    "agency_source",
]

MOVED_DAYS: Final = 30
RISK_BANDS: Final = (Band.D, Band.E)
"""Below C at the year's end: at risk. There a comment is due (domain.md 6), so who answers for the unit has something to say by then."""
_MOVERS_SHOWN: Final = 6
_KEPT_FOR: Final = dt.timedelta(days=21)
"""How long a node keeps a score that later snapshots leave out; snapshots are a week apart at most."""


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A unit in the heat map; final is its score on the basis asked for, projected that of the year's end."""

    node: Node
    name: str
    final: float | None
    projected: float | None


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A regional headquarters and the units below it; without a head, the units that stand under none."""

    head: HeatCell | None
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True, slots=True)
class ServingLine:
    """A line of the agency's scorecard that serves a task."""

    kpi: Kpi
    version: KpiVersion
    weight: Decimal
    score: float | None


@dataclass(frozen=True, slots=True)
class TaskScore:
    """A task, the agency's lines that serve it, and their mean by weight; None where none has a score."""

    task: Task
    lines: tuple[ServingLine, ...]
    score: float | None


@dataclass(frozen=True, slots=True)
class GoalScore:
    """A strategic goal, its tasks, and the mean of their lines by weight."""

    goal: Goal
    tasks: tuple[TaskScore, ...]
    score: float | None


@dataclass(frozen=True, slots=True)
class Mover:
    """A unit whose score has changed, by the two figures as they are published."""

    node: Node
    name: str
    before: Decimal
    final: Decimal

    @property
    def change(self) -> Decimal:
        """How far it has moved."""
        return self.final - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyBoard:
    """Everything that the agency's page shows."""

    cycle: int
    cycles: tuple[int, ...]
    query: ScoreQuery
    agency: HeatCell | None
    own: float | None
    goals: tuple[GoalScore, ...]
    unserved: tuple[ServingLine, ...]
    rows: tuple[HeatRow, ...]
    units: int
    units_scored: int
    movers_since: dt.date | None
    risen: tuple[Mover, ...]
    fallen: tuple[Mover, ...]
    at_risk: tuple[HeatCell, ...]
    people: int
    people_at_risk: int
    people_projected: int
    loaded_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencySource:
    """All that tells one state of the agency's page from another, before anything of it is read or derived.

    Equal fingerprints make equal boards, so that whoever has rendered one may keep it as long as the fingerprint comes again.
    """

    cycles: tuple[int, ...]
    asked: ScoreQuery
    selection: Selection
    events: EventSet
    """The events that the figures hang on: those of days up to the one asked, or all."""
    since: dt.date | None
    """The day that movers are held against."""
    before: Mapping[str, float]
    """What each unit had on it."""

    @property
    def fingerprint(self) -> tuple[object, ...]:
        """What the board hangs on: the load, what is asked, the events, the scores of the day before."""
        return (
            self.selection.plan.sheet.token,
            self.asked,
            self.events,
            self.since,
            tuple(self.before.items()),
        )


def agency_source(connection: Connection, *, loaded: State, asked: ScoreQuery) -> AgencySource:
    """Tell what the agency's page is made of.

    Queries: 1 (the events), and 2 of the trend.
    """
    plan = loaded.plan(asked.cycle)
    events = ledger.event_set(connection, asked.as_of)
    since, before = _scores_before(connection, asked, plan.day_within(asked.day))
    return AgencySource(
        cycles=loaded.sheet.cycles, asked=asked, selection=plan.everything(), events=events, since=since, before=before
    )


_KEPT: Final[LruCache[AgencyBoard]] = LruCache(16)


def agency_board(connection: Connection, source: AgencySource) -> AgencyBoard:
    """The agency's page, worked out by one thread at a time.

    Queries: none where it is kept, else those of :func:`app.scoring.read_figures`.
    """
    key = (str(connection.engine.url), source.fingerprint)
    return _KEPT.get_or_make(key, lambda: _board(source, read_figures(connection, source.selection, source.asked)))


def _board(source: AgencySource, figures: Figures) -> AgencyBoard:
    asked = source.asked
    scored = score_figures(source.selection, figures, asked)
    plan = source.selection.plan
    directory = plan.frame.directory
    day = plan.day_within(asked.day)
    cells = _cells(scored, day)
    root = directory.tree.root_on(day)
    agency = cells.get(Node(NodeKind.UNIT, root)) if root else None
    goals, unserved = _goals(scored, plan, agency)
    living = [
        cells[node] for code in (directory.tree.below_on(root, day) if root else ()) if (node := _unit(code)) in cells
    ]
    moved = sorted(_movers(living, source.before), key=lambda one: (one.change, one.node))
    people = _projected_people(scored)
    risky = [cell for cell in living if band(published(cell.projected)) in RISK_BANDS]
    return AgencyBoard(
        cycle=plan.cycle,
        cycles=source.cycles,
        query=asked,
        agency=agency,
        own=scored.of(agency.node)[0] if agency else None,
        goals=goals,
        unserved=unserved,
        rows=_rows(plan, cells, root, day),
        units=len(living),
        units_scored=sum(cell.final is not None for cell in living),
        movers_since=source.since,
        risen=tuple(one for one in reversed(moved) if one.change > 0)[:_MOVERS_SHOWN],
        fallen=tuple(one for one in moved if one.change < 0)[:_MOVERS_SHOWN],
        at_risk=tuple(sorted(risky, key=lambda cell: (cell.projected or 0.0, cell.node))),
        people=len(people),
        people_at_risk=sum(band(one) in RISK_BANDS for one in people),
        people_projected=sum(one is not None for one in people),
        loaded_at=directory.loaded_at,
    )


def _unit(code: str) -> Node:
    return Node(NodeKind.UNIT, code)


def _cells(scored: Scores, day: dt.date) -> dict[Node, HeatCell]:
    directory = scored.selection.plan.frame.directory
    cells = {}
    for at, node in enumerate(scored.selection.nodes):
        if node.kind is NodeKind.UNIT:
            _, _, final, projected = scored.at(at)
            cells[node] = HeatCell(node, node_name(directory, node, day), final, projected)
    return cells


def _projected_people(scored: Scores) -> list[Decimal | None]:
    return [
        published(None if isnan(one) else one) for one in scored.projected_final[scored.selection.is_employee].tolist()
    ]


# ---------------------------------------------------------------------------------------------------------------- the heat map


def _rows(plan: CyclePlan, cells: dict[Node, HeatCell], root: str | None, day: dt.date) -> tuple[HeatRow, ...]:
    """A row a regional headquarters, in the order of their codes; last the units that stand under none of them."""
    if root is None:
        return ()
    tree = plan.frame.directory.tree
    below = tree.below_on(root, day)
    heads = sorted(code for code in below if (row := tree.unit_on(code, day)) and row.kind is UnitKind.REGIONAL_HQ)
    rows, placed = [], {root, *heads}
    for head in heads:
        under = sorted(code for code in tree.below_on(head, day) if code not in placed)
        placed.update(under)
        rows.append(HeatRow(cells.get(_unit(head)), _named(cells, under)))
    others = _named(cells, sorted(code for code in below if code not in placed))
    return (*rows, HeatRow(None, others)) if others else tuple(rows)


def _named(cells: dict[Node, HeatCell], codes: Iterable[str]) -> tuple[HeatCell, ...]:
    return tuple(
        sorted((cells[_unit(code)] for code in codes if _unit(code) in cells), key=lambda one: (one.name, one.node))
    )


# ------------------------------------------------------------------------------------------------------------------- the goals


def _goals(
    scored: Scores, plan: CyclePlan, agency: HeatCell | None
) -> tuple[tuple[GoalScore, ...], tuple[ServingLine, ...]]:
    """The goals with the agency's lines that serve them, and the lines that serve none."""
    definitions = plan.sheet.definitions
    lines = [] if agency is None else _lines(scored, plan, scored.selection.nodes.index(agency.node))
    by_task: dict[str, list[ServingLine]] = {}
    for one in lines:
        by_task.setdefault(one.version.goal, []).append(one)
    goals: list[GoalScore] = []
    known: set[str] = set()
    for goal in definitions.goals:
        tasks = tuple(
            TaskScore(task, tuple(by_task.get(task.code, ())), _mean(by_task.get(task.code, ()))) for task in goal.tasks
        )
        known.update(task.code for task in goal.tasks)
        goals.append(GoalScore(goal, tasks, _mean([line for task in tasks for line in task.lines])))
    return tuple(goals), tuple(one for one in lines if one.version.goal not in known)


def _lines(scored: Scores, plan: CyclePlan, place: int) -> list[ServingLine]:
    """The lines of the node at a place, with the scores that its scorecard shows."""
    selection = scored.selection
    at = [index for index, node in enumerate(selection.shown_node.tolist()) if node == place]
    worked = [float(scored.score[selection.shown_worked[index]]) for index in at]
    rows = [line.row for line in plan.lines.get(selection.nodes[place], ())]
    kpis = [plan.sheet.definitions.kpis[row.kpi] for row in rows]
    return [
        ServingLine(kpi, kpi.version(plan.cycle), row.weight, None if isnan(score) else score)
        for kpi, row, score in zip(kpis, rows, worked, strict=True)
    ]


def _mean(lines: Sequence[ServingLine]) -> float | None:
    """The mean by weight of the lines that have a score: weights are rescaled as on a scorecard (domain.md 4)."""
    scored = [(line.weight, line.score) for line in lines if line.score is not None]
    whole = sum((weight for weight, _ in scored), Decimal(0))
    if not whole:
        return None
    return math.fsum(score * _plain(weight) for weight, score in scored) / _plain(whole)


def _plain(weight: Decimal) -> float:
    numerator, denominator = weight.as_integer_ratio()
    return numerator / denominator


# ----------------------------------------------------------------------------------------------------------------- what moved


def _scores_before(connection: Connection, asked: ScoreQuery, day: dt.date) -> tuple[dt.date | None, dict[str, float]]:
    """What the units had 30 days ago, by the trend; where it does not reach back so far, on its first day.

    Nodes stand side by side, a row a day; a node that a day's snapshot leaves out keeps what it had in the weeks before.

    Queries: 2, of a few days' rows: the whole trend would be the more the older the year is.
    """
    import pandas as pd

    of = trend.c
    days = sa.select(of.day).where(of.cycle == asked.cycle, of.day < day)
    start: dt.date | None = connection.scalar(
        days.where(of.day <= day_after(day, -MOVED_DAYS)).order_by(of.day.desc()).limit(1)
    ) or connection.scalar(days.order_by(of.day).limit(1))
    if start is None:
        return None, {}
    column = of.final_score if asked.basis is Basis.FINAL else of.provisional_score
    rows = connection.execute(
        sa.select(of.day, of.node, column)
        .where(of.cycle == asked.cycle, of.day.between(start - _KEPT_FOR, start))
        .where(of.node.startswith("unit:"))
    ).all()
    scores = pd.DataFrame.from_records(rows, columns=["day", "node", "score"])
    by_day = scores.pivot_table(index="day", columns="node", values="score").sort_index().ffill()
    if by_day.empty:
        return start, {}
    latest = by_day.iloc[-1].dropna()
    return start, dict(zip(latest.index.astype(str), latest.to_numpy(dtype=float).tolist(), strict=True))


def _movers(cells: Iterable[HeatCell], before: Mapping[str, float]) -> Iterable[Mover]:
    for cell in cells:
        then, final = published(before.get(str(cell.node))), published(cell.final)
        if then is not None and final is not None and then != final:
            yield Mover(cell.node, cell.name, then, final)

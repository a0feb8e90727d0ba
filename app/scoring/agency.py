"""The agency on one page: its score, its goals, every unit in a heat map, what moved and what is at risk.

Do not score the units one by one: everything here is read off one scoring of all nodes.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isnan
from typing import Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from app import ledger
from app.kit.kept import LruCache
from app.ledger import EventSet, Figures
from app.rules.definitions import Goal, Task
from app.rules.kpis import Kpi, KpiVersion
from app.rules.outlook import Outlook, leading_band, leading_score
from app.rules.rollup import Band, band, published
from app.rules.terms import Node, NodeKind, UnitKind
from app.scoring.board import node_name
from app.scoring.business import Business, business, business_source
from app.scoring.business_days import KeptCycle, kept_cycles
from app.scoring.plan import CyclePlan, Selection
from app.scoring.planning import State
from app.scoring.scorecards import ScoreQuery, Scores, projection_of_lines, read_figures, score_figures
from app.scoring.trend import change_since, compared_day, projections_before, projections_by_week, taken_at

__all__ = [
    "AgencyBoard",
    "AgencySource",
    "GoalScore",
    "HeatCell",
    "HeatRow",
    "Mover",
    "ServingLine",
    "TaskScore",
    "UnitPlace",
    "agency_board",
    "agency_source",
]

RISK_BANDS: Final = (Band.D, Band.E)
"""Below C at the year's end: at risk. There a comment is due (domain.md 6), so who answers for the unit has something to say by then."""
_MOVERS_SHOWN: Final = 6


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A unit in the heat map.

    Attributes:
        final: its score on the basis asked for, so far.
        projected: where the year leads at this pace.
        change: how far the published score that leads has moved since the day that movers are held against; None without both.
    """

    node: Node
    name: str
    final: float | None
    projected: float | None
    change: Decimal | None = None


@dataclass(frozen=True, slots=True)
class UnitPlace:
    """A unit with where it is.

    Attributes:
        region: the regional headquarters that it stands under, or is; None without one.
        people: how many are posted to it, or to a unit below it, on the day shown.
    """

    cell: HeatCell
    region: Node | None
    country: str
    timezone: str
    people: int


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A regional headquarters and the units below it; without a head, the units that stand under none."""

    head: HeatCell | None
    cells: tuple[HeatCell, ...]
    weeks: tuple[float, ...] = ()
    """Where its head was led, week by week."""


@dataclass(frozen=True, slots=True)
class ServingLine:
    """A line of the agency's scorecard that serves a task: its score so far, and where it leads."""

    kpi: Kpi
    version: KpiVersion
    weight: Decimal
    score: float | None
    projected: float | None
    costs: float | None
    """The points that it keeps the agency's score below 100 by at the year's end; None where nobody can say."""
    before: float | None
    """Where it led on the day that changes are told since; None without one."""

    @property
    def change(self) -> Decimal | None:
        """How far it has moved since then."""
        return change_since(self.before, self.projected)


@dataclass(frozen=True, slots=True)
class TaskScore:
    """A task, the agency's lines that serve it, and their means by weight; None where none has a score."""

    task: Task
    lines: tuple[ServingLine, ...]
    score: float | None
    projected: float | None
    before: float | None

    @property
    def change(self) -> Decimal | None:
        """How far the projected mean has moved."""
        return change_since(self.before, self.projected)


@dataclass(frozen=True, slots=True)
class GoalScore:
    """A strategic goal, its tasks, and the means of their lines by weight."""

    goal: Goal
    tasks: tuple[TaskScore, ...]
    score: float | None
    projected: float | None
    before: float | None

    @property
    def change(self) -> Decimal | None:
        """How far the projected mean has moved."""
        return change_since(self.before, self.projected)

    @property
    def costs(self) -> float:
        """The points that its lines keep the agency's score below 100 by."""
        return math.fsum(line.costs or 0.0 for task in self.tasks for line in task.lines)


@dataclass(frozen=True, slots=True)
class Mover:
    """A unit whose leading score has changed, by the two figures as they are published."""

    node: Node
    name: str
    leading: Decimal
    change: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyBoard:
    """Everything that the agency's page shows."""

    cycle: int
    cycles: tuple[int, ...]
    query: ScoreQuery
    outlook: Outlook
    agency: HeatCell | None
    own: float | None
    goals: tuple[GoalScore, ...]
    unserved: tuple[ServingLine, ...]
    rows: tuple[HeatRow, ...]
    headquarters: tuple[UnitPlace, ...]
    """The regional headquarters, in the order of the rows."""
    offices: tuple[UnitPlace, ...]
    units: int
    units_scored: int
    movers_since: dt.date | None
    goals_since: dt.date | None
    risen: tuple[Mover, ...]
    fallen: tuple[Mover, ...]
    at_risk: tuple[HeatCell, ...]
    people: int
    people_at_risk: int
    people_projected: int
    people_bands: Mapping[Band | None, int]
    """How many people's leading score is in each band; None: who has none, or none to go by yet."""
    business: Business | None
    """The agency's business figures."""
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
    """Where each unit was led on it."""
    trend_at: dt.datetime | None
    """When the trend was last taken."""
    kept: tuple[KeptCycle, KeptCycle]
    """What is known of the business figures by day of this cycle and the one before."""
    goals_since: dt.date | None
    """The day that the goals are held against, as on their own page; None where their change is not looked at."""

    @property
    def fingerprint(self) -> tuple[object, ...]:
        """What the board hangs on: the load, what is asked, the events, the scores of the day before."""
        return (
            self.selection.plan.sheet.token,
            self.asked,
            self.events,
            self.since,
            tuple(self.before.items()),
            self.trend_at,
            self.kept,
            self.goals_since,
        )


def agency_source(
    connection: Connection, *, loaded: State, asked: ScoreQuery, goals_moved: bool = False
) -> AgencySource:
    """Tell what the agency's page is made of.

    Args:
        goals_moved: whether the goals are looked at by their change; it costs the reading of one scorecard as of that day.

    Queries: 4 (the events, the trend, when it was taken, when the business figures were).
    """
    plan = loaded.plan(asked.cycle)
    events = ledger.event_set(connection, asked.as_of)
    since, before = projections_before(connection, asked, plan=plan, of=NodeKind.UNIT)
    return AgencySource(
        cycles=loaded.sheet.cycles,
        asked=asked,
        selection=plan.everything(),
        events=events,
        since=since,
        before=before,
        trend_at=taken_at(connection, asked.cycle),
        kept=kept_cycles(connection, asked.cycle, token=plan.frame.directory.token),
        goals_since=compared_day(plan, asked.day) if goals_moved else None,
    )


_KEPT: Final[LruCache[AgencyBoard]] = LruCache(16)


def agency_board(connection: Connection, source: AgencySource) -> AgencyBoard:
    """The agency's page, worked out by one thread at a time.

    Queries: none where it is kept, else those of :func:`app.scoring.read_figures`, twice where the goals' change is looked at, 1 of the trend and
    those of :func:`app.scoring.business.business_source`.
    """
    key = (str(connection.engine.url), source.fingerprint)
    return _KEPT.get_or_make(key, lambda: _read_board(connection, source))


def _read_board(connection: Connection, source: AgencySource) -> AgencyBoard:
    figures = read_figures(connection, source.selection, source.asked)
    plan = source.selection.plan
    heads = [_unit(code) for code in _headquarters(plan, plan.day_within(source.asked.day))]
    root = plan.frame.directory.tree.root_on(plan.day_within(source.asked.day))
    earned = (
        None
        if root is None
        else business(business_source(connection, plan=plan, asked=source.asked, units=[root], kept=source.kept))
    )
    weeks = projections_by_week(connection, source.asked, plan=plan, nodes=heads)
    return _board(source, figures, weeks, earned, _lines_before(connection, source, root))


def _lines_before(connection: Connection, source: AgencySource, root: str | None) -> Mapping[str, float | None]:
    """Where the agency's own lines led on the day that its goals are held against, by KPI; nothing without that day."""
    if source.goals_since is None or root is None:
        return {}
    asked = source.asked._replace(as_of=source.goals_since)
    selection = source.selection.plan.select((_unit(root),))
    scored = score_figures(selection, read_figures(connection, selection, asked), asked)
    return {kpi: projected for (_node, kpi), projected in projection_of_lines(scored).items()}


def _board(
    source: AgencySource,
    figures: Figures,
    weeks: Mapping[str, tuple[float, ...]],
    earned: Business | None,
    before: Mapping[str, float | None],
) -> AgencyBoard:
    asked = source.asked
    scored = score_figures(source.selection, figures, asked)
    plan = source.selection.plan
    directory = plan.frame.directory
    day = plan.day_within(asked.day)
    outlook = plan.outlook(asked.day)
    cells = _cells(scored, day, outlook, source.before)
    root = directory.tree.root_on(day)
    agency = cells.get(Node(NodeKind.UNIT, root)) if root else None
    goals, unserved = _goals(scored, plan, agency, before)
    living = [
        cells[node] for code in (directory.tree.below_on(root, day) if root else ()) if (node := _unit(code)) in cells
    ]
    rows = _rows(plan, cells, root, day, weeks)
    moved = sorted(_movers(living, outlook), key=lambda one: (one.change, one.node))
    people = _leading_people(scored, outlook)
    risky = [
        cell
        for cell in living
        if leading_band(projected=cell.projected, so_far=cell.final, outlook=outlook) in RISK_BANDS
    ]
    return AgencyBoard(
        cycle=plan.cycle,
        cycles=source.cycles,
        query=asked,
        outlook=outlook,
        agency=agency,
        own=scored.of(agency.node)[0] if agency else None,
        goals=goals,
        unserved=unserved,
        rows=rows,
        headquarters=_places(plan, rows, day, UnitKind.REGIONAL_HQ),
        offices=_places(plan, rows, day, UnitKind.OFFICE),
        units=len(living),
        units_scored=sum(cell.final is not None for cell in living),
        movers_since=source.since,
        goals_since=source.goals_since,
        risen=tuple(one for one in reversed(moved) if one.change > 0)[:_MOVERS_SHOWN],
        fallen=tuple(one for one in moved if one.change < 0)[:_MOVERS_SHOWN],
        at_risk=tuple(sorted(risky, key=lambda cell: (cell.projected or 0.0, cell.node))),
        people=len(people),
        people_at_risk=sum(band(one) in RISK_BANDS for one in people),
        people_projected=sum(one is not None for one in people),
        people_bands=Counter(band(one) for one in people),
        business=earned,
        loaded_at=directory.loaded_at,
    )


def _unit(code: str) -> Node:
    return Node(NodeKind.UNIT, code)


def _cells(scored: Scores, day: dt.date, outlook: Outlook, before: Mapping[str, float]) -> dict[Node, HeatCell]:
    directory = scored.selection.plan.frame.directory
    cells = {}
    for at, node in enumerate(scored.selection.nodes):
        if node.kind is NodeKind.UNIT:
            _, _, final, projected = scored.at(at)
            leading = leading_score(projected=projected, so_far=final, outlook=outlook)
            change = change_since(before.get(str(node)), leading)
            cells[node] = HeatCell(node, node_name(directory, node, day), final, projected, change)
    return cells


def _leading(scored: Scores, outlook: Outlook) -> npt.NDArray[np.float64]:
    """The score that every node of the selection is judged by, NaN for none (:func:`app.rules.outlook.leading_score`)."""
    if outlook is Outlook.EARLY:
        return np.full(len(scored.final), np.nan)
    return scored.final if outlook is Outlook.OVER else scored.projected_final


def _leading_people(scored: Scores, outlook: Outlook) -> list[Decimal | None]:
    return [
        published(None if isnan(one) else one)
        for one in _leading(scored, outlook)[scored.selection.is_employee].tolist()
    ]


# ---------------------------------------------------------------------------------------------------------------- the heat map


def _headquarters(plan: CyclePlan, day: dt.date) -> list[str]:
    """The regional headquarters of a day, in the order of their codes."""
    tree = plan.frame.directory.tree
    root = tree.root_on(day)
    below = tree.below_on(root, day) if root else ()
    return sorted(code for code in below if (row := tree.unit_on(code, day)) and row.kind is UnitKind.REGIONAL_HQ)


def _rows(
    plan: CyclePlan,
    cells: dict[Node, HeatCell],
    root: str | None,
    day: dt.date,
    weeks: Mapping[str, tuple[float, ...]],
) -> tuple[HeatRow, ...]:
    """A row a regional headquarters; last the units that stand under none of them."""
    if root is None:
        return ()
    tree = plan.frame.directory.tree
    below = tree.below_on(root, day)
    heads = _headquarters(plan, day)
    rows, placed = [], {root, *heads}
    for head in heads:
        under = sorted(code for code in tree.below_on(head, day) if code not in placed)
        placed.update(under)
        rows.append(HeatRow(cells.get(_unit(head)), _named(cells, under), weeks.get(str(_unit(head)), ())))
    others = _named(cells, sorted(code for code in below if code not in placed))
    return (*rows, HeatRow(None, others)) if others else tuple(rows)


def _named(cells: dict[Node, HeatCell], codes: Iterable[str]) -> tuple[HeatCell, ...]:
    return tuple(
        sorted((cells[_unit(code)] for code in codes if _unit(code) in cells), key=lambda one: (one.name, one.node))
    )


def _places(plan: CyclePlan, rows: Iterable[HeatRow], day: dt.date, kind: UnitKind) -> tuple[UnitPlace, ...]:
    """The units of a kind among the rows, with where they are."""
    directory = plan.frame.directory
    places = []
    for row in rows:
        region = None if row.head is None else row.head.node
        for cell in (*(() if row.head is None else (row.head,)), *row.cells):
            unit = directory.tree.unit_on(cell.node.code, day)
            if unit is None or unit.kind is not kind:
                continue
            people = sum(len(directory.people_of(code, day)) for code in directory.tree.below_on(cell.node.code, day))
            places.append(UnitPlace(cell, region, unit.country, unit.timezone, people))
    return tuple(places)


# ------------------------------------------------------------------------------------------------------------------- the goals


def _goals(
    scored: Scores, plan: CyclePlan, agency: HeatCell | None, before: Mapping[str, float | None]
) -> tuple[tuple[GoalScore, ...], tuple[ServingLine, ...]]:
    """The goals with the agency's lines that serve them, and the lines that serve none."""
    definitions = plan.sheet.definitions
    lines = [] if agency is None else _lines(scored, plan, scored.selection.nodes.index(agency.node), before)
    by_task: dict[str, list[ServingLine]] = {}
    for one in lines:
        by_task.setdefault(one.version.goal, []).append(one)
    goals: list[GoalScore] = []
    known: set[str] = set()
    for goal in definitions.goals:
        tasks = tuple(_task(task, by_task.get(task.code, ())) for task in goal.tasks)
        known.update(task.code for task in goal.tasks)
        goals.append(GoalScore(goal, tasks, *_means([line for task in tasks for line in task.lines])))
    return tuple(goals), tuple(one for one in lines if one.version.goal not in known)


def _task(task: Task, lines: Sequence[ServingLine]) -> TaskScore:
    return TaskScore(task, tuple(lines), *_means(lines))


def _lines(scored: Scores, plan: CyclePlan, place: int, before: Mapping[str, float | None]) -> list[ServingLine]:
    """The lines of the node at a place, with the scores that its scorecard shows."""
    selection = scored.selection
    at = [index for index, node in enumerate(selection.shown_node.tolist()) if node == place]
    worked = selection.shown_worked[at]
    rows = [line.row for line in plan.lines.get(selection.nodes[place], ())]
    kpis = [plan.sheet.definitions.kpis[row.kpi] for row in rows]
    return [
        ServingLine(
            kpi,
            kpi.version(plan.cycle),
            row.weight,
            None if isnan(score) else score,
            None if isnan(score) or isnan(projected) else projected,
            None if isnan(costs) else costs,
            before.get(kpi.code),
        )
        for kpi, row, score, projected, costs in zip(
            kpis,
            rows,
            scored.score[worked].tolist(),
            scored.ahead_score[worked].tolist(),
            scored.lost[at].tolist(),
            strict=True,
        )
    ]


def _means(lines: Sequence[ServingLine]) -> tuple[float | None, float | None, float | None]:
    """The mean so far, the projected one and that of before, which there are where every line with a score has one, as a scorecard's is."""
    so_far = [(line.weight, line.score) for line in lines if line.score is not None]
    ahead = [(line.weight, line.projected) for line in lines if line.projected is not None]
    before = [(line.weight, line.before) for line in lines if line.before is not None]
    whole = len(so_far)
    return (
        _mean(so_far),
        _mean(ahead) if len(ahead) == whole else None,
        _mean(before) if len(before) == whole else None,
    )


def _mean(scored: Sequence[tuple[Decimal, float]]) -> float | None:
    """The mean by weight: weights are rescaled as on a scorecard (domain.md 4)."""
    whole = sum((weight for weight, _ in scored), Decimal(0))
    if not whole:
        return None
    return math.fsum(score * _plain(weight) for weight, score in scored) / _plain(whole)


def _plain(weight: Decimal) -> float:
    numerator, denominator = weight.as_integer_ratio()
    return numerator / denominator


# ----------------------------------------------------------------------------------------------------------------- what moved


def _movers(cells: Iterable[HeatCell], outlook: Outlook) -> Iterable[Mover]:
    for cell in cells:
        leading = published(leading_score(projected=cell.projected, so_far=cell.final, outlook=outlook))
        if cell.change and leading is not None:
            yield Mover(cell.node, cell.name, leading, cell.change)

"""A scorecard as its page shows it: the figures on both bases, what they serve, what moved them last, who stands beside.

Do not give every viewer the whole of it: an employee sees the scores of the units above, and neither colleagues nor
their activities. What may be shown is handed in (:class:`Visibility`), and what may not is not even read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isnan
from typing import Final, NamedTuple

from sqlalchemy import Connection

from app import cascade, ledger
from app.cascade import Line, Served
from app.kit.kept import LruCache
from app.ledger import EventSet, Figures, Move
from app.organisation import Directory
from app.rules.definitions import KpiVersion, Translated
from app.rules.lifting import Aim
from app.rules.measures import GROWS_WITH_DAYS
from app.rules.outlook import Outlook
from app.rules.policies import AreaPolicy
from app.rules.rollup import Area, area_levels, in_areas
from app.rules.terms import Basis, Job, Node, NodeKind
from app.scoring.lifts import Leading, Lift, lifts_of_cards
from app.scoring.plan import CyclePlan, Selection
from app.scoring.planning import State
from app.scoring.scorecards import (
    ExactActuals,
    LineScore,
    Scorecard,
    ScoreQuery,
    Scores,
    make_scorecards,
    read_figures,
    score_figures,
)
from app.scoring.trend import TrendPoint, trend_of
from app.scoring.year_line import YearLine, year_line

__all__ = [
    "Board",
    "BoardLine",
    "BoardMove",
    "BoardSource",
    "LineFacts",
    "LineGroup",
    "RelatedNode",
    "UnitPart",
    "Visibility",
    "board",
    "board_source",
    "node_name",
    "pace_of",
]

MOVES_SHOWN: Final = 8
COSTLY_SHOWN: Final = 3
LIFTS_SHOWN: Final = 3


class Visibility(NamedTuple):
    """What the person at the page may see of it."""

    activities: bool
    people: bool
    node: Callable[[Node], bool]
    """Whether another node's scorecard may be seen."""


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What a line is, as long as nothing is loaded: its KPI's words, what it serves and where it hangs."""

    line: Line
    version: KpiVersion
    served: tuple[Served, ...]
    parent: Line | None
    parent_name: str | None
    parent_kpi_name: Translated | None
    grows: bool

    @property
    def goals(self) -> tuple[tuple[Translated, Translated | None], ...]:
        """The goals and tasks that it serves, by itself and by the lines above it, each once."""
        names = [(one.goal.name, one.task.name if one.task else None) for one in self.served if one.goal is not None]
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True, slots=True)
class BoardLine:
    """A line on both bases, and how it stands against its expected path.

    Attributes:
        facts: what the line is.
        shown: its figures on the basis asked for.
        final: its figures on the final basis.
        provisional: its figures on the provisional basis.
        goal: the target, else the base value: what the year's work is held against.
        expected: the part of it that should be there by the day asked; None where nothing is expected by days.
        pace: actual ÷ expected; None without either.
        counted_weight: its share of 100 among the lines that have a score, where that is not its weight.
        costs: the points that it keeps the own score below 100 by at the year's end; None where nobody can say.
    """

    facts: LineFacts
    shown: LineScore
    final: LineScore
    provisional: LineScore
    goal: str | None
    expected: Decimal | None
    pace: Decimal | None
    counted_weight: Decimal | None
    costs: float | None


@dataclass(frozen=True, slots=True)
class LineGroup:
    """Lines of one area; the levels of areas that begin with it, from the top."""

    begins: tuple[Area, ...]
    depth: int
    """How many levels its area has; 0 for lines without one."""
    lines: tuple[BoardLine, ...]


@dataclass(frozen=True, slots=True)
class RelatedNode:
    """Another node beside or below this one."""

    node: Node
    name: str
    job: Job | None
    own_score: float | None
    unit_score: float | None
    final_score: float | None
    projected_score: float | None
    provisional_score: float | None


@dataclass(frozen=True, slots=True)
class UnitPart:
    """One unit's share in an employee's unit part."""

    unit: str
    name: str
    days: int
    own_score: float | None


@dataclass(frozen=True, slots=True)
class BoardMove:
    """What came in last, and the KPIs of this scorecard that look at it."""

    move: Move
    kpis: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything that a scorecard's page shows."""

    node: Node
    name: str
    unit: str | None
    """Of an employee: the unit posted to on the day asked."""
    job: Job | None
    cycle: int
    cycles: tuple[int, ...]
    query: ScoreQuery
    card: Scorecard
    """On the basis asked for."""
    final: Scorecard
    provisional: Scorecard
    lines: tuple[BoardLine, ...]
    groups: tuple[LineGroup, ...]
    """The same lines by their areas."""
    areas: AreaPolicy
    """What the areas are called."""
    costly: tuple[BoardLine, ...]
    """Those of them that cost the most points, the dearest first."""
    aim: Aim | None
    """The edge of the band above, in the best one of the band below; None without a score."""
    lifts: tuple[Lift, ...]
    """The lines each of which alone would take the score over it, the least effort first."""
    unit_parts: tuple[UnitPart, ...]
    unit_pct: Decimal
    own_pct: Decimal
    ahead: tuple[float | None, float | None]
    """The own score and the unit part at the year's end, if it goes on as it went."""
    days_present: int | None
    days_total: int | None
    parent: RelatedNode | None
    children: tuple[RelatedNode, ...]
    people: tuple[RelatedNode, ...]
    moves: tuple[BoardMove, ...] | None
    """None where the viewer may not see activities."""
    year: YearLine | None
    """The node's scores over the cycle, and where they lead; None where no day but the present is known of."""
    outlook: Outlook
    year_begins_on: dt.date
    year_ends_on: dt.date
    loaded_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardSource:
    """All that a scorecard's page is made of: read from the database, nothing derived yet.

    Equal fingerprints make equal boards, so that whoever has rendered one may keep it as long as the fingerprint comes again.
    """

    plan: CyclePlan
    cycles: tuple[int, ...]
    node: Node
    asked: ScoreQuery
    parent: Node | None
    beside: tuple[Node, ...]
    selection: Selection
    figures: Figures
    moves: tuple[Move, ...] | None
    trend: tuple[TrendPoint, ...]

    @property
    def fingerprint(self) -> tuple[object, ...]:
        """What the board hangs on: the load, what is asked, the figures to the last digit, the latest activities."""
        asked = self.asked
        return (
            self.plan.sheet.token,
            asked,
            self.node,
            self.parent,
            self.beside,
            self.figures.fingerprint,
            self.moves,
            self.trend,
        )

    @property
    def day(self) -> dt.date:
        """The day whose tree and postings are shown."""
        return self.plan.day_within(self.asked.day)


def board_source(
    connection: Connection, *, loaded: State, node: Node, asked: ScoreQuery, shows: Visibility
) -> BoardSource:
    """Read what a node's scorecard page is made of.

    Queries: 3: the figures (2 of a large part of the agency), the latest activities and the trend; as of a day 2, and where another event of
    such a day has come those of the fold and of the moves.
    """
    plan = loaded.plan(asked.cycle)
    directory = plan.frame.directory
    day = plan.day_within(asked.day)
    near = (*_children(directory, node, day), *_people(directory, node, day, shows))
    beside = tuple(one for one in near if shows.node(one))
    parent = _parent(directory, node, day)
    if parent is not None and not shows.node(parent):
        parent = None
    selection = plan.select((node, *(() if parent is None else (parent,)), *beside))
    events = None if asked.as_of is None else ledger.event_set(connection, asked.as_of)
    figures = read_figures(connection, selection, asked, events=events)
    moves = _latest_moves(connection, plan, node, asked, events) if shows.activities else None
    return BoardSource(
        plan=plan,
        cycles=loaded.sheet.cycles,
        node=node,
        asked=asked,
        parent=parent,
        beside=beside,
        selection=selection,
        figures=figures,
        moves=moves,
        trend=tuple(
            point for point in trend_of(connection, plan.cycle, node) if asked.as_of is None or point.day <= asked.as_of
        ),
    )


_MOVES: Final[LruCache[tuple[Move, ...]]] = LruCache(1024)


def _latest_moves(
    connection: Connection, plan: CyclePlan, node: Node, asked: ScoreQuery, events: EventSet | None
) -> tuple[Move, ...]:
    """What moved a node last, what is dated ahead behind what has happened; as of a past day it hangs on the events of days up to it, as the figures do."""

    def read() -> tuple[Move, ...]:
        with plan.frame.reading(connection) as source:
            return ledger.latest_moves(
                source, plan.frame, node=node, cycle=plan.cycle, limit=MOVES_SHOWN, as_of=asked.as_of
            )

    if events is None:
        return tuple(sorted(read(), key=lambda move: move.day > asked.day))
    return _MOVES.get_or_make(
        (str(connection.engine.url), plan.frame.directory.token, plan.cycle, node, asked.as_of, events), read
    )


def board(source: BoardSource) -> Board:
    """A node's scorecard page. No queries."""
    plan, node, asked, day = source.plan, source.node, source.asked, source.day
    directory = plan.frame.directory
    final = score_figures(source.selection, source.figures, asked._replace(basis=Basis.FINAL))
    provisional = score_figures(source.selection, source.figures, asked._replace(basis=Basis.PROVISIONAL))
    (final_card,) = make_scorecards(final, first=1)
    (provisional_card,) = make_scorecards(provisional, first=1)
    card = final_card if asked.basis is Basis.FINAL else provisional_card
    facts = line_facts(plan, node)
    measured = sum((one.weight for one in card.lines if one.score is not None), Decimal(0))
    scored = final if asked.basis is Basis.FINAL else provisional
    costs = scored.lost[scored.selection.shown_node == 0].tolist()
    lines = tuple(
        _line(*one, measured=measured)
        for one in zip(facts, card.lines, final_card.lines, provisional_card.lines, costs, strict=True)
    )
    leading = Leading(scored, 0, ExactActuals(scored))
    lifts = [one for one in lifts_of_cards([leading])[0] if one.step is not None]
    others = {one.node: one for one in _besides(directory, plan, final, provisional, day)}
    person = plan.people.get(node.code) if node.kind is NodeKind.EMPLOYEE else None
    blend = plan.sheet.definitions.policies.blend[person.job] if person else None
    return Board(
        node=node,
        name=node_name(directory, node, day),
        unit=directory.unit_of(node.code, day) if node.kind is NodeKind.EMPLOYEE else None,
        job=person.job if person else None,
        cycle=plan.cycle,
        cycles=source.cycles,
        query=asked,
        card=card,
        final=final_card,
        provisional=provisional_card,
        lines=lines,
        groups=_groups(card, lines),
        areas=plan.sheet.definitions.policies.areas,
        costly=tuple(sorted((one for one in lines if one.costs), key=lambda one: -(one.costs or 0.0)))[:COSTLY_SHOWN],
        aim=leading.aim,
        lifts=tuple(lifts[:LIFTS_SHOWN]),
        unit_parts=_unit_parts(plan, node, scored, day),
        unit_pct=Decimal(blend.unit) if blend else Decimal(0),
        own_pct=Decimal(blend.own) if blend else Decimal(100),
        ahead=scored.ahead(0),
        days_present=person.presence.days_present if person else None,
        days_total=person.presence.total if person else None,
        parent=None if source.parent is None else others[source.parent],
        children=tuple(others[one] for one in source.beside if one.kind is NodeKind.UNIT),
        people=tuple(others[one] for one in source.beside if one.kind is NodeKind.EMPLOYEE),
        moves=None if source.moves is None else _moves(plan, facts, source.moves),
        year=year_line(final, provisional, source.trend),
        outlook=plan.outlook(asked.day),
        year_begins_on=plan.day_within(dt.date.min),
        year_ends_on=plan.day_within(dt.date.max),
        loaded_at=directory.loaded_at,
    )


def node_name(directory: Directory, node: Node, day: dt.date) -> str:
    """The name of a unit as on that day or near it, or of an employee; the code where there is none."""
    if node.kind is NodeKind.EMPLOYEE:
        employee = directory.employees.get(node.code)
        return employee.name if employee else node.code
    row = directory.unit_near(node.code, day)
    return row.name if row else node.code


def _children(directory: Directory, node: Node, day: dt.date) -> list[Node]:
    if node.kind is NodeKind.EMPLOYEE:
        return []
    return [Node(NodeKind.UNIT, code) for code in directory.children(node.code, day)]


def _people(directory: Directory, node: Node, day: dt.date, shows: Visibility) -> list[Node]:
    if node.kind is NodeKind.EMPLOYEE or not shows.people:
        return []
    return [Node(NodeKind.EMPLOYEE, number) for number in directory.people_of(node.code, day)]


def _parent(directory: Directory, node: Node, day: dt.date) -> Node | None:
    if node.kind is NodeKind.EMPLOYEE:
        unit = directory.unit_of(node.code, day)
        return None if unit is None else Node(NodeKind.UNIT, unit)
    above = directory.tree.parent_on(node.code, day)
    return None if above is None else Node(NodeKind.UNIT, above)


def _besides(
    directory: Directory, plan: CyclePlan, final: Scores, provisional: Scores, day: dt.date
) -> list[RelatedNode]:
    """The nodes that were asked for beside the first, with their scores."""
    selection = final.selection
    related = []
    for place in range(1, selection.asked):
        node = selection.nodes[place]
        person = plan.people.get(node.code) if node.kind is NodeKind.EMPLOYEE else None
        own, unit, whole, ahead = final.at(place)
        related.append(
            RelatedNode(
                node,
                node_name(directory, node, day),
                person.job if person else None,
                own,
                unit,
                whole,
                ahead,
                provisional.at(place)[2],
            )
        )
    return related


def _unit_parts(plan: CyclePlan, node: Node, scored: Scores, day: dt.date) -> tuple[UnitPart, ...]:
    places = {one: at for at, one in enumerate(scored.selection.nodes)}
    directory = plan.frame.directory
    parts = []
    for code, days in plan.units_of(node).items():
        unit = Node(NodeKind.UNIT, code)
        parts.append(UnitPart(code, node_name(directory, unit, day), days, scored.at(places[unit])[0]))
    return tuple(parts)


# ----------------------------------------------------------------------------------------------------------------- the lines

_FACTS: Final[LruCache[tuple[LineFacts, ...]]] = LruCache(4096, weight_max=20_000, weigh=len)


def line_facts(plan: CyclePlan, node: Node) -> tuple[LineFacts, ...]:
    """What a node's lines are, in the order of the file; worked out once for each load."""
    key = (plan.sheet.token, plan.cycle, node)
    return _FACTS.get_or_make(key, lambda: tuple(_facts(plan, shown.row) for shown in plan.lines.get(node, ())))


def _facts(plan: CyclePlan, line: Line) -> LineFacts:
    sheet = plan.sheet
    version = sheet.kpi(line.kpi).version(plan.cycle)
    parent = sheet.parent_of(line)
    directory = plan.frame.directory
    day = plan.day_within(dt.date.max)
    return LineFacts(
        line,
        version,
        cascade.served_by(sheet, line),
        parent,
        None if line.parent_node is None else node_name(directory, line.parent_node, day),
        None if line.parent_kpi is None else sheet.kpi(line.parent_kpi).version(plan.cycle).name,
        version.measure.aggregate in GROWS_WITH_DAYS,
    )


def _line(
    facts: LineFacts, shown: LineScore, final: LineScore, provisional: LineScore, costs: float, *, measured: Decimal
) -> BoardLine:
    goal = shown.target or shown.base
    expected, pace = pace_of(shown, grows=facts.grows)
    rescales = shown.score is not None and measured not in {Decimal(0), Decimal(100)}
    return BoardLine(
        facts,
        shown,
        final,
        provisional,
        goal,
        expected,
        pace,
        shown.weight * 100 / measured if rescales else None,
        None if isnan(costs) else costs,
    )


def pace_of(line: LineScore, *, grows: bool) -> tuple[Decimal | None, Decimal | None]:
    """What should be there by the day asked, and how the actual stands to it (domain.md 3: "pace is actual against that path").

    The path leads to the target, or to the base value where there is none; only of what grows with days is a part expected.
    """
    goal = line.target or line.base
    if goal is None or not grows or line.elapsed is None:
        return None, None
    expected = Decimal(goal) * Decimal(repr(line.elapsed))
    if line.actual is None or not expected:
        return expected, None
    return expected, Decimal(line.actual) / expected


def _groups(card: Scorecard, lines: Sequence[BoardLine]) -> tuple[LineGroup, ...]:
    """The lines by their areas, those of one level together and each level once."""
    figures = {area.area: area for area in card.areas}
    groups: list[tuple[tuple[str, ...], list[BoardLine]]] = []
    for place in in_areas([line.shown.area for line in lines]):
        levels = area_levels(lines[place].shown.area)
        if not groups or groups[-1][0] != levels:
            groups.append((levels, []))
        groups[-1][1].append(lines[place])
    begun: set[str] = set()
    line_groups = []
    for levels, members in groups:
        begins = tuple(figures[level] for level in levels if level not in begun)
        line_groups.append(LineGroup(begins, len(levels), tuple(members)))
        begun.update(levels)
    return tuple(line_groups)


def _moves(plan: CyclePlan, facts: Sequence[LineFacts], moves: Sequence[Move]) -> tuple[BoardMove, ...]:
    frame = plan.frame
    looking = [
        (one.line.kpi, {part.slice for part in one.version.measure.parts if part.slice is not None}) for one in facts
    ]
    reported = {one.line.kpi: plan.sheet.reported_of(one.line) for one in facts}
    board_moves = []
    for move in moves:
        if move.type == "figure":
            of = Node.known(move.buyer), move.company
            board_moves.append(BoardMove(move, tuple(kpi for kpi, shown in reported.items() if shown == of)))
            continue
        slices = {one.slice for one in frame.matching(move.type, move.country, move.hs_code)}
        board_moves.append(BoardMove(move, tuple(kpi for kpi, slices_of_kpi in looking if slices_of_kpi & slices)))
    return tuple(board_moves)

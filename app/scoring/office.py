"""A unit as its head looks at it: its people side by side, the units below, and the targets of all of them.

Do not add up whatever stands in a column: only counts and sums of identical lines add up to the line above
(domain.md 3 and 4).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from app import cascade, ledger
from app.cascade import TargetChange
from app.organisation import Directory
from app.rules.baseline import MethodName, milestone_target
from app.rules.definitions import KpiVersion, Translated
from app.rules.measures import ADDS_UP, GROWS_WITH_DAYS, Aggregate, decimal_text
from app.rules.outlook import Outlook, leading_score
from app.rules.targets import NoTarget, SetTarget
from app.rules.terms import Basis, Job, Link, Node, NodeKind
from app.scoring.board import node_name, pace_of
from app.scoring.business import Business, business, business_source
from app.scoring.plan import CyclePlan
from app.scoring.planning import State
from app.scoring.scorecards import LineScore, ScoreQuery, Scores, make_scorecards, read_figures, score_figures
from app.scoring.trend import change_since, projections_before

__all__ = [
    "Costly",
    "Member",
    "Office",
    "Sum",
    "TargetBlock",
    "TargetPast",
    "TargetRow",
    "Targets",
    "costly_of",
    "office",
    "target_past",
    "targets",
]


class Costly(NamedTuple):
    """The KPI that costs somebody the most points of the own score at the year's end."""

    kpi: str
    name: Translated
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """The unit itself, one of its people, or a unit below, with its scores."""

    node: Node
    name: str
    job: Job | None
    is_head: bool
    own_score: float | None
    unit_score: float | None
    final_score: float | None
    projected_score: float | None
    provisional_score: float | None
    change: Decimal | None
    """Of the score that leads, since the day that the office says."""
    costly: Costly | None
    """What keeps the own score lowest."""
    people: int
    """Of a unit: how many are posted to it and below it."""
    waiting: int
    """Entries that nobody has verified or rejected: a person's own, or those of a unit's people and of all below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A unit, its people and the units below it, on a day."""

    unit: Node
    name: str
    day: dt.date
    above: tuple[tuple[str, str], ...]
    """Code and name of every unit above, the nearest first."""
    itself: Member
    people: tuple[Member, ...]
    children: tuple[Member, ...]
    cycle: int
    cycles: tuple[int, ...]
    outlook: Outlook
    since: dt.date | None
    """The day that changes are told against."""
    business: Business
    """Its business figures."""


def office(
    connection: Connection, *, loaded: State, unit: str, asked: ScoreQuery, sees: Callable[[Node], bool]
) -> Office:
    """A unit with its people and the units below side by side, on the final basis and beside it the provisional one.

    Args:
        sees: whether somebody's or a unit's scores may be seen: of a past day's people some may have gone to where they may not.

    Queries: 3 (the totals, what waits, the trend) or 4 (where something is counted distinct), and those of :func:`business_source`.
    """
    plan = loaded.plan(asked.cycle)
    directory = plan.frame.directory
    day = asked.day
    node = Node(NodeKind.UNIT, unit)
    numbers = [number for number in directory.people_of(unit, day) if sees(Node(NodeKind.EMPLOYEE, number))]
    below = [code for code in directory.children(unit, day) if sees(Node(NodeKind.UNIT, code))]
    nodes = (
        node,
        *(Node(NodeKind.EMPLOYEE, number) for number in numbers),
        *(Node(NodeKind.UNIT, code) for code in below),
    )
    selection = plan.select(nodes)
    figures = read_figures(connection, selection, asked)
    final = score_figures(selection, figures, asked._replace(basis=Basis.FINAL))
    provisional = score_figures(selection, figures, asked._replace(basis=Basis.PROVISIONAL))
    posted = {code: _posted(plan, code, day) for code in (unit, *below)}
    waiting = ledger.waiting_counts(connection, plan.frame, employees=posted[unit])
    heads = set(directory.heads_of(unit, day))
    outlook = plan.outlook(day)
    since, before = projections_before(connection, asked._replace(basis=Basis.FINAL), plan=plan, of=nodes)
    members = []
    for place, one in enumerate(nodes):
        own, part, whole, ahead = final.at(place)
        person = directory.employees.get(one.code) if one.kind is NodeKind.EMPLOYEE else None
        counted = posted[one.code] if one.kind is NodeKind.UNIT else (one.code,)
        members.append(
            Member(
                node=one,
                name=node_name(directory, one, day),
                job=directory.terms_on(one.code, day).job if person else None,
                is_head=person is not None and one.code in heads,
                own_score=own,
                unit_score=part,
                final_score=whole,
                projected_score=ahead,
                provisional_score=provisional.at(place)[2],
                change=change_since(
                    before.get(str(one)), leading_score(projected=ahead, so_far=whole, outlook=outlook)
                ),
                costly=costly_of(final, place),
                people=len(counted) if one.kind is NodeKind.UNIT else 0,
                waiting=sum(waiting.get(number, 0) for number in counted),
            )
        )
    return Office(
        unit=node,
        name=members[0].name,
        day=day,
        above=tuple(
            (code, node_name(directory, Node(NodeKind.UNIT, code), day)) for code in directory.chain_on(unit, day)[1:]
        ),
        itself=members[0],
        people=_by_lead(members[1 : 1 + len(numbers)], outlook),
        children=_by_lead(members[1 + len(numbers) :], outlook),
        cycle=plan.cycle,
        cycles=loaded.sheet.cycles,
        outlook=outlook,
        since=since,
        business=business(business_source(connection, plan=plan, asked=asked, units=[unit])),
    )


def costly_of(scored: Scores, place: int) -> Costly | None:
    """What the node at a place loses the most points by; None where it loses none."""
    plan, lost = scored.selection.plan, scored.lost[scored.selection.shown_node == place]
    if not (lost > 0).any():
        return None
    dearest = int(np.nanargmax(lost))
    kpi = plan.sheet.definitions.kpis[plan.lines[scored.selection.nodes[place]][dearest].row.kpi]
    return Costly(kpi.code, kpi.version(plan.cycle).name, float(lost[dearest]))


def _by_lead(members: Sequence[Member], outlook: Outlook) -> tuple[Member, ...]:
    """Whoever is led lowest first, since there help is needed; last whoever has no score to go by."""

    def leading(member: Member) -> float | None:
        return leading_score(projected=member.projected_score, so_far=member.final_score, outlook=outlook)

    return tuple(sorted(members, key=lambda one: (leading(one) is None, leading(one) or 0.0)))


def _posted(plan: CyclePlan, unit: str, day: dt.date) -> tuple[str, ...]:
    directory = plan.frame.directory
    return tuple(number for below in directory.units_below(unit, day) for number in directory.people_of(below, day))


# --------------------------------------------------------------------------------------------------------------- the targets


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPast:
    """A change of a target, with the name of whoever made it."""

    change: TargetChange
    name: str


def target_past(
    connection: Connection, *, loaded: State, cycle: int, nodes: Collection[Node], kpi: str | None = None
) -> dict[tuple[Node, str], tuple[TargetPast, ...]]:
    """What happened to the targets of some nodes in a cycle, by node and KPI, the earliest first. Queries: 1."""
    directory = loaded.frame.directory
    changes = cascade.target_changes(connection, cycle=cycle, nodes=nodes, kpi=kpi)
    return {line: tuple(_past(directory, one) for one in of_line) for line, of_line in changes.items()}


def _past(directory: Directory, change: TargetChange) -> TargetPast:
    if change.employee is None:
        return TargetPast(change=change, name=change.by.removeprefix("account:"))
    name = node_name(directory, Node(NodeKind.EMPLOYEE, change.employee), directory.day_of(change.at))
    return TargetPast(change=change, name=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestChange:
    """A change of a target among those of a whole cycle: whose target it is, and of which KPI."""

    node: Node
    name: str
    kpi: str
    past: TargetPast
    is_line: bool
    """Whether the scorecards still have the line."""


def latest_target_changes(
    connection: Connection, *, loaded: State, cycle: int, day: dt.date, limit: int
) -> tuple[LatestChange, ...]:
    """What happened last to the targets of a cycle, whoever's they are, the newest first. Queries: 1."""
    directory = loaded.frame.directory
    return tuple(
        LatestChange(
            node=node,
            name=node_name(directory, node, day),
            kpi=kpi,
            past=_past(directory, change),
            is_line=loaded.sheet.line(cycle, node, kpi) is not None,
        )
        for node, kpi, change in cascade.latest_target_changes(connection, cycle=cycle, limit=limit)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRow:
    """A node's line of a KPI."""

    node: Node
    name: str
    line: LineScore
    link: Link
    expected: Decimal | None
    pace: Decimal | None
    takes_target: bool
    """Whether it has a target of its own to be set."""
    no_target: NoTarget | None
    """Why it has none."""
    given: Decimal | None
    """The target of the whole cycle, as it is given or set; the line's is that of the days present."""
    of_definition: Decimal | None
    """What the KPI's definition says of the whole year: a milestone's."""
    set_target: SetTarget | None
    """Where that was set in the application."""
    changes: tuple[TargetPast, ...]
    """What happened to its target in the cycle, the earliest first."""
    last_year: Decimal | None
    """The actual of the cycle before, by the history that the folder gives."""

    @property
    def whole(self) -> Decimal | None:
        """The target of the whole cycle: the one that is given, else what the definition says of the year."""
        return self.of_definition if self.given is None else self.given


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """What the identical lines below come to, beside the line above."""

    what: str
    """``target`` or ``actual``."""
    above: Decimal
    below: Decimal
    lines: int
    missing: int
    """Identical lines below that have no such figure."""

    @property
    def difference(self) -> Decimal:
        """What is missing below (negative) or too much."""
        return self.below - self.above


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetBlock:
    """One KPI: the unit's own line and those of its people and the units below."""

    kpi: str
    version: KpiVersion
    own: TargetRow | None
    below: tuple[TargetRow, ...]
    slices: tuple[TargetRow, ...]
    """The lines below that are slices of the unit's own."""
    sums: tuple[Sum, ...]

    @property
    def rows(self) -> tuple[TargetRow, ...]:
        """All its lines, the unit's own first."""
        return self.below if self.own is None else (self.own, *self.below)


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """A unit's KPIs with all lines of them there."""

    unit: Node
    name: str
    day: dt.date
    blocks: tuple[TargetBlock, ...]
    children: tuple[tuple[str, str], ...]
    above: tuple[tuple[str, str], ...]
    cycle: int
    cycles: tuple[int, ...]
    lines: int


def targets(connection: Connection, *, loaded: State, unit: str, asked: ScoreQuery) -> Targets:
    """The lines of a unit, its people and the units below, KPI by KPI, and whether identical ones add up to the unit's.

    Queries: 2 (the totals, what happened to the targets), one more where something is counted distinct.
    """
    plan = loaded.plan(asked.cycle)
    directory = plan.frame.directory
    day = asked.day
    node = Node(NodeKind.UNIT, unit)
    children = directory.children(unit, day)
    nodes = (
        node,
        *(Node(NodeKind.UNIT, code) for code in children),
        *(Node(NodeKind.EMPLOYEE, number) for number in directory.people_of(unit, day)),
    )
    selection = plan.select(nodes)
    scored = score_figures(selection, read_figures(connection, selection, asked), asked)
    past = target_past(connection, loaded=loaded, cycle=plan.cycle, nodes=nodes)
    by_kpi: dict[str, list[TargetRow]] = {}
    for card in make_scorecards(scored):
        name = node_name(directory, card.node, day)
        for line in card.lines:
            version = plan.sheet.kpi(line.kpi).version(plan.cycle)
            expected, pace = pace_of(line, grows=version.measure.aggregate in GROWS_WITH_DAYS)
            written = plan.sheet.line(plan.cycle, card.node, line.kpi)
            row = TargetRow(
                node=card.node,
                name=name,
                line=line,
                link=Link(line.link),
                expected=expected,
                pace=pace,
                takes_target=written is not None and plan.sheet.takes_target(written),
                no_target=plan.sheet.no_target(written) if written is not None else None,
                given=written.target if written is not None else None,
                of_definition=_of_definition(version, plan.cycle),
                set_target=plan.sheet.origin_of(written).set_target if written is not None else None,
                changes=past.get((card.node, line.kpi), ()),
                last_year=plan.sheet.years(card.node, line.kpi).get(plan.cycle - 1),
            )
            by_kpi.setdefault(line.kpi, []).append(row)
    blocks = tuple(_block(plan, node, kpi, rows) for kpi, rows in by_kpi.items())
    return Targets(
        unit=node,
        name=node_name(directory, node, day),
        day=day,
        blocks=blocks,
        children=tuple((code, node_name(directory, Node(NodeKind.UNIT, code), day)) for code in children),
        above=tuple(
            (code, node_name(directory, Node(NodeKind.UNIT, code), day)) for code in directory.chain_on(unit, day)[1:]
        ),
        cycle=plan.cycle,
        cycles=loaded.sheet.cycles,
        lines=sum(len(rows) for rows in by_kpi.values()),
    )


def _block(plan: CyclePlan, unit: Node, kpi: str, rows: Sequence[TargetRow]) -> TargetBlock:
    own = next((row for row in rows if row.node == unit), None)
    below = tuple(row for row in rows if row.node != unit)
    version = plan.sheet.kpi(kpi).version(plan.cycle)
    adds_up = ADDS_UP[Aggregate(version.measure.aggregate)]
    slices = tuple(row for row in below if row.link is Link.IDENTICAL and row.line.parent_node == str(unit))
    sums: list[Sum] = []
    if own is not None and slices:
        sums.extend(_sums("target", own.whole, [row.whole for row in slices]))
        if adds_up:
            sums.extend(_sums("actual", _figure(own.line.actual), [_figure(row.line.actual) for row in slices]))
    return TargetBlock(kpi=kpi, version=version, own=own, below=below, slices=slices, sums=tuple(sums))


def _of_definition(version: KpiVersion, year: int) -> Decimal | None:
    if version.method.name != MethodName.MILESTONE:
        return None
    target = milestone_target(version.method.targets, year)
    return None if target is None else Decimal(decimal_text(target))


def _figure(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _sums(what: str, above: Decimal | None, below: Sequence[Decimal | None]) -> Iterator[Sum]:
    """What the slices come to; nothing where there is nothing above to hold it against.

    Targets are those of the whole cycle, as they are edited: what was agreed adds up. The lines' own targets are prorated by the days that
    each of the people is there (domain.md 4), and would come to less than the unit's whenever somebody is away.
    """
    if above is not None:
        figures = [figure for figure in below if figure is not None]
        total = sum(figures, Decimal(0))
        yield Sum(what=what, above=above, below=total, lines=len(below), missing=len(below) - len(figures))

"""Scorecard lines and what they are judged by, of one revision, in memory; with the targets that were set in the application, or without.

A line has no method and no measure, only a KPI's *version* of the cycle has:
``sheet.definitions.kpis[line.kpi].version(line.cycle)``.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from app import organisation
from app.cascade import tables
from app.cascade.agreements import read_agreed
from app.cascade.bonuses import Bonuses, read_bonuses
from app.cascade.history import NOTHING, Exclusion, History, Years, read_exclusions, read_history
from app.cascade.line import Line
from app.cascade.line_decisions import LineDecisions, read_line_decisions
from app.cascade.locked import Locked, read_locked, with_locked
from app.cascade.moves import read_moves
from app.cascade.publishing import read_pinned
from app.cascade.ratings import read_given
from app.cascade.targets import Decided, LineKey, read_decided
from app.cascade.tellings import Tellings, read_told
from app.kit.bulk import among
from app.organisation import KeptByRevision, Revision, current_revision
from app.rules.definitions import Definitions, Kpi
from app.rules.line_decisions import DecidedLine
from app.rules.moves import NO_MOVES, Moves
from app.rules.targets import NoTarget, SetTarget, no_target, takes_target
from app.rules.tellings import NEVER_TOLD, ToldOf
from app.rules.terms import Link, Node

__all__ = [
    "Line",
    "MarketPotential",
    "PlanShare",
    "Rating",
    "Sheet",
    "TargetDifference",
    "loaded_sheet",
    "potentials",
    "sheet",
    "sheet_of",
    "target_differences",
    "with_decided",
    "with_later_kpis",
]


K = TypeVar("K")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetDifference:
    """A line whose target, as it was set in the application, the folder does not give.

    Attributes:
        folder: what the folder gives; None for nothing.
        holds: whether what was set holds; False where the folder has no such line any more, or one that takes no target.
    """

    cycle: int
    node: Node
    kpi: str
    target: Decimal
    folder: Decimal | None
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """A grade that one rater gave for a qualitative KPI."""

    cycle: int
    node: Node
    kpi: str
    rater: str
    grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPotential:
    """How much there is to gain where a unit is, from a year on: of one KPI, or of all that have no row of their own."""

    unit: str
    kpi: str | None
    year: int
    potential: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanShare:
    """The percent of a year's work that is done in a month of the cycle; without a node for all that have no rows of their own."""

    kpi: str
    node: Node | None
    month: int
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All that levels are measured on and judged by. Immutable; shared by all threads of a process.

    Attributes:
        revision: the number of the load that it is of; 0 before the first one.
        token: the revision's hash, which covers the targets that were set where these are shown.
        loaded_at: when that load was.
        definitions: goals, KPIs and policies that hold from that load on.
        lines: of every cycle and node, in the order of the file.
        history: actuals by node, KPI and year.
        pinned: the definitions of cycles that were published with others than may be loaded now.
        rated_here: the lines whose grades are given in the application, whatever the folder says of them.
        decided: what holds of what was decided about lines, by cycle; a cycle about whose lines nothing was ever decided is not there.
        bonuses: the points that were granted on the promotion list.
        moves: the last step of calibration about everyone, by cycle.
        tellings: what everyone was told of their result so far, by cycle.
        locked: what locked cycles came to, which goes before the folder's history and earlier results in every later one.
    """

    revision: int
    token: str
    loaded_at: dt.datetime | None
    definitions: Definitions
    lines: Mapping[int, Mapping[Node, tuple[Line, ...]]]
    history: History
    _lines: Mapping[LineKey, Line]
    _below: Mapping[LineKey, tuple[Line, ...]]
    _ratings: Mapping[LineKey, tuple[Rating, ...]]
    _exclusions: Mapping[LineKey, Exclusion]
    _plans: Mapping[str, Mapping[Node | None, tuple[Decimal, ...]]]
    pinned: Mapping[int, Definitions] = field(default_factory=dict)
    rated_here: frozenset[LineKey] = frozenset()
    decided: Mapping[int, LineDecisions] = field(default_factory=dict)
    bonuses: Bonuses = field(default_factory=dict)
    moves: Mapping[int, Moves] = field(default_factory=dict)
    tellings: Tellings = field(default_factory=dict)
    locked: Locked = field(default_factory=dict)

    def definitions_of(self, cycle: int) -> Definitions:
        """The goals, KPIs and policies that a cycle goes by: those that it was published with, else those that are loaded."""
        return self.pinned.get(cycle, self.definitions)

    def of_cycle(self, cycle: int) -> Sheet:
        """The same sheet, with the definitions that a cycle goes by, and the actuals of earlier cycles that were locked."""
        definitions, locked = self.definitions_of(cycle), self.locked_before(cycle)
        if definitions is self.definitions and not locked:
            return self
        return replace(self, definitions=definitions, history=with_locked(self.history, locked))

    def locked_before(self, cycle: int) -> Locked:
        """What earlier cycles came to that were locked, the latest last."""
        return {year: self.locked[year] for year in sorted(self.locked) if year < cycle}

    def takes_target(self, line: Line) -> bool:
        """Whether the line has a target of its own to be set."""
        return takes_target(self._method(line), line.link)

    def no_target(self, line: Line) -> NoTarget | None:
        """Why it has none; None where it has."""
        return no_target(self._method(line), line.link)

    def _method(self, line: Line) -> str:
        return self.definitions_of(line.cycle).kpis[line.kpi].version(line.cycle).method.name

    def with_targets(self, decided: Decided, *, token: str, day_of: Callable[[dt.datetime], dt.date]) -> Sheet:
        """The same with the targets that were set in the application in place of the folder's; decisions about other lines are passed over.

        ``day_of`` tells the agency's day of an instant.
        """
        changed: dict[LineKey, Line] = {}
        for key, decision in decided.items():
            line = self._lines.get(key)
            if line is not None and self.takes_target(line):
                told = SetTarget(
                    target=decision.target,
                    folder=line.target,
                    day=day_of(decision.at),
                    by=decision.employee or "",
                    why=decision.note,
                )
                changed[key] = replace(line, target=decision.target, set_target=told)
        if not changed:
            return self

        def now(some: tuple[Line, ...]) -> tuple[Line, ...]:
            return tuple(changed.get((one.cycle, one.node, one.kpi), one) for one in some)

        nodes = {(cycle, node) for cycle, node, _ in changed}
        lines = {
            cycle: {node: now(some) if (cycle, node) in nodes else some for node, some in of_cycle.items()}
            for cycle, of_cycle in self.lines.items()
        }
        above = {(one.cycle, one.parent_node, one.parent_kpi or one.kpi) for one in changed.values() if one.parent_node}
        below = {key: now(some) if key in above else some for key, some in self._below.items()}
        return replace(self, token=token, lines=lines, _lines={**self._lines, **changed}, _below=below)

    def with_agreed(self, agreed: Mapping[tuple[int, Node], tuple[Line, ...]]) -> Sheet:
        """The same with the lines that were agreed or imposed in place of what the folder says of those scorecards."""
        return self.with_cards(agreed)

    def with_cards(self, cards: Mapping[tuple[int, Node], tuple[Line, ...]]) -> Sheet:
        """The same with these scorecards, by cycle and node, in place of what it has of them; one without a line is not there."""
        changed = {card: some for card, some in cards.items() if self.lines.get(card[0], {}).get(card[1], ()) != some}
        if not changed:
            return self
        anew = {cycle: dict(self.lines.get(cycle, {})) for cycle in {cycle for cycle, _ in changed}}
        by_key = dict(self._lines)
        come: dict[LineKey, list[Line]] = {}
        for (cycle, node), some in changed.items():
            before = anew[cycle].get(node, ())
            anew[cycle][node] = some
            for one in before:
                del by_key[one.cycle, one.node, one.kpi]
                if (key := _line_above(one)) is not None:
                    come.setdefault(key, [])
            for one in some:
                by_key[one.cycle, one.node, one.kpi] = one
                if (key := _line_above(one)) is not None:
                    come.setdefault(key, []).append(one)
        below = dict(self._below)
        for key, ones in come.items():
            kept = [one for one in below.get(key, ()) if (one.cycle, one.node) not in changed]
            below[key] = tuple(sorted((*kept, *ones), key=lambda one: str(one.node)))
        lines = dict(self.lines)
        for cycle, of_cycle in anew.items():
            there = {node: some for node, some in of_cycle.items() if some}
            lines[cycle] = dict(sorted(there.items(), key=lambda one: str(one[0])))
        lines = {cycle: lines[cycle] for cycle in sorted(lines) if lines[cycle]}
        return replace(self, lines=lines, _lines=by_key, _below={key: some for key, some in below.items() if some})

    def with_given(self, given: Mapping[LineKey, Iterable[tuple[str, str]]], *, over: Sheet | None = None) -> Sheet:
        """The same with the grades that were given in the application, by rater, in place of what the folder says of those lines.

        Of every other line ``over`` says what the folder does; without it this sheet.
        """
        if not given and over is None:
            return self
        folder = (over or self)._ratings  # noqa: SLF001 - the same class
        here = {
            (cycle, node, kpi): tuple(
                Rating(cycle=cycle, node=node, kpi=kpi, rater=rater, grade=grade) for rater, grade in some
            )
            for (cycle, node, kpi), some in given.items()
        }
        return replace(self, _ratings={**folder, **here}, rated_here=frozenset(here))

    @property
    def cycles(self) -> tuple[int, ...]:
        """The cycles that have lines, in order."""
        return tuple(self.lines)

    @property
    def named_cycles(self) -> frozenset[int]:
        """Every cycle that a row of the cascade's files names: those of lines, ratings and exclusions, and the years of the history."""
        years = {year for kpis in self.history.values() for values in kpis.values() for year in values}
        return frozenset({*self.lines, *(key[0] for key in (*self._ratings, *self._exclusions)), *years})

    def kpi(self, code: str) -> Kpi:
        """The KPI of a line.

        Raises:
            KeyError: there is none; of lines that were loaded every one is there.
        """
        known = self.definitions.kpis.get(code)
        if known is None:
            known = next((one.kpis[code] for one in self.pinned.values() if code in one.kpis), None)
        if known is None:
            raise KeyError(code)
        return known

    def line(self, cycle: int, node: Node, kpi: str) -> Line | None:
        """A node's line of a KPI."""
        return self._lines.get((cycle, node, kpi))

    def parent_of(self, line: Line) -> Line | None:
        """The line that this one hangs on; None where it names none, or one that is not on the parent's scorecard."""
        if line.parent_node is None:
            return None
        return self._lines.get((line.cycle, line.parent_node, line.parent_kpi or line.kpi))

    def lines_below(self, line: Line) -> tuple[Line, ...]:
        """The lines that hang directly on this one, by node."""
        return self._below.get((line.cycle, line.node, line.kpi), ())

    def origin_of(self, line: Line) -> Line:
        """The line whose figures a ``shared`` line shows: the first one up its links that is not shared itself."""
        seen = {line.node}
        while line.link is Link.SHARED:
            above = self.parent_of(line)
            if above is None or above.node in seen:
                break
            seen.add(above.node)
            line = above
        return line

    def reported_of(self, line: Line) -> tuple[Node, str]:
        """The node and the KPI whose figures a line shows where they are reported."""
        origin = self.origin_of(line)
        return origin.node, origin.kpi

    def years(self, node: Node, kpi: str) -> Years:
        """A node's actuals of a KPI by year."""
        return self.history.get(node, {}).get(kpi, NOTHING)

    def ratings(self, cycle: int, node: Node, kpi: str) -> tuple[Rating, ...]:
        """The grades that raters gave, by rater."""
        return self._ratings.get((cycle, node, kpi), ())

    def counted_ratings(self, cycle: int, node: Node, kpi: str) -> tuple[Rating, ...]:
        """Those that its score rests on: none where fewer raters than the policies ask for have given theirs in the application."""
        some = self.ratings(cycle, node, kpi)
        is_few = len(some) < self.definitions_of(cycle).policies.ratings.minimum
        return () if is_few and (cycle, node, kpi) in self.rated_here else some

    def ratings_of(self, cycle: int) -> Iterable[Rating]:
        """All that are looked at of a cycle."""
        return (one for key, some in self._ratings.items() if key[0] == cycle for one in some)

    def exclusion(self, cycle: int, node: Node, kpi: str) -> Exclusion | None:
        """The past year that is left out as an outlier: by decision, else by the folder."""
        decided = self.decided_line(cycle, node, kpi)
        by = None if decided is None else decided.excluded
        if by is None or by.year is None:
            return self.folder_exclusion(cycle, node, kpi)
        return Exclusion(cycle=cycle, node=node, kpi=kpi, year=by.year, reason=by.reason)

    def folder_exclusion(self, cycle: int, node: Node, kpi: str) -> Exclusion | None:
        """The past year that the folder leaves out, whatever was decided."""
        return self._exclusions.get((cycle, node, kpi))

    def bonus_of(self, cycle: int, employee: str) -> Decimal:
        """The bonus points that an employee was granted in a cycle."""
        return self.bonuses.get((cycle, employee), Decimal(0))

    def bonuses_of(self, cycle: int) -> dict[str, Decimal]:
        """Those of everybody who was granted any in a cycle, by number."""
        return {employee: points for (of, employee), points in self.bonuses.items() if of == cycle}

    def moves_of(self, cycle: int) -> Moves:
        """The last step of calibration about everyone in a cycle."""
        return self.moves.get(cycle, NO_MOVES)

    def told_of(self, cycle: int) -> ToldOf:
        """What everyone was told of a cycle so far."""
        return self.tellings.get(cycle, NEVER_TOLD)

    def decided_line(self, cycle: int, node: Node, kpi: str) -> DecidedLine | None:
        """What holds of what was decided about a line; None where nothing ever was."""
        return self.decided.get(cycle, {}).get((node, kpi))

    def judged_otherwise(self, before: Sheet, cycle: int) -> set[tuple[Node, str]]:
        """The lines of a cycle, by node and KPI, whose past, excluded year, counted grades or decisions are others than in another sheet, whatever their rows say."""
        turned = _differing(before.decided.get(cycle, {}), self.decided.get(cycle, {}))
        if before.history is not self.history:
            for node in _differing(before.history, self.history):
                kpis = _differing(before.history.get(node, {}), self.history.get(node, {}))
                turned.update((node, kpi) for kpi in kpis)
        for of in (_differing(before._exclusions, self._exclusions), before._graded_otherwise(self, cycle)):
            turned.update((node, kpi) for of_cycle, node, kpi in of if of_cycle == cycle)
        return turned

    def _graded_otherwise(self, after: Sheet, cycle: int) -> set[LineKey]:
        """The lines that other grades count for; those of other cycles may be among them."""
        some, others = self.definitions_of(cycle).policies.ratings, after.definitions_of(cycle).policies.ratings
        if self._ratings is after._ratings and (self.rated_here, some) == (after.rated_here, others):
            return set()
        return {
            key
            for key in self._ratings.keys() | after._ratings.keys()
            if key[0] == cycle and self.counted_ratings(*key) != after.counted_ratings(*key)
        }

    def has_same_plans(self, other: Sheet) -> bool:
        """Whether each month has the same share of every KPI's year."""
        return self._plans is other._plans or self._plans == other._plans

    def plan(self, kpi: str, node: Node) -> tuple[Decimal, ...] | None:
        """The percent of each of the cycle's twelve months: the node's own, else that of all; None without a plan."""
        plans = self._plans.get(kpi)
        if plans is None:
            return None
        return plans.get(node) or plans.get(None)


def _line_above(line: Line) -> LineKey | None:
    """The key of the line that one hangs on, whether it is there or not; None where it names none."""
    return None if line.parent_node is None else (line.cycle, line.parent_node, line.parent_kpi or line.kpi)


def _differing(before: Mapping[K, object], after: Mapping[K, object]) -> set[K]:
    """The keys at which one of two mappings has something else than the other."""
    if before is after:
        return set()
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def _read(connection: Connection, revision: Revision) -> Sheet:
    return sheet_of(
        revision,
        read_definitions(connection),
        lines=_read_lines(connection),
        history=read_history(connection),
        ratings=_read_ratings(connection),
        exclusions=read_exclusions(connection),
        plans=_read_plans(connection),
    )


def sheet_of(
    revision: Revision,
    definitions: Definitions,
    *,
    lines: Iterable[Line],
    history: History,
    ratings: Mapping[LineKey, tuple[Rating, ...]],
    exclusions: Mapping[LineKey, Exclusion],
    plans: Mapping[str, Mapping[Node | None, tuple[Decimal, ...]]],
) -> Sheet:
    """The sheet of one revision; lines in the order in which each scorecard shows them, cycle by cycle."""
    by_key: dict[LineKey, Line] = {}
    by_node: dict[int, dict[Node, list[Line]]] = {}
    below: dict[LineKey, list[Line]] = {}
    for one in lines:
        by_key[one.cycle, one.node, one.kpi] = one
        by_node.setdefault(one.cycle, {}).setdefault(one.node, []).append(one)
        if one.parent_node is not None:
            below.setdefault((one.cycle, one.parent_node, one.parent_kpi or one.kpi), []).append(one)
    return Sheet(
        revision=revision.number,
        token=revision.token,
        loaded_at=revision.loaded_at,
        definitions=definitions,
        lines={cycle: {node: tuple(some) for node, some in nodes.items()} for cycle, nodes in by_node.items()},
        history=history,
        _lines=by_key,
        _below={key: tuple(some) for key, some in below.items()},
        _ratings=ratings,
        _exclusions=exclusions,
        _plans=plans,
    )


def read_definitions(connection: Connection) -> Definitions:
    """The goals, KPIs and policies that were last loaded.

    Queries: 1.
    """
    columns = tables.definition_document.c
    rows = connection.execute(sa.select(columns.name, columns.content).order_by(columns.name))
    return Definitions.from_documents({name: json.loads(content) for name, content in rows})


def _read_lines(connection: Connection) -> list[Line]:
    table = tables.scorecard_line
    query = sa.select(table).order_by(table.c.cycle, table.c.node, table.c.place)
    nodes: dict[str, Node] = {}
    lines: list[Line] = []
    for row in connection.execute(query):
        for text in (row.node, row.parent_node):
            if text is not None and text not in nodes:
                nodes[text] = Node.known(text)
        lines.append(
            Line(
                cycle=row.cycle,
                node=nodes[row.node],
                kpi=row.kpi,
                weight=row.weight,
                link=Link(row.link),
                area=row.area,
                parent_node=None if row.parent_node is None else nodes[row.parent_node],
                parent_kpi=row.parent_kpi,
                base=row.base,
                high=row.high,
                low=row.low,
                target=row.target,
                coefficient=row.coefficient,
            )
        )
    return lines


def _read_ratings(connection: Connection) -> dict[LineKey, tuple[Rating, ...]]:
    table = tables.rating
    query = sa.select(table).order_by(table.c.cycle, table.c.node, table.c.kpi, table.c.rater)
    ratings: dict[LineKey, list[Rating]] = {}
    for row in connection.execute(query):
        node = Node.known(row.node)
        rating = Rating(cycle=row.cycle, node=node, kpi=row.kpi, rater=row.rater, grade=row.grade)
        ratings.setdefault((row.cycle, node, row.kpi), []).append(rating)
    return {key: tuple(some) for key, some in ratings.items()}


def potentials(connection: Connection, units: Collection[str], *, kpi: str, year: int) -> dict[str, Decimal]:
    """How much there is to gain where units are, of a KPI in a year; a row of the KPI goes before one of all, then the latest.

    Args:
        connection: any transaction.
        units: their codes; those of which nothing is known are not in the answer.
        kpi: of which.
        year: no later rows count.

    Queries: 1.
    """
    of = tables.market_potential.c
    query = (
        sa.select(of.unit, of.potential)
        .where(among(connection, of.unit, sorted(units)), of.kpi.in_(("", kpi)), of.year <= year)
        .order_by(of.kpi == kpi, of.year)
    )
    return {row.unit: row.potential for row in connection.execute(query)}


def _read_plans(connection: Connection) -> dict[str, dict[Node | None, tuple[Decimal, ...]]]:
    columns = tables.plan_share.c
    query = sa.select(columns.kpi, columns.node, columns.share).order_by(columns.kpi, columns.node, columns.month)
    plans: dict[str, dict[Node | None, list[Decimal]]] = {}
    for kpi, text, share in connection.execute(query):
        node = Node.known(text) if text else None
        plans.setdefault(kpi, {}).setdefault(node, []).append(share)
    return {kpi: {node: tuple(shares) for node, shares in nodes.items()} for kpi, nodes in plans.items()}


_loaded: Final[KeptByRevision[Sheet]] = KeptByRevision(_read)


def loaded_sheet(connection: Connection) -> Sheet:
    """What every level is measured on as the folder says it, whatever was decided in the application.

    Queries: 1 (the revision); after a load 6 more (lines, definitions, history, ratings, exclusions, plan) and the revision again.
    """
    return _loaded(connection)


def _decided(connection: Connection, revision: Revision) -> Sheet:
    return with_decided(connection, loaded_sheet(connection), revision, token=revision.whole)


def with_decided(
    connection: Connection,
    sheet: Sheet,
    revision: Revision,
    *,
    token: str,
    before: int | None = None,
    cut: int | None = None,
) -> Sheet:
    """A sheet of the folder with targets and decisions about lines of the application, and what cycles were published with.

    Args:
        connection: any transaction.
        sheet: of the folder.
        revision: whose decisions hold.
        token: the new sheet's.
        before: of decisions about lines and grades those with smaller numbers alone: so they stood when that one was proposed.
        cut: the decision whose cut it is of: what other cycles came to that were locked later is nothing to it.

    Queries: 9, and those of the organisation, where anything was.
    """
    if not revision.decided:
        return sheet
    day_of = organisation.directory(connection).day_of
    pinned = replace(sheet, token=token, pinned=_pinned(connection, sheet.definitions))
    decided = pinned.with_targets(read_decided(connection), token=token, day_of=day_of)
    decided = replace(
        decided,
        decided=read_line_decisions(connection, before=before),
        bonuses=read_bonuses(connection),
        moves=read_moves(connection, before=before),
        tellings=read_told(connection, before=before),
        locked=read_locked(connection, before=cut),
    )
    agreed = decided.with_agreed(read_agreed(connection, pinned.pinned.keys()))
    return agreed.with_given(read_given(connection))


def _pinned(connection: Connection, loaded: Definitions) -> dict[int, Definitions]:
    """What cycles were published with; a KPI that came later is known by what is loaded, since lines that nobody agreed to yet may name it."""
    return {cycle: with_later_kpis(one, loaded) for cycle, one in read_pinned(connection).items()}


def with_later_kpis(published: Definitions, loaded: Definitions) -> Definitions:
    """What a cycle was published with, and the KPIs that only what is loaded has."""
    later = {code: kpi for code, kpi in loaded.kpis.items() if code not in published.kpis}
    return replace(published, kpis=dict(sorted(({**published.kpis, **later}).items()))) if later else published


_kept: Final[KeptByRevision[Sheet]] = KeptByRevision(_decided, decided=True)


def sheet(connection: Connection) -> Sheet:
    """What every level is measured on now: as it is loaded, with the targets that were set in the application since.

    Queries: 1 (the revision); after a load those of :func:`loaded_sheet` and 1, after a decision 9.
    """
    return _kept(connection)


def target_differences(connection: Connection) -> list[TargetDifference]:
    """Where the folder that is loaded differs from the targets that were set in the application, by cycle, node and KPI.

    Queries: 1; where anything was ever set those of :func:`loaded_sheet` and 1.
    """
    if not current_revision(connection).decided:
        return []
    loaded = loaded_sheet(connection)
    differences: list[TargetDifference] = []
    for (cycle, node, kpi), decision in sorted(read_decided(connection).items()):
        line = loaded.line(cycle, node, kpi)
        holds = line is not None and loaded.takes_target(line)
        folder = None if line is None else line.target
        if not holds or folder != decision.target:
            differences.append(
                TargetDifference(cycle=cycle, node=node, kpi=kpi, target=decision.target, folder=folder, holds=holds)
            )
    return differences

"""Scorecard lines and what they are judged by, of one revision, in memory.

A newcomer's usual mistake: a line has no method and no measure, only a KPI's *version* of the cycle has:
``sheet.definitions.kpis[line.kpi].version(line.cycle)``.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app.cascade import tables
from app.cascade.history import NOTHING, Exclusion, History, Years, known_node, read_exclusions, read_history
from app.organisation import KeptByRevision, Revision, current_revision
from app.rules.definitions import Definitions, Kpi
from app.rules.terms import Link, Node

__all__ = ["Line", "PlanShare", "Rating", "Sheet", "sheet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of a scorecard: a KPI, its weight, how it hangs on a line above, and the figures that were given for it."""

    cycle: int
    node: Node
    kpi: str
    weight: Decimal
    link: Link
    area: str | None = None
    parent_node: Node | None = None
    parent_kpi: str | None = None
    base: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    target: Decimal | None = None
    coefficient: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """A grade that one rater gave for a qualitative KPI."""

    cycle: int
    node: Node
    kpi: str
    rater: str
    grade: str


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
        token: the revision's hash.
        loaded_at: when that load was.
        definitions: goals, KPIs and policies that hold from that load on.
        lines: of every cycle and node, in the order of the file.
        history: actuals by node, KPI and year.
    """

    revision: int
    token: str
    loaded_at: dt.datetime | None
    definitions: Definitions
    lines: Mapping[int, Mapping[Node, tuple[Line, ...]]]
    history: History
    _lines: Mapping[tuple[int, Node, str], Line]
    _below: Mapping[tuple[int, Node, str], tuple[Line, ...]]
    _ratings: Mapping[tuple[int, Node, str], tuple[Rating, ...]]
    _exclusions: Mapping[tuple[int, Node, str], Exclusion]
    _plans: Mapping[str, Mapping[Node | None, tuple[Decimal, ...]]]

    def still_current(self, connection: Connection) -> bool:
        """Whether the database still is of this revision.

        Queries: 1.
        """
        return current_revision(connection).token == self.token

    @property
    def cycles(self) -> tuple[int, ...]:
        """The cycles that have lines, in order."""
        return tuple(self.lines)

    def kpi(self, code: str) -> Kpi:
        """The KPI of a line.

        Raises:
            KeyError: there is none; of lines that were loaded every one is there.
        """
        return self.definitions.kpis[code]

    def lines_of(self, cycle: int, node: Node) -> tuple[Line, ...]:
        """A node's lines of a cycle, in the order of the file."""
        return self.lines.get(cycle, {}).get(node, ())

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

    def years(self, node: Node, kpi: str) -> Years:
        """A node's actuals of a KPI by year."""
        return self.history.get(node, {}).get(kpi, NOTHING)

    def ratings(self, cycle: int, node: Node, kpi: str) -> tuple[Rating, ...]:
        """The grades that raters gave, by rater."""
        return self._ratings.get((cycle, node, kpi), ())

    def exclusion(self, cycle: int, node: Node, kpi: str) -> Exclusion | None:
        """The past year that is left out as an outlier."""
        return self._exclusions.get((cycle, node, kpi))

    def plan(self, kpi: str, node: Node) -> tuple[Decimal, ...] | None:
        """The percent of each of the cycle's twelve months: the node's own, else that of all; None without a plan."""
        plans = self._plans.get(kpi)
        if plans is None:
            return None
        return plans.get(node) or plans.get(None)


def _read(connection: Connection, revision: Revision) -> Sheet:
    lines = _read_lines(connection)
    by_key = {(one.cycle, one.node, one.kpi): one for one in lines}
    by_node: dict[int, dict[Node, list[Line]]] = {}
    below: dict[tuple[int, Node, str], list[Line]] = {}
    for one in lines:
        by_node.setdefault(one.cycle, {}).setdefault(one.node, []).append(one)
        if one.parent_node is not None:
            below.setdefault((one.cycle, one.parent_node, one.parent_kpi or one.kpi), []).append(one)
    return Sheet(
        revision=revision.number,
        token=revision.token,
        loaded_at=revision.loaded_at,
        definitions=read_definitions(connection),
        lines={cycle: {node: tuple(some) for node, some in nodes.items()} for cycle, nodes in by_node.items()},
        history=read_history(connection),
        _lines=by_key,
        _below={key: tuple(some) for key, some in below.items()},
        _ratings=_read_ratings(connection),
        _exclusions=read_exclusions(connection),
        _plans=_read_plans(connection),
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
    found: list[Line] = []
    for row in connection.execute(query):
        for text in (row.node, row.parent_node):
            if text is not None and text not in nodes:
                nodes[text] = known_node(text)
        found.append(
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
    return found


def _read_ratings(connection: Connection) -> dict[tuple[int, Node, str], tuple[Rating, ...]]:
    table = tables.rating
    query = sa.select(table).order_by(table.c.cycle, table.c.node, table.c.kpi, table.c.rater)
    found: dict[tuple[int, Node, str], list[Rating]] = {}
    for row in connection.execute(query):
        node = known_node(row.node)
        rating = Rating(cycle=row.cycle, node=node, kpi=row.kpi, rater=row.rater, grade=row.grade)
        found.setdefault((row.cycle, node, row.kpi), []).append(rating)
    return {key: tuple(some) for key, some in found.items()}


def _read_plans(connection: Connection) -> dict[str, dict[Node | None, tuple[Decimal, ...]]]:
    columns = tables.plan_share.c
    query = sa.select(columns.kpi, columns.node, columns.share).order_by(columns.kpi, columns.node, columns.month)
    found: dict[str, dict[Node | None, list[Decimal]]] = {}
    for kpi, text, share in connection.execute(query):
        node = known_node(text) if text else None
        found.setdefault(kpi, {}).setdefault(node, []).append(share)
    return {kpi: {node: tuple(shares) for node, shares in nodes.items()} for kpi, nodes in found.items()}


_kept: Final[KeptByRevision[Sheet]] = KeptByRevision(_read)


def sheet(connection: Connection) -> Sheet:
    """What every level is measured on, as it is loaded now.

    Queries: 1 (the revision); after a load 6 more (lines, definitions, history, ratings, exclusions, plan) and the revision again.
    """
    return _kept(connection)

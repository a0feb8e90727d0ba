"""Figures that are given: of those reported of a node's KPI in a cycle, which one is the actual, now and as of any day.

A figure lies in ``activity`` as any other, under its group's name in place of a buyer's key, and counts where it is the latest of its group that
stands (:func:`app.ledger.activity_rows.one_of_each`). So what is the actual now is looked up, and nothing is added up.
Do not look for a figure by its day: that may lie outside its cycle.
"""

from __future__ import annotations

import bisect
import datetime as dt
import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among, among_named
from app.ledger import tables
from app.ledger.activity_rows import ActivityRow, bits, one_of_each, read_rows, type_states, verdicts_of
from app.ledger.frame import Frame
from app.rules.figures import group_key
from app.rules.terms import Node, NodeKind

__all__ = [
    "Given",
    "GivenByDay",
    "LatestFigure",
    "Reported",
    "ReportedOn",
    "add_given",
    "given_by_day",
    "given_keys",
    "given_query",
    "latest_figures",
    "read_given",
    "reported",
    "reported_on",
]

_LEVELS: Final = len(tables.LEVELS)

Given: TypeAlias = tuple[Decimal | None, ...]
"""The actual that is given, level by level; None where no figure counts on that level."""


class ReportedOn(NamedTuple):
    """Whose figures moved by reports: the ledger's employees, whether any unit's, and the cycles."""

    employees: set[int]
    units: bool
    cycles: set[int]

    @property
    def moved(self) -> bool:
        """Whether anyone's did."""
        return self.units or bool(self.employees)


def reported_on(rows: Iterable[ActivityRow], frame: Frame) -> ReportedOn:
    """Whose actuals other figures give than before, of the activities that were looked at."""
    employees: set[int] = set()
    cycles: set[int] = set()
    units = False
    for row in rows:
        if row.type != "figure" or row.counts == row.counts_before or row.company_name not in frame.given:
            continue
        node = Node.known(row.buyer_name)
        cycles.add(row.cycle)
        if node.kind is NodeKind.EMPLOYEE:
            employees.add(frame.ids[node.code])
        else:
            # A unit's figures are no path's: those below show them too, and whoever is posted there has their part of them.
            units = True
    return ReportedOn(employees, units, cycles)


# ------------------------------------------------------------------------------------------------------------------------ now


def given_keys(frame: Frame, cycle: int, nodes: Iterable[Node]) -> list[str]:
    """The names of all groups in which figures of some nodes may be reported."""
    return [group_key(node=str(node), kpi=kpi, cycle=cycle) for node in nodes for kpi in frame.given]


def _counting_now() -> sa.Select[Any]:
    activity = tables.activity.c
    query = sa.select(activity.buyer_name, activity.company_name, activity.counts, activity.amount)
    return query.where(activity.counts != 0)


def given_query(*, postgresql: bool) -> sa.Select[Any]:
    """What counts now of the groups ``groups``: node, KPI, levels and value."""
    activity = tables.activity.c
    of = among_named(activity.buyer_key, "groups", postgresql=postgresql)
    return _counting_now().where(of, activity.type == "figure")


@functools.cache
def _cycle_query() -> sa.Select[Any]:
    activity = tables.activity.c
    of_cycle = activity.cycle == sa.bindparam("cycle", type_=sa.Integer)
    return _counting_now().where(activity.type_state.in_(type_states(["figure"])), of_cycle)


def read_given(connection: Connection, cycle: int) -> list[tuple[str, str, int, Decimal]]:
    """All that counts now in a cycle: node, KPI, levels and value. Queries: 1."""
    return [tuple(row) for row in connection.execute(_cycle_query(), {"cycle": cycle})]


def add_given(
    given: dict[Node, dict[str, Given]], rows: Iterable[tuple[str, str, int, Decimal]], nodes: Mapping[str, Node]
) -> None:
    """Put in what counts of some nodes, by their texts."""
    for text, kpi, counts, value in rows:
        node = nodes.get(text)
        if node is not None:
            before = given.setdefault(node, {}).get(kpi, (None,) * _LEVELS)
            given[node][kpi] = tuple(value if counts >> level & 1 else earlier for level, earlier in enumerate(before))


# ---------------------------------------------------------------------------------------------------------------- as of any day


class _Turn(NamedTuple):
    """From a day on this is given."""

    day: int
    given: Given


@dataclass(frozen=True, slots=True)
class GivenByDay:
    """What is given of some nodes in a cycle, by the days on which it changed."""

    _turns: Mapping[tuple[Node, str], Sequence[_Turn]]

    def on(self, nodes: Iterable[Node], day: dt.date) -> dict[Node, dict[str, Given]]:
        """What was given of some nodes at the end of a day."""
        given: dict[Node, dict[str, Given]] = {}
        if not self._turns:
            return given
        wanted = set(nodes)
        for (node, kpi), turns in self._turns.items():
            at = bisect.bisect_right(turns, day.toordinal(), key=lambda turn: turn.day)
            if at and node in wanted:
                given.setdefault(node, {})[kpi] = turns[at - 1].given
        return given


def given_by_day(
    connection: Connection, frame: Frame, *, cycle: int, nodes: Iterable[Node] | None = None
) -> GivenByDay:
    """What is given of some nodes in a cycle, or of all, on any day.

    Queries: 3, or none where no KPI is given.
    """
    if not frame.given:
        return GivenByDay({})
    activity = tables.activity.c
    if nodes is None:
        condition = sa.and_(activity.type_state.in_(type_states(["figure"])), activity.cycle == cycle)
    else:
        keys = given_keys(frame, cycle, nodes)
        condition = sa.and_(among(connection, activity.buyer_key, keys), activity.type == "figure")
    rows = read_rows(connection, frame, condition)
    verdicts = verdicts_of(connection, among(connection, tables.verdict.c.activity, rows)) if rows else {}
    groups: dict[tuple[str, str], list[ActivityRow]] = {}
    for row in rows.values():
        groups.setdefault((row.buyer_name, row.company_name), []).append(row)
    turns: dict[tuple[Node, str], list[_Turn]] = {}
    for (node, kpi), group in groups.items():
        days = {row.day for row in group} | {one.day for row in group for one in verdicts.get(row.seq, ())}
        turns[Node.known(node), kpi] = [
            _Turn(day.toordinal(), _given(_counting(group, verdicts, day))) for day in sorted(days)
        ]
    return GivenByDay(turns)


def _counting(
    group: Iterable[ActivityRow], verdicts: Mapping[int, Sequence[Any]], as_of: dt.date
) -> list[tuple[ActivityRow, int]]:
    """The figures of a group that had come by a day, and the levels on which each was the actual."""
    begun = [row for row in group if row.day <= as_of]
    standings = {row.seq: bits(row.effect(verdicts.get(row.seq, ()), as_of=as_of).counts) for row in begun}
    counts = one_of_each(begun, standings)
    return [(row, counts[row.seq]) for row in begun]


def _given(counting: Iterable[tuple[ActivityRow, int]]) -> Given:
    values: list[Decimal | None] = [None] * _LEVELS
    for row, counts in counting:
        for level in range(_LEVELS):
            if counts >> level & 1:
                values[level] = row.amount
    return tuple(values)


# ------------------------------------------------------------------------------------------------------------------- evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestFigure:
    """The latest figure of a node's KPI in a cycle that is neither reversed nor rejected."""

    key: str
    day: dt.date
    employee: str
    value: Decimal
    state: str


def latest_figures(connection: Connection, frame: Frame, *, cycle: int) -> dict[tuple[str, str], LatestFigure]:
    """The latest figures of a cycle, by node and KPI. Queries: 1."""
    activity, event = tables.activity.c, tables.event.c
    query = (
        sa.select(
            activity.buyer_name,
            activity.company_name,
            event.key,
            activity.day,
            activity.employee,
            activity.amount,
            activity.state,
        )
        .join_from(tables.activity, tables.event, event.seq == activity.seq)
        .where(activity.type_state.in_(type_states(["figure"], ["entered", "verified"])))
        .where(activity.cycle == cycle, activity.counts.bitwise_and(1) != 0)
    )
    return {
        (node, kpi): LatestFigure(key=key, day=day, employee=frame.numbers[employee], value=value, state=state)
        for node, kpi, key, day, employee, value, state in connection.execute(query)
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A figure that somebody reported, and who did."""

    key: str
    source: str
    id: str
    day: dt.date
    employee: str
    value: Decimal


def reported(
    connection: Connection,
    frame: Frame,
    *,
    node: Node,
    kpi: str,
    cycle: int,
    level: int,
    as_of: dt.date | None = None,
) -> Reported | None:
    """The figure that is a KPI's actual; None where none is.

    Args:
        connection: an open transaction.
        frame: the agency.
        node: of which unit or employee.
        kpi: which KPI.
        cycle: in which cycle.
        level: 0, 1 or 2 for entered, verified, confirmed.
        as_of: the day by which it counted; None for now.

    Queries: 3; as of a day 4.
    """
    activity, event = tables.activity.c, tables.event.c
    key = group_key(node=node, kpi=kpi, cycle=cycle)
    rows = read_rows(connection, frame, sa.and_(activity.buyer_key == key, activity.type == "figure"))
    if as_of is None:
        counting = [(row, row.counts) for row in rows.values()]
    else:
        verdicts = verdicts_of(connection, among(connection, tables.verdict.c.activity, rows)) if rows else {}
        counting = _counting(rows.values(), verdicts, as_of)
    one = next((row for row, counts in counting if counts >> level & 1), None)
    if one is None or one.amount is None:
        return None
    key = connection.scalar(sa.select(event.key).where(event.seq == one.seq)) or ""
    return Reported(
        key=key, source=one.source, id=one.id, day=one.day, employee=frame.numbers[one.employee], value=one.amount
    )

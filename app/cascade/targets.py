"""Targets that people set in the application: kept for ever, and the last of a line goes before what the folder says.

They outlive every load. What the folder says of such a line is shown beside it, and a load tells where the two differ (contract, "The
agency folder"). Do not write a decision into the folder's own rows, where the next load would undo it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection

from app import organisation
from app.cascade import tables
from app.kit.replacing import exact_text
from app.rules.terms import Node

__all__ = [
    "Decided",
    "HeldTarget",
    "LineKey",
    "TargetChange",
    "WantedTarget",
    "keep_targets",
    "read_decided",
    "target_changes",
]

LineKey: TypeAlias = tuple[int, Node, str]
"""Cycle, node and KPI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTarget:
    """The target that holds for a line since it was set."""

    cycle: int
    node: Node
    kpi: str
    target: Decimal
    at: dt.datetime
    employee: str | None
    note: str | None


Decided: TypeAlias = Mapping[LineKey, HeldTarget]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedTarget:
    """A target that is to be set, and what the folder gives for the line."""

    cycle: int
    node: Node
    kpi: str
    target: Decimal
    folder: Decimal | None


def read_decided(connection: Connection) -> dict[LineKey, HeldTarget]:
    """The decisions that hold, by line. Whoever set a line back to the folder's figure of that day left it to the folder again.

    Queries: 1.
    """
    columns = tables.target_set.c
    last = sa.select(sa.func.max(columns.id)).group_by(columns.cycle, columns.node, columns.kpi)
    query = sa.select(columns.cycle, columns.node, columns.kpi, columns.target, columns.at, columns.note)
    query = query.add_columns(columns.employee, columns.folder_target)
    decisions: dict[LineKey, HeldTarget] = {}
    for row in connection.execute(query.where(columns.id.in_(last)).order_by(columns.cycle, columns.node, columns.kpi)):
        if row.target == row.folder_target:
            continue
        node = Node.known(row.node)
        decisions[row.cycle, node, row.kpi] = HeldTarget(
            cycle=row.cycle,
            node=node,
            kpi=row.kpi,
            target=row.target,
            at=row.at,
            employee=row.employee,
            note=row.note,
        )
    return decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetChange:
    """One change of a line's target: from which figure to which, by whom, when and why."""

    before: Decimal | None
    after: Decimal
    to_folder: bool
    """Whether the line went back to what the folder gives."""
    by: str
    """The account, as the trail writes it."""
    employee: str | None
    at: dt.datetime
    note: str | None


def target_changes(
    connection: Connection, *, cycle: int, nodes: Collection[Node], kpi: str | None = None
) -> dict[tuple[Node, str], tuple[TargetChange, ...]]:
    """What happened to the targets of some nodes in a cycle, by node and KPI, the earliest first.

    The first of a line changed what the folder gave at that time.

    Queries: 1.
    """
    columns = tables.target_set.c
    query = sa.select(tables.target_set).where(
        columns.cycle == cycle, columns.node.in_(sorted(str(node) for node in nodes))
    )
    if kpi is not None:
        query = query.where(columns.kpi == kpi)
    changes: dict[tuple[Node, str], list[TargetChange]] = {}
    for row in connection.execute(query.order_by(columns.id)):
        of_line = changes.setdefault((Node.known(row.node), row.kpi), [])
        # Of a line that had been left to the folder a load may have changed the figure since.
        is_folders = not of_line or of_line[-1].to_folder
        of_line.append(_change(row, row.folder_target if is_folders else of_line[-1].after))
    return {line: tuple(of_line) for line, of_line in changes.items()}


def latest_target_changes(connection: Connection, *, cycle: int, limit: int) -> list[tuple[Node, str, TargetChange]]:
    """What happened last to the targets of a cycle, whoever's they are, the newest first: the node, the KPI and the change.

    Queries: 1.
    """
    columns = tables.target_set.c
    before, folder_before = (
        sa.func.lag(column, type_=columns.target.type).over(
            partition_by=(columns.node, columns.kpi), order_by=columns.id
        )
        for column in (columns.target, columns.folder_target)
    )
    query = sa.select(tables.target_set, before.label("before"), folder_before.label("folder_before")).where(
        columns.cycle == cycle
    )
    return [
        (
            Node.known(row.node),
            row.kpi,
            _change(row, row.folder_target if row.before in {None, row.folder_before} else row.before),
        )
        for row in connection.execute(query.order_by(columns.id.desc()).limit(limit))
    ]


def _change(row: sa.Row[Any], before: Decimal | None) -> TargetChange:
    return TargetChange(
        before=before,
        after=row.target,
        to_folder=row.target == row.folder_target,
        by=row.set_by,
        employee=row.employee,
        at=row.at,
        note=row.note,
    )


def keep_targets(
    connection: Connection,
    wanted: Sequence[WantedTarget],
    *,
    by: str,
    employee: str | None,
    at: dt.datetime,
    note: str | None,
) -> None:
    """Set targets: from this transaction's end they hold in every process.

    Args:
        connection: a writing transaction that holds :func:`app.organisation.lock_revision`.
        wanted: what is set; that these lines take a target was looked at before.
        by: the account, as the trail writes it.
        employee: the number of whom it belongs to.
        at: now.
        note: why, where it was said.

    Queries: 3.
    """
    rows = [
        {
            "cycle": one.cycle,
            "node": str(one.node),
            "kpi": one.kpi,
            "target": _plain(one.target),
            "folder_target": one.folder,
            "set_by": by,
            "employee": employee,
            "at": at,
            "note": note,
        }
        for one in wanted
    ]
    connection.execute(sa.insert(tables.target_set), rows)
    organisation.raise_decided(connection, list(_told(wanted, by, at)))


def _plain(figure: Decimal) -> Decimal:
    """The one spelling of a figure, as the folder's rows have it."""
    return Decimal(exact_text(figure) or 0)


def _told(wanted: Sequence[WantedTarget], by: str, at: dt.datetime) -> Iterator[tuple[object, ...]]:
    for one in wanted:
        yield (one.cycle, str(one.node), one.kpi, exact_text(one.target), by, at.isoformat())

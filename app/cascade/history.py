"""Past years: what every node reached in them, and which of them is left out as an outlier.

Years are cycles (a cycle may begin in July), and the year of the cycle itself may have a row too, which
is the actual of a KPI that is ``given``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection

from app.cascade import tables
from app.rules.terms import Node

__all__ = ["NOTHING", "Exclusion", "History", "PastValue", "read_exclusions", "read_history"]

Years: TypeAlias = Mapping[int, Decimal]
History: TypeAlias = Mapping[Node, Mapping[str, Years]]
"""Actuals by node, KPI and year."""

NOTHING: Final[Years] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class PastValue:
    """A row of ``history.csv``."""

    node: Node
    kpi: str
    year: int
    actual: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A past year that is left out of a line's base and spread: a decision of people, with its reason (domain.md 3)."""

    cycle: int
    node: Node
    kpi: str
    year: int
    reason: str | None


def read_history(connection: Connection) -> History:
    """All past years.

    Queries: 1.
    """
    columns = tables.history.c
    query = sa.select(columns.node, columns.kpi, columns.year, columns.actual)
    by_text: dict[str, dict[str, dict[int, Decimal]]] = {}
    for node, kpi, year, actual in connection.execute(query.order_by(columns.node, columns.kpi, columns.year)):
        by_text.setdefault(node, {}).setdefault(kpi, {})[year] = actual
    return {Node.known(node): kpis for node, kpis in by_text.items()}


def read_exclusions(connection: Connection) -> dict[tuple[int, Node, str], Exclusion]:
    """All excluded years by cycle, node and KPI; one at most for each.

    Queries: 1.
    """
    table = tables.exclusion
    exclusions: dict[tuple[int, Node, str], Exclusion] = {}
    for row in connection.execute(sa.select(table).order_by(table.c.cycle, table.c.node, table.c.kpi)):
        node = Node.known(row.node)
        exclusions[row.cycle, node, row.kpi] = Exclusion(
            cycle=row.cycle, node=node, kpi=row.kpi, year=row.year, reason=row.reason
        )
    return exclusions

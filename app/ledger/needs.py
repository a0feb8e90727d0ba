"""What recorded activities need of the agency folder."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from app.ledger import tables
from app.ledger.activity_rows import type_states
from app.organisation import Needs, month_of
from app.organisation.tables import path
from app.rules.terms import Node, NodeKind

__all__ = ["needs"]


def needs(connection: Connection, *, numbers: Mapping[int, str]) -> Needs:
    """The employees, units and currencies that no load may leave out.

    Args:
        connection: an open transaction.
        numbers: the ledger's ids of employees -> their numbers.

    Queries: 6.
    """
    activity, credit, verdict = tables.activity.c, tables.credit.c, tables.verdict.c
    ids = set(connection.scalars(sa.select(activity.employee).distinct()))
    ids |= set(connection.scalars(sa.select(credit.employee).distinct()))
    by = set(connection.scalars(sa.select(verdict.by).where(verdict.by.is_not(None)).distinct()))
    chains = connection.scalars(
        sa.select(path.c.chain).where(path.c.id.in_(sa.select(credit.path).where(credit.path.is_not(None)).distinct()))
    )
    months = connection.execute(
        sa.select(activity.currency, sa.func.min(activity.day))
        .where(activity.amount.is_not(None), activity.currency.is_not(None))
        .group_by(activity.currency)
    )
    nodes = connection.scalars(
        sa.select(activity.buyer_name).where(activity.type_state.in_(type_states(["figure"]))).distinct()
    )
    units = {unit for chain in chains for unit in chain.split("/")}
    # Whom a figure counts for has a part of it; a unit's name stands in it alone.
    units |= {node.code for text in nodes if (node := Node.parse(text)) and node.kind is NodeKind.UNIT}
    return Needs(
        employees=frozenset(numbers[one] for one in ids) | by,
        units=frozenset(units),
        currencies={currency: month_of(day) for currency, day in months},
    )

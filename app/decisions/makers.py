"""Who made decisions about whom in a cycle: whoever did does not judge the person besides."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access import Viewer
from app.decisions import tables
from app.rules.deciding import DecisionState
from app.rules.terms import NodeKind

__all__ = ["DecisionMaker", "makers_about"]


class DecisionMaker(NamedTuple):
    """Who made a decision, as they were then."""

    account: str
    employee: str | None

    def is_person(self, viewer: Viewer) -> bool:
        """Whether it is somebody who is signed in now."""
        return self.account == viewer.label or (self.employee is not None and self.employee == viewer.employee)


def makers_about(
    connection: Connection, *, cycle: str, but: Collection[str], employee: str | None = None
) -> dict[str, frozenset[DecisionMaker]]:
    """Who made the decisions about employees that were agreed to or wait, by the employees' numbers.

    Args:
        connection: any transaction.
        cycle: the decisions of which cycle.
        but: kinds that do not count.
        employee: only those about this one.

    Queries: 1.
    """
    of, about, end = tables.decision.c, tables.decision_about.c, tables.decision_end.c
    prefix = f"{NodeKind.EMPLOYEE}:"
    query = (
        sa.select(about.node, of.account, of.employee)
        .join_from(tables.decision, tables.decision_about, about.decision == of.id)
        .outerjoin(tables.decision_end, end.decision == of.id)
        .where(of.cycle == cycle, of.kind.not_in(sorted(but)))
        .where(sa.or_(end.state.is_(None), end.state == DecisionState.APPROVED))
        .distinct()
    )
    if employee is not None:
        query = query.where(about.node == f"{prefix}{employee}")
    makers: dict[str, set[DecisionMaker]] = {}
    for row in connection.execute(query):
        if row.node.startswith(prefix):
            makers.setdefault(row.node.removeprefix(prefix), set()).add(DecisionMaker(row.account, row.employee))
    return {number: frozenset(some) for number, some in makers.items()}

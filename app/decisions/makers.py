"""Who made decisions about whom in a cycle: whoever did does not judge the person besides."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access import Viewer
from app.decisions import tables
from app.rules.deciding import DecisionState
from app.rules.terms import NodeKind

__all__ = ["DecisionMaker", "checkers_about", "makers_about"]

_EMPLOYEE: Final = f"{NodeKind.EMPLOYEE}:"


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
    query = (
        sa.select(about.node, of.account, of.employee)
        .join_from(tables.decision, tables.decision_about, about.decision == of.id)
        .outerjoin(tables.decision_end, end.decision == of.id)
        .where(of.cycle == cycle, of.kind.not_in(sorted(but)))
        .where(sa.or_(end.state.is_(None), end.state == DecisionState.APPROVED))
        .distinct()
    )
    if employee is not None:
        query = query.where(about.node == f"{_EMPLOYEE}{employee}")
    return _by_employee(connection.execute(query))


def _by_employee(rows: Iterable[sa.Row[Any]]) -> dict[str, frozenset[DecisionMaker]]:
    hands: dict[str, set[DecisionMaker]] = {}
    for row in rows:
        if row.node.startswith(_EMPLOYEE):
            hands.setdefault(row.node.removeprefix(_EMPLOYEE), set()).add(DecisionMaker(row.account, row.employee))
    return {number: frozenset(some) for number, some in hands.items()}


def checkers_about(connection: Connection, *, cycle: str, but: Collection[str]) -> dict[str, frozenset[DecisionMaker]]:
    """Who agreed to the decisions about employees, by the employees' numbers; but for kinds that do not count. Queries: 1."""
    of, about, end = tables.decision.c, tables.decision_about.c, tables.decision_end.c
    query = (
        sa.select(about.node, end.account, end.employee)
        .join_from(tables.decision, tables.decision_about, about.decision == of.id)
        .join(tables.decision_end, end.decision == of.id)
        .where(of.cycle == cycle, of.kind.not_in(sorted(but)), end.state == DecisionState.APPROVED)
        .distinct()
    )
    return _by_employee(connection.execute(query))

"""All that was ever decided about a cycle, in the order in which it was: for whoever takes it along or works by it again."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from app.decisions import tables
from app.decisions.decisions import decision_query, read_decisions
from app.decisions.values import Decision
from app.rules.deciding import DecisionState

__all__ = ["approved_numbers", "decisions_before"]


def decisions_before(connection: Connection, *, cycle: str, before: int) -> list[Decision]:
    """All decisions about a cycle with smaller numbers, whatever became of them, by number. Queries: 2."""
    of = tables.decision.c
    return read_decisions(connection, decision_query().where(of.cycle == cycle, of.id < before).order_by(of.id))


def approved_numbers(connection: Connection, *, cycle: str, before: int) -> list[int]:
    """The numbers of those that were approved, in the order of their approval. Queries: 1."""
    of, end = tables.decision.c, tables.decision_end.c
    query = sa.select(of.id).join_from(tables.decision, tables.decision_end, end.decision == of.id)
    approved = query.where(of.cycle == cycle, of.id < before, end.state == DecisionState.APPROVED)
    return list(connection.scalars(approved.order_by(end.id)))

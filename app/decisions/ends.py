"""How decisions came to their end, and which answer objections: what is asked of many at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy import Connection

from app.decisions import tables
from app.rules.deciding import DecisionState

__all__ = ["decisions_naming", "ended_at", "ended_by"]


def decisions_naming(connection: Connection, *, cycle: str) -> dict[int, dict[int, DecisionState]]:
    """The decisions of a cycle that answer objections and wait or were agreed to, with their states, by the objection's number. Queries: 1."""
    of, end = tables.decision.c, tables.decision_end.c
    query = sa.select(of.objection, of.id, end.state).outerjoin_from(
        tables.decision, tables.decision_end, end.decision == of.id
    )
    query = query.where(of.cycle == cycle, of.objection.is_not(None)).order_by(of.id)
    query = query.where(sa.or_(end.state.is_(None), end.state == DecisionState.APPROVED))
    named: dict[int, dict[int, DecisionState]] = {}
    for row in connection.execute(query):
        named.setdefault(row.objection, {})[row.id] = DecisionState(row.state or DecisionState.PROPOSED)
    return named


def ended_at(connection: Connection, numbers: Collection[int]) -> dict[int, dt.datetime]:
    """When decisions came to their end. Queries: 1, or none."""
    of = tables.decision_end.c
    if not numbers:
        return {}
    query = sa.select(of.decision, of.at).where(of.decision.in_(numbers))
    return {row.decision: row.at for row in connection.execute(query)}


def ended_by(connection: Connection, numbers: Collection[int]) -> dict[int, str]:
    """By whom decisions came to their end, as accounts are called. Queries: 1, or none."""
    of = tables.decision_end.c
    if not numbers:
        return {}
    query = sa.select(of.decision, of.account).where(of.decision.in_(numbers))
    return {row.decision: row.account.removeprefix("account:") for row in connection.execute(query)}

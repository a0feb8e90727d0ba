"""Events that came after a number and are of a cycle: by their own day, or because they judge an activity of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from app.ledger import tables

__all__ = ["LateEvent", "late_count", "late_events"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LateEvent:
    """One of them.

    Attributes:
        seq: its number: later ones have larger ones.
        day: the activity's.
        body: its JSON.
    """

    seq: int
    key: str
    source: str
    id: str
    type: str
    received_at: dt.datetime
    day: dt.date
    body: str


def late_events(connection: Connection, *, cycle: int, after: int, limit: int) -> list[LateEvent]:
    """The events of a cycle with larger numbers, the first one first. Queries: 1."""
    event, activity = tables.event.c, tables.activity
    of = _of_cycle(cycle, after).subquery()
    query = (
        sa.select(
            event.seq, event.key, event.source, event.id, event.type, event.received_at, event.body, of.c.activity
        )
        .add_columns(activity.c.day.label("activity_day"))
        .join(of, of.c.seq == event.seq)
        .join(activity, activity.c.seq == of.c.activity)
        .order_by(event.seq)
        .limit(limit)
    )
    return [
        LateEvent(
            seq=row.seq,
            key=row.key,
            source=row.source,
            id=row.id,
            type=row.type,
            received_at=row.received_at,
            day=row.activity_day,
            body=row.body,
        )
        for row in connection.execute(query)
    ]


def late_count(connection: Connection, *, cycle: int, after: int) -> int:
    """How many there are. Queries: 1."""
    return connection.scalar(sa.select(sa.func.count()).select_from(_of_cycle(cycle, after).subquery())) or 0


def _of_cycle(cycle: int, after: int) -> sa.CompoundSelect[Any]:
    """The numbers of the events, with that of the activity that each is about."""
    activity, verdict = tables.activity.c, tables.verdict.c
    judged = tables.activity.alias("judged")
    return sa.union_all(
        sa.select(activity.seq.label("seq"), activity.seq.label("activity")).where(
            activity.seq > after, activity.cycle == cycle
        ),
        sa.select(verdict.seq, verdict.activity)
        .join(judged, judged.c.seq == verdict.activity)
        .where(verdict.seq > after, judged.c.cycle == cycle),
    )

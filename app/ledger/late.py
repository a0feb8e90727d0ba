"""Events that came after a number and are of a cycle: by their own day, or because they judge an activity of it; and events that somebody names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among
from app.ledger import tables
from app.ledger.record import Origin

__all__ = [
    "AboutActivity",
    "LateEvent",
    "NamedEvent",
    "activities_behind",
    "events_numbered",
    "events_with_keys",
    "late_count",
    "late_events",
]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedEvent:
    """An event by its name, as it came.

    Attributes:
        seq: its number.
        key: by which it is found.
        body: its JSON.
        origin: how it came.
    """

    seq: int
    key: str
    source: str
    id: str
    received_at: dt.datetime
    body: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutActivity:
    """The activity that an event is, or judges.

    Attributes:
        body: its JSON.
        employees: who entered it and whom it is credited to, by the ledger's numbers.
    """

    body: str
    employees: frozenset[int]


def events_with_keys(connection: Connection, keys: Collection[str]) -> dict[str, NamedEvent]:
    """The events that are found by some keys (:func:`app.ledger.event_key`), those that there are. Queries: 1."""
    return {one.key: one for one in _named(connection, among(connection, tables.event.c.key, keys))}


def events_numbered(connection: Connection, numbers: Collection[int]) -> list[NamedEvent]:
    """Events by their numbers, the first one first. Queries: 1, or none."""
    return _named(connection, among(connection, tables.event.c.seq, numbers)) if numbers else []


def _named(connection: Connection, only: sa.ColumnElement[bool]) -> list[NamedEvent]:
    event, arrival = tables.event.c, tables.arrival.c
    query = (
        sa.select(event.seq, event.key, event.source, event.id, event.received_at, event.body)
        .add_columns(arrival.door, arrival.sender, arrival.request, arrival.rejected)
        .select_from(tables.event.outerjoin(tables.arrival, arrival.id == event.arrival))
        .where(only)
        .order_by(event.seq)
    )
    return [
        NamedEvent(
            seq=row.seq,
            key=row.key,
            source=row.source,
            id=row.id,
            received_at=row.received_at,
            body=row.body,
            # Of before it was written down by which door an event came there is nothing to say.
            origin=Origin(row.door or "api", row.sender or "", row.request, row.rejected),
        )
        for row in connection.execute(query)
    ]


def activities_behind(connection: Connection, cycle: int, numbers: Collection[int]) -> dict[int, AboutActivity]:
    """Of those of some events that are of a cycle the activity that each is, or judges. Queries: 2, or none."""
    if not numbers:
        return {}
    event, activity, credit = tables.event.c, tables.activity.c, tables.credit.c
    of = _of_cycle(cycle, 0).subquery()
    query = (
        sa.select(of.c.seq, of.c.activity, activity.employee, event.body)
        .join(activity.seq.table, activity.seq == of.c.activity)
        .join(event.seq.table, event.seq == of.c.activity)
        .where(among(connection, of.c.seq, numbers))
    )
    rows = connection.execute(query).all()
    credited: dict[int, set[int]] = {}
    shares = sa.select(credit.seq, credit.employee).where(among(connection, credit.seq, {one.activity for one in rows}))
    for one in connection.execute(shares):
        credited.setdefault(one.seq, set()).add(one.employee)
    return {
        row.seq: AboutActivity(body=row.body, employees=frozenset({row.employee, *credited.get(row.activity, ())}))
        for row in rows
    }


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

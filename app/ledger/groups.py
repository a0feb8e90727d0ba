"""Activities and events in groups: how many there are of each, and what they are worth together, counted by the database.

Do not add up the groups of a unit's parts: an entry that two of them share stands in both. Those of type, state and month are apart from
one another.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among
from app.ledger import tables
from app.ledger.activities import ActivityFilter, belongs_to, narrowed_activities
from app.ledger.frame import Frame
from app.ledger.search import EventFilter, narrowed_events
from app.rules.moments import first_day, last_day
from app.rules.terms import Node

__all__ = ["ActivityGroup", "EventGroup", "EventGroups", "activity_groups", "event_groups"]

_MONTHS: Final = 100


class ActivityGroup(NamedTuple):
    """The entries of a type, a state, a month (``2026-03``) or a unit's part; of those that belong to no part the key is empty."""

    key: str
    entries: int
    valued: int
    """Those with an amount."""
    usd_cents: int
    first: dt.date | None = None
    """Of a month: its first day, of those that were asked for."""
    last: dt.date | None = None
    """Of a month: its last day, of those that were asked for."""


class EventGroup(NamedTuple):
    """The events of a type, which is the key."""

    key: str
    events: int


class EventGroups(NamedTuple):
    """The events that were found, by their types."""

    by_type: tuple[EventGroup, ...]

    @property
    def events(self) -> int:
        """All of them: each is of one type."""
        return sum(group.events for group in self.by_type)


def activity_groups(
    connection: Connection,
    frame: Frame,
    *,
    node: Node,
    wanted: ActivityFilter,
    by: Literal["type", "state", "month", "unit"],
) -> tuple[ActivityGroup, ...]:
    """A node's activities, narrowed as its list is, in groups in the order of their keys.

    Args:
        connection: an open transaction.
        frame: the agency.
        node: whose; of a unit alone there are parts.
        wanted: what narrows them.
        by: what tells the groups apart.

    Queries: 1.
    """
    activity = tables.activity.c
    if by == "unit":
        rows: Any = connection.execute(_by_part(connection, frame, node, wanted))
        return tuple(sorted(ActivityGroup(row.key, row.entries, row.valued, row.usd_cents) for row in rows))
    month = sa.extract("year", activity.day) * _MONTHS + sa.extract("month", activity.day)
    key = {"type": activity.type, "state": activity.state, "month": month}[by]
    rows = connection.execute(
        _counted(key, activity.usd_cents)
        .select_from(tables.activity)
        .where(belongs_to(connection, frame, node), *narrowed_activities(frame, wanted))
        .group_by(key)
    )
    if by == "month":
        return tuple(sorted(_of_month(row, wanted) for row in rows))
    return tuple(sorted(ActivityGroup(row.key, row.entries, row.valued, row.usd_cents) for row in rows))


def event_groups(connection: Connection, frame: Frame, *, only: EventFilter) -> EventGroups:
    """How many events of each type a search has. Queries: 1."""
    event, activity = tables.event, tables.activity
    query = sa.select(event.c.type, sa.func.count().label("events")).where(*narrowed_events(connection, frame, only))
    if only.text.strip():
        query = query.join(activity, activity.c.seq == event.c.seq)
    rows = connection.execute(query.group_by(event.c.type).order_by(event.c.type))
    return EventGroups(tuple(EventGroup(row.type, row.events) for row in rows))


def _counted(key: sa.ColumnElement[Any], usd_cents: sa.ColumnElement[Any]) -> sa.Select[Any]:
    # An engine may add large whole numbers up to a decimal; cents are whole.
    summed = sa.cast(sa.func.coalesce(sa.func.sum(usd_cents), 0), sa.BigInteger)
    return sa.select(
        key.label("key"),
        sa.func.count().label("entries"),
        sa.func.count(usd_cents).label("valued"),
        summed.label("usd_cents"),
    )


def _by_part(connection: Connection, frame: Frame, node: Node, wanted: ActivityFilter) -> sa.Select[Any]:
    """Each entry once in every part that has a credit of it, by the units of its own day."""
    activity, credit = tables.activity, tables.credit
    parts: list[tuple[int, str]] = []
    for path, number in frame.directory.path_ids.items():
        if node.code in path:
            place = path.index(node.code)
            parts.append((number, path[place - 1] if place else ""))
    listed = (
        sa.values(sa.column("path", sa.Integer), sa.column("part", sa.Text), name="parts")
        # A table of no rows cannot be written; no credit has a path of this number.
        .data(parts or [(-1, "")])
        .cte("parts")
    )
    entries = (
        sa.select(credit.c.seq, listed.c.part, activity.c.usd_cents)
        .join(listed, listed.c.path == credit.c.path)
        .join(activity, activity.c.seq == credit.c.seq)
        .where(among(connection, credit.c.path, [path for path, _ in parts]), *narrowed_activities(frame, wanted))
        .distinct()
        .subquery()
    )
    return _counted(entries.c.part, entries.c.usd_cents).group_by(entries.c.part)


def _of_month(row: Any, wanted: ActivityFilter) -> ActivityGroup:
    year, month = divmod(int(row.key), _MONTHS)
    first, last = first_day(year, month), last_day(year, month)
    return ActivityGroup(
        key=f"{year:04d}-{month:02d}",
        entries=row.entries,
        valued=row.valued,
        usd_cents=row.usd_cents,
        first=max(first, wanted.from_ or first),
        last=min(last, wanted.to or last),
    )

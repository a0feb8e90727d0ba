"""Whether the events up to a day still are those of before: how many there are, and checksums of what they are.

The state is a function of the folder last loaded and the set of events (contract). So whatever was worked out for a revision and a set of events
holds as long as both come again, in any process and on any database: figures as of a past day, the proposal of grades, the agency's page.
Do not go by the newest event's number. On PostgreSQL a number given out earlier may be committed later; a sum over
what is visible misses none.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import bulk_upsert_add, lane
from app.ledger import tables

__all__ = ["EventSet", "Tally", "add_to_tally", "event_set", "stored_tally"]

LANES: Final = 8
_DIGITS: Final = 9
"""Of a key and of a hash: sums of nine hexadecimal digits fit 64 bits for a hundred million events."""


class EventSet(NamedTuple):
    """What tells one set of events from another: how many, and the sums over their keys and contents."""

    events: int
    keys: int
    contents: int


class Tally:
    """The events of each day, as they are added up."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._days: Final[dict[dt.date, list[int]]] = {}

    @property
    def days(self) -> dict[dt.date, EventSet]:
        """What each day has by now."""
        return {day: EventSet(*numbers) for day, numbers in self._days.items()}

    def add(self, day: dt.date, key: str, content_hash: str) -> None:
        """Add an event."""
        numbers = self._days.get(day)
        if numbers is None:
            numbers = self._days[day] = [0, 0, 0]
        numbers[0] += 1
        numbers[1] += int(key[:_DIGITS], 16)
        numbers[2] += int(content_hash[:_DIGITS], 16)


def add_to_tally(connection: Connection, events: Iterable[tuple[dt.date, str, str]]) -> None:
    """Add events that were just written: day, key and hash of each. Queries: 1."""
    tally = Tally()
    for day, key, content_hash in events:
        tally.add(day, key, content_hash)
    at = lane(connection, LANES)
    bulk_upsert_add(
        connection,
        tables.day_tally,
        ("day", "lane"),
        EventSet._fields,
        [(day.isoformat(), at, *numbers) for day, numbers in tally.days.items()],
    )


def stored_tally(connection: Connection) -> dict[dt.date, EventSet]:
    """What is stored, by day. Queries: 1."""
    row = tables.day_tally.c
    query = sa.select(row.day, *(sa.func.sum(row[name]) for name in EventSet._fields)).group_by(row.day)
    return {day: EventSet(*map(int, numbers)) for day, *numbers in connection.execute(query)}


def event_set(connection: Connection, until: dt.date | None = None) -> EventSet:
    """The events of days up to one, or all: equal for equal sets. Ask before reading what is kept by it. Queries: 1."""
    row = connection.execute(_set_query(dated=until is not None), {} if until is None else {"until": until}).one()
    return EventSet(*(int(number or 0) for number in row))


@functools.cache
def _set_query(*, dated: bool) -> sa.Select[Any]:
    """The statement of :func:`event_set`, built once."""
    row = tables.day_tally.c
    query: sa.Select[Any] = sa.select(*(sa.func.sum(row[name]) for name in EventSet._fields))
    return query.where(row.day <= sa.bindparam("until", type_=sa.Date)) if dated else query

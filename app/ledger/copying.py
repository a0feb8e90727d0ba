"""The ledger as it was at a cut: its events up to one, in a database of their own, from which everything is derived again.

Do not copy totals or what an activity is worth: they hang on the folder, which may have changed since.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.copying import copy_rows
from app.kit.database import lock
from app.kit.kept import LruCache
from app.ledger import tables
from app.ledger.frame import Frame, slices_in_use
from app.ledger.reconcile import rederive
from app.ledger.tally import add_to_tally
from app.rules.definitions import Definitions
from app.rules.event_sums import event_sha256

__all__ = [
    "EventsSum",
    "begin_ledger",
    "copy_ledger",
    "event_texts",
    "events_sum",
    "events_up_to",
    "last_event",
    "lay_out_again",
    "shut_out_recorders",
]


class EventsSum(NamedTuple):
    """How many events there are, and the sum over the sums of all."""

    events: int
    sha256: str


def shut_out_recorders(connection: Connection) -> None:
    """Let nobody record, and no load come, to the transaction's end. On SQLite a writer is alone. Queries: 1."""
    lock(connection, tables.LOCK_LEDGER)


def last_event(connection: Connection, *, before: dt.datetime | None = None) -> int:
    """The number of the last event, or of the last that was received before an instant; 0 before the first. Whoever shut out recorders knows that later ones have larger numbers. Queries: 1."""
    event = tables.event.c
    # Backwards by their numbers: of an instant that is not long ago the first few are looked at, not all.
    query = sa.select(event.seq).order_by(event.seq.desc()).limit(1)
    if before is not None:
        query = query.where(event.received_at < before)
    return connection.scalar(query) or 0


def events_up_to(connection: Connection, last: int) -> int:
    """How many events there are up to one: fewer than later where a number that was given out earlier is committed later. Queries: 1."""
    event = tables.event.c
    return connection.scalar(sa.select(sa.func.count(event.seq)).where(event.seq <= last)) or 0


def event_texts(connection: Connection) -> Iterator[str]:
    """All events as they were recorded, in no order that means anything. Queries: 1."""
    query = sa.select(tables.event.c.body).order_by(tables.event.c.seq)
    yield from connection.execution_options(yield_per=_STRETCH).scalars(query)


def begin_ledger(connection: Connection) -> None:
    """Make of empty tables a ledger that events may be recorded in, as migrations leave one. Queries: 3."""
    connection.execute(sa.insert(tables.derivation).values(version=0))
    slices_in_use(connection, Definitions(), may_add=True)


def copy_ledger(source: Connection, target: Connection, *, last: int) -> None:
    """Copy the events up to one, laid out as they are, into an empty database; a verdict whose activity came later waits for it again.

    Queries: 4, and 1 more in the target for each 5,000 rows.
    """
    for table in (tables.event, tables.activity, tables.credit, tables.verdict):
        copy_rows(source, target, table, only=table.c.seq <= last)
    copy_rows(source, target, tables.slice_)
    verdict = tables.verdict
    target.execute(sa.update(verdict).where(verdict.c.activity > last).values(activity=None))
    target.execute(sa.insert(tables.derivation).values(version=0))


def lay_out_again(connection: Connection, frame: Frame, *, at: dt.datetime) -> None:
    """Derive everything from the events that were copied, and tally them."""
    event = tables.event.c
    rows = connection.execute(sa.select(event.day, event.key, event.hash))
    add_to_tally(connection, ((row.day, row.key, row.hash) for row in rows))
    rederive(connection, frame, at=at)


_STRETCH: Final = 20_000

Sums = npt.NDArray[np.void]

_KNOWN: Final[LruCache[tuple[int, Sums]]] = LruCache(2)
"""By database the last event that was summed, and the sums of all up to it: 11 MB for 350,000 events."""

_SUMMING: Final = threading.Lock()


def events_sum(connection: Connection, *, last: int, but: Collection[int] = ()) -> EventsSum:
    """The sum over the events up to one (contract-cycle, 3): SHA-256 over the sorted sums of their RFC 8785 forms, a line each.

    Args:
        connection: any transaction.
        last: the number of the last event.
        but: further events that are taken in, by their numbers.

    Queries: 1 for each 20,000 events that this process has not summed yet.
    """
    with _SUMMING:
        key = str(connection.engine.url)
        known, sums = _KNOWN.get(key) or (0, np.empty(0, dtype="V32"))
        if known > last:
            known, sums = 0, np.empty(0, dtype="V32")
        fresh = [_sums(connection, first, min(first + _STRETCH, last)) for first in range(known, last, _STRETCH)]
        sums = np.concatenate([sums, *fresh])
        _KNOWN.keep(key, (last, sums))
    more = [_sums(connection, seq - 1, seq) for seq in but]
    lines = sorted(one.tobytes().hex() for one in np.concatenate([sums, *more]))
    return EventsSum(len(lines), hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest())


def _sums(connection: Connection, after: int, to: int) -> Sums:
    event = tables.event.c
    query = sa.select(event.body).where(event.seq > after, event.seq <= to).order_by(event.seq)
    sums = [event_sha256(body) for body in connection.scalars(query)]
    return np.frombuffer(b"".join(sums), dtype="V32")

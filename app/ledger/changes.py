"""Whose figures a transaction moved, and following that from another process.

A newcomer's usual mistake: to read rows above the last sequence number seen. On PostgreSQL a number given out earlier may commit later;
a follower has to go by transactions: what was not yet visible at its cursor, whatever its number.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
from dataclasses import dataclass
from typing import Final, Self

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.database import is_postgresql
from app.ledger import tables

__all__ = [
    "Change",
    "Cursor",
    "changes_after",
    "changes_since",
    "cursor",
    "forget_changes",
    "record_change",
]

SEEN_WRITTEN_MAX: Final = 64
"""Of more transactions that overlap nothing is written in a position: whoever returns to it hears of them twice."""

_POSITION: Final = re.compile(r"[0-9]{1,19}(?:-[0-9]{1,19}){0,64}", re.ASCII)


def record_change(connection: Connection, *, at: dt.datetime, owners: str) -> None:
    """Note whose figures this transaction moves. Queries: 1."""
    connection.execute(_insertion(postgresql=is_postgresql(connection)), {"at": at, "owners": owners})


@functools.cache
def _insertion(*, postgresql: bool) -> sa.Insert:
    here = sa.cast(sa.cast(sa.func.pg_current_xact_id(), sa.Text), sa.BigInteger) if postgresql else 0
    return sa.insert(tables.touched).values(transaction=here)


@dataclass(frozen=True, slots=True)
class Change:
    """One transaction's move."""

    seq: int
    at: dt.datetime
    employees: tuple[int, ...]
    paths: tuple[int, ...]
    cycles: tuple[int, ...]
    everyone: bool


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a follower stands: all rows of transactions before ``horizon`` are known, and of later ones those in ``seen``."""

    horizon: int
    seen: frozenset[int]

    @property
    def text(self) -> str:
        """The position as a short text, which any process on the same database can read."""
        seen = self.seen if len(self.seen) <= SEEN_WRITTEN_MAX else ()
        return "-".join(map(str, (self.horizon, *sorted(seen))))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The position that a text names; None for anything else."""
        if not _POSITION.fullmatch(text):
            return None
        horizon, *seen = map(int, text.split("-"))
        return cls(horizon, frozenset(seen)) if horizon < 2**63 else None


def cursor(connection: Connection) -> Cursor:
    """Where a follower begins that wants to hear of nothing that is committed already. Queries: 2."""
    return changes_since(connection, None)[0]


def changes_since(connection: Connection, before: Cursor | None) -> tuple[Cursor, list[Change]]:
    """What has been committed since a cursor, in order, and the next cursor; None hears of nothing, and only learns where things stand.

    Queries: 2.
    """
    touched = tables.touched
    if not is_postgresql(connection):
        newest = connection.scalar(sa.select(sa.func.max(touched.c.seq))) or 0
        if before is None or newest == before.horizon:
            return Cursor(newest, frozenset()), []
        rows = connection.execute(
            sa.select(touched).where(touched.c.seq > before.horizon).order_by(touched.c.seq)
        ).all()
        return Cursor(max((newest, *(row.seq for row in rows))), frozenset()), [_change(row) for row in rows]
    # The oldest transaction still under way: every row of an older one is visible now, or never will be.
    horizon = int(
        connection.scalar(sa.select(sa.cast(sa.func.pg_snapshot_xmin(sa.func.pg_current_snapshot()), sa.Text))) or "0"
    )
    since = horizon if before is None else before.horizon
    rows = connection.execute(sa.select(touched).where(touched.c.transaction >= since).order_by(touched.c.seq)).all()
    known = frozenset() if before is None else before.seen
    fresh = [] if before is None else [_change(row) for row in rows if row.seq not in known]
    return Cursor(horizon, frozenset(row.seq for row in rows if row.transaction >= horizon)), fresh


def changes_after(connection: Connection, position: str) -> list[Change] | None:
    """What was committed after a position; None where that is not known any more, or never was one of this database.

    Queries: 3.
    """
    before = Cursor.parse(position)
    if before is None:
        return None
    touched = tables.touched
    place = touched.c.transaction if is_postgresql(connection) else touched.c.seq
    oldest = connection.scalar(sa.select(sa.func.min(place)))
    # On SQLite rows are numbered without gaps; on PostgreSQL an older row still being there shows that none in between was deleted.
    first_known = 0 if oldest is None else oldest if is_postgresql(connection) else oldest - 1
    if oldest is not None and before.horizon < first_known:
        return None
    now, changes = changes_since(connection, before)
    return None if now.horizon < before.horizon else changes


def _change(row: sa.Row[tuple[object, ...]]) -> Change:
    owners = json.loads(row.owners)
    return Change(
        row.seq,
        row.at,
        tuple(owners["employees"]),
        tuple(owners["paths"]),
        tuple(owners["cycles"]),
        bool(owners["all"]),
    )


def forget_changes(connection: Connection, *, before: dt.datetime) -> int:
    """Delete what no stream can still ask for. Queries: 1."""
    touched = tables.touched
    newest = sa.select(sa.func.max(touched.c.seq)).scalar_subquery()
    return connection.execute(sa.delete(touched).where(touched.c.at < before, touched.c.seq < newest)).rowcount

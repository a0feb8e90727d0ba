"""Holding activities against other writers, in the one order in which everything of the ledger is held.

Two transactions that take the same locks in two orders wait for each other, until PostgreSQL ends one of them. The order is:

1. ``LOCK_LEDGER``: shared by who records, alone for a load;
2. new events, in the order of their keys;
3. buyers (``LOCK_BUYERS``), and with them what figures are reported of, in the order of their numbers;
4. activities that were there before, by ``seq``;
5. totals, what has moved, and the tally of days, each in the order of its keys.

Whoever has activities of others to change takes their buyers before them: a contact of a buyer may change which older one counts, and who
records it has the buyer and then wants the older one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.database import is_postgresql, lock, lock_all
from app.ledger import tables
from app.ledger.activity_rows import GROUPED

__all__ = ["hold_activities", "hold_buyers", "shut_out_loads"]

_BUYER_BUCKETS: Final = 512


def shut_out_loads(connection: Connection) -> None:
    """Let no load come in between to the transaction's end: what it reads of agency and ledger is of one revision. On SQLite a writer is alone. Queries: 1."""
    lock(connection, tables.LOCK_LEDGER, shared=True)


def hold_buyers(connection: Connection, buyers: Iterable[str]) -> None:
    """Let nobody else decide to the transaction's end which contacts of these buyers count. On SQLite a writer is alone. Queries: 1."""
    buckets = {tables.LOCK_BUYERS + zlib.crc32(buyer.encode()) % _BUYER_BUCKETS for buyer in buyers}
    if buckets:
        lock_all(connection, buckets)


def hold_activities(connection: Connection, condition: sa.ColumnElement[bool], *, buyers: Iterable[str] = ()) -> None:
    """Hold activities to the transaction's end, and before them the buyers that they are contacts of. On SQLite a writer is alone.

    Args:
        connection: a writing transaction that has the ledger's lock.
        condition: on ``activity``.
        buyers: of further contacts that the transaction brings.

    Queries: 2 or 3 on PostgreSQL.
    """
    if not is_postgresql(connection):
        return
    activity = tables.activity
    contacts = sa.select(activity.c.buyer_key).where(condition, activity.c.type.in_(GROUPED))
    hold_buyers(connection, {*buyers, *connection.scalars(contacts)})
    connection.execute(sa.select(activity.c.seq).where(condition).order_by(activity.c.seq).with_for_update())

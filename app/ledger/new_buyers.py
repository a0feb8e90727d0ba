"""Contacts with buyers whose new-buyer rule something that came late has part in: which of them counts, by this database.

A buyer counts once ever, for the earliest contact that counts (contract, "new buyer"): what comes late of one cycle can so take a buyer from another
one, or give it one. A cycle that goes by a cut does not see that, and a later one does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among
from app.ledger import tables

__all__ = ["BuyerContact", "contacts_counting", "late_contacts"]


class BuyerContact(NamedTuple):
    """A new-buyer event: of which buyer, its event, its day and cycle, and from which levels it counts, as bits."""

    buyer: str
    name: str
    country: str
    key: str
    source: str
    id: str
    day: dt.date
    cycle: int
    counts: int

    def counts_at(self, level: str) -> bool:
        """Whether it counts at a level: `entered`, `verified` or `confirmed`."""
        return bool(self.counts >> tables.LEVELS.index(level) & 1)


def late_contacts(connection: Connection, *, cycle: int, after: int) -> list[BuyerContact]:
    """All contacts with those buyers of whom one, of a cycle or one before, came or was judged after an event's number; by buyer and day.

    Queries: 1.
    """
    activity, event, verdict = tables.activity, tables.event.c, tables.verdict.c
    is_late = sa.or_(
        activity.c.seq > after,
        activity.c.seq.in_(sa.select(verdict.activity).where(verdict.seq > after, verdict.activity.is_not(None))),
    )
    buyers = sa.select(activity.c.buyer_key).where(activity.c.type == "new_buyer", activity.c.cycle <= cycle, is_late)
    query = (
        sa.select(activity, event.key, event.source, event.id)
        .join(event.seq.table, event.seq == activity.c.seq)
        .where(activity.c.type == "new_buyer", activity.c.buyer_key.in_(buyers.distinct()))
        .order_by(activity.c.buyer_key, activity.c.day, activity.c.seq)
    )
    return [
        BuyerContact(
            buyer=row.buyer_key,
            name=row.buyer_name,
            country=row.buyer_country,
            key=row.key,
            source=row.source,
            id=row.id,
            day=row.day,
            cycle=row.cycle,
            counts=row.counts,
        )
        for row in connection.execute(query)
    ]


def contacts_counting(connection: Connection, *, cycle: int, keys: Collection[str]) -> dict[str, int]:
    """Of some contacts of a cycle from which levels each counts by this database, as bits, by its event's key. Queries: 1, or none."""
    if not keys:
        return {}
    activity, event = tables.activity.c, tables.event.c
    query = (
        sa.select(event.key, activity.counts)
        .join(activity.seq.table, activity.seq == event.seq)
        .where(among(connection, event.key, keys), activity.cycle == cycle)
    )
    return {row[0]: row[1] for row in connection.execute(query)}

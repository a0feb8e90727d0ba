"""The ledger's tables: what came in, what is read off it, and the totals beside it.

``event`` is the ledger itself: rows are only ever added, and triggers see to it. Everything else can be derived again from it:
``activity``, ``credit`` and ``verdict`` are its events laid out in columns, ``total`` and ``member`` are sums kept as events come.
Do not look for the agency's row in ``total``: there is none. Totals stand at the leaves (an employee, or
a path of units from the posted one up to the root), so that no row is written by every event; a unit's total is the sum over the
paths that it is part of.
What is derived has no foreign keys to ``event``: one function writes all of it in the event's own transaction, events are never deleted, and
looking each one up again took a quarter of the database's time.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy import Column, Index, Table

from app.kit.schema import BigKey, Code, Exact, Instant, metadata

__all__ = [
    "AMOUNTS",
    "LEVELS",
    "LOCK_BUYERS",
    "LOCK_LEDGER",
    "activity",
    "amount_columns",
    "arrival",
    "credit",
    "day_tally",
    "derivation",
    "distinct_count",
    "event",
    "event_sequence",
    "member",
    "rejected_event",
    "slice_",
    "total",
    "touched",
    "verdict",
]

LEVELS: Final = ("entered", "verified", "confirmed")
"""The verification levels: from which on an activity counts is each KPI's own choice."""

AMOUNTS: Final = ("shares", "valued_shares", "dollars", "micros")
"""What a total holds for each verification level.

Shares are in ten-thousandths, ``valued_shares`` those of activities with an amount; share × US dollars is held as whole dollars and
millionths apart, since one column of millionths would overflow 64 bits after 900 deals of the largest size.
"""


def amount_columns() -> tuple[str, ...]:
    """The twelve number columns of ``total``, level by level."""
    return tuple(f"{level}_{amount}" for level in LEVELS for amount in AMOUNTS)


LOCK_LEDGER: Final = 7001
"""Advisory lock: shared by those who record, alone for a load, and for a verdict whose activity is not here yet."""

LOCK_BUYERS: Final = 7_100_000
"""Advisory locks from this number on: buyers in buckets, so that two writers never both find a buyer new."""

event: Final = Table(
    "event",
    metadata,
    Column("seq", BigKey, primary_key=True, autoincrement=False),
    Column("key", Code, nullable=False, unique=True),  # of source and id; both together may be too long for an index
    Column("source", Code, nullable=False),
    Column("id", Code, nullable=False),
    Column("type", Code, nullable=False),  # without "kopes."
    Column("time", Code, nullable=False),  # as it came, with its offset
    Column("day", sa.Date, nullable=False),  # the date that ``time`` shows
    Column("instant", Code, nullable=False),  # sorts as the instant does
    Column("hash", Code, nullable=False),  # of what the event says, for telling a repeat from a conflict
    Column("body", sa.Text, nullable=False),  # the event as JSON
    Column("received_at", Instant, nullable=False),
    # The row of ``arrival``; null for events of before there was any. No foreign key: it would be looked up for every event of a batch.
    Column("arrival", sa.BigInteger),
    Index("ix_event_day", "day"),
)

arrival: Final = Table(
    "arrival",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False),  # the ``seq`` of the first event that came so
    Column("at", Instant, nullable=False),
    Column("door", Code, nullable=False),  # api, hook, ingest, page
    Column("sender", Code, nullable=False),  # account:EMAIL, key:NAME, hook:NAME or file:NAME
    Column("request", Code),  # of a hook the message's id, of a file its run, else the request's own number
    Column("rejected", sa.BigInteger),  # the rejected event that was sent again
)
"""How events came in: one row for all that one transaction recorded."""

event_sequence: Final = sa.Sequence("event_sequence", metadata=metadata)
"""Numbers the events on PostgreSQL; on SQLite, where a writer is alone, the next number is one more than the last."""

activity: Final = Table(
    "activity",
    metadata,
    Column("seq", BigKey, primary_key=True, autoincrement=False),
    Column("type", Code, nullable=False),
    Column("day", sa.Date, nullable=False),
    Column("cycle", sa.Integer, nullable=False),
    Column("employee", sa.Integer, nullable=False),
    Column("company_name", sa.Text),
    Column("company_registration", sa.Text),
    Column("buyer_name", sa.Text, nullable=False),
    Column("buyer_country", Code, nullable=False),
    Column("buyer_registration", sa.Text),
    Column("amount", Exact),
    Column("currency", Code),
    Column("hs_code", Code),
    # Derived, from here on: a load may change them.
    Column("usd_cents", sa.BigInteger),
    Column("company_key", Code, nullable=False),
    Column("buyer_key", Code, nullable=False),
    Column("search", Code, server_default="", nullable=False),  # names and registrations, folded: app.rules.names
    Column("standing", sa.SmallInteger, nullable=False),  # bits 1, 2, 4: entered, verified, confirmed by its verdicts
    # The same, after a new buyer's first contact is told from later ones.
    Column("counts", sa.SmallInteger, nullable=False),
    Column("state", Code, nullable=False),  # the word that a page shows
    Column("last_effect_on", sa.Date, nullable=False),  # the last day of the events that ``counts`` hangs on
    # Type and state as one number (activity_rows.type_states).
    Column("type_state", sa.SmallInteger, server_default="0", nullable=False),
    Index("ix_activity_buyer", "buyer_key", "type"),
    Index("ix_activity_company", "company_key"),
    # Rows lie in nearly the order of their days: stretches of them are enough, and cost next to nothing to keep.
    Index("ix_activity_last_effect", "last_effect_on", postgresql_using="brin"),
    Index("ix_activity_day", "day", postgresql_using="brin"),
    Index("ix_activity_type_state", "type_state", "employee", "day"),
)

day_tally: Final = Table(
    "day_tally",
    metadata,
    Column("day", sa.Date, primary_key=True),
    Column("lane", sa.SmallInteger, primary_key=True, autoincrement=False),
    Column("events", sa.BigInteger, nullable=False),
    # Sums of the beginnings of the events' keys and hashes, as numbers.
    Column("keys", sa.BigInteger, nullable=False),
    Column("contents", sa.BigInteger, nullable=False),
)
"""How many events a day has, and checksums of them: by these one tells whether the events up to a day still are those of before.

Writers at work at one time write to different lanes, so that they need not wait for each other.
"""

credit: Final = Table(
    "credit",
    metadata,
    Column("seq", BigKey, primary_key=True, autoincrement=False),
    Column("employee", sa.Integer, primary_key=True, autoincrement=False),
    Column("share", sa.SmallInteger, nullable=False),  # ten-thousandths
    Column("path", sa.Integer),  # null: no posting on that day, counts for the employee alone
    Column("cycle", sa.SmallInteger, server_default="0", nullable=False),  # the activity's
    # The last event of the activity and its verdicts.
    Column("moved", sa.BigInteger, server_default="0", nullable=False),
    Index("ix_credit_employee", "employee", "cycle", "moved"),
    Index("ix_credit_path", "path", "cycle", "moved"),
)

_WAITING: Final = sa.column("activity").is_(None)

verdict: Final = Table(
    "verdict",
    metadata,
    Column("seq", BigKey, primary_key=True, autoincrement=False),
    Column("type", Code, nullable=False),
    Column("target", Code, nullable=False),  # the key of the activity's event
    Column("activity", BigKey),  # null while the activity has not come yet
    Column("day", sa.Date, nullable=False),
    Column("by", Code),  # employee number
    Column("reason", sa.Text),
    Column("additionality", Exact),
    Index("ix_verdict_activity", "activity"),
    Index("ix_verdict_waiting", "target", postgresql_where=_WAITING, sqlite_where=_WAITING),
)

slice_: Final = Table(
    "slice",
    metadata,
    Column("id", sa.Integer, primary_key=True, autoincrement=False),
    Column("text", Code, nullable=False, unique=True),
)
"""Every activity type with filter that some measure asks for, numbered for good."""

total: Final = Table(
    "total",
    metadata,
    Column("cycle", sa.Integer, primary_key=True, autoincrement=False),
    Column("owner_kind", sa.SmallInteger, primary_key=True, autoincrement=False),  # 1 employee, 2 path
    Column("owner", sa.Integer, primary_key=True, autoincrement=False),
    Column("slice", sa.Integer, primary_key=True, autoincrement=False),
    *(Column(name, sa.BigInteger, nullable=False) for name in amount_columns()),
)

member: Final = Table(
    "member",
    metadata,
    Column("cycle", sa.Integer, primary_key=True, autoincrement=False),
    Column("owner_kind", sa.SmallInteger, primary_key=True, autoincrement=False),  # 1 employee, 3 unit
    Column("owner", Code, primary_key=True),  # the employee's id, or the unit's code
    Column("slice", sa.Integer, primary_key=True, autoincrement=False),
    Column("of", sa.SmallInteger, primary_key=True, autoincrement=False),  # 1 buyer, 2 company
    Column("key", Code, primary_key=True),
    *(Column(level, sa.Integer, nullable=False) for level in LEVELS),
)
"""How many activities a buyer or company has with whom: a distinct count is the rows above zero, counted at each level anew."""

distinct_count: Final = Table(
    "distinct_count",
    metadata,
    Column("cycle", sa.Integer, primary_key=True, autoincrement=False),
    Column("owner_kind", sa.SmallInteger, primary_key=True, autoincrement=False),  # 1 employee, 3 unit
    Column("owner", Code, primary_key=True),
    Column("slice", sa.Integer, primary_key=True, autoincrement=False),
    Column("of", sa.SmallInteger, primary_key=True, autoincrement=False),
    Column("bucket", sa.SmallInteger, primary_key=True, autoincrement=False),
    *(Column(level, sa.Integer, nullable=False) for level in LEVELS),
)
"""How many rows of ``member`` are above zero, so that a page need not count them.

A unit's count is spread over buckets by the key, since at the top of the agency one row would be written by almost every deal.
"""

derivation: Final = Table(
    "derivation",
    metadata,
    Column("version", sa.Integer, primary_key=True, autoincrement=False),
)
"""One row: by which version of the rules (:data:`app.ledger.DERIVATION`) all that is derived was derived."""

touched: Final = Table(
    "touched",
    metadata,
    Column("seq", BigKey, primary_key=True, autoincrement=True),
    Column("transaction", sa.BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    # JSON: {"employees": [...], "paths": [...], "all": bool, "cycles": [...]}
    Column("owners", sa.Text, nullable=False),
    Index("ix_touched_transaction", "transaction"),
    Index("ix_touched_at", "at"),
    sqlite_autoincrement=True,
)
"""One row a writing transaction: whose figures it moved. The live streams follow it."""

rejected_event: Final = Table(
    "rejected_event",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("received_at", Instant, nullable=False),
    Column("door", Code, nullable=False),  # api, hook, ingest, page
    Column("sender", Code, nullable=False),  # the key's, hook's, file's name or the account's e-mail
    Column("source", Code),
    Column("event_id", Code),
    Column("errors", sa.Text, nullable=False),  # JSON list of pointer, code, detail
    Column("event", sa.Text, nullable=False),  # JSON with escapes for all that is not ASCII, as it came
    Column("settled_at", Instant),  # when a replay of it was accepted, or found to be a duplicate
    Index("ix_rejected_event_received_at", "received_at"),
    Index("ix_rejected_event_sender", "door", "sender", "id"),
    Index("ix_rejected_event_of", "source", "event_id"),
    sqlite_autoincrement=True,
)

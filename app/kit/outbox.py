"""The outbox: what must follow a change is a row of the change's own transaction, and a worker brings it about afterwards.

Each row is delivered at least once, and by one worker at a time: who takes it has it for :data:`LEASE`, after which another may, for then the
first one is gone. Do not deliver from within a transaction: what others are told cannot be rolled back, and they may take long to listen.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Column, Connection, Table

from app.kit.claims import claim_first
from app.kit.refusals import Conflict, NotThere
from app.kit.schema import BigKey, Code, Instant, metadata
from app.plain.findings import n_
from app.plain.texts import storable

__all__ = [
    "AGAIN_AFTER",
    "FAILED",
    "HELD",
    "LEASE",
    "SENT",
    "WAITING",
    "Delivery",
    "TakenDelivery",
    "contents_since",
    "deliveries",
    "drop",
    "forget_delivered",
    "hold",
    "is_any_due",
    "is_any_held",
    "mark_failed",
    "mark_sent",
    "outbox",
    "post",
    "post_all",
    "recipients_since",
    "resend",
    "take",
]

LEASE: Final = dt.timedelta(seconds=60)
"""So long a row is one worker's; whoever has not said by then how it went is taken for gone."""

AGAIN_AFTER: Final = (
    dt.timedelta(seconds=5),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=30),
    dt.timedelta(hours=2),
    dt.timedelta(hours=5),
    dt.timedelta(hours=10),
    dt.timedelta(hours=14),
    dt.timedelta(hours=20),
    dt.timedelta(hours=24),
)
"""How long after each failure it is tried again (contract-desk, 6); after the last one it has failed."""

WAITING: Final = "waiting"
HELD: Final = "held"
SENT: Final = "sent"
FAILED: Final = "failed"

KEPT: Final = dt.timedelta(days=90)
"""So long rows that are sent stay, for whoever asks what became of a mail."""

_ERROR_LENGTH_MAX: Final = 300

outbox: Final = Table(
    "outbox",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("topic", Code, nullable=False, comment="what is to follow: which mail"),
    Column("recipient", Code, nullable=False, comment="to whom, as an administrator reads it"),
    Column("content", sa.Text, nullable=False, comment="JSON: what it is made from; never a secret"),
    Column("state", Code, nullable=False),
    Column("tries", sa.Integer, nullable=False, server_default="0"),
    Column("due_at", Instant, nullable=False, comment="when it is to be taken; of one that is taken, again"),
    Column("taken_by", Code, nullable=True, comment="the worker that has it"),
    Column("made_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=True),
    Column("error", sa.Text, nullable=True, comment="how the last try failed"),
    sa.CheckConstraint("state IN ('waiting', 'held', 'sent', 'failed')", name="state_known"),
)
_open = outbox.c.state.in_((WAITING, HELD))
sa.Index("ix_outbox_due", outbox.c.due_at, sqlite_where=_open, postgresql_where=_open)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenDelivery:
    """A row that a worker has taken, and for which try."""

    id: int
    topic: str
    recipient: str
    content: Mapping[str, Any]
    tries: int
    worker: str
    made_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A row as an administrator sees it: never what it says.

    Attributes:
        due_at: when it is tried next, where it is waiting.
        under_way: whether a worker has it.
    """

    id: int
    topic: str
    recipient: str
    state: str
    tries: int
    due_at: dt.datetime
    under_way: bool
    made_at: dt.datetime
    ended_at: dt.datetime | None
    error: str | None


def post(connection: Connection, *, topic: str, recipient: str, content: Mapping[str, object], at: dt.datetime) -> None:
    """Have something follow from what this transaction does, or not at all where it is rolled back.

    Args:
        connection: the change's writing transaction.
        topic: what is to follow.
        recipient: to whom, as an administrator reads it.
        content: what it is made from when it is delivered; never a secret.
        at: now.

    Queries: 1.
    """
    connection.execute(
        sa.insert(outbox).values(
            topic=topic,
            recipient=recipient,
            content=json.dumps(content),
            state=WAITING,
            due_at=at,
            made_at=at,
        )
    )


def post_all(
    connection: Connection, *, topic: str, contents: Mapping[str, Mapping[str, object]], at: dt.datetime
) -> None:
    """The same to many, each with a content of their own, by recipient. Queries: 1, or none."""
    rows = [
        {
            "topic": topic,
            "recipient": recipient,
            "content": json.dumps(content),
            "state": WAITING,
            "due_at": at,
            "made_at": at,
        }
        for recipient, content in contents.items()
    ]
    if rows:
        connection.execute(sa.insert(outbox), rows)


def recipients_since(connection: Connection, *, topic: str, since: dt.datetime) -> frozenset[str]:
    """To whom something of a topic was posted since an instant, whatever became of it. Queries: 1."""
    query = sa.select(outbox.c.recipient).where(outbox.c.topic == topic, outbox.c.made_at > since).distinct()
    return frozenset(connection.scalars(query))


def contents_since(connection: Connection, *, topic: str, since: dt.datetime) -> list[Mapping[str, Any]]:
    """What was posted of a topic since an instant, in the order in which it was. Queries: 1."""
    query = sa.select(outbox.c.content).where(outbox.c.topic == topic, outbox.c.made_at >= since)
    return [json.loads(text) for text in connection.scalars(query.order_by(outbox.c.id))]


def is_any_due(connection: Connection, *, at: dt.datetime) -> bool:
    """Whether there is anything to take now. Queries: 1."""
    return connection.execute(sa.select(outbox.c.id).where(_open, outbox.c.due_at <= at).limit(1)).first() is not None


def is_any_held(connection: Connection) -> bool:
    """Whether anything waits for a worker that can deliver it. Queries: 1."""
    query = sa.select(outbox.c.id).where(outbox.c.state == HELD).limit(1)
    return connection.execute(query).first() is not None


def take(connection: Connection, *, worker: str, at: dt.datetime) -> TakenDelivery | None:
    """Take the row that has been due longest; None where there is none that another does not have.

    Args:
        connection: a writing transaction, committed before the row is delivered.
        worker: who takes it.
        at: now.

    Queries: 2.
    """
    due = (_open, outbox.c.due_at <= at)
    row = claim_first(connection, outbox, list(outbox.c), where=due, by=worker, until=at + LEASE, state=WAITING)
    if row is None:
        return None
    return TakenDelivery(
        id=row.id,
        topic=row.topic,
        recipient=row.recipient,
        content=json.loads(row.content),
        tries=row.tries + 1,
        worker=worker,
        made_at=row.made_at,
    )


def mark_sent(connection: Connection, taken: TakenDelivery, *, at: dt.datetime) -> None:
    """Note that a row was delivered, unless another worker has taken it since. Queries: 1."""
    connection.execute(
        sa.update(outbox).where(*_still(taken)).values(state=SENT, taken_by=None, ended_at=at, error=None)
    )


def mark_failed(connection: Connection, taken: TakenDelivery, *, error: str, at: dt.datetime) -> None:
    """Note how a try failed: it is tried again later, or has failed for good. Queries: 1."""
    values: dict[str, object] = {"taken_by": None, "error": storable(error)[:_ERROR_LENGTH_MAX]}
    if taken.tries > len(AGAIN_AFTER):
        values |= {"state": FAILED, "ended_at": at}
    else:
        values["due_at"] = at + AGAIN_AFTER[taken.tries - 1]
    connection.execute(sa.update(outbox).where(*_still(taken)).values(values))


def drop(connection: Connection, taken: TakenDelivery) -> None:
    """Delete a row from which nothing is to follow: it is nobody's. Queries: 1."""
    connection.execute(sa.delete(outbox).where(*_still(taken)))


def hold(connection: Connection, *, at: dt.datetime) -> None:
    """Note of whatever is due that this worker has not what it takes to deliver it. Queries: 1."""
    connection.execute(
        sa.update(outbox).where(outbox.c.state == WAITING, outbox.c.due_at <= at).values(state=HELD, taken_by=None)
    )


def resend(connection: Connection, *, delivery: int, at: dt.datetime) -> str:
    """Have a row tried at once, and as often as a new one, whatever became of it; returns to whom it goes.

    Raises:
        NotThere: there is no such row.
        Conflict: a worker is just about it.

    Queries: 2.
    """
    is_taken = sa.and_(outbox.c.taken_by.is_not(None), outbox.c.due_at > at)
    recipient = connection.execute(sa.select(outbox.c.recipient).where(outbox.c.id == delivery)).scalar()
    if recipient is None:
        raise NotThere
    changed = connection.execute(
        sa.update(outbox)
        .where(outbox.c.id == delivery, sa.not_(is_taken))
        .values(state=WAITING, tries=0, due_at=at, taken_by=None, ended_at=None, error=None)
    )
    if changed.rowcount != 1:
        raise Conflict(message=n_("A worker is just sending this: look again in a minute."))
    return str(recipient)


def deliveries(
    connection: Connection, *, state: str | None = None, before: int | None = None, limit: int
) -> list[Delivery]:
    """What was posted, the newest first.

    Args:
        connection: any transaction.
        state: of this state only.
        before: the last number of the page before.
        limit: at most so many.

    Queries: 1.
    """
    columns = [column for column in outbox.c if column.name != "content"]
    query = sa.select(*columns).order_by(outbox.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(outbox.c.state == state)
    if before is not None:
        query = query.where(outbox.c.id < before)
    return [
        Delivery(
            id=row.id,
            topic=row.topic,
            recipient=row.recipient,
            state=row.state,
            tries=row.tries,
            due_at=row.due_at,
            under_way=row.taken_by is not None,
            made_at=row.made_at,
            ended_at=row.ended_at,
            error=row.error,
        )
        for row in connection.execute(query)
    ]


def forget_delivered(connection: Connection, *, now: dt.datetime) -> int:
    """Delete rows that were sent long ago; returns how many. Queries: 1."""
    old = sa.and_(outbox.c.state == SENT, outbox.c.ended_at < now - KEPT)
    return connection.execute(sa.delete(outbox).where(old)).rowcount


def _still(taken: TakenDelivery) -> tuple[sa.ColumnElement[bool], ...]:
    """Whether a row still is whose it was taken as: neither another worker's nor another try."""
    return outbox.c.id == taken.id, outbox.c.taken_by == taken.worker, outbox.c.tries == taken.tries

"""Events that were not recorded: kept with their reasons, shown, mended and sent again.

A rejected event is not in the ledger and has no effect on anything; it is kept so that nothing is lost.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import bulk_insert
from app.ledger import tables
from app.ledger.record import Rejected
from app.plain.findings import Finding, Words
from app.plain.json_text import NotJsonError, decode, decode_sent, encode
from app.plain.texts import storable
from app.rules.activities import EVENT_LENGTH_MAX

__all__ = [
    "REJECTS_KEPT_FOR",
    "KeptReject",
    "RejectedPage",
    "errors_of",
    "forget_rejected",
    "keep_rejected",
    "rejected_event",
    "rejected_events",
    "rejects_to_mend",
    "settle_rejected",
]

REJECTS_KEPT: Final = 20_000
"""Rejected events that are kept of one sender: the newest. Who sends wrong events without end stays within that number.

Nothing bounds their length together: at worst each is as long as an event may be (``EVENT_LENGTH_MAX``), 20 GB of one program, to which an
administrator gave its key."""

PERSONS_KEPT: Final = 10_000
PERSONS_LENGTH_MAX: Final = 20_000
"""Of a person, of whom there are many, as many as one request may carry, and of so much text each: 200 MB. Of a longer one the beginning is kept."""

REJECTS_KEPT_FOR: Final = dt.timedelta(days=400)
"""How long a rejected event is kept that nobody mends: a cycle and the weeks in which it is settled."""

MENDED_KEPT_FOR: Final = dt.timedelta(days=30)
"""How long one is kept that was mended: the ledger holds what became of it."""

_ROWS_AT_ONCE: Final = 10
_COLUMNS = ("received_at", "door", "sender", "source", "event_id", "errors", "event")


PAGE_LENGTH_MAX: Final = 16_000_000
"""So much text is read of rejected events at a look, whatever they are and however many are asked for."""

BEGINNING_LENGTH: Final = 10_000
"""So much is kept of an event that is longer than any that is taken: nobody can mend it or send it again."""


@dataclass(frozen=True, slots=True)
class KeptReject:
    """A rejected event as it is shown; ``text`` is its JSON, or a JSON string where what came was none."""

    id: int
    received_at: dt.datetime
    door: str
    sender: str
    source: str | None
    event_id: str | None
    errors: list[dict[str, object]]
    text: str
    settled_at: dt.datetime | None

    @property
    def event(self) -> object:
        """What came, or its text where that was no JSON."""
        return decode(self.text)


class RejectsToMend(NamedTuple):
    """How many rejected events nobody has mended yet, and since when there is one."""

    number: int
    oldest: dt.datetime


class RejectedPage(NamedTuple):
    """Some of the rejected events, and the number before which there are more."""

    events: list[KeptReject]
    following: int | None


def errors_of(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """Findings as the contract lists them: pointer, code, detail."""
    return [
        {"pointer": finding.place.pointer or "", "code": finding.code, "detail": finding.text()} for finding in findings
    ]


def keep_rejected(
    connection: Connection,
    rejected: Sequence[Rejected],
    *,
    at: dt.datetime,
    door: str,
    sender: str,
    by_person: bool = False,
) -> None:
    """Keep what was rejected, and let go what the same sender had rejected long before.

    Args:
        connection: a writing transaction.
        rejected: the events and why.
        at: when they came in.
        door: ``api``, ``hook``, ``ingest`` or ``page``.
        sender: the name of the key, hook or file, or the account's e-mail.
        by_person: it is an account.

    Queries: 2.
    """
    kept, longest = (PERSONS_KEPT, PERSONS_LENGTH_MAX) if by_person else (REJECTS_KEPT, EVENT_LENGTH_MAX)
    table = tables.rejected_event
    bulk_insert(
        connection,
        table,
        _COLUMNS,
        [
            (
                at,
                door,
                sender,
                _searchable(one.source),
                _searchable(one.id),
                json.dumps([_kept_reason(finding) for finding in one.findings]),
                _ascii(one.text, longest),
            )
            for one in rejected[-kept:]
        ],
    )
    of_sender = sa.and_(table.c.door == door, table.c.sender == sender)
    oldest_kept = sa.select(table.c.id).where(of_sender).order_by(table.c.id.desc()).offset(kept - 1).limit(1)
    connection.execute(sa.delete(table).where(of_sender, table.c.id < oldest_kept.scalar_subquery()))


def forget_rejected(connection: Connection, *, now: dt.datetime) -> int:
    """Delete rejected events that were mended, or that nobody mended, long ago. Queries: 1."""
    table = tables.rejected_event
    return connection.execute(
        sa.delete(table).where(
            sa.or_(table.c.received_at < now - REJECTS_KEPT_FOR, table.c.settled_at < now - MENDED_KEPT_FOR)
        )
    ).rowcount


def _kept_reason(finding: Finding) -> dict[str, object]:
    """What programs are told of a finding, and what pages need to say it in another language."""
    parameters = {name: _kept_parameter(value) for name, value in finding.parameters.items()}
    return errors_of([finding])[0] | {"message": finding.message, "parameters": parameters}


def _kept_parameter(value: object) -> object:
    if isinstance(value, Words):
        return {"words": str(value)}
    return value if isinstance(value, str | int) else str(value)


def _searchable(text: str | None) -> str | None:
    """Source or id for searching. The event itself is kept as it came."""
    return None if text is None else storable(text)[:500]


def _ascii(text: str, longest: int) -> str:
    """The event's text with escapes for whatever is not ASCII; of one that is too long its beginning, as text.

    What says a member twice is kept as text too: as a value it would have lost one of both.
    """
    try:
        kept = encode(decode_sent(text))
    except NotJsonError:
        kept = json.dumps(text)
    return kept if len(kept) <= longest else json.dumps(f"{text[:BEGINNING_LENGTH]}…")


def _kept(row: sa.Row[tuple[object, ...]]) -> KeptReject:
    return KeptReject(
        row.id,
        row.received_at,
        row.door,
        row.sender,
        row.source,
        row.event_id,
        json.loads(row.errors),
        row.event,
        row.settled_at,
    )


def rejects_to_mend(connection: Connection) -> RejectsToMend | None:
    """What is still to be mended; None where nothing is. Queries: 1."""
    table = tables.rejected_event
    query = sa.select(sa.func.count(), sa.func.min(table.c.received_at)).where(table.c.settled_at.is_(None))
    number, oldest = connection.execute(query).one()
    return RejectsToMend(number, oldest) if number else None


def rejected_events(
    connection: Connection,
    *,
    sender: tuple[str, str] | None = None,
    since: dt.datetime | None = None,
    before: int | None = None,
    limit: int = 100,
) -> RejectedPage:
    """Rejected events that are still to be mended, newest first: fewer than asked for where they are long.

    Args:
        connection: an open transaction.
        sender: only those of this door and sender.
        since: only those that came then or later.
        before: only those with a smaller id (the next page).
        limit: how many at most.

    Queries: 1.
    """
    table = tables.rejected_event
    query = sa.select(table).where(table.c.settled_at.is_(None)).order_by(table.c.id.desc()).limit(limit + 1)
    if sender is not None:
        query = query.where(table.c.door == sender[0], table.c.sender == sender[1])
    if since is not None:
        query = query.where(table.c.received_at >= since)
    if before is not None:
        query = query.where(table.c.id < before)
    events: list[KeptReject] = []
    length = 0
    with connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}) as rows:
        for row in rows:
            length += len(row.event)
            if len(events) == limit or (events and length > PAGE_LENGTH_MAX):
                return RejectedPage(events, events[-1].id)
            events.append(_kept(row))
    return RejectedPage(events, None)


def rejected_event(connection: Connection, reject_id: int) -> KeptReject | None:
    """One rejected event, mended since or not. Queries: 1."""
    table = tables.rejected_event
    row = connection.execute(sa.select(table).where(table.c.id == reject_id)).first()
    return None if row is None else _kept(row)


def settle_rejected(connection: Connection, reject_id: int, *, at: dt.datetime) -> None:
    """Note that a replay of it was accepted, or found to be a duplicate. Queries: 1."""
    table = tables.rejected_event
    connection.execute(sa.update(table).where(table.c.id == reject_id).values(settled_at=at))

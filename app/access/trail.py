"""The trail: who did what, when, to what, before, after and why. Written in the deed's own transaction, never changed.

Do not write a row yourself: the edge does it for each deed, and a handler only adds what it was about.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from app import organisation
from app.access.accounts import meant_by
from app.access.tables import account, reading_log, trail
from app.kit.bulk import among
from app.rules.terms import NodeKind

__all__ = ["JsonText", "TrailRow", "record_deed", "record_reading", "trail_rows"]


class JsonText(str):
    """JSON that is written already, as an event is whose numbers keep their digits."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailRow:
    """One deed, as the auditor reads it."""

    id: int
    at: dt.datetime
    who: str
    deed: str
    subject: str | None
    before: str | None
    after: str | None
    why: str | None


def record_deed(
    connection: Connection,
    *,
    who: str,
    deed: str,
    at: dt.datetime,
    subject: str | None = None,
    before: object = None,
    after: object = None,
    why: str | None = None,
) -> None:
    """Write down a deed.

    Args:
        connection: the deed's own transaction.
        who: ``account:EMAIL``, ``key:NAME``, ``hook:NAME``, ``command``, ``job:NAME`` or ``nobody``.
        deed: a :class:`app.rules.permissions.Deed`.
        at: when.
        subject: what it was about.
        before: what stood there; anything that JSON can hold, or a :class:`JsonText`.
        after: what stands there now.
        why: the reason that the person gave.
    """
    connection.execute(
        sa.insert(trail).values(
            who=who,
            deed=deed,
            at=at,
            subject=subject,
            before=_as_json(before),
            after=_as_json(after),
            why=why,
        )
    )


def record_reading(
    connection: Connection,
    *,
    who: str,
    what: str,
    asked: Mapping[str, object],
    rows: int,
    at: dt.datetime,
    reason: str | None = None,
) -> None:
    """Write down that other people's data were read, many at once: a download with its reason, the API without one."""
    connection.execute(
        sa.insert(reading_log).values(
            who=who, what=what, asked=json.dumps(asked, sort_keys=True), reason=reason, rows=rows, at=at
        )
    )


def trail_rows(
    connection: Connection,
    *,
    limit: int,
    before_id: int | None = None,
    who: str | None = None,
    deed: str | None = None,
    subject: str | None = None,
) -> list[TrailRow]:
    """The newest deeds first.

    Args:
        connection: any transaction.
        limit: at most so many.
        before_id: only what was written before this row.
        who: as it stands in a row, a part of an account's e-mail, or a part of a name.
        deed: the whole deed.
        subject: as it stands in a row, or a part of a person's name.

    Queries: 1; 1 more (the revision) where it is narrowed by who or about.
    """
    query = sa.select(trail).order_by(trail.c.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(trail.c.id < before_id)
    if who:
        mails = sa.select(sa.literal("account:") + account.c.email).where(
            meant_by(connection, organisation.directory(connection), who)
        )
        query = query.where((trail.c.who == who) | trail.c.who.in_(mails))
    if deed:
        query = query.where(trail.c.deed == deed)
    if subject:
        people = [
            f"{NodeKind.EMPLOYEE}:{number}" for number in organisation.directory(connection).employees_meant(subject)
        ]
        query = query.where((trail.c.subject == subject) | among(connection, trail.c.subject, people))
    return [TrailRow(**row) for row in connection.execute(query).mappings()]


def _as_json(value: object) -> str | None:
    if value is None or isinstance(value, JsonText):
        return value
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    # Half a character, which no database takes, is written as JSON writes it.
    return text.encode("utf-8", "backslashreplace").decode()

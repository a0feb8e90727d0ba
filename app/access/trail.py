"""The trail: who did what, when, to what, before, after and why. Written in the deed's own transaction, never changed.

Do not write a row yourself: the edge does it for each deed, and a handler only adds what it was about.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from app import organisation
from app.access.accounts import meant_by
from app.access.sessions import email_key
from app.access.tables import account, reading_log, trail
from app.kit.bulk import among
from app.kit.database import is_postgresql
from app.kit.keyset import beyond_row, ordered_by
from app.kit.letters import begins_in_any_letters, has_in_any_letters
from app.rules.terms import NodeKind

__all__ = [
    "JsonText",
    "SubjectFilter",
    "TrailEntry",
    "TrailFilter",
    "TrailRow",
    "deeds_in_all",
    "employees_of_accounts",
    "is_reading_recorded",
    "latest_deeds",
    "record_deed",
    "record_deeds",
    "record_reading",
    "record_reading_of",
    "trail_rows",
]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectFilter:
    """What deeds were about: any of these.

    Attributes:
        subjects: as they stand in a row.
        beginnings: what a subject begins with, in any letters, such as ``account:``.
        text: a part of a subject in any letters, nodes and activities apart, whose codes are no words; or what somebody's account is found by.
    """

    subjects: Collection[str] = ()
    beginnings: Collection[str] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFilter:
    """Which deeds are looked at; what is empty does not narrow.

    Attributes:
        who: as it stands in a row, a part of an account's e-mail, or a part of a name.
        deeds: the whole deed, or several: any of them.
        about: what it was about.
        since: the first instant.
        until: the first instant that is looked at no more.
    """

    who: str = ""
    deeds: Collection[str] = ()
    about: SubjectFilter | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


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
        who: ``account:EMAIL``, ``key:NAME``, ``hook:NAME``, ``command:USER``, ``command``, ``job:NAME`` or ``nobody``.
        deed: a :class:`app.rules.permissions.Deed`.
        at: when.
        subject: what it was about.
        before: what stood there; anything that JSON can hold, or a :class:`JsonText`.
        after: what stands there now.
        why: the reason that the person gave.
    """
    record_deeds(connection, [TrailEntry(who, deed, at, subject, before, after, why)])


class TrailEntry(NamedTuple):
    """A deed that is written down, as :func:`record_deed` takes it."""

    who: str
    deed: str
    at: dt.datetime
    subject: str | None = None
    before: object = None
    after: object = None
    why: str | None = None


def record_deeds(connection: Connection, entries: Iterable[TrailEntry]) -> None:
    """Write down deeds of one transaction, in their order. Queries: 1, or none."""
    rows = [one._asdict() | {"before": _as_json(one.before), "after": _as_json(one.after)} for one in entries]
    if rows:
        connection.execute(sa.insert(trail), rows)


def latest_deeds(connection: Connection, deed: str, subjects: Collection[str]) -> dict[str, dt.datetime]:
    """When a deed was last done to each of some subjects; those that it was never done to are not among them. Queries: 1."""
    query = (
        sa.select(trail.c.subject, sa.func.max(trail.c.at).label("at"))
        .where(trail.c.subject.in_(subjects), trail.c.deed == deed)
        .group_by(trail.c.subject)
    )
    return {row.subject: row.at for row in connection.execute(query)}


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


def is_reading_recorded(connection: Connection, *, who: str, what: str, subject: str, day: dt.date) -> bool:
    """Whether :func:`record_reading_of` has that day's row already, so that nothing need be written. Queries: 1, by a unique index."""
    of = reading_log.c
    same = (of.who == who, of.day == day, of.what == what, of.subject == subject)
    return connection.execute(sa.select(of.id).where(*same)).first() is not None


def record_reading_of(
    connection: Connection,
    *,
    who: str,
    what: str,
    subject: str,
    asked: Mapping[str, object],
    rows: int,
    day: dt.date,
    at: dt.datetime,
) -> bool:
    """Write down that other people's data were read by a node of theirs: once a day for each reader, resource and node.

    Args:
        connection: the writing transaction that is committed before they leave.
        who: as the trail writes it.
        what: the resource.
        subject: the node.
        asked: what the day's first reading asked for.
        rows: how many other people it told of.
        day: the agency's.
        at: when.

    Returns:
        Whether it was the day's first; another request may have been it at the same moment.

    Queries: 1.
    """
    insert = postgresql.insert(reading_log) if is_postgresql(connection) else sqlite.insert(reading_log)
    row = {"who": who, "what": what, "subject": subject, "day": day, "rows": rows, "at": at}
    written = connection.execute(
        insert.values(**row, asked=json.dumps(asked, sort_keys=True))
        .on_conflict_do_nothing()
        .returning(reading_log.c.id)
    )
    return written.first() is not None


def trail_rows(
    connection: Connection,
    *,
    limit: int,
    beyond: int | None = None,
    only: TrailFilter | None = None,
    by_who: bool = False,
    descending: bool = True,
) -> list[TrailRow]:
    """Deeds, the newest first.

    Args:
        connection: any transaction.
        limit: at most so many.
        beyond: only what comes after this row in that order: the last one of the page before.
        only: what narrows them.
        by_who: sorted by who did them, and those of one by when: an index has them so.
        descending: from the newest on, or from the last who.

    Queries: 1; 1 more (the revision) where they are narrowed by who or about, 1 more by who, and 1 more for a further page in the order of who.
    """
    order = (trail.c.who, trail.c.id) if by_who else (trail.c.id,)
    query = sa.select(trail).order_by(*ordered_by(order, descending=descending)).limit(limit)
    query = query.where(*_narrowed(connection, only or TrailFilter()))
    if beyond is not None:
        place = connection.execute(sa.select(*order).where(trail.c.id == beyond)).first() if by_who else (beyond,)
        query = query.where(beyond_row(order, place, descending=descending))
    return [TrailRow(**row) for row in connection.execute(query).mappings()]


def deeds_in_all(connection: Connection, *, only: TrailFilter, count_to: int) -> int:
    """How many deeds there are, counted up to one more than so many. Queries: those of :func:`trail_rows`."""
    some = sa.select(trail.c.id).where(*_narrowed(connection, only)).limit(count_to + 1).subquery()
    return connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def _narrowed(connection: Connection, only: TrailFilter) -> list[sa.ColumnElement[bool]]:
    of = trail.c
    conditions: list[sa.ColumnElement[bool]] = []
    if only.who:
        # As values: of a list that the database has yet to make it does not know how few they are, and looks through a million deeds.
        labels = connection.scalars(_account_labels(connection, only.who))
        conditions.append(among(connection, of.who, {only.who, *labels}))
    if only.deeds:
        conditions.append(of.deed.in_(only.deeds))
    if only.about is not None:
        conditions.append(_is_about(connection, only.about))
    if only.since is not None:
        conditions.append(of.at >= only.since)
    if only.until is not None:
        conditions.append(of.at < only.until)
    return conditions


def _account_labels(connection: Connection, text: str) -> sa.Select[Any]:
    return sa.select(sa.literal("account:") + account.c.email).where(
        meant_by(connection, organisation.directory(connection), text)
    )


def _is_about(connection: Connection, about: SubjectFilter) -> sa.ColumnElement[bool]:
    subject = trail.c.subject
    conditions = [
        among(connection, subject, tuple(about.subjects)),
        *(begins_in_any_letters(subject, beginning) for beginning in about.beginnings),
    ]
    if about.text:
        is_coded = sa.or_(*(subject.startswith(f"{kind}:") for kind in (*NodeKind, "activity")))
        conditions += [
            has_in_any_letters(subject, about.text) & ~is_coded,
            subject.in_(_account_labels(connection, about.text)),
        ]
    return sa.or_(*conditions)


def employees_of_accounts(connection: Connection, emails: Collection[str]) -> dict[str, str]:
    """The numbers of the employees whose accounts have these e-mails, by e-mail as it was written. Queries: 1, where there are any."""
    if not emails:
        return {}
    keys = sorted({email_key(one) for one in emails})
    query = sa.select(account.c.email, account.c.employee).where(
        account.c.email_key.in_(keys), account.c.employee.is_not(None)
    )
    return {email: number for email, number in connection.execute(query) if number is not None}


def _as_json(value: object) -> str | None:
    if value is None or isinstance(value, JsonText):
        return value
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    # Half a character, which no database takes, is written as JSON writes it.
    return text.encode("utf-8", "backslashreplace").decode()

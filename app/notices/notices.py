"""Reminders of entries that nobody has verified yet.

Do not add a row each night. A notice is found again, its numbers brought up to date, and settled on the day that
nothing waits any more.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app import access
from app.ledger import Frame, waiting_by_head
from app.notices.tables import notice
from app.plain.findings import n_

__all__ = [
    "HR",
    "LATE_FEED",
    "RIGHTS",
    "UNVERIFIED",
    "Notice",
    "Reminded",
    "open_notices",
    "remind_unverified",
    "tell_late_feeds",
]

HR: Final = "-hr"
"""The recipient that stands for all who have the role hr; no employee's number begins with a hyphen."""

AUDITORS: Final = "-auditor"
"""The recipient of what concerns rights while there is no auditor: whoever is one next reads it."""

UNVERIFIED: Final = "unverified"
RIGHTS: Final = "rights"
LATE_FEED: Final = "late_feed"

MESSAGES: Final[Mapping[str, str]] = {
    LATE_FEED: n_("A feed has brought nothing for too long: %(file)s, last on %(since)s. Ask whoever runs it."),
    UNVERIFIED: n_("Entries that wait for your verdict: %(number)s, the oldest since %(oldest)s."),
    RIGHTS: n_(
        "What concerns rights that reach far, since you last looked: %(number)s. The latest by %(who)s about %(account)s. Such rights were given or taken, an account that has them was opened or given a password, an auditor's was closed, a key or hook was made, or somebody tried to give such rights to themself."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An open notice.

    Attributes:
        kind: what it is about.
        message: English, with places for ``subject``.
        subject: what fills the places.
        created_at: since when it holds.
    """

    kind: str
    message: str
    subject: Mapping[str, str | int]
    created_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminded:
    """What a round of reminders did."""

    entries: int
    open: int
    new: int
    settled: int


def open_notices(connection: Connection, *, employee: str | None, is_hr: bool = False) -> list[Notice]:
    """What a person is to be told, the oldest first. Queries: 1."""
    readers = [*([employee] if employee else []), *([HR] if is_hr else [])]
    query = (
        sa.select(notice)
        .where(notice.c.recipient.in_(readers), notice.c.settled_at.is_(None))
        .order_by(notice.c.created_at, notice.c.id)
    )
    return [
        Notice(kind=row.kind, message=MESSAGES[row.kind], subject=json.loads(row.subject), created_at=row.created_at)
        for row in connection.execute(query)
    ]


def remind_unverified(connection: Connection, frame: Frame, *, today: dt.date, at: dt.datetime) -> Reminded:
    """Tell every head, and hr at the top, what waits for their verdict; settle the notices of those for whom nothing waits.

    Queries: 3, and 1 for each notice that is new, changed or settled.
    """
    waiting = {head or HR: entries for head, entries in waiting_by_head(connection, frame, day=today).items()}
    open_rows = {
        row.recipient: row
        for row in connection.execute(
            sa.select(notice).where(notice.c.kind == UNVERIFIED, notice.c.settled_at.is_(None))
        )
    }
    for reader, entries in sorted(waiting.items()):
        subject = json.dumps({"number": entries.number, "oldest": entries.oldest.isoformat()})
        if reader in open_rows:
            connection.execute(
                sa.update(notice).where(notice.c.id == open_rows[reader].id).values(subject=subject, repeated_at=at)
            )
        else:
            connection.execute(
                sa.insert(notice).values(
                    recipient=reader, kind=UNVERIFIED, subject=subject, created_at=at, repeated_at=at
                )
            )
    gone = [row.id for reader, row in open_rows.items() if reader not in waiting]
    if gone:
        connection.execute(sa.update(notice).where(notice.c.id.in_(gone)).values(settled_at=at))
    return Reminded(
        entries=sum(entries.number for entries in waiting.values()),
        open=len(waiting),
        new=len(waiting.keys() - open_rows.keys()),
        settled=len(gone),
    )


def tell_late_feeds(connection: Connection, late: Mapping[str, dt.datetime], *, at: dt.datetime) -> None:
    """Tell hr of feeds that have brought nothing for too long, by the one that is silent longest; settle it once none is.

    Args:
        connection: a writing transaction.
        late: since when, by file.
        at: now.

    Queries: 2 at most.
    """
    of = notice.c
    is_open = (of.kind == LATE_FEED) & of.settled_at.is_(None)
    if not late:
        connection.execute(sa.update(notice).where(is_open).values(settled_at=at))
        return
    file, since = min(late.items(), key=lambda one: (one[1], one[0]))
    subject = json.dumps({"file": file, "since": since.isoformat()})
    told = connection.execute(sa.update(notice).where(is_open).values(subject=subject, repeated_at=at)).rowcount
    if not told:
        row = {"recipient": HR, "kind": LATE_FEED, "subject": subject, "created_at": at, "repeated_at": at}
        connection.execute(sa.insert(notice).values(row))


def tell_auditors(
    connection: Connection, *, who: str, account: str, at: dt.datetime, until_now: int | None = None
) -> None:
    """Tell every auditor that somebody dealt with rights that reach far, an account's or a program's; those not seen yet are added up.

    Args:
        connection: a writing transaction that is begun again where another one opens the same notice (:meth:`Database.writing`).
        who: the e-mail of who did it, or the label of a command.
        account: the e-mail of whose rights, or the name of the program's key.
        at: when.
        until_now: the account of an auditor to whom it was done, who may be none any more. Else whoever takes the rights of those that would
            hear of it does as they like afterwards.

    Queries: 2, and 1 for each auditor.
    """
    auditors = {*access.auditor_ids(connection), *([] if until_now is None else [until_now])}
    told = {_of_account(one) for one in auditors} or {AUDITORS}
    open_rows = {
        row.recipient: row
        for row in connection.execute(
            sa.select(notice)
            .where(notice.c.kind == RIGHTS, notice.c.recipient.in_(told), notice.c.settled_at.is_(None))
            .order_by(notice.c.id)
            # Held: an auditor who looks at it now would settle what this adds, and of two who add one would be lost.
            .with_for_update()
        )
    }
    for reader in sorted(told):
        number = json.loads(open_rows[reader].subject)["number"] if reader in open_rows else 0
        subject = json.dumps({"number": number + 1, "who": who, "account": account})
        if reader in open_rows:
            values = {"subject": subject, "repeated_at": at}
            connection.execute(sa.update(notice).where(notice.c.id == open_rows[reader].id).values(**values))
        else:
            connection.execute(
                sa.insert(notice).values(recipient=reader, kind=RIGHTS, subject=subject, created_at=at, repeated_at=at)
            )


def rights_notice(connection: Connection, *, account_id: int) -> Notice | None:
    """What an auditor has not seen yet of rights that were given or taken. Queries: 1."""
    rows = connection.execute(sa.select(notice).where(*_open_rights(account_id)).order_by(notice.c.repeated_at)).all()
    if not rows:
        return None
    subjects = [json.loads(row.subject) for row in rows]
    return Notice(
        kind=RIGHTS,
        message=MESSAGES[RIGHTS],
        subject={**subjects[-1], "number": sum(subject["number"] for subject in subjects)},
        created_at=min(row.created_at for row in rows),
    )


def settle_rights_notice(
    connection: Connection, *, account_id: int, number: int, since: dt.datetime, at: dt.datetime
) -> None:
    """Note that an auditor has seen so many deeds of rights, of which the first was done then; of others since their page was read all stay to be seen.

    Queries: 2.
    """
    # Held, as where one is told of: what is added meanwhile is added to a notice that is settled already, and opens another.
    rows = connection.execute(sa.select(notice).where(*_open_rights(account_id)).with_for_update()).all()
    told = sum(json.loads(row.subject)["number"] for row in rows)
    if rows and told <= number and min(row.created_at for row in rows) == since:
        connection.execute(sa.update(notice).where(notice.c.id.in_([row.id for row in rows])).values(settled_at=at))


def _open_rights(account_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    readers = (_of_account(account_id), AUDITORS)
    return notice.c.recipient.in_(readers), notice.c.kind == RIGHTS, notice.c.settled_at.is_(None)


def _of_account(account_id: int) -> str:
    """The recipient of what is for one account; no employee's number has a colon."""
    return f"account:{account_id}"

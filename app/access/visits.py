"""Since when somebody has not been here, and what they have looked at: what a first page tells news against.

Do not write this down when a page is read: the sessions before the one that asks know when they were last used.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access.sessions import Viewer
from app.access.tables import account, web_session

__all__ = ["Visits", "note_first_visit", "see_targets", "visits"]


class Visits(NamedTuple):
    """An account's visits."""

    last_at: dt.datetime | None
    """When a session that was begun before the one that asks was last used; None where none is known."""
    before_today_at: dt.datetime | None
    """When one was here last before the day began: whoever comes twice a day is told the same change both times."""
    targets_seen_at: dt.datetime
    """Until when the changes of one's targets have been seen: at first none since the account was made."""
    password_set_at: dt.datetime
    made_at: dt.datetime | None = None
    """When the first visit in five steps was made, or declined; None while it is to be offered."""


def visits(connection: Connection, *, viewer: Viewer, midnight: dt.datetime) -> Visits:
    """The visits of whoever is signed in, whose day began at an instant. Queries: 1."""
    earlier, present = web_session.alias("earlier"), web_session.alias("present")
    begun = sa.select(present.c.created_at).where(present.c.token_hash == viewer.session).scalar_subquery()
    last = (
        sa.select(sa.func.max(earlier.c.last_acted_at))
        .where(
            earlier.c.account_id == viewer.account_id,
            earlier.c.token_hash != viewer.session,
            earlier.c.created_at <= begun,
        )
        .scalar_subquery()
    )
    used, begun_at = present.c.last_acted_at, present.c.created_at
    before_today = (
        sa.select(sa.func.max(sa.case((used < midnight, used), else_=begun_at)))
        .where(present.c.account_id == viewer.account_id, begun_at < midnight)
        .scalar_subquery()
    )
    row = connection.execute(
        sa.select(
            account.c.created_at,
            account.c.targets_seen_at,
            account.c.password_changed_at,
            account.c.first_visit_at,
            last.label("last_at"),
            before_today.label("before_today_at"),
        ).where(account.c.id == viewer.account_id)
    ).one()
    # What was changed in the instant in which the account was made has not been seen.
    seen_at = row.targets_seen_at or row.created_at - dt.timedelta(microseconds=1)
    return Visits(row.last_at, row.before_today_at, seen_at, row.password_changed_at, row.first_visit_at)


def see_targets(connection: Connection, *, account_id: int, at: dt.datetime) -> None:
    """Note that somebody has looked at the changes of their targets; a page that was read earlier takes nothing back. Queries: 1."""
    is_news = account.c.targets_seen_at.is_(None) | (account.c.targets_seen_at < at)
    connection.execute(sa.update(account).where(account.c.id == account_id, is_news).values(targets_seen_at=at))


def note_first_visit(connection: Connection, *, account_id: int, at: dt.datetime) -> None:
    """Note that somebody has made the first visit in five steps, or declined it. Queries: 1."""
    connection.execute(sa.update(account).where(account.c.id == account_id).values(first_visit_at=at))

"""What somebody typed when their session had ended: kept for their account, and given back once they have signed in again.

Do not give it to whoever signs in next on the same browser: it belongs to the account whose page it was typed on.
Passwords never come here; the edge leaves them out.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from app.access.tables import kept_form
from app.kit.database import is_postgresql

__all__ = ["forget_form", "forget_forms", "has_kept_forms", "keep_form", "typed_before"]

KEPT_FOR: Final = dt.timedelta(days=1)
BYTES_MAX: Final = 200_000
FORMS_MAX: Final = 10
PAGE_LENGTH_MAX: Final = 500
"""A longer address is kept as its digest: a database's index takes no key of any length."""


def keep_form(
    connection: Connection, *, account_id: int, page: str, values: Mapping[str, Sequence[str]], now: dt.datetime
) -> None:
    """Keep what was typed, instead of what was kept for the same page; what is longer than a form of ours is left.

    Args:
        connection: a writing transaction.
        account_id: whose page it was typed on.
        page: the address that shows the form.
        values: every field with its values.
        now: when; what is older than a day goes.
    """
    text, page = json.dumps(values), _key(page)
    if len(text) > BYTES_MAX:
        return
    connection.execute(sa.delete(kept_form).where(kept_form.c.at < now - KEPT_FOR))
    of_other_pages = (kept_form.c.account_id == account_id) & (kept_form.c.page != page)
    if connection.execute(sa.select(sa.func.count()).where(of_other_pages)).scalar_one() < FORMS_MAX:
        insert = postgresql.insert(kept_form) if is_postgresql(connection) else sqlite.insert(kept_form)
        # A double click sends it twice at once: the later one stands.
        connection.execute(
            insert.values(account_id=account_id, page=page, typed=text, at=now).on_conflict_do_update(
                index_elements=["account_id", "page"], set_={"typed": text, "at": now}
            )
        )


def has_kept_forms(connection: Connection, *, account_id: int, now: dt.datetime) -> bool:
    """Whether something waits to be given back. Queries: 1."""
    waiting = sa.select(sa.literal(1)).where(kept_form.c.account_id == account_id, kept_form.c.at >= now - KEPT_FOR)
    return connection.execute(waiting.limit(1)).first() is not None


def typed_before(
    connection: Connection, *, account_id: int, page: str, now: dt.datetime
) -> dict[str, list[str]] | None:
    """What was typed into the form of a page; None where nothing waits. Queries: 1."""
    text = connection.execute(
        sa.select(kept_form.c.typed).where(
            kept_form.c.account_id == account_id, kept_form.c.page == _key(page), kept_form.c.at >= now - KEPT_FOR
        )
    ).scalar()
    return None if text is None else json.loads(text)


def forget_form(connection: Connection, *, account_id: int, page: str) -> None:
    """Let go of what was typed on a page: its form was sent. What waits for other pages stays."""
    connection.execute(sa.delete(kept_form).where(kept_form.c.account_id == account_id, kept_form.c.page == _key(page)))


def forget_forms(connection: Connection, *, account_id: int) -> None:
    """Let go of all that waits: its owner has left."""
    connection.execute(sa.delete(kept_form).where(kept_form.c.account_id == account_id))


def _key(page: str) -> str:
    return page if len(page) <= PAGE_LENGTH_MAX else f"sha256:{sha256(page.encode()).hexdigest()}"

"""Links by which somebody sets a password: sent to the account's own e-mail, good once, until the end of a day.

A link is made by the worker that sends it, each time that it sends it, and comes out the same: its token is made of a seed of its own and a key
that no database holds (``SECRET_KEY``). Only the token's hash is kept. Do not spend a link by looking at it: programs that read mails
for their owners open every link in them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access.sessions import end_sessions
from app.access.tables import account, password_link
from app.kit.refusals import NotThere

__all__ = [
    "FORGOTTEN_PER_HOUR",
    "LINK_DAYS",
    "LinkHolder",
    "LinkKind",
    "forget_links",
    "link_holder",
    "link_token",
    "set_password",
    "spend_links",
]

LINK_DAYS: Final = 7
"""A link is good until the end of the seventh day after the one on which it was sent."""

FORGOTTEN_PER_HOUR: Final = 3
"""Mails to one account an hour, whoever asks for them."""

_HOUR: Final = dt.timedelta(hours=1)

_KEPT: Final = dt.timedelta(days=30)


class LinkKind(StrEnum):
    """Why a link was sent."""

    INVITATION = "invitation"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkHolder:
    """Whose password a link sets."""

    link: int
    account_id: int
    email: str
    employee: str | None
    language: str | None
    until: dt.datetime


def link_token(
    connection: Connection,
    *,
    delivery: int,
    account_id: int,
    kind: LinkKind,
    key: str,
    until: dt.datetime,
    now: dt.datetime,
) -> str | None:
    """The token of the link that goes with a delivery: the same one as often as the delivery is tried.

    Args:
        connection: a writing transaction, committed before the link is sent.
        delivery: the number of the delivery in the outbox.
        account_id: whose password it sets.
        kind: why.
        key: what tokens are made with beside their seeds.
        until: the end of its last day.
        now: when.

    Returns:
        None where nothing is to be sent: the link was used meanwhile, or the account had all its mails of this hour.

    Queries: 3 or 4.
    """
    # Of two workers that send an account's mails at once the second counts the first one's.
    connection.execute(sa.select(account.c.id).where(account.c.id == account_id).with_for_update())
    link = connection.execute(sa.select(password_link).where(password_link.c.delivery == delivery)).one_or_none()
    if link is None:
        if kind is LinkKind.FORGOTTEN and _sent_lately(connection, account_id, now) >= FORGOTTEN_PER_HOUR:
            return None
        link = connection.execute(
            sa.insert(password_link)
            .values(delivery=delivery, account_id=account_id, kind=kind, seed=secrets.token_hex(32), made_at=now)
            .returning(*password_link.c)
        ).one()
    if link.spent_at is not None:
        return None
    token = _token(key, link)
    connection.execute(
        sa.update(password_link)
        .where(password_link.c.id == link.id)
        .values(token_hash=_digest(token), expires_at=until)
    )
    return token


def link_holder(connection: Connection, *, token: str, now: dt.datetime) -> LinkHolder | None:
    """Whose password a link sets; None for one that is unknown, used or over, or whose account is closed. Queries: 1."""
    row = connection.execute(
        sa.select(
            password_link.c.id.label("link"),
            password_link.c.expires_at,
            account.c.id,
            account.c.email,
            account.c.employee,
            account.c.language,
        )
        .join(account, account.c.id == password_link.c.account_id)
        .where(
            password_link.c.token_hash == _digest(token),
            password_link.c.spent_at.is_(None),
            password_link.c.expires_at > now,
            account.c.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    return LinkHolder(
        link=row.link,
        account_id=row.id,
        email=row.email,
        employee=row.employee,
        language=row.language,
        until=row.expires_at,
    )


def set_password(connection: Connection, *, token: str, new_hash: str, now: dt.datetime) -> LinkHolder:
    """Set the password of a link's account, which spends this link and all others of the account, and end its sessions.

    Args:
        connection: a writing transaction; the hash was computed outside it.
        token: the link's.
        new_hash: the new password's.
        now: when.

    Raises:
        NotThere: the link is unknown, used or over, or the account closed.
    """
    holder = link_holder(connection, token=token, now=now)
    if holder is None:
        raise NotThere
    spent = connection.execute(
        sa.update(password_link)
        .where(password_link.c.id == holder.link, password_link.c.spent_at.is_(None))
        .values(spent_at=now)
    )
    if spent.rowcount != 1:
        raise NotThere
    connection.execute(
        sa.update(account)
        .where(account.c.id == holder.account_id)
        .values(
            password_hash=new_hash,
            password_handed=False,
            first_password=False,
            first_password_until=None,
            password_changed_at=now,
        )
    )
    spend_links(connection, account_id=holder.account_id, now=now)
    end_sessions(connection, account_id=holder.account_id, now=now)
    return holder


def spend_links(connection: Connection, *, account_id: int, now: dt.datetime) -> None:
    """Let no link of an account that was sent until now set its password any more. Queries: 1."""
    connection.execute(
        sa.update(password_link)
        .where(password_link.c.account_id == account_id, password_link.c.spent_at.is_(None))
        .values(spent_at=now)
    )


def forget_links(connection: Connection, *, now: dt.datetime) -> int:
    """Delete links that were used, or over, long ago; returns how many. Queries: 1."""
    old = now - _KEPT
    return connection.execute(
        sa.delete(password_link).where(sa.or_(password_link.c.spent_at < old, password_link.c.expires_at < old))
    ).rowcount


def _sent_lately(connection: Connection, account_id: int, now: dt.datetime) -> int:
    query = sa.select(sa.func.count()).where(
        password_link.c.account_id == account_id,
        password_link.c.kind == LinkKind.FORGOTTEN,
        password_link.c.made_at > now - _HOUR,
    )
    return connection.execute(query).scalar_one()


def _token(key: str, link: sa.Row[Any]) -> str:
    """64 digits that nobody comes upon who has not both the key and the seed."""
    made_of = f"password link {link.seed}".encode()
    return hmac.new(key.encode("utf-8", "surrogatepass"), made_of, hashlib.sha256).hexdigest()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()

"""Signing in: throttled by account and by address, in constant work, without a transaction open while a password is hashed.

It takes three steps: :func:`begin_attempt` writes the attempt down (so that a hundred at once cannot all pass the count), the caller checks the
password with :func:`app.access.passwords.password_matches`, :func:`finish_attempt` opens the session.
A newcomer's usual mistake: an attempt counts as failed until it succeeded, and the count is in the database, shared by all processes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access.accounts import email_key, open_session
from app.access.tables import account, sign_in_attempt
from app.kit.database import lock
from app.kit.refusals import TooMany

__all__ = ["WINDOW", "Attempt", "attempt_succeeded", "begin_attempt", "finish_attempt"]

WINDOW: Final = dt.timedelta(minutes=15)
"""Failures older than this are forgotten."""

_ADDRESS_FACTOR: Final = 5
"""An address may fail as often as so many accounts: a whole office stands behind one."""

_KEPT: Final = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A sign-in under way."""

    id: int
    email_key: str
    account_id: int | None
    password_hash: str | None


def begin_attempt(connection: Connection, *, email: str, address: str, limit: int, now: dt.datetime) -> Attempt:
    """Count an attempt in, unless its account or its address has failed too often.

    Args:
        connection: a writing transaction, to be committed before the password is checked.
        email: as typed.
        address: where the request comes from.
        limit: failures of one account in :data:`WINDOW`; an address may have five times as many.
        now: when.

    Raises:
        TooMany: it must wait; an attempt made meanwhile does not prolong that.

    Queries: 4 (failures of the account, failures of the address, the attempt, the account).
    """
    key = email_key(email)[:254]
    # Attempts at once on one account queue up, so that none of them counts without the others.
    lock(connection, int.from_bytes(hashlib.sha256(key.encode("utf-8", "replace")).digest()[:8], signed=True))
    since = now - WINDOW
    last_success = (
        sa.select(sa.func.max(sign_in_attempt.c.id))
        .where(sign_in_attempt.c.email_key == key, sign_in_attempt.c.succeeded.is_(True))
        .scalar_subquery()
    )
    of_account = _failures(since).where(
        sign_in_attempt.c.email_key == key,
        sa.or_(last_success.is_(None), sign_in_attempt.c.id > last_success),
    )
    of_address = _failures(since).where(sign_in_attempt.c.address == address)
    for counted, most in ((of_account, limit), (of_address, limit * _ADDRESS_FACTOR)):
        found = connection.execute(counted).one()
        if found.failures >= most:
            raise TooMany(retry_after_s=max(1, int((found.oldest + WINDOW - now).total_seconds()) + 1))
    made = connection.execute(
        sa.insert(sign_in_attempt)
        .values(email_key=key, address=address, at=now, succeeded=False)
        .returning(sign_in_attempt.c.id)
    )
    known = connection.execute(
        sa.select(account.c.id, account.c.password_hash).where(
            account.c.email_key == key, account.c.disabled_at.is_(None)
        )
    ).one_or_none()
    return Attempt(
        id=made.scalar_one(),
        email_key=key,
        account_id=None if known is None else known.id,
        password_hash=None if known is None else known.password_hash,
    )


def attempt_succeeded(connection: Connection, *, attempt: Attempt) -> None:
    """Note that the password of an attempt was right."""
    connection.execute(sa.update(sign_in_attempt).where(sign_in_attempt.c.id == attempt.id).values(succeeded=True))


def finish_attempt(connection: Connection, *, attempt: Attempt, now: dt.datetime) -> str | None:
    """Note that an attempt succeeded and begin its session.

    Returns:
        The token for the cookie; None where the account was closed or its password changed while it was checked.
    """
    still = connection.execute(
        sa.select(account.c.id).where(
            account.c.id == attempt.account_id,
            account.c.password_hash == attempt.password_hash,
            account.c.disabled_at.is_(None),
        )
    ).one_or_none()
    if still is None:
        return None
    attempt_succeeded(connection, attempt=attempt)
    connection.execute(
        sa.delete(sign_in_attempt).where(
            sign_in_attempt.c.email_key == attempt.email_key, sign_in_attempt.c.at < now - _KEPT
        )
    )
    return open_session(connection, account_id=still.id, now=now)


def _failures(since: dt.datetime) -> sa.Select[int, Any]:
    """How many attempts since then failed or are under way, and the first of them."""
    return sa.select(sa.func.count().label("failures"), sa.func.min(sign_in_attempt.c.at).label("oldest")).where(
        sign_in_attempt.c.at > since, sign_in_attempt.c.succeeded.is_(False)
    )

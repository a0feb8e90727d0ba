"""Signing in: throttled by account and by address, in constant work, without a transaction open while a password is hashed.

It takes three steps: :func:`begin_attempt` writes the attempt down (so that a hundred at once cannot all pass the count), the caller checks the
password with :func:`app.access.passwords.password_matches`, :func:`finish_attempt` opens the session.
An attempt counts as failed until it succeeded, and the count is in the database, shared by all processes. Whoever
tries from a browser that the account was signed in with before is counted apart, so that strangers lock nobody out.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access.accounts import FORGOTTEN
from app.access.sessions import Client, email_key, open_session
from app.access.tables import account, sign_in_attempt
from app.kit import outbox
from app.kit.database import lock
from app.kit.refusals import TooMany
from app.plain.texts import storable, trimmed

__all__ = [
    "WINDOW",
    "Attempt",
    "ask_for_password",
    "attempt_succeeded",
    "begin_attempt",
    "count_unknown_key",
    "finish_attempt",
]

WINDOW: Final = dt.timedelta(minutes=15)
"""Failures older than this are forgotten."""

_ADDRESS_FACTOR: Final = 5
"""An address may fail as often as so many accounts: a whole office stands behind one."""

_UNKNOWN_KEY: Final = "KEY"
"""In place of an e-mail: no e-mail's key, which is case-folded, looks like it."""

_FORGOTTEN: Final = "FORGOTTEN"
"""In place of the e-mail of one for which a new password is asked: whose it is counts nowhere."""

_ASKED_FACTOR: Final = 20
"""An address may ask for as many new passwords as so many accounts may fail: each is a row for the worker, whoever's it is."""

_KEPT: Final = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A sign-in under way; ``over`` where the password is a first one whose time has ended."""

    id: int
    email_key: str
    account_id: int | None
    password_hash: str | None
    over: bool = False


def begin_attempt(
    connection: Connection, *, email: str, address: str, limit: int, now: dt.datetime, browser: str | None = None
) -> Attempt:
    """Count an attempt in, unless its account or its address has failed too often.

    Args:
        connection: a writing transaction, to be committed before the password is checked.
        email: as typed.
        address: where the request comes from.
        limit: failures of one account in :data:`WINDOW`; an address may have five times as many.
        now: when.
        browser: the name of one that this account was signed in with before: only its own failures count against it.

    Raises:
        TooMany: it must wait; an attempt made meanwhile does not prolong that.

    Queries: 4 (failures of the account, failures of the address, the attempt, the account); 3 from a browser that is known.
    """
    key, address = email_key(email)[:254], _network_of(address)
    # Attempts at once on one account queue up, so that none of them counts without the others.
    lock(connection, _lock_of(key))
    since = now - WINDOW
    same = (
        sign_in_attempt.c.email_key == key,
        sign_in_attempt.c.browser.is_(None) if browser is None else sign_in_attempt.c.browser == browser,
    )
    last_success = (
        sa.select(sa.func.max(sign_in_attempt.c.id))
        .where(*same, sign_in_attempt.c.succeeded.is_(True))
        .scalar_subquery()
    )
    of_account = _failures(since).where(
        *same,
        sa.or_(last_success.is_(None), sign_in_attempt.c.id > last_success),
    )
    # A program with an old key must not keep its whole office from signing in.
    of_address = _failures(since).where(
        sign_in_attempt.c.address == address, sign_in_attempt.c.email_key.not_in((_UNKNOWN_KEY, _FORGOTTEN))
    )
    # Who is known here waits for nobody else's failures, at the same address neither.
    limits = [(of_account, limit)] if browser else [(of_account, limit), (of_address, limit * _ADDRESS_FACTOR)]
    for counted, most in limits:
        _refuse_over(connection, counted, most=most, now=now)
    made = connection.execute(
        sa.insert(sign_in_attempt)
        .values(email_key=key, address=address, browser=browser, at=now, succeeded=False)
        .returning(sign_in_attempt.c.id)
    )
    known = connection.execute(
        sa.select(account.c.id, account.c.password_hash, account.c.first_password_until).where(
            account.c.email_key == key, account.c.disabled_at.is_(None)
        )
    ).one_or_none()
    return Attempt(
        id=made.scalar_one(),
        email_key=key,
        account_id=None if known is None else known.id,
        password_hash=None if known is None else known.password_hash,
        over=known is not None and known.first_password_until is not None and known.first_password_until <= now,
    )


def attempt_succeeded(connection: Connection, *, attempt: Attempt) -> None:
    """Note that the password of an attempt was right."""
    connection.execute(sa.update(sign_in_attempt).where(sign_in_attempt.c.id == attempt.id).values(succeeded=True))


def finish_attempt(
    connection: Connection,
    *,
    attempt: Attempt,
    now: dt.datetime,
    client: Client = Client(),  # noqa: B008 - frozen
    life: dt.timedelta,
) -> str | None:
    """Note that an attempt succeeded and begin its session.

    Returns:
        The token for the cookie; None where the account was closed or its password changed while it was checked, and for a first password whose
        time is over.
    """
    if attempt.over:
        return None
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
    return open_session(connection, account_id=still.id, now=now, client=client, life=life)


def count_unknown_key(
    reader: Connection,
    *,
    address: str,
    limit: int,
    now: dt.datetime,
    write: Callable[[], AbstractContextManager[Connection]],
) -> None:
    """Count an API key that nobody knows, unless its address has shown too many. A known key is never counted.

    Args:
        reader: any transaction: an address that must wait costs no writing one.
        address: where the request comes from.
        limit: failed sign-ins of one account in :data:`WINDOW`; an address may show five times as many keys.
        now: when.
        write: opens the writing transaction that keeps the count.

    Raises:
        TooMany: it must wait; a key shown meanwhile does not prolong that.

    Queries: 1 where it must wait, else 3 (the failures, again once no other counts, the attempt).
    """
    most, address = limit * _ADDRESS_FACTOR, _network_of(address)
    counted = _failures(now - WINDOW).where(
        sign_in_attempt.c.address == address, sign_in_attempt.c.email_key == _UNKNOWN_KEY
    )
    _refuse_over(reader, counted, most=most, now=now)
    with write() as connection:
        lock(connection, _lock_of(f"{_UNKNOWN_KEY} {address}"))
        _refuse_over(connection, counted, most=most, now=now)
        connection.execute(
            sa.insert(sign_in_attempt).values(email_key=_UNKNOWN_KEY, address=address, at=now, succeeded=False)
        )


def ask_for_password(
    connection: Connection, *, email: str, language: str, address: str, limit: int, now: dt.datetime
) -> None:
    """Post that somebody has forgotten the password of an e-mail, whether anybody has it or not: so that neither answer nor time tells.

    The worker finds out whose it is, and drops what is nobody's.

    Args:
        connection: a writing transaction.
        email: as typed.
        language: of the page that it was typed on.
        address: where the request comes from.
        limit: failed sign-ins of one account in :data:`WINDOW`; an address may ask twenty times as often.
        now: when.

    Raises:
        TooMany: the address must wait; what is asked meanwhile does not prolong that.

    Queries: 4, whosever it is.
    """
    address = _network_of(address)
    lock(connection, _lock_of(f"{_FORGOTTEN} {address}"))
    counted = _failures(now - WINDOW).where(
        sign_in_attempt.c.address == address, sign_in_attempt.c.email_key == _FORGOTTEN
    )
    _refuse_over(connection, counted, most=limit * _ASKED_FACTOR, now=now)
    connection.execute(
        sa.insert(sign_in_attempt).values(email_key=_FORGOTTEN, address=address, at=now, succeeded=False)
    )
    asked = trimmed(storable(email))[:254]
    content = {"email": asked, "language": language}
    outbox.post(connection, topic=FORGOTTEN, recipient=asked, content=content, at=now)


def _lock_of(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], signed=True)


def _network_of(address: str) -> str:
    """What failures are counted for: the address, or the /64 of an IPv6 one, within which whoever has it picks another for each try."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return storable(address)[:254]
    if isinstance(parsed, ipaddress.IPv4Address) or parsed.ipv4_mapped:
        return str(getattr(parsed, "ipv4_mapped", None) or parsed)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))


def _refuse_over(connection: Connection, counted: sa.Select[int, Any], *, most: int, now: dt.datetime) -> None:
    failed = connection.execute(counted).one()
    if failed.failures >= most:
        raise TooMany(retry_after_s=max(1, int((failed.oldest + WINDOW - now).total_seconds()) + 1))


def _failures(since: dt.datetime) -> sa.Select[int, Any]:
    """How many attempts since then failed or are under way, and the first of them."""
    return sa.select(sa.func.count().label("failures"), sa.func.min(sign_in_attempt.c.at).label("oldest")).where(
        sign_in_attempt.c.at > since, sign_in_attempt.c.succeeded.is_(False)
    )

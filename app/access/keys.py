"""Keys and hooks: how programs come in.

A key is random and long, so a plain SHA-256 of it is enough to look it up by; nobody can guess 256 bits.
A key has a scope, no role. It stands in no relation to anyone; :data:`app.rules.permissions.KEY_PERMISSIONS`
says what its scope opens.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access.tables import api_key, hook
from app.kit.refusals import Conflict, Invalid, NotThere, at_field
from app.plain.findings import n_
from app.rules.permissions import Scope
from app.rules.terms import CODE_PATTERN

__all__ = [
    "Hook",
    "Key",
    "KeyMaker",
    "KeyRow",
    "authenticate_key",
    "create_hook",
    "create_key",
    "find_hook",
    "hooks",
    "key_maker",
    "keys",
    "revoke_hook",
    "revoke_key",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A program that showed a key that is known; a revoked one may have had its name before it was made."""

    name: str
    scope: Scope
    made_at: dt.datetime
    files: tuple[str, ...] = ()
    """Those of the agency folder that it feeds, with ``.csv``."""

    @property
    def label(self) -> str:
        """How the trail, and the list of rejected events, write it."""
        return f"key:{self.name}"


class KeyMaker(NamedTuple):
    """Who made a key by the page, as their account was then: they may hold it still."""

    account_id: int
    email: str
    employee: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A door for signed webhooks, with the secret that both sides sign with."""

    name: str
    secret: str

    @property
    def label(self) -> str:
        """How the trail, and the list of rejected events, write it."""
        return f"hook:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A key or a hook (scope None) as its keeper sees it; what opens it is not shown again."""

    name: str
    scope: Scope | None
    created_at: dt.datetime
    revoked_at: dt.datetime | None
    files: tuple[str, ...] = ()


def create_key(
    connection: Connection,
    *,
    name: str,
    scope: Scope,
    now: dt.datetime,
    files: Collection[str] = (),
    maker: KeyMaker | None = None,
) -> str:
    """Make a key and return it: the only moment that it can be read.

    Args:
        connection: a writing transaction.
        name: 1 to 40 letters.
        scope: what it opens.
        now: when.
        files: of a feed's those that it brings, with ``.csv``.
        maker: who makes it; None for a command.

    Raises:
        Invalid: a name that is none, or a feed without a file.
        Conflict: a key of this name is in use.
    """
    _refuse_name(connection, api_key, name)
    if (scope is Scope.FEED) != bool(files):
        message = n_(
            "A key of a feed names the files that it brings, and no other key names any: choose them, or another scope."
        )
        raise Invalid(at_field("file", "feed_files", message))
    secret = f"kopes_{scope}_{secrets.token_urlsafe(32)}"
    connection.execute(
        sa.insert(api_key).values(
            name=name,
            key_hash=_digest(secret),
            scope=_scope_text(scope, files),
            created_at=now,
            maker_account_id=None if maker is None else maker.account_id,
            maker_email=None if maker is None else maker.email,
            maker_employee=None if maker is None else maker.employee,
        )
    )
    return secret


def key_maker(connection: Connection, *, label: str, at: dt.datetime) -> KeyMaker | None:
    """Who made the key that had a name at a moment; None for one that a command made, and for what is no key. Queries: 1, or none.

    Args:
        connection: any transaction.
        label: ``key:NAME``.
        at: when it was used.
    """
    prefix, _, name = label.partition(":")
    if prefix != "key":
        return None
    of = api_key.c
    query = (
        sa.select(of.maker_account_id, of.maker_email, of.maker_employee)
        .where(of.name == name, of.created_at <= at, of.revoked_at.is_(None) | (of.revoked_at >= at))
        .order_by(of.id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None or row.maker_account_id is None:
        return None
    return KeyMaker(row.maker_account_id, row.maker_email, row.maker_employee)


def authenticate_key(connection: Connection, *, key: str) -> Key | None:
    """Whose key this is; None where it is unknown or revoked.

    Queries: 1, by a unique index.
    """
    row = connection.execute(_KEY, {"key_hash": _digest(key)}).one_or_none()
    if row is None:
        return None
    scope, files = _scope_of(row.scope)
    return Key(name=row.name, scope=scope, made_at=row.created_at, files=files)


def revoke_key(connection: Connection, *, name: str, now: dt.datetime) -> None:
    """Close a key for ever.

    Raises:
        NotThere: no key of this name is in use.
    """
    _revoke(connection, api_key, name, now)


def keys(connection: Connection) -> list[KeyRow]:
    """All keys there ever were, by name.

    Queries: 1.
    """
    rows = connection.execute(sa.select(api_key).order_by(api_key.c.name, api_key.c.id))
    made = []
    for row in rows:
        scope, files = _scope_of(row.scope)
        made.append(
            KeyRow(name=row.name, scope=scope, created_at=row.created_at, revoked_at=row.revoked_at, files=files)
        )
    return made


def create_hook(connection: Connection, *, name: str, now: dt.datetime) -> str:
    """Open ``/hooks/NAME`` and return its secret, in the form that Standard Webhooks 1.0 gives them.

    Raises:
        Invalid: a name that is none.
        Conflict: a hook of this name is open.
    """
    _refuse_name(connection, hook, name)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")
    connection.execute(sa.insert(hook).values(name=name, secret=secret, created_at=now))
    return secret


def find_hook(connection: Connection, *, name: str) -> Hook | None:
    """The open hook of this name.

    Queries: 1.
    """
    row = connection.execute(sa.select(hook).where(hook.c.name == name, hook.c.revoked_at.is_(None))).one_or_none()
    return None if row is None else Hook(name=row.name, secret=row.secret)


def revoke_hook(connection: Connection, *, name: str, now: dt.datetime) -> None:
    """Close a hook for ever.

    Raises:
        NotThere: no hook of this name is open.
    """
    _revoke(connection, hook, name, now)


def hooks(connection: Connection) -> list[KeyRow]:
    """All hooks there ever were, by name.

    Queries: 1.
    """
    rows = connection.execute(sa.select(hook).order_by(hook.c.name, hook.c.id))
    return [KeyRow(name=row.name, scope=None, created_at=row.created_at, revoked_at=row.revoked_at) for row in rows]


_KEY = sa.select(api_key.c.name, api_key.c.scope, api_key.c.created_at).where(
    api_key.c.key_hash == sa.bindparam("key_hash"), api_key.c.revoked_at.is_(None)
)


def _scope_text(scope: Scope, files: Collection[str]) -> str:
    """As the contract writes it: ``feed:rates.csv,plan.csv``."""
    return f"{scope.value}:{','.join(files)}" if files else scope.value


def _scope_of(text: str) -> tuple[Scope, tuple[str, ...]]:
    scope, _, files = text.partition(":")
    return Scope(scope), tuple(filter(None, files.split(",")))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _refuse_name(connection: Connection, table: sa.Table, name: str) -> None:
    if not CODE_PATTERN.fullmatch(name):
        message = n_(
            "This name cannot be used: write 1 to 40 of A-Z, a-z, 0-9, full stop, _ and -, beginning with a letter or digit."
        )
        raise Invalid(at_field("name", "no_name", message))
    query: sa.Select[Any] = sa.select(table.c.id).where(table.c.name == name, table.c.revoked_at.is_(None))
    if connection.execute(query).first() is not None:
        raise Conflict(
            at_field("name", "taken", n_("%(name)s is in use: write another name."), name=name),
            message=n_("A key or hook of this name exists already: write another name."),
        )


def _revoke(connection: Connection, table: sa.Table, name: str, now: dt.datetime) -> None:
    closed = connection.execute(
        sa.update(table).where(table.c.name == name, table.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    if closed.rowcount != 1:
        raise NotThere

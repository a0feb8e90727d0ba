"""Accounts: who may sign in, with which roles, and whose they are.

A role is not what holds. What holds today is :class:`app.access.sessions.Viewer`'s: roles end with the service of
the employee whom the account belongs to.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app import organisation
from app.access import passwords
from app.access.passwords import FirstPassword
from app.access.sessions import Client, email_key, end_sessions, open_session
from app.access.tables import account
from app.kit.bulk import among
from app.kit.database import lock
from app.kit.refusals import Conflict, Invalid, NotThere, at_field
from app.organisation import Directory
from app.plain.findings import Finding, n_
from app.rules.permissions import ROLES_OF_EMPLOYEES
from app.rules.terms import CODE_PATTERN, Role

__all__ = [
    "Account",
    "NewAccount",
    "account_by_id",
    "accounts",
    "change_account",
    "change_clock",
    "change_look",
    "change_password",
    "create_account",
    "disable_account",
    "hold_accounts",
    "meant_by",
    "reset_password",
]

LOCK_ACCOUNTS: Final = 7002
"""Advisory lock: alone for whoever keeps accounts."""

_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f<>\"(),;:\\\[\]]{1,64}@[^@\s\x00-\x1f<>\"(),;:\\\[\]]{1,189}")
_LANGUAGES: Final = frozenset({"en", "ko", "es"})
_THEMES: Final = frozenset({"system", "light", "dark", "contrast"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as its keeper sees it."""

    id: int
    email: str
    roles: tuple[Role, ...]
    employee: str | None
    first_password: bool
    created_at: dt.datetime
    disabled_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account just made, or given a new first password: the only moment that it can be read."""

    email: str
    password: str


def hold_accounts(connection: Connection) -> None:
    """Let nobody else keep accounts to the transaction's end; take it before the keeper's own right is asked.

    Two administrators who take the role from each other at the same moment would both be in the right, and leave none.
    On SQLite a writer is alone already. Queries: 1.
    """
    lock(connection, LOCK_ACCOUNTS)


def create_account(
    connection: Connection,
    *,
    email: str,
    roles: Collection[Role],
    employee: str | None,
    now: dt.datetime,
    first: FirstPassword | None = None,
    first_until: dt.datetime | None = None,
) -> NewAccount:
    """Make an account with a first password.

    Args:
        connection: a writing transaction.
        email: what is signed in with.
        roles: one or several.
        employee: the number of the employee that it belongs to.
        now: when.
        first: what :func:`app.access.first_password` made before the transaction was opened. None makes one here, a tenth of a second in which
            no other writer gets on: for tests and benches, which have none.
        first_until: until when it works, for nothing but its change. None for one that works until its owner changes it.

    Raises:
        Invalid: an e-mail or number that is none, no role, or a role that needs an employee.
        Conflict: the e-mail or the employee has an account.
    """
    email = email.strip()
    problems = _problems(email=email, roles=roles, employee=employee)
    if problems:
        raise Invalid(*problems)
    _refuse_taken(connection, email=email, employee=employee)
    chosen = first or passwords.first_password()
    connection.execute(
        sa.insert(account).values(
            email=email,
            email_key=email_key(email),
            password_hash=chosen.hashed,
            roles=_joined(roles),
            employee=employee,
            first_password=True,
            first_password_until=first_until,
            created_at=now,
            password_changed_at=now,
            rights_given_at=now,
        )
    )
    return NewAccount(email=email, password=chosen.text)


def change_account(
    connection: Connection, *, account_id: int, roles: Collection[Role], employee: str | None, now: dt.datetime
) -> tuple[Account, Account]:
    """Give an account other roles or another employee; returns it before and after.

    Raises:
        NotThere: no such account.
        Invalid: no role, or a role that needs an employee.
        Conflict: the employee has another account.
    """
    before = _account(connection, account_id)
    problems = _problems(email=before.email, roles=roles, employee=employee)
    if problems:
        raise Invalid(*problems)
    if employee is not None and employee != before.employee:
        _refuse_taken(connection, email=None, employee=employee)
    values: dict[str, object] = {"roles": _joined(roles), "employee": employee}
    if values["roles"] != _joined(before.roles) or employee != before.employee:
        values["rights_given_at"] = now
    connection.execute(sa.update(account).where(account.c.id == account_id).values(values))
    return before, _account(connection, account_id)


def disable_account(connection: Connection, *, account_id: int, disabled: bool, now: dt.datetime) -> Account:
    """Close an account, with all its sessions, or open it again.

    Raises:
        NotThere: no such account.
    """
    connection.execute(
        sa.update(account).where(account.c.id == account_id).values(disabled_at=now if disabled else None)
    )
    if disabled:
        end_sessions(connection, account_id=account_id, now=now)
    return _account(connection, account_id)


def reset_password(
    connection: Connection, *, account_id: int, first: FirstPassword, first_until: dt.datetime | None, now: dt.datetime
) -> Account:
    """Give an account a new first password, made before the transaction was opened, and end its sessions.

    Args:
        connection: a writing transaction.
        account_id: whose.
        first: the password.
        first_until: until when it works, for nothing but its change. None for one that works until its owner changes it.
        now: when.

    Raises:
        NotThere: no such account.
    """
    connection.execute(
        sa.update(account)
        .where(account.c.id == account_id)
        .values(
            password_hash=first.hashed,
            first_password=True,
            first_password_until=first_until,
            password_changed_at=now,
            rights_given_at=now,
        )
    )
    end_sessions(connection, account_id=account_id, now=now)
    return _account(connection, account_id)


def change_password(
    connection: Connection,
    *,
    account_id: int,
    old_hash: str,
    new_hash: str,
    now: dt.datetime,
    client: Client,
    life: dt.timedelta,
) -> str:
    """Set the owner's own password, end all their sessions and begin a new one.

    Args:
        connection: a writing transaction; both hashes were computed outside it.
        account_id: whose.
        old_hash: the hash that the old password was checked against.
        new_hash: the new password's.
        now: when.
        client: from where the new session is begun.
        life: how long it lives at most.

    Returns:
        The new session's token: whoever knew the one before knows nothing any more.

    Raises:
        Conflict: the password was changed in between.
    """
    changed = connection.execute(
        sa.update(account)
        .where(account.c.id == account_id, account.c.password_hash == old_hash)
        .values(password_hash=new_hash, first_password=False, first_password_until=None, password_changed_at=now)
    )
    if changed.rowcount != 1:
        raise Conflict
    end_sessions(connection, account_id=account_id, now=now)
    return open_session(connection, account_id=account_id, now=now, client=client, life=life)


def change_look(
    connection: Connection,
    *,
    account_id: int,
    language: str | None = None,
    theme: str | None = None,
) -> None:
    """Keep a person's language or theme with their account; what is not known is left as it was.

    Args:
        connection: a writing transaction.
        account_id: whose.
        language: en, ko or es.
        theme: as the table knows them.
    """
    chosen: dict[str, str] = {}
    if language in _LANGUAGES:
        chosen["language"] = language
    if theme in _THEMES:
        chosen["theme"] = theme
    if chosen:
        connection.execute(sa.update(account).where(account.c.id == account_id).values(**chosen))


def change_clock(connection: Connection, *, account_id: int, timezone: str | None) -> None:
    """Keep with a person's account by whose clock they read instants.

    Args:
        connection: a writing transaction.
        account_id: whose.
        timezone: an IANA name that whoever calls knows of; None for their office's.
    """
    connection.execute(sa.update(account).where(account.c.id == account_id).values(timezone=timezone))


def meant_by(connection: Connection, directory: Directory, text: str) -> sa.ColumnElement[bool]:
    """Whether an account is meant by a searched text: by a part of its e-mail, or by its employee's number or a part of the name."""
    spellings = {email_key(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}
    people = directory.employees_meant(text)
    return sa.or_(
        *(account.c.email_key.contains(one, autoescape=True) for one in sorted(spellings)),
        among(connection, account.c.employee, (text.strip(), *people)),
    )


def accounts(connection: Connection, *, search: str = "", limit: int = 200, after: str = "") -> list[Account]:
    """Accounts in the order of their e-mails.

    Args:
        connection: any transaction.
        search: a part of the e-mail or of the employee's name, or the employee number.
        limit: at most so many.
        after: the last e-mail of the page before.

    Queries: 1; 1 more (the revision) where it is searched.
    """
    query = sa.select(account).order_by(account.c.email_key).limit(limit)
    if search.strip():
        query = query.where(meant_by(connection, organisation.directory(connection), search))
    if after:
        query = query.where(account.c.email_key > email_key(after))
    return [_row_account(row) for row in connection.execute(query)]


def account_by_id(connection: Connection, *, account_id: int) -> Account | None:
    """One account.

    Queries: 1.
    """
    row = connection.execute(sa.select(account).where(account.c.id == account_id)).one_or_none()
    return None if row is None else _row_account(row)


def _joined(roles: Collection[Role]) -> str:
    return ",".join(sorted(set(roles)))


def _account(connection: Connection, account_id: int) -> Account:
    row = connection.execute(sa.select(account).where(account.c.id == account_id)).one_or_none()
    if row is None:
        raise NotThere
    return _row_account(row)


def _row_account(row: sa.Row[tuple[object, ...]]) -> Account:
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for a row's columns
    return Account(
        id=values["id"],
        email=values["email"],
        roles=tuple(Role(name) for name in values["roles"].split(",")),
        employee=values["employee"],
        first_password=values["first_password"],
        created_at=values["created_at"],
        disabled_at=values["disabled_at"],
    )


def _problems(*, email: str, roles: Collection[Role], employee: str | None) -> list[Finding]:
    problems: list[Finding] = []
    if not _EMAIL.fullmatch(email) or len(email) > 254:
        problems.append(
            at_field(
                "email",
                "no_email",
                n_("“%(email)s” is not an e-mail address: write one such as name@agency.example."),
                email=email,
            )
        )
    if not roles:
        problems.append(at_field("role", "no_role", n_("No role is chosen: choose at least one.")))
    if employee is None:
        if not ROLES_OF_EMPLOYEES.isdisjoint(roles):
            message = n_("The roles employee and head belong to an employee: write whose account it is.")
            problems.append(at_field("employee", "no_employee", message))
    elif not CODE_PATTERN.fullmatch(employee):
        message = n_("“%(employee)s” is not an employee number: write one such as E0001.")
        problems.append(at_field("employee", "no_number", message, employee=employee))
    return problems


def _refuse_taken(connection: Connection, *, email: str | None, employee: str | None) -> None:
    problems: list[Finding] = []
    if email is not None and _exists(connection, account.c.email_key == email_key(email)):
        problems.append(
            at_field(
                "email",
                "taken",
                n_("%(email)s has an account already: open that one, or write another address."),
                email=email,
            )
        )
    if employee is not None and _exists(connection, account.c.employee == employee):
        problems.append(
            at_field(
                "employee",
                "taken",
                n_("Employee %(employee)s has an account already: open that one, or choose another employee."),
                employee=employee,
            )
        )
    if problems:
        raise Conflict(
            *problems, message=n_("This account exists already: look it up in the list, or change what is marked.")
        )


def _exists(connection: Connection, condition: sa.ColumnElement[bool]) -> bool:
    return connection.execute(sa.select(account.c.id).where(condition)).first() is not None

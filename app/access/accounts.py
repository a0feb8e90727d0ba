"""Accounts and their sessions: who may sign in, and who is signed in.

A newcomer's usual mistake is to trust the cookie: it carries a random token and nothing else. Who it stands for, with which roles and
until when, is read from the database on each request, so ending a session or disabling an account works at once, everywhere.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app import organisation
from app.access import passwords
from app.access.passwords import FirstPassword
from app.access.tables import account, sign_in_attempt, web_session
from app.kit.refusals import Conflict, Invalid, NotThere, at_field
from app.organisation import Directory
from app.rules.permissions import ROLES_OF_EMPLOYEES, roles_that_hold
from app.rules.terms import CODE_PATTERN, Finding, Role, n_

__all__ = [
    "SESSION_LIFE",
    "Account",
    "NewAccount",
    "Viewer",
    "account_by_id",
    "account_of_employee",
    "accounts",
    "change_account",
    "change_look",
    "change_password",
    "create_account",
    "disable_account",
    "email_key",
    "end_sessions",
    "forget_sessions",
    "meant_by",
    "open_session",
    "reset_password",
    "sign_out",
    "touch_session",
    "viewer",
    "viewer_of",
]

SESSION_LIFE: Final = dt.timedelta(hours=12)
"""A working day: after it one signs in again, whatever happened in between."""

SESSIONS_KEPT: Final = dt.timedelta(days=30)
"""So long rows of ended sessions and old attempts stay, for whoever asks when somebody came in."""

_TOUCH_AFTER: Final = dt.timedelta(minutes=10)
_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f<>\"(),;:\\\[\]]{1,64}@[^@\s\x00-\x1f<>\"(),;:\\\[\]]{1,189}")
_LANGUAGES: Final = frozenset({"en", "ko", "es"})
_THEMES: Final = frozenset({"system", "light", "dark"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who is signed in, with everything that a page needs to know of them."""

    account_id: int
    email: str
    roles: frozenset[Role]
    employee: str | None
    first_password: bool = False
    language: str | None = None
    theme: str = "system"
    session: str = ""
    last_acted_at: dt.datetime | None = None

    @property
    def label(self) -> str:
        """How the trail writes them."""
        return f"account:{self.email}"


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


def email_key(email: str) -> str:
    """What an e-mail is found by: surrounding space and case do not matter."""
    return email.strip().casefold()


def create_account(
    connection: Connection,
    *,
    email: str,
    roles: Collection[Role],
    employee: str | None,
    now: dt.datetime,
    first: FirstPassword | None = None,
) -> NewAccount:
    """Make an account with a first password, which works until its owner changes it.

    Args:
        connection: a writing transaction.
        email: what is signed in with.
        roles: one or several.
        employee: the number of the employee that it belongs to.
        now: when.
        first: what :func:`app.access.first_password` made before the transaction was opened. None makes one here, a tenth of a second in which
            no other writer gets on: for tests and benches, which have none.

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
            created_at=now,
            password_changed_at=now,
        )
    )
    return NewAccount(email=email, password=chosen.text)


def change_account(
    connection: Connection, *, account_id: int, roles: Collection[Role], employee: str | None
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
    connection.execute(
        sa.update(account).where(account.c.id == account_id).values(roles=_joined(roles), employee=employee)
    )
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


def reset_password(connection: Connection, *, account_id: int, first: FirstPassword, now: dt.datetime) -> Account:
    """Give an account a new first password, made before the transaction was opened, and end its sessions.

    Raises:
        NotThere: no such account.
    """
    _set_password(connection, account_id=account_id, password_hash=first.hashed, first=True, now=now)
    end_sessions(connection, account_id=account_id, now=now)
    return _account(connection, account_id)


def change_password(
    connection: Connection, *, account_id: int, old_hash: str, new_hash: str, session: str, now: dt.datetime
) -> None:
    """Set the owner's own password and end all their other sessions.

    Args:
        connection: a writing transaction; both hashes were computed outside it.
        account_id: whose.
        old_hash: the hash that the old password was checked against.
        new_hash: the new password's.
        session: the session that stays.
        now: when.

    Raises:
        Conflict: the password was changed in between.
    """
    changed = connection.execute(
        sa.update(account)
        .where(account.c.id == account_id, account.c.password_hash == old_hash)
        .values(password_hash=new_hash, first_password=False, password_changed_at=now)
    )
    if changed.rowcount != 1:
        raise Conflict
    end_sessions(connection, account_id=account_id, now=now, but=session)


def change_look(
    connection: Connection, *, account_id: int, language: str | None = None, theme: str | None = None
) -> None:
    """Keep a person's language or theme with their account; what is not known is left as it was."""
    chosen: dict[str, str] = {}
    if language in _LANGUAGES:
        chosen["language"] = language
    if theme in _THEMES:
        chosen["theme"] = theme
    if chosen:
        connection.execute(sa.update(account).where(account.c.id == account_id).values(**chosen))


def meant_by(directory: Directory, text: str) -> sa.ColumnElement[bool]:
    """Whether an account is meant by a searched text: by a part of its e-mail, or by its employee's number or a part of the name."""
    spellings = {email_key(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}
    people = directory.employees_meant(text)
    return sa.or_(
        *(account.c.email_key.contains(one, autoescape=True) for one in sorted(spellings)),
        account.c.employee.in_((text.strip(), *people)),
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
        query = query.where(meant_by(organisation.directory(connection), search))
    if after:
        query = query.where(account.c.email_key > email_key(after))
    return [_row_account(row) for row in connection.execute(query)]


def account_by_id(connection: Connection, *, account_id: int) -> Account | None:
    """One account.

    Queries: 1.
    """
    row = connection.execute(sa.select(account).where(account.c.id == account_id)).one_or_none()
    return None if row is None else _row_account(row)


def account_of_employee(connection: Connection, *, employee: str) -> Account | None:
    """The account that belongs to an employee.

    Queries: 1.
    """
    row = connection.execute(sa.select(account).where(account.c.employee == employee)).one_or_none()
    return None if row is None else _row_account(row)


def viewer(connection: Connection, *, token: str, now: dt.datetime) -> Viewer | None:
    """Who a cookie's token stands for, or None: unknown, expired, signed out or disabled.

    Queries: 1, by primary key.
    """
    row = connection.execute(_VIEWER, {"token_hash": _digest(token), "at": now}).one_or_none()
    if row is None:
        return None
    return Viewer(
        account_id=row.id,
        email=row.email,
        roles=_roles_of(row.roles, row.employee),
        employee=row.employee,
        first_password=row.first_password,
        language=row.language,
        theme=row.theme,
        session=row.token_hash,
        last_acted_at=row.last_acted_at,
    )


def open_session(connection: Connection, *, account_id: int, now: dt.datetime) -> str:
    """Begin a session; returns the token for the cookie, which is kept nowhere else."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        sa.insert(web_session).values(
            token_hash=_digest(token),
            account_id=account_id,
            created_at=now,
            last_acted_at=now,
            expires_at=now + SESSION_LIFE,
        )
    )
    return token


def touch_session(connection: Connection, *, viewer: Viewer, now: dt.datetime) -> None:
    """Note that a session acted, at most once in ten minutes."""
    if viewer.last_acted_at is None or now - viewer.last_acted_at >= _TOUCH_AFTER:
        connection.execute(
            sa.update(web_session).where(web_session.c.token_hash == viewer.session).values(last_acted_at=now)
        )


def sign_out(connection: Connection, *, viewer: Viewer, now: dt.datetime) -> None:
    """End the session on the server: its cookie opens nothing from now on, wherever it was copied to."""
    connection.execute(
        sa.update(web_session)
        .where(web_session.c.token_hash == viewer.session, web_session.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_sessions(connection: Connection, *, account_id: int, now: dt.datetime, but: str | None = None) -> None:
    """End an account's sessions, all or all but one."""
    query = sa.update(web_session).where(web_session.c.account_id == account_id, web_session.c.ended_at.is_(None))
    if but is not None:
        query = query.where(web_session.c.token_hash != but)
    connection.execute(query.values(ended_at=now))


_VIEWER: Final = (
    sa.select(
        account.c.id,
        account.c.email,
        account.c.roles,
        account.c.employee,
        account.c.first_password,
        account.c.language,
        account.c.theme,
        web_session.c.token_hash,
        web_session.c.last_acted_at,
    )
    .join(account, account.c.id == web_session.c.account_id)
    .where(
        web_session.c.token_hash == sa.bindparam("token_hash"),
        web_session.c.ended_at.is_(None),
        web_session.c.expires_at > sa.bindparam("at", type_=web_session.c.expires_at.type),
        account.c.disabled_at.is_(None),
    )
)


def viewer_of(connection: Connection, *, email: str) -> Viewer | None:
    """The person of an account, signed in or not; None where there is none, or it is closed.

    Queries: 1.
    """
    row = connection.execute(
        sa.select(account).where(account.c.email_key == email_key(email), account.c.disabled_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    return Viewer(account_id=row.id, email=row.email, roles=_roles_of(row.roles, row.employee), employee=row.employee)


def forget_sessions(connection: Connection, *, now: dt.datetime) -> tuple[int, int]:
    """Delete sessions that ended or expired a while ago, and sign-in attempts that no throttle looks at any more. Queries: 2."""
    old = now - SESSIONS_KEPT
    ended = sa.or_(web_session.c.expires_at < old, web_session.c.ended_at < old)
    sessions = connection.execute(sa.delete(web_session).where(ended)).rowcount
    attempts = connection.execute(sa.delete(sign_in_attempt).where(sign_in_attempt.c.at < old)).rowcount
    return sessions, attempts


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _joined(roles: Collection[Role]) -> str:
    return ",".join(sorted(set(roles)))


def _roles_of(text: str, employee: str | None) -> frozenset[Role]:
    return roles_that_hold((Role(name) for name in text.split(",")), of_employee=employee is not None)


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


def _set_password(
    connection: Connection, *, account_id: int, password_hash: str, first: bool, now: dt.datetime
) -> None:
    connection.execute(
        sa.update(account)
        .where(account.c.id == account_id)
        .values(password_hash=password_hash, first_password=first, password_changed_at=now)
    )


def _problems(*, email: str, roles: Collection[Role], employee: str | None) -> list[Finding]:
    problems: list[Finding] = []
    if not _EMAIL.fullmatch(email) or len(email) > 254:
        problems.append(at_field("email", "no_email", n_("%(email)s is not an e-mail address."), email=email))
    if not roles:
        problems.append(at_field("role", "no_role", n_("An account needs at least one role.")))
    if employee is None:
        if not ROLES_OF_EMPLOYEES.isdisjoint(roles):
            message = n_("The roles employee and head belong to an employee: give the number.")
            problems.append(at_field("employee", "no_employee", message))
    elif not CODE_PATTERN.fullmatch(employee):
        message = n_("%(employee)s is not an employee number.")
        problems.append(at_field("employee", "no_number", message, employee=employee))
    return problems


def _refuse_taken(connection: Connection, *, email: str | None, employee: str | None) -> None:
    problems: list[Finding] = []
    if email is not None and _exists(connection, account.c.email_key == email_key(email)):
        problems.append(at_field("email", "taken", n_("%(email)s has an account."), email=email))
    if employee is not None and _exists(connection, account.c.employee == employee):
        problems.append(at_field("employee", "taken", n_("Employee %(employee)s has an account."), employee=employee))
    if problems:
        raise Conflict(*problems, message=n_("There is such an account."))


def _exists(connection: Connection, condition: sa.ColumnElement[bool]) -> bool:
    return connection.execute(sa.select(account.c.id).where(condition)).first() is not None

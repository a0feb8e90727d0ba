"""Accounts: who may sign in, with which roles, and whose they are.

A role is not what holds. What holds today is :class:`app.access.sessions.Viewer`'s: roles end with the service of
the employee whom the account belongs to.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app import organisation
from app.access import passwords
from app.access.links import spend_links
from app.access.passwords import FirstPassword
from app.access.sessions import Client, email_key, end_sessions, open_session
from app.access.tables import account
from app.kit import outbox
from app.kit.bulk import among
from app.kit.database import lock
from app.kit.keyset import beyond_row, ordered_by
from app.kit.refusals import Conflict, Invalid, NotThere, at_field
from app.organisation import Directory, Employee
from app.plain.findings import Finding, n_
from app.rules.permissions import AGREE_TO_ACCOUNTS, ROLES_OF_EMPLOYEES
from app.rules.terms import CODE_PATTERN, Role

__all__ = [
    "EMAIL_CHANGED",
    "FORGOTTEN",
    "INVITATION",
    "NEW_PASSWORD",
    "Account",
    "NewAccount",
    "account_by_id",
    "account_of",
    "account_of_employee",
    "account_problems",
    "accounts",
    "ask_for_new_password",
    "change_account",
    "change_clock",
    "change_look",
    "change_password",
    "create_account",
    "disable_account",
    "follow_emails",
    "hold_accounts",
    "invite_account",
    "invited_among",
    "mailed_account",
    "mailed_employees",
    "meant_by",
    "reset_password",
]

INVITATION: Final = "invitation"
FORGOTTEN: Final = "forgotten"
EMAIL_CHANGED: Final = "email_changed"
NEW_PASSWORD: Final = "new_password"  # noqa: S105 - a topic's name
"""Topics of the outbox: mails about accounts."""

LOCK_ACCOUNTS: Final = 7002
"""Advisory lock: alone for whoever keeps accounts."""

_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f<>\"(),;:\\\[\]]{1,64}@[^@\s\x00-\x1f<>\"(),;:\\\[\]]{1,189}")
_EMAIL_LENGTH_MAX: Final = 254
_LANGUAGES: Final = frozenset({"en", "ko", "es"})
_THEMES: Final = frozenset({"system", "light", "dark", "contrast"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as its keeper sees it.

    Attributes:
        invited: it was made by an invitation, and nobody has set its password yet.
        language: the one that its owner chose; None for the browser's.
        password_handed: an administrator handed over the password that it began with, and its owner has set none by a link since: whoever handed
            it over may know the one of now.
        rights_given_at: when somebody last gave it its password, roles or employee.
    """

    id: int
    email: str
    roles: tuple[Role, ...]
    employee: str | None
    first_password: bool
    created_at: dt.datetime
    disabled_at: dt.datetime | None
    invited: bool = False
    language: str | None = None
    password_handed: bool = False
    rights_given_at: dt.datetime | None = None


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
            password_handed=first_until is not None,
            created_at=now,
            password_changed_at=now,
            rights_given_at=now,
        )
    )
    return NewAccount(email=email, password=chosen.text)


_Moving = tuple[int, str, str, str]
"""An account, what it is found by, and its employee's e-mail before and after."""

_UNSET: Final = ""
"""In place of the hash of a password that nobody has set yet: no password has it."""


def invited_among(connection: Connection, people: Iterable[Employee]) -> list[Employee]:
    """Those of some employees who can be invited: with an e-mail that can be one, and neither they nor it have an account.

    Of two employees with one e-mail the first is taken.

    Queries: 1.
    """
    rows = connection.execute(sa.select(account.c.email_key, account.c.employee)).all()
    emails, numbers = {row.email_key for row in rows}, {row.employee for row in rows}
    chosen: list[Employee] = []
    for one in people:
        key = email_key(one.email or "")
        if not key or key in emails or one.number in numbers or not _is_email(key):
            continue
        emails.add(key)
        chosen.append(one)
    return chosen


def invite_account(
    connection: Connection,
    *,
    email: str,
    employee: str | None,
    now: dt.datetime,
    roles: Collection[Role] = (Role.EMPLOYEE,),
    topic: str = INVITATION,
) -> int:
    """Make an account that has no password yet, and post the mail by whose link its owner sets one; returns its number.

    Args:
        connection: a writing transaction.
        email: what is signed in with, and written to.
        employee: whose account it is.
        now: when.
        roles: one or several.
        topic: what the mail says.

    Raises:
        Invalid: an e-mail or number that is none, no role, or a role that needs an employee.
        Conflict: the e-mail or the employee has an account.
    """
    problems = _problems(email=email.strip(), roles=roles, employee=employee)
    if problems:
        raise Invalid(*problems)
    _refuse_taken(connection, email=email, employee=employee)
    number = connection.execute(
        sa.insert(account)
        .values(
            email=email.strip(),
            email_key=email_key(email),
            password_hash=_UNSET,
            roles=_joined(roles),
            employee=employee,
            first_password=False,
            created_at=now,
            password_changed_at=now,
            rights_given_at=now,
        )
        .returning(account.c.id)
    ).scalar_one()
    content = {"account": number}
    outbox.post(connection, topic=topic, recipient=email.strip(), content=content, at=now)
    return int(number)


def ask_for_new_password(connection: Connection, *, account_id: int, now: dt.datetime) -> Account:
    """Let an account's password until now open nothing any more, and mail its owner a link to set another; its sessions end.

    Raises:
        NotThere: no such account.
    """
    connection.execute(
        sa.update(account)
        .where(account.c.id == account_id)
        .values(
            password_hash=_UNSET,
            password_handed=False,
            first_password=False,
            first_password_until=None,
            password_changed_at=now,
            rights_given_at=now,
        )
    )
    spend_links(connection, account_id=account_id, now=now)
    end_sessions(connection, account_id=account_id, now=now)
    changed = _account(connection, account_id)
    outbox.post(connection, topic=NEW_PASSWORD, recipient=changed.email, content={"account": account_id}, at=now)
    return changed


def account_of(connection: Connection, *, email: str) -> Account | None:
    """The account of an e-mail, open or closed. Queries: 1."""
    row = connection.execute(sa.select(account).where(account.c.email_key == email_key(email))).one_or_none()
    return None if row is None else _row_account(row)


def account_of_employee(connection: Connection, employee: str) -> Account | None:
    """The account of an employee, open or closed. Queries: 1."""
    row = connection.execute(sa.select(account).where(account.c.employee == employee)).one_or_none()
    return None if row is None else _row_account(row)


def account_problems(
    connection: Connection, *, before: Account | None, email: str, roles: Collection[Role], employee: str | None
) -> list[Finding]:
    """What is wrong with what an account is to be: an e-mail that is none, no role, an employee who has another account. Queries: 1 or 0."""
    problems = _problems(email=email.strip(), roles=roles, employee=employee)
    if employee is not None and (before is None or employee != before.employee):
        problems += _taken(connection, email=None, employee=employee)
    return problems


def mailed_account(
    connection: Connection, *, account_id: int | None = None, email: str | None = None
) -> Account | None:
    """The open account of a number or an e-mail, for whoever writes to it; None where there is none, or it is closed. Queries: 1."""
    wanted = account.c.id == account_id if email is None else account.c.email_key == email_key(email)
    row = connection.execute(sa.select(account).where(wanted, account.c.disabled_at.is_(None))).one_or_none()
    return None if row is None else _row_account(row)


def mailed_employees(connection: Connection) -> dict[str, tuple[int, str]]:
    """The number and e-mail of every open account of an employee, by the employee's number. Queries: 1."""
    of = account.c
    query = sa.select(of.employee, of.id, of.email).where(of.employee.is_not(None), of.disabled_at.is_(None))
    return {row.employee: (row.id, row.email) for row in connection.execute(query)}


def follow_emails(
    connection: Connection, *, before: Mapping[str, str | None], after: Mapping[str, str | None], now: dt.datetime
) -> list[tuple[str, str]]:
    """Let accounts follow the e-mails of their employees, and tell both addresses of each.

    An account that was signed in to by another e-mail than its employee's stays as it is, and so does one whose employee's new e-mail is another
    account's. Two that change with each other do.

    Args:
        connection: the writing transaction that changed them.
        before: e-mails by employee number, as they were.
        after: and as they are.
        now: when.

    Returns:
        Old and new e-mail of each account that followed.

    Queries: 1 where any changed; 4 for each account that follows.
    """
    moved = {
        number: (old, new)
        for number, new in after.items()
        if (old := before.get(number)) and new and old != new and _is_email(email_key(new))
    }
    if not moved:
        return []
    rows = connection.execute(sa.select(account.c.id, account.c.email_key, account.c.employee)).all()
    ours = [
        (row.id, row.email_key, *moved[row.employee])
        for row in rows
        if row.employee in moved and row.email_key == email_key(moved[row.employee][0])
    ]
    going = {one[0] for one in ours}
    taken = {row.email_key for row in rows if row.id not in going}
    # Whoever stays, since theirs is taken, may be in another's way in turn.
    while stays := _in_the_way(ours, taken):
        taken |= {one[1] for one in stays}
        ours = [one for one in ours if one not in stays]
    for account_id, *_ in ours:
        connection.execute(sa.update(account).where(account.c.id == account_id).values(email_key=f"-{account_id}"))
    for account_id, _, old, new in ours:
        connection.execute(
            sa.update(account).where(account.c.id == account_id).values(email=new.strip(), email_key=email_key(new))
        )
        # What was sent to the address of before may be read there by somebody else now.
        spend_links(connection, account_id=account_id, now=now)
        for recipient in (old, new):
            content = {"account": account_id, "to": recipient.strip(), "old": old.strip(), "new": new.strip()}
            outbox.post(connection, topic=EMAIL_CHANGED, recipient=recipient.strip(), content=content, at=now)
    return [(old.strip(), new.strip()) for _, _, old, new in ours]


def _in_the_way(moving: Sequence[_Moving], taken: Collection[str]) -> list[_Moving]:
    """Those who cannot have their new e-mail: another account has it, or one before them gets it."""
    seen, stays = set(taken), []
    for one in moving:
        key = email_key(one[3])
        if key in seen:
            stays.append(one)
        seen.add(key)
    return stays


def _is_email(email: str) -> bool:
    # Letters that nobody sees make one address look like another.
    is_seen = all(unicodedata.category(letter)[0] not in "CZ" for letter in email)
    return is_seen and _EMAIL.fullmatch(email) is not None and len(email) <= _EMAIL_LENGTH_MAX


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
    if not AGREE_TO_ACCOUNTS.isdisjoint(roles):
        values["agreement_taken_at"] = None
    elif before.disabled_at is None and not AGREE_TO_ACCOUNTS.isdisjoint(before.roles):
        values["agreement_taken_at"] = now
    connection.execute(sa.update(account).where(account.c.id == account_id).values(values))
    return before, _account(connection, account_id)


def disable_account(connection: Connection, *, account_id: int, disabled: bool, now: dt.datetime) -> Account:
    """Close an account, with all its sessions, or open it again.

    Raises:
        NotThere: no such account.
    """
    before = _account(connection, account_id)
    values: dict[str, object] = {"disabled_at": now if disabled else None}
    if not AGREE_TO_ACCOUNTS.isdisjoint(before.roles):
        values["agreement_taken_at"] = now if disabled else None
    connection.execute(sa.update(account).where(account.c.id == account_id).values(values))
    if disabled:
        spend_links(connection, account_id=account_id, now=now)
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
            password_handed=first_until is not None,
            password_changed_at=now,
            rights_given_at=now,
        )
    )
    spend_links(connection, account_id=account_id, now=now)
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
    spend_links(connection, account_id=account_id, now=now)
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


def _sorted_by(sort: str, *, descending: bool) -> tuple[sa.ColumnElement[Any], ...]:
    """What accounts are sorted by, so that no two are equal; who is no employee stands last, whichever way."""
    of = account.c
    if sort == "employee":
        without = sa.case((of.employee.is_(None), sa.literal(int(not descending))), else_=sa.literal(int(descending)))
        return (without, sa.func.coalesce(of.employee, ""), of.email_key)
    return (of.created_at, of.email_key) if sort == "made" else (of.email_key,)


def accounts(
    connection: Connection,
    *,
    search: str = "",
    limit: int = 200,
    after: str = "",
    sort: str = "email",
    descending: bool = False,
) -> list[Account]:
    """Accounts in the order of their e-mails, where nothing else is said.

    Args:
        connection: any transaction.
        search: a part of the e-mail or of the employee's name, or the employee number.
        limit: at most so many.
        after: the last e-mail of the page before.
        sort: ``email``, ``employee`` or ``made``; there are as many accounts as people, and an e-mail is in an index.
        descending: the other way round.

    Queries: 1; 1 more (the revision) where it is searched, and 1 more for a further page that is not by e-mail.
    """
    columns = _sorted_by(sort, descending=descending)
    query = sa.select(account).order_by(*ordered_by(columns, descending=descending)).limit(limit)
    if search.strip():
        query = query.where(meant_by(connection, organisation.directory(connection), search))
    if after:
        of_last = sa.select(*columns).where(account.c.email_key == email_key(after))
        place = (email_key(after),) if len(columns) == 1 else connection.execute(of_last).first()
        query = query.where(beyond_row(columns, place, descending=descending))
    return [_row_account(row) for row in connection.execute(query)]


def every_account(connection: Connection) -> Iterator[Account]:
    """All accounts in the order of their e-mails. Queries: 1 for every 200, and 1."""
    after = ""
    while some := accounts(connection, after=after):
        after = some[-1].email
        yield from some


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
        invited=not values["password_hash"],
        language=values["language"],
        password_handed=values["password_handed"],
        rights_given_at=values["rights_given_at"],
    )


def _problems(*, email: str, roles: Collection[Role], employee: str | None) -> list[Finding]:
    problems: list[Finding] = []
    if not _is_email(email):
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
    problems = _taken(connection, email=email, employee=employee)
    if problems:
        raise Conflict(
            *problems, message=n_("This account exists already: look it up in the list, or change what is marked.")
        )


def _taken(connection: Connection, *, email: str | None, employee: str | None) -> list[Finding]:
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
    return problems


def _exists(connection: Connection, condition: sa.ColumnElement[bool]) -> bool:
    return connection.execute(sa.select(account.c.id).where(condition)).first() is not None

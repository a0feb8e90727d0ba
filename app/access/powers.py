"""Powers that nobody gives to themself: until two people keep them, the administrator's own account gains none (contract-desk, 2).

Do not compare accounts: a person may have two. Whose an account is, employee's number and e-mail say too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access.accounts import Account
from app.access.sessions import Viewer, email_key
from app.access.tables import account
from app.organisation import Directory
from app.plain.findings import Finding, n_
from app.rules.permissions import AGREE_TO_ACCOUNTS, POWERS, Deed, may
from app.rules.terms import Role

__all__ = [
    "accounts_given",
    "auditor_ids",
    "can_two_agree",
    "emails_of_others",
    "is_auditor",
    "is_own",
    "known_as",
    "marks_of",
    "own_powers",
    "people_with",
    "powers_of",
    "with_powers",
]

OWN_POWERS: Finding = Finding(
    code="own_powers",
    message=n_(
        "Nobody gives the roles HR, executive, auditor or administrator to themself, and the auditors have been told of this try: ask another administrator to do it."
    ),
)
OWN_EMPLOYEE: Finding = Finding(
    code="own_employee",
    message=n_(
        "Nobody says of their own account whose it is, and the auditors have been told of this try: ask another administrator to do it.",
    ),
)


def powers_of(roles: Collection[Role]) -> frozenset[Role]:
    """Those of the roles that reach beyond one's own line."""
    return POWERS & frozenset(roles)


def marks_of(directory: Directory, *, account_id: int | None, email: str, employee: str | None) -> frozenset[str]:
    """All by which a person is known: two that share one of them are one person.

    Args:
        directory: the organisation, whose e-mail of the employee counts as own.
        account_id: the account; None for one that is to be made, and for a program.
        email: its own, or the key's name.
        employee: the number that it belongs to.
    """
    marks = {f"email:{email_key(email)}"}
    if account_id is not None:
        marks.add(f"account:{account_id}")
    if employee is not None:
        marks.add(f"employee:{employee}")
        known = directory.employees.get(employee)
        if known is not None and known.email:
            marks.add(f"email:{email_key(known.email)}")
    return frozenset(marks)


def known_as(directory: Directory, names: Collection[str]) -> frozenset[str]:
    """Numbers, and e-mails as accounts are found by them, with all others that are the same people's: an employee's e-mail is the employee.

    Args:
        directory: the organisation.
        names: numbers and e-mails.
    """
    known = set(names)
    known.update(number for one in names if "@" in one for number in directory.numbers_of_email(email_key(one)))
    people = (directory.employees.get(one) for one in tuple(known))
    return frozenset(known | {email_key(one.email) for one in people if one is not None and one.email})


def with_powers(connection: Connection, numbers: Collection[str]) -> frozenset[str]:
    """Of some employees those with an account that has a power: whoever has their e-mail may have the account. Queries: 1, or none."""
    if not numbers:
        return frozenset()
    of = account.c
    rows = connection.execute(sa.select(of.employee, of.roles).where(of.employee.in_(sorted(numbers))))
    return frozenset(
        row.employee for row in rows if not POWERS.isdisjoint(map(Role, filter(None, row.roles.split(","))))
    )


def emails_of_others(connection: Connection, directory: Directory, emails: Mapping[str, str]) -> frozenset[str]:
    """Of the e-mails that some employees are to have those that are another person's: another employee's, or an account's. Queries: 1, or none.

    Args:
        connection: any transaction.
        directory: the organisation as it is.
        emails: the new e-mail of each, by number.
    """
    if not emails:
        return frozenset()
    wanted = {email_key(email): number for number, email in emails.items() if email}
    taken = frozenset(
        email_key(one.email)
        for one in directory.employees.values()
        if one.email and wanted.get(email_key(one.email), one.number) != one.number
    )
    of = account.c
    rows = connection.execute(sa.select(of.email_key, of.employee).where(of.email_key.in_(sorted(wanted))))
    return taken | frozenset(row.email_key for row in rows if row.employee != wanted[row.email_key])


def accounts_given(connection: Connection) -> tuple[Mapping[Role, int], int]:
    """How many open accounts have each role, and how many are an employee's. Queries: 1."""
    of = account.c
    counts = [
        sa.func.count().filter(("," + of.roles + ",").contains(f",{role.value},", autoescape=True)) for role in Role
    ]
    query = sa.select(*counts, sa.func.count(of.employee)).where(of.disabled_at.is_(None))
    *by_role, of_employees = connection.execute(query).one()
    return dict(zip(Role, by_role, strict=True)), of_employees


def people_with(connection: Connection, directory: Directory, role: Role, *, on: dt.date) -> int:
    """How many people hold a role on a day: accounts that work, each person once, without whoever has left. Queries: 1."""
    of = account.c
    query = sa.select(of.id, of.email, of.employee, of.roles).where(of.disabled_at.is_(None))
    some: list[sa.Row[Any]] = [*connection.execute(query)]
    return _people(directory, [row for row in some if role.value in row.roles.split(",")], on)


def can_two_agree(connection: Connection, directory: Directory, *, on: dt.date) -> bool:
    """Whether there are two people who can agree on an account that reaches far: administrators and executives, one of whom asks.

    An account that an administrator has closed, or from which one has taken that role, counts as before: else whoever takes the others' away
    is alone, and needs nobody. Who has left the agency does not. Queries: 1.
    """
    of = account.c
    query = sa.select(of.id, of.email, of.employee, of.roles, of.disabled_at, of.agreement_taken_at)
    rows: list[sa.Row[Any]] = [*connection.execute(query)]
    some = [
        row
        for row in rows
        if row.agreement_taken_at is not None
        or (row.disabled_at is None and not AGREE_TO_ACCOUNTS.isdisjoint(row.roles.split(",")))
    ]
    return _people(directory, some, on) > 1


def _people(directory: Directory, rows: Iterable[sa.Row[Any]], on: dt.date) -> int:
    """How many people some accounts are of, without whoever has left."""
    people: list[frozenset[str]] = []
    for row in rows:
        employee = None if row.employee is None else directory.employees.get(row.employee)
        if employee is not None and employee.left_on is not None and employee.left_on <= on:
            continue
        marks = marks_of(directory, account_id=row.id, email=row.email, employee=row.employee)
        same = [one for one in people if not one.isdisjoint(marks)]
        people = [one for one in people if one not in same] + [marks.union(*same)]
    return len(people)


def is_own(directory: Directory, *, viewer: Viewer, email: str, employee: str | None, account_id: int | None) -> bool:
    """Whether an account, there or to be made, is the viewer's own: the same one, of the same employee, or with an e-mail of theirs."""
    mine = marks_of(directory, account_id=viewer.account_id, email=viewer.email, employee=viewer.employee)
    return not mine.isdisjoint(marks_of(directory, account_id=account_id, email=email, employee=employee))


def own_powers(
    directory: Directory,
    *,
    viewer: Viewer,
    email: str,
    roles: Collection[Role],
    employee: str | None,
    before: Account | None,
) -> Finding | None:
    """Why an administrator may not have an account be so, since it is their own; None where there is no reason.

    Args:
        directory: the organisation.
        viewer: who keeps the account.
        email: the account's.
        roles: those that it is to have.
        employee: the number that it is to belong to.
        before: as it is; None for one that is to be made.
    """
    ids = None if before is None else before.id
    numbers = {employee} if before is None else {employee, before.employee}
    if not any(is_own(directory, viewer=viewer, email=email, employee=one, account_id=ids) for one in numbers):
        return None
    if powers_of(roles) - powers_of(() if before is None else before.roles):
        return OWN_POWERS
    if before is not None and employee != before.employee:
        return OWN_EMPLOYEE
    return None


def is_auditor(roles: Collection[Role]) -> bool:
    """Whether an account of these roles is an auditor's: who reads the trail."""
    return may(roles, Deed.SEE_TRAIL, ())


def auditor_ids(connection: Connection) -> list[int]:
    """The open accounts of auditors. Queries: 1."""
    query = sa.select(account.c.id, account.c.roles).where(account.c.disabled_at.is_(None)).order_by(account.c.id)
    return [row.id for row in connection.execute(query) if is_auditor([Role(name) for name in row.roles.split(",")])]

"""Who was given what to do in a cycle: approver, certifier, calibrator, objections, payroll (contract-cycle, 1).

The decisions `appoint` say so, and what stands here follows from them: of a person, function and cycle the last one holds.
Do not ask for accounts. A function may be given to a number that has none yet, and goes with whoever signs in by it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access.tables import account, function_given
from app.organisation import Directory
from app.rules.permissions import HeldRole, functions_that_hold
from app.rules.terms import CycleFunction, Role

__all__ = [
    "FunctionGiven",
    "FunctionHeld",
    "functions_given",
    "functions_held",
    "functions_today",
    "give_function",
    "holders_of",
    "holding_people",
    "keeps_function",
]


class FunctionHeld(NamedTuple):
    """A function that somebody holds today."""

    cycle: int
    function: CycleFunction
    groups: frozenset[str] | None
    """Of a calibrator the evaluation groups; None for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionGiven:
    """A function that somebody was given: of one cycle, from a day up to, not including, another.

    Attributes:
        employee: the number of whom it was given to; None for an account that is no employee's.
        email_key: by which that account is found; None for an employee.
        groups: of a calibrator the evaluation groups; None for all.
        decision: the number of the decision that gave it.
    """

    cycle: int
    function: CycleFunction
    employee: str | None
    email_key: str | None
    groups: tuple[str, ...] | None
    from_day: dt.date
    to_day: dt.date
    decision: int

    @property
    def person(self) -> str:
        """The number, or what the account is found by."""
        return self.employee or self.email_key or ""


def functions_held(text: str | None, roles: Collection[HeldRole]) -> tuple[FunctionHeld, ...]:
    """The functions that hold today, as the query of who asks tells them: those that the person's roles leave them."""
    by_cycle: dict[int, dict[CycleFunction, frozenset[str] | None]] = {}
    for line in (text or "").split("\n"):
        cycle, _, more = line.partition("|")
        function, _, groups = more.partition("|")
        if cycle:
            by_cycle.setdefault(int(cycle), {})[CycleFunction(function)] = (
                frozenset(json.loads(groups)) if groups else None
            )
    return tuple(
        FunctionHeld(cycle, one, given[one])
        for cycle, given in sorted(by_cycle.items())
        for one in sorted(functions_that_hold(given, roles))
    )


def give_function(connection: Connection, given: FunctionGiven) -> None:
    """Give somebody a function, in place of what they were given of it in that cycle before. Queries: 2."""
    of = function_given.c
    same = (of.cycle == given.cycle, of.function == given.function.value, of.person == given.person)
    connection.execute(sa.delete(function_given).where(*same))
    connection.execute(
        sa.insert(function_given).values(
            cycle=given.cycle,
            function=given.function.value,
            person=given.person,
            employee=given.employee,
            email_key=given.email_key,
            groups=None if given.groups is None else json.dumps(given.groups, ensure_ascii=False),
            from_day=given.from_day,
            to_day=given.to_day,
            decision=given.decision,
        )
    )


def functions_given(connection: Connection, cycle: int) -> list[FunctionGiven]:
    """All that was given in a cycle, by function and person. Queries: 1."""
    of = function_given.c
    query = sa.select(function_given).where(of.cycle == cycle).order_by(of.function, of.person)
    return [_given(row) for row in connection.execute(query)]


def _given(row: sa.Row[Any]) -> FunctionGiven:
    return FunctionGiven(
        cycle=row.cycle,
        function=CycleFunction(row.function),
        employee=row.employee,
        email_key=row.email_key,
        groups=None if row.groups is None else tuple(json.loads(row.groups)),
        from_day=row.from_day,
        to_day=row.to_day,
        decision=row.decision,
    )


def holders_of(
    connection: Connection, directory: Directory, *, cycle: int, function: CycleFunction, day: dt.date
) -> list[str]:
    """The e-mails of the accounts that hold a function on a day, in order: of people in service, whose roles leave it to them. Queries: 1."""
    return [email for email, _ in holding_people(connection, directory, cycle=cycle, function=function, day=day)]


def holding_people(
    connection: Connection, directory: Directory, *, cycle: int, function: CycleFunction, day: dt.date
) -> list[tuple[str, str | None]]:
    """The same, each with the number of the employee whose account it is; None for nobody's. Queries: 1."""
    of, given = account.c, function_given.c
    query = (
        sa.select(of.email, of.employee, of.roles)
        .join(function_given, sa.or_(given.employee == of.employee, given.email_key == of.email_key))
        .where(given.cycle == cycle, given.function == function.value, given.from_day <= day, given.to_day > day)
        .where(of.disabled_at.is_(None))
        .order_by(of.email)
    )
    return [(row.email, row.employee) for row in connection.execute(query) if _holds(directory, row, function, day)]


def _holds(directory: Directory, row: Any, function: CycleFunction, day: dt.date) -> bool:
    employee = None if row.employee is None else directory.employees.get(row.employee)
    if row.employee is not None and (
        employee is None or employee.hired_on > day or (employee.left_on is not None and employee.left_on <= day)
    ):
        return False
    roles = {Role(name) for name in row.roles.split(",")}
    if row.employee is not None and directory.units_headed_by(row.employee, day):
        roles.add(Role.HEAD)
    return bool(functions_that_hold([function], roles))


def keeps_function(connection: Connection, *, emails: Iterable[str], employees: Iterable[str], on: dt.date) -> bool:
    """Whether any of some people holds a function on a day, or will after it. Queries: 1.

    Args:
        connection: any transaction.
        emails: what accounts are found by.
        employees: numbers.
        on: the day.
    """
    of = function_given.c
    people = sa.or_(of.email_key.in_(sorted(emails)), of.employee.in_(sorted(employees)))
    return connection.execute(sa.select(of.cycle).where(people, of.to_day > on).limit(1)).first() is not None


_GIVEN_TEXT: Final = sa.func.aggregate_strings(
    sa.cast(function_given.c.cycle, sa.Text())
    + "|"
    + function_given.c.function
    + "|"
    + sa.func.coalesce(function_given.c.groups, ""),
    "\n",
)


def functions_today(day: sa.ColumnElement[Any]) -> sa.Label[Any]:
    """What the query of who asks tells of their functions on a day, for :func:`functions_held`."""
    of = function_given.c
    return (
        sa.select(_GIVEN_TEXT)
        .where(
            sa.or_(of.employee == account.c.employee, of.email_key == account.c.email_key),
            of.from_day <= day,
            of.to_day > day,
        )
        .correlate(account)
        .scalar_subquery()
        .label("functions")
    )

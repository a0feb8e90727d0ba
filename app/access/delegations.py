"""Who stands in for whom, from a day to a day. Both names stand in whatever is done (contract-desk, 1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access import tables
from app.kit.database import lock, next_number
from app.kit.refusals import Conflict, Invalid, at_field
from app.organisation import Directory
from app.plain.findings import Finding, n_
from app.rules.deciding import reason_problem

__all__ = [
    "FUNCTIONS",
    "AlreadyEnded",
    "Delegation",
    "delegate",
    "delegation",
    "delegations_of",
    "end_delegation",
    "stand_in_for_each_other",
    "stand_ins_among",
]

LOCK_DELEGATIONS: Final = 7004

FUNCTIONS: Final = ("verify", "sign", "rate", "answer", "review", "entry")
"""What one may let another do in one's place."""


class AlreadyEnded(Conflict):
    """It was ended before."""

    code = "ended"
    message = n_("Somebody has ended this delegation before: load the list again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """One person's standing in for another."""

    id: int
    giver: str
    taker: str
    functions: tuple[str, ...]
    from_day: dt.date
    to_day: dt.date
    """The last one."""
    reason: str
    account: str
    at: dt.datetime
    ended_on: dt.date | None = None
    """From when on it holds no more, where it was ended before its last day."""

    def as_json(self) -> dict[str, Any]:
        """As the contract writes it."""
        return {
            "id": self.id,
            "from": self.giver,
            "to": self.taker,
            "functions": list(self.functions),
            "from_day": self.from_day.isoformat(),
            "to_day": self.to_day.isoformat(),
            "reason": self.reason,
            "by": self.account.partition(":")[2],
            "at": self.at.isoformat(),
            "ended_on": None if self.ended_on is None else self.ended_on.isoformat(),
        }


def delegate(
    connection: Connection,
    directory: Directory,
    *,
    giver: str,
    taker: str,
    functions: Collection[str],
    from_day: dt.date,
    to_day: dt.date,
    reason: str,
    by: str,
    now: dt.datetime,
) -> Delegation:
    """Let one person stand in for another.

    Args:
        connection: a writing transaction.
        directory: the organisation.
        giver: the employee who is stood in for.
        taker: the employee who stands in.
        functions: of :data:`FUNCTIONS`.
        from_day: the first day.
        to_day: the last day.
        reason: why.
        by: who enters it, as the trail writes it.
        now: when.

    Raises:
        Invalid: somebody unknown, one person on both sides, no function, a period that ends before it begins, or no reason.
    """
    problems = _problems(directory, giver, taker, functions, from_day, to_day, reason)
    if problems:
        raise Invalid(*problems)
    lock(connection, LOCK_DELEGATIONS)
    if _open_of(connection, giver, directory.day_of(now)) >= OPEN_MOST:
        raise Invalid(at_field("from", "too_many", TOO_MANY, most=OPEN_MOST))
    made = Delegation(
        id=next_number(connection, tables.delegation),
        giver=giver,
        taker=taker,
        functions=tuple(one for one in FUNCTIONS if one in functions),
        from_day=from_day,
        to_day=to_day,
        reason=reason.strip(),
        account=by,
        at=now,
    )
    row = asdict(made) | {"functions": ",".join(made.functions)}
    del row["ended_on"]
    connection.execute(sa.insert(tables.delegation).values(row))
    return made


OPEN_MOST: Final = 20
"""Of one person in force or to come: whoever stands in is asked for all of them with each request."""

TOO_MANY: Final = n_("At most %(most)s delegations of one person may be in force or to come: close one of them first.")


def _open_of(connection: Connection, giver: str, day: dt.date) -> int:
    """How many of a person's are in force on a day, or to come. Queries: 1."""
    of, end = tables.delegation.c, tables.delegation_end.c
    query = (
        sa.select(sa.func.count())
        .select_from(tables.delegation.outerjoin(tables.delegation_end))
        .where(of.giver == giver, of.to_day >= day, end.on_day.is_(None))
    )
    return connection.execute(query).scalar_one()


def _problems(
    directory: Directory,
    giver: str,
    taker: str,
    functions: Collection[str],
    from_day: dt.date,
    to_day: dt.date,
    reason: str,
) -> list[Finding]:
    problems = [
        at_field(field, "unknown_employee", n_("There is no employee “%(value)s”."), value=number)
        for field, number in (("from", giver), ("to", taker))
        if number not in directory.employees
    ]
    if giver == taker:
        problems.append(at_field("to", "same_person", n_("Nobody stands in for themself: choose somebody else.")))
    if not functions or any(one not in FUNCTIONS for one in functions):
        message = n_("No function of ours is chosen: choose at least one of %(functions)s.")
        problems.append(at_field("functions", "no_function", message, functions=", ".join(FUNCTIONS)))
    if to_day < from_day:
        problems.append(
            at_field("to_day", "empty_period", n_("The last day is before the first one: choose a later one."))
        )
    of_reason = reason_problem(reason.strip())
    if of_reason is not None:
        problems.append(of_reason)
    return problems


def delegation(connection: Connection, number: int) -> Delegation | None:
    """One of them. Queries: 1."""
    row = connection.execute(_query().where(tables.delegation.c.id == number)).one_or_none()
    return None if row is None else _delegation(row)


def delegations_of(
    connection: Connection, employee: str | None, *, limit: int, before: int | None = None
) -> list[Delegation]:
    """The newest first.

    Args:
        connection: any transaction.
        employee: of whom, either way; None for all.
        limit: at most so many.
        before: only those with a smaller number.

    Queries: 1.
    """
    of = tables.delegation.c
    query = _query().order_by(of.id.desc()).limit(limit)
    if employee is not None:
        query = query.where((of.giver == employee) | (of.taker == employee))
    if before is not None:
        query = query.where(of.id < before)
    return [_delegation(row) for row in connection.execute(query)]


def end_delegation(
    connection: Connection, number: int, *, by: str, now: dt.datetime, today: dt.date
) -> Delegation | None:
    """End one from today on; None where there is none of that number.

    Raises:
        AlreadyEnded: it was ended before.
    """
    lock(connection, LOCK_DELEGATIONS)
    present = delegation(connection, number)
    if present is None:
        return None
    if present.ended_on is not None:
        raise AlreadyEnded
    connection.execute(sa.insert(tables.delegation_end).values(delegation=number, on_day=today, account=by, at=now))
    return delegation(connection, number)


def stand_in_for_each_other(
    connection: Connection, one: Collection[str], other: Collection[str], *, day: dt.date
) -> bool:
    """Whether either of two people stands in for the other on a day, whatever in: one that was ended on that day was in force on it (contract-desk, 2).

    Else who stands in would end it, agree, and let it be given again.

    Args:
        connection: any transaction.
        one: the numbers that a person has, also by the e-mail of an account that is no employee's.
        other: those of the other person.
        day: today.

    Queries: 1, or none where one of them is no employee.
    """
    if not one or not other:
        return False
    of, end = tables.delegation.c, tables.delegation_end.c
    pair = (of.giver.in_(sorted(one)) & of.taker.in_(sorted(other))) | (
        of.giver.in_(sorted(other)) & of.taker.in_(sorted(one))
    )
    query = (
        sa.select(of.id)
        .select_from(tables.delegation.outerjoin(tables.delegation_end))
        .where(pair, of.from_day <= day, of.to_day >= day, end.on_day.is_(None) | (end.on_day >= day))
        .limit(1)
    )
    return connection.execute(query).first() is not None


def stand_ins_among(connection: Connection, numbers: Collection[str], *, from_: dt.date) -> frozenset[str]:
    """Those of some employees who stand in for somebody on a day, or will after it. Queries: 1, or none."""
    if not numbers:
        return frozenset()
    of, end = tables.delegation.c, tables.delegation_end.c
    query = (
        sa.select(of.taker)
        .select_from(tables.delegation.outerjoin(tables.delegation_end))
        .where(of.taker.in_(sorted(numbers)), of.to_day >= from_, end.on_day.is_(None) | (end.on_day > from_))
    )
    return frozenset(connection.execute(query).scalars())


def _query() -> sa.Select[Any]:
    return sa.select(tables.delegation, tables.delegation_end.c.on_day).select_from(
        tables.delegation.outerjoin(tables.delegation_end)
    )


def _delegation(row: sa.Row[Any]) -> Delegation:
    return Delegation(
        id=row.id,
        giver=row.giver,
        taker=row.taker,
        functions=tuple(row.functions.split(",")),
        from_day=row.from_day,
        to_day=row.to_day,
        reason=row.reason,
        account=row.account,
        at=row.at,
        ended_on=row.on_day,
    )

"""What everyone was told of a cycle, as it was told: by it somebody keeps a grade, and everybody else's pages show it (contract-cycle, 7)."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.cascade.tables import result_seen, telling, told_by_hand, told_result
from app.kit.kept import LruCache
from app.rules.standings import published_score
from app.rules.tellings import NEVER_TOLD, ToldOf, ToldResult
from app.rules.terms import Node, NodeKind

__all__ = [
    "NOTIFY",
    "Telling",
    "Tellings",
    "ToldBefore",
    "ToldTo",
    "keep_telling",
    "keep_told_by_hand",
    "read_told",
    "results_told",
    "see_result",
    "tellings_of",
    "told_before",
    "told_to",
    "unseen_result",
]

NOTIFY: Final = "notify"

Tellings = Mapping[int, ToldOf]
"""What everybody was told so far, by cycle; a cycle in which nobody was told anything is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One of the times at which people were told their results."""

    cycle: int
    place: int
    round: int
    decision: int
    before: int
    at: dt.datetime


def keep_telling(
    connection: Connection, of: Telling, results: Mapping[Node, ToldResult], *, by_mail: Iterable[Node]
) -> None:
    """Write down what people are told.

    Args:
        connection: a writing transaction.
        of: the telling.
        results: what each is told; of employees alone.
        by_mail: those who have an account to be written to.

    Queries: 2.
    """
    shared = {"cycle": of.cycle, "place": of.place}
    connection.execute(
        sa.insert(telling).values(**shared, round=of.round, decision=of.decision, before=of.before, at=of.at)
    )
    mailed = frozenset(by_mail)
    rows: list[dict[str, object]] = [
        {
            **shared,
            "employee": node.code,
            "score": None if one.score is None else int(one.score.scaleb(2)),
            "grade": one.grade,
            "is_held": one.is_held,
            "rank": one.rank,
            "group_name": one.group,
            "group_size": one.group_size,
            "reason": one.reason,
            "days": one.days,
            "own_group": one.own_group,
            "job": one.job,
            "disciplined": one.disciplined,
            "by_mail": node in mailed,
        }
        for node, one in results.items()
    ]
    if rows:
        connection.execute(sa.insert(told_result), rows)


def tellings_of(connection: Connection, cycle: int) -> list[Telling]:
    """The tellings of a cycle, the first one first. Queries: 1."""
    query = sa.select(telling).where(telling.c.cycle == cycle).order_by(telling.c.place)
    return [_telling(row) for row in connection.execute(query)]


def _telling(row: sa.Row[Any]) -> Telling:
    return Telling(
        cycle=row.cycle, place=row.place, round=row.round, decision=row.decision, before=row.before, at=row.at
    )


_KEPT: Final[LruCache[ToldOf]] = LruCache(8)
"""What was told never changes: it is read once."""


def read_told(connection: Connection, *, before: int | None = None) -> Tellings:
    """What everybody was told so far.

    Args:
        connection: any transaction.
        before: only by decisions with smaller numbers.

    Queries: 1; 1 more for each telling that this process has not read yet.
    """
    query = sa.select(telling).order_by(telling.c.cycle, telling.c.place)
    url, latest = str(connection.engine.url), dict[int, ToldOf]()
    for row in connection.execute(query if before is None else query.where(telling.c.decision < before)).all():
        earlier = latest.get(row.cycle, NEVER_TOLD)
        key = (url, row.cycle, row.place, row.decision)
        latest[row.cycle] = _KEPT.get_or_make(key, functools.partial(_with, connection, row, earlier))
    return latest


def _with(connection: Connection, row: sa.Row[Any], earlier: ToldOf) -> ToldOf:
    results = results_told(connection, row.cycle, row.place)
    return ToldOf(before=row.before, place=row.place, round=row.round, results={**earlier.results, **results})


def results_told(connection: Connection, cycle: int, place: int) -> dict[Node, ToldResult]:
    """What people were told in one telling. Queries: 1."""
    of = told_result.c
    query = sa.select(told_result).where(of.cycle == cycle, of.place == place).order_by(of.employee)
    return {Node(NodeKind.EMPLOYEE, one.employee): _result(one) for one in connection.execute(query)}


def _result(row: sa.Row[Any]) -> ToldResult:
    score: Decimal | None = None if row.score is None else published_score(row.score)
    return ToldResult(
        score=score,
        grade=row.grade,
        is_held=row.is_held,
        rank=row.rank,
        group=row.group_name,
        group_size=row.group_size,
        reason=row.reason,
        days=row.days,
        own_group=row.own_group,
        job=row.job,
        disciplined=row.disciplined,
    )


class ToldTo(NamedTuple):
    """What somebody was told last, and how.

    Attributes:
        telling: in which telling.
        result: what.
        by_mail: whether they were written to.
        day: where somebody told them by hand, on which day; None where nobody has written that down.
        how: and how.
        is_seen: whether they have looked at it.
    """

    employee: str
    telling: Telling
    result: ToldResult
    by_mail: bool
    day: dt.date | None
    how: str | None
    is_seen: bool


def told_to(connection: Connection, cycle: int, employee: str | None = None) -> dict[str, ToldTo]:
    """What everybody, or one employee, was told last, by number. Queries: 1."""
    of, hand, seen = told_result.c, told_by_hand.c, result_seen.c
    mine = of.employee == employee if employee is not None else sa.true()
    last = sa.select(of.employee, sa.func.max(of.place).label("place")).where(of.cycle == cycle, mine)
    latest = last.group_by(of.employee).subquery()
    query = (
        sa.select(
            told_result,
            telling.c.round,
            telling.c.decision,
            telling.c.before,
            telling.c.at,
            hand.day,
            hand.how,
            seen.at.label("seen_at"),
        )
        .join(latest, sa.and_(latest.c.employee == of.employee, latest.c.place == of.place))
        .join(telling, sa.and_(telling.c.cycle == of.cycle, telling.c.place == of.place))
        .outerjoin(told_by_hand, _of_same(told_by_hand))
        .outerjoin(result_seen, _of_same(result_seen))
        .where(of.cycle == cycle)
        .order_by(of.employee)
    )
    return {
        row.employee: ToldTo(
            row.employee, _telling(row), _result(row), row.by_mail, row.day, row.how, row.seen_at is not None
        )
        for row in connection.execute(query)
    }


class ToldBefore(NamedTuple):
    """What somebody was told before the last time, and when."""

    result: ToldResult
    at: dt.datetime


def told_before(connection: Connection, to: ToldTo) -> ToldBefore | None:
    """What somebody was told before the last time; None for nothing. Queries: 1, or none where there was one telling alone."""
    if to.telling.place == 1:
        return None
    of = told_result.c
    same = sa.and_(telling.c.cycle == of.cycle, telling.c.place == of.place)
    query = sa.select(told_result, telling.c.at.label("told_at")).join(telling, same)
    query = query.where(of.cycle == to.telling.cycle, of.employee == to.employee)
    row = connection.execute(query.where(of.place < to.telling.place).order_by(of.place.desc()).limit(1)).first()
    return None if row is None else ToldBefore(_result(row), row.told_at)


def _of_same(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(*(table.c[name] == told_result.c[name] for name in ("cycle", "place", "employee")))


def keep_told_by_hand(
    connection: Connection, to: ToldTo, *, day: dt.date, how: str, at: dt.datetime, account: str
) -> None:
    """Write down that somebody was told by hand what they were told last. Queries: 1."""
    connection.execute(
        sa.insert(told_by_hand).values(
            cycle=to.telling.cycle,
            place=to.telling.place,
            employee=to.employee,
            day=day,
            how=how,
            at=at,
            account=account,
        )
    )


def see_result(connection: Connection, to: ToldTo, *, at: dt.datetime) -> None:
    """Write down that somebody has looked at what they were told, once. Queries: 1.

    Raises:
        sqlalchemy.exc.IntegrityError: another look at it was written down in the same moment.
    """
    of, key = result_seen.c, {"cycle": to.telling.cycle, "place": to.telling.place, "employee": to.employee}
    row = {**key, "at": at}
    is_there = sa.exists().where(*(of[name] == value for name, value in key.items()))
    values = sa.select(*(sa.literal(value, of[name].type) for name, value in row.items())).where(~is_there)
    connection.execute(sa.insert(result_seen).from_select([*row], values))


def unseen_result(connection: Connection, employee: str) -> Telling | None:
    """The latest telling of somebody that they have not looked at; None where there is none. Queries: 1."""
    of = told_result.c
    query = (
        sa.select(telling, result_seen.c.at.label("seen_at"))
        .join(told_result, sa.and_(telling.c.cycle == of.cycle, telling.c.place == of.place))
        .outerjoin(result_seen, _of_same(result_seen))
        .where(of.employee == employee)
        .order_by(telling.c.cycle.desc(), telling.c.place.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None or row.seen_at is not None else _telling(row)

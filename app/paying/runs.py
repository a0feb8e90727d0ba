"""What is kept of pay runs: read as it was agreed to, never worked out again."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, Final, NamedTuple

import rfc8785
import sqlalchemy as sa
from sqlalchemy import Connection

from app.paying import tables
from app.rules.pay_runs import Institution, PaidItem, PayItemKind, PayRunMade, PayTerms

__all__ = [
    "KeptRun",
    "RunHead",
    "exported_runs",
    "has_item",
    "has_runs",
    "keep_export",
    "keep_run",
    "kept_runs",
    "last_run_head",
    "latest_run",
    "run_numbered",
    "run_sha256",
    "run_told",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRun:
    """A run that two people agreed to.

    Attributes:
        made: the run.
        decision: the number of the decision.
        round: of the cycle, whose results it pays.
        cycle_days: the days of the whole cycle.
        sha256: the sum over what is told of it.
    """

    made: PayRunMade
    decision: int
    round: int
    at: dt.datetime
    cycle_days: int
    sha256: str


_DIGITS: Final = 30


def factor_text(factor: Fraction | None) -> str | None:
    """A factor as a decimal with thirty digits, as it is told; the fraction is what computes."""
    if factor is None:
        return None
    with localcontext() as context:
        context.prec = _DIGITS
        value = Decimal(factor.numerator) / Decimal(factor.denominator)
    return f"{value.normalize():f}"


def run_told(made: PayRunMade, *, cycle_days: int) -> dict[str, Any]:
    """What a run says, as the contract writes it, without its state and sum of bytes."""
    return {
        "run": made.number,
        "institution_rate": f"{made.institution.rate:f}",
        "pool": made.institution.pool,
        "factor": factor_text(made.factor),
        "sum": made.sum,
        "items": [one.as_json(cycle_days) for one in made.items],
    }


def run_sha256(made: PayRunMade, *, cycle_days: int) -> str:
    """The sum over what a run says: SHA-256 of its RFC 8785 form, as 64 hexadecimal digits."""
    return hashlib.sha256(rfc8785.dumps(run_told(made, cycle_days=cycle_days))).hexdigest()


def keep_run(connection: Connection, cycle: int, run: KeptRun) -> None:
    """Write down a run. Queries: 2."""
    made = run.made
    connection.execute(
        sa.insert(tables.pay_run).values(
            cycle=cycle,
            number=made.number,
            round=run.round,
            decision=run.decision,
            at=run.at,
            institution_grade=made.institution.grade,
            institution_rate=made.institution.rate,
            pool=made.institution.pool,
            factor=None if made.factor is None else str(made.factor),
            cycle_days=run.cycle_days,
            sha256=run.sha256,
        )
    )
    rows = [{"cycle": cycle, "number": made.number, **_row(one)} for one in made.items]
    if rows:
        connection.execute(sa.insert(tables.pay_item), rows)


def _row(item: PaidItem) -> dict[str, object]:
    terms = item.terms
    return {
        "employee": item.employee,
        "grade": None if terms is None else terms.grade,
        "monthly_base": None if terms is None else terms.monthly_base,
        "grade_rate": None if terms is None else terms.grade_rate,
        "days": None if terms is None else terms.days,
        "exact": str(item.exact),
        "amount": item.amount,
        "before": item.before,
        "kind": item.kind.value,
    }


def run_numbered(connection: Connection, cycle: int, number: int) -> KeptRun | None:
    """A run by its number; None where nobody has agreed to one. Queries: 2, or 1."""
    of = tables.pay_run.c
    return _read(connection, sa.select(tables.pay_run).where(of.cycle == cycle, of.number == number))


def kept_runs(connection: Connection, cycle: int, *, employee: str | None = None) -> list[KeptRun]:
    """All runs of a cycle, the first one first; with one person's item alone where they are asked for. Queries: 2, or 1."""
    of, item = tables.pay_run.c, tables.pay_item.c
    rows = connection.execute(sa.select(tables.pay_run).where(of.cycle == cycle).order_by(of.number)).all()
    items: dict[int, list[PaidItem]] = {row.number: [] for row in rows}
    if rows:
        query = sa.select(tables.pay_item).where(item.cycle == cycle).order_by(item.number, item.employee)
        if employee is not None:
            query = query.where(item.employee == employee)
        for one in connection.execute(query):
            items[one.number].append(_item(one))
    return [_kept(row, items[row.number]) for row in rows]


def has_runs(connection: Connection, cycle: int) -> bool:
    """Whether two people have agreed to a run of a cycle. Queries: 1."""
    return connection.execute(sa.select(sa.exists().where(tables.pay_run.c.cycle == cycle))).scalar_one()


def latest_run(connection: Connection, cycle: int) -> KeptRun | None:
    """The last run; None where there is none. Queries: 2, or 1."""
    of = tables.pay_run.c
    query = sa.select(tables.pay_run).where(of.cycle == cycle).order_by(of.number.desc()).limit(1)
    return _read(connection, query)


def _read(connection: Connection, query: sa.Select[Any]) -> KeptRun | None:
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    of = tables.pay_item.c
    items = sa.select(tables.pay_item).where(of.cycle == row.cycle, of.number == row.number).order_by(of.employee)
    return _kept(row, [_item(one) for one in connection.execute(items)])


def _kept(row: sa.Row[Any], items: list[PaidItem]) -> KeptRun:
    return KeptRun(
        made=PayRunMade(
            number=row.number,
            institution=Institution(grade=row.institution_grade, rate=row.institution_rate, pool=row.pool),
            factor=None if row.factor is None else Fraction(row.factor),
            items=items,
        ),
        decision=row.decision,
        round=row.round,
        at=row.at,
        cycle_days=row.cycle_days,
        sha256=row.sha256,
    )


def _item(row: sa.Row[Any]) -> PaidItem:
    terms = None if row.grade is None else PayTerms(row.grade, row.monthly_base, row.grade_rate, row.days)
    return PaidItem(
        employee=row.employee,
        terms=terms,
        exact=Fraction(row.exact),
        amount=row.amount,
        before=row.before,
        kind=PayItemKind(row.kind),
    )


def has_item(connection: Connection, cycle: int, employee: str) -> bool:
    """Whether somebody has an item in any run of a cycle. Queries: 1."""
    of = tables.pay_item.c
    query = sa.select(of.number).where(of.cycle == cycle, of.employee == employee).limit(1)
    return connection.scalar(query) is not None


class RunHead(NamedTuple):
    """The last run of a cycle without its items: which it is, of which round, and since when."""

    number: int
    round: int
    at: dt.datetime


def last_run_head(connection: Connection, cycle: int) -> RunHead | None:
    """The last run of a cycle without its items; None where there is none. Queries: 1."""
    of = tables.pay_run.c
    query = sa.select(of.number, of.round, of.at).where(of.cycle == cycle).order_by(of.number.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else RunHead(row.number, row.round, row.at)


def exported_runs(connection: Connection, cycle: int) -> Mapping[int, dt.datetime]:
    """The runs whose file payroll has, by number, each with when it was taken first. Queries: 1."""
    of = tables.pay_export.c
    query = sa.select(of.number, sa.func.min(of.at)).where(of.cycle == cycle).group_by(of.number)
    return {row[0]: row[1] for row in connection.execute(query)}


def keep_export(
    connection: Connection,
    cycle: int,
    number: int,
    *,
    at: dt.datetime,
    account: str,
    format_: str,
    reason: str,
    sha256: str,
) -> None:
    """Write down that payroll has a run's file, by the SHA-256 of its bytes as 64 hexadecimal digits. Queries: 2."""
    of = tables.pay_export.c
    last = connection.scalar(sa.select(sa.func.max(of.place)).where(of.cycle == cycle, of.number == number)) or 0
    connection.execute(
        sa.insert(tables.pay_export).values(
            cycle=cycle,
            number=number,
            place=last + 1,
            at=at,
            account=account,
            format=format_,
            reason=reason,
            sha256=sha256,
        )
    )

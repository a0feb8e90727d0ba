"""What an employee is employed as on a day: job, rank and monthly base, where they change in the course of a service.

A row holds on its days and goes before the employee's own columns; what it leaves empty is theirs. A cycle is judged by its last day in
service (contract, "The agency folder").
Do not ask for the job of today: the job of a cycle stays what it was, whatever day is looked at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.plain.findings import Level, n_
from app.rules.placement import Located, ends_before_it_begins, located, overlap, overlaps
from app.rules.terms import Job, Period

__all__ = ["EmploymentPeriod", "Terms", "check_employment", "last_day", "terms_on"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What somebody is employed as."""

    job: Job
    rank: str | None
    monthly_base: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EmploymentPeriod:
    """One row: what holds on its days; None is as the employee's own columns say."""

    employee: str
    period: Period
    job: Job | None = None
    rank: str | None = None
    monthly_base: int | None = None


def terms_on(day: dt.date, own: Terms, periods: Sequence[EmploymentPeriod]) -> Terms:
    """What holds on a day: the row of that day, and what it leaves empty as the employee's own columns say."""
    row = next((one for one in periods if day in one.period), None)
    if row is None:
        return own
    return Terms(
        job=row.job or own.job,
        rank=own.rank if row.rank is None else row.rank,
        monthly_base=own.monthly_base if row.monthly_base is None else row.monthly_base,
    )


def last_day(service: Period, cycle: Period) -> dt.date | None:
    """The last day of a cycle in a service; None where they do not touch."""
    shared = overlap(service, cycle)
    return shared.to - dt.timedelta(days=1) if shared and shared.to else None


def check_employment(rows: Sequence[EmploymentPeriod], services: Mapping[str, Period]) -> list[Located]:
    """What is wrong with the rows, by row and in order: periods that are none, strangers, two rows for one day.

    Days outside the service are no error, since they decide nothing: a row that is open at its end need not be closed when somebody leaves. One
    that lies outside altogether is warned about.
    """
    faults: list[Located] = []
    for index, row in enumerate(rows):
        empty = ends_before_it_begins(index, row.period, "to")
        if empty:
            faults.append(empty)
        elif row.employee not in services:
            message = n_("there is no employee %(employee)s")
            faults.append(located(index, "employee", "unknown_employee", message, employee=row.employee))
        elif overlap(row.period, services[row.employee]) is None:
            message = n_("%(employee)s is not in service on any of these days: the row decides nothing")
            error = located(index, "from", "outside_service", message, employee=row.employee)
            faults.append(Located(index, replace(error.finding, level=Level.WARNING)))
    faults += overlaps([(row.employee, row.period) for row in rows], "from")
    return sorted(faults, key=lambda one: (one.row, one.finding.code))

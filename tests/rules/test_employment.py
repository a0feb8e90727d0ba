"""What somebody is employed as on a day, and in a cycle."""

from __future__ import annotations

import datetime as dt

import pytest

from app.plain.findings import Level
from app.rules.employment import EmploymentPeriod, Terms, check_employment, last_day, terms_on
from app.rules.terms import Job, Period

OWN = Terms(job=Job.STAFF, rank="G5", monthly_base=3_000_000)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def period(from_: str, to: str = "", **held) -> EmploymentPeriod:
    return EmploymentPeriod(employee="E1", period=Period(day(from_), day(to) if to else None), **held)


ROWS = (
    period("2026-03-01", "2026-06-01", job=Job.MANAGER, monthly_base=3_500_000),
    period("2026-06-01", "2026-09-01", rank="G4"),
    period("2027-01-01", job=Job.HEAD, rank="G3", monthly_base=5_000_000),
)


@pytest.mark.parametrize(
    ("on", "job", "rank", "monthly_base"),
    [
        ("2026-02-28", Job.STAFF, "G5", 3_000_000),
        ("2026-03-01", Job.MANAGER, "G5", 3_500_000),
        ("2026-05-31", Job.MANAGER, "G5", 3_500_000),
        ("2026-06-01", Job.STAFF, "G4", 3_000_000),
        ("2026-12-31", Job.STAFF, "G5", 3_000_000),
        ("2030-01-01", Job.HEAD, "G3", 5_000_000),
    ],
)
def test_a_row_holds_on_its_days_and_what_it_leaves_empty_is_the_employees_own(on, job, rank, monthly_base):
    """From the first day to the day before ``to``; cell by cell."""
    assert terms_on(day(on), OWN, ROWS) == Terms(job=job, rank=rank, monthly_base=monthly_base)


@pytest.mark.parametrize(
    ("hired", "left", "last"),
    [
        ("2010-01-01", None, "2026-12-31"),
        ("2026-12-31", None, "2026-12-31"),
        ("2010-01-01", "2026-05-01", "2026-04-30"),
        ("2010-01-01", "2026-01-01", None),
        ("2027-01-01", None, None),
    ],
)
def test_a_cycle_is_judged_by_its_last_day_in_service(hired, left, last):
    """The last day of the cycle, or of the service where that ends before it."""
    service = Period(day(hired), None if left is None else day(left))
    found = last_day(service, Period(day("2026-01-01"), day("2027-01-01")))
    assert found == (None if last is None else day(last))


def test_what_is_wrong_with_rows_is_told_by_row():
    """Two rows for one day are an error; a row that decides nothing, since its days lie outside the service, is a warning."""
    rows = [
        period("2009-01-01", "2010-01-01"),
        period("2009-06-01", "2011-01-01"),
        period("2012-01-01", "2012-01-01"),
        EmploymentPeriod(employee="E2", period=Period(day("2012-01-01"), None)),
        period("2015-01-01"),
    ]
    found = check_employment(rows, {"E1": Period(day("2010-01-01"), day("2020-01-01"))})
    assert [(one.row, one.finding.code, one.finding.level) for one in found] == [
        (0, "outside_service", Level.WARNING),
        (1, "overlap", Level.ERROR),
        (2, "empty_period", Level.ERROR),
        (3, "unknown_employee", Level.ERROR),
    ]

"""Units, people, postings, status, results and rates of one revision, in memory.

Do not ask who someone's head *is*: everything here is asked as of a day, since units move and people
are transferred, and a past day is judged by what held on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import Connection

from app.organisation import tables
from app.organisation.days import zone_named
from app.organisation.revision import KeptByRevision, Revision, current_revision
from app.rules.employment import EmploymentPeriod, Terms, last_day, terms_on
from app.rules.money import Rates
from app.rules.names import person_meant
from app.rules.placement import Path, Placement, Posting, Tree, UnitPeriod, overlap
from app.rules.terms import DisciplineKind, Job, Name, Period, StatusKind, UnitKind

__all__ = ["Directory", "Discipline", "Employee", "Result", "Status", "directory", "disciplines", "month_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """A person in the agency's service from ``hired_on`` up to, not including, ``left_on``.

    ``job``, ``rank`` and ``monthly_base`` may be others on some days: ask :meth:`Directory.terms_on` or :meth:`Directory.terms_in`.
    """

    number: str
    name: str
    email: str | None
    rank: str | None
    job: Job
    monthly_base: int
    hired_on: dt.date
    left_on: dt.date | None

    @property
    def service(self) -> Period:
        """The days of service."""
        return Period(self.hired_on, self.left_on)

    @property
    def terms(self) -> Terms:
        """What holds on days of which nothing else is said."""
        return Terms(job=self.job, rank=self.rank, monthly_base=self.monthly_base)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Leave, secondment or discipline in a cycle; with both ends open it is all of the cycle."""

    employee: str
    cycle: int
    kind: StatusKind
    period: Period
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discipline:
    """A disciplinary measure, which bars from promotion for a while from the day that it was decided on, or until it was lifted."""

    employee: str
    kind: DisciplineKind
    is_grave: bool
    decided_on: dt.date
    lifted_on: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an employee reached in an earlier cycle."""

    employee: str
    cycle: int
    final_score: Decimal
    grade: str | None


def month_of(day: dt.date) -> str:
    """The month as rates write it: ``2026-03``."""
    return f"{day.year:04d}-{day.month:02d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """The organisation of one revision. Immutable; shared by all threads of a process.

    Attributes:
        revision: the number of the load that it is of; 0 before the first one.
        token: the revision's hash: two databases with one token hold the same rows.
        loaded_at: when that load was.
        tree: the units of every day.
        placement: where everyone stood on every day.
        employees: by their numbers, in order.
        rates: US dollars for one unit of each currency, by month.
        path_ids: the ledger's number of every path that has ever occurred.
    """

    revision: int
    token: str
    loaded_at: dt.datetime | None
    tree: Tree
    placement: Placement
    employees: Mapping[str, Employee]
    employment: Mapping[str, tuple[EmploymentPeriod, ...]]
    statuses: Mapping[str, tuple[Status, ...]]
    results: Mapping[str, tuple[Result, ...]]
    rates: Rates
    path_ids: Mapping[Path, int]
    _paths: Mapping[int, Path]
    _paths_under: Mapping[str, tuple[int, ...]]
    _ids: Mapping[str, int]
    _by_unit: Mapping[str, tuple[Posting, ...]]
    _by_email: Mapping[str, tuple[str, ...]]
    _namesakes: frozenset[str]

    def still_current(self, connection: Connection) -> bool:
        """Whether the database still is of this revision: asked inside a transaction that writes by it.

        Queries: 1.
        """
        return current_revision(connection).token == self.token

    # --------------------------------------------------------------------------------------------------------------- days

    def zone_at(self, at: dt.datetime) -> ZoneInfo:
        """The agency's time zone: the root unit's, by its row of the day that it is in UTC; UTC where that names none."""
        day = at.astimezone(dt.UTC).date()
        root = self.tree.root_on(day)
        row = self.unit_on(root, day) if root else None
        return zone_named(row.timezone if row else None)

    def day_of(self, at: dt.datetime) -> dt.date:
        """The day that an instant is of for the whole agency, which rights, relations, deadlines and projections go by."""
        return at.astimezone(self.zone_at(at)).date()

    def begin_of(self, day: dt.date) -> dt.datetime:
        """The instant at which a day begins for the whole agency, in UTC."""
        noon = dt.datetime.combine(day, dt.time(12), dt.UTC)
        return dt.datetime.combine(day, dt.time(), self.zone_at(noon)).astimezone(dt.UTC)

    # ------------------------------------------------------------------------------------------------------------- people

    def employee_id(self, number: str) -> int:
        """The ledger's number of an employee.

        Raises:
            KeyError: nobody has that number.
        """
        return self._ids[number]

    def terms_on(self, employee: str, day: dt.date) -> Terms:
        """What the employee is employed as on a day.

        Raises:
            KeyError: nobody has that number.
        """
        return terms_on(day, self.employees[employee].terms, self.employment.get(employee, ()))

    def terms_in(self, employee: str, cycle: Period) -> Terms:
        """What the employee is employed as in a cycle: what holds on its last day in service.

        Raises:
            KeyError: nobody has that number.
        """
        known = self.employees[employee]
        day = last_day(known.service, cycle)
        return known.terms if day is None else self.terms_on(employee, day)

    def employees_meant(self, text: str) -> tuple[str, ...]:
        """The numbers of those whom a searched text means: the one who has it for a number, else all whose name has it in it."""
        if text.strip() in self.employees:
            return (text.strip(),)
        return tuple(
            one.number for one in self.employees.values() if person_meant(text, name=one.name, number=one.number)
        )

    def numbers_of_email(self, key: str) -> tuple[str, ...]:
        """The numbers of the employees with an e-mail: none, one, or several who share it. Case and space around do not matter."""
        return self._by_email.get(key.strip().casefold(), ())

    def has_namesake(self, employee: str) -> bool:
        """Whether somebody else, in service or not any more, has the same name: pages of past cycles show those who left."""
        return employee in self._namesakes

    def unit_of(self, employee: str, day: dt.date) -> str | None:
        """The unit of the employee's posting on that day; None without one."""
        posting = self.placement.posting_on(employee, day)
        return posting.unit if posting else None

    def timezone_of(self, employee: str, day: dt.date) -> str | None:
        """The time zone of the office that the employee is posted to on that day; None without one."""
        unit = self.unit_of(employee, day)
        row = self.unit_on(unit, day) if unit else None
        return row.timezone or None if row else None

    def employees_in(self, period: Period) -> tuple[Employee, ...]:
        """Every employee whose service touches the period, in order of their numbers."""
        return tuple(one for one in self.employees.values() if overlap(one.service, period))

    def statuses_of(self, employee: str, cycle: int) -> tuple[Status, ...]:
        """The employee's status rows of a cycle, in the order of the file."""
        return tuple(one for one in self.statuses.get(employee, ()) if one.cycle == cycle)

    def earlier_results(self, employee: str, cycle: int) -> tuple[Result, ...]:
        """The employee's results of the cycles before, the latest first."""
        return tuple(one for one in reversed(self.results.get(employee, ())) if one.cycle < cycle)

    @property
    def named_cycles(self) -> frozenset[int]:
        """Every cycle that a status or an earlier result names."""
        statuses = (one.cycle for rows in self.statuses.values() for one in rows)
        return frozenset((*statuses, *(one.cycle for rows in self.results.values() for one in rows)))

    # -------------------------------------------------------------------------------------------------------------- units

    def units_in(self, period: Period) -> tuple[str, ...]:
        """Every unit whose life touches the period, in order of their codes."""
        return tuple(
            unit for unit in self.tree.units if any(overlap(row.period, period) for row in self.tree.rows(unit))
        )

    def unit_on(self, unit: str, day: dt.date) -> UnitPeriod | None:
        """The row that holds for the unit on that day."""
        return self.tree.unit_on(unit, day)

    def unit_near(self, unit: str, day: dt.date) -> UnitPeriod | None:
        """The row that holds on that day, else the last one before it, else the first one; None for an unknown code."""
        rows = self.tree.rows(unit)
        begun = [row for row in rows if row.period.from_ is None or row.period.from_ <= day]
        return (begun or [*rows])[-1 if begun else 0] if rows else None

    def chain_on(self, unit: str, day: dt.date) -> Path:
        """The unit and every unit above it on that day, up to the root; empty where it is not alive."""
        return self.tree.chain_on(unit, day)

    def children(self, unit: str, day: dt.date) -> tuple[str, ...]:
        """The units directly below on that day, in order of their codes."""
        return self.tree.children_on(unit, day)

    def units_below(self, unit: str, day: dt.date) -> tuple[str, ...]:
        """The unit and all below it on that day."""
        return self.tree.below_on(unit, day)

    def evaluation_group(self, unit: str, day: dt.date) -> str | None:
        """The group of the unit, or of the nearest unit above that has one, as on that day."""
        return self.tree.group_on(unit, day)

    def people_of(self, unit: str, day: dt.date) -> tuple[str, ...]:
        """The numbers of the employees posted to the unit itself on that day, in order."""
        return tuple(sorted(one.employee for one in self._by_unit.get(unit, ()) if day in one.period))

    def heads_of(self, unit: str, day: dt.date) -> tuple[str, ...]:
        """The numbers of the employees posted as head of the unit itself on that day, in order."""
        heads = (one for one in self._by_unit.get(unit, ()) if one.role is Job.HEAD and day in one.period)
        return tuple(sorted(one.employee for one in heads))

    def is_head_from(self, employee: str, day: dt.date) -> bool:
        """Whether the employee is posted as head of any unit on that day or later."""
        return any(
            one.role is Job.HEAD and (one.period.to is None or one.period.to > day)
            for one in self.placement.postings(employee)
        )

    def units_headed_by(self, employee: str, day: dt.date) -> tuple[str, ...]:
        """The units that the employee is posted to as head on that day: one or none, since postings do not overlap."""
        posting = self.placement.posting_on(employee, day)
        return (posting.unit,) if posting and posting.role is Job.HEAD else ()

    def posted_ever(self, unit: str) -> int:
        """How many postings to the unit itself there ever were."""
        return len(self._by_unit.get(unit, ()))

    # -------------------------------------------------------------------------------------------------------------- paths

    @property
    def numbers_of_paths(self) -> Mapping[int, Path]:
        """Every path that has ever occurred, by the ledger's number."""
        return self._paths

    @property
    def ids(self) -> Mapping[str, int]:
        """The ledger's numbers of the employees."""
        return self._ids

    def path_id_span(self, employee: str, day: dt.date) -> tuple[int | None, int, int]:
        """The number of the path that a credit of that employee and day belongs to, None without a posting (unplaced); and for which days that holds.

        The days are some around that day, as ordinals, the end not among them: there may be more.
        """
        path, start, end = self.placement.path_span(employee, day)
        return None if path is None else self.path_ids[path], start, end

    def units_of_path(self, path_id: int) -> Path:
        """The units of a path, from the posted one up to the root."""
        return self._paths[path_id]

    def paths_under(self, unit: str) -> tuple[int, ...]:
        """The numbers of all paths that the unit is on: a unit's total is the sum over them."""
        return self._paths_under.get(unit, ())


def emails(connection: Connection) -> dict[str, str | None]:
    """The e-mail of every employee by number, as this transaction sees it. Queries: 1."""
    of_employee = tables.employee.c
    return {row.number: row.email for row in connection.execute(sa.select(of_employee.number, of_employee.email))}


def _read(connection: Connection, revision: Revision) -> Directory:
    of_employee, of_rate, of_path = tables.employee.c, tables.rate.c, tables.path.c
    ids = {row.number: row.id for row in connection.execute(sa.select(of_employee.number, of_employee.id))}
    rate_rows = connection.execute(sa.select(of_rate.month, of_rate.currency, of_rate.usd))
    return directory_of(
        revision,
        units=_unit_periods(connection),
        postings=_postings(connection),
        employees=_employees(connection),
        employment=_employment(connection),
        statuses=_statuses(connection),
        results=_results(connection),
        rates=Rates((row.month, row.currency, row.usd) for row in rate_rows),
        paths={
            number: tuple(chain.split("/"))
            for number, chain in connection.execute(sa.select(of_path.id, of_path.chain).order_by(of_path.id))
        },
        ids=ids,
    )


def directory_of(
    revision: Revision,
    *,
    units: Iterable[UnitPeriod],
    postings: Sequence[Posting],
    employees: Mapping[str, Employee],
    employment: Mapping[str, tuple[EmploymentPeriod, ...]],
    statuses: Mapping[str, tuple[Status, ...]],
    results: Mapping[str, tuple[Result, ...]],
    rates: Rates,
    paths: Mapping[int, Path],
    ids: Mapping[str, int],
) -> Directory:
    """The directory of one revision.

    Args:
        revision: which.
        units: the rows of all units, in any order.
        postings: of everyone, in the order of employees and days.
        employees: by their numbers, in order.
        employment: by employee, in the order of days.
        statuses: by employee, in the order of the file.
        results: by employee, in the order of cycles.
        rates: of the currencies.
        paths: by the ledger's numbers: every one that the postings make among them.
        ids: the ledger's numbers of the employees.
    """
    tree = Tree(units)
    under: dict[str, list[int]] = {}
    for number, path in paths.items():
        for unit in path:
            under.setdefault(unit, []).append(number)
    by_unit: dict[str, list[Posting]] = {}
    for posting in postings:
        by_unit.setdefault(posting.unit, []).append(posting)
    return Directory(
        revision=revision.number,
        token=revision.token,
        loaded_at=revision.loaded_at,
        tree=tree,
        placement=Placement(tree, postings),
        employees=employees,
        employment=employment,
        statuses=statuses,
        results=results,
        rates=rates,
        path_ids={path: number for number, path in paths.items()},
        _paths=paths,
        _paths_under={unit: tuple(numbers) for unit, numbers in under.items()},
        _ids=ids,
        _by_unit={unit: tuple(postings_of_unit) for unit, postings_of_unit in by_unit.items()},
        _by_email=_by_email(employees.values()),
        _namesakes=_namesakes(employees.values()),
    )


def _namesakes(employees: Iterable[Employee]) -> frozenset[str]:
    """The numbers of those whose name somebody else has too."""
    numbers: dict[str, list[str]] = {}
    for one in employees:
        numbers.setdefault(one.name.strip().casefold(), []).append(one.number)
    return frozenset(number for some in numbers.values() if len(some) > 1 for number in some)


def _by_email(employees: Iterable[Employee]) -> dict[str, tuple[str, ...]]:
    """The numbers by e-mail, in order."""
    numbers: dict[str, tuple[str, ...]] = {}
    for one in employees:
        if one.email:
            key = one.email.strip().casefold()
            numbers[key] = (*numbers.get(key, ()), one.number)
    return numbers


def _unit_periods(connection: Connection) -> list[UnitPeriod]:
    table = tables.unit_period
    return [
        UnitPeriod(
            code=row.code,
            name=Name(row.name, ko=row.name_ko, es=row.name_es),
            kind=UnitKind(row.kind),
            parent=row.parent,
            country=row.country,
            timezone=row.timezone,
            evaluation_group=row.evaluation_group,
            period=Period(row.valid_from, row.valid_to),
        )
        for row in connection.execute(sa.select(table).order_by(table.c.code, table.c.valid_from))
    ]


def _employees(connection: Connection) -> dict[str, Employee]:
    table = tables.employee
    return {
        row.number: Employee(
            number=row.number,
            name=row.name,
            email=row.email,
            rank=row.rank,
            job=Job(row.job),
            monthly_base=row.monthly_base,
            hired_on=row.hired_on,
            left_on=row.left_on,
        )
        for row in connection.execute(sa.select(table).order_by(table.c.number))
    }


def _employment(connection: Connection) -> dict[str, tuple[EmploymentPeriod, ...]]:
    table = tables.employment
    periods: dict[str, list[EmploymentPeriod]] = {}
    for row in connection.execute(sa.select(table).order_by(table.c.employee, table.c.valid_from)):
        period = EmploymentPeriod(
            employee=row.employee,
            period=Period(row.valid_from, row.valid_to),
            job=None if row.job is None else Job(row.job),
            rank=row.rank,
            monthly_base=row.monthly_base,
        )
        periods.setdefault(row.employee, []).append(period)
    return {employee: tuple(rows) for employee, rows in periods.items()}


def _postings(connection: Connection) -> list[Posting]:
    table = tables.posting
    return [
        Posting(employee=row.employee, unit=row.unit, role=Job(row.role), period=Period(row.valid_from, row.valid_to))
        for row in connection.execute(sa.select(table).order_by(table.c.employee, table.c.valid_from))
    ]


def _statuses(connection: Connection) -> dict[str, tuple[Status, ...]]:
    table = tables.status
    statuses: dict[str, list[Status]] = {}
    for row in connection.execute(sa.select(table).order_by(table.c.employee, table.c.cycle, table.c.place)):
        status = Status(
            employee=row.employee,
            cycle=row.cycle,
            kind=StatusKind(row.kind),
            period=Period(row.valid_from, row.valid_to),
            note=row.note,
        )
        statuses.setdefault(row.employee, []).append(status)
    return {employee: tuple(rows) for employee, rows in statuses.items()}


def disciplines(connection: Connection) -> list[Discipline]:
    """All disciplinary measures that are loaded, by employee and day. Queries: 1."""
    table = tables.discipline
    return [
        Discipline(
            employee=row.employee,
            kind=DisciplineKind(row.kind),
            is_grave=row.grave is not None,
            decided_on=row.decided_on,
            lifted_on=row.lifted_on,
        )
        for row in connection.execute(sa.select(table).order_by(table.c.employee, table.c.decided_on))
    ]


def _results(connection: Connection) -> dict[str, tuple[Result, ...]]:
    table = tables.result
    results: dict[str, list[Result]] = {}
    for row in connection.execute(sa.select(table).order_by(table.c.employee, table.c.cycle)):
        result = Result(employee=row.employee, cycle=row.cycle, final_score=row.final_score, grade=row.grade)
        results.setdefault(row.employee, []).append(result)
    return {employee: tuple(rows) for employee, rows in results.items()}


_kept: Final[KeptByRevision[Directory]] = KeptByRevision(_read)


def directory(connection: Connection) -> Directory:
    """The organisation as it is loaded now.

    Queries: 1 (the revision); after a load 9 more (units, postings, employees and their ids, employment, rates, paths, status, results) and the revision again.
    """
    return _kept(connection)

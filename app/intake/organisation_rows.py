"""The organisation's eight files of an agency folder: rows to values, and every rule among them.

A row with a wrong cell still takes part in the rules that its other cells are enough for, so that one slip does not bring a
dozen findings about rows that are right.
"""

from __future__ import annotations

import functools
import re
import zoneinfo
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Final, TypeVar

from app.intake.cells import Cells
from app.intake.remembered import Remembered
from app.kit.files import Row
from app.organisation import Discipline, Employee, Organisation, Result, Status
from app.plain.findings import Finding, Level, Place, n_
from app.rules.countries import COUNTRIES
from app.rules.employment import EmploymentPeriod, check_employment
from app.rules.placement import Located, Posting, Tree, UnitPeriod, check_postings, check_units, overlap
from app.rules.terms import DisciplineKind, Job, Name, Node, NodeKind, Period, StatusKind, UnitKind

__all__ = ["ReadOrganisation", "read_organisation"]

T = TypeVar("T")

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
_EMAIL_MAX: Final = 254
_WON_MAX: Final = 10**12
_DOLLAR: Final = "USD"
_GRAVE: Final = frozenset({"yes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOrganisation:
    """What the eight files say.

    Attributes:
        organisation: their rows; complete only where there is no error.
        nodes: every unit and employee that the files name, by how they are written; those of wrong rows too.
        tree: the units.
    """

    organisation: Organisation
    nodes: Mapping[str, Node]
    tree: Tree
    _services: Mapping[str, Period]

    def lives_in(self, node: Node, cycle: Period) -> bool:
        """Whether the unit's life or the employee's service touches the cycle."""
        lives = self.tree.life(node.code) if node.kind is NodeKind.UNIT else (self._services[node.code],)
        return any(overlap(life, cycle) for life in lives)


@functools.cache
def _timezones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def read_organisation(
    tables: Mapping[str, Sequence[Row]], findings: list[Finding], remembered: Remembered | None = None
) -> ReadOrganisation:
    """Read and check the rows of units, employees, employment, postings, rates, status, results and discipline.

    Args:
        tables: the rows of each file by its name without the suffix.
        findings: where problems go.
        remembered: what was read of most of these rows already.
    """

    def read(file: str, of: Sequence[str], reads: Callable[[Sequence[Row], list[Finding]], T]) -> T:
        rows = tables[file]
        hangs_on = (rows, *(tables[other] for other in of))
        return (remembered or Remembered()).read(file, hangs_on, findings, lambda met: reads(rows, met))

    units, unit_codes, is_tree = read("units", (), _read_units)
    employees, numbers = read("employees", (), _read_employees)
    tree, services = Tree(units), _services(numbers)
    lives = _lives(tree, unit_codes) if is_tree else None
    postings = read(
        "postings",
        ("units", "employees"),
        partial(_read_postings, lives=lives, services=services, units=unit_codes),
    )
    nodes = [*(Node(NodeKind.UNIT, code) for code in unit_codes), *(Node(NodeKind.EMPLOYEE, one) for one in numbers)]
    return ReadOrganisation(
        organisation=Organisation(
            units=units,
            employees=employees,
            employment=read("employment", ("employees",), partial(_read_employment, services=services)),
            postings=postings,
            rates=read("rates", (), _read_rates),
            statuses=read("status", ("employees",), partial(_read_statuses, numbers=numbers)),
            results=read("results", ("employees",), partial(_read_results, numbers=numbers)),
            disciplines=read("discipline", ("employees",), partial(_read_disciplines, numbers=numbers)),
        ),
        nodes={str(node): node for node in nodes},
        tree=tree,
        _services=services,
    )


def _place(located: Iterable[Located], rows: Sequence[Cells]) -> Iterable[Finding]:
    """Findings about rows by their index, at those rows' file and line."""
    for index, finding in located:
        cells = rows[index]
        cells.failed = cells.failed or finding.level is Level.ERROR
        yield Finding(
            code=finding.code,
            message=finding.message,
            parameters=finding.parameters,
            level=finding.level,
            place=Place(file=cells.file, line=cells.line, field=finding.place.field),
        )


def _read_units(rows: Iterable[Row], findings: list[Finding]) -> tuple[list[UnitPeriod], dict[str, None], bool]:
    """The periods, all codes, and whether they make a tree, so that other rows can be held against it."""
    periods: list[UnitPeriod] = []
    placed: list[Cells] = []
    codes: dict[str, None] = {}
    whole = True
    for row in rows:
        cells = Cells(row, findings)
        code = cells.code("code")
        parent = cells.code("parent", required=False)
        from_, to = cells.day("valid_from", required=True), cells.day("valid_to")
        can_stand = not cells.failed
        kind = cells.choice("kind", UnitKind)
        name, name_ko, name_es = cells.text("name", required=True), cells.text("name_ko"), cells.text("name_es")
        country = cells.among(
            "country", COUNTRIES, n_("a country's two letters (ISO 3166-1) were expected, not “%(found)s”")
        )
        timezone = cells.among(
            "timezone", _timezones(), n_("a timezone such as Europe/Vienna was expected, not “%(found)s”")
        )
        group = cells.text("evaluation_group")
        if code is not None:
            codes[code] = None
        if code is None or not can_stand:
            whole = False
            continue
        placed.append(cells)
        periods.append(
            UnitPeriod(
                code=code,
                name=Name(name or code, ko=name_ko, es=name_es),
                kind=kind or (UnitKind.OFFICE if parent else UnitKind.AGENCY),
                parent=parent,
                country=country or "",
                timezone=timezone or "",
                evaluation_group=group,
                period=Period(from_, to),
            )
        )
    if not whole:
        return periods, codes, False
    faults = check_units(periods)
    findings.extend(_place(faults, placed))
    return periods, codes, not faults


def _read_employees(rows: Iterable[Row], findings: list[Finding]) -> tuple[list[Employee], dict[str, Period | None]]:
    """The employees, and every number with its service; None where that could not be read."""
    employees: list[Employee] = []
    services: dict[str, Period | None] = {}
    seen: dict[Hashable, int] = {}
    addresses: dict[str, int] = {}
    for row in rows:
        cells = Cells(row, findings)
        number = cells.code("number")
        hired_on, left_on = cells.day("hired_on", required=True), cells.day("left_on")
        knows_service = not cells.failed and hired_on is not None
        if hired_on and left_on and left_on <= hired_on:
            message = n_("%(left)s is not after %(hired)s: it is the day after the last one")
            cells.report("left_on", "empty_period", message, left=left_on, hired=hired_on)
            knows_service = False
        name, job = cells.text("name", required=True), cells.choice("job", Job)
        email, rank = _read_email(cells, addresses), cells.text("rank")
        monthly_base = cells.whole("monthly_base", 0, _WON_MAX)
        if number is None or not cells.once(seen, number, "number"):
            continue
        services[number] = Period(hired_on, left_on) if knows_service else None
        if not cells.failed and hired_on and name and job and monthly_base is not None:
            employees.append(
                Employee(
                    number=number,
                    name=name,
                    email=email,
                    rank=rank,
                    job=job,
                    monthly_base=monthly_base,
                    hired_on=hired_on,
                    left_on=left_on,
                )
            )
    return employees, services


def _read_employment(
    rows: Iterable[Row], findings: list[Finding], services: Mapping[str, Period]
) -> list[EmploymentPeriod]:
    periods: list[EmploymentPeriod] = []
    placed: list[Cells] = []
    for row in rows:
        cells = Cells(row, findings)
        employee = cells.code("employee")
        from_, to = cells.day("from", required=True), cells.day("to")
        can_stand = not cells.failed
        job, rank = cells.choice("job", Job, required=False), cells.text("rank")
        monthly_base = cells.whole("monthly_base", 0, _WON_MAX, required=False)
        if employee and can_stand:
            placed.append(cells)
            period = Period(from_, to)
            periods.append(
                EmploymentPeriod(employee=employee, period=period, job=job, rank=rank, monthly_base=monthly_base)
            )
    findings.extend(_place(check_employment(periods, services), placed))
    return periods


def _read_email(cells: Cells, addresses: dict[str, int]) -> str | None:
    email = cells.given("email")
    if email is None:
        return None
    if not _EMAIL.fullmatch(email) or len(email) > _EMAIL_MAX:
        cells.report("email", "not_an_address", n_("an e-mail address was expected"))
        return None
    first = addresses.setdefault(email.casefold(), cells.line)
    if first != cells.line:
        # No error: who comes back under a new number may keep the address.
        cells.warn("email", "same_address", n_("line %(line)s has the same address"), line=first)
    return email


def _lives(tree: Tree, codes: Iterable[str]) -> dict[str, tuple[Period, ...]]:
    return {code: tree.life(code) for code in codes}


def _services(numbers: Mapping[str, Period | None]) -> dict[str, Period]:
    """Every employee's service; where that is wrong already, open, so that postings are not blamed for it."""
    return {number: service or Period(None, None) for number, service in numbers.items()}


def _read_postings(
    rows: Iterable[Row],
    findings: list[Finding],
    *,
    lives: Mapping[str, Sequence[Period]] | None,
    services: Mapping[str, Period],
    units: Iterable[str],
) -> list[Posting]:
    postings: list[Posting] = []
    placed: list[Cells] = []
    for row in rows:
        cells = Cells(row, findings)
        employee, unit = cells.code("employee"), cells.code("unit")
        from_, to = cells.day("from", required=True), cells.day("to")
        can_stand = not cells.failed
        role = cells.choice("role", Job)
        if employee and unit and can_stand:
            placed.append(cells)
            postings.append(Posting(employee=employee, unit=unit, role=role or Job.STAFF, period=Period(from_, to)))
    if lives is None:
        # What is wrong with the units is said already: whether postings lie within their lives is not known.
        lives = {code: (Period(None, None),) for code in units}
    findings.extend(_place(check_postings(postings, lives=lives, services=services), placed))
    return postings


def _read_rates(rows: Iterable[Row], findings: list[Finding]) -> list[tuple[str, str, Decimal]]:
    rates: list[tuple[str, str, Decimal]] = []
    seen: dict[Hashable, int] = {}
    for row in rows:
        cells = Cells(row, findings)
        month, currency = cells.month("month"), cells.code("currency")
        if currency is not None and not _CURRENCY.fullmatch(currency):
            cells.report("currency", "not_a_currency", n_("a currency's three capital letters were expected"))
            currency = None
        usd = cells.number("usd", required=True, above=0)
        if month is None or currency is None or not cells.once(seen, (currency, month), "month"):
            continue
        if currency == _DOLLAR and usd is not None and usd != 1:
            cells.report("usd", "dollar", n_("a US dollar is worth one US dollar"))
        if usd is not None:
            rates.append((month, currency, usd))
    return rates


def _employee(cells: Cells, numbers: Mapping[str, object]) -> str | None:
    number = cells.code("employee")
    if number is not None and number not in numbers:
        message = n_("there is no employee %(employee)s")
        cells.report("employee", "unknown_employee", message, employee=number)
        return None
    return number


def _read_statuses(rows: Iterable[Row], findings: list[Finding], numbers: Mapping[str, object]) -> list[Status]:
    statuses: list[Status] = []
    for row in rows:
        cells = Cells(row, findings)
        employee, cycle, kind = _employee(cells, numbers), cells.year("cycle"), cells.choice("kind", StatusKind)
        from_, to, note = cells.day("from"), cells.day("to"), cells.text("note")
        if from_ and to and to <= from_:
            message = n_("%(to)s is not after %(from)s: a period ends on the day after its last one")
            cells.report("to", "empty_period", message, to=to, **{"from": from_})
        if employee and cycle and kind and not cells.failed:
            statuses.append(Status(employee=employee, cycle=cycle, kind=kind, period=Period(from_, to), note=note))
    return statuses


def _read_results(rows: Iterable[Row], findings: list[Finding], numbers: Mapping[str, object]) -> list[Result]:
    results: list[Result] = []
    seen: dict[Hashable, int] = {}
    for row in rows:
        cells = Cells(row, findings)
        cycle, employee = cells.year("cycle"), _employee(cells, numbers)
        score = cells.number("final_score", required=True, least=0, most=100)
        grade = cells.text("grade")
        if cycle is None or employee is None or not cells.once(seen, (cycle, employee), "employee"):
            continue
        if score is not None:
            results.append(Result(employee=employee, cycle=cycle, final_score=score, grade=grade))
    return results


def _read_disciplines(rows: Iterable[Row], findings: list[Finding], numbers: Mapping[str, object]) -> list[Discipline]:
    disciplines: list[Discipline] = []
    seen: dict[Hashable, int] = {}
    for row in rows:
        cells = Cells(row, findings)
        employee, kind = _employee(cells, numbers), cells.choice("kind", DisciplineKind)
        grave = cells.among("grave", _GRAVE, n_("“yes” or nothing was expected, not “%(found)s”"), required=False)
        decided_on, lifted_on = cells.day("decided_on", required=True), cells.day("lifted_on")
        if decided_on and lifted_on and lifted_on < decided_on:
            message = n_("%(lifted)s is before %(decided)s: what was not decided on yet cannot be lifted")
            cells.report("lifted_on", "lifted_before", message, lifted=lifted_on, decided=decided_on)
        if employee is None or decided_on is None or not cells.once(seen, (employee, decided_on), "decided_on"):
            continue
        if kind is not None and not cells.failed:
            disciplines.append(
                Discipline(
                    employee=employee,
                    kind=kind,
                    is_grave=grave is not None,
                    decided_on=decided_on,
                    lifted_on=lifted_on,
                )
            )
    return disciplines

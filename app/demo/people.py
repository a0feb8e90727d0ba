"""The demonstration agency's units and people: who is posted where, from when to when, and who heads what.

Do not look a person's unit up without a day: offices move, people transfer in mid-year, and heads swap
their offices. Everything here is by the day of the cycle (see :class:`Staffing`).
"""

from __future__ import annotations

import datetime as dt
import random
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from app.demo.seasons import CycleUnderWay
from app.demo.units import Unit, Units
from app.demo.world import names

__all__ = ["Employee", "Posting", "Staffing", "Status", "staff"]

Days = npt.NDArray[np.int16]


@dataclass(slots=True, kw_only=True)
class Posting:
    """A place in a unit, by the unit's number in :class:`Units`."""

    unit: int
    role: str
    from_: dt.date
    to: dt.date | None = None


@dataclass(slots=True, kw_only=True)
class Employee:
    """A person, with all postings in order."""

    name: str
    slug: str
    role: str
    hired_on: dt.date
    postings: list[Posting]
    is_local: bool
    number: str = ""
    rank: str = ""
    monthly_base: int = 0
    left_on: dt.date | None = None

    @property
    def last(self) -> Posting:
        """The posting that holds on the day the agency is built, or the last one before."""
        return self.postings[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A row of ``status.csv``."""

    employee: int
    kind: str
    from_: dt.date | None
    to: dt.date | None
    note: str


@dataclass(frozen=True, kw_only=True)
class Staffing:
    """Everybody, and where each was on each day of the cycle."""

    cycle: CycleUnderWay
    units: Units
    employees: Sequence[Employee]
    statuses: Sequence[Status] = field(default_factory=list)

    @cached_property
    def unit_on(self) -> Days:
        """The unit of each employee (row) on each day (column) of the cycle; -1 where there is none."""
        found = np.full((len(self.employees), len(self.cycle.days)), -1, dtype=np.int16)
        for row, employee in enumerate(self.employees):
            for posting in employee.postings:
                found[row, self._span(posting.from_, posting.to)] = posting.unit
        return found

    @cached_property
    def present(self) -> npt.NDArray[np.bool_]:
        """Whether each employee has a posting on each day, and is neither on leave nor seconded."""
        here = self.unit_on >= 0
        for status in self.statuses:
            if status.kind != "discipline":
                here[status.employee, self._span(status.from_ or self.cycle.start, status.to)] = False
        return here

    @cached_property
    def head_on(self) -> Days:
        """The head of each unit (row) on each day of the cycle; -1 where there is none."""
        found = np.full((len(self.units.all), len(self.cycle.days)), -1, dtype=np.int16)
        for row, employee in enumerate(self.employees):
            for posting in employee.postings:
                if posting.role == "head":
                    found[posting.unit, self._span(posting.from_, posting.to)] = row
        return found

    def members(self, unit: int) -> list[int]:
        """Who is posted to a unit on the day the agency is built."""
        here = self.unit_on[:, self.cycle.passed - 1] == unit
        return [int(row) for row in np.flatnonzero(here)]

    def _span(self, start: dt.date, end: dt.date | None) -> slice:
        first = max(0, self.cycle.number(start))
        last = len(self.cycle.days) if end is None else max(0, self.cycle.number(end))
        return slice(min(first, last), last)


# ---------------------------------------------------------------------------------------------------------------- names

_FOLD = str.maketrans("ıłøđßœæ", "ilodsoa")


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_FOLD)).encode("ascii", "ignore").decode()
    return "".join(char for char in plain if char.isalnum())[:12]


def _korean(chance: random.Random) -> tuple[str, str]:
    """A Korean name, mostly in Latin letters, and the address that it makes."""
    words = names()["korean"]
    family, first, second = (chance.choice(words[part]) for part in ("family", "first", "second"))
    slug = _slug(first[0] + second[0] + family[0])
    kind = chance.random()
    if kind < 0.30:
        return family[1] + first[1] + second[1], slug
    if kind < 0.55:
        return f"{first[0]}-{second[0]} {family[0]}", slug
    return f"{first[0]}{second[0]} {family[0]}", slug


def _local(chance: random.Random, country: str) -> tuple[str, str]:
    """A name as they are in an office's country."""
    for pool in names()["local"]:
        if country in pool["countries"]:
            given, family = chance.choice(pool["given"]), chance.choice(pool["family"])
            slug = _slug(given + family)
            if country in {"CN", "TW", "JP"} and not (given + family).isascii() and len(given) < 4:
                return family + given, slug or "staff"
            return (f"{family} {given}" if country in {"VN", "HU"} else f"{given} {family}"), slug or "staff"
    return _korean(chance)


# --------------------------------------------------------------------------------------------------------------- hiring


def _hired(chance: random.Random, cycle: CycleUnderWay, role: str) -> dt.date:
    """The day of hiring: heads have been here for long, staff for one year to twenty."""
    least, most = {"head": (12, 30), "manager": (7, 22)}.get(role, (1, 16))
    years = least + (most - least) * chance.random() ** 1.2
    day = cycle.start - dt.timedelta(days=int(365.25 * years))
    return max(day.replace(day=1), dt.date(1996, 3, 1))


def _roles(headcount: int) -> list[str]:
    managers = headcount // 8 + (1 if headcount >= 4 else 0)
    return ["head"] + ["manager"] * managers + ["staff"] * (headcount - 1 - managers)


def _person(chance: random.Random, cycle: CycleUnderWay, unit: Unit, role: str) -> Employee:
    is_local = unit.kind == "office" and role == "staff" and chance.random() < 0.62
    name, slug = _local(chance, unit.country) if is_local else _korean(chance)
    hired_on = _hired(chance, cycle, role)
    since = max(hired_on, unit.since)
    return Employee(
        name=name,
        slug=slug,
        role=role,
        hired_on=hired_on,
        postings=[Posting(unit=unit.place, role=role, from_=since)],
        is_local=is_local,
    )


def _earlier_posting(chance: random.Random, units: Units, cycle: CycleUnderWay, employee: Employee) -> None:
    """Give some people a posting before this one: at headquarters for those abroad, elsewhere for the others."""
    first = employee.postings[0]
    service = (cycle.start - employee.hired_on).days
    is_waiting = first.from_ > employee.hired_on
    if employee.is_local:
        employee.hired_on = first.from_
        return
    if not is_waiting and (service < 4 * 365 or chance.random() > 0.6):
        return
    since = first.from_ if is_waiting else dt.date(cycle.year - chance.randint(1, 3), chance.choice((2, 8)), 1)
    before = units.all[chance.choice(units.headquarters)]
    if before.place == first.unit or before.since > employee.hired_on or since >= cycle.start:
        return
    role = "staff" if employee.role == "staff" else "manager"
    employee.postings.insert(0, Posting(unit=before.place, role=role, from_=employee.hired_on, to=since))
    first.from_ = since


def _pay(chance: random.Random, units: Units, cycle: CycleUnderWay, employee: Employee) -> None:
    """Rank and monthly base pay: by role and years, to ten thousand won."""
    years = (cycle.start - employee.hired_on).days / 365.25
    kind = units.all[employee.last.unit].kind
    if employee.role == "head":
        rank = {"agency": "President", "division": "G1", "regional_hq": "G1"}.get(kind, "G2")
    elif employee.role == "manager":
        rank = "G3"
    else:
        rank = "G4" if years > 12 else "G5" if years > 6 else "G6" if years > 2 else "G7"
    start = {
        "President": 11_200,
        "G1": 8_600,
        "G2": 7_100,
        "G3": 5_900,
        "G4": 5_100,
        "G5": 4_300,
        "G6": 3_700,
        "G7": 3_200,
    }
    thousands = start[rank] * (1 + 0.011 * max(0.0, years)) * chance.uniform(0.97, 1.03)
    employee.rank = rank
    employee.monthly_base = int(round(thousands / 10) * 10_000)


# ------------------------------------------------------------------------------------------------- what changes in a cycle


def _move(employee: Employee, unit: int, day: dt.date, gap: int = 0) -> None:
    role = employee.last.role
    employee.last.to = day - dt.timedelta(days=gap)
    employee.postings.append(Posting(unit=unit, role=role, from_=day))


def _transfers(chance: random.Random, units: Units, cycle: CycleUnderWay, employees: Sequence[Employee]) -> set[int]:
    """Some six in a hundred change units in mid-cycle, most on the two days for it; three pairs of heads swap theirs."""
    passed = cycle.passed
    days = [day for day in cycle.days[20 : passed - 20] if day.month in {2, 8} and day.day == 1]
    moved: set[int] = set()
    rows = [row for row, one in enumerate(employees) if one.role != "head" and not one.is_local]
    chosen = chance.sample(rows, k=max(2, len(rows) * 8 // 100))
    for row in chosen:
        employee = employees[row]
        goals = (
            units.offices
            if units.all[employee.last.unit].kind != "office" or chance.random() < 0.6
            else units.headquarters
        )
        goal = chance.choice(goals)
        if goal == employee.last.unit or employee.last.from_ >= cycle.start:
            continue
        at_random = cycle.day(chance.randrange(20, passed - 20))
        day = chance.choice(days) if days and chance.random() < 0.75 else at_random
        _move(employee, goal, day, gap=chance.randint(4, 12) if chance.random() < 0.15 else 0)
        moved.add(row)
    heads = [
        row for row, one in enumerate(employees) if one.role == "head" and units.all[one.last.unit].kind == "office"
    ]
    for _ in range(min(3, len(heads) // 4)):
        one, other = chance.sample(sorted(set(heads) - moved), k=2)
        day = chance.choice(days) if days else cycle.day(passed // 2)
        to_other, to_one = employees[other].last.unit, employees[one].last.unit
        _move(employees[one], to_other, day)
        _move(employees[other], to_one, day)
        moved |= {one, other}
    return moved


def _comings_and_goings(
    chance: random.Random, cycle: CycleUnderWay, employees: Sequence[Employee], moved: set[int]
) -> None:
    """Joiners of this cycle, and leavers."""
    rows = [row for row, one in enumerate(employees) if one.role == "staff" and row not in moved]
    chosen = chance.sample(rows, k=max(3, len(rows) * 7 // 100))
    joiners = chosen[: len(chosen) * 5 // 8]
    for row in joiners:
        employee = employees[row]
        employee.hired_on = cycle.day(chance.randrange(10, cycle.passed - 8))
        employee.postings = [employee.last]
        employee.last.from_ = employee.hired_on
    for row in chosen[len(joiners) :]:
        employee = employees[row]
        employee.left_on = employee.last.to = cycle.day(chance.randrange(15, cycle.passed - 2))


def _statuses(
    chance: random.Random, units: Units, cycle: CycleUnderWay, employees: Sequence[Employee], busy: set[int]
) -> list[Status]:
    """Leave, secondment and discipline."""
    rows = [
        row
        for row, one in enumerate(employees)
        if row not in busy and (one.role != "head" or units.all[one.last.unit].kind == "team")
    ]
    several = max(4, len(employees) * 5 // 100)
    chosen = chance.sample(rows, k=min(len(rows), several))
    found: list[Status] = []
    for place, row in enumerate(chosen):
        start = cycle.day(chance.randrange(-30, cycle.passed - 10))
        end = start + dt.timedelta(days=chance.choice((28, 60, 92, 92, 183, 240)))
        if place % 8 == 3:
            found.append(
                Status(
                    employee=row,
                    kind="discipline",
                    from_=start,
                    to=end,
                    note="Reprimand: late declaration of an interest",
                )
            )
        elif place % 8 == 6:
            note = chance.choice(("Ministry of Trade, Industry and Energy", "Export credit agency", "City of Busan"))
            found.append(Status(employee=row, kind="secondment", from_=start, to=end, note=f"Seconded to: {note}"))
        elif place % 16 == 4:
            found.append(Status(employee=row, kind="leave", from_=None, to=None, note="Study leave"))
        else:
            note = chance.choice(("Parental leave", "Parental leave", "Sick leave", "Care of a family member"))
            found.append(Status(employee=row, kind="leave", from_=start, to=end, note=note))
    return found


def staff(chance: random.Random, units: Units, cycle: CycleUnderWay, headcounts: Mapping[int, int]) -> Staffing:
    """Fill every unit: its head, its managers, its staff; then let a cycle's changes happen to them."""
    employees = [
        _person(chance, cycle, units.all[unit], role)
        for unit, headcount in headcounts.items()
        for role in _roles(headcount)
    ]
    for employee in employees:
        _earlier_posting(chance, units, cycle, employee)
    moved = _transfers(chance, units, cycle, employees)
    _comings_and_goings(chance, cycle, employees, moved)
    employees.sort(key=lambda one: one.hired_on)
    digits = max(4, len(str(len(employees))))
    for place, employee in enumerate(employees, 1):
        employee.number = f"E{place:0{digits}}"
        employee.slug = f"{employee.slug}.{place}"
        _pay(chance, units, cycle, employee)
    busy = {row for row, one in enumerate(employees) if len(one.postings) > 1 and one.last.from_ >= cycle.start}
    busy |= {row for row, one in enumerate(employees) if one.left_on or one.hired_on >= cycle.start}
    statuses = _statuses(chance, units, cycle, employees, busy)
    return Staffing(cycle=cycle, units=units, employees=employees, statuses=statuses)

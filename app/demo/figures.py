"""The figures of every line: past years, what was entered by hand, targets, coefficients, grades of raters, years left out.

Do not give a figure to a line of another method: base and coefficient are for ``deviation`` and ``ratio``,
a target is for ``target`` and ``milestone``, and a shared line has none of its own (contract, "The agency folder").
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import numpy as np

from app.demo.lines import Line
from app.demo.past import YEARS, Past, Tempers, fitted, years_of
from app.demo.people import Staffing
from app.demo.world import agency_plan
from app.rules.definitions import Definitions, KpiVersion, Target
from app.rules.targets import SPREAD_METHODS

__all__ = ["Exclusion", "Figures"]

_GRADES: Final = ("A+", "A0", "B+", "B0", "C", "D+", "D0")
_OUTLIERS: Final = 5
_OUTLIER_REASONS: Final = (
    "Office closed for five months after a flood",
    "Fairs cancelled because of an epidemic",
    "Sanctions stopped trade for most of the year",
    "Move to another building, half of the staff away",
    "Currency crisis in the second quarter",
)
_OUTLIER_KPIS: Final = 2
_SETTLED: Final = 0.97
_REPORTED_AFTER: Final = 9
"""So many days after a quarter's end its figures are reported."""
_DECIMALS: Final = 4
"""A figure that is reported has no more."""
"""How much of what is entered by hand has been entered by now, and how many have been rated."""
_REACHED: Final = (0.74, 0.12)
"""Of what is agreed for a year: the part that somebody as good as their own past reaches, and how much more with each sigma above it."""
_REACHED_BETWEEN: Final = (0.45, 1.1)
_FEWEST_AGREED: Final = 0.15
"""Of what is usual: whoever has done nothing yet has agreed to something all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A row of ``exclusions.csv``."""

    node: str
    kpi: str
    year: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFigure:
    """What a head has reported of a KPI that is given."""

    node: str
    kpi: str
    cycle: int
    value: str
    by: str
    day: dt.date


@dataclass(kw_only=True)
class Figures:
    """Everything that lines are scored by, besides activities."""

    history: list[tuple[str, str, int, str]] = field(default_factory=list)
    ratings: list[tuple[int, str, str, str, str]] = field(default_factory=list)
    exclusions: list[Exclusion] = field(default_factory=list)
    reported: list[ReportedFigure] = field(default_factory=list)

    @classmethod
    def made(
        cls,
        rng: np.random.Generator,
        lines: Sequence[Line],
        *,
        staffing: Staffing,
        definitions: Definitions,
        past: Past,
        tempers: Tempers,
    ) -> Figures:
        """Make the figures of all lines; the lines are given their base, target and coefficient."""
        maker = _Maker(rng, staffing, definitions, past, tempers)
        by_kpi: dict[str, list[Line]] = {}
        for line in lines:
            if line.link != "shared":
                by_kpi.setdefault(line.kpi, []).append(line)
        for kpi, its_lines in by_kpi.items():
            version = definitions.kpis[kpi].version(staffing.cycle.year)
            match version.measure.aggregate:
                case "rating":
                    maker.rate(its_lines)
                case "given":
                    maker.enter(its_lines, version)
                case _:
                    maker.count(its_lines, version)
        maker.exclude(by_kpi)
        maker.found.history = [(node, kpi, year, text) for (node, kpi, year), text in sorted(maker.past_years.items())]
        return maker.found


class _Maker:
    def __init__(
        self, rng: np.random.Generator, staffing: Staffing, definitions: Definitions, past: Past, tempers: Tempers
    ) -> None:
        self.rng, self.staffing, self.definitions, self.past, self.tempers = rng, staffing, definitions, past, tempers
        self.year = staffing.cycle.year
        self.found = Figures()
        self.past_years: dict[tuple[str, str, int], str] = {}
        self.heads: dict[int, list[str]] = {}
        for one in staffing.employees:
            if one.role == "head" and one.left_on is None:
                self.heads.setdefault(one.last.unit, []).append(one.number)

    # ------------------------------------------------------------------------------------------------------- activities

    def _write(self, line: Line, values: Sequence[float], decimals: int) -> None:
        """Past years up to the last one; the latest of them is t-1."""
        for back, value in enumerate(reversed(values), 1):
            if not np.isnan(value):
                self.past_years[line.owner.node, line.kpi, self.year - back] = _number(value, decimals)

    def count(self, lines: Sequence[Line], version: KpiVersion) -> None:
        """The past of what activities are counted for."""
        decimals = {"count": 0, "distinct": 0, "sum": 0, "mean": 2}.get(version.measure.aggregate, 5)
        of_units = self.past.of_units(version) if any(line.owner.is_unit for line in lines) else np.empty((0, YEARS))
        service = {line.owner.place: self._service(line) for line in lines if not line.owner.is_unit}
        of_employees = self.past.of_employees(version, service)
        usual = [values[-1] for values in of_employees.values() if values]
        if version.method.name == "target":
            self.agree(lines, version)
        for line in lines:
            if line.owner.is_unit:
                self._write(line, list(of_units[line.owner.place]), decimals)
                self._weigh(line, version)
            else:
                values = of_employees[line.owner.place]
                self._write(line, values, decimals)
                # Who is new has no year before: most get the usual value, some are not measurable by it.
                is_set = version.method.name in SPREAD_METHODS and usual and self.rng.random() < 0.85
                if not values and is_set:
                    line.base = _number(float(np.median(usual)) * self.rng.uniform(0.7, 0.95), decimals)

    def agree(self, lines: Sequence[Line], version: KpiVersion) -> None:
        """Targets of the whole year, so that most reach four fifths of theirs; agreed in round numbers where they are large."""
        year = self.past.year(version)
        for is_unit, reached, tempers in (
            (True, year.units, self.tempers.units),
            (False, year.employees, self.tempers.employees),
        ):
            places = [line.owner.place for line in lines if line.owner.is_unit is is_unit]
            known = [float(reached[place]) for place in places if reached[place] > 0]
            least = _FEWEST_AGREED * float(np.mean(known)) if known else 1.0
            for line in (one for one in lines if one.owner.is_unit is is_unit):
                z = float(tempers[line.owner.place]) + 0.45 * float(self.rng.standard_normal())
                part = float(np.clip(_REACHED[0] + _REACHED[1] * z, *_REACHED_BETWEEN))
                line.target = _agreed(max(least, float(reached[line.owner.place])) / part)

    def _service(self, line: Line) -> float:
        return (self.staffing.cycle.start - self.staffing.employees[line.owner.place].hired_on).days / 365.25

    def _weigh(self, line: Line, version: KpiVersion) -> None:
        """Some offices' base values are published with a coefficient: lower where the market shrinks, higher where it booms."""
        unit = self.staffing.units.all[line.owner.place]
        if unit.kind != "office" or version.method.name not in SPREAD_METHODS:
            return
        temper = float(self.tempers.units[line.owner.place])
        steps = ((-0.8, "0.80"), (-0.45, "0.90"), (-0.2, "0.95"))
        for most, coefficient in steps:
            if temper < most:
                line.coefficient = coefficient
                return
        for least, coefficient in ((2.0, "1.20"), (1.6, "1.10"), (1.35, "1.05")):
            if temper > least:
                line.coefficient = coefficient
                return

    # ---------------------------------------------------------------------------------------------------------- by hand

    def enter(self, lines: Sequence[Line], version: KpiVersion) -> None:
        """What is entered by hand: this year's, and the past that it is compared with."""
        for line in lines:
            entry = agency_plan()["given"][line.kpi]
            decimals = int(entry["decimals"])
            current, values = self._entered(line, version, entry)
            self._write(line, values, decimals)
            if version.method.name == "target":
                line.target = self._given_target(line, entry)
            if line.owner.place == 0 or self.rng.random() < _SETTLED:
                self._report(line, current, decimals, grows=bool(entry["divisible"]))

    def _report(self, line: Line, current: float, decimals: int, *, grows: bool) -> None:
        """This year's value as its head reported it after each quarter; what grows with the year had come so far by then."""
        cycle, head = self.staffing.cycle, self._head_of(line)
        quarters = [(cycle.start.year, cycle.start.month + months) for months in (3, 6, 9)]
        ends = [dt.date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1) for year, month in quarters]
        ended = [end for end in ends if end + dt.timedelta(days=_REPORTED_AFTER) < cycle.today]
        for number, end in enumerate(ended, 1):
            value = current * number / len(ended) if grows else current
            self.found.reported.append(
                ReportedFigure(
                    node=line.owner.node,
                    kpi=line.kpi,
                    cycle=self.year,
                    value=_number(value, min(decimals, _DECIMALS)),
                    by=head,
                    day=end + dt.timedelta(days=_REPORTED_AFTER),
                )
            )

    def _head_of(self, line: Line) -> str:
        """Who reports: the head of the unit, of an employee's unit, or of the agency where it has none."""
        people = self.staffing.employees
        unit = line.owner.place if line.owner.is_unit else people[line.owner.place].last.unit
        own = None if line.owner.is_unit else people[line.owner.place].number
        heads = self.heads.get(unit, []) + self.heads.get(0, [])
        return next(number for number in [*heads, people[0].number] if number != own)

    def _given_target(self, line: Line, entry: Mapping[str, Any]) -> str:
        """The agency's as it stands, those below with what was agreed for each: to a whole number, as people agree."""
        target = float(str(entry["target"]))
        if line.owner.is_unit and line.owner.place == 0:
            return _number(target, 0)
        return _number(target + float(str(entry["target_spread"])) * float(self.rng.standard_normal()), 0)

    def _entered(self, line: Line, version: KpiVersion, entry: Mapping[str, Any]) -> tuple[float, list[float]]:
        owner, rng = line.owner, self.rng
        temper = float((self.tempers.units if owner.is_unit else self.tempers.employees)[owner.place])
        z = temper + 0.35 * rng.standard_normal()
        level = (
            float(str(entry["level"])) * (line.part if entry["divisible"] else 1.0) * (1 + 0.02 * rng.standard_normal())
        )
        age = self._service(line) if not owner.is_unit else self._age(line)
        years = years_of(age)
        noise, growth = float(str(entry["noise"])) / 100, float(str(entry["growth"])) / 100
        match version.method.name:
            case "midterm" if version.method.start is not None and version.method.goal is not None:
                return self._on_the_way(version.method.start, version.method.goal, z, years)
            case "milestone":
                current = self._milestone(version, z)
                return current, [max(1.0, round(current - 0.4 * back)) for back in range(years, 0, -1)]
            case "target":
                current = level * min(1.04, 0.96 + 0.03 * z)
                return current, [level * (1 + noise * rng.standard_normal()) for _ in range(years)]
        values = fitted(rng, version, year=level, z=z, growth=growth, noise=noise, years=years)
        return level, values

    def _age(self, line: Line) -> float:
        return (self.staffing.cycle.start - self.staffing.units.all[line.owner.place].since).days / 365.25

    def _on_the_way(self, start: Target, goal: Target, z: float, years: int) -> tuple[float, list[float]]:
        """On a path from a start to a goal some years away: a year's value is about where the path is in that year."""
        first, last = float(start.value), float(goal.value)
        step = (last - first) / (goal.year - start.year)

        def on_path(year: int) -> float:
            return first + step * min(max(year - start.year, 0), goal.year - start.year)

        rng = self.rng
        values = [
            on_path(year) + abs(step) * 0.45 * rng.standard_normal() for year in range(self.year - years, self.year)
        ]
        return max(0.5, on_path(self.year) + step * (0.9 * z - 0.8)), [max(0.5, value) for value in values]

    def _milestone(self, version: KpiVersion, z: float) -> float:
        """About the target of the year, in whole numbers."""
        targets = version.method.targets
        ahead = [target for target in targets if target.year >= self.year] or [targets[-1]]
        return float(max(1, round(float(ahead[0].value) * (0.75 + 0.15 * z))))

    # ----------------------------------------------------------------------------------------------------------- ratings

    def rate(self, lines: Sequence[Line]) -> None:
        """Grades by two to four raters, of this cycle and for units of the one before."""
        people = self.staffing.employees
        heads = [one.number for one in people if one.role == "head"]
        for line in lines:
            owner = line.owner
            if not owner.is_unit and self.rng.random() > _SETTLED:
                continue
            temper = float((self.tempers.units if owner.is_unit else self.tempers.employees)[owner.place])
            middle = 2.6 - 0.9 * temper + 0.6 * self.rng.standard_normal()
            own = "" if owner.is_unit else people[owner.place].number
            raters = [number for number in self.rng.choice(heads, 4, replace=False) if number != own]
            for cycle in (self.year, self.year - 1) if owner.is_unit else (self.year,):
                for rater in raters[: int(self.rng.integers(2, 5 if owner.is_unit else 4))]:
                    at = int(np.clip(round(middle + 0.8 * self.rng.standard_normal()), 0, len(_GRADES) - 1))
                    self.found.ratings.append((cycle, owner.node, line.kpi, str(rater), _GRADES[at]))

    # -------------------------------------------------------------------------------------------------------- exclusions

    def exclude(self, by_kpi: Mapping[str, Sequence[Line]]) -> None:
        """Let a year go wrong in a few offices, and leave it out where it is an outlier by the rule."""
        for place, unit in enumerate(self._unlucky()):
            back = 2 + place % 3
            left = _OUTLIER_KPIS
            for kpi, lines in by_kpi.items():
                line = next((one for one in lines if one.owner.is_unit and one.owner.place == unit), None)
                if line is None or not left or not self._is_counted(kpi):
                    continue
                if self._spoil(line, back):
                    node, year = line.owner.node, self.year - back
                    reason = _OUTLIER_REASONS[place % len(_OUTLIER_REASONS)]
                    self.found.exclusions.append(Exclusion(node=node, kpi=kpi, year=year, reason=reason))
                    left -= 1

    def _unlucky(self) -> list[int]:
        offices = self.staffing.units.offices
        chosen = self.rng.choice(offices, min(_OUTLIERS, len(offices) // 3), replace=False)
        return sorted(int(place) for place in chosen)

    def _is_counted(self, kpi: str) -> bool:
        version = self.definitions.kpis[kpi].version(self.year)
        return version.measure.aggregate in {"count", "sum"} and version.method.name == "deviation"

    def _spoil(self, line: Line, back: int) -> bool:
        keys = [(line.owner.node, line.kpi, self.year - one) for one in range(1, YEARS + 1)]
        if any(key not in self.past_years for key in keys):
            return False
        old = self.past_years[keys[back - 1]]
        self.past_years[keys[back - 1]] = _number(float(old) * 0.22, 0)
        values = [Fraction(self.past_years[key]) for key in keys]
        if _variance(values[: back - 1] + values[back:]) * 4 <= _variance(values) > 0:
            return True
        self.past_years[keys[back - 1]] = old
        return False


def _variance(values: Sequence[Fraction]) -> Fraction:
    mean = sum(values, Fraction(0)) / len(values)
    return sum(((value - mean) ** 2 for value in values), Fraction(0)) / len(values)


def _agreed(value: float) -> str:
    """A number that two people agree on: a multiple of five from twenty on, and at least one."""
    return str(max(1, round(value) if value < 20 else 5 * round(value / 5)))


def _number(value: float, decimals: int) -> str:
    """A figure as the files write it; never below zero."""
    return f"{max(Decimal(0), round(Decimal(repr(float(value))), decimals)):f}"

"""Past years that fit the year under way: so made that scores spread as they do in life, around a B for the agency.

Past years of what adds up (counts, sums) are made from the top down: the agency's first, then each unit's part of its parent's, so
that the offices of a region add up to the region. All others are made for each node alone.
Do not draw past years by themselves. A score compares the year with its past: so how far above its base
value a year comes out (z, in sigmas: 60 + 20 z points of main business) is drawn first, and the past follows from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.demo.people import Staffing
from app.demo.reached import Reached, Value
from app.demo.seasons import Floats
from app.demo.units import Units
from app.rules.definitions import KpiVersion, Measure
from app.rules.terms import CountsFrom, Direction

__all__ = ["YEARS", "Past", "Tempers", "fitted", "years_of"]

YEARS: Final = 5
_AGES: Final = np.arange(YEARS, 0, -1)
"""How long ago each past year is, the earliest first."""
_ROOT_GROWTH: Final = {"export_consult": 0.03, "export_deal": 0.06, "new_buyer": 0.045}
_ROOT_NOISE: Final = 0.07
_ROOT_Z: Final = (1.0, 0.25)
"""Of the agency's own lines: about this many sigmas, and how much they differ."""
_NOISE: Final = {"count": 0.09, "sum": 0.13}
_RATIO_SIGMA: Final = 0.10
"""Of base: high and low of ``ratio`` are 20 % away, as far as two sigmas."""
_LEAST: Final = 0.25


@dataclass(frozen=True, kw_only=True)
class Tempers:
    """How each node develops: z, in sigmas around its base value, the same for all of its lines."""

    units: Floats
    employees: Floats

    @classmethod
    def drawn(cls, rng: np.random.Generator, staffing: Staffing) -> Tempers:
        """Units are alike at the top and differ most among offices; people differ more."""
        spread = {"agency": 0.0, "division": 0.35, "regional_hq": 0.35, "team": 0.45}
        sigma = np.array([spread.get(unit.kind, 0.75) for unit in staffing.units.all])
        units = 0.55 + sigma * rng.standard_normal(len(sigma))
        return cls(units=units, employees=rng.normal(0.45, 0.7, len(staffing.employees)))


def years_of(age: float) -> int:
    """For how many of the past years a node of that age (in years) has figures."""
    return min(YEARS, max(0, int(age)))


def fitted(
    rng: np.random.Generator,
    version: KpiVersion,
    *,
    year: float,
    z: float,
    growth: float,
    noise: float,
    years: int = YEARS,
) -> list[float]:
    """Past years, the earliest first, before which ``year`` comes out z sigmas better than its base value."""
    up = 1.0 if version.direction is Direction.UP else -1.0
    ages = _AGES[YEARS - years :]
    shape = np.exp(-growth * ages + noise * rng.standard_normal(years))
    if not years:
        return []
    best, worst = (shape.max(), shape.min()) if up > 0 else (shape.min(), shape.max())
    match version.method.name:
        case "beta" if years >= 3:
            base, sigma = (best + 4 * shape[-1] + worst) / 6, abs(best - worst) / 6
        case "trend" if years >= 3:
            base, sigma = _trend(shape)
        case name:
            recent = shape[-3:].mean()
            base = max(shape[-1], recent) if up > 0 else min(shape[-1], recent)
            sigma = shape.std() if name == "deviation" and years >= 3 else _RATIO_SIGMA * base
    scale = year / max(_LEAST * base, base + up * z * sigma)
    return [float(value) for value in shape * scale]


def _trend(shape: Floats) -> tuple[float, float]:
    """What the line through the past years expects, and S."""
    x = np.arange(len(shape), dtype=float)
    slope, start = np.polyfit(x, shape, 1)
    rest = ((shape - start - slope * x) ** 2).sum() / max(1, len(x) - 2)
    ahead = len(x)
    spread = rest * (1 + 1 / len(x) + (ahead - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum())
    return float(start + slope * ahead), float(np.sqrt(spread))


class Past:
    """Past years of what activities are counted for, of all units at once, a row a unit."""

    def __init__(self, rng: np.random.Generator, staffing: Staffing, reached: Reached, tempers: Tempers) -> None:
        self._rng, self._staffing, self._reached, self._tempers = rng, staffing, reached, tempers
        self._made: dict[tuple[str, CountsFrom], Floats] = {}

    def year(self, version: KpiVersion) -> Value:
        """What the year under way comes to at this pace, of every employee and unit."""
        return self._reached.year(version)

    def of_units(self, version: KpiVersion) -> Floats:
        """The past years of a KPI's measure; NaN where a unit has none."""
        measure = version.measure
        if measure.aggregate in {"ratio", "distinct"}:
            return self._alone(version)
        if measure.aggregate == "mean":
            return _divided(self._added("sum", measure, version), self._added("count", measure, version))
        return self._added(measure.aggregate, measure, version)

    def _year(self, aggregate: str, measure: Measure, version: KpiVersion) -> Floats:
        assert measure.activity is not None
        part = Measure(aggregate=aggregate, activity=measure.activity, of=measure.of, where=measure.where)
        reached = self._reached.value(part, version.counts_from).units
        return reached / self._reached.passed_of_units(measure.activity)

    def _added(self, aggregate: str, measure: Measure, version: KpiVersion) -> Floats:
        """From the top down: a unit's past is its part of its parent's, which shifts from year to year."""
        assert measure.slice is not None
        key = f"{aggregate}|{measure.slice.key}", version.counts_from
        if key in self._made:
            return self._made[key]
        units = self._staffing.units
        year = self._year(aggregate, measure, version)
        found = np.full((len(units.all), YEARS), np.nan)
        shape = np.exp(-_ROOT_GROWTH[measure.slice.activity] * _AGES + _ROOT_NOISE * self._rng.standard_normal(YEARS))
        base = max(shape[-1], shape[-3:].mean())
        z = _ROOT_Z[0] + _ROOT_Z[1] * self._rng.standard_normal()
        found[0] = shape * year[0] / (base + z * shape.std())
        for unit in units.all:
            children = [child.place for child in units.children(unit.place)]
            if children:
                found[children] = self._parts(unit.place, children, year, found[unit.place], _NOISE[aggregate])
        self._made[key] = found
        return found

    def _parts(self, parent: int, children: Sequence[int], year: Floats, whole: Floats, noise: float) -> Floats:
        """How the past of a unit was made of its children's, and of what was done in the unit itself."""
        units = self._staffing.units
        now = np.array([*year[children], max(0.0, year[parent] - year[children].sum())])
        small = np.array([1.0 if units.all[child].kind == "office" else 0.4 for child in children] + [0.0])
        temper = np.array([self._tempers.units[child] - 0.55 for child in children] + [0.0])
        drift = 0.055 * temper + 0.015 * small * self._rng.standard_normal(len(now))
        shifts = np.exp(
            -drift[:, None] * (0.6 + _AGES) + noise * small[:, None] * self._rng.standard_normal((len(now), YEARS))
        )
        weights = now[:, None] * shifts
        for row, child in enumerate(children):
            age = (self._staffing.cycle.start - units.all[child].since).days // 365
            weights[row, : YEARS - years_of(age)] = 0.0
        sums = weights.sum(axis=0)
        parts: Floats = whole * weights[:-1] / np.where(sums > 0, sums, 1.0)
        return np.where(weights[:-1] > 0, parts, np.nan)

    def _alone(self, version: KpiVersion) -> Floats:
        """Of each unit alone: rates, and distinct companies and buyers, of two units do not add up."""
        units: Units = self._staffing.units
        found = np.full((len(units.all), YEARS), np.nan)
        year = self._reached.year(version).units
        growth = 0.04 if version.measure.aggregate == "distinct" else 0.01
        for unit in units.all:
            age = years_of((self._staffing.cycle.start - unit.since).days / 365)
            if year[unit.place] > 0 and age:
                z = self._tempers.units[unit.place] + 0.3 * self._rng.standard_normal()
                past = fitted(self._rng, version, year=year[unit.place], z=z, growth=growth, noise=0.07, years=age)
                found[unit.place, YEARS - age :] = past
        return found

    def of_employees(self, version: KpiVersion, ages: Mapping[int, float]) -> dict[int, list[float]]:
        """The past years of the employees asked for, by their number; ``ages`` are their years of service."""
        year = self._reached.year(version).employees
        known = [place for place in ages if year[place] > 0]
        usual = float(np.mean([year[place] for place in known])) if known else 1.0
        noise = 0.22 if version.measure.aggregate == "sum" else 0.14
        found: dict[int, list[float]] = {}
        for place, age in ages.items():
            luck = self._rng.standard_normal(2)
            z = float(self._tempers.employees[place] + 0.45 * luck[0])
            found[place] = fitted(
                self._rng,
                version,
                year=max(float(year[place]), 0.15 * usual),
                z=z,
                growth=0.03 + 0.03 * float(luck[1]),
                noise=noise,
                years=years_of(age),
            )
        return found


def _divided(above: Floats, below: Floats) -> Floats:
    found: Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
    return found

"""What every employee and unit of the demonstration agency has reached so far, so that past years can be made to fit.

These figures are for the making of the agency only: nothing that is shown to anyone comes from here, and cents may be off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.demo.drawing import Activities, Ints, Market
from app.demo.judging import Judged
from app.demo.people import Staffing
from app.demo.seasons import ACTIVITIES, Climate, Floats, day_weights
from app.demo.world import climate_of
from app.rules.definitions import KpiVersion, Measure
from app.rules.terms import CountsFrom

__all__ = ["Reached", "Value"]

Flags = npt.NDArray[np.bool_]
_LEVELS = 4


class Value(NamedTuple):
    """A measure's value for every employee and every unit, by their numbers."""

    employees: Floats
    units: Floats


@dataclass(frozen=True, kw_only=True)
class _Credits:
    """Every part of an activity: whose it is, and the units it counts for (-1 for none)."""

    activity: Ints
    employee: Ints
    share: Floats
    units: npt.NDArray[np.int64]


def _chains(staffing: Staffing, *, before_change: bool) -> Ints:
    """Each unit with those above it, -1 where there is none; the last row is for nowhere."""
    units = staffing.units
    rows = [
        ([unit.place, *units.above(unit.place, before_change=before_change)] + [-1] * _LEVELS)[:_LEVELS]
        for unit in units.all
    ]
    return np.array([*rows, [-1] * _LEVELS])


def _credits(staffing: Staffing, acts: Activities) -> _Credits:
    shared = np.flatnonzero(acts.partner >= 0)
    activity = np.concatenate([np.arange(len(acts)), shared])
    employee = np.concatenate([acts.employee, acts.partner[shared]])
    share = np.concatenate([acts.share, 1 - acts.share[shared]])
    day = acts.day[activity]
    inside = day >= 0
    unit = np.where(inside, staffing.unit_on[employee, day.clip(min=0)], -1)
    changed = staffing.cycle.number(staffing.units.changed_on)
    after = _chains(staffing, before_change=False)[unit]
    before = _chains(staffing, before_change=True)[unit]
    units = np.where((day < changed)[:, None], before, after)
    return _Credits(activity=activity, employee=employee, share=share, units=units)


class Reached:
    """Actuals up to the day the agency is built, and how much of the cycle's work its plan expects by then."""

    def __init__(self, staffing: Staffing, acts: Activities, market: Market, judged: Judged) -> None:
        self._staffing, self._acts, self._market = staffing, acts, market
        self._credits = _credits(staffing, acts)
        self._counting = {
            CountsFrom.ENTERED: judged.entered,
            CountsFrom.VERIFIED: judged.verified,
            CountsFrom.CONFIRMED: judged.confirmed,
        }
        self._values: dict[tuple[str, CountsFrom], Value] = {}

    def value(self, measure: Measure, counts_from: CountsFrom) -> Value:
        """A measure's value for all; NaN where there is nothing to divide by."""
        key = f"{measure.aggregate}|{measure.of}|{measure.slice and measure.slice.key}|{measure.parts}", counts_from
        if key not in self._values:
            self._values[key] = self._value(measure, counts_from)
        return self._values[key]

    def _value(self, measure: Measure, counts_from: CountsFrom) -> Value:
        if measure.numerator is not None and measure.denominator is not None:
            return _divided(self.value(measure.numerator, counts_from), self.value(measure.denominator, counts_from))
        chosen = self._chosen(measure, counts_from)
        if measure.aggregate == "distinct":
            who = self._acts.buyer if measure.of == "buyer" else self._acts.company
            return self._distinct(chosen, who)
        if measure.aggregate == "count":
            return self._sum(chosen, np.ones(len(self._acts)))
        worth = self._sum(chosen, self._acts.usd)
        if measure.aggregate == "sum":
            return worth
        return _divided(worth, self._sum(chosen, (self._acts.usd > 0).astype(float)))

    def _chosen(self, measure: Measure, counts_from: CountsFrom) -> Flags:
        """The activities of the cycle that a measure looks at and that count there."""
        acts, buyers = self._acts, self._market.buyers
        assert measure.activity is not None
        chosen = (acts.kind == ACTIVITIES.index(measure.activity)) & self._counting[counts_from]
        if measure.activity == "new_buyer":
            alone = np.where(acts.spelling > 3, -1 - np.arange(len(acts)), acts.buyer)
            standing = np.flatnonzero(chosen)
            earliest = standing[np.unique(alone[standing], return_index=True)[1]]
            chosen = np.zeros(len(acts), dtype=bool)
            chosen[earliest] = True
        chosen &= (acts.day >= 0) & (acts.day < len(self._staffing.cycle.days))
        if measure.where.countries:
            wanted = [place for place, code in enumerate(buyers.countries) if code in measure.where.countries]
            chosen &= np.isin(buyers.country[acts.buyer], wanted)
        if measure.where.hs_prefixes:
            chosen &= np.array([code.startswith(measure.where.hs_prefixes) for code in acts.hs_code])
        return np.asarray(chosen)

    def _sum(self, chosen: Flags, worth: Floats) -> Value:
        credits = self._credits
        kept = chosen[credits.activity]
        amount = (credits.share * worth[credits.activity])[kept]
        employees: Floats = np.zeros(len(self._staffing.employees))
        np.add.at(employees, credits.employee[kept], amount)
        units = np.zeros(len(self._staffing.units.all))
        for level in range(_LEVELS):
            unit = credits.units[kept, level]
            units += np.bincount(unit[unit >= 0], weights=amount[unit >= 0], minlength=len(units))
        return Value(employees, units)

    def _distinct(self, chosen: Flags, who: Ints) -> Value:
        credits = self._credits
        kept = chosen[credits.activity]
        key = who[credits.activity[kept]]
        employees = _distinct(credits.employee[kept], key, len(self._staffing.employees))
        parts = [credits.units[kept, level] for level in range(_LEVELS)]
        unit, keys = np.concatenate(parts), np.tile(key, _LEVELS)
        return Value(employees, _distinct(unit[unit >= 0], keys[unit >= 0], len(self._staffing.units.all)))

    # ------------------------------------------------------------------------------------------------- what was to come

    def _day_weights(self, activity: str, climate: Climate) -> Floats:
        """What each day weighs in a projection: its month's share of the plan, over the month's days."""
        cycle = self._staffing.cycle
        weights = day_weights(cycle, activity, climate)
        by_month = np.bincount(cycle.months, weights=weights, minlength=13) / np.bincount(
            cycle.months, minlength=13
        ).clip(min=1)
        found: Floats = by_month[cycle.months] / weights.sum()
        return found

    def passed_of_units(self, activity: str) -> Floats:
        """The part of the cycle's work that each unit's plan expects by now."""
        units, passed = self._staffing.units.all, self._staffing.cycle.passed
        found = {climate: float(self._day_weights(activity, climate)[:passed].sum()) for climate in Climate}
        own = [climate_of(one.country) if one.kind == "office" else Climate.NORTHERN for one in units]
        return np.array([found[climate if climate is Climate.SOUTHERN else Climate.NORTHERN] for climate in own])

    def passed_of_employees(self, activity: str) -> tuple[Floats, Floats]:
        """The same for each employee's present days, and the part of the cycle's days that those are; 0 without any."""
        there = self._staffing.present.astype(float)
        weights = self._day_weights(activity, Climate.NORTHERN)
        passed = self._staffing.cycle.passed
        whole = there @ weights
        so_far = there[:, :passed] @ weights[:passed]
        return np.divide(so_far, whole, out=np.zeros(len(there)), where=whole > 0), there.mean(axis=1)

    def year(self, version: KpiVersion) -> Value:
        """What a whole year comes to at this pace: for units, and for employees as if they had been there all the year.

        Ratios and means stay as they are.
        """
        measure = version.measure
        value = self.value(measure, version.counts_from)
        if measure.activity is None or measure.aggregate == "mean":
            return value
        passed, present = self.passed_of_employees(measure.activity)
        share = passed * present
        employees = np.divide(value.employees, share, out=np.zeros(len(share)), where=share > 0)
        return Value(employees, value.units / self.passed_of_units(measure.activity))


def _divided(above: Value, below: Value) -> Value:
    parts = [
        np.divide(one, other, out=np.full(len(one), np.nan), where=other > 0)
        for one, other in zip(above, below, strict=True)
    ]
    return Value(*parts)


def _distinct(owner: Ints, key: Ints, count: int) -> Floats:
    if not len(owner):
        return np.zeros(count)
    pairs = np.unique(np.stack([owner, key], axis=1), axis=0)
    return np.bincount(pairs[:, 0], minlength=count).astype(float)

"""One line's figures: base, sigma, high, low, target and the score, by the method of the definition.

Lower-is-better has no formulas of its own. Signs swap, high lies below low, and one formula serves both.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import isqrt
from typing import Any

from tests.reference.folder import number

BAND_Z = [
    Fraction(text)
    for text in ["-1.965", "-1.650", "-1.179", "-0.707", "-0.236", "0.236", "0.707", "1.179", "1.650", "1.965"]
]
BAND_PERCENT = [
    Fraction(text)
    for text in ["5.556", "11.112", "22.224", "33.336", "44.448", "55.560", "66.672", "77.784", "88.896", "94.452"]
]
GRADES = {"A+": 100, "A0": 90, "B+": 80, "B0": 70, "C": 60, "D+": 50, "D0": 40, "E+": 30, "E0": 20}

ROOT_PLACES = 10**50


@dataclass(frozen=True)
class Given:
    """Everything that a line's figures are worked out from."""

    year: int
    definition: Mapping[str, Any]
    history: Mapping[int, Fraction]
    actual: Fraction | None
    base: Fraction | None = None
    high: Fraction | None = None
    low: Fraction | None = None
    target: Fraction | None = None
    coefficient: Fraction = Fraction(1)
    excluded: int | None = None
    ratings: Sequence[str] = ()
    present: Fraction = Fraction(1)
    """d/D where the line is prorated, else 1."""

    @property
    def up(self) -> bool:
        """Whether more is better."""
        return bool(self.definition["direction"] == "up")

    @property
    def past(self) -> dict[int, Fraction]:
        """The past years: those of t-1 to t-5 that history has."""
        return {year: self.history[year] for year in range(self.year - 5, self.year) if year in self.history}

    def better(self, *values: Fraction) -> Fraction:
        """The best of some values."""
        return max(values) if self.up else min(values)

    def is_better(self, one: Fraction, other: Fraction) -> bool:
        """Whether one value is strictly better than another."""
        return one > other if self.up else one < other

    @property
    def sign(self) -> int:
        """1 where more is better, else -1."""
        return 1 if self.up else -1


@dataclass(frozen=True)
class Figures:
    """What a line shows of itself, its weight apart."""

    method: str
    actual: Fraction | None = None
    base: Fraction | None = None
    sigma: Fraction | None = None
    high: Fraction | None = None
    low: Fraction | None = None
    target: Fraction | None = None
    score: Fraction | None = None
    reason: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


class Unmeasurable(Exception):
    """Why a line has no score."""


def figures(given: Given) -> Figures:
    """A line's figures; where it cannot be measured, the reason and nothing but the actual."""
    method = given.definition["method"]["name"]
    actual = given.actual
    if method == "qualitative" and given.ratings:
        actual = mean([Fraction(GRADES[grade]) for grade in given.ratings])
    try:
        return _measured(replace(given, actual=actual), method)
    except Unmeasurable as reason:
        return Figures(method, actual=actual, reason=str(reason))


def _measured(given: Given, method: str) -> Figures:
    """Ask every reason in the order of the contract, then work the figures out."""
    if method == "qualitative":
        if not given.ratings:
            raise Unmeasurable("no_rating")
        return Figures(method, actual=given.actual, score=given.actual)
    if given.present == 0:
        raise Unmeasurable("not_present")
    if given.actual is None:
        raise Unmeasurable("no_actual")
    match method:
        case "target" | "milestone":
            return _target(given, method, given.actual)
        case "trend" | "beta":
            return _expected(given, method, given.actual)
        case "midterm":
            return _midterm(given, given.actual)
        case "deviation" | "ratio":
            return _between(given, method, given.actual)
    raise ValueError(method)


# --- target and milestone ---------------------------------------------------------------------------------------------


def _target(given: Given, method: str, actual: Fraction) -> Figures:
    target = given.target
    if target is None and method == "milestone":
        target = milestone(given.definition["method"]["targets"], given.year)
    if not target:
        raise Unmeasurable("no_target")
    target *= given.present
    if given.up:
        score = 20 + 80 * actual / target
    elif actual <= 0:
        score = Fraction(100)
    else:
        score = 20 + 80 * target / actual
    return Figures(method, actual=actual, target=target, score=clamp(score))


def milestone(targets: Mapping[Any, Any], year: int) -> Fraction:
    """The target of a year: interpolated between two named years; before the first and after the last it is theirs."""
    named = sorted((int(name), number(value)) for name, value in targets.items())
    if year <= named[0][0]:
        return named[0][1]
    for (from_year, from_value), (to_year, to_value) in itertools.pairwise(named):
        if year <= to_year:
            return from_value + (to_value - from_value) * Fraction(year - from_year, to_year - from_year)
    return named[-1][1]


# --- trend and beta ---------------------------------------------------------------------------------------------------


def _expected(given: Given, method: str, actual: Fraction) -> Figures:
    past = given.past
    if len(past) < 3:
        raise Unmeasurable("too_few_years")
    expected, spread = _trend(past, given.year) if method == "trend" else _beta(given)
    if spread <= 0:
        raise Unmeasurable("no_spread")
    expected, spread = expected * given.present, spread * given.present
    percent = percent_of((actual - expected) / spread * given.sign)
    return Figures(method, actual=actual, base=expected, sigma=spread, score=clamp(20 + Fraction(8, 10) * percent))


def _trend(past: Mapping[int, Fraction], year: int) -> tuple[Fraction, Fraction]:
    n = len(past)
    mean_x, mean_y = mean([Fraction(x) for x in past]), mean(list(past.values()))
    squares = sum(((x - mean_x) ** 2 for x in past), Fraction(0))
    slope = sum(((x - mean_x) * (y - mean_y) for x, y in past.items()), Fraction(0)) / squares
    start = mean_y - slope * mean_x
    residual = sum(((y - start - slope * x) ** 2 for x, y in past.items()), Fraction(0)) / (n - 2)
    return start + slope * year, root(residual * (1 + Fraction(1, n) + (year - mean_x) ** 2 / squares))


def _beta(given: Given) -> tuple[Fraction, Fraction]:
    values = list(given.past.values())
    best, last = given.better(*values), given.past[max(given.past)]
    worst = min(values) if given.up else max(values)
    return (best + 4 * last + worst) / 6, abs(best - worst) / 6


def percent_of(z: Fraction) -> Fraction:
    """Z to percent by linear interpolation, the outer bands extrapolated, kept in 0 to 100."""
    band = 0
    while band < len(BAND_Z) - 2 and z > BAND_Z[band + 1]:
        band += 1
    slope = (BAND_PERCENT[band + 1] - BAND_PERCENT[band]) / (BAND_Z[band + 1] - BAND_Z[band])
    return min(max(BAND_PERCENT[band] + (z - BAND_Z[band]) * slope, Fraction(0)), Fraction(100))


# --- midterm ----------------------------------------------------------------------------------------------------------


def _midterm(given: Given, actual: Fraction) -> Figures:
    method = given.definition["method"]
    start, goal = int(method["start"]["year"]), int(method["goal"]["year"])
    if not start < given.year <= goal:
        raise Unmeasurable("outside_years")
    base, high, low = (value * given.present for value in _midterm_of(given, given.year))
    if not given.is_better(high, low):
        raise Unmeasurable("no_spread")
    earlier = [year for year in (given.year - 1, given.year - 2) if year > start and year in given.history]
    parts = [(actual, high, low), *((given.history[year], *_midterm_of(given, year)[1:]) for year in earlier)]
    means = [mean([part[place] for part in parts]) for place in range(3)]
    now, three_years = share_of_way(actual, high, low), share_of_way(*means)
    score = 20 + 80 * (now / 2 + three_years / 2)
    return Figures("midterm", actual=actual, base=base, high=high, low=low, score=clamp(score))


def _midterm_of(given: Given, year: int) -> tuple[Fraction, Fraction, Fraction]:
    """Base, high and low of a year."""
    method = given.definition["method"]
    start, goal = int(method["start"]["year"]), int(method["goal"]["year"])
    begins, ends = number(method["start"]["value"]), number(method["goal"]["value"])
    step = (ends - begins) / (goal - start)
    base = begins + step * (year - 1 - start)
    before = given.history.get(year - 1)
    if before is not None and given.is_better(before, base) and given.is_better(ends, before):
        base, step = before, (ends - before) / (goal - year + 1)
    return base, base + 2 * step, base - 2 * step


def share_of_way(actual: Fraction, high: Fraction, low: Fraction) -> Fraction:
    """How far of the way from low to high, from 0 to 1."""
    return min(max((actual - low) / (high - low), Fraction(0)), Fraction(1))


# --- deviation and ratio ----------------------------------------------------------------------------------------------


def _between(given: Given, method: str, actual: Fraction) -> Figures:
    sigma = _sigma(given)
    if method == "deviation" and not sigma and (given.high is None or given.low is None):
        method = "ratio"
    base = given.base if given.base is not None else _derived_base(given)
    if base is None and (given.high is None or given.low is None):
        raise Unmeasurable("no_base")
    high = given.high if given.high is not None else _derived(given, method, base, sigma, is_high=True)
    low = given.low if given.low is not None else _derived(given, method, base, sigma, is_high=False)
    if not given.is_better(high, low):
        raise Unmeasurable("no_spread")
    p = given.present
    high, low = high * p, low * p
    return Figures(
        method,
        actual=actual,
        base=None if base is None else base * p,
        sigma=None if sigma is None else sigma * p,
        high=high,
        low=low,
        score=clamp(20 + 80 * (actual - low) / (high - low)),
    )


def _sigma(given: Given) -> Fraction | None:
    values = [value for year, value in given.past.items() if year != given.excluded]
    return deviation(values) if len(values) >= 3 else None


def _derived_base(given: Given) -> Fraction | None:
    t, past = given.year, dict(given.past)
    if t - 1 not in past:
        return None
    years = [t - 1, t - 2, t - 3]
    if given.excluded in (t - 2, t - 3):
        years = [year for year in range(t - 4, t) if year != given.excluded]
    if given.excluded == t - 1:
        cap = past[t - 2] + given.sign * 2 * deviation([past[year] for year in range(t - 5, t - 1)])
        past[t - 1] = min(past[t - 1], cap) if given.up else max(past[t - 1], cap)
    average = mean([past[year] for year in years if year in past])
    return given.better(past[t - 1], average) * given.coefficient


def _derived(given: Given, method: str, base: Fraction | None, sigma: Fraction | None, *, is_high: bool) -> Fraction:
    assert base is not None
    main = given.definition["class"] == "main"
    if method == "deviation":
        assert sigma is not None
        steps = (2 if main else 1) if is_high else -2
        value = base + given.sign * steps * sigma
    else:
        percent = (20 if main else 10) if is_high else -20
        value = base * Fraction(100 + given.sign * percent, 100)
    bounds = given.definition["method"].get("bounds") or {}
    if bounds.get("min") is not None:
        value = max(value, number(bounds["min"]))
    if bounds.get("max") is not None:
        value = min(value, number(bounds["max"]))
    return value


def is_outlier(history: Mapping[int, Fraction], year: int, cycle: int) -> bool:
    """Whether a past year may be excluded: all five are there, and it leaves at most half of the deviation."""
    past = {past_year: history[past_year] for past_year in range(cycle - 5, cycle) if past_year in history}
    if len(past) < 5 or year not in past:
        return False
    four = [value for past_year, value in past.items() if past_year != year]
    return variance(four) * 4 <= variance(list(past.values()))


# --- sums -------------------------------------------------------------------------------------------------------------


def mean(values: Sequence[Fraction]) -> Fraction:
    """The plain mean."""
    return sum(values, Fraction(0)) / len(values)


def variance(values: Sequence[Fraction]) -> Fraction:
    """The population variance."""
    average = mean(values)
    return mean([(value - average) ** 2 for value in values])


def deviation(values: Sequence[Fraction]) -> Fraction:
    """The population standard deviation."""
    return root(variance(values))


def root(square: Fraction) -> Fraction:
    """The square root, to fifty decimals; exact where it is a fraction."""
    above, below = isqrt(square.numerator), isqrt(square.denominator)
    if above**2 == square.numerator and below**2 == square.denominator:
        return Fraction(above, below)
    return Fraction(isqrt(square.numerator * ROOT_PLACES**2 // square.denominator), ROOT_PLACES)


def clamp(score: Fraction) -> Fraction:
    """A score is 20 to 100."""
    return min(max(score, Fraction(20)), Fraction(100))

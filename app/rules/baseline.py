"""What an actual is held against: base, sigma, high, low and target of a line, exactly (domain.md 3; H26; contract, "Scores, exactly").

A line's *reference* is resolved before anyone looks at an actual: from the history of its node, the parameters of its method and what the
scorecard gives. All of it is fractions, so that a sigma of zero is zero and a high that meets a low meets it; a root is cut
after twenty digits more than it needs. An excluded year changes sigma always, but the base only where it is one
of the years that make it; and a given figure is taken as it stands (neither coefficient nor bounds touch it), yet is prorated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import isqrt, lcm
from types import MappingProxyType
from typing import Final, NamedTuple, Self

from app.rules.kpis import Bounds, KpiVersion, Method, Target
from app.rules.measures import GROWS_WITH_DAYS, Aggregate, decimal_text
from app.rules.terms import Direction, KpiClass

__all__ = [
    "PAST_YEARS",
    "REFERENCES",
    "SPREADS",
    "WHATEVER_THE_ACTUAL",
    "History",
    "LineTerms",
    "MethodName",
    "MidtermYear",
    "Overrides",
    "Reason",
    "Reference",
    "Shown",
    "history",
    "is_outlier",
    "midterm_year",
    "milestone_target",
    "past_years",
    "resolve_reference",
]

PAST_YEARS: Final = 5
"""Past years are those of t-1 to t-5."""

FEWEST_YEARS: Final = 3
"""Fewer past years than these have no sigma and no trend."""

_ROOT_DIGITS: Final = 20
_ONE: Final = Fraction(1)


class MethodName(StrEnum):
    """How a line's actual becomes a score."""

    DEVIATION = "deviation"
    RATIO = "ratio"
    TARGET = "target"
    MILESTONE = "milestone"
    MIDTERM = "midterm"
    TREND = "trend"
    BETA = "beta"
    QUALITATIVE = "qualitative"


class Reason(StrEnum):
    """Why a line cannot be measured, in the order in which it is asked (contract, "Scores, exactly")."""

    DROPPED = "dropped"
    """People decided so, whatever it could be measured by (contract-cycle, 5)."""
    NO_RATING = "no_rating"
    NOT_PRESENT = "not_present"
    NO_ACTUAL = "no_actual"
    NO_TARGET = "no_target"
    TOO_FEW_YEARS = "too_few_years"
    OUTSIDE_YEARS = "outside_years"
    NO_BASE = "no_base"
    NO_SPREAD = "no_spread"


WHATEVER_THE_ACTUAL: Final = frozenset({Reason.DROPPED, Reason.NOT_PRESENT})
"""What is asked before whether there is an actual."""


class Overrides(NamedTuple):
    """What a scorecard's row gives by itself, and the past year that is excluded for it; None for what it does not."""

    base: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    target: Decimal | None = None
    coefficient: Decimal | None = None
    excluded: int | None = None
    """A past year left out as an outlier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTerms:
    """All that a line's reference comes from: one row of a scorecard under one version of its KPI.

    ``present`` is d/D for an employee and 1 for a unit.
    """

    year: int
    """t, the cycle."""
    method: Method
    aggregate: str
    kpi_class: KpiClass = KpiClass.MAIN
    direction: Direction = Direction.UP
    past: Mapping[int, Decimal] = field(default_factory=dict)
    """The node's history of this KPI, year to actual; other years than t-1 … t-5 are not looked at."""
    row: Overrides = field(default_factory=Overrides)
    present: Fraction = _ONE

    @classmethod
    def of(
        cls, version: KpiVersion, *, year: int, past: Mapping[int, Decimal], present: Fraction, row: Overrides
    ) -> Self:
        """Return the terms of a scorecard's row under one version of its KPI.

        Args:
            version: that of the cycle, or the one before it for ``old_score``.
            year: the cycle.
            past: the node's history of the KPI.
            present: d/D of an employee, 1 for a unit.
            row: what the row gives.
        """
        return cls(
            year=year,
            method=version.method,
            aggregate=version.measure.aggregate,
            kpi_class=version.kpi_class,
            direction=version.direction,
            past=past,
            row=row,
            present=present,
        )

    @property
    def name(self) -> MethodName:
        """The method of the definition."""
        return MethodName(self.method.name)

    @property
    def sign(self) -> int:
        """1 where more is better, else -1."""
        return 1 if self.direction == Direction.UP else -1


class MidtermYear(NamedTuple):
    """One year of a mid-term path."""

    year: int
    line: Fraction
    """L(y), where the straight line from start to goal puts the base."""
    base: Fraction
    """The line, or last year's actual where that was better than the line and short of the goal."""
    alpha: Fraction
    actual: Fraction | None
    """From history; None for the cycle's own year."""

    @property
    def high(self) -> Fraction:
        """Two steps on from the base."""
        return self.base + 2 * self.alpha

    @property
    def low(self) -> Fraction:
        """Two steps back from the base."""
        return self.base - 2 * self.alpha


class Shown(NamedTuple):
    """The static figures of a line as decimal strings (contract, scorecard JSON)."""

    method: MethodName
    base: str | None = None
    sigma: str | None = None
    high: str | None = None
    low: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A line ready to be scored. Figures are prorated already."""

    defined: MethodName
    """The method of the definition."""
    method: MethodName
    """The method applied: ratio where deviation became it."""
    direction: Direction
    is_rated: bool
    """Whether people grade it, so that what is missing is a rating."""
    reason: Reason | None = None
    """Why it cannot be measured whatever the actual."""
    base: Fraction | None = None
    sigma: Fraction | None = None
    high: Fraction | None = None
    low: Fraction | None = None
    target: Fraction | None = None
    years_before: tuple[MidtermYear, ...] = ()
    """Of midterm: those of t-1 and t-2 that the three-year part takes, not prorated."""
    is_zero: bool = False
    """Whether it scores 0 whatever the actual, and without one: people decided so."""

    def why(self, *, has_actual: bool) -> Reason | None:
        """Return why the line has no score, None where it has one."""
        if has_actual or self.is_zero or self.reason in WHATEVER_THE_ACTUAL:
            return self.reason
        return Reason.NO_RATING if self.is_rated else Reason.NO_ACTUAL

    def shown(self, *, is_measured: bool) -> Shown:
        """Return the figures to show: those of a line that cannot be measured are null, its method the definition's."""
        if not is_measured:
            return Shown(self.defined)
        figures = (self.base, self.sigma, self.high, self.low, self.target)
        return Shown(self.method, *(None if figure is None else decimal_text(figure) for figure in figures))


# Sigma and outliers.


def past_years(past: Mapping[int, Decimal], year: int) -> dict[int, Decimal]:
    """Return those of t-1 to t-5 that there are, the latest first."""
    return {y: past[y] for y in range(year - 1, year - PAST_YEARS - 1, -1) if y in past}


def is_outlier(past: Mapping[int, Decimal], *, year: int, cycle: int) -> bool:
    """Whether a past year may be excluded: all five are there, and without it sigma is at most half (H26; domain.md 3)."""
    years = past_years(past, cycle)
    if len(years) < PAST_YEARS or year not in years:
        return False
    others = [value for y, value in years.items() if y != year]
    return 4 * _variance(others) <= _variance(years.values())


def _scaled(values: Iterable[Decimal]) -> tuple[list[int], int]:
    """Return whole numbers and what each is divided by."""
    ratios = [value.as_integer_ratio() for value in values]
    scale = lcm(*(below for _, below in ratios))
    return [above * (scale // below) for above, below in ratios], scale


def _variance(values: Iterable[Decimal]) -> Fraction:
    """The population variance (divisor n)."""
    whole, scale = _scaled(values)
    n = len(whole)
    return Fraction(n * sum(x * x for x in whole) - sum(whole) ** 2, (n * scale) ** 2)


def _root(square: Fraction) -> Fraction:
    """The square root: exact where it is a fraction, else cut after twenty digits."""
    above, below = square.as_integer_ratio()
    return Fraction(isqrt(above * below * 10 ** (2 * _ROOT_DIGITS)), below * 10**_ROOT_DIGITS)


# The base of deviation and ratio.


class History(NamedTuple):
    """What deviation and ratio take from past years, step by step (for the settlement and for its derivation)."""

    years: dict[int, Decimal]
    """The past years that sigma is of."""
    sigma: Fraction | None
    """None with fewer than three past years."""
    last: Fraction | None
    """Y[t-1], held at two sigmas from Y[t-2] where it is excluded."""
    mean_years: tuple[int, ...]
    mean: Fraction | None
    base: Fraction | None
    """The better of the two, times the coefficient; None without t-1."""


def history(terms: LineTerms) -> History:
    """Return sigma and derived base of a line (contract, "Scores, exactly"; H26)."""
    t = terms.year
    years = past_years(terms.past, t)
    excluded = terms.row.excluded if len(years) == PAST_YEARS and terms.row.excluded in years else None
    kept = {y: value for y, value in years.items() if y != excluded}
    sigma = _root(_variance(kept.values())) if len(kept) >= FEWEST_YEARS else None
    if t - 1 not in years:
        return History(kept, sigma, None, (), None, None)
    last = Fraction(years[t - 1])
    if excluded == t - 1 and sigma is not None:
        edge = Fraction(years[t - 2]) + terms.sign * 2 * sigma
        last = min(last, edge) if terms.direction == Direction.UP else max(last, edge)
    if excluded in {t - 2, t - 3}:
        mean_years = tuple(y for y in range(t - 1, t - 5, -1) if y != excluded)
    else:
        mean_years = tuple(y for y in range(t - 1, t - 4, -1) if y in years)
    mean = (last + sum(Fraction(years[y]) for y in mean_years[1:])) / len(mean_years)
    base = max(last, mean) if terms.direction == Direction.UP else min(last, mean)
    if terms.row.coefficient is not None:
        base *= Fraction(terms.row.coefficient)
    return History(kept, sigma, last, mean_years, mean, base)


SPREADS: Final[Mapping[tuple[MethodName, KpiClass], tuple[int | Fraction, int | Fraction]]] = MappingProxyType(
    {
        (MethodName.DEVIATION, KpiClass.MAIN): (2, 2),
        (MethodName.DEVIATION, KpiClass.MANAGEMENT): (1, 2),
        (MethodName.RATIO, KpiClass.MAIN): (Fraction(1, 5), Fraction(1, 5)),
        (MethodName.RATIO, KpiClass.MANAGEMENT): (Fraction(1, 10), Fraction(1, 5)),
    }
)
"""How many sigmas (deviation) or bases (ratio) the high lies on the better side of the base, and the low on the worse."""


def _by_history(terms: LineTerms) -> Reference | Reason:
    """Deviation and ratio."""
    past = history(terms)
    base = past.base if terms.row.base is None else Fraction(terms.row.base)
    high, low, method = _given(terms.row.high), _given(terms.row.low), terms.name
    if high is None or low is None:
        if base is None:
            return Reason.NO_BASE
        if method == MethodName.DEVIATION and not past.sigma:
            method = MethodName.RATIO
        step = past.sigma if method == MethodName.DEVIATION and past.sigma else base
        better, worse = SPREADS[method, terms.kpi_class]
        high = _held(base + terms.sign * better * step, terms.method.bounds) if high is None else high
        low = _held(base - terms.sign * worse * step, terms.method.bounds) if low is None else low
    if (high - low) * terms.sign <= 0:
        return Reason.NO_SPREAD
    return _reference(terms, method=method, base=base, sigma=past.sigma, high=high, low=low)


def _given(figure: Decimal | None) -> Fraction | None:
    return None if figure is None else Fraction(figure)


def _held(figure: Fraction, bounds: Bounds) -> Fraction:
    """Hold a derived figure within the KPI's bounds (H26: below 0, above 100 % of a rate cannot be)."""
    if bounds.min is not None:
        figure = max(figure, Fraction(bounds.min))
    return figure if bounds.max is None else min(figure, Fraction(bounds.max))


# The other methods.


def _towards_target(terms: LineTerms) -> Reference | Reason:
    """Target and milestone; a milestone line's own target goes before the interpolated one."""
    target = _given(terms.row.target)
    if target is None and terms.name == MethodName.MILESTONE:
        target = milestone_target(terms.method.targets, terms.year)
    return _reference(terms, target=target) if target else Reason.NO_TARGET


def milestone_target(targets: tuple[Target, ...], year: int) -> Fraction | None:
    """The target of a year: named, between two named ones on the line that joins them, else the nearest named one's; None where none is named."""
    before = max((one for one in targets if one.year <= year), key=_year, default=None)
    after = min((one for one in targets if one.year >= year), key=_year, default=None)
    if before is None or after is None:
        nearest = before or after
        return None if nearest is None else Fraction(nearest.value)
    first, last = Fraction(before.value), Fraction(after.value)
    return first if before == after else first + (last - first) * Fraction(year - before.year, after.year - before.year)


def _year(target: Target) -> int:
    return target.year


def midterm_year(terms: LineTerms, year: int) -> MidtermYear:
    """Return one year of a mid-term path (H26): its base and step, from the line or from what was reached before it."""
    start, goal = terms.method.start, terms.method.goal
    if start is None or goal is None:
        msg = "midterm has a start and a goal"
        raise ValueError(msg)
    aim = Fraction(goal.value)
    alpha = (aim - Fraction(start.value)) / (goal.year - start.year)
    line = base = Fraction(start.value) + alpha * (year - 1 - start.year)
    reached = terms.past.get(year - 1)
    sign = terms.sign
    if reached is not None and sign * line < sign * Fraction(reached) < sign * aim:
        base = Fraction(reached)
        alpha = (aim - base) / (goal.year - year + 1)
    own = terms.past.get(year) if year < terms.year else None
    return MidtermYear(year, line, base, alpha, _given(own))


def _midterm(terms: LineTerms) -> Reference | Reason:
    start, goal = terms.method.start, terms.method.goal
    if start is None or goal is None or not start.year < terms.year <= goal.year:
        return Reason.OUTSIDE_YEARS
    now = midterm_year(terms, terms.year)
    if now.alpha * terms.sign <= 0:
        return Reason.NO_SPREAD
    two_before = (terms.year - 1, terms.year - 2)
    before = tuple(midterm_year(terms, y) for y in two_before if y > start.year and y in terms.past)
    return _reference(terms, base=now.base, high=now.high, low=now.low, years_before=before)


def _trend(terms: LineTerms) -> Reference | Reason:
    """Regress past years, and hold the actual against the value expected and its standard error (H26).

    In whole numbers: with D the n-fold sums of squares, S² = (DyDx - Dxy²)((n+1)Dx + (nX-Σx)²) / ((n-2)(nDx)²).
    """
    years = past_years(terms.past, terms.year)
    n = len(years)
    if n < FEWEST_YEARS:
        return Reason.TOO_FEW_YEARS
    y, scale = _scaled(years.values())
    x = [year - terms.year for year in years]  # so that Xp is 0
    sx, sy = sum(x), sum(y)
    dx = n * sum(a * a for a in x) - sx * sx
    dy = n * sum(b * b for b in y) - sy * sy
    dxy = n * sum(a * b for a, b in zip(x, y, strict=True)) - sx * sy
    expected = Fraction(sy * dx - dxy * sx, n * dx * scale)
    square = Fraction((dy * dx - dxy * dxy) * ((n + 1) * dx + sx * sx), (n - 2) * (n * dx * scale) ** 2)
    return _expected(terms, expected, _root(square))


def _beta(terms: LineTerms) -> Reference | Reason:
    """Expect (best + 4 last + worst)/6 of past years, with a sixth of what lies between (PERT; domain.md 3)."""
    years = past_years(terms.past, terms.year)
    if len(years) < FEWEST_YEARS:
        return Reason.TOO_FEW_YEARS
    most, least = Fraction(max(years.values())), Fraction(min(years.values()))
    last = Fraction(next(iter(years.values())))
    return _expected(terms, (most + 4 * last + least) / 6, (most - least) / 6)


def _expected(terms: LineTerms, expected: Fraction, error: Fraction) -> Reference | Reason:
    return _reference(terms, base=expected, sigma=error) if error else Reason.NO_SPREAD


def _qualitative(terms: LineTerms) -> Reference | Reason:
    return _reference(terms)


REFERENCES: Final[Mapping[MethodName, Callable[[LineTerms], Reference | Reason]]] = MappingProxyType(
    {
        MethodName.DEVIATION: _by_history,
        MethodName.RATIO: _by_history,
        MethodName.TARGET: _towards_target,
        MethodName.MILESTONE: _towards_target,
        MethodName.MIDTERM: _midterm,
        MethodName.TREND: _trend,
        MethodName.BETA: _beta,
        MethodName.QUALITATIVE: _qualitative,
    }
)
"""How each method resolves a line's reference."""


def resolve_reference(terms: LineTerms) -> Reference:
    """A line's reference: everything about its score but the actual.

    Proration: of what grows with days, base, sigma, high, low and target are multiplied by d/D, those that the scorecard gives too; without a
    day present such a line is not measurable (contract, "Scores, exactly").
    """
    if not terms.present and terms.aggregate in GROWS_WITH_DAYS:
        reference: Reference | Reason = Reason.NOT_PRESENT
    else:
        reference = REFERENCES[terms.name](terms)
    if isinstance(reference, Reference):
        return reference
    return Reference(
        defined=terms.name, method=terms.name, direction=terms.direction, is_rated=_is_rated(terms), reason=reference
    )


def _is_rated(terms: LineTerms) -> bool:
    return terms.name == MethodName.QUALITATIVE or terms.aggregate == Aggregate.RATING


def _reference(
    terms: LineTerms,
    *,
    method: MethodName | None = None,
    base: Fraction | None = None,
    sigma: Fraction | None = None,
    high: Fraction | None = None,
    low: Fraction | None = None,
    target: Fraction | None = None,
    years_before: tuple[MidtermYear, ...] = (),
) -> Reference:
    """Put a measurable line together, prorated."""
    figures = [base, sigma, high, low, target]
    if terms.present != 1 and terms.aggregate in GROWS_WITH_DAYS:
        figures = [None if figure is None else figure * terms.present for figure in figures]
    base, sigma, high, low, target = figures
    return Reference(
        defined=terms.name,
        method=terms.name if method is None else method,
        direction=terms.direction,
        is_rated=_is_rated(terms),
        base=base,
        sigma=sigma,
        high=high,
        low=low,
        target=target,
        years_before=years_before,
    )

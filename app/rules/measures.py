"""From totals to actuals: what a KPI measures of a node, per aggregate (contract, "KPI definitions"; domain.md 3).

A total is whole numbers only: shares in 1e-4, dollars and millionths, members that were told apart. An actual is derived
from it exactly, for display, and as two floats (the number and what the first float leaves of it), for scoring thousands of
lines at once. Not every measure adds up. The mean of a region is not the mean of its offices' means,
and a buyer met by two offices is one buyer above them: see :data:`ADDS_UP`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from app.rules.kpis import PRORATED_AGGREGATES, Measure

__all__ = [
    "ADDS_UP",
    "GRADE_POINTS",
    "GROWS_WITH_DAYS",
    "OF_TOTALS",
    "Actuals",
    "Aggregate",
    "BoolArray",
    "Entered",
    "FloatArray",
    "IntArray",
    "Measuring",
    "Total",
    "Totals",
    "actual",
    "decimal_text",
    "exact_decimal",
    "rating",
    "split",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

SHARES: Final = 10_000
"""A share has at most four decimals (contract, "Activities"), so it is a whole number of these."""

MICROS: Final = 1_000_000
"""Shares of 1e-4 of amounts in cents are whole numbers of 1e-6 dollars."""

PLACES: Final = 12
"""Decimals of a measured value that does not end (the contract asks for six or more)."""


class Aggregate(StrEnum):
    """How contributions become one actual."""

    COUNT = "count"
    SUM = "sum"
    DISTINCT = "distinct"
    MEAN = "mean"
    RATIO = "ratio"
    GIVEN = "given"
    RATING = "rating"


ADDS_UP: Final[Mapping[Aggregate, bool]] = MappingProxyType(
    {
        Aggregate.COUNT: True,
        Aggregate.SUM: True,
        Aggregate.DISTINCT: False,  # the same buyer may stand in both parts
        Aggregate.MEAN: False,  # its two sums add up, it does not
        Aggregate.RATIO: False,  # its numerator and denominator may
        Aggregate.GIVEN: False,  # each node's own figure
        Aggregate.RATING: False,
    }
)
"""Whether the actual of a whole is the sum of the actuals of its parts (domain.md 3)."""

GROWS_WITH_DAYS: Final = frozenset(Aggregate(name) for name in PRORATED_AGGREGATES)
"""What there is more of in more days: these are prorated, and projected, and are 0 without any activity."""

GRADE_POINTS: Final[Mapping[str, int]] = MappingProxyType(
    {"A+": 100, "A0": 90, "B+": 80, "B0": 70, "C": 60, "D+": 50, "D0": 40, "E+": 30, "E0": 20}
)
"""The nine grades of a qualitative KPI (H26; domain.md 3)."""


class Total(NamedTuple):
    """What one node has of one slice of the activities, on one verification level."""

    shares_1e4: int = 0
    valued_shares_1e4: int = 0
    """Shares of the activities that have an amount."""
    dollars: int = 0
    micros: int = 0
    """Millionths of a dollar beside the whole dollars; may exceed a million."""
    members: int = 0
    """Different buyers, or companies."""


class Totals(NamedTuple):
    """The totals of many lines, an array for each member of :class:`Total`."""

    shares_1e4: IntArray
    valued_shares_1e4: IntArray
    dollars: IntArray
    micros: IntArray
    members: IntArray

    @classmethod
    def of(cls, totals: Sequence[Total]) -> Self:
        """Stand totals side by side."""
        columns = np.array(totals, dtype=np.int64).reshape(len(totals), len(Total._fields)).T
        return cls(*columns)


# The exact figures, one at a time.


def _count(total: Total) -> Fraction:
    return Fraction(total.shares_1e4, SHARES)


def _sum(total: Total) -> Fraction:
    return Fraction(total.dollars * MICROS + total.micros, MICROS)


def _distinct(total: Total) -> Fraction:
    return Fraction(total.members)


def _mean(total: Total) -> Fraction | None:
    if total.valued_shares_1e4 == 0:
        return None
    return _sum(total) * SHARES / total.valued_shares_1e4


OF_TOTALS: Final[Mapping[Aggregate, Callable[[Total], Fraction | None]]] = MappingProxyType(
    {Aggregate.COUNT: _count, Aggregate.SUM: _sum, Aggregate.DISTINCT: _distinct, Aggregate.MEAN: _mean}
)
"""The aggregates that are read from one total; the others are made of two (ratio) or entered by people (given, rating)."""


def actual(
    measure: Measure, total_of: Callable[[Measure], Total], *, entered: Fraction | Decimal | None = None
) -> Fraction | None:
    """Return a node's exact actual, None where there is none (a mean of nothing, a ratio over 0, a figure not entered).

    No activity at all is 0 for count, sum and distinct: *zero* and *missing* are two things (domain.md 3).

    Args:
        measure: what the KPI measures.
        total_of: the node's total of a measure that looks at activities, on the level that counts.
        entered: what people entered of a ``given`` or ``rating`` KPI.
    """
    if measure.numerator is not None and measure.denominator is not None:
        above, below = actual(measure.numerator, total_of), actual(measure.denominator, total_of)
        return above / below if above is not None and below else None
    of_total = OF_TOTALS.get(Aggregate(measure.aggregate))
    if of_total is not None:
        return of_total(total_of(measure))
    return None if entered is None else Fraction(entered)


def rating(grades: Iterable[str]) -> Fraction | None:
    """Return the mean points of several raters' grades (``A+`` … ``E0``), None without any."""
    points = [GRADE_POINTS[grade] for grade in grades]
    return Fraction(sum(points), len(points)) if points else None


def decimal_text(value: Fraction | Decimal | int) -> str:
    """Write a measured value as a plain decimal string: exact where it ends within twelve decimals, else rounded half-even."""
    numerator, denominator = value.as_integer_ratio()
    whole, left = divmod(numerator * 10**PLACES, denominator)
    if left:
        twice = 2 * left
        whole += twice > denominator or (twice == denominator and whole % 2 == 1)
    sign = "-" if whole < 0 else ""
    digits = str(abs(whole)).rjust(PLACES + 1, "0")
    decimals = digits[-PLACES:].rstrip("0")
    return f"{sign}{digits[:-PLACES]}{'.' if decimals else ''}{decimals}"


def exact_decimal(value: Fraction) -> Decimal:
    """A measured value as it is written everywhere (:func:`decimal_text`), as a number."""
    return Decimal(decimal_text(value))


# The same for many lines at once.


class Actuals(NamedTuple):
    """Actuals as floats, NaN where there is none, with what the first float could not hold.

    ``value + rest`` is the actual. A sum of ten billion dollars held against a high and a low that are a cent apart needs
    more digits than one float has, and the second costs one subtraction.
    """

    value: FloatArray
    rest: FloatArray

    @classmethod
    def of(cls, exact: Sequence[Fraction | Decimal | None]) -> Self:
        """Return exact actuals as pairs of floats."""
        pairs = np.full((2, len(exact)), np.nan)
        for at, value in enumerate(exact):
            if value is not None:
                pairs[:, at] = split(value)
        return cls(*pairs)

    def take(self, index: IntArray) -> Self:
        """Return those of some lines."""
        return type(self)(self.value[index], self.rest[index])


def split(value: Fraction | Decimal) -> tuple[float, float]:
    """Return the nearest float, and the nearest one to what it leaves."""
    numerator, denominator = value.as_integer_ratio()
    nearest = numerator / denominator
    above, below = nearest.as_integer_ratio()
    left = numerator * below - above * denominator
    return nearest, left / (denominator * below) if left else 0.0


def _no_rest(values: FloatArray) -> Actuals:
    return Actuals(values, np.zeros_like(values))


def _counts(totals: Totals, at: IntArray) -> Actuals:
    return _no_rest(totals.shares_1e4[at] / SHARES)


def _sums(totals: Totals, at: IntArray) -> Actuals:
    return Actuals(totals.dollars[at].astype(np.float64), totals.micros[at] / MICROS)


def _members(totals: Totals, at: IntArray) -> Actuals:
    return _no_rest(totals.members[at].astype(np.float64))


def _means(totals: Totals, at: IntArray) -> Actuals:
    valued = totals.valued_shares_1e4[at]
    shares = np.where(valued == 0, np.nan, valued / SHARES)
    sums = _sums(totals, at)
    return _no_rest((sums.value + sums.rest) / shares)


_OF_MANY: Final[Mapping[Aggregate, Callable[[Totals, IntArray], Actuals]]] = MappingProxyType(
    {Aggregate.COUNT: _counts, Aggregate.SUM: _sums, Aggregate.DISTINCT: _members, Aggregate.MEAN: _means}
)


class Measuring(NamedTuple):
    """How the actual of each of many lines is read from its totals; made once, used at every pass."""

    size: int
    upper: tuple[tuple[Aggregate, IntArray], ...]
    """The lines read from a total, by aggregate; of a ratio, its numerator."""
    lower: tuple[tuple[Aggregate, IntArray], ...]
    """The denominators of the ratios, by aggregate: places in ``ratios``."""
    ratios: IntArray
    """The lines of ratios, in order."""

    @classmethod
    def of(cls, measures: Sequence[Measure]) -> Self:
        """Plan the reading of lines, a measure each."""
        ratios = [at for at, measure in enumerate(measures) if measure.denominator is not None]
        return cls(
            len(measures),
            _by_aggregate([measure.numerator or measure for measure in measures]),
            _by_aggregate([measures[at].denominator for at in ratios]),
            np.array(ratios, dtype=np.int64),
        )

    def actuals(self, upper: Totals, lower: Totals, entered: Entered | None = None) -> Actuals:
        """Return the actual of every line.

        Args:
            upper: each line's total (of a ratio, its numerator's); what stands at other lines is not looked at.
            lower: the denominator's total of each of ``ratios``.
            entered: the actuals of the lines that people enter (given, rating).
        """
        value, rest = np.full((2, self.size), np.nan)
        for aggregate, at in self.upper:
            value[at], rest[at] = _OF_MANY[aggregate](upper, at)
        for aggregate, at in self.lower:
            below = _OF_MANY[aggregate](lower, at)
            divisor = below.value + below.rest
            lines = self.ratios[at]
            value[lines] = (value[lines] + rest[lines]) / np.where(divisor == 0, np.nan, divisor)
            rest[lines] = 0
        if entered is not None:
            value[entered.at], rest[entered.at] = entered.actuals
        return Actuals(value, rest)


class Entered(NamedTuple):
    """The actuals of those of many lines that people entered, and where they stand among the lines."""

    at: IntArray
    actuals: Actuals

    @classmethod
    def of(cls, exact: Sequence[Fraction | Decimal | None]) -> Self:
        """Keep those that there are."""
        return cls.at_places({place: value for place, value in enumerate(exact) if value is not None})

    @classmethod
    def at_places(cls, exact: Mapping[int, Fraction | Decimal]) -> Self:
        """Keep these, by where they stand."""
        return cls(np.fromiter(exact, dtype=np.int64, count=len(exact)), Actuals.of(list(exact.values())))

    def under(self, later: Self) -> Self:
        """Return these with others in place of those that stand where they stand."""
        kept = np.flatnonzero(~np.isin(self.at, later.at))
        pairs = zip(self.actuals.take(kept), later.actuals, strict=True)
        return type(self)(np.concatenate((self.at[kept], later.at)), Actuals(*(np.concatenate(pair) for pair in pairs)))


def _by_aggregate(measures: Sequence[Measure | None]) -> tuple[tuple[Aggregate, IntArray], ...]:
    places: dict[Aggregate, list[int]] = {aggregate: [] for aggregate in _OF_MANY}
    for at, measure in enumerate(measures):
        if measure is not None and measure.aggregate in places:
            places[Aggregate(measure.aggregate)].append(at)
    return tuple((aggregate, np.array(at, dtype=np.int64)) for aggregate, at in places.items() if at)

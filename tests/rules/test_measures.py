"""From totals to actuals, exactly and in bulk."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.kpis import AGGREGATES, Measure
from app.rules.measures import (
    ADDS_UP,
    GRADE_POINTS,
    Aggregate,
    Entered,
    Measuring,
    Total,
    Totals,
    actual,
    decimal_text,
    rating,
    split,
)

totals = st.builds(
    Total,
    shares_1e4=st.integers(0, 10**10),
    valued_shares_1e4=st.integers(0, 10**10),
    dollars=st.integers(0, 10**14),
    micros=st.integers(0, 10**9),
    members=st.integers(0, 10**6),
)


def of(aggregate: str) -> Measure:
    return Measure(aggregate=aggregate, activity="export_deal")


def ratio_of(above: str, below: str) -> Measure:
    return Measure(aggregate="ratio", numerator=of(above), denominator=of(below))


HALF_OF_TWO_DEALS = Total(shares_1e4=15_000, valued_shares_1e4=5_000, dollars=62_500, micros=250_000, members=2)
NOTHING = Total()


@pytest.mark.parametrize(
    ("aggregate", "total", "expected"),
    [
        ("count", HALF_OF_TWO_DEALS, "1.5"),
        ("sum", HALF_OF_TWO_DEALS, "62500.25"),
        ("distinct", HALF_OF_TWO_DEALS, "2"),
        ("mean", HALF_OF_TWO_DEALS, "125000.5"),
        ("count", NOTHING, "0"),
        ("sum", NOTHING, "0"),
        ("distinct", NOTHING, "0"),
        ("mean", NOTHING, None),
        ("mean", Total(shares_1e4=10_000), None),
    ],
)
def test_an_actual_is_read_from_whole_numbers(aggregate, total, expected):
    """Nothing at all is 0 for what is counted and summed; the mean of nothing is missing (contract, "Which events count")."""
    found = actual(of(aggregate), lambda _: total)

    assert expected == (None if found is None else decimal_text(found))


@pytest.mark.parametrize(
    ("above", "below", "expected"),
    [
        (Total(shares_1e4=5_000), Total(shares_1e4=15_000), "0.333333333333"),
        (NOTHING, Total(shares_1e4=15_000), "0"),
        (Total(shares_1e4=5_000), NOTHING, None),
        (NOTHING, NOTHING, None),
    ],
)
def test_a_ratio_divides_two_measures_and_has_none_over_nothing(above, below, expected):
    """Consult-to-deal conversion: without consults there is no rate, not a rate of 0."""
    measure = ratio_of("count", "count")

    found = actual(measure, lambda part: above if part is measure.numerator else below)

    assert expected == (None if found is None else decimal_text(found))


def test_a_ratio_of_a_mean_of_nothing_is_missing():
    assert actual(ratio_of("mean", "count"), lambda _: Total(shares_1e4=10_000)) is None


def test_what_people_enter_is_taken_as_it_is():
    given_by_hand = Measure(aggregate="given")

    assert actual(given_by_hand, lambda _: NOTHING, entered=Decimal("92.0471")) == Fraction(920471, 10_000)
    assert actual(given_by_hand, lambda _: NOTHING) is None


def test_a_rating_is_the_mean_of_the_graders_points():
    """A+ 100, A0 90 … E0 20 (domain.md 3)."""
    assert [GRADE_POINTS[grade] for grade in ["A+", "A0", "B+", "B0", "C", "D+", "D0", "E+", "E0"]] == list(
        range(100, 10, -10)
    )
    assert rating(["A+", "E0", "C"]) == 60
    assert rating(["A0", "B+"]) == 85
    assert rating([]) is None


@given(totals, totals)
def test_only_counts_and_sums_add_up(one, other):
    """A whole's count and sum are those of its parts together; for the rest no such rule holds (domain.md 3)."""
    both = Total(*(a + b for a, b in zip(one, other, strict=True)))

    for aggregate in ("count", "sum"):
        assert actual(of(aggregate), lambda _: both) == sum(
            actual(of(aggregate), lambda _, t=t: t) for t in (one, other)
        )
    assert {aggregate for aggregate, adds in ADDS_UP.items() if adds} == {"count", "sum"}


def test_every_aggregate_says_whether_it_adds_up():
    assert set(ADDS_UP) == set(Aggregate) == set(AGGREGATES)


MEASURES = [
    *(of(one) for one in ("count", "sum", "distinct", "mean")),
    ratio_of("sum", "count"),
    ratio_of("mean", "distinct"),
]


@given(st.lists(st.tuples(st.sampled_from(MEASURES), totals, totals), min_size=1, max_size=20))
def test_many_lines_at_once_agree_with_each_line_exactly(lines):
    """The array path is the exact one to the last digits of a float."""
    measures, uppers, lowers = zip(*lines, strict=True)

    measuring = Measuring.of(measures)
    found = measuring.actuals(Totals.of(uppers), Totals.of([lowers[at] for at in measuring.ratios.tolist()]))

    for at, (measure, upper, lower) in enumerate(lines):
        exact = actual(measure, lambda part, m=measure, u=upper, low=lower: low if part is m.denominator else u)
        if exact is None:
            assert np.isnan(found.value[at])
        else:
            assert found.value[at] + found.rest[at] == pytest.approx(float(exact), rel=1e-14)


def test_entered_figures_stand_beside_measured_ones():
    measures = [of("count"), Measure(aggregate="given"), Measure(aggregate="given")]
    one = Totals.of([Total(shares_1e4=25_000)] * 3)

    found = Measuring.of(measures).actuals(one, one, Entered.of([None, Decimal("7.25"), None]))

    assert found.value[:2].tolist() == [2.5, 7.25]
    assert np.isnan(found.value[2])


@given(st.fractions(max_denominator=10**12).map(lambda x: x * 10**8))
def test_two_floats_hold_thirty_digits(value):
    """A narrow span far from zero keeps its decimals."""
    nearest, rest = split(value)

    assert abs(Fraction(nearest) + Fraction(rest) - value) <= abs(value) / 10**30


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("1250000.00"), "1250000"),
        (Decimal("0.4601"), "0.4601"),
        (Decimal("1E+6"), "1000000"),
        (Decimal("-0.5"), "-0.5"),
        (Fraction(1, 3), "0.333333333333"),
        (Fraction(-2, 3), "-0.666666666667"),
        (Fraction(5, 2 * 10**12), "0.000000000002"),
        (Fraction(7, 2 * 10**12), "0.000000000004"),
        (Fraction(-1, 10**13), "0"),
        (0, "0"),
    ],
)
def test_a_measured_value_is_written_as_a_plain_decimal(value, expected):
    """Exact where it ends, else to twelve decimals, half to even; never with an exponent."""
    assert decimal_text(value) == expected


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_a_value_that_ends_is_written_exactly(value):
    assert Decimal(decimal_text(value)) == value

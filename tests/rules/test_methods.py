"""From actuals to scores: the worked figures of domain.md 3, and the float path against fractions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.rules.baseline import LineTerms, MethodName, Overrides, Reason, Reference, resolve_reference
from app.rules.kpis import METHOD_NAMES, Method, Target
from app.rules.measures import Actuals
from app.rules.methods import METHODS, Lines, percent_of, reasons, score
from app.rules.terms import Direction, KpiClass

UP, DOWN = Direction.UP, Direction.DOWN
MAIN, MANAGEMENT = KpiClass.MAIN, KpiClass.MANAGEMENT
YEAR = 2026
WORKED = "100 110 120 115 130"
VISITS = Method(name="midterm", start=Target(2023, Decimal(40)), goal=Target(2028, Decimal(90)))
ERRORS = Method(name="midterm", start=Target(2023, Decimal(90)), goal=Target(2028, Decimal(40)))


def line(method: str | Method, values: str = "", **more: object) -> Reference:
    years = {YEAR - back: Decimal(value) for back, value in enumerate(reversed(values.split()), 1) if value != "-"}
    chosen = Method(name=method) if isinstance(method, str) else method
    return resolve_reference(LineTerms(**{"year": YEAR, "method": chosen, "aggregate": "given", "past": years, **more}))


def score_of(settled: Reference, actual: object) -> float:
    values = Actuals.of([None if actual is None else Fraction(str(actual))])
    return float(score(Lines.of([settled]), values.value, rest=values.rest)[0])


@pytest.mark.parametrize(
    ("method", "kpi_class", "actual", "expected"),
    [
        ("deviation", MAIN, 100, 20),
        ("deviation", MAIN, 120, 40),
        ("deviation", MAIN, 130, 60),
        ("deviation", MAIN, 135, 70),
        ("deviation", MAIN, 150, 100),
        ("deviation", MAIN, 10**9, 100),
        ("deviation", MAIN, -(10**9), 20),
        ("deviation", MANAGEMENT, 120, 46.6666667),
        ("deviation", MANAGEMENT, 130, 73.3333333),
        ("deviation", MANAGEMENT, 135, 86.6666667),
        ("ratio", MAIN, 135, 67.6923077),
    ],
)
def test_worked_figures(method, kpi_class, actual, expected):
    """History 100, 110, 120, 115, 130: base 130, sigma 10 (domain.md 3)."""
    assert score_of(line(method, WORKED, kpi_class=kpi_class), actual) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("direction", "target", "actual", "expected"),
    [
        (UP, 80, 60, 80),
        (UP, 80, 80, 100),
        (UP, 80, 200, 100),
        (UP, 80, 0, 20),
        (UP, 80, -5, 20),
        (DOWN, 30, 60, 60),
        (DOWN, 30, 30, 100),
        (DOWN, 30, 15, 100),
        (DOWN, 30, 0, 100),
        (DOWN, 30, -1, 100),
        (DOWN, 30, "0.000001", 100),
        (DOWN, 30, 10**9, 20.0000024),
    ],
)
def test_a_target_is_a_share_or_its_inverse(direction, target, actual, expected):
    """20 + 80 × actual/target; lower-is-better 20 + 80 × target/actual, 100 for an actual of 0 or less."""
    settled = line("target", row=Overrides(target=Decimal(target)), direction=direction)

    assert score_of(settled, actual) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("method", "direction", "values", "actual", "expected"),
    [
        # Without past years both parts are this year's.
        (VISITS, UP, "", 60, 60),
        (VISITS, UP, "", 90, 100),
        (VISITS, UP, "", 30, 20),
        # Base 60, 40 to 80. 2024: base 40, 20 to 60; 2025: base 50, 30 to 70. Mean actual 50 of 30 to 70: half.
        (VISITS, UP, "40 50", 60, 60),
        (VISITS, UP, "40 30", 80, 80),
        # 1/4 and (36.666… - 30)/40 = 1/6.
        (VISITS, UP, "40 20", 50, 20 + 40 * (1 / 4 + 1 / 6)),
        # The mean is clipped, not each year: 0 and 100 are 50 of 40 to 80 each.
        (VISITS, UP, "0 0", 150, 20 + 40 * (1 + 1 / 2)),
        (ERRORS, DOWN, "90 80", 70, 60),
        (ERRORS, DOWN, "", 50, 100),
    ],
)
def test_midterm_is_half_this_year_and_half_three_years(method, direction, values, actual, expected):
    """20 + 80 (0.5 r_now + 0.5 r_3yr), each r held within 0 and 1 after the means are taken (H26)."""
    assert score_of(line(method, values, direction=direction), actual) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("errors", "percent"),
    [
        (-1.965, 5.556),
        (-1.650, 11.112),
        (-1.179, 22.224),
        (-0.707, 33.336),
        (-0.236, 44.448),
        (0, 50.004),
        (0.236, 55.560),
        (0.707, 66.672),
        (1.179, 77.784),
        (1.650, 88.896),
        (1.965, 94.452),
        (2.1225, 97.230),  # half of the outer band again
        (-2.1225, 2.778),
        (2.5, 100),
        (-2.5, 0),
    ],
)
def test_standard_errors_are_worth_a_percentage(errors, percent):
    """Linear between H26's knots; the outer bands are drawn on, and it stays within 0 and 100."""
    assert percent_of(np.array([errors]))[0] == pytest.approx(percent, abs=1e-9)


@pytest.mark.parametrize(
    ("direction", "actual", "expected"),
    [(UP, 125, 60.0032), (UP, "126.18", 64.448), (DOWN, "126.18", 55.5584), (UP, 200, 100), (DOWN, 200, 20)],
)
def test_beta_looks_at_standard_errors(direction, actual, expected):
    """Expected 125, a standard error is 5; for lower-is-better the sign is flipped."""
    settled = line("beta", "110 - 110 140 125", direction=direction)

    assert score_of(settled, actual) == pytest.approx(expected, abs=1e-6)


def test_a_qualitative_score_is_the_graders_mean():
    settled = line("qualitative", aggregate="rating")

    assert score_of(settled, Fraction(250, 3)) == pytest.approx(83.3333333, abs=1e-6)


def test_not_measurable_is_never_a_number():
    """No actual, or nothing to hold it against: NaN, whatever the other is."""
    assert np.isnan(score_of(line("deviation", WORKED), None))
    assert np.isnan(score_of(line("target", direction=DOWN, row=Overrides(target=Decimal(3))), None))
    assert np.isnan(score_of(line("deviation"), 100))


def test_lines_are_scored_where_they_stand():
    """Of mixed methods, each score and reason is at its own line's place, also of some of the lines taken twice."""
    settled = [
        line("deviation", WORKED),
        line("trend", "1 2"),
        line("target", row=Overrides(target=Decimal(80))),
        line("qualitative", aggregate="rating"),
        line("deviation", WORKED),
        line("qualitative", aggregate="rating"),
    ]
    lines = Lines.of(settled)
    actual = np.array([130, 1, 60, 90, np.nan, np.nan])
    taken = np.array([3, 0, 0, 5])

    assert score(lines, actual).tolist() == pytest.approx([60, np.nan, 80, 90, np.nan, np.nan], nan_ok=True)
    assert reasons(lines, actual) == [
        None,
        Reason.TOO_FEW_YEARS,
        None,
        None,
        Reason.NO_ACTUAL,
        Reason.NO_RATING,
    ]
    assert score(lines.take(taken), actual[taken]).tolist() == pytest.approx([90, 60, 60, np.nan], nan_ok=True)
    assert len(lines.take(taken)) == 4
    assert score(Lines.of([]), np.array([])).size == 0


def test_a_narrow_span_far_from_zero_keeps_its_decimals():
    """Ten billion dollars held against a high and a low that are a cent apart: one float has no room for it."""
    settled = line("ratio", row=Overrides(high=Decimal("10000000000.01"), low=Decimal("10000000000.00")))

    assert score_of(settled, "10000000000.003") == pytest.approx(44, abs=1e-6)


def test_every_method_scores():
    assert set(METHODS) == set(MethodName) == set(METHOD_NAMES)


# The same score in fractions, from the definitions of domain.md 3.

KNOTS = [
    tuple(map(Fraction, pair.split()))
    for pair in [
        "-1.965 5.556",
        "-1.650 11.112",
        "-1.179 22.224",
        "-0.707 33.336",
        "-0.236 44.448",
        "0.236 55.560",
        "0.707 66.672",
        "1.179 77.784",
        "1.650 88.896",
        "1.965 94.452",
    ]
]


def held(value: Fraction, least: int, most: int) -> Fraction:
    return min(max(value, Fraction(least)), Fraction(most))


def exact_percent(z: Fraction) -> Fraction:
    (x0, y0), (x1, y1) = next((pair for pair in pairwise(KNOTS) if z <= pair[1][0]), (KNOTS[-2], KNOTS[-1]))
    return held(y0 + (z - x0) * (y1 - y0) / (x1 - x0), 0, 100)


def exact_score(settled: Reference, actual: Fraction) -> Fraction:
    """One line, one actual, every step as the text says it."""
    up = settled.direction == UP
    if settled.method in {"deviation", "ratio"}:
        return held(20 + 80 * (actual - settled.low) / (settled.high - settled.low), 20, 100)
    if settled.method in {"target", "milestone"}:
        if not up and actual <= 0:
            return Fraction(100)
        return held(20 + 80 * (actual / settled.target if up else settled.target / actual), 20, 100)
    if settled.method in {"trend", "beta"}:
        z = (actual - settled.base) / settled.sigma
        return held(20 + Fraction(8, 10) * exact_percent(z if up else -z), 20, 100)
    if settled.method == "midterm":
        years = [(actual, settled.high, settled.low), *((y.actual, y.high, y.low) for y in settled.years_before)]
        means = [sum(column) / len(years) for column in zip(*years, strict=True)]
        parts = [held((a - low) / (high - low), 0, 1) for a, high, low in (years[0], means)]
        return 20 + 80 * sum(parts) / 2
    return held(actual, 20, 100)


money = st.decimals(1, 10**9, places=2)


@st.composite
def cases(draw):
    """A line of any method with a history of five years, and some actuals near its figures."""
    name = draw(st.sampled_from(METHOD_NAMES))
    direction = draw(st.sampled_from([UP, DOWN]))
    middle = draw(money)
    swing = st.decimals(Decimal("-0.9"), Decimal("0.9"), places=3).map(lambda part: middle * (1 + part))
    first, last = sorted([draw(swing), draw(swing)], reverse=direction == DOWN)
    assume(first != last)
    method = Method(
        name=name,
        start=Target(draw(st.integers(2021, 2025)), first),
        goal=Target(draw(st.integers(2026, 2030)), last),
        targets=(Target(2024, first), Target(2028, last)),
    )
    settled = resolve_reference(
        LineTerms(
            year=YEAR,
            method=method,
            aggregate="rating" if name == "qualitative" else draw(st.sampled_from(["sum", "given"])),
            kpi_class=draw(st.sampled_from(list(KpiClass))),
            direction=direction,
            past={year: draw(swing) for year in range(YEAR - 5, YEAR)},
            row=Overrides(target=draw(swing) if name == "target" else None),
            present=draw(st.fractions(Fraction(1, 365), 1, max_denominator=365)),
        )
    )
    assume(settled.reason is None)
    actuals = draw(st.lists(st.one_of(swing, st.just(Decimal(0)), money), min_size=2, max_size=8))
    return settled, sorted(Fraction(one) for one in actuals)


@given(cases())
def test_the_float_path_equals_fractions(case):
    """To 1e-7, a tenth of what the contract asks."""
    settled, actuals = case
    pairs = Actuals.of(actuals)
    lines = Lines.of([settled] * len(actuals))

    found = score(lines, pairs.value, rest=pairs.rest)

    assert found.tolist() == pytest.approx([float(exact_score(settled, one)) for one in actuals], abs=1e-7)


@given(cases())
def test_scores_lie_within_20_and_100_and_never_fall_as_the_actual_gets_better(case):
    settled, actuals = case
    better = actuals if settled.direction == UP or settled.method == "qualitative" else actuals[::-1]

    found = score(Lines.of([settled] * len(better)), Actuals.of(better).value)

    assert np.all((found >= 20) & (found <= 100))
    assert np.all(np.diff(found) >= -1e-9)


@given(
    st.lists(money, min_size=3, max_size=5),
    st.sampled_from(["deviation", "trend", "beta"]),
    st.sampled_from(list(KpiClass)),
    money,
)
def test_lower_is_better_is_the_mirror(values, name, kpi_class, actual):
    """History and actual negated, direction turned: the same score."""
    assume(len(set(values)) > 1)
    years = dict(zip(range(YEAR - 1, YEAR - 6, -1), values, strict=False))
    up, down = (
        resolve_reference(
            LineTerms(
                year=YEAR,
                method=Method(name=name),
                aggregate="given",
                kpi_class=kpi_class,
                direction=direction,
                past={year: sign * value for year, value in years.items()},
            )
        )
        for direction, sign in ((UP, 1), (DOWN, -1))
    )
    assume(up.reason is None)

    assert score_of(up, actual) == pytest.approx(score_of(down, -actual), abs=1e-9)

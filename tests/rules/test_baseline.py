"""Base, sigma, high, low and target of a line: the worked figures of domain.md 3, and each clause of "Scores, exactly"."""

from __future__ import annotations

import statistics
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.rules.baseline import (
    REFERENCES,
    LineTerms,
    MethodName,
    Overrides,
    Reason,
    history,
    is_outlier,
    midterm_year,
    past_years,
    resolve_reference,
)
from app.rules.kpis import METHOD_NAMES, Bounds, Kpi, KpiVersion, Measure, Method, Target, Translated
from app.rules.measures import decimal_text
from app.rules.terms import CountsFrom, Direction, KpiClass

UP, DOWN = Direction.UP, Direction.DOWN
MAIN, MANAGEMENT = KpiClass.MAIN, KpiClass.MANAGEMENT
YEAR = 2026
WORKED = "100 110 120 115 130"


def past(text: str) -> dict[int, Decimal]:
    """Past actuals, last year's last; ``-`` for a year that is missing."""
    values = text.split()
    years = range(YEAR - len(values), YEAR)
    return {year: Decimal(value) for year, value in zip(years, values, strict=True) if value != "-"}


def row(**figures: str | int) -> Overrides:
    return Overrides(**{name: one if name == "excluded" else Decimal(str(one)) for name, one in figures.items()})


def terms(method: str | Method = "deviation", values: str = "", **more: object) -> LineTerms:
    chosen = Method(name=method) if isinstance(method, str) else method
    return LineTerms(**{"year": YEAR, "method": chosen, "aggregate": "given", "past": past(values), **more})


def figures(line: LineTerms) -> str:
    """``method base sigma high low target`` as shown, without what is null; or the reason."""
    settled = resolve_reference(line)
    if settled.reason:
        return str(settled.reason)
    return " ".join(str(one) for one in settled.shown(is_measured=True) if one is not None)


def parted(text: str) -> tuple[str, list[float]]:
    """The word, and the numbers behind it."""
    word, *numbers = text.split()
    return word, [float(one) for one in numbers]


def close(text: str, expected: str) -> bool:
    """The same word, and numbers within 1e-6."""
    (word, numbers), (word_expected, numbers_expected) = parted(text), parted(expected)
    return word == word_expected and numbers == pytest.approx(numbers_expected, abs=1e-6)


# Deviation and ratio.


@pytest.mark.parametrize(
    ("method", "kpi_class", "direction", "expected"),
    [
        ("deviation", MAIN, UP, "deviation 130 10 150 110"),
        ("deviation", MANAGEMENT, UP, "deviation 130 10 140 110"),
        ("deviation", MAIN, DOWN, "deviation 121.666666666667 10 101.666666666667 141.666666666667"),
        ("deviation", MANAGEMENT, DOWN, "deviation 121.666666666667 10 111.666666666667 141.666666666667"),
        ("ratio", MAIN, UP, "ratio 130 10 156 104"),
        ("ratio", MANAGEMENT, UP, "ratio 130 10 143 104"),
        ("ratio", MAIN, DOWN, "ratio 121.666666666667 10 97.333333333333 146"),
        ("ratio", MANAGEMENT, DOWN, "ratio 121.666666666667 10 109.5 146"),
    ],
)
def test_highs_and_lows_go_by_method_class_and_direction(method, kpi_class, direction, expected):
    """The worked figures of domain.md 3: history 100, 110, 120, 115, 130 has base 130 and sigma 10."""
    assert figures(terms(method, WORKED, kpi_class=kpi_class, direction=direction)) == expected


@pytest.mark.parametrize(
    ("values", "direction", "expected"),
    [
        ("100 110 120 115 130", UP, "130"),  # last year is better than the mean of three
        ("100 110 120 130 115", UP, "121.666666666667"),
        ("100 110 120 130 115", DOWN, "115"),
        ("100 110 120 115 130", DOWN, "121.666666666667"),
        ("130 - 100", UP, "115"),  # the mean is of the years that there are
        ("999 130 - - 100", UP, "100"),  # t-4 and t-5 are not of the three
        ("100", UP, "100"),
    ],
)
def test_the_base_is_the_better_of_last_year_and_the_mean_of_three(values, direction, expected):
    assert decimal_text(history(terms("ratio", values, direction=direction)).base) == expected


@pytest.mark.parametrize("values", ["", "100 110 120 115 -", "100 -"])
def test_without_last_year_there_is_no_base(values):
    """The mean alone is none (contract, "Scores, exactly")."""
    assert history(terms("ratio", values)).base is None
    assert figures(terms("ratio", values)) == figures(terms("deviation", values)) == "no_base"


@pytest.mark.parametrize(
    ("method", "values", "given_", "expected"),
    [
        ("ratio", "- - 100", row(coefficient="0.9"), "ratio 90 108 72"),
        ("deviation", WORKED, row(coefficient="1.2"), "deviation 156 10 176 136"),
        ("ratio", "- - 100", row(base=50, coefficient="0.9"), "ratio 50 60 40"),
        ("ratio", "", row(base=50), "ratio 50 60 40"),
        ("deviation", "100 110 120 115 -", row(base=100), "deviation 100 7.39509973 114.79019946 85.20980054"),
        ("deviation", WORKED, row(high=140), "deviation 130 10 140 110"),
        ("deviation", WORKED, row(low=100), "deviation 130 10 150 100"),
        ("deviation", "", row(high=140, low=100), "deviation 140 100"),
        ("ratio", "", row(high=140, low=100), "ratio 140 100"),
        ("deviation", "100 -", row(high=140, low=100), "deviation 140 100"),
        ("deviation", "", row(high=140), "no_base"),
        ("deviation", "", row(low=100), "no_base"),
        ("deviation", "- - 100", row(high=150), "ratio 100 150 80"),
        ("deviation", "- - 100", row(high=150, low=50), "deviation 100 150 50"),
        ("deviation", WORKED, row(low=150), "no_spread"),
        ("deviation", WORKED, row(high=110), "no_spread"),
        ("deviation", WORKED, row(high=110, low=110), "no_spread"),
    ],
)
def test_given_figures_replace_derived_ones(method, values, given_, expected):
    """The coefficient does not touch them, and with high and low given no base is needed."""
    assert close(figures(terms(method, values, row=given_)), expected)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("- - - 100 130", "ratio 130 156 104"),
        ("- - 120 115 130", "deviation 130 6.236095645 142.472191289 117.527808711"),
        ("- - - - 130", "ratio 130 156 104"),
        ("130 130 130 130 130", "ratio 130 0 156 104"),
        ("- - 130 130 130", "ratio 130 0 156 104"),
        ("0 0 0 0 0", "no_spread"),  # ratio of a base of 0 has no width either
        ("- - - 0 0", "no_spread"),
    ],
)
def test_deviation_becomes_ratio_where_sigma_says_nothing(values, expected):
    """Fewer than three past years, or sigma = 0: fall back to ratio and say so (domain.md 3)."""
    assert close(figures(terms("deviation", values)), expected)
    assert resolve_reference(terms("deviation", values)).defined == MethodName.DEVIATION


@pytest.mark.parametrize(
    ("bounds", "given_", "expected"),
    [
        (Bounds(max=Decimal(145)), Overrides(), "deviation 130 10 145 110"),
        (Bounds(min=Decimal(115)), Overrides(), "deviation 130 10 150 115"),
        (Bounds(min=Decimal(0), max=Decimal(100)), Overrides(), "no_spread"),  # both held at 100
        (Bounds(min=Decimal(0), max=Decimal(100)), row(high=200), "deviation 130 10 200 100"),
        (Bounds(min=Decimal(120), max=Decimal(140)), row(base=200, low=1), "deviation 200 10 140 1"),
    ],
)
def test_derived_highs_and_lows_are_held_within_bounds(bounds, given_, expected):
    """Below 0 or above 100 % of a rate cannot be; a figure that people gave, and the base, are not held (H26)."""
    assert figures(terms(Method(name="deviation", bounds=bounds), WORKED, row=given_)) == expected


@given(st.lists(st.decimals(-(10**9), 10**9, places=4), min_size=3, max_size=5))
def test_sigma_is_the_population_standard_deviation(values):
    """Divisor n, to twenty digits; an exact 0 stays one."""
    years = dict(zip(range(YEAR - 1, YEAR - 6, -1), values, strict=False))
    variance = statistics.pvariance([Fraction(value) for value in values])

    sigma = history(LineTerms(year=YEAR, method=Method(name="deviation"), aggregate="given", past=years)).sigma

    assert abs(sigma * sigma - variance) <= variance / 10**19
    assert (sigma == 0) == (len(set(values)) == 1)


def test_only_five_past_years_are_looked_at():
    """What lies before t-5, and the cycle's own year, is not past."""
    older = past(WORKED) | {YEAR - 6: Decimal(10**6), YEAR: Decimal(10**6)}

    assert past_years(older, YEAR) == past(WORKED)
    assert resolve_reference(terms("deviation", past=older)) == resolve_reference(terms("deviation", WORKED))


# Outliers.


@pytest.mark.parametrize(
    ("values", "year", "expected"),
    [
        ("100 101 99 100 200", YEAR - 1, True),
        ("100 101 99 100 200", YEAR - 2, False),
        ("200 101 99 100 100", YEAR - 5, True),
        ("100 101 99 100 200", YEAR - 6, False),
        ("100 101 99 100 200", YEAR, False),
        ("- 101 99 100 200", YEAR - 1, False),
        ("100 110 120 115 130", YEAR - 1, False),
        ("0 0 0 0 7", YEAR - 1, True),
    ],
)
def test_a_year_is_an_outlier_where_sigma_halves_without_it(values, year, expected):
    """All five years must be there (H26; domain.md 3)."""
    assert is_outlier(past(values), year=year, cycle=YEAR) is expected


@pytest.mark.parametrize(("last", "expected"), [("9.99", False), ("10", True), ("10.01", True)])
def test_exactly_half_of_sigma_is_enough(last, expected):
    """The variance of -3, -1, 1, 3 is 5, with 10 it is 20: sigma is exactly twice as much, though neither is a fraction."""
    assert is_outlier(past(f"-3 -1 1 3 {last}"), year=YEAR - 1, cycle=YEAR) is expected


@pytest.mark.parametrize(
    ("values", "direction", "excluded", "expected"),
    [
        # t-1 is held at Y[t-2] + 2 sigma of the other four, here 100 + 2·sqrt(0.5), in the mean too.
        ("100 101 99 100 200", UP, 2025, "101.414213562373 0.707106781187"),
        ("100 101 99 100 90", DOWN, 2025, "98.585786437627 0.707106781187"),
        # A worse t-1 is at most its limit anyway; the mean of three is the better.
        ("100 101 99 100 10", UP, 2025, "69.666666666667 0.707106781187"),
        # t-2, t-3: the mean is that of the other three of t-1 … t-4.
        ("100 101 99 200 98", UP, 2024, "99.333333333333 1.118033988750"),
        ("100 101 200 99 98", UP, 2023, "99.333333333333 1.118033988750"),
        # t-4, t-5 change sigma alone.
        ("100 200 101 99 98", UP, 2022, "99.333333333333 1.118033988750"),
        ("200 100 101 99 98", UP, 2021, "99.333333333333 1.118033988750"),
    ],
)
def test_an_excluded_year_leaves_sigma_and_where_it_counts_the_base(values, direction, excluded, expected):
    found = history(terms("deviation", values, direction=direction, row=Overrides(excluded=excluded)))

    assert is_outlier(past(values), year=excluded, cycle=YEAR)
    assert f"{decimal_text(found.base)} {decimal_text(found.sigma)}" == expected.replace("8750", "875")


def test_an_exclusion_that_leaves_no_spread_falls_back_to_ratio():
    """The other four are equal: sigma is 0."""
    assert figures(terms("deviation", "100 100 100 200 100", row=Overrides(excluded=2024))) == "ratio 100 0 120 80"


def test_other_methods_do_not_know_exclusions():
    line = terms("beta", "100 101 99 100 200")

    assert resolve_reference(terms("beta", "100 101 99 100 200", row=Overrides(excluded=2025))) == resolve_reference(
        line
    )


# Target and milestone.


K_TESTBED = Method(name="milestone", targets=(Target(2021, Decimal(3)), Target(2025, Decimal(5))))


@pytest.mark.parametrize(
    ("method", "year", "given_", "expected"),
    [
        ("target", 2026, row(target=80), "target 80"),
        ("target", 2026, Overrides(), "no_target"),
        ("target", 2026, row(target=0), "no_target"),
        (K_TESTBED, 2020, Overrides(), "milestone 3"),
        (K_TESTBED, 2021, Overrides(), "milestone 3"),
        (K_TESTBED, 2022, Overrides(), "milestone 3.5"),
        (K_TESTBED, 2025, Overrides(), "milestone 5"),
        (K_TESTBED, 2030, Overrides(), "milestone 5"),
        (K_TESTBED, 2022, row(target=4), "milestone 4"),
        (K_TESTBED, 2022, row(target=0), "no_target"),
    ],
)
def test_a_target_is_given_or_lies_between_milestones(method, year, given_, expected):
    """K-testbed: 3 adopted solutions in 2021, 5 in 2025 (ECLAC); before the first and after the last it is theirs."""
    assert figures(terms(method, row=given_, year=year)) == expected


# Mid-term.


def midterm(start: int, first: int, goal: int, end: int) -> Method:
    return Method(name="midterm", start=Target(start, Decimal(first)), goal=Target(goal, Decimal(end)))


VISITS = midterm(2023, 40, 2028, 90)


@pytest.mark.parametrize(
    ("year", "values", "direction", "method", "expected"),
    [
        (2024, "", UP, VISITS, "midterm 40 60 20"),
        (2026, "", UP, VISITS, "midterm 60 80 40"),
        (2028, "", UP, VISITS, "midterm 80 100 60"),
        (2023, "", UP, VISITS, "outside_years"),
        (2029, "", UP, VISITS, "outside_years"),
        (2026, "50.7 59.7", UP, VISITS, "midterm 60 80 40"),  # last year was short of the line
        (2026, "50.7 60", UP, VISITS, "midterm 60 80 40"),
        (2026, "50.7 66", UP, VISITS, "midterm 66 82 50"),  # beyond it: 24 in three years
        (2026, "50.7 90", UP, VISITS, "midterm 60 80 40"),  # the goal is reached: the line holds
        (2026, "24.4", DOWN, midterm(2025, 50, 2029, 10), "midterm 24.4 17.2 31.6"),
        (2026, "55", DOWN, midterm(2025, 50, 2029, 10), "midterm 50 30 70"),
        (2026, "", UP, midterm(2025, 50, 2029, 50), "no_spread"),
        (2026, "", UP, midterm(2025, 50, 2029, 10), "no_spread"),
    ],
)
def test_a_midterm_path_goes_by_the_line_or_by_what_was_reached(year, values, direction, method, expected):
    """L(y) = A + α(y-1-start); better than that last year: from there, in the years that are left (H26)."""
    assert figures(terms(method, values, year=year, direction=direction)) == expected


@pytest.mark.parametrize(
    ("year", "values", "years"),
    [
        (2026, "30 45 50 66", [2025, 2024]),
        (2026, "30 45 - 66", [2025]),
        (2026, "30 45 50 -", [2024]),
        (2025, "30 45 50 66", [2024]),
        (2024, "30 45 50 66", []),
    ],
)
def test_three_years_are_those_after_the_start_that_history_has(year, values, years):
    """The start's own year is not one of them, though it may be what the next year's base goes by."""
    assert [one.year for one in resolve_reference(terms(VISITS, values, year=year)).years_before] == years


def test_each_of_the_three_years_has_its_own_high_and_low():
    """2025 began from the 55 that 2024 reached beyond its line of 50: 35 in four years."""
    year = midterm_year(terms(VISITS, "45 55 66"), 2025)

    assert (year.line, year.base, year.alpha, year.high, year.low) == (
        50,
        55,
        Fraction(35, 4),
        Fraction(145, 2),
        Fraction(75, 2),
    )
    assert year.actual == 66
    assert midterm_year(terms(VISITS, "45 55 66"), 2026).actual is None


def test_a_path_needs_its_ends():
    with pytest.raises(ValueError, match="start and a goal"):
        midterm_year(terms("midterm"), YEAR)


# Trend and beta.


@pytest.mark.parametrize(
    ("method", "values", "expected"),
    [
        ("trend", "- - - 100 110", "too_few_years"),
        ("beta", "- - - 100 110", "too_few_years"),
        ("trend", "100 110 120 130 140", "no_spread"),  # all on one line
        ("beta", "100 100 100", "no_spread"),
        ("beta", WORKED, "beta 125 5"),
        ("beta", "100 - 130 115 -", "beta 115 5"),  # the latest that there is
        ("trend", WORKED, "trend 134.5 7.365460"),
        ("trend", "100 112 - 115 -", "trend 125.5 11.521719"),
    ],
)
def test_expectations_need_three_years_and_a_spread(method, values, expected):
    assert close(figures(terms(method, values)), expected)


@given(st.dictionaries(st.integers(YEAR - 5, YEAR - 1), st.decimals(-(10**6), 10**6, places=4), min_size=3))
def test_a_trend_is_the_textbook_regression(years):
    """Ys = a + bXp, S² = Σe²/(n-2) · (1 + 1/n + (Xp-X̄)²/Σ(Xi-X̄)²), written out in fractions (H26)."""
    n, xs, ys = len(years), list(years), [Fraction(value) for value in years.values()]
    x_mean, y_mean = Fraction(sum(xs), n), sum(ys) / n
    sxx = sum((x - x_mean) ** 2 for x in xs)
    b = sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True)) / sxx
    a = y_mean - b * x_mean
    left = sum((y - a - b * x) ** 2 for x, y in zip(xs, ys, strict=True))
    square = left / (n - 2) * (1 + Fraction(1, n) + (YEAR - x_mean) ** 2 / sxx)

    line = resolve_reference(terms("trend", past=years))

    if left == 0:
        assert line.reason == Reason.NO_SPREAD
    else:
        assert line.base == a + b * YEAR
        assert abs(line.sigma**2 - square) <= square / 10**19


# Proration.


HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (terms("deviation", WORKED, aggregate="count", present=HALF), "deviation 65 5 75 55"),
        (terms("deviation", WORKED, aggregate="sum", present=HALF), "deviation 65 5 75 55"),
        (terms("deviation", WORKED, aggregate="distinct", present=HALF), "deviation 65 5 75 55"),
        (terms("deviation", WORKED, aggregate="mean", present=HALF), "deviation 130 10 150 110"),
        (terms("deviation", WORKED, aggregate="ratio", present=HALF), "deviation 130 10 150 110"),
        (terms("deviation", WORKED, aggregate="given", present=HALF), "deviation 130 10 150 110"),
        (terms("ratio", "", aggregate="count", present=HALF, row=row(base=50, high=70)), "ratio 25 35 20"),
        (terms("target", "", aggregate="sum", present=HALF, row=row(target=80)), "target 40"),
        (terms(K_TESTBED, "", aggregate="count", present=HALF), "milestone 2.5"),
        (terms("beta", WORKED, aggregate="count", present=HALF), "beta 62.5 2.5"),
        (terms(VISITS, "", aggregate="count", present=HALF), "midterm 30 40 20"),
        (terms("deviation", WORKED, aggregate="count", present=Fraction(0)), "not_present"),
        (terms("target", "", aggregate="sum", present=Fraction(0)), "not_present"),
        (terms("deviation", WORKED, aggregate="given", present=Fraction(0)), "deviation 130 10 150 110"),
    ],
)
def test_what_grows_with_days_is_prorated(line, expected):
    """Given figures too; a mean, a rate and a given figure are not, and need no day present (contract, "Scores, exactly")."""
    assert figures(line) == expected


def test_bounds_hold_before_days_are_taken_off():
    """A rate's 100 % is the whole cycle's: half of the days have a high of 70, not of 75."""
    held = Method(name="deviation", bounds=Bounds(max=Decimal(140)))

    assert figures(terms(held, WORKED, aggregate="count", present=HALF)) == "deviation 65 5 70 55"


def test_proration_of_midterm_leaves_the_years_before():
    whole, half = (
        resolve_reference(terms(VISITS, "45 55 66", aggregate="count", present=share)) for share in (Fraction(1), HALF)
    )

    assert half.high == whole.high / 2
    assert half.years_before == whole.years_before


# What a line says of itself.


@pytest.mark.parametrize(
    ("line", "has_actual", "expected"),
    [
        (terms("qualitative", aggregate="rating"), False, Reason.NO_RATING),
        (terms("qualitative", aggregate="rating"), True, None),
        (terms("trend", aggregate="count", present=Fraction(0)), False, Reason.NOT_PRESENT),
        (terms("trend", aggregate="count", present=Fraction(0)), True, Reason.NOT_PRESENT),
        (terms("target"), False, Reason.NO_ACTUAL),
        (terms("target"), True, Reason.NO_TARGET),
        (terms("trend", "1 2"), False, Reason.NO_ACTUAL),
        (terms("trend", "1 2"), True, Reason.TOO_FEW_YEARS),
        (terms(VISITS, year=2030), True, Reason.OUTSIDE_YEARS),
        (terms("ratio"), False, Reason.NO_ACTUAL),
        (terms("ratio"), True, Reason.NO_BASE),
        (terms("ratio", "0"), True, Reason.NO_SPREAD),
        (terms("ratio", "1"), False, Reason.NO_ACTUAL),
        (terms("ratio", "1"), True, None),
    ],
)
def test_reasons_are_asked_in_the_contracts_order(line, has_actual, expected):
    assert resolve_reference(line).why(has_actual=has_actual) == expected


def test_the_order_of_reasons_is_the_contracts():
    assert [str(reason) for reason in Reason] == (
        [
            "dropped",
            "no_rating",
            "not_present",
            "no_actual",
            "no_target",
            "too_few_years",
            "outside_years",
            "no_base",
            "no_spread",
        ]
    )


def test_a_line_that_cannot_be_measured_shows_the_method_of_its_definition_alone():
    """Deviation that became ratio is deviation again, without any figure (contract, "Scores, exactly")."""
    line = resolve_reference(terms("deviation", "100"))

    assert [*line.shown(is_measured=True)] == ["ratio", "100", None, "120", "80", None]
    assert [*line.shown(is_measured=False)] == ["deviation", None, None, None, None, None]


def test_every_method_settles():
    assert set(REFERENCES) == set(MethodName) == set(METHOD_NAMES)


def test_the_terms_of_a_row_come_from_the_version_that_is_asked():
    """The bridge asks the same row under the version before (``old_score``)."""
    words = Translated(en="Deals")
    first = KpiVersion(
        from_cycle=None,
        name=words,
        goal="exports",
        kpi_class=MAIN,
        direction=UP,
        unit=Translated("USD"),
        measure=Measure(aggregate="given"),
        counts_from=CountsFrom.ENTERED,
        method=Method(name="target"),
    )
    given_ = row(base=50, target=80)

    line = LineTerms.of(first, year=YEAR, past={}, present=Fraction(1), row=given_)

    assert Kpi(code="deals", versions=(first,)).version(YEAR) is first
    assert figures(line) == "target 80"


numbers = st.decimals(1, 10**6, places=4)


@given(
    st.lists(numbers, min_size=1, max_size=5),
    st.sampled_from(["deviation", "trend", "beta"]),
    st.sampled_from(list(KpiClass)),
)
def test_lower_is_better_is_the_mirror(values, method, kpi_class):
    """With every figure negated, what was better is better still: signs swap, nothing else (domain.md 3)."""
    years = dict(zip(range(YEAR - 1, YEAR - 6, -1), values, strict=False))
    up = resolve_reference(terms(method, past=years, kpi_class=kpi_class))
    assume(up.method != MethodName.RATIO)  # percentages of a negative base are no mirror
    down = resolve_reference(terms(method, past={y: -v for y, v in years.items()}, kpi_class=kpi_class, direction=DOWN))

    assert up.reason == down.reason
    if up.reason is None:
        assert down.base == -up.base
        assert down.sigma == up.sigma
        assert (down.high, down.low) == ((-up.high, -up.low) if up.high is not None else (None, None))

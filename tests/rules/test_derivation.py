"""Every calculation that a derivation shows comes out: the tests work each formula out and compare it with what the sentence says."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.baseline import LineTerms, MethodName, Overrides, Reason, resolve_reference
from app.rules.derivation import (
    Blended,
    Counted,
    Looked,
    OwnLine,
    actual_steps,
    blend_steps,
    bridge_steps,
    looked_steps,
    own_steps,
    projection_steps,
)
from app.rules.derivation_methods import REASONS, DerivedLine, reference_steps, score_steps
from app.rules.kpis import Bounds, Measure, Method, Target, Translated, Where
from app.rules.measures import Actuals, Total, actual
from app.rules.methods import Lines, score
from app.rules.projection import days_by_month, elapsed
from app.rules.steps import Formula, Phrase, Section, Step
from app.rules.targets import SetTarget
from app.rules.terms import Basis, CountsFrom, Direction, Job, KpiClass, Period

YEAR = 2026
RESULTS = (
    *("raw", "figure", "sigma", "mean", "base", "edge", "alpha", "slope", "expected", "error", "target", "z", "score"),
    *("rescaled", "points", "own", "share", "projected", "actual", "unit", "final"),
)
"""The names under which steps hold the outcome of their formula, the nearest first."""
PAIRS = {"high_formula": "high", "low_formula": "low", "rest": "alpha"}


def worked_out(formula: str) -> float:
    """The value of a calculation as a derivation writes it."""
    text = re.sub(r"([0-9.]+) %", r"(\1/100)", formula)
    for sign, ours in (("×", "*"), ("−", "-"), ("²", "**2"), ("√", "root")):
        text = text.replace(sign, ours)
    assert re.fullmatch(r"(?:root|[0-9.()*/+\- ])+", text), formula
    outcome: float = eval(text, {"__builtins__": {}}, {"root": math.sqrt})
    return outcome


def outcomes(step: Step) -> list[tuple[str, str]]:
    """The calculations of a step, each with what the sentence says comes of it."""
    found = []
    for name, value in step.figures.items():
        if isinstance(value, Formula) and name != "values":
            result = PAIRS.get(name) or ("line" if "line" in step.figures else None)
            result = result or next(one for one in RESULTS if one in step.figures)
            found.append((str(value), str(step.figures[result])))
    return found


def check(steps: list[Step]) -> None:
    """Work out all that the steps say, and say them."""
    for step in steps:
        assert "%(" not in step.say()
        for formula, said in outcomes(step):
            assert worked_out(formula) == pytest.approx(float(said), rel=1e-6, abs=1e-6), step.say()


def derived(
    terms: LineTerms, held: Fraction | None, *, days: tuple[int, int] | None = None, because: str = ""
) -> DerivedLine:
    """A line as scoring settles and scores it."""
    reference = resolve_reference(terms)
    found = Actuals.of([held])
    value = score(Lines.of([reference]), found.value, rest=found.rest)[0].item()
    return DerivedLine(
        terms=terms,
        reference=reference,
        actual=held,
        score=None if np.isnan(value) else value,
        reason=reference.why(has_actual=held is not None),
        excluded_because=because,
        days=days,
    )


def sentences(line: DerivedLine) -> list[str]:
    """The whole derivation of a line in words."""
    steps = [*score_steps(line), *reference_steps(line)]
    check(steps)
    return [step.say() for step in steps]


WORKED = {2025: Decimal(130), 2024: Decimal(115), 2023: Decimal(120), 2022: Decimal(110), 2021: Decimal(100)}
"""domain.md 3: history 100, 110, 120, 115, 130; base 130, σ 10."""


def terms(name: str = "deviation", **more: object) -> LineTerms:
    """The worked example's line, with what a test changes."""
    method = more.pop("method", None) or Method(name=name)
    return LineTerms(**{"year": YEAR, "method": method, "aggregate": "sum", "past": WORKED, **more})  # type: ignore[arg-type]


# ----------------------------------------------------------------------------------------------------------- worked figures


def test_the_worked_figure_is_derived_in_sentences():
    """135 against base 130 and σ 10 is 70, and a person sees how (domain.md 3)."""
    found = sentences(derived(terms(), Fraction(135)))

    assert "Score = 20 + 80 × (135 − 110) / (150 − 110) = 70." in found
    assert "Base = the higher of last year's 130 and the mean 121.666666666667 = 130." in found
    assert "High (main business, two σ on the better side of the base) = 130 + 2 × 10 = 150." in found
    assert "Low (main business, two σ on the worse side of the base) = 130 − 2 × 10 = 110." in found


def test_a_score_beyond_the_ends_says_that_it_is_held():
    found = sentences(derived(terms(), Fraction(175)))

    assert "Score = 20 + 80 × (175 − 110) / (150 − 110) = 150, held within 20 and 100: 100." in found


def test_management_has_its_own_steps():
    """High one σ above, low two below (domain.md 3)."""
    found = sentences(derived(terms(kpi_class=KpiClass.MANAGEMENT), Fraction(120)))

    assert "High (management, one σ on the better side of the base) = 130 + 1 × 10 = 140." in found
    assert any(sentence.endswith("= 46.666666667.") for sentence in found)


def test_less_is_better_turns_the_signs():
    found = sentences(derived(terms("ratio", direction=Direction.DOWN), Fraction(100)))

    assert (
        "Less is better: base = the lower of last year's 130 and the mean 121.666666666667 = 121.666666666667." in found
    )
    assert any("80 %" in sentence and sentence.startswith("High") for sentence in found)


def test_two_past_years_say_why_deviation_became_ratio():
    found = sentences(derived(terms(past={2025: Decimal(100), 2024: Decimal(90)}), Fraction(100)))

    assert "With fewer than three past years, deviation becomes ratio." in found


def test_equal_past_years_say_why_deviation_became_ratio():
    found = sentences(derived(terms(past=dict.fromkeys(WORKED, Decimal(100))), Fraction(100)))

    assert "All past years are equal: σ is 0, so deviation becomes ratio." in found


def test_an_excluded_last_year_is_capped_and_its_reason_told():
    """1,000 counts as at most 130 + 2σ of the other four (domain.md 3)."""
    past = {2025: Decimal(1000), 2024: Decimal(130), 2023: Decimal(115), 2022: Decimal(120), 2021: Decimal(110)}
    line = derived(terms(past=past, row=Overrides(excluded=2025)), Fraction(135), because="a fair that was held once")
    found = sentences(line)

    assert "The recorded reason: a fair that was held once" in found
    assert any(sentence.startswith("2025 is left out as an outlier") for sentence in found)
    assert any(sentence.startswith("Last year counts as at most 130 + 2 × ") for sentence in found)


def test_bounds_are_told_where_they_bite():
    """A rate ends at 100 (H26)."""
    method = Method(name="deviation", bounds=Bounds(min=Decimal(0), max=Decimal(140)))
    found = sentences(derived(terms(method=method), Fraction(135)))

    assert "It cannot be above 140: high = 140." in found


def test_proration_shows_the_days():
    """d/D multiplies base, σ, high and low of what grows with days (contract)."""
    found = sentences(derived(terms(present=Fraction(73, 365)), Fraction(27), days=(73, 365)))

    assert any("on 73 of the cycle's 365 days" in sentence for sentence in found)
    assert "High for these days: 150 × 73 / 365 = 30." in found


@pytest.mark.parametrize("name", ["target", "milestone"])
@pytest.mark.parametrize("folder", [None, Decimal("10.50")])
def test_a_target_that_was_set_says_when_and_what_the_folder_gives(name, folder):
    """It goes before the folder's and before a milestone's; nothing else is said of where the target comes from."""
    method = Method(name=name, targets=(Target(2024, Decimal(3)),) if name == "milestone" else ())
    set_target = SetTarget(target=Decimal("12.5"), folder=folder, day=dt.date(2026, 6, 30))
    held = derived(terms(method=method, row=Overrides(target=Decimal("12.5")), past={}), Fraction(5))
    found = replace(held, set_target=set_target)
    said = [step.say() for step in reference_steps(found) if step.code.startswith(("target", "no_target"))]
    gives = "none" if folder is None else "10.5"
    assert said == [f"Target = 12.5, set in the application on 2026-06-30; the folder gives {gives}."]


def test_a_milestone_between_two_years_is_interpolated():
    method = Method(name="milestone", targets=(Target(2024, Decimal(3)), Target(2028, Decimal(5))))
    found = sentences(derived(terms(method=method, past={}), Fraction(3)))

    assert any("3 + (5 − 3) × (2026 − 2024) / (2028 − 2024) = 4" in sentence for sentence in found)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_its_words(reason):
    line = DerivedLine(terms=terms(), reference=resolve_reference(terms()), actual=None, score=None, reason=reason)

    first, *_ = score_steps(line)
    assert first.text == REASONS[reason]
    assert first.figures["reason"] == str(reason)


# ---------------------------------------------------------------------------------------------------------------- any figures

numbers = st.decimals("-500", "5000", places=2)
kept_years = st.dictionaries(st.integers(2019, 2025), numbers, max_size=6)
rows = st.builds(
    Overrides,
    base=st.none() | numbers,
    high=st.none() | numbers,
    low=st.none() | numbers,
    target=st.none() | numbers,
    coefficient=st.none() | st.sampled_from([Decimal("0.8"), Decimal("1.2")]),
    excluded=st.none() | st.integers(2021, 2025),
)
methods = st.sampled_from(
    [
        Method(name="deviation"),
        Method(name="deviation", bounds=Bounds(min=Decimal(0), max=Decimal(1000))),
        Method(name="ratio"),
        Method(name="target"),
        Method(name="milestone", targets=(Target(2021, Decimal(3)), Target(2027, Decimal(11)))),
        Method(name="milestone", targets=(Target(2027, Decimal(11)),)),
        Method(name="midterm", start=Target(2023, Decimal(40)), goal=Target(2028, Decimal(900))),
        Method(name="midterm", start=Target(2025, Decimal(900)), goal=Target(2026, Decimal(40))),
        Method(name="midterm", start=Target(2020, Decimal(1)), goal=Target(2025, Decimal(2))),
        Method(name="trend"),
        Method(name="beta"),
        Method(name="qualitative"),
    ]
)


@given(
    method=methods,
    past=kept_years,
    row=rows,
    kpi_class=st.sampled_from(KpiClass),
    direction=st.sampled_from(Direction),
    held=st.none() | numbers,
    present=st.integers(0, 365),
)
def test_every_formula_of_every_method_comes_out(method, past, row, kpi_class, direction, held, present):
    """Whatever the line, each calculation that is shown gives what is said to come of it, and the last one the score."""
    line = derived(
        LineTerms(
            year=YEAR,
            method=method,
            aggregate="sum",
            kpi_class=kpi_class,
            direction=direction,
            past=past,
            row=row,
            present=Fraction(present, 365),
        ),
        None if held is None else Fraction(held),
        days=(present, 365),
    )
    steps = [*score_steps(line), *reference_steps(line)]

    check(steps)
    if line.score is not None:
        said = [step for step in steps if step.section is Section.SCORE][-1].figures["score"]
        assert float(str(said)) == pytest.approx(line.score, abs=1e-6)


def test_every_method_has_its_sentences():
    """A method without a derivation would be a score that nobody can check."""
    names = {method.name for method in MethodName}
    assert {str(name).lower() for name in names} == {
        *("deviation", "ratio", "target", "milestone", "midterm", "trend", "beta", "qualitative")
    }
    for name in MethodName:
        assert list(
            score_steps(
                DerivedLine(
                    terms=terms(str(name)),
                    reference=resolve_reference(terms(str(name))),
                    actual=None,
                    score=None,
                    reason=None,
                )
            )
        )


# ------------------------------------------------------------------------------------------------------ what surrounds the line

TOTAL = Total(shares_1e4=16000, valued_shares_1e4=16000, dollars=3000, micros=500_000, members=2)


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        (
            Measure(aggregate="count", activity="export_consult"),
            "Activities that count: 2; their shares add up to 1.6.",
        ),
        (
            Measure(aggregate="sum", activity="export_deal", where=Where(countries=("AT", "DE"))),
            "Activities with an amount that count: 2; share × amount in US dollars adds up to 3000.5.",
        ),
        (
            Measure(aggregate="distinct", activity="export_deal", of="company"),
            "Activities that count: 2; different companies that they were for: 2 (shares play no part).",
        ),
        (
            Measure(aggregate="mean", activity="export_deal"),
            "Activities with an amount that count: 2; mean = Σ share × US dollars / Σ share = 3000.5 / 1.6 = 1875.3125.",
        ),
    ],
    ids=lambda value: value.aggregate if isinstance(value, Measure) else "",
)
def test_an_actual_tells_what_it_adds_up(measure, said):
    counted = [Counted(total=TOTAL, activities=2)]
    steps = list(
        actual_steps(measure, counted=counted, actual=actual(measure, lambda _part: TOTAL), unit=Translated("USD"))
    )

    check(steps)
    assert said in [step.say() for step in steps]


def test_a_ratio_shows_both_its_parts():
    upper = Measure(aggregate="sum", activity="export_deal")
    measure = Measure(
        aggregate="ratio", numerator=upper, denominator=Measure(aggregate="count", activity="export_consult")
    )
    steps = list(
        actual_steps(
            measure,
            counted=[Counted(total=TOTAL, activities=2)] * 2,
            actual=actual(measure, lambda _part: TOTAL),
            unit=Translated("USD a consult"),
        )
    )

    check(steps)
    assert steps[-1].say() == "Actual = numerator / denominator = 3000.5 / 1.6 = 1875.3125 (unit: USD a consult)."


def test_what_counts_names_the_level_the_basis_and_the_day():
    looked = Looked(
        basis=Basis.FINAL,
        counts_from=CountsFrom.CONFIRMED,
        as_of=dt.date(2026, 6, 30),
        first=dt.date(2026, 1, 1),
        last=dt.date(2026, 12, 31),
    )
    first, second = looked_steps(looked)

    assert "from confirmed on" in first.say()
    assert "2026-06-30" in second.say()


def test_a_blend_and_its_unit_part_are_checked_by_hand():
    """Half the unit, by the days in each; half one's own; a unit without a score is left out (contract)."""
    blended = Blended(
        is_employee=True,
        own=80.0,
        unit=70.0,
        final=75.0,
        job=Job.STAFF,
        unit_pct=Decimal(50),
        own_pct=Decimal(50),
        posted=(("PAR", 64.0, 100), ("PLAN", None, 65), ("VIE", 73.0, 200)),
    )
    steps = list(blend_steps(blended))

    check(steps)
    assert steps[0].say().startswith("Published and ranked is 75.00")
    assert "(64 × 100 + 73 × 200) / 300 = 70" in steps[2].say()
    assert "PLAN (65)" in steps[3].say()
    assert isinstance(steps[1].figures["job"], Phrase)


def test_weights_of_what_cannot_be_measured_are_rescaled():
    lines = [
        OwnLine(kpi="deals", name=Translated("Deals"), weight=Decimal(30), score=80.0, points=80 * 30 / 50),
        OwnLine(kpi="visits", name=Translated("Visits"), weight=Decimal(20), score=60.0, points=60 * 20 / 50),
        OwnLine(kpi="cost", name=Translated("Costs"), weight=Decimal(50), score=None, points=None),
    ]
    steps = list(own_steps(lines, own=72.0, kpi="deals"))

    check(steps)
    assert steps[1].say().endswith("30 × 100 / 50 = 60.")
    assert steps[2].say() == "Points of Deals = score × weight / 100 = 80 × 60 / 100 = 48."


@pytest.mark.parametrize("plan", [None, tuple(Decimal(share) for share in (8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 10, 10))])
def test_a_projection_shows_the_weight_of_the_days(plan):
    day = dt.date(2026, 8, 12)
    days = days_by_month(Period(dt.date(2026, 1, 1), dt.date(2027, 1, 1)), day)
    share = elapsed(days, plan)
    assert share is not None
    steps = list(
        projection_steps(
            actual=Fraction(100),
            grows=True,
            day=day,
            days=days,
            plan=plan,
            elapsed=share,
            projected=Fraction(100) / share,
            score=70.0,
        )
    )

    check(steps)
    assert "2026-08-12" in steps[0].say()


def test_a_bridge_says_the_score_under_the_version_before():
    (step,) = bridge_steps(method="ratio", score=61.5)

    assert "scores 61.5:" in step.say()


def test_words_of_ours_are_translated_and_figures_are_not():
    step = Step(section=Section.FINAL, code="x", text="%(job)s has %(n)s", figures={"job": Phrase("head"), "n": "3"})

    assert step.say({"%(job)s has %(n)s": "%(n)s: %(job)s", "head": "Leitung"}.__getitem__) == "3: Leitung"

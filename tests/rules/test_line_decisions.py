"""What is decided about a line goes before what is computed, in one order, and gives way when it is lifted (contract-cycle, 5)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.baseline import LineTerms, Overrides, Reason, resolve_reference
from app.rules.kpis import Method
from app.rules.line_decisions import (
    FIGURES,
    UNDECIDED,
    DecidedLine,
    DecidedLines,
    LineDecision,
    LineDecisionKind,
    decided_reference,
    is_score,
    standing,
    takes_figure,
)
from app.rules.measures import Actuals
from app.rules.methods import Lines, reasons, score

KINDS = LineDecisionKind
PAST = {2025: Decimal(130), 2024: Decimal(115), 2023: Decimal(120), 2022: Decimal(110), 2021: Decimal(100)}
TERMS = LineTerms(year=2026, method=Method(name="deviation"), aggregate="sum", past=PAST)


@st.composite
def some_decisions(draw):
    """Decisions about one line, in the order in which they were agreed to."""
    made = []
    for place in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(KINDS))
        one = LineDecision(place + 1, kind, draw(st.sampled_from(["a", "b", None])), "Because.", "E1", "E2")
        if kind is KINDS.OVERRIDE:
            one = one._replace(
                member=draw(st.sampled_from(["actual", *FIGURES])), value=Decimal(draw(st.integers(50, 200)))
            )
        if kind is KINDS.EXCLUDE_YEAR:
            one = one._replace(year=draw(st.sampled_from(sorted(PAST))))
        made.append(one)
    return made


def outcome(decided, actual="120", present=1):
    """A line's score and why it has none, measured so."""
    terms = replace(TERMS, row=decided.over(Overrides()), present=Fraction(present))
    reference = decided_reference(resolve_reference(terms), decided)
    measured = Actuals.of([None if actual is None else Fraction(actual)])
    lines = DecidedLines.of({0: (decided, resolve_reference(replace(terms, row=Overrides())))})
    actuals = lines.over(measured)
    columns = Lines.of([reference])
    value = score(columns, actuals.value, rest=actuals.rest)[0]
    (why,) = reasons(columns, actuals.value)
    assert why == reference.why(has_actual=not np.isnan(actuals.value[0]))
    return (None if np.isnan(value) else float(value)), why, lines.computed_scores(measured)[0]


@given(some_decisions(), st.sampled_from(["120", None]))
def test_zero_goes_before_drop_and_drop_before_figures(made, actual):
    """Whatever else was decided, and whether the line could be measured or not."""
    found, why, computed = outcome(DecidedLine(tuple(made)), actual)
    kinds = {one.kind for one in made}
    if KINDS.ZERO in kinds:
        assert (found, why) == (0, None)
    elif KINDS.DROP in kinds:
        assert (found, why) == (None, Reason.DROPPED)
    elif actual is None and not any(one.member == "actual" for one in made):
        assert (found, why) == (None, Reason.NO_ACTUAL)
    assert np.isnan(computed) if actual is None else computed == pytest.approx(40)


@given(some_decisions())
def test_of_one_member_the_latest_holds(made):
    """A figure that was decided on stands as if the row had given it; the others stay the row's."""
    decided, row = DecidedLine(tuple(made)), Overrides(Decimal(1), Decimal(2), Decimal(3), Decimal(4), Decimal(5), 2021)
    over = decided.over(row)
    for name in FIGURES:
        given_ = [one.value for one in made if one.member == name]
        assert getattr(over, name) == (given_[-1] if given_ else getattr(row, name))
    years = [one.year for one in made if one.kind is KINDS.EXCLUDE_YEAR]
    assert (over.excluded, over.coefficient) == (years[-1] if years else 2021, 5)


@given(some_decisions(), st.data())
def test_what_is_lifted_leaves_the_line_as_if_it_had_never_been(made, data):
    """Lifted in any order; lifted altogether, the line is what was computed."""
    lifted = data.draw(st.sets(st.sampled_from([one.id for one in made]))) if made else set()
    left = [one for one in made if one.id not in lifted]
    assert standing(made, lifted=lifted) == DecidedLine(tuple(left))
    assert outcome(standing(made, lifted=lifted)) == outcome(DecidedLine(tuple(left)))
    assert standing(made, lifted={one.id for one in made}) == UNDECIDED
    assert outcome(UNDECIDED)[:2] == (pytest.approx(40), None)
    causes = {one.cause for one in left}
    assert all(standing(made, lifted=lifted).has_cause(cause) == (cause in causes) for cause in "ab")


def test_figures_are_prorated_and_the_actual_is_not():
    """Half of the year present: a high and low of 200 and 100 are 100 and 50, an actual of 75 stays and is halfway."""
    made = [
        LineDecision(place, KINDS.OVERRIDE, str(place), "", "", "", member, Decimal(value))
        for place, (member, value) in enumerate((("high", 200), ("low", 100), ("actual", 75)))
    ]
    assert outcome(DecidedLine(tuple(made)), present=Fraction(1, 2))[0] == pytest.approx(60)


def test_a_projection_of_what_was_decided_leads_nowhere():
    """The actual of one of two lines was decided on: the other's leads on."""
    one = DecidedLine((LineDecision(1, KINDS.OVERRIDE, "a", "", "", "", "actual", Decimal(5)),))
    lines = DecidedLines.of({1: (one, resolve_reference(TERMS))})
    projected = lines.without_projection(Actuals(np.array([1.0, 2.0]), np.zeros(2)))
    assert np.isnan(projected.value).tolist() == [False, True]
    assert lines.over(Actuals(np.array([1.0, 2.0]), np.zeros(2))).value.tolist() == [1.0, 5.0]


@pytest.mark.parametrize(
    ("methods", "member", "takes"),
    [
        ("deviation", "high", True),
        ("ratio", "base", True),
        ("target", "target", True),
        ("milestone", "target", True),
        ("deviation", "target", False),
        ("midterm", "base", False),
        ("qualitative", "low", False),
        ("qualitative", "actual", True),
        ("trend", "actual", True),
    ],
)
def test_a_figure_is_decided_on_where_a_row_could_give_it(methods, member, takes):
    assert takes_figure({methods}, member) is takes


def test_a_grade_lies_between_20_and_100():
    assert [is_score(Decimal(one)) for one in ("19.9", "20", "100", "100.1")] == [False, True, True, False]

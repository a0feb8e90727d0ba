"""How far a line has to go until the published score is at an edge, to the hundredth: at the step it is, one step before it is not."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.baseline import LineTerms, Overrides, Reference, resolve_reference
from app.rules.kpis import Method
from app.rules.lifting import NOT_REACHED, aim_at, aim_of, is_reached, least_steps, walk_of
from app.rules.measures import Actuals, FloatArray, IntArray
from app.rules.methods import Lines, score
from app.rules.rollup import Band, published
from app.rules.terms import Direction


def test_an_edge_is_a_published_score_of_a_band_or_of_a_grade() -> None:
    """Bands begin at whole points, of the best one what may be lost is told; a grade begins where somebody's score has it."""
    to_a, of_s, grade = aim_of(Band.B), aim_of(Band.S), aim_at("A", Decimal("81.43"))
    assert to_a is not None
    assert of_s is not None
    assert (to_a.letter, to_a.least, to_a.falls) == ("A", Decimal(80), False)
    assert (of_s.letter, of_s.least, of_s.falls) == ("A", Decimal(90), True)
    assert (grade.letter, grade.edge, grade.least, grade.falls) == ("A", 8143, Decimal("81.43"), False)


@pytest.mark.parametrize(
    ("final", "reached"),
    [
        (81.43, True),
        (81.425, False),
        (81.4250001, True),
        (81.424, False),
        (81.435, True),
        (80.0, False),
        (float("nan"), False),
    ],
)
def test_a_score_is_at_an_edge_where_its_published_form_is(final: float, *, reached: bool) -> None:
    """Rounded half-even to hundredths: 81.425 is published as 81.42, which is below 81.43."""
    assert bool(is_reached(np.array([final]), np.array([8143]))[0]) == reached


def to_target(target: int, direction: Direction) -> Reference:
    """A line that is scored by its target: of deals the more the better, of days the fewer."""
    return resolve_reference(
        LineTerms(
            year=2026,
            method=Method(name="target"),
            aggregate="count" if direction is Direction.UP else "given",
            past={},
            direction=direction,
            row=Overrides(target=Decimal(target)),
        )
    )


class Card:
    """A line of some weight, beside what all else brings to the final score."""

    def __init__(self, reference: Reference, actual: Fraction, *, weight: int, rest: float) -> None:
        self.walk = walk_of(
            reference, aggregate="count" if reference.direction is Direction.UP else "given", actual=actual
        )
        self._lines, self._weight, self._rest = Lines.of([reference]), weight, rest

    def finals(self, steps: IntArray) -> FloatArray:
        """The final score after so many steps."""
        values = Actuals.of([self.walk.actual(int(steps[0]))])
        return score(self._lines, values.value, rest=values.rest) * self._weight / 100 + self._rest

    def published(self, steps: int) -> Decimal:
        """The same as it is published."""
        final = published(float(self.finals(np.array([steps]))[0]))
        assert final is not None
        return final

    def steps_to(self, edge: int) -> int:
        """The least steps to an edge."""
        (steps,) = least_steps(
            self.finals, edge=np.array([edge]), falls=np.array([False]), most=np.array([self.walk.most])
        ).tolist()
        return int(steps)


@pytest.mark.parametrize(
    ("edge", "steps"), [(8012, 1), (8013, 2), (8143, 2), (8212, 2), (8213, 3), (8812, 5), (8813, NOT_REACHED)]
)
def test_so_many_more_deals_worked_by_hand(edge: int, steps: int) -> None:
    """Of 20 deals 15 are made: the line has 20 + 80 × 15/20 = 80, half of which is 40, beside 38.12 of the rest: 78.12.

    A deal more is 4 points of the line and 2 of the final score: 80.12 with one, 82.12 with two, and no more than 88.12 with all five.
    """
    card = Card(to_target(20, Direction.UP), Fraction(15), weight=50, rest=38.12)
    assert card.published(0) == Decimal("78.12")
    assert card.steps_to(edge) == steps


@given(
    st.integers(1, 400),
    st.integers(0, 400),
    st.sampled_from(list(Direction)),
    st.integers(1, 100),
    st.integers(0, 6000),
    st.integers(1, 3000),
)
def test_at_the_step_the_edge_is_reached_and_one_step_before_it_is_not(
    target: int, actual: int, direction: Direction, weight: int, rest: int, missing: int
) -> None:
    """Whatever is missing, to the hundredth; where it is not reached it is not at the line's best either."""
    card = Card(to_target(target, direction), Fraction(actual), weight=weight, rest=rest / 100)
    edge = int(card.published(0).scaleb(2)) + missing
    steps = card.steps_to(edge)
    if steps == NOT_REACHED:
        assert card.published(card.walk.most).scaleb(2) < edge
    else:
        assert card.published(steps).scaleb(2) >= edge > card.published(steps - 1).scaleb(2)

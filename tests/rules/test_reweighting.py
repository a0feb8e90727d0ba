"""Weights so much more or less add up to 100 again, to the hundredth."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.reweighting import reweighted


@pytest.mark.parametrize(
    ("weights", "factors", "expected"),
    [
        ("50 50", "1 1", "50 50"),
        ("50 50", "2 2", "50 50"),
        ("50 50", "1.5 1", "60 40"),
        ("40 30 30", "0.5 1 1", "25 37.5 37.5"),
        ("33.34 33.33 33.33", "2 1 1", "50.01 25 24.99"),
        ("99.99 0.01", "10 1", "99.99 0.01"),
    ],
)
def test_a_weight_takes_from_all_others_by_what_they_weigh(weights: str, factors: str, expected: str) -> None:
    """Worked by hand; a line keeps at least a hundredth, and of equal remainders the first line gets what is left."""
    told = reweighted(*([Decimal(one) for one in text.split()] for text in (weights, factors)))
    assert told == tuple(Decimal(one) for one in expected.split())


@st.composite
def cards(draw: st.DrawFn) -> tuple[list[Decimal], list[Decimal]]:
    """Weights of a scorecard in hundredths, and a factor for each."""
    count = draw(st.integers(1, 15))
    cuts = sorted(draw(st.lists(st.integers(1, 9_999), min_size=count - 1, max_size=count - 1, unique=True)))
    weights = [Decimal(end - start).scaleb(-2) for start, end in zip([0, *cuts], [*cuts, 10_000], strict=True)]
    percents = draw(st.lists(st.integers(1, 1_000), min_size=count, max_size=count))
    return weights, [Decimal(one).scaleb(-2) for one in percents]


@given(cards())
def test_they_add_up_to_100_and_none_is_further_off_than_a_hundredth(card: tuple[list[Decimal], list[Decimal]]) -> None:
    """But where a line keeps the least."""
    weights, factors = card
    told = reweighted(weights, factors)
    assert sum(told) == 100
    assert min(told) > 0
    together = sum(Fraction(one) * Fraction(other) for one, other in zip(weights, factors, strict=True))
    exact = [100 * Fraction(one) * Fraction(other) / together for one, other in zip(weights, factors, strict=True)]
    if min(exact) >= Fraction(1, 100):
        assert all(abs(Fraction(one) - other) < Fraction(1, 100) for one, other in zip(told, exact, strict=True))

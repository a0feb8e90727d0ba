"""Where one amount lies among others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.spread import COLUMNS, LEAST_OTHERS, spread_of


def test_quartiles_are_amounts_that_were_there() -> None:
    """Nearest rank: no amount is made up between two."""
    spread = spread_of(50, others=[10, 20, 30, 40, 60, 70, 80, 90])
    assert spread is not None
    assert (spread.lower_quartile, spread.median, spread.upper_quartile) == (20, 40, 70)
    assert (spread.least, spread.most, spread.below, spread.others, spread.below_percent) == (10, 90, 4, 8, 50)


@pytest.mark.parametrize("others", [[], [1], [3, 3, 3, 3]])
def test_too_few_others_say_nothing(others: list[int]) -> None:
    """Of a handful nobody can tell what is usual."""
    assert spread_of(5, others=others) is None


def test_all_is_only_said_when_it_is_all() -> None:
    """999 of 1,000 is no 100 percent."""
    spread = spread_of(999_000, others=range(1, 1_000_001, 1000))
    assert spread is not None
    assert (spread.below, spread.others, spread.below_percent) == (999, 1000, 99)


@given(st.integers(1, 10**14), st.lists(st.integers(1, 10**14), min_size=LEAST_OTHERS, max_size=60))
def test_every_other_stands_in_one_column_and_all_places_on_the_scale(amount: int, others: list[int]) -> None:
    """Whatever the amounts: no column is lost, and nothing is drawn outside."""
    spread = spread_of(amount, others=others)
    assert spread is not None
    assert len(spread.columns) == COLUMNS
    assert sum(spread.columns) == len(others)
    places = spread.places
    assert all(
        -0.001 <= at <= 100.001 for at in (places.amount, places.lower_quartile, places.median, places.upper_quartile)
    )
    assert places.lower_quartile <= places.median <= places.upper_quartile

"""Counts of people are shown so that none of those shown tells of fewer than five (app.rules.few)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.few import FEW, shown_together


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ((45, 81, 63, 7, 6, 0), ((0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5))),
        # The smaller neighbour with people takes it in, over those between without any.
        ((45, 81, 63, 7, 4, 0), ((0, 0), (1, 1), (2, 2), (3, 4), (5, 5))),
        ((3, 0, 0, 20), ((0, 3),)),
        ((0, 3, 0, 20, 2, 9), ((0, 0), (1, 3), (4, 5))),
        # All that there are are too few: whoever shows them says no more than that.
        ((0, 2, 1), ((0, 0), (1, 2))),
        ((0, 0), ((0, 0), (1, 1))),
        ((5,), ((0, 0),)),
    ],
)
def test_a_small_group_is_shown_with_its_neighbour(counts, shown):
    """Groups without anybody tell of nobody: they stay apart unless they lie between."""
    assert shown_together(counts) == shown


@given(st.lists(st.integers(0, 12), min_size=1, max_size=8))
def test_no_group_that_is_shown_is_small_and_nobody_is_left_out(counts):
    """Whatever the counts are: the groups follow each other from first to last, and none has from one to four people unless all have."""
    shown = shown_together(counts)
    assert [place for first, last in shown for place in range(first, last + 1)] == list(range(len(counts)))
    sums = [sum(counts[first : last + 1]) for first, last in shown]
    assert sum(counts) < FEW or all(one == 0 or one >= FEW for one in sums)

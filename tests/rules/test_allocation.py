"""A parent's target shared among its children (contract-cycle, 4)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.allocation import FACTORS, ChildFigures, allocate, proposed_targets
from app.rules.terms import Node, NodeKind

EVEN = dict.fromkeys(FACTORS, Fraction(1))


def unit(code: str) -> Node:
    return Node(NodeKind.UNIT, code)


def child(code: str, *figures: int | str, override: int | str | None = None) -> ChildFigures:
    return ChildFigures(
        unit(code),
        dict(zip(FACTORS, map(Fraction, figures), strict=True)),
        None if override is None else Fraction(override),
    )


def shared(children, total, *, weights=EVEN, step="1"):
    parts = allocate(children, total=Fraction(total), weights=weights, step=Fraction(step))
    return {part.node.code: part.target for part in parts}


def test_shares_are_the_weighted_mean_of_what_each_has_of_every_factor():
    """60 of 100 of history, 20 of 80 of the market, 3 of 10 of the people; 50 : 30 : 20."""
    weights = dict(zip(FACTORS, map(Fraction, (50, 30, 20)), strict=True))
    children = [child("A", 60, 20, 3), child("B", 40, 60, 7)]
    first, second = allocate(children, total=Fraction(1000), weights=weights, step=Fraction(1))
    assert first.share == Fraction(50, 100) * Fraction(60, 100) + Fraction(30, 100) * Fraction(1, 4) + Fraction(6, 100)
    assert (first.target, second.target) == (435, 565)


def test_a_factor_that_nothing_is_known_of_leaves_its_weight_to_the_others():
    assert shared([child("A", 0, 30, 1), child("B", 0, 10, 1)], 80) == {"A": 50, "B": 30}
    assert shared([child("A", 0, 0, 0), child("B", 0, 0, 0)], 80) == {"A": 40, "B": 40}
    assert shared([child("A", 9, 0, 0), child("B", 1, 0, 0)], 80, weights=EVEN | {"history": Fraction(0)}) == {
        "A": 40,
        "B": 40,
    }


def test_steps_left_over_go_to_the_largest_remainders_and_equals_by_their_text():
    """100 ÷ 3 is 33⅓ each: one step is left, and all have the same remainder."""
    thirds = [child(code, 1, 1, 1) for code in ("C", "B", "A")]
    assert shared(thirds, 100) == {"A": 34, "B": 33, "C": 33}
    assert shared(thirds, "100.25") == {"A": Fraction("34.25"), "B": 33, "C": 33}
    assert shared([child("A", 14, 14, 14), child("B", 26, 26, 26), child("C", 60, 60, 60)], 10) == {
        "A": 1,
        "B": 3,
        "C": 6,
    }
    assert shared(thirds, 100, step="50") == {"A": 50, "B": 50, "C": 0}


def test_what_is_less_than_a_step_goes_to_the_first_by_largest_remainder():
    assert shared([child("A", 1, 1, 1), child("B", 3, 3, 3)], "7", step="10") == {"A": 0, "B": 7}


def test_overridden_ones_keep_theirs_and_the_others_share_the_rest():
    children = [child("A", 50, 0, 0, override=70), child("B", 30, 0, 0), child("C", 20, 0, 0)]
    assert shared(children, 100) == {"A": 70, "B": 18, "C": 12}
    parts = allocate(children, total=Fraction(100), weights=EVEN, step=Fraction(1))
    assert [part.share for part in parts] == [Fraction(1, 2), Fraction(3, 10), Fraction(1, 5)]
    nothing = [child("A", 50, 0, 0, override=70), child("B", 0, 0, 0), child("C", 0, 0, 0)]
    assert shared(nothing, 100) == {"A": 70, "B": 15, "C": 15}


@pytest.mark.parametrize("overrides", [(60, 50, None), (60, 30, 5)])
def test_overrides_that_do_not_come_to_the_total_are_refused(overrides):
    with pytest.raises(ValueError, match="overrides leave"):
        shared([child(code, 1, 1, 1, override=one) for code, one in zip("ABC", overrides, strict=True)], 100)


NUMBERS = st.decimals(0, 10_000, places=3).map(Fraction)


@given(
    figures=st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=12),
    weights=st.tuples(NUMBERS, NUMBERS, NUMBERS),
    total=NUMBERS,
    step=st.sampled_from(["0.01", "0.5", "1", "10", "1000"]).map(Fraction),
    data=st.data(),
)
def test_what_is_given_is_the_total_whatever_the_order_and_each_is_within_two_steps_of_its_share(
    figures, weights, total, step, data
):
    by = dict(zip(FACTORS, weights, strict=True))
    children = [ChildFigures(unit(f"U{at}"), dict(zip(FACTORS, one, strict=True))) for at, one in enumerate(figures)]
    parts = {part.node: part for part in allocate(children, total=total, weights=by, step=step)}
    assert sum(part.target for part in parts.values()) == total
    assert sum(part.share for part in parts.values()) == 1
    for part in parts.values():
        assert abs(part.target - part.share * total) < 2 * step
        assert part.target >= 0
    for part in allocate(data.draw(st.permutations(children)), total=total, weights=by, step=step):
        assert part == parts[part.node]


@given(
    whole=st.decimals("0.01", 10_000_000, places=2),
    last_year=st.lists(st.one_of(st.none(), st.decimals(0, 10_000_000, places=2)), min_size=1, max_size=12),
)
def test_proposals_are_the_whole_by_last_year_and_nobodys_is_nothing(whole, last_year):
    """Each is within two of the last place of its part, all together are the whole, and equal ones where nothing is known."""
    by_node = {unit(f"U{at}"): actual for at, actual in enumerate(last_year)}
    proposals = proposed_targets(whole, by_node)
    together = sum(actual or 0 for actual in last_year)
    place = Decimal(1).scaleb(min(whole.as_tuple().exponent, 0))
    assert sum(proposals.values()) == whole
    for node, actual in by_node.items():
        part = Fraction(1, len(by_node)) if not together else Fraction(actual or 0) / Fraction(together)
        assert abs(Fraction(proposals.get(node, Decimal(0))) - part * Fraction(whole)) < 2 * Fraction(place)
        assert proposals.get(node, Decimal(1)) > 0


def test_of_no_target_above_nothing_is_proposed():
    assert proposed_targets(Decimal(0), {unit("A"): Decimal(3)}) == {}
    assert proposed_targets(Decimal("1E+3"), {unit("A"): Decimal(1), unit("B"): Decimal(3)}) == {
        unit("A"): Decimal(250),
        unit("B"): Decimal(750),
    }

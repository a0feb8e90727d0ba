"""Templates of scorecards: the card that most have, who deviates, and what one makes of many."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.terms import Link, Node
from app.rules.weighting import (
    ApplyMode,
    Hanging,
    WeightStep,
    WeightStepKind,
    applied,
    deviations,
    hanging_of,
    missing_weight,
    usual_card,
)

KPIS = ("consults", "deals", "value")
CARDS = st.dictionaries(st.sampled_from(KPIS), st.decimals(1, 100, places=1), max_size=3)
STEPS = st.dictionaries(
    st.sampled_from(KPIS),
    st.one_of(
        st.builds(WeightStep, st.just(WeightStepKind.SET), st.decimals(1, 100, places=1)),
        st.builds(WeightStep, st.just(WeightStepKind.SHIFT), st.decimals(-20, 20, places=1)),
        st.just(WeightStep(WeightStepKind.REMOVE)),
    ),
)
EUR = Node.known("unit:EUR")


@given(st.lists(CARDS, max_size=8))
def test_the_usual_card_is_one_that_somebody_has_and_no_other_is_had_by_more(cards: list[dict[str, Decimal]]) -> None:
    """Nobody's card is made up of several ones' weights."""
    some = [one for one in cards if one]
    usual = usual_card(cards)
    assert (usual in some) if some else usual == {}
    assert all(some.count(one) <= some.count(usual) for one in some)


@given(CARDS, CARDS)
def test_a_card_deviates_exactly_where_it_is_another(template: dict[str, Decimal], card: dict[str, Decimal]) -> None:
    """Putting each deviation back gives the template."""
    found = deviations(template, card)
    assert (found == ()) is (template == card)
    mended = dict(card)
    for one in found:
        assert one.weight == card.get(one.kpi)
        if one.template is None:
            del mended[one.kpi]
        else:
            mended[one.kpi] = one.template
    assert mended == template


@given(CARDS, STEPS, st.lists(CARDS, min_size=1, max_size=6))
def test_the_whole_template_leaves_no_deviation_and_what_was_changed_touches_nothing_else(
    template: dict[str, Decimal], steps: dict[str, WeightStep], cards: list[dict[str, Decimal]]
) -> None:
    """Either way what is set is set; a shift moves each by the same; without a mode nothing happens."""
    whole = [applied(template, steps, card, ApplyMode.WHOLE) for card in cards]
    assert all(one == whole[0] for one in whole)
    for card in cards:
        assert applied(template, steps, card, ApplyMode.NOT) == card
        changed = applied(template, steps, card, ApplyMode.CHANGED)
        assert {kpi: weight for kpi, weight in changed.items() if kpi not in steps} == {
            kpi: weight for kpi, weight in card.items() if kpi not in steps
        }
        for kpi, step in steps.items():
            before, after = card.get(kpi), changed.get(kpi)
            if step.kind is WeightStepKind.SET:
                assert after == step.by
            elif step.kind is WeightStepKind.REMOVE or before is None or before + step.by <= 0:
                assert after is None
            else:
                assert after == before + step.by


@given(CARDS)
def test_what_a_card_is_short_of_makes_it_whole(card: dict[str, Decimal]) -> None:
    """In either direction; a scorecard without a line is short of nothing."""
    if not card:
        assert missing_weight(card) == 0
        return
    some = next(iter(card))
    assert missing_weight({**card, some: card[some] + missing_weight(card)}) == 0


@pytest.mark.parametrize(
    ("like", "parent_kpis", "expected"),
    [
        (None, ["deals"], ("identical", EUR, "deals")),
        (None, ["value"], ("unique", None, None)),
        (Hanging(link=Link.UNIQUE), ["deals"], ("unique", None, None)),
        (Hanging(link=Link.IDENTICAL, parent_node=EUR, parent_kpi="deals"), ["deals"], ("identical", EUR, "deals")),
        (
            Hanging(link=Link.CONTRIBUTORY, parent_node=EUR, parent_kpi="value"),
            ["value"],
            ("contributory", EUR, "value"),
        ),
        (Hanging(link=Link.CONTRIBUTORY, parent_node=EUR, parent_kpi="value"), ["deals"], ("unique", None, None)),
        (Hanging(link=Link.CONTRIBUTORY), ["deals"], ("contributory", None, None)),
    ],
)
def test_a_new_line_hangs_as_those_of_the_others_do(
    like: Hanging | None, parent_kpis: list[str], expected: tuple[str, Node | None, str | None]
) -> None:
    """Where the unit above has that line; else it stands alone, which a load takes."""
    made = hanging_of("deals", like, parent=EUR, parent_kpis=parent_kpis)
    assert (made.link, made.parent_node, made.parent_kpi) == expected

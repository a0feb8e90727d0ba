"""From lines to nodes: points, own score, unit part, blend, what is published."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.rollup import (
    area_levels,
    areas,
    band,
    blend,
    in_areas,
    lost_points,
    own_scores,
    projected_own,
    published,
    unit_scores,
)

NONE = np.nan


def near(values, expected) -> bool:
    return np.asarray(values).tolist() == pytest.approx(expected, abs=1e-9, nan_ok=True)


def test_weights_of_measurable_lines_are_rescaled():
    """Of 30, 20 and 50 the 20 cannot be measured: 37.5 and 62.5 are left (domain.md 3)."""
    found = own_scores(np.array([0, 0, 0]), weight=np.array([30.0, 20, 50]), score=np.array([80.0, NONE, 60]), nodes=1)

    assert near(found.rescaled, [37.5, NONE, 62.5])
    assert near(found.points, [30, NONE, 37.5])
    assert near(found.own, [67.5])


@given(
    st.lists(
        st.tuples(st.integers(1, 50), st.floats(20, 100), st.floats(20, 100), st.booleans()), min_size=1, max_size=9
    )
)
def test_what_lines_cost_and_what_they_bring_makes_a_hundred(lines):
    """By the scores that lead; a line that cannot be measured neither brings nor costs anything."""
    weight = np.array([float(one[0]) for one in lines])
    score = np.array([one[1] if one[3] else NONE for one in lines])
    leading = np.array([one[2] for one in lines])
    node = np.zeros(len(lines), dtype=np.int64)
    lost = lost_points(node, weight=weight, score=score, leading=leading, nodes=1)
    (own,) = projected_own(node, weight=weight, score=score, projected=leading, nodes=1)

    assert np.isnan(lost).tolist() == np.isnan(score).tolist()
    assert np.isnan(own) if np.isnan(score).all() else np.nansum(lost) + own == pytest.approx(100)


def test_a_node_without_a_score_has_none():
    """Without lines, or without one that can be measured: null, not 0."""
    found = own_scores(np.array([1, 2]), weight=np.array([100.0, 100]), score=np.array([NONE, 70]), nodes=4)

    assert near(found.own, [NONE, NONE, 70, NONE])
    assert near(own_scores(np.array([], dtype=np.int64), weight=np.array([]), score=np.array([]), nodes=1).own, [NONE])


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 100), st.one_of(st.just(NONE), st.floats(20, 100))),
        min_size=1,
        max_size=30,
    )
)
def test_points_add_up_to_the_own_score(lines):
    """Within 1e-9, and the own score lies among those of its lines."""
    node, weight, score = (np.array(column) for column in zip(*lines, strict=True))

    found = own_scores(node, weight=weight.astype(float), score=score, nodes=4)

    for number in range(4):
        mine = (node == number) & ~np.isnan(score)
        if not mine.any():
            assert np.isnan(found.own[number])
            continue
        assert found.points[mine].sum() == pytest.approx(found.own[number], abs=1e-9)
        assert found.rescaled[mine].sum() == pytest.approx(100, abs=1e-9)
        assert score[mine].min() - 1e-9 <= found.own[number] <= score[mine].max() + 1e-9


def test_a_projection_is_null_where_a_scored_line_has_none():
    """A line without a score needs no projection (contract, "Scores, exactly")."""
    found = projected_own(
        np.array([0, 0, 1, 1, 2]),
        weight=np.array([50.0, 50, 50, 50, 100]),
        score=np.array([60.0, 80, 60, NONE, NONE]),
        projected=np.array([70.0, NONE, 90, NONE, 55]),
        nodes=3,
    )

    assert near(found, [NONE, 90, NONE])


def test_the_unit_part_weighs_units_by_days_and_leaves_out_those_without_a_score():
    """Who is posted nowhere, or only to units without a score, has none."""
    found = unit_scores(
        np.array([0, 0, 1, 1, 2]),
        unit=np.array([0, 1, 0, 2, 2]),
        days=np.array([91, 274, 100, 265, 365]),
        own=np.array([60.0, 80, NONE]),
        employees=4,
    )

    assert near(found, [(60 * 91 + 80 * 274) / 365, 60, NONE, NONE])


@pytest.mark.parametrize(
    ("unit_pct", "own", "unit", "expected"),
    [
        (50, 60, 80, 70),
        (70, 60, 80, 74),
        (100, 60, 80, 80),
        (50, NONE, 80, 80),
        (50, 60, NONE, 60),
        (100, 60, NONE, 60),
        (100, NONE, NONE, NONE),
    ],
)
def test_the_blend_goes_by_the_job_and_a_missing_part_leaves_the_whole_to_the_other(unit_pct, own, unit, expected):
    """Staff 50/50, managers 70/30, heads 100 % unit (domain.md 4)."""
    found = blend(
        np.array([own]),
        unit=np.array([unit]),
        unit_pct=np.array([float(unit_pct)]),
        own_pct=np.array([100.0 - unit_pct]),
    )

    assert near(found, [expected])


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (74.551, "74.55"),
        (66.125, "66.12"),
        (66.135, "66.14"),
        (66.12500001, "66.13"),
        (66.12499999999999, "66.12"),  # an exact half, but for the noise of floats
        (66.12500000000001, "66.12"),
        (66.13500000000002, "66.14"),
        (100.0, "100.00"),
        (None, None),
        (NONE, None),
    ],
)
def test_published_is_rounded_half_even_to_two_decimals(score, expected):
    """A half is one though a float of it lies a hair beside (contract, "Grades and pay")."""
    assert published(score) == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (100, "S"),
        (90, "S"),
        (89.99999999999999, "S"),  # 90 but for the noise of floats
        (89.999999, "A"),
        (Decimal("89.995"), "A"),
        (80, "A"),
        (79.999999, "B"),
        (70, "B"),
        (60, "C"),
        (59.995, "D"),
        (50, "D"),
        (49.999999, "E"),
        (20, "E"),
        (None, None),
        (NONE, None),
    ],
)
def test_bands_part_the_scores_at_every_decimal(score, expected):
    """S from 90, A from 80, B from 70, C from 60, D from 50, else E; nothing falls between (domain.md 3)."""
    assert band(score) == expected


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_better_score_is_never_in_a_worse_band(one, other):
    order = "EDCBAS"
    worse, better = sorted([one, other])

    assert order.index(band(worse)) <= order.index(band(better))


def test_areas_add_up_level_by_level():
    """A level's weight is that of its lines that have a score, of 100; where none of them has one it has no figures."""
    found = areas(
        [
            ("Exports / Deals", 30, 24.0),
            ("Management", 20, None),
            (None, 10, 8.0),
            ("Exports / Deals / New", 30, 12.0),
            ("Exports", 10, 6.0),
        ]
    )

    assert [tuple(area) for area in found] == [
        ("Exports", 87.5, 48.0, 42.0),
        ("Exports / Deals", 75.0, 48.0, 36.0),
        ("Management", None, None, None),
        ("Exports / Deals / New", 37.5, 32.0, 12.0),
    ]


@pytest.mark.parametrize(
    ("written", "levels"),
    [
        (None, ()),
        ("Main", ("Main",)),
        ("Main/other", ("Main/other",)),
        (" Main  /  Deals ", ("Main", "Main / Deals")),
        ("Main /  / Deals", ("Main", "Main / Deals")),
    ],
)
def test_an_areas_levels_are_parted_by_a_stroke_between_spaces(written, levels):
    """A stroke within a name parts nothing; space around a level's name is no part of it."""
    assert area_levels(written) == levels


def test_lines_of_one_area_stand_together_its_own_before_those_below():
    """Where the file has them apart, the first line of an area decides where it stands."""
    lines = ["A / x", None, "B", "A", "A / y", "A / x", None]
    assert [lines[place] for place in in_areas(lines)] == ["A", "A / x", "A / x", "A / y", None, None, "B"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["A", "B", "A / x", "A / x / 1", "B / y"]),
            st.integers(1, 100),
            st.none() | st.floats(20, 100),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_the_areas_of_one_level_add_up_to_the_own_score(lines):
    """Where every line has an area, the top ones are the whole; and a level is what its own lines and those below come to."""
    weights = np.array([weight for _, weight, _ in lines], dtype=float)
    scores = np.array([np.nan if score is None else score for _, _, score in lines])
    rolled = own_scores(np.zeros(len(lines), dtype=np.int64), weight=weights, score=scores, nodes=1)
    points = [None if np.isnan(one) else float(one) for one in rolled.points]
    found = areas([(area, float(weight), point) for (area, weight, _), point in zip(lines, points, strict=True)])

    tops = [area for area in found if area.depth == 0 and area.points is not None]
    if not tops:
        assert np.isnan(rolled.own[0])
        return
    assert sum(area.points for area in tops) == pytest.approx(rolled.own[0])
    assert sum(area.weight for area in tops) == pytest.approx(100)
    for area in found:
        assert area.points is None or area.score == pytest.approx(area.points * 100 / area.weight)

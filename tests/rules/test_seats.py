"""Seats: shares within a group, then the three steps that make the whole agency keep to its rules."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.policies import GradePolicy, GradeRules, Policies
from app.rules.seats import SeatMove, SeatPlan, largest_remainders, plan_seats

OFFICIAL = Policies().grades
NO_RULES = GradeRules(top_share_min=Decimal(0), lowest_two_share_min=Decimal(0), single_share_max=Decimal(100))


def grades(*shares: int) -> tuple[GradePolicy, ...]:
    """Grades G0, G1, … with these shares."""
    return tuple(GradePolicy(f"G{column}", Decimal(share), Decimal(0)) for column, share in enumerate(shares))


def broken_rules(plan: SeatPlan) -> tuple[str, ...]:
    """The rules that stayed broken because no seat could move."""
    return tuple(step.rule for step in plan.steps if not step.kept)


@st.composite
def scales(draw: st.DrawFn) -> tuple[GradePolicy, ...]:
    """Two to eight grades whose shares, in quarters of a percent, add up to 100."""
    cuts = sorted(draw(st.lists(st.integers(0, 400), min_size=1, max_size=7)))
    shares = [upper - lower for lower, upper in zip([0, *cuts], [*cuts, 400], strict=True)]
    return tuple(GradePolicy(f"G{column}", Decimal(share) / 4, Decimal(0)) for column, share in enumerate(shares))


@st.composite
def rules(draw: st.DrawFn) -> GradeRules:
    """Rules from lax to impossible."""
    percents = st.sampled_from([0, 5, 10, 12.5, 20, 30, 45, 50, 60, 100]).map(lambda percent: Decimal(str(percent)))
    return GradeRules(
        top_share_min=draw(percents), lowest_two_share_min=draw(percents), single_share_max=draw(percents)
    )


sizes = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 30), max_size=6)


@pytest.mark.parametrize(
    ("size", "seats"),
    [
        (0, (0, 0, 0, 0, 0, 0)),
        (1, (0, 0, 1, 0, 0, 0)),  # .1 .15 .5 .15 .05 .05
        (10, (1, 2, 5, 2, 0, 0)),  # 1 1.5 5 1.5 .5 .5: two seats left for four halves, the better grades first
        (12, (1, 2, 6, 2, 1, 0)),  # 1.2 1.8 6 1.8 .6 .6
        (20, (2, 3, 10, 3, 1, 1)),
        (23, (2, 4, 12, 3, 1, 1)),  # 2.3 3.45 11.5 3.45 1.15 1.15
    ],
)
def test_whole_parts_come_first_and_the_seats_left_over_go_to_the_largest_fractions(
    size: int, seats: tuple[int, ...]
) -> None:
    assert plan_seats({"a": size}, grades=OFFICIAL, rules=NO_RULES).seats["a"] == seats


@given(st.integers(0, 500), scales())
def test_no_grade_is_a_whole_seat_away_from_its_exact_share_before_the_steps(
    size: int, scale: tuple[GradePolicy, ...]
) -> None:
    exact = [size * Fraction(grade.share) / 100 for grade in scale]
    seats = largest_remainders(exact)
    assert sum(seats) == size
    assert all(abs(seat - share) < 1 for seat, share in zip(seats, exact, strict=True))


def test_a_seat_for_the_top_is_made_where_the_top_is_furthest_below_and_taken_from_the_grade_furthest_above() -> None:
    """Two groups of 14: S 1 (exact 1.4), A 2 (2.1), B 7 (7), C 2 (2.1), D 1, E 1 (0.7 each); ⌈28 × 10 %⌉ is 3.

    Both groups are equal, so the first by name gains; there B (0 above) stands further above than A and C (0.1 below).
    """
    plan = plan_seats({"y": 14, "x": 14}, grades=OFFICIAL, rules=GradeRules(single_share_max=Decimal(100)))
    assert plan.by_remainder == {"x": (1, 2, 7, 2, 1, 1), "y": (1, 2, 7, 2, 1, 1)}
    assert plan.steps[0].seats_asked == 3
    assert plan.steps[0].moves == (SeatMove("x", "B", "S", Fraction(0), Fraction(2, 5)),)
    assert plan.seats == {"x": (2, 2, 6, 2, 1, 1), "y": (1, 2, 7, 2, 1, 1)}


def test_of_equal_grades_the_worse_one_loses_the_seat_and_the_better_one_gains_it() -> None:
    """A group of ten has S 1, A 2, B 5, C 2: A and C are half a seat above, D and E half a seat below."""
    plan = plan_seats({"a": 10}, grades=OFFICIAL, rules=GradeRules())
    assert [(move.from_grade, move.to_grade) for move in plan.steps[1].moves] == [("C", "D")]
    assert plan.seats["a"] == (1, 2, 5, 1, 1, 0)


def test_the_top_and_the_lowest_two_never_lose_a_seat_to_each_other() -> None:
    """With three grades there is none between the top and the lowest two: the rule stays broken and is named."""
    plan = plan_seats({"a": 10}, grades=grades(0, 50, 50), rules=GradeRules())
    assert plan.steps[0].moves == ()
    assert broken_rules(plan) == ("top_share_min",)


def test_a_grade_over_its_limit_gives_to_the_grade_furthest_below_that_is_under_it() -> None:
    """Two groups of three (.3 .45 1.5 .45 .15 .15) have A 1 and B 2 each; ⌊6 × 20 %⌋ is 1, so A has one too many and B three.

    The best grade gives first. Once C has its one seat it takes no more, however far below it stands in the other group.
    """
    rules = GradeRules(top_share_min=Decimal(0), lowest_two_share_min=Decimal(0), single_share_max=Decimal(20))
    plan = plan_seats({"a": 3, "b": 3}, grades=OFFICIAL, rules=rules)
    assert plan.by_remainder == {"a": (0, 1, 2, 0, 0, 0), "b": (0, 1, 2, 0, 0, 0)}
    assert [move[:3] for move in plan.steps[2].moves] == [
        ("a", "A", "C"),
        ("a", "B", "S"),
        ("b", "B", "D"),
        ("a", "B", "E"),
    ]
    assert plan.agency == (1, 1, 1, 1, 1, 1)


def test_where_every_grade_is_full_the_limit_stays_broken() -> None:
    plan = plan_seats({"a": 7}, grades=OFFICIAL, rules=GradeRules(single_share_max=Decimal(1)))
    assert broken_rules(plan) == ("single_share_max",)
    assert sum(plan.agency) == 7


def test_nobody_needs_no_seat() -> None:
    plan = plan_seats({}, grades=OFFICIAL, rules=GradeRules())
    assert plan.agency == (0, 0, 0, 0, 0, 0)
    assert broken_rules(plan) == ()


@given(sizes, scales(), rules())
def test_the_seats_of_a_group_add_up_to_its_size_after_every_step(
    sizes: dict[str, int], scale: tuple[GradePolicy, ...], rules: GradeRules
) -> None:
    plan = plan_seats(sizes, grades=scale, rules=rules)
    for seats in (plan.by_remainder, *(step.seats for step in plan.steps)):
        assert {group: sum(row) for group, row in seats.items()} == sizes
        assert all(seat >= 0 for row in seats.values() for seat in row)


@given(sizes, scales(), rules())
def test_each_step_ends_with_its_rule_kept_or_with_nothing_that_could_move(
    sizes: dict[str, int], scale: tuple[GradePolicy, ...], rules: GradeRules
) -> None:
    plan = plan_seats(sizes, grades=scale, rules=rules)
    total = sum(sizes.values())
    top, lowest, single = plan.steps
    columns = range(len(scale))
    held = [[sum(row[column] for row in step.seats.values()) for column in columns] for step in plan.steps]
    least_top = ceil(total * Fraction(rules.top_share_min) / 100)
    least_lowest = ceil(total * Fraction(rules.lowest_two_share_min) / 100)
    most = floor(total * Fraction(rules.single_share_max) / 100)
    assert top.kept == (held[0][0] >= least_top)
    assert lowest.kept == (sum(held[1][-2:]) >= least_lowest)
    assert single.kept == (max(held[2]) <= most)
    assert top.kept or not any(any(row[1:-2]) for row in top.seats.values())
    assert lowest.kept or not any(any(row[1:-2]) for row in lowest.seats.values())
    assert single.kept or min(held[2]) >= most


@given(sizes, scales(), rules())
def test_every_move_is_the_best_one_there_was(
    sizes: dict[str, int], scale: tuple[GradePolicy, ...], rules: GradeRules
) -> None:
    """The moves are replayed; each is compared with all that the contract would have allowed at that moment."""
    plan = plan_seats(sizes, grades=scale, rules=rules)
    seats = {group: list(row) for group, row in plan.by_remainder.items()}
    for step in plan.steps:
        for move in step.moves:
            loser, gainer = plan.grades.index(move.from_grade), plan.grades.index(move.to_grade)
            assert (move.group, loser, gainer) == _best(step.rule, step.seats_asked, plan, seats)
            assert move.above == seats[move.group][loser] - plan.exact[move.group][loser]
            assert move.below == plan.exact[move.group][gainer] - seats[move.group][gainer]
            seats[move.group][loser] -= 1
            seats[move.group][gainer] += 1
        assert {group: tuple(row) for group, row in seats.items()} == step.seats


def _best(rule: str, asked: int, plan: SeatPlan, seats: dict[str, list[int]]) -> tuple[str, int, int]:
    """The contract's sentence read as sorting: all allowed moves, the most urgent first."""
    columns = range(len(plan.grades))

    def above(group: str, column: int) -> Fraction:
        return seats[group][column] - plan.exact[group][column]

    if rule == "single_share_max":
        held = [sum(row[column] for row in seats.values()) for column in columns]
        over = next(column for column in columns if held[column] > asked)
        ranked = [
            (-above(group, over), group, above(group, to), to)
            for group in seats
            for to in columns
            if seats[group][over] and held[to] < asked
        ]
        _, group, _, to = min(ranked)
        return group, over, to
    gaining: Sequence[int] = [0] if rule == "top_share_min" else columns[-2:]
    offers = []
    for group in seats:
        to = min(gaining, key=lambda column: (above(group, column), column))
        offers += [
            (above(group, to), group, -above(group, from_), -from_, to)
            for from_ in columns[1:-2]
            if seats[group][from_] > 0
        ]
    _, group, _, from_, to = min(offers)
    return group, -from_, to

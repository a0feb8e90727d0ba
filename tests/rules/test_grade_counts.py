"""From the seats of a grade to those who have it: every step is told, and the steps add up."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.rules.grade_counts import SeatSteps, given_counts, seat_steps
from app.rules.grading import EmployeeProposal
from app.rules.moves import GradeMove
from tests.rules.graded import graded
from tests.rules.test_tellings import POLICIES, TEN, node, people, told_first


def step(proposal: EmployeeProposal, grade: str) -> SeatSteps:
    return next(one for one in seat_steps(proposal, "others") if one.grade == grade)


def test_two_tie_for_the_one_seat_of_s_and_take_one_of_as() -> None:
    """90, 90, 80, 75 … and a group with the seats S1 A2 B5: S is proposed for 2, and A's 2 seats are 1."""
    proposal = graded(people((90, 90, *TEN[2:])), POLICIES)
    best, next_ = step(proposal, "S"), step(proposal, "A")
    assert (best.seats, best.beyond, best.equals, best.proposed, best.people) == (1, 1, 2, 2, 2)
    assert (next_.seats, next_.taken, next_.equals, next_.proposed, next_.people) == (2, 1, 0, 1, 1)


def test_whoever_keeps_what_they_were_told_stands_beyond_the_seats() -> None:
    """The worked case of the hold: the fourth rises from 75 to 86 into A, and the third, told A, keeps it."""
    rises = list(TEN)
    rises[3] = 86
    proposal = graded(people(rises), POLICIES, told=told_first(TEN))
    best, next_ = step(proposal, "A"), step(proposal, "B")
    assert (best.seats, best.proposed, best.kept, best.moved, best.gone, best.people) == (2, 2, 1, 0, 0, 3)
    assert (next_.seats, next_.proposed, next_.kept, next_.gone, next_.people) == (5, 5, 0, 1, 4)


def test_whoever_is_moved_leaves_one_grade_and_comes_to_another() -> None:
    """The ninth is moved from C to B."""
    moves = {node("P09"): GradeMove(5, node("P09"), "C", "B", "As both agreed.", "C")}
    proposal = graded(people(TEN), POLICIES, moves=moves)
    assert (step(proposal, "B").moved, step(proposal, "B").people) == (1, 6)
    assert (step(proposal, "C").gone, step(proposal, "C").people) == (1, 0)


@given(
    st.lists(st.integers(60, 70), min_size=4, max_size=14),
    st.lists(st.integers(60, 70), min_size=14, max_size=14),
    st.sets(st.integers(1, 14), max_size=2),
    st.dictionaries(st.integers(1, 14), st.sampled_from("SABCD"), max_size=2),
)
def test_the_steps_of_every_grade_add_up(
    first: list[int], then: list[int], disciplined: set[int], moved: dict[int, str]
) -> None:
    """Whatever is told, corrected, punished and moved: seats, and each step of people, come to those who have the grade."""
    told = told_first(first)
    scored = [replace(one, disciplined=at in disciplined) for at, one in enumerate(people(then[: len(first)]), start=1)]
    places = graded(scored, POLICIES, told=told).standings.by_code
    moves = {
        node(code): GradeMove(at, node(code), place.grade, to, "Because.", place.grade)
        for at, to in moved.items()
        if (place := places.get(code := f"P{at:02}")) is not None and to != place.grade
    }
    proposal = graded(scored, POLICIES, told=told, moves=moves)
    counts = given_counts(proposal)
    for one in seat_steps(proposal, "others"):
        assert one.proposed == counts["others", one.grade].proposed
        stands = counts["others", one.grade]
        assert (stands.kept, stands.moved, stands.gone) == (one.kept, one.moved, one.gone)
        assert one.proposed + one.kept + one.moved - one.gone == one.people == counts["others", one.grade].people
        assert one.beyond <= 0 or one.equals > 1 or one.disciplined, "it is told why the rules go beyond the seats"

"""What moves of proposed grades must keep, and which of them hold (contract-cycle, 6)."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.moves import CalibrationStep, GradeMove, MoveFault, MoveProblem, WantedMove, given_grades, problem_of
from app.rules.terms import Node, NodeKind

GRADES = ("S", "A", "B", "C", "D", "E")
ANN, BEN, CAN = (Node(NodeKind.EMPLOYEE, code) for code in ("E1", "E2", "E3"))
WHY = "As both agreed."


def step(proposed, *, present=None, groups=None, disciplined=(), before=(), after=()):
    """What moves are made on: everybody of one group, with what is proposed, where nothing else is said."""
    return CalibrationStep(
        grades=GRADES,
        group_of=groups or dict.fromkeys(proposed, "others"),
        proposed=proposed,
        present=present or proposed,
        disciplined=disciplined,
        broken_before=before,
        broken_after=after,
    )


def problem(moves, on, *, max_steps=1, hold_seats=True):
    """What is in the way of moves, each (whose, from, to)."""
    return problem_of([WantedMove(*one, WHY) for one in moves], on, max_steps=max_steps, hold_seats=hold_seats)


SWAP = [(ANN, "A", "B"), (BEN, "B", "A")]
TWO = {ANN: "A", BEN: "B"}


def test_a_swap_keeps_the_seats_and_a_move_alone_does_not():
    """Unless the policy does not hold seats, or a rule that was broken is mended."""
    assert problem(SWAP, step(TWO)) is None
    assert problem(SWAP[:1], step(TWO)) == MoveProblem(MoveFault.SEATS, grade="A", number=-1)
    assert problem(SWAP[:1], step(TWO), hold_seats=False) is None
    assert problem(SWAP[:1], step(TWO, before=("lowest_two_share_min",))) is None
    still = step(TWO, before=("lowest_two_share_min",), after=("lowest_two_share_min",))
    assert problem(SWAP[:1], still).fault is MoveFault.SEATS


def test_a_rule_that_would_be_broken_is_named_and_one_that_is_broken_already_is_not():
    """Whatever else is in the way of seats, the rule is what is told."""
    assert problem(SWAP, step(TWO, after=("top_share_min",))) == MoveProblem(MoveFault.RULES, rule="top_share_min")
    assert problem(SWAP, step(TWO, before=("top_share_min",), after=("top_share_min",))) is None


def test_steps_count_from_the_proposed_grade_over_two_decisions_too():
    """Moved from B to A, nobody goes on to S: that is two from what was proposed; back to B they do."""
    on = step({ANN: "B", BEN: "S"}, present={ANN: "A", BEN: "S"})
    assert problem([(ANN, "A", "S"), (BEN, "S", "A")], on) == MoveProblem(MoveFault.STEPS, ANN, "B", 1)
    assert problem([(ANN, "A", "S"), (BEN, "S", "A")], on, max_steps=2) is None
    assert problem([(ANN, "A", "B")], on, hold_seats=False) is None


def test_what_else_is_in_the_way():
    """No grade, discipline, another grade than the one named, and two groups."""
    assert problem([(CAN, "B", "A")], step({CAN: None})).fault is MoveFault.NOT_GRADED
    assert problem([(CAN, "B", "A")], step(TWO)).fault is MoveFault.NOT_GRADED
    assert problem(SWAP, step(TWO, disciplined={BEN})) == MoveProblem(MoveFault.DISCIPLINED, BEN)
    assert problem(SWAP, step({ANN: "A", BEN: "C"})) == MoveProblem(MoveFault.FROM_GRADE, BEN, "C")
    assert problem(SWAP, step(TWO, groups={ANN: "east", BEN: "west"})).fault is MoveFault.GROUPS


@pytest.mark.parametrize(
    ("proposed", "stands", "lapsed", "moved"),
    [("B", "A", False, True), ("C", "C", True, False), (None, None, True, False)],
)
def test_a_move_holds_as_long_as_the_proposal_is_what_it_was(proposed, stands, lapsed, moved):
    """Another proposal, or none, and the proposal stands until somebody answers."""
    move = GradeMove(7, ANN, "B", "A", WHY, "B")
    one = given_grades({ANN: move}, {ANN: proposed})[ANN]
    assert (one.grade, one.lapsed, one.is_moved) == (stands, lapsed, moved)
    assert given_grades({ANN: move}, {BEN: "B"}) == {}


_MANY = st.lists(st.tuples(st.sampled_from(GRADES), st.sampled_from(GRADES)), min_size=1, max_size=12)


@given(_MANY, st.integers(0, 5))
def test_whatever_is_let_through_keeps_every_count_and_the_steps(wanted, most):
    """Of any moves of a group: where nothing is said to be in the way each grade has as many as before, and nobody is moved too far."""
    nodes = [Node(NodeKind.EMPLOYEE, f"E{at}") for at, _ in enumerate(wanted)]
    proposed = dict(zip(nodes, (now for now, _ in wanted), strict=True))
    moves = [(node, now, to) for node, (now, to) in zip(nodes, wanted, strict=True)]
    said = problem(moves, step(proposed), max_steps=most)
    keeps = Counter(now for now, _ in wanted) == Counter(to for _, to in wanted)
    near = all(abs(GRADES.index(now) - GRADES.index(to)) <= most for now, to in wanted)
    assert (said is None) == (keeps and near)

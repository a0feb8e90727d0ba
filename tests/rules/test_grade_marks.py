"""What was done about a grade, as lists are narrowed by it."""

from __future__ import annotations

from app.rules.grade_marks import (
    GradeMark,
    counts_of_marks,
    marks_of_grade,
    marks_of_grades,
    marks_of_objections,
    marks_of_steps,
)
from app.rules.moves import Given, GradeMove
from app.rules.objections import ObjectionState
from app.rules.terms import Node, NodeKind

ONE, OTHER = (Node(NodeKind.EMPLOYEE, number) for number in ("E1", "E2"))


def given(grade: str, proposed: str, *, to: str | None, then: str, is_held: bool = False) -> Given:
    """Somebody moved from B when a grade was proposed; what stands and is proposed now."""
    return Given(grade, proposed, GradeMove(7, ONE, "B", to, "Because.", then), is_held)


def test_a_grade_is_marked_by_what_holds_and_not_by_its_letter() -> None:
    cases = [
        (None, False, set()),
        (None, True, {"kept"}),
        (given("A", "B", to="A", then="B"), False, {"moved"}),
        (given("B", "B", to="B", then="B"), False, set()),
        (given("C", "C", to="A", then="B"), False, {"lapsed"}),
        (given("A", "C", to="A", then="B", is_held=True), True, {"kept", "lapsed"}),
    ]
    for one, is_kept, expected in cases:
        assert marks_of_grade(one, is_kept=is_kept) == {GradeMark(mark) for mark in expected}, one
    moved = given("A", "B", to="A", then="B")
    assert marks_of_grades({ONE: moved}, {OTHER}) == {ONE: {GradeMark.MOVED}, OTHER: {GradeMark.KEPT}}


def test_a_lapsed_move_that_was_let_go_stays_marked_until_somebody_moves_anew() -> None:
    lapsed, answer, anew = (
        GradeMove(number, ONE, "B", to, "Because.", "C") for number, to in ((7, "A"), (9, None), (11, "B"))
    )
    assert marks_of_steps([lapsed]) == {}
    assert marks_of_steps([lapsed, answer]) == {ONE: {GradeMark.LAPSED}}
    assert marks_of_steps([lapsed, answer, anew]) == {}


def test_an_objection_that_was_taken_back_marks_nobody_and_a_granted_one_twice() -> None:
    granted = {GradeMark.OBJECTED, GradeMark.GRANTED}
    cases = {
        ObjectionState.OPEN: {GradeMark.OBJECTED},
        ObjectionState.ANSWERED: {GradeMark.OBJECTED},
        ObjectionState.APPEALED: {GradeMark.OBJECTED},
        ObjectionState.REFUSED: {GradeMark.OBJECTED},
        ObjectionState.GRANTED: granted,
        ObjectionState.SETTLED: granted,
        ObjectionState.WITHDRAWN: set(),
    }
    assert {state: marks_of_objections([state]) for state in ObjectionState} == cases
    assert marks_of_objections(ObjectionState) == granted
    assert counts_of_marks(cases.values()) == [(GradeMark.OBJECTED, 6), (GradeMark.GRANTED, 2)]  # type: ignore[arg-type]

"""A cycle graded twice: who moves, and by how many grades."""

from __future__ import annotations

from app.rules.lab import LabResult, LabSide, compared
from app.rules.policies import Policies
from tests.rules.test_grading import candidate, propose, propose_units


def side(**scores: float) -> LabSide:
    """A cycle of some people with their final scores, and no unit."""
    people = propose(*(candidate(number, score) for number, score in scores.items()))
    return LabSide(employees=people, units=propose_units([], policies=Policies()), methods={}, sums={})


def moved(before: LabSide, after: LabSide) -> LabResult:
    return compared(before, after, offices=dict.fromkeys(("E1", "E2", "E3"), "VIE"))


def test_whoever_has_a_grade_on_one_side_alone_moves_from_none_or_to_none() -> None:
    """Another first month takes others into the cycle: to have a grade is more than none, and to lose it is less."""
    result = moved(side(E1=90.0, E2=60.0), side(E2=60.0, E3=80.0))
    steps = {item.node.code: item.step for item in result.items}
    assert steps["E1"] < 0 < steps["E3"]
    (office,) = result.offices
    assert (office.people.before, office.people.after) == (2, 2)
    assert (office.up, office.down) == (
        sum(step > 0 for step in steps.values()),
        sum(step < 0 for step in steps.values()),
    )


def test_nobody_moves_where_nothing_differs() -> None:
    """The same side twice, and one that is equal to it."""
    assert moved(side(E1=90.0), side(E1=90.0)).items == ()

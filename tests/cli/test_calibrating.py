"""Whom the demonstration's calibrators move where half of a swap has lapsed: whatever its size and its ties, the rules of the grades hold again."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.calibrating import MENDED, mending_moves
from app.cycle import Calibration
from app.rules.grade_rules import broken_by_counts, grade_counts
from app.rules.moves import GradeMove, WantedMove
from app.rules.policies import Policies
from app.rules.standings import AGENCY
from app.rules.terms import Node, NodeKind
from tests.rules.graded import graded
from tests.rules.test_grading import candidate

POLICIES = Policies()


def calibrated(scores: list[float], moves: list[WantedMove]) -> Calibration:
    people = [candidate(f"E{at:04}", score) for at, score in enumerate(scores)]
    made = {one.node: GradeMove(1, one.node, one.from_, one.to, one.reason, one.from_) for one in moves}
    proposal = graded(people, POLICIES).with_moves(made)
    return Calibration(cycle=2026, kind=NodeKind.EMPLOYEE, policies=POLICIES, proposal=proposal)


def broken_by(calibration: Calibration) -> set[str]:
    """The rules that the grades break, counted from the grades alone."""
    grades = [calibration.present(calibration.node_of(one)) for one in calibration.places_in(AGENCY)]
    return {one.code for one in broken_by_counts(grade_counts(grades, policies=POLICIES), policies=POLICIES)}


@pytest.mark.parametrize("better", [0, 1, 2, 3])
@given(size=st.integers(60, 400), step=st.sampled_from([0.01, 1.0, 4.0]), seed=st.integers(0, 2**32))
def test_one_who_stays_moved_alone_is_weighed_out_by_another(size: int, step: float, seed: int, better: int) -> None:
    """Of a swap the one who went up stays, the one who went down does not: somebody else goes down for it, as 13 of 138 are too few in the lowest two."""
    chance = random.Random(seed)
    scores = [round(min(99.0, max(20.0, chance.gauss(70, 12))) / step) * step for _ in range(size)]
    before = calibrated(scores, [])
    grades = [one.grade for one in POLICIES.grades]
    lower = [one for one in before.places_in(AGENCY) if one.grade == grades[better + 1]]
    up = (
        [WantedMove(before.node_of(lower[0]), grades[better + 1], grades[better], "A swap's one half.")]
        if lower
        else []
    )
    moves = [*up]
    for rule in MENDED:
        moves += mending_moves(calibrated(scores, moves), [AGENCY], rule)
    assert not broken_by(calibrated(scores, moves))
    assert len({one.node for one in moves}) == len(moves)
    assert broken_by(calibrated(scores, up)) or moves == up


def test_nobody_is_moved_where_no_group_is_open() -> None:
    scores = [70.0 - at / 10 for at in range(138)]
    first = next(one for one in calibrated(scores, []).places_in(AGENCY) if one.grade == "D")
    up = WantedMove(Node(NodeKind.EMPLOYEE, first.entrant.code), "D", "C", "A swap's one half.")
    left = calibrated(scores, [up])
    assert broken_by(left) == {"lowest_two_share_min"}
    assert mending_moves(left, [], "lowest_two_share_min") == []
    (down,) = mending_moves(left, [AGENCY], "lowest_two_share_min")
    assert (down.from_, down.to) == ("C", "D")

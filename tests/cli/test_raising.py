"""Which two people of the demonstration agency change places: at any size, and with any ties, so that a move lapses once a line is put right."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from app.cli.former_cycle import wanted_swap
from app.cli.raising import LineRaised, Raised
from app.cycle import Calibration
from app.rules.grading import Candidate
from app.rules.moves import GradeMove
from app.rules.policies import Policies
from app.rules.standings import AGENCY
from app.rules.terms import Node, NodeKind
from tests.rules.graded import graded
from tests.rules.test_grading import candidate

POLICIES = Policies()
_SOME = 12


def agency(size: int, *, step: float) -> dict[str, Candidate]:
    """People of one group by number, whose scores lie at multiples of a step: the larger that is, the more are equal."""
    chance = random.Random(size)
    scores = [round(min(99.0, max(20.0, chance.gauss(70, 12))) / step) * step for _ in range(size)]
    return {f"E{at:04}": candidate(f"E{at:04}", score) for at, score in enumerate(scores)}


def scored(one: Candidate, score: float) -> Candidate:
    return replace(one, own_score=score, unit_score=score, final_score=score)


def tried(people: Mapping[str, Candidate], up_to: Mapping[str, float]) -> Iterator[Raised]:
    """What would become of everybody if one of some people came to a better score."""
    before = graded(people.values(), POLICIES)
    for number, score in up_to.items():
        again = {**people, number: scored(people[number], score)}
        line = LineRaised(Node(NodeKind.EMPLOYEE, number), "consults", "1")
        one = Raised(line=line, before=before, after=graded(again.values(), POLICIES))
        if one.rises:
            yield one


def lapsed_by_hand(people: Mapping[str, Candidate], up_to: Mapping[str, float], moves: Mapping[Node, GradeMove]) -> int:
    """By how many of some people's better scores another grade is proposed for one of two who were moved, graded anew from nothing."""
    count = 0
    for number, score in up_to.items():
        again = {**people, number: scored(people[number], score)}
        grade_of = {row.employee: row.grade for row in graded(again.values(), POLICIES).rows}
        count += any(grade_of[node.code] != move.proposed for node, move in moves.items())
    return count


@pytest.mark.parametrize("size", [60, 200, 1300])
@pytest.mark.parametrize("step", [0.01, 1.0, 4.0])
@pytest.mark.parametrize("gain", [12.0, 80.0])
def test_somebody_who_is_found_to_be_better_lets_a_move_lapse(size: int, step: float, gain: float) -> None:
    """Whoever may rise, whether by a little or to the top: the two who change places are of grades next to each other, and one is passed or rises."""
    people = agency(size, step=step)
    before = graded(people.values(), POLICIES)
    calibration = Calibration(cycle=2026, kind=NodeKind.EMPLOYEE, policies=POLICIES, proposal=before)
    up_to = {number: min(100.0, (one.final_score or 0) + gain) for number, one in [*people.items()][:: size // _SOME]}
    chosen = wanted_swap(calibration, [AGENCY], lambda: tried(people, up_to))
    assert chosen is not None
    assert calibration.weighed(chosen).problem is None
    moves = {one.node: GradeMove(1, one.node, one.from_, one.to, one.reason, one.from_) for one in chosen}
    assert lapsed_by_hand(people, up_to, moves) > 0

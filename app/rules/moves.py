"""Moves of proposed grades: what people agreed on in calibration, and which moves hold (contract-cycle, 6).

A newcomer's usual mistake: to store the grade that somebody was moved to. A move holds as long as the *proposed* grade is what it was when it was made;
once another is proposed the move has lapsed and the proposal stands, until a calibrator answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

from app.rules.terms import Node

__all__ = [
    "NO_MOVES",
    "CalibrationStep",
    "Given",
    "GradeMove",
    "MoveFault",
    "MoveProblem",
    "Moves",
    "WantedMove",
    "given_grades",
    "problem_of",
]


class WantedMove(NamedTuple):
    """A grade that somebody proposes to move."""

    node: Node
    from_: str
    to: str
    reason: str


class GradeMove(NamedTuple):
    """A step of calibration that two people agreed on, about one person or unit.

    Attributes:
        decision: its number; of an answer to a lapsed move that of the answer.
        from_: the grade that stood then.
        to: the grade that it was moved to; None where a lapsed move was let go, so that the proposal stands.
        proposed: the grade that was proposed then; None for none.
    """

    decision: int
    node: Node
    from_: str | None
    to: str | None
    reason: str
    proposed: str | None


class Given(NamedTuple):
    """The grade of somebody about whom there are moves.

    Attributes:
        grade: what stands.
        proposed: what is proposed; None where there is none any more.
        move: the last one.
        is_held: whether it is the grade that they were told, whatever is proposed or they were moved to before.
    """

    grade: str | None
    proposed: str | None
    move: GradeMove
    is_held: bool = False

    @property
    def lapsed(self) -> bool:
        """Whether the last move does not hold, and nobody has answered."""
        return self.move.proposed != self.proposed

    @property
    def is_moved(self) -> bool:
        """Whether the grade is another than the proposed one, by a move that holds."""
        return not self.is_held and self.grade != self.proposed


Moves: TypeAlias = Mapping[Node, GradeMove]
"""The last step about each person and unit of one cycle; of one that was let go there is none."""

NO_MOVES: Final[Moves] = {}


def given_grades(moves: Moves, proposed: Mapping[Node, str | None]) -> dict[Node, Given]:
    """What stands of everyone about whom there are moves, and who is listed.

    Args:
        moves: the last of each.
        proposed: of those listed the grade that is proposed now; None for who has none.
    """
    given = {}
    for node, move in moves.items():
        if node in proposed:
            now = proposed[node]
            holds = move.proposed == now
            given[node] = Given(move.to if holds else now, now, move)
    return given


class MoveFault(StrEnum):
    """Why a move is refused, by the contract's codes; a rule that would be broken is named beside :attr:`RULES`."""

    GROUPS = "groups"
    NOT_GRADED = "not_graded"
    DISCIPLINED = "disciplined"
    FROM_GRADE = "from_grade"
    STEPS = "steps"
    SEATS = "seats"
    RULES = "rules"


class MoveProblem(NamedTuple):
    """What is in the way of some moves.

    Attributes:
        node: of whom; None where it is of the group.
        grade: the grade that it turns on: the present one, or the one whose seats would be others.
        number: of steps that are allowed, or how many seats more than before; None where it is no matter of a number.
        rule: that would be broken.
    """

    fault: MoveFault
    node: Node | None = None
    grade: str | None = None
    number: int | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationStep:
    """What some moves are made on: everyone's grades as they stand, and as they would.

    Attributes:
        grades: the policy's, the best first.
        group_of: of the graded the group after small ones were merged.
        proposed: of those listed what is proposed; None for who has none.
        present: what stands.
        disciplined: whose grade is the lowest by discipline.
        broken_before: the names of the rules that are broken as things stand; of units none are asked.
        broken_after: and would be with the moves.
    """

    grades: Sequence[str]
    group_of: Mapping[Node, str]
    proposed: Mapping[Node, str | None]
    present: Mapping[Node, str | None]
    disciplined: Collection[Node]
    broken_before: Collection[str]
    broken_after: Collection[str]


def problem_of(
    moves: Sequence[WantedMove], step: CalibrationStep, *, max_steps: int, hold_seats: bool
) -> MoveProblem | None:
    """What is in the way of some moves first; None where nothing is (contract-cycle, 6).

    Args:
        moves: of one decision, of people or of units.
        step: what they are made on.
        max_steps: how many grades at most anybody's stands from the proposed one (``calibration.max_steps``).
        hold_seats: whether a group gives as many of each grade as before (``calibration.hold_seats``); not asked where a rule that was
            broken is mended.
    """
    for one in moves:
        if step.present.get(one.node) is None:
            return MoveProblem(MoveFault.NOT_GRADED, one.node)
    if len({step.group_of[one.node] for one in moves}) > 1:
        return MoveProblem(MoveFault.GROUPS)
    place = {grade: at for at, grade in enumerate(step.grades)}
    for one in moves:
        if one.node in step.disciplined:
            return MoveProblem(MoveFault.DISCIPLINED, one.node)
        if step.present[one.node] != one.from_:
            return MoveProblem(MoveFault.FROM_GRADE, one.node, step.present[one.node])
        if abs(place[one.to] - place[str(step.proposed[one.node])]) > max_steps:
            return MoveProblem(MoveFault.STEPS, one.node, step.proposed[one.node], max_steps)
    newly_broken = sorted(set(step.broken_after) - set(step.broken_before))
    if newly_broken:
        return MoveProblem(MoveFault.RULES, rule=newly_broken[0])
    mended = set(step.broken_before) - set(step.broken_after)
    if hold_seats and not mended:
        more = _seats_more(moves)
        for grade in step.grades:
            if more[grade]:
                return MoveProblem(MoveFault.SEATS, grade=grade, number=more[grade])
    return None


def _seats_more(moves: Iterable[WantedMove]) -> Counter[str]:
    """How many more of each grade a group would give; below zero for fewer."""
    more: Counter[str] = Counter()
    for one in moves:
        more[one.to] += 1
        more[one.from_] -= 1
    return more

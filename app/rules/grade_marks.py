"""What people did about a grade, to narrow lists by: moved, kept as told, a move that lapsed, an objection, one that was granted.

Do not read a mark off the letters: whoever was moved back has the grade that was proposed, and whoever was told it may have it by a move.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Final

from app.rules.moves import Given, GradeMove
from app.rules.objections import ObjectionState
from app.rules.terms import Node

__all__ = [
    "OBJECTIONS",
    "GradeMark",
    "Marks",
    "counts_of_marks",
    "marks_of_grade",
    "marks_of_grades",
    "marks_of_objections",
    "marks_of_steps",
    "united_marks",
]


class GradeMark(StrEnum):
    """What was done about a grade."""

    MOVED = "moved"
    """It is another than the proposed one, by a move that holds."""
    KEPT = "kept"
    """It is the one that was told, beyond the seats."""
    LAPSED = "lapsed"
    """The last move does not hold, for another grade is proposed since; whether or not calibrators have let it go."""
    OBJECTED = "objected"
    """Its owner objected, and did not take it back."""
    GRANTED = "granted"
    """An objection of its owner was granted."""


Marks = frozenset[GradeMark]

OBJECTIONS: Final[Marks] = frozenset({GradeMark.OBJECTED, GradeMark.GRANTED})


def marks_of_grade(given: Given | None, *, is_kept: bool) -> Marks:
    """Of one grade, by the moves that there are and whether it is kept as told."""
    marks = {GradeMark.KEPT} if is_kept else set()
    if given is not None and given.is_moved:
        marks.add(GradeMark.MOVED)
    if given is not None and given.lapsed:
        marks.add(GradeMark.LAPSED)
    return frozenset(marks)


def marks_of_grades(given: Mapping[Node, Given], kept: Collection[Node]) -> dict[Node, Marks]:
    """Of all that were moved or kept; whoever is neither is left out."""
    marks = {node: marks_of_grade(given.get(node), is_kept=node in kept) for node in (*given, *kept)}
    return {node: some for node, some in marks.items() if some}


def marks_of_steps(steps: Iterable[GradeMove]) -> dict[Node, Marks]:
    """Of those whose lapsed move was let go, which stands beside no grade any more: the steps of a cycle, the earliest first."""
    last = {one.node: one for one in steps}
    return {node: frozenset({GradeMark.LAPSED}) for node, one in last.items() if one.to is None}


def marks_of_objections(states: Iterable[ObjectionState]) -> Marks:
    """Of one person's objections, by how far each is."""
    some = set(states) - {ObjectionState.WITHDRAWN}
    granted = some & {ObjectionState.GRANTED, ObjectionState.SETTLED}
    return frozenset({GradeMark.OBJECTED} if some else ()) | ({GradeMark.GRANTED} if granted else frozenset())


def united_marks(*parts: Mapping[Node, Marks]) -> dict[Node, Marks]:
    """The marks of several looks at the same people."""
    united: dict[Node, Marks] = {}
    for part in parts:
        for node, marks in part.items():
            united[node] = united.get(node, frozenset()) | marks
    return united


def counts_of_marks(some: Iterable[Marks]) -> list[tuple[GradeMark, int]]:
    """How many have each mark; of those that anybody has."""
    counts = Counter(mark for marks in some for mark in marks)
    return [(mark, counts[mark]) for mark in GradeMark if counts[mark]]

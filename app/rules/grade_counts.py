"""How many of each group have each grade as it is given, beside how many the rules propose it for.

Do not count places alone: whoever was moved, or keeps what they were told, has another grade than their place brings.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from app.rules.grading import EmployeeProposal, UnitProposal, standing_grade
from app.rules.terms import Node, NodeKind

__all__ = ["GivenCount", "given_counts", "given_otherwise"]


class GivenCount(NamedTuple):
    """One grade in one group.

    Attributes:
        group: its code.
        grade: its letter.
        seats: of the group.
        proposed: for how many the rules propose it.
        people: how many have it.
        kept: how many of them keep it as they were told, whatever is proposed.
        moved: how many of them people have moved to it.
    """

    group: str
    grade: str
    seats: int
    proposed: int
    people: int
    kept: int
    moved: int


def given_counts(proposal: EmployeeProposal | UnitProposal) -> dict[tuple[str, str], GivenCount]:
    """The grades of every group, by group and grade, the best first."""
    kind = NodeKind.UNIT if isinstance(proposal, UnitProposal) else NodeKind.EMPLOYEE
    people: Counter[tuple[str, str]] = Counter()
    kept: Counter[tuple[str, str]] = Counter()
    moved: Counter[tuple[str, str]] = Counter()
    for place in proposal.standings.by_code.values():
        node = Node(kind, place.entrant.code)
        key = place.group, standing_grade(proposal, node) or place.grade
        people[key] += 1
        kept[key] += node in proposal.as_told
        given = proposal.given.get(node)
        moved[key] += given is not None and given.is_moved
    return {
        (group, one.grade): GivenCount(
            group,
            one.grade,
            one.seats,
            one.people,
            people[group, one.grade],
            kept[group, one.grade],
            moved[group, one.grade],
        )
        for group, grades in proposal.standings.in_group.items()
        for one in grades
    }


def given_otherwise(proposal: EmployeeProposal | UnitProposal) -> tuple[GivenCount, ...]:
    """The grades that another number has than they are proposed for."""
    return tuple(one for one in given_counts(proposal).values() if one.people != one.proposed)

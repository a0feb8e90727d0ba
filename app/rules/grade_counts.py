"""How many of each group have each grade as it is given, beside how many the rules propose it for.

Do not count places alone: whoever was moved, or keeps what they were told, has another grade than their place brings.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import NamedTuple, Self

from app.rules.grading import EmployeeProposal, UnitProposal, standing_grade
from app.rules.standings import Standing
from app.rules.terms import Node, NodeKind

__all__ = ["GivenCount", "SeatSteps", "given_counts", "given_otherwise", "seat_steps"]


class GivenCount(NamedTuple):
    """One grade in one group.

    Attributes:
        group: its code.
        grade: its letter.
        seats: of the group.
        proposed: for how many the rules propose it.
        people: how many have it.
        kept: how many of them keep it as they were told, where another is proposed.
        moved: how many of them people have moved to it from what is proposed.
        gone: how many it is proposed for, and who have another by either.
    """

    group: str
    grade: str
    seats: int
    proposed: int
    people: int
    kept: int
    moved: int
    gone: int


def given_counts(proposal: EmployeeProposal | UnitProposal) -> dict[tuple[str, str], GivenCount]:
    """The grades of every group, by group and grade, the best first."""
    tally = _Tally.of(proposal)
    return {
        (group, one.grade): GivenCount(
            group,
            one.grade,
            one.seats,
            one.people,
            tally.people[group, one.grade],
            tally.kept[group, one.grade],
            tally.moved[group, one.grade],
            tally.gone[group, one.grade],
        )
        for group, grades in proposal.standings.in_group.items()
        for one in grades
    }


class _Tally(NamedTuple):
    """People by group and grade: those who have it, and those who have it, or have it not, though another, or it, is proposed."""

    people: Counter[tuple[str, str]]
    kept: Counter[tuple[str, str]]
    moved: Counter[tuple[str, str]]
    gone: Counter[tuple[str, str]]

    @classmethod
    def of(cls, proposal: EmployeeProposal | UnitProposal) -> Self:
        """Everybody of a proposal, each by the place and by the grade."""
        tally = cls(Counter(), Counter(), Counter(), Counter())
        kind = NodeKind.UNIT if isinstance(proposal, UnitProposal) else NodeKind.EMPLOYEE
        for place in proposal.standings.by_code.values():
            node = Node(kind, place.entrant.code)
            grade = standing_grade(proposal, node) or place.grade
            tally.people[place.group, grade] += 1
            if grade != place.grade:
                tally.gone[place.group, place.grade] += 1
                (tally.kept if node in proposal.as_told else tally.moved)[place.group, grade] += 1
        return tally


def given_otherwise(proposal: EmployeeProposal | UnitProposal) -> tuple[GivenCount, ...]:
    """The grades that another number has than they are proposed for."""
    return tuple(one for one in given_counts(proposal).values() if one.people != one.proposed)


class SeatSteps(NamedTuple):
    """The way from the seats of one grade in one group to those who have it; every step is one of people, and they add up.

    Attributes:
        grade: its letter.
        seats: of the group.
        taken: how many of them equals who have a better grade take.
        beyond: for how many more than the seats that are left the rules propose it; fewer than none where discipline brings them the lowest.
        score: what equals have where the grade ends, if they are why; None where they are not.
        equals: how many these are.
        disciplined: how many discipline brings to the lowest grade, and so beyond its seats.
        kept: for how many the rules propose another, and who keep this one as they were told.
        moved: those of whom it is so since calibrators moved them.
        gone: for how many the rules propose it, and who have another by either.
        people: how many have it.
    """

    grade: str
    seats: int
    taken: int
    beyond: int
    score: Decimal | None
    equals: int
    disciplined: int
    kept: int
    moved: int
    gone: int
    people: int

    @property
    def proposed(self) -> int:
        """For how many the rules propose it."""
        return self.seats - self.taken + self.beyond

    @property
    def is_even(self) -> bool:
        """Whether nothing has to be said: each of its seats is one person's, by rank."""
        return self.seats == self.people and not (self.taken or self.kept or self.moved or self.gone)


def seat_steps(proposal: EmployeeProposal | UnitProposal, group: str) -> tuple[SeatSteps, ...]:
    """Why each grade of a group has as many people as it has, the best first."""
    members = [one for one in proposal.standings.by_code.values() if one.group == group]
    tally = _Tally.of(proposal)
    steps: list[SeatSteps] = []
    carried = 0
    grades = proposal.standings.in_group[group]
    for one in grades:
        taken = min(carried, one.seats)
        beyond = one.people - (one.seats - taken)
        is_lowest = one is grades[-1]
        tied = beyond > 0 and not is_lowest
        steps.append(
            SeatSteps(
                grade=one.grade,
                seats=one.seats,
                taken=taken,
                beyond=beyond,
                score=one.lowest if tied else None,
                equals=sum(_ties(each, one.lowest) for each in members) if tied else 0,
                disciplined=sum(each.entrant.disciplined for each in members) if beyond > 0 and is_lowest else 0,
                kept=tally.kept[group, one.grade],
                moved=tally.moved[group, one.grade],
                gone=tally.gone[group, one.grade],
                people=tally.people[group, one.grade],
            )
        )
        carried = max(0, carried + one.people - one.seats)
    return tuple(steps)


def _ties(place: Standing, score: Decimal | None) -> bool:
    return not place.entrant.disciplined and place.entrant.score == score

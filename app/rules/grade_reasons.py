"""Why somebody has the grade that is proposed: the score that was ranked, the group, its seats, the cut-offs, and the pay.

Whoever reads the page of a grade must be able to come to it by hand (domain.md 5). Nothing is decided here: every figure is the
proposal's own, so that a page that explains it cannot tell another story.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from app.rules.grading import Candidate, EarlierResult, EmployeeProposal
from app.rules.pay import PaySlip
from app.rules.policies import Policies
from app.rules.promotion import PromotionPoints
from app.rules.standings import GradeInGroup, Standing, Standings

__all__ = ["BetterGrade", "BeyondSeats", "CutOff", "GradeReasons", "better_grade", "beyond_seats", "grade_reasons"]


class BetterGrade(NamedTuple):
    """The next better grade that somebody of the group has."""

    grade: str
    lowest: Decimal
    """The published score that has it at the least: whoever reaches it shares the grade, as long as the others stay where they are."""
    missing: Decimal
    """How far one's own published score is below it."""


class CutOff(NamedTuple):
    """Where one's own grade ends."""

    lowest: Decimal
    """The lowest published score of the group that has it."""
    above: Decimal
    """How far one's own published score is above it."""


class BeyondSeats(NamedTuple):
    """A grade of a group in which there are not as many as it has seats, and what made it so."""

    group: str
    grade: str
    seats: int
    people: int
    score: Decimal | None
    """The score that equals have where the grade ends; None where it is discipline that brings the grade."""
    number: int
    """How many these equals are, or how many discipline has brought here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeReasons:
    """All that one employee's proposed grade, pay and promotion points came from."""

    candidate: Candidate
    stand_in: tuple[EarlierResult, ...]
    """The earlier results whose mean was ranked in place of this cycle's score, for somebody away; else none."""
    standing: Standing | None
    """None without a grade."""
    in_group: tuple[GradeInGroup, ...]
    merged_from: str | None
    """The evaluation group that was too small and became the one ranked in; None where it stands as it is."""
    tied: int
    """How many have the same rank, oneself included."""
    cut_off: CutOff | None
    """None without a grade, and for discipline, which no score brings."""
    better: BetterGrade | None
    slip: PaySlip | None
    points: PromotionPoints | None
    minimum_days: int


def grade_reasons(proposal: EmployeeProposal, employee: str, *, cycle: int, policies: Policies) -> GradeReasons:
    """Why an employee of the proposal stands where they stand (contract.md, "Grades and pay, exactly").

    Args:
        proposal: of everyone.
        employee: the number.
        cycle: the year that the proposal is of.
        policies: those that it was made by.

    Raises:
        KeyError: the proposal does not list the employee.
    """
    candidate = proposal.candidates[employee]
    places = proposal.standings
    standing = places.by_code.get(employee)
    in_group = places.in_group[standing.group] if standing else ()
    entered_as = standing.entrant.group if standing else None
    return GradeReasons(
        candidate=candidate,
        stand_in=tuple(candidate.standing_in(cycle)),
        standing=standing,
        in_group=in_group,
        merged_from=entered_as if standing and entered_as != standing.group else None,
        tied=_tied(proposal, standing) if standing else 0,
        cut_off=_cut_off(standing, in_group) if standing else None,
        better=better_grade(standing, in_group) if standing else None,
        slip=proposal.pay.slips.get(employee),
        points=proposal.points.get(employee),
        minimum_days=policies.minimum_days,
    )


def beyond_seats(places: Standings) -> tuple[BeyondSeats, ...]:
    """Where the grades that people have differ from the seats: equals share the better grade, and discipline brings the lowest one."""
    members: dict[str, list[Standing]] = {}
    for one in places.by_code.values():
        members.setdefault(one.group, []).append(one)
    beyond: list[BeyondSeats] = []
    for group, grades in places.in_group.items():
        to_seat = 0
        for grade in grades[:-1]:
            to_seat += grade.people - grade.seats
            # Those whom earlier grades took beyond their seats may leave this one exactly its own.
            if to_seat > 0 and grade.people != grade.seats and grade.lowest is not None:
                equals = sum(
                    not one.entrant.disciplined and one.entrant.score == grade.lowest for one in members[group]
                )
                beyond.append(BeyondSeats(group, grade.grade, grade.seats, grade.people, grade.lowest, equals))
        last = grades[-1]
        if last.people > last.seats:
            number = sum(one.entrant.disciplined for one in members[group])
            beyond.append(BeyondSeats(group, last.grade, last.seats, last.people, None, number))
    return tuple(beyond)


def _tied(proposal: EmployeeProposal, standing: Standing) -> int:
    return sum((one.group, one.rank) == (standing.group, standing.rank) for one in proposal.standings.by_code.values())


def _cut_off(standing: Standing, in_group: tuple[GradeInGroup, ...]) -> CutOff | None:
    lowest = next(one.lowest for one in in_group if one.grade == standing.grade)
    if lowest is None or standing.entrant.disciplined:
        return None
    return CutOff(lowest, standing.entrant.score - lowest)


def better_grade(standing: Standing, in_group: tuple[GradeInGroup, ...]) -> BetterGrade | None:
    """The next better grade that somebody of the group has by score, and the way to it.

    None for the best, and for discipline, which no score lifts. With less than its lowest score nobody reaches it: those who have it stand on
    all its seats.

    Args:
        standing: whose.
        in_group: the grades of that group, the best first.
    """
    if standing.entrant.disciplined:
        return None
    best_first = [one.grade for one in in_group]
    for one in reversed(in_group[: best_first.index(standing.grade)]):
        if one.lowest is not None:
            return BetterGrade(one.grade, one.lowest, one.lowest - standing.entrant.score)
    return None

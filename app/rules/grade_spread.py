"""How the grades lie in each group: seats, people, cut-offs, every score, and who misses the next better grade by little.

Do not measure a near miss anew: it is the way to the next better grade that the person's own page tells (:mod:`app.rules.grade_reasons`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final, NamedTuple

from app.rules.grade_reasons import BetterGrade, better_grade
from app.rules.standings import Standing, Standings

__all__ = ["NEAR", "GradeSpread", "GradesSpread", "GroupSpread", "NearMiss", "grades_spread"]

NEAR: Final = Decimal("0.5")
"""How many points below a cut-off are near, where nobody says."""

_STEP: Final = 5
"""The scale begins and ends at a multiple of so many points."""


_AS_PROPOSED: Final[Mapping[str, str | None]] = MappingProxyType({})


class NearMiss(NamedTuple):
    """Somebody, or a unit, that would have the next better grade with a few points more."""

    standing: Standing
    better: BetterGrade


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeSpread:
    """One grade in one group.

    Attributes:
        grade: its letter.
        seats: of the group.
        people: how many have it.
        kept: how many of them keep it as they were told, whatever is proposed.
        lowest: the lowest published score that has it, discipline apart; None where nobody has it by score.
        scores: of all who have it, discipline included, the highest first.
        near: how many miss it by no more than is near.
    """

    grade: str
    seats: int
    people: int
    kept: int
    lowest: Decimal | None
    scores: tuple[Decimal, ...]
    near: int


class GroupSpread(NamedTuple):
    """A group and its grades, the best first."""

    group: str
    size: int
    grades: tuple[GradeSpread, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GradesSpread:
    """All groups on one scale of scores.

    Attributes:
        groups: in the order of their names.
        near: who misses a grade by no more than is near, group by group, the best grade first and in it the closest.
        within: how many points are near.
        low: where the scale begins.
        high: where it ends.
    """

    groups: tuple[GroupSpread, ...]
    near: tuple[NearMiss, ...]
    within: Decimal
    low: int
    high: int


def grades_spread(
    places: Standings,
    *,
    within: Decimal,
    given: Mapping[str, str | None] = _AS_PROPOSED,
    kept: Collection[str] = (),
) -> GradesSpread:
    """The grades of every group, and the near misses.

    Args:
        places: of all who are graded.
        given: by code the grades of those whom people moved to another.
        within: how many points below a cut-off are near; somebody exactly so far below is.
        kept: the codes of those of them who keep what they were told.
    """
    keeping: Counter[tuple[str, str]] = Counter()
    scores: dict[tuple[str, str], list[Decimal]] = {}
    near: list[NearMiss] = []
    for standing in places.by_code.values():
        grade = given.get(standing.entrant.code) or standing.grade
        scores.setdefault((standing.group, grade), []).append(standing.entrant.score)
        keeping[standing.group, grade] += standing.entrant.code in kept
        better = better_grade(standing, places.in_group[standing.group])
        if better is not None and better.missing <= within:
            near.append(NearMiss(standing, better))
    grades = places.plan.grades
    near.sort(
        key=lambda one: (
            one.standing.group,
            grades.index(one.better.grade),
            one.better.missing,
            one.standing.entrant.code,
        )
    )
    counts = Counter((one.standing.group, one.better.grade) for one in near)
    every = [score for of_grade in scores.values() for score in of_grade]
    return GradesSpread(
        groups=tuple(_group(places, group, scores, (counts, keeping)) for group in sorted(places.in_group)),
        near=tuple(near),
        within=within,
        low=int(min(every, default=Decimal(0)) // _STEP) * _STEP,
        high=(int(max(every, default=Decimal(0)) // _STEP) + 1) * _STEP,
    )


def _group(
    places: Standings,
    group: str,
    scores: Mapping[tuple[str, str], list[Decimal]],
    counts: tuple[Mapping[tuple[str, str], int], Mapping[tuple[str, str], int]],
) -> GroupSpread:
    near, kept = counts
    return GroupSpread(
        group,
        places.sizes[group],
        tuple(
            GradeSpread(
                grade=one.grade,
                seats=one.seats,
                people=len(scores.get((group, one.grade), ())),
                kept=kept.get((group, one.grade), 0),
                lowest=one.lowest,
                scores=tuple(sorted(scores.get((group, one.grade), ()), reverse=True)),
                near=near.get((group, one.grade), 0),
            )
            for one in places.in_group[group]
        ),
    )

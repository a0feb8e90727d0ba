"""Grades that people give: what several raters come to, and how far apart they are (contract-cycle, 5).

What a grade is worth says :data:`app.rules.measures.GRADE_POINTS`; what a mean of them is worth the method `qualitative`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from app.rules.measures import GRADE_POINTS

__all__ = [
    "GivenGrade",
    "RaterSpread",
    "RatingSummary",
    "RatingsTold",
    "farthest_first",
    "rater_spreads",
    "rating_summary",
]


class RatingsTold(StrEnum):
    """How much is said of the grades that a score rests on."""

    GRADES = "grades"
    """Every one: in a cycle that nobody opened."""

    SUMMARY = "summary"
    """How many they are, and from which to which."""

    NOTHING = "nothing"
    """Before the rated are notified."""


class RatingSummary(NamedTuple):
    """What some grades come to, without saying whose they are."""

    n: int
    mean: Fraction
    lowest: str
    highest: str


class GivenGrade(NamedTuple):
    """A grade of a line by a rater."""

    line: Hashable
    rater: str
    grade: str


class RaterSpread(NamedTuple):
    """A rater beside the others who rated the same lines.

    Attributes:
        rater: who.
        n: how many grades they gave.
        mean: in points.
        others: the mean of all grades that others gave on these lines; None where nobody else did.
    """

    rater: str
    n: int
    mean: Fraction
    others: Fraction | None

    @property
    def difference(self) -> Fraction | None:
        """How much higher the rater is than the others; None without any."""
        return None if self.others is None else self.mean - self.others


def farthest_first(spreads: Iterable[RaterSpread]) -> list[RaterSpread]:
    """Those first who are the farthest from others on the same lines; with nobody beside them last."""
    return sorted(spreads, key=lambda one: (one.difference is None, -abs(one.difference or 0), -one.n))


def rating_summary(grades: Sequence[str]) -> RatingSummary | None:
    """Number, mean in points and range of some grades; None without any."""
    if not grades:
        return None
    ranked = sorted(grades, key=lambda grade: GRADE_POINTS[grade])
    return RatingSummary(len(grades), _mean(grades), ranked[0], ranked[-1])


def rater_spreads(given: Iterable[GivenGrade]) -> list[RaterSpread]:
    """Every rater beside the others on the same lines, by who they are."""
    by_line: dict[Hashable, list[GivenGrade]] = {}
    by_rater: dict[str, list[GivenGrade]] = {}
    for one in given:
        by_line.setdefault(one.line, []).append(one)
        by_rater.setdefault(one.rater, []).append(one)
    spreads = []
    for rater, own in sorted(by_rater.items()):
        lines = dict.fromkeys(one.line for one in own)
        others = [other.grade for line in lines for other in by_line[line] if other.rater != rater]
        spreads.append(
            RaterSpread(rater, len(own), _mean([one.grade for one in own]), _mean(others) if others else None)
        )
    return spreads


def _mean(grades: Sequence[str]) -> Fraction:
    return Fraction(sum(GRADE_POINTS[grade] for grade in grades), len(grades))

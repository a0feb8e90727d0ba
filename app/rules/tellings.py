"""What everyone was told of their result, and who keeps the grade that they were told (contract-cycle, 7).

A newcomer's usual mistake: to hold a grade against whoever is moved by name. The hold is for whom others' corrections would push down: moves that two
people agreed on since go before it, and who lost points of their own takes what that brings.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from app.rules.terms import Node

__all__ = [
    "NEVER_TOLD",
    "GradedNow",
    "RankThird",
    "ToldOf",
    "ToldResult",
    "band_of",
    "holds_grade",
    "is_another",
    "last_day_to_object",
]


class RankThird(StrEnum):
    """The third of a group that somebody stands in by rank."""

    UPPER = "upper"
    MIDDLE = "middle"
    LOWER = "lower"


def band_of(rank: int, group_size: int) -> RankThird:
    """The third that a rank is in: up to n/3, up to 2n/3, else the last (contract-cycle, 8a)."""
    if 3 * rank <= group_size:
        return RankThird.UPPER
    return RankThird.MIDDLE if 3 * rank <= 2 * group_size else RankThird.LOWER


def last_day_to_object(told_on: dt.date, *, days: int) -> dt.date:
    """The last day of a window that runs from the day after (contract-cycle, 7)."""
    return told_on + dt.timedelta(days=days)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldResult:
    """What somebody is told of a cycle.

    Attributes:
        score: the final score as published; None where there is none.
        grade: None where there is none, for the `reason`.
        is_held: whether it is the one told before, beyond the seats.
        group: the evaluation group after small ones were merged.
        days: that the pay hangs on.
        own_group: the evaluation group before small ones were merged.
        job: that of the last day in service.
        disciplined: whether the grade is the lowest by discipline.
    """

    score: Decimal | None
    grade: str | None
    is_held: bool = False
    rank: int | None = None
    group: str | None = None
    group_size: int | None = None
    reason: str | None = None
    days: int = 0
    own_group: str = ""
    job: str = ""
    disciplined: bool = False

    @property
    def band(self) -> RankThird | None:
        """The third of the group; None without a rank."""
        return None if self.rank is None or self.group_size is None else band_of(self.rank, self.group_size)


def is_another(now: ToldResult, before: ToldResult | None) -> bool:
    """Whether somebody has to be told anew: of another score, grade or number of days; a rank alone does not ask for it (contract-cycle, 7)."""
    return before is None or (now.score, now.grade, now.days) != (before.score, before.grade, before.days)


class GradedNow(NamedTuple):
    """Somebody graded, as far as the hold asks.

    Attributes:
        grade: the one that is proposed, or that they were moved to before they were told.
        score: as published.
        own_group: the evaluation group before small ones were merged.
        disciplined: whether the grade is the lowest by discipline.
    """

    grade: str
    score: Decimal
    own_group: str
    job: str
    disciplined: bool


def holds_grade(told: ToldResult | None, now: GradedNow, *, grades: Sequence[str]) -> bool:
    """Whether somebody keeps the grade that they were told, though another is due (contract-cycle, 7).

    It is kept by whose published score is not lower and whose grade would be. Whose own score fell, who is newly disciplined, and whose own group or
    job was corrected takes the new one.

    Args:
        told: what they were told last; None for nothing.
        now: what stands without the hold.
        grades: the policy's, the best first.
    """
    if told is None or told.grade is None or told.score is None:
        return False
    if now.score < told.score or now.disciplined or (now.own_group, now.job) != (told.own_group, told.job):
        return False
    return grades.index(now.grade) > grades.index(told.grade)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldOf:
    """What everybody was told of a cycle so far.

    Attributes:
        before: decisions with smaller numbers had been taken to their end when people were told last; 0 where nobody was.
        place: how many tellings there were.
        round: in which round of the cycle they were told last.
        results: by node what each was told last.
    """

    before: int = 0
    place: int = 0
    round: int = 0
    results: Mapping[Node, ToldResult] = field(default_factory=dict)

    def is_since(self, decision: int) -> bool:
        """Whether a decision came after the last telling; one that has no number yet does."""
        return not 0 < decision < self.before


NEVER_TOLD: Final = ToldOf()
"""Of a cycle in which nobody was told anything."""

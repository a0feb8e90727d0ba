"""Rankings in groups: who is ranked where, which small groups become one, and which grade a place brings.

Everyone is ranked in columns at once, since an agency may have a hundred thousand people; a place is made when somebody looks at it.
A newcomer's usual mistake: seats are not people. Equals share the better grade and discipline brings the lowest one, so the
grades given may differ from the seats.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from app.rules.exact_columns import Lookup
from app.rules.measures import IntArray
from app.rules.policies import Policies
from app.rules.seats import SeatPlan, plan_seats

__all__ = [
    "AGENCY",
    "HEADS",
    "OTHERS",
    "Entrant",
    "Entrants",
    "GradeInGroup",
    "Rankings",
    "Score",
    "Standing",
    "Standings",
    "hundredths",
    "merged_groups",
    "published",
    "published_score",
    "ranked",
    "standings",
]

AGENCY: Final = "agency"
"""The group of those for whose unit, and for no unit above it, a group is named."""
HEADS: Final = "heads"
OTHERS: Final = "others"
"""The group that groups too small to stand alone become together."""

Score: TypeAlias = Fraction | Decimal | int | float
"""A score: exact where it is a mean of published results, a float where it came out of a scorecard."""


def published(score: Score) -> Decimal:
    """The score as it is published and ranked: rounded half-even to two decimals (contract.md, grades).

    A float is first rounded to nine decimals. A score that is 56.535 by its rule may come out of a sum of floats as
    56.53499999999999, and the half would be lost; the errors of such sums are below 10^-11, far from the ninth decimal, and no
    rule tells scores apart there. Exact scores are rounded once.
    """
    exact = round(Fraction(score), 9) if isinstance(score, float) else Fraction(score)
    return published_score(round(exact * 100))


_DOUBTFUL: Final = 1e-6
"""So near to a half of a hundredth a float alone does not say which way it is rounded: its own error and the ninth decimal come to less."""


def hundredths(scores: Sequence[Score]) -> IntArray:
    """What :func:`published` makes of many scores, in hundredths."""
    times = np.array(scores, dtype=np.float64) * 100
    rounded = np.rint(times).astype(np.int64)
    for at in np.flatnonzero(np.abs(times - np.floor(times) - 0.5) < _DOUBTFUL).tolist():
        rounded[at] = int(published(scores[at]).scaleb(2))
    return rounded


class Entrant(NamedTuple):
    """Who is to be ranked: a person or a unit."""

    code: str
    group: str
    score: Decimal
    """As published."""
    disciplined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One entrant's place in its group, and the grade that it brings."""

    entrant: Entrant
    group: str
    """The group after small ones were merged."""
    rank: int
    group_size: int
    grade: str
    """The one that is proposed, whatever people moved it to."""
    seats_to_here: int
    """Seats of the group from the top grade down to this one: the first sum that reaches the rank. Not so by discipline."""

    def is_of(self, groups: Collection[str] | None) -> bool:
        """Whether it is in one of some evaluation groups, as that is or as it was before small ones were merged; None for all."""
        return groups is None or self.group in groups or self.entrant.group in groups


class GradeInGroup(NamedTuple):
    """What one grade is in one group: its seats, who has it, and where it ends."""

    grade: str
    seats: int
    people: int
    """More than the seats where equals share the grade, or where discipline brings it."""
    lowest: Decimal | None
    """The lowest published score that has it, discipline apart; None where nobody has it by score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """The places of all entrants, and how their groups and seats came to be."""

    by_code: Mapping[str, Standing]
    in_group: Mapping[str, tuple[GradeInGroup, ...]]
    """Each group's grades, best first."""
    sizes: Mapping[str, int]
    """How many entrants each group has, after merging."""
    became: Mapping[str, str]
    """What each evaluation group became; itself where it was large enough."""
    plan: SeatPlan


class Entrants(NamedTuple):
    """Many entrants as columns, in the order of their codes."""

    codes: Sequence[str]
    group: IntArray
    """Which of the names."""
    names: Sequence[str]
    """The groups."""
    hundredths: IntArray
    """The scores as published, in hundredths."""
    disciplined: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, entrants: Iterable[Entrant]) -> Self:
        """Stand them side by side."""
        listed = sorted(entrants)
        names = sorted({one.group for one in listed})
        number = {name: at for at, name in enumerate(names)}
        return cls(
            [one.code for one in listed],
            np.array([number[one.group] for one in listed], dtype=np.int64),
            names,
            hundredths([one.score for one in listed]),
            np.array([one.disciplined for one in listed], dtype=np.bool_),
        )

    def at(self, place: int) -> Entrant:
        """One of them."""
        return Entrant(
            self.codes[place],
            self.names[self.group[place]],
            published_score(int(self.hundredths[place])),
            bool(self.disciplined[place]),
        )


def published_score(hundredths_: int) -> Decimal:
    """A published score of so many hundredths."""
    return Decimal(hundredths_).scaleb(-2)


class Rankings(NamedTuple):
    """Entrants' places as columns, in the entrants' order."""

    names: Sequence[str]
    """The groups after small ones were merged, by name."""
    group: IntArray
    """Which of these."""
    size: IntArray
    """How many entrants each of these has."""
    rank: IntArray
    grade: IntArray
    """Which of the policy's grades, the best first."""


def merged_groups(sizes: Mapping[str, int], *, minimum: int) -> dict[str, str]:
    """What each group becomes: itself, or where it is too small the group that it is merged into (contract.md, group).

    The small ones together are ``others``; where they are still too few they join the smallest of the rest, the first by name
    among equals. An evaluation group that bears the name ``others`` itself takes the small ones in.
    """
    small = [name for name in sorted(sizes) if sizes[name] < minimum]
    large = [name for name in sorted(sizes) if sizes[name] >= minimum]
    together = sum(sizes[name] for name in small)
    joined = OTHERS
    if together < minimum and large and OTHERS not in large:
        joined = min(large, key=lambda name: (sizes[name], name))
    return {name: joined if sizes[name] < minimum else name for name in sorted(sizes)}


def standings(entrants: Iterable[Entrant], *, policies: Policies) -> Standings:
    """Groups, seats, ranks and grades of all entrants (contract.md, "Grades and pay, exactly")."""
    return ranked(Entrants.of(entrants), policies=policies)[0]


def ranked(entrants: Entrants, *, policies: Policies) -> tuple[Standings, Rankings]:
    """The same of entrants in columns, and their places in columns."""
    counted = np.bincount(entrants.group, minlength=len(entrants.names)).tolist()
    by_name = {name: count for name, count in zip(entrants.names, counted, strict=True) if count}
    became = merged_groups(by_name, minimum=policies.groups.minimum)
    names = sorted(set(became.values()))
    number = {name: at for at, name in enumerate(names)}
    group = np.array([number[became[name]] if name in became else 0 for name in entrants.names], dtype=np.int64)
    group = group.take(entrants.group)
    size = np.bincount(group, minlength=len(names))
    plan = plan_seats(dict(zip(names, size.tolist(), strict=True)), grades=policies.grades, rules=policies.rules)
    # Seats of each group from the top grade down to each one.
    up_to = np.cumsum(
        np.array([plan.seats[name] for name in names], dtype=np.int64).reshape(len(names), len(plan.grades)), axis=1
    )
    rank = _ranks(entrants, group, size)
    reached = (up_to.take(group, axis=0) < rank[:, None]).sum(axis=1)
    grade = np.where(entrants.disciplined, len(plan.grades) - 1, reached)
    places = Rankings(names, group, size, rank, grade)

    def standing(at: int) -> Standing:
        return Standing(
            entrant=entrants.at(at),
            group=names[group[at]],
            rank=int(rank[at]),
            group_size=int(size[group[at]]),
            grade=plan.grades[grade[at]],
            seats_to_here=int(up_to[group[at], grade[at]]),
        )

    made = Standings(
        by_code=Lookup(entrants.codes, standing),
        in_group=_in_groups(entrants, places, plan),
        sizes=dict(zip(names, size.tolist(), strict=True)),
        became=became,
        plan=plan,
    )
    return made, places


def _ranks(entrants: Entrants, group: IntArray, size: IntArray) -> IntArray:
    """Each one's rank within its group: equals share it, discipline stands after all others."""
    keys = (group, entrants.disciplined, -entrants.hundredths)
    order = np.lexsort(keys[::-1])
    at = np.arange(order.size)
    is_next = np.ones(order.size, dtype=np.bool_)
    in_order = [key.take(order) for key in keys]
    is_next[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in in_order])
    first_of_group = np.concatenate(([0], np.cumsum(size)))[in_order[0]]
    rank = np.empty(order.size, dtype=np.int64)
    rank[order] = np.maximum.accumulate(np.where(is_next, at, 0)) - first_of_group + 1
    return rank


def _in_groups(entrants: Entrants, places: Rankings, plan: SeatPlan) -> dict[str, tuple[GradeInGroup, ...]]:
    """Of each group its grades, best first."""
    columns = len(plan.grades)
    cell = places.group * columns + places.grade
    people = np.bincount(cell, minlength=len(places.names) * columns)
    lowest = np.full(people.size, _NONE, dtype=np.int64)
    by_score = ~entrants.disciplined
    np.minimum.at(lowest, cell[by_score], entrants.hundredths[by_score])
    return {
        name: tuple(
            GradeInGroup(
                grade,
                seats,
                int(people[at]),
                None if lowest[at] == _NONE else published_score(int(lowest[at])),
            )
            for at, grade, seats in zip(
                range(row * columns, (row + 1) * columns), plan.grades, plan.seats[name], strict=True
            )
        )
        for row, name in enumerate(places.names)
    }


_NONE: Final = np.iinfo(np.int64).max

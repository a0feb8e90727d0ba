"""How grades lie in their groups: whoever misses one by little is named, and by how much is the reader's to choose."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.rules.grade_spread import NEAR, grades_spread
from app.rules.policies import GroupPolicy, Policies
from app.rules.standings import Entrant, Standings, standings


def places(*scores: str, disciplined: int = -1, group: str = "asia") -> Standings:
    """One group of these scores, the first of them E0."""
    entrants = (Entrant(f"E{at}", group, Decimal(score), at == disciplined) for at, score in enumerate(scores))
    return standings(entrants, policies=Policies(groups=GroupPolicy(minimum=3)))


TEN = ("69.00", "68.50", "68.49", "67.00", "66.60", "66.50", "66.40", "65.00", "61.00", "60.99")
"""Seats S 1, A 2, B 5, C 1, D 1."""


@pytest.mark.parametrize(
    ("within", "near"),
    [
        (NEAR, ["E1 S 0.50", "E9 C 0.01"]),
        (Decimal("0.09"), ["E9 C 0.01"]),
        (Decimal(0), []),
    ],
)
def test_near_misses_are_those_at_most_so_far_below_the_next_grade(within: Decimal, near: list[str]) -> None:
    """Each group's best grade first, in it the closest; who is exactly so far below is among them."""
    spread = grades_spread(places(*TEN), within=within)
    grades = spread.groups[0].grades
    assert [one.people for one in grades] == [one.seats for one in grades]
    assert [f"{one.standing.entrant.code} {one.better.grade} {one.better.missing}" for one in spread.near] == near
    assert sum(one.near for one in grades) == len(near)


def test_discipline_misses_no_grade_and_stands_in_the_lowest_with_its_score() -> None:
    """Its score begins no grade."""
    spread = grades_spread(places(*TEN, disciplined=1), within=NEAR)
    assert "E1" not in {one.standing.entrant.code for one in spread.near}
    lowest = spread.groups[0].grades[-1]
    assert Decimal("68.50") in lowest.scores
    assert lowest.lowest != Decimal("68.50")


def test_every_score_stands_in_its_grade_on_one_scale() -> None:
    """From one multiple of five to another; of nobody there is nothing."""
    spread = grades_spread(places(*TEN), within=NEAR)
    (group,) = spread.groups
    assert sorted(score for one in group.grades for score in one.scores) == sorted(map(Decimal, TEN))
    assert (spread.low, spread.high, group.size) == (60, 70, 10)
    assert grades_spread(places(), within=NEAR).groups == ()

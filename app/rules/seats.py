"""How many of each grade a group may give: its seats.

Shares are applied within a group by largest remainder, and then seats are moved, one at a time, until the whole agency keeps to
the shares that its rules ask for.
Distances from the exact share are signed. A grade that is nowhere below its share is still
"furthest below" where it is least above.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Final, NamedTuple, TypeAlias

from app.rules.policies import GradePolicy, GradeRules

__all__ = ["SeatMove", "SeatPlan", "SeatStep", "exact_shares", "largest_remainders", "plan_seats"]

_TOP: Final = 0

_Move: TypeAlias = tuple[str, int, int]
"""A group, the column that loses a seat there and the column that gains it."""

_Answer: TypeAlias = tuple[bool, _Move | None]
"""Whether a rule holds and, where it does not, the move that brings it nearer, if there is one."""


class SeatMove(NamedTuple):
    """One seat of one group that passed from a grade to another, for the sake of the whole agency."""

    group: str
    from_grade: str
    to_grade: str
    above: Fraction
    """How far the grade that lost it stood above its exact share then, in seats; negative: below."""
    below: Fraction
    """How far the grade that gained it stood below its exact share then, in seats; negative: above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatStep:
    """One of the three agency-wide steps: what its rule asks for, the seats that it moved, and what stood after it."""

    rule: str
    seats_asked: int
    """The least number of seats that the rule asks for; of ``single_share_max`` the most that it allows."""
    moves: tuple[SeatMove, ...]
    kept: bool
    """False where the rule stayed broken because no seat could move."""
    seats: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatPlan:
    """The seats of every group, by grade from the best down, and how they came to be."""

    grades: tuple[str, ...]
    exact: Mapping[str, tuple[Fraction, ...]]
    """Each group's n × share."""
    by_remainder: Mapping[str, tuple[int, ...]]
    """Each group's seats by largest remainder, before the agency's steps."""
    steps: tuple[SeatStep, ...]

    @property
    def seats(self) -> Mapping[str, tuple[int, ...]]:
        """Each group's seats in the end."""
        return self.steps[-1].seats if self.steps else self.by_remainder

    @property
    def agency(self) -> tuple[int, ...]:
        """The whole agency's seats in the end."""
        return tuple(sum(group[grade] for group in self.seats.values()) for grade in range(len(self.grades)))


def exact_shares(size: int, grades: Sequence[GradePolicy]) -> tuple[Fraction, ...]:
    """Each grade's share of a group of that size, in seats and their parts."""
    return tuple(size * Fraction(grade.share) / 100 for grade in grades)


def largest_remainders(exact: Sequence[Fraction]) -> tuple[int, ...]:
    """Whole seats whose exact shares add up to a whole number: whole parts first, the rest to the largest fractions.

    The better grade goes first among equals (contract.md, seats).
    """
    seats = [floor(share) for share in exact]
    left_over = round(sum(exact, Fraction(0))) - sum(seats)
    for grade in sorted(range(len(exact)), key=lambda each: (seats[each] - exact[each], each))[:left_over]:
        seats[grade] += 1
    return tuple(seats)


def plan_seats(sizes: Mapping[str, int], *, grades: Sequence[GradePolicy], rules: GradeRules) -> SeatPlan:
    """Seats of every group, the agency's three steps done (contract.md, seats; B26).

    Args:
        sizes: how many graded people each group has.
        grades: the policy's grades, the best first; their shares add up to 100.
        rules: the shares that the whole agency must keep to.
    """
    table = _SeatTable(sizes, grades)
    by_remainder = table.snapshot()
    total = sum(sizes.values())
    steps = (
        table.step("top_share_min", ceil(total * Fraction(rules.top_share_min) / 100), table.move_to_the_top),
        table.step("lowest_two_share_min", ceil(total * Fraction(rules.lowest_two_share_min) / 100), table.move_down),
        table.step(
            "single_share_max", floor(total * Fraction(rules.single_share_max) / 100), table.move_off_the_crowded
        ),
    )
    return SeatPlan(grades=table.names, exact=table.exact, by_remainder=by_remainder, steps=steps)


class _SeatTable:
    """The seats while they are being moved: a row a group, a column a grade."""

    def __init__(self, sizes: Mapping[str, int], grades: Sequence[GradePolicy]) -> None:
        self.names = tuple(grade.grade for grade in grades)
        self.columns = range(len(self.names))
        self.lowest_two = self.columns[-2:]
        # Groups stand in the order of their names, so that the first of equals is the first by name.
        self.exact = {group: exact_shares(sizes[group], grades) for group in sorted(sizes)}
        self.seats = {group: list(largest_remainders(exact)) for group, exact in self.exact.items()}

    def snapshot(self) -> dict[str, tuple[int, ...]]:
        """The seats as they stand."""
        return {group: tuple(seats) for group, seats in self.seats.items()}

    def in_all(self, *columns: int) -> int:
        """Seats of these grades in the whole agency."""
        return sum(seats[column] for seats in self.seats.values() for column in columns)

    def above(self, group: str, column: int) -> Fraction:
        """How far a grade stands above its exact share in a group, in seats; negative below it."""
        return self.seats[group][column] - self.exact[group][column]

    def step(self, rule: str, seats_asked: int, next_move: Callable[[int], _Answer]) -> SeatStep:
        """Move one seat at a time until the rule holds or nothing can move."""
        moves: list[SeatMove] = []
        kept, move = next_move(seats_asked)
        while move is not None:
            group, loser, gainer = move
            moves.append(
                SeatMove(
                    group, self.names[loser], self.names[gainer], self.above(group, loser), -self.above(group, gainer)
                )
            )
            self.seats[group][loser] -= 1
            self.seats[group][gainer] += 1
            kept, move = next_move(seats_asked)
        return SeatStep(rule=rule, seats_asked=seats_asked, moves=tuple(moves), kept=kept, seats=self.snapshot())

    def move_to_the_top(self, seats_asked: int) -> _Answer:
        """(1) The top grade has at least so many seats."""
        if not self.columns or self.in_all(_TOP) >= seats_asked:
            return True, None
        return False, self._gain(lambda _: _TOP)

    def move_down(self, seats_asked: int) -> _Answer:
        """(2) The lowest two grades together have at least so many seats."""
        if self.in_all(*self.lowest_two) >= seats_asked:
            return True, None
        return False, self._gain(lambda group: min(self.lowest_two, key=lambda column: self.above(group, column)))

    def move_off_the_crowded(self, seats_allowed: int) -> _Answer:
        """(3) No grade has more than so many seats; of several that have, the best loses first."""
        counts = [self.in_all(column) for column in self.columns]
        crowded = [column for column in self.columns if counts[column] > seats_allowed]
        open_ = [column for column in self.columns if counts[column] < seats_allowed]
        if not crowded:
            return True, None
        if not open_:
            return False, None
        loser = crowded[0]
        group = max(
            (group for group, seats in self.seats.items() if seats[loser] > 0),
            key=lambda group: self.above(group, loser),
        )
        return False, (group, loser, min(open_, key=lambda column: self.above(group, column)))

    def _gain(self, gainer_in: Callable[[str], int]) -> _Move | None:
        """The group where the gaining grade is furthest below its share, among those where a seat can be taken."""
        open_ = [(group, gainer_in(group)) for group in self.seats if self._losers(group)]
        if not open_:
            return None
        group, gainer = min(open_, key=lambda place: self.above(*place))
        # The worse grade loses among equals: the later column has the larger key.
        loser = max(self._losers(group), key=lambda column: (self.above(group, column), column))
        return group, loser, gainer

    def _losers(self, group: str) -> list[int]:
        """The grades that a seat may be taken from for (1) and (2): between the top and the lowest two, with a seat."""
        return [column for column in self.columns[1:-2] if self.seats[group][column] > 0]

"""Sums of what a cycle's people are paid, by grade, branch and office, in which nobody's own pay can be read (contract, "Who may what").

A newcomer's usual mistake: to hide a small sum and print the one that it is a part of beside all the others. What is hidden is joined with what stands
beside it, within each sum that both are part of; and a later run is not told before as many people's pay differs by it, for what differs between two
tables is told by both together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.rules.pay import FEW

__all__ = ["PaidPerson", "PayCell", "PayTotals", "RunTotals", "pay_totals", "publishable"]


class PaidPerson(NamedTuple):
    """What somebody who is graded comes to by a run, in won, and what it is counted under."""

    grade: str
    branch: str
    office: str
    amount: int


class PayCell(NamedTuple):
    """A sum: of which grades, branches or offices, of how many people, in won."""

    keys: tuple[str, ...]
    people: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayTotals:
    """Sums of a run.

    Attributes:
        people: of how many people it is.
        amount: what they come to together, in won.
        grades: the best first.
        branches: by their codes.
        offices: within each sum of `branches`, in its order.
    """

    people: int
    amount: int
    grades: tuple[PayCell, ...]
    branches: tuple[PayCell, ...]
    offices: tuple[tuple[PayCell, ...], ...]


def pay_totals(people: Iterable[PaidPerson], *, grades: Sequence[str], few: int = FEW) -> PayTotals | None:
    """The sums of a run; None where they would be of too few people.

    Whoever is paid nothing hides nobody: a sum is of so many people who are paid something. Of grades alone one that pays nobody anything stands for
    itself, since that is what the policy says of it.

    Args:
        people: of everybody who is graded in the run.
        grades: all grades, the best first.
        few: a sum of fewer people is joined with others; 1 for whoever sees each person's pay.
    """
    everybody = list(people)
    if _weight(everybody) < few:
        return None
    by_grade = _grouped(everybody, lambda one: one.grade)
    branches = _cells(_grouped(everybody, lambda one: one.branch), few=few)
    return PayTotals(
        people=len(everybody),
        amount=sum(one.amount for one in everybody),
        grades=_cells({one: by_grade[one] for one in grades if one in by_grade}, few=few, counts_unpaid=True),
        branches=branches,
        offices=tuple(
            _cells(_grouped((one for one in everybody if one.branch in branch.keys), lambda one: one.office), few=few)
            for branch in branches
        ),
    )


def _grouped(people: Iterable[PaidPerson], by: Callable[[PaidPerson], str]) -> dict[str, list[PaidPerson]]:
    groups: dict[str, list[PaidPerson]] = {}
    for one in people:
        groups.setdefault(by(one), []).append(one)
    return dict(sorted(groups.items()))


def _weight(people: Sequence[PaidPerson], *, counts_unpaid: bool = False) -> int:
    """How many people hide each other in a sum."""
    paid = sum(one.amount > 0 for one in people)
    return len(people) if counts_unpaid and not paid else paid


def _cells(groups: Mapping[str, Sequence[PaidPerson]], *, few: int, counts_unpaid: bool = False) -> tuple[PayCell, ...]:
    """A sum for each group, and one of all that are of few people, with the next smallest where these are still few: else the sum of all would tell it."""
    weights = {key: _weight(some, counts_unpaid=counts_unpaid) for key, some in groups.items()}
    joint: set[str] = set()
    for key in sorted(groups, key=lambda one: weights[one]):
        if weights[key] < few or (joint and sum(weights[one] for one in joint) < few):
            joint.add(key)
    parts: list[tuple[str, ...]] = [(key,) for key in groups if key not in joint]
    if joint:
        parts.append(tuple(key for key in groups if key in joint))
    return tuple(
        PayCell(
            keys=part,
            people=sum(len(groups[key]) for key in part),
            amount=sum(one.amount for key in part for one in groups[key]),
        )
        for part in parts
    )


class RunTotals(NamedTuple):
    """A run by its place among those of its cycle, and its sums."""

    place: int
    totals: PayTotals


def publishable(runs: Sequence[Mapping[str, PaidPerson]], *, grades: Sequence[str], few: int = FEW) -> RunTotals | None:
    """The last run whose sums may be told to whoever was told those before, with them; None where none may.

    Between it and the one that was told before, in every sum of either nobody or at least `few` people are counted or paid otherwise.

    Args:
        runs: of each run everybody by number, the first one first.
        grades: all grades, the best first.
        few: as of :func:`pay_totals`.
    """
    last: RunTotals | None = None
    for place, run in enumerate(runs):
        now = pay_totals(run.values(), grades=grades, few=few)
        if now is not None and (last is None or _apart(runs[last.place], run, (last.totals, now), few=few)):
            last = RunTotals(place, now)
    return last


def _apart(
    was: Mapping[str, PaidPerson], now: Mapping[str, PaidPerson], totals: tuple[PayTotals, PayTotals], *, few: int
) -> bool:
    """Whether what differs between two runs is nobody's alone in any of their sums."""
    differing = [(was.get(one), now.get(one)) for one in was.keys() | now.keys() if was.get(one) != now.get(one)]
    if 0 < len(differing) < few:
        return False
    for one in totals:
        offices = [cell for some in one.offices for cell in some]
        for place, cells in enumerate((one.grades, one.branches, offices)):
            for cell in cells:
                if 0 < sum(_is_of(pair, place, cell) for pair in differing) < few:
                    return False
    return True


def _is_of(pair: tuple[PaidPerson | None, PaidPerson | None], place: int, cell: PayCell) -> bool:
    """Whether somebody is counted in a sum by either run; `place` says whether it is one of grades, branches or offices."""
    return any(one is not None and one[place] in cell.keys for one in pair)

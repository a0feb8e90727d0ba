"""The same cycle graded twice, by what holds and by something else: who moves and how far, and whether scores still spread.

Do not take a score that differs in its ninth decimal for one that moved: what is published and ranked has two (contract-cycle, 13).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, NamedTuple, TypeVar

from app.plain.findings import Finding
from app.rules.grades_narrowed import without_employee
from app.rules.grading import EmployeeProposal, UnitGrade, UnitProposal
from app.rules.standings import Score, published
from app.rules.terms import Node, NodeKind

__all__ = [
    "Beside",
    "LabGroup",
    "LabItem",
    "LabResult",
    "LabSide",
    "MethodSpread",
    "compared",
    "method_spreads",
    "without_pay",
    "without_person",
]

T = TypeVar("T")
_MEMBERS: Final = ("final_score", "grade", "pay")


class Beside(NamedTuple, Generic[T]):
    """The same figure on both sides."""

    before: T
    after: T


class MethodSpread(NamedTuple):
    """How the scores of all lines that are scored by one method lie; scores are 20 to 100."""

    n: int
    mean: float
    sd: float
    """The population standard deviation, as every σ of the product is (domain.md 3)."""
    min: float
    max: float


def method_spreads(scores: Mapping[str, Sequence[float]]) -> dict[str, MethodSpread]:
    """How scores lie, method by method, in the order of their names; a method without scores is left out.

    Args:
        scores: of every line that has one, by its method.
    """
    return {method: _spread(some) for method, some in sorted(scores.items()) if some}


def _spread(scores: Sequence[float]) -> MethodSpread:
    count = len(scores)
    mean = math.fsum(scores) / count
    sd = math.sqrt(math.fsum((one - mean) ** 2 for one in scores) / count)
    return MethodSpread(count, mean, sd, min(scores), max(scores))


@dataclass(frozen=True, slots=True, kw_only=True)
class LabSide:
    """A cycle graded one way.

    Attributes:
        employees: grades and pay of everyone.
        units: grades of all units.
        methods: how scores lie, by method.
        sums: the SHA-256 of the policies and of the definitions that it is graded by.
    """

    employees: EmployeeProposal
    units: UnitProposal
    methods: Mapping[str, MethodSpread]
    sums: Mapping[str, str]

    @property
    def sum_pay(self) -> int:
        """What everyone is paid together, in won."""
        return sum(row.pay or 0 for row in self.employees.rows)

    def as_json(self, *, with_pay: bool) -> dict[str, Any]:
        """As the API writes it; without pay the member is absent."""
        scores = [row.final_score for row in self.employees.rows if row.grade is not None]
        told = {
            **self.sums,
            "graded": len(scores),
            "not_graded": len(self.employees.rows) - len(scores),
            "mean": _mean(scores),
            "grades": dict(self.employees.counts),
            "groups": dict(self.employees.standings.sizes),
            "unit_grades": dict(self.units.counts),
            "methods": {method: spread._asdict() for method, spread in self.methods.items()},
            "broken": _broken_json(self.employees.broken),
        }
        return told | {"sum_pay": self.sum_pay} if with_pay else told


class LabItem(NamedTuple):
    """A unit or employee who moves."""

    node: Node
    group: str | None
    """The group after small ones were merged, on the later side where it has a grade there."""
    office: str | None
    """The unit of an employee's last posting in the cycle."""
    final_score: Beside[float | None]
    """Of a unit its own."""
    grade: Beside[str | None]
    pay: Beside[int | None]
    """In won; of a unit nothing."""
    step: int
    """By how many grades: up above 0, down below."""

    def as_json(self, *, with_pay: bool) -> dict[str, Any]:
        """As the contract writes it."""
        told: dict[str, Any] = {"node": str(self.node)}
        told |= {name: getattr(self, name)._asdict() for name in _MEMBERS if with_pay or name != "pay"}
        return told


class LabGroup(NamedTuple):
    """The graded people of an evaluation group, or of an office, on both sides."""

    key: str
    people: Beside[int]
    mean: Beside[float | None]
    """Of their final scores."""
    grades: Beside[Mapping[str, int]]
    pay: Beside[int]
    """What they are paid together, in won."""
    moved: int
    up: int
    down: int

    def as_json(self, name: str, *, with_pay: bool) -> dict[str, Any]:
        """As the API writes it.

        Args:
            name: of the member that says which it is.
            with_pay: whether pay is told.
        """
        told: dict[str, Any] = {name: self.key}
        told |= {
            member: getattr(self, member)._asdict()
            for member in ("people", "mean", "grades", "pay")
            if with_pay or member != "pay"
        }
        return told | {"moved": self.moved, "up": self.up, "down": self.down}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabResult:
    """Both sides, and what lies between them.

    Attributes:
        items: everyone who moves, by node.
        groups: the evaluation groups by name, moved or not.
        offices: the units that people were last posted to, by code, moved or not.
        posted: the unit of each employee's last posting in the cycle, by number.
        findings: warnings about what was sent.
    """

    before: LabSide
    after: LabSide
    items: tuple[LabItem, ...]
    groups: tuple[LabGroup, ...]
    offices: tuple[LabGroup, ...]
    posted: Mapping[str, str]
    findings: tuple[Finding, ...] = ()

    def as_json(self, *, with_pay: bool) -> dict[str, Any]:
        """As the contract writes it: beside the sides the later one's methods, broken rules and sum of pay."""
        told: dict[str, Any] = {
            "before": self.before.as_json(with_pay=with_pay),
            "after": self.after.as_json(with_pay=with_pay),
            "items": [one.as_json(with_pay=with_pay) for one in self.items],
            "groups": [one.as_json("group", with_pay=with_pay) for one in self.groups],
            "offices": [one.as_json("unit", with_pay=with_pay) for one in self.offices],
            "methods": {method: spread._asdict() for method, spread in self.after.methods.items()},
            "broken": _broken_json(self.after.employees.broken),
        }
        return told | {"sum_pay": self.after.sum_pay} if with_pay else told


def _broken_json(broken: Iterable[Finding]) -> list[dict[str, str]]:
    """The rules that grades break: each one's name, and what is asked."""
    return [{"code": one.code, "detail": one.text()} for one in broken]


# ------------------------------------------------------------------------------------------------------------- comparing


class _Moving(NamedTuple):
    """What one side says of an employee or a unit."""

    group: str | None
    score: Score | None
    grade: str | None
    pay: int | None
    rank: int
    """Of the grade, the best first; none comes after all."""


def compared(
    before: LabSide, after: LabSide, *, offices: Mapping[str, str], findings: Sequence[Finding] = ()
) -> LabResult:
    """What lies between two sides of one cycle.

    Args:
        before: the present one.
        after: the other.
        offices: the unit of each employee's last posting in the cycle, by number.
        findings: warnings about what the other is made of.
    """
    one, other = _people(before), _people(after)
    nobody = _nobody(before.employees), _nobody(after.employees)
    people = [item for item in _people_beside(one, other, nobody, offices) if _is_moved(item)]
    units = [item for item in _units_beside(before.units, after.units) if _is_moved(item)]
    return LabResult(
        before=before,
        after=after,
        items=tuple(sorted((*units, *people), key=lambda item: str(item.node))),
        groups=_groups(people, one, other, key_of=lambda _number, person: person.group),
        offices=_groups(people, one, other, key_of=lambda number, person: person.grade and offices.get(number)),
        posted=offices,
        findings=tuple(findings),
    )


def without_pay(result: LabResult) -> LabResult:
    """The same for whoever sees no pay: whose pay alone differs has not moved.

    Whoever may try pools would else find by trying what everybody together, or anybody alone, is paid.
    """
    hidden = [item for item in result.items if not _is_moved(item._replace(pay=Beside(None, None)))]
    by_group = Counter(item.group for item in hidden)
    by_office = Counter(item.office for item in hidden if item.grade.after is not None)
    return replace(
        result,
        items=tuple(item for item in result.items if item not in hidden),
        groups=tuple(one._replace(moved=one.moved - by_group[one.key]) for one in result.groups),
        offices=tuple(one._replace(moved=one.moved - by_office[one.key]) for one in result.offices),
    )


def without_person(result: LabResult, employee: str) -> LabResult:
    """The same for somebody whom nobody has told of their own grade yet: neither side has them, nor the places of their group."""
    before, after = (
        replace(side, employees=without_employee(side.employees, employee)) for side in (result.before, result.after)
    )
    return compared(before, after, offices=result.posted, findings=result.findings)


def _people(side: LabSide) -> dict[str, _Moving]:
    ranks = {grade: place for place, grade in enumerate(side.employees.counts)}
    return {
        row.employee: _Moving(row.group, row.final_score, row.grade, row.pay, ranks.get(row.grade or "", len(ranks)))
        for row in side.employees.rows
    }


def _nobody(side: EmployeeProposal | UnitProposal) -> _Moving:
    """What a side says of whom it does not have: no grade, after all that there are."""
    return _Moving(None, None, None, None, len(side.counts))


_KeyOf = Callable[[str, _Moving], str | None]
"""Of an employee's number, and what a side says of them, where they are counted; None for nowhere."""


def _people_beside(
    one: Mapping[str, _Moving],
    other: Mapping[str, _Moving],
    nobody: tuple[_Moving, _Moving],
    offices: Mapping[str, str],
) -> Iterable[LabItem]:
    for number in sorted(one.keys() | other.keys()):
        was, will = one.get(number, nobody[0]), other.get(number, nobody[1])
        yield _beside(Node(NodeKind.EMPLOYEE, number), was, will, office=offices.get(number))


def _units_beside(before: UnitProposal, after: UnitProposal) -> Iterable[LabItem]:
    one, other = ({row.unit: _unit(row, side) for row in side.rows} for side in (before, after))
    nowhere = _nobody(before), _nobody(after)
    for code in sorted(one.keys() | other.keys()):
        was, will = one.get(code, nowhere[0]), other.get(code, nowhere[1])
        yield _beside(Node(NodeKind.UNIT, code), was, will, office=None)


def _unit(row: UnitGrade, side: UnitProposal) -> _Moving:
    grades = list(side.counts)
    return _Moving(row.group, row.own_score, row.grade, None, grades.index(row.grade) if row.grade else len(grades))


def _beside(node: Node, was: _Moving, will: _Moving, *, office: str | None) -> LabItem:
    return LabItem(
        node=node,
        group=will.group or was.group,
        office=office,
        final_score=Beside(_plain(was.score), _plain(will.score)),
        grade=Beside(was.grade, will.grade),
        pay=Beside(was.pay, will.pay),
        step=was.rank - will.rank,
    )


def _is_moved(item: LabItem) -> bool:
    was, will = item.final_score
    if was != will and (None if was is None else published(was)) != (None if will is None else published(will)):
        return True
    return item.grade.before != item.grade.after or item.pay.before != item.pay.after


def _groups(
    moved: Iterable[LabItem], one: Mapping[str, _Moving], other: Mapping[str, _Moving], *, key_of: _KeyOf
) -> tuple[LabGroup, ...]:
    sides = [_by_key(side, key_of) for side in (one, other)]
    moves: dict[str, list[LabItem]] = {}
    for item in moved:
        number = item.node.code
        # Where they are afterwards; of whom there is nobody then, where they were.
        keys = [key_of(number, side[number]) for side in (other, one) if number in side]
        key = next(filter(None, keys), None)
        if key is not None:
            moves.setdefault(key, []).append(item)
    return tuple(
        _group(key, [side.get(key, []) for side in sides], moves.get(key, []))
        for key in sorted(sides[0].keys() | sides[1].keys())
    )


def _by_key(side: Mapping[str, _Moving], key_of: _KeyOf) -> dict[str, list[_Moving]]:
    by_key: dict[str, list[_Moving]] = {}
    for number, person in side.items():
        key = key_of(number, person)
        if key is not None:
            by_key.setdefault(key, []).append(person)
    return by_key


def _group(key: str, sides: Sequence[Sequence[_Moving]], moved: Sequence[LabItem]) -> LabGroup:
    return LabGroup(
        key=key,
        people=Beside(*(len(side) for side in sides)),
        mean=Beside(*(_mean([person.score for person in side]) for side in sides)),
        grades=Beside(*(_counted(side) for side in sides)),
        pay=Beside(*(sum(person.pay or 0 for person in side) for side in sides)),
        moved=len(moved),
        up=sum(item.step > 0 for item in moved),
        down=sum(item.step < 0 for item in moved),
    )


def _counted(side: Iterable[_Moving]) -> dict[str, int]:
    """How many have each grade, the best first; grades that nobody has are left out."""
    counted = Counter((person.rank, person.grade) for person in side if person.grade is not None)
    return {grade: number for (_, grade), number in sorted(counted.items())}


def _mean(scores: Iterable[Score | None]) -> float | None:
    there = [float(score) for score in scores if score is not None]
    return math.fsum(there) / len(there) if there else None


def _plain(score: Score | None) -> float | None:
    return None if score is None else float(score)

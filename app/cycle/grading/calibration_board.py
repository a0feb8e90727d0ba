"""What calibrators look at: a group by its grades, each person with what they came to, and what some moves would do (contract-cycle, 6).

Nothing of it is kept. Do not tell a person's pay here: a calibrator sees none, and the sum is all that moves are weighed by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import sqrt
from typing import Final, NamedTuple

from sqlalchemy import Connection

from app import scoring
from app.cycle.grading.calibrating import Calibration, Proposal
from app.cycle.grading.grades_paid import PricedGrades
from app.plain.findings import Finding
from app.rules.grade_reasons import BetterGrade, better_grade
from app.rules.grading import EarlierResult, EmployeeProposal, UnitProposal, standing_grade
from app.rules.moves import Given, MoveProblem, WantedMove
from app.rules.standings import GradeInGroup, Score, Standing
from app.rules.terms import Node
from app.scoring import ScoreQuery, State

__all__ = [
    "CalibrationCard",
    "CalibrationColumn",
    "CalibrationGroup",
    "CalibrationPreview",
    "GroupCount",
    "GroupFigures",
    "Neighbour",
    "calibration_group",
    "calibration_groups",
    "calibration_preview",
    "wanted_of",
]

_NEIGHBOURS: Final = 2
"""How many ranks on either side of somebody are shown."""
_EARLIER: Final = 3


class GroupCount(NamedTuple):
    """How many of a group have a grade."""

    grade: str
    seats: int
    people: int


class GroupFigures(NamedTuple):
    """A group beside the others: how its scores lie, and how many have each grade.

    Attributes:
        mean: of the published scores.
        deviation: their standard deviation, of all of the group.
    """

    group: str
    size: int
    mean: Decimal
    deviation: float
    counts: tuple[GroupCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationCard:
    """Somebody of a group, or a unit.

    Attributes:
        grade: what stands.
        given: where somebody moved it: the move, and whether it has lapsed.
        better: the way to the next better grade by score; None where there is none.
        lines: the KPIs of the scorecard with their scores, None for one that cannot be measured.
        earlier: the results of the last three cycles, the latest first.
    """

    node: Node
    standing: Standing
    grade: str
    given: Given | None
    better: BetterGrade | None
    lines: tuple[tuple[str, Score | None], ...]
    earlier: tuple[EarlierResult, ...]


class CalibrationColumn(NamedTuple):
    """Those of a group who have a grade, by rank; how many would by the proposal, and how many keep it as they were told."""

    grade: str
    seats: int
    proposed: int
    cards: tuple[CalibrationCard, ...]
    kept: int

    @property
    def to_add(self) -> int:
        """How many it lacks of what was proposed; below zero: how many it has too many."""
        return self.proposed - len(self.cards)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationGroup:
    """A group by its grades, the best first."""

    group: str
    columns: tuple[CalibrationColumn, ...]

    @property
    def size(self) -> int:
        """How many it has."""
        return sum(len(column.cards) for column in self.columns)


class Neighbour(NamedTuple):
    """Somebody near in rank to who is moved, or that one."""

    node: Node
    rank: int
    score: Decimal
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationPreview:
    """What some moves would do.

    Attributes:
        counts: of every group that is touched, by grade: how many before and after.
        broken_before: the rules that are broken as things stand.
        broken_after: and would be.
        pay_before: what all people are paid together, in won; None for units, which are not paid.
        pay_after: and would be.
        neighbours: of everyone who is moved the two ranks on either side, by rank.
        problem: what is in the way of making them; None where nothing is.
    """

    counts: dict[str, tuple[tuple[str, int, int], ...]]
    broken_before: tuple[Finding, ...]
    broken_after: tuple[Finding, ...]
    pay_before: int | None
    pay_after: int | None
    neighbours: dict[Node, tuple[Neighbour, ...]]
    problem: MoveProblem | None

    @property
    def is_as_broken(self) -> bool:
        """Whether the moves break no rule that is not broken without them."""
        return {one.code for one in self.broken_after} <= {one.code for one in self.broken_before}


def calibration_groups(calibration: Calibration) -> list[GroupFigures]:
    """Every group beside the others, by name. No queries."""
    proposal = calibration.proposal
    scores: dict[str, list[Decimal]] = {}
    given: dict[str, Counter[str]] = {}
    for place in proposal.standings.by_code.values():
        scores.setdefault(place.group, []).append(place.entrant.score)
        grade = calibration.present(calibration.node_of(place)) or place.grade
        given.setdefault(place.group, Counter())[grade] += 1
    return [
        GroupFigures(
            group,
            len(some),
            (sum(some, Decimal(0)) / len(some)).quantize(Decimal("0.01")),
            _deviation(some),
            tuple(
                GroupCount(one.grade, one.seats, given[group][one.grade]) for one in proposal.standings.in_group[group]
            ),
        )
        for group, some in sorted(scores.items())
    ]


def _deviation(scores: Sequence[Decimal]) -> float:
    exact = [Fraction(one) for one in scores]
    mean = sum(exact, Fraction(0)) / len(exact)
    return sqrt(sum((one - mean) ** 2 for one in exact) / len(exact))


def calibration_group(
    connection: Connection, loaded: State, calibration: Calibration, group: str, *, asked: ScoreQuery
) -> CalibrationGroup:
    """A group by its grades, with what each person came to. Queries: those of :func:`app.scoring.scores`."""
    places = calibration.places_in(group)
    nodes = [calibration.node_of(place) for place in places]
    scored = scoring.score_of_lines(scoring.scores(connection, asked, nodes, loaded=loaded))
    lines: dict[Node, list[tuple[str, Score | None]]] = {}
    for (node, kpi), score in scored.items():
        lines.setdefault(node, []).append((kpi, score))
    proposal = calibration.proposal
    in_group = proposal.standings.in_group.get(group, ())
    cards: dict[str, list[CalibrationCard]] = {}
    # Whoever keeps the grade that they were told has it beyond the seats: nobody is asked to take it away.
    kept = proposal.as_told if isinstance(proposal, EmployeeProposal) else {}
    due = Counter(kept.get(node, place.grade) for place, node in zip(places, nodes, strict=True))
    for place, node in zip(places, nodes, strict=True):
        grade = calibration.present(node) or place.grade
        earlier = (
            proposal.candidates[node.code].earlier_results(calibration.cycle)[:_EARLIER]
            if isinstance(proposal, EmployeeProposal)
            else ()
        )
        card = CalibrationCard(
            node=node,
            standing=place,
            grade=grade,
            given=proposal.given.get(node),
            better=better_grade(place, in_group),
            lines=tuple(lines.get(node, ())),
            earlier=tuple(earlier),
        )
        cards.setdefault(grade, []).append(card)
    return CalibrationGroup(
        group=group,
        columns=tuple(
            CalibrationColumn(
                one.grade,
                one.seats,
                due[one.grade],
                tuple(cards.get(one.grade, ())),
                sum(card.node in kept for card in cards.get(one.grade, ())),
            )
            for one in in_group
        ),
    )


def calibration_preview(
    calibration: Calibration, wanted: Sequence[WantedMove], *, priced: PricedGrades
) -> CalibrationPreview:
    """What some moves would do, whether they can be made or not, and what all are paid together by what pays the grades. No queries."""
    weighed = calibration.weighed(wanted)
    before, after = weighed.before, weighed.after
    pay_before, pay_after = _pay_together(before, after, priced)
    places = {one.node: place for one in wanted if (place := calibration.standing(one.node)) is not None}
    groups = {group: calibration.places_in(group) for group in sorted({one.group for one in places.values()})}
    nodes = [calibration.node_of(one) for some in groups.values() for one in some]
    now, then = _grades(before, nodes), _grades(after, nodes)
    return CalibrationPreview(
        counts={
            group: _counts(before.standings.in_group[group], list(map(calibration.node_of, some)), now, then)
            for group, some in groups.items()
        },
        broken_before=before.broken,
        broken_after=after.broken,
        pay_before=pay_before,
        pay_after=pay_after,
        neighbours={
            node: tuple(
                Neighbour(whose, one.rank, one.entrant.score, now[whose], then[whose])
                for whose, one in ((calibration.node_of(one), one) for one in _near(place, groups[place.group]))
            )
            for node, place in places.items()
        },
        problem=weighed.problem,
    )


def _pay_together(
    before: EmployeeProposal | UnitProposal, after: EmployeeProposal | UnitProposal, priced: PricedGrades
) -> tuple[int | None, int | None]:
    """What all are paid together; not where one person's pay alone is another, for the difference would be theirs."""
    if not isinstance(before, EmployeeProposal) or not isinstance(after, EmployeeProposal):
        return None, None
    one, other = priced(before).pay, priced(after).pay
    moved = sum(was != will for was, will in zip(one.won, other.won, strict=True))
    return (None, None) if moved == 1 else (one.pay_krw, other.pay_krw)


def _grades(proposal: Proposal, nodes: Iterable[Node]) -> dict[Node, str]:
    """The grades that some are left with."""
    return {node: grade for node in nodes if (grade := standing_grade(proposal, node)) is not None}


def _counts(
    in_group: Sequence[GradeInGroup], nodes: Sequence[Node], now: Mapping[Node, str], then: Mapping[Node, str]
) -> tuple[tuple[str, int, int], ...]:
    before, after = Counter(now[node] for node in nodes), Counter(then[node] for node in nodes)
    return tuple((one.grade, before[one.grade], after[one.grade]) for one in in_group)


def _near(place: Standing, group: Sequence[Standing]) -> list[Standing]:
    """Those of a group who are of the two ranks on either side of somebody, and of the same rank."""
    ranks = sorted({one.rank for one in group})
    at = ranks.index(place.rank)
    near = set(ranks[max(0, at - _NEIGHBOURS) : at + _NEIGHBOURS + 1])
    return [one for one in group if one.rank in near]


def wanted_of(calibration: Calibration, to: Iterable[tuple[Node, str]]) -> list[WantedMove]:
    """Moves of those graded from the grades that stand; who would keep theirs is not moved."""
    return [
        WantedMove(node, present, grade, "")
        for node, grade in to
        if (present := calibration.present(node)) is not None and present != grade
    ]

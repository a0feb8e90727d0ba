"""Grades: who is graded, in which group, in what order, and what each person's place there brings.

The system proposes and people decide: everything here is a proposal with the reasons for it, and a rule that it breaks is named.
A newcomer's usual mistake: seats are not people. Equals share the better grade and discipline brings the lowest one, so the
grades given may differ from the seats; the rules are therefore asked once more of the people counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple, Self, TypeAlias

import numpy as np

from app.plain.findings import Finding
from app.rules.exact_columns import Lookup, RowsWhenAsked
from app.rules.grade_rules import broken_by_counts, broken_by_policy, grade_counts
from app.rules.measures import IntArray
from app.rules.moves import NO_MOVES, Given, Moves, given_grades
from app.rules.pay import PayClaims, PayRun, paid
from app.rules.policies import GroupPolicy, Policies
from app.rules.promotion import Career, Careers, PromotionPoints, promotion_points
from app.rules.standings import (
    AGENCY,
    HEADS,
    Entrant,
    Entrants,
    Rankings,
    Score,
    Standings,
    hundredths,
    published,
    published_score,
    ranked,
    standings,
)
from app.rules.tellings import NEVER_TOLD, GradedNow, ToldOf, holds_grade
from app.rules.terms import Job, Node, NodeKind, Period

__all__ = [
    "NOT_GRADED",
    "Candidate",
    "Cohort",
    "EarlierResult",
    "EmployeeGrade",
    "EmployeeProposal",
    "UnitCandidate",
    "UnitGrade",
    "UnitProposal",
    "evaluation_group",
    "members",
    "propose_units",
    "proposed_grade",
]

NOT_GRADED: Final = ("outside", "no_earlier_result", "under_minimum_days", "not_measurable")
"""Why somebody has no grade, in the order that is asked."""

# --------------------------------------------------------------------------------------------------------------- candidates


class EarlierResult(NamedTuple):
    """What somebody got in an earlier cycle."""

    cycle: int
    final_score: Decimal
    grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An employee whose service touches the cycle, with what grading asks of them."""

    employee: str
    job: Job
    rank: str | None = None
    """That of the last day in service, by which somebody may be graded elsewhere."""
    group: str = AGENCY
    """The evaluation group of the last posting's unit, or of the nearest unit above that has one."""
    own_score: Score | None = None
    unit_score: Score | None = None
    final_score: Score | None = None
    """The blend of both; of no matter to those away."""
    days: int
    """Days worked: with a posting, less those on leave."""
    away: bool = False
    """Whether leave and secondment together took more than half of the cycle."""
    disciplined: bool = False
    earlier: tuple[EarlierResult, ...] = ()
    """Results in any order; those of this cycle or later ones are passed over."""
    monthly_base: Decimal | int
    hired_on: dt.date
    bonus_points: Decimal | int = 0

    def earlier_results(self, cycle: int) -> list[EarlierResult]:
        """The results before a cycle, the latest first."""
        return sorted((result for result in self.earlier if result.cycle < cycle), reverse=True)

    def standing_in(self, cycle: int) -> list[EarlierResult]:
        """The earlier results that stand for the score of somebody away: the last two, or the one (CS26)."""
        return self.earlier_results(cycle)[:2] if self.away else []

    def score_in(self, cycle: int) -> Score | None:
        """The final score: for those away the mean of the results that stand for it."""
        if not self.away:
            return self.final_score
        last_two = self.standing_in(cycle)
        return (
            sum((Fraction(result.final_score) for result in last_two), Fraction(0)) / len(last_two)
            if last_two
            else None
        )

    def barred_because(self, cycle: int, *, policies: Policies) -> str | None:
        """Why there is no grade whatever the cycle's score (one of :data:`NOT_GRADED`); else None (contract.md, grades; contract-cycle, 6; CS26)."""
        if self.rank and self.rank in policies.groups.outside_ranks:
            return "outside"
        if self.away:
            return None if self.standing_in(cycle) else "no_earlier_result"
        return "under_minimum_days" if self.days < policies.minimum_days else None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCandidate:
    """A unit that lives in the cycle."""

    unit: str
    group: str = AGENCY
    """The evaluation group of its last day in the cycle."""
    own_score: Score | None


# ---------------------------------------------------------------------------------------------------------------- proposals


@dataclass(frozen=True, slots=True, kw_only=True)
class EmployeeGrade:
    """A row of ``kopes grade``; the members are the contract's, in its order. What does not apply is None."""

    employee: str
    group: str | None
    own_score: Score | None
    unit_score: Score | None
    final_score: Score | None
    rank: int | None
    group_size: int | None
    grade: str | None
    reason: str | None
    rate: Decimal | None
    days: int
    pay: int | None
    promotion_points: Decimal | None

    @property
    def node(self) -> Node:
        """Whose it is."""
        return Node(NodeKind.EMPLOYEE, self.employee)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitGrade:
    """A row of ``kopes grade --of units``; the members are the contract's, in its order."""

    unit: str
    group: str | None
    own_score: Score | None
    rank: int | None
    group_size: int | None
    grade: str | None
    reason: str | None

    @property
    def node(self) -> Node:
        """Whose it is."""
        return Node(NodeKind.UNIT, self.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmployeeProposal:
    """Grades, pay and promotion points of all employees, with what each came from and the rules that they break."""

    rows: Sequence[EmployeeGrade]
    candidates: Mapping[str, Candidate]
    """What each was proposed from, by number."""
    standings: Standings
    pay: PayRun
    points: Mapping[str, PromotionPoints]
    counts: Mapping[str, int]
    broken: tuple[Finding, ...]
    given: Mapping[Node, Given]
    """Of those about whom people agreed on moves, what stands and what is proposed."""
    as_told: Mapping[Node, str]
    """Whoever keeps the grade that they were told, with that grade."""
    with_moves: Callable[[Moves], EmployeeProposal] = field(compare=False, repr=False)
    """The same scores with other moves: what others would be paid comes out of it too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitProposal:
    """Grades of all units, with what each came from and the rules that they break."""

    rows: tuple[UnitGrade, ...]
    standings: Standings
    counts: Mapping[str, int]
    broken: tuple[Finding, ...]
    given: Mapping[Node, Given]
    as_told: Mapping[Node, str] = field(default_factory=dict)
    """Nobody: units are told nothing, and have no hold (contract-cycle, 13)."""
    with_moves: Callable[[Moves], UnitProposal] = field(compare=False, repr=False)


def proposed_grade(proposal: EmployeeProposal | UnitProposal, row: EmployeeGrade | UnitGrade) -> str | None:
    """What is proposed for somebody, whatever they were moved to or were told before."""
    place = proposal.standings.by_code.get(row.node.code)
    return None if place is None else place.grade


def standing_grade(proposal: EmployeeProposal | UnitProposal, node: Node) -> str | None:
    """The grade that somebody is left with: what they were moved to, what they were told and keep, or what is proposed.

    It is asked of one: the rows of all take longer to make.
    """
    given = proposal.given.get(node)
    if given is not None:
        return given.grade
    place = proposal.standings.by_code.get(node.code)
    return None if place is None else proposal.as_told.get(node, place.grade)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cohort:
    """Everyone whose service touches a cycle, as columns of what grading asks of them besides the cycle's scores.

    No event changes it: it is made once for each load or decision, and everyone is graded by a few passes over columns.
    What is said of one person (the candidate, the place, the pay, the points) is made when somebody looks at it.

    Attributes:
        candidates: by number; their scores are not looked at.
        numbers: theirs.
        stand_in: of those away who have earlier results the score that stands for this cycle's, by place.
        barred: why somebody has no grade whatever the score.
        group: which of the names each is in, before small ones are merged.
        day_after: the day after the cycle's last.
    """

    candidates: Sequence[Candidate]
    cycle: int
    policies: Policies
    numbers: Sequence[str]
    stand_in: Mapping[int, Score | None]
    barred: Sequence[str | None]
    group: IntArray
    names: Sequence[str]
    disciplined: IntArray
    days: IntArray
    careers: Careers
    day_after: dt.date
    cycle_days: int

    @classmethod
    def of(cls, candidates: Iterable[Candidate], *, cycle: int, period: Period, policies: Policies) -> Self:
        """Stand everyone side by side.

        Args:
            candidates: every employee whose service touches the cycle, in any order.
            cycle: the cycle's year.
            period: its days, from the first to the day after the last.
            policies: the policies of that cycle.
        """
        if period.from_ is None or period.to is None:
            msg = "a cycle has a first and a last day"
            raise ValueError(msg)
        listed = sorted(candidates, key=lambda candidate: candidate.employee)
        group, names = _groups(listed, policies)
        return cls(
            candidates=listed,
            cycle=cycle,
            policies=policies,
            numbers=[one.employee for one in listed],
            stand_in={at: one.score_in(cycle) for at, one in enumerate(listed) if one.away},
            barred=[one.barred_because(cycle, policies=policies) for one in listed],
            group=group,
            names=names,
            disciplined=_ints([one.disciplined for one in listed]),
            days=_ints([one.days for one in listed]),
            careers=_careers(listed, cycle, day_after=period.to, policies=policies),
            day_after=period.to,
            cycle_days=(period.to - period.from_).days,
        )

    def under(self, policies: Policies) -> Cohort:
        """The same people under other policies of a cycle of the same days: what :meth:`of` makes of them, and no more of it made anew than hangs on what differs."""
        before = self.policies
        if policies == before:
            return self
        group, names, barred, careers = self.group, self.names, self.barred, self.careers
        if policies.groups.heads_apart != before.groups.heads_apart:
            group, names = _groups(self.candidates, policies)
        if (policies.groups, policies.minimum_days) != (before.groups, before.minimum_days):
            barred = [one.barred_because(self.cycle, policies=policies) for one in self.candidates]
        if policies.promotion != before.promotion:
            careers = _careers(self.candidates, self.cycle, day_after=self.day_after, policies=policies)
        return replace(self, policies=policies, group=group, names=names, barred=barred, careers=careers)

    def propose(
        self,
        own: Sequence[Score | None],
        unit: Sequence[Score | None],
        final: Sequence[Score | None],
        moves: Moves = NO_MOVES,
        told: ToldOf = NEVER_TOLD,
    ) -> EmployeeProposal:
        """Grades, pay and promotion points (contract.md, "Grades and pay, exactly"; domain.md 5).

        Args:
            own: everyone's own score in the cycle, in the order of the numbers.
            unit: the unit parts.
            final: the blends of both; of no matter to those away.
            moves: what people agreed on about the grades that are proposed.
            told: what everyone was told before: who keeps that hangs on it.
        """
        scores = list(final)
        for at, score in self.stand_in.items():
            scores[at] = score
        reasons = [
            why or ("not_measurable" if score is None else None) for why, score in zip(self.barred, scores, strict=True)
        ]
        graded = _ints([at for at, why in enumerate(reasons) if why is None])
        ranks = hundredths(
            [score for score, why in zip(scores, reasons, strict=True) if why is None and score is not None]
        )
        numbers = [self.numbers[at] for at in graded.tolist()]
        entrants = Entrants(
            numbers, self.group.take(graded), self.names, ranks, self.disciplined.take(graded).astype(np.bool_)
        )
        places, columns = ranked(entrants, policies=self.policies)
        points = self.careers.points(graded, ranks)
        standing = _Standing(
            (own, unit, scores),
            reasons,
            graded,
            numbers,
            places,
            columns,
            points,
            candidates=Lookup(self.numbers, lambda at: self._candidate(at, own[at], unit[at], final[at])),
            promotion=Lookup(numbers, lambda at: self._points(int(graded[at]), int(ranks[at]))),
            ranked=ranks,
        )
        return self._proposal(standing, moves, told)

    def _proposal(self, standing: _Standing, moves: Moves, told: ToldOf) -> EmployeeProposal:
        """What the places come to once people have moved grades, and keep those that they were told."""
        grades = [one.grade for one in self.policies.grades]
        given = self._given(standing, moves)
        as_told = self._as_told(standing, given, told)
        columns = standing.columns
        if given or as_told:
            given = {
                node: one._replace(grade=as_told[node], is_held=True) if node in as_told else one
                for node, one in given.items()
            }
            grade = columns.grade.copy()
            place_of = {number: at for at, number in enumerate(standing.numbers)}
            for node, stands in ({node: one.grade for node, one in given.items()} | as_told).items():
                if stands is not None:
                    grade[place_of[node.code]] = grades.index(stands)
            columns = columns._replace(grade=grade)
        run = self._pay(standing.graded, standing.numbers, columns)
        counted = np.bincount(columns.grade, minlength=len(grades)).tolist()
        counts = dict(zip(grades, counted, strict=True))
        return EmployeeProposal(
            rows=RowsWhenAsked(
                lambda: self._rows(standing.scores, standing.reasons, columns, (run.won, standing.points))
            ),
            candidates=standing.candidates,
            standings=standing.places,
            pay=run,
            points=standing.promotion,
            counts=counts,
            broken=broken_by_policy(self.policies) + broken_by_counts(counts, policies=self.policies),
            given=given,
            as_told=as_told,
            with_moves=lambda others: self._proposal(standing, others, told),
        )

    def _as_told(self, standing: _Standing, given: Mapping[Node, Given], told: ToldOf) -> dict[Node, str]:
        """Whoever keeps the grade that they were told, with that grade: moves since go before it."""
        if not told.results:
            return {}
        grades = [one.grade for one in self.policies.grades]
        proposed, ranks = standing.columns.grade.tolist(), standing.ranked.tolist()
        kept: dict[Node, str] = {}
        for place, (at, number) in enumerate(zip(standing.graded.tolist(), standing.numbers, strict=True)):
            node = Node(NodeKind.EMPLOYEE, number)
            moved = given.get(node)
            before = told.results.get(node)
            if moved is not None and not moved.lapsed and told.is_since(moved.move.decision):
                continue
            now = GradedNow(
                grade=grades[proposed[place]] if moved is None or moved.grade is None else moved.grade,
                score=published_score(ranks[place]),
                own_group=self.names[self.group[at]],
                job=self.candidates[at].job.value,
                disciplined=bool(self.disciplined[at]),
            )
            if before is not None and before.grade is not None and holds_grade(before, now, grades=grades):
                kept[node] = before.grade
        return kept

    def _given(self, standing: _Standing, moves: Moves) -> dict[Node, Given]:
        """What stands of everyone of the cycle about whom there are moves."""
        proposed: dict[Node, str | None] = {}
        for node in moves:
            if node.kind is NodeKind.EMPLOYEE and node.code in standing.candidates:
                place = standing.places.by_code.get(node.code)
                proposed[node] = None if place is None else place.grade
        return given_grades(moves, proposed)

    def _pay(self, graded: IntArray, numbers: Sequence[str], places: Rankings) -> PayRun:
        claims = PayClaims(
            numbers,
            [self.candidates[at].monthly_base for at in graded.tolist()],
            places.grade,
            [grade.rate for grade in self.policies.grades],
            self.days.take(graded),
        )
        pay = self.policies.pay
        return paid(claims, institution_rate=pay.institution_rate, cycle_days=self.cycle_days, pool_krw=pay.pool)

    def _rows(
        self,
        scores: tuple[Sequence[Score | None], Sequence[Score | None], Sequence[Score | None]],
        reasons: Sequence[str | None],
        places: Rankings,
        results: tuple[Sequence[int], Sequence[int]],
    ) -> tuple[EmployeeGrade, ...]:
        """The row of everyone, graded or not."""
        grades, names, sizes = self.policies.grades, places.names, places.size.tolist()
        graded = zip(places.group.tolist(), places.rank.tolist(), places.grade.tolist(), *results, strict=True)
        points_of = {number: published_score(number) for number in set(results[1])}
        rows = []
        for number, own, unit, final, reason, days in zip(
            self.numbers, *scores, reasons, self.days.tolist(), strict=True
        ):
            if reason is None:
                group, rank, column, won, points = next(graded)
                place = (names[group], rank, sizes[group], grades[column].grade, grades[column].rate, won)
                rows.append(_row(number, (own, unit, final), place, days, points_of[points], None))
            else:
                rows.append(_row(number, (own, unit, final), _NO_PLACE, days, None, reason))
        return tuple(rows)

    def _candidate(self, at: int, own: Score | None, unit: Score | None, final: Score | None) -> Candidate:
        return replace(self.candidates[at], own_score=own, unit_score=unit, final_score=final)

    def _points(self, at: int, score: int) -> PromotionPoints:
        one = self.candidates[at]
        return promotion_points(
            published_score(score),
            earlier=[published(result.final_score) for result in one.earlier_results(self.cycle)],
            hired_on=one.hired_on,
            day_after=self.day_after,
            bonus_points=one.bonus_points,
            policy=self.policies.promotion,
        )


class _Standing(NamedTuple):
    """Everyone's places before people move a grade."""

    scores: tuple[Sequence[Score | None], Sequence[Score | None], Sequence[Score | None]]
    reasons: Sequence[str | None]
    graded: IntArray
    numbers: Sequence[str]
    places: Standings
    columns: Rankings
    points: Sequence[int]
    candidates: Mapping[str, Candidate]
    promotion: Mapping[str, PromotionPoints]
    ranked: IntArray
    """The published scores of the graded, in hundredths."""


_Place: TypeAlias = tuple[str | None, int | None, int | None, str | None, Decimal | None, int | None]
"""Group, rank, size of the group, grade, its rate, pay."""
_NO_PLACE: Final[_Place] = (None, None, None, None, None, None)


def _row(
    number: str,
    scores: tuple[Score | None, Score | None, Score | None],
    place: _Place,
    days: int,
    points: Decimal | None,
    reason: str | None,
) -> EmployeeGrade:
    group, rank, size, grade, rate, pay = place
    return EmployeeGrade(
        employee=number,
        group=group,
        own_score=scores[0],
        unit_score=scores[1],
        final_score=scores[2],
        rank=rank,
        group_size=size,
        grade=grade,
        reason=reason,
        rate=rate,
        days=days,
        pay=pay,
        promotion_points=points,
    )


def _ints(values: Sequence[int]) -> IntArray:
    return np.array(values, dtype=np.int64)


def _groups(listed: Sequence[Candidate], policies: Policies) -> tuple[IntArray, list[str]]:
    """Which of the names each is in, and these."""
    groups = [evaluation_group(one, policies.groups) for one in listed]
    names = sorted(set(groups))
    number = {name: at for at, name in enumerate(names)}
    return _ints([number[group] for group in groups]), names


def _careers(listed: Sequence[Candidate], cycle: int, *, day_after: dt.date, policies: Policies) -> Careers:
    careers = [
        Career(
            [int(published(result.final_score).scaleb(2)) for result in one.earlier_results(cycle)],
            one.hired_on,
            one.bonus_points,
        )
        for one in listed
    ]
    return Careers.of(careers, day_after=day_after, policy=policies.promotion)


def propose_units(candidates: Iterable[UnitCandidate], *, policies: Policies, moves: Moves = NO_MOVES) -> UnitProposal:
    """Grades of units, by the same rules without discipline, minimum days and pay (contract.md, grades).

    Args:
        candidates: every unit that lives in the cycle, in any order.
        policies: the policies of that cycle.
        moves: what people agreed on about the grades that are proposed.
    """
    listed = sorted(candidates, key=lambda candidate: candidate.unit)
    places = standings(
        (Entrant(one.unit, one.group, published(one.own_score)) for one in listed if one.own_score is not None),
        policies=policies,
    )
    return _unit_proposal(listed, policies, places, moves)


def _unit_proposal(
    listed: Sequence[UnitCandidate], policies: Policies, places: Standings, moves: Moves
) -> UnitProposal:
    """What the places come to once people have moved grades."""
    of_unit = {Node(NodeKind.UNIT, one.unit): (one, places.by_code.get(one.unit)) for one in listed}
    proposed = {node: None if place is None else place.grade for node, (_, place) in of_unit.items()}
    given = given_grades(moves, proposed)
    rows = []
    for node, (one, place) in of_unit.items():
        moved = given.get(node)
        rows.append(
            UnitGrade(
                unit=one.unit,
                group=place.group if place else None,
                own_score=one.own_score,
                rank=place.rank if place else None,
                group_size=place.group_size if place else None,
                grade=proposed[node] if moved is None else moved.grade,
                reason=None if place else "not_measurable",
            )
        )
    counts = grade_counts((row.grade for row in rows), policies=policies)
    return UnitProposal(
        rows=tuple(rows),
        standings=places,
        counts=counts,
        broken=broken_by_policy(policies) + broken_by_counts(counts, policies=policies),
        given=given,
        with_moves=lambda others: _unit_proposal(listed, policies, places, others),
    )


def evaluation_group(candidate: Candidate, groups: GroupPolicy) -> str:
    """The group that somebody is ranked in before small ones are merged: heads are one of their own where the policy says so."""
    return HEADS if groups.heads_apart and candidate.job is Job.HEAD else candidate.group


def members(row: EmployeeGrade | UnitGrade) -> dict[str, str | int | float | None]:
    """A row as JSON and CSV have it: the contract's members in its order, every figure a number."""
    return {name: _plain(getattr(row, name)) for name in row.__dataclass_fields__}


def _plain(member: Score | str | None) -> str | int | float | None:
    """Whole figures without a point (a rate is 134, not 134.0); scores as floats, which hold far more than six decimals."""
    if isinstance(member, Decimal) and member == member.to_integral_value():
        return int(member)
    return float(member) if isinstance(member, Fraction | Decimal | float) else member

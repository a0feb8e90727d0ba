"""Grades: who is graded, in which group, in what order, and what each person's place there brings.

The system proposes and people decide: everything here is a proposal with the reasons for it, and a rule that it breaks is named.
A newcomer's usual mistake: seats are not people. Equals share the better grade and discipline brings the lowest one, so the
grades given may differ from the seats; the rules are therefore asked once more of the people counted.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple, TypeAlias

from app.plain.findings import Finding
from app.rules.grade_rules import broken_by_counts, broken_by_policy, grade_counts
from app.rules.pay import PayClaim, PayRun, pay_run
from app.rules.policies import GroupPolicy, Policies
from app.rules.promotion import PromotionPoints, promotion_points
from app.rules.seats import SeatPlan, plan_seats
from app.rules.terms import Job, Period

__all__ = [
    "AGENCY",
    "HEADS",
    "NOT_GRADED",
    "OTHERS",
    "Candidate",
    "EarlierResult",
    "EmployeeGrade",
    "EmployeeProposal",
    "Entrant",
    "GradeInGroup",
    "GradedEmployees",
    "Score",
    "Standing",
    "Standings",
    "UnitCandidate",
    "UnitGrade",
    "UnitProposal",
    "grade_employees",
    "members",
    "merged_groups",
    "propose_employees",
    "propose_units",
    "published",
    "standings",
]

AGENCY: Final = "agency"
"""The group of those for whose unit, and for no unit above it, a group is named."""
HEADS: Final = "heads"
OTHERS: Final = "others"
"""The group that groups too small to stand alone become together."""

NOT_GRADED: Final = ("outside", "no_earlier_result", "under_minimum_days", "not_measurable")
"""Why somebody has no grade, in the order that is asked."""

Score: TypeAlias = Fraction | Decimal | int | float
"""A score: exact where it is a mean of published results, a float where it came out of a scorecard."""


def published(score: Score) -> Decimal:
    """The score as it is published and ranked: rounded half-even to two decimals (contract.md, grades).

    A float is first rounded to nine decimals. A score that is 56.535 by its rule may come out of a sum of floats as
    56.53499999999999, and the half would be lost; the errors of such sums are below 10^-11, far from the ninth decimal, and no
    rule tells scores apart there. Exact scores are rounded once.
    """
    exact = round(Fraction(score), 9) if isinstance(score, float) else Fraction(score)
    return Decimal(round(exact * 100)).scaleb(-2)


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
    own_score: Score | None
    unit_score: Score | None
    final_score: Score | None
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

    def not_graded_because(self, cycle: int, *, policies: Policies) -> str | None:
        """Why there is no grade (one of :data:`NOT_GRADED`), None where there is one (contract.md, grades; contract-cycle, 6; CS26)."""
        if self.rank and self.rank in policies.groups.outside_ranks:
            return "outside"
        score = self.score_in(cycle)
        if self.away:
            return "no_earlier_result" if score is None else None
        if self.days < policies.minimum_days:
            return "under_minimum_days"
        return "not_measurable" if score is None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCandidate:
    """A unit that lives in the cycle."""

    unit: str
    group: str = AGENCY
    """The evaluation group of its last day in the cycle."""
    own_score: Score | None


# ------------------------------------------------------------------------------------------------------- groups and standing


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
    seats_to_here: int
    """Seats of the group from the top grade down to this one: the first sum that reaches the rank. Not so by discipline."""


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
    listed = sorted(entrants)
    became = merged_groups(Counter(entrant.group for entrant in listed), minimum=policies.groups.minimum)
    members: dict[str, list[Entrant]] = {}
    for entrant in listed:
        members.setdefault(became[entrant.group], []).append(entrant)
    sizes = {name: len(members[name]) for name in sorted(members)}
    plan = plan_seats(sizes, grades=policies.grades, rules=policies.rules)
    by_code = {
        standing.entrant.code: standing
        for name in sizes
        for standing in _group_standings(name, members[name], grades=plan.grades, seats=plan.seats[name])
    }
    ordered = {entrant.code: by_code[entrant.code] for entrant in listed}
    in_group = {name: _in_group([by_code[entrant.code] for entrant in members[name]], name, plan) for name in sizes}
    return Standings(by_code=ordered, in_group=in_group, sizes=sizes, became=became, plan=plan)


def _in_group(members: Sequence[Standing], group: str, plan: SeatPlan) -> tuple[GradeInGroup, ...]:
    people = Counter(one.grade for one in members)
    lowest: dict[str, Decimal] = {}
    for one in members:
        if not one.entrant.disciplined:
            lowest[one.grade] = min(one.entrant.score, lowest.get(one.grade, one.entrant.score))
    return tuple(
        GradeInGroup(grade, seats, people[grade], lowest.get(grade))
        for grade, seats in zip(plan.grades, plan.seats[group], strict=True)
    )


def _group_standings(
    group: str, members: Sequence[Entrant], *, grades: Sequence[str], seats: Sequence[int]
) -> list[Standing]:
    """Ranks and grades within one group: equals share the better grade, discipline stands after all others."""
    up_to = [sum(seats[: column + 1]) for column in range(len(seats))]
    in_order = sorted(members, key=lambda each: (each.disciplined, -each.score, each.code))
    standings: list[Standing] = []
    rank = 0
    for place, entrant in enumerate(in_order, start=1):
        before = in_order[place - 2] if place > 1 else None
        if before is None or (before.disciplined, before.score) != (entrant.disciplined, entrant.score):
            rank = place
        reached = next(column for column, sum_ in enumerate(up_to) if sum_ >= rank)
        column = len(grades) - 1 if entrant.disciplined else reached
        standings.append(
            Standing(
                entrant=entrant,
                group=group,
                rank=rank,
                group_size=len(members),
                grade=grades[column],
                seats_to_here=up_to[column],
            )
        )
    return standings


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


@dataclass(frozen=True, slots=True, kw_only=True)
class EmployeeProposal:
    """Grades, pay and promotion points of all employees, with what each came from and the rules that they break."""

    rows: tuple[EmployeeGrade, ...]
    candidates: Mapping[str, Candidate]
    """What each was proposed from, by number."""
    standings: Standings
    pay: PayRun
    points: Mapping[str, PromotionPoints]
    counts: Mapping[str, int]
    broken: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitProposal:
    """Grades of all units, with what each came from and the rules that they break."""

    rows: tuple[UnitGrade, ...]
    standings: Standings
    counts: Mapping[str, int]
    broken: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedEmployees:
    """Who has a grade in a cycle, at which place, and what it pays.

    Attributes:
        listed: all candidates by number.
        scores: each one's final score in the cycle.
        reasons: why somebody has no grade; None for those who have.
        graded: those who have one, with their scores.
        day_after: the day after the cycle's last.
    """

    listed: Sequence[Candidate]
    scores: Mapping[str, Score | None]
    reasons: Mapping[str, str | None]
    graded: Sequence[tuple[Candidate, Score]]
    standings: Standings
    pay: PayRun
    day_after: dt.date


def grade_employees(
    candidates: Iterable[Candidate], *, cycle: int, period: Period, policies: Policies
) -> GradedEmployees:
    """Grades and pay of a cycle alone (contract.md, "Grades and pay, exactly"; domain.md 5).

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
    scores = {one.employee: one.score_in(cycle) for one in listed}
    reasons = {one.employee: one.not_graded_because(cycle, policies=policies) for one in listed}
    graded = [
        (one, score) for one in listed if (score := scores[one.employee]) is not None and not reasons[one.employee]
    ]
    places = standings(
        (
            Entrant(one.employee, _group_of(one, policies.groups), published(score), one.disciplined)
            for one, score in graded
        ),
        policies=policies,
    )
    pay = _pay((one for one, _ in graded), places, cycle_days=(period.to - period.from_).days, policies=policies)
    return GradedEmployees(
        listed=listed,
        scores=scores,
        reasons=reasons,
        graded=graded,
        standings=places,
        pay=pay,
        day_after=period.to,
    )


def propose_employees(
    candidates: Iterable[Candidate], *, cycle: int, period: Period, policies: Policies
) -> EmployeeProposal:
    """Grades, pay and promotion points of a cycle; the arguments are those of :func:`grade_employees`."""
    made = grade_employees(candidates, cycle=cycle, period=period, policies=policies)
    places = made.standings
    points = {
        one.employee: promotion_points(
            published(score),
            earlier=[published(result.final_score) for result in one.earlier_results(cycle)],
            hired_on=one.hired_on,
            day_after=made.day_after,
            bonus_points=one.bonus_points,
            policy=policies.promotion,
        )
        for one, score in made.graded
    }
    counts = grade_counts((place.grade for place in places.by_code.values()), policies=policies)
    return EmployeeProposal(
        rows=tuple(
            _employee_grade(
                one,
                final_score=made.scores[one.employee],
                reason=made.reasons[one.employee],
                place=places.by_code.get(one.employee),
                pay=made.pay,
                points=points.get(one.employee),
            )
            for one in made.listed
        ),
        candidates={one.employee: one for one in made.listed},
        standings=places,
        pay=made.pay,
        points=points,
        counts=counts,
        broken=broken_by_policy(policies) + broken_by_counts(counts, policies=policies),
    )


def _pay(graded: Iterable[Candidate], places: Standings, *, cycle_days: int, policies: Policies) -> PayRun:
    rates = {grade.grade: grade.rate for grade in policies.grades}
    claims = [
        PayClaim(
            employee=one.employee,
            monthly_base=one.monthly_base,
            rate=rates[places.by_code[one.employee].grade],
            days=one.days,
        )
        for one in graded
    ]
    return pay_run(
        claims,
        institution_rate=policies.pay.institution_rate,
        cycle_days=cycle_days,
        pool_krw=policies.pay.pool,
    )


def propose_units(candidates: Iterable[UnitCandidate], *, policies: Policies) -> UnitProposal:
    """Grades of units, by the same rules without discipline, minimum days and pay (contract.md, grades).

    Args:
        candidates: every unit that lives in the cycle, in any order.
        policies: the policies of that cycle.
    """
    listed = sorted(candidates, key=lambda candidate: candidate.unit)
    places = standings(
        (Entrant(one.unit, one.group, published(one.own_score)) for one in listed if one.own_score is not None),
        policies=policies,
    )
    counts = grade_counts((place.grade for place in places.by_code.values()), policies=policies)
    rows: list[UnitGrade] = []
    for one in listed:
        place = places.by_code.get(one.unit)
        rows.append(
            UnitGrade(
                unit=one.unit,
                group=place.group if place else None,
                own_score=one.own_score,
                rank=place.rank if place else None,
                group_size=place.group_size if place else None,
                grade=place.grade if place else None,
                reason=None if place else "not_measurable",
            )
        )
    broken = broken_by_policy(policies) + broken_by_counts(counts, policies=policies)
    return UnitProposal(rows=tuple(rows), standings=places, counts=counts, broken=broken)


def _group_of(candidate: Candidate, groups: GroupPolicy) -> str:
    """Heads are a group of their own where the policy says so."""
    return HEADS if groups.heads_apart and candidate.job is Job.HEAD else candidate.group


def _employee_grade(
    candidate: Candidate,
    *,
    final_score: Score | None,
    reason: str | None,
    place: Standing | None,
    pay: PayRun,
    points: PromotionPoints | None,
) -> EmployeeGrade:
    """The row of one employee, graded or not."""
    slip = pay.slips.get(candidate.employee)
    return EmployeeGrade(
        employee=candidate.employee,
        group=place.group if place else None,
        own_score=candidate.own_score,
        unit_score=candidate.unit_score,
        final_score=final_score,
        rank=place.rank if place else None,
        group_size=place.group_size if place else None,
        grade=place.grade if place else None,
        reason=reason,
        rate=slip.claim.rate if slip else None,
        days=candidate.days,
        pay=slip.pay_krw if slip else None,
        promotion_points=points.points if points else None,
    )


def members(row: EmployeeGrade | UnitGrade) -> dict[str, str | int | float | None]:
    """A row as JSON and CSV have it: the contract's members in its order, every figure a number."""
    return {name: _plain(getattr(row, name)) for name in row.__dataclass_fields__}


def _plain(member: Score | str | None) -> str | int | float | None:
    """Whole figures without a point (a rate is 134, not 134.0); scores as floats, which hold far more than six decimals."""
    if isinstance(member, Decimal) and member == member.to_integral_value():
        return int(member)
    return float(member) if isinstance(member, Fraction | Decimal | float) else member

"""The proposal of grades: scores, days and statuses of everyone in a cycle, put to the rules.

Whoever was away for more than half of the cycle is graded by earlier results, whatever this cycle's score is.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import fields
from decimal import Decimal
from math import isnan
from typing import Final, Generic, NamedTuple, TypeVar

import numpy as np
from sqlalchemy import Connection

from app import ledger, scoring
from app.cascade import Locked
from app.cycle.opened import opened_cycle
from app.kit.kept import LruCache
from app.organisation import Result
from app.rules.grading import (
    Candidate,
    Cohort,
    EarlierResult,
    EmployeeGrade,
    EmployeeProposal,
    UnitCandidate,
    UnitGrade,
    UnitProposal,
    propose_units,
    proposed_grade,
)
from app.rules.measures import FloatArray, IntArray
from app.rules.placement import overlap
from app.rules.standings import AGENCY
from app.rules.terms import NodeKind, StatusKind
from app.scoring import CyclePlan, Person, ScoreQuery, Scores, State

__all__ = [
    "EMPLOYEE_COLUMNS",
    "UNIT_COLUMNS",
    "Proposed",
    "cohort_of",
    "earlier_results",
    "employee_proposal",
    "grade_standing",
    "propose_employee_grades",
    "propose_unit_grades",
    "unit_proposal",
]

EMPLOYEE_COLUMNS: Final = tuple(field.name for field in fields(EmployeeGrade))
UNIT_COLUMNS: Final = tuple(field.name for field in fields(UnitGrade))


P = TypeVar("P", EmployeeProposal, UnitProposal)


class Proposed(NamedTuple, Generic[P]):
    """A proposal, and the token of all that it hangs on: what is drawn of it is kept by that."""

    token: Hashable
    proposal: P


_KEPT: Final[LruCache[EmployeeProposal]] = LruCache(4)
"""A proposal is of everyone, and everyone's page shows a row of it: on the day of results it is worked out once."""


def propose_employee_grades(
    connection: Connection, *, cycle: int, today: dt.date, loaded: State | None = None
) -> Proposed[EmployeeProposal]:
    """Propose grades, pay and promotion points of everyone whose service touches the cycle.

    It hangs on the revision, what was decided, and all events: kept by these, and worked out by one thread at a time.

    Args:
        connection: an open transaction.
        cycle: the year that names it.
        today: the day of the projections, which no grade hangs on.
        loaded: by what; None for what is loaded and decided now.

    Queries: 2; those of :func:`app.scoring.scores` more where something has come since.
    """
    loaded = loaded or scoring.state(connection)
    token = _token("employees", connection, loaded, cycle)
    make = functools.partial(_propose_employees, connection, loaded, ScoreQuery(cycle, today))
    return Proposed(token, _KEPT.get_or_make(token, make))


def _token(of: str, connection: Connection, loaded: State, cycle: int) -> Hashable:
    # By a cut no event moves anything.
    by = None if cycle in loaded.certified else ledger.event_set(connection)
    return of, str(connection.engine.url), loaded.sheet.token, cycle, by


def _propose_employees(connection: Connection, loaded: State, asked: ScoreQuery) -> EmployeeProposal:
    return employee_proposal(scoring.scores(connection, asked, loaded=loaded))


def employee_proposal(scored: Scores) -> EmployeeProposal:
    """What the scores of everyone in a cycle come to: grades, pay and promotion points. No queries.

    Raises:
        ValueError: they are not everyone's.
    """
    plan = scored.selection.plan
    if scored.selection.nodes != plan.nodes:
        msg = "grades are of everyone: nobody's hangs on their own score alone"
        raise ValueError(msg)
    cohort, places = cohort_of(plan)
    own, unit, final = (_figures(column, places) for column in (scored.own, scored.unit, scored.final))
    return cohort.propose(own, unit, final, plan.sheet.moves_of(plan.cycle), plan.sheet.told_of(plan.cycle))


def _figures(scores: FloatArray, places: IntArray) -> list[float | None]:
    """The scores of some nodes; None where there is none."""
    return [None if isnan(score) else score for score in scores.take(places).tolist()]


def cohort_of(plan: CyclePlan) -> tuple[Cohort, IntArray]:
    """Everyone in a cycle as grading sees them besides the cycle's scores, and where they stand among the nodes; one for all plans that differ in nothing of that."""
    return plan.kept("cohort", lambda: _cohort(plan))


class _Candidates(NamedTuple):
    """The first cohort that was made of everybody who is there and where, and by what bonus points and results of locked cycles."""

    cohort: Cohort
    places: IntArray
    bonuses: dict[str, Decimal]
    locked: Locked


def _cohort(plan: CyclePlan) -> tuple[Cohort, IntArray]:
    policies, bonuses = plan.sheet.definitions.policies, plan.sheet.bonuses_of(plan.cycle)
    locked = plan.sheet.locked_before(plan.cycle)
    known = plan.kept_of_people("cohort", lambda: _candidates(plan, bonuses, locked))
    if (known.bonuses, known.locked) != (bonuses, locked):
        known = _candidates(plan, bonuses, locked)
    return known.cohort.under(policies), known.places


def _candidates(plan: CyclePlan, bonuses: dict[str, Decimal], locked: Locked) -> _Candidates:
    place_of = {node.code: place for place, node in enumerate(plan.nodes) if node.kind is NodeKind.EMPLOYEE}
    candidates = (_candidate(plan, plan.people[number], locked) for number in place_of)
    cohort = Cohort.of(candidates, cycle=plan.cycle, period=plan.period, policies=plan.sheet.definitions.policies)
    places = np.array([place_of[number] for number in cohort.numbers], dtype=np.int64)
    return _Candidates(cohort, places, bonuses, locked)


def _candidate(plan: CyclePlan, person: Person, locked: Locked) -> Candidate:
    directory = plan.frame.directory
    employee = directory.employees[person.number]
    last = directory.placement.last_posting(person.number, plan.period)
    group = directory.evaluation_group(last[0].unit, last[1]) if last else None
    return Candidate(
        employee=person.number,
        job=person.job,
        rank=person.terms.rank,
        group=group or AGENCY,
        days=person.presence.days_worked,
        away=person.presence.away,
        disciplined=any(
            status.kind is StatusKind.DISCIPLINE for status in directory.statuses_of(person.number, plan.cycle)
        ),
        earlier=tuple(earlier_results(directory.earlier_results(person.number, plan.cycle), person.number, locked)),
        monthly_base=person.terms.monthly_base,
        hired_on=employee.hired_on,
        bonus_points=plan.sheet.bonus_of(plan.cycle, person.number),
    )


def earlier_results(folder: Iterable[Result], number: str, locked: Locked) -> Iterator[EarlierResult]:
    """Somebody's results of earlier cycles: what was locked goes before the folder's (contract-cycle, 8).

    Where a locked cycle gave somebody no score, as in one that some regions tried out, the folder's row stands: nobody loses what they had.
    """
    of_locked = {}
    for cycle, one in locked.items():
        result = one.results.get(number)
        if result is not None and result.final_score is not None:
            of_locked[cycle] = EarlierResult(cycle, result.final_score, result.grade or "")
    for row in folder:
        if row.cycle not in of_locked:
            yield EarlierResult(row.cycle, row.final_score, row.grade or "")
    yield from of_locked.values()


def grade_standing(
    connection: Connection, loaded: State, cycle: int
) -> Callable[[EmployeeProposal | UnitProposal, EmployeeGrade | UnitGrade], dict[str, object]]:
    """What JSON says beside a grade of a cycle that was certified: what was proposed, and what has become of it; nothing of another cycle.

    Queries: 1 where it was certified.
    """
    opened = opened_cycle(connection, cycle) if cycle in loaded.certified else None
    if opened is None:
        return lambda _proposal, _row: {}

    # Reopened, a cycle shows what was told in the round before until people are told anew.
    last_told = loaded.sheet.told_of(cycle).round
    round_ = last_told if last_told and scoring.is_limited_to_told(connection, cycle) else opened.round

    def told(proposal: EmployeeProposal | UnitProposal, row: EmployeeGrade | UnitGrade) -> dict[str, object]:
        given = proposal.given.get(row.node)
        return {
            "proposed_grade": proposed_grade(proposal, row),
            "moved": given is not None and given.is_moved,
            "held": row.node in proposal.as_told,
            "round": round_,
        }

    return told


_UNITS_KEPT: Final[LruCache[UnitProposal]] = LruCache(4)


def propose_unit_grades(
    connection: Connection, *, cycle: int, today: dt.date, loaded: State | None = None
) -> Proposed[UnitProposal]:
    """Propose grades of every unit that lives in the cycle, kept as the employees' are.

    Queries: 2; those of :func:`app.scoring.scores` more where something has come since.
    """
    loaded = loaded or scoring.state(connection)
    token = _token("units", connection, loaded, cycle)
    make = functools.partial(_propose_units, connection, loaded, ScoreQuery(cycle, today))
    return Proposed(token, _UNITS_KEPT.get_or_make(token, make))


def _propose_units(connection: Connection, loaded: State, asked: ScoreQuery) -> UnitProposal:
    return unit_proposal(scoring.scores(connection, asked, loaded=loaded))


def unit_proposal(scored: Scores) -> UnitProposal:
    """What the scores of all units in a cycle come to. No queries."""
    plan = scored.selection.plan
    groups = plan.kept_of_people("units", lambda: _unit_groups(plan))
    candidates = []
    for at, node in enumerate(scored.selection.nodes):
        if node.kind is NodeKind.UNIT:
            own = float(scored.own[at])
            own_score = None if isnan(own) else own
            candidates.append(UnitCandidate(unit=node.code, group=groups[node.code], own_score=own_score))
    return propose_units(candidates, policies=plan.sheet.definitions.policies, moves=plan.sheet.moves_of(plan.cycle))


def _unit_groups(plan: CyclePlan) -> dict[str, str]:
    """The evaluation group of each unit's last day in a cycle."""
    tree, groups = plan.frame.directory.tree, {}
    for node in plan.nodes:
        if node.kind is NodeKind.UNIT:
            lives = [shared for row in tree.rows(node.code) if (shared := overlap(row.period, plan.period))]
            last_day = max(shared.to for shared in lives if shared.to) - dt.timedelta(days=1)
            groups[node.code] = plan.frame.directory.evaluation_group(node.code, last_day) or AGENCY
    return groups

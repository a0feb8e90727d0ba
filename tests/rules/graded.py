"""Grading people who are written with their scores."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from app.rules.grading import Candidate, Cohort, EmployeeProposal
from app.rules.moves import NO_MOVES, Moves
from app.rules.policies import Policies
from app.rules.tellings import NEVER_TOLD, ToldOf
from app.rules.terms import Period

YEAR = Period(dt.date(2026, 1, 1), dt.date(2027, 1, 1))


def proposed(people: Iterable[Candidate], policies: Policies) -> EmployeeProposal:
    """What the cycle 2026 comes to for them."""
    return graded(people, policies)


def graded(
    people: Iterable[Candidate], policies: Policies, *, moves: Moves = NO_MOVES, told: ToldOf = NEVER_TOLD
) -> EmployeeProposal:
    """The same with moves, and with what they were told before."""
    cohort = Cohort.of(people, cycle=2026, period=YEAR, policies=policies)
    return cohort.propose(
        [one.own_score for one in cohort.candidates],
        [one.unit_score for one in cohort.candidates],
        [one.final_score for one in cohort.candidates],
        moves,
        told,
    )

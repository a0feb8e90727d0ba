"""Grades beside what people are paid: by the ministry's result once it is there, and from a pay run on by its amounts (contract-cycle, 8).

What a policy would pay is tried in the lab, and read live: do not take it for anybody's pay once two people have agreed to the ministry's result.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple, TypeAlias

from sqlalchemy import Connection

from app import decisions, paying
from app.cycle.grading.grades import Proposed
from app.kit.kept import LruCache
from app.rules.grading import EmployeeProposal
from app.rules.pay import PayClaim, PayRun, PaySlip
from app.rules.pay_runs import Institution, PaidItem, PayRunMade, PayTerms, next_run
from app.rules.policies import PayPolicy
from app.rules.presence import cycle_days
from app.scoring import State

__all__ = [
    "CLAWBACK_KIND",
    "INSTITUTION_KIND",
    "PricedGrades",
    "clawed_back",
    "grades_as_paid",
    "institution_of",
    "pay_policy",
    "pay_terms",
    "priced_grades",
    "standing_institution",
]

INSTITUTION_KIND: Final = "institution"
CLAWBACK_KIND: Final = "clawback"

_KEPT: Final[LruCache[EmployeeProposal]] = LruCache(4)

PricedGrades: TypeAlias = Callable[[EmployeeProposal], EmployeeProposal]
"""A proposal with the pay that its grades come to."""


def pay_policy(loaded: State, cycle: int) -> PayPolicy:
    """What the policies of a cycle say of pay."""
    return loaded.plan(cycle).sheet.definitions.policies.pay


def institution_of(
    connection: Connection, loaded: State, cycle: int, *, before: dt.datetime | None = None
) -> Institution | None:
    """The ministry's result of a cycle, as it was agreed to last, or last before an instant; None before it is there. Queries: 2."""
    of = [
        one
        for one in decisions.latest_approved(connection, INSTITUTION_KIND)
        if one.cycle == str(cycle) and (before is None or one.done_by.at < before)
    ]
    if not of:
        return None
    grade = str(of[-1].content["grade"])
    return Institution(
        grade=grade, rate=pay_policy(loaded, cycle).institution_rates[grade], pool=of[-1].content.get("pool")
    )


def standing_institution(connection: Connection, loaded: State, cycle: int) -> Institution | None:
    """The same where it goes before the policy's own grade: not where a cycle is read without its cut. Queries: 2 where it was certified."""
    return institution_of(connection, loaded, cycle) if cycle in loaded.certified else None


def clawed_back(connection: Connection, cycle: int) -> frozenset[str]:
    """Whose pay is to be given back. Queries: 1."""
    return frozenset(
        str(one.content["employee"]) for one in decisions.settled_decisions(connection, CLAWBACK_KIND, cycle=str(cycle))
    )


def pay_terms(proposal: EmployeeProposal) -> dict[str, PayTerms]:
    """What the pay of everyone who is graded hangs on, by number."""
    terms = {}
    for row in proposal.rows:
        if row.grade is not None:
            claim = proposal.pay.slips[row.employee].claim
            terms[row.employee] = PayTerms(row.grade, Decimal(claim.monthly_base), claim.rate, claim.days)
    return terms


class _RunOfDays(NamedTuple):
    """A run, and the days of the cycle that it was worked out by."""

    made: PayRunMade
    cycle_days: int


def priced_grades(connection: Connection, loaded: State, cycle: int) -> PricedGrades:
    """What prices grades of a cycle that are tried, as the run that follows would: by the ministry's result, and beside what the last run paid.

    As long as there is no result, and in a cycle without a cut, what the policies pay stands.

    Queries: none before a cycle is certified, else 2; where the result is there 4 more.
    """
    institution = standing_institution(connection, loaded, cycle)
    if institution is None:
        return lambda proposal: proposal
    last, without = paying.latest_run(connection, cycle), clawed_back(connection, cycle)
    days = cycle_days(loaded.plan(cycle).period)

    def priced(proposal: EmployeeProposal) -> EmployeeProposal:
        made = next_run(
            pay_terms(proposal), last.made if last else None, institution, cycle_days=days, clawed_back=without
        )
        return _with_run(proposal, _RunOfDays(made, days))

    return priced


def grades_as_paid(
    connection: Connection, proposed: Proposed[EmployeeProposal], *, loaded: State, cycle: int
) -> Proposed[EmployeeProposal]:
    """A proposal with what everybody comes to: by the last pay run, before there is one by the ministry's result.

    As it is before that result is there, and where the cycle is read without its cut.

    Args:
        connection: any transaction.
        proposed: by what is loaded and decided.
        loaded: that.
        cycle: of which cycle.

    Queries: 1 where the cycle was certified and 2 more until it was paid, 6 more for the first who asks.
    """
    if cycle not in loaded.certified:
        return proposed
    head = paying.last_run_head(connection, cycle)
    if head is not None:
        by_run = proposed.token, "run", head.number

        def make() -> EmployeeProposal:
            run = paying.latest_run(connection, cycle)
            return (
                proposed.proposal if run is None else _with_run(proposed.proposal, _RunOfDays(run.made, run.cycle_days))
            )

        return Proposed(by_run, _KEPT.get_or_make(by_run, make))
    institution = institution_of(connection, loaded, cycle)
    if institution is None:
        return proposed
    token = proposed.token, "institution", institution
    priced = priced_grades(connection, loaded, cycle)
    return Proposed(token, _KEPT.get_or_make(token, lambda: priced(proposed.proposal)))


def _with_run(proposal: EmployeeProposal, run: _RunOfDays) -> EmployeeProposal:
    amounts = {one.employee: one.amount for one in run.made.items}
    return replace(
        proposal,
        rows=tuple(replace(row, pay=amounts.get(row.employee)) for row in proposal.rows),
        pay=PayRun(
            slips={one.employee: slip for one in run.made.items if (slip := _slip(one, run)) is not None},
            exact_sum=sum((one.exact for one in run.made.items), Fraction()),
            pool_krw=run.made.institution.pool,
            scale=run.made.factor or Fraction(1),
            pay_krw=run.made.sum,
            won=[one.amount for one in run.made.items if one.terms is not None],
        ),
    )


def _slip(item: PaidItem, run: _RunOfDays) -> PaySlip | None:
    """What somebody's amount came from; None for whoever is not graded."""
    terms = item.terms
    if terms is None:
        return None
    return PaySlip(
        claim=PayClaim(employee=item.employee, monthly_base=terms.monthly_base, rate=terms.grade_rate, days=terms.days),
        institution_rate=run.made.institution.rate,
        cycle_days=run.cycle_days,
        exact=item.exact,
        scaled=item.exact * (run.made.factor or 1),
        pay_krw=item.amount,
    )

"""Grades beside what people are paid: from a pay run on its amounts stand in place of what the policies would pay (contract-cycle, 8).

What a policy would pay is tried in the lab, and read live: do not take it for anybody's pay once two people have agreed to a run.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Final

from sqlalchemy import Connection

from app import paying
from app.cycle.grades import Proposed
from app.kit.kept import LruCache
from app.paying import KeptRun
from app.rules.grading import EmployeeProposal
from app.rules.pay import PayClaim, PayRun, PaySlip
from app.rules.pay_runs import PaidItem
from app.scoring import State

__all__ = ["grades_as_paid"]

_KEPT: Final[LruCache[EmployeeProposal]] = LruCache(4)


def grades_as_paid(
    connection: Connection, proposed: Proposed[EmployeeProposal], *, loaded: State, cycle: int
) -> Proposed[EmployeeProposal]:
    """A proposal with what everybody comes to by the last pay run; as it is where there is none, and where the cycle is read without its cut.

    Args:
        connection: any transaction.
        proposed: by what is loaded and decided.
        loaded: that.
        cycle: of which cycle.

    Queries: 1 where the cycle was certified, 2 more once it was paid and nobody has asked yet.
    """
    head = paying.last_run_head(connection, cycle) if cycle in loaded.certified else None
    if head is None:
        return proposed
    token = proposed.token, "run", head.number

    def make() -> EmployeeProposal:
        run = paying.latest_run(connection, cycle)
        return proposed.proposal if run is None else _with_run(proposed.proposal, run)

    return Proposed(token, _KEPT.get_or_make(token, make))


def _with_run(proposal: EmployeeProposal, run: KeptRun) -> EmployeeProposal:
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


def _slip(item: PaidItem, run: KeptRun) -> PaySlip | None:
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

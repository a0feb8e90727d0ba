"""Sums of what a cycle's people are paid: exactly for whoever sees each person's pay, and so that nobody's can be read for whoever sees sums alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from app import paying as runs
from app import scoring
from app.exports import NamedPaySum
from app.kit.refusals import NotThere
from app.paying import KeptRun
from app.plain.findings import n_
from app.rules.pay_totals import PaidPerson, PayCell, PayTotals, pay_totals, publishable
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind, UnitKind
from app.scoring import CyclePlan
from app.web.asked import cycling
from app.web.asked.request_context import RequestContext
from app.web.results import paying
from app.web.wording.naming import node_named

__all__ = ["BY_BRANCH", "BY_GRADE", "BY_OFFICE", "PaySumsSeen", "pay_sums_seen", "places_of", "sees_pay_sums"]

BY_GRADE, BY_BRANCH, BY_OFFICE = n_("Grade"), n_("Region"), n_("Office")

_BRANCHES = (UnitKind.REGIONAL_HQ, UnitKind.DIVISION, UnitKind.AGENCY)
"""What is a branch: a regional headquarters, of whoever stands under none the division, else the agency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaySumsSeen:
    """The sums of a run, for who asks.

    Attributes:
        cycle: of which cycle.
        run: of which run; None where none may be told yet.
        totals: its sums.
        is_exact: whether who asks sees each person's pay, and so every sum.
        later: how many runs there are since, whose sums would tell of few people.
        name: what names the grades, branches and offices of a sum.
    """

    cycle: int
    run: KeptRun | None
    totals: PayTotals | None
    is_exact: bool
    later: int
    name: Callable[[PayCell], str]

    def rows(self) -> Iterator[NamedPaySum]:
        """Every sum, as a file has them."""
        if self.totals is None:
            return
        for cell in self.totals.grades:
            yield NamedPaySum(BY_GRADE, "", " + ".join(cell.keys), cell.people, cell.amount)
        for branch, offices in zip(self.totals.branches, self.totals.offices, strict=True):
            yield NamedPaySum(BY_BRANCH, "", self.name(branch), branch.people, branch.amount)
            for cell in offices:
                yield NamedPaySum(BY_OFFICE, self.name(branch), self.name(cell), cell.people, cell.amount)


def sees_pay_sums(context: RequestContext, cycle: int) -> bool:
    """Whether somebody sees the sums of a cycle's runs."""
    return paying.sees_runs(context, cycle) or context.allowed_of_everybody(Deed.SEE_PAY_TOTALS)


def pay_sums_seen(context: RequestContext, cycle: int) -> PaySumsSeen:
    """The sums of the last run; of the last one that may be told to whoever sees sums alone. Queries: 4 at most, and those of :func:`app.scoring.state`.

    Raises:
        NotThere: nobody has opened the cycle, there is no run yet, or it is not for this person.
    """
    cycling.cycle_seen(context, cycle)
    if not sees_pay_sums(context, cycle):
        raise NotThere
    kept = runs.kept_runs(context.connection, cycle)
    if not kept:
        raise NotThere
    plan = scoring.state(context.connection).plan(cycle)
    grades = tuple(one.grade for one in plan.sheet.definitions.policies.grades)
    places = places_of(plan, context.today)
    is_exact = paying.sees_runs(context, cycle)
    place: int | None = len(kept) - 1
    if is_exact:
        totals = pay_totals(_paid(kept[-1], places).values(), grades=grades, few=1)
    else:
        place, totals = publishable([_paid(run, places) for run in kept], grades=grades) or (None, None)
    return PaySumsSeen(
        cycle=cycle,
        run=None if place is None else kept[place],
        totals=totals,
        is_exact=is_exact,
        later=0 if place is None else len(kept) - 1 - place,
        name=lambda cell: " + ".join(
            node_named(context, Node(NodeKind.UNIT, one)) if one else "–" for one in cell.keys
        ),
    )


def _paid(run: KeptRun, places: Callable[[str], tuple[str, str]]) -> Mapping[str, PaidPerson]:
    """Everybody who is graded in a run, by number."""
    return {
        one.employee: PaidPerson(one.terms.grade, *places(one.employee), one.amount)
        for one in run.made.items
        if one.terms is not None
    }


def places_of(plan: CyclePlan, today: dt.date) -> Callable[[str], tuple[str, str]]:
    """What tells the branch and the office that somebody is posted to, as codes; empty ones for whoever was nowhere."""
    directory = plan.frame.directory

    def kind_of(unit: str, day: dt.date) -> UnitKind | None:
        row = directory.unit_on(unit, day)
        return None if row is None else row.kind

    def places(employee: str) -> tuple[str, str]:
        posted = plan.posting_of(employee, today)
        if posted is None:
            return "", ""
        posting, day = posted
        chain = directory.chain_on(posting.unit, day) or (posting.unit,)
        office = next((one for one in chain if kind_of(one, day) is not UnitKind.TEAM), posting.unit)
        branch = next((one for kind in _BRANCHES for one in chain if kind_of(one, day) is kind), office)
        return branch, office

    return places

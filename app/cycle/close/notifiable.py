"""What stands in the way of telling everybody what they came to: all of it hard (contract-cycle, 3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import Connection

from app import decisions
from app.cycle.close.reviewing import REVIEWED_IN, EmployeeResults, results_as_they_stand
from app.cycle.opened import opened_cycle
from app.plain.findings import n_
from app.rules.stages import Blocker
from app.rules.terms import Node, NodeKind
from app.scoring import CyclePlan, State

__all__ = ["before_notified", "of_employees", "of_open_decisions", "of_results"]


def before_notified(connection: Connection, loaded: State, plan: CyclePlan, day: dt.date) -> Iterable[Blocker]:
    """Of `notified`. Queries: 2, and those of :func:`app.cycle.results_as_they_stand`; 1 for a cycle that is not certified."""
    opened = opened_cycle(connection, plan.cycle)
    if opened is None or opened.stage not in REVIEWED_IN:
        return
    results = results_as_they_stand(connection, loaded, opened, day=day)
    yield from of_results(results)
    disagree = (one.row.node for one in results.all() if one.is_graded and one.review and one.review.waits_for_answer)
    message = n_("Reviews disagree with the result (%(count)s): ask HR to answer them.")
    yield from of_employees("review_disagrees", message, disagree)
    yield from of_open_decisions(connection, plan.cycle)


def of_results(results: EmployeeResults) -> Iterable[Blocker]:
    """Rules that the grades break as they were moved, moves that have lapsed, and results of graded people that nobody has reviewed. No queries."""
    for broken in results.proposal.broken:
        yield Blocker(code=f"rules:{broken.code}", message=broken.message, parameters=broken.parameters)
    given = results.proposal.given
    message = n_("Moves of grades have lapsed (%(count)s): ask calibrators to move anew, or to let them go.")
    yield from of_employees("lapsed_move", message, (node for node in given if given[node].lapsed))
    missing = (one.row.node for one in results.all() if one.is_graded and one.review is None)
    message = n_("Results are not reviewed yet (%(count)s): ask for the reviews that are missing.")
    yield from of_employees("review_missing", message, missing)


def of_open_decisions(connection: Connection, cycle: int) -> Iterable[Blocker]:
    """Decisions about a cycle that wait for a second person. Queries: 1."""
    numbers = decisions.open_numbers(connection, cycle=str(cycle))
    if numbers:
        message = n_("Decisions about the cycle wait to be agreed to (%(count)s): take each of them to its end.")
        items = tuple(f"decision:{number}" for number in numbers)
        yield Blocker(code="open_decision", message=message, parameters={"count": len(items)}, items=items)


def of_employees(code: str, message: str, nodes: Iterable[Node]) -> Iterable[Blocker]:
    """Of the employees among some nodes, where there are any."""
    items = tuple(sorted(str(node) for node in nodes if node.kind is NodeKind.EMPLOYEE))
    if items:
        yield Blocker(code=code, message=message, parameters={"count": len(items)}, items=items)

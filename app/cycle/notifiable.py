"""What stands in the way of telling everybody what they came to: all of it hard (contract-cycle, 3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import Connection

from app import decisions
from app.cycle.opened import opened_cycle
from app.cycle.reviewing import REVIEWED_IN, results_as_they_stand
from app.plain.findings import n_
from app.rules.stages import Blocker
from app.rules.terms import Node, NodeKind
from app.scoring import CyclePlan, State

__all__ = ["before_notified"]


def before_notified(connection: Connection, loaded: State, plan: CyclePlan, day: dt.date) -> Iterable[Blocker]:
    """Of `notified`. Queries: 2, and those of :func:`app.cycle.results_as_they_stand`; 1 for a cycle that is not certified."""
    opened = opened_cycle(connection, plan.cycle)
    if opened is None or opened.stage not in REVIEWED_IN:
        return
    results = results_as_they_stand(connection, loaded, opened, day=day)
    for broken in results.proposal.broken:
        yield Blocker(code=f"rules:{broken.code}", message=broken.message, parameters=broken.parameters)
    given = results.proposal.given
    message = n_("Moves of grades have lapsed (%(count)s): ask calibrators to move anew, or to let them go.")
    yield from _of("lapsed_move", message, (node for node in given if given[node].lapsed))
    graded = [one for one in results.all() if one.is_graded]
    message = n_("Results are not reviewed yet (%(count)s): ask for the reviews that are missing.")
    yield from _of("review_missing", message, (one.row.node for one in graded if one.review is None))
    disagree = (one.row.node for one in graded if one.review is not None and one.review.waits_for_answer)
    message = n_("Reviews disagree with the result (%(count)s): ask HR to answer them.")
    yield from _of("review_disagrees", message, disagree)
    numbers = decisions.open_numbers(connection, cycle=str(plan.cycle))
    if numbers:
        message = n_("Decisions about the cycle wait to be agreed to (%(count)s): take each of them to its end.")
        items = tuple(f"decision:{number}" for number in numbers)
        yield Blocker(code="open_decision", message=message, parameters={"count": len(items)}, items=items)


def _of(code: str, message: str, nodes: Iterable[Node]) -> Iterable[Blocker]:
    items = tuple(sorted(str(node) for node in nodes if node.kind is NodeKind.EMPLOYEE))
    if items:
        yield Blocker(code=code, message=message, parameters={"count": len(items)}, items=items)

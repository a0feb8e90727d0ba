"""What stands in the way of telling everybody what they came to: all of it hard (contract-cycle, 3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import Connection

from app import decisions
from app.cycle.grades import propose_employee_grades
from app.plain.findings import n_
from app.rules.stages import Blocker
from app.scoring import CyclePlan, State

__all__ = ["before_notified"]


def before_notified(connection: Connection, loaded: State, plan: CyclePlan, day: dt.date) -> Iterable[Blocker]:
    """Of `notified`."""
    if plan.cycle not in loaded.certified:
        return
    proposal = propose_employee_grades(connection, cycle=plan.cycle, today=day, loaded=loaded).proposal
    for broken in proposal.broken:
        yield Blocker(code=f"rules:{broken.code}", message=broken.message, parameters=broken.parameters)
    lapsed = tuple(sorted(str(node) for node, given in proposal.given.items() if given.lapsed))
    if lapsed:
        message = n_("Moves of grades have lapsed (%(count)s): ask calibrators to move anew, or to let them go.")
        yield Blocker(code="lapsed_move", message=message, parameters={"count": len(lapsed)}, items=lapsed)
    numbers = decisions.open_numbers(connection, cycle=str(plan.cycle))
    if numbers:
        message = n_("Decisions about the cycle wait to be agreed to (%(count)s): take each of them to its end.")
        items = tuple(f"decision:{number}" for number in numbers)
        yield Blocker(code="open_decision", message=message, parameters={"count": len(items)}, items=items)

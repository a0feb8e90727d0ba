"""What stands in the way of a cycle's being paid: all of it hard (contract-cycle, 3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import Connection

from app import paying
from app.cycle.close.hearing import objections_open
from app.cycle.close.pay_deciding import open_run
from app.cycle.opened import opened_cycle
from app.plain.findings import n_
from app.rules.stages import Blocker, Stage
from app.scoring import CyclePlan, State

__all__ = ["before_paid"]


def before_paid(connection: Connection, loaded: State, plan: CyclePlan, day: dt.date) -> Iterable[Blocker]:
    """Of `paid`. Queries: 6, and those of :func:`app.cycle.objections_open`; 1 for a cycle that is not locked."""
    opened = opened_cycle(connection, plan.cycle)
    if opened is None or opened.stage is not Stage.LOCKED:
        return
    waits = open_run(connection, plan.cycle)
    if waits is not None:
        message = n_("A pay run is proposed: wait until it is agreed to or refused.")
        yield Blocker(code="run_open", message=message, items=(f"decision:{waits.id}",))
    last = paying.latest_run(connection, plan.cycle)
    if last is None or last.made.number not in paying.exported_runs(connection, plan.cycle):
        message = n_("The last pay run is not agreed to and handed to payroll yet: ask payroll to take its file.")
        yield Blocker(code="not_exported", message=message)
    waiting = tuple(f"objection:{number}" for number in objections_open(connection, loaded, opened, day=day))
    if waiting:
        message = n_("Objections wait (%(count)s): take each of them to its end.")
        yield Blocker(code="objection_open", message=message, parameters={"count": len(waiting)}, items=waiting)

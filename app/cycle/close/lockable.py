"""What stands in the way of locking a cycle: all of it hard (contract-cycle, 3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import Connection

from app import cascade
from app.cycle.close.hearing import objections_open
from app.cycle.close.notifiable import of_employees, of_open_decisions, of_results
from app.cycle.close.reviewing import results_as_they_stand
from app.cycle.grading.told import last_day_of_window, pending_results
from app.cycle.opened import opened_cycle
from app.plain.findings import n_
from app.rules.stages import Blocker, Stage
from app.rules.terms import Node, NodeKind
from app.scoring import CyclePlan, State

__all__ = ["before_locked"]


def before_locked(connection: Connection, loaded: State, plan: CyclePlan, day: dt.date) -> Iterable[Blocker]:
    """Of `locked`. Queries: 3, and those of :func:`app.cycle.results_as_they_stand` and :func:`app.cycle.objections_open`; 1 for a cycle in which nobody was told anything."""
    opened = opened_cycle(connection, plan.cycle)
    if opened is None or opened.stage is not Stage.NOTIFIED:
        return
    yield from _windows(connection, loaded, plan.cycle, day)
    waiting = tuple(f"objection:{number}" for number in objections_open(connection, loaded, opened, day=day))
    if waiting:
        message = n_("Objections wait (%(count)s): take each of them to its end.")
        yield Blocker(code="objection_open", message=message, parameters={"count": len(waiting)}, items=waiting)
    pending = pending_results(connection, loaded, plan.cycle, day=day)
    message = n_("Results have changed since people were told (%(count)s): ask HR to tell them again.")
    yield from of_employees("untold", message, pending)
    # Everybody's was reviewed before they were told: what is not reviewed now has become another since.
    yield from of_results(results_as_they_stand(connection, loaded, opened, day=day))
    yield from of_open_decisions(connection, plan.cycle)


def _windows(connection: Connection, loaded: State, cycle: int, day: dt.date) -> Iterable[Blocker]:
    """People who may still object today, and those whose days have not begun, since nobody has told them by hand. Queries: 1."""
    until = {
        Node(NodeKind.EMPLOYEE, to.employee): last_day_of_window(to, loaded)
        for to in cascade.told_to(connection, cycle).values()
    }
    message = n_(
        "People may still object, or are still to be told by hand (%(count)s): wait until their days are over."
    )
    yield from of_employees(
        "window_open", message, (node for node, last in until.items() if last is None or last >= day)
    )

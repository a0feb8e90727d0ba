"""What pages and API do with check-ins and with what employees say of their own year: whose they are, and what the trail is told (contract-cycle, 5)."""

from __future__ import annotations

import datetime as dt

from app import cycle as cycles
from app import scoring
from app.cycle import CheckIn, OpenedCycle, SelfAssessment
from app.kit.refusals import NotThere
from app.rules.agreement import SignedAs
from app.rules.terms import Node, NodeKind
from app.scoring import CyclePlan
from app.web.asked.request_context import RequestContext

__all__ = ["assessed", "checked_in", "parts_of", "seen"]


def _plan(context: RequestContext, cycle: int, employee: str) -> tuple[OpenedCycle, CyclePlan]:
    """The cycle, for whoever reads what is kept of an employee in it. Queries: 1.

    Raises:
        NotThere: nobody has opened it, it has no such employee, or they are not this person's to read.
    """
    opened = cycles.opened_cycle(context.connection, cycle)
    if opened is None:
        raise NotThere
    plan = scoring.state(context.connection).plan(cycle)
    is_there = Node(NodeKind.EMPLOYEE, employee) in plan.nodes
    if not is_there or not cycles.sees_check_ins(plan, context.viewer, employee, day=context.today):
        raise NotThere
    return opened, plan


def seen(context: RequestContext, cycle: int, employee: str) -> tuple[OpenedCycle, list[CheckIn], SelfAssessment]:
    """What is kept of an employee in a cycle: check-ins, and what they say of their own year. Queries: 3.

    Raises:
        NotThere: it is not this person's to read.
    """
    opened, _ = _plan(context, cycle, employee)
    kept = cycles.check_ins(context.connection, cycle, [employee])
    return opened, kept, cycles.self_assessment(context.connection, cycle, employee)


def parts_of(context: RequestContext, cycle: int, employee: str) -> tuple[SignedAs, ...]:
    """In which parts who asks keeps check-ins of an employee."""
    _, plan = _plan(context, cycle, employee)
    return tuple(cycles.check_in_parts(plan, context.viewer, employee, day=context.today))


def checked_in(context: RequestContext, cycle: int, employee: str, *, part: SignedAs, text: str, on: dt.date) -> None:
    """Keep a check-in, and tell the trail that there is one.

    Raises:
        NotThere: it is not this person's to read.
        Invalid: there is no text, or its day is to come.
        Conflict: by its codes.
    """
    opened, plan = _plan(context, cycle, employee)
    wanted = cycles.WantedCheckIn(employee, part, text, on, context.viewer, context.now)
    cycles.keep_check_ins(context.connection, plan, opened, [wanted])
    told = {"cycle": cycle, "as": part.value, "on": on.isoformat()}
    context.note(subject=f"employee:{employee}", after=told)


def assessed(context: RequestContext, cycle: int, employee: str, *, text: str, final: bool) -> SelfAssessment:
    """Keep what an employee says of their own year, and tell the trail that there is something.

    Raises:
        NotThere: it is not this person's to read.
        Invalid: there is no text.
        Conflict: by its codes.
    """
    opened, plan = _plan(context, cycle, employee)
    is_new = cycles.keep_self_assessment(
        context.connection, plan, opened, employee, text=text, final=final, by=context.viewer, now=context.now
    )
    if is_new:
        told = {"cycle": cycle, "self_assessment": "final" if final else "draft"}
        context.note(subject=f"employee:{employee}", after=told)
    else:
        context.did_nothing = True
    return cycles.self_assessment(context.connection, cycle, employee)

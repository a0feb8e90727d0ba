"""Who stands in for whom, as the page and the API say, list and end it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from app import access, decisions
from app.access import Delegation
from app.kit.refusals import Conflict, NotThere
from app.plain.findings import n_
from app.rules.permissions import Deed, may
from app.rules.terms import Node, NodeKind
from app.web.asked.request_context import RequestContext

__all__ = ["delegated", "ended", "is_theirs", "listed", "of_theirs", "says_for_all"]


class NotYourDelegation(Conflict):
    """Nobody lets others stand in for a third."""

    code = "role"
    message = n_("Who stands in for this person is not yours to say: ask them, or HR.")


class OwnStandIn(Conflict):
    """Nobody gives themself what is another's."""

    code = "own_case"
    message = n_("Nobody lets themself stand in for another: ask them, or another person of HR, to enter it.")


def says_for_all(context: RequestContext) -> bool:
    """Whether who asks says it for everybody: hr."""
    return may(context.viewer.roles, Deed.KEEP_DELEGATIONS, ())


def is_theirs(context: RequestContext, giver: str) -> bool:
    """Whether who asks says who stands in for an employee."""
    return context.allowed(Deed.KEEP_DELEGATIONS, Node(NodeKind.EMPLOYEE, giver))


def listed(context: RequestContext, *, limit: int, before: int | None) -> list[Delegation]:
    """The newest first: one's own, given and taken; for hr all. Queries: 1 or none."""
    everyone, me = says_for_all(context), context.viewer.employee
    if not everyone and me is None:
        return []
    return access.delegations_of(context.connection, None if everyone else me, limit=limit, before=before)


def delegated(
    context: RequestContext,
    *,
    giver: str,
    taker: str,
    functions: Collection[str],
    from_day: dt.date,
    to_day: dt.date,
    reason: str,
) -> Delegation:
    """Let one person stand in for another, and tell the trail.

    Raises:
        NotYourDelegation: it is another's to say.
        OwnStandIn: hr would enter that they themself stand in for another.
        Invalid: it cannot be.
    """
    if not is_theirs(context, giver):
        raise NotYourDelegation
    viewer, directory = context.viewer, context.directory
    mine = decisions.own_nodes(directory, email=viewer.email, employee=viewer.employee, day=context.today)
    if Node(NodeKind.EMPLOYEE, taker) in mine and Node(NodeKind.EMPLOYEE, giver) not in mine:
        raise OwnStandIn
    made = access.delegate(
        context.connection,
        context.directory,
        giver=giver,
        taker=taker,
        functions=functions,
        from_day=from_day,
        to_day=to_day,
        reason=reason,
        by=context.label,
        now=context.now,
    )
    context.note(subject=f"employee:{made.giver}", after=_noted(made), why=made.reason)
    return made


def of_theirs(context: RequestContext, number: int) -> Delegation:
    """A delegation that who asks may end: who is stood in for, who stands in, or hr.

    Raises:
        NotThere: there is none, or it is others'.
    """
    present = access.delegation(context.connection, number)
    me = context.viewer.employee
    if present is None or not (is_theirs(context, present.giver) or (me is not None and me == present.taker)):
        raise NotThere
    return present


def ended(context: RequestContext, number: int) -> Delegation:
    """End it from today on, and tell the trail.

    Raises:
        NotThere: there is none, or it is others'.
        AlreadyEnded: it was ended before.
    """
    present = of_theirs(context, number)
    over = access.end_delegation(context.connection, present.id, by=context.label, now=context.now, today=context.today)
    if over is None:
        raise NotThere
    context.note(subject=f"employee:{over.giver}", before=_noted(present), after=_noted(over))
    return over


def _noted(one: Delegation) -> dict[str, Any]:
    """What the trail says of it."""
    told = one.as_json()
    return {name: told[name] for name in ("from", "to", "functions", "from_day", "to_day", "ended_on")}

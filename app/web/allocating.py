"""What pages and API do with targets that are shared among those below: who sees it, who applies it, and what the trail is told."""

from __future__ import annotations

from app import cycle as cycles
from app import scoring
from app.cycle import Allocation, AllocationWish, OpenedCycle
from app.decisions import refusal_for
from app.kit.refusals import NotThere
from app.rules.deciding import Obstacle
from app.rules.permissions import Deed
from app.rules.terms import Node
from app.web.agreeing import opened_for
from app.web.request_context import RequestContext

__all__ = ["applied", "may_apply", "shared"]


def _opened(context: RequestContext, cycle: int, parent: Node) -> OpenedCycle:
    opened = opened_for(context, cycle, parent)
    if not context.sees(Deed.SEE_SCORECARD)(parent):
        raise NotThere
    return opened


def may_apply(context: RequestContext, cycle: int, parent: Node) -> bool:
    """Whether who asks writes what comes of it into drafts: hr, or the parent's head. Queries: 1."""
    loaded, opened = scoring.state(context.connection), opened_for(context, cycle, parent)
    by_hr = context.allowed(Deed.RUN_CYCLE)
    return cycles.may_allocate(loaded, opened, parent, viewer=context.viewer, day=context.today, by_hr=by_hr)


def shared(context: RequestContext, cycle: int, wish: AllocationWish) -> Allocation:
    """What comes of it; nothing is kept. For whoever sees the scorecards of the parent and of all below it.

    Raises:
        NotThere: nobody has opened the cycle, or one of them is not for this person.
        Invalid: it cannot be shared so.
    """
    opened = _opened(context, cycle, wish.parent)
    sees = context.sees(Deed.SEE_PEOPLE_SCORES)
    return cycles.allocation(context.connection, scoring.state(context.connection), opened, wish, sees=sees)


def applied(context: RequestContext, cycle: int, wish: AllocationWish) -> Allocation:
    """Write what comes of it into the drafts of those below, and tell the trail of each that is another now.

    Raises:
        NotThere: as of :func:`shared`.
        Conflict: it is not theirs to do, or the cycle is at another stage.
        Invalid: it cannot be shared so.
    """
    opened = _opened(context, cycle, wish.parent)
    if not may_apply(context, cycle, wish.parent):
        raise refusal_for(Obstacle.ROLE)
    shared_out, written = cycles.apply_allocation(context.connection, opened, wish, by=context.viewer, now=context.now)
    reasons = {one.node: one.reason for one in wish.overrides}
    given = {one.shared.node: one for one in shared_out.items}
    for card in written:
        one = given[card.node]
        context.note(
            subject=str(card.node),
            before={"cycle": cycle, "kpi": one.kpi, "target": one.before},
            after={"cycle": cycle, "kpi": one.kpi, "target": one.as_json()["target"], "of": str(wish.parent)},
            why=reasons.get(card.node),
        )
    context.did_nothing = not written
    return shared_out

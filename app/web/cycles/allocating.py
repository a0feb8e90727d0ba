"""What pages and API do with targets that are shared among those below: who sees it, who applies it, and what the trail is told."""

from __future__ import annotations

from app import cycle as cycles
from app import scoring
from app.cycle import Allocation, AllocationWish, OpenedCycle
from app.kit.refusals import NotThere
from app.rules.permissions import Deed
from app.rules.terms import Node
from app.web.asked.request_context import RequestContext
from app.web.cycles import agreeing

__all__ = ["applied", "may_apply", "opened_for", "shared"]


def opened_for(context: RequestContext, cycle: int, parent: Node) -> OpenedCycle:
    """The opened cycle of a scorecard that who asks sees. Queries: 1.

    Raises:
        NotThere: nobody has opened it, or it has no such scorecard for this person.
    """
    opened = agreeing.opened_for(context, cycle, parent)
    if not context.sees(Deed.SEE_SCORECARD)(parent):
        raise NotThere
    return opened


def may_apply(context: RequestContext, opened: OpenedCycle, parent: Node) -> bool:
    """Whether who asks writes what comes of it into drafts: hr, or the parent's head. No queries."""
    loaded = scoring.state(context.connection)
    return cycles.may_allocate(loaded, opened, parent, viewer=context.viewer, day=context.today)


def shared(context: RequestContext, opened: OpenedCycle, wish: AllocationWish) -> Allocation:
    """What comes of it; nothing is kept. For whoever sees the scorecards of the parent and of all below it.

    Raises:
        NotThere: the scorecard of one below is not for this person.
        Invalid: it cannot be shared so.
    """
    sees = context.sees(Deed.SEE_PEOPLE_SCORES)
    return cycles.allocation(context.connection, scoring.state(context.connection), opened, wish, sees=sees)


def applied(context: RequestContext, opened: OpenedCycle, wish: AllocationWish) -> Allocation:
    """Write what comes of it into the drafts of those below, and tell the trail of each that is another now.

    Raises:
        Conflict: it is not theirs to do, or the cycle is at another stage.
        Invalid: it cannot be shared so.
    """
    shared_out, written = cycles.apply_allocation(context.connection, opened, wish, by=context.viewer, now=context.now)
    reasons = {one.node: one.reason for one in wish.overrides}
    given = {one.shared.node: one for one in shared_out.items}
    for card in written:
        one = given[card.node]
        context.note(
            subject=str(card.node),
            before={"cycle": opened.cycle, "kpi": one.kpi, "target": one.before},
            after={"cycle": opened.cycle, "kpi": one.kpi, "target": one.as_json()["target"], "of": str(wish.parent)},
            why=reasons.get(card.node),
        )
    context.did_nothing = not written
    return shared_out

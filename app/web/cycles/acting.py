"""What pages and API do with actions on lines that do badly: who sees, opens and closes one (contract-cycle, 5)."""

from __future__ import annotations

from app import cycle as cycles
from app import scoring
from app.cycle import Action, ActionWish
from app.kit.refusals import NotThere
from app.rules.permissions import Deed
from app.rules.stages import Stage
from app.rules.terms import Node
from app.scoring import CyclePlan
from app.web.asked.request_context import RequestContext

__all__ = ["action_seen", "actions_seen", "closed", "cycle_of_line", "may_close", "may_open", "opened"]


def cycle_of_line(context: RequestContext, node: Node) -> CyclePlan:
    """The opened cycle in which something is done about a line: the one under way, else the latest that has the node. Queries: 1.

    Raises:
        NotThere: there is none, or the node is not this person's to see.
    """
    if not context.sees(Deed.SEE_SCORECARD)(node):
        raise NotThere
    loaded = scoring.state(context.connection)
    some = [one for one in cycles.opened_cycles(context.connection) if loaded.plan(one.cycle).lines.get(node, ()) != ()]
    if not some:
        raise NotThere
    return loaded.plan(max(some, key=lambda one: (one.stage is Stage.RUNNING, one.cycle)).cycle)


def may_open(context: RequestContext, node: Node) -> bool:
    """Whether who asks opens actions of a node."""
    return cycles.may_act(cycle_of_line(context, node), context.viewer, node, day=context.today)


def opened(context: RequestContext, wish: ActionWish) -> Action:
    """Open an action, and tell the trail.

    Raises:
        NotThere: no opened cycle has the node, or it is not this person's to see.
        Conflict: it is not theirs to open.
        Invalid: by what is wrong with it.
    """
    plan = cycle_of_line(context, wish.node)
    made = cycles.open_action(context.connection, plan, wish, by=context.viewer, now=context.now)
    told = {"action": made.id, "cycle": made.cycle, "kpi": made.kpi, "measure": made.measure, "owner": made.owner}
    context.note(subject=str(made.node), after=told, why=made.cause)
    return made


def _sees(context: RequestContext, one: Action) -> bool:
    is_owner = context.viewer.employee is not None and one.owner == context.viewer.employee
    return is_owner or context.sees(Deed.SEE_DERIVATION)(one.node)


def action_seen(context: RequestContext, number: int) -> Action:
    """An action that who asks sees: its owner, and whoever sees how the line's score is worked out. Queries: 1.

    Raises:
        NotThere: there is none of that number, or not for this person.
    """
    one = cycles.action(context.connection, number)
    if one is None or not _sees(context, one):
        raise NotThere
    return one


def actions_seen(
    context: RequestContext,
    *,
    cycle: int | None = None,
    node: Node | None = None,
    is_open: bool | None = None,
    before: int | None = None,
) -> list[Action]:
    """The actions that who asks sees, the newest first; with smaller numbers than `before`. Queries: 1."""
    nodes = None if node is None else [node]
    some = cycles.actions_of(context.connection, cycle=cycle, nodes=nodes, is_open=is_open, before=before)
    sees, me = context.sees(Deed.SEE_DERIVATION), context.viewer.employee
    return [one for one in some if (me is not None and one.owner == me) or sees(one.node)]


def may_close(context: RequestContext, one: Action) -> bool:
    """Whether who asks says what came of an action."""
    if not one.is_open:
        return False
    plan = scoring.state(context.connection).plan(one.cycle)
    is_owner = context.viewer.employee is not None and one.owner == context.viewer.employee
    return is_owner or cycles.may_act(plan, context.viewer, one.node, day=context.today)


def closed(context: RequestContext, number: int, result: str) -> Action:
    """Close an action, and tell the trail.

    Raises:
        NotThere: there is none of that number, or not for this person.
        Conflict: it is not theirs to close, or it is closed.
        Invalid: there is no text.
    """
    before = action_seen(context, number)
    plan = scoring.state(context.connection).plan(before.cycle)
    after = cycles.close_action(context.connection, plan, number, result=result, by=context.viewer, now=context.now)
    context.note(subject=str(after.node), before={"action": number}, after={"action": number, "result": after.result})
    return after

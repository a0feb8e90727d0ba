"""What several pages ask about decisions on lines of opened cycles: whether who reads one may propose any."""

from __future__ import annotations

from app import cycle as cycles
from app.rules.terms import Node
from app.scoring import State
from app.web.asked.request_context import RequestContext

__all__ = ["decides_about", "grants_bonus"]


def decides_about(context: RequestContext, loaded: State, cycle: int, node: Node) -> bool:
    """Whether who asks may propose decisions about a node's lines now. Queries: 1 for hr and its head, else none."""
    return cycles.may_decide_lines(context.connection, loaded, cycle, node, viewer=context.viewer, day=context.today)


def grants_bonus(context: RequestContext, loaded: State, cycle: int, node: Node) -> bool:
    """Whether who asks may propose bonus points for somebody now. Queries: 1 for hr, else none."""
    return cycles.may_grant_bonus(context.connection, loaded, cycle, node, viewer=context.viewer, day=context.today)

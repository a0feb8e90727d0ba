"""What stands in the way of a cycle's stages: the same list for whoever looks and for whoever tries (contract-cycle, 3).

Everything here is asked of read models that are kept, and of rows of one cycle: as many queries for an agency of ten as of a thousand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from sqlalchemy import Connection

from app import access
from app.cycle.agreement.agreed_cards import agreed_cards, unsigned_nodes
from app.cycle.close.certifiable import before_certified
from app.cycle.close.lockable import before_locked
from app.cycle.close.notifiable import before_notified
from app.cycle.close.payable import before_paid
from app.decisions import Decision
from app.plain.findings import n_
from app.rules.deciding import DecisionState
from app.rules.grade_rules import broken_by_policy
from app.rules.stages import DECIDED_BY, Blocker, Stage, left_after
from app.rules.terms import CycleFunction, Node, NodeKind
from app.scoring import CyclePlan, State

__all__ = ["blockers_of", "blockers_of_proposed", "root_in", "without_scorecard"]


def blockers_of(connection: Connection, loaded: State, cycle: int, to: Stage, *, day: dt.date) -> list[Blocker]:
    """What stands in the way of a stage today, hard ones first; nothing of a stage that is gone back to. Queries: 14 at most.

    Args:
        connection: any transaction.
        loaded: what is loaded and decided.
        cycle: which cycle.
        to: the stage after its own.
        day: today.
    """
    read = _BLOCKERS.get(to)
    some = () if read is None else tuple(read(connection, loaded, loaded.plan(cycle), day))
    return sorted(some, key=lambda one: not one.hard)


def blockers_of_proposed(connection: Connection, loaded: State, decision: Decision, *, day: dt.date) -> list[Blocker]:
    """What stands today in the way of a stage that is proposed, and is not accepted with it; nothing of any other decision. Queries: those of :func:`blockers_of`."""
    to = _led_to(decision)
    if decision.state is not DecisionState.PROPOSED or to is None:
        return []
    some = blockers_of(connection, loaded, decision.cycle_year, to, day=day)
    others = (one.without(f"decision:{decision.id}") for one in some)
    accepted = frozenset(decision.content.get("accept") or ())
    return left_after([one for one in others if one is not None], accepted)


def _led_to(decision: Decision) -> Stage | None:
    """The stage that a decision leads to; None for one that leads to none."""
    if decision.kind == "stage":
        return Stage(str(decision.content.get("to")))
    return next((stage for stage, kind in DECIDED_BY.items() if kind == decision.kind), None)


def without_scorecard(plan: CyclePlan) -> list[Node]:
    """The units and people of a cycle that have no line, in the order in which they are listed."""
    return [node for node in plan.nodes if not plan.lines.get(node)]


def root_in(plan: CyclePlan, day: dt.date) -> Node | None:
    """The agency itself, as of a day that is brought into the cycle; None before there is one."""
    code = plan.frame.directory.tree.root_on(plan.day_within(day))
    return None if code is None else Node(NodeKind.UNIT, code)


def _before_agreement(connection: Connection, _loaded: State, plan: CyclePlan, day: dt.date) -> Iterable[Blocker]:
    """Of `agreement`: the policy breaks its own rules, nobody may agree, scorecards are missing. Queries: 1."""
    directory = plan.frame.directory
    for broken in broken_by_policy(plan.sheet.definitions.policies):
        yield Blocker(code=f"rules:{broken.code}", message=broken.message, parameters=broken.parameters)
    approvers = access.holders_of(connection, directory, cycle=plan.cycle, function=CycleFunction.APPROVER, day=day)
    if not approvers:
        message = n_("Nobody who can sign in is approver of this cycle: ask HR to propose one.")
        yield Blocker(code="no_approver", message=message)
    missing, root = without_scorecard(plan), root_in(plan, day)
    if root in missing:
        message = n_("The agency has no scorecard: give it lines.")
        yield Blocker(code="no_scorecard", message=message, items=(str(root),))
    others = tuple(str(node) for node in missing if node != root)
    if others:
        message = n_("Units or people have no scorecard (%(count)s): give them lines, or accept it for a reason.")
        yield Blocker(code="no_scorecard", message=message, parameters={"count": len(others)}, items=others, hard=False)


def _before_running(connection: Connection, loaded: State, plan: CyclePlan, day: dt.date) -> Iterable[Blocker]:
    """Of `running`: units whose scorecards nobody agreed to; of people they stay due. Queries: 3."""
    unsigned = unsigned_nodes(plan, agreed_cards(connection, loaded, plan.cycle), day=day)
    for kind, message in _UNSIGNED.items():
        items = tuple(str(node) for node in unsigned if node.kind is kind)
        if items:
            parameters = {"count": len(items)}
            hard = kind is NodeKind.UNIT
            yield Blocker(code="unsigned", message=message, parameters=parameters, items=items, hard=hard)


_UNSIGNED: Final = {
    NodeKind.UNIT: n_(
        "Scorecards of units are neither agreed nor imposed (%(count)s): ask for the signatures that are missing."
    ),
    NodeKind.EMPLOYEE: n_(
        "Scorecards of people are neither agreed nor imposed (%(count)s): ask for the signatures that are missing."
    ),
}

_Read = Callable[[Connection, State, CyclePlan, dt.date], Iterable[Blocker]]

_BLOCKERS: Final[Mapping[Stage, _Read]] = {
    Stage.AGREEMENT: _before_agreement,
    Stage.RUNNING: _before_running,
    Stage.CERTIFIED: before_certified,
    Stage.NOTIFIED: before_notified,
    Stage.LOCKED: before_locked,
    Stage.PAID: before_paid,
}
"""What reads those of each stage."""

"""Bonus points on the promotion list: granted by hr and an approver before a cycle is certified, never part of a score (contract-cycle, 5)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection

from app import cascade, ledger, organisation, scoring
from app.access import Viewer
from app.cycle.cutting import refuse_being_certified
from app.cycle.opened import NotNow, OpenedCycle, opened_cycle, opened_or_refused
from app.decisions import Decision, DecisionKind, Read, own_nodes
from app.kit.refusals import Conflict, Invalid, NotThere, at_field, unknown_members
from app.plain.findings import Finding, n_
from app.plain.texts import quoted
from app.rules.permissions import Deed, may
from app.rules.stages import BEFORE_THE_CUT
from app.rules.terms import CycleFunction, Node, NodeKind, Role
from app.scoring import State

__all__ = ["BONUS", "BonusMax", "may_grant_bonus"]

_POINTS: Final = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4})?", re.ASCII)
_GROUND_LENGTH_MAX: Final = 200


class BonusMax(Conflict):
    """With these points somebody would have more than the policy grants."""

    code = "bonus_max"
    message = n_(
        "With these points %(employee)s would have %(sum)s bonus points, and at most %(most)s are granted: write fewer."
    )


def _employee_of(content: Mapping[str, Any]) -> Node | None:
    text = content.get("employee")
    return Node.parse(f"{NodeKind.EMPLOYEE}:{text}") if isinstance(text, str) else None


def may_grant_bonus(
    connection: Connection, loaded: State, cycle: int, node: Node, *, viewer: Viewer, day: dt.date
) -> bool:
    """Whether a person proposes bonus points for somebody now: hr does, but not for themself. Queries: 1 for hr, else none."""
    plan = loaded.plan(cycle)
    own = own_nodes(plan.frame.directory, email=viewer.email, employee=viewer.employee, day=day)
    if node.kind is not NodeKind.EMPLOYEE or node in own or not may(viewer.roles, Deed.RUN_CYCLE, ()):
        return False
    opened = opened_cycle(connection, cycle)
    return opened is not None and opened.stage in BEFORE_THE_CUT and node in plan.nodes


def _named(_connection: Connection, content: Mapping[str, Any]) -> Collection[Node]:
    node = _employee_of(content)
    return () if node is None else (node,)


def _problems(content: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with a content before anything is looked up."""
    yield from unknown_members(content, ("employee", "points", "ground"))
    if _employee_of(content) is None:
        message = n_("There is nobody “%(value)s”: write an employee's number.")
        yield at_field("content/employee", "unknown_person", message, value=quoted(str(content.get("employee"))))
    points = content.get("points")
    if not isinstance(points, str) or not _POINTS.fullmatch(points) or not Decimal(points):
        message = n_("These are no points: write a text of digits above 0, such as 1.5.")
        yield at_field("content/points", "no_points", message)
    ground = content.get("ground")
    if not isinstance(ground, str) or not 0 < len(ground.strip()) <= _GROUND_LENGTH_MAX:
        message = n_("No ground is given: write one of at most %(most)s characters.")
        yield at_field("content/ground", "no_ground", message, most=_GROUND_LENGTH_MAX)


def _check(loaded: State, opened: OpenedCycle, content: Mapping[str, Any]) -> Node:
    """Whom points are granted to.

    Raises:
        NotThere: nobody of the cycle.
        Invalid: the criteria name other grounds.
        BonusMax: they would be too many.
    """
    plan = loaded.plan(opened.cycle)
    node = Node(NodeKind.EMPLOYEE, content["employee"])
    if node not in plan.nodes:
        raise NotThere
    policy = plan.sheet.definitions.policies.promotion
    if policy.grounds and content["ground"] not in policy.grounds:
        message = n_("The criteria know no such ground: choose one of %(grounds)s.")
        raise Invalid(at_field("content/ground", "unknown_ground", message, grounds=", ".join(policy.grounds)))
    together = plan.sheet.bonus_of(opened.cycle, node.code) + Decimal(content["points"])
    if together > policy.bonus_max:
        parameters = {"employee": node.code, "sum": str(together), "most": str(policy.bonus_max)}
        raise BonusMax(parameters=parameters)
    return node


def _read(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
    problems = list(_problems(content))
    if problems:
        raise Invalid(*problems)
    loaded = scoring.state(connection)
    opened = opened_or_refused(connection, cycle, loaded, today=today)
    if opened.stage not in BEFORE_THE_CUT:
        raise NotNow
    refuse_being_certified(connection, opened.cycle)
    node = _check(loaded, opened, content)
    kept = {name: content[name] for name in ("employee", "points", "ground")}
    return Read(kept, frozenset({node}), opened.round)


def _overtaken(connection: Connection, open_: Decision) -> Sequence[Mapping[str, Any]]:
    """Whom it names is not there any more, or its ground is none; the stage and the sum are refused by their codes."""
    opened = opened_cycle(connection, open_.cycle_year)
    if opened is None or opened.stage not in BEFORE_THE_CUT:
        raise NotNow
    refuse_being_certified(connection, opened.cycle)
    try:
        _check(scoring.state(connection), opened, open_.content)
    except (Invalid, NotThere):
        (node,) = open_.about
        return [{"node": str(node), "member": "own_score", "signed": None, "now": None}]
    return ()


def _apply(connection: Connection, decision: Decision) -> None:
    hand = decision.done_by
    row = (decision.kind, decision.cycle, decision.content["employee"], decision.id, hand.at.isoformat())
    organisation.raise_decided(connection, [row])
    employee = organisation.directory(connection).employee_id(decision.content["employee"])
    owners = ledger.owners_text(employees=[employee], cycles=[decision.cycle_year])
    ledger.record_change(connection, at=hand.at, owners=owners)


BONUS: Final = DecisionKind(
    code=cascade.BONUS_DECISIONS,
    makers=frozenset({Role.HR}),
    checkers=frozenset({CycleFunction.APPROVER}),
    seen_by=frozenset({Role.AUDITOR}),
    read=_read,
    effects=lambda _connection, _content, _cycle, _today: (),
    apply=_apply,
    overtaken=_overtaken,
    hold=scoring.hold_to_decide,
    names=_named,
    of_cycle=True,
)
"""Points on the promotion list: by hr, and an approver of the cycle."""

"""A cycle that was locked is opened again: by hr and an executive, for some people or for all (contract-cycle, 8).

Nothing is taken back: pins, decisions and grades of the round before are what the next one begins with, and what everybody was told stays what they
see until they are told anew. Of a later cycle that is certified nothing moves by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection

from app import scoring
from app.cycle.cutting import BeingCertified
from app.cycle.opened import NotNow, OpenedCycle, begin_decided, move_everybody, opened_cycle, opened_or_refused
from app.cycle.reopened import REOPEN as CODE
from app.decisions import Decision, DecisionKind, Read
from app.kit.refusals import Conflict, Invalid, at_field, is_one_of, unknown_members
from app.plain.findings import Finding, n_
from app.plain.texts import quoted
from app.rules.stages import BEFORE_THE_CUT, PAID_IN, REOPENED_BECAUSE, Stage
from app.rules.terms import CycleFunction, Node, Role
from app.scoring import State

__all__ = ["REOPEN", "REOPENED_MOST"]

REOPENED_MOST: Final = 1_000
"""So many people and units one decision names at most; more are all."""

_ALL: Final = "all"


class LaterCycle(Conflict):
    """The cycle after it is certified, by what this one was locked with."""

    code = "later_cycle"
    message = n_(
        "The cycle after it, %(cycle)s, is certified by what this one was locked with: leave this one locked, unless a court or a fraud demands it."
    )


_LATER_IS_CUT: Final = n_(
    "Somebody has proposed to certify the cycle after it by what this one was locked with: wait until that is agreed to or refused."
)


def _problems(content: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with a content before anything is looked up."""
    yield from unknown_members(content, {"nodes", "because"})
    nodes = content.get("nodes")
    if nodes != _ALL:
        if not isinstance(nodes, list) or not nodes or not all(isinstance(one, str) for one in nodes):
            message = n_("Nobody is named for whom it is reopened: write a list of units and employees, or all.")
            yield at_field("content/nodes", "no_nodes", message)
        elif len(nodes) > REOPENED_MOST:
            message = n_("One decision names %(most)s people and units at most: write fewer, or all.")
            yield at_field("content/nodes", "too_many", message, most=REOPENED_MOST)
    if not is_one_of(content.get("because"), REOPENED_BECAUSE):
        message = n_("This is no reason to reopen a cycle: choose one of %(reasons)s.")
        yield at_field("content/because", "unknown_reason", message, reasons=", ".join(REOPENED_BECAUSE))


def _named(loaded: State, cycle: int, nodes: list[str]) -> frozenset[Node]:
    """The people and units that a content names.

    Raises:
        Invalid: the cycle lists no such one, or one is named twice.
    """
    listed = set(loaded.plan(cycle).nodes)
    some: list[Node] = []
    problems = []
    for place, text in enumerate(nodes):
        node = Node.parse(text)
        if node is None or node not in listed:
            message = n_("The cycle has no unit or employee “%(value)s”: write it as unit:CODE or employee:NUMBER.")
            problems.append(at_field(f"content/nodes/{place}", "unknown_node", message, value=quoted(text)))
        elif node in some:
            message = n_("“%(value)s” is named twice: name it once.")
            problems.append(at_field(f"content/nodes/{place}", "named_twice", message, value=quoted(text)))
        else:
            some.append(node)
    if problems:
        raise Invalid(*problems)
    return frozenset(some)


def _refuse(connection: Connection, opened: OpenedCycle, because: str) -> None:
    """Go on only where a cycle is locked or paid, and none after it goes by what it was locked with.

    Raises:
        NotNow: it is at another stage.
        LaterCycle: the next one is certified, and neither a court nor a fraud demands it.
        BeingCertified: the next one is proposed to be certified.
    """
    if opened.stage not in PAID_IN:
        raise NotNow
    later = opened_cycle(connection, opened.cycle + 1)
    if later is not None and later.stage not in BEFORE_THE_CUT and not REOPENED_BECAUSE[because]:
        raise LaterCycle(parameters={"cycle": later.cycle})
    if scoring.open_cut(connection, opened.cycle + 1) is not None:
        raise BeingCertified(message=_LATER_IS_CUT)


def _read(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
    problems = list(_problems(content))
    if problems:
        raise Invalid(*problems)
    loaded = scoring.state(connection)
    opened = opened_or_refused(connection, cycle, loaded, today=today)
    nodes = content["nodes"]
    about = frozenset[Node]() if nodes == _ALL else _named(loaded, opened.cycle, nodes)
    _refuse(connection, opened, content["because"])
    kept = nodes if nodes == _ALL else sorted(nodes)
    return Read({"nodes": kept, "because": content["because"]}, about, opened.round)


def _overtaken(connection: Connection, open_: Decision) -> list[Mapping[str, Any]]:
    """It was reopened by another decision, and locked again, since."""
    opened = opened_cycle(connection, open_.cycle_year)
    if opened is None or opened.stage not in PAID_IN:
        raise NotNow
    return [] if opened.round == open_.round else [{"round": opened.round}]


def _apply(connection: Connection, decision: Decision) -> None:
    hand = decision.done_by
    loaded = scoring.state(connection)
    day = loaded.frame.directory.day_of(hand.at)
    opened = opened_or_refused(connection, decision.cycle, loaded, today=day)
    _refuse(connection, opened, decision.content["because"])
    begin_decided(connection, decision, Stage.CERTIFIED, round_=opened.round + 1)
    move_everybody(connection, decision)


REOPEN: Final = DecisionKind(
    code=CODE,
    makers=frozenset({Role.HR}),
    checkers=frozenset({Role.EXECUTIVE}),
    seen_by=frozenset({Role.AUDITOR, CycleFunction.APPROVER, CycleFunction.CALIBRATOR, CycleFunction.PAYROLL}),
    read=_read,
    effects=lambda *_: (),
    apply=_apply,
    signed_effects=True,
    overtaken=_overtaken,
    hold=scoring.hold_to_decide,
    of_cycle=True,
)
"""A locked cycle is opened again: by hr, and an executive. It moves nobody; what is decided then does."""

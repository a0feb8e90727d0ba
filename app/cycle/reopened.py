"""Whom a cycle is open for again: those whom its reopening names, and whom what was decided since reaches (contract-cycle, 8 and 13).

Do not ask the stage alone: in a later round a cycle is certified or notified as in the first one, and is open for some people only.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection

from app import cascade, decisions, scoring
from app.cycle.opened import OpenedCycle
from app.decisions import DecisionFilter
from app.kit.refusals import Conflict
from app.plain.findings import n_
from app.rules.deciding import DecisionState
from app.rules.line_decisions import LINE_DECISIONS
from app.rules.terms import Node

__all__ = ["REACHING", "REOPEN", "NotReopened", "is_open_for", "refuse_not_reopened", "reopened_for"]

REOPEN: Final = "reopen"
"""The kind of decision that opens a locked cycle again."""

REACHING: Final = frozenset({*(one.value for one in LINE_DECISIONS), cascade.LIFT, cascade.CALIBRATE, scoring.CORRECT})
"""The kinds of decisions that move scores and grades once a cycle is certified."""

_READ_MOST: Final = 10_000

_PAY: Final = "pay"


class NotReopened(Conflict):
    """The cycle is open again, and not for them."""

    code = "not_reopened"
    message = n_(
        "The cycle is reopened for others: choose somebody whom its reopening names, or whom a decision of this round has moved."
    )


def reopened_for(connection: Connection, opened: OpenedCycle) -> frozenset[Node] | None:
    """The people and units that a later round is open for: those named, and whose score or grade its decisions changed.

    None where it is open for everybody: in a first round, and one that was reopened for all.

    Queries: none in a first round, else 1, and where it was reopened for some 2 for each 200 decisions about figures.
    """
    if opened.round == 1:
        return None
    named = decisions.settled_decisions(connection, REOPEN, cycle=str(opened.cycle), latest=1)[-1].content["nodes"]
    if named == "all":
        return None
    only = DecisionFilter(kinds=REACHING, cycle=str(opened.cycle), state=DecisionState.APPROVED)
    since = decisions.decisions_of(connection, only, visible=lambda one: one.round == opened.round, limit=_READ_MOST)
    moved = {effect.node for one in since for effect in one.effects if effect.member != _PAY}
    return frozenset(map(Node.known, {*named, *moved}))


def is_open_for(connection: Connection, opened: OpenedCycle, nodes: Collection[Node]) -> bool:
    """Whether a cycle is open for all of some people and units. Queries: those of :func:`reopened_for`."""
    some = reopened_for(connection, opened)
    return some is None or some.issuperset(nodes)


def refuse_not_reopened(connection: Connection, opened: OpenedCycle, nodes: Collection[Node]) -> None:
    """Go on only where a cycle is open for all of some people and units.

    Raises:
        NotReopened: it is not.

    Queries: those of :func:`reopened_for`.
    """
    if not is_open_for(connection, opened, nodes):
        raise NotReopened

"""Setting targets: a decision that one person suffices for, which goes before the folder's figure, at once and everywhere.

Do not compare with the figure that the form showed alone: two people may have it open. What holds is read under the locks
that whoever decides, or loads a folder, takes first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection

from app import cascade, ledger, organisation
from app.cascade import Line, WantedTarget
from app.decisions import LOCK_DECISIONS, Hand
from app.kit.database import lock
from app.kit.refusals import NotThere
from app.rules.terms import Node, NodeKind
from app.scoring.planning import State
from app.scoring.states import state

__all__ = [
    "TargetDone",
    "TargetMove",
    "TargetsSet",
    "folder_target",
    "hold_to_decide",
    "set_targets",
    "state_to_decide_in",
    "tell_of_targets",
    "wanted_target",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetMove:
    """A line's new target (None: the folder's again), and the one that its author saw before."""

    node: Node
    kpi: str
    target: Decimal | None
    seen: Decimal | None


class TargetDone(NamedTuple):
    """A target that was set, by the decision of this number."""

    node: Node
    kpi: str
    before: Decimal | None
    after: Decimal
    decision: int


class TargetOvertaken(NamedTuple):
    """A line whose target is neither what the author saw nor what the author wants."""

    node: Node
    kpi: str
    target: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetsSet:
    """What became of the moves.

    Attributes:
        done: what was set.
        overtaken: what somebody else set meanwhile; where there is one, nothing was set.
    """

    done: tuple[TargetDone, ...] = ()
    overtaken: tuple[TargetOvertaken, ...] = ()


def state_to_decide_in(connection: Connection) -> State:
    """What is loaded and decided, for a transaction that asks a right and then decides: neither changes before its end.

    Whoever asked the right first and waited then for a load would decide by a right that the load has taken.

    Queries: 2 and those of :func:`app.scoring.state`.
    """
    hold_to_decide(connection)
    return state(connection)


def hold_to_decide(connection: Connection) -> None:
    """Shut out others who decide, and loads, in the order in which whoever approves a change set does."""
    lock(connection, LOCK_DECISIONS)
    organisation.lock_revision(connection)


def set_targets(connection: Connection, moves: Sequence[TargetMove], *, cycle: int, by: Hand, note: str) -> TargetsSet:
    """Set the targets of lines, all of them or none; a line that has the target already is left alone.

    Each unit's or employee's are one decision, so that whoever sees the scorecard sees the decision, and nobody else's targets in it.

    Args:
        connection: a writing transaction; what is loaded and decided nobody else changes before it ends.
        moves: a new target for each line.
        cycle: of which cycle.
        by: who, and when; whether they may is asked before, by the deed of :data:`app.scoring.TARGET`.
        note: why; empty where it was not said.

    Raises:
        NotThere: a node has no such line, or one that takes no target.

    Queries: 2, those of :func:`app.scoring.state`, and 8 where anything is set.
    """
    loaded = state_to_decide_in(connection)
    lines = {(move.node, move.kpi): _line(loaded, cycle, move) for move in moves}
    targets = {(move.node, move.kpi): _target_of(move, lines[move.node, move.kpi]) for move in moves}
    overtaken = tuple(
        TargetOvertaken(move.node, move.kpi, target)
        for move in moves
        if (target := lines[move.node, move.kpi].target) not in {move.seen, targets[move.node, move.kpi]}
    )
    if overtaken:
        return TargetsSet(overtaken=overtaken)
    wanted = [wanted_target(lines[key], target) for key, target in targets.items() if lines[key].target != target]
    if not wanted:
        return TargetsSet()
    numbers = cascade.keep_targets(connection, wanted, cycle=cycle, by=by, note=note)
    tell_of_targets(connection, loaded, wanted, cycle=cycle, at=by.at)
    return TargetsSet(
        done=tuple(TargetDone(one.node, one.kpi, one.before, one.target, numbers[one.node]) for one in wanted)
    )


def wanted_target(line: Line, target: Decimal) -> WantedTarget:
    """A line's new target, beside what holds and what the folder gives."""
    return WantedTarget(
        cycle=line.cycle,
        node=line.node,
        kpi=line.kpi,
        target=target,
        before=line.target,
        folder=folder_target(line),
    )


def tell_of_targets(
    connection: Connection, loaded: State, wanted: Sequence[WantedTarget], *, cycle: int, at: dt.datetime
) -> None:
    """Have whoever follows these scorecards look again. Queries: 1."""
    ledger.record_change(connection, at=at, owners=_owners(loaded, [one.node for one in wanted], cycle))


def _line(loaded: State, cycle: int, move: TargetMove) -> Line:
    line = loaded.sheet.line(cycle, move.node, move.kpi)
    if line is None or not loaded.sheet.takes_target(line):
        raise NotThere
    return line


def _target_of(move: TargetMove, line: Line) -> Decimal:
    target = folder_target(line) if move.target is None else move.target
    if target is None:
        raise NotThere
    return target


def folder_target(line: Line) -> Decimal | None:
    """What the folder gives a line, whatever was set since; None for nothing."""
    return line.target if line.set_target is None else line.set_target.folder


def _owners(loaded: State, nodes: Sequence[Node], cycle: int) -> str:
    """Whom to tell: employees by their numbers. A unit may have no path that anything was ever credited to: then everyone is looked at."""
    if any(node.kind is NodeKind.UNIT for node in nodes):
        return ledger.owners_text(everyone=True)
    employees = [loaded.frame.directory.employee_id(node.code) for node in dict.fromkeys(nodes)]
    return ledger.owners_text(employees=employees, cycles=[cycle])

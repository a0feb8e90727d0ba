"""Setting targets: what a head decides goes before the folder's figure, at once and everywhere.

Do not compare with the figure that the form showed alone: two people may have it open. What holds is read under the lock
that whoever sets a target, or loads a folder, takes first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection

from app import cascade, ledger, organisation
from app.cascade import Line, WantedTarget
from app.kit.refusals import NotThere
from app.rules.terms import Node, NodeKind
from app.scoring.plan import State, state

__all__ = ["TargetMove", "TargetsSet", "set_targets"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetMove:
    """A line's new target (None: the folder's again), and the one that its author saw before."""

    node: Node
    target: Decimal | None
    seen: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetsSet:
    """What became of the moves.

    Attributes:
        done: what was set: the node, its target before and now.
        overtaken: nodes whose target is neither what the author saw nor what the author wants, and that target; where there is one, nothing was
            set.
    """

    done: tuple[tuple[Node, Decimal | None, Decimal], ...] = ()
    overtaken: tuple[tuple[Node, Decimal | None], ...] = ()


def set_targets(
    connection: Connection,
    moves: Sequence[TargetMove],
    *,
    cycle: int,
    kpi: str,
    by: str,
    employee: str | None,
    at: dt.datetime,
    note: str | None,
) -> TargetsSet:
    """Set the targets of lines of a KPI, all of them or none; a line that has the target already is left alone.

    Args:
        connection: a writing transaction; what is loaded and decided nobody else changes before it ends.
        moves: a new target for each node.
        cycle: of which cycle.
        kpi: the lines' KPI.
        by: the account, as the trail writes it.
        employee: the number of whom it belongs to.
        at: now.
        note: why, where it was said.

    Raises:
        NotThere: a node has no such line, or one that takes no target.

    Queries: 1, those of :func:`app.scoring.state`, and 4 where anything is set.
    """
    organisation.lock_revision(connection)
    loaded = state(connection)
    lines = {move.node: _line(loaded, cycle, move.node, kpi) for move in moves}
    targets = {move.node: _target_of(move, lines[move.node]) for move in moves}
    overtaken = tuple(
        (move.node, lines[move.node].target)
        for move in moves
        if lines[move.node].target not in {move.seen, targets[move.node]}
    )
    if overtaken:
        return TargetsSet(overtaken=overtaken)
    wanted = [
        WantedTarget(cycle=cycle, node=node, kpi=kpi, target=target, folder=_folder_target(lines[node]))
        for node, target in targets.items()
        if lines[node].target != target
    ]
    if not wanted:
        return TargetsSet()
    cascade.keep_targets(connection, wanted, by=by, employee=employee, at=at, note=note)
    ledger.record_change(connection, at=at, owners=_owners(loaded, [one.node for one in wanted], cycle))
    return TargetsSet(done=tuple((one.node, lines[one.node].target, one.target) for one in wanted))


def _line(loaded: State, cycle: int, node: Node, kpi: str) -> Line:
    line = loaded.sheet.line(cycle, node, kpi)
    if line is None or not loaded.sheet.takes_target(line):
        raise NotThere
    return line


def _target_of(move: TargetMove, line: Line) -> Decimal:
    target = _folder_target(line) if move.target is None else move.target
    if target is None:
        raise NotThere
    return target


def _folder_target(line: Line) -> Decimal | None:
    return line.target if line.set_target is None else line.set_target.folder


def _owners(loaded: State, nodes: Sequence[Node], cycle: int) -> str:
    """Whom to tell: employees by their numbers. A unit may have no path that anything was ever credited to: then everyone is looked at."""
    if any(node.kind is NodeKind.UNIT for node in nodes):
        return ledger.owners_text(everyone=True)
    employees = [loaded.frame.directory.employee_id(node.code) for node in nodes]
    return ledger.owners_text(employees=employees, cycles=[cycle])

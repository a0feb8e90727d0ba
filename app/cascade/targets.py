"""Targets that people set in the application: decisions that one person suffices for, and the last of a line goes before what the folder says.

They outlive every load. What the folder says of such a line is shown beside it, and a load tells where the two differ (contract, "The
agency folder"). Do not write a decision into the folder's own rows, where the next load would undo it.

One decision has the targets of one unit's or employee's scorecard that were set at once, so that whoever sees the scorecard sees all of it::

    {"node": "employee:E1", "targets": [{"kpi": "deals", "before": "10", "target": "12.5", "folder": "10"}]}

``before`` is the target that held, ``folder`` what the folder gave then; null where there was none. ``draft`` is true where it was set in the draft of
a scorecard that is agreed on: then it holds by the signatures under that draft, and by nothing here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection

from app import decisions, organisation
from app.decisions import Hand, Read, SettledDecision
from app.kit.replacing import exact_text
from app.rules.terms import Node

__all__ = [
    "TARGET_DECISIONS",
    "Decided",
    "HeldTarget",
    "LineKey",
    "TargetChange",
    "WantedTarget",
    "announce_targets",
    "keep_targets",
    "read_decided",
    "target_changes",
    "target_content",
    "targets_of",
]

TARGET_DECISIONS: Final = "target"
"""The kind of decision that sets targets."""

LineKey: TypeAlias = tuple[int, Node, str]
"""Cycle, node and KPI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTarget:
    """The target that holds for a line since it was set."""

    cycle: int
    node: Node
    kpi: str
    target: Decimal
    at: dt.datetime
    employee: str | None
    note: str


Decided: TypeAlias = Mapping[LineKey, HeldTarget]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedTarget:
    """A target that is to be set, what held for the line before, and what the folder gives."""

    cycle: int
    node: Node
    kpi: str
    target: Decimal
    before: Decimal | None
    folder: Decimal | None


def target_content(node: Node, wanted: Sequence[WantedTarget], *, is_draft: bool = False) -> dict[str, Any]:
    """Targets of one node as their decision has them."""
    return {
        "node": str(node),
        **({"draft": True} if is_draft else {}),
        "targets": [
            {
                "kpi": one.kpi,
                "before": exact_text(one.before),
                "target": exact_text(one.target),
                "folder": exact_text(one.folder),
            }
            for one in wanted
        ],
    }


def targets_of(cycle: int, content: Mapping[str, Any]) -> list[WantedTarget]:
    """The targets that a decision sets, as :func:`target_content` has written them."""
    node = Node.known(content["node"])
    return [
        WantedTarget(
            cycle=cycle,
            node=node,
            kpi=one["kpi"],
            target=Decimal(one["target"]),
            before=_figure(one["before"]),
            folder=_figure(one["folder"]),
        )
        for one in content["targets"]
    ]


def _figure(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _settled(
    connection: Connection, *, cycle: int | None = None, nodes: Collection[Node] | None = None
) -> Iterator[tuple[SettledDecision, WantedTarget]]:
    """Every target that was set, but for those of drafts, in the order of the decisions. Queries: 1."""
    named = None if cycle is None else str(cycle)
    for decision in decisions.settled_decisions(connection, TARGET_DECISIONS, cycle=named, nodes=nodes):
        if decision.content.get("draft"):
            continue
        for one in targets_of(int(decision.cycle or 0), decision.content):
            yield decision, one


def read_decided(connection: Connection) -> dict[LineKey, HeldTarget]:
    """The decisions that hold, by line. Whoever set a line back to the folder's figure of that day left it to the folder again.

    Queries: 1.
    """
    last = {(one.cycle, one.node, one.kpi): (decision, one) for decision, one in _settled(connection)}
    return {
        line: HeldTarget(
            cycle=one.cycle,
            node=one.node,
            kpi=one.kpi,
            target=one.target,
            at=decision.maker.at,
            employee=decision.maker.employee,
            note=decision.reason,
        )
        for line, (decision, one) in last.items()
        if one.target != one.folder
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetChange:
    """One change of a line's target: from which figure to which, by whom, when and why."""

    decision: int
    """The number of the decision that made it."""
    before: Decimal | None
    after: Decimal
    to_folder: bool
    """Whether the line went back to what the folder gives."""
    by: str
    """The account, as the trail writes it."""
    employee: str | None
    at: dt.datetime
    note: str
    """Why; empty where nobody said."""


def target_changes(
    connection: Connection, *, cycle: int, nodes: Collection[Node], kpi: str | None = None
) -> dict[tuple[Node, str], tuple[TargetChange, ...]]:
    """What happened to the targets of some nodes in a cycle, by node and KPI, the earliest first.

    The first of a line changed what the folder gave at that time.

    Queries: 1.
    """
    changes: dict[tuple[Node, str], list[TargetChange]] = {}
    for decision, one in _settled(connection, cycle=cycle, nodes=nodes):
        if kpi in {None, one.kpi}:
            changes.setdefault((one.node, one.kpi), []).append(_change(decision, one))
    return {line: tuple(of_line) for line, of_line in changes.items()}


def latest_target_changes(connection: Connection, *, cycle: int, limit: int) -> list[tuple[Node, str, TargetChange]]:
    """What happened last to the targets of a cycle, whoever's they are, the newest first: the node, the KPI and the change.

    Queries: 1.
    """
    newest = decisions.settled_decisions(connection, TARGET_DECISIONS, cycle=str(cycle), latest=limit)
    changes = [
        (one.node, one.kpi, _change(decision, one))
        for decision in newest
        if not decision.content.get("draft")
        for one in targets_of(cycle, decision.content)
    ]
    return changes[: -limit - 1 : -1]


def _change(decision: SettledDecision, one: WantedTarget) -> TargetChange:
    return TargetChange(
        decision=decision.id,
        before=one.before,
        after=one.target,
        to_folder=one.target == one.folder,
        by=decision.maker.account,
        employee=decision.maker.employee,
        at=decision.maker.at,
        note=decision.reason,
    )


def keep_targets(
    connection: Connection,
    wanted: Sequence[WantedTarget],
    *,
    cycle: int,
    by: Hand,
    note: str,
    is_draft: bool = False,
) -> dict[Node, int]:
    """Set targets of a cycle: from this transaction's end they hold in every process.

    Args:
        connection: a writing transaction that holds :data:`app.decisions.LOCK_DECISIONS` and :func:`app.organisation.lock_revision`.
        wanted: what is set; that these lines take a target was looked at before.
        cycle: of which cycle.
        by: who, and when.
        note: why; empty where it was not said.
        is_draft: whether they are set in drafts alone: then they hold by nothing here.

    Returns:
        The number of the decision about each node.

    Queries: 7.
    """
    by_node: dict[Node, list[WantedTarget]] = {}
    for one in wanted:
        by_node.setdefault(one.node, []).append(one)
    reads = [Read(target_content(node, some, is_draft=is_draft), frozenset({node})) for node, some in by_node.items()]
    numbers = decisions.decide_alone(connection, TARGET_DECISIONS, reads, cycle=str(cycle), reason=note, by=by)
    if not is_draft:
        announce_targets(connection, wanted, by=by)
    return dict(zip(by_node, numbers, strict=True))


def announce_targets(connection: Connection, wanted: Sequence[WantedTarget], *, by: Hand) -> None:
    """Let read models know that targets were decided. Queries: 2."""
    at = by.at.isoformat()
    rows = [(one.cycle, str(one.node), one.kpi, exact_text(one.target), by.account, at) for one in wanted]
    organisation.raise_decided(connection, rows)

"""A KPI under two definitions: the scores of everyone who has it in some cycles, by the one and by the other.

Nothing is recorded. Do not take the later definition from what is loaded: it is tried before anybody has agreed to it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Final, NamedTuple

from sqlalchemy import Connection

from app import ledger
from app.ledger import Frame, Moved
from app.rules.definitions import Definitions, Kpi, KpiVersion
from app.rules.terms import Node
from app.scoring.board import node_name
from app.scoring.planning import State
from app.scoring.scorecards import ScoreQuery, actual_of_lines, score_figures, score_of_lines

__all__ = ["BRIDGED_CYCLES", "BridgedCycle", "BridgedNode", "KpiBridge", "kpi_bridge"]

BRIDGED_CYCLES: Final = 3
"""So many of the latest cycles are compared."""


class BridgedNode(NamedTuple):
    """One node's scores of the KPI in a cycle; None where it cannot be measured."""

    node: Node
    name: str
    cycle: int
    before: float | None
    after: float | None
    nothing_before: bool
    """Whether nothing counts for it by the earlier definition."""
    nothing_after: bool

    @property
    def difference(self) -> float:
        """How far they lie apart; all of the scale where only one can be measured."""
        if self.before is None or self.after is None:
            return 0.0 if self.before is self.after else 100.0
        return abs(self.after - self.before)


class BridgedCycle(NamedTuple):
    """All of a cycle: how many have the KPI, of how many there is a score, the means of those, and for how many nothing counts."""

    cycle: int
    nodes: int
    measured_before: int
    measured_after: int
    mean_before: float | None
    mean_after: float | None
    differing: int
    nothing_before: int
    nothing_after: int


@dataclass(frozen=True, slots=True)
class KpiBridge:
    """The comparison: by cycle, and those of whom the score differs, the furthest apart first."""

    cycles: tuple[BridgedCycle, ...]
    differing: tuple[BridgedNode, ...]


def kpi_bridge(
    connection: Connection,
    loaded: State,
    *,
    code: str,
    versions: tuple[KpiVersion, KpiVersion],
    today: dt.date,
    last: int,
) -> KpiBridge:
    """The scores of a KPI under two definitions, each as though it had always held.

    Args:
        connection: an open transaction.
        loaded: what is loaded.
        code: the KPI's.
        versions: the earlier definition and the later one.
        today: the day of the scores.
        last: the latest cycle that is looked at.

    Queries: for each cycle those of :func:`app.ledger.figures_after` twice, and 1 where the later definition asks for other activities.
    """
    cycles = [cycle for cycle in loaded.sheet.cycles if cycle <= last][-BRIDGED_CYCLES:]
    sides = [_under(connection, loaded, code, version) for version in versions]
    rows: list[BridgedNode] = []
    for cycle in cycles:
        nodes = [
            node for node, lines in loaded.sheet.lines.get(cycle, {}).items() if any(line.kpi == code for line in lines)
        ]
        (before, zero_before), (after, zero_after) = (
            _scores(connection, side, cycle, nodes, code, today) for side in sides
        )
        day = loaded.plan(cycle).day_within(today)
        rows += [
            BridgedNode(
                node,
                node_name(loaded.frame.directory, node, day),
                cycle,
                before.get(node),
                after.get(node),
                node in zero_before,
                node in zero_after,
            )
            for node in nodes
        ]
    differing = sorted((one for one in rows if one.difference > _SAME), key=lambda one: -one.difference)
    return KpiBridge(
        tuple(_told(cycle, [one for one in rows if one.cycle == cycle]) for cycle in cycles), tuple(differing)
    )


_SAME: Final = 0.005
"""Scores that are nearer are shown alike."""


class _Side(NamedTuple):
    state: State
    moved: Moved | None


def _under(connection: Connection, loaded: State, code: str, version: KpiVersion) -> _Side:
    """The agency with this definition alone of the KPI, and of the scorecards its lines alone."""
    kpi = Kpi(code=code, versions=(replace(version, from_cycle=None),))
    sheet = loaded.sheet
    definitions: Definitions = replace(sheet.definitions, kpis={**sheet.definitions.kpis, code: kpi})
    lines = {
        cycle: {
            node: only for node, some in nodes.items() if (only := tuple(line for line in some if line.kpi == code))
        }
        for cycle, nodes in sheet.lines.items()
    }
    frame, moved = _frame(connection, loaded.frame, definitions, kpi)
    return _Side(State(frame, replace(sheet, definitions=definitions, lines=lines, pinned={})), moved)


def _frame(connection: Connection, present: Frame, definitions: Definitions, kpi: Kpi) -> tuple[Frame, Moved | None]:
    """The frame that keeps the totals which the definition asks for; where none is kept of its activities all are derived, in memory."""
    kept = {one.slice.key: one for one in present.slices}
    wanted = ledger.previewed_slices(connection, replace(definitions, kpis={kpi.code: kpi}))
    given = present.given | ({kpi.code} if kpi.versions[0].measure.aggregate == "given" else set())
    if all(one.slice.key in kept and set(one.of) <= set(kept[one.slice.key].of) for one in wanted):
        return replace(present, given=given), Moved()
    return ledger.frame_of(present.directory, definitions, wanted), None


def _scores(
    connection: Connection, side: _Side, cycle: int, nodes: Sequence[Node], code: str, today: dt.date
) -> tuple[Mapping[Node, float | None], frozenset[Node]]:
    """The scores, and the nodes for which nothing counts."""
    selection = side.state.plan(cycle).select(nodes)
    figures = ledger.figures_after(connection, side.state.frame, side.moved, cycle=cycle, nodes=selection.sources)
    scored = score_figures(selection, figures, ScoreQuery(cycle, today))
    scores = {node: score for (node, kpi), score in score_of_lines(scored).items() if kpi == code}
    return scores, frozenset(
        node for (node, kpi), actual in actual_of_lines(scored).items() if kpi == code and actual == 0
    )


def _told(cycle: int, rows: Sequence[BridgedNode]) -> BridgedCycle:
    before = [one.before for one in rows if one.before is not None]
    after = [one.after for one in rows if one.after is not None]
    return BridgedCycle(
        cycle,
        len(rows),
        len(before),
        len(after),
        fmean(before) if before else None,
        fmean(after) if after else None,
        sum(one.difference > _SAME for one in rows),
        sum(one.nothing_before for one in rows),
        sum(one.nothing_after for one in rows),
    )

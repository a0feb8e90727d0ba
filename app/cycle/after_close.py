"""What came after a cycle was cut: events and loads that would move its figures, and move nothing (contract-cycle, 9).

Do not reckon what an event would move from the live figures: they may differ by much else. It is recorded in the cut's own database, scored there,
and taken back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from app import ledger, organisation, scoring
from app.ledger import LateEvent, Origin
from app.organisation import FileDiffers
from app.plain.json_text import decode
from app.rules.terms import Link, Node, NodeKind
from app.scoring import Certified, CyclePlan, ScoreQuery, State

__all__ = ["AfterClose", "LateMove", "after_close"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LateMove:
    """A line's score without a late event, and with it."""

    node: Node
    kpi: str
    before: float | None
    after: float | None

    def as_json(self) -> dict[str, Any]:
        """As the contract writes it."""
        return {"node": str(self.node), "kpi": self.kpi, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterClose:
    """What came after the cut.

    Attributes:
        events: each with what it would move by itself.
        loads: files that were loaded since with other rows.
        following: after which number the list goes on; None at its end.
        count: how many events there are.
    """

    events: Sequence[tuple[LateEvent, tuple[LateMove, ...]]]
    loads: Sequence[FileDiffers]
    following: int | None
    count: int


def after_close(
    connection: Connection,
    loaded: State,
    certified: Certified,
    *,
    asked: ScoreQuery,
    after: int,
    limit: int,
    now: dt.datetime,
) -> AfterClose:
    """The events after a cycle's cut that are of it, the first one first.

    Args:
        connection: any transaction of the live database.
        loaded: what is loaded and decided now.
        certified: the cycle's cut.
        asked: the cycle and the day.
        after: only events of larger numbers; 0 from the beginning.
        limit: how many at most.
        now: when each is recorded to see what it would move, which no figure hangs on.

    Queries: 4; those of recording an event and of scoring a few nodes twice, for each event that is listed, in the cut's own database.
    """
    cut = certified.cut
    late = ledger.late_events(connection, cycle=cut.cycle, after=max(after, cut.last_event), limit=limit + 1)
    shown = late[:limit]
    state = loaded.standing(cut.cycle)
    # One plan for all of them: events of the same people are of the same selection.
    plan = state.plan(cut.cycle).within_transaction()
    return AfterClose(
        events=[(one, tuple(_moves(state, plan, one, asked, now=now))) for one in shown],
        loads=organisation.files_since(connection, cut.revision),
        following=shown[-1].seq if len(late) > limit else None,
        count=ledger.late_count(connection, cycle=cut.cycle, after=cut.last_event),
    )


_ORIGIN: Final = Origin(door="page", sender="account:after-close")


def _moves(
    state: State, plan: CyclePlan, late: LateEvent, asked: ScoreQuery, *, now: dt.datetime
) -> Iterator[LateMove]:
    """What an event would move if it had come before the cut, and no other."""
    source = state.frame.source
    nodes = _nodes_of(plan, late)
    if source is None or not nodes:
        return
    selection = plan.select(nodes)

    def lines(trying: Connection) -> dict[tuple[Node, str], float | None]:
        figures = scoring.read_figures(trying, selection, asked)
        return scoring.score_of_lines(scoring.score_figures(selection, figures, asked))

    with source.tried("late event") as trying:
        before = lines(trying)
        arrival = ledger.Arrival(late.body, decode(late.body))
        ledger.record(trying, state.frame, [arrival], at=now, origin=_ORIGIN)
        after = lines(trying)
    for (node, kpi), score in after.items():
        if before[node, kpi] != score:
            yield LateMove(node=node, kpi=kpi, before=before[node, kpi], after=score)


def _nodes_of(plan: CyclePlan, late: LateEvent) -> tuple[Node, ...]:
    """Whoever has a part in it, the units above them on its day, and whoever shows a line of one of these; of a figure whose it is."""
    directory = plan.frame.directory
    nodes: dict[Node, None] = {} if late.reported_of is None else {late.reported_of: None}
    for number in late.employees:
        nodes[Node(NodeKind.EMPLOYEE, number)] = None
        unit = directory.unit_of(number, late.day) if number in directory.employees else None
        for code in () if unit is None else directory.chain_on(unit, late.day):
            nodes[Node(NodeKind.UNIT, code)] = None
    known = frozenset(plan.nodes)
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        for line in plan.sheet.lines.get(plan.cycle, {}).get(node, ()):
            for below in plan.sheet.lines_below(line):
                if below.link is Link.SHARED and below.node not in nodes:
                    nodes[below.node] = None
                    waiting.append(below.node)
    return tuple(node for node in nodes if node in known)

"""What came after a cycle was cut: events and loads that would move its figures, and move nothing (contract-cycle, 9).

Do not reckon what an event would move from the live figures: they may differ by much else. It is recorded in the cut's own database, scored there,
and taken back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection

from app import ledger, organisation, scoring
from app.cycle.close.counted_elsewhere import CountedElsewhere, counted_elsewhere
from app.ledger import Change, LateEvent, Origin
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
        admitted: by an event's number the decision that added it to the cut.
        loads: files that were loaded since with other rows than the cycle goes by.
        following: after which number the list goes on; None at its end.
        count: how many events there are.
        elsewhere: new buyers that another cycle counts too, or none.
    """

    events: Sequence[tuple[LateEvent, tuple[LateMove, ...]]]
    admitted: Mapping[int, int]
    loads: Sequence[FileDiffers]
    following: int | None
    count: int
    elsewhere: CountedElsewhere


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

    Queries: 4, and those of :func:`app.cycle.close.counted_elsewhere.counted_elsewhere`; those of recording an event and of scoring a few nodes, for each event that is listed, and of scoring these without it, once for the same nodes, in the cut's own database.
    """
    cut = certified.cut
    late = ledger.late_events(connection, cycle=cut.cycle, after=max(after, cut.last_event), limit=limit + 1)
    shown = late[:limit]
    state = loaded.standing(cut.cycle)
    # One plan for all of them: events of the same people are of the same selection.
    plan = state.plan(cut.cycle).within_transaction()
    standing: dict[tuple[Node, ...], _Scores] = {}
    return AfterClose(
        events=[(one, tuple(_moves(state, plan, one, asked, standing, now=now))) for one in shown],
        admitted={seq: one.decision for one in certified.corrections for seq in one.events},
        loads=[
            one
            for one in organisation.files_since(connection, cut.revision)
            if one.file not in cut.adopted or one.revision > cut.adopted[one.file].revision
        ],
        following=shown[-1].seq if len(late) > limit else None,
        count=ledger.late_count(connection, cycle=cut.cycle, after=cut.last_event),
        elsewhere=counted_elsewhere(connection, loaded, certified),
    )


_Scores: TypeAlias = Mapping[tuple[Node, str], float | None]
_ORIGIN: Final = Origin(door="page", sender="account:after-close")


def _moves(
    state: State,
    plan: CyclePlan,
    late: LateEvent,
    asked: ScoreQuery,
    standing: dict[tuple[Node, ...], _Scores],
    *,
    now: dt.datetime,
) -> Iterator[LateMove]:
    """What an event would move if it had come before the cut, and no other.

    Args:
        state: by the cut.
        plan: of the cycle.
        late: the event.
        asked: the cycle and the day.
        standing: the scores of the cut by the nodes that they were asked of, kept for the next event.
        now: when it is recorded.
    """
    source = state.frame.source
    if source is None:
        return
    with source.tried("late event") as trying:
        before_it = ledger.cursor(trying)
        ledger.record(trying, state.frame, [ledger.Arrival(late.body, decode(late.body))], at=now, origin=_ORIGIN)
        nodes = _nodes_of(plan, ledger.changes_since(trying, before_it)[1])
        after = _scores(trying, plan, nodes, asked) if nodes else {}
    if nodes and nodes not in standing:
        with source.tried("late event") as reading:
            standing[nodes] = _scores(reading, plan, nodes, asked)
    for (node, kpi), score in after.items():
        if standing[nodes][node, kpi] != score:
            yield LateMove(node=node, kpi=kpi, before=standing[nodes][node, kpi], after=score)


def _scores(connection: Connection, plan: CyclePlan, nodes: tuple[Node, ...], asked: ScoreQuery) -> _Scores:
    selection = plan.select(nodes)
    return scoring.score_of_lines(
        scoring.score_figures(selection, scoring.read_figures(connection, selection, asked), asked)
    )


def _nodes_of(plan: CyclePlan, changes: Iterable[Change]) -> tuple[Node, ...]:
    """Whoever's totals were moved, whoever else had a part in it or lost one, and whoever shows a line of one of these."""
    directory, frame = plan.frame.directory, plan.frame
    nodes: dict[Node, None] = {}
    for change in changes:
        if change.everyone:
            return plan.nodes
        for one in change.employees:
            nodes[Node(NodeKind.EMPLOYEE, frame.numbers[one])] = None
        for path in change.paths:
            nodes |= dict.fromkeys(Node(NodeKind.UNIT, unit) for unit in directory.units_of_path(path))
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        for line in plan.sheet.lines.get(plan.cycle, {}).get(node, ()):
            for below in plan.sheet.lines_below(line):
                if below.link is Link.SHARED and below.node not in nodes:
                    nodes[below.node] = None
                    waiting.append(below.node)
    return tuple(node for node in plan.nodes if node in nodes)

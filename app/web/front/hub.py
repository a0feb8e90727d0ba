"""Follows what any process commits, and tells each open stream when its node's scorecard has changed.

One look at the database, four times a second, serves all streams of the process: what transactions moved is mapped to the nodes that hang on it,
and those nodes are scored again to see whether anything that is shown differs.
Do not take for a node's changes only those of its own totals: half of an employee's score is the unit's, and a
shared line shows its parent's figures.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection

from app import ledger, scoring
from app.kit.database import Database
from app.ledger import Change, Cursor
from app.rules.presence import cycle_of
from app.rules.terms import Basis, Node, NodeKind
from app.scoring import CyclePlan, ScoreQuery, State
from app.web.api.measuring import LIVE_VIEWERS

__all__ = ["Dependence", "Hub", "ScorecardChange", "Viewing", "replayed"]

_LOG: Final = logging.getLogger("kopes.live")

LOOK_SECONDS: Final = 0.25
REST_FACTOR: Final = 2
"""After a look that took long the hub rests longer, so that it never takes more than a third of a core."""

EXACT_NODES_MAX: Final = 200
"""Up to so many touched nodes are scored again before anyone is told; beyond it everyone touched is told, changed or not."""


@dataclass(frozen=True, slots=True)
class ScorecardChange:
    """A node's scorecard of a cycle has changed."""

    node: Node
    cycle: int
    at: dt.datetime


@dataclass(slots=True, eq=False)
class Viewing:
    """One open stream: what it has still to be told. Several changes of one node and cycle become one."""

    nodes: tuple[Node, ...]
    pending: dict[tuple[Node, int], ScorecardChange] = field(default_factory=dict)
    position: str = ""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    def tell(self, change: ScorecardChange) -> None:
        """Note a change and wake the stream."""
        self.pending[change.node, change.cycle] = change
        self.wake.set()

    def close(self) -> None:
        """End the stream."""
        self.closed = True
        self.wake.set()


class Dependence:
    """Which nodes' totals a node's scorecard is made of, by cycle; of one revision of the agency."""

    def __init__(self, state: State) -> None:
        self.state: Final = state
        self._sources: Final[dict[tuple[int, Node], frozenset[Node]]] = {}

    def sources(self, cycle: int, node: Node) -> frozenset[Node]:
        """The node, the units that its score hangs on, and the nodes whose lines any of these show."""
        sources = self._sources.get((cycle, node))
        if sources is None:
            plan = self.state.plan(cycle)
            nodes = [node, *(Node(NodeKind.UNIT, unit) for unit in plan.units_of(node))]
            shown = {plan.worked[line.worked].node for one in nodes for line in plan.lines.get(one, ())}
            sources = self._sources[cycle, node] = frozenset(nodes) | shown
        return sources

    def changed(self, changes: Iterable[Change]) -> frozenset[Node]:
        """The nodes whose totals transactions moved."""
        frame = self.state.frame
        employees = {employee for change in changes for employee in change.employees}
        paths = {path for change in changes for path in change.paths}
        people = {Node(NodeKind.EMPLOYEE, frame.numbers[one]) for one in employees if one in frame.numbers}
        units = {unit for path in paths for unit in frame.directory.units_of_path(path)}
        return frozenset(people | {Node(NodeKind.UNIT, unit) for unit in units})

    def day_of(self, at: dt.datetime) -> dt.date:
        """The agency's day of an instant."""
        return self.state.frame.directory.day_of(at)

    def cycles(self, today: dt.date) -> frozenset[int]:
        """The cycles that have scorecards, and the one under way."""
        return frozenset(self.state.sheet.lines) | {cycle_of(today, self.state.frame.first_month)}

    def affected(
        self, moves: Sequence[Change], nodes: Collection[Node], today: dt.date
    ) -> dict[int, tuple[list[Node], dt.datetime]]:
        """By cycle: the nodes whose scorecards hang on what was touched, and when that was last."""
        affected: dict[int, tuple[list[Node], dt.datetime]] = {}
        everyone = [change for change in moves if change.everyone]
        scored = self.cycles(today)
        for cycle in sorted(scored):
            if everyone:
                affected[cycle] = (sorted(nodes), max(change.at for change in everyone))
                continue
            here = [change for change in moves if cycle in change.cycles]
            if here:
                moved = self.changed(here)
                hit = sorted(node for node in nodes if not self.sources(cycle, node).isdisjoint(moved))
                if hit:
                    affected[cycle] = (hit, max(change.at for change in here))
        return affected


def _prints(connection: Connection, plan: CyclePlan, nodes: Sequence[Node], today: dt.date) -> dict[Node, bytes]:
    """A hash of all that each node's scorecard shows, on either basis. Queries: those of reading the figures once."""
    selection = plan.select(nodes)
    asked = ScoreQuery(plan.cycle, today)
    figures = scoring.read_figures(connection, selection, asked)
    digests = {node: sha256() for node in nodes}
    for basis in Basis:
        for card in scoring.make_scorecards(scoring.score_figures(selection, figures, asked._replace(basis=basis))):
            # Targets, weights and reasons too: a load may change them where no score moves.
            digests[card.node].update(repr(card).encode())
    return {node: digest.digest() for node, digest in digests.items()}


class Hub:
    """The one follower of a process, and the streams that it tells.

    Args:
        database: read only.
        now: what time it is.
    """

    def __init__(self, database: Database, *, now: Callable[[], dt.datetime]) -> None:
        """Prepare; nothing is read before the first stream."""
        self._database: Final = database
        self._now: Final = now
        self._thread: Final = ThreadPoolExecutor(1, thread_name_prefix="live")
        self._streams: Final[dict[Node, set[Viewing]]] = {}
        self._viewings: Final[set[Viewing]] = set()
        self._cursor: Cursor | None = None
        self._dependence: Dependence | None = None
        self._known: Final[dict[tuple[int, Node], bytes]] = {}
        self._day: dt.date | None = None
        self._following: asyncio.Task[None] | None = None
        self._has_begun = False
        self._closed = False

    # ------------------------------------------------------------------------------------------------------------ streams

    async def open(self, nodes: Sequence[Node], *, after: str | None) -> Viewing:
        """Begin to tell a stream of what is committed from now on, and of what was after ``after``.

        Args:
            nodes: whose scorecards.
            after: the position that the stream had, where it was open before.
        """
        viewing = Viewing(tuple(dict.fromkeys(nodes)))
        loop = asyncio.get_running_loop()
        firsts = frozenset(node for node in viewing.nodes if node not in self._streams)
        for node in viewing.nodes:
            self._streams.setdefault(node, set()).add(viewing)
        self._viewings.add(viewing)
        LIVE_VIEWERS.inc()
        try:
            begin = functools.partial(self._begin, viewing.nodes, firsts=firsts, after=after)
            missed = await loop.run_in_executor(self._thread, begin)
        except BaseException:
            self.leave(viewing)
            raise
        for change in missed:
            viewing.tell(change)
        viewing.position = self.position
        if self._following is None or self._following.done():
            self._following = loop.create_task(self._follow())
        if self._closed:
            viewing.close()
        return viewing

    def leave(self, viewing: Viewing) -> None:
        """Tell a stream no more."""
        if viewing not in self._viewings:
            return
        self._viewings.discard(viewing)
        LIVE_VIEWERS.dec()
        for node in viewing.nodes:
            self._streams[node].discard(viewing)
            if not self._streams[node]:
                del self._streams[node]

    @property
    def streams(self) -> list[Viewing]:
        """All open streams."""
        return list(self._viewings)

    @property
    def position(self) -> str:
        """Where the hub stands, as the id of events."""
        return "" if self._cursor is None else self._cursor.text

    def close(self) -> None:
        """End all streams, now and from now on."""
        self._closed = True
        for viewing in self.streams:
            viewing.close()
        if self._following is not None:
            self._following.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    # ---------------------------------------------------------------------------------------------------------- following

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        while self._streams and not self._closed:
            begun = loop.time()
            try:
                changes = await loop.run_in_executor(self._thread, self._step, frozenset(self._streams))
            except Exception:  # noqa: BLE001 - as the comment says
                # The database went away, or something broke: a follower that dies would leave every stream open and silent. What is
                # missed is found from the same position afterwards.
                _LOG.exception("live streams wait")
                # A look may have failed between two cycles: better told twice than not at all.
                self._known.clear()
                await asyncio.sleep(1)
                continue
            for change in changes:
                for viewing in self._streams.get(change.node, ()):
                    viewing.tell(change)
            for viewing in self.streams:
                viewing.position = self.position
            took = loop.time() - begun
            await asyncio.sleep(max(LOOK_SECONDS - took, took * REST_FACTOR if took > LOOK_SECONDS / 2 else 0.02))
        self._has_begun = False

    def _current(self, connection: Connection) -> Dependence:
        # One print serves all who follow a node, and most of them see of a cycle what people were told last: what is pending would tell itself.
        state = scoring.state_as_told(connection)
        if self._dependence is None or self._dependence.state is not state:
            self._dependence = Dependence(state)
        return self._dependence

    def _begin(self, nodes: Sequence[Node], *, firsts: Collection[Node], after: str | None) -> list[ScorecardChange]:
        """Learn where things stand for nodes that are looked at from now on; returns what a stream has missed of them."""
        with self._database.read() as connection:
            dependence = self._current(connection)
            today = dependence.day_of(self._now())
            if not self._has_begun:
                # Nobody was told anything for a while, so nobody misses anything by beginning anew. Not asked of the task, which the loop
                # makes after this: a second stream that opened just then would begin anew over what the first has still to hear.
                self._cursor = ledger.cursor(connection)
                self._known.clear()
                self._day = today
                self._has_begun = True
            for cycle in dependence.cycles(today):
                # What is kept of a node that nobody looked at for a while is not kept up to date.
                new = [node for node in nodes if node in firsts or (cycle, node) not in self._known]
                if new:
                    prints = _prints(connection, dependence.state.plan(cycle), new, today)
                    self._known.update({(cycle, node): digest for node, digest in prints.items()})
            return replayed(connection, dependence, nodes, after=after, now=self._now())

    def _step(self, nodes: Collection[Node]) -> list[ScorecardChange]:
        """Look once: what has been committed since, and whose scorecards it changes."""
        now = self._now()
        with self._database.read() as connection:
            stands, moves = ledger.changes_since(connection, self._cursor)
            today = (self._dependence or self._current(connection)).day_of(now)
            if self._day != today:
                # A new day moves projections, though nothing was committed.
                moves.append(Change(0, now, (), (), (), everyone=True))
            changes: list[ScorecardChange] = []
            if moves:
                dependence = self._current(connection)
                for cycle, (hit, at) in dependence.affected(moves, nodes, today).items():
                    changes += [
                        ScorecardChange(node, cycle, at) for node in self._changed(connection, dependence, cycle, hit)
                    ]
        # Only now: what a look that fails has found is found again by the next one.
        self._cursor, self._day = stands, today
        return changes

    def _changed(self, connection: Connection, dependence: Dependence, cycle: int, nodes: list[Node]) -> Iterable[Node]:
        """Those of the nodes whose scorecards differ from what they were when last looked at."""
        if len(nodes) > EXACT_NODES_MAX:
            for node in nodes:
                self._known.pop((cycle, node), None)
            return nodes
        prints = _prints(connection, dependence.state.plan(cycle), nodes, dependence.day_of(self._now()))
        differing = [node for node in nodes if self._known.get((cycle, node)) != prints[node]]
        self._known.update({(cycle, node): digest for node, digest in prints.items()})
        return differing


def replayed(
    connection: Connection, dependence: Dependence, nodes: Sequence[Node], *, after: str | None, now: dt.datetime
) -> list[ScorecardChange]:
    """What was committed after a position and may have changed nodes' scorecards; one change of each where that cannot be known any more.

    Queries: none without a position, else 3.
    """
    if not after:
        return []
    moves = ledger.changes_after(connection, after)
    today = dependence.day_of(now)
    if moves is None:
        cycle = cycle_of(today, dependence.state.frame.first_month)
        return [ScorecardChange(node, cycle, now) for node in nodes]
    return [
        ScorecardChange(node, cycle, at)
        for cycle, (hit, at) in dependence.affected(moves, nodes, today).items()
        for node in hit
    ]

"""What is read of opened cycles to say what waits for one person: for that person alone, or once for everybody (contract-cycle, 4, 5 and 9).

Do not ask the database for each of many accounts: a night's mails ask :class:`EverybodysReads`, which reads everything one time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import Connection

from app import cascade, scoring
from app.cycle.agreement.agreed_cards import AGREED_IN, AgreedCard, agreed_cards
from app.cycle.close.hearing import Hearings
from app.cycle.close.reviewing import REVIEWED_IN, EmployeeResults, results_as_they_stand
from app.cycle.opened import OpenedCycle, opened_cycles
from app.cycle.year.actions import Action, OwedComment, actions_of, owed_comments
from app.cycle.year.check_ins import CheckIn, check_ins
from app.cycle.year.rating import RatedLine, all_rated_lines, lines_of_raters, rated_lines
from app.objecting import Case
from app.rules.terms import Node
from app.scoring import State

__all__ = ["EverybodysReads", "OnesReads"]

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class OnesReads:
    """What one person's page asks for, each time of those nodes alone that it is about."""

    def __init__(self, connection: Connection, loaded: State, *, day: dt.date) -> None:
        """Nothing is read yet.

        Args:
            connection: any transaction.
            loaded: what is loaded and decided.
            day: today.
        """
        self.connection, self.loaded, self.day = connection, loaded, day

    @cached_property
    def opened(self) -> Sequence[OpenedCycle]:
        """All opened cycles, the latest first. Queries: 1 the first time."""
        return opened_cycles(self.connection)

    @cached_property
    def agreed_on(self) -> Sequence[OpenedCycle]:
        """The cycles whose scorecards are signed now. Queries: those of :attr:`opened`, or none."""
        pinned = self.loaded.sheet.pinned
        if not pinned:
            return ()
        return [one for one in self.opened if one.stage in AGREED_IN and one.cycle in pinned]

    @cached_property
    def reviewed(self) -> Sequence[EmployeeResults]:
        """What everybody came to in the cycles whose results are reviewed now. Queries: those of :attr:`opened`, or none; and those of each."""
        certified = self.loaded.certified
        if not certified:
            return ()
        some = [one for one in self.opened if one.stage in REVIEWED_IN and one.cycle in certified]
        loaded = scoring.state_with_pending(self.connection)
        return [results_as_they_stand(self.connection, loaded, one, day=self.day) for one in some]

    @cached_property
    def objected(self) -> Sequence[Case]:
        """The objections of the cycles that people were told of, the newest first. Queries: none where nobody was told anything, else those of :attr:`opened` and of each."""
        if not self.loaded.sheet.tellings:
            return ()
        some = [one for one in self.opened if one.is_told]
        return [case for one in some for case in Hearings(self.connection, self.loaded, one, day=self.day).cases()]

    def cards(self, cycle: int, nodes: Sequence[Node]) -> dict[Node, AgreedCard]:
        """The scorecards of some nodes. Queries: 3."""
        return agreed_cards(self.connection, self.loaded, cycle, nodes)

    def nodes_with_hr(self, cycle: int) -> Collection[Node]:
        """Those whose scorecards were given to hr. Queries: 1."""
        return cascade.nodes_with_hr(self.connection, cycle)

    def rated(self, opened: OpenedCycle, raters: Collection[str]) -> list[RatedLine]:
        """The lines that some raters rate. Queries: 3."""
        return rated_lines(self.connection, self.loaded, opened, raters=raters, day=self.day)

    def check_ins(self, cycle: int, employees: Collection[str]) -> list[CheckIn]:
        """The check-ins of some employees. Queries: 1, or none."""
        return check_ins(self.connection, cycle, employees)

    def owed(self, opened: OpenedCycle, nodes: Collection[Node]) -> list[OwedComment]:
        """The comments that are owed on lines of some nodes. Queries: those of :func:`app.cycle.owed_comments`."""
        return owed_comments(self.connection, self.loaded, opened, nodes, day=self.day)

    def open_actions(self, owner: str) -> list[Action]:
        """The actions that somebody is to do. Queries: 1."""
        return actions_of(self.connection, owner=owner, is_open=True)


class EverybodysReads(OnesReads):
    """The same for one person after the other: each thing is read when it is first asked for, of everybody."""

    def __init__(self, connection: Connection, loaded: State, *, day: dt.date) -> None:
        """As of :class:`OnesReads`."""
        super().__init__(connection, loaded, day=day)
        self._read: dict[tuple[str, int], Any] = {}

    def _once(self, what: str, cycle: int, read: Callable[[], T]) -> T:
        """What a cycle's ``what`` was when it was first asked for."""
        if (what, cycle) not in self._read:
            self._read[what, cycle] = read()
        first: T = self._read[what, cycle]
        return first

    def cards(self, cycle: int, nodes: Sequence[Node]) -> dict[Node, AgreedCard]:
        """The scorecards of some nodes. Queries: 3 the first time."""
        everybodys = self._once("cards", cycle, lambda: agreed_cards(self.connection, self.loaded, cycle))
        return {node: everybodys[node] for node in nodes}

    def nodes_with_hr(self, cycle: int) -> Collection[Node]:
        """Those whose scorecards were given to hr. Queries: 1 the first time."""
        return self._once("with hr", cycle, lambda: cascade.nodes_with_hr(self.connection, cycle))

    def rated(self, opened: OpenedCycle, raters: Collection[str]) -> list[RatedLine]:
        """The lines that some raters rate. Queries: 2 the first time."""

        def by_rater() -> dict[str, list[RatedLine]]:
            lines = all_rated_lines(self.connection, self.loaded, opened, day=self.day)
            return _grouped(lines, lambda line: {*line.raters, *(one.rater for one in line.given)})

        lines = self._once("rated", opened.cycle, by_rater)
        near = {(one.node, one.kpi): one for rater in raters for one in lines.get(rater, ())}
        return lines_of_raters(near.values(), raters)

    def check_ins(self, cycle: int, employees: Collection[str]) -> list[CheckIn]:
        """The check-ins of some employees. Queries: 1 the first time."""
        by_employee = self._once(
            "check-ins", cycle, lambda: _grouped(check_ins(self.connection, cycle), lambda one: (one.employee,))
        )
        return [one for number in employees for one in by_employee.get(number, ())]

    def owed(self, opened: OpenedCycle, nodes: Collection[Node]) -> list[OwedComment]:
        """The comments that are owed on lines of some nodes. Queries: those of :func:`app.cycle.owed_comments` the first time."""

        def by_node() -> dict[Node, list[OwedComment]]:
            everybodys = self.loaded.plan(opened.cycle).nodes
            owed = owed_comments(self.connection, self.loaded, opened, everybodys, day=self.day)
            return _grouped(owed, lambda one: (one.node,))

        comments = self._once("owed", opened.cycle, by_node)
        return [one for node in nodes for one in comments.get(node, ())]

    @cached_property
    def _by_owner(self) -> dict[str, list[Action]]:
        return _grouped(actions_of(self.connection, is_open=True), lambda one: (one.owner,))

    def open_actions(self, owner: str) -> list[Action]:
        """The actions that somebody is to do. Queries: 1 the first time."""
        return self._by_owner.get(owner, [])


def _grouped(some: Iterable[T], of: Callable[[T], Iterable[K]]) -> dict[K, list[T]]:
    """Each thing under all that it is of."""
    groups: dict[K, list[T]] = {}
    for one in some:
        for key in of(one):
            groups.setdefault(key, []).append(one)
    return groups

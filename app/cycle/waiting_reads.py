"""What is read of opened cycles to say what waits for one person: for that person alone, or once for everybody (contract-cycle, 4, 5 and 9).

Do not ask the database for each of many accounts: a night's mails ask :class:`EverybodysReads`, which reads everything one time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from functools import cached_property

from sqlalchemy import Connection

from app import cascade
from app.cycle.actions import Action, OwedComment, actions_of, owed_comments
from app.cycle.agreed_cards import AGREED_IN, AgreedCard, agreed_cards
from app.cycle.check_ins import CheckIn, check_ins
from app.cycle.opened import OpenedCycle, opened_cycles
from app.cycle.rating import RatedLine, all_rated_lines, lines_of_raters, rated_lines
from app.rules.terms import Node
from app.scoring import State

__all__ = ["EverybodysReads", "OnesReads"]


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
    def agreed_on(self) -> Sequence[OpenedCycle]:
        """The cycles whose scorecards are signed now. Queries: 1 the first time, or none."""
        pinned = self.loaded.sheet.pinned
        if not pinned:
            return ()
        return [one for one in opened_cycles(self.connection) if one.stage in AGREED_IN and one.cycle in pinned]

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
        self._cards: dict[int, dict[Node, AgreedCard]] = {}
        self._with_hr: dict[int, Collection[Node]] = {}
        self._rated: dict[int, dict[str, list[RatedLine]]] = {}
        self._check_ins: dict[int, dict[str, list[CheckIn]]] = {}
        self._owed: dict[int, dict[Node, list[OwedComment]]] = {}

    def cards(self, cycle: int, nodes: Sequence[Node]) -> dict[Node, AgreedCard]:
        """The scorecards of some nodes. Queries: 3 the first time."""
        if cycle not in self._cards:
            self._cards[cycle] = agreed_cards(self.connection, self.loaded, cycle)
        return {node: self._cards[cycle][node] for node in nodes}

    def nodes_with_hr(self, cycle: int) -> Collection[Node]:
        """Those whose scorecards were given to hr. Queries: 1 the first time."""
        if cycle not in self._with_hr:
            self._with_hr[cycle] = super().nodes_with_hr(cycle)
        return self._with_hr[cycle]

    def rated(self, opened: OpenedCycle, raters: Collection[str]) -> list[RatedLine]:
        """The lines that some raters rate. Queries: 2 the first time."""
        if opened.cycle not in self._rated:
            by_rater: dict[str, list[RatedLine]] = {}
            for line in all_rated_lines(self.connection, self.loaded, opened, day=self.day):
                for rater in {*line.raters, *(one.rater for one in line.given)}:
                    by_rater.setdefault(rater, []).append(line)
            self._rated[opened.cycle] = by_rater
        near = {(one.node, one.kpi): one for rater in raters for one in self._rated[opened.cycle].get(rater, ())}
        return lines_of_raters(near.values(), raters)

    def check_ins(self, cycle: int, employees: Collection[str]) -> list[CheckIn]:
        """The check-ins of some employees. Queries: 1 the first time."""
        if cycle not in self._check_ins:
            by_employee: dict[str, list[CheckIn]] = {}
            for one in check_ins(self.connection, cycle):
                by_employee.setdefault(one.employee, []).append(one)
            self._check_ins[cycle] = by_employee
        return [one for number in employees for one in self._check_ins[cycle].get(number, ())]

    def owed(self, opened: OpenedCycle, nodes: Collection[Node]) -> list[OwedComment]:
        """The comments that are owed on lines of some nodes. Queries: those of :func:`app.cycle.owed_comments` the first time."""
        if opened.cycle not in self._owed:
            by_node: dict[Node, list[OwedComment]] = {}
            for one in super().owed(opened, self.loaded.plan(opened.cycle).nodes):
                by_node.setdefault(one.node, []).append(one)
            self._owed[opened.cycle] = by_node
        return [one for node in nodes for one in self._owed[opened.cycle].get(node, ())]

    @cached_property
    def _by_owner(self) -> dict[str, list[Action]]:
        by_owner: dict[str, list[Action]] = {}
        for one in actions_of(self.connection, is_open=True):
            by_owner.setdefault(one.owner, []).append(one)
        return by_owner

    def open_actions(self, owner: str) -> list[Action]:
        """The actions that somebody is to do. Queries: 1 the first time."""
        return self._by_owner.get(owner, [])

"""What a decision is, who had a hand in it, and what its kind says of it: values, without a database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection

from app.access import Viewer
from app.decisions.parties import Program
from app.rules.deciding import DecisionEffect, DecisionState, Obstacle, effects_digest
from app.rules.permissions import Authority, Deed
from app.rules.terms import Node, Period, Role

__all__ = [
    "Answered",
    "Approval",
    "Decision",
    "DecisionFilter",
    "DecisionKind",
    "Hand",
    "Reach",
    "Read",
    "SettledDecision",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Who made or checked a decision, as they were then."""

    account_id: int | None
    account: str
    employee: str | None
    acts_for: str | None
    at: dt.datetime

    @classmethod
    def of(cls, by: Viewer | Program, now: dt.datetime) -> Hand:
        """Who somebody is now."""
        return cls(account_id=by.account_id, account=by.label, employee=by.employee, acts_for=None, at=now)

    @property
    def email(self) -> str:
        """The account's e-mail; of a program what it is called: ``key:NAME``."""
        return self.account.removeprefix("account:")

    @property
    def person(self) -> str:
        """The employee's number, or what the account is called where it has none."""
        return self.employee or self.email

    def is_same_account(self, other: Hand) -> bool:
        """Whether both are one account; a program is known by its name alone."""
        return self.account_id == other.account_id and (self.account_id is not None or self.account == other.account)

    def as_json(self) -> dict[str, Any]:
        """As the contract writes it."""
        return {"person": self.person, "account": self.email, "for": self.acts_for, "at": self.at.isoformat()}


class Read(NamedTuple):
    """What was proposed, in its one form, and the nodes that it is about; none for what concerns the whole agency."""

    content: Mapping[str, Any]
    about: frozenset[Node] = frozenset()
    round: int | None = None
    """Of the cycle, where it is one that was opened."""


def _year(cycle: str | None) -> int:
    if cycle is None:
        message = "a decision about no cycle was asked for its cycle"
        raise LookupError(message)
    return int(cycle)


def _every(_about: Collection[Node]) -> bool:
    """Whatever nodes they are."""
    return True


def _nothing(*_about: object) -> None:
    """What a kind of decision does where it needs nothing of the sort."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision, and what has become of it."""

    id: int
    kind: str
    cycle: str | None
    round: int | None
    content: Mapping[str, Any]
    reason: str
    maker: Hand
    digest: str
    effects: tuple[DecisionEffect, ...]
    signed_effects: bool
    about: frozenset[Node] = frozenset()
    state: DecisionState = DecisionState.PROPOSED
    ended: Hand | None = None
    refused_because: str | None = None
    moved: list[dict[str, Any]] | None = None
    objection: int | None = None
    """The objection that it answers."""

    @property
    def cycle_year(self) -> int:
        """The year that names its cycle; its kind is one of a cycle."""
        return _year(self.cycle)

    @property
    def done_by(self) -> Hand:
        """Whose hand it took effect by: who ended it, or its maker where the maker alone sufficed."""
        return self.ended or self.maker

    @property
    def checker(self) -> Hand | None:
        """Who approved or refused it; None for one that its maker alone sufficed for."""
        if self.ended is None or self.state not in {DecisionState.APPROVED, DecisionState.REFUSED}:
            return None
        return None if self.ended.is_same_account(self.maker) else self.ended

    @property
    def effects_digest(self) -> str:
        """The sum over its effects."""
        return effects_digest(self.effects)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionKind:
    """What a kind of decision is: who may, and what it does.

    Attributes:
        code: its name in the contract.
        makers: roles, and functions of the cycle, of which one is needed to propose.
        checkers: those of which one is needed to approve or refuse.
        seen_by: who sees one that is about no node, beside makers and checkers.
        read: the content in its one form, with the cycle that it is about, as it is read on a day; raises ``Invalid`` for what it cannot be, and
            refuses what cannot be proposed now.
        effects: what it would move on a day, of the cycle that it is about.
        apply: does it, in the transaction of its approval.
        proposed: what is written beside it when it is proposed; the last argument is the transaction that ``moment`` gave.
        prepare: works out beforehand, of a cycle on a day, what would take long while others wait; it writes nothing.
        prepare_content: the same of a content that is to be proposed, whatever is wrong with it: that is said by who reads it.
        signed_effects: whether the checker signs the effects too.
        signs_effects_of: the same as its cycle stands.
        submitted_elsewhere: whether it is proposed by a door of its own, which holds it against more.
        more_checkers: further roles that check it as things stand.
        overtaken: what has moved under it since it was proposed: with anything in it an approval finds it void.
        ended: what follows where it came to an end without being done.
        people: marks of whom it is about beside nodes: whose account, for one.
        one_suffices: whether its maker alone decides it, as things stand on a day: it is approved and done when it is proposed.
        hold: takes the locks of what it changes that go before the one on decisions.
        moment: by which transaction all that it hangs on is read when it is proposed, while nobody else decides: the writing one, or one beside it.
        periods: the cycles that a content is about where the decision names none: postings in them make a unit one's own case.
        deed: where no role but the table of permissions says who makes it, and what one's own case is: the deed that its maker does to the
            ``node`` of the content, which is asked before the content is read.
        names: the nodes that a content is about, which its maker has to see before it is read; none where everybody who makes it sees all.
        early_obstacle: why a person may not even have a content read: what is wrong with it would tell them what they may not see.
        by_line: whether heads make it of whom they stand above: of what others make they see what is about nodes that they see.
        of_cycle: whether it is about a cycle, which is named beside the content.
        for_parts: whether it says what the nodes that it is about do not hear, such as who judges: whoever sees one does not see it by that alone.
        seen_of: of what nodes those with a part in it see it, in a cycle on a day.
        maker_obstacle: why a person whose role makes it may not make this one.
        checker_obstacle: why a person whose role checks it may not check this one.
    """

    code: str
    makers: frozenset[Authority]
    checkers: frozenset[Authority]
    seen_by: frozenset[Authority]
    read: Callable[[Connection, Mapping[str, Any], str | None, dt.date], Read]
    effects: Callable[[Connection, Mapping[str, Any], str | None, dt.date], Iterable[DecisionEffect]]
    apply: Callable[[Connection, Decision], object]
    proposed: Callable[[Connection, Decision, Connection], object] = _nothing
    prepare: Callable[[Connection, str | None, dt.date], object] = _nothing
    prepare_content: Callable[[Connection, Mapping[str, Any], str | None, dt.date], object] = _nothing
    signed_effects: bool = False
    signs_effects_of: Callable[[Connection, str | None], bool] = lambda _connection, _cycle: False
    submitted_elsewhere: bool = False
    more_checkers: Callable[[Connection, dt.date], frozenset[Authority]] = lambda _connection, _today: frozenset()
    overtaken: Callable[[Connection, Decision], Sequence[Mapping[str, Any]]] = lambda _connection, _decision: ()
    ended: Callable[[Connection, Decision], object] = _nothing
    people: Callable[[Connection, Mapping[str, Any]], frozenset[str]] = lambda _connection, _content: frozenset()
    one_suffices: Callable[[Connection, Mapping[str, Any], dt.date], bool] = lambda _connection, _content, _day: False
    hold: Callable[[Connection], object] = _nothing
    moment: Callable[[Connection], AbstractContextManager[Connection]] = nullcontext
    periods: Callable[[Connection, Mapping[str, Any], dt.date], Sequence[Period]] = lambda *_: ()
    deed: Deed | None = None
    names: Callable[[Connection, Mapping[str, Any]], Collection[Node]] = lambda _connection, _content: ()
    early_obstacle: Callable[[Connection, Viewer, Mapping[str, Any], str | None, dt.date], Obstacle | None] = _nothing
    by_line: bool = False
    of_cycle: bool = False
    for_parts: bool = False
    seen_of: Callable[[Connection, Viewer, str | None, dt.date], Callable[[Collection[Node]], bool]] = lambda *_: _every
    maker_obstacle: Callable[[Connection, Viewer, Read, str | None, dt.date], Obstacle | None] = _nothing
    checker_obstacle: Callable[[Connection, Viewer, Decision, dt.date], Obstacle | None] = _nothing

    @property
    def parts(self) -> frozenset[Authority]:
        """Of which one is needed to see all decisions of the kind, whatever they are about."""
        makers = self.makers - {Role.HEAD} if self.by_line else self.makers
        return makers | self.checkers | self.seen_by

    def checkers_on(self, connection: Connection, day: dt.date) -> frozenset[Authority]:
        """The roles of which one is needed to approve or refuse, as things stand on a day."""
        return self.checkers | self.more_checkers(connection, day)


class Answered(NamedTuple):
    """The objection that a decision answers, and whose it is."""

    objection: int
    node: Node


class Approval(NamedTuple):
    """What came of an approval."""

    decision: Decision
    is_new: bool
    """False where the same person had approved it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far somebody sees among decisions of kinds that are not theirs to make, check or read: no list walks through what they may not see.

    Attributes:
        kinds: those kinds; of others nothing is said.
        nodes: the nodes that they may see.
        viewer: who; what they made themself they see as well.
        accounts: by which names, as accounts are called.
    """

    kinds: frozenset[str]
    nodes: frozenset[Node]
    viewer: Viewer
    accounts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFilter:
    """Which decisions are looked at; what is None does not narrow."""

    kinds: frozenset[str] | None = None
    cycle: str | None = None
    state: DecisionState | None = None
    nodes: frozenset[Node] | None = None
    """About any of these."""
    ended_after: dt.datetime | None = None
    reach: Reach | None = None


class SettledDecision(NamedTuple):
    """What was decided, by whom and why: all that whoever works by it needs of an approved decision."""

    id: int
    cycle: str | None
    content: Mapping[str, Any]
    maker: Hand
    reason: str

    @property
    def cycle_year(self) -> int:
        """The year that names its cycle; its kind is one of a cycle."""
        return _year(self.cycle)

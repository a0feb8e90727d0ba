"""Proposed by one person, approved or refused by another, and never changed: the only way to what takes two.

Every decision comes to at most one end, which is a row of its own: the database holds that, whoever comes at the same moment. Numbers are
given under one lock, held to the commit, so that they have no gaps and stand in the order of commits.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access import Viewer, marks_of, stand_in_for_each_other
from app.access.tables import account
from app.decisions import tables
from app.decisions.parties import Program, party_of
from app.decisions.refusals import NotMaker, NotProposed, NotSeen, OtherDigest, refusal_for
from app.kit.database import lock, next_number
from app.kit.refusals import Invalid
from app.organisation import Directory
from app.rules.deciding import (
    EFFECTS_SEEN_ABOVE,
    DecisionEffect,
    DecisionParty,
    DecisionState,
    Obstacle,
    decision_digest,
    effects_digest,
    moved_effects,
    obstacle_to_checking,
    obstacle_to_making,
    ordered_effects,
    reason_problem,
)
from app.rules.terms import Node, Period, Role

__all__ = [
    "LOCK_DECISIONS",
    "Approval",
    "Decision",
    "DecisionFilter",
    "DecisionKind",
    "Hand",
    "Read",
    "approve",
    "decision",
    "decisions_of",
    "ended_by",
    "has_seen",
    "latest_approved",
    "obstacle_for",
    "propose",
    "refuse",
    "see_effects",
    "withdraw",
]

LOCK_DECISIONS: Final = 7003
"""Held by whoever gives a decision its number or its end."""

_BLOCK_ROWS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Who made or checked a decision, as they were then."""

    account_id: int | None
    account: str
    employee: str | None
    acts_for: str | None
    at: dt.datetime

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
    moved: object = None

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
        makers: roles of which one is needed to propose.
        checkers: roles of which one is needed to approve or refuse.
        seen_by: who sees one that is about no node, beside makers and checkers.
        read: the content in its one form, as it is read on a day; raises ``Invalid`` for what it cannot be, and refuses what cannot be proposed now.
        effects: what it would move on a day.
        apply: does it, in the transaction of its approval.
        signed_effects: whether the checker signs the effects too.
        submitted_elsewhere: whether it is proposed by a door of its own, which holds it against more.
        more_checkers: further roles that check it as things stand.
        overtaken: what has moved under it since it was proposed: with anything in it an approval finds it void.
        ended: what follows where it came to an end without being done.
        people: marks of whom it is about beside nodes: whose account, for one.
        one_suffices: whether its maker alone decides it, as things stand on a day: it is approved and done when it is proposed.
        hold: takes the locks of what it changes that go before the one on decisions.
        periods: the cycles that a content is about where the decision names none: postings in them make a unit one's own case.
    """

    code: str
    makers: frozenset[Role]
    checkers: frozenset[Role]
    seen_by: frozenset[Role]
    read: Callable[[Connection, Mapping[str, Any], dt.date], Read]
    effects: Callable[[Connection, Mapping[str, Any], dt.date], Iterable[DecisionEffect]]
    apply: Callable[[Connection, Decision], object]
    signed_effects: bool = False
    submitted_elsewhere: bool = False
    more_checkers: Callable[[Connection, dt.date], frozenset[Role]] = lambda _connection, _today: frozenset()
    overtaken: Callable[[Connection, Decision], Sequence[Mapping[str, Any]]] = lambda _connection, _decision: ()
    ended: Callable[[Connection, Decision], object] = _nothing
    people: Callable[[Connection, Mapping[str, Any]], frozenset[str]] = lambda _connection, _content: frozenset()
    one_suffices: Callable[[Connection, Mapping[str, Any], dt.date], bool] = lambda _connection, _content, _day: False
    hold: Callable[[Connection], object] = _nothing
    periods: Callable[[Connection, Mapping[str, Any], dt.date], Sequence[Period]] = lambda *_: ()

    def checkers_on(self, connection: Connection, day: dt.date) -> frozenset[Role]:
        """The roles of which one is needed to approve or refuse, as things stand on a day."""
        return self.checkers | self.more_checkers(connection, day)


class Approval(NamedTuple):
    """What came of an approval."""

    decision: Decision
    is_new: bool
    """False where the same person had approved it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFilter:
    """Which decisions are looked at; what is None does not narrow."""

    kind: str | None = None
    cycle: str | None = None
    state: DecisionState | None = None
    node: Node | None = None


# --------------------------------------------------------------------------------------------------------------- reading


def decision(connection: Connection, number: int) -> Decision | None:
    """One decision. Queries: 2."""
    some = _read(connection, _query().where(tables.decision.c.id == number))
    return some[0] if some else None


def decisions_of(
    connection: Connection,
    only: DecisionFilter,
    *,
    visible: Callable[[Decision], bool],
    limit: int,
    before: int | None = None,
) -> list[Decision]:
    """The newest decisions first.

    Args:
        connection: any transaction.
        only: what narrows them.
        visible: whether who asks may see one.
        limit: at most so many.
        before: only those with a smaller number.

    Queries: 2 for each 200 that are looked through.
    """
    of, end = tables.decision.c, tables.decision_end.c
    query = _query().order_by(of.id.desc()).limit(_BLOCK_ROWS)
    if only.kind is not None:
        query = query.where(of.kind == only.kind)
    if only.cycle is not None:
        query = query.where(of.cycle == only.cycle)
    if only.state is DecisionState.PROPOSED:
        query = query.where(end.state.is_(None))
    elif only.state is not None:
        query = query.where(end.state == only.state)
    if only.node is not None:
        about = tables.decision_about.c
        query = query.where(of.id.in_(sa.select(about.decision).where(about.node == str(only.node))))
    chosen: list[Decision] = []
    while True:
        block = _read(connection, query if before is None else query.where(of.id < before))
        for one in block:
            if visible(one):
                chosen.append(one)
                if len(chosen) == limit:
                    return chosen
        if len(block) < _BLOCK_ROWS:
            return chosen
        before = block[-1].id


def about_nodes(connection: Connection, nodes: Iterable[Node], *, limit: int) -> list[int]:
    """The numbers of the newest decisions about any of some nodes. Queries: 1, or none where there are no nodes."""
    texts = sorted(map(str, nodes))
    if not texts:
        return []
    about = tables.decision_about.c
    query = (
        sa.select(about.decision).where(about.node.in_(texts)).distinct().order_by(about.decision.desc()).limit(limit)
    )
    return list(connection.scalars(query))


def latest_approved(connection: Connection, kind: str) -> list[Decision]:
    """All approved decisions of a kind, in the order of their approval. Queries: 2."""
    of, end = tables.decision.c, tables.decision_end.c
    return _read(connection, _query().where(of.kind == kind, end.state == DecisionState.APPROVED).order_by(end.id))


def ended_by(connection: Connection, numbers: Collection[int]) -> dict[int, str]:
    """By whom decisions came to their end, as accounts are called. Queries: 1, or none."""
    of = tables.decision_end.c
    if not numbers:
        return {}
    query = sa.select(of.decision, of.account).where(of.decision.in_(numbers))
    return {row.decision: row.account.removeprefix("account:") for row in connection.execute(query)}


def _query() -> sa.Select[Any]:
    of, end = tables.decision, tables.decision_end
    return sa.select(
        of,
        end.c.state.label("end_state"),
        end.c.account_id.label("end_account_id"),
        end.c.account.label("end_account"),
        end.c.employee.label("end_employee"),
        end.c.acts_for.label("end_acts_for"),
        end.c.at.label("end_at"),
        end.c.reason.label("end_reason"),
        end.c.moved.label("end_moved"),
    ).select_from(of.outerjoin(end, end.c.decision == of.c.id))


def _read(connection: Connection, query: sa.Select[Any]) -> list[Decision]:
    rows = connection.execute(query).all()
    about: dict[int, set[Node]] = {}
    if rows:
        of = tables.decision_about.c
        for row in connection.execute(sa.select(of.decision, of.node).where(of.decision.in_([one.id for one in rows]))):
            node = Node.parse(row.node)
            if node is not None:
                about.setdefault(row.decision, set()).add(node)
    return [_decision(row, frozenset(about.get(row.id, ()))) for row in rows]


def _decision(row: sa.Row[Any], about: frozenset[Node]) -> Decision:
    ended = None
    if row.end_state is not None:
        ended = Hand(
            account_id=row.end_account_id,
            account=row.end_account,
            employee=row.end_employee,
            acts_for=row.end_acts_for,
            at=row.end_at,
        )
    return Decision(
        id=row.id,
        kind=row.kind,
        cycle=row.cycle,
        round=row.round,
        content=json.loads(row.content),
        reason=row.reason,
        maker=Hand(
            account_id=row.account_id, account=row.account, employee=row.employee, acts_for=row.acts_for, at=row.at
        ),
        digest=row.digest,
        effects=tuple(DecisionEffect(**one) for one in json.loads(row.effects)),
        signed_effects=row.signed_effects,
        about=about,
        state=DecisionState(row.end_state or DecisionState.PROPOSED),
        ended=ended,
        refused_because=row.end_reason,
        moved=None if row.end_moved is None else json.loads(row.end_moved),
    )


# ---------------------------------------------------------------------------------------------------------------- making


def propose(
    connection: Connection,
    kind: DecisionKind,
    *,
    content: Mapping[str, Any],
    reason: str,
    directory: Directory,
    by: Viewer | Program,
    now: dt.datetime,
    cycle: tuple[str, Period] | None = None,
    round_: int | None = None,
) -> Decision:
    """Propose a decision; one that its maker alone suffices for is approved and done with it.

    Args:
        connection: a writing transaction.
        kind: what of.
        content: what is decided, as it was sent.
        reason: why, for whoever is to agree and whoever it moves.
        directory: the organisation.
        by: who; a program has no role, and stands in for nobody.
        now: when.
        cycle: that it is about, with its days.
        round_: of that cycle.

    Raises:
        Invalid: a reason that is too short or too long; a content that cannot be.
        Conflict: by one of the codes of :class:`app.rules.deciding.Obstacle`; or as the kind says.
    """
    reason = _checked(reason)
    today = directory.day_of(now)
    if not isinstance(by, Program):
        _refuse(obstacle_to_making(party_of(directory, by, day=today), roles=kind.makers))
    kind.hold(connection)
    lock(connection, LOCK_DECISIONS)
    read = kind.read(connection, content, today)
    if not isinstance(by, Program):
        people = kind.people(connection, read.content)
        periods = (cycle[1],) if cycle else kind.periods(connection, read.content, today)
        maker = party_of(directory, by, periods=periods, day=today)
        _refuse(obstacle_to_making(maker, roles=kind.makers, about=read.about, people=people))
    effects = ordered_effects(kind.effects(connection, read.content, today))
    number = next_number(connection, tables.decision)
    row = {
        "id": number,
        "kind": kind.code,
        "cycle": cycle[0] if cycle else None,
        "round": round_,
        "content": json.dumps(read.content, ensure_ascii=False),
        "reason": reason,
        **_hand(by, now),
        "digest": decision_digest(
            kind=kind.code,
            cycle=cycle[0] if cycle else None,
            round_=round_,
            content=read.content,
            effects=effects if kind.signed_effects else None,
        ),
        "effects": json.dumps([one.as_json() for one in effects], ensure_ascii=False),
        "signed_effects": kind.signed_effects,
    }
    connection.execute(sa.insert(tables.decision).values(row))
    if read.about:
        connection.execute(
            sa.insert(tables.decision_about),
            [{"node": node, "decision": number} for node in sorted(map(str, read.about))],
        )
    if not isinstance(by, Program) and kind.one_suffices(connection, read.content, today):
        return _done(connection, kind, number, by=by, now=now)
    return _again(connection, number)


def _done(connection: Connection, kind: DecisionKind, number: int, *, by: Viewer, now: dt.datetime) -> Decision:
    """Approve and do it."""
    _end(connection, number, DecisionState.APPROVED, by=by, now=now)
    done = _again(connection, number)
    kind.apply(connection, done)
    return done


def approve(
    connection: Connection,
    kind: DecisionKind,
    number: int,
    *,
    digest: str,
    directory: Directory,
    by: Viewer,
    now: dt.datetime,
    cycle: Period | None = None,
) -> Approval:
    """Agree to a decision, which is then done.

    Where what it moves is not what it moved when it was proposed, it is void instead: that is written, so the transaction has to be
    committed before the caller refuses with :class:`app.decisions.Overtaken`.

    Args:
        connection: a writing transaction.
        kind: the decision's.
        number: which.
        digest: what the checker has looked at.
        directory: the organisation.
        by: who.
        now: when.
        cycle: the days of the cycle that it is about.

    Raises:
        NotProposed: it has come to its end, by another person than this one's approval.
        OtherDigest: not that one.
        NotSeen: it moves much, and the person has not opened what.
        Conflict: by one of the codes of :class:`app.rules.deciding.Obstacle`; or as the kind says.
    """
    kind.hold(connection)
    lock(connection, LOCK_DECISIONS)
    open_ = _again(connection, number)
    if open_.state is not DecisionState.PROPOSED:
        checker = party_of(directory, by, day=directory.day_of(now))
        if open_.state is DecisionState.APPROVED and checker.is_same(_party(directory, open_.checker or open_.maker)):
            return Approval(open_, is_new=False)
        raise NotProposed
    _refuse(obstacle_for(connection, kind, open_, directory=directory, by=by, now=now, cycle=cycle))
    if digest != open_.digest:
        raise OtherDigest
    if len(open_.effects) > EFFECTS_SEEN_ABOVE and not has_seen(connection, number, by):
        raise NotSeen(parameters={"count": len(open_.effects)})
    moved = list(kind.overtaken(connection, open_))
    if kind.signed_effects:
        moved += moved_effects(
            open_.effects, ordered_effects(kind.effects(connection, open_.content, directory.day_of(now)))
        )
    if moved:
        _end(connection, number, DecisionState.VOID, by=by, now=now, moved=moved)
        void = _again(connection, number)
        kind.ended(connection, void)
        return Approval(void, is_new=True)
    return Approval(_done(connection, kind, number, by=by, now=now), is_new=True)


def refuse(
    connection: Connection,
    kind: DecisionKind,
    number: int,
    *,
    reason: str,
    directory: Directory,
    by: Viewer,
    now: dt.datetime,
    cycle: Period | None = None,
) -> Decision:
    """Say no to a decision, and why: nothing is done.

    Raises:
        Invalid: a reason that is too short or too long.
        NotProposed: it has come to its end.
        Conflict: by one of the codes of :class:`app.rules.deciding.Obstacle`.
    """
    reason = _checked(reason)
    lock(connection, LOCK_DECISIONS)
    open_ = _again(connection, number)
    if open_.state is not DecisionState.PROPOSED:
        raise NotProposed
    _refuse(obstacle_for(connection, kind, open_, directory=directory, by=by, now=now, cycle=cycle))
    _end(connection, number, DecisionState.REFUSED, by=by, now=now, reason=reason)
    ended = _again(connection, number)
    kind.ended(connection, ended)
    return ended


def withdraw(
    connection: Connection,
    kind: DecisionKind,
    number: int,
    *,
    directory: Directory,
    by: Viewer | Program,
    now: dt.datetime,
) -> Decision:
    """Take back what one has proposed.

    Raises:
        NotMaker: another person has.
        NotProposed: it has come to its end.
    """
    lock(connection, LOCK_DECISIONS)
    open_ = _again(connection, number)
    if isinstance(by, Program):
        is_theirs = open_.maker.account == by.label
    else:
        is_theirs = party_of(directory, by, day=directory.day_of(now)).is_same(_party(directory, open_.maker))
    if not is_theirs:
        raise NotMaker
    if open_.state is not DecisionState.PROPOSED:
        raise NotProposed
    _end(connection, number, DecisionState.WITHDRAWN, by=by, now=now)
    ended = _again(connection, number)
    kind.ended(connection, ended)
    return ended


def see_effects(connection: Connection, number: int, *, by: Viewer, now: dt.datetime) -> None:
    """Note that a person has opened a decision's effects, whichever of their accounts it was. Queries: 1, and 1 the first time."""
    if not has_seen(connection, number, by):
        connection.execute(sa.insert(tables.decision_seen).values(decision=number, person=_person_key(by), at=now))


def has_seen(connection: Connection, number: int, by: Viewer) -> bool:
    """Whether a person has opened a decision's effects. Queries: 1."""
    of = tables.decision_seen.c
    return (
        connection.execute(sa.select(of.decision).where(of.decision == number, of.person == _person_key(by))).first()
        is not None
    )


def _person_key(viewer: Viewer) -> str:
    return f"account:{viewer.account_id}" if viewer.employee is None else f"employee:{viewer.employee}"


def obstacle_for(
    connection: Connection,
    kind: DecisionKind,
    open_: Decision,
    *,
    directory: Directory,
    by: Viewer,
    now: dt.datetime,
    cycle: Period | None = None,
) -> Obstacle | None:
    """Why a person may not approve or refuse an open decision; None where nothing is in the way. Queries: 2, and what its kind asks."""
    periods = (cycle,) if cycle else kind.periods(connection, open_.content, directory.day_of(now))
    return obstacle_to_checking(
        party_of(directory, by, periods=periods, day=directory.day_of(now)),
        _party(directory, open_.maker),
        roles=kind.checkers_on(connection, directory.day_of(now)),
        about=open_.about,
        people=kind.people(connection, open_.content),
        stand_in=stand_in_for_each_other(connection, open_.maker.employee, by.employee, day=directory.day_of(now)),
        account_changed=_rights_given_since(connection, (open_.maker.account_id, by.account_id), open_.maker.at),
    )


def _refuse(obstacle: Obstacle | None) -> None:
    if obstacle is not None:
        raise refusal_for(obstacle)


def _rights_given_since(connection: Connection, ids: Collection[int | None], at: dt.datetime) -> bool:
    of = account.c
    known = [one for one in ids if one is not None]
    return (
        connection.execute(sa.select(of.id).where(of.id.in_(known), of.rights_given_at > at).limit(1)).first()
        is not None
    )


def _party(directory: Directory, hand: Hand) -> DecisionParty:
    return DecisionParty(
        marks=marks_of(directory, account_id=hand.account_id, email=hand.email, employee=hand.employee)
    )


def _end(
    connection: Connection,
    number: int,
    state: DecisionState,
    *,
    by: Viewer | Program,
    now: dt.datetime,
    reason: str | None = None,
    moved: object = None,
) -> None:
    connection.execute(
        sa.insert(tables.decision_end).values(
            id=next_number(connection, tables.decision_end),
            decision=number,
            state=state.value,
            **_hand(by, now),
            reason=reason,
            moved=None if moved is None else json.dumps(moved, ensure_ascii=False),
        )
    )


def _hand(by: Viewer | Program, now: dt.datetime) -> dict[str, object]:
    """The columns in which both tables have who it was."""
    return {"account_id": by.account_id, "account": by.label, "employee": by.employee, "at": now}


def _again(connection: Connection, number: int) -> Decision:
    present = decision(connection, number)
    if present is None:
        raise NotProposed
    return present


def _checked(reason: str) -> str:
    reason = reason.strip()
    problem = reason_problem(reason)
    if problem is not None:
        raise Invalid(problem)
    return reason

"""Proposed by one person, approved or refused by another, and never changed: the only way to what takes two.

Every decision comes to at most one end, which is a row of its own: the database holds that, whoever comes at the same moment. Numbers are
given under one lock, held to the commit, so that they have no gaps and stand in the order of commits.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app import organisation
from app.access import Viewer, key_maker, marks_of, may_at_all, sees, stand_in_for_each_other
from app.access.tables import account
from app.decisions import tables
from app.decisions.parties import Program, numbers_behind, party_of
from app.decisions.refusals import NotMaker, NotProposed, NotSeen, OtherDigest, refusal_for
from app.decisions.values import (
    Answered,
    Approval,
    Decision,
    DecisionFilter,
    DecisionKind,
    Hand,
    Reach,
    Read,
    SettledDecision,
)
from app.kit.database import lock, next_number
from app.kit.refusals import Invalid, NotThere
from app.organisation import Directory
from app.rules.deciding import (
    EFFECTS_SEEN_ABOVE,
    DecisionEffect,
    DecisionParty,
    DecisionState,
    Obstacle,
    decision_digest,
    moved_effects,
    obstacle_to_checking,
    obstacle_to_making,
    ordered_effects,
    reason_problem,
)
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind, Period

__all__ = [
    "LOCK_DECISIONS",
    "approve",
    "approved_count",
    "decide_alone",
    "decision",
    "decision_query",
    "decisions_of",
    "has_seen",
    "latest_approved",
    "obstacle_for",
    "open_numbers",
    "propose",
    "read_decisions",
    "recorded_sum",
    "refuse",
    "see_effects",
    "settled_decisions",
    "withdraw",
]

LOCK_DECISIONS: Final = 7003
"""Held by whoever gives a decision its number or its end."""

_BLOCK_ROWS: Final = 200


# --------------------------------------------------------------------------------------------------------------- reading


NUMBER_MOST: Final = 2**31 - 1
"""No decision has a larger number: what is asked for beyond it is not there, and no database has to say so."""


def decision(connection: Connection, number: int) -> Decision | None:
    """One decision. Queries: 2, or none."""
    if not 0 < number <= NUMBER_MOST:
        return None
    some = read_decisions(connection, decision_query().where(tables.decision.c.id == number))
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
    query = decision_query().order_by(of.id.desc()).limit(_BLOCK_ROWS)
    if only.kinds is not None:
        query = query.where(of.kind.in_(sorted(only.kinds)))
    if only.cycle is not None:
        query = query.where(of.cycle == only.cycle)
    if only.state is DecisionState.PROPOSED:
        query = query.where(end.state.is_(None))
    elif only.state is not None:
        query = query.where(end.state == only.state)
    if only.nodes is not None:
        about = tables.decision_about.c
        query = query.where(of.id.in_(sa.select(about.decision).where(about.node.in_(sorted(map(str, only.nodes))))))
    if only.ended_after is not None:
        query = query.where(end.at > only.ended_after)
    if only.reach is not None:
        query = query.where(_within(only.reach))
    if only.kinds is not None and not only.kinds:
        return []
    chosen: list[Decision] = []
    while True:
        block = read_decisions(connection, query if before is None else query.where(of.id < before))
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


def _within(reach: Reach) -> sa.ColumnElement[bool]:
    of, about = tables.decision.c, tables.decision_about.c
    own = [of.account_id == reach.viewer.account_id, of.account.in_(sorted({reach.viewer.label, *reach.accounts}))]
    if reach.viewer.employee is not None:
        own.append(of.employee == reach.viewer.employee)
    nodes = sorted(map(str, reach.nodes))
    seen = of.id.in_(sa.select(about.decision).where(about.node.in_(nodes)))
    return sa.or_(of.kind.not_in(sorted(reach.kinds)), seen, *own)


def latest_approved(connection: Connection, *kinds: str) -> list[Decision]:
    """All approved decisions of some kinds, in the order of their approval. Queries: 2, or 1 where there are none."""
    of, end = tables.decision.c, tables.decision_end.c
    approved = decision_query().where(of.kind.in_(kinds), end.state == DecisionState.APPROVED)
    return read_decisions(connection, approved.order_by(end.id))


def approved_count(connection: Connection, *, cycle: str, before: int) -> int:
    """How many decisions about a cycle with smaller numbers were approved. Queries: 1."""
    of, end = tables.decision.c, tables.decision_end.c
    query = sa.select(sa.func.count()).join_from(tables.decision, tables.decision_end, end.decision == of.id)
    return connection.scalar(query.where(of.cycle == cycle, of.id < before, end.state == DecisionState.APPROVED)) or 0


_SUMMED: Final = (
    "id",
    "kind",
    "cycle",
    "round",
    "content",
    "reason",
    "account_id",
    "account",
    "employee",
    "acts_for",
    "at",
    "digest",
    "effects",
    "signed_effects",
)
_ENDS_SUMMED: Final = (
    "id",
    "decision",
    "state",
    "account_id",
    "account",
    "employee",
    "acts_for",
    "at",
    "reason",
    "moved",
)
"""By name: a column that comes to these tables later must not move the sums of cycles that were certified before."""


def recorded_sum(connection: Connection, *, cycle: str, before: int) -> str:
    """The SHA-256 over all that is recorded of a cycle's decisions with smaller numbers: contents, reasons, hands and ends. Queries: 2."""
    digest = hashlib.sha256()
    of, end = tables.decision.c, tables.decision_end.c
    theirs = sa.select(of.id).where(of.cycle == cycle, of.id < before)
    for columns, number in (
        ([of[name] for name in _SUMMED], of.id),
        ([end[name] for name in _ENDS_SUMMED], end.decision),
    ):
        for row in connection.execute(sa.select(*columns).where(number.in_(theirs)).order_by(number)):
            digest.update(f"{[str(value) for value in row]}\n".encode())
    return digest.hexdigest()


def open_numbers(connection: Connection, *, cycle: str) -> list[int]:
    """The numbers of the decisions about a cycle that nobody has agreed to, refused or taken back. Queries: 1."""
    of, end = tables.decision.c, tables.decision_end.c
    query = sa.select(of.id).outerjoin_from(tables.decision, tables.decision_end, end.decision == of.id)
    return list(connection.scalars(query.where(of.cycle == cycle, end.decision.is_(None)).order_by(of.id)))


def settled_decisions(
    connection: Connection,
    kind: str,
    *,
    cycle: str | None = None,
    nodes: Collection[Node] | None = None,
    latest: int | None = None,
) -> list[SettledDecision]:
    """The approved decisions of a kind by their numbers, without what they are about.

    Args:
        connection: any transaction.
        kind: of which kind.
        cycle: only those about this cycle.
        nodes: only those about one of these.
        latest: only so many, the last ones.

    Queries: 1.
    """
    of, end = tables.decision.c, tables.decision_end.c
    maker = (of.account_id, of.account, of.employee, of.acts_for, of.at)
    query = sa.select(of.id, of.cycle, of.content, of.reason, *maker).join_from(
        tables.decision, tables.decision_end, end.decision == of.id
    )
    query = query.where(of.kind == kind, end.state == DecisionState.APPROVED)
    if cycle is not None:
        query = query.where(of.cycle == cycle)
    if nodes is not None:
        about = tables.decision_about.c
        query = query.where(of.id.in_(sa.select(about.decision).where(about.node.in_(sorted(map(str, nodes))))))
    query = query.order_by(of.id) if latest is None else query.order_by(of.id.desc()).limit(latest)
    rows: list[sa.Row[Any]] = list(connection.execute(query))
    return [
        SettledDecision(row.id, row.cycle, json.loads(row.content), _maker(row), row.reason)
        for row in (rows if latest is None else reversed(rows))
    ]


def decision_query() -> sa.Select[Any]:
    """Decisions with what became of them, as :func:`read_decisions` reads them."""
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


def read_decisions(connection: Connection, query: sa.Select[Any]) -> list[Decision]:
    """The decisions of such a query. Queries: 2, or 1 where there are none."""
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
        maker=_maker(row),
        digest=row.digest,
        effects=tuple(DecisionEffect(**one) for one in json.loads(row.effects)),
        signed_effects=row.signed_effects,
        about=about,
        state=DecisionState(row.end_state or DecisionState.PROPOSED),
        ended=ended,
        refused_because=row.end_reason,
        moved=None if row.end_moved is None else json.loads(row.end_moved),
        objection=row.objection,
    )


def _maker(row: sa.Row[Any]) -> Hand:
    return Hand(account_id=row.account_id, account=row.account, employee=row.employee, acts_for=row.acts_for, at=row.at)


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
    cycle: str | None = None,
    period: Period | None = None,
    answers: Answered | None = None,
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
        cycle: that it is about.
        period: the days of that cycle.
        answers: the objection that it gives effect to; one that names no node itself is about whose that is.

    Raises:
        Invalid: a reason that is too short or too long; a content that cannot be.
        Conflict: by one of the codes of :class:`app.rules.deciding.Obstacle`; or as the kind says.
    """
    reason = _checked(reason)
    today = directory.day_of(now)
    if not isinstance(by, Program):
        _refuse(_obstacle_of_role(kind, directory=directory, by=by, day=today, cycle=cycle))
    kind.hold(connection)
    lock(connection, LOCK_DECISIONS)
    if kind.deed is not None and not isinstance(by, Program):
        # Before it is read: what is wrong with a content tells what is known of its node.
        _refuse_forbidden(connection, kind.deed, _named(content), by=by, now=now)
    if not isinstance(by, Program):
        _refuse_unseen(connection, kind.names(connection, content), by=by, now=now)
        _refuse(kind.early_obstacle(connection, by, content, cycle, today))
    with kind.moment(connection) as seen:
        read = _about_objector(kind.read(seen, content, cycle, today), answers)
        if kind.deed is None and not isinstance(by, Program):
            people = kind.people(connection, read.content)
            periods = (period,) if period else kind.periods(connection, read.content, today)
            maker = party_of(directory, by, periods=periods, day=today, cycle=cycle)
            _refuse(obstacle_to_making(maker, roles=kind.makers, about=read.about, people=people))
            _refuse(kind.maker_obstacle(connection, by, read, cycle, today))
        effects = ordered_effects(kind.effects(seen, read.content, cycle, today))
        (number,) = _insert(
            connection,
            kind.code,
            [read],
            cycle=cycle,
            round_=read.round,
            reason=reason,
            by=Hand.of(by, now),
            effects=effects,
            signed_effects=kind.signed_effects or kind.signs_effects_of(connection, cycle),
            objection=None if answers is None else answers.objection,
        )
        if not isinstance(by, Program) and kind.one_suffices(connection, read.content, today):
            return _done(connection, kind, number, by=by, now=now)
        made = _again(connection, number)
        kind.proposed(connection, made, seen)
    return made


def _about_objector(read: Read, answers: Answered | None) -> Read:
    """What names no node itself is about whose objection it answers."""
    return read if answers is None or read.about else read._replace(about=frozenset({answers.node}))


def _obstacle_of_role(
    kind: DecisionKind, *, directory: Directory, by: Viewer, day: dt.date, cycle: str | None
) -> Obstacle | None:
    """What is asked before anything of the content is read: whether a person makes any decision of the kind."""
    if kind.deed is None:
        return obstacle_to_making(party_of(directory, by, day=day, cycle=cycle), roles=kind.makers)
    return None if may_at_all(lambda: directory, viewer=by, deed=kind.deed, day=day) else Obstacle.ROLE


def _named(content: Mapping[str, Any]) -> list[Node]:
    """The node that a content says it is about; none where it says none, which whoever reads it refuses."""
    text = content.get("node")
    node = Node.parse(text) if isinstance(text, str) else None
    return [] if node is None else [node]


def _refuse_forbidden(
    connection: Connection, deed: Deed, about: Collection[Node], *, by: Viewer, now: dt.datetime
) -> None:
    """Go on only where a person may do a deed to every node, by the postings that hold now that all locks are held.

    Raises:
        NotThere: one of the nodes the person does not even see.
        Conflict: it is the person's own case, or another's to do.
    """
    directory = organisation.directory(connection)
    day = directory.day_of(now)
    may, seen = (sees(directory, viewer=by, deed=one, day=day) for one in (deed, Deed.SEE_SCORECARD))
    for node in about:
        if not seen(node):
            raise NotThere
        if not may(node):
            is_own = node == Node(NodeKind.EMPLOYEE, by.employee or "")
            raise refusal_for(Obstacle.OWN_CASE if is_own else Obstacle.ROLE)


def _refuse_unseen(connection: Connection, about: Collection[Node], *, by: Viewer, now: dt.datetime) -> None:
    """Go on only where a person sees every node.

    Raises:
        NotThere: one of them the person does not.
    """
    if about:
        directory = organisation.directory(connection)
        if not all(map(sees(directory, viewer=by, deed=Deed.SEE_SCORECARD, day=directory.day_of(now)), about)):
            raise NotThere


def decide_alone(
    connection: Connection, kind: str, wanted: Sequence[Read], *, cycle: str | None, reason: str, by: Hand
) -> range:
    """Make decisions that their maker alone suffices for, all for one reason: each is approved as it is made.

    Whoever asks has looked at the maker's right to them, and does what they say.

    Args:
        connection: a writing transaction that holds :data:`LOCK_DECISIONS`.
        kind: of which kind.
        wanted: what each decides, and about which nodes.
        cycle: that they are about.
        reason: why; empty where the maker gave none and needs none.
        by: who, and when.

    Returns:
        Their numbers, in the order of what is wanted.

    Queries: 5, however many they are.
    """
    numbers = _insert(connection, kind, wanted, cycle=cycle, reason=reason, by=by)
    _end_all(connection, numbers, DecisionState.APPROVED, by=by)
    return numbers


def _insert(
    connection: Connection,
    kind: str,
    wanted: Sequence[Read],
    *,
    cycle: str | None,
    reason: str,
    by: Hand,
    round_: int | None = None,
    effects: Sequence[DecisionEffect] = (),
    signed_effects: bool = False,
    objection: int | None = None,
) -> range:
    """Rows of decisions, whose numbers follow the last one. Queries: 2, and 1 where they are about nodes."""
    first = next_number(connection, tables.decision)
    numbers = range(first, first + len(wanted))
    shared = {
        "kind": kind,
        "cycle": cycle,
        "round": round_,
        "reason": reason,
        **_hand(by),
        "effects": json.dumps([one.as_json() for one in effects], ensure_ascii=False),
        "signed_effects": signed_effects,
        "objection": objection,
    }
    rows = [
        shared
        | {
            "id": number,
            "content": json.dumps(read.content, ensure_ascii=False),
            "digest": decision_digest(
                kind=kind,
                cycle=cycle,
                round_=round_,
                content=read.content,
                effects=effects if signed_effects else None,
            ),
        }
        for number, read in zip(numbers, wanted, strict=True)
    ]
    connection.execute(sa.insert(tables.decision), rows)
    about = [
        {"node": node, "decision": number}
        for number, read in zip(numbers, wanted, strict=True)
        for node in sorted(map(str, read.about))
    ]
    if about:
        connection.execute(sa.insert(tables.decision_about), about)
    return numbers


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
    if open_.signed_effects:
        moved += moved_effects(
            open_.effects,
            ordered_effects(kind.effects(connection, open_.content, open_.cycle, directory.day_of(now))),
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
    """Why a person may not approve or refuse an open decision; None where nothing is in the way. Queries: 2, 1 more for a feed's, and what its kind asks."""
    day = directory.day_of(now)
    periods = (cycle,) if cycle else kind.periods(connection, open_.content, day)
    maker = _party(directory, open_.maker)
    mine = numbers_behind(directory, email=by.email, employee=by.employee)
    theirs = numbers_behind(directory, email=open_.maker.email, employee=open_.maker.employee)
    of_key = key_maker(connection, label=open_.maker.account, at=open_.maker.at)
    if of_key is not None:
        # Whoever made a key may hold it: what it brings is theirs.
        more = marks_of(directory, account_id=of_key.account_id, email=of_key.email, employee=of_key.employee)
        maker = replace(maker, marks=maker.marks | more)
        theirs |= numbers_behind(directory, email=of_key.email, employee=of_key.employee)
    obstacle = obstacle_to_checking(
        party_of(directory, by, periods=periods, day=day, cycle=open_.cycle),
        maker,
        roles=kind.checkers_on(connection, day),
        about=open_.about,
        people=kind.people(connection, open_.content),
        stand_in=stand_in_for_each_other(connection, theirs, mine, day=day),
        account_changed=_rights_given_since(connection, (open_.maker.account_id, by.account_id), open_.maker.at),
    )
    return obstacle or kind.checker_obstacle(connection, by, open_, day)


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
    moved_text = None if moved is None else json.dumps(moved, ensure_ascii=False)
    _end_all(connection, [number], state, by=Hand.of(by, now), reason=reason, moved=moved_text)


def _end_all(
    connection: Connection,
    numbers: Sequence[int],
    state: DecisionState,
    *,
    by: Hand,
    reason: str | None = None,
    moved: str | None = None,
) -> None:
    """Queries: 2."""
    first = next_number(connection, tables.decision_end)
    shared = {"state": state.value, **_hand(by), "reason": reason, "moved": moved}
    connection.execute(
        sa.insert(tables.decision_end),
        [shared | {"id": place, "decision": number} for place, number in enumerate(numbers, first)],
    )


def _hand(by: Hand) -> dict[str, object]:
    """The columns in which both tables have who it was."""
    return {
        "account_id": by.account_id,
        "account": by.account,
        "employee": by.employee,
        "acts_for": by.acts_for,
        "at": by.at,
    }


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

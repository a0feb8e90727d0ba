"""Activities as people look at them: lists, one with its whole history, what moved a node last, and the events that a form records.

Do not look for an activity by its ``seq``: numbers can be guessed and differ between databases. An activity's
address is its event's key, and whoever opens it still has to be allowed to.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among, among_named, named
from app.kit.database import is_postgresql
from app.kit.keyset import beyond_row, ordered_by
from app.ledger import tables
from app.ledger.activity_rows import VerdictRow, read_rows, type_states, verdicts_of
from app.ledger.frame import Frame, event_key
from app.ledger.search import names_have
from app.ledger.summary import ActivitySummary, summary_of
from app.rules.activities import TYPE_PREFIX, EventKey
from app.rules.counting import standing
from app.rules.names import person_meant
from app.rules.own_events import pages_source
from app.rules.terms import Node, NodeKind

__all__ = [
    "COUNTED_MAX",
    "Activities",
    "ActivityFilter",
    "ActivityHistory",
    "Conflicting",
    "CreditShare",
    "Move",
    "NodeActivity",
    "RecentEntry",
    "VerdictEntry",
    "activities_of",
    "activity_history",
    "latest_moves",
    "narrowed_activities",
    "owned_by",
    "recent_entries",
    "recorded_time",
    "reversal_event",
    "state_to_change",
    "verdict_event",
]


COUNTED_MAX: Final = 1000
"""So many are counted: to count all that a large unit has would read all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFilter:
    """Which activities of a node are looked at; what is None or empty does not narrow."""

    type: str | None = None
    state: str | None = None
    from_: dt.date | None = None
    to: dt.date | None = None
    """The last day, that day included: people say "to the 31st" and mean it."""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeActivity(ActivitySummary):
    """An activity in a node's list."""

    state: str
    usd_cents: int | None
    share_1e4: int | None
    """The part that is the employee's whose list it is; None in a unit's list, or where all of it is others'."""
    counts: bool
    """Whether it counts as entered at all: a new buyer only as the first contact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activities:
    """One page of a list, and how many there are in all, counted as far as that stays cheap."""

    rows: tuple[NodeActivity, ...]
    total: int
    more: bool
    """Whether there are more than that."""
    following: str | None
    """The key of the last row, where others follow it."""


VERDICTS_SHOWN: Final = 100
"""Of one activity, beside those that hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditShare:
    """One employee's part of an activity, and the unit that it counts for; None where nobody was posted that day."""

    employee: str
    share_1e4: int
    unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictEntry:
    """A verdict in an activity's history.

    ``effect`` is ``holds``, ``overtaken`` (a later one holds) or ``void`` (given by one of the activity's own employees).
    """

    type: str
    time: str
    day: dt.date
    received_at: dt.datetime
    by: str
    reason: str
    additionality: Decimal | None
    source: str
    id: str
    effect: str
    acts_for: str | None = None
    """In whose place it was given, where it was given by who stood in for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflicting:
    """The same source and id once more, with other content: refused, and kept."""

    received_at: dt.datetime
    door: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityHistory:
    """One activity and all that was ever said about it, the earliest first."""

    key: str
    seq: int
    source: str
    id: str
    type: str
    time: str
    day: dt.date
    received_at: dt.datetime
    cycle: int
    state: str
    employee: str
    unit: str | None
    """Where the employee was posted on that day: the unit that it belongs to when it is verified."""
    company: str
    company_registration: str
    buyer: str
    country: str
    buyer_registration: str
    amount: Decimal | None
    currency: str
    usd_cents: int | None
    hs_code: str
    note: str
    """Of a figure: what is said beside it."""
    counts: bool
    credits: tuple[CreditShare, ...]
    verdicts: tuple[VerdictEntry, ...]
    conflicts: tuple[Conflicting, ...]

    @property
    def employees(self) -> frozenset[str]:
        """The employee and all in its credits, who cannot verify or reject it."""
        return frozenset((self.employee, *(part.employee for part in self.credits)))

    @property
    def latest_verdicts(self) -> tuple[VerdictEntry, ...]:
        """Those that hold and the last hundred of the others: nobody reads twenty thousand, which anybody's program can give."""
        earlier, latest = self.verdicts[:-VERDICTS_SHOWN], self.verdicts[-VERDICTS_SHOWN:]
        return (*(one for one in earlier if one.effect == "holds"), *latest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Something that came in and may have moved a node: an activity, or a verdict on one."""

    key: str
    what: str
    """The activity's type, or the verdict's."""
    type: str
    day: dt.date
    received_at: dt.datetime
    state: str
    company: str
    buyer: str
    country: str
    hs_code: str
    usd_cents: int | None


def owned_by(connection: Connection, frame: Frame, node: Node, *, after: int | None = None) -> sa.Select[Any]:
    """The ``seq`` of a node's activities, of those with a greater one than ``after`` alone: those with a credit of it, and those that the employee is named in."""
    activity, credit = tables.activity, tables.credit
    later = (sa.true(), sa.true()) if after is None or after < 0 else (credit.c.seq > after, activity.c.seq > after)
    if node.kind is NodeKind.UNIT:
        under = among(connection, credit.c.path, frame.directory.paths_under(node.code))
        return sa.select(credit.c.seq).where(under, later[0])
    me = frame.ids[node.code]
    named = sa.select(activity.c.seq).where(_named_in(me), later[1])
    both = sa.union(sa.select(credit.c.seq).where(credit.c.employee == me, later[0]), named).subquery()
    return sa.select(both.c.seq)


def _named_in(employee: int) -> sa.ColumnElement[bool]:
    """Whether the employee is the one that an activity names. Every type and state is listed, since the index begins with them."""
    activity = tables.activity
    return sa.and_(activity.c.type_state.in_(type_states()), activity.c.employee == employee)


def _is_large(frame: Frame, node: Node) -> bool:
    """Whether a unit is so large a part of the agency that going back from the newest activity finds some of its own soon."""
    return node.kind is NodeKind.UNIT and 4 * len(frame.directory.paths_under(node.code)) > len(
        frame.directory.path_ids
    )


def narrowed_activities(frame: Frame, wanted: ActivityFilter) -> list[sa.ColumnElement[bool]]:
    """What a filter asks of a row of ``activity``."""
    activity = tables.activity
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.type:
        conditions.append(activity.c.type == wanted.type)
    if wanted.state:
        conditions.append(activity.c.state == wanted.state)
    if wanted.from_:
        conditions.append(activity.c.day >= wanted.from_)
    if wanted.to:
        conditions.append(activity.c.day <= wanted.to)
    if wanted.text.strip():
        people = [
            frame.ids[number]
            for number, person in frame.directory.employees.items()
            if number in frame.ids and person_meant(wanted.text, name=person.name, number=number)
        ]
        named_so = tables.activity.c.employee.in_(people) if people else sa.false()
        conditions.append(sa.or_(names_have(wanted.text, frame), named_so))
    return conditions


def activities_of(
    connection: Connection,
    frame: Frame,
    *,
    node: Node,
    wanted: ActivityFilter,
    limit: int,
    after: str = "",
    count_to: int = COUNTED_MAX,
    descending: bool = True,
) -> Activities:
    """A node's activities, the latest day first.

    Args:
        connection: an open transaction.
        frame: the agency.
        node: whose.
        wanted: what narrows them.
        limit: how many at most.
        after: the key of the last one of the page before.
        count_to: how many are counted at most.
        descending: the latest day first, or the earliest.

    Queries: 2 (how many, and the page); 1 more for the place that a further page begins at.
    """
    activity, event, credit = tables.activity, tables.event, tables.credit
    conditions = [belongs_to(connection, frame, node), *narrowed_activities(frame, wanted)]
    joined = event.join(activity, activity.c.seq == event.c.seq)
    some = sa.select(event.c.seq).select_from(joined).where(*conditions).limit(count_to + 1).subquery()
    total = connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0
    me = frame.ids[node.code] if node.kind is NodeKind.EMPLOYEE else -1
    order = (event.c.day, event.c.seq)
    # By the event's day and number, which are the activity's: they stand in an index, so that a page is soon full.
    query = (
        sa.select(activity, event.c.key, credit.c.share)
        .select_from(joined.outerjoin(credit, sa.and_(credit.c.seq == activity.c.seq, credit.c.employee == me)))
        .where(*conditions)
        .order_by(*ordered_by(order, descending=descending))
        .limit(limit + 1)
    )
    if after:
        place = connection.execute(sa.select(*order).where(event.c.key == after)).first()
        query = query.where(beyond_row(order, place, descending=descending))
    page = connection.execute(query).all()
    rows = tuple(_row(frame, one) for one in page[:limit])
    return Activities(
        rows=rows,
        total=min(total, count_to),
        more=total > count_to,
        following=rows[-1].key if len(page) > limit else None,
    )


def belongs_to(connection: Connection, frame: Frame, node: Node) -> sa.ColumnElement[bool]:
    """Whether an activity is a node's: gathered for a few, looked at one by one for a large part of the agency."""
    activity, credit = tables.activity, tables.credit
    if not _is_large(frame, node):
        return activity.c.seq.in_(owned_by(connection, frame, node))
    # The sum keeps SQLite from gathering all of them by the paths' index.
    path = credit.c.path if is_postgresql(connection) else credit.c.path + 0
    paths = among(connection, path, frame.directory.paths_under(node.code))
    return sa.exists().where(credit.c.seq == activity.c.seq, paths).correlate(activity)


def _row(frame: Frame, row: Any) -> NodeActivity:
    return NodeActivity(
        **summary_of(frame, row),
        state=row.state,
        usd_cents=row.usd_cents,
        share_1e4=row.share,
        counts=bool(row.counts) or not row.standing,
    )


def activity_history(connection: Connection, frame: Frame, *, key: str) -> ActivityHistory | None:
    """One activity with its verdicts, void ones among them, and what came under its name with other content; None where there is none.

    Queries: 4 (the activity, its credits, its verdicts, conflicts).
    """
    activity, event = tables.activity, tables.event
    query = (
        sa.select(activity, event.c.source, event.c.id, event.c.time, event.c.received_at, event.c.body)
        .join(event, event.c.seq == activity.c.seq)
        .where(event.c.key == key)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    directory = frame.directory
    credit = tables.credit
    shares = tuple(
        CreditShare(
            employee=frame.numbers[employee],
            share_1e4=share,
            unit=None if path is None else directory.units_of_path(path)[0],
        )
        for employee, share, path in connection.execute(
            sa.select(credit.c.employee, credit.c.share, credit.c.path)
            .where(credit.c.seq == row.seq)
            .order_by(credit.c.share.desc(), credit.c.employee)
        )
    )
    employee = frame.numbers[row.employee]
    return ActivityHistory(
        key=key,
        seq=row.seq,
        source=row.source,
        id=row.id,
        type=row.type,
        time=row.time,
        day=row.day,
        received_at=row.received_at,
        cycle=row.cycle,
        state=row.state,
        employee=employee,
        unit=directory.unit_of(employee, row.day),
        company=row.company_name or "",
        company_registration=row.company_registration or "",
        buyer=row.buyer_name,
        country=row.buyer_country,
        buyer_registration=row.buyer_registration or "",
        amount=row.amount,
        currency=row.currency or "",
        usd_cents=row.usd_cents,
        hs_code=row.hs_code or "",
        note=str(json.loads(row.body)["data"].get("note") or "") if row.type == "figure" else "",
        counts=bool(row.counts) or not row.standing,
        credits=shares,
        verdicts=_verdicts(
            connection,
            row.seq,
            frozenset((employee, *(part.employee for part in shares))),
            confirmable=row.type != "figure",
        ),
        conflicts=_conflicts(connection, row.source, row.id),
    )


def _verdicts(connection: Connection, seq: int, own: frozenset[str], *, confirmable: bool) -> tuple[VerdictEntry, ...]:
    verdict, event = tables.verdict, tables.event
    query = (
        sa.select(verdict, event.c.source, event.c.id, event.c.time, event.c.instant, event.c.received_at)
        # Of a person's alone: only they stand in for anybody, and a program's verdicts may be very many.
        .add_columns(
            sa.case((event.c.source.startswith(pages_source("")), event.c.body), else_=None).label("by_person")
        )
        .join(event, event.c.seq == verdict.c.seq)
        .where(verdict.c.activity == seq)
        .order_by(event.c.instant, event.c.source, event.c.id)
    )
    rows = connection.execute(query).all()
    judged = [
        VerdictRow(row.source, row.id, row.type, row.day, row.instant, row.by or "", seq, row.seq) for row in rows
    ]
    effect = standing(judged, employees_of_activity=own, confirmable=confirmable)
    holding = {effect.verification, effect.confirmation, effect.reversal}
    return tuple(
        VerdictEntry(
            type=row.type,
            time=row.time,
            day=row.day,
            received_at=row.received_at,
            by=row.by or "",
            reason=row.reason or "",
            additionality=row.additionality,
            source=row.source,
            id=row.id,
            effect=(
                "void"
                if (row.source, row.id) in effect.void
                else "holds"
                if (row.source, row.id) in holding
                else "overtaken"
            ),
            acts_for=_acts_for(row.by_person),
        )
        for row in rows
    )


def _acts_for(body: str | None) -> str | None:
    """In whose place a person gave a verdict, by its event."""
    named = None if body is None else json.loads(body)["data"].get("for")
    return named if isinstance(named, str) else None


def _conflicts(connection: Connection, source: str, id_: str) -> tuple[Conflicting, ...]:
    rejected = tables.rejected_event
    query = (
        sa.select(rejected.c.received_at, rejected.c.door, rejected.c.errors)
        .where(rejected.c.source == source, rejected.c.event_id == id_)
        .order_by(rejected.c.id)
    )
    return tuple(
        Conflicting(received_at=at, door=door)
        for at, door, errors in connection.execute(query)
        if any(error.get("code") == "conflict" for error in json.loads(errors))
    )


def latest_moves(
    connection: Connection,
    frame: Frame,
    *,
    node: Node,
    cycle: int,
    limit: int,
    as_of: dt.date | None = None,
) -> tuple[Move, ...]:
    """The activities and verdicts of a cycle that came in last, the newest first.

    As of a day those of days up to it, each activity as it stood then.

    Queries: 1; as of a day 4.
    """
    wanted: dict[str, object] = {"shown": limit, "cycle": cycle}
    if node.kind is NodeKind.EMPLOYEE:
        whose = "employee"
        wanted["owner"] = frame.ids[node.code]
    else:
        whose = "many" if _is_large(frame, node) else "some"
        wanted["owner"] = named(connection, frame.directory.paths_under(node.code))
    if as_of is not None:
        wanted["as_of"] = as_of
    query = _moves_query(postgresql=is_postgresql(connection), whose=whose, dated=as_of is not None)
    rows = connection.execute(query, wanted).all()
    states = {} if as_of is None else _states_as_of(connection, frame, {row.seq for row in rows}, as_of)
    return tuple(
        Move(
            key=row.key,
            what=row.verdict or row.type,
            type=row.type,
            day=row.day,
            received_at=row.received_at,
            state=states.get(row.seq, row.state),
            company=row.company_name or row.company_registration or "",
            buyer=row.buyer_name,
            country=row.buyer_country,
            hs_code=row.hs_code or "",
            usd_cents=row.usd_cents,
        )
        for row in rows
    )


def _states_as_of(connection: Connection, frame: Frame, seqs: set[int], as_of: dt.date) -> dict[int, str]:
    """Where some activities stood on a day. Queries: 3."""
    rows = read_rows(connection, frame, among(connection, tables.activity.c.seq, sorted(seqs)))
    verdicts = verdicts_of(connection, among(connection, tables.verdict.c.activity, sorted(seqs)), as_of=as_of)
    for seq, row in rows.items():
        row.judge(verdicts.get(seq, ()))
    return {seq: row.state for seq, row in rows.items()}


@functools.cache
def _moves_query(*, postgresql: bool, whose: str, dated: bool) -> sa.Select[Any]:
    """The statement of :func:`latest_moves`, built once.

    Args:
        postgresql: for which engine.
        whose: an ``employee``'s; ``some`` paths'; ``many`` paths', a large part of the agency, where going back from the newest activity
            finds some soon.
        dated: whether only what had happened by a day is wanted.
    """
    activity, event, verdict = tables.activity, tables.event, tables.verdict
    shown = sa.bindparam("shown", type_=sa.Integer)
    if whose == "many":
        entered, judged = _of_many(postgresql=postgresql, dated=dated)
    else:
        # Whatever belongs to the latest eight events belongs to one of the eight activities whose own latest events are the newest.
        moved = _moved_last(postgresql=postgresql, whose=whose, dated=dated)
        entered = _entered(moved.c.seq)
        judged = _judged(moved, moved.c.seq)
        if dated:
            judged = judged.where(verdict.c.day <= _AS_OF)
    moves = sa.union_all(entered, judged).subquery()
    return (
        sa.select(
            activity.c.seq,
            activity.c.type,
            activity.c.day,
            activity.c.state,
            activity.c.company_name,
            activity.c.company_registration,
            activity.c.buyer_name,
            activity.c.buyer_country,
            activity.c.hs_code,
            activity.c.usd_cents,
            event.c.key,
            event.c.received_at,
            moves.c.verdict,
        )
        .join(moves, moves.c.activity == activity.c.seq)
        .join(event, event.c.seq == activity.c.seq)
        .order_by(moves.c.moved.desc())
        .limit(shown)
    )


_CYCLE: Final = sa.bindparam("cycle", type_=sa.SmallInteger)
_AS_OF: Final = sa.bindparam("as_of", type_=sa.Date)


def _moved_last(*, postgresql: bool, whose: str, dated: bool) -> sa.CTE:
    """The activities of an owner that were moved last, as many as are shown, by an index that holds them in this order.

    As of a day the order is another one: then all that had begun by it, of which the newest are chosen afterwards.
    """
    activity, credit = tables.activity, tables.credit
    if dated:
        chosen = (
            credit.c.employee == sa.bindparam("owner", type_=sa.Integer)
            if whose == "employee"
            else among_named(credit.c.path, "owner", postgresql=postgresql)
        )
        begun = sa.select(credit.c.seq).join(activity, activity.c.seq == credit.c.seq)
        return begun.where(chosen, credit.c.cycle == _CYCLE, activity.c.day <= _AS_OF).distinct().cte("moved")
    # Two of a unit may share an activity: what it was moved by last is its own alone.
    last = sa.select(sa.func.max(credit.c.seq).label("seq"), credit.c.moved).where(credit.c.cycle == _CYCLE)
    last = last.group_by(credit.c.moved).order_by(credit.c.moved.desc()).limit(sa.bindparam("shown", type_=sa.Integer))
    if whose == "employee":
        return last.where(credit.c.employee == sa.bindparam("owner", type_=sa.Integer)).cte("moved")
    if not postgresql:
        return last.where(among_named(credit.c.path, "owner", postgresql=False)).cte("moved")
    path = (
        sa.func.unnest(sa.cast(sa.bindparam("owner", type_=sa.Text()), sa.ARRAY(sa.Integer)))
        .table_valued("path")
        .render_derived()
    )
    each = last.where(credit.c.path == path.c.path).lateral("each")
    several = sa.select(each.c.seq, each.c.moved).select_from(path.join(each, sa.true())).distinct()
    return several.order_by(each.c.moved.desc()).limit(sa.bindparam("shown", type_=sa.Integer)).cte("moved")


def _as_moves(*columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Which activity, by which event, and by which verdict, if it was one."""
    selected: sa.Select[Any] = sa.select(*columns)
    return selected


def _entered(seq: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """The entries of some activities as moves: beside a verdict's, their own number is what moved them."""
    return _as_moves(seq.label("activity"), seq.label("moved"), sa.null().label("verdict"))


def _judged(activities: sa.FromClause, seq: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """The verdicts on some activities as moves."""
    verdict = tables.verdict
    return _as_moves(verdict.c.activity, verdict.c.seq, verdict.c.type).join(activities, seq == verdict.c.activity)


def _of_many(*, postgresql: bool, dated: bool) -> tuple[sa.Select[Any], sa.Select[Any]]:
    """The latest activities and the latest verdicts of a large part of the agency, going back from the newest of all."""
    activity, verdict, credit = tables.activity, tables.verdict, tables.credit
    # The sum keeps SQLite from reading all of the paths through their index.
    path = credit.c.path if postgresql else credit.c.path + 0
    conditions = [
        sa.exists().where(credit.c.seq == activity.c.seq, among_named(path, "owner", postgresql=postgresql)),
        activity.c.cycle == _CYCLE,
    ]
    if dated:
        conditions.append(activity.c.day <= _AS_OF)
    entered = _entered(activity.c.seq)
    judged = _judged(activity, activity.c.seq)
    if dated:
        judged = judged.where(verdict.c.day <= _AS_OF)
    shown = sa.bindparam("shown", type_=sa.Integer)
    parts = (
        part.where(*conditions).order_by(column.desc()).limit(shown).subquery()
        for part, column in ((entered, activity.c.seq), (judged, verdict.c.seq))
    )
    one, other = (sa.select(part) for part in parts)
    return one, other


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentEntry:
    """What an employee recorded, as a form begins with it when it is to be recorded again."""

    key: str
    type: str
    company: str
    company_registration: str
    buyer: str
    country: str
    buyer_registration: str
    amount: Decimal | None
    currency: str
    hs_code: str
    is_shared: bool
    is_rejected: bool


def recent_entries(connection: Connection, frame: Frame, *, employee: str, limit: int = 40) -> tuple[RecentEntry, ...]:
    """What an employee recorded last and has not reversed, the newest first. Queries: 1."""
    activity, event, credit = tables.activity, tables.event, tables.credit
    me = frame.ids[employee]
    others = sa.exists().where(credit.c.seq == activity.c.seq, credit.c.employee != me).correlate(activity)
    query = (
        sa.select(activity, event.c.key, others.label("is_shared"))
        .join(event, event.c.seq == activity.c.seq)
        .where(_named_in(me), activity.c.state != "reversed", activity.c.type != "figure")
        .order_by(activity.c.seq.desc())
        .limit(limit)
    )
    return tuple(
        RecentEntry(
            key=row.key,
            type=row.type,
            company=row.company_name or "",
            company_registration=row.company_registration or "",
            buyer=row.buyer_name,
            country=row.buyer_country,
            buyer_registration=row.buyer_registration or "",
            amount=row.amount,
            currency=row.currency or "",
            hs_code=row.hs_code or "",
            is_shared=bool(row.is_shared),
            is_rejected=row.state == "rejected",
        )
        for row in connection.execute(query)
    )


def recorded_time(connection: Connection, *, source: str, id: str) -> str | None:
    """The time of an event that is recorded already; None where it is not.

    A form that is sent twice makes its event again with the time of the first, so that the two are one. Queries: 1.
    """
    event = tables.event
    time: str | None = connection.scalar(sa.select(event.c.time).where(event.c.key == event_key(EventKey(source, id))))
    return time


def state_to_change(connection: Connection, *, seq: int) -> str:
    """An activity's state, which no other writer changes until the transaction ends.

    What is looked at without it may be changed by another form of the same person before either of them records.

    Args:
        connection: the writing transaction in which the change will be recorded, which has shut loads out: a load that has the ledger would
            wait for the activity, and we for the ledger to record in.
        seq: the activity's.

    Queries: 1.
    """
    activity = tables.activity
    state: str = connection.execute(
        sa.select(activity.c.state).where(activity.c.seq == seq).with_for_update()
    ).scalar_one()
    return state


def reversal_event(
    *, source: str, id: str, time: str, activity: ActivityHistory, by: str, reason: str
) -> dict[str, object]:
    """The CloudEvent that takes a whole activity out."""
    return verdict_event(
        "reversed", source=source, id=id, time=time, activity=(activity.source, activity.id), by=by, reason=reason
    )


def verdict_event(
    type_: str,
    *,
    source: str,
    id: str,
    time: str,
    activity: tuple[str, str],
    by: str,
    reason: str,
    acts_for: str | None = None,
) -> dict[str, object]:
    """The CloudEvent of a verdict in somebody's name, and in whose place."""
    members: dict[str, object] = {"activity": {"source": activity[0], "id": activity[1]}, "by": by}
    if acts_for is not None:
        members["for"] = acts_for
    if reason:
        members["reason"] = reason
    return {
        "specversion": "1.0",
        "type": TYPE_PREFIX + type_,
        "source": source,
        "id": id,
        "time": time,
        "data": members,
    }

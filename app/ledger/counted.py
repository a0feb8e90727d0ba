"""Exactly those credits that a node's total of a slice is made of, on a verification level and as of a day: where every derivation ends.

Totals are sums; this is the list that was summed, read from the ledger's rows and not from the totals. Whatever it adds up to has to be
the total: a property that the tests hold.
As of a past day the stored ``counts`` is that of now. What had settled by then may be read off it; the rest is
folded again (:mod:`app.ledger.fold`).
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among
from app.ledger import tables
from app.ledger.activity_rows import read_rows
from app.ledger.fold import in_slice, judged_as_of
from app.ledger.frame import Frame, SliceInUse
from app.ledger.summary import ActivitySummary, summary_of
from app.rules.terms import Node, NodeKind

__all__ = [
    "CountedCredit",
    "CountedMember",
    "CountedQuery",
    "CreditOrder",
    "counted_credits",
    "counted_members",
    "counted_shares",
    "counted_size",
]

_BITS: Final = (1, 2, 4)


class CountedQuery(NamedTuple):
    """Which credits are asked for.

    ``level`` is 0, 1 or 2 for entered, verified, confirmed. ``valued`` leaves out activities without an amount, as sums and means do.
    """

    cycle: int
    node: Node
    slice: SliceInUse
    level: int
    as_of: dt.date | None = None
    valued: bool = False


class CreditOrder(StrEnum):
    """In which order credits are listed; of equal worth, the latest come first, and what has no amount comes last."""

    EARLIEST = "earliest"
    LATEST = "latest"
    LARGEST = "largest"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedCredit(ActivitySummary):
    """One employee's part of an activity that counts."""

    source: str
    id: str
    usd_cents: int | None
    share_1e4: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedMember:
    """A buyer or company that counts once, shown by its earliest credit; ``activities`` says how many stand behind it."""

    first: CountedCredit
    activities: int


def _owned(connection: Connection, frame: Frame, node: Node) -> sa.ColumnElement[bool]:
    credit = tables.credit
    if node.kind is NodeKind.EMPLOYEE:
        return credit.c.employee == frame.ids[node.code]
    return among(connection, credit.c.path, frame.directory.paths_under(node.code))


def _condition(connection: Connection, frame: Frame, wanted: CountedQuery) -> sa.ColumnElement[bool]:
    """The condition on ``activity`` joined with ``credit`` that picks what counts."""
    activity = tables.activity
    mine = sa.and_(activity.c.cycle == wanted.cycle, in_slice(wanted.slice), _owned(connection, frame, wanted.node))
    if wanted.valued:
        mine = sa.and_(mine, activity.c.usd_cents.is_not(None))
    bit = _BITS[wanted.level]
    if wanted.as_of is None:
        return sa.and_(mine, activity.c.counts.bitwise_and(bit) != 0)
    folded, open_buyers = _folded(connection, frame, wanted, mine)
    settled = sa.and_(activity.c.last_effect_on <= wanted.as_of, activity.c.counts.bitwise_and(bit) != 0)
    if open_buyers:
        settled = sa.and_(settled, sa.not_(among(connection, activity.c.buyer_key, open_buyers)))
    return sa.and_(mine, sa.or_(settled, among(connection, activity.c.seq, folded)))


def _folded(
    connection: Connection, frame: Frame, wanted: CountedQuery, mine: sa.ColumnElement[bool]
) -> tuple[list[int], set[str]]:
    """Of the node's activities that have later events, those that counted on the day; and the buyers that were folded whole.

    Queries: 3, for new buyers 4; none where nothing has later events.
    """
    if wanted.as_of is None:
        return [], set()
    activity, credit = tables.activity, tables.credit
    late = activity.c.last_effect_on > wanted.as_of
    begun = activity.c.day <= wanted.as_of
    owned = sa.select(activity.c.seq).join(credit, credit.c.seq == activity.c.seq).where(mine)
    open_buyers: set[str] = set()
    if wanted.slice.slice.activity == "new_buyer":
        other = sa.alias(activity)
        buyers = (
            sa.select(activity.c.buyer_key)
            .join(credit, credit.c.seq == activity.c.seq)
            .join(other, sa.and_(other.c.buyer_key == activity.c.buyer_key, other.c.type == "new_buyer"))
            .where(mine, other.c.last_effect_on > wanted.as_of)
            .distinct()
        )
        open_buyers = set(connection.scalars(buyers))
        if not open_buyers:
            return [], open_buyers
        group = sa.and_(begun, activity.c.type == "new_buyer", among(connection, activity.c.buyer_key, open_buyers))
        rows = read_rows(connection, frame, group)
    else:
        rows = read_rows(connection, frame, sa.and_(begun, late, activity.c.seq.in_(owned)))
    bit = _BITS[wanted.level]
    return [row.seq for row, counts in judged_as_of(connection, rows, wanted.as_of) if counts & bit], open_buyers


def counted_size(connection: Connection, frame: Frame, wanted: CountedQuery) -> tuple[int, int]:
    """How many activities count, and how many credits of them are the node's. Queries: 1; as of a day up to 4 more."""
    activity, credit = tables.activity, tables.credit
    query = (
        sa.select(sa.func.count(sa.distinct(activity.c.seq)), sa.func.count())
        .select_from(activity.join(credit, credit.c.seq == activity.c.seq))
        .where(_condition(connection, frame, wanted))
    )
    activities, credits = connection.execute(query).one()
    return activities, credits


def counted_shares(connection: Connection, frame: Frame, wanted: CountedQuery) -> int:
    """The shares of the credits that count, in ten-thousandths: what a mean divides by. Queries: 1; as of a day up to 4 more."""
    activity, credit = tables.activity, tables.credit
    query = (
        sa.select(sa.func.sum(sa.cast(credit.c.share, sa.BigInteger)))
        .select_from(activity.join(credit, credit.c.seq == activity.c.seq))
        .where(_condition(connection, frame, wanted))
    )
    return int(connection.scalar(query) or 0)


def _columns() -> list[sa.ColumnElement[Any]]:
    activity, event, credit = tables.activity, tables.event, tables.credit
    return [
        activity.c.type,
        activity.c.day,
        activity.c.company_name,
        activity.c.company_registration,
        activity.c.buyer_name,
        activity.c.buyer_country,
        activity.c.buyer_registration,
        activity.c.amount,
        activity.c.currency,
        activity.c.usd_cents,
        event.c.key,
        event.c.source,
        event.c.id,
        event.c.instant,
        credit.c.employee,
        credit.c.share,
    ]


def _joined() -> sa.FromClause:
    activity, event, credit = tables.activity, tables.event, tables.credit
    return activity.join(credit, credit.c.seq == activity.c.seq).join(event, event.c.seq == activity.c.seq)


def _credit(frame: Frame, row: Any) -> CountedCredit:
    return CountedCredit(
        **summary_of(frame, row),
        source=row.source,
        id=row.id,
        usd_cents=row.usd_cents,
        share_1e4=row.share,
    )


def counted_credits(
    connection: Connection,
    frame: Frame,
    wanted: CountedQuery,
    *,
    order: CreditOrder = CreditOrder.EARLIEST,
    after: str | None = None,
    limit: int,
) -> tuple[list[CountedCredit], str | None]:
    """The credits that count, in an order, and where the next ones are.

    Queries: 1; as of a day up to 4 more.

    Raises:
        ValueError: ``after`` is no place that this function gave out for this order.
    """
    event, credit = tables.event, tables.credit
    columns: tuple[sa.ColumnElement[Any], ...] = (event.c.instant, event.c.source, event.c.id, credit.c.employee)
    kinds: tuple[type, ...] = (str, str, str, int)
    if order is CreditOrder.LARGEST:
        columns, kinds = (sa.func.coalesce(tables.activity.c.usd_cents, -1), *columns), (int, *kinds)
    ascending = order is CreditOrder.EARLIEST
    query = (
        sa.select(*_columns())
        .select_from(_joined())
        .where(_condition(connection, frame, wanted))
        .order_by(*(column if ascending else column.desc() for column in columns))
    )
    if after is not None:
        query = query.where(_beyond(columns, _place(after, kinds), ascending=ascending))
    rows = connection.execute(query.limit(limit + 1)).all()
    credits = [_credit(frame, row) for row in rows[:limit]]
    if len(rows) <= limit:
        return credits, None
    last = rows[limit - 1]
    worth = [-1 if last.usd_cents is None else last.usd_cents] if order is CreditOrder.LARGEST else []
    return credits, _written(*worth, last.instant, last.source, last.id, last.employee)


def counted_members(
    connection: Connection, frame: Frame, wanted: CountedQuery, *, of: str, after: str | None = None, limit: int
) -> tuple[list[CountedMember], str | None]:
    """The buyers or companies that count, by their keys, and where the next ones are.

    Queries: 2; as of a day up to 4 more.

    Raises:
        ValueError: ``after`` is no place that this function gave out.
    """
    activity, event, credit = tables.activity, tables.event, tables.credit
    key = activity.c.company_key if of == "company" else activity.c.buyer_key
    condition = _condition(connection, frame, wanted)
    query = (
        sa.select(key.label("member"), sa.func.count(sa.distinct(activity.c.seq)).label("activities"))
        .select_from(activity.join(credit, credit.c.seq == activity.c.seq))
        .where(condition)
        .group_by(key)
        .order_by(key)
    )
    if after is not None:
        query = query.where(key > _place(after, (str,))[0])
    groups = connection.execute(query.limit(limit + 1)).all()
    shown = groups[:limit]
    numbered = sa.func.row_number().over(
        partition_by=key, order_by=(event.c.instant, event.c.source, event.c.id, credit.c.employee)
    )
    ranked = (
        sa.select(*_columns(), key.label("member"), numbered.label("place"))
        .select_from(_joined())
        .where(condition, among(connection, key, [row.member for row in shown]))
        .subquery()
    )
    firsts = {row.member: row for row in connection.execute(sa.select(ranked).where(ranked.c.place == 1))}
    members = [CountedMember(first=_credit(frame, firsts[row.member]), activities=row.activities) for row in shown]
    return members, _written(shown[-1].member) if len(groups) > limit else None


# ------------------------------------------------------------------------------------------------------------------- places


def _beyond(
    columns: Sequence[sa.ColumnElement[Any]], values: Sequence[object], *, ascending: bool
) -> sa.ColumnElement[bool]:
    """Whether a row comes after a place, column by column."""
    beyond: sa.ColumnElement[bool] = sa.false()
    for column, value in reversed(list(zip(columns, values, strict=True))):
        further = column > value if ascending else column < value
        beyond = sa.or_(further, sa.and_(column == value, beyond))
    return beyond


def _written(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")


def _place(text: str, kinds: tuple[type, ...]) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError) as error:
        message = "this is no place in the list"
        raise ValueError(message) from error
    well_formed = isinstance(values, list) and len(values) == len(kinds)
    if not well_formed or any(type(one) is not kind for one, kind in zip(values, kinds, strict=True)):
        message = "this is no place in the list"
        raise ValueError(message)
    return list(values)

"""Every activity that a search or a list finds, from the first to the last, without holding them all.

Do not ask page after page in transactions of their own: what is recorded in between is then missed or told twice. The
count and the rows come from one transaction, which has to see one state to its end (:meth:`app.kit.database.Database.read`).
The order is that of the activities themselves (instant, source, id), so that two databases with the same events list them alike.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among
from app.kit.keyset import ordered_by
from app.ledger import tables
from app.ledger.activities import ActivityFilter, narrowed_activities, owned_by
from app.ledger.activity_rows import VerdictRow, verdicts_of
from app.ledger.frame import Frame
from app.ledger.search import EventFilter, EventOrder, narrowed_events
from app.rules.activities import EventKey
from app.rules.counting import standing
from app.rules.terms import Node

__all__ = ["Listed", "ListedActivity", "activities_found", "activities_listed"]

_JUDGEMENTS: Final = ("verified", "rejected")

BLOCK_ROWS: Final = 1000
"""How many activities are held at once."""


class ListedActivity(NamedTuple):
    """One activity as it stands: a tuple, since tens of thousands are made for a file.

    Attributes:
        unit: where the employee was posted on that day; None where nowhere.
        credits: each one's part, the largest first, then by number, in ten-thousandths.
        verifier: who gave the verdict of verified and rejected that holds; None where none does.
        door: by which it came, with the sender and the request; None where it came before that was kept. For the auditor.
    """

    source: str
    id: str
    type: str
    time: str
    day: dt.date
    employee: str
    unit: str | None
    company: str
    buyer: str
    country: str
    amount: Decimal | None
    currency: str | None
    usd_cents: int | None
    hs_code: str | None
    credits: tuple[tuple[str, int], ...]
    state: str
    verifier: str | None
    door: str | None
    sender: str | None
    request: str | None


@dataclass(frozen=True, slots=True)
class Listed:
    """How many activities there are, and each in turn; the rows can be gone through once, while the transaction is open."""

    count: int
    rows: Iterator[ListedActivity]


def activities_found(
    connection: Connection, frame: Frame, *, only: EventFilter, order: EventOrder | None = None
) -> Listed:
    """The activities among the events that :func:`app.ledger.search.search_events` finds.

    Args:
        connection: a transaction that sees one state to its end.
        frame: the agency.
        only: what narrows them.
        order: in which order; by instant, source and id where none is given.

    Queries: 1, then 1 more and 2 for each block of rows.
    """
    return _listed(connection, frame, narrowed_events(connection, frame, only), order)


def activities_listed(
    connection: Connection, frame: Frame, *, node: Node, wanted: ActivityFilter, order: EventOrder | None = None
) -> Listed:
    """The activities that :func:`app.ledger.activities.activities_of` has of a node.

    Args:
        connection: a transaction that sees one state to its end.
        frame: the agency.
        node: whose.
        wanted: what narrows them.
        order: in which order; by instant, source and id where none is given.

    Queries: 1, then 1 more and 2 for each block of rows.
    """
    conditions = [tables.activity.c.seq.in_(owned_by(connection, frame, node)), *narrowed_activities(frame, wanted)]
    return _listed(connection, frame, conditions, order)


def _listed(
    connection: Connection, frame: Frame, conditions: Sequence[sa.ColumnElement[bool]], order: EventOrder | None
) -> Listed:
    activity, event, verdict, arrival = tables.activity, tables.event, tables.verdict, tables.arrival
    # What narrows events may ask for a verdict's author; an activity has none.
    joined = activity.join(event, event.c.seq == activity.c.seq).outerjoin(verdict, verdict.c.seq == activity.c.seq)
    count = connection.scalar(sa.select(sa.func.count()).select_from(joined).where(*conditions)) or 0
    query = (
        sa.select(
            activity.c.seq,
            event.c.source,
            event.c.id,
            activity.c.type,
            event.c.time,
            activity.c.day,
            activity.c.employee,
            sa.func.coalesce(activity.c.company_name, activity.c.company_registration, ""),
            activity.c.buyer_name,
            activity.c.buyer_country,
            activity.c.amount,
            activity.c.currency,
            activity.c.usd_cents,
            activity.c.hs_code,
            activity.c.state,
            arrival.c.door,
            arrival.c.sender,
            arrival.c.request,
        )
        .select_from(joined.outerjoin(arrival, arrival.c.id == event.c.arrival))
        .where(*conditions)
        .order_by(
            *(event.c[name] for name in ("instant", "source", "id"))
            if order is None
            else ordered_by(order.columns(), descending=order.descending)
        )
    )
    return Listed(count, _rows(connection, frame, query))


def _rows(connection: Connection, frame: Frame, query: sa.Select[Any]) -> Iterator[ListedActivity]:
    with connection.execute(query, execution_options={"yield_per": BLOCK_ROWS}) as result:
        for block in result.partitions():
            seqs = [row[0] for row in block]
            credits = _credits(connection, frame, seqs)
            verdict = tables.verdict
            verdicts = verdicts_of(
                connection, sa.and_(among(connection, verdict.c.activity, seqs), verdict.c.type.in_(_JUDGEMENTS))
            )
            for row in block:
                yield _row(frame, row, credits.get(row[0], ()), verdicts.get(row[0], ()))


def _credits(connection: Connection, frame: Frame, seqs: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    credit = tables.credit
    query = sa.select(credit.c.seq, credit.c.employee, credit.c.share).where(among(connection, credit.c.seq, seqs))
    credits: dict[int, list[tuple[str, int]]] = {}
    for seq, employee, share in connection.execute(query):
        credits.setdefault(seq, []).append((frame.numbers[employee], share))
    return credits


def _row(frame: Frame, row: Any, credits: Sequence[tuple[str, int]], verdicts: Sequence[VerdictRow]) -> ListedActivity:
    (
        _,
        source,
        id_,
        type_,
        time,
        day,
        who,
        company,
        buyer,
        country,
        amount,
        currency,
        cents,
        hs_code,
        state,
        *came_by,
    ) = row
    employee = frame.numbers[who]
    return ListedActivity(
        source,
        id_,
        type_,
        time,
        day,
        employee,
        frame.directory.unit_of(employee, day),
        company,
        buyer,
        country,
        amount,
        currency,
        cents,
        hs_code,
        tuple(credits if len(credits) == 1 else sorted(credits, key=lambda part: (-part[1], part[0]))),
        state,
        _verifier(employee, credits, verdicts) if verdicts else None,
        *came_by,
    )


def _verifier(employee: str, credits: Sequence[tuple[str, int]], verdicts: Sequence[VerdictRow]) -> str | None:
    """Who gave the verdict that holds: by the one rule of which verdicts do."""
    holding = standing(verdicts, employees_of_activity={employee, *(number for number, _ in credits)}).verification
    return next((one.by for one in verdicts if EventKey(one.source, one.id) == holding), None)

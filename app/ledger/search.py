"""Looking through the ledger: every event that was accepted, the newest first, narrowed by what an auditor asks.

Do not page by numbers of rows: events keep coming, so a page goes on from the last event of the one before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among
from app.kit.keyset import beyond_row, ordered_by
from app.kit.letters import has_in_any_letters
from app.ledger import tables
from app.ledger.activity_rows import type_states
from app.ledger.frame import Frame
from app.rules.identity import plain_name
from app.rules.names import folded

__all__ = [
    "CameBy",
    "EventFilter",
    "EventOrder",
    "LedgerEntry",
    "RawEvent",
    "events_in_all",
    "names_have",
    "narrowed_events",
    "raw_event",
    "search_events",
]

_JUDGEMENTS = ("verified", "rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are looked at; what is empty does not narrow.

    Attributes:
        source: a part of the source, in any letters.
        id: the whole id.
        type: without ``kopes.``.
        from_: the first day.
        to: the last day, that day included.
        employee: a number or a part of a name: who entered or shares in it, or gave the verdict.
        text: a part of a company's or buyer's name or registration, however it is typed.
    """

    source: str = ""
    id: str = ""
    type: str = ""
    from_: dt.date | None = None
    to: dt.date | None = None
    employee: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """An event as the list shows it.

    ``employee`` is whoever an activity was entered for, ``by`` whoever gave a verdict; ``target`` is a verdict's activity, whether it has come
    or not; ``void`` says that the verdict was given by one of the activity's own employees and has no effect.
    """

    seq: int
    key: str
    source: str
    id: str
    type: str
    time: str
    day: dt.date
    received_at: dt.datetime
    employee: str | None
    by: str | None
    company: str
    buyer: str
    country: str
    state: str | None
    target: str | None
    target_type: str | None
    """What kind of activity a verdict is about, once that is there; company, buyer and country are that activity's then."""
    waits: bool
    void: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CameBy:
    """How an event came in, as :class:`app.ledger.record.Origin` says."""

    door: str
    sender: str
    request: str | None
    rejected: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEvent:
    """One event as it was recorded. ``came_by`` is None where it came before that was kept."""

    seq: int
    key: str
    source: str
    id: str
    type: str
    time: str
    day: dt.date
    received_at: dt.datetime
    hash: str
    body: str
    target: str | None
    by: str | None
    """Who gave a verdict."""
    reason: str
    """That a verdict was given with."""
    void: bool
    came_by: CameBy | None


class EventOrder(NamedTuple):
    """In which order events are listed: as they were recorded, or by their days, those of one day as they were recorded; an index has both."""

    by_day: bool = False
    descending: bool = True

    def columns(self) -> tuple[sa.ColumnElement[Any], ...]:
        """What orders them, so that no two are equal."""
        event = tables.event.c
        return (event.day, event.seq) if self.by_day else (event.seq,)


def search_events(
    connection: Connection,
    frame: Frame,
    *,
    only: EventFilter,
    limit: int,
    beyond: int | None = None,
    order: EventOrder = EventOrder(),  # noqa: B008 - a tuple
) -> list[LedgerEntry]:
    """Events, the newest first where nothing else is said.

    Args:
        connection: an open transaction.
        frame: the agency.
        only: what narrows them.
        limit: how many at most.
        beyond: only what comes after the event of this number in that order: the last one of the page before.
        order: in which order.

    Queries: 2, however many events there are; 1 more for a further page in the order of days.
    """
    event, activity, verdict = tables.event, tables.activity, tables.verdict
    judged = activity.alias()
    query = (
        sa.select(
            event.c.seq,
            event.c.key,
            event.c.source,
            event.c.id,
            event.c.type,
            event.c.time,
            event.c.day,
            event.c.received_at,
            activity.c.employee,
            sa.func.coalesce(activity.c.company_name, judged.c.company_name).label("company_name"),
            sa.func.coalesce(activity.c.company_registration, judged.c.company_registration).label(
                "company_registration"
            ),
            sa.func.coalesce(activity.c.buyer_name, judged.c.buyer_name).label("buyer_name"),
            sa.func.coalesce(activity.c.buyer_country, judged.c.buyer_country).label("buyer_country"),
            activity.c.state,
            judged.c.type.label("target_type"),
            verdict.c.target,
            verdict.c.activity,
            verdict.c.by,
        )
        .outerjoin(activity, activity.c.seq == event.c.seq)
        .outerjoin(verdict, verdict.c.seq == event.c.seq)
        .outerjoin(judged, judged.c.seq == verdict.c.activity)
        .where(*narrowed_events(connection, frame, only))
        .order_by(*ordered_by(order.columns(), descending=order.descending))
        .limit(limit)
    )
    if beyond is not None:
        columns = order.columns()
        place = (
            connection.execute(sa.select(*columns).where(event.c.seq == beyond)).first() if order.by_day else (beyond,)
        )
        query = query.where(beyond_row(columns, place, descending=order.descending))
    rows = connection.execute(query).all()
    owners = _owners(connection, {row.activity for row in rows if row.activity is not None and row.by is not None})
    return [_entry(frame, row, owners) for row in rows]


def events_in_all(connection: Connection, frame: Frame, *, only: EventFilter, count_to: int) -> int:
    """How many events there are, counted up to one more than so many. Queries: 1."""
    event, activity = tables.event, tables.activity
    some = sa.select(event.c.seq).where(*narrowed_events(connection, frame, only)).limit(count_to + 1)
    if only.text.strip():
        some = some.join(activity, activity.c.seq == event.c.seq)
    return connection.scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0


def _entry(frame: Frame, row: Any, owners: Mapping[int, frozenset[int]]) -> LedgerEntry:
    return LedgerEntry(
        seq=row.seq,
        key=row.key,
        source=row.source,
        id=row.id,
        type=row.type,
        time=row.time,
        day=row.day,
        received_at=row.received_at,
        employee=None if row.employee is None else frame.numbers[row.employee],
        by=row.by,
        company=row.company_name or row.company_registration or "",
        buyer=row.buyer_name or "",
        country=row.buyer_country or "",
        state=row.state,
        target=row.target,
        target_type=row.target_type,
        waits=row.target is not None and row.activity is None,
        void=_is_void(frame, row, owners),
    )


def _is_void(frame: Frame, row: Any, owners: Mapping[int, frozenset[int]]) -> bool:
    """Verified or rejected by one of the activity's own employees (contract, "Which events count, exactly")."""
    if row.type not in _JUDGEMENTS or row.activity is None or row.by is None:
        return False
    return any(frame.numbers[one] == row.by for one in owners.get(row.activity, ()))


def _owners(connection: Connection, activities: Iterable[int]) -> dict[int, frozenset[int]]:
    """Each activity's own employees: who entered it, and all who share in it. Queries: 1."""
    wanted = sorted(activities)
    activity, credit = tables.activity, tables.credit
    entered = sa.select(activity.c.seq, activity.c.employee).where(activity.c.seq.in_(wanted))
    shared = sa.select(credit.c.seq, credit.c.employee).where(credit.c.seq.in_(wanted))
    owners: dict[int, set[int]] = {}
    for seq, employee in connection.execute(sa.union(entered, shared)):
        owners.setdefault(seq, set()).add(employee)
    return {seq: frozenset(some) for seq, some in owners.items()}


def narrowed_events(connection: Connection, frame: Frame, only: EventFilter) -> list[sa.ColumnElement[bool]]:
    """What a filter asks of a row of ``event``, with the row of ``activity`` or ``verdict`` beside it."""
    event = tables.event
    conditions: list[sa.ColumnElement[bool]] = []
    for column, wanted in ((event.c.id, only.id), (event.c.type, only.type)):
        if wanted:
            conditions.append(column == wanted)
    if only.source:
        conditions.append(has_in_any_letters(event.c.source, only.source))
    if only.from_ is not None:
        conditions.append(event.c.day >= only.from_)
    if only.to is not None:
        conditions.append(event.c.day <= only.to)
    if only.employee.strip():
        numbers = frame.directory.employees_meant(only.employee) or (only.employee.strip(),)
        conditions.append(event.c.seq.in_(_of_employees(connection, frame, numbers)))
    if only.text.strip():
        conditions.append(names_have(only.text, frame))
    return conditions


def _of_employees(connection: Connection, frame: Frame, numbers: Collection[str]) -> sa.CompoundSelect[Any]:
    """The events of some employees: activities that they entered or share in, and their verdicts.

    Each kind by its own index: asked for in one condition, they made the engine look at every event of the ledger.
    """
    activity, verdict, credit = tables.activity.c, tables.verdict.c, tables.credit.c
    ids = [frame.ids[one] for one in numbers if one in frame.ids]
    return sa.union(
        sa.select(verdict.seq).where(among(connection, verdict.by, numbers)),
        sa.select(credit.seq).where(among(connection, credit.employee, ids)),
        sa.select(activity.seq).where(
            activity.type_state.in_(type_states()), among(connection, activity.employee, ids)
        ),
    )


def names_have(text: str, frame: Frame) -> sa.ColumnElement[bool]:
    """Whether a row of ``activity`` has what was typed in a name or registration, whatever its case, accents, punctuation and legal form."""
    activity = tables.activity.c
    conditions = [activity.search.contains(folded(text), autoescape=True)]
    plain = plain_name(text, frame.legal_forms)
    if plain:
        conditions += [column.contains(plain, autoescape=True) for column in (activity.company_key, activity.buyer_key)]
    return sa.or_(*conditions)


def raw_event(connection: Connection, frame: Frame, *, key: str) -> RawEvent | None:
    """One event as it was recorded, an activity or a verdict; None where there is none. Queries: 2."""
    event, verdict, arrival = tables.event, tables.verdict, tables.arrival
    row = connection.execute(
        sa.select(event, verdict.c.target, verdict.c.activity, verdict.c.by, verdict.c.reason)
        .add_columns(arrival.c.door, arrival.c.sender, arrival.c.request, arrival.c.rejected)
        .outerjoin(verdict, verdict.c.seq == event.c.seq)
        .outerjoin(arrival, arrival.c.id == event.c.arrival)
        .where(event.c.key == key)
    ).first()
    if row is None:
        return None
    owners = _owners(connection, [row.activity] if row.activity is not None else [])
    return RawEvent(
        seq=row.seq,
        key=row.key,
        source=row.source,
        id=row.id,
        type=row.type,
        time=row.time,
        day=row.day,
        received_at=row.received_at,
        hash=row.hash,
        body=row.body,
        target=row.target,
        by=row.by,
        reason=row.reason or "",
        void=_is_void(frame, row, owners),
        came_by=None
        if row.door is None
        else CameBy(door=row.door, sender=row.sender, request=row.request, rejected=row.rejected),
    )

"""The one way into the ledger: a batch of events is read, sorted out, written and counted in one transaction.

The state of the system is a function of the set of events, not of their order of arrival (contract). So every event is accepted or
refused by itself alone, a verdict may come before its activity, and what counts is derived from all that is there.
Do not look an activity up, find nothing, and believe that nobody else is recording it at this moment.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.kit.bulk import among, among_named, bulk_insert, bulk_update, named
from app.kit.database import is_postgresql, lock
from app.ledger import tables
from app.ledger.activity_rows import (
    ACTIVITY_COLUMNS,
    CREDIT_COLUMNS,
    GROUPED,
    JUDGED_COLUMNS,
    ActivityRow,
    contacts_of,
    derive_row,
    one_of_each,
    read_some,
    verdicts_of,
)
from app.ledger.changes import record_change
from app.ledger.frame import Frame, event_key, owners_text
from app.ledger.given import reported_on
from app.ledger.holding import hold_activities, hold_buyers
from app.ledger.tally import add_to_tally
from app.ledger.totals import Changes, apply_changes
from app.plain.findings import Finding, Place, n_
from app.plain.json_text import FaultyValueError, decode, decode_sent
from app.rules.activities import (
    ACTIVITY_TYPES,
    Activity,
    Known,
    Verdict,
    fault_of_text,
    read,
    too_long,
)
from app.rules.ordinary import Ordinary, read_ordinary

__all__ = ["Arrival", "Origin", "Recorded", "Rejected", "StaleFrameError", "record"]

EVENT_COLUMNS: Final = tuple(column.name for column in tables.event.columns)
VERDICT_COLUMNS: Final = ("seq", "type", "target", "activity", "day", "by", "reason", "additionality")
_ARRIVED: Final = sa.insert(tables.arrival)
WAITING_FEW: Final = 100
"""So many verdicts that wait are read rather than asked for by their activities."""
PROBES: Final = 8
"""How many events of a batch are looked up before it is taken for new."""


class StaleFrameError(Exception):
    """The agency folder was loaded again since the frame was made: make a new one and record again."""


class Origin(NamedTuple):
    """How a batch came in, which is kept with its events."""

    door: str
    """``api``, ``hook``, ``ingest`` or ``page``."""
    sender: str
    """``account:EMAIL``, ``key:NAME``, ``hook:NAME`` or ``file:NAME``."""
    request: str | None = None
    """By what the request is known: of a hook the message's id, of a file its run."""
    rejected: int | None = None
    """The rejected event that is sent again."""


class Arrival(NamedTuple):
    """An event as it came to a door: its JSON text and value, or what kept it from being read at all."""

    text: str
    value: object = None
    findings: tuple[Finding, ...] = ()
    ordinary: Ordinary | None = None
    """Where its shape is ordinary: what it holds, instead of its value."""

    def read(self, known: Known) -> Activity | Verdict | list[Finding]:
        """What the event says, or all that is wrong with it."""
        if self.findings:
            return list(self.findings)
        if self.ordinary is None:
            return too_long(self.text, lambda: self.value) or read(self.value, known)
        # The compiled decoder passes over attributes that nobody reads; they are read here where they matter.
        try:
            if wrong := too_long(self.text, lambda: decode(self.text)):
                return wrong
            return read_ordinary(self.ordinary, known, self.text) or read(decode_sent(self.text), known)
        except FaultyValueError as error:
            return [fault_of_text(error)]

    def decoded(self) -> object:
        """Its value, whichever way it came; of what holds anything that nobody can keep by what it is known alone."""
        if self.ordinary is None:
            return self.value
        try:
            return decode(self.text)
        except FaultyValueError:
            return {"source": self.ordinary.source, "id": self.ordinary.id}


@dataclass(frozen=True, slots=True)
class Rejected:
    """An event that was not recorded, by its place in the batch, and why."""

    index: int
    source: str | None
    id: str | None
    findings: tuple[Finding, ...]
    text: str


@dataclass(slots=True)
class Recorded:
    """What became of a batch."""

    accepted: int = 0
    duplicate: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    moved: bool = False


@dataclass(slots=True)
class _Fresh:
    """A well-formed event, by its place in the batch."""

    index: int
    key: str
    event: Activity | Verdict
    text: str
    seq: int = 0


class _Sorted(NamedTuple):
    """A batch against what the ledger holds: what is new, how many are repeats, what contradicts."""

    fresh: list[_Fresh]
    duplicate: int
    rejected: list[Rejected]


def record(
    connection: Connection, frame: Frame, arrivals: Sequence[Arrival], *, at: dt.datetime, origin: Origin
) -> Recorded:
    """Record a batch: new events are written and counted, repeats and refusals reported.

    The caller keeps what is rejected (:mod:`app.ledger.rejects`) and commits.

    Args:
        connection: a writing transaction.
        frame: the agency, of the database's present revision.
        arrivals: the events, any number of them.
        at: when they came in.
        origin: and how.

    Raises:
        StaleFrameError: the frame is of another revision.

    Queries: 14 to 22, however many the events are; fewer where there are no verdicts and no new buyers.
    """
    outcome = Recorded()
    well_formed: list[_Fresh] = []
    known = frame.known
    for index, arrival in enumerate(arrivals):
        event = arrival.read(known)
        if isinstance(event, list):
            outcome.rejected.append(_rejected(index, arrival, event))
        else:
            well_formed.append(_Fresh(index, event_key(event), event, arrival.text))
    if not well_formed:
        return outcome
    _take_lock(connection, frame, well_formed)
    fresh, outcome.duplicate, conflicts = _append_new(connection, well_formed, at, origin)
    outcome.rejected += conflicts
    if fresh:
        outcome.accepted = len(fresh)
        _derive(connection, frame, fresh, outcome, at)
        # Last, so that other writers of the same lane wait for nothing but the commit.
        add_to_tally(connection, ((one.event.day, one.key, one.event.content_hash) for one in fresh))
    outcome.rejected.sort(key=lambda one: one.index)
    return outcome


def _rejected(index: int, arrival: Arrival, findings: Iterable[Finding]) -> Rejected:
    said = arrival.decoded()
    value = said if isinstance(said, dict) else {}
    source, id_ = value.get("source"), value.get("id")
    return Rejected(
        index,
        source if isinstance(source, str) else None,
        id_ if isinstance(id_, str) else None,
        tuple(findings),
        arrival.text,
    )


def _take_lock(connection: Connection, frame: Frame, events: Sequence[_Fresh]) -> None:
    """Shut out loads; and all other recorders, where a verdict's activity is neither here nor in this batch.

    Else that activity may be on its way in another transaction, which cannot see this verdict either, and the two would never meet.
    """
    targets = {event_key(one.event.activity) for one in events if isinstance(one.event, Verdict)}
    if targets:
        targets -= {one.key for one in events if isinstance(one.event, Activity)}
    if targets:
        event = tables.event
        count = connection.scalar(
            sa.select(sa.func.count()).select_from(event).where(among(connection, event.c.key, targets))
        )
        lock(connection, tables.LOCK_LEDGER, shared=count == len(targets))
    else:
        lock(connection, tables.LOCK_LEDGER, shared=True)
    if not frame.directory.still_current(connection):
        raise StaleFrameError


def _append_new(connection: Connection, events: Sequence[_Fresh], at: dt.datetime, origin: Origin) -> _Sorted:
    """Write the events that the ledger does not have yet.

    Looking every key up first would cost half as much as writing the events, and nearly all are new. So a few are looked up, since a batch
    that is sent again is sent again whole; where none of them is here all are written, and the ledger's own constraint tells whether one was.
    """
    tried = events[:: -(-len(events) // PROBES)]
    if len(tried) == len(events):
        recorded, numbers = _recorded_and_numbers(connection, events)
        outcome = _sort_out(events, recorded)
        _append(connection, outcome.fresh, at, origin, numbers)
        return outcome
    if not _recorded(connection, tried):
        outcome = _sort_out(events, {})
        try:
            with connection.begin_nested():
                _append(connection, outcome.fresh, at, origin)
        except IntegrityError:
            pass
        else:
            return outcome
    outcome = _sort_out(events, _recorded(connection, events))
    _append(connection, outcome.fresh, at, origin)
    return outcome


@functools.cache
def _recorded_query(*, postgresql: bool) -> sa.Select[Any]:
    event = tables.event
    return sa.select(event.c.key, event.c.hash).where(among_named(event.c.key, "keys", postgresql=postgresql))


def _recorded(connection: Connection, events: Sequence[_Fresh]) -> dict[str, str]:
    """What the ledger holds under these events' names: the content's hash by the key."""
    query = _recorded_query(postgresql=is_postgresql(connection))
    keys = named(connection, {one.key for one in events})
    return {row.key: row.hash for row in connection.execute(query, {"keys": keys})}


def _recorded_and_numbers(connection: Connection, events: Sequence[_Fresh]) -> tuple[dict[str, str], list[int]]:
    """The same of a few events and, by the same question, a number for each: on PostgreSQL those of repeats are never used."""
    postgresql = is_postgresql(connection)
    parameters = {"keys": named(connection, {one.key for one in events})}
    if postgresql:
        parameters["count"] = len(events)
    rows = connection.execute(_recorded_and_numbers_query(postgresql=postgresql), parameters).all()
    recorded = {key: content for key, content, _ in rows if key is not None}
    numbers = [seq for key, _, seq in rows if key is None]
    return recorded, numbers if postgresql else list(range(numbers[0], numbers[0] + len(events)))


@functools.cache
def _recorded_and_numbers_query(*, postgresql: bool) -> sa.CompoundSelect[Any]:
    number: sa.Select[Any]
    nothing: sa.ColumnElement[Any] = sa.null()
    if postgresql:
        number = sa.select(nothing, nothing, tables.event_sequence.next_value()).select_from(_series())
    else:
        number = sa.select(nothing, nothing, sa.func.coalesce(sa.func.max(tables.event.c.seq), 0) + 1)
    return sa.union_all(_recorded_query(postgresql=postgresql).add_columns(nothing), number)


def _series() -> sa.TableValuedAlias:
    """One row for each of ``count``."""
    return sa.func.generate_series(1, sa.bindparam("count", type_=sa.Integer)).table_valued("n")


def _sort_out(events: Sequence[_Fresh], recorded: Mapping[str, str]) -> _Sorted:
    """Tell new events from repeats and conflicts, against the ledger and within the batch. What was recorded first holds."""
    hashes = dict(recorded)
    fresh: list[_Fresh] = []
    rejected: list[Rejected] = []
    for one in events:
        first = hashes.get(one.key)
        if first is None:
            hashes[one.key] = one.event.content_hash
            fresh.append(one)
        elif first != one.event.content_hash:
            finding = Finding(
                code="conflict",
                message=n_(
                    "An event of this source and id is recorded already with other content, and what was recorded first holds: send this one under another id if it is right."
                ),
                place=Place(pointer="/id"),
            )
            rejected.append(Rejected(one.index, one.event.source, one.event.id, (finding,), one.text))
    return _Sorted(fresh, len(events) - len(fresh) - len(rejected), rejected)


def _append(
    connection: Connection,
    fresh: Sequence[_Fresh],
    at: dt.datetime,
    origin: Origin,
    numbers: Sequence[int] | None = None,
) -> None:
    """Number the events, in the order of the batch, and write them into the ledger, and with them how they came."""
    if fresh:
        for one, seq in zip(fresh, numbers or _numbers(connection, len(fresh)), strict=False):
            one.seq = seq
        arrival = fresh[0].seq
        connection.execute(_ARRIVED, {"id": arrival, "at": at, **origin._asdict()})
        in_order = sorted(fresh, key=lambda one: one.key)
        bulk_insert(connection, tables.event, EVENT_COLUMNS, [_event_row(one, at, arrival) for one in in_order])


def _numbers(connection: Connection, count: int) -> Sequence[int]:
    """The places in the ledger that so many events take."""
    if is_postgresql(connection):
        return connection.scalar(_numbers_query(), {"count": count}) or ()
    last = connection.scalar(sa.select(sa.func.max(tables.event.c.seq))) or 0
    return range(last + 1, last + 1 + count)


@functools.cache
def _numbers_query() -> sa.Select[Any]:
    return sa.select(sa.func.array_agg(tables.event_sequence.next_value())).select_from(_series())


def _derive(connection: Connection, frame: Frame, fresh: Sequence[_Fresh], outcome: Recorded, at: dt.datetime) -> None:
    """Lay the new events out, and count what they change."""
    arrived = {one.seq: derive_row(one.event, one.seq, frame) for one in fresh if isinstance(one.event, Activity)}
    seqs = {one.key: one.seq for one in fresh if one.seq in arrived}
    judged = _write_verdicts(connection, fresh, seqs)
    waiting = _waiting(connection, seqs)
    older = (judged | waiting) - arrived.keys()
    rows = dict(arrived)
    if older:
        wanted = among(connection, tables.activity.c.seq, older)
        hold_activities(connection, wanted, buyers=[one.buyer_key for one in rows.values() if one.type in GROUPED])
        rows |= read_some(connection, frame, older)
    if judged or waiting:
        verdicts = verdicts_of(connection, among(connection, tables.verdict.c.activity, judged | waiting))
        for seq, given in verdicts.items():
            rows[seq].judge(given)
    bulk_insert(
        connection,
        tables.credit,
        CREDIT_COLUMNS,
        [(row.seq, *part) for row in arrived.values() for part in row.credits],
    )
    older_rows = [row for seq, row in rows.items() if seq not in arrived]
    bulk_update(
        connection,
        tables.credit,
        ("seq", "employee"),
        ("moved",),
        [(row.seq, part.employee, part.moved) for row in older_rows for part in row.credits],
    )
    # What stands in groups comes last: other recorders of the same buyers wait from here to the commit.
    grouped = [row for row in arrived.values() if row.type in GROUPED]
    others = [row for row in arrived.values() if row.type not in GROUPED] if grouped else arrived.values()
    bulk_insert(connection, tables.activity, ACTIVITY_COLUMNS, [row.row() for row in others])
    changed = _settle_groups(connection, frame, rows)
    if grouped:
        bulk_insert(connection, tables.activity, ACTIVITY_COLUMNS, [row.row() for row in grouped])
    changes = Changes()
    for row in (rows | changed).values():
        changes.add(row, frame, before=row.counts_before, after=row.counts)
    bulk_update(
        connection,
        tables.activity,
        ("seq",),
        JUDGED_COLUMNS,
        [(seq, *row.judged()) for seq, row in (rows | changed).items() if seq not in arrived],
    )
    employees, paths, cycles = apply_changes(connection, changes)
    reported = reported_on((rows | changed).values(), frame)
    if employees or paths or reported.moved:
        outcome.moved = True
        owners = owners_text(
            employees=employees | reported.employees,
            paths=paths,
            cycles=sorted(cycles | reported.cycles),
            everyone=reported.units,
        )
        record_change(connection, at=at, owners=owners)


def _event_row(one: _Fresh, at: dt.datetime, arrival: int) -> tuple[object, ...]:
    event = one.event
    return (
        one.seq,
        one.key,
        event.source,
        event.id,
        event.type,
        event.time,
        event.day,
        event.instant,
        event.content_hash,
        one.text,
        at,
        arrival,
    )


def _write_verdicts(connection: Connection, fresh: Sequence[_Fresh], arrived: dict[str, int]) -> set[int]:
    """Write the batch's verdicts, each with its activity where that is here. Returns the activities."""
    given = [(one.seq, event_key(one.event.activity), one.event) for one in fresh if isinstance(one.event, Verdict)]
    if not given:
        return set()
    event = tables.event
    elsewhere = {target for _, target, _ in given} - arrived.keys()
    activities = dict(arrived)
    if elsewhere:
        query = (
            sa.select(event.c.key, event.c.seq)
            .where(among(connection, event.c.key, elsewhere))
            .where(event.c.type.in_(list(ACTIVITY_TYPES)))
        )
        activities |= {row.key: row.seq for row in connection.execute(query)}
    bulk_insert(
        connection,
        tables.verdict,
        VERDICT_COLUMNS,
        [
            (
                seq,
                verdict.type,
                target,
                activities.get(target),
                verdict.day,
                verdict.by or None,
                verdict.reason or None,
                None if verdict.additionality is None else format(verdict.additionality, "f"),
            )
            for seq, target, verdict in given
        ],
    )
    return {activities[target] for _, target, _ in given if target in activities}


def _waiting(connection: Connection, arrived: dict[str, int]) -> set[int]:
    """Verdicts that came before their activities: tie them to those of this batch. Returns the activities."""
    if not arrived:
        return set()
    verdict = tables.verdict
    # Few verdicts wait at any time, so that reading them all costs less than asking for each activity that has come.
    few = max(WAITING_FEW, len(arrived))
    rows = connection.execute(_waiting_query(), {"few": few}).all()
    if len(rows) == few:
        waiting = sa.select(verdict.c.seq, verdict.c.target).where(verdict.c.activity.is_(None))
        rows = connection.execute(waiting.where(among(connection, verdict.c.target, arrived))).all()
    rows = [row for row in rows if row.target in arrived]
    bulk_update(connection, verdict, ("seq",), ("activity",), [(seq, arrived[target]) for seq, target in rows])
    return {arrived[target] for _, target in rows}


@functools.cache
def _waiting_query() -> sa.Select[Any]:
    """Some verdicts that wait for their activities; built once."""
    verdict = tables.verdict.c
    few = sa.bindparam("few", type_=sa.Integer)
    return sa.select(verdict.seq, verdict.target).where(verdict.activity.is_(None)).limit(few)


def _settle_groups(connection: Connection, frame: Frame, rows: dict[int, ActivityRow]) -> dict[int, ActivityRow]:
    """Decide which new buyers are first contacts and which figures the latest. Returns older rows whose ``counts`` changes by it."""
    mine = {seq: row for seq, row in rows.items() if row.type in GROUPED}
    if not mine:
        return {}
    groups = {row.buyer_key for row in mine.values()}
    hold_buyers(connection, groups)
    # Who counts now is all that a newcomer has to beat; only where one of those falls, the others' turn has come.
    fallen = any(row.counts_before & ~row.standing for row in mine.values())
    others = {one.seq: one for one in contacts_of(connection, groups, counting=not fallen) if one.seq not in mine}
    counting = one_of_each((*mine.values(), *others.values()))
    for seq, row in mine.items():
        row.counts = counting[seq]
    changed = {seq: counting[seq] for seq, one in others.items() if counting[seq] != one.counts}
    if not changed:
        return {}
    older = read_some(connection, frame, changed)
    for seq, row in older.items():
        row.counts = changed[seq]
    return older

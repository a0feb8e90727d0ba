"""The one way into the ledger: a batch of events is read, sorted out, written and counted in one transaction.

The state of the system is a function of the set of events, not of their order of arrival (contract). So every event is accepted or
refused by itself alone, a verdict may come before its activity, and what counts is derived from all that is there.
A newcomer's usual mistake: to look an activity up, find nothing, and believe that nobody else is recording it at this moment.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.database import among, bulk_insert, bulk_update, is_postgresql, lock, lock_all
from app.ledger import tables
from app.ledger.frame import Frame, event_key, owners_text
from app.ledger.laid_out import (
    ACTIVITY_COLUMNS,
    CREDIT_COLUMNS,
    LaidOut,
    first_of_each,
    lay_out,
    read_laid_out,
    verdicts_of,
)
from app.ledger.totals import Changes, apply_changes
from app.ledger.touching import touch
from app.rules.activities import ACTIVITY_TYPES, Activity, Verdict, read
from app.rules.terms import Finding, Place, n_

__all__ = ["Arrival", "Recorded", "Rejected", "StaleFrameError", "record"]

EVENT_COLUMNS: Final = tuple(column.name for column in tables.event.columns)
VERDICT_COLUMNS: Final = ("seq", "type", "target", "activity", "day", "by", "reason", "additionality")
BUYER_BUCKETS: Final = 512


class StaleFrameError(Exception):
    """The agency folder was loaded again since the frame was made: make a new one and record again."""


class Arrival(NamedTuple):
    """An event as it came to a door: its JSON text and value, or what kept it from being read at all."""

    text: str
    value: object = None
    findings: tuple[Finding, ...] = ()


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
    """A well-formed event that the ledger does not have yet."""

    key: str
    event: Activity | Verdict
    text: str
    seq: int = 0


def record(connection: Connection, frame: Frame, arrivals: Sequence[Arrival], *, at: dt.datetime) -> Recorded:
    """Record a batch: new events are written and counted, repeats and refusals reported.

    The caller keeps what is rejected (:mod:`app.ledger.rejects`) and commits.

    Args:
        connection: a writing transaction.
        frame: the agency, of the database's present revision.
        arrivals: the events, any number of them.
        at: when they came in.

    Raises:
        StaleFrameError: the frame is of another revision.

    Queries: 12 to 15, however many the events are; fewer where there are no verdicts and no new buyers.
    """
    outcome = Recorded()
    well_formed: list[tuple[int, _Fresh]] = []
    for index, arrival in enumerate(arrivals):
        found = list(arrival.findings) if arrival.findings else read(arrival.value, frame.known)
        if isinstance(found, list):
            outcome.rejected.append(_rejected(index, arrival, found))
        else:
            well_formed.append((index, _Fresh(event_key(found.key), found, arrival.text)))
    if not well_formed:
        return outcome
    _take_lock(connection, frame, [one for _, one in well_formed])
    fresh = _sort_out(connection, well_formed, outcome)
    if fresh:
        outcome.accepted = len(fresh)
        _write(connection, frame, fresh, outcome, at)
    outcome.rejected.sort(key=lambda one: one.index)
    return outcome


def _rejected(index: int, arrival: Arrival, findings: Iterable[Finding]) -> Rejected:
    value = arrival.value if isinstance(arrival.value, dict) else {}
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
    here = {one.key for one in events if isinstance(one.event, Activity)}
    targets = {event_key(one.event.activity) for one in events if isinstance(one.event, Verdict)} - here
    if targets:
        event = tables.event
        found = connection.scalar(
            sa.select(sa.func.count()).select_from(event).where(among(connection, event.c.key, targets))
        )
        lock(connection, tables.LOCK_LEDGER, shared=found == len(targets))
    else:
        lock(connection, tables.LOCK_LEDGER, shared=True)
    if not frame.directory.still_current(connection):
        raise StaleFrameError


def _sort_out(connection: Connection, events: Sequence[tuple[int, _Fresh]], outcome: Recorded) -> list[_Fresh]:
    """Tell new events from repeats and conflicts, against the ledger and within the batch. What was recorded first holds."""
    event = tables.event
    query = sa.select(event.c.key, event.c.hash).where(among(connection, event.c.key, {one.key for _, one in events}))
    hashes: dict[str, str] = {row.key: row.hash for row in connection.execute(query)}
    fresh: list[_Fresh] = []
    for index, one in events:
        held = hashes.get(one.key)
        if held is None:
            hashes[one.key] = one.event.content_hash
            fresh.append(one)
        elif held == one.event.content_hash:
            outcome.duplicate += 1
        else:
            finding = Finding(
                code="conflict",
                message=n_(
                    "An event of this source and id is recorded already, with other content. What was recorded first holds."
                ),
                place=Place(pointer="/id"),
            )
            outcome.rejected.append(Rejected(index, one.event.source, one.event.id, (finding,), one.text))
    return fresh


def _number(connection: Connection, fresh: Sequence[_Fresh]) -> None:
    """Give each event its place in the ledger, in the order of the batch."""
    if is_postgresql(connection):
        series = sa.func.generate_series(1, len(fresh)).table_valued("n")
        taken = sa.select(sa.func.array_agg(tables.event_sequence.next_value())).select_from(series)
        numbers: Iterable[int] = connection.scalar(taken) or ()
    else:
        last = connection.scalar(sa.select(sa.func.max(tables.event.c.seq))) or 0
        numbers = range(last + 1, last + 1 + len(fresh))
    for one, seq in zip(fresh, numbers, strict=True):
        one.seq = seq


def _write(connection: Connection, frame: Frame, fresh: Sequence[_Fresh], outcome: Recorded, at: dt.datetime) -> None:
    _number(connection, fresh)
    bulk_insert(connection, tables.event, EVENT_COLUMNS, [_event_row(one, at) for one in fresh])
    arrived = {one.seq: lay_out(one.event, one.seq, frame) for one in fresh if isinstance(one.event, Activity)}
    seqs = {one.key: one.seq for one in fresh if one.seq in arrived}
    judged = _write_verdicts(connection, fresh, seqs)
    waiting = _waiting(connection, seqs)
    older = (judged | waiting) - arrived.keys()
    rows = dict(arrived)
    if older:
        rows |= read_laid_out(connection, frame, among(connection, tables.activity.c.seq, older), lock=True)
    if judged or waiting:
        verdicts = verdicts_of(connection, among(connection, tables.verdict.c.activity, judged | waiting))
        for seq, held in verdicts.items():
            rows[seq].judge(held)
    bulk_insert(
        connection,
        tables.credit,
        CREDIT_COLUMNS,
        [(row.seq, *part, row.day) for row in arrived.values() for part in row.credits],
    )
    # New buyers come last: other recorders of the same buyers wait from here to the commit.
    new_buyers = [row for row in arrived.values() if row.type == "new_buyer"]
    others = [row for row in arrived.values() if row.type != "new_buyer"] if new_buyers else arrived.values()
    bulk_insert(connection, tables.activity, ACTIVITY_COLUMNS, [row.row() for row in others])
    changed = _settle_new_buyers(connection, frame, rows)
    if new_buyers:
        bulk_insert(connection, tables.activity, ACTIVITY_COLUMNS, [row.row() for row in new_buyers])
    changes = Changes()
    for row in (rows | changed).values():
        changes.add(row, frame, before=row.counts_before, after=row.counts)
    bulk_update(
        connection,
        tables.activity,
        "seq",
        ("standing", "counts", "state", "settled_on"),
        [
            (row.seq, row.standing, row.counts, row.state, row.settled_on)
            for seq, row in (rows | changed).items()
            if seq not in arrived
        ],
    )
    apply_changes(connection, changes)
    employees, paths, cycles = changes.owners()
    if employees or paths:
        outcome.moved = True
        touch(connection, at=at, owners=owners_text(employees=employees, paths=paths, cycles=sorted(cycles)))


def _event_row(one: _Fresh, at: dt.datetime) -> tuple[object, ...]:
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
    )


def _write_verdicts(connection: Connection, fresh: Sequence[_Fresh], arrived: dict[str, int]) -> set[int]:
    """Write the batch's verdicts, each with its activity where that is here. Returns the activities."""
    given = [(one.seq, event_key(one.event.activity), one.event) for one in fresh if isinstance(one.event, Verdict)]
    if not given:
        return set()
    event = tables.event
    elsewhere = {target for _, target, _ in given} - arrived.keys()
    found = dict(arrived)
    if elsewhere:
        query = (
            sa.select(event.c.key, event.c.seq)
            .where(among(connection, event.c.key, elsewhere))
            .where(event.c.type.in_(list(ACTIVITY_TYPES)))
        )
        found |= {row.key: row.seq for row in connection.execute(query)}
    bulk_insert(
        connection,
        tables.verdict,
        VERDICT_COLUMNS,
        [
            (
                seq,
                verdict.type,
                target,
                found.get(target),
                verdict.day,
                verdict.by or None,
                verdict.reason or None,
                None if verdict.additionality is None else format(verdict.additionality, "f"),
            )
            for seq, target, verdict in given
        ],
    )
    return {found[target] for _, target, _ in given if target in found}


def _waiting(connection: Connection, arrived: dict[str, int]) -> set[int]:
    """Verdicts that came before their activities: tie them to those of this batch. Returns the activities."""
    if not arrived:
        return set()
    verdict = tables.verdict
    rows = connection.execute(
        sa.select(verdict.c.seq, verdict.c.target)
        .where(among(connection, verdict.c.target, arrived))
        .where(verdict.c.activity.is_(None))
    ).all()
    bulk_update(connection, verdict, "seq", ("activity",), [(seq, arrived[target]) for seq, target in rows])
    return {arrived[target] for _, target in rows}


def _settle_new_buyers(connection: Connection, frame: Frame, rows: dict[int, LaidOut]) -> dict[int, LaidOut]:
    """Decide which new-buyer activities are their buyers' first contacts. Returns older rows whose ``counts`` changes by it."""
    mine = {seq: row for seq, row in rows.items() if row.type == "new_buyer"}
    if not mine:
        return {}
    buyers = {row.buyer_key for row in mine.values()}
    if is_postgresql(connection):
        lock_all(connection, {tables.LOCK_BUYERS + zlib.crc32(buyer.encode()) % BUYER_BUCKETS for buyer in buyers})
    activity = tables.activity
    contacts = sa.and_(activity.c.type == "new_buyer", among(connection, activity.c.buyer_key, buyers))
    # Who counts now is all that a newcomer has to beat; only where one of those falls, the others' turn has come.
    fallen = any(row.counts_before & ~row.standing for row in mine.values())
    group = read_laid_out(connection, frame, contacts if fallen else sa.and_(contacts, activity.c.counts != 0))
    group |= mine
    changed: dict[int, LaidOut] = {}
    for seq, counting in first_of_each(group.values()).items():
        row = group[seq]
        row.counts = counting
        if seq not in mine and counting != row.counts_before:
            changed[seq] = row
    return changed

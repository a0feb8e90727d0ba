"""What two people add to a cut after it was made: events that came too late, and files of later loads (contract-cycle, 7).

A corrected cut is no other cut: its database is that of the cut, into which the files are put and the events are recorded, in the order in which
they came. Do not look for events that are taken out: a reversal is added like any other.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app import cascade, ledger, organisation
from app.kit.copying import rows_from_text
from app.ledger import Arrival, EventsSum, NamedEvent
from app.organisation.tables import employee, path, posting, rate, unit_period
from app.organisation.tables import revision as revision_table
from app.plain.findings import Finding
from app.plain.json_text import decode
from app.rules.terms import Node
from app.scoring import tables

__all__ = [
    "CORRECT",
    "AdoptedFile",
    "AdoptedRows",
    "Correction",
    "EventNotTaken",
    "correct_database",
    "keep_correction",
    "read_corrections",
]


CORRECT: Final = "correct"
"""The kind of decision that adds to a cut."""


class AdoptedFile(NamedTuple):
    """A file of a later load that a cut goes by: the load's revision, and the sum of the file's rows."""

    revision: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedRows:
    """What a cut goes by once files are taken of later loads.

    Attributes:
        files: the files, by name.
        texts: the rows that are others by them, by table.
        about: whom rows that differ name.
    """

    files: Mapping[str, AdoptedFile]
    texts: Mapping[str, str]
    about: frozenset[Node]

    @property
    def parts(self) -> dict[str, str]:
        """The sums of the rows."""
        return {name: cascade.text_sha256(text) for name, text in self.texts.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What one decision added to a cut.

    Attributes:
        decision: the number of the decision.
        at: when it was agreed to.
        events: the numbers of the events that it added, in their order.
        files: the files that it took, by name.
        parts: the sums of the rows that are others by it, by table.
        total: how many events there are with it, and the sum over them.
        results_sha256: of what the cycle comes to by it, without what was decided since the cut.
    """

    decision: int
    at: dt.datetime
    events: tuple[int, ...]
    files: Mapping[str, AdoptedFile]
    parts: Mapping[str, str]
    total: EventsSum
    results_sha256: str


class EventNotTaken(Exception):
    """By the rows of a cut an event would have been rejected: it names whom the cut does not know, for one.

    Attributes:
        finding: what is wrong with it.
    """

    def __init__(self, event: NamedEvent, finding: Finding) -> None:
        """Take the event, and the first thing that is wrong with it."""
        super().__init__(f"{event.source} {event.id}: {finding.text()}")
        self.event: Final = event
        self.finding: Final = finding


# --------------------------------------------------------------------------------------------------------------- the rows


def keep_correction(connection: Connection, cut: int, of: Correction, *, place: int, texts: Iterable[str]) -> None:
    """Write down what a decision adds to a cut.

    Args:
        connection: a writing transaction.
        cut: the number of the decision that made the cut.
        of: what is added.
        place: 1, 2, 3 … of the cut's.
        texts: the rows that are others by it.

    Queries: 1 to 5.
    """
    cascade.keep_texts(connection, texts)
    files = {name: list(one) for name, one in sorted(of.files.items())}
    connection.execute(
        sa.insert(tables.correction).values(
            decision=of.decision,
            cut=cut,
            place=place,
            at=of.at,
            files=json.dumps(files),
            events=of.total.events,
            events_sha256=of.total.sha256,
            results_sha256=of.results_sha256,
        )
    )
    if of.events:
        rows = [{"decision": of.decision, "seq": seq} for seq in of.events]
        connection.execute(sa.insert(tables.correction_event), rows)
    if of.parts:
        parts = [{"decision": of.decision, "name": name, "sha256": one} for name, one in sorted(of.parts.items())]
        connection.execute(sa.insert(tables.correction_part), parts)


def read_corrections(connection: Connection, cuts: Collection[int]) -> dict[int, list[Correction]]:
    """What was added to cuts, by their decisions' numbers, each in the order in which it was agreed to. Queries: 1, and 2 where anything was."""
    of, event, part = tables.correction.c, tables.correction_event.c, tables.correction_part.c
    query = sa.select(tables.correction).where(of.cut.in_(cuts)).order_by(of.cut, of.place)
    rows = connection.execute(query).all()
    if not rows:
        return {}
    numbers = [row.decision for row in rows]
    events: dict[int, list[int]] = {number: [] for number in numbers}
    parts: dict[int, dict[str, str]] = {number: {} for number in numbers}
    named = sa.select(event.decision, event.seq).where(event.decision.in_(numbers))
    for one in connection.execute(named.order_by(event.decision, event.seq)):
        events[one.decision].append(one.seq)
    placed = sa.select(part.decision, part.name, part.sha256).where(part.decision.in_(numbers))
    for other in connection.execute(placed.order_by(part.decision, part.name)):
        parts[other.decision][other.name] = other.sha256
    of_cut: dict[int, list[Correction]] = {}
    for row in rows:
        of_cut.setdefault(row.cut, []).append(_correction(row, events[row.decision], parts[row.decision]))
    return of_cut


def _correction(row: sa.Row[Any], events: Sequence[int], parts: Mapping[str, str]) -> Correction:
    return Correction(
        decision=row.decision,
        at=row.at,
        events=tuple(events),
        files={name: AdoptedFile(*one) for name, one in json.loads(row.files).items()},
        parts=parts,
        total=EventsSum(row.events, row.events_sha256),
        results_sha256=row.results_sha256,
    )


# ----------------------------------------------------------------------------------------------------------- the database

_DERIVED_FROM: Final = frozenset(one.name for one in (unit_period, employee, posting, rate, path))
"""The tables that what an activity is worth, and whose it is, hangs on."""


def correct_database(
    target: Connection,
    tables_of: Mapping[str, sa.Table],
    texts: Mapping[str, str],
    events: Sequence[NamedEvent],
    *,
    at: dt.datetime,
) -> None:
    """Put rows and events into the database of a cut.

    Args:
        target: a writing transaction of a copy of it.
        tables_of: the folder's tables by name, each after what it refers to.
        texts: the rows that are others, by table.
        events: those that are added, in the order in which they came.
        at: when the cut was made, which no figure hangs on.

    Raises:
        EventNotTaken: by these rows one of them is rejected.
    """
    if target.dialect.name == "sqlite":
        # People go and come again, and what refers to them stays.
        target.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    for name, table in tables_of.items():
        if name in texts:
            target.execute(sa.delete(table))
            rows_from_text(target, table, texts[name])
    _retoken(target, texts, events)
    definitions = cascade.read_definitions(target)
    frame = ledger.frame_of(organisation.directory(target), definitions, ledger.slices_in_use(target, definitions))
    if not _DERIVED_FROM.isdisjoint(texts):
        ledger.rederive(target, frame, at=at)
    for batch in _batches(events):
        arrivals = [Arrival(one.body, decode(one.body)) for one in batch]
        recorded = ledger.record(target, frame, arrivals, at=batch[0].received_at, origin=batch[0].origin)
        for one in recorded.rejected:
            raise EventNotTaken(batch[one.index], one.findings[0])


def _retoken(target: Connection, texts: Mapping[str, str], events: Sequence[NamedEvent]) -> None:
    """Have read models of it be kept apart from those of the cut: they are known by what was loaded."""
    before = target.scalar(sa.select(revision_table.c.token)) or ""
    said = json.dumps([before, sorted(texts.items()), [one.key for one in events]])
    token = hashlib.sha256(said.encode()).hexdigest()
    target.execute(sa.update(revision_table).values(token=token))


def _batches(events: Sequence[NamedEvent]) -> Iterator[list[NamedEvent]]:
    """Those that came together, each with how they came."""
    for _, some in groupby(events, key=lambda one: (one.received_at, one.origin)):
        yield list(some)

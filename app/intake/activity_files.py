"""Files of events: read line by line, recorded batch by batch, what is refused written beside the file.

A file may be ingested again at any time. What was recorded is a duplicate then, so nothing has to be remembered
of how far an interrupted run had come.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from filecmp import cmp
from itertools import chain, count
from pathlib import Path
from typing import Final, TextIO

from app import ledger
from app.intake.event_files import read_events
from app.intake.events import arrival_of
from app.kit.files import LineContent, Remark, Trouble
from app.kit.private_files import alone_in, open_private, private_part
from app.ledger import Arrival, Recorded, Rejected
from app.plain.findings import Finding, Place, n_
from app.plain.json_text import decode_sent, encode
from app.rules.ordinary import Ordinary, shaped

__all__ = ["BATCH_ALONE", "IngestReport", "ingest_file", "rejects_path"]

BATCH: Final = 2_000
_NOT_MENDED: Final = Finding(
    code="not_mended",
    message=n_(
        "This line of rejects holds no event yet: put the event in its place, as one JSON object; or mend the line in the file that it came from and ingest that again."
    ),
    place=Place(pointer="/line"),
)

BATCH_ALONE: Final = 20_000
"""For a database that nobody else works with yet: the larger the batch, the less is done again for each."""

BATCH_LETTERS: Final = 16 * 2**20
"""A batch of so many letters is recorded, however few events it has. Twenty thousand ordinary ones have half as many."""


@dataclass(slots=True)
class IngestReport:
    """What became of a file's events."""

    file: Path
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    rejects_file: Path | None = None
    kept_file: Path | None = None
    """Where rejects of an earlier run are now, which somebody may have mended in part."""
    stopped: bool = False
    """The file is none of events, or its columns are not: nothing of it was recorded."""


def rejects_path(file: Path) -> Path:
    """Where a file's rejected events go: beside it, under its whole name, so that ``march.csv`` and ``march.ndjson`` have each its own."""
    return file.with_name(file.name + ".rejected.ndjson")


def ingest_file(
    file: Path,
    *,
    record: Callable[[list[Arrival]], Recorded],
    complain: Callable[[Finding], None],
    progress: Callable[[int], None] = lambda _count: None,
    ignored_columns: Collection[str] = (),
    size: int = BATCH,
) -> IngestReport:
    """Record the events of a file and write those that are refused beside it, whole or not at all.

    Rejects of an earlier run of the same file are put aside where these are others, and stay as they were left where none is rejected now:
    somebody may be in the middle of mending them. Several runs may work on the same file at once: the rejects of none are lost.

    Args:
        file: ``.ndjson``, ``.csv`` or ``.xlsx``.
        record: records a batch in a transaction of its own.
        complain: is told each problem, with file, line and field.
        progress: is told how many lines are done.
        ignored_columns: names of columns of a table that are not read.
        size: events of a batch; while it is written nobody else can write to SQLite.
    """
    report = IngestReport(file)
    rejects = rejects_path(file)
    with private_part(rejects) as beside:
        with open_private(beside) as out:
            readings = _remarked(read_events(file, ignored_columns=ignored_columns, value_of=_value_of), complain)
            first = next(readings, None)
            if isinstance(first, Trouble) and first.whole_file:
                report.stopped = True
                for finding in first.findings:
                    complain(finding)
            elif first is not None:
                readings = chain([first], readings)
            for batch in _batches(readings, size):
                _ingest_batch(batch, report, record, complain, out)
                progress(len(batch))
        if report.rejected:
            with alone_in(rejects.parent):
                report.kept_file = _put_aside(rejects, beside)
                beside.replace(rejects)
            report.rejects_file = rejects
    return report


def _batches(readings: Iterable[LineContent | Trouble], size: int) -> Iterator[list[LineContent | Trouble]]:
    """So many events at once as a batch has, and fewer of long ones: they and what is refused of them are held in memory together."""
    batch: list[LineContent | Trouble] = []
    letters = 0
    for one in readings:
        batch.append(one)
        letters += len(one.text) or (one.letters if isinstance(one, LineContent) else 0)
        if len(batch) >= size or letters >= BATCH_LETTERS:
            yield batch
            batch, letters = [], 0
    if batch:
        yield batch


def _remarked(
    readings: Iterator[LineContent | Trouble | Remark], complain: Callable[[Finding], None]
) -> Iterator[LineContent | Trouble]:
    """The readings, what is to be said of the file as a whole told on the way."""
    for one in readings:
        if isinstance(one, Remark):
            for finding in one.findings:
                complain(finding)
        else:
            yield one


def _put_aside(rejects: Path, new: Path) -> Path | None:
    """Keep the rejects of an earlier run under a name of their own: ``march.csv.rejected.1.ndjson``; None where there are none, or the same."""
    if not rejects.exists() or cmp(rejects, new, shallow=False):
        return None
    names = (rejects.with_suffix(f".{number}.ndjson") for number in count(1))
    kept = next(name for name in names if not name.exists())
    return rejects.rename(kept)


def _value_of(text: str) -> object:
    """What a line holds; of an ordinary event the lane of ordinary events makes it, which reads it several times as fast.

    A line of rejects tells why it was refused beside what the event says, and is read the long way.
    """
    ordinary = None if '"errors"' in text else shaped(text)
    return decode_sent(text) if ordinary is None else ordinary


def _ingest_batch(
    batch: list[LineContent | Trouble],
    report: IngestReport,
    record: Callable[[list[Arrival]], Recorded],
    complain: Callable[[Finding], None],
    out: TextIO,
) -> None:
    arrivals = [_arrival(one) for one in batch]
    recorded = record(arrivals)
    report.accepted += recorded.accepted
    report.duplicate += recorded.duplicate
    report.rejected += len(recorded.rejected)
    for rejected in recorded.rejected:
        reading = batch[rejected.index]
        for finding in rejected.findings:
            complain(_placed(finding, reading))
        out.write(_reject_line(reading, arrivals[rejected.index], rejected) + "\n")


def _arrival(reading: LineContent | Trouble) -> Arrival:
    if isinstance(reading, Trouble):
        return Arrival(reading.text, None, reading.findings)
    value = reading.value
    if isinstance(value, Ordinary):
        return Arrival(reading.text, ordinary=value)
    if isinstance(value, dict) and "errors" in value:
        # A mended line of a file of rejects: why it was refused then is no part of the event.
        arrival = arrival_of({name: member for name, member in value.items() if name != "errors"})
        return arrival._replace(findings=(_NOT_MENDED,)) if value.keys() == {"line", "errors"} else arrival
    return Arrival(reading.text, value) if reading.text else arrival_of(value)


def _placed(finding: Finding, reading: LineContent | Trouble) -> Finding:
    place = finding.place
    return Finding(
        code=finding.code,
        message=finding.message,
        parameters=finding.parameters,
        level=finding.level,
        place=type(place)(
            file=reading.file,
            line=reading.line or place.line,
            field=place.field or place.pointer,
            pointer=place.pointer,
        ),
    )


def _reject_line(reading: LineContent | Trouble, arrival: Arrival, rejected: Rejected) -> str:
    errors = json.dumps(ledger.errors_of(rejected.findings))
    if as_it_came := _unwritable(reading, rejected):
        return f'{{"line": {json.dumps(as_it_came)}, "errors": {errors}}}'
    value = arrival.decoded()
    if isinstance(reading, LineContent) and isinstance(value, dict):
        members = (f"{json.dumps(str(name))}: {encode(member)}" for name, member in value.items())
        return "{" + ", ".join(chain(members, (f'"errors": {errors}',))) + "}"
    line = arrival.text if isinstance(reading, Trouble) else encode(reading.value)
    return f'{{"line": {json.dumps(line)}, "errors": {errors}}}'


_UNWRITABLE: Final = frozenset({"repeated_member", "too_deep", "unkeepable_number"})


def _unwritable(reading: LineContent | Trouble, rejected: Rejected) -> str:
    """A line as it came that member by member would not be what it was: one of two of a name, or a number, would be lost. Empty for any other."""
    return reading.text if any(one.code in _UNWRITABLE for one in rejected.findings) else ""

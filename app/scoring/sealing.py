"""Cuts of cycles: what was the case when it was proposed to certify one, and a database in which that still is so (contract-cycle, 3 and 6).

At a cut nothing is worked out: it is the number of the last event and the folder's rows as they stand. From these a database of its own is made
whenever somebody asks, by the very rules that derive the live one, so that pinned figures come out of one read model with all others. Such a
database can always be made again; do not write into it, and do not miss it when it is gone.
"""

from __future__ import annotations

import atexit
import datetime as dt
import hashlib
import json
import logging
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app import cascade, ledger, organisation
from app.cascade.tables import FOLDER as CASCADE
from app.decisions.tables import decision_end
from app.kit.copying import rows_from_text, rows_text
from app.kit.database import Database
from app.kit.kept import LruCache
from app.kit.private_files import alone_in, begin_private, database_file, private_folder, private_part
from app.kit.refusals import Busy
from app.kit.schema import metadata
from app.kit.settings import ROOT, environment_with
from app.ledger import EventsSum
from app.organisation.tables import FOLDER as ORGANISATION
from app.rules.deciding import DecisionState
from app.scoring import tables
from app.scoring.corrections import AdoptedFile, Correction, correct_database, read_corrections

__all__ = [
    "Certified",
    "Cut",
    "CutAnew",
    "DecisionsSum",
    "certified_cuts",
    "cut_anew",
    "cut_of",
    "keep_certified",
    "keep_cut",
    "kept_sum",
    "lay_out",
    "open_cut",
    "rows_at_hand",
    "seal_in_background",
    "seal_soon",
    "sealed",
    "sealed_here",
]

_LOG: Final = logging.getLogger(__name__)

_TABLES: Final = {table.name: table for table in (*ORGANISATION, *CASCADE)}

SOON_ABOVE: Final = 20_000
"""Of more events than these a database is made by a thread of its own, and whoever needs it comes again: it takes longer than people wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What was the case when it was proposed to certify a cycle.

    Attributes:
        decision: the number of the decision that proposed it.
        last_event: the number of the last event that counts.
        revision: the number of the last load.
        decisions: how many decisions of the cycle had been approved.
        decisions_sha256: the sum over all that was recorded of decisions about it.
        records_sha256: the sum over its drafts, signatures, versions, publications and stages; None of a cut before it was kept.
        files: the sums of the folder's files by name.
        parts: the sums of its rows by table.
        added: the numbers of the events that were added since (`correct`).
        adopted: the files of later loads that it goes by since, by name.
        original: the cut without what was added; None where nothing was.
    """

    decision: int
    cycle: int
    at: dt.datetime
    last_event: int
    revision: int
    decisions: int
    decisions_sha256: str
    records_sha256: str | None
    files: Mapping[str, str]
    parts: Mapping[str, str]
    added: tuple[int, ...] = ()
    adopted: Mapping[str, AdoptedFile] = field(default_factory=dict)
    original: Cut | None = None

    @property
    def as_made(self) -> Cut:
        """The cut without what was added to it since."""
        return self if self.original is None else self.original

    def with_added(
        self, *, events: Iterable[int] = (), files: Mapping[str, AdoptedFile], parts: Mapping[str, str]
    ) -> Cut:
        """The cut with further events, and other rows in place of its own.

        Args:
            events: their numbers.
            files: those that are taken of later loads, by name.
            parts: the sums of the rows that are others by them, by table.
        """
        return replace(
            self,
            added=tuple(sorted({*self.added, *events})),
            adopted={**self.adopted, **files},
            files={**self.files, **{name: one.sha256 for name, one in files.items()}},
            parts={**self.parts, **parts},
            original=self.as_made,
        )


class DecisionsSum(NamedTuple):
    """How many decisions about a cycle are approved, and the sum over all that is recorded of them."""

    approved: int
    sha256: str


class Certified(NamedTuple):
    """A cut that a cycle goes by.

    Attributes:
        cut: with all that was added to it since.
        events: how many there are with these, and the sum over them.
        results_sha256: of what the cycle came to by the cut as it was made.
        made_of: how many events the cut had as it was made, and the sum over them.
        corrections: what was added, as it was agreed to.
    """

    cut: Cut
    round: int
    at: dt.datetime
    events: EventsSum
    results_sha256: str
    made_of: EventsSum
    corrections: tuple[Correction, ...] = ()

    def cut_before(self, decision: int) -> Cut:
        """The cut with what decisions of smaller numbers added to it."""
        return _corrected(self.cut.as_made, [one for one in self.corrections if one.decision < decision])

    def before(self, decision: int) -> Certified:
        """The same as it was before decisions of larger numbers added anything."""
        earlier = tuple(one for one in self.corrections if one.decision < decision)
        events = earlier[-1].total if earlier else self.made_of
        return self._replace(cut=self.cut_before(decision), events=events, corrections=earlier)

    def as_pin(self) -> dict[str, object]:
        """As the contract writes it."""
        return {
            "at": self.cut.at.isoformat(),
            "events": self.events.events,
            "events_sha256": self.events.sha256,
            "revision": self.cut.revision,
            "files": dict(self.cut.files),
            "decisions": self.cut.decisions,
        }


# --------------------------------------------------------------------------------------------------------------- the rows


def keep_cut(
    connection: Connection,
    *,
    decision: int,
    cycle: int,
    at: dt.datetime,
    last_event: int,
    decisions: DecisionsSum,
    records_sha256: str,
    files: Mapping[str, str],
) -> None:
    """Write down what is the case now.

    Args:
        connection: a writing transaction that shut out loads.
        decision: the number of the decision.
        cycle: which is to be certified.
        at: when.
        last_event: the number of the last event that counts: a number of a moment at which nobody was recording.
        decisions: what is recorded of decisions about the cycle.
        records_sha256: the sum over what else is recorded of it.
        files: the sums of the folder's files.

    Queries: 22.
    """
    connection.execute(
        sa.insert(tables.cut).values(
            decision=decision,
            cycle=cycle,
            at=at,
            last_event=last_event,
            revision=organisation.current_revision(connection).number,
            decisions=decisions.approved,
            decisions_sha256=decisions.sha256,
            records_sha256=records_sha256,
            files=json.dumps(dict(files)),
        )
    )
    sums = cascade.keep_texts(connection, rows_at_hand(connection))
    connection.execute(
        sa.insert(tables.cut_part),
        [{"decision": decision, "name": name, "sha256": one} for name, one in zip(_TABLES, sums, strict=True)],
    )


_ROWS: Final[LruCache[tuple[str, ...]]] = LruCache(1)


def rows_at_hand(connection: Connection) -> tuple[str, ...]:
    """The rows of the folder's tables as texts, kept for whoever asks again before the next load. Queries: 1, and 17 after a load."""
    key = str(connection.engine.url), organisation.current_revision(connection).token
    return _ROWS.get_or_make(key, lambda: tuple(rows_text(connection, table) for table in _TABLES.values()))


def kept_sum(connection: Connection, decision: int) -> EventsSum | None:
    """The sum over the events of a decision's cut; None where nobody has summed them yet. Queries: 1."""
    of = tables.cut_sum.c
    row = connection.execute(sa.select(of.events, of.events_sha256).where(of.decision == decision)).first()
    return None if row is None else EventsSum(row.events, row.events_sha256)


def keep_sum(connection: Connection, decision: int, events: EventsSum) -> None:
    """Keep the sum over the events of a decision's cut. Queries: 1, or 2."""
    if kept_sum(connection, decision) is None:
        connection.execute(
            sa.insert(tables.cut_sum).values(decision=decision, events=events.events, events_sha256=events.sha256)
        )


def open_cut(connection: Connection, cycle: int) -> Cut | None:
    """The cut of a decision that nobody has checked yet; None where none waits. Queries: 1, and 1 where one does."""
    of, end = tables.cut.c, decision_end.c
    query = sa.select(tables.cut).outerjoin(decision_end, end.decision == of.decision)
    row = connection.execute(query.where(of.cycle == cycle, end.decision.is_(None))).first()
    return None if row is None else _cut(row, _parts(connection, [row.decision])[row.decision])


def keep_certified(connection: Connection, cut: Cut, *, round_: int, at: dt.datetime, results_sha256: str) -> None:
    """Have a cycle go by a cut from now on.

    The caller holds :func:`app.organisation.lock_revision`. Queries: 5, and those of :func:`app.ledger.events_sum` where nobody has summed its events.
    """
    if kept_sum(connection, cut.decision) is None:
        keep_sum(connection, cut.decision, ledger.events_sum(connection, last=cut.last_event))
    connection.execute(
        sa.insert(tables.certified_cut).values(
            decision=cut.decision, cycle=cut.cycle, round=round_, at=at, results_sha256=results_sha256
        )
    )
    organisation.raise_decided(connection, [("certified", cut.cycle, round_, cut.decision, at.isoformat())])


def cut_of(connection: Connection, decision: int) -> Cut | None:
    """The cut that a decision proposed. Queries: 1, and 1 where there is one."""
    row = connection.execute(sa.select(tables.cut).where(tables.cut.c.decision == decision)).first()
    return None if row is None else _cut(row, _parts(connection, [decision])[decision])


def certified_cuts(connection: Connection, *, before: int | None = None) -> dict[int, Certified]:
    """The cuts that cycles go by, or went by before a decision of some number, with what was added to them.

    Queries: 1, and where there are any 2, or 4 where anything was added.
    """
    of, certified = tables.cut, tables.certified_cut
    query = sa.select(
        of,
        certified.c.round,
        certified.c.at.label("certified_at"),
        tables.cut_sum.c.events,
        tables.cut_sum.c.events_sha256,
        certified.c.results_sha256,
    )
    query = query.join(certified, certified.c.decision == of.c.decision)
    query = query.join(tables.cut_sum, tables.cut_sum.c.decision == of.c.decision)
    if before is not None:
        query = query.where(of.c.decision < before)
    rows = connection.execute(query.order_by(certified.c.cycle, certified.c.round)).all()
    numbers = [row.decision for row in rows]
    parts = _parts(connection, numbers) if rows else {}
    corrections = read_corrections(connection, numbers) if rows else {}
    return {row.cycle: _certified(row, parts[row.decision], corrections.get(row.decision, ())) for row in rows}


def _certified(row: sa.Row[Any], parts: Mapping[str, str], corrections: Sequence[Correction]) -> Certified:
    made_of = EventsSum(row.events, row.events_sha256)
    return Certified(
        _corrected(_cut(row, parts), corrections),
        row.round,
        row.certified_at,
        corrections[-1].total if corrections else made_of,
        row.results_sha256,
        made_of,
        tuple(corrections),
    )


def _corrected(cut: Cut, corrections: Iterable[Correction]) -> Cut:
    for one in corrections:
        cut = cut.with_added(events=one.events, files=one.files, parts=one.parts)
    return cut


def _cut(row: sa.Row[Any], parts: Mapping[str, str]) -> Cut:
    return Cut(
        decision=row.decision,
        cycle=row.cycle,
        at=row.at,
        last_event=row.last_event,
        revision=row.revision,
        decisions=row.decisions,
        decisions_sha256=row.decisions_sha256,
        records_sha256=row.records_sha256,
        files=json.loads(row.files),
        parts=parts,
    )


def _parts(connection: Connection, decisions: list[int]) -> dict[int, dict[str, str]]:
    of = tables.cut_part.c
    parts: dict[int, dict[str, str]] = {number: {} for number in decisions}
    query = sa.select(of.decision, of.name, of.sha256).where(of.decision.in_(decisions)).order_by(of.name)
    for row in connection.execute(query):
        parts[row.decision][row.name] = row.sha256
    return parts


# ----------------------------------------------------------------------------------------------------------- the database

_OPEN: Final[LruCache[Database]] = LruCache(8)
"""Databases of cuts that this process reads, by their files."""

_CHECKED: Final[LruCache[bool]] = LruCache(8)
"""The files that this process has found whole: a damaged one is made again."""

_background: Final = threading.Event()
"""Set in a process that serves people: there a thread of its own makes what takes long."""


def seal_in_background() -> None:
    """From now on this process makes databases of many events beside its work; until one is there, whoever needs it comes again."""
    _background.set()


def sealed(connection: Connection, cut: Cut, texts: Mapping[str, str] = MappingProxyType({})) -> Database:
    """The database in which everything is as it was at a cut; made now where this machine has none.

    That of a cut to which something was added is a copy of the cut's own, in which it is put.

    Args:
        connection: any transaction of the live database.
        cut: which.
        texts: rows that nobody has kept yet, by their sums.

    Raises:
        Busy: another process is at it (:func:`seal_in_background`).
        EventNotTaken: an event that was added is none by the rows of the cut.

    Queries: 1 where the database is there; else one for each 5,000 events.
    """
    if cut.original is not None:
        return _corrected_copy(connection, cut, texts)
    takes_long = cut.last_event > SOON_ABOVE and _background.is_set()
    events = kept_sum(connection, cut.decision)
    if events is None and not takes_long:
        events = ledger.events_sum(connection, last=cut.last_event)
    file = None if events is None else _file(connection, cut, events)
    if file is not None:
        _drop_damaged(file)
    if file is None or (takes_long and not file.exists()):
        seal_soon(connection, cut.decision)
        raise Busy
    if not file.exists():
        _make(connection, cut, file)
    return _opened(file)


def _opened(file: Path) -> Database:
    return _OPEN.get_or_make((str(file), *_identity(file)), lambda: Database(f"sqlite:///{file}", readers=4))


def _drop_damaged(file: Path) -> None:
    """Take a file away that cannot be read; each is looked at once by a process."""
    if file.exists() and _CHECKED.get(key := (str(file), *_identity(file))) is None:
        if _is_whole(file):
            _CHECKED.keep(key, part=True)
        else:
            file.unlink(missing_ok=True)


def _corrected_copy(connection: Connection, cut: Cut, texts: Mapping[str, str]) -> Database:
    """Queries: 1, and where the copy is not there 1 more."""
    own = Path(sa.make_url(sealed(connection, cut.as_made).url).database or "")
    file = _corrected_file(connection, cut, own)
    _drop_damaged(file)
    if not file.exists():
        with _being_made(file) as part:
            if part is not None:
                _copy_file(own, part)
                _correct(connection, cut, part, texts)
    return _opened(file)


def _corrected_file(connection: Connection, cut: Cut, own: Path) -> Path:
    """Where the copy is in which something is added to a cut's own database."""
    events = ledger.events_numbered(connection, cut.added)
    told = json.dumps([own.name, sorted(cut.parts.items()), [one.key for one in events], _CORRECTED_SHAPE])
    return own.with_name(f"{hashlib.sha256(told.encode()).hexdigest()[:32]}.db")


_CORRECTED_SHAPE: Final = 1
"""Raised when what is added to a cut is put otherwise into its copy."""


def _copy_file(file: Path, to: Path) -> None:
    """Copy a database as it is committed, whoever tries something in it at this moment."""
    with (
        closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(to)) as target,
    ):
        source.backup(target)


def _correct(connection: Connection, cut: Cut, file: Path, texts: Mapping[str, str]) -> None:
    """Put into a copy of a cut's database what was added to the cut."""
    others = {name: one for name, one in cut.parts.items() if cut.as_made.parts.get(name) != one}
    known = {**cascade.kept_texts(connection, others.values()), **texts}
    events = ledger.events_numbered(connection, cut.added)
    database = Database(f"sqlite:///{file}", readers=1, disposable=True)
    try:
        with database.write("correct") as target:
            correct_database(target, _TABLES, {name: known[one] for name, one in others.items()}, events, at=cut.at)
    finally:
        database.close()


def _identity(file: Path) -> tuple[int, int]:
    """What tells a file from another of its name: one that was made again is opened again.

    Raises:
        PermissionError: it, or its folder, is somebody else's.
    """
    folder, stat = file.parent.lstat(), file.lstat()
    if {folder.st_uid, stat.st_uid} != {os.getuid()} or not S_ISDIR(folder.st_mode) or not S_ISREG(stat.st_mode):
        message = f"{file} is not ours alone"
        raise PermissionError(message)
    return stat.st_ino, stat.st_mtime_ns


def _is_whole(file: Path) -> bool:
    """Whether SQLite can read a file from one end to the other, and there is something in it: an empty one is in order too."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as opened:
            is_sound = opened.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
            return is_sound and bool(opened.execute("SELECT count(*) FROM revision").fetchone()[0])
    except sqlite3.DatabaseError:
        return False


def sealed_here(connection: Connection, cut: Cut) -> Database | None:
    """That database as this machine has kept it; None where it has none: then nobody reads the cycle by a wrong one. Queries: 1."""
    events = kept_sum(connection, cut.decision) or ledger.events_sum(connection, last=cut.last_event)
    file = _file(connection, cut.as_made, events)
    if cut.original is not None:
        file = _corrected_file(connection, cut, file)
    _drop_damaged(file)
    return _opened(file) if file.exists() else None


class CutAnew:
    """The database of a cut made from the beginning, whatever this machine has of it: first as it was made, then with what was added to it."""

    def __init__(self, connection: Connection, cut: Cut, folder: Path) -> None:
        """Take whose; nothing is made before it is asked for."""
        self._connection, self._cut, self._folder = connection, cut, folder
        self._made: dict[str, Database] = {}

    def as_made(self) -> Database:
        """Without what was added. Queries: one for each 5,000 events, the first time."""
        if "cut" not in self._made:
            file = self._folder / "cut.db"
            _make(self._connection, self._cut.as_made, file)
            self._made["cut"] = Database(f"sqlite:///{file}", readers=1)
        return self._made["cut"]

    def with_added(self) -> Database:
        """With it: the same one where nothing was.

        Raises:
            EventNotTaken: an event that was added is none by the rows of the cut.
        """
        if self._cut.original is None:
            return self.as_made()
        if "added" not in self._made:
            self.as_made()
            file = self._folder / "added.db"
            _copy_file(self._folder / "cut.db", file)
            _correct(self._connection, self._cut, file, {})
            self._made["added"] = Database(f"sqlite:///{file}", readers=1)
        return self._made["added"]

    def close(self) -> None:
        """Let go of them."""
        for database in self._made.values():
            database.close()


@contextmanager
def cut_anew(connection: Connection, cut: Cut) -> Iterator[CutAnew]:
    """Such a database, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="kopes-") as folder:
        anew = CutAnew(connection, cut, Path(folder))
        try:
            yield anew
        finally:
            anew.close()


def _file(connection: Connection, cut: Cut, events: EventsSum) -> Path:
    """Where the database of a cut is on this machine: equal cuts share one, whoever made it."""
    told = json.dumps([events.sha256, sorted(cut.parts.items()), ledger.DERIVATION, _SHAPE])
    url = connection.engine.url
    live = database_file(url)
    # Of a server everybody's home is the one place that each process of ours finds; beside a file it lies with the file.
    beside = (
        Path(tempfile.gettempdir()) / f"kopes-cuts-{os.getuid()}"
        if live is None
        else live.with_name(f"{live.name}-cuts")
    )
    return beside / f"{hashlib.sha256(told.encode()).hexdigest()[:32]}.db"


_SHAPE: Final = 1
"""Raised when such a database holds something else than one of before."""


def _make(connection: Connection, cut: Cut, file: Path) -> None:
    with _being_made(file) as part:
        if part is None:
            return
        database = Database(f"sqlite:///{part}", readers=1, disposable=True)
        try:
            with database.write("seal") as target:
                metadata.create_all(target)
                _fill(connection, target, cut)
        finally:
            database.close()


@contextmanager
def _being_made(file: Path) -> Iterator[Path | None]:
    """A name under which a file is made, alone, before it takes its place; None where another maker has made it."""
    private_folder(file.parent)
    with alone_in(file.parent), private_part(file) as part:
        if file.exists():
            yield None
            return
        # Makers come one after the other: what another one was at when it was ended is nobody's.
        for left in file.parent.glob("*.part*"):
            left.unlink(missing_ok=True)
        begin_private(part)
        yield part
        part.replace(file)


def _fill(connection: Connection, target: Connection, cut: Cut) -> None:
    texts = cascade.kept_texts(connection, cut.parts.values())
    for name, table in _TABLES.items():
        if name in cut.parts:
            rows_from_text(target, table, texts[cut.parts[name]])
    ledger.copy_ledger(connection, target, last=cut.last_event)
    definitions = cascade.read_definitions(target)
    slices = ledger.slices_in_use(target, definitions, may_add=True)
    ledger.lay_out_again(target, ledger.frame_of(organisation.directory(target), definitions, slices), at=cut.at)


# ---------------------------------------------------------------------------------------------------------- in background

_SEALING: Final[set[tuple[str, int]]] = set()
_MAKERS: Final[set[subprocess.Popen[bytes]]] = set()
"""The processes that make databases for this one: they end with it."""
_SEALING_LOCK: Final = threading.Lock()

_TRIES: Final = 60
_REST_S: Final = 0.5
_LOOK_S: Final = 2.0
"""A cut that was just made is not committed yet: whoever lays it out looks for it again for half a minute."""


def seal_soon(connection: Connection, decision: int) -> None:
    """Have a process of its own make the database of a decision's cut, unless one is at it; the cut may be committed a little later.

    It takes a minute of the processor and as much memory as the whole agency: no process that serves people has those to spare.
    """
    key = connection.engine.url.render_as_string(hide_password=False), decision
    with _SEALING_LOCK:
        if not _background.is_set() or key in _SEALING:
            return
        _SEALING.add(key)
    threading.Thread(target=_have_sealed, args=key, name=f"seal-{decision}", daemon=True).start()


def _have_sealed(url: str, decision: int) -> None:
    database, is_needed = Database(url, readers=1), True
    try:
        words = [sys.executable, "-m", "app", "cycle", "lay-out", str(decision)]
        maker = subprocess.Popen(
            words, env=environment_with(DATABASE_URL=url), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        _MAKERS.add(maker)
        said: bytes | None = None
        try:
            while said is None:
                try:
                    _, said = maker.communicate(timeout=_LOOK_S)
                except subprocess.TimeoutExpired:
                    is_needed = _is_needed(database, decision)
                    if not is_needed:
                        maker.terminate()
        finally:
            _MAKERS.discard(maker)
        if maker.returncode and is_needed:
            _LOG.error("the cut of decision %s could not be laid out: %s", decision, said.decode(errors="replace"))
    finally:
        database.close()
        with _SEALING_LOCK:
            _SEALING.discard((url, decision))


def _is_needed(database: Database, decision: int) -> bool:
    """Whether anybody may still go by a decision's cut: one that was refused or taken back is gone, and the next one's maker waits for its turn."""
    try:
        with database.read() as connection:
            state = connection.scalar(sa.select(decision_end.c.state).where(decision_end.c.decision == decision))
    except (Busy, SQLAlchemyError):
        return True
    return state in {None, DecisionState.APPROVED.value}


@atexit.register
def _end_makers() -> None:
    for maker in tuple(_MAKERS):
        maker.terminate()


def lay_out(database: Database, decision: int) -> bool:
    """Sum the events of a decision's cut, and make its database where this machine has none; whether there is such a cut."""
    for _ in range(_TRIES):
        with database.read() as connection:
            cut = cut_of(connection, decision)
            if cut is not None:
                events = kept_sum(connection, decision) or ledger.events_sum(connection, last=cut.last_event)
                file = _file(connection, cut, events)
                if not file.exists():
                    _make(connection, cut, file)
                break
        time.sleep(_REST_S)
    else:
        return False
    database.writing("lay out a cut", lambda writing: keep_sum(writing, decision, events))
    return True

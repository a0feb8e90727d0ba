"""The states that a process keeps: of what is loaded, of what is decided over it, and of the cuts that certified cycles go by.

A state is read once for each load or decision and shared by all threads. Do not read rows of the folder or of decisions beside it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from app import cascade, ledger, organisation
from app.cascade import Sheet
from app.kit.database import Database
from app.kit.kept import LruCache
from app.kit.refusals import Busy
from app.ledger import Frame
from app.organisation import KeptByRevision, Revision
from app.rules.definitions import Definitions
from app.scoring.planning import State
from app.scoring.sealing import Certified, Cut, certified_cuts, sealed

__all__ = [
    "folder_state",
    "going_by",
    "is_limited_to_told",
    "limit_to_told",
    "pinned_frames",
    "state",
    "state_as_told",
    "state_at",
    "state_of_source",
    "state_with_pending",
]

_SEES_PENDING: Final = "sees_pending"
"""The connection's option that names the cycles of which whoever asks sees what was decided since people were told; without it of all."""


def _read_folder(connection: Connection, revision: Revision) -> State:
    del revision
    sheet = cascade.loaded_sheet(connection)
    slices = ledger.slices_in_use(connection, sheet.definitions)
    return State(ledger.frame_of(organisation.directory(connection), sheet.definitions, slices), sheet)


_LATEST: Final[dict[tuple[str, str], State]] = {}
"""By the database and the load's token the state of the last decision that this process has read: the next one differs from it by a few lines."""


def _read(connection: Connection, revision: Revision) -> State:
    folder = folder_state(connection)
    if not revision.decided:
        return folder
    key = str(connection.engine.url), revision.token
    before = _LATEST.get(key, folder).as_earlier(folder)
    sheet = cascade.sheet(connection)
    frames = pinned_frames(connection, folder.frame, sheet)
    certified = certified_states(connection, revision)
    state = State(folder.frame, sheet, before=before, pinned_frames=frames, certified=certified)
    _LATEST.clear()
    _LATEST[key] = state
    return state


def pinned_frames(
    connection: Connection, present: Frame, sheet: Sheet, *, like: State | None = None
) -> dict[int, Frame]:
    """The frames of cycles that were published, by what each goes by.

    Args:
        connection: an open transaction.
        present: the frame of what is loaded.
        sheet: which cycles were published, and by what.
        like: a state whose frames are taken where they would be the same.

    Queries: 1 for each that goes neither by what is loaded nor by what it does there.
    """
    frames = {}
    is_alike = like is not None and _is_alike(like.frame, present)
    for cycle, definitions in sheet.pinned.items():
        if like is not None and is_alike and like.sheet.pinned.get(cycle) == definitions:
            frames[cycle] = like.frame_of(cycle)
        else:
            frames[cycle] = _pinned_frame(connection, present, definitions)
    return frames


def _is_alike(one: Frame, other: Frame) -> bool:
    """Whether frames of one definitions beside two of what is loaded are the same."""
    return one.directory is other.directory and (one.slices, one.given, one.source) == (
        other.slices,
        other.given,
        other.source,
    )


def _pinned_frame(connection: Connection, present: Frame, definitions: Definitions) -> Frame:
    """The frame of a cycle that was published. Queries: 1, or none where it goes by what is loaded.

    Totals are kept of what the loaded definitions ask for. What the published ones ask for beyond that is folded from the ledger when it is read.
    """
    if definitions == present.definitions:
        return present
    frame = ledger.frame_of(present.directory, definitions, ledger.previewed_slices(connection, definitions))
    kept = {one.id: set(one.of) for one in present.slices}
    has_totals = all(set(one.of) <= kept.get(one.id, {0}) and one.id in kept for one in frame.slices)
    slices = present.slices if has_totals else frame.slices
    given = present.given | frame.given
    return replace(frame, slices=slices, given=given, has_totals=has_totals, source=present.source)


def certified_states(connection: Connection, revision: Revision) -> dict[int, Callable[[], State]]:
    """What plans each cycle that was certified: the agency and its events as they were at its cut, with what was decided since.

    Queries: 1; where there are any 2, those of :func:`cascade.with_decided` for each, and once in a process those of reading a whole agency.
    """
    states: dict[int, Callable[[], State]] = {}
    for cycle, one in certified_cuts(connection).items():
        try:
            states[cycle] = functools.partial(_same, state_at(connection, one.cut, revision))
        except Busy:
            url = connection.engine.url.render_as_string(hide_password=False)
            # Once it is there it is made once: a refusal is asked for again.
            states[cycle] = functools.cache(functools.partial(_later, url, one, revision))
    return states


def _same(state: State) -> State:
    return state


def _later(url: str, certified: Certified, revision: Revision) -> State:
    """The state of a cut whose database is still being made, or was made since."""
    database = Database(url, readers=1)
    try:
        with database.read() as connection:
            return state_at(connection, certified.cut, revision)
    finally:
        database.close()


_AT_CUTS: Final[LruCache[State]] = LruCache(4)
"""By the database of each cut the state of what was loaded then: read once in a process."""


def state_at(connection: Connection, cut: Cut, revision: Revision) -> State:
    """The state in which everything but what was decided is as it was at a cut.

    Args:
        connection: any transaction of the live database.
        cut: which.
        revision: the live one, whose decisions hold.

    Raises:
        Busy: the cut's database is still being made.
    """
    return state_of_source(connection, sealed(connection, cut), revision, cut=cut.decision)


def going_by(connection: Connection, loaded: State, cut: Cut, texts: Mapping[str, str]) -> State:
    """A state in which the cycle of a cut goes by that one: what would be.

    Args:
        connection: any transaction of the live database.
        loaded: what is loaded and decided now.
        cut: by which it would go.
        texts: rows of it that nobody has kept yet, by their sums.

    Raises:
        Busy: the cut's database is still being made.
        EventNotTaken: an event that is added is none by the rows of the cut.

    Queries: those of :func:`app.scoring.sealed` and of :func:`app.cascade.with_decided`, and those of reading a whole agency where nobody has.
    """
    source, revision = sealed(connection, cut, texts), organisation.current_revision(connection)
    return _going_by(loaded, {cut.cycle: state_of_source(connection, source, revision, cut=cut.decision)})


def _going_by(loaded: State, states: Mapping[int, State]) -> State:
    """A state in which cycles are planned by other states than its own."""
    token = " ".join([loaded.sheet.token, *(state.sheet.token for state in states.values())])
    certified: dict[int, Callable[[], State]] = dict(loaded.certified)
    certified |= {cycle: functools.partial(_same, state) for cycle, state in states.items()}
    return loaded.with_certified(replace(loaded.sheet, token=token), certified)


def state_of_source(
    connection: Connection, source: Database, revision: Revision, *, cut: int, before: int | None = None
) -> State:
    """The state of a cut's own database under what was decided in the live one; ``cut`` and ``before`` as in :func:`cascade.with_decided`."""
    folder = _AT_CUTS.get_or_make(source.url, functools.partial(_read_source, source))
    with source.read() as reading:
        token = f"{revision.whole} {folder.sheet.token} {before or ''}"
        sheet = cascade.with_decided(connection, folder.sheet, revision, token=token, before=before, cut=cut)
        frames = pinned_frames(reading, folder.frame, sheet)
    return State(folder.frame, sheet, before=folder, pinned_frames=frames)


def _read_source(source: Database) -> State:
    with source.read() as connection:
        read = _read_folder(connection, organisation.current_revision(connection))
    return State(replace(read.frame, source=source), read.sheet)


_of_folder: Final[KeptByRevision[State]] = KeptByRevision(_read_folder)
_kept: Final[KeptByRevision[State]] = KeptByRevision(_read, decided=True)


def folder_state(connection: Connection) -> State:
    """What is loaded now, without what was decided in the application: for the digest, and for whoever records.

    Queries: 1 (the revision); after a load those of the directory and the sheet.
    """
    return _of_folder(connection)


def state(connection: Connection) -> State:
    """Everything that is loaded now, with what was decided in the application; as people were told last where the connection is limited to that.

    Queries: 1 (the revision); after a load those of the directory and the sheet, after a decision 6.
    """
    present = _kept(connection)
    pending: frozenset[int] | None = connection.get_execution_options().get(_SEES_PENDING)
    return present if pending is None else _as_told(connection, present, present.sheet.tellings.keys() - pending)


def state_as_told(connection: Connection) -> State:
    """The same as people were told last, whoever asks. Queries: as :func:`state`, and 2 for each cycle the first time after a decision."""
    present = _kept(connection)
    return _as_told(connection, present, present.sheet.tellings.keys())


def state_with_pending(connection: Connection) -> State:
    """The same as it stands, whoever asks: whoever is to review a result reads it before it is told (contract-cycle, 13). Queries: as :func:`state`."""
    return _kept(connection)


def limit_to_told(connection: Connection, *, sees_pending: Iterable[int]) -> None:
    """Have a connection read of all cycles but some what people were told last: between two tellings what decisions change is pending (contract-cycle, 7)."""
    connection.execution_options(**{_SEES_PENDING: frozenset(sees_pending)})


def is_limited_to_told(connection: Connection, cycle: int) -> bool:
    """Whether a connection reads of a cycle what people were told last."""
    pending: frozenset[int] | None = connection.get_execution_options().get(_SEES_PENDING)
    return pending is not None and cycle not in pending


_TOLD: Final[LruCache[State]] = LruCache(4)


def _as_told(connection: Connection, present: State, cycles: Iterable[int]) -> State:
    """A state in which of some cycles nothing holds that was decided since people were told; the present one where nothing was."""
    hidden = tuple(sorted(cycles))
    if not hidden:
        return present
    key = str(connection.engine.url), present.sheet.token, hidden
    return _TOLD.get_or_make(key, lambda: _without_pending(connection, present, hidden))


def _without_pending(connection: Connection, present: State, cycles: Sequence[int]) -> State:
    sheet = present.sheet
    decided, moves = dict(sheet.decided), dict(sheet.moves)
    present = _without_corrections(connection, present, cycles)
    for cycle in cycles:
        before = sheet.told_of(cycle).before
        if lines := cascade.read_line_decisions(connection, before=before).get(cycle):
            decided[cycle] = lines
        else:
            # Not there, as in a cycle about whose lines nothing was ever decided: an empty one would tell that something is.
            decided.pop(cycle, None)
        moves[cycle] = cascade.read_moves(connection, before=before).get(cycle, {})
    if all(
        decided.get(cycle, {}) == sheet.decided.get(cycle, {}) and moves[cycle] == sheet.moves_of(cycle)
        for cycle in cycles
    ):
        return present
    token = f"{sheet.token} told {' '.join(map(str, cycles))}"
    return present.with_sheet(replace(sheet, token=token, decided=decided, moves=moves))


def _without_corrections(connection: Connection, present: State, cycles: Sequence[int]) -> State:
    """A state by which cuts are without what was added to them since people were told; the present one where nothing was."""
    revision, states = organisation.current_revision(connection), dict[int, State]()
    for cycle, one in certified_cuts(connection).items():
        told = one.cut_before(present.sheet.told_of(cycle).before)
        if cycle in cycles and told != one.cut:
            states[cycle] = state_at(connection, told, revision)
    return _going_by(present, states) if states else present

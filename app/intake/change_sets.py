"""Change sets: rows of the agency folder that somebody of hr wants otherwise, gathered over days (contract-desk, 3).

Owns what a set holds and what becomes of it. A set is held against its *base*, the revision that its maker looked at: whatever another revision
changed since at one of its keys overtakes it. Do not compare with what is loaded at the moment of the writing: who writes on Friday has looked on
Monday.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access import Viewer
from app.decisions import Hand, Program
from app.intake import tables
from app.intake.folder import DEFINITIONS, POLICIES
from app.kit.database import lock, next_number
from app.kit.refusals import Conflict, Invalid, NotThere, at_field
from app.plain.findings import Finding, n_
from app.plain.texts import has_unstorable, is_blank
from app.rules.deciding import reason_problem

__all__ = [
    "CHANGE_TITLE_MAX",
    "ChangeSet",
    "ChangeState",
    "Changed",
    "ChangedDocument",
    "ChangedRow",
    "NotOpen",
    "SetFull",
    "begin_change",
    "change_of_decision",
    "change_set",
    "change_sets",
    "changed_rows",
    "count_changed",
    "discard_change",
    "end_change",
    "held_of",
    "hold_open",
    "key_text",
    "open_set",
    "reword_change",
    "write_documents",
    "write_rows",
]

LOCK_CHANGES: Final = 7005
"""Held by whoever gives a change set its number."""

CHANGE_TITLE_MAX: Final = 200

ROWS_MAX: Final = 100_000
LETTERS_MAX: Final = 32_000_000
"""Of all rows of a set, as they are and as they are wanted."""
DOCUMENT_LETTERS_MAX: Final = 1_000_000
"""Of a set's files of definitions: sixteen times the library's, and YAML is slow to read."""
DOCUMENT_FILES: Final = (DEFINITIONS, POLICIES)


class ChangeState(StrEnum):
    """What has become of a set."""

    OPEN = "open"
    SUBMITTED = "submitted"
    APPLIED = "applied"
    REFUSED = "refused"
    DISCARDED = "discarded"


class NotOpen(Conflict):
    """It has been submitted, or has come to its end."""

    code = "not_open"
    message = n_("The change set is not open any more: withdraw its decision first, or begin a new one.")


class SetFull(Conflict):
    """Whoever looks at it, agrees to it or waits for it to be applied works through all of it."""

    code = "set_full"
    message = n_(
        "A change set holds at most %(rows)s rows and %(letters)s letters, of definitions %(document_letters)s: submit this one, and begin another."
    )

    def __init__(self) -> None:
        """Say how much a set holds."""
        super().__init__(
            parameters={"rows": ROWS_MAX, "letters": LETTERS_MAX, "document_letters": DOCUMENT_LETTERS_MAX}
        )


class NotItsMaker(Conflict):
    """Another person of hr fills it."""

    code = "not_maker"
    message = n_("Only who began a change set writes it: ask that person, or begin one of your own.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """A set as it stands.

    Attributes:
        base: the revision that its rows are held against.
        reverts: the set whose rows it takes back; None for none.
        decision: the last that was proposed of it.
        revision: as which it was applied.
    """

    id: int
    title: str
    reason: str
    base: int
    state: ChangeState
    maker: Hand
    reverts: int | None = None
    decision: int | None = None
    revision: int | None = None

    @property
    def is_fed(self) -> bool:
        """Whether a feed brought it, whose rows come by no other door; else a person wrote it."""
        return self.maker.account_id is None


class ChangedRow(NamedTuple):
    """A row of a set: at its base and as it is wanted, by column; None where there is none."""

    file: str
    """With ``.csv``."""
    key: tuple[str, ...]
    before: Mapping[str, str] | None
    after: Mapping[str, str] | None

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return self.file.removesuffix(".csv")


class ChangedDocument(NamedTuple):
    """A file of definitions of a set: what it takes the place of, as JSON by the stored documents' names, and the YAML that is wanted."""

    part: str
    name: str
    before: Mapping[str, str | None]
    after: str | None


class Changed(NamedTuple):
    """All that a set holds, in the order in which it was written."""

    rows: tuple[ChangedRow, ...] = ()
    documents: tuple[ChangedDocument, ...] = ()

    def __bool__(self) -> bool:
        """Whether it holds anything."""
        return bool(self.rows or self.documents)

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it writes to, as they are named, each once."""
        return tuple(dict.fromkeys((*(one.file for one in self.rows), *(one.part for one in self.documents))))


# --------------------------------------------------------------------------------------------------------------- reading


def change_set(connection: Connection, number: int) -> ChangeSet | None:
    """One set. Queries: 1."""
    row = connection.execute(sa.select(tables.change_set).where(tables.change_set.c.id == number)).first()
    return None if row is None else _change_set(row)


def change_sets(
    connection: Connection, *, state: ChangeState | None = None, limit: int, before: int | None = None
) -> list[ChangeSet]:
    """The newest sets first. Queries: 1.

    Args:
        connection: any transaction.
        state: only those in it.
        limit: at most so many.
        before: only those with a smaller number.
    """
    of = tables.change_set.c
    query = sa.select(tables.change_set).order_by(of.id.desc()).limit(limit)
    if state is not None:
        query = query.where(of.state == state.value)
    if before is not None:
        query = query.where(of.id < before)
    return [_change_set(row) for row in connection.execute(query)]


def change_titles(connection: Connection, numbers: Collection[int]) -> dict[int, str]:
    """What sets are called. Queries: 1, or none where none is asked for."""
    if not numbers:
        return {}
    of = tables.change_set.c
    query = sa.select(of.id, of.title).where(of.id.in_(numbers))
    return {row.id: row.title for row in connection.execute(query)}


def changes_meant(connection: Connection, text: str, *, decided: Collection[int], limit: int) -> list[ChangeSet]:
    """The newest sets whose title has a text in it, or about which one of some decisions is. Queries: 1.

    Args:
        connection: any transaction.
        text: in any case of its letters.
        decided: numbers of decisions.
        limit: at most so many.
    """
    of = tables.change_set.c
    is_meant = sa.or_(of.title.icontains(text, autoescape=True), of.decision.in_(decided))
    query = sa.select(tables.change_set).where(is_meant).order_by(of.id.desc()).limit(limit)
    return [_change_set(row) for row in connection.execute(query)]


def held_of(connection: Connection, label: str, file: str) -> list[ChangeSet]:
    """The sets that a feed has submitted of a file and nobody has agreed to yet, the oldest first. Queries: 1."""
    of, row = tables.change_set.c, tables.change_row.c
    query = sa.select(tables.change_set).where(
        of.account == label,
        of.state == ChangeState.SUBMITTED.value,
        sa.exists().where(row.change == of.id, row.file == file),
    )
    return [_change_set(one) for one in connection.execute(query.order_by(of.id))]


def change_of_decision(connection: Connection, decision: int) -> ChangeSet | None:
    """The set that a decision is about. Queries: 1."""
    of = tables.change_set.c
    row = connection.execute(sa.select(tables.change_set).where(of.decision == decision)).first()
    return None if row is None else _change_set(row)


def changed_rows(connection: Connection, number: int) -> Changed:
    """What a set holds. Queries: 1."""
    of = tables.change_row.c
    query = sa.select(tables.change_row).where(of.change == number).order_by(of.place, of.file, of.key)
    rows: list[ChangedRow] = []
    documents: list[ChangedDocument] = []
    for row in connection.execute(query):
        before = None if row.before is None else json.loads(row.before)
        if row.file in DOCUMENT_FILES:
            documents.append(ChangedDocument(row.file, json.loads(row.key)[0], before or {}, row.after))
        else:
            after = None if row.after is None else json.loads(row.after)
            rows.append(ChangedRow(row.file, tuple(json.loads(row.key)), before, after))
    return Changed(tuple(rows), tuple(documents))


def count_changed(connection: Connection, number: int) -> int:
    """How many rows and files of definitions a set holds. Queries: 1."""
    of = tables.change_row.c
    return connection.scalar(sa.select(sa.func.count()).where(of.change == number)) or 0


def key_text(key: Iterable[str]) -> str:
    """A key as people and addresses write it: its values joined by blanks."""
    return " ".join(key)


def _change_set(row: sa.Row[Any]) -> ChangeSet:
    return ChangeSet(
        id=row.id,
        title=row.title,
        reason=row.reason,
        base=row.base,
        state=ChangeState(row.state),
        maker=Hand(account_id=row.account_id, account=row.account, employee=row.employee, acts_for=None, at=row.at),
        reverts=row.reverts,
        decision=row.decision,
        revision=row.revision,
    )


# --------------------------------------------------------------------------------------------------------------- writing


def begin_change(
    connection: Connection,
    *,
    title: str,
    reason: str,
    base: int,
    by: Viewer | Program,
    now: dt.datetime,
    reverts: int | None = None,
) -> ChangeSet:
    """Begin a set.

    Args:
        connection: a writing transaction.
        title: what it is called.
        reason: why, for whoever is to agree.
        base: the revision that is loaded.
        by: who.
        now: when.
        reverts: the set whose rows it takes back.

    Raises:
        Invalid: a title or reason that is too short or too long.
    """
    title, reason = _words(title, reason)
    lock(connection, LOCK_CHANGES)
    number = next_number(connection, tables.change_set)
    connection.execute(
        sa.insert(tables.change_set).values(
            id=number,
            title=title,
            reason=reason,
            base=base,
            state=ChangeState.OPEN.value,
            reverts=reverts,
            account_id=by.account_id,
            account=by.label,
            employee=by.employee,
            at=now,
        )
    )
    return _again(connection, number)


def reword_change(connection: Connection, change: ChangeSet, *, title: str, reason: str) -> ChangeSet:
    """Call an open set, which the transaction holds, something else; what it holds stays. Queries: 2.

    Args:
        connection: a writing transaction.
        change: as it was.
        title: what it is called from now on.
        reason: why it is wanted.

    Raises:
        Invalid: a title or reason that is too short or too long.
    """
    title, reason = _words(title, reason)
    of = tables.change_set
    connection.execute(sa.update(of).where(of.c.id == change.id).values(title=title, reason=reason))
    return _again(connection, change.id)


def _words(title: str, reason: str) -> tuple[str, str]:
    title, reason = title.strip(), reason.strip()
    problems = [*_title_problems(title), *([problem] if (problem := reason_problem(reason)) else [])]
    problems += [
        at_field(field, "unstorable", n_("A character of this cannot be kept: take it out."))
        for field, text in (("title", title), ("reason", reason))
        if has_unstorable(text)
    ]
    if problems:
        raise Invalid(*problems)
    return title, reason


def _title_problems(title: str) -> Iterable[Finding]:
    if is_blank(title):
        yield at_field("title", "required", n_("The change set needs a title: say in a few words what it changes."))
    elif len(title) > CHANGE_TITLE_MAX:
        message = n_("The title has %(length)s characters: write at most %(most)s.")
        yield at_field("title", "too_long", message, length=len(title), most=CHANGE_TITLE_MAX)


def open_set(connection: Connection, number: int, *, is_maker: Callable[[ChangeSet], bool]) -> ChangeSet:
    """An open set, for its maker: what is sent for it is read before it is held.

    Raises:
        NotThere: there is none of that number.
        NotItsMaker: another person began it.
        NotOpen: it has been submitted, or has come to its end.

    Queries: 1.
    """
    return _for_its_maker(change_set(connection, number), is_maker)


def hold_open(connection: Connection, number: int, *, is_maker: Callable[[ChangeSet], bool]) -> ChangeSet:
    """Hold an open set against other writers, for its maker; raises as :func:`open_set`.

    Args:
        connection: a writing transaction.
        number: which.
        is_maker: whether who asks began it.

    Queries: 1.
    """
    row = connection.execute(
        sa.select(tables.change_set).where(tables.change_set.c.id == number).with_for_update()
    ).first()
    return _for_its_maker(None if row is None else _change_set(row), is_maker)


def _for_its_maker(present: ChangeSet | None, is_maker: Callable[[ChangeSet], bool]) -> ChangeSet:
    if present is None:
        raise NotThere
    if not is_maker(present):
        raise NotItsMaker
    if present.state is not ChangeState.OPEN:
        raise NotOpen
    return present


def write_rows(
    connection: Connection,
    change: ChangeSet,
    file: str,
    wanted: Sequence[tuple[tuple[str, ...], Mapping[str, str] | None]],
    *,
    base_rows: Mapping[tuple[str, ...], Mapping[str, str]],
    whole: bool = False,
) -> None:
    """Set and remove rows of a file.

    Args:
        connection: a writing transaction that holds the set.
        change: the set.
        file: with ``.csv``.
        wanted: keys with the row that is wanted, None to remove it; what the set says of a key already is written over.
        base_rows: all rows of the file at the set's base, by key.
        whole: what the set says of other rows of the file is taken out.

    Raises:
        SetFull: the set would hold more than one can.

    Queries: 5.
    """
    if whole:
        of = tables.change_row.c
        connection.execute(sa.delete(tables.change_row).where(of.change == change.id, of.file == file))
    entries = [
        (
            file,
            json.dumps(key, ensure_ascii=False),
            _json(base_rows.get(key)),
            _json(row),
        )
        for key, row in wanted
    ]
    _write(connection, change, entries)


def write_documents(
    connection: Connection,
    change: ChangeSet,
    documents: Iterable[ChangedDocument],
    *,
    forget: str | None = None,
) -> None:
    """Set and remove files of definitions.

    Args:
        connection: a writing transaction that holds the set.
        change: the set.
        documents: what is wanted.
        forget: the name of a file that the set says nothing of from now on.

    Raises:
        SetFull: the set would hold more than one can.

    Queries: 5.
    """
    of = tables.change_row.c
    if forget is not None:
        connection.execute(
            sa.delete(tables.change_row).where(
                of.change == change.id, of.file.in_(DOCUMENT_FILES), of.key == json.dumps([forget])
            )
        )
    entries = [(one.part, json.dumps([one.name]), json.dumps(dict(one.before)), one.after) for one in documents]
    _write(connection, change, entries)


def _write(
    connection: Connection, change: ChangeSet, entries: Sequence[tuple[str, str, str | None, str | None]]
) -> None:
    if not entries:
        return
    of = tables.change_row.c
    last = connection.scalar(sa.select(sa.func.max(of.place)).where(of.change == change.id)) or 0
    # What is written over keeps its place: a scorecard's lines stand in the order of their rows.
    files = {file for file, _, _, _ in entries}
    query = sa.select(of.file, of.key, of.place).where(of.change == change.id, of.file.in_(files))
    places = {(file, key): place for file, key, place in connection.execute(query)}
    connection.execute(
        sa.delete(tables.change_row).where(
            of.change == change.id, of.file == sa.bindparam("of_file"), of.key == sa.bindparam("of_key")
        ),
        [{"of_file": file, "of_key": key} for file, key, _, _ in entries],
    )
    connection.execute(
        sa.insert(tables.change_row),
        [
            {
                "change": change.id,
                "file": file,
                "key": key,
                "place": places.get((file, key), last + place),
                "before": before,
                "after": after,
            }
            for place, (file, key, before, after) in enumerate(entries, 1)
        ],
    )
    _refuse_full(connection, change)


def _refuse_full(connection: Connection, change: ChangeSet) -> None:
    """Queries: 1.

    Raises:
        SetFull: the set holds more than one can.
    """
    of = tables.change_row.c
    after = sa.func.coalesce(sa.func.length(of.after), 0)
    of_document = sa.case((of.file.in_(DOCUMENT_FILES), after), else_=0)
    letters = sa.func.length(of.key) + sa.func.coalesce(sa.func.length(of.before), 0) + after
    sums = sa.select(sa.func.count(), sa.func.sum(letters), sa.func.sum(of_document)).where(of.change == change.id)
    rows, letters_held, document_letters = connection.execute(sums).one()
    if rows > ROWS_MAX or (letters_held or 0) > LETTERS_MAX or (document_letters or 0) > DOCUMENT_LETTERS_MAX:
        raise SetFull


def discard_change(connection: Connection, change: ChangeSet) -> ChangeSet:
    """Give an open set up. Queries: 2."""
    return end_change(connection, change, ChangeState.DISCARDED)


def end_change(
    connection: Connection,
    change: ChangeSet,
    state: ChangeState,
    *,
    decision: int | None = None,
    revision: int | None = None,
    base: int | None = None,
) -> ChangeSet:
    """Say what has become of a set, which the transaction holds. Queries: 2.

    Args:
        connection: a writing transaction.
        change: as it was.
        state: as it is from now on.
        decision: that was proposed of it.
        revision: as which it was applied.
        base: that its rows are held against from now on.
    """
    of = tables.change_set
    values: dict[str, object] = {"state": state.value, "revision": revision}
    if decision is not None:
        values["decision"] = decision
    if base is not None:
        values["base"] = base
    connection.execute(sa.update(of).where(of.c.id == change.id).values(values))
    return _again(connection, change.id)


def _again(connection: Connection, number: int) -> ChangeSet:
    present = change_set(connection, number)
    if present is None:
        raise NotThere
    return present


def _json(row: Mapping[str, str] | None) -> str | None:
    return None if row is None else json.dumps(dict(row), ensure_ascii=False)

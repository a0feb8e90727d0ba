"""What somebody has edited in a sheet of a file's rows, told from what they left as it was; and where another revision was there first.

Do not take a sheet for the whole file: rows that are not in it stay, and rows that stand in it as they were taken say nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from app import organisation
from app.intake.change_sets import ChangeSet, changed_rows, key_text
from app.intake.changed_folder import columns_of
from app.intake.changing import OvertakenKeys, at_key, folder_at, put_rows
from app.intake.folder import DEFINITIONS, POLICIES
from app.intake.mastering import MASTERED_FILES
from app.intake.sent_files import SentFile
from app.intake.sent_rows import RowsSent, rows_sent
from app.intake.stored_folder import NoRevision, plain_cell
from app.plain.findings import n_

__all__ = ["EditedSheet", "ReadSheet", "SheetConflict", "edited_sheet", "put_sent_rows", "read_sheet"]

Key = tuple[str, ...]
Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetConflict:
    """A row that was edited in a sheet, and that another revision has changed since the sheet was taken.

    Attributes:
        key: of the row.
        taken: the row as it was taken; None where it was not there.
        now: as it is; None where it is not there any more.
        sent: as the sheet has it.
    """

    key: Key
    taken: Cells | None
    now: Cells | None
    sent: Cells

    @property
    def both(self) -> Cells:
        """The row with what was edited in the sheet, and in its other columns what the other revision made of it."""
        if self.now is None or self.taken is None:
            return self.sent
        return {
            column: value if value != self.taken.get(column) else self.now.get(column, "")
            for column, value in self.sent.items()
        }

    @property
    def mark(self) -> str:
        """Stands for the row as it is now: whoever has seen it has seen this."""
        said = json.dumps([self.key, self.now], sort_keys=True, ensure_ascii=False, default=dict)
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedSheet:
    """What was edited in a sheet: the rows that can be set, by key, and those that another revision has changed."""

    rows: Mapping[Key, Cells]
    conflicts: tuple[SheetConflict, ...]


class ReadSheet(NamedTuple):
    """The rows of a sheet by key, and the revision that it was taken from; None where it does not say."""

    file: str
    """With ``.csv``."""
    rows: Mapping[Key, Cells]
    revision: int | None


def read_sheet(file: str, sent: SentFile) -> ReadSheet:
    """A sheet's rows, each at its key: before a writing transaction begins.

    Args:
        file: with ``.csv``.
        sent: the sheet.

    Raises:
        NotThere: there is no such file of rows.
        Invalid: a row that can be none.
    """
    columns = columns_of(file) if file in MASTERED_FILES and file not in {DEFINITIONS, POLICIES} else ()
    rows = {
        key: {column: plain_cell((row or {})[column]) for column in columns}
        for key, row in rows_sent(file, set_=sent.rows).wanted
    }
    return ReadSheet(file, rows, sent.revision)


def edited_sheet(connection: Connection, change: ChangeSet, sheet: ReadSheet) -> EditedSheet:
    """What somebody has edited in a sheet of a file's rows.

    Args:
        connection: any transaction.
        change: the set that it is to go into.
        sheet: without a revision it is held against the set's base.

    Raises:
        NoRevision: there is no such revision.
    """
    name, revision = sheet.file.removesuffix(".csv"), sheet.revision
    present = organisation.current_revision(connection).number
    if revision is not None and not 1 <= revision <= present:
        raise NoRevision(parameters={"revision": revision, "latest": present})
    taken = folder_at(connection, change.base if revision is None else revision).by_key(name)
    now = folder_at(connection, present).by_key(name)
    in_set = {one.key for one in changed_rows(connection, change.id).rows if one.file == sheet.file}
    # Without a revision a row that is as at the base takes back what the set says of it. Blanks around a text are lost in a sheet.
    edited = {
        key: row
        for key, row in sheet.rows.items()
        if _without_blanks(taken.get(key)) != row or (revision is None and key in in_set)
    }
    conflicts = [
        SheetConflict(key=key, taken=taken.get(key), now=now.get(key), sent=row)
        for key, row in edited.items()
        if revision is not None and now.get(key) != taken.get(key) and _without_blanks(now.get(key)) != row
    ]
    others = {one.key for one in conflicts}
    return EditedSheet(rows={key: row for key, row in edited.items() if key not in others}, conflicts=tuple(conflicts))


def _without_blanks(row: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if row is None else {column: text.strip() for column, text in row.items()}


def put_sent_rows(connection: Connection, change: ChangeSet, sheet: ReadSheet) -> int:
    """Set what somebody has edited in a sheet of a file's rows; how many rows that are.

    Args:
        connection: a writing transaction that holds the set.
        change: the set.
        sheet: what was read of it.

    Raises:
        OvertakenKeys: another revision than the sheet's has changed a row that was edited.
        NoRevision: as of :func:`edited_sheet`.
        Conflict, Invalid: as of :func:`put_rows`.
    """
    edited = edited_sheet(connection, change, sheet)
    if edited.conflicts:
        told = [{"file": sheet.file, "key": key_text(one.key)} for one in edited.conflicts]
        parameters = {"keys": ", ".join(one["key"] for one in told[:5])}
        raise OvertakenKeys(*map(at_key, told), message=_SHEET_OVERTAKEN, parameters=parameters)
    put_rows(connection, change, RowsSent(sheet.file, list(edited.rows.items())))
    return len(edited.rows)


_SHEET_OVERTAKEN = n_(
    "Another revision has changed %(keys)s since this sheet was taken: take it anew, and enter again what you have changed in these rows."
)

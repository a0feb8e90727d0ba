"""Sheets of a file's rows: taken home as a workbook or CSV, edited in a spreadsheet, and sent back into a change set by a page.

Where another revision has changed a row meanwhile nothing of the sheet is lost: the page shows the row as it was taken, as it is and as the sheet
has it, and whoever sends it says whose it is; the sheet need not be sent again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final, NamedTuple

from flask import request
from flask_babel import gettext
from pydantic import Field
from sqlalchemy import Connection

from app import intake
from app.intake import ChangeSet, EditedSheet, Master, RowsSent, SentFile, SheetConflict
from app.kit.refusals import Invalid, at_field
from app.plain.findings import Finding, Place, n_
from app.web.answer.rendering import Page, Redirect
from app.web.asked.limits import EVENTS_BYTES
from app.web.asked.request_context import RequestContext
from app.web.changes import changing
from app.web.changes.change_basket import NEW, BasketForm
from app.web.sentences.row_words import COLUMNS, RowWords, headings_of
from app.web.wording.languages import finding_text
from app.web.wording.words import FOLDER_FILES

__all__ = ["SheetForm", "row_files", "send_back"]

CONFLICTS_MOST: Final = 500
"""Rows that are shown at once; of a sheet that is so old it is quicker to take it anew."""

_IN_A_SET: Final = re.compile(r"set/([0-9]+)(?:/(.+))?")
_ZIPPED: Final = b"PK\3\4"
"""How a workbook begins."""


class SheetForm(BasketForm):
    """A sheet, or what was read of it before, and whose each row is that another revision has changed."""

    sheet_of: Annotated[str, Field(max_length=40)]
    """Of which file its rows are, with ``.csv``."""
    read: Annotated[str, Field(max_length=EVENTS_BYTES)] = ""
    """The rows that were edited, as JSON, where the sheet came before."""
    revision: Annotated[int | None, Field(ge=1, lt=2**31)] = None
    shown: tuple[str, ...] = ()
    """Marks of the rows that were shown as changed by others (:attr:`app.intake.SheetConflict.mark`)."""
    mine: tuple[str, ...] = ()
    """Of these, the ones that are to be as the sheet has them."""


class ShownConflict(NamedTuple):
    """A row that others have changed, in words: each column that differs as it was taken, as it is, and as the sheet has it."""

    mark: str
    row: str
    is_gone: bool
    differs: list[tuple[str, str, str, str]]


class _TakenByOthersError(Exception):
    """Rows that others have changed, and that whoever sends the sheet has not seen: nothing is written."""

    def __init__(self, edited: EditedSheet) -> None:
        super().__init__()
        self.edited: Final = edited


def row_files(context: RequestContext) -> list[str]:
    """The files of rows that are kept in the application, so that a set takes their sheets. Queries: 1."""
    masters = intake.masters(context.connection)
    return [file for file, master in masters.items() if master is Master.APPLICATION and file.endswith(".csv")]


def send_back(context: RequestContext, form: SheetForm, *, action: str) -> Page | Redirect:
    """Put what was edited in a sheet into an open set of one's own, or one that begins with it.

    Args:
        context: of a route without a transaction of its own.
        form: with the sheet among the request's files.
        action: the address that the form goes to.

    Returns:
        The page of the rows that others have changed, or the way to the set.

    Raises:
        Invalid: the sheet cannot be read, or nothing of it was changed.
        NotThere, Conflict: as of :func:`app.web.changes.changing.held_open`, and where the file comes by another door.
    """
    with context.read():
        # Before anything is read: a workbook takes a minute at most, and who keeps no sets has none to send.
        changing.writer(context)
        if form.into != NEW and form.sheet_of in FOLDER_FILES:
            changing.refuse_put(context, int(form.into), form.sheet_of)
    sent = _sheet(form)
    try:
        sheet = intake.read_sheet(form.sheet_of, sent)
    except Invalid as refusal:
        raise Invalid(*map(_at_sheet, refusal.findings)) from None

    def work(connection: Connection) -> tuple[int, int]:
        if form.into != NEW:
            change = changing.held_open(context, int(form.into))
            return change.id, filled(change)
        said = form.title, form.reason, form.sheet_of, form.mine, sent
        number = changing.begun_once(context, form.form_id, said, begun)
        return number, len(intake.changed_rows(connection, number).rows)

    def begun() -> ChangeSet:
        change = changing.begun(context, form.title, form.reason)
        filled(change)
        return change

    def filled(change: ChangeSet) -> int:
        edited = intake.edited_sheet(context.connection, change, sheet)
        if any(one.mark not in form.shown for one in edited.conflicts):
            raise _TakenByOthersError(edited)
        rows = [*edited.rows.items(), *((one.key, one.both) for one in edited.conflicts if one.mark in form.mine)]
        if not rows:
            raise Invalid(at_field("sheet", "nothing_changed", NOTHING_CHANGED))
        changing.put_rows(context, change, RowsSent(form.sheet_of, rows))
        return len(rows)

    try:
        number, count = context.writing(work)
    except _TakenByOthersError as taken:
        with context.read():
            return _taken_by_others(context, form, sent, taken.edited, action)
    except Invalid as refusal:
        raise Invalid(*map(_at_sheet, refusal.findings)) from None
    return Redirect(
        n_(
            "Of the sheet in change set %(number)s now, rows: %(count)s. Look at what they were and what they would be."
        ),
        then="changes.one",
        values={"number": number},
        parameters={"number": number, "count": count},
    )


NOTHING_CHANGED: Final = n_("Nothing in this sheet has changed since it was taken: change a row first.")


def _sheet(form: SheetForm) -> SentFile:
    """What was sent, or what was read of it before."""
    if form.sheet_of not in FOLDER_FILES or form.sheet_of.removesuffix(".csv") not in intake.FOLDER_FILES:
        raise Invalid(at_field("sheet_of", "unknown", n_("There is no such file of rows: choose one of the list.")))
    if form.read:
        return SentFile(_rows_read(form.read), form.revision)
    sheet = request.files.get("sheet")
    body = b"" if sheet is None else sheet.read()
    if not body:
        message = n_("No file was sent: choose the workbook or CSV file that you have edited.")
        raise Invalid(at_field("sheet", "missing", message))
    headings = headings_of(form.sheet_of)
    try:
        if body.startswith(_ZIPPED):
            return intake.rows_of_xlsx(form.sheet_of, body, headings=headings)
        return SentFile(intake.rows_of_csv(form.sheet_of, body, headings=headings), None)
    except Invalid as refusal:
        raise Invalid(*map(_at_sheet, refusal.findings)) from None


def _rows_read(text: str) -> list[dict[str, str]]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        rows = None
    if isinstance(rows, list) and all(
        isinstance(row, dict) and all(isinstance(value, str) for value in row.values()) for row in rows
    ):
        return rows
    message = n_("What was read of the sheet did not come back whole: choose the file once more.")
    raise Invalid(at_field("sheet", "missing", message))


def _at_sheet(finding: Finding) -> Finding:
    """The same at the field of the sheet, with the line and the column that it is about."""
    field, line = finding.place.field, finding.place.line
    if inside := _IN_A_SET.fullmatch(field or ""):
        line, field = int(inside[1]) + 2, inside[2]
    elif field in {"title", "reason", "into", "sheet", "sheet_of"} and line is None:
        return finding
    if line is None:
        return replace(finding, place=Place(field="sheet"))
    if field is not None and field in COLUMNS:
        where = gettext("Line %(line)s, %(column)s", line=line, column=gettext(COLUMNS[field]))
    else:
        where = gettext("Line %(line)s", line=line)
    message = n_("%(where)s: %(detail)s")
    return at_field("sheet", finding.code, message, where=str(where), detail=finding_text(finding))


def _taken_by_others(
    context: RequestContext, form: SheetForm, sent: SentFile, edited: EditedSheet, action: str
) -> Page:
    """The page that shows the rows that others have changed, with all that was read of the sheet in it."""
    if len(edited.conflicts) > CONFLICTS_MOST:
        message = n_("Others have changed rows of this sheet since it was taken (%(count)s): take it anew.")
        raise Invalid(at_field("sheet", "overtaken", message, count=len(edited.conflicts)))
    words = RowWords(context)
    rows = [*edited.rows.values(), *(one.sent for one in edited.conflicts)]
    return Page(
        "pages/sheet_conflicts.html",
        form=form,
        action_address=action,
        file=str(gettext(FOLDER_FILES[form.sheet_of])),
        conflicts=[_shown(words, form.sheet_of, one) for one in edited.conflicts],
        others=len(edited.rows),
        revision=sent.revision,
        read=json.dumps([dict(row) for row in rows]),
    )


def _shown(words: RowWords, file: str, conflict: SheetConflict) -> ShownConflict:
    versions = (conflict.taken or {}, conflict.now or {}, conflict.sent)
    columns: Sequence[str] = intake.columns_of(file)
    differs = [column for column in columns if len({one.get(column, "") for one in versions}) > 1]
    told = []
    for column in differs:
        taken, now, sent = (words.cell(column, one.get(column)) for one in versions)
        told.append((words.column(column), taken, now, sent))
    return ShownConflict(conflict.mark, words.key(file, conflict.key), conflict.now is None, told)

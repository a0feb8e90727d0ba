"""Files to keep: asked for by a form with its reason, written down, and sent; activities while they are read.

Do not send what is not yet written down: a reader who leaves after the first rows has them. So the rows are counted and
the download is written down and committed before the first byte leaves; count and rows come from one state of the ledger.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, BinaryIO, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from app import access, scoring
from app.exports import (
    ACTIVITIES,
    Export,
    ExportSheet,
    as_csv,
    refuse_more_than_a_workbook_holds,
    with_figures_named,
    write_xlsx,
)
from app.kit.refusals import Invalid, at_field
from app.ledger import Listed, ListedActivity
from app.plain.findings import n_
from app.rules.terms import Name, Node
from app.web.answer.rendering import Download
from app.web.asked.reader import while_read
from app.web.asked.request_context import RequestContext
from app.web.wording.file_words import file_words
from app.web.wording.languages import page_language

__all__ = [
    "ActivitiesExport",
    "LoggedReading",
    "ReasonedExport",
    "activities_file",
    "reasoned_file",
    "refuse_without_reason",
    "sheet_file",
    "written_down",
]

_REASON_LEAST: Final = 3
_PIECE_BYTES: Final = 2**16


class ReasonedExport(BaseModel):
    """The form of a download; what is downloaded stands in its address, as it does for the page."""

    model_config = ConfigDict(frozen=True)

    reason: Annotated[str, Field(min_length=_REASON_LEAST, max_length=500)]
    format: Literal["csv", "xlsx"] = "csv"


class ActivitiesExport(BaseModel):
    """The same for activities, of which one's own need no reason."""

    model_config = ConfigDict(frozen=True)

    reason: Annotated[str, Field(max_length=500)] = ""
    format: Literal["csv", "xlsx"] = "csv"


def refuse_without_reason(reason: str) -> None:
    """Other people's data are downloaded with a reason (contract, "Who may what").

    Raises:
        Invalid: there is none.
    """
    if len(reason) < _REASON_LEAST:
        message = (
            n_("This is too short: use at least %(min_length)s characters.")
            if reason
            else n_("This is empty: fill it in.")
        )
        raise Invalid(at_field("reason", "missing", message, min_length=_REASON_LEAST))


def sheet_file(sheet: ExportSheet, *, name: str, kind: Literal["csv", "xlsx"], made_at: dt.datetime) -> Download:
    """A table as a file.

    Args:
        sheet: the table.
        name: of the file, without its ending.
        kind: of file.
        made_at: written into a workbook as its day of making.

    Raises:
        Invalid: the table does not fit into a workbook.
        ReaderLeftError: whoever asked for a workbook has left before it was whole.
    """
    if kind == "xlsx":
        return _workbook(sheet, name=name, made_at=made_at)
    return Download(content=as_csv(sheet), filename=f"{name}.csv", media_type="text/csv; charset=utf-8")


def _workbook(sheet: ExportSheet, *, name: str, made_at: dt.datetime) -> Download:
    """The workbook, in a file without a name: it goes with its last reader, and with the process where that ends before."""
    with ExitStack() as until_sent:
        file = until_sent.enter_context(tempfile.TemporaryFile())
        write_xlsx(replace(sheet, rows=while_read(sheet.rows)), file, made_at=made_at)
        size = file.tell()
        file.seek(0)
        return Download(
            content=_pieces(file),
            filename=f"{name}.xlsx",
            media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            headers={"Content-Length": str(size)},
            after=until_sent.pop_all().close,
        )
    raise AssertionError  # the block returns or raises


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


@dataclass(frozen=True, slots=True)
class LoggedReading:
    """What the log of readings says of a download of other people's data.

    Attributes:
        what: was downloaded.
        asked: what narrowed it.
        rows: how many there are.
    """

    what: str
    asked: Mapping[str, Any]
    rows: int = field(kw_only=True)


def written_down(
    context: RequestContext,
    file: Download,
    *,
    reason: str,
    reading: LoggedReading | None,
    subject: str,
    after: Mapping[str, Any],
) -> Download:
    """A file that may be sent: it stands in the log of readings and on the trail (contract, "Who may what").

    Args:
        context: of a route that opens no transaction.
        file: what it holds open is closed where it cannot be written down.
        reason: what it is for; empty where nobody asks.
        reading: what the log of readings says of it; None where it is no reading of other people's data.
        subject: what the trail says it was about.
        after: what the trail says was downloaded.

    Queries: 1 for the trail, 1 for a reading, beside those of :meth:`RequestContext.in_force`.
    """
    with ExitStack() as until_sent:
        if file.after is not None:
            until_sent.callback(file.after)
        with context.write() as connection:
            if reading is not None:
                access.record_reading(
                    connection,
                    who=context.label,
                    what=reading.what,
                    asked=reading.asked,
                    reason=reason or None,
                    rows=reading.rows,
                    at=context.now,
                )
            context.note(subject=subject, after=after, why=reason or None)
        until_sent.pop_all()
        return file
    raise AssertionError  # the block returns or raises


def reasoned_file(
    context: RequestContext,
    form: ReasonedExport,
    *,
    sheet: ExportSheet,
    name: str,
    what: str,
    asked: Mapping[str, Any],
    rows: int,
    subject: str | None = None,
) -> Download:
    """A table about other people as a file, with its row in the log of readings and on the trail, which are written once it is whole.

    Args:
        context: of a route that opens no transaction: nobody waits to write while scores are worked out and a workbook is made.
        form: the reason, and the kind of file.
        sheet: the table.
        name: of the file, without its ending.
        what: was downloaded, as the log says it.
        asked: what narrowed it.
        rows: how many there are.
        subject: what the trail says it was about, where it is not all of it.

    Raises:
        Invalid: the table does not fit into a workbook.
    """
    return written_down(
        context,
        sheet_file(sheet, name=name, kind=form.format, made_at=context.now),
        reason=form.reason,
        reading=LoggedReading(what, asked, rows=rows),
        subject=subject or what,
        after={"rows": rows, **asked},
    )


def activities_file(
    context: RequestContext,
    form: ActivitiesExport,
    *,
    find: Callable[[Connection], Listed],
    subject: str,
    asked: Mapping[str, Any],
    own: bool = False,
    export: Export[ListedActivity] = ACTIVITIES,
) -> Download:
    """The file, with its row in the log of readings and on the trail.

    Args:
        context: of a route that opens no transaction.
        form: the reason, and the kind of file.
        find: which activities, in a transaction that stays open until the file has been sent.
        subject: what the trail says it was about.
        asked: what narrowed them.
        own: they are the person's own: no reason is asked for, and it is no reading of other people's data.
        export: which columns the file has.

    Raises:
        Invalid: there is no reason, or the activities are more than a workbook holds.
    """
    if not own:
        refuse_without_reason(form.reason)
    file, rows = _activities(context, form, find=find, export=export)
    parameters = {**asked, "format": form.format}
    return written_down(
        context,
        file,
        reason=form.reason,
        reading=None if own else LoggedReading(ACTIVITIES.name, {"of": subject, **parameters}, rows=rows),
        subject=subject,
        after={"rows": rows, **parameters},
    )


def _figure_names(connection: Connection, day: dt.date) -> dict[str, Callable[[str], str]]:
    """What KPIs and nodes are called, in the language of whoever asks: rows are written when the request is over."""
    loaded, language = scoring.state(connection), page_language()
    kpis, directory = loaded.sheet.definitions.kpis, loaded.frame.directory

    def kpi_name(code: str) -> str:
        return kpis[code].versions[-1].name.in_language(language) if code in kpis else code

    def node_name(text: str) -> str:
        node = Node.parse(text)
        name = text if node is None else scoring.node_name(directory, node, day)
        return name.in_language(language) if isinstance(name, Name) else name

    return {"kpi_name": kpi_name, "node_name": node_name}


def _activities(
    context: RequestContext,
    form: ActivitiesExport,
    *,
    find: Callable[[Connection], Listed],
    export: Export[ListedActivity],
) -> tuple[Download, int]:
    """The file and the number of its rows."""
    with ExitStack() as reading:
        connection = reading.enter_context(context.read())
        activities = find(connection)
        names = _figure_names(connection, context.today)
        if form.format == "xlsx":
            refuse_more_than_a_workbook_holds(activities.count)
        file = sheet_file(
            with_figures_named(export, closing=file_words().closing, **names).sheet(activities.rows),
            name=f"activities-{context.today.isoformat()}",
            kind=form.format,
            made_at=context.now,
        )
        # A workbook is whole by now; the rows of a CSV are read while it is sent, and the transaction stays open.
        if file.after is None:
            file = replace(file, after=reading.pop_all().close)
        return file, activities.count
    raise AssertionError  # the block returns or raises

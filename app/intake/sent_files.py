"""A file of the agency folder as somebody sends it back from a spreadsheet: rows for a change set.

Whoever works in a spreadsheet adds columns of their own, sorts, and lets it write days as it likes. None of that may matter; a cell that cannot be
read is told by its line and column, and then nothing is taken.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from app.intake.changed_folder import columns_of
from app.intake.first_findings import FirstFindings
from app.intake.folder import FILES
from app.intake.stored_folder import KEYS
from app.kit.files import Columns, Remark, Row, Trouble, heading_key, read_csv_text, read_xlsx
from app.kit.refusals import Invalid, TooLarge, at_field
from app.plain.findings import Finding, Place, n_

__all__ = ["MARK_SHEET", "SentFile", "keys_pasted", "rows_of_csv", "rows_of_xlsx", "rows_pasted"]

_NO_HEADINGS: Final[Mapping[str, str]] = MappingProxyType({})

_DAYS: Final = frozenset({"from", "to", "valid_from", "valid_to", "hired_on", "left_on", "decided_on", "lifted_on"})
_MONTHS: Final = frozenset({"month"})
_DAY: Final = re.compile(
    r"([0-9]{4})\s*[-./년]\s*([0-9]{1,2})\s*[-./월]\s*([0-9]{1,2})\s*[.일]?(?:[ T]+0?0:00(?::00(?:\.0+)?)?)?"
)
"""A day that begins with its year, as Excel and LibreOffice write it: 2026-03-01T00:00:00, 2026/3/1, 2026. 3. 1., 2026년 3월 1일."""
_MONTH: Final = re.compile(r"([0-9]{4})\s*[-./년]\s*([0-9]{1,2})\s*[.월]?")
_SHORT_MONTH: Final = re.compile(r"([A-Za-z]{3})-([0-9]{2})")
"""What Excel makes of 2026-03: Mar-26."""
_ENGLISH_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SERIAL: Final = re.compile(r"[2-7][0-9]{4}")
"""A day whose cell has lost its format, from 1954 to 2118."""
_SERIALS_FROM: Final = dt.date(1899, 12, 30)


class SentFile(NamedTuple):
    """Rows as a workbook has them, and the revision that they were taken from; None where it does not say."""

    rows: list[dict[str, str]]
    revision: int | None


MARK_SHEET: Final = "kopes"
"""The sheet of a workbook of ours that is not shown: below ``revision`` and ``file`` it says of what it was taken."""

VALUES_MAX: Final = 1_000_000
"""Values that a file may hold which somebody sends to a change set: as many as any request."""

SECONDS_MAX: Final = 60
"""How long a workbook is read at most while its sender waits."""

_OWN_COLUMNS: Final = "x_"
"""How the names of columns begin that whoever fills the sheet has added for themself."""


def rows_of_csv(file: str, body: bytes, *, headings: Mapping[str, str] = _NO_HEADINGS) -> list[dict[str, str]]:
    """The rows of a CSV file, by column.

    Args:
        file: which of the folder's, with ``.csv``.
        body: as it was sent.
        headings: what its columns are called beside their own names (:func:`app.kit.files.heading_key`).

    Raises:
        Invalid: something of it cannot be read.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        message = n_("This is not UTF-8 text: save the file as UTF-8.")
        raise Invalid(Finding(code="not_utf8", message=message, place=Place(file=file))) from None
    return _rows(file, read_csv_text(text, columns=_columns(file, headings), name=file))


def rows_of_xlsx(file: str, body: bytes, *, headings: Mapping[str, str] = _NO_HEADINGS) -> SentFile:
    """The rows of a workbook's first sheet that is shown, by column, and of what revision they were; else as :func:`rows_of_csv`."""
    hidden: dict[str, list[list[str]]] = {}
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as sent:
        sent.write(body)
        sent.flush()
        read = read_xlsx(
            Path(sent.name), columns=_columns(file, headings), name=file, seconds=SECONDS_MAX, hidden=hidden
        )
        rows = _rows(file, read, is_workbook=True)
    return SentFile(rows, _revision_in(hidden.get(MARK_SHEET, []), file))


def _revision_in(rows: Sequence[Sequence[str]], file: str) -> int | None:
    said = {row[0]: row[1] for row in rows if len(row) > 1}
    number = said.get("revision", "")
    return int(number) if said.get("file") == file and number.isascii() and number.isdigit() else None


def rows_pasted(
    file: str,
    text: str,
    *,
    present: Mapping[tuple[str, ...], Mapping[str, str]],
    headings: Mapping[str, str] = _NO_HEADINGS,
) -> list[dict[str, str]]:
    """Rows as somebody pastes them from a spreadsheet, or types them with commas: a first line of columns may be left out.

    A column that is left out stays as it is in a row that is there, and is empty in a new one: nobody erases what they do not see.

    Args:
        file: which of the folder's, with ``.csv``.
        text: as it was pasted.
        present: the file's rows by key, as the set has them.
        headings: what its columns are called beside their own names (:func:`app.kit.files.heading_key`).

    Raises:
        Invalid: something of it cannot be read.
    """
    cells = _pasted(text)
    if not cells or file.removesuffix(".csv") not in FILES:
        return []
    columns = columns_of(file)
    called = {column.casefold(): column for column in columns}
    first = [called.get(cell.strip().casefold(), headings.get(heading_key(cell), cell)) for cell in cells[0]]
    if not set(first) & set(columns):
        first = list(columns)
        cells.insert(0, first)
    if len(cells) * len(first) > VALUES_MAX:
        raise _too_many()
    # What stands empty at a line's end is lost where a form is sent, and nobody types it.
    rows = [[*row, *[""] * (len(first) - len(row))] for row in cells[1:]]
    key = KEYS[file.removesuffix(".csv")]
    left_out = [column for column in columns if column not in first]
    if left_out and set(key) <= set(first):
        at = [first.index(column) for column in key]
        there = [present.get(tuple(row[place].strip() for place in at), {}) for row in rows]
        rows = [[*row, *(known.get(column, "") for column in left_out)] for row, known in zip(rows, there, strict=True)]
        first = [*first, *left_out]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([first, *rows])
    return _rows(file, read_csv_text(out.getvalue(), columns=_columns(file, headings), name=file))


def keys_pasted(file: str, text: str) -> list[dict[str, str]]:
    """Keys of rows, one a line, its values in the order of the key's columns, between commas, tabs or blanks."""
    key = KEYS.get(file.removesuffix(".csv"), ())
    lines = (line.strip() for line in text.splitlines())
    return [dict(zip(key, re.split(r"\s*[,\t]\s*|\s+", line), strict=False)) for line in lines if line]


def _pasted(text: str) -> list[list[str]]:
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line.strip()]
    delimiter = "\t" if any("\t" in line for line in lines) else ","
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        raise Invalid(at_field("rows", "field_too_long", TOO_LONG, most=csv.field_size_limit())) from None


TOO_LONG: Final = n_("A cell is longer than %(most)s letters: shorten it, or close its quotation mark.")


def _too_many() -> TooLarge:
    return TooLarge(
        message=n_("A request carries at most %(most)s values; these are more."), parameters={"most": VALUES_MAX}
    )


def _columns(file: str, headings: Mapping[str, str]) -> Columns:
    of_file = FILES[file.removesuffix(".csv")]
    more = tuple(column for column in columns_of(file) if column not in of_file.all)
    return Columns(
        required=of_file.required,
        optional=(*of_file.optional, *more),
        ignored_prefix=_OWN_COLUMNS,
        also_called=headings,
    )


def _rows(file: str, read: Iterable[Row | Trouble | Remark], *, is_workbook: bool = False) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    findings = FirstFindings()
    columns = columns_of(file)
    for item in read:
        if isinstance(item, Row):
            if len(rows) * len(columns) >= VALUES_MAX:
                raise _too_many()
            rows.append(
                {column: _as_typed(column, item.values.get(column, ""), is_workbook=is_workbook) for column in columns}
            )
        elif isinstance(item, Trouble):
            findings.extend(item.findings)
    if findings:
        raise Invalid(*findings, *findings.left_out())
    return list(_placed(rows)) if file == "status.csv" else rows


def _as_typed(column: str, text: str, *, is_workbook: bool) -> str:
    """A cell as it was meant: spreadsheets write days in ways of their own, and a month as its first day.

    Where nobody can tell day from month it stays as it is, and is told of.
    """
    text = text.strip()
    if is_workbook and text.startswith("'<r>"):
        return text[1:]
    if not text or column not in _DAYS | _MONTHS:
        return text
    day = _day_in(text, is_workbook=is_workbook)
    if column in _DAYS:
        return text if day is None else day.isoformat()
    if day is not None:
        return f"{day:%Y-%m}"
    return _month_in(text)


def _day_in(text: str, *, is_workbook: bool) -> dt.date | None:
    if is_workbook and _SERIAL.fullmatch(text):
        return _SERIALS_FROM + dt.timedelta(days=int(text))
    written = _DAY.fullmatch(text)
    try:
        return None if written is None else dt.date(*map(int, written.groups()))
    except ValueError:
        return None


def _month_in(text: str) -> str:
    if written := _MONTH.fullmatch(text):
        return f"{written[1]}-{int(written[2]):02}"
    if (short := _SHORT_MONTH.fullmatch(text)) and short[1].casefold() in _ENGLISH_MONTHS:
        return f"20{short[2]}-{_ENGLISH_MONTHS.index(short[1].casefold()) + 1:02}"
    return text


def _placed(rows: Iterable[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Statuses with their places: those of one employee and cycle in the order of the file, where no column says so."""
    places: dict[tuple[str, str], int] = {}
    for row in rows:
        owner = row["employee"], row["cycle"]
        places[owner] = places.get(owner, 0) + 1
        yield {**row, "place": row["place"] or str(places[owner])}

"""A table as XLSX, row by row in constant memory: numbers as numbers, days as days, text as text.

A newcomer's usual mistake is ``worksheet.write``, which guesses: a text of ``=1+1`` becomes a formula, a web address a link.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal
from typing import BinaryIO, Final

import xlsxwriter

from app.exports.table import Cell, ExportSheet, harmless
from app.kit.refusals import Invalid, at_field
from app.plain.findings import n_

__all__ = ["refuse_more_than_a_workbook_holds", "refuse_too_long", "write_xlsx"]

_ROWS_MAX: Final = 2**20 - 1
"""Of a sheet, below the header."""
_DIGITS_EXACT: Final = 15
"""A spreadsheet's number holds so many digits; a longer one stays text, exact."""
_FIRST_DAY: Final = dt.date(1900, 3, 1)


def write_xlsx(sheet: ExportSheet, into: BinaryIO, *, made_at: dt.datetime) -> None:
    """Write the workbook: the table on the first sheet; on the second its count and the SHA-256 of its cells.

    Args:
        sheet: the table.
        into: a file that can be sought in; a workbook of many rows has its place on the disk and not in memory.
        made_at: written into the file as its day of making.

    Raises:
        Invalid: it has more rows, or a longer text, than a workbook holds. The library would leave out what does not fit, without a word.
    """
    book = xlsxwriter.Workbook(
        into,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    try:
        _fill(book, sheet, made_at)
    finally:
        # What has been written so far stands in a file of the library's own, which goes when the book is closed.
        book.close()


def _fill(book: xlsxwriter.Workbook, sheet: ExportSheet, made_at: dt.datetime) -> None:
    book.set_properties({"created": made_at.replace(tzinfo=None)})
    bold = book.add_format({"bold": True})
    formats = {"day": book.add_format({"num_format": "yyyy-mm-dd"}), "two": book.add_format({"num_format": "0.00"})}
    of_columns = [
        None if one is None else book.add_format({"num_format": one})
        for one in sheet.number_formats or (None,) * len(sheet.header)
    ]
    page = book.add_worksheet(sheet.name[:31])
    page.freeze_panes(1, 0)
    for at, width in enumerate(sheet.widths):
        page.set_column(at, at, width)
    for at, name in enumerate(sheet.header):
        page.write_string(0, at, _text(name), bold)
    digest = hashlib.sha256()
    count = 0
    for count, row in enumerate(sheet.rows, 1):
        for at, cell in enumerate(row):
            _write(page, (count, at), cell, formats, of_columns[at])
        digest.update(
            "\x1f".join("" if cell is None else str(cell) for cell in row).encode("utf-8", "replace") + b"\x1e"
        )
    if count:
        page.autofilter(0, 0, count, len(sheet.header) - 1)
    name, rows = sheet.closing
    end = book.add_worksheet(name)
    end.write_string(0, 0, rows, bold)
    end.write_number(0, 1, count)
    end.write_string(1, 0, "sha256", bold)
    end.write_string(1, 1, digest.hexdigest())
    for line, (what, cell) in enumerate(sheet.notes, 2):
        end.write_string(line, 0, _text(what), bold)
        _write(end, (line, 1), cell, formats, None)


def refuse_more_than_a_workbook_holds(rows: int) -> None:
    """Say so before they are written, where their number is known.

    Raises:
        Invalid: there are more than a sheet has.
    """
    if rows > _ROWS_MAX:
        raise _does_not_fit()


def refuse_too_long(written: int) -> None:
    """Go on only where the library took a cell, by what its ``write`` returns.

    Raises:
        Invalid: its text is longer than a cell holds.
    """
    if written:
        raise _does_not_fit()


def _does_not_fit() -> Invalid:
    return Invalid(at_field("format", "too_large", n_("This is more than a workbook holds: choose CSV as the format.")))


def _text(text: str) -> str:
    """A text as it may be written.

    One that begins and ends as the library's own marks for letters in several fonts it would write into the sheet as it stands: a formula, or half a
    tag. With an apostrophe before it, as before a formula, it is a text like any other.
    """
    written = harmless(text)
    return f"'{written}" if written.startswith("<r>") else written


def _write(
    page: xlsxwriter.worksheet.Worksheet,
    where: tuple[int, int],
    cell: Cell,
    formats: dict[str, object],
    of_column: object | None,
) -> None:
    line, column = where
    if cell is None:
        return
    refused = 0
    if isinstance(cell, Decimal | int):
        exact = Decimal(cell)
        if len(exact.as_tuple().digits) <= _DIGITS_EXACT:
            # The nearest double shows the same fifteen digits.
            usual = formats["two"] if exact.as_tuple().exponent == -2 else None
            refused = page.write_number(line, column, cell, of_column or usual)
        else:
            refused = page.write_string(line, column, f"{exact:f}")
    elif isinstance(cell, dt.datetime):
        refused = page.write_string(line, column, cell.isoformat())
    elif isinstance(cell, dt.date):
        if cell >= _FIRST_DAY:
            refused = page.write_datetime(line, column, dt.datetime(cell.year, cell.month, cell.day), formats["day"])  # noqa: DTZ001 - a day has no zone
        else:
            refused = page.write_string(line, column, cell.isoformat())
    else:
        refused = page.write_string(line, column, _text(cell))
    refuse_too_long(refused)

"""A table as XLSX, row by row in constant memory: numbers as numbers, days as days, text as text.

A newcomer's usual mistake is ``worksheet.write``, which guesses: a text of ``=1+1`` becomes a formula, a web address a link.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from decimal import Decimal
from typing import Final

import xlsxwriter

from app.exports.table import Cell, Sheet, harmless

__all__ = ["as_xlsx"]

_DIGITS_EXACT: Final = 15
"""A spreadsheet's number holds so many digits; a longer one stays text, exact."""
_FIRST_DAY: Final = dt.date(1900, 3, 1)


def as_xlsx(sheet: Sheet, *, made_at: dt.datetime) -> bytes:
    """The workbook: the table on the first sheet; on the second its count and the SHA-256 of its cells.

    Args:
        sheet: the table.
        made_at: written into the file as its day of making.
    """
    held = io.BytesIO()
    book = xlsxwriter.Workbook(
        held,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    book.set_properties({"created": made_at.replace(tzinfo=None)})
    bold = book.add_format({"bold": True})
    formats = {"day": book.add_format({"num_format": "yyyy-mm-dd"}), "two": book.add_format({"num_format": "0.00"})}
    page = book.add_worksheet(sheet.name[:31])
    page.freeze_panes(1, 0)
    for at, width in enumerate(sheet.widths):
        page.set_column(at, at, width)
    for at, name in enumerate(sheet.header):
        page.write_string(0, at, name, bold)
    digest = hashlib.sha256()
    count = 0
    for count, row in enumerate(sheet.rows, 1):
        for at, cell in enumerate(row):
            _write(page, (count, at), cell, formats)
        digest.update(
            "\x1f".join("" if cell is None else str(cell) for cell in row).encode("utf-8", "replace") + b"\x1e"
        )
    if count:
        page.autofilter(0, 0, count, len(sheet.header) - 1)
    end = book.add_worksheet("count")
    for line, (name, value) in enumerate((("rows", str(count)), ("sha256", digest.hexdigest()))):
        end.write_string(line, 0, name, bold)
        if name == "rows":
            end.write_number(line, 1, count)
        else:
            end.write_string(line, 1, value)
    book.close()
    return held.getvalue()


def _write(
    page: xlsxwriter.worksheet.Worksheet, where: tuple[int, int], cell: Cell, formats: dict[str, object]
) -> None:
    line, column = where
    if cell is None:
        return
    if isinstance(cell, Decimal | int):
        exact = Decimal(cell)
        if len(exact.as_tuple().digits) <= _DIGITS_EXACT:
            # The nearest double shows the same fifteen digits.
            page.write_number(line, column, cell, formats["two"] if exact.as_tuple().exponent == -2 else None)
        else:
            page.write_string(line, column, f"{exact:f}")
    elif isinstance(cell, dt.datetime):
        page.write_string(line, column, cell.isoformat())
    elif isinstance(cell, dt.date):
        if cell >= _FIRST_DAY:
            page.write_datetime(line, column, dt.datetime(cell.year, cell.month, cell.day), formats["day"])  # noqa: DTZ001 - a day has no zone
        else:
            page.write_string(line, column, cell.isoformat())
    else:
        page.write_string(line, column, harmless(cell))

"""Rows of a file of the agency folder as a workbook that is edited and sent back into a change set.

Every cell is a text, as in the CSV: a spreadsheet neither rounds a figure nor turns a code into a number. Do not put an apostrophe before what looks
like a formula here: a cell of texts is not run, and what is sent back has to be what was taken.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from io import BytesIO
from typing import Final

import xlsxwriter

from app.exports.xlsx_files import refuse_more_than_a_workbook_holds, refuse_too_long

__all__ = ["folder_rows_xlsx"]

_WIDTHS: Final = (10, 32)


def folder_rows_xlsx(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    locked: Collection[str],
    name: str,
    mark: Mapping[str, Mapping[str, str]],
    made_at: dt.datetime,
) -> bytes:
    """Write the workbook.

    Args:
        columns: as the contract names them.
        rows: their cells.
        locked: the columns of the key, whose cells cannot be typed into; a new row below takes any.
        name: of the sheet.
        mark: of a sheet that is not shown, by its name: what it says.
        made_at: written into the file as its day of making.

    Raises:
        Invalid: it has more rows, or a longer text, than a workbook holds.
    """
    refuse_more_than_a_workbook_holds(len(rows))
    into = BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(into, options) as book:
        book.set_properties({"created": made_at.replace(tzinfo=None)})
        open_ = book.add_format({"num_format": "@", "locked": False})
        shut = book.add_format({"num_format": "@", "locked": True, "bg_color": "#eeeeee"})
        bold = book.add_format({"num_format": "@", "bold": True})
        page = book.add_worksheet(name[:31])
        page.freeze_panes(1, 0)
        for at, column in enumerate(columns):
            longest = max((len(row[at]) for row in rows), default=0)
            page.set_column(at, at, min(max(len(column) + 2, longest + 1, _WIDTHS[0]), _WIDTHS[1]), open_)
            page.write_string(0, at, column, bold)
        for line, row in enumerate(rows, 1):
            for at, text in enumerate(row):
                style = shut if columns[at] in locked else open_
                if not text:
                    page.write_blank(line, at, None, style)
                else:
                    refuse_too_long(page.write_string(line, at, f"'{text}" if text.startswith("<r>") else text, style))
        page.protect(
            "", {"format_columns": True, "format_rows": True, "insert_rows": True, "sort": True, "autofilter": True}
        )
        for sheet, said in mark.items():
            beside = book.add_worksheet(sheet)
            for line, (what, value) in enumerate(said.items()):
                beside.write_string(line, 0, what)
                beside.write_string(line, 1, value)
            beside.hide()
    return into.getvalue()

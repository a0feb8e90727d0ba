"""Workbooks as a spreadsheet program reads and writes them: with none of the product's own code."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import python_calamine
import xlsxwriter

__all__ = ["Sheets", "edited", "opened", "saved"]

Sheets = Mapping[str, Sequence[Sequence[Any]]]


def opened(content: bytes) -> tuple[dict[str, list[list[Any]]], set[str]]:
    """The cells of a workbook by sheet, and the names of the sheets that are not shown."""
    book = python_calamine.load_workbook(io.BytesIO(content))
    hidden = {one.name for one in book.sheets_metadata if one.visible != python_calamine.SheetVisibleEnum.Visible}
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}, hidden


def saved(
    sheets: Sheets,
    hidden: Collection[str],
    *,
    days: Collection[str] = (),
    numbers: Collection[str] = (),
) -> bytes:
    """The workbook as a spreadsheet program saves it: all of it written anew, days and figures as it understands them."""
    into = io.BytesIO()
    with xlsxwriter.Workbook(into) as book:
        day = book.add_format({"num_format": "yyyy. m. d."})
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            for line, row in enumerate(rows):
                for at, cell in enumerate(row):
                    heading = rows[0][at]
                    if line and cell and heading in days:
                        page.write_datetime(line, at, dt.datetime.fromisoformat(cell), day)
                    elif line and cell and heading in numbers:
                        page.write_number(line, at, float(cell))
                    else:
                        page.write(line, at, cell)
            if name in hidden:
                page.hide()
    return into.getvalue()


def edited(sheets: Sheets, name: str, key: str, column: str, value: str) -> dict[str, Sequence[Sequence[Any]]]:
    """The sheets with another value in one row."""
    header, *rows = sheets[name]
    at = header.index(column)
    return dict(sheets) | {
        name: [header, *([*row[:at], value, *row[at + 1 :]] if row[0] == key else row for row in rows)]
    }

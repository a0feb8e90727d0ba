"""A workbook's first sheet that is shown as rows of exact text: a program of its own, started by :mod:`app.kit.files`.

A newcomer would call the reader in place. A single cell in the far corner of a sheet (XFD1048576) makes it ask for hundreds of gigabytes and
abort the process, and no exception handler sees that. So whatever a stranger's workbook does, it does to this program, which has a limit
of memory; the server or command that asked sees an output without its end.

Libraries that read values do not tell what a cell is beside its value: to them ``#N/A`` and a formula that was never calculated are empty,
and 40% is 0.4. So the sheet's own XML is looked through once more for those marks, and for the rows that nobody sees, by hand or by a filter.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import posixpath
import re
import resource
import sys
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import IO, Final, NamedTuple, TypedDict

import python_calamine

__all__ = ["END", "ERROR", "FORMULA", "MERGED", "NO_SHEET", "NUMBER", "TOO_LONG", "Preface", "cell_text", "main"]

MEMORY_BYTES_MAX: Final = 3 * 2**30
COLUMNS_MAX: Final = 2**14
ROWS_MAX: Final = 2**20
TEXT_LENGTH_MAX: Final = 2**17
"""What a sheet has, and more than a cell holds (ECMA-376): a file that says more was made to keep its reader busy."""
BATCH: Final = 500
END: Final = "end"
"""The last line of a whole output."""
NO_SHEET: Final = "no_sheet"
"""The last line where the workbook has no sheet."""

TOO_LONG: Final = "too_long"
"""The only line where its cells hold more text than any table of activities."""

LETTERS_MIN: Final = 8 * 2**20
LETTERS_FACTOR: Final = 16
"""All cells together may hold so many letters, or so many times what the workbook has in bytes once it is unpacked. A text that many cells share
stands in the file once: five kilobytes could say a hundred million letters."""

_HEADER_LETTERS: Final = 200
_HEADER_CELLS: Final = 500
_FIRST_ROWS: Final = 20
"""What of another sheet's rows tells whether one of them names columns: there may be a title above."""

NUMBER: Final = "number"
ERROR: Final = "error"
"""The kind of a cell that shows ``#N/A`` or the like."""
FORMULA: Final = "formula"
"""The kind of a cell whose formula was never calculated."""
MERGED: Final = "merged"
"""The kind of a cell that lies under another one, with which it is merged: it looks full and holds nothing."""
_PERCENT: Final = "percent"

_SIGNIFICANT_MAX: Final = 16
_PERCENT_FORMATS: Final = frozenset({9, 10})
"""0% and 0.00%, which workbooks name by number alone (ECMA-376, 18.8.30)."""
_LITERAL: Final = re.compile(r'"[^"]*"|[\\_*].')
_RANGE: Final = re.compile("([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)")
_LETTERS: Final = re.compile("[A-Z]+")

Marks = dict[int, dict[int, tuple[str, str]]]
"""Row from 1 -> column from 0 -> kind and, of an error, what is shown."""
Merged = list[tuple[int, int, int, int]]
"""First row from 1, first column from 0, last row, last column."""


class Preface(TypedDict):
    """What is said of a workbook before its rows."""

    further: dict[str, list[list[str]]]
    """Of each further sheet that is shown: the first rows with anything in them."""
    hidden: dict[str, list[list[str]]]
    """The same of sheets that are not shown."""
    hidden_rows: list[int]
    """Rows of the sheet that hold something and are not shown."""


class _Seen(NamedTuple):
    """What a sheet's own XML says beside the values."""

    marks: Marks
    merged: Merged
    hidden_rows: list[int]


Row = tuple[int, list[str], list[tuple[int, str]]]
"""A row's number from 1, its cells as texts, and column from 0 and kind of those that are no plain text."""


# ---------------------------------------------------------------------------------------------------------------- values


def cell_text(cell: object, *, is_percent: bool = False) -> str:
    """A cell as the text that a person typed: numbers without an exponent, a percentage as its percent, dates and times as ISO 8601."""
    if isinstance(cell, str):
        if len(cell) > TEXT_LENGTH_MAX:
            message = "a cell holds more than any can"
            raise ValueError(message)
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return _number_text(cell, is_percent=is_percent)
    if isinstance(cell, dt.datetime | dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


def _number_text(number: float, *, is_percent: bool) -> str:
    """A number's digits. Seventeen of them are noise of binary arithmetic (0.1 + 0.2): then the fifteen that the spreadsheet shows."""
    exact = Decimal(repr(number))
    if not exact.is_finite():
        return str(exact)
    if len("".join(map(str, exact.as_tuple().digits)).strip("0")) > _SIGNIFICANT_MAX:
        exact = Decimal(f"{number:.15g}")
    if is_percent:
        exact = exact.scaleb(2)
    text = f"{exact or abs(exact):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rows(sheet: python_calamine.CalamineSheet, marks: Marks, merged: Merged) -> Iterator[Row]:
    # Empty rows above the first one are given, empty columns before the first one are not.
    before = [""] * (sheet.start[1] if sheet.start else 0)
    waiting, covering = sorted(merged, reverse=True), Merged()
    width = 0
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        texts, kinds = _row([*before, *cells], marks.pop(number, {}))
        covering = [one for one in covering if one[2] >= number]
        while waiting and waiting[-1][0] <= number:
            covering.append(_apart_from(covering, waiting.pop()))
        if kinds or any(texts):
            # The reader gives every row as many cells as the longest one has: what lies beyond a row's end and the table's says nothing.
            filled = max((place + 1 for place, text in enumerate(texts) if text), default=0)
            width = width or filled
            end = max(filled, min(width, len(texts)), *(place + 1 for place, _ in kinds), 0)
            yield number, texts[:end], [*kinds, *((place, MERGED) for place in _covered(number, end, covering))]
    # A row of nothing but errors or uncalculated formulas is empty to the reader of values.
    for number, cells_marked in sorted(marks.items()):
        texts, kinds = _row([], cells_marked)
        if kinds:
            yield number, texts, kinds


def _apart_from(covering: Merged, merged: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """A merged cell that shares no column with those that lie beside it, as in every workbook that a program wrote."""
    if any(first <= merged[3] and merged[1] <= last for _, first, _, last in covering):
        message = "merged cells lie upon each other"
        raise ValueError(message)
    return merged


def _covered(number: int, width: int, covering: Merged) -> list[int]:
    """The places of a row that lie under a merged cell: all of it but its first cell."""
    return [
        place
        for first_row, first, _, last in covering
        for place in range(first, min(last + 1, width))
        if (number, place) != (first_row, first)
    ]


def _row(cells: Sequence[object], marks: dict[int, tuple[str, str]]) -> tuple[list[str], list[tuple[int, str]]]:
    texts: list[str] = []
    kinds: list[tuple[int, str]] = []
    for place in range(max((len(cells), *(place + 1 for place in marks)))):
        cell = cells[place] if place < len(cells) else ""
        kind, shown = marks.get(place, ("", ""))
        texts.append(shown if kind == ERROR else cell_text(cell, is_percent=kind == _PERCENT))
        if kind in {ERROR, FORMULA}:
            kinds.append((place, kind))
        elif isinstance(cell, int | float) and not isinstance(cell, bool):
            kinds.append((place, NUMBER))
    return texts, kinds


# ---------------------------------------------------------------------------------------------------------------- marks


def _seen(path: str, name: str) -> _Seen:
    """The cells of a sheet that show an error or a percentage, or hold a formula without a value; those that are merged; the rows that are hidden."""
    seen = _Seen({}, [], [])
    with zipfile.ZipFile(path) as archive:
        percents = _percent_styles(archive)
        with archive.open(_part_of(archive, name)) as sheet:
            for row, column, mark in _marked_cells(sheet, percents, seen):
                seen.marks.setdefault(row, {})[column] = mark
    return seen


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _elements(archive: zipfile.ZipFile, member: str, name: str) -> Iterator[ET.Element]:
    with archive.open(member) as part:
        tree = ET.parse(part)  # noqa: S314 - as at its import
    return (element for element in tree.iter() if _local(element) == name)


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    entry = next(one for one in _elements(archive, "xl/workbook.xml", "sheet") if one.get("name") == sheet)
    relation = next(value for name, value in entry.items() if name.endswith("}id"))
    targets = {
        one.get("Id"): one.get("Target", "") for one in _elements(archive, "xl/_rels/workbook.xml.rels", "Relationship")
    }
    return posixpath.normpath(posixpath.join("/xl", targets[relation])).lstrip("/")


def _percent_styles(archive: zipfile.ZipFile) -> frozenset[int]:
    """The numbers of the cell styles that show a percentage."""
    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    own_formats = {
        int(one.get("numFmtId", "0"))
        for one in _elements(archive, "xl/styles.xml", "numFmt")
        if "%" in _LITERAL.sub("", one.get("formatCode", ""))
    }
    styles = next(_elements(archive, "xl/styles.xml", "cellXfs"), None)
    formats = [int(style.get("numFmtId", "0")) for style in styles] if styles is not None else []
    return frozenset(number for number, one in enumerate(formats) if one in own_formats | _PERCENT_FORMATS)


def _marked_cells(
    sheet: IO[bytes], percents: frozenset[int], seen: _Seen
) -> Iterator[tuple[int, int, tuple[str, str]]]:
    row, column, is_hidden = 0, -1, False
    tables: set[int] = set()
    rows: set[int] = set()
    columns: set[int] = set()
    for event, element in ET.iterparse(sheet, ("start", "end")):  # noqa: S314 - as at its import
        name = _local(element)
        if event == "start":
            if name == "sheetData":
                _first_time(0, tables)
            elif name == "row":
                row, column = _within(int(element.get("r", row + 1)), ROWS_MAX), -1
                _first_time(row, rows)
                columns.clear()
                is_hidden = element.get("hidden") in {"1", "true"}
        elif name == "c":
            reference = element.get("r")
            column = _column(reference) if reference else column + 1
            mark = _mark(element, percents)
            _first_time(_within(column, COLUMNS_MAX - 1), columns)
            if mark is not None:
                yield row, column, mark
            if is_hidden and len(element):
                seen.hidden_rows.append(row)
                is_hidden = False
        elif name == "row":
            element.clear()
        elif name == "mergeCell" and (corners := _RANGE.fullmatch(element.get("ref", ""))):
            left, top, right, bottom = corners.groups()
            seen.merged.append((int(top), _column(left), int(bottom), _column(right)))


def _within(place: int, most: int) -> int:
    """A row or column that a sheet has."""
    if place > most:
        message = "a sheet has no such cell"
        raise ValueError(message)
    return place


def _first_time(place: int, places: set[int]) -> None:
    """A table of cells, a row or a cell of one, that stands there once: of two the reader of values tells one, as if the other had never been."""
    if place in places:
        message = "a table, row or cell stands there twice"
        raise ValueError(message)
    places.add(place)


def _mark(cell: ET.Element, percents: frozenset[int]) -> tuple[str, str] | None:
    kind = cell.get("t", "n")
    parts = {_local(part): part.text or "" for part in cell}
    if kind == "e":
        return ERROR, parts.get("v", "")
    # A text may be stored empty: ="" has a value. A number cannot.
    if "f" in parts and not (parts.get("v") or ("v" in parts and kind == "str")):
        return FORMULA, ""
    if kind == "n" and parts.get("v") and int(cell.get("s", "0")) in percents:
        return _PERCENT, ""
    return None


def _column(reference: str) -> int:
    """The place from 0 of the column that a reference names: 2 for C7."""
    letters = _LETTERS.match(reference)
    number = 0
    for letter in letters[0] if letters else "A":
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _first_rows(workbook: python_calamine.CalamineWorkbook, sheet: str) -> list[list[str]]:
    """The first rows of a sheet with anything in them: they tell whether it is a table of the same kind."""
    rows = (
        [cell_text(cell)[:_HEADER_LETTERS] for cell in cells] for cells in workbook.get_sheet_by_name(sheet).iter_rows()
    )
    return [texts[:_HEADER_CELLS] for texts in islice(filter(any, rows), _FIRST_ROWS)]


def _holds_too_much(path: str, sheet: python_calamine.CalamineSheet) -> bool:
    """Whether a cell, or all of them together, hold more text than such a file can mean. Asked before the first row is given."""
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    left = max(LETTERS_MIN, LETTERS_FACTOR * unpacked)
    for cells in sheet.iter_rows():
        lengths = [len(cell) for cell in cells if type(cell) is str]
        left -= sum(lengths)
        if left < 0 or max(lengths, default=0) > TEXT_LENGTH_MAX:
            return True
    return False


def main(path: str) -> None:
    """Write a :class:`Preface`, then the rows that hold anything as lines of JSON, each a list of :data:`Row`, then a line that says it is the end."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    workbook = python_calamine.CalamineWorkbook.from_path(path)
    write = sys.stdout.write
    # Charts and macros have sheets of their own, without rows.
    tables = [one for one in workbook.sheets_metadata if one.typ == python_calamine.SheetTypeEnum.WorkSheet]
    shown = [one.name for one in tables if one.visible == python_calamine.SheetVisibleEnum.Visible]
    hidden = [one.name for one in tables if one.name not in shown]
    if not tables:
        write(json.dumps(NO_SHEET) + "\n")
        return
    sheet = (shown or hidden).pop(0)
    table = workbook.get_sheet_by_name(sheet)
    if _holds_too_much(path, table):
        write(json.dumps(TOO_LONG) + "\n")
        return
    seen = _seen(path, sheet)
    preface = Preface(
        further={name: _first_rows(workbook, name) for name in shown},
        hidden={name: _first_rows(workbook, name) for name in hidden},
        hidden_rows=seen.hidden_rows,
    )
    write(json.dumps(preface) + "\n")
    rows = _rows(table, seen.marks, seen.merged)
    while batch := list(islice(rows, BATCH)):
        write(json.dumps(batch) + "\n")
    write(json.dumps(END) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])

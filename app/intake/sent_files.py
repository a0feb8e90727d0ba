"""A file of the agency folder as somebody sends it back from a spreadsheet: rows for a change set.

Whoever works in a spreadsheet adds columns of their own, sorts, and lets it write days as it likes. None of that may matter; a cell that cannot be
read is told by its line and column, and then nothing is taken.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from app.intake.changed_folder import columns_of
from app.intake.first_findings import FirstFindings
from app.intake.folder import FILES
from app.intake.stored_folder import KEYS
from app.kit.files import Columns, Remark, Row, Trouble, read_csv_text, read_xlsx
from app.kit.refusals import Invalid, TooLarge
from app.plain.findings import Finding, Place, n_

__all__ = ["keys_pasted", "rows_of_csv", "rows_of_xlsx", "rows_pasted"]

VALUES_MAX: Final = 1_000_000
"""Values that a file may hold which somebody sends to a change set: as many as any request."""

SECONDS_MAX: Final = 60
"""How long a workbook is read at most while its sender waits."""

_OWN_COLUMNS: Final = "x_"
"""How the names of columns begin that whoever fills the sheet has added for themself."""


def rows_of_csv(file: str, body: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file, by column.

    Args:
        file: which of the folder's, with ``.csv``.
        body: as it was sent.

    Raises:
        Invalid: something of it cannot be read.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        message = n_("This is not UTF-8 text: save the file as UTF-8.")
        raise Invalid(Finding(code="not_utf8", message=message, place=Place(file=file))) from None
    return _rows(file, read_csv_text(text, columns=_columns(file), name=file))


def rows_of_xlsx(file: str, body: bytes) -> list[dict[str, str]]:
    """The rows of a workbook's first sheet, by column; as :func:`rows_of_csv`."""
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as sent:
        sent.write(body)
        sent.flush()
        return _rows(file, read_xlsx(Path(sent.name), columns=_columns(file), name=file, seconds=SECONDS_MAX))


def rows_pasted(file: str, text: str) -> list[dict[str, str]]:
    """Rows as somebody pastes them from a spreadsheet, or types them with commas: a first line of columns may be left out.

    Args:
        file: which of the folder's, with ``.csv``.
        text: as it was pasted.

    Raises:
        Invalid: something of it cannot be read.
    """
    cells = _pasted(text)
    if not cells or file.removesuffix(".csv") not in FILES:
        return []
    known = {column.casefold() for column in columns_of(file)}
    first = {cell.strip().casefold() for cell in cells[0]}
    if not first & known:
        cells.insert(0, list(columns_of(file)))
    # What stands empty at a line's end is lost where a form is sent, and nobody types it.
    cells = [[*row, *[""] * (len(cells[0]) - len(row))] for row in cells]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(cells)
    return _rows(file, read_csv_text(out.getvalue(), columns=_columns(file), name=file))


def keys_pasted(file: str, text: str) -> list[dict[str, str]]:
    """Keys of rows, one a line, its values in the order of the key's columns, between commas, tabs or blanks."""
    key = KEYS.get(file.removesuffix(".csv"), ())
    lines = (line.strip() for line in text.splitlines())
    return [dict(zip(key, re.split(r"\s*[,\t]\s*|\s+", line), strict=False)) for line in lines if line]


def _pasted(text: str) -> list[list[str]]:
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line.strip()]
    delimiter = "\t" if any("\t" in line for line in lines) else ","
    return list(csv.reader(lines, delimiter=delimiter))


def _columns(file: str) -> Columns:
    of_file = FILES[file.removesuffix(".csv")]
    more = tuple(column for column in columns_of(file) if column not in of_file.all)
    return Columns(required=of_file.required, optional=(*of_file.optional, *more), ignored_prefix=_OWN_COLUMNS)


def _rows(file: str, read: Iterable[Row | Trouble | Remark]) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    findings = FirstFindings()
    columns = columns_of(file)
    for item in read:
        if isinstance(item, Row):
            if len(rows) * len(columns) >= VALUES_MAX:
                raise TooLarge(
                    message=n_("A request carries at most %(most)s values; these are more."),
                    parameters={"most": VALUES_MAX},
                )
            rows.append({column: item.values.get(column, "") for column in columns})
        elif isinstance(item, Trouble):
            findings.extend(item.findings)
    if findings:
        raise Invalid(*findings, *findings.left_out())
    return list(_placed(rows)) if file == "status.csv" else rows


def _placed(rows: Iterable[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Statuses with their places: those of one employee and cycle in the order of the file, where no column says so."""
    places: dict[tuple[str, str], int] = {}
    for row in rows:
        owner = row["employee"], row["cycle"]
        places[owner] = places.get(owner, 0) + 1
        yield {**row, "place": row["place"] or str(places[owner])}

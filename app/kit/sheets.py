"""A workbook's first sheet as rows of exact text: a program of its own, started by :mod:`app.kit.files`.

A newcomer would call the reader in place. A single cell in the far corner of a sheet (XFD1048576) makes it ask for hundreds of gigabytes and
abort the process, and no exception handler sees that. So whatever a stranger's workbook does, it does to this program, which has a limit
of memory; the server or command that asked sees an output without its end.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import resource
import sys
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Final

import python_calamine

__all__ = ["END", "NO_SHEET", "cell_text", "main"]

MEMORY_BYTES_MAX: Final = 3 * 2**30
BATCH: Final = 500
END: Final = "end"
"""The last line of a whole output."""
NO_SHEET: Final = "no_sheet"
"""The last line where the workbook has no sheet."""

_SIGNIFICANT_MAX: Final = 16


def cell_text(cell: object) -> str:
    """A cell as the text that a person typed: numbers without an exponent, dates and times as ISO 8601."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return _number_text(cell)
    if isinstance(cell, dt.datetime | dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


def _number_text(number: float) -> str:
    """A number's digits. Seventeen of them are noise of binary arithmetic (0.1 + 0.2): then the fifteen that the spreadsheet shows."""
    exact = Decimal(repr(number))
    if not exact.is_finite():
        return str(exact)
    if len("".join(map(str, exact.as_tuple().digits)).strip("0")) > _SIGNIFICANT_MAX:
        exact = Decimal(f"{number:.15g}")
    text = f"{exact or abs(exact):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rows(sheet: Iterable[Sequence[object]]) -> Iterator[tuple[int, list[str]]]:
    for number, cells in enumerate(sheet, start=1):
        texts = [cell_text(cell) for cell in cells]
        if any(texts):
            yield number, texts


def main(path: str) -> None:
    """Write the rows that hold anything as lines of JSON, each a list of (row's number, cells), then a line that says it is the end."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    workbook = python_calamine.CalamineWorkbook.from_path(path)
    write = sys.stdout.write
    if not workbook.sheet_names:
        write(json.dumps(NO_SHEET) + "\n")
        return
    rows = _rows(workbook.get_sheet_by_index(0).iter_rows())
    while batch := list(islice(rows, BATCH)):
        write(json.dumps(batch) + "\n")
    write(json.dumps(END) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])

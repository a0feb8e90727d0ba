"""A table as CSV, written as it is read: the first bytes leave at once.

Do not trust a file that ends: a connection that breaks leaves one that looks whole. The last line says how many rows
there are and the SHA-256 of all before it; a file without that line is cut.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from app.exports.table import Cell, ExportSheet, harmless

__all__ = ["END", "as_csv"]

END: Final = "# rows"
"""How the last line begins: ``# rows,1300,sha256,…``."""

_BLOCK_ROWS: Final = 500
_BYTE_ORDER_MARK: Final = "\ufeff"


def as_csv(sheet: ExportSheet) -> Iterator[bytes]:
    """The table in UTF-8, in blocks; the byte order mark lets spreadsheets read it as such."""
    digest = hashlib.sha256()
    count = 0

    def block(lines: list[list[str]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(lines)
        written = text.getvalue().encode()
        digest.update(written)
        return written

    first = block([list(sheet.header)])
    yield _BYTE_ORDER_MARK.encode() + first
    waiting: list[list[str]] = []
    for row in sheet.rows:
        waiting.append([cell if cell.__class__ is str and cell.isalnum() else _text(cell) for cell in row])
        count += 1
        if len(waiting) == _BLOCK_ROWS:
            yield block(waiting)
            waiting = []
    if waiting:
        yield block(waiting)
    yield f"{END},{count},sha256,{digest.hexdigest()}\r\n".encode()


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return str(cell)

"""What an export is: a name, columns, and rows of plain values.

A newcomer's usual mistake is to write ``=2+3`` as it came: a spreadsheet runs it. Text that begins like a formula gets an apostrophe before it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Generic, TypeAlias, TypeVar

__all__ = ["FORMULA_STARTS", "Cell", "Column", "Export", "Sheet", "harmless"]

Cell: TypeAlias = str | int | Decimal | dt.date | dt.datetime | None
Row = TypeVar("Row")

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a text for a formula (peers.md)."""


# Without slots: in Python 3.11 a frozen generic class with slots cannot be written ``Column[Row](…)``.
@dataclass(frozen=True)
class Column(Generic[Row]):
    """A column: its name in the file's header, and its value in a row."""

    name: str
    value: Callable[[Row], Cell]
    width: int = 14


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table ready to be written: a name, a header, and rows as long as the header is."""

    name: str
    header: tuple[str, ...]
    rows: Iterable[Sequence[Cell]]
    widths: tuple[int, ...] = ()


@dataclass(frozen=True)
class Export(Generic[Row]):
    """One kind of file, of rows that a page's read model has."""

    name: str
    columns: tuple[Column[Row], ...]

    def sheet(self, rows: Iterable[Row]) -> Sheet:
        """The rows as a table; nothing is read before it is written."""
        values = [column.value for column in self.columns]
        return Sheet(
            self.name,
            tuple(column.name for column in self.columns),
            ([value(row) for value in values] for row in rows),
            tuple(column.width for column in self.columns),
        )


def harmless(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would run it.

    Full-width signs are taken by some spreadsheets for the plain ones, and leading space is passed over.
    """
    if text[:1].isalnum():  # which is none of them, and most texts
        return text
    begins = text.lstrip(" \N{NO-BREAK SPACE}\ufeff")
    if text.startswith(FORMULA_STARTS) or begins.startswith((*FORMULA_STARTS, "\uff1d", "\uff0b", "\uff0d", "\uff20")):
        return f"'{text}"
    return text

"""What an export is: a name, columns, and rows of plain values.

A newcomer's usual mistake is to write ``=2+3`` as it came: a spreadsheet runs it. Text that begins like a formula gets an apostrophe before it.
So does what follows a semicolon, a tab or the end of a line within a text: half the world's spreadsheets part a CSV's cells there.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Generic, TypeAlias, TypeVar

from app.plain.findings import n_
from app.rules.terms import Name

__all__ = ["WON", "Cell", "Column", "Export", "ExportSheet", "FileWords", "harmless", "measured_cell"]

Cell: TypeAlias = str | int | Decimal | dt.date | dt.datetime | None
Row = TypeVar("Row")

WON: Final = "[$₩-412]#,##0"
"""How a workbook writes whole won: with the currency's sign, and groups as its reader's spreadsheet has them."""

_MEASURED_PLACES: Final = 6
"""Decimals that the API promises of a measured value; with all that a division has, a workbook would keep it as text."""

_PARTING: Final = r";\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029"
"""Where a spreadsheet may begin another cell or row, whatever we put between them."""
_PASSED_OVER: Final = (
    r'\s"\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u180b-\u180f\u200b-\u200f\u202a-\u202e'
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""What a spreadsheet may pass over before a formula: spaces, controls, what has no width or looks empty, and quotation marks."""
_SIGNS: Final = r"=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u207a\u207b\u207c\u208a\u208b\u208c\u2212\ufb29"
"""What a formula begins with, full-width, small and raised ones and the minus of mathematics too."""
_RUNS: Final = re.compile(rf"(?:^|(?<=[{_PARTING}]))(?=(?:(?![{_PARTING}])[{_PASSED_OVER}])*[{_SIGNS}])|^(?=[\t\r\n])")


# Without slots: in Python 3.11 a frozen generic class with slots cannot be written ``Column[Row](…)``.
@dataclass(frozen=True)
class Column(Generic[Row]):
    """A column: its name in the file's header, its value in a row, and how a workbook writes its numbers where that is not as any number."""

    name: str
    value: Callable[[Row], Cell]
    width: int = 14
    number_format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWords:
    """What a person's file calls things in its reader's language; none of it asks for a request, for rows are written while they are sent.

    Attributes:
        say: a message in that language.
        language: of the names that the folder brought.
        terms: messages by the kind of thing (reason, link, …) and its code.
    """

    say: Callable[[str], str]
    language: str
    terms: Mapping[str, Mapping[str, str]]

    def term(self, kind: str, code: str | None) -> str | None:
        """What a code of that kind is called; None for none."""
        return None if code is None else self.say(self.terms[kind].get(code, code))

    @property
    def closing(self) -> tuple[str, str]:
        """What a workbook calls the sheet that says how many rows there are, and the rows."""
        return self.say(n_("count")), self.say(n_("rows"))

    def named(self, name: str | None) -> str | None:
        """A unit's or a person's name as the reader knows it; None for none."""
        return name.in_language(self.language) if isinstance(name, Name) else name


@dataclass(frozen=True, slots=True)
class ExportSheet:
    """A table ready to be written: a name, a header, and rows as long as the header is."""

    name: str
    header: tuple[str, ...]
    rows: Iterable[Sequence[Cell]]
    widths: tuple[int, ...] = ()
    number_formats: tuple[str | None, ...] = ()
    """Of each column; none at all where all numbers are as any."""
    closing: tuple[str, str] = ("count", "rows")
    """What a workbook calls the sheet that says how many rows there are, and the rows."""
    notes: tuple[tuple[str, Cell], ...] = ()
    """What that sheet says beside, each by its name."""


@dataclass(frozen=True)
class Export(Generic[Row]):
    """One kind of file, of rows that a page's read model has."""

    name: str
    columns: tuple[Column[Row], ...]
    closing: tuple[str, str] = ("count", "rows")
    """As of :attr:`ExportSheet.closing`."""

    def sheet(self, rows: Iterable[Row]) -> ExportSheet:
        """The rows as a table; nothing is read before it is written."""
        values = [column.value for column in self.columns]
        return ExportSheet(
            self.name,
            tuple(column.name for column in self.columns),
            ([value(row) for value in values] for row in rows),
            tuple(column.width for column in self.columns),
            tuple(column.number_format for column in self.columns),
            self.closing,
        )


def harmless(text: str) -> str:
    """The text, with an apostrophe at each place where a spreadsheet would begin to run it."""
    return text if text.isalnum() else _RUNS.sub("'", text)


def measured_cell(value: str | None) -> Decimal | None:
    """A measured value, as the read models have it, for a cell."""
    if value is None:
        return None
    # Without its last zeros a thousand would be written as 1E+3: a sum, of 0 too, has its digits in full.
    return round(Decimal(value), _MEASURED_PLACES).normalize() + 0

"""The cells of one row as values: what is wrong with a cell becomes a finding at its file, line and column.

``None`` is both "empty" and "wrong, and already reported". Where an empty cell is an error the reader
is told so (``required``); whether a row had any error is asked of :attr:`Cells.failed`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Container, Hashable, Mapping, MutableMapping
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeVar

from app.kit.files import Row
from app.plain.findings import Finding, Level, Place, n_
from app.plain.texts import is_blank, quoted
from app.rules.moments import written_day
from app.rules.terms import CODE_PATTERN, FIGURE_PATTERN, Node

__all__ = ["TEXT_MAX", "YEARS", "Cells"]

E = TypeVar("E", bound=StrEnum)

TEXT_MAX: Final = 500
YEARS: Final = range(1000, 9990)
"""Four digits, and far enough from the calendar's end that every cycle has one."""

_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


class Cells:
    """A row being read.

    Args:
        row: the row.
        findings: where problems go.
    """

    __slots__ = ("_findings", "failed", "file", "line", "values")

    def __init__(self, row: Row, findings: list[Finding]) -> None:
        self.file: Final = row.file
        self.line: Final = row.line
        self.values: Final = row.values
        self.failed = False
        self._findings: Final = findings

    def report(self, field: str, code: str, message: str, **parameters: object) -> None:
        """Add an error at a column of this row."""
        self.failed = True
        place = Place(file=self.file, line=self.line, field=field)
        self._findings.append(Finding(code=code, message=message, parameters=parameters, place=place))

    def warn(self, field: str, code: str, message: str, **parameters: object) -> None:
        """Add a warning at a column of this row."""
        place = Place(file=self.file, line=self.line, field=field)
        self._findings.append(
            Finding(code=code, message=message, parameters=parameters, place=place, level=Level.WARNING)
        )

    def _expected(self, field: str, code: str, message: str, cell: str, **parameters: object) -> None:
        self.report(field, code, message, found=quoted(cell), **parameters)

    def given(self, field: str, *, required: bool = False) -> str | None:
        """The cell without the space around it; None where it is empty, which is an error where ``required``."""
        cell = self.values.get(field, "").strip()
        if not is_blank(cell):
            return cell
        if required:
            self.report(field, "required", n_("this must not be empty"))
        return None

    def text(self, field: str, *, required: bool = False) -> str | None:
        """Any text of up to 500 characters, as it is written."""
        if self.given(field, required=required) is None:
            return None
        cell = self.values[field]
        if len(cell) > TEXT_MAX:
            self.report(field, "too_long", n_("a text of at most %(most)s characters was expected"), most=TEXT_MAX)
            return None
        return cell

    def code(self, field: str, *, required: bool = True) -> str | None:
        """A code or number of ours: 1 to 40 of ``A-Za-z0-9._-``."""
        cell = self.given(field, required=required)
        if cell is None or CODE_PATTERN.fullmatch(cell):
            return cell
        message = n_("1 to 40 letters, digits, full stops, dashes or underscores were expected, not “%(found)s”")
        self._expected(field, "not_a_code", message, cell)
        return None

    def choice(self, field: str, options: type[E], *, required: bool = True) -> E | None:
        """One of an enumeration's words."""
        cell = self.given(field, required=required)
        if cell is None:
            return None
        try:
            return options(cell)
        except ValueError:
            message = n_("one of %(options)s was expected, not “%(found)s”")
            self._expected(field, "not_an_option", message, cell, options=", ".join(options))
            return None

    def among(self, field: str, options: Container[str], message: str, *, required: bool = True) -> str | None:
        """One of many texts; ``message`` says what was expected and may show ``%(found)s``."""
        cell = self.given(field, required=required)
        if cell is None or cell in options:
            return cell
        self._expected(field, "not_an_option", message, cell)
        return None

    def day(self, field: str, *, required: bool = False) -> dt.date | None:
        """A date as ISO 8601 writes it: ``2026-03-31``."""
        cell = self.given(field, required=required)
        if cell is None:
            return None
        day = written_day(cell)
        if day is None:
            self._expected(field, "not_a_date", n_("a date such as 2026-03-31 was expected, not “%(found)s”"), cell)
        return day

    def month(self, field: str) -> str | None:
        """A month of a year: ``2026-03``."""
        cell = self.given(field, required=True)
        if cell is None or (_MONTH.fullmatch(cell) and int(cell[:4]) in YEARS):
            return cell
        self._expected(field, "not_a_month", n_("a month such as 2026-03 was expected, not “%(found)s”"), cell)
        return None

    def year(self, field: str) -> int | None:
        """A year or a cycle: four digits."""
        cell = self.given(field, required=True)
        if cell is None:
            return None
        if len(cell) == 4 and cell.isascii() and cell.isdigit() and int(cell) in YEARS:
            return int(cell)
        self._expected(field, "not_a_year", n_("a year such as 2026 was expected, not “%(found)s”"), cell)
        return None

    def whole(self, field: str, least: int, most: int, *, required: bool = True) -> int | None:
        """A whole number within bounds that both count as inside."""
        number = self.number(field, required=required)
        if number is None:
            return None
        if number == number.to_integral_value() and least <= number <= most:
            return int(number)
        message = n_("a whole number from %(least)s to %(most)s was expected, not “%(found)s”")
        self._expected(field, "not_in_range", message, self.values[field].strip(), least=least, most=most)
        return None

    def number(
        self,
        field: str,
        *,
        required: bool = False,
        above: int | None = None,
        least: int | None = None,
        most: int | None = None,
    ) -> Decimal | None:
        """A decimal with a point, within bounds."""
        cell = self.given(field, required=required)
        if cell is None:
            return None
        if not FIGURE_PATTERN.fullmatch(cell):
            message = n_("a number such as -1234.56 was expected, not “%(found)s”")
            self._expected(field, "not_a_number", message, cell)
            return None
        number = Decimal(cell)
        if above is not None and number <= above:
            message = n_("a number above %(bound)s was expected, not “%(found)s”")
            self._expected(field, "not_in_range", message, cell, bound=above)
            return None
        if least is not None and number < least:
            message = n_("a number of at least %(bound)s was expected, not “%(found)s”")
            self._expected(field, "not_in_range", message, cell, bound=least)
            return None
        if most is not None and number > most:
            message = n_("a number of at most %(bound)s was expected, not “%(found)s”")
            self._expected(field, "not_in_range", message, cell, bound=most)
            return None
        return number

    def node(self, field: str, known: Mapping[str, Node], *, required: bool = True) -> Node | None:
        """A unit or an employee of the folder: ``unit:VIE`` or ``employee:E0001``."""
        cell = self.given(field, required=required)
        if cell is None:
            return None
        node = known.get(cell)
        if node is None and Node.parse(cell) is None:
            message = n_("unit:CODE or employee:NUMBER was expected, not “%(found)s”")
            self._expected(field, "not_a_node", message, cell)
        elif node is None:
            self._expected(field, "unknown_node", n_("there is no “%(found)s” in this folder"), cell)
        return node

    def once(self, seen: MutableMapping[Hashable, int], key: Hashable, field: str) -> bool:
        """Whether no row before had this key; the second one is an error that names the first."""
        first = seen.setdefault(key, self.line)
        if first == self.line:
            return True
        self.report(field, "duplicate", n_("line %(line)s has already said this"), line=first)
        return False

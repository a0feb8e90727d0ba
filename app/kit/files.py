"""Files from outside, row by row: CSV, XLSX and NDJSON whose rows know their file and line.

Whatever the bytes are, a reader never raises: what cannot be read comes out as a :class:`Trouble` between the rows, and reading goes on
where it can. A newcomer's usual mistake: to number rows by counting them. A quoted cell may hold line breaks, so a row's line is where it
begins in the file.
"""

from __future__ import annotations

import csv
import errno
import io
import json
import re
import stat
import string
import subprocess
import sys
import threading
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final, NamedTuple, TextIO, cast

from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from app.kit import sheets
from app.plain.findings import Finding, Level, Place, n_
from app.plain.json_text import NotJsonError, RepeatedMemberError, decode_sent
from app.plain.texts import quoted

__all__ = [
    "LINE_LENGTH_MAX",
    "MESSAGES",
    "Columns",
    "LineContent",
    "Remark",
    "Row",
    "Trouble",
    "csv_lines",
    "heading_key",
    "nearest",
    "read_csv",
    "read_csv_text",
    "read_ndjson",
    "read_xlsx",
    "refuse_endless",
]

LINE_LENGTH_MAX: Final = 4 * 2**20
"""A longer line is no event and no row; it is skipped without being kept in memory."""

UNPACKED_BYTES_MAX: Final = 2**30
"""A workbook that unpacks to more than this is refused before it is unpacked."""


class Row(NamedTuple):
    """A row of a table, every cell as text; an empty cell is an empty text."""

    file: str
    line: int
    """Where it begins, from 1; in a workbook the sheet's row."""
    values: Mapping[str, str]


class LineContent(NamedTuple):
    """A JSON value: a line of NDJSON, or the event that a row stands for."""

    file: str
    line: int
    value: object
    text: str = ""
    """The JSON as it came; empty where it was made of a row."""
    letters: int = 0
    """Of the row that it was made of."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What could not be read, and where."""

    file: str
    line: int | None
    findings: tuple[Finding, ...]
    text: str = ""
    """The line as it came, as far as it can be shown; of a table its cells as CSV."""
    whole_file: bool = False
    """Nothing more comes of this file."""


class Remark(NamedTuple):
    """What its writer should know of a file, though every row of it is read."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns a table may have, in small letters: a required one that is not there is an error, and so is one that is none of them.

    Attributes:
        required: what has to be there.
        optional: what may be there.
        ignored: what may be there and is not read, in small letters.
        ignored_prefix: how the names of others begin that are not read; empty for none.
        texts: columns of names that look like numbers: a spreadsheet keeps fifteen digits of a number and makes the others zero.
        also_called: other names of columns, as :func:`heading_key` has them.
        paired: columns of codes with an even number of digits: a number with an odd one may have lost a zero before it.
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    ignored: frozenset[str] = frozenset()
    ignored_prefix: str = ""
    texts: frozenset[str] = frozenset()
    paired: frozenset[str] = frozenset()
    also_called: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def all(self) -> tuple[str, ...]:
        """Required and optional ones."""
        return self.required + self.optional

    def named(self, names: Iterable[str]) -> list[str]:
        """The column that each heading means, in whatever letters or by another name; the heading itself where it is none."""
        known = {one.casefold(): one for one in self.all}
        return [known.get(name.casefold()) or self.also_called.get(heading_key(name), name) for name in names]

    def ignores(self, name: str) -> bool:
        """Whether a column is there for somebody else."""
        name = name.casefold()
        return name in self.ignored or (bool(self.ignored_prefix) and name.startswith(self.ignored_prefix))


def heading_key(text: str) -> str:
    """A heading as headings are compared: letters alone, however they are spaced or put together."""
    return "".join(unicodedata.normalize("NFC", text).casefold().split())


MESSAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unreadable": n_("The file cannot be read: %(reason)s."),
        "empty_file": n_("The file is empty: a first row with the names of the columns is expected."),
        "not_utf8": n_("This is not UTF-8 text. Save the file as UTF-8."),
        "nul": n_("This holds a NUL character."),
        "line_too_long": n_("The line is longer than %(most)s characters."),
        "field_too_long": n_("A cell is longer than %(most)s characters; perhaps a quotation mark is not closed."),
        "quote_not_closed": n_("A quotation mark is not closed before the end of the file."),
        "bad_quotes": n_("The quotation marks of this row do not match."),
        "swallowed": n_("A quotation mark that opens in line %(opened)s swallows this line."),
        "error_cell": n_("Cell %(cell)s shows the error %(value)s."),
        "formula_without_value": n_(
            "Cell %(cell)s holds a formula that was never calculated. Open the workbook in a spreadsheet program and save it."
        ),
        "merged_cell": n_(
            "Cell %(cell)s is merged with another one and holds nothing of its own. Take the merging off."
        ),
        "further_sheet": n_(
            "Only the first sheet that is shown is read, and sheet “%(sheet)s” holds such rows too. Put all rows on one sheet, or each sheet into a file of its own."
        ),
        "hidden_sheet": n_("Sheet “%(sheet)s” holds such rows too. It is hidden, so it is not read."),
        "unread_sheet": n_(
            "Sheet “%(sheet)s” is not read: only the first one that is shown is. It has rows as full as these, under no row that names the columns."
        ),
        "hidden_rows": n_("Rows that are hidden or filtered out count like any other. Here these are: %(rows)s."),
        "lost_zero": n_(
            "Cell %(cell)s holds the number %(value)s: a zero before it may have been lost. Write it as a text."
        ),
        "rounded_number": n_(
            "Cell %(cell)s holds a number of more than 15 digits, which a spreadsheet rounds. Write it as a text."
        ),
        "ragged": n_("The row has %(found)s cells, the first row %(expected)s."),
        "missing_column": n_("The column “%(column)s” is missing."),
        "duplicate_column": n_("The column “%(column)s” is there twice."),
        "unnamed_column": n_("Column %(number)s has no name."),
        "unknown_column": n_("There is no column “%(column)s”; the nearest name is “%(nearest)s”."),
        "no_known_column": n_("The first row names no column that is known. Columns are separated by commas."),
        "bad_workbook": n_("This is not a workbook of the kind .xlsx, or it is damaged."),
        "slow_workbook": n_("The workbook takes too long to read: send it in parts, or as CSV."),
        "workbook_too_large": n_("The workbook is too large: unpacked it has more than %(most)s bytes."),
        "texts_too_long": n_(
            "The cells of the workbook hold more text than activities can, in one of them or all together. Take out what is no activity."
        ),
        "no_sheet": n_("The workbook has no sheet."),
        "not_json": n_("The line is not JSON: %(reason)s."),
        "repeated_member": n_("The line names “%(member)s” twice: write it once."),
    },
)
"""What each code of a finding says."""

_NOT_UTF8: Final = re.compile("[\udc80-\udcff]")
_NUL_SEEN: Final = "\udc00"
"""Stands for NUL between the file and the cells, where ``csv`` would give up: no bytes read as UTF-8 come to it."""
_AROUND_NAMES: Final = string.whitespace + "\N{NO-BREAK SPACE}\N{ZERO WIDTH NO-BREAK SPACE}"
"""What spreadsheets and editors leave around the names of columns; the last of them is the byte order mark."""


def _finding(code: str, place: Place, **parameters: object) -> Finding:
    return Finding(code=code, message=MESSAGES[code], parameters=parameters, place=place)


def _trouble(
    file: str, line: int | None, code: str, *, text: str = "", whole_file: bool = False, **parameters: object
) -> Trouble:
    finding = Finding(code=code, message=MESSAGES[code], parameters=parameters, place=Place(file=file, line=line))
    return Trouble(file, line, (finding,), text, whole_file)


# ---------------------------------------------------------------------------------------------------------------- tables


class _Table:
    """The header of a table, and rows checked against it; the same for CSV and XLSX."""

    def __init__(self, file: str, columns: Columns | None) -> None:
        self.file = file
        self.columns = columns
        self.header: tuple[str, ...] | None = None

    def take(self, line: int, cells: list[str], *, text: str = "") -> Row | Trouble | None:
        """A row, or what is wrong with it; None for a row without any content, or a header without fault.

        Args:
            line: where it begins.
            cells: its cells.
            text: the row as it came, where it came as a text.
        """
        header = self.header
        if header is None:
            return self._take_header(line, cells)
        width = len(header)
        if len(cells) != width:
            while len(cells) > width and not cells[-1]:
                cells.pop()
            if not any(cells):
                return None
            if len(cells) != width:
                count, column = len(cells), self.column(len(cells))
                text = text or _csv_text(cells)
                return _trouble(self.file, line, "ragged", text=text, found=count, expected=width, column=column)
        elif not any(cells):
            return None
        return Row(self.file, line, dict(zip(header, cells, strict=True)))

    def take_sheet_row(self, line: int, cells: list[str], kinds: Sequence[tuple[int, str]]) -> Row | Trouble | None:
        """As :meth:`take`, of a workbook: a cell of which nobody can tell what was meant is named.

        Args:
            line: the sheet's row.
            cells: its cells as texts.
            kinds: place and kind (:mod:`app.kit.sheets`) of those that are no plain text.
        """
        if self.header is not None:
            wrong = (
                _finding(
                    code,
                    Place(file=self.file, line=line, field=self.column(place)),
                    cell=cell,
                    value=quoted(cells[place]),
                )
                for place, kind in kinds
                if (code := self._cell_trouble(place, kind, cells[place]))
                for cell in [f"{_column_letters(place)}{line}"]
            )
            findings = tuple(islice(wrong, _ROW_FINDINGS_MAX))
            if findings:
                return Trouble(self.file, line, findings, _csv_text(cells))
        return self.take(line, cells)

    def _cell_trouble(self, place: int, kind: str, text: str) -> str | None:
        """Why a cell cannot be taken for what it shows; None where it can."""
        name = self.column(place)
        if self.columns is None or self.columns.ignores(name):
            return None
        if kind in _CELL_TROUBLES:
            return _CELL_TROUBLES[kind]
        digits = text.lstrip("-").replace(".", "")
        if name in self.columns.texts and len(digits) > _SPREADSHEET_DIGITS:
            return "rounded_number"
        return "lost_zero" if name in self.columns.paired and len(digits) % 2 else None

    def holds_row(self, line: str) -> bool:
        """Whether a line that stands within quotation marks looks like a row of this table itself."""
        if self.header is None or len(self.header) < _ROW_LIKE_MIN:
            return False
        cells = line.split(",")
        return len(cells) == len(self.header) and '"' not in cells[0]

    def is_header(self, cells: Sequence[str]) -> bool:
        """Whether a row of another sheet names columns of such a table: one name alone may be a heading by chance."""
        if self.columns is None:
            return False
        return len(set(self.columns.all) & set(self.columns.named(map(_column_name, cells)))) > 1

    def is_as_full(self, cells: Sequence[str]) -> bool:
        """Whether a row of another sheet has about as much in it as a row of this table: it may go on without a row of names."""
        return self.header is not None and sum(map(bool, cells)) > max(2, len(self.header) // 2)

    def column(self, place: int) -> str:
        """The name of the column at a place from 0, or of the last one where a row goes on; empty before there are names."""
        return self.header[min(place, len(self.header) - 1)] if self.header else ""

    def _take_header(self, line: int, cells: list[str]) -> Trouble | None:
        names = [_column_name(cell) for cell in cells]
        if self.columns is not None:
            names = self.columns.named(names)
        while names and not names[-1]:
            names.pop()
        if not names:
            return None
        self.header = tuple(names)
        findings = self._header_findings(Place(file=self.file, line=line), names)
        if not findings:
            return None
        return Trouble(self.file, line, tuple(findings), _csv_text(cells), whole_file=True)

    def _header_findings(self, place: Place, names: Sequence[str]) -> list[Finding]:
        findings = [
            _finding("unnamed_column", place, number=number) for number, name in enumerate(names, start=1) if not name
        ]
        read: set[str] = set()
        twice: dict[str, None] = {}
        for name in filter(None, names):
            if name.casefold() in read:
                twice[name] = None
            read.add(name.casefold())
        findings.extend(_finding("duplicate_column", place, column=quoted(name)) for name in twice)
        if self.columns is None:
            return findings
        known = dict.fromkeys(self.columns.all)
        named = dict.fromkeys(name for name in names if not self.columns.ignores(name))
        if not named.keys() & known.keys():
            findings.append(_finding("no_known_column", place))
        findings.extend(
            _finding("missing_column", place, column=name) for name in self.columns.required if name not in named
        )
        findings.extend(
            _finding("unknown_column", place, column=quoted(name), nearest=nearest(name, self.columns.all))
            for name in named
            if name and name not in known
        )
        return findings


_CELL_TROUBLES: Final = {
    sheets.ERROR: "error_cell",
    sheets.FORMULA: "formula_without_value",
    sheets.MERGED: "merged_cell",
}
_ROW_FINDINGS_MAX: Final = 30
"""Of the cells of a row that nobody can take for what they show, so many are named."""
_SPREADSHEET_DIGITS: Final = 15
"""So many digits of a number does a spreadsheet keep."""
_ROW_LIKE_MIN: Final = 4
"""A line with fewer cells says too little to be taken for a row."""


def _column_letters(place: int) -> str:
    """The letters over a column, from its place from 0: C for 2."""
    letters, number = "", place + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _column_name(cell: str) -> str:
    """A column's name as it is shown: without the space and the byte order marks around it."""
    return cell.strip(_AROUND_NAMES)


def refuse_endless(path: Path) -> None:
    """Go on only where a file has an end: a pipe or a device in somebody's folder would be read for ever.

    Raises:
        OSError: it is one, or is not there.
    """
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "Not a regular file")


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like another one; the first among equals."""
    names = list(known)
    return process.extractOne(name.casefold(), names, scorer=JaroWinkler.normalized_similarity)[0]


def _shown_line(line: str) -> str:
    """A line of a file without its end, as far as it can be shown."""
    return _NOT_UTF8.sub("\N{REPLACEMENT CHARACTER}", line.rstrip("\r\n").replace("\0", ""))


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Rows as CSV, each without its line's end, for whoever ends lines in their own way.

    Do not give the library that way: it puts in quotes what ends a line of its own alone, and any other break in a text then cuts its row in two.
    """
    for row in rows:
        written = io.StringIO(newline="")
        csv.writer(written, lineterminator=_LINE_END).writerow(row)
        yield written.getvalue().removesuffix(_LINE_END)


_LINE_END: Final = "\r\n"


def _csv_text(cells: Iterable[str]) -> str:
    [written] = csv_lines([cells])
    return _NOT_UTF8.sub("\N{REPLACEMENT CHARACTER}", written.replace(_NUL_SEEN, ""))


class _Lines:
    """The lines of a CSV file as text, noting what is wrong with each."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.number = 0
        self.wrong: list[tuple[int, str]] = []
        self.came: list[tuple[int, str]] = []
        """The lines of the present row as they came, with their numbers."""

    def begin_row(self) -> None:
        """Forget the lines of the row before."""
        self.wrong.clear()
        self.came.clear()

    @property
    def text(self) -> str:
        """The present row as it came, as far as it can be shown."""
        return _shown_line("".join(line for _, line in self.came))

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(LINE_LENGTH_MAX)
        if not line:
            raise StopIteration
        self.number += 1
        if self.number == 1:
            # A file that went through two programs has two of them.
            line = line.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}")
        if len(line) == LINE_LENGTH_MAX and line[-1] not in "\r\n":
            while line and line[-1] not in "\r\n":
                line = self._stream.readline(LINE_LENGTH_MAX)
            self.wrong.append((self.number, "line_too_long"))
            self.came.append((self.number, "-\n"))
            return "-\n"
        self.came.append((self.number, line))
        if "\0" in line:
            self.wrong.append((self.number, "nul"))
            line = line.replace("\0", _NUL_SEEN)
        if not line.isascii() and _NOT_UTF8.search(line):
            self.wrong.append((self.number, "not_utf8"))
        return line


def read_csv(path: Path, *, columns: Columns | None = None, name: str | None = None) -> Iterator[Row | Trouble]:
    """The rows of a CSV file in UTF-8, with or without a byte order mark; streams.

    Args:
        columns: what the header may hold; None takes any.
        name: what findings call the file; its path otherwise.
    """
    file = name or str(path)
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
            yield from _csv_rows(stream, _Table(file, columns))
    except OSError as error:
        yield _trouble(file, None, "unreadable", whole_file=True, reason=error.strerror or str(error))


def read_csv_text(text: str, *, columns: Columns | None = None, name: str) -> Iterator[Row | Trouble]:
    """The rows of a CSV file whose text is at hand; as :func:`read_csv`."""
    yield from _csv_rows(io.StringIO(text.removeprefix("\ufeff"), newline=""), _Table(name, columns))


def _csv_rows(stream: TextIO, table: _Table) -> Iterator[Row | Trouble]:
    lines = _Lines(stream)
    reader = csv.reader(lines, strict=True)
    while True:
        lines.begin_row()
        results: list[Row | Trouble]
        try:
            cells = next(reader, None)
        except csv.Error as error:
            results = list(_swallowed(table, lines, _csv_code(error)))
        else:
            if cells is None:
                break
            results = list(_csv_row(table, lines, cells))
        for result in results:
            if isinstance(result, Trouble) and (result.whole_file or table.header is None):
                yield replace(result, whole_file=True)
                return
            yield result
    if table.header is None:
        yield _trouble(table.file, 1, "empty_file", whole_file=True)


def _csv_row(table: _Table, lines: _Lines, cells: list[str]) -> Iterator[Row | Trouble]:
    """A row, or what is wrong with it; nothing for one without content."""
    if lines.wrong:
        yield _wrong_lines(table, lines, cells)
        return
    if not cells:
        return
    is_one_line = len(lines.came) == 1
    if not is_one_line and any(table.holds_row(line) for _, line in lines.came[1:]):
        yield from _swallowed(table, lines, "bad_quotes")
        return
    result = table.take(lines.came[0][0], cells, text=lines.text)
    if isinstance(result, Trouble) and not result.whole_file and not is_one_line:
        yield from _swallowed(table, lines, result.findings[0].code, result.findings)
    elif result is not None:
        yield result


def _swallowed(table: _Table, lines: _Lines, code: str, findings: tuple[Finding, ...] = ()) -> Iterator[Trouble]:
    """The lines of a row whose quotation marks went wrong, each by itself and as it came, so that none of them is lost."""
    opened = lines.came[0][0]
    for number, line in lines.came:
        text = _shown_line(line)
        if number == opened:
            place, column = Place(file=table.file, line=opened), table.column(_quoted_place(line))
            first = findings or (_finding(code, place, most=csv.field_size_limit(), column=column),)
            yield Trouble(table.file, opened, first, text)
        elif text.strip():
            yield _trouble(table.file, number, "swallowed", text=text, opened=opened)


_CLOSED_EARLY: Final = re.compile(r'"(?:[^"]|"")*"(?=[^,"\r\n])')


def _quoted_place(line: str) -> int:
    """Which cell of a line, from 0, has the quotation mark that went wrong: one that is closed before its end, else the last."""
    seen = line[: csv.field_size_limit()]
    early = _CLOSED_EARLY.search(seen)
    cells = next(csv.reader([seen[: early.start()] if early else seen]), [])
    return max(len(cells) - 1, 0)


def _csv_code(error: csv.Error) -> str:
    text = str(error)
    if "limit" in text:
        return "field_too_long"
    return "quote_not_closed" if "unexpected end" in text else "bad_quotes"


def _wrong_lines(table: _Table, lines: _Lines, cells: Sequence[str]) -> Trouble:
    marks: Mapping[str, Callable[[str], object]] = {"nul": lambda cell: _NUL_SEEN in cell, "not_utf8": _NOT_UTF8.search}
    columns = {
        code: next((table.column(place) for place, cell in enumerate(cells) if is_in(cell)), "")
        for code, is_in in marks.items()
    }
    findings = tuple(
        _finding(code, Place(file=table.file, line=line), most=LINE_LENGTH_MAX, column=columns.get(code, ""))
        for line, code in lines.wrong
    )
    return Trouble(table.file, lines.wrong[0][0], findings, lines.text)


def read_xlsx(
    path: Path,
    *,
    columns: Columns | None = None,
    name: str | None = None,
    seconds: float | None = None,
    hidden: dict[str, list[list[str]]] | None = None,
) -> Iterator[Row | Trouble | Remark]:
    """The rows of a workbook's first sheet that is shown, cells as exact text: 1.0 is ``1``, a date is ISO 8601.

    Rows that are hidden, by hand or by a filter, are read too, and remarked upon. Arguments as of :func:`read_csv`; into ``hidden`` go the first rows
    of each sheet that is not shown. The workbook is opened by a program of its own (:mod:`app.kit.sheets`), which is ended after so many ``seconds``
    where somebody waits for it.
    """
    file = name or str(path)
    trouble = _archive_trouble(path, file)
    if trouble is not None:
        yield trouble
        return
    with subprocess.Popen(
        [sys.executable, "-I", sheets.__file__, str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as reader:
        late = threading.Event()

        def end() -> None:
            late.set()
            reader.kill()

        timer = threading.Timer(seconds or 0, end)
        try:
            if seconds is not None:
                timer.start()
            if reader.stdout is not None:
                shut: dict[str, list[list[str]]] = {} if hidden is None else hidden
                yield from _sheet_rows(reader.stdout, _Table(file, columns), late, shut)
        finally:
            timer.cancel()
            reader.kill()


def _sheet_rows(
    output: Iterable[bytes], table: _Table, late: threading.Event, hidden: dict[str, list[list[str]]]
) -> Iterator[Row | Trouble | Remark]:
    file = table.file
    last: object = None
    preface: sheets.Preface | None = None
    for text in output:
        if not text.endswith(b"\n"):
            # The program ended in the middle of a line.
            last = None
            break
        batch = last = json.loads(text)
        if isinstance(batch, str):
            break
        if isinstance(batch, dict):
            further = next((name for name, rows in batch["further"].items() if any(map(table.is_header, rows))), None)
            if further is not None:
                yield _trouble(file, None, "further_sheet", whole_file=True, sheet=quoted(further))
                return
            preface = cast("sheets.Preface", batch)
            hidden.update(preface["hidden"])
            yield from _hidden(preface, table)
            continue
        for line, texts, kinds in batch:
            if any("\0" in text for text in texts):
                yield _trouble(file, line, "nul", text=_csv_text(texts), whole_file=table.header is None)
                if table.header is None:
                    return
                continue
            result = table.take_sheet_row(line, texts, kinds)
            if result is None:
                continue
            yield result
            if isinstance(result, Trouble) and result.whole_file:
                return
    if last == sheets.NO_SHEET:
        yield _trouble(file, None, "no_sheet", whole_file=True)
    elif last == sheets.TOO_LONG:
        yield _trouble(file, None, "texts_too_long", whole_file=True)
    elif last != sheets.END:
        yield _trouble(file, None, "slow_workbook" if late.is_set() else "bad_workbook", whole_file=True)
    elif table.header is None:
        yield _trouble(file, 1, "empty_file", whole_file=True)
    elif preface is not None:
        yield from _unread(preface, table)


def _unread(preface: sheets.Preface, table: _Table) -> Iterator[Remark]:
    """Sheets that may go on with the rows of the first one, without a row of names."""
    yield from _remarked(_sheets("unread_sheet", preface["further"], table, table.is_as_full))


def _hidden(preface: sheets.Preface, table: _Table) -> Iterator[Remark]:
    """What of a workbook nobody sees who looks at it."""
    findings = _sheets("hidden_sheet", preface["hidden"], table, table.is_header)
    if preface["hidden_rows"]:
        findings.append(_finding("hidden_rows", Place(file=table.file), rows=quoted(_ranges(preface["hidden_rows"]))))
    yield from _remarked(findings)


def _sheets(
    code: str, others: Mapping[str, list[list[str]]], table: _Table, tells: Callable[[Sequence[str]], bool]
) -> list[Finding]:
    """A finding for each other sheet of which one of the first rows tells that it belongs to the table."""
    place = Place(file=table.file)
    return [_finding(code, place, sheet=quoted(name)) for name, rows in others.items() if any(map(tells, rows))]


def _remarked(findings: Sequence[Finding]) -> Iterator[Remark]:
    if findings:
        yield Remark(tuple(replace(finding, level=Level.WARNING) for finding in findings))


def _ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers as a person writes them: 4, 7-9."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][-1] == number - 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    return ", ".join("-".join(map(str, one)) for one in ranges)


def _archive_trouble(path: Path, file: str) -> Trouble | None:
    """What is wrong with a workbook before it is opened."""
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(member.file_size for member in packed.infolist()) > UNPACKED_BYTES_MAX:
                return _trouble(file, None, "workbook_too_large", whole_file=True, most=UNPACKED_BYTES_MAX)
    except OSError as error:
        return _trouble(file, None, "unreadable", whole_file=True, reason=error.strerror or str(error))
    except Exception:  # noqa: BLE001 — zipfile raises half a dozen kinds for a broken archive.
        return _trouble(file, None, "bad_workbook", whole_file=True)
    return None


# ---------------------------------------------------------------------------------------------------------------- JSON lines


def read_ndjson(
    path: Path, *, name: str | None = None, value_of: Callable[[str], object] = decode_sent
) -> Iterator[LineContent | Trouble]:
    """The JSON values of a file, one a line; empty lines are passed over. Streams.

    Args:
        path: the file.
        name: what it is called in troubles.
        value_of: reads a line; raises :class:`NotJsonError` where it is no JSON.
    """
    file = name or str(path)
    try:
        with path.open("rb") as raw:
            yield from _ndjson_lines(raw, file, value_of)
    except OSError as error:
        yield _trouble(file, None, "unreadable", whole_file=True, reason=error.strerror or str(error))


def _ndjson_lines(raw: BinaryIO, file: str, value_of: Callable[[str], object]) -> Iterator[LineContent | Trouble]:
    number = 0
    while line := raw.readline(LINE_LENGTH_MAX):
        number += 1
        if len(line) == LINE_LENGTH_MAX and line[-1:] != b"\n":
            text = line[:200].decode(errors="replace")
            while line and line[-1:] != b"\n":
                line = raw.readline(LINE_LENGTH_MAX)
            yield _trouble(file, number, "line_too_long", text=text, most=LINE_LENGTH_MAX)
            continue
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        line = line.strip(b" \t\r\n")
        if not line:
            continue
        try:
            text = line.decode()
        except UnicodeDecodeError:
            yield _trouble(file, number, "not_utf8", text=line.decode(errors="replace"))
            continue
        try:
            value = value_of(text)
        except RepeatedMemberError as error:
            yield _trouble(file, number, "repeated_member", text=text, member=quoted(error.member))
        except NotJsonError as error:
            yield _trouble(file, number, "not_json", text=text, reason=str(error))
        else:
            yield LineContent(file, number, value, text)

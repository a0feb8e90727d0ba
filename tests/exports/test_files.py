"""Files: numbers are numbers, no text runs as a formula, a cut file shows, the first bytes leave at once."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import random
import tracemalloc
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from app.exports import Cell, Sheet, as_csv, write_xlsx
from app.exports.csv_files import END
from app.exports.table import FORMULA_STARTS
from app.web.downloads import sheet_file

AT = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=40)


def _csv(sheet: Sheet) -> tuple[list[list[str]], str]:
    content = b"".join(as_csv(sheet)).removeprefix("\ufeff".encode()).decode()
    body, last = content[: content.rindex(END)], content[content.rindex(END) :]
    assert (
        last.strip()
        == f"{END},{len(list(csv.reader(io.StringIO(body)))) - 1},sha256,{hashlib.sha256(body.encode()).hexdigest()}"
    )
    return list(csv.reader(io.StringIO(body))), last


def _xlsx(sheet: Sheet) -> bytes:
    written = io.BytesIO()
    write_xlsx(sheet, written, made_at=AT)
    return written.getvalue()


@given(st.lists(st.tuples(TEXTS, st.decimals(-10, 10, places=2))))
def test_texts_and_numbers_come_back_and_nothing_is_a_formula(rows: list[tuple[str, Decimal]]) -> None:
    """A negative number stays a number; a text that begins like a formula has an apostrophe before it (peers.md)."""
    read, _ = _csv(Sheet("a", ("text", "number"), rows))
    for (text, number), (shown, written) in zip(rows, read[1:], strict=True):
        assert shown in {text, f"'{text}"}
        assert not shown.startswith(FORMULA_STARTS)
        assert Decimal(written) == number


def test_a_formula_of_any_kind_is_neutralised_in_both_files() -> None:
    """Equals, plus, minus, at and tab; leading space and full-width signs too."""
    texts: list[str] = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\uff1d1", '=HYPERLINK("http://x","y")']
    sheet = Sheet("a", ("text",), [[text] for text in texts])
    assert [row[0] for row in _csv(sheet)[0][1:]] == [f"'{text}" for text in texts]
    content = _xlsx(sheet)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        page = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert not list(page.iter("{http://schemas.openxmlformats.org/spreadsheetml/2006/main}f"))


def test_a_workbook_has_numbers_as_numbers_and_its_count() -> None:
    """Days as days; what has more digits than a spreadsheet holds stays exact, as text."""
    rows: list[list[Cell]] = [
        ["A", Decimal("71.20"), 3, dt.date(2026, 3, 4), None],
        ["B", Decimal("12345678901234567.89"), 4, None, None],
    ]
    book = CalamineWorkbook.from_filelike(io.BytesIO(_xlsx(Sheet("a", ("a", "b", "c", "d", "e"), rows))))
    first, second = book.get_sheet_by_index(0).to_python()[1:]
    assert first[:4] == ["A", 71.2, 3.0, dt.date(2026, 3, 4)]
    assert second[1] == "12345678901234567.89"
    assert book.get_sheet_by_name("count").to_python()[0] == ["rows", 2.0]


def test_a_workbook_is_written_and_sent_in_little_memory() -> None:
    """Neither its rows nor the packed file stand in memory, however many they are."""
    chance = random.Random(1)
    rows = ([chance.randbytes(200).hex()] for _ in range(10_000))
    tracemalloc.start()
    try:
        file = sheet_file(Sheet("a", ("text",), rows), name="a", kind="xlsx", made_at=AT)
        sizes = [len(piece) for piece in file.content if isinstance(piece, bytes)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(sizes) == int(file.headers["Content-Length"]) > 2_000_000
    assert peak < 1_000_000


def test_the_first_bytes_leave_before_the_rows_are_read() -> None:
    """A list of 20,000 rows is not held up."""

    def rows() -> Iterator[list[Cell]]:
        raise AssertionError
        yield []

    assert next(as_csv(Sheet("a", ("text",), rows()))).endswith(b"text\r\n")


def test_a_row_that_fails_ends_the_file_without_its_last_line() -> None:
    """A cut file never looks whole."""

    def rows() -> Iterator[list[Cell]]:
        yield ["A"]
        raise ZeroDivisionError

    written = b""
    try:
        for block in as_csv(Sheet("a", ("text",), rows())):
            written += block
    except ZeroDivisionError:
        assert END.encode() not in written
    else:
        raise AssertionError

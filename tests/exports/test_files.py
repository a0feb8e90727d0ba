"""Files: numbers are numbers, no text runs as a formula, a cut file shows, the first bytes leave at once."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import random
import sys
import tracemalloc
import unicodedata
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from xml.etree import ElementTree as ET

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from app.exports import ACTIVITIES, Cell, ExportSheet, as_csv, with_figures_named, write_xlsx
from app.exports.csv_files import END
from app.exports.table import harmless
from app.ledger import ListedActivity
from app.web.answer.downloads import sheet_file

AT = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=40)


def _csv(sheet: ExportSheet) -> tuple[list[list[str]], str]:
    content = b"".join(as_csv(sheet)).removeprefix("\ufeff".encode()).decode()
    body, last = content[: content.rindex(END)], content[content.rindex(END) :]
    assert (
        last.strip()
        == f"{END},{len(list(csv.reader(io.StringIO(body)))) - 1},sha256,{hashlib.sha256(body.encode()).hexdigest()}"
    )
    return list(csv.reader(io.StringIO(body))), last


def _xlsx(sheet: ExportSheet) -> bytes:
    written = io.BytesIO()
    write_xlsx(sheet, written, made_at=AT)
    return written.getvalue()


SIGNS = "=+-@"
MINUS = "\u2212"
"""The minus of mathematics, which no compatibility form makes a hyphen."""
PARTING = [";", "\t", "\r", "\n", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028"]
BLANK = [
    chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in {"Zs", "Zl", "Zp", "Cc", "Cf"}
]
LOOK_EMPTY = [*"\u034f\u115f\u1160\u180b\u2800\u3164\ufe0f\uffa0\U000e0100"]
LIKE_SIGNS = [
    char
    for char in map(chr, range(sys.maxunicode + 1))
    if len(one := unicodedata.normalize("NFKC", char)) == 1 and one in SIGNS
]
RISKY = st.lists(
    st.one_of(
        st.sampled_from([*PARTING, *"\",'ab1 \u3000\ufeff", *LIKE_SIGNS, "cmd|' /C calc'!A0"]),
        st.characters(blacklist_categories=("Cs",)),
    ),
    max_size=12,
).map("".join)


def _runs(cell: str) -> bool:
    """Whether a spreadsheet that passes over what is empty, and quotation marks, comes upon a formula."""
    empty = {*BLANK, *LOOK_EMPTY, '"'}
    first = next((char for char in cell if char not in empty), "")
    return unicodedata.normalize("NFKC", first) in {*SIGNS}


@given(st.lists(st.tuples(TEXTS, st.decimals(-10, 10, places=2))))
def test_texts_and_numbers_come_back_and_nothing_is_a_formula(rows: list[tuple[str, Decimal]]) -> None:
    """A negative number stays a number; a text that begins like a formula has an apostrophe before it (peers.md)."""
    read, _ = _csv(ExportSheet("a", ("text", "number"), rows))
    for (text, number), (shown, written) in zip(rows, read[1:], strict=True):
        assert shown == harmless(text)
        assert shown.replace("'", "") == text.replace("'", "")
        assert not _runs(shown)
        assert Decimal(written) == number


MARKS = st.sampled_from(
    [
        "<r>",
        "</r>",
        "<t>",
        "</t>",
        "</is>",
        "</c>",
        '<c r="Z2"><f>',
        "</f>",
        "<v>",
        "& ",
        "_x003C_",
        "]]>",
        "<![CDATA[",
        "&lt;r>",
        "=1",
    ]
)


@given(
    st.lists(
        st.tuples(MARKS, st.lists(MARKS | TEXTS, max_size=6).map("".join), MARKS).map("".join), min_size=1, max_size=6
    )
)
def test_no_text_becomes_marks_of_the_workbook_itself(texts: list[str]) -> None:
    """Neither in a cell nor in a heading: each is one text in one cell, after an apostrophe at most, and the sheet can be read."""
    texts = [
        '<r><t>Nice</t></r></is></c><c r="Z2"><f>1+1</f></c><c t="inlineStr"><is><r><t>x</t></r>',
        "<r>& broken <</r>",
        *texts,
    ]
    file = _xlsx(ExportSheet("some", tuple(texts), [tuple(texts)]))
    read = CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_index(0).to_python()
    for row in read:
        assert [str(cell).lstrip("'") for cell in row] == [text.lstrip("'") for text in map(harmless, texts)]
    with zipfile.ZipFile(io.BytesIO(file)) as packed:
        cells = [one.tag.rpartition("}")[2] for one in ET.fromstring(packed.read("xl/worksheets/sheet1.xml")).iter()]
    assert cells.count("c") == 2 * len(texts)
    assert "f" not in cells


@given(st.lists(st.tuples(RISKY, RISKY, RISKY), max_size=4))
def test_no_way_of_parting_the_cells_makes_a_formula(rows: list[tuple[str, str, str]]) -> None:
    """Spreadsheets of half the world part a CSV at semicolons, others at tabs, and some heed no quotation marks."""
    content = b"".join(as_csv(ExportSheet("a", ("a", "b", "c"), rows))).decode().removeprefix("\ufeff")
    for delimiter in ",;\t":
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            if delimiter == "," and quoting == csv.QUOTE_NONE:
                continue  # We write commas: who parts at them has to know why a cell is quoted.
            reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, quoting=quoting)
            assert [cell for row in reader for cell in row if _runs(cell)] == []


@given(RISKY)
def test_nothing_but_apostrophes_is_added(text: str) -> None:
    """What a person wrote stands as it was, and a text that no spreadsheet runs has none."""
    written = harmless(text)
    assert written.replace("'", "") == text.replace("'", "")
    if not any(unicodedata.normalize("NFKC", char) in {*SIGNS, MINUS} for char in text) and text[:1] not in {
        "\t",
        "\r",
        "\n",
    }:
        assert written == text


def test_whatever_looks_empty_hides_no_sign() -> None:
    """Every space, control and mark without width of Unicode, before every kind of sign."""
    assert [
        hex(ord(one)) for one in (*BLANK, *LOOK_EMPTY) if not harmless(f"{one}=1").replace(one, "").startswith("'")
    ] == []
    assert [hex(ord(one)) for one in LIKE_SIGNS if harmless(f"a; {one}1") != f"a;' {one}1"] == []


def test_a_formula_of_any_kind_is_neutralised_in_both_files() -> None:
    """Equals, plus, minus, at and tab; leading space and full-width signs too; and behind a semicolon."""
    texts = {
        "=1+1": "'=1+1",
        "+1": "'+1",
        "-1": "'-1",
        "@SUM(A1)": "'@SUM(A1)",
        "\t=1": "'\t'=1",
        " =1": "' =1",
        "\N{NO-BREAK SPACE}\N{ZERO WIDTH SPACE}=1": "'\N{NO-BREAK SPACE}\N{ZERO WIDTH SPACE}=1",
        "\uff1d1": "'\uff1d1",
        '=HYPERLINK("http://x","y")': '\'=HYPERLINK("http://x","y")',
        "Nordwind;=1": "Nordwind;'=1",
        'Nordwind, Wien; "=1': "Nordwind, Wien;' \"=1",
        "Nordwind\n@A1": "Nordwind\n'@A1",
        "a=b; c-d": "a=b; c-d",
        "\ttext": "'\ttext",
    }
    sheet = ExportSheet("a", ("text",), [[text] for text in texts])
    assert [row[0] for row in _csv(sheet)[0][1:]] == [*texts.values()]
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
    book = CalamineWorkbook.from_filelike(io.BytesIO(_xlsx(ExportSheet("a", ("a", "b", "c", "d", "e"), rows))))
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
        with Flask("asked").test_request_context():
            file = sheet_file(ExportSheet("a", ("text",), rows), name="a", kind="xlsx", made_at=AT)
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

    assert next(as_csv(ExportSheet("a", ("text",), rows()))).endswith(b"text\r\n")


def test_a_row_that_fails_ends_the_file_without_its_last_line() -> None:
    """A cut file never looks whole."""

    def rows() -> Iterator[list[Cell]]:
        yield ["A"]
        raise ZeroDivisionError

    written = b""
    try:
        for block in as_csv(ExportSheet("a", ("text",), rows())):
            written += block
    except ZeroDivisionError:
        assert END.encode() not in written
    else:
        raise AssertionError


def test_a_reported_figure_is_told_by_names_with_its_codes_beside() -> None:
    """The ledger keeps KPI and node where a deal has company and buyer: a reader gets their names there, a program the codes in columns of their own."""
    deal = ListedActivity(
        *("/crm", "D-1", "export_deal", "2026-03-04T09:00:00Z", dt.date(2026, 3, 4), "E1", "VIE", "Meyer", "Huber"),
        *("AT", Decimal(5), "EUR", 550, None, (("E1", 10_000),), "entered", None, None, None, None),
    )
    figure = deal._replace(id="F-1", type="figure", company="csat", buyer="unit:VIE", currency=None, usd_cents=None)
    named = with_figures_named(
        ACTIVITIES,
        kpi_name={"csat": "고객만족도"}.__getitem__,
        node_name={"unit:VIE": "빈 무역관"}.__getitem__,
        closing=("건수", "행"),
    )
    sheet = named.sheet([deal, figure])
    rows = [dict(zip(sheet.header, row, strict=True)) for row in sheet.rows]
    told = [[row[name] for name in ("company", "buyer", "kpi", "node")] for row in rows]
    assert told == [["Meyer", "Huber", None, None], ["고객만족도", "빈 무역관", "csat", "unit:VIE"]]
    assert sheet.closing == ("건수", "행")

"""Files from outside: rows that know their place, and nothing that raises."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kit.files import (
    LINE_LENGTH_MAX,
    MESSAGES,
    UNPACKED_BYTES_MAX,
    Columns,
    Row,
    Trouble,
    read_csv,
    read_ndjson,
    read_xlsx,
)
from tests.soaking import examples

NAMES = Columns(required=("code", "name"), optional=("parent",))


@pytest.fixture
def csv_file(tmp_path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "units.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def xlsx_file(tmp_path):
    def write(*rows: tuple[object, ...], first: int = 0) -> Path:
        path = tmp_path / "units.xlsx"
        with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm:ss"}) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate(rows, start=first):
                sheet.write_row(number, 0, row)
        return path

    return write


def seen(results) -> list[object]:
    """Rows as (line, cells), troubles as (line, codes), ending in "!" where the file ends there."""
    shown: list[object] = []
    for result in results:
        if isinstance(result, Trouble):
            for finding in result.findings:
                assert "%(" not in finding.text()
                assert str(finding).startswith(result.file)
            codes = [finding.code for finding in result.findings]
            shown.append((result.line, codes, "!") if result.whole_file else (result.line, codes))
        elif isinstance(result, Row):
            shown.append((result.line, "|".join(result.values.values())))
        else:
            shown.append((result.line, result.value))
    return shown


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("code,name\nHQ,Head office\n", [(2, "HQ|Head office")]),
        ("\ufeffcode,name\nHQ,본사\n", [(2, "HQ|본사")]),
        ("code,name\r\nHQ,Head office\r\n", [(2, "HQ|Head office")]),
        ("code,name\rHQ,Head office\r", [(2, "HQ|Head office")]),
        ("code,name\nHQ,Head office", [(2, "HQ|Head office")]),
        (" code , name ,,\nHQ, Head office ,,\n", [(2, "HQ| Head office ")]),
        # A row's line is where it begins.
        ('code,name\nA,"one\ntwo\n\nfour"\nB,b\n', [(2, "A|one\ntwo\n\nfour"), (6, "B|b")]),
        ('code,name\nA,"say ""hi"", then"\n', [(2, 'A|say "hi", then')]),
        ("\n\ncode,name\n\nA,a\n,\n\nB,b\n", [(5, "A|a"), (8, "B|b")]),
        # Nothing, and nothing but names.
        ("", [(1, ["empty_file"], "!")]),
        ("\ufeff\n\n", [(1, ["empty_file"], "!")]),
        ("code,name\n", []),
        # Columns.
        ("code\nHQ\n", [(1, ["missing_column"], "!")]),
        ("code,name,code\nHQ,a,b\n", [(1, ["duplicate_column"], "!")]),
        # Names are read without regard to case, the space around them and byte order marks.
        ("\ufeff\ufeffcode,name\nHQ,a\n", [(2, "HQ|a")]),
        ('\ufeff\ufeff"code",name\nHQ,a\n', [(2, "HQ|a")]),
        ("Code,\ufeff NAME \ufeff,Parent\nHQ,a,b\n", [(2, "HQ|a|b")]),
        ("code,name,Code\nHQ,a,b\n", [(1, ["duplicate_column"], "!")]),
        ("code,name,\ufeffNAME \nHQ,a,b\n", [(1, ["duplicate_column"], "!")]),
        ("code,name,Colour,colour\nHQ,a,b,c\n", [(1, ["duplicate_column", "unknown_column", "unknown_column"], "!")]),
        ("code,,name\nHQ,a,b\n", [(1, ["unnamed_column"], "!")]),
        ("code,name,colour\nHQ,a,red\n", [(1, ["unknown_column"], "!")]),
        ("code;name\nHQ;a\n", [(1, ["no_known_column", "missing_column", "missing_column", "unknown_column"], "!")]),
        # Rows.
        ("code,name\nA\nB,b\nC,c,d\nD,d,\n", [(2, ["ragged"]), (3, "B|b"), (4, ["ragged"]), (5, "D|d")]),
        ('code,name\nA,"a"x\nB,b\n', [(2, ["bad_quotes"]), (3, "B|b")]),
        # An open quotation mark swallows lines: each of them is told.
        ('code,name\nA,a\nB,"b\nC,c\n', [(2, "A|a"), (3, ["quote_not_closed"]), (4, ["swallowed"])]),
        (
            'code,name\nA,"a\nB,b\n\nC,"c"\nD,d\n',
            [(2, ["bad_quotes"]), (3, ["swallowed"]), (5, ["swallowed"]), (6, "D|d")],
        ),
        (
            'code,name\nA,"a\nB,b"\nC,"c\nd",e\nF,f\n',
            [(2, "A|a\nB,b"), (4, ["ragged"]), (5, ["swallowed"]), (6, "F|f")],
        ),
        ("code,name\nA,a\0b\nB,b\n", [(2, ["nul"]), (3, "B|b")]),
        (b"code,name\nA,caf\xe9\nB,b\n", [(2, ["not_utf8"]), (3, "B|b")]),
        (b'code,name\nA,"a\nb\xff\nc"\nB,b\n', [(3, ["not_utf8"]), (5, "B|b")]),
        (b"c\xf6de,name\nA,a\n", [(1, ["not_utf8"], "!")]),
        ("code,name\nA,a\n".encode("utf-16"), [(1, ["nul", "not_utf8"], "!")]),
        ("code,name\nA," + "x" * 131_073 + "\nB,b\n", [(2, ["field_too_long"]), (3, "B|b")]),
        ("code,name\nA," + "x" * LINE_LENGTH_MAX + "\nB,b\n", [(2, ["line_too_long"]), (3, "B|b")]),
    ],
)
def test_a_csv_file_is_read_with_its_lines(csv_file, content, expected):
    assert seen(read_csv(csv_file(content), columns=NAMES)) == expected


def test_a_tables_rows_have_its_columns_by_name(csv_file):
    (row,) = read_csv(csv_file("name,code\nHead office,HQ\n"), columns=NAMES, name="units.csv")
    assert row == Row("units.csv", 2, {"name": "Head office", "code": "HQ"})


def test_any_columns_will_do_where_none_are_asked_for(csv_file):
    assert seen(read_csv(csv_file("x,y\n1,2\n"))) == [(2, "1|2")]


def test_a_file_that_is_not_there_is_a_finding(tmp_path):
    for read, name in ((read_csv, "a.csv"), (read_xlsx, "a.xlsx"), (read_ndjson, "a.ndjson"), (read_csv, "")):
        assert seen(read(tmp_path / name)) == [(None, ["unreadable"], "!")]


def test_a_row_that_is_refused_is_shown_as_it_came(csv_file):
    (trouble,) = read_csv(csv_file('code,name\nA,"a,b",c\n'), columns=NAMES)
    assert isinstance(trouble, Trouble)
    assert trouble.text == 'A,"a,b",c'


def test_a_column_that_is_for_somebody_else_is_not_read(csv_file):
    """By its name, or by how it begins; in any case of letters."""
    columns = Columns(required=NAMES.required, ignored=frozenset({"colour"}), ignored_prefix="x_")
    assert seen(read_csv(csv_file("code,Colour,name,X_note\nA,red,a,b\n"), columns=columns)) == [(2, "A|red|a|b")]


@pytest.mark.parametrize(("name", "like"), [("Nmae", "name"), ("COD", "code"), ("parent_code", "parent")])
def test_an_unknown_column_is_told_the_nearest_one(csv_file, name, like):
    """A misspelt column is the likeliest one: who wrote it reads what was meant."""
    trouble, *_ = read_csv(csv_file(f"code,name,{name}\nA,a,b\n"), columns=NAMES)
    assert [finding.parameters["nearest"] for finding in trouble.findings] == [like]


@pytest.mark.parametrize(
    ("content", "column"),
    [
        ("code,name\nA,a\0b\n", "name"),
        (b"code,name\n\xff,a\n", "code"),
        (b'code,name\nA,"a\nb\xff"\n', "name"),
        ("code,name\nA\n", "name"),
        ('code,name\nA,"a\n', "name"),
        ('code,name\n"A,a\n', "code"),
        ('code,name\n"A"x,a\n', "code"),
        ('code,name,parent\nA,"a"x,"b"\n', "name"),
        ("code,name\nA,a,b\n", "name"),
    ],
)
def test_what_is_wrong_with_a_row_is_told_at_its_column(csv_file, content, column):
    """What is no text, and where a row ends too early or goes on too long."""
    (trouble,) = read_csv(csv_file(content), columns=NAMES)
    assert [finding.parameters["column"] for finding in trouble.findings] == [column]


def test_reading_streams(csv_file):
    """The first row is there before the rest has been looked at."""
    rows = read_csv(csv_file("code,name\n" + "A,a\n" * 100_000), columns=NAMES)
    assert next(rows) == Row(str(csv_file("")), 2, {"code": "A", "name": "a"})


# ---------------------------------------------------------------------------------------------------------------- workbooks


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (0.6, "0.6"),
        (125000.5, "125000.5"),
        (0.1 + 0.2, "0.3"),
        (3 * 1.1, "3.3"),
        (99999999999999.98, "99999999999999.98"),
        (1234567890123456, "1234567890123456"),
        (1e15, "1000000000000000"),
        (1e-7, "0.0000001"),
        (dt.date(2026, 3, 4), "2026-03-04"),
        (dt.datetime(2026, 3, 4, 9, 30), "2026-03-04T09:30:00"),  # noqa: DTZ001 — a sheet knows no offset.
        (True, "true"),
        ("0012", "0012"),
        ("한빛 😀", "한빛 😀"),
        ("", ""),
    ],
)
def test_a_cell_is_what_a_person_typed(xlsx_file, cell, text):
    (row,) = read_xlsx(xlsx_file(("code", "name"), ("A", cell)), columns=NAMES)
    assert isinstance(row, Row)
    assert row.values == {"code": "A", "name": text}


def test_a_sheets_rows_keep_their_numbers(xlsx_file):
    path = xlsx_file(("code", "name"), (), ("A", "a"), ("", ""), ("B", "b", "c"), ("C", "c"), first=2)
    assert seen(read_xlsx(path, columns=NAMES)) == [(5, "A|a"), (7, ["ragged"]), (8, "C|c")]


def test_a_sheet_needs_its_columns_too(xlsx_file):
    assert seen(read_xlsx(xlsx_file(("code",), ("A",)), columns=NAMES)) == [(1, ["missing_column"], "!")]
    assert seen(read_xlsx(xlsx_file(), columns=NAMES)) == [(1, ["empty_file"], "!")]
    assert seen(read_xlsx(xlsx_file(("code", "name")), columns=NAMES)) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"code,name\n", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_workbook_is_a_finding(tmp_path, content):
    path = tmp_path / "units.xlsx"
    path.write_bytes(content)
    assert seen(read_xlsx(path)) == [(None, ["bad_workbook"], "!")]


def test_a_cut_workbook_is_a_finding(xlsx_file):
    path = xlsx_file(("code", "name"), ("A", "a"))
    path.write_bytes(path.read_bytes()[:-100])
    assert seen(read_xlsx(path)) == [(None, ["bad_workbook"], "!")]


def _rewrite_sheet(path, was, becomes):
    """Say otherwise, once, what a workbook's first sheet says."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert was in parts[sheet]
    parts[sheet] = parts[sheet].replace(was, becomes, 1)
    path.write_bytes(_repacked(parts))


def test_a_cell_in_the_far_corner_of_a_sheet_harms_nobody(xlsx_file):
    """The reader lays a sheet out as one block: 17 thousand million cells. It aborts, and only it."""
    path = xlsx_file(("code", "name"), ("A", "a"))
    _rewrite_sheet(path, b'r="B2"', b'r="XFD1048576"')
    assert seen(read_xlsx(path, columns=NAMES)) == [(None, ["bad_workbook"], "!")]


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b'<c r="B2"', b'<c r="ZZZZZZZ2"><f>1</f></c><c r="B2"'),
        (b'<row r="2"', b'<row r="99999999999999999999"'),
        (b"</sheetData>", b"</sheetData><mergeCells>" + b'<mergeCell ref="A2:B9"/>' * 2 + b"</mergeCells>"),
    ],
    ids=["a column of millions", "a row of trillions", "merged upon each other"],
)
def test_a_workbook_that_no_program_wrote_keeps_nobody_busy(xlsx_file, was, becomes):
    """Each of these would be laid out cell by cell, for as long as there is memory."""
    path = xlsx_file(("code", "name"), ("A", "a"), ("B", "b"))
    _rewrite_sheet(path, was, becomes)
    assert seen(read_xlsx(path, columns=NAMES))[-1] == (None, ["bad_workbook"], "!")


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b'<row r="3"', b'<row r="2"'),
        (b'<c r="B2"', b'<c r="A2"'),
        (b"</sheetData>", b'</sheetData><sheetData><row r="9"><c r="A9" t="n"><v>1</v></c></row></sheetData>'),
    ],
    ids=["a row", "a cell", "a table"],
)
def test_what_stands_in_a_workbook_twice_is_not_lost_without_a_word(xlsx_file, was, becomes):
    """Damaged, or written by an odd program: of two with one number the reader of values tells the last."""
    path = xlsx_file(("code", "name"), ("A", "a"), ("B", "b"))
    _rewrite_sheet(path, was, becomes)
    assert seen(read_xlsx(path, columns=NAMES)) == [(None, ["bad_workbook"], "!")]


@pytest.mark.parametrize(
    ("rows", "letters"), [(1_200, 32_000), (1, 200_000)], ids=["a text that cells share", "a cell"]
)
def test_a_workbook_of_more_text_than_it_can_mean_is_refused_before_its_first_row(tmp_path, rows, letters):
    """A text that many cells share stands in the file once: some kilobytes would be a hundred megabytes of rejects."""
    path = tmp_path / "shared.xlsx"
    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ("code", "name"))
        for number in range(1, rows + 1):
            sheet.write_row(number, 0, ("A", "LONG"))
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    strings = "xl/sharedStrings.xml"
    assert b">LONG<" in parts[strings]
    parts[strings] = parts[strings].replace(b">LONG<", b">" + b"x" * letters + b"<")
    path.write_bytes(_repacked(parts))
    assert seen(read_xlsx(path, columns=NAMES)) == [(None, ["texts_too_long"], "!")]


def test_a_large_workbook_of_ordinary_texts_is_no_such_one(xlsx_file):
    """Names and reasons as people write them, many of them the same."""
    rows = [(f"A{number}", "A reason of some length that is the same in every row. " * 5) for number in range(3_000)]
    assert len(list(read_xlsx(xlsx_file(("code", "name"), *rows), columns=NAMES))) == 3_000


def test_of_a_row_with_many_faults_the_first_are_named(tmp_path):
    """A row of merged cells, as wide as a sheet is: each would be a finding of its own."""
    path, names = tmp_path / "wide.xlsx", [f"c{number}" for number in range(2**14)]
    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, names)
        sheet.merge_range(1, 0, 3, len(names) - 1, "A")
    results = list(read_xlsx(path, columns=Columns(optional=tuple(names))))
    assert [len(result.findings) for result in results if isinstance(result, Trouble)] == [30]


def test_a_workbook_may_be_left_before_its_end(xlsx_file):
    """The program that reads it ends with whoever reads."""
    rows = read_xlsx(xlsx_file(("code", "name"), *[("A", "a")] * 5000), columns=NAMES)
    assert next(rows)
    assert hasattr(rows, "close")
    rows.close()
    assert list(rows) == []


def test_a_workbook_that_unpacks_to_too_much_is_refused_unopened(tmp_path):
    """By what its directory says, before a byte is unpacked."""
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"")
        packed.infolist()[0].file_size = UNPACKED_BYTES_MAX + 1
    assert seen(read_xlsx(path)) == [(None, ["workbook_too_large"], "!")]


# ------------------------------------------------------------------------------------------------------------------- events


def test_ndjson_is_an_event_a_line(tmp_path):
    path = tmp_path / "events.ndjson"
    path.write_bytes(
        b'\xef\xbb\xbf{"a": 1}\r\n\n  \n[2]\n{"a": \n"\xff"\nNaN\n{"a": "x\\ud800"}\n' + b" " * LINE_LENGTH_MAX + b"\n3"
    )
    assert seen(read_ndjson(path)) == [
        (1, {"a": 1}),
        (4, [2]),
        (5, ["not_json"]),
        (6, ["not_utf8"]),
        (7, ["not_json"]),
        (8, {"a": "x\ud800"}),
        (9, ["line_too_long"]),
        (10, 3),
    ]


def test_a_line_that_is_refused_is_shown_as_it_came(tmp_path):
    path = tmp_path / "events.ndjson"
    path.write_bytes(b'{"a": \n"caf\xe9"\n')
    assert [result.text for result in read_ndjson(path) if isinstance(result, Trouble)] == [
        '{"a":',
        '"caf\N{REPLACEMENT CHARACTER}"',
    ]


def test_every_code_has_its_words():
    assert all(message.endswith((".", ":")) or message for message in MESSAGES.values())


# ------------------------------------------------------------------------------------------------------------ arbitrary bytes

ALPHABET = [
    b"code",
    b"name",
    b"A",
    b",",
    b",",
    b"\n",
    b"\n",
    b"\r",
    b'"',
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
    b"{",
    b"}",
    b":",
    b"1",
    b" ",
    "한".encode(),
]
pieces = st.lists(st.sampled_from(ALPHABET), max_size=40).map(b"".join)


@settings(max_examples=examples(60))
@given(st.binary() | pieces | pieces.map(b"code,name\n".__add__))
def test_arbitrary_bytes_never_raise(tmp_path_factory, content):
    """Every result is a row, a value or a finding, and lines only grow."""
    path = tmp_path_factory.getbasetemp() / "arbitrary"
    path.write_bytes(content)
    for read in (read_csv, read_ndjson, read_xlsx):
        results = list(read(path))
        lines = [result.line for result in results if result.line is not None]
        assert lines == sorted(lines)
        assert all(result.findings for result in results if isinstance(result, Trouble))
        seen(results)


def _workbook() -> bytes:
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number in range(5):
            sheet.write_row(number, 0, ("code", number, 0.5, "x"))
    return packed.getvalue()


def _repacked(parts: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return packed.getvalue()


WORKBOOK = _workbook()
with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as opened:
    PARTS = {name: opened.read(name) for name in opened.namelist()}


@settings(max_examples=examples(30))
@given(st.data())
def test_damaged_workbooks_never_raise(tmp_path_factory, data):
    """Bytes of the archive, and bytes of the parts in a sound archive."""
    if data.draw(st.booleans()):
        content = bytearray(WORKBOOK)
        for _ in range(data.draw(st.integers(1, 5))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        damaged = bytes(content)
    else:
        name = data.draw(
            st.sampled_from([name for name in PARTS if "sheet" in name or "workbook" in name or "shared" in name])
        )
        start = data.draw(st.integers(0, len(PARTS[name])))
        length = data.draw(st.integers(0, 20))
        part = PARTS[name][:start] + data.draw(st.binary(max_size=8)) + PARTS[name][start + length :]
        damaged = _repacked({**PARTS, name: part})
    path = tmp_path_factory.getbasetemp() / "damaged.xlsx"
    path.write_bytes(damaged)
    seen(read_xlsx(path))

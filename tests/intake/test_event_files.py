"""Files of events: one event whichever the format, and a table whose columns are not all known is stopped."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from app.intake.event_files import read_events
from app.kit.files import LineContent, Remark, Trouble
from app.rules.activity_rows import COLUMNS

HEADER = (
    "type",
    "source",
    "id",
    "time",
    "employee",
    "company_name",
    "buyer_name",
    "buyer_country",
    "amount",
    "currency",
)
CELLS = ("export_deal", "/crm", "7", "2026-03-04T09:00:00+01:00", "E1", "Hanbit", "N", "AT", "12.5", "EUR")


def _codes(path: Path, *ignored: str) -> list[list[str]]:
    """What is wrong, reading by reading; nothing for an event."""
    return [
        [finding.code for finding in one.findings] if isinstance(one, Trouble) else []
        for one in read_events(path, ignored_columns=ignored)
    ]


def _workbook(path: Path, *rows: tuple[object, ...], formats: dict[tuple[int, int], str] | None = None) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                shown = (formats or {}).get((number, place))
                sheet.write(number, place, cell, *([book.add_format({"num_format": shown})] if shown else []))
    return path


def test_the_three_formats_say_the_same(tmp_path: Path) -> None:
    """A deal in NDJSON, CSV and XLSX is one event, whichever door it comes by."""
    event: dict[str, Any] = {
        "specversion": "1.0",
        "type": "kopes.export_deal",
        "source": "/crm",
        "id": "7",
        "time": "2026-03-04T09:00:00+01:00",
        "data": {
            "employee": "E1",
            "company": {"name": "Hanbit"},
            "buyer": {"name": "N", "country": "AT"},
            "amount": "12.5",
            "currency": "EUR",
        },
    }
    ndjson = tmp_path / "events.ndjson"
    ndjson.write_text(json.dumps(event))
    cells = ("export_deal", "/crm", 7, "2026-03-04T09:00:00+01:00", "E1", "Hanbit", "N", "AT", 12.5, "EUR")
    table = tmp_path / "events.CSV"
    table.write_text(",".join(HEADER) + "\n" + ",".join(map(str, cells)) + "\n")
    for path, line in ((ndjson, 1), (table, 2), (_workbook(tmp_path / "events.xlsx", HEADER, cells), 2)):
        (read,) = read_events(path, name="e")
        assert isinstance(read, LineContent)
        assert (read.file, read.line, read.value) == ("e", line, event)
        assert read.text == (path.read_text() if path == ndjson else "")


def test_another_format_is_a_finding(tmp_path: Path) -> None:
    (trouble,) = read_events(tmp_path / "events.json")
    assert isinstance(trouble, Trouble)
    assert [finding.code for finding in trouble.findings] == ["unknown_format"]


def test_a_column_that_nobody_knows_stops_the_file(tmp_path: Path) -> None:
    """Before anything of it is recorded: "Credit" beside "credits" would give a deal to one person alone (contract)."""
    file = tmp_path / "events.csv"
    file.write_text(",".join((*HEADER, "credit")) + "\n" + ",".join((*CELLS, "E2:1")) + "\n", encoding="utf-8")
    (trouble,) = read_events(file)
    assert isinstance(trouble, Trouble)
    assert trouble.whole_file
    assert "credits" in trouble.findings[0].text()
    assert _codes(file, "Credit") == [[]]


@pytest.mark.parametrize("column", ["errors", "x_seen_by", "X_Colour", " Errors "])
def test_a_column_for_somebody_else_is_not_read(tmp_path: Path, column: str) -> None:
    """A file of rejects has its reasons, and an office its own notes."""
    file = tmp_path / "events.csv"
    file.write_text(",".join((*HEADER, column)) + "\n" + ",".join((*CELLS, "=1")) + "\n", encoding="utf-8")
    assert _codes(file) == [[]]


@given(st.data())
def test_names_of_columns_are_read_however_a_program_writes_them(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """In any case, with spaces and byte order marks around, in any order: the same event."""
    order = data.draw(st.permutations(range(len(HEADER))))
    around = st.text(alphabet=" \t\ufeff\N{NO-BREAK SPACE}", max_size=3)
    names = [
        data.draw(around)
        + data.draw(st.sampled_from([str.upper, str.title, str.lower]))(HEADER[place])
        + data.draw(around)
        for place in order
    ]
    folder = tmp_path_factory.getbasetemp()
    written = io.StringIO()
    csv.writer(written).writerows([names, [CELLS[place] for place in order]])
    table = folder / "events.csv"
    table.write_text("\ufeff" * data.draw(st.integers(0, 2)) + written.getvalue(), encoding="utf-8")
    plain = folder / "plain.csv"
    plain.write_text(",".join(HEADER) + "\n" + ",".join(CELLS) + "\n", encoding="utf-8")
    (read,), (expected,) = read_events(table), read_events(plain)
    assert isinstance(read, LineContent)
    assert isinstance(expected, LineContent)
    assert read.value == expected.value


@given(st.lists(st.text(alphabet='a1,"\r\n \0é', max_size=30), max_size=12))
def test_no_line_of_a_table_is_lost(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    """Whatever the quotation marks: each line with content is in an event or in a reject, and the rejects show it as it came."""
    file = tmp_path_factory.getbasetemp() / "events.csv"
    content = ",".join(COLUMNS) + "\n" + "\n".join(lines) + "\n"
    file.write_text(content, encoding="utf-8", newline="")
    came = [line.replace("\0", "") for line in io.StringIO(content, newline="").read().splitlines(keepends=True)]
    rejected = "".join(one.text for one in read_events(file) if isinstance(one, Trouble))
    accepted = sum(isinstance(one, LineContent) for one in read_events(file))
    if not accepted:
        for line in came[1:]:
            text = line.strip("\r\n")
            # A row without any content is none.
            if text.strip('," '):
                assert text.strip() in rejected


@pytest.mark.parametrize(
    ("column", "cell", "shown", "expected"),
    [
        ("hs_code", 901, None, "lost_zero"),
        ("hs_code", 901, "0000", "lost_zero"),
        ("hs_code", 85094, None, "lost_zero"),
        ("hs_code", 850940123, None, "lost_zero"),
        ("hs_code", 8509, None, None),
        ("hs_code", "850940123", None, None),
        ("id", 1234567890123456, None, "rounded_number"),
        ("buyer_registration", 12345678901234567890, None, "rounded_number"),
        ("company_registration", 123456789012345, None, None),
        ("company_registration", "1234567890123456", None, None),
        ("amount", 1234567.25, None, None),
    ],
)
def test_a_number_that_a_spreadsheet_has_changed_is_named(
    tmp_path: Path, column: str, cell: object, shown: str | None, expected: str | None
) -> None:
    """A lost zero or digit makes another code of it; the cell is named, and the row is rejected (contract)."""
    row = dict(zip(HEADER, CELLS, strict=True)) | {column: cell}
    formats = {(1, list(row).index(column)): shown} if shown else None
    (read,) = read_events(_workbook(tmp_path / "events.xlsx", tuple(row), tuple(row.values()), formats=formats))
    if expected is None:
        assert isinstance(read, LineContent)
        return
    assert isinstance(read, Trouble)
    (finding,) = read.findings
    letter = chr(ord("A") + list(row).index(column))
    assert (finding.code, finding.place.field, finding.parameters["cell"]) == (expected, column, f"{letter}2")


@pytest.mark.parametrize(
    ("formula", "value", "expected"),
    [("=NA()", "#N/A", ["error_cell"]), ("=1/0", "#DIV/0!", ["error_cell"]), ("=A1", "", ["formula_without_value"])],
)
def test_a_cell_that_says_nothing_is_named(tmp_path: Path, formula: str, value: str, expected: list[str]) -> None:
    """Never taken for an empty one: no credits would be all to one person."""
    with xlsxwriter.Workbook(tmp_path / "events.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, (*HEADER, "credits", "x_note"))
        for number in (1, 2, 3):
            sheet.write_row(number, 0, CELLS)
        sheet.write_formula(1, len(HEADER), formula, None, value)
        sheet.write_formula(2, len(HEADER), '=CONCATENATE("E1",":1")', None, "E1:1")
        sheet.write_formula(3, len(HEADER) + 1, formula, None, value)
    assert _codes(tmp_path / "events.xlsx") == [expected, [], []]


def _ids(readings: list[LineContent | Trouble | Remark]) -> list[object]:
    return [one.value["id"] for one in readings if isinstance(one, LineContent) and isinstance(one.value, dict)]


def _remarks(readings: list[LineContent | Trouble | Remark]) -> list[tuple[str, dict[str, object]]]:
    return [
        (finding.code, dict(finding.parameters))
        for one in readings
        if isinstance(one, Remark)
        for finding in one.findings
    ]


def test_rows_that_nobody_sees_count_and_are_named(tmp_path: Path) -> None:
    """Hidden by hand or filtered out: whoever filters means to see less, not to leave events out; a warning says which."""
    with xlsxwriter.Workbook(tmp_path / "events.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        for number in range(1, 8):
            sheet.write_row(number, 0, (*CELLS[:2], f"D-{number}", *CELLS[3:]))
        sheet.autofilter(0, 0, 7, len(HEADER) - 1)
        sheet.filter_column(2, "x == D-1")
        for number in (2, 4, 5, 6, 9):
            sheet.set_row(number, None, None, {"hidden": True})
    readings = list(read_events(tmp_path / "events.xlsx"))
    assert _ids(readings) == [f"D-{number}" for number in range(1, 8)]
    assert _remarks(readings) == [("hidden_rows", {"rows": "3, 5-7"})]


@pytest.mark.parametrize("hide", ["hide", "very_hidden"])
def test_the_first_sheet_that_is_shown_is_read(tmp_path: Path, hide: str) -> None:
    """Not one of charts, nor one that is hidden before it; a hidden one that holds events is named, wherever it stands."""
    with xlsxwriter.Workbook(tmp_path / "events.xlsx") as book:
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Shown!$I$2:$I$2"})
        book.add_chartsheet("Charts").set_chart(chart)
        for name in ("Old", "Lists", "Shown", "Kept"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ("names", "of buyers") if name == "Lists" else HEADER)
            sheet.write_row(1, 0, (*CELLS[:2], f"D-{name}", *CELLS[3:]))
            # Formulas that were never calculated and percentages are looked for in the same sheet.
            sheet.write_number(1, 8, 0.4, book.add_format({"num_format": "0%" if name == "Shown" else "0"}))
            if name != "Shown":
                getattr(sheet, hide)()
        book.get_worksheet_by_name("Shown").activate()
    readings = list(read_events(tmp_path / "events.xlsx"))
    assert _ids(readings) == ["D-Shown"]
    (event,) = (one.value for one in readings if isinstance(one, LineContent))
    assert isinstance(event, dict)
    assert event["data"]["amount"] == "40"
    assert _remarks(readings) == [("hidden_sheet", {"sheet": "Old"}), ("hidden_sheet", {"sheet": "Kept"})]


@pytest.mark.parametrize(
    ("number", "shown", "text"),
    [
        (0.4, "0%", "40"),
        (1, "0%", "100"),
        (0.125, "0.0%", "12.5"),
        (0.07, "0.00%", "7"),
        (0.2, '0.0" %"', "0.2"),
        (40, "0", "40"),
        (0.6, "[Red]0%;-0%", "60"),
    ],
)
def test_a_number_that_is_shown_as_a_percentage_is_its_percent(
    tmp_path: Path, number: float, shown: str, text: str
) -> None:
    """What a person sees in the cell is what they said."""
    names = ("type", "source", "id", "time", "activity_source", "activity_id", "additionality")
    cells = ("confirmed", "/xl", "C1", "2026-03-04T09:00:00+01:00", "/crm", "7", number)
    (read,) = read_events(_workbook(tmp_path / "events.xlsx", names, cells, formats={(1, 6): shown}))
    assert isinstance(read, LineContent)
    assert isinstance(read.value, dict)
    assert str(read.value["data"]["additionality"]) == text


def test_columns_before_the_first_one_are_columns(tmp_path: Path) -> None:
    """A table that begins in column C: cells are named by the letters that a person sees."""
    with xlsxwriter.Workbook(tmp_path / "events.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(3, 2, HEADER)
        sheet.write_row(4, 2, CELLS)
    (trouble,) = read_events(tmp_path / "events.xlsx")
    assert isinstance(trouble, Trouble)
    assert [finding.code for finding in trouble.findings] == ["unnamed_column"] * 2


def test_a_cell_that_lies_under_a_merged_one_is_named(tmp_path: Path) -> None:
    """One share of credits written over two deals would leave the second deal to one person alone; a note may be merged."""
    with xlsxwriter.Workbook(tmp_path / "events.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, (*HEADER, "credits", "x_note"))
        for number in (1, 2, 3, 4):
            sheet.write_row(number, 0, CELLS)
        sheet.merge_range(1, len(HEADER), 2, len(HEADER), "E1:0.5;E2:0.5")
        sheet.merge_range(3, len(HEADER) + 1, 4, len(HEADER) + 1, "seen")
    first, second, *rest = read_events(tmp_path / "events.xlsx")
    assert isinstance(first, LineContent)
    assert isinstance(second, Trouble)
    assert [(one.code, one.parameters["cell"]) for one in second.findings] == [("merged_cell", "K3")]
    assert all(isinstance(one, LineContent) for one in rest)
    assert len(rest) == 2


@pytest.mark.parametrize(
    ("further", "expected"),
    [
        ([("remark", "id"), ("told by telephone", "7")], [[]]),
        ([], [[]]),
        ([HEADER, CELLS], [["further_sheet"]]),
        ([(), tuple(f" {name.upper()}" for name in HEADER)], [["further_sheet"]]),
        ([("February",), (), HEADER, CELLS], [["further_sheet"]]),
        ([CELLS], [[], ["unread_sheet"]]),
        ([("Notes",), ("told by telephone",), CELLS], [[], ["unread_sheet"]]),
    ],
)
def test_events_on_a_further_sheet_are_not_passed_over(
    tmp_path: Path, further: list[tuple[str, ...]], expected: list[list[str]]
) -> None:
    """A year with a sheet for each month: the file is stopped before January alone is recorded. A sheet of notes is nobody's concern."""
    with xlsxwriter.Workbook(tmp_path / "events.xlsx") as book:
        for rows in ([HEADER, CELLS], further):
            sheet = book.add_worksheet()
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
        book.add_chartsheet()
    said = [
        [] if isinstance(one, LineContent) else [finding.code for finding in one.findings]
        for one in read_events(tmp_path / "events.xlsx")
    ]
    assert said == expected


@given(st.data())
def test_a_stray_quotation_mark_keeps_the_count_of_rows(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Wherever it stands: each of five rows is an event or a reject, and each reject is its line as it came."""
    cell = st.sampled_from(["Hanbit", "Hanbit, Seoul", 'Hanbit "H"', "", "한빛"])
    rows = [
        [
            str(number) if name == "id" else data.draw(cell) if name.endswith("_name") else text
            for name, text in zip(HEADER, CELLS, strict=True)
        ]
        for number in range(5)
    ]
    written = io.StringIO()
    csv.writer(written, lineterminator=data.draw(st.sampled_from(["\n", "\r\n"]))).writerows(rows)
    body = written.getvalue()
    place = data.draw(st.integers(0, len(body)))
    if body[place - 1 : place + 1] == "\r\n":
        place += 1
    body = body[:place] + '"' + body[place:]
    file = tmp_path_factory.getbasetemp() / "events.csv"
    file.write_text(",".join(HEADER) + "\n" + body, encoding="utf-8", newline="")
    readings = [one for one in read_events(file) if not isinstance(one, Remark)]
    assert sorted(one.line or 0 for one in readings)[:5] == [2, 3, 4, 5, 6]
    # At the very end it opens a row of its own.
    assert len(readings) == 5 + (place == len(body) - 1)
    lines = [line.strip("\r\n") for line in body.split("\n")]
    assert all(one.text == lines[(one.line or 0) - 2] for one in readings if isinstance(one, Trouble))


@given(st.data())
def test_a_table_reads_the_same_as_csv_and_as_a_workbook(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whatever a program may write: texts of any kind come back as they are, under names in any case."""
    text = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20).filter(
        lambda one: one not in {"_x0000_", '""'} and "_x" not in one
    )
    rows = [
        [
            data.draw(text) if name in {"company_name", "buyer_name"} else cell
            for name, cell in zip(HEADER, CELLS, strict=True)
        ]
        for _ in range(data.draw(st.integers(1, 4)))
    ]
    names = [data.draw(st.sampled_from([name, name.upper(), f" {name.title()} ", f"\ufeff{name}"])) for name in HEADER]
    folder = tmp_path_factory.getbasetemp()
    written = io.StringIO()
    csv.writer(written).writerows([names, *rows])
    (folder / "events.csv").write_text(written.getvalue(), encoding="utf-8", newline="")
    with xlsxwriter.Workbook(folder / "events.xlsx", {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([names, *rows]):
            for place, cell in enumerate(row):
                sheet.write_string(number, place, cell)
    events = [
        [one.value for one in read_events(folder / name) if isinstance(one, LineContent)]
        for name in ("events.csv", "events.xlsx")
    ]
    assert events[0] == events[1]
    assert [
        (event["data"].get("company", {}).get("name", ""), event["data"].get("buyer", {}).get("name", ""))
        for event in events[0]
        if isinstance(event, dict)
    ] == [(row[HEADER.index("company_name")], row[HEADER.index("buyer_name")]) for row in rows]

"""A file's rows taken home as a workbook, opened and saved by LibreOffice, and sent back into a change set (contract-desk, 8, item 5)."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.conftest import NewDatabase
from tests.contract.test_three_doors import WHY, Agency
from tests.small_agency import SMALL
from tests.workbooks import opened, saved

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SECONDS_MAX: Final = 600

ODD: Final = (
    '=HYPERLINK("http://127.0.0.1/";"김")',
    "=1+2",
    "+82-2-1234",
    "-2+3",
    "@SUM(A1)",
    "김민수 (본사)",
    "'tis",
    "<r>t</r>",
    'says "so", twice',
    "two\nlines",
    "3/4",
    "2026-03-01",
    "1E5",
    "0x1F",
    "TRUE",
    "12:30",
    "1,000",
    "50%",
    "_x000D_",
    "00",
)
"""What a spreadsheet takes for a formula, a figure, a day or a mark of its own."""

NODES: Final = ("unit:HQ", "unit:EUR", "unit:ASI", "unit:VIE", "unit:PAR", "employee:E1", "employee:E2", "employee:E3")
LINES: Final = {"deals": "16.5", "cost": "16.5", "quality": "16.5", "adopted": "16.5", "visits": "16.999999"}
LAST_LINE: Final = ("turned", "17.000001")
CYCLES: Final = range(1850, 2017)


def _row(*cells: object) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue().removesuffix("\n")


def agency_files() -> dict[str, tuple[str, ...]]:
    """The small agency with odd texts in every column that takes any, figures to the sixth place, and some 8,000 scorecard rows more."""
    more = {
        "employees": [
            _row(
                f"{at:05}", text, f"n{at}@agency.example" if at % 2 else "", text, "staff", "3000000", "2020-02-29", ""
            )
            for at, text in enumerate(ODD)
        ],
        "status": [_row(f"{at:05}", "2026", "leave", "2026-03-01", "2026-04-01", text) for at, text in enumerate(ODD)],
        "postings": [_row(f"{at:05}", "VIE", "staff", "2020-02-29", "") for at in range(len(ODD))],
        "ratings": [_row("2026", "unit:HQ", "quality", text, "A+") for text in ODD],
        "results": [_row("2025", f"{at:05}", f"7{at % 10}.123456", text) for at, text in enumerate(ODD)],
        "units": [_row("007", ODD[0], "office", "EUR", "AT", "Europe/Vienna", ODD[1], "2000-01-01", "2027-01-01")],
        "history": [
            _row("unit:PAR", "visits", 2020 + at, figure)
            for at, figure in enumerate(("0.000001", "123456789012345.123456", "-0.5", "0", "1000000"))
        ],
        "rates": [_row("2026-02", "KRW", "0.000753")],
        "market": [_row("007", "", "2026", "0.000001"), _row("PAR", "visits", "2026", "123456789.123456")],
        "discipline": [_row("00000", "demotion", "yes", "2026-02-28", "")],
        "scorecards": [
            _row(
                cycle, node, kpi, weight, ODD[at % 6], "unique", *[""] * 5, "10.250001" if kpi == "adopted" else "", ""
            )
            for at, cycle in enumerate(CYCLES)
            for node in NODES
            for kpi, weight in (*LINES.items(), LAST_LINE)
        ],
    }
    return {name: (*lines, *more.get(name, ())) for name, lines in SMALL.items()}


def resaved(folder: Path, books: Mapping[str, bytes]) -> dict[str, bytes]:
    """The workbooks as LibreOffice saves what it has opened: all of them by one that is started once, with settings of its own."""
    into = folder / "saved"
    for name, content in books.items():
        (folder / f"{name}.xlsx").write_bytes(content)
    subprocess.run(
        [
            *("soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"),
            *("--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(into)),
            *(str(folder / f"{name}.xlsx") for name in books),
        ],
        check=True,
        capture_output=True,
        timeout=SECONDS_MAX,
    )
    return {name: (into / f"{name}.xlsx").read_bytes() for name in books}


def with_texts(book: bytes, texts: Mapping[str, str]) -> bytes:
    """A workbook with other texts in place of some, as somebody types them into its cells."""
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as before, zipfile.ZipFile(into, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "xl/sharedStrings.xml":
                for text, other in texts.items():
                    assert f"<t>{text}</t>".encode() in content, text
                    content = content.replace(f"<t>{text}</t>".encode(), f"<t>{other}</t>".encode())
            after.writestr(name, content)
    return into.getvalue()


def test_what_libreoffice_saves_is_what_it_opened_and_what_was_edited(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    """Not one row of any file differs, 8,000 scorecard rows among them; what was edited is the difference, and no text is a formula."""
    files = agency_files()
    agency = Agency.opened("application", new_database("sqlite"), tmp_path, files)
    try:
        sheets = tmp_path / "sheets"
        sheets.mkdir()
        books = {name: agency.people["hr1"].get(f"/api/v1/files/{name}.csv/rows.xlsx").data for name in files}
        edits = {
            "employees": {"김민수 (본사)": "=이름+1", "00012": "00099"},
            "history": {"0.000001": "0.000002", "-0.5": "-0.500001"},
            "postings": {"2015-01-01": "2015-01-02"},
        }
        typed = {}
        for name, days, numbers in (
            ("postings", ("from", "to"), ()),
            ("discipline", ("decided_on", "lifted_on"), ()),
            ("market", (), ("year", "potential")),
            ("rates", (), ("usd",)),
        ):
            cells, hidden = opened(books[name])
            typed[f"typed-{name}"] = saved(cells, hidden, days=days, numbers=numbers)
        edited = {f"edited-{name}": with_texts(books[name], texts) for name, texts in edits.items()}
        came = resaved(sheets, {**books, **typed, **edited, "grades": grades_file(agency)})
        names_are_texts(came.pop("grades"))

        for name in books:
            cells, hidden = opened(came[name])
            assert (hidden, cells["kopes"]) == ({"kopes"}, opened(books[name])[0]["kopes"]), name
            with zipfile.ZipFile(io.BytesIO(came[name])) as packed:
                pages = [one for one in packed.namelist() if one.startswith("xl/worksheets/sheet")]
                assert not any(b"<f" in packed.read(one).replace(b"<fo", b"") for one in pages), name
        assert len(opened(came["scorecards"])[0]["scorecards"]) > 8_000
        for name in (*books, *typed):
            assert sent_back(agency, name.removeprefix("typed-"), came[name]) == [], name
        told = {name: sent_back(agency, name, came[f"edited-{name}"]) for name in edits}
        assert [(one["key"], one["differs"], one["after"]["name"]) for one in told["employees"]] == [
            ("00005", ["name", "rank"], "=이름+1"),
            ("00099", ["number", "name", "rank", "job", "monthly_base", "hired_on"], ODD[12]),
        ]
        assert {(one["key"], one["after"]["actual"]) for one in told["history"]} == {
            ("unit:PAR visits 2020", "0.000002"),
            ("unit:PAR visits 2022", "-0.500001"),
        }
        assert {one["key"] for one in told["postings"]} == {"E1 2015-01-02"}
    finally:
        agency.database.close()


def grades_file(agency: Agency) -> bytes:
    """Everybody's grades as hr takes them home, with the names that people gave themselves."""
    client, address = agency.people["hr1"], "/grades?cycle=2026"
    (token, *_) = re.findall('name="csrf_token" value="([^"]+)"', client.get(address).text)
    answer = client.post(address, data={"csrf_token": token, "format": "xlsx", "reason": WHY})
    assert answer.status_code == 200, answer.text
    return bytes(answer.data)


def names_are_texts(book: bytes) -> None:
    """None of them is a formula, and each comes back as it was, those that would run with an apostrophe before them."""
    rows = next(iter(opened(book)[0].values()))
    at = rows[0].index("Name")
    odd = [row[at] for row in rows[1:] if row[0] in {f"{number:05}" for number in range(len(ODD))}]
    assert [cell in {text, f"'{text}"} for cell, text in zip(odd, ODD, strict=True)] == [True] * len(ODD)
    assert all(cell.startswith("'") for cell, text in zip(odd, ODD, strict=True) if text[0] in "=+-@")
    with zipfile.ZipFile(io.BytesIO(book)) as packed:
        assert not any(b"<f>" in packed.read(one) for one in packed.namelist() if one.startswith("xl/worksheets/"))


def sent_back(agency: Agency, name: str, book: bytes) -> list[dict[str, Any]]:
    """The rows that a new change set holds when a workbook was sent into it."""
    change = agency.ask("hr1", "POST", "/api/v1/changes", json={"title": name, "reason": WHY})["id"]
    path = f"/api/v1/changes/{change}/files/{name}.csv?mode=rows"
    rows: list[dict[str, Any]] = agency.ask("hr1", "PUT", path, data=book, content_type=XLSX)["rows"]
    return rows

"""An agency folder is loaded whole or not at all, and every wrong row is named by file, line and field."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from app import cascade, organisation
from app.intake.definitions import read_folder
from app.intake.folder import FILES, LoadReport, load
from app.kit.database import Database
from app.kit.replacing import RowChanges
from app.organisation import Needs
from app.plain.findings import Level
from app.rules.definitions import Definitions
from app.rules.terms import Node, NodeKind
from tests.conftest import NewDatabase
from tests.small_agency import AT, SMALL, definitions, write

EXAMPLE = Path(__file__).resolve().parents[1] / "given" / "example"


def load_into(
    database: Database, folder: Path, *, needs: Needs | None = None, means: Definitions | None = None
) -> LoadReport:
    with database.write("load") as connection:
        return load(connection, folder, means or definitions(), at=AT, by="test", needs=needs)


def contents(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that a load writes."""
    public = [getattr(of, name) for of in (organisation.tables, cascade.tables) for name in of.__all__]
    tables = [one for one in public if isinstance(one, sa.Table)]
    with database.read() as connection:
        return {table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr) for table in tables}


def errors(report: LoadReport) -> list[tuple[str, int | None, str, str]]:
    """The errors of a load: file, line, field, what is wrong."""
    return [
        ((one.place.file or "").removeprefix("agency/"), one.place.line, one.place.field or "", one.code)
        for one in report.findings
        if one.level is Level.ERROR
    ]


def changed(name: str, **lines: str | None) -> dict[str, object]:
    """The small agency with some lines (``_4``) of a file replaced, added at the end (``more``) or left out (None)."""
    rows: list[str | None] = list(SMALL[name])
    for key, text in lines.items():
        if key == "more":
            rows.append(text)
        else:
            rows[int(key[1:]) - 1] = text
    return {**SMALL, name: [row for row in rows if row is not None]}


class Case(NamedTuple):
    """A wrong line, and what is said about it."""

    file: str
    lines: dict[str, str | None]
    line: int
    field: str
    code: str


WRONG = [
    # Cells.
    Case("units", {"more": "A B,Asia,regional_hq,HQ,JP,Asia/Tokyo,,2000-01-01,"}, 8, "code", "not_a_code"),
    Case("units", {"_4": "ASI,,regional_hq,HQ,JP,Asia/Tokyo,,2000-01-01,"}, 4, "name", "required"),
    Case("units", {"_4": f"ASI,{'x' * 501},office,HQ,JP,Asia/Tokyo,,2000-01-01,"}, 4, "name", "too_long"),
    Case("units", {"_4": "ASI,Asia,region,HQ,JP,Asia/Tokyo,,2000-01-01,"}, 4, "kind", "not_an_option"),
    Case("units", {"_4": "ASI,Asia,regional_hq,HQ,XX,Asia/Tokyo,,2000-01-01,"}, 4, "country", "not_an_option"),
    Case("units", {"_4": "ASI,Asia,regional_hq,HQ,JP,Mars/Olympus,,2000-01-01,"}, 4, "timezone", "not_an_option"),
    Case("units", {"_4": "ASI,Asia,regional_hq,HQ,JP,Asia/Tokyo,,,"}, 4, "valid_from", "required"),
    Case("units", {"_4": "ASI,Asia,regional_hq,HQ,JP,Asia/Tokyo,,2000-02-30,"}, 4, "valid_from", "not_a_date"),
    Case("units", {"_4": "ASI,Asia,regional_hq,HQ,JP,Asia/Tokyo,,20000101,"}, 4, "valid_from", "not_a_date"),
    Case("employees", {"more": "E 4,Dana,,G4,staff,4000000,2012-01-01,"}, 5, "number", "not_a_code"),
    Case("employees", {"_4": "E3,Chae,chae,G4,manager,4000000,2012-01-01,2026-10-01"}, 4, "email", "not_an_address"),
    Case("employees", {"_4": "E3,Chae,,G4,boss,4000000,2012-01-01,2026-10-01"}, 4, "job", "not_an_option"),
    Case("employees", {"_4": "E3,Chae,,G4,manager,40.5,2012-01-01,2026-10-01"}, 4, "monthly_base", "not_in_range"),
    Case("employees", {"_4": "E3,Chae,,G4,manager,-1,2012-01-01,2026-10-01"}, 4, "monthly_base", "not_in_range"),
    Case("employees", {"_4": "E3,Chae,,G4,manager,4e6,2012-01-01,2026-10-01"}, 4, "monthly_base", "not_a_number"),
    Case("employees", {"_4": "E3,Chae,,G4,manager,4000000,,2026-10-01"}, 4, "hired_on", "required"),
    Case("employees", {"_4": "E3,Chae,,G4,manager,4000000,2012-01-01,2012-01-01"}, 4, "left_on", "empty_period"),
    Case("employees", {"more": "E1,Alba,,G5,staff,3000000,2015-01-01,"}, 5, "number", "duplicate"),
    Case("postings", {"_4": "E2,VIE,boss,2010-01-01,"}, 4, "role", "not_an_option"),
    Case("rates", {"_2": "2026-13,EUR,1.05"}, 2, "month", "not_a_month"),
    Case("rates", {"_2": "2026-01,eur,1.05"}, 2, "currency", "not_a_currency"),
    Case("rates", {"_2": "2026-01,EUR,0"}, 2, "usd", "not_in_range"),
    Case("rates", {"_2": "2026-01,EUR,-1.05"}, 2, "usd", "not_in_range"),
    Case("rates", {"_2": "2026-01,EUR,1,05"}, 2, "usd", "ragged"),
    Case("rates", {"more": '2026-04,EUR,"1.2'}, 5, "usd", "quote_not_closed"),
    Case("rates", {"more": '2026-04,"EUR"O,1.2'}, 5, "currency", "bad_quotes"),
    Case("rates", {"more": "2026-04,E\0UR,1.2"}, 5, "currency", "nul"),
    Case("rates", {"more": "2026-03,EUR,1.2"}, 5, "month", "duplicate"),
    Case("rates", {"more": "2026-03,USD,1.2"}, 5, "usd", "dollar"),
    Case("history", {"_7": "team:E1,deals,2025,12.5"}, 7, "node", "not_a_node"),
    Case("history", {"_7": "employee:E9,deals,2025,12.5"}, 7, "node", "unknown_node"),
    Case("history", {"_7": "employee:E1,sales,2025,12.5"}, 7, "kpi", "not_an_option"),
    Case("history", {"_7": "employee:E1,deals,25,12.5"}, 7, "year", "not_a_year"),
    Case("history", {"_7": "employee:E1,deals,2025,NaN"}, 7, "actual", "not_a_number"),
    Case("history", {"_7": "employee:E1,deals,2025,"}, 7, "actual", "required"),
    Case("history", {"more": "unit:VIE,deals,2025,131"}, 8, "year", "duplicate"),
    Case("employment", {"_2": "E9,2012-01-01,2016-01-01,staff,G6,"}, 2, "employee", "unknown_employee"),
    Case("employment", {"_2": "E3,,2016-01-01,staff,G6,"}, 2, "from", "required"),
    Case("employment", {"_2": "E3,2012-01-01,2016-13-01,staff,G6,"}, 2, "to", "not_a_date"),
    Case("employment", {"_2": "E3,2012-01-01,2012-01-01,staff,G6,"}, 2, "to", "empty_period"),
    Case("employment", {"_2": "E3,2012-01-01,2016-01-02,staff,G6,"}, 3, "from", "overlap"),
    Case("employment", {"_2": "E3,2012-01-01,2016-01-01,boss,G6,"}, 2, "job", "not_an_option"),
    Case("employment", {"_2": "E3,2012-01-01,2016-01-01,staff,G6,1.5"}, 2, "monthly_base", "not_in_range"),
    Case("employment", {"_2": "E3,2012-01-01,2016-01-01,staff,G6,-1"}, 2, "monthly_base", "not_in_range"),
    Case("ratings", {"_3": "2026,unit:HQ,quality,R2,A"}, 3, "grade", "not_an_option"),
    Case("ratings", {"_3": "2026,unit:HQ,quality,R1,C"}, 3, "rater", "duplicate"),
    Case("status", {"_2": "E9,2026,leave,,,"}, 2, "employee", "unknown_employee"),
    Case("status", {"_2": "E1,2026,holiday,,,"}, 2, "kind", "not_an_option"),
    Case("status", {"_2": "E1,2026,leave,2026-03-01,2026-03-01,"}, 2, "to", "empty_period"),
    Case("results", {"_2": "2025,E1,101,B"}, 2, "final_score", "not_in_range"),
    Case("results", {"_3": "2025,E1,44.84,D"}, 3, "employee", "duplicate"),
    # The tree.
    Case("units", {"_4": "ASI,Asia,regional_hq,ROM,JP,Asia/Tokyo,,2000-01-01,"}, 4, "parent", "unknown_unit"),
    Case("units", {"_4": "ASI,Asia,regional_hq,,JP,Asia/Tokyo,,2000-01-01,"}, 4, "parent", "two_roots"),
    Case("units", {"_4": "ASI,Asia,regional_hq,ASI,JP,Asia/Tokyo,,2000-01-01,"}, 4, "parent", "circle"),
    Case("units", {"_6": "VIE,Vienna,office,ASI,AT,Europe/Vienna,,2026-06-30,"}, 6, "valid_from", "overlap"),
    Case("units", {"_4": "ASI,Asia,regional_hq,HQ,JP,Asia/Tokyo,,2026-07-02,"}, 6, "parent", "parent_not_alive"),
    Case(
        "units", {"_6": "VIE,Vienna,office,ASI,AT,Europe/Vienna,,2026-07-01,2026-07-01"}, 6, "valid_to", "empty_period"
    ),
    # Postings.
    Case("postings", {"_3": "E1,ROM,staff,2026-04-01,"}, 3, "unit", "unknown_unit"),
    Case("postings", {"_3": "E9,PAR,staff,2026-04-01,2027-01-01"}, 3, "employee", "unknown_employee"),
    Case("postings", {"_3": "E1,PAR,staff,2026-03-31,2027-01-01"}, 3, "from", "overlap"),
    Case("postings", {"_3": "E1,PAR,staff,2026-04-01,"}, 3, "to", "outside_unit"),
    Case("postings", {"_5": "E3,HQ,manager,2011-12-31,2026-10-01"}, 5, "from", "outside_service"),
    # Scorecards.
    Case("scorecards", {"_3": "2026,unit:HQ,cost,0,,unique,,,,50,90,,"}, 3, "weight", "not_in_range"),
    Case("scorecards", {"_3": "2026,unit:HQ,cost,41,,unique,,,,50,90,,"}, 2, "weight", "weight_sum"),
    Case("scorecards", {"_3": "2026,unit:HQ,deals,40,,unique,,,,,,,"}, 3, "kpi", "duplicate"),
    Case("scorecards", {"_3": "2026,unit:HQ,cost,40,,single,,,,50,90,,"}, 3, "link", "not_an_option"),
    Case("scorecards", {"_3": "2026,unit:HQ,cost,40,,unique,,,,90,50,,"}, 3, "high", "wrong_sides"),
    Case("scorecards", {"_2": "2026,unit:HQ,deals,60,,unique,,,,100,200,,"}, 2, "high", "wrong_sides"),
    Case("scorecards", {"_3": "2026,unit:HQ,cost,40,,unique,,,,,,70,"}, 3, "target", "figure_not_used"),
    Case("scorecards", {"_5": "2026,unit:VIE,visits,30,,unique,,,10,,,,"}, 5, "base", "figure_not_used"),
    Case("scorecards", {"_6": "2026,unit:VIE,adopted,20,,unique,,,,,,4,1.1"}, 6, "coefficient", "figure_not_used"),
    Case("scorecards", {"_3": "2026,unit:HQ,cost,40,,unique,,,,50,90,,0"}, 3, "coefficient", "not_in_range"),
    Case("scorecards", {"_9": "2027,employee:E1,turned,100,,unique,,,1,,,,"}, 9, "base", "figure_not_used"),
    Case("scorecards", {"_4": "2026,unit:VIE,deals,50,,identical,unit:HQ,,,,,,"}, 4, "parent_kpi", "other_kpi"),
    Case("scorecards", {"_4": "2026,unit:VIE,deals,50,,identical,unit:HQ,cost,,,,,"}, 4, "parent_kpi", "other_kpi"),
    Case("scorecards", {"_4": "2026,unit:VIE,deals,50,,identical,,deals,,,,,"}, 4, "parent_node", "required"),
    Case(
        "scorecards", {"_4": "2026,unit:VIE,deals,50,,identical,unit:ROM,deals,,,,,"}, 4, "parent_node", "unknown_node"
    ),
    Case(
        "scorecards",
        {"_4": "2026,unit:VIE,deals,50,,identical,unit:EUR,deals,,,,,"},
        4,
        "parent_node",
        "parent_without_kpi",
    ),
    Case("scorecards", {"_7": "2026,employee:E1,deals,70,,shared,unit:VIE,deals,1,,,,"}, 7, "base", "shared_figure"),
    Case(
        "scorecards",
        {"_7": "2026,employee:E1,deals,70,,shared,employee:E1,deals,,,,,"},
        7,
        "parent_node",
        "shared_ring",
    ),
    # Exclusions and plan.
    Case("exclusions", {"_2": "2026,unit:VIE,deals,2022,reason"}, 2, "year", "no_outlier"),
    Case("exclusions", {"_2": "2027,unit:VIE,deals,2022,reason"}, 2, "year", "no_outlier"),
    Case("exclusions", {"_2": "2026,unit:VIE,visits,2021,reason"}, 2, "kpi", "no_exclusions"),
    Case("exclusions", {"more": "2026,unit:VIE,deals,2021,again"}, 3, "year", "duplicate"),
    Case("plan", {"_2": "deals,,0,8"}, 2, "month", "not_in_range"),
    Case("plan", {"_2": "deals,,1,-8"}, 2, "share", "not_in_range"),
    Case("plan", {"_2": "deals,,2,8"}, 3, "month", "duplicate"),
    Case("plan", {"_2": "deals,,1,8.5"}, 2, "share", "plan_sum"),
    Case("plan", {"_2": None}, 2, "month", "plan_month"),
    Case("market", {"_2": "ROM,,2025,1"}, 2, "unit", "unknown_unit"),
    Case("market", {"_2": "VIE,offers,2025,1"}, 2, "kpi", "not_an_option"),
    Case("market", {"_2": "VIE,,25,1"}, 2, "year", "not_a_year"),
    Case("market", {"_2": "VIE,,2025,-0.5"}, 2, "potential", "not_in_range"),
    Case("market", {"_2": "VIE,,2025,"}, 2, "potential", "required"),
    Case("market", {"_2": "VIE,deals,2026,1"}, 3, "year", "duplicate"),
    Case("discipline", {"_2": "E9,reprimand,,2024-05-03,"}, 2, "employee", "unknown_employee"),
    Case("discipline", {"_2": "E1,warning,,2024-05-03,"}, 2, "kind", "not_an_option"),
    Case("discipline", {"_2": "E1,reprimand,no,2024-05-03,"}, 2, "grave", "not_an_option"),
    Case("discipline", {"_2": "E1,reprimand,,,"}, 2, "decided_on", "required"),
    Case("discipline", {"_2": "E1,reprimand,,2024-05-03,2024-05-02"}, 2, "lifted_on", "lifted_before"),
    Case("discipline", {"more": "E1,demotion,yes,2024-05-03,"}, 4, "decided_on", "duplicate"),
]


@pytest.fixture(scope="module")
def empty(module_database: NewDatabase) -> Iterator[Database]:
    """One embedded database for all loads that write nothing."""
    database = Database(module_database("sqlite"))
    yield database
    database.close()


@pytest.mark.parametrize("case", WRONG, ids=lambda case: f"{case.file}-{case.field or 'row'}-{case.code}")
def test_a_wrong_row_is_named_alone_and_stops_the_load(case: Case, empty: Database, tmp_path: Path) -> None:
    """One slip, one error: at its file, line and field, none about rows that are right, and nothing written."""
    report = load_into(empty, write(tmp_path, changed(case.file, **case.lines)))

    assert errors(report) == [(f"{case.file}.csv", case.line, case.field, case.code)]
    assert report.revision is None
    assert not any(contents(empty).values())


def test_what_commands_print_names_file_line_and_field(empty: Database, tmp_path: Path) -> None:
    """Errors speak to the reader: where, what was expected, what was found."""
    report = load_into(empty, write(tmp_path, changed("rates", _2="2026-01,EUR,much")))

    assert [str(one) for one in report.findings] == [
        "agency/rates.csv:2: usd: a number such as -1234.56 was expected, not “much”"
    ]


@pytest.mark.parametrize("name", FILES)
def test_a_column_that_is_not_there_is_an_error(name: str, empty: Database, tmp_path: Path) -> None:
    """Each column of each file in turn; the finding stands at the header."""
    header = SMALL[name][0].split(",")
    for column in header:
        files = {**SMALL, name: [",".join(one for one in header if one != column)]}
        report = load_into(empty, write(tmp_path, files))

        assert (f"{name}.csv", 1, column, "missing_column") in errors(report)


@pytest.mark.parametrize("name", FILES)
def test_a_column_that_is_none_of_its_files_is_an_error(name: str, empty: Database, tmp_path: Path) -> None:
    """Each file with one column misspelt and added: a value that nobody reads is no value."""
    column = SMALL[name][0].rpartition(",")[2]
    rows = [f"{line},{column[:-1]}x" if at == 0 else f"{line}," for at, line in enumerate(SMALL[name])]
    report = load_into(empty, write(tmp_path, {**SMALL, name: rows}))

    assert errors(report) == [(f"{name}.csv", 1, f"{column[:-1]}x", "unknown_column")]
    assert report.findings[0].parameters["nearest"] == column
    assert not any(contents(empty).values())


@pytest.mark.parametrize("name", FILES)
def test_names_of_columns_are_read_however_a_program_wrote_them(name: str, database: Database, tmp_path: Path) -> None:
    """Another case, spaces at the ends and byte order marks, doubled too, change nothing."""
    load_into(database, write(tmp_path))
    header = ",".join(f" {column.upper()}\t" for column in SMALL[name][0].split(","))
    text = "\ufeff\ufeff" + "".join(f"{line}\n" for line in (header, *SMALL[name][1:]))
    again = load_into(database, write(tmp_path, {**SMALL, name: text.encode()}))

    assert again.findings == ()
    assert again.changed == frozenset()


MISSPELT = (
    ("Scorecards.csv", "scorecards.csv"),
    ("scorecard.csv", "scorecards.csv"),
    ("postings.CSV", "postings.csv"),
    ("unit.csv", "units.csv"),
    ("Employees.Csv", "employees.csv"),
    ("ratings (1).csv", "ratings.csv"),
    (" plan.csv", "plan.csv"),
)


@pytest.mark.parametrize(("wrong", "nearest"), MISSPELT)
def test_a_file_whose_name_is_none_of_the_folders_is_an_error(
    wrong: str, nearest: str, empty: Database, tmp_path: Path
) -> None:
    """A misspelt name would empty its table: nothing is loaded, and the name that was meant is said."""
    folder = write(tmp_path)
    (folder / nearest).rename(folder / wrong)
    report = load_into(empty, folder)

    unknown = [one for one in report.findings if one.code == "unknown_file"]
    assert [(one.level, one.place.file, one.parameters["nearest"]) for one in unknown] == [
        (Level.ERROR, f"agency/{wrong}", nearest)
    ]
    assert report.revision is None
    assert not any(contents(empty).values())


def test_a_file_without_an_end_is_an_error(empty: Database, tmp_path: Path) -> None:
    """A pipe is not waited for, a device not read for ever, whoever made the folder."""
    folder = write(tmp_path)
    for name in ("exclusions", "plan"):
        (folder / f"{name}.csv").unlink(missing_ok=True)
    os.mkfifo(folder / "exclusions.csv")
    (folder / "plan.csv").symlink_to("/dev/zero")
    expected = [(f"{name}.csv", None, "", "unreadable") for name in ("exclusions", "plan")]
    assert errors(load_into(empty, folder)) == expected


def test_a_file_of_another_kind_may_stand_in_the_folder(database: Database, tmp_path: Path) -> None:
    """Only what looks like a table is held against the list."""
    folder = write(tmp_path)
    (folder / "README.md").write_text("How this folder is made.")
    assert load_into(database, folder).findings == ()


def test_all_findings_come_at_once_in_the_order_of_the_contract(empty: Database, tmp_path: Path) -> None:
    """Files as the contract lists them, then lines, then columns; the same folder gives the same list."""
    files = {
        **changed("units", _4="ASI,Asia,x,HQ,XX,Asia/Tokyo,,2000-01-01,", _2=SMALL["units"][1].replace("Agency", "")),
        "history": [*SMALL["history"], "unit:VIE,deals,20,x"],
        "plan": [*SMALL["plan"], "deals,,13,1"],
        "employees": [*SMALL["employees"], "E4,Dana,,,staff,,2012-01-01,"],
    }
    folder = write(tmp_path, files)

    assert errors(load_into(empty, folder)) == [
        ("units.csv", 2, "name", "required"),
        ("units.csv", 4, "kind", "not_an_option"),
        ("units.csv", 4, "country", "not_an_option"),
        ("employees.csv", 5, "monthly_base", "required"),
        ("history.csv", 8, "year", "not_a_year"),
        ("history.csv", 8, "actual", "not_a_number"),
        ("plan.csv", 26, "month", "not_in_range"),
    ]
    assert load_into(empty, folder) == load_into(empty, folder)


def test_a_load_fills_the_directory_and_the_sheet(database: Database, tmp_path: Path) -> None:
    """What was in the files is what is read, exact and in the order of the file."""
    report = load_into(database, write(tmp_path))
    with database.read() as connection:
        directory, sheet = organisation.directory(connection), cascade.sheet(connection)

    assert report.findings == ()
    assert report.revision == directory.revision == sheet.revision == 1
    assert {one.name: one.rows for one in report.files} == {
        **{name: len(lines) - 1 for name, lines in SMALL.items()},
        "definitions": 8,
    }
    assert list(directory.employees) == ["E1", "E2", "E3"]
    assert [line.kpi for line in sheet.lines.get(2026, {}).get(Node(NodeKind.UNIT, "VIE"), ())] == [
        "deals",
        "visits",
        "adopted",
    ]
    assert sheet.definitions == definitions()


def test_the_same_folder_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    """No row is touched and the revision stays: whoever follows it sees nothing."""
    folder = write(tmp_path)
    load_into(database, folder)
    before = contents(database)
    again = load_into(database, folder)

    assert again.revision == 1
    assert again.changed == frozenset()
    assert not any(one.changes for one in again.files)
    assert contents(database) == before


def test_another_spelling_of_the_same_rows_changes_nothing(database: Database, tmp_path: Path) -> None:
    """Decimals are compared by their value and columns by their name; a byte order mark and line ends are no content."""
    load_into(database, write(tmp_path))
    before = contents(database)
    lines = ["usd,currency,month", "1.0500,EUR,2026-01", "0.00650,JPY,2026-01", "1.10,EUR,2026-03"]
    again = load_into(database, write(tmp_path, {**SMALL, "rates": "\r\n".join(lines).encode("utf-8-sig")}))

    assert again.changed == frozenset()
    assert contents(database) == before


def test_a_load_says_what_it_changed_and_touches_only_that(database: Database, tmp_path: Path) -> None:
    """A rate that comes late is one row of one file; all that depends on rates must be derived anew."""
    load_into(database, write(tmp_path))
    before = contents(database)
    files = changed("rates", _3="2026-03,EUR,1.2", _4=None, more="2026-04,EUR,1.3")
    report = load_into(database, write(tmp_path, files))
    after = contents(database)

    assert report.revision == 2
    assert report.changed == {"rates"}
    assert next(one.changes for one in report.files if one.name == "rates") == RowChanges(1, 1, 1, 1)
    assert {name for name in before if before[name] != after[name]} == {
        "rate",
        "revision",
        "load_run",
        "load_file",
        "load_text",
    }


def test_definitions_that_change_are_a_change(database: Database, tmp_path: Path) -> None:
    """The definitions hold from the load on that brings them."""
    load_into(database, write(tmp_path))
    means = definitions(minimum_days=30)
    report = load_into(database, write(tmp_path), means=means)

    with database.read() as connection:
        assert cascade.sheet(connection).definitions == means
    assert report.changed == {"definitions"}


def test_people_keep_their_place_in_the_ledger(database: Database, tmp_path: Path) -> None:
    """A load changes an employee's row and never the id that credits refer to; numbers of paths stay, too."""
    load_into(database, write(tmp_path))
    with database.read() as connection:
        before = organisation.directory(connection)
    files = changed("employees", _2="E1,Alba Nova,,G4,head,3100000,2015-01-01,", more="E0,Dana,,,staff,1,2020-01-01,")
    files["units"] = [line.replace("VIE,Vienna,office,ASI", "VIE,Vienna,office,HQ") for line in SMALL["units"]]
    load_into(database, write(tmp_path, files))
    with database.read() as connection:
        after = organisation.directory(connection)

    assert [after.employee_id(number) for number in before.employees] == [
        before.employee_id(number) for number in before.employees
    ]
    assert after.employees["E1"].name == "Alba Nova"
    assert before.path_ids.items() <= after.path_ids.items()
    assert ("VIE", "HQ") in after.path_ids


def test_a_file_that_is_not_there_is_as_one_without_rows(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path)
    load_into(database, folder)
    for name in ("plan", "exclusions", "results", "status", "ratings"):
        (folder / f"{name}.csv").unlink()
    report = load_into(database, folder)

    assert report.findings == ()
    assert report.changed == {"plan", "exclusions", "results", "status", "ratings"}


def test_what_activities_need_cannot_be_left_out(database: Database, tmp_path: Path) -> None:
    """Give it an end date instead (contract, "The agency folder")."""
    load_into(database, write(tmp_path))
    before = contents(database)
    needs = Needs(
        employees={"E1", "E9"}, units={"VIE", "ROM"}, currencies={"EUR": "2025-12", "JPY": "2026-01", "USD": "2020-01"}
    )
    report = load_into(database, write(tmp_path, changed("rates", more="2026-02,JPY,0.007")), needs=needs)

    assert errors(report) == [
        ("units.csv", None, "code", "needed"),
        ("employees.csv", None, "number", "needed"),
        ("rates.csv", None, "month", "needed"),
    ]
    assert contents(database) == before


def test_every_load_is_kept_as_it_came(database: Database, tmp_path: Path) -> None:
    """Nothing is lost: each file's whole text with its hash and rows, once however often it comes."""
    load_into(database, write(tmp_path))
    load_into(database, write(tmp_path, changed("rates", _2="2026-01,EUR,1.06")))
    files, texts, runs = (getattr(organisation.tables, name) for name in ("load_file", "load_text", "load_run"))
    query = (
        sa.select(files.c.revision, files.c.row_count, texts.c.content)
        .join(texts, texts.c.sha256 == files.c.sha256)
        .where(files.c.name == "rates.csv")
        .order_by(files.c.revision)
    )
    with database.read() as connection:
        kept = [tuple(row) for row in connection.execute(query)]
        whom = [tuple(row) for row in connection.execute(sa.select(runs.c.loaded_at, runs.c.loaded_by))]
        distinct = connection.execute(sa.select(sa.func.count()).select_from(texts)).scalar()

    text = "".join(f"{line}\n" for line in SMALL["rates"])
    assert kept == [(1, 3, text), (2, 3, text.replace("1.05", "1.06"))]
    assert whom == [(AT, "test"), (AT, "test")]
    assert distinct == len(SMALL) + len(definitions().to_documents()) + 1


def test_the_worked_example_loads_without_an_error(database: Database) -> None:
    """An independent agency in the contract's formats; its unique weights over the policy are warnings."""
    means, _ = read_folder(EXAMPLE / "definitions")
    report = load_into(database, EXAMPLE / "agency", means=means)

    assert errors(report) == []
    assert {one.code for one in report.findings} == {"unique_weight", "not_there"}
    assert report.revision == 1


def test_warnings_are_said_and_stop_nothing(database: Database, tmp_path: Path) -> None:
    """What is odd and not forbidden: one table, file and code."""
    files = {
        **SMALL,
        "employees": [*SMALL["employees"], "E4,Dana,ALBA@agency.example,,staff,1,2030-01-01,"],
        "scorecards": [
            *SMALL["scorecards"],
            "2026,employee:E4,deals,50,,unique,unit:HQ,deals,,7,7,,",
            "2026,employee:E4,cost,50,,contributory,unit:EUR,cost,,,,,1.3",
        ],
        "employment": [*SMALL["employment"], "E4,2020-01-01,2030-01-01,head,,"],
        "ratings": [*SMALL["ratings"], "2026,unit:HQ,deals,R1,C"],
        "exclusions": ["cycle,node,kpi,year,reason", "2026,unit:VIE,deals,2021,"],
    }
    report = load_into(database, write(tmp_path, files))

    assert [((one.place.file or "").removeprefix("agency/"), one.place.line, one.code) for one in report.findings] == [
        ("employees.csv", 5, "same_address"),
        ("employment.csv", 4, "outside_service"),
        ("scorecards.csv", 10, "not_there"),
        ("scorecards.csv", 10, "unique_weight"),
        ("scorecards.csv", 10, "unique_parent"),
        ("scorecards.csv", 10, "no_spread"),
        ("scorecards.csv", 11, "parent_without_kpi"),
        ("scorecards.csv", 11, "coefficient"),
        ("ratings.csv", 4, "not_rated"),
        ("exclusions.csv", 2, "no_reason"),
    ]
    assert all(one.level is Level.WARNING for one in report.findings)
    assert report.revision is not None


def test_a_folder_that_is_not_there_is_an_error(empty: Database, tmp_path: Path) -> None:
    report = load_into(empty, tmp_path / "nowhere")

    assert [one.code for one in report.findings if one.level is Level.ERROR] == ["no_folder"]
    assert report.revision is None


# ---------------------------------------------------------------------------------------------------- whatever the files hold

WORDS = (
    " HQ VIE E1 unit:HQ unit:VIE employee:E1 2026 2025 deals turned shared identical 2026-01-01 9999-12-31 0001-01-01"
    " 100 1 -1 0.1 staff office A0 USD 2026-03 1e9 NaN ١ =1+1 \0"
)
cells = st.sampled_from([*WORDS.split(" "), '"', "x" * 600]) | st.text(max_size=5)


@given(name=st.sampled_from(sorted(FILES)), content=st.binary(max_size=300))
def test_arbitrary_bytes_are_never_more_than_findings(
    name: str, content: bytes, empty: Database, tmp_path: Path
) -> None:
    """Whatever a file holds, the load ends in findings; nothing raises."""
    folder = write(tmp_path, {**SMALL, name: content})
    with empty.writer.connect().execution_options(deed="test") as connection:
        report = load(connection, folder, definitions(), at=AT, by="test")
        connection.rollback()

    assert all(one.text() for one in report.findings)


@given(name=st.sampled_from(sorted(FILES)), rows=st.lists(st.lists(cells, min_size=13, max_size=13), max_size=4))
def test_arbitrary_rows_are_never_more_than_findings(
    name: str, rows: list[list[str]], empty: Database, tmp_path: Path
) -> None:
    """Rows of the right width beside those of the small agency: read, judged, and stored where there is no error."""
    width = SMALL[name][0].count(",") + 1
    written = io.StringIO()
    csv.writer(written).writerows(row[:width] for row in rows)
    text = "".join(f"{line}\n" for line in SMALL[name]) + written.getvalue()
    folder = write(tmp_path, {**SMALL, name: text.encode("utf-8", "surrogatepass")})
    with empty.writer.connect().execution_options(deed="test") as connection:
        report = load(connection, folder, definitions(), at=AT, by="test")
        connection.rollback()

    assert (report.revision is not None) == (not errors(report))
    assert all(one.place.line is not None for one in report.findings)

"""What levels are measured on, as it is read: exact, in the order of the file, with the definitions that hold."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from app import cascade
from app.cascade import Sheet
from app.intake.folder import load
from app.kit.database import Database
from app.rules.terms import Link, Node, NodeKind
from tests.conftest import CountQueries
from tests.small_agency import AT, SMALL, definitions, write

HQ, VIE, EUR = (Node(NodeKind.UNIT, code) for code in ("HQ", "VIE", "EUR"))
E1 = Node(NodeKind.EMPLOYEE, "E1")


def sheet_of(database: Database, folder: Path, **files: list[str]) -> Sheet:
    with database.write("load") as connection:
        report = load(connection, write(folder, {**SMALL, **files}), definitions(), at=AT, by="test")
        assert report.revision is not None, [str(finding) for finding in report.findings]
    with database.read() as connection:
        return cascade.sheet(connection)


def test_before_the_first_load_nobody_is_measured(database: Database) -> None:
    with database.read() as connection:
        sheet = cascade.sheet(connection)

    assert sheet.revision == 0
    assert sheet.cycles == ()
    assert sheet.lines.get(2026, {}).get(HQ, ()) == ()
    assert cascade.goal_tree(sheet, cycle=2026) == ()


def test_lines_stay_in_the_order_of_the_file_and_figures_are_exact(database: Database, tmp_path: Path) -> None:
    header = SMALL["scorecards"][0]
    lines = [
        header,
        "2026,unit:HQ,visits,0.1,,contributory,,,,,,,",
        "2026,unit:HQ,cost,66.6000,,contributory,,,123456789012345.00000000000000000001,,,,0.9",
        "2026,unit:HQ,deals,33.30,Area,contributory,,,-0.5,,,,",
    ]
    sheet = sheet_of(database, tmp_path, scorecards=lines)
    visits, cost, deals = sheet.lines.get(2026, {}).get(HQ, ())

    assert [line.kpi for line in (visits, cost, deals)] == ["visits", "cost", "deals"]
    assert [str(line.weight) for line in (visits, cost, deals)] == ["0.1", "66.6", "33.3"]
    assert str(cost.base) == "123456789012345.00000000000000000001"
    assert (cost.coefficient, deals.base, deals.area) == (Decimal("0.9"), Decimal("-0.5"), "Area")


def test_a_shared_line_leads_to_the_line_whose_figures_it_shows(database: Database, tmp_path: Path) -> None:
    """Along shared links only: the identical line of the office has figures of its own."""
    sheet = sheet_of(database, tmp_path)
    shared = sheet.line(2026, E1, "deals")
    assert shared is not None

    assert shared.link is Link.SHARED
    assert sheet.origin_of(shared) == sheet.line(2026, VIE, "deals")
    assert sheet.parent_of(shared) == sheet.line(2026, VIE, "deals")
    turned = sheet.line(2026, E1, "turned")
    assert turned is not None
    assert sheet.parent_of(turned) is None
    assert sheet.origin_of(turned) == turned


def test_past_years_ratings_and_exclusions_are_found_by_node_and_kpi(database: Database, tmp_path: Path) -> None:
    sheet = sheet_of(database, tmp_path)
    excluded = sheet.exclusion(2026, VIE, "deals")

    assert dict(sheet.years(VIE, "deals")) == {2021: 1000, 2022: 110, 2023: 120, 2024: 115, 2025: 130}
    assert dict(sheet.years(VIE, "cost")) == {}
    assert [(one.rater, one.grade) for one in sheet.ratings(2026, HQ, "quality")] == [("R1", "A0"), ("R2", "C")]
    assert sheet.ratings(2025, HQ, "quality") == ()
    assert excluded is not None
    assert (excluded.year, excluded.reason) == (2021, "a fair that was held once")
    assert sheet.exclusion(2025, VIE, "deals") is None


def test_a_plan_is_the_nodes_own_else_that_of_all(database: Database, tmp_path: Path) -> None:
    """In the order of the months, however the file has them."""
    plan = [SMALL["plan"][0], *reversed(SMALL["plan"][1:])]
    sheet = sheet_of(database, tmp_path, plan=plan)

    assert list(sheet.plan("deals", VIE) or ()) == [50, 50, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    assert list(sheet.plan("deals", E1) or ()) == [8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 10, 10]
    assert sheet.plan("cost", HQ) is None


def test_the_sheet_is_read_once_a_revision(database: Database, tmp_path: Path, count_queries: CountQueries) -> None:
    """1 query to see whether the revision moved."""
    before = sheet_of(database, tmp_path)
    with count_queries() as sent, database.read() as connection:
        assert cascade.sheet(connection) is before
    after = sheet_of(database, tmp_path, ratings=[SMALL["ratings"][0]])

    assert len([one for one in sent if "SELECT" in one]) == 1
    assert after.ratings(2026, HQ, "quality") == ()
    assert before.lines == after.lines


def test_rows_that_move_within_a_file_move_nobody_elses(database: Database, tmp_path: Path) -> None:
    """The place of a line is among its node's own: another node's lines before it change nothing."""
    sheet_of(database, tmp_path)
    lines = SMALL["scorecards"]
    folder = write(tmp_path, {**SMALL, "scorecards": [lines[0], *lines[6:], *lines[3:6], lines[2], lines[1]]})
    with database.write("load") as connection:
        report = load(connection, folder, definitions(), at=AT, by="test")

    (changes,) = (one.changes for one in report.files if one.name == "scorecards")
    assert (changes.added, changes.changed, changes.removed) == (0, 2, 0)

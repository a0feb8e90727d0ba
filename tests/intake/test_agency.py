"""A load is all or nothing, and never takes the ground from under what was recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import cascade, scoring
from app import cycle as cycles
from app.intake import LoadRefused
from app.rules.terms import Node, NodeKind
from app.scoring import ScoreQuery
from tests.conftest import NewDatabase
from tests.scenario import AT, Agency, Scenario, load, open_agency

YEAR = """
unit HQ agency
  unit VIE office
  unit PAR office
employee E1 VIE staff
employee E2 PAR staff
employee E3 PAR staff
rate 2026-01 EUR 1.10
rate 2026-01 JPY 0.0065
2026-03-04 deal D-1 E1 1000 EUR E1:0.6 E2:0.4
2026-03-05 verified D-1 by E9
"""


@pytest.fixture
def agency(engine: str, new_database: NewDatabase, tmp_path: Path) -> Iterator[Agency]:
    """An agency with one deal, of two offices."""
    opened = open_agency(new_database(engine), Scenario.read(YEAR), tmp_path)
    yield opened
    opened.database.close()


def _edit(agency: Agency, name: str, old: str, new: str) -> None:
    path = agency.folder / "agency" / f"{name}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("left_out", "instead", "named"),
    [
        # What the folder does not have any more; what the refusal names.
        (("employee E2 PAR staff",), (), "E2"),
        (("employee E1 VIE staff",), (), "E1"),
        (("  unit PAR office", "employee E2 PAR staff", "employee E3 PAR staff"), ("employee E2 - staff",), "PAR"),
        (("rate 2026-01 EUR 1.10",), (), "EUR"),
        (("rate 2026-01 EUR 1.10",), ("rate 2026-04 EUR 1.10",), "EUR"),
    ],
)
def test_what_activities_need_cannot_be_left_out(
    agency: Agency, left_out: tuple[str, ...], instead: tuple[str, ...], named: str
) -> None:
    """A unit, an employee, a rate, or the month of a rate: refused with nothing written (contract)."""
    before = agency.digest()
    lines = [line for line in YEAR.split("\n") if line not in left_out and not line.startswith("2026-")]
    Scenario.read("\n".join([*lines, *instead])).write(agency.folder)
    with pytest.raises(LoadRefused) as refused:
        load(agency.database, agency.folder)
    assert any(named in str(finding) for finding in refused.value.findings), refused.value.findings
    assert agency.digest() == before
    assert agency.differences() == []
    assert agency.actual("unit:HQ", "deal_value") == 1100


def test_whoever_judged_cannot_be_left_out_either(agency: Agency) -> None:
    """A verdict names an employee too."""
    said = Scenario.read(YEAR)
    del said.jobs["E9"]
    said.write(agency.folder)
    with pytest.raises(LoadRefused) as refused:
        load(agency.database, agency.folder)
    assert any("E9" in str(finding) for finding in refused.value.findings)


def test_what_nothing_needs_may_be_left_out(agency: Agency) -> None:
    """An employee without activities, a currency that nobody used."""
    agency.load("\n".join(line for line in YEAR.split("\n") if "E3" not in line and "JPY" not in line))
    assert agency.differences() == []
    assert agency.actual("unit:HQ", "deal_value") == 1100


def test_loading_the_same_folder_again_changes_nothing(agency: Agency) -> None:
    """Not the revision, not a row; nothing is derived again."""
    before = agency.digest()
    first, second = load(agency.database, agency.folder), load(agency.database, agency.folder)
    assert (first.changed, first.derived, first.revision) == (frozenset(), None, second.revision)
    assert "nothing changed" in first.lines()[-1]
    assert agency.digest() == before


def test_a_wrong_row_stops_the_load_with_nothing_written(agency: Agency) -> None:
    """Every wrong row is named by file, line and field; the right ones of other files are not loaded either."""
    before = agency.digest()
    _edit(agency, "rates", "1.10", "1.20")
    _edit(agency, "employees", "E2@agency.example", "nobody")
    _edit(agency, "postings", "E3,PAR", "E3,ZZZ")
    with pytest.raises(LoadRefused) as refused:
        load(agency.database, agency.folder)
    places = {(one.place.file, one.place.line) for one in refused.value.findings}
    assert any(str(name).endswith("postings.csv") for name, _ in places), places
    assert all(line for _, line in places)
    assert agency.digest() == before


def test_a_wrong_definition_stops_the_load_too(agency: Agency) -> None:
    """The definitions hold from the load on, so they are part of it."""
    before = agency.digest()
    path = agency.folder / "definitions" / "kpis.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace('"aggregate": "count"', '"aggregate": "cuont"'), encoding="utf-8"
    )
    _edit(agency, "rates", "1.10", "1.20")
    with pytest.raises(LoadRefused) as refused:
        load(agency.database, agency.folder)
    assert refused.value.findings[0].place.file
    assert agency.digest() == before


def test_a_definition_that_looks_at_other_activities_is_counted_from_the_first_event_on(agency: Agency) -> None:
    """A new filter is a new slice; its totals are made of what is there already."""
    path = agency.folder / "definitions" / "kpis.yaml"
    kpis = json.loads(path.read_text(encoding="utf-8"))
    for one in kpis["kpis"]:
        if one["code"] == "deals_austria":
            one["measure"]["where"] = {"country": ["DE"]}
        if one["code"] == "deals":
            one["measure"]["where"] = {"hs_code": ["85"], "country": ["AT"]}
    path.write_text(json.dumps(kpis), encoding="utf-8")
    loaded = load(agency.database, agency.folder)
    assert loaded.derived == 1
    assert agency.actual("unit:HQ", "deals_austria") == 0
    assert agency.actual("unit:HQ", "deals") == 0
    agency.record("2026-03-04 deal D-2 E1 1000 EUR of Meyer/DE")
    assert agency.actual("unit:HQ", "deals_austria") == 1
    agency.check()


def test_a_rate_that_is_put_right_re_values_what_was_recorded(agency: Agency) -> None:
    """And the report says that activities were derived again."""
    _edit(agency, "rates", "1.10", "1.20")
    loaded = load(agency.database, agency.folder)
    assert loaded.changed == {"rates"}
    assert loaded.lines()[-1] == "1 activities derived again"
    assert agency.actual("unit:HQ", "deal_value") == 1200
    assert agency.differences() == []


def test_a_rate_that_makes_a_recorded_amount_too_large_is_a_finding(agency: Agency) -> None:
    """No activity is worth more than 10^10 dollars (contract): such a rate stops the load, which names activity, file and field."""
    before = agency.digest()
    _edit(agency, "rates", "EUR,1.10", "EUR,10000000.01")
    with pytest.raises(LoadRefused) as refused:
        load(agency.database, agency.folder)
    (finding,) = refused.value.findings
    assert (finding.code, finding.place.file, finding.place.field) == ("worth_too_much", "agency/rates.csv", "usd")
    assert "D-1" in finding.text()
    assert agency.digest() == before
    _edit(agency, "rates", "EUR,10000000.01", "EUR,10000000")
    load(agency.database, agency.folder)
    assert agency.differences() == []


FAR = [
    ("units", 7, "0001-01-01"),
    ("units", 8, "9999-12-31"),
    ("employees", 6, "0001-01-01"),
    ("employees", 7, "9999-12-31"),
    ("postings", 4, "9999-12-31"),
    ("rates", 0, "9989-12"),
    ("rates", 0, "0001-01"),
    ("rates", 2, "0.00000000000000000001"),
    ("employees", 5, "999999999999999"),
    ("scorecards", 0, "9989"),
    ("scorecards", 0, "9999"),
    ("scorecards", 11, "999999999999999"),
    ("scorecards", 11, "1000000000000000"),
]


@pytest.mark.parametrize(("file", "column", "value"), FAR)
def test_far_days_and_large_numbers_are_loaded_or_named_and_scored(
    agency: Agency, file: str, column: int, value: str
) -> None:
    """Year 1 and year 9999 may stand for "ever": where the folder is loaded everything can be worked out, else the cell is named."""
    path = agency.folder / "agency" / f"{file}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = lines[1].split(",")
    cells[column] = value
    path.write_text("\n".join([lines[0], ",".join(cells), *lines[2:], ""]), encoding="utf-8")
    try:
        load(agency.database, agency.folder)
    except LoadRefused as refused:
        named = {(one.place.line, one.place.field) for one in refused.findings}
        assert (2, lines[0].split(",")[column]) in named or any(line != 2 for line, _ in named)
        return
    with agency.database.read() as connection:
        for cycle in scoring.state(connection).named_cycles:
            assert scoring.scorecards(connection, ScoreQuery(cycle, AT.date()))
            assert cycles.propose_employee_grades(connection, cycle=cycle, today=AT.date()).proposal.rows
    assert agency.differences() == []


def test_lines_of_a_node_that_is_not_in_their_cycle_are_kept_and_have_no_effect(agency: Agency) -> None:
    """A unit that is closed by then, an employee who has left: the load warns, nothing is listed, and the digest is as without them."""
    header = "cycle,node,kpi,weight,area,link,parent_node,parent_kpi,base,high,low,target,coefficient"
    path = agency.folder / "agency" / "scorecards.csv"
    _edit(
        agency,
        "units",
        "PAR,PAR,office,HQ,AT,Europe/Vienna,,2000-01-01,",
        "PAR,PAR,office,HQ,AT,Europe/Vienna,,2000-01-01,2027-01-01",
    )
    postings = (agency.folder / "agency" / "postings.csv").read_text(encoding="utf-8")
    (agency.folder / "agency" / "postings.csv").write_text(
        re.sub(r"(,PAR,\w+,[\d-]+),$", r"\1,2027-01-01", postings, flags=re.MULTILINE), encoding="utf-8"
    )
    lines = path.read_text(encoding="utf-8")
    path.write_text(f"{lines}2027,unit:VIE,deals,100,,unique,,,,,,10,\n", encoding="utf-8")
    load(agency.database, agency.folder)
    without = agency.digest()
    path.write_text(
        f"{lines}2027,unit:VIE,deals,100,,unique,,,,,,10,\n2027,unit:PAR,deals,100,,unique,,,,,,10,\n", encoding="utf-8"
    )
    loaded = load(agency.database, agency.folder)
    assert header in lines
    assert [(one.code, one.parameters["node"]) for one in loaded.warnings if one.code == "not_there"] == [
        ("not_there", "unit:PAR")
    ]
    with agency.database.read() as connection:
        listed = [str(card.node) for card in scoring.scorecards(connection, ScoreQuery(2027, AT.date()))]
        assert cascade.sheet(connection).lines.get(2027, {}).get(Node(NodeKind.UNIT, "PAR"), ())
    assert "unit:PAR" not in listed
    assert agency.digest() == without

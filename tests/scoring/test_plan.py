"""What no event changes is worked out once for each load: the same plan until another one is loaded."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from app import scoring
from app.rules.terms import Node, NodeKind
from tests.conftest import CountQueries, NewDatabase
from tests.scenario import Agency, Scenario, load, open_agency

YEAR = """
unit HQ agency
  unit VIE office
employee E1 VIE staff
employee E2 VIE staff from 2026-07-02
2026-03-04 consult C-1 E1
2026-08-04 consult C-2 E2
"""


def _lines(agency: Agency, *rows: str) -> None:
    """Replace the scorecards by some rows and load."""
    path = agency.folder / "agency" / "scorecards.csv"
    header = path.read_text(encoding="utf-8").split("\n")[0]
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    load(agency.database, agency.folder)


def _line(agency: Agency, node: str, kpi: str) -> scoring.LineScore:
    return next(line for line in agency.card(node).lines if line.kpi == kpi)


@pytest.fixture
def small(engine: str, new_database: NewDatabase, tmp_path: Path) -> Agency:
    """Two people and their office."""
    return open_agency(new_database(engine), Scenario.read(YEAR), tmp_path)


def test_the_plan_is_kept_until_the_next_load(agency: Agency, count_queries: CountQueries) -> None:
    """One query looks at the revision; a load that changes something makes a new plan, an event never does.

    unit HQ agency
    employee E1 HQ staff
    """
    with agency.database.read() as connection:
        first = scoring.state(connection)
        with count_queries() as sent:
            assert scoring.state(connection) is first
        assert len(sent) == 1
        assert first.plan(2026) is first.plan(2026)
    agency.record("2026-03-04 deal D-1 E1 100 USD")
    load(agency.database, agency.folder)
    with agency.database.read() as connection:
        assert scoring.state(connection) is first
    agency.load("unit HQ agency\nemployee E1 HQ staff\nrate 2026-01 EUR 1.3")
    with agency.database.read() as connection:
        assert scoring.state(connection) is not first


def test_a_shared_line_shows_its_parents_figures_under_its_own_weight(small: Agency) -> None:
    """Also along a chain of shared lines; the lines of a node still weigh what they weigh."""
    _lines(
        small,
        "2026,unit:HQ,consults,100,,unique,,,,,,8,",
        "2026,unit:VIE,consults,60,,shared,unit:HQ,consults,,,,,",
        "2026,unit:VIE,deals,40,,unique,,,,,,10,",
        "2026,employee:E1,consults,50,,shared,unit:VIE,consults,,,,,",
        "2026,employee:E1,deals,50,,unique,,,,,,10,",
    )
    top = _line(small, "unit:HQ", "consults")
    for node, weight in (("unit:VIE", 60), ("employee:E1", 50)):
        shown = _line(small, node, "consults")
        assert (shown.actual, shown.target, shown.score) == (top.actual, top.target, top.score)
        assert shown.weight == weight
    assert top.score == pytest.approx(20 + 80 * 2 / 8)
    small.check()
    small.database.close()


def test_who_came_in_the_middle_of_the_year_has_that_part_of_the_target(small: Agency) -> None:
    """183 of 365 days; a unit's is never prorated, nor a line that does not grow with days."""
    target = _line(small, "employee:E2", "consults").target
    assert target is not None
    assert target.startswith("5.01369")
    assert _line(small, "unit:VIE", "consults").target == "10"
    assert _line(small, "employee:E1", "consults").target == "10"
    small.database.close()


def test_the_first_cycle_of_a_version_shows_the_score_of_the_one_before(small: Agency) -> None:
    """Beside the new one, on these lines and no others (contract)."""
    path = small.folder / "definitions" / "kpis.yaml"
    kpis = json.loads(path.read_text(encoding="utf-8"))
    for one in kpis["kpis"]:
        if one["code"] == "consults":
            newer = {"activity": "export_consult", "aggregate": "count", "where": {"country": ["DE"]}}
            one["versions"] = [{"from": 2026, "measure": newer}]
    path.write_text(json.dumps(kpis), encoding="utf-8")
    load(small.database, small.folder)
    changed, other = _line(small, "unit:VIE", "consults"), _line(small, "unit:VIE", "deals")
    assert (changed.actual, changed.score) == ("0", 20)
    assert changed.has_old_score
    assert changed.old_score == pytest.approx(36)
    assert "old_score" in changed.as_json()
    assert "old_score" not in other.as_json()
    small.check()
    small.database.close()


def test_a_selection_gathers_the_units_that_its_people_hang_on(small: Agency) -> None:
    """Asked for one person, the person's units are scored too, and nobody else."""
    with small.database.read() as connection:
        plan = scoring.state(connection).plan(2026)
    selection = plan.select([Node(NodeKind.EMPLOYEE, "E1")])
    assert [str(node) for node in selection.nodes] == ["employee:E1", "unit:VIE"]
    assert selection.asked == 1
    assert plan.select([Node(NodeKind.EMPLOYEE, "E1")]) is selection
    small.database.close()


def test_lines_that_were_agreed_weigh_what_was_agreed(small: Agency) -> None:
    """A plan that is made of the one before comes to what one that is made anew does: weights and targets, of everybody at once."""
    with small.database.read() as connection:
        present = scoring.state(connection)
        asked = scoring.ScoreQuery(2026, dt.date(2026, 11, 1))
        before = scoring.scores(connection, asked)
        node = Node(NodeKind.EMPLOYEE, "E1")
        one, other, *rest = present.sheet.lines[2026][node]
        agreed = (
            replace(one, weight=one.weight + 7),
            replace(other, weight=other.weight - 7, target=Decimal(3)),
            *rest,
        )
        sheet = present.sheet.with_agreed({(2026, node): agreed})
        made, anew = present.with_sheet(sheet), scoring.State(present.frame, sheet)
        assert made.plan(2026).people is present.plan(2026).people
        after, wanted = (scoring.scores(connection, asked, loaded=state) for state in (made, anew))
    for column in ("score", "points", "own", "unit", "final"):
        assert np.array_equal(getattr(after, column), getattr(wanted, column), equal_nan=True), column
    assert not np.array_equal(after.points, before.points, equal_nan=True)
    small.database.close()

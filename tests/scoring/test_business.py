"""Business figures are what the events say, counted a second way; last year's stand as they stood on the same day."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from app import scoring
from app.kit.database import Database
from app.rules.terms import Node, NodeKind
from app.scoring import Business, ScoreQuery
from app.worker import jobs
from tests.conftest import CountQueries
from tests.reference.agency import ReferenceAgency
from tests.reference.random_agency import CYCLE, read_events
from tests.scenario import Agency
from tests.scoring.taken_in import NOW, TODAY, take_in

MEASURES: dict[str, dict[str, str]] = {
    "deal_value": {"activity": "export_deal", "aggregate": "sum", "of": "amount_usd"},
    "deals": {"activity": "export_deal", "aggregate": "count"},
    "consults": {"activity": "export_consult", "aggregate": "count"},
    "new_buyers": {"activity": "new_buyer", "aggregate": "count"},
}
LEVELS = ("entered", "verified", "confirmed")


def read(database: Database, *, cycle: int = CYCLE, as_of: dt.date | None = None, today: dt.date = TODAY) -> Business:
    """All units of a cycle."""
    asked = ScoreQuery(cycle, today, as_of)
    with database.read() as connection:
        plan = scoring.state(connection).plan(cycle)
        units = [node.code for node in plan.nodes if node.kind == "unit"]
        return scoring.business(scoring.business_source(connection, plan=plan, asked=asked, units=units))


def counted(reference: ReferenceAgency, unit: str, cycle: int, as_of: dt.date | None) -> dict[str, dict[str, Fraction]]:
    """The figures of a unit by the reference."""
    by_events = reference.scoring(cycle, basis="final", as_of=as_of, today=TODAY)
    return {
        figure: {level: by_events.measured(f"unit:{unit}", measure, level) or Fraction(0) for level in LEVELS}
        for figure, measure in MEASURES.items()
    }


def exact(levels: dict[str, Any]) -> dict[str, Fraction]:
    """Decimal strings as numbers."""
    return {level: Fraction(levels[level]) for level in LEVELS}


@pytest.mark.parametrize("seed", [8, 21])
def test_they_are_what_the_events_say(database: Database, tmp_path: Path, seed: int) -> None:
    """Now and as of a past day; a year on they are last year's by the same day, as it stood then (seed 8's cycle begins later in the year)."""
    take_in(database, tmp_path, seed=seed, events=300)
    jobs.take_trend(database, NOW)
    reference = ReferenceAgency.read(
        tmp_path / "agency", tmp_path / "definitions", read_events(tmp_path / "events.ndjson")
    )
    for as_of in (None, dt.date(CYCLE, 8, 20)):
        for unit, one in read(database, as_of=as_of).units.items():
            told, now = one.as_json(), counted(reference, unit, CYCLE, as_of)
            for figure in MEASURES:
                assert exact(told[figure]) == now[figure], (unit, figure, as_of)
    for as_of in (dt.date(CYCLE + 1, 8, 20), dt.date(CYCLE + 1, 11, 20)):
        shown = read(database, cycle=CYCLE + 1, as_of=as_of)
        assert shown.is_before_known
        for unit, one in shown.units.items():
            told, then = one.as_json(), counted(reference, unit, CYCLE, as_of.replace(year=CYCLE))
            for figure in MEASURES:
                assert exact(told[figure]["last_year"]) == then[figure], (unit, figure, as_of)


LAST_YEAR = (
    "2025-03-04 deal B-1 E1 1000.00 USD",
    "2025-03-05 verified B-1 by E9 as V-1",
    "2025-04-10 deal B-2 E1 500.00 USD",
    "2025-06-20 deal B-3 E2 70.00 USD",
    "2026-03-04 deal D-1 E1 2000.00 USD",
    "2026-03-05 rejected D-1 by E9 as R-1",
    "2026-04-01 deal D-2 E2 300.00 USD",
)


def test_until_the_days_are_counted_it_says_so(agency: Agency) -> None:
    """Nothing stands for last year before the job has run, then what stood on the same day; an entry that comes late is in it the next time.

    unit HQ agency
      unit VIE office
      unit PAR office
    employee E1 VIE staff
    employee E2 PAR staff
    employee E9 HQ head
    """
    assert agency.record(*LAST_YEAR).rejected == []
    day = dt.date(2026, 4, 30)
    first = read(agency.database, cycle=2026, as_of=day, today=day)
    assert (first.kept.days, first.units["HQ"].figures["deals"].before) == ("not_yet", None)

    at = dt.datetime(2026, 4, 30, 3, tzinfo=dt.UTC)
    jobs.take_trend(agency.database, at)
    shown = read(agency.database, cycle=2026, as_of=day, today=day).units["HQ"].as_json()
    assert shown["deal_value"]["last_year"] == {"entered": "1500", "verified": "1000", "confirmed": "0"}
    assert {name: shown["deal_value"][name] for name in LEVELS} == {"entered": "300", "verified": "0", "confirmed": "0"}

    agency.record("2025-04-11 deal B-4 E2 7.00 USD")
    jobs.take_trend(agency.database, at + dt.timedelta(minutes=5))
    again = read(agency.database, cycle=2026, as_of=day, today=day).units
    assert again["HQ"].as_json()["deal_value"]["last_year"]["entered"] == "1507"
    assert again["PAR"].as_json()["deal_value"]["last_year"]["entered"] == "7"


def test_a_cycle_without_an_entry_before_it_is_no_cycle_of_zeros(agency: Agency) -> None:
    """The agency has used the ledger since this year: there is nothing to compare with, and it says so.

    unit HQ agency
    employee E1 HQ head
    2026-03-04 deal D-1 E1 100.00 USD
    """
    jobs.take_trend(agency.database, dt.datetime(2026, 4, 30, 3, tzinfo=dt.UTC))
    shown = read(agency.database, cycle=2026)
    assert (shown.kept.days, shown.units["HQ"].figures["deals"].before) == ("no_entries", None)


def test_what_is_left_of_a_unit_is_its_own_people_and_who_moved(agency: Agency) -> None:
    """The parts and the rest add up to the whole on every level, where an office went from one region to another in the year.

    unit HQ agency
      unit EUR regional_hq
        unit VIE office until 2026-07-01
      unit ASI regional_hq
        unit VIE office from 2026-07-01
    employee E1 VIE staff
    employee E2 EUR head
    employee E9 HQ head
    2026-03-04 deal D-1 E1 1000.00 USD
    2026-03-05 deal D-2 E2 20.00 USD
    2026-08-04 deal D-3 E1 300.00 USD
    """
    today = dt.date(2026, 9, 1)
    shown = read(agency.database, cycle=2026, today=today)
    with agency.database.read() as connection:
        plan = scoring.state(connection).plan(2026)
    groups = scoring.business_groups(shown, plan, "HQ", sorting=(None, "entered", False))
    rest = {group.head.node.code: group.rest for group in groups}
    for group in groups:
        for figure, whole in group.head.figures.items():
            for level in LEVELS:
                parts = sum(getattr(part.figures[figure].now, level) for part in group.parts)
                assert parts + getattr(group.rest[figure], level) == getattr(whole.now, level)
    assert [rest[code]["deal_value"].entered for code in ("HQ", "EUR", "ASI")] == [0, 1020, -1000]


def test_reading_them_takes_as_many_queries_whatever_the_size(agency: Agency, count_queries: CountQueries) -> None:
    """Of one unit as of all: the totals (2, in so small an agency) and what is kept; the kept days are read once.

    unit HQ agency
      unit VIE office
      unit PAR office
    employee E1 VIE staff
    2026-03-04 deal D-1 E1 1000.00 USD
    """
    jobs.take_trend(agency.database, dt.datetime(2026, 4, 30, 3, tzinfo=dt.UTC))
    counts = []
    with agency.database.read() as connection:
        plan = scoring.state(connection).plan(2026)
        for units in (["VIE"], ["HQ", "VIE", "PAR"], ["HQ", "VIE", "PAR"]):
            with count_queries() as sent:
                scoring.business_source(connection, plan=plan, asked=ScoreQuery(2026, TODAY), units=units)
            counts.append(len(sent))
    assert counts == [4, 4, 3]


def test_a_goal_is_the_line_that_measures_just_this(agency: Agency) -> None:
    """A KPI of deals in some countries alone is no goal of all deals; a shared line shows another's figures.

    unit HQ agency
      unit VIE office
    employee E1 VIE staff
    2026-03-04 deal D-1 E1 1000.00 USD
    """
    units = read(agency.database, cycle=2026).units
    with agency.database.read() as connection:
        (card,) = scoring.scorecards(connection, ScoreQuery(2026, TODAY), [Node(NodeKind.UNIT, "VIE")])
    lines = {line.kpi: line for line in card.lines}
    for one in units["VIE"].figures.values():
        if one.goal is not None:
            line = lines[one.goal.kpi]
            assert str(one.goal.value) == (line.target or line.base)
            assert str(one.goal.ahead) == line.projected_actual
    assert any(one.goal for one in units["VIE"].figures.values())

"""Figures as of a day: what was said later had not been said yet, even of an activity that was there already."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from app import scoring
from app.rules.terms import Basis
from app.scoring import ScoreQuery
from tests.conftest import CountQueries, NewDatabase
from tests.scenario import AT, Agency, Scenario, event_of, open_agency

YEAR = """
unit HQ agency
  unit EUR regional_hq
    unit VIE office until 2026-07-01
    unit PAR office
  unit ASI regional_hq
    unit VIE office from 2026-07-01
employee E1 VIE staff
employee E2 PAR staff
employee E3 - staff
2025-12-30 new_buyer N-0 E3 of Lang/DE
2026-01-10 new_buyer N-1 E1 of Meyer/AT
2026-01-20 new_buyer N-2 E2 of Meyer/AT
2026-01-30 new_buyer N-3 E2 of Lang/DE
2026-02-10 deal D-1 E1 1000 EUR of Meyer/AT E1:0.6 E2:0.4
2026-02-15 rejected N-1 by E9
2026-02-20 verified D-1 by E9
2026-03-01 deal D-2 E2 333.33 EUR of Lang/DE E2:0.3333 E3:0.6667
2026-03-10 rejected N-0 by E9
2026-03-20 confirmed D-1
2026-04-01 denied D-1
2026-04-10 verified N-1 by E9
2026-07-02 deal D-3 E1 77.77 USD of Meyer/AT
2026-07-10 verified D-3 by E1
2026-07-20 verified D-2 by E9
2026-08-01 reversed D-2 by E9
2026-08-10 consult C-1 E1 of Lang/DE
2026-08-20 verified D-404 by E9
"""
DAYS = ("2026-01-15", "2026-02-12", "2026-02-25", "2026-03-15", "2026-04-05", "2026-07-15", "2026-07-31", "2026-12-31")


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_as_of_a_day_is_what_stood_when_only_the_events_up_to_it_were_there(
    engine: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    """Both bases, every node, every day on which something had just been said."""
    whole = open_agency(new_database(engine), Scenario.read(YEAR), tmp_path)
    growing = open_agency(new_database(engine), Scenario.read(YEAR.split("2025-12-30", maxsplit=1)[0]), tmp_path)
    recorded = 0
    for day in DAYS:
        events = [one for one in whole.scenario.events if one["time"][:10] <= day]
        growing.record_events(events[recorded:])
        recorded = len(events)
        for basis in Basis:
            asked = ScoreQuery(2026, AT.date(), dt.date.fromisoformat(day), basis)
            with whole.database.read() as connection, growing.database.read() as beside:
                then = scoring.scorecards(connection, asked)
                now = scoring.scorecards(beside, asked._replace(today=dt.date.fromisoformat(day), as_of=None))
            assert [one.lines for one in then] == [one.lines for one in now], (day, basis)
    whole.check()
    whole.database.close()
    growing.database.close()


def test_the_number_of_queries_as_of_a_day_does_not_grow_with_the_history(
    agency: Agency, count_queries: CountQueries
) -> None:
    """A handful for the activities with later events and for the sums, however many slices and activities there are.

    unit HQ agency
    employee E1 HQ staff
    2026-02-01 deal D-1 E1 100 USD
    2026-08-01 verified D-1 by E9
    """

    def queries() -> int:
        with count_queries() as sent:
            agency.card("unit:HQ", as_of=dt.date(2026, 6, 30))
        return len([one for one in sent if one != "BEGIN"])

    def after(*days: int) -> int:
        agency.record(*(f"2026-03-{day:02} deal F-{day} E1 100 USD" for day in days))
        agency.record(*(f"2026-08-{day:02} verified F-{day} by E9" for day in days))
        return queries()

    agency.card("unit:HQ")
    folded, kept, laid_out, brought_up_to_date = queries(), queries(), after(1), after(2)

    assert kept == 2  # the revision, and whether other events have come
    assert after(*range(3, 15)) == brought_up_to_date
    # PostgreSQL's COPY, of which there are two, is no query that is counted.
    assert (folded, laid_out, brought_up_to_date) in {(7, 8, 9), (7, 6, 7)}


MANY = ("AT", "DE", "FR", "US", "JP", "CN", "VN", "KE", "BR", "AU")
"""Countries: with ten sections of goods each they make a hundred slices."""


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_library_may_tell_apart_more_slices_than_an_integer_has_bits(
    engine: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    """A hundred kinds of deals, by country and goods: each counts its own, now and as of a past day."""
    kpis = {
        f"deals_{country}_{section}".lower(): (
            {
                "activity": "export_deal",
                "aggregate": "count",
                "where": {"country": [country], "hs_code": [f"{section}5"]},
            },
            "entered",
        )
        for country in MANY
        for section in range(10)
    }
    scenario = Scenario.read("unit HQ agency\n  unit VIE office\nemployee E1 VIE staff")
    scenario.kpis = kpis
    agency = open_agency(new_database(engine), scenario, tmp_path)
    events = []
    for number, (country, section) in enumerate((one, two) for one in MANY for two in (1, 4, 9)):
        event = event_of(f"2026-03-04 deal D-{number} E1 1000 USD of Buyer/{country}")
        event["data"]["hs_code"] = f"{section}50101"
        events.append(event)
    assert agency.record_events(events).rejected == []
    for as_of in (None, "2026-03-31"):
        counted = {code: agency.actual("unit:HQ", code, as_of=as_of) for code in kpis}
        assert counted == {code: int(code[-1] in "149") for code in kpis}
    assert set(filter(None, (agency.actual("unit:HQ", code, as_of="2026-03-03") for code in kpis))) <= {0}
    agency.database.close()

"""The office: people and units side by side, for whom they are."""

from __future__ import annotations

import re

import pytest

from tests.conftest import CountQueries
from tests.web.working import BY_UNIT, Working, addresses_by_unit


def test_a_head_s_office_is_the_unit_posted_to(working: Working) -> None:
    """Its people with what waits of theirs; not the people of other units."""
    working.record("2026-03-04 deal D-1 E1 100 USD", "2026-03-05 deal D-2 E1 100 USD")
    page = working.boram.get("/office").text
    assert "<h1>VIE</h1>" in page
    assert set(re.findall(r"/scorecards/employee:(E\d)", page)) == {"E1", "E2", "E6"}
    assert 'data-label="Waiting"><span data-part="waiting">2<' in page


def test_units_below_lead_down(working: Working) -> None:
    """The region's head sees both offices, with the people and what waits there."""
    working.record("2026-03-04 deal D-1 E1 100 USD")
    page = working.gaston.get("/office").text
    assert "/office?unit=VIE" in page
    assert "/office?unit=PAR" in page
    assert working.gaston.get("/office?unit=PAR").status_code == 200
    assert "Nobody is posted here today" in working.gaston.get("/office?unit=PAR").text


@BY_UNIT
def test_who_sees_which_office(working: Working, name: str, statuses: list[int]) -> None:
    """A unit's people are for its line and for who sees everything."""
    assert getattr(working, name).statuses(*addresses_by_unit("/office")) == statuses


@pytest.mark.parametrize("query", ["unit=NOPE", "unit=a/b", "unit=%00", "cycle=1066", "as_of=never"])
def test_a_wrong_address_gets_an_answer(working: Working, query: str) -> None:
    """Never a failure of ours."""
    assert working.hana.get(f"/office?{query}").status_code in {404, 422}


def test_the_office_shows_what_the_scorecard_shows(working: Working) -> None:
    """One read model per figure."""
    working.record("2026-03-04 consult C-1 E1", "2026-03-04 consult C-2 E1")
    office = working.boram.get("/office").text
    card = working.boram.get("/scorecards/employee:E1").text
    final = re.search(r'data-watch="final">([\d.]+)<', card)
    assert final is not None
    assert final[1] in office


def test_it_takes_as_many_queries_whatever_the_size(working_on_each: Working, count_queries: CountQueries) -> None:
    """Expect 11 of at most 12: the session, two revisions, totals and distinct members twice, what waits, the trend, what is kept of business."""
    counts = []
    for person, address in ((working_on_each.boram, "/office"), (working_on_each.hana, "/office")):
        person.get(address)
        with count_queries() as sent:
            person.get(address)
        counts.append(len([one for one in sent if one != "BEGIN"]))
        working_on_each.record(*(f"2026-03-04 deal {len(counts)}-{m} E1 100 USD of B{m}/AT" for m in range(30)))
    assert counts[0] == counts[1] <= 11

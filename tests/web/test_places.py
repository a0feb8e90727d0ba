"""Where an office stands on the map, and how its reader wants to see them all."""

from __future__ import annotations

import pytest

from app.web.looks.places import spot_of
from tests.web.working import Working


@pytest.mark.parametrize(
    ("country", "timezone", "longitude", "latitude"),
    [
        ("AT", "Europe/Vienna", 16.33, 48.22),
        ("US", "America/Los_Angeles", -118.24, 34.05),
        ("CN", "Asia/Shanghai", 121.47, 31.23),
        ("BR", "America/Sao_Paulo", -46.62, -23.53),
        ("SK", "Europe/Vienna", 16.33, 48.22),
        ("SG", "UTC", 103.85, 1.28),
    ],
)
def test_an_office_stands_at_the_chief_place_of_its_time_zone(
    country: str, timezone: str, longitude: float, latitude: float
) -> None:
    """In its country; of a zone that the country does not have, at the zone's; of one that is nowhere, at the country's."""
    spot = spot_of(country, timezone)
    assert spot is not None
    assert spot == pytest.approx((longitude, latitude), abs=0.01)


def test_a_place_that_nobody_knows_is_not_on_the_map() -> None:
    """It is named below it instead; a guess would be a false place."""
    assert spot_of("ZZ", "UTC") is None


def test_the_choice_of_map_tree_map_or_table_stays(working: Working) -> None:
    """Without script too: the form keeps it, and a word that is no choice changes nothing."""

    def pressed() -> str:
        page = working.ferran.get("/agency").text
        buttons = [part.partition(">")[0] for part in page.split('name="places" value="')[1:]]
        (chosen,) = (button.partition('"')[0] for button in buttons if 'aria-pressed="true"' in button)
        return chosen

    assert pressed() == "map"
    for choice, stays in (("tree", "tree"), ("globe", "tree"), ("table", "table")):
        assert working.ferran.post("/look", {"places": choice, "next": "/agency"}).status_code == 303
        assert pressed() == stays


@pytest.mark.parametrize(
    ("language", "one", "several"),
    [
        ("en", "of 1 office; to below C: ", "of 3 offices; to below C: "),
        ("es", "de 1 oficina; por debajo de C: ", "de 3 oficinas; por debajo de C: "),
    ],
)
def test_what_the_offices_lead_to_is_said_of_one_as_of_several(
    working: Working, language: str, one: str, several: str
) -> None:
    """A region may have a single office, and a sentence about it is no other than a person would write."""
    page = working.ferran.get("/agency?as_of=2026-06-30", headers={"Accept-Language": language}).text
    assert one in page
    assert several in page

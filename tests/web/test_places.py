"""Where an office stands on the map, and how its reader wants to see them all."""

from __future__ import annotations

import pytest

from app.web.looks.spots import spot_of
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
def test_an_office_named_after_no_city_stands_at_the_chief_place_of_its_time_zone(
    country: str, timezone: str, longitude: float, latitude: float
) -> None:
    """In its country; of a zone that the country does not have, at the zone's; of one that is nowhere, at the country's."""
    spot = spot_of("Somewhere office", country, timezone)
    assert spot is not None
    assert spot == pytest.approx((longitude, latitude), abs=0.01)


@pytest.mark.parametrize(
    ("name", "country", "longitude", "latitude"),
    [
        ("Munich office", "DE", 11.6, 48.1),
        ("Hamburg Office", "DE", 10.0, 53.6),
        ("KOPA Milan", "IT", 9.2, 45.5),
        ("Guangzhou office", "CN", 113.3, 23.1),
        ("Beijing office", "CN", 116.4, 39.9),
        ("Ho Chi Minh City office", "VN", 106.7, 10.8),
        ("São Paulo office", "BR", -46.6, -23.6),
        ("Xi'an office", "CN", 108.9, 34.3),
        ("Washington office", "US", -77.0, 38.9),
        ("Saint Petersburg office", "RU", 30.3, 59.9),
        ("New York and New Jersey office", "US", -74.0, 40.7),
    ],
)
def test_an_office_stands_at_the_city_that_it_is_named_after(
    name: str, country: str, longitude: float, latitude: float
) -> None:
    """South of what lies north of it: whoever knows the country sees at once where it is not."""
    spot = spot_of(name, country, "")
    assert spot is not None
    assert spot == pytest.approx((longitude, latitude), abs=0.15)


def test_a_city_of_another_country_is_no_place_of_an_office() -> None:
    """There is a Toledo in Spain and one in Ohio."""
    spain, ohio = spot_of("Toledo office", "ES", "Europe/Madrid"), spot_of("Toledo office", "US", "America/New_York")
    assert spain is not None
    assert ohio is not None
    assert spain.longitude > -5 > -80 > ohio.longitude


def test_a_place_that_nobody_knows_is_not_on_the_map() -> None:
    """It is named below it instead; a guess would be a false place."""
    assert spot_of("Nowhere", "ZZ", "UTC") is None


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

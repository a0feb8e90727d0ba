"""What pages lead with: the projected score's band, the score so far beside it in grey; nothing is coloured before a cycle's 60th day."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Connection

from app import scoring
from app.access import create_key
from app.rules.permissions import Scope
from tests.web.markup import Element, read
from tests.web.working import NOW, Working

UNITS = ("EUR", "VIE", "PAR", "ASI", "TYO")
EVENTS = (
    "2026-01-04 deal D-1 E1 1000.00 USD",
    "2026-01-05T10:00 verified D-1 by E9 as V-1",
    "2026-02-04 consult C-1 E1",
    "2026-04-04 deal D-2 E3 1000.00 USD",
    "2026-04-05T10:00 verified D-2 by E9 as V-2",
    *(f"2026-03-{day:02} consult C-{day} E6" for day in range(2, 12)),
)
PAGES = {
    "ferran": ("/agency",),
    "hana": ("/office", "/targets"),
    "dana": ("/people",),
    "boram": ("/scorecards/unit:VIE", "/scorecards/employee:E1", "/scorecards/unit:VIE/deals", "/office"),
}


def _take(connection: Connection, *days: str) -> None:
    for taken in scoring.snapshots(connection, 2026, [dt.date.fromisoformat(day) for day in days]):
        scoring.keep_snapshot(connection, taken, at=NOW)


def _two_places(score: float) -> Decimal:
    return Decimal(repr(score)).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def _band(score: Decimal) -> str:
    """Reckoned here, from domain.md 3."""
    return next(
        letter for letter, least in (("S", 90), ("A", 80), ("B", 70), ("C", 60), ("D", 50), ("E", 0)) if score >= least
    )


@pytest.fixture
def busy(working: Working) -> Working:
    working.record(*EVENTS)
    return working


def _scores(working: Working, day: str, *nodes: str) -> dict[str, dict[str, Any]]:
    """What the API says of nodes, or of each unit: a client's way to the same figures."""
    with working.database.write("test") as connection:
        key = create_key(connection, name=f"reader-{day}", scope=Scope.READ, now=NOW)
    client = working.app.test_client()
    return {
        code: json.loads(
            client.get(
                f"/api/v1/scorecards/{code if ':' in code else f'unit:{code}'}?cycle=2026&as_of={day}",
                headers={"Authorization": f"Bearer {key}"},
            ).text
        )
        for code in nodes or UNITS
    }


def _tile(page: Element, code: str) -> Element:
    return next(
        one
        for one in page.all("a")
        if f"/scorecards/unit:{code}?" in one.attributes.get("href", "") and "tile" in one.attributes.get("class", "")
    )


@pytest.mark.parametrize("day", ["2026-03-31", "2026-06-30"])
def test_in_a_running_year_units_are_coloured_by_where_they_lead(busy: Working, day: str) -> None:
    """The same day, so far, everybody is in the lowest band: half of a year's work is held against all of it."""
    page = read(busy.ferran.get(f"/agency?as_of={day}").text)
    bands = set()
    for code, card in _scores(busy, day).items():
        tile = _tile(page, code)
        leads = _two_places(card["projected_score"])
        bands.add(_band(leads))
        assert tile.attributes["class"] == f"tile tile-{_band(leads)}"
        assert f"{leads} {_band(leads)}" in tile.text
        assert f"so far {_two_places(card['final_score'])}" in tile.text
    assert len(bands) > 1


_COLOURED = re.compile(r"\b(?:tile|meter|band)-[SABCDE]\b")


def _coloured(page: Element) -> Iterator[str]:
    """What is coloured by a band, legends apart."""
    for one in page.children:
        if isinstance(one, Element) and one.attributes.get("class") not in {"bands", "legend small soft"}:
            yield from _COLOURED.findall(one.attributes.get("class", ""))
            yield from _coloured(one)


@pytest.mark.parametrize("name", PAGES)
def test_before_the_sixtieth_day_nothing_is_coloured(busy: Working, name: str) -> None:
    """On no page: two months of a year say nothing of its end. From the sixtieth on the same pages are."""
    somebody = getattr(busy, name)
    for address in PAGES[name]:
        early, later = (
            list(_coloured(read(somebody.get(f"{address}?as_of={day}&cycle=2026").text)))
            for day in ("2026-02-28", "2026-06-30")
        )
        assert early == [], address
        assert later, address


def test_the_choice_of_what_is_shown_stays_and_changes_no_colour(busy: Working) -> None:
    """Year's end, so far, or the change since a month ago: on the map, in the office's tables, and on the next page."""
    with busy.database.write("test") as connection:
        _take(connection, "2026-05-31")
    card = _scores(busy, "2026-06-30")["VIE"]
    so_far, leads = _two_places(card["final_score"]), _two_places(card["projected_score"])
    shown = {}
    for lead in ("so_far", "change", "projected"):
        answer = busy.ferran.post("/look", {"lead": lead, "next": "/agency"})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/agency")
        for _ in range(2):
            tile = _tile(read(busy.ferran.get("/agency").text), "VIE")
            shown[lead] = tile.text
            assert tile.attributes["class"] == f"tile tile-{_band(leads)}"
    assert str(so_far) in shown["so_far"]
    assert str(leads) not in shown["so_far"]
    assert str(leads) in shown["projected"]
    assert len(set(shown.values())) == 3


def _costs(card: dict[str, Any]) -> dict[str, float]:
    """What each line keeps the own score below 100 by at the year's end, reckoned here from what the API gives."""
    lines = [line for line in card["lines"] if line["score"] is not None]
    whole = sum(line["weight"] for line in lines)
    return {line["kpi"]: (100 - line["projected_score"]) * line["weight"] / whole for line in lines}


def test_a_scorecard_and_its_office_say_which_kpi_costs_most(busy: Working) -> None:
    """The three dearest on the scorecard, the dearest beside each of the office's people, as the year leads."""
    card = _scores(busy, "2026-06-30", "employee:E6")["employee:E6"]
    costs = sorted(_costs(card).items(), key=lambda one: -one[1])
    page = read(busy.boram.get("/scorecards/employee:E6?as_of=2026-06-30").text)
    section = next(one for one in page.all("section") if "costly" in one.attributes.get("class", ""))
    shown = [(item.first("a").attributes["href"], item.first("span").text) for item in section.all("li")]
    assert shown == [(f"#kpi-{kpi}", f"\N{MINUS SIGN}{_two_places(points)}") for kpi, points in costs[:3] if points]
    office = read(busy.boram.get("/office?as_of=2026-06-30").text)
    row = next(
        one
        for one in office.all("tr")
        if any(urlsplit(link.attributes["href"]).path == "/scorecards/employee:E6" for link in one.all("a"))
    )
    kpi, points = costs[0]
    assert any(link.attributes["href"].endswith(f"#kpi-{kpi}") for link in row.all("a"))
    assert f"\N{MINUS SIGN}{_two_places(points)}" in row.text


def test_the_office_s_people_stand_by_where_they_lead_the_lowest_first(busy: Working) -> None:
    """There help is needed."""
    cards = _scores(busy, "2026-06-30", *(f"employee:{one}" for one in ("E1", "E2", "E6")))
    page = read(busy.boram.get("/office?as_of=2026-06-30").text)
    links = [urlsplit(link.attributes["href"]).path.removeprefix("/scorecards/") for link in page.all("a")]
    order = list(dict.fromkeys(one for one in links if one in cards))
    assert order == sorted(cards, key=lambda node: cards[node]["projected_score"])


def test_beside_each_region_stands_where_its_year_led_week_by_week(busy: Working) -> None:
    """From the sixtieth day on: a line whose points are the projections of those days, said in words too."""
    days = ("2026-02-20", "2026-05-15", "2026-05-22", "2026-05-29")
    with busy.database.write("test") as connection:
        _take(connection, *days)
    page = read(busy.ferran.get("/agency").text)
    row = next(
        one
        for one in page.all("tr")
        if any("/scorecards/unit:EUR?" in link.attributes["href"] for link in one.all("a"))
    )
    led = [_scores(busy, day, "unit:EUR")["unit:EUR"]["projected_score"] for day in days[1:]]
    drawn = row.first("polyline").attributes["points"].split()
    assert drawn == [f"{number},{120 - one:.2f}" for number, one in enumerate(led)]
    first, last = _two_places(led[0]), _two_places(led[-1])
    assert f"from {first} to {last}" in row.first("svg").attributes["aria-label"]


def test_what_moved_is_told_only_where_there_is_something_to_compare_with(busy: Working) -> None:
    """A month after the sixtieth day the day of thirty days ago is too early to be judged by: nothing moved, and nothing stood still."""
    with busy.database.write("test") as connection:
        _take(connection, "2026-02-10", "2026-02-20")
    busy.ferran.post("/look", {"lead": "change", "next": "/agency"})
    page = busy.ferran.get("/agency?as_of=2026-03-15").text
    assert "Nothing to compare with yet" in page
    assert "Change since" not in page
    leads = _two_places(_scores(busy, "2026-03-15", "unit:VIE")["unit:VIE"]["projected_score"])
    assert str(leads) in _tile(read(page), "VIE").text


def test_a_head_sees_of_a_past_day_s_people_those_whom_they_may_see_today(busy: Working) -> None:
    """Relations follow the postings of the day: who has gone to another region is another head's (contract, "Who may what")."""
    busy.load(
        lambda text: (
            "\n".join(
                f"{line.rsplit(',', 2)[0]},{line.rsplit(',', 2)[1]},2026-06-01\n{line.replace(',VIE,', ',TYO,').rsplit(',', 2)[0]},2026-06-01,"
                if line.startswith("E6,")
                else line
                for line in text.splitlines()
            )
            + "\n"
        ),
        "postings",
    )
    addresses = {"boram": "/office?as_of=2026-05-20", "hana": "/office?unit=VIE&as_of=2026-05-20"}
    shown = {name: "employee:E6" in getattr(busy, name).get(address).text for name, address in addresses.items()}
    assert shown == {"boram": False, "hana": True}

"""People against KPIs: sorted and filtered by the address, with the API's figures, for whom their scores are."""

from __future__ import annotations

import re
from html import unescape

import pytest

from app.web.pages import people_map as pages
from tests.conftest import CountQueries
from tests.web.markup import read
from tests.web.working import BY_UNIT, Somebody, Working, addresses_by_unit


def _rows(person: Somebody, address: str) -> list[list[str]]:
    """The map's rows as they are read: the name, then each square."""
    tables = list(read(person.get(address).text).all("table"))
    lines = [line for table in tables for line in table.all("tr")][1:]
    return [[" ".join(cell.text.split()) for cell in [*line.all("th"), *line.all("td")]] for line in lines]


def test_whoever_is_led_lowest_comes_first_with_the_api_s_figures(working: Working) -> None:
    """Each row's score and squares are those of the API's scorecard; the head's home begins with the same people."""
    working.record("2026-03-04 consult C-1 E1", "2026-03-04 consult C-2 E1", "2026-03-04 consult C-3 E6")
    rows = _rows(working.boram, "/office/kpis")
    cards = {}
    for number in ("E1", "E2", "E6"):
        cards[number] = working.boram.get(f"/api/v1/scorecards/employee:{number}?cycle=2026").json
    leading = sorted(cards, key=lambda number: cards[number]["projected_score"])
    assert [row[0].partition(" ")[0] for row in rows] == leading
    for row in rows:
        card = cards[row[0].partition(" ")[0]]
        assert f"{card['projected_score']:.2f}" in row[1]
        squares = [line["projected_score"] for line in card["lines"]]
        assert [square.rpartition(" ")[2] for square in row[2:]] == [
            "–" if score is None else f"{score:.2f}" for score in squares
        ]
    home = read(working.boram.get("/").text)
    assert [one.attributes["data-node"] for one in home.all("li") if "data-node" in one.attributes] == [
        f"employee:{number}" for number in leading if number != "E2"
    ]


def test_home_names_whoever_is_at_risk_and_leads_to_the_others(working: Working) -> None:
    """Jiho's one KPI is reached: half of 100 and half of what the office has is above 60. Nobody at risk is said so."""

    def only_consults(text: str) -> str:
        rows = text.splitlines()
        kept = [row for row in rows if ",employee:E6," not in row]
        return "\n".join(
            [*kept, next(row for row in rows if ",employee:E6,consults," in row).replace(",10,", ",100,", 1)]
        )

    working.load(only_consults)
    working.record(*(f"2026-03-{day:02} consult C-{day} E6" for day in range(1, 21)))
    cards = {
        number: working.boram.get(f"/api/v1/scorecards/employee:{number}?cycle=2026").json for number in ("E1", "E6")
    }
    assert cards["E1"]["projected_score"] < 60 <= cards["E6"]["projected_score"]
    home = read(working.boram.get("/").text)
    assert [one.attributes["data-node"] for one in home.all("li") if "data-node" in one.attributes] == ["employee:E1"]
    others = [one for one in home.all("a") if " ".join(one.text.split()) == "1 other person"]
    assert [one.attributes["href"] for one in others] == ["/office/kpis?unit=VIE"]


def test_it_is_sorted_and_filtered_by_the_address(working: Working) -> None:
    """By a KPI either way, by name, by band; what nobody matches says so."""
    working.record("2026-03-04 consult C-1 E1", "2026-03-04 consult C-2 E1", "2026-03-04 consult C-3 E6")

    def names(more: str) -> list[str]:
        return [row[0].partition(" ")[0] for row in _rows(working.boram, f"/office/kpis?unit=VIE&{more}")]

    assert names("sort=consults") == ["E2", "E6", "E1"]
    assert names("sort=consults&order=down") == ["E1", "E6", "E2"]
    assert names("sort=name&order=down") == ["E6", "E2", "E1"]
    assert names("text=E6") == ["E6"]
    assert names("band=S") == []
    assert "Nobody matches" in working.boram.get("/office/kpis?unit=VIE&band=S").text
    assert working.boram.get("/office/kpis?unit=VIE&sort=nothing&page=9").status_code == 200


def test_a_long_list_leads_on(working: Working, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page by page, with what narrows and sorts it kept."""
    monkeypatch.setattr(pages, "PAGE_ROWS", 2)
    first = working.boram.get("/office/kpis?sort=name").text
    (following,) = set(re.findall(r'href="([^"]+page=2[^"]*)"', first))
    rows = _rows(working.boram, "/office/kpis?sort=name") + _rows(working.boram, unescape(following))
    assert [row[0].partition(" ")[0] for row in rows] == ["E1", "E2", "E6"]
    assert "page=1" in working.boram.get(unescape(following)).text


@BY_UNIT
def test_who_sees_which_map(working: Working, name: str, statuses: list[int]) -> None:
    """As the office's page: for its line and for who sees everything."""
    assert getattr(working, name).statuses(*addresses_by_unit("/office/kpis")) == statuses


@pytest.mark.parametrize("address", ["/office/kpis"])
def test_it_takes_as_many_queries_whatever_the_size(
    working: Working, count_queries: CountQueries, address: str
) -> None:
    """Of an office and of the whole agency."""
    counts = []
    for person in (working.boram, working.hana):
        person.get(address)
        with count_queries() as sent:
            person.get(address)
        counts.append(len([one for one in sent if one != "BEGIN"]))
    assert counts[0] == counts[1] <= 6

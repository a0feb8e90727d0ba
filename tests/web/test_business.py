"""Business figures by region and office: page, file, API and command say the same, parts add up, and nobody sees more than they may."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from decimal import Decimal

import pytest

from app.web.wording.words import BUSINESS
from app.worker import jobs
from tests.conftest import CountQueries
from tests.web.markup import read
from tests.web.working import NOW, Working

EVENTS = (
    "2025-03-04 deal B-1 E1 4000.00 USD",
    "2025-09-04 deal B-2 E3 9000.00 USD",
    "2026-03-04 deal D-1 E1 1000.00 USD",
    "2026-03-05T10:00 verified D-1 by E9 as V-1",
    "2026-03-06T10:00 confirmed D-1 as K-1",
    "2026-04-04 deal D-2 E3 2500.50 USD",
    "2026-05-04 deal D-3 E4 70.00 USD",
    "2026-05-05 consult C-1 E6",
)
FIGURES = ("deal_value", "deals", "consults", "new_buyers")


@pytest.fixture
def at_work(working: Working) -> Working:
    """The agency with a few deals of both years, the night's work done."""
    working.record(*EVENTS)
    jobs.take_trend(working.database, NOW)
    return working


def cells(page: str, unit: str) -> dict[str, str]:
    """What stands in a unit's row, by figure."""
    row = next(one for one in page.split("<tr")[1:] if f'href="/scorecards/unit:{unit}' in one)
    return dict(
        re.findall(r'data-figure="(\w+)"><span class="business-pair">\s*<span class="business-now">([^<]+)<', row)
    )


def test_page_file_and_api_say_the_same(at_work: Working) -> None:
    """Unit by unit: what is entered, what is verified and confirmed beside it, and last year's by 30 June."""
    ferran = at_work.ferran
    page = ferran.get("/business?open=all").text
    text = ferran.get("/business/file").text.lstrip("\ufeff")
    rows = {f"unit:{row['Unit code']}": row for row in csv.DictReader(io.StringIO(text))}
    items = {item["node"]: item for item in ferran.get("/api/v1/business/unit:HQ?cycle=2026").json["items"]}
    assert items.keys() == {node for node in rows if "#" not in node}
    for unit in ("HQ", "EUR", "VIE", "PAR", "ASI", "TYO"):
        item, row = items[f"unit:{unit}"], rows[f"unit:{unit}"]
        for figure in FIGURES:
            for level in ("entered", "verified", "confirmed"):
                assert Decimal(row[f"{BUSINESS[figure]}: {level}"]) == Decimal(item[figure][level])
                assert Decimal(row[f"{BUSINESS[figure]}: {level} last year"]) == Decimal(
                    item[figure]["last_year"][level]
                )
        shown = cells(page, unit)
        assert shown["deal_value"] == f"US${round(Decimal(item['deal_value']['entered'])):,}"
        assert [shown[figure] for figure in FIGURES[1:]] == [item[figure]["entered"] for figure in FIGURES[1:]]
    assert {name: items["unit:HQ"]["deal_value"][name] for name in ("entered", "verified", "confirmed")} == {
        "entered": "3570.5",
        "verified": "1000",
        "confirmed": "1000",
    }
    assert items["unit:HQ"]["deal_value"]["last_year"]["entered"] == "4000"
    assert "89.3\N{NO-BREAK SPACE}% of what it was by" in page


def test_the_parts_add_up_to_the_whole(at_work: Working) -> None:
    """Gaston heads the region and is posted to it: what is his stands in a row of its own, below the region's offices."""
    page = at_work.ferran.get("/business?open=all").text
    europe = page.split('<tr class="business-head"')[1:]
    (region,) = (one for one in europe if 'href="/scorecards/unit:EUR' in one)
    (rest,) = re.findall(
        r'<tr class="business-rest">.*?business-now">(US\$[^<]+)<', region.split("</tbody>")[0], re.DOTALL
    )
    assert (cells(page, "EUR")["deal_value"], cells(page, "VIE")["deal_value"], rest) == (
        "US$1,070",
        "US$1,000",
        "US$70",
    )


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        ("", ["ASI", "EUR"]),
        ("?order=up", ["EUR", "ASI"]),
        ("?sort=name&order=up", ["ASI", "EUR"]),
        ("?sort=consults", ["EUR", "ASI"]),
        ("?by=verified", ["EUR", "ASI"]),
        ("?by=last_year", ["EUR", "ASI"]),
        ("?view=offices&sort=deals", ["EUR", "ASI"]),
    ],
)
def test_the_table_is_sorted_on_the_server(at_work: Working, asked: str, order: list[str]) -> None:
    """By any column, either way, and by the number that is switched to; who has no such number comes last."""
    body = at_work.ferran.get(f"/business{asked}").text.split("<tbody>", 1)[1].split("<tfoot>")[0]
    places = {unit: body.index(f'href="/scorecards/unit:{unit}') for unit in ("ASI", "EUR")}
    assert sorted(places, key=lambda unit: places[unit]) == order


def test_a_past_day_is_what_was_shown_then(at_work: Working) -> None:
    """With the same day of last year beside it; what came in for later days changes nothing."""
    item = at_work.ferran.get("/api/v1/business/unit:HQ?cycle=2026&as_of=2026-03-31").json["items"]
    page = at_work.ferran.get("/business?as_of=2026-03-31").text
    assert cells(page, "HQ") == {"deal_value": "US$1,000", "deals": "1", "consults": "0", "new_buyers": "0"}
    at_work.record("2026-06-01 deal D-9 E1 99.00 USD")
    again = at_work.ferran.get("/api/v1/business/unit:HQ?cycle=2026&as_of=2026-03-31").json["items"]
    assert again == item


def test_each_sees_the_units_that_they_may(at_work: Working) -> None:
    """A head their line, the executive all; an employee no table, but by the API the figures of the units above (contract, "Who may what")."""
    statuses = {"ferran": 200, "emil": 200, "dana": 200, "gaston": 200, "alba": 404, "iris": 404}
    assert {name: getattr(at_work, name).statuses("/business")[0] for name in statuses} == statuses
    assert at_work.gaston.statuses("/business?unit=EUR", "/business?unit=ASI", "/business/file?unit=HQ") == [
        200,
        404,
        404,
    ]
    items = at_work.alba.get("/api/v1/business/unit:HQ?cycle=2026").json["items"]
    assert [item["node"] for item in items] == ["unit:EUR", "unit:HQ", "unit:VIE"]
    assert at_work.alba.statuses("/api/v1/business/unit:ASI?cycle=2026") == [404]


def test_the_agency_and_each_office_show_their_own(at_work: Working) -> None:
    """On the pages that their people live on, with the way to the table."""
    agency, office = at_work.ferran.get("/agency").text, at_work.gaston.get("/office").text
    assert "US$3,570" in agency
    assert 'href="/business?cycle=2026"' in agency
    assert "US$1,070" in office
    assert 'href="/business?unit=EUR"' in office
    assert 'class="cycle-spark-before"' in agency


def test_where_nothing_was_entered_by_that_day_no_zero_is_told_of_it(at_work: Working) -> None:
    """An agency whose ledger begins later has a year before, but not day by day: deals of 2025 are told of, consults of none are not."""
    tiles = read(at_work.ferran.get("/business").text).text
    assert "of what it was by 30 Jun 2025 : US$4,000" in tiles
    assert not re.search(r"30 Jun 2025 it was (US\$)?0\b", tiles)


def test_it_says_so_where_last_year_is_not_counted_yet(working: Working) -> None:
    """No zero stands for what nobody has counted."""
    working.record(*EVENTS)
    assert "counted by the next night" in working.ferran.get("/business").text
    told = working.ferran.get("/api/v1/business/unit:HQ?cycle=2026").json
    assert (told["last_year"], told["last_year_day"], told["items"][0]["deals"]["last_year"]) == ("not_yet", None, None)


def test_it_takes_as_many_queries_whatever_the_size(at_work: Working, count_queries: CountQueries) -> None:
    """At most 8, folded or not, with eight activities as with thirty."""
    counts = []
    for address in ("/business", "/business?open=all"):
        at_work.hana.get(address)
        with count_queries() as sent:
            at_work.hana.get(address)
        counts.append(len([one for one in sent if one != "BEGIN"]))
        at_work.record(*(f"2026-05-04 deal M{len(counts)}-{number} E1 1000.00 USD" for number in range(30)))
    assert counts[0] == counts[1] <= 9


def test_pages_of_the_list_follow_each_other(at_work: Working) -> None:
    """As every list of the API: so many units, and where the next are."""
    first = at_work.ferran.get("/api/v1/business/unit:HQ?cycle=2026&limit=4").json
    following = at_work.ferran.get(first["next"].removeprefix("http://localhost")).json
    assert [len(first["items"]), len(following["items"]), following["next"]] == [4, 2, None]
    assert dt.date.fromisoformat(first["last_year_day"]) == dt.date(2025, 6, 30)


@pytest.mark.parametrize("day", ["", "&as_of=2026-03-31"])
def test_after_the_last_there_are_none(at_work: Working, day: str) -> None:
    """An empty page and no fault: whoever asks on gets to know that it is the end."""
    beyond = at_work.ferran.get(f"/api/v1/business/unit:HQ?cycle=2026&after=unit:ZZZ{day}").json
    assert (beyond["items"], beyond["next"]) == ([], None)


CIRCLE = re.compile(
    r'<circle class="business-circle business-circle-(\w+)"[^>]* r="([\d.]+)" data-units="([^"]+)" data-now="([^"]+)"'
)


def circles(page: str) -> dict[str, tuple[str, str, float]]:
    """The offices on the map: what each says, whether it reaches what it is held against, its radius."""
    return {units.split()[0]: (now, reach, float(radius)) for reach, radius, units, now in CIRCLE.findall(page)}


@pytest.mark.parametrize("figure", FIGURES)
def test_the_map_says_what_the_table_says(at_work: Working, figure: str) -> None:
    """Each office once, the amount of its row; the largest amount has the largest circle, and a region's row is found by its offices."""
    for by in ("entered", "verified", "last_year"):
        page = at_work.ferran.get(f"/business?open=all&sort={figure}&by={by}").text
        drawn = circles(page)
        assert drawn.keys() == {"PAR", "TYO", "VIE"}
        assert {unit: now for unit, (now, _, _) in drawn.items()} == {unit: cells(page, unit)[figure] for unit in drawn}
        rows = set(re.findall(r'<tr[^>]* data-row="(\w+)"', page))
        assert {unit for _, _, units, _ in CIRCLE.findall(page) for unit in units.split()} <= rows
        amounts = {unit: Decimal(re.sub(r"[^\d.]", "", now)) for unit, (now, _, _) in drawn.items()}
        largest = max(drawn, key=lambda unit: drawn[unit][2])
        assert amounts[largest] == max(amounts.values())
        assert {reach for _, reach, _ in drawn.values()} <= (
            {"reaches", "below", "unknown"} if by == "last_year" else {"level"}
        )


def test_a_folded_office_leads_to_its_row(at_work: Working) -> None:
    """Where the region is folded, the circle's way unfolds it and ends at the office's row."""
    page = at_work.ferran.get("/business").text
    way = next(one for one in re.findall(r'data-unfold="([^"]+)"', page) if one.endswith("#row-VIE"))
    unfolded = at_work.ferran.get(way.partition("#")[0].replace("&amp;", "&")).text
    assert 'id="row-VIE"' not in page
    assert 'id="row-VIE"' in unfolded


def test_without_places_there_is_no_map(at_work: Working, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor its script; the table stands alone, as it does where nothing stands below."""
    assert "pages/business.js" in at_work.ferran.get("/business").text
    monkeypatch.setattr("app.web.looks.business_map.spot_of", lambda *_: None)
    page = at_work.ferran.get("/business?sort=deals").text
    assert not circles(page)
    assert "pages/business.js" not in page
    assert "business-world" not in at_work.emil.get("/business?unit=VIE").text

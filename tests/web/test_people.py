"""Everyone's scores, and their download: page and file are one figure, and a file that is cut shows it."""

from __future__ import annotations

import csv
import hashlib
import io

import sqlalchemy as sa

from app.access.tables import reading_log
from tests.conftest import CountQueries
from tests.web.markup import read
from tests.web.working import Working

DEALS = (
    "2026-03-04 deal D-1 E1 1000.00 USD",
    "2026-03-05T10:00 verified D-1 by E9 as V-1",
    "2026-04-04 deal D-2 E3 1000.00 USD",
)


def test_who_may_see_everyone_and_who_may_download(working: Working) -> None:
    """A head's own line stands on the office's page; an employee sees no colleague; export is HR's deed (contract, "Who may what")."""
    seen = {"dana": 200, "emil": 200, "ferran": 200, "boram": 404, "hana": 404, "alba": 404, "iris": 404}
    assert {name: getattr(working, name).statuses("/people")[0] for name in seen} == seen
    form = {"reason": "the yearly report"}
    taken = {"dana": 200, "emil": 404, "ferran": 404, "boram": 404, "iris": 404}
    assert {name: getattr(working, name).post("/people", form).status_code for name in taken} == taken


def test_the_file_has_the_figures_of_the_page_and_proves_that_it_is_whole(working: Working) -> None:
    """Its last line tells the rows and the SHA-256 of all before it."""
    working.record(*DEALS)
    content = working.dana.post("/people?sort=number&order=up", {"reason": "the yearly report"}).data
    body, last = content.removeprefix("\ufeff".encode()).rsplit(b"\r\n", 2)[:2]
    name, count, kind, digest = last.decode().split(",")
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    assert (name, int(count), kind) == ("# rows", len(rows), "sha256")
    assert digest == hashlib.sha256(body + b"\r\n").hexdigest()
    page = working.dana.get("/people?sort=number&order=up").text
    for row in rows:
        shown = page.split(f'href="/scorecards/employee:{row["Employee number"]}"', 1)[1].split("</tr>", 1)[0]
        for column in ("Name", "Unit", "Group", "Own score", "Unit part", "Final score", "Projected score", "Band"):
            assert row[column] in shown
    assert [row["Employee number"] for row in rows] == sorted(row["Employee number"] for row in rows)


def test_the_file_is_in_the_readers_language(working: Working) -> None:
    """Headings and jobs are words of the page."""
    working.dana.client.set_cookie("kopes_language", "ko")
    content = working.dana.post("/people?text=E1", {"reason": "the yearly report"}).data.decode("utf-8-sig")
    row = next(csv.DictReader(io.StringIO(content)))
    assert (row["사번"], row["직무"]) == ("E1", "직원")


def test_a_download_is_logged_with_its_reason_and_needs_one(working: Working) -> None:
    """The log says who, what, why and how many; without a reason there is no file and no row."""
    refused = working.dana.post("/people?unit=VIE", {"reason": ""})
    assert refused.status_code == 422
    assert "This is empty: fill it in." in refused.text
    with working.dana.post("/people?unit=VIE", {"reason": "Vienna's review", "format": "xlsx"}) as answer:
        assert answer.status_code == 200
    with working.database.read() as connection:
        rows = connection.execute(sa.select(reading_log)).mappings().all()
    assert [(row["what"], row["reason"], row["rows"]) for row in rows] == [("people", "Vienna's review", 3)]
    assert working.trail()[0].why == "Vienna's review"


def test_a_unit_a_group_a_band_and_a_name_narrow_the_list(working: Working) -> None:
    """All below a unit belong to it; what is shown says how many of how many."""
    page = working.dana.get("/people?unit=EUR").text
    assert "employee:E1" in page
    assert "employee:E3" not in page
    assert "4 of " in read(page).text
    assert "employee:E3" in working.dana.get("/people?text=e3").text
    assert "Nobody like that" in working.dana.get("/people?text=nobody-has-this").text
    assert working.dana.statuses("/people?unit=NOPE", "/people?page=99", "/people?sort=nope") == [200, 200, 422]


def _weighed_anew(scorecards: str) -> str:
    """Five points of E1's weight from one KPI to another."""
    lighter = scorecards.replace("employee:E1,deals_confirmed,10,", "employee:E1,deals_confirmed,5,")
    return lighter.replace("employee:E1,deal_mean,10,", "employee:E1,deal_mean,15,")


def _is_drawn_as_filed(working: Working, narrowing: str = "") -> str:
    """Look twice, so that the second look is at what was kept, and hold both against the file, which is never kept. Returns the table."""
    answer = working.dana.post(f"/people{narrowing}", {"reason": "against what was kept", "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))[:-1]  # The last line is the checksum.
    for somebody in (working.dana, working.dana, working.emil):
        table = somebody.get(f"/people{narrowing}").text.split('data-rows="people"', 1)[1].split("</tbody>", 1)[0]
        lines = table.split("<tr>")[1:]
        assert len(lines) == len(rows)
        for line, row in zip(lines, rows, strict=True):
            assert f'href="/scorecards/employee:{row["Employee number"]}">{row["Name"]}</a>' in line
            for column in ("Unit", "Group", "Own score", "Unit part", "Final score", "Projected score", "Band"):
                assert row[column] in line
    return table


def test_a_kept_table_is_drawn_anew_when_anything_that_it_shows_has_changed(working: Working) -> None:
    """An event, a verdict, a weight, a name, a unit's name, the order, what narrows it, the day, the basis: no look is at what was before."""
    tables = [_is_drawn_as_filed(working)]
    working.record(*(f"2026-03-04 deal D-{number} E1 90000.00 USD" for number in range(6)))
    tables.append(_is_drawn_as_filed(working))
    working.record("2026-03-05 rejected D-1 by E2")
    tables.append(_is_drawn_as_filed(working))
    working.load(_weighed_anew, "scorecards")
    tables.append(_is_drawn_as_filed(working))
    working.load(lambda text: text.replace("E1,E1,", "E1,Alba Anew,"), "employees")
    tables.append(_is_drawn_as_filed(working))
    assert len(set(tables)) == len(tables), [tables.index(table) for table in tables]
    orders = [_is_drawn_as_filed(working, order) for order in ("?sort=number&order=up", "?sort=number")]
    parts = [_is_drawn_as_filed(working, part) for part in ("?unit=VIE", "?text=e3", "?text=anew", "?ahead=at_risk")]
    days = [_is_drawn_as_filed(working, day) for day in ("?as_of=2026-03-03", "?as_of=2026-03-04", "?basis=final")]
    assert [len(set(some)) for some in (orders, parts, days)] == [2, 4, 3]
    working.dana.client.set_cookie("kopes_language", "ko")
    assert "직원" in working.dana.get("/people").text.split('data-rows="people"', 1)[1]
    assert "직원" not in working.emil.get("/people").text.split('data-rows="people"', 1)[1]


def test_constant_query_count(working: Working, count_queries: CountQueries) -> None:
    """The session, the revision, the totals and one's views: the same whatever has been recorded; fewer where nothing has come since the last look."""
    dana = working.dana
    dana.get("/people")
    working.record(DEALS[0])
    with count_queries() as few:
        dana.get("/people")
    working.record(*(f"2026-05-04 deal M-{number} E{1 + number % 3} 1000.00 USD" for number in range(30)))
    with count_queries() as many:
        dana.get("/people?sort=name")
    with count_queries() as again:
        dana.get("/people?sort=unit&order=up")
    assert len(few) == len(many) <= 11
    assert len(again) <= 8

"""The scorecard: one's own and those above, figures on both bases, and nothing of anybody else's."""

from __future__ import annotations

import csv
import io
import itertools
import re

import pandas as pd
import pytest
from pypdf import PdfReader
from werkzeug.test import TestResponse

from app.kit.database import Database
from app.web.decisions.asking import present_cycle
from tests.conftest import CountQueries
from tests.web.working import Working, key_of

OWN = "/scorecards/employee:E1"


def figure(page: str, name: str) -> str:
    """A figure that the page watches."""
    found = re.search(rf'data-watch="{name}">(.*?)</', page, re.DOTALL)
    assert found is not None, name
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def test_an_employee_s_own_has_two_addresses(working: Working) -> None:
    """The first page leads there, and it is the same page under both its addresses."""
    assert 'href="/scorecard"' in working.alba.get("/").text
    assert "Scorecard of the cycle 2026" in working.alba.get("/scorecard").text
    assert figure(working.alba.get("/scorecard").text, "final") == figure(working.alba.get(OWN).text, "final")


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        # own, colleague, own unit, unit above, agency, other unit, employee of another region
        ("alba", [200, 404, 200, 200, 200, 404, 404]),
        ("chae", [404, 404, 404, 404, 200, 200, 200]),
        ("boram", [200, 200, 200, 200, 200, 404, 404]),
        ("gaston", [200, 200, 200, 200, 200, 404, 404]),
        ("hana", [200, 200, 200, 200, 200, 200, 200]),
        ("wanda", [200, 200, 200, 200, 200, 200, 200]),
        ("dana", [200, 200, 200, 200, 200, 200, 200]),
        ("emil", [200, 200, 200, 200, 200, 200, 200]),
        ("ferran", [200, 200, 200, 200, 200, 200, 200]),
        ("iris", [404, 404, 404, 404, 404, 404, 404]),
    ],
)
def test_who_sees_which_scorecard(working: Working, name: str, statuses: list[int]) -> None:
    """Contract, "Who may what": by role and by relation, and what one may not see is as what is not there."""
    nodes = ("employee:E1", "employee:E6", "unit:VIE", "unit:EUR", "unit:HQ", "unit:TYO", "employee:E3")
    assert getattr(working, name).statuses(*(f"/scorecards/{node}" for node in nodes)) == statuses


def test_a_page_of_nobody_leads_to_the_sign_in(working: Working) -> None:
    """And back again after it."""
    answer = working.app.test_client().get(OWN)
    assert (answer.status_code, "/login" in answer.headers["Location"]) == (303, True)


@pytest.mark.parametrize(
    "address",
    [
        "/scorecards/unit:NOPE",
        "/scorecards/employee:E99",
        "/scorecards/nothing",
        "/scorecards/unit:",
        "/scorecards/employee:E1?cycle=1066",
        "/scorecards/employee:E1?cycle=soon",
        "/scorecards/employee:E1?as_of=yesterday",
        "/scorecards/employee:E1?basis=hoped",
    ],
)
def test_a_wrong_address_gets_an_answer(working: Working, address: str) -> None:
    """Never a failure of ours (issue 7, 13)."""
    assert working.ferran.get(address).status_code in {404, 422}


def test_both_bases_stand_beside_each_other(working: Working) -> None:
    """A deal that is entered counts on the provisional basis; on the final one once it is verified (domain.md 2)."""
    working.record("2026-03-04 deal D-1 E1 100 USD")
    page = working.alba.get(OWN).text
    assert figure(page, "actual-deals") == "0 count"
    assert figure(page, "other-deals").startswith("1 ")
    assert figure(working.alba.get(f"{OWN}?basis=provisional").text, "actual-deals") == "1 count"
    working.record("2026-03-05 verified D-1 by E2")
    assert figure(working.alba.get(OWN).text, "actual-deals") == "1 count"


def test_what_is_dated_ahead_does_not_head_what_moved_it_last(working: Working) -> None:
    """It came in last, and has not happened on 30 June: what has happened comes first, the newest of it at the head."""
    working.record(
        "2026-03-04 deal D-1 E1 100 USD of Nordwind/AT",
        "2026-03-05 deal D-2 E1 100 USD of Sirocco/AT",
        "2026-12-05 deal D-3 E1 100 USD of Zephyr/AT",
    )
    moved = working.alba.get(OWN).text.partition("What moved it last")[2]
    assert sorted(("Nordwind", "Sirocco", "Zephyr"), key=moved.index) == ["Sirocco", "Nordwind", "Zephyr"]


def test_a_day_is_looked_at_as_it_was(working: Working) -> None:
    """What came later, verdicts too, had not happened."""
    working.record("2026-03-04 deal D-1 E1 100 USD", "2026-04-05 verified D-1 by E2")
    assert figure(working.alba.get(f"{OWN}?as_of=2026-04-04").text, "actual-deals") == "0 count"
    assert figure(working.alba.get(f"{OWN}?as_of=2026-04-05").text, "actual-deals") == "1 count"


def test_pace_is_the_actual_against_the_expected_path(working: Working) -> None:
    """On 30 June 181 of 365 days are over: of a target of 10, 4.96 should be there; 5 consults are 101 % of that (domain.md 3)."""
    working.record(*(f"2026-03-04 consult C-{n} E1" for n in range(5)))
    page = working.alba.get(OWN).text
    assert figure(page, "pace-consults") == "at 101 % of its path, ahead"
    # The band has the colour: a pace beside it that is red or green as well would say another thing than it.
    assert re.findall(r'data-watch="pace-\w+"><span class="([^"]*)"', page) == ["small"] * page.count("of its path")


def test_what_cannot_be_measured_says_why_and_is_no_zero(working: Working) -> None:
    """A mean of nothing has no actual: in words, with a dash, and never as 0."""
    page = working.alba.get(OWN).text
    assert "there is no actual. A missing figure is not counted as zero." in page
    assert figure(page, "actual-deal_mean") == "–"


def test_a_line_says_what_its_weight_counts_as_where_others_cannot_be_measured(working: Working) -> None:
    """A weight of 20 among 90 that can be measured counts as 22.22; else points and weights do not go together (domain.md 4)."""
    page = working.alba.get(OWN).text
    card = working.alba.get(f"/api/v1{OWN}?cycle=2026").get_json()
    measured = sum(line["weight"] for line in card["lines"] if line["score"] is not None)
    assert measured < sum(line["weight"] for line in card["lines"])
    for line in card["lines"]:
        shown = page.split(f'id="kpi-{line["kpi"]}"', 1)[1].split("</header>", 1)[0]
        counts = re.search(r"counts as ([0-9.]+)", shown)
        assert (counts is None) == (line["score"] is None)
        if counts is not None:
            assert float(counts[1]) == pytest.approx(line["weight"] * 100 / measured, abs=0.006)


def test_what_moved_it_last_is_shown_to_whom_it_belongs(working: Working) -> None:
    """Alba's own card names her deal; the agency's card, which she may see too, names no activity and no colleague."""
    working.record("2026-03-04 deal D-1 E1 100 USD of Nordwind/AT")
    assert "Nordwind" in working.alba.get(OWN).text
    for node in ("unit:VIE", "unit:EUR", "unit:HQ"):
        page = working.alba.get(f"/scorecards/{node}").text
        assert "Nordwind" not in page
        assert "E6" not in re.sub(r'(integrity|value)="[^"]*"', "", page)
        assert "What moved it last" not in page
    assert key_of("D-1") in working.boram.get("/scorecards/unit:VIE").text


def test_chae_sees_nothing_of_alba_s(working: Working) -> None:
    """The agency's score is hers to see, and no word of Alba."""
    working.record("2026-03-04 deal D-1 E1 100 USD of Nordwind/AT")
    for address in ("/scorecard", "/scorecards/unit:HQ", "/scorecards/unit:TYO"):
        page = working.chae.get(address).text
        assert "Nordwind" not in page
        assert "E1" not in re.findall(r"\bE\d+\b", page)


def test_people_and_units_stand_side_by_side_for_whom_they_are(working: Working) -> None:
    """A head sees the people of the unit; an employee sees the unit above without them, and no sister unit."""
    assert "/scorecards/employee:E6" in working.boram.get("/scorecards/unit:VIE").text
    assert "/scorecards/employee:" not in working.alba.get("/scorecards/unit:VIE").text
    above = working.alba.get("/scorecards/unit:EUR").text
    assert "/scorecards/unit:VIE" in above
    assert "/scorecards/unit:PAR" not in above
    assert "/scorecards/unit:PAR" in working.gaston.get("/scorecards/unit:EUR").text


def test_the_part_is_the_page_s_own_part(working: Working) -> None:
    """What the script fetches is what the page would show: one template, one read model."""
    working.record("2026-03-04 consult C-1 E1")
    part = working.alba.get(f"{OWN}?part=1").text
    assert "<html" not in part
    assert part.strip() in working.alba.get(OWN).text


def test_a_kept_part_is_never_out_of_date_and_never_another_s(working: Working) -> None:
    """The same page again is the same; an event changes it; what a head may see more is not shown to the employee after."""
    before = working.alba.get(f"{OWN}?part=1").text
    assert working.alba.get(f"{OWN}?part=1").text == before
    assert "How this score comes about" in working.boram.get(OWN).text
    assert "How this score comes about" not in working.alba.get("/scorecards/unit:VIE").text
    assert "How this score comes about" in working.boram.get("/scorecards/unit:VIE").text
    assert "How this score comes about" not in working.alba.get("/scorecards/unit:VIE").text
    working.record("2026-03-04 consult C-1 E1")
    assert figure(working.alba.get(OWN).text, "actual-consults") == "1 count"
    assert figure(working.boram.get(OWN).text, "actual-consults") == "1 count"


def test_page_and_api_have_the_same_figures(working: Working) -> None:
    """One read model per figure."""
    working.record("2026-03-04 consult C-1 E1", "2026-03-04 deal D-1 E1 100 USD")
    page = working.alba.get(f"{OWN}?basis=provisional").text
    api = working.alba.get("/api/v1/scorecards/employee:E1?cycle=2026&basis=provisional")
    if api.status_code == 200:
        assert figure(page, "final") == f"{api.json['final_score']:.2f}"  # type: ignore[index]


def test_the_day_1_and_the_day_before_the_cycle(working: Working) -> None:
    """Degenerate days are answered in words, never by a division (peers.md)."""
    for day in ("2025-12-31", "2026-01-01"):
        for node in ("employee:E1", "unit:HQ"):
            assert working.ferran.get(f"/scorecards/{node}?cycle=2026&as_of={day}").status_code == 200


DATED = (
    "/scorecards/employee:E1",
    "/scorecards/employee:E1/consults",
    "/agency",
    "/people",
    "/office?unit=VIE",
    "/targets?unit=VIE",
)


@pytest.mark.parametrize("address", DATED)
def test_a_day_to_come_is_refused_on_every_page_and_none_asks_for_one(working: Working, address: str) -> None:
    """Today's figures under a day to come would be taken for a forecast. Tomorrow has begun where the offices are ahead of UTC."""
    asked = address + ("&" if "?" in address else "?") + "as_of="
    for day, status in (("2026-07-02", 422), ("2027-06-30", 422), ("2026-07-01", 200), ("", 200)):
        answer = working.ferran.get(asked + day)
        assert answer.status_code == status, day
        assert ("is a day that is still to come" in answer.text) == (status == 422)
    page = working.ferran.get(address).text
    fields = re.findall(r'<input type="date"[^>]*name="as_of"[^>]*>', page)
    assert [field for field in fields if ' max="2026-07-01"' not in field or " required" in field] == []
    assert len(fields) == (address in DATED[:5])


def test_a_database_without_any_load_has_a_page_too(database: Database) -> None:
    """No cycle at all: the present year."""
    from app import scoring
    from tests.people import TODAY

    with database.read() as connection:
        assert present_cycle(scoring.state(connection), TODAY) == 2026


def test_it_takes_as_many_queries_whatever_the_size_and_the_history(
    working_on_each: Working, count_queries: CountQueries
) -> None:
    """Expect 7 of at most 8: the session, the organisation's revision, the state's, totals, distinct counts, latest activities, trend."""
    working = working_on_each
    for address, person in ((OWN, working.alba), ("/scorecards/unit:HQ", working.ferran)):
        person.get(address)
        counts = []
        for _ in range(2):
            with count_queries() as sent:
                assert person.get(address).status_code == 200
            counts.append(len([one for one in sent if one != "BEGIN"]))
            working.record(
                *(
                    f"2026-03-04 deal {address[-2:]}-{len(counts)}-{n} E{1 + n % 3} 100 USD of Buyer{n}/AT"
                    for n in range(40)
                )
            )
        assert counts[0] == counts[1] <= 8


def _in_areas(text: str) -> str:
    """The scorecards with areas: the deals of E1 in two levels, what is counted by buyers in another."""
    areas = {"deals": "Exports / Deals", "deal_value": "Exports / Deals", "consults": "Exports", "new_buyers": "Buyers"}
    header, *rows = text.splitlines()
    cells = [row.split(",") for row in rows]
    for row in cells:
        row[4] = areas.get(row[2], "") if row[1] == "employee:E1" else ""
    return "\n".join([header, *map(",".join, cells), ""])


def test_lines_stand_by_their_areas_with_what_they_come_to(working: Working) -> None:
    """Each level has a heading of its own with weight, score and points, the same as the API's; lines without an area have none."""
    working.load(_in_areas)
    working.record("2026-03-04 deal D-1 E1 1000 EUR of Meyer/AT", "2026-03-05 verified D-1 by E9")
    page = working.dana.get(OWN).text
    shown = re.findall(r'class="area-name">([^<]+)<|id="kpi-(\w+)-name"', page)
    order = [area or kpi for area, kpi in shown]
    assert order[:7] == ["Exports", "consults", "Deals", "deals", "deal_value", "deals_confirmed", "deal_mean"]
    assert order[-2:] == ["Buyers", "new_buyers"]
    card = working.dana.get(f"/api/v1{OWN}?cycle=2026").get_json()
    assert [area["area"] for area in card["areas"]] == ["Exports", "Exports / Deals", "Buyers"]
    for area in card["areas"]:
        assert f"{area['score']:.2f}" in page
    levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
    assert all(below <= above + 1 for above, below in itertools.pairwise(levels)), "a heading's level is left out"
    assert 5 in levels


def _printed(answer: TestResponse) -> str:
    """The text of a PDF, each run of spaces one."""
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)
    return " ".join(text.split())


def test_on_paper_no_korean_word_is_cut(working: Working) -> None:
    """Neither in a narrow heading nor in a KPI's name: each word of the page stands whole in the text of the PDF."""
    working.alba.post("/look", {"language": "ko"})
    printed = _printed(working.alba.post(OWN, {"format": "pdf"})).split()
    for heading in ("가중치", "목표", "기준치", "실적", "점수", "득점", "현재까지", "예상"):
        assert heading in printed, heading


def test_a_scorecard_is_kept_by_its_areas_with_the_api_s_figures(working: Working) -> None:
    """Page, API, CSV, workbook and paper have one read model: the same areas, lines and scores, in one order."""
    working.load(_in_areas)
    working.record("2026-03-04 deal D-1 E1 1000 EUR of Meyer/AT", "2026-03-05 verified D-1 by E9")
    card = working.alba.get(f"/api/v1{OWN}?cycle=2026").get_json()
    expected = [(area["area"], area["score"], area["points"]) for area in card["areas"]]

    def kept(kind: str) -> TestResponse:
        answer = working.alba.post(f"{OWN}", {"format": kind})
        assert answer.status_code == 200
        return answer

    rows = list(csv.DictReader(io.StringIO(kept("csv").data.decode("utf-8-sig"))))
    for named in (rows, pd.read_excel(io.BytesIO(kept("xlsx").data), engine="calamine", dtype=str).to_dict("records")):
        areas = [(row["Area"], row["Score"], row["Points"]) for row in named if row["Row"] == "Area"]
        assert [name for name, _, _ in areas] == [name for name, _, _ in expected]
        for (_, score, points), (_, api_score, api_points) in zip(areas, expected, strict=True):
            assert (float(score), float(points)) == (round(api_score, 2), round(api_points, 2))
        lines = {row["KPI code"]: row for row in named if row["Row"] == "KPI"}
        for line in card["lines"]:
            if line["score"] is not None:
                assert float(lines[line["kpi"]]["Score"]) == round(line["score"], 2)
                assert float(lines[line["kpi"]]["Actual"]) == round(float(line["actual"]), 6)
    final = next(row for row in rows if row["Name"] == "Final score")
    assert float(final["Score"]) == round(card["final_score"], 2)
    text = _printed(kept("pdf"))
    printed = [
        f"{area['area'].rpartition(' / ')[2]} {area['weight']:g} {area['score']:.2f} {area['points']:.2f} "
        for area in card["areas"]
    ]
    places = [text.index(row) for row in printed]
    assert places == sorted(places)
    assert f"Score so far {card['final_score']:.2f}" in text
    assert "Score at the year's end, at this pace" in text
    for line in card["lines"]:
        if line["projected_score"] is not None:
            assert f"{line['projected_score']:.2f} Band " in text
    assert "As of 30 Jun, 14:00 Vienna." in text


@pytest.mark.parametrize(("language", "word"), [("ko", "성과표"), ("es", "Cuadro de mando")])
def test_paper_is_in_the_reader_s_language(working: Working, language: str, word: str) -> None:
    """Its letters are there as text too, not as pictures of them: Korean is found and read aloud."""
    working.alba.post("/look", {"language": language, "theme": "system", "next": "/"})
    assert word in _printed(working.alba.post(f"{OWN}", {"format": "pdf"}))


def test_a_colleague_s_scorecard_is_kept_with_a_reason_on_the_log(working: Working) -> None:
    """Contract, "Who may what": whoever downloads other people's data says why, and the auditor sees it; a unit's names nobody."""
    assert working.gaston.post("/scorecards/employee:E1", {"format": "csv"}).status_code == 422
    assert (
        working.gaston.post("/scorecards/employee:E1", {"format": "csv", "reason": "Talk in July"}).status_code == 200
    )
    assert working.gaston.post("/scorecards/unit:VIE", {"format": "csv"}).status_code == 200
    assert working.alba.post("/scorecards/employee:E6", {"format": "csv", "reason": "Curious"}).status_code == 404
    assert "Talk in July" in working.emil.get("/trail").text

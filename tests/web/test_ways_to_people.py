"""A head gets to one of their people by a part of the name; an entry leads to what was judged, corrected or counted, and back."""

from __future__ import annotations

import json
import re
from uuid import uuid4

import pytest

from tests.web.api import BATCH, deal
from tests.web.test_verification import DEALS, judge
from tests.web.working import Working, key_of

NAMES = {"E1": "김하늘", "E6": "Zoë Müller", "E3": "Chae Farrow"}


@pytest.fixture
def called(working: Working) -> Working:
    """People have names that are not their numbers."""

    def change(text: str) -> str:
        for number, name in NAMES.items():
            text = re.sub(rf"(?m)^{number},[^,]*,", f"{number},{name},", text)
        return text

    working.load(change, "employees")
    working.record(*DEALS)
    return working


@pytest.mark.parametrize(("typed", "number"), [("하늘", "E1"), ("muller", "E6"), ("ZOE", "E6"), ("E1", "E1")])
def test_a_head_finds_one_of_their_people_by_a_part_of_the_name(called: Working, typed: str, number: str) -> None:
    """On the office's page, in its activities and in the queue; a number finds whose it is."""
    (other,) = {"E1", "E6"} - {number}
    page = called.gaston.get(f"/office?person={typed}").text
    listed = page.partition('<ul class="list card">')[2].partition("</ul>")[0]
    assert f"/scorecards/employee:{number}" in listed
    assert f"/scorecards/employee:{other}" not in listed
    deals = {"E1": "Nordwind", "E6": "Southwind"}
    for address in (f"/activities?node=unit:VIE&text={typed}", f"/verification?person={typed}"):
        # Beside the queue stands an entry with earlier dealings, which are anybody's.
        page = called.boram.get(address).text
        rows = page.partition('data-rows="')[2].partition("</ul>")[0] if "verification" in address else page
        assert deals[number] in rows, address
        assert deals[other] not in rows, address


def test_only_one_s_own_people_are_found(called: Working) -> None:
    """Chae belongs to another region."""
    page = called.boram.get("/office?person=farrow").text
    assert "Nobody here or below is called “farrow”." in page
    assert "/scorecards/employee:E3" not in page
    assert called.boram.get("/office?unit=HQ&person=farrow").status_code == 404
    assert "Nothing waits of anybody called so." in called.boram.get("/verification?person=farrow").text
    assert called.alba.get("/office?person=muller").status_code == 404


def test_the_answer_to_a_verdict_names_what_was_judged_and_leads_to_it(called: Working) -> None:
    """A wrong verdict is seen, and mended where it stands."""
    answer = judge(called, "boram", "D-1", verdict="rejected", reason="no evidence")
    page = called.boram.get(answer.headers["Location"]).text  # type: ignore[attr-defined]
    listed = page.partition('aria-label="Judged just now"')[2].partition("</ul>")[0]
    assert f"/activities/{key_of('D-1')}" in listed
    assert "Nordwind" in listed
    page = called.boram.get(f"/activities/{key_of('D-1')}").text
    assert "Judged already" in page
    assert "Your verdict" not in page
    assert "Judged just now" not in called.gaston.get(f"/verification?judged={key_of('D-9')}").text


def test_whose_entry_was_rejected_is_told_why_and_by_whom(called: Working) -> None:
    """Where their day begins, and in the entry's history."""
    judge(called, "boram", "D-1", verdict="rejected", reason="no evidence")
    page = called.alba.get("/scorecard").text
    assert "rejected by E2: “no evidence”" in page
    assert "by E2" in called.alba.get(f"/activities/{key_of('D-1')}").text
    assert "rejected by" not in called.jiho.get("/scorecard").text


def test_an_activity_that_is_out_counts_for_nobody_in_words(called: Working) -> None:
    """In the present tense only what counts; what a KPI still waits for is said."""
    page = called.boram.get(f"/activities/{key_of('D-1')}").text
    assert "Whom it counts for" in page
    assert "(once it is verified)" in page
    assert "(once the customer has confirmed it)" in page
    judge(called, "boram", "D-1", verdict="rejected", reason="no evidence")
    page = called.boram.get(f"/activities/{key_of('D-1')}").text
    assert "It was rejected: it counts for nobody." in page
    assert "Whom it counts for" not in page


def test_a_deal_reached_from_a_figure_leads_back_to_it(called: Working) -> None:
    """By the way above the heading; a figure that is not one's to see leads nowhere."""
    page = called.boram.get("/scorecards/unit:VIE/deals?basis=provisional").text
    (link,) = {one.replace("&amp;", "&") for one in re.findall(rf'href="(/activities/{key_of("D-1")}[^"]*)"', page)}
    crumbs = called.boram.get(link).text.partition('class="crumbs"')[2].partition("</nav>")[0]
    assert "/scorecards/unit:VIE/deals" in crumbs
    assert "To verify" not in crumbs
    for foreign in ("unit:ASI", "unit:NOPE", "nonsense"):
        page = called.boram.get(f"/activities/{key_of('D-1')}?scorecard={foreign}&kpi=deals").text
        assert "To verify" in page.partition('class="crumbs"')[2].partition("</nav>")[0]


def test_a_correction_stands_at_both_entries_each_linked_to_the_other(working: Working) -> None:
    """With its reason, as the form promises."""
    working.record(DEALS[0])
    entry = {"type": "export_deal", "company": "Hanbit", "buyer": "Nordwind", "buyer_country": "AT"}
    entry |= {"amount": "90", "currency": "USD", "day": "2026-03-04", "sure": "yes", "reason": "It was 90"}
    old = f"/activities/{key_of('D-1')}"
    answer = working.alba.post(f"{old}/correct", entry | {"form_id": str(uuid4())})
    assert answer.status_code == 303
    new = working.alba.get(answer.headers["Location"]).text
    assert f'href="{old}"' in new.partition('class="list history"')[2]
    assert "It was 90" in new
    before = working.alba.get(old).text
    assert f'href="{answer.headers["Location"]}"' in before.partition('class="list history"')[2]
    assert "It was 90" in before


def test_a_correction_by_the_api_may_hold_a_number_of_any_length(working: Working) -> None:
    """An event is kept as it came; its page shows the reason and reads no number that Python's JSON would refuse."""
    working.record(DEALS[0])
    mine = {"specversion": "1.0", "source": "/pages/E1", "time": "2026-03-06T09:00:00Z"}
    about = {"activity": {"source": "/scenario", "id": "D-1"}, "by": "E1", "reason": "It was 90", "odd": "DIGITS"}
    reversal = {**mine, "type": "kopes.reversed", "id": "C-1-reversal", "data": about}
    entry = deal() | mine | {"id": "C-1"}
    text = json.dumps([reversal, entry]).replace('"DIGITS"', "9" * 5_000)
    assert working.alba.client.post("/api/v1/events", data=text, content_type=BATCH).json["accepted"] == 2
    page = working.boram.get(f"/activities/{key_of('C-1', '/pages/E1')}")
    assert (page.status_code, "It was 90" in page.text) == (200, True)


def test_what_waits_is_counted_when_the_page_is_opened(working: Working) -> None:
    """The night's reminder only begins it: a verdict later the banner says what the queue says, and goes with the last."""
    from app.worker import jobs
    from tests.web.working import NOW

    working.record(*DEALS)
    jobs.remind(working.database, NOW)
    assert "Entries that wait for your verdict: 2, the oldest since 1 Mar 2026." in working.boram.get("/office").text
    judge(working, "boram", "D-2")
    assert "Entries that wait for your verdict: 1, the oldest since 4 Mar 2026." in working.boram.get("/office").text
    judge(working, "boram", "D-1")
    assert "that wait for your verdict" not in working.boram.get("/office").text


def test_a_day_outside_every_cycle_is_asked_about_before_it_counts(working: Working) -> None:
    """Once; then the answer says that no score moves, and nothing of scores that there are none of."""
    form = {"form_id": str(uuid4()), "type": "export_consult", "company": "Hanbit", "buyer": "Nordwind"}
    form |= {"buyer_country": "AT", "day": "2019-12-30"}
    answer = working.alba.post("/log", form)
    assert answer.status_code == 422
    assert "is in the cycle 2019, for which nobody has a scorecard here" in answer.text
    (asked,) = re.findall(r'name="other_cycle" value="([^"]*)"', answer.text)
    answer = working.alba.post("/log", form | {"other_cycle": asked})
    page = working.alba.get(answer.headers["Location"]).text
    assert "Saved. Its day is in the cycle 2019, in which you have no KPIs." in page
    assert "none yet" not in page


def test_the_answer_says_which_kpis_wait_each_by_its_own_rule(working: Working) -> None:
    """A KPI that counts what is entered waits for nothing; those that count what is verified or confirmed are named."""
    form = {"form_id": str(uuid4()), "type": "export_consult", "company": "Hanbit", "buyer": "Nordwind"}
    form |= {"buyer_country": "AT", "day": "2026-03-04"}
    page = working.alba.get(working.alba.post("/log", form).headers["Location"]).text
    assert "Your score so far: " in page
    assert "Once it is verified" not in page
    form |= {"form_id": str(uuid4()), "type": "export_deal", "amount": "100", "currency": "USD", "sure": "yes"}
    page = working.alba.get(working.alba.post("/log", form).headers["Location"]).text
    assert "Once it is verified, it counts for these too: " in page


def test_dollars_stand_beside_the_rate_that_made_them(working: Working) -> None:
    """With its month, so that the amount can be worked out by hand."""
    working.load(lambda text: text.rstrip("\n") + "\n2026-02,KRW,0.0007\n", "rates")
    working.record("2026-03-04 deal D-1 E1 100000 KRW of Nordwind/AT")
    page = working.boram.get(f"/activities/{key_of('D-1')}").text
    assert "at 0.0007 US dollars for 1 KRW, the rate of February 2026" in page


def test_a_past_day_s_page_follows_nothing(working: Working) -> None:
    """It said that it was live."""
    assert "data-live=" in working.alba.get("/scorecard").text
    page = working.alba.get("/scorecard?as_of=2026-05-31").text
    assert "data-live=" not in page
    assert "A past day: " in page

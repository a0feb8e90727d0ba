"""The queue as a page: verdicts in one's own name, several at once, and what others did meanwhile."""

from __future__ import annotations

import random
import re

import pytest

from tests.conftest import CountQueries
from tests.scenario import event_of
from tests.web.markup import read
from tests.web.working import Working, key_of

DEALS = ("2026-03-04 deal D-1 E1 100 USD of Nordwind/AT", "2026-03-01 deal D-2 E6 100 USD of Southwind/AT")


def judge(working: Working, name: str, *ids: str, verdict: str = "verified", **more: str) -> object:
    """Send the queue's form."""
    somebody = getattr(working, name)
    form = {
        "form_id": working.alba.form_id("/log"),
        "activity": [key_of(one) for one in ids],
        "verdict": verdict,
        **more,
    }
    return somebody.post("/verification", form)


def test_the_head_sees_what_waits_the_oldest_first_and_never_their_own(working: Working) -> None:
    """Boram's own entry is in Gaston's queue and not in Boram's."""
    working.record(*DEALS, "2026-03-02 deal D-3 E2 100 USD of Ownwind/AT", "2026-03-02 deal D-4 E3 1 USD of Farwind/JP")
    page = working.boram.get("/verification").text
    assert page.index("Southwind") < page.index("Nordwind")
    assert "Ownwind" not in page
    assert "Farwind" not in page
    assert "2 wait" in read(page).text
    rows = [row.text for row in read(page).all("li") if "row-entry" in row.attributes.get("class", "")]
    assert [day in row for day, row in zip(("1 Mar 2026", "4 Mar 2026"), rows, strict=True)] == [True, True]
    above = working.gaston.get("/verification").text
    assert "Ownwind" in above
    assert "Nordwind" not in above
    assert "2 more wait for a head below you" in above
    assert "Nordwind" in working.gaston.get("/verification?whose=all").text


def test_each_kind_that_the_page_offers_can_be_looked_at(working: Working) -> None:
    """Those too that need no verdict to count."""
    working.record(*DEALS)
    offered = re.search(r'<select[^>]*name="type".*?</select>', working.boram.get("/verification").text, re.DOTALL)
    assert offered is not None
    kinds = re.findall(r'<option value="(\w*)"', offered[0])
    assert set(kinds) >= {"", "all", "export_deal"}
    pages = {kind: working.boram.get(f"/verification?type={kind}") for kind in kinds}
    assert {kind: page.status_code for kind, page in pages.items()} == dict.fromkeys(kinds, 200)
    assert "Nordwind" in pages["all"].text


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("alba", 404),
        ("chae", 404),
        ("boram", 200),
        ("gaston", 200),
        ("hana", 200),
        ("wanda", 200),
        ("dana", 200),
        ("emil", 404),
        ("ferran", 404),
        ("iris", 404),
    ],
)
def test_who_has_a_queue(working: Working, name: str, status: int) -> None:
    """Heads by their posting, hr for what no head may judge."""
    assert getattr(working, name).get("/verification").status_code == status


def test_several_are_verified_at_once_in_the_head_s_name(working: Working) -> None:
    """The events carry the head's number and come in by the one door."""
    working.record(*DEALS)
    assert judge(working, "boram", "D-1", "D-2").status_code == 303  # type: ignore[attr-defined]
    assert "2 verified." in working.boram.get("/verification").text
    verdicts = [one for one in working.events() if one["type"] == "kopes.verified"]
    assert {one["data"]["by"] for one in verdicts} == {"E2"}
    assert {one["source"] for one in verdicts} == {"/pages/E2"}
    assert "Nothing to verify" in working.boram.get("/verification").text


def test_rejecting_needs_a_reason(working: Working) -> None:
    """Its employee reads it; what was chosen stays chosen."""
    working.record(*DEALS)
    answer = judge(working, "boram", "D-1", verdict="rejected")
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert 'href="#reason"' in answer.text  # type: ignore[attr-defined]
    assert "checked" in answer.text  # type: ignore[attr-defined]
    judge(working, "boram", "D-1", verdict="rejected", reason="no evidence")
    page = working.alba.get(f"/activities/{key_of('D-1')}").text
    assert "no evidence" in page


def test_nothing_chosen_is_said(working: Working) -> None:
    """Rather than to do nothing in silence."""
    working.record(*DEALS)
    assert judge(working, "boram").status_code == 422  # type: ignore[attr-defined]


def test_what_was_judged_meanwhile_is_said_and_left(working: Working) -> None:
    """The page was open; Gaston rejected D-1 since."""
    working.record(*DEALS, "2026-03-05 rejected D-1 by E4")
    answer = judge(working, "boram", "D-1")
    assert answer.status_code == 409  # type: ignore[attr-defined]
    assert "Nordwind: rejected by E4 meanwhile" in answer.text  # type: ignore[attr-defined]
    assert judge(working, "boram", "D-1", "D-2").status_code == 303  # type: ignore[attr-defined]
    page = working.boram.get("/verification").text
    assert "1 verified." in page
    assert "Nordwind: rejected by E4 meanwhile" in page


@pytest.mark.parametrize("name", ["alba", "chae", "jiho", "wanda", "dana", "emil", "ferran", "iris"])
def test_who_may_not_judge_cannot_by_sending_the_form(working: Working, name: str) -> None:
    """Hr judges only what no head may; a colleague never."""
    working.record(*DEALS)
    answer = judge(working, name, "D-1")
    assert answer.status_code == 404  # type: ignore[attr-defined]
    assert len(working.events()) == 2


def test_a_head_cannot_judge_their_own_or_another_line_s_by_sending_the_form(working: Working) -> None:
    """Nor is anything of a batch recorded where one of it is not theirs."""
    working.record(*DEALS, "2026-03-02 deal D-3 E2 1 USD", "2026-03-02 deal D-4 E3 1 USD of Farwind/JP")
    for other in ("D-3", "D-4"):
        assert judge(working, "boram", "D-1", other).status_code == 404  # type: ignore[attr-defined]
    assert len(working.events()) == 4


def test_at_the_top_it_is_hr_s(working: Working) -> None:
    """Hana heads the agency: hers go to hr, in the name of Wanda, who has a number; Dana has none and is told."""
    working.record("2026-03-02 deal D-5 E5 100 USD of Topwind/AT")
    assert "Topwind" not in working.hana.get("/verification").text
    assert "Topwind" in working.wanda.get("/verification").text
    assert "Your account belongs to no employee" in working.dana.get("/verification").text
    assert working.dana.get(f"/verification?part=entry&entry={key_of('D-1')}").status_code == 404
    assert judge(working, "wanda", "D-5").status_code == 303  # type: ignore[attr-defined]


def test_a_possible_duplicate_is_flagged(working: Working) -> None:
    """With the way to the other one."""
    working.record(*DEALS, "2026-03-06 deal D-6 E6 100 USD of NORDWIND/AT")
    page = working.boram.get("/verification").text
    assert page.count("possible duplicate") == 2
    working.record("2026-03-07 deal D-7 E3 100 USD of NORDWIND/AT")
    # One more is none of this head's people's: the buyer is told, with no way there and no name of whose it is.
    entry = (
        working.boram.get(f"/verification?entry={key_of('D-1')}")
        .text.split('class="doubles"', 1)[1]
        .split("</section>", 1)[0]
    )
    assert "in another unit of the agency" in entry
    assert f"/activities/{key_of('D-6')}" in entry
    assert f"/activities/{key_of('D-7')}" not in entry
    assert "This may be recorded twice" in working.boram.get(f"/activities/{key_of('D-1')}").text


def test_a_verdict_from_the_activity_s_page_leads_back_there(working: Working) -> None:
    """And may change one's mind: of several the latest holds."""
    working.record(*DEALS)
    answer = judge(working, "boram", "D-1", then="activity")
    assert answer.headers["Location"] == f"/activities/{key_of('D-1')}"  # type: ignore[attr-defined]
    page = working.boram.get(f"/activities/{key_of('D-1')}").text
    assert 'name="seen" value="verified"' in page
    assert "1 verified." in page


def test_it_takes_as_many_queries_whatever_the_length(working_on_each: Working, count_queries: CountQueries) -> None:
    """Expect 16: the session, two revisions, what waits, who shares, the page's rows, possible duplicates; 9 of the entry that is open.

    It, its credits, verdicts and conflicts, two for likely doubles, its company's and its buyer's dealings, its office's amounts.
    """
    working_on_each.record(*DEALS)
    counts = []
    for n in range(2):
        working_on_each.boram.get("/verification")
        with count_queries() as sent:
            working_on_each.boram.get("/verification")
        counts.append(len([one for one in sent if one != "BEGIN"]))
        working_on_each.record(*(f"2026-03-04 deal X-{n}-{m} E1 100 USD" for m in range(60)))
    assert counts == [16, 16]
    assert "50 of 1" in read(working_on_each.boram.get("/verification").text).text


def test_the_trail_tells_of_each_verdict_once(working: Working) -> None:
    """A form that names an entry twice, or is sent twice, judged it once."""
    working.record(*DEALS)
    form = {"form_id": working.alba.form_id("/log"), "verdict": "verified", "activity": [key_of("D-1")] * 2}
    for _ in range(2):
        assert working.boram.post("/verification", form).status_code == 303
        assert "1 verified." in working.boram.get("/verification").text
    assert [row.deed for row in working.trail()].count("verify") == 1


def test_the_entry_stands_beside_its_office_s_own_amounts(working: Working) -> None:
    """Those of its kind in two years up to its day, without what was reversed or rejected, and without other offices'."""
    amounts = [120, 80, 4000, 950, 333, 95000, 10, 700, 61]
    working.record(
        *(
            f"2026-0{1 + at % 5}-10 deal A-{at} E{6 if at % 2 else 1} {amount} USD of A{at}/AT"
            for at, amount in enumerate(amounts)
        ),
        "2026-02-01 deal X-1 E1 5 USD of Gone/AT",
        "2026-02-02 rejected X-1 by E2",
        "2026-02-01 deal X-2 E3 6 USD of Elsewhere/JP",
        "2024-06-08 deal X-3 E1 7 USD of Long/AT",
        "2026-06-20 deal X-4 E1 8 USD of Later/AT",
        "2026-06-10 deal D-1 E1 500 USD of Now/AT",
    )
    page = read(working.boram.get(f"/verification?entry={key_of('D-1')}").text)
    ordered = sorted(amounts)
    expected = {"least": ordered[0], "lower": ordered[2], "median": ordered[4], "upper": ordered[6], "most": ordered[8]}
    shown = {one.attributes["data-figure"]: one.text for one in page.all("dd") if "data-figure" in one.attributes}
    assert shown == {name: f"US${amount:,}.00" for name, amount in expected.items()}
    below = sum(amount < 500 for amount in amounts)
    assert f"Higher than {below} of the {len(amounts)} others of its kind in two years (55 %)." in page.text


def test_what_was_before_is_listed_as_far_as_one_may_see_it(working: Working) -> None:
    """However its name was typed; of other units' dealings only the number is said."""
    working.record(
        *(f"2026-01-{day:02} deal A-{day} E6 10 USD of NORDWIND/AT for Alpen" for day in range(1, 8)),
        "2026-01-20 consult B-1 E3 of Nordwind/AT for Other",
        "2026-03-05 deal Z-1 E1 10 USD of Nordwind/AT for Alpen",
        "2026-03-04 deal D-1 E1 100 USD of Nordwind/AT for Alpen",
    )
    page = working.boram.get(f"/verification?entry={key_of('D-1')}&part=entry").text
    parts = {
        one.attributes["data-dealings"]: one for one in read(page).all("section") if "data-dealings" in one.attributes
    }
    assert parts["company"].text.count("Nordwind") + parts["company"].text.count("NORDWIND") == 5
    assert "7 since 1 Jan 2026 , the latest:" in parts["buyer"].text
    assert "1 more in other units of the agency." in parts["buyer"].text
    assert "other units" not in parts["company"].text
    assert key_of("Z-1") not in parts["buyer"].text


def test_an_entry_of_another_line_is_not_there(working: Working) -> None:
    """Neither in the page nor as the part that a script fetches; nor one's own, which somebody else judges."""
    working.record("2026-03-02 deal D-3 E2 1 USD of Ownwind/AT", "2026-03-02 deal D-4 E3 1 USD of Farwind/JP")
    addresses = [
        f"/verification?entry={key_of(one)}{part}" for one in ("D-3", "D-4", "D-0") for part in ("", "&part=entry")
    ]
    assert working.boram.statuses(*addresses) == [404] * 6


def test_a_usual_reason_is_chosen_and_the_next_entry_opens(working: Working) -> None:
    """Without script: the form's own entry is judged, what is ticked in the list only by its own buttons."""
    working.record(*DEALS, "2026-03-08 deal D-7 E1 7 USD of Thirdwind/AT")
    form = {"form_id": working.alba.form_id("/log"), "entry": key_of("D-2"), "activity": [key_of("D-7")]}
    answer = working.boram.post(
        "/verification?type=all", {**form, "verdict": "rejected", "usual": "double", "following": key_of("D-1")}
    )
    assert answer.status_code == 303
    page = working.boram.get(answer.headers["Location"]).text
    assert "1 rejected." in page
    assert f'data-entry="{key_of("D-1")}"' in page
    assert 'value="all" selected' in page
    assert "It is recorded already." in working.jiho.get(f"/activities/{key_of('D-2')}").text
    form["form_id"] = working.alba.form_id("/log")
    working.boram.post("/verification", {**form, "entry": key_of("D-1"), "chosen": "verified"})
    assert [one["data"]["activity"]["id"] for one in working.events()[3:]] == ["D-2", "D-7"]


def test_the_employee_is_told_of_what_was_verified_in_one_line(working: Working) -> None:
    """Not one by one, and only of what stands; nobody else's list says it."""
    working.record(
        *DEALS, "2026-03-08 deal D-7 E1 7 USD", "2026-03-09 deal D-8 E1 7 USD", "2026-03-08 deal D-9 E1 8 USD"
    )
    line = "Verified in the last seven days"
    assert line not in working.alba.get("/activities").text
    judge(working, "boram", "D-1", "D-7", "D-8")
    working.record("2026-07-01 rejected D-8 by E4")
    judge(working, "boram", "D-9", verdict="rejected", reason="no evidence")
    assert f"{line}: 2 of your entries." in working.alba.get("/activities").text
    assert line not in working.boram.get("/activities?node=employee:E1").text
    assert line not in working.jiho.get("/activities").text


def test_what_others_judged_meanwhile_is_said_in_few_words(working: Working) -> None:
    """Thirty entries with long names: a browser drops a cookie of more than 4,093 bytes, and a proxy refuses the answer."""
    letters = random.Random(7)
    names = ["".join(chr(letters.randint(0xAC00, 0xD7A3)) for _ in range(400)) for _ in range(31)]
    deals = [event_of(f"2026-03-04 deal D-{number} E1 100 USD") for number in range(31)]
    for one, name in zip(deals, names, strict=True):
        one["data"]["buyer"]["name"] = name
    working.record_events(deals)
    form_id = working.boram.form_id("/verification")
    working.record(*(f"2026-03-05 rejected D-{number} by E4" for number in range(30)))
    form = {
        "form_id": form_id,
        "activity": [key_of(f"D-{number}") for number in range(31)],
        "verdict": "verified",
        "seen": "entered",
    }
    answer = working.boram.post("/verification", form)
    assert answer.status_code == 303
    assert all(len(cookie) < 4_093 for cookie in answer.headers.getlist("Set-Cookie"))
    said = working.boram.get("/verification").text
    assert "1 verified." in said
    assert names[0][:60] in said
    assert "and 25 more" in said

"""Everybody is told what they came to, on a running server: by whom, what, by which way, and again whoever's result has become another (contract-cycle, 7)."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from contextlib import ExitStack

import pytest

from tests.contract.desk import DANA, FERRAN, Setting, code
from tests.contract.streaming import Stream
from tests.contract.test_calibrating import AGENCY, MEMBERS, STAFF, grades
from tests.contract.test_certifying import certified, sign_all
from tests.contract.test_cycles import agree, appoint, blockers, opened, propose, to_stage
from tests.mailbox import Mailbox
from tests.scenario import Scenario

AUDITOR = ("udo", "--role", "auditor")
ADA = ("ada", "--role", "admin")
NOW = "2027-02-10T09:00:00+00:00"
LEFT_OUT = "E14"
"""Whose account is closed before anybody is told."""
SETTING = Setting(agency=AGENCY, people=(DANA, FERRAN, AUDITOR, ADA, *MEMBERS, *STAFF), now=NOW)
POLICIES = {"rules": {"single_share_max": 100}}
"""The lowest two grades have 10 % of 15 people, so two of them."""
RISES, HALF_WAY = "E1", "8.5"
"""Who is last by one consult, and the consults by which they would be between E9 and E8."""
KEPT = {"E5": "B", "E3": "C", "E2": "D"}
"""Whom that pushes below a seat: each keeps what they were told."""


@pytest.fixture
def desk(desks, engine, tmp_path):
    """The cycle 2026 certified under policies that no grades break; anna approves, cora and cleo calibrate."""
    with desks.copy(engine, SETTING, tmp_path) as made:
        file = made.where["definitions"] / "policies.yaml"
        file.write_text(json.dumps(POLICIES), encoding="utf-8")
        made.kopes("load", made.folder, **made.where)
        events = made.folder.parent / "events.ndjson"
        events.write_text("".join(json.dumps(one) + "\n" for one in Scenario.read(AGENCY).events), encoding="utf-8")
        made.kopes("ingest", events, **made.where)
        opened(made)
        appoint(made, "carla@agency.example", "certifier")
        for name in ("cora", "cleo"):
            appoint(made, f"{name}@agency.example", "calibrator", groups="all")
        to_stage(made, "agreement")
        sign_all(made)
        to_stage(made, "running")
        certified(made)
        number = re.findall(r'href="/accounts/(\d+)">[^<]*e14@', made.person("ada").get("/accounts?text=e14").text)
        closed = post(made.person("ada"), f"/accounts/{number[0]}/disable", {"reason": "Away for a while."})
        assert closed.status_code == 303, closed.text
        assert blockers(propose(made, "dana", "notify", {})) == [("review_missing", 15, True)]
        reviewed(made)
        yield made


def post(client, address, form, *, page=""):
    """Send a form of a page."""
    shown = client.get(page or address)
    token = re.findall('name="csrf_token" value="([^"]+)"', shown.text)[0]
    return client.post(address, data=form | {"csrf_token": token})


def reviewed(desk):
    """Everybody's result is read and signed, by the head or by hr, where it is not yet."""
    address = "/api/v1/cycles/2026/people"
    for one in desk.person("dana").get(address, params={"limit": 1000}).json()["items"]:
        if one["grade"] and not one["review"]:
            body = {"digest": one["digest"], "agrees": True, "text": f"I have read what {one['employee']} came to."}
            signed = [
                desk.person(name).put(f"{address}/{one['employee']}/review", json=body) for name in ("e20", "dana")
            ]
            assert 200 in {answer.status_code for answer in signed}, one


def tell(desk, *, by="anna"):
    """Everybody is told, by hr and an approver; the decision's address."""
    reviewed(desk)
    made = propose(desk, "dana", "notify", {})
    assert made.status_code == 201, made.text
    done = agree(desk, by, made)
    assert done.status_code == 200, done.text
    return made.json()["id"]


def band(rows, row):
    """The third of the group that a rank is in, counted by hand."""
    if row["rank"] is None:
        return None
    above = sum(one["group"] == row["group"] and one["final_score"] > row["final_score"] for one in rows.values())
    assert row["rank"] == above + 1
    return (
        "upper"
        if above + 1 <= row["group_size"] / 3
        else "middle"
        if above + 1 <= row["group_size"] * 2 / 3
        else "lower"
    )


def mails(desk, mailbox):
    """What is sent now, by recipient."""
    # Commands begin at the instant that they are told: what the server posted since is due a little later.
    later = desk.where | {"KOPES_NOW": NOW.replace("09:00", "09:30")}
    desk.kopes("worker", "--once", "deliveries", **later, **mailbox.settings())
    return {one["To"]: one for one in mailbox.mails}


def words(page):
    """What stands on a page, without its tags."""
    return re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]+>", "", page.text)))


def result_page(desk, name, *, cycle=""):
    return desk.person(name).get(f"/my/result{cycle}")


BANDS = {"upper": "upper third", "middle": "middle third", "lower": "lower third"}


def test_two_people_tell_everybody_and_each_reads_their_own(desk):
    """By hr and an approver; by mail without a figure, on a page with all of it; who has no account is told by hand, and the window runs from then."""
    before = grades(desk)
    assert "Nobody has been told a result yet" in result_page(desk, "e1").text
    made = propose(desk, "dana", "notify", {})
    assert made.status_code == 201, made.text
    items = desk.person("anna").get(made.json()["effects"]["items"]).json()["items"]
    assert {one["node"].split(":")[1]: one["after"] for one in items} == {
        number: row["grade"] for number, row in before.items()
    }
    for name, answer in (("dana", (409, "same_person")), ("udo", (409, "role"))):
        assert code(agree(desk, name, made)) == answer, name
    assert code(propose(desk, "anna", "notify", {})) == (409, "role")
    # An approver who is graded too reads all but their own grade, and has seen enough to agree.
    appoint(desk, "E4", "approver")
    address = f"/api/v1/decisions/{made.json()['id']}"
    but_own = desk.person("e4").get(f"{address}/effects").json()["items"]
    assert {one["node"] for one in items} - {one["node"] for one in but_own} == {"employee:E4"}
    done = desk.person("e4").post(f"{address}/approve", json={"digest": made.json()["digest"]})
    assert done.status_code == 200, done.text
    standing = desk.person("dana").get("/api/v1/cycles/2026").json()
    assert (standing["stage"], standing["counts"]) == ("notified", {"notified": len(before)})
    assert grades(desk) == before
    assert code(propose(desk, "dana", "notify", {})) == (409, "nothing_pending")
    each_reads_their_own(desk, before)
    with Mailbox() as mailbox:
        sent = mails(desk, mailbox)
    # By mail, but for whom there is no account.
    assert sent.keys() == {f"{name}@agency.example" for name, *_ in STAFF if name != LEFT_OUT.lower()}
    text = sent["e1@agency.example"].get_body(("plain",)).get_content()
    assert "/my/result?cycle=2026" in text
    assert "24 February 2027" in text
    assert f"{before['E1']['final_score']:.2f}" not in text
    told_by_hand(desk)
    with ExitStack() as stack:
        second_telling(desk, before, stack)
    assert desk.kopes("cycle", "verify", "2026", **desk.where).out.startswith("verified 2026 round 1 ")
    assert "All totals agree" in desk.kopes("reconcile", **desk.where).out


def each_reads_their_own(desk, rows):
    """From Home, and then it waits no more; no pay, by no page."""
    for number in ("E1", "E7", "E13"):
        row, person = rows[number], desk.person(number.lower())
        assert "Your result of 2026 is there" in person.get("/").text
        page = words(result_page(desk, number.lower()))
        assert f"{row['final_score']:.2f}" in page
        assert f"you have the grade {row['grade']}" in page
        assert f"in the {BANDS[band(rows, row)]} of the {row['group_size']} people" in page
        assert "You may object until 24 Feb 2027" in page
        assert "after the ministry" in page
        assert row["pay"] == 0 or f"{row['pay']:,}" not in page
        assert "Your result of 2026 is there" not in person.get("/").text
        assert "Monthly base" not in person.get(f"/grades/employee:{number}?cycle=2026").text
    for name in ("nobody", "anna", "cora"):
        assert result_page(desk, name).status_code == 404, name
    assert result_page(desk, "e1", cycle="?cycle=2025").status_code == 404


def told_by_hand(desk):
    """Who has no account waits for hr, who writes down when and how they were told, once; the window runs from then."""
    dana = desk.person("dana")
    board = {one["employee"]: one for one in dana.get("/api/v1/cycles/2026/board").json()["items"]}
    assert {one["state"] for one in board.values()} == {"notified"}
    assert {number: one["due_on"] for number, one in board.items() if one["who"] == ["hr"]} == {LEFT_OUT: None}
    assert board["E1"]["due_on"] == "2027-02-24"
    address = f"/api/v1/cycles/2026/people/{LEFT_OUT}/told"
    body = {"on": "2027-02-10", "how": "By letter."}
    for name, answer in (("e1", 404), ("nobody", 404), ("anna", 409), ("e20", 409)):
        assert desk.person(name).post(address, json=body).status_code == answer, name
    for wrong in ({"on": "2027-02-09"}, {"on": "2027-02-11"}, {"how": " "}, {"how": "x" * 201}):
        assert code(dana.post(address, json=body | wrong)) == (422, "invalid"), wrong
    assert code(dana.post(address.replace(LEFT_OUT, "E1"), json=body)) == (409, "told_already")
    assert code(dana.post(address.replace(LEFT_OUT, "E99"), json=body)) == (404, "not_there")
    done = dana.post(address, json=body)
    assert done.status_code == 201, done.text
    assert done.json()["told"] == {"at": "2027-02-10", "how": "By letter.", "window_until": "2027-02-24"}
    assert code(dana.post(address, json=body)) == (409, "told_already")
    assert "By letter." in dana.get("/cycles/2026/told").text
    for name in ("e1", "anna", "udo", "nobody"):
        assert desk.person(name).get("/cycles/2026/told").status_code == 404, name


def second_calculation(rows, score):
    """Everybody's grade once somebody has risen to a score: seats by rank as they were, then each the better of that and what they were told."""
    letters = [row["grade"] for row in sorted(rows.values(), key=lambda row: -row["final_score"])]
    scores = {number: row["final_score"] for number, row in rows.items()} | {RISES: score}
    ranked = sorted(scores, key=lambda number: -scores[number])
    proposed = {number: letters[sum(scores[one] > scores[number] for one in scores)] for number in ranked}
    kept = {
        number: rows[number]["grade"]
        for number in ranked
        if number != RISES and proposed[number] > rows[number]["grade"] and rows[number]["grade"] != "S"
    }
    return proposed | kept, kept


def score_of(client):
    answer = client.get(f"/api/v1/scorecards/employee:{RISES}?cycle=2026")
    assert answer.status_code == 200, answer.text
    return answer.json()["final_score"]


def members_of_lines(desk):
    """What the owner reads of each line, by name alone."""
    card = desk.person(RISES.lower()).get(f"/api/v1/scorecards/employee:{RISES}?cycle=2026").json()
    return [sorted(line) for line in card["lines"]]


def cookie_of(desk, name):
    return "; ".join(f"{one.name}={one.value}" for one in desk.person(name).cookies.jar)


def who_was_moved_by_people_is_said_to_be(desk, telling, moved, move):
    """And not that the places did it."""
    for name in ("anna", "dana"):
        page = words(desk.person(name).get(f"/decisions/{telling.json()['id']}"))
        assert f"moved by calibrators, decision {moved.json()['id']}: {move['reason']}" in page
        assert "by the place in the group" not in page


def who_was_moved_reads_why(desk, move):
    """On their own page; it has let its transaction go by then, and writes instants by the reader's clock all the same."""
    page = words(result_page(desk, "e3"))
    assert "you have the grade D" in page
    assert move["reason"] in page
    assert "Vienna Why:" in page


def second_telling(desk, before, stack):
    """What is decided since is pending; who is pushed down by it keeps their grade, and a rule that this breaks is mended by a move that names who goes down."""
    dana, content = desk.person("dana"), {"node": f"employee:{RISES}", "kpi": "consults", "member": "actual"}
    decision = propose(desk, "dana", "override", content | {"value": HALF_WAY, "cause": "missing_deal"})
    assert decision.status_code == 201, decision.text
    lines = members_of_lines(desk)
    follows = stack.enter_context(Stream(desk.server.url, f"employee:{RISES}", cookie=cookie_of(desk, RISES.lower())))
    done = agree(desk, "anna", decision)
    assert done.status_code == 200, done.text
    # Not even that something was decided is told, and by no member that a line has now.
    assert members_of_lines(desk) == lines
    pending = grades(desk)
    score = pending[RISES]["final_score"]
    assert before["E8"]["final_score"] < score < before["E9"]["final_score"]
    expected, kept = second_calculation(before, score)
    assert kept == KEPT
    assert {number: row["grade"] for number, row in pending.items()} == expected
    assert {number: row["grade"] for number, row in pending.items() if row["held"]} == KEPT
    seats_and_people_add_up(desk, pending)
    key = desk.kopes("key", "create", "reader", "--scope", "read", **desk.where).out.split()[-1]
    program = desk.client(Authorization=f"Bearer {key}")
    everybody_else = (desk.person(RISES.lower()), desk.person("ferran"), program)
    assert {score_of(one) for one in (dana, desk.person("udo"))} == {score}
    for name in ("anna", "cora"):
        assert f"{score:.2f}" in desk.person(name).get(f"/grades/employee:{RISES}?cycle=2026").text, name
    assert {score_of(one) for one in everybody_else} == {before[RISES]["final_score"]}
    page = words(result_page(desk, RISES.lower()))
    assert f"you have the grade {before[RISES]['grade']}" in page
    assert "Nothing was decided about you alone" in page
    mine = f"/decisions/{decision.json()['id']}"
    assert desk.person(RISES.lower()).get(mine).status_code == 404
    assert "was decided about your lines" not in desk.person(RISES.lower()).get("/").text
    assert "1 person's result has changed" in words(dana.get("/cycles/2026"))

    who_reviews_reads_what_is_pending(desk, before, pending)
    # Too few have the lowest two grades now: two calibrators name who goes down, and that goes before the hold.
    blocked = propose(desk, "dana", "notify", {})
    assert (code(blocked), blockers(blocked)) == ((409, "blocked"), [("rules:lowest_two_share_min", 1, True)])
    move = {"node": "employee:E3", "from": "C", "to": "D", "reason": "Of both the one with the lower score."}
    moved = propose(desk, "cora", "calibrate", {"moves": [move]})
    assert moved.status_code == 201, moved.text
    assert agree(desk, "cleo", moved).status_code == 200
    its_pay_is_that_of_before_the_ministrys_result(desk, moved)
    stands = expected | {"E3": "D"}
    assert {number: row["grade"] for number, row in grades(desk).items()} == stands
    assert "you have the grade C" in words(result_page(desk, "e3"))
    reviewed(desk)
    again = propose(desk, "dana", "notify", {})
    assert again.status_code == 201, again.text
    items = desk.person("anna").get(again.json()["effects"]["items"]).json()["items"]
    assert {one["node"] for one in items} == {f"employee:{RISES}", "employee:E3"}
    who_was_moved_by_people_is_said_to_be(desk, again, moved, move)
    last_look = dt.datetime.fromisoformat(dana.get(f"/api/v1/decisions/{again.json()['id']}").json()["maker"]["at"])
    assert agree(desk, "anna", again).status_code == 200
    first = follows.next()
    assert (first.node, first.cycle) == (f"employee:{RISES}", "2026")
    assert dt.datetime.fromisoformat(first.at) > last_look
    assert {number: row["grade"] for number, row in grades(desk).items()} == stands
    assert {number for number, row in grades(desk).items() if row["held"]} == KEPT.keys() - {"E3"}
    assert {score_of(one) for one in everybody_else} == {score}
    assert desk.person(RISES.lower()).get(mine).status_code == 200
    assert "Your result of 2026 has changed" in desk.person("e3").get("/").text
    assert "Your result of 2026 has changed" not in desk.person("e5").get("/").text
    who_was_moved_reads_why(desk, move)
    assert code(propose(desk, "dana", "notify", {})) == (409, "nothing_pending")
    with Mailbox() as mailbox:
        sent = mails(desk, mailbox)
    assert sent.keys() == {f"{RISES.lower()}@agency.example", "e3@agency.example"}
    assert {one["Subject"] for one in sent.values()} == {"Your result of 2026 has changed"}


def its_pay_is_that_of_before_the_ministrys_result(desk, decision):
    """What a decision does to pay says as of when, by which grade of the agency and whether under a pool that is."""
    said = words(desk.person("dana").get(f"/decisions/{decision.json()['id']}"))
    assert "before the ministry's result: by the policy's grade B of the agency" in said
    assert "No pool limited the sum of all. What people were paid stands on their statements of pay." in said


def seats_and_people_add_up(desk, rows):
    """On a person's grade page each grade whose seats are not its people says step by step how the one became the other, and what "kept as told" is."""
    page = desk.person("dana").get("/grades/employee:E5?cycle=2026").text
    table = page.split('id="group"', 1)[1].split("</table>", 1)[0]
    said = dict(re.findall(r'<li data-grade="(.)">(.*?)</li>', page.split('id="why-seats"', 1)[1], re.DOTALL))
    assert said.keys() >= set(KEPT.values())
    listed = re.findall(r'<th scope="row">(\w).*?<td class="number">(\d+)</td><td class="number">(\d+)</td>', table)
    assert [grade for grade, _, _ in listed] == list("SABCDE")
    for grade, seats, people in listed:
        text = " ".join(re.sub(r"<[^>]+>", " ", said.get(grade, "")).split())

        def step(pattern, text=text):
            return sum(map(int, re.findall(pattern, text)))

        by_rank = step(r"by rank it goes to (\d+)") or int(seats) - step(r"take (\d+) of its seats")
        came = step(r"(\d+) more (?:person|people) keep") + step(r"Calibrators moved (\d+)")
        went = step(r"(\d+) (?:person|people) whom their rank")
        assert by_rank + came - went == int(people), (grade, text)
        assert int(people) == sum(row["grade"] == grade for row in rows.values()), grade
    listed = words(desk.person("dana").get("/grades?cycle=2026"))
    lines = re.findall(
        r"grade (.) is proposed for (\d+), and (\d+) have it; kept as told: (\d+), moved to it: (\d+), with another grade instead: (\d+)\.",
        listed,
    )
    assert lines
    for grade, *counts in lines:
        proposed, people, kept, moved, gone = map(int, counts)
        assert proposed + kept + moved - gone == people == sum(row["grade"] == grade for row in rows.values()), grade
    for name, address in (
        ("dana", "/grades/employee:E5?cycle=2026"),
        ("dana", "/grades?cycle=2026"),
        ("cora", "/cycles/2026/calibration?group=agency"),
    ):
        assert "nobody whose own score has not fallen goes down" in words(desk.person(name).get(address)), address


def lab_tells_what_was_told(desk, before, pending):
    """An executive tries policies beside what people were told last, hr beside what stands."""
    for name, rows in (("ferran", before), ("dana", pending)):
        scores = [row["final_score"] for row in rows.values() if row["final_score"] is not None]
        tried = desk.person(name).post("/api/v1/cycles/2026/lab", json={}).json()
        assert tried["before"]["mean"] == pytest.approx(sum(scores) / len(scores), abs=1e-3), name


def who_reviews_reads_what_is_pending(desk, before, pending):
    """The head finds on Home what has become another, reads it beside what was told, and nobody is told before it is signed."""
    lab_tells_what_was_told(desk, before, pending)
    head = desk.person("e20")
    assert f'href="/cycles/2026/people/{RISES}"' in head.get("/").text
    told = head.get(f"/api/v1/cycles/2026/people/{RISES}").json()
    assert (told["final_score"], told["grade"], told["state"]) == (
        pending[RISES]["final_score"],
        pending[RISES]["grade"],
        "notified",
    )
    assert (told["notified_score"], told["notified_grade"]) == (
        round(before[RISES]["final_score"], 2),
        before[RISES]["grade"],
    )
    assert told["told"] == {"at": told["told"]["at"], "how": "mail", "window_until": "2027-02-24"}
    address = "/api/v1/cycles/2026/people"
    listed, whole = (
        {one["employee"]: one for one in desk.person(name).get(address, params={"limit": 1000}).json()["items"]}
        for name in ("e20", "dana")
    )
    assert {number: one["grade"] for number, one in whole.items() if one["held"]} == KEPT
    # Where a rank alone is another nobody reviews anything, and whoever it is is read of as they were told.
    for number in KEPT:
        told = before[number]
        assert whole[number]["rank"] == told["rank"] + 1
        for read in (listed[number], head.get(f"{address}/{number}").json()):
            assert (read["rank"], read["proposed_grade"], read["held"]) == (told["rank"], told["grade"], False)
    assert listed[RISES]["rank"] == pending[RISES]["rank"] != before[RISES]["rank"]
    assert ("review_missing", 1, True) in blockers(propose(desk, "dana", "notify", {}))
    reviewed(desk)

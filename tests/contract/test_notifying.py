"""Everybody is told what they came to, on a running server: by whom, what, by which way, and again whoever's result has become another (contract-cycle, 7)."""

from __future__ import annotations

import html
import json
import re

import pytest

from tests.contract.desk import DANA, FERRAN, Setting, code
from tests.contract.test_calibrating import AGENCY, MEMBERS, STAFF, grades
from tests.contract.test_certifying import certified, sign_all
from tests.contract.test_cycles import agree, appoint, opened, propose, to_stage
from tests.mailbox import Mailbox
from tests.scenario import Scenario

AUDITOR = ("udo", "--role", "auditor")
ADA = ("ada", "--role", "admin")
NOW = "2027-02-10T09:00:00+00:00"
LEFT_OUT = "E14"
"""Whose account is closed before anybody is told."""
SETTING = Setting(agency=AGENCY, people=(DANA, FERRAN, AUDITOR, ADA, *MEMBERS, *STAFF), now=NOW)
POLICIES = {"rules": {"top_share_min": 0, "lowest_two_share_min": 0, "single_share_max": 100}}


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
        yield made


def post(client, address, form, *, page=""):
    """Send a form of a page."""
    shown = client.get(page or address)
    token = re.findall('name="csrf_token" value="([^"]+)"', shown.text)[0]
    return client.post(address, data=form | {"csrf_token": token})


def tell(desk, *, by="anna"):
    """Everybody is told, by hr and an approver; the decision's address."""
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
    assert agree(desk, "anna", made).status_code == 200
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

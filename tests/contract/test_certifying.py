"""Certifying a cycle on a running server: the cut, what counts by it, and what nothing moves from then on (contract-cycle, 3 and 6)."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import rfc8785

from tests.contract.desk import DANA, DORA, FERRAN, Setting, code
from tests.contract.test_cycles import agree, appoint, blockers, opened, propose, to_stage
from tests.scenario import Scenario

AGENCY = """
unit HQ agency
  unit EUR regional_hq
    unit VIE office
employee E1 VIE staff
employee E2 VIE head
employee E3 EUR head
employee E4 HQ head
2025-03-04 consult C-0 E1 of Meyer/AT
2026-03-04 deal D-1 E1 125000.00 EUR of Meyer/AT
2026-03-05T10:00 verified D-1 by E9 as V-1
2026-04-04 consult C-1 E1 of Meyer/AT
2026-05-04 new_buyer B-1 E2 of Huber/AT
2026-06-04 deal D-2 E2 7000.00 EUR of Huber/AT E1:0.5 E2:0.5
"""
ANNA = ("anna", "--role", "member")
CARLA = ("carla", "--role", "member")
STAFF = tuple((f"e{number}", "--role", "employee", "--employee", f"E{number}") for number in (1, 2, 3, 4, 8, 9))
SETTING = Setting(agency=AGENCY, people=(DANA, DORA, FERRAN, ANNA, CARLA, *STAFF), now="2027-02-10T09:00:00+00:00")


@pytest.fixture
def desk(desks, engine, tmp_path):
    """An agency after the cycle's end, with everybody's account."""
    with desks.copy(engine, SETTING, tmp_path) as made:
        yield made


def ingest(desk, events):
    return desk.kopes("ingest", events_file(desk, events), **desk.where)


def events_file(desk, events):
    """Events as a file beside the folder."""
    file = desk.folder.parent / "events.ndjson"
    file.write_text("".join(json.dumps(one) + "\n" for one in events), encoding="utf-8")
    return file


def figures(desk, *more):
    """Scores and grades of the cycle."""
    asked = (("score", "--cycle", "2026"), ("grade", "--cycle", "2026"), ("grade", "--cycle", "2026", "--of", "units"))
    return [desk.kopes(*words, *more, **desk.where, status=None).out for words in asked]


def sign_all(desk, but=(), *, cycle="2026"):
    """Everybody signs what waits for them, but for some scorecards."""
    dana = desk.person("dana")
    nodes = [card["node"] for card in json.loads(desk.kopes("score", "--cycle", cycle, **desk.where).out)]
    for node in (one for one in nodes if one not in but):
        address = f"/api/v1/cycles/{cycle}/scorecards/{node}"
        card = dana.get(address).json()
        for due in card["due"]:
            number = next((one for one in due["persons"] if one.startswith("E")), None)
            hand = number.lower() if number else "ferran" if node == "unit:HQ" else "dana"
            body = {"digest": card["digest"], "as": due["as"]}
            answer = desk.person(hand).post(f"{address}/sign", json=body)
            assert answer.status_code == 200, (node, due, answer.text)


def running(desk, but=()):
    """The cycle 2026 in `running`, everybody's scorecard agreed, but for some employees'."""
    ingest(desk, Scenario.read(AGENCY).events)
    opened(desk)
    appoint(desk, "carla@agency.example", "certifier")
    to_stage(desk, "agreement")
    sign_all(desk, but)
    to_stage(desk, "running", *(["unsigned"] if but else []))


def late(number, day="2026-07-01", employee="E1"):
    """A consult of the cycle, which comes late."""
    return Scenario.read(f"{day} consult LATE-{number} {employee} of Meyer/AT").events


ACCEPTED = {"accept": ["unverified", "unconfirmed"]}
RESULTS = "266ccd39a1823978f078ac722343c5d54334487718ddc33c2ee04191b6bad5bf"
"""The sum over what the cycle comes to: the same on either engine, and in any later version."""
TOTALS = ("total SET entered_shares", "total SET confirmed_micros", "member SET verified", "distinct_count SET entered")
NODES = ("unit:HQ", "unit:VIE", "employee:E1", "employee:E2")


def certified(desk, *more, cycle="2026"):
    """The cycle certified as it is."""
    done = agree(desk, "carla", propose(desk, "dana", "certify", {"accept": [*ACCEPTED["accept"], *more]}, cycle))
    assert done.status_code == 200, done.text


def given_and_rated(desk):
    """In place of what the KPIs `companies` and `buyers` are: the one is reported each quarter, the other graded by people."""
    file = desk.where["definitions"] / "kpis.yaml"
    kpis = json.loads(file.read_text(encoding="utf-8"))["kpis"]
    by_code = {one["code"]: one for one in kpis}
    by_code["companies"] |= {"measure": {"aggregate": "given"}, "rhythm": {"every": "quarter", "by_day": 10}}
    by_code["buyers"] |= {"measure": {"aggregate": "rating"}, "method": {"name": "qualitative"}}
    file.write_text(json.dumps({"kpis": kpis}), encoding="utf-8")
    scorecards = desk.folder / "scorecards.csv"
    text = scorecards.read_text(encoding="utf-8")
    scorecards.write_text(text.replace(",buyers,10,,unique,,,,,,10,", ",buyers,10,,unique,,,,,,,"), encoding="utf-8")
    desk.kopes("load", desk.folder, **desk.where)


@contextmanager
def never_opened(desk, events):
    """Another database with the same folder and events, in which nobody opened anything."""
    folder = desk.folder.parent / "beside"
    folder.mkdir()
    file = folder / "events.ndjson"
    file.write_text("".join(json.dumps(one) + "\n" for one in events), encoding="utf-8")
    where = desk.where | {"database": f"sqlite:///{folder}/kopes.db"}
    desk.kopes("migrate", **where)
    desk.kopes("load", desk.folder, **where)
    desk.kopes("ingest", file, **where)
    yield where


def events_sum(events):
    """SHA-256 over the sorted sums of the events' RFC 8785 forms, a line each: as the contract says it, worked out by itself."""
    sums = sorted(hashlib.sha256(rfc8785.dumps(one)).hexdigest() for one in events)
    return hashlib.sha256("".join(f"{one}\n" for one in sums).encode()).hexdigest()


def test_what_comes_between_proposal_and_approval_does_not_count(desk):
    """Nor what comes later: it moves the live figures alone, and the digest is that of an agency that never opened the cycle."""
    running(desk)
    before = figures(desk)
    assert code(propose(desk, "e4", "certify", ACCEPTED)) == (409, "role")
    assert [one[0] for one in blockers(propose(desk, "dana", "certify", {}))] == ["unverified", "unconfirmed"]
    unknown = propose(desk, "dana", "certify", {"accept": [*ACCEPTED["accept"], "lunch"]})
    assert (code(unknown), unknown.json()["errors"][0]["pointer"]) == ((422, "invalid"), "/content/accept/2")
    assert "lunch" in unknown.json()["errors"][0]["detail"]
    made = propose(desk, "dana", "certify", ACCEPTED)
    assert made.status_code == 201, made.text
    pinned = what_is_pinned(desk)
    assert code(propose(desk, "dana", "certify", ACCEPTED)) == (409, "being_certified")
    # What would have stood in its way does not come into it meanwhile; what would not does.
    before_it = {"cycle": "2025", "calendar": {}}
    assert code(desk.person("dana").post("/api/v1/cycles", json=before_it)) == (409, "being_certified")
    assert desk.person("dana").post("/api/v1/cycles", json={"cycle": "2027", "calendar": {}}).status_code == 201
    address = "/api/v1/cycles/2026/scorecards/employee:E1"
    card = desk.person("dana").get(address).json()
    match = {"If-Match": f'"{card["digest"]}"'}
    assert code(desk.person("e2").put(address, json={"lines": card["lines"]}, headers=match)) == (
        409,
        "being_certified",
    )
    assert code(propose(desk, "dana", "stage", {"to": "agreement"})) == (409, "being_certified")

    events = Scenario.read(AGENCY).events
    more = [event for number in range(1000) for event in late(number)]
    ingest(desk, more)
    # So it is with what is loaded meanwhile.
    _write(desk.folder / "rates.csv", "usd", "2.5")
    desk.kopes("load", desk.folder, **desk.where)
    assert figures(desk)[0] != before[0]
    done = agree(desk, "carla", made)
    assert done.status_code == 200, done.text
    cycle = desk.person("dana").get("/api/v1/cycles/2026").json()
    pin = cycle["pins"]["certified"]
    assert (cycle["stage"], pin["events"], pin["events_sha256"]) == ("certified", len(events), events_sum(events))
    assert {name: pin[name] for name in pinned} == pinned
    after, live = figures(desk), figures(desk, "--live")
    assert (after[0], live[0] != before[0]) == (before[0], True)
    graded, beside = json.loads(after[1]), ("proposed_grade", "moved", "held", "round")
    assert [{name: value for name, value in one.items() if name not in beside} for one in graded] == json.loads(
        before[1]
    )
    assert all(tuple(one[name] for name in beside) == (one["grade"], False, False, 1) for one in graded)
    with never_opened(desk, [*events, *more]) as where:
        assert desk.kopes("digest", **where).out == desk.kopes("digest", **desk.where).out
        assert desk.kopes("score", "--cycle", "2026", **where).out == live[0]

    # API and command say one thing.
    for asked, cards in (("", after[0]), ("&live=1", live[0])):
        told = desk.person("e2").get(f"/api/v1/scorecards/employee:E1?cycle=2026{asked}").json()
        assert told == next(card for card in json.loads(cards) if card["node"] == "employee:E1")

    # All of them are listed, with what each would move by itself.
    listed, count, address = [], 0, "/api/v1/cycles/2026/after-close?limit=200"
    while address:
        page = desk.person("dana").get(address).json()
        listed += page["items"]
        count, address = page["count"], page["next"]
    assert (len(listed), count) == (1000, 1000)
    assert [(one["source"], one["id"]) for one in listed] == [(one["source"], one["id"]) for one in more]
    chain = ("employee:E1", "unit:VIE", "unit:EUR", "unit:HQ")
    assert {(one["node"], one["kpi"]) for one in listed[0]["would_move"]} == {(node, "consults") for node in chain}
    for name, status in (("ferran", 200), ("carla", 200), ("anna", 200), ("e2", 404), ("e1", 404)):
        assert desk.person(name).get("/api/v1/cycles/2026/after-close").status_code == status, name
    assert desk.kopes("cycle", "verify", "2026", "--round", "1", **desk.where).out.startswith("verified 2026 round 1 ")
    assert "has no round 2" in desk.kopes("cycle", "verify", "2026", "--round", "2", **desk.where, status=1).err


def what_is_pinned(desk):
    """Files, revision and decisions as they are now."""
    dana = desk.person("dana")
    files = {one["file"]: one for one in dana.get("/api/v1/files").json()["items"]}
    agreed_to = dana.get("/api/v1/decisions?cycle=2026&state=approved&limit=200").json()["items"]
    return {
        "files": {file: one["sha256"] for file, one in files.items()},
        "revision": max(one["revision"] or 0 for one in files.values()),
        "decisions": len(agreed_to),
    }


def line_scores(text):
    """The score of every line that a command printed, by node and KPI."""
    return [((card["node"], line["kpi"]), line["score"]) for card in json.loads(text) for line in card["lines"]]


def test_what_is_loaded_after_the_cut_moves_nothing_of_the_cycle(desk):
    """Another rate, another base, another target: listed, and live alone, whatever process asks."""
    running(desk)
    certified(desk)
    before = figures(desk)
    explain = ("deal_value", "--cycle", "2026")
    explained = [desk.kopes("explain", node, *explain, **desk.where).out for node in NODES]
    past = desk.kopes("score", "--cycle", "2026", "--as-of", "2026-04-30", **desk.where).out
    downloaded = grades_file(desk)
    _write(desk.folder / "rates.csv", "usd", "2.5")
    _write(desk.folder / "employees.csv", "monthly_base", "9000000")
    _write(desk.folder / "scorecards.csv", "target", "77")
    said = desk.kopes("load", desk.folder, **desk.where).err
    differing = {
        line.split(" ")[1].rstrip(":") for line in said.splitlines() if "differs from what the cycle was" in line
    }
    assert differing == {"employees.csv", "rates.csv", "scorecards.csv"}
    nodes = re.findall(r"cycle 2026: the scorecard of (\S+) differs from what was agreed", said)
    assert nodes == sorted(one["node"] for one in json.loads(before[0]))
    assert figures(desk) == before
    assert grades_file(desk) == downloaded
    live = figures(desk, "--live")
    assert live[0] != before[0]
    assert [desk.kopes("explain", node, *explain, **desk.where).out for node in NODES] == explained
    assert desk.kopes("score", "--cycle", "2026", "--as-of", "2026-04-30", **desk.where).out == past
    loads = desk.person("dana").get("/api/v1/cycles/2026/after-close").json()["loads"]
    assert {one["file"] for one in loads} == {"employees.csv", "rates.csv", "scorecards.csv"}
    told = desk.person("e2").get("/api/v1/scorecards/employee:E1?cycle=2026").json()
    assert told == next(card for card in json.loads(before[0]) if card["node"] == "employee:E1")
    assert desk.kopes("cycle", "verify", "2026", **desk.where).out.startswith("verified 2026 round 1 ")
    desk.kopes("reconcile", **desk.where)
    # A feed hears it too, of its own file, whether it changes something now or has before.
    desk.take_over("rates.csv", to="feed")
    key = desk.kopes("key", "create", "bank", "--scope", "feed:rates.csv", **desk.where).out.split()[-1]
    bank = desk.client(Authorization=f"Bearer {key}", **{"Content-Type": "text/csv"})
    rates = (desk.folder / "rates.csv").read_text(encoding="utf-8")
    for text, added in ((rates, 0), (f"{rates}2027-01,EUR,1.5\n", 1)):
        fed = bank.put("/api/v1/files/rates.csv", content=text.encode())
        assert (fed.status_code, fed.json()["added"]) == (200, added), fed.text
        assert [(one["cycle"], one["detail"][:29]) for one in fed.json()["differs"]] == [
            ("2026", "cycle 2026: rates.csv differs")
        ]
    assert figures(desk) == before


def grades_file(desk):
    """The cycle's grades as HR takes them home, without the line that says when that was."""
    dana = desk.person("dana")
    page = dana.get("/grades?cycle=2026").text
    (action,) = set(
        re.findall(r'action="(/grades[^"]*)"', page.split('data-narrowed="download"')[1].split("</div>")[0])
    )
    asked = hidden(page, action) | {"format": "csv", "reason": "To read it at home."}
    answer = dana.post(action.replace("&amp;", "&"), data=asked)
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, "text/csv"), answer.text
    return answer.text.splitlines()[:-1]


def _write(file, column, value):
    """One value in a whole column of a file."""
    header, *rows = (line.split(",") for line in file.read_text(encoding="utf-8").splitlines())
    at = header.index(column)
    changed = [header, *([*row[:at], value, *row[at + 1 :]] for row in rows)]
    file.write_text("".join(",".join(row) + "\n" for row in changed), encoding="utf-8")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_nobody_certifies_before_the_end_or_with_what_nobody_may_accept(desk, desks):
    """An open decision, a cycle before that is not locked, a scorecard without its signatures."""
    desk.kopes("cycle", "open", "2025", **desk.where)
    running(desk)
    appoint_more = {"person": "dora@agency.example", "function": "payroll", "from": "2026-01-01", "to": "2028-01-01"}
    waits = propose(desk, "dana", "appoint", appoint_more)
    hard = {one[0] for one in blockers(propose(desk, "dana", "certify", ACCEPTED)) if one[2]}
    assert hard == {"open_decision", "cycle_before"}
    number = waits.json()["id"]
    assert {f"/decisions/{number}", "/cycles/2025"} <= set(ways_on(desk))
    taken = desk.person("dana").post(f"/api/v1/decisions/{number}/withdraw", json={})
    assert taken.status_code == 200, taken.text
    assert blockers(propose(desk, "dana", "certify", ACCEPTED)) == [("cycle_before", 1, True)]
    shown = desk.person("dana").get("/api/v1/cycles/2026").json()["blockers"]["certified"]
    assert [one["code"] for one in shown] == ["cycle_before", "unverified", "unconfirmed"]
    # The last hour of the year in Vienna.
    with desks.later(desk, SETTING, "2026-12-31T22:59:00+00:00") as before:
        before.person("early", "--role", "hr")
        assert "wait until 2027-01-01" in propose(before, "early", "certify", ACCEPTED).json()["detail"]
        wish = {"node": "employee:E1", "cause": "The fair was called off.", "measure": "Visit the ten buyers."}
        early = before.person("early")
        for kpi in ("deals", "consults"):
            body = wish | {"kpi": kpi, "owner": "E1", "due_on": "2027-03-01"}
            made = early.post("/api/v1/actions", json=body).json()
            if kpi == "deals":
                closed = early.post(f"/api/v1/actions/{made['id']}/close", json={"result": "Eight of ten came."})
                assert closed.status_code == 200, closed.text
        early.put("/api/v1/cycles/2026/calendar", json={})
        assert owed(early) == []
    # With the last day gone what is below C owes a comment, unless an action was open then: what was closed before says nothing of it.
    assert "deals" in owed(desk.person("dana"))
    assert "consults" not in owed(desk.person("dana"))


def owed(client):
    """The KPIs of E1's lines that owe a comment, as the board tells it."""
    row = client.get("/cycles/2026/board").text.split('data-employee="E1"')[1].split("</tr>")[0]
    return re.findall(r'<div data-owed><a href="/scorecards/employee:E1/([a-z_]+)', row)


def ways_on(desk):
    """Where what is in the way of certifying leads to; each leads somewhere."""
    page = desk.person("dana").get("/cycles/2026").text
    blocked = page.split('<ul class="list">')[1].split("<form")[0]
    ways = [one.replace("&amp;", "&") for one in re.findall(r'href="(/[^"]+)"', blocked)]
    for way in ways:
        assert desk.person("dana").get(way).status_code == 200, way
    return ways


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_grades_figures_and_mended_events_that_lack_are_accepted_by_name(desk):
    """Each by its own code alone; what is not measured, scores 0 or was decided needs no grade. All 9 have either line."""
    given_and_rated(desk)
    broken = Scenario.read("2026-04-05 consult C-9 E1").events[0]
    desk.kopes("ingest", events_file(desk, [broken | {"time": "soon"}]), **desk.where, status=None)
    running(desk)
    soft = {"rating_missing": 9, "rejected_events": 1, "stale_given": 9}
    states = desk.person("dana").get("/api/v1/cycles/2026/board").json()["items"]
    assert {(one["employee"], one["state"], *one["who"]) for one in states} == {
        *(("E1", "rating_due", "E2"), ("E2", "rating_due", "E3"), ("E3", "rating_due", "E4")),
        *((number, "rating_due", "hr") for number in ("E4", "E8", "E9")),
    }
    shown = desk.person("dana").get("/api/v1/cycles/2026").json()["blockers"]["certified"]
    assert {one["code"]: one["count"] for one in shown if one["code"] not in ACCEPTED["accept"]} == soft
    assert not any(one["hard"] for one in shown)
    ways = ways_on(desk)
    assert {"/cycles/2026/ratings/unit:HQ/buyers", "/cycles/2026/ratings"} <= set(ways)
    days = "from=2026-01-01&to=2026-12-31"
    assert any(one.startswith("/figures?") and "node=unit:HQ" in one for one in ways)
    assert f"/activities?node=employee:E2&state=entered&{days}" in ways
    for name, count in soft.items():
        accepted = {"accept": [*ACCEPTED["accept"], *(one for one in soft if one != name)]}
        assert blockers(propose(desk, "dana", "certify", accepted)) == [(name, count, False)]
    for number, kind in (("E1", "drop"), ("E2", "zero")):
        content = {"node": f"employee:{number}", "kpi": "buyers", "cause": "nobody_saw_it"}
        assert agree(desk, "anna", propose(desk, "dana", kind, content)).status_code == 200
    content = {"node": "employee:E3", "kpi": "buyers", "cause": "nobody_saw_it", "member": "actual", "value": "70"}
    assert agree(desk, "anna", propose(desk, "dana", "override", content)).status_code == 200
    left = {"accept": [*ACCEPTED["accept"], "rejected_events", "stale_given"]}
    answer = propose(desk, "dana", "certify", left)
    assert blockers(answer) == [("rating_missing", 6, False)]
    items = set(answer.json()["errors"][0]["items"])
    assert items == {"unit:HQ", "unit:EUR", "unit:VIE", *(f"employee:{number}" for number in ("E4", "E8", "E9"))}
    certified(desk, *soft)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_totals_that_differ_and_signatures_that_lack_are_for_nobody_to_accept(desk):
    """However many events there are: of more than 5,000 all totals are compared while it is proposed, before anybody waits, and the events that came since."""
    running(desk, but=["employee:E1"])
    everything = {"accept": [*ACCEPTED["accept"], "unsigned", "reconcile"]}
    for more in (0, 5001):
        if more:
            ingest(desk, [event for number in range(more) for event in late(number)])
            shown = desk.person("dana").get("/api/v1/cycles/2026").json()["blockers"]["certified"]
            assert [one["code"] for one in shown if one["hard"]] == ["unsigned"]
        answer = propose(desk, "dana", "certify", everything)
        assert blockers(answer) == [("unsigned", 1, True)]
        assert answer.json()["errors"][0]["items"] == ["employee:E1"]
        for number, column in enumerate(TOTALS if more else TOTALS[:1]):
            ingest(desk, late(more + 9000 + number))
            for factor, hard in ((" + 1", {"unsigned", "reconcile"}), (" - 1", {"unsigned"})):
                with closing(sqlite3.connect(desk.where["database"].removeprefix("sqlite:///"))) as file, file:
                    file.execute(f"UPDATE {column} = {column.split()[-1]}{factor}")
                assert {one[0] for one in blockers(propose(desk, "dana", "certify", everything))} == hard, column
                shown = desk.person("dana").get("/api/v1/cycles/2026").json()["blockers"]["certified"]
                assert {one["code"] for one in shown if one["hard"]} == hard, column


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_cut_that_is_refused_is_gone(desk):
    """Events that came meanwhile count at once, and another cut may be made."""
    running(desk)
    made = propose(desk, "dana", "certify", ACCEPTED).json()
    ingest(desk, late(1))
    refused = desk.person("carla").post(
        f"/api/v1/decisions/{made['id']}/refuse", json={"reason": "A consult came late."}
    )
    assert refused.status_code == 200, refused.text
    live = figures(desk)
    certified(desk)
    assert figures(desk)[0] == live[0]
    assert desk.person("dana").get("/api/v1/cycles/2026/after-close").json()["count"] == 0


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_page_of_a_cycle_proposes_to_certify_it_and_leads_to_what_came_later(desk):
    """By its own form; a certifier agrees on the decision's page; late events stand on a page with what they would move."""
    running(desk)
    dana = desk.person("dana")
    for name, address in (("e1", "/scorecards/employee:E1"), ("ferran", "/agency"), ("e2", "/office")):
        assert "The cycle is open, at the stage “" in desk.person(name).get(f"{address}?cycle=2026").text, address
    page = dana.get("/cycles/2026").text
    assert "(2)" in page
    # What somebody should look at stands there with its links: a new buyer with whom a deal was closed before, a day that was to come.
    ahead = Scenario.read("2027-02-25 consult AHEAD-1 E1 of Meyer/AT\n2026-08-01 new_buyer OLD-1 E1 of Meyer/AT").events
    ingest(desk, ahead)
    shown = dana.get("/api/v1/cycles/2026").json()["blockers"]["certified"]
    assert [(one["code"], one["count"], one["hard"]) for one in shown if one["code"] == "open_alert"] == [
        ("open_alert", 1, False)
    ]
    page = dana.get("/cycles/2026").text
    assert "a deal was closed with this buyer before" in page
    link = re.search(r'<a href="([^"]+)">New buyer', page)
    assert link is not None
    assert dana.get(link[1]).status_code == 200
    back = Scenario.read("2026-08-02T10:00 rejected OLD-1 by E2 as R-1").events
    ingest(desk, back)
    assert "open_alert" not in {one["code"] for one in dana.get("/api/v1/cycles/2026").json()["blockers"]["certified"]}
    form = {**hidden(page, "/cycles/2026/stage"), "to": "certified", "reason": "The year is over."}
    refused = dana.post("/cycles/2026/stage", data=form)
    assert (refused.status_code, "The year is over." in refused.text) == (409, True)
    form = {**hidden(page, "/cycles/2026/stage"), "to": "certified", "reason": "The year is over.", **ACCEPTED}
    made = dana.post("/cycles/2026/stage", data=form)
    assert made.status_code == 303, made.text
    carla = desk.person("carla")
    number = made.headers["Location"].rsplit("/", 1)[-1]
    shown = carla.get(f"/api/v1/decisions/{number}").json()
    assert (shown["kind"], shown["content"], shown["state"]) == ("certify", ACCEPTED, "proposed")
    assert desk.approve(carla, shown).status_code == 200
    ingest(desk, late(1))
    page = dana.get("/cycles/2026").text
    assert "/cycles/2026/after-close" in page
    certificate = page.split("What it was certified by", 1)[1].split("</section>", 1)[0]
    for said in ("dana@agency.example", "carla@agency.example", "The year is over.", f'href="/decisions/{number}"'):
        assert said in certificate, said
    told = dana.get("/cycles/2026/after-close").text
    assert len(re.findall(r"<li>[^<]*: [0-9.]+ → [0-9.]+</li>", told)) == 4, told
    assert 'href="/cycles/2026"' in told
    e1 = desk.person("e1")
    assert e1.get("/cycles/2026/after-close").status_code == 404

    # The scorecard says by what it stands, and leads to what would be without, and back; so does the derivation.
    # Grades, the agency and an office likewise.
    for name, address in (
        ("e1", "/scorecards/employee:E1"),
        ("e1", "/scorecards/employee:E1/consults"),
        ("dana", "/grades"),
        ("dana", "/grades/employee:E1"),
        ("ferran", "/agency"),
        ("e2", "/office"),
    ):
        reader = desk.person(name)
        page = reader.get(f"{address}?cycle=2026").text
        assert "Certified on" in page, address
        live = next(link for link in re.findall(r'href="([^"]+)"', page) if "live=" in link).replace("&amp;", "&")
        assert live.startswith(address)
        other = reader.get(live).text
        assert any(
            link.startswith(f"{address}?") and "cycle=2026" in link and "live" not in link
            for link in re.findall(r'href="([^"]+)"', other)
        )
        assert shown_figures(page) != shown_figures(other)
        assert ways_lost(other) == [], address


def ways_lost(page):
    """The ways on from a page of live figures that lead to what stands, but for the one that says so."""
    of_figures = r'href="(/(?:scorecards|grades|lifting|agency|office)[^"]*cycle=2026[^"]*)"[^>]*>([^<]*)'
    ways = re.findall(of_figures, page)
    assert ways
    return [link for link, said in ways if "live=" not in link and said != "To what stands"]


def shown_figures(page):
    """The figures of a page's main part."""
    return re.findall(r">\s*([0-9.,]+)\s*<", page.split("<main", 1)[1])


def hidden(page, action):
    """The hidden fields of a form."""
    form = page.split(f'action="{action}"', 1)[1].split("</form>", 1)[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_machine_that_has_nothing_of_a_cut_makes_it_again(desk):
    """Whatever was laid out is gone, as after a move to another machine: figures are the same, and so they are once it is laid out beforehand."""
    running(desk)
    certified(desk)
    before = figures(desk)
    for remade in (False, True):
        for folder in cuts(desk):
            for file in folder.iterdir():
                # As whoever was ended in the middle of it leaves it.
                file.rename(folder / "begun.db.0a1b2c3d.part")
        if remade:
            number = desk.person("dana").get("/api/v1/decisions?kind=certify").json()["items"][0]["id"]
            desk.kopes("cycle", "lay-out", number, **desk.where)
            assert any(list(folder.glob("*.db")) for folder in cuts(desk))
        assert figures(desk) == before
        assert not any(list(folder.glob("*.part*")) for folder in cuts(desk))
    told = desk.person("e2").get("/api/v1/scorecards/employee:E1?cycle=2026").json()
    assert told == next(card for card in json.loads(before[0]) if card["node"] == "employee:E1")


def cuts(desk):
    """Where the databases of cuts are: beside an SQLite database, else below the folder for passing files."""
    url = desk.where["database"]
    if url.startswith("sqlite"):
        file = Path(url.removeprefix("sqlite:///"))
        return [one for one in [file.with_name(f"{file.name}-cuts")] if one.exists()]
    return list(Path(tempfile.gettempdir()).glob(f"kopes-cuts-{os.getuid()}"))


def test_a_decision_about_a_line_goes_over_what_was_certified(desk):
    """It moves the cycle's figures, as two people agreed; what was certified is verified as it was."""
    running(desk)
    certified(desk)
    before = figures(desk)
    said = desk.kopes("cycle", "verify", "2026", **desk.where).out
    assert said.split() == ["verified", "2026", "round", "1", RESULTS]
    content = {"node": "employee:E1", "kpi": "consults", "member": "actual", "value": "9", "cause": "a_list_was_lost"}
    done = agree(desk, "anna", propose(desk, "dana", "override", content))
    assert done.status_code == 200, done.text
    after = dict(line_scores(figures(desk)[0]))
    moved = {key for key, score in line_scores(before[0]) if after[key] != score}
    assert moved == {("employee:E1", "consults")}
    assert desk.kopes("cycle", "verify", "2026", **desk.where).out == said


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_who_came_by_a_later_load_has_no_part_in_a_certified_cycle(desk):
    """Their pages are there, and show the present cycle; of the certified one there is nothing of theirs, by page, API or command."""
    running(desk)
    certified(desk)
    for name, one in (("employees.csv", {"number": "E7"}), ("postings.csv", {"employee": "E7"})):
        file = desk.folder / name
        header, first, *rows = [line.split(",") for line in file.read_text(encoding="utf-8").splitlines()]
        like = [one.get(column, value) for column, value in zip(header, first, strict=True)]
        like = [value.replace("e1@", "e7@").replace("E1@", "E7@") for value in like]
        file.write_text("".join(",".join(row) + "\n" for row in (header, first, *rows, like)), encoding="utf-8")
    desk.kopes("load", desk.folder, **desk.where)
    pages = ("/people", "/office?unit=VIE", "/agency", "/grades")
    for name, shown in (
        ("dana", {*pages} - {"/agency"}),
        ("ferran", {*pages} - {"/grades"}),
        ("e2", {pages[1]}),
        ("e4", {pages[1]}),
    ):
        client = desk.person(name)
        statuses = [
            client.get(f"/scorecards/employee:E7{asked}").status_code
            for asked in ("", "?cycle=2026", "?cycle=2026&live=1")
        ]
        assert statuses == [200, 404, 200], name
        assert client.get("/api/v1/scorecards/employee:E7?cycle=2026").status_code == 404
        for page in pages:
            address = f"{page}{'&' if '?' in page else '?'}cycle=2026"
            assert client.get(address).status_code == (200 if page in shown else 404), (name, address)
    assert desk.kopes("score", "--cycle", "2026", "--node", "employee:E7", **desk.where, status=1).err


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_nobody_moves_a_certified_target_alone_or_sees_their_own_grade_before_they_are_told(desk):
    """Targets are fixed with the agreement, also of whom nobody asked to sign; a grade is HR's to tell."""
    running(desk)
    content = {"node": "employee:E1", "targets": [{"kpi": "consults", "target": "2"}]}
    made = propose(desk, "dana", "certify", ACCEPTED)
    assert code(propose(desk, "e2", "target", content)) == (409, "being_certified")
    shared = {"parent": "unit:EUR", "kpi": "consults", "weights": {"history": "1"}, "apply": True}
    assert code(desk.person("dana").post("/api/v1/cycles/2026/allocations", json=shared)) == (409, "being_certified")
    assert code(
        desk.person("dora").post(
            f"/api/v1/decisions/{made.json()['id']}/approve", json={"digest": made.json()["digest"]}
        )
    ) == (409, "role")
    assert agree(desk, "carla", made).status_code == 200
    before = figures(desk)
    assert code(propose(desk, "e2", "target", content)) == (409, "not_now")
    assert figures(desk) == before
    assert desk.person("e1").get("/grades/employee:E1?cycle=2026").status_code == 404
    assert desk.person("dana").get("/grades/employee:E1?cycle=2026").status_code == 200
    assert code(propose(desk, "dana", "lift", {"decision": 10**30})) == (404, "not_there")
    for address in ("/cycles/2147483648", "/criteria/2147483648", "/api/v1/cycles/2147483648"):
        assert desk.person("dana").get(address).status_code == 404, address


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_was_altered_of_a_certified_cycle_is_told(desk):
    """By whoever can write the database or the machine's own file: hands, reasons and totals are held against what was written down."""
    running(desk)
    override = {"node": "employee:E1", "kpi": "consults", "member": "actual", "value": "9", "cause": "a_list_was_lost"}
    assert agree(desk, "anna", propose(desk, "dana", "override", override)).status_code == 200
    certified(desk)
    desk.kopes("cycle", "verify", "2026", **desk.where)
    live = Path(desk.where["database"].removeprefix("sqlite:///"))
    (cut,) = (file for folder in cuts(desk) for file in folder.glob("*.db"))
    for file, statement in (
        (live, "UPDATE decision SET reason = 'Something else entirely' WHERE kind = 'override'"),
        (live, "UPDATE decision_end SET account = (SELECT account FROM decision WHERE id = decision_end.decision)"),
        (live, "UPDATE cut SET decisions = 99"),
        (live, "UPDATE event SET body = replace(body, '125000.00', '925000.00')"),
        (cut, "UPDATE total SET entered_shares = entered_shares * 9, verified_shares = verified_shares * 9"),
    ):
        kept = file.read_bytes()
        with closing(sqlite3.connect(file)) as opened_file, opened_file:
            opened_file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            kept = file.read_bytes()
            for (name,) in opened_file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                opened_file.execute(f'DROP TRIGGER "{name}"')
            opened_file.execute(statement)
        with closing(sqlite3.connect(file)) as opened_file:
            opened_file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert desk.kopes("cycle", "verify", "2026", **desk.where, status=1).out, statement
        file.write_bytes(kept)
        desk.kopes("cycle", "verify", "2026", **desk.where)
    for damaged in (b"no database", b""):
        cut.write_bytes(damaged)
        desk.kopes("cycle", "verify", "2026", **desk.where)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_whoever_is_of_a_rank_outside_is_scored_and_listed_and_in_no_group(desk):
    """By the rank of the last day in service; the policies of calibration, objections and review are published with it (contract-cycle, 6 and 10)."""
    written = {
        "groups": {"minimum": 2, "outside_ranks": ["President", "Standing auditor"]},
        "calibration": {"hold_seats": False, "max_steps": 2},
        "objections": {"days": 10, "answer_days": 5, "appeal_days": 3, "committee": 3},
        "review": {"minimum_text": 30},
        "ratings": {"minimum": 2},
        "promotion": {"blocks": {"grave": 12}},
    }
    policies = desk.where["definitions"] / "policies.yaml"
    policies.write_text(json.dumps(written), encoding="utf-8")
    (desk.folder / "employment.csv").write_text(
        "employee,from,to,job,rank,monthly_base\n"
        "E1,2026-01-01,2026-12-01,,President,\nE2,2026-12-01,,,President,\nE4,2026-12-31,,,Standing auditor,\n",
        encoding="utf-8",
    )
    desk.kopes("load", desk.folder, **desk.where)
    running(desk)
    graded = json.loads(desk.kopes("grade", "--cycle", "2026", **desk.where, status=None).out)
    reasons = {one["employee"]: one["reason"] for one in graded}
    assert reasons == {"E1": None, "E2": "outside", "E3": None, "E4": "outside", "E8": None, "E9": None} | {
        number: reasons[number] for number in ("E8", "E9")
    }
    outside = [one for one in graded if one["reason"] == "outside"]
    empty = ("group", "rank", "group_size", "grade", "rate", "pay", "promotion_points")
    assert all(one["final_score"] is not None and {one[name] for name in empty} == {None} for one in outside)
    told = desk.person("dana").get("/api/v1/cycles/2026/criteria").json()["policies"]
    assert {member: told[member] for member in ("calibration", "objections", "review", "ratings")} == {
        member: written[member] for member in ("calibration", "objections", "review", "ratings")
    }
    assert told["groups"]["outside_ranks"] == ["President", "Standing auditor"]
    assert told["promotion"]["blocks"]["grave"] == 12
    assert "Standing auditor" in desk.person("e1").get("/criteria/2026").text
    certified(desk)
    states = desk.person("dana").get("/api/v1/cycles/2026/board").json()["items"]
    assert {one["employee"] for one in states if one["state"] == "outside"} == {"E2", "E4"}
    assert "of a rank that is not graded here" in desk.person("dana").get("/grades/employee:E2?cycle=2026").text


def grade_pages(desk, name, *numbers):
    """Whose pages of grades somebody finds in the cycle, of these employees; and whether each tells pay."""
    found = {}
    for number in numbers:
        page = desk.person(name).get(f"/grades/employee:{number}?cycle=2026")
        assert page.status_code in {200, 404}, (name, number, page.text)
        if page.status_code == 200:
            found[number] = "Monthly base pay" in page.text
    return found


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_functions_of_a_cycle_open_grades_there_and_heads_see_those_whom_they_review(desk):
    """Approver with pay, calibrator of groups and heads without; nobody their own before they are told, nobody anything of a cycle without a function there."""
    heads = {"groups": {"minimum": 1}}
    (desk.where["definitions"] / "policies.yaml").write_text(json.dumps(heads), encoding="utf-8")
    desk.kopes("load", desk.folder, **desk.where)
    everybody = ("E1", "E2", "E3", "E4")
    assert grade_pages(desk, "e2", "E1", "E2") == {"E2": True}
    running(desk)
    appoint(desk, "E1", "approver")
    appoint(desk, "dora@agency.example", "payroll")
    kim = desk.person("kim", "--role", "member")
    appoint(desk, "kim@agency.example", "calibrator", groups=["heads"])
    shown = {name: grade_pages(desk, name, *everybody) for name in ("dana", "anna", "e1", "e2", "e3", "e4", "kim")}
    assert shown == {
        "dana": dict.fromkeys(everybody, True),
        "anna": dict.fromkeys(everybody, True),
        "e1": dict.fromkeys(("E2", "E3", "E4"), True),
        "e2": {"E1": False},
        "e3": {"E2": False},
        "e4": {"E3": False},
        "kim": dict.fromkeys(("E2", "E3", "E4"), False),
    }
    assert grade_pages(desk, "ferran", *everybody) == grade_pages(desk, "carla", *everybody) == {}
    listed = {name: desk.person(name).get("/grades") for name in ("dana", "anna", "e1", "kim", "e2", "carla", "ferran")}
    assert {name: page.status_code for name, page in listed.items()} == {
        **dict.fromkeys(("dana", "anna", "e1", "kim"), 200),
        **dict.fromkeys(("e2", "carla", "ferran"), 404),
    }
    assert desk.person("anna").get("/grades?cycle=2025").status_code == 404
    assert kim.get("/grades?of=units").status_code == 200
    rows = {name: set(re.findall(r"/grades/employee:(E\d)\?", page.text)) for name, page in listed.items()}
    assert (rows["anna"] >= {"E1", "E2"}, rows["e1"] & {"E1"}, rows["kim"]) == (True, set(), {"E2", "E3", "E4"})
    assert ["Proposed pay in all" in listed[name].text for name in ("anna", "e1", "kim")] == [True, False, False]
    assert kim.get("/grades?sort=pay").status_code == 404
    for name in ("anna", "e1", "kim", "e2"):
        assert desk.person(name).post(
            "/grades", data={"format": "csv", "reason": "To read it at home."}
        ).status_code in {
            403,
            404,
        }, name
    # What is decided about a line moves grades and pay: told to whom they may see, once it is agreed to.
    content = {"node": "unit:VIE", "kpi": "deals", "member": "actual", "value": "900", "cause": "late_data"}
    made = propose(desk, "dana", "override", content)
    assert agree(desk, "anna", made).status_code == 200
    address = f"/api/v1/decisions/{made.json()['id']}/effects"
    told = {
        name: {(one["node"], one["member"]) for one in desk.person(name).get(address).json().get("items", ())}
        for name in ("dana", "anna", "e3", "e2")
    }
    assert told["anna"] == told["dana"]
    pay = {one for one in told["dana"] if one[1] == "pay"}
    assert pay, told["dana"]
    assert not any(member == "pay" for name in ("e3", "e2") for _, member in told[name])
    assert ("employee:E2", "grade") not in told["e2"]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_who_certifies_signs_scores_and_grades_and_what_follows_signs_what_it_moves(desk):
    """By the contract's members, seen by who may see grades; what is in the way of what waits is told with it; from then on who is appointed is signed."""
    running(desk)
    made = propose(desk, "dana", "certify", ACCEPTED)
    assert made.json()["blockers"] == []
    address = f"/api/v1/decisions/{made.json()['id']}"
    waits = propose(desk, "dana", "raters", {"node": "unit:VIE", "kpi": "deals", "raters": []})
    assert waits.status_code >= 400
    appointing = {"person": "dora@agency.example", "function": "payroll", "from": "2026-01-01", "to": "2028-01-01"}
    before = propose(desk, "dana", "appoint", appointing)
    assert before.json()["signed_effects"] is False
    told = desk.person("carla").get(address).json()["blockers"]
    assert [(one["code"], one["items"]) for one in told] == [("open_decision", [f"decision:{before.json()['id']}"])]
    assert set(told[0]) == {"code", "detail", "items"}
    assert agree(desk, "ferran", before).status_code == 200
    assert desk.person("carla").get(address).json()["blockers"] == []
    graded = json.loads(figures(desk)[1])
    assert agree(desk, "carla", made).status_code == 200

    def effects(name):
        items = desk.person(name).get(f"{address}/effects?limit=200").json().get("items", ())
        return {(one["node"], one["member"]): one["after"] for one in items}

    signed = effects("dana")
    assert {member for _, member in signed} == {"final_score", "grade"}
    for one in graded:
        node = f"employee:{one['employee']}"
        assert (signed[node, "grade"], signed[node, "final_score"]) == (one["grade"], one["final_score"])
    assert effects("anna") == effects("carla") == signed
    assert {node for node, member in effects("ferran") if member == "grade" and node.startswith("employee:")} == set()
    assert {node for node, member in effects("e2") if member == "grade"} <= {"employee:E1"}

    first = propose(desk, "dana", "appoint", appointing | {"function": "objections"})
    second = propose(desk, "dana", "appoint", appointing | {"function": "calibrator", "groups": "all"})
    assert (first.json()["signed_effects"], second.json()["signed_effects"]) == (True, True)
    assert agree(desk, "ferran", second).status_code == 200
    # What the person holds is not any more what was signed.
    assert code(agree(desk, "ferran", first)) == (409, "overtaken")
    assert desk.kopes("cycle", "verify", "2026", **desk.where).out.startswith("verified 2026 round 1 ")

"""The board of a cycle on a running server: everybody in exactly one state, and whom it waits for (contract-cycle, 9)."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from dataclasses import replace

import pytest

from tests.contract import test_certifying as certifying
from tests.contract.test_agreements import ALBA, EUROPE, HQ, SETTING, VIENNA, seen, sign
from tests.contract.test_cycles import opened, to_stage
from tests.contract.test_notifying import post
from tests.mailbox import Mailbox, texts_of

BOARD = "/api/v1/cycles/2026/board"


@pytest.fixture
def desk(desks, engine, tmp_path):
    """Heads at every level with accounts."""
    with desks.copy(engine, SETTING, tmp_path) as made:
        yield made


def rows(desk, name="dana", **asked):
    answer = desk.person(name).get(BOARD, params=asked)
    assert answer.status_code == 200, answer.text
    return {one["employee"]: one for one in answer.json()["items"]}


def test_everybody_is_in_one_state_and_waits_for_somebody(desk):
    """Owner, head and hr in their turn; whom one sees; narrowed by state and by whom it waits for; the page says the same."""
    assert desk.person("dana").get(BOARD).status_code == 404
    opened(desk)
    to_stage(desk, "agreement")
    everyone = rows(desk)
    assert len(everyone) == 7
    assert {one["state"] for one in everyone.values()} == {"to_sign_owner"}
    assert (everyone["E1"]["who"], everyone["E1"]["due_on"]) == (["E1"], "2027-01-31")
    assert everyone["E1"]["since"] is not None
    assert sign(desk, "alba", ALBA, "owner").status_code == 200
    one = rows(desk)["E1"]
    assert (one["state"], one["who"]) == ("to_sign_head", ["E2"])
    assert list(rows(desk, state="to_sign_head")) == ["E1"]
    assert list(rows(desk, who="E2")) == ["E1", "E2"]
    assert set(rows(desk, "boram")) == {"E1", "E2"}
    assert "/cycles/2026/board?who=E2" in desk.person("dana").get("/cycles/2026/unsigned?unit=VIE").text
    assert sign(desk, "boram", ALBA, "head").status_code == 200
    one = rows(desk)["E1"]
    assert (one["state"], one["who"], one["due_on"]) == ("agreed", [], None)
    counts = desk.person("dana").get("/api/v1/cycles/2026").json()["counts"]
    assert Counter(one["state"] for one in rows(desk).values()) == counts
    page = desk.person("dana").get("/cycles/2026/board").text
    told = dict(re.findall(r'data-count-of="(\w+)">(\d+)<', page))
    assert {state: int(count) for state, count in told.items()} == counts
    assert re.findall(r'data-employee="(\w+)"', page) == list(rows(desk))
    assert re.findall(r'data-employee="(\w+)"', desk.person("dana").get("/cycles/2026/board?who=E2").text) == ["E2"]
    for name in ("ferran", "gaston", "chae"):
        assert desk.person(name).get(BOARD).status_code == 200, name
    for name in ("alba", "ada", "anna", "jiho"):
        assert desk.person(name).get(BOARD).status_code == 404, name
        assert desk.person(name).get("/cycles/2026/board").status_code == 404, name
    assert desk.person("dana").get(BOARD, params={"state": "lunch"}).status_code == 422
    for name, node, part in (
        ("boram", VIENNA, "owner"),
        ("chae", VIENNA, "head"),
        ("chae", EUROPE, "owner"),
        ("gaston", EUROPE, "head"),
        ("gaston", HQ, "owner"),
        ("ferran", HQ, "head"),
    ):
        assert sign(desk, name, node, part).status_code == 200, (name, node)
    to_stage(desk, "running", "unsigned")
    dates = {"mid_year_from": "2026-01-15", "mid_year_by": "2027-12-31"}
    assert desk.person("dana").put("/api/v1/cycles/2026/calendar", json=dates).status_code == 200
    one = rows(desk)["E1"]
    assert (one["state"], one["who"]) == ("check_in_due", ["E1", "E2"])
    assert (one["since"], one["due_on"]) == ("2026-01-15", "2027-12-31")
    counts = desk.person("dana").get("/api/v1/cycles/2026").json()["counts"]
    assert counts == Counter(one["state"] for one in rows(desk).values())
    _notes_stand_beside_the_state(desk, dates)


def _notes_stand_beside_the_state(desk, dates):
    """Lines that were below C when customs were final, as all but a mean are without any activity, owe a comment; an action is one. No state changes."""
    before = rows(desk)
    dana = desk.person("dana")
    assert dana.put("/api/v1/cycles/2026/calendar", json=dates | {"customs_final_on": "2026-10-31"}).status_code == 200
    owed, open_ = notes(desk)
    assert (len(owed), open_) == (9, [])
    wish = {"node": ALBA, "kpi": "deals", "cause": "The fair was called off.", "measure": "Visit the ten buyers."}
    made = desk.person("boram").post("/api/v1/actions", json=wish | {"owner": "E1", "due_on": "2099-09-30"})
    assert made.status_code == 201, made.text
    owed, open_ = notes(desk)
    assert (len(owed), open_) == (8, ["Visit the ten buyers."])
    assert rows(desk) == before


def notes(desk, number="E1"):
    """Of somebody's row on the board's page: the lines that owe a comment, and what is done."""
    page = desk.person("dana").get("/cycles/2026/board").text
    row = page.split(f'data-employee="{number}"')[1].split("</tr>")[0]
    return tuple(re.findall(rf"<div {mark}><a [^>]*>([^<]*)</a>", row) for mark in ("data-owed", "data-action"))


def test_after_the_cut_whoever_is_graded_waits_for_a_review(desks, engine, tmp_path):
    """As the grades say; whoever is not graded is not reviewed."""
    with desks.copy(engine, certifying.SETTING, tmp_path) as desk:
        certifying.running(desk)
        certifying.certified(desk)
        states = {number: one["state"] for number, one in rows(desk).items()}
        assert set(states) == {"E1", "E2", "E3", "E4", "E8", "E9"}
        assert {states[number] for number in ("E1", "E2", "E3", "E4")} == {"to_review"}
        assert {states[number] for number in ("E8", "E9")} == {"not_graded"}
        counts = desk.person("dana").get("/api/v1/cycles/2026").json()["counts"]
        assert counts == {"to_review": 4, "not_graded": 2}


MOVED = {"E1": "HQ", "E2": "EUR", "E3": "EUR"}
"""Where lists of 2026 show people: after a transfer within the year, and before those after it."""


def test_every_list_of_a_cycle_shows_a_person_in_one_unit(desks, engine, tmp_path):
    """That of the cycle's day nearest today, whatever they do after it: the board, its file, the results, theirs, and the grades' file."""
    with desks.copy(engine, certifying.SETTING, tmp_path) as desk:
        changed(desk, "postings", "E1", to="2026-07-01")
        changed(desk, "postings", "E2", to="2026-05-01")
        changed(desk, "postings", "E3", to="2027-01-10")
        with (desk.folder / "postings.csv").open("a", encoding="utf-8") as file:
            file.write("E1,HQ,staff,2026-07-01,2027-01-05\nE1,VIE,staff,2027-01-05,2027-06-01\n")
            file.write(
                "E1,EUR,staff,2027-06-01,\nE2,EUR,staff,2026-05-01,2027-02-01\nE2,VIE,staff,2027-02-01,\nE3,VIE,staff,2027-01-10,\n"
            )
        desk.kopes("load", desk.folder, **desk.where)
        certifying.running(desk)
        certifying.certified(desk)
        pages = {"board": "/cycles/2026/board", "people": "/cycles/2026/people"}
        shown = {name: units_of(desk.person("dana").get(address).text) for name, address in pages.items()}
        assert shown == dict.fromkeys(pages, MOVED)
        for address in ("/cycles/2026/board/file", "/cycles/2026/people", "/grades?cycle=2026"):
            assert units_in_file(desk, address) == MOVED, address
        by_unit = desk.person("dana").get("/cycles/2026/board?sort=unit").text
        assert [one for one in re.findall(r'data-employee="(\w+)"', by_unit) if one in MOVED] == ["E2", "E3", "E1"]
        # A transfer that is still to come moves nobody yet.
        assert units_in_file(desk, "/grades?cycle=2027")["E1"] == "VIE"


def units_of(page):
    """The unit that each of those rows of a list shows."""
    rows = {one.split('"')[0]: one.split("</tr>")[0] for one in page.split('data-employee="')[1:]}
    return {number: re.findall(r"\b(VIE|EUR|HQ)\b", rows[number])[0] for number in MOVED}


def units_in_file(desk, address):
    """The unit that each of those rows of a list's file says."""
    form = {"format": "csv", "reason": "For the meeting of Monday."}
    sent = post(desk.person("dana"), address, form, page=address.removesuffix("/file"))
    assert sent.status_code == 200, sent.text
    rows = {row[0]: row for row in csv.reader(io.StringIO(sent.text.removeprefix("\ufeff")))}
    return {number: next(cell for cell in rows[number] if cell in {"VIE", "EUR", "HQ"}) for number in MOVED}


JOINING = replace(SETTING, now="2026-09-15T09:00:00+00:00")


def changed(desk, name, key, /, **values):
    """Give rows of a file of the folder other values, by their first column."""
    file = desk.folder / f"{name}.csv"
    header, *rows = (line.split(",") for line in file.read_text(encoding="utf-8").splitlines())
    lines = [header]
    for row in rows:
        lines += (
            [[values.get(column, value) for column, value in zip(header, row, strict=True)]] if row[0] == key else [row]
        )
    file.write_text("".join(",".join(row) + "\n" for row in lines), encoding="utf-8")


def test_nobody_asks_who_came_too_late_or_is_still_to_come(desks, tmp_path):
    """Of 60 days that are needed the last to begin are those of 1 November; others are due from their first day, or that of their transfer.

    E1 comes on 2 November, E6 on 5 October. E2 goes from VIE to HQ on 1 November. Vienna is two hours, then one ahead of UTC.
    """
    with desks.copy("sqlite", JOINING, tmp_path) as desk:
        changed(desk, "employees", "E1", hired_on="2026-11-02")
        changed(desk, "employees", "E6", hired_on="2026-10-05")
        changed(desk, "employees", "E3", hired_on="2026-11-01")
        for number, day in (("E1", "2026-11-02"), ("E6", "2026-10-05"), ("E3", "2026-11-01")):
            changed(desk, "postings", number, **{"from": day})
        changed(desk, "postings", "E2", to="2026-11-01")
        with (desk.folder / "postings.csv").open("a", encoding="utf-8") as file:
            file.write("E2,HQ,staff,2026-11-01,\n")
        desk.kopes("load", desk.folder, **desk.where)
        opened(desk)
        to_stage(desk, "agreement")
        begun = desk.person("dana").get("/api/v1/cycles/2026").json()
        there = {number: one["state"] for number, one in rows(desk).items()}
        assert there == dict.fromkeys(("E2", "E4", "E8", "E9"), "to_sign_owner") | dict.fromkeys(
            ("E1", "E3", "E6"), "agreed"
        )
        assert begun["counts"] == {"to_sign_owner": 4, "agreed": 3}
        assert [one["count"] for one in begun["blockers"]["running"] if not one["hard"]] == [4]
        assert seen(desk, "dana", "employee:E6")["due"] == []
        with desks.later(desk, JOINING, "2026-12-20T09:00:00+00:00") as after:
            after.person("late", "--role", "hr")
            there = rows(after, "late")
            assert {number for number, one in there.items() if one["state"] == "agreed"} == {"E1"}
            assert (there["E1"]["who"], there["E1"]["since"]) == ([], None)
            expected = {
                "E3": "2026-10-31T23:00:00+00:00",
                "E6": "2026-10-04T22:00:00+00:00",
                "E2": "2026-10-31T23:00:00+00:00",
                "E8": begun["since"],
            }
            for number, since in expected.items():
                due = seen(after, "late", f"employee:{number}")["due"]
                assert {one["since"] for one in due} == {since}, number
                assert there[number]["since"] == since
            assert seen(after, "late", ALBA)["due"] == []
            counts = after.person("late").get("/api/v1/cycles/2026").json()["counts"]
            assert counts == {"to_sign_owner": 6, "agreed": 1}
            assert json.loads(after.kopes("cycle", "show", "2026", **after.where).out)["counts"] == counts
            told = after.person("late").post(f"{BOARD}/reminders", json={}).json()
            assert "E1" not in {one["who"] for one in told["reminded"]} | set(told["unreachable"])
            page = after.person("late").get("/cycles/2026/unsigned").text
            assert ("scorecards/employee:E6" in page, "scorecards/employee:E1" in page) == (True, False)


def deliver(desk, mailbox):
    """Send what is due now; who was written to since, with what."""
    before = len(mailbox.mails)
    desk.kopes("worker", "--once", "deliveries", **desk.where, **mailbox.settings())
    return {one["To"].split("@")[0].strip("<"): texts_of(one)[0] for one in mailbox.mails[before:]}


def test_whom_the_board_waits_for_is_reminded_once_a_day_until_it_is_done(desk):
    """Hr reminds of what the board was narrowed to, or ticks rows; a head of their line; what is signed meanwhile is not asked for; nobody has two mails a day."""
    opened(desk)
    to_stage(desk, "agreement")
    address = f"{BOARD}/reminders"
    for name in ("ferran", "ada", "alba", "anna", "jiho"):
        assert desk.person(name).post(address, json={}).status_code in {403, 404}, name
    answer = desk.person("dana").post(address, json={"employees": ["E1", "E77"]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/employees/1")
    assert desk.person("dana").post(address, json={"state": "lunch"}).status_code == 422
    told = desk.person("boram").post(address, json={}).json()
    assert told == {
        "reminded": [{"who": "E1", "rows": 1}, {"who": "E2", "rows": 1}],
        "already": [],
        "unreachable": [],
    }
    wanted = {"of": "chosen", "employees": ["E1", "E6"]}
    before = desk.person("dana").get("/cycles/2026/board").text
    form = {"csrf_token": before.split('name="csrf_token" value="')[1].split('"')[0]}
    page = desk.person("dana").post("/cycles/2026/board", data=wanted | form, follow_redirects=True).text
    assert "Written to: 1. Had a reminder today already: 1. No mail reaches: 0." in page
    assert desk.person("dana").post("/cycles/2026/board", data={"of": "chosen"} | form).status_code == 422
    everybody = desk.person("dana").post(address, json={"state": "to_sign_owner"}).json()
    waits = {who for one in rows(desk).values() for who in one["who"]}
    groups = [*(one["who"] for one in everybody["reminded"]), *everybody["already"], *everybody["unreachable"]]
    assert sorted(groups) == sorted(waits)
    assert everybody["already"] == ["E1", "E2", "E6"]
    assert sign(desk, "alba", ALBA, "owner").status_code == 200
    with Mailbox() as mailbox:
        sent = deliver(desk, mailbox)
    assert {"boram", "jiho"} <= sent.keys()
    assert "alba" not in sent
    assert "scorecards to sign: 1" in sent["boram"]
    assert "in the cycle 2026 this waits for you" in sent["jiho"]
    again = desk.person("dana").post(address, json={}).json()
    assert again["reminded"] == []
    page = desk.person("boram").get("/cycles/2026/board").text.split("data-reminded")[1].split("</ul>")[0]
    assert re.findall(r"<li>(.*?)</li>", page) == ["E2: 1 row"]

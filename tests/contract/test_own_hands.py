"""One person is not two by way of an e-mail, of a unit left in spring, or of a year that nobody looked at (contract-desk, 2 and 8.4)."""

from __future__ import annotations

import json

import pytest

from tests.contract.desk import DANA, DORA, FERRAN, WHY, Setting, code

AGENCY = """
unit PAR agency until 2001-01-01
unit HQ agency from 2001-01-01
  unit VIE office from 2001-01-01
  unit PAR office from 2001-01-01
employee E1 VIE staff from 2001-01-01
employee E2 VIE head from 2001-01-01
employee E6 PAR staff from 2001-01-01
employee E7 PAR staff from 2001-01-01
2025-03-04 consult C-1 E1
2026-03-04 consult C-2 E1
"""
NOW = "2026-06-30T09:00:00Z"
FILES = ("employees.csv", "postings.csv", "scorecards.csv", "status.csv")
E6 = ("e6", "--role", "hr", "--employee", "E6")


def in_june(*more):
    """A day in June with one of hr, an executive and some more; files of people and scorecards are written here."""
    return Setting(AGENCY, people=(DANA, FERRAN, *more), application=FILES, now=NOW)


@pytest.fixture
def desk(desks, engine, tmp_path):
    """Three of hr, one of them of the agency."""
    with desks.copy(engine, in_june(DORA, E6), tmp_path) as made:
        yield made


def rows(desk, file, **key):
    """The rows of a file as they are loaded, those with these values."""
    items = desk.person("dana").get(f"/api/v1/files/{file}?limit=10000").raise_for_status().json()["items"]
    return [one for one in items if key.items() <= one.items()]


def put(desk, file, *some, by="dana"):
    """A new set with some rows; its address."""
    client = desk.person(by)
    address = client.post("/api/v1/changes", json={"title": "For the test", "reason": WHY}).headers["Location"]
    client.put(f"{address}/rows/{file}", json={"set": list(some)}).raise_for_status()
    return address


def text_row(row):
    return {name: "" if value is None else str(value) for name, value in row.items()}


def graded(desk, cycle):
    """What the command proposes for everyone; its status says whether the shares hold, which those of four people do not."""
    ran = desk.kopes("grade", "--cycle", cycle, status=None, **desk.where)
    return {one["employee"]: one for one in json.loads(ran.out)}


def test_an_e_mail_that_an_account_with_a_power_would_follow_takes_two(desk):
    """Who has it sent to an address of their own has the account: of an ordinary one hr changes it alone, as the contract says."""
    (staff,) = rows(desk, "employees.csv", number="E1")
    address = put(desk, "employees.csv", text_row(staff) | {"email": "new@agency.example"})
    alone = desk.person("dana").post(f"{address}/submit", json={})
    assert (alone.status_code, alone.json().get("state")) == (200, "applied"), alone.text
    today = {"from_day": "2026-06-30", "to_day": "2026-07-30"}
    body = {"from": "E2", "to": "E7", "functions": ["verify"], "reason": WHY} | today
    assert desk.person("dana").post("/api/v1/delegations", json=body).status_code == 201
    for head_or_stand_in in ("E2", "E7"):
        (one,) = rows(desk, "employees.csv", number=head_or_stand_in)
        address = put(desk, "employees.csv", text_row(one) | {"email": f"{head_or_stand_in}@elsewhere.example"})
        assert desk.submit(address)["state"] == "proposed", head_or_stand_in

    (powerful,) = rows(desk, "employees.csv", number="E6")
    address = put(desk, "employees.csv", text_row(powerful) | {"email": "mine@elsewhere.example"})
    decision = desk.submit(address)
    assert decision["state"] == "proposed"
    assert code(desk.approve(desk.person("dana"), decision)) == (409, "same_person")
    assert code(desk.approve(desk.person("e6"), decision)) == (409, "own_case")
    assert desk.approve(desk.person("dora"), decision).json()["state"] == "approved"


def test_an_e_mail_of_whoever_has_a_function_takes_two(desk):
    """Of one that begins later too: who is made an approver is the second person of what hr proposes, and hr does not come by that account alone."""
    dana = desk.person("dana")
    dana.post("/api/v1/cycles", json={"cycle": "2026", "calendar": {}}).raise_for_status()
    content = {"person": "E1", "function": "approver", "from": "2026-09-01", "to": "2027-06-01"}
    made = dana.post("/api/v1/decisions", json={"kind": "appoint", "cycle": "2026", "content": content, "reason": WHY})
    assert desk.approve(desk.person("ferran"), made.json()).json()["state"] == "approved"
    (one,) = rows(desk, "employees.csv", number="E1")
    address = put(desk, "employees.csv", text_row(one) | {"email": "mine@elsewhere.example"})
    assert desk.submit(address)["state"] == "proposed"


def test_a_unit_that_one_has_left_in_the_cycle_is_ones_own_case(desk):
    """It is a part of one's score still: neither maker nor checker; of a cycle in which one never stood there one may be."""
    (posting,) = rows(desk, "postings.csv", employee="E6")
    there = text_row(posting) | {"unit": "VIE", "to": "2026-03-01"}
    address = put(desk, "postings.csv", there, text_row(posting) | {"from": "2026-03-01"})
    assert desk.approve(desk.person("dora"), desk.submit(address)).json()["state"] == "approved"

    for cycle, refused in (("2026", True), ("2025", True)):
        line, other = rows(desk, "scorecards.csv", cycle=cycle, node="unit:VIE")[:2]
        changed = [
            text_row(line) | {"weight": str(float(line["weight"]) - 1)},
            text_row(other) | {"weight": str(float(other["weight"]) + 1)},
        ]
        address = put(desk, "scorecards.csv", *changed, by="e6")
        answer = desk.person("e6").post(f"{address}/submit", json={})
        assert (code(answer) == (409, "own_case")) is refused
        decision = desk.submit(put(desk, "scorecards.csv", *changed))
        assert code(desk.approve(desk.person("e6"), decision)) == (409, "own_case")
        assert desk.approve(desk.person("dora"), decision).json()["state"] == "approved"
    # Paris is a unit of spring's other half: in 2025 E6 was in Vienna.
    line, other = rows(desk, "scorecards.csv", cycle="2025", node="unit:PAR")[:2]
    changed = [
        text_row(line) | {"weight": str(float(line["weight"]) - 1)},
        text_row(other) | {"weight": str(float(other["weight"]) + 1)},
    ]
    assert desk.submit(put(desk, "scorecards.csv", *changed, by="e6"), desk.person("e6"))["state"] == "proposed"


def test_a_unit_that_once_was_the_root_is_ones_own_case_like_any(desk):
    """Nobody's own case is the agency as a whole; who is root only in years that a set does not move is a part of it."""
    line, other = rows(desk, "scorecards.csv", cycle="2026", node="unit:PAR")[:2]
    changed = [
        text_row(line) | {"weight": str(float(line["weight"]) - 1)},
        text_row(other) | {"weight": str(float(other["weight"]) + 1)},
    ]
    own = put(desk, "scorecards.csv", *changed, by="e6")
    assert code(desk.person("e6").post(f"{own}/submit", json={})) == (409, "own_case")
    decision = desk.submit(put(desk, "scorecards.csv", *changed))
    assert code(desk.approve(desk.person("e6"), decision)) == (409, "own_case")
    assert desk.approve(desk.person("dora"), decision).json()["state"] == "approved"


def test_an_account_without_a_number_that_has_an_employee_s_e_mail_is_that_employee(desk):
    """Own name and e-mail count as own, whoever made the account without saying whose it is."""
    (staff,) = rows(desk, "employees.csv", number="E1")
    assert staff["email"].casefold() == "e1@agency.example"
    desk.person("e1", "--role", "hr")
    address = put(desk, "employees.csv", text_row(staff) | {"monthly_base": "9999999"}, by="e1")
    assert code(desk.person("e1").post(f"{address}/submit", json={})) == (409, "own_case")
    decision = desk.submit(put(desk, "employees.csv", text_row(staff) | {"monthly_base": "9999999"}))
    assert code(desk.approve(desk.person("e1"), decision)) == (409, "own_case")


def test_what_a_set_moves_in_another_cycle_is_told_to_who_agrees(desk):
    """A row of last year moves last year's grade and pay: the decision says so, and of which year; a set for both years tells both."""
    dana = desk.person("dana")
    status = {"employee": "E1", "cycle": "2025", "kind": "discipline", "from": "", "to": "", "note": "", "place": "1"}
    address = put(desk, "status.csv", status)
    alone = dana.get(f"{address}/effects").raise_for_status().json()
    asked = dana.get(f"{address}/effects?cycle=2025").raise_for_status().json()
    assert alone == asked | {"cycle": "2025"}
    moved = {(one["node"], one["member"]): (one["before"], one["after"]) for one in alone["items"]}
    before = graded(desk, "2025")["E1"]
    assert moved["employee:E1", "grade"][0] == before["grade"]
    decision = desk.submit(address)
    told = desk.person("dora").get(f"/api/v1/decisions/{decision['id']}/effects").json()["items"]
    assert decision["effects"]["count"] == len(told) == len(alone["items"])
    assert {one["cycle"] for one in told} == {"2025"}
    page = desk.person("dora").get(f"/decisions/{decision['id']}").text
    assert "(2025)" in page
    assert desk.approve(desk.person("dora"), decision).json()["state"] == "approved"
    after = graded(desk, "2025")["E1"]
    assert (moved["employee:E1", "grade"], moved["employee:E1", "pay"]) == (
        (before["grade"], after["grade"]),
        (before["pay"], after["pay"]),
    )

    both = put(desk, "status.csv", status | {"employee": "E7"}, status | {"employee": "E7", "cycle": "2026"})
    told = dana.get(f"{both}/effects").raise_for_status().json()
    assert told["cycle"] == "2026"
    assert {one.get("cycle") for one in told["items"]} == {None, "2025"}

"""Grades that are proposed are moved by two calibrators, on a running server: what they may, what it does, and what becomes of a move (contract-cycle, 6)."""

from __future__ import annotations

import csv
import json
import re
from fractions import Fraction
from itertools import pairwise

import pytest

from tests.contract.desk import DANA, FERRAN, Setting, code
from tests.contract.test_certifying import certified, sign_all
from tests.contract.test_cycles import agree, appoint, opened, propose, to_stage
from tests.scenario import Scenario

PEOPLE = 14
"""E1 to E14: the more consults, the higher the number."""
AGENCY = "\n".join(
    [
        "unit HQ agency",
        "  unit VIE office",
        "  unit LON office",
        *(f"employee E{number} {'VIE' if number % 2 else 'LON'} staff" for number in range(1, PEOPLE + 1)),
        "employee E20 HQ head",
        *(
            f"2026-03-{day:02} consult C-{number}-{day} E{number} of Meyer/AT"
            for number in range(1, PEOPLE + 1)
            for day in range(1, number + 1)
        ),
    ]
)
MEMBERS = tuple((name, "--role", "member") for name in ("anna", "carla", "cora", "cleo", "clio", "nobody"))
STAFF = tuple(
    (f"e{number}", "--role", "employee", "--employee", f"E{number}") for number in (*range(1, PEOPLE + 1), 20)
)
AUDITOR = ("udo", "--role", "auditor")
SETTING = Setting(agency=AGENCY, people=(DANA, FERRAN, AUDITOR, *MEMBERS, *STAFF), now="2027-02-10T09:00:00+00:00")
REASON = "The comparison of both years shows it."


@pytest.fixture
def desk(desks, engine, tmp_path):
    """The cycle 2026 certified; cora and cleo calibrate all groups, clio one that there is not, and E3 too."""
    with desks.copy(engine, SETTING, tmp_path) as made:
        file = made.folder.parent / "events.ndjson"
        file.write_text("".join(json.dumps(one) + "\n" for one in Scenario.read(AGENCY).events), encoding="utf-8")
        made.kopes("ingest", file, **made.where)
        opened(made)
        appoint(made, "carla@agency.example", "certifier")
        for name in ("cora", "cleo"):
            appoint(made, f"{name}@agency.example", "calibrator", groups="all")
        appoint(made, "clio@agency.example", "calibrator", groups=["elsewhere"])
        appoint(made, "E3", "calibrator", groups="all")
        to_stage(made, "agreement")
        sign_all(made)
        to_stage(made, "running")
        certified(made)
        yield made


def grades(desk, *more):
    """The grades as the command tells them, by number, best first."""
    rows = json.loads(desk.kopes("grade", "--cycle", "2026", "--format", "json", *more, **desk.where, status=None).out)
    return {row.get("employee", row.get("unit")): row for row in rows}


def grades_break(desk):
    """Whether the command names a rule that the grades break."""
    return desk.kopes("grade", "--cycle", "2026", **desk.where, status=None).status != 0


def move(rows, who, to, reason=REASON):
    """A move of somebody from the grade that they have."""
    kind = "unit" if "unit" in rows[who] else "employee"
    return {"node": f"{kind}:{who}", "from": rows[who]["grade"], "to": to, "reason": reason}


def neighbours(rows):
    """Two people of one group with grades side by side, the better one's first."""
    ranked = sorted((row for row in rows.values() if row["grade"]), key=lambda row: row["rank"])
    order = list(RATES)
    return next(
        (one["employee"], other["employee"])
        for one, other in pairwise(ranked)
        if order.index(other["grade"]) - order.index(one["grade"]) == 1
    )


def swap(rows):
    """The moves that swap them."""
    upper, lower = neighbours(rows)
    return [move(rows, upper, rows[lower]["grade"]), move(rows, lower, rows[upper]["grade"])]


def paid(desk, row):
    """What somebody is paid, by hand: monthly base × the agency's rate × the grade's × days ÷ days of the year, half-even (contract.md, pay)."""
    with (desk.folder / "employees.csv").open(encoding="utf-8", newline="") as file:
        base = next(one["monthly_base"] for one in csv.DictReader(file) if one["number"] == row["employee"])
    exact = Fraction(base) * INSTITUTION * Fraction(RATES[row["grade"]], 100) * row["days"] / 365
    return round(exact)


RATES = {"S": 134, "A": 115, "B": 100, "C": 85, "D": 66, "E": 0}
INSTITUTION = Fraction(60, 100)


def test_two_calibrators_swap_two_people_and_everything_shows_it(desk):
    """Grade and pay are by the move, the score is not; command, API, page and preview say the same, and what was proposed stands beside it."""
    leads = 'href="/cycles/2026/calibration"'
    for name, is_led in (("cora", True), ("cleo", True), ("carla", False), ("e1", False), ("dana", False)):
        home = desk.person(name).get("/").text
        assert ("may be moved until people are told" in home) is is_led, name
        assert (leads in home) is is_led, name
    before = grades(desk)
    moves = swap(before)
    preview = desk.person("cora").post("/api/v1/cycles/2026/calibration/preview", json={"moves": moves})
    assert preview.status_code == 200, preview.text
    told = preview.json()
    assert told["refused"] is None
    assert told["rules"]["before"] == told["rules"]["after"]
    assert all(one["before"] == one["after"] for group in told["groups"] for one in group["grades"])
    made = propose(desk, "cora", "calibrate", {"moves": moves})
    items = desk.person("cleo").get(made.json()["effects"]["items"]).json()["items"]
    effects = {(one["node"], one["member"]): (one["before"], one["after"]) for one in items}
    assert {key: value for key, value in effects.items() if key[1] == "grade"} == {
        (one["node"], "grade"): (one["from"], one["to"]) for one in moves
    }
    assert grades(desk) == before
    done = agree(desk, "cleo", made)
    assert done.status_code == 200, done.text
    after = grades(desk)
    names = [one["node"].split(":")[1] for one in moves]
    for number, row in after.items():
        was = before[number]
        if number not in names:
            assert row == was
            continue
        to = next(one["to"] for one in moves if one["node"] == f"employee:{number}")
        assert row == was | {
            "grade": to,
            "rate": RATES[to],
            "pay": paid(desk, was | {"grade": to}),
            "moved": True,
        }
        assert row["proposed_grade"] == was["grade"]
    assert told["sum_pay"]["before"] == sum(row["pay"] or 0 for row in before.values())
    assert told["sum_pay"]["after"] == sum(row["pay"] or 0 for row in after.values())
    verified = desk.kopes("cycle", "verify", "2026", **desk.where)
    assert verified.out.startswith("verified 2026 round 1 ")


def test_what_no_two_may_and_what_a_move_is_refused_for(desk):
    """One person on both sides, one's own group, another's, no function; seats, steps, grades, groups, shapes: each by its code, and nothing moves."""
    rows = grades(desk)
    moves = {"moves": swap(rows)}
    made = propose(desk, "cora", "calibrate", moves)
    assert made.status_code == 201, made.text
    assert code(agree(desk, "cora", made)) == (409, "same_person")
    for name, answer in (
        ("clio", (409, "role")),
        ("e3", (409, "own_group")),
        ("dana", (409, "role")),
        ("anna", (409, "role")),
    ):
        assert code(propose(desk, name, "calibrate", moves)) == answer, name
    for name in ("clio", "e3", "e1", "nobody"):
        address = "/api/v1/cycles/2026/calibration/preview"
        assert desk.person(name).post(address, json=moves).status_code == (409 if name == "e3" else 404), name
        assert desk.person(name).get(f"/api/v1/decisions/{made.json()['id']}").status_code == 404, name
    upper, lower = neighbours(rows)
    best = next(number for number, row in rows.items() if row["grade"] == "S")
    _tells_nobodys_pay(desk, move(rows, upper, rows[lower]["grade"]))
    units = grades(desk, "--of", "units")
    unit = next(iter(units))
    other = next(grade for grade in RATES if grade != units[unit]["grade"])
    for wrong, answer in (
        ([move(rows, upper, rows[lower]["grade"])], (409, "seats")),
        ([move(rows, best, "B")], (409, "steps")),
        ([move(rows, best, "A") | {"from": "C"}], (409, "from_grade")),
        ([move(rows, best, "B") | {"node": "employee:E99"}], (404, "not_there")),
        ([move(rows, best, "A"), {"node": f"unit:{unit}", "from": "A", "to": "B", "reason": REASON}], (409, "groups")),
        ([move(units, unit, other), move(rows, best, "A")], (409, "groups")),
        ([move(rows, best, "A", reason="short")], (422, "invalid")),
        ([move(rows, best, "Z")], (422, "invalid")),
        ([move(rows, best, rows[best]["grade"])], (422, "invalid")),
        ([move(rows, best, "A")] * 2, (422, "invalid")),
        ([], (422, "invalid")),
        ("all", (422, "invalid")),
        (["E1"], (422, "invalid")),
        ([move(rows, best, "A") | {"node": ["employee:E1"], "to": {}}], (422, "invalid")),
    ):
        assert code(propose(desk, "cora", "calibrate", {"moves": wrong})) == answer, wrong
    assert code(propose(desk, "cora", "calibrate", {"moves": swap(rows)}, cycle="2025")) == (409, "role")
    assert grades(desk) == rows


def _tells_nobodys_pay(desk, alone):
    """Of one person's move no sum is told, whose difference would be theirs; a grade that there is none of is nobody's wish; in one's own group no reason is read."""
    told = desk.person("cora").post("/api/v1/cycles/2026/calibration/preview", json={"moves": [alone]}).json()
    assert (told["refused"]["code"], told["sum_pay"]) == ("seats", {"before": None, "after": None})
    page = desk.person("cora").get(f"/cycles/2026/calibration?group=agency&to-{alone['node']}=Z")
    assert (page.status_code, "What the moves would do" in page.text) == (200, True)


def test_a_move_lapses_with_its_proposal_and_is_let_go_by_two(desk):
    """A line of whoever was moved down is dropped, another grade is proposed, and the move holds no more; it does again once the decision is lifted."""
    rows = grades(desk)
    upper, lower = neighbours(rows)
    moves = swap(rows)
    made = propose(desk, "cora", "calibrate", {"moves": moves})
    assert agree(desk, "cleo", made).status_code == 200
    moved = grades(desk)
    zero = {"node": f"employee:{upper}", "kpi": "consults", "cause": "false_data"}
    decision = propose(desk, "dana", "zero", zero)
    done = agree(desk, "anna", decision)
    assert done.status_code == 200, done.text
    now = grades(desk)
    assert now[upper]["grade"] == now[upper]["proposed_grade"] != rows[upper]["grade"]
    assert now[upper]["moved"] is False
    board = {one["employee"]: one for one in desk.person("dana").get("/api/v1/cycles/2026/board").json()["items"]}
    # Nobody has reviewed the result, which goes before: tests/contract/test_reviewing.py meets the state of a lapsed move.
    assert board[upper]["state"] == "to_review"
    blockers = desk.person("dana").get("/api/v1/cycles/2026").json()["blockers"]["notified"]
    assert f"employee:{upper}" in next(one["items"] for one in blockers if one["code"] == "lapsed_move")
    lapse = {"move": made.json()["id"]}
    let_go = propose(desk, "cleo", "let_lapse", lapse)
    assert let_go.status_code == 201, let_go.text
    assert code(agree(desk, "cleo", let_go)) == (409, "same_person")
    lifted = agree(desk, "anna", propose(desk, "dana", "lift", {"decision": decision.json()["id"]}))
    assert lifted.status_code == 200, lifted.text
    # The proposal is what it was: so the move holds again, and there is nothing to let go.
    assert grades(desk) == moved
    assert code(agree(desk, "cora", let_go)) == (409, "overtaken")
    assert code(propose(desk, "cora", "let_lapse", lapse)) == (409, "not_lapsed")
    assert agree(desk, "anna", propose(desk, "dana", "zero", zero | {"cause": "proven"})).status_code == 200
    gone = agree(desk, "cora", propose(desk, "cleo", "let_lapse", lapse))
    assert gone.status_code == 200, gone.text
    assert code(propose(desk, "cora", "let_lapse", {"move": 99_999})) == (404, "not_there")
    assert grades(desk)[upper]["grade"] == now[upper]["grade"]
    assert grades(desk)[lower] | {"moved": False} == now[lower] | {"moved": False}


def test_who_finds_a_move_and_the_page_moves_it_back(desk):
    """Before anybody is told: the person and colleagues find no decision, hr, auditor and approver do; the page opens for its calibrators alone."""
    rows = grades(desk)
    moves = swap(rows)
    made = propose(desk, "cora", "calibrate", {"moves": moves})
    assert agree(desk, "cleo", made).status_code == 200
    number = made.json()["id"]
    whose = moves[0]["node"].split(":")[1]
    for name, status in (
        (whose.lower(), 404),
        ("nobody", 404),
        ("clio", 404),
        ("e3", 404),
        ("cleo", 200),
        ("dana", 200),
        ("udo", 200),
        ("anna", 200),
    ):
        client = desk.person(name)
        assert client.get(f"/decisions/{number}").status_code == status, name
        listed = client.get("/api/v1/decisions?kind=calibrate")
        some = listed.json()["items"] if listed.status_code == 200 else []
        assert bool(some) == (status == 200), name
        page = client.get("/cycles/2026/calibration")
        assert page.status_code == (404 if name in {whose.lower(), "nobody"} else 200), name
    group = rows[whose]["group"]
    assert 'href="/cycles/2026/calibration"' in desk.person("cleo").get("/cycles/2026").text
    assert 'href="/cycles/2026"' in desk.person("cleo").get("/cycles/2026/calibration").text
    assert REASON in desk.person("cleo").get("/cycles/2026/calibration", params={"group": group}).text
    assert desk.person("e3").get("/cycles/2026/calibration", params={"group": group}).status_code == 404
    # Back again, by the page: tried by the address as its form sends it, a short reason said at its field and the other kept.
    moved = grades(desk)
    back = [move(moved, one["node"].split(":")[1], one["from"]) for one in moves]
    asked = {"group": group} | {f"to-{one['node']}": one["to"] for one in back}
    cora = desk.person("cora")
    page = cora.get("/cycles/2026/calibration", params=asked)
    assert ("a rule would be broken" if grades_break(desk) else "all rules hold") in page.text
    form = {
        "csrf_token": re.findall('name="csrf_token" value="([^"]+)"', page.text)[0],
        "node": [one["node"] for one in back],
        "from": [one["from"] for one in back],
        "to": [one["to"] for one in back],
        "move_reason": [REASON, "short"],
        "reason": REASON,
    }
    refused = cora.post("/cycles/2026/calibration", params=asked, data=form)
    assert refused.status_code == 422, refused.text
    assert 'id="move_reason-1-error"' in refused.text
    assert REASON in refused.text
    done = cora.post("/cycles/2026/calibration", params=asked, data=form | {"move_reason": [REASON, REASON]})
    assert done.status_code == 303, done.text
    made = cora.get("/api/v1/decisions?kind=calibrate").json()["items"][0]
    assert made["content"] == {"moves": back}
    assert desk.approve(desk.person("cleo"), made).status_code == 200
    assert {number: row["grade"] for number, row in grades(desk).items()} == {
        number: row["grade"] for number, row in rows.items()
    }

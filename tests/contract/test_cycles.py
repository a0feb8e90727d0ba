"""Opened cycles on a running server: functions, opening, stages, calendar, what is published (contract-cycle, 1 to 3)."""

from __future__ import annotations

import json

import pytest

from tests.contract.desk import DANA, DORA, FERRAN, WHY, Setting, code

AGENCY = """
unit HQ agency
  unit EUR regional_hq
    unit VIE office
employee E1 VIE staff
employee E2 VIE head
employee E3 EUR head
employee E4 HQ head
employee E6 HQ staff
"""
ADMIN = ("ada", "--role", "admin")
ANNA = ("anna", "--role", "member")
CARLA = ("carla", "--role", "member")
ALBA = ("alba", "--role", "employee", "--employee", "E1")
BORAM = ("boram", "--role", "employee", "--employee", "E2")
PEOPLE = Setting(agency=AGENCY, people=(DANA, DORA, FERRAN, ADMIN, ANNA, CARLA, ALBA, BORAM))
YEAR = {"from": "2026-01-01", "to": "2029-01-01"}


@pytest.fixture
def desk(desks, engine, tmp_path):
    """An agency with heads at every level, and people without numbers who may be given functions."""
    with desks.copy(engine, PEOPLE, tmp_path) as made:
        yield made


def propose(desk, name, kind, content, cycle="2026"):
    """A decision of a cycle, proposed by somebody."""
    body = {"kind": kind, "cycle": cycle, "content": content, "reason": WHY}
    return desk.person(name).post("/api/v1/decisions", json=body)


def agree(desk, name, made):
    """Somebody agrees to what was proposed."""
    assert made.status_code == 201, made.text
    return desk.approve(desk.person(name), made.json())


def appoint(desk, person, function, maker="dana", *, cycle="2026", **more):
    """Give somebody a function of a cycle."""
    content = {"person": person, "function": function, **YEAR} | more
    done = agree(desk, "ferran", propose(desk, maker, "appoint", content, cycle))
    assert done.status_code == 200, done.text


def blockers(answer):
    """What a refusal names, with how many and whether it is hard."""
    assert code(answer) == (409, "blocked"), answer.text
    return [(one["code"], one["count"], one["hard"]) for one in answer.json()["errors"]]


def to_stage(desk, stage, *accept, approver="anna", cycle="2026"):
    """The cycle comes to a stage."""
    content = {"to": stage} | ({"accept": list(accept)} if accept else {})
    done = agree(desk, approver, propose(desk, "dana", "stage", content, cycle))
    assert done.status_code == 200, done.text


def opened(desk, *, cycle="2026", approver="anna"):
    """A cycle opened by hr, and who approves it."""
    made = desk.person("dana").post("/api/v1/cycles", json={"cycle": cycle, "calendar": {"agree_by": "2027-01-31"}})
    assert made.status_code == 201, made.text
    appoint(desk, f"{approver}@agency.example", "approver", cycle=cycle)
    return made


def test_a_function_goes_to_a_person_by_whichever_account(desk):
    """An account without a number that has an employee's e-mail is that employee: a head's certifies nothing, nobody approves and pays by two of them."""
    for name, role in (("e1", "member"), ("e2", "member"), ("e6", "hr")):
        desk.person(name, "--role", role)
    opened(desk)
    appoint(desk, "E1", "approver", maker="dora")
    for person, function in (("e1@agency.example", "payroll"), ("e2@agency.example", "certifier")):
        answer = propose(desk, "dana", "appoint", {"person": person, "function": function, **YEAR})
        assert code(answer) == (409, "incompatible"), (person, function)
    own = {"person": "E6", "function": "calibrator", **YEAR}
    assert code(propose(desk, "e6", "appoint", own)) == (409, "own_case")


def test_a_cycle_is_opened_once_seen_by_whom_it_is_for_and_its_calendar_kept_by_hr(desk):
    """Admin and employee find nothing; heads, executives and functions see it; what their role does not do is said by its code."""
    dana = desk.person("dana")
    opening = {"cycle": "2026", "calendar": {"agree_by": "2027-01-31", "certify_by": None}}
    for name, answer in (("ada", 404), ("alba", 404), ("anna", 404), ("boram", 409), ("ferran", 409)):
        assert desk.person(name).post("/api/v1/cycles", json=opening).status_code == answer, name
    for wrong, pointer in (
        ({"cycle": "2062"}, "/cycle"),
        ({"cycle": "26"}, "/cycle"),
        ({"calendar": {"agree_by": "2027-02-30"}}, "/calendar/agree_by"),
        ({"calendar": {"lunch": "2027-02-01"}}, "/calendar/lunch"),
        ({"more": 1}, "/more"),
    ):
        answer = dana.post("/api/v1/cycles", json=opening | wrong)
        assert (code(answer), answer.json()["errors"][0]["pointer"]) == ((422, "invalid"), pointer)
    assert dana.get("/api/v1/cycles/2026").status_code == 404

    made = dana.post("/api/v1/cycles", json=opening)
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/cycles/2026")
    one = made.json()
    assert (one["cycle"], one["stage"], one["round"]) == ("2026", "draft", 1)
    assert one["period"] == {"from": "2026-01-01", "to": "2027-01-01"}
    assert one["pins"] == {"published": None, "certified": None}
    assert {name: day for name, day in one["calendar"].items() if day} == {"agree_by": "2027-01-31"}
    assert [(each["code"], each["hard"]) for each in one["blockers"]["agreement"]] == [("no_approver", True)]
    assert sum(one["counts"].values()) == 7
    again = dana.post("/api/v1/cycles", json=opening)
    assert (code(again), again.json()["errors"][0]["code"]) == ((409, "exists"), "exists")
    shown = json.loads(desk.kopes("cycle", "show", "2026", **desk.where).out)
    assert shown == dana.get("/api/v1/cycles/2026").json()

    calendar = "/api/v1/cycles/2026/calendar"
    kept = dana.put(calendar, json={"notify_by": "2027-03-25"})
    assert {name: day for name, day in kept.json()["calendar"].items() if day} == {"notify_by": "2027-03-25"}
    assert code(dana.put(calendar, json={"notify_by": "soon"})) == (422, "invalid")
    assert code(desk.person("ferran").put(calendar, json={})) == (409, "role")
    appoint(desk, "anna@agency.example", "approver")
    for name, status in (("boram", 200), ("ferran", 200), ("anna", 200), ("ada", 404), ("alba", 404), ("carla", 404)):
        for address in ("/api/v1/cycles", "/api/v1/cycles/2026"):
            assert desk.person(name).get(address).status_code == status, (name, address)
    assert [each["cycle"] for each in desk.person("anna").get("/api/v1/cycles").json()["items"]] == ["2026"]
    desk.kopes("cycle", "open", "2027", "--date", "agree_by=2027-01-31", **desk.where)
    assert [each["cycle"] for each in dana.get("/api/v1/cycles").json()["items"]] == ["2027", "2026"]
    assert desk.person("anna").get("/api/v1/cycles/2027").status_code == 404
    assert desk.kopes("cycle", "open", "2027", **desk.where, status=None).status == 1
    trail = desk.person("emil", "--role", "auditor").get("/trail", params={"deed": "keep_cycles"}).text
    assert "2027-03-25" in trail


def test_functions_are_proposed_by_hr_agreed_to_by_an_executive_and_go_with_no_other(desk):
    """One's own is no one's to give; an admin holds none; approver goes with neither payroll nor certifier; hr and heads certify nothing."""
    opened(desk)
    carla = {"person": "carla@agency.example", "function": "certifier", **YEAR}
    made = propose(desk, "dana", "appoint", carla)
    assert (made.json()["may_approve"], made.json()["cycle"], made.json()["round"]) == (["executive"], "2026", 1)
    assert code(desk.approve(desk.person("dora"), made.json())) == (409, "role")
    assert code(propose(desk, "ferran", "appoint", carla)) == (409, "role")
    assert agree(desk, "ferran", made).status_code == 200
    for person, function in (
        ("ada@agency.example", "payroll"),
        ("anna@agency.example", "payroll"),
        ("anna@agency.example", "certifier"),
        ("carla@agency.example", "approver"),
        ("dora@agency.example", "certifier"),
        ("E2", "certifier"),
    ):
        answer = propose(desk, "dana", "appoint", {"person": person, "function": function, **YEAR})
        assert code(answer) == (409, "incompatible"), (person, function)
    for wrong, pointer in (
        ({"person": "nobody@agency.example"}, "/content/person"),
        ({"function": "king"}, "/content/function"),
        ({"to": "2026-01-01"}, "/content/to"),
        ({"from": "today"}, "/content/from"),
        ({"groups": ["A"]}, "/content/groups"),
        ({"more": 1}, "/content/more"),
    ):
        answer = propose(desk, "dana", "appoint", carla | wrong)
        assert (code(answer), answer.json()["errors"][0]["pointer"]) == ((422, "invalid"), pointer), wrong
    assert code(propose(desk, "dana", "appoint", carla, cycle=None)) == (422, "invalid")
    own = propose(desk, "dana", "appoint", carla | {"person": "dana@agency.example", "function": "objections"})
    assert code(own) == (409, "own_case")
    own = propose(desk, "dana", "appoint", carla | {"person": "ferran@agency.example", "function": "objections"})
    assert code(desk.approve(desk.person("ferran"), own.json())) == (409, "own_case")

    # An account with a function is one that two people keep.
    body = {"kind": "account", "cycle": None, "content": {"account": "anna@agency.example", "password": True}}
    reset = desk.person("ada").post("/api/v1/decisions", json=body | {"reason": WHY})
    assert (reset.status_code, reset.json()["state"]) == (201, "proposed")

    # Whoever had the function before it ends has it no more.
    appoint(desk, "anna@agency.example", "approver", **{"from": "2026-01-01", "to": "2026-01-02"})
    assert desk.person("anna").get("/api/v1/cycles/2026").status_code == 404


def test_stages_are_begun_by_hr_and_an_approver_blocked_by_name_and_gone_back(desk):
    """Draft to agreement and back: the root's scorecard is hard, others' may be accepted; what is published goes and comes as a new edition."""
    desk.person("dana").post("/api/v1/cycles", json={"cycle": "2026"})
    assert blockers(propose(desk, "dana", "stage", {"to": "agreement"})) == [("no_approver", 1, True)]
    appoint(desk, "anna@agency.example", "approver")
    scorecards = desk.folder / "scorecards.csv"
    whole = scorecards.read_text(encoding="utf-8")
    rows = whole.splitlines(keepends=True)
    scorecards.write_text(
        "".join(one for one in rows if "unit:HQ" not in one and "employee:E1," not in one), encoding="utf-8"
    )
    desk.kopes("load", desk.folder, **desk.where)
    missing = [("no_scorecard", 1, True), ("no_scorecard", 1, False)]
    answer = propose(desk, "dana", "stage", {"to": "agreement", "accept": ["no_scorecard"]})
    assert blockers(answer) == missing[:1]
    assert answer.json()["errors"][0]["items"] == ["unit:HQ"]
    shown = desk.person("dana").get("/api/v1/cycles/2026").json()["blockers"]["agreement"]
    assert [(one["code"], one["count"], one["hard"]) for one in shown] == missing
    scorecards.write_text("".join(one for one in rows if "employee:E1," not in one), encoding="utf-8")
    desk.kopes("load", desk.folder, **desk.where)
    assert blockers(propose(desk, "dana", "stage", {"to": "agreement"})) == missing[1:]
    states = desk.person("dana").get("/api/v1/cycles/2026/board?state=no_scorecard").json()["items"]
    assert [one["employee"] for one in states] == ["E1"]
    # A rule that the policy's own grades break is for nobody to accept.
    policies = desk.where["definitions"] / "policies.yaml"
    policies.write_text(json.dumps({"rules": {"single_share_max": 1}}), encoding="utf-8")
    desk.kopes("load", desk.folder, **desk.where)
    broken = propose(desk, "dana", "stage", {"to": "agreement", "accept": ["no_scorecard", "rules:single_share_max"]})
    assert {one[0] for one in blockers(broken)} == {"rules:single_share_max"}
    policies.write_text("{}", encoding="utf-8")
    desk.kopes("load", desk.folder, **desk.where)

    assert code(propose(desk, "ferran", "stage", {"to": "agreement"})) == (409, "role")
    assert code(propose(desk, "anna", "stage", {"to": "agreement"})) == (409, "role")
    made = propose(desk, "dana", "stage", {"to": "agreement", "accept": ["no_scorecard"]})
    second = propose(desk, "dana", "stage", {"to": "agreement", "accept": ["no_scorecard"]})
    assert made.json()["may_approve"] == ["approver"]
    assert desk.person("anna").get(made.json()["effects"]["items"]).json()["items"] == [
        {"node": "unit:HQ", "member": "stage", "before": "draft", "after": "agreement"}
    ]
    assert code(desk.approve(desk.person("ferran"), made.json())) == (409, "role")
    assert agree(desk, "anna", made).status_code == 200
    assert code(desk.approve(desk.person("anna"), second.json())) == (409, "overtaken")
    first = desk.person("dana").get("/api/v1/cycles/2026").json()
    files = {one["file"]: one["sha256"] for one in desk.person("dana").get("/api/v1/files").json()["items"]}
    assert first["stage"] == "agreement"
    assert first["pins"]["published"]["policies_sha256"] == files["policies"]
    assert first["pins"]["published"]["definitions_sha256"] == files["definitions"]

    assert code(propose(desk, "dana", "stage", {"to": "locked"})) == (422, "invalid")
    assert code(propose(desk, "dana", "stage", {"to": "paid"})) == (409, "role")
    to_stage(desk, "draft")
    assert desk.person("dana").get("/api/v1/cycles/2026").json()["pins"]["published"] is None
    assert code(propose(desk, "dana", "stage", {"to": "running"})) == (409, "not_now")
    to_stage(desk, "agreement", "no_scorecard")
    told = desk.person("alba").get("/api/v1/cycles/2026/criteria").json()
    assert [one["edition"] for one in told["editions"]] == [2, 1]
    assert len({one["sha256"] for one in told["editions"]}) == 1
    assert {one["code"] for one in told["kpis"]} >= {"deals", "consults"}
    assert desk.person("alba").get("/api/v1/cycles/2025/criteria").status_code == 404


def test_what_is_published_holds_whatever_is_loaded_until_it_is_amended(desk):
    """Another weight of grades and another method are loaded: the cycle stays, the load says that they differ, the digest moves as ever."""
    opened(desk)
    grade = lambda: desk.kopes("grade", "--cycle", "2026", **desk.where, status=None).out  # noqa: E731 - said twice
    score = lambda: desk.kopes("score", "--cycle", "2026", **desk.where).out  # noqa: E731 - said twice
    before = grade(), score()
    to_stage(desk, "agreement")
    assert (grade(), score()) == before
    definitions = desk.where["definitions"]
    policies = definitions / "policies.yaml"
    policies.write_text("minimum_days: 366\n", encoding="utf-8")
    kpis = next(file for file in sorted(definitions.glob("*.yaml")) if "deals" in file.read_text(encoding="utf-8"))
    text = kpis.read_text(encoding="utf-8")
    kpis.write_text(text.replace("export_deal", "export_consult"), encoding="utf-8")
    said = desk.kopes("load", desk.folder, **desk.where)
    assert [line[:19] for line in said.err.splitlines() if "published with" in line] == ["warning: cycle 2026"] * 2
    assert (grade(), score()) == before
    assert json.loads(grade())
    made = propose(desk, "dana", "amend", {"policies": True})
    assert made.status_code == 201, made.text
    assert made.json()["effects"]["count"] > 0
    assert code(desk.approve(desk.person("anna"), made.json())) == (409, "role")
    assert agree(desk, "ferran", made).status_code == 200
    assert grade() != before[0]
    assert score() == before[1]
    assert desk.kopes("reconcile", **desk.where).status == 0


def test_of_two_proposals_of_one_stage_the_second_is_void_and_is_told(desk):
    """Whoever lists decisions reads what overtook it."""
    opened(desk)
    one, other = (propose(desk, "dana", "stage", {"to": "agreement"}) for _ in range(2))
    assert agree(desk, "anna", one).status_code == 200
    assert code(agree(desk, "anna", other)) == (409, "overtaken")
    for name in ("dana", "ferran", "anna"):
        told = desk.person(name).get("/api/v1/decisions?kind=stage").json()["items"]
        assert [item["moved"] for item in told] == [[{"stage": "agreement"}], None], name

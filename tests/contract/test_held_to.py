"""What an opened cycle is held to from outside (contract-cycle, 12): it moves nothing by itself, each pin holds from its own stage on, and nobody alone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.contract import test_certifying as certifying
from tests.contract.desk import WHY, code
from tests.contract.test_certifying import AGENCY, certified, figures, ingest, never_opened, sign_all
from tests.contract.test_cycles import agree, appoint, opened, propose, to_stage
from tests.scenario import Scenario

CLEO = ("cleo", "--role", "member")
ADA = ("ada", "--role", "admin")
SETTING = replace(certifying.SETTING, people=(*certifying.SETTING.people, CLEO, ADA))


@pytest.fixture
def desk(desks, engine, tmp_path):
    """An agency after the cycle's end, with everybody's account."""
    with desks.copy(engine, SETTING, tmp_path) as made:
        yield made


def test_a_cycle_that_is_opened_and_signed_as_it_stands_moves_no_figure(desk):
    """Beside a database that nobody opened anything in: scores, grades and digest are the same at each stage until it is under way."""
    events = Scenario.read(AGENCY).events
    ingest(desk, events)
    with never_opened(desk, events) as where:
        asked = (
            ("score", "--cycle", "2026"),
            ("grade", "--cycle", "2026"),
            ("grade", "--cycle", "2026", "--of", "units"),
        )
        beside = [desk.kopes(*words, **where, status=None).out for words in asked]
        digest = desk.kopes("digest", **where).out

    def is_as_beside():
        graded = [[_as_before(one) for one in json.loads(text)] for text in figures(desk)]
        assert graded == [json.loads(text) for text in beside]
        assert desk.kopes("digest", **desk.where).out == digest

    opened(desk)
    is_as_beside()
    to_stage(desk, "agreement")
    is_as_beside()
    sign_all(desk)
    to_stage(desk, "running")
    is_as_beside()


def _as_before(one):
    """A row without what a cycle that was opened adds to it."""
    return {name: value for name, value in one.items() if name not in {"proposed_grade", "moved", "held", "round"}}


def test_each_pin_holds_from_its_own_stage_on_and_not_before(desk):
    """Another policy, other lines and another base are loaded at each stage: policies move until published, lines until agreed, bases until certified."""
    ingest(desk, Scenario.read(AGENCY).events)
    opened(desk)
    appoint(desk, "carla@agency.example", "certifier")
    held = []

    def at(stage, *moving):
        nonlocal held
        held = held or _graded(desk)
        moved = []
        for thing, load in (("policies", _policies), ("lines", _lines), ("bases", _bases)):
            load(desk)
            desk.kopes("load", desk.folder, **desk.where)
            now = _graded(desk)
            moved += [thing] * (now != held)
            held = now
        assert moved == list(moving), stage

    at("draft", "policies", "lines", "bases")
    to_stage(desk, "agreement")
    at("agreement", "lines", "bases")
    sign_all(desk)
    at("agreed", "bases")
    to_stage(desk, "running")
    at("running", "bases")
    certified(desk)
    at("certified")
    assert desk.kopes("cycle", "verify", "2026", **desk.where).out.startswith("verified 2026 round 1 ")
    desk.kopes("reconcile", **desk.where)


def _graded(desk):
    """Final scores, grades and pay."""
    rows = json.loads(desk.kopes("grade", "--cycle", "2026", **desk.where, status=None).out)
    return [(one["employee"], one["final_score"], one["grade"], one["pay"]) for one in rows]


GRADES = ("S", "A", "B", "C")


def _policies(desk):
    """The agency's own grade is the next one: whatever that pays moves everybody's pay."""
    file = desk.where["definitions"] / "policies.yaml"
    had = json.loads(file.read_text(encoding="utf-8"))["pay"]["institution_grade"] if file.exists() else "B"
    wanted = GRADES[(GRADES.index(had) + 1) % len(GRADES)]
    file.write_text(json.dumps({"pay": {"institution_grade": wanted}}), encoding="utf-8")


def _column(desk, file, column, change):
    """Another value in a whole column of a file."""
    path = desk.folder / file
    header, *rows = (line.split(",") for line in path.read_text(encoding="utf-8").splitlines())
    at = header.index(column)
    changed = [header, *([*row[:at], change(row[at]), *row[at + 1 :]] for row in rows)]
    path.write_text("".join(",".join(row) + "\n" for row in changed), encoding="utf-8")


def _lines(desk):
    _column(desk, "scorecards.csv", "target", lambda target: str(int(target) + 1))


def _bases(desk):
    _column(desk, "employees.csv", "monthly_base", lambda base: str(int(base) + 100_000))


def test_whoever_has_no_function_finds_nothing_and_nobody_agrees_to_their_own(desk):
    """Every address of a cycle's pages and API that is not theirs is 404; maker and whoever stands in for the maker are refused by their code."""
    certifying.running(desk)
    certified(desk)
    everybody = {"/criteria/2026", "/api/v1/cycles/2026/criteria"}
    addresses = {
        *("/cycles", "/cycles/2026", "/cycles/2026/board", "/cycles/2026/unsigned", "/cycles/2026/allocation"),
        *("/cycles/2026/allocation?parent=unit:EUR&kpi=deals", "/cycles/2026/scorecards/unit:VIE", "/cycles/2026/lab"),
        *("/cycles/2026/scorecards/employee:E2", "/cycles/2026/after-close", "/cycles/2026/ratings/employee:E2/deals"),
        *("/cycles/2026/lines/employee:E2/deals", "/cycles/2026/check-ins/E2", "/cycles/2026/bonus/employee:E2"),
        *("/api/v1/cycles", "/api/v1/cycles/2026", "/api/v1/cycles/2026/board", "/api/v1/cycles/2026/after-close"),
        *("/api/v1/cycles/2026/scorecards/unit:VIE", "/api/v1/cycles/2026/scorecards/employee:E2"),
        *("/api/v1/cycles/2026/raters", "/api/v1/cycles/2026/check-ins/E2", "/api/v1/decisions/1"),
    }
    for name in ("cleo", "ada", "e8"):
        found = {one for one in addresses | everybody if desk.person(name).get(one).status_code != 404}
        assert found == everybody, (name, found)

    # Who is hr and approver agrees to nothing of their own; nor does who stands in for its maker.
    appoint(desk, "dora@agency.example", "approver")
    appoint(desk, "E9", "approver")
    override = {"node": "employee:E1", "kpi": "consults", "member": "actual", "value": "9"}
    for maker, cause, checker, answer in (
        ("dora", "flood", "dora", (409, "same_person")),
        ("e2", "strike", "e2", (409, "same_person")),
        ("e2", "quake", "e9", (409, "acts_for_maker")),
    ):
        if answer[1] == "acts_for_maker":
            lent = {"from": "E2", "to": "E9", "functions": ["verify"], "from_day": "2027-02-10", "to_day": "2027-03-10"}
            given = desk.person("dana").post("/api/v1/delegations", json=lent | {"reason": WHY})
            assert given.status_code == 201, given.text
        made = propose(desk, maker, "override", override | {"cause": cause})
        assert made.status_code == 201, made.text
        done = desk.person(checker).post(
            f"/api/v1/decisions/{made.json()['id']}/approve", json={"digest": made.json()["digest"]}
        )
        assert code(done) == answer, (maker, checker)
        assert agree(desk, "anna", made).status_code == 200

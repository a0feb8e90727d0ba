"""What an opened cycle is held to from outside (contract-cycle, 12): it moves nothing by itself, each pin holds from its own stage on, and nobody alone."""

from __future__ import annotations

import json

import pytest

from tests.contract import test_certifying as certifying
from tests.contract.desk import WHY, code
from tests.contract.test_certifying import AGENCY, certified, figures, ingest, never_opened, sign_all
from tests.contract.test_cycles import agree, appoint, opened, propose, to_stage
from tests.scenario import Scenario


@pytest.fixture
def desk(desks, engine, tmp_path):
    """An agency after the cycle's end, with everybody's account."""
    with desks.copy(engine, certifying.SETTING, tmp_path) as made:
        yield made


def test_a_cycle_under_way_has_moved_no_figure_and_is_nobodys_alone(desk):
    """Scores, grades and digest are those of a database in which nobody opened anything; without a function there is nothing; nobody agrees to their own."""
    certifying.running(desk)
    with never_opened(desk, Scenario.read(AGENCY).events) as where:
        asked = (("score",), ("grade",), ("grade", "--of", "units"))
        beside = [desk.kopes(*words, "--cycle", "2026", **where, status=None).out for words in asked]
        assert desk.kopes("digest", **where).out == desk.kopes("digest", **desk.where).out
    graded = [[_as_before(one) for one in json.loads(text)] for text in figures(desk)]
    assert graded == [json.loads(text) for text in beside]
    _is_seen_by_whom_it_is_for(desk)
    _is_agreed_to_by_another(desk)


def _as_before(one):
    """A row without what a cycle that was opened adds to it."""
    return {name: value for name, value in one.items() if name not in {"proposed_grade", "moved", "held", "round"}}


def _is_seen_by_whom_it_is_for(desk):
    """Every address of a cycle's pages and API that is not theirs is 404 for a member, an administrator, and an employee of another unit."""
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
    for name, *more in (("cleo", "--role", "member"), ("ada", "--role", "admin"), ("e8",)):
        client = desk.person(name, *more)
        found = {one for one in addresses | everybody if client.get(one).status_code != 404}
        assert found == everybody, (name, found)


def _is_agreed_to_by_another(desk):
    """Who is hr and approver agrees to nothing of their own; nor does who stands in for its maker."""
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


def test_each_pin_holds_from_its_own_stage_on_and_not_before(desk):
    """Another policy, other lines and another base are loaded at each stage: policies move until published, lines until agreed, bases until certified."""
    ingest(desk, Scenario.read(AGENCY).events)
    opened(desk)
    appoint(desk, "carla@agency.example", "certifier")
    held = _graded(desk)

    def moves(*things):
        nonlocal held
        for thing in things:
            thing(desk)
        desk.kopes("load", desk.folder, **desk.where)
        before, held = held, _graded(desk)
        return held != before

    assert [moves(thing) for thing in (_policies, _lines, _bases)] == [True, True, True]
    to_stage(desk, "agreement")
    assert [moves(thing) for thing in (_policies, _lines, _bases)] == [False, True, True]
    sign_all(desk)
    to_stage(desk, "running")
    assert [moves(_policies, _lines), moves(_bases)] == [False, True]
    certified(desk)
    assert not moves(_policies, _lines, _bases)
    assert desk.kopes("cycle", "verify", "2026", **desk.where).out.startswith("verified 2026 round 1 ")


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

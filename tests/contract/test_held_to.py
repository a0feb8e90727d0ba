"""What an opened cycle is held to from outside (contract-cycle, 12): it moves nothing by itself, each pin holds from its own stage on, and nobody alone.

Item by item, on both databases:

== =============================================================================================================
1  here, ``test_a_cycle_under_way_has_moved_no_figure_and_is_nobodys_alone``
2  ``test_any_cycle_order`` until it is certified, ``test_any_close_order`` from then on
3  ``test_certifying``: ``test_what_comes_between_proposal_and_approval_does_not_count``
4  here, ``test_each_pin_holds_from_its_own_stage_on_and_not_before``
5  ``test_objections``: ``_granted_in_either_order``; a rule that the hold breaks: ``test_notifying``: ``second_telling``
6  ``test_locking``: ``snapshot_is_recomputed``; files of earlier versions: ``tests/snapshots``
7  ``test_reopening``: ``the_difference_is_paid``; who gives back alone: ``test_paying``: ``given_back``
8  ``test_lab``: ``test_command_and_api_say_what_a_fresh_database_grades``
9  here, :func:`is_found_by_nobody_else` until it is certified, and of a paid cycle by ``test_paying``; who agrees to nothing of their own: here, ``_is_agreed_to_by_another``, and each kind's own test
== =============================================================================================================
"""

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
    """A member, an administrator, and an employee of another unit."""
    for name, *more in (("cleo", "--role", "member"), ("ada", "--role", "admin"), ("e8",)):
        is_found_by_nobody_else(desk.person(name, *more), "E2", "deals")


def is_found_by_nobody_else(client, employee, kpi):
    """Every address of a cycle's pages and API (contract-cycle, 11) that is not theirs is 404 for whoever is signed in; but for the criteria, which are everybody's."""
    everybody = {"/criteria/2026", "/api/v1/cycles/2026/criteria"}
    cycle, node = "/cycles/2026", f"employee:{employee}"
    addresses = {
        *("/cycles", cycle, f"{cycle}/board", f"{cycle}/unsigned", f"{cycle}/allocation", f"{cycle}/lab"),
        *(f"{cycle}/allocation?parent=unit:VIE&kpi={kpi}", f"{cycle}/scorecards/unit:VIE", f"{cycle}/after-close"),
        *(f"{cycle}/scorecards/{node}", f"{cycle}/ratings", f"{cycle}/ratings/{node}/{kpi}", f"{cycle}/calibration"),
        *(f"{cycle}/lines/{node}/{kpi}", f"{cycle}/check-ins/{employee}", f"{cycle}/bonus/{node}", f"{cycle}/told"),
        *(f"{cycle}/people", f"{cycle}/people/{employee}", f"{cycle}/objections", f"{cycle}/objections/1"),
        *(f"{cycle}/pay", f"{cycle}/promotion", "/decisions/1"),
        *("/api/v1/cycles", f"/api/v1{cycle}", f"/api/v1{cycle}/board", f"/api/v1{cycle}/after-close"),
        *(f"/api/v1{cycle}/scorecards/unit:VIE", f"/api/v1{cycle}/scorecards/{node}", f"/api/v1{cycle}/raters"),
        *(f"/api/v1{cycle}/check-ins/{employee}", f"/api/v1{cycle}/people", f"/api/v1{cycle}/people/{employee}"),
        *(f"/api/v1{cycle}/people/{employee}/statement", f"/api/v1{cycle}/pay-runs/1", f"/api/v1{cycle}/snapshot"),
        *(f"/api/v1{cycle}/objections/1", f"/api/v1{cycle}/promotion", "/api/v1/decisions/1"),
    }
    found = {one for one in addresses | everybody if client.get(one).status_code != 404}
    assert found == everybody, found


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

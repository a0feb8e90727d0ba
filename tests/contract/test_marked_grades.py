"""Results, grades and calibration narrowed by what was done about a grade, on a running server: by whoever may know of it, and by nobody else."""

from __future__ import annotations

import csv
import io
import re

from tests.contract import test_calibrating as calibrating
from tests.contract import test_objections as objections
from tests.contract.test_calibrating import grades, move, neighbours, swap
from tests.contract.test_cycles import agree, appoint, propose
from tests.contract.test_notifying import post
from tests.contract.test_objections import answer, objects, proposed

told, certified = objections.desk, calibrating.desk


def lists(group):
    """The addresses of the lists that are narrowed."""
    return ["/cycles/2026/people?", "/grades?cycle=2026&", f"/cycles/2026/calibration?group={group}&"]


def page(desk, name, address, mark=""):
    shown = desk.person(name).get(address + (f"mark={mark}" if mark else ""))
    assert shown.status_code == 200, (name, address, shown.text)
    return shown.text


def narrowed(desk, name, address, mark):
    """The numbers of those whom a list shows, narrowed."""
    text = page(desk, name, address, mark)
    if address.startswith("/grades"):
        rows = text.split('id="list"')[1] if 'id="list"' in text else ""
        return set(re.findall(r'<th scope="row"><a href="[^"]*employee:(E\d+)', rows))
    return set(re.findall(r'<(?:tr data-employee="|li class="grade-card" data-node="employee:)(E\d+)"', text))


def counted(desk, name, address):
    """How many the page says there are of each mark."""
    text = page(desk, name, address)
    if address.startswith("/grades"):
        choices = re.findall(r'<select [^>]*name="mark".*?</select>', text, re.DOTALL)
        return {
            mark: int(count) for one in choices for mark, count in re.findall(r'value="(\w+)"[^>]*>[^<]*\((\d+)\)', one)
        }
    return {mark: int(count) for mark, count in re.findall(r'data-marked="(\w+)">(\d+)<', text)}


def in_file(desk, name, address, mark):
    """The numbers in the file of a list that is narrowed."""
    form = {"format": "csv", "reason": "For the meeting of Monday."}
    sent = post(desk.person(name), f"{address}mark={mark}", form)
    assert sent.status_code == 200, sent.text
    return {
        row[0] for row in csv.reader(io.StringIO(sent.text.removeprefix("\ufeff"))) if re.fullmatch(r"E\d+", row[0])
    }


def test_moved_lapsed_and_let_go_are_each_a_list_of_its_own(certified):
    """Two are swapped; what was proposed for one becomes another: that move has lapsed, and says so still once it is let go."""
    desk, rows = certified, grades(certified)
    upper, _ = neighbours(rows)
    moves = swap(rows)
    group = rows[upper]["group"]
    results, of_grades, calibration = of_all = lists(group)
    made = propose(desk, "cora", "calibrate", {"moves": moves})
    assert agree(desk, "cleo", made).status_code == 200
    both = {one["node"].split(":")[1] for one in moves}
    for which in of_all:
        assert counted(desk, "dana", which) == {"moved": 2}, which
        assert narrowed(desk, "dana", which, "moved") == both, which
        assert narrowed(desk, "dana", which, "lapsed") == set(), which
    assert in_file(desk, "dana", results, "moved") == in_file(desk, "dana", of_grades, "moved") == both
    # A calibrator who looks at those that were moved does not lose whom they are about to move beside.
    other = next(number for number, row in rows.items() if row["group"] == group and number not in both)
    kept = f'<input type="hidden" name="to-employee:{other}" value="S">'
    address = f"{calibration}mark=moved&to-employee:{other}=S"
    assert kept in desk.person("cora").get(address).text
    # What was done about those of one's own group may say what one came to oneself, of which nobody has told one yet.
    appoint(desk, other, "approver")
    assert counted(desk, other.lower(), of_grades) == {}
    assert narrowed(desk, other.lower(), of_grades, "moved") == set()
    zero = {"node": f"employee:{upper}", "kpi": "consults", "cause": "false_data"}
    assert agree(desk, "anna", propose(desk, "dana", "zero", zero)).status_code == 200
    blockers = desk.person("dana").get("/api/v1/cycles/2026").json()["blockers"]["notified"]
    lapsed = next(one["items"] for one in blockers if one["code"] == "lapsed_move")
    whose = {one.split(":")[1] for one in lapsed}
    assert upper in whose
    for which in of_all:
        assert narrowed(desk, "dana", which, "lapsed") == whose, which
    assert "move has lapsed" in page(desk, "dana", of_grades, "lapsed")
    gone = agree(desk, "cora", propose(desk, "cleo", "let_lapse", {"move": made.json()["id"]}))
    assert gone.status_code == 200, gone.text
    assert narrowed(desk, "dana", results, "lapsed") == narrowed(desk, "dana", of_grades, "lapsed") == whose


def test_who_objected_is_shown_to_whoever_sees_the_objection(told):
    """hr, and who answers or hears it; a calibrator learns of a granted one that waits for a move, and of no other."""
    desk, rows = told, grades(told)
    upper, lower = neighbours(rows)
    group = rows[lower]["group"]
    results, of_grades, calibration = of_all = lists(group)
    number = objects(desk, lower.lower(), about="grade", kpi=None).json()["id"]
    for which in of_all:
        assert counted(desk, "dana", which) == {"objected": 1}, which
        assert narrowed(desk, "dana", which, "objected") == {lower}, which
    assert in_file(desk, "dana", results, "objected") == in_file(desk, "dana", of_grades, "objected") == {lower}
    for which in (of_grades, calibration):
        assert counted(desk, "cora", which) == {}, which
        assert narrowed(desk, "cora", which, "objected") == set(), which
        assert "objected" not in page(desk, "cora", which), which
    heads = desk.person("dana").get(f"{objections.AT}/{number}").json()["confirmers"]
    assert answer(desk, heads[0].lower(), number, granted=True).json()["state"] == "granted"
    for which in of_all:
        assert narrowed(desk, "dana", which, "granted") == {lower}, which
    assert narrowed(desk, "cora", calibration, "granted") == {lower}
    assert narrowed(desk, "cora", of_grades, "granted") == set()
    content = {"moves": [move(rows, upper, rows[lower]["grade"]), move(rows, lower, rows[upper]["grade"])]}
    made = proposed(desk, "cora", "calibrate", content, number)
    assert agree(desk, "cleo", made).status_code == 200
    assert narrowed(desk, "dana", of_grades, "moved") == {upper, lower}
    # Whoever reviewed the result does not learn of the objection, which another answers.
    reviewer = "e21" if int(lower[1:]) % 2 else "e22"
    assert {"objected", "granted"}.isdisjoint(counted(desk, reviewer, results))

"""A locked and paid cycle is opened again for one person on a running server (contract-cycle, 8, 12 and 13).

What is decided moves that person alone; everybody else's grade, pay and mail stay as they are. Grades and amounts are worked out a second time here.
"""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import sqlalchemy as sa

from app.cycle.tables import cycle_stage, opened_cycle
from tests.contract.desk import code
from tests.contract.test_calibrating import grades
from tests.contract.test_cycles import agree, appoint, propose
from tests.contract.test_locking import OVER, later
from tests.contract.test_locking import desk as notified
from tests.contract.test_notifying import post, reviewed, words
from tests.contract.test_paying import approved_run, exact_amounts, export, institution, paid, shared_out, told

__all__ = ["notified"]

RISES = "E1"
"""Who had the fewest consults of all, and is the one whom the court is about."""
CONSULTS = "9"
AFTER = "2027-03-12T09:00:00+00:00"
"""When nobody who was told in the second round may object any more."""


def test_a_paid_cycle_is_reopened_for_one_person_told_locked_and_paid_again(notified, desks, tmp_path):
    """Round 2 begins with what round 1 was locked with; one person is corrected, told and paid a difference; both rounds can be recomputed."""
    with later(desks, notified, OVER) as desk:
        desk.people["ferran"] = desk.person("fe", "--role", "executive")
        desk.person("pay", "--role", "member")
        appoint(desk, "pay@agency.example", "payroll")
        line = {"node": f"employee:{RISES}", "kpi": "consults"}
        assert code(propose(desk, "dana", "reopen", {"nodes": "all", "because": "court"})) == (409, "not_now")
        first = locked_and_paid(desk)
        rows = grades(desk)
        reopened(desk)
        assert grades(desk) == {number: row | {"round": 2} for number, row in rows.items()}
        is_open_for_one_alone(desk, notified)
        override = line | {"member": "actual", "value": CONSULTS, "cause": "court_ruling"}
        assert agree(desk, "late", propose(desk, "dana", "override", override)).status_code == 200
        now = grades(desk)
        assert {number: row["grade"] for number, row in now.items()} == second_calculation(rows, now)
        everybody_sees_the_round_before(notified, rows, now)
        only_who_changed_is_told(desk, notified, now)
    with later(desks, notified, AFTER) as desk:
        desk.people["ferran"] = desk.person("fay", "--role", "executive")
        assert agree(desk, "late", propose(desk, "dana", "lock", {})).status_code == 200
        one_difference_is_paid(desk, first, rows, now)
        both_rounds_are_recomputed(desk, tmp_path)
        a_later_cycle_stands_in_the_way(desk)
        assert "All totals agree" in desk.kopes("reconcile", **desk.where).out


def locked_and_paid(desk):
    """Round 1, under a pool that binds; what each was paid."""
    assert agree(desk, "late", propose(desk, "dana", "lock", {})).status_code == 200
    exact = exact_amounts(desk, grades(desk), "A")
    pool = int(sum(exact.values()) * Fraction(4, 5))
    institution(desk, "A", pool)
    approved_run(desk, 1)
    assert export(desk, 1).status_code == 200
    assert agree(desk, "late", paid(desk)).status_code == 200
    amounts = {number: amount for number, (amount, _, _) in told(desk, 1)[1].items()}
    assert amounts == shared_out(exact, pool)
    return amounts


def reopened(desk):
    """From the cycle's page by hr, agreed to by an executive; what cannot be is refused by name."""
    dana, address = desk.person("dana"), "/cycles/2026"
    for wrong, field in (
        ({"nodes": []}, "nodes"),
        ({"nodes": ["employee:E99"]}, "nodes/0"),
        ({"nodes": [f"employee:{RISES}"] * 2}, "nodes/1"),
        ({"because": "regret"}, "because"),
        ({"more": 1}, "more"),
    ):
        answer = propose(desk, "dana", "reopen", {"nodes": "all", "because": "court"} | wrong)
        assert answer.json()["errors"][0]["pointer"] == f"/content/{field}", answer.text
    assert code(propose(desk, "late", "reopen", {"nodes": "all", "because": "court"})) == (409, "role")
    form = {"nodes": f"{RISES}\nNobody & Sons", "because": "court", "reason": "The court has ruled so."}
    refused = post(dana, f"{address}/reopen", form, page=address)
    assert "Nobody &amp; Sons" in refused.text
    done = post(dana, f"{address}/reopen", form | {"nodes": RISES.lower()}, page=address)
    assert done.status_code == 303, done.text
    number = done.headers["Location"].rpartition("/")[2]
    assert "The cycle 2026 is to be reopened for" in words(desk.person("ferran").get(f"/decisions/{number}"))
    made = dana.get(f"/api/v1/decisions/{number}")
    assert made.json()["content"] == {"nodes": [f"employee:{RISES}"], "because": "court"}
    made.status_code = 201
    for name, answer in (("late", (409, "role")), ("dana", (409, "same_person"))):
        assert code(agree(desk, name, made)) == answer, name
    assert agree(desk, "ferran", made).status_code == 200
    standing = dana.get("/api/v1/cycles/2026").json()
    assert (standing["stage"], standing["round"]) == ("certified", 2)
    assert standing["pins"] == snapshot_manifest(desk)["pins"]
    page = words(dana.get(address))
    assert "everybody sees what the round before was locked with" in page
    assert "is to be reopened for" in page


def snapshot_manifest(desk, number="1"):
    return desk.person("dana").get(f"/api/v1/cycles/2026/snapshot?round={number}").json()


def is_open_for_one_alone(desk, notified):
    """Other people are refused, their reviews too, and every other kind of decision."""
    cause = {"kpi": "consults", "cause": "court_ruling"}
    late = [{"source": one["source"], "id": one["id"]} for one in after_close(desk) if one["id"] == "LATE-2"]
    others = (
        ("drop", {"node": "employee:E2"} | cause),
        ("zero", {"node": "unit:VIE"} | cause),
        ("override", {"node": "employee:E3", "member": "actual", "value": "9"} | cause),
        ("correct", {"admit": late}),
    )
    for kind, of_others in others:
        assert code(propose(desk, "dana", kind, of_others)) == (409, "not_reopened"), kind
    for kind, content in (
        ("exclude_year", {"node": f"employee:{RISES}", "year": 2024} | cause),
        ("bonus", {"employee": RISES, "points": "1", "ground": "A prize."}),
        ("certify", {}),
        ("lock", {}),
        ("pay_run", {"run": 2}),
        ("clawback", {"employee": RISES, "ground": "False consults."}),
        ("reopen", {"nodes": "all", "because": "court"}),
    ):
        assert code(propose(desk, "dana", kind, content)) == (409, "not_now"), kind
    address = "/api/v1/cycles/2026/people/E2"
    digest = desk.person("dana").get(address).json()["digest"]
    body = {"digest": digest, "agrees": True, "text": "Once more I have read this result."}
    assert code(notified.person("e20").put(f"{address}/review", json=body)) == (409, "not_reopened")


def after_close(desk):
    return desk.person("dana").get("/api/v1/cycles/2026/after-close").json()["items"]


def second_calculation(before, now):
    """Everybody's grade: who rises takes the seat that their score has among all, nobody else goes below what they were locked with."""
    letters = [row["grade"] for row in sorted(ranked(before), key=lambda row: -row["final_score"])]
    score = now[RISES]["final_score"]
    assert {number: row["final_score"] for number, row in now.items() if number != RISES} == {
        number: row["final_score"] for number, row in before.items() if number != RISES
    }
    above = sum(row["final_score"] > score for row in ranked(before) if row["employee"] != RISES)
    assert letters[above] < before[RISES]["grade"] or letters[above] == "S"
    return {number: row["grade"] for number, row in before.items()} | {RISES: letters[above]}


def ranked(rows):
    """Those of one's group who are graded by rank."""
    return [row for row in rows.values() if row["grade"] and row["group"] == rows[RISES]["group"]]


def everybody_sees_the_round_before(desk, rows, now):
    """Until the telling; hr and the approver see what is pending, and who reviews it."""
    address = f"/api/v1/scorecards/employee:{RISES}?cycle=2026"
    before, after = (one[RISES]["final_score"] for one in (rows, now))
    assert before != after
    for name, score in (("dana", after), ("udo", after), (RISES.lower(), before), ("ferran", before), ("e20", before)):
        assert desk.person(name).get(address).json()["final_score"] == score, name
    mine = words(desk.person(RISES.lower()).get("/my/result"))
    assert f"you have the grade {rows[RISES]['grade']}" in mine
    assert "not yet" not in mine
    grade = desk.person(RISES.lower()).get(f"/grades/employee:{RISES}?cycle=2026")
    assert grade.status_code == 200


def only_who_changed_is_told(desk, notified, now):
    """One review, one mail, one window."""
    assert [one["code"] for one in desk.person("dana").get("/api/v1/cycles/2026").json()["blockers"]["notified"]] == [
        "review_missing"
    ]
    reviewed(notified)
    reviewed_again = propose(desk, "dana", "notify", {})
    items = desk.person("late").get(reviewed_again.json()["effects"]["items"]).json()["items"]
    assert {one["node"] for one in items} == {f"employee:{RISES}"}
    assert agree(desk, "late", reviewed_again).status_code == 200
    people = desk.person("dana").get("/api/v1/cycles/2026/people", params={"limit": 100}).json()["items"]
    told_on = {one["employee"]: one["told"]["window_until"] for one in people if one["told"]}
    assert {number for number, until in told_on.items() if until == "2027-03-11"} == {RISES}
    assert set(told_on.values()) == {"2027-02-24", "2027-03-11"}
    assert f"you have the grade {now[RISES]['grade']}" in words(notified.person(RISES.lower()).get("/my/result"))
    assert code(propose(desk, "dana", "lock", {})) == (409, "blocked")


def one_difference_is_paid(desk, first, rows, now):
    """Run 2: more than the pool at first; then one item differs, and Σ of run 1 and the differences is Σ of the amounts."""
    exact, before = exact_amounts(desk, now, "A"), exact_amounts(desk, rows, "A")
    factor = sum(first.values()) / sum(before.values())
    amount = int(exact[RISES] * factor)
    assert code(propose(desk, "dana", "pay_run", {"run": 2})) == (409, "over_pool")
    institution(desk, "A", sum(first.values()) + amount - first[RISES])
    approved_run(desk, 2)
    run, items = told(desk, 2, "dana")
    more = amount - first[RISES]
    assert items == {number: (one, 0, "none") for number, one in first.items()} | {RISES: (amount, more, "supplement")}
    assert sum(first.values()) + sum(one["difference"] for one in run["items"]) == run["sum"]
    assert run["sum"] == sum(one["amount"] for one in run["items"])


def both_rounds_are_recomputed(desk, folder):
    """Each with its database and as a file."""
    sums = []
    for number in ("1", "2"):
        file = folder / f"round-{number}.zip"
        exported = desk.kopes("cycle", "export", "2026", file, "--round", number, **desk.where).out.split()[-1]
        expected = f"verified 2026 round {number} {exported}\n"
        assert desk.kopes("cycle", "verify", "2026", "--round", number, **desk.where).out == expected
        assert desk.kopes("cycle", "verify", "2026", "--file", file, database="sqlite:///nowhere").out == expected
        assert snapshot_manifest(desk, number)["results_sha256"] == exported
        sums.append(exported)
    assert len({*sums}) == 2
    page = words(desk.person("dana").get("/cycles/2026"))
    assert all(one in page for one in (*sums, "Round 1", "Round 2"))


def a_later_cycle_stands_in_the_way(desk):
    """But for a court or a fraud; and a round in which nothing was changed tells nobody anything, and is locked."""
    certify_the_next(desk)
    content = {"nodes": ["employee:E2"], "because": "error"}
    assert code(propose(desk, "dana", "reopen", content)) == (409, "later_cycle")
    before = grades(desk)
    made = propose(desk, "dana", "reopen", content | {"because": "fraud"})
    assert agree(desk, "ferran", made).status_code == 200
    for kind in ("notify", "lock"):
        assert agree(desk, "late", propose(desk, "dana", kind, {})).status_code == 200, kind
    assert grades(desk) == {number: row | {"round": 3} for number, row in before.items()}
    assert snapshot_manifest(desk, "3")["results_sha256"] == snapshot_manifest(desk, "2")["results_sha256"]


def certify_the_next(desk):
    """The stage of 2027 is written by hand: another year would take as long as this one."""
    engine = sa.create_engine(desk.where["database"])
    at = dt.datetime(2027, 3, 1, tzinfo=dt.UTC)
    with engine.begin() as connection:
        connection.execute(sa.insert(opened_cycle).values(cycle=2027, calendar="{}"))
        row = {"cycle": 2027, "place": 1, "stage": "certified", "round": 1, "at": at, "account": "test"}
        connection.execute(sa.insert(cycle_stage).values(row))
    engine.dispose()

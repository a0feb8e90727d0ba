"""A locked and paid cycle is opened again for two people on a running server (contract-cycle, 8, 12 and 13).

What is decided moves them, and whom calibrators name beside them; everybody else's grade, pay and mail stay as they are. Scores, grades and amounts are worked out a second time here.
"""

from __future__ import annotations

import re
from fractions import Fraction

from tests.contract.desk import code
from tests.contract.test_calibrating import grades
from tests.contract.test_certifying import certified, sign_all
from tests.contract.test_cycles import agree, appoint, opened, propose, to_stage
from tests.contract.test_locking import AWAY, EARLIER, OVER, bases, later, of_the_away
from tests.contract.test_locking import desk as notified
from tests.contract.test_notifying import post, reviewed, words
from tests.contract.test_paying import approved_run, exact_amounts, export, institution, paid, shared_out, told
from tests.reference.agency import ReferenceAgency
from tests.reference.grading import Candidate

__all__ = ["notified"]

RISES, FALLS, BESIDE = "E1", AWAY, "E3"
"""Who had the fewest consults of all; who had a deal that is false; and whom calibrators move down in that one's place. Of the first two the court's ruling is."""
CONSULTS = "9"
AFTER, LAST = "2028-01-10T09:00:00+00:00", "2028-02-01T09:00:00+00:00"
"""When nobody who was told in the second round may object any more, and the next cycle is over; and when nobody may who was told in the third."""
UNIT = Fraction(20 * 8 + 100, 9)
"""What agency and office come to: of ten lines of one weight one cannot be measured, one has reached its best, the others nothing."""
SCORES = {
    "E20": UNIT,
    "E5": UNIT,
    RISES: UNIT,
    "E4": (20 + UNIT) / 2,
    BESIDE: (20 + UNIT) / 2,
    FALLS: (Fraction(20 * 7, 8) + UNIT) / 2,
}
"""Everybody's final score of the second round: half one's own, half the unit's; a head's is the unit's."""
MOVED = "The comparison of both years shows it."


def test_a_paid_cycle_is_reopened_for_two_people_told_locked_and_paid_again(notified, desks, tmp_path):
    """Round 2 begins with what round 1 was locked with; two people are corrected and a third is moved, told and paid or asked back a difference; all rounds can be recomputed."""
    with later(desks, notified, OVER) as desk:
        desk.people["ferran"] = desk.person("fe", "--role", "executive")
        for name, function in (("pay", "payroll"), ("cora", "calibrator"), ("cleo", "calibrator")):
            desk.person(name, "--role", "member")
            appoint(desk, f"{name}@agency.example", function, **({} if name == "pay" else {"groups": "all"}))
        assert code(propose(desk, "dana", "reopen", {"nodes": "all", "because": "court"})) == (409, "not_now")
        first = locked_and_paid(desk)
        rows = grades(desk)
        reopened(desk, objected_to_pay(desk))
        assert grades(desk) == {number: row | {"round": 2} for number, row in rows.items()}
        is_open_for_them_alone(desk)
        now = decided(desk, rows, first)
        everybody_sees_the_round_before(desk, rows, now)
        only_who_changed_is_told(desk, rows, now)
    with later(desks, notified, AFTER) as desk:
        desk.people["ferran"] = desk.person("fay", "--role", "executive")
        nobody_objects_to_pay_any_more(desk)
        later_cycles_go_by(desk, Fraction(1), Fraction(20) / 2 + UNIT / 2)
        assert agree(desk, "late", propose(desk, "dana", "lock", {})).status_code == 200
        later_cycles_go_by(desk, Fraction(CONSULTS), SCORES[FALLS])
        the_difference_is_paid(desk, first, rows, now)
        rounds_are_recomputed(desk, tmp_path, 2)
        before = of_the_next(certify_the_next(desk))
        a_later_cycle_stands_in_the_way(desk)
    with later(desks, notified, LAST) as desk:
        assert agree(desk, "late", propose(desk, "dana", "lock", {})).status_code == 200
        assert of_the_next(desk) == before
        later_cycles_go_by(desk, Fraction(CONSULTS), SCORES[FALLS])
        assert desk.kopes("cycle", "verify", "2027", **desk.where).out.startswith("verified 2027 round 1 ")
        a_round_without_a_decision_is_as_the_one_before(desk)
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


def objected_to_pay(desk):
    """Of whom the court is about objects to what they are paid, and hr grants it: the number."""
    own, at = desk.person(RISES.lower()), "/api/v1/cycles/2026/objections"
    assert code(own.post(at, json={"about": "figure", "kpi": "consults", "text": "Eight are missing."})) == (
        409,
        "not_now",
    )
    made = own.post(at, json={"about": "pay", "text": "Eight consults are missing, so that I am paid too little."})
    assert (made.status_code, made.json()["confirmer"]) == (201, "hr"), made.text
    number = made.json()["id"]
    done = desk.person("dana").post(f"{at}/{number}/answer", json={"granted": True, "text": "So the court has ruled."})
    assert done.json()["state"] == "granted", done.text
    return number


def nobody_objects_to_pay_any_more(desk):
    """Seven days from the approval of the last run are over, by oneself and for whom hr would write it down."""
    at, body = "/api/v1/cycles/2026/objections", {"about": "pay", "text": "My base was another."}
    assert code(desk.person("e4").post(at, json=body)) == (409, "too_late")
    wanted = body | {"on_behalf_of": "E4"}
    late = desk.person("dana").post(at, json=wanted | {"received_on": "2027-03-05"})
    assert code(late) == (409, "too_late")
    made = desk.person("dana").post(at, json=wanted | {"received_on": "2027-03-04"})
    assert made.status_code == 201, made.text
    withdrawn = desk.person("e4").post(f"{at}/{made.json()['id']}/withdraw", json={})
    assert withdrawn.json()["state"] == "withdrawn", withdrawn.text


def reopened(desk, objection):
    """From the cycle's page by hr, agreed to by an executive, in answer to an objection about pay; what cannot be is refused by name."""
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
    named = f'<option value="{objection}"'
    assert named in dana.get(address).text
    done = post(
        dana,
        f"{address}/reopen",
        form | {"nodes": f"{RISES.lower()}\n{FALLS}", "objection": str(objection)},
        page=address,
    )
    assert done.status_code == 303, done.text
    number = done.headers["Location"].rpartition("/")[2]
    assert "The cycle 2026 is to be reopened for" in words(desk.person("ferran").get(f"/decisions/{number}"))
    made = dana.get(f"/api/v1/decisions/{number}")
    assert made.json()["content"] == {"nodes": [f"employee:{RISES}", f"employee:{FALLS}"], "because": "court"}
    assert made.json()["objection"] == objection
    made.status_code = 201
    for name, answer in (("late", (409, "role")), ("dana", (409, "same_person"))):
        assert code(agree(desk, name, made)) == answer, name
    assert agree(desk, "ferran", made).status_code == 200
    own = desk.person(RISES.lower()).get(f"/api/v1/cycles/2026/objections/{objection}").json()
    assert (own["state"], own["decisions"]) == ("settled", [int(number)])
    assert named not in dana.get(address).text
    standing = dana.get("/api/v1/cycles/2026").json()
    assert (standing["stage"], standing["round"]) == ("certified", 2)
    assert standing["pins"] == snapshot_manifest(desk)["pins"]
    page = words(dana.get(address))
    assert "everybody sees what the round before was locked with" in page
    assert "Everybody has been told what stands now" not in page
    assert "is to be reopened for" in page


def snapshot_manifest(desk, number="1"):
    return desk.person("dana").get(f"/api/v1/cycles/2026/snapshot?round={number}").json()


def is_open_for_them_alone(desk):
    """Other people are refused, their reviews too, and every other kind of decision."""
    cause = {"kpi": "consults", "cause": "court_ruling"}
    late = [{"source": one["source"], "id": one["id"]} for one in after_close(desk) if one["id"] == "LATE-2"]
    others = (
        ("drop", {"node": "employee:E4"} | cause),
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
    address = "/api/v1/cycles/2026/people/E4"
    digest = desk.person("dana").get(address).json()["digest"]
    body = {"digest": digest, "agrees": True, "text": "Once more I have read this result."}
    assert code(desk.person("e20").put(f"{address}/review", json=body)) == (409, "not_reopened")


def after_close(desk):
    return desk.person("dana").get("/api/v1/cycles/2026/after-close").json()["items"]


def decided(desk, before, first):
    """Another figure for the one, none for the other's false data, then a swap by calibrators, who may name anybody; everybody's grade as it stands then."""
    override = {"node": f"employee:{RISES}", "kpi": "consults", "member": "actual", "value": CONSULTS}
    zero = {"node": f"employee:{FALLS}", "kpi": "deals"}
    for kind, content in (("override", override), ("zero", zero)):
        made = propose(desk, "dana", kind, content | {"cause": "court_ruling"})
        assert agree(desk, "late", made).status_code == 200, kind
    now = grades(desk)
    proposal = {one.code: one.grade for one in seated(desk)}
    assert {number: row["grade"] for number, row in now.items() if row["grade"]} == proposal
    assert {number: Fraction(row["final_score"]).limit_denominator(10**6) for number, row in ranked(now)} == SCORES
    moves = [
        {"node": f"employee:{FALLS}", "from": proposal[FALLS], "to": proposal[BESIDE], "reason": MOVED},
        {"node": f"employee:{BESIDE}", "from": proposal[BESIDE], "to": proposal[FALLS], "reason": MOVED},
    ]
    assert code(propose(desk, "cora", "calibrate", {"moves": moves[:1]})) == (409, "seats")
    made = propose(desk, "cora", "calibrate", {"moves": moves})
    items = desk.person("dana").get(made.json()["effects"]["items"]).json()["items"]
    assert agree(desk, "cleo", made).status_code == 200
    said = words(desk.person("dana").get(f"/decisions/{made.json()['id']}"))
    assert "by the ministry's result: grade A of the agency" in said
    assert "A pool limits the sum of all." in said
    moved = grades(desk)
    priced_by_the_run(desk, items, before, moved, first)
    said = words(desk.person("dana").get("/grades?cycle=2026"))
    assert re.search(r"What was decided since does: decisions (?:\d+, ){3}\d+\.", said), said
    expected = proposal | {FALLS: proposal[BESIDE], BESIDE: proposal[FALLS]}
    assert {number: row["grade"] for number, row in moved.items() if row["grade"]} == expected
    # Who had a false deal keeps the grade, and who is moved in their place pays some of it back.
    assert (before[FALLS]["grade"], before[BESIDE]["grade"]) == (expected[FALLS], proposal[BESIDE])
    return moved


def priced_by_the_run(desk, items, before, moved, first):
    """What moves would pay is what the next run pays: who has the terms of the last one keeps its amount, others come to theirs by its factor."""
    pays = {one["node"].split(":")[1]: one["after"] for one in items if one["member"] == "pay"}
    assert pays.keys() == {FALLS, BESIDE}
    factor = sum(first.values()) / sum(exact_amounts(desk, before, "A").values())
    exact = exact_amounts(desk, moved, "A")
    for number, pay in pays.items():
        is_as_before = moved[number]["grade"] == before[number]["grade"]
        assert pay == (first[number] if is_as_before else int(exact[number] * factor)), number


def ranked(rows):
    """Those who are graded."""
    return [(number, row) for number, row in rows.items() if row["grade"]]


def seated(desk):
    """Everybody with the grade that rank and seats give, by a calculation that has nothing of the product's."""
    some = [Candidate(number, "others", round(score, 2)) for number, score in SCORES.items()]
    ReferenceAgency.read(desk.folder, desk.where["definitions"], []).grading(2026).place(some)
    return some


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


def only_who_changed_is_told(desk, rows, now):
    """A review, a mail and a window for each of the three, whom the reopening does not name too."""
    assert [one["code"] for one in desk.person("dana").get("/api/v1/cycles/2026").json()["blockers"]["notified"]] == [
        "review_missing"
    ]
    reviewed(desk)
    reviewed_again = propose(desk, "dana", "notify", {})
    items = desk.person("late").get(reviewed_again.json()["effects"]["items"]).json()["items"]
    changed = {RISES, FALLS, BESIDE}
    assert {one["node"] for one in items} == {f"employee:{number}" for number in changed}
    assert agree(desk, "late", reviewed_again).status_code == 200
    people = desk.person("dana").get("/api/v1/cycles/2026/people", params={"limit": 100}).json()["items"]
    told_on = {one["employee"]: one["told"]["window_until"] for one in people if one["told"]}
    assert {number for number, until in told_on.items() if until == "2027-03-11"} == changed
    assert set(told_on.values()) == {"2027-02-24", "2027-03-11"}
    mine = words(desk.person(RISES.lower()).get("/my/result"))
    assert f"you have the grade {now[RISES]['grade']}" in mine
    # The run before paid what was told before it.
    assert f"by the result of round 1 (grade {rows[RISES]['grade']}). What this one comes to is told with" in mine
    assert "by this result" not in mine
    assert code(propose(desk, "dana", "lock", {})) == (409, "blocked")


def later_cycles_go_by(desk, actual, score):
    """What 2027 comes to as long as it is not certified hangs on what 2026 was locked with last: the base of whoever was there, the score of whoever is away."""
    mean = (Fraction(str(EARLIER[2025][0])) + score) / 2
    assert abs(Fraction(str(of_the_away(desk))) - mean) < Fraction(1, 10**6)
    assert bases(desk)[f"employee:{RISES}"] == max(actual, (2 + actual) / 2)


def the_difference_is_paid(desk, first, rows, now):
    """Run 2: more than the pool at first; then one is paid more, one has to give some back, and Σ of run 1 and the differences is Σ of the amounts."""
    exact, before = exact_amounts(desk, now, "A"), exact_amounts(desk, rows, "A")
    factor = sum(first.values()) / sum(before.values())
    amounts = {number: int(exact[number] * factor) for number in (RISES, BESIDE)}
    differences = {number: amount - first[number] for number, amount in amounts.items()}
    assert differences[RISES] > 0 > differences[BESIDE]
    assert code(propose(desk, "dana", "pay_run", {"run": 2})) == (409, "over_pool")
    pool = sum(first.values()) + sum(differences.values())
    institution(desk, "A", pool - 1)
    assert code(propose(desk, "dana", "pay_run", {"run": 2})) == (409, "over_pool")
    institution(desk, "A", pool)
    approved_run(desk, 2)
    run, items = told(desk, 2, "dana")
    assert items == {number: (one, 0, "none") for number, one in first.items()} | {
        RISES: (amounts[RISES], differences[RISES], "supplement"),
        BESIDE: (amounts[BESIDE], differences[BESIDE], "recover"),
    }
    assert sum(first.values()) + sum(one["difference"] for one in run["items"]) == run["sum"] == pool
    assert run["sum"] == sum(one["amount"] for one in run["items"])
    page = words(desk.person("dana").get("/cycles/2026/pay"))
    assert "paid in addition" in page
    own = desk.person(BESIDE.lower()).get(f"/api/v1/cycles/2026/people/{BESIDE}/statement").json()
    assert [(one["amount"], one["kind"]) for one in own["runs"]] == [
        (first[BESIDE], "pay"),
        (amounts[BESIDE], "recover"),
    ]


def rounds_are_recomputed(desk, folder, last):
    """Each with its database and as a file."""
    sums = []
    for number in map(str, range(1, last + 1)):
        file = folder / f"round-{number}.zip"
        exported = desk.kopes("cycle", "export", "2026", file, "--round", number, **desk.where).out.split()[-1]
        expected = f"verified 2026 round {number} {exported}\n"
        assert desk.kopes("cycle", "verify", "2026", "--round", number, **desk.where).out == expected
        assert desk.kopes("cycle", "verify", "2026", "--file", file, database="sqlite:///nowhere").out == expected
        assert snapshot_manifest(desk, number)["results_sha256"] == exported
        sums.append(exported)
    assert len({*sums}) == last
    page = words(desk.person("dana").get("/cycles/2026"))
    assert all(one in page for one in (*sums, "Round 1", "Round 2"))


def certify_the_next(desk):
    """2027, by the same doors as the cycle before."""
    opened(desk, cycle="2027", approver="late")
    appoint(desk, "carla@agency.example", "certifier", cycle="2027")
    to_stage(desk, "agreement", approver="late", cycle="2027")
    sign_all(desk, cycle="2027")
    to_stage(desk, "running", approver="late", cycle="2027")
    certified(desk, cycle="2027")
    return desk


def of_the_next(desk):
    """Scores, grades and pay of 2027, to the last digit."""
    asked = (("score",), ("grade",), ("grade", "--of", "units"))
    return [desk.kopes(*one, "--cycle", "2027", **desk.where, status=None).out for one in asked]


def a_later_cycle_stands_in_the_way(desk):
    """But for a court or a fraud; then whoever's score is another is told, and nothing of the later cycle moves."""
    content = {"nodes": [f"employee:{RISES}", f"employee:{FALLS}"], "because": "error"}
    assert code(propose(desk, "dana", "reopen", content)) == (409, "later_cycle")
    made = propose(desk, "dana", "reopen", content | {"because": "court"})
    assert agree(desk, "ferran", made).status_code == 200
    for number, kpi, value in ((RISES, "consults", "50"), (FALLS, "companies", "10")):
        override = {"node": f"employee:{number}", "kpi": kpi, "member": "actual", "value": value, "cause": "appeal"}
        assert agree(desk, "late", propose(desk, "dana", "override", override)).status_code == 200, number
    # Another grade is proposed for whom calibrators had moved: they say what becomes of the move.
    move = desk.person("dana").get(f"/api/v1/cycles/2026/people/{FALLS}").json()["move"]
    assert move["lapsed"]
    made = propose(desk, "cora", "let_lapse", {"move": move["decision"]})
    assert agree(desk, "cleo", made).status_code == 200
    reviewed(desk)
    assert agree(desk, "late", propose(desk, "dana", "notify", {})).status_code == 200


def a_round_without_a_decision_is_as_the_one_before(desk):
    """It tells nobody anything, and is locked at once."""
    desk.people["ferran"] = desk.person("flo", "--role", "executive")
    before = grades(desk)
    made = propose(desk, "dana", "reopen", {"nodes": ["employee:E4"], "because": "fraud"})
    assert agree(desk, "ferran", made).status_code == 200
    for kind in ("notify", "lock"):
        assert agree(desk, "late", propose(desk, "dana", kind, {})).status_code == 200, kind
    assert grades(desk) == {number: row | {"round": 4} for number, row in before.items()}
    assert snapshot_manifest(desk, "4")["results_sha256"] == snapshot_manifest(desk, "3")["results_sha256"]

"""What nobody finds by trying, and what nobody gets by waiting: figures behind sums, both parts of a signature, what is loaded between two hands.

On one engine alone: nothing here differs between them.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app import cycle as cycles
from app.kit.database import Database
from tests.contract.desk import WHY, code
from tests.contract.test_certifying import SETTING, certified, desk, running
from tests.contract.test_cycles import agree, appoint, opened, propose, to_stage

__all__ = ["desk"]

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

SHARED = {"groups": {"minimum": 1}}
HALVED = {"staff": {"own": 1, "unit": 99}, "manager": {"own": 1, "unit": 99}, "head": {"own": 1, "unit": 99}}


def load(desk, **policies):
    (desk.where["definitions"] / "policies.yaml").write_text(json.dumps(policies), encoding="utf-8")
    desk.kopes("load", desk.folder, **desk.where)


def test_whoever_sees_no_pay_finds_none_by_trying_pools(desk):
    """Whose pay alone would differ has not moved, and no group counts them (contract-cycle, 9: executives without pay)."""
    load(desk, **SHARED)
    running(desk)
    lab = "/api/v1/cycles/2026/lab"
    tight = {"policies": SHARED | {"pay": {"pool": 1}}}
    assert desk.person("dana").post(lab, json=tight).json()["items"]
    told = [desk.person("ferran").post(lab, json=one).json() for one in (tight, {"policies": SHARED})]
    for one in told:
        assert one["items"] == []
        assert {group["moved"] for group in (*one["groups"], *one["offices"])} == {0}
    assert told[0]["after"] == told[1]["after"] | {"policies_sha256": told[0]["after"]["policies_sha256"]}


def test_a_sum_tells_nothing_of_what_is_hidden_in_it(desk):
    """Grades and bases are few: whoever sees some effects alone is given no sum over all of them, nor their number."""
    load(desk, **SHARED)
    running(desk)
    certified(desk)
    wish = {"node": "unit:VIE", "kpi": "deals", "member": "actual", "value": "900", "cause": "late_data"}
    made = propose(desk, "dana", "override", wish)
    path = f"/api/v1/decisions/{made.json()['id']}"
    everything = desk.person("dana").get(f"{path}/effects").json()["items"]
    assert made.json()["effects"]["count"] == len(everything)
    told = desk.person("e3").get(path).json()
    seen = desk.person("e3").get(f"{path}/effects").json()["items"]
    assert 0 < len(seen) < len(everything)
    assert (told["digest"], told["effects"]["digest"], told["effects"]["count"]) == (None, None, len(seen))
    assert desk.person("anna").get(path).json()["digest"] == made.json()["digest"]
    assert agree(desk, "anna", made).status_code == 200


def test_a_head_stands_on_one_side_of_the_own_unit_whoever_signs_for_whom(desk):
    """The head of Vienna stands in for the head above and is stood in for: one of the two sides stays theirs."""
    opened(desk)
    to_stage(desk, "agreement")
    for giver, taker in (("E3", "E2"), ("E2", "E1")):
        days = {"from_day": "2027-02-10", "to_day": "2027-02-20"}
        body = {"from": giver, "to": taker, "functions": ["sign"], "reason": WHY} | days
        assert desk.person(giver.lower()).post("/api/v1/delegations", json=body).status_code == 201
    address = "/api/v1/cycles/2026/scorecards/unit:VIE"
    digest = desk.person("e2").get(address).json()["digest"]
    # What is refused is not offered either.
    assert 'name="as" value="head"' not in desk.person("e2").get("/cycles/2026/scorecards/unit:VIE").text
    assert 'name="as" value="head"' in desk.person("e3").get("/cycles/2026/scorecards/unit:VIE").text
    assert code(desk.person("e2").post(f"{address}/sign", json={"digest": digest, "as": "head"})) == (409, "role")
    assert desk.person("e1").post(f"{address}/sign", json={"digest": digest, "as": "owner"}).status_code == 200
    assert code(desk.person("e2").post(f"{address}/sign", json={"digest": digest, "as": "head"})) == (409, "role")
    assert desk.person("e3").post(f"{address}/sign", json={"digest": digest, "as": "head"}).json()["state"] == "agreed"


def test_what_is_loaded_between_two_hands_is_published_by_neither(desk):
    """Policies that the second person has not looked at void the proposal, of the first edition and of a later one."""
    opened(desk)
    first = propose(desk, "dana", "stage", {"to": "agreement"})
    load(desk, minimum_days=59)
    assert code(agree(desk, "anna", first)) == (409, "overtaken")
    to_stage(desk, "agreement")
    load(desk, minimum_days=30)
    amended = propose(desk, "dana", "amend", {"policies": True})
    load(desk, blend=HALVED)
    assert code(agree(desk, "ferran", amended)) == (409, "overtaken")
    void = desk.person("dana").get(f"/api/v1/decisions/{amended.json()['id']}").json()
    assert (void["state"], void["moved"]) == ("void", [{"loaded": "policies"}])
    criteria = desk.person("dana").get("/api/v1/cycles/2026/criteria").json()["policies"]
    assert criteria["minimum_days"] == 59
    again = propose(desk, "dana", "amend", {"policies": True})
    assert agree(desk, "ferran", again).json()["state"] == "approved"


def test_whoever_reads_the_others_grades_finds_the_own_by_no_subtraction(desk):
    """Before people are told: neither in effects that one is to agree to, nor in what the list counts of one's own group, its ranks or its pages."""
    load(desk, **SHARED)
    running(desk)
    appoint(desk, "E3", "approver")
    appoint(desk, "E4", "calibrator", groups=["heads"])
    rows = json.loads(desk.kopes("grade", "--cycle", "2026", **desk.where, status=None).out)
    heads = {row["employee"] for row in rows if row["group"] == "heads"}
    assert {"E2", "E3", "E4"} <= heads
    for who in ("E3", "E4"):
        page = desk.person(who.lower()).get("/grades?cycle=2026")
        assert page.status_code == 200
        whole = "\n".join(told(page))
        assert "Your own group, Heads, is shown without ranks and seats" in whole
        listed = set(re.findall(r'<span class="soft small">(E\d+)</span>', page.text))
        assert listed & heads == heads - {who}
        for word in (f"of {len(heads)}\n", "Proposed pay in all", "policy:", "every rule", f"/grades/employee:{who}"):
            assert word not in whole.partition("Group by group, by rank")[0] + page.text.partition('id="list"')[2], word
        seats = page.text.partition('id="seats"')[2].partition("</table>")[0]
        assert "Heads" not in seats
        for one in heads:
            one_page = desk.person(who.lower()).get(f"/grades/employee:{one}?cycle=2026")
            assert one_page.status_code == (404 if one == who else 200)
            assert not {'id="rank"', 'id="seats"', 'id="group"'} & set(re.findall(r'id="\w+"', one_page.text))
    assert desk.person("e3").get("/grades/employee:E1?cycle=2026").status_code == 200
    wish = {"kpi": "deals", "member": "actual", "value": "900", "cause": "late_data"}
    for node, may in (("employee:E3", False), ("unit:VIE", True)):
        made = propose(desk, "dana", "override", {"node": node} | wish)
        path = f"/api/v1/decisions/{made.json()['id']}/effects"
        moved = {(one["node"], one["member"]) for one in desk.person("dana").get(path).json()["items"]}
        seen = {(one["node"], one["member"]) for one in desk.person("e3").get(path).json()["items"]}
        own = {("employee:E3", member) for member in ("grade", "proposed_grade", "pay")}
        assert seen == moved - own
        if may:
            assert moved & own
            assert agree(desk, "e3", made).status_code == 200
        else:
            assert code(agree(desk, "e3", made)) == (409, "own_case")
            taken = desk.person("dana").post(path.replace("effects", "withdraw"), json={})
            assert taken.status_code == 200


def told(page):
    """What a page says, without what is made anew each time."""
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>|<input[^>]*>", "", page.text, flags=re.DOTALL)
    return [one.strip() for one in re.sub(r"<[^>]+>|As of [^<]*", "\n", text).split("\n") if one.strip()]


def test_a_certified_grade_is_told_by_the_policies_that_it_came_from(desk):
    """Whatever is loaded later: shares of the score, days, table of grades and names of groups are those of the cut."""
    names = {"heads": {"en": "Leaders", "ko": "기관장", "es": "Jefes"}}
    load(desk, groups={"minimum": 1, "names": names})
    running(desk)
    certified(desk)
    addresses = ("/grades/employee:E1?cycle=2026", "/grades?cycle=2026", "/people?cycle=2026")
    before = [told(desk.person("dana").get(one)) for one in addresses]
    assert "Leaders" in before[1]
    assert "Staff: 50 % unit part and 50 % own score make the final score." in before[0]
    token = re.search(r'name="csrf_token" value="([^"]+)"', desk.person("dana").get("/grades?cycle=2026").text)
    assert token is not None
    asked = {"format": "csv", "reason": WHY, "csrf_token": token[1]}
    other = {"heads": {"en": "Bosses", "ko": "다른", "es": "Otros"}}
    load(desk, groups={"minimum": 2, "names": other}, blend=HALVED, minimum_days=5)
    assert [told(desk.person("dana").get(one)) for one in addresses] == before
    file = desk.person("dana").post("/grades?cycle=2026", data=asked)
    assert file.status_code == 200
    assert "Leaders" in file.text
    assert "Bosses" not in file.text


def test_signatures_versions_publications_and_stages_of_a_certified_cycle_are_held(desk):
    """By one sum beside that of the decisions, each in a database of its own copy; what cannot be read is a line, and a cut of before has no such sum."""
    running(desk)
    certified(desk)
    live = Path(desk.where["database"].removeprefix("sqlite:///"))
    with closing(sqlite3.connect(live)) as whole, whole:
        whole.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    now = dt.datetime.fromisoformat(SETTING.now)
    altered = "cycle:2026 records_sha256: "
    for place, (statement, line) in enumerate(
        (
            ("UPDATE agreement_signature SET account = 'account:x'", altered),
            ("UPDATE agreement_signature SET employee = NULL", altered),
            ("UPDATE agreement_signature SET acts_for = 'E4'", altered),
            ("DELETE FROM agreement_signature WHERE node = 'employee:E1' AND signed_as = 'owner'", altered),
            ("UPDATE agreement_version SET digest = digest || 'x'", altered),
            ("UPDATE agreement_draft SET lines = '[]'", altered),
            ("UPDATE publication SET policies_sha256 = definitions_sha256", "cycle:2026 edition 1 policies_sha256: "),
            ("UPDATE publication_document SET sha256 = (SELECT max(sha256) FROM publication_document)", altered),
            ("UPDATE publication SET at = 'x'", "cycle:2026 what is stored: readable → ValueError"),
            ("UPDATE cycle_stage SET account = 'account:x' WHERE place = 1", altered),
            ("UPDATE cut SET last_event = last_event - 1", "cycle:2026 "),
            ("UPDATE cut_part SET decision = decision + 1", "cycle:2026 "),
            ("UPDATE cut SET files = '{'", "cycle:2026 cut: readable → JSONDecodeError"),
            ("UPDATE cut SET records_sha256 = NULL", ""),
        )
    ):
        copy = live.with_name(f"altered-{place}.db")
        copy.write_bytes(live.read_bytes())
        with closing(sqlite3.connect(copy)) as opened_file, opened_file:
            for (name,) in opened_file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                opened_file.execute(f'DROP TRIGGER "{name}"')
            opened_file.execute("PRAGMA foreign_keys = OFF")
            opened_file.execute(statement)
        database = Database(f"sqlite:///{copy}")
        try:
            with database.read() as connection:
                certified_, unreadable = cycles.cut_to_verify(connection, 2026)
                lines = (
                    (unreadable,) if certified_ is None else cycles.verify(connection, certified_, now=now).differences
                )
        finally:
            database.close()
        assert any(one.startswith(line) for one in lines) if line else not lines, (statement, lines)
    assert desk.kopes("cycle", "verify", "2026", **desk.where).out.startswith("verified 2026 round 1 ")


def test_what_people_write_beside_lines_is_bounded_and_listed_by_the_page(desk):
    """So many open actions of a line and notes of a scorecard; the list of actions has a page like others."""
    opened(desk)
    to_stage(desk, "agreement")
    actions, e1 = "/api/v1/actions", desk.person("e1")
    wish = {"node": "employee:E1", "kpi": "consults", "cause": "Few came.", "measure": "Call them.", "owner": "E1"}
    made = [e1.post(actions, json=wish | {"due_on": "2099-09-30"}) for _ in range(21)]
    assert [one.status_code for one in made] == [201] * 20 + [409]
    assert code(made[-1]) == (409, "too_many_open")
    first = e1.get(actions, params={"limit": 15}).json()
    second = e1.get(first["next"]).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (15, 5, None)
    numbers = [one["id"] for one in first["items"] + second["items"]]
    assert numbers == sorted((one.json()["id"] for one in made[:20]), reverse=True)
    assert e1.post(f"{actions}/{numbers[0]}/close", json={"result": "Three came."}).status_code == 200
    assert e1.post(actions, json=wish | {"due_on": "2099-09-30"}).status_code == 201
    # Two hundred posts would take their time: the last of them is written into the database.
    with closing(sqlite3.connect(desk.where["database"].removeprefix("sqlite:///"))) as live, live:
        live.execute(
            "INSERT INTO card_note (cycle, node, place, text, at, account) "
            "VALUES (2026, 'employee:E1', 199, 'Why ten?', '2027-02-10 09:00:00', 'account:x')"
        )
    page = "/cycles/2026/scorecards/employee:E1"
    token = re.search(r'name="csrf_token" value="([^"]+)"', e1.get(page).text)
    assert token is not None
    note = {"csrf_token": token[1], "text": "As many as last year."}
    answers = [e1.post(f"{page}/notes", data=note).status_code for _ in range(2)]
    assert answers == [303, 409]


@pytest.mark.parametrize("odd", [["x"], {"a": 1}, 7, None, "9" * 5000])
def test_a_member_of_another_type_is_named(desk, odd):
    """Whatever stands where a text belongs: 422 or 404, never an error of ours."""
    opened(desk)
    who = {"person": "E1", "groups": "all", "from": "2026-01-01", "to": "2027-01-01"}
    target = {"node": "employee:E1", "targets": [{"kpi": "consults", "target": "2"}]}
    for maker, kind, content, cycle in (
        ("dana", "stage", {"to": odd}, "2026"),
        ("dana", "appoint", who | {"function": odd}, "2026"),
        ("e2", "target", target, odd),
        ("dana", "lift", {"decision": odd}, "2026"),
        ("dana", "lift", {"decision": True}, "2026"),
    ):
        body = {"kind": kind, "cycle": cycle, "content": content, "reason": WHY}
        assert desk.person(maker).post("/api/v1/decisions", json=body).status_code in {400, 404, 422}, (kind, odd)

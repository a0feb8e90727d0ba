"""What nobody finds by trying, and what nobody gets by waiting: figures behind sums, both parts of a signature, what is loaded between two hands.

On one engine alone: nothing here differs between them.
"""

from __future__ import annotations

import json
import re

import pytest

from tests.contract.desk import WHY, code
from tests.contract.test_certifying import certified, desk, running
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
            assert desk.person(who.lower()).get(f"/grades/employee:{one}?cycle=2026").status_code == 404
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

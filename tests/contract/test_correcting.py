"""What came after a cycle's cut is admitted by two people, on a running server: events, a reversal among them, and files of later loads (contract-cycle, 7).

Figures are those of another database that held these events and rows before, and in which nobody opened a cycle.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.contract.desk import code
from tests.contract.test_certifying import (
    AGENCY,
    SETTING,
    _write,
    certified,
    events_sum,
    figures,
    ingest,
    late,
    never_opened,
    running,
)
from tests.contract.test_cycles import agree, propose
from tests.contract.test_grade_ways import way_of, without_way
from tests.contract.test_notifying import RISES, result_page, tell
from tests.contract.test_notifying import desk as notifying
from tests.scenario import Scenario

__all__ = ["notifying"]

MORE = Scenario.read(
    """
    2026-03-01 new_buyer B-0 E2 of Huber/AT
    2026-08-01 reversed D-2 by E9 as R-1
    2027-01-05 consult NEXT-1 E1 of Meyer/AT
    """
).events
BUYER, REVERSAL, NEXT = MORE


@pytest.fixture
def desk(desks, engine, tmp_path):
    """The cycle 2026 certified; then events come, and files are loaded with other rows: a base, a rate."""
    with desks.copy(engine, SETTING, tmp_path) as made:
        running(made)
        certified(made)
        ingest(made, [*late(1), *late(2, employee="E3"), *MORE])
        yield made


def load(desk, file, column, value):
    """A file is loaded with another value in a column; the number of the load."""
    before = (desk.folder / file).read_text(encoding="utf-8")
    _write(desk.folder / file, column, value)
    desk.kopes("load", desk.folder, **desk.where)
    return before, desk.person("dana").get("/api/v1/cycles/2026/after-close").json()["loads"][-1]["revision"]


def named(*events):
    return [{"source": one["source"], "id": one["id"]} for one in events]


def digest_of(desk):
    return desk.kopes("digest", **desk.where).out


ASKED = (("score",), ("grade",), ("grade", "--of", "units"))


def effects(desk, made):
    """What a decision moves, as its checker sees it."""
    return desk.person("anna").get(made.json()["effects"]["items"] + "?limit=1000").json()["items"]


def refused(desk, content, *, by="dana", field=""):
    """By which code a correction is refused, and of which field where it is the content's."""
    answer = propose(desk, by, "correct", content)
    if answer.status_code == 422:
        return [(one["pointer"].removeprefix("/content").lstrip("/"), one["code"]) for one in answer.json()["errors"]]
    return code(answer)


def told(text):
    """Scores and grades that a command printed, by node and member, as effects call them."""
    members: dict[tuple[str, str], object] = {}
    for one in json.loads(text):
        node = one.get("node") or (f"employee:{one['employee']}" if "employee" in one else f"unit:{one['unit']}")
        if "lines" in one:
            members |= {(node, name): one[name] for name in ("own_score", "final_score")}
            members |= {(node, f"score:{line['kpi']}"): line["score"] for line in one["lines"]}
        else:
            members |= {(node, name): one[name] for name in ("grade", "pay") if one.get("grade") and name in one}
    return members


def test_what_came_too_late_is_admitted_by_two_people(desk):
    """The cycle then comes to what a database comes to that held these events and rows before; nothing else that came since counts."""
    before = figures(desk)
    _, base = load(desk, "employees.csv", "monthly_base", "9000000")
    rates, rate = load(desk, "rates.csv", "usd", "2.5")
    refusals(desk, base)
    content = {"admit": named(*late(1), BUYER, REVERSAL), "adopt": {"employees.csv": base}}
    made = propose(desk, "dana", "correct", content)
    assert made.status_code == 201, made.text
    assert code(agree(desk, "dana", made)) == (409, "same_person")
    assert code(agree(desk, "dora", made)) == (409, "role")
    beside = propose(desk, "dora", "correct", {"admit": named(BUYER)})
    assert figures(desk) == before
    live = digest_of(desk)
    (desk.folder / "rates.csv").write_text(rates, encoding="utf-8")
    pinned = [*Scenario.read(AGENCY).events, *late(1), BUYER, REVERSAL]
    with never_opened(desk, pinned) as where:
        expected = [desk.kopes(*asked, "--cycle", "2026", **where, status=None).out for asked in ASKED]
    was, will = ({key: value for text in some for key, value in told(text).items()} for some in (before, expected))
    moved = {(one["node"], one["member"]): (one["before"], one["after"]) for one in effects(desk, made)}
    assert moved == {key: (was.get(key), will.get(key)) for key in was | will if was.get(key) != will.get(key)}
    assert {"employee:E1", "employee:E2", "unit:HQ"} <= {node for node, _ in moved}
    done = agree(desk, "anna", made)
    assert done.status_code == 200, done.text
    assert [told(one) for one in figures(desk)] == [told(one) for one in expected]
    assert code(agree(desk, "anna", beside)) == (409, "overtaken")
    stands(desk, pinned, done.json()["id"], base)
    again(desk, rate)
    assert digest_of(desk) == live
    assert "All totals agree" in desk.kopes("reconcile", **desk.where).out


def refusals(desk, base):
    """By field and code; what is of no concern to the cycle is not seen to exist by it."""
    unknown = {"source": "/nowhere", "id": "X-1"}
    one = named(*late(1))
    assert refused(desk, {"admit": [*one, unknown, *named(NEXT)]}) == [
        ("admit/1", "unknown_event"),
        ("admit/2", "not_of_cycle"),
    ]
    before = named(*Scenario.read(AGENCY).events[:3])
    codes = [wrong for _, wrong in refused(desk, {"admit": before})]
    assert codes == ["not_of_cycle", "before_the_cut", "before_the_cut"]
    assert refused(desk, {"admit": one * 2}) == [("admit/1", "named_twice")]
    nothing: dict[str, Any]
    for nothing in ({}, {"admit": [], "adopt": {}}):
        assert refused(desk, nothing) == [("", "nothing")]
    for wrong in ({"id": "X-1"}, "X-1", {"source": "/a", "id": 1}):
        assert refused(desk, {"admit": [wrong]}) == [("admit", "no_events")]
    assert refused(desk, {"adopt": {"status.csv": "7"}}) == [("adopt", "no_files")]
    assert refused(desk, {"admit": one, "more": 1}) == [("more", "unknown_member")]
    assert refused(desk, {"adopt": {"lunch.csv": base, "policies": base}}) == [
        ("adopt/lunch.csv", "unknown_file"),
        ("adopt/policies", "unknown_file"),
    ]
    assert refused(desk, {"adopt": {"employees.csv": 1, "status.csv": 999}}) == [
        ("adopt/employees.csv", "unknown_revision"),
        ("adopt/status.csv", "unknown_revision"),
    ]
    assert refused(desk, {"adopt": {"units.csv": base}}) == [("adopt/units.csv", "differs_in_nothing")]
    assert refused(desk, {"admit": one}, by="e4") == (409, "role")
    assert refused(desk, {"admit": one}, by="anna") == (409, "role")
    assert code(propose(desk, "dana", "correct", {"admit": one}, cycle="2027")) == (409, "not_opened")


def stands(desk, pinned, decision, base):
    """What the cycle goes by is told, verified and listed; what was not admitted is listed on."""
    pin = desk.person("dana").get("/api/v1/cycles/2026").json()["pins"]["certified"]
    assert (pin["events"], pin["events_sha256"]) == (len(pinned), events_sum(pinned))
    files = {one["file"]: one["sha256"] for one in desk.person("dana").get("/api/v1/files").json()["items"]}
    assert pin["files"]["employees.csv"] == files["employees.csv"]
    assert pin["files"]["rates.csv"] != files["rates.csv"]
    listed = desk.person("dana").get("/api/v1/cycles/2026/after-close").json()
    admitted = {one["id"]: one["admitted"] for one in listed["items"]}
    assert admitted == {"LATE-1": decision, "LATE-2": None, "B-0": decision, "R-1": decision}
    assert {one["file"] for one in listed["loads"]} == {"rates.csv"}
    first = desk.kopes("cycle", "verify", "2026", **desk.where).out
    assert first.startswith("verified 2026 round 1 ")
    assert desk.kopes("cycle", "verify", "2026", **desk.where).out == first


def again(desk, rate):
    """Further events and files go over what was corrected: by a second decision, whose file alone is another."""
    before = figures(desk)
    assert refused(desk, {"admit": named(*late(1))}) == [("admit/0", "admitted_already")]
    by_page(desk, "rates.csv", rate)
    after = figures(desk)
    assert after[0] != before[0]
    live = {one["node"]: one for one in json.loads(figures(desk, "--live")[0])}
    # All that is of the cycle is admitted by now, but for the base of E1's colleagues' files, which no score hangs on.
    assert {one["node"]: one for one in json.loads(after[0])} == live
    assert desk.kopes("cycle", "verify", "2026", **desk.where).out.startswith("verified 2026 round 1 ")


def by_page(desk, file, revision):
    """On the page one ticks what the cycle is to go by as well, sees what that moves, and proposes it; what was typed comes back where it is refused."""
    dora, anna = desk.person("dora"), desk.person("anna")
    page = dora.get("/cycles/2026/after-close").text
    ticks = re.findall(r'name="(admit|adopt)" value="([^"]+)"', page)
    assert [name for name, _ in ticks] == ["admit", "adopt"], "what was admitted is not offered again"
    assert ticks[-1] == ("adopt", f"{file}:{revision}")
    assert 'name="admit"' not in anna.get("/cycles/2026/after-close").text
    chosen = f"/cycles/2026/after-close?{urlencode(ticks)}"
    page = dora.get(chosen).text
    assert "What it would move" in page
    sent_to = html.unescape(re.findall(r'method="post" action="([^"]*after-close[^"]*)"', page)[0])
    token = re.findall('name="csrf_token" value="([^"]+)"', page)[0]
    short = dora.post(sent_to, data={"reason": "Late &", "csrf_token": token})
    assert ("Late &amp;" in short.text, "What it would move" in short.text) == (True, True)
    done = dora.post(sent_to, data={"reason": "They came late & were looked at.", "csrf_token": token})
    assert done.status_code == 303, done.text
    shown = anna.get(done.headers["Location"]).text
    assert "The cycle 2026 is to go by what came after its cut as well: 1 event, Exchange rates" in shown
    assert f"The cycle goes by Exchange rates as load {revision} brought it." in shown
    assert "LATE-2, recorded" in shown
    form = dict(re.findall(r'name="(csrf_token|digest)" value="([^"]+)"', shown))
    assert anna.post(f"{done.headers['Location']}/approve", data=form).status_code == 303
    assert anna.get("/cycles/2026/after-close").text.count("counts by") == 4


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_would_be_no_event_by_the_cut_needs_the_file_with_it(desk):
    """Whoever joined by a later load is not known to the cut: their consult comes in with the files that say who they are, and nobody admits their own."""
    for file, row in (
        ("employees.csv", "E7,Eun,,,staff,3000000,2026-01-01,"),
        ("postings.csv", "E7,VIE,staff,2026-02-01,"),
    ):
        (desk.folder / file).write_text((desk.folder / file).read_text(encoding="utf-8") + row + "\n", encoding="utf-8")
    desk.kopes("load", desk.folder, **desk.where)
    consult = late(7, employee="E7")
    ingest(desk, consult)
    assert refused(desk, {"admit": named(*consult)}) == [("admit/0", "not_taken")]
    revision = desk.person("dana").get("/api/v1/cycles/2026/after-close").json()["loads"][0]["revision"]
    alone = {"admit": named(*consult), "adopt": {"postings.csv": revision}}
    assert refused(desk, alone) == [("adopt/postings.csv", "does_not_go")]
    content = {"admit": named(*consult), "adopt": {"employees.csv": revision, "postings.csv": revision}}
    made = propose(desk, "dana", "correct", content)
    assert made.status_code == 201, made.text
    with never_opened(desk, [*Scenario.read(AGENCY).events, *consult]) as where:
        expected = [desk.kopes(*asked, "--cycle", "2026", **where, status=None).out for asked in ASKED]
    assert agree(desk, "anna", made).status_code == 200
    assert [told(one) for one in figures(desk)] == [told(one) for one in expected]
    assert desk.kopes("cycle", "verify", "2026", **desk.where).out.startswith("verified 2026 round 1 ")
    own = desk.person("hana", "--role", "hr", "--employee", "E7")
    assert own.get("/cycles/2026").status_code == 200
    ingest(desk, late(8, employee="E7"))
    assert refused(desk, {"admit": named(*late(8, employee="E7"))}, by="hana") == (409, "own_case")


def test_between_two_tellings_what_is_admitted_is_pending(notifying):
    """Whoever it lifts goes on reading what they were told; at the next telling they are told the other."""
    desk, address = notifying, f"/api/v1/cycles/2026/people/{RISES}"

    def score(name):
        return f"{desk.person(name).get(address).json()['final_score']:.2f}"

    tell(desk)
    first, way = score("dana"), way_of(result_page(desk, RISES.lower()).text)
    late_one = Scenario.read(f"2026-09-01 consult LATE-9 {RISES} of Meyer/AT").events
    ingest(desk, late_one)
    assert (score("dana"), first in result_page(desk, RISES.lower()).text) == (first, True)
    done = agree(desk, "anna", propose(desk, "dana", "correct", {"admit": named(*late_one)}))
    assert done.status_code == 200, done.text
    lifted = score("dana")
    assert lifted != first
    mine = result_page(desk, RISES.lower()).text
    assert way_of(mine) == way
    mine = without_way(mine)
    assert (first in mine, lifted in mine, f"/decisions/{done.json()['id']}" in mine) == (True, False, False)
    tell(desk)
    assert lifted in result_page(desk, RISES.lower()).text
    assert desk.kopes("cycle", "verify", "2026", **desk.where).out.startswith("verified 2026 round 1 ")

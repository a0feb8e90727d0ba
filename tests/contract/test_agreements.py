"""Scorecards of an opened cycle on a running server: drafted, signed by both sides, imposed, and what holds from then on (contract-cycle, 4)."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event

import pytest
import sqlalchemy as sa

from app.cycle.opened import begin_stage
from app.decisions import LOCK_DECISIONS
from app.kit import clock
from app.kit.database import Database, lock
from app.rules.stages import Stage
from tests.contract.desk import Setting, code
from tests.contract.test_certifying import ingest
from tests.contract.test_cycles import AGENCY, PEOPLE, agree, blockers, opened, propose, to_stage
from tests.scenario import Scenario

CHAE = ("chae", "--role", "employee", "--employee", "E3")
GASTON = ("gaston", "--role", "employee", "--employee", "E4")
JIHO = ("jiho", "--role", "employee", "--employee", "E6")
SETTING = Setting(agency=AGENCY, people=(*PEOPLE.people, CHAE, GASTON, JIHO))
ALBA, VIENNA, EUROPE, HQ = "employee:E1", "unit:VIE", "unit:EUR", "unit:HQ"


@pytest.fixture
def desk(desks, engine, tmp_path):
    """Heads at every level with accounts."""
    with desks.copy(engine, SETTING, tmp_path) as made:
        yield made


def address(node):
    return f"/api/v1/cycles/2026/scorecards/{node}"


def seen(desk, name, node):
    answer = desk.person(name).get(address(node))
    assert answer.status_code == 200, answer.text
    return answer.json()


def sign(desk, name, node, part, digest=None):
    card = seen(desk, "dana", node)
    wanted = digest or (card["draft"] or card)["digest"]
    return desk.person(name).post(f"{address(node)}/sign", json={"digest": wanted, "as": part})


def put(desk, name, node, lines, digest):
    return desk.person(name).put(address(node), json={"lines": lines}, headers={"If-Match": f'"{digest}"'})


def figures(desk):
    """Scores, grades and digest."""
    asked = (("score", "--cycle", "2026"), ("grade", "--cycle", "2026"), ("digest",))
    return [desk.kopes(*words, **desk.where, status=None).out for words in asked]


def test_both_sides_sign_the_same_draft_and_what_they_signed_holds(desk):
    """A draft moves nothing before both have signed; other lines that are loaded then move nothing; an unsigned draft follows the folder."""
    opened(desk)
    assert code(sign(desk, "alba", ALBA, "owner")) == (409, "not_now")
    before = figures(desk)
    to_stage(desk, "agreement")
    assert figures(desk) == before
    card = seen(desk, "alba", ALBA)
    assert (card["state"], card["version"], card["draft"], card["signatures"]) == ("draft", 0, None, [])
    assert [(one["as"], one["persons"]) for one in card["due"]] == [("owner", ["E1"]), ("head", ["E2"])]
    assert desk.person("jiho").get(address(ALBA)).status_code == 404
    assert desk.person("ada").get(address(ALBA)).status_code == 404

    lines = [line | {"target": "12"} if line["kpi"] == "deals" else line for line in card["lines"]]
    answer = desk.person("alba").put(address(ALBA), json={"lines": lines})
    assert code(answer) == (412, "precondition_failed")
    assert code(put(desk, "alba", ALBA, lines, "0" * 64)) == (412, "precondition_failed")
    whatever = desk.person("alba").put(address(ALBA), json={"lines": lines}, headers={"If-Match": "*"})
    assert code(whatever) == (412, "precondition_failed")
    assert code(put(desk, "chae", HQ, lines, card["digest"])) == (409, "role")
    wrong = [line | {"weight": "99"} if line["kpi"] == "deals" else line for line in lines]
    answer = put(desk, "alba", ALBA, wrong, card["digest"])
    assert (code(answer), answer.json()["errors"][0]["pointer"]) == ((422, "invalid"), "/lines/0/weight")
    based = [line | {"base": "5"} if line["kpi"] == "deals" else line for line in lines]
    assert "only_hr" in {one["code"] for one in put(desk, "alba", ALBA, based, card["digest"]).json()["errors"]}
    drafted = put(desk, "alba", ALBA, lines, card["digest"]).json()
    assert figures(desk) == before
    assert drafted["digest"] != card["digest"]
    assert code(sign(desk, "boram", ALBA, "head", card["digest"])) == (409, "digest")
    assert code(sign(desk, "boram", ALBA, "owner")) == (409, "role")
    assert code(sign(desk, "dana", ALBA, "hr")) == (409, "role")
    assert sign(desk, "alba", ALBA, "owner").json()["state"] == "to_sign"
    assert sign(desk, "alba", ALBA, "owner").status_code == 200
    assert figures(desk) == before
    agreed = sign(desk, "boram", ALBA, "head").json()
    assert (agreed["state"], agreed["version"], agreed["due"]) == ("agreed", 1, [])
    assert [one["as"] for one in agreed["signatures"]] == ["owner", "head"]
    after = figures(desk)
    assert (after[0] != before[0], after[2]) == (True, before[2])

    # A load with other lines: who has signed stays, who has not follows it.
    scorecards = desk.folder / "scorecards.csv"
    text = scorecards.read_text(encoding="utf-8")
    changed = text.replace("2026,employee:E1,deals,10,,unique,,,,,,10", "2026,employee:E1,deals,10,,unique,,,,,,30")
    changed = changed.replace("2026,employee:E6,deals,10,,unique,,,,,,10", "2026,employee:E6,deals,10,,unique,,,,,,40")
    assert changed.count(",30,") == changed.count(",40,") == 1
    scorecards.write_text(changed, encoding="utf-8")
    said = desk.kopes("load", desk.folder, **desk.where).err
    assert re.findall(r"cycle 2026: the scorecard of (\S+) differs", said) == [ALBA]
    assert seen(desk, "alba", ALBA)["lines"] == agreed["lines"]
    assert {line["target"] for line in seen(desk, "jiho", "employee:E6")["lines"]} == {"10", "40"}
    shown = json.loads(desk.kopes("score", "--cycle", "2026", "--node", ALBA, **desk.where).out)
    assert {line["kpi"]: line["target"] for line in shown[0]["lines"]}["deals"] in {"12", "12.0"}


def test_who_waited_while_the_cycle_came_to_another_stage_signs_and_drafts_nothing(desk, engine):
    """Whoever asked while it was still agreed on waits for who decides, and goes by what the cycle has become."""
    opened(desk)
    to_stage(desk, "agreement")
    card = seen(desk, "alba", ALBA)
    lines = [line | {"target": "12"} for line in card["lines"]]
    waiting, patience = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"), Event()
    with closing(Database(desk.where["database"])) as database, ThreadPoolExecutor(2) as pool:
        with database.write("stage") as connection:
            lock(connection, LOCK_DECISIONS)
            asked = [
                pool.submit(sign, desk, "alba", ALBA, "owner", card["digest"]),
                pool.submit(put, desk, "boram", ALBA, lines, card["digest"]),
            ]
            while engine == "postgresql" and connection.scalar(waiting) < len(asked):
                patience.wait(0.01)
            begin_stage(connection, 2026, Stage.DRAFT, round_=1, by="account:dana@agency.example", at=clock.now())
        assert [code(one.result()) for one in asked] == [(409, "not_now")] * 2
    assert seen(desk, "dana", ALBA)["signatures"] == []


def test_units_are_signed_by_their_heads_or_imposed_and_then_the_cycle_runs(desk):
    """The root by its head and an executive; who does not sign is imposed upon by two; a draft beside holds nothing before it is signed."""
    opened(desk)
    desk.person("dana").put("/api/v1/cycles/2026/calendar", json={"agree_by": "2026-01-31"})
    a_step_on = propose(desk, "dana", "stage", {"to": "agreement"})
    to_stage(desk, "agreement")
    before = figures(desk)
    assert blockers(propose(desk, "dana", "stage", {"to": "running"})) == [
        ("unsigned", 3, True),
        ("unsigned", 7, False),
    ]
    assert sign(desk, "boram", VIENNA, "owner").status_code == 200
    assert code(sign(desk, "boram", VIENNA, "head")) == (409, "role")
    assert sign(desk, "chae", VIENNA, "head").json()["state"] == "agreed"
    assert sign(desk, "gaston", HQ, "owner").status_code == 200
    assert code(sign(desk, "dana", HQ, "head")) == (409, "role")
    assert sign(desk, "ferran", HQ, "head").json()["state"] == "agreed"
    digest = seen(desk, "dana", EUROPE)["digest"]
    content = {"node": EUROPE, "digest": digest}
    _leads_whoever_imposes_there(desk, EUROPE, by="gaston")
    assert code(propose(desk, "dana", "impose", content)) == (409, "role")
    assert code(propose(desk, "gaston", "impose", content | {"digest": "0" * 64})) == (409, "digest")
    made = propose(desk, "gaston", "impose", content)
    assert code(desk.approve(desk.person("ferran"), made.json())) == (409, "role")
    assert agree(desk, "dana", made).status_code == 200
    assert seen(desk, "dana", EUROPE)["state"] == "imposed"
    assert figures(desk) == before
    assert blockers(propose(desk, "dana", "stage", {"to": "running"})) == [("unsigned", 7, False)]
    to_stage(desk, "running", "unsigned")
    assert figures(desk) == before

    _goes_back_and_comes_again(desk, a_step_on)
    assert figures(desk) == before

    card = seen(desk, "dana", VIENNA)
    lines = [line | {"target": "8"} if line["kpi"] == "consults" else line for line in card["lines"]]
    beside = put(desk, "dana", VIENNA, lines, card["digest"]).json()
    assert (beside["state"], beside["digest"], beside["lines"]) == ("agreed", card["digest"], card["lines"])
    assert [one["as"] for one in beside["draft"]["due"]] == ["owner", "head"]
    assert [one["as"] for one in beside["signatures"]] == ["owner", "head"]
    assert {one["digest"] for one in beside["signatures"]} == {card["digest"]}
    assert beside["draft"]["signatures"] == []
    _has_had_no_time_to_sign(desk, VIENNA, by="chae")
    half = sign(desk, "boram", VIENNA, "owner").json()
    assert (half["version"], half["signatures"]) == (1, beside["signatures"])
    assert [(one["as"], one["digest"]) for one in half["draft"]["signatures"]] == [("owner", beside["draft"]["digest"])]
    assert figures(desk) == before
    done = sign(desk, "chae", VIENNA, "head").json()
    assert (done["state"], done["version"], done["draft"]) == ("agreed", 2, None)
    assert figures(desk)[0] != before[0]
    assert sum(desk.person("dana").get("/api/v1/cycles/2026").json()["counts"].values()) == 7

    # What differs once a draft is imposed is told before anybody agrees to it; where the same lines hold there is nothing to tell.
    assert made.json()["effects"]["count"] == 0
    card = seen(desk, "dana", VIENNA)
    lines = [line | {"target": "5"} if line["kpi"] == "consults" else line for line in card["lines"]]
    beside = put(desk, "dana", VIENNA, lines, card["digest"]).json()
    consults = "\n".join(f"2026-04-0{day} consult C-{day} E1 of Meyer/AT" for day in range(1, 6))
    ingest(desk, Scenario.read(f"{AGENCY}\n{consults}\n").events)
    before = scores(desk)
    made = propose(desk, "chae", "impose", {"node": VIENNA, "digest": beside["draft"]["digest"]})
    assert agree(desk, "dana", made).status_code == 200
    after = scores(desk)
    items = desk.person("dana").get(f"/api/v1/decisions/{made.json()['id']}/effects?limit=200").json()["items"]
    moved = {(one["node"], one["member"]): (one["before"], one["after"]) for one in items}
    assert {key: turn for key, turn in moved.items() if key[1] not in {"grade", "pay"}} == {
        key: (before[key], after[key]) for key in before if before[key] != after[key]
    }
    assert (VIENNA, "score:consults") in moved


def _has_had_no_time_to_sign(desk, node, *, by):
    """Whose draft is as old as the page had no time to sign it: who may impose it is asked to let them."""
    fresh = desk.person(by).get(f"/cycles/2026/scorecards/{node}").text
    assert "ask the owner to read and sign it" in fresh
    assert "The owner has not signed in time" not in fresh
    assert 'href="#imposing"' in fresh


def _goes_back_and_comes_again(desk, a_step_on):
    """Two stages later a step on is no step back, which is a decision of its own; signatures stay."""
    assert code(agree(desk, "anna", a_step_on)) == (409, "overtaken")
    kept = [seen(desk, "dana", node) for node in (VIENNA, EUROPE, HQ)]
    to_stage(desk, "agreement")
    assert [seen(desk, "dana", node) for node in (VIENNA, EUROPE, HQ)] == kept
    to_stage(desk, "running", "unsigned")


def scores(desk):
    """Every score of the cycle by node and member, as effects call them."""
    told: dict[tuple[str, str], object] = {}
    for card in json.loads(desk.kopes("score", "--cycle", "2026", **desk.where).out):
        told |= {(card["node"], member): card[member] for member in ("own_score", "final_score")}
        told |= {(card["node"], f"score:{line['kpi']}"): line["score"] for line in card["lines"]}
    return told


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_figures_of_hr_are_signed_by_hr_and_lines_of_an_amended_kpi_by_both_again(desk):
    """A base value makes hr sign too; what was agreed of a KPI that is measured otherwise from then on is due again, and held meanwhile."""
    scorecards = desk.folder / "scorecards.csv"
    text = scorecards.read_text(encoding="utf-8")
    scorecards.write_text(
        text.replace(",companies,10,,unique,,,,,,10,", ",companies,10,,unique,,,,,,,"), encoding="utf-8"
    )
    kpis(desk, companies={"method": {"name": "deviation"}})
    opened(desk)
    to_stage(desk, "agreement")
    node = "employee:E6"
    card = seen(desk, "jiho", node)
    lines = [line | {"base": "5"} if line["kpi"] == "companies" else line for line in card["lines"]]
    assert "only_hr" in {one["code"] for one in put(desk, "gaston", node, lines, card["digest"]).json()["errors"]}
    drafted = put(desk, "dana", node, lines, card["digest"]).json()
    due = [(one["as"], one["persons"]) for one in drafted["due"]]
    assert due == [("owner", ["E6"]), ("head", ["E4"]), ("hr", ["hr"])]
    assert code(sign(desk, "gaston", node, "hr")) == (409, "role")
    assert sign(desk, "jiho", node, "owner").json()["state"] == "to_sign"
    half = sign(desk, "gaston", node, "head").json()
    assert (half["state"], half["version"], [one["as"] for one in half["due"]]) == ("to_sign", 0, ["hr"])
    assert desk.person("dana").get("/api/v1/cycles/2026/board?state=to_sign_hr").json()["items"][0]["who"] == ["hr"]
    agreed = sign(desk, "dora", node, "hr").json()
    assert (agreed["state"], agreed["version"], agreed["lines"]) == ("agreed", 1, lines)
    assert [one["as"] for one in agreed["signatures"]] == ["owner", "head", "hr"]

    kpis(desk, deals={"counts_from": "entered"})
    assert seen(desk, "jiho", node)["state"] == "agreed"
    assert agree(desk, "ferran", propose(desk, "dana", "amend", {"definitions": True})).status_code == 200
    again = seen(desk, "jiho", node)
    assert (again["state"], again["version"], again["lines"]) == ("draft", 1, lines)
    assert (again["digest"] != agreed["digest"], [one["as"] for one in again["due"]]) == (True, ["owner", "head"])
    assert sign(desk, "jiho", node, "owner").json()["state"] == "to_sign"
    done = sign(desk, "gaston", node, "head").json()
    assert (done["state"], done["version"], done["due"]) == ("agreed", 2, [])


def kpis(desk, **changed):
    """Load the definitions with other members of KPIs."""
    file = desk.where["definitions"] / "kpis.yaml"
    document = json.loads(file.read_text(encoding="utf-8"))
    for one in document["kpis"]:
        one |= changed.get(one["code"], {})
    file.write_text(json.dumps(document), encoding="utf-8")
    desk.kopes("load", desk.folder, **desk.where)


def _leads_whoever_imposes_there(desk, node, *, by):
    """From the list of missing signatures and from the head of the scorecard's page to the form; others read who may, and have none."""
    page = f"/cycles/2026/scorecards/{node}"
    shown = desk.person(by).get(page).text
    assert "you may impose these lines. HR agrees" in shown
    assert 'href="#imposing"' in shown
    assert f'action="{page}/impose"' in shown.split('id="imposing"')[1]
    assert f'href="{page}#imposing"' in desk.person(by).get("/cycles/2026/unsigned").text
    other = desk.person("dana").get(page).text
    assert "whoever signs as head may impose these lines, and HR agrees" in other
    assert 'id="imposing"' not in other
    assert f'href="{page}#imposing"' not in desk.person("dana").get("/cycles/2026/unsigned").text


def test_nobody_is_imposed_upon_before_the_last_day_for_signing_and_upon_the_agency_by_hr_and_an_executive(desk):
    """The agency's own scorecard has no head above it, nor has its head's: hr makes, an executive checks."""
    opened(desk)
    dana = desk.person("dana")
    dana.put("/api/v1/cycles/2026/calendar", json={"agree_by": "2099-01-31"}).raise_for_status()
    to_stage(desk, "agreement")
    content = {"node": HQ, "digest": seen(desk, "dana", HQ)["digest"]}
    assert code(propose(desk, "dana", "impose", content)) == (409, "not_now")
    early = dana.get(f"/cycles/2026/scorecards/{HQ}").text
    assert "If the owner has not signed by" in early
    assert "you may impose these lines here from the day after on" in early
    assert 'id="imposing"' not in early
    dana.put("/api/v1/cycles/2026/calendar", json={"agree_by": "2026-01-31"}).raise_for_status()
    assert code(propose(desk, "gaston", "impose", content)) == (409, "own_case")
    for node in (HQ, "employee:E4"):
        made = propose(desk, "dana", "impose", {"node": node, "digest": seen(desk, "dana", node)["digest"]})
        assert code(desk.approve(desk.person("dora"), made.json())) == (409, "role")
        assert agree(desk, "ferran", made).status_code == 200
        assert seen(desk, "dana", node)["state"] == "imposed"

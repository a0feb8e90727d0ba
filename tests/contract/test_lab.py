"""The lab: whoever looks at a cycle under other policies, definitions or weights sees what a fresh database loaded so would say (contract-cycle, 9).

Random agencies and alternatives are held against a second database and against ``tests.reference``, which knows nothing of the product's code;
over a running server page, API and command say the same.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import random
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import cycle as cycles
from app import intake, scoring
from app.kit.database import Database
from app.rules.grading import members
from app.scoring import ScoreQuery
from tests.contract import test_certifying as certifying
from tests.contract.desk import Setting, code
from tests.contract.test_cycles import PEOPLE, agree, opened, propose, to_stage
from tests.reference.agency import ReferenceAgency
from tests.reference.comparison import exact
from tests.reference.random_agency import CYCLE, random_agency, random_policies
from tests.reference.random_definitions import random_method
from tests.scenario import Scenario
from tests.soaking import seeds
from tests.web.api import deal

NOW = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
MEMBERS = ("final_score", "grade", "pay")

# ----------------------------------------------------------------------------------------- any agency, any alternative


def taken_in(url: str, folder: Path) -> Database:
    """A database that was loaded with a folder and its events."""
    database = Database(url)
    database.writing(
        "load_folder",
        lambda connection: intake.load_agency(
            connection, folder / "agency", definitions=folder / "definitions", at=NOW, by="test"
        ),
    )
    texts = [line for line in (folder / "events.ndjson").read_text(encoding="utf-8").split("\n") if line]
    arrivals = [intake.arrival_of_text(text) for text in texts]
    database.writing(
        "ingest", lambda connection: intake.take_in(connection, arrivals, at=NOW, door="ingest", sender="test")
    )
    return database


def another_policy(rng: random.Random, folder: Path) -> None:
    """Other policies, by another first month too."""
    policies = random_policies(rng, first_month=rng.choice([1, 1, 1, 4]))
    policies["minimum_days"] = rng.choice([10, 45, 120])
    (folder / "definitions" / "policies.yaml").write_text(yaml.safe_dump(policies), encoding="utf-8")


def other_definitions(rng: random.Random, folder: Path) -> None:
    """Some KPIs count from elsewhere, and are scored by the same methods with other parameters."""
    for file in sorted((folder / "definitions").glob("*_[0-9].yaml")):
        document = yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)
        if rng.random() < 0.5:
            continue
        plain = yaml.safe_load(file.read_text(encoding="utf-8"))
        plain["counts_from"] = rng.choice(["entered", "verified", "confirmed"])
        plain["method"] = random_method(rng, document["method"]["name"], document["direction"], CYCLE)
        file.write_text(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), encoding="utf-8")


def other_weights(rng: random.Random, folder: Path) -> list[dict[str, str]]:
    """Two lines of some scorecards change their weights; the rows that changed."""
    path = folder / "agency" / "scorecards.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    cards: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        if row["cycle"] == str(CYCLE):
            cards.setdefault(row["node"], []).append(row)
    changed = []
    for card in cards.values():
        if len(card) > 1 and rng.random() < 0.6:
            one, other = rng.sample(card, 2)
            one["weight"], other["weight"] = other["weight"], one["weight"]
            changed += [one, other]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return [{name: row[name] for name in ("node", "kpi", "weight")} for row in changed]


def figures(database: Database) -> dict[str, Any]:
    """What every node comes to: as grades and scores print it."""
    with database.read() as connection:
        people = cycles.propose_employee_grades(connection, cycle=CYCLE, today=NOW.date()).proposal
        units = cycles.propose_unit_grades(connection, cycle=CYCLE, today=NOW.date()).proposal
    told = {f"employee:{row['employee']}": row for row in map(members, people.rows)}
    for row in map(members, units.rows):
        told[f"unit:{row['unit']}"] = {"final_score": row["own_score"], "grade": row["grade"], "pay": None}
    return told


def assert_beside(items, before, after, close=0.0):
    """Every item is what both sides say, and who is no item has not moved."""
    by_node = {one["node"]: one for one in items}
    assert by_node.keys() <= before.keys() | after.keys()
    for node in before.keys() | after.keys():
        for side, figures_ in (("before", before), ("after", after)):
            if node not in by_node:
                continue
            for member in MEMBERS:
                got, want = by_node[node][member][side], figures_.get(node, {}).get(member)
                assert got == want or (close and abs(got - float(want)) < close), (node, member, side, got, want)
        if node not in by_node:
            one, other = before.get(node, {}), after.get(node, {})
            assert [one.get(name) for name in MEMBERS[1:]] == [other.get(name) for name in MEMBERS[1:]], node
            scores = [side.get("final_score") for side in (one, other)]
            assert (None in scores and scores[0] == scores[1]) or abs(float(scores[0]) - float(scores[1])) < 0.011, node


def spreads(cards):
    """How scores lie by method, from what scorecards print."""
    by_method: dict[str, list[Fraction]] = {}
    for card in cards:
        for line in card["lines"]:
            if line["score"] is not None:
                by_method.setdefault(line["method"], []).append(Fraction(line["score"]))
    told = {}
    for method, some in by_method.items():
        mean = sum(some) / len(some)
        variance = sum((one - mean) ** 2 for one in some) / len(some)
        told[method] = {
            "n": len(some),
            "mean": float(mean),
            "sd": float(variance) ** 0.5,
            "min": float(min(some)),
            "max": float(max(some)),
        }
    return told


@pytest.mark.parametrize("seed", seeds(2, 4, 7, 9, 13, 16))
def test_an_alternative_is_what_a_fresh_database_loaded_so_says(seed, engine, new_database, tmp_path):
    """Policies, definitions and weights, each alone and together; the second calculation says the same; the loaded ones move nobody."""
    rng = random.Random(seed)
    present, other = tmp_path / "present", tmp_path / "other"
    random_agency(seed, people=14, units=6, events=120, folder=present)
    shutil.copytree(present, other)
    another_policy(rng, other)
    if seed % 2:
        other_definitions(rng, other)
    weights = other_weights(rng, other) if seed % 3 else []
    database, fresh = taken_in(new_database(engine), present), taken_in(new_database(engine), other)
    before, after = figures(database), figures(fresh)

    def lab(**files):
        wish = intake.lab_wish_of_files(**files)
        with database.read() as connection:
            return intake.lab_result(connection, wish, of_cycle=CYCLE, today=NOW.date()).as_json(with_pay=True)

    same = lab(definitions=present / "definitions", weights=present / "agency" / "scorecards.csv")
    assert (same["items"], same["before"]) == ([], same["after"])
    whole = lab(
        policies=other / "definitions" / "policies.yaml",
        definitions=other / "definitions",
        weights=other / "agency" / "scorecards.csv",
    )
    assert whole["items"]
    assert_beside(whole["items"], before, after)
    file = tmp_path / "weights.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ["node", "kpi", "weight"])
        writer.writeheader()
        writer.writerows(weights)
    some = lab(definitions=other / "definitions", weights=file)
    assert some == whole

    reference = ReferenceAgency.read(
        other / "agency",
        other / "definitions",
        [json.loads(one) for one in (other / "events.ndjson").read_text(encoding="utf-8").split("\n") if one],
    )
    second = reference.grades_employees(CYCLE)
    theirs = {f"employee:{row['employee']}": row for row in second.rows}
    for item in whole["items"]:
        if item["node"].startswith("employee:"):
            row = theirs[item["node"]]
            assert (item["grade"]["after"], item["pay"]["after"]) == (row["grade"], row["pay"])
            got = item["final_score"]["after"]
            assert got == row["final_score"] or abs(exact(got) - exact(row["final_score"])) < Fraction(1, 10**6)
    assert whole["sum_pay"] == sum(row["pay"] or 0 for row in second.rows)
    assert {one["code"] for one in whole["broken"]} == set(second.broken)
    with fresh.read() as connection:
        cards = [card.as_json() for card in scoring.scorecards(connection, ScoreQuery(CYCLE, NOW.date()))]
    told = spreads(cards)
    assert whole["methods"].keys() == told.keys()
    for method, spread in told.items():
        assert whole["methods"][method] == pytest.approx(spread)
    for groups in (whole["groups"], whole["offices"]):
        assert sum(one["people"]["after"] for one in groups) == whole["after"]["graded"]
        assert sum(one["pay"]["after"] for one in groups) == whole["sum_pay"]
    database.close()
    fresh.close()


# ---------------------------------------------------------------------------------------------------- a running server

AGENCY = """
unit HQ agency
  unit EUR regional_hq
    unit VIE office
    unit PAR office
employee E1 VIE staff
employee E2 VIE head
employee E3 EUR head
employee E4 HQ head
employee E5 PAR staff
employee E6 HQ staff
employee E7 PAR staff
"""
EMIL = ("emil", "--role", "auditor")
SETTING = Setting(agency=AGENCY, people=(*PEOPLE.people, EMIL))
LAB = "/api/v1/cycles/2026/lab"
POLICIES: dict[str, Any] = {
    "blend": {"staff": {"unit": 20, "own": 80}},
    "groups": {"minimum": 2},
    "grades": [
        {"grade": "S", "share": 20, "rate": 150},
        {"grade": "A", "share": 20, "rate": 112.5},
        {"grade": "B", "share": 30, "rate": 100},
        {"grade": "C", "share": 20, "rate": 85},
        {"grade": "D", "share": 5, "rate": 66},
        {"grade": "E", "share": 5, "rate": 0},
    ],
    "minimum_days": 30,
    "pay": {"institution_grade": "A", "pool": 90_000_000},
}
WEIGHTS = [
    {"cycle": "2026", "node": "employee:E1", "kpi": "deals", "weight": "15"},
    {"cycle": "2026", "node": "employee:E1", "kpi": "consults", "weight": "5"},
]


@pytest.fixture
def desk(desks, engine, tmp_path):
    """An agency with some deals, and people of every role."""
    with desks.copy(engine, SETTING, tmp_path) as made:
        yield made


def record(desk, *numbers):
    """Deals of people, different in number."""
    file = desk.folder.parent / "events.ndjson"
    events = [deal(f"E{number}", f"T-{number}-{place}") for number in numbers for place in range(number)]
    file.write_text("".join(f"{json.dumps(one)}\n" for one in events), encoding="utf-8")
    desk.kopes("ingest", file, **desk.where)


def printed(desk, *options, status=0):
    return desk.kopes("lab", "--cycle", "2026", *options, **desk.where, status=status)


def grades(kopes, where):
    told = json.loads(kopes("grade", "--cycle", "2026", **where, status=None).out)
    units = json.loads(kopes("grade", "--cycle", "2026", "--of", "units", **where, status=None).out)
    return {f"employee:{row['employee']}": row for row in told} | {
        f"unit:{row['unit']}": {"final_score": row["own_score"], "grade": row["grade"], "pay": None} for row in units
    }


def test_command_and_api_say_what_a_fresh_database_grades(desk, kopes, new_database, engine, tmp_path):
    """Policies, a KPI and some weights: the same to the won; the loaded ones move nobody; nothing is kept but a row in the trail."""
    record(desk, 1, 2, 5, 6, 7)
    digest = desk.kopes("digest", **desk.where).out
    kpi = next(
        one
        for one in json.loads((desk.where["definitions"] / "kpis.yaml").read_text(encoding="utf-8"))["kpis"]
        if one["code"] == "deals"
    )
    document = {**kpi, "counts_from": "entered"}
    alternative = tmp_path / "alternative"
    alternative.mkdir()
    (alternative / "deals.yaml").write_text(json.dumps(document), encoding="utf-8")
    policies = tmp_path / "p.yaml"
    policies.write_text(json.dumps(POLICIES), encoding="utf-8")
    weights = tmp_path / "w.csv"
    rows = ["cycle,node,kpi,weight", *(",".join(row.values()) for row in WEIGHTS), ""]
    weights.write_text("\n".join(rows), encoding="utf-8")

    told = json.loads(printed(desk, "--policies", policies, "--definitions", alternative, "--weights", weights).out)
    dana = desk.person("dana")
    body = {"policies": POLICIES, "definitions": {"kpi:deals": document}, "weights": WEIGHTS}
    answer = dana.post(LAB, json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json() == told
    # A policy as the product hands it out has exact decimals as texts.
    handed_out = {**POLICIES, "grades": [one | {"rate": str(one["rate"])} for one in POLICIES["grades"]]}
    assert dana.post(LAB, json=body | {"policies": handed_out}).json() == told
    as_yaml = {"policies": json.dumps(POLICIES), "definitions": {"deals.yaml": json.dumps(document)}}
    assert dana.post(LAB, json=as_yaml | {"weights": WEIGHTS}).json() == told

    fresh = tmp_path / "fresh"
    shutil.copytree(desk.folder, fresh / "agency")
    shutil.copytree(desk.where["definitions"], fresh / "definitions")
    (fresh / "definitions" / "policies.yaml").write_text(json.dumps(POLICIES), encoding="utf-8")
    file = fresh / "definitions" / "kpis.yaml"
    kpis = json.loads(file.read_text(encoding="utf-8"))["kpis"]
    file.write_text(json.dumps({"kpis": [document if one["code"] == "deals" else one for one in kpis]}), "utf-8")
    scorecards = fresh / "agency" / "scorecards.csv"
    text = scorecards.read_text(encoding="utf-8")
    for row in WEIGHTS:
        before = f"2026,{row['node']},{row['kpi']},10,"
        assert before in text
        text = text.replace(before, f"2026,{row['node']},{row['kpi']},{row['weight']},")
    scorecards.write_text(text, encoding="utf-8")
    where = {"database": new_database(engine), "definitions": fresh / "definitions"}
    kopes("load", fresh / "agency", **where)
    kopes("ingest", desk.folder.parent / "events.ndjson", **where)
    before, after = grades(desk.kopes, desk.where), grades(kopes, where)
    assert {one["node"] for one in told["items"]} >= {"employee:E1", "employee:E7", "unit:VIE"}
    assert_beside(told["items"], before, after)
    assert told["sum_pay"] == sum(row["pay"] or 0 for row in after.values())
    assert told["before"]["sum_pay"] == sum(row["pay"] or 0 for row in before.values())
    scored = json.loads(kopes("score", "--cycle", "2026", **where).out)
    assert told["methods"] == {method: pytest.approx(one) for method, one in spreads(scored).items()}

    stored = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in desk.where["definitions"].iterdir()}
    assert dana.post(LAB, json={"definitions": stored}).json()["items"] == []
    assert dana.post(LAB, json={}).json()["items"] == []
    assert json.loads(printed(desk, "--weights", desk.folder / "scorecards.csv", "--live").out)["items"] == []
    assert desk.kopes("digest", **desk.where).out == digest
    assert grades(desk.kopes, desk.where) == before
    lines = list(csv.DictReader(printed(desk, "--policies", policies, "--format", "csv").out.splitlines()))
    assert {"node", "final_score_before", "pay_after"} <= lines[0].keys()
    trail = desk.person("emil").get("/trail", params={"deed": "try_policies"}).text
    assert trail.count(told["after"]["policies_sha256"]) >= 3


def test_what_a_load_refuses_is_refused_with_file_and_place(desk, tmp_path):
    """Documents by file and member, rows by their pointer; a sum that is not 100; unknown members; and a cycle that is not there."""
    dana = desk.person("dana")

    def wrong(**body):
        answer = dana.post(LAB, json=body)
        assert code(answer) == (422, "invalid"), answer.text
        return answer.json()["errors"]

    found = wrong(policies={"blend": {"staff": {"unit": 50, "own": 60}}})
    assert [one["file"] for one in found] == ["policies.yaml"]
    assert wrong(policies={"lunch": 1})[0]["field"] == "lunch"
    assert wrong(policies="grades: [")[0]["line"] == 1
    assert wrong(definitions={"deals": {"code": "deals", "name": {"en": "Deals"}}})[0]["file"] == "deals.yaml"
    row = {"node": "employee:E1", "kpi": "deals", "weight": "20"}
    assert [one["pointer"] for one in wrong(weights=[row])] == ["/weights/0/weight"]
    assert "/weights/0/node" in {one["pointer"] for one in wrong(weights=[row | {"node": "employee:E99"}])}
    assert wrong(weights=[row | {"lunch": "1"}])[0]["pointer"] == "/weights/0/lunch"
    assert wrong(weights=[row | {"weight": True}])[0]["pointer"] == "/weights/0/weight"
    assert wrong(weights=[{"kpi": "deals"}])[0]["pointer"] == "/weights/0/node"
    # Counted before anything is worked out: very many of nobody's take no longer than one; and a line that comes twice.
    many = wrong(weights=[row | {"node": f"employee:X{number}"} for number in range(20_000)])
    assert ({one["code"] for one in many}, many[0]["pointer"]) == ({"unknown_node"}, "/weights/0/node")
    assert [one["pointer"] for one in wrong(weights=[row, row])] == ["/weights/1/kpi"]
    assert [one["code"] for one in wrong(weights=[row | {"kpi": "lunch"}])] == ["unknown_kpi"]
    assert wrong(more=1)[0]["pointer"] == "/more"
    # A method that takes no target, and lines that have one.
    kpis = json.loads((desk.where["definitions"] / "kpis.yaml").read_text(encoding="utf-8"))["kpis"]
    deviating = {**kpis[0], "method": {"name": "deviation"}}
    assert "figure_not_used" in {one["code"] for one in wrong(definitions={"a": deviating})}
    for address in ("/api/v1/cycles/1999/lab", "/api/v1/cycles/99/lab"):
        assert dana.post(address, json={}).status_code == 404
    bad = tmp_path / "bad.yaml"
    bad.write_text("blend: {staff: {unit: 50, own: 60}}\n", encoding="utf-8")
    ran = printed(desk, "--policies", bad, status=1)
    assert f"{bad}:1: blend.staff" in ran.err
    table = tmp_path / "bad.csv"
    table.write_text("node,kpi,weight\nemployee:E1,deals,20\n", encoding="utf-8")
    assert f"{table}:2: weight" in printed(desk, "--weights", table, status=1).err


def test_hr_and_auditors_see_pay_executives_do_not_and_others_find_nothing(desk):
    """Members that one may not see are absent, not null; a key opens nothing here."""
    record(desk, 1, 5, 6)
    for name in ("dana", "emil"):
        told = desk.person(name).post(LAB, json={"policies": POLICIES}).json()
        assert told["sum_pay"] > 0
        assert told["items"][0]["pay"].keys() == {"before", "after"}
    told = desk.person("ferran").post(LAB, json={"policies": POLICIES})
    assert told.status_code == 200
    assert "pay" not in told.text
    for name in ("alba", "boram", "ada", "anna"):
        assert desk.person(name).post(LAB, json={}).status_code == 404, name
    assert desk.client().post(LAB, json={}).status_code == 401
    key = desk.kopes("key", "create", "reader", "--scope", "read", **desk.where).out.split()[-1]
    assert desk.client(Authorization=f"Bearer {key}").post(LAB, json={}).status_code == 403


def test_a_published_cycle_is_tried_by_what_it_goes_by_or_live_by_what_is_loaded(desk):
    """Policies that were loaded since move nobody before they are adopted; tried they move whom an amendment would; agreed lines hold."""
    record(desk, 1, 2, 5, 6, 7)
    opened(desk)
    to_stage(desk, "agreement")
    dana = desk.person("dana")
    card = dana.get("/api/v1/cycles/2026/scorecards/employee:E1").json()
    lines = [line | {"target": "2"} if line["kpi"] == "deals_austria" else line for line in card["lines"]]
    answer = desk.person("alba").put(
        "/api/v1/cycles/2026/scorecards/employee:E1",
        json={"lines": lines},
        headers={"If-Match": f'"{card["digest"]}"'},
    )
    digest = answer.json()["draft"]["digest"] if answer.json()["draft"] else answer.json()["digest"]
    for name, part in (("alba", "owner"), ("boram", "head")):
        body = {"digest": digest, "as": part}
        assert desk.person(name).post("/api/v1/cycles/2026/scorecards/employee:E1/sign", json=body).status_code == 200
    agreed = grades(desk.kopes, desk.where)
    weights = [WEIGHTS[0] | {"kpi": "deals_austria"}, WEIGHTS[1]]
    moved = dana.post(LAB, json={"weights": weights}).json()
    own = {one["node"]: one for one in moved["items"]}["employee:E1"]["final_score"]
    assert own["before"] == agreed["employee:E1"]["final_score"]
    assert own["after"] > own["before"]
    assert len({one["target"] for one in lines}) > 1

    policies = desk.where["definitions"] / "policies.yaml"
    policies.write_text(json.dumps(POLICIES), encoding="utf-8")
    desk.kopes("load", desk.folder, **desk.where)
    assert grades(desk.kopes, desk.where) == agreed
    assert dana.post(LAB, json={}).json()["items"] == []
    assert json.loads(printed(desk).out)["items"] == []
    tried = json.loads(printed(desk, "--policies", policies).out)
    assert tried["before"]["policies_sha256"] != tried["after"]["policies_sha256"]
    live = json.loads(printed(desk, "--live").out)
    assert (live["items"], live["before"]) == ([], tried["after"])
    made = propose(desk, "dana", "amend", {"policies": True})
    assert agree(desk, "ferran", made).status_code == 200
    adopted = grades(desk.kopes, desk.where)
    assert_beside(tried["items"], agreed, adopted)
    assert json.loads(printed(desk, "--policies", policies).out)["items"] == []


@pytest.fixture
def closed(desks, engine, tmp_path):
    """An agency whose cycle is certified."""
    with desks.copy(engine, certifying.SETTING, tmp_path) as made:
        certifying.running(made)
        certifying.certified(made)
        yield made


def test_a_certified_cycle_is_tried_by_its_cut_and_live_by_what_has_come_since(closed):
    """Late events and other rows move neither side by the cut: both are those of an agency that never had them; live both have them."""
    cut = grades(closed.kopes, closed.where)
    events = Scenario.read(certifying.AGENCY).events
    late = [one for number in range(9) for one in certifying.late(number)]
    certifying.ingest(closed, late)
    policies = closed.folder.parent / "p.yaml"
    policies.write_text(json.dumps(POLICIES | {"groups": {"minimum": 1}}), encoding="utf-8")
    weights = [
        {"node": "employee:E1", "kpi": "consults", "weight": "17.5"},
        {"node": "employee:E1", "kpi": "deals", "weight": "2.5"},
    ]
    dana = closed.person("dana")
    body = {"policies": policies.read_text(encoding="utf-8"), "weights": weights}
    told, live = dana.post(LAB, json=body).json(), dana.post(LAB, json=body | {"live": True}).json()
    assert dana.post(LAB, json={}).json()["items"] == []
    scorecards = closed.folder / "scorecards.csv"
    text = scorecards.read_text(encoding="utf-8")
    for row in weights:
        text = text.replace(f"2026,{row['node']},{row['kpi']},10,", f"2026,{row['node']},{row['kpi']},{row['weight']},")
    scorecards.write_text(text, encoding="utf-8")
    shutil.copy(policies, closed.where["definitions"] / "policies.yaml")
    for result, counted in ((told, events), (live, [*events, *late])):
        with certifying.never_opened(closed, counted) as where:
            after = grades(closed.kopes, where)
        shutil.rmtree(closed.folder.parent / "beside")
        assert result["sum_pay"] == sum(row["pay"] or 0 for row in after.values())
        by_node = {one["node"]: one for one in result["items"]}
        assert "employee:E1" in by_node
        for node, one in by_node.items():
            assert {name: one[name]["after"] for name in MEMBERS} == {name: after[node][name] for name in MEMBERS}
    for one in told["items"]:
        assert one["final_score"]["before"] == cut[one["node"]]["final_score"]
    assert told["items"] != live["items"]

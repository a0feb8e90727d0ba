"""Lines that people rate, on a running server (contract-cycle, 5): who rates, what counts, who is told what.

Every scorecard has the KPI `consults`, which activities make, and `leadership`, which people rate. What scores come to is worked out a second time
by :mod:`tests.reference`, from a folder whose ratings.csv has the grades that ought to count.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

from tests.contract.desk import WHY, Setting, code
from tests.contract.test_check_ins import readings
from tests.contract.test_cycles import AGENCY, PEOPLE, agree, opened, propose, to_stage
from tests.reference.agency import ReferenceAgency
from tests.reference.comparison import differences_of_grades, differences_of_scorecards
from tests.scenario import event_of

CHAE = ("chae", "--role", "employee", "--employee", "E3")
GASTON = ("gaston", "--role", "employee", "--employee", "E4")
JIHO = ("jiho", "--role", "employee", "--employee", "E6")
EMIL = ("emil", "--role", "auditor")
NOW = "2026-11-24T09:00:00Z"
SETTING = Setting(agency=AGENCY, people=(*PEOPLE.people, CHAE, GASTON, JIHO, EMIL), now=NOW)
ALBA, BORAM = "employee:E1", "employee:E2"
VIENNA, EUROPE, HQ = "unit:VIE", "unit:EUR", "unit:HQ"
NODES = (HQ, EUROPE, VIENNA, *(f"employee:E{number}" for number in (1, 2, 3, 4, 6, 8, 9)))
EVENTS = [
    event_of("2026-03-04 consult C-1 E1"),
    event_of("2026-04-04 consult C-2 E1"),
    event_of("2026-05-04 consult C-3 E6"),
]


def written(desk, *, minimum=None):
    """The agency's folder and definitions with a KPI that is rated, loaded; and what activities there are."""
    kpis = json.loads((desk.folder.parent / "definitions" / "kpis.yaml").read_text(encoding="utf-8"))
    (like,) = [one for one in kpis["kpis"] if one["code"] == "consults"]
    rated = like | {"code": "leadership", "measure": {"aggregate": "rating"}, "method": {"name": "qualitative"}}
    definitions = desk.folder.parent / "definitions"
    (definitions / "kpis.yaml").write_text(json.dumps({"kpis": [like, rated]}), encoding="utf-8")
    policies = {} if minimum is None else {"ratings": {"minimum": minimum}}
    (definitions / "policies.yaml").write_text(json.dumps(policies), encoding="utf-8")
    header = "cycle,node,kpi,weight,area,link,parent_node,parent_kpi,base,high,low,target,coefficient"
    rows = [
        row
        for node in NODES
        for row in (f"2026,{node},consults,40,,unique,,,,,,10,", f"2026,{node},leadership,60,,unique,,,,,,,")
    ]
    (desk.folder / "scorecards.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    in_file(desk, {ALBA: {"R1": "E0"}, VIENNA: {"R1": "B0", "R2": "A0"}})
    desk.kopes("load", desk.folder, **desk.where)
    events = desk.folder.parent / "events.ndjson"
    events.write_text("".join(json.dumps(one) + "\n" for one in EVENTS), encoding="utf-8")
    desk.kopes("ingest", events, **desk.where)


def in_file(desk, grades):
    """Write ratings.csv."""
    rows = [f"2026,{node},leadership,{rater},{one}" for node, some in grades.items() for rater, one in some.items()]
    text = "\n".join(["cycle,node,kpi,rater,grade", *rows, ""])
    (desk.folder / "ratings.csv").write_text(text, encoding="utf-8")


@pytest.fixture
def desk(desks, engine, tmp_path):
    """Heads at every level with accounts, and an auditor; the KPI is loaded, the cycle not opened."""
    with desks.copy(engine, SETTING, tmp_path) as made:
        written(made)
        yield made


def address(node, kpi="leadership"):
    return f"/api/v1/cycles/2026/ratings/{node}/{kpi}"


def put(desk, name, node, grade, *, final=True, text="Seen in three meetings."):
    return desk.person(name).put(address(node), json={"grade": grade, "text": text, "final": final})


def got(desk, name, node):
    return desk.person(name).get(address(node))


def decided(desk, kind, content, approver="anna"):
    """A decision about ratings, proposed by hr and agreed to by the approver."""
    made = propose(desk, "dana", kind, content)
    done = agree(desk, approver, made)
    assert done.status_code == 200, done.text
    return made.json()


def raters(desk, node, *numbers):
    return decided(desk, "raters", {"node": node, "kpi": "leadership", "raters": list(numbers)})


def reopened(desk, node, rater):
    return decided(desk, "reopen_rating", {"node": node, "kpi": "leadership", "rater": rater})


def same_as(desk, grades):
    """What the commands print is what a second calculation makes of the grades that ought to count."""
    in_file(desk, grades)
    reference = ReferenceAgency.read(desk.folder, desk.folder.parent / "definitions", EVENTS)
    today = dt.date(2026, 11, 24)
    printed = json.loads(desk.kopes("score", "--cycle", "2026", "--format", "json", **desk.where).out)
    expected = reference.scores(2026, today=today)
    assert differences_of_scorecards(printed, expected, leave_out=["cycle", "as_of", "basis"]) == []
    graded = json.loads(desk.kopes("grade", "--cycle", "2026", "--format", "json", **desk.where, status=None).out)
    assert differences_of_grades(graded, reference.grades_employees(2026).rows, key="employee") == []
    shown = {one["node"]: one for one in desk.person("dana").get("/api/v1/scorecards?cycle=2026").json()["items"]}
    assert differences_of_scorecards(list(shown.values()), expected, leave_out=["cycle", "as_of", "basis"]) == []


def test_only_final_grades_count_and_they_go_before_the_file(desk):
    """A draft moves nothing and may be changed; a final grade counts alone and is not changed but by two people."""
    folder = {ALBA: {"R1": "E0"}, VIENNA: {"R1": "B0", "R2": "A0"}}
    same_as(desk, folder)
    assert put(desk, "boram", ALBA, "A0").status_code == 404
    opened(desk)
    digest = desk.kopes("digest", **desk.where).out
    same_as(desk, folder)
    for grade, final in (("A0", False), (None, False), ("B+", False)):
        answer = put(desk, "boram", ALBA, grade, final=final)
        assert answer.status_code == 200, answer.text
    told = got(desk, "boram", ALBA).json()
    assert [(one["grade"], one["final"]) for one in told["ratings"]] == [("B+", False)]
    assert told["due"] is True
    same_as(desk, folder)
    for wrong in ({"grade": "A"}, {"grade": None}, {"grade": "B+", "more": 1}, {"grade": 90}, {"grade": "b+"}):
        body = {"grade": "B+", "text": "", "final": True} | wrong
        assert desk.person("boram").put(address(ALBA), json=body).status_code == 422, wrong

    assert put(desk, "boram", ALBA, "B+").json()["ratings"][0]["final"] is True
    same_as(desk, folder | {ALBA: {"E2": "B+"}})
    assert code(put(desk, "boram", ALBA, "A+")) == (409, "final")
    assert code(put(desk, "boram", ALBA, "A+", final=False)) == (409, "final")
    assert put(desk, "boram", ALBA, "B+").status_code == 200
    to_stage(desk, "agreement")
    # What is loaded now says nothing of that line any more; of others it does.
    in_file(desk, {ALBA: {"R1": "A+"}, VIENNA: {"R1": "E0"}})
    desk.kopes("load", desk.folder, **desk.where)
    same_as(desk, {ALBA: {"E2": "B+"}, VIENNA: {"R1": "E0"}})

    content = {"node": ALBA, "kpi": "leadership", "rater": "E2"}
    assert code(propose(desk, "boram", "reopen_rating", content)) == (409, "role")
    assert code(propose(desk, "dana", "reopen_rating", content | {"rater": "E3"})) == (409, "not_final")
    made = propose(desk, "dana", "reopen_rating", content)
    moved = desk.person("dana").get(f"/api/v1/decisions/{made.json()['id']}/effects").json()["items"]
    assert {(one["node"], one["member"]): (one["before"], one["after"]) for one in moved}[ALBA, "score:leadership"] == (
        80,
        100,
    )
    assert code(desk.approve(desk.person("dora"), made.json())) == (409, "role")
    assert agree(desk, "anna", made).status_code == 200
    same_as(desk, {ALBA: {"R1": "A+"}, VIENNA: {"R1": "E0"}})
    assert [(one["grade"], one["final"]) for one in got(desk, "boram", ALBA).json()["ratings"]] == [("B+", False)]
    assert put(desk, "boram", ALBA, "C").status_code == 200
    same_as(desk, {ALBA: {"E2": "C"}, VIENNA: {"R1": "E0"}})
    explained = desk.kopes("explain", ALBA, "leadership", "--cycle", "2026", **desk.where).out
    assert "Grades of raters: 1, from C to C; actual = the mean of their points = 60." in explained
    in_file(desk, {ALBA: {"R1": "E0"}, VIENNA: {"R1": "B0", "R2": "A0"}})
    desk.kopes("load", desk.folder, **desk.where)
    assert desk.kopes("digest", **desk.where).out == digest


def test_appointed_raters_rate_alone_and_nobody_in_their_own_case(desk):
    """Whoever is appointed rates, from wherever; people of a rated unit and the rated themself never do; a unit's is the next head's above."""
    opened(desk)
    for name, node, answer in (
        ("alba", ALBA, (409, "own_case")),
        ("boram", VIENNA, (409, "own_case")),
        ("alba", VIENNA, (409, "own_case")),
        ("gaston", ALBA, (409, "role")),
        ("ferran", ALBA, (409, "role")),
        ("dana", ALBA, (409, "role")),
        ("jiho", ALBA, (404, "not_there")),
        ("ada", ALBA, (404, "not_there")),
        ("anna", ALBA, (404, "not_there")),
    ):
        assert code(put(desk, name, node, "A0")) == answer, (name, node)
    assert put(desk, "chae", VIENNA, "A0").status_code == 200
    assert put(desk, "chae", BORAM, "B0").status_code == 200
    assert put(desk, "dana", HQ, "C").status_code == 200
    same_as(desk, {ALBA: {"R1": "E0"}, VIENNA: {"E3": "A0"}, BORAM: {"E3": "B0"}, HQ: {"hr": "C"}})

    content = {"node": ALBA, "kpi": "leadership", "raters": ["E3", "E6"]}
    cannot_be: tuple[dict[str, object], ...] = (
        {"raters": []},
        {"raters": ["E3", "E3"]},
        {"raters": ["E77"]},
        {"kpi": "consults"},
        {"node": "unit:X"},
    )
    for wrong in cannot_be:
        assert code(propose(desk, "dana", "raters", content | wrong)) == (422, "invalid"), wrong
    assert code(propose(desk, "dana", "raters", content | {"raters": ["E1", "E3"]})) == (409, "own_case")
    assert code(propose(desk, "dana", "raters", content | {"node": VIENNA, "raters": ["E2"]})) == (409, "own_case")
    assert code(propose(desk, "chae", "raters", content)) == (409, "role")
    kim = desk.person("kim", "--role", "hr", "--employee", "E8")
    wish = {
        "kind": "raters",
        "cycle": "2026",
        "content": content | {"node": "employee:E8", "raters": ["E3"]},
        "reason": WHY,
    }
    assert code(kim.post("/api/v1/decisions", json=wish)) == (409, "own_case")
    made = raters(desk, ALBA, "E3", "E6")
    # Once appointed they count alone: there is no grade before one of them has given it.
    others = {VIENNA: {"E3": "A0"}, BORAM: {"E3": "B0"}, HQ: {"hr": "C"}}
    same_as(desk, others)
    assert code(put(desk, "boram", ALBA, "A+")) == (409, "role")
    assert put(desk, "jiho", ALBA, "A+").status_code == 200
    same_as(desk, others | {ALBA: {"E6": "A+"}})
    assert put(desk, "chae", ALBA, "B+").status_code == 200
    same_as(desk, others | {ALBA: {"E6": "A+", "E3": "B+"}})
    raters(desk, ALBA, "E3")
    same_as(desk, others | {ALBA: {"E3": "B+"}})
    # Who rates is told to nobody but hr, approver and auditor.
    for name, status in (("dana", 200), ("anna", 200), ("emil", 200), ("alba", 404), ("boram", 404), ("ferran", 404)):
        answer = desk.person(name).get(f"/api/v1/decisions/{made['id']}")
        assert answer.status_code == status, name
        listed = desk.person(name).get("/api/v1/decisions?kind=raters").json()["items"]
        assert (made["id"] in [one["id"] for one in listed]) == (status == 200), name


def test_an_e_mail_of_an_appointed_rater_takes_two(desk):
    """Whoever has it has the account, and gives the grade: hr does not come by that alone."""
    opened(desk)
    raters(desk, ALBA, "E3", "E6")
    desk.take_over("employees.csv")
    dana = desk.person("dana")
    rows = dana.get("/api/v1/files/employees.csv?limit=100").raise_for_status().json()["items"]
    states = {}
    for row in rows:
        if row["number"] in {"E1", "E6"}:
            change = desk.begin()
            moved = {name: "" if value is None else str(value) for name, value in row.items()}
            moved["email"] = f"{row['number']}@elsewhere.example"
            dana.put(f"{change}/rows/employees.csv", json={"set": [moved]}).raise_for_status()
            states[row["number"]] = dana.post(f"{change}/submit", json={}).raise_for_status().json()["state"]
    assert states == {"E1": "applied", "E6": "submitted"}


def test_the_rated_are_told_nothing_before_they_are_notified_and_raters_their_own_alone(desk):
    """HR and auditors see every grade with its rater; a rater their own; the rated, and whoever is none of these, find nothing."""
    opened(desk)
    raters(desk, ALBA, "E3", "E6")
    assert put(desk, "jiho", ALBA, "A+", text="Very good.").status_code == 200
    assert put(desk, "chae", ALBA, "E0", text="Not at all.").status_code == 200
    for name in ("dana", "emil"):
        told = got(desk, name, ALBA).json()
        assert [(one["rater"], one["grade"]) for one in told["ratings"]] == [("E3", "E0"), ("E6", "A+")]
        assert (told["n"], told["mean"], told["range"], told["appointed"]) == (2, 60, ["E0", "A+"], True)
    told = got(desk, "jiho", ALBA).json()
    assert [(one["rater"], one["text"]) for one in told["ratings"]] == [("E6", "Very good.")]
    assert "mean" not in told
    for name in ("alba", "boram", "gaston", "ferran", "ada", "anna"):
        assert code(got(desk, name, ALBA)) == (404, "not_there"), name
    for name in ("alba", "boram"):
        text = desk.person(name).get(f"/api/v1/explain/{ALBA}/leadership?cycle=2026").text
        assert "told with the results" in text
        assert "from E0 to A+" not in text
    told = desk.person("dana").get(f"/api/v1/explain/{ALBA}/leadership?cycle=2026").text
    assert "Grades of raters: 2, from E0 to A+; actual = the mean of their points = 60." in told

    assert put(desk, "chae", BORAM, "B0").status_code == 200
    raters(desk, BORAM, "E3", "E6", "E4")
    assert put(desk, "jiho", BORAM, "B+").status_code == 200
    spread = {one["rater"]: one for one in desk.person("emil").get("/api/v1/cycles/2026/raters").json()["items"]}
    assert ("raters", len(spread)) in {(what, rows) for what, _, rows in readings(desk)}
    assert spread["E6"] == {"rater": "E6", "n": 2, "mean": 90, "others_mean": 45, "difference": 45}
    assert spread["E3"] == {"rater": "E3", "n": 2, "mean": 45, "others_mean": 90, "difference": -45}
    # Vienna's two raters are those of the file.
    assert (spread["R1"]["mean"], spread["R1"]["others_mean"]) == (70, 90)
    for name in ("alba", "boram", "jiho", "ferran", "ada", "anna"):
        assert desk.person(name).get("/api/v1/cycles/2026/raters").status_code == 404, name
    assert [one["node"] for one in desk.person("jiho").get("/api/v1/cycles/2026/ratings").json()["items"]] == [
        ALBA,
        BORAM,
    ]
    assert desk.person("alba").get("/api/v1/cycles/2026/ratings").status_code == 404


@pytest.fixture
def strict(desks, engine, tmp_path):
    """The same agency with a policy that asks for two raters."""
    with desks.copy(engine, replace(SETTING, now="2026-11-24T09:00:01Z"), tmp_path) as made:
        written(made, minimum=2)
        yield made


def test_fewer_raters_than_the_policy_asks_for_are_no_rating(strict):
    """The file's rows are none of the application's: they count whatever the policy says. Stand-ins rate for whom they stand in."""
    opened(strict)
    vienna = {VIENNA: {"R1": "B0", "R2": "A0"}}
    assert put(strict, "boram", ALBA, "A0").status_code == 200
    same_as(strict, vienna)
    raters(strict, ALBA, "E2", "E4")
    standing_in = {"from": "E4", "to": "E6", "functions": ["rate"], "from_day": "2026-11-01", "to_day": "2026-12-31"}
    made = strict.person("gaston").post("/api/v1/delegations", json=standing_in | {"reason": "Away on business."})
    assert made.status_code == 201, made.text
    answer = put(strict, "jiho", ALBA, "B0")
    assert answer.status_code == 200, answer.text
    (one,) = answer.json()["ratings"]
    assert (one["rater"], one["person"], one["for"]) == ("E4", "E6", "E4")
    same_as(strict, vienna | {ALBA: {"E2": "A0", "E4": "B0"}})
    # Nobody rates by another what they could not rate themself.
    standing_in = {"from": "E2", "to": "E1", "functions": ["rate"], "from_day": "2026-11-01", "to_day": "2026-12-31"}
    made = strict.person("boram").post("/api/v1/delegations", json=standing_in | {"reason": "Away on business."})
    assert made.status_code == 201, made.text
    assert code(put(strict, "alba", ALBA, "A+")) == (409, "own_case")

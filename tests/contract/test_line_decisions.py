"""Decisions about lines of an opened cycle on a running server: who makes which, in which order they hold, what they move (contract-cycle, 5).

All figures are held against the second calculation of ``tests.reference``, which knows nothing of the product's code.
"""

from __future__ import annotations

import csv
import json
import random
import re
from dataclasses import replace
from fractions import Fraction

import pytest

from tests.contract import test_certifying as certifying
from tests.contract.desk import DANA, FERRAN, Desk, code
from tests.contract.test_agreements import SETTING
from tests.contract.test_cycles import agree, opened, propose, to_stage
from tests.reference.agency import ReferenceAgency
from tests.reference.comparison import differences_of_grades, differences_of_scorecards, exact
from tests.reference.figures import is_outlier
from tests.reference.folder import read_folder
from tests.reference.random_agency import random_agency
from tests.reference.scorecards import LineDecided
from tests.soaking import seeds

CYCLE = "2026"
NOW = "2026-11-24T12:00:00Z"
ALBA, BORAM, VIENNA, EUROPE = "employee:E1", "employee:E2", "unit:VIE", "unit:EUR"


@pytest.fixture
def desk(desks, engine, tmp_path):
    """Heads at every level with accounts."""
    with desks.copy(engine, replace(SETTING, now=NOW), tmp_path) as made:
        yield made


def decide(desk, kind, content, maker="dana", approver="anna"):
    """A decision that two people agree on; its number."""
    done = agree(desk, approver, propose(desk, maker, kind, content))
    assert done.status_code == 200, done.text
    assert done.json()["state"] == "approved"
    return done.json()["id"]


def scores(desk, *words):
    """Every scorecard, by node."""
    return json.loads(desk.kopes("score", "--cycle", CYCLE, *words, **desk.where).out)


def card_of(desk, node):
    """A scorecard over the API."""
    answer = desk.person("dana").get(f"/api/v1/scorecards/{node}?cycle={CYCLE}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def line_of(desk, node, kpi):
    """A line of it."""
    return next(one for one in card_of(desk, node)["lines"] if one["kpi"] == kpi)


def grades(desk):
    """What the command proposes."""
    return json.loads(desk.kopes("grade", "--cycle", CYCLE, status=None, **desk.where).out)


def override(node, kpi, member, value, cause):
    """The content of one."""
    return {"node": node, "kpi": kpi, "member": member, "value": value, "cause": cause}


def errors(answer):
    """What is wrong, and where."""
    assert answer.status_code == 422, answer.text
    return [(one["code"], one["pointer"]) for one in answer.json()["errors"]]


def refusal(answer):
    """Its status alone where nothing is there, else with the code."""
    return 404 if answer.status_code == 404 else code(answer)


def test_lines_are_decided_about_by_hr_or_their_head_and_an_approver(desk):
    """Employees and other heads do not; who does not see a node finds nothing there; nobody agrees to their own."""
    content = override(ALBA, "deals", "actual", "4", "flood")
    assert code(propose(desk, "dana", "override", content)) == (409, "not_opened")
    opened(desk)
    assert code(propose(desk, "alba", "override", content)) == (409, "role")
    for name, node, answer in (
        ("chae", ALBA, (409, "role")),
        ("boram", "employee:E6", 404),
        ("boram", VIENNA, (409, "own_case")),
        ("boram", BORAM, (409, "own_case")),
        ("ferran", ALBA, (409, "role")),
    ):
        assert refusal(propose(desk, name, "override", content | {"node": node})) == answer, (name, node)
    made = propose(desk, "boram", "override", content)
    assert made.status_code == 201, made.text
    assert (made.json()["may_approve"], made.json()["round"], made.json()["effects"]["count"] > 0) == (
        ["approver"],
        1,
        True,
    )
    number = made.json()["id"]
    for name, answer in (("dana", (409, "role")), ("ferran", (409, "role")), ("alba", (409, "role")), ("jiho", 404)):
        done = desk.person(name).post(f"/api/v1/decisions/{number}/approve", json={"digest": made.json()["digest"]})
        assert refusal(done) == answer, name
    # Whoever sees the node sees the decision with its reason; another head does not.
    for name, status in (("alba", 200), ("chae", 200), ("gaston", 200), ("jiho", 404), ("dana", 200)):
        assert desk.person(name).get(f"/api/v1/decisions/{number}").status_code == status, name
    assert "decisions" not in line_of(desk, ALBA, "deals")
    assert agree(desk, "anna", made).status_code == 200
    line = line_of(desk, ALBA, "deals")
    assert (line["actual"], line["score"], line["decisions"]) == ("4", pytest.approx(52), [number])
    assert (line["projected_actual"], line["projected_score"]) == (None, None)
    _counts_as_it_stands(desk, line)
    assert line["computed"] == {"actual": "0", "score": 20}
    other = next(one for one in card_of(desk, ALBA)["lines"] if one["kpi"] != "deals")
    assert (other["decisions"], other["computed"]) == ([], {"actual": other["actual"], "score": other["score"]})
    # So in files: beside what holds what was computed, and by which decision.
    printed = desk.kopes("score", "--cycle", "2026", "--node", ALBA, "--format", "csv", **desk.where).out
    told = {one["kpi"]: one for one in csv.DictReader(printed.splitlines())}
    members = ("actual", "score", "computed_actual", "computed_score", "decisions")
    assert [told["deals"][name] for name in members] == ["4", str(line["score"]), "0", "20.0", str(number)]
    assert (told[other["kpi"]]["computed_actual"], told[other["kpi"]]["decisions"]) == (other["actual"] or "", "")
    page = f"/scorecards/{ALBA}?cycle=2026"
    token = desk.person("alba").get(page).text.split('name="csrf_token" value="')[1].split('"')[0]
    kept = desk.person("alba").post(page, data={"csrf_token": token, "format": "csv"})
    row = next(one for one in csv.DictReader(kept.text.lstrip("\ufeff").splitlines()) if one["KPI code"] == "deals")
    of_decisions = ("Actual", "Actual as computed", "Score as computed", "Decisions about the line")
    assert [row[name] for name in of_decisions] == ["4", "0", "20.00", str(number)]
    # Neither the unit's line nor anybody else's moves.
    assert line_of(desk, VIENNA, "deals")["actual"] == "0"


def _counts_as_it_stands(desk, decided):
    """Where the year leads to is made of the line's score as it was decided and of what the others lead to; API, page and People say so."""
    card, unit = card_of(desk, ALBA), card_of(desk, VIENNA)
    ahead = {one["kpi"]: one["projected_score"] for one in card["lines"]} | {decided["kpi"]: decided["score"]}
    counted = [(ahead[one["kpi"]], one["weight"]) for one in card["lines"] if one["score"] is not None]
    own = sum(score * weight for score, weight in counted) / sum(weight for _, weight in counted)
    page = desk.person("alba").get(f"/scorecards/{ALBA}?cycle=2026").text
    said = page.split('id="blend-ahead">')[1].split("</p>")[0]
    shares = [int(one) for one in re.findall(r"(\d+)\s% ×", said)]
    assert sum(shares) == 100, said
    leads = (shares[0] * own + shares[1] * unit["projected_score"]) / 100
    assert card["projected_score"] == pytest.approx(leads)
    assert card["projected_score"] != pytest.approx(unit["projected_score"])
    assert [f"{one:.2f}" for one in (own, unit["projected_score"], leads)] == re.findall(r"\d+\.\d\d", said), said
    # The band at the top is the one from which the way to the next is told.
    band = page.split('id="projected-score"')[1].split('class="band band-')[1][0]
    above = "SABCDE"["SABCDE".index(band) - 1]
    assert f"band {above}" in page.split('id="lift"')[1].split("</h2>")[0], band
    people = desk.person("dana").get("/people?cycle=2026").text
    assert f"{leads:.2f}" in people.split(f"/scorecards/{ALBA}")[1].split("</tr>")[0]


def test_what_a_line_does_not_take_is_told_at_its_member(desk):
    """A figure that the method has not, a year that is no outlier, a cause that is no code, a line that is not there."""
    opened(desk)
    content = override(ALBA, "deals", "actual", "4", "flood")
    for change, wrong in (
        ({"member": "high"}, ("figure_not_used", "/content/member")),
        ({"member": "sigma"}, ("unknown_figure", "/content/member")),
        ({"value": "four"}, ("no_figure", "/content/value")),
        ({"value": 4}, ("no_figure", "/content/value")),
        ({"member": "target", "value": "0"}, ("not_above_0", "/content/value")),
        ({"cause": "a flood"}, ("no_cause", "/content/cause")),
        ({"kpi": "none"}, ("no_line", "/content/kpi")),
        ({"node": "E1"}, ("unknown_node", "/content/node")),
        ({"why": "x"}, ("unknown_member", "/content/why")),
    ):
        assert errors(propose(desk, "dana", "override", content | change)) == [wrong], change
    assert propose(desk, "dana", "override", content | {"node": "employee:E99"}).status_code == 404
    year = {"node": ALBA, "kpi": "deals", "year": 2024, "cause": "flood"}
    assert errors(propose(desk, "dana", "exclude_year", year)) == [("no_exclusions", "/content/kpi")]
    assert propose(desk, "dana", "lift", {"decision": 1}).status_code == 404


def test_zero_goes_before_drop_and_drop_before_figures_and_what_is_lifted_gives_way(desk):
    """Of one member the latest holds; the same cause is adjusted for once; a lifted one counts as if it had never been."""
    opened(desk)
    before = scores(desk)
    first = decide(desk, "override", override(ALBA, "deals", "actual", "4", "flood"))
    assert code(propose(desk, "dana", "override", override(ALBA, "deals", "target", "8", "flood"))) == (
        409,
        "adjusted_already",
    )
    second = decide(desk, "override", override(ALBA, "deals", "actual", "6", "strike"))
    assert (line_of(desk, ALBA, "deals")["actual"], line_of(desk, ALBA, "deals")["decisions"]) == ("6", [first, second])
    target = decide(desk, "override", override(ALBA, "deals", "target", "8", "quake"))
    line = line_of(desk, ALBA, "deals")
    assert [exact(line["target"]), line["score"]] == [8, pytest.approx(80)]
    drop = decide(desk, "drop", {"node": ALBA, "kpi": "deals", "cause": "unmeasured"})
    line = line_of(desk, ALBA, "deals")
    assert (line["score"], line["reason"], line["target"], line["actual"]) == (None, "dropped", None, "6")
    zero = decide(desk, "zero", {"node": ALBA, "kpi": "deals", "cause": "forged"})
    line = line_of(desk, ALBA, "deals")
    assert (line["score"], line["reason"], line["points"], line["projected_score"]) == (0, None, 0, 0)
    assert line["decisions"] == [first, second, target, drop, zero]
    # The derivation names each, with its reason, its cause and both people.
    steps = desk.person("dana").get(f"/api/v1/explain/{ALBA}/deals?cycle={CYCLE}").json()["steps"]
    assert [one["code"] for one in steps].count("decided_by") == 5
    told = " ".join(one["text"] for one in steps)
    assert all(
        word in told for word in ("forged", "Agreed in the meeting", "dana@agency.example", "anna@agency.example")
    )
    assert "Without what was decided, its actual would be 0 and its score 20." in told

    for number, score in ((zero, None), (drop, 80), (target, 68), (second, 52), (first, 20)):
        decide(desk, "lift", {"decision": number})
        assert line_of(desk, ALBA, "deals")["score"] == (None if score is None else pytest.approx(score))
        assert code(propose(desk, "dana", "lift", {"decision": number})) == (409, "lifted_already")
    plain = [
        card
        | {"lines": [{k: v for k, v in one.items() if k not in {"computed", "decisions"}} for one in card["lines"]]}
        for card in scores(desk)
    ]
    assert plain == before
    decide(desk, "override", override(ALBA, "deals", "actual", "4", "flood"))
    # Two of the same cause that wait: the second finds the first.
    one, other = (propose(desk, "dana", "drop", {"node": BORAM, "kpi": "deals", "cause": "flood"}) for _ in range(2))
    assert agree(desk, "anna", one).status_code == 200
    assert code(agree(desk, "anna", other)) == (409, "adjusted_already")


def test_decisions_hold_before_agreement_and_after_it_and_in_every_process(desk):
    """In draft as in running, for the command as for the server; the digest knows nothing of them."""
    opened(desk)
    digest = desk.kopes("digest", **desk.where).out
    decide(desk, "zero", {"node": ALBA, "kpi": "deals"}, maker="boram")
    to_stage(desk, "agreement")
    line = next(one for card in scores(desk, "--node", ALBA) for one in card["lines"] if one["kpi"] == "deals")
    assert (line["score"], line["computed"]["score"]) == (0, 20)
    assert desk.kopes("digest", **desk.where).out == digest
    card = desk.person("dana").get(f"/api/v1/cycles/{CYCLE}/scorecards/{ALBA}").json()
    assert {one["target"] for one in card["lines"]} == {"10"}
    told = desk.kopes("explain", ALBA, "deals", "--cycle", CYCLE, **desk.where).out
    assert "it scores 0, whatever the actual" in told
    desk.kopes("reconcile", **desk.where)


def test_bonus_points_add_to_promotion_points_up_to_the_policys_most(desk):
    """Granted by hr and an approver for one of the policy's grounds; together at most bonus_max; no score moves."""
    opened(desk)
    before = {one["employee"]: one for one in grades(desk)}
    content = {"employee": "E1", "points": "3.25", "ground": "language"}
    assert code(propose(desk, "boram", "bonus", content)) == (409, "role")
    for change, wrong in (
        ({"points": "0"}, ("no_points", "/content/points")),
        ({"points": 1}, ("no_points", "/content/points")),
        ({"ground": " "}, ("no_ground", "/content/ground")),
        ({"employee": 7}, ("unknown_person", "/content/employee")),
    ):
        assert errors(propose(desk, "dana", "bonus", content | change)) == [wrong], change
    assert propose(desk, "dana", "bonus", content | {"employee": "E99"}).status_code == 404
    one, other = propose(desk, "dana", "bonus", content), propose(desk, "dana", "bonus", content)
    assert agree(desk, "anna", one).status_code == 200
    assert code(agree(desk, "anna", other)) == (409, "bonus_max")
    assert code(propose(desk, "dana", "bonus", content | {"points": "1.76"})) == (409, "bonus_max")
    decide(desk, "bonus", content | {"points": "1.75", "ground": "posting"})
    after = {one["employee"]: one for one in grades(desk)}
    assert after["E1"]["promotion_points"] == pytest.approx(before["E1"]["promotion_points"] + 5)
    assert {name: row for name, row in after.items() if name != "E1"} == {n: r for n, r in before.items() if n != "E1"}
    assert after["E1"] | {"promotion_points": 0} == before["E1"] | {"promotion_points": 0}
    # The person reads of it, with the reason.
    told = desk.person("alba").get("/api/v1/decisions?kind=bonus").json()["items"]
    assert [item["content"]["points"] for item in told] == ["1.75", "3.25", "3.25"]


@pytest.fixture
def after_the_year(desks, engine, tmp_path):
    """An agency after the cycle's end, whose cycle can be certified."""
    with desks.copy(engine, certifying.SETTING, tmp_path) as made:
        yield made


def test_lines_of_a_certified_cycle_are_decided_about_over_its_cut(after_the_year):
    """Not while that waits; then effects are signed, late events neither void nor move anything, and no bonus points are granted any more."""
    desk = after_the_year
    certifying.running(desk)
    first = decide(desk, "override", override(ALBA, "deals", "actual", "4", "flood"))
    certify = propose(desk, "dana", "certify", certifying.ACCEPTED)
    other = override(BORAM, "consults", "actual", "5", "quake")
    bonus = {"employee": "E1", "points": "1", "ground": "posting"}
    for kind, content in (("override", other), ("lift", {"decision": first}), ("bonus", bonus)):
        assert code(propose(desk, "dana", kind, content)) == (409, "being_certified"), kind
    assert agree(desk, "carla", certify).status_code == 200
    assert code(propose(desk, "dana", "bonus", bonus)) == (409, "not_now")
    assert line_of(desk, ALBA, "deals")["score"] == pytest.approx(52)
    made = propose(desk, "dana", "override", other)
    assert made.json()["signed_effects"] is True
    certifying.ingest(desk, certifying.late(1, employee="E2"))
    done = agree(desk, "anna", made)
    assert (done.status_code, done.json()["state"]) == (200, "approved"), done.text
    line = line_of(desk, BORAM, "consults")
    assert (line["actual"], line["score"], line["computed"]["actual"]) == ("5", pytest.approx(60), "0")
    # Of two that are signed over one line the second to be agreed to moves something else by then.
    one, two = (
        propose(desk, "dana", "override", override(BORAM, "consults", "actual", value, f"c{value}")) for value in "67"
    )
    assert agree(desk, "anna", two).status_code == 200
    assert code(agree(desk, "anna", one)) == (409, "overtaken")
    assert line_of(desk, BORAM, "consults")["actual"] == "7"
    decide(desk, "lift", {"decision": first})
    assert line_of(desk, ALBA, "deals")["score"] == line_of(desk, ALBA, "deals")["computed"]["score"]


def test_a_year_that_is_no_outlier_any_more_stands_in_the_way_of_certifying(after_the_year):
    """It is left out as an outlier by decision; other past years that are loaded since make it none."""
    desk = after_the_year
    definitions = desk.where["definitions"] / "kpis.yaml"
    document = json.loads(definitions.read_text(encoding="utf-8"))
    for kpi in document["kpis"]:
        if kpi["code"] == "companies":
            kpi["method"] = {"name": "deviation"}
    definitions.write_text(json.dumps(document), encoding="utf-8")
    lines = desk.folder / "scorecards.csv"
    text = lines.read_text(encoding="utf-8")
    lines.write_text(text.replace(",companies,10,,unique,,,,,,10,", ",companies,10,,unique,,,,,,,"), encoding="utf-8")

    def load(last):
        rows = [f"{ALBA},companies,{year},{actual}" for year, actual in enumerate((4, 5, 4, 5, last), 2021)]
        (desk.folder / "history.csv").write_text("\n".join(["node,kpi,year,actual", *rows, ""]), encoding="utf-8")
        desk.kopes("load", desk.folder, **desk.where)

    load(50)
    certifying.running(desk)
    before = line_of(desk, ALBA, "companies")
    year = {"node": ALBA, "kpi": "companies", "year": "2024"}
    assert errors(propose(desk, "dana", "exclude_year", year)) == [("no_outlier", "/content/year")]
    number = decide(desk, "exclude_year", year | {"year": "2025"})
    line = line_of(desk, ALBA, "companies")
    assert (line["decisions"], line["computed"]["score"]) == ([number], before["score"])
    assert exact(line["sigma"]) == Fraction(1, 2)
    assert exact(line["base"]) == 6  # 2025 is held at 5 + 2σ

    def in_the_way():
        told = desk.person("dana").get(f"/api/v1/cycles/{CYCLE}").json()["blockers"]["certified"]
        return [(one["count"], one["hard"]) for one in told if one["code"] == "exclusion_void"]

    assert in_the_way() == []
    load(6)
    assert in_the_way() == [(1, True)]
    decide(desk, "lift", {"decision": number})
    assert in_the_way() == []


# ---------------------------------------------------------------------------------------------- against the second calculation


@pytest.fixture
def random_desk(request, engine, new_database, kopes, serve, tmp_path):
    """A server with a random agency, its events taken in by the command, and the cycle opened."""
    seed = request.param
    random_agency(seed, people=12, units=6, events=120, folder=tmp_path)
    url, definitions = new_database(engine), tmp_path / "definitions"
    where = {"database": url, "definitions": definitions, "KOPES_NOW": NOW}
    kopes("load", tmp_path / "agency", **where)
    kopes("ingest", tmp_path / "events.ndjson", status=None, **where)
    desk = Desk(serve(url, definitions=definitions, KOPES_NOW=NOW), kopes, where)
    for person in (DANA, FERRAN, ("anna", "--role", "member")):
        desk.person(*person)
    opened(desk)
    yield seed, desk
    desk.close()


def takes(definition):
    """The members of a line that can be overridden."""
    spread, aim = ["base", "high", "low"], ["target"]
    more = {"deviation": spread, "ratio": spread, "target": aim, "milestone": aim}
    return ["actual", *more.get(definition["method"]["name"], [])]


def random_decision(chance, reference, row, number):
    """A kind and content about a line, and what the second calculation makes of it."""
    folder, key = reference.folder, (row["node"], row["kpi"])
    definition = folder.definition(row["kpi"], int(CYCLE))
    line = {"node": row["node"], "kpi": row["kpi"], "cause": f"c{number}"}
    history = {
        int(one["year"]): Fraction(one["actual"]) for one in folder.rows["history"] if (one["node"], one["kpi"]) == key
    }
    years = [year for year in range(2021, 2026) if year in history and is_outlier(history, year, int(CYCLE))]
    kind = chance.choice(["zero", "drop", "override", "override", "override", *["exclude_year"] * bool(years)])
    if kind == "exclude_year" and definition["method"]["name"] in {"deviation", "ratio"}:
        year = chance.choice(years)
        return kind, line | {"year": year}, {"excluded": year}
    if kind in {"zero", "drop"}:
        return kind, line, {kind: True}
    member = chance.choice(takes(definition))
    value = str(chance.choice([25, 50, "62.5", 90]))
    made = {"actual": Fraction(value)} if member == "actual" else {"figures": {member: Fraction(value)}}
    return "override", line | {"member": member, "value": value}, made


def merged(before, more):
    """What holds of a line once another decision is agreed to."""
    figures = {**before.figures, **more.get("figures", {})}
    return replace(before, **{**more, "figures": figures})


@pytest.mark.parametrize("random_desk", seeds(3, 8), indirect=True)
def test_a_random_agency_with_decisions_scores_and_grades_as_the_second_calculation(random_desk, tmp_path):
    """Every line, roll-up, blend, projection and grade, on both bases and as of a day; lifted, all is as it was."""
    seed, desk = random_desk
    chance = random.Random(seed)
    events = [json.loads(text) for text in (tmp_path / "events.ndjson").read_text(encoding="utf-8").split("\n") if text]
    reference = ReferenceAgency(read_folder(tmp_path / "agency", tmp_path / "definitions"), events)
    nodes = {card["node"] for card in scores(desk)}
    rows = [
        row
        for row in reference.folder.rows["scorecards"]
        if row["cycle"] == CYCLE and row["link"] != "shared" and row["node"] in nodes
    ]
    for row in reference.folder.rows["scorecards"]:
        if row["cycle"] == CYCLE and row["link"] == "shared" and row["node"] in nodes:
            shared = {"node": row["node"], "kpi": row["kpi"], "cause": "flood"}
            assert errors(propose(desk, "dana", "drop", shared)) == [("shared_line", "/content/kpi")]
    decided: dict[tuple[str, str], LineDecided] = {}
    numbers: list[int] = []
    for number in range(14):
        row = chance.choice(rows)
        kind, content, made = random_decision(chance, reference, row, number)
        answer = propose(desk, "dana", kind, content)
        if answer.status_code == 422:
            assert {one["code"] for one in answer.json()["errors"]} <= {"wrong_sides", "no_score"}, answer.text
            continue
        numbers.append(agree(desk, "anna", answer).json()["id"])
        key = row["node"], row["kpi"]
        decided[key] = merged(decided.get(key, LineDecided()), made)
    assert len(numbers) > 6
    plain = reference.scores(int(CYCLE))
    for basis in ("final", "provisional"):
        cards = scores(desk, "--basis", basis)
        second = reference.scores(int(CYCLE), basis=basis, decided=decided)
        assert differences_of_scorecards(cards, second, leave_out=("computed", "decisions")) == []
    computed = {(card["node"], one["kpi"]): one["computed"] for card in scores(desk) for one in card["lines"]}
    without = {(card["node"], one["kpi"]): one for card in plain for one in card["lines"]}
    for key, one in computed.items():
        for member in ("actual", "score"):
            mine, other = one[member], without[key][member]
            assert (mine is None) == (other is None), (key, member)
            assert mine is None or exact(mine) == pytest.approx(exact(other)), (key, member)
    most = Fraction(str(reference.folder.policies["promotion"]["bonus_max"]))
    bonuses: dict[str, Fraction] = {}
    for employee in sorted({node.removeprefix("employee:") for node in nodes if node.startswith("employee:")})[:4]:
        points = chance.choice(["0.5", "1.25", "2"])
        if Fraction(points) <= most:
            decide(desk, "bonus", {"employee": employee, "points": points, "ground": "posting"})
            bonuses[employee] = Fraction(points)
    graded = reference.grades_employees(int(CYCLE), decided, bonuses)
    assert differences_of_grades(grades(desk), graded.rows, key="employee") == []
    desk.kopes("reconcile", **desk.where)
    for number in chance.sample(numbers, len(numbers)):
        decide(desk, "lift", {"decision": number})
    assert differences_of_scorecards(scores(desk), plain, leave_out=("computed", "decisions")) == []

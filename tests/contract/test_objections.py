"""People object to what they were told, on a running server: who answers, who hears it, until when, what becomes of it (contract-cycle, 7 and 13)."""

from __future__ import annotations

import html
import json
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction

import pytest

from tests.contract.desk import DANA, DORA, FERRAN, WHY, Setting, code
from tests.contract.test_calibrating import grades, move, neighbours
from tests.contract.test_certifying import certified, sign_all
from tests.contract.test_cycles import YEAR, agree, appoint, opened, propose, to_stage
from tests.contract.test_notifying import mails, post, words
from tests.contract.test_reviewing import AGENCY, NUMBERS
from tests.mailbox import Mailbox
from tests.reference.agency import ReferenceAgency
from tests.reference.grading import Candidate
from tests.scenario import Scenario

HEARING = ("mia", "max", "mei", "min", "moa")
MEMBERS = tuple((name, "--role", "member") for name in ("anna", "carla", "cora", "cleo", "nobody", "ed", *HEARING))
PEOPLE = tuple((f"e{number}", "--role", "employee", "--employee", f"E{number}") for number in NUMBERS)
SETTING = Setting(
    agency=AGENCY,
    people=(DANA, DORA, FERRAN, ("udo", "--role", "auditor"), ("ada", "--role", "admin"), *MEMBERS, *PEOPLE),
    now="2027-02-10T09:00:00+00:00",
)
POLICIES = {"rules": {"single_share_max": 100, "lowest_two_share_min": 0}}
"""Rules that no telling here breaks."""
CYCLE_AT = "/api/v1/cycles/2026"
AT = f"{CYCLE_AT}/objections"
TEXT = "A deal of May is not in it."


@contextmanager
def told_today(desks, engine, tmp_path):
    """The cycle 2026, of which everybody was told today. Four from outside, the head of Vienna and one of everybody's group hear objections."""
    with desks.copy(engine, SETTING, tmp_path) as made:
        file = made.where["definitions"] / "policies.yaml"
        file.write_text(json.dumps(POLICIES), encoding="utf-8")
        # Ed's account has no number, and the e-mail of E25, who has one of their own besides.
        employees = made.folder / "employees.csv"
        employees.write_text(employees.read_text("utf-8").replace("E25@agency", "ed@agency"), encoding="utf-8")
        made.kopes("load", made.folder, **made.where)
        events = made.folder.parent / "events.ndjson"
        events.write_text("".join(json.dumps(one) + "\n" for one in Scenario.read(AGENCY).events), encoding="utf-8")
        made.kopes("ingest", events, **made.where)
        opened(made)
        appoint(made, "carla@agency.example", "certifier")
        for name in ("cora", "cleo"):
            appoint(made, f"{name}@agency.example", "calibrator", groups="all")
        for one in (*(f"{name}@agency.example" for name in HEARING[:-1]), "E21", "E25", "ed@agency.example"):
            appoint(made, one, "objections")
        to_stage(made, "agreement")
        sign_all(made)
        to_stage(made, "running")
        certified(made)
        assert made.person("e1").get(AT).status_code == 404
        tell(made)
        yield made


@pytest.fixture
def desk(desks, engine, tmp_path):
    """Everybody was told today."""
    with told_today(desks, engine, tmp_path) as made:
        yield made


def tell(desk):
    """Whatever is not reviewed yet is, by whom it waits for; then everybody is told."""
    for one in desk.person("dana").get(f"{CYCLE_AT}/people", params={"limit": 1000}).json()["items"]:
        if one["grade"] and not one["review"]:
            body = {"digest": one["digest"], "agrees": True, "text": f"I have read what {one['employee']} came to."}
            address = f"{CYCLE_AT}/people/{one['employee']}/review"
            signed = [desk.person(name).put(address, json=body) for name in ("e21", "e22", "e23", "e24", "dora")]
            assert 200 in {answer.status_code for answer in signed}, one
    done = agree(desk, "anna", propose(desk, "dana", "notify", {}))
    assert done.status_code == 200, done.text


def objects(desk, name, **more):
    return desk.person(name).post(AT, json={"about": "figure", "kpi": "consults", "text": TEXT} | more)


def does(desk, name, number, what, **body):
    return desk.person(name).post(f"{AT}/{number}/{what}", json=body)


def answer(desk, name, number, *, granted, text="The register was looked at."):
    return does(desk, name, number, "answer", granted=granted, text=text)


def vote(desk, name, number, *, grant, text="The papers say so."):
    return does(desk, name, number, "votes", grant=grant, text=text)


def seen(desk, name, number):
    return desk.person(name).get(f"{AT}/{number}").json()


def board(desk, employee, name="dana"):
    rows = desk.person(name).get(f"{CYCLE_AT}/board").json()["items"]
    return next(one for one in rows if one["employee"] == employee)


def proposed(desk, name, kind, content, objection):
    body = {"kind": kind, "cycle": "2026", "content": content, "reason": WHY, "objection": objection}
    return desk.person(name).post("/api/v1/decisions", json=body)


def test_what_people_were_told_is_objected_to_answered_heard_and_settled(desks, desk):
    """All on one server: what comes later goes on from what came before."""
    _raised_by_whom_it_is_for(desk)
    _granted_and_given_effect(desk)
    _refused_and_heard(desk)
    _heads_of_heads_and_hr(desk)
    _written_down_for_others_and_taken_back(desk)
    _by_the_pages(desk)
    _granted_in_either_order(desk)
    _answered_by_calibrators(desk)
    with Mailbox() as mailbox:
        sent = mails(desk, mailbox)
    assert sent["e7@agency.example"]["Subject"] == "Your result of 2026 has changed"
    subjects = {(one["To"].partition("@")[0], one["Subject"]) for one in mailbox.mails}
    assert ("e3", "There is an answer to your objection of 2026") in subjects
    # What went on since is asked of nobody any more.
    assert ("mia", "An objection of 2026 waits for you") not in subjects
    assert ("e24", "An objection of 2026 waits for you") in subjects
    _by_their_dates_alone(desks, desk)


def _raised_by_whom_it_is_for(desk):
    """By oneself: about a line of one's own, with a text; shown to who confirms, hr, approver and auditor, and to nobody else."""
    for name, status in (("ferran", 404), ("anna", 404), ("nobody", 404), ("ada", 404)):
        assert objects(desk, name).status_code == status, name
    for wrong, pointer in (
        ({"about": "weather"}, "/about"),
        ({"kpi": "lunch"}, "/kpi"),
        ({"text": " "}, "/text"),
        ({"text": "x" * 4001}, "/text"),
        ({"received_on": "2027-02-10"}, "/received_on"),
        ({"more": 1}, "/more"),
    ):
        refused = objects(desk, "e1", **wrong)
        assert (code(refused), refused.json()["errors"][0]["pointer"]) == ((422, "invalid"), pointer), wrong
    assert code(objects(desk, "e1", about="pay", kpi=None)) == (409, "not_now")
    made = objects(desk, "e1")
    assert made.status_code == 201, made.text
    one = made.json()
    assert (one["id"], one["state"], one["confirmer"], one["due_on"]) == (1, "open", "E23", "2027-02-20")
    assert made.headers["Location"] == f"{AT}/1"
    for name in ("e1", "e23", "dana", "anna", "udo"):
        assert seen(desk, name, 1)["text"] == TEXT, name
    for name in ("e2", "e21", "e22", "e24", "mia", "ferran", "nobody", "ada", "carla"):
        assert desk.person(name).get(f"{AT}/1").status_code == 404, name
        listed = desk.person(name).get(AT).json()
        assert listed["items"] == [], name
    assert "committee" not in seen(desk, "e1", 1)
    assert board(desk, "E1") == {
        "employee": "E1",
        "state": "objection_open",
        "who": ["E23"],
        "since": one["at"],
        "due_on": "2027-02-20",
    }
    assert board(desk, "E2")["state"] == "notified"
    result = desk.person("dana").get(f"{CYCLE_AT}/people/E1").json()
    assert (result["objections"], result["state"]) == ([1], "objection_open")
    assert desk.person("dana").get(CYCLE_AT).json()["counts"]["objection_open"] == 1


def _granted_and_given_effect(desk):
    """By the head above the one who reviewed; then a decision that names it settles it, and the next telling tells what it moved."""
    before = grades(desk)
    for name, refusal in (("dana", (409, "role")), ("anna", (409, "role")), ("e1", (409, "own_case"))):
        assert code(answer(desk, name, 1, granted=True)) == refusal, name
    assert answer(desk, "e21", 1, granted=True).status_code == 404
    assert code(answer(desk, "e23", 1, granted=True, text="")) == (422, "invalid")
    override = {"node": "employee:E1", "kpi": "consults", "member": "actual", "value": "2.5", "cause": "missing_deal"}
    early = proposed(desk, "dana", "override", override, 1)
    assert (code(early), early.json()["errors"][0]["pointer"]) == ((422, "invalid"), "/objection")
    done = answer(desk, "e23", 1, granted=True)
    assert (done.status_code, done.json()["state"], done.json()["answer"]["by"]) == (200, "granted", "E23")
    assert code(answer(desk, "e23", 1, granted=False)) == (409, "answered")
    assert code(does(desk, "e1", 1, "withdraw")) == (409, "ended")
    assert code(does(desk, "e1", 1, "appeal", text=TEXT)) == (409, "not_refused")
    assert (board(desk, "E1")["state"], board(desk, "E1")["who"]) == ("objection_granted", ["hr"])
    for kind, content, number in (("override", override, 99), ("zero", {"node": "employee:E1"}, 1)):
        assert code(proposed(desk, "dana", kind, content, number)) == (422, "invalid"), kind
    made = proposed(desk, "dana", "override", override, 1)
    assert (made.status_code, made.json()["objection"]) == (201, 1)
    assert seen(desk, "e1", 1)["state"] == "granted"
    assert agree(desk, "anna", made).status_code == 200
    # Who answered it reads the result that it was about, as it was told: what is pending waits for the next telling.
    result = f"{CYCLE_AT}/people/E1"
    read, stands = (desk.person(name).get(result).json()["final_score"] for name in ("e23", "dana"))
    assert read == before["E1"]["final_score"] < stands
    after = seen(desk, "e1", 1)
    assert (after["state"], after["decisions"]) == ("settled", [made.json()["id"]])
    assert board(desk, "E1")["state"] == "notified"
    tell(desk)
    moved = {number for number, row in grades(desk).items() if row["final_score"] != before[number]["final_score"]}
    assert moved == {"E1"}
    assert desk.kopes("cycle", "verify", "2026", **desk.where).out.startswith("verified 2026 round 1 ")


def _refused_and_heard(desk):
    """An appeal without enough members is refused and its time does not run; then it is fixed who hears it, and five vote, each once."""
    assert objects(desk, "e3", about="grade", kpi=None).json()["id"] == 2
    assert answer(desk, "e23", 2, granted=False).json()["state"] == "answered"
    assert seen(desk, "e3", 2)["due_on"] is None
    assert code(does(desk, "e3", 2, "appeal", text=TEXT)) == (409, "no_quorum")
    told = seen(desk, "dana", 2)["committee"]
    assert (sorted(told["members"]), told["quorum"]) == (
        sorted(f"{name}@agency.example" for name in HEARING[:-1]),
        False,
    )
    assert {one["person"]: one["why"] for one in told["recused"]} == {"E21": "head", "E25": "group"}
    appoint(desk, "moa@agency.example", "objections")
    assert seen(desk, "e3", 2)["due_on"] == "2027-02-17"
    for name, refusal in (("dana", (409, "role")), ("e23", (409, "role"))):
        assert code(does(desk, name, 2, "appeal", text=TEXT)) == refusal, name
    assert code(does(desk, "e3", 2, "appeal", text=" ")) == (422, "invalid")
    assert vote(desk, "mia", 2, grant=True).status_code == 404
    result = f"{CYCLE_AT}/people/E3"
    assert desk.person("mia").get(result).status_code == 404
    done = does(desk, "e3", 2, "appeal", text="The head above did not look at May.")
    assert (done.status_code, done.json()["state"], done.json()["who"]) == (200, "appealed", ["committee"])
    assert board(desk, "E3")["who"] == sorted(f"{name}@agency.example" for name in HEARING)
    for name, status in (("e21", 404), ("e25", 404), ("ed", 404), ("nobody", 404), ("dana", 409), ("e3", 409)):
        assert vote(desk, name, 2, grant=True).status_code == status, name
    assert {desk.person(name).get(result).json()["final_score"] for name in ("mia", "e23", "udo")} == {
        grades(desk)["E3"]["final_score"]
    }
    assert {"pay", "review"}.isdisjoint(desk.person("mia").get(result).json())
    assert desk.person("mia").get(result.replace("E3", "E1")).status_code == 404
    assert "votes" not in seen(desk, "mia", 2)
    for name, grant in (("mia", True), ("max", False), ("mei", True), ("min", False)):
        done = vote(desk, name, 2, grant=grant)
        assert (done.status_code, done.json()["state"]) == (201, "appealed"), done.text
    assert code(vote(desk, "mia", 2, grant=True)) == (409, "voted")
    assert [one["grant"] for one in seen(desk, "mia", 2)["votes"]] == [True, False, True, False]
    assert "votes" not in seen(desk, "moa", 2)
    assert vote(desk, "moa", 2, grant=False).json()["state"] == "refused"
    assert code(vote(desk, "moa", 2, grant=False)) == (409, "voted")
    told = seen(desk, "e3", 2)["decided"]
    assert (told["granted"], told["for"], told["against"], len(told["texts"])) == (False, 2, 3, 5)
    assert "@agency.example" not in json.dumps(told)


def _heads_of_heads_and_hr(desk):
    """Where no head stands above the one who reviewed hr answers, and not who reviewed; what is granted and changes nothing is said by two people."""
    assert objects(desk, "e21").json()["confirmer"] == "E24"
    assert objects(desk, "e23", about="data").json()["confirmer"] == "hr"
    number = objects(desk, "e24", about="data").json()["id"]
    assert seen(desk, "e24", number)["confirmer"] == "hr"
    assert code(answer(desk, "dora", number, granted=True)) == (409, "same_person")
    assert answer(desk, "dana", number, granted=True).json()["state"] == "granted"
    bare = propose(desk, "dana", "no_effect", {})
    assert (code(bare), bare.json()["errors"][0]["code"]) == ((422, "invalid"), "no_objection")
    assert code(proposed(desk, "anna", "no_effect", {}, number)) == (409, "role")
    assert code(proposed(desk, "dana", "no_effect", {"more": 1}, number)) == (422, "invalid")
    page = f"/cycles/2026/objections/{number}"
    assert f'href="/cycles/2026/after-close?objection={number}"' in desk.person("dana").get(page).text
    done = post(desk.person("dana"), f"{page}/no-effect", {"reason": WHY}, page=page)
    assert done.status_code == 303, done.text
    made = desk.person("anna").get(f"/api/v1{done.headers['Location']}").json()
    assert code(desk.approve(desk.person("dora"), made)) == (409, "role")
    assert desk.approve(desk.person("anna"), made).status_code == 200
    assert seen(desk, "e24", number)["state"] == "settled"
    assert made["id"] in desk.person("udo").get(f"{CYCLE_AT}/people/E24").json()["decisions"]


def _written_down_for_others_and_taken_back(desk):
    """By hr for whoever cannot; nobody else writes down another's. Taken back by whose it is, until it is decided."""
    for name, status in (("e1", 404), ("e23", 409), ("anna", 409), ("ferran", 409), ("nobody", 404)):
        assert objects(desk, name, on_behalf_of="E5").status_code == status, name
    for day in ("2027-02-09", "2027-02-11"):
        assert code(objects(desk, "dana", on_behalf_of="E5", received_on=day)) == (422, "invalid"), day
    assert objects(desk, "dana", on_behalf_of="E99").status_code == 404
    made = objects(desk, "dana", on_behalf_of="E5", received_on="2027-02-10").json()
    assert (made["employee"], made["on_behalf"], made["confirmer"]) == ("E5", True, "E23")
    assert code(does(desk, "e23", made["id"], "withdraw")) == (409, "role")
    assert does(desk, "e5", made["id"], "withdraw").json()["state"] == "withdrawn"
    assert code(answer(desk, "e23", made["id"], granted=True)) == (409, "ended")
    assert [one["id"] for one in desk.person("e5").get(AT).json()["items"]] == [made["id"]]
    listed = desk.person("dana").get(AT, params={"state": "open"}).json()["items"]
    assert [one["employee"] for one in listed] == ["E23", "E21"]


def _by_the_pages(desk):
    """From one's own result; what is wrong is said at its field and what was typed stays; from Home to the form of whoever is to act; old beside new."""
    person, address = desk.person("e7"), "/cycles/2026/objections"
    assert f'href="{address}/new"' in person.get("/my/result").text
    assert 'value="imposed"' not in person.get(f"{address}/new").text
    refused = post(person, address, {"about": "data", "kpi": "lunch", "text": "The fair."}, page=f"{address}/new")
    assert (refused.status_code, 'id="kpi-error"' in refused.text, "The fair." in refused.text) == (422, True, True)
    done = post(person, address, {"about": "data", "kpi": "", "text": "The fair."}, page=f"{address}/new")
    one = done.headers["Location"]
    assert (done.status_code, one.rpartition("/")[0]) == (303, address)
    assert f'href="{one}"' in person.get("/my/result").text
    assert f'href="{one}"' in desk.person("e23").get("/").text
    assert f'href="{one}"' not in desk.person("dana").get("/").text
    assert desk.person("e2").get(one).status_code == 404
    assert desk.person("e2").get(address).status_code == 404
    page = desk.person("e23").get(one).text
    assert 'id="was-told"' in page
    assert "Granting it changes no figure by itself" in page
    done = post(desk.person("e23"), f"{one}/answer", {"granted": "false", "text": "It was counted."}, page=one)
    assert done.status_code == 303, done.text
    assert "It was counted." in words(person.get(one))
    assert f'href="{one}"' in person.get("/").text
    done = post(person, f"{one}/appeal", {"text": "It was not."}, page=one)
    assert done.status_code == 303, done.text
    assert f'href="{one}"' in desk.person("mia").get("/").text
    assert "of the objector's evaluation group" in words(desk.person("udo").get(one))
    for name in ("mia", "max", "mei"):
        assert post(desk.person(name), f"{one}/votes", {"grant": "true", "text": "Fair."}, page=one).status_code == 303
    assert "with the next notice" in words(person.get(one))
    assert f'href="{one}"' in desk.person("dana").get("/").text
    assert f'data-objection="{one.rpartition("/")[2]}"' in desk.person("dana").get(address).text
    line = "/cycles/2026/lines/employee:E7/consults?kind=override&member=actual&value=8.5&cause=fair"
    at = f"{line}&objection={one.rpartition('/')[2]}"
    made = post(desk.person("dana"), at, {"reason": WHY})
    assert made.status_code == 303, made.text
    decision = desk.person("anna").get(f"/api/v1{made.headers['Location']}").json()
    assert desk.approve(desk.person("anna"), decision).json()["objection"] == int(one.rpartition("/")[2])
    assert "Granted, with the next notice" in words(person.get(one))
    assert 'id="before"' not in person.get("/my/result").text
    tell(desk)
    page = words(person.get("/my/result"))
    assert "What has changed since you were told before" in page
    assert "Final score" in page


def _granted_in_either_order(desk):
    """Two people's before one telling: the same grades whichever is given effect first, and nobody whom no objection is of below what they were told."""
    before, wanted = grades(desk), {"E4": "11.5", "E6": "9.5"}
    numbers = {who: objects(desk, who.lower()).json()["id"] for who in wanted}
    for number in numbers.values():
        assert answer(desk, "e23", number, granted=True).json()["state"] == "granted"

    def given_effect(order, cause):
        made = []
        for who in order:
            line = {"node": f"employee:{who}", "kpi": "consults", "member": "actual", "value": wanted[who]}
            made.append(proposed(desk, "dana", "override", line | {"cause": cause}, numbers[who]))
            assert agree(desk, "anna", made[-1]).status_code == 200, who
        return [one.json()["id"] for one in made]

    first = given_effect(wanted, "missing")
    one_order = grades(desk)
    for decision in first:
        assert agree(desk, "anna", propose(desk, "dana", "lift", {"decision": decision})).status_code == 200
    assert grades(desk) == before
    given_effect(reversed(wanted), "lacking")
    assert grades(desk) == one_order
    tell(desk)
    after = {number: row for number, row in grades(desk).items() if row["grade"]}
    assert {number: row["grade"] for number, row in after.items()} == {
        # By seats and ranks, a second time; S comes before A, and so not by the alphabet.
        one.code: min(one.grade, before[one.code]["grade"], key="SABCDE".index)
        for one in _seated(desk, after)
    }
    assert any(row["held"] for row in after.values())
    assert {number for number, row in after.items() if row["final_score"] != before[number]["final_score"]} == {*wanted}


def _seated(desk, rows):
    """Everybody with the grade that rank and seats give, by a calculation that has nothing of the product's."""
    some = [
        Candidate(number, row["group"], round(Fraction(row["final_score"]).limit_denominator(10**6), 2))
        for number, row in rows.items()
    ]
    ReferenceAgency.read(desk.folder, desk.where["definitions"], []).grading(2026).place(some)
    return some


def _answered_by_calibrators(desk):
    """Who sees no objection names one that is granted, and learns nothing of any other."""
    rows = grades(desk)
    upper, lower = neighbours(rows)
    number = objects(desk, lower.lower(), about="grade", kpi=None).json()["id"]
    assert desk.person("cora").get(f"{AT}/{number}").status_code == 404
    content = {"moves": [move(rows, upper, rows[lower]["grade"]), move(rows, lower, rows[upper]["grade"])]}
    for named in (number, 99):
        refused = proposed(desk, "cora", "calibrate", content, named)
        assert refused.json()["errors"][0]["code"] == "unknown_objection", named
    heads = seen(desk, "dana", number)["confirmers"]
    name = "dana" if heads == ["hr"] else heads[0].lower()
    assert answer(desk, name, number, granted=True).json()["state"] == "granted"
    wanted = {f"to-{one['node']}": one["to"] for one in content["moves"]}
    tried = {"group": rows[lower]["group"]} | wanted
    page = desk.person("cora").get("/cycles/2026/calibration", params=tried).text
    assert f'<option value="{number}" selected' in page
    # Whoever is led to it, hr and calibrators, finds the objection chosen.
    at = f"/cycles/2026/calibration?group={rows[lower]['group']}&amp;objection={number}"
    assert f'href="{at}"' in desk.person("cora").get("/").text
    assert f'href="{at}"' in desk.person("dana").get(f"/cycles/2026/objections/{number}").text
    assert f'data-granted="{number}"' in desk.person("cora").get(html.unescape(at)).text
    made = proposed(desk, "cora", "calibrate", content, number)
    assert made.status_code == 201, made.text
    assert agree(desk, "cleo", made).status_code == 200
    assert seen(desk, lower.lower(), number)["state"] == "settled"
    assert f'href="{at}"' not in desk.person("cora").get("/").text


def _by_their_dates_alone(desks, desk):
    """Nobody has answered E21's and E23's in ten days: they are the committee's; E22's, refused and not appealed in seven, stays refused; E2 comes too late."""
    number = objects(desk, "e22").json()["id"]
    assert answer(desk, "e24", number, granted=False).json()["state"] == "answered"
    by_itself = next(one["id"] for one in desk.person("dana").get(AT).json()["items"] if one["employee"] == "E21")
    with desks.later(desk, SETTING, "2027-02-21T09:00:00+00:00") as later:
        for name, *options in (("late", "--role", "hr"), ("fern", "--role", "executive")):
            later.person(name, *options)
        told = seen(later, "late", by_itself)
        assert (told["state"], told["since"], told["due_on"]) == ("appealed", "2027-02-21", None)
        assert board(later, "E21", "late")["state"] == "objection_appealed"
        assert seen(later, "late", number)["state"] == "refused"
        # One who hears objections from today on, too late to be of a committee that began before.
        later.person("mona", "--role", "member")
        content = {"person": "mona@agency.example", "function": "objections", **YEAR}
        body = {"kind": "appoint", "cycle": "2026", "content": content, "reason": WHY}
        made = later.person("late").post("/api/v1/decisions", json=body)
        assert later.approve(later.person("fern"), made.json()).status_code == 200
        late = objects(later, "late", on_behalf_of="E2", received_on="2027-02-21")
        assert late.status_code == 201
        standing = later.person("late").get(CYCLE_AT).json()["blockers"]["locked"]
        assert {one["code"]: one["count"] for one in standing}["objection_open"] == 3
    with desks.later(desk, replace(SETTING, now="2027-02-26T09:00:00+00:00"), "2027-02-26T09:00:00+00:00") as later:
        later.person("later", "--role", "hr")
        assert code(objects(later, "later", on_behalf_of="E4", received_on="2027-02-26")) == (409, "too_late")
        assert objects(later, "later", on_behalf_of="E4", received_on="2027-02-24").status_code == 201

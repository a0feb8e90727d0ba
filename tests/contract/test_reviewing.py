"""Results are read and signed by the heads of those whose they are, on a running server: who sees, who signs, what voids it, and what it keeps from being told (contract-cycle, 6 and 8a)."""

from __future__ import annotations

import json
import re
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest

from tests.contract.desk import DANA, DORA, FERRAN, WHY, Setting, code
from tests.contract.test_calibrating import REASON, grades, neighbours, swap
from tests.contract.test_certifying import certified, sign_all
from tests.contract.test_cycles import agree, appoint, opened, propose, to_stage
from tests.mailbox import Mailbox, texts_of
from tests.reference.agency import ReferenceAgency
from tests.scenario import Scenario

STAFF = range(1, 13)
"""E1 to E12: the more consults, the higher the number; the odd ones in Vienna, the others in London."""
AGENCY = "\n".join(
    [
        "unit HQ agency",
        "  unit EUR regional_hq",
        "    unit VIE office",
        "    unit LON office",
        *(f"employee E{number} {'VIE' if number % 2 else 'LON'} staff" for number in STAFF),
        "employee E21 VIE head",
        "employee E22 LON head",
        "employee E23 EUR head",
        "employee E24 HQ head",
        "employee E25 HQ staff",
        *(
            f"2026-03-{day:02} consult C-{number}-{day} E{number} of Meyer/AT"
            for number in STAFF
            for day in range(1, number + 1)
        ),
    ]
)
NUMBERS = (*STAFF, 21, 22, 23, 24, 25)
MEMBERS = tuple((name, "--role", "member") for name in ("anna", "carla", "cora", "cleo", "nobody"))
PEOPLE = tuple((f"e{number}", "--role", "employee", "--employee", f"E{number}") for number in NUMBERS)
SETTING = Setting(
    agency=AGENCY,
    people=(DANA, DORA, FERRAN, ("udo", "--role", "auditor"), ("ada", "--role", "admin"), *MEMBERS, *PEOPLE),
    now="2027-02-10T09:00:00+00:00",
)
PEOPLE_AT = "/api/v1/cycles/2026/people"
TEXT = "I have read all of it, and it is what the year was: {}."


@pytest.fixture
def desk(desks, engine, tmp_path):
    """The cycle 2026 certified; cora and cleo calibrate; E25 stands in for the head of London where somebody is reviewed."""
    with desks.copy(engine, SETTING, tmp_path) as made:
        file = made.folder.parent / "events.ndjson"
        file.write_text("".join(json.dumps(one) + "\n" for one in Scenario.read(AGENCY).events), encoding="utf-8")
        made.kopes("ingest", file, **made.where)
        opened(made)
        appoint(made, "carla@agency.example", "certifier")
        for name in ("cora", "cleo"):
            appoint(made, f"{name}@agency.example", "calibrator", groups="all")
        to_stage(made, "agreement")
        sign_all(made)
        to_stage(made, "running")
        assert made.person("dana").get(PEOPLE_AT).status_code == 404
        certified(made)
        lent = {"from": "E22", "to": "E25", "functions": ["review"], "from_day": "2027-02-10", "to_day": "2027-03-10"}
        given = made.person("dana").post("/api/v1/delegations", json=lent | {"reason": WHY})
        assert given.status_code == 201, given.text
        yield made


def result(desk, name, employee):
    answer = desk.person(name).get(f"{PEOPLE_AT}/{employee}")
    assert answer.status_code == 200, (name, employee, answer.text)
    return answer.json()


def review(desk, name, employee, **wanted):
    """Somebody opens a result, and signs it."""
    opened_one = desk.person(name).get(f"{PEOPLE_AT}/{employee}")
    body = {"digest": opened_one.json().get("digest", "-"), "agrees": True, "text": TEXT.format(employee)} | wanted
    return desk.person(name).put(f"{PEOPLE_AT}/{employee}/review", json=body)


def board(desk):
    return {one["employee"]: one for one in desk.person("dana").get("/api/v1/cycles/2026/board").json()["items"]}


def in_the_way(desk):
    """What is in the way of telling everybody, by code, with how many; all of it hard."""
    some = desk.person("dana").get("/api/v1/cycles/2026").json()["blockers"]["notified"]
    assert all(one["hard"] for one in some)
    return {one["code"]: one["count"] for one in some}


def published(score):
    """A score as it is ranked, by hand: nine decimals first, then two, half to even."""
    exact = Decimal(score.numerator) / Decimal(score.denominator)
    return exact.quantize(Decimal("1e-9"), ROUND_HALF_EVEN).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def second_calculation(desk):
    """Score, group, size, rank, third of the group, grade and days of everybody by a calculation that has nothing of the product's."""
    reference = ReferenceAgency.read(desk.folder, desk.where["definitions"], Scenario.read(AGENCY).events)
    rows = {row["employee"]: row for row in reference.grades_employees(2026).rows}
    told = {}
    for number, row in rows.items():
        above = [
            one
            for one in rows.values()
            if one["group"] == row["group"] and published(one["final_score"]) > published(row["final_score"])
        ]
        rank, size = len(above) + 1, sum(one["group"] == row["group"] for one in rows.values())
        third = (
            "upper" if Fraction(rank) <= Fraction(size, 3) else "middle" if rank <= Fraction(2 * size, 3) else "lower"
        )
        told[number] = {"rank": rank, "group_size": size, "band": third, "score": row["final_score"], "row": row}
    return told


def _a_result_is_what_a_second_calculation_says_and_is_shown_to_whom_it_is_for(desk):
    """Every figure of everybody; pay to hr, approver and auditor; what is signed to whoever reads the whole; nobody's own; else it is not there."""
    known = second_calculation(desk)
    items = desk.person("dana").get(PEOPLE_AT, params={"limit": 1000}).json()["items"]
    assert [one["employee"] for one in items] == sorted(known)
    for one in items:
        worked = known[one["employee"]]
        assert abs(Fraction(one["final_score"]) - worked["score"]) < Fraction(1, 10**6), one
        assert {name: one[name] for name in ("rank", "group_size", "band")} == {
            name: worked[name] for name in ("rank", "group_size", "band")
        }
        for name in ("group", "grade", "reason", "days"):
            assert one[name] == worked["row"][name], (one, name)
        assert one["proposed_grade"] == one["grade"]
        assert (one["state"], one["cycle"], one["round"], one["held"]) == ("to_review", "2026", 1, False)
        nothing = ("notified_score", "notified_grade", "move", "told", "review", "pay")
        assert [one[name] for name in nothing] == [None] * 6
        assert (one["decisions"], one["objections"]) == ([], [])
        assert re.fullmatch("[0-9a-f]{64}", one["digest"])
    assert sorted(result(desk, "dana", "E1")) == sorted(items[0])
    whole = set(items[0])
    for name, employee, missing in (
        ("udo", "E1", set()),
        ("anna", "E1", set()),
        ("e21", "E1", {"pay"}),
        ("e22", "E2", {"pay"}),
        ("e25", "E2", {"pay"}),
        ("e23", "E21", {"pay"}),
        ("cora", "E1", {"pay", "review", "decisions", "objections", "digest"}),
    ):
        assert whole - set(result(desk, name, employee)) == missing, (name, employee)
    refused = [(name, "E1") for name in ("e1", "e2", "e22", "e23", "e25", "carla", "ferran", "nobody", "ada")]
    for name, employee in (*refused, ("e21", "E2"), ("e21", "E21"), ("e23", "E23"), ("dana", "E77")):
        for address in (f"{PEOPLE_AT}/{employee}", f"/cycles/2026/people/{employee}"):
            assert desk.person(name).get(address).status_code == 404, (name, address)
        body = {"digest": "-", "agrees": True, "text": TEXT.format(employee)}
        assert desk.person(name).put(f"{PEOPLE_AT}/{employee}/review", json=body).status_code == 404, (name, employee)
    vienna = [f"E{number}" for number in STAFF if number % 2]
    london = [f"E{number}" for number in STAFF if not number % 2]
    for name, listed in (
        ("e21", vienna),
        ("e22", london),
        ("e25", london),
        ("e23", ["E21", "E22"]),
        ("e24", ["E23", "E25"]),
    ):
        answer = desk.person(name).get(PEOPLE_AT).json()
        assert [one["employee"] for one in answer["items"]] == sorted(listed), name
        assert "alerts" not in answer
        assert desk.person(name).get("/cycles/2026/people").status_code == 200, name
    for name in ("e1", "carla", "cora", "ferran", "nobody", "ada"):
        for address in (PEOPLE_AT, "/cycles/2026/people"):
            assert desk.person(name).get(address).status_code == 404, (name, address)
    page = desk.person("udo").get(PEOPLE_AT, params={"limit": 5}).json()
    following = desk.person("udo").get(page["next"]).json()["items"]
    assert [one["employee"] for one in page["items"] + following] == sorted(known)[: 5 + len(following)]
    for asked in ({"grade": "S"}, {"group": items[0]["group"]}, {"state": "to_review"}, {"state": "proposed"}):
        some = desk.person("udo").get(PEOPLE_AT, params=asked | {"limit": 1000}).json()["items"]
        assert some == [one for one in items if all(one[name] == value for name, value in asked.items())], asked
    assert desk.person("udo").get(PEOPLE_AT, params={"state": "lunch"}).status_code == 422


def test_heads_sign_what_they_read_and_nobody_is_told_before(desk):
    """Who reads what; who reviews whom, and who does not; a move voids and its lapse makes valid again; who disagrees is answered; nothing is left in the way.

    All of it on one server: what comes later goes on from what came before.
    """
    _a_result_is_what_a_second_calculation_says_and_is_shown_to_whom_it_is_for(desk)
    _whom_results_wait_for_is_reminded_until_they_have_signed(desk)
    _heads_sign(desk)
    _who_decided_something_does_not_review(desk)
    _a_move_voids_and_its_lapse_makes_valid_again(desk)
    _who_disagrees_is_answered(desk)
    _a_head_reviews_by_the_page(desk)
    graded, before = len(board(desk)), in_the_way(desk)
    assert "review_disagrees" not in before
    same = TEXT.format("whoever it is")
    for number, row in board(desk).items():
        if row["state"] == "to_review":
            name = "hugo" if row["who"] == ["hr"] else row["who"][0].lower()
            assert review(desk, name, number, text=same).status_code == 200, number
    assert set(in_the_way(desk)) == {one for one in before if one.startswith("rules:")}
    assert desk.person("dana").get("/api/v1/cycles/2026").json()["counts"] == {"proposed": graded}
    _what_somebody_should_look_at(desk, same)


def _whom_results_wait_for_is_reminded_until_they_have_signed(desk):
    """Hr reminds from the board; before the mails go the head of Vienna has read the one result, and is not asked for it any more."""
    asked = {"state": "to_review", "employees": ["E11", "E12"]}
    answer = desk.person("dana").post("/api/v1/cycles/2026/board/reminders", json=asked)
    assert answer.json()["reminded"] == [{"who": "E21", "rows": 1}, {"who": "E22", "rows": 1}]
    assert review(desk, "e21", "E11").status_code == 200
    # A command takes the setting's present anew, at which the reminder was not posted yet.
    later = desk.where | {"KOPES_NOW": "2027-02-10T12:00:00+00:00"}
    with Mailbox() as mailbox:
        desk.kopes("worker", "--once", "deliveries", **later, **mailbox.settings())
    (mail,) = mailbox.mails
    assert "e22@agency.example" in mail["To"]
    assert "results to review: 1" in texts_of(mail)[0]


def _heads_sign(desk):
    """The head, or who stands in; the head above of a head; hr at the top. Too short, another digest and whoever else is refused."""
    graded = len(board(desk)) - 1
    assert in_the_way(desk)["review_missing"] == graded
    assert {number: tuple(row["who"]) for number, row in board(desk).items() if number != "E11"} == {
        **{f"E{number}": ("E21",) if number % 2 else ("E22",) for number in STAFF if number != 11},
        "E21": ("E23",),
        "E22": ("E23",),
        "E23": ("E24",),
        "E24": ("hr",),
        "E25": ("E24",),
    }
    assert {row["state"] for number, row in board(desk).items() if number != "E11"} == {"to_review"}
    short = review(desk, "e21", "E1", text="Read.")
    assert (code(short), short.json()["errors"][0]["pointer"]) == ((422, "invalid"), "/text")
    assert code(review(desk, "e21", "E1", digest="0" * 64)) == (409, "overtaken")
    for name in ("dana", "udo", "anna"):
        assert code(review(desk, name, "E1")) == (409, "role"), name
    for name, employee in (("e21", "E1"), ("e25", "E2"), ("e22", "E4"), ("e23", "E21"), ("dora", "E24")):
        done = review(desk, name, employee)
        assert done.status_code == 200, (name, employee, done.text)
        told = done.json()["review"]
        person = "dora@agency.example" if name == "dora" else name.upper()
        assert (told["by"], told["for"]) == (person, "E22" if name == "e25" else None)
        assert (told["agrees"], told["text"], told["answer"]) == (True, TEXT.format(employee), None)
        assert told["opened_at"] <= told["signed_at"]
        assert board(desk)[employee]["state"] == "proposed"
    assert in_the_way(desk)["review_missing"] == graded - 5
    first = result(desk, "e21", "E1")["review"]
    assert review(desk, "e21", "E1").json()["review"] == first


def _who_decided_something_does_not_review(desk):
    """The head of Vienna had a line of E3 overridden: the head above reviews. Where there is no head it is hr, but none of hr who decided."""
    desk.person("hugo", "--role", "hr")
    override = {"node": "employee:E3", "kpi": "consults", "member": "actual", "value": "9", "cause": "flood"}
    assert review(desk, "e21", "E3").status_code == 200
    made = propose(desk, "e21", "override", override)
    assert made.status_code == 201, made.text
    # What it moves is not the head's to see, and so neither is the digest: who agrees reads it.
    anna = desk.person("anna")
    made = desk.approve(anna, anna.get(made.headers["Location"]).json())
    assert made.status_code == 200, made.text
    assert board(desk)["E3"]["who"] == ["E23"]
    assert code(review(desk, "e21", "E3")) == (409, "same_person")
    assert result(desk, "e23", "E3")["decisions"] == [made.json()["id"]]
    assert review(desk, "e23", "E3").status_code == 200
    for name, cause in (("dana", "flood"), ("dora", "quake")):
        wanted = override | {"node": "employee:E24", "cause": cause, "value": "8" if name == "dora" else "9"}
        assert agree(desk, "anna", propose(desk, name, "override", wanted)).status_code == 200, name
        assert code(review(desk, name, "E24")) == (409, "same_person")
    # All of hr have decided: neither approver nor executive steps in, but whoever is given the role next.
    for name, answer in (("anna", (409, "role")), ("dora", (409, "same_person"))):
        assert code(review(desk, name, "E24")) == answer, name
    assert review(desk, "hugo", "E24").status_code == 200


def _a_move_voids_and_its_lapse_makes_valid_again(desk):
    """Reviewed, moved: void; with a lapsed move another digest; signed then, it waits for calibrators; lifted: the review of the move is good again."""
    rows = grades(desk)
    moves = swap(rows)
    upper, _ = neighbours(rows)
    head = board(desk)[upper]["who"] or [result(desk, "dana", upper)["review"]["by"]]
    head = head[0].lower()
    signed = review(desk, head, upper)
    assert signed.status_code == 200, signed.text
    before = signed.json()
    assert agree(desk, "cleo", propose(desk, "cora", "calibrate", {"moves": moves})).status_code == 200
    moved = result(desk, head, upper)
    assert (moved["review"], moved["state"]) == (None, "to_review")
    assert moved["move"] == {
        "decision": moved["decisions"][-1],
        "from": before["grade"],
        "to": moves[0]["to"],
        "reason": REASON,
        "lapsed": False,
    }
    assert (moved["grade"], moved["proposed_grade"]) == (moves[0]["to"], before["grade"])
    old = desk.person(head).put(
        f"{PEOPLE_AT}/{upper}/review", json={"digest": before["digest"], "agrees": True, "text": TEXT.format("old")}
    )
    assert code(old) == (409, "overtaken")
    again = review(desk, head, upper, text=TEXT.format("moved"))
    assert again.status_code == 200, again.text
    zero = {"node": f"employee:{upper}", "kpi": "consults", "cause": "false_data"}
    decision = propose(desk, "dana", "zero", zero)
    assert agree(desk, "anna", decision).status_code == 200
    lapsed = result(desk, head, upper)
    assert (lapsed["move"]["lapsed"], lapsed["review"], lapsed["state"]) == (True, None, "to_review")
    listed = desk.person("dana").get(PEOPLE_AT, params={"limit": 1000}).json()["items"]
    assert in_the_way(desk)["lapsed_move"] == sum(bool(one["move"] and one["move"]["lapsed"]) for one in listed)
    assert review(desk, head, upper).json()["state"] == "lapsed_move"
    assert board(desk)[upper]["who"] == ["cleo@agency.example", "cora@agency.example"]
    lifted = agree(desk, "anna", propose(desk, "dana", "lift", {"decision": decision.json()["id"]}))
    assert lifted.status_code == 200, lifted.text
    back = result(desk, head, upper)
    assert back["digest"] == moved["digest"]
    assert (back["review"], back["state"]) == (again.json()["review"], "proposed")


def _who_disagrees_is_answered(desk):
    """It is in the way until hr, and nobody else, has answered."""
    done = review(desk, "e22", "E6", agrees=False, text="The fair that was called off is not seen in it.")
    assert (done.status_code, done.json()["state"]) == (200, "review_disagrees")
    assert board(desk)["E6"]["who"] == ["hr"]
    assert in_the_way(desk)["review_disagrees"] == 1
    address = f"{PEOPLE_AT}/E6/review/answer"
    answer = {"text": "It was weighed: nobody of the group had a fair."}
    for name in ("e22", "anna", "udo"):
        assert code(desk.person(name).put(address, json=answer)) == (409, "role"), name
    assert desk.person("e21").put(address, json=answer).status_code == 404
    assert code(desk.person("dana").put(address, json={"text": " "})) == (422, "invalid")
    told = desk.person("dana").put(address, json=answer)
    assert (told.status_code, told.json()["review"]["answer"]) == (200, answer["text"])
    assert told.json()["review"]["answered_by"] == "dana@agency.example"
    assert told.json()["state"] == "proposed"
    assert code(desk.person("dana").put(f"{PEOPLE_AT}/E4/review/answer", json=answer)) == (409, "nothing_to_answer")


def _a_head_reviews_by_the_page(desk):
    """From the list to a person, whose figures are those of the API; a text that is too short is said at its field and kept; then on to the next."""
    head = desk.person("e21")
    listed = head.get("/cycles/2026/people").text
    assert "krw" not in listed.lower()
    first = re.findall(r'data-employee="(\w+)"', listed)[0]
    told = head.get(f"{PEOPLE_AT}/{first}").json()
    page = head.get(f"/cycles/2026/people/{first}").text
    assert told["state"] == "to_review"
    assert f"{told['rank']} of {told['group_size']}" in page
    assert f'name="digest" value="{told["digest"]}"' in page
    assert "krw" not in page.lower()
    token = re.findall('name="csrf_token" value="([^"]+)"', page)[0]
    form = {"csrf_token": token, "digest": told["digest"], "agrees": "true", "text": "Read it."}
    refused = head.post(f"/cycles/2026/people/{first}", data=form)
    assert (refused.status_code, 'id="text-error"' in refused.text, "Read it." in refused.text) == (422, True, True)
    overtaken = head.post(f"/cycles/2026/people/{first}", data=form | {"digest": "0" * 64, "text": TEXT.format(first)})
    assert (overtaken.status_code, "has changed since you opened it" in overtaken.text) == (409, True)
    done = head.post(f"/cycles/2026/people/{first}", data=form | {"text": TEXT.format(first)})
    assert done.status_code == 303, done.text
    page = head.get(f"/cycles/2026/people/{first}").text
    assert TEXT.format(first) in page
    (following,) = re.findall(r'href="/cycles/2026/people/(\w+)" data-following', page)
    assert board(desk)[following]["who"] == ["E21"]
    assert f'href="/cycles/2026/people/{following}"' in head.get("/").text
    assert 'href="/cycles/2026/people"' in head.get("/cycles/2026").text


def _what_somebody_should_look_at(desk, same):
    """One text for more than five people, and what was signed as soon as it was opened: told to hr and auditors, on the pages too, and to nobody else."""
    for name in ("dana", "udo"):
        alerts = {one["code"]: one for one in desk.person(name).get(PEOPLE_AT).json()["alerts"]}
        assert set(alerts) == {"equal_texts", "signed_unread"}
        assert alerts["equal_texts"]["text"] == same
        assert len(alerts["equal_texts"]["employees"]) > 5
        for address in ("/cycles/2026", "/cycles/2026/people"):
            assert 'data-alert="equal_texts"' in desk.person(name).get(address).text, (name, address)
    for name in ("e21", "anna"):
        assert "alerts" not in desk.person(name).get(PEOPLE_AT).json()
        assert "data-alert" not in desk.person(name).get("/cycles/2026").text

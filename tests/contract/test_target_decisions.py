"""Targets are decisions that one person suffices for, by the page as over the API (contract-desk, 2; contract, "Who may what")."""

from __future__ import annotations

import hashlib
import json
import re
from fractions import Fraction
from typing import Any

import pytest

from tests.contract.desk import WHY, code
from tests.reference.figures import Given, figures
from tests.web.api import deal, verdict

DEFINITION = {"method": {"name": "target"}, "direction": "up"}
NODES = ("employee:E1", "employee:E2", "employee:E6", "unit:VIE", "unit:HQ")


@pytest.fixture
def people(desk, tmp_path):
    """Three deals of E1, verified by the head; and who signs in, by name: the head, an employee of another unit, and those of the desk."""
    deals = [deal("E1", f"T-{number}") for number in range(3)]
    events = [*deals, *(verdict("verified", one, by="E2") for one in deals)]
    file = tmp_path / "events.ndjson"
    file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    desk.kopes("ingest", file, **desk.where)
    return {
        "boram": desk.person("boram", "--role", "head", "--employee", "E2"),
        "emil": desk.person("emil", "--role", "employee", "--employee", "E6"),
        # Who types into a form signs in here: a copied session has no form token of this server's.
        "dora": desk.person("dora", "--role", "hr"),
        **{name: desk.person(name) for name in ("alba", "dana", "ferran")},
    }


def posted(client, node, target, *, reason=WHY, cycle="2026", **more):
    """Set the target of deals over the API."""
    content = {"node": node, "targets": [{"kpi": "deals", "target": target} | more]}
    return client.post(
        "/api/v1/decisions", json={"kind": "target", "cycle": cycle, "content": content, "reason": reason}
    )


def typed(client, node, target, *, seen, note="A harder year"):
    """Set it on the page."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/", follow_redirects=True).text)
    assert token is not None
    sent = {"csrf_token": token[1], "cycle": "2026", "cell": f"deals {node}", "note": note}
    return client.post("/targets", data=sent | {f"seen-deals-{node}": seen, f"target-deals-{node}": target})


def card_of(client, node="employee:E1"):
    return client.get(f"/api/v1/scorecards/{node}?cycle=2026").json()


def second_calculation(card):
    """The score of every line from its actual and target, None where there is none, and the card's own score from these: by the tests' own rules."""
    scores = {}
    for line in card["lines"]:
        actual, target = (None if line[one] is None else Fraction(line[one]) for one in ("actual", "target"))
        given = Given(year=2026, definition=DEFINITION, history={}, actual=actual, target=target)
        scores[line["kpi"]] = figures(given).score
    measured = [
        (Fraction(str(line["weight"])), score) for line in card["lines"] if (score := scores[line["kpi"]]) is not None
    ]
    return scores, sum(weight * score for weight, score in measured) / sum(weight for weight, _ in measured)


def test_a_target_set_on_the_page_is_a_decision_of_one_person(desk, people):
    """Numbered, with its digest, seen by whoever sees the scorecard and by nobody else; figures and ``kopes digest`` know it as before."""
    digest = desk.kopes("digest", **desk.where).out
    assert typed(people["boram"], "employee:E1", "4", seen="10").status_code == 303
    one = people["boram"].get("/api/v1/decisions/1").json()
    content = {"node": "employee:E1", "targets": [{"kpi": "deals", "before": "10", "target": "4", "folder": "10"}]}
    assert (one["kind"], one["cycle"], one["state"], one["content"]) == ("target", "2026", "approved", content)
    assert (one["reason"], one["maker"]["person"], one["checker"], one["may_approve"]) == (
        "A harder year",
        "E2",
        None,
        [],
    )
    signed = {"kind": "target", "cycle": "2026", "round": None, "content": content, "effects": None}
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"))
    assert one["digest"] == hashlib.sha256(text.encode()).hexdigest()
    for name, is_seen in (("boram", True), ("alba", True), ("dana", True), ("ferran", True), ("emil", False)):
        for query in ({}, {"kind": "target"}, {"node": "employee:E1"}, {"cycle": "2026", "state": "approved"}):
            listed = people[name].get("/api/v1/decisions", params=query).json()["items"]
            assert [each["id"] for each in listed] == ([1] if is_seen else []), (name, query)
        assert people[name].get("/api/v1/decisions/1").status_code == (200 if is_seen else 404)
        assert people[name].get("/decisions/1").status_code == (200 if is_seen else 404)
    card = card_of(people["dana"])
    scores, whole = second_calculation(card)
    assert next(line["target"] for line in card["lines"] if line["kpi"] == "deals") == "4"
    assert {line["kpi"]: line["score"] for line in card["lines"]} == {
        kpi: None if score is None else pytest.approx(float(score)) for kpi, score in scores.items()
    }
    assert card["own_score"] == pytest.approx(float(whole))
    assert desk.kopes("digest", **desk.where).out == digest


def test_over_the_api_it_holds_at_once_and_is_not_undone(desk, people):
    """Back to the folder's with null; never over what was not seen; and nobody agrees to it, refuses it or takes it back."""
    made = posted(people["boram"], "employee:E1", "4.50")
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/decisions/1")
    one = made.json()
    assert (one["state"], one["content"]["targets"][0]["target"]) == ("approved", "4.5")
    assert second_calculation(card_of(people["dana"]))[0]["deals"] == 20 + 80 * Fraction(3) / Fraction("4.5")
    (line,) = (each for each in card_of(people["dana"])["lines"] if each["kpi"] == "deals")
    assert (line["target"], line["score"]) == ("4.5", pytest.approx(20 + 240 / 4.5))
    assert code(posted(people["boram"], "employee:E1", "6", before="10")) == (409, "overtaken")
    assert posted(people["boram"], "employee:E1", None, before="4.5").json()["content"]["targets"] == [
        {"kpi": "deals", "before": "4.5", "target": "10", "folder": "10"}
    ]
    for deed, body, said in (
        ("approve", {"digest": one["digest"]}, "not_proposed"),
        ("refuse", {"reason": WHY}, "not_proposed"),
        ("withdraw", {}, "not_maker"),
    ):
        assert code(people["dana"].post(f"/api/v1/decisions/1/{deed}", json=body)) == (409, said)
    assert people["dana"].get("/api/v1/decisions/1").json() == one
    assert "/decisions/2" in people["dana"].get("/targets?unit=HQ").text
    assert "/decisions/1" in people["alba"].get("/scorecards/employee:E1/deals?cycle=2026").text


WRONG: Any = [
    ({"cycle": None}, "/cycle"),
    ({"cycle": "26"}, "/cycle"),
    ({"reason": "short"}, "/reason"),
    ({"content": {"node": "E1", "targets": [{"kpi": "deals", "target": "4"}]}}, "/content/node"),
    ({"content": {"node": "employee:E1", "targets": []}}, "/content/targets"),
    ({"content": {"node": "employee:E1", "targets": [{"kpi": "deals"}]}}, "/content/targets/0/target"),
    ({"content": {"node": "employee:E1", "targets": [{"kpi": "deals", "target": 4}]}}, "/content/targets/0/target"),
    ({"content": {"node": "employee:E1", "targets": [{"kpi": "deals", "target": "0"}]}}, "/content/targets/0/target"),
    ({"content": {"node": "employee:E1", "targets": [{"kpi": "deals", "target": "10"}]}}, "/content/targets/0/target"),
    ({"content": {"node": "employee:E1", "targets": [{"kpi": "none", "target": "4"}]}}, "/content/targets/0/kpi"),
    (
        {"content": {"node": "employee:E1", "targets": [{"kpi": "deals", "target": "4", "more": 1}]}},
        "/content/targets/0/more",
    ),
    (
        {"content": {"node": "employee:E1", "targets": [{"kpi": "deals", "target": "4"}] * 2}},
        "/content/targets/1/kpi",
    ),
]


def test_what_cannot_be_set_is_named(desk, people):
    """By its member, and nothing is kept."""
    right = {"kpi": "deals", "target": "4"}
    whole: Any = {
        "kind": "target",
        "cycle": "2026",
        "content": {"node": "employee:E1", "targets": [right]},
        "reason": WHY,
    }
    for wrong, pointer in WRONG:
        answer = people["boram"].post("/api/v1/decisions", json=whole | wrong)
        assert code(answer) == (422, "invalid"), wrong
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer], wrong
    assert people["boram"].get("/api/v1/decisions").json()["items"] == []


def test_what_is_wrong_with_a_target_tells_nothing_of_whom_one_may_not_see(desk, people):
    """Whatever a head tries about somebody of another unit or about nobody, the answer is the same."""
    right = {"kpi": "deals", "target": "4"}
    tries: Any = (
        [right],
        [right | {"target": "10"}],
        [right | {"kpi": "none"}],
        [right | {"before": "3"}],
        [right | {"target": "0"}],
        [{"kpi": "deals"}],
        [right] * 2,
        [],
        "none",
        [7],
    )
    for node in ("employee:E6", "employee:E999", "unit:NONE"):
        for targets in tries:
            answer = people["boram"].post(
                "/api/v1/decisions",
                json={
                    "kind": "target",
                    "cycle": "2026",
                    "content": {"node": node, "targets": targets},
                    "reason": WHY,
                },
            )
            assert code(answer) == (404, "not_there"), (node, targets, answer.text)


def test_the_page_and_the_api_ask_the_same_right(desk, people):
    """Whoever may set a target on the page may decide it, and nobody else: every person, every node. What one may not see is not there."""
    said = {
        ("boram", "employee:E2"): (409, "own_case"),
        ("boram", "employee:E6"): (404, "not_there"),
        ("boram", "unit:HQ"): (409, "role"),
        ("dora", "unit:VIE"): (409, "role"),
        ("emil", "employee:E1"): (409, "role"),
    }
    may = set()
    for name, client in people.items():
        if name in {"alba", "dana", "ferran"}:
            continue
        for node in NODES:
            on_page = typed(client, node, "7", seen="10")
            by_page = on_page.status_code == 303
            before = card_of(people["ferran"], node)["lines"]
            answer = posted(client, node, "8" if by_page else "9")
            assert (answer.status_code == 201) == by_page, (name, node, on_page.status_code, answer.text)
            if by_page:
                may.add((name, node))
                # As it was, for whoever comes next.
                assert posted(client, node, None).status_code == 201
            else:
                assert card_of(people["ferran"], node)["lines"] == before
            if (name, node) in said:
                assert code(answer) == said[name, node]
    assert may == {
        ("boram", "employee:E1"),
        ("boram", "unit:VIE"),
        ("dora", "employee:E2"),
        ("dora", "employee:E6"),
        ("dora", "unit:HQ"),
    }
    numbers = [one["id"] for one in people["dana"].get("/api/v1/decisions", params={"limit": 100}).json()["items"]]
    assert numbers == list(range(3 * len(may), 0, -1))


def test_the_list_shows_what_takes_two_and_targets_when_asked(desk, people):
    """Hr finds them by their kind; a head and the employee, who see no others, without asking; a grid that was saved is one for each scorecard."""
    page = people["boram"].get("/targets?unit=VIE").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    cells = ["deals employee:E1", "consults employee:E1", "deals unit:VIE"]
    sent: dict[str, Any] = {"csrf_token": token[1], "cycle": "2026", "note": "A harder year", "cell": cells}
    for name in (cell.replace(" ", "-") for cell in cells):
        sent |= {f"seen-{name}": "10", f"target-{name}": "12"}
    assert people["boram"].post("/targets?unit=VIE", data=sent).status_code == 303
    desk.propose(people["dana"], file="units.csv", to="application").raise_for_status()
    plain, targets, everything = (
        people["dana"].get(f"/decisions{query}").text for query in ("", "?kind=target", "?kind=all")
    )
    assert ("Targets of E1, 2026" in plain, "/decisions/3" in plain) == (False, True)
    assert ("Targets of E1, 2026" in targets, "/decisions/3" in targets) == (True, False)
    assert all(f"/decisions/{number}" in everything for number in (1, 2, 3))
    assert "Targets of E1, 2026" in people["alba"].get("/decisions").text
    assert "Targets of VIE, 2026" in people["alba"].get("/decisions").text
    one = people["alba"].get("/decisions/1").text
    assert one.count('data-label="After">12<') == 2
    assert "A harder year" in one

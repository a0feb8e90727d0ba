"""A region's target shared among its offices on a running server (contract-cycle, 4, "Allocation"), beside a second calculation of its own."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import re
from fractions import Fraction
from math import floor
from typing import Any

import pytest

from tests.contract.desk import Setting, code
from tests.contract.test_agreements import seen, sign
from tests.contract.test_cycles import PEOPLE, opened, to_stage

AGENCY = """
unit HQ agency
  unit EUR regional_hq
    unit BER office
    unit PAR office
    unit VIE office
employee E1 VIE staff
employee E2 VIE head
employee E3 EUR head
employee E4 HQ head
employee E5 BER staff
employee E6 HQ staff
employee E7 PAR staff
"""
CHAE = ("chae", "--role", "employee", "--employee", "E3")
SETTING = Setting(agency=AGENCY, people=PEOPLE.people)
NOTHING = (404, "not_there")
OFFICES = ("unit:BER", "unit:PAR", "unit:VIE")
REGION = "unit:EUR"

HISTORY = {"unit:BER": "600", "unit:PAR": "250.5"}
MARKET = (
    ("BER", "", "2024", "80"),
    ("BER", "", "2026", "100"),
    ("PAR", "deals", "2020", "7"),
    ("PAR", "", "2026", "900"),
    ("VIE", "deals", "2027", "999"),
    ("VIE", "", "2025", "30"),
)
"""A row of the KPI goes before one of all, however old; one of a later year is none yet."""
POTENTIAL = {"unit:BER": 100, "unit:PAR": 7, "unit:VIE": 30}


@pytest.fixture
def desk(desks, engine, tmp_path):
    """A region whose target is 1,000, and somebody who moves from Vienna to Berlin on 1 July."""
    with desks.copy(engine, SETTING, tmp_path) as made:
        rows = table(made, "scorecards.csv")
        for row in rows:
            if row["kpi"] == "deals" and row["node"] in {*OFFICES, REGION}:
                row["target"] = "1000" if row["node"] == REGION else "1"
                if row["node"] != REGION:
                    row |= {"link": "identical", "parent_node": REGION, "parent_kpi": "deals"}
        write(made, "scorecards.csv", rows)
        past = [{"node": node, "kpi": "deals", "year": "2025", "actual": actual} for node, actual in HISTORY.items()]
        write(made, "history.csv", past)
        write(made, "market.csv", [dict(zip(("unit", "kpi", "year", "potential"), row, strict=True)) for row in MARKET])
        postings = table(made, "postings.csv")
        for row in [*postings]:
            if row["employee"] == "E1":
                postings.append(row | {"unit": "BER", "from": "2026-07-01"})
                row["to"] = "2026-07-01"
        write(made, "postings.csv", postings)
        made.kopes("load", made.folder, **made.where)
        # She types into a form, and a copied session has no form token of this server's.
        made.person(*CHAE)
        yield made


def table(desk, file):
    return list(csv.DictReader(io.StringIO((desk.folder / file).read_text(encoding="utf-8"))))


def write(desk, file, rows):
    into = io.StringIO()
    writer = csv.DictWriter(into, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (desk.folder / file).write_text(into.getvalue(), encoding="utf-8")


def asked(desk, name="chae", **more):
    body = {"parent": REGION, "kpi": "deals", "weights": {"history": "50", "market": "30", "headcount": "20"}} | more
    return desk.person(name).post("/api/v1/cycles/2026/allocations", json=body)


def headcounts(desk):
    """Days posted in 2026 ÷ 365, by hand from the file."""
    days = dict.fromkeys(OFFICES, 0)
    for row in table(desk, "postings.csv"):
        node = f"unit:{row['unit']}"
        if node in days:
            first = max(dt.date.fromisoformat(row["from"]), dt.date(2026, 1, 1))
            end = min(dt.date.fromisoformat(row["to"]) if row["to"] else dt.date(2027, 1, 1), dt.date(2027, 1, 1))
            days[node] += (end - first).days
    return {node: Fraction(some, 365) for node, some in days.items()}


def shares(desk, weights):
    """w·x ÷ Σx, the sum of them 1."""
    factors = (
        {node: Fraction(HISTORY.get(node, 0)) for node in OFFICES},
        {node: Fraction(POTENTIAL[node]) for node in OFFICES},
        headcounts(desk),
    )
    whole = sum(weights)
    return {
        node: sum(
            Fraction(weight, whole) * one[node] / sum(one.values())
            for weight, one in zip(weights, factors, strict=True)
        )
        for node in OFFICES
    }


def stepped(parts, left, step):
    """Whole steps by share, then a step each by the largest remainder, then what is less than one."""
    exact = {node: left * part / sum(parts.values()) for node, part in parts.items()}
    given = {node: Fraction(step) * floor(amount / step) for node, amount in exact.items()}
    order = sorted(parts, key=lambda node: (given[node] - exact[node], node))
    over = left - sum(given.values())
    for node in order:
        if over >= step:
            given[node] += step
            over -= step
    given[order[0]] += over
    return given


def test_a_regions_head_shares_its_target_and_the_offices_sign_what_they_got(desk):
    """Exact to the last unit, with what each share goes by; applied it stands in drafts, moves nothing, and is signed like any other."""
    opened(desk)
    assert code(asked(desk, apply=True)) == (409, "not_now")
    to_stage(desk, "agreement")
    answer = asked(desk, stretch="0.05", step="1")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["parent_target"], told["total"], told["difference"]) == ("1000", "1050", "0")
    parts = shares(desk, (50, 30, 20))
    wanted = stepped(parts, Fraction(1050), 1)
    people = headcounts(desk)
    for one in told["items"]:
        node = one["node"]
        assert Fraction(one["history"]) == Fraction(HISTORY.get(node, 0))
        assert Fraction(one["market"]) == POTENTIAL[node]
        assert abs(Fraction(one["headcount"]) - people[node]) < Fraction(1, 10**11)
        assert abs(Fraction(one["share"]) - parts[node]) < Fraction(1, 10**11)
        assert (Fraction(one["target"]), one["override"]) == (wanted[node], None)
    assert [one["node"] for one in told["items"]] == list(OFFICES)

    given = [{"node": "unit:VIE", "target": "200.5", "reason": "A new free trade agreement"}]
    steps = asked(desk, step="10", overrides=given).json()
    rest = stepped({node: parts[node] for node in OFFICES[:2]}, Fraction("799.5"), 10)
    assert {one["node"]: Fraction(one["target"]) for one in steps["items"]} == rest | {"unit:VIE": Fraction("200.5")}
    assert steps["items"][2]["override"] == {"target": "200.5", "reason": "A new free trade agreement"}

    before = desk.kopes("score", "--cycle", "2026", **desk.where).out
    assert seen(desk, "dana", "unit:BER")["state"] == "draft"
    assert asked(desk, step="10", overrides=given, apply=True).json() == steps
    for node, target in (rest | {"unit:VIE": Fraction("200.5")}).items():
        (line,) = [one for one in seen(desk, "dana", node)["lines"] if one["kpi"] == "deals"]
        assert Fraction(line["target"]) == target
    assert desk.kopes("score", "--cycle", "2026", **desk.where).out == before
    assert sign(desk, "boram", "unit:VIE", "owner").json()["state"] == "to_sign"
    assert asked(desk, step="10", overrides=given, apply=True).status_code == 200
    assert seen(desk, "dana", "unit:VIE")["state"] == "to_sign"
    assert sign(desk, "chae", "unit:VIE", "head").json()["state"] == "agreed"
    scored = desk.kopes("score", "--cycle", "2026", "--node", "unit:VIE", **desk.where).out
    assert '"200.5"' in scored
    assert seen(desk, "dana", "unit:BER")["state"] == "draft"


def test_who_may_share_a_target_and_what_cannot_be_shared(desk):
    """Hr and the region's head apply; who does not see the offices hears nothing of them; each wrong member is named."""
    opened(desk)
    to_stage(desk, "agreement")
    assert asked(desk, "dana", apply=True).status_code == 200
    assert code(asked(desk, "ferran", apply=True)) == (409, "role")
    assert asked(desk, "ferran").status_code == 200
    for name, applying in (("alba", (409, "role")), ("boram", (409, "role")), ("ada", NOTHING), ("anna", NOTHING)):
        for more, answer in (
            ({}, NOTHING),
            ({"apply": True}, applying),
            ({"overrides": [{"node": "unit:BER", "target": "5", "reason": "So"}]}, NOTHING),
        ):
            told = asked(desk, name, **more)
            assert (code(told), "BER" in told.text) == (answer, False), (name, more)
    wrong: Any = (
        ({"kpi": "none"}, "/kpi", "unknown_kpi"),
        ({"parent": "EUR"}, "/parent", "unknown_node"),
        ({"parent": "unit:VIE"}, "/parent", "no_children"),
        ({"weights": {"history": "-1"}}, "/weights/history", "below_0"),
        ({"weights": {"luck": "1"}}, "/weights/luck", "unknown_member"),
        ({"stretch": "-1"}, "/stretch", "nothing_left"),
        ({"step": "0"}, "/step", "not_above_0"),
        ({"overrides": [{"node": "unit:HQ", "target": "5", "reason": "So"}]}, "/overrides/0/node", "no_child"),
        ({"overrides": [{"node": "unit:BER", "target": "5", "reason": " "}]}, "/overrides/0/reason", "no_reason"),
        ({"overrides": [{"node": "unit:BER", "target": "0", "reason": "So"}]}, "/overrides/0/target", "not_above_0"),
        ({"overrides": [{"node": "unit:BER", "target": "x", "reason": "So"}]}, "/overrides/0/target", "no_figure"),
        ({"step": "5000", "apply": True}, "/step", "no_target"),
    )
    for more, pointer, why in wrong:
        answer = asked(desk, **more)
        assert code(answer) == (422, "invalid"), (more, answer.text)
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, why)], more
    every = {"overrides": [{"node": node, "target": "500", "reason": "So"} for node in OFFICES]}
    assert code(asked(desk, **every)) == (422, "overrides_exceed")
    assert asked(desk, parent="unit:NONE").status_code == 404
    assert code(desk.person("chae").post("/api/v1/cycles/2025/allocations", json={})) == (422, "invalid")


def test_on_the_page_the_head_sees_what_each_gets_and_writes_it_into_the_drafts(desk):
    """From the cycle's page by its links; what stands there is what the API tells, and what is sent is what stands there."""
    opened(desk)
    to_stage(desk, "agreement")
    chae = desk.person("chae")
    assert 'href="/cycles/2026/allocation"' in chae.get("/cycles/2026").text
    lines = chae.get("/cycles/2026/allocation").text
    assert "/cycles/2026/allocation?parent=unit:EUR&amp;kpi=deals" in lines
    query = {"parent": REGION, "kpi": "deals", "history": "60", "market": "40", "headcount": "0", "percent": "10"}
    given = {"target-unit:VIE": "200.5", "reason-unit:VIE": "A new free trade agreement"}
    page = chae.get("/cycles/2026/allocation", params=query | given).text
    wish = {
        "weights": {"history": 60, "market": 40},
        "stretch": "0.1",
        "overrides": [{"node": "unit:VIE", "target": "200.5", "reason": "A new free trade agreement"}],
    }
    wanted = {one["node"]: Fraction(one["target"]) for one in asked(desk, **wish).json()["items"]}
    shown = re.findall(r'data-narrowed="target-(unit:[A-Z]+)"><strong>([0-9.,]+)<', page)
    assert {node: Fraction(text.replace(",", "")) for node, text in shown} == wanted
    form = page[page.index('data-narrowed="apply"') :].split("</form>")[0]
    sent = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    (action,) = re.findall(r'<form class="form" method="post" action="([^"]+)"', form)
    assert given.items() <= sent.items()
    wrong = chae.post(html.unescape(action), data=sent | {"reason-unit:VIE": ""})
    assert (wrong.status_code, "200.5" in wrong.text) == (422, True)
    assert "Why it gets another target is missing" in wrong.text
    # What is wrong is left out of what is shown, and the rest is shared as before.
    odd = {"percent": "-100", "step": "0", "reason-unit:VIE": " ", "target-unit:BER": "-3", "reason-unit:BER": "So"}
    told = chae.get("/cycles/2026/allocation", params=query | given | odd).text
    for message in (
        "This leaves nothing of the target",
        "“0” is not above 0",
        "“-3” is not above 0",
        "Why it gets another",
    ):
        assert message in told, message
    shown = re.findall(r'data-narrowed="target-(unit:[A-Z]+)"><strong>([0-9.,]+)<', told)
    plain = asked(desk, weights=wish["weights"]).json()["items"]
    # Weights are taken in proportion, a number of JSON as small as one likes.
    assert asked(desk, weights={"history": 0.00006, "market": 4e-05}).json()["items"] == plain
    assert {node: Fraction(text.replace(",", "")) for node, text in shown} == {
        one["node"]: Fraction(one["target"]) for one in plain
    }
    _as_members_are_called(chae, query, wanted)
    elsewhere = chae.get("/cycles/2026/allocation", params=query | {"target-unit:HQ": "5", "reason-unit:HQ": "So"}).text
    assert "“unit:HQ” has no line that hangs on this one" in elsewhere
    assert seen(desk, "dana", "unit:BER")["lines"][0]["target"] != str(wanted["unit:BER"])
    written = chae.post(html.unescape(action), data=sent)
    assert written.status_code == 303
    # The page that follows shows what was written: whoever presses once more writes the same.
    after = chae.get(written.headers["Location"]).text
    shown = re.findall(r'data-narrowed="target-(unit:[A-Z]+)"><strong>([0-9.,]+)<', after)
    assert {node: Fraction(text.replace(",", "")) for node, text in shown} == wanted
    assert 'href="/cycles/2026/scorecards/unit:VIE"' in after
    for node, target in wanted.items():
        (line,) = [one for one in seen(desk, "dana", node)["lines"] if one["kpi"] == "deals"]
        assert Fraction(line["target"]) == target
    # More than an address holds is worked out, and written, all the same; nothing that was typed is lost.
    long = sent | {"reason-unit:VIE": "A new free trade agreement. " * 50}
    (action,) = re.findall(r'<form class="stack" method="post" action="([^"]+)"', page)
    for address in (action, "/cycles/2026/allocation"):
        worked = chae.post(address, data=long)
        assert (worked.status_code, worked.text.count(long["reason-unit:VIE"].strip()) > 0) == (200, True), address
        shown = re.findall(r'data-narrowed="target-(unit:[A-Z]+)"><strong>([0-9.,]+)<', worked.text)
        assert {node: Fraction(text.replace(",", "")) for node, text in shown} == wanted
    for name, status in (("alba", 404), ("ada", 404), ("ferran", 200)):
        assert desk.person(name).get("/cycles/2026/allocation", params=query).status_code == status
    assert 'data-narrowed="apply"' not in desk.person("ferran").get("/cycles/2026/allocation", params=query).text


def _as_members_are_called(client, query, wanted):
    """Whoever names fields as the API's members are named is shown the same."""
    named = query | {"stretch": "0.1", "node": "unit:VIE", "target": "200.5", "reason": "A new free trade agreement"}
    params = {name: one for name, one in named.items() if name != "percent"}
    page = client.get("/cycles/2026/allocation", params=params).text
    shown = re.findall(r'data-narrowed="target-(unit:[A-Z]+)"><strong>([0-9.,]+)<', page)
    assert {node: Fraction(text.replace(",", "")) for node, text in shown} == wanted
    assert re.search(r'name="percent"[^>]*value="10"', page)

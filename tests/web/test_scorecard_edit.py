"""Weights of many scorecards in one grid: a template, deviations, the last cycle's copied; all of it into a change set."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

from app import intake, scoring
from app.rules.terms import Node
from tests.conftest import CountQueries
from tests.web.markup import Element, read
from tests.web.test_changes import agree, said, take_over
from tests.web.working import Working, loaded_folder, working

__all__ = ["loaded_folder", "working"]

INTO: Final = {"into": "new", "title": "Weights of 2026", "reason": "Agreed in the meeting of Monday."}
OFFICES: Final = "/scorecards/edit?cycle=2026&whose=kind:office"


def cells(page: str) -> dict[str, str]:
    """What the grid's form begins with, as a browser would send it."""
    (form,) = (one for one in read(page).all("form") if "data-target-grid" in one.attributes)

    def value(one: Element) -> str:
        if one.tag == "select":
            return next(
                (option.attributes["value"] for option in one.all("option") if "selected" in option.attributes), ""
            )
        return one.text if one.tag == "textarea" else one.attributes.get("value", "")

    named = (one for one in form.all("input", "select", "textarea") if one.attributes.get("name"))
    sent = (one for one in named if one.attributes.get("type") != "checkbox" or "checked" in one.attributes)
    return {one.attributes["name"]: value(one) for one in sent if one.attributes["name"] != "csrf_token"} | {
        "without_script": ""
    }


def put(working: Working, address: str, form: dict[str, str]) -> str:
    """Show what the weights do and put them into a set; the set's address."""
    looked = working.dana.post(address, form)
    assert looked.status_code == 200, said(looked.text)[-1500:]
    again = cells(looked.text)
    assert again.get("seen"), said(looked.text)[:3000]
    answer = working.dana.post(address, again)
    assert answer.status_code == 303, said(answer.text)[-1500:]
    return answer.headers["Location"]


def weights(working: Working, cycle: int, *nodes: str) -> dict[str, dict[str, str]]:
    """The loaded weights of a cycle by node."""
    with working.database.read() as connection:
        sheet = scoring.state(connection).sheet
    return {
        node: {one.kpi: f"{one.weight:f}" for one in sheet.lines.get(cycle, {}).get(Node.known(node), ())}
        for node in nodes
    }


def test_a_template_shifts_all_offices_and_what_deviates_keeps_deviating(working: Working) -> None:
    """Five points less of one KPI and five more of another, for every office; Vienna's own weights move by the same."""
    take_over(working, "scorecards.csv")
    working.record("2026-03-04 deal D-1 E1 1000.00 EUR", "2026-03-05 verified D-1 by E2")
    form = cells(working.dana.get(OFFICES).text) | INTO
    first = put(working, OFFICES, form | {"weight-deals-unit:VIE": "15", "weight-consults-unit:VIE": "5"})
    number = first.rpartition("/")[2]
    page = working.dana.get(f"{OFFICES}&into={number}").text
    assert re.search(
        r"Deviations from the template VIE ?: A name 5 \(template 10\) ?, A name 15 \(template 10\)", said(page)
    )
    form = cells(page) | {"into": number}
    short = said(working.dana.post(OFFICES, form | {"template-consults": "-5", "apply": "changed"}).text)
    assert "add up to 95, not 100" in short
    assert "Put into the change set" not in short
    shifted = {"template-consults": "-4", "template-deals": "+4", "apply": "changed"}
    looked = said(working.dana.post(OFFICES, form | shifted).text)
    assert re.search(r"VIE [^→]*→.*Own score: ", looked)
    put(working, OFFICES, form | shifted)
    agree(working.wanda, working.dana.post(f"{first}/submit", {}).headers["Location"])
    loaded = weights(working, 2026, "unit:VIE", "unit:PAR", "unit:TYO", "employee:E1")
    assert [(one["consults"], one["deals"]) for one in loaded.values()] == [
        ("1", "19"),
        ("6", "14"),
        ("6", "14"),
        ("10", "10"),
    ]


def test_the_whole_template_ends_deviations_and_an_empty_cell_is_no_line(working: Working) -> None:
    """Nine KPIs instead of ten for all heads; what was typed into one person's cell goes before it, and comes back after a refusal."""
    take_over(working, "scorecards.csv")
    address = "/scorecards/edit?cycle=2026&whose=job:head"
    form = cells(working.dana.get(address).text) | INTO
    form |= {"template-buyers": "", "template-deals": "20", "apply": "whole"}
    refused = working.dana.post(address, form | {"weight-deals-employee:E4": "ten", "weight-deals-employee:E5": "101"})
    assert refused.status_code == 422
    kept = cells(refused.text)
    assert (kept["weight-deals-employee:E4"], kept["apply"], kept["template-buyers"]) == ("ten", "whole", "")
    wrong = {one.attributes["id"] for one in read(refused.text).all("input") if one.attributes.get("aria-invalid")}
    assert wrong == {"weight-deals-employee:E4", "weight-deals-employee:E5"}
    own = {"weight-deals-employee:E4": "25", "weight-consults-employee:E4": "5"}
    agree(working.wanda, working.dana.post(f"{put(working, address, form | own)}/submit", {}).headers["Location"])
    loaded = weights(working, 2026, "employee:E2", "employee:E4", "employee:E1")
    assert ["buyers" in one for one in loaded.values()] == [False, False, True]
    assert [one["deals"] for one in loaded.values()] == ["20", "25", "10"]


def test_next_year_begins_with_this_year_s_scorecards_without_its_targets(working: Working) -> None:
    """Of everybody who has none in the new cycle; then the grid builds upon the set: five points less before anything holds."""
    take_over(working, "scorecards.csv")
    address = "/scorecards/edit?cycle=2027&whose=kind:office"
    page = working.dana.get(address).text
    assert "scorecards of the cycle 2026 have no successor in this cycle" in said(page)
    number = put(working, address, cells(page) | INTO | {"copy": "yes"}).rpartition("/")[2]
    page = working.dana.get(f"{address}&into={number}").text
    assert "no successor" not in page
    form = cells(page) | {"into": number, "template-consults": "-5", "template-deals": "+5", "apply": "changed"}
    assert form["weight-consults-unit:VIE"] == "10"
    change = put(working, address, form)
    with working.database.read() as connection:
        rows = intake.rows_wanted(connection, intake.changed_rows(connection, int(number)), "scorecards.csv")
    new = {key[1:]: row for key, row in rows.items() if key[0] == "2027"}
    assert len(new) == len([key for key in rows if key[0] == "2026"])
    assert change.endswith(f"/{number}")
    for node, consults, deals in (("unit:VIE", "5", "15"), ("unit:TYO", "5", "15"), ("employee:E1", "10", "10")):
        assert (new[node, "consults"]["weight"], new[node, "deals"]["weight"]) == (consults, deals)
        assert new[node, "deals"].get("target", "") == ""


def test_a_new_line_hangs_on_the_unit_above(working: Working) -> None:
    """A KPI that no office has becomes a column; the line is a slice of the regional headquarters' own."""
    take_over(working, "scorecards.csv")
    form = cells(working.dana.get(OFFICES).text) | INTO
    emptied = {f"weight-consults-unit:{one}": "" for one in ("VIE", "PAR", "TYO")}
    given = {f"weight-deals-unit:{one}": "20" for one in ("VIE", "PAR", "TYO")}
    number = put(working, OFFICES, form | emptied | given).rpartition("/")[2]
    page = working.dana.get(f"{OFFICES}&into={number}&more=consults").text
    form = cells(page) | {"into": number, "template-consults": "10", "template-deals": "10", "apply": "changed"}
    change = put(working, f"{OFFICES}&more=consults", form)
    agree(working.wanda, working.dana.post(f"{change}/submit", {}).headers["Location"])
    with working.database.read() as connection:
        line = scoring.state(connection).sheet.line(2026, Node.known("unit:VIE"), "consults")
    assert line is not None
    assert (line.link, str(line.parent_node)) == ("identical", "unit:EUR")


@pytest.mark.parametrize("name", ["ferran", "emil", "boram", "alba", "iris"])
def test_the_grid_is_hr_s(working: Working, name: str) -> None:
    """To others it is not there."""
    assert getattr(working, name).get(OFFICES).status_code == 404
    assert getattr(working, name).post(OFFICES, INTO).status_code == 404


def test_queries_do_not_grow_with_scorecards(working: Working, count_queries: CountQueries) -> None:
    """Three offices, and as many people again."""
    counts: list[Any] = []
    for more in (
        "",
        "".join(f"E{one},E{one},e{one}@agency.example,G5,staff,3000000,2000-01-01,\n" for one in range(20, 30)),
    ):
        working.load(lambda text, more=more: text + more, "employees")
        for address in (OFFICES, "/scorecards/edit?cycle=2026&whose=job:staff"):
            working.dana.get(address)
            with count_queries() as queries:
                working.dana.get(address)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]

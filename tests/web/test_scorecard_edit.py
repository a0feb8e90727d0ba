"""Weights of many scorecards in one grid: a template, deviations, the last cycle's copied; all of it into a change set."""

from __future__ import annotations

import csv
import re
from typing import Any, Final

import pytest

from app import intake, scoring
from app.rules.terms import Node
from tests.conftest import CountQueries
from tests.web.markup import Element, read
from tests.web.test_changes import agree, said, take_over
from tests.web.test_opened_cycles import drafted, in_agreement, signs
from tests.web.working import Working, loaded_folder, working

__all__ = ["loaded_folder", "working"]

INTO: Final = {"into": "new", "title": "Weights of 2026", "reason": "Agreed in the meeting of Monday."}
OFFICES: Final = "/scorecards/edit?cycle=2026&whose=kind:office"
NEXT: Final = "/scorecards/edit?cycle=2027&whose=kind:office"
VIENNA: Final = "/scorecards/edit/lines?node=unit:VIE&cycle=2026"


def cells(page: str) -> dict[str, str]:
    """What the grid's form begins with, or the sheet's, as a browser would send it."""
    (form,) = (one for one in read(page).all("form") if {"data-target-grid", "data-sheet"} & set(one.attributes))

    def value(one: Element) -> str:
        if one.tag == "select":
            return next(
                (option.attributes["value"] for option in one.all("option") if "selected" in option.attributes), ""
            )
        return one.text if one.tag == "textarea" else one.attributes.get("value", "")

    named = (one for one in form.all("input", "select", "textarea") if one.attributes.get("name"))
    sent = (
        one for one in named if one.attributes.get("type") not in {"checkbox", "radio"} or "checked" in one.attributes
    )
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
        r"Who has other weights than most VIE ?: A name 5 \(most: 10\) ?, A name 15 \(most: 10\)", said(page)
    )
    form = cells(page) | {"into": number}
    short = said(working.dana.post(OFFICES, form | {"template-consults": "-5", "apply": "changed"}).text)
    assert short.count("add up to 95") == 1
    assert "the weights of 2026 add up to 95 on PAR, TYO, VIE: give 5 points to another KPI" in short
    assert short.count("5 short of 100") == 4  # the three, and the first row
    assert re.search("weights of unit:|lines [0-9]", short) is None
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


def copied(working: Working, address: str, *, by: str = "dana", **form: str) -> str:
    """Copy the last cycle's scorecards by the button of the page; the number of the set that they are in."""
    answer = getattr(working, by).post(address.replace("/edit?", "/edit/copy?"), {"copy_into": "new", **form})
    assert answer.status_code == 303, said(answer.text)[-1500:]
    into = re.search(r"into=([0-9]+)", answer.headers["Location"])
    assert into is not None
    return into[1]


def test_next_year_begins_with_this_year_s_scorecards_without_its_targets(working: Working) -> None:
    """Of everybody who has none in the new cycle; then the grid builds upon the set: five points less before anything holds."""
    take_over(working, "scorecards.csv")
    page = working.dana.get(NEXT).text
    assert "15 scorecards of the cycle 2026 have no successor in this cycle" in said(page)
    number = copied(working, NEXT)
    page = working.dana.get(f"{NEXT}&into={number}").text
    assert "Copied into change set" in said(page)
    assert "no successor" not in page
    form = cells(page) | {"into": number, "template-consults": "-5", "template-deals": "+5", "apply": "changed"}
    assert form["weight-consults-unit:VIE"] == "10"
    looked = said(working.dana.post(NEXT, form).text)
    assert "A name: −5 points, 5 in place of 10, on PAR, TYO, VIE." in looked
    change = put(working, NEXT, form)
    page = said(working.dana.get(change).text)
    assert "The scorecards of 2027 begin with those of 2026." in page
    assert "as in 2026" not in page.partition("What it does")[0]
    with working.database.read() as connection:
        rows = intake.rows_wanted(connection, intake.changed_rows(connection, int(number)), "scorecards.csv")
    new = {key[1:]: row for key, row in rows.items() if key[0] == "2027"}
    assert len(new) == len([key for key in rows if key[0] == "2026"])
    assert change.endswith(f"/{number}")
    for node, consults, deals in (("unit:VIE", "5", "15"), ("unit:TYO", "5", "15"), ("employee:E1", "10", "10")):
        assert (new[node, "consults"]["weight"], new[node, "deals"]["weight"]) == (consults, deals)
        assert new[node, "deals"].get("target", "") == ""


def test_the_copy_takes_those_alone_whom_the_grid_shows_and_nobody_twice(working: Working) -> None:
    """Three offices of fifteen scorecards; a second time into the same set there is nothing left to copy."""
    take_over(working, "scorecards.csv")
    number = copied(working, NEXT, copy_whose="shown")
    with working.database.read() as connection:
        changed = intake.changed_rows(connection, int(number))
    assert {row.key[1] for row in changed.rows} == {"unit:PAR", "unit:TYO", "unit:VIE"}
    again = working.dana.post(NEXT.replace("/edit?", "/edit/copy?"), {"copy_into": number, "copy_whose": "shown"})
    assert again.status_code == 422
    assert "scorecard is missing in that change set" in again.text


def test_a_cycle_is_begun_for_everybody_by_somebody_who_is_one_of_them(working: Working) -> None:
    """Wanda of HR carries all scorecards over, her own among them, and Dana agrees. Her own alone, or another weight on it, is her own case."""
    take_over(working, "scorecards.csv")
    staff = "/scorecards/edit?cycle=2027&whose=job:staff"
    some = working.wanda.post(staff.replace("/edit?", "/edit/copy?"), {"copy_into": "new", "copy_whose": "shown"})
    assert (some.status_code, "Your own scorecard" in some.text) == (422, True)
    number = copied(working, NEXT, by="wanda")
    own = "2027,employee:E7,deals,15,,unique,,,,,,,\n2027,employee:E7,consults,5,,unique,,,,,,,"
    header = "cycle,node,kpi,weight,area,link,parent_node,parent_kpi,base,high,low,target,coefficient"
    before = rows_of(working, number, "employee:E7")
    form = cells(working.wanda.get(f"{staff}&into={number}").text) | {"template-consults": "-5", "template-deals": "+5"}
    assert "You are in it yourself, or are posted there: E7." in said(working.wanda.post(staff, form).text)
    working.wanda.post(f"/changes/{number}/rows", {"file": "scorecards.csv", "rows": f"{header}\n{own}"})
    assert "about yourself" in said(working.wanda.post(f"/changes/{number}/submit", {}).text)
    working.wanda.post(f"/changes/{number}/rows", {"file": "scorecards.csv", "rows": "\n".join((header, *before))})
    agree(working.dana, working.wanda.post(f"/changes/{number}/submit", {}).headers["Location"])
    assert weights(working, 2027, "employee:E7") == weights(working, 2026, "employee:E7")


def rows_of(working: Working, number: str, node: str) -> list[str]:
    """Somebody's scorecard in a set, as it is pasted."""
    with working.database.read() as connection:
        rows = intake.changed_rows(connection, int(number)).rows
    return [",".join(row.after.values()) for row in rows if row.after is not None and row.key[1] == node]


def test_what_next_year_s_weights_would_move_is_told_as_if_they_held_now(working: Working) -> None:
    """A cycle that has not begun has no figures; its weights laid upon the present one move what a change of that one would. Nothing is kept."""
    take_over(working, "scorecards.csv")
    working.record("2026-03-04 deal D-1 E1 1000.00 EUR", "2026-03-05 verified D-1 by E2")
    number = copied(working, NEXT)
    shifted = {"template-consults": "-5", "template-deals": "+5", "apply": "changed"}
    form = cells(working.dana.get(f"{NEXT}&into={number}").text) | {"into": number} | shifted
    looked = working.dana.post(NEXT, form)
    assert "The cycle 2027 has not begun: it has no figures yet" in said(looked.text)
    as_if = said(working.dana.post(NEXT, cells(looked.text) | {"as_if": "yes"}).text)
    now = said(working.dana.post(OFFICES, cells(working.dana.get(f"{OFFICES}&into=new").text) | INTO | shifted).text)
    moved = re.compile(r"VIE [^A-Z]*Own score: ([\d.]+) → ([\d.]+)")
    (told,) = moved.findall(as_if.partition("As if in 2026")[2])
    assert [told] == moved.findall(now)
    assert told[0] != told[1]
    with working.database.read() as connection:
        changed = intake.changed_rows(connection, int(number))
    assert {row.after["weight"] for row in changed.rows if row.after is not None} == {"10"}
    # Who is to agree reads the same, and so does whoever looks at what the set would move.
    change = put(working, NEXT, form)
    decision = working.dana.post(f"{change}/submit", {}).headers["Location"]
    for page in (working.wanda.get(decision).text, working.dana.get(f"{change}/effects").text):
        assert moved.findall(said(page).partition("As if in 2026")[2]) == [told]
    assert "It moves no score" not in working.wanda.get(decision).text
    # What was changed in the set stands where it stood on last year's scorecards.
    agree(working.wanda, decision)
    last, now = ([*weights(working, cycle, "unit:VIE")["unit:VIE"]] for cycle in (2026, 2027))
    assert last == now


def test_as_if_goes_by_what_was_agreed_on_and_not_by_what_the_folder_says(working: Working) -> None:
    """E1 has signed 20 points of buyers and none of companies: five of consults' ten to buyers are laid upon the ten that the folder has of each."""
    take_over(working, "scorecards.csv")
    working.record("2026-03-04 deal D-1 E1 1000.00 EUR of Nordwind/AT", "2026-03-05 verified D-1 by E2")
    in_agreement(working)
    page, card = "/cycles/2026/scorecards/employee:E1", "/api/v1/scorecards/employee:E1?cycle=2026"
    assert drafted(working.alba, page, weight__buyers="19", weight__consults="1").status_code == 303
    for person, part in ((working.alba, "owner"), (working.boram, "head")):
        signs(person, page, part)
    before: dict[str, Any] = working.alba.get(card).json or {}
    scores = {one["kpi"]: one["score"] for one in before["lines"]}
    assert {one["kpi"]: one["weight"] for one in before["lines"]}["buyers"] == 19
    staff = "/scorecards/edit?cycle=2027&whose=job:staff"
    number = copied(working, staff)
    form = cells(working.dana.get(f"{staff}&into={number}").text) | {"into": number, "apply": "changed"}
    looked = working.dana.post(staff, form | {"template-consults": "-5", "template-buyers": "+5"})
    told = said(working.dana.post(staff, cells(looked.text) | {"as_if": "yes"}).text).partition("As if in 2026")[2]
    # 15 and 5 in place of 19 and 1.
    after = before["own_score"] + (4 * scores["consults"] - 4 * scores["buyers"]) / 100
    assert re.findall(r"(E\d) \w+ [^A-Z]*Own score: ([\d.]+) → ([\d.]+)", told) == [
        ("E1", f"{before['own_score']:.2f}", f"{after:.2f}")
    ]
    # Of the cycle under way itself: the folder's weights reach nobody who has agreed, and the page says so, and what they would do.
    present = staff.replace("2027", "2026")
    form = cells(working.dana.get(f"{present}&into=new").text) | INTO | {"apply": "changed"}
    looked = working.dana.post(present, form | {"template-consults": "-5", "template-buyers": "+5"})
    assert "What these weights would move if they held" in said(looked.text)
    told = said(working.dana.post(present, cells(looked.text) | {"as_if": "yes"}).text).partition("As if in 2026")[2]
    assert "whoever has agreed to other weights keeps them" in told
    assert re.findall(r"(E1) \w+ [^A-Z]*Own score: ([\d.]+) → ([\d.]+)", told) == [
        ("E1", f"{before['own_score']:.2f}", f"{after:.2f}")
    ]
    assert "are agreed on with those whose they are" in said(working.dana.get(OFFICES).text)


def test_several_groups_are_asked_for_at_once(working: Working) -> None:
    """Large markets, whether they grow or not: by the word that their names have in common."""
    groups = {"VIE": "Growing (large)", "PAR": "Growing (small)", "TYO": "Developing (large)"}
    working.load(lambda text: _grouped(text, groups), "units")
    page = read(working.dana.get(OFFICES).text)
    families = {one.text: one.attributes["href"] for one in page.all("a") if one.attributes.get("class") == "view"}
    assert list(families) == ["Growing", "large"]
    names = {name for name in cells(working.dana.get(families["large"]).text) if name.startswith("weight-deals-")}
    assert names == {"weight-deals-unit:VIE", "weight-deals-unit:TYO"}


def test_a_scorecard_that_is_not_as_last_year_is_told_by_what_differs(working: Working) -> None:
    """Paris begins 2027 with two KPIs of its ten: the two weigh more, the eight others fall away, each said once."""
    take_over(working, "scorecards.csv")
    address = f"{NEXT}&more=consults&more=deals"
    form = cells(working.dana.get(address).text) | INTO
    looked = said(
        working.dana.post(address, form | {"weight-consults-unit:PAR": "50", "weight-deals-unit:PAR": "50"}).text
    )
    assert "New, and not as in 2026: PAR." in looked
    assert looked.count("Against 2026: A name: +40 points, 50 in place of 10, on PAR.") == 2
    assert looked.count("Against 2026: A name: no line any more, it had 10 points, on PAR.") == 8


def _grouped(text: str, groups: dict[str, str]) -> str:
    """``units.csv`` with the evaluation groups of some units."""
    rows = list(csv.DictReader(text.splitlines()))
    for row in rows:
        row["evaluation_group"] = groups.get(row["code"], "")
    return "\n".join(",".join(line) for line in ([*rows[0]], *(list(row.values()) for row in rows))) + "\n"


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
        for address in (OFFICES, "/scorecards/edit?cycle=2026&whose=job:staff", VIENNA):
            working.dana.get(address)
            with count_queries() as queries:
                working.dana.get(address)
            counts.append(len(queries))
    assert counts[:3] == counts[3:]


def blank_in(form: dict[str, str]) -> str:
    """The number of the first row that waits for a new line."""
    return next(name for name, value in form.items() if name.startswith("kpi-") and not value).removeprefix("kpi-")


def row_of(form: dict[str, str], kpi: str) -> str:
    """The number of the row in which a KPI stands."""
    return next(name for name, value in form.items() if name.startswith("kpi-") and value == kpi).removeprefix("kpi-")


def test_every_cell_of_a_line_is_a_field_and_lines_come_and_go(working: Working) -> None:
    """Target, coefficient, area, link and parent of lines; one removed, another added by its name, which hangs as the unit above has it.

    What is in the set is what the file would say, to the letter; figures are read by the reader's separators.
    """
    take_over(working, "scorecards.csv")
    form = cells(working.dana.get(VIENNA).text) | INTO
    deals, gone, other = (row_of(form, one) for one in ("deals", "consults", "buyers"))
    blank = blank_in(form)
    without = {
        **form,
        f"gone-{gone}": "yes",
        f"weight-{deals}": "20",
        f"area-{deals}": "Exports",
        f"target-{deals}": "1.200,5",
    }
    refused = working.dana.post(VIENNA, without | {f"weight-{other}": "ten", f"area-{blank}": "Left over"})
    assert refused.status_code == 422
    kept = cells(refused.text)
    assert (kept[f"target-{deals}"], kept[f"weight-{other}"], kept[f"area-{blank}"]) == ("1.200,5", "ten", "Left over")
    wrong = {one.attributes["id"] for one in read(refused.text).all("input") if one.attributes.get("aria-invalid")}
    assert wrong == {f"target-{deals}", f"weight-{other}", f"kpi-{blank}"}
    hung = {f"link-{other}": "contributory", f"parent_node-{other}": "EUR", f"parent_kpi-{other}": "deals"}
    number = put(working, VIENNA, without | {f"target-{deals}": "1,200.5"} | hung).rpartition("/")[2]
    into = f"{VIENNA}&into={number}"
    form = cells(working.dana.get(into).text) | {"into": number}
    assert "consults" not in form.values()
    assert (form[f"target-{row_of(form, 'deals')}"], form[f"area-{row_of(form, 'deals')}"]) == ("1,200.5", "Exports")
    blank = blank_in(form)
    deals = row_of(form, "deals")
    change = put(
        working, VIENNA, form | {f"kpi-{blank}": "consults", f"weight-{blank}": "12.5", f"weight-{deals}": "7.5"}
    )
    with working.database.read() as connection:
        rows = intake.changed_rows(connection, int(number)).rows
    after = {row.key[2]: row.after for row in rows}
    assert set(after) == {"deals", "consults", "buyers"}
    names = ("weight", "target", "area", "link", "parent_node", "parent_kpi")
    shown = {kpi: tuple(row[name] for name in names) for kpi, row in after.items() if row is not None}
    assert shown["deals"][:3] == ("7.5", "1200.5", "Exports")
    assert shown["consults"] == ("12.5", "", "", "identical", "unit:EUR", "consults")
    assert shown["buyers"][3:] == ("contributory", "unit:EUR", "deals")
    agree(working.wanda, working.dana.post(f"{change}/submit", {}).headers["Location"])
    assert weights(working, 2026, "unit:VIE")["unit:VIE"]["consults"] == "12.5"


def test_what_a_load_would_find_in_a_line_names_its_row_and_column_and_loses_nothing(working: Working) -> None:
    """A weight that is missing, a KPI twice, a parent that is none, a lower target above the higher one."""
    take_over(working, "scorecards.csv")
    form = cells(working.dana.get(VIENNA).text) | INTO
    deals = row_of(form, "deals")
    blank = blank_in(form)
    more = {
        f"kpi-{blank}": "deals",
        f"weight-{deals}": "",
        f"parent_node-{deals}": "Atlantis",
        f"parent_kpi-{deals}": "x",
    }
    refused = working.dana.post(VIENNA, form | more)
    wrong = {one.attributes["id"] for one in read(refused.text).all("input") if one.attributes.get("aria-invalid")}
    assert wrong == {f"kpi-{blank}", f"weight-{deals}", f"parent_node-{deals}", f"parent_kpi-{deals}"}
    looked = working.dana.post(VIENNA, form | {f"coefficient-{deals}": "3", f"weight-{deals}": "11"})
    assert looked.status_code == 200
    assert "Coefficient" in said(looked.text).partition("What does not fit yet")[2]
    at_cells = {
        one.attributes["id"]: one for one in read(looked.text).all("input") if one.attributes.get("aria-invalid")
    }
    assert set(at_cells) == {f"coefficient-{deals}"}
    assert at_cells[f"coefficient-{deals}"].attributes["aria-describedby"] == f"coefficient-{deals}-error"
    assert "coefficient is for the methods" in said(looked.text).rpartition("Error:")[2]
    assert "add up to 101" in said(looked.text)
    assert cells(looked.text)[f"coefficient-{deals}"] == "3"
    assert working.dana.get(VIENNA.replace("VIE", "NONE")).status_code == 404


@pytest.mark.parametrize("name", ["ferran", "boram"])
def test_the_sheet_is_hr_s(working: Working, name: str) -> None:
    """To others it is not there."""
    assert getattr(working, name).get(VIENNA).status_code == 404
    assert getattr(working, name).post(VIENNA, INTO).status_code == 404

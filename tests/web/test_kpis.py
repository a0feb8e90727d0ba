"""The pages of goals and KPIs: the table and the map that say the same, and the forms that change a definition by a change set."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import pytest
import yaml

from app import scoring
from app.web.asked.forms import Typed
from app.web.changes.definition_forms import shown_inputs
from app.web.wording.definition_words import CHOICES
from tests.conftest import CountQueries
from tests.web.markup import read
from tests.web.test_changes import agree, said, take_over
from tests.web.working import Working, loaded_folder, working

__all__ = ["loaded_folder", "working"]

INTO: Final = {"into": "new", "title": "Deals otherwise", "reason": "Agreed in the meeting of Monday."}


def form_of(page: str) -> dict[str, str]:
    """What the form of a definition begins with, as a browser would send it."""
    (form,) = (one for one in read(page).all("form") if "data-definition" in one.attributes)
    values: dict[str, str] = {}
    for one in form.all():
        name = one.attributes.get("name", "")
        if not name or name == "csrf_token":
            continue
        if one.tag == "select":
            chosen = [option for option in one.all("option") if "selected" in option.attributes]
            values[name] = chosen[0].attributes["value"] if chosen else ""
        elif one.tag == "textarea":
            values[name] = one.text
        elif one.attributes.get("type") != "checkbox" or "checked" in one.attributes:
            values[name] = one.attributes.get("value", "")
    return values | {"without_script": ""}


def put(working: Working, address: str, form: dict[str, str]) -> str:
    """Show what a form does and put it into its set; the set's address."""
    looked = working.dana.post(address, form)
    assert looked.status_code == 200, said(looked.text)[-1500:]
    again = form_of(looked.text)
    assert again["seen"], said(looked.text)
    answer = working.dana.post(address, again)
    assert answer.status_code == 303, said(answer.text)[-1500:]
    return answer.headers["Location"]


def test_every_member_of_every_schema_has_words_and_so_has_every_choice() -> None:
    """A field without a name, or a choice that shows its code, is found here and not by a reader."""
    for kind in ("kpi", "goals", "policies"):
        assert shown_inputs(kind, {}, Typed(), without=("versions",))
    assert set(CHOICES) == {
        "class",
        "direction",
        "aggregate",
        "activity",
        "of",
        "counts_from",
        "name",
        "every",
        "perspective",
    }


def test_the_table_says_who_has_what_and_the_map_says_the_same(working: Working) -> None:
    """Every KPI and link of the one is in the other; narrowed to a unit both are."""
    working.load(
        lambda text: text.replace(
            "2026,unit:VIE,consults,10,,unique,,", "2026,unit:VIE,consults,10,,contributory,unit:EUR,deals"
        )
    )
    for narrowed in ("", "&unit=VIE", "&text=deal"):
        table = read(working.dana.get(f"/kpis?by=kpi{narrowed}").text)
        map_ = read(working.dana.get(f"/kpis?by=map{narrowed}").text)
        (rows,) = (one for one in table.all("tbody") if "data-rows" in one.attributes)
        named = [re.search("/kpis/([a-z_]+)$", row.first("th").first("a").attributes["href"]) for row in rows.all("tr")]
        kpis = sorted(one[1] for one in named if one)
        boxes = {one.attributes["data-kpi"]: one for one in map_.all("li") if "data-kpi" in one.attributes}
        assert sorted(boxes) == kpis != []
        linked = {code: box.attributes["data-above"] for code, box in boxes.items() if box.attributes["data-above"]}
        assert linked == ({} if "consults" not in kpis else {"consults": "deals"})
        assert ("contributes to" in map_.text) is bool(linked)
    lines = said(working.dana.get("/kpis?by=line&kpi=deals&unit=VIE&sort=weight&order=down").text)
    rows = lines.partition("Hangs on")[2]
    assert re.search(r"A name .*E1 .*10 unique", rows)
    assert "TYO" not in rows


def test_the_map_goes_from_perspectives_to_people_and_each_number_leads_to_its_list(working: Working) -> None:
    """Goal, task, KPI, then who has it by kind with what weight, counted here in the file itself; the table says the same; goals are joined too.

    Consults serve another goal, and a line of them in Vienna hangs on its region's deals: so that goal contributes to the other one.
    """
    definitions = working.folder / "definitions"
    goals = json.loads((definitions / "goals.yaml").read_text("utf-8"))
    name = {"en": "Learning"}
    more = {
        "code": "learning",
        "name": name,
        "perspective": "learning",
        "tasks": [{"code": "learn", "name": {"en": "To learn"}}],
    }
    (definitions / "goals.yaml").write_text(json.dumps({"goals": [*goals["goals"], more]}), "utf-8")
    kpis = json.loads((definitions / "kpis.yaml").read_text("utf-8"))["kpis"]
    moved = [one | ({"goal": "learn"} if one["code"] == "consults" else {}) for one in kpis]
    (definitions / "kpis.yaml").write_text(json.dumps({"kpis": moved}), "utf-8")
    working.load(
        lambda text: text.replace(
            "2026,unit:VIE,consults,10,,unique,,", "2026,unit:VIE,consults,7.5,,contributory,unit:EUR,deals"
        ).replace("2026,unit:VIE,deals,10,", "2026,unit:VIE,deals,12.5,")
    )
    kinds = {
        "HQ": "agency",
        "EUR": "regional_hq",
        "ASI": "regional_hq",
        "VIE": "office",
        "PAR": "office",
        "TYO": "office",
    }
    rows = [line.split(",") for line in (working.folder / "agency" / "scorecards.csv").read_text("utf-8").splitlines()]
    weights: dict[tuple[str, str], list[float]] = {}
    for cycle, node, kpi, weight, *_ in rows[1:]:
        if cycle == "2026":
            kind, _, code = node.partition(":")
            weights.setdefault((kpi, kinds[code] if kind == "unit" else kind), []).append(float(weight))

    map_ = read(working.dana.get("/kpis?by=map").text)
    table = read(working.dana.get("/kpis?by=kpi").text)
    goal_boxes = {one.attributes["data-goal"]: one for one in map_.all("li") if "data-goal" in one.attributes}
    assert {code: box.attributes["data-above"] for code, box in goal_boxes.items()} == {
        "exports": "",
        "learning": "exports",
    }
    assert re.search(r"Learning contributes to A name \(1\) To learn", said(str(working.dana.get("/kpis?by=map").text)))
    for page in (map_, table):
        links = [
            one
            for one in page.all("a")
            if "level=" in one.attributes.get("href", "") and "by=line" in one.attributes["href"]
        ]
        holdings = {}
        for one in links:
            asked = dict(part.split("=") for part in one.attributes["href"].partition("?")[2].split("&"))
            holdings[asked["kpi"], asked["level"]] = int(one.text.rpartition(":")[2])
        assert holdings == {key: len(some) for key, some in weights.items()}
    for kpi, level in (("consults", "office"), ("consults", "employee"), ("deals", "regional_hq")):
        some = weights[kpi, level]
        listed = read(working.dana.get(f"/kpis?by=line&kpi={kpi}&level={level}").text)
        (body,) = (one for one in listed.all("tbody") if "data-rows" in one.attributes)
        shown = [list(row.all("td"))[3].text.strip() for row in body.all("tr")]
        assert sorted(map(float, shown)) == sorted(some)
    (offices,) = (one for one in map_.all("li") if one.attributes.get("data-kpi") == "consults")
    assert "Office: 3 weight 7.5–10" in " ".join(offices.text.split())


@pytest.mark.parametrize("name", ["alba", "boram", "iris"])
def test_the_forms_are_hr_s_and_the_table_of_whoever_sees_files(working: Working, name: str) -> None:
    """An executive and an auditor read; nobody else finds the pages, and nobody but hr a form."""
    pages = ("/kpis", "/kpis/deals", "/kpis/deals/yaml")
    assert working.ferran.statuses(*pages) == working.emil.statuses(*pages) == [200] * 3
    assert getattr(working, name).statuses(*pages, "/kpis/_new") == [404] * 4
    assert working.ferran.get("/kpis/_new").status_code == 404
    assert "data-definition" not in working.ferran.get("/kpis/deals").text
    assert working.ferran.post("/kpis/deals", {"method.name": "ratio"} | INTO).status_code == 404


def test_a_new_version_holds_from_its_cycle_on_and_its_examples_must_come_out(working: Working) -> None:
    """An example that does not hold is refused at its field with the score that it comes to; mended, the set has the version and no more."""
    take_over(working, "definitions")
    form = form_of(working.dana.get("/kpis/deals").text) | INTO
    assert (form["first"], form["method.name"]) == ("2027", "target")
    form |= {
        "method.name": "ratio",
        "examples.0.history": "10; 20",
        "examples.0.actual": "20",
        "examples.0.score": "50",
    }
    refused = working.dana.post("/kpis/deals", form)
    assert refused.status_code == 422
    field = next(one for one in read(refused.text).all("div") if one.attributes.get("class") == "field field-wrong")
    assert "By this definition the score is 60" in field.text
    assert form_of(refused.text)["examples.0.history"] == "10; 20"

    tried = working.dana.post("/kpis/_try", form | {"of": "deals"}).get_json()
    assert tried["outputs"] == [{"name": "examples.0.score", "text": "60"}]
    assert [one["name"] for one in tried["errors"]] == ["examples.0.score"]

    address = put(working, "/kpis/deals", form | {"examples.0.score": "60"})
    page = working.dana.get("/kpis/deals").text
    assert "Shown as an open change set has it" in page
    assert "Since the cycle 2027" in page
    taken_home = yaml.safe_load(working.dana.get(f"/kpis/deals/yaml?into={address.rpartition('/')[2]}").text)
    assert taken_home["versions"][0]["method"] == {"name": "ratio"}
    assert taken_home["examples"] == [{"actual": 20, "score": 60, "history": [10, 20]}]
    assert "versions" not in yaml.safe_load(working.ferran.get("/kpis/deals/yaml").text)
    agree(working.wanda, working.dana.post(f"{address}/submit", {}).headers["Location"])
    with working.database.read() as connection:
        kpi = scoring.state(connection).sheet.definitions.kpis["deals"]
    assert [(one.from_cycle, one.method.name) for one in kpi.versions] == [(None, "target"), (2027, "ratio")]


def test_what_is_typed_builds_upon_what_the_set_says_already(working: Working) -> None:
    """Two forms, one set: the second does not take the first back, and a KPI of the set alone can be edited and taken out again."""
    take_over(working, "definitions")
    address = put(
        working, "/kpis/deals", form_of(working.dana.get("/kpis/deals").text) | INTO | {"class": "management"}
    )
    number = address.rpartition("/")[2]
    more = form_of(working.dana.get(f"/kpis/deals?into={number}&version=2027").text) | {"into": number}
    put(working, "/kpis/deals", more | {"name.en": "Deals signed"})
    taken_home = yaml.safe_load(working.dana.get(f"/kpis/deals/yaml?into={number}").text)
    assert taken_home["versions"][0]["class"] == "management"
    assert taken_home["versions"][0]["name"]["en"] == "Deals signed"

    fresh = form_of(working.dana.get(f"/kpis/_new?into={number}").text) | {"into": number}
    wanted = {
        "code": "fairs",
        "name.en": "Fairs",
        "goal": form_of(working.dana.get("/kpis/deals").text)["goal"],
        "unit.en": "fairs",
    }
    wanted |= {"class": "main", "direction": "up", "measure.aggregate": "given", "method.name": "target"}
    empty = working.dana.post("/kpis/_new", fresh | {"measure.aggregate": "count"} | {"code": "deals"})
    assert empty.status_code == 422
    wrong = {one.attributes["id"] for one in read(empty.text).all() if one.attributes.get("aria-invalid")}
    assert {"code", "name.en", "measure.activity"} <= wrong
    put(working, "/kpis/_new", fresh | wanted)
    assert "Fairs" in working.dana.get(f"/kpis/fairs?into={number}").text
    assert working.ferran.get("/kpis/fairs").status_code == 404
    put(working, "/kpis/fairs", form_of(working.dana.get(f"/kpis/fairs?into={number}").text) | {"gone": "yes"})
    assert working.dana.get(f"/kpis/fairs?into={number}").status_code == 404


def test_a_form_that_began_with_another_set_is_asked_about_once(working: Working) -> None:
    """What one set says would be taken back by a form that began without it: the field of the set says so, and nothing typed is lost."""
    take_over(working, "definitions")
    number = put(working, "/kpis/deals", form_of(working.dana.get("/kpis/deals?into=new").text) | INTO).rpartition("/")[
        2
    ]
    form = form_of(working.dana.get("/kpis/deals?into=new").text) | {"into": number, "name.en": "Deals signed"}
    assert form["begun"] == "new"
    refused = working.dana.post("/kpis/deals?into=new", form)
    assert refused.status_code == 422
    assert "The fields began with what another change set says" in refused.text
    again = form_of(refused.text)
    assert (again["name.en"], again["begun"]) == ("Deals signed", number)
    put(working, "/kpis/deals", again | {"first": "2028"})


def test_what_scorecards_need_cannot_go_and_a_goal_is_kept_with_its_tasks(working: Working) -> None:
    """The findings of a load stand before the button, which is not there; a new goal with a task is one document."""
    take_over(working, "definitions")
    looked = working.dana.post("/kpis/deals", form_of(working.dana.get("/kpis/deals").text) | INTO | {"gone": "yes"})
    assert "there is no KPI" in said(looked.text)
    assert "Put into the change set" not in looked.text
    fresh = form_of(working.dana.get("/kpis/_goals/_new").text) | INTO
    refused = working.dana.post("/kpis/_goals/_new", fresh | {"name.en": "People learn"})
    assert refused.status_code == 422
    assert {one.attributes["id"] for one in read(refused.text).all() if one.attributes.get("aria-invalid")} == {
        "code",
        "perspective",
    }
    wanted = {"code": "learn", "name.en": "People learn", "perspective": "learning"}
    wanted |= {"tasks.0.code": "courses", "tasks.0.name.en": "Give courses"}
    address = put(working, "/kpis/_goals/_new", fresh | wanted)
    number = address.rpartition("/")[2]
    kept = form_of(working.dana.get(f"/kpis/_goals/learn?into={number}").text)
    assert kept["tasks.0.code"] == "courses"
    put(working, "/kpis/_goals/learn", kept | {"gone": "yes"})
    assert working.dana.get(f"/kpis/_goals/learn?into={number}").status_code == 404


def test_scores_of_the_last_cycles_stand_under_both_definitions(working: Working) -> None:
    """Deals as entered instead of verified, by a target: who has one that waits gains by it. Only texts changed, nothing is compared."""
    take_over(working, "definitions")
    working.record("2026-03-04 deal D-1 E1 1000.00 EUR")
    form = form_of(working.dana.get("/kpis/deals").text) | INTO
    looked = said(working.dana.post("/kpis/deals", form | {"counts_from": "entered"}).text)
    told = re.search(r"Whose scores are furthest apart.*?E1 2026 ([\d.]+) ([\d.]+)", looked)
    assert told is not None, looked
    assert float(told[1]) < float(told[2])
    austria = said(
        working.dana.post("/kpis/deals", form | {"counts_from": "entered", "measure.where.country": "US"}).text
    )
    assert "No score of these cycles would change." in austria
    assert "under both definitions" not in working.dana.post("/kpis/deals", form | {"name.en": "Deals signed"}).text


def test_a_trial_says_for_how_many_nothing_counts_any_more(working: Working) -> None:
    """From 2027 on a deal counts once its customer has confirmed it: nobody has, so all that it counted for stand at nothing, and 2027 has no figures."""
    take_over(working, "definitions")
    working.record("2026-03-04 deal D-1 E1 1000.00 EUR", "2026-03-05 verified D-1 by E2")
    form = form_of(working.dana.get("/kpis/deals").text) | INTO
    with working.database.read() as connection:
        lines = scoring.state(connection).sheet.lines[2026]
    having = sum(any(line.kpi == "deals" for line in some) for some in lines.values())
    looked = said(working.dana.post("/kpis/deals", form | {"counts_from": "confirmed"}).text)
    told = re.search(
        r"2026: as typed nothing counts on (\d+) of (\d+) scorecards, whose actual is 0; as it is on (\d+)", looked
    )
    assert told is not None, looked[-3000:]
    # The deal counts for Alba, for her office and for the two above it.
    assert [int(count) for count in told.groups()] == [having, having, having - 4]
    assert "The cycle 2027 has not begun: it has no figures yet." in looked


def test_queries_do_not_grow_with_kpis_and_people(working: Working, count_queries: CountQueries) -> None:
    """The same of the small agency and of one with three times the KPIs and lines."""
    counts: list[Any] = []
    pages = ("/kpis", "/kpis?by=line", "/kpis?by=map", "/kpis/deals", "/kpis/_new", "/kpis/_goals/_new")
    for times in (1, 4):
        working.load(lambda text: text)
        for page in pages:
            working.dana.get(page)
            with count_queries() as queries:
                working.dana.get(page)
            counts.append(len(queries))
        file = working.folder / "definitions" / "kpis.yaml"
        kpis = json.loads(file.read_text("utf-8"))["kpis"]
        copies = [one | {"code": f"{one['code']}_{place}"} for one in kpis for place in range(4 - times)]
        file.write_text(json.dumps({"kpis": [*kpis, *copies]}), "utf-8")
    assert counts[: len(pages)] == counts[len(pages) :]

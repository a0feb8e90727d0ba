"""The page of figures that are given: what is due of whom, entering one, and what follows on Home and in the queue."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from app.kit.database import Database
from app.kit.schema import migrate
from tests.conftest import CountQueries
from tests.scenario import KPIS, Scenario
from tests.web import working as people_of
from tests.web.working import Working, working

__all__ = ["working"]

ROW: Final = re.compile(r"<tr>.*?</tr>", re.DOTALL)


@pytest.fixture(scope="module")
def loaded_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working agency with a KPI that is given each quarter, by the twentieth day, and one that nobody waits for."""
    folder = tmp_path_factory.mktemp("reporting")
    scenario = Scenario.read(people_of.__doc__ or "")
    scenario.kpis = {
        "survey": ({"aggregate": "given"}, "verified"),
        "audit": ({"aggregate": "given"}, "entered"),
        "deals": KPIS["deals"],
        "consults": KPIS["consults"],
    }
    scenario.write(folder)
    for path in (folder / "definitions").glob("*.yaml"):
        content = yaml.safe_load(path.read_text())
        for kpi in content.get("kpis", [content]):
            if kpi.get("code") == "survey":
                kpi["rhythm"] = {"every": "quarter", "by_day": 20}
        path.write_text(yaml.safe_dump(content, sort_keys=False))
    url = f"sqlite:///{folder / 'loaded.sqlite'}"
    migrate(url)
    database = Database(url)
    people_of._settle(database, folder)  # noqa: SLF001 - the same agency, with other KPIs
    database.close()
    return folder


def rows(page: str) -> dict[tuple[str, str], str]:
    """The rows of the table, by whose and which KPI: where each stands."""
    found = {}
    for row in ROW.findall(page):
        cells = re.findall(r'data-label="([^"]+)">(.*?)</td>', row, re.DOTALL)
        asked = re.search(r"node=([^&]+)&amp;kpi=(\w+)", row)
        if asked is not None:
            said = {label: re.sub(r"<[^>]+>", "", cell).strip() for label, cell in cells}
            found[asked[1].replace("%3A", ":"), asked[2]] = said["State"]
    return found


def entered(working: Working, name: str, node: str, kpi: str, **more: Any) -> Any:
    """What comes of a figure that somebody types, on the page that follows."""
    person = getattr(working, name)
    form = {
        "form_id": person.form_id(f"/figures?node={node}&kpi={kpi}"),
        "node": node,
        "kpi": kpi,
        "cycle": "2026",
        "value": "7.5",
        "value_read": "7.5",
        "day": "2026-06-30",
        **more,
    }
    return person.post("/figures", form, follow_redirects=True)


@pytest.mark.parametrize(
    ("name", "status"),
    [("alba", 404), ("boram", 200), ("gaston", 200), ("dana", 200), ("wanda", 200), ("emil", 404), ("iris", 404)],
)
def test_heads_and_hr_see_what_they_report(working: Working, name: str, status: int) -> None:
    """A head the units and people of the line, hr all, nobody oneself; the link stands where the page does."""
    page = getattr(working, name).get("/figures")
    assert page.status_code == status
    assert ('href="/figures"' in getattr(working, name).get("/").text) is (status == 200)
    nodes = {node for node, _ in rows(page.text)} if status == 200 else set()
    vienna = {"unit:VIE", "employee:E1", "employee:E6"}
    expected = {"boram": vienna, "gaston": vienna | {"unit:EUR", "unit:PAR", "employee:E2"}}
    if name in expected:
        assert nodes == expected[name]
    elif status == 200:
        assert nodes >= vienna | {"unit:HQ", "unit:TYO", "employee:E3", "employee:E5"}
        assert ("employee:E7" in nodes) is (name == "dana")


def test_what_home_says_waits_for_somebody_stands_first_and_is_marked(working: Working) -> None:
    """Gaston, head of the region, sees his line's too: those of Vienna wait for Vienna's head, and stand below his own."""
    marked = [
        "waits for you" in row for row in working.gaston.get("/figures").text.partition("<tbody")[2].split("<tr>")[1:]
    ]
    number = marked.count(True)
    assert f"Figures that are due for you to report: {number}" in working.gaston.get("/").text
    assert 0 < number < len(marked)
    assert marked == sorted(marked, reverse=True)


def test_a_figure_that_is_entered_waits_and_is_verified(working: Working) -> None:
    """Overdue, then waiting, in the queue of the head above with its KPI, its page and its value; then entered."""
    before = rows(working.boram.get("/figures").text)
    # On 30 June the first quarter has ended: its figure was due on 20 April.
    assert before["unit:VIE", "survey"] == "overdue"
    assert before["unit:VIE", "audit"] == "not due yet"
    assert "Figures that are due for you to report: 3" in working.boram.get("/").text
    page = entered(working, "boram", "unit:VIE", "survey", note="by telephone")
    assert page.status_code == 200
    assert rows(page.text)["unit:VIE", "survey"] == "waits to be verified"
    assert "Figures that are due for you to report: 2" in working.boram.get("/").text
    (event,) = working.events()
    assert (event["type"], event["source"], event["data"]) == (
        "kopes.figure",
        "/pages/E2",
        {
            "employee": "E2",
            "node": "unit:VIE",
            "kpi": "survey",
            "cycle": "2026",
            "value": "7.5",
            "note": "by telephone",
        },
    )
    queue = working.gaston.get("/verification").text
    assert "A name" in queue
    assert "7.5" in queue
    key = people_of.key_of(event["id"], "/pages/E2")
    detail = working.gaston.get(f"/verification?entry={key}").text
    assert "by telephone" in detail
    shown = working.gaston.get(f"/activities/{key}").text
    assert "by telephone" in shown
    assert "Log another like this" not in working.boram.get(f"/activities/{key}").text
    assert working.boram.get(f"/activities/{key}/correct").status_code == 404
    form = {"form_id": working.gaston.form_id(f"/activities/{key}"), "activity": key, "seen": "entered"}
    working.gaston.post("/verification", form | {"verdict": "verified", "then": "activity"})
    assert rows(working.boram.get("/figures").text)["unit:VIE", "survey"] == "entered"
    derivation = working.boram.get("/scorecards/unit:VIE/survey").text
    assert "the latest figure that counts" in derivation
    assert [row.deed for row in working.trail() if row.subject == f"activity:{key}"][-1] == "report_figure"


def test_what_is_wrong_is_told_at_its_field_and_nothing_is_recorded(working: Working) -> None:
    """No number, a day to come, somebody whom one does not answer for, oneself, a KPI of activities."""
    for more, status in (
        ({"value": "much", "value_read": ""}, 422),
        ({"value": "0.00001", "value_read": "0.00001"}, 422),
        ({"day": "2026-07-03"}, 422),
        ({"node": "unit:TYO"}, 404),
        ({"node": "employee:E2"}, 404),
        ({"kpi": "deals"}, 404),
    ):
        form = {"node": "unit:VIE", "kpi": "survey", **more}
        person = working.boram
        sent = {
            "form_id": person.form_id("/figures?node=unit:VIE&kpi=survey"),
            "cycle": "2026",
            "value": "7",
            "value_read": "7",
        }
        assert person.post("/figures", {**sent, "day": "2026-06-30", **form}).status_code == status, more
    assert working.events() == []


def test_the_number_of_queries_does_not_hang_on_the_number_of_figures(
    working: Working, count_queries: CountQueries
) -> None:
    """Of one figure and of many."""
    numbers = []
    for node in ("unit:VIE", "employee:E1", "employee:E6"):
        assert entered(working, "boram", node, "audit").status_code == 200
        for address in ("/figures", "/"):
            working.boram.get(address)
            with count_queries() as sent:
                working.boram.get(address)
            numbers.append(len(sent))
    assert numbers[:2] * 3 == numbers

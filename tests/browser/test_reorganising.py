"""HR moves a unit and transfers somebody with a new base, by dragging, links and typing; a second person agrees, and figures are those of the hand-edited folder."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from app.kit.schema import migrate
from tests.browser.states import violations
from tests.conftest import Kopes, Serve
from tests.people import PASSWORD
from tests.scenario import event_of
from tests.web.working import loaded_folder

__all__ = ["loaded_folder"]

pytestmark = pytest.mark.browser

WHY: Final = "Agreed in the meeting of Monday."
FILES: Final = ("units.csv", "postings.csv", "employment.csv")
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, loaded_folder: Path, module_serve: Serve, kopes: Kopes) -> Path:
    """A copy of the agency with some work in it, behind one server; its address stands in ``url``."""
    folder = Path(shutil.copytree(loaded_folder, tmp_path_factory.mktemp("reorganising") / "site"))
    lines = [f"2026-03-{day:02} consult C-{day} {who}" for day, who in ((2, "E1"), (3, "E1"), (4, "E3"), (5, "E6"))]
    events = folder / "events.ndjson"
    events.write_text("".join(f"{json.dumps(event_of(line))}\n" for line in lines), encoding="utf-8")
    database = f"sqlite:///{folder / 'loaded.sqlite'}"
    kopes("ingest", events, database=database, definitions=folder / "definitions")
    (folder / "url").write_text(module_serve(database, definitions=folder / "definitions").url, encoding="utf-8")
    return folder


@pytest.fixture
def signed_in(site: Path, browser: Browser) -> Iterator[Callable[..., Page]]:
    """``signed_in("dana")``: a page of a browser of their own, signed in."""
    url, opened = (site / "url").read_text(encoding="utf-8"), []

    def enter(name: str, size: tuple[int, int] = (1440, 900)) -> Page:
        viewport = ViewportSize(width=size[0], height=size[1])
        page = browser.new_context(viewport=viewport, reduced_motion="reduce", base_url=url).new_page()
        opened.append(page)
        page.goto("/login")
        page.get_by_label("E-mail").fill(f"{name}@agency.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
        return page

    yield enter
    for page in opened:
        page.context.close()


def taken_over(dana: Page, ferran: Page, url: str) -> None:
    """Hr proposes that the files come by the application, an executive agrees."""
    for file in FILES:
        content = {"kind": "master", "cycle": None, "content": {"file": file, "to": "application"}, "reason": WHY}
        made = dana.request.post("/api/v1/decisions", data=content, headers={"Origin": url}).json()
        agreed = ferran.request.post(
            f"/api/v1/decisions/{made['id']}/approve", data={"digest": made["digest"]}, headers={"Origin": url}
        )
        assert agreed.ok, agreed.text()


def vienna_dragged(dana: Page) -> None:
    """A unit dragged onto another: the form is filled in but for the day; what it does is shown, and put into a set that begins."""
    dana.get_by_role("navigation", name="Pages").get_by_role("link", name="Organisation").click()
    expect(dana.get_by_role("heading", name="Organisation", level=1)).to_be_visible()
    # A button that moves between press and release, as when the fonts come, is not clicked.
    dana.wait_for_load_state("load")
    dana.evaluate("document.fonts.ready.then(() => null)")
    dana.get_by_role("button", name="Unfold all").click()
    vienna = dana.locator('[data-unit="VIE"] > .org-row')
    expect(vienna).to_be_visible()
    assert violations(dana) == []
    vienna.drag_to(dana.locator('[data-unit="ASI"] > .org-row'))
    expect(dana.get_by_label("Unit above from then on")).to_have_value("ASI")
    dana.get_by_label("First day").fill("2026-01-01")
    dana.get_by_label("Title").fill("Vienna moves")
    dana.get_by_label("Why").fill(WHY)
    assert violations(dana) == []
    dana.get_by_role("button", name="Show what it does").click()
    expect(dana.get_by_role("main")).to_contain_text("From 1 Jan 2026 on below ASI, in place of EUR.")
    expect(dana.get_by_role("heading", name="What it does")).to_be_focused()
    assert violations(dana) == []
    dana.get_by_role("button", name="Put into the change set").click()
    expect(dana.get_by_role("heading", name="Vienna moves", level=1)).to_be_visible()


def alba_transferred(dana: Page) -> None:
    """E1 becomes a manager in Paris on 1 February with a new base: one form, into the set that is open."""
    dana.goto("/organisation")
    dana.get_by_role("link", name="People: transfer, join, leave").click()
    dana.get_by_label("Find somebody").press_sequentially("E1")
    expect(dana.locator("#found-people option")).not_to_have_count(0)
    dana.get_by_label("Employees", exact=True).fill("E1")
    dana.get_by_label("To unit").select_option("PAR")
    dana.get_by_label("Role there").select_option("manager")
    dana.get_by_label("First day").fill("2026-02-01")
    dana.get_by_text("With a new job, rank or base").click()
    dana.get_by_label("Job").select_option("manager")
    dana.get_by_label("Monthly base pay").fill("4,000,000")
    expect(dana.get_by_label("Change set", exact=True)).to_have_value("1")
    expect(dana.get_by_label("Title")).to_be_hidden()
    dana.get_by_role("button", name="Show what it does").click()
    main = dana.get_by_role("main")
    expect(main).to_contain_text("The posting to VIE as Staff ends with 31 Jan 2026.")
    expect(main).to_contain_text("Manager, ₩4,000,000 a month, in place of Staff, ₩3,000,000 a month.")
    assert violations(dana) == []
    dana.get_by_role("button", name="Put into the change set").click()


def test_hr_reorganises_and_figures_are_those_of_the_folder_edited_by_hand(
    site: Path, signed_in: Callable[..., Page], kopes: Kopes, tmp_path: Path
) -> None:
    """A unit is dragged, an employee becomes a manager elsewhere with a new base; shown, put into one set, submitted, agreed to (issue 13)."""
    dana, wanda, ferran = (signed_in(name) for name in ("dana", "wanda", "ferran"))
    taken_over(dana, ferran, (site / "url").read_text(encoding="utf-8"))
    vienna_dragged(dana)
    alba_transferred(dana)
    dana.get_by_role("link", name="What it would move").click()
    moved = dana.get_by_role("table", name="What it moves").get_by_role("row")
    expect(moved.filter(has=dana.get_by_role("rowheader", name="EUR", exact=True))).to_contain_text("Own score: ")
    dana.go_back()
    dana.get_by_role("button", name="Submit").click()
    expect(dana.get_by_role("main")).to_contain_text("You have proposed this yourself")

    decision = dana.url.rpartition("/")[2]
    wanda.goto(f"/decisions/{decision}")
    wanda.request.get(f"/api/v1/decisions/{decision}/effects")
    wanda.get_by_role("button", name="Agree").click()
    expect(wanda.get_by_text("You have agreed: it holds from now on.")).to_be_visible()
    dana.goto("/organisation?on=2026-03-01&with=2025-12-31")
    expect(dana.get_by_role("main")).to_contain_text("VIE: moved, was below EUR")
    _another_day_is_looked_at(dana)

    other, here = (f"sqlite:///{path}" for path in (tmp_path / "by_hand.sqlite", site / "loaded.sqlite"))
    migrate(other)
    definitions = site / "definitions"
    kopes("load", edited_by_hand(site, tmp_path), database=other, definitions=definitions)
    kopes("ingest", site / "events.ndjson", database=other, definitions=definitions)
    one, two = (kopes("digest", database=each, definitions=definitions).out for each in (here, other))
    assert one == two
    for node in ("unit:EUR", "unit:ASI", "unit:PAR", "employee:E1"):
        ran = kopes("score", "--node", node, "--cycle", "2026", database=other, definitions=definitions)
        [score] = json.loads(ran.out)
        shown = dana.request.get(f"/api/v1/scorecards/{node}?cycle=2026").json()
        assert (shown["own_score"], shown["final_score"]) == (score["own_score"], score["final_score"]), node


def _another_day_is_looked_at(dana: Page) -> None:
    """The tree follows the day that one chooses, without a button, and folds as the one before did."""
    dana.goto("/organisation")
    expect(dana.get_by_role("button", name="Show", exact=True)).to_be_hidden()
    vienna = dana.locator('[data-unit="ASI"] [data-unit="VIE"]')
    expect(vienna).to_have_count(1)
    dana.get_by_label("On the day").fill("2025-12-31")
    expect(vienna).to_have_count(0)
    expect(dana.get_by_text("Units, heads and people on 31 Dec 2025")).to_be_visible()
    assert "on=2025-12-31" in dana.url
    dana.get_by_label("Unit or head").fill("vie")
    expect(dana.locator("[data-rows-said]")).to_contain_text("1 unit has “vie” in its name")
    dana.get_by_role("button", name="Unfold all").click()
    expect(dana.locator('[data-unit="PAR"] > .org-row')).to_be_visible()
    assert violations(dana) == []


def edited_by_hand(site: Path, tmp_path: Path) -> Path:
    """The agency folder as somebody would write it: a second calculation of the rows."""
    folder = Path(shutil.copytree(site / "agency", tmp_path / "agency"))

    def units(rows: Rows) -> Rows:
        vienna = next(row for row in rows if row["code"] == "VIE")
        vienna["valid_to"] = "2026-01-01"
        return [*rows, vienna | {"parent": "ASI", "valid_from": "2026-01-01", "valid_to": ""}]

    def postings(rows: Rows) -> Rows:
        alba = next(row for row in rows if row["employee"] == "E1")
        alba["to"] = "2026-02-01"
        return [*rows, {"employee": "E1", "unit": "PAR", "role": "manager", "from": "2026-02-01", "to": ""}]

    for name, edit in (("units", units), ("postings", postings)):
        path = folder / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as stream:
            rows = edit(list(csv.DictReader(stream)))
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    employment = "employee,from,to,job,rank,monthly_base\nE1,2026-02-01,,manager,,4000000\n"
    (folder / "employment.csv").write_text(employment, encoding="utf-8")
    return folder


def test_on_a_phone_a_unit_is_moved_without_a_pointer(signed_in: Callable[..., Page]) -> None:
    """The tree folds and unfolds by the keyboard, and “Move…” is the form that dragging leads to."""
    dana = signed_in("dana", (390, 844))
    dana.goto("/organisation")
    folded = dana.locator('[data-unit="EUR"] > details')
    folded.locator("summary").first.focus()
    dana.keyboard.press("Enter")
    expect(dana.locator('[data-unit="PAR"] > .org-row')).to_be_visible()
    assert violations(dana) == []
    assert dana.evaluate("document.documentElement.scrollWidth <= innerWidth")
    dana.get_by_role("link", name="Move PAR").click()
    expect(dana.get_by_label("Unit above from then on")).to_be_visible()
    assert dana.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(dana) == []

"""HR mends a KPI and the weights of all offices of large markets by pages alone, and a second one of HR agrees (issue 13, point 3).

What comes of it is what a load of the folder makes that somebody edited by hand.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.states import violations
from tests.conftest import Kopes, Serve
from tests.people import PASSWORD
from tests.scenario import event_of
from tests.web.working import loaded_folder

__all__ = ["loaded_folder"]

pytestmark = pytest.mark.browser

WHY: Final = "Agreed in the meeting of Monday."
LARGE: Final = ("VIE", "TYO")
FILES: Final = ("definitions", "scorecards.csv")


@contextmanager
def _client(url: str, name: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, headers={"Origin": url}, timeout=60) as client:
        signed_in = client.post("/login", data={"email": f"{name}@agency.example", "password": PASSWORD})
        assert signed_in.status_code == 303
        yield client


def _taken_over(url: str) -> None:
    """Definitions and scorecards come by the application: proposed by hr, agreed to by an executive."""
    with _client(url, "dana") as dana, _client(url, "ferran") as ferran:
        for file in FILES:
            content = {"kind": "master", "cycle": None, "content": {"file": file, "to": "application"}, "reason": WHY}
            made = dana.post("/api/v1/decisions", json=content).raise_for_status().json()
            address = f"/api/v1/decisions/{made['id']}/approve"
            ferran.post(address, json={"digest": made["digest"]}).raise_for_status()


def _signed_in(browser: Browser, url: str, name: str, width: int) -> Page:
    page = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce").new_page()
    page.goto(f"{url}/login")
    page.get_by_label("E-mail").fill(f"{name}@agency.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    return page


def _with_groups(folder: Path) -> None:
    """Vienna and Tokyo are large markets."""
    units = folder / "agency" / "units.csv"
    rows = [line.split(",") for line in units.read_text("utf-8").splitlines()]
    at = rows[0].index("evaluation_group")
    for row in rows[1:]:
        row[at] = "large" if row[0] in LARGE else ""
    units.write_text("\n".join(",".join(row) for row in [*rows, []]), "utf-8")


def _one_line_less(folder: Path) -> None:
    """Paris has no consults; its deals weigh as much more."""
    cards = folder / "agency" / "scorecards.csv"
    text = cards.read_text("utf-8").replace("2026,unit:PAR,deals,10,", "2026,unit:PAR,deals,20,")
    rows = [row for row in text.splitlines() if not row.startswith("2026,unit:PAR,consults,")]
    cards.write_text("\n".join([*rows, ""]), "utf-8")


def _edited_by_hand(folder: Path) -> None:
    """The same in a spreadsheet and an editor."""
    file = folder / "definitions" / "kpis.yaml"
    kpis = json.loads(file.read_text("utf-8"))["kpis"]
    (deals,) = (one for one in kpis if one["code"] == "deals")
    deals["versions"] = [{"from": 2027, "method": {"name": "ratio"}}]
    deals["examples"] = [{"history": [10, 20], "actual": 20, "score": 60}]
    file.write_text(json.dumps({"kpis": kpis}), "utf-8")
    cards = folder / "agency" / "scorecards.csv"
    text = cards.read_text("utf-8")
    for unit in LARGE:
        text = text.replace(f"unit:{unit},consults,10,", f"unit:{unit},consults,5,")
        text = text.replace(f"unit:{unit},deals,10,", f"unit:{unit},deals,15,")
    text = text.replace(
        "2026,unit:PAR,deals,20,,unique,,,,,,10,", "2026,unit:PAR,deals,12.5,Exports,unique,,,,,,1200.5,"
    )
    text = text.replace("2026,unit:PAR,deals_confirmed,10,", "2026,unit:PAR,deals_confirmed,7.5,")
    text += "2026,unit:PAR,consults,10,Exports,contributory,unit:EUR,deals,,,,10,\n"
    cards.write_text(text, "utf-8")


def test_a_kpi_and_weights_are_changed_by_pages_as_a_folder_would_be(
    loaded_folder: Path, tmp_path: Path, serve: Serve, kopes: Kopes, browser: Browser
) -> None:
    """The example that does not hold is refused at its field; the template's sums are told; both databases have one digest."""
    folder = Path(shutil.copytree(loaded_folder, tmp_path / "site"))
    database, definitions = f"sqlite:///{folder / 'loaded.sqlite'}", folder / "definitions"
    _with_groups(folder)
    _one_line_less(folder)
    kopes("load", folder / "agency", database=database, definitions=definitions)
    events = tmp_path / "events.ndjson"
    lines = ("2026-03-04 deal D-1 E1 1000.00 EUR", "2026-03-05 verified D-1 by E2")
    events.write_text("".join(f"{json.dumps(event_of(line))}\n" for line in lines), "utf-8")
    kopes("ingest", events, database=database, definitions=definitions)
    url = serve(database, definitions=definitions).url
    _taken_over(url)

    dana = _signed_in(browser, url, "dana", 1440)
    _new_version(dana, url)
    _weights_by_template(dana, url)
    _lines_in_a_sheet(dana, url)
    dana.get_by_role("button", name="Submit").click()
    expect(dana.get_by_role("main")).to_contain_text("You have proposed this yourself")
    decision = dana.url

    wanda = _signed_in(browser, url, "wanda", 390)
    wanda.goto(f"{url}/scorecards/edit/lines?node=unit:PAR&cycle=2026")
    assert violations(wanda) == []
    assert wanda.evaluate("document.documentElement.scrollWidth") <= 390
    wanda.goto(decision)
    expect(wanda.get_by_role("main")).to_contain_text("Own score")
    wanda.get_by_role("button", name="Agree").click()
    expect(wanda.get_by_text("You have agreed: it holds from now on.")).to_be_visible()

    _on_the_map(dana, wanda, url)

    by_hand = Path(shutil.copytree(folder, tmp_path / "by_hand", ignore=shutil.ignore_patterns("*.sqlite*")))
    _edited_by_hand(by_hand)
    other, edited = f"sqlite:///{tmp_path / 'other.sqlite'}", by_hand / "definitions"
    kopes("migrate", database=other)
    kopes("load", by_hand / "agency", database=other, definitions=edited)
    kopes("ingest", events, database=other, definitions=edited)
    assert kopes("digest", database=other).out == kopes("digest", database=database).out


def _new_version(page: Page, url: str) -> None:
    """From 2027 on by shares of the base value, with an example; found from the table by the keyboard's own way: links."""
    page.goto(f"{url}/kpis?text=deals")
    page.get_by_role("main").locator('a[href="/kpis/deals"]').first.click()
    expect(page.get_by_role("heading", name="A new version", level=2)).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Method").select_option("ratio")
    example = page.get_by_role("group", name="Worked examples, row 1")
    example.get_by_label("Past years").fill("10; 20")
    example.get_by_label("Actual").fill("20")
    example.get_by_label("Score").fill("50")
    expect(example).to_contain_text("By this definition the score is 60")
    expect(page.get_by_role("group", name="Worked examples, row 2")).to_be_visible()
    page.get_by_label("Title").fill("Deals by shares")
    page.get_by_label("Why").fill(WHY)
    page.get_by_role("button", name="Show what it does").click()
    expect(example.get_by_label("Score")).to_be_focused()
    expect(example.get_by_label("Score")).to_have_value("50")
    example.get_by_label("Score").fill("60")
    expect(example).to_contain_text("comes to 60")
    page.get_by_role("button", name="Show what it does").click()
    expect(page.get_by_role("heading", name="What it does")).to_be_visible()
    expect(page.get_by_role("heading", name="The last cycles under both definitions")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Put into the change set").click()
    expect(page.get_by_role("heading", name="Deals by shares", level=1)).to_be_visible()


def _weights_by_template(page: Page, url: str) -> None:
    """Five points less for consults in large markets, five more for deals, into the same set; what it moves is shown first."""
    page.goto(f"{url}/scorecards/edit")
    page.get_by_text("Evaluation groups: All groups").click()
    page.get_by_label("large", exact=True).check()
    page.get_by_role("button", name="Show").first.click()
    grid = page.get_by_role("region", name="All weights")
    expect(grid.get_by_role("row")).to_have_count(4)
    assert violations(page) == []
    cell = grid.locator('[name="weight-consults-unit:VIE"]')
    cell.fill("5")
    expect(grid.get_by_role("row").filter(has_text="VIE")).to_contain_text("5 short of 100")
    page.keyboard.press("Escape")
    expect(grid.get_by_role("row").filter(has_text="VIE")).not_to_contain_text("short")
    # Clicked on and typed over, as one does in a spreadsheet; Enter goes down, and sends nothing.
    for name, typed in (("consults", "-5"), ("deals", "+5")):
        grid.locator(f'[name="template-{name}"]').click()
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        expect(grid.locator(f'[name="template-{name}"]')).to_have_value(typed)
        expect(grid.locator(f'[name^="weight-{name}-"]').first).to_be_focused()
    vienna = grid.get_by_role("row").filter(has_text="VIE")
    expect(vienna.locator(".held")).to_have_text(["becomes, as for all: 15", "becomes, as for all: 5"])
    expect(vienna).not_to_contain_text("short")
    page.get_by_label("holds for all 2, and what else they have stays").check()
    page.get_by_role("button", name="Show what it does").click()
    expect(page.get_by_role("main")).to_contain_text("Own score: 39.20 → 39.60")
    assert violations(page) == []
    page.get_by_role("button", name="Put into the change set").click()
    expect(page.get_by_role("heading", name="Deals by shares", level=1)).to_be_visible()


def _paste(page: Page, cell: Locator, block: str) -> None:
    """Paste what was copied from a spreadsheet."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", block)
    cell.focus()
    page.keyboard.press("Control+v")


def _lines_in_a_sheet(page: Page, url: str) -> None:
    """Paris gets a line that hangs on its region's deals, and other figures of two lines: blocks pasted from a spreadsheet, into the same set."""
    page.goto(f"{url}/scorecards/edit")
    page.get_by_role("link", name="All lines of PAR").click()
    sheet = page.get_by_role("region", name="All lines")
    total = sheet.locator("tfoot tr")
    expect(total).to_contain_text("100")
    assert violations(page) == []
    deals = page.locator("tr[data-line]", has=page.locator('input[value="deals"]'))
    _paste(page, deals.locator("[data-weight]"), "12.5\t\t\t\t1,200.5\t\tExports\n7.5\t\t\t\t\t\t")
    expect(total).to_contain_text("10 short of 100")
    new = page.locator("tr[data-new]").first.locator("[data-cell]").first
    _paste(page, new, "consults\t10\t\t\t\t10\t\tExports\tcontributory\tunit:EUR\tdeals\nten more\t1O")
    expect(total).not_to_contain_text("short")
    expect(page.get_by_text("This cannot be read as one number")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-new]").nth(1).locator("[data-cell]").first).to_be_focused()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Show what it does").click()
    expect(page.locator("tr[data-new] .error").first).to_contain_text("This row has figures and no KPI")
    expect(page.locator("tr[data-new] [data-weight]").nth(1)).to_have_value("1O")
    assert violations(page) == []
    page.locator("tr[data-new] [data-weight]").nth(1).fill("")
    expect(total).to_contain_text("100")
    page.get_by_role("button", name="Show what it does").click()
    expect(page.get_by_role("heading", name="What it does")).to_be_visible()
    page.get_by_role("button", name="Put into the change set").click()
    expect(page.get_by_role("heading", name="Deals by shares", level=1)).to_be_visible()


def _on_the_map(page: Page, phone: Page, url: str) -> None:
    """What a line hangs on is joined on the map, by the keyboard too; on a phone the words beside each KPI say it; a number leads to its list."""
    page.goto(f"{url}/kpis?by=map")
    consults = page.locator('[data-kpi="consults"]')
    expect(page.locator('.strategy-lines path[data-from="kpi:consults"][data-to="kpi:deals"]')).to_have_count(1)
    consults.get_by_role("link").first.focus()
    expect(page.locator('[data-kpi="deals"]')).to_have_class("strategy-kpi strategy-meant")
    expect(page.locator('[data-kpi="deals_confirmed"]')).to_have_class("strategy-kpi")
    assert violations(page) == []
    phone.goto(f"{url}/kpis?by=map")
    expect(phone.locator(".strategy-lines")).to_be_hidden()
    expect(phone.locator('[data-kpi="consults"]')).to_contain_text("contributes to A name (1)")
    assert violations(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    consults.get_by_role("link", name="Office: 3").press("Enter")
    expect(page.get_by_role("region", name="KPIs").locator("tbody tr")).to_have_count(3)

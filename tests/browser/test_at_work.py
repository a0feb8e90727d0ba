"""An employee and a head at work in a browser: figures that move by themselves, a form filled in by keyboard, a queue judged by keyboard.

Every page of theirs is looked at on a small phone and on a wide screen, in both themes, by axe.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.browser.person import proposals_are_taken_over
from tests.conftest import Eventually, Kopes, Serve
from tests.people import PASSWORD
from tests.scenario import event_of
from tests.web.working import key_of, loaded_folder

__all__ = ["loaded_folder"]

pytestmark = pytest.mark.browser


@dataclass
class Site:
    """A server on the agency at work, and the way in by another process."""

    url: str
    database: str
    folder: Path
    kopes: Kopes

    def ingest(self, *lines: str) -> None:
        """Record events by ``kopes ingest``."""
        path = self.folder / "more.ndjson"
        path.write_text("".join(json.dumps(event_of(line)) + "\n" for line in lines), encoding="utf-8")
        self.kopes("ingest", path, database=self.database, definitions=self.folder / "definitions")

    def streams(self) -> float:
        """How many live streams are open."""
        lines = httpx.get(f"{self.url}/metrics").text.splitlines()
        return float(next(line for line in lines if line.startswith("kopes_live")).split()[1])

    def events(self) -> int:
        """How many events the ledger has."""
        with closing(sqlite3.connect(self.database.removeprefix("sqlite:///"))) as opened:
            return int(opened.execute("SELECT count(*) FROM event").fetchone()[0])

    def open(self, page: Page, name: str, address: str) -> None:
        """Sign somebody in, as the form does, and open a page."""
        signed_in = page.request.post(
            f"{self.url}/login",
            form={"email": f"{name}@agency.example", "password": PASSWORD},
            headers={"Origin": self.url},
            max_redirects=0,
        )
        assert signed_in.status == 303
        page.goto(f"{self.url}{address}")


@pytest.fixture
def site(loaded_folder: Path, tmp_path: Path, serve: Serve, kopes: Kopes) -> Iterator[Site]:
    """The agency at work, served."""
    folder = shutil.copytree(loaded_folder, tmp_path / "site")
    database = f"sqlite:///{folder / 'loaded.sqlite'}"
    server = serve(database, definitions=folder / "definitions")
    yield Site(server.url, database, folder, kopes)
    assert server.process.poll() is None, subprocess.list2cmdline(["the server ended"])


def test_an_open_scorecard_follows_what_another_process_records(site: Site, page: Page) -> None:
    """Without a reload: what the script holds stays, and an opened detail stays open; whoever reads a figure out pauses it, and is told that it moved."""
    site.open(page, "alba", "/scorecard")
    expect(page.get_by_text("Live: this page follows every change.")).to_be_visible()
    page.evaluate("window.stays = true")
    page.locator("#kpi-consults summary").click()
    actual = page.locator('[data-watch="actual-consults"]')
    expect(actual).to_have_text("0 count")
    site.ingest("2026-03-04 consult C-1 E1")
    expect(actual).to_have_text("1 count")
    assert page.evaluate("window.stays") is True
    expect(page.locator("#kpi-consults details")).to_have_attribute("open", "")
    page.get_by_role("button", name="Pause").press("Enter")
    site.ingest("2026-03-05 consult C-2 E1")
    expect(page.get_by_text("Paused: something has changed since the time below.")).to_be_visible()
    expect(actual).to_have_text("1 count")
    page.get_by_role("button", name="Follow again").press("Enter")
    expect(actual).to_have_text("2 count")
    expect(page.get_by_text("Live: this page follows every change.")).to_be_visible()


def test_what_has_not_moved_stays_as_it_stands(site: Site, page: Page) -> None:
    """With its chart, its fold and the focus: of an open scorecard only that is put in anew which the server draws otherwise."""
    page.set_viewport_size({"width": 1440, "height": 6000})
    site.open(page, "alba", "/scorecard")
    expect(page.get_by_text("Live: this page follows every change.")).to_be_visible()
    drawn = "([kpi]) => Boolean(globalThis.kopesCharts?.of(document.querySelector(`#kpi-${kpi} figure`)))"
    for kpi in ("consults", "deals"):
        page.wait_for_function(drawn, arg=[kpi])
        page.evaluate("kpi => { document.querySelector(`#kpi-${kpi} canvas`).dataset.stays = '' }", kpi)
    summary = page.locator("#kpi-deals summary").first
    summary.press("Enter")
    site.ingest("2026-03-04 consult C-1 E1")
    moved = page.locator('[data-watch="actual-consults"]')
    expect(moved).to_have_text("1 count")
    expect(moved).to_have_class(re.compile("moved"))
    expect(page.locator("#kpi-consults canvas[data-stays]")).to_have_count(0)
    expect(page.locator("#kpi-deals canvas[data-stays]")).to_have_count(1)
    expect(summary).to_be_focused()
    expect(page.locator("#kpi-deals details").first).to_have_attribute("open", "")
    page.wait_for_function(drawn, arg=["consults"])


def test_every_script_is_drawn_by_the_font_that_is_sent(site: Site, page: Page) -> None:
    """Whatever a machine has installed, Korean is no row of boxes; of the font's 120 files a page takes those it has letters of."""
    fonts: list[int] = []
    page.on("response", lambda answer: fonts.append(answer.status) if ".woff2" in answer.url else None)
    page.context.add_cookies([{"name": "kopes_language", "value": "ko", "url": site.url}])
    page.goto(f"{site.url}/login")
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    page.evaluate("document.fonts.ready")
    assert page.evaluate("document.fonts.check('1em \"Pretendard GOV Variable\"', document.body.innerText)")
    assert set(fonts) == {200}
    assert 2 <= len(fonts) < 60


def test_latin_letters_and_signs_are_drawn_by_one_small_file(site: Site, page: Page) -> None:
    """Accents, the minus sign, the signs of money and our arrows too: what the package's 120 files lack, and what English needs eight of them for."""
    fonts: list[str] = []
    page.on("response", lambda answer: fonts.append(answer.url) if ".woff2" in answer.url else None)
    page.context.add_cookies([{"name": "kopes_language", "value": "es", "url": site.url}])
    page.goto(f"{site.url}/login")
    page.evaluate("document.fonts.ready")
    assert sum("/latin.woff2" in one for one in fonts) == 1, fonts
    assert len(fonts) <= 1 + len("한국어"), "what else is drawn is the name of a language"
    page.locator("h1").evaluate(
        "(title) => { title.textContent = 'El año pasó: −12,5 % · ▲ +3 → «¿US$ 7 o € 6?» & otras…' }"
    )
    devtools = page.context.new_cdp_session(page)
    devtools.send("DOM.enable")
    devtools.send("CSS.enable")
    document = devtools.send("DOM.getDocument")["root"]["nodeId"]
    title = devtools.send("DOM.querySelector", {"nodeId": document, "selector": "h1"})["nodeId"]
    drawn = devtools.send("CSS.getPlatformFontsForNode", {"nodeId": title})["fonts"]
    assert {font["isCustomFont"] for font in drawn} == {True}, drawn


def test_it_catches_up_after_a_lost_connection(site: Site, page: Page) -> None:
    """What was recorded meanwhile is there as soon as the stream is, though its message was missed; here in a browser without shared workers."""
    page.add_init_script("delete globalThis.SharedWorker")
    page.route("**/api/v1/live*", lambda route: route.abort())
    site.open(page, "alba", "/scorecard")
    expect(page.get_by_text("The connection is lost.")).to_be_visible()
    site.ingest("2026-03-04 consult C-1 E1")
    actual = page.locator('[data-watch="actual-consults"]')
    expect(actual).to_have_text("0 count")
    page.unroute("**/api/v1/live*")
    expect(actual).to_have_text("1 count", timeout=20_000)
    expect(page.get_by_text("Live: this page follows every change.")).to_be_visible()


def test_eight_tabs_follow_by_one_stream(site: Site, context: BrowserContext, eventually: Eventually) -> None:
    """A browser opens six connections at most: with a stream for each tab the seventh page would never load. All of them move."""
    nodes = ("unit:VIE", "unit:HQ", "unit:TYO", "employee:E1", "employee:E3", "employee:E6", "unit:EUR", "unit:VIE")
    tabs = [context.new_page() for _ in nodes]
    site.open(tabs[0], "hana", f"/scorecards/{nodes[0]}")
    for tab, node in zip(tabs[1:], nodes[1:], strict=True):
        tab.goto(f"{site.url}/scorecards/{node}")
    for tab in tabs:
        expect(tab.get_by_text("Live: this page follows every change.")).to_be_visible(timeout=30_000)

    assert eventually(lambda: site.streams() == 1)
    tabs[3].bring_to_front()
    moving = tabs[3].locator('[data-watch="actual-consults"]')
    expect(moving).to_have_text("0 count")
    for tab in tabs:
        tab.evaluate("document.querySelector('[data-watch=actual-consults]').id = 'as it was'")
    site.ingest("2026-03-04 consult C-1 E1")
    expect(moving).to_have_text("1 count", timeout=30_000)
    for number in (0, 1, 6, 7):
        tabs[number].bring_to_front()
        expect(tabs[number].locator("[id='as it was']")).to_have_count(0, timeout=30_000)
    for tab in tabs[1:]:
        tab.close()
    assert eventually(lambda: site.streams() == 1)
    tabs[0].goto(f"{site.url}/goals")
    assert eventually(lambda: site.streams() == 0)


@pytest.mark.parametrize("without", ["", "globalThis.SharedWorker = null"], ids=["shared", "alone"])
def test_a_hidden_tab_follows_nothing_and_catches_up_when_it_is_shown(
    site: Site, page: Page, eventually: Eventually, without: str
) -> None:
    """What was recorded meanwhile is there as soon as somebody looks; some browsers have no worker that tabs share, so each has a stream while it is shown."""
    page.add_init_script(without)
    page.clock.install()
    site.open(page, "alba", "/scorecard")
    expect(page.get_by_text("Live: this page follows every change.")).to_be_visible()
    page.evaluate(_SHOWN, "hidden")
    page.clock.fast_forward("00:10")
    assert eventually(lambda: site.streams() == 0)
    actual = page.locator('[data-watch="actual-consults"]')
    site.ingest("2026-03-04 consult C-1 E1")
    expect(actual).to_have_text("0 count")
    page.evaluate(_SHOWN, "visible")
    expect(actual).to_have_text("1 count")


_SHOWN = """(state) => {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_an_activity_is_logged_by_keyboard(site: Site, page: Page) -> None:
    """Known names are offered and taken with the arrow keys; a possible duplicate shows before anything is saved."""
    site.ingest("2026-06-28 deal D-1 E6 100 USD of Nordwind/AT for Alpen")
    site.open(page, "alba", "/log")
    page.get_by_role("radio", name="Export deal").check()
    company = page.get_by_role("combobox", name="Company")
    company.press_sequentially("alp")
    expect(page.get_by_role("option", name="Alpen")).to_be_visible()
    company.press("ArrowDown")
    company.press("Enter")
    expect(company).to_have_value("Alpen")
    buyer = page.get_by_role("combobox", name="Buyer", exact=True)
    asked: list[Route] = []
    page.route("**/log/buyers?*", lambda route: asked.append(route))  # noqa: PLW0108 - a builtin cannot be marked as a handler
    with page.expect_request(re.compile(r"/log/buyers\?.*nord")) as last:
        buyer.press_sequentially("nord")
    expect(page.get_by_role("option", name="Nordwind")).to_be_visible()
    buyer.press("ArrowDown")
    late = {"items": [{"value": "Nordlicht", "country": "DE", "note": ""}]}
    next(one for one in asked if one.request.url == last.value.url).fulfill(json=late)
    expect(page.get_by_role("option", name="Nordlicht")).to_be_visible()
    buyer.press("Enter")  # What the server knows besides comes late: what the arrow has reached stays reached.
    expect(page.get_by_label("Buyer's country")).to_have_value("AT")
    page.get_by_label("Amount").fill("100")
    page.get_by_label("Day", exact=True).fill("2026-06-29")
    expect(page.get_by_text("This may be recorded already")).to_be_visible()
    page.get_by_label("I have looked: this is another one.").check()
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.locator(".notice-done")).to_contain_text("Saved.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Export deal: Nordwind")


AGREED: Final = (
    "cycle,node,kpi,weight,area,link,parent_node,parent_kpi,base,high,low,target,coefficient\n"
    "2025,employee:E1,consults,100,,unique,,,,,,10,\n"
    "2025,unit:VIE,consults,100,,unique,,,,,,40,\n"
)


def test_what_was_said_to_lift_a_score_lifts_it_and_one_activity_less_does_not(site: Site, page: Page) -> None:
    """A year that is over, for which may still be entered: 8 consults of 10 and, of the unit, of 40 are half of 84 and half of 36.

    A consult more is 8 points of the own score and 2 of the unit's. Tried first, then logged: 65 with one, 70 and with it B with two.
    """
    (site.folder / "agency" / "scorecards.csv").write_text(AGREED, encoding="utf-8")
    site.kopes("load", site.folder / "agency", database=site.database, definitions=site.folder / "definitions")
    site.ingest(*(f"2025-03-04 consult C-{n} E1" for n in range(8)))
    site.open(page, "alba", "/scorecard")
    expect(page.locator("#final-score")).to_contain_text("60.00")
    expect(page.get_by_role("heading", name="What was missing to band B")).to_be_visible()
    page.get_by_role("link", name="All KPIs, and what if?").press("Enter")
    expect(page.locator('[data-lift="consults"]')).to_contain_text("2 more consults")
    field = page.get_by_role("textbox", name="A name")
    for typed, final in (("9", "65.00"), ("10", "70.00")):
        field.fill(typed)
        expect(page.locator('[data-tried="final"]')).to_contain_text(final)
    expect(page.locator('[data-tried="unit"]')).to_contain_text("40.00")
    for final, band in (("65.00", "C"), ("70.00", "B")):
        page.goto(f"{site.url}/log")
        page.get_by_role("radio", name="Export consult").check()
        page.get_by_role("combobox", name="Company").fill("Alpen")
        page.get_by_role("combobox", name="Buyer", exact=True).fill(f"Buyer {band}")
        page.get_by_label("Buyer's country").select_option("AT")
        page.get_by_label("Day", exact=True).fill("2025-12-30")
        page.get_by_role("button", name="Save").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"Buyer {band}")
        page.goto(f"{site.url}/scorecard")
        expect(page.locator("#final-score .stat-value")).to_have_text(f"{final}Band {band}")


def test_a_file_after_a_file_and_a_text_in_another_language(site: Site, page: Page) -> None:
    """A download leaves the button ready for the next at once; what is typed outlives the change of language, before it was ever sent."""
    site.open(page, "dana", "/people")
    page.locator("details.download summary").click()
    page.get_by_label("What it is for").fill("The yearly report")
    for kind in ("csv", "xlsx", "csv"):
        page.get_by_label("Format").select_option(kind)
        with page.expect_download() as coming:
            page.get_by_role("button", name="Download").click()
        assert coming.value.suggested_filename.endswith(kind)
        expect(page.get_by_role("button", name="Download")).not_to_have_attribute("aria-busy", "true", timeout=4_000)
    page.locator("details.account summary").click()
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    assert page.url == f"{site.url}/people"
    expect(page.locator("#reason")).to_have_value("The yearly report")


def test_a_verdict_can_be_taken_back_for_ten_seconds_and_is_recorded_once(
    site: Site, page: Page, eventually: Eventually
) -> None:
    """By keyboard alone: the next entry opens, Z takes back, nothing is sent before the time is up; whoever leaves the page sends it; what was judged meanwhile comes back with the reason."""
    page.clock.install()
    site.ingest(
        *(f"2026-03-0{day} deal D-{day} E1 100 USD of {name}/AT" for day, name in enumerate(("One", "Two", "Six"), 1))
    )
    site.open(page, "boram", "/verification")
    heading = page.locator("[data-heading]")
    expect(heading).to_contain_text("One")
    page.locator("[data-open]").first.focus()
    page.keyboard.press("ArrowDown")
    expect(heading).to_contain_text("Two")
    page.keyboard.press("v")
    expect(page.locator(".toast")).to_contain_text("Verified: Export deal, Two")
    expect(heading).to_contain_text("Six")
    expect(heading).to_be_focused()
    page.keyboard.press("z")
    expect(heading).to_contain_text("Two")
    page.clock.fast_forward("00:11")
    assert site.events() == 3
    page.keyboard.press("v")
    expect(heading).to_contain_text("Six")
    page.clock.fast_forward("00:11")
    assert eventually(lambda: site.events() == 4)
    page.clock.fast_forward("00:11")
    page.keyboard.press("v")
    site.ingest("2026-03-09 rejected D-3 by E4")
    page.locator(".toast").get_by_role("button", name="Record now").click()
    expect(page.locator(".toast")).to_contain_text(
        "Not recorded: Export deal, Six. Nothing was recorded, since this has been judged"
    )
    assert site.events() == 5

    page.locator("[data-open]").first.click()
    expect(heading).to_contain_text("One")
    page.keyboard.press("r")
    page.get_by_label("It is recorded already.").check()
    page.locator("#reason").fill("See v and z of May.")
    page.get_by_role("dialog").get_by_role("button", name="Reject").press("Enter")
    expect(page.locator(".toast").last).to_contain_text("Rejected: Export deal, One")
    assert site.events() == 5
    page.goto(f"{site.url}/activities")
    assert eventually(lambda: site.events() == 6)
    page.context.clear_cookies()
    site.open(page, "alba", "/scorecard")
    expect(page.locator("main")).to_contain_text("It is recorded already. See v and z of May.")


def test_several_are_judged_at_once_with_their_sum_by_thumb(site: Site, page: Page, eventually: Eventually) -> None:
    """The sum that is said is that of what is recorded, to the cent; the time stands still while somebody looks at it."""
    page.clock.install()
    page.set_viewport_size({"width": 390, "height": 844})
    amounts = ("100.10", "2000.25", "30000.05", "7")
    site.ingest(
        *(
            f"2026-03-0{at} deal D-{at} {who} {amount} USD of B{at}/AT"
            for at, (who, amount) in enumerate(zip(("E1", "E6", "E1", "E6"), amounts, strict=True), 1)
        )
    )
    site.open(page, "boram", "/verification")
    boxes = page.locator('input[name="activity"]')
    boxes.first.click()
    expect(page.locator("[data-sum]")).to_have_text("1 entry, US$100.10")
    boxes.nth(2).click(modifiers=["Shift"])
    cents = sum(int(one.replace(".", "")) for one in amounts[:3])
    expect(page.locator("[data-sum]")).to_have_text(f"3 entries of 2 people, US${cents / 100:,.2f}")
    page.get_by_role("button", name="Verify the chosen").click()
    toast = page.locator(".toast")
    expect(toast).to_contain_text("Verified: 3 entries of 2 people, US$32,100.40")
    toast.hover()
    page.clock.fast_forward("00:30")
    assert site.events() == 4
    toast.get_by_role("button", name="Undo").click()
    expect(boxes.first).to_be_visible()
    page.locator("[data-all]").click()
    page.get_by_role("button", name="Verify the chosen").click()
    expect(page.locator("main")).to_contain_text("All judged on this page.")
    page.clock.fast_forward("00:11")
    assert eventually(lambda: site.events() == 8)
    expect(page.locator("main")).to_contain_text("Nothing to verify")


def _target(page: Page, node: str, kpi: str = "consults") -> Locator:
    """The cell of a node's target."""
    return page.locator(f'[id="target-{kpi}-{node}"]')


@pytest.mark.parametrize("width", [360, 1280])
def test_a_target_is_set_by_keyboard_alone_and_on_a_phone(site: Site, page: Page, width: int) -> None:
    """Write into the grid's cells, see what is wrong before it is sent, restore it, save; it is accessible in each state and fits."""
    page.set_viewport_size({"width": width, "height": 800})
    site.open(page, "boram", "/targets")
    figure = _target(page, "employee:E1")
    if width == 360:
        page.get_by_label("More about E1").first.focus()
        page.keyboard.press("Space")
        page.get_by_label("More about E6").first.focus()
        page.keyboard.press("Space")
    said = page.locator("[data-changes]")
    figure.focus()
    page.keyboard.type("a lot")
    page.keyboard.press("Enter")
    expect(_target(page, "employee:E6")).to_be_focused()
    expect(page.locator(".target-grid .error")).to_have_text("This cannot be read as one number: write it in digits.")
    expect(said).to_have_text("1 target changed · 1 cannot be read")
    _fits_and_is_accessible(page, "wrong")
    page.get_by_label("Reason").focus()
    page.keyboard.type("A new market")
    page.keyboard.press("Enter")
    expect(page.locator(".notice-bad a")).to_contain_text("E1: A name: “a lot” is no number here")
    expect(figure).to_be_focused()
    expect(figure).to_have_value("a lot")
    page.keyboard.press("Escape")
    expect(figure).to_have_value("10")
    expect(said).to_have_text("")
    page.keyboard.type("25")
    expect(page.locator(".was")).to_have_text("was 10")
    expect(said).to_have_text("1 target changed")
    _fits_and_is_accessible(page, "changed")
    expect(page.get_by_label("Reason")).to_have_value("A new market")
    page.get_by_label("Reason").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Targets set: 1. A name: E1 10 → 25.")
    expect(figure).to_have_value("25")
    expect(page.locator("#kpi-consults tr", has_text="E1").first).to_contain_text("the folder: 10")


def _paste(page: Page, cell: Locator, block: str) -> None:
    """Paste what was copied from a spreadsheet."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", block)
    cell.focus()
    page.keyboard.press("Control+v")


def _split(site: Site) -> None:
    """Make the offices' consults slices of their region's, and give the past year of one of them."""
    path = site.folder / "agency" / "scorecards.csv"
    rows = path.read_text(encoding="utf-8").splitlines()
    slices = ("2026,unit:VIE,consults,", "2026,unit:PAR,consults,")
    rows = [row.replace("unique,,,", "identical,unit:EUR,consults,") if row.startswith(slices) else row for row in rows]
    path.write_text("\n".join(rows), encoding="utf-8")
    history = "node,kpi,year,actual\nunit:VIE,consults,2025,7\nunit:PAR,consults,2025,21\n"
    (site.folder / "agency" / "history.csv").write_text(history, encoding="utf-8")
    site.kopes("load", site.folder / "agency", database=site.database, definitions=site.folder / "definitions")


def test_a_block_is_pasted_into_the_grid_its_sums_seen_and_saved_with_one_reason(site: Site, page: Page) -> None:
    """One bad cell saves nothing and all that was pasted stays; then every target is set at once, each with the reason on the trail."""
    _split(site)
    key = site.kopes("key", "create", "board", "--scope", "read", database=site.database).out.split()[-1]
    nodes = ("unit:EUR", "unit:PAR", "unit:VIE")

    def targets(kpi: str) -> list[str]:
        """What the API says of the three."""
        heading = {"Authorization": f"Bearer {key}"}
        asked = (f"{site.url}/api/v1/scorecards/{node}?cycle=2026" for node in nodes)
        cards = [httpx.get(one, headers=heading).json()["lines"] for one in asked]
        return [next(line["target"] for line in lines if line["kpi"] == kpi) for lines in cards]

    site.open(page, "gaston", "/targets")
    columns = page.locator(".target-grid thead th a").evaluate_all("all => all.map(one => one.hash.slice(5))")
    other = columns[columns.index("consults") + 1]
    first = _target(page, "unit:PAR")
    foot = page.locator("[data-foot]").nth(columns.index("consults"))
    proposals_are_taken_over(page, _target(page, "unit:VIE"), first, foot)
    _paste(page, _target(page, "unit:EUR"), "30\t12\n14.5\t13\nsome\t14\n")
    expect(page.locator("[data-changes]")).to_have_text("6 targets changed · 1 cannot be read")
    expect(_target(page, "unit:VIE")).to_be_focused()
    page.get_by_label("Reason").fill("The region's talk")
    page.keyboard.press("Enter")
    expect(page.locator(".notice-bad")).to_contain_text("E")
    assert (targets("consults"), targets(other)) == (["10", "10", "10"], ["10", "10", "10"])
    expect(first).to_have_value("14.5")
    expect(_target(page, "unit:VIE", other)).to_have_value("14")
    page.keyboard.type("=")
    expect(_target(page, "unit:VIE")).to_have_value("7")
    expect(foot).to_contain_text("21.5 of 30")
    page.keyboard.type("15.5")
    expect(foot).to_contain_text("30 of 30")
    expect(foot.get_by_text("adds up", exact=True)).to_be_visible()
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Targets set: 6.")
    assert (targets("consults"), targets(other)) == (["30", "14.5", "15.5"], ["12", "13", "14"])
    with closing(sqlite3.connect(site.database.removeprefix("sqlite:///"))) as opened:
        rows = opened.execute("SELECT subject, why FROM trail WHERE deed = 'set_targets'").fetchall()
    assert sorted(rows) == sorted((node, "The region's talk") for node in nodes for _ in range(2))


def test_a_cell_of_several_lines_is_pasted_as_one(site: Site, page: Page) -> None:
    """A spreadsheet puts it in quotation marks: nothing that stands below it slips to another unit."""
    site.open(page, "gaston", "/targets")
    columns = page.locator(".target-grid thead th a").evaluate_all("all => all.map(one => one.hash.slice(5))")
    other = columns[columns.index("consults") + 1]
    block = '30\t"agreed\non 3 May\n94"\n"14.5"\t13\n15.5\t"a ""good"" one"\n'
    _paste(page, _target(page, "unit:EUR"), block)
    expect(page.locator("[data-changes]")).to_have_text("6 targets changed · 2 cannot be read")
    for unit, figure in (("EUR", "30"), ("PAR", "14.5"), ("VIE", "15.5")):
        expect(_target(page, f"unit:{unit}")).to_have_value(figure)
    expect(_target(page, "unit:PAR", other)).to_have_value("13")
    expect(_target(page, "unit:VIE", other)).to_have_value('a "good" one')
    expect(_target(page, "unit:EUR", other)).to_be_focused()


def _fits_and_is_accessible(page: Page, where: str) -> None:
    findings = Axe().run(page).response["violations"]
    assert not findings, (where, [(one["id"], [node["html"] for node in one["nodes"]]) for one in findings])
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), where


_WIDER_TEXT = """() => {
  const spacing = new CSSStyleSheet();
  spacing.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-block-end: 2em !important }");
  document.adoptedStyleSheets = [spacing];
}"""
"""What a reader may set (WCAG 1.4.12) without losing anything of the page."""


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1440, "light")])
def test_every_page_is_accessible_and_fits(site: Site, page: Page, width: int, scheme: str) -> None:
    """No finding of axe, no sideways scrolling, with the reader's own text spacing either, in the page's face or in the system's; no word of the browser's console."""
    site.ingest("2026-03-04 deal D-1 E1 100 USD of Nordwind/AT", "2026-03-05 deal D-2 E2 1 USD of Southwind/AT")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    site.open(page, "boram", "/scorecard")
    addresses = ("/scorecards/unit:VIE", "/log", "/activities", "/office", "/verification", "/targets")
    for address in ("/scorecard", *addresses, f"/activities/{key_of('D-1')}", f"/activities/{key_of('D-2')}/correct"):
        page.goto(f"{site.url}{address}")
        page.wait_for_load_state("load")
        _fits_and_is_accessible(page, address)
        page.evaluate(_WIDER_TEXT)
        for face in ("", "sans-serif"):
            page.evaluate("face => document.documentElement.style.setProperty('--font', face)", face)
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (
                address,
                face,
            )
    assert said == []


def _summary_names_the_fields(page: Page, where: str) -> None:
    """Each line of what is wrong begins with a field's label and leads to the field."""
    lines = page.locator(".notice-bad li").all()
    assert lines, where
    for line in lines:
        link = line.locator("a")
        if where.startswith("/verification") and not link.count():
            # A queue of which nothing was chosen has no one field.
            continue
        assert link.count() == 1, (where, line.inner_text())
        name = str(link.get_attribute("href")).removeprefix("#")
        field = page.locator(f"[id='{name}']")
        assert field.count() == 1, (where, name)
        label = str(
            field.evaluate(
                """one => (one.labels?.[0] ?? one.querySelector("legend") ?? one.closest("fieldset").querySelector("legend")).textContent"""
            )
        )
        assert line.inner_text().split(":")[0] in label, (where, line.inner_text(), label)


REFUSED = {
    "boram": ("/log", "/targets", "/verification", "/password", "DEAL", "DEAL/correct"),
    "dana": ("/grades",),
    "iris": ("/accounts", "/accounts/1", "/accounts/1/disable", "/keys"),
}
"""Pages with forms that can be sent in vain, by who sees them."""


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [("boram", 360, "dark"), ("dana", 1440, "light"), ("iris", 360, "light")],
)
def test_what_a_form_is_refused_with_is_accessible_and_fits(
    site: Site, page: Page, width: int, scheme: str, name: str
) -> None:
    """Each form that has something to type is sent with it left empty, past the browser's own word; so are a page that is not there, and sign-in."""
    site.ingest("2026-03-04 deal D-1 E1 100 USD of Nordwind/AT", "2026-03-05 deal D-2 E2 1 USD of Southwind/AT")
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{site.url}/login")
    page.get_by_label("E-mail").fill("nobody@agency.example")
    page.get_by_label("Password").fill("wrong as ever")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    _fits_and_is_accessible(page, "a sign-in in vain")
    site.open(page, name, "/password")
    page.goto(f"{site.url}/nowhere")
    _fits_and_is_accessible(page, "/nowhere")
    for address in REFUSED[name]:
        page.goto(site.url + address.replace("DEAL", f"/activities/{key_of('D-2')}"))
        forms = page.locator("main form[method=post]:has(input:not([type=hidden]), textarea)")
        assert forms.count(), address
        for number in range(forms.count()):
            page.goto(site.url + address.replace("DEAL", f"/activities/{key_of('D-2')}"))
            with page.expect_navigation() as posted:
                forms.nth(number).evaluate(
                    """form => {
                        form.noValidate = true;
                        for (const field of form.querySelectorAll("input:not([type=hidden]):not([type=checkbox]):not([type=radio]), textarea"))
                            field.value = "";
                        // A verdict's script would hold it back: it is sent as a browser without one does.
                        if ("verify" in form.dataset) form.submit();
                        else form.requestSubmit(form.querySelector("button[type=submit][name]"));
                    }"""
                )
            assert posted.value.status in {409, 422}, (address, number, posted.value.status)
            _fits_and_is_accessible(page, f"{address}, form {number}")
            _summary_names_the_fields(page, f"{address}, form {number}")


def test_one_searches_and_walks_a_list_by_keyboard(site: Site, page: Page) -> None:
    """Ctrl K and / search, the arrows choose; j, k and Enter walk the queue; ? lists the keys; nothing of it while one types."""
    site.ingest("2026-03-07 deal D-7 E1 100 USD of 한빛무역/KR", "2026-03-08 deal D-8 E1 100 USD of Eight/AT")
    site.open(page, "boram", "/verification")
    page.keyboard.press("Control+k")
    page.keyboard.type(unicodedata.normalize("NFD", "한빛무역"))
    expect(page.get_by_role("option").first).to_contain_text("한빛무역")
    assert Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"] == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/activities\?node=unit:VIE"))
    page.wait_for_load_state()
    page.keyboard.press("/")
    page.keyboard.type("j?E1")
    expect(page.get_by_role("combobox", name="Search people")).to_have_value("j?E1")
    page.goto(f"{site.url}/verification")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator('input[name="activity"]').first).to_be_focused()
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/verification\?entry="))


@pytest.mark.parametrize(
    ("language", "missing", "email"),
    [
        ("en", "Fill this in.", "Write an e-mail address, such as name@example.org."),
        ("ko", "입력하십시오.", "name@example.org과 같은 이메일 주소를 입력하십시오."),
        ("es", "Rellene este campo.", "Escriba una dirección de correo, como name@example.org."),
    ],
)
def test_the_browser_refuses_a_field_in_the_language_of_the_page(
    site: Site, page: Page, language: str, missing: str, email: str
) -> None:
    """Not in its own; and what is mended, by hand or by script, is refused no longer."""
    page.context.add_cookies([{"name": "kopes_language", "value": language, "url": site.url}])
    page.goto(f"{site.url}/login")
    sent = page.locator("main form button[type=submit]").first
    said = "one => [one.validationMessage, one.validity.valid]"
    sent.click()
    assert page.locator("#email").evaluate(said) == [missing, False]
    page.locator("#email").fill("alba")
    page.locator("#password").fill(PASSWORD)
    sent.click()
    assert page.locator("#email").evaluate(said) == [email, False]
    page.locator("#email").evaluate("one => { one.value = 'alba@agency.example' }")
    sent.click()
    page.wait_for_url(f"{site.url}/")


def test_on_a_phone_a_list_stands_on_the_first_screen_and_its_filters_unfold(site: Site, page: Page) -> None:
    """Two abreast; what narrows the list is counted, and stays unfolded; without script too."""
    site.ingest("2026-03-04 deal D-1 E1 100 USD of Nordwind/AT", "2026-03-05 deal D-2 E2 1 USD of Southwind/AT")
    page.set_viewport_size({"width": 390, "height": 844})
    site.open(page, "emil", "/ledger")
    first = page.locator("tbody[data-rows=events] tr").first
    assert first.bounding_box()["y"] < 700  # type: ignore[index]
    kind, unfolds = page.get_by_label("Type"), page.get_by_role("checkbox", name="Filters")
    expect(kind).to_be_hidden()
    unfolds.press("Space")
    boxes = [page.locator(f"#{name}").bounding_box() for name in ("first", "last")]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["y"] == boxes[1]["y"]
    kind.select_option("export_deal")
    expect(page.locator("[data-narrowed=chosen]")).to_have_text("(1)")
    page.reload()
    expect(kind).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{site.url}/ledger")
    expect(kind).to_be_visible()
    expect(unfolds).to_be_hidden()


def test_on_a_phone_the_form_for_another_day_unfolds(site: Site, page: Page) -> None:
    """The figures are what one came for; what was asked for stands in words. On a desk the form stands beside them."""
    page.set_viewport_size({"width": 390, "height": 844})
    site.open(page, "alba", "/scorecard")
    basis, unfolds = page.get_by_label("Basis"), page.get_by_role("checkbox", name="Another day")
    expect(basis).to_be_hidden()
    unfolds.press("Space")
    basis.select_option("provisional")
    page.get_by_role("button", name="Show").press("Enter")
    page.wait_for_url("**basis=provisional**")
    expect(page.locator(".as-of-said")).to_contain_text("provisional")
    expect(basis).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(basis).to_be_visible()
    expect(unfolds).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(1280, 480), (390, 700)])
def test_no_cell_that_is_edited_lies_below_the_bar_that_saves(site: Site, page: Page, width: int, height: int) -> None:
    """Each cell of the grid is given the focus and looked for on the screen."""
    page.set_viewport_size({"width": width, "height": height})
    site.open(page, "boram", "/targets")
    looked_at, hidden = page.evaluate(
        """async () => {
            const cells = [...document.querySelectorAll("[data-target-grid] [data-number]")].filter(one => one.checkVisibility());
            const hidden = [];
            for (const cell of cells) {
                cell.focus();
                await new Promise(done => requestAnimationFrame(done));
                const box = cell.getBoundingClientRect();
                if (document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) !== cell) hidden.push(cell.name);
            }
            return [cells.length, hidden];
        }"""
    )
    assert looked_at > 2
    assert hidden == []


def test_on_a_phone_what_can_be_taken_back_covers_neither_heading_nor_buttons(site: Site, page: Page) -> None:
    """The next entry has opened: its parties can be read and it can be judged while the last one can still be taken back."""
    site.ingest("2026-03-04 deal D-1 E1 100 USD of Nordwind/AT", "2026-03-05 deal D-2 E1 1 USD of Southwind/AT")
    page.set_viewport_size({"width": 390, "height": 844})
    site.open(page, "boram", "/verification")
    page.locator("[data-open]").first.click()
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.locator("[data-heading]")).to_contain_text("Southwind")
    toast = page.locator(".toast").bounding_box()
    assert toast is not None
    for other in (page.locator("[data-heading]"), page.locator("[data-bar]")):
        box = other.bounding_box()
        assert box is not None
        assert toast["y"] + toast["height"] <= box["y"] or box["y"] + box["height"] <= toast["y"]


def test_the_lists_of_home_are_walked_by_keys(site: Site, page: Page) -> None:
    """As every list: j goes on, Enter opens."""
    site.ingest("2026-03-04 deal D-1 E1 100 USD of Nordwind/AT")
    site.open(page, "boram", "/")
    page.keyboard.press("j")
    expect(page.locator("[data-kind=to_verify] a")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/verification")


@pytest.mark.parametrize(
    ("language", "first"), [("en", "1 January 2026"), ("ko", "2026년 1월 1일"), ("es", "1 de enero de 2026")]
)
def test_the_browser_refuses_a_day_by_a_date_as_the_page_writes_them(
    site: Site, page: Page, language: str, first: str
) -> None:
    """English ones begin with the day, as those that the server writes."""
    site.open(page, "alba", "/scorecard")
    page.context.add_cookies([{"name": "kopes_language", "value": language, "url": site.url}])
    page.locator(f'.header button[value="{language}"]').evaluate("one => one.click()")
    expect(page.locator("html")).to_have_attribute("lang", language)
    page.wait_for_load_state()
    said = page.locator("#as_of").evaluate(
        "one => { one.value = '1999-01-01'; one.checkValidity(); return one.validationMessage; }"
    )
    assert first in said


def test_a_fault_of_the_page_itself_is_not_told_as_a_lost_connection(site: Site, page: Page) -> None:
    """It stands in the console, where whoever mends it finds it; the reader's connection is as it was."""
    site.open(page, "wanda", "/people")
    page.evaluate("() => { history.replaceState = () => { throw new Error('of our own'); }; }")
    with page.expect_event("pageerror") as fault:
        page.get_by_label("Name or number").fill("alba")
    assert "of our own" in str(fault.value)
    expect(page.locator("[data-narrows-said]")).not_to_contain_text("connection")
    assert page.locator("[data-narrowed][aria-busy]").count() == 0

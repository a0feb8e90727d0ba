"""What was found by looking at pages, each held by what a browser measures of them: what is in view, what has room, what a finger is offered."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.test_at_work import Site, loaded_folder, site

__all__ = ["loaded_folder", "site"]

pytestmark = pytest.mark.browser


def _is_in_view(one: Locator) -> bool:
    """Whether the whole of it is on the screen, and nothing lies over its middle."""
    in_view: bool = one.evaluate(
        """one => {
            const box = one.getBoundingClientRect();
            const on_top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
            return box.top >= 0 && box.bottom <= innerHeight && (one === on_top || one.contains(on_top));
        }"""
    )
    return in_view


def test_of_two_that_are_alike_the_one_that_was_judged_a_moment_ago_says_so(site: Site, page: Page) -> None:
    """While it can still be taken back, once it is recorded, and not once it was taken back: nobody rejects both of two twins."""
    page.clock.install()
    site.ingest("2026-03-04 deal D-1 E1 100 USD of Nordwind/AT", "2026-03-05 deal D-2 E1 100 USD of Nordwind/AT")
    site.open(page, "boram", "/verification")
    page.locator("[data-open]").first.click()
    twin = page.locator("[data-entry]").get_by_text("You have just verified it.")
    expect(page.locator("[data-entry]")).to_contain_text("entered")
    page.keyboard.press("v")
    expect(page.locator(".toast")).to_be_visible()
    expect(twin).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator("[data-announce]")).to_contain_text("Taken back")
    expect(page.locator("[data-open]")).to_have_count(2)
    expect(twin).to_have_count(0)
    page.keyboard.press("v")
    expect(twin).to_be_visible()
    page.locator(".toast").get_by_role("button", name="Record now").click()
    expect(twin).to_be_visible()


def test_on_a_phone_the_bar_that_saves_targets_stays_in_view_once_something_changed(site: Site, page: Page) -> None:
    """Wherever the page is scrolled to, above the bar of pages; before anything has changed it covers nothing."""
    page.set_viewport_size({"width": 390, "height": 700})
    site.open(page, "boram", "/targets")
    bar, save = page.locator("[data-bar]"), page.locator("[data-bar] button[type=submit]")
    assert bar.evaluate("one => getComputedStyle(one).position") == "static"
    page.get_by_label("More about E1").first.check(force=True)
    cell = page.locator('[id="target-consults-employee:E1"]')
    cell.fill("25")
    expect(page.locator("[data-changes]")).to_have_text("1 target changed")
    section = page.locator("#grid").bounding_box()
    assert section is not None
    heights = [section["y"], section["y"] + section["height"] / 2 - 350, section["y"] + section["height"] - 700]
    assert heights[-1] > heights[0] + 350, "the grid is longer than a screen: there is something to stay in view of"
    for height in heights:
        page.evaluate("height => scrollTo(0, height)", height)
        assert _is_in_view(save), height
        assert _is_in_view(page.get_by_label("Reason")), height
    cell.fill("10")
    expect(page.locator("[data-changes]")).to_have_text("")
    assert bar.evaluate("one => getComputedStyle(one).position") == "static"


@pytest.mark.parametrize("kind", ["Export deal", "Export consult", "New buyer"])
def test_the_log_form_fits_on_one_screen_of_a_desk(site: Site, page: Page, kind: str) -> None:
    """Each kind of activity, with former entries to repeat above it: every field and Save without scrolling."""
    site.ingest(*(f"2026-03-0{n} deal D-{n} E1 100 USD of Buyer{n}/AT for Alpen" for n in (1, 2, 3)))
    page.set_viewport_size({"width": 1440, "height": 900})
    site.open(page, "alba", "/log")
    page.get_by_role("radio", name=kind).check()
    expect(page.get_by_role("heading", name="Once more")).to_be_visible()
    fields = page.locator("form.entry").locator("input:not([type=hidden]), select, button[type=submit]")
    outside = [one.get_attribute("name") for one in fields.filter(visible=True).all() if not _is_in_view(one)]
    assert outside == []
    assert page.evaluate("scrollY") == 0
    assert fields.filter(visible=True).count() > 5


def test_save_of_the_log_form_is_not_cut_below_the_reminder_of_a_first_password(site: Site, page: Page) -> None:
    """The reminder takes a line above it, and former entries another."""
    site.ingest(*(f"2026-03-0{n} deal D-{n} E1 100 USD of Buyer{n}/AT for Alpen" for n in (1, 2, 3)))
    with closing(sqlite3.connect(site.database.removeprefix("sqlite:///"))) as opened, opened:
        opened.execute("UPDATE account SET first_password = 1 WHERE employee = 'E1'")
    page.set_viewport_size({"width": 1440, "height": 900})
    site.open(page, "alba", "/log")
    expect(page.locator("main")).to_contain_text("You still sign in with your first password.")
    assert _is_in_view(page.locator(".entry-send button"))
    page.get_by_role("radio", name="Export deal").check()
    assert _is_in_view(page.locator(".entry-send button"))


@pytest.mark.parametrize("width", [390, 1440])
def test_what_is_tried_has_fields_of_one_width(site: Site, page: Page, width: int) -> None:
    """However long the KPI's unit is called; so have its sliders, which all begin in one line."""
    page.set_viewport_size({"width": width, "height": 900})
    site.ingest("2026-03-04 deal D-1 E1 100 USD of Nordwind/AT", "2026-03-04 consult C-1 E1")
    site.open(page, "alba", "/lifting/employee:E1")
    for kind in ("text", "range"):
        boxes = [
            one.bounding_box() for one in page.locator(f".tried-line input[type={kind}]").filter(visible=True).all()
        ]
        edges = {(round(box["x"]), round(box["width"])) for box in boxes if box}
        assert len(boxes) > 2
        assert len(edges) == 1, (kind, edges)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_an_employee_is_offered_while_one_types_whose_account_it_is(site: Site, page: Page) -> None:
    """In the browser's own list, with the unit; what is chosen makes the account."""
    with closing(sqlite3.connect(site.database.removeprefix("sqlite:///"))) as opened, opened:
        opened.execute("UPDATE account SET employee = NULL WHERE employee = 'E3'")
    site.open(page, "iris", "/accounts")
    page.locator("summary", has_text="New account").press("Enter")
    page.get_by_label("E-mail", exact=True).fill("nova@agency.example")
    field = page.get_by_label("Employee, by name or number")
    field.press_sequentially("e3")
    option = page.locator("#employees option")
    expect(option).to_have_count(1)
    expect(option).to_have_attribute("value", "E3 (E3)")
    expect(option).to_have_text("TYO")
    field.fill("E3 (E3)")
    page.locator("input[name=role][value=employee]").check()
    page.get_by_role("button", name="Make the account").press("Enter")
    expect(page.locator("main")).to_contain_text("E3")
    expect(page.locator("#first-password")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_download_of_grades_stands_on_the_first_screen(site: Site, page: Page, width: int, height: int) -> None:
    """It goes with what the list is narrowed to, which stands below."""
    page.set_viewport_size({"width": width, "height": height})
    site.open(page, "dana", "/grades")
    download = page.locator("details.download summary")
    expect(download).to_have_count(1)
    assert _is_in_view(download)
    before = download.inner_text()
    page.get_by_label("Name, number or code").fill("E1")
    expect(download).not_to_have_text(before)
    expect(download).to_contain_text("1 row")


def test_no_letter_is_offered_to_a_finger(site: Site, browser: Browser) -> None:
    """On a touch screen no key is named, whether for a verdict, for taking it back or in a list of keys; on a desk they are."""
    site.ingest("2026-03-04 deal D-1 E1 100 USD of One/AT", "2026-03-05 deal D-2 E1 7 USD of Two/AT")
    said = {}
    for name, touched in (("finger", True), ("mouse", False)):
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, has_touch=touched, is_mobile=touched, locale="en-GB"
        )
        page = context.new_page()
        page.clock.install()
        site.open(page, "boram", "/verification")
        page.locator("[data-open]").first.click()
        expect(page.locator("[data-heading]")).to_be_visible()
        before = page.locator("main").inner_text()
        page.locator("[data-bar]").get_by_role("button", name=re.compile("^Verify")).click()
        expect(page.locator(".toast")).to_contain_text("Undo")
        said[name] = before + page.locator(".toast").inner_text()
        page.locator(".toast").get_by_role("button", name=re.compile("^Undo")).click()
        context.close()
    letters = re.compile(r"\([A-Z]\)|\b(?:press|keys?) [a-z]\b", re.IGNORECASE)
    assert letters.findall(said["finger"]) == []
    assert "(Z)" in letters.findall(said["mouse"])

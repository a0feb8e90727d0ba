"""The page of all components, which only developers have: axe in every theme and width, cards that unfold, colours that the system sets."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from app.kit.schema import migrate
from tests.browser.states import AXE, PHONE
from tests.conftest import NewDatabase, Serve

pytestmark = pytest.mark.browser

LOOKS: list[tuple[int, dict[str, Any]]] = [
    (1440, {}),
    (PHONE, {}),
    (PHONE, {"color_scheme": "dark"}),
    (1440, {"contrast": "more"}),
    (PHONE, {"forced_colors": "active"}),
]


@pytest.fixture(scope="module")
def design(module_database: NewDatabase, module_serve: Serve) -> str:
    """A server for developers, of an agency without anything: the page needs none."""
    url = module_database("sqlite")
    migrate(url)
    return f"{module_serve(url, KOPES_DEVELOPMENT='1').url}/design"


def _opened(browser: Browser, address: str, **how: Any) -> Page:
    page = browser.new_context(locale="en-GB", **how).new_page()
    page.goto(address)
    return page


def test_every_component_is_accessible_in_every_look_on_phone_and_desk(browser: Browser, design: str) -> None:
    """What the system asks for is enough; nothing is wider than the page."""
    for width, look in LOOKS:
        page = _opened(browser, design, viewport={"width": width, "height": 900}, **look)
        assert Axe().run(page, options=AXE).response["violations"] == [], (width, look)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.context.close()


def test_a_reader_chooses_high_contrast_and_keeps_it(browser: Browser, design: str) -> None:
    """By the menu, without script too; paper is light whatever is chosen."""
    for script in (True, False):
        page = _opened(browser, design, java_script_enabled=script)
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            page.get_by_role("button", name="High contrast").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "contrast")
        expect(page.locator("body")).to_have_css("background-color", "rgb(0, 0, 0)")
        page.goto(design)
        expect(page.locator("body")).to_have_css("background-color", "rgb(0, 0, 0)")
        page.emulate_media(media="print")
        expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
        page.context.close()


def test_a_card_on_a_phone_shows_what_matters_and_unfolds_by_keyboard_without_script(
    browser: Browser, design: str
) -> None:
    """The row's name and the columns that the table keeps; the others of that row alone come by the space bar, and go by it."""
    page = _opened(browser, design, viewport={"width": PHONE, "height": 844}, java_script_enabled=False)
    first, second = page.locator("#tables tbody tr").all()
    expect(first.locator("td:visible")).to_have_count(2)
    more = first.get_by_role("checkbox", name="More about Alba Costa")
    more.focus()
    page.keyboard.press("Space")
    expect(first.locator("td:visible")).to_have_count(5)
    expect(second.locator("td:visible")).to_have_count(2)
    box = first.locator(".unfold").bounding_box()
    assert box is not None
    assert min(box["height"], box["width"]) >= 44
    page.keyboard.press("Space")
    expect(first.locator("td:visible")).to_have_count(2)
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(first.locator("td:visible")).to_have_count(5)
    expect(more).to_be_hidden()
    page.context.close()


def test_what_a_word_means_opens_by_pointing_by_focus_and_by_a_tap_and_closes_by_escape(
    browser: Browser, design: str
) -> None:
    """WCAG 1.4.13: it stays while the pointer is on it, Escape closes it where it stands; without script a tap opens it too."""
    page = _opened(browser, design, viewport={"width": 1440, "height": 900})
    word = page.locator("#figures").get_by_role("button", name="Year's end")
    meaning = page.locator("#word-projected")
    word.hover()
    expect(meaning).to_be_visible()
    meaning.hover()
    expect(meaning).to_be_visible()
    page.keyboard.press("Escape")
    expect(meaning).to_be_hidden()
    page.locator("h1").first.hover()
    page.locator("#figures").get_by_role("button", name="So far").focus()
    page.keyboard.press("Shift+Tab")
    expect(meaning).to_be_visible()
    expect(word).to_have_accessible_description(meaning.inner_text())
    page.keyboard.press("Tab")
    expect(meaning).to_be_hidden()
    page.context.close()
    for script in (True, False):
        page = _opened(
            browser, design, viewport={"width": PHONE, "height": 844}, has_touch=True, java_script_enabled=script
        )
        page.locator("#figures").get_by_role("button", name="Year's end").tap()
        box = page.locator("#word-projected").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE
        page.context.close()

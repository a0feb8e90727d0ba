"""A new colleague's first day, and a session that is not one's own, by typing and following links."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Kopes, NewDatabase, Serve

pytestmark = pytest.mark.browser

ADMIN = "iris@agency.example"
NEW = "nova@agency.example"
CHOSEN = "nine windows of kestrels"


@pytest.fixture
def site(new_database: NewDatabase, serve: Serve, kopes: Kopes, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A server with one account, made by the command: its address, and the administrator's password. ``tests/web`` signs in on each engine."""
    url = new_database("postgresql")
    password = kopes("user", "create", ADMIN, "--role", "admin", database=url).out.strip()
    server = serve(url)
    yield server.url, password
    assert server.process.poll() is None, subprocess.list2cmdline(["the server ended"])


def _sign_in(page: Page, url: str, email: str, password: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


def _sign_in_by_paste(page: Page, url: str, email: str, password: str) -> None:
    """Nobody has to remember or copy by hand (WCAG 3.3.8): the fields say what they are, and take what is pasted."""
    page.goto(f"{url}/login")
    expect(page.get_by_label("E-mail")).to_have_attribute("autocomplete", "username")
    expect(page.get_by_label("Password")).to_have_attribute("autocomplete", "current-password")
    page.get_by_label("E-mail").fill(email)
    page.evaluate("text => navigator.clipboard.writeText(text)", password)
    page.get_by_label("Password").focus()
    page.keyboard.press("ControlOrMeta+V")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")


def test_a_first_password_leads_to_its_change_and_then_to_work(site: tuple[str, str], browser: Browser) -> None:
    """Whatever address is typed before; a weak one is refused with what to do, and nothing else has to be typed again but passwords."""
    url, password = site
    keeper = browser.new_context(locale="en-GB", permissions=["clipboard-read", "clipboard-write"]).new_page()
    _sign_in_by_paste(keeper, url, ADMIN, password)
    keeper.get_by_role("navigation").get_by_role("link", name="Accounts").click()
    keeper.get_by_text("New account").click()
    keeper.get_by_label("E-mail", exact=True).fill(NEW)
    keeper.get_by_label("Auditor:").check()
    keeper.get_by_role("button", name="Make the account").click()
    first = keeper.locator("#first-password").inner_text()
    expect(keeper.get_by_text("For 7 days it opens the change of password")).to_be_visible()

    page = browser.new_context(locale="en-GB").new_page()
    _sign_in(page, url, NEW, first)
    page.wait_for_url(f"{url}/password")
    expect(page.get_by_text("Before anything else, choose a password")).to_be_visible()
    page.goto(f"{url}/ledger")
    page.wait_for_url(f"{url}/password")
    assert Axe().run(page).violations_count == 0
    for new, then in (("Password2026!", "are tried first"), (CHOSEN, "Your password is changed")):
        page.get_by_label("Present password").fill(first)
        page.get_by_label("New password", exact=True).fill(new)
        page.get_by_label("New password again").fill(new)
        page.keyboard.press("Enter")
        expect(page.get_by_text(then).first).to_be_visible()
    page.wait_for_url(f"{url}/")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def test_one_finds_ones_sessions_and_ends_the_others(site: tuple[str, str], browser: Browser) -> None:
    """By the links under one's name; the other browser is out with its next page."""
    url, password = site
    here, there = (browser.new_context(locale="en-GB").new_page() for _ in range(2))
    for page in (here, there):
        _sign_in(page, url, ADMIN, password)
        page.wait_for_url(f"{url}/")
    here.locator("details.account summary").click()
    here.get_by_role("link", name="My sessions").click()
    expect(here.get_by_text("this session")).to_have_count(1)
    expect(here.get_by_role("rowheader")).to_have_count(2)
    assert Axe().run(here).violations_count == 0
    here.get_by_role("button", name="End all others").click()
    expect(here.get_by_text("All your other sessions have ended.")).to_be_visible()
    expect(here.get_by_role("rowheader")).to_have_count(1)
    there.reload()
    there.wait_for_url(f"{url}/login**")
    here.set_viewport_size({"width": 390, "height": 800})
    assert here.evaluate("document.documentElement.scrollWidth <= innerWidth")
    here.get_by_role("button", name="Sign out").last.click()
    here.wait_for_url(f"{url}/login")

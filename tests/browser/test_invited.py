"""Somebody who is invited, and somebody who forgot their password, from the mail to the first page.

unit HQ agency
  unit VIE office
employee E1 VIE staff
employee E2 VIE head
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Kopes, NewDatabase, Serve
from tests.mailbox import Mailbox, path_of
from tests.scenario import Scenario

pytestmark = pytest.mark.browser

ADMIN = "iris@agency.example"
INVITED = "E1@agency.example"
CHOSEN = "nine windows of kestrels"
ANOTHER = "seven kettles under ferns"
PHONE = {"width": 360, "height": 800}


def _post(page: Page, url: str, path: str, password: str) -> None:
    """Open a mail's link on a phone by keyboard alone, and choose a password there."""
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a size
    page.goto(f"{url}{path}")
    expect(page.get_by_role("heading", name="Choose a password")).to_be_visible()
    expect(page.get_by_label("New password", exact=True)).to_be_focused()
    assert Axe().run(page).violations_count == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.type("Password2026!")
    page.keyboard.press("Tab")
    page.keyboard.type("Password2026!")
    page.keyboard.press("Enter")
    expect(page.get_by_text("are tried first").first).to_be_visible()
    page.get_by_label("New password", exact=True).fill(password)
    page.get_by_label("New password again").fill(password)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your password is set.")).to_be_visible()
    page.wait_for_url(f"{url}/login")


def _sign_in(page: Page, url: str, email: str, password: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")


def test_the_invited_begin_by_a_mails_link_and_who_forgot_begins_again(
    new_database: NewDatabase, serve: Serve, kopes: Kopes, browser: Browser, tmp_path: Path
) -> None:
    """An administrator invites everybody by the page; a link that was used leads to where another one is sent from.

    On PostgreSQL: ``tests/contract/test_mail.py`` does the same without a browser on each engine.
    """
    url, definitions = new_database("postgresql"), tmp_path / "definitions"
    Scenario.read(__doc__ or "").write(tmp_path)
    kopes("load", tmp_path / "agency", database=url, definitions=definitions)
    first = kopes("user", "create", ADMIN, "--role", "admin", database=url, definitions=definitions).out.strip()
    with Mailbox() as mailbox:
        site = serve(url, definitions=definitions, workers=1, under=(), **mailbox.settings()).url
        deliver = partial(_deliver, kopes, url, definitions, mailbox.settings(site))
        keeper = browser.new_context(locale="en-GB").new_page()
        _sign_in(keeper, site, ADMIN, first)
        keeper.get_by_role("navigation").get_by_role("link", name="Accounts").click()
        keeper.get_by_text("Invite employees").click()
        keeper.get_by_role("button", name="Invite", exact=True).click()
        expect(keeper.get_by_text("people: 4")).to_be_visible()
        keeper.get_by_role("button", name="Invite", exact=True).click()
        expect(keeper.get_by_text("Invited: 4")).to_be_visible()
        keeper.goto(f"{site}/deliveries")
        expect(keeper.locator("tbody").get_by_text("to be sent")).to_have_count(4)
        assert Axe().run(keeper).violations_count == 0
        expect(keeper.get_by_role("button", name="Show", exact=True)).to_be_hidden()
        keeper.get_by_label("State").select_option("failed")
        expect(keeper.locator("tbody")).to_have_count(0)
        keeper.get_by_label("State").select_option("")
        expect(keeper.locator("tbody").get_by_text("to be sent")).to_have_count(4)
        deliver()
        keeper.reload()
        expect(keeper.get_by_text(INVITED).first).to_be_visible()
        keeper.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a size
        assert keeper.evaluate("document.documentElement.scrollWidth <= innerWidth")

        page = browser.new_context(locale="en-GB").new_page()
        (mail,) = mailbox.to(INVITED)
        _post(page, site, path_of(mail), CHOSEN)
        _sign_in(page, site, INVITED, CHOSEN)
        expect(page.get_by_role("heading", name="Home")).to_be_visible()

        later = browser.new_context(locale="en-GB").new_page()
        later.goto(f"{site}{path_of(mail)}")
        expect(later.get_by_text("This link opens nothing")).to_be_visible()
        expect(later.get_by_label("New password", exact=True)).to_have_count(0)
        later.goto(f"{site}/login")
        later.get_by_role("link", name="Forgotten your password?").click()
        expect(later.get_by_label("E-mail")).to_be_focused()
        assert Axe().run(later).violations_count == 0
        later.keyboard.type(INVITED)
        later.keyboard.press("Enter")
        expect(later.get_by_text("a mail with a link is on its way")).to_be_visible()
        deliver()
        _, again = mailbox.to(INVITED)
        _post(later, site, path_of(again), ANOTHER)
        _sign_in(later, site, INVITED, ANOTHER)
        expect(later.get_by_role("heading", name="Home")).to_be_visible()
        page.reload()
        page.wait_for_url(f"{site}/login**")


def _deliver(kopes: Kopes, url: str, definitions: Path, settings: dict[str, str]) -> None:
    """Send what is due, and leave."""
    kopes("worker", "--once", "deliveries", database=url, definitions=definitions, status=0, **settings)

"""Logging an activity where there is no connection: kept on the phone, sent once when it is back, by whoever entered it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.test_at_work import Site, loaded_folder, site
from tests.conftest import Eventually

__all__ = ["loaded_folder", "site"]

pytestmark = pytest.mark.browser


def recorded(site: Site) -> list[str]:
    """The buyers of all events of the ledger, as its table has them."""
    with closing(sqlite3.connect(site.database.removeprefix("sqlite:///"))) as database:
        bodies = [json.loads(body) for (body,) in database.execute("SELECT body FROM event")]
    return sorted(body["data"]["buyer"]["name"] for body in bodies)


def ready(page: Page) -> None:
    """Wait until the phone has what the form needs without a connection."""
    expect(page.locator("form[data-kept]")).to_have_count(1)


def fill(page: Page, buyer: str, amount: str = "") -> None:
    """Type an entry and save it."""
    page.get_by_role("radio", name="Export deal" if amount else "Export consult").check()
    page.get_by_role("combobox", name="Company").fill("Alpen")
    page.get_by_role("combobox", name="Buyer", exact=True).fill(buyer)
    page.get_by_label("Buyer's country").select_option("AT")
    page.get_by_label("Amount").fill(amount)
    page.get_by_role("button", name="Save").click()


def test_what_is_entered_offline_is_recorded_once(
    site: Site, page: Page, context: BrowserContext, eventually: Eventually
) -> None:
    """Two entries wait, and are sent when the connection is back; an answer that is lost on the way makes no second entry of one."""
    page.set_viewport_size({"width": 390, "height": 844})
    # Where the browser's own worker sends it the test could not come between.
    page.add_init_script("delete ServiceWorkerRegistration.prototype.sync")
    site.open(page, "alba", "/log")
    ready(page)
    fill(page, "Zero")
    expect(page.locator(".notice-done")).to_contain_text("Saved.")
    page.goto(f"{site.url}/log")
    ready(page)
    context.set_offline(True)
    page.goto(f"{site.url}/log")
    expect(page.get_by_text("There is no connection.")).to_be_visible()
    # The former entry is repeated by one tap.
    page.get_by_role("button", name="Zero").click()
    expect(page.get_by_role("combobox", name="Company")).to_have_value("Alpen")
    fill(page, "One")
    expect(page.get_by_role("heading", name="Waits for the connection (1)")).to_be_visible()
    fill(page, "Two", "1,250.50")
    expect(page.get_by_role("heading", name="Waits for the connection (2)")).to_be_visible()

    cut: list[int] = []
    sent = ["Zero"]
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/log/send") else None)

    def lose_the_answer(route: Route) -> None:
        if cut:
            route.continue_()
            return
        cut.append(route.fetch().status)
        route.abort()

    context.route("**/log/send", lose_the_answer)
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/log/send")):
        context.set_offline(False)
    page.goto(f"{site.url}/log")
    ready(page)
    expect(page.locator("[data-outbox] li")).to_have_count(0)
    # To ask the page anything lets what is sent come by `lose_the_answer`.
    assert eventually(lambda: page.title() and recorded(site) == ["One", "Two", "Zero"])
    # The first was sent again, since nobody could know that it had come through.
    assert cut == [200]
    assert len(sent) >= 4


def test_what_waits_is_its_owners_and_comes_back_when_it_is_refused(
    site: Site, page: Page, context: BrowserContext
) -> None:
    """Whoever signs in next on the phone neither sees nor sends it, and is offered nothing of the one before; what is wrong stands at its field."""
    site.open(page, "alba", "/log")
    ready(page)
    context.set_offline(True)
    page.goto(f"{site.url}/log")
    fill(page, "Hidden", "ten")
    expect(page.get_by_role("heading", name="Waits for the connection (1)")).to_be_visible()
    context.set_offline(False)
    context.clear_cookies()
    site.open(page, "chae", "/log")
    expect(page.get_by_text("Entered by E1: 1.")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Hidden")
    page.locator("details.account summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    assert page.evaluate("caches.match('/log/offline').then(Boolean)") is False
    site.open(page, "alba", "/log")
    waiting = page.locator("[data-outbox] li")
    expect(waiting).to_contain_text("Not recorded. Amount:")
    waiting.get_by_role("button", name="Edit").click()
    amount = page.get_by_label("Amount")
    expect(amount).to_have_attribute("aria-invalid", "true")
    expect(amount).to_have_value("ten")
    amount.fill("10")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice-done")).to_contain_text("Saved.")
    assert recorded(site) == ["Hidden"]
    page.goto(f"{site.url}/log")
    expect(page.locator("[data-outbox]")).to_be_hidden()


def _offered(page: Page) -> bool:
    """Whether the phone has anything of anybody for the form without a connection."""
    return bool(page.evaluate("caches.match('/log/offline').then(Boolean)"))


def test_nothing_is_offered_once_its_owner_is_no_longer_signed_in(
    site: Site, page: Page, context: BrowserContext
) -> None:
    """Signed out by the list of sessions, or found ended on the way to the form; and the form says whose it is."""
    site.open(page, "alba", "/log")
    ready(page)
    context.set_offline(True)
    page.goto(f"{site.url}/log")
    expect(page.get_by_text("You enter this as E1.")).to_be_visible()
    context.set_offline(False)
    page.goto(f"{site.url}/log")
    ready(page)
    page.locator("details.account summary").click()
    page.get_by_role("link", name="My sessions").click()
    page.get_by_role("button", name="Sign out").last.click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    assert not _offered(page)

    site.open(page, "alba", "/log")
    ready(page)
    # As after idling: the server knows the session no more, and the next page is that of signing in.
    context.clear_cookies()
    page.goto(f"{site.url}/log")
    expect(page.get_by_label("Password")).to_be_visible()
    assert not _offered(page)


def test_nothing_is_offered_longer_than_any_session_lives(site: Site, page: Page, context: BrowserContext) -> None:
    """A phone that had no connection for so long may be anybody's."""
    page.clock.install()
    site.open(page, "alba", "/log")
    ready(page)
    context.set_offline(True)
    page.clock.fast_forward("11:59:00")
    page.goto(f"{site.url}/log")
    expect(page.get_by_text("You enter this as E1.")).to_be_visible()
    page.clock.fast_forward("00:02:00")
    page.goto(f"{site.url}/log")
    expect(page.get_by_text("Nobody is signed in on this phone.")).to_be_visible()
    expect(page.get_by_role("combobox", name="Company")).to_be_hidden()

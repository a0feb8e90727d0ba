"""Somebody at a browser of their own, as tests of a long way by pages alone have them: who types, presses Enter and follows what pages offer."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import Locator, Page, expect

__all__ = ["PASSWORD", "WHY", "Person", "proposals_are_taken_over"]

PASSWORD: Final = "seven quiet harbours at dawn"
WHY: Final = "Agreed in the meeting of Monday."


class Person:
    """Somebody at a browser of their own, who types, pastes, presses Enter and follows what pages offer."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url

    @property
    def main(self) -> Locator:
        """What the page is about."""
        return self.page.get_by_role("main")

    def sign_in(self, name: str, password: str, *, keeps: bool = False) -> None:
        """From the first page; a first password is changed at once unless it is kept."""
        self.page.goto(f"{self.url}/")
        self.type("E-mail", f"{name}@agency.example")
        self.type("Password", password)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        if password != PASSWORD and not keeps:
            if self.main.get_by_role("link", name="Change it").count():
                self.follow("Change it")
            self.type("Present password", password)
            self.type("New password", PASSWORD)
            self.type("New password again", PASSWORD)
            with self.page.expect_navigation():
                self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("heading", name="Home", level=1)).to_be_visible()

    def type(self, label: str | re.Pattern[str], text: str, place: int = 0) -> None:
        """Into a field, in place of what stands there."""
        named = re.compile(rf"^{re.escape(label)}( \(optional\))?$") if isinstance(label, str) else label
        self.main.get_by_label(named).locator("visible=true").nth(place).fill(text)

    def choose(self, label: str, option: str, place: int = 0) -> None:
        """Of a list, by what it says."""
        self.main.get_by_label(label, exact=True).locator("visible=true").nth(place).select_option(label=option)

    def paste(self, label: str, text: str) -> None:
        """From the clipboard, as from a spreadsheet."""
        self.page.evaluate("text => navigator.clipboard.writeText(text)", text)
        self.main.get_by_label(re.compile(f"^{label}")).press("Control+v")

    def press(self, name: str) -> None:
        """A button of the page, by Enter; the next page is there afterwards."""
        with self.page.expect_navigation():
            self.main.get_by_role("button", name=name, exact=True).first.press("Enter")

    def follow(self, name: str) -> None:
        """A link of the page."""
        with self.page.expect_navigation():
            self.main.get_by_role("link", name=name, exact=True).first.press("Enter")

    def go(self, name: str) -> None:
        """To one of the pages that stand on every page."""
        pages = self.page.get_by_role("navigation", name="Pages")
        # A phone folds what does not fit; whether it is folded is seen once the page is drawn.
        expect(pages.get_by_role("link", name="Home", exact=True)).to_be_visible()
        link = pages.get_by_role("link", name=name, exact=True)
        if not link.is_visible():
            pages.get_by_text("More", exact=True).click()
        with self.page.expect_navigation():
            link.press("Enter")

    def agree(self, waiting: int = 1) -> None:
        """To what somebody else has proposed, the first of several: from what waits on the first page."""
        self.go("Home")
        self.follow(f"Decisions that wait for your agreement: {waiting}")
        with self.page.expect_navigation():
            self.page.get_by_role("table", name="For you to agree to").get_by_role("link").first.press("Enter")
        self.press("Agree")
        expect(self.main).to_contain_text("You have agreed: it holds from now on.")

    def submit(self, other: Person) -> None:
        """The change set that is shown; another of HR agrees."""
        self.press("Submit")
        expect(self.main).to_contain_text("You have proposed this yourself")
        other.agree()

    def put(self, *, title: str = "") -> None:
        """What a form would do is looked at, then put into the set that is open, or into a new one."""
        if title:
            self.type("Title", title)
            self.type("Why", WHY)
        self.press("Show what it does")
        self.press("Put into the change set")
        expect(self.main).to_contain_text("Nothing holds before you submit it and a second person agrees.")

    def paste_rows(self, file: str, text: str) -> None:
        """Into the change set that is shown."""
        self.page.locator("summary", has_text="Rows pasted from a spreadsheet").press("Enter")
        self.choose("File", file)
        self.paste("Rows to set", text)
        with self.page.expect_navigation():
            self.main.get_by_role("button", name="Put into the set").first.press("Enter")
        expect(self.main).to_contain_text("With this set in it the agency folder has no error.")


def proposals_are_taken_over(page: Page, vienna: Locator, paris: Locator, foot: Locator) -> None:
    """The region's 10 by last year's 7 and 21, whole consults: none is in a field before somebody takes it."""
    expect(foot).to_contain_text("20 of 10")
    expect(foot).to_contain_text("Difference: 10.")
    expect(vienna).to_have_value("10")
    vienna.focus()
    page.keyboard.press("+")
    expect(vienna).to_have_value("2")
    expect(paris).to_have_value("10")
    paris.locator("xpath=ancestor::td").get_by_role("button", name="proposal 8").click()
    expect(paris).to_have_value("8")
    expect(foot).to_contain_text("10 of 10")
    expect(foot.get_by_text("adds up", exact=True)).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(vienna).to_have_value("10")

"""One role's walk: from the first page on, each kind of page once, seen in every language, theme and width that is asked for.

A kind of page is a route and the kind of its node. Where the pages lead is learnt in English on a desk; the other states open the same
addresses. What has not been asked for is opened on the way and not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.exceptions import HTTPException

from app.rules.terms import Node
from tests.browser.crawling import routes
from tests.browser.states import LOCALES, PHONE, State, lay_flat, leave_alike, media_of, name_of, violations

__all__ = ["VISITOR", "Looked", "Walk"]

VISITOR: Final = "visitor"
"""Whoever has not signed in."""

_HEIGHT: Final = 900
"""Of a screen."""

_BEGINNINGS: Final = {VISITOR: ("/login", "/help", "/design", "/no-such-page")}

_OWN_PASSWORD: Final = "harbour lantern violet sandal"

_LINKS: Final = """() => [...document.querySelectorAll("a[href]:not([download])")].map((one) => one.href)"""

_SETTLED: Final = """async () => {
  await document.fonts.ready;
  for (let top = 0; top < document.documentElement.scrollHeight; top += innerHeight) {
    scrollTo(0, top);
    await new Promise(requestAnimationFrame);
  }
  scrollTo(0, 0);
  const drawn = () => [...document.querySelectorAll("figure[data-chart]")].every(
    (figure) => !figure.checkVisibility() || globalThis.kopesCharts?.of(figure));
  const end = performance.now() + 2000;
  while (!drawn() && performance.now() < end) { await new Promise((then) => { setTimeout(then, 20); }); }
  await new Promise(requestAnimationFrame);
  return document.documentElement.scrollHeight;
}"""
"""The page's height, when all of it stands. Charts are drawn when one scrolls near them; a picture is taken of the whole page."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of one state: where its picture lies, and what axe found."""

    state: State
    picture: str
    findings: tuple[str, ...]


@dataclass
class Walk:
    """What is looked at, and how.

    Attributes:
        url: the server's.
        folder: where pictures go; none are taken without.
        axe: whether axe looks at each state.
        turns: whether the languages take turns from page to page, in place of each page in all of them.
        only: a part of the page's name; others are not looked at.
    """

    url: str
    folder: Path | None
    axe: bool
    turns: bool
    languages: tuple[str, ...]
    themes: tuple[str, ...]
    widths: tuple[int, ...]
    only: str = ""

    def of(self, browser: Browser, role: str, login: tuple[str, str] | None) -> Iterator[Looked]:
        """Each state of each kind of page that the role is led to."""
        kept: Any = None
        pages: dict[str, str] = {}
        with self._context(browser, "en", 1440, kept) as context:
            if login is not None:
                self._sign_in(context.new_page(), login)
            kept = context.storage_state()
            pages = self._led_to(context.new_page(), role)
        for at, language in enumerate(self.languages):
            for width in self.widths:
                with self._context(browser, language, width, kept) as context:
                    page = context.new_page()
                    for number, (name, address) in enumerate(pages.items()):
                        if self.only in name and (not self.turns or number % len(self.languages) == at):
                            yield from self._look(page, address, State(role, name, language, "", width))

    def _context(self, browser: Browser, language: str, width: int, kept: Any) -> BrowserContext:
        phone = width == PHONE
        return browser.new_context(
            locale=LOCALES[language],
            timezone_id="Asia/Seoul",
            viewport={"width": width, "height": _HEIGHT},
            is_mobile=phone,
            has_touch=phone,
            reduced_motion="reduce",
            storage_state=kept,
        )

    def _sign_in(self, page: Page, login: tuple[str, str]) -> None:
        page.goto(f"{self.url}/login")
        page.fill("[name=email]", login[0])
        page.fill("[name=password]", login[1])
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: not urlsplit(url).path.startswith("/login"))
        # Nobody goes on with a first password, and no page has to say so.
        page.goto(f"{self.url}/password")
        page.fill("[name=old_password]", login[1])
        page.fill("[name=new_password]", _OWN_PASSWORD)
        page.fill("[name=repeated_password]", _OWN_PASSWORD)
        page.press("[name=repeated_password]", "Enter")
        page.wait_for_url(f"{self.url}/")
        page.close()

    def _led_to(self, page: Page, role: str) -> dict[str, str]:
        """The first address of each kind of page, by the kind's name, in the order in which the role meets them."""
        addresses = routes().bind("")
        pages: dict[str, str] = {}
        waiting = list(_BEGINNINGS.get(role, ("/",)))
        while waiting:
            address = waiting.pop(0)
            try:
                endpoint, arguments = addresses.match(urlsplit(address).path)
            except HTTPException:
                endpoint, arguments = "not_found", {}
            kind = name_of(endpoint, (value.kind for value in arguments.values() if isinstance(value, Node)))
            if kind in pages or (endpoint == "not_found" and role != VISITOR):
                continue
            answer = page.goto(self.url + address)
            elsewhere = urlsplit(page.url).path != urlsplit(address).path
            if answer is None or elsewhere or not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            pages[kind] = address
            waiting += [link.removeprefix(self.url) for link in page.evaluate(_LINKS) if link.startswith(self.url)]
        return pages

    def _look(self, page: Page, address: str, state: State) -> Iterator[Looked]:
        """A page in each theme: the pictures first, for axe leaves not all of it standing."""
        page.set_viewport_size({"width": state.width, "height": _HEIGHT})
        page.emulate_media(**media_of(self.themes[0]))
        page.goto(self.url + address)
        height = page.evaluate(_SETTLED)
        # As tall as the page, so that what keeps to the screen's edge keeps to the picture's.
        page.set_viewport_size({"width": state.width, "height": max(height, _HEIGHT)})
        states = [State(state.role, state.page, state.language, theme, state.width) for theme in self.themes]
        pictures = [self._take(page, one) for one in states]
        if self.axe:
            leave_alike(page)
            lay_flat(page)
        for one, picture in zip(states, pictures, strict=True):
            if self.axe:
                page.emulate_media(**media_of(one.theme))
            yield Looked(one, picture, tuple(violations(page)) if self.axe else ())

    def _take(self, page: Page, state: State) -> str:
        """The picture's path below the folder, or nothing where none is wanted."""
        if self.folder is None:
            return ""
        page.emulate_media(**media_of(state.theme))
        name = f"{state.role}/{state.page}.{state.language}.{state.theme}.{state.width}.png"
        page.screenshot(path=self.folder / name, full_page=True)
        return name

"""A crawl: from the first page on, whatever a role's pages lead to, looked at as a reader, a keyboard and a screen reader would.

A page is known by its route, the kind of its node and the names of the parameters that change what it is built of; of each such kind a few are opened and the rest of the
links only asked for. What is wrong is collected as sentences, so that one run tells all of it.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import yaml
from babel.messages.pofile import read_po
from playwright.sync_api import Page
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from app.rules.terms import Node
from app.web.answer.routing import NodeConverter
from app.web.pages import PAGES
from app.web.wording.languages import CATALOGUES
from tests.browser.states import (
    PHONE,
    THEMES,
    State,
    lay_flat,
    leave_alike,
    mark_colours,
    media_of,
    name_of,
    violations,
)

__all__ = ["Counts", "Crawl", "Words", "routes"]

_KEY: Final = re.compile(r"(?<![0-9A-Za-z])(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{8,}(?![0-9A-Za-z])")
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d)?")
_CODE: Final = re.compile(r"(?<![\w/@.:-])[A-Za-z]+_[A-Za-z_]+")
_WORD: Final = re.compile(r"(?![A-Z]{2,4}(?![A-Za-z]))(?<![A-Za-zÀ-ÿ])[A-Za-zÀ-ÿ]{2,}(?:['’][a-zà-ÿ]+)?")
_LATIN: Final = re.compile(r"(?![A-Z]{2,4}(?![A-Za-z]))(?<![A-Za-z])[A-Za-z]{2,}")
_PLACE: Final = re.compile(r"%\(\w+\)s|%%")
_OWN_NAME: Final = re.compile(
    r"“[^”]*”|«[^»]*»|[^\s@]+@[^\s@]+|/hooks/\S+|\b[A-Z]?\d[\w-]*|(?<=\d )(?:may|ago)(?=,? \d)"
)

_UNFOLD: Final = """() => { document.querySelectorAll("main details").forEach((one) => { one.open = true; }); }"""

_READ: Final = """() => {
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  document.querySelectorAll(".unfold input").forEach((one) => { one.checked = true; });
  const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const said = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.replace(/\\s+/g, " ").trim();
    if (!text || parent.closest("script, style, [lang]:not(html), .raw, textarea[translate=no]") || !seen(parent)) { continue; }
    said.push([text, parent.closest("[translate=no]") !== null]);
  }
  for (const name of ["title", "placeholder", "aria-label", "alt"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      said.push([element.getAttribute(name), element.closest("[translate=no]") !== null]);
    }
  }
  // What a form of choices sends with a choice changed and no day given, and what the browser refuses to send.
  const choices = (form) => {
    const asked = new Set(), unsent = [];
    const days = [...form.querySelectorAll("input[type=date]")];
    const kept = days.map((one) => one.value);
    days.forEach((one) => { one.value = ""; });
    const selects = [...form.querySelectorAll("select")];
    for (const select of selects.length ? selects : [null]) {
      const was = select?.selectedIndex;
      // Each of a few; of many (units, groups) the first and the last.
      const all = select ? [...Array(select.options.length).keys()].filter((one) => one !== was) : [0];
      for (const one of all.length > 8 ? [all[0], all.at(-1)] : all) {
        if (select) { select.selectedIndex = one; }
        const refused = [...form.querySelectorAll(":invalid")].map((field) => field.name);
        if (refused.length) { unsent.push(`${select?.name ?? "nothing"} chosen: ${refused}`); }
        asked.add(new URL(form.action).pathname + "?" + new URLSearchParams(new FormData(form)));
      }
      if (select) { select.selectedIndex = was; }
    }
    days.forEach((one, at) => { one.value = kept[at]; });
    return { asked: [...asked], unsent };
  };
  const main = document.querySelector("main");
  const links = [...document.querySelectorAll("a[href]")].map((one) => ({ href: one.href, inside: main.contains(one), file: one.hasAttribute("download") }));
  const searches = [...document.querySelectorAll("main form")].map((one, at) => ({
    at, method: one.method, action: one.action, field: one.querySelector("input[type=search], input[type=text], input:not([type])")?.name ?? "",
    ...(one.method === "get" ? choices(one) : {}),
  })).filter((one) => one.method === "get");
  return { title: document.title, path: location.pathname, h1: document.querySelector("h1")?.innerText ?? "", said, links, searches };
}"""

# Charts follow a change of width a moment later.
_SETTLE: Final = """async () => {
  const end = performance.now() + 2000;
  while (document.documentElement.scrollWidth > innerWidth && performance.now() < end) {
    await new Promise((then) => { setTimeout(then, 20); });
  }
}"""

# A page that asks for a part of itself is another one in a moment.
_AT_REST: Final = """async () => {
  const end = performance.now() + 5000;
  while (document.querySelector("[aria-busy]") && performance.now() < end) {
    await new Promise((then) => { setTimeout(then, 20); });
  }
}"""

_ROOM: Final = """() => {
  const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const wide = [];
  if (document.documentElement.scrollWidth > innerWidth) {
    for (const element of document.querySelectorAll("body *")) {
      const box = element.getBoundingClientRect();
      if (box.right > innerWidth + 1 && seen(element) && !element.closest(".table-box, pre, .unseen")) { wide.push(element.tagName + "." + element.className); }
    }
  }
  // Pieces of a word that are all shorter than four of its letters: nobody reads it.
  const torn = (node) => {
    const piece = document.createRange();
    piece.selectNodeContents(node);
    if (piece.getClientRects().length < 3) { return false; }
    return [...node.textContent.matchAll(/\\S{6,}/g)].some((word) => {
      piece.setStart(node, word.index);
      piece.setEnd(node, word.index + word[0].length);
      const widths = [...piece.getClientRects()].map((one) => one.width);
      const letter = widths.reduce((sum, one) => sum + one, 0) / word[0].length;
      return widths.length > 1 && Math.max(...widths) < 3.5 * letter;
    });
  };
  const narrow = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (walker.currentNode.textContent.trim().length < 6 || parent.closest("script, style, .unseen") || !seen(parent)) { continue; }
    if (torn(walker.currentNode)) { narrow.push(walker.currentNode.textContent.trim().slice(0, 60)); }
  }
  const broad = innerWidth < 1000 ? [] : [...document.querySelectorAll(".table-box")]
    .filter((one) => one.scrollWidth > 1.25 * one.clientWidth).map((one) => one.getAttribute("aria-label"));
  return { over: document.documentElement.scrollWidth - innerWidth, wide: wide.slice(0, 3), narrow: narrow.slice(0, 3), broad };
}"""
"""Whether everything has room where it stands, whatever the width: asked with all that opens open."""


_OBSCURED: Final = """async () => {
  const within = (least, most, screen) => [0.1, 0.5, 0.9].map((part) => Math.max(least, 0) + part * (Math.min(most, screen) - Math.max(least, 0)));
  const isSeen = (one) => {
    const box = one.getBoundingClientRect();
    return within(box.left, box.right, innerWidth).some((left) => within(box.top, box.bottom, innerHeight).some((top) => {
      const above = document.elementFromPoint(left, top);
      return above && (one.contains(above) || above.contains(one) && above !== document.documentElement || above.closest("label")?.contains(one));
    }));
  };
  document.querySelectorAll("details[data-menu]").forEach((one) => { one.open = false; });
  const reached = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
    .filter((one) => !one.disabled && one.tabIndex >= 0 && !one.matches(".skip") && one.checkVisibility({ opacityProperty: true, visibilityProperty: true }));
  const hidden = [];
  for (const one of reached.length > 80 ? [...reached.slice(0, 40), ...reached.slice(-40)] : reached) {
    one.focus();
    const box = one.getBoundingClientRect();
    if (document.activeElement !== one || box.width < 2 || box.height < 2 || isSeen(one)) { continue; }
    // What was offered to the field before closes a moment after it is left.
    await new Promise((then) => { setTimeout(then, 300); });
    if (document.activeElement === one && !isSeen(one)) { hidden.push(`${one.tagName} ${one.name ?? ""} ${one.textContent.trim().slice(0, 30)}`); }
  }
  document.activeElement.blur();
  scrollTo(0, 0);
  return hidden.slice(0, 3);
}"""
"""What has the focus and cannot be seen at all, under a bar or off the screen."""

_BUILT: Final = """() => {
  const own = new Set(["aria-current", "aria-selected", "aria-sort", "checked", "selected", "open", "value"]);
  const built = (one) => `${one.tagName}.${one.getAttribute("class")}[${one.getAttributeNames().filter((name) => !own.has(name)).sort()}]`;
  const pairs = new Set([...document.body.querySelectorAll("*")].map((one) => `${built(one.parentElement)} > ${built(one)}`));
  pairs.add([...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((one) => one.tagName).join());
  return [...pairs];
}"""
"""What a page is built of: which element stands in which, and the order of its headings."""

_SAME_ELEMENTS: Final = {"cycle", "sort", "order", "before"}
"""Parameters by which a page shows other rows, or the same in another order, drawn by the same elements."""


def routes() -> Map:
    """The addresses that there are."""
    rules = [
        Rule(route.rule, endpoint=route.endpoint, methods=route.methods)
        for pages in PAGES
        for route in pages.routes
        if not route.acts
    ]
    return Map(rules, converters={"node": NodeConverter})


@dataclass
class Words:
    """What may stand on a page: the catalogue's words of a language, and what the agency wrote itself (names, areas, reasons)."""

    english: frozenset[str]
    of: dict[str, frozenset[str]]
    sentences: dict[str, frozenset[str]]
    names: re.Pattern[str]
    codes: frozenset[str]
    _told: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, demo: Path, *more: str) -> Words:
        """The words of the catalogues and of an agency's folder, definitions and events."""
        english: set[str] = set()
        of: dict[str, frozenset[str]] = {}
        sentences: dict[str, frozenset[str]] = {}
        definitions = list(_definitions(demo / "definitions"))
        for language in ("ko", "es"):
            spoken: set[str] = set()
            same: set[str] = set()
            with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
                for message in read_po(file, locale=language):
                    if not message.id:
                        continue
                    ids = message.id if isinstance(message.id, tuple) else (message.id,)
                    texts = message.string if isinstance(message.string, tuple) else (message.string,)
                    english.update(_words(*map(str, ids)))
                    spoken.update(_words(*map(str, texts)))
                    same.update(str(one) for one in ids if one not in texts and "%" not in one)
            for name in definitions:
                spoken.update(_words(str(name.get(language, ""))))
                english.update(_words(str(name.get("en", ""))))
            of[language] = frozenset(spoken)
            sentences[language] = frozenset(same)
        names = sorted({*_names(demo), *more}, key=len, reverse=True)
        return cls(
            frozenset(english),
            of,
            sentences,
            re.compile(rf"(?<![A-Za-zÀ-ÿ])(?:{'|'.join(map(re.escape, names))})(?![A-Za-zÀ-ÿ])", re.IGNORECASE),
            frozenset(_codes(demo / "definitions")),
        )

    def wrong(self, text: str, language: str) -> tuple[str, ...]:
        """What people do not read: keys, instants, codes, and words of another language. Most texts stand on many pages."""
        if (text, language) not in self._told:
            self._told[text, language] = tuple(self._wrong(text, language))
        return self._told[text, language]

    def _wrong(self, text: str, language: str) -> Iterator[str]:
        plain = self.names.sub(" ", text)
        for pattern, what in ((_KEY, "a key"), (_INSTANT, "a day or instant for machines"), (_CODE, "a code")):
            if found := pattern.search(plain):
                yield f"{what}: {found[0]}"
        for word in _LATIN.findall(plain):
            if word in self.codes:
                yield f"the code of a KPI: {word}"
        if language == "en":
            return
        if plain.strip() in self.sentences[language]:
            yield f"English: {text}"
            return
        plain = _OWN_NAME.sub(" ", plain)
        known = self.of[language]
        for word in (_LATIN if language == "ko" else _WORD).findall(plain):
            small = word.casefold()
            if small not in known and (language == "ko" or small in self.english):
                yield f"English: {word} in {text[:60]!r}"


def _words(*texts: str) -> Iterator[str]:
    for text in texts:
        yield from (word.casefold() for word in _WORD.findall(_PLACE.sub(" ", text)))


def _definitions(folder: Path) -> Iterator[dict[str, Any]]:
    for file in folder.glob("*.yaml"):
        for one in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            yield from _translated(one)


def _translated(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "en" in value and "ko" in value:
            yield value
        for part in value.values():
            yield from _translated(part)
    elif isinstance(value, list):
        for part in value:
            yield from _translated(part)


def _codes(folder: Path) -> Iterator[str]:
    for file in folder.glob("*.yaml"):
        for one in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            for kpi in one if isinstance(one, list) else [one]:
                if isinstance(kpi, dict) and "code" in kpi:
                    yield kpi["code"]


_BROWSERS: Final = ("Headless Chrome", "Chrome", "Chromium", "Linux")
"""What a list of one's sessions calls the browser that crawls."""

_NAMED: Final = {
    "units.csv": ("name", "evaluation_group", "code"),
    "employees.csv": ("name", "number", "email", "rank"),
    "scorecards.csv": ("area",),
    "exclusions.csv": ("reason",),
    "status.csv": ("note",),
}


def _names(demo: Path) -> set[str]:
    """What the agency and its customers call things; never a translator's business."""
    names = {"OpenKOPES", "Export K", *_BROWSERS}
    for file, columns in _NAMED.items():
        with (demo / "agency" / file).open(encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                for column in columns:
                    names.update(part.strip() for part in row[column].split("/") if len(part.strip()) > 1)
    for line in (demo / "events.ndjson").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        names.update((str(event.get("source")), str(event.get("id"))))
        data = event.get("data") or {}
        for party in (data.get("company"), data.get("buyer")):
            if isinstance(party, dict):
                names.update(str(value) for value in party.values() if len(str(value)) > 2)
        if data.get("reason"):
            names.add(str(data["reason"]))
    return {name for name in names if name}


@dataclass
class Counts:
    """What a crawl did."""

    pages: int = 0
    links: int = 0
    forms: int = 0


@dataclass
class Crawl:
    """One role's pages in one language, at one width and in one theme.

    Attributes:
        looked_at: what axe has seen, which searches were sent and which kinds of pages were opened, shared by the crawls of a run.
        states: in which states axe has seen them, shared likewise.
        colours: whose colours axe has seen, by theme and width, shared likewise.
        opens: how many pages of a kind are opened, where no other role has opened any in this language.
        asks: of how many more links of that kind only the answer's status is looked at.
    """

    url: str
    words: Words
    role: str
    language: str
    theme: str
    width: int
    looked_at: set[tuple[object, ...]]
    states: set[State]
    colours: dict[tuple[str, int], set[int]]
    opens: int = 2
    asks: int = 3
    map: Map = field(default_factory=routes)
    counts: Counts = field(default_factory=Counts)
    findings: list[str] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    _mine: set[object] = field(default_factory=set)

    def run(self, page: Page, start: str = "/") -> None:
        """Go through all that the first page leads to."""
        noise: list[str] = []
        page.on("console", lambda message: noise.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.on(
            "requestfailed",
            lambda request: None if _left(request) else noise.append(f"{request.url}: {request.failure}"),
        )
        waiting = [start]
        opened: dict[tuple[Any, ...], int] = {}
        known: set[str] = set()
        while waiting:
            address = waiting.pop(0)
            noise.clear()
            for following in self._look(page, address):
                if following in known:
                    continue
                known.add(following)
                kind = self._kind(following)
                opened[kind] = opened.get(kind, 0) + 1
                opens = self._opens(kind, first=opened[kind] == 1)
                if opened[kind] <= opens:
                    waiting.append(following)
                elif opened[kind] <= opens + self.asks:
                    self._ask(page, following, address)
            for line in noise:
                self._wrong(address, f"the console: {line}")

    def _opens(self, kind: tuple[Any, ...], *, first: bool) -> int:
        """How many pages of a kind are opened: all that were asked for where no other role has been, else one in English and none in a translation.

        Of a page that is searched or narrowed one is enough, whoever opens it: what a role may see and do there its plain page shows.
        """
        by = ("opened", self.language, kind)
        if first and by not in self.looked_at:
            self.looked_at.add(by)
            self._mine.add(kind)
        is_narrowed = any(kind[2:])
        if kind in self._mine:
            return 1 if is_narrowed else self.opens
        return int(self.language == "en" and not is_narrowed)

    def _wrong(self, address: str, what: str) -> None:
        self.findings.append(f"{address}: {what}")

    def _kind(self, address: str) -> tuple[Any, ...]:
        parts = urlsplit(address)
        try:
            endpoint, arguments = self.map.bind("").match(parts.path)
        except HTTPException:
            return (parts.path, ())
        kinds = tuple(str(value.kind) for value in arguments.values() if isinstance(value, Node))
        return (endpoint, kinds, frozenset(name for name, _ in parse_qsl(parts.query)) - _SAME_ELEMENTS)

    def _ask(self, page: Page, address: str, origin: str) -> None:
        self.counts.links += 1
        answer = page.request.get(self.url + address)
        if answer.status >= 400:
            self._wrong(origin, f"the link to {address} answers {answer.status}")

    def _look(self, page: Page, address: str) -> list[str]:
        """Open a page, look at it and return where it leads."""
        self.counts.links += 1
        answer = page.goto(self.url + address, wait_until="load")
        if answer is None or answer.status >= 400:
            self._wrong(address, f"answers {answer.status if answer else 'nothing'}")
            return []
        self.counts.pages += 1
        content = page.evaluate(_READ)
        self._read(address, content)
        self._fits(page, address)
        links = [urlsplit(one["href"]) for one in content["links"] if not one["file"]]
        self._take(page, address, [one["href"].removeprefix(self.url) for one in content["links"] if one["file"]])
        inside = {
            one["href"].split("#")[0].removeprefix(self.url)
            for one in content["links"]
            if one["inside"] and one["href"].startswith(self.url)
        }
        if not inside - {urlsplit(page.url)._replace(scheme="", netloc="", fragment="").geturl()} and not self._forms(
            page
        ):
            self._wrong(address, "it leads nowhere")
        self._axe(page, address)
        for form in content["searches"]:
            self._choose(page, address, form)
            self._search(page, address, form)
        host = urlsplit(self.url).netloc
        return [
            one._replace(scheme="", netloc="", fragment="").geturl()
            for one in links
            if one.netloc == host and not one.path.startswith(("/static", "/openapi.json"))
        ]

    def _take(self, page: Page, address: str, files: list[str]) -> None:
        """Files are asked for, each kind of them once in each format: a browser does not open them."""
        for file in files:
            kind = (
                "file",
                *self._kind(file)[:2],
                *(value for name, value in parse_qsl(urlsplit(file).query) if name == "format"),
            )
            if kind not in self.looked_at:
                self.looked_at.add(kind)
                self._ask(page, file, address)

    def _forms(self, page: Page) -> int:
        return page.locator("main form").count()

    def _read(self, address: str, content: dict[str, Any]) -> None:
        for text, is_name in content["said"]:
            for what in self.words.wrong(text, "en" if is_name else self.language):
                self._wrong(address, what)
        title = content["title"]
        path = urlsplit(content["path"]).path
        if not title or title.startswith("–"):
            self._wrong(address, "it has no title")
        elif self.titles.setdefault(title, path) != path:
            self._wrong(address, f"it is called {title!r} as {self.titles[title]} is")

    def _fits(self, page: Page, address: str) -> None:
        """At the crawl's own width and, a kind of page once in each language, on a phone: the longest words are not always the same ones."""
        on_phones = ("phone", *self._kind(address)[:2], self.language)
        widths = {self.width} if on_phones in self.looked_at else {self.width, PHONE}
        self.looked_at.add(on_phones)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(_SETTLE)
            room = page.evaluate(_ROOM)
            if room["over"] > 0:
                self._wrong(address, f"it is {room['over']} px wider than {width}: {', '.join(room['wide'])}")
            for text in room["narrow"]:
                self._wrong(address, f"at {width} px there is no room for {text!r}: its words stand in pieces")
            for table in room["broad"]:
                self._wrong(address, f"the table {table!r} is far wider than the screen")
        if len(widths) > 1:
            page.set_viewport_size({"width": self.width, "height": 900})

    def _axe(self, page: Page, address: str) -> None:
        """A kind of page once, at the width of whichever crawl comes first: widths take turns, and bar and menus are looked at on both."""
        kind = self._kind(address)
        if ("axe", *kind) in self.looked_at:
            return
        self.looked_at.add(("axe", *kind))
        page.evaluate(_AT_REST)
        leave_alike(page)
        if not self._is_new(page, kind[:2]):
            return
        theme = self._turn()
        self.states.add(State(self.role, name_of(*kind[:2]), self.language, theme, self.width))
        page.emulate_media(**media_of(theme))
        menus = ("menus", self.width)
        if menus not in self.looked_at:
            self.looked_at.add(menus)
            self._violations(page, address, ".header, .navigation")
        for hidden in page.evaluate(_OBSCURED):
            self._wrong(address, f"the focus is out of sight: {hidden}")
        lay_flat(page)
        mark_colours(page, self.colours[theme, self.width])
        self._violations(page, address)
        page.emulate_media(**media_of(self.theme))

    def _is_new(self, page: Page, kind: tuple[object, ...]) -> bool:
        """Whether a page is built of anything that axe has not seen in one of its kind: narrowed or searched it mostly is not."""
        built = {("built", *kind, one) for one in page.evaluate(_BUILT)}
        is_new = not built <= self.looked_at
        self.looked_at |= built
        return is_new

    def _turn(self) -> str:
        """The theme in which axe has seen the fewest pages."""
        seen = Counter(state.theme for state in self.states)
        return min(THEMES, key=lambda theme: seen[theme])

    def _violations(self, page: Page, address: str, part: str | None = None) -> None:
        for what in violations(page, part):
            self._wrong(address, what)

    def _choose(self, page: Page, address: str, form: dict[str, Any]) -> None:
        """Send a form of choices with each of them changed and every day left empty: the browser lets it go, and there is an answer."""
        for refused in form["unsent"]:
            self._wrong(address, f"the browser does not send the form with {refused}")
        kind = ("choices", *self._kind(address)[:2], form["at"])
        if kind not in self.looked_at:
            self.looked_at.add(kind)
            for asked in form["asked"]:
                self._ask(page, asked, address)

    def _search(self, page: Page, address: str, form: dict[str, Any]) -> None:
        """Type into a search and press Enter, with nothing else chosen; what was typed stands in the answer."""
        if not form["field"]:
            return
        kind = ("form", *self._kind(address)[:2], form["field"], self.language)
        if kind in self.looked_at:
            return
        self.looked_at.add(kind)
        self.counts.forms += 1
        asked = urlsplit(address)
        # The cycle is what the page is about; what else was asked for is chosen.
        cycle = urlencode([one for one in parse_qsl(asked.query) if one[0] == "cycle"])
        page.goto(f"{self.url}{asked.path}{f'?{cycle}' if cycle else ''}")
        page.evaluate(_UNFOLD)
        field = page.locator("main form").nth(form["at"]).locator(f"[name={form['field']}]")
        field.fill("a")
        try:
            with page.expect_navigation(timeout=4000):
                field.press("Enter")
        except Exception:  # noqa: BLE001 - whatever the browser says, it has not been sent
            self._wrong(address, f"the search by {form['field']} is not sent by Enter")
            return
        if page.locator(f"main [name={form['field']}]").first.input_value() != "a":
            self._wrong(address, f"the search by {form['field']} does not show what is searched for")


def _left(request: Any) -> bool:
    """A stream that ends since the page is left is no failure."""
    return request.failure == "net::ERR_ABORTED"

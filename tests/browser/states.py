"""The states in which a page is looked at: who reads it, in which language and theme, on which width; and what axe says of one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

__all__ = [
    "AXE",
    "LOCALES",
    "PHONE",
    "ROLES",
    "THEMES",
    "WIDTHS",
    "State",
    "lay_flat",
    "leave_alike",
    "mark_colours",
    "media_of",
    "name_of",
    "violations",
]

ROLES: Final = ("employee", "head", "hr", "executive", "auditor", "admin", "approver")
LOCALES: Final = {"en": "en-GB", "ko": "ko-KR", "es": "es-ES"}
THEMES: Final = ("light", "dark", "contrast")
PHONE: Final = 390
WIDTHS: Final = (1440, PHONE)

AXE: Final = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}, "label-content-name-mismatch": {"enabled": True}},
    "resultTypes": ["violations"],
}

_RUN: Final = """async ([part, options]) => {
  axe.configure({ rules: [{ id: "color-contrast", selector: "*:not([data-colours-known])" }] });
  return (await axe.run(part ?? document, options)).violations;
}"""

_LAY_FLAT: Final = """() => {
  document.querySelectorAll("details[data-menu]").forEach((one) => { one.open = false; });
  for (const one of document.querySelectorAll("body *")) {
    if (["sticky", "fixed"].includes(getComputedStyle(one).position)) { one.style.position = "static"; }
  }
}"""

_MARK_COLOURS: Final = """(known) => {
  const seen = new Set(known), fresh = [];
  const own = new Set(["id", "href", "action", "name", "value", "for", "title", "datetime", "data-label"]);
  const mark = (element, above) => {
    const looks = element.getAttributeNames().filter((name) => !own.has(name) && !/^aria-(label|described|controls)/.test(name))
      .sort().map((name) => `${name}=${element.getAttribute(name)}`);
    let path = above;
    for (const letter of element.tagName + looks) { path = (Math.imul(path, 31) + letter.codePointAt(0)) | 0; }
    if (seen.has(path)) { element.setAttribute("data-colours-known", ""); } else { seen.add(path); fresh.push(path); }
    for (const child of element.children) { mark(child, path); }
  };
  mark(document.body, 7);
  return fresh;
}"""
"""Elements that look like one that is known: the same tag and attributes, in one that looks the same, up to the page's body."""

_LEAVE_ALIKE: Final = """() => {
  const built = (element) => element.tagName + "." + element.getAttribute("class") + "[" + element.getAttributeNames().sort();
  for (const list of document.querySelectorAll("tbody, ul, ol")) {
    const seen = new Map();
    for (const one of [...list.children]) {
      const kind = [one, ...one.querySelectorAll("*")].map(built).join();
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
      if (seen.get(kind) > 2) { one.remove(); }
    }
  }
}"""


@dataclass(frozen=True, slots=True)
class State:
    """One way in which one kind of page is seen."""

    role: str
    page: str
    language: str
    theme: str
    width: int

    def __str__(self) -> str:
        """As a report names it."""
        return f"{self.page} ({self.role}, {self.language}, {self.theme}, {self.width})"


def media_of(theme: str) -> dict[str, Any]:
    """What the reader's system wishes for where a theme is shown: arguments of a context, and of ``emulate_media``."""
    return {
        "color_scheme": "dark" if theme == "dark" else "light",
        "contrast": "more" if theme == "contrast" else "no-preference",
    }


def name_of(endpoint: str, kinds: Iterable[str] = ()) -> str:
    """A kind of page: its route, and the kinds of the nodes that its address names."""
    return "-".join([endpoint, *kinds])


def lay_flat(page: Page) -> None:
    """Nothing lies above the page: a menu is closed again, a bar lets go when one scrolls, so what they cover is as large as it is."""
    page.evaluate(_LAY_FLAT)


def leave_alike(page: Page) -> None:
    """Of rows that are built alike, element by element, leave two in each table or list: axe takes as long as a page has elements."""
    page.evaluate(_LEAVE_ALIKE)


def mark_colours(page: Page, known: set[int]) -> None:
    """Mark what looks like an element that is known, in the theme that is shown: axe leaves its colours out. What is new is known from now on."""
    known.update(page.evaluate(_MARK_COLOURS, [*known]))


def violations(page: Page, part: str | None = None) -> list[str]:
    """What axe finds wrong, a sentence each: the rule, and where it is broken."""
    page.evaluate(Axe().axe_script)
    return [
        f"axe {rule['id']}: {'; '.join(str(node['target'][-1]) for node in rule['nodes'][:3])}"
        for rule in page.evaluate(_RUN, [part, AXE])
    ]

"""The guides of ``docs/guide`` as pages: read where they stand, written out in the reader's language.

A newcomer's usual mistake is a second text for the pages. What is read on GitHub is read here: links between guides lead to the guides' pages,
those to documents that no page shows are plain words, and an address in the text is a link for whoever is led to it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup, escape

from app.kit.settings import ROOT
from app.plain.findings import n_
from app.rules.terms import Role

__all__ = ["GUIDES", "Guide", "GuidePart", "guide", "part_named"]

FOLDER: Final = ROOT / "docs" / "guide"
WRITTEN_IN: Final = ("en", "ko", "es")
"""Whoever reads another language is given English."""

GUIDES: Final[Mapping[str, str]] = {
    "tasks": n_("The core tasks"),
    Role.EMPLOYEE: n_("Employee"),
    Role.HEAD: n_("Head of a unit"),
    Role.HR: n_("HR"),
    Role.EXECUTIVE: n_("Executive"),
    Role.AUDITOR: n_("Auditor"),
    Role.ADMIN: n_("Administrator"),
    "functions": n_("Whoever has a function in a cycle"),
    "developer": n_("Developer of a CRM"),
}
"""For whom each is, by its file's name; a role's guide has the role's."""

_AT: Final = "/help/"


@dataclass(frozen=True, slots=True)
class GuidePart:
    """A part of a guide: its heading and the anchor that leads there."""

    anchor: str
    heading: str


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide in one language: its own heading, its parts, and its text."""

    language: str
    heading: str
    parts: tuple[GuidePart, ...]
    tokens: tuple[Token, ...]

    def html(self, addresses: frozenset[str]) -> Markup:
        """The text; each address of a page among those given is a link.

        Args:
            addresses: where the reader is led by the navigation.
        """
        text = _MARKDOWN.renderer.render(self.tokens, _MARKDOWN.options, {"addresses": addresses})
        return Markup(text)  # noqa: S704 - written by the renderer, which lets no HTML through


@functools.cache
def guide(name: str, language: str) -> Guide:
    """A guide of :data:`GUIDES`, in a language in which it is written, else in English.

    Read once: a guide changes with the release that it came with, and its tokens are whoever's who reads it, to be read only.

    Raises:
        KeyError: there is none of that name.
    """
    if name not in GUIDES:
        raise KeyError(name)
    written = language if language in WRITTEN_IN else "en"
    tokens = _parsed(name, written)
    # The first heading is the page's own.
    heading, body = tokens[1].content, tokens[3:]
    parts = _parts(body)
    anchors = iter(part.anchor for part in parts)
    for token in body:
        if token.type == "heading_open" and token.tag == "h2":
            token.attrSet("id", next(anchors))
        elif token.children:
            _lead_on(token.children, name, written)
    return Guide(written, heading, parts, tuple(body))


def _parsed(name: str, language: str) -> list[Token]:
    return _MARKDOWN.parse((FOLDER / language / f"{name}.md").read_text(encoding="utf-8"))


def _parts(tokens: Sequence[Token]) -> tuple[GuidePart, ...]:
    """The parts of a text, in their order."""
    headings = [
        tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h2"
    ]
    return tuple(GuidePart(f"part-{number}", heading) for number, heading in enumerate(headings, start=1))


def _lead_on(inline: list[Token], of: str, language: str) -> None:
    """Turn links to guides and their parts into those of their pages, and links to what no page shows into plain words.

    Args:
        inline: a piece of text.
        of: the guide that it stands in.
        language: in which it is written.
    """
    shown = True
    for token in inline:
        if token.type == "link_open":
            target = str(token.attrGet("href"))
            # As it is written: letters of other alphabets come escaped.
            document, _, part = unquote(target).partition("#")
            name = document.removesuffix(".md") or of
            shown = name in GUIDES or target.startswith("https://")
            token.attrSet("href", _address(name, part, language) if name in GUIDES else target)
        if token.type in {"link_open", "link_close"} and not shown:
            token.tag, token.attrs = "span", {}


def _address(name: str, part: str, language: str) -> str:
    """The page of a guide, at the part whose heading is written as that anchor where there is one."""
    if not part:
        return f"{_AT}{name}"
    anchors = _anchors(name, language)
    return f"{_AT}{name}#{anchors[part]}" if part in anchors else f"{_AT}{name}"


def part_named(name: str, heading: str, language: str) -> str | None:
    """The address of the part of a guide with that heading, however its letters are written; None where there is none."""
    written = language if language in WRITTEN_IN else "en"
    anchor = _anchors(name, written).get(_slug(heading))
    return None if anchor is None else f"{_AT}{name}#{anchor}"


@functools.cache
def _anchors(name: str, language: str) -> dict[str, str]:
    """The anchors of a guide's parts on its page, by those that documents on GitHub lead to them by."""
    return {_slug(one.heading): one.anchor for one in _parts(_parsed(name, language))}


def _slug(heading: str) -> str:
    """The anchor that documents on GitHub lead to a heading by."""
    return re.sub(r"[^\w\- ]", "", heading.casefold()).replace(" ", "-")


class _Renderer(RendererHTML):
    """Code is no language's; a table and a long line of code scroll by the keyboard too."""

    def code_inline(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """A piece of code; a link where it is a page's address."""
        del options
        content = tokens[idx].content
        code = f'<code translate="no">{escape(content)}</code>'
        return f'<a href="{escape(content)}">{code}</a>' if content in env["addresses"] else code

    def code_block(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """Lines of code."""
        del options, env
        return f'<pre tabindex="0" translate="no"><code>{escape(tokens[idx].content)}</code></pre>\n'

    def table_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """A table."""
        del tokens, idx, options, env
        return '<div class="table-box" tabindex="0"><table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """Its end."""
        del tokens, idx, options, env
        return "</table></div>\n"


_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")

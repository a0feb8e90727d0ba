"""The frame of a signed-in person's pages: header, account and navigation, drawn once for each state of them.

A newcomer's usual mistake is to keep a form's token with it: a token goes stale. What is kept has a mark in its place, and every page puts
its own token there.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from flask import request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from app.access import Viewer
from app.kit.kept import LruCache
from app.web.answer.navigation import Item

__all__ = ["Shell"]

_MARK: Final = "\N{SYMBOL FOR NULL}csrf\N{SYMBOL FOR NULL}"
_DRAWN: Final[LruCache[str]] = LruCache(512, weight_max=3_000_000, weigh=len)


class Shell:
    """The frame of one answer."""

    def __init__(
        self, viewer: Viewer | None, items: list[Item], *, here: str, language: str, theme: str, refused: bool = False
    ) -> None:
        """Find what was drawn for the same person, links, language and address; what holds a refused form's text is drawn for it alone."""
        self._refused: Final = refused
        self._key: Final[Hashable] = (
            None
            if viewer is None
            else (
                viewer.account_id,
                viewer.email,
                viewer.employee,
                viewer.name,
                viewer.roles,
                viewer.must_change_password,
            ),
            tuple((item.page, item.label) for item in items),
            here,
            language,
            theme,
            request.script_root,
            request.full_path if request.method == "GET" else None,
        )
        frame = None if refused else _DRAWN.get(self._key)
        self.html: Final = None if frame is None else Markup(frame.replace(_MARK, generate_csrf()))  # noqa: S704 - drawn by a template

    def keep(self, html: Markup) -> Markup:
        """Keep what the template has drawn, without its token."""
        if not self._refused:
            _DRAWN.keep(self._key, str(html).replace(generate_csrf(), _MARK))
        return html

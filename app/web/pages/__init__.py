"""The pages: one module each, listed here and nowhere else.

A new page is a module with its ``pages``, a template, a script if it needs one, a test, a line below, and one in
:mod:`app.web.navigation` where people are to be led to it. No page imports another.
"""

from __future__ import annotations

from typing import Final

from app.web.pages import files, home, look, password, sign_in
from app.web.routing import Pages

__all__ = ["PAGES"]

PAGES: Final[tuple[Pages, ...]] = (
    files.pages,
    home.pages,
    look.pages,
    password.pages,
    sign_in.pages,
)

"""Which figure the lists and maps of a running cycle lead with, as the reader has chosen; kept in a cookie.

Colour and sorting never go by that choice: they go by :mod:`app.rules.outlook`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Flask, has_request_context, request

from app.plain.findings import n_
from app.rules.outlook import leading_band

__all__ = ["LEADS", "LEAD_COOKIE", "chosen_lead", "prepare"]

LEAD_COOKIE: Final = "kopes_lead"

LEADS: Final[Mapping[str, str]] = {
    "projected": n_("Year's end"),
    "so_far": n_("So far"),
    "change": n_("Change"),
}
"""What one may choose, and its name on the switch."""


def chosen_lead() -> str:
    """The reader's choice; where the year leads is the first."""
    cookie = request.cookies.get(LEAD_COOKIE, "") if has_request_context() else ""
    return cookie if cookie in LEADS else next(iter(LEADS))


def prepare(app: Flask) -> None:
    """Give the templates the choice and the band that colours go by."""
    app.jinja_env.globals.update(LEADS=LEADS, chosen_lead=chosen_lead, leading_band=leading_band)

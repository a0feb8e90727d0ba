"""The agency on one page, where an executive begins: score, goals, heat map, what moved, what is at risk.

A newcomer's usual mistake is to look for names here: an executive comes to employees by way of their units.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final, NamedTuple

from flask import request
from flask_babel import get_locale
from markupsafe import Markup

from app import scoring
from app.rules.permissions import Deed
from app.scoring import AgencyBoard, AgencySource
from app.web import words
from app.web.asking import ScoreQuery, asked_of
from app.web.desk import Desk
from app.web.kept import Kept
from app.web.rendering import Page
from app.web.routing import Pages

pages: Final = Pages("agency")


@pages.read("/agency", may=Deed.SEE_AGENCY)
def agency(desk: Desk, query: ScoreQuery) -> Page:
    """The page."""
    held = scoring.state(desk.connection)
    source = scoring.agency_source(desk.connection, held=held, asked=asked_of(held, query, desk.today))
    asked = {
        "cycle": source.asked.cycle,
        "as_of": query.as_of,
        "basis": query.basis if query.basis != "final" else None,
    }
    kept = {name: value for name, value in asked.items() if value is not None}
    body = _Body((source.fingerprint, tuple(kept.items()), "goals" in desk.pages), source)
    return Page(
        "pages/agency.html",
        body=body,
        board=body.board,
        words=words,
        cycles=sorted({*source.cycles, source.asked.cycle}),
        kept=kept,
    )


class _Drawn(NamedTuple):
    board: AgencyBoard
    html: Markup | None


_DRAWN: Final[Kept[_Drawn]] = Kept(64)


class _Body:
    """The part of the page that its figures make: derived and drawn once for each state of them."""

    def __init__(self, shown: Hashable, source: AgencySource) -> None:
        """Find what was drawn for the same figures, language and rights; else derive it now, and it is drawn in the template."""
        locale = get_locale()
        self._key: Final = (shown, locale.language if locale else "en", request.script_root)
        found = _DRAWN.get(self._key)
        self.board: Final = found.board if found else scoring.agency_board(source)
        self.html: Final = found.html if found else None

    def keep(self, html: Markup) -> Markup:
        """Keep what the template has drawn."""
        _DRAWN.keep(self._key, _Drawn(self.board, html))
        return html

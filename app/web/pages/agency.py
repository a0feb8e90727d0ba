"""The agency on one page, where an executive begins: score, goals, heat map, what moved, what is at risk.

A newcomer's usual mistake is to look for names here: an executive comes to employees by way of their units.
"""

from __future__ import annotations

from typing import Final

from app import scoring
from app.rules.permissions import Deed
from app.web import words
from app.web.asking import ScoreQuery, asked_of
from app.web.desk import Desk
from app.web.rendering import Page
from app.web.routing import Pages

pages: Final = Pages("agency")


@pages.read("/agency", may=Deed.SEE_AGENCY)
def agency(desk: Desk, query: ScoreQuery) -> Page:
    """The page."""
    held = scoring.state(desk.connection)
    board = scoring.agency_board(desk.connection, held=held, asked=asked_of(held, query, desk.today))
    asked = {"cycle": board.cycle, "as_of": query.as_of, "basis": query.basis if query.basis != "final" else None}
    return Page(
        "pages/agency.html",
        board=board,
        words=words,
        cycles=sorted({*board.cycles, board.cycle}),
        kept={name: value for name, value in asked.items() if value is not None},
    )

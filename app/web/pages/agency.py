"""The agency on one page, where an executive begins: score, goals, heat map, what moved, what is at risk.

Do not look for names here: an executive comes to employees by way of their units.
"""

from __future__ import annotations

from typing import Final

from app import scoring
from app.kit.kept import LruCache
from app.rules.permissions import Deed, may
from app.scoring import AgencyBoard
from app.web.answer.rendering import Page
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.decisions.asking import ScoreParameters, asked_of, cycle_seen, first_days, state_asked
from app.web.lists.leading import chosen_lead
from app.web.looks.places import VIEWS, PlacesChart, chosen_view
from app.web.wording import words
from app.web.wording.kept import CachedPart, Rendered, drawn

pages: Final = Pages("agency")

_DRAWN: Final[LruCache[Rendered[AgencyBoard]]] = drawn(16, bytes_max=4_000_000)


@pages.read("/agency", may=Deed.SEE_AGENCY)
def agency(context: RequestContext, query: ScoreParameters) -> Page:
    """The page."""
    loaded = state_asked(context.connection, query)
    source = scoring.agency_source(
        context.connection,
        loaded=loaded,
        asked=asked_of(context, loaded, query),
        goals_moved=chosen_lead() == "change",
    )
    parameters = {
        "cycle": source.asked.cycle,
        "as_of": query.as_of,
        "basis": query.basis if query.basis != "final" else None,
        "live": 1 if query.live else None,
    }
    kept = {name: value for name, value in parameters.items() if value is not None}
    sees_people, derives = (
        may(context.viewer.roles, deed, ()) for deed in (Deed.SEE_PEOPLE_SCORES, Deed.SEE_DERIVATION)
    )
    body = CachedPart(
        _DRAWN,
        (
            source.fingerprint,
            tuple(kept.items()),
            "goals" in context.pages,
            sees_people,
            derives,
            chosen_lead(),
            chosen_view(),
            context.clock,
        ),
        lambda: scoring.agency_board(context.connection, source),
    )
    return Page(
        "pages/agency.html",
        body=body,
        board=body.model,
        words=words,
        begins=first_days(loaded),
        cycles=sorted({*source.cycles, source.asked.cycle}),
        kept=kept,
        standing=cycle_seen(context, source.asked.cycle, live=query.live),
        about={"live": 1} if query.live else {},
        sees_people=sees_people,
        derives=derives,
        leads=chosen_lead(),
        places=PlacesChart(body.model, leads=chosen_lead(), kept=kept),
        views=VIEWS,
        view=chosen_view(),
    )

"""The unit that one heads, or one below it: its people and units side by side.

Do not take the unit from the address unasked: whoever may not see its people's scores is told that it is not there.
"""

from __future__ import annotations

from typing import Final

from app import scoring
from app.rules.permissions import Deed
from app.rules.terms import Node
from app.web import words
from app.web.asking import ScoreParameters, asked_of, chosen_unit
from app.web.reminding import reminders_for
from app.web.rendering import Page
from app.web.request_context import RequestContext
from app.web.routing import Pages

pages: Final = Pages("office")


class OfficeQuery(ScoreParameters):
    """Which unit, and which cycle."""

    unit: str = ""


@pages.read("/office", may=Deed.SEE_PEOPLE_SCORES)
def office(context: RequestContext, query: OfficeQuery) -> Page:
    """The unit's people and the units below."""
    node = chosen_unit(context, query.unit, may=Deed.SEE_PEOPLE_SCORES)
    loaded = scoring.state(context.connection)
    shown = scoring.office(
        context.connection, loaded=loaded, unit=node.code, asked=asked_of(loaded, query, context.today)
    )
    return Page(
        "pages/office.html",
        office=shown,
        reminders=reminders_for(context),
        query=query,
        kind=_kind(context, node),
        sees=context.sees(Deed.SEE_PEOPLE_SCORES),
        verifies=context.allowed(Deed.VERIFY, node),
        words=words,
    )


def _kind(context: RequestContext, node: Node) -> str:
    row = context.directory.unit_near(node.code, context.today)
    return words.KINDS[row.kind] if row else ""

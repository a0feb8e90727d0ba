"""The unit that one heads, or one below it: its people and units side by side.

A newcomer's usual mistake is to take the unit from the address unasked: whoever may not see its people's scores is told that it is not there.
"""

from __future__ import annotations

from typing import Final

from app import access, scoring
from app.kit.refusals import NotThere
from app.rules.permissions import Deed
from app.rules.terms import Node
from app.web import words
from app.web.asking import ScoreQuery, asked_of, chosen_unit
from app.web.desk import Desk
from app.web.reminding import reminders_for
from app.web.rendering import Page
from app.web.routing import Pages

pages: Final = Pages("office")


class OfficeQuery(ScoreQuery):
    """Which unit, and which cycle."""

    unit: str = ""


@pages.read("/office", may=Deed.SEE_PEOPLE_SCORES)
def office(desk: Desk, query: OfficeQuery) -> Page:
    """The unit's people and the units below."""
    node = chosen_unit(desk, query.unit)
    desk.require(Deed.SEE_PEOPLE_SCORES, node)
    if not access.exists(desk.directory, node):
        raise NotThere
    held = scoring.state(desk.connection)
    shown = scoring.office(desk.connection, held=held, unit=node.code, asked=asked_of(held, query, desk.today))
    return Page(
        "pages/office.html",
        office=shown,
        reminders=reminders_for(desk),
        query=query,
        kind=_kind(desk, node),
        sees=desk.sees(Deed.SEE_PEOPLE_SCORES),
        verifies=desk.allowed(Deed.VERIFY, node),
        words=words,
    )


def _kind(desk: Desk, node: Node) -> str:
    row = desk.directory.unit_near(node.code, desk.today)
    return words.KINDS[row.kind] if row else ""

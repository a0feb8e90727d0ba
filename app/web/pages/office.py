"""The unit that one heads, or one below it: its people and units side by side.

Do not take the unit from the address unasked: whoever may not see its people's scores is told that it is not there.
"""

from __future__ import annotations

from typing import Final

from pydantic import Field

from app import scoring
from app.rules.names import person_meant
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.web.answer.rendering import Page
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.decisions.asking import ScoreParameters, asked_of, chosen_unit, cycle_seen, first_days, state_asked
from app.web.home.reminding import reminders_for
from app.web.wording import words

pages: Final = Pages("office")


class OfficeQuery(ScoreParameters):
    """Which unit, and which cycle."""

    unit: str = ""
    person: str = Field(default="", max_length=100)
    """A part of a name, or a number: who of the unit and of all below is looked for."""


@pages.read("/office", may=Deed.SEE_PEOPLE_SCORES)
def office(context: RequestContext, query: OfficeQuery) -> Page:
    """The unit's people and the units below."""
    node = chosen_unit(context, query.unit, may=Deed.SEE_PEOPLE_SCORES)
    loaded = state_asked(context.connection, query)
    shown = scoring.office(
        context.connection,
        loaded=loaded,
        unit=node.code,
        asked=asked_of(context, loaded, query),
        sees=context.sees(Deed.SEE_PEOPLE_SCORES),
    )
    return Page(
        "pages/office.html",
        office=shown,
        standing=cycle_seen(context, shown.cycle, live=query.live),
        about={"unit": node.code} | ({"live": 1} if query.live else {}),
        reminders=reminders_for(context),
        people_called=_called(context, node, query.person),
        query=query,
        kind=_kind(context, node),
        sees=context.sees(Deed.SEE_PEOPLE_SCORES),
        verifies=context.allowed(Deed.VERIFY, node),
        words=words,
        begins=first_days(loaded),
    )


def _called(context: RequestContext, node: Node, text: str) -> list[tuple[Node, str, str]]:
    """Who of the unit and of all below has what was typed in the name or is of that number: node, name and unit's name."""
    directory, day = context.directory, context.today
    people: list[tuple[Node, str, str]] = []
    for unit in directory.units_below(node.code, day) if text else ():
        name = scoring.node_name(directory, Node(NodeKind.UNIT, unit), day)
        people += [
            (Node(NodeKind.EMPLOYEE, number), directory.employees[number].name, name)
            for number in directory.people_of(unit, day)
            if person_meant(text, name=directory.employees[number].name, number=number)
        ]
    return sorted(people, key=lambda one: one[1])


def _kind(context: RequestContext, node: Node) -> str:
    row = context.directory.unit_near(node.code, context.today)
    return words.KINDS[row.kind] if row else ""

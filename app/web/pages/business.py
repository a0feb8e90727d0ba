"""Business figures of a unit and all below it, side by side: one table to sort, by region and office.

Do not add a column up: an office that stood elsewhere for a part of the cycle takes its figures along, and what is left has a row of its own.
"""

from __future__ import annotations

from typing import Final, Literal

from app import scoring
from app.exports import business_export
from app.kit.kept import LruCache
from app.rules.business import BusinessFigure
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.scoring import Business, BusinessSource
from app.web.answer.downloads import sheet_file
from app.web.answer.rendering import Download, Page
from app.web.answer.routing import Pages
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.decisions.asking import ScoreParameters, asked_of, chosen_unit, first_days
from app.web.lists.list_views import ListViews, listed, without_present_cycle
from app.web.looks.business_map import business_map
from app.web.wording import words
from app.web.wording.file_words import file_words
from app.web.wording.kept import CachedPart, Rendered, drawn

pages: Final = Pages("business")

_DRAWN: Final[LruCache[Rendered[Business]]] = drawn(32, bytes_max=4_000_000)


class BusinessQuery(ScoreParameters):
    """Which unit with all below it, and how the table stands."""

    unit: str = ""
    view: Literal["regions", "offices"] = "regions"
    by: Literal["entered", "verified", "confirmed", "goal", "last_year"] = "entered"
    sort: Literal["name", "deal_value", "deals", "consults", "new_buyers"] = "deal_value"
    order: Literal["up", "down"] = "down"
    open: str = ""
    """The unit whose parts are unfolded, or ``all``."""


class BusinessFile(BusinessQuery):
    """The same as a file."""

    format: Literal["csv", "xlsx"] = "csv"


@pages.read("/business", may=Deed.SEE_PEOPLE_SCORES)
@listed("business")
def business(context: RequestContext, query: BusinessQuery, views: ListViews) -> Page:
    """The table."""
    node, source = _source(context, query)
    parameters = query.model_dump(mode="json", exclude_defaults=True, exclude={"part"})
    body = CachedPart(
        _DRAWN, (source.fingerprint, tuple(parameters.items()), context.clock), lambda: scoring.business(source)
    )
    shown = body.model
    sorting = (None if query.sort == "name" else BusinessFigure(query.sort), query.by, query.order == "down")
    directory, day = source.plan.frame.directory, shown.day
    head = views.head(without_present_cycle(scoring.state(context.connection), parameters, context.today))
    return Page(
        "pages/business.html",
        head=head,
        body=body,
        shown=shown,
        unit=node,
        name=shown.units[node.code].name,
        above=[
            (code, scoring.node_name(directory, Node(NodeKind.UNIT, code), day))
            for code in directory.chain_on(node.code, day)[1:]
        ],
        groups=scoring.business_groups(shown, source.plan, node.code, sorting=sorting),
        flat=scoring.sorted_units([one for one in shown.units.values() if one.node != node], sorting=sorting),
        map=business_map(shown, directory, node.code, figure=sorting[0] or BusinessFigure.DEAL_VALUE, by=query.by),
        query=query,
        parameters=parameters,
        sees=context.sees(Deed.SEE_PEOPLE_SCORES),
        words=words,
        begins=first_days(scoring.state(context.connection)),
        cycles=sorted({*source.plan.sheet.cycles, source.plan.cycle}),
    )


@pages.read("/business/file", may=Deed.SEE_PEOPLE_SCORES, lane=Lane.FILE)
def export(context: RequestContext, query: BusinessFile) -> Download:
    """The same units as a file: sums of units, in which nobody is named."""
    node, source = _source(context, query)
    shown = scoring.business(source)
    return sheet_file(
        business_export(file_words()).sheet(shown.units.values()),
        name=f"business-{node.code}-{source.asked.cycle}-{source.asked.day.isoformat()}",
        kind=query.format,
        made_at=context.now,
    )


def _source(context: RequestContext, query: BusinessQuery) -> tuple[Node, BusinessSource]:
    node = chosen_unit(context, query.unit, may=Deed.SEE_PEOPLE_SCORES)
    loaded = scoring.state(context.connection)
    asked = asked_of(context, loaded, query)
    plan = loaded.plan(asked.cycle)
    sees = context.sees(Deed.SEE_PEOPLE_SCORES)
    units = [
        code
        for code in scoring.business_units(plan, node.code, plan.day_within(asked.day))
        if sees(Node(NodeKind.UNIT, code))
    ]
    return node, scoring.business_source(context.connection, plan=plan, asked=asked, units=units)

"""A unit's people against their KPIs, as a map of bands to sort and filter: who needs help, and with what.

Do not sort or filter in the browser: the address says what is shown, so that it can be kept, sent on, and read without a script.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from app import scoring
from app.rules.permissions import Deed
from app.scoring import MapFilter
from app.web.answer.rendering import Page
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.decisions.asking import ScoreParameters, asked_of, chosen_unit
from app.web.lists.list_views import ListViews, listed

pages: Final = Pages("people_map")

PAGE_ROWS: Final = 100
Text = Annotated[str, Field(max_length=100)]


class MapQuery(ScoreParameters):
    """Which unit, and what narrows and sorts its people."""

    unit: Text = ""
    text: Text = ""
    band: Literal["", "S", "A", "B", "C", "D", "E"] = ""
    area: Text = ""
    sort: Text = "total"
    order: Literal["up", "down"] = "up"
    page: Annotated[int, Field(ge=1, le=100_000)] = 1

    def only(self) -> MapFilter:
        """What is looked at."""
        return MapFilter(
            text=self.text, band=self.band, area=self.area, sort=self.sort, descending=self.order == "down"
        )


@pages.read("/office/kpis", may=Deed.SEE_PEOPLE_SCORES)
@listed("people_map")
def people_map(context: RequestContext, query: MapQuery, views: ListViews) -> Page:
    """The unit's people and those of all units below."""
    node = chosen_unit(context, query.unit, may=Deed.SEE_PEOPLE_SCORES)
    loaded = scoring.state(context.connection)
    whole = scoring.people_map(
        context.connection,
        loaded=loaded,
        units=[node.code],
        asked=asked_of(context, loaded, query),
        sees=context.sees(Deed.SEE_PEOPLE_SCORES),
    )
    shown = scoring.narrowed_map(whole, query.only())
    last = max(1, -(-len(shown.rows) // PAGE_ROWS))
    page = min(query.page, last)
    parameters = {**query.model_dump(mode="json", exclude_defaults=True, exclude={"page", "part"}), "unit": node.code}
    return Page(
        "pages/people_map.html",
        head=views.head(parameters),
        whole=whole,
        areas=loaded.plan(whole.cycle).sheet.definitions.policies.areas,
        shown=shown,
        rows=shown.rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS],
        page=page,
        last=last,
        query=query,
        parameters=parameters,
    )

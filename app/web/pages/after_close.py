"""What came after a cycle was cut: events and loads that move nothing of it, with what they would."""

from __future__ import annotations

import functools
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from app.intake import FOLDER_FILES
from app.rules.permissions import Deed
from app.web import cycling
from app.web.naming import kpi_namer, node_named
from app.web.rendering import Page
from app.web.request_context import RequestContext
from app.web.routing import Pages
from app.web.words import TYPES

pages: Final = Pages("after_close")

_ROWS: Final = 30
"""Each is recorded and scored by itself in the cut's own database: a page of them takes a moment."""


class LatePage(BaseModel):
    """Where the list goes on."""

    model_config = ConfigDict(frozen=True)

    after: Annotated[int, Field(ge=0, le=2**62)] = 0


@pages.read("/cycles/<int:cycle>/after-close", may=Deed.SEE_CYCLES)
def listed(context: RequestContext, cycle: int, query: LatePage) -> Page:
    """The events and loads after the cut. Queries: constant in the live database.

    Raises:
        NotThere: the cycle is not certified, or this is not for this person.
    """
    late = cycling.after_close_seen(context, cycle, after=query.after, limit=_ROWS)
    return Page(
        "pages/after_close.html",
        cycle=cycle,
        late=late,
        sees_ledger=context.allowed(Deed.SEE_LEDGER),
        query=query,
        node_named=lambda node: node_named(context, node),
        kpi_named=functools.partial(kpi_namer(context), cycle),
        files=FOLDER_FILES,
        types=TYPES,
    )

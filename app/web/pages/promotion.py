"""The promotion list of a cycle: whose points come to what, of what parts, and whom a disciplinary measure bars.

Do not leave out whoever is barred: that is on the list, and for how long, is what is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from app import scoring
from app.cycle import PromotionRow
from app.exports import ExportSheet, NamedMeasure, NamedPromotion, promotion_export
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.scoring import node_name
from app.web.answer.downloads import ReasonedExport, reasoned_file
from app.web.answer.rendering import Download, Page
from app.web.answer.routing import Pages
from app.web.asked.forms import FormDay
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.files.file_rules import with_rules
from app.web.lists.list_order import page_shown
from app.web.results import promoting
from app.web.wording.file_words import file_words
from app.web.wording.naming import distinct_name
from app.web.wording.words import DISCIPLINE_KINDS

pages: Final = Pages("promotion")

_ROWS: Final = 100


class PromotionPage(BaseModel):
    """Of which rank, who is barred when, and which page."""

    model_config = ConfigDict(frozen=True)

    rank: Annotated[str, Field(max_length=80)] = ""
    on: FormDay | None = None
    page: Annotated[int, Field(ge=1, le=10_000)] = 1


class PersonListed(NamedTuple):
    """A row of the list, with the name."""

    place: int
    node: Node
    name: str
    row: PromotionRow


@pages.read("/cycles/<int:cycle>/promotion", may=Deed.SEE_GRADE)
def listed(context: RequestContext, cycle: int, query: PromotionPage) -> Page:
    """The list, a page of it. Queries: constant."""
    everybody = promoting.promotion_seen(context, cycle, rank="", on=query.on)
    rows = [row for row in everybody if not query.rank or row.rank == query.rank]
    shown = page_shown(rows, query.page, size=_ROWS)
    first = (shown.page - 1) * _ROWS + 1
    return Page(
        "pages/promotion.html",
        cycle=cycle,
        query=query,
        day=query.on or context.today,
        ranks=sorted({row.rank for row in everybody if row.rank}),
        rows=[
            PersonListed(place, node, distinct_name(context, node), row)
            for place, row in enumerate(shown.rows, first)
            for node in [Node(NodeKind.EMPLOYEE, row.employee)]
        ],
        total=len(rows),
        is_left_out=promoting.is_left_out(context, cycle),
        barred=sum(row.blocked_until is not None for row in rows),
        shown=shown,
        parameters={"cycle": cycle, **query.model_dump(mode="json", exclude_defaults=True, exclude={"page"})},
        exports=context.allowed(Deed.EXPORT),
        kinds=DISCIPLINE_KINDS,
    )


@pages.act("/cycles/<int:cycle>/promotion", may=Deed.EXPORT, again="listed", transaction=False, lane=Lane.FILE)
def export(context: RequestContext, cycle: int, query: PromotionPage, form: ReasonedExport) -> Download:
    """The whole list as a file."""
    with context.read():
        rows = promoting.promotion_seen(context, cycle, rank=query.rank, on=query.on)
        sheet = with_rules(context, _sheet(context, rows), scoring.state(context.connection).plan(cycle))
    narrowing = query.model_dump(mode="json", exclude_defaults=True, include={"rank", "on"})
    asked = {"cycle": cycle, "format": form.format, **narrowing}
    return reasoned_file(
        context, form, sheet=sheet, name=f"promotion-{cycle}", what="promotion", asked=asked, rows=len(rows)
    )


def _sheet(context: RequestContext, rows: Iterable[PromotionRow]) -> ExportSheet:
    return promotion_export(file_words(), with_measures=promoting.sees_measures(context)).sheet(
        NamedPromotion(
            place,
            row.employee,
            node_name(context.directory, Node(NodeKind.EMPLOYEE, row.employee), context.today),
            row.rank,
            row.points,
            row.hired_on,
            row.blocked_until,
            next((NamedMeasure(one.kind.value, one.decided_on, one.is_grave) for one in row.measures), None),
        )
        for place, row in enumerate(rows, 1)
    )

"""What a reported figure is about, in words: it has a KPI and a unit or employee where other activities have a company and a buyer."""

from __future__ import annotations

from typing import Final

from jinja2 import pass_context
from jinja2.runtime import Context

from app import scoring
from app.rules.terms import Node
from app.web.asked.request_context import RequestContext
from app.web.wording.languages import named, page_language

__all__ = ["FILTERS", "party_of"]


def party_of(context: RequestContext, text: str, type_: str | None) -> str:
    """A company or buyer as it was recorded; of a figure the name of the KPI, unit or employee that stands there.

    Queries: none but for a figure, and then 2 at most for whatever number of them in a transaction that has not asked for the organisation.
    """
    if type_ != "figure" or not text:
        return text
    node = Node.parse(text)
    if node is None:
        kpi = scoring.state(context.connection).sheet.definitions.kpis.get(text)
        return text if kpi is None else kpi.versions[-1].name.in_language(page_language())
    return str(named(scoring.node_name(context.directory, node, context.today)))


@pass_context
def _party(template: Context, text: str, type_: str | None) -> str:
    context: RequestContext = template["context"]
    return party_of(context, text, type_)


FILTERS: Final = {"party": _party}
"""``{{ row.company | party(row.type) }}``."""

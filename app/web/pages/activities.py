"""Activities of a node: one's own, or those of an employee or unit that one may see.

Avoid a list that ends without saying so: it says how many there are, and leads on.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from app import access, ledger, scoring
from app.kit.refusals import NotThere
from app.ledger import ActivityFilter, Listed
from app.rules.counting import STATES
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.web import words
from app.web.downloads import ActivitiesExport, activities_file
from app.web.forms import days_turned_round
from app.web.limits import Lane
from app.web.rendering import Download, Page
from app.web.request_context import RequestContext
from app.web.routing import Pages

pages: Final = Pages("activities")

PAGE_ROWS: Final = 50

VERIFIED_FOR: Final = dt.timedelta(days=7)
"""So long an employee is told of entries that were verified: in one line, not one by one."""


class ActivitiesQuery(BaseModel):
    """Which activities are looked at; all may be absent."""

    model_config = ConfigDict(frozen=True)

    node: str = ""
    type: Literal["", "export_consult", "export_deal", "new_buyer"] = ""
    state: Literal["", "entered", "verified", "confirmed", "denied", "rejected", "reversed"] = ""
    from_: dt.date | None = Field(default=None, alias="from")
    to: dt.date | None = None
    text: str = Field(default="", max_length=200)
    after: str = Field(default="", max_length=64)

    def wanted(self) -> ActivityFilter:
        """What is looked at."""
        return ActivityFilter(
            type=self.type or None, state=self.state or None, from_=self.from_, to=self.to, text=self.text
        )

    def parameters(self) -> dict[str, Any]:
        """The parameters that the address of another page of the same list has."""
        return {
            name: value
            for name, value in self.model_dump(by_alias=True, exclude={"after"}).items()
            if value not in {"", None}
        }


@pages.read("/activities", may=Deed.SEE_ACTIVITIES)
def activities(context: RequestContext, query: ActivitiesQuery) -> Page:
    """The list, the latest first."""
    node = _node(context, query.node)
    context.require(Deed.SEE_ACTIVITIES, node)
    if not access.exists(context.directory, node):
        raise NotThere
    frame = scoring.state(context.connection).frame
    turned_round = days_turned_round(query.from_, query.to, field="to")
    context.typed = replace(context.typed, findings=(*context.typed.findings, *turned_round))
    activities = ledger.activities_of(
        context.connection,
        frame,
        node=node,
        wanted=query.wanted(),
        limit=PAGE_ROWS,
        after=query.after,
    )
    return Page(
        "pages/activities.html",
        node=node,
        name=scoring.node_name(context.directory, node, context.today),
        way=scoring.way_down(context.directory, node, context.today, sees=context.sees(Deed.SEE_SCORECARD)),
        is_own=_is_own(context, node),
        verified=ledger.verified_since(context.connection, frame, employee=node.code, since=context.now - VERIFIED_FOR)
        if _is_own(context, node)
        else 0,
        exports=context.allowed(Deed.EXPORT_ACTIVITIES, node),
        activities=activities,
        people=context.directory.employees,
        query=query,
        parameters=query.parameters(),
        narrowed=bool(query.type or query.state or query.from_ or query.to or query.text),
        words=words,
        states=STATES,
        turned_round=turned_round,
        status=422 if turned_round else 200,
    )


@pages.act("/activities", may=Deed.EXPORT_ACTIVITIES, again="activities", transaction=False, lane=Lane.FILE)
def export(context: RequestContext, query: ActivitiesQuery, form: ActivitiesExport) -> Download:
    """The same activities as a file: all of them, not a page. Of one's own no reason is asked for."""
    node = _node(context, query.node)

    def find(connection: Connection) -> Listed:
        context.opened(connection).require(Deed.EXPORT_ACTIVITIES, node)
        if not access.exists(context.directory, node):
            raise NotThere
        frame = scoring.state(connection).frame
        return ledger.activities_listed(connection, frame, node=node, wanted=query.wanted())

    asked = query.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"after", "node"})
    return activities_file(context, form, find=find, subject=str(node), asked=asked, own=_is_own(context, node))


def _is_own(context: RequestContext, node: Node) -> bool:
    return node.kind is NodeKind.EMPLOYEE and node.code == context.viewer.employee


def _node(context: RequestContext, typed: str) -> Node:
    if typed:
        node = Node.parse(typed)
    else:
        number = context.viewer.employee
        node = None if number is None else Node(NodeKind.EMPLOYEE, number)
    if node is None:
        raise NotThere
    return node

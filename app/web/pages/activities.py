"""Activities of a node: one's own, or those of an employee or unit that one may see.

Avoid a list that ends without saying so: it says how many there are, and leads on.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, Final, Literal

from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from app import access, ledger, scoring
from app.kit.refusals import NotThere
from app.ledger import ActivityFilter, ActivityGroup, EventOrder, Frame, Listed
from app.plain.findings import n_
from app.rules.counting import STATES
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.web.answer.downloads import ActivitiesExport, activities_file
from app.web.answer.rendering import Download, Page
from app.web.answer.routing import Pages
from app.web.asked.forms import days_turned_round
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.lists.groups import ListGroup, shown
from app.web.lists.list_order import Order
from app.web.lists.list_views import ListViews, listed
from app.web.wording import words
from app.web.wording.languages import month

pages: Final = Pages("activities")

PAGE_ROWS: Final = 50

GROUPED_BY: Final = {
    "type": n_("Kind"),
    "state": n_("State"),
    "month": n_("Month"),
    "unit": n_("Unit"),
}

VERIFIED_FOR: Final = dt.timedelta(days=7)
"""So long an employee is told of entries that were verified: in one line, not one by one."""


class ActivitiesQuery(BaseModel):
    """Which activities are looked at; all may be absent."""

    model_config = ConfigDict(frozen=True)

    node: str = ""
    type: Literal["", "export_consult", "export_deal", "new_buyer", "figure"] = ""
    state: Literal["", "entered", "verified", "confirmed", "denied", "rejected", "reversed"] = ""
    from_: dt.date | None = Field(default=None, alias="from")
    to: dt.date | None = None
    text: str = Field(default="", max_length=200)
    by: Literal["", "type", "state", "month", "unit"] = ""
    """What the list is grouped by."""
    sort: Literal["day"] = "day"
    """What an index serves, however many activities a unit has."""
    order: Order = "down"
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
            for name, value in self.model_dump(by_alias=True, exclude_defaults=True, exclude={"after"}).items()
            if value not in {"", None}
        }


@pages.read("/activities", may=Deed.SEE_ACTIVITIES)
@listed("activities")
def activities(context: RequestContext, query: ActivitiesQuery, views: ListViews) -> Page:
    """The list, the latest first."""
    node = _node(context, query.node)
    context.require(Deed.SEE_ACTIVITIES, node)
    if not access.exists(context.directory, node):
        raise NotThere
    frame = scoring.state(context.connection).frame
    turned_round = days_turned_round(query.from_, query.to, field="to")
    context.typed = replace(context.typed, findings=(*context.typed.findings, *turned_round))
    groups = _groups(context, frame, node, query)
    # In groups there are no rows.
    activities = (
        None
        if groups
        else ledger.activities_of(
            context.connection,
            frame,
            node=node,
            wanted=query.wanted(),
            limit=PAGE_ROWS,
            after=query.after,
            descending=query.order == "down",
        )
    )
    return Page(
        "pages/activities.html",
        head=views.head(query.parameters()),
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
        narrowed=bool(query.by or query.type or query.state or query.from_ or query.to or query.text),
        words=words,
        states=STATES,
        groups=groups,
        grouped_by={code: label for code, label in GROUPED_BY.items() if code != "unit" or node.kind is NodeKind.UNIT},
        turned_round=turned_round,
        status=422 if turned_round else 200,
    )


def _groups(context: RequestContext, frame: Frame, node: Node, query: ActivitiesQuery) -> list[ListGroup]:
    """The activities in groups, each with the way to the list of them; none where nothing groups them. Queries: 1, or none."""
    by = query.by
    if not by or (by == "unit" and node.kind is not NodeKind.UNIT):
        return []

    def words_of(key: str) -> Any:
        if by == "unit":
            of = Node(NodeKind.UNIT, key) if key else node
            return scoring.node_name(context.directory, of, context.today)
        if by == "month":
            return month(dt.date.fromisoformat(f"{key}-01"))
        return gettext((words.TYPES if by == "type" else words.STATES)[key])

    def narrowing(group: ActivityGroup) -> dict[str, str] | None:
        if by == "unit":
            return {"node": f"unit:{group.key}"} if group.key else None
        return {"from": str(group.first), "to": str(group.last)} if by == "month" else {by: group.key}

    return shown(
        ledger.activity_groups(context.connection, frame, node=node, wanted=query.wanted(), by=by),
        "activities.activities",
        query.parameters(),
        words=words_of,
        narrowing=narrowing,
        figures=lambda group: (group.entries, group.usd_cents if group.valued else None),
        order=None if by == "unit" else STATES.index if by == "state" else str,
    )


@pages.act("/activities", may=Deed.EXPORT_ACTIVITIES, again="activities", transaction=False, lane=Lane.FILE)
def export(context: RequestContext, query: ActivitiesQuery, form: ActivitiesExport) -> Download:
    """The same activities as a file: all of them, not a page. Of one's own no reason is asked for."""
    node = _node(context, query.node)

    def find(connection: Connection) -> Listed:
        context.require(Deed.EXPORT_ACTIVITIES, node)
        if not access.exists(context.directory, node):
            raise NotThere
        frame = scoring.state(connection).frame
        # Where nobody chose an order it is that of the activities themselves, which is the same in two databases.
        order = EventOrder(by_day=True, descending=query.order == "down") if "order" in query.model_fields_set else None
        return ledger.activities_listed(connection, frame, node=node, wanted=query.wanted(), order=order)

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

"""The auditor's pages: every event of the ledger as it was recorded, and the trail of who did what.

A newcomer's usual mistake is to look for deleted events: there are none. What has no effect (void, overtaken, reversed) stays and says so.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from app import access, ledger, notices, scoring
from app.exports import LEDGER_ACTIVITIES
from app.kit.refusals import NotThere
from app.ledger import EventFilter, Listed
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.web import words
from app.web.downloads import ActivitiesExport, activities_file
from app.web.json_shown import indented
from app.web.limits import Lane
from app.web.rendering import Download, Page, Redirect
from app.web.request_context import RequestContext
from app.web.routing import Pages

pages: Final = Pages("ledger")
trail_pages: Final = Pages("trail")

PAGE_ROWS: Final = 100
Text = Annotated[str, Field(max_length=500)]


class LedgerQuery(BaseModel):
    """What narrows the events."""

    model_config = ConfigDict(frozen=True)

    source: Text = ""
    id: Text = ""
    type: Text = ""
    first: dt.date | None = None
    last: dt.date | None = None
    employee: Text = ""
    text: Text = ""
    before: Annotated[int | None, Field(ge=0, le=2**62)] = None

    def only(self) -> EventFilter:
        """What is looked at."""
        return EventFilter(
            source=self.source,
            id=self.id,
            type=self.type,
            from_=self.first,
            to=self.last,
            employee=self.employee,
            text=self.text,
        )


class TrailQuery(BaseModel):
    """What narrows the trail."""

    model_config = ConfigDict(frozen=True)

    who: Text = ""
    deed: Text = ""
    subject: Text = ""
    before: Annotated[int | None, Field(ge=0, le=2**62)] = None


@pages.read("/ledger", may=Deed.SEE_LEDGER)
def events(context: RequestContext, query: LedgerQuery) -> Page:
    """The events, the newest first."""
    frame = scoring.state(context.connection).frame
    found = ledger.search_events(context.connection, frame, only=query.only(), limit=PAGE_ROWS + 1, before=query.before)
    return Page(
        "pages/ledger.html",
        told=notices.rights_notice(context.connection, account_id=context.viewer.account_id),
        entries=found[:PAGE_ROWS],
        following=found[PAGE_ROWS - 1].seq if len(found) > PAGE_ROWS else None,
        query=query,
        asked=query.model_dump(exclude_defaults=True, exclude={"before"}),
        words=words,
    )


@pages.act("/ledger", may=Deed.EXPORT_ACTIVITIES, again="events", transaction=False, lane=Lane.FILE)
def export(context: RequestContext, query: LedgerQuery, form: ActivitiesExport) -> Download:
    """The activities among the events, as a file: all of them, not a page."""

    def find(connection: Connection) -> Listed:
        context.opened(connection).require(Deed.SEE_LEDGER)
        return ledger.activities_found(connection, scoring.state(connection).frame, only=query.only())

    asked = query.model_dump(mode="json", exclude_defaults=True, exclude={"before"})
    return activities_file(context, form, find=find, subject="ledger", asked=asked, export=LEDGER_ACTIVITIES)


@pages.read("/ledger/<key>", may=Deed.SEE_LEDGER)
def event(context: RequestContext, key: str) -> Page:
    """One event: as it came, what was said of it, and whom it counts for."""
    frame = scoring.state(context.connection).frame
    found = ledger.raw_event(context.connection, frame, key=key)
    if found is None:
        raise NotThere
    history = ledger.activity_history(context.connection, frame, key=key)
    return Page(
        "pages/ledger_event.html",
        event=found,
        body=indented(found.body),
        history=history,
        counted=_counted(context, history) if history is not None else (),
        words=words,
    )


def _counted(context: RequestContext, history: ledger.ActivityHistory) -> list[dict[str, Any]]:
    """For whom the activity counts on that day, and the KPIs of theirs that look at it."""
    plan = scoring.state(context.connection).plan(history.cycle)
    frame = plan.frame
    slices = {one.slice for one in frame.matching(history.type, history.country, history.hs_code)}
    found: list[dict[str, Any]] = []
    nodes: list[Node] = []
    for share in history.credits:
        nodes.append(Node(NodeKind.EMPLOYEE, share.employee))
        if share.unit is not None:
            nodes.extend(Node(NodeKind.UNIT, code) for code in frame.directory.chain_on(share.unit, history.day))
    for node in dict.fromkeys(nodes):
        kpis = [
            line.row.kpi
            for line in plan.lines.get(node, ())
            if any(part.slice in slices for part in plan.worked[line.worked].version.measure.parts)
        ]
        found.append({"node": node, "name": scoring.node_name(frame.directory, node, history.day), "kpis": kpis})
    return found


@trail_pages.read("/trail", may=Deed.SEE_TRAIL)
def trail(context: RequestContext, query: TrailQuery) -> Page:
    """Who did what, the newest first."""
    found = access.trail_rows(
        context.connection,
        limit=PAGE_ROWS + 1,
        before_id=query.before,
        who=query.who or None,
        deed=query.deed or None,
        subject=query.subject or None,
    )
    return Page(
        "pages/trail.html",
        told=notices.rights_notice(context.connection, account_id=context.viewer.account_id),
        rows=found[:PAGE_ROWS],
        following=found[PAGE_ROWS - 1].id if len(found) > PAGE_ROWS else None,
        query=query,
        asked=query.model_dump(exclude_defaults=True, exclude={"before"}),
        words=words,
    )


@trail_pages.act("/trail/seen", may=Deed.SEE_TRAIL)
def seen(context: RequestContext) -> Redirect:
    """Note that one has seen what was told of rights that were given."""
    context.note(subject=context.viewer.label, after={"seen": notices.RIGHTS})
    notices.settle_rights_notice(context.connection, account_id=context.viewer.account_id, at=context.now)
    return Redirect("", then="trail")

"""The auditor's pages: every event of the ledger as it was recorded, and the trail of who did what.

Do not look for deleted events: there are none. What has no effect (void, overtaken, reversed) stays and says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from app import access, ledger, notices, scoring
from app.exports import LEDGER_ACTIVITIES
from app.kit.refusals import NotThere
from app.ledger import EventFilter, Listed
from app.rules.permissions import Deed
from app.rules.terms import Node
from app.web import words
from app.web.downloads import ActivitiesExport, activities_file
from app.web.json_shown import indented
from app.web.limits import Lane
from app.web.plain_words import changed, subject_of
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
    entries = ledger.search_events(
        context.connection, frame, only=query.only(), limit=PAGE_ROWS + 1, before=query.before
    )
    return Page(
        "pages/ledger.html",
        told=notices.rights_notice(context.connection, account_id=context.viewer.account_id),
        entries=entries[:PAGE_ROWS],
        following=entries[PAGE_ROWS - 1].seq if len(entries) > PAGE_ROWS else None,
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
    loaded = scoring.state(context.connection)
    frame = loaded.frame
    raw = ledger.raw_event(context.connection, frame, key=key)
    if raw is None:
        raise NotThere
    history = ledger.activity_history(context.connection, frame, key=key)
    return Page(
        "pages/ledger_event.html",
        event=raw,
        body=indented(raw.body),
        history=history,
        derives=context.sees(Deed.SEE_DERIVATION),
        people=frame.directory.employees,
        counted=()
        if history is None
        else scoring.counting_nodes(loaded, history, sees=context.sees(Deed.SEE_SCORECARD)),
        target_is_here=raw.target is not None
        and ledger.raw_event(context.connection, frame, key=raw.target) is not None,
        words=words,
    )


@trail_pages.read("/trail", may=Deed.SEE_TRAIL)
def trail(context: RequestContext, query: TrailQuery) -> Page:
    """Who did what, the newest first."""
    rows = access.trail_rows(
        context.connection,
        limit=PAGE_ROWS + 1,
        before_id=query.before,
        who=query.who or None,
        deed=query.deed or None,
        subject=query.subject or None,
    )
    definitions = scoring.state(context.connection).sheet.definitions
    names = _names(context, rows)
    return Page(
        "pages/trail.html",
        told=notices.rights_notice(context.connection, account_id=context.viewer.account_id),
        rows=rows[:PAGE_ROWS],
        subject_of=lambda text: subject_of(text, names),
        changed=lambda kept: changed(kept, definitions, names),
        following=rows[PAGE_ROWS - 1].id if len(rows) > PAGE_ROWS else None,
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


def _names(context: RequestContext, rows: Iterable[access.TrailRow]) -> dict[str, str]:
    """The names of the units and employees that deeds were about, by their text; an employee's number alone names them too."""
    names: dict[str, str] = {}
    for row in rows:
        node = Node.parse(row.subject or "")
        if node is not None:
            names[str(node)] = scoring.node_name(context.directory, node, context.today)
    return names

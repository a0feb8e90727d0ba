"""The auditor's pages: every event of the ledger as it was recorded, and the trail of who did what.

Do not look for deleted events: there are none. What has no effect (void, overtaken, reversed) stays and says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, Literal, NamedTuple

from flask_babel import gettext
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from app import access, decisions, intake, ledger, notices, scoring
from app.access import SubjectFilter, TrailFilter
from app.exports import LEDGER_ACTIVITIES
from app.kit.refusals import NotThere
from app.ledger import EventFilter, EventGroups, EventOrder, Listed
from app.notices import Notice
from app.plain.findings import n_
from app.rules.activities import EventKey
from app.rules.moments import day_after
from app.rules.permissions import RECORDED_DEEDS, Deed
from app.rules.terms import Node
from app.web.answer.downloads import ActivitiesExport, activities_file
from app.web.answer.rendering import Download, Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.forms import days_turned_round
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.lists.groups import ListGroup, shown
from app.web.lists.list_order import Order
from app.web.lists.list_views import ListViews, listed
from app.web.wording import words
from app.web.wording.json_shown import indented
from app.web.wording.languages import named
from app.web.wording.plain_words import SHOWN_MOST, changed, subject_of, subjects_meant, who

pages: Final = Pages("ledger")
trail_pages: Final = Pages("trail")

PAGE_ROWS: Final = 100
_FIRST_DAY: Final = dt.date(dt.MINYEAR + 1, 1, 1)
_LAST_DAY: Final = dt.date(dt.MAXYEAR - 1, 12, 31)
COUNTED_MOST: Final = 100_000
"""Rows that are counted; beyond it says that there are more."""
RIGHTS: Final = "rights"
DEEDS_OF_RIGHTS: Final = (Deed.KEEP_ACCOUNTS, Deed.KEEP_KEYS, Deed.KEEP_HOOKS)
OF_RIGHTS: Final = n_("what concerns rights: accounts, keys, hooks")
"""What the notice to auditors tells of, as one choice of the trail's filter."""
DECIDED_MOST: Final = 500
"""Decisions and change sets, the newest, that a searched name means."""
Text = Annotated[str, Field(max_length=500)]


GROUPED_BY: Final = {"type": n_("Type")}


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
    by: Literal["", "type"] = ""
    """What the list is grouped by."""
    sort: Literal["recorded", "day"] = "recorded"
    """What an index serves: half a million events are not sorted anew for a look at them."""
    order: Order = "down"
    before: Annotated[int | None, Field(ge=0, le=2**62)] = None
    """The last event of the page before, in the list's order."""

    def events_order(self) -> EventOrder:
        """In which order."""
        return EventOrder(by_day=self.sort == "day", descending=self.order == "down")

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


class _InAll(NamedTuple):
    """How many rows a search has: so many, or more than are counted."""

    counted: int

    @property
    def total(self) -> int:
        """What is told."""
        return min(self.counted, COUNTED_MOST)

    @property
    def more(self) -> bool:
        """Whether there are more than that."""
        return self.counted > COUNTED_MOST


class TrailQuery(BaseModel):
    """What narrows the trail."""

    model_config = ConfigDict(frozen=True)

    who: Text = ""
    deed: Text = ""
    subject: Text = ""
    first: dt.date | None = None
    last: dt.date | None = None
    sort: Literal["when", "who"] = "when"
    order: Order = "down"
    before: Annotated[int | None, Field(ge=0, le=2**62)] = None
    """The last row of the page before, in the list's order."""


@pages.read("/ledger", may=Deed.SEE_LEDGER)
@listed("ledger")
def events(context: RequestContext, query: LedgerQuery, views: ListViews) -> Page:
    """The events, the newest first."""
    frame = scoring.state(context.connection).frame
    turned_round = _refuse_turned_round(context, query.first, query.last)
    # In groups there are no rows, and the groups' numbers say how many there are in all.
    connection, only = context.connection, query.only()
    groups = ledger.event_groups(connection, frame, only=only) if query.by else None
    entries = (
        []
        if groups
        else ledger.search_events(
            connection, frame, only=only, limit=PAGE_ROWS + 1, beyond=query.before, order=query.events_order()
        )
    )
    in_all = 0 if groups else ledger.events_in_all(connection, frame, only=only, count_to=COUNTED_MOST)
    parameters = query.model_dump(exclude_defaults=True, exclude={"before"})
    head = views.head(query.model_dump(mode="json", exclude_defaults=True, exclude={"before"}))
    return Page(
        "pages/ledger.html",
        head=head,
        status=422 if turned_round else 200,
        turned_round=turned_round,
        people=frame.directory.employees,
        in_all=_InAll(in_all),
        rights_notice=_rights_notice(context),
        entries=entries[:PAGE_ROWS],
        groups=groups and _shown(groups, parameters),
        together=groups and (groups.events,),
        grouped_by=GROUPED_BY,
        following=entries[PAGE_ROWS - 1].seq if len(entries) > PAGE_ROWS else None,
        query=query,
        parameters=parameters,
        words=words,
    )


def _shown(groups: EventGroups, parameters: Mapping[str, Any]) -> list[ListGroup]:
    """The groups, each with the way to its events."""
    return shown(
        groups.by_type,
        "ledger.events",
        parameters,
        words=lambda kind: gettext(words.TYPES[kind]),
        narrowing=lambda group: {"type": group.key},
        figures=lambda group: (group.events,),
        order=str,
    )


def _file_order(query: LedgerQuery) -> EventOrder | None:
    """The list's, where somebody chose it; else that of the activities themselves, which is the same in two databases."""
    return query.events_order() if query.model_fields_set & {"sort", "order"} else None


@pages.act("/ledger", may=Deed.EXPORT_ACTIVITIES, again="events", transaction=False, lane=Lane.FILE)
def export(context: RequestContext, query: LedgerQuery, form: ActivitiesExport) -> Download:
    """The activities among the events, as a file: all of them, not a page."""

    def find(connection: Connection) -> Listed:
        context.require(Deed.SEE_LEDGER)
        return ledger.activities_found(
            connection, scoring.state(connection).frame, only=query.only(), order=_file_order(query)
        )

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
    target = None if raw.target is None else ledger.activity_history(context.connection, frame, key=raw.target)
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
        activity=history or target,
        target=target,
        key_of=lambda verdict: ledger.event_key(EventKey(verdict.source, verdict.id)),
        words=words,
    )


@trail_pages.read("/trail", may=Deed.SEE_TRAIL)
@listed("trail")
def trail(context: RequestContext, query: TrailQuery, views: ListViews) -> Page:
    """Who did what, the newest first."""
    turned_round = _refuse_turned_round(context, query.first, query.last)
    only = _only(context, query)
    rows = access.trail_rows(
        context.connection,
        limit=PAGE_ROWS + 1,
        beyond=query.before,
        only=only,
        by_who=query.sort == "who",
        descending=query.order == "down",
    )
    definitions = scoring.state(context.connection).sheet.definitions
    names = _names(context, rows)
    people = context.directory.employees

    def name_of(text: str) -> str | None:
        """A node, or an employee by number, with the number: who audits looks it up by that."""
        if text in names:
            return str(named(names[text]))
        if text in people:
            return f"{people[text].name} ({text})"
        node = Node.parse(text)
        return None if node is None else str(named(scoring.node_name(context.directory, node, context.today)))

    head = views.head(query.model_dump(mode="json", exclude_defaults=True, exclude={"before"}))
    return Page(
        "pages/trail.html",
        head=head,
        status=422 if turned_round else 200,
        turned_round=turned_round,
        in_all=_InAll(access.deeds_in_all(context.connection, only=only, count_to=COUNTED_MOST)),
        deeds={RIGHTS: OF_RIGHTS}
        | {deed.value: label for deed, label in words.DEEDS.items() if deed in RECORDED_DEEDS},
        names=names,
        rights_notice=_rights_notice(context),
        rows=rows[:PAGE_ROWS],
        subject_of=lambda text: subject_of(text, names),
        changed=lambda kept: changed(kept, definitions, name_of),
        shown_most=SHOWN_MOST,
        following=rows[PAGE_ROWS - 1].id if len(rows) > PAGE_ROWS else None,
        query=query,
        parameters=query.model_dump(exclude_defaults=True, exclude={"before"}),
        words=words,
    )


class RightsSeenForm(BaseModel):
    """Of how many deeds the page told that was read, and since when: of what has come since it did not."""

    model_config = ConfigDict(frozen=True)

    number: Annotated[int, Field(ge=1, le=1_000_000_000)]
    since: AwareDatetime


@trail_pages.act("/trail/seen", may=Deed.SEE_TRAIL)
def seen(context: RequestContext, form: RightsSeenForm) -> Redirect:
    """Note that one has seen what was told of rights that were given."""
    context.note(subject=context.viewer.label, after={"seen": notices.RIGHTS})
    notices.settle_rights_notice(
        context.connection,
        account_id=context.viewer.account_id,
        number=form.number,
        since=form.since,
        at=context.now,
    )
    return Redirect("", then="trail")


def _names(context: RequestContext, rows: Iterable[access.TrailRow]) -> dict[str, str]:
    """The names of the units and employees that deeds were about, and of the people whose accounts did or met them, by their text. Queries: 1."""
    names: dict[str, str] = {}
    emails: set[str] = set()
    for row in rows:
        node = Node.parse(row.subject or "")
        if node is not None:
            names[str(node)] = scoring.node_name(context.directory, node, context.today)
        for label in (row.who, row.subject or ""):
            kind, _, email = label.partition(":")
            emails.update([email] if kind == "account" else [])
    numbers = {
        int(name)
        for row in rows
        for kind, _, name in [(row.subject or "").partition(":")]
        if kind == "change" and name.isdecimal()
    }
    names |= {f"change:{number}": title for number, title in intake.change_titles(context.connection, numbers).items()}
    people = context.directory.employees
    for email, number in access.employees_of_accounts(context.connection, emails).items():
        if number in people:
            names[f"account:{email}"] = people[number].name
    return names


def _refuse_turned_round(context: RequestContext, first: dt.date | None, last: dt.date | None) -> bool:
    """Whether a range of days ends before it begins; then it says so at its field."""
    findings = days_turned_round(first, last, field="last")
    context.typed = replace(context.typed, findings=(*context.typed.findings, *findings))
    return bool(findings)


def _only(context: RequestContext, query: TrailQuery) -> TrailFilter:
    """Which deeds are looked at; days are those of the clock that the page writes instants by."""

    def midnight(day: dt.date) -> dt.datetime:
        # At either end of the calendar a day has no midnight in UTC.
        within = min(max(day, _FIRST_DAY), _LAST_DAY)
        return dt.datetime.combine(within, dt.time(), tzinfo=context.zone)

    return TrailFilter(
        who=query.who,
        deeds=DEEDS_OF_RIGHTS if query.deed == RIGHTS else [query.deed] if query.deed else [],
        about=_about(context, query.subject) if query.subject else None,
        since=None if query.first is None else midnight(query.first),
        until=None if query.last is None else midnight(day_after(query.last, 1)),
    )


def _about(context: RequestContext, text: str) -> SubjectFilter:
    """What a text means, with the decisions and change sets about the units and people that it names, or that are called so. Queries: 2."""
    meant = subjects_meant(text, context.directory)
    nodes = [node for node in map(Node.parse, meant.subjects) if node is not None]
    decided = decisions.about_nodes(context.connection, nodes, limit=DECIDED_MOST)
    changes = intake.changes_meant(context.connection, text, decided=decided, limit=DECIDED_MOST)
    numbers = {*decided, *(one.decision for one in changes if one.decision is not None)}
    more = [*(f"decision:{number}" for number in sorted(numbers)), *(f"change:{one.id}" for one in changes)]
    return replace(meant, subjects=[*meant.subjects, *more])


def _rights_notice(context: RequestContext) -> Notice | None:
    """What the auditor has not seen yet of rights, with who did it in the words of the trail."""
    notice = notices.rights_notice(context.connection, account_id=context.viewer.account_id)
    if notice is None:
        return None
    return replace(notice, subject={**notice.subject, "who": who(str(notice.subject["who"]))})

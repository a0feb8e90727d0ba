"""One activity with its whole history; its employee corrects or reverses it, a head judges it.

Do not change an activity. It stands for ever: to correct it is to reverse it and to record another under a new id
(contract), both in one transaction.
"""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import uuid4

from flask_babel import format_date, get_locale
from pydantic import BaseModel, ConfigDict, Field

from app import access, intake, ledger, scoring
from app.kit.refusals import NotThere
from app.ledger import ActivityHistory, Contents, Frame, Party
from app.plain.findings import n_
from app.rules.activities import EventKey
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.scoring import State
from app.web import words
from app.web.entry_form import FORM_ID, ActivityForm, at_the_form, choices, event_of, page_of, typed_colleagues
from app.web.languages import page_language
from app.web.rendering import Page, Redirect
from app.web.request_context import RequestContext
from app.web.routing import Pages
from app.web.score_change import ScoreChange
from app.web.where_it_counts import places_of

pages: Final = Pages("activity")

REVERSED: Final = n_("Reversed. %(effect)s")
CORRECTED: Final = n_("Corrected: the old entry is reversed, this one is recorded in its place. %(effect)s")
DONE_BEFORE: Final = n_("This was done already; nothing was recorded twice.")


class ActivityQuery(BaseModel):
    """The figure that one came from."""

    model_config = ConfigDict(frozen=True)

    scorecard: str = Field(default="", max_length=60)
    kpi: str = Field(default="", max_length=40)


class Rate(NamedTuple):
    """US dollars for one unit of a currency, and the month whose rate it is, in words."""

    usd: Decimal
    month: str


class Corrected(NamedTuple):
    """The entry that was reversed, and why."""

    key: str
    reason: str


class ReachedBy(NamedTuple):
    """A scorecard's KPI, whose activities led here."""

    node: Node
    name: str
    kpi: str
    kpi_name: str


class ReverseForm(BaseModel):
    """Why an activity is taken out."""

    model_config = ConfigDict(frozen=True)

    form_id: str = Field(pattern=rf"^{FORM_ID}$")
    reason: str = Field(min_length=3, max_length=500)


class CorrectForm(ActivityForm):
    """An activity's form with the reason of its correction."""

    reason: str = Field(min_length=3, max_length=500)


@pages.read("/activities/<key>", may=Deed.SEE_ACTIVITIES)
def activity(context: RequestContext, key: str, query: ActivityQuery) -> Page:
    """All that is known of it."""
    loaded = scoring.state(context.connection)
    frame = loaded.frame
    history = _seen(context, frame, key)
    today = context.today
    directory = context.directory
    own = _is_own(context, history)
    judges = context.allowed(Deed.VERIFY) and ledger.may_verify(
        directory, viewer=context.viewer, unit=history.unit, sharers=history.employees, day=today
    )
    contents = Contents(
        history.type,
        history.day,
        Party(history.company, "", history.company_registration),
        Party(history.buyer, history.country, history.buyer_registration),
    )
    sees, sees_activities = context.sees(Deed.SEE_SCORECARD), context.sees(Deed.SEE_ACTIVITIES)
    turn = ledger.whose_turn(directory, unit=history.unit, sharers=history.employees, day=today)
    shows_people = judges or not own or context.allowed(Deed.SEE_PEOPLE)
    return Page(
        "pages/activity.html",
        entry=history,
        own=own,
        judges=judges and history.state != "reversed",
        form_id=str(context.typed.value("form_id", "") or uuid4()),
        alike=ledger.activities_alike(context.connection, frame, contents=contents, but=history.seq) if judges else [],
        turn=turn,
        turn_names=[directory.employees[number].name for number in turn],
        needed=history.type in ledger.types_to_verify(frame),
        people=directory.employees,
        shows_people=shows_people,
        unit=None if history.unit is None else directory.unit_near(history.unit, history.day),
        units={part.unit: directory.unit_near(part.unit, history.day) for part in history.credits if part.unit},
        history=history,
        counted=places_of(loaded, history, sees=sees),
        derives=context.sees(Deed.SEE_DERIVATION),
        unit_node=None if history.unit is None else Node(NodeKind.UNIT, history.unit),
        sees=sees_activities,
        shows_node=lambda text: (node := Node.parse(text)) is not None and sees(node),
        audits=context.allowed(Deed.SEE_LEDGER),
        corrected_by={
            one.id: _key_of(one.source, one.id) for one in history.verdicts if _is_correction(one.source, one.id)
        },
        corrects=_corrects(context, frame, history),
        rate=_rate(frame, history),
        reached_by=_reached_by(context, loaded, query),
        words=words,
    )


_CORRECTION: Final = "-reversal"


def _is_correction(source: str, id_: str) -> bool:
    """Whether a reversal came from the form that records another entry in the reversed one's place."""
    return source.startswith("/pages/") and id_.endswith(_CORRECTION)


def _key_of(source: str, reversal: str) -> str:
    return ledger.event_key(EventKey(source, reversal.removesuffix(_CORRECTION)))


def _corrects(context: RequestContext, frame: Frame, history: ActivityHistory) -> Corrected | None:
    """The entry in whose place this one was recorded, and why. Queries: 2 for an entry of a page."""
    if not history.source.startswith("/pages/"):
        return None
    key = ledger.event_key(EventKey(history.source, history.id + _CORRECTION))
    reversal = ledger.raw_event(context.connection, frame, key=key)
    if reversal is None or reversal.target is None:
        return None
    return Corrected(reversal.target, str(json.loads(reversal.body).get("data", {}).get("reason", "")))


def _rate(frame: Frame, history: ActivityHistory) -> Rate | None:
    """At what rate, and of which month, its amount is worth what it is in US dollars."""
    month, usd = (find(history.currency, history.day) for find in (frame.known.rates.month, frame.known.rates.rate))
    return (
        Rate(usd, format_date(month, "MMMM yyyy")) if isinstance(usd, Decimal) and isinstance(month, dt.date) else None
    )


def _reached_by(context: RequestContext, loaded: State, query: ActivityQuery) -> ReachedBy | None:
    """The figure whose activities one came from, where it may be looked at."""
    node = Node.parse(query.scorecard) if query.scorecard else None
    if node is None or query.kpi not in loaded.sheet.definitions.kpis:
        return None
    if not access.exists(context.directory, node) or not context.allowed(Deed.SEE_DERIVATION, node):
        return None
    kpi = loaded.sheet.kpi(query.kpi).versions[-1].name.in_language(page_language())
    return ReachedBy(node, scoring.node_name(context.directory, node, context.today), query.kpi, kpi)


@pages.act("/activities/<key>/reverse", may=Deed.REVERSE_ACTIVITY, again="activity")
def reverse(context: RequestContext, key: str, form: ReverseForm) -> Redirect:
    """Take the whole activity out, with a reason."""
    loaded = intake.state_to_record_in(context.connection)
    history = _mine(context, loaded.frame, key)
    change = ScoreChange.before(context, loaded=loaded, employee=history.employee, day=history.day)
    is_repeat = intake.reverse_own(
        context.connection, loaded.frame, activity=history, reason=form.reason, page=page_of(context, form.form_id)
    )
    if is_repeat:
        context.did_nothing = True
        return Redirect(DONE_BEFORE, then="activity", values={"key": key})
    context.note(subject=f"activity:{key}", before=history.state, after="reversed", why=form.reason)
    return Redirect(REVERSED, then="activity", values={"key": key}, parameters={"effect": change.words(context)})


@pages.read("/activities/<key>/correct", may=Deed.REVERSE_ACTIVITY)
def correction(context: RequestContext, key: str) -> Page:
    """The form with what is recorded, to be mended."""
    frame = scoring.state(context.connection).frame
    history = _mine(context, frame, key)
    locale = get_locale()
    language = locale.language if locale else "en"
    return Page(
        "pages/activity_correct.html",
        entry=history,
        offered=choices(context, frame=frame, language=language, typed=context.typed, of=history),
        duplicates=[],
        words=words,
    )


@pages.act("/activities/<key>/correct", may=Deed.REVERSE_ACTIVITY, again="correction")
def correct(context: RequestContext, key: str, form: CorrectForm) -> Redirect:
    """Reverse it and record another in its place, both or neither."""
    loaded = intake.state_to_record_in(context.connection)
    frame = loaded.frame
    history = _mine(context, frame, key)
    change = ScoreChange.before(context, loaded=loaded, employee=history.employee, day=form.day)
    with at_the_form():
        corrected = intake.correct_own(
            context.connection,
            frame,
            activity=history,
            reason=form.reason,
            replacement=lambda time: event_of(context, frame=frame, form=form, rows=typed_colleagues(), time=time),
            page=page_of(context, form.form_id),
        )
    then = {"key": corrected.key}
    if corrected.is_repeat:
        context.did_nothing = True
        return Redirect(DONE_BEFORE, then="activity", values=then)
    context.note(subject=f"activity:{key}", before=history.state, after=corrected.event, why=form.reason)
    return Redirect(CORRECTED, then="activity", values=then, parameters={"effect": change.words(context)})


def _is_own(context: RequestContext, history: ActivityHistory) -> bool:
    return context.viewer.employee == history.employee


def _seen(context: RequestContext, frame: Frame, key: str) -> ActivityHistory:
    """The activity, where it is there and for this person to see: an employee's own, one of their people's, or one of their units'."""
    history = ledger.activity_history(context.connection, frame, key=key)
    if history is None:
        raise NotThere
    sees = context.sees(Deed.SEE_ACTIVITIES)
    units = {part.unit for part in history.credits if part.unit} | ({history.unit} if history.unit else set())
    nodes = [Node(NodeKind.EMPLOYEE, number) for number in history.employees]
    nodes += [Node(NodeKind.UNIT, unit) for unit in units]
    if not any(sees(node) for node in nodes):
        raise NotThere
    return history


def _mine(context: RequestContext, frame: Frame, key: str) -> ActivityHistory:
    history = _seen(context, frame, key)
    context.require(Deed.REVERSE_ACTIVITY, Node(NodeKind.EMPLOYEE, history.employee))
    return history

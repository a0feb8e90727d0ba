"""Logging an activity: on a phone, in fifteen seconds, with a possible duplicate shown before it is saved.

Avoid a new id at each sending. The form carries its own, so that sent twice it is one event.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Final, Literal

from flask import Response, url_for
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf
from pydantic import BaseModel, ConfigDict, Field

from app import intake, ledger, scoring
from app.intake import LoggedActivity
from app.kit.refusals import Conflict, Invalid, at_field
from app.ledger import ActivityHistory, Frame
from app.plain.findings import n_
from app.rules.activities import EventKey
from app.rules.money import too_large, usd_cents
from app.rules.own_events import pages_source
from app.rules.permissions import Deed
from app.rules.presence import cycle_of
from app.rules.terms import Node, NodeKind
from app.web.answer.rendering import FormError, Json, Page, Redirect, say
from app.web.answer.returning import forget
from app.web.answer.routing import Pages
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.entry.entry_form import (
    LogForm,
    at_the_form,
    choices,
    colleagues_named,
    country_names,
    entered_for,
    event_of,
    local_today,
    offline_choices,
    page_of,
    possible_duplicates,
    typed_colleagues,
)
from app.web.entry.entry_offers import offered_buyer
from app.web.entry.score_change import ScoreChange
from app.web.looks.assets import assets
from app.web.wording import words
from app.web.wording.languages import day_text, filled, page_language, usd
from app.web.wording.languages import month as month_said
from app.web.wording.typed_numbers import read_number

pages: Final = Pages("log_activity")

SAVED: Final = n_("Saved. %(effect)s")
SAVED_BEFORE: Final = n_("This form was saved already; nothing was recorded twice.")
OTHER_CYCLE: Final = n_(
    "%(day)s is in the cycle %(cycle)s, for which nobody has a scorecard here, so that it would move no score: save once more if the day is right."
)
WHOLE_DOLLARS_FROM: Final = 100
"""From so much on the cents say nothing."""

NOT_YOURS: Final = n_("Somebody else entered this, and it waits on this phone: ask them to sign in here.")
LOOK_FIRST: Final = n_("This may be recorded already: look at what is shown, and say so if it is another one.")


class Suggestion(BaseModel):
    """What was typed so far."""

    model_config = ConfigDict(frozen=True)

    text: str = ""
    country: str = ""


class Amount(BaseModel):
    """An amount as it is typed, in its currency, on its day."""

    model_config = ConfigDict(frozen=True)

    amount: str = Field(default="", max_length=60)
    currency: str = ""
    day: dt.date | None = None


class Likeness(BaseModel):
    """The part of the form by which two activities are compared."""

    model_config = ConfigDict(frozen=True)

    type: str = ""
    company: str = ""
    company_registration: str = ""
    buyer: str = ""
    buyer_country: str = ""
    buyer_registration: str = ""
    day: dt.date | None = None


class FormQuery(BaseModel):
    """What the form begins with."""

    model_config = ConfigDict(frozen=True)

    like: str = Field(default="", max_length=64)
    """An entry of one's own, by its key, that is to be recorded again."""


@pages.read("/log", may=Deed.LOG_ACTIVITY)
def log_activity(context: RequestContext, query: FormQuery) -> Page:
    """The form; refused, with what was typed and what may be a duplicate."""
    frame = scoring.state(context.connection).frame
    language = page_language()
    offered = choices(
        context,
        frame=frame,
        language=language,
        typed=context.typed,
        of=_own_entry(context, frame, query.like) if query.like else None,
        repeats=True,
    )
    duplicates = []
    if context.typed.refused:
        values = {name: str(context.typed.value(name, "")) for name in Likeness.model_fields}
        duplicates = possible_duplicates(
            context.connection, frame=frame, values=values, day=_day(values["day"]) or offered.today
        )
    return Page(
        "pages/log_activity.html",
        offered=offered,
        duplicates=duplicates,
        like=query.like,
        me=context.directory.employees[context.viewer.employee or ""],
        stood_in_for=_stood_in_for(context),
        known=offered.offers.for_script(dict(country_names(language))),
        words=words,
    )


def _stood_in_for(context: RequestContext) -> list[tuple[str, str]]:
    """Those in whose place one enters today, for a choice; none where there is nobody."""
    people, me = context.directory.employees, context.viewer.employee or ""
    givers = [one.giver for one in context.viewer.stands_in_for("entry") if one.giver in people]
    return [(one, f"{people[one].name} ({one})") for one in (me, *givers)] if givers else []


def _own_entry(context: RequestContext, frame: Frame, key: str) -> ActivityHistory:
    history = scoring.seen_activity(context.connection, frame, key=key, viewer=context.viewer, today=context.today)
    context.require(Deed.REVERSE_ACTIVITY, Node(NodeKind.EMPLOYEE, history.employee))
    return history


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _look_first(context: RequestContext, form: LogForm) -> ScoreChange | FormError:
    """What may be recorded already stops a form that is not sure; the score before is for the answer."""
    loaded = scoring.state(context.connection)
    context.use(loaded.frame.directory)
    me = context.viewer.employee or ""
    # What is wrong is told before what is alike.
    event_of(context, frame=loaded.frame, form=form, rows=typed_colleagues())
    cycle = cycle_of(form.day, loaded.frame.first_month)
    if loaded.sheet.cycles and cycle not in loaded.sheet.cycles and form.other_cycle != form.day.isoformat():
        said = {"day": day_text(form.day), "cycle": cycle, "digits": form.day.isoformat()}
        return FormError(at_field("day", "other_cycle", OTHER_CYCLE, **said))
    if not form.sure:
        values = {name: str(getattr(form, name)) for name in Likeness.model_fields}
        duplicates = possible_duplicates(context.connection, frame=loaded.frame, values=values, day=form.day)
        # Sent twice, the form finds its own activity.
        own = ledger.event_key(EventKey(pages_source(me), form.form_id))
        if duplicates and own not in {one.key for one in duplicates}:
            return FormError(at_field("sure", "possible_duplicate", LOOK_FIRST))
    return ScoreChange.before(context, loaded=loaded, employee=entered_for(context, form), day=form.day)


def _say_effect(context: RequestContext, answer: Redirect, looked_up: ScoreChange) -> Redirect:
    return looked_up.said(context, answer)


def _record(context: RequestContext, form: LogForm, looked_up: ScoreChange) -> LoggedActivity:
    frame = looked_up.plan.frame
    context.use(frame.directory)
    rows = typed_colleagues()
    with at_the_form():
        logged = intake.log_own(
            context.connection,
            frame,
            employee=context.viewer.employee or "",
            event=lambda time: event_of(context, frame=frame, form=form, rows=rows, time=time),
            page=page_of(context, form.form_id),
        )
    if logged.is_repeat:
        context.did_nothing = True
    else:
        context.note(subject=f"activity:{logged.key}", after=logged.event)
    return logged


@pages.act("/log", may=Deed.LOG_ACTIVITY, again="log_activity", before=_look_first, after=_say_effect)
def log(context: RequestContext, form: LogForm, looked_up: ScoreChange) -> Redirect:
    """Record it, and say what it did to the score."""
    logged = _record(context, form, looked_up)
    then = {"key": logged.key}
    if logged.is_repeat:
        return Redirect(SAVED_BEFORE, then="activity", values=then)
    return Redirect(SAVED, then="activity", values=then, parameters={"effect": ""})


class SentForm(LogForm):
    """What the page's script sends: at once, or after the form has waited on the phone."""

    entered_by: str
    """The employee who was signed in when it was typed."""
    shown: Literal["", "page"] = ""
    """Whether the entry's page is opened next, which says what it did."""


def _look_before_taking(context: RequestContext, form: SentForm) -> ScoreChange:
    """As :func:`_look_first` does for who looks at the form now; who typed it must be who sends it."""
    if form.entered_by != context.viewer.employee:
        raise Conflict(message=NOT_YOURS)
    looked_up = _look_first(context, form)
    if isinstance(looked_up, FormError):
        raise Invalid(*looked_up.findings)
    return looked_up


def _tell_effect(context: RequestContext, answer: Json, looked_up: ScoreChange) -> Json:
    key = answer.body["address"].rpartition("/")[2]
    text = answer.body["text"] or filled(SAVED, {"effect": looked_up.words(context, key=key)})
    if answer.body["shown"]:
        say(text)
    # What an ended session had left to be sent is sent.
    forget(context.database, context.person, page=url_for("log_activity.log_activity"), now=context.now)
    return Json({**answer.body, "text": text})


@pages.act("/log/send", may=Deed.LOG_ACTIVITY, before=_look_before_taking, after=_tell_effect)
def send(context: RequestContext, form: SentForm, looked_up: ScoreChange) -> Json:
    """Record what the page's script sends: sent twice, it is one event, and the answer says so."""
    logged = _record(context, form, looked_up)
    return Json(
        {
            "address": url_for("activity.activity", key=logged.key),
            "buyer": form.buyer,
            "shown": form.shown,
            "text": filled(SAVED_BEFORE, {}) if logged.is_repeat else "",
        }
    )


@pages.read("/log/pass", may=Deed.LOG_ACTIVITY)
def signed_in(context: RequestContext) -> Json:
    """Who is signed in, and the token of now, for what has waited on the phone."""
    return Json({"employee": context.viewer.employee, "csrf_token": generate_csrf()})


@pages.read("/log/offline", may=Deed.LOG_ACTIVITY)
def offline(context: RequestContext) -> Page:
    """The form that a phone keeps for when there is no connection: drawn for nobody, and without a token."""
    frame = scoring.state(context.connection).frame
    offered = offline_choices(context, frame=frame, language=page_language())
    context.who = None
    life_hours = context.settings.session_life / dt.timedelta(hours=1)
    return Page("pages/log_offline.html", offered=offered, known={}, duplicates=[], words=words, life_hours=life_hours)


@pages.read("/log/worker.js", may=Deed.PUBLIC, transaction=False, lane=Lane.LOOP)
def worker(context: RequestContext) -> Response:
    """The script that answers for the form while there is no connection, at an address above which it may answer."""
    del context
    script = assets().get("gen/log_worker.js")
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": url_for("log_activity.log_activity")}
    return Response(script.content if script else b"", mimetype="text/javascript", headers=headers)


@pages.read("/log/companies", may=Deed.LOG_ACTIVITY)
def companies(context: RequestContext, query: Suggestion) -> Json:
    """Companies whose name or registration begins so."""
    parties = ledger.suggest_parties(context.connection, text=query.text[:200], buyers=False)
    return Json(
        {"items": [{"value": one.name, "registration": one.registration, "note": one.registration} for one in parties]}
    )


@pages.read("/log/buyers", may=Deed.LOG_ACTIVITY)
def buyers(context: RequestContext, query: Suggestion) -> Json:
    """Buyers whose name or registration begins so, those of the chosen country first."""
    parties = ledger.suggest_parties(context.connection, text=query.text[:200], buyers=True, country=query.country)
    countries = dict(country_names(page_language()))
    return Json({"items": [offered_buyer(one, countries) for one in parties]})


@pages.read("/log/dollars", may=Deed.LOG_ACTIVITY)
def dollars(context: RequestContext, query: Amount) -> Json:
    """What an amount is worth in US dollars by the rate of its day, in words; none where it is in dollars, or no number yet."""
    rates = scoring.state(context.connection).frame.known.rates
    amount = read_number(query.amount, field="amount") if query.amount else None
    day = query.day or local_today(context, context.viewer.employee)
    month = rates.month(query.currency, day)
    rate = rates.rate(query.currency, day)
    if not isinstance(amount, Decimal) or amount <= 0 or month is None or rate is None or too_large(amount, rate):
        return Json({"text": ""})
    worth = Decimal(usd_cents(amount, rate)).scaleb(-2)
    shown = usd(worth, places=0 if worth >= WHOLE_DOLLARS_FROM else 2)
    return Json({"text": gettext("About %(dollars)s at the rate of %(month)s", dollars=shown, month=month_said(month))})


@pages.read("/log/colleagues", may=Deed.LOG_ACTIVITY)
def colleagues(context: RequestContext, query: Suggestion) -> Json:
    """Colleagues whose name or number begins so."""
    me = context.viewer.employee
    offered = colleagues_named(context.directory, text=query.text[:200], day=context.today, limit=9)
    return Json({"items": [one for one in offered if not one["value"].endswith(f"({me})")][:8]})


@pages.read("/log/alike", may=Deed.LOG_ACTIVITY)
def alike(context: RequestContext, query: Likeness) -> Page:
    """What may be recorded already, as the list that the form shows."""
    frame = scoring.state(context.connection).frame
    day = query.day or local_today(context, context.viewer.employee)
    duplicates = possible_duplicates(
        context.connection,
        frame=frame,
        values={name: str(getattr(query, name) or "") for name in Likeness.model_fields},
        day=day,
    )
    return Page("pages/activity_alike.html", duplicates=duplicates, words=words)

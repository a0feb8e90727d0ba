"""Logging an activity: on a phone, in fifteen seconds, with a possible duplicate shown before it is saved.

A newcomer's usual mistake is a new id at each sending. The form carries its own, so that sent twice it is one event.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from flask import request
from flask_babel import get_locale
from pydantic import BaseModel, ConfigDict

from app import intake, ledger, scoring
from app.kit.refusals import Conflict, Invalid, at_field
from app.ledger import Frame, Recorded
from app.rules.activities import EventKey
from app.rules.own_events import pages_source
from app.rules.permissions import Deed
from app.rules.terms import n_
from app.web import words
from app.web.entry_form import (
    SHARED_MAX,
    ActivityForm,
    Colleague,
    at_form_field,
    choices,
    colleagues_named,
    event_of,
    local_today,
    possible_duplicates,
)
from app.web.rendering import FormError, Json, Page, Redirect
from app.web.request_context import RequestContext
from app.web.routing import Pages
from app.web.score_change import ScoreChange

pages: Final = Pages("log_activity")

SAVED: Final = n_("Saved. %(effect)s")
SAVED_BEFORE: Final = n_("This form was saved already; nothing was recorded twice.")
OTHER_CONTENTS: Final = n_(
    "This form has been saved before, with other contents. Open that activity to correct it, or begin a new form."
)
LOOK_FIRST: Final = n_("This may be recorded already. Look at what is shown, and say that it is another one.")


class Suggestion(BaseModel):
    """What was typed so far."""

    model_config = ConfigDict(frozen=True)

    q: str = ""
    country: str = ""


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


@pages.read("/log", may=Deed.LOG_ACTIVITY)
def log_activity(context: RequestContext) -> Page:
    """The form; refused, with what was typed and what may be a duplicate."""
    frame = scoring.state(context.connection).frame
    locale = get_locale()
    offered = choices(context, frame=frame, language=locale.language if locale else "en", typed=context.typed)
    duplicates = []
    if context.typed.refused:
        values = {name: str(context.typed.value(name, "")) for name in Likeness.model_fields}
        duplicates = possible_duplicates(
            context.connection, frame=frame, values=values, day=_day(values["day"]) or offered.today
        )
    return Page("pages/log_activity.html", offered=offered, duplicates=duplicates, words=words)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _look_first(context: RequestContext, form: ActivityForm) -> ScoreChange | FormError:
    """What may be recorded already stops a form that is not sure; the score before is for the answer."""
    held = scoring.state(context.connection)
    context.use(held.frame.directory)
    me = context.viewer.employee or ""
    event_of(context, frame=held.frame, form=form, rows=_rows())  # What is wrong is told before what is alike.
    if not form.sure:
        values = {name: str(getattr(form, name)) for name in Likeness.model_fields}
        found = possible_duplicates(context.connection, frame=held.frame, values=values, day=form.day)
        # Sent twice, the form finds its own activity.
        if found and _key(me, form) not in {one.key for one in found}:
            return FormError(at_field("sure", "possible_duplicate", LOOK_FIRST))
    return ScoreChange.before(context, held=held, employee=me, day=form.day)


@pages.act("/log", may=Deed.LOG_ACTIVITY, again="log_activity", before=_look_first)
def log(context: RequestContext, form: ActivityForm, looked_up: ScoreChange) -> Redirect | FormError:
    """Record it, and say what it did to the score."""
    frame = looked_up.plan.frame
    context.use(frame.directory)
    me = context.viewer.employee or ""
    key = _key(me, form)
    event = event_of(context, frame=frame, form=form, rows=_rows())
    recorded = _recorded(context, frame, event)
    if recorded.rejected and recorded.rejected[0].findings[0].code == "conflict":
        # Sent again, a form makes its event again: with the time of the first the two are one, unless something else was typed.
        time = ledger.recorded_time(context.connection, source=pages_source(me), id=form.form_id)
        event = event_of(context, frame=frame, form=form, rows=_rows(), time=time)
        recorded = _recorded(context, frame, event)
    if recorded.rejected:
        findings = recorded.rejected[0].findings
        raise (
            Conflict(message=OTHER_CONTENTS)
            if findings[0].code == "conflict"
            else Invalid(*map(at_form_field, findings))
        )
    context.note(subject=f"activity:{key}", after=event)
    if recorded.duplicate:
        return Redirect(SAVED_BEFORE, then="activity", values={"key": key})
    return Redirect(SAVED, then="activity", values={"key": key}, parameters={"effect": looked_up.words(context)})


def _key(me: str, form: ActivityForm) -> str:
    return ledger.event_key(EventKey(pages_source(me), form.form_id))


def _recorded(context: RequestContext, frame: Frame, event: dict[str, object]) -> Recorded:
    return intake.take_in(
        context.connection,
        [intake.arrival_of(event)],
        at=context.now,
        door="page",
        sender=context.viewer,
        request=context.number,
        keep=False,
        frame=frame,
    )


def _rows() -> list[Colleague]:
    names, shares = request.form.getlist("colleague"), request.form.getlist("share")
    return [Colleague(name.strip(), share.strip()) for name, share in zip(names, shares, strict=False)][:SHARED_MAX]


@pages.read("/log/companies", may=Deed.LOG_ACTIVITY)
def companies(context: RequestContext, query: Suggestion) -> Json:
    """Companies whose name or registration begins so."""
    found = ledger.suggest_parties(context.connection, text=query.q[:200], buyers=False)
    return Json(
        {"items": [{"value": one.name, "registration": one.registration, "note": one.registration} for one in found]}
    )


@pages.read("/log/buyers", may=Deed.LOG_ACTIVITY)
def buyers(context: RequestContext, query: Suggestion) -> Json:
    """Buyers whose name or registration begins so, those of the chosen country first."""
    found = ledger.suggest_parties(context.connection, text=query.q[:200], buyers=True, country=query.country)
    return Json(
        {
            "items": [
                {
                    "value": one.name,
                    "registration": one.registration,
                    "country": one.country,
                    "note": f"{one.country} {one.registration}".strip(),
                }
                for one in found
            ]
        }
    )


@pages.read("/log/colleagues", may=Deed.LOG_ACTIVITY)
def colleagues(context: RequestContext, query: Suggestion) -> Json:
    """Colleagues whose name or number begins so."""
    me = context.viewer.employee
    found = colleagues_named(context.directory, text=query.q[:200], day=context.today, limit=9)
    return Json({"items": [one for one in found if not one["value"].endswith(f"({me})")][:8]})


@pages.read("/log/alike", may=Deed.LOG_ACTIVITY)
def alike(context: RequestContext, query: Likeness) -> Page:
    """What may be recorded already, as the list that the form shows."""
    frame = scoring.state(context.connection).frame
    day = query.day or local_today(context, context.viewer.employee or "")
    found = possible_duplicates(
        context.connection,
        frame=frame,
        values={name: str(getattr(query, name) or "") for name in Likeness.model_fields},
        day=day,
    )
    return Page("pages/activity_alike.html", duplicates=found, words=words)

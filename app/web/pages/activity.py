"""One activity with its whole history; its employee corrects or reverses it, a head judges it.

Do not change an activity. It stands for ever: to correct it is to reverse it and to record another under a new id
(contract), both in one transaction.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from app import access, intake, scoring
from app.access import SubjectFilter, TrailFilter
from app.kit.refusals import NotThere
from app.ledger import ActivityHistory, Frame
from app.plain.findings import n_
from app.rules.own_events import entering_employee, pages_source
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.rules.usual_reasons import CORRECTING, REJECTING, REVERSING
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.entry.entry_form import (
    FORM_ID,
    ActivityForm,
    at_the_form,
    choices,
    country_names,
    event_of,
    page_of,
    typed_colleagues,
)
from app.web.entry.score_change import ScoreChange
from app.web.wording import words
from app.web.wording.languages import month as month_said
from app.web.wording.languages import page_language
from app.web.wording.usual_reasons import given_reason

pages: Final = Pages("activity")

REVERSED: Final = n_("Reversed. %(effect)s")
CORRECTED: Final = n_("Corrected: the old entry is reversed, this one is recorded in its place. %(effect)s")
DONE_BEFORE: Final = n_("This was done already; nothing was recorded twice.")


class ActivityQuery(BaseModel):
    """The figure that one came from."""

    model_config = ConfigDict(frozen=True)

    scorecard: str = Field(default="", max_length=60)
    kpi: str = Field(default="", max_length=40)


class ReverseForm(BaseModel):
    """Why an activity is taken out."""

    model_config = ConfigDict(frozen=True)

    form_id: str = Field(pattern=rf"^{FORM_ID}$")
    usual: str = Field(default="", max_length=20)
    reason: str = Field(default="", max_length=500)


class CorrectForm(ActivityForm):
    """An activity's form with the reason of its correction."""

    usual: str = Field(default="", max_length=20)
    reason: str = Field(default="", max_length=500)


@pages.read("/activities/<key>", may=Deed.SEE_ACTIVITIES)
def activity(context: RequestContext, key: str, query: ActivityQuery) -> Page:
    """All that is known of it."""
    loaded = scoring.state(context.connection)
    context.use(loaded.frame.directory)
    shown = scoring.activity_page(
        context.connection,
        loaded,
        key=key,
        viewer=context.viewer,
        today=context.today,
        reached_by=(query.scorecard, query.kpi),
    )
    sees = context.sees(Deed.SEE_SCORECARD)
    return Page(
        "pages/activity.html",
        shown=shown,
        entry=shown.history,
        history=shown.history,
        entered_by=next(
            (name for one, name in shown.people.items() if pages_source(one) == shown.history.source), None
        ),
        stood_in=entering_employee(shown.history.source) not in {None, shown.history.employee},
        counted=shown.nodes,
        month=None if shown.rate is None else month_said(shown.rate.month),
        unit_node=None if shown.history.unit is None else Node(NodeKind.UNIT, shown.history.unit),
        form_id=str(context.typed.value("form_id", "") or uuid4()),
        derives=context.sees(Deed.SEE_DERIVATION),
        sees=context.sees(Deed.SEE_ACTIVITIES),
        way=()
        if shown.reached_by is None
        else scoring.way_down(context.directory, shown.reached_by.node, context.today, sees=sees),
        shows_node=lambda text: (node := Node.parse(text)) is not None and sees(node),
        audits=context.allowed(Deed.SEE_LEDGER),
        on_the_trail=context.allowed(Deed.SEE_TRAIL) and _is_on_the_trail(context, key),
        rejecting=REJECTING,
        reversing=REVERSING,
        words=words,
    )


def _is_on_the_trail(context: RequestContext, key: str) -> bool:
    """Whether a person has done anything about it; what came in by files and keys alone has its arrival and verdicts, and no deeds. Queries: 1."""
    only = TrailFilter(about=SubjectFilter(subjects=[f"activity:{key}"]))
    return bool(access.deeds_in_all(context.connection, only=only, count_to=0))


class BeforeChange(NamedTuple):
    """An activity that its employee changes, why, and the scores until then."""

    history: ActivityHistory
    reason: str
    change: ScoreChange


def _before_change(context: RequestContext, key: str, form: ReverseForm | CorrectForm) -> BeforeChange:
    loaded = scoring.state(context.connection)
    context.use(loaded.frame.directory)
    history = _mine(context, loaded.frame, key)
    day = history.day
    reason = given_reason(form.usual, form.reason, of=CORRECTING if isinstance(form, CorrectForm) else REVERSING)
    if isinstance(form, CorrectForm):
        # What is wrong is told before anything is planned for the cycle of a day that may be none.
        with at_the_form():
            event_of(context, frame=loaded.frame, form=form, rows=typed_colleagues())
        day = form.day
    return BeforeChange(history, reason, ScoreChange.before(context, loaded=loaded, employee=history.employee, day=day))


def _say_effect(context: RequestContext, answer: Redirect, looked_up: BeforeChange) -> Redirect:
    return looked_up.change.said(context, answer)


@pages.act(
    "/activities/<key>/reverse",
    may=Deed.REVERSE_ACTIVITY,
    again="activity",
    before=_before_change,
    after=_say_effect,
)
def reverse(context: RequestContext, key: str, form: ReverseForm, looked_up: BeforeChange) -> Redirect:
    """Take the whole activity out, with a reason."""
    state_before = intake.reverse_own(
        context.connection,
        intake.state_to_record_in(context.connection).frame,
        activity=looked_up.history,
        reason=looked_up.reason,
        page=page_of(context, form.form_id),
    )
    if state_before is None:
        context.did_nothing = True
        return Redirect(DONE_BEFORE, then="activity", values={"key": key})
    context.note(subject=f"activity:{key}", before=state_before, after="reversed", why=looked_up.reason)
    return Redirect(REVERSED, then="activity", values={"key": key}, parameters={"effect": ""})


@pages.read("/activities/<key>/correct", may=Deed.REVERSE_ACTIVITY)
def correction(context: RequestContext, key: str) -> Page:
    """The form with what is recorded, to be mended."""
    frame = scoring.state(context.connection).frame
    history = _mine(context, frame, key)
    if history.type == "figure":
        # Another figure goes before it; this form is of companies and buyers.
        raise NotThere
    offered = choices(context, frame=frame, language=page_language(), typed=context.typed, of=history)
    return Page(
        "pages/activity_correct.html",
        entry=history,
        correcting=CORRECTING,
        offered=offered,
        known=offered.offers.for_script(dict(country_names(page_language()))),
        duplicates=[],
        words=words,
    )


@pages.act(
    "/activities/<key>/correct",
    may=Deed.REVERSE_ACTIVITY,
    again="correction",
    before=_before_change,
    after=_say_effect,
)
def correct(context: RequestContext, key: str, form: CorrectForm, looked_up: BeforeChange) -> Redirect:
    """Reverse it and record another in its place, both or neither."""
    frame = intake.state_to_record_in(context.connection).frame
    context.use(frame.directory)
    with at_the_form():
        corrected = intake.correct_own(
            context.connection,
            frame,
            activity=looked_up.history,
            reason=looked_up.reason,
            replacement=lambda time: event_of(
                context, frame=frame, form=form, rows=typed_colleagues(), time=time or looked_up.history.time
            ),
            page=page_of(context, form.form_id),
        )
    then = {"key": corrected.key}
    if corrected.is_repeat:
        context.did_nothing = True
        return Redirect(DONE_BEFORE, then="activity", values=then)
    context.note(subject=f"activity:{key}", before=corrected.state_before, after=corrected.event, why=looked_up.reason)
    return Redirect(CORRECTED, then="activity", values=then, parameters={"effect": ""})


def _mine(context: RequestContext, frame: Frame, key: str) -> ActivityHistory:
    history = scoring.seen_activity(context.connection, frame, key=key, viewer=context.viewer, today=context.today)
    context.require(Deed.REVERSE_ACTIVITY, Node(NodeKind.EMPLOYEE, history.employee))
    return history

"""The queue of what waits for a second person, and the verdicts, one or several at once.

Do not overwrite: what a colleague judged while the page was open is left as it is, and named.
"""

from __future__ import annotations

from typing import Final, Literal
from uuid import uuid4

from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field

from app import intake, ledger, scoring
from app.kit.refusals import Conflict, Invalid, at_field
from app.ledger import ActivityHistory, AlreadyJudged, Frame
from app.plain.findings import n_
from app.rules.activities import ACTIVITY_TYPES
from app.rules.permissions import Deed
from app.web import words
from app.web.entry_form import FORM_ID, page_of
from app.web.rendering import Page, Redirect
from app.web.request_context import RequestContext
from app.web.routing import Pages

pages: Final = Pages("verification")

PAGE_ROWS: Final = 50
JUDGED_SHOWN: Final = 5
"""So many of the entries that were judged just now are named."""

SAID: Final = n_("%(done)s %(already)s")
ALL_JUDGED: Final = n_("Nothing was recorded: this has been judged since you opened the page. %(already)s")
CHOOSE: Final = n_("Choose at least one entry.")
SAY_WHY: Final = n_("Say why it is rejected: its employee reads it.")


class QueueQuery(BaseModel):
    """What of the queue is looked at."""

    model_config = ConfigDict(frozen=True)

    type: Literal["", "all", "export_consult", "export_deal", "new_buyer"] = ""
    whose: Literal["mine", "all"] = "mine"
    person: str = Field(default="", max_length=100)
    judged: list[str] = Field(default_factory=list, max_length=JUDGED_SHOWN)
    """What the person judged just now: named, with the way to it."""
    page: int = Field(default=1, ge=1, le=1_000_000)


class JudgeForm(BaseModel):
    """Which entries, and what is said of them."""

    model_config = ConfigDict(frozen=True)

    form_id: str = Field(pattern=rf"^{FORM_ID}$")
    activity: list[str] = Field(default_factory=list, max_length=200)
    verdict: Literal["verified", "rejected"]
    reason: str = Field(default="", max_length=500)
    seen: Literal["entered", "verified", "confirmed", "denied", "rejected"] = "entered"
    then: str = ""


@pages.read("/verification", may=Deed.VERIFY)
def verification(context: RequestContext, query: QueueQuery) -> Page:
    """The queue, the oldest first."""
    frame = scoring.state(context.connection).frame
    types = {"": (), "all": tuple(ACTIVITY_TYPES)}.get(query.type, (query.type,))
    queue = ledger.verification_queue(
        context.connection,
        frame,
        viewer=context.viewer,
        day=context.today,
        limit=PAGE_ROWS,
        offset=(query.page - 1) * PAGE_ROWS,
        types=types,
        everything=query.whose == "all",
        person=query.person,
    )
    directory = context.directory
    return Page(
        "pages/verification.html",
        queue=queue,
        judged=_judged(context, frame, query.judged),
        query=query,
        form_id=str(context.typed.value("form_id", "") or uuid4()),
        needed=ledger.types_to_verify(frame),
        people=directory.employees,
        units={row.unit: directory.unit_near(row.unit, row.day) for row in queue.rows if row.unit},
        page_rows=PAGE_ROWS,
        words=words,
    )


@pages.act("/verification", may=Deed.VERIFY, again="verification")
def judge(context: RequestContext, form: JudgeForm) -> Redirect:
    """Verify or reject entries in one's own name."""
    if not form.activity:
        raise Invalid(at_field("activity", "missing", CHOOSE))
    if form.verdict == "rejected" and len(form.reason) < 3:
        raise Invalid(at_field("reason", "missing", SAY_WHY))
    frame = intake.state_to_record_in(context.connection).frame
    judged = intake.judge(
        context.connection,
        frame,
        keys=form.activity,
        verdict=form.verdict,
        reason=form.reason,
        seen=form.seen,
        page=page_of(context, form.form_id),
    )
    already = _already(context, judged.already)
    if judged.already and not judged.keys:
        raise Conflict(message=ALL_JUDGED, parameters={"already": already})
    context.did_nothing = not judged.keys
    for key in judged.keys:
        context.note(subject=f"activity:{key}", before=form.seen, after=form.verdict, why=form.reason or None)
    number = len(set(form.activity)) - len(judged.already)
    done = gettext("%(number)s verified.") if form.verdict == "verified" else gettext("%(number)s rejected.")
    then = {"activity": form.activity[0]} if form.then == "activity" and len(form.activity) == 1 else {}
    return Redirect(
        SAID,
        then="activity" if then else "verification",
        values={"key": then["activity"]} if then else {"judged": list(judged.keys[:JUDGED_SHOWN])},
        parameters={"done": done % {"number": number}, "already": already},
    )


def _judged(context: RequestContext, frame: Frame, keys: list[str]) -> list[ActivityHistory]:
    """Those of the entries that are this person's to judge. Queries: 4 for each."""
    activities = [ledger.activity_history(context.connection, frame, key=key) for key in dict.fromkeys(keys)]
    return [
        one
        for one in activities
        if one is not None
        and ledger.may_verify(
            context.directory, viewer=context.viewer, unit=one.unit, sharers=one.employees, day=context.today
        )
    ]


def _already(context: RequestContext, judged: tuple[AlreadyJudged, ...]) -> str:
    """What was judged by somebody else meanwhile, in words."""
    people = context.directory.employees
    return " ".join(
        gettext(
            "%(buyer)s: %(state)s by %(by)s meanwhile.",
            buyer=one.buyer,
            state=gettext(words.STATES[one.state]),
            by=people[one.by].name if one.by in people else gettext("somebody else"),
        )
        for one in judged
    )

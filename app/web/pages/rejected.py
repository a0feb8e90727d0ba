"""Rejected events: why they were not recorded, and the form in which one is mended and sent again.

Do not lose what was typed: a replay that is rejected again shows the mended text with the new reasons.
Another is to show a kept reason as it was written down, which is English: whoever reads it has a language of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Final

from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field

from app import intake, ledger
from app.access import JsonText
from app.intake import NotYours
from app.kit.refusals import NotThere
from app.ledger import KeptReject
from app.plain.findings import Finding, Place, Words, n_
from app.rules.activities import EVENT_LENGTH_MAX
from app.rules.permissions import Deed
from app.web.answer.rendering import FormError, Page, Redirect
from app.web.answer.routing import Pages
from app.web.api.rejected import outcome
from app.web.asked.limits import EVENT_FORM_BYTES
from app.web.asked.request_context import RequestContext
from app.web.sentences.rejected_advice import advice_for
from app.web.wording.error_words import ON_PAGES
from app.web.wording.json_shown import indented
from app.web.wording.languages import filled, finding_text
from app.web.wording.plain_words import member
from app.web.wording.words import DOORS

pages: Final = Pages("rejected")

PAGE_ROWS: Final = 50
_TEXT_LENGTH_MAX: Final = 2 * EVENT_LENGTH_MAX
"""An event as the form shows it, set out in lines; without them it is as long as by any other door."""

_PLACES: Final = re.compile(r"%\((\w+)\)s")


class RejectedPageQuery(BaseModel):
    """Which page of the list."""

    model_config = ConfigDict(frozen=True)

    before: Annotated[int | None, Field(ge=0, le=2**62)] = None


class ReplayForm(BaseModel):
    """The event, mended; without one it is sent again as it came."""

    model_config = ConfigDict(frozen=True)

    event: Annotated[str | None, Field(max_length=_TEXT_LENGTH_MAX)] = None


@pages.read("/rejected", may=Deed.SEE_REJECTED)
def rejected(context: RequestContext, query: RejectedPageQuery) -> Page:
    """What is still to be mended, the newest first."""
    listed = ledger.rejected_events(context.connection, before=query.before, limit=PAGE_ROWS)
    return Page(
        "pages/rejected.html",
        events=listed.events,
        following=listed.following,
        query=query,
        replays=context.allowed(Deed.REPLAY_REJECTED),
        reason_text=reason_text,
        doors=DOORS,
    )


@pages.read("/rejected/<int:number>", may=Deed.SEE_REJECTED)
def one(context: RequestContext, number: int) -> Page:
    """One rejected event."""
    kept = _kept(context, number)
    return Page(
        "pages/rejected_event.html",
        kept=kept,
        text=indented(kept.text),
        advice=advice_for(context, kept) if kept.settled_at is None else None,
        reason_text=reason_text,
        doors=DOORS,
    )


@pages.act("/rejected/<int:number>", may=Deed.REPLAY_REJECTED, again="one", body_bytes=EVENT_FORM_BYTES)
def replay(context: RequestContext, number: int, form: ReplayForm) -> Redirect | FormError:
    """Send it again, mended or as it was."""
    kept = _kept(context, number)
    if kept.settled_at is not None:
        raise NotThere
    try:
        recorded, before, after = intake.replay(
            context.connection,
            kept,
            intake.arrival_of(kept.event) if form.event is None else intake.arrival_of_text(form.event),
            by=context.viewer,
            door="page",
            request=context.number,
            at=context.now,
        )
    except NotYours as refusal:
        general = Finding(code=refusal.code, message=refusal.message)
        return FormError(general, *(_at_event(finding) for finding in refusal.findings), status=refusal.status)
    context.note(subject=f"rejected:{kept.id}", before=JsonText(before), after=JsonText(after), why=outcome(recorded))
    if recorded.rejected:
        return FormError(*(_at_event(finding) for finding in recorded.rejected[0].findings))
    said = (
        n_("The event is recorded.")
        if recorded.accepted
        else n_("The ledger has this event already. It changes nothing.")
    )
    return Redirect(said, then="rejected")


def reason_text(error: Mapping[str, object]) -> str:
    """A reason that was kept with an event, in the reader's language.

    Args:
        error: ``detail``, the reason in English; where they were kept too, ``message``, the text that the catalogues know it by, and
            ``parameters``, which fill its places: ``{"words": …}`` for one that is a message itself.
    """
    detail, message, parameters = (error.get(name) for name in ("detail", "message", "parameters"))
    if isinstance(message, str) and isinstance(parameters, dict) and set(_PLACES.findall(message)) <= parameters.keys():
        return filled(ON_PAGES.get(message, message), {name: _parameter(value) for name, value in parameters.items()})
    # A reason without places is a text that the catalogues know; the empty one stands for a catalogue's own head.
    return str(gettext(ON_PAGES.get(detail, detail))) if isinstance(detail, str) and detail else ""


def _parameter(kept: object) -> object:
    return Words(kept["words"]) if isinstance(kept, dict) and isinstance(kept.get("words"), str) else kept


def _kept(context: RequestContext, number: int) -> KeptReject:
    kept = ledger.rejected_event(context.connection, number) if number < 2**62 else None
    if kept is None:
        raise NotThere
    return kept


def _at_event(finding: Finding) -> Finding:
    """The finding at the form's one field, with the place within the event in front."""
    place, where = Place(field="event", pointer="/event"), member(finding.place.pointer)
    if not where:
        return replace(finding, place=place)
    parameters: dict[str, object] = {"where": where, "detail": finding_text(finding)}
    return Finding(code=finding.code, message=n_("%(where)s: %(detail)s"), parameters=parameters, place=place)

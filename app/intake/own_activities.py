"""What a person does with activities on their pages: reverse, correct, judge. Each is one call in the caller's transaction.

A newcomer's usual mistake is a new event at each sending. A form carries its own id: sent twice, it makes the same events with the time of
the first, which are duplicates.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from app import ledger
from app.access import Viewer
from app.intake.events import arrival_of, take_in
from app.kit.refusals import Conflict, Invalid
from app.ledger import ActivityHistory, AlreadyJudged, Frame
from app.rules.activities import EventKey
from app.rules.own_events import pages_source
from app.rules.terms import n_

__all__ = ["Corrected", "FromPage", "correct_own", "judge", "reverse_own"]

REVERSED_MEANWHILE: Final = n_("This activity has been reversed already.")
OTHER_CONTENTS: Final = n_(
    "This form has been saved before, with other contents. Begin again from the activity's page."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FromPage:
    """Where a person's deed comes from: who, when, in which request, and the form's own id."""

    viewer: Viewer
    at: dt.datetime
    request: str
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """What was recorded in an activity's place.

    Attributes:
        key: its address.
        event: what was recorded.
        is_repeat: the form was sent before, and nothing has changed now.
    """

    key: str
    event: dict[str, object]
    is_repeat: bool


def reverse_own(
    connection: Connection, frame: Frame, *, activity: ActivityHistory, reason: str, page: FromPage
) -> bool:
    """Take a person's whole activity out. Returns whether this form had done it before.

    Raises:
        Conflict: it was reversed meanwhile, or the form was sent with another reason.
    """
    time = _time_of(connection, activity, page.form)
    if time is None and activity.state == "reversed":
        raise Conflict(message=REVERSED_MEANWHILE)
    _record(connection, frame, [_reversal(activity, id_=page.form, reason=reason, time=time, page=page)], page)
    return time is not None


def correct_own(
    connection: Connection,
    frame: Frame,
    *,
    activity: ActivityHistory,
    reason: str,
    replacement: Callable[[str | None], dict[str, object]],
    page: FromPage,
) -> Corrected:
    """Reverse a person's activity and record another in its place, both or neither.

    Args:
        connection: a writing transaction.
        frame: the agency.
        activity: the one that is corrected.
        reason: why.
        replacement: makes the other's event, with the time that this form's event was recorded with, if it was.
        page: where it comes from.

    Raises:
        Conflict: it was reversed meanwhile, or the form was sent with other contents.
        Invalid: the ledger's rules find something wrong with the other one.
    """
    time = _time_of(connection, activity, page.form)
    if time is None and activity.state == "reversed":
        raise Conflict(message=REVERSED_MEANWHILE)
    event = replacement(time)
    reversal_id = f"{page.form}-reversal"
    reversed_at = _time_of(connection, activity, reversal_id)
    reversal = _reversal(activity, id_=reversal_id, reason=reason, time=reversed_at, page=page)
    _record(connection, frame, [reversal, event], page)
    key = ledger.event_key(EventKey(pages_source(activity.employee), page.form))
    return Corrected(key=key, event=event, is_repeat=time is not None)


def judge(
    connection: Connection, frame: Frame, *, keys: Sequence[str], verdict: str, reason: str, seen: str, page: FromPage
) -> tuple[tuple[AlreadyJudged, ...], bool]:
    """Verify or reject entries in the person's own name. What stands otherwise than the person saw it is left as it is.

    Returns:
        What was judged by somebody else meanwhile, and whether anything was this person's to record.

    Raises:
        NotThere: an entry is not there, or not this person's to judge.
    """
    verdicts = ledger.verdicts_on(
        connection,
        frame,
        viewer=page.viewer,
        keys=keys,
        verdict=verdict,
        reason=reason,
        now=page.at,
        form=page.form,
        seen=seen,
    )
    if verdicts.events:
        _record(connection, frame, verdicts.events, page)
    return verdicts.already, bool(verdicts.events)


def _time_of(connection: Connection, activity: ActivityHistory, id_: str) -> str | None:
    return ledger.recorded_time(connection, source=pages_source(activity.employee), id=id_)


def _reversal(
    activity: ActivityHistory, *, id_: str, reason: str, time: str | None, page: FromPage
) -> dict[str, object]:
    return ledger.reversal_event(
        source=pages_source(activity.employee),
        id=id_,
        time=time or page.at.isoformat(timespec="seconds"),
        activity=activity,
        by=activity.employee,
        reason=reason,
    )


def _record(connection: Connection, frame: Frame, events: Sequence[dict[str, object]], page: FromPage) -> None:
    """Record all of them; where one is refused, the caller's transaction is given up."""
    recorded = take_in(
        connection,
        [arrival_of(event) for event in events],
        at=page.at,
        door="page",
        sender=page.viewer,
        request=page.request,
        frame=frame,
    )
    if recorded.rejected:
        findings = recorded.rejected[0].findings
        raise Conflict(message=OTHER_CONTENTS) if findings[0].code == "conflict" else Invalid(*findings)

"""What a person does with activities on their pages: log, reverse, correct, judge. Each is one call in the caller's transaction.

Avoid a new event at each sending. A form carries its own id: sent twice, it makes the same events with the time of
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
from app.ledger import ActivityHistory, AlreadyJudged, Frame, Recorded
from app.plain.findings import n_
from app.rules.activities import EventKey
from app.rules.own_events import correcting_reversal, pages_source

__all__ = ["FromPage", "JudgedEntries", "LoggedActivity", "correct_own", "judge", "log_own", "reverse_own"]

REVERSED_MEANWHILE: Final = n_("This activity has been reversed already: look at its history to see by whom.")
OTHER_CONTENTS: Final = n_(
    "This form has been saved before, with other contents: begin again from the activity's page."
)
LOGGED_OTHERWISE: Final = n_(
    "This form has been saved before, with other contents: open that activity to correct it, or begin a new form."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FromPage:
    """Where a person's deed comes from: who, when, in which request, and the form's own id."""

    viewer: Viewer
    at: dt.datetime
    request: str
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedActivity:
    """The activity that a form stands for.

    Attributes:
        key: its address.
        event: what was recorded.
        is_repeat: the form was sent before, and nothing has changed now.
        state_before: the state of the one in whose place it was recorded, if it was.
    """

    key: str
    event: dict[str, object]
    is_repeat: bool
    state_before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedEntries:
    """What became of entries that were to be judged.

    Attributes:
        keys: those that are judged now, each once; none where the same form had judged them before.
        already: those that somebody else judged meanwhile, which were left as they are.
    """

    keys: tuple[str, ...]
    already: tuple[AlreadyJudged, ...]


def log_own(
    connection: Connection,
    frame: Frame,
    *,
    employee: str,
    event: Callable[[str | None], dict[str, object]],
    page: FromPage,
) -> LoggedActivity:
    """Record an activity of the person's own.

    Args:
        connection: a writing transaction.
        frame: the agency.
        employee: whose pages it is logged on.
        event: makes the event, with the time that this form's event was recorded with, or with a time of now for None.
        page: where it comes from.

    Raises:
        Conflict: the form was sent before with other contents.
        Invalid: the ledger's rules find something wrong with it.

    Queries: those of :func:`app.intake.take_in`; as many again and 1 where the form was sent before.
    """
    own = event(None)
    recorded = _taken_in(connection, frame, [own], page)
    if _is_conflict(recorded):
        # Sent again, a form makes its event again: with the time of the first the two are one, unless something else was typed.
        time = ledger.recorded_time(connection, source=pages_source(employee), id=page.form)
        own = event(time)
        recorded = _taken_in(connection, frame, [own], page)
    _refuse(recorded, LOGGED_OTHERWISE)
    return LoggedActivity(key=_key(employee, page), event=own, is_repeat=bool(recorded.duplicate))


def reverse_own(
    connection: Connection, frame: Frame, *, activity: ActivityHistory, reason: str, page: FromPage
) -> str | None:
    """Take a person's whole activity out. Returns the state that it had; None where this form had done it before.

    Raises:
        Conflict: it was reversed meanwhile, or the form was sent with another reason.
    """
    state_before, time = _state_and_time(connection, activity, page)
    _record(connection, frame, [_reversal(activity, id_=page.form, reason=reason, time=time, page=page)], page)
    return state_before if time is None else None


def correct_own(
    connection: Connection,
    frame: Frame,
    *,
    activity: ActivityHistory,
    reason: str,
    replacement: Callable[[str | None], dict[str, object]],
    page: FromPage,
) -> LoggedActivity:
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
    state_before, time = _state_and_time(connection, activity, page)
    event = replacement(time)
    reversal_id = correcting_reversal(pages_source(activity.employee), page.form) or ""
    reversed_at = _time_of(connection, activity, reversal_id)
    reversal = _reversal(activity, id_=reversal_id, reason=reason, time=reversed_at, page=page)
    _record(connection, frame, [reversal, event], page)
    return LoggedActivity(
        key=_key(activity.employee, page), event=event, is_repeat=time is not None, state_before=state_before
    )


def judge(
    connection: Connection, frame: Frame, *, keys: Sequence[str], verdict: str, reason: str, seen: str, page: FromPage
) -> JudgedEntries:
    """Verify or reject entries in the person's own name. What stands otherwise than the person saw it is left as it is.

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
    return JudgedEntries(keys=verdicts.keys, already=verdicts.already)


def _key(employee: str, page: FromPage) -> str:
    return ledger.event_key(EventKey(pages_source(employee), page.form))


def _state_and_time(connection: Connection, activity: ActivityHistory, page: FromPage) -> tuple[str, str | None]:
    """The activity's state, and the time that this form was recorded with; None where it is new, and the activity stands to be changed."""
    # In this order: what another form recorded meanwhile is seen once its transaction has ended, for which the first of them waits.
    state = ledger.state_to_change(connection, seq=activity.seq)
    time = _time_of(connection, activity, page.form)
    if time is None and state == "reversed":
        raise Conflict(message=REVERSED_MEANWHILE)
    return state, time


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
    _refuse(_taken_in(connection, frame, events, page), OTHER_CONTENTS)


def _taken_in(connection: Connection, frame: Frame, events: Sequence[dict[str, object]], page: FromPage) -> Recorded:
    return take_in(
        connection,
        [arrival_of(event) for event in events],
        at=page.at,
        door="page",
        sender=page.viewer,
        request=page.request,
        keep=False,
        frame=frame,
    )


def _is_conflict(recorded: Recorded) -> bool:
    """Whether another event has the name of the first that was refused."""
    return bool(recorded.rejected) and recorded.rejected[0].findings[0].code == "conflict"


def _refuse(recorded: Recorded, other_contents: str) -> None:
    if _is_conflict(recorded):
        raise Conflict(message=other_contents)
    if recorded.rejected:
        raise Invalid(*recorded.rejected[0].findings)

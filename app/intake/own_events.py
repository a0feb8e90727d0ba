"""What a signed-in person may record by the API: no more than their pages let them (contract, "HTTP").

Activities of their own, verdicts in their own name: verified and rejected where it is theirs to verify, reversed of their own activities.
A newcomer's usual mistake is to take the activity that a verdict is about from the same batch: its name may be another's already, and the verdict
would fall on that one. Only what the ledger holds is looked at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app import ledger
from app.access import Viewer
from app.kit.bulk import among
from app.ledger import Arrival, Frame, event_key, tables
from app.rules.activities import Activity, Verdict
from app.rules.terms import Finding, Place, n_
from app.scoring import state

__all__ = ["own_events"]

_MESSAGES: Final = {
    "/data/employee": n_("You can record activities of your own only."),
    "/data/by": n_("You can give verdicts in your own name only."),
    "/data/activity": n_("This activity is not here, or not for you to judge or reverse."),
    "/type": n_("An event of this type is not for you to record."),
}


class _Target(NamedTuple):
    """The activity that a verdict is about."""

    employee: str
    unit: str | None
    sharers: frozenset[str]


def own_events(connection: Connection, arrivals: Sequence[Arrival], *, viewer: Viewer, day: dt.date) -> list[Arrival]:
    """The same arrivals, those that are not the person's to record refused.

    Args:
        connection: the transaction that records them.
        arrivals: as they came.
        viewer: the signed-in person.
        day: today.

    Queries: 1, and 2 more where there are verdicts.
    """
    frame = state(connection).frame
    found = [None if arrival.findings else arrival.read(frame.known) for arrival in arrivals]
    targets = _targets(connection, frame, [event for event in found if isinstance(event, Verdict)])
    checked: list[Arrival] = []
    for arrival, event in zip(arrivals, found, strict=True):
        pointer = None
        if isinstance(event, Activity):
            pointer = None if event.employee == viewer.employee else "/data/employee"
        elif isinstance(event, Verdict):
            pointer = _refused_at(event, targets.get(event_key(event.activity)), frame, viewer, day)
        if pointer is not None:
            finding = Finding(code="not_allowed", message=_MESSAGES[pointer], place=Place(pointer=pointer))
            checked.append(arrival._replace(findings=(finding,)))
        else:
            checked.append(arrival)
    return checked


def _refused_at(verdict: Verdict, target: _Target | None, frame: Frame, viewer: Viewer, day: dt.date) -> str | None:
    """The member by which a verdict is not this person's to give; None where it is."""
    if verdict.type not in {"verified", "rejected", "reversed"}:
        return "/type"
    if viewer.employee is None or verdict.by != viewer.employee:
        return "/data/by"
    if target is None:
        return "/data/activity"
    if verdict.type == "reversed":
        return None if target.employee == viewer.employee else "/data/activity"
    may = ledger.may_verify(frame.directory, viewer=viewer, unit=target.unit, sharers=target.sharers, day=day)
    return None if may else "/data/activity"


def _targets(connection: Connection, frame: Frame, verdicts: Iterable[Verdict]) -> dict[str, _Target]:
    """The activities of the ledger that verdicts are about, by their events' keys. Queries: 2, or none."""
    keys = {event_key(verdict.activity) for verdict in verdicts}
    if not keys:
        return {}
    activity, event, credit = tables.activity, tables.event, tables.credit
    query = (
        sa.select(event.c.key, activity.c.seq, activity.c.employee, activity.c.day)
        .join(event, event.c.seq == activity.c.seq)
        .where(among(connection, event.c.key, keys))
    )
    rows = connection.execute(query).all()
    sharers: dict[int, set[str]] = {row.seq: {frame.numbers[row.employee]} for row in rows}
    parts = sa.select(credit.c.seq, credit.c.employee).where(among(connection, credit.c.seq, sharers))
    for seq, employee in connection.execute(parts):
        sharers[seq].add(frame.numbers[employee])
    return {
        row.key: _Target(
            employee=frame.numbers[row.employee],
            unit=frame.directory.unit_of(frame.numbers[row.employee], row.day),
            sharers=frozenset(sharers[row.seq]),
        )
        for row in rows
    }

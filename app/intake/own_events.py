"""What a signed-in person may record, by page, API or replay: no more than their pages let them (contract, "HTTP").

Activities of their own, figures of units and people of their line, verdicts in their own name: verified and rejected where it is theirs to verify, reversed of their own activities.
What the event alone tells is looked at in :mod:`app.rules.own_events`; here is what a verdict is about, and who of its sharers is in service.
A newcomer's usual mistake is to take the activity that a verdict is about from the same batch: its name may be another's already, and the verdict
would fall on that one. Only what the ledger holds is looked at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app import access, ledger
from app.access import Viewer
from app.kit.bulk import among
from app.ledger import Arrival, Frame, event_key, tables
from app.plain.findings import Finding
from app.plain.json_text import encode
from app.rules.activities import Activity, Verdict
from app.rules.own_events import entering_employee, not_own, out_of_service, refused
from app.rules.permissions import Deed, Relation, may
from app.rules.terms import Node, NodeKind

__all__ = ["own_events"]


class _Target(NamedTuple):
    """The activity that a verdict is about."""

    employee: str
    unit: str | None
    sharers: frozenset[str]
    entered_by: str | None
    """Who recorded it by hand."""


def own_events(
    connection: Connection, frame: Frame, arrivals: Sequence[Arrival], *, viewer: Viewer, at: dt.datetime
) -> list[Arrival]:
    """The same arrivals, those that are not the person's to record refused; what is done in another's place says so.

    Who stands in for whom is ours to say, whatever was sent: ``entered_by`` of an entry in another's name, ``for`` of a verdict.

    Args:
        connection: the transaction that records them.
        frame: the agency.
        arrivals: as they came.
        viewer: the signed-in person.
        at: now.

    Queries: 2 where there are verdicts that may be theirs, else none.
    """
    # Nobody records anything before the first day of service, nor after the last.
    serves = may(viewer.roles, Deed.LOG_ACTIVITY, {Relation.OWN})
    employee = viewer.employee if serves else None
    today = frame.directory.day_of(at)
    events = [None if arrival.findings else arrival.read(frame.known) for arrival in arrivals]
    enters_for = frozenset(one.giver for one in viewer.stands_in_for("entry"))
    findings = [
        []
        if event is None or isinstance(event, list)
        else not_own(event, employee=employee, at=at, enters_for=enters_for)
        for event in events
    ]
    for index, event in enumerate(events):
        if isinstance(event, Activity):
            findings[index] += _credited_in_vain(frame, event)
            if event.figure is not None and not _may_report(frame, event.figure.node, viewer, today):
                findings[index].insert(0, refused("/data/node"))
    verdicts = {
        index: event
        for index, event in enumerate(events)
        if isinstance(event, Verdict) and not any(one.code == "not_allowed" for one in findings[index])
    }
    targets = _targets(connection, frame, verdicts.values())
    names: dict[int, dict[str, str | None]] = {}
    for index, verdict in verdicts.items():
        places = _places(verdict, targets.get(event_key(verdict.activity)), frame, viewer, today)
        if not places:
            findings[index].insert(0, refused("/data/activity"))
        else:
            names[index] = {"for": None if places[0] == viewer.employee else places[0]}
    for index, event in enumerate(events):
        if isinstance(event, Activity):
            names[index] = {"entered_by": None if event.employee == employee else employee}
    return [
        arrival._replace(findings=tuple(wrong)) if wrong else _named(arrival, names.get(index, {}))
        for index, (arrival, wrong) in enumerate(zip(arrivals, findings, strict=True))
    ]


def _named(arrival: Arrival, names: Mapping[str, str | None]) -> Arrival:
    """The arrival with the names that are ours to say in its data, and without those that are not so."""
    value = arrival.decoded() if names else None
    data = value.get("data") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(data, dict):
        return arrival
    told = {name: one for name, one in names.items() if one is not None}
    if {name: data[name] for name in names if name in data} == told:
        return arrival
    named = value | {"data": {name: one for name, one in data.items() if name not in names} | told}
    return Arrival(encode(named), named)


def _may_report(frame: Frame, node: Node, viewer: Viewer, day: dt.date) -> bool:
    """Whether it is this person's to say what a unit or an employee has reached."""
    if node == Node(NodeKind.EMPLOYEE, viewer.employee or ""):
        return False
    deed = Deed.REPORT_FIGURE
    return may(viewer.roles, deed, access.standing(frame.directory, viewer=viewer, deed=deed, node=node, day=day))


def _credited_in_vain(frame: Frame, activity: Activity) -> list[Finding]:
    """That a colleague is credited who is not in service on the activity's day: what nobody did would move a score."""
    people = frame.directory.employees
    absent = [
        credit.employee
        for credit in activity.credits
        if credit.share_1e4
        and credit.employee != activity.employee
        and activity.day not in people[credit.employee].service
    ]
    return [out_of_service(people[number].name) for number in absent[:1]]


def _places(verdict: Verdict, target: _Target | None, frame: Frame, viewer: Viewer, day: dt.date) -> tuple[str, ...]:
    """In whose place the person may judge or reverse the activity; nobody's where it is not theirs to."""
    me = viewer.employee
    if target is None or me is None:
        return ()
    if verdict.type == "reversed":
        return (me,) if target.employee == me else ()
    if target.entered_by == me:
        return ()
    return ledger.verifiers(frame.directory, viewer=viewer, unit=target.unit, sharers=target.sharers, day=day)


def _targets(connection: Connection, frame: Frame, verdicts: Iterable[Verdict]) -> dict[str, _Target]:
    """The activities of the ledger that verdicts are about, by their events' keys. Queries: 2, or none."""
    keys = {event_key(verdict.activity) for verdict in verdicts}
    if not keys:
        return {}
    activity, event, credit = tables.activity, tables.event, tables.credit
    query = (
        sa.select(event.c.key, event.c.source, activity.c.seq, activity.c.employee, activity.c.day)
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
            entered_by=entering_employee(row.source),
        )
        for row in rows
    }

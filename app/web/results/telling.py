"""What pages and API do about how people are told what they came to: who is told by hand, and that somebody was."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any, NamedTuple

from app import cascade, scoring
from app import cycle as cycles
from app.cascade import ToldTo
from app.cycle import OpenedCycle
from app.kit.refusals import NotThere
from app.plain.texts import trimmed
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.scoring import State
from app.web.asked import cycling
from app.web.asked.request_context import RequestContext
from app.web.wording.naming import distinct_name

__all__ = ["ByHand", "TellingsShown", "tell_by_hand", "tellings_shown", "told_by_hand", "told_json"]


class ByHand(NamedTuple):
    """Somebody without an account when people were told last: who, since when, and on which day and how they were told."""

    employee: str
    name: str
    since: dt.datetime
    day: dt.date | None
    how: str | None
    until: dt.date | None


class TellingsShown(NamedTuple):
    """How far a cycle is with telling people.

    Attributes:
        last: the last telling.
        number: how many there were.
        people: how many have been told something.
        graded: how many of them have a grade.
        by_hand: how many of them have no account and were told by hand, and how many are still to be told.
        seen: how many have looked at what they were told.
        pending: how many would be told something else now.
        until: the last day on which anybody may object.
    """

    last: cascade.Telling
    number: int
    people: int
    graded: int
    by_hand: int
    to_tell: int
    seen: int
    pending: int
    until: dt.date | None


def _by_hr(context: RequestContext, cycle: int) -> OpenedCycle:
    """An opened cycle for hr.

    Raises:
        NotThere: nobody has opened it, nobody was told anything of it yet, or it is not for this person.
    """
    opened = cycling.cycle_seen(context, cycle)
    if not opened.is_told or not context.allowed(Deed.RUN_CYCLE):
        raise NotThere
    return opened


def told_by_hand(context: RequestContext, cycle: int) -> list[ByHand]:
    """Those whom nobody could write to, by name. Queries: 2.

    Raises:
        NotThere: as :func:`_by_hr`.
    """
    _by_hr(context, cycle)
    loaded = scoring.state(context.connection)
    rows = [
        ByHand(
            to.employee,
            distinct_name(context, Node(NodeKind.EMPLOYEE, to.employee)),
            to.telling.at,
            to.day,
            to.how,
            cycles.last_day_of_window(to, loaded),
        )
        for to in cascade.told_to(context.connection, cycle).values()
        if not to.by_mail
    ]
    return sorted(rows, key=lambda one: (one.name, one.employee))


def tell_by_hand(context: RequestContext, cycle: int, employee: str, *, on: dt.date, how: str) -> ToldTo:
    """Write down that somebody was told, and tell the trail.

    Raises:
        NotThere: nobody has opened the cycle, or it is not for this person, or lists no such employee.
        Conflict: it is not what their role does; nobody is told yet, or this person was told before.
        Invalid: a day that cannot be, or no way.
    """
    opened = cycling.cycle_seen(context, cycle)
    cycling.refuse_without_role(context)
    to = cycles.tell_by_hand(
        context.connection, opened, employee, on=on, how=trimmed(how), by=context.label, now=context.now
    )
    context.note(subject=f"employee:{employee}", after={"cycle": cycle, "told_on": on.isoformat(), "how": to.how})
    return to


def told_json(to: ToldTo, loaded: State) -> dict[str, Any] | None:
    """When and how somebody was told, and until when they may object, as the contract writes it; None while nobody has told them by hand."""
    day, until = cycles.told_on(to, loaded), cycles.last_day_of_window(to, loaded)
    if day is None or until is None:
        return None
    return {
        "at": to.telling.at.isoformat() if to.by_mail else day.isoformat(),
        "how": "mail" if to.by_mail else to.how,
        "window_until": until.isoformat(),
    }


def tellings_shown(context: RequestContext, opened: OpenedCycle) -> TellingsShown | None:
    """How far a cycle is with telling people; None before anybody was told. Queries: 2, and those of the proposal."""
    if not opened.is_told:
        return None
    tellings = cascade.tellings_of(context.connection, opened.cycle)
    if not tellings:
        return None
    loaded = scoring.state(context.connection)
    told = list(cascade.told_to(context.connection, opened.cycle).values())
    ways = Counter((to.by_mail, to.day is not None) for to in told)
    untils = [until for to in told if (until := cycles.last_day_of_window(to, loaded)) is not None]
    return TellingsShown(
        last=tellings[-1],
        number=len(tellings),
        people=len(told),
        graded=sum(to.result.grade is not None for to in told),
        by_hand=ways[False, True],
        to_tell=ways[False, False],
        seen=sum(to.is_seen for to in told),
        pending=len(cycles.pending_results(context.connection, loaded, opened.cycle, day=context.today)),
        until=max(untils, default=None),
    )

"""Who somebody is, where two people must agree: one person behind whatever accounts, and what is their own case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from app.access import Viewer, email_key, marks_of
from app.organisation import Directory
from app.rules.deciding import DecisionParty
from app.rules.placement import overlap
from app.rules.terms import Node, NodeKind, Period

__all__ = ["Program", "numbers_behind", "own_nodes", "party_of"]


@dataclass(frozen=True, slots=True)
class Program:
    """What proposes without being a person: a feed by its key, or a command. It agrees to nothing.

    Attributes:
        label: as the trail writes it: ``key:NAME``.
    """

    label: str
    account_id: None = None
    employee: None = None


def party_of(
    directory: Directory, viewer: Viewer, *, periods: Sequence[Period] = (), day: dt.date, cycle: str | None = None
) -> DecisionParty:
    """A signed-in person as maker or checker.

    Args:
        directory: the organisation.
        viewer: who.
        periods: the cycles in which postings make a unit one's own; none for those of the day.
        day: today.
        cycle: of the decision, whose functions count.
    """
    return DecisionParty(
        marks=marks_of(directory, account_id=viewer.account_id, email=viewer.email, employee=viewer.employee),
        roles=viewer.authorities(cycle),
        own=own_nodes(directory, email=viewer.email, employee=viewer.employee, periods=periods, day=day),
    )


def own_nodes(
    directory: Directory, *, email: str, employee: str | None, periods: Sequence[Period] = (), day: dt.date
) -> frozenset[Node]:
    """What is the own case of whoever has an account: the employee whose it is, or whose e-mail it has, and the units posted to.

    Args:
        directory: the organisation.
        email: the account's.
        employee: the number that it belongs to.
        periods: the cycles in which postings make a unit one's own; none for those of the day.
        day: today.
    """
    periods = periods or (Period(day, day + dt.timedelta(days=1)),)
    numbers = numbers_behind(directory, email=email, employee=employee)
    return frozenset(Node(NodeKind.EMPLOYEE, number) for number in numbers) | frozenset(
        Node(NodeKind.UNIT, posting.unit)
        for number in numbers
        for posting in directory.placement.postings(number)
        if any(overlap(posting.period, period) for period in periods)
    )


def numbers_behind(directory: Directory, *, email: str, employee: str | None) -> frozenset[str]:
    """The employees that whoever has an account is: the one whose it is, and whoever has its e-mail."""
    return frozenset(directory.numbers_of_email(email_key(email))) | ({employee} if employee else frozenset())

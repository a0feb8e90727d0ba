"""Who somebody is, where two people must agree: one person behind whatever accounts, and what is their own case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from app.access import Viewer, marks_of
from app.organisation import Directory
from app.rules.deciding import DecisionParty
from app.rules.placement import overlap
from app.rules.terms import Node, NodeKind, Period

__all__ = ["Program", "party_of"]


@dataclass(frozen=True, slots=True)
class Program:
    """What proposes without being a person: a feed by its key, or a command. It agrees to nothing.

    Attributes:
        label: as the trail writes it: ``key:NAME``.
    """

    label: str
    account_id: None = None
    employee: None = None


def party_of(directory: Directory, viewer: Viewer, *, periods: Sequence[Period] = (), day: dt.date) -> DecisionParty:
    """A signed-in person as maker or checker.

    Args:
        directory: the organisation.
        viewer: who.
        periods: the cycles in which postings make a unit one's own; none for those of the day.
        day: today.
    """
    own: set[Node] = set()
    if viewer.employee is not None:
        own.add(Node(NodeKind.EMPLOYEE, viewer.employee))
        periods = periods or (Period(day, day + dt.timedelta(days=1)),)
        own |= {
            Node(NodeKind.UNIT, posting.unit)
            for posting in directory.placement.postings(viewer.employee)
            if any(overlap(posting.period, period) for period in periods)
        }
    return DecisionParty(
        marks=marks_of(directory, account_id=viewer.account_id, email=viewer.email, employee=viewer.employee),
        roles=viewer.roles,
        own=frozenset(own),
    )

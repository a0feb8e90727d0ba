"""For whom unverified entries wait, over the whole agency: what reminders are made of.

Do not remind the head of the office that entered: an entry that a head shares in waits for the head above, and at the
top for hr, whom nobody names here.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access import Viewer
from app.ledger import tables
from app.ledger.activity_rows import type_states
from app.ledger.frame import Frame
from app.ledger.verification import types_to_verify, verification_queue, whose_turn

__all__ = ["WaitingFor", "waiting_by_head", "waiting_for"]


class WaitingFor(NamedTuple):
    """What waits for one person."""

    number: int
    oldest: dt.date


def waiting_by_head(connection: Connection, frame: Frame, *, day: dt.date) -> dict[str | None, WaitingFor]:
    """How many entries wait for each head, and since when; under None those that wait for hr.

    Args:
        connection: an open transaction.
        frame: the agency.
        day: today, whose postings decide.

    Queries: 2.
    """
    activity, credit = tables.activity, tables.credit
    waits = activity.c.type_state.in_(type_states(types_to_verify(frame), ("entered",)))
    sharers: dict[int, set[str]] = {}
    shared = sa.select(credit.c.seq, credit.c.employee).join(activity, activity.c.seq == credit.c.seq).where(waits)
    for seq, employee in connection.execute(shared):
        sharers.setdefault(seq, set()).add(frame.numbers[employee])
    by_head: dict[str | None, WaitingFor] = {}
    turns: dict[tuple[str | None, frozenset[str]], tuple[str, ...]] = {}
    for seq, entered_on, employee in connection.execute(
        sa.select(activity.c.seq, activity.c.day, activity.c.employee).where(waits)
    ):
        number = frame.numbers[employee]
        place = (frame.directory.unit_of(number, entered_on), frozenset(sharers.get(seq, set()) | {number}))
        if place not in turns:
            turns[place] = whose_turn(frame.directory, unit=place[0], sharers=place[1], day=day)
        for head in turns[place] or (None,):
            before = by_head.get(head, WaitingFor(0, entered_on))
            by_head[head] = WaitingFor(before.number + 1, min(before.oldest, entered_on))
    return by_head


def waiting_for(connection: Connection, frame: Frame, *, viewer: Viewer, day: dt.date) -> WaitingFor | None:
    """What waits for one person's verdict; of an account of hr that is no employee's, what waits for hr. None where nothing does.

    Queries: 4, or 2 for an account that is no employee's.
    """
    if viewer.employee is None:
        return waiting_by_head(connection, frame, day=day).get(None)
    queue = verification_queue(connection, frame, viewer=viewer, day=day, limit=1)
    return WaitingFor(queue.total, queue.rows[0].day) if queue.rows else None

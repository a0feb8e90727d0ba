"""What all activities come to as the database sums them: totals and distinct counts by a statement each, for whoever compares what is stored.

Do not take it for the ledger. It goes by the activities as they are laid out; whether these are what the events say is asked of the events
(:mod:`app.ledger.reconcile`).
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app.ledger import tables
from app.ledger.fold import MASK, in_slice, lying_in, summed_parts
from app.ledger.frame import BUYER, Frame, SliceInUse
from app.ledger.totals import Changes

__all__ = ["activities_summed"]

_LEVELS: Final = range(len(tables.LEVELS))


def activities_summed(connection: Connection, frame: Frame) -> Changes:
    """Every total and member from zero, in all cycles: the twin of :attr:`app.ledger.fold.Folded.changes`.

    Queries: 1, and 1 for each slice and what is counted distinct in it; none where nothing is measured by activities.
    """
    changes = Changes()
    if frame.slices:
        _sum_totals(connection, frame, changes)
    for one in frame.slices:
        for of in one.of:
            _count_members(connection, frame, changes, one, of)
    return changes


def _sum_totals(connection: Connection, frame: Frame, changes: Changes) -> None:
    activity, credit = tables.activity, tables.credit
    # Plus zero: else SQLite reads the credits in the order of an index by employee, and every activity at random.
    groups = (activity.c.cycle, credit.c.employee + 0, credit.c.path + 0, activity.c.counts, *lying_in(frame.slices))
    labelled = [group.label(f"group_{place}") for place, group in enumerate(groups)]
    query = (
        sa.select(*labelled, *summed_parts())
        .join(activity, activity.c.seq == credit.c.seq)
        .where(activity.c.counts != 0, activity.c.type.in_(sorted({one.slice.activity for one in frame.slices})))
        .group_by(*labelled)
    )
    together: dict[tuple[int, ...], tuple[SliceInUse, ...]] = {}
    for row in connection.execute(query):
        cycle, employee, path, counts, *masks = row[: len(groups)]
        key = tuple(masks)
        if key not in together:
            together[key] = tuple(one for at, one in enumerate(frame.slices) if masks[at // MASK] >> at % MASK & 1)
        changes.add_summed((cycle, employee, path), together[key], counts, row[len(groups) :])


def _count_members(connection: Connection, frame: Frame, changes: Changes, one: SliceInUse, of: int) -> None:
    activity, credit = tables.activity, tables.credit
    who = activity.c.buyer_key if of == BUYER else activity.c.company_key
    groups = (activity.c.cycle, credit.c.employee + 0, credit.c.path + 0, who, activity.c.counts)
    labelled = [group.label(f"group_{place}") for place, group in enumerate(groups)]
    query: sa.Select[Any] = (
        sa.select(*labelled, sa.func.count())
        .join(activity, activity.c.seq == credit.c.seq)
        .where(activity.c.counts != 0, in_slice(one))
        .group_by(*labelled)
    )
    for cycle, employee, path, key, counts, number in connection.execute(query):
        added = [number * (counts >> level & 1) for level in _LEVELS]
        changes.add_members(frame, (cycle, employee, path), (one.id, of, key), added)

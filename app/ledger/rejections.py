"""Entries of one person that stand rejected: by whom, when and why, until they are corrected, reversed or verified after all.

Do not take the last verdict for the one that holds: one that was given by an activity's own employee is void.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among
from app.ledger import tables
from app.ledger.activity_rows import VerdictRow, type_states
from app.ledger.frame import Frame
from app.rules.counting import standing

__all__ = ["Rejection", "rejections_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """An entry that stands rejected."""

    key: str
    type: str
    day: dt.date
    company: str
    """Its name, else its registration; of a figure the KPI."""
    buyer: str
    country: str
    by: str
    """The number of whoever rejected it."""
    reason: str
    rejected_at: dt.datetime
    """When the verdict came in."""


def rejections_of(connection: Connection, frame: Frame, *, employee: str, cycle: int) -> tuple[Rejection, ...]:
    """A person's own entries of a cycle that stand rejected, the latest verdict first. Queries: 1, and 2 where there are any."""
    activity, event, verdict, credit = tables.activity, tables.event, tables.verdict, tables.credit
    entries = connection.execute(
        sa.select(activity.c.seq, activity.c.type, activity.c.day, activity.c.buyer_name, activity.c.buyer_country)
        .add_columns(
            sa.func.coalesce(activity.c.company_name, activity.c.company_registration, "").label("company"), event.c.key
        )
        .join(event, event.c.seq == activity.c.seq)
        .where(
            activity.c.type_state.in_(type_states(states=("rejected",))),
            activity.c.employee == frame.ids[employee],
            activity.c.cycle == cycle,
        )
    ).all()
    if not entries:
        return ()
    seqs = [row.seq for row in entries]
    sharers: dict[int, set[str]] = {seq: {employee} for seq in seqs}
    for seq, number in connection.execute(
        sa.select(credit.c.seq, credit.c.employee).where(among(connection, credit.c.seq, seqs))
    ):
        sharers[seq].add(frame.numbers[number])
    verdicts: dict[int, dict[tuple[str, str], sa.Row[tuple[object, ...]]]] = {}
    for row in connection.execute(
        sa.select(verdict, event.c.source, event.c.id, event.c.instant, event.c.received_at)
        .join(event, event.c.seq == verdict.c.seq)
        .where(among(connection, verdict.c.activity, seqs))
    ):
        verdicts.setdefault(row.activity, {})[row.source, row.id] = row
    rejections = []
    for entry in entries:
        of_entry = verdicts.get(entry.seq, {})
        judged = [
            VerdictRow(row.source, row.id, row.type, row.day, row.instant, row.by or "", entry.seq, row.seq)
            for row in of_entry.values()
        ]
        verification = standing(judged, employees_of_activity=sharers[entry.seq]).verification
        if verification is not None:
            holding = of_entry[verification]
            rejections.append(
                Rejection(
                    key=entry.key,
                    type=entry.type,
                    day=entry.day,
                    company=entry.company,
                    buyer=entry.buyer_name,
                    country=entry.buyer_country,
                    by=holding.by or "",
                    reason=holding.reason or "",
                    rejected_at=holding.received_at,
                )
            )
    return tuple(sorted(rejections, key=lambda one: (one.rejected_at, one.key), reverse=True))

"""Activities that are known by their numbers or by their whole id, with what it hangs on who may see them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among
from app.ledger import tables
from app.ledger.frame import Frame, event_key
from app.ledger.parties import parties_of
from app.ledger.summary import ActivitySummary, summary_of
from app.rules.activities import EventKey

__all__ = ["KnownActivity", "activities_known"]

_SOURCES_MAX: Final = 5000
"""In so many sources an id is looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownActivity(ActivitySummary):
    """An activity of a list, and whose it is: all its employees, and the units that it counts for."""

    seq: int
    id: str
    state: str
    employees: frozenset[str]
    units: frozenset[str]


def activities_known(
    connection: Connection, frame: Frame, *, seqs: Collection[int], id_: str = ""
) -> list[KnownActivity]:
    """Activities by their numbers, and those with a whole id or key, the latest first.

    Args:
        connection: an open transaction.
        frame: the agency.
        seqs: their numbers.
        id_: what may be an id, in any of the sources that this process has read (:mod:`app.ledger.parties`), or an event's key.

    Queries: 2 (activities, credits); 1 more for an id, and 1 while this process has read no source yet.
    """
    activity, event, credit = tables.activity, tables.event, tables.credit
    wanted = set(seqs)
    if id_:
        # In one condition with the others the engine would look at every activity.
        wanted.update(
            connection.scalars(sa.select(event.c.seq).where(among(connection, event.c.key, _keys(connection, id_))))
        )
    if not wanted:
        return []
    query = sa.select(activity, event.c.key, event.c.id).join(event, event.c.seq == activity.c.seq)
    chosen = query.where(among(connection, activity.c.seq, sorted(wanted)))
    rows = connection.execute(chosen.order_by(activity.c.day.desc(), activity.c.seq.desc())).all()
    employees = {row.seq: {frame.numbers[row.employee]} for row in rows}
    units: dict[int, set[str]] = {row.seq: set() for row in rows}
    shares = sa.select(credit.c.seq, credit.c.employee, credit.c.path).where(
        among(connection, credit.c.seq, sorted(employees))
    )
    for seq, employee, path in connection.execute(shares):
        employees[seq].add(frame.numbers[employee])
        if path is not None:
            units[seq].add(frame.directory.units_of_path(path)[0])
    return [
        KnownActivity(
            **summary_of(frame, row),
            seq=row.seq,
            id=row.id,
            state=row.state,
            employees=frozenset(employees[row.seq]),
            units=frozenset(units[row.seq]),
        )
        for row in rows
    ]


def _keys(connection: Connection, id_: str) -> list[str]:
    parties = parties_of(connection)
    with parties.lock:
        if not parties.sources:
            parties.read_on(connection)
        sources = sorted(parties.sources)[:_SOURCES_MAX]
    return [id_.lower(), *(event_key(EventKey(source, id_)) for source in sources)]

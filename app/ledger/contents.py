"""The ledger and its totals as text that is the same in every database which holds the same."""

from __future__ import annotations

import json
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import Connection

from app.ledger import tables
from app.ledger.frame import Frame
from app.ledger.totals import EMPLOYEE

__all__ = ["contents"]


def contents(connection: Connection, frame: Frame) -> Iterator[str]:
    """Every event by source and id, then every total that is not zero, by the names of its owner and slice.

    Queries: 3.
    """
    event, total, member = tables.event.c, tables.total, tables.member
    query = sa.select(event.source, event.id, event.hash).order_by(event.source, event.id)
    for source, id_, content in connection.execute(query):
        yield json.dumps(["event", source, id_, content])
    slices = {one.id: one.slice.key for one in frame.slices}
    totals = []
    for cycle, kind, owner, slice_id, *amounts in connection.execute(sa.select(total)):
        if any(amounts):
            name = frame.numbers[owner] if kind == EMPLOYEE else "/".join(frame.directory.units_of_path(owner))
            totals.append(json.dumps(["total", cycle, kind, name, slices[slice_id], *amounts]))
    for cycle, kind, owner, slice_id, of, key, *levels in connection.execute(sa.select(member)):
        if any(levels):
            name = frame.numbers[int(owner)] if kind == EMPLOYEE else owner
            totals.append(json.dumps(["member", cycle, kind, name, slices[slice_id], of, key, *levels]))
    yield from sorted(totals)

"""Rows that several workers take from one table, each by one of them at a time and for a while.

Such a table has the columns `id`, `tries`, `due_at` and `taken_by`. Whoever writes how it went asks for the same `taken_by` and `tries`: else the row
has become another's since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table

__all__ = ["claim_first"]


def claim_first(
    connection: Connection,
    table: Table,
    columns: Sequence[sa.ColumnElement[Any]],
    *,
    where: Sequence[sa.ColumnElement[bool]],
    by: str,
    until: dt.datetime,
    **more: object,
) -> sa.Row[Any] | None:
    """Take the row that has been due longest; None where there is none that another does not have. Queries: 2, or 1.

    Args:
        connection: a writing transaction, committed before anything is done about the row.
        table: of which one is taken.
        columns: what is read of it, as it was before; `id` and `tries` among them.
        where: which rows may be taken.
        by: who takes it.
        until: when another may.
        more: what else is written to it.
    """
    of = table.c
    query = sa.select(*columns).where(*where).order_by(of.due_at, of.id).limit(1).with_for_update(skip_locked=True)
    row = connection.execute(query).one_or_none()
    if row is not None:
        values = {"tries": row.tries + 1, "due_at": until, "taken_by": by, **more}
        connection.execute(sa.update(table).where(of.id == row.id).values(values))
    return row

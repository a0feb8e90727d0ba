"""Make a table hold exactly these rows, touching only those that differ.

Do not delete all and insert all: loading the same file again would then change everything, and what
refers to a row would lose it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from app.kit.bulk import bulk_insert
from app.kit.schema import Exact

__all__ = ["FileRows", "Row", "RowChanges", "Rows", "compare", "exact_text", "exchange", "remove", "stored_rows"]

Row: TypeAlias = tuple[Any, ...]
"""A row's driver-ready values: text (decimals too), int, date, None; in the order of the table's columns asked for."""

Rows: TypeAlias = Mapping[Row, Row]
"""Rows by their keys."""

_STORED_ONE_BY_ONE: Final = 0.3
"""The share of a table up to which changed rows are deleted by their keys; beyond it the table is emptied at once."""


class FileRows(NamedTuple):
    """The rows of one file as the database keeps them."""

    columns: tuple[str, ...]
    """Those of its table, those of the key first."""
    rows: Rows


class RowChanges(NamedTuple):
    """How many rows differ from those that were there before."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.added or self.changed or self.removed)


def exact_text(value: Decimal | None) -> str | None:
    """The one text of a decimal's value: ``24.0`` and ``24`` are the same, so that a file's spelling changes nothing."""
    if value is None:
        return None
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def stored_rows(connection: Connection, table: Table, columns: Sequence[str], *, key: int) -> dict[Row, Row]:
    """The table's rows as they would be inserted, by the first ``key`` columns.

    Queries: 1.
    """
    chosen: list[sa.ColumnElement[Any]] = [
        sa.type_coerce(table.c[name], sa.Text) if isinstance(table.c[name].type, Exact) else table.c[name]
        for name in columns
    ]
    rows = connection.execute(sa.select(*chosen)).all()
    return {tuple(row[:key]): tuple(row) for row in rows}


def compare(stored: Rows, wanted: Rows) -> RowChanges:
    """How many rows are to be added, changed and removed."""
    added = changed = 0
    for key, row in wanted.items():
        old = stored.get(key)
        if old is None:
            added += 1
        elif old != row:
            changed += 1
    unchanged = len(wanted) - added - changed
    return RowChanges(added, changed, len(stored) - unchanged - changed, unchanged)


def remove(connection: Connection, table: Table, columns: Sequence[str], keys: Collection[Row]) -> None:
    """Delete rows by the values of some columns."""
    if not keys:
        return
    condition = sa.and_(*(table.c[name] == sa.bindparam(f"key_{name}") for name in columns))
    parameters = [{f"key_{name}": part for name, part in zip(columns, one, strict=True)} for one in keys]
    connection.execute(sa.delete(table).where(condition), parameters)


def exchange(
    connection: Connection, table: Table, columns: Sequence[str], *, key: int, stored: Rows, wanted: Rows
) -> None:
    """Turn the stored rows into the wanted ones.

    Args:
        connection: a writing transaction.
        table: where.
        columns: all columns of a row, those of its key first.
        key: how many columns the key has.
        stored: what is there (:func:`stored_rows`).
        wanted: what shall be there.
    """
    gone = [one for one, row in stored.items() if wanted.get(one) != row]
    if len(gone) > _STORED_ONE_BY_ONE * len(stored):
        connection.execute(sa.delete(table))
        fresh = list(wanted.values())
    else:
        remove(connection, table, columns[:key], gone)
        fresh = [row for one, row in wanted.items() if stored.get(one) != row]
    if fresh:
        bulk_insert(connection, table, columns, fresh)

"""Make a table hold exactly these rows, touching only those that differ.

Do not delete all and insert all: loading the same file again would then change everything, and what
refers to a row would lose it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from app.kit.bulk import bulk_insert
from app.kit.schema import Exact

__all__ = [
    "FileRows",
    "Row",
    "RowChanges",
    "Rows",
    "StoredFile",
    "compare",
    "exact_text",
    "exchange",
    "exchange_files",
    "remove",
    "stored_files",
    "stored_rows",
]

Row: TypeAlias = tuple[Any, ...]
"""A row's driver-ready values: text (decimals too), int, date, None; in the order of the table's columns asked for."""

Rows: TypeAlias = Mapping[Row, Row]
"""Rows by their keys."""

_STORED_ONE_BY_ONE: Final = 0.3
"""The share of a table up to which changed rows are deleted by their keys; beyond it the table is emptied at once."""


class StoredFile(NamedTuple):
    """Where the rows of a file are kept."""

    table: Table
    columns: tuple[str, ...]
    """All of a row, those of the key first."""
    key: int
    """How many columns the key has."""

    def of(self, rows: Iterable[Row]) -> FileRows:
        """Rows in the order of the columns, by their keys."""
        return FileRows(self.columns, {row[: self.key]: row for row in rows})


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


def stored_files(connection: Connection, kept: Mapping[str, StoredFile]) -> dict[str, FileRows]:
    """The rows of several files as they are stored, by the file's name. Queries: 1 a file."""
    return {
        name: FileRows(file.columns, stored_rows(connection, file.table, file.columns, key=file.key))
        for name, file in kept.items()
    }


def exchange_files(
    connection: Connection,
    kept: Mapping[str, StoredFile],
    wanted: Mapping[str, FileRows],
    there: Mapping[str, FileRows] | None = None,
) -> tuple[dict[str, RowChanges], dict[str, Iterable[Row]]]:
    """Turn the stored rows of several files into the wanted ones.

    Args:
        connection: a writing transaction.
        kept: where they are.
        wanted: what shall be there.
        there: what is there, where it was read in this transaction (:func:`stored_files`) and nobody can have changed it since.

    Returns:
        How many rows of each file changed, and all rows of those files that did.

    Queries: without ``there`` 1 a file to compare; what is changed besides.
    """
    changes: dict[str, RowChanges] = {}
    contents: dict[str, Iterable[Row]] = {}
    for name, (table, columns, key) in kept.items():
        rows = wanted[name].rows
        stored = stored_rows(connection, table, columns, key=key) if there is None else there[name].rows
        changes[name] = compare(stored, rows)
        if changes[name]:
            exchange(connection, table, columns, key=key, stored=stored, wanted=rows)
            contents[name] = rows.values()
    return changes, contents

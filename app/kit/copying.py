"""Rows taken out of one database and put into another, of either engine; also by way of a text that is kept.

Do not copy what can be derived again where the rules may have changed since: derive it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from app.kit.bulk import bulk_insert
from app.kit.schema import Exact, Instant

__all__ = ["copy_rows", "rows_from_text", "rows_text"]

STRETCH: Final = 5_000
"""How many rows are held at once."""


def copy_rows(
    source: Connection, target: Connection, table: Table, *, only: sa.ColumnElement[bool] | None = None
) -> int:
    """Copy rows as they are, as the drivers have them: no type of ours reads and writes each value of half a million rows. Returns how many.

    Args:
        source: any transaction.
        target: a writing transaction of an SQLite database with that table, which takes either driver's values.
        table: which.
        only: a condition on its columns; None for all.

    Queries: 1, and 1 in the target for each 5,000 rows.
    """
    names = [one.name for one in table.columns]
    query = sa.select(*(sa.type_coerce(one, sa.types.NullType()).label(one.name) for one in table.columns))
    query = query if only is None else query.where(only)
    rows = source.execute(query, execution_options={"yield_per": STRETCH})
    count = 0
    for some in rows.partitions(STRETCH):
        bulk_insert(target, table, names, some)
        count += len(some)
    return count


def rows_text(connection: Connection, table: Table) -> str:
    """All rows of a table as JSON: the names of its columns, then a line each, in the order of its key: equal for equal rows, on either engine. Queries: 1."""
    query = sa.select(table).order_by(*table.primary_key.columns)
    lines = [json.dumps({"columns": [one.name for one in table.columns]}, separators=(",", ":"))]
    lines += [
        json.dumps([_as_json(value) for value in row], ensure_ascii=False, separators=(",", ":"))
        for row in connection.execute(query)
    ]
    return "".join(f"{line}\n" for line in lines)


def rows_from_text(connection: Connection, table: Table, text: str) -> None:
    """Put rows that :func:`rows_text` wrote into an empty table, each value into the column of its name. Queries: 1 for each 5,000 rows.

    Columns that the table has gained since are left to their defaults, and of those that it has lost nothing is kept: a migration that takes one away
    has to say what becomes of it. A text of before names were kept has the columns that there were then, in the order in which they still stand.
    """
    # JSON escapes line feeds, and leaves what else Unicode calls the end of a line.
    lines = text.split("\n")[:-1]
    head: Any = json.loads(lines[0]) if lines else []
    named = isinstance(head, dict)
    names = head["columns"] if named else [one.name for one in table.columns]
    read = {one.name: _reader(one.type) for one in table.columns}
    rows = [
        {name: read[name](value) for name, value in zip(names, json.loads(line), strict=named) if name in read}
        for line in lines[1 if named else 0 :]
    ]
    for first in range(0, len(rows), STRETCH):
        connection.execute(sa.insert(table), rows[first : first + STRETCH])


def _as_json(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


_READERS: Final[Mapping[type[sa.types.TypeEngine[Any]], Callable[[str], Any]]] = {
    Exact: Decimal,
    Instant: dt.datetime.fromisoformat,
    sa.Date: dt.date.fromisoformat,
}


def _reader(kind: sa.types.TypeEngine[Any]) -> Callable[[Any], Any]:
    read = _READERS.get(type(kind))
    return (lambda value: value) if read is None else (lambda value: None if value is None else read(value))

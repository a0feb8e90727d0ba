"""Many rows, or many values, in one statement: the fastest way that each engine has.

A newcomer's usual mistake: values here are driver-ready. No column type of ours looks at them on their way, so a decimal comes as
its text and an instant in UTC.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import struct
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import psycopg
import sqlalchemy as sa
from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

from app.kit.database import driver_cursor, is_postgresql
from app.kit.schema import Instant

__all__ = [
    "among",
    "among_named",
    "bulk_insert",
    "bulk_update",
    "bulk_upsert_add",
    "day_number",
    "lane",
    "named",
    "whole_numbers",
]


def among(connection: Connection, column: sa.ColumnElement[Any], values: Iterable[int | str]) -> sa.ColumnElement[bool]:
    """``column IN values`` with one parameter, however many the values are.

    A list of thousands of parameters costs more to parse than to look up, and SQLite has a limit.
    """
    listed = list(values)
    if is_postgresql(connection):
        kind = column.type if isinstance(column.type, sa.Integer) else sa.Text()
        written = sa.bindparam(None, _array_text(listed), type_=sa.Text(), unique=True)
        return column == sa.any_(sa.cast(written, sa.ARRAY(kind)))
    each = sa.func.json_each(json.dumps(listed)).table_valued("value")
    return column.in_(sa.select(each.c.value))


def _array_text(values: Sequence[int | str]) -> str:
    """An array as PostgreSQL reads it: the driver goes through a list value by value, which costs more than to look them up."""
    return f"{{{','.join(_array_element(value) if isinstance(value, str) else str(value) for value in values)}}}"


def _array_element(text: str) -> str:
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def among_named(column: sa.ColumnElement[Any], name: str, *, postgresql: bool) -> sa.ColumnElement[bool]:
    """As :func:`among` for a statement that is built once and kept: the values come at each execution, by :func:`named`.

    Building a statement costs several times its execution, which a page that is asked for all day notices.
    """
    if postgresql:
        kind = column.type if isinstance(column.type, sa.Integer) else sa.Text()
        return column == sa.any_(sa.cast(sa.bindparam(name, type_=sa.Text()), sa.ARRAY(kind)))
    each = sa.func.json_each(sa.bindparam(name, type_=sa.Text())).table_valued("value")
    return column.in_(sa.select(each.c.value))


def named(connection: Connection, values: Iterable[int | str]) -> object:
    """The values of :func:`among_named` as the engine takes them."""
    listed = list(values)
    return _array_text(listed) if is_postgresql(connection) else json.dumps(listed)


def whole_numbers(connection: Connection, query: sa.Select[Any]) -> npt.NDArray[np.int64]:
    """What a query of whole numbers finds, rows × columns, without an object for each row: binary COPY on PostgreSQL, the driver's rows on SQLite.

    Args:
        connection: an open transaction.
        query: none of its columns may be null.

    Queries: 1.
    """
    width = len(query.selected_columns)
    if not is_postgresql(connection):
        numbers = np.fromiter(chain.from_iterable(connection.execute(query).cursor), dtype=np.int64)  # type: ignore[arg-type]  # it returns rows
        return numbers.reshape(-1, width)
    columns = query.subquery().c
    wide = sa.select(*(sa.cast(column, sa.BigInteger) for column in columns))
    text = wide.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
    received = bytearray()
    with driver_cursor(connection).copy(f"COPY ({text}) TO STDOUT (FORMAT BINARY)", text.params) as copy:
        for part in copy:
            received += part
    # Before the rows 19 bytes, after them 2; a row says how many columns it has, and each column how long it is.
    row = np.dtype([("columns", ">i2"), ("numbers", [("length", ">i4"), ("number", ">i8")], (width,))])
    rows = np.frombuffer(received, dtype=row, offset=_COPY_HEAD, count=(len(received) - _COPY_HEAD) // row.itemsize)
    received_numbers: npt.NDArray[np.int64] = rows["numbers"]["number"].astype(np.int64)
    return received_numbers


_COPY_HEAD: Final = 19


def day_number(connection: Connection, column: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    """A day as a whole number, by which ``dt.date.fromordinal`` knows it."""
    if is_postgresql(connection):
        return sa.cast(column - sa.literal(dt.date.min, sa.Date), sa.Integer) + dt.date.min.toordinal()
    return sa.cast(sa.func.julianday(column) - _JULIAN, sa.Integer)


_JULIAN: Final = 1_721_424.5
"""SQLite's number of the day before the first."""


def lane(connection: Connection, lanes: int) -> int:
    """A number below ``lanes`` that this connection writes to: on PostgreSQL of its own process, so that few writers at work share one."""
    if not is_postgresql(connection):
        return 0
    process: int = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]  # the connection is open
    return process % lanes


def bulk_insert(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Insert many rows as fast as the engine can: COPY on PostgreSQL, one prepared statement on SQLite.

    Args:
        connection: a writing transaction.
        table: where to.
        columns: names, in the order of each row's values.
        rows: driver-ready values (text, int, bool, date, datetime in UTC, None).

    Raises:
        sqlalchemy.exc.IntegrityError: a row breaks a constraint; nothing of this call stays.
    """
    names = ", ".join(columns)
    cursor = driver_cursor(connection)
    if is_postgresql(connection):
        try:
            with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types([_column_type(table, name) for name in columns])
                write = copy.write_row
                for row in rows:
                    write(row)
        except Exception as error:
            _reraise(error, connection)
            raise
        return
    places = ", ".join("?" * len(columns))
    try:
        cursor.executemany(
            f"INSERT INTO {table.name} ({names}) VALUES ({places})",  # noqa: S608 - names come from table objects
            _for_sqlite(table, columns, rows),
        )
    except sqlite3.Error as error:
        _reraise(error, connection)
        raise


def _for_sqlite(table: Table, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterable[Sequence[object]]:
    """The rows with days and instants as SQLAlchemy's types write them; where there are none, the rows as they are."""
    timed = [place for place, name in enumerate(columns) if isinstance(table.c[name].type, sa.Date | Instant)]
    return (_timed_as_text(row, timed) for row in rows) if timed else rows


def _timed_as_text(row: Sequence[object], timed: Sequence[int]) -> list[object]:
    values = list(row)
    for place in timed:
        value = values[place]
        if isinstance(value, dt.datetime):
            values[place] = value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
        elif isinstance(value, dt.date):
            values[place] = value.isoformat()
    return values


def _reraise(error: Exception, connection: Connection) -> None:
    """Raise a driver's error as SQLAlchemy would, so that callers and :meth:`Database.writing` know one family."""
    driver = connection.dialect.loaded_dbapi
    base = cast("type[Exception]", driver.Error)
    if isinstance(error, base):
        raise DBAPIError.instance(None, None, error, base, dialect=connection.dialect) from error


_WHOLE: Final = {"smallint": (21, 2), "integer": (23, 4), "bigint": (20, 8)}
"""PostgreSQL's types of whole numbers: by what number it knows them, and how many bytes one has."""

_ARRAY_HEAD: Final = struct.Struct("!5i")


class _Numbers(NamedTuple):
    """A column of whole numbers, none of them null, for PostgreSQL."""

    kind: str
    numbers: Sequence[Any]


class _NumbersDumper(psycopg.adapt.Dumper):
    """Writes a column as PostgreSQL sends an array, in one go: the driver goes through a list number by number."""

    format = psycopg.pq.Format.BINARY

    def dump(self, obj: _Numbers) -> bytes:
        oid, width = _WHOLE[obj.kind]
        rows = np.empty(len(obj.numbers), dtype=[("length", ">i4"), ("number", f">i{width}")])
        rows["length"] = width
        rows["number"] = obj.numbers
        # One dimension, which begins with 1; nothing is null.
        return _ARRAY_HEAD.pack(1, 0, oid, len(rows), 1) + rows.tobytes()


def bulk_upsert_add(
    connection: Connection,
    table: Table,
    key: Sequence[str],
    added: Sequence[str],
    rows: Sequence[Sequence[int | str]],
    *,
    returning: bool = False,
) -> list[Sequence[Any]]:
    """Add numbers to rows, making those that are not there.

    Rows are taken in the order of their keys, so that two writers lock them in one order and never wait for each other in a ring.

    Args:
        connection: a writing transaction.
        table: where to.
        key: the columns of its primary key.
        added: whole-number columns that are added to.
        rows: key values, then the numbers to add; every key at most once.
        returning: whether to tell what the rows are now.

    Returns:
        Where asked for, key values and numbers of every row that was written.
    """
    if not rows:
        return []
    # Keys stand first and differ, so that nothing behind them is ever compared.
    ordered = sorted(map(tuple, rows))
    columns = list(zip(*ordered, strict=True))
    width = len(key)
    # A batch of new events moves one level alone: what is zero in every row need not be sent, nor added.
    moving = [name for place, name in enumerate(added, width) if any(columns[place])]
    target = ", ".join((*key, *added))
    changes = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in moving)
    tail = f"ON CONFLICT ({', '.join(key)}) DO " + (f"UPDATE SET {changes}" if changes else "NOTHING")
    if returning:
        tail += f" RETURNING {target}"
    cursor = driver_cursor(connection)
    if is_postgresql(connection):
        sent = [*key, *moving]
        given = ", ".join(name if name in sent else "0" for name in (*key, *added))
        types = [_column_type(table, name) for name in sent]
        arrays = ", ".join(f"%b::{kind}[]" for kind in types)
        source = f"SELECT {given} FROM unnest({arrays}) AS new({', '.join(sent)})"  # noqa: S608 - names come from table objects
        kept = [column for name, column in zip((*key, *added), columns, strict=True) if name in sent]
        cursor.adapters.register_dumper(_Numbers, _NumbersDumper)
        cursor.execute(
            f"INSERT INTO {table.name} ({target}) {source} {tail}",
            [
                _Numbers(kind, column) if kind in _WHOLE else list(column)
                for kind, column in zip(types, kept, strict=True)
            ],
        )
        return list(cursor.fetchall()) if returning else []
    places = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table.name} ({target}) VALUES ({places}) {tail}"  # noqa: S608 - names come from table objects
    if returning:
        return [cursor.execute(statement, row).fetchone() for row in ordered]
    cursor.executemany(statement, ordered)
    return []


def bulk_update(
    connection: Connection,
    table: Table,
    key: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
) -> None:
    """Set columns of many rows, each found by its key.

    Args:
        connection: a writing transaction.
        table: where to.
        key: the columns that find a row.
        columns: what to set.
        rows: the key's values, then the new values.
    """
    if not rows:
        return
    width = len(key)
    ordered = sorted(rows, key=lambda row: cast("Any", tuple(row[:width])))
    cursor = driver_cursor(connection)
    if is_postgresql(connection):
        names = [*key, *columns]
        arrays = ", ".join(f"%b::{_column_type(table, name)}[]" for name in names)
        sets = ", ".join(f"{name} = new.{name}" for name in columns)
        cursor.execute(
            f"UPDATE {table.name} SET {sets} FROM unnest({arrays}) AS new({', '.join(names)}) "  # noqa: S608
            f"WHERE {' AND '.join(f'{table.name}.{name} = new.{name}' for name in key)}",
            [list(column) for column in zip(*ordered, strict=True)],
        )
        return
    sets = ", ".join(f"{name} = ?" for name in columns)
    cursor.executemany(
        f"UPDATE {table.name} SET {sets} WHERE {' AND '.join(f'{name} = ?' for name in key)}",  # noqa: S608 - names come from table objects
        [[*row[width:], *row[:width]] for row in _for_sqlite(table, [*key, *columns], ordered)],
    )


def _column_type(table: Table, column: str) -> str:
    kind = table.c[column].type
    if isinstance(kind, sa.BigInteger):
        return "bigint"
    if isinstance(kind, sa.SmallInteger):
        return "smallint"
    if isinstance(kind, sa.Integer):
        return "integer"
    if isinstance(kind, sa.Boolean):
        return "boolean"
    if isinstance(kind, sa.Date):
        return "date"
    if isinstance(kind, Instant):
        return "timestamptz"
    if isinstance(kind, sa.Float):
        return "float8"
    return "text"

"""What every command begins with: the settings, the database, and a schema that is current."""

from __future__ import annotations

import atexit
import datetime as dt
import getpass
import re
from typing import Any, Final

import click

from app.kit import clock
from app.kit.database import Database
from app.kit.schema import current_schema
from app.kit.settings import Settings
from app.rules.moments import written_day
from app.rules.terms import Node

CONNECTIONS: Final = 2
"""Connections that a command, or the worker, reads by at most, and as many to write by: none does more at once."""

__all__ = ["CYCLE", "DAY", "NODE", "open_database", "settings", "who"]


def who() -> str:
    """Who runs the command, for the record of loads and the trail."""
    try:
        return f"command:{getpass.getuser()}"
    except (KeyError, OSError):
        return "command"


def settings() -> Settings:
    """The settings of this process."""
    try:
        given = Settings.from_environment()
        clock.move(given.clock_ahead)
        return given
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def open_database(given: Settings) -> Database:
    """The database, with its schema current.

    Raises:
        click.ClickException: it was never migrated, or by another version of the application.
    """
    try:
        database = Database(given.database_url, readers=CONNECTIONS, writers=CONNECTIONS)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    # The last connection that closes leaves an SQLite file whole, without its log beside it.
    atexit.register(database.close)
    with database.read() as connection:
        current = current_schema(connection)
    if not current:
        message = "the database's schema is not current: run `kopes migrate` first"
        raise click.ClickException(message)
    return database


class _Cycle(click.ParamType[int]):
    name = "YEAR"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        if not re.fullmatch(r"[1-9][0-9]{3}", value, re.ASCII):
            self.fail(f"{value!r} is not a year of four digits", param, ctx)
        return int(value)


class _Day(click.ParamType[dt.date]):
    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        if isinstance(value, dt.date):
            return value
        day = written_day(value)
        return self.fail(f"{value!r} is not a date as 2026-06-30", param, ctx) if day is None else day


class _Node(click.ParamType[Node]):
    name = "NODE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Node:
        if isinstance(value, Node):
            return value
        node = Node.parse(value)
        if node is None:
            self.fail(f"{value!r} is not a node as unit:VIE or employee:E0001", param, ctx)
        return node


CYCLE = _Cycle()
DAY = _Day()
NODE = _Node()

"""What of a cycle somebody should look at before it is certified: it counts like anything else, and may be wrong (contract, domain.md 2).

Do not keep anything from counting here: an alert is a hint for people, who give a verdict or let it stand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.database import is_postgresql
from app.kit.kept import LruCache
from app.ledger import tables
from app.ledger.frame import Frame
from app.ledger.tally import event_set

__all__ = ["Alert", "AlertKind", "open_alerts"]


class AlertKind(StrEnum):
    """Why somebody should look at an activity."""

    DATED_AHEAD = "dated_ahead"
    """Its day was still to come, in UTC, when it came in."""
    KNOWN_BUYER = "known_buyer"
    """A new buyer with whom a deal was closed before: the agency had dealings with them."""


class Alert(NamedTuple):
    """An activity that counts and that somebody should look at."""

    kind: AlertKind
    key: str
    """Of the activity."""
    type: str
    employee: str
    day: dt.date


_KEPT: Final[LruCache[tuple[Alert, ...]]] = LruCache(8)
"""The page of a cycle asks for them each time; they hang on the set of events alone."""

_NO_MORE: Final = ("reversed", "rejected")


def open_alerts(connection: Connection, frame: Frame, *, cycle: int) -> tuple[Alert, ...]:
    """The alerts of a cycle, by kind and day. Queries: 1; 2 more where something has come in since somebody asked."""
    token = (str(connection.engine.url), frame.first_month, event_set(connection), cycle)
    return _KEPT.get_or_make(token, lambda: tuple(_alerts(connection, frame, cycle)))


def _alerts(connection: Connection, frame: Frame, cycle: int) -> Iterator[Alert]:
    for kind, query in ((AlertKind.DATED_AHEAD, _dated_ahead(connection)), (AlertKind.KNOWN_BUYER, _known_buyer())):
        of = tables.activity.c
        chosen = query.where(of.cycle == cycle, of.state.not_in(_NO_MORE)).order_by(of.day, of.seq)
        for row in connection.execute(chosen):
            yield Alert(kind, row.key, row.type, frame.numbers[row.employee], row.day)


def _query() -> sa.Select[Any]:
    activity, event = tables.activity, tables.event
    columns = (event.c.key, activity.c.type, activity.c.employee, activity.c.day)
    return sa.select(*columns).join(event, event.c.seq == activity.c.seq)


def _dated_ahead(connection: Connection) -> sa.Select[Any]:
    received = tables.event.c.received_at
    came: sa.ColumnElement[Any] = sa.func.date(received)
    if is_postgresql(connection):
        came = sa.cast(sa.func.timezone("UTC", received), sa.Date)
    return _query().where(tables.activity.c.day > came)


def _known_buyer() -> sa.Select[Any]:
    activity, earlier = tables.activity, tables.activity.alias("earlier")
    deals = sa.select(earlier.c.seq).where(
        earlier.c.buyer_key == activity.c.buyer_key,
        earlier.c.type == "export_deal",
        earlier.c.day < activity.c.day,
        earlier.c.state.not_in(_NO_MORE),
    )
    return _query().where(activity.c.type == "new_buyer", deals.exists())

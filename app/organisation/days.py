"""What day it is: for the whole agency it begins and ends by the clock of the root unit (contract-desk, 1).

Do not take the date of an instant: that is the day in UTC, which an agency in Seoul is ahead of until nine in the morning. Where somebody
works is another matter too: there the day may have begun already, or not have ended.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa

from app.organisation import tables

__all__ = ["day_in", "root_timezone", "zone_named"]


def zone_named(name: str | None) -> ZoneInfo:
    """The time zone of an IANA name; UTC without one, and where this machine knows none of that name."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def day_in(timezone: str | None, at: dt.datetime) -> dt.date:
    """The day that an instant is of in a time zone."""
    return at.astimezone(zone_named(timezone)).date()


def root_timezone(day: sa.ColumnElement[dt.date]) -> sa.ScalarSelect[Any]:
    """The name of the root unit's time zone on a day, for a query that cannot wait for the directory: the twin of :meth:`Directory.zone_at`."""
    of = tables.unit_period.c
    return (
        sa.select(of.timezone)
        .where(of.parent.is_(None), of.valid_from <= day, sa.or_(of.valid_to.is_(None), of.valid_to > day))
        .order_by(of.code)
        .limit(1)
        .scalar_subquery()
    )

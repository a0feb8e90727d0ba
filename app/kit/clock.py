"""The only reader of the system clock: everything else is told what time it is."""

from __future__ import annotations

import datetime as dt

__all__ = ["now", "today"]


def now() -> dt.datetime:
    """The present instant, in UTC."""
    return dt.datetime.now(dt.UTC)


def today() -> dt.date:
    """The present day in UTC, which is the day that projections go by (contract, "Scores, exactly")."""
    return now().date()

"""The only reader of the system clock: everything else is told what time it is.

A process may be told to take another instant for the present, from which its clock runs on (``KOPES_NOW``): for trials and tests of what comes
on a day of the year. Nothing else may move it.
"""

from __future__ import annotations

import datetime as dt

__all__ = ["ahead", "is_moved", "move", "now"]

_STANDS_STILL = dt.timedelta(0)


class _Clock:
    """How far this process is ahead of the system's clock."""

    ahead: dt.timedelta = _STANDS_STILL


_clock = _Clock()


def now() -> dt.datetime:
    """The present instant, in UTC."""
    return dt.datetime.now(dt.UTC) + _clock.ahead


def ahead(present: dt.datetime) -> dt.timedelta:
    """How far an instant is ahead of the system's clock; below zero for one that is past."""
    return present - dt.datetime.now(dt.UTC)


def move(by: dt.timedelta) -> None:
    """Let this process's clock run ahead of the system's, or behind it."""
    _clock.ahead = by


def is_moved() -> bool:
    """Whether this process takes another instant for the present."""
    return bool(_clock.ahead)

"""When something happened: a time of RFC 3339 as the contract looks at it.

A newcomer's usual mistake: to take the day in UTC. The day is the date that the time shows, in its own offset; only the order goes by the instant.
"""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange
from functools import lru_cache
from typing import Final, NamedTuple

__all__ = [
    "ClockTime",
    "Moment",
    "clock_of",
    "day_after",
    "first_day",
    "just_after",
    "last_day",
    "moment",
    "written_day",
]

_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]", re.ASCII)
_WRITTEN_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MINUTE: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d):(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII)
_MINUTES_A_DAY: Final = 24 * 60
_SECONDS: Final = frozenset(f"{second:02}" for second in range(60))


def day_after(day: dt.date, days: int) -> dt.date:
    """The day so many days later, or earlier where they are below 0: the calendar's first or last where it has no such day."""
    return dt.date.fromordinal(min(max(day.toordinal() + days, 1), dt.date.max.toordinal()))


def first_day(year: int, month: int) -> dt.date:
    """The first day of a month: the calendar's first or last day where it has no such year."""
    if year < dt.MINYEAR:
        return dt.date.min
    return dt.date.max if year > dt.MAXYEAR else dt.date(year, month, 1)


def last_day(year: int, month: int) -> dt.date:
    """The last day of a month, of a year that the calendar has."""
    return dt.date(year, month, monthrange(year, month)[1])


class Moment(NamedTuple):
    """A time as the contract looks at it."""

    day: dt.date
    """The date that the time shows, in its own offset."""
    instant: str
    """A text that sorts as the instants do: fifteen digits YYYYYMMDDhhmmss in UTC, then the fraction without its last zeros.

    Digits only, so that every collation of every database sorts it by code point; five for the year, since an offset may lead out of 1 to 9999.
    """
    canonical: str
    """The time and its offset in the one form in which equal ones are equal texts."""


class ClockTime(NamedTuple):
    """A time as its own offset shows it."""

    day: dt.date
    minute: str
    """``09:30``."""
    offset: str
    """``+01:00``."""


@lru_cache(maxsize=4096)
def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def written_day(value: object) -> dt.date | None:
    """A day that is written as ``2026-03-20``; None for whatever else, other ways of ISO 8601 (``20260320``, ``2026-W12-5``) among it."""
    return _day(value) if isinstance(value, str) and _WRITTEN_DAY.fullmatch(value) else None


@lru_cache(maxsize=4096)
def _offset_minutes(zone: str) -> int:
    if zone in "Zz":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    return -minutes if zone[0] == "-" else minutes


@lru_cache(maxsize=4096)
def _day_digits(ordinal: int) -> str:
    """A day as nine digits; one before the year 1 or after 9999 too, where an offset leads there."""
    if ordinal < 1:
        return "000001231"
    if ordinal > dt.date.max.toordinal():
        return "100000101"
    return "0" + dt.date.fromordinal(ordinal).isoformat().replace("-", "")


@lru_cache(maxsize=8192)
def _day_of(text: str) -> dt.date | None:
    """The day at the beginning of a time up to its ``T``; None for anything else."""
    return _day(text[:10]) if _DAY.fullmatch(text) else None


@lru_cache(maxsize=8192)
def _clock(minute: str, zone: str) -> tuple[int, str, str] | None:
    """Of ``10:30:`` and an offset: the days that lie between, hours and minutes in UTC, and the end of the canonical form."""
    parts = _MINUTE.fullmatch(minute + zone)
    if parts is None:
        return None
    offset = _offset_minutes(zone)
    shift, minutes = divmod(int(parts[1]) * 60 + int(parts[2]) - offset, _MINUTES_A_DAY)
    return shift, f"{minutes // 60:02}{minutes % 60:02}", f".{offset:+}"


def moment(text: str) -> Moment | None:
    """A time of RFC 3339 with its offset; None for anything else.

    Any number of digits of a second; a leap second where one may be (23:59:60 in UTC at the end of a month). The year 0 is no date.
    """
    # Nearly every time is written in whole seconds, and in few days, minutes and offsets: their parts are worked out once.
    second = text[17:19]
    if second in _SECONDS:
        day, clock = _day_of(text[:11]), _clock(text[11:17], text[19:])
        if day is not None and clock is not None:
            shift, minutes, end = clock
            return Moment(
                day, f"{_day_digits(day.toordinal() + shift)}{minutes}{second}", f"{text[:10]}T{text[11:19]}{end}"
            )
    return _any_moment(text)


def just_after(instant: str) -> dt.datetime | None:
    """The first microsecond after a :attr:`Moment.instant`; None beyond the calendar's end.

    Args:
        instant: digits of the day (9), the hour, the minute, the second, and of its fraction as many as there were.
    """
    try:
        # A leap second is the last of its minute to the calendar.
        second = min(int(instant[13:15]), 59)
        whole = dt.datetime.strptime(f"{instant[1:13]}{second:02}", "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)
        return whole + dt.timedelta(microseconds=int(instant[15:21].ljust(6, "0")) + 1)
    except (ValueError, OverflowError):
        return None


def clock_of(text: str) -> ClockTime | None:
    """What the clock on the wall showed: of every time that :func:`moment` takes; None for anything else."""
    parts = _TIME.fullmatch(text)
    day = _day(parts[1]) if parts else None
    if parts is None or day is None:
        return None
    return ClockTime(day, f"{parts[2]}:{parts[3]}", "+00:00" if parts[6] in "Zz" else parts[6])


def _any_moment(text: str) -> Moment | None:
    """Any time, by the grammar."""
    parts = _TIME.fullmatch(text)
    if parts is None:
        return None
    day_text, hour, minute, second, fraction, zone = parts.groups()
    day = _day(day_text)
    if day is None:
        return None
    fraction = fraction.rstrip("0") if fraction else ""
    offset = _offset_minutes(zone)
    shift, minutes = divmod(int(hour) * 60 + int(minute) - offset, _MINUTES_A_DAY)
    digits = _day_digits(day.toordinal() + shift)
    if second == "60" and (minutes != _MINUTES_A_DAY - 1 or _day_digits(day.toordinal() + shift + 1)[-2:] != "01"):
        return None
    hours, minutes = divmod(minutes, 60)
    instant = f"{digits}{hours:02}{minutes:02}{second}{fraction}"
    return Moment(day, instant, f"{day_text}T{hour}:{minute}:{second}.{fraction}{offset:+}")

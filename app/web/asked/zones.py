"""Time zones that a reader may choose, and the clock that they read by."""

from __future__ import annotations

import datetime as dt
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.core import get_global

from app.kit.cities import city_of

__all__ = ["ZONES", "Clock", "ZoneChoice", "zone_choices"]

_OF_THE_WORLD: Final = "001"

ZONES: Final = frozenset({"UTC"}) | {
    name
    # Asked once: each time it walks the zone files on the disk.
    for name in available_timezones() & get_global("zone_territories").keys()
    if get_global("zone_territories")[name] != _OF_THE_WORLD and not name.startswith("Etc/")
}
"""What may be chosen: a zone for each city that CLDR names one by."""


class Clock(NamedTuple):
    """By which a reader reads instants."""

    zone: dt.tzinfo
    year: int
    """The present one in that zone, which goes without saying."""


class ZoneChoice(NamedTuple):
    """A zone to choose: its IANA name, and what a reader calls it."""

    name: str
    words: str


def zone_choices(language: str, at: dt.datetime) -> list[ZoneChoice]:
    """Every zone that may be chosen, from west to east as of an instant: ``New York, United States (UTC−04:00)``.

    Args:
        language: en, ko or es.
        at: when; a zone with summer time has another distance from UTC in winter.
    """
    countries = Locale.parse(language).territories
    listed = []
    for name in ZONES:
        offset = at.astimezone(ZoneInfo(name)).utcoffset() or dt.timedelta()
        city = city_of(name, language)
        country = countries.get(get_global("zone_territories").get(name, ""), city)
        listed.append((offset, city, name, city if country == city else f"{city}, {country}"))
    return [ZoneChoice(name, f"{words} ({_distance(offset)})") for offset, _, name, words in sorted(listed)]


def _distance(offset: dt.timedelta) -> str:
    """``UTC+09:00``."""
    minutes = abs(int(offset.total_seconds())) // 60
    sign = "\N{MINUS SIGN}" if offset < dt.timedelta() else "+"
    return f"UTC{sign}{minutes // 60:02d}:{minutes % 60:02d}"

"""Time zones as their readers call them: by a city, in their language.

Do not look a zone up by the name that IANA gives it today: CLDR keeps some cities under the name of before ("Asia/Saigon").
"""

from __future__ import annotations

import functools

from babel import Locale
from babel.core import get_global

__all__ = ["city_of"]


@functools.cache
def _names_before() -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for before, present in get_global("zone_aliases").items():
        names.setdefault(present, []).append(before)
    return names


@functools.lru_cache(maxsize=2048)
def city_of(zone: str, language: str) -> str:
    """The city of a zone in a language: ``New York``; of a zone that has none its name, such as ``UTC``."""
    named = Locale.parse(language).time_zones
    for name in (zone, *_names_before().get(zone, ())):
        city = named.get(name, {}).get("city")
        if city:
            return str(city)
    return zone.rpartition("/")[2].replace("_", " ")

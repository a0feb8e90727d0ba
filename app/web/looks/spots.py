"""Where on the earth an office stands: at the city that it is named after, else near it.

A newcomer's usual mistake is to look a place up by its country: a country with offices in several cities would have all of them on one spot.
Who is named after no city that is known stands where the chief place of its time zone in its country is, which is near and not exact.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Final, NamedTuple

from app.kit.settings import ROOT
from app.rules.names import folded

__all__ = ["Spot", "spot_of"]

_CITIES: Final = ROOT / "node_modules" / "city-timezones" / "data" / "cityMap.json"
_WORDS_MOST: Final = 4
"""So many words the name of a city has."""
_MARKS: Final = re.compile(r"[^\w\s]")
_SAINT: Final = re.compile(r"\bst\b")


class Spot(NamedTuple):
    """A point of the earth, in degrees."""

    longitude: float
    latitude: float


_POINT: Final = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?([+-])(\d{3})(\d{2})(\d{2})?")


def spot_of(name: str, country: str, timezone: str) -> Spot | None:
    """Where an office stands.

    Args:
        name: its name, such as "Guangzhou office": the city of its country that has most words of it.
        country: its code.
        timezone: where there is no such city, the chief place of it in the country; else that of the zone, or of the country.

    Returns:
        None where none of them is known.
    """
    by_zone = _spots()
    near = by_zone.get((country, timezone)) or by_zone.get(("", timezone)) or by_zone.get((country, ""))
    return _city_of(name, country) or near


def _city_of(name: str, country: str) -> Spot | None:
    known = _cities().get(country, {})
    return next((known[words] for words in _parts(_plain(name).split()) if words in known), None)


def _plain(name: str) -> str:
    """A name as it is compared: Xi'an as Xian, St. Petersburg as Saint Petersburg."""
    return _SAINT.sub("saint", _MARKS.sub("", folded(name)))


def _parts(words: list[str]) -> Iterator[str]:
    """Words beside each other, most of them first."""
    for many in range(min(_WORDS_MOST, len(words)), 0, -1):
        for at in range(len(words) - many + 1):
            yield " ".join(words[at : at + many])


@functools.cache
def _cities() -> Mapping[str, Mapping[str, Spot]]:
    """The world's larger cities by country and name; of two of one name the one with more people.

    Raises:
        FileNotFoundError: the list is missing; `npm ci` brings it.
    """
    if not _CITIES.is_file():
        message = f"{_CITIES}: missing; run `npm ci`"
        raise FileNotFoundError(message)
    listed = json.loads(_CITIES.read_text(encoding="utf-8"))
    cities: dict[str, dict[str, Spot]] = {}
    for one in sorted(listed, key=lambda one: one["pop"]):
        for name in (one["city"], one["city_ascii"]):
            # Washington, D.C. and Tel Aviv-Yafo are called by what stands first, too.
            for called in (name, re.split("[,-]", name)[0]):
                cities.setdefault(one["iso2"], {})[_plain(called)] = Spot(one["lng"], one["lat"])
    return cities


@functools.cache
def _spots() -> Mapping[tuple[str, str], Spot]:
    """The chief places of countries and time zones, by the time zone database; of a country's or a zone's several ones the first."""
    spots: dict[tuple[str, str], Spot] = {}
    for line in files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        country, point, zone, *_ = line.split("\t")
        spot = _spot(point)
        for key in ((country, zone), (country, ""), ("", zone)):
            spots.setdefault(key, spot)
    return spots


def _spot(point: str) -> Spot:
    """A point as the time zone database writes it: ±DDMM[SS]±DDDMM[SS]."""
    written = _POINT.fullmatch(point)
    if written is None:
        message = f"{point}: no point of the time zone database"
        raise ValueError(message)
    south, *north_parts = written.groups()[:4]
    west, *east_parts = written.groups()[4:]
    latitude, longitude = (
        int(degrees) + int(minutes) / 60 + int(seconds or 0) / 3600
        for degrees, minutes, seconds in (north_parts, east_parts)
    )
    return Spot(-longitude if west == "-" else longitude, -latitude if south == "-" else latitude)

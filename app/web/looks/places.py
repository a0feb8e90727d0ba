"""The offices as a map of the world and as a tree map: what the two find, what they draw, and which of them the reader has chosen.

A newcomer's usual mistake is to look a place up by its country: a country with offices in several time zones would have all of them on one spot.
An office stands where the chief place of its time zone in its country is, which is near and not exact.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any, Final, NamedTuple

from flask import has_request_context, request, url_for
from flask_babel import gettext, ngettext

from app.plain.findings import n_
from app.rules.methods import SCORE_MAX, SCORE_MIN
from app.rules.outlook import Outlook, leading_band, leading_score
from app.rules.rollup import BANDS, Band, band, published
from app.scoring import AgencyBoard, UnitPlace
from app.web.wording.languages import named, number, score

__all__ = ["VIEWS", "VIEW_COOKIE", "PlacesChart", "Spot", "chosen_view", "spot_of"]

VIEW_COOKIE: Final = "kopes_places"

VIEWS: Final[Mapping[str, str]] = {
    "map": n_("Map"),
    "tree": n_("Tree map"),
    "spread": n_("Distribution"),
    "table": n_("Table alone"),
}
"""How the offices may be shown above their table, and each way's name on the switch."""

_BIN: Final = 5
"""So many points wide is a bar of the distribution: every band begins where one does."""

_GOOD: Final = (Band.S, Band.A)
_BAD: Final = (Band.D, Band.E)


def chosen_view() -> str:
    """The reader's choice; the map is the first."""
    cookie = request.cookies.get(VIEW_COOKIE, "") if has_request_context() else ""
    return cookie if cookie in VIEWS else next(iter(VIEWS))


# ------------------------------------------------------------------------------------------------------------ where a place is


class Spot(NamedTuple):
    """A point of the earth, in degrees."""

    longitude: float
    latitude: float


_POINT: Final = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?([+-])(\d{3})(\d{2})(\d{2})?")


def spot_of(country: str, timezone: str) -> Spot | None:
    """Where the chief place of a time zone in a country is; else that of the zone, or of the country; None where neither is known."""
    by_zone = _spots()
    return by_zone.get((country, timezone)) or by_zone.get(("", timezone)) or by_zone.get((country, ""))


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


# ------------------------------------------------------------------------------------------------------------------ the charts


class Bin(NamedTuple):
    """Some points of the scale of scores, the upper end left out but at the top, and how many offices lead there."""

    least: int
    most: int
    band: Band | None
    offices: int


class PlacesChart:
    """A board's offices in the reader's language."""

    def __init__(self, board: AgencyBoard, *, leads: str, kept: Mapping[str, Any]) -> None:
        """Take the offices from the board.

        Args:
            board: the agency's page.
            leads: which figure the reader has chosen to lead with (:mod:`app.web.lists.leading`).
            kept: the parameters that links keep.
        """
        self._board: Final = board
        self._leads: Final = leads
        self._kept: Final = kept

    @property
    def finding(self) -> str:
        """What map and tree map show, in a sentence."""
        return self._told(self._board.offices)

    @property
    def unplaced(self) -> list[str]:
        """The names of the offices that no map has a place for."""
        return [named(one.cell.name) for one in self._board.offices if spot_of(one.country, one.timezone) is None]

    @property
    def regions(self) -> list[dict[str, Any]]:
        """The regional headquarters as the map's buttons have them."""
        offices = self._board.offices
        return [
            self._drawn(head)
            | {"told": self._region_told(head, [one for one in offices if one.region == head.cell.node])}
            for head in self._board.headquarters
        ]

    @property
    def bins(self) -> list[Bin]:
        """How many offices lead to which scores; none where none leads anywhere yet."""
        leads = [
            leading_score(projected=one.cell.projected, so_far=one.cell.final, outlook=self._board.outlook)
            for one in self._board.offices
        ]
        top = int(SCORE_MAX) - _BIN
        begins = Counter(
            min(int(exact) // _BIN * _BIN, top) for lead in leads if (exact := published(lead)) is not None
        )
        scale = range(int(SCORE_MIN), int(SCORE_MAX), _BIN) if begins else ()
        return [Bin(least, least + _BIN, band(float(least)), begins[least]) for least in scale]

    @property
    def content(self) -> dict[str, Any]:
        """What is drawn."""
        return {
            "offices": [self._drawn(one) for one in self._board.offices],
            "regions": self.regions,
            "bins": [one._asdict() for one in self.bins],
            "words": {
                "people": gettext("People"),
                "other": gettext("Under no regional headquarters"),
                "offices": gettext("Offices"),
            },
        }

    def _band(self, place: UnitPlace) -> Band | None:
        cell = place.cell
        return leading_band(projected=cell.projected, so_far=cell.final, outlook=self._board.outlook)

    def _drawn(self, place: UnitPlace) -> dict[str, Any]:
        cell, spot = place.cell, spot_of(place.country, place.timezone)
        return {
            "code": cell.node.code,
            "name": named(cell.name),
            "region": None if place.region is None else place.region.code,
            "longitude": None if spot is None else round(spot.longitude, 2),
            "latitude": None if spot is None else round(spot.latitude, 2),
            "people": place.people,
            "band": self._band(place),
            "figure": self._figure(place),
            "link": url_for("scorecard.scorecard", node=cell.node, **self._kept),
        }

    def _figure(self, place: UnitPlace) -> str | None:
        """The figure as its tile writes it; None where there is none."""
        cell, over = place.cell, self._board.outlook is Outlook.OVER
        if self._leads == "change" and not over and cell.change is not None:
            return f"+{score(cell.change)}" if cell.change > 0 else score(cell.change)
        value = cell.final if over or self._leads == "so_far" else cell.projected
        return None if value is None else score(value)

    def _told(self, offices: Sequence[UnitPlace]) -> str:
        bands = Counter(self._band(one) for one in offices)
        good, bad = (sum(bands[letter] for letter in some) for some in (_GOOD, _BAD))
        if self._board.outlook is Outlook.EARLY:
            return str(gettext("Too early in the year to say where the offices lead"))
        if self._board.outlook is Outlook.OVER:
            said = ngettext(
                "Ended at A or better: %(good)s of %(all)s office; below C: %(bad)s",
                "Ended at A or better: %(good)s of %(all)s offices; below C: %(bad)s",
                len(offices),
                all=number(len(offices)),
                good=number(good),
                bad=number(bad),
            )
        else:
            said = ngettext(
                "Leading to A or better: %(good)s of %(all)s office; to below C: %(bad)s",
                "Leading to A or better: %(good)s of %(all)s offices; to below C: %(bad)s",
                len(offices),
                all=number(len(offices)),
                good=number(good),
                bad=number(bad),
            )
        return str(said)

    def _region_told(self, head: UnitPlace, offices: Sequence[UnitPlace]) -> str:
        band = self._band(head)
        figure = " ".join(part for part in (self._figure(head), band) if part)
        if not offices:
            return f"{named(head.cell.name)} {figure} · {gettext('no offices')}"
        return f"{named(head.cell.name)} {figure} · {self._told(offices)} ({self._letters(offices)})"

    def _letters(self, offices: Iterable[UnitPlace]) -> str:
        """How many offices are in each band, in words for who sees no map."""
        bands = Counter(self._band(one) for one in offices)
        return ", ".join(f"{letter or '–'}: {bands[letter]}" for letter in (*BANDS, None) if bands[letter])

    @property
    def described(self) -> str:
        """The finding, and how many offices are in each band."""
        return f"{self.finding}. {self._letters(self._board.offices)}"

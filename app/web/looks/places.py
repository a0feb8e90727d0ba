"""The offices as a map of the world and as a tree map: what the two find, what they draw, and which of them the reader has chosen.

Where an office stands is asked of :mod:`app.web.looks.spots`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from flask import has_request_context, request, url_for
from flask_babel import gettext, ngettext

from app.plain.findings import n_
from app.rules.methods import SCORE_MAX, SCORE_MIN
from app.rules.outlook import Outlook, leading_band, leading_score
from app.rules.rollup import BANDS, Band, band, published
from app.scoring import AgencyBoard, UnitPlace
from app.web.looks.spots import Spot, spot_of
from app.web.wording.languages import named, number, score

__all__ = ["VIEWS", "VIEW_COOKIE", "PlacesChart", "chosen_view"]

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


# ------------------------------------------------------------------------------------------------------------------ the charts


class Bin(NamedTuple):
    """Some points of the scale of scores, the upper end left out but at the top, and how many offices lead there."""

    least: int
    most: int
    band: Band | None
    offices: int


def _spot(place: UnitPlace) -> Spot | None:
    return spot_of(str(place.cell.name), place.country, place.timezone)


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
        return [named(one.cell.name) for one in self._board.offices if _spot(one) is None]

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
        cell, spot = place.cell, _spot(place)
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

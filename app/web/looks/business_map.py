"""The offices of the table of business figures on a map: where each circle lies, and how large it is.

Do not look for figures here: what a circle says is what its row says, and the page writes both by the same words.
"""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from app.organisation import Directory
from app.rules.business import BusinessFigure
from app.rules.terms import UnitKind
from app.scoring import Business, UnitBusiness
from app.web.looks.earth import HEIGHT, WIDTH, PicturePoint, place_of
from app.web.looks.spots import spot_of

__all__ = ["BusinessMap", "OfficeCircle", "business_map"]

_BROAD_LEAST: Final = 480.0
"""The picture is never drawn out farther than this part of the world's 2,000."""
_HIGH_LEAST: Final = 0.55
"""And is at least so much as high as it is broad."""
_MARGIN: Final = 0.08
_LARGEST: Final = 0.042
_SMALLEST: Final = 0.008
"""Radii, by the picture's breadth."""
_APART: Final = 0.03
_GOLDEN_ANGLE: Final = math.pi * (3 - math.sqrt(5))
_WHOLE: Final = 100

Reach = Literal["level", "reaches", "below", "unknown"]


class OfficeCircle(NamedTuple):
    """An office on the map.

    Attributes:
        unit: with its figures.
        units: it and the units above it, up to those directly below the page's own.
        x: of its middle, as y.
        radius: its area is the figure.
        reach: of a goal or of last year whether the percentage is 100 and more; ``level`` where an amount is looked at.
    """

    unit: UnitBusiness
    units: tuple[str, ...]
    x: float
    y: float
    radius: float
    reach: Reach

    @property
    def row(self) -> str:
        """The unit whose row it is where all are unfolded: the table's second level."""
        return self.units[-2] if len(self.units) > 1 else self.units[-1]


class BusinessMap(NamedTuple):
    """The circles, the largest first, so that a small one lies upon it; the part of the world they lie in; offices without a place."""

    circles: tuple[OfficeCircle, ...]
    box: tuple[float, float, float, float]
    unplaced: tuple[UnitBusiness, ...]


def business_map(
    shown: Business, directory: Directory, unit: str, *, figure: BusinessFigure, by: str
) -> BusinessMap | None:
    """The offices below a unit on a map; None where none of them has a place.

    Args:
        shown: the figures.
        directory: who stands where.
        unit: the page's own unit.
        figure: the one that the circles show.
        by: which of its numbers the table is switched to.
    """
    offices = [one for one in shown.units.values() if one.kind is UnitKind.OFFICE and one.node.code != unit]
    places = {one.node.code: place for one in offices if (place := _place(directory, one, shown)) is not None}
    if not places:
        return None
    box = _box(list(places.values()))
    levels = {one.node.code: _level(one, figure, by) for one in offices}
    most = max(levels[code] for code in places)
    circles: list[OfficeCircle] = []
    here: Counter[PicturePoint] = Counter()
    for one in sorted(offices, key=lambda office: office.node.code):
        code = one.node.code
        if code not in places:
            continue
        place = places[code]
        # Offices of one time zone and country have one place: they lie around it, each always in the same direction.
        away, turn = _APART * box[2] * math.sqrt(here[place]), _GOLDEN_ANGLE * here[place]
        here[place] += 1
        share = math.sqrt(levels[code] / most) if most else 0.0
        chain = directory.chain_on(code, shown.day)
        circles.append(
            OfficeCircle(
                one,
                tuple(chain[: chain.index(unit)] if unit in chain else chain[:1]),
                round(place.x + away * math.cos(turn), 1),
                round(place.y + away * math.sin(turn), 1),
                round(box[2] * max(_SMALLEST, _LARGEST * share), 1),
                _reach(one, figure, by),
            )
        )
    circles.sort(key=lambda circle: (-circle.radius, circle.unit.node))
    return BusinessMap(tuple(circles), box, tuple(one for one in offices if one.node.code not in places))


def _place(directory: Directory, office: UnitBusiness, shown: Business) -> PicturePoint | None:
    row = directory.unit_near(office.node.code, shown.day)
    spot = None if row is None else spot_of(str(row.name), row.country, row.timezone)
    return None if spot is None else place_of(*spot)


def _level(one: UnitBusiness, figure: BusinessFigure, by: str) -> float:
    """What a circle's area is: the amount that the row writes large."""
    now = one.figures[figure].now
    level: Decimal = getattr(now, by) if by in {"verified", "confirmed"} else now.entered
    return max(0.0, float(level))


def _reach(one: UnitBusiness, figure: BusinessFigure, by: str) -> Reach:
    if by not in {"goal", "last_year"}:
        return "level"
    percent = one.figures[figure].number(by)
    if percent is None:
        return "unknown"
    return "reaches" if percent >= _WHOLE else "below"


def _box(places: list[PicturePoint]) -> tuple[float, float, float, float]:
    """The part of the picture that all places lie in, with a margin: left, top, breadth, height."""
    left, right = min(place.x for place in places), max(place.x for place in places)
    top, bottom = min(place.y for place in places), max(place.y for place in places)
    broad = min(WIDTH, max(_BROAD_LEAST, (right - left) * (1 + 2 * _MARGIN)))
    high = min(HEIGHT, max(broad * _HIGH_LEAST, bottom - top + 2 * _MARGIN * broad))
    return (
        round(min(max(0.0, (left + right - broad) / 2), WIDTH - broad), 1),
        round(min(max(0.0, (top + bottom - high) / 2), HEIGHT - high), 1),
        round(broad, 1),
        round(high, 1),
    )

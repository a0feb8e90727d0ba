"""The earth on a page: where a place lies in the picture, and the coasts that are drawn once when the styles and scripts are built.

The projection is Equal Earth (Šavrič, Patterson and Jenny, 2018), in which areas are true: the picture is 2,000 wide, its middle the meridian of Greenwich.
Where an office stands says :mod:`app.web.looks.spots`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

__all__ = ["HEIGHT", "WIDTH", "PicturePoint", "land_path", "place_of"]

_A: Final = (1.340264, -0.081106, 0.000893, 0.003796)
_M: Final = math.sqrt(3) / 2
_REACH_X: Final = 2.7066299836
_REACH_Y: Final = 1.3173627591
_SCALE: Final = 1000 / _REACH_X
_SOUTHERNMOST: Final = -60
"""Land that lies farther south altogether is left out: nobody has an office there."""
_HALF_TURN: Final = 180

WIDTH: Final = 2000.0
HEIGHT: Final = 2 * _REACH_Y * _SCALE


class PicturePoint(NamedTuple):
    """A point of the picture, from its left and upper edge."""

    x: float
    y: float


def place_of(longitude: float, latitude: float) -> PicturePoint:
    """Where a point of the earth lies in the picture; both in degrees."""
    a1, a2, a3, a4 = _A
    theta = math.asin(_M * math.sin(math.radians(latitude)))
    square = theta * theta
    sixth = square**3
    x = math.radians(longitude) * math.cos(theta) / (_M * (a1 + 3 * a2 * square + sixth * (7 * a3 + 9 * a4 * square)))
    y = theta * (a1 + a2 * square + sixth * (a3 + a4 * square))
    return PicturePoint((x + _REACH_X) * _SCALE, (_REACH_Y - y) * _SCALE)


def land_path(topology: Mapping[str, Any]) -> str:
    """The coasts as the path of a drawing, in whole numbers.

    Args:
        topology: TopoJSON with an object ``land`` of polygons, quantized (``world-atlas``).
    """
    arcs = [_points(arc, topology["transform"]) for arc in topology["arcs"]]
    (land,) = topology["objects"]["land"]["geometries"]
    drawn: list[str] = []
    for polygon in land["arcs"]:
        rings = [_ring(ring, arcs) for ring in polygon]
        if max(latitude for _, latitude in rings[0]) > _SOUTHERNMOST:
            drawn += (_closed(ring) for ring in rings)
    return "".join(drawn)


def _points(arc: Iterable[Sequence[int]], transform: Mapping[str, Any]) -> list[tuple[float, float]]:
    (scale_x, scale_y), (begin_x, begin_y) = transform["scale"], transform["translate"]
    x = y = 0
    points = []
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        points.append((x * scale_x + begin_x, y * scale_y + begin_y))
    return points


def _ring(ring: Iterable[int], arcs: Sequence[list[tuple[float, float]]]) -> list[tuple[float, float]]:
    """The arcs of a ring joined; one that is numbered below zero is walked backwards."""
    points: list[tuple[float, float]] = []
    for number in ring:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc[1:] if points else arc
    return _unwrapped(points)


def _unwrapped(ring: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A coast that crosses the meridian of 180 degrees goes on beyond the picture's edge: drawn from one edge to the other it would be a band across."""
    whole_turns = 0
    unwrapped = [ring[0]]
    for (before, _), (longitude, latitude) in itertools.pairwise(ring):
        if abs(longitude - before) > _HALF_TURN:
            whole_turns += 1 if longitude < before else -1
        unwrapped.append((longitude + 2 * _HALF_TURN * whole_turns, latitude))
    middle = sum(longitude for longitude, _ in unwrapped) / len(unwrapped)
    aside = round(middle / (2 * _HALF_TURN)) * 2 * _HALF_TURN
    return [(longitude - aside, latitude) for longitude, latitude in unwrapped]


def _closed(ring: Iterable[tuple[float, float]]) -> str:
    spots = [place_of(*point) for point in ring]
    whole = [(round(x), round(y)) for x, y in spots]
    steps = [(x - before_x, y - before_y) for (before_x, before_y), (x, y) in itertools.pairwise(whole)]
    return f"M{whole[0][0]} {whole[0][1]}l" + " ".join(f"{x} {y}" for x, y in steps if x or y) + "z"

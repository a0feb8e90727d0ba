"""Where a place lies in the picture of the world."""

from __future__ import annotations

import re
from itertools import accumulate, pairwise

import pytest

from app.web.looks.assets import assets
from app.web.looks.earth import HEIGHT, WIDTH, place_of


@pytest.mark.parametrize(
    ("longitude", "latitude", "x", "y"),
    [
        (0, 0, 1000, HEIGHT / 2),
        (180, 0, WIDTH, HEIGHT / 2),
        (0, 90, 1000, 0),
        # By the formula of Equal Earth, worked out apart: theta = asin(√3/2 · sin 30°) = 0.4478; x = 1.2659, y = 0.5929.
        (90, 30, 1467.7, 267.6),
    ],
)
def test_a_place_lies_where_the_projection_has_it(longitude: float, latitude: float, x: float, y: float) -> None:
    """The middle, the edges, and a place between."""
    assert place_of(longitude, latitude) == pytest.approx((x, y), abs=0.1)


def test_the_coasts_lie_within_the_picture() -> None:
    """Without the Antarctic; an outline of many rings, each closed. None crosses the picture from one edge to the other, as a coast at the 180th meridian would."""
    drawing = assets().get("gen/land.svg")
    assert drawing is not None
    path = drawing.content.decode().split(' d="')[1]
    begins = [(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)l", path)]
    assert len(begins) == path.count("z") > 100
    assert all(-100 < x < WIDTH + 100 and 0 <= y < HEIGHT - 60 for x, y in begins)
    rings = [_points(ring) for ring in re.findall(r"M([^z]+)z", path)]
    steps = [abs(x - before) for ring in rings for (before, _), (x, _) in pairwise(ring)]
    assert max(steps) < 200
    points = [x for ring in rings for x, _ in ring]
    assert sum(0 <= x <= WIDTH for x in points) > 0.98 * len(points)
    # Europe, Asia and Africa are one coast, from Senegal to the Bering Strait.
    assert any(min(ring)[0] < 910 and max(ring)[0] > 1700 for ring in rings)


def _points(ring: str) -> list[tuple[int, int]]:
    """The corners of a ring: the first by its place, each further one by the step from the one before."""
    first, _, steps = ring.partition("l")
    numbers = [int(one) for one in f"{first} {steps}".split()]
    return list(
        accumulate(zip(numbers[::2], numbers[1::2], strict=True), lambda at, step: (at[0] + step[0], at[1] + step[1]))
    )

"""Where a place lies in the picture of the world."""

from __future__ import annotations

import re

import pytest

from app.web.assets import assets
from app.web.earth import HEIGHT, WIDTH, place_of


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
    """Without the Antarctic; an outline of many rings, each closed."""
    drawing = assets().get("gen/land.svg")
    assert drawing is not None
    path = drawing.content.decode()
    begins = [(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)l", path)]
    assert len(begins) == path.count("z") > 100
    assert all(0 <= x <= WIDTH and 0 <= y < HEIGHT - 60 for x, y in begins)

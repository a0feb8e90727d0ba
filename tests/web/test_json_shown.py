"""JSON as people read it: over several lines, every digit there, and never far longer than it is."""

from __future__ import annotations

import json

import pytest

from app.web.wording.json_shown import indented


def test_each_member_has_its_line_and_a_number_its_digits() -> None:
    """125000.00 stays what it was."""
    assert (
        indented('{"a": 125000.00, "b": ["한", 1e3]}') == '{\n  "a": 125000.00,\n  "b": [\n    "한",\n    1e3\n  ]\n}'
    )


@pytest.mark.parametrize("depth", [60, 400])
def test_what_lines_would_make_far_longer_stays_on_one(depth: int) -> None:
    """Two spaces a level before each of twenty thousand zeros: 40 kB would become 16 MB."""
    text = "[" * depth + ",".join(["0"] * 20_000) + "]" * depth
    shown = indented(text)
    assert json.loads(shown) == json.loads(text)
    assert len(shown) <= 4 * len(text)

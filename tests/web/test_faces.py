"""The page's font: which file is for which characters."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.looks import faces
from app.web.looks.assets import STATIC, assets

FACE = '@font-face {{ font-family: "F"; src: url(f{number}.woff2); unicode-range: {ranges}; }}'


def _codes(sheet: str) -> list[list[int]]:
    """Of each face the characters it is for, read by hand."""
    read: list[list[int]] = []
    for said in re.findall(r"unicode-range: ([^;]+);", sheet):
        codes: list[int] = []
        for part in said.split(", "):
            ends = [int(end, 16) for end in part[2:].split("-")]
            codes += range(ends[0], ends[-1] + 1)
        read.append(codes)
    return read


@given(
    st.lists(st.sets(st.integers(0x20, 0x60), min_size=1), min_size=1, max_size=4),
    st.frozensets(st.integers(0x20, 0x60)),
)
def test_what_another_face_draws_is_taken_out_and_nothing_else(sets: list[set[int]], taken: frozenset[int]) -> None:
    """Each character of each face stands in it still, but for those taken; a face with none left is gone."""
    sheet = "\n".join(
        FACE.format(number=number, ranges=", ".join(f"U+{code:x}" for code in sorted(codes)))
        for number, codes in enumerate(sets)
    )
    left = faces.without(sheet, taken)
    assert _codes(left) == [sorted(codes - taken) for codes in sets if codes - taken]
    assert re.findall(r"\bf\d+", left) == [f"f{number}" for number, codes in enumerate(sets) if codes - taken]


def test_a_face_that_does_not_say_its_characters_is_refused() -> None:
    """It would draw the Latin letters as well, from a file that every page would fetch."""
    with pytest.raises(ValueError, match="which characters"):
        faces.without("@font-face { font-family: F; }", frozenset())


def test_faces_of_one_family_say_the_same_weights() -> None:
    """Else a browser would take the one that fits the weight best for all letters, whichever it has."""
    sheet = "@font-face { font-weight: 45 920; unicode-range: U+ac00; } @font-face { font-weight: 45 920; unicode-range: U+ac01; }"
    assert "font-weight: 45 920;" in faces.latin_face("latin.woff2", sheet)
    with pytest.raises(ValueError, match="different weights"):
        faces.latin_face("latin.woff2", sheet.replace("45 920", "400 700", 1))


def test_no_two_files_are_for_one_character() -> None:
    """The sheets as they are sent: which of two would be taken hangs on their order."""
    sheet = (STATIC / "gen" / "fonts" / "latin.css").read_text("utf-8") + (
        STATIC / "gen" / "fonts" / "fonts.css"
    ).read_text("utf-8")
    codes = [code for face in _codes(sheet) for code in face]
    assert len(codes) == len(set(codes))
    assert {*map(ord, "aáñ%−→"), ord("가"), ord("韓")} <= set(codes)
    assert assets().url("gen/fonts/latin.woff2") in assets().face()

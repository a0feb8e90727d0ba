"""The page's font as it is sent: one small file of the Latin letters, figures and signs, which every page needs, and the package's 120 for the rest.

A newcomer's usual mistake is to send the package's own sheet alone: its files have no á, no ñ and no minus sign, and an English page takes eight of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Final

__all__ = ["FAMILY", "FEATURES", "LATIN", "WEIGHTS", "latin_face", "without"]

FAMILY: Final = "Pretendard GOV Variable"
WEIGHTS: Final = (400, 700)
"""The lightest and the heaviest that a style sheet asks for."""

FEATURES: Final = ("kern", "mark", "mkmk", "ccmp", "locl", "tnum", "liga", "calt", "cv12")
"""What the font can do that pages use; ``tnum`` sets figures in columns, ``cv12`` three dots on the line, where Korean has them at half height."""

LATIN: Final = frozenset(
    {
        *range(0x20, 0x7F),
        *range(0xA0, 0x180),
        *range(0x2010, 0x2028),
        *map(ord, "‰′″‹›⁄₩€™←↑→↓−≈≠≤≥▲▼●√σμ✓"),
    }
    - {0xAD, 0x149}
)
"""The letters of Western and Central Europe, figures, punctuation, and the signs that stand in our sentences; all of them the font has."""

_RANGE: Final = re.compile(r"unicode-range:\s*([^;]+);")
_WEIGHT: Final = re.compile(r"font-weight:\s*([^;]+);")
_FACE: Final = re.compile(r"@font-face\s*\{.*?\}", re.DOTALL)


def latin_face(address: str, sheet: str) -> str:
    """The face of the Latin letters, for a style sheet, beside the faces of a sheet.

    It says the weights that those say: of faces of one family that say others, a browser draws all letters of a text by one of them.

    Raises:
        ValueError: the sheet's faces do not all say the same weights.
    """
    weights = set(_WEIGHT.findall(sheet))
    if len(weights) != 1:
        message = f"faces of one family say different weights: {', '.join(sorted(weights))}"
        raise ValueError(message)
    return (
        f'@font-face {{ font-family: "{FAMILY}"; font-style: normal; font-display: swap; font-weight: {weights.pop()}; '
        f'src: url({address}) format("woff2"); unicode-range: {_written(LATIN)}; }}\n'
    )


def without(sheet: str, characters: frozenset[int]) -> str:
    """A sheet whose faces leave characters to another face; a face that would be left with none is not in it.

    Raises:
        ValueError: a face does not say which characters it is for.
    """

    def cut(face: str) -> str:
        said = _RANGE.search(face)
        if said is None:
            message = f"a face that does not say which characters it is for: {face}"
            raise ValueError(message)
        left = frozenset(_read(said[1])) - characters
        return f"{face[: said.start()]}unicode-range: {_written(left)};{face[said.end() :]}" if left else ""

    return "\n".join(filter(None, map(cut, _FACE.findall(sheet))))


def _read(ranges: str) -> Iterable[int]:
    for part in ranges.split(","):
        first, _, last = part.strip().removeprefix("U+").partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


def _written(characters: Iterable[int]) -> str:
    runs = (
        [code for _, code in run]
        for _, run in groupby(enumerate(sorted(characters)), key=lambda pair: pair[1] - pair[0])
    )
    return ", ".join(f"U+{run[0]:x}" if len(run) == 1 else f"U+{run[0]:x}-{run[-1]:x}" for run in runs)

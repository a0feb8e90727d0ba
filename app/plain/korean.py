"""Particles of Korean, whose form goes by the last sound of the word before them: 10으로, 12로, 무역관과, 본부와.

A translation writes both forms, as a form on paper does (``%(after)s(으)로``); what fills the place decides. Do not guess the sound of a foreign
word: where nobody can tell, both forms stay, which is how Korean writes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

__all__ = ["with_particles"]


class _Sound(NamedTuple):
    """How a word ends."""

    closed: bool
    """It ends in a consonant."""
    in_l: bool = False
    """That consonant is ㄹ, after which 로 stands and not 으로."""


_FORMS: Final = {
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "을(를)": ("을", "를"),
    "과(와)": ("과", "와"),
    "와(과)": ("과", "와"),
    "(이)라": ("이라", "라"),
    "(으)로": ("으로", "로"),
}
"""What a translation writes: the form after a consonant, and the one after a vowel."""

_PLACE: Final = re.compile(
    r"(%\((?P<name>\w+)\)s)(?P<closing>[”’\"'»]*)(?P<both>" + "|".join(re.escape(both) for both in _FORMS) + ")"
)
_TAG: Final = re.compile(r"<[^>]*>")
_ASIDE: Final = re.compile(r"\s*\([^()]*\)\W*$")
_DAY: Final = re.compile(r"\d\.\W*$")
_UNHEARD: Final = re.compile(r"[^\w%]+$")
_ZEROS: Final = re.compile(r"(?<![\d.])[\d,]*[1-9][\d,]*?(?P<zeros>[0,]+)$")

_OPEN, _CLOSED, _IN_L = _Sound(closed=False), _Sound(closed=True), _Sound(closed=True, in_l=True)
_DIGITS: Final = (_CLOSED, _IN_L, _OPEN, _CLOSED, _OPEN, _OPEN, _CLOSED, _IN_L, _IN_L, _OPEN)
"""영 일 이 삼 사 오 육 칠 팔 구."""
_JO: Final = range(12, 16)
"""Zeros of a number that is read as so many 조, the only power of ten that ends in a vowel."""
_LETTER_NAMES: Final = {"L": _IN_L, "M": _CLOSED, "N": _CLOSED, "R": _IN_L}
"""엘 엠 엔 알; the names of all other Latin letters end in a vowel."""
_LATIN_ENDS: Final = dict.fromkeys("aiouy", _OPEN) | {"l": _IN_L} | dict.fromkeys("mn", _CLOSED)
"""The last letters by which a word in Latin letters is heard alike in whichever language."""

_FIRST_SYLLABLE, _LAST_SYLLABLE, _FINALS, _FINAL_L = 0xAC00, 0xD7A3, 28, 8


def with_particles(message: str, values: Mapping[str, object]) -> str:
    """A translation in which each particle after a place has the form that goes with what fills the place; its places are still to be filled."""
    if "(" not in message or not values:
        return message

    def chosen(place: re.Match[str]) -> str:
        sound = _last_sound(str(values.get(place["name"], "")))
        if sound is None:
            return place[0]
        closed, open_ = _FORMS[place["both"]]
        takes_closed = sound.closed and not (place["both"] == "(으)로" and sound.in_l)
        return f"{place[1]}{place['closing']}{closed if takes_closed else open_}"

    return _PLACE.sub(chosen, message)


def _last_sound(text: str) -> _Sound | None:
    """How a text ends when it is read aloud; None where that cannot be told."""
    said = _TAG.sub("", text)
    said = _ASIDE.sub("", said) or said
    if _DAY.search(said):
        return _IN_L  # "2026. 3. 4.": the day is read with 일.
    said = _UNHEARD.sub("", said)
    last = said[-1:]
    if last.isdecimal() and last.isascii():
        round_ = _ZEROS.search(said)
        return _OPEN if round_ and round_["zeros"].count("0") in _JO else _DIGITS[int(last)]
    if last == "%":
        return _OPEN  # 퍼센트
    if _FIRST_SYLLABLE <= ord(last or "\0") <= _LAST_SYLLABLE:
        final = (ord(last) - _FIRST_SYLLABLE) % _FINALS
        return _Sound(final > 0, in_l=final == _FINAL_L)
    if "A" <= last <= "Z":
        return _LETTER_NAMES.get(last, _OPEN)
    return _LATIN_ENDS.get(last)

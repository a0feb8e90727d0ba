"""What a text may hold that is stored, sent or shown, whatever came: the one place that says so.

PostgreSQL keeps no NUL and nothing in UTF-8 can write half a character (a lone surrogate), though JSON and Python hold both.
Do not refuse here: a door refuses by name what it is sent (:func:`has_unstorable`), what must be kept all the same is made storable.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

__all__ = ["encodable", "has_unstorable", "is_blank", "isolated", "quoted", "storable", "trimmed", "visible"]

QUOTED_MAX: Final = 60
"""So many characters of a value a message quotes."""

_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_BLANK_LETTERS: Final = "\u115f\u1160\u3164\uffa0\u2800"
"""Fillers of Hangul and the empty sign of Braille: letters and signs by their category, and nothing on any screen."""
_AT_ENDS: Final = (
    " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
    "\xad\u034f\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
    + _BLANK_LETTERS
)
"""Spaces, and what is as little to be seen. Joiners are left: they change the letter before them."""
_TURNS: Final = "\u202a-\u202e\u2066-\u2069"
_MOVES: Final = re.compile(f"[\0-\x1f\x7f-\x9f\u2028\u2029{_TURNS}\ud800-\udfff]")
"""What moves a terminal or begins a line in it, and what turns the order of letters around."""
_TURNING: Final = re.compile(f"[{_TURNS}]")
_ISOLATES: Final = "\u2066\u2067\u2068"
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def has_unstorable(text: str) -> bool:
    """Whether a text holds what no database takes: NUL, or half a character."""
    # Asked of every text of every event: the two first questions are cheaper than the search by far.
    return "\0" in text or (not text.isascii() and _UNSTORABLE.search(text) is not None)


def is_blank(text: str) -> bool:
    """Whether nothing of a text is to be seen: it is empty, or made of spaces, control and format characters, fillers and lone marks.

    Where a text is required, such a one is none: nobody could read it.
    """
    if "!" <= text[:1] <= "~":  # Asked of the names of every event, nearly all of which begin so.
        return False
    return not any(letter not in _BLANK_LETTERS and unicodedata.category(letter)[0] in "LNPS" for letter in text)


def trimmed(text: str) -> str:
    """A text as a person meant it: without what cannot be seen at its ends; empty where nothing of it can."""
    return "" if is_blank(text) else text.strip(_AT_ENDS)


def storable(text: str) -> str:
    """A text that both engines keep, whatever was sent: what they cannot is replaced."""
    return _UNSTORABLE.sub(_REPLACEMENT, text) if has_unstorable(text) else text


def encodable(text: str) -> str:
    """A text that UTF-8 can write: half characters are replaced, and NUL, which JSON knows, is left."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def quoted(text: str, most: int = QUOTED_MAX) -> str:
    """A value as a message quotes it: short, on one line, and printable on any terminal."""
    short = text if len(text) <= most else text[:most] + "…"
    return short if short.isprintable() else ascii(short)[1:-1]


def visible(text: str) -> str:
    """A text on one line of a terminal, a log or a printed list: what would move, colour or name it, or turn it around, stands escaped.

    Names and ids are stored as they came and may hold any of this; a program that reads JSON or CSV gets them so.
    """
    return text if text.isprintable() else _MOVES.sub(_escaped, text)


def isolated(text: str) -> str:
    """A text that turns nothing around but itself, for the middle of a sentence: a name with an override in it leaves the sentence as it is."""
    if text.isascii() or not _TURNING.search(text):
        return text
    depth, kept = 0, [_ISOLATE]
    for letter in text:
        if letter == _END_OF_ISOLATE and depth == 0:
            continue  # It would end the isolate around the text.
        depth += (letter in _ISOLATES) - (letter == _END_OF_ISOLATE)
        kept.append(letter)
    # The end of an isolate ends all overrides within it (UAX 9).
    return "".join(kept) + _END_OF_ISOLATE * (depth + 1)


def _escaped(control: re.Match[str]) -> str:
    return control[0].encode("unicode_escape").decode("ascii")

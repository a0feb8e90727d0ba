"""Names however they are typed: one form that every search compares by.

Two people type one name in two ways: 한빛 comes whole or in its single letters, Étoile without its accent or in capitals, ＡＢＣ in wide letters.
A newcomer's usual mistake is to strip every mark. On a Latin, Greek or Cyrillic letter it is an accent; on a Hindi, Thai or Japanese one it is
a letter of the word, and without it the word is another.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

__all__ = ["folded", "folded_terms", "is_called"]

_ACCENTED: Final = ("LATIN ", "GREEK ", "CYRILLIC ")
_UNDIVIDED: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})
"""Letters that Unicode does not take apart into a plain one and its mark, though people type them so."""


@lru_cache(maxsize=16384)
def folded(text: str) -> str:
    """A text by which searches compare: without case, accents and widths, Hangul whole, one space between words.

    Signs are kept as they are: a search for 100% finds that, and nothing else.
    """
    if text.isascii():
        return " ".join(text.casefold().split())
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters: list[str] = []
    accented = False
    for letter in apart:
        kind = unicodedata.category(letter)
        if kind == "Mn":
            if accented:
                continue
        elif kind == "Cf":
            continue  # Joiners and the like: nobody sees or types them.
        else:
            accented = unicodedata.name(letter, "").startswith(_ACCENTED)
        letters.append(letter)
    return " ".join(unicodedata.normalize("NFC", "".join(letters)).translate(_UNDIVIDED).split())


def folded_terms(*names: str | None) -> str:
    """Several names as one text to search in: a line each, so that what is typed never begins in one and ends in the next."""
    return "\n".join(folded(name) for name in names if name)


def is_called(text: str, *, name: str, number: str) -> bool:
    """Whether a person's name has what was typed, or the number is it; an empty text is nobody."""
    wanted = folded(text)
    return bool(wanted) and (wanted in folded(name) or wanted == folded(number))

"""What a text may hold that is stored, sent or shown, whatever came: the one place that says so.

PostgreSQL keeps no NUL and nothing in UTF-8 can write half a character (a lone surrogate), though JSON and Python hold both.
Do not refuse here: a door refuses by name what it is sent (:func:`has_unstorable`), what must be kept all the same is made storable.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["encodable", "has_unstorable", "quoted", "storable"]

QUOTED_MAX: Final = 60
"""So many characters of a value a message quotes."""

_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def has_unstorable(text: str) -> bool:
    """Whether a text holds what no database takes: NUL, or half a character."""
    # Asked of every text of every event: the two first questions are cheaper than the search by far.
    return "\0" in text or (not text.isascii() and _UNSTORABLE.search(text) is not None)


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

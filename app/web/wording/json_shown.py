"""JSON as people read and mend it: indented, in their own letters, every number with the digits that it came with.

A newcomer's usual mistake is to load and dump it: ``125000.00`` would come out as ``125000.0``, another text for the same amount.
"""

from __future__ import annotations

import json
import re
from typing import Final

__all__ = ["indented"]

_MARK: Final = "\0"
_MARKED: Final = re.compile(r'"\\u0000([-+.0-9eE]+)\\u0000"')


_GROWS: Final = 4
_SHORT: Final = 20_000
"""A text may become so many times as long by what indents it, or so long: a list of zeros within four hundred others would become four hundred times as long."""


def indented(text: str) -> str:
    """A JSON text over several lines, or on one where they would be far longer than it; a JSON string, which is how text that was no JSON is kept, as the text itself."""
    try:
        value = json.loads(text, parse_float=lambda digits: f"{_MARK}{digits}{_MARK}")
        shown = value if isinstance(value, str) else _over_lines(value, max(_SHORT, _GROWS * len(text)))
    except (ValueError, RecursionError):
        return text
    # Half of a pair of surrogates cannot be sent; as an escape it is the same JSON.
    return _MARKED.sub(r"\1", shown).encode("utf-8", "backslashreplace").decode()


def _over_lines(value: object, most: int) -> str:
    pieces: list[str] = []
    length = 0
    for piece in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(value):
        pieces.append(piece)
        length += len(piece)
        if length > most:
            return json.dumps(value, ensure_ascii=False)
    return "".join(pieces)

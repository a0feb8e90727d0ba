"""The sum of an event: SHA-256 over its RFC 8785 form, members that nobody knows included (contract-cycle, 3)."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Final, Never

import orjson
import rfc8785

from app.plain.json_text import canonical, decode

__all__ = ["event_form", "event_sha256"]

_EXACT: Final = 2**53 - 1
"""RFC 8785 writes numbers as JavaScript has them: whole ones beyond this are the nearest that there is."""

_SORTED_OTHERWISE: Final = re.compile(r"[\ud800-\U0010ffff]|\\u(?:[dD][89a-fA-F]|[eEfF])")
"""Letters, written out or escaped, of which UTF-16, by which RFC 8785 sorts members, makes another order than their numbers."""


def event_sha256(text: str) -> bytes:
    """The 32 bytes of the sum over an event as it was recorded: over its :func:`event_form`."""
    return hashlib.sha256(event_form(text)).digest()


def event_form(text: str) -> bytes:
    """An event as it was recorded in the one form that it is summed in.

    Args:
        text: its JSON, in any spelling: blanks, the order of members and the spelling of numbers make no other sum.

    What RFC 8785 has no form for (a number beyond its range, half of a surrogate pair) is summed in the form by which events are compared.
    """
    if _SORTED_OTHERWISE.search(text) is None:
        try:
            return orjson.dumps(_PLAIN.decode(text), option=orjson.OPT_SORT_KEYS)
        except (ValueError, TypeError):
            # A number that is no whole one, or too long: JavaScript writes it in its own way, as nothing else does.
            pass
    try:
        return rfc8785.dumps(json.loads(text, parse_int=_whole))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        return canonical(decode(text))


def _plain(text: str) -> int:
    number = int(text)
    if not -_EXACT <= number <= _EXACT:
        raise ValueError(text)
    return number


def _refused(text: str) -> Never:
    raise ValueError(text)


_PLAIN: Final = json.JSONDecoder(parse_int=_plain, parse_float=_refused, parse_constant=_refused)


def _whole(text: str) -> int | float:
    number = int(text)
    return number if -_EXACT <= number <= _EXACT else float(text)

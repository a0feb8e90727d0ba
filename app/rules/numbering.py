"""Numbers that people of an agency are given: the next free one, written as the others are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

__all__ = ["next_number"]

_PARTS: Final = re.compile(r"(?P<before>.*?)(?P<digits>[0-9]{1,15})", re.DOTALL)


def next_number(numbers: Iterable[str]) -> str | None:
    """The one after the highest of those that are written as most are: after E0009 and E1300 comes E1301; None where none ends in digits.

    A number that fell free is not given again: whoever had it stands in the history by it.

    Args:
        numbers: all that were ever given.
    """
    highest: dict[tuple[str, int], int] = {}
    written: Counter[tuple[str, int]] = Counter()
    for number in numbers:
        parts = _PARTS.fullmatch(number)
        if parts is not None:
            pattern = parts["before"], len(parts["digits"])
            written[pattern] += 1
            highest[pattern] = max(highest.get(pattern, 0), int(parts["digits"]))
    if not written:
        return None
    before, width = max(written, key=lambda one: (written[one], one))
    # Past the last of so many digits, there may be some of one more already.
    while (before, width) in highest and highest[before, width] + 1 >= 10**width:
        width += 1
    return f"{before}{highest.get((before, width), 10 ** (width - 1) - 1) + 1:0{width}d}"

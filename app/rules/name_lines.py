"""The names of many as one text, a line each: a text is looked through faster than a hundred thousand names."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator
from typing import Final, Generic, TypeVar

__all__ = ["NameLines"]

T = TypeVar("T")


class NameLines(Generic[T]):
    """Whom lines are of, in an order that stays."""

    def __init__(self, lines: Iterable[tuple[T, str]]) -> None:
        """Lay them out; no line has an end of a line within."""
        self._starts: Final[list[int]] = []
        self._whose: Final[list[T]] = []
        texts: list[str] = []
        at = 0
        for one, line in lines:
            self._starts.append(at)
            self._whose.append(one)
            texts.append(f"\n{line}")
            at += len(line) + 1
        self._text: Final = "".join(texts)

    def __iter__(self) -> Iterator[T]:
        """All of them."""
        return iter(self._whose)

    def having(self, part: str) -> Iterator[T]:
        """Those whose line has a part, one after the other; a part that begins with the end of a line is one with which a line begins."""
        at = self._text.find(part)
        while at >= 0:
            place = bisect.bisect_right(self._starts, at) - 1
            yield self._whose[place]
            if place + 1 == len(self._starts):
                return
            at = self._text.find(part, self._starts[place + 1])

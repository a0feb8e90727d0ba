"""Parts of pages that are kept for as long as what they show comes again unchanged.

The key holds everything that the part shows, figures to the last digit among them, so that nothing kept is ever out of date.
A newcomer's usual mistake is a key that leaves something out, the reader's language or what the reader may see: one person would be shown
another's page.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

__all__ = ["Kept"]

T = TypeVar("T")


class Kept(Generic[T]):
    """The parts that were used last, so many at most; shared by all threads of a process."""

    def __init__(self, most: int) -> None:
        """Keep so many."""
        self._most: Final = most
        self._held: Final[OrderedDict[Hashable, T]] = OrderedDict()
        self._lock: Final = threading.Lock()

    def get(self, key: Hashable) -> T | None:
        """The part of that key, if it is kept."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def keep(self, key: Hashable, part: T) -> T:
        """Keep a part; gives it back."""
        with self._lock:
            self._held[key] = part
            self._held.move_to_end(key)
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return part

"""What was worked out, kept under all that it hangs on, so that the next who asks need not work it out again.

A newcomer's usual mistake is to let everyone who finds nothing begin: on the day of results a thousand people ask for one thing in one minute.
One works it out, the others wait for that.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

__all__ = ["Kept", "LruCache"]

T = TypeVar("T")


class Kept(Generic[T]):
    """The values that were asked for last; shared by all threads of a process.

    Args:
        most: how much is kept, in the unit of ``size``.
        size: how much a value is; without it each is one.
    """

    def __init__(self, most: int, *, size: Callable[[T], int] = lambda _: 1) -> None:
        self._most: Final = most
        self._size: Final = size
        self._held: Final[OrderedDict[Hashable, T]] = OrderedDict()
        self._making: Final[dict[Hashable, threading.Lock]] = {}
        self._lock: Final = threading.Lock()
        self._sum = 0

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of that key; made now where none is kept, unless another thread is making it already.

        Args:
            key: everything that the value hangs on.
            make: works it out. What it raises is raised here and nothing is kept; of those who waited the next one tries.
        """
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._held:
                    return self._held[key]
            try:
                value = make()
                self._keep(key, value)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return value

    def _keep(self, key: Hashable, value: T) -> None:
        with self._lock:
            if key in self._held:
                self._sum -= self._size(self._held.pop(key))
            self._held[key] = value
            self._sum += self._size(value)
            while self._sum > self._most and len(self._held) > 1:
                self._sum -= self._size(self._held.popitem(last=False)[1])


class LruCache(Generic[T]):
    """What was used last; shared by all threads of a process.

    Args:
        most: how many are kept.
        weight_max: what they may weigh together, bytes or whatever ``weigh`` counts.
        weigh: what one weighs; 1 for each where nothing is said.
    """

    def __init__(self, most: int, *, weight_max: int | None = None, weigh: Callable[[T], int] = lambda _: 1) -> None:
        """Begin empty."""
        self._most: Final = most
        self._weight_max: Final = most if weight_max is None else weight_max
        self._weigh: Final = weigh
        self._parts: Final[OrderedDict[Hashable, tuple[T, int]]] = OrderedDict()
        self._lock: Final = threading.Lock()
        self._weight = 0

    def __len__(self) -> int:
        """How many there are."""
        return len(self._parts)

    @property
    def weight(self) -> int:
        """What they weigh."""
        return self._weight

    def get(self, key: Hashable) -> T | None:
        """What is kept for that key, if anything."""
        with self._lock:
            part = self._parts.get(key)
            if part is None:
                return None
            self._parts.move_to_end(key)
            return part[0]

    def keep(self, key: Hashable, part: T) -> T:
        """Keep something, and let go what was not used for longest; gives it back. What weighs more than all may is not kept."""
        weight = self._weigh(part)
        with self._lock:
            before = self._parts.pop(key, None)
            if before is not None:
                self._weight -= before[1]
            if weight <= self._weight_max:
                self._parts[key] = (part, weight)
                self._weight += weight
            while len(self._parts) > self._most or self._weight > self._weight_max:
                _, (_, least) = self._parts.popitem(last=False)
                self._weight -= least
        return part

    def get_or_make(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is kept for that key; else what ``make`` makes, kept from now on. Two threads may make it at once."""
        kept = self.get(key)
        return self.keep(key, make()) if kept is None else kept

"""What was worked out, kept under all that it hangs on, so that the next who asks need not work it out again.

Do not let everyone who finds nothing begin: on the day of results a thousand people ask for one thing in one minute.
One works it out, the others wait for that.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from app.kit import patience
from app.kit.refusals import Busy

__all__ = ["LruCache"]

T = TypeVar("T")

PATIENCE_S: Final = 20.0
"""So long one waits for what another thread is making: a thread that reads, and its connection, wait with it."""


@dataclass(slots=True)
class _Making:
    """Something that is being made: one of those who asked has the lock, and it goes with the last of them."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    asking: int = 0


class LruCache(Generic[T]):
    """What was used last; shared by all threads of a process.

    Args:
        most: how many are kept.
        weight_max: what they may weigh together, bytes or whatever ``weigh`` counts.
        weigh: what one weighs; 1 for each where nothing is said.
        patience_s: how long one waits for what another thread is making.
    """

    def __init__(
        self,
        most: int,
        *,
        weight_max: int | None = None,
        weigh: Callable[[T], int] = lambda _: 1,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Begin empty."""
        self._patience_s: Final = patience_s
        self._most: Final = most
        self._weight_max: Final = most if weight_max is None else weight_max
        self._weigh: Final = weigh
        self._parts: Final[OrderedDict[Hashable, tuple[T, int]]] = OrderedDict()
        self._making: Final[dict[Hashable, _Making]] = {}
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
        """What is kept for that key; made now where nothing is, unless another thread is making it already.

        Args:
            key: everything that it hangs on.
            make: works it out. What it raises is raised here and nothing is kept; of those who waited the next one tries.

        Raises:
            Busy: another thread takes too long over it.
        """
        part = self.get(key)
        if part is not None:
            return part
        with self._lock:
            making = self._making.setdefault(key, _Making())
            making.asking += 1
        try:
            with patience.waiting():
                is_ours = making.lock.acquire(timeout=patience.left(self._patience_s))
            if not is_ours:
                raise Busy
            try:
                part = self.get(key)
                return self.keep(key, make()) if part is None else part
            finally:
                making.lock.release()
        finally:
            with self._lock:
                making.asking -= 1
                if not making.asking:
                    del self._making[key]

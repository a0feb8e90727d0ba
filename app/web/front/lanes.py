"""Threads in lanes: what fills one lane stops no other, nobody waits for a thread without end, and nobody takes all of a lane.

Within a lane whoever waits has their turn after everybody else who waits had one, however much they ask for.
A newcomer's usual mistake is one pool for everything, first come first served: a few passwords being hashed, writers behind a lock, or one
person's fifty tables then stop every page.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from app.kit.refusals import Busy
from app.web.asked.limits import QUEUE_SECONDS, SHARES, THREADS, WAITING_MAX, Lane
from app.web.front.sharers import is_stranger

__all__ = ["Lanes"]

T = TypeVar("T")

_STRANGERS: Final = "strangers"


class Lanes:
    """The threads of a process, by lane."""

    def __init__(self) -> None:
        """Prepare; threads begin with the first work."""
        self._lanes: Final = {
            lane: _Lane(lane, threads=threads, share=SHARES.get(lane, threads), waiting_max=WAITING_MAX[lane])
            for lane, threads in THREADS.items()
        }

    async def run(self, lane: Lane, sharer: str, work: Callable[..., T], *arguments: Any) -> T:
        """Run ``work`` in a thread of the lane; by the loop itself where the lane has none.

        Args:
            lane: whose threads.
            sharer: who is worked for: what they asked for before, and is not done yet, counts against their share.
            work: what is to be done.
            arguments: its own.

        Raises:
            Busy: too many wait, or its turn did not come in time.
        """
        if lane is Lane.LOOP:
            return work(*arguments)
        return await self._lanes[lane].run(sharer, work, *arguments)

    def close(self) -> None:
        """Begin nothing more."""
        for lane in self._lanes.values():
            lane.threads.shutdown(wait=False, cancel_futures=True)


class _Lane:
    """Threads, who works in them and who waits; known to the event loop alone, so that nothing here is locked."""

    def __init__(self, lane: Lane, *, threads: int, share: int, waiting_max: int) -> None:
        self.threads: Final = ThreadPoolExecutor(threads, thread_name_prefix=f"request-{lane}")
        self._share: Final = share
        self._waiting_max: Final = waiting_max
        self._free = threads
        self._strangers = 0
        self._working: Final[Counter[str]] = Counter()
        self._queues: Final[dict[str, deque[asyncio.Future[None]]]] = {}
        """Of each who waits what they wait for; in the order of their turns."""

    async def run(self, sharer: str, work: Callable[..., T], *arguments: Any) -> T:
        await self._wait(sharer)
        try:
            # What has begun is awaited to its end: its own waits are bounded.
            return await asyncio.wrap_future(self.threads.submit(work, *arguments))
        finally:
            self._end(sharer)

    async def _wait(self, sharer: str) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(sharer, deque()).append(turn)
        self._begin()
        self._keep_short(sharer)
        begun = False
        try:
            await asyncio.wait((turn,), timeout=QUEUE_SECONDS)
            begun = turn.done() and not turn.cancelled()
        finally:
            if not begun:
                self._leave(sharer, turn)
        if not begun:
            raise Busy

    def _begin(self) -> None:
        """Let begin who may: of those who have not all of their share, each in turn."""
        while self._free:
            sharer = next((one for one in self._queues if self._may_begin(one)), None)
            if sharer is None:
                return
            queue = self._queues.pop(sharer)
            queue.popleft().set_result(None)
            if queue:
                self._queues[sharer] = queue
            self._free -= 1
            self._working[sharer] += 1
            self._strangers += is_stranger(sharer)

    def _may_begin(self, sharer: str) -> bool:
        """Strangers have one share together: they may come from any number of addresses."""
        return self._working[sharer] < self._share and not (is_stranger(sharer) and self._strangers >= self._share)

    def _keep_short(self, newcomer: str) -> None:
        """Where too many wait, the last of whoever waits for most gives way; that is the newcomer among equals.

        All strangers count as one, or a stranger from each of many addresses would crowd out whoever is known.
        """
        if sum(map(len, self._queues.values())) <= self._waiting_max:
            return
        waiting: Counter[str] = Counter()
        for sharer, queue in self._queues.items():
            waiting[_STRANGERS if is_stranger(sharer) else sharer] += len(queue)

        def gives_way(sharer: str) -> tuple[int, int, bool]:
            together = waiting[_STRANGERS if is_stranger(sharer) else sharer]
            return together, len(self._queues[sharer]), sharer == newcomer

        most = max(self._queues, key=gives_way)
        turn = self._queues[most][-1]
        self._forget(most, turn)
        turn.cancel()

    def _leave(self, sharer: str, turn: asyncio.Future[None]) -> None:
        """Wait no longer; where its turn came in the same moment, let the next one have it."""
        if not turn.done():
            self._forget(sharer, turn)
        elif not turn.cancelled():
            self._end(sharer)

    def _forget(self, sharer: str, turn: asyncio.Future[None]) -> None:
        queue = self._queues[sharer]
        queue.remove(turn)
        if not queue:
            del self._queues[sharer]

    def _end(self, sharer: str) -> None:
        """Give the thread back."""
        self._free += 1
        self._strangers -= is_stranger(sharer)
        self._working[sharer] -= 1
        if not self._working[sharer]:
            del self._working[sharer]
        self._begin()

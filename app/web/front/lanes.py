"""Threads in lanes: what fills one lane stops no other, and nobody waits for a thread without end.

A newcomer's usual mistake is one pool for everything: a few passwords being hashed, or writers behind a lock, then stop every page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from app.kit.refusals import Busy
from app.web.limits import QUEUE_SECONDS, THREADS, WAITING_MAX, Lane

__all__ = ["Lanes"]

T = TypeVar("T")


class Lanes:
    """The threads of a process, by lane."""

    def __init__(self) -> None:
        """Prepare; threads begin with the first work."""
        self._lanes: Final = {
            lane: _Lane(lane, threads=threads, waiting_max=WAITING_MAX[lane]) for lane, threads in THREADS.items()
        }

    async def run(self, lane: Lane, work: Callable[..., T], *arguments: Any) -> T:
        """Run ``work`` in a thread of the lane; by the loop itself where the lane has none.

        Raises:
            Busy: too many wait, or no thread came free in time.
        """
        if lane is Lane.LOOP:
            return work(*arguments)
        return await self._lanes[lane].run(work, *arguments)

    def close(self) -> None:
        """Begin nothing more."""
        for lane in self._lanes.values():
            lane.threads.shutdown(wait=False, cancel_futures=True)


class _Lane:
    def __init__(self, lane: Lane, *, threads: int, waiting_max: int) -> None:
        self.threads: Final = ThreadPoolExecutor(threads, thread_name_prefix=f"request-{lane}")
        self._most: Final = threads + waiting_max
        self._under_way = 0

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        if self._under_way >= self._most:
            raise Busy
        self._under_way += 1
        try:
            thread = self.threads.submit(work, *arguments)
            answer = asyncio.wrap_future(thread)
            done, _ = await asyncio.wait((answer,), timeout=QUEUE_SECONDS)
            # What has begun is awaited to its end: its own waits are bounded.
            if not done and thread.cancel():
                raise Busy
            return await answer
        finally:
            self._under_way -= 1

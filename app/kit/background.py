"""Threads for work that is all the processor's: where there is too little of it, everything else goes first.

A newcomer's usual mistake is to make a thread nice that runs Python: it holds the interpreter's lock while others are given the processor, and
every thread of the process waits for the one that waits. What is given to these threads lets go of that lock while it works.
"""

from __future__ import annotations

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Final

__all__ = ["background_threads"]

_NICE: Final = 10


def background_threads(count: int, *, name: str) -> ThreadPoolExecutor:
    """So many threads at the lowest priority; what they are given must let go of the interpreter's lock.

    Args:
        count: how many work at once; the others queue.
        name: what the threads are called.
    """
    return ThreadPoolExecutor(count, thread_name_prefix=name, initializer=_be_nice)


def _be_nice() -> None:
    """Let others go first. On Linux this is said of the thread alone; elsewhere it would be of the process, so it is not said."""
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, _NICE)

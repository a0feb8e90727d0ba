"""How long a request may wait in all: for a thread, for its turn to write, for locks, for what another thread makes.

Each wait has a bound of its own, but a request has many of them, and whoever sent it is gone before they have all come to their end.
A newcomer's usual mistake is to count from when the request came: its work is no wait, and what was worked out for a minute is not to be refused
at the first lock that somebody holds for a moment.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

__all__ = ["bounded", "left", "waiting"]


@dataclass(slots=True)
class _Patience:
    left_s: float


_OF_REQUEST: Final[ContextVar[_Patience | None]] = ContextVar("patience_of_request", default=None)


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Have all waits of this thread together take so many seconds at most, until the block's end."""
    before = _OF_REQUEST.set(_Patience(seconds))
    try:
        yield
    finally:
        _OF_REQUEST.reset(before)


def left(most: float) -> float:
    """How many seconds the next wait may take: ``most``, or what the waits before it have left; never less than 0."""
    patience = _OF_REQUEST.get()
    return most if patience is None else max(0.0, min(most, patience.left_s))


@contextmanager
def waiting() -> Iterator[None]:
    """Count the time of the block as waited, however it ends."""
    patience = _OF_REQUEST.get()
    begun = time.monotonic()
    try:
        yield
    finally:
        if patience is not None:
            patience.left_s -= time.monotonic() - begun

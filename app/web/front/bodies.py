"""The bodies of requests: read whole by the loop, into files, before a thread is taken for any of them.

Do not look at one body alone: what a process holds of all together is bounded, of short ones and of long ones apart, so that no
number of long ones keeps a form out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import IO, Final

from app.kit.refusals import Busy, Refusal, TooLarge
from app.plain.findings import n_
from app.web.asked.limits import BODIES_BYTES_MAX, BODY_SECONDS, FORM_BYTES, FORMS_BYTES_MAX
from app.web.front.answers import Receive, Scope

__all__ = ["Bodies", "LeftError", "TooSlow"]


class TooSlow(Refusal):
    """The body did not come in time."""

    code = "too_slow"
    status = 408
    message = n_("What you sent took too long to arrive: send it again.")


class LeftError(Exception):
    """The sender has left before the body was there."""


class _Sum:
    """Bodies that are bounded together: when they are too many bytes, the longest of those still coming gives way."""

    def __init__(self, most: int) -> None:
        self._most: Final = most
        self._bytes = 0
        self._coming: Final[dict[asyncio.Timeout, int]] = {}
        self._giving_way: Final[set[asyncio.Timeout]] = set()

    def put(self, body: asyncio.Timeout, size: int) -> None:
        """A body has come so far.

        Raises:
            Busy: it is the longest itself.
        """
        self._bytes += size - self._coming.get(body, 0)
        self._coming[body] = size
        if self._bytes > self._most and not self._giving_way:
            longest = max(self._coming, key=self._coming.__getitem__)
            if longest is body:
                raise Busy
            self._giving_way.add(longest)
            longest.reschedule(0)

    def take(self, body: asyncio.Timeout) -> bool:
        """It comes no more, whole, broken or longer than belongs here, and its bytes are gone. Returns whether it gave way to others."""
        self._bytes -= self._coming.pop(body, 0)
        gave_way = body in self._giving_way
        self._giving_way.discard(body)
        return gave_way

    def hold(self, size: int) -> None:
        """So many bytes of a whole body stay until they are let go (with a negative number)."""
        self._bytes += size


class Bodies:
    """All bodies that a process holds.

    Args:
        most: bytes of all that are longer than a form.
        short_most: bytes of all that are no longer than one.
        short_bytes: how long a form may be.
    """

    def __init__(
        self, most: int = BODIES_BYTES_MAX, *, short_most: int = FORMS_BYTES_MAX, short_bytes: int = FORM_BYTES
    ) -> None:
        """Begin with none."""
        self._long: Final = _Sum(most)
        self._short: Final = _Sum(short_most)
        self._short_bytes: Final = short_bytes

    async def read(self, scope: Scope, receive: Receive, most: int, body: IO[bytes]) -> int:
        """Take a body into a file, ready to be read; returns how long it is. Its bytes count until :meth:`answered`.

        Raises:
            TooLarge: it is longer than ``most``.
            TooSlow: it did not come in time.
            Busy: too much is coming, of which this is the most.
            LeftError: the sender has left.
        """
        deadline = asyncio.timeout(BODY_SECONDS)
        size, gave_way = 0, False
        try:
            async with deadline:
                async for piece in _pieces(scope, receive, most):
                    size += len(piece)
                    if size - len(piece) <= self._short_bytes < size:
                        gave_way = self._short.take(deadline)
                    self._sum_of(size).put(deadline, size)
                    body.write(piece)
        except BaseException as error:
            gave_way |= self._sum_of(size).take(deadline)
            if isinstance(error, TimeoutError):
                raise (Busy() if gave_way else TooSlow()) from None
            raise
        self._sum_of(size).take(deadline)
        self._sum_of(size).hold(size)
        body.seek(0)
        return size

    def answered(self, size: int) -> None:
        """A whole body is needed no more."""
        self._sum_of(size).hold(-size)

    def _sum_of(self, size: int) -> _Sum:
        return self._short if size <= self._short_bytes else self._long


async def _pieces(scope: Scope, receive: Receive, most: int) -> AsyncIterator[bytes]:
    """A body as it comes.

    Raises:
        TooLarge: it says, or shows, that it is longer than ``most``.
        LeftError: the sender has left.
    """
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    # A length of thousands of digits is not even read.
    if len(declared) > len(str(most)) + 1 or (declared.isdigit() and int(declared) > most):
        raise TooLarge
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise LeftError
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > most:
            raise TooLarge
        yield piece
        if not message.get("more_body", False):
            return

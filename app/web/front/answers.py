"""An answer on its way: short ones whole, long ones from a file at the reader's pace.

The thread that makes a long answer writes it into a file without a name and is free for the next request, however slowly it is read.
A newcomer's usual mistake is to hand every piece from thread to loop by itself and to wait for the reader: each slow reader holds a thread.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.web.asked.limits import ANSWER_SECONDS
from app.web.asked.reader import ReaderLeftError

__all__ = ["Answer", "Growing", "Receive", "Scope", "Send", "left"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_PIECE_BYTES: Final = 64 * 1024


class Growing:
    """A long body: a thread writes it, the loop sends what is there.

    Args:
        loop: that sends it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Open the file."""
        self._file: Final = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by leave()
        self._lock: Final = threading.Lock()
        self._loop: Final = loop
        self._more: Final = asyncio.Event()
        self._written = 0
        self._ended: bool | None = None
        self._left = False

    def write(self, piece: bytes) -> None:
        """Add a piece; by the thread.

        Raises:
            ReaderLeftError: nobody reads it any more.
        """
        with self._lock:
            if self._left:
                raise ReaderLeftError
            rest = memoryview(piece)
            while rest:
                rest = rest[self._file.write(rest) :]
        self._written += len(piece)
        self._loop.call_soon_threadsafe(self._more.set)

    def end(self, *, whole: bool) -> None:
        """Say that nothing more comes, and whether that was all; by the thread."""
        self._ended = whole
        self._loop.call_soon_threadsafe(self._more.set)

    async def pieces(self) -> AsyncIterator[bytes]:
        """What is written, as it is written.

        Raises:
            EOFError: it broke before its end.
        """
        at = 0
        while not self._left:
            # Cleared, and the end asked for, before what is there is taken: nothing written in between is slept through.
            self._more.clear()
            ended = self._ended
            while at < self._written and not self._left:
                piece = os.pread(self._file.fileno(), _PIECE_BYTES, at)
                at += len(piece)
                yield piece
            if ended is not None:
                if not ended:
                    message = "the answer broke off"
                    raise EOFError(message)
                return
            await self._more.wait()

    def leave(self) -> None:
        """Close the file: it was sent, or the reader has left."""
        with self._lock:
            self._left = True
            self._file.close()
        self._more.set()


@dataclass(slots=True, eq=False)
class Answer:
    """What the application answered."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    growing: Growing | None = None
    environ: dict[str, Any] = field(default_factory=dict)

    def header(self, name: bytes) -> bytes | None:
        """A header's value; names are in small letters."""
        return next((value for key, value in self.headers if key == name), None)

    def put(self, name: bytes, value: bytes) -> None:
        """Set a header, in place of what it was."""
        self.drop(name)
        self.headers.append((name, value))

    def drop(self, name: bytes) -> None:
        """Take a header away."""
        self.headers = [(key, value) for key, value in self.headers if key != name]

    async def deliver(self, receive: Receive, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        if self.growing is None:
            await send({"type": "http.response.body", "body": self.body})
            return
        growing = self.growing
        leaving = asyncio.ensure_future(left(receive))
        leaving.add_done_callback(lambda _: growing.leave())
        try:
            async for piece in growing.pieces():
                message = {"type": "http.response.body", "body": piece, "more_body": True}
                await asyncio.wait_for(send(message), ANSWER_SECONDS)
            await send({"type": "http.response.body", "body": b""})
        finally:
            leaving.cancel()
            growing.leave()


async def left(receive: Receive) -> None:
    """Return when the reader has left."""
    while (await receive())["type"] != "http.disconnect":
        pass

"""Connections: how many there may be, and how long one may take to say what it wants.

Do not bound requests alone: a connection that never finishes its first line is no request yet, and stays.
"""

from __future__ import annotations

import asyncio
import resource
from collections import Counter, deque
from typing import Any, Final, Protocol, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.web.asked.limits import (
    ADDRESS_CONNECTIONS_MAX,
    ANSWER_SECONDS,
    CONNECTIONS_MAX,
    FRAMING_BYTES_MAX,
    FRAMING_FACTOR_MAX,
    HEAD_BYTES_MAX,
    HEAD_SECONDS,
    PIPELINED_MAX,
)
from app.web.front.accepting import Seat
from app.web.front.answers import Scope

__all__ = ["Connection", "Door"]

_FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 5\r\nconnection: close\r\n\r\n"
"""Said to a connection that cannot be taken, before it has said what it wants."""

_FILES_ASIDE: Final = 200
"""Open files that are no connections of clients."""


class Door:
    """Counts the connections of a process.

    Args:
        behind_proxy: all come from one address, which says nothing about whose they are.
    """

    def __init__(self, *, behind_proxy: bool) -> None:
        """Begin with none."""
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        enough = files == resource.RLIM_INFINITY or files - _FILES_ASIDE > CONNECTIONS_MAX
        self._most: Final = CONNECTIONS_MAX if enough else max(1, files - _FILES_ASIDE)
        self._of_address_most: Final = self._most if behind_proxy else ADDRESS_CONNECTIONS_MAX
        self._of_address: Final[Counter[str]] = Counter()
        self.seat: Seat | None = None
        """Where a process among several says how many it has."""

    def enter(self, address: str) -> bool:
        """Count one more in, if it may."""
        if self._of_address.total() >= self._most or self._of_address[address] >= self._of_address_most:
            return False
        self._of_address[address] += 1
        self._tell()
        return True

    def leave(self, address: str) -> None:
        """Count one out."""
        self._of_address[address] -= 1
        if self._of_address[address] <= 0:
            del self._of_address[address]
        self._tell()

    def _tell(self) -> None:
        if self.seat is not None:
            self.seat.count(self._of_address.total())


class PipelinedError(Exception):
    """More requests came on a connection, before the answer to the first, than any client sends."""


class House(Protocol):
    """What a connection asks of the application that it leads to."""

    door: Door

    def is_for_who_stays(self, scope: Scope) -> bool:
        """Whether a request is worked on only as long as its reader is there."""

    def stop(self) -> None:
        """End all streams: the server was asked to stop."""


class Connection(HttpToolsProtocol):
    """HTTP on one connection, within its bounds.

    Every callback here is called by the parser, for thousands of tiny pieces in one read where somebody sends such: it does next to nothing.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._house: House = cast("House", self.app)
        self._address: str | None = None
        self._head_bytes: int | None = 0
        """Bytes of a head that is not complete; None while none is awaited."""
        self._patience: asyncio.TimerHandle | None = None
        self._unanswered: deque[RequestResponseCycle] = deque()
        self._pieces: list[bytes] = []
        """What came of a body in this read."""
        self._framing_bytes = 0
        """Bytes of a body's chunk lengths and trailers, less what its contents allow for."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Take the connection, if there is room."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if not self._house.door.enter(address):
            transport.write(_FULL)
            transport.close()
            return
        self._address = address
        self._be_patient()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended."""
        super().connection_lost(exc)
        self._write_no_more()
        self._stop_waiting()
        if self._address is not None:
            self._house.door.leave(self._address)
            self._address = None

    def data_received(self, data: bytes) -> None:
        """Read what came; a head that has no end is not read on, nor what is all framing and no body."""
        if self._address is None:
            return
        body_of = self.cycle if self._head_bytes is None else None
        super().data_received(data)
        self._hand_on()
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
                self.send_400_response(
                    "The address and headers of this request are too long: shorten what you search for."
                )
        elif body_of is self.cycle:
            self._framing_bytes += len(data)
            if self._framing_bytes > FRAMING_BYTES_MAX and not self.transport.is_closing():
                self.transport.abort()
                self._write_no_more()

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn's never keeps it open
        """Nothing more comes: requests that are all there are answered, and then it is closed.

        Whoever has left looks the same. So what goes on for as long as there is a reader (streams, files) ends at once.

        Returns:
            Whether the connection stays open for the answers.
        """
        if not self._unanswered or self._unanswered[-1].more_body or self.transport.is_closing():
            return False
        if any(self._house.is_for_who_stays(cast("Scope", cycle.scope)) for cycle in self._unanswered):
            return False
        self._unanswered[-1].keep_alive = False
        return True

    def send_400_response(self, msg: str) -> None:
        """Say that it cannot be read, and close."""
        super().send_400_response(msg)
        self._write_no_more()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        if self._head_bytes is None:
            self._head_bytes = 0
            self._be_patient()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; those after a body mean nothing here."""
        if self._head_bytes is not None:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Its head is there.

        Raises:
            PipelinedError: too many wait for their answers already. The parser hands it on as a request that cannot be read.
        """
        if len(self.pipeline) >= PIPELINED_MAX:
            raise PipelinedError
        self._head_bytes = None
        self._framing_bytes = 0
        self._stop_waiting()
        super().on_headers_complete()
        self._unanswered.append(self.cycle)

    def on_body(self, body: bytes) -> None:
        """A piece of its body."""
        self._pieces.append(body)

    def on_message_complete(self) -> None:
        """It is all there."""
        self._hand_on()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """It is answered; what waits goes before what may still come."""
        self._unanswered.popleft()
        super().on_response_complete()
        if self.pipeline:
            self.flow.pause_reading()

    def _write_no_more(self) -> None:
        """Let what is still being answered know that nobody reads it: the library tells the last that came alone, and each other would break."""
        for cycle in self._unanswered:
            cycle.disconnected = True
            cycle.message_event.set()

    def _hand_on(self) -> None:
        if self._pieces:
            body = b"".join(self._pieces)
            self._pieces.clear()
            self._framing_bytes -= FRAMING_FACTOR_MAX * len(body)
            super().on_body(body)

    def _close_idle(self) -> None:
        """Nothing more came: close, and do not wait for ever for a reader to take the rest of the answer."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(ANSWER_SECONDS, self.transport.abort)

    timeout_keep_alive_handler = _close_idle

    def shutdown(self) -> None:
        """The server was asked to stop: streams end at once, other requests have their grace."""
        self._house.stop()
        super().shutdown()

    def _be_patient(self) -> None:
        self._stop_waiting()
        self._patience = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

"""From ASGI to the WSGI application: a request becomes a call in a thread, and what it returns becomes the answer.

A newcomer's usual mistake is to hand every piece of an answer from thread to loop by itself: each hand-over costs more than most pages. What is
short is handed over once; only long files are sent piece by piece, at the reader's pace.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import Executor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote_to_bytes

__all__ = ["Answer", "Bridge", "Receive", "Scope", "Send", "environ_of"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_EAGER_BYTES: Final = 1024 * 1024
"""A body of up to so many bytes is read before a thread is taken, so that slow senders hold none."""

_WHOLE_BYTES: Final = 256 * 1024
"""An answer of up to so many bytes is handed over at once."""

_SECONDS_A_PIECE: Final = 30
"""How long a thread waits for the next piece of a long body, or for a reader to take the next piece of a long answer."""


@dataclass(slots=True)
class Answer:
    """What the application answered; ``sent`` where it went out piece by piece already."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    sent: bool = False


class _Body(io.RawIOBase):
    """A request's body as WSGI reads it: what came already, then piece by piece from the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, receive: Receive, begun: bytes, *, complete: bool) -> None:
        self._loop = loop
        self._receive = receive
        self._waiting = memoryview(begun)
        self._complete = complete

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with what is there, waiting for the next piece where nothing is."""
        while not self._waiting and not self._complete:
            try:
                message = asyncio.run_coroutine_threadsafe(_receive(self._receive), self._loop).result(_SECONDS_A_PIECE)
            except Late:
                raise OSError("the body did not come") from None
            if message["type"] == "http.disconnect":
                raise OSError("the sender left")
            self._waiting = memoryview(message.get("body", b""))
            self._complete = not message.get("more_body", False)
        taken = self._waiting[: len(buffer)]
        buffer[: len(taken)] = taken
        self._waiting = self._waiting[len(taken) :]
        return len(taken)


async def _receive(receive: Receive) -> MutableMapping[str, Any]:
    return await receive()


def environ_of(scope: Scope, body: Any) -> dict[str, Any]:
    """What WSGI (PEP 3333) calls a request."""
    path = scope.get("raw_path") or scope["path"].encode()
    server, port = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "REQUEST_URI": path.decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server,
        "SERVER_PORT": str(port or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        # An underscore would let a header pose as another one.
        if b"_" in name:
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}" if key in environ else text
    return environ


class Bridge:
    """Calls the application for requests, in threads of its own.

    Args:
        application: a WSGI callable.
        threads: where it runs.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]], threads: Executor) -> None:
        """Take the application."""
        self._application: Final = application
        self._threads: Final = threads

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        answer = await self.ask(scope, receive, send)
        if answer.sent:
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def ask(self, scope: Scope, receive: Receive, send: Send) -> Answer:
        """What the application answers; a long answer is on its way when this returns."""
        loop = asyncio.get_running_loop()
        begun = bytearray()
        complete = False
        while not complete and len(begun) <= _EAGER_BYTES:
            message = await receive()
            if message["type"] == "http.disconnect":
                return Answer(sent=True)
            begun += message.get("body", b"")
            complete = not message.get("more_body", False)
        body = (
            io.BytesIO(begun)
            if complete
            else io.BufferedReader(_Body(loop, receive, bytes(begun), complete=False), 65536)
        )
        environ = environ_of(scope, body)
        if complete:
            environ["CONTENT_LENGTH"] = str(len(begun))
        return await loop.run_in_executor(self._threads, self._call, environ, loop, send)

    def _call(self, environ: dict[str, Any], loop: asyncio.AbstractEventLoop, send: Send) -> Answer:
        answer = Answer()

        def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], None]:
            answer.status = int(status[:3])
            answer.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
            return _refuse_write

        pieces = self._application(environ, start_response)
        try:
            self._collect(iter(pieces), answer, loop, send)
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
        return answer

    def _collect(self, pieces: Iterable[bytes], answer: Answer, loop: asyncio.AbstractEventLoop, send: Send) -> None:
        held: list[bytes] = []
        size = 0
        # An answer that does not know its own length is made while it is sent: its first piece leaves at once.
        whole = _WHOLE_BYTES if any(name == b"content-length" for name, _ in answer.headers) else 0

        def hand_over(message: MutableMapping[str, Any]) -> None:
            asyncio.run_coroutine_threadsafe(_send(send, message), loop).result(_SECONDS_A_PIECE)

        for piece in pieces:
            held.append(piece)
            size += len(piece)
            if size > whole:
                with contextlib.suppress(Late):
                    if not answer.sent:
                        answer.sent = True
                        hand_over({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
                    hand_over({"type": "http.response.body", "body": b"".join(held), "more_body": True})
                    held, size = [], 0
                    continue
                return
        if answer.sent:
            with contextlib.suppress(Late):
                hand_over({"type": "http.response.body", "body": b"".join(held)})
        else:
            answer.body = b"".join(held)


def _refuse_write(_piece: bytes) -> None:
    message = "PEP 3333's write() is for old frameworks"
    raise NotImplementedError(message)


async def _send(send: Send, message: MutableMapping[str, Any]) -> None:
    await send(message)

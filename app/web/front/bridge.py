"""From ASGI to the WSGI application: a request becomes a call in a thread, and what it returns becomes the answer.

Do not take a thread for who is still sending: a body is read whole by the loop, into a file, before anything else.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable, Iterable
from typing import IO, Any, Final
from urllib.parse import unquote_to_bytes

from app.kit.refusals import Busy, Refusal, TooLarge
from app.plain.findings import n_
from app.web.front.answers import Answer, Growing, ReaderLeftError, Receive, Scope, Send
from app.web.front.compressing import Coding
from app.web.front.lanes import Lanes
from app.web.limits import (
    ADDRESS_BYTES_MAX,
    BODIES_BYTES_MAX,
    BODY_SECONDS,
    CHOICE_BYTES_MAX,
    HEAD_BYTES_MAX,
    HEADERS_MAX,
    Lane,
)

__all__ = ["Bridge", "HeadTooLarge", "TooSlow", "environ_of"]

_IN_MEMORY_BYTES: Final = 1024 * 1024
"""A body of up to so many bytes is not written to the disk."""

_WHOLE_BYTES: Final = 256 * 1024
"""An answer of up to so many bytes is handed over at once."""

_LINGER_SECONDS: Final = 10
"""How long what is still sent to a refused request is taken and thrown away: many a sender reads the answer only then."""


class TooSlow(Refusal):
    """The body did not come in time."""

    code = "too_slow"
    status = 408
    message = n_("What you sent took too long to arrive. Please send it again.")


class HeadTooLarge(Refusal):
    """More headers than any browser sends."""

    code = "head_too_large"
    status = 431
    message = n_("The address and headers of this request are too long.")


class _LeftError(Exception):
    """The sender has left before the body was there."""


class _Bodies:
    """All bodies that the process holds: when they are too many bytes, the longest of those still coming gives way, never a newcomer's few."""

    def __init__(self, most: int) -> None:
        self._most: Final = most
        self._bytes = 0
        self._coming: Final[dict[asyncio.Timeout, int]] = {}
        self._giving_way: Final[set[asyncio.Timeout]] = set()

    def begin(self, deadline: asyncio.Timeout) -> None:
        """A body is about to come."""
        self._coming[deadline] = 0

    def grow(self, deadline: asyncio.Timeout, size: int) -> None:
        """A piece of it is there.

        Raises:
            Busy: it is the longest itself.
        """
        self._bytes += size
        self._coming[deadline] += size
        if self._bytes > self._most and not self._giving_way:
            longest = max(self._coming, key=self._coming.__getitem__)
            if longest is deadline:
                raise Busy
            self._giving_way.add(longest)
            longest.reschedule(0)

    def whole(self, deadline: asyncio.Timeout) -> int:
        """It is all there: how long it is. Its bytes count until :meth:`answered`."""
        return self._coming.pop(deadline)

    def broken(self, deadline: asyncio.Timeout) -> bool:
        """It will not be whole: whether it gave way to others."""
        self._bytes -= self._coming.pop(deadline)
        gave_way = deadline in self._giving_way
        self._giving_way.discard(deadline)
        return gave_way

    def answered(self, size: int) -> None:
        """A whole body is needed no more."""
        self._bytes -= size


class Bridge:
    """Calls the application for requests.

    Args:
        application: a WSGI callable.
        lanes: where it runs.
        triage: says by path and method, before any work, which lane a request is for and how long its body may be.
        refused: the answer to a request that is refused before the application sees it.
        bodies_bytes_max: how long all bodies may be together.
    """

    def __init__(
        self,
        application: Callable[..., Iterable[bytes]],
        lanes: Lanes,
        triage: Callable[[str, str], tuple[Lane, int]],
        refused: Callable[[Scope, Refusal], Answer],
        bodies_bytes_max: int = BODIES_BYTES_MAX,
    ) -> None:
        """Take the application."""
        self._application: Final = application
        self._lanes: Final = lanes
        self._triage: Final = triage
        self._refused: Final = refused
        self._bodies: Final = _Bodies(bodies_bytes_max)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        answer = await self.ask(scope, receive, send)
        if answer is not None:
            await answer.deliver(receive, send)

    async def ask(self, scope: Scope, receive: Receive, send: Send) -> Answer | None:
        """What the application answers; None where the request was refused, or its sender has left."""
        lane, most = self._triage(scope["path"], scope["method"])
        with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as body:
            try:
                _refuse_long_head(scope)
                size = await self._read(scope, receive, most, body)
            except _LeftError:
                return None
            except Refusal as refusal:
                await self._refuse(scope, receive, send, refusal)
                return None
            try:
                environ = environ_of(scope, body, plain=lane is Lane.LOOP)
                environ["CONTENT_LENGTH"] = str(size)
                return await self._call(lane, environ)
            except Refusal as refusal:
                await self._refuse(scope, receive, send, refusal)
                return None
            finally:
                self._bodies.answered(size)

    async def _read(self, scope: Scope, receive: Receive, most: int, body: IO[bytes]) -> int:
        """Take a body into a file, ready to be read; returns how long it is.

        Raises:
            TooLarge: it is longer than ``most``.
            TooSlow: it did not come in time.
            Busy: too much is coming, of which this is the most.
            _LeftError: the sender has left.
        """
        deadline = asyncio.timeout(BODY_SECONDS)
        self._bodies.begin(deadline)
        try:
            async with deadline:
                async for piece in _pieces(scope, receive, most):
                    self._bodies.grow(deadline, len(piece))
                    body.write(piece)
        except BaseException as error:
            gave_way = self._bodies.broken(deadline)
            if isinstance(error, TimeoutError):
                raise (Busy() if gave_way else TooSlow()) from None
            raise
        body.seek(0)
        return self._bodies.whole(deadline)

    async def _call(self, lane: Lane, environ: dict[str, Any]) -> Answer:
        """Call the application; a long answer is still being made when this returns."""
        loop = asyncio.get_running_loop()
        answer = Answer(environ=environ)
        begun: asyncio.Future[None] = loop.create_future()
        work = asyncio.ensure_future(self._lanes.run(lane, self._work, answer, loop, begun))
        await asyncio.wait((work, begun), return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
        else:
            # Whatever breaks from now on, the reader is told by the end that is missing.
            work.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        return answer

    def _work(self, answer: Answer, loop: asyncio.AbstractEventLoop, begun: asyncio.Future[None]) -> None:
        def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], None]:
            answer.status = int(status[:3])
            answer.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
            return _refuse_write

        pieces = self._application(answer.environ, start_response)
        try:
            _collect(pieces, answer, loop, begun)
        except ReaderLeftError:
            pass
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, refusal: Refusal) -> None:
        """Answer a refusal, and close the connection once the sender has had its say."""
        answer = self._refused(scope, refusal)
        answer.put(b"connection", b"close")
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body, "more_body": True})
        try:
            async with asyncio.timeout(_LINGER_SECONDS):
                while (message := await receive())["type"] == "http.request" and message.get("more_body"):
                    pass
        except TimeoutError:
            pass
        await send({"type": "http.response.body", "body": b""})


def _refuse_long_head(scope: Scope) -> None:
    headers = scope["headers"]
    if len(scope.get("raw_path", b"")) + len(scope["query_string"]) > ADDRESS_BYTES_MAX:
        raise HeadTooLarge
    if len(headers) > HEADERS_MAX or sum(len(name) + len(value) for name, value in headers) > HEAD_BYTES_MAX:
        raise HeadTooLarge


async def _pieces(scope: Scope, receive: Receive, most: int) -> Any:
    """A body as it comes.

    Raises:
        TooLarge: it says, or shows, that it is longer than ``most``.
        _LeftError: the sender has left.
    """
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    # A length of thousands of digits is not even read.
    if len(declared) > len(str(most)) + 1 or (declared.isdigit() and int(declared) > most):
        raise TooLarge
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _LeftError
        piece = message.get("body", b"")
        size += len(piece)
        if size > most:
            raise TooLarge
        yield piece
        if not message.get("more_body", False):
            return


def environ_of(scope: Scope, body: Any, *, plain: bool = False) -> dict[str, Any]:
    """What WSGI (PEP 3333) calls a request.

    Args:
        scope: the request.
        body: its body.
        plain: without its cookies, and without headers and parameters that take long to be read: for what the loop itself answers.
    """
    path = scope.get("raw_path") or scope["path"].encode()
    query = b"" if plain and len(scope["query_string"]) > CHOICE_BYTES_MAX else scope["query_string"]
    server, port = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "REQUEST_URI": path.decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
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
        if b"_" in name or (len(value) > CHOICE_BYTES_MAX and (plain or name.startswith(b"accept"))):
            continue
        if plain and name == b"cookie":
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}" if key in environ else text
    return environ


def _collect(
    pieces: Iterable[bytes], answer: Answer, loop: asyncio.AbstractEventLoop, begun: asyncio.Future[None]
) -> None:
    """Take an answer's body: in one piece where it is short, else into a file that is sent while it grows."""
    coding = Coding(answer)
    # An answer that does not know its own length is made while it is sent: its first piece leaves at once.
    whole = _WHOLE_BYTES if answer.header(b"content-length") is not None else 0
    waiting: list[bytes] = []
    size = 0
    growing: Growing | None = None
    ended = False
    try:
        for piece in pieces:
            if growing is not None:
                growing.write(coding.piece(piece))
                continue
            waiting.append(piece)
            size += len(piece)
            if size > whole:
                coding.begin()
                growing = answer.growing = Growing(loop)
                loop.call_soon_threadsafe(begun.set_result, None)
                growing.write(coding.piece(b"".join(waiting)))
        if growing is None:
            answer.body = coding.whole(b"".join(waiting))
        else:
            growing.write(coding.end())
        ended = True
    finally:
        if growing is not None:
            growing.end(whole=ended)


def _refuse_write(_piece: bytes) -> None:
    message = "PEP 3333's write() is for old frameworks"
    raise NotImplementedError(message)

"""From ASGI to the WSGI application: a request becomes a call in a thread, and what it returns becomes the answer.

Do not take a thread for who is still sending: a body is read whole by the loop, into a file, before anything else.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from app.kit import patience
from app.kit.refusals import Refusal
from app.web.asked.limits import WAITS_SECONDS, Lane
from app.web.asked.reader import READER_LEFT, ReaderLeftError
from app.web.front.answers import Answer, Growing, Receive, Scope, Send, left
from app.web.front.bodies import Bodies, LeftError
from app.web.front.compressing import Coding
from app.web.front.environ import environ_of, refuse_head
from app.web.front.lanes import Lanes
from app.web.front.sharers import Sharers

__all__ = ["Bridge"]

_IN_MEMORY_BYTES: Final = 1024 * 1024
"""A body of up to so many bytes is not written to the disk."""

_WHOLE_BYTES: Final = 256 * 1024
"""An answer of up to so many bytes is handed over at once."""

_LINGER_SECONDS: Final = 10
"""How long what is still sent to a refused request is taken and thrown away: many a sender reads the answer only then."""


class Bridge:
    """Calls the application for requests.

    Args:
        application: a WSGI callable.
        lanes: where it runs.
        triage: says by path and method, before any work, which lane a request is for and how long its body may be.
        refused: the answer to a request that is refused before the application sees it.
        sharers: whose share of a lane a request takes.
        bodies: those that the process holds.
    """

    def __init__(
        self,
        application: Callable[..., Iterable[bytes]],
        lanes: Lanes,
        triage: Callable[[str, str], tuple[Lane, int]],
        refused: Callable[[Scope, Refusal], Answer],
        sharers: Sharers,
        bodies: Bodies | None = None,
    ) -> None:
        """Take the application."""
        self._application: Final = application
        self._lanes: Final = lanes
        self._triage: Final = triage
        self._refused: Final = refused
        self._sharers: Final = sharers
        self._bodies: Final = bodies or Bodies()

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
                refuse_head(scope)
                size = await self._bodies.read(scope, receive, most, body)
            except LeftError:
                return None
            except Refusal as refusal:
                await self._refuse(scope, receive, send, refusal)
                return None
            try:
                environ = environ_of(scope, body, plain=lane is Lane.LOOP)
                environ["CONTENT_LENGTH"] = str(size)
                return await self._call(lane, environ, receive)
            except Refusal as refusal:
                await self._refuse(scope, receive, send, refusal)
                return None
            finally:
                self._bodies.answered(size)

    async def _call(self, lane: Lane, environ: dict[str, Any], receive: Receive) -> Answer:
        """Call the application; a long answer is still being made when this returns."""
        loop = asyncio.get_running_loop()
        leaving = self._leaving(environ, receive) if lane is Lane.FILE else None
        answer = Answer(environ=environ)
        begun: asyncio.Future[None] = loop.create_future()
        sharer = "" if lane is Lane.LOOP else self._sharers.sharer_of(environ)
        work = asyncio.ensure_future(self._lanes.run(lane, sharer, self._work, answer, loop, begun, time.monotonic()))
        await asyncio.wait((work, begun), return_when=asyncio.FIRST_COMPLETED)
        if leaving is not None:
            leaving.cancel()
        if work.done():
            work.result()
        else:
            # Whatever breaks from now on, the reader is told by the end that is missing.
            work.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        self._sharers.learn(environ)
        return answer

    @staticmethod
    def _leaving(environ: dict[str, Any], receive: Receive) -> asyncio.Future[None]:
        """Look whether the reader of a file leaves before its first byte is there, and tell the application."""
        gone = threading.Event()
        environ[READER_LEFT] = gone.is_set
        leaving = asyncio.ensure_future(left(receive))
        leaving.add_done_callback(lambda ended: None if ended.cancelled() else gone.set())
        return leaving

    def _work(
        self, answer: Answer, loop: asyncio.AbstractEventLoop, begun: asyncio.Future[None], queued_at: float
    ) -> None:
        """Make the answer, in a thread; what was waited for that thread is no longer there for locks."""
        with patience.bounded(WAITS_SECONDS - (time.monotonic() - queued_at)):
            self._answer(answer, loop, begun)

    def _answer(self, answer: Answer, loop: asyncio.AbstractEventLoop, begun: asyncio.Future[None]) -> None:
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

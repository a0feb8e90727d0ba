"""Live streams over HTTP: server-sent events, let in by the same route as everyone, closed when the right to look ends.

Do not let a stream live for ever on the right it began with: who signed out, was disabled or transferred sees
nothing more within seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from flask import Flask
from sqlalchemy.exc import DBAPIError

from app.kit import clock
from app.kit.refusals import Refusal, TooMany
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.rules.terms import Node
from app.web.answer.routing import Site
from app.web.api.live import STREAM_OF, block
from app.web.asked import sign_in
from app.web.asked.limits import PERSON_STREAMS_MAX
from app.web.asked.request_context import RequestContext
from app.web.front.answers import Answer, Receive, Scope, Send, left
from app.web.front.bridge import Bridge
from app.web.front.hub import Hub, Viewing

__all__ = ["LIVE", "Streams"]

_LOG: Final = logging.getLogger("kopes.live")

LIVE: Final = "/api/v1/live"

HEARTBEAT_SECONDS: Final = 15
"""How often a silent stream says that it is there, with its position; proxies close what is silent for a minute."""

CHECK_SECONDS: Final = 4
"""How often the right to look is asked for again, for all streams of the process at once."""

CHECKS_A_SECOND_MAX: Final = 500

UNCHECKED_SECONDS: Final = 60
"""A stream whose right could not be asked for so long is closed: its reader comes back, and is asked at the door."""

_HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # Nginx would keep events back until its buffer is full.
    (b"x-accel-buffering", b"no"),
)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a reader showed at the door."""

    authorization: str | None
    cookie: str | None


class Streams:
    """Lets streams in, writes them, and closes those whose right has ended.

    Args:
        bridge: to the application, which is asked first.
        hub: that follows.
        app: the application.
        site: what its routes share.
        refused: the answer to a stream that is one too many.
    """

    def __init__(
        self, bridge: Bridge, hub: Hub, app: Flask, site: Site, refused: Callable[[Scope, Refusal], Answer]
    ) -> None:
        """Begin without streams."""
        self._bridge: Final = bridge
        self._hub: Final = hub
        self._app: Final = app
        self._site: Final = site
        self._refused: Final = refused
        self._rights: Final[dict[Viewing, _Shown]] = {}
        self._of_person: Final[Counter[str]] = Counter()
        self._checking: asyncio.Task[None] | None = None
        self._thread: Final = ThreadPoolExecutor(1, thread_name_prefix="rights")

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the route; where it says 200, take its answer over with a stream that does not end."""
        answer = await self._bridge.ask(scope, receive, send)
        if answer is None:
            return
        nodes = _nodes(scope)
        if answer.status != HTTPStatus.OK or not nodes or scope["method"] != "GET":
            await answer.deliver(receive, send)
            return
        person = answer.environ.get(STREAM_OF)
        if person is not None and self._of_person[person] >= PERSON_STREAMS_MAX:
            message = n_("You have as many live pages open as anyone may: close some of them.")
            await self._refused(scope, TooMany(message=message, retry_after_s=10)).deliver(receive, send)
            return
        if person is not None:
            self._of_person[person] += 1
        try:
            await self._stream(scope, nodes, answer, receive, send)
        finally:
            if person is not None:
                self._of_person[person] -= 1
                if not self._of_person[person]:
                    del self._of_person[person]

    async def _stream(self, scope: Scope, nodes: list[Node], answer: Answer, receive: Receive, send: Send) -> None:
        kept = [
            (name, value) for name, value in answer.headers if not name.startswith((b"content-", b"cache-", b"set-c"))
        ]
        kept += [(name, value) for name, value in answer.headers if name.startswith(b"content-s")]
        viewing = await self._hub.open(nodes, after=_after(scope))
        self._rights[viewing] = _Shown(_header(scope, b"authorization"), _header(scope, b"cookie"))
        self._check_on()
        leaving = asyncio.ensure_future(left(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, *kept]})
            await self._write(viewing, send, leaving)
        finally:
            leaving.cancel()
            self._hub.leave(viewing)
            del self._rights[viewing]

    async def _write(self, viewing: Viewing, send: Send, leaving: asyncio.Future[None]) -> None:
        leaving.add_done_callback(lambda _: viewing.close())
        text = "retry: 1000\n" + block(position=viewing.position)
        while not viewing.closed:
            # Cleared before what is pending is taken, so that nothing told in between is slept through.
            viewing.wake.clear()
            pending, viewing.pending = viewing.pending, {}
            text += "".join(
                block(position=viewing.position, node=change.node, cycle=change.cycle, at=change.at)
                for change in pending.values()
            )
            if text:
                await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
            text = ""
            try:
                await asyncio.wait_for(viewing.wake.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                text = ": still here\n" + block(position=viewing.position)
        if not leaving.done():
            await send({"type": "http.response.body", "body": b""})

    # ------------------------------------------------------------------------------------------------------------- rights

    def _check_on(self) -> None:
        if self._checking is None or self._checking.done():
            self._checking = asyncio.get_running_loop().create_task(self._check())

    async def _check(self) -> None:
        loop = asyncio.get_running_loop()
        checked_at = loop.time()
        while self._rights:
            await asyncio.sleep(max(CHECK_SECONDS, len(self._rights) / CHECKS_A_SECOND_MAX))
            shown = dict(self._rights)
            try:
                closing = await loop.run_in_executor(self._thread, self._without_right, shown)
            except Exception:  # noqa: BLE001 - a check that ends by an error would leave every stream open for ever
                _LOG.exception("the rights of live streams could not be asked for")
                closing = list(shown) if loop.time() - checked_at > UNCHECKED_SECONDS else []
            else:
                checked_at = loop.time()
            for viewing in closing:
                viewing.close()

    def _without_right(self, shown: dict[Viewing, _Shown]) -> list[Viewing]:
        """The streams that would not be let in any more. Queries: 1 for each key or session, and 1 or 2 more."""
        now = clock.now()
        closing: list[Viewing] = []
        with self._site.database.read() as connection:
            contexts: dict[_Shown, RequestContext] = {}
            for viewing, what in shown.items():
                try:
                    context = contexts.get(what)
                    if context is None:
                        who = sign_in.outside_flask(
                            connection,
                            app=self._app,
                            settings=self._site.settings,
                            authorization=what.authorization,
                            cookies=what.cookie,
                            now=now,
                        )
                        context = RequestContext(
                            database=self._site.database, settings=self._site.settings, now=now, who=who
                        )
                        contexts[what] = context.opened(connection)
                    for node in viewing.nodes:
                        context.require(Deed.FOLLOW_LIVE, node)
                except Refusal:
                    closing.append(viewing)
                except DBAPIError:
                    raise
                except Exception:  # noqa: BLE001 - one stream that cannot be judged must not keep the others from it
                    _LOG.exception("the right of a live stream could not be asked for: it is closed")
                    closing.append(viewing)
        return closing


def _header(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


def _nodes(scope: Scope) -> list[Node]:
    """The nodes that the address names; the route has read them before."""
    given = parse_qs(scope["query_string"].decode("latin-1")).get("node", [])
    return [node for text in given if (node := Node.parse(text.strip())) is not None]


def _after(scope: Scope) -> str | None:
    """The position that the reader had: the header of a reconnection goes before what the address began with."""
    given = parse_qs(scope["query_string"].decode("latin-1")).get("after", [""])[0].strip()
    return _header(scope, b"last-event-id") or given or None

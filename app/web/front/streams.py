"""Live streams over HTTP: server-sent events, let in by the same route as everyone, closed when the right to look ends.

A newcomer's usual mistake is to let a stream live for ever on the right it began with: who signed out, was disabled or transferred sees
nothing more within seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from flask import Flask
from sqlalchemy.exc import DBAPIError

from app.kit import clock
from app.kit.refusals import Refusal
from app.rules.permissions import Deed
from app.rules.terms import Node
from app.web import sign_in
from app.web.api.live import block
from app.web.front.bridge import Bridge, Receive, Scope, Send
from app.web.front.hub import Hub, Viewing
from app.web.request_context import RequestContext
from app.web.routing import Site

__all__ = ["LIVE", "Streams"]

_LOG: Final = logging.getLogger("kopes.live")

LIVE: Final = "/api/v1/live"

HEARTBEAT_SECONDS: Final = 15
"""How often a silent stream says that it is there, with its position; proxies close what is silent for a minute."""

CHECK_SECONDS: Final = 4
"""How often the right to look is asked for again, for all streams of the process at once."""

CHECKS_A_SECOND_MAX: Final = 500

_HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # Nginx would keep events back until its buffer is full.
    (b"x-accel-buffering", b"no"),
)


class Streams:
    """Lets streams in, writes them, and closes those whose right has ended."""

    def __init__(self, bridge: Bridge, hub: Hub, app: Flask, site: Site) -> None:
        """Take the application that is asked first, and the hub that follows."""
        self._bridge: Final = bridge
        self._hub: Final = hub
        self._app: Final = app
        self._site: Final = site
        self._rights: Final[dict[Viewing, tuple[str | None, str | None]]] = {}
        self._checking: asyncio.Task[None] | None = None
        self._thread: Final = ThreadPoolExecutor(1, thread_name_prefix="rights")

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the route; where it says 200, take its answer over with a stream that does not end."""
        answer = await self._bridge.ask(scope, receive, send)
        node = _node(scope)
        if answer.sent or answer.status != HTTPStatus.OK or node is None:
            if not answer.sent:
                await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
                await send({"type": "http.response.body", "body": answer.body})
            return
        kept = [
            (name, value) for name, value in answer.headers if not name.startswith((b"content-", b"cache-", b"set-c"))
        ]
        headers = [
            *_HEADERS,
            *kept,
            *((name, value) for name, value in answer.headers if name.startswith(b"content-s")),
        ]
        viewing = await self._hub.open(node, after=_after(scope))
        self._rights[viewing] = (_header(scope, b"authorization"), _header(scope, b"cookie"))
        self._check_on()
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
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
            told, viewing.pending = viewing.pending, {}
            text += "".join(
                block(position=viewing.position, node=change.node, cycle=change.cycle, at=change.at)
                for change in told.values()
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
        while self._rights:
            await asyncio.sleep(max(CHECK_SECONDS, len(self._rights) / CHECKS_A_SECOND_MAX))
            asked = list(self._rights.items())
            with contextlib.suppress(DBAPIError):
                for viewing in await loop.run_in_executor(self._thread, self._without_right, asked):
                    viewing.close()

    def _without_right(self, asked: list[tuple[Viewing, tuple[str | None, str | None]]]) -> list[Viewing]:
        """The streams that would not be let in any more. Queries: 1 for each key or session, and 1 or 2 more."""
        now = clock.now()
        found: list[Viewing] = []
        with self._site.database.read() as connection:
            desks: dict[tuple[str | None, str | None], RequestContext] = {}
            for viewing, shown in asked:
                context = desks.get(shown)
                if context is None:
                    who = sign_in.outside_flask(
                        connection,
                        app=self._app,
                        settings=self._site.settings,
                        authorization=shown[0],
                        cookies=shown[1],
                        now=now,
                    )
                    context = RequestContext(
                        database=self._site.database, settings=self._site.settings, now=now, who=who
                    )
                    desks[shown] = context.opened(connection)
                try:
                    context.require(Deed.FOLLOW_LIVE, viewing.node)
                except Refusal:
                    found.append(viewing)
        return found


async def _left(receive: Receive) -> None:
    """Return when the reader has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _header(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


def _node(scope: Scope) -> Node | None:
    given = parse_qs(scope["query_string"].decode("latin-1")).get("node", [""])
    return Node.parse(given[0].strip())


def _after(scope: Scope) -> str | None:
    """The position that the reader had: the header of a reconnection goes before what the address began with."""
    given = parse_qs(scope["query_string"].decode("latin-1")).get("after", [""])[0].strip()
    return _header(scope, b"last-event-id") or given or None

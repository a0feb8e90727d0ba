"""The web server: uvicorn with our front, alone or several processes behind one address.

A newcomer's usual mistake is an open stream that keeps the server from ending: streams are closed as soon as it is asked to stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import uvicorn
from prometheus_client.multiprocess import mark_process_dead
from sqlalchemy.exc import SQLAlchemyError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app import scoring
from app.kit import clock
from app.kit.database import Database
from app.kit.settings import Settings
from app.web import create_app, site_of
from app.web.front.bridge import Bridge, Receive, Scope, Send
from app.web.front.dealing import Dealer, Hand, channel
from app.web.front.hub import Hub
from app.web.front.streams import LIVE, Streams
from app.web.routing import Pages

__all__ = ["Front", "run", "supervise"]

_LOG: Final = logging.getLogger("kopes.server")

THREADS: Final = 16
"""Requests that are worked on at once in a process; they mostly wait for the database."""

GRACE_SECONDS: Final = 2
"""How long what is under way may take to end, once the server was asked to stop."""

_LOOK_SECONDS: Final = 0.2
"""How often the parent looks whether its processes are well."""

_REST_SECONDS: Final = 0.5
"""How long a place is empty after a process has failed, so that one that fails at once is not started without end."""

_PR_SET_PDEATHSIG: Final = 1


class Front:
    """The ASGI application: streams to the hub, everything else to the pages and the API."""

    def __init__(self, settings: Settings, *, more: Iterable[Pages] = ()) -> None:
        """Make the application, with pages beside its own where a measurement needs them, and its streams."""
        self._threads: Final = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        self.database: Final = Database(settings.database_url, pool_size=THREADS)
        app = create_app(settings, database=self.database, more=more)
        self._bridge: Final = Bridge(app, self._threads)
        self.hub: Final = Hub(self.database, now=clock.now)
        self._streams: Final = Streams(self._bridge, self.hub, app, site_of(app))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            if scope["path"] == LIVE and scope["method"] == "GET":
                await self._streams.serve(scope, receive, send)
            else:
                await self._bridge.serve(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})

    def close(self) -> None:
        """End what the streams hold."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.database.close()


class _Dealt(HttpToolsProtocol):
    """HTTP on a connection that was dealt: its end is told."""

    def __init__(self, done: Callable[[], None], **given: Any) -> None:
        super().__init__(**given)
        self._done = done

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        super().connection_lost(exc)
        self._done()


class _Server(uvicorn.Server):
    """Uvicorn that closes its streams first and leaves quietly with status 0; where it is one of several, connections are dealt to it."""

    def __init__(self, config: uvicorn.Config, front: Front, dealt: socket.socket | None = None) -> None:
        super().__init__(config)
        self._front = front
        self._dealt = dealt
        self._taking: set[asyncio.Task[object]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, or to take what is dealt."""
        await super().startup(sockets)
        if self._dealt is not None:
            loop = asyncio.get_running_loop()
            hand = Hand(self._dealt, take=lambda connection: self._take(connection, hand), over=self._leave)
            loop.add_reader(self._dealt, hand.receive)
            hand.ready()

    def _take(self, connection: socket.socket, hand: Hand) -> None:
        """Speak HTTP on a connection that was dealt."""
        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.Protocol:
            return _Dealt(hand.done, config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

        task: asyncio.Task[object] = loop.create_task(loop.connect_accepted_socket(protocol, connection))
        self._taking.add(task)

        def taken(task: asyncio.Task[object]) -> None:
            self._taking.discard(task)
            if not task.cancelled() and task.exception() is not None:
                # It was gone before a word was spoken, so that no protocol tells of its end.
                hand.done()

        task.add_done_callback(taken)

    def _leave(self) -> None:
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: streams end at once, other requests have their grace."""
        if self._dealt is not None:
            asyncio.get_running_loop().remove_reader(self._dealt)
        self._front.hub.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take signals as requests to stop, and do not raise them again when all is done."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        OSError: the address is taken, or not this machine's.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    listener.set_inheritable(True)
    return listener


def run(settings: Settings, listener: socket.socket, *, dealt: bool = False, more: Iterable[Pages] = ()) -> None:
    """Serve in this process until it is asked to stop.

    Args:
        settings: the process's.
        listener: where to listen; or, ``dealt``, the process's end of the channel over which connections come (:mod:`app.web.front.dealing`).
        dealt: whether this is one process of several.
        more: pages beside its own, where a measurement needs them.
    """
    front = Front(settings, more=more)
    _settle_memory(front.database)
    config = uvicorn.Config(
        front,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_level="warning",
        log_config=None,  # its records go where all of the process go, a line each
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=2048,
    )
    server = _Server(config, front, listener if dealt else None)
    try:
        server.run(sockets=[] if dealt else [listener])
    finally:
        front.close()
    # Requests that outlived their grace must not hold the process: whatever they wrote was never committed, or is.
    if any(thread.name.startswith("request") and thread.is_alive() for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _settle_memory(database: Database) -> None:
    """Read the agency before the first request, and have the collector of garbage look at what stays for good no more.

    It would go through the whole agency again and again: measured at a batch of 1,000 events, that took a third of the time.
    """
    # A database that is away, or in which nothing was loaded yet, is no reason not to start.
    with contextlib.suppress(SQLAlchemyError, LookupError), database.read() as connection:
        scoring.state(connection)
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 50)


def supervise(arguments: list[str], listener: socket.socket, *, workers: int) -> None:
    """Serve by several processes on one address, each started anew where it fails, until asked to stop.

    Args:
        arguments: the command that one process runs; the number of its channel is added.
        listener: where connections come in.
        workers: how many.
    """
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with tempfile.TemporaryDirectory(prefix="kopes-metrics-") as folder:
        # The library that counts requests looks for this folder when it is imported, and nowhere but in the environment.
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": folder}  # noqa: TID251 - handed on to a child
        dealer = Dealer(listener)
        running = [_start(arguments, dealer, environment) for _ in range(workers)]
        resting: dict[int, float] = {}
        while not stopping.is_set():
            dealer.deal(_LOOK_SECONDS)
            for place, (process, ours) in enumerate(running):
                if process.poll() is None:
                    continue
                if place not in resting:
                    _LOG.error("a server process ended with %s: starting another", process.returncode)
                    dealer.remove(ours)
                    mark_process_dead(process.pid, folder)  # type: ignore[no-untyped-call]  # the library has few types
                    resting[place] = time.monotonic() + _REST_SECONDS
                elif time.monotonic() >= resting[place]:
                    del resting[place]
                    running[place] = _start(arguments, dealer, environment)
        for process, _ in running:
            process.terminate()
        dealer.close()
        for process, _ in running:
            try:
                process.wait(GRACE_SECONDS + 1)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(
    arguments: list[str], dealer: Dealer, environment: dict[str, str]
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start a process; returns it and the parent's end of its channel."""
    ours, theirs = channel()
    with theirs:
        process = subprocess.Popen(
            [*arguments, "--inherited", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=environment,
        )
    dealer.add(ours)
    return process, ours


def end_with_parent() -> None:
    """Have the kernel stop this process should its supervisor be killed, so that none is left answering."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() == 1:
            sys.exit(0)

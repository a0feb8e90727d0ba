"""The web server: uvicorn with our front, alone or several processes on one socket.

A newcomer's usual mistake is an open stream that keeps the server from ending: streams are closed as soon as it is asked to stop.
"""

from __future__ import annotations

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
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import uvicorn
from prometheus_client.multiprocess import mark_process_dead
from sqlalchemy.exc import SQLAlchemyError

from app import scoring
from app.kit import clock
from app.kit.database import Database
from app.kit.settings import Settings
from app.web import create_app, site_of
from app.web.front.bridge import Bridge, Receive, Scope, Send
from app.web.front.hub import Hub
from app.web.front.streams import LIVE, Streams
from app.web.routing import Pages

__all__ = ["Front", "run", "supervise"]

_LOG: Final = logging.getLogger("kopes.server")

THREADS: Final = 16
"""Requests that are worked on at once in a process; they mostly wait for the database."""

GRACE_SECONDS: Final = 2
"""How long what is under way may take to end, once the server was asked to stop."""

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


class _Server(uvicorn.Server):
    """Uvicorn that closes its streams first and leaves quietly with status 0."""

    def __init__(self, config: uvicorn.Config, front: Front) -> None:
        super().__init__(config)
        self._front = front

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: streams end at once, other requests have their grace."""
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


def run(settings: Settings, listener: socket.socket, *, more: Iterable[Pages] = ()) -> None:
    """Serve in this process until it is asked to stop; with pages beside its own where a measurement needs them."""
    front = Front(settings, more=more)
    _settle_memory(front.database)
    config = uvicorn.Config(
        front,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=2048,
    )
    server = _Server(config, front)
    try:
        server.run(sockets=[listener])
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
    """Serve by several processes on one socket, each started anew where it fails, until asked to stop.

    Args:
        arguments: the command that one process runs; the socket's number is added.
        listener: what all of them listen on.
        workers: how many.
    """
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with tempfile.TemporaryDirectory(prefix="kopes-metrics-") as folder:
        command = [*arguments, "--inherited", str(listener.fileno())]
        # The library that counts requests looks for this folder when it is imported, and nowhere but in the environment.
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": folder}  # noqa: TID251 - handed on to a child
        running = [_start(command, listener, environment) for _ in range(workers)]
        while not stopping.wait(0.2):
            for place, process in enumerate(running):
                if process.poll() is not None:
                    _LOG.error("a server process ended with %s: starting another", process.returncode)
                    time.sleep(0.5)
                    mark_process_dead(process.pid, folder)  # type: ignore[no-untyped-call]  # the library has few types
                    running[place] = _start(command, listener, environment)
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(GRACE_SECONDS + 1)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(command: list[str], listener: socket.socket, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, pass_fds=[listener.fileno()], stdin=subprocess.DEVNULL, env=environment)


def end_with_parent() -> None:
    """Have the kernel stop this process should its supervisor be killed, so that none is left answering."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() == 1:
            sys.exit(0)

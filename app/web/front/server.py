"""The web server: uvicorn with our front, alone or several processes behind one address.

A newcomer's usual mistake is an open stream that keeps the server from ending: streams are closed as soon as it is asked to stop.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import resource
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterable
from functools import partial
from typing import Final

import uvicorn
from prometheus_client.multiprocess import mark_process_dead
from sqlalchemy.exc import SQLAlchemyError
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from app import scoring
from app.kit import clock
from app.kit.database import Database
from app.kit.refusals import Refusal
from app.kit.settings import Settings
from app.web import create_app, site_of
from app.web.errors import refused_outside
from app.web.front.answers import Answer, Receive, Scope, Send
from app.web.front.bridge import Bridge
from app.web.front.connections import Connection, Door
from app.web.front.hub import Hub
from app.web.front.lanes import Lanes
from app.web.front.streams import LIVE, Streams
from app.web.limits import PATIENCE_SECONDS, THREADS
from app.web.routing import Pages

__all__ = ["READERS", "WRITERS", "Front", "listen", "run", "supervise"]

_LOG: Final = logging.getLogger("kopes.server")

GRACE_SECONDS: Final = 2
"""How long what is under way may take to end, once the server was asked to stop."""

READERS: Final = sum(THREADS.values()) + 2
"""Connections to the database that a process reads by: one a thread, the hub's, and that of the check of streams' rights."""

WRITERS: Final = 5
"""Connections that a process writes by. With :data:`READERS` 20 a process: four of them and the worker stay below the 97 that PostgreSQL gives by default."""

_SWITCH_SECONDS: Final = 0.0005
"""How long a thread works on before another one gets its turn: the loop needs several turns for each answer, and Python's 5 ms would add up."""

_PR_SET_PDEATHSIG: Final = 1


class Front:
    """The ASGI application: streams to the hub, everything else to the pages and the API."""

    def __init__(self, settings: Settings, *, more: Iterable[Pages] = ()) -> None:
        """Make the application, with pages beside its own where a measurement needs them, and its streams."""
        self._lanes: Final = Lanes()
        self.database: Final = Database(
            settings.database_url, readers=READERS, writers=WRITERS, patience_s=PATIENCE_SECONDS
        )
        self._app: Final = create_app(settings, database=self.database, more=more)
        self._site: Final = site_of(self._app)
        self._bridge: Final = Bridge(self._app, self._lanes, self._site.triage(self._app), self._refused)
        self.hub: Final = Hub(self.database, now=clock.now)
        self._streams: Final = Streams(self._bridge, self.hub, self._app, self._site, self._refused)
        self.door: Final = Door(behind_proxy=settings.proxies > 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            if scope["path"] == LIVE and scope["method"] == "GET":
                await self._streams.serve(scope, receive, send)
            else:
                await self._bridge.serve(scope, receive, send)

    def _refused(self, scope: Scope, refusal: Refusal) -> Answer:
        accepted = next((value for name, value in scope["headers"] if name == b"accept-language"), b"")
        response = refused_outside(
            self._app, self._site, refusal, path=scope["path"], accept_language=accepted.decode("latin-1")
        )
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
        return Answer(status=response.status_code, headers=headers, body=response.get_data())

    def stop(self) -> None:
        """End all streams: the server was asked to stop."""
        self.hub.close()

    def close(self) -> None:
        """End what the requests hold."""
        self._lanes.close()
        self.database.close()


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket for connections to come in; a shared one listens once its process does, so that nobody waits for one that is not ready.

    Args:
        host: where.
        port: 0 for any that is free.
        shared: others may listen there too; the kernel deals the connections to those who do.

    Raises:
        OSError: the address is taken, or not this machine's.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind(address)
        if not shared:
            listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def run(settings: Settings, listener: socket.socket, *, more: Iterable[Pages] = ()) -> None:
    """Serve in this process until it is asked to stop.

    Args:
        settings: the process's.
        listener: where to listen.
        more: pages beside its own, where a measurement needs them.
    """
    front = _front(settings, more=more)
    # Uvicorn raises the signal that ended it again when all is done; then it has done its work.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    try:
        uvicorn.Server(_config(lambda: front)).run(sockets=[listener])
    finally:
        front.close()
    # Requests that outlived their grace must not hold the process: whatever they wrote was never committed, or is.
    if any(thread.name.startswith("request") and thread.is_alive() for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def supervise(settings: Settings, host: str, port: int, *, workers: int) -> int:
    """Serve by several processes on one address, each replaced where it fails, until asked to stop.

    Args:
        settings: every process's, the key that signs cookies among them.
        host: where to listen.
        port: where to listen.
        workers: how many.

    Returns:
        The exit status: 1 where no process could start.
    """
    with tempfile.TemporaryDirectory(prefix="kopes-metrics-") as folder:
        # The library that counts requests looks for this folder when it is imported, and nowhere but in the environment.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # noqa: TID251 - handed on to the processes
        config = _config(partial(_front_of_child, settings, os.getpid()), workers=workers)
        supervisor = _Supervisor(config, host, port, metrics=folder)
        supervisor.run()
    return 1 if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes) else 0


class _Supervisor(Multiprocess):
    """Uvicorn's, with a socket for each process, which tells when one was replaced and does not wait for one without end."""

    def __init__(self, config: uvicorn.Config, host: str, port: int, *, metrics: str) -> None:
        self._address = (host, port)
        self._handed: list[socket.socket] = []
        self._metrics = metrics
        super().__init__(config, [])

    @property
    def sockets(self) -> list[socket.socket]:
        """For a process that is about to be started: one of its own, so that the kernel deals connections to all of them.

        From one that they share whoever wakes first takes all that wait.
        """
        one = listen(*self._address, shared=True)
        self._handed.append(one)
        return [one]

    @sockets.setter
    def sockets(self, _given: list[socket.socket]) -> None:
        """Uvicorn would give all processes the same."""

    def init_processes(self) -> None:
        """Start all of them."""
        super().init_processes()
        self._let_go()

    def keep_subprocess_alive(self) -> None:
        """Replace what has ended.

        Uvicorn would ask each process whether it is well, and could not be stopped while one that is starting does not answer yet.
        """
        for place, process in enumerate(self.processes):
            if process.process.is_alive():
                continue
            process.join()
            if process.exitcode == STARTUP_FAILURE:
                self.should_exit.set()
                return
            _LOG.error("server process %s ended with %s: another is started", process.pid, process.exitcode)
            mark_process_dead(process.pid, self._metrics)  # type: ignore[no-untyped-call]  # the library has few types
            self.processes[place] = another = Process(self.config, self.sockets)
            another.start()
        self._let_go()

    def _let_go(self) -> None:
        """Close our ends of what processes have by now: a socket lives as long as its process."""
        while self._handed:
            self._handed.pop().close()

    def join_all(self) -> None:
        """Wait until all have ended."""
        for process in self.processes:
            process.process.join(GRACE_SECONDS + 2)
            if process.process.is_alive():
                process.process.kill()
        super().join_all()


def _config(make: object, *, workers: int = 1) -> uvicorn.Config:
    return uvicorn.Config(
        make,  # type: ignore[arg-type]  # with `factory` it is what makes the application
        factory=True,
        loop="uvloop",
        http=Connection,
        ws="none",
        lifespan="off",
        log_level="warning",
        log_config=None,  # its records go where all of the process go, a line each
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=2048,
        workers=workers,
    )


def _front_of_child(settings: Settings, parent: int) -> Front:
    """The application of one process of several."""
    _end_with_parent(parent)
    return _front(settings)


def _front(settings: Settings, *, more: Iterable[Pages] = ()) -> Front:
    # Many systems give a process 1,024 open files and let it ask for more.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    sys.setswitchinterval(_SWITCH_SECONDS)
    front = Front(settings, more=more)
    _settle_memory(front.database)
    return front


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


def _end_with_parent(parent: int) -> None:
    """Have the kernel stop this process should its supervisor be killed, so that none is left answering.

    Args:
        parent: the supervisor's process id; in a container that is 1, so whether it has gone already shows by comparing.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit(0)

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
import resource
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, MutableMapping
from functools import partial
from typing import Any, Final

import uvicorn
from prometheus_client.multiprocess import mark_process_dead
from sqlalchemy.exc import SQLAlchemyError
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from app import ledger, scoring
from app.kit import clock
from app.kit.database import Database
from app.kit.refusals import Busy, Refusal
from app.kit.settings import Settings
from app.web import create_app, site_of
from app.web.answer.routing import Pages
from app.web.asked.limits import PATIENCE_SECONDS, THREADS, Lane
from app.web.asked.sign_in import signed_session
from app.web.errors import refused_outside
from app.web.files import maker_beside
from app.web.front.accepting import Acceptor, Seat, Seats
from app.web.front.answers import Answer, Receive, Scope, Send
from app.web.front.bridge import Bridge
from app.web.front.connections import Connection, Door
from app.web.front.hub import Hub
from app.web.front.lanes import Lanes
from app.web.front.sharers import Sharers
from app.web.front.streams import LIVE, Streams

__all__ = ["CONNECTIONS", "READERS", "WRITERS", "Front", "listen", "run", "supervise"]

_LOG: Final = logging.getLogger("kopes.server")

GRACE_SECONDS: Final = 2
"""How long what is under way may take to end, once the server was asked to stop."""

HANG_SECONDS: Final = 15
"""A process whose loop has not answered for so long is ended and replaced; what takes longest between two of its turns takes some tenths of one."""

_TURN_SECONDS: Final = 0.5
"""How often uvicorn's supervisor looks at its processes."""

READERS: Final = THREADS[Lane.READ] + THREADS[Lane.FILE] + 5
"""Connections to the database that a process reads by: one for each thread that reads for long, the hub's, that of the check of streams' rights, and
three that the threads for writing and passwords take in turn, who only look up with them who somebody is."""

WRITERS: Final = THREADS[Lane.WRITE] + THREADS[Lane.PASSWORD]
"""Connections that a process writes by: one for each thread that does."""

CONNECTIONS: Final = READERS + WRITERS
"""All that a process asks the database for: the README's and the operator's guide's budget is made of it."""

_START_SECONDS: Final = 60
"""How long a process may take until it answers at all; where all are replaced in turn (SIGHUP), until it is ready: the old one serves meanwhile."""

_SWITCH_SECONDS: Final = 0.0005
"""How long a thread works on before another one gets its turn: the loop needs several turns for each answer, and Python's 5 ms would add up."""

_BACKLOG: Final = 2048
"""Connections that may wait to be accepted."""

_PROCESSES_MAX: Final = 256
"""Processes that may be there at once, those that are being replaced among them."""

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
        sharers = Sharers(
            self._app.config["SESSION_COOKIE_NAME"], settings.proxies, lambda cookie: signed_session(self._app, cookie)
        )
        self._triage: Final = self._site.triage(self._app)
        self._bridge: Final = Bridge(self._app, self._lanes, self._triage, self._refused, sharers)
        self.hub: Final = Hub(self.database, now=clock.now)
        self._streams: Final = Streams(self._bridge, self.hub, self._app, self._site, self._refused)
        self.door: Final = Door(behind_proxy=settings.proxies > 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; where the server ends before it is answered, by when to come again."""
        if scope["type"] != "http":
            return
        begun = False

        async def noted(message: MutableMapping[str, Any]) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            if scope["path"] == LIVE and scope["method"] == "GET":
                await self._streams.serve(scope, receive, noted)
            else:
                await self._bridge.serve(scope, receive, noted)
        except asyncio.CancelledError:
            # Uvicorn would answer 500, and log the whole stack of each request that it gives up.
            if not begun:
                await self._refused(scope, Busy()).deliver(receive, send)

    def _refused(self, scope: Scope, refusal: Refusal) -> Answer:
        accepted = next((value for name, value in scope["headers"] if name == b"accept-language"), b"")
        response = refused_outside(
            self._app, self._site, refusal, path=scope["path"], accept_language=accepted.decode("latin-1")
        )
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
        return Answer(status=response.status_code, headers=headers, body=response.get_data())

    def is_for_who_stays(self, scope: Scope) -> bool:
        """Whether a request is worked on only as long as its reader is there: a stream, or a file that takes long to be made."""
        return scope["path"] == LIVE or self._triage(scope["path"], scope["method"])[0] is Lane.FILE

    def stop(self) -> None:
        """End all streams: the server was asked to stop."""
        self.hub.close()

    def close(self) -> None:
        """End what the requests hold."""
        self._lanes.close()
        self.database.close()


def listen(host: str, port: int, *, later: bool = False) -> socket.socket:
    """A socket for connections to come in.

    Args:
        host: where.
        port: 0 for any that is free.
        later: it refuses them until the first of several processes is ready, which has it listen.

    Raises:
        OSError: the address is taken, or not this machine's.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        if not later:
            listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


class _Alone(uvicorn.Server):
    """Says when it answers: what is said before leads people to an address where nothing comes for seconds."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        if self.started:
            self._ready()


def run(
    settings: Settings,
    listener: socket.socket,
    *,
    more: Iterable[Pages] = (),
    ready: Callable[[], object] = lambda: None,
) -> None:
    """Serve in this process until it is asked to stop.

    Args:
        settings: the process's.
        listener: where to listen.
        more: pages beside its own, where a measurement needs them.
        ready: called once it answers.
    """
    front = _front(settings, more=more)
    # Uvicorn raises the signal that ended it again when all is done; then it has done its work.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    try:
        _Alone(_config(lambda: front), ready).run(sockets=[listener])
    finally:
        front.close()
    # Requests that outlived their grace must not hold the process: whatever they wrote was never committed, or is.
    if any(thread.name.startswith("request") and thread.is_alive() for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def supervise(settings: Settings, listener: socket.socket, *, workers: int, ready: Callable[[], object]) -> int:
    """Serve by several processes on one address, each replaced where it fails, until asked to stop.

    Args:
        settings: every process's, the key that signs cookies among them.
        listener: bound to where they listen later.
        workers: how many.
        ready: called once, as soon as one of them takes connections.

    Returns:
        The exit status: 1 where no process could start.
    """
    with tempfile.TemporaryDirectory(prefix="kopes-metrics-") as folder:
        # The library that counts requests looks for this folder when it is imported, and nowhere but in the environment.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # noqa: TID251 - handed on to the processes
        config = _config(partial(_front_of_child, settings, os.getpid()), workers=workers)
        supervisor = _Supervisor(config, listener, metrics=folder, ready=ready)
        supervisor.run()
    return 1 if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes) else 0


class _Server(uvicorn.Server):
    """Uvicorn's, which accepts politely."""

    def __init__(self, config: uvicorn.Config, seat: Seat) -> None:
        self._seat = seat
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept from the one socket that all processes share."""
        [listener] = sockets or []
        application: Any = self.config.loaded_app
        application.door.seat = self._seat
        connection = partial(Connection, config=self.config, server_state=self.server_state, app_state={})
        try:
            acceptor = Acceptor(listener, connection, self._seat, backlog=self.config.backlog)
        except OSError as error:
            _LOG.error("nobody can listen here: %s", error)
            sys.exit(STARTUP_FAILURE)
        self.servers = [acceptor]  # type: ignore[list-item]  # what uvicorn asks of it, it has
        self.started = True


class _Process(Process):
    """Uvicorn's, which says that it is well by the loop that answers requests: a thread beside it would say so for a loop that hangs.

    Args:
        config: its server's.
        sockets: that it accepts from.
        seat: its own among its siblings.
    """

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], seat: Seat) -> None:
        """Take the seat along."""
        self._seat = seat
        super().__init__(config, sockets)

    @property
    def server(self) -> uvicorn.Server:
        """That which runs in it."""
        if self._server is None:
            self._server = _Server(self.config, self._seat)
        return self._server

    def pong(self) -> None:
        """Take one question, and answer it once the loop has had a turn."""
        self.child_conn.recv()
        if self.server.started:
            turned = threading.Event()
            # A loop that was closed belongs to a process that is ending.
            with contextlib.suppress(RuntimeError):
                self.server.servers[0].get_loop().call_soon_threadsafe(turned.set)
                turned.wait()
        self.child_conn.send(self.server.started)


class _Supervisor(Multiprocess):
    """Uvicorn's, with a seat for each process, which tells when one was replaced and does not wait for one without end."""

    def __init__(
        self, config: uvicorn.Config, listener: socket.socket, *, metrics: str, ready: Callable[[], object]
    ) -> None:
        self._seats = Seats(_PROCESSES_MAX)
        self._ready: Callable[[], object] | None = ready
        self._silent: dict[Process, int] = {}
        self._metrics = metrics
        self._seat_of: dict[Process, Seat] = {}
        super().__init__(config, [listener])

    def init_processes(self) -> None:
        """Start all of them."""
        self.processes = [self._another() for _ in range(self.processes_num)]

    def _another(self) -> Process:
        seat = self._seats.another()
        process = _Process(self.config, self.sockets, seat)
        self._seat_of[process] = seat
        process.start()
        return process

    def keep_subprocess_alive(self) -> None:
        """Replace what has ended, and end what hangs.

        Uvicorn would wait for each process's answer, and could not be stopped while one that is starting does not give it yet.
        """
        self._tell_when_ready()
        for place, process in enumerate(self.processes):
            if process.process.is_alive():
                if not self._hangs(process):
                    continue
                _LOG.error("server process %s has not answered for %s seconds: it is ended", process.pid, HANG_SECONDS)
                process.process.kill()
            self._see_off(process)
            if process.exitcode == STARTUP_FAILURE:
                self.should_exit.set()
                return
            _LOG.error("server process %s ended with %s: another is started", process.pid, process.exitcode)
            self.processes[place] = self._another()

    def restart_all(self) -> None:
        """Replace each in turn (SIGHUP): the old one serves until the new one is ready. Uvicorn's would be processes without a seat."""
        for place, process in enumerate(self.processes):
            another = self._another()
            if not another.wait_until_ready(_START_SECONDS, self.should_exit):
                another.kill()
                self._see_off(another)
                if not self.should_exit.is_set():
                    _LOG.error("server process %s stays: the one to replace it was not ready in time", process.pid)
                return
            process.terminate()
            self._see_off(process)
            self.processes[place] = another

    def handle_ttin(self) -> None:
        """Serve by one process more (SIGTTIN)."""
        self.processes_num += 1
        self.processes.append(self._another())

    def handle_ttou(self) -> None:
        """Serve by one process less (SIGTTOU), if there are several."""
        if self.processes_num > 1:
            self.processes_num -= 1
            process = self.processes.pop()
            process.terminate()
            self._see_off(process)

    def _see_off(self, process: Process) -> None:
        """Wait for its end, and forget it."""
        process.join()
        self._silent.pop(process, None)
        self._seats.give_back(self._seat_of.pop(process))
        mark_process_dead(process.pid, self._metrics)  # type: ignore[no-untyped-call]  # the library has few types

    def _hangs(self, process: Process) -> bool:
        """Ask a process whether it is well, without waiting, and whether it has left the last question open for too long.

        Turns are counted, not seconds: after a machine has slept, nobody hangs. The first answer may take longer: it begins with the whole program.
        """
        pipe, silent = process.parent_conn, self._silent
        if process not in silent:
            silent[process] = -round(_START_SECONDS / _TURN_SECONDS)
            pipe.send(b"ping")
        elif pipe.poll():
            silent[process] = 0
            pipe.recv()
            pipe.send(b"ping")
        else:
            silent[process] += 1
        return silent[process] > HANG_SECONDS / _TURN_SECONDS

    def _tell_when_ready(self) -> None:
        """A process listens once it has read the agency; before that its address refuses, and nobody is to be told of it."""
        if self._ready is not None and self._seats.anybody():
            self._ready()
            self._ready = None

    def terminate_all(self) -> None:
        """Ask all to end; from then on the address refuses."""
        for listener in self.sockets:
            listener.close()
        super().terminate_all()

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
        timeout_worker_healthcheck=_START_SECONDS,
        backlog=_BACKLOG,
        workers=workers,
    )


def _front_of_child(settings: Settings, parent: int) -> Front:
    """The application of one process of several."""
    _end_with_parent(parent)
    return _front(settings)


def _front(settings: Settings, *, more: Iterable[Pages] = ()) -> Front:
    clock.move(settings.clock_ahead)
    # Many systems give a process 1,024 open files and let it ask for more.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    sys.setswitchinterval(_SWITCH_SECONDS)
    front = Front(settings, more=more)
    _settle_memory(front.database)
    return front


def _settle_memory(database: Database) -> None:
    """Read the agency and the names of its companies and buyers before the first request, and have the collector of garbage look at what stays for good no more.

    It would go through the whole agency again and again: measured at a batch of 1,000 events, that took a third of the time.
    """
    scoring.seal_in_background()
    maker_beside.begin_to_serve()
    # A database that is away, or in which nothing was loaded yet, is no reason not to start.
    with contextlib.suppress(SQLAlchemyError, LookupError), database.read() as connection:
        scoring.state(connection)
        ledger.keep_parties(connection)
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

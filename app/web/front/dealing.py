"""Several processes behind one address: the parent accepts, and deals each connection to the process that has the fewest.

A newcomer's usual mistake is to let the processes accept from one socket: whoever wakes first takes all that wait, so that a client's four
connections end up in one process, on one processor, while the others idle.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
from collections.abc import Callable
from typing import Final

__all__ = ["Dealer", "Hand", "channel"]

_READY: Final = b"r"
_TAKE: Final = b"c"
_DONE: Final = b"d"

_FULL_SECONDS: Final = 0.01
"""How soon to try again where all channels were full."""


def channel() -> tuple[socket.socket, socket.socket]:
    """The two ends of what parent and process talk over: messages keep their bounds, and carry connections."""
    parent, process = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    parent.setblocking(False)
    process.setblocking(False)
    process.set_inheritable(True)
    return parent, process


class _Player:
    """A process as the parent knows it."""

    def __init__(self) -> None:
        self.ready: bool = False
        self.held: int = 0


class Dealer:
    """Deals connections to processes.

    Args:
        listener: where they come in.
    """

    def __init__(self, listener: socket.socket) -> None:
        """Begin without processes: until one is ready, connections wait at the listener."""
        self._listener: Final = listener
        listener.setblocking(False)
        self._players: Final[dict[socket.socket, _Player]] = {}
        self._selector: Final = selectors.DefaultSelector()
        self._listening: bool = False
        self._waiting: socket.socket | None = None
        """A connection that nobody could take: their channels were full."""

    def add(self, process: socket.socket) -> None:
        """Take a process into the game by the parent's end of its channel; it is dealt nothing until it says that it is ready."""
        self._players[process] = _Player()
        self._selector.register(process, selectors.EVENT_READ)

    def remove(self, process: socket.socket) -> None:
        """Leave a process out from now on, and close its channel."""
        if self._players.pop(process, None) is not None:
            self._selector.unregister(process)
            process.close()
        self._listen()

    def deal(self, seconds: float) -> None:
        """Deal what comes within some seconds, or return at the first pause after something came."""
        self._accept()
        for key, _ in self._selector.select(_FULL_SECONDS if self._waiting else seconds):
            if key.fileobj is self._listener:
                self._accept()
            elif isinstance(key.fileobj, socket.socket):
                self._hear(key.fileobj)

    def close(self) -> None:
        """Leave everybody out, and look at the listener no more."""
        for process in list(self._players):
            self.remove(process)
        if self._waiting is not None:
            self._waiting.close()
        self._selector.close()

    def _hear(self, process: socket.socket) -> None:
        player = self._players.get(process)
        try:
            while player is not None and (said := process.recv(1)):
                if said == _READY:
                    player.ready = True
                else:
                    player.held -= 1
        except BlockingIOError:
            self._listen()
        except OSError:
            self.remove(process)
        else:
            self.remove(process)

    def _listen(self) -> None:
        """Accept as long as somebody is ready to be dealt to."""
        wanted = any(player.ready for player in self._players.values())
        if wanted and not self._listening:
            self._selector.register(self._listener, selectors.EVENT_READ)
        elif self._listening and not wanted:
            self._selector.unregister(self._listener)
        self._listening = wanted

    def _accept(self) -> None:
        """Deal all that has come, as long as there is somebody to deal to."""
        while self._listening:
            try:
                connection = self._waiting or self._listener.accept()[0]
            except ConnectionError:
                continue
            except OSError:
                # Nothing more has come; or this process has as many files open as it may, and what comes waits at the listener.
                return
            if not self._handed(connection):
                self._waiting = connection
                return
            self._waiting = None
            connection.close()

    def _handed(self, connection: socket.socket) -> bool:
        """Hand the connection to the process with the fewest; to the next one where that has gone or its channel is full."""
        for process, player in sorted(self._players.items(), key=lambda one: one[1].held):
            if not player.ready:
                continue
            try:
                socket.send_fds(process, [_TAKE], [connection.fileno()])
            except BlockingIOError:
                continue
            except OSError:
                self.remove(process)
                continue
            player.held += 1
            return True
        return False


class Hand:
    """A process's end of the channel.

    Args:
        process: the process's end.
        take: what to do with a connection.
        over: what to do when the parent has gone.
    """

    def __init__(
        self, process: socket.socket, *, take: Callable[[socket.socket], object], over: Callable[[], object]
    ) -> None:
        """Hold the channel."""
        self._process: Final = process
        self._take: Final = take
        self._over: Final = over

    def ready(self) -> None:
        """Say that connections may come."""
        self._say(_READY)

    def done(self) -> None:
        """Say that a connection has ended."""
        self._say(_DONE)

    def receive(self) -> None:
        """Take all connections that have come."""
        try:
            while True:
                said, descriptors, _, _ = socket.recv_fds(self._process, 1, 1)
                if not said:
                    self._over()
                    return
                for descriptor in descriptors:
                    connection = socket.socket(fileno=descriptor)
                    connection.setblocking(False)
                    self._take(connection)
        except BlockingIOError:
            return
        except OSError:
            self._over()

    def _say(self, what: bytes) -> None:
        # Should the parent be gone or not listening, it has no use for the news.
        with contextlib.suppress(OSError):
            self._process.send(what)

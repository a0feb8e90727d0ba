"""Accepting politely: several processes take connections from one socket, each only while no other has fewer.

Do not let whoever wakes first take all that wait: it would do the work of all, and the others would look on.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import select
import socket
from collections.abc import Callable
from multiprocessing import RawArray
from typing import Final, Protocol

__all__ = ["Acceptor", "Seat", "Seats"]

_LOG: Final = logging.getLogger("kopes.server")

_MOMENT_SECONDS: Final = 0.001
"""How long a connection is left to a process with fewer, until it is looked at again."""

_MOMENTS: Final = 50
"""So many moments; then it is taken all the same: nobody waits for a process that is busy or hangs."""

_EVEN: Final = 16
"""Of more than so many connections a sixteenth more or less is even enough: when all come back at once, they are not taken one by one."""

_PAUSE_SECONDS: Final = 1
"""How long nothing is accepted once the system has no room for another connection."""

_AWAY: Final = -1


class Seats:
    """How many connections each process has: numbers in memory that all of them share, made before the first one starts.

    Args:
        most: processes that may be there at once.
    """

    def __init__(self, most: int) -> None:
        """Begin with nobody there."""
        self._connections: Final = RawArray("q", [_AWAY] * most)
        self._free: Final = list(range(most))

    def another(self) -> Seat:
        """A free one, for a process that is about to be started; the one that has been free for the longest.

        Raises:
            IndexError: there are as many processes as there may be.
        """
        return Seat(self._connections, self._free.pop(0))

    def anybody(self) -> bool:
        """Whether a process takes connections."""
        return any(number != _AWAY for number in self._connections)

    def give_back(self, seat: Seat) -> None:
        """Its process has ended, whatever number it left behind."""
        seat.leave()
        self._free.append(seat.place)


class Seat:
    """The number of one process among those of its siblings; it alone writes it.

    Args:
        connections: the numbers of all.
        place: which of them is its own.
    """

    def __init__(self, connections: ctypes.Array[ctypes.c_longlong], place: int) -> None:
        """Nobody is there yet."""
        self.place: Final = place
        self._connections: Final = connections

    def sit(self) -> None:
        """The process takes connections from now on."""
        self._connections[self.place] = 0

    def leave(self) -> None:
        """It takes none any more."""
        self._connections[self.place] = _AWAY

    def count(self, connections: int) -> None:
        """It has so many now; once it has left, that is nobody's concern."""
        if self._connections[self.place] != _AWAY:
            self._connections[self.place] = connections

    def is_fuller(self) -> bool:
        """Whether a sibling has fewer connections."""
        numbers = list(self._connections)
        own = numbers[self.place]
        return any(_AWAY < number < own - number // _EVEN for number in numbers)


class Accepting(Protocol):
    """What uvicorn asks of each of its servers."""

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop that its connections run in."""

    def close(self) -> None:
        """Accept no more."""

    async def wait_closed(self) -> None:
        """Return when nothing is accepted any more."""


class Acceptor(Accepting):
    """Accepts for one process of several, in place of the event loop's own server.

    Args:
        listener: the socket that all processes share. It listens from now on; before the first process is ready, it refuses.
        make: a connection's protocol.
        seat: the process's.
    """

    def __init__(
        self, listener: socket.socket, make: Callable[[], asyncio.Protocol], seat: Seat, *, backlog: int
    ) -> None:
        """Begin."""
        self._listener: Final = listener
        self._make: Final = make
        self._seat: Final = seat
        self._loop: Final = asyncio.get_running_loop()
        self._waiting: Final = select.poll()
        self._waiting.register(listener, select.POLLIN)
        self._moments = _MOMENTS
        listener.setblocking(False)
        listener.listen(backlog)
        seat.sit()
        self._accepting: Final = self._loop.create_task(self._accept())

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop that its connections run in."""
        return self._loop

    def close(self) -> None:
        """Accept no more; the socket lives on with the siblings."""
        self._seat.leave()
        self._accepting.cancel()
        # Before the socket is closed: its siblings keep it open, and this loop would be woken without end.
        self._loop.remove_reader(self._listener)

    async def wait_closed(self) -> None:
        """Return when nothing is accepted any more."""
        await asyncio.wait([self._accepting])

    async def _accept(self) -> None:
        full = False
        while True:
            await self._leave_to_others()
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                await self._next()
            except ConnectionAbortedError:
                continue
            except OSError as error:
                if not full:
                    _LOG.error("no connection can be accepted for a while: %s", error)
                full = True
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                full = False
                await self._hand_on(connection)

    async def _leave_to_others(self) -> None:
        """Wait while a sibling has fewer connections and one waits to be taken.

        Where nobody came for it, those that wait behind it are left to them for one moment only.
        """
        for _ in range(self._moments):
            if not self._seat.is_fuller() or not self._waiting.poll(0):
                return
            await asyncio.sleep(_MOMENT_SECONDS)
        self._moments = 1

    async def _next(self) -> None:
        """Return when a connection waits."""
        self._moments = _MOMENTS
        comes = self._loop.create_future()
        self._loop.add_reader(self._listener, self._wake, comes)
        await comes

    def _wake(self, comes: asyncio.Future[None]) -> None:
        self._loop.remove_reader(self._listener)
        comes.set_result(None)

    async def _hand_on(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        try:
            # The server may be closed meanwhile: what is accepted is answered.
            await asyncio.shield(self._loop.connect_accepted_socket(self._make, connection))
        except OSError:
            # Its client has left again.
            connection.close()
        except Exception:  # noqa: BLE001 - what befalls one connection must not keep the process from accepting others
            _LOG.exception("a connection could not be taken")
            connection.close()

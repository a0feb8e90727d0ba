"""Accepting politely, by one process of several, without the others: whom it waits for, and what it does where it cannot accept."""

from __future__ import annotations

import asyncio
import errno
import resource
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.web.front import accepting
from app.web.front.accepting import Acceptor, Seats


@pytest.mark.parametrize(
    ("own", "other", "fuller"),
    [(0, 0, False), (1, 0, True), (2, 3, False), (16, 15, True), (101, 100, False), (120, 100, True)],
)
def test_a_connection_is_left_to_whom_has_fewer(own, other, fuller):
    """One more is too many of a few; of many a sixteenth more or less is even."""
    seats = Seats(2)
    mine, sibling = seats.another(), seats.another()
    mine.sit()
    mine.count(own)
    assert not mine.is_fuller()
    sibling.sit()
    sibling.count(other)
    assert mine.is_fuller() == fuller
    seats.give_back(sibling)
    sibling.count(other)
    assert not mine.is_fuller()


def _in_own_thread(accept):
    """A browser that other tests share leaves its loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(accept())).result()


def test_where_no_more_files_may_be_open_it_waits_and_says_so_once(caplog, monkeypatch):
    """It would be woken again and again, and fill the log, for as long as a connection waits."""
    monkeypatch.setattr(accepting, "_PAUSE_SECONDS", 0)
    files = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def accept():
        loop = asyncio.get_running_loop()
        answered = loop.create_future()

        class Greeted(asyncio.Protocol):
            def connection_made(self, transport):
                answered.set_result(None)
                transport.close()

        with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
            acceptor = Acceptor(listener, Greeted, Seats(1).another(), backlog=5)
            # The lowest free number is what the next connection would get.
            with socket.socket() as lowest:
                free = lowest.fileno()
            resource.setrlimit(resource.RLIMIT_NOFILE, (free, files[1]))
            client.connect(listener.getsockname())
            for _ in range(1000):
                turn = loop.create_future()
                loop.call_soon(turn.set_result, None)
                await turn
            resource.setrlimit(resource.RLIMIT_NOFILE, files)
            await asyncio.wait_for(answered, 20)
            acceptor.close()
            await acceptor.wait_closed()

    try:
        _in_own_thread(accept)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, files)
    [record] = caplog.records
    assert f"[Errno {errno.EMFILE}]" in record.getMessage()


def test_a_sibling_that_does_not_come_keeps_nobody_waiting():
    """It hangs, or is busy: what is left to it for a while is taken then."""

    async def accept():
        loop = asyncio.get_running_loop()
        answered = loop.create_future()

        class Greeted(asyncio.Protocol):
            def connection_made(self, transport):
                answered.set_result(None)
                transport.close()

        seats = Seats(2)
        mine, hanging = seats.another(), seats.another()
        hanging.sit()
        with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()):
            acceptor = Acceptor(listener, Greeted, mine, backlog=5)
            mine.count(3)
            await asyncio.wait_for(answered, 20)
            acceptor.close()
            await acceptor.wait_closed()

    _in_own_thread(accept)

"""Several processes behind one address: connections are dealt evenly, and to nobody who is not ready or has gone."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from app.web.front.dealing import Dealer, Hand, channel


class Process:
    """A process at the table, in this one."""

    def __init__(self, dealer: Dealer) -> None:
        """Sit down."""
        self.parents, self.end = channel()
        self.taken: list[socket.socket] = []
        self.left = False
        self.hand = Hand(self.end, take=self.taken.append, over=self._leave)
        dealer.add(self.parents)

    def _leave(self) -> None:
        self.left = True

    def looks(self) -> int:
        """How many connections it has by now."""
        self.hand.receive()
        return len(self.taken)

    def goes(self) -> None:
        """End, with all that it holds."""
        for one in (*self.taken, self.end):
            one.close()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closes what was opened, the latest first."""
    with ExitStack() as held:
        yield held


@pytest.fixture
def listener(stack: ExitStack) -> socket.socket:
    """Where connections come in."""
    return stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))


@pytest.fixture
def dealer(stack: ExitStack, listener: socket.socket) -> Dealer:
    """Deals what comes in there."""
    one = Dealer(listener)
    stack.callback(one.close)
    return one


@pytest.fixture
def process(stack: ExitStack, dealer: Dealer) -> Callable[[], Process]:
    """Makes processes at the table."""

    def sit_down() -> Process:
        one = Process(dealer)
        stack.callback(one.goes)
        return one

    return sit_down


def _connect(listener: socket.socket, stack: ExitStack, *, times: int) -> None:
    for _ in range(times):
        stack.enter_context(socket.create_connection(listener.getsockname()))


def _deal(dealer: Dealer) -> None:
    for _ in range(3):
        dealer.deal(0.05)


def test_connections_are_dealt_evenly(
    listener: socket.socket, dealer: Dealer, process: Callable[[], Process], stack: ExitStack
) -> None:
    """Four connections of one client to two processes: two each, even if they came all at once."""
    one, other = process(), process()
    one.hand.ready()
    other.hand.ready()
    _connect(listener, stack, times=4)
    _deal(dealer)
    assert (one.looks(), other.looks()) == (2, 2)
    one.hand.done()
    one.hand.done()
    _deal(dealer)
    _connect(listener, stack, times=2)
    _deal(dealer)
    assert (one.looks(), other.looks()) == (4, 2)


def test_nothing_is_dealt_to_who_is_not_ready(
    listener: socket.socket, dealer: Dealer, process: Callable[[], Process], stack: ExitStack
) -> None:
    """Connections wait until somebody is."""
    one, other = process(), process()
    _connect(listener, stack, times=2)
    _deal(dealer)
    assert (one.looks(), other.looks()) == (0, 0)
    other.hand.ready()
    _deal(dealer)
    assert (one.looks(), other.looks()) == (0, 2)


def test_who_has_gone_is_dealt_nothing_more(
    listener: socket.socket, dealer: Dealer, process: Callable[[], Process], stack: ExitStack
) -> None:
    """Whatever comes then goes to the others, or waits for one."""
    one, other = process(), process()
    one.hand.ready()
    other.hand.ready()
    _deal(dealer)
    one.goes()
    _connect(listener, stack, times=3)
    _deal(dealer)
    assert other.looks() == 3
    other.goes()
    _deal(dealer)
    _connect(listener, stack, times=1)
    _deal(dealer)
    late = process()
    late.hand.ready()
    _deal(dealer)
    assert late.looks() == 1


def test_what_nobody_can_take_yet_waits(
    listener: socket.socket, dealer: Dealer, process: Callable[[], Process], stack: ExitStack
) -> None:
    """A channel holds only so many; the others are not turned away."""
    one = process()
    one.parents.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    one.hand.ready()
    _connect(listener, stack, times=40)
    _deal(dealer)
    first = one.looks()
    assert 0 < first < 40
    for _ in range(40):
        _deal(dealer)
        one.looks()
    assert one.looks() == 40


def test_a_process_whose_parent_has_gone_leaves(
    listener: socket.socket, dealer: Dealer, process: Callable[[], Process]
) -> None:
    """Nobody would deal it anything again."""
    one = process()
    one.hand.ready()
    assert not one.left
    dealer.remove(one.parents)
    one.looks()
    assert one.left


def test_what_was_dealt_is_the_clients_connection(
    listener: socket.socket, dealer: Dealer, process: Callable[[], Process]
) -> None:
    """Bytes of the client arrive at the process, and its answer at the client."""
    one = process()
    one.hand.ready()
    with socket.create_connection(listener.getsockname()) as client:
        _deal(dealer)
        assert one.looks() == 1
        with one.taken[0] as connection:
            connection.setblocking(True)
            client.sendall(b"hello")
            assert connection.recv(5) == b"hello"
            connection.sendall(b"there")
            assert client.recv(5) == b"there"

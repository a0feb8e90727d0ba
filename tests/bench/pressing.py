"""Presses a server from a process of its own, so that whoever measures is not slowed by it: 40 send slowly, 40 sign in, until it is ended.

python -m tests.bench.pressing PORT EMAIL PASSWORD
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import sys
import threading
import time
from functools import partial

from tests.bench.pages import Visitor

UPLOADS = 40
SIGN_INS = 40


def send_slowly(port: int) -> None:
    """A body that comes byte by byte, begun anew when the server has had enough."""
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as one:
            one.sendall(b"POST /api/v1/events HTTP/1.1\r\nHost: bench\r\nContent-Length: 1000000\r\n\r\n")
            while True:
                one.sendall(b"[")
                time.sleep(0.5)


def sign_in(port: int, email: str, password: str) -> None:
    """Somebody who signs in again and again; who is asked to come again does so."""
    while True:
        with contextlib.suppress(AssertionError, OSError, http.client.HTTPException):
            Visitor(port, email, password)


if __name__ == "__main__":
    where = int(sys.argv[1])
    for work in [partial(send_slowly, where)] * UPLOADS + [partial(sign_in, where, *sys.argv[2:4])] * SIGN_INS:
        threading.Thread(target=work, daemon=True).start()
    threading.Event().wait()

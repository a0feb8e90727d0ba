"""A reader of server-sent events, as a browser is one: over a connection of its own, in a thread of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import queue
import socket
import threading
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

__all__ = ["Stream", "Told"]


@dataclass(frozen=True)
class Told:
    """One event."""

    id: str
    event: str
    node: str
    cycle: str
    at: str


class Stream:
    """``with Stream(server.url, "unit:VIE", key=key) as stream: stream.next()``."""

    def __init__(self, url: str, node: str, *, key: str = "", last_id: str = "", cookie: str = "") -> None:
        """Ask; the stream is open when this returns, or ``status`` says why not."""
        where = urlsplit(url)
        self._connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)
        headers = {"Accept": "text/event-stream"}
        headers |= {"Authorization": f"Bearer {key}"} if key else {}
        headers |= {"Cookie": cookie} if cookie else {}
        headers |= {"Last-Event-ID": last_id} if last_id else {}
        self._connection.request("GET", f"/api/v1/live?node={node}", headers=headers)
        self._socket = self._connection.sock
        self._answer = self._connection.getresponse()
        self.status = self._answer.status
        self.kind = self._answer.headers.get("Content-Type", "")
        self.last_id = last_id
        self.ended = threading.Event()
        self._told: queue.Queue[Told] = queue.Queue()
        if self.status == http.HTTPStatus.OK:
            threading.Thread(target=self._read, daemon=True).start()
        else:
            self.problem: Any = json.loads(self._answer.read())
            self._connection.close()

    def _read(self) -> None:
        block: dict[str, str] = {}
        try:
            while line := self._answer.readline().decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name:
                    block[name] = value
                    continue
                self.last_id = block.get("id", self.last_id)
                if "data" in block:
                    self._told.put(Told(block["id"], block["event"], **json.loads(block["data"])))
                block = {}
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            # The other side, or the test, closed the connection.
            pass
        self.ended.set()

    def next(self, *, seconds: float = 20) -> Told:
        """The next event; fails where none comes."""
        try:
            return self._told.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"nothing was told within {seconds} s") from None

    def pending(self) -> list[Told]:
        """What was told and not looked at yet."""
        found: list[Told] = []
        while not self._told.empty():
            found.append(self._told.get())
        return found

    def close(self) -> None:
        """Leave, as a browser does that loses its connection."""
        with contextlib.suppress(OSError):
            # The other side may have been quicker.
            self._socket.shutdown(socket.SHUT_RDWR)
        if self.status == http.HTTPStatus.OK:
            self.ended.wait(5)
        self._answer.close()
        self._connection.close()

    def __enter__(self) -> Self:
        """The stream."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave."""
        self.close()

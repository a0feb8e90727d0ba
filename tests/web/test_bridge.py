"""From ASGI to WSGI: what is short goes out at once and whole, what is made while it is sent goes piece by piece and is never cut in silence."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.web.front.bridge import Bridge

SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "GET",
    "path": "/",
    "query_string": b"",
    "http_version": "1.1",
    "headers": [],
}


def _served(pieces: Iterable[bytes], headers: list[tuple[str, str]], sent: list[MutableMapping[str, Any]]) -> None:
    """Serve one request, noting what leaves as it leaves."""

    def application(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", headers)
        return pieces

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    # The loop has a thread of its own: a browser's may be running in this one.
    with ThreadPoolExecutor(1) as threads, ThreadPoolExecutor(1) as loop:
        loop.submit(asyncio.run, Bridge(application, threads).serve(SCOPE, receive, send)).result()


def test_the_first_piece_of_a_file_that_is_being_made_leaves_at_once() -> None:
    """Before the second is made."""
    sent: list[MutableMapping[str, Any]] = []

    def pieces() -> Iterator[bytes]:
        yield b"header"
        assert [message.get("body") for message in sent] == [None, b"header"]
        yield b"rows"

    _served(pieces(), [], sent)
    assert [message.get("body") for message in sent] == [None, b"header", b"rows", b""]
    assert [message.get("more_body", False) for message in sent[1:]] == [True, True, False]


def test_what_knows_its_length_goes_out_whole() -> None:
    """One hand-over between thread and loop."""
    sent: list[MutableMapping[str, Any]] = []
    _served(iter([b"a", b"b"]), [("Content-Length", "2")], sent)
    assert [message.get("body") for message in sent] == [None, b"ab"]


def test_a_file_that_breaks_has_no_end() -> None:
    """The server closes the connection on what was not ended, so that a reader sees the cut; what it was made from is closed."""
    sent: list[MutableMapping[str, Any]] = []
    closed: list[bool] = []

    def pieces() -> Iterator[bytes]:
        try:
            yield b"header"
            raise ZeroDivisionError
        finally:
            closed.append(True)

    with pytest.raises(ZeroDivisionError):
        _served(pieces(), [], sent)
    assert [message.get("more_body", False) for message in sent[1:]] == [True]
    assert closed == [True]

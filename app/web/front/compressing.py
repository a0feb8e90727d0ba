"""Answers are compressed on their way, where the reader takes that and it is worth it.

A newcomer's usual mistake is to compress a page that holds a secret beside what a stranger may put into it: the length tells whether the two are
alike (BREACH). A form's token is signed anew each second, cookies stay at home when another site asks (SameSite), and each answer is padded by a
random length, so that no length tells anything twice (T. Heal the Breach, IEEE Access 2022).
"""

from __future__ import annotations

import re
import secrets
import struct
import zlib
from typing import Any, Final

from werkzeug.http import parse_accept_header

from app.web.front.answers import Answer

__all__ = ["Coding"]

_LEAST_BYTES: Final = 1000
"""What is shorter fits into one packet anyway."""

_LEVEL: Final = 5
_PADDING_MAX: Final = 100

_WORTH_IT: Final = re.compile(rb"text/(?!event-stream)|application/(?:[\w.-]+\+)?(?:json|javascript|xml)|image/svg")


class Coding:
    """Compresses one answer, or leaves it as it is; its headers say which.

    Args:
        answer: with its headers, and the request that it answers.
    """

    def __init__(self, answer: Answer) -> None:
        """See whether it is of a kind that gets shorter, and whether the reader takes it so."""
        self._answer: Final = answer
        self._could: Final = (
            answer.status not in {204, 206, 304}
            and answer.header(b"content-encoding") is None
            and _WORTH_IT.match(answer.header(b"content-type") or b"") is not None
        )
        if self._could:
            _vary(answer)
        self._wanted: Final = (
            self._could and parse_accept_header(answer.environ.get("HTTP_ACCEPT_ENCODING"))["gzip"] > 0
        )
        self._deflate: Any = None
        self._checksum = 0
        self._size = 0

    def whole(self, body: bytes) -> bytes:
        """A body that is there; its length is set."""
        declared = int(self._answer.header(b"content-length") or b"0")
        if not self._wanted or max(len(body), declared) < _LEAST_BYTES:
            return body
        self.begin()
        if self._answer.environ.get("REQUEST_METHOD") == "HEAD":
            # What its length would be is not known without making it.
            return body
        coded = self.piece(body, flush=False) + self.end()
        self._answer.put(b"content-length", str(len(coded)).encode())
        return coded

    def begin(self) -> None:
        """Begin a body whose length is not known."""
        if not self._wanted:
            return
        self._answer.drop(b"content-length")
        self._answer.put(b"content-encoding", b"gzip")
        tag = self._answer.header(b"etag")
        if tag is not None and not tag.startswith(b"W/"):
            # Other bytes than those that the tag was made of, though they mean the same.
            self._answer.put(b"etag", b"W/" + tag)
        self._deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)

    def piece(self, piece: bytes, *, flush: bool = True) -> bytes:
        """A piece of the body, so far complete that a reader can read it."""
        if self._deflate is None:
            return piece
        coded: bytes = self._deflate.compress(piece)
        if flush:
            coded += self._deflate.flush(zlib.Z_SYNC_FLUSH)
        if not self._size:
            coded = _head() + coded
        self._checksum = zlib.crc32(piece, self._checksum)
        self._size += len(piece)
        return coded

    def end(self) -> bytes:
        """What ends the body."""
        if self._deflate is None:
            return b""
        head = b"" if self._size else _head()
        tail: bytes = self._deflate.flush()
        return head + tail + struct.pack("<LL", self._checksum, self._size & 0xFFFFFFFF)


def _head() -> bytes:
    """A gzip header with a file name of random length (RFC 1952, FNAME), which readers skip; zlib's own header has none to pad."""
    name = b"x" * secrets.randbelow(_PADDING_MAX)
    return b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + name + b"\0"


def _vary(answer: Answer) -> None:
    """Say that the answer hangs on what the reader takes."""
    before = answer.header(b"vary")
    if before is None:
        answer.headers.append((b"vary", b"Accept-Encoding"))
    elif b"accept-encoding" not in before.lower():
        answer.put(b"vary", before + b", Accept-Encoding")

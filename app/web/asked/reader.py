"""Whether anybody still waits for an answer: what takes long to make is made no further once its reader has left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from flask import request

__all__ = ["READER_LEFT", "ReaderLeftError", "while_read"]

T = TypeVar("T")

READER_LEFT: Final = "kopes.reader_left"
"""Where a request's WSGI environment has what tells whether its reader has left; only where the server looks (files)."""


class ReaderLeftError(Exception):
    """Nobody reads any more what is still being made."""


def while_read(rows: Iterable[T]) -> Iterator[T]:
    """Pass on the rows of a file for as long as somebody waits for it.

    Raises:
        ReaderLeftError: its reader has left.
    """
    has_left = request.environ.get(READER_LEFT)
    for row in rows:
        if has_left is not None and has_left():
            raise ReaderLeftError
        yield row

"""The number of the present state of the loaded rows, and read models that are kept as long as it stays.

A newcomer's usual mistake is to keep a read model without asking for the revision: another process may have loaded a folder.
Asking costs one query; building anew happens only after a load.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final, Generic, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.replacing import Row
from app.organisation import tables

__all__ = ["KeptByRevision", "Revision", "current_revision", "next_token"]

T = TypeVar("T")


class Revision(NamedTuple):
    """Which state of the folder is loaded; number 0 before the first load.

    Two databases with one token hold the same rows, those of surrogate keys included.
    """

    number: int
    token: str
    loaded_at: dt.datetime | None


def current_revision(connection: Connection) -> Revision:
    """The revision that is loaded.

    Queries: 1.
    """
    columns = tables.revision.c
    found = connection.execute(sa.select(columns.number, columns.token, columns.loaded_at)).first()
    return Revision(found.number, found.token, found.loaded_at) if found else Revision(0, "", None)


def next_token(before: Revision, contents: Iterable[tuple[str, Iterable[Row]]]) -> str:
    """The token of the revision that follows: a hash over the one before and the rows of all that changed."""
    digest = hashlib.sha256(before.token.encode())
    for name, rows in sorted(contents, key=lambda content: content[0]):
        digest.update(f"\n{name}\n".encode())
        digest.update("\n".join(sorted(map(repr, rows))).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


class KeptByRevision(Generic[T]):
    """A read model of the loaded rows, kept for the process and read again when a load has raised the revision.

    Args:
        read: makes the read model from a connection.
        keep: how many revisions (of several databases, in tests) are kept.
    """

    def __init__(self, read: Callable[[Connection, Revision], T], *, keep: int = 4) -> None:
        self._read: Final = read
        self._keep: Final = keep
        self._kept: Final[OrderedDict[tuple[str, str], T]] = OrderedDict()
        self._lock: Final = threading.Lock()

    def __call__(self, connection: Connection) -> T:
        """The read model of the present revision.

        Queries: 1; those of ``read`` and 1 more after a load.
        """
        revision = current_revision(connection)
        database = str(connection.engine.url)
        kept = self._kept.get((database, revision.token))
        if kept is not None:
            return kept
        with self._lock:
            return self._kept.get((database, revision.token)) or self._build(connection, database, revision)

    def _build(self, connection: Connection, database: str, revision: Revision) -> T:
        while True:
            built = self._read(connection, revision)
            # A writing transaction on PostgreSQL sees the newest commit in each statement: a load may have come between two of ours.
            now = current_revision(connection)
            if now.token == revision.token:
                break
            revision = now
        self._kept[database, revision.token] = built
        while len(self._kept) > self._keep:
            self._kept.popitem(last=False)
        return built

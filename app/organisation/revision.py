"""The number of the present state of the loaded rows, and read models that are kept as long as it stays.

Do not keep a read model without asking for the revision: another process may have loaded a folder.
CountedQuery costs one query; building anew happens only after a load, or after a decision for those read models that show decisions.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Generic, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.replacing import Row
from app.organisation import tables

__all__ = [
    "KeptByRevision",
    "Revision",
    "current_revision",
    "lock_revision",
    "next_token",
    "previewed_token",
    "raise_decided",
]

T = TypeVar("T")


class Revision(NamedTuple):
    """Which state of the folder is loaded; number 0 before the first load.

    Two databases with one token hold the same rows, those of surrogate keys included. ``decided`` stands for what people decided in the
    application since, which goes before what the folder says and outlives its loads.
    """

    number: int
    token: str
    loaded_at: dt.datetime | None
    decided: str = ""

    @property
    def whole(self) -> str:
        """One token for both: what is loaded, and what was decided."""
        return f"{self.token}+{self.decided}" if self.decided else self.token


def current_revision(connection: Connection) -> Revision:
    """The revision that is loaded.

    Queries: 1.
    """
    row = connection.execute(_revision_query()).first()
    return Revision(row.number, row.token, row.loaded_at, row.decided) if row else Revision(0, "", None)


@functools.cache
def _revision_query() -> sa.Select[Any]:
    """The statement of :func:`current_revision`, built once: every transaction that writes asks it."""
    columns = tables.revision.c
    return sa.select(columns.number, columns.token, columns.loaded_at, columns.decided)


def raise_decided(connection: Connection, rows: Iterable[Row]) -> None:
    """Note that people decided something which read models show from now on.

    Args:
        connection: a writing transaction that holds :func:`lock_revision`.
        rows: what was decided, when and by whom: nothing else may come to the same hash.

    Queries: 2.
    """
    before = current_revision(connection)
    digest = hashlib.sha256(before.decided.encode())
    digest.update("\n".join(map(repr, rows)).encode("utf-8", "backslashreplace"))
    connection.execute(sa.update(tables.revision).values(decided=digest.hexdigest()))


def lock_revision(connection: Connection) -> None:
    """Let no other load or decision be committed before this transaction ends. On SQLite a writer is alone already. Queries: 1."""
    connection.execute(sa.select(tables.revision.c.id).with_for_update())


def previewed_token(before: str, texts: Mapping[str, str]) -> str:
    """The token of a state that is only looked at, which no loaded revision has: read models are kept by it.

    Args:
        before: the token of what is loaded.
        texts: of all files of the state, and of its definitions, by name.
    """
    return next_token(Revision(0, f"preview {before}", None), ((name, [(text,)]) for name, text in texts.items()))


def next_token(before: Revision, contents: Iterable[tuple[str, Iterable[Row]]]) -> str:
    """The token of the revision that follows: a hash over the one before and the rows of all that changed."""
    digest = hashlib.sha256(before.token.encode())
    for name, rows in sorted(contents, key=lambda content: content[0]):
        digest.update(f"\n{name}\n".encode())
        digest.update("\n".join(sorted(map(repr, rows))).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


_REVISIONS_KEPT: Final = 2
"""Revisions of one database that are kept."""

_KEPT: Final = 4
"""Revisions that are kept of several databases, which a process has in tests."""


class KeptByRevision(Generic[T]):
    """A read model of the loaded rows, kept for the process and read again when a load, or a decision that it shows, came in between.

    Args:
        read: makes the read model from a connection.
        decided: whether it shows what was decided in the application too.
    """

    def __init__(self, read: Callable[[Connection, Revision], T], *, decided: bool = False) -> None:
        self._read: Final = read
        self._decided: Final = decided
        self._kept: Final[OrderedDict[tuple[str, str], T]] = OrderedDict()
        self._lock: Final = threading.Lock()

    def __call__(self, connection: Connection) -> T:
        """The read model of the present revision.

        Queries: 1; those of ``read`` and 1 more after a load.
        """
        revision = current_revision(connection)
        database = str(connection.engine.url)
        kept = self._kept.get((database, self._token(revision)))
        if kept is not None:
            return kept
        with self._lock:
            return self._kept.get((database, self._token(revision))) or self._build(connection, database, revision)

    def _token(self, revision: Revision) -> str:
        return revision.whole if self._decided else revision.token

    def _build(self, connection: Connection, database: str, revision: Revision) -> T:
        while True:
            built = self._read(connection, revision)
            # A writing transaction on PostgreSQL sees the newest commit in each statement: a load may have come between two of ours.
            now = current_revision(connection)
            if self._token(now) == self._token(revision):
                break
            revision = now
        self._kept[database, self._token(revision)] = built
        # The one before may still be asked for by a transaction that began before; each is a whole agency.
        for place in [place for place in self._kept if place[0] == database][:-_REVISIONS_KEPT]:
            del self._kept[place]
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return built

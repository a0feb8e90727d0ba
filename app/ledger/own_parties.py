"""The companies and buyers of the activities of a few people, kept in memory for whoever is searching among them.

Who types a name asks at each letter. Do not look through all of somebody's activities each time: they are read once, and then those alone that have
come since.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among
from app.kit.kept import LruCache
from app.ledger import tables
from app.ledger.activities import owned_by
from app.ledger.frame import Frame
from app.ledger.parties import OVERLAP, Party
from app.rules.identity import plain_name
from app.rules.names import folded
from app.rules.terms import Node

__all__ = ["OwnActivity", "own_activities_meant"]

_OWN_MAX: Final = 20_000
"""So many activities of a node, the newest, are looked through."""

_KEPT_MAX: Final = 100_000
"""Activities that are kept of all nodes together."""


class OwnPair(NamedTuple):
    """A company and a buyer, as one activity names them or many do, and all that tells whether a text means them."""

    company_key: str
    company: Party
    buyer_key: str
    buyer: Party
    search: str


class OwnActivity(NamedTuple):
    """One of a node's activities."""

    seq: int
    type: str
    pair: OwnPair


@dataclass(slots=True)
class _OwnActivities:
    """Those of one node that this process has read."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    read_to: int = -1
    """The newest activity of anybody when they were read."""
    by_seq: dict[int, OwnActivity] = field(default_factory=dict)
    newest_first: list[OwnActivity] = field(default_factory=list)
    pairs: dict[OwnPair, OwnPair] = field(default_factory=dict)

    def read_on(self, connection: Connection, frame: Frame, node: Node) -> None:
        """Take in what has come since. Queries: 1, and 1 more where anything has."""
        newest, seqs = self._since(connection, frame, node)
        if newest < self.read_to:
            for kept in (self.by_seq, self.newest_first, self.pairs):
                kept.clear()
            self.read_to = -1
            newest, seqs = self._since(connection, frame, node)
        wanted = sorted(set(seqs) - self.by_seq.keys(), reverse=True)[:_OWN_MAX]
        if wanted:
            self.by_seq.update((one.seq, one) for one in self._read(connection, wanted))
            self.newest_first = sorted(self.by_seq.values(), key=lambda one: -one.seq)
            for one in self.newest_first[_OWN_MAX:]:
                del self.by_seq[one.seq]
            del self.newest_first[_OWN_MAX:]
        self.read_to = newest

    def _since(self, connection: Connection, frame: Frame, node: Node) -> tuple[int, list[int]]:
        """The newest activity of anybody, and those of the node that may have come since the last look.

        A number that was given out earlier may be committed later, so it is looked some way back.
        """
        own = owned_by(connection, frame, node, after=self.read_to - OVERLAP).subquery()
        newest = sa.select(sa.literal(0), sa.func.coalesce(sa.func.max(tables.activity.c.seq), 0))
        rows = connection.execute(sa.union_all(newest, sa.select(sa.literal(1), own.c.seq))).all()
        return next(seq for which, seq in rows if not which), [seq for which, seq in rows if which]

    def _read(self, connection: Connection, seqs: list[int]) -> Iterator[OwnActivity]:
        activity = tables.activity.c
        query = sa.select(
            activity.seq,
            activity.type,
            activity.company_key,
            activity.company_name,
            activity.company_registration,
            activity.buyer_key,
            activity.buyer_name,
            activity.buyer_country,
            activity.buyer_registration,
            activity.search,
        ).where(among(connection, activity.seq, seqs))
        for row in connection.execute(query):
            pair = OwnPair(
                row.company_key or "",
                Party(row.company_name or "", "", row.company_registration or ""),
                row.buyer_key or "",
                Party(row.buyer_name or "", row.buyer_country or "", row.buyer_registration or ""),
                row.search or "",
            )
            yield OwnActivity(row.seq, row.type, self.pairs.setdefault(pair, pair))


_KEPT: Final[LruCache[_OwnActivities]] = LruCache(256, weight_max=_KEPT_MAX, weigh=lambda one: max(1, len(one.by_seq)))
"""By the database, the load and the node."""


def own_activities_meant(
    connection: Connection, frame: Frame, node: Node, *, text: str, limit: int
) -> list[OwnActivity]:
    """The newest activities of a node that have a text in a name or registration, as :func:`app.ledger.search.names_have` finds them.

    Args:
        connection: an open transaction.
        frame: the agency.
        node: an employee, or a unit of a few people.
        text: what was typed.
        limit: how many at most.

    Queries: 1, and 1 more where any has come since the last look; 3 at the first.
    """
    key = str(connection.engine.url), frame.directory.token, node
    own = _KEPT.get_or_make(key, lambda: _read(connection, frame, node))
    with own.lock:
        own.read_on(connection, frame, node)
        activities = own.newest_first
        meant = _meant(own.pairs, text, frame.legal_forms)
    return list(itertools.islice((one for one in activities if id(one.pair) in meant), limit))


def _read(connection: Connection, frame: Frame, node: Node) -> _OwnActivities:
    own = _OwnActivities()
    own.read_on(connection, frame, node)
    return own


def _meant(pairs: Iterable[OwnPair], text: str, legal_forms: tuple[str, ...]) -> set[int]:
    typed, plain = folded(text), plain_name(text, legal_forms)
    return {
        id(one)
        for one in pairs
        if typed in one.search or (plain and (plain in one.company_key or plain in one.buyer_key))
    }

"""The companies and buyers of all activities, kept in memory.

Do not search all activities at each letter that somebody types. The distinct names are few; each process keeps them and reads on from where it
stood. Whose they are is not kept: of a buyer that forty people deal with it would be forty times as much.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.kept import LruCache
from app.ledger import tables
from app.rules.identity import plain_name
from app.rules.name_lines import NameLines
from app.rules.names import folded

__all__ = ["OVERLAP", "Parties", "Party", "keep_parties", "nearness", "parties_named", "parties_of", "words_of"]

OVERLAP: Final = 2000
"""On PostgreSQL a number given out earlier may be committed later: so far back it is looked whether there are more than there were, and if so, read again."""

_FIGURE: Final = "figure"
_STRETCH: Final = 50_000
"""So many activities are read at one look."""

_LETTERS: Final = 3

_COMPANY, _BUYER, _SOURCE, _NEWEST, _LATEST = range(5)

_LINES_MAX: Final = 2000
"""So many names that have what was typed are looked at in each way of having it: who types two letters means none of a thousand others."""

_FEW: Final = 200
"""So many names that have what was typed are all looked at, whichever way they have it."""

_SINCE_MAX: Final = 1000
"""So many names that came or were named again since the lines were laid out are looked at one by one."""

_BEGINS, _WORDS_BEGIN, _WITHIN = range(3)


class Party(NamedTuple):
    """A company (no country) or a buyer, as it was written down."""

    name: str
    country: str
    registration: str


def words_of(text: str) -> str:
    """The words of a name, however it is typed, without punctuation."""
    return plain_name(folded(text), ())


def _ends(words: list[str]) -> list[str]:
    """The first and the last letters of each word; those of a whole name come together where it is written in one word elsewhere."""
    whole = ["".join(words)] if len(words) > 1 else []
    return [end for word in (*words, *whole) for end in (f"{word[:_LETTERS]}*", f"*{word[-_LETTERS:]}")]


def nearness(words: str, wanted: list[str]) -> int | None:
    """How near what was typed comes to a name, both as words: the name begins so, each begins one of its words, or stands within; else None."""
    if not all(word in words for word in wanted):
        return None
    if words.lstrip().startswith(" ".join(wanted)):
        return _BEGINS
    spaced = f" {words}"
    return _WORDS_BEGIN if all(f" {word}" in spaced for word in wanted) else _WITHIN


@dataclass(slots=True)
class Parties:
    """All companies and buyers of one database that this process has seen."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    read_from: int = 0
    """What came before this activity is still to be read."""
    read_to: int = 0
    latest: int = 0
    """How many activities there were of the last numbers up to that one."""
    companies: dict[Party, int] = field(default_factory=dict)
    """With the number of the newest activity that names it."""
    buyers: dict[Party, int] = field(default_factory=dict)
    of_country: dict[str, list[Party]] = field(default_factory=dict)
    """The buyers of each country."""
    words: dict[Party, str] = field(default_factory=dict)
    begin: dict[str, list[Party]] = field(default_factory=dict)
    """By the first letters of a word in them: who could be meant by a word that begins so."""
    ends: dict[tuple[str, str], list[Party]] = field(default_factory=dict)
    """Buyers by their country and the first or last letters of a word: a misspelt word still has one of both."""
    sources: set[str] = field(default_factory=set)
    """Where events came from."""
    laid_out: tuple[NameLines[Party], NameLines[Party]] | None = None
    """The words of companies and of buyers, those that were named last first."""
    since: dict[Party, None] = field(default_factory=dict)
    """Who was named since they were laid out, and does not stand there or not where they should."""

    def read_on(self, connection: Connection) -> None:
        """Take in what was recorded since the last look, and a stretch of what was there before the first.

        A process that has just started need not keep its first reader waiting for the whole history: each look reads on.

        Queries: 1; 1 more while there is history to read.
        """
        newest, latest = self._read(
            connection, max(self.read_from, self.read_to - OVERLAP) if self.read_to else None, None
        )
        if newest < self.read_to:
            for kept in (self.companies, self.buyers, self.of_country, self.words, self.begin, self.ends, self.sources):
                kept.clear()
            self.laid_out = None
            self.read_from = self.read_to = 0
            newest, latest = self._read(connection, None, None)
        if newest != self.read_to:
            if not self.read_to:
                self.read_from = max(0, newest - _STRETCH)
            self.read_to, self.latest = newest, latest
        elif self.read_from:
            self._read_back(connection)

    def read_all(self, connection: Connection) -> None:
        """As :meth:`read_on`, to the end of the history. Queries: 1, and 1 more for each stretch that is still to be read."""
        self.read_on(connection)
        while self.read_from:
            self._read_back(connection)

    def _read_back(self, connection: Connection) -> None:
        start = max(0, self.read_from - _STRETCH)
        self._read(connection, start, self.read_from)
        self.read_from = start

    def _read(self, connection: Connection, after: int | None, to: int | None) -> tuple[int, int]:
        """Take in the names of a stretch of activities, and tell the newest one's number and how many there are of the last numbers up to it.

        Args:
            connection: an open transaction.
            after: they begin after this number, or, where nothing has been committed since behind those that were read last, after these; None
                for the newest stretch.
            to: they end with it; None for the newest, and nothing is read where that is known already.
        """
        activity, event = tables.activity, tables.event
        seq = activity.c.seq
        newest = sa.select(sa.func.coalesce(sa.func.max(seq), 0)).scalar_subquery()
        # Bounds that are known beforehand stand beside those that are not: PostgreSQL would plan for a third of all activities.
        known = 0 if after is None else after
        far_back = max(known, self.read_to - OVERLAP)
        latest = sa.select(sa.func.count()).where(seq > far_back, seq > newest - OVERLAP).scalar_subquery()
        if after is None:
            begin: sa.ColumnElement[int] = newest - _STRETCH
        elif to is not None:
            begin = sa.literal(after)
        else:
            now = sa.select(sa.func.count()).where(seq > self.read_to - OVERLAP, seq <= self.read_to).scalar_subquery()
            begin = sa.case((now == self.latest, self.read_to), else_=after)
        stand = sa.select(newest.label("newest"), begin.label("begin"), latest.label("latest")).cte("stand")
        beginning = sa.select(stand.c.begin).scalar_subquery()
        is_new = sa.select(stand.c.newest).scalar_subquery() != self.read_to
        within = sa.and_(seq > known, seq > beginning, is_new if to is None else seq <= to)
        none, last = sa.literal("", sa.Text()), sa.func.max(seq)
        company = (activity.c.company_name, none, activity.c.company_registration)
        buyer = (activity.c.buyer_name, activity.c.buyer_country, activity.c.buyer_registration)
        query = sa.union_all(
            *(
                sa.select(sa.literal(which), *columns, last)
                # A figure has a KPI and a unit or employee in their place.
                .where(within, activity.c.type != _FIGURE)
                .group_by(*(one for one in columns if one is not none))
                for which, columns in ((_COMPANY, company), (_BUYER, buyer))
            ),
            sa.select(sa.literal(_SOURCE), event.c.source, none, none, last)
            .join(activity, seq == event.c.seq)
            .where(within, event.c.seq > known)
            .group_by(event.c.source),
            sa.select(sa.literal(_NEWEST), none, none, none, stand.c.newest),
            sa.select(sa.literal(_LATEST), none, none, none, stand.c.latest),
        )
        told = dict.fromkeys((_NEWEST, _LATEST), 0)
        for which, name, country, registration, number in connection.execute(query):
            if which in told:
                told[which] = number
            elif which == _SOURCE:
                self.sources.add(name)
            else:
                parties = self.companies if which == _COMPANY else self.buyers
                self._keep(parties, Party(name or "", country or "", registration or ""), number)
        return told[_NEWEST], told[_LATEST]

    def _keep(self, parties: dict[Party, int], party: Party, seq: int) -> None:
        if party.country and party not in parties:
            self.of_country.setdefault(party.country, []).append(party)
        if seq > parties.get(party, 0):
            parties[party] = seq
            self.since[party] = None
        if party not in self.words:
            words = " ".join(filter(None, (words_of(party.name), words_of(party.registration))))
            self.words[party] = f" {words}"
            for start in {word[:_LETTERS] for word in self.words[party].split()}:
                self.begin.setdefault(start, []).append(party)
            if party.country:
                for end in _ends(self.words[party].split()):
                    self.ends.setdefault((party.country, end), []).append(party)

    def near(self, words: list[str], country: str) -> list[Party]:
        """The buyers of a country that share the beginning or the end of a word with a name."""
        return list(dict.fromkeys(one for end in _ends(words) for one in self.ends.get((country, end), ())))

    def meant_by(self, wanted: list[str]) -> list[Party]:
        """Those that have a word beginning as each of the wanted ones does."""
        longest = max(wanted, key=len)
        if len(longest) < _LETTERS:
            near = [party for start, some in self.begin.items() if start.startswith(longest) for party in some]
        else:
            near = self.begin.get(longest[:_LETTERS], [])
        return [party for party in dict.fromkeys(near) if all(f" {word}" in self.words[party] for word in wanted)]

    def nearest(self, wanted: list[str], limit: int) -> tuple[list[Party], list[Party]]:
        """The companies and the buyers that have each of the wanted words somewhere: those that begin so, then whose words do, then the others, of each those that were named last first."""
        if self.laid_out is None or len(self.since) > _SINCE_MAX:
            self.laid_out = (self._lines(self.companies), self._lines(self.buyers))
            self.since.clear()
        companies, buyers = self.laid_out
        return (
            self._nearest(self.companies, companies, wanted, limit),
            self._nearest(self.buyers, buyers, wanted, limit),
        )

    def _lines(self, known: Mapping[Party, int]) -> NameLines[Party]:
        newest_first = sorted(known, key=lambda one: (-known[one], one))
        return NameLines((one, self.words[one]) for one in newest_first)

    def _nearest(
        self, known: Mapping[Party, int], lines: NameLines[Party], wanted: list[str], limit: int
    ) -> list[Party]:
        ranks: dict[Party, int] = {}
        for party in self.since:
            if party in known and (near := nearness(self.words[party], wanted)) is not None:
                ranks[party] = near
        longest = max(wanted, key=len)
        few = list(itertools.islice(lines.having(longest), _FEW + 1))
        if len(few) <= _FEW:
            # The whole text was looked through once: nobody else has it.
            ranks |= {one: near for one in few if (near := nearness(self.words[one], wanted)) is not None}
            return heapq.nsmallest(limit, ranks, key=lambda one: (ranks[one], -known[one], one))
        enough = limit
        for worst, part in ((_BEGINS, f"\n {' '.join(wanted)}"), (_WORDS_BEGIN, f" {longest}"), (_WITHIN, longest)):
            # They stand in the order in which they are wanted: behind so many none is nearer.
            for party in itertools.islice(lines.having(part), _LINES_MAX):
                if party in ranks or (near := nearness(self.words[party], wanted)) is None:
                    continue
                ranks[party] = near
                enough -= near <= worst
                if enough <= 0:
                    break
            if enough <= 0:
                break
        return heapq.nsmallest(limit, ranks, key=lambda one: (ranks[one], -known[one], one))


_KEPT: Final[LruCache[Parties]] = LruCache(4)
"""By the database."""


def parties_of(connection: Connection) -> Parties:
    """Those of a database that this process keeps; to be locked while they are read or looked at."""
    return _KEPT.get_or_make(str(connection.engine.url), Parties)


def keep_parties(connection: Connection) -> None:
    """Read the whole history's names, so that nobody's first search does: a server calls it before it takes requests.

    Queries: 1, and 1 for each stretch of the history.
    """
    parties = parties_of(connection)
    with parties.lock:
        parties.read_all(connection)


def parties_named(
    connection: Connection, *, text: str, limit: int, to_the_end: bool = False
) -> tuple[list[Party], list[Party]]:
    """The companies and the buyers that have a searched text in name or registration, the nearest first, then those that were named last.

    Args:
        connection: an open transaction.
        text: what was typed.
        limit: how many of either at most.
        to_the_end: read the whole history first, which a process that has just started has read in part.

    Queries: 1; 1 more while this process still reads what was there before it, or one for each stretch of that.
    """
    wanted = words_of(text).split()
    if not wanted:
        return [], []
    parties = parties_of(connection)
    with parties.lock:
        (parties.read_all if to_the_end else parties.read_on)(connection)
        return parties.nearest(wanted, limit)

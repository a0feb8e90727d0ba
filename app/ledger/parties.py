"""The companies and buyers of all activities, kept in memory, with who dealt with each.

Do not search all activities at each letter that somebody types. The distinct names are few; each process keeps them and reads on from where it
stood. What is kept goes by the folder that was loaded last, for a load may place activities anew.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.kept import LruCache
from app.ledger import tables
from app.ledger.frame import Frame
from app.organisation import tables as organisation_tables
from app.rules.identity import plain_name
from app.rules.names import closeness, folded
from app.rules.terms import Node, NodeKind

__all__ = ["Dealings", "Parties", "Party", "PartyMatch", "PartyMatches", "parties_meant", "parties_of", "words_of"]

_OVERLAP: Final = 2000
"""On PostgreSQL a number given out earlier may be committed later: reading on begins this far back."""

_STRETCH: Final = 50_000
"""So many activities are read at one look."""

_LETTERS: Final = 3

_COMPANY, _BUYER, _SOURCE, _NEWEST = range(4)

_DEALS_FIRST: Final = 1 << 60
"""Added to the number of a deal, so that the latest deal is a larger one than that of any other activity."""


class Party(NamedTuple):
    """A company (no country) or a buyer, as it was written down."""

    name: str
    country: str
    registration: str


@dataclass(slots=True)
class Dealings:
    """With whom a party was dealt: the number of the newest activity, and for each owner that of the latest deal, else activity.

    An owner is an employee who shares in it or entered it, or the path of units that a share counts for.
    """

    newest: int = 0
    by: dict[int, int] = field(default_factory=dict)


def words_of(text: str) -> str:
    """The words of a name, however it is typed, without punctuation."""
    return plain_name(folded(text), ())


def _ends(words: list[str]) -> list[str]:
    """The first and the last letters of each word; those of a whole name come together where it is written in one word elsewhere."""
    whole = ["".join(words)] if len(words) > 1 else []
    return [end for word in (*words, *whole) for end in (f"{word[:_LETTERS]}*", f"*{word[-_LETTERS:]}")]


def _employee_owner(employee: int) -> int:
    return 2 * employee


def _path_owner(path: int) -> int:
    return 2 * path + 1


@dataclass(slots=True)
class Parties:
    """All companies and buyers of one database that this process has seen."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    token: str | None = None
    """Of the folder by which activities were placed when they were read."""
    read_from: int = 0
    """What came before this activity is still to be read."""
    read_to: int = 0
    companies: dict[Party, Dealings] = field(default_factory=dict)
    buyers: dict[Party, Dealings] = field(default_factory=dict)
    of_country: dict[str, list[Party]] = field(default_factory=dict)
    """The buyers of each country."""
    words: dict[Party, str] = field(default_factory=dict)
    begin: dict[str, list[Party]] = field(default_factory=dict)
    """By the first letters of a word in them: who could be meant by a word that begins so."""
    ends: dict[tuple[str, str], list[Party]] = field(default_factory=dict)
    """Buyers by their country and the first or last letters of a word: a misspelt word still has one of both."""
    sources: set[str] = field(default_factory=set)
    """Where events came from."""

    def read_on(self, connection: Connection) -> None:
        """Take in what was recorded since the last look, and a stretch of what was there before the first.

        A process that has just started need not keep its first reader waiting for the whole history: each look reads on.

        Queries: 1; 1 more while there is history to read.
        """
        after = max(self.read_from, self.read_to - _OVERLAP) if self.read_to else None
        newest, token = self._read(connection, after, None)
        if newest < self.read_to or token != self.token:
            for kept in (self.companies, self.buyers, self.of_country, self.words, self.begin, self.ends, self.sources):
                kept.clear()
            self.read_from = self.read_to = 0
            self.token = token
            newest, _ = self._read(connection, None, None)
        if newest != self.read_to:
            if not self.read_to:
                self.read_from = max(0, newest - _STRETCH)
            self.read_to = newest
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

    def _read(self, connection: Connection, after: int | None, to: int | None) -> tuple[int, str]:
        """Take in the names of a stretch of activities, and tell the newest one's number and the folder's token.

        Args:
            connection: an open transaction.
            after: they begin after this number; None for the newest stretch.
            to: they end with it; None for the newest, and nothing is read where that is known already.
        """
        activity, credit, event = tables.activity, tables.credit, tables.event
        newest = sa.select(sa.func.coalesce(sa.func.max(activity.c.seq), 0)).scalar_subquery()
        token = sa.select(organisation_tables.revision.c.token).limit(1).scalar_subquery()
        begin = newest - _STRETCH if after is None else sa.literal(after)
        within = sa.and_(activity.c.seq > begin, newest != self.read_to if to is None else activity.c.seq <= to)
        none, nobody = sa.literal("", sa.Text()), sa.literal(0, sa.Integer())
        deal = sa.case((activity.c.type == "export_deal", activity.c.seq), else_=0)
        company = (activity.c.company_name, none, activity.c.company_registration)
        buyer = (activity.c.buyer_name, activity.c.buyer_country, activity.c.buyer_registration)
        owners = (activity.c.employee, credit.c.employee, credit.c.path)
        query = sa.union_all(
            *(
                sa.select(sa.literal(which), *columns, *owners, sa.func.max(activity.c.seq), sa.func.max(deal))
                .select_from(activity.outerjoin(credit, credit.c.seq == activity.c.seq))
                .where(within)
                .group_by(*(one for one in columns if one is not none), *owners)
                for which, columns in ((_COMPANY, company), (_BUYER, buyer))
            ),
            sa.select(sa.literal(_SOURCE), event.c.source, none, none, nobody, nobody, nobody, nobody, nobody)
            .join(activity, activity.c.seq == event.c.seq)
            .where(within)
            .group_by(event.c.source),
            sa.select(
                sa.literal(_NEWEST), sa.func.coalesce(token, none), none, none, nobody, nobody, nobody, newest, nobody
            ),
        )
        newest_seq, folder = 0, ""
        for which, name, country, registration, entered_by, shares, path, seq, deal_seq in connection.execute(query):
            if which == _NEWEST:
                newest_seq, folder = seq, name
                continue
            if which == _SOURCE:
                self.sources.add(name)
                continue
            parties = self.companies if which == _COMPANY else self.buyers
            dealings = self._dealings(parties, Party(name or "", country or "", registration or ""))
            dealings.newest = max(dealings.newest, seq)
            latest = deal_seq + _DEALS_FIRST if deal_seq else seq
            for owner in _owners(entered_by, shares, path):
                dealings.by[owner] = max(dealings.by.get(owner, 0), latest)
        return newest_seq, folder

    def _dealings(self, parties: dict[Party, Dealings], party: Party) -> Dealings:
        known = parties.get(party)
        if known is not None:
            return known
        dealings = parties[party] = Dealings()
        if party.country:
            self.of_country.setdefault(party.country, []).append(party)
        if party not in self.words:
            self.words[party] = f" {words_of(party.name)} {words_of(party.registration)}"
            for start in {word[:_LETTERS] for word in self.words[party].split()}:
                self.begin.setdefault(start, []).append(party)
            if party.country:
                for end in _ends(self.words[party].split()):
                    self.ends.setdefault((party.country, end), []).append(party)
        return dealings

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

    def having(self, wanted: list[str]) -> Iterator[Party]:
        """Those that have each of the wanted words somewhere, in the middle of one of theirs too."""
        return (party for party, words in self.words.items() if all(word in words for word in wanted))


_KEPT: Final[LruCache[Parties]] = LruCache(4)
"""By the database."""


def parties_of(connection: Connection) -> Parties:
    """Those of a database that this process keeps; to be locked while they are read or looked at."""
    return _KEPT.get_or_make(str(connection.engine.url), Parties)


def _owners(entered_by: int, shares: int | None, path: int | None) -> Iterator[int]:
    yield _employee_owner(entered_by)
    if shares is not None and shares != entered_by:
        yield _employee_owner(shares)
    if path is not None:
        yield _path_owner(path)


@dataclass(frozen=True, slots=True)
class PartyMatch:
    """A company or buyer that is meant: of whose activities it is, and the number of the latest deal among them, else activity."""

    party: Party
    node: Node
    latest: int
    is_deal: bool


@dataclass(frozen=True, slots=True)
class PartyMatches:
    """The nearest of those that are meant, and whether there are more."""

    rows: tuple[PartyMatch, ...] = ()
    more: bool = False


def parties_meant(
    connection: Connection, frame: Frame, *, text: str, nodes: Sequence[Node], limit: int, to_the_end: bool = False
) -> tuple[PartyMatches, PartyMatches]:
    """The companies and the buyers of some nodes' activities that a searched text means by name or registration, the nearest first.

    Args:
        connection: an open transaction.
        frame: the agency.
        text: what was typed.
        nodes: whose activities are looked at; each match belongs to the first of them that has it.
        limit: how many of either at most.
        to_the_end: read the whole history first, which a process that has just started has read in part.

    Queries: 1; 1 more while this process still reads what was there before it, or one for each stretch of that.
    """
    wanted = words_of(text).split()
    if not wanted or not nodes:
        return PartyMatches(), PartyMatches()
    owners = [(node, _owners_of(frame, node)) for node in nodes]
    parties = parties_of(connection)
    with parties.lock:
        (parties.read_all if to_the_end else parties.read_on)(connection)
        known = (parties.companies, parties.buyers)
        companies, buyers = (_nearest(text, parties.meant_by(wanted), some, owners, limit) for some in known)
        if len(companies.rows) >= limit and len(buyers.rows) >= limit:
            return companies, buyers
        having = list(parties.having(wanted))
        companies, buyers = (_nearest(text, having, some, owners, limit) for some in known)
        return companies, buyers


def _owners_of(frame: Frame, node: Node) -> frozenset[int]:
    """Whose dealings are those that the list of a node's activities shows."""
    if node.kind is NodeKind.EMPLOYEE:
        return frozenset({_employee_owner(frame.ids[node.code])})
    return frozenset(_path_owner(path) for path in frame.directory.paths_under(node.code))


def _nearest(
    text: str,
    candidates: Collection[Party],
    known: Mapping[Party, Dealings],
    owners: Sequence[tuple[Node, frozenset[int]]],
    limit: int,
) -> PartyMatches:
    """The nearest of some parties; of those that are equally near the ones named last."""

    def matches() -> Iterator[tuple[tuple[Any, ...], PartyMatch]]:
        for party in candidates:
            dealings = known.get(party)
            if dealings is None:
                continue
            for place, (node, some) in enumerate(owners):
                if some.isdisjoint(dealings.by):
                    continue
                near = closeness(text, party.name, party.registration)
                rank = (9 if near is None else near, place, -dealings.newest)
                latest = max(dealings.by[owner] for owner in some & dealings.by.keys())
                yield rank, PartyMatch(party, node, latest % _DEALS_FIRST, latest >= _DEALS_FIRST)
                break

    nearest = heapq.nsmallest(limit + 1, matches(), key=lambda one: one[0])
    return PartyMatches(tuple(match for _, match in nearest[:limit]), len(nearest) > limit)

"""What is offered while somebody types: companies and buyers that were recorded before, and activities that may be the same one.

Do not search all activities at each letter. The distinct companies and buyers are few; each process keeps them in
memory and reads on from where it stood. They are hints: nothing is decided by them.
"""

from __future__ import annotations

import datetime as dt
import heapq
import threading
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among
from app.kit.kept import LruCache
from app.ledger import tables
from app.ledger.frame import Frame
from app.ledger.summary import ActivitySummary, summary_of
from app.rules.identity import alike, buyer_key, company_key, plain_name
from app.rules.moments import day_after
from app.rules.names import folded

__all__ = ["Alike", "Contents", "Party", "activities_alike", "buyers_of_country", "suggest_parties"]

NEAR_DAYS: Final = 14
"""Two activities with one buyer and one company so close to each other may be one that was recorded twice."""

_OVERLAP: Final = 2000
"""On PostgreSQL a number given out earlier may be committed later: reading on begins this far back."""

_STRETCH: Final = 50_000
"""So many activities are read at one look."""

_LETTERS: Final = 3

_COMPANY, _BUYER, _NEWEST = range(3)

_GONE: Final = ("reversed", "rejected")


def _words(text: str) -> str:
    """The words of a name, however it is typed, without punctuation."""
    return plain_name(folded(text), ())


def _ends(words: list[str]) -> list[str]:
    """The first and the last letters of each word; those of a whole name come together where it is written in one word elsewhere."""
    whole = ["".join(words)] if len(words) > 1 else []
    return [end for word in (*words, *whole) for end in (f"{word[:_LETTERS]}*", f"*{word[-_LETTERS:]}")]


class Party(NamedTuple):
    """A company (no country) or a buyer, as it was written down."""

    name: str
    country: str
    registration: str


@dataclass(slots=True)
class _Parties:
    """All companies and buyers of one database that this process has seen, with the number of the activity that named them last."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    read_from: int = 0
    """What came before this activity is still to be read."""
    read_to: int = 0
    companies: dict[Party, int] = field(default_factory=dict)
    buyers: dict[Party, int] = field(default_factory=dict)
    of_country: dict[str, dict[Party, int]] = field(default_factory=dict)
    """The buyers of each country."""
    words: dict[Party, str] = field(default_factory=dict)
    begin: dict[str, list[Party]] = field(default_factory=dict)
    """By the first letters of a word in them: who could be meant by a word that begins so."""
    ends: dict[tuple[str, str], list[Party]] = field(default_factory=dict)
    """Buyers by their country and the first or last letters of a word: a misspelt word still has one of both."""

    def read_on(self, connection: Connection) -> None:
        """Take in what was recorded since the last look, and a stretch of what was there before the first.

        A process that has just started need not keep its first reader waiting for the whole history: each look reads on.

        Queries: 1; 1 more while there is history to read.
        """
        newest = self._read(connection, max(self.read_from, self.read_to - _OVERLAP) if self.read_to else None, None)
        if newest < self.read_to:
            for kept in (self.companies, self.buyers, self.of_country, self.words, self.begin, self.ends):
                kept.clear()
            self.read_from = self.read_to = 0
            newest = self._read(connection, None, None)
        if newest != self.read_to:
            if not self.read_to:
                self.read_from = max(0, newest - _STRETCH)
            self.read_to = newest
        elif self.read_from:
            start = max(0, self.read_from - _STRETCH)
            self._read(connection, start, self.read_from)
            self.read_from = start

    def _read(self, connection: Connection, after: int | None, to: int | None) -> int:
        """Take in the names of a stretch of activities, and tell the newest one's number.

        Args:
            connection: an open transaction.
            after: they begin after this number; None for the newest stretch.
            to: they end with it; None for the newest, and nothing is read where that is known already.
        """
        activity = tables.activity
        newest = sa.select(sa.func.coalesce(sa.func.max(activity.c.seq), 0)).scalar_subquery()
        begin = newest - _STRETCH if after is None else sa.literal(after)
        within = sa.and_(activity.c.seq > begin, newest != self.read_to if to is None else activity.c.seq <= to)
        none, last = sa.literal("", sa.Text()), sa.func.max(activity.c.seq)
        company = (activity.c.company_name, none, activity.c.company_registration)
        buyer = (activity.c.buyer_name, activity.c.buyer_country, activity.c.buyer_registration)
        query = sa.union_all(
            *(
                sa.select(sa.literal(which), *columns, last)
                .where(within)
                .group_by(*(one for one in columns if one is not none))
                for which, columns in ((_COMPANY, company), (_BUYER, buyer))
            ),
            sa.select(sa.literal(_NEWEST), none, none, none, newest),
        )
        newest_seq = 0
        for which, name, country, registration, seq in connection.execute(query):
            if which == _NEWEST:
                newest_seq = seq
            else:
                parties = self.companies if which == _COMPANY else self.buyers
                self._keep(parties, Party(name or "", country or "", registration or ""), seq)
        return newest_seq

    def _keep(self, parties: dict[Party, int], party: Party, seq: int) -> None:
        parties[party] = max(seq, parties.get(party, 0))
        if party.country:
            self.of_country.setdefault(party.country, {})[party] = parties[party]
        if party not in self.words:
            self.words[party] = f" {_words(party.name)} {_words(party.registration)}"
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


_BUYERS_MAX: Final = 50
_ROWS_MAX: Final = 200
"""So many buyers, and so many of their activities, are looked at: a hint need not be complete."""

_KEPT: Final[LruCache[_Parties]] = LruCache(4)
"""By the database."""


def _parties(connection: Connection) -> _Parties:
    return _KEPT.get_or_make(str(connection.engine.url), _Parties)


def suggest_parties(
    connection: Connection, *, text: str, buyers: bool, country: str = "", limit: int = 8
) -> list[Party]:
    """Companies or buyers whose name has words that begin as the typed ones do, or whose registration does.

    The country's own come first, then those that were named last.

    Queries: 1; 2 while this process still reads what was there before it.
    """
    parties = _parties(connection)
    wanted = _words(text).split()
    if not wanted:
        return []
    with parties.lock:
        parties.read_on(connection)
        known = parties.buyers if buyers else parties.companies
        matches = [(party, known[party]) for party in parties.meant_by(wanted) if party in known]
        begins = " " + " ".join(wanted)
        matches.sort(
            key=lambda one: (
                one[0].country != country if country else False,
                not parties.words[one[0]].startswith(begins),
                -one[1],
            )
        )
    return [party for party, _ in matches[:limit]]


def buyers_of_country(connection: Connection, *, country: str, limit: int) -> list[Party]:
    """The buyers of a country that were named last, the latest first.

    Queries: 1; 2 while this process still reads what was there before it.
    """
    parties = _parties(connection)
    with parties.lock:
        parties.read_on(connection)
        of_country = parties.of_country.get(country, {})
        return heapq.nlargest(limit, of_country, key=of_country.__getitem__)


class Contents(NamedTuple):
    """What two activities are compared by."""

    type: str
    day: dt.date
    company: Party
    buyer: Party


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike(ActivitySummary):
    """An activity that may be the same one."""

    state: str


def activities_alike(
    connection: Connection, frame: Frame, *, contents: Contents, but: int | None = None, limit: int = 5
) -> list[Alike]:
    """Activities of the type within days of it with the same company and buyer, or names alike; of a new buyer those of any day.

    A hint for people (domain.md 2: "duplicate detection"): it keeps nobody from recording. Whose name is alike is told from the buyers that
    this process keeps in memory, so that only the activities of those are read, whatever the country has.

    Queries: 2; 3 while this process still reads what was there before it.
    """
    activity, event = tables.activity, tables.event
    forms = frame.legal_forms
    buyer = contents.buyer
    keys = {
        buyer_key(country=one.country, name=one.name, registration=one.registration, legal_forms=forms)
        for one in (buyer, *_buyers_alike(connection, buyer, forms))
    }
    query = (
        sa.select(activity, event.c.key)
        .join(event, event.c.seq == activity.c.seq)
        .where(activity.c.type == contents.type, activity.c.state.not_in(_GONE))
        .where(among(connection, activity.c.buyer_key, sorted(keys)))
        .order_by(activity.c.day.desc(), activity.c.seq.desc())
        .limit(_ROWS_MAX)
    )
    if contents.type != "new_buyer":
        near = (day_after(contents.day, -NEAR_DAYS), day_after(contents.day, NEAR_DAYS))
        query = query.where(activity.c.day.between(*near))
    if but is not None:
        query = query.where(activity.c.seq != but)
    company = contents.company
    own = company_key(name=company.name, registration=company.registration, legal_forms=forms)
    similar: list[Alike] = []
    for row in connection.execute(query):
        if contents.type != "new_buyer" and not (
            row.company_key == own or alike(row.company_name or "", company.name, legal_forms=forms)
        ):
            continue
        similar.append(Alike(**summary_of(frame, row), state=row.state))
        if len(similar) == limit:
            break
    return similar


def _buyers_alike(connection: Connection, buyer: Party, forms: tuple[str, ...]) -> list[Party]:
    """The known buyers of the same country whose name is alike."""
    parties = _parties(connection)
    with parties.lock:
        parties.read_on(connection)
        near = parties.near(_words(buyer.name).split(), buyer.country)
    return [one for one in near if alike(one.name, buyer.name, legal_forms=forms)][:_BUYERS_MAX]

"""What is offered while somebody types: companies and buyers that were recorded before, and activities that may be the same one.

A newcomer's usual mistake is to search all activities at each letter. The distinct companies and buyers are few; each process keeps them in
memory and reads on from where it stood. They are hints: nothing is decided by them.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.ledger import tables
from app.ledger.frame import Frame
from app.rules.identity import alike, buyer_key, company_key, plain_name

__all__ = ["Alike", "Contents", "Party", "activities_alike", "suggest_parties"]

NEAR_DAYS: Final = 14
"""Two activities with one buyer and one company so close to each other may be one that was recorded twice."""

_OVERLAP: Final = 2000
"""On PostgreSQL a number given out earlier may be committed later: reading on begins this far back."""

_GONE: Final = ("reversed", "rejected")


class Party(NamedTuple):
    """A company (no country) or a buyer, as it was written down."""

    name: str
    country: str
    registration: str


@dataclass(slots=True)
class _Parties:
    """All companies and buyers of one database that this process has seen, with the number of the activity that named them last."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    read_to: int = 0
    companies: dict[Party, int] = field(default_factory=dict)
    buyers: dict[Party, int] = field(default_factory=dict)
    words: dict[Party, str] = field(default_factory=dict)

    def read_on(self, connection: Connection) -> None:
        """Take in what was recorded since the last look. Queries: 2; 3 where something came."""
        activity = tables.activity
        newest = connection.scalar(sa.select(sa.func.max(activity.c.seq))) or 0
        if newest == self.read_to:
            return
        if newest < self.read_to:
            self.companies.clear()
            self.buyers.clear()
            self.read_to = 0
        last = sa.func.max(activity.c.seq)
        since = activity.c.seq > self.read_to - _OVERLAP
        company = (activity.c.company_name, activity.c.company_registration)
        for name, registration, seq in connection.execute(sa.select(*company, last).where(since).group_by(*company)):
            self._keep(self.companies, Party(name or "", "", registration or ""), seq)
        buyer = (activity.c.buyer_name, activity.c.buyer_country, activity.c.buyer_registration)
        for name, country, registration, seq in connection.execute(
            sa.select(*buyer, last).where(since).group_by(*buyer)
        ):
            self._keep(self.buyers, Party(name, country, registration or ""), seq)
        self.read_to = newest

    def _keep(self, held: dict[Party, int], party: Party, seq: int) -> None:
        held[party] = max(seq, held.get(party, 0))
        if party not in self.words:
            self.words[party] = f" {plain_name(party.name, ())} {party.registration.casefold()}"


_KEPT: Final[OrderedDict[str, _Parties]] = OrderedDict()
_KEPT_LOCK: Final = threading.Lock()
_KEPT_MAX: Final = 4


def _parties(connection: Connection) -> _Parties:
    database = str(connection.engine.url)
    with _KEPT_LOCK:
        found = _KEPT.setdefault(database, _Parties())
        _KEPT.move_to_end(database)
        while len(_KEPT) > _KEPT_MAX:
            _KEPT.popitem(last=False)
        return found


def suggest_parties(
    connection: Connection, *, text: str, buyers: bool, country: str = "", limit: int = 8
) -> list[Party]:
    """Companies or buyers whose name has words that begin as the typed ones do, or whose registration does.

    The country's own come first, then those that were named last.

    Queries: 1; 3 where something was recorded since the last time.
    """
    held = _parties(connection)
    wanted = plain_name(text, ()).split()
    if not wanted:
        return []
    with held.lock:
        held.read_on(connection)
        known = held.buyers if buyers else held.companies
        found = [
            (party, seq) for party, seq in known.items() if all(f" {word}" in held.words[party] for word in wanted)
        ]
        begins = " " + " ".join(wanted)
        found.sort(
            key=lambda one: (
                one[0].country != country if country else False,
                not held.words[one[0]].startswith(begins),
                -one[1],
            )
        )
    return [party for party, _ in found[:limit]]


class Contents(NamedTuple):
    """What two activities are compared by."""

    type: str
    day: dt.date
    company: Party
    buyer: Party


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """An activity that may be the same one."""

    key: str
    day: dt.date
    type: str
    employee: str
    company: str
    buyer: str
    country: str
    state: str
    amount: Decimal | None
    currency: str


def activities_alike(
    connection: Connection, frame: Frame, *, contents: Contents, but: int | None = None, limit: int = 5
) -> list[Alike]:
    """Activities of the type within days of it with the same company and buyer, or names alike; of a new buyer those of any day.

    A hint for people (domain.md 2: "duplicate detection"): it keeps nobody from recording.

    Queries: 1.
    """
    activity, event = tables.activity, tables.event
    near = dt.timedelta(days=NEAR_DAYS)
    query = (
        sa.select(activity, event.c.key)
        .join(event, event.c.seq == activity.c.seq)
        .where(activity.c.type == contents.type, activity.c.state.not_in(_GONE))
        .order_by(activity.c.day.desc(), activity.c.seq.desc())
    )
    if contents.type == "new_buyer":
        # A buyer's key begins with its country, so that one country's are found by the index.
        country = contents.buyer.country
        query = query.where(activity.c.buyer_key >= country, activity.c.buyer_key < country + "\N{DELETE}")
    else:
        query = query.where(
            activity.c.day.between(contents.day - near, contents.day + near),
            activity.c.buyer_country == contents.buyer.country,
        )
    if but is not None:
        query = query.where(activity.c.seq != but)
    forms = frame.legal_forms
    buyer = contents.buyer
    keys = (
        buyer_key(country=buyer.country, name=buyer.name, registration=buyer.registration, legal_forms=forms),
        company_key(name=contents.company.name, registration=contents.company.registration, legal_forms=forms),
    )
    found: list[Alike] = []
    for row in connection.execute(query):
        same_buyer = row.buyer_key == keys[0] or alike(row.buyer_name, buyer.name, legal_forms=forms)
        if not same_buyer:
            continue
        if contents.type != "new_buyer" and not (
            row.company_key == keys[1] or alike(row.company_name or "", contents.company.name, legal_forms=forms)
        ):
            continue
        found.append(
            Alike(
                key=row.key,
                day=row.day,
                type=row.type,
                employee=frame.numbers[row.employee],
                company=row.company_name or row.company_registration or "",
                buyer=row.buyer_name,
                country=row.buyer_country,
                state=row.state,
                amount=row.amount,
                currency=row.currency or "",
            )
        )
        if len(found) == limit:
            break
    return found

"""What is offered while somebody types: companies and buyers that were recorded before, and activities that may be the same one.

They are hints, told from the names that :mod:`app.ledger.parties` keeps: nothing is decided by them.
"""

from __future__ import annotations

import datetime as dt
import heapq
from dataclasses import dataclass
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among
from app.ledger import tables
from app.ledger.frame import Frame
from app.ledger.parties import Party, parties_of, words_of
from app.ledger.summary import ActivitySummary, summary_of
from app.rules.identity import NEAR_DAYS, alike, buyer_key, company_key, may_be_recorded_twice
from app.rules.moments import day_after

__all__ = ["Alike", "Contents", "activities_alike", "buyers_of_country", "suggest_parties"]

_GONE: Final = ("reversed", "rejected")


_BUYERS_MAX: Final = 50
_ROWS_MAX: Final = 200
"""So many buyers, and so many of their activities, are looked at: a hint need not be complete."""


def suggest_parties(
    connection: Connection, *, text: str, buyers: bool, country: str = "", limit: int = 8
) -> list[Party]:
    """Companies or buyers whose name has words that begin as the typed ones do, or whose registration does.

    The country's own come first, then those that were named last.

    Queries: 1; 2 while this process still reads what was there before it.
    """
    parties = parties_of(connection)
    wanted = words_of(text).split()
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
    parties = parties_of(connection)
    with parties.lock:
        parties.read_on(connection)
        return heapq.nlargest(limit, parties.of_country.get(country, ()), key=lambda one: parties.buyers[one])


class Contents(NamedTuple):
    """What two activities are compared by."""

    type: str
    day: dt.date
    company: Party
    buyer: Party
    usd_cents: int | None = None
    """What it is worth, where that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike(ActivitySummary):
    """An activity that may be the same one."""

    state: str


def activities_alike(
    connection: Connection, frame: Frame, *, contents: Contents, but: int | None = None, limit: int = 5
) -> list[Alike]:
    """Activities that may be the same one: of the type, the company and the buyer, or names alike, within days of it and worth the same.

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
        apart = (row.day - contents.day).days
        if not may_be_recorded_twice(
            contents.type, days_apart=apart, usd_cents=contents.usd_cents, other_cents=row.usd_cents
        ):
            continue
        similar.append(Alike(**summary_of(frame, row), state=row.state))
        if len(similar) == limit:
            break
    return similar


def _buyers_alike(connection: Connection, buyer: Party, forms: tuple[str, ...]) -> list[Party]:
    """The known buyers of the same country whose name is alike."""
    parties = parties_of(connection)
    with parties.lock:
        parties.read_on(connection)
        near = parties.near(words_of(buyer.name).split(), buyer.country)
    return [one for one in near if alike(one.name, buyer.name, legal_forms=forms)][:_BUYERS_MAX]

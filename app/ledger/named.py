"""The companies and buyers of a node's activities that a searched text means, and the latest deals with them.

Do not look through all activities of a large unit. Those of a few people are kept by themselves (:mod:`app.ledger.own_parties`); of the whole agency
every name that was ever recorded is one of its own, and is told from memory (:mod:`app.ledger.parties`); of a region the nearest names are held
against its activities.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among
from app.ledger import tables
from app.ledger.frame import Frame
from app.ledger.own_parties import own_activities_meant
from app.ledger.parties import Party, nearness, parties_named, words_of
from app.rules.identity import buyer_key, company_key
from app.rules.terms import Node, NodeKind

__all__ = ["NamedParties", "parties_meant"]

_PEOPLE_FEW: Final = 25
"""The activities of a unit with so many people are looked through by themselves."""

_ROWS_MAX: Final = 400
"""So many of them that have the text, the newest, are looked at,"""

_CANDIDATES: Final = 40
"""and so many names are held against the activities of a larger unit."""

_DEAL: Final = "export_deal"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedParties:
    """The nearest companies and buyers, and the numbers of the latest activities with them, deals first; each with whether there are more."""

    companies: tuple[Party, ...] = ()
    more_companies: bool = False
    buyers: tuple[Party, ...] = ()
    more_buyers: bool = False
    activities: tuple[int, ...] = ()
    more_activities: bool = False


def parties_meant(
    connection: Connection, frame: Frame, *, text: str, node: Node, limit: int, to_the_end: bool = False
) -> NamedParties:
    """Those of the activities that the list of a node has.

    Args:
        connection: an open transaction.
        frame: the agency.
        text: what was typed: a part of a name or registration.
        node: whose activities.
        limit: how many of each at most.
        to_the_end: see :func:`app.ledger.parties.parties_named`.

    Queries: those of :func:`app.ledger.own_parties.own_activities_meant` for an employee or a small unit, else those of :func:`app.ledger.parties.parties_named` and at most 2.
    """
    if not words_of(text):
        return NamedParties()
    if node.kind is NodeKind.EMPLOYEE or _is_small(frame, node.code):
        return _of_few(connection, frame, text, node, limit)
    is_root = not any(node.code in path[:-1] for path in frame.directory.path_ids)
    companies, buyers = parties_named(
        connection, text=text, limit=_CANDIDATES if not is_root else 2 * limit + 1, to_the_end=to_the_end
    )
    theirs = None
    if not is_root and (companies or buyers):
        theirs = _belongs(connection, frame, node)
        known = _keys_known(connection, frame, companies, buyers, theirs)
        companies = [one for one in companies if (1, _company(frame, one)) in known]
        buyers = [one for one in buyers if (2, _buyer(frame, one)) in known]
    companies = _one_of_each((_company(frame, one), one) for one in companies)
    buyers = _one_of_each((_buyer(frame, one), one) for one in buyers)
    activities = _latest(connection, frame, companies[:limit], buyers[:limit], theirs, limit)
    return NamedParties(
        companies=tuple(companies[:limit]),
        more_companies=len(companies) > limit,
        buyers=tuple(buyers[:limit]),
        more_buyers=len(buyers) > limit,
        activities=tuple(activities[:limit]),
        more_activities=len(activities) > limit,
    )


def _is_small(frame: Frame, unit: str) -> bool:
    directory = frame.directory
    some: set[str] = set()
    for path in directory.paths_under(unit):
        some.add(directory.units_of_path(path)[0])
        if len(some) > _PEOPLE_FEW:
            return False
    return sum(map(directory.posted_ever, some)) <= _PEOPLE_FEW


def _of_few(connection: Connection, frame: Frame, text: str, node: Node, limit: int) -> NamedParties:
    rows = own_activities_meant(connection, frame, node, text=text, limit=_ROWS_MAX)
    wanted = words_of(text).split()
    companies = [(row.pair.company_key, row.pair.company) for row in rows]
    buyers = [(row.pair.buyer_key, row.pair.buyer) for row in rows]
    nearest_companies, nearest_buyers = _nearest(companies, wanted), _nearest(buyers, wanted)
    activities = sorted(rows, key=lambda row: (row.type != _DEAL, -row.seq))
    return NamedParties(
        companies=tuple(nearest_companies[:limit]),
        more_companies=len(nearest_companies) > limit,
        buyers=tuple(nearest_buyers[:limit]),
        more_buyers=len(nearest_buyers) > limit,
        activities=tuple(row.seq for row in activities[:limit]),
        more_activities=len(activities) > limit,
    )


def _nearest(parties: Iterable[tuple[str, Party]], wanted: list[str]) -> list[Party]:
    """Those that are meant, one of each key, the nearest first; equally near ones stay in their order."""
    ranked = [
        (near, key, one)
        for key, one in parties
        if (near := nearness(f" {words_of(one.name)} {words_of(one.registration)}", wanted)) is not None
    ]
    ranked.sort(key=lambda one: one[0])
    return _one_of_each((key, one) for _, key, one in ranked)


def _one_of_each(parties: Iterable[tuple[str, Party]]) -> list[Party]:
    first: dict[str, Party] = {}
    for key, one in parties:
        first.setdefault(key, one)
    return list(first.values())


def _company(frame: Frame, party: Party) -> str:
    return company_key(name=party.name, registration=party.registration, legal_forms=frame.legal_forms)


def _buyer(frame: Frame, party: Party) -> str:
    return buyer_key(
        country=party.country, name=party.name, registration=party.registration, legal_forms=frame.legal_forms
    )


def _belongs(connection: Connection, frame: Frame, node: Node) -> sa.ColumnElement[bool]:
    """Whether an activity is in the list of a unit."""
    activity, credit = tables.activity, tables.credit
    paths = among(connection, credit.c.path, frame.directory.paths_under(node.code))
    return sa.exists().where(credit.c.seq == activity.c.seq, paths).correlate(activity)


def _with(
    connection: Connection, frame: Frame, companies: Sequence[Party], buyers: Sequence[Party]
) -> list[sa.ColumnElement[bool]]:
    """What an activity with one of the companies is known by, and one with one of the buyers."""
    activity = tables.activity.c
    return [
        among(connection, column, sorted(keys))
        for column, keys in (
            (activity.company_key, {_company(frame, one) for one in companies}),
            (activity.buyer_key, {_buyer(frame, one) for one in buyers}),
        )
        if keys
    ]


def _keys_known(
    connection: Connection,
    frame: Frame,
    companies: Sequence[Party],
    buyers: Sequence[Party],
    theirs: sa.ColumnElement[bool],
) -> set[tuple[int, str]]:
    """Of which companies (1) and buyers (2) a unit has an activity."""
    activity = tables.activity.c
    asked: list[sa.Select[Any]] = []
    for which, column, some in ((1, activity.company_key, (companies, ())), (2, activity.buyer_key, ((), buyers))):
        asked.extend(
            sa.select(sa.literal(which), column).where(one, theirs).distinct()
            for one in _with(connection, frame, *some)
        )
    return {(which, key) for which, key in connection.execute(sa.union_all(*asked))}


def _latest(
    connection: Connection,
    frame: Frame,
    companies: Sequence[Party],
    buyers: Sequence[Party],
    theirs: sa.ColumnElement[bool] | None,
    limit: int,
) -> list[int]:
    """The numbers of the latest activities with any of them, deals before others; one more than are wanted, where there are so many."""
    activity = tables.activity.c
    chosen = _with(connection, frame, companies, buyers)
    if not chosen:
        return []
    later = sa.case((activity.type == _DEAL, 0), else_=1)
    # Each by its own index; in one condition they would make the engine look at every activity.
    each = [
        sa.select(activity.seq, later.label("later"))
        .where(one, *([] if theirs is None else [theirs]))
        .order_by(later, activity.seq.desc())
        .limit(limit + 1)
        .subquery()
        for one in chosen
    ]
    both = sa.union(*(sa.select(one.c.seq, one.c.later) for one in each)).subquery()
    query = sa.select(both.c.seq).order_by(both.c.later, both.c.seq.desc()).limit(limit + 1)
    return list(connection.scalars(query))

"""What came before an entry: earlier dealings of its company and of its buyer, and what its office's amounts usually are.

Do not list what the reader may not open: dealings elsewhere in the agency are counted, and not named.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among
from app.ledger import tables
from app.ledger.activities import ActivityHistory
from app.ledger.activity_rows import type_states
from app.ledger.frame import Frame
from app.ledger.summary import ActivitySummary, summary_of
from app.rules.counting import STATES
from app.rules.identity import buyer_key, company_key
from app.rules.spread import Spread, spread_of
from app.rules.terms import Node, NodeKind

__all__ = ["EarlierDealing", "EarlierDealings", "amounts_beside", "earlier_dealings"]

SHOWN: Final = 5
READ_MAX: Final = 500
"""So many dealings of one party are looked at; a party with more is known well enough."""

MONTHS_BACK: Final = 24

_GONE: Final = ("reversed", "rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierDealing(ActivitySummary):
    """An earlier activity of the same company or buyer."""

    state: str
    usd_cents: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierDealings:
    """What there was with one party up to an entry's day.

    Attributes:
        rows: the latest that the reader may see.
        number: how many the reader may see.
        elsewhere: how many there are beside those.
        more: there are more than were looked at.
        first_on: the day of the earliest that the reader may see.
    """

    rows: tuple[EarlierDealing, ...]
    number: int
    elsewhere: int
    more: bool
    first_on: dt.date | None


def earlier_dealings(
    connection: Connection, frame: Frame, *, entry: ActivityHistory, sees: Callable[[Node], bool]
) -> tuple[EarlierDealings, EarlierDealings]:
    """The dealings of the entry's company, and those of its buyer, up to its day and without itself. Queries: 2.

    Args:
        connection: an open transaction.
        frame: the agency.
        entry: the activity.
        sees: whether the reader may see the activities of a node.
    """
    activity, forms = tables.activity.c, frame.legal_forms
    company = company_key(name=entry.company, registration=entry.company_registration, legal_forms=forms)
    buyer = buyer_key(country=entry.country, name=entry.buyer, registration=entry.buyer_registration, legal_forms=forms)
    of_company = _dealings(connection, frame, activity.company_key == company, entry=entry, sees=sees)
    return of_company, _dealings(connection, frame, activity.buyer_key == buyer, entry=entry, sees=sees)


def _dealings(
    connection: Connection,
    frame: Frame,
    of_party: sa.ColumnElement[bool],
    *,
    entry: ActivityHistory,
    sees: Callable[[Node], bool],
) -> EarlierDealings:
    activity, event = tables.activity, tables.event
    query = (
        sa.select(activity, event.c.key)
        .join(event, event.c.seq == activity.c.seq)
        .where(of_party, activity.c.day <= entry.day, activity.c.seq != entry.seq)
        .order_by(activity.c.day.desc(), activity.c.seq.desc())
        .limit(READ_MAX + 1)
    )
    rows = connection.execute(query).all()
    seen = [row for row in rows[:READ_MAX] if _is_seen(frame, row, sees)]
    return EarlierDealings(
        rows=tuple(
            EarlierDealing(**summary_of(frame, row), state=row.state, usd_cents=row.usd_cents) for row in seen[:SHOWN]
        ),
        number=len(seen),
        elsewhere=len(rows[:READ_MAX]) - len(seen),
        more=len(rows) > READ_MAX,
        first_on=seen[-1].day if seen else None,
    )


def _is_seen(frame: Frame, row: Any, sees: Callable[[Node], bool]) -> bool:
    number = frame.numbers[row.employee]
    unit = frame.directory.unit_of(number, row.day)
    return sees(Node(NodeKind.EMPLOYEE, number)) or (unit is not None and sees(Node(NodeKind.UNIT, unit)))


def amounts_beside(connection: Connection, frame: Frame, *, entry: ActivityHistory) -> Spread | None:
    """Where the entry's dollars lie among those of its office's activities of the same type in the two years up to its day.

    The office is the unit itself, without those below it; what was rejected or reversed says nothing of what is usual. None where the entry
    has no dollars or office, or there are too few others. Queries: 1, or none.
    """
    if entry.usd_cents is None or entry.unit is None:
        return None
    activity, credit = tables.activity, tables.credit
    directory = frame.directory
    paths = [path for path in directory.paths_under(entry.unit) if directory.units_of_path(path)[0] == entry.unit]
    begins = _months_before(entry.day, MONTHS_BACK)
    standing = [state for state in STATES if state not in _GONE]
    shared = sa.select(credit.c.seq).where(
        among(connection, credit.c.path, paths), credit.c.cycle.between(entry.cycle - 3, entry.cycle + 1)
    )
    query = sa.select(activity.c.usd_cents).where(
        activity.c.seq.in_(shared),
        activity.c.seq != entry.seq,
        activity.c.type_state.in_(type_states((entry.type,), standing)),
        activity.c.day.between(begins, entry.day),
        activity.c.usd_cents > 0,
    )
    return spread_of(entry.usd_cents, others=connection.scalars(query).all()) if entry.usd_cents > 0 else None


def _months_before(day: dt.date, months: int) -> dt.date:
    """The same day so many months before; the first of the following month where that month has none."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    try:
        return dt.date(year, month + 1, day.day)
    except ValueError:
        return _months_before(day + dt.timedelta(days=1), months)

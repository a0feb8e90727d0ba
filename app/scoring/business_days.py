"""What every unit had brought about by the end of each day, kept so that a day stands beside the same one of last year at the cost of a look.

Kept of every cycle that has scorecards and of the one before it, by the same job and the same rule as the trend: whatever came since makes all days
from its own on stale. Do not read a cycle that was never taken for one without business: :class:`DaysKept` tells the two apart.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Connection

from app import ledger
from app.kit.bulk import among, bulk_insert
from app.kit.kept import LruCache
from app.ledger import Figures, Frame
from app.organisation import current_revision
from app.rules.business import BUSINESS_SLICES, BusinessFigure, ByLevel, week_ends
from app.rules.measures import MICROS, SHARES
from app.rules.presence import cycle_period
from app.rules.terms import Node, NodeKind
from app.scoring.states import state
from app.scoring.tables import BUSINESS_COLUMNS, business_day, business_taken
from app.scoring.trend import Taken, days_gone_stale

__all__ = [
    "BusinessDay",
    "DaysKept",
    "KeptCycle",
    "PastBusiness",
    "business_cycles",
    "business_days",
    "figures_by_level",
    "keep_business_days",
    "keep_business_taken",
    "kept_cycles",
    "newest_of_load",
    "past_business",
    "stale_business_days",
    "unit_numbers",
]

_LEVELS: Final = 3
_SHARES, _DOLLARS, _MICROS = 0, 2, 3
"""Where a total has them (:data:`app.ledger.tables.AMOUNTS`)."""
_ENTERED: Final = 4
"""So many of the first columns a line through the weeks is drawn of: what is entered, dollars whole."""


@dataclass(frozen=True, slots=True)
class BusinessDay:
    """All units' figures by the end of a day, in the order of :data:`app.scoring.tables.BUSINESS_COLUMNS`."""

    cycle: int
    day: dt.date
    rows: tuple[tuple[str, tuple[int, ...]], ...]


# --------------------------------------------------------------------------------------------------------------------- taking


def business_cycles(connection: Connection) -> list[int]:
    """The cycles whose days are kept: those with scorecards, and the one before each. Queries: 1."""
    cycles = state(connection).sheet.cycles
    return sorted({*cycles, *(cycle - 1 for cycle in cycles if cycle > dt.MINYEAR + 1)})


def newest_of_load(connection: Connection) -> Taken:
    """What days that are taken now are taken from: targets that people set change no figure. Queries: 2."""
    return Taken(token=current_revision(connection).token, event=ledger.newest_event(connection))


def stale_business_days(connection: Connection, cycle: int, *, today: dt.date) -> list[dt.date]:
    """The days of a cycle that are missing or no longer true, in order; none where the ledger has nothing of the cycle.

    Queries: 5 at most.
    """
    frame = state(connection).frame
    if not ledger.has_cycle(connection, cycle):
        return []
    period = cycle_period(cycle, frame.first_month)
    if period.from_ is None or period.to is None:
        return []
    last = min(today, period.to - dt.timedelta(days=1))
    wanted = [period.from_ + dt.timedelta(days=days) for days in range((last - period.from_).days + 1)]
    taken = connection.execute(sa.select(business_taken).where(business_taken.c.cycle == cycle)).one_or_none()
    if taken is None or taken.token != current_revision(connection).token:
        return wanted
    day = business_day.c
    kept = set(connection.scalars(sa.select(day.day).where(day.cycle == cycle).distinct()))
    return days_gone_stale(connection, wanted, kept=kept, event=taken.event, at=taken.at)


def business_days(connection: Connection, cycle: int, days: Sequence[dt.date]) -> Iterator[BusinessDay]:
    """What all units of a cycle had brought about by each of some days.

    Queries: those of :func:`app.ledger.figures_by_day`, however many the days are.
    """
    frame = state(connection).frame
    units = frame.directory.units_in(cycle_period(cycle, frame.first_month))
    nodes = [Node(NodeKind.UNIT, unit) for unit in units]
    for day, figures in ledger.figures_by_day(connection, frame, cycle=cycle, nodes=nodes, days=days):
        columns = unit_numbers(frame, figures)
        yield BusinessDay(cycle, day, tuple((str(node), tuple(row)) for node, row in zip(nodes, columns, strict=True)))


def unit_numbers(frame: Frame, figures: Figures) -> list[list[int]]:
    """Each node's numbers in the order of :data:`app.scoring.tables.BUSINESS_COLUMNS`."""
    amounts = figures.amounts.reshape(len(figures.nodes), len(frame.slices), _LEVELS, len(ledger.tables.AMOUNTS))
    deals, consults, buyers = (amounts[:, column] for column in _slice_columns(frame))
    counted = (deals[:, :, _SHARES], consults[:, :, _SHARES], buyers[:, :, _SHARES])
    table = np.stack((*counted, deals[:, :, _DOLLARS], deals[:, :, _MICROS]), axis=2)
    rows: list[list[int]] = table.reshape(len(figures.nodes), len(BUSINESS_COLUMNS)).tolist()
    return rows


def _slice_columns(frame: Frame) -> list[int]:
    at = {one.slice: column for column, one in enumerate(frame.slices)}
    return [at[one] for one in BUSINESS_SLICES]


def keep_business_days(connection: Connection, days: Sequence[BusinessDay]) -> None:
    """Put days of one cycle in place of those that are kept. Queries: 2."""
    if not days:
        return
    cycle = days[0].cycle
    kept = business_day.c
    connection.execute(sa.delete(business_day).where(kept.cycle == cycle, kept.day.in_([one.day for one in days])))
    bulk_insert(
        connection,
        business_day,
        ("cycle", "day", "node", *BUSINESS_COLUMNS),
        ((cycle, one.day, node, *numbers) for one in days for node, numbers in one.rows),
    )


def keep_business_taken(
    connection: Connection, cycle: int, taken: Taken, *, has_entries: bool, at: dt.datetime
) -> None:
    """Note what the cycle's days were taken from. Queries: 2."""
    connection.execute(sa.delete(business_taken).where(business_taken.c.cycle == cycle))
    connection.execute(
        sa.insert(business_taken).values(
            cycle=cycle, token=taken.token, event=taken.event, at=at, has_entries=has_entries
        )
    )


# -------------------------------------------------------------------------------------------------------------------- reading


class DaysKept(StrEnum):
    """What is known of the days of a cycle."""

    KEPT = "kept"
    NOT_YET = "not_yet"
    """The job has not taken them since the last load."""
    NO_ENTRIES = "no_entries"
    """The ledger has nothing of that cycle."""


@dataclass(frozen=True, slots=True)
class KeptCycle:
    """What is known of a cycle's days, and since when."""

    days: DaysKept = DaysKept.NOT_YET
    at: dt.datetime | None = None


def kept_cycles(connection: Connection, cycle: int, *, token: str) -> tuple[KeptCycle, KeptCycle]:
    """What is known of a cycle's days and of those of the one before it, under a load. Queries: 1."""
    taken = business_taken.c
    known: dict[int, KeptCycle] = {
        row.cycle: KeptCycle(DaysKept.KEPT if row.has_entries else DaysKept.NO_ENTRIES, row.at)
        for row in connection.execute(
            sa.select(business_taken).where(taken.cycle.in_((cycle, cycle - 1)), taken.token == token)
        )
    }
    return known.get(cycle, KeptCycle()), known.get(cycle - 1, KeptCycle())


@dataclass(frozen=True, slots=True)
class PastBusiness:
    """What some units had brought about: by one day of the cycle before, and week by week in both cycles.

    Attributes:
        on_day: by unit, by the end of the day asked for.
        weeks: by unit and figure what was entered by the end of each week, with the day.
        weeks_before: the same of the cycle before.
    """

    on_day: Mapping[str, Mapping[BusinessFigure, ByLevel]]
    weeks: Mapping[str, Mapping[BusinessFigure, tuple[tuple[dt.date, float], ...]]]
    weeks_before: Mapping[str, Mapping[BusinessFigure, tuple[tuple[dt.date, float], ...]]]


_KEPT: Final[LruCache[PastBusiness]] = LruCache(
    256, weight_max=1000, weigh=lambda past: 1 + max(len(past.weeks), len(past.weeks_before), len(past.on_day))
)
"""Of a few whole agencies, or of many single units."""


def past_business(
    connection: Connection,
    cycle: int,
    *,
    first_month: int,
    until: dt.date,
    on_day: dt.date,
    units: Collection[str],
    kept: tuple[KeptCycle, KeptCycle],
) -> PastBusiness:
    """What is kept of some units.

    Args:
        connection: an open transaction.
        cycle: the cycle that is looked at.
        first_month: that cycles begin in.
        until: the day that is looked at.
        on_day: the same day of the cycle before.
        units: whose.
        kept: what is known of the days of both cycles.

    Queries: none where they were read before, else 1.
    """
    key = (str(connection.engine.url), cycle, first_month, until, on_day, tuple(units), kept)
    return _KEPT.get_or_make(key, lambda: _read(connection, cycle, first_month, until, on_day, units))


def _read(
    connection: Connection, cycle: int, first_month: int, until: dt.date, on_day: dt.date, units: Collection[str]
) -> PastBusiness:
    nodes = [str(Node(NodeKind.UNIT, unit)) for unit in units]
    row = business_day.c
    days = {
        cycle: week_ends(cycle_period(cycle, first_month), until),
        cycle - 1: [*week_ends(cycle_period(cycle - 1, first_month)), on_day],
    }
    query = (
        sa.select(row.cycle, row.node, row.day, *(row[name] for name in BUSINESS_COLUMNS))
        .where(
            sa.or_(*(sa.and_(row.cycle == year, row.day.in_(some)) for year, some in days.items())),
            among(connection, row.node, nodes),
        )
        .order_by(row.day)
    )
    by_day: dict[str, Mapping[BusinessFigure, ByLevel]] = {}
    drawn: dict[int, dict[str, list[tuple[dt.date, tuple[float, ...]]]]] = {year: {} for year in days}
    for year, node, day, *numbers in connection.execute(query):
        unit = node.partition(":")[2]
        deals, consults, buyers, dollars = numbers[:_ENTERED]
        drawn[year].setdefault(unit, []).append((day, (dollars, deals / SHARES, consults / SHARES, buyers / SHARES)))
        if (year, day) == (cycle - 1, on_day):
            by_day[unit] = figures_by_level(numbers)
    return PastBusiness(by_day, _by_figure(drawn[cycle]), _by_figure(drawn[cycle - 1]))


def _by_figure(
    drawn: Mapping[str, list[tuple[dt.date, tuple[float, ...]]]],
) -> dict[str, dict[BusinessFigure, tuple[tuple[dt.date, float], ...]]]:
    return {
        unit: {
            figure: tuple((day, values[place]) for day, values in points) for place, figure in enumerate(BusinessFigure)
        }
        for unit, points in drawn.items()
    }


def figures_by_level(numbers: Sequence[int]) -> dict[BusinessFigure, ByLevel]:
    """The four figures on their three levels, exact, of numbers in the order of :data:`app.scoring.tables.BUSINESS_COLUMNS`."""
    by_level = [
        numbers[start : start + len(BUSINESS_COLUMNS) // _LEVELS]
        for start in range(0, len(BUSINESS_COLUMNS), len(BUSINESS_COLUMNS) // _LEVELS)
    ]
    exact = [
        (_value(dollars, micros), _count(deals), _count(consults), _count(buyers))
        for deals, consults, buyers, dollars, micros in by_level
    ]
    return {figure: ByLevel(*(level[place] for level in exact)) for place, figure in enumerate(BusinessFigure)}


def _count(shares: int) -> Decimal:
    return Decimal(shares) / SHARES


def _value(dollars: int, micros: int) -> Decimal:
    return Decimal(dollars * MICROS + micros) / MICROS

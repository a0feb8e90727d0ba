"""The trend: every node's scores as of past days, kept so that a page need not fold the ledger for each of them.

Do not take yesterday's row for settled. An event that comes late, or a load, moves past days too: whatever came
since the trend was last taken makes all days from its own on stale, and :func:`stale_days` names them.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app import ledger
from app.kit.bulk import bulk_insert
from app.kit.database import is_postgresql
from app.ledger import Figures
from app.organisation import current_revision
from app.rules.terms import Basis, Node, Period
from app.scoring.plan import CyclePlan, state
from app.scoring.scorecards import ScoreQuery, score_figures
from app.scoring.tables import trend, trend_taken

__all__ = [
    "Snapshot",
    "Taken",
    "TrendPoint",
    "days_to_keep",
    "keep_snapshot",
    "keep_taken",
    "newest",
    "snapshots",
    "stale_days",
    "trend_of",
]

DAILY: Final = 35
"""So many days back there is a point for each day, before that one for each week."""

_ANY_DAY: Final = dt.date(2000, 1, 1)
"""Projections are not kept, so that the day they go by is of no account."""

_SLACK_EVENTS: Final = 100_000
_SLACK: Final = dt.timedelta(hours=1)
"""An event is numbered before its transaction commits: this far back from the newest one seen, one may have come unseen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """A node's scores as of the end of a day, on what counts by each KPI's rule and on all that is entered; None for none."""

    day: dt.date
    own: float | None
    final: float | None
    provisional: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All nodes' scores as of the end of a day: node, own, final and provisional final score."""

    cycle: int
    day: dt.date
    rows: tuple[tuple[str, float | None, float | None, float | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a trend was taken from: the revision, and the newest event."""

    token: str
    event: int


# --------------------------------------------------------------------------------------------------------------------- taking


def days_to_keep(period: Period, today: dt.date) -> list[dt.date]:
    """The days of a cycle that the trend has a point for: weekly from its beginning, daily of late, its last day where it is over."""
    if period.from_ is None or period.to is None or today < period.from_:
        return []
    last = min(today, period.to - dt.timedelta(days=1))
    weekly = {period.from_ + dt.timedelta(days=days) for days in range(6, (last - period.from_).days + 1, 7)}
    daily = {last - dt.timedelta(days=days) for days in range(DAILY)}
    return sorted(day for day in weekly | daily if day >= period.from_)


def snapshots(connection: Connection, cycle: int, days: Sequence[dt.date]) -> Iterator[Snapshot]:
    """The scores of all nodes as of each of some days.

    Queries: those of :func:`app.ledger.figures_by_day`, however many the days are.
    """
    plan = state(connection).plan(cycle)
    sources = plan.everything().sources
    for day, figures in ledger.figures_by_day(connection, plan.frame, cycle=cycle, nodes=sources, days=days):
        yield _snapshot(plan, day, figures)


def _snapshot(plan: CyclePlan, day: dt.date, figures: Figures) -> Snapshot:
    final, provisional = (
        score_figures(plan.everything(), figures, ScoreQuery(plan.cycle, _ANY_DAY, None, basis))
        for basis in (Basis.FINAL, Basis.PROVISIONAL)
    )
    columns = (final.own.tolist(), final.final.tolist(), provisional.final.tolist())
    rows = tuple(
        (str(node), *(None if isnan(column[at]) else column[at] for column in columns))
        for at, node in enumerate(plan.nodes)
    )
    return Snapshot(cycle=plan.cycle, day=day, rows=rows)  # type: ignore[arg-type]  # three columns make four values


def keep_snapshot(connection: Connection, snapshot: Snapshot, *, at: dt.datetime) -> None:
    """Put a day's scores in place of those that are kept. Queries: 2."""
    connection.execute(sa.delete(trend).where(trend.c.cycle == snapshot.cycle, trend.c.day == snapshot.day))
    bulk_insert(
        connection,
        trend,
        ("cycle", "node", "day", "own_score", "final_score", "provisional_score", "taken_at"),
        (
            (snapshot.cycle, node, snapshot.day, own, final, provisional, at)
            for node, own, final, provisional in snapshot.rows
        ),
    )


# ---------------------------------------------------------------------------------------------------------------------- stale


def newest(connection: Connection) -> Taken:
    """What a trend that is taken now is taken from: ask before reading, so that what comes meanwhile counts as unseen. Queries: 2."""
    return Taken(token=current_revision(connection).whole, event=ledger.newest_event(connection))


def stale_days(connection: Connection, cycle: int, *, today: dt.date) -> list[dt.date]:
    """The days whose snapshots are missing or no longer true, in order.

    Queries: 4.
    """
    plan = state(connection).plan(cycle)
    wanted = days_to_keep(plan.period, today)
    taken = connection.execute(sa.select(trend_taken).where(trend_taken.c.cycle == cycle)).one_or_none()
    if taken is None or taken.token != current_revision(connection).whole:
        return wanted
    kept = set(connection.scalars(sa.select(trend.c.day).where(trend.c.cycle == cycle).distinct()))
    # SQLite's writers are alone: there the numbers are in the order of commits.
    slack = _SLACK_EVENTS if is_postgresql(connection) else 0
    since = ledger.earliest_day_since(connection, event=taken.event - slack, received=taken.at - _SLACK)
    late = [] if since is None else [day for day in kept if day >= since]
    return sorted({*(day for day in wanted if day not in kept or (since is not None and day >= since)), *late})


def keep_taken(connection: Connection, cycle: int, taken: Taken, *, at: dt.datetime) -> None:
    """Note what the cycle's trend was taken from. Queries: 2."""
    connection.execute(sa.delete(trend_taken).where(trend_taken.c.cycle == cycle))
    connection.execute(sa.insert(trend_taken).values(cycle=cycle, token=taken.token, event=taken.event, at=at))


# -------------------------------------------------------------------------------------------------------------------- reading


def trend_of(connection: Connection, cycle: int, node: Node) -> list[TrendPoint]:
    """A node's scores over the cycle, the earliest day first. Queries: 1."""
    return [_point(row) for row in connection.execute(_trend_query(), {"of_cycle": cycle, "of_node": str(node)})]


@functools.cache
def _trend_query() -> sa.Select[Any]:
    """The statement of :func:`trend_of`, built once: every scorecard page asks it."""
    return (
        sa.select(trend)
        .where(trend.c.cycle == sa.bindparam("of_cycle"), trend.c.node == sa.bindparam("of_node"))
        .order_by(trend.c.day)
    )


def _point(row: Any) -> TrendPoint:
    return TrendPoint(day=row.day, own=row.own_score, final=row.final_score, provisional=row.provisional_score)

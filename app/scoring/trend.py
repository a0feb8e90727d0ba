"""The trend: every node's scores as of past days, kept so that a page need not fold the ledger for each of them.

Do not take yesterday's row for settled. An event that comes late, or a load, moves past days too: whatever came
since the trend was last taken makes all days from its own on stale, and :func:`stale_days` names them.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isnan
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app import ledger
from app.kit.bulk import among, bulk_insert
from app.kit.database import is_postgresql
from app.ledger import Figures
from app.organisation import current_revision
from app.rules.moments import day_after
from app.rules.outlook import Outlook, first_judged_day
from app.rules.rollup import published
from app.rules.terms import Basis, Node, NodeKind, Period
from app.scoring.plan import CyclePlan
from app.scoring.scorecards import ScoreQuery, score_figures
from app.scoring.states import state
from app.scoring.tables import trend, trend_taken

__all__ = [
    "MOVED_DAYS",
    "Snapshot",
    "Taken",
    "TrendPoint",
    "change_since",
    "compared_day",
    "days_gone_stale",
    "days_to_keep",
    "keep_snapshot",
    "keep_taken",
    "newest",
    "projections_before",
    "projections_by_week",
    "snapshots",
    "stale_days",
    "taken_at",
    "trend_of",
]

DAILY: Final = 35
"""So many days back there is a point for each day, before that one for each week."""

MOVED_DAYS: Final = 30
"""What moved is told against so many days ago."""

_WEEK: Final = dt.timedelta(days=7)
_KEPT_FOR: Final = 3 * _WEEK
"""How long a node keeps a score that later snapshots leave out; snapshots are a week apart at most."""

_COLUMNS: Final = ("own_score", "final_score", "provisional_score", "projected_score", "provisional_projected_score")
"""What is kept of a node, in the order of :class:`Snapshot`."""

_SLACK_EVENTS: Final = 100_000
_SLACK: Final = dt.timedelta(hours=1)
"""An event is numbered before its transaction commits: this far back from the newest one seen, one may have come unseen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """A node's scores as of the end of a day, on what counts by each KPI's rule and on all that is entered, and where each led; None for none."""

    day: dt.date
    own: float | None
    final: float | None
    provisional: float | None
    projected: float | None
    """The final score that the year led to by that day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All nodes' scores as of the end of a day: node, own, final and provisional final score, and the projections of these two."""

    cycle: int
    day: dt.date
    rows: tuple[tuple[str, tuple[float | None, ...]], ...]


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
    with plan.frame.reading(connection) as source:
        for day, figures in ledger.figures_by_day(source, plan.frame, cycle=cycle, nodes=sources, days=days):
            yield _snapshot(plan, day, figures)


def _snapshot(plan: CyclePlan, day: dt.date, figures: Figures) -> Snapshot:
    final, provisional = (
        score_figures(plan.everything(), figures, ScoreQuery(plan.cycle, day, None, basis))
        for basis in (Basis.FINAL, Basis.PROVISIONAL)
    )
    columns = [
        column.tolist()
        for column in (final.own, final.final, provisional.final, final.projected_final, provisional.projected_final)
    ]
    rows = tuple(
        (str(node), tuple(None if isnan(column[at]) else column[at] for column in columns))
        for at, node in enumerate(plan.nodes)
    )
    return Snapshot(cycle=plan.cycle, day=day, rows=rows)


def keep_snapshot(connection: Connection, snapshot: Snapshot, *, at: dt.datetime) -> None:
    """Put a day's scores in place of those that are kept. Queries: 2."""
    connection.execute(sa.delete(trend).where(trend.c.cycle == snapshot.cycle, trend.c.day == snapshot.day))
    bulk_insert(
        connection,
        trend,
        ("cycle", "day", "taken_at", "node", *_COLUMNS),
        ((snapshot.cycle, snapshot.day, at, node, *scores) for node, scores in snapshot.rows),
    )


# ---------------------------------------------------------------------------------------------------------------------- stale


def newest(connection: Connection) -> Taken:
    """What a trend that is taken now is taken from: ask before reading, so that what comes meanwhile counts as unseen. Queries: 2."""
    return Taken(token=current_revision(connection).whole, event=ledger.newest_event(connection))


def taken_at(connection: Connection, cycle: int) -> dt.datetime | None:
    """When the trend of a cycle was last taken: what was read of it stays true until then. Queries: 1."""
    at: dt.datetime | None = connection.scalar(sa.select(trend_taken.c.at).where(trend_taken.c.cycle == cycle))
    return at


def stale_days(connection: Connection, cycle: int, *, today: dt.date) -> list[dt.date]:
    """The days whose snapshots are missing or no longer true, in order.

    Queries: 4.
    """
    wanted = days_to_keep(state(connection).plan(cycle).period, today)
    taken = connection.execute(sa.select(trend_taken).where(trend_taken.c.cycle == cycle)).one_or_none()
    if taken is None or taken.token != current_revision(connection).whole:
        return wanted
    kept = set(connection.scalars(sa.select(trend.c.day).where(trend.c.cycle == cycle).distinct()))
    return days_gone_stale(connection, wanted, kept=kept, event=taken.event, at=taken.at)


def days_gone_stale(
    connection: Connection, wanted: Iterable[dt.date], *, kept: Collection[dt.date], event: int, at: dt.datetime
) -> list[dt.date]:
    """Of days that are kept or wanted those that are missing, and those that something came for since.

    Args:
        connection: an open transaction.
        wanted: which days there are to be.
        kept: which there are.
        event: the newest event that had been seen when these were taken.
        at: when that was.

    Queries: 1.
    """
    # SQLite's writers are alone: there the numbers are in the order of commits.
    slack = _SLACK_EVENTS if is_postgresql(connection) else 0
    since = ledger.earliest_day_since(connection, event=event - slack, received=at - _SLACK)
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
    return TrendPoint(
        day=row.day,
        own=row.own_score,
        final=row.final_score,
        provisional=row.provisional_score,
        projected=row.projected_score,
    )


def _projection_on(basis: Basis) -> sa.Column[float | None]:
    return trend.c.projected_score if basis is Basis.FINAL else trend.c.provisional_projected_score


def projections_before(
    connection: Connection, asked: ScoreQuery, *, plan: CyclePlan, of: NodeKind | Sequence[Node]
) -> tuple[dt.date | None, dict[str, float]]:
    """Where nodes were led 30 days before the day asked, by the trend; where it does not reach back so far, on the first day of which it knows.

    A day too early in the cycle to be judged by is none: no day and nothing where there is no other.

    Args:
        of: which nodes: some, or all of a kind.

    Queries: 1.
    """
    day = plan.day_within(asked.day)
    kept, column = trend.c, _projection_on(asked.basis)
    earlier = (
        kept.cycle == asked.cycle,
        kept.day >= first_judged_day(plan.period),
        kept.day < day,
        column.is_not(None),
    )
    start = sa.func.coalesce(
        sa.select(sa.func.max(kept.day)).where(*earlier, kept.day <= day_after(day, -MOVED_DAYS)).scalar_subquery(),
        sa.select(sa.func.min(kept.day)).where(*earlier).scalar_subquery(),
    )
    nodes = kept.node.startswith(f"{of}:") if isinstance(of, NodeKind) else among(connection, kept.node, map(str, of))
    rows = connection.execute(
        sa.select(kept.day, kept.node, column.label("score")).where(kept.cycle == asked.cycle, kept.day == start, nodes)
    ).all()
    if not rows:
        return None, {}
    return rows[0].day, {row.node: row.score for row in rows if row.score is not None}


def projections_by_week(
    connection: Connection, asked: ScoreQuery, *, plan: CyclePlan, nodes: Sequence[Node]
) -> dict[str, tuple[float, ...]]:
    """Where nodes were led week by week, from the day on from which a projection is judged by, up to the day asked.

    A node that a few weeks' snapshots leave out keeps what it had before.

    Queries: 1.
    """
    import pandas as pd

    kept, column = trend.c, _projection_on(asked.basis)
    rows = connection.execute(
        sa.select(kept.day, kept.node, column)
        .where(kept.cycle == asked.cycle, among(connection, kept.node, map(str, nodes)), column.is_not(None))
        .where(kept.day.between(first_judged_day(plan.period), plan.day_within(asked.day)))
    ).all()
    if not rows:
        return {}
    scores = pd.DataFrame.from_records(rows, columns=["day", "node", "score"])
    scores["day"] = pd.to_datetime(scores["day"])
    by_week = (
        scores.pivot_table(index="day", columns="node", values="score")
        .resample("7D")
        .last()
        .ffill(limit=_KEPT_FOR // _WEEK)
    )
    return {str(node): tuple(by_week[node].dropna().tolist()) for node in by_week.columns}


def compared_day(plan: CyclePlan, today: dt.date, since: dt.date | None = None) -> dt.date | None:
    """The day that a running cycle's present is held against; None where that was too early to be judged by, or the cycle is over.

    Args:
        plan: the cycle.
        today: the present day.
        since: the day that somebody would have; None for 30 days ago.
    """
    then = min(since or day_after(today, -MOVED_DAYS), day_after(today, -1))
    return then if then >= first_judged_day(plan.period) and plan.outlook(today) is Outlook.RUNNING else None


def change_since(before: float | None, now: float | None) -> Decimal | None:
    """How far a score has moved, by the two figures as they are published; None without both."""
    then, leading = published(before), published(now)
    return None if then is None or leading is None else leading - then

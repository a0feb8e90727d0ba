"""What locked cycles came to, by which later ones go in place of what the folder says of those years (contract-cycle, 8).

A newcomer's usual mistake: to let the latest round count everywhere. A later cycle that was certified goes by what was locked when its cut was made:
by decisions with smaller numbers.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection

from app.cascade.history import History
from app.cascade.publishing import keep_texts, kept_texts
from app.cascade.tables import locked_actual, locked_result, locked_round
from app.kit.bulk import bulk_insert
from app.kit.kept import LruCache
from app.rules.terms import Node

__all__ = [
    "NO_FIGURES",
    "Locked",
    "LockedFigures",
    "LockedResult",
    "LockedRound",
    "keep_locked",
    "locked_rounds",
    "locked_text",
    "read_locked",
    "with_locked",
]


class LockedRound(NamedTuple):
    """A round of a cycle that was locked.

    Attributes:
        decision: the number of the decision that locked it.
        before: decisions with smaller numbers had come to their end.
        rules_version: by which rules its results were worked out.
        results_sha256: the sum over the text of its results, by which that is kept.
    """

    cycle: int
    round: int
    decision: int
    before: int
    at: dt.datetime
    rules_version: int
    results_sha256: str


class LockedResult(NamedTuple):
    """What somebody came to in a locked cycle."""

    final_score: Decimal | None
    grade: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedFigures:
    """What later cycles go by of a locked one.

    Attributes:
        results: of everybody whom it lists, by number.
        actuals: of units, and of people who were there for the whole of it, by node and KPI.
    """

    results: Mapping[str, LockedResult] = field(default_factory=dict)
    actuals: Mapping[tuple[Node, str], Decimal] = field(default_factory=dict)


NO_FIGURES: Final = LockedFigures()
"""Of a cycle that was never locked."""

Locked: TypeAlias = Mapping[int, LockedFigures]
"""By cycle; one that was never locked is not there."""


def keep_locked(connection: Connection, of: LockedRound, results: str, figures: LockedFigures) -> None:
    """Write down what a cycle came to.

    Args:
        connection: a writing transaction.
        of: the round.
        results: the text of its results.
        figures: what later cycles go by.

    Raises:
        ValueError: the text is not that of the round's sum.

    Queries: 5.
    """
    if keep_texts(connection, [results]) != [of.results_sha256]:
        msg = "the results are others than those that are summed"
        raise ValueError(msg)
    connection.execute(sa.insert(locked_round).values(of._asdict()))
    of_round = (of.cycle, of.round)
    # There are as many as all lines of everybody: row by row through the types they would take several times as long.
    bulk_insert(
        connection,
        locked_result,
        ("cycle", "round", "employee", "final_score", "grade"),
        ((*of_round, number, _exact(one.final_score), one.grade) for number, one in figures.results.items()),
    )
    bulk_insert(
        connection,
        locked_actual,
        ("cycle", "round", "node", "kpi", "actual"),
        ((*of_round, str(node), kpi, _exact(actual)) for (node, kpi), actual in figures.actuals.items()),
    )


def _exact(value: Decimal | None) -> str | None:
    """A decimal as it is stored."""
    return None if value is None else f"{value:f}"


def locked_rounds(connection: Connection, cycle: int | None = None) -> list[LockedRound]:
    """The rounds that were locked, of one cycle or all of them, the first one first. Queries: 1."""
    of = locked_round.c
    query = sa.select(*(of[name] for name in LockedRound._fields)).order_by(of.cycle, of.round)
    return [LockedRound(*row) for row in connection.execute(query if cycle is None else query.where(of.cycle == cycle))]


def locked_text(connection: Connection, of: LockedRound) -> str | None:
    """The text of a round's results; None where it is gone. Queries: 1."""
    return kept_texts(connection, [of.results_sha256]).get(of.results_sha256)


def with_locked(history: History, locked: Locked) -> History:
    """A history with the actuals of locked cycles in place of its own of those years; the same one where there are none."""
    if not any(one.actuals for one in locked.values()):
        return history
    now = {node: {kpi: dict(years) for kpi, years in kpis.items()} for node, kpis in history.items()}
    for cycle, one in locked.items():
        for (node, kpi), actual in one.actuals.items():
            now.setdefault(node, {}).setdefault(kpi, {})[cycle] = actual
    return now


_KEPT: Final[LruCache[LockedFigures]] = LruCache(8)
"""What was locked never changes: it is read once."""


def read_locked(connection: Connection, *, before: int | None = None) -> Locked:
    """What locked cycles came to, each in its last round.

    Args:
        connection: any transaction.
        before: only what decisions with smaller numbers locked.

    Queries: 1; 2 more for each that this process has not read yet.
    """
    rounds = [one for one in locked_rounds(connection) if before is None or one.decision < before]
    url = str(connection.engine.url)
    return {
        cycle: _KEPT.get_or_make((url, *one), functools.partial(_read, connection, one))
        for cycle, one in {one.cycle: one for one in rounds}.items()
    }


def _read(connection: Connection, of: LockedRound) -> LockedFigures:
    def rows(table: sa.Table) -> sa.Result[Any]:
        return connection.execute(sa.select(table).where(table.c.cycle == of.cycle, table.c.round == of.round))

    return LockedFigures(
        results={row.employee: LockedResult(row.final_score, row.grade) for row in rows(locked_result)},
        actuals={(Node.known(row.node), row.kpi): row.actual for row in rows(locked_actual)},
    )

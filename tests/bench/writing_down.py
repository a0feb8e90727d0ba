"""What a cycle is locked with, of 100,000 employees with 10 lines each, ÷ a bare COPY of the same rows into the same tables: at most twice.

Both are rolled back. The text of the results, which is most of the bytes, is one of the rows.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Final

import psycopg
import sqlalchemy as sa
from sqlalchemy import Connection

from app import cascade
from app.cascade import LockedFigures, LockedResult, LockedRound
from app.rules.terms import Node, NodeKind
from tests.bench.agency import Agency
from tests.bench.measuring import in_turn, seconds, tell

EMPLOYEES: Final = 100_000
LINES: Final = 10
RUNS: Final = 3
_LOCKED: Final = "ALTER TABLE locked_round DROP CONSTRAINT fk_locked_round_decision"
"""Within each transaction: there is no decision to lock the cycle by."""


class _Undone(Exception):
    """What a transaction is rolled back by."""


def measure(agency: Agency) -> None:
    """Both in turn."""
    figures = LockedFigures(
        results={f"E{at:06}": LockedResult(Decimal(at).scaleb(-3), "SABCDE"[at % 6]) for at in range(EMPLOYEES)},
        actuals={
            (Node(NodeKind.EMPLOYEE, f"E{at:06}"), f"kpi_{line}"): Decimal(at * line).scaleb(-2)
            for at in range(EMPLOYEES)
            for line in range(LINES)
        },
    )
    text = _text()
    of = LockedRound(1, 1, 1, 2, dt.datetime.now(dt.UTC), 1, hashlib.sha256(text.encode()).hexdigest())
    rows: dict[str, list[tuple[object, ...]]] = {
        "kept_document": [(of.results_sha256, text)],
        "locked_round": [tuple(of)],
        "locked_result": [(1, 1, number, f"{one.final_score:f}", one.grade) for number, one in figures.results.items()],
        "locked_actual": [(1, 1, str(node), kpi, f"{one:f}") for (node, kpi), one in figures.actuals.items()],
    }
    figures_told = in_turn(
        partial(_rolled_back, agency, lambda connection: cascade.keep_locked(connection, of, text, figures)),
        partial(_copied, agency.url.replace("postgresql+psycopg", "postgresql"), rows),
        runs=RUNS,
    )
    tell(f"writing the snapshot of {EMPLOYEES} employees ÷ COPY of the same rows (promised: 2)", figures_told, "s")


def _text() -> str:
    """As long as the results of so many are, and as little alike."""
    line = '{{"actual":"{0}","base":"{1}","kpi":"kpi_{2}","method":"deviation","score":"{0}.000000000","weight":"10"}}'
    lines = (line.format(at, at % 97, at % LINES) for at in range(EMPLOYEES * LINES))
    return f'{{"scorecards":[{",".join(lines)}]}}'


def _rolled_back(agency: Agency, write: Callable[[Connection], None]) -> float:
    took = 0.0
    with contextlib.suppress(_Undone), agency.database.write("lock") as connection:
        connection.execute(sa.text(_LOCKED))
        took = seconds(partial(write, connection))
        raise _Undone
    return took


def _copied(url: str, rows: dict[str, list[tuple[object, ...]]]) -> float:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(_LOCKED)

        def write() -> None:
            for table, some in rows.items():
                with cursor.copy(f"COPY {table} FROM STDIN") as out:
                    for row in some:
                        out.write_row(row)

        took = seconds(write)
        connection.rollback()
    return took

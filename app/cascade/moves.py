"""Steps of calibration, as they are read beside what else was decided (contract-cycle, 6): the last about each person and unit counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app.cascade.tables import grade_step
from app.kit.database import next_number
from app.rules.moves import GradeMove, Moves
from app.rules.terms import Node

__all__ = ["CALIBRATE", "LET_LAPSE", "grade_steps", "keep_moves", "last_moves", "read_moves"]

CALIBRATE: Final = "calibrate"
LET_LAPSE: Final = "let_lapse"


def keep_moves(connection: Connection, cycle: int, moves: Iterable[GradeMove]) -> None:
    """Write steps of one decision, in their order. Queries: 2, or none where there are no moves."""
    rows = [
        {
            "decision": one.decision,
            "cycle": cycle,
            "node": str(one.node),
            "from_grade": one.from_,
            "to_grade": one.to,
            "proposed": one.proposed,
            "reason": one.reason,
        }
        for one in moves
    ]
    if rows:
        first = next_number(connection, grade_step)
        connection.execute(sa.insert(grade_step), [row | {"id": number} for number, row in enumerate(rows, first)])


def read_moves(connection: Connection, *, before: int | None = None) -> Mapping[int, Moves]:
    """The last step about everyone, by cycle; without those whose lapsed move was let go.

    Args:
        connection: any transaction.
        before: only what decisions with smaller numbers brought.

    Queries: 1.
    """
    return {cycle: last_moves(some) for cycle, some in grade_steps(connection, before=before).items()}


def grade_steps(connection: Connection, *, before: int | None = None) -> dict[int, list[GradeMove]]:
    """Every step by cycle, the earliest first; ``before`` as in :func:`read_moves`. Queries: 1."""
    of = grade_step.c
    query = sa.select(grade_step).order_by(of.id)
    steps: dict[int, list[GradeMove]] = {}
    for row in connection.execute(query if before is None else query.where(of.decision < before)):
        one = GradeMove(row.decision, Node.known(row.node), row.from_grade, row.to_grade, row.reason, row.proposed)
        steps.setdefault(row.cycle, []).append(one)
    return steps


def last_moves(steps: Iterable[GradeMove]) -> Moves:
    """The last step about everyone; without those whose lapsed move was let go."""
    last = {one.node: one for one in steps}
    return {node: one for node, one in last.items() if one.to is not None}

"""One sum over what is recorded of a cycle beside its decisions: how its scorecards were agreed on, with what it was published, and its stages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app import cascade
from app.cycle.tables import cycle_stage

__all__ = ["records_sum"]

_STAGES: Final = ("place", "stage", "round", "at", "decision", "account")


def records_sum(connection: Connection, cycle: int, *, before: int) -> str:
    """The SHA-256 over a cycle's drafts, signatures, versions, publications and stages, as far as decisions with smaller numbers made them.

    Queries: 8.
    """
    digest = hashlib.sha256()
    for place, query in enumerate(_queries(cycle, before)):
        digest.update(f"{place}\n".encode())
        for row in connection.execute(query):
            values = [None if value is None else str(value) for value in row]
            digest.update(f"{json.dumps(values)}\n".encode())
    return digest.hexdigest()


def _queries(cycle: int, before: int) -> Iterator[sa.Select[tuple[object, ...]]]:
    yield from cascade.recorded_rows(cycle, before=before)
    of = cycle_stage.c
    stages = sa.select(*(of[name] for name in _STAGES)).order_by(of.place)
    yield stages.where(of.cycle == cycle, sa.or_(of.decision.is_(None), of.decision < before))

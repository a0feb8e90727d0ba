"""The trend: what every node's scores were on past days, kept so that a page need not fold the ledger for each of them."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy import Column, Table

from app.kit.schema import Code, Instant, metadata

__all__ = ["trend", "trend_taken"]

trend: Final = Table(
    "trend",
    metadata,
    Column("cycle", sa.Integer, primary_key=True, autoincrement=False),
    Column("node", Code, primary_key=True),
    Column("day", sa.Date, primary_key=True),
    Column("own_score", sa.Float(53)),
    Column("final_score", sa.Float(53)),
    Column("provisional_score", sa.Float(53)),
    Column("projected_score", sa.Float(53)),
    Column("provisional_projected_score", sa.Float(53)),
    Column("taken_at", Instant, nullable=False),
    sa.Index("ix_trend_day", "cycle", "day"),
)

trend_taken: Final = Table(
    "trend_taken",
    metadata,
    Column("cycle", sa.Integer, primary_key=True, autoincrement=False),
    Column("token", Code, nullable=False),  # the revision that all rows of the cycle are of
    Column("event", sa.BigInteger, nullable=False),  # the newest event that had been seen
    Column("at", Instant, nullable=False),
)
"""How far the trend of a cycle goes: what came since makes days stale."""

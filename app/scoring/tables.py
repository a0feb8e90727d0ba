"""What every node's scores and every unit's business figures were on past days, kept so that a page need not fold the ledger for each of them."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy import Column, Table

from app.kit.schema import BigKey, Code, Instant, metadata
from app.ledger.tables import LEVELS

__all__ = [
    "APPEND_ONLY",
    "BUSINESS_COLUMNS",
    "business_day",
    "business_taken",
    "certified_cut",
    "correction",
    "correction_event",
    "correction_part",
    "cut",
    "cut_part",
    "cut_sum",
    "trend",
    "trend_taken",
]


def _taken(name: str, *more: Column[bool]) -> Table:
    """What each cycle's kept days were taken from."""
    return Table(
        name,
        metadata,
        Column("cycle", sa.Integer, primary_key=True, autoincrement=False),
        Column("token", Code, nullable=False),  # the revision that all rows of the cycle are of
        Column("event", sa.BigInteger, nullable=False),  # the newest event that had been seen
        Column("at", Instant, nullable=False),
        *more,
    )


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

trend_taken: Final = _taken("trend_taken")
"""How far the trend of a cycle goes: what came since makes days stale."""

_COUNTED: Final = ("deals", "consults", "new_buyers")

BUSINESS_COLUMNS: Final[tuple[str, ...]] = (
    *(f"{level}_{what}" for level in LEVELS for what in (*_COUNTED, "dollars", "micros")),
)
"""Level by level: shares of deals, consults and new buyers in ten-thousandths, and what the deals are worth, as totals hold it."""

business_day: Final = Table(
    "business_day",
    metadata,
    Column("cycle", sa.Integer, primary_key=True, autoincrement=False),
    Column("node", Code, primary_key=True),
    Column("day", sa.Date, primary_key=True),
    *(Column(name, sa.BigInteger, nullable=False) for name in BUSINESS_COLUMNS),
    sa.Index("ix_business_day_day", "cycle", "day"),
)
"""What every unit had brought about by the end of each day of a cycle: a row for each unit of the cycle, of figures or of zeros."""

business_taken: Final = _taken(
    "business_taken",
    Column("has_entries", sa.Boolean, nullable=False),  # whether the ledger had any of the cycle
)
"""How far the business days of a cycle go: what came since makes days stale."""

cut: Final = Table(
    "cut",
    metadata,
    Column("decision", BigKey, sa.ForeignKey("decision.id"), primary_key=True, autoincrement=False),
    Column("cycle", sa.Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("last_event", BigKey, nullable=False, comment="the number of the last event that counts"),
    Column("revision", sa.Integer, nullable=False, comment="of the load that was the last one"),
    Column("decisions", sa.Integer, nullable=False, comment="how many of the cycle had been approved"),
    Column("decisions_sha256", Code, nullable=False, comment="of all that was recorded of the cycle's decisions"),
    Column("files", sa.Text, nullable=False, comment="JSON: the sums of the folder's files by name"),
    Column(
        "records_sha256",
        Code,
        nullable=True,
        comment="of the cycle's drafts, signatures, versions, publications and stages; null: of a cut before it was kept",
    ),
    sa.Index("ix_cut_cycle", "cycle"),
)
"""What was the case when it was proposed to certify a cycle; the decision's end says what became of it."""

cut_part: Final = Table(
    "cut_part",
    metadata,
    Column("decision", BigKey, sa.ForeignKey("cut.decision"), primary_key=True, autoincrement=False),
    Column("name", Code, primary_key=True, comment="the table whose rows it is"),
    Column("sha256", Code, sa.ForeignKey("kept_document.sha256"), nullable=False),
)
"""The folder's rows at a cut, table by table."""

cut_sum: Final = Table(
    "cut_sum",
    metadata,
    Column("decision", BigKey, sa.ForeignKey("cut.decision"), primary_key=True, autoincrement=False),
    Column("events", sa.BigInteger, nullable=False),
    Column("events_sha256", Code, nullable=False),
)
"""How many events a cut has, and the sum over them: of many it takes a while, so nobody waits for it while the cut is made."""

certified_cut: Final = Table(
    "certified_cut",
    metadata,
    Column("decision", BigKey, sa.ForeignKey("cut.decision"), primary_key=True, autoincrement=False),
    Column("cycle", sa.Integer, nullable=False),
    Column("round", sa.Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("results_sha256", Code, nullable=False, comment="of what the cycle came to by it"),
    sa.UniqueConstraint("cycle", "round"),
)
"""The cuts that cycles go by, since they were certified."""

correction: Final = Table(
    "correction",
    metadata,
    Column("decision", BigKey, sa.ForeignKey("decision.id"), primary_key=True, autoincrement=False),
    Column("cut", BigKey, sa.ForeignKey("cut.decision"), nullable=False, comment="the decision whose cut it corrects"),
    Column("place", sa.Integer, nullable=False, comment="1, 2, 3 … of the cut's, as they were agreed to"),
    Column("at", Instant, nullable=False),
    Column("files", sa.Text, nullable=False, comment="JSON: of each file that was taken the revision and the sum"),
    Column("events", sa.BigInteger, nullable=False, comment="how many events there are with it"),
    Column("events_sha256", Code, nullable=False),
    Column(
        "results_sha256",
        Code,
        nullable=False,
        comment="of what the cycle comes to by it, without what was decided since the cut",
    ),
    sa.UniqueConstraint("cut", "place"),
)
"""What was added to a cut since, by two people each time."""

correction_event: Final = Table(
    "correction_event",
    metadata,
    Column("decision", BigKey, sa.ForeignKey("correction.decision"), primary_key=True, autoincrement=False),
    Column("seq", BigKey, sa.ForeignKey("event.seq"), primary_key=True, autoincrement=False),
)
"""The events that were added."""

correction_part: Final = Table(
    "correction_part",
    metadata,
    Column("decision", BigKey, sa.ForeignKey("correction.decision"), primary_key=True, autoincrement=False),
    Column("name", Code, primary_key=True, comment="the table whose rows it is"),
    Column("sha256", Code, sa.ForeignKey("kept_document.sha256"), nullable=False),
)
"""The folder's rows in place of those of the cut, of the tables in which they are others."""

APPEND_ONLY: Final = (cut, cut_part, cut_sum, certified_cut, correction, correction_event, correction_part)
"""Tables whose rows never change and never go."""

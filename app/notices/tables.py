"""Notices: who is told what, since when, and until when it held."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy import Column, Table

from app.kit.schema import BigKey, Code, Instant, metadata

__all__ = ["notice"]

notice: Final = Table(
    "notice",
    metadata,
    Column("id", BigKey, primary_key=True),
    # An employee's number, "-hr" or "-auditor" for all who have that role, or "account:ID".
    Column("recipient", Code, nullable=False),
    Column("kind", Code, nullable=False),
    Column("subject", sa.Text, nullable=False),  # JSON
    Column("created_at", Instant, nullable=False),
    Column("repeated_at", Instant, nullable=False),  # when it was last found to hold
    Column("settled_at", Instant),  # when it was found not to hold any more
)

_open = notice.c.settled_at.is_(None)
sa.Index("uq_notice_open", notice.c.recipient, notice.c.kind, unique=True, sqlite_where=_open, postgresql_where=_open)

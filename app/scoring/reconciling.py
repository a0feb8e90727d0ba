"""Reconciling with what is loaded now: the ledger's own comparison, under the present frame."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from app import ledger
from app.scoring.states import state

__all__ = ["reconcile"]


def reconcile(connection: Connection) -> Iterator[str]:
    """Every difference between what is stored and what the ledger comes to, a line each."""
    yield from ledger.reconcile(connection, state(connection).frame)

"""Answers that are kept with what they tell of, so that a program which sends the same once more hears the same and nothing is done twice.

Do not keep one in a transaction of its own: an answer without its effect, or an effect without its answer, is what this is to prevent.
"""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access.tables import kept_answer
from app.kit.database import lock, try_lock

__all__ = [
    "KEPT_ANSWER_DAYS",
    "AnswerKey",
    "KeptAnswer",
    "forget_answers",
    "hold_answer",
    "keep_answer",
    "kept_answer_of",
    "wait_for_answer",
]

KEPT_ANSWER_DAYS: Final = 90
"""After so many days the same key begins anew (contract-desk, 6)."""


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """Whose key, and which: one and the same stands for one deed of one asker."""

    scope: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """An answer as it was given first.

    Attributes:
        fingerprint: SHA-256 of what was asked for.
        by_right: whether it was theirs to do who asked; a refusal may be kept of who never could.
        status: of HTTP, 2xx or 4xx.
        content_type: the header.
        location: the header, where there was one.
        body: the bytes.
    """

    fingerprint: str
    by_right: bool
    status: int
    content_type: str
    location: str | None
    body: bytes


def hold_answer(connection: Connection, which: AnswerKey) -> bool:
    """Hold a key to the transaction's end; False where another transaction has it, which is not waited for."""
    return try_lock(connection, _lock_of(which))


def wait_for_answer(connection: Connection, which: AnswerKey) -> None:
    """Hold a key to the transaction's end, once no other transaction does."""
    lock(connection, _lock_of(which))


def _lock_of(which: AnswerKey) -> int:
    digest = sha256(f"{which.scope}\n{which.key}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def kept_answer_of(connection: Connection, which: AnswerKey, *, now: dt.datetime) -> KeptAnswer | None:
    """What was answered under a key within the days that it is kept; None: nothing yet. Queries: 1, by the table's key."""
    of = kept_answer.c
    row = connection.execute(
        sa.select(kept_answer).where(
            of.scope == which.scope, of.key == which.key, of.at >= now - dt.timedelta(days=KEPT_ANSWER_DAYS)
        )
    ).one_or_none()
    if row is None:
        return None
    return KeptAnswer(
        fingerprint=row.fingerprint,
        by_right=row.by_right,
        status=row.status,
        content_type=row.content_type,
        location=row.location,
        body=zlib.decompress(row.body),
    )


def keep_answer(connection: Connection, which: AnswerKey, answer: KeptAnswer, *, now: dt.datetime) -> None:
    """Keep an answer, in the transaction that did what it tells of; what stood under the key is older than it is kept. Queries: 2."""
    of = kept_answer.c
    connection.execute(sa.delete(kept_answer).where(of.scope == which.scope, of.key == which.key))
    connection.execute(
        sa.insert(kept_answer).values(
            scope=which.scope,
            key=which.key,
            fingerprint=answer.fingerprint,
            by_right=answer.by_right,
            status=answer.status,
            content_type=answer.content_type,
            location=answer.location,
            body=zlib.compress(answer.body, 1),
            at=now,
        )
    )


def forget_answers(connection: Connection, *, now: dt.datetime) -> int:
    """Delete answers that are not kept any longer; returns how many. Queries: 1."""
    old = now - dt.timedelta(days=KEPT_ANSWER_DAYS)
    return connection.execute(sa.delete(kept_answer).where(kept_answer.c.at < old)).rowcount

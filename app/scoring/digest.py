"""A fingerprint of all that was computed: equal for equal contents, on either database, in any order of arrival, on any day.

A newcomer's usual mistake: to hash rows as they are stored. Numbers that a database gives out differ with the order of arrival; everything here
goes by names, and projections, which move with the day, stay out. So does what people decided in the application: scores are those of the folder.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection

from app import ledger
from app.rules.terms import Basis
from app.scoring.scorecards import Scorecard, ScoreQuery, scorecards
from app.scoring.states import folder_state

__all__ = ["digest"]

_ANY_DAY: Final = dt.date(2000, 1, 1)
"""Projections are not in the digest, so that the day they go by is of no account."""


def digest(connection: Connection) -> str:
    """The SHA-256 over ledger, totals and scores, as 64 hexadecimal digits."""
    sha = hashlib.sha256()
    loaded = folder_state(connection)
    for line in ledger.contents(connection, loaded.frame):
        sha.update(line.encode("utf-8", "surrogatepass"))
        sha.update(b"\n")
    for cycle in loaded.sheet.cycles:
        for basis in Basis:
            for card in scorecards(connection, ScoreQuery(cycle, _ANY_DAY, None, basis), loaded=loaded):
                for text in _score_lines(card):
                    sha.update(text.encode())
                    sha.update(b"\n")
    return sha.hexdigest()


def _score_lines(card: Scorecard) -> Iterator[str]:
    yield json.dumps(
        [
            "card",
            str(card.node),
            card.cycle,
            card.basis,
            *map(_number, (card.own_score, card.unit_score, card.final_score)),
        ]
    )
    for line in card.lines:
        yield json.dumps(
            [
                "line",
                line.kpi,
                str(line.weight),
                line.actual,
                line.base,
                line.sigma,
                line.high,
                line.low,
                line.target,
                line.method,
                line.reason,
                *map(_number, (line.score, line.points, line.old_score)),
            ]
        )


def _number(value: float | None) -> str | None:
    """A score to nine decimals: beyond these a float holds noise."""
    return None if value is None else f"{value:.9f}"

"""Grades that raters gave in the application, and who was appointed to give them (contract-cycle, 5).

Each row stays: a draft that is changed is followed by another row, and so is a final grade that was reopened. Of a rater's rows of a line the last one
holds, and counts where it is final. Do not write a grade into the folder's ratings, where the next load would undo it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app import decisions
from app.cascade import tables
from app.cascade.targets import LineKey
from app.decisions import Hand
from app.kit.bulk import among
from app.rules.terms import Node

__all__ = [
    "RATERS_DECISIONS",
    "GivenRating",
    "appointed_raters",
    "counted_grades",
    "given_ratings",
    "keep_rating",
    "read_given",
]

RATERS_DECISIONS: Final = "raters"
"""The kind of decision that appoints raters."""


class GivenRating(NamedTuple):
    """The last that a rater said of a line."""

    node: Node
    kpi: str
    rater: str
    place: int
    grade: str
    text: str
    final: bool
    at: dt.datetime
    account: str
    employee: str | None
    acts_for: str | None
    decision: int | None
    """Which reopened it; None for what the rater wrote."""

    @property
    def person(self) -> str:
        """Who wrote it: the number, or the account's e-mail."""
        return self.employee or self.account.removeprefix("account:")

    def as_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {
            "rater": self.rater,
            "grade": self.grade,
            "text": self.text,
            "final": self.final,
            "at": self.at.isoformat(),
            "person": self.person,
            "for": self.acts_for,
        }


def appointed_raters(connection: Connection, cycle: int | None = None) -> dict[LineKey, tuple[str, ...]]:
    """Who was appointed to rate which line, of one cycle or of all; the last decision about a line holds. Queries: 1."""
    named = None if cycle is None else str(cycle)
    return {
        (one.cycle_year, Node.known(one.content["node"]), one.content["kpi"]): tuple(one.content["raters"])
        for one in decisions.settled_decisions(connection, RATERS_DECISIONS, cycle=named)
    }


def given_ratings(
    connection: Connection,
    cycle: int | None = None,
    *,
    nodes: Collection[Node] | None = None,
    raters: Collection[str] | None = None,
) -> dict[LineKey, tuple[GivenRating, ...]]:
    """The last that each rater said of each line, by rater. Queries: 1, or none where there is nobody to ask of.

    Args:
        connection: any transaction.
        cycle: of which; None for all.
        nodes: only of these.
        raters: only by these.
    """
    if nodes is not None and not nodes:
        return {}
    of = tables.given_rating.c
    newer = tables.given_rating.alias()
    same = sa.and_(*(newer.c[name] == of[name] for name in ("cycle", "node", "kpi", "rater")))
    query = (
        sa.select(tables.given_rating)
        .where(~sa.exists().where(same, newer.c.place > of.place))
        .order_by(of.cycle, of.node, of.kpi, of.rater)
    )
    if cycle is not None:
        query = query.where(of.cycle == cycle)
    if nodes is not None:
        query = query.where(among(connection, of.node, sorted(map(str, nodes))))
    if raters is not None:
        query = query.where(of.rater.in_(sorted(raters)))
    given: dict[LineKey, list[GivenRating]] = {}
    for row in connection.execute(query):
        node = Node.known(row.node)
        given.setdefault((row.cycle, node, row.kpi), []).append(
            GivenRating(
                node,
                row.kpi,
                row.rater,
                row.place,
                row.grade,
                row.text,
                row.final,
                row.at,
                row.account,
                row.employee,
                row.acts_for,
                row.decision,
            )
        )
    return {key: tuple(some) for key, some in given.items()}


def read_given(connection: Connection) -> dict[LineKey, tuple[tuple[str, str], ...]]:
    """The lines that are rated in the application, each with the raters whose grades count and these grades, by rater.

    A line is where raters were appointed, or a final grade was given. Of appointed raters the last appointment counts, and nobody else's grades.

    Queries: 2.
    """
    return counted_grades(appointed_raters(connection), given_ratings(connection))


def counted_grades(
    appointed: Mapping[LineKey, tuple[str, ...]], given: Mapping[LineKey, tuple[GivenRating, ...]]
) -> dict[LineKey, tuple[tuple[str, str], ...]]:
    """As :func:`read_given`, of rows that are read."""
    finals = {
        key: tuple((one.rater, one.grade) for one in some if one.final)
        for key, some in given.items()
        if any(one.final for one in some)
    }
    return {
        key: tuple(one for one in finals.get(key, ()) if key not in appointed or one[0] in appointed[key])
        for key in sorted(appointed.keys() | finals.keys(), key=str)
    }


def keep_rating(
    connection: Connection,
    line: LineKey,
    *,
    rater: str,
    place: int,
    grade: str,
    text: str,
    final: bool,
    by: Hand,
    decision: int | None = None,
) -> None:
    """Write what a rater says of a line, after what they said before. Queries: 1."""
    cycle, node, kpi = line
    connection.execute(
        sa.insert(tables.given_rating).values(
            cycle=cycle,
            node=str(node),
            kpi=kpi,
            rater=rater,
            place=place,
            grade=grade,
            text=text,
            final=final,
            at=by.at,
            account=by.account,
            employee=by.employee,
            acts_for=by.acts_for,
            decision=decision,
        )
    )

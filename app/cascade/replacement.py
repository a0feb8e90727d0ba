"""A load's lines, past years, ratings, exclusions, plan, markets and definitions in place of those of the load before.

Only what differs is written. Whether the rows are right is settled before: :mod:`app.intake.folder`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from app.cascade import tables
from app.cascade.history import Exclusion, PastValue
from app.cascade.lines import Line, MarketPotential, PlanShare, Rating
from app.kit.replacing import FileRows, Row, RowChanges, StoredFile, exact_text, exchange_files, stored_files
from app.rules.agreement import LINE_MEMBERS
from app.rules.definitions import Definitions
from app.rules.terms import Node

__all__ = ["Cascade", "cascade_rows", "documents", "replace", "stored_cascade"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cascade:
    """The rows of a folder's six files of the cascade, and the definitions that hold with them."""

    lines: Sequence[Line] = ()
    history: Sequence[PastValue] = ()
    ratings: Sequence[Rating] = ()
    exclusions: Sequence[Exclusion] = ()
    plan: Sequence[PlanShare] = ()
    market: Sequence[MarketPotential] = ()
    definitions: Definitions = field(default_factory=Definitions)


def _optional(node: Node | None) -> str | None:
    return None if node is None else str(node)


def _lines(lines: Iterable[Line]) -> list[Row]:
    places: dict[tuple[int, Node], int] = {}
    rows: list[Row] = []
    for one in lines:
        place = places[one.cycle, one.node] = places.get((one.cycle, one.node), 0) + 1
        figures = (one.base, one.high, one.low, one.target, one.coefficient)
        rows.append(
            (
                one.cycle,
                str(one.node),
                one.kpi,
                place,
                exact_text(one.weight),
                one.area,
                str(one.link),
                _optional(one.parent_node),
                one.parent_kpi,
                *map(exact_text, figures),
            )
        )
    return rows


def documents(definitions: Definitions) -> dict[str, str]:
    """The definitions as texts by name, the same for equal definitions."""
    return {
        name: json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        for name, document in definitions.to_documents().items()
    }


_STORED: Final[Mapping[str, StoredFile]] = {
    "scorecards": StoredFile(
        tables.scorecard_line,
        ("cycle", "node", LINE_MEMBERS[0], "place", *LINE_MEMBERS[1:]),
        3,
    ),
    "history": StoredFile(tables.history, ("node", "kpi", "year", "actual"), 3),
    "ratings": StoredFile(tables.rating, ("cycle", "node", "kpi", "rater", "grade"), 4),
    "exclusions": StoredFile(tables.exclusion, ("cycle", "node", "kpi", "year", "reason"), 3),
    "plan": StoredFile(tables.plan_share, ("kpi", "node", "month", "share"), 3),
    "market": StoredFile(tables.market_potential, ("unit", "kpi", "year", "potential"), 3),
    "definitions": StoredFile(tables.definition_document, ("name", "content"), 1),
}
"""Where the rows of each file, and the definitions, are."""


def cascade_rows(cascade: Cascade) -> dict[str, FileRows]:
    """The rows of each of the six files, and the definitions, as the database keeps them."""
    past = ((str(one.node), one.kpi, one.year, exact_text(one.actual)) for one in cascade.history)
    ratings = ((one.cycle, str(one.node), one.kpi, one.rater, one.grade) for one in cascade.ratings)
    exclusions = ((one.cycle, str(one.node), one.kpi, one.year, one.reason) for one in cascade.exclusions)
    plan = ((one.kpi, _optional(one.node) or "", one.month, exact_text(one.share)) for one in cascade.plan)
    market = ((one.unit, one.kpi or "", one.year, exact_text(one.potential)) for one in cascade.market)
    rows: dict[str, Iterable[Row]] = {
        "scorecards": _lines(cascade.lines),
        "history": past,
        "ratings": ratings,
        "exclusions": exclusions,
        "plan": plan,
        "market": market,
        "definitions": documents(cascade.definitions).items(),
    }
    return {name: _STORED[name].of(some) for name, some in rows.items()}


def stored_cascade(connection: Connection) -> dict[str, FileRows]:
    """Of each of the six files, and the definitions, the rows that were last loaded. Queries: 7."""
    return stored_files(connection, _STORED)


def replace(
    connection: Connection,
    cascade: Cascade,
    *,
    wanted: Mapping[str, FileRows] | None = None,
    there: Mapping[str, FileRows] | None = None,
) -> tuple[dict[str, RowChanges], dict[str, Iterable[Row]]]:
    """Put the rows in place of those that are there.

    Args:
        connection: a writing transaction.
        cascade: the rows, which must be right.
        wanted: the same as the database keeps them (:func:`cascade_rows`), where they were made already.
        there: what is there (:func:`stored_cascade`), where it was read in this transaction and no other load can have come since.

    Returns:
        How many rows of each file changed (the definitions under that name), and all rows of those that did.

    Queries: without ``there`` 7 to compare; what is changed besides.
    """
    return exchange_files(connection, _STORED, cascade_rows(cascade) if wanted is None else wanted, there)

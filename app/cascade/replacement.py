"""A load's lines, past years, ratings, exclusions, plan and definitions in place of those of the load before.

Only what differs is written. Whether the rows are right is settled before: :mod:`app.intake.folder`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Table

from app.cascade import tables
from app.cascade.history import Exclusion, PastValue
from app.cascade.lines import Line, PlanShare, Rating
from app.kit.replacing import FileRows, Row, RowChanges, Rows, compare, exact_text, exchange, stored_rows
from app.rules.definitions import Definitions
from app.rules.terms import Node

__all__ = ["Cascade", "cascade_rows", "replace", "stored_cascade"]

_LINE: Final = (
    "cycle",
    "node",
    "kpi",
    "place",
    "weight",
    "area",
    "link",
    "parent_node",
    "parent_kpi",
    "base",
    "high",
    "low",
    "target",
    "coefficient",
)
_HISTORY: Final = ("node", "kpi", "year", "actual")
_RATING: Final = ("cycle", "node", "kpi", "rater", "grade")
_EXCLUSION: Final = ("cycle", "node", "kpi", "year", "reason")
_PLAN: Final = ("kpi", "node", "month", "share")
_DOCUMENT: Final = ("name", "content")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cascade:
    """The rows of a folder's five files of the cascade, and the definitions that hold with them."""

    lines: Sequence[Line] = ()
    history: Sequence[PastValue] = ()
    ratings: Sequence[Rating] = ()
    exclusions: Sequence[Exclusion] = ()
    plan: Sequence[PlanShare] = ()
    definitions: Definitions = field(default_factory=Definitions)


def _keyed(rows: Iterable[Row], key: int) -> Rows:
    return {row[:key]: row for row in rows}


def _optional(node: Node | None) -> str | None:
    return None if node is None else str(node)


def _lines(lines: Iterable[Line]) -> Rows:
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
    return _keyed(rows, 3)


def documents(definitions: Definitions) -> dict[str, str]:
    """The definitions as texts by name, the same for equal definitions."""
    return {
        name: json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        for name, document in definitions.to_documents().items()
    }


_STORED: Final[Mapping[str, tuple[Table, tuple[str, ...], int]]] = {
    "scorecards": (tables.scorecard_line, _LINE, 3),
    "history": (tables.history, _HISTORY, 3),
    "ratings": (tables.rating, _RATING, 4),
    "exclusions": (tables.exclusion, _EXCLUSION, 3),
    "plan": (tables.plan_share, _PLAN, 3),
    "definitions": (tables.definition_document, _DOCUMENT, 1),
}
"""Where the rows of each file, and the definitions, are: the table, its columns, and how many of them are the key."""


def cascade_rows(cascade: Cascade) -> dict[str, FileRows]:
    """The rows of each of the five files, and the definitions, as the database keeps them."""
    past = ((str(one.node), one.kpi, one.year, exact_text(one.actual)) for one in cascade.history)
    ratings = ((one.cycle, str(one.node), one.kpi, one.rater, one.grade) for one in cascade.ratings)
    exclusions = ((one.cycle, str(one.node), one.kpi, one.year, one.reason) for one in cascade.exclusions)
    plan = ((one.kpi, _optional(one.node) or "", one.month, exact_text(one.share)) for one in cascade.plan)
    rows: dict[str, Rows] = {
        "scorecards": _lines(cascade.lines),
        "history": _keyed(past, 3),
        "ratings": _keyed(ratings, 4),
        "exclusions": _keyed(exclusions, 3),
        "plan": _keyed(plan, 3),
        "definitions": _keyed(documents(cascade.definitions).items(), 1),
    }
    return {name: FileRows(columns, rows[name]) for name, (_, columns, _) in _STORED.items()}


def stored_cascade(connection: Connection) -> dict[str, FileRows]:
    """Of each of the five files, and the definitions, the rows that were last loaded. Queries: 6."""
    return {
        name: FileRows(columns, stored_rows(connection, table, columns, key=key))
        for name, (table, columns, key) in _STORED.items()
    }


def replace(connection: Connection, cascade: Cascade) -> tuple[dict[str, RowChanges], dict[str, Iterable[Row]]]:
    """Put the rows in place of those that are there.

    Args:
        connection: a writing transaction.
        cascade: the rows, which must be right.

    Returns:
        How many rows of each file changed (the definitions under that name), and all rows of those that did.

    Queries: 6 to compare; what is changed besides.
    """
    wanted_rows = cascade_rows(cascade)
    changes: dict[str, RowChanges] = {}
    contents: dict[str, Iterable[Row]] = {}
    for name, (table, columns, key) in _STORED.items():
        wanted = wanted_rows[name].rows
        stored = stored_rows(connection, table, columns, key=key)
        changes[name] = compare(stored, wanted)
        if changes[name]:
            exchange(connection, table, columns, key=key, stored=stored, wanted=wanted)
            contents[name] = wanted.values()
    return changes, contents

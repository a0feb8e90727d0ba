"""What every level would be measured on by other rows than those that are loaded: nothing of it is stored."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from app.cascade.history import Exclusion, History
from app.cascade.line import Line
from app.cascade.lines import Rating, Sheet, loaded_sheet, sheet_of, with_decided
from app.cascade.replacement import Cascade
from app.cascade.targets import LineKey
from app.organisation import Revision
from app.rules.terms import Node

__all__ = ["previewed_sheet"]


def previewed_sheet(
    connection: Connection,
    cascade: Cascade,
    *,
    before: Revision,
    token: str,
    others: Collection[str] | None = None,
    cards: Collection[tuple[int, Node]] | None = None,
) -> Sheet:
    """The sheet that a load of these rows would make, with the targets that people have set.

    Args:
        connection: any transaction.
        cascade: the rows, which must be right.
        before: what is loaded now.
        token: what read models of it are kept by (:func:`app.organisation.previewed_token`).
        others: the files, without suffix, of which a row may be another than what is loaded; None for all.
        cards: the scorecards, by cycle and node, of which one may be; None for all.

    Queries: 1, and after a load those of :func:`app.cascade.loaded_sheet`; those of :func:`app.cascade.lines.with_decided`.
    """
    if others is None:
        sheet = _whole_sheet(cascade, before._replace(token=token))
    else:
        loaded = loaded_sheet(connection)
        sheet = replace(loaded, token=token, **_other_parts(cascade, others))
        if cascade.definitions != loaded.definitions:
            sheet = replace(sheet, definitions=cascade.definitions)
        if "scorecards" in others:
            sheet = _with_cards(sheet, cascade, cards)
    return with_decided(connection, sheet, before, token=token)


def _whole_sheet(cascade: Cascade, revision: Revision) -> Sheet:
    return sheet_of(
        revision,
        cascade.definitions,
        lines=_in_order(cascade.lines),
        history=_history(cascade),
        ratings=_ratings(cascade),
        exclusions=_exclusions(cascade),
        plans=_plans(cascade),
    )


def _other_parts(cascade: Cascade, others: Collection[str]) -> dict[str, Any]:
    """Of the parts of a sheet beside its lines those of files that may say something else."""
    parts = {
        "history": ("history", _history),
        "ratings": ("_ratings", _ratings),
        "exclusions": ("_exclusions", _exclusions),
    }
    parts["plan"] = ("_plans", _plans)
    return {member: make(cascade) for file, (member, make) in parts.items() if file in others}


def _with_cards(sheet: Sheet, cascade: Cascade, cards: Collection[tuple[int, Node]] | None) -> Sheet:
    wanted: dict[tuple[int, Node], list[Line]] = {} if cards is None else {card: [] for card in cards}
    if cards is None:
        wanted = {(cycle, node): [] for cycle, nodes in sheet.lines.items() for node in nodes}
    for line in cascade.lines:
        card = line.cycle, line.node
        if cards is None:
            wanted.setdefault(card, [])
        if card in wanted:
            wanted[card].append(line)
    return sheet.with_cards({card: tuple(lines) for card, lines in wanted.items()})


def _in_order(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (line.cycle, str(line.node)))


def _history(cascade: Cascade) -> History:
    history: dict[Node, dict[str, dict[int, Decimal]]] = {}
    for past in cascade.history:
        history.setdefault(past.node, {}).setdefault(past.kpi, {})[past.year] = past.actual
    return history


def _ratings(cascade: Cascade) -> dict[LineKey, tuple[Rating, ...]]:
    ratings: dict[LineKey, list[Rating]] = {}
    for one in sorted(cascade.ratings, key=lambda rating: rating.rater):
        ratings.setdefault((one.cycle, one.node, one.kpi), []).append(one)
    return {key: tuple(some) for key, some in ratings.items()}


def _exclusions(cascade: Cascade) -> dict[LineKey, Exclusion]:
    return {(one.cycle, one.node, one.kpi): one for one in cascade.exclusions}


def _plans(cascade: Cascade) -> dict[str, dict[Node | None, tuple[Decimal, ...]]]:
    plans: dict[str, dict[Node | None, list[Decimal]]] = {}
    for share in sorted(cascade.plan, key=lambda one: one.month):
        plans.setdefault(share.kpi, {}).setdefault(share.node, []).append(share.share)
    return {kpi: {node: tuple(shares) for node, shares in nodes.items()} for kpi, nodes in plans.items()}

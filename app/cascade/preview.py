"""What every level would be measured on by other rows than those that are loaded: nothing of it is stored."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Connection

from app.cascade.history import Exclusion
from app.cascade.lines import Rating, Sheet, sheet_of, with_decided
from app.cascade.replacement import Cascade
from app.cascade.targets import LineKey
from app.organisation import Revision
from app.rules.terms import Node

__all__ = ["previewed_sheet"]


def previewed_sheet(connection: Connection, cascade: Cascade, *, before: Revision, token: str) -> Sheet:
    """The sheet that a load of these rows would make, with the targets that people have set.

    Args:
        connection: any transaction.
        cascade: the rows, which must be right.
        before: what is loaded now.
        token: what read models of it are kept by (:func:`app.organisation.previewed_token`).

    Queries: 1 where a target was ever set.
    """
    history: dict[Node, dict[str, dict[int, Decimal]]] = {}
    for past in cascade.history:
        history.setdefault(past.node, {}).setdefault(past.kpi, {})[past.year] = past.actual
    ratings: dict[LineKey, list[Rating]] = {}
    for one in sorted(cascade.ratings, key=lambda rating: rating.rater):
        ratings.setdefault((one.cycle, one.node, one.kpi), []).append(one)
    exclusions: dict[LineKey, Exclusion] = {(one.cycle, one.node, one.kpi): one for one in cascade.exclusions}
    plans: dict[str, dict[Node | None, list[Decimal]]] = {}
    for share in sorted(cascade.plan, key=lambda one: one.month):
        plans.setdefault(share.kpi, {}).setdefault(share.node, []).append(share.share)
    sheet = sheet_of(
        before._replace(token=token),
        cascade.definitions,
        lines=sorted(cascade.lines, key=lambda line: (line.cycle, str(line.node))),
        history=history,
        ratings={key: tuple(some) for key, some in ratings.items()},
        exclusions=exclusions,
        plans={kpi: {node: tuple(shares) for node, shares in nodes.items()} for kpi, nodes in plans.items()},
    )
    return with_decided(connection, sheet, before, token=token)

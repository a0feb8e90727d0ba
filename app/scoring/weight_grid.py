"""Scorecards of many units or people side by side: whose they are down, the KPIs across, the weights in the cells.

The rows come from whoever asks: with a change set in them they are not those that are loaded. Do not read the sheet here.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from app.cascade import Line
from app.rules.terms import Job, Link, Node, NodeKind, UnitKind
from app.rules.weighting import CARRIED_COLUMNS, Card, Deviation, Hanging, deviations, usual_card
from app.scoring.board import node_name
from app.scoring.plan import CyclePlan

__all__ = [
    "CardRow",
    "WeightGrid",
    "WhoseCards",
    "copied_rows",
    "nodes_meant",
    "parent_of_node",
    "weight_grid",
    "weights_laid",
]

FileRow = Mapping[str, str]
"""A row of ``scorecards.csv`` by column."""


class WhoseCards(NamedTuple):
    """Whose scorecards are meant: units of a kind, or people of a job; of some evaluation groups alone where any is named."""

    kind: UnitKind | None = None
    job: Job | None = None
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRow:
    """One scorecard: whose, its weights, and where it deviates from the template."""

    node: Node
    name: str
    card: Card
    deviations: tuple[Deviation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightGrid:
    """The grid.

    Attributes:
        rows: every scorecard that is meant, those without a line too.
        kpis: the columns.
        template: the card that most have.
        hangings: how lines of each KPI hang on the ones above, as most of these scorecards have it.
    """

    rows: tuple[CardRow, ...]
    kpis: tuple[str, ...]
    template: Card
    hangings: Mapping[str, Hanging]


def nodes_meant(plan: CyclePlan, whose: WhoseCards) -> tuple[Node, ...]:
    """The units or people of the cycle that are meant, in the order of the plan. Queries: none."""
    directory, day = plan.frame.directory, plan.day_within(dt.date.max)
    meant = []
    for node in plan.nodes:
        if node.kind is NodeKind.UNIT:
            row = directory.unit_near(node.code, day)
            if whose.kind is None or row is None or row.kind is not whose.kind:
                continue
            unit: str | None = node.code
        else:
            person = plan.people.get(node.code)
            if whose.job is None or person is None or person.job is not whose.job:
                continue
            unit = directory.unit_of(node.code, day)
        if not whose.groups or (unit is not None and directory.evaluation_group(unit, day) in whose.groups):
            meant.append(node)
    return tuple(meant)


def parent_of_node(plan: CyclePlan, node: Node) -> Node | None:
    """The unit above a unit, or the one that an employee is posted to, at the cycle's end. Queries: none."""
    directory, day = plan.frame.directory, plan.day_within(dt.date.max)
    above = (
        directory.unit_of(node.code, day)
        if node.kind is NodeKind.EMPLOYEE
        else directory.tree.parent_on(node.code, day)
    )
    return None if above is None else Node(NodeKind.UNIT, above)


def weight_grid(
    plan: CyclePlan, nodes: Sequence[Node], rows: Mapping[Node, Sequence[FileRow]], *, more: Iterable[str] = ()
) -> WeightGrid:
    """The scorecards of some nodes.

    Args:
        plan: the cycle's.
        nodes: whose.
        rows: the cycle's rows of ``scorecards.csv`` by node.
        more: KPIs that are to have a column though nobody has them.
    """
    day = plan.day_within(dt.date.max)
    cards = {node: _card(rows.get(node, ())) for node in nodes}
    template = usual_card(cards.values())
    kpis = dict.fromkeys(row["kpi"] for node in nodes for row in rows.get(node, ()))
    return WeightGrid(
        rows=tuple(
            CardRow(
                node=node,
                name=node_name(plan.frame.directory, node, day),
                card=card,
                deviations=deviations(template, card) if card else (),
            )
            for node, card in cards.items()
        ),
        kpis=tuple(dict.fromkeys((*kpis, *more))),
        template=template,
        hangings=_hangings(row for node in nodes for row in rows.get(node, ())),
    )


def _card(rows: Iterable[FileRow]) -> dict[str, Decimal]:
    card = {}
    for row in rows:
        try:
            card[row["kpi"]] = Decimal(row["weight"])
        except InvalidOperation:
            continue
    return card


def _hangings(rows: Iterable[FileRow]) -> dict[str, Hanging]:
    counted: dict[str, Counter[tuple[str, bool, str, str]]] = {}
    above: dict[tuple[str, tuple[str, bool, str, str]], str] = {}
    for row in rows:
        hanging = row["link"], bool(row["parent_node"]), row["parent_kpi"], row["area"]
        counted.setdefault(row["kpi"], Counter())[hanging] += 1
        above.setdefault((row["kpi"], hanging), row["parent_node"])
    usual: dict[str, Hanging] = {}
    for kpi, some in counted.items():
        hanging = max(some, key=lambda one: some[one])
        link, _, parent_kpi, area = hanging
        if link in set(Link):
            usual[kpi] = Hanging(
                link=Link(link), parent_node=Node.parse(above[kpi, hanging]), parent_kpi=parent_kpi or None, area=area
            )
    return usual


def copied_rows(
    plan: CyclePlan, rows: Iterable[FileRow], *, last: int, nodes: Iterable[Node] | None = None
) -> list[dict[str, str]]:
    """The last cycle's scorecards as those of the plan's cycle, of everybody who has none there and is there.

    Args:
        plan: of the cycle that they are copied into.
        rows: all rows of ``scorecards.csv``.
        last: the cycle that they are copied from.
        nodes: whose; None for everybody's.
    """
    cycle, rows = str(plan.cycle), list(rows)
    there = {str(node) for node in (plan.nodes if nodes is None else nodes)}
    have = {row["node"] for row in rows if row["cycle"] == cycle}
    return [
        {"cycle": cycle, "node": row["node"]} | {column: row[column] for column in ("kpi", *CARRIED_COLUMNS)}
        for row in rows
        if row["cycle"] == str(last) and row["node"] in there and row["node"] not in have
    ]


def weights_laid(rows: Iterable[FileRow], present: Mapping[Node, Sequence[Line]], *, of: int) -> list[dict[str, str]]:
    """A cycle's weights as those of another one, of everybody whose scorecard weighs otherwise there: its other figures and links stay as they are.

    Args:
        rows: all rows of ``scorecards.csv``.
        present: the lines by which the other cycle is scored: what was agreed on goes before what the folder says.
        of: the cycle whose weights are meant.

    Returns:
        Rows of node, KPI and weight, all of a scorecard's; of a KPI that it has not got with all that a new line carries.
    """
    cards: dict[str, list[FileRow]] = {}
    for row in rows:
        if row["cycle"] == str(of):
            cards.setdefault(row["node"], []).append(row)
    laid: list[dict[str, str]] = []
    for text, card in cards.items():
        node = Node.parse(text)
        weights = {line.kpi: line.weight for line in present.get(node, ())} if node is not None else {}
        if weights and weights != _card(card):
            laid += [
                {column: row[column] for column in ("node", "kpi", "weight")}
                | ({} if row["kpi"] in weights else {column: row[column] for column in CARRIED_COLUMNS})
                for row in card
            ]
    return laid

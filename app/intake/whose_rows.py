"""Whom the rows of a change set are about: what is somebody's own case hangs on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from app.intake.change_sets import ChangedRow
from app.rules.placement import Tree, overlap
from app.rules.terms import Node, NodeKind, Period

__all__ = ["nodes_of_rows"]


def nodes_of_rows(tree: Tree, rows: Iterable[ChangedRow], periods: Collection[Period]) -> frozenset[Node]:
    """The employees and units that rows are about, before and after; the agency as a whole is none.

    Args:
        tree: of the units.
        rows: that change.
        periods: in which a unit that is at the top is the agency as a whole.
    """
    nodes: set[Node] = set()
    for one in rows:
        for values in (one.before, one.after):
            if values is not None:
                nodes |= set(_nodes_of(one.name, values))
    return frozenset(node for node in nodes if node.kind is NodeKind.EMPLOYEE or not _is_root(tree, node.code, periods))


def _is_root(tree: Tree, unit: str, periods: Collection[Period]) -> bool:
    """Whether a unit is at the top whenever it is there in these periods."""
    rows = [row for row in tree.rows(unit) if any(overlap(row.period, period) for period in periods)]
    return bool(rows) and all(row.parent is None for row in rows)


def _nodes_of(name: str, values: Mapping[str, str]) -> Iterator[Node]:
    number = values.get("number" if name == "employees" else "employee", "").strip()
    if number:
        yield Node(NodeKind.EMPLOYEE, number)
    if name == "units" and values["code"].strip():
        yield Node(NodeKind.UNIT, values["code"].strip())
    if name == "market" and values["unit"].strip():
        yield Node(NodeKind.UNIT, values["unit"].strip())
    node = Node.parse(values.get("node", "").strip())
    if node is not None:
        yield node

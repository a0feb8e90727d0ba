"""The way down from the agency to a unit or employee, as far as its reader may see it: what breadcrumbs are made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from app.organisation import Directory
from app.rules.terms import Node, NodeKind
from app.scoring.board import node_name

__all__ = ["WayStep", "way_down"]


@dataclass(frozen=True, slots=True)
class WayStep:
    """A unit on the way."""

    node: Node
    name: str


def way_down(directory: Directory, node: Node, day: dt.date, *, sees: Callable[[Node], bool]) -> tuple[WayStep, ...]:
    """The units above a node on a day, the topmost first. Queries: none."""
    if node.kind is NodeKind.EMPLOYEE:
        chain = directory.placement.path_on(node.code, day) or ()
    else:
        chain = directory.tree.chain_on(node.code, day)[1:]
    units = [Node(NodeKind.UNIT, code) for code in reversed(chain)]
    return tuple(WayStep(unit, node_name(directory, unit, day)) for unit in units if sees(unit))

"""The targets of a unit as one grid: whose they are down, the KPIs across.

Do not leave a line out of a sum because its row is not on view: what is below adds up to the line above whichever rows are looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from app.rules.allocation import proposed_targets
from app.rules.definitions import KpiVersion
from app.rules.rollup import area_levels, in_areas
from app.rules.terms import Node, NodeKind
from app.scoring.office import Sum, TargetBlock, TargetRow, Targets

__all__ = ["GridColumn", "GridRow", "GridRows", "TargetGrid", "target_grid"]


class GridRows(StrEnum):
    """Which rows stand below the unit's own."""

    ALL = "all"
    PEOPLE = "people"
    UNITS = "units"


_KINDS: Final[Mapping[GridRows, tuple[NodeKind, ...]]] = {
    GridRows.ALL: (NodeKind.UNIT, NodeKind.EMPLOYEE),
    GridRows.PEOPLE: (NodeKind.EMPLOYEE,),
    GridRows.UNITS: (NodeKind.UNIT,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GridColumn:
    """A KPI whose targets somebody can set.

    Attributes:
        kpi: its code.
        version: what it is in the cycle.
        area: the top level of its area; empty where it has none.
        sum: what its slices below come to, beside the unit's own target; None where they need not add up.
        slices: the nodes whose lines are those slices.
        elsewhere: what the slices come to whose rows are not on view.
        proposals: what the unit's own target would come to for each slice, by last year's actuals; nobody's until somebody takes it over.
    """

    kpi: str
    version: KpiVersion
    area: str
    sum: Sum | None
    slices: frozenset[Node]
    elsewhere: Decimal
    proposals: Mapping[Node, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """The unit itself, a unit directly below or one of the people, with its lines by KPI."""

    node: Node
    name: str
    lines: Mapping[str, TargetRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGrid:
    """The grid as it is looked at.

    Attributes:
        rows: the unit's own first.
        columns: those of one area side by side.
        areas: every area that there is to choose from.
        has_people: whether any of the people has a line that a column is of.
        has_units: the same of the units below.
    """

    rows: tuple[GridRow, ...]
    columns: tuple[GridColumn, ...]
    areas: tuple[str, ...]
    has_people: bool
    has_units: bool

    @property
    def groups(self) -> tuple[tuple[str, int], ...]:
        """Each area on view with the number of its columns."""
        names = dict.fromkeys(column.area for column in self.columns)
        return tuple((name, sum(column.area == name for column in self.columns)) for name in names)


def target_grid(shown: Targets, *, rows: GridRows, area: str) -> TargetGrid:
    """The lines of the KPIs that take a target anywhere here.

    Args:
        shown: the unit's KPIs with all lines of them.
        rows: which rows stand below the unit's own.
        area: only KPIs of this area; all where it is empty, or none is called so.
    """
    blocks = [block for block in shown.blocks if any(row.takes_target for row in block.rows)]
    names = [_area(block) for block in blocks]
    blocks = [blocks[place] for place in in_areas(names)]
    areas = tuple(name for name in dict.fromkeys(map(_area, blocks)) if name)
    if area in areas:
        blocks = [block for block in blocks if _area(block) == area]
    lines: dict[Node, dict[str, TargetRow]] = {}
    for block in blocks:
        for row in block.rows:
            lines.setdefault(row.node, {})[block.kpi] = row
    below = [node for node in lines if node != shown.unit]
    kinds = _KINDS[rows]
    nodes = [node for node in lines if node == shown.unit or node.kind in kinds]
    nodes.sort(key=lambda node: (node != shown.unit, node.kind is NodeKind.EMPLOYEE))
    return TargetGrid(
        rows=tuple(GridRow(node=node, name=next(iter(lines[node].values())).name, lines=lines[node]) for node in nodes),
        columns=tuple(_column(block, frozenset(nodes)) for block in blocks),
        areas=areas,
        has_people=any(node.kind is NodeKind.EMPLOYEE for node in below),
        has_units=any(node.kind is NodeKind.UNIT for node in below),
    )


def _area(block: TargetBlock) -> str:
    return next(iter(area_levels(block.rows[0].line.area)), "")


def _column(block: TargetBlock, on_view: frozenset[Node]) -> GridColumn:
    total = next((one for one in block.sums if one.what == "target"), None)
    slices = block.slices if total is not None else ()
    return GridColumn(
        kpi=block.kpi,
        version=block.version,
        area=_area(block),
        sum=total,
        slices=frozenset(row.node for row in slices),
        elsewhere=sum((row.whole for row in slices if row.node not in on_view and row.whole is not None), Decimal(0)),
        proposals={} if total is None else proposed_targets(total.above, {row.node: row.last_year for row in slices}),
    )

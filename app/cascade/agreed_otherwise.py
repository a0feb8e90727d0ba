"""Where the folder that is loaded gives scorecards otherwise than they were agreed: these hold, and a load says so (contract-cycle, 0)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection

from app.cascade.agreements import LineDocument, line_document, read_agreed
from app.cascade.line import Line
from app.cascade.lines import loaded_sheet
from app.cascade.publishing import pinned_cycles
from app.rules.terms import Node

__all__ = ["AgreedOtherwise", "agreed_otherwise"]


class AgreedOtherwise(NamedTuple):
    """A scorecard that was agreed, or imposed, with other lines than the folder has for it now."""

    cycle: int
    node: Node


def agreed_otherwise(connection: Connection) -> list[AgreedOtherwise]:
    """By cycle and node. Queries: 1; where a cycle is published 1 more and those of :func:`loaded_sheet`."""
    agreed = read_agreed(connection, pinned_cycles(connection))
    if not agreed:
        return []
    lines = loaded_sheet(connection).lines
    return [
        AgreedOtherwise(cycle, node)
        for (cycle, node), agreed_lines in sorted(agreed.items(), key=lambda one: (one[0][0], str(one[0][1])))
        if _by_kpi(lines.get(cycle, {}).get(node, ())) != _by_kpi(agreed_lines)
    ]


def _by_kpi(lines: Iterable[Line]) -> dict[str, LineDocument]:
    """Lines without their order, which no figure hangs on."""
    return {line.kpi: line_document(line) for line in lines}

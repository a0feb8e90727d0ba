"""Whose scorecards an activity counts on, and by which of their KPIs: the way from an activity to the figures that it moves.

Do not show every name on the way up: only what the reader may see is shown, and the rest is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from app.ledger import ActivityHistory
from app.rules.kpis import Translated
from app.rules.terms import CountsFrom, Node, NodeKind
from app.scoring import State, node_name

__all__ = ["Place", "places_of"]

_CONFIRMED: Final = frozenset({"confirmed"})
_VERIFIED: Final = _CONFIRMED | {"verified", "denied"}
_COUNTING: Final[Mapping[CountsFrom, frozenset[str]]] = {
    CountsFrom.ENTERED: _VERIFIED | {"entered"},
    CountsFrom.VERIFIED: _VERIFIED,
    CountsFrom.CONFIRMED: _CONFIRMED,
}
"""In which states an activity counts on the final basis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A scorecard that an activity counts for, and the KPIs on it that look at such activities: code and name of each."""

    node: Node
    name: str
    kpis: tuple[tuple[str, Translated, CountsFrom | None], ...]
    """Code and name; and, where it does not count for the KPI yet, what it still has to be."""


def places_of(loaded: State, history: ActivityHistory, *, sees: Callable[[Node], bool]) -> list[Place]:
    """The scorecards of those who share in it and of the units above them on its day, as far as they may be seen. Queries: none."""
    plan = loaded.plan(history.cycle)
    frame = plan.frame
    slices = {one.slice for one in frame.matching(history.type, history.country, history.hs_code)}
    nodes: list[Node] = []
    for share in history.credits:
        nodes.append(Node(NodeKind.EMPLOYEE, share.employee))
        if share.unit is not None:
            nodes.extend(Node(NodeKind.UNIT, code) for code in frame.directory.chain_on(share.unit, history.day))
    places: list[Place] = []
    for node in dict.fromkeys(nodes):
        if not sees(node):
            continue
        versions = [(line.row.kpi, plan.worked[line.worked].version) for line in plan.lines.get(node, ())]
        kpis = tuple(
            (code, version.name, None if history.state in _COUNTING[version.counts_from] else version.counts_from)
            for code, version in versions
            if any(part.slice in slices for part in version.measure.parts)
        )
        places.append(Place(node=node, name=node_name(frame.directory, node, history.day), kpis=kpis))
    return places

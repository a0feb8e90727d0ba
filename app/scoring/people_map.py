"""A unit's people against their KPIs: who needs help, and with what.

Do not score them one by one: all of them are one selection, scored in one pass, and everything here is read off its arrays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isnan
from typing import NamedTuple

from sqlalchemy import Connection

from app.rules.definitions import Translated
from app.rules.names import person_meant
from app.rules.outlook import Outlook, leading_score
from app.rules.rollup import Band, band, published
from app.rules.terms import Node, NodeKind
from app.scoring.board import node_name
from app.scoring.office import Costly, costly_of
from app.scoring.planning import State
from app.scoring.scorecards import ScoreQuery, Scores, read_figures, score_figures

__all__ = ["MapFilter", "MapRow", "PeopleMap", "narrowed", "people_map"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRow:
    """One person: the score that leads, and that of each of their lines, as published; None for one that nothing goes by yet."""

    node: Node
    name: str
    unit: str
    projected: float | None
    so_far: float | None
    leading: Decimal | None
    cells: Mapping[str, Decimal | None]
    costly: Costly | None


class MapKpi(NamedTuple):
    """A column: a KPI that some of the people have."""

    code: str
    name: Translated
    areas: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleMap:
    """The people of a unit and of all units below, whoever is led lowest first."""

    unit: Node
    name: str
    cycle: int
    day: dt.date
    outlook: Outlook
    kpis: tuple[MapKpi, ...]
    rows: tuple[MapRow, ...]

    @property
    def areas(self) -> tuple[str, ...]:
        """The areas that the columns belong to."""
        return tuple(sorted({area for kpi in self.kpis for area in kpi.areas}))


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFilter:
    """What narrows and sorts the map; what is empty does not narrow.

    Attributes:
        text: a part of a name, or a number.
        band: the band of the leading score.
        area: only the KPIs of this area, and who has one of them.
        sort: ``total``, ``name`` or a KPI.
    """

    text: str = ""
    band: str = ""
    area: str = ""
    sort: str = "total"
    descending: bool = False


def people_map(
    connection: Connection,
    *,
    loaded: State,
    units: Sequence[str],
    asked: ScoreQuery,
    sees: Callable[[Node], bool],
    below: bool = True,
) -> PeopleMap:
    """The people of some units against their KPIs, named after the first.

    Args:
        connection: an open transaction.
        loaded: the agency.
        units: whose people.
        asked: the cycle and the day.
        sees: whether somebody's scores may be seen.
        below: the people of all units below too.

    Queries: those of :func:`app.scoring.read_figures`, however many they are.
    """
    plan = loaded.plan(asked.cycle)
    directory, day = plan.frame.directory, asked.day
    all_units = dict.fromkeys(one for unit in units for one in (directory.units_below(unit, day) if below else (unit,)))
    posted = {Node(NodeKind.EMPLOYEE, number): unit for unit in all_units for number in directory.people_of(unit, day)}
    nodes = tuple(node for node in posted if sees(node))
    selection = plan.select(nodes)
    scored = score_figures(selection, read_figures(connection, selection, asked), asked)
    outlook = plan.outlook(day)
    cells, kpis = _cells(scored, outlook)
    rows = []
    for place, node in enumerate(nodes):
        _, _, so_far, projected = scored.at(place)
        rows.append(
            MapRow(
                node=node,
                name=node_name(directory, node, day),
                unit=node_name(directory, Node(NodeKind.UNIT, posted[node]), day),
                projected=projected,
                so_far=so_far,
                leading=published(leading_score(projected=projected, so_far=so_far, outlook=outlook)),
                cells=cells.get(node, {}),
                costly=costly_of(scored, place),
            )
        )
    unit_node = Node(NodeKind.UNIT, units[0])
    shown = PeopleMap(
        unit=unit_node,
        name=node_name(directory, unit_node, day),
        cycle=plan.cycle,
        day=day,
        outlook=outlook,
        kpis=kpis,
        rows=tuple(rows),
    )
    return narrowed(shown, MapFilter())


def _cells(scored: Scores, outlook: Outlook) -> tuple[dict[Node, dict[str, Decimal | None]], tuple[MapKpi, ...]]:
    """The leading score of every line of those asked for, by node and KPI, and the KPIs in the order in which they are met."""
    selection, plan = scored.selection, scored.selection.plan
    shown_at = selection.shown_worked.tolist()
    so_far, ahead = scored.score.tolist(), scored.ahead_score.tolist()
    order = {node: iter(plan.lines.get(node, ())) for node in selection.nodes[: selection.asked]}
    cells: dict[Node, dict[str, Decimal | None]] = {}
    areas: dict[str, set[str]] = {}
    for place, node_at in enumerate(selection.shown_node.tolist()):
        if node_at >= selection.asked:
            continue
        node, at = selection.nodes[node_at], shown_at[place]
        row = next(order[node]).row
        leading = leading_score(
            projected=None if isnan(so_far[at]) or isnan(ahead[at]) else ahead[at],
            so_far=None if isnan(so_far[at]) else so_far[at],
            outlook=outlook,
        )
        cells.setdefault(node, {})[row.kpi] = published(leading)
        areas.setdefault(row.kpi, set()).update([row.area] if row.area else [])
    kpis = tuple(
        MapKpi(kpi, plan.sheet.kpi(kpi).version(plan.cycle).name, frozenset(of_kpi)) for kpi, of_kpi in areas.items()
    )
    return cells, kpis


def narrowed(shown: PeopleMap, only: MapFilter) -> PeopleMap:
    """The map with the rows and columns that are asked for, sorted; who has nothing to sort by comes last."""
    kpis = tuple(kpi for kpi in shown.kpis if not only.area or only.area in kpi.areas)
    codes = {kpi.code for kpi in kpis}
    rows = [
        row
        for row in shown.rows
        if (not only.text or person_meant(only.text, name=row.name, number=row.node.code))
        and (not only.band or band(row.leading) == Band(only.band))
        and (not only.area or not codes.isdisjoint(row.cells))
    ]

    def score(row: MapRow) -> Decimal | None:
        return row.leading if only.sort == "total" else row.cells.get(only.sort)

    if only.sort == "name":
        rows.sort(key=lambda row: (row.name, row.node), reverse=only.descending)
    else:
        sign = -1 if only.descending else 1
        rows.sort(key=lambda row: (score(row) is None, sign * (score(row) or Decimal(0)), row.name, row.node))
    return PeopleMap(
        unit=shown.unit,
        name=shown.name,
        cycle=shown.cycle,
        day=shown.day,
        outlook=shown.outlook,
        kpis=kpis,
        rows=tuple(rows),
    )

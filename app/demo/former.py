"""The cycle before the one under way, in which one regional headquarters tried out what the whole agency does since.

Its scorecards are of what is given and what is rated, whose figures the past years have already: no activity of that year is made up, or the
year under way would stand beside a tenth of itself. A few figures are reported anew, some of them after everything was settled.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from app.demo.figures import ReportedFigure
from app.demo.lines import Line, Owner
from app.demo.people import Employee, Staffing
from app.demo.units import Unit
from app.rules.presence import cycle_period

__all__ = ["Former", "former_cycle"]

_SATISFACTION: Final = "customer_satisfaction"
_BUDGET: Final = "budget_execution"
_OF_UNITS: Final[Mapping[str, Mapping[str, int]]] = {
    "agency": {_SATISFACTION: 50, _BUDGET: 30, "leadership": 20},
    "regional_hq": {_SATISFACTION: 50, _BUDGET: 30, "leadership": 20},
    "office": {_SATISFACTION: 50, _BUDGET: 30, "evidence_timeliness": 20},
}
_OF_PEOPLE: Final[Mapping[str, Mapping[str, int]]] = {
    "staff": {_SATISFACTION: 60, "evidence_timeliness": 40},
    "manager": {_SATISFACTION: 60, _BUDGET: 40},
}
_OF_HEADS: Final = {_SATISFACTION: 60, _BUDGET: 40}
"""Both of the unit: a head's own lines are rated, and nobody was rated by name in that year."""
_REPORTED_AFTER, _LATE_AFTER = 13, 74
"""So many days after the cycle's end figures are reported; the late ones when it has been certified."""
_LATE_MOST: Final = 3
_LATE_MORE: Final = Decimal("1.8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """What is written of that cycle.

    Attributes:
        cycle: the year that names it.
        lines: its scorecards.
        people: the numbers of those who have one.
        reported: figures in time.
        late: figures of after the close.
    """

    cycle: int
    lines: tuple[Line, ...]
    people: frozenset[str]
    reported: tuple[ReportedFigure, ...]
    late: tuple[ReportedFigure, ...]


def former_cycle(
    staffing: Staffing, lines: Sequence[Line], history: Sequence[tuple[str, str, int, str]], *, head: Employee
) -> Former:
    """The former cycle of the region of a head's office.

    Args:
        staffing: units and people.
        lines: of the cycle under way, with their targets.
        history: rows of ``history.csv``.
        head: who leads an office.
    """
    year = staffing.cycle.year - 1
    begin, end = cycle_period(year, staffing.cycle.first_month)
    assert begin is not None
    assert end is not None
    region = staffing.units.all[head.last.unit].parent
    units = [unit for unit in staffing.units.all if _took_part(unit, region, begin)]
    people = [(place, one) for place, one in enumerate(staffing.employees) if _was_there(one, units, begin)]
    of_node: dict[str, dict[str, Line]] = {}
    for line in lines:
        of_node.setdefault(line.owner.node, {})[line.kpi] = line
    cards = [line for unit in units for line in _chosen(of_node[f"unit:{unit.code}"], _OF_UNITS[unit.kind])]
    for place, one in people:
        node, own = f"employee:{one.number}", f"unit:{staffing.units.all[one.last.unit].code}"
        if one.role == "head":
            cards += _of_head(Owner(is_unit=False, place=place, node=node), of_node[own])
        else:
            cards += _chosen(of_node[node], _OF_PEOPLE[one.role])
    known = {(node, kpi): value for node, kpi, of_year, value in history if of_year == year}
    heads = {one.last.unit: one.number for one in staffing.employees if one.role == "head" and one.left_on is None}
    offices = sorted(
        (unit for unit in units if unit.kind == "office" and (f"unit:{unit.code}", _SATISFACTION) in known),
        key=lambda unit: (unit.place != head.last.unit, unit.place),
    )

    def reported(unit: Unit, *, more: Decimal, day: dt.date) -> ReportedFigure:
        node = f"unit:{unit.code}"
        value = min(Decimal(known[node, _SATISFACTION]) + more, Decimal(100))
        by = heads.get(unit.place, head.number)
        return ReportedFigure(node=node, kpi=_SATISFACTION, cycle=year, value=f"{value:f}", by=by, day=day)

    in_time, too_late = end + dt.timedelta(days=_REPORTED_AFTER), end + dt.timedelta(days=_LATE_AFTER)
    return Former(
        cycle=year,
        lines=tuple(cards),
        people=frozenset(one.number for _, one in people),
        reported=tuple(reported(unit, more=Decimal(0), day=in_time) for unit in offices),
        late=tuple(reported(unit, more=_LATE_MORE, day=too_late) for unit in offices[:_LATE_MOST]),
    )


def _took_part(unit: Unit, region: int | None, begin: dt.date) -> bool:
    """The agency itself, the region, and the offices that belonged to it all the time."""
    if unit.kind == "agency":
        return True
    is_there = unit.place == region or (unit.kind == "office" and unit.parent == region and unit.old_parent is None)
    return is_there and unit.since <= begin


def _was_there(employee: Employee, units: Sequence[Unit], begin: dt.date) -> bool:
    """Who was posted there before it began, and still is."""
    there = {unit.place for unit in units if unit.kind != "agency"}
    only = len(employee.postings) == 1 and employee.left_on is None and employee.last.unit in there
    return only and max(employee.last.from_, employee.hired_on) < begin


def _chosen(card: Mapping[str, Line], weights: Mapping[str, int]) -> Iterator[Line]:
    """Lines as they are now, under other weights."""
    return (replace(card[kpi], weight=Decimal(weight), coefficient="") for kpi, weight in weights.items())


def _of_head(owner: Owner, unit: Mapping[str, Line]) -> Iterator[Line]:
    return (
        Line(
            owner=owner,
            kpi=kpi,
            weight=Decimal(weight),
            area="",
            link="shared",
            parent_node=unit[kpi].owner.node,
            parent_kpi=kpi,
        )
        for kpi, weight in _OF_HEADS.items()
    )

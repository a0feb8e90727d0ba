"""Who is measured on what: the lines of every scorecard, from ``agency.yaml``, with the links between them.

Do not link a line to a parent that has no such line: ``identical`` and ``shared`` need one, so parents come
before their children here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.demo.people import Staffing
from app.demo.units import Unit
from app.demo.world import agency_plan
from app.rules.definitions import Definitions

__all__ = ["Line", "Owner", "lines"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A unit or an employee, by its number."""

    is_unit: bool
    place: int
    node: str
    """As the files write it."""


@dataclass(slots=True, kw_only=True)
class Line:
    """A row of ``scorecards.csv``; its figures come later."""

    owner: Owner
    kpi: str
    weight: Decimal
    area: str
    link: str
    parent_node: str = ""
    parent_kpi: str = ""
    part: float = 1.0
    """Its part of what the agency has, of what is entered by hand."""
    base: str = ""
    target: str = ""
    coefficient: str = ""


class _Cards:
    """Scorecards as they are written, parents before children."""

    def __init__(self, staffing: Staffing, definitions: Definitions) -> None:
        self.staffing, self.definitions = staffing, definitions
        self.plan: Mapping[str, Any] = agency_plan()["lines"]
        self.root = self.unit(staffing.units.all[0])
        self.of: dict[str, list[Line]] = {}

    def unit(self, unit: Unit) -> Owner:
        return Owner(is_unit=True, place=unit.place, node=f"unit:{unit.code}")

    def has(self, node: str, kpi: str) -> bool:
        return any(line.kpi == kpi for line in self.of.get(node, ()))

    def write(self, owner: Owner, above: Owner | None, profile: str) -> None:
        """Give a node the lines of a profile; inherited ones are the heaviest of the unit above that it has not itself."""
        entry = self.plan[profile]
        own: Sequence[Mapping[str, Any]] = entry if isinstance(entry, list) else entry["own"]
        found = [self._line(owner, above, one) for one in own]
        if above is not None and not isinstance(entry, list):
            there = {line.kpi for line in found}
            heaviest = sorted(self.of[above.node], key=lambda line: -line.weight)
            heirs = [line for line in heaviest if line.kpi not in there]
            inherited = [
                Line(
                    owner=owner,
                    kpi=line.kpi,
                    weight=Decimal(str(weight)),
                    area="",
                    link="shared",
                    parent_node=above.node,
                    parent_kpi=line.kpi,
                )
                for line, weight in zip(heirs, entry["inherit"], strict=False)
            ]
            found = inherited + found
            # A unit with few lines leaves less to inherit.
            found[0].weight += Decimal(100) - sum(line.weight for line in found)
        self.of[owner.node] = found

    def _line(self, owner: Owner, above: Owner | None, entry: Mapping[str, Any]) -> Line:
        kpi = entry["kpi"]
        if kpi not in self.definitions.kpis:
            message = f"the demonstration agency needs a KPI {kpi!r}, which the definitions do not have"
            raise ValueError(message)
        parent = {"unit": above, "agency": self.root, None: None}[entry.get("parent")]
        parent_kpi = entry.get("parent_kpi", kpi) if parent is not None else ""
        if parent is not None and not self.has(parent.node, parent_kpi):
            message = f"{owner.node}: {parent.node} has no line of {parent_kpi} to be a parent of {kpi}"
            raise ValueError(message)
        return Line(
            owner=owner,
            kpi=kpi,
            weight=Decimal(str(entry["weight"])),
            area=entry.get("area", ""),
            link=entry.get("link", "contributory"),
            parent_node=parent.node if parent is not None else "",
            parent_kpi=parent_kpi,
            part=float(entry.get("part", 1)),
        )


def _profile(cards: _Cards, unit: Unit) -> str:
    """An office has other lines where its country is one that a line of theirs asks for."""
    if unit.kind != "office":
        return unit.lines
    year = cards.staffing.cycle.year
    for entry in cards.plan["office_in_target_market"]:
        kpi = cards.definitions.kpis.get(entry["kpi"])
        if kpi is not None and unit.country in kpi.version(year).measure.where.countries:
            return "office_in_target_market"
    return "office"


def _employees(cards: _Cards) -> Iterator[tuple[Owner, Owner, str]]:
    """Every employee but the head of the agency, with the unit that the lines hang on and their profile."""
    for place, employee in enumerate(cards.staffing.employees):
        unit = cards.staffing.units.all[employee.last.unit]
        owner = Owner(is_unit=False, place=place, node=f"employee:{employee.number}")
        if employee.role == "head":
            if unit.kind != "agency":
                yield owner, cards.root, "head"
            continue
        where = "abroad" if unit.kind in {"office", "regional_hq"} else "at_headquarters"
        yield owner, cards.unit(unit), f"{employee.role}_{where}"


def lines(staffing: Staffing, definitions: Definitions) -> list[Line]:
    """All lines of the cycle: of units first, parents before children, then of employees by their number."""
    cards = _Cards(staffing, definitions)
    for unit in staffing.units.all:
        above = None if unit.parent is None else cards.unit(staffing.units.all[unit.parent])
        cards.write(cards.unit(unit), above, _profile(cards, unit))
    for owner, above, profile in _employees(cards):
        cards.write(owner, above, profile)
    return [line for card in cards.of.values() for line in card]

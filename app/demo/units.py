"""The demonstration agency's units: its tree, on every day, with what is reorganised in mid-cycle.

Do not take a unit's parent for granted: one office moves to another region in the middle of the cycle,
so there are two trees, one before that day and one from it on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from app.demo.seasons import CycleUnderWay
from app.demo.world import Place, agency_plan, places
from app.organisation import day_in

__all__ = [
    "FULL_SIZE",
    "LEAST_PEOPLE",
    "Unit",
    "Units",
    "area_names",
    "day_of",
    "group_names",
    "headcounts",
    "units_for",
]

FULL_SIZE: Final = 1300
LEAST_PEOPLE: Final = 60
_SMALL_OFFICES: Final = 12
_FOUNDED: Final = dt.date(1962, 6, 21)
_OPENED: Final = dt.date(1994, 1, 1)
_GROUP_SIZE: Final = 15
_SEOUL: Final = ("KR", "Asia/Seoul")


def day_of(at: dt.datetime) -> dt.date:
    """The day that an instant is of at the seat of the agency."""
    return day_in(_SEOUL[1], at)


@dataclass(slots=True, kw_only=True)
class Unit:
    """A unit as it is on the day the agency is built."""

    place: int
    """Its number: units are known by it here."""
    code: str
    name: str
    kind: str
    parent: int | None
    country: str
    timezone: str
    since: dt.date
    lines: str
    """Which lines of ``agency.yaml`` its scorecard has."""
    size: float
    """Its part of the people of its kind."""
    rate: float
    """How much its people do of what an office's do."""
    group: str = ""
    old_name: str = ""
    old_parent: int | None = None


@dataclass(frozen=True, kw_only=True)
class Units:
    """All units, parents before children."""

    all: Sequence[Unit]
    changed_on: dt.date
    """The day of the reorganisation."""

    def of_kind(self, *kinds: str) -> list[int]:
        """The numbers of the units of some kinds."""
        return [unit.place for unit in self.all if unit.kind in kinds]

    @cached_property
    def offices(self) -> list[int]:
        """The offices."""
        return self.of_kind("office")

    @cached_property
    def headquarters(self) -> list[int]:
        """Where people at headquarters sit: teams, and divisions without any."""
        with_teams = {unit.parent for unit in self.all if unit.kind == "team"}
        return [
            unit.place
            for unit in self.all
            if unit.kind == "team" or (unit.kind == "division" and unit.place not in with_teams)
        ]

    @cached_property
    def by_code(self) -> Mapping[str, Unit]:
        """Units by their code."""
        return {unit.code: unit for unit in self.all}

    def above(self, place: int, *, before_change: bool = False) -> list[int]:
        """The units above one, the nearest first."""
        chain: list[int] = []
        at: int | None = place
        while at is not None:
            unit = self.all[at]
            at = unit.old_parent if before_change and unit.old_parent is not None else unit.parent
            if at is not None:
                chain.append(at)
        return chain

    def children(self, place: int) -> list[Unit]:
        """The units directly below one, as on the day the agency is built."""
        return [unit for unit in self.all if unit.parent == place]


def _chosen(count: int) -> list[Place]:
    """So many cities, from the regions in turn; all of them at full size."""
    if count >= len(places()):
        return list(places())
    regions: dict[str, list[Place]] = {}
    small = count < 3 * len(agency_plan()["regions"])
    wanted = list(agency_plan()["regions"])[: 3 if small else None]
    for place in places():
        if place.region in wanted:
            regions.setdefault(place.region, []).append(place)
    chosen: list[Place] = []
    while len(chosen) < count and any(regions.values()):
        for region in wanted:
            if regions[region] and len(chosen) < count:
                chosen.append(regions[region].pop(0))
    kept = {place.code for place in chosen}
    return [place for place in places() if place.code in kept]


def _groups(chosen: Sequence[Place]) -> dict[str, str]:
    """Evaluation groups of 10 to 20 similar offices: the same kind of market, about the same size."""
    found: dict[str, str] = {}
    markets = ("advanced", "growing", "developing") if len(chosen) >= 90 else ("all",)
    for market in markets:
        alike = sorted(
            (one for one in chosen if market in {"all", one.market}), key=lambda one: (-one.volume, one.code)
        )
        parts = max(1, round(len(alike) / _GROUP_SIZE))
        labels = ["large", "medium", "small"] if parts == 3 else [str(part + 1) for part in range(parts)]
        for place, one in enumerate(alike):
            title = "Offices" if market == "all" else f"{market.capitalize()} markets"
            found[one.code] = f"{title} ({labels[place * parts // len(alike)]})"
    return found


def group_names(units: Sequence[Unit]) -> dict[str, dict[str, str]]:
    """What each evaluation group of the units is called in each language."""
    titles, sizes = agency_plan()["groups"], agency_plan()["group_sizes"]
    named: dict[str, dict[str, str]] = {}
    for group in sorted({unit.group for unit in units if unit.group}):
        title, _, size = group.removesuffix(")").partition(" (")
        said = {"en": group}
        for language, word in titles[title].items():
            said[language] = f"{word} ({sizes[size][language] if size in sizes else size})" if size else word
        named[group] = said
    return named


def area_names() -> dict[str, dict[str, str]]:
    """What the areas of the scorecards are called in each language."""
    return {area: {"en": area, **said} for area, said in agency_plan()["areas"].items()}


class _Builder:
    """Adds units one after the other."""

    def __init__(self) -> None:
        self.all: list[Unit] = []

    def add(self, **members: Any) -> Unit:
        unit = Unit(place=len(self.all), **members)
        self.all.append(unit)
        return unit


def _headquarters(builder: _Builder, plan: Mapping[str, Any], root: Unit, *, small: bool) -> None:
    country, timezone = _SEOUL
    for entry in plan["divisions"][: 4 if small else None]:
        division = builder.add(
            code=entry["code"],
            name=entry.get("renamed", entry["name"]),
            old_name=entry["name"] if "renamed" in entry else "",
            kind="division",
            parent=root.place,
            country=country,
            timezone=timezone,
            since=_OPENED,
            lines=entry["lines"],
            size=0.0 if entry["teams"] and not small else 1.0,
            rate=float(entry["rate"]),
            group="Headquarters divisions",
        )
        for code, name in entry["teams"].items() if not small else ():
            builder.add(
                code=code,
                name=name,
                kind="team",
                parent=division.place,
                country=country,
                timezone=timezone,
                since=_OPENED,
                lines="team",
                size=1.0,
                rate=float(entry["rate"]),
            )


def units_for(people: int, cycle: CycleUnderWay) -> Units:
    """The units of an agency of so many people: all of them from some 700 people on, else fewer."""
    plan = agency_plan()
    count = len(places()) if people >= FULL_SIZE // 2 + 50 else max(_SMALL_OFFICES, round(people * 129 / FULL_SIZE))
    chosen = _chosen(count)
    small = len(chosen) < 30
    changed_on = cycle.day(cycle.passed // 2).replace(day=1)
    builder = _Builder()
    country, timezone = _SEOUL
    root = builder.add(
        code=plan["root"]["code"],
        name=plan["root"]["name"],
        kind="agency",
        parent=None,
        country=country,
        timezone=timezone,
        since=_FOUNDED,
        lines="agency",
        size=0.0,
        rate=0.0,
    )
    _headquarters(builder, plan, root, small=small)
    if small:
        last = builder.all[-1]
        last.old_name, last.name = last.name, last.name.replace("Division", "Bureau")
    regions = {place.region for place in chosen}
    seats = {place.code: place for place in places()}
    above = {
        code: builder.add(
            code=f"RHQ-{code}",
            name=entry["name"],
            kind="regional_hq",
            parent=root.place,
            country=seats[entry["seat"]].country,
            timezone=seats[entry["seat"]].timezone,
            since=_OPENED,
            lines="regional_hq",
            size=1.0,
            rate=0.45,
            group="Regional headquarters",
        ).place
        for code, entry in plan["regions"].items()
        if code in regions
    }
    _offices(builder, chosen, above, cycle)
    return Units(all=builder.all, changed_on=changed_on)


def _offices(builder: _Builder, chosen: Sequence[Place], above: Mapping[str, int], cycle: CycleUnderWay) -> None:
    moves = agency_plan()["moves"]
    groups = _groups(chosen)
    mover = moves["office"] if any(one.code == moves["office"] for one in chosen) else chosen[0].code
    for one in chosen:
        goal = moves["to"] if one.code == moves["office"] else list(above)[-1]
        is_moving = one.code == mover and goal != one.region
        builder.add(
            code=one.code,
            name=f"{one.city} office",
            kind="office",
            parent=above[goal if is_moving else one.region],
            old_parent=above[one.region] if is_moving else None,
            country=one.country,
            timezone=one.timezone,
            since=_OPENED if one.years is None else dt.date(cycle.year - one.years, cycle.first_month, 1),
            lines="office",
            size=one.volume + 1.5,
            rate=1.0,
            group=groups[one.code],
        )


def _apportioned(total: int, sizes: Mapping[int, float], least: int) -> dict[int, int]:
    """So many people over units by their sizes, by largest remainders, at least so many each."""
    left = total - least * len(sizes)
    whole = sum(sizes.values()) or 1.0
    exact = {place: left * size / whole for place, size in sizes.items()}
    found = {place: least + int(share) for place, share in exact.items()}
    order = sorted(exact, key=lambda place: (int(exact[place]) - exact[place], place))
    for place in order[: total - sum(found.values())]:
        found[place] += 1
    return found


def headcounts(units: Units, people: int) -> dict[int, int]:
    """How many people each unit has, its head among them."""
    if people < LEAST_PEOPLE:
        message = f"an agency has at least {LEAST_PEOPLE} people here, not {people}"
        raise ValueError(message)
    alone = [unit.place for unit in units.all if unit.kind in {"agency", "division"} and not unit.size]
    regional, offices, home = units.of_kind("regional_hq"), units.offices, units.headquarters
    left = people - len(alone)
    abroad = max(2 * len(offices), round(left * 0.61))
    at_regional = max(2 * len(regional), round(left * 0.06))
    found = dict.fromkeys(alone, 1)
    found |= _apportioned(left - abroad - at_regional, {place: units.all[place].size for place in home}, 2)
    found |= _apportioned(at_regional, {place: units.all[place].size for place in regional}, 2)
    found |= _apportioned(abroad, {place: units.all[place].size for place in offices}, 2)
    return dict(sorted(found.items()))

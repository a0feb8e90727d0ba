"""What the demonstration agency is made of, read from the files beside this module: real cities, divisions, lines, words for names.

Do not write a KPI's name into code: which level has which KPI stands in ``agency.yaml`` alone.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.demo.seasons import Climate
from app.kit.yaml_places import read_yaml

__all__ = ["Place", "agency_plan", "climate_of", "names", "places", "unit_names"]

_HERE: Final = Path(__file__).parent
_SOUTHERN: Final = frozenset(["AU", "NZ", "BR", "AR", "CL", "PE", "ZA"])
_GULF: Final = frozenset(["KW", "OM", "QA", "JO", "IQ", "EG", "DZ", "IL", "BD", "IR"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A city with an office."""

    code: str
    city: str
    country: str
    timezone: str
    region: str
    market: str
    volume: int
    """How big the market is, 3 to 10; heads and activities follow it."""
    years: int | None
    """For how many years there has been an office; None for long."""


def climate_of(country: str) -> Climate:
    """Whose seasons and weekends a country has."""
    if country in _SOUTHERN:
        return Climate.SOUTHERN
    return Climate.GULF if country in _GULF else Climate.NORTHERN


@functools.cache
def places() -> Sequence[Place]:
    """All 129 offices, in 84 countries."""
    with (_HERE / "offices.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Place(
                code=row["code"],
                city=row["city"],
                country=row["country"],
                timezone=row["timezone"],
                region=row["region"],
                market=row["market"],
                volume=int(row["volume"]),
                years=int(row["since"]) if row["since"] else None,
            )
            for row in csv.DictReader(file)
        )


@functools.cache
def unit_names() -> Mapping[str, tuple[str, str]]:
    """What each unit is called in Korean and in Spanish, by its English name."""
    with (_HERE / "unit_names.csv").open(encoding="utf-8", newline="") as file:
        return {row["name"]: (row["ko"], row["es"]) for row in csv.DictReader(file)}


def _content(name: str) -> Mapping[str, Any]:
    placed, findings = read_yaml((_HERE / name).read_bytes(), file=name)
    if placed is None or findings or not isinstance(placed.content, dict):
        raise ValueError([str(finding) for finding in findings])
    return placed.content


@functools.cache
def agency_plan() -> Mapping[str, Any]:
    """``agency.yaml``: divisions, regions, currencies, what is entered by hand, and the lines of every level."""
    return _content("agency.yaml")


@functools.cache
def names() -> Mapping[str, Any]:
    """``names.yaml``: what names of people, companies and buyers are made of."""
    return _content("names.yaml")

"""An agency folder and its definitions, read into plain values.

Nothing is checked here: the reference computes what a *valid* folder means. All numbers are fractions, made from the text as it
stands in the file. YAML 1.1 reads the country ``NO`` as false and ``0302`` as an octal number; the
loader here does neither.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Row = Mapping[str, str]

DAY = dt.timedelta(days=1)
FAR_PAST = dt.date(1, 1, 1)
FAR_FUTURE = dt.date(9999, 12, 31)

FILES = (
    "units",
    "employees",
    "postings",
    "rates",
    "history",
    "employment",
    "scorecards",
    "ratings",
    "status",
    "results",
    "exclusions",
    "plan",
)

DEFAULT_POLICIES: dict[str, Any] = {
    "cycle": {"first_month": 1},
    "blend": {
        "staff": {"unit": 50, "own": 50},
        "manager": {"unit": 70, "own": 30},
        "head": {"unit": 100, "own": 0},
    },
    "grades": [
        {"grade": "S", "share": 10, "rate": 134},
        {"grade": "A", "share": 15, "rate": 115},
        {"grade": "B", "share": 50, "rate": 100},
        {"grade": "C", "share": 15, "rate": 85},
        {"grade": "D", "share": 5, "rate": 66},
        {"grade": "E", "share": 5, "rate": 0},
    ],
    "rules": {
        "min_grades": 6,
        "top_share_min": 10,
        "lowest_two_share_min": 10,
        "single_share_max": 50,
        "lowest_rate_max": 0,
        "top_to_second_lowest_min": 2,
    },
    "groups": {"minimum": 10, "heads_apart": True},
    "minimum_days": 60,
    "pay": {
        "institution_grade": "B",
        "institution_rates": {"S": 100, "A": 80, "B": 60, "C": 40, "D": 0, "E": 0},
    },
    "promotion": {"years": 3, "performance_share": 95, "career_per_year": 0.25, "career_max": 5, "bonus_max": 5},
    "unique_weight_max": 40,
    "legal_forms": [
        "gmbh",
        "ltd",
        "inc",
        "co",
        "llc",
        "sa",
        "ag",
        "corp",
        "limited",
        "plc",
        "bv",
        "kg",
        "spa",
        "srl",
        "oy",
        "ab",
        "as",
    ],
}


class PlainLoader(yaml.SafeLoader):
    """YAML with the scalars of JSON: true, false, null, decimal numbers; everything else is text."""


PlainLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"^(?:true|false)$", "tf"),
    ("tag:yaml.org,2002:null", r"^(?:null|~|)$", ["n", "~", ""]),
    ("tag:yaml.org,2002:int", r"^-?(?:0|[1-9][0-9]*)$", "-0123456789"),
    ("tag:yaml.org,2002:float", r"^-?(?:0|[1-9][0-9]*)\.[0-9]+$", "-0123456789"),
):
    PlainLoader.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))


def number(written: object) -> Fraction:
    """The exact value of a number as a file writes it."""
    return Fraction(str(written))


def number_or_none(written: str) -> Fraction | None:
    """The value of a cell; empty means absent."""
    return Fraction(written) if written else None


def first_day(written: str) -> dt.date:
    """The day a period begins; an open one began long ago."""
    return dt.date.fromisoformat(written) if written else FAR_PAST


def day_after(written: str) -> dt.date:
    """The day after the last of a period; an open one never ends."""
    return dt.date.fromisoformat(written) if written else FAR_FUTURE


@dataclass(frozen=True)
class Cycle:
    """The twelve months of a cycle: its first day, the day after its last, and all its days."""

    year: int
    first_month: int

    @property
    def start(self) -> dt.date:
        """The first day."""
        return dt.date(self.year, self.first_month, 1)

    @property
    def end(self) -> dt.date:
        """The day after the last day."""
        return dt.date(self.year + 1, self.first_month, 1)

    @property
    def days(self) -> list[dt.date]:
        """Every day of the cycle."""
        return _days(self.start, self.end)

    def month_of(self, day: dt.date) -> int:
        """Which of the cycle's twelve months a day is in, from 1."""
        return (day.month - self.first_month) % 12 + 1


@cache
def _days(start: dt.date, end: dt.date) -> list[dt.date]:
    """The days from one up to another: of a year they are asked for again and again."""
    return [start + n * DAY for n in range((end - start).days)]


@dataclass(frozen=True)
class Folder:
    """An agency folder, its definitions and its policies, as the files say them."""

    rows: Mapping[str, list[Row]]
    definitions: Mapping[str, Mapping[str, Any]]
    policies: Mapping[str, Any]

    def cycle(self, year: int) -> Cycle:
        """The cycle of that year."""
        return Cycle(year, int(self.policies["cycle"]["first_month"]))

    def unit_on(self, code: str, day: dt.date) -> Row | None:
        """The row of a unit that holds on a day."""
        for row in self.rows["units"]:
            if row["code"] == code and first_day(row["valid_from"]) <= day < day_after(row["valid_to"]):
                return row
        return None

    def upwards(self, code: str, day: dt.date) -> list[Row]:
        """A unit's row on a day and those of every unit above it on that day, from below."""
        chain: list[Row] = []
        while code:
            row = self.unit_on(code, day)
            if row is None:
                break
            chain.append(row)
            code = row["parent"]
        return chain

    def posted_to(self, employee: str, day: dt.date) -> str | None:
        """The unit an employee is posted to on a day."""
        for row in self.rows["postings"]:
            if row["employee"] == employee and first_day(row["from"]) <= day < day_after(row["to"]):
                return row["unit"]
        return None

    def employed_as(self, employee: str, cycle: Cycle) -> Row:
        """Job, rank and monthly base of a cycle: those of its last day in service, a dated row's cells before the employee's own."""
        (own,) = [row for row in self.rows["employees"] if row["number"] == employee]
        held = {column: own[column] for column in ("job", "rank", "monthly_base")}
        in_service = [day for day in cycle.days if first_day(own["hired_on"]) <= day < day_after(own["left_on"])]
        for row in self.rows["employment"]:
            if row["employee"] != employee or not in_service:
                continue
            if first_day(row["from"]) <= in_service[-1] < day_after(row["to"]):
                held |= {column: row[column] for column in held if row[column]}
        return held

    def status_days(self, employee: str, cycle: Cycle, kinds: Iterable[str]) -> set[dt.date]:
        """Days of the cycle on which an employee has a status of one of the kinds."""
        wanted = set(kinds)
        found: set[dt.date] = set()
        for row in self.rows["status"]:
            if row["employee"] == employee and int(row["cycle"]) == cycle.year and row["kind"] in wanted:
                start, end = first_day(row["from"]), day_after(row["to"])
                found |= {day for day in cycle.days if start <= day < end}
        return found

    def definition(self, kpi: str, year: int) -> dict[str, Any]:
        """A KPI's definition as it holds for a cycle: the first text, changed by every version from before or of that cycle."""
        written = self.definitions[kpi]
        held = {name: value for name, value in written.items() if name != "versions"}
        for version in sorted(written.get("versions") or [], key=lambda version: int(version["from"])):
            if int(version["from"]) <= year:
                held |= {name: value for name, value in version.items() if name != "from"}
        return held

    def is_new_version(self, kpi: str, year: int) -> bool:
        """Whether the cycle is the first one of a version of the KPI."""
        return any(int(version["from"]) == year for version in self.definitions[kpi].get("versions") or [])


def read_folder(agency: Path, definitions: Path) -> Folder:
    """Read an agency folder and a folder of definitions. A file that is not there is as one without rows."""
    rows: dict[str, list[Row]] = {}
    for name in FILES:
        path = agency / f"{name}.csv"
        if path.exists():
            with path.open(encoding="utf-8-sig", newline="") as lines:
                rows[name] = list(csv.DictReader(lines))
        else:
            rows[name] = []
    return Folder(rows, _read_definitions(definitions), _read_policies(definitions / "policies.yaml"))


def _read_yaml(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=PlainLoader)


def _read_definitions(folder: Path) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.name in {"goals.yaml", "policies.yaml"}:
            continue
        content = _read_yaml(path)
        for definition in content if isinstance(content, list) else content.get("kpis", [content]):
            found[definition["code"]] = definition
    return found


def _read_policies(path: Path) -> Mapping[str, Any]:
    written = (_read_yaml(path) if path.exists() else None) or {}
    return over_defaults(DEFAULT_POLICIES, written)


def over_defaults(default: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping keeps the defaults of what it does not name, a list replaces."""
    merged = dict(default)
    for name, value in written.items():
        if isinstance(value, Mapping) and isinstance(default.get(name), Mapping):
            merged[name] = over_defaults(default[name], value)
        else:
            merged[name] = value
    return merged

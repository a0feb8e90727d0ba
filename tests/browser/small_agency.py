"""The small agency that goes through a whole year at a browser: its folder and definitions, whoever sits where, and its year written down by hand.

The hand's figures come from :mod:`tests.reference` and from fractions alone: none of the product's code has worked them out.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from tests.browser.person import Person
from tests.conftest import Kopes, Serve
from tests.reference.agency import ReferenceAgency

__all__ = [
    "ACCOUNTS",
    "BASES",
    "COMMITTEE",
    "CONSULTED",
    "INSTITUTION",
    "JULY",
    "LATE",
    "LATE_ON",
    "NAMES",
    "WON",
    "Paid",
    "Walk",
    "by_hand",
    "folder_rows",
    "paid_by_hand",
    "written",
]

JULY: Final = "2026-07-06T08:00:00Z"

NAMES: Final = {"E1": "Alba", "E2": "Boram", "E3": "Chae", "E4": "Gaston", "E5": "Fumiko", "E6": "Jiho"}
JOBS: Final = {"E1": "staff", "E2": "head", "E3": "head", "E4": "head", "E5": "head", "E6": "staff"}
PLACES: Final = {"E1": "VIE", "E2": "VIE", "E3": "EUR", "E4": "HQ", "E5": "PAR", "E6": "HQ"}
BASES: Final = {"E1": 2_750_410, "E2": 3_100_970, "E3": 3_900_330, "E4": 5_200_070, "E5": 3_000_190, "E6": 2_600_530}
"""Won a month; no two alike, and none that a rate divides evenly."""
ACCOUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "dana": ("hr",),
    "ferran": ("executive",),
    "anna": ("member",),
    "carla": ("member",),
    "cleo": ("member",),
    "cora": ("member",),
    "petra": ("member",),
    "mia": ("member",),
    "max": ("member",),
    "mei": ("member",),
} | {name.lower(): ("employee", number) for number, name in NAMES.items()}

CONSULTED: Final = ("Nordwind", "Donau")
WON: Final = {"Rhein": "40000", "Weser": "30000"}
COMMITTEE: Final = ("mia", "max", "mei")
LATE: Final = "Isar"
"""Whom Alba had a consult with in December, and did not log before the cut."""
LATE_ON: Final = "2026-12-18"

INSTITUTION: Final = ("A", 80)
"""What the ministry found of the agency, and what that pays, in percent."""
LEAVE: Final = ("2026-08-01", "2026-08-31")
"""From when until before when Jiho is away, and is not paid for it."""
LEAVE_DAYS: Final = {"E6": 30}
GRADE_RATES: Final = {"S": 134, "A": 115, "B": 100, "C": 85, "D": 66, "E": 0}
"""What the rules pay for each grade where an agency says nothing else, in percent."""

Rows = Sequence[Mapping[str, str]]


def _line(node: str, kpi: str, weight: int, target: str, above: str = "", link: str = "contributory") -> dict[str, str]:
    line = {"cycle": "2026", "node": node, "kpi": kpi, "weight": str(weight), "link": link if above else "unique"}
    return line | {"parent_node": above, "parent_kpi": kpi if above else "", "target": target}


def folder_rows() -> dict[str, list[dict[str, str]]]:
    """The agency as it is loaded: a region whose deals its two offices carry, and two of the staff; heads have no lines of their own."""
    units = [
        {"code": code, "name": name, "kind": kind, "parent": parent, "country": country, "timezone": "Europe/Vienna"}
        | {"evaluation_group": "", "valid_from": "2020-01-01", "valid_to": ""}
        for code, name, kind, parent, country in (
            ("HQ", "Handel Agency", "agency", "", "KR"),
            ("EUR", "Europe", "regional_hq", "HQ", "DE"),
            ("VIE", "Vienna", "office", "EUR", "AT"),
            ("PAR", "Paris", "office", "EUR", "FR"),
        )
    ]
    employees = [
        {"number": number, "name": name, "email": f"{name.lower()}@agency.example", "rank": "G4", "job": JOBS[number]}
        | {"monthly_base": str(BASES[number]), "hired_on": "2020-01-01", "left_on": ""}
        for number, name in NAMES.items()
    ]
    postings = [
        {"employee": number, "unit": unit, "role": JOBS[number], "from": "2020-01-01", "to": ""}
        for number, unit in PLACES.items()
    ]
    history = [
        {"node": f"unit:{unit}", "kpi": "deals", "year": "2025", "actual": actual}
        for unit, actual in (("VIE", "15"), ("PAR", "5"))
    ]
    scorecards = [
        _line("unit:HQ", "deals", 60, "40"),
        _line("unit:HQ", "consults", 40, "100"),
        _line("unit:EUR", "deals", 60, "20", "unit:HQ"),
        _line("unit:EUR", "consults", 40, "60", "unit:HQ"),
        _line("unit:VIE", "deals", 60, "1", "unit:EUR", "identical"),
        _line("unit:VIE", "consults", 40, "30", "unit:EUR"),
        _line("unit:PAR", "deals", 60, "1", "unit:EUR", "identical"),
        _line("unit:PAR", "consults", 40, "20", "unit:EUR"),
        _line("employee:E1", "deals", 50, "4", "unit:VIE"),
        _line("employee:E1", "consults", 30, "10", "unit:VIE"),
        _line("employee:E1", "counsel", 20, ""),
        _line("employee:E6", "consults", 70, "5", "unit:HQ"),
        _line("employee:E6", "counsel", 30, ""),
    ]
    away = {"employee": "E6", "cycle": "2026", "kind": "leave", "from": LEAVE[0], "to": LEAVE[1], "note": ""}
    return {
        "units": units,
        "employees": employees,
        "postings": postings,
        "history": history,
        "scorecards": scorecards,
        "status": [away],
    }


def _definitions() -> dict[str, Any]:
    """Deals count once they are verified, consults at once, and how somebody counsels is rated. Three hear an objection: the agency is small."""
    task = {"code": "lead_companies", "name": {"en": "Lead companies to buyers"}}
    goals = [{"code": "exports", "name": {"en": "Exports grow"}, "perspective": "customer", "tasks": [task]}]
    deals = {"activity": "export_deal", "aggregate": "count"}
    given = {"goal": "lead_companies", "class": "main", "direction": "up"}
    target = {"name": "target"}
    kpis = [
        {"code": "deals", "name": {"en": "Deals won", "ko": "계약 건수"}, "unit": {"en": "deals", "ko": "건"}, **given}
        | {"measure": deals, "counts_from": "verified", "method": target},
        {
            "code": "consults",
            "name": {"en": "Export consults", "ko": "수출상담"},
            "unit": {"en": "consults", "ko": "건"},
        }
        | {**given, "measure": deals | {"activity": "export_consult"}, "counts_from": "entered", "method": target},
        {
            "code": "counsel",
            "name": {"en": "Quality of counsel", "ko": "상담 품질"},
            "unit": {"en": "points", "ko": "점"},
        }
        | {**given, "measure": {"aggregate": "rating"}, "counts_from": "entered", "method": {"name": "qualitative"}},
    ]
    committee = {"objections": {"committee": 3}}
    return {"goals": {"goals": goals}, "kpis": {"kpis": kpis}, "policies": committee}


def written(folder: Path, files: Mapping[str, Rows]) -> tuple[Path, Path]:
    """The agency folder and the definitions, as somebody writes them."""
    agency, definitions = folder / "agency", folder / "definitions"
    agency.mkdir(parents=True)
    definitions.mkdir()
    more = {"scorecards": ("area", "base", "high", "low", "coefficient")}
    for name, rows in files.items():
        with (agency / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, [*rows[0], *more.get(name, ())], restval="")
            writer.writeheader()
            writer.writerows(rows)
    for name, content in _definitions().items():
        (definitions / f"{name}.yaml").write_text(json.dumps(content), encoding="utf-8")
    return agency, definitions


@dataclass
class Walk:
    """The agency, and whoever of it sits at a browser at the present that the server has."""

    database: str
    folder: Path
    kopes: Kopes
    serve: Serve
    come: Callable[..., Person]
    passwords: dict[str, str] = field(default_factory=dict)
    url: str = ""
    present: str = ""
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What everybody came to in the end, worked out by hand once."""

    def run(self, *words: str | Path) -> str:
        """A command, at the same present."""
        return self.kopes(
            *words, database=self.database, definitions=self.folder / "definitions", status=None, KOPES_NOW=self.present
        ).out

    def at(self, present: str) -> None:
        """Time has gone by: sessions of before have ended."""
        self.present = present
        self.url = self.serve(self.database, definitions=self.folder / "definitions", KOPES_NOW=present).url

    def enter(self, *names: str, width: int = 1440) -> Iterable[Person]:
        """People who sign in."""
        for name in names:
            person = self.come(self.url, name, self.passwords[name], width=width, keeps=True)
            yield person


# ------------------------------------------------------------------------------------------------------ the same, written by hand


def by_hand(folder: Path, *, late: bool = False) -> ReferenceAgency:
    """The folder with what was agreed and rated, and what Alba has logged, as somebody would send it who never saw the application; ``late``: with her consult of December too."""
    files = folder_rows()
    agreed = {("unit:VIE", "deals"): "13", ("unit:PAR", "deals"): "7", ("employee:E1", "consults"): "8"}
    for row in files["scorecards"]:
        row["target"] = agreed.get((row["node"], row["kpi"]), row["target"])
    files["ratings"] = [{"cycle": "2026", "node": "employee:E1", "kpi": "counsel", "rater": "E3", "grade": "B+"}]

    def event(kind: str, id_: str, **data: Any) -> dict[str, Any]:
        return {"specversion": "1.0", "type": f"kopes.{kind}", "source": "/hand", "id": id_, "time": JULY, "data": data}

    with_whom = {"employee": "E1", "company": {"name": "Hanbit Machinery"}}
    events = [
        event("export_consult", f"C-{buyer}", **with_whom, buyer={"name": buyer, "country": "AT"})
        for buyer in CONSULTED
    ]
    events += [
        event("export_deal", buyer, **with_whom, buyer={"name": buyer, "country": "AT"}, amount=amount, currency="USD")
        for buyer, amount in WON.items()
    ]
    events.append(event("verified", "V-1", activity={"source": "/hand", "id": "Rhein"}, by="E2"))
    if late:
        consult = event("export_consult", LATE, **with_whom, buyer={"name": LATE, "country": "AT"})
        events.append(consult | {"time": f"{LATE_ON}T08:00:00Z"})
    made = ReferenceAgency.read(*written(folder, files), events)
    assert set(made.outcomes) == {"accepted"}
    return made


@dataclass(frozen=True)
class Paid:
    """What each is paid, in won, and how it comes about; all together a pool that does not hold what the rates give."""

    pool: int
    exact: Mapping[str, Fraction]
    won: Mapping[str, int]


def paid_by_hand(grades: Mapping[str, str]) -> Paid:
    """Base × the agency's rate × the grade's × days ÷ 365, down to 5,000,000 won less than that comes to: whole won, those left over by the largest fractions."""
    exact = {
        number: BASES[number]
        * Fraction(INSTITUTION[1], 100)
        * Fraction(GRADE_RATES[grade], 100)
        * Fraction(365 - LEAVE_DAYS.get(number, 0), 365)
        for number, grade in grades.items()
    }
    whole = sum(exact.values())
    pool = int(whole) - 5_000_000
    scaled = {number: amount * pool / whole for number, amount in exact.items()}
    won = {number: amount.numerator // amount.denominator for number, amount in scaled.items()}
    for number in sorted(won, key=lambda one: (won[one] - scaled[one], one))[: pool - sum(won.values())]:
        won[number] += 1
    assert sum(won.values()) == pool
    return Paid(pool, exact, won)

"""A random agency changed at random into another valid one that keeps what recorded activities need.

People are transferred, leave, lose a posting, are renamed; units are renamed, regrouped, moved and closed; rates, history, ratings,
status, results, plans, policies and definitions change; units and people come that were not there before, and people whom nobody
needs go.
A unit that closes takes postings with it. Whatever is cut short is cut in ``postings`` too.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.reference.folder import DAY, FAR_FUTURE, PlainLoader, day_after, first_day, read_folder
from tests.reference.random_agency import COLUMNS, CYCLE, write_agency, write_definitions

Rows = dict[str, list[dict[str, str]]]

NEW_UNIT, NEW_PERSON = "NEW-1", "N0001"
TURN = dt.date(CYCLE, 7, 1)
"""Around this day things change."""


def change_agency(seed: int, source: Path, target: Path) -> None:
    """Write to ``target`` what the agency in ``source`` becomes."""
    rng = random.Random(seed)
    rows: Rows = {
        name: [dict(row) for row in held]
        for name, held in read_folder(source / "agency", source / "definitions").rows.items()
        if name in COLUMNS
    }
    needed = _people_in_events(source)
    for change in CHANGES:
        change(rng, rows)
    _let_go(rows, needed)
    write_agency(target / "agency", rows)
    definitions, policies = _changed_definitions(rng, source / "definitions")
    write_definitions(target / "definitions", definitions, policies)


def _people_in_events(source: Path) -> set[str]:
    """Everybody whom any event may name."""
    text = (source / "events.ndjson").read_text(encoding="utf-8")
    numbers = {row["number"] for row in read_folder(source / "agency", source / "definitions").rows["employees"]}
    return {number for number in numbers if json.dumps(number) in text}


# --- people -----------------------------------------------------------------------------------------------------------


def _change_people(rng: random.Random, rows: Rows) -> None:
    for row in rows["employees"]:
        if rng.random() < 0.4:
            row["name"] = f"{row['name']} the Second"
        if rng.random() < 0.4:
            row["job"] = rng.choice(["staff", "manager", "head"])
            row["monthly_base"] = str(int(row["monthly_base"]) + 10_000)
        if rng.random() < 0.3:
            row["email"] = rng.choice(["", f"again.{row['number'].lower()}@example.org"])
        if row["left_on"] == "" and first_day(row["hired_on"]) < TURN and rng.random() < 0.2:
            row["left_on"] = (TURN + rng.randrange(120) * DAY).isoformat()
    _cut_postings(rows, "employee", {row["number"]: day_after(row["left_on"]) for row in rows["employees"]})


def _cut_postings(rows: Rows, column: str, ends: Mapping[str, dt.date]) -> None:
    """Let no posting reach beyond the end of its person's service or its unit's life."""
    kept = []
    for row in rows["postings"]:
        end = ends.get(row[column], FAR_FUTURE)
        if first_day(row["from"]) >= end:
            continue
        if day_after(row["to"]) > end:
            row["to"] = end.isoformat()
        kept.append(row)
    rows["postings"] = kept


def _transfer(rng: random.Random, rows: Rows) -> None:
    """Some postings go, some are split by a transfer in the middle, some change their unit."""
    lasting = sorted(
        {row["code"] for row in rows["units"]} - {row["code"] for row in rows["units"] if _comes_and_goes(row)}
    )
    kept = []
    for row in rows["postings"]:
        kept.append(row)
        choice = rng.random()
        if choice < 0.12:
            kept.pop()
        elif choice < 0.35 and first_day(row["from"]) < TURN < day_after(row["to"]):
            kept.append(row | {"unit": rng.choice(lasting), "from": TURN.isoformat()})
            row["to"] = TURN.isoformat()
        elif choice < 0.5:
            row["unit"] = rng.choice(lasting)
    rows["postings"] = kept


def _comes_and_goes(row: Mapping[str, str]) -> bool:
    return row["kind"] in {"office", "team"}


# --- units ------------------------------------------------------------------------------------------------------------


def _change_units(rng: random.Random, rows: Rows) -> None:
    """Names, groups and parents change; units that nothing stands below close in the middle of the cycle."""
    parents = {row["parent"] for row in rows["units"]}
    last = {row["code"]: row for row in sorted(rows["units"], key=lambda row: row["valid_from"])}
    ends: dict[str, dt.date] = {}
    for code, row in last.items():
        if rng.random() < 0.4:
            row["name"] = f"{row['name']}, new"
            row["name_ko"], row["name_es"] = "새 이름", ""
        if rng.random() < 0.4 and row["kind"] != "agency":
            row["evaluation_group"] = rng.choice(["", "europe", "asia", "isles", "peaks"])
        if rng.random() < 0.2 and row["kind"] != "agency":
            row["parent"] = "HQ"
        if code not in parents and row["valid_to"] == "" and first_day(row["valid_from"]) < TURN and rng.random() < 0.3:
            ends[code] = TURN + 20 * DAY
            row["valid_to"] = ends[code].isoformat()
    _cut_postings(rows, "unit", ends)


def _come(rng: random.Random, rows: Rows) -> None:
    """A unit and a person that were not there before."""
    rows["units"].append(
        dict.fromkeys(COLUMNS["units"].split(), "")
        | {"code": NEW_UNIT, "name": "New", "kind": "office", "parent": "HQ", "country": "AT", "timezone": "UTC"}
        | {"valid_from": "2024-01-01"}
    )
    rows["employees"].append(
        dict.fromkeys(COLUMNS["employees"].split(), "")
        | {"number": NEW_PERSON, "name": "Nova", "job": "staff", "monthly_base": "1", "hired_on": "2024-01-01"}
    )
    posting = {"employee": NEW_PERSON, "unit": NEW_UNIT, "role": "staff", "from": "2024-02-01", "to": ""}
    rows["postings"].insert(rng.randrange(len(rows["postings"]) + 1), posting)


def _let_go(rows: Rows, needed: set[str]) -> None:
    """Leave out, with all their rows, the people whom no event names."""
    gone = {row["number"] for row in rows["employees"]} - needed - {NEW_PERSON}
    nodes = {f"employee:{number}" for number in gone}
    for name, held in rows.items():
        rows[name] = [
            row
            for row in held
            if row.get("employee") not in gone and row.get("number") not in gone and row.get("node") not in nodes
        ]


# --- figures ----------------------------------------------------------------------------------------------------------


def _change_figures(rng: random.Random, rows: Rows) -> None:
    for row in rows["rates"]:
        if rng.random() < 0.3:
            row["usd"] = f"{float(row['usd']) * rng.uniform(0.5, 1.5):.8f}"
    # Years that are left out must stay outliers: their rows go before the history changes.
    rows["exclusions"] = []
    rows["history"] = [
        row | {"actual": f"{float(row['actual']) * rng.uniform(0.8, 1.2):.4f}"}
        for row in rows["history"]
        if rng.random() < 0.9
    ]
    for row in rows["ratings"]:
        row["grade"] = rng.choice(["A+", "B0", "C", "E0"])
    for name in ("ratings", "status", "results", "employment"):
        rows[name] = [row for row in rows[name] if rng.random() < 0.8]
    for row in rows["scorecards"]:
        row["area"] = rng.choice(["", "exports", "exports / deals", "people"])
    dropped = {row["node"] for row in rows["scorecards"] if rng.random() < 0.1}
    dropped -= {row["parent_node"] for row in rows["scorecards"]}
    rows["scorecards"] = [row for row in rows["scorecards"] if row["node"] not in dropped]
    some = {row["kpi"] for row in rows["plan"] if rng.random() < 0.1}
    rows["plan"] = [row for row in rows["plan"] if row["kpi"] not in some]


CHANGES: tuple[Callable[[random.Random, Rows], None], ...] = (
    _transfer,
    _change_people,
    _change_units,
    _come,
    _change_figures,
)


# --- definitions and policies -----------------------------------------------------------------------------------------


def _changed_definitions(rng: random.Random, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same KPIs, counted otherwise, and other policies; another first month and other legal forms among them."""
    read = {
        path.stem: yaml.load(path.read_text(encoding="utf-8"), Loader=PlainLoader) for path in folder.glob("*.yaml")
    }
    policies = read.pop("policies", {})
    read.pop("goals")
    for code, definition in sorted(read.items()):
        if rng.random() < 0.3:
            definition["counts_from"] = rng.choice(["entered", "verified", "confirmed"])
        if rng.random() < 0.3:
            definition["class"] = rng.choice(["main", "management"])
        if rng.random() < 0.3 and "activity" in definition["measure"]:
            definition["measure"] = definition["measure"] | {
                "where": {"country": rng.sample(["AT", "DE", "US", "JP"], 2)}
            }
        years = {version["from"] for version in definition.get("versions", [])}
        if rng.random() < 0.3 and not years and code != "quality":
            definition["versions"] = [{"from": CYCLE, "counts_from": "entered"}]
    policies |= {
        "cycle": {"first_month": rng.choice([1, 3, 4, 9])},
        "legal_forms": rng.choice([["gmbh"], ["söhne", "ltd", "co"], []]),
        "groups": {"minimum": rng.choice([1, 4])},
    }
    return read, policies

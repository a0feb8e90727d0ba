"""What a change set is said to move is what a fresh database that was loaded so comes to, to the last digit.

Little of it is worked out anew: what the set does not touch is taken from what is loaded. So any agency and any change are held against a second
database that knows of no earlier one.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Connection

from app import cycle as cycles
from app import intake, scoring
from app.intake import Changed, ChangedRow
from app.intake.changing import document_at_base
from app.intake.sent_documents import document_sent
from app.intake.stored_folder import StoredFolder, read_stored_folder
from app.kit.database import Database
from app.scoring import ScoreQuery
from tests.conftest import NewDatabase
from tests.reference.random_agency import CYCLE, random_agency, random_policies
from tests.reference.random_changes import change_agency
from tests.soaking import seeds

NOW = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
ASKED = ScoreQuery(CYCLE, NOW.date())

Rows = list[dict[str, str]]
Change = Callable[[random.Random, Path], None]


def taken_in(url: str, folder: Path) -> Database:
    """A database that was loaded with a folder and its events."""
    database = Database(url)
    database.writing(
        "load_folder",
        lambda connection: intake.load_agency(
            connection, folder / "agency", definitions=folder / "definitions", at=NOW, by="test"
        ),
    )
    texts = [line for line in (folder / "events.ndjson").read_text(encoding="utf-8").split("\n") if line]
    arrivals = [intake.arrival_of_text(text) for text in texts]
    database.writing(
        "ingest", lambda connection: intake.take_in(connection, arrivals, at=NOW, door="ingest", sender="test")
    )
    return database


def told(connection: Connection) -> dict[tuple[str, str], object]:
    """Scores, grades and pay of everybody, as commands print them."""
    values: dict[tuple[str, str], object] = {}
    for card in scoring.scorecards(connection, ASKED):
        values[str(card.node), "own_score"] = card.own_score
        values[str(card.node), "final_score"] = card.final_score
        values |= {(str(card.node), f"score:{line.kpi}"): line.score for line in card.lines}
    for row in cycles.propose_employee_grades(connection, cycle=CYCLE, today=NOW.date()).proposal.rows:
        if row.grade is not None:
            values |= {(str(row.node), "grade"): row.grade, (str(row.node), "pay"): row.pay}
    for unit in cycles.propose_unit_grades(connection, cycle=CYCLE, today=NOW.date()).proposal.rows:
        values[str(unit.node), "grade"] = unit.grade
    return values


def set_between(before: StoredFolder, after: StoredFolder, folder: Path) -> Changed:
    """A set that makes one folder of the other."""
    rows = []
    for name in intake.FOLDER_FILES:
        was, will = before.by_key(name), after.by_key(name)
        keys = (key for key in {**was, **will} if was.get(key) != will.get(key))
        rows += [ChangedRow(f"{name}.csv", key, was.get(key), will.get(key)) for key in keys]
    documents = []
    for path in sorted((folder / "definitions").glob("*.yaml")):
        one = document_at_base(before, document_sent(path.name, path.read_text(encoding="utf-8")))
        if any(after.document_texts.get(name) != text for name, text in one.before.items()):
            documents.append(one)
    return Changed(tuple(rows), tuple(documents))


def edited(folder: Path, name: str, edit: Callable[[Rows], Rows]) -> None:
    """Change the rows of a file."""
    path = folder / "agency" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        rows, columns = list(reader), reader.fieldnames or []
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(edit(rows))


def other_weights(rng: random.Random, folder: Path) -> None:
    """Two lines of some scorecards change their weights."""

    def edit(rows: Rows) -> Rows:
        cards: dict[tuple[str, str], Rows] = {}
        for row in rows:
            cards.setdefault((row["cycle"], row["node"]), []).append(row)
        for card in cards.values():
            if len(card) > 1 and rng.random() < 0.3:
                one, other = rng.sample(card, 2)
                one["weight"], other["weight"] = other["weight"], one["weight"]
        return rows

    edited(folder, "scorecards", edit)


def other_figures(rng: random.Random, folder: Path) -> None:
    """Targets and bases of lines, and what was reached, are others; areas too, which move nothing."""

    def edit(rows: Rows) -> Rows:
        for row in rows:
            row["area"] = rng.choice([row["area"], "exports / deals"])
            for figure in ("target", "base"):
                if row[figure] and rng.random() < 0.3:
                    row[figure] = str(float(row[figure]) * 1.25)
        return rows

    edited(folder, "scorecards", edit)
    # Years that are left out must stay outliers: their rows go before the history changes.
    edited(folder, "exclusions", lambda rows: [])
    if rng.random() < 0.5:
        edited(folder, "history", lambda rows: [row for row in rows if rng.random() < 0.9])


def other_ratings(rng: random.Random, folder: Path) -> None:
    """Grades of lines that are rated, and the shares of the months."""
    edited(folder, "ratings", lambda rows: [row | {"grade": rng.choice(["A+", "C", "E0"])} for row in rows])
    edited(folder, "plan", lambda rows: [row for row in rows if row["kpi"] != rows[0]["kpi"]])


def fewer_cards(rng: random.Random, folder: Path) -> None:
    """Some scorecards go, on which nothing hangs."""

    def edit(rows: Rows) -> Rows:
        above = {row["parent_node"] for row in rows}
        gone = {row["node"] for row in rows if rng.random() < 0.2} - above
        return [row for row in rows if row["node"] not in gone]

    edited(folder, "scorecards", edit)


def other_policies(rng: random.Random, folder: Path) -> None:
    """Another blend, other grades, groups, pay and points of promotion."""
    policies = random_policies(rng, first_month=1)
    policies["minimum_days"] = rng.choice([10, 45, 120])
    policies["blend"] = {"staff": {"unit": 40, "own": 60}}
    policies["ratings"] = {"minimum": rng.choice([1, 2])}
    (folder / "definitions" / "policies.yaml").write_text(yaml.safe_dump(policies), encoding="utf-8")


def one_policy(rng: random.Random, folder: Path) -> None:
    """One member alone is another."""
    path = folder / "definitions" / "policies.yaml"
    policies = yaml.safe_load(path.read_text(encoding="utf-8"))
    member, value = rng.choice(
        [
            ("blend", {"staff": {"unit": 40, "own": 60}}),
            ("minimum_days", 300),
            ("pay", {"institution_rate": 90}),
            ("groups", {"minimum": 2, "heads_apart": True}),
        ]
    )
    path.write_text(yaml.safe_dump(policies | {member: value}), encoding="utf-8")


def other_people(rng: random.Random, folder: Path) -> None:
    """What somebody is paid by, where somebody was away: nobody stands elsewhere."""
    edited(folder, "employees", lambda rows: [row | {"monthly_base": str(rng.randint(1, 9) * 10**6)} for row in rows])
    edited(folder, "status", lambda rows: [row for row in rows if rng.random() < 0.5])


def anything(rng: random.Random, folder: Path) -> None:
    """People and units, figures, policies and definitions at once."""
    source = folder.with_name(f"{folder.name} before")
    shutil.copytree(folder, source)
    change_agency(rng.randrange(1000), source, folder)


CHANGES: tuple[Change, ...] = (
    other_weights,
    other_figures,
    other_ratings,
    fewer_cards,
    other_policies,
    one_policy,
    other_people,
    anything,
)


@pytest.mark.parametrize("seed", seeds(3, 8))
def test_any_change_is_said_to_move_what_a_fresh_database_comes_to(
    seed: int, engine: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    """Weights, figures, grades of raters, scorecards, policies, people, each alone; and everything at once."""
    rng = random.Random(seed)
    folder = tmp_path / "present"
    random_agency(seed, people=12, units=6, events=60, folder=folder)
    database = taken_in(new_database(engine), folder)
    with database.read() as connection:
        stored, before = read_stored_folder(connection), told(connection)
    moved_at_all = 0
    for change in CHANGES:
        other = tmp_path / change.__name__
        shutil.copytree(folder, other)
        change(rng, other)
        fresh = taken_in(new_database("sqlite"), other)
        with fresh.read() as connection:
            after, changed = told(connection), set_between(stored, read_stored_folder(connection), other)
        with database.read() as connection:
            judged = intake.check_change(connection, changed)
            assert judged.judged is not None, [one.text() for one in judged.findings]
            assert judged.is_right
            effects = intake.effects_of_change(connection, judged.judged, cycles=(CYCLE,), today=NOW.date())
        said = {(one.node, one.member): (one.before, one.after) for one in effects if one.member != "rights"}
        moved = {
            key: (before.get(key), after.get(key))
            for key in before.keys() | after.keys()
            if before.get(key) != after.get(key)
        }
        assert said == moved, (change.__name__, json.dumps([str(one) for one in said.items() ^ moved.items()][:9]))
        moved_at_all += bool(moved)
        fresh.close()
    assert moved_at_all > len(CHANGES) // 2
    database.close()

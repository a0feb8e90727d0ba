"""The state is a function of the set of events and of the folder last loaded; a second calculation comes to the same figures.

Random agencies (``tests.reference.random_agency``) go through the application's own doors, in any order, in batches of any size, doubled; what
comes of them is held against ``tests.reference``, which knows nothing of the product's code. The seed is the agency's name.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection

from app import cycle as cycles
from app import intake, scoring
from app.kit.database import Database
from app.ledger import Arrival, Recorded
from app.rules.grading import members
from app.rules.terms import Basis
from app.scoring import ScoreQuery
from tests.conftest import NewDatabase
from tests.reference.agency import ReferenceAgency
from tests.reference.comparison import differences_of_grades, differences_of_scorecards
from tests.reference.random_agency import CYCLE, random_agency
from tests.reference.random_changes import change_agency
from tests.soaking import seeds

NOW = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)


def _load(database: Database, folder: Path) -> None:
    database.writing(
        "load_folder",
        lambda connection: intake.load_agency(
            connection, folder / "agency", definitions=folder / "definitions", at=NOW, by="test"
        ),
    )


def _ingest(database: Database, texts: Sequence[str], *, batch: int) -> list[bool]:
    """Record events; whether each was well received (accepted or a duplicate)."""
    received: list[bool] = []
    for start in range(0, len(texts), batch):
        arrivals = [intake.arrival_of_text(text) for text in texts[start : start + batch]]

        def take_in(connection: Connection, some: Sequence[Arrival] = arrivals) -> Recorded:
            return intake.take_in(connection, some, at=NOW, door="ingest", sender="test")

        recorded = database.writing("ingest", take_in)
        refused = {rejected.index for rejected in recorded.rejected}
        received += [index not in refused for index in range(len(arrivals))]
    return received


def _events(folder: Path) -> list[str]:
    return [line for line in (folder / "events.ndjson").read_text(encoding="utf-8").split("\n") if line]


@pytest.fixture
def make(engine: str, new_database: NewDatabase) -> Callable[[], Database]:
    """Opens another migrated database of the engine."""
    return lambda: Database(new_database(engine))


@pytest.mark.parametrize("seed", seeds(4, 11, 23))
def test_a_random_agency_scores_and_grades_as_the_second_calculation(
    seed: int, make: Callable[[], Database], tmp_path: Path
) -> None:
    """Every scorecard of now and of two days, on both bases, every grade and every won."""
    random_agency(seed, people=14, units=6, events=150, folder=tmp_path)
    texts = _events(tmp_path)
    database = make()
    _load(database, tmp_path)
    received = _ingest(database, texts, batch=random.Random(seed).choice([1, 7, 1000]))
    reference = ReferenceAgency.read(
        tmp_path / "agency", tmp_path / "definitions", [json.loads(text) for text in texts]
    )

    assert [outcome != "rejected" for outcome in reference.outcomes] == received
    with database.read() as connection:
        begin = scoring.state(connection).plan(CYCLE).period.from_
        assert begin is not None
        for as_of in (None, begin + dt.timedelta(days=150), begin + dt.timedelta(days=400)):
            for basis in Basis:
                cards = scoring.scorecards(connection, ScoreQuery(CYCLE, NOW.date(), as_of, basis))
                second = reference.scores(CYCLE, basis=str(basis), as_of=as_of, today=NOW.date())
                assert differences_of_scorecards([card.as_json() for card in cards], second) == [], (as_of, basis)
        people = cycles.propose_employee_grades(connection, cycle=CYCLE, today=NOW.date()).proposal
        second_grades = reference.grades_employees(CYCLE)
        assert differences_of_grades([members(row) for row in people.rows], second_grades.rows, key="employee") == []
        assert {finding.code for finding in people.broken} == set(second_grades.broken)
        units = cycles.propose_unit_grades(connection, cycle=CYCLE, today=NOW.date()).proposal
        second_units = reference.grades_units(CYCLE).rows
        assert differences_of_grades([members(row) for row in units.rows], second_units, key="unit") == []
        assert list(scoring.reconcile(connection)) == []
    database.close()


@pytest.mark.parametrize("seed", seeds(7, 12))
def test_any_order_and_any_repetition_ends_in_the_same_digest(
    seed: int, make: Callable[[], Database], tmp_path: Path
) -> None:
    """Late, early and repeated events, in batches of any size, with the folder loaded again in between."""
    random_agency(seed, people=12, units=6, events=120, folder=tmp_path)
    chance = random.Random(seed)
    first = make()
    _load(first, tmp_path)
    texts = _events(tmp_path)
    received = _ingest(first, texts, batch=50)
    well_formed = [text for text, good in zip(texts, received, strict=True) if good]
    with first.read() as connection:
        digest = scoring.digest(connection)
    first.close()

    for batch in (1, 13, 1000):
        shuffled = well_formed + chance.sample(well_formed, len(well_formed) // 2)
        chance.shuffle(shuffled)
        other = make()
        _load(other, tmp_path)
        half = len(shuffled) // 2
        _ingest(other, shuffled[:half], batch=batch)
        _load(other, tmp_path)
        _ingest(other, shuffled[half:], batch=batch)
        with other.read() as connection:
            assert scoring.digest(connection) == digest
            assert list(scoring.reconcile(connection)) == []
        other.close()


@pytest.mark.parametrize("seed", seeds(5))
def test_a_folder_loaded_late_derives_what_it_would_have_from_the_start(
    seed: int, make: Callable[[], Database], tmp_path: Path
) -> None:
    """Rates, postings and a reorganisation that come after the events re-value and re-place all of them."""
    random_agency(seed, people=12, units=6, events=120, folder=tmp_path)
    texts = _events(tmp_path)
    straight = make()
    _load(straight, tmp_path)
    received = _ingest(straight, texts, batch=40)
    with straight.read() as connection:
        digest = scoring.digest(connection)
    straight.close()

    rates = tmp_path / "agency" / "rates.csv"
    final_rates = rates.read_text(encoding="utf-8")
    head, *rows = final_rates.splitlines()
    month, currency, usd = range(3)
    doubled = [
        ",".join((cells[month], cells[currency], f"{float(cells[usd]) / 2:.8f}"))
        for cells in (r.split(",") for r in rows)
    ]
    rates.write_text("\n".join([head, *doubled]) + "\n", encoding="utf-8")
    detour = make()
    _load(detour, tmp_path)
    well_formed = [text for text, good in zip(texts, received, strict=True) if good]
    _ingest(detour, well_formed, batch=40)
    with detour.read() as connection:
        assert scoring.digest(connection) != digest
    rates.write_text(final_rates, encoding="utf-8")
    _load(detour, tmp_path)
    with detour.read() as connection:
        assert scoring.digest(connection) == digest
        assert list(scoring.reconcile(connection)) == []
    detour.close()


@pytest.mark.parametrize("seed", seeds(3, 8, 16, 21))
def test_a_folder_that_comes_back_ends_in_the_digest_of_a_fresh_load(
    seed: int, make: Callable[[], Database], tmp_path: Path
) -> None:
    """A to B to A: people transferred and gone, units closed, rates, policies, definitions and all figures other, then as before.

    Events come in at every station. B itself is held against a fresh load of B, and both against the recount.
    """
    one, other = tmp_path / "a", tmp_path / "b"
    random_agency(seed, people=14, units=8, events=120, folder=one)
    change_agency(seed, one, other)
    texts = _events(one)
    walked = make()
    _load(walked, one)
    received = _ingest(walked, texts[: len(texts) // 2], batch=40)
    _load(walked, other)
    middle = [text for text, good in zip(texts, received, strict=False) if good]
    assert _digest(walked) == _fresh(make, other, middle)
    received += _ingest(walked, texts[len(texts) // 2 :], batch=40)
    _load(walked, one)
    well_formed = [text for text, good in zip(texts, received, strict=True) if good]
    assert _digest(walked) == _fresh(make, one, well_formed)
    _load(walked, other)
    _load(walked, one)
    assert _digest(walked) == _fresh(make, one, well_formed)
    walked.close()


def _digest(database: Database) -> str:
    with database.read() as connection:
        assert list(scoring.reconcile(connection)) == []
        return scoring.digest(connection)


def _fresh(make: Callable[[], Database], folder: Path, texts: Sequence[str]) -> str:
    """The digest of a folder that is the first one, with the events after it."""
    database = make()
    _load(database, folder)
    assert all(_ingest(database, texts, batch=1000))
    digest = _digest(database)
    database.close()
    return digest

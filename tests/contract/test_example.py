"""The worked example, through the commands that an outsider uses, on both databases: every score, grade and won that must come of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Kopes
from tests.reference.comparison import differences_of_grades, differences_of_scorecards

EXAMPLE = Path(__file__).resolve().parents[1] / "given" / "example"
NOT_EXPECTED = ("cycle", "as_of", "basis")
PROJECTIONS = ("projected_score", "projected_actual")


def expected(name: str) -> Any:
    """A file of the example's expected figures."""
    return json.loads((EXAMPLE / "expected" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def loaded(kopes: Kopes, database_url: str, tmp_path: Path) -> str:
    """The example's agency, loaded, with its events ingested."""
    definitions = EXAMPLE / "definitions"
    kopes("load", EXAMPLE / "agency", database=database_url, definitions=definitions)
    events = tmp_path / "events.ndjson"
    events.write_bytes((EXAMPLE / "events.ndjson").read_bytes())
    ran = kopes("ingest", events, database=database_url, status=1)
    assert "accepted 897, duplicate 0, rejected 8" in ran.out
    rejected = [json.loads(line) for line in (tmp_path / "events.ndjson.rejected.ndjson").read_text().splitlines()]
    assert [{"source": one["source"], "id": one["id"]} for one in rejected] == expected("rejected")
    assert all(one["errors"] for one in rejected)
    return database_url


def test_every_figure_of_the_example_comes_out(loaded: str, kopes: Kopes) -> None:
    """Scores on both bases and as of a day, grades of people and units, and totals that agree with the ledger."""

    def answered(*command: str) -> Any:
        return json.loads(kopes(*command, database=loaded).out)

    for command, name, left_out in (
        ((), "scores-final", PROJECTIONS),
        (("--basis", "provisional"), "scores-provisional", PROJECTIONS),
        (("--as-of", "2026-06-30"), "scores-final-2026-06-30", ()),
    ):
        cards = answered("score", "--cycle", "2026", *command)
        assert differences_of_scorecards(cards, expected(name), leave_out=(*NOT_EXPECTED, *left_out)) == []
    grades = answered("grade", "--cycle", "2026")
    assert differences_of_grades(grades, expected("grades-employees"), key="employee") == []
    units = answered("grade", "--cycle", "2026", "--of", "units")
    assert differences_of_grades(units, expected("grades-units"), key="unit") == []
    kopes("reconcile", database=loaded)


def test_ingesting_and_loading_again_changes_nothing(loaded: str, kopes: Kopes, tmp_path: Path) -> None:
    """The same file a second time is all duplicates, the same folder leaves the revision; the digest stays."""
    before = kopes("digest", database=loaded).out
    again = kopes("ingest", tmp_path / "events.ndjson", database=loaded, status=1)
    assert "accepted 0, duplicate 897, rejected 8" in again.out
    folder = kopes("load", EXAMPLE / "agency", database=loaded, definitions=EXAMPLE / "definitions")
    assert "nothing changed" in folder.out
    assert kopes("digest", database=loaded).out == before

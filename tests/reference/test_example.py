"""The worked example comes out of the reference, figure for figure.

The example lies beside the checkout, in ``shared/example``; it is never skipped, because a reference that has not been held against
it proves nothing.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.reference.agency import ReferenceAgency
from tests.reference.comparison import differences_of_grades, differences_of_scorecards

EXAMPLE = Path(__file__).resolve().parents[1] / "given" / "example"
NOT_EXPECTED = ["cycle", "as_of", "basis"]
PROJECTIONS = ["projected_score", "projected_actual"]


def expected(name: str) -> Any:
    """One of the example's expected files."""
    return json.loads((EXAMPLE / "expected" / f"{name}.json").read_text(encoding="utf-8"))


def example_events() -> list[dict[str, Any]]:
    """The example's events, in the order of its file."""
    with (EXAMPLE / "events.ndjson").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def reference() -> ReferenceAgency:
    """The example's agency with all its events."""
    return ReferenceAgency.read(EXAMPLE / "agency", EXAMPLE / "definitions", example_events())


def test_exactly_the_expected_events_are_rejected(reference: ReferenceAgency) -> None:
    """Unknown employees, currencies and types, shares that do not add up to 1, a deal without an amount."""
    rejected = [
        {"source": event["source"], "id": event["id"]}
        for event, outcome in zip(example_events(), reference.outcomes, strict=True)
        if outcome == "rejected"
    ]
    assert rejected == expected("rejected")


def test_the_final_scores_of_the_example_come_out(reference: ReferenceAgency) -> None:
    """Each KPI from its own level on."""
    scores = reference.scores(2026, basis="final")
    assert differences_of_scorecards(scores, expected("scores-final"), leave_out=NOT_EXPECTED + PROJECTIONS) == []


def test_the_provisional_scores_of_the_example_come_out(reference: ReferenceAgency) -> None:
    """All that is entered."""
    scores = reference.scores(2026, basis="provisional")
    wanted = expected("scores-provisional")
    assert differences_of_scorecards(scores, wanted, leave_out=NOT_EXPECTED + PROJECTIONS) == []


def test_the_scores_and_projections_of_a_day_come_out(reference: ReferenceAgency) -> None:
    """What was known of events up to 30 June, and where it was heading."""
    scores = reference.scores(2026, basis="final", as_of=dt.date(2026, 6, 30))
    assert differences_of_scorecards(scores, expected("scores-final-2026-06-30"), leave_out=NOT_EXPECTED) == []


def test_the_grades_pay_and_points_of_the_example_come_out(reference: ReferenceAgency) -> None:
    """Pay to the won."""
    grades = reference.grades_employees(2026)
    assert differences_of_grades(grades.rows, expected("grades-employees"), key="employee") == []


def test_the_grades_of_the_units_of_the_example_come_out(reference: ReferenceAgency) -> None:
    """One group of thirteen, since every group is too small."""
    grades = reference.grades_units(2026)
    assert differences_of_grades(grades.rows, expected("grades-units"), key="unit") == []


def test_the_order_of_arrival_changes_no_score(reference: ReferenceAgency) -> None:
    """The state is a function of the set of events (the contract, "Activities are CloudEvents")."""
    events = example_events() * 2
    random.Random(1).shuffle(events)
    again = ReferenceAgency.read(EXAMPLE / "agency", EXAMPLE / "definitions", events)
    assert again.outcomes.count("accepted") == reference.outcomes.count("accepted")
    assert again.scores(2026) == reference.scores(2026)

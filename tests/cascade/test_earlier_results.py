"""By which results of earlier cycles somebody is graded and promoted, where some of these were locked (contract-cycle, 8)."""

from __future__ import annotations

from decimal import Decimal

from app.cascade import LockedFigures, LockedResult
from app.cycle.grading.grades import earlier_results
from app.organisation import Result
from app.rules.grading import EarlierResult

FOLDER = (
    Result(employee="E1", cycle=2024, final_score=Decimal(50), grade="C"),
    Result(employee="E1", cycle=2025, final_score=Decimal(60), grade="B"),
)


def locked(score, grade):
    return {2025: LockedFigures(results={"E1": LockedResult(score, grade)})}


def test_what_was_locked_goes_before_the_folder():
    assert list(earlier_results(FOLDER, "E1", locked(Decimal(70), "A"))) == [
        EarlierResult(2024, Decimal(50), "C"),
        EarlierResult(2025, Decimal(70), "A"),
    ]


def test_whom_a_locked_cycle_gave_no_score_keeps_what_the_folder_says():
    """Else a cycle that one region tried out would take the others' promotion points away."""
    assert list(earlier_results(FOLDER, "E1", locked(None, None))) == [
        EarlierResult(2024, Decimal(50), "C"),
        EarlierResult(2025, Decimal(60), "B"),
    ]


def test_nobody_else_is_moved():
    assert list(earlier_results(FOLDER, "E2", locked(Decimal(70), "A"))) == [
        EarlierResult(one.cycle, one.final_score, one.grade) for one in FOLDER
    ]

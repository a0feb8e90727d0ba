"""Who reviews, what a review is of, and which signatures somebody should look at (contract-cycle, 6 and 8a)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from app.rules.grading import EmployeeGrade
from app.rules.moves import Given, GradeMove
from app.rules.reviewing import (
    ReviewAlert,
    ReviewAlertKind,
    SignedText,
    result_digest,
    review_alerts,
    reviewing_heads,
)

NINE = dt.datetime(2027, 2, 10, 9, tzinfo=dt.UTC)
ROW = EmployeeGrade(
    employee="E1",
    group="others",
    own_score=60.0,
    unit_score=70.0,
    final_score=66.694,
    rank=10,
    group_size=23,
    grade="B",
    reason=None,
    rate=None,
    days=365,
    pay=1,
    promotion_points=None,
)


@pytest.mark.parametrize(
    ("heads", "makers", "reviewers"),
    [
        ([("A",), ("B",)], (), ("A",)),
        ([("A",), ("B",)], ("A",), ("B",)),
        ([("A", "C"), ("B",)], ("A",), ("C",)),
        ([("A",), ("B",)], ("A", "B"), ()),
        ([("A",), ("B",)], ("B",), ("A",)),
        ([], (), ()),
    ],
)
def test_whoever_decided_something_about_somebody_does_not_review_them(
    heads: list[tuple[str, ...]], makers: tuple[str, ...], reviewers: tuple[str, ...]
) -> None:
    assert reviewing_heads(heads, makers) == reviewers


def test_a_review_is_of_score_grade_and_move_and_of_nothing_else() -> None:
    """A rank, pay or a digit that nobody publishes is not part of it; back at what it was it is the same."""
    move = GradeMove(7, ROW.node, "B", "A", "why", "B")
    first = result_digest(2026, ROW, None)
    same = (replace(ROW, rank=3, pay=5, rate=None, group="x"), replace(ROW, final_score=66.6912))
    assert {result_digest(2026, one, None) for one in same} == {first}
    others = (replace(ROW, final_score=66.696), replace(ROW, grade="A"), replace(ROW, employee="E2"))
    digests = {first, *(result_digest(2026, one, None) for one in others), result_digest(2027, ROW, None)}
    moved = replace(ROW, grade="A")
    given = (Given("A", "B", move), Given("A", "A", move), Given("A", "B", move._replace(decision=8)))
    digests |= {result_digest(2026, moved, one) for one in given}
    assert len(digests) == 8
    assert result_digest(2026, ROW, None) == first


def signed(number: int, text: str, *, seconds: float | None = 60, by: str = "A") -> SignedText:
    """A review of somebody, so long after it was opened."""
    opened = None if seconds is None else NINE - dt.timedelta(seconds=seconds)
    return SignedText(f"E{number}", by, text, opened, NINE)


def test_one_text_for_more_than_five_people_is_told() -> None:
    """Whoever signed it, however it is spaced; signed twice about one person it is one person."""
    five = [signed(number, "A good  year") for number in range(5)]
    assert review_alerts([*five, signed(1, "a good year "), signed(7, "Another")]) == []
    (alert,) = review_alerts([*five, signed(6, "A GOOD YEAR", by="B")])
    assert alert == ReviewAlert(
        ReviewAlertKind.EQUAL_TEXTS, ("A", "B"), ("E0", "E1", "E2", "E3", "E4", "E6"), "A good  year"
    )


@pytest.mark.parametrize(("seconds", "is_told"), [(14.999, True), (15, False), (None, True)])
def test_what_was_signed_sooner_than_anybody_reads_is_told(seconds: float | None, is_told: bool) -> None:
    told = review_alerts([signed(1, "one", seconds=seconds), signed(2, "two")])
    assert told == ([ReviewAlert(ReviewAlertKind.SIGNED_UNREAD, ("A",), ("E1",), "")] if is_told else [])

"""What a decision moves, in words: the sums of a summary are those of its rows."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from app.rules.deciding import DecisionEffect
from app.web.asked.request_context import RequestContext
from app.web.sentences.effect_words import Moves, shown_effects
from tests.web.test_changes import said, take_over
from tests.web.working import Working, loaded_folder, working

__all__ = ["loaded_folder", "working"]


def moves(working: Working, *effects: DecisionEffect, by_people: Mapping[str, str] | None = None) -> Moves:
    """Effects as a page shows them, to somebody of hr."""
    with working.app.test_request_context("/"):
        site = working.app.extensions["kopes"]
        context = RequestContext(
            database=site.database, settings=site.settings, now=site.clock(), who=None, pages=site.rendering.main
        )
        with context.read():
            return shown_effects(context, effects, by_people=by_people or {})


@pytest.mark.parametrize(("before", "after"), [(None, 1_200_000), (0, 1_200_000)])
def test_pay_that_begins_and_pay_that_ends_are_in_the_sum(working: Working, before: int | None, after: int) -> None:
    """Whoever got none gets all of it more: what changes is what stands after less what stood before, whoever had something."""
    shown = moves(
        working,
        DecisionEffect("employee:E1", "pay", before, after),
        DecisionEffect("employee:E2", "pay", 500_000, None),
        DecisionEffect("employee:E6", "pay", 300_000, 400_000),
    )
    assert shown.summary == (
        "People whose pay changes: 3 (2 more, 1 less). Theirs together: ₩1,600,000 in place of ₩800,000 (+₩800,000).",
    )


def test_a_grade_that_does_not_go_with_the_score_is_explained(working: Working) -> None:
    """Grades go by places and seats: whoever falls less than others gets a better one, and reads why."""
    shown = moves(
        working,
        DecisionEffect("employee:E1", "final_score", 71.5, 70.25),
        DecisionEffect("employee:E1", "grade", "E", "D"),
        DecisionEffect("employee:E2", "final_score", 60.0, 65.0),
        DecisionEffect("employee:E2", "grade", "D", "C"),
        DecisionEffect("employee:E3", "grade", "C", "D"),
    )
    why = {str(row.whose): row.grade.why for row in shown.rows if row.grade is not None}
    assert why == {"E1": "by the place in the group", "E2": "", "E3": "by the place in the group"}
    assert shown.summary[-1].startswith("Grades that do not go with the score: 2. A grade goes by the place")


def test_rights_of_an_account_are_called_rights(working: Working) -> None:
    """An account is no head of anything: what it gains is a role."""
    take_over(working, "units.csv")
    wish = {"kind": "account", "cycle": None, "content": {"account": "new@agency.example", "roles": ["hr"]}}
    body = wish | {"reason": "They come to us in July."}
    made = working.iris.client.post("/api/v1/decisions", json=body, headers={"Origin": "http://localhost"})
    assert made.status_code == 201, made.text
    page = said(working.ferran.get(f"/decisions/{made.json['id']}").text)
    assert "Whose Rights" in page
    assert "Heads" not in page


def test_what_is_settled_for_the_first_time_moves_nothing_and_who_gets_none_is_counted_and_stands_last(
    working: Working,
) -> None:
    """A certificate's effects have nothing before: nobody's grade changes for the better or the worse by it."""
    shown = moves(
        working,
        DecisionEffect("employee:E1", "final_score", None, None),
        DecisionEffect("employee:E1", "grade", None, None),
        DecisionEffect("employee:E2", "final_score", None, 71.5),
        DecisionEffect("employee:E2", "grade", None, "B"),
        DecisionEffect("unit:VIE", "final_score", None, 71.5),
        DecisionEffect("unit:VIE", "grade", None, None),
    )
    assert set(shown.summary) == {
        "People whose grades are proposed by it: 1. Without a grade: 1.",
        "People whose final scores are settled by it: 1. Without a score: 1.",
        "Units whose grades are proposed by it: 0. Without a grade: 1.",
        "Units whose final scores are settled by it: 1. Without a score: 0.",
    }
    assert shown.rows[-1].grade is not None
    assert (shown.rows[-1].grade.before, shown.rows[-1].grade.after) == ("–", "–")


def test_a_grade_that_people_move_is_not_said_to_go_by_the_place(working: Working) -> None:
    """A grade alone that is another goes by the place, unless it was moved by those who calibrate."""
    effects = [DecisionEffect(f"employee:{one}", "grade", *letters) for one, letters in (("E1", "AB"), ("E2", "BA"))]
    by_place, by_people = (
        moves(working, *effects),
        moves(working, *effects, by_people={"employee:E1": "", "employee:E2": "moved"}),
    )
    assert {row.grade.why for row in by_place.rows if row.grade} == {"by the place in the group"}
    assert {str(row.whose): row.grade.why for row in by_people.rows if row.grade} == {"E1": "", "E2": "moved"}
    assert len(by_place.summary) == len(by_people.summary) + 1

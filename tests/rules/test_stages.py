"""The stages of a cycle: where each leads, what is left in the way, and which calendars are none."""

from __future__ import annotations

import datetime as dt

import pytest

from app.rules.stages import (
    Blocker,
    Stage,
    calendar_problems,
    is_way_back,
    left_after,
    next_stages,
    read_calendar,
    stages_ahead,
)


@pytest.mark.parametrize(
    ("stage", "led_to", "ahead"),
    [
        ("draft", ["agreement"], ["agreement"]),
        ("agreement", ["running", "draft"], ["running", "draft"]),
        ("running", ["agreement"], ["certified", "agreement"]),
        ("certified", [], ["notified"]),
        ("notified", [], ["notified", "locked"]),
        ("locked", ["paid"], ["paid"]),
        ("paid", [], []),
    ],
)
def test_a_stage_leads_to_its_neighbours_and_from_the_cut_on_no_decision_of_its_own_does(
    stage: str, led_to: list[str], ahead: list[str]
) -> None:
    assert [str(one) for one in next_stages(Stage(stage))] == led_to
    assert [str(one) for one in stages_ahead(Stage(stage))] == ahead


def test_only_towards_the_stage_before_is_a_way_back() -> None:
    assert is_way_back(Stage.RUNNING, Stage.AGREEMENT)
    assert is_way_back(Stage.AGREEMENT, Stage.DRAFT)
    assert not is_way_back(Stage.RUNNING, Stage.DRAFT)
    assert not is_way_back(Stage.AGREEMENT, Stage.RUNNING)


def test_what_is_hard_stays_in_the_way_whoever_accepts_it() -> None:
    hard = Blocker(code="no_scorecard", message="hard")
    soft = Blocker(code="unverified", message="soft", hard=False)
    assert left_after([hard, soft], []) == [hard, soft]
    assert left_after([hard, soft], ["unverified", "no_scorecard"]) == [hard]
    assert left_after([soft], ["unverified"]) == []


def test_a_refusal_names_twenty_and_counts_all() -> None:
    """What is about the cycle as a whole counts as one."""
    told = Blocker(code="unsigned", message="m", items=tuple(str(number) for number in range(30))).as_finding().told
    assert (len(told["items"]), told["count"], told["hard"]) == (20, 30, True)
    assert Blocker(code="cycle_before", message="m").count == 1
    assert Blocker(code="unsigned", message="m", items=("1",), of=7).count == 7


def test_a_calendar_holds_the_dates_that_there_are_and_days_alone() -> None:
    calendar = {"pay_by": "2027-03-01", "agree_by": "2026-02-01", "lock_by": None}
    assert calendar_problems(calendar) == []
    assert list(read_calendar(calendar).items()) == [("agree_by", dt.date(2026, 2, 1)), ("pay_by", dt.date(2027, 3, 1))]

    problems = calendar_problems({"party_on": "2026-02-01", "pay_by": "2026-02-30", "lock_by": 7})
    assert [(one.code, one.place.pointer) for one in problems if one.place] == [
        ("unknown_member", "/calendar/party_on"),
        ("no_day", "/calendar/pay_by"),
        ("no_day", "/calendar/lock_by"),
    ]


def test_a_calendar_that_is_the_whole_document_is_pointed_into_from_its_top() -> None:
    (problem,) = calendar_problems({"party_on": None}, field_="")
    assert problem.place is not None
    assert (problem.place.field, problem.place.pointer) == ("party_on", "/party_on")

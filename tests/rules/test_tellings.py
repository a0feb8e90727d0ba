"""Who keeps the grade that they were told: the worked cases of the contract, and what holds whatever is decided (contract-cycle, 7 and 8a)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.grading import Candidate, EmployeeProposal
from app.rules.moves import GradeMove, Moves
from app.rules.policies import GradePolicy, GradeRules, GroupPolicy, Policies
from app.rules.results_told import results_to_tell, to_be_told
from app.rules.tellings import NEVER_TOLD, ToldOf, band_of, last_day_to_object
from app.rules.terms import Job, Node, NodeKind
from tests.rules.graded import graded

GRADES = ("S", "A", "B", "C", "D", "E")
SEATS = {"S": 10, "A": 20, "B": 50, "C": 10, "D": 10, "E": 0}
"""Of a group of 10: S1 A2 B5 C1 D1, as the worked case has it."""
FREE = GradeRules(
    min_grades=1,
    top_share_min=Decimal(0),
    lowest_two_share_min=Decimal(0),
    single_share_max=Decimal(100),
    lowest_rate_max=Decimal(100),
    top_to_second_lowest_min=Decimal(0),
)
POLICIES = replace(
    Policies(),
    grades=tuple(GradePolicy(grade, Decimal(share), Decimal(100)) for grade, share in SEATS.items()),
    rules=FREE,
    groups=GroupPolicy(minimum=1),
)
TEN = (90, 85, 80, 75, 74, 73, 72, 71, 60, 50)


def people(scores, **more):
    """P01, P02 …, each with a score; `more` are members of one of them, by number."""
    return [
        replace(
            Candidate(
                employee=f"P{at:02}",
                job=Job.STAFF,
                group="others",
                own_score=Decimal(score),
                unit_score=Decimal(score),
                final_score=Decimal(score),
                days=365,
                monthly_base=1000,
                hired_on=dt.date(2020, 1, 1),
            ),
            **more.get(f"P{at:02}", {}),
        )
        for at, score in enumerate(scores, 1)
    ]


def node(number: str) -> Node:
    return Node(NodeKind.EMPLOYEE, number)


def tell(proposal: EmployeeProposal, told: ToldOf, *, before: int) -> ToldOf:
    """What everybody has been told once a telling is made of a proposal."""
    changed = to_be_told(results_to_tell(proposal, POLICIES.groups), told)
    return ToldOf(before=before, place=told.place + 1, results={**told.results, **changed})


def told_first(scores, moves: Moves | None = None) -> ToldOf:
    return tell(graded(people(scores), POLICIES, moves=moves or {}), NEVER_TOLD, before=10)


def grades_of(proposal: EmployeeProposal) -> str:
    return "".join(row.grade or "-" for row in proposal.rows)


def kept(proposal: EmployeeProposal) -> set[str]:
    return {one.code for one in proposal.as_told}


def test_the_worked_case_of_the_hold():
    """The fourth's objection adds a deal, 75 → 86: the third, told A, keeps A beyond the seats; nobody else moves. A deal taken from the second brings it down."""
    told = told_first(TEN)
    assert grades_of(graded(people(TEN), POLICIES, told=told)) == "SAABBBBBCD"
    rises = list(TEN)
    rises[3] = 86
    after = graded(people(rises), POLICIES, told=told)
    assert grades_of(after) == "SAAABBBBCD"
    assert kept(after) == {"P03"}
    assert after.counts == {"S": 1, "A": 3, "B": 4, "C": 1, "D": 1, "E": 0}
    assert after.standings.by_code["P03"].grade == "B"
    assert to_be_told(results_to_tell(after, POLICIES.groups), told).keys() == {node("P04")}
    falls = list(TEN)
    falls[1] = 70
    after = graded(people(falls), POLICIES, told=told)
    assert (grades_of(after), kept(after)) == ("SBAABBBBCD", set())
    assert to_be_told(results_to_tell(after, POLICIES.groups), told).keys() == {node("P02"), node("P04")}


@pytest.mark.parametrize(
    ("member", "value"),
    [("disciplined", True), ("group", "elsewhere"), ("job", Job.MANAGER), ("days", 10)],
)
def test_who_is_another_case_takes_the_new_grade(member, value):
    """Newly disciplined, of another group or job, no longer graded: no hold. Whoever's group was merged otherwise keeps it."""
    told = told_first(TEN)
    rises = list(TEN)
    rises[3] = 86
    after = graded(people(rises, P03={member: value}), POLICIES, told=told)
    assert "P03" not in kept(after)


def test_a_move_since_goes_before_the_hold_and_one_from_before_does_not():
    """Calibrators name who goes down: that stands. A move of before the last telling that lapses since leaves its person what they were told."""
    told = told_first(TEN)
    rises = list(TEN)
    rises[3] = 86
    down = GradeMove(11, node("P03"), "A", "B", "The rule asks for it.", "B")
    after = graded(people(rises), POLICIES, told=told, moves={node("P03"): down})
    assert (grades_of(after), kept(after)) == ("SABABBBBCD", set())
    again = tell(after, told, before=12)
    settled = graded(people(rises), POLICIES, told=again, moves={node("P03"): down})
    assert (grades_of(settled), kept(settled)) == ("SABABBBBCD", set())
    up = {node("P09"): GradeMove(5, node("P09"), "C", "B", "As both agreed.", "C")}
    told = told_first(TEN, up)
    assert told.results[node("P09")].grade == "B"
    lifted = list(TEN)
    lifted[9] = 65
    after = graded(people(lifted), POLICIES, told=told, moves=up)
    assert after.given[node("P09")].lapsed
    assert (grades_of(after), kept(after)) == ("SAABBBBBBC", {"P09"})


def test_what_was_told_stays_what_it_is():
    """Told once, a grade that is kept is the grade, and a second telling with nothing new tells nobody."""
    told = told_first(TEN)
    rises = list(TEN)
    rises[3] = 86
    after = graded(people(rises), POLICIES, told=told)
    again = tell(after, told, before=20)
    same = graded(people(rises), POLICIES, told=again)
    assert grades_of(same) == grades_of(after)
    assert to_be_told(results_to_tell(same, POLICIES.groups), again) == {}


SCORES = st.lists(st.integers(20, 40), min_size=4, max_size=14)


@given(SCORES, st.data())
def test_nobody_goes_down_by_what_is_decided_of_others(scores, data):
    """Whatever several tellings bring: whose own score did not fall and whom no move since names is not lower than told."""
    told = told_first(scores)
    moves: dict[Node, GradeMove] = {}
    for step in (1, 2, 3):
        before, named = list(scores), set()
        for at in data.draw(st.lists(st.integers(0, len(scores) - 1), max_size=3)):
            scores[at] = data.draw(st.integers(20, 45))
        number = 10 * step + 1
        present = graded(people(scores), POLICIES, told=told, moves=moves)
        for at in data.draw(st.lists(st.integers(0, len(scores) - 1), max_size=2)):
            row = present.rows[at]
            place = present.standings.by_code[row.employee]
            to = data.draw(st.sampled_from(GRADES))
            moves[row.node] = GradeMove(number, row.node, row.grade, to, "Why not.", place.grade)
            named.add(row.employee)
        after = graded(people(scores), POLICIES, told=told, moves=moves)
        for at, row in enumerate(after.rows):
            if scores[at] >= before[at] and row.employee not in named:
                assert GRADES.index(str(row.grade)) <= GRADES.index(str(told.results[row.node].grade)), row
        told = tell(after, told, before=10 * (step + 1))
        assert grades_of(graded(people(scores), POLICIES, told=told, moves=moves)) == grades_of(after)


@given(SCORES, st.permutations(range(4)), st.lists(st.tuples(st.integers(0, 3), st.integers(20, 45)), max_size=6))
def test_the_order_of_decisions_between_two_tellings_does_not_matter(scores, order, changes):
    """What stands is worked out once, of all that was agreed to: each decision sets a score of one, in whatever order."""
    told = told_first(scores)
    latest: Mapping[int, int] = dict(changes)

    def after(places):
        new = list(scores)
        for at in places:
            if at in latest:
                new[at] = latest[at]
        return graded(people(new), POLICIES, told=told)

    assert after(range(4)).rows == after(order).rows
    assert after(range(4)).as_told == after(order).as_told


def test_thirds_and_windows():
    """By rank, in whole people: of 23 seven are the upper third, eight the middle one. Fourteen days from the day after."""
    thirds = [band_of(rank, 23).value for rank in range(1, 24)]
    assert (thirds.count("upper"), thirds.count("middle"), thirds.count("lower")) == (7, 8, 8)
    assert [band_of(rank, 1).value for rank in (1,)] == ["lower"]
    assert last_day_to_object(dt.date(2027, 2, 10), days=14) == dt.date(2027, 2, 24)

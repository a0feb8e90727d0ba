"""Why a grade is what it is: whoever reads it comes to the same by hand, and what it says would lift one does."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.grade_reasons import BetterGrade, BeyondSeats, CutOff, beyond_seats, grade_reasons
from app.rules.grading import Candidate, EarlierResult, EmployeeProposal
from app.rules.policies import GroupPolicy, Policies
from app.rules.terms import Job, Period
from tests.rules.graded import proposed

YEAR = Period(dt.date(2026, 1, 1), dt.date(2027, 1, 1))
POLICIES = Policies(groups=GroupPolicy(minimum=3))
HUNDREDTH = Decimal("0.01")


def person(employee: str, score: float, **more: object) -> Candidate:
    """Somebody of staff, the whole year at work, with this final score."""
    plain = Candidate(
        employee=employee,
        job=Job.STAFF,
        own_score=score,
        unit_score=score,
        final_score=score,
        days=365,
        monthly_base=3_000_000,
        hired_on=dt.date(2015, 1, 1),
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def propose(*people: Candidate) -> EmployeeProposal:
    return proposed(people, POLICIES)


def test_whoever_was_away_is_told_which_results_stand_for_this_cycles_score() -> None:
    """The last two, the latest first, whatever the scorecard of this cycle shows (CS26)."""
    earlier = tuple(EarlierResult(cycle, Decimal(score), "B") for cycle, score in [(2023, 90), (2024, 67), (2025, 74)])
    proposal = propose(
        person("E1", 48.97, away=True, earlier=earlier), *(person(f"E{n}", 50.0 + n) for n in range(2, 9))
    )
    why = grade_reasons(proposal, "E1", cycle=2026, policies=POLICIES)
    assert [(one.cycle, one.final_score) for one in why.stand_in] == [(2025, 74), (2024, 67)]
    assert why.standing is not None
    assert why.standing.entrant.score == Decimal("70.50")
    at_work = grade_reasons(proposal, "E2", cycle=2026, policies=POLICIES)
    assert at_work.stand_in == ()


def test_discipline_is_named_and_no_score_lifts_it() -> None:
    proposal = propose(person("E1", 99.0, disciplined=True), *(person(f"E{n}", 50.0 + n) for n in range(2, 12)))
    why = grade_reasons(proposal, "E1", cycle=2026, policies=POLICIES)
    assert why.standing is not None
    assert why.standing.entrant.disciplined
    assert why.better is None
    assert why.cut_off is None
    assert why.in_group[-1].lowest != Decimal("99.00"), "a cut-off is what a score reaches"


def test_the_cut_off_of_the_next_grade_and_what_is_missing_to_it() -> None:
    """Ten people, official shares: one seat of S and two of A, so that S ends with the best and A with the third."""
    proposal = propose(*(person(f"E{n}", 60.0 + n) for n in range(10)))
    best, second = (grade_reasons(proposal, one, cycle=2026, policies=POLICIES) for one in ("E9", "E8"))
    assert best.better is None
    assert second.better == BetterGrade("S", Decimal("69.00"), Decimal("1.00"))
    assert second.cut_off == CutOff(Decimal("67.00"), Decimal("1.00"))


def test_where_equals_fill_the_seats_the_next_grade_is_the_one_that_they_share() -> None:
    """One seat of S and two of A, three tie at 70: they are S together and sit on A's seats, so that nobody is A. With 70.00 the fourth is S too, with 69.99 still B."""
    people = [person(f"E{n}", score) for n, score in enumerate([70.0, 70.0, 70.0, *(60.0 - n for n in range(7))])]
    why = grade_reasons(propose(*people), "E3", cycle=2026, policies=POLICIES)
    assert (why.standing.grade if why.standing else None, why.better) == (
        "B",
        BetterGrade("S", Decimal("70.00"), Decimal("10.00")),
    )
    for score, grade in ((70.0, "S"), (69.99, "B")):
        people[3] = replace(people[3], final_score=score)
        assert propose(*people).standings.by_code["E3"].grade == grade


def test_grades_beyond_their_seats_are_told_with_what_made_them_so() -> None:
    """Two tie for the one seat of S; and whoever is disciplined is graded E, whatever the score and the seats."""
    people = [person(f"E{n}", score) for n, score in enumerate([70.0, 70.0, *(60.0 - n for n in range(8))])]
    places = propose(*people).standings
    assert beyond_seats(places)[0] == BeyondSeats("agency", "S", 1, 2, Decimal("70.00"), 2)
    disciplined = [replace(one, disciplined=n in {2, 3, 4}) for n, one in enumerate(people)]
    lowest = beyond_seats(propose(*disciplined).standings)[-1]
    assert (lowest.grade, lowest.people, lowest.score, lowest.number) == ("E", 3, None, 3)
    assert beyond_seats(propose(*(person(f"E{n}", 60.0 + n) for n in range(10))).standings) == ()


def test_a_grade_with_exactly_its_seats_is_no_exception() -> None:
    """Two tie for the one seat of S and take one of A's; two who tie where A ends make A's people as many as its seats."""
    people = [person(f"E{n}", score) for n, score in enumerate([70.0, 70.0, 60.0, 60.0, *(50.0 - n for n in range(6))])]
    places = propose(*people).standings
    assert [(one.grade, one.people, one.seats) for one in places.in_group["agency"][:2]] == [("S", 2, 1), ("A", 2, 2)]
    assert "A" not in [one.grade for one in beyond_seats(places)]


def test_a_group_too_small_is_named_with_what_it_became() -> None:
    proposal = propose(*(person(f"A{n}", 60.0 + n, group="Asia") for n in range(5)), person("V1", 70.0, group="Vienna"))
    why = grade_reasons(proposal, "V1", cycle=2026, policies=POLICIES)
    assert (why.merged_from, why.standing.group if why.standing else None) == ("Vienna", "Asia")
    assert grade_reasons(proposal, "A1", cycle=2026, policies=POLICIES).merged_from is None


def test_who_is_not_graded_has_no_place_and_no_pay() -> None:
    why = grade_reasons(propose(person("E1", 60.0, days=12)), "E1", cycle=2026, policies=POLICIES)
    assert (why.standing, why.slip, why.points, why.in_group, why.minimum_days) == (None, None, None, (), 60)
    with pytest.raises(KeyError):
        grade_reasons(propose(person("E1", 60.0)), "E2", cycle=2026, policies=POLICIES)


@given(
    st.lists(st.integers(4000, 4040), min_size=4, max_size=40),
    st.sets(st.integers(0, 39), max_size=3),
    st.integers(0, 39),
)
def test_reaching_the_cut_off_brings_the_grade(hundredths: list[int], disciplined: set[int], who: int) -> None:
    """As long as the others stay: proposed anew with that score it is the grade that was named, with a hundredth less the one before."""
    people = [person(f"E{n:02}", score / 100, disciplined=n in disciplined) for n, score in enumerate(hundredths)]
    one = people[who % len(people)]
    proposal = propose(*people)
    why = grade_reasons(proposal, one.employee, cycle=2026, policies=POLICIES)
    assert bool(beyond_seats(proposal.standings)) == any(grade.people != grade.seats for grade in why.in_group)
    assert all(each.number >= (1 if each.score is None else 2) for each in beyond_seats(proposal.standings))
    assert sum(grade.people for grade in why.in_group) == len(people)
    if why.better is None:
        return
    better = why.better

    def graded_with(score: Decimal) -> str:
        lifted = replace(one, final_score=float(score))
        return propose(*(lifted if each is one else each for each in people)).standings.by_code[one.employee].grade

    assert graded_with(better.lowest) == better.grade
    assert why.standing is not None
    assert graded_with(better.lowest - HUNDREDTH) == why.standing.grade, "one hundredth less leaves the grade"

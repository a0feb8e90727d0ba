"""Who is graded, in which group, in what order, and what each one's place brings."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.rules.grading import (
    Candidate,
    EarlierResult,
    EmployeeGrade,
    EmployeeProposal,
    UnitCandidate,
    UnitGrade,
    members,
    propose_units,
)
from app.rules.policies import GradePolicy, GradeRules, GroupPolicy, PayPolicy, Policies
from app.rules.standings import (
    AGENCY,
    HEADS,
    OTHERS,
    Entrant,
    hundredths,
    merged_groups,
    published,
    published_score,
    standings,
)
from app.rules.terms import Job, Period
from tests.rules.graded import proposed
from tests.soaking import examples

YEAR = Period(dt.date(2026, 1, 1), dt.date(2027, 1, 1))
OFFICIAL = Policies()


def candidate(employee: str, score: float | None = 60.0, **given: object) -> Candidate:
    """An employee of staff, a whole year at work, with this final score."""
    plain: dict[str, object] = {
        "job": Job.STAFF,
        "own_score": score,
        "unit_score": score,
        "final_score": score,
        "days": 365,
        "monthly_base": 3_000_000,
        "hired_on": dt.date(2015, 1, 1),
    }
    return Candidate(employee=employee, **{**plain, **given})  # type: ignore[arg-type]


def propose(*people: Candidate, policies: Policies = OFFICIAL) -> EmployeeProposal:
    return proposed(people, policies)


def row(person: Candidate, policies: Policies = OFFICIAL) -> EmployeeGrade:
    """What becomes of one person alone."""
    return propose(person, policies=policies).rows[0]


def results(*scores: tuple[int, str]) -> tuple[EarlierResult, ...]:
    return tuple(EarlierResult(cycle, Decimal(score), "B") for cycle, score in scores)


def ten(*scores: float, disciplined: str = "") -> dict[str, EmployeeGrade]:
    """Ten people of one group, E0 to E9, by number."""
    people = [
        candidate(f"E{place}", score, disciplined=f"E{place}" == disciplined) for place, score in enumerate(scores)
    ]
    return {each.employee: each for each in propose(*people).rows}


# ---------------------------------------------------------------------------------------------------------------- published


@pytest.mark.parametrize(
    ("score", "shown"),
    [
        (56.535, "56.54"),
        (56.53499999999999, "56.54"),  # 56.535 by its rule: the half is not lost to the error of a float
        (56.545, "56.54"),
        (56.54500000000001, "56.54"),
        (56.5350001, "56.54"),
        (56.5349999, "56.53"),
        (100.0, "100.00"),
        (20, "20.00"),
        (Decimal("66.665"), "66.66"),
        (Fraction(200, 3), "66.67"),
        (Decimal("56.5449999999999"), "56.54"),
        (Decimal("56.5350000000000001"), "56.54"),
    ],
)
def test_a_score_is_published_rounded_half_even_to_two_decimals(score: float | Decimal | Fraction, shown: str) -> None:
    assert str(published(score)) == shown


@given(st.integers(20_000, 100_000), st.floats(-1e-11, 1e-11))
def test_the_error_of_a_float_never_changes_what_is_published(thousandths: int, error: float) -> None:
    """Halves are where it would show: every score of three decimals, a little off."""
    exact = Fraction(thousandths, 1000)
    assert published(thousandths / 1000 + error) == published(exact)


# --------------------------------------------------------------------------------------------------------------- who is graded


@pytest.mark.parametrize(
    ("given", "reason", "final_score"),
    [
        ({"days": 60}, None, 60.0),
        ({"days": 59}, "under_minimum_days", 60.0),
        ({"days": 59, "score": None}, "under_minimum_days", None),
        ({"days": 365, "score": None}, "not_measurable", None),
        ({"away": True}, "no_earlier_result", None),
        ({"away": True, "days": 0}, "no_earlier_result", None),
        ({"away": True, "days": 0, "earlier": results((2026, "90"), (2027, "91"))}, "no_earlier_result", None),
        ({"away": True, "days": 0, "earlier": results((2022, "53.46"))}, None, 53.46),
        ({"away": True, "earlier": results((2022, "20"), (2025, "85.02"), (2023, "96.98"))}, None, 91.0),
    ],
)
def test_who_is_graded_and_why_not(given: dict[str, object], reason: str | None, final_score: float | None) -> None:
    """Those away get the mean of their last two earlier results, whatever days they worked; the rest need 60 days and a score."""
    found = row(candidate("E1", **given))  # type: ignore[arg-type]
    assert found.reason == reason
    assert members(found)["final_score"] == final_score
    assert (found.grade is None) == (reason is not None)


def test_who_is_not_graded_keeps_days_and_scores_and_nothing_else() -> None:
    found = row(candidate("E1", 71.25, days=12))
    assert members(found) == {
        "employee": "E1",
        "group": None,
        "own_score": 71.25,
        "unit_score": 71.25,
        "final_score": 71.25,
        "rank": None,
        "group_size": None,
        "grade": None,
        "reason": "under_minimum_days",
        "rate": None,
        "days": 12,
        "pay": None,
        "promotion_points": None,
    }


def test_whoever_is_of_a_rank_outside_is_scored_and_takes_no_seat_whatever_else_would_be_said() -> None:
    """Asked before all other reasons (contract-cycle, 6); no other rank is meant, nor none."""
    outside = Policies(groups=GroupPolicy(outside_ranks=("President", "Standing auditor")))
    people = [candidate(f"E{place}", rank="G1" if place else None) for place in range(10)]
    people += [
        candidate("X", 90.0, rank="President", disciplined=True),
        candidate("Y", days=3, rank="Standing auditor"),
        candidate("Z", away=True, rank="President", earlier=results((2025, "85.02"))),
    ]
    found = propose(*people, policies=outside)
    beside = {one.employee: (one.reason, one.grade, one.group, one.pay, one.promotion_points) for one in found.rows}
    assert {beside.pop(number) for number in "XYZ"} == {("outside", None, None, None, None)}
    assert {one[0] for one in beside.values()} == {None}
    assert [members(one)["final_score"] for one in found.rows[-3:]] == [90.0, 60.0, 85.02]
    assert (found.standings.sizes, sum(found.counts.values()), len(found.pay.slips)) == ({AGENCY: 10}, 10, 10)


def test_who_is_not_graded_takes_no_seat() -> None:
    people = [candidate(f"E{place}") for place in range(10)] + [candidate("X", None), candidate("Y", days=3)]
    assert propose(*people).standings.sizes == {AGENCY: 10}


# ------------------------------------------------------------------------------------------------------------------ groups


@pytest.mark.parametrize(
    ("sizes", "became"),
    [
        ({}, {}),
        ({"a": 10, "b": 12}, {"a": "a", "b": "b"}),
        ({"a": 9}, {"a": OTHERS}),
        ({"a": 4, "b": 5}, {"a": OTHERS, "b": OTHERS}),
        ({"a": 4, "b": 6, "c": 20}, {"a": OTHERS, "b": OTHERS, "c": "c"}),
        ({"a": 4, "c": 20, "d": 15}, {"a": "d", "c": "c", "d": "d"}),
        ({"a": 4, "d": 15, "c": 15}, {"a": "c", "c": "c", "d": "d"}),
        ({"heads": 3, "a": 8, "b": 30}, {"heads": OTHERS, "a": OTHERS, "b": "b"}),
        ({"heads": 3, "b": 30}, {"heads": "b", "b": "b"}),
        ({"others": 3, "b": 30}, {"others": "b", "b": "b"}),
        ({"others": 12, "a": 3, "b": 11}, {"others": "others", "a": "others", "b": "b"}),
    ],
)
def test_groups_too_small_become_one_or_join_the_smallest_of_the_rest(
    sizes: dict[str, int], became: dict[str, str]
) -> None:
    assert merged_groups(sizes, minimum=10) == became


@pytest.mark.parametrize(("heads_apart", "group"), [(True, HEADS), (False, "europe")])
def test_heads_are_a_group_of_their_own_where_the_policy_says_so(heads_apart: bool, group: str) -> None:
    policies = Policies(groups=GroupPolicy(minimum=1, heads_apart=heads_apart))
    assert row(candidate("E1", job=Job.HEAD, group="europe"), policies).group == group
    assert row(candidate("E1", job=Job.MANAGER, group="europe"), policies).group == "europe"


# ----------------------------------------------------------------------------------------------------------- ranks and grades


def test_ten_people_in_order_get_the_seats_in_order() -> None:
    """Seats of ten: S 1, A 2, B 5, C 1, D 1 (C gave one to D, since the lowest two together need one)."""
    rows = ten(90, 89, 88, 87, 86, 85, 84, 83, 82, 81)
    assert [rows[f"E{place}"].grade for place in range(10)] == ["S", "A", "A", "B", "B", "B", "B", "B", "C", "D"]
    assert [rows[f"E{place}"].rank for place in range(10)] == list(range(1, 11))


def test_equals_share_the_better_grade_and_the_rank() -> None:
    """The third and the fourth are equal as published, so both have the last seat of A."""
    rows = ten(90, 89, 87.001, 87.004, 86, 85, 84, 83, 82, 81)
    assert [rows[f"E{place}"].rank for place in range(5)] == [1, 2, 3, 3, 5]
    assert [rows[f"E{place}"].grade for place in range(5)] == ["S", "A", "A", "A", "B"]


def test_discipline_stands_after_all_others_and_brings_the_lowest_grade_whatever_the_seats() -> None:
    """The best of ten is disciplined: E, though the group has no seat there; the others move up."""
    rows = ten(90, 89, 88, 87, 86, 85, 84, 83, 82, 81, disciplined="E0")
    assert (rows["E0"].rank, rows["E0"].grade, rows["E0"].pay) == (10, "E", 0)
    assert rows["E0"].rate == 0
    assert [rows[f"E{place}"].grade for place in range(1, 10)] == ["S", "A", "A", "B", "B", "B", "B", "B", "C"]


def test_the_disciplined_are_ranked_by_score_among_themselves() -> None:
    rows = propose(
        candidate("E1", 90, disciplined=True),
        candidate("E2", 95, disciplined=True),
        candidate("E3", 95, disciplined=True),
        candidate("E4", 20),
    ).rows
    assert [(each.rank, each.grade) for each in rows] == [(4, "E"), (2, "E"), (2, "E"), (1, "S")]


def test_those_away_are_ranked_with_the_others_by_their_earlier_results() -> None:
    people = [candidate(f"E{place}", 60.0 + place) for place in range(9)]
    away = candidate("X", 20.0, away=True, days=0, earlier=results((2025, "99.99")))
    proposal = propose(*people, away)
    assert (proposal.rows[-1].employee, proposal.rows[-1].rank, proposal.rows[-1].grade) == ("X", 1, "S")
    assert proposal.rows[-1].pay == 0


# --------------------------------------------------------------------------------------------------------- pay and proposals


def test_pay_and_points_follow_the_grade() -> None:
    """One person is S (a single seat must be the top's): 3,000,000 × 60 % × 134 %; .95 × (66.69 + 80) / 2 + 3."""
    found = row(candidate("E1", 66.6874537, earlier=results((2025, "80.00"), (2026, "20"))))
    assert (found.grade, found.pay, found.promotion_points) == ("S", 2_412_000, Decimal("72.68"))
    assert members(found)["rate"] == 134
    assert members(found)["promotion_points"] == 72.68


def test_a_pool_is_shared_by_all_to_the_won() -> None:
    policies = Policies(pay=PayPolicy(pool=10_000_001))
    proposal = propose(*[candidate(f"E{place:02}", 60.0 + place) for place in range(15)], policies=policies)
    assert sum(each.pay or 0 for each in proposal.rows) == 10_000_001
    assert proposal.pay.pool_binds


def test_a_proposal_names_the_rules_that_policy_and_people_break() -> None:
    """All ten are equal, so all are S: nobody is in the lowest two grades, and S holds more than half."""
    assert [finding.code for finding in propose(*[candidate(f"E{place}") for place in range(10)]).broken] == [
        "lowest_two_share_min",
        "single_share_max",
    ]
    strict = Policies(rules=GradeRules(min_grades=7))
    assert [finding.code for finding in propose(policies=strict).broken] == ["min_grades"]


def test_nobody_is_a_proposal_without_rows_and_without_a_broken_rule() -> None:
    proposal = propose()
    assert (proposal.rows, proposal.broken, set(proposal.counts.values())) == ((), (), {0})


def test_all_disciplined_all_get_the_lowest_grade_and_the_rules_say_so() -> None:
    proposal = propose(*[candidate(f"E{place}", 50 + place, disciplined=True) for place in range(12)])
    assert {each.grade for each in proposal.rows} == {"E"}
    assert [finding.code for finding in proposal.broken] == ["top_share_min", "single_share_max"]


def test_units_are_graded_by_their_own_score_alone() -> None:
    units = [UnitCandidate(unit=f"U{place:02}", own_score=60.0 + place) for place in range(11)]
    proposal = propose_units([*units, UnitCandidate(unit="Z", group="asia", own_score=None)], policies=OFFICIAL)
    assert members(proposal.rows[-1]) == {
        "unit": "Z",
        "group": None,
        "own_score": None,
        "rank": None,
        "group_size": None,
        "grade": None,
        "reason": "not_measurable",
    }
    assert members(proposal.rows[8]) == {
        "unit": "U08",
        "group": AGENCY,
        "own_score": 68.0,
        "rank": 3,
        "group_size": 11,
        "grade": "A",
        "reason": None,
    }


def test_rows_have_the_members_of_the_contract_in_its_order() -> None:
    names = ["group", "own_score", "unit_score", "final_score", "rank", "group_size", "grade", "reason"]
    pay = ["rate", "days", "pay", "promotion_points"]
    assert [field.name for field in fields(EmployeeGrade)] == ["employee", *names, *pay]
    names = ["unit", "group", "own_score", "rank", "group_size", "grade", "reason"]
    assert [field.name for field in fields(UnitGrade)] == names


# --------------------------------------------------------------------------------------------------------------- properties


@st.composite
def policies_of_all_kinds(draw: st.DrawFn) -> Policies:
    """Three to seven grades, rules from lax to impossible, small groups, sometimes a pool."""
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=2, max_size=6)))
    shares = [upper - lower for lower, upper in zip([0, *cuts], [*cuts, 100], strict=True)]
    percents = st.sampled_from([0, 10, 30, 50, 100]).map(Decimal)
    return Policies(
        grades=tuple(
            GradePolicy(f"G{column}", Decimal(share), Decimal(20 * (len(shares) - 1 - column)))
            for column, share in enumerate(shares)
        ),
        rules=GradeRules(
            top_share_min=draw(percents), lowest_two_share_min=draw(percents), single_share_max=draw(percents)
        ),
        groups=GroupPolicy(minimum=draw(st.integers(1, 8)), heads_apart=draw(st.booleans())),
        pay=PayPolicy(pool=draw(st.none() | st.integers(0, 30_000_000))),
    )


scores = st.none() | st.floats(20, 100) | st.sampled_from([20.0, 55.555, 60.0, 60.004, 100.0])
earlier_results = st.lists(
    st.builds(EarlierResult, st.integers(2021, 2027), st.decimals(20, 100, places=2), st.just("B")), max_size=4
).map(tuple)
people = st.lists(
    st.builds(
        Candidate,
        employee=st.integers(0, 999).map("E{:03}".format),
        job=st.sampled_from(Job),
        group=st.sampled_from([AGENCY, "asia", "europe", OTHERS, HEADS]),
        own_score=scores,
        unit_score=scores,
        final_score=scores,
        days=st.sampled_from([0, 59, 60, 200, 365]),
        away=st.booleans(),
        disciplined=st.sampled_from([False, False, True]),
        earlier=earlier_results,
        monthly_base=st.integers(1_000_000, 9_000_000),
        hired_on=st.dates(dt.date(1990, 1, 1), dt.date(2026, 12, 31)),
    ),
    max_size=24,
    unique_by=lambda person: person.employee,
)


@settings(max_examples=examples(40))
@given(people, policies_of_all_kinds())
@example([candidate("E1")], OFFICIAL)
def test_grades_fall_with_the_score_within_a_group_and_equals_share(
    people: list[Candidate], policies: Policies
) -> None:
    proposal = propose(*people, policies=policies)
    order = [grade.grade for grade in policies.grades]
    for one in proposal.standings.by_code.values():
        if one.entrant.disciplined:
            assert one.grade == order[-1]
            continue
        for other in proposal.standings.by_code.values():
            if other.group != one.group or other.entrant.disciplined:
                continue
            if one.entrant.score > other.entrant.score:
                assert one.rank < other.rank
                assert order.index(one.grade) <= order.index(other.grade)
            elif one.entrant.score == other.entrant.score:
                assert (one.rank, one.grade) == (other.rank, other.grade)


@settings(max_examples=examples(40))
@given(people, policies_of_all_kinds())
def test_a_rank_is_one_more_than_those_before_and_the_grade_is_the_first_whose_seats_reach_it(
    people: list[Candidate], policies: Policies
) -> None:
    proposal = propose(*people, policies=policies)
    order = [grade.grade for grade in policies.grades]
    places = proposal.standings.by_code.values()
    for one in places:
        group = [other for other in places if other.group == one.group]
        key = (one.entrant.disciplined, -one.entrant.score)
        assert one.rank == 1 + sum((other.entrant.disciplined, -other.entrant.score) < key for other in group)
        assert one.group_size == len(group) == proposal.standings.sizes[one.group]
        seats = proposal.standings.plan.seats[one.group]
        column = order.index(one.grade)
        assert one.seats_to_here == sum(seats[: column + 1])
        if not one.entrant.disciplined:
            assert sum(seats[:column]) < one.rank <= one.seats_to_here


@settings(max_examples=examples(40))
@given(people, policies_of_all_kinds())
def test_a_rule_holds_for_the_people_counted_or_is_named(people: list[Candidate], policies: Policies) -> None:
    proposal = propose(*people, policies=policies)
    named = {finding.code for finding in proposal.broken}
    given_ = [each.grade for each in proposal.rows if each.grade]
    order = [grade.grade for grade in policies.grades]
    rules = policies.rules
    assert "top_share_min" in named or 100 * given_.count(order[0]) >= rules.top_share_min * len(given_)
    lowest = given_.count(order[-1]) + given_.count(order[-2])
    assert "lowest_two_share_min" in named or 100 * lowest >= rules.lowest_two_share_min * len(given_)
    most = max(map(given_.count, order))
    assert "single_share_max" in named or 100 * most <= rules.single_share_max * len(given_)


@settings(max_examples=examples(40))
@given(people, policies_of_all_kinds(), st.integers())
def test_the_order_of_the_people_changes_nothing(people: list[Candidate], policies: Policies, seed: int) -> None:
    shuffled = random.Random(seed).sample(people, len(people))
    one, other = propose(*people, policies=policies), propose(*shuffled, policies=policies)
    assert one == other
    assert repr(one) == repr(other)


@settings(max_examples=examples(40))
@given(people, policies_of_all_kinds())
def test_everybody_has_a_grade_with_pay_and_points_or_a_reason(people: list[Candidate], policies: Policies) -> None:
    proposal = propose(*people, policies=policies)
    assert [each.employee for each in proposal.rows] == sorted(person.employee for person in people)
    for each in proposal.rows:
        rest = (each.group, each.rank, each.group_size, each.rate, each.pay, each.promotion_points)
        if each.reason is None:
            assert each.grade is not None
            assert None not in rest
        else:
            assert each.grade is None
            assert set(rest) == {None}
    if proposal.pay.pool_binds:
        assert sum(each.pay or 0 for each in proposal.rows) == policies.pay.pool


@settings(max_examples=examples(40))
@given(people, policies_of_all_kinds())
def test_the_row_of_each_says_what_is_told_of_them_by_themselves(people: list[Candidate], policies: Policies) -> None:
    """Rows are worked out in columns; place, pay and points with what they came from one by one."""
    proposal = propose(*people, policies=policies)
    assert {row.employee: proposal.candidates[row.employee] for row in proposal.rows} == {
        person.employee: person for person in people
    }
    graded = [row for row in proposal.rows if row.grade is not None]
    for told in (proposal.standings.by_code, proposal.pay.slips, proposal.points):
        assert list(told) == [row.employee for row in graded]
    for row in graded:
        place, slip = proposal.standings.by_code[row.employee], proposal.pay.slips[row.employee]
        claim = slip.claim
        assert (row.group, row.rank, row.group_size, row.grade) == (
            place.group,
            place.rank,
            place.group_size,
            place.grade,
        )
        assert (row.rate, row.days, row.pay) == (claim.rate, claim.days, slip.pay_krw)
        assert row.promotion_points == proposal.points[row.employee].points
        assert row.final_score is not None
        assert place.entrant.score == published(row.final_score)
        share = Fraction(policies.pay.institution_rate) * Fraction(claim.rate) * claim.days / (100 * 100 * 365)
        assert slip.exact == claim.monthly_base * share


@given(st.lists(st.floats(0, 100) | st.fractions(0, 100) | st.decimals(0, 100, places=4)))
@example([thousandths / 1000 + error for thousandths in range(56_500, 56_600, 5) for error in (-1e-10, 0.0, 1e-10)])
def test_many_scores_are_published_as_each_by_itself(many: list[float | Fraction | Decimal]) -> None:
    assert [published_score(number) for number in hundredths(many).tolist()] == [published(score) for score in many]


@given(st.integers(1, 60), st.integers(1, 12))
def test_all_equal_all_share_the_best_grade_that_has_a_seat(size: int, minimum: int) -> None:
    policies = Policies(groups=GroupPolicy(minimum=minimum))
    found = standings([Entrant(f"E{place:02}", AGENCY, Decimal("60.00")) for place in range(size)], policies=policies)
    assert {place.grade for place in found.by_code.values()} == {"S"}
    assert {place.rank for place in found.by_code.values()} == {1}

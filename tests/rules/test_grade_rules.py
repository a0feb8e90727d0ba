"""What grades must satisfy, asked of the policy and of the people counted."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.grade_rules import RULES, broken_by_counts, broken_by_policy, grade_counts
from app.rules.policies import GradePolicy, GradeRules, Policies

OFFICIAL = Policies()


def policies(*grades: tuple[str, int, int]) -> Policies:
    return Policies(grades=tuple(GradePolicy(grade, Decimal(share), Decimal(rate)) for grade, share, rate in grades))


def test_the_official_grades_break_no_rule() -> None:
    """S 134 / A 115 / B 100 / C 85 / D 66 / E 0 %, shares 10/15/50/15/5/5 (B26)."""
    assert broken_by_policy(OFFICIAL) == ()


@pytest.mark.parametrize(
    ("grades", "broken"),
    [
        ([("S", 10, 134), ("A", 50, 100), ("B", 30, 80), ("C", 5, 60), ("D", 5, 0)], ["min_grades"]),
        (
            [("S", 9, 134), ("A", 15, 115), ("B", 50, 100), ("C", 16, 85), ("D", 5, 66), ("E", 5, 0)],
            ["top_share_min"],
        ),
        (
            [("S", 10, 134), ("A", 15, 115), ("B", 50, 100), ("C", 16, 85), ("D", 5, 66), ("E", 4, 0)],
            ["lowest_two_share_min"],
        ),
        (
            [("S", 10, 134), ("A", 14, 115), ("B", 51, 100), ("C", 15, 85), ("D", 5, 66), ("E", 5, 0)],
            ["single_share_max"],
        ),
        (
            [("S", 10, 134), ("A", 15, 115), ("B", 50, 100), ("C", 15, 85), ("D", 5, 66), ("E", 5, 1)],
            ["lowest_rate_max"],
        ),
        (
            [("S", 10, 131), ("A", 15, 115), ("B", 50, 100), ("C", 15, 85), ("D", 5, 66), ("E", 5, 0)],
            ["top_to_second_lowest_min"],
        ),
        (
            [("S", 5, 100), ("Z", 95, 60)],
            ["min_grades", "top_share_min", "single_share_max", "lowest_rate_max", "top_to_second_lowest_min"],
        ),
    ],
)
def test_a_policy_that_breaks_a_rule_is_told_which(grades: list[tuple[str, int, int]], broken: list[str]) -> None:
    findings = broken_by_policy(policies(*grades))
    assert [finding.code for finding in findings] == broken
    assert all(finding.place.file == "policies.yaml" for finding in findings)


def test_the_message_says_what_is_there_and_what_is_asked_for() -> None:
    finding = broken_by_policy(replace(OFFICIAL, rules=GradeRules(top_share_min=Decimal("12.5"))))[0]
    assert finding.text() == "the top grade S has a share of 10 %, at least 12.5 % are asked for"


@pytest.mark.parametrize(
    ("counts", "broken"),
    [
        ((0, 0, 0, 0, 0, 0), []),
        ((2, 3, 10, 3, 1, 1), []),
        ((1, 0, 0, 0, 0, 0), ["lowest_two_share_min", "single_share_max"]),
        ((0, 0, 0, 0, 0, 1), ["top_share_min", "single_share_max"]),
        ((1, 3, 5, 1, 1, 0), ["top_share_min", "lowest_two_share_min"]),  # 1 of 11 is less than 10 %
        ((2, 3, 11, 2, 1, 1), ["single_share_max"]),
        ((2, 3, 10, 4, 1, 0), ["lowest_two_share_min"]),
        ((11, 0, 0, 0, 0, 11), []),
        ((12, 0, 0, 0, 0, 11), ["single_share_max"]),
    ],
)
def test_grades_given_that_break_a_rule_are_told_which(counts: tuple[int, ...], broken: list[str]) -> None:
    by_grade = dict(zip("SABCDE", counts, strict=True))
    findings = broken_by_counts(by_grade, policies=OFFICIAL)
    assert [finding.code for finding in findings] == broken


def test_every_grade_that_too_many_have_is_named() -> None:
    crowded = replace(OFFICIAL, rules=GradeRules(single_share_max=Decimal(30)))
    findings = broken_by_counts({"S": 4, "A": 4, "B": 0, "C": 0, "D": 1, "E": 1}, policies=crowded)
    assert [finding.text() for finding in findings] == [
        "4 of 10 have the grade S, at most 30 % are allowed",
        "4 of 10 have the grade A, at most 30 % are allowed",
    ]


def test_counts_name_every_grade_of_the_policy_and_pass_over_those_without_one() -> None:
    assert grade_counts(["B", None, "S", "B"], policies=OFFICIAL) == {"S": 1, "A": 0, "B": 2, "C": 0, "D": 0, "E": 0}


@given(st.lists(st.integers(0, 40), min_size=6, max_size=6))
def test_findings_stand_in_the_order_of_the_rules_and_say_what_was_counted(counts: list[int]) -> None:
    findings = broken_by_counts(dict(zip("SABCDE", counts, strict=True)), policies=OFFICIAL)
    codes = [finding.code for finding in findings]
    assert codes == sorted(codes, key=RULES.index)
    total = sum(counts)
    assert ("top_share_min" in codes) == (10 * counts[0] < total)
    assert ("lowest_two_share_min" in codes) == (10 * (counts[4] + counts[5]) < total)
    assert codes.count("single_share_max") == sum(2 * count > total for count in counts)
    assert all(str(total) in finding.text() for finding in findings)

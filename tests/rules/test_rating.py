"""Grades that people give, beside each other (contract-cycle, 5)."""

from __future__ import annotations

from fractions import Fraction

from app.rules.rating import GivenGrade, rater_spreads, rating_summary


def test_a_summary_says_how_many_what_mean_and_from_where_to_where() -> None:
    """A+ 100, B0 70, E0 20: three grades of mean 63 1/3, from E0 to A+."""
    assert rating_summary(["B0", "A+", "E0"]) == (3, Fraction(190, 3), "E0", "A+")
    assert rating_summary(["C"]) == (1, Fraction(60), "C", "C")
    assert rating_summary([]) is None


def test_a_rater_stands_beside_the_others_of_the_same_lines() -> None:
    """Of R1 with 100 and 60 on lines that R2 and R3 rated 80 and 40: mean 80 against 60; whoever is alone on their lines has nobody beside."""
    given = [
        GivenGrade("one", "R1", "A+"),
        GivenGrade("one", "R2", "B+"),
        GivenGrade("two", "R1", "C"),
        GivenGrade("two", "R3", "D0"),
        GivenGrade("three", "R4", "B0"),
    ]
    spreads = {one.rater: (one.n, one.mean, one.others, one.difference) for one in rater_spreads(given)}
    assert spreads == {
        "R1": (2, 80, 60, 20),
        "R2": (1, 80, 100, -20),
        "R3": (1, 40, 60, -20),
        "R4": (1, 70, None, None),
    }
    assert rater_spreads([]) == []

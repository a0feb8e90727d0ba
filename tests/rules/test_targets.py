"""Which lines take a target, and what may be written as one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.rules.kpis import METHOD_NAMES
from app.rules.targets import NoTarget, figure_of, is_leap, is_target, no_target, takes_target
from app.rules.terms import Link


def test_lines_held_against_a_target_take_one_unless_they_show_their_parents():
    """Every method and link: only these two, and never on a shared line."""
    taking = {(method, link) for method in METHOD_NAMES for link in Link if takes_target(method, link)}
    others = set(Link) - {Link.SHARED}
    assert taking == {(method, link) for method in ("target", "milestone") for link in others}


@pytest.mark.parametrize(
    ("methods", "why"),
    [
        ("deviation ratio trend beta", NoTarget.PAST),
        ("midterm", NoTarget.PATH),
        ("qualitative", NoTarget.RATED),
        ("target milestone", None),
    ],
)
def test_why_a_line_takes_none_is_told_by_its_method_and_first_by_its_link(methods, why):
    """A shared line's target is its parent's, whatever the method."""
    for method in methods.split():
        assert {no_target(method, link) for link in set(Link) - {Link.SHARED}} == {why}
        assert no_target(method, Link.SHARED) is NoTarget.SHARED


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("12", "12"),
        ("-0.50", "-0.50"),
        (".5", "0.5"),
        ("123456789012345.12345678901234567890", "123456789012345.12345678901234567890"),
        ("1234567890123456", None),
        ("1.123456789012345678901", None),
        ("", None),
        (".", None),
        ("1,5", None),
        ("1e3", None),
        ("+1", None),
        ("NaN", None),
        ("１２", None),
        ("12 ", None),
        ("12\n", None),
    ],
)
def test_a_figure_is_written_as_in_the_folder(text, figure):
    """The same bounds as a cell of scorecards.csv; a person's spaces are taken off before."""
    assert figure_of(text) == (None if figure is None else Decimal(figure))


@pytest.mark.parametrize(
    ("figure", "fits"), [("0.0001", True), ("10", True), ("0", False), ("-0.0", False), ("-5", False)]
)
def test_a_target_is_above_0(figure, fits):
    """Held against 0 nothing can be measured (domain.md 3), and below 0 whoever reaches more would score less."""
    assert is_target(Decimal(figure)) is fits


@pytest.mark.parametrize(
    ("before", "after", "is_far"),
    [
        ("10", "100", False),
        ("10", "100.01", True),
        ("10", "1", False),
        ("10", "0.99", True),
        ("1715", "171500000", True),
        (None, "171500000", False),
        ("0", "5", False),
        ("-10", "200", True),
    ],
)
def test_a_target_ten_times_the_one_before_is_asked_about(before, after, is_far):
    """A digit too many or too few; where there was none, or 0, there is nothing to compare with."""
    assert is_leap(None if before is None else Decimal(before), Decimal(after)) is is_far

"""Which lines take a target, and what may be written as one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.rules.kpis import METHOD_NAMES
from app.rules.targets import NoTarget, figure_of, no_target, takes_target
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

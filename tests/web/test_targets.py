"""Targets: the lines of a unit, its people and the units below, and whether what should add up does."""

from __future__ import annotations

import pytest

from tests.conftest import CountQueries
from tests.web.working import Working


def split(vie: int, par: int | str) -> object:
    """Make the offices' consults slices of the region's, with these targets of its 10."""

    def change(text: str) -> str:
        return "\n".join(
            line.replace("unique,,,,,,10,", f"identical,unit:EUR,consults,,,,{vie if 'VIE' in line else par},")
            if line.startswith(("2026,unit:VIE,consults,", "2026,unit:PAR,consults,"))
            else line
            for line in text.splitlines()
        )

    return change


def test_identical_children_that_add_up_are_said_to(working: Working) -> None:
    """What is split adds up (peers.md): 6 + 4 = 10, and their actuals too."""
    working.load(split(6, 4))  # type: ignore[arg-type]
    working.record("2026-03-04 consult C-1 E1")
    page = working.gaston.get("/targets").text
    assert "adds up" in page
    assert "The targets of the 2 identical lines below come to 10; EUR has 10." in page
    assert "The actuals of the 2 identical lines below come to 1; EUR has 1." in page
    assert "does not add up" not in page


def test_what_does_not_add_up_is_named_with_the_difference(working: Working) -> None:
    """6 + 5 is one too much."""
    working.load(split(6, 5))  # type: ignore[arg-type]
    page = working.gaston.get("/targets").text
    assert "does not add up" in page
    assert "Difference: 1." in page


def test_an_identical_line_without_a_target_is_missing_and_no_zero(working: Working) -> None:
    """It is said how many have none."""
    working.load(split(10, ""))  # type: ignore[arg-type]
    page = working.gaston.get("/targets").text
    assert "1 of them have none." in page
    assert "does not add up" in page


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        # without a unit, VIE, EUR, HQ, TYO
        ("alba", [404, 404, 404, 404, 404]),
        ("chae", [404, 404, 404, 404, 404]),
        ("boram", [200, 200, 404, 404, 404]),
        ("gaston", [200, 200, 200, 404, 404]),
        ("hana", [200, 200, 200, 200, 200]),
        ("dana", [200, 200, 200, 200, 200]),
        ("emil", [200, 200, 200, 200, 200]),
        ("ferran", [200, 200, 200, 200, 200]),
        ("iris", [404, 404, 404, 404, 404]),
    ],
)
def test_who_sees_which_targets(working: Working, name: str, statuses: list[int]) -> None:
    """A unit's targets with its people's are for its line and for who sees everything."""
    addresses = ("/targets", *(f"/targets?unit={unit}" for unit in ("VIE", "EUR", "HQ", "TYO")))
    assert getattr(working, name).statuses(*addresses) == statuses


def test_it_takes_as_many_queries_whatever_the_size(working_on_each: Working, count_queries: CountQueries) -> None:
    """Expect 5: the session, two revisions, totals, distinct members."""
    counts = []
    for person in (working_on_each.boram, working_on_each.hana):
        person.get("/targets")
        with count_queries() as sent:
            person.get("/targets")
        counts.append(len([one for one in sent if one != "BEGIN"]))
    assert counts == [5, 5]

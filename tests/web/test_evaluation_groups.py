"""Evaluation groups by the people who are graded: one merged into another, with seats before and after; the coefficient of a group's units, with its reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import unescape
from typing import Any, Final

import pytest

from tests.conftest import CountQueries
from tests.web.test_changes import agree, said, take_over
from tests.web.test_organisation import NEW, put, rows, shown
from tests.web.working import Working, loaded_folder, working

__all__ = ["loaded_folder", "working"]

GROUPS: Final = {"VIE": "europe", "PAR": "europe", "TYO": "asia", "HQ": "centre"}
MERGE: Final = {"group": "asia", "other": "europe", "day": "2026-07-01"}


def grouped(text: str) -> str:
    """The file of units with groups in it."""
    header, *lines = text.splitlines()
    at = header.split(",").index("evaluation_group")
    cells = [line.split(",") for line in lines]
    return "\n".join([header, *(",".join([*one[:at], GROUPS.get(one[0], ""), *one[at + 1 :]]) for one in cells), ""])


@pytest.fixture
def in_groups(working: Working) -> Working:
    """Two people of groups "centre" and four of "europe", one of "asia", each group graded alone."""
    policies = working.folder / "definitions" / "policies.yaml"
    policies.write_text(json.dumps({"groups": {"minimum": 1, "heads_apart": False}}), encoding="utf-8")
    working.load(grouped, "units")
    take_over(working, "units.csv", "scorecards.csv")
    return working


def test_groups_are_counted_by_who_is_graded_and_a_merger_shows_seats_before_and_after(in_groups: Working) -> None:
    """Only rows of units that name the group themselves; who agrees makes one group of two."""
    page = said(unescape(in_groups.emil.get("/organisation/groups").text))
    assert "asia TYO (TYO) 1 by itself" in page or "asia TYO 1 by itself" in page
    assert "europe PAR, VIE 3 by itself" in page
    assert "Merge a group into another" not in page
    page, _ = shown(in_groups.dana, "/organisation/groups?do=merge", MERGE)
    assert "From 1 Jul 2026 on: Evaluation group europe in place of asia." in page
    before, after = page.split("Groups as they would be")
    assert "asia TYO 1 by itself" in before.split("Groups as they are")[1]
    assert "asia" not in after.split("Into which change set")[0]
    assert "europe PAR, TYO, VIE 4 by itself" in after
    address = put(in_groups.dana, "/organisation/groups?do=merge", MERGE)
    assert [one["evaluation_group"] for one in rows(in_groups.dana, address).values() if one] == ["asia", "europe"]
    agree(in_groups.wanda, in_groups.dana.post(f"{address}/submit", {}).headers["Location"])
    assert "europe PAR, TYO, VIE 4 by itself" in said(in_groups.ferran.get("/organisation/groups?on=2026-07-01").text)


def in_ratio(text: str) -> str:
    """The definitions with deals measured against a base value."""
    kpis = json.loads(text)
    kpis["kpis"][0]["method"] = {"name": "ratio"}
    return json.dumps(kpis)


def test_a_coefficient_is_set_on_the_lines_of_a_groups_units_that_have_a_base(in_groups: Working) -> None:
    """Of that cycle, of units and not of people; its reason is that of a set of its own, whatever set is open."""
    refused = in_groups.dana.post(
        "/organisation/groups?do=coefficient", NEW | {"group": "europe", "cycle": "2026", "coefficient": "1.05"}
    )
    assert "No line of this group in the cycle 2026 takes a coefficient" in said(refused.text)
    path = in_groups.folder / "definitions" / "kpis.yaml"
    path.write_text(in_ratio(path.read_text(encoding="utf-8")), encoding="utf-8")

    def with_base(text: str) -> str:
        return text.replace(",deals,10,,unique,,,,,,10,", ",deals,10,,unique,,,10,,,,")

    take_back(in_groups, with_base)
    put(in_groups.dana, "/organisation/groups?do=merge", MERGE)
    form = {"into": "1", "group": "europe", "cycle": "2026", "coefficient": "1.05"}
    page, _ = shown(in_groups.dana, "/organisation/groups?do=coefficient", form)
    assert "A coefficient is published with its reason" in page
    address = put(in_groups.dana, "/organisation/groups?do=coefficient", form)
    wanted = rows(in_groups.dana, address)
    assert {(file, key) for file, key in wanted} == {
        ("scorecards.csv", "2026 unit:PAR deals"),
        ("scorecards.csv", "2026 unit:VIE deals"),
    }
    assert {one["coefficient"] for one in wanted.values() if one} == {"1.05"}


def take_back(working: Working, change: Callable[[str], str]) -> None:
    """Load scorecards and definitions by the folder, to which they are given back for it."""
    form = {"file": "scorecards.csv", "to": "folder", "reason": "They are loaded once more."}
    agree(working.ferran, working.dana.post("/folder", form).headers["Location"])
    working.load(change)
    take_over(working, "scorecards.csv")


@pytest.mark.parametrize(
    ("do", "form", "sentence"),
    [
        ("merge", MERGE | {"other": "asia"}, "A group is not merged into itself"),
        ("merge", MERGE | {"day": "1999-01-01"}, "No unit is of this group on 1999-01-01"),
        ("merge", MERGE | {"group": ""}, "This is empty"),
        ("coefficient", {"group": "asia", "cycle": "2026", "coefficient": "1.5"}, "lies between 0.80 and 1.20"),
        ("coefficient", {"group": "asia", "cycle": "2026", "coefficient": "much"}, "is no number here"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(in_groups: Working, do: str, form: dict[str, Any], sentence: str) -> None:
    """And what was typed stays."""
    answer = in_groups.dana.post(f"/organisation/groups?do={do}", NEW | {"title": "What was typed"} | form)
    assert answer.status_code == 422
    assert sentence in said(unescape(answer.text))
    assert 'value="What was typed"' in answer.text


def test_the_number_of_queries_does_not_grow_with_groups(in_groups: Working, count_queries: CountQueries) -> None:
    """Three groups, then seven."""
    counts = []
    for change in (grouped, lambda text: text.replace(",,2000", ",alone,2000")):
        take_back_units(in_groups, change)
        in_groups.dana.get("/organisation/groups")
        with count_queries() as queries:
            in_groups.dana.get("/organisation/groups")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def take_back_units(working: Working, change: Callable[[str], str]) -> None:
    """Load units by the folder, to which they are given back for it."""
    form = {"file": "units.csv", "to": "folder", "reason": "They are loaded once more."}
    agree(working.ferran, working.dana.post("/folder", form).headers["Location"])
    working.load(change, "units")
    take_over(working, "units.csv")

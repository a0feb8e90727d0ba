"""The page of policies: each a field with its meaning and source, judged as one types, changed by a change set."""

from __future__ import annotations

import re
from typing import Final

import pytest
import yaml

from app import scoring
from tests.conftest import CountQueries
from tests.web.markup import read
from tests.web.test_changes import agree, said, take_over
from tests.web.test_kpis import INTO, form_of, put
from tests.web.working import Working, loaded_folder, working

__all__ = ["loaded_folder", "working"]

TRY: Final = "/policies/_try"


def test_what_is_typed_is_told_in_sentences_and_judged_by_the_rules_of_a_load(working: Working) -> None:
    """Parts that do not add up to 100 are refused at their field; what was typed stays; a scale that breaks a rule is told, not refused."""
    take_over(working, "policies")
    form = form_of(working.dana.get("/policies").text) | INTO
    assert (form["blend.staff.unit"], form["grades.0.grade"], form["groups.heads_apart"]) == ("50", "S", "yes")
    tried = working.dana.post(TRY, form | {"blend.staff.unit": "40"}).get_json()
    assert [(one["name"], "add up to 100" in one["text"]) for one in tried["errors"]] == [("blend.staff.unit", True)]
    refused = working.dana.post("/policies", form | {"blend.staff.unit": "40", "grades.1.share": "16"})
    assert refused.status_code == 422
    wrong = {one.attributes["id"] for one in read(refused.text).all() if one.attributes.get("aria-invalid")}
    assert wrong == {"blend.staff.unit", "grades.0.grade"}
    assert form_of(refused.text)["grades.1.share"] == "16"
    typed = {
        "blend.staff.unit": "40",
        "blend.staff.own": "60",
        "grades.0.share": "5",
        "grades.1.share": "20",
        "groups.heads_apart": "",
    }
    tried = working.dana.post(TRY, form | typed).get_json()
    assert tried["errors"] == []
    assert tried["sentences"] == [
        "Unit part and own part, Staff, Unit part: from 50 to 40.",
        "Unit part and own part, Staff, Own part: from 50 to 60.",
        "Grades, S, Share: from 10 to 5.",
        "Grades, A, Share: from 15 to 20.",
        "Evaluation groups, Heads are a group of their own: from yes to no.",
        "the top grade S has a share of 5 %, at least 10 % are asked for",
    ]


def test_a_policy_holds_once_two_people_have_agreed_and_the_second_form_builds_on_the_first(working: Working) -> None:
    """Effects stand before; the set's own policies are what the next form begins with; the file can be taken home."""
    take_over(working, "policies")
    working.record("2026-03-04 deal D-1 E1 1000.00 EUR", "2026-03-05 verified D-1 by E2")
    form = form_of(working.dana.get("/policies").text) | INTO | {"blend.staff.unit": "40", "blend.staff.own": "60"}
    looked = said(working.dana.post("/policies", form).text)
    assert "Unit part and own part, Staff, Unit part: from 50 to 40." in looked
    assert re.search(r"E1 [^→]*[\d.]+ → [\d.]+", looked)
    address = put(working, "/policies", form)
    number = address.rpartition("/")[2]
    again = form_of(working.dana.get(f"/policies?into={number}").text) | {"into": number}
    assert again["blend.staff.unit"] == "40"
    put(working, "/policies", again | {"minimum_days": "30"})
    taken_home = yaml.safe_load(working.dana.get(f"/policies/yaml?into={number}").text)
    assert (taken_home["blend"]["staff"], taken_home["minimum_days"]) == ({"unit": 40, "own": 60}, 30)
    assert yaml.safe_load(working.ferran.get("/policies/yaml").text)["minimum_days"] == 60
    agree(working.wanda, working.dana.post(f"{address}/submit", {}).headers["Location"])
    with working.database.read() as connection:
        policies = scoring.state(connection).sheet.definitions.policies
    assert (policies.minimum_days, str(next(iter(policies.blend.values())).unit)) == (30, "40")


@pytest.mark.parametrize(("name", "status"), [("ferran", 200), ("emil", 200), ("boram", 404), ("iris", 404)])
def test_who_reads_and_who_types(working: Working, name: str, status: int) -> None:
    """Values, meaning and source are read by whoever sees files; the form is hr's."""
    page = getattr(working, name).get("/policies")
    assert page.status_code == status
    assert "data-definition" not in page.text
    assert ("Source: Budget guideline" in page.text) is (status == 200)
    assert getattr(working, name).post("/policies", INTO).status_code == 404


def test_queries_do_not_grow_with_people(working: Working, count_queries: CountQueries) -> None:
    """The page reads policies, however many people there are."""
    counts = []
    for more in ("", "E20,E20,e20@agency.example,G5,staff,3000000,2000-01-01,\n"):
        working.load(lambda text, more=more: text + more, "employees")
        working.dana.get("/policies")
        with count_queries() as queries:
            working.dana.get("/policies")
        counts.append(len(queries))
    assert counts[0] == counts[1]

"""The proposal of grades: HR and the auditor see all of it, an employee their own, an executive totals without a name."""

from __future__ import annotations

import re

import pytest

from tests.conftest import CountQueries
from tests.web.working import Working

ALL = {"dana": 200, "emil": 200, "ferran": 404, "boram": 404, "hana": 404, "alba": 404, "iris": 404}
TOTALS = {"dana": 200, "emil": 200, "ferran": 200, "boram": 404, "alba": 404, "iris": 404}
OF_ALBA = {"dana": 200, "emil": 200, "alba": 200, "ferran": 404, "boram": 404, "chae": 404, "jiho": 404, "iris": 404}


@pytest.mark.parametrize(
    ("address", "statuses"),
    [("/grades", ALL), ("/grades?of=units", ALL), ("/grades/totals", TOTALS), ("/grades/employee:E1", OF_ALBA)],
)
def test_who_sees_grades_and_pay(working: Working, address: str, statuses: dict[str, int]) -> None:
    """A head sees no grades, an executive pay as totals only, an employee their own alone (contract, "Who may what")."""
    assert {name: getattr(working, name).statuses(address)[0] for name in statuses} == statuses


def test_totals_name_nobody(working: Working) -> None:
    """Pay as totals only."""
    assert "employee:" not in working.ferran.get("/grades/totals").text


def test_the_proposal_shows_seats_pay_and_points_and_names_the_rules_it_breaks(working: Working) -> None:
    """Seven people in groups too small to stand alone."""
    working.record("2026-03-04 deal D-1 E1 1000.00 USD")
    page = working.dana.get("/grades").text
    for words in (
        "Seats by group",
        "By the largest remainder",
        "The top grade has at least its share",
        "Promotion points",
        "₩",
    ):
        assert words in page
    assert "Seats by group" in working.dana.get("/grades?of=units").text
    assert "₩" not in working.dana.get("/grades?of=units").text


def test_only_hr_downloads_it(working: Working) -> None:
    """With a reason."""
    form = {"reason": "for the committee"}
    for of in ("employees", "units"):
        assert [
            working.emil.post(f"/grades?of={of}", form).status_code,
            working.ferran.post("/grades", form).status_code,
        ] == [404, 404]
        answer = working.dana.post(f"/grades?of={of}", form)
        assert b"group_size" in answer.data.splitlines()[0]
        assert working.trail()[0].why == "for the committee"


def test_constant_query_count(working: Working, count_queries: CountQueries) -> None:
    """Those of the scores, whatever has been recorded; where nothing has come since, two fewer."""
    dana = working.dana
    dana.get("/grades")
    with count_queries() as kept:
        dana.get("/grades")
    working.record("2026-05-04 deal D-1 E1 1000.00 USD")
    with count_queries() as few:
        dana.get("/grades")
    assert len(kept) < len(few)
    working.record(*(f"2026-05-04 deal M-{number} E{1 + number % 3} 1000.00 USD" for number in range(30)))
    with count_queries() as many:
        dana.get("/grades")
    assert len(few) == len(many) <= 8


def test_a_narrowed_list_is_downloaded_narrowed(working: Working) -> None:
    """The button says how many rows the file has, and the file has those of the list."""
    narrowed = "/grades?of=employees&text=E1"
    for address, numbers in ((narrowed, ["E1"]), ("/grades", None)):
        page = working.dana.get(address).text
        lines = working.dana.post(address, {"reason": "for the committee"}).data.decode("utf-8-sig").splitlines()
        taken = [line.split(",")[0] for line in lines[1:-1]]
        assert numbers is None or taken == numbers
        assert re.search(rf"Download \(<[^>]+>{len(taken)}<", page), re.findall("<summary>.*", page)
    assert any("E1" in str(row.after) for row in working.trail() if row.deed == "export")

"""The proposal of grades: HR and the auditor see all of it, an employee their own, an executive totals without a name."""

from __future__ import annotations

import pytest

from tests.conftest import CountQueries
from tests.web.working import Working, working  # noqa: F401 - a fixture

ALL = {"dana": 200, "emil": 200, "ferran": 404, "boram": 404, "hana": 404, "alba": 404, "iris": 404}
TOTALS = {"dana": 200, "emil": 200, "ferran": 200, "boram": 404, "alba": 404, "iris": 404}
OF_ALBA = {"dana": 200, "emil": 200, "alba": 200, "ferran": 404, "boram": 404, "chae": 404, "jiho": 404, "iris": 404}


@pytest.mark.parametrize(("name", "status"), ALL.items())
def test_who_sees_the_whole_proposal(working: Working, name: str, status: int) -> None:
    """A head sees no pay and no grades (contract, "Who may what")."""
    assert getattr(working, name).statuses("/grades", "/grades?of=units") == [status, status]


@pytest.mark.parametrize(("name", "status"), TOTALS.items())
def test_who_sees_pay_in_all(working: Working, name: str, status: int) -> None:
    """An executive sees pay as totals only, and no name on that page."""
    answer = getattr(working, name).get("/grades/totals")
    assert answer.status_code == status
    assert "employee:" not in answer.text


@pytest.mark.parametrize(("name", "status"), OF_ALBA.items())
def test_who_sees_alba_s_grade_and_pay(working: Working, name: str, status: int) -> None:
    """Her own, HR and the auditor; neither her head nor a colleague."""
    assert getattr(working, name).statuses("/grades/employee:E1") == [status]


def test_the_proposal_shows_seats_pay_and_points_and_names_the_rules_it_breaks(working: Working) -> None:
    """Seven people in groups too small to stand alone."""
    working.record("2026-03-04 deal D-1 E1 1000.00 USD")
    page = working.dana.get("/grades").text
    for words in ("Seats by group", "By the largest remainder", "top_share_min", "Promotion points", "₩"):
        assert words in page
    assert "Seats by group" in working.dana.get("/grades?of=units").text
    assert "₩" not in working.dana.get("/grades?of=units").text


@pytest.mark.parametrize(("name", "status"), [("dana", 200), ("emil", 404), ("ferran", 404)])
@pytest.mark.parametrize("of", ["employees", "units"])
def test_only_hr_downloads_it(working: Working, name: str, status: int, of: str) -> None:
    """With a reason."""
    answer = getattr(working, name).post(f"/grades?of={of}", {"reason": "for the committee"})
    assert answer.status_code == status
    if status == 200:
        assert b"group_size" in answer.data.splitlines()[0]
        assert working.trail()[0].why == "for the committee"


def test_constant_query_count(working: Working, count_queries: CountQueries) -> None:
    """Those of the scores, whatever has been recorded."""
    dana = working.dana
    dana.get("/grades")
    with count_queries() as few:
        dana.get("/grades")
    working.record(*(f"2026-05-04 deal M-{number} E{1 + number % 3} 1000.00 USD" for number in range(30)))
    with count_queries() as many:
        dana.get("/grades")
    assert len(few) == len(many) <= 8

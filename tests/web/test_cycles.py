"""Which cycles there are: those that the folder names, by whatever file, and the one under way; any other is not there."""

from __future__ import annotations

import pytest

from app import scoring
from tests.web.working import Working

PAGES = (
    "/agency",
    "/scorecards/unit:VIE",
    "/scorecards/unit:VIE/deals",
    "/people",
    "/grades",
    "/grades?of=units",
    "/grades/totals",
    "/grades/employee:E1",
    "/office",
    "/targets",
    "/goals",
    "/api/v1/scorecards",
    "/api/v1/scorecards/unit:VIE",
    "/api/v1/explain/unit:VIE/deals",
)
NAMING = {
    "history": ("node,kpi,year,actual", "unit:VIE,deals,2021,1"),
    "ratings": ("cycle,node,kpi,rater,grade", "2022,unit:VIE,deals,R1,A0"),
    "status": ("employee,cycle,kind,from,to,note", "E1,2023,leave,,,"),
    "results": ("cycle,employee,final_score,grade", "2024,E1,80,B"),
    "scorecards": ("", "2027,unit:VIE,deals,100,,unique,,,,,,10,"),
}


def _asking(address: str, cycle: int) -> str:
    return f"{address}{'&' if '?' in address else '?'}cycle={cycle}"


@pytest.mark.parametrize("address", PAGES)
def test_a_cycle_that_no_folder_names_is_not_there(working: Working, address: str) -> None:
    """On pages and resources alike, and no plan is made for it."""
    who = working.hana if address in {"/office", "/targets"} else working.dana
    if address == "/agency":
        who = working.ferran
    if address == "/grades/totals":
        who = working.ferran
    assert who.get(_asking(address, 2026)).status_code == 200
    for year in (1000, 2025, 2027, 3000, 8999):
        assert who.get(_asking(address, year)).status_code == 404, year
    with working.database.read() as connection:
        assert set(scoring.state(connection)._plans) <= {2026}  # noqa: SLF001 - what a process keeps is what this is about


@pytest.mark.parametrize("file", NAMING)
def test_a_cycle_is_there_by_whatever_file_it_is_named(working: Working, file: str) -> None:
    """Lines, ratings, status, earlier results or the history: one row is enough."""
    header, row = NAMING[file]
    year = 2021 + list(NAMING).index(file) + (2 if file == "scorecards" else 0)
    path = working.folder / "agency" / f"{file}.csv"
    if not path.exists():
        path.write_text(f"{header}\n", encoding="utf-8")
    assert working.dana.get(f"/scorecards/unit:VIE?cycle={year}").status_code == 404
    working.load(lambda text: f"{text}{row}\n", file)
    for address in ("/scorecards/unit:VIE", "/people", "/grades", "/api/v1/scorecards"):
        assert working.dana.get(_asking(address, year)).status_code == 200, address


def test_plans_of_many_years_do_not_pile_up(working: Working) -> None:
    """A history of a hundred years may be looked at year by year; a process keeps some plans and no more."""
    (working.folder / "agency" / "history.csv").write_text("node,kpi,year,actual\n", encoding="utf-8")
    rows = "".join(f"unit:VIE,deals,{year},1\n" for year in range(2001, 2101))
    working.load(lambda text: text + rows, "history")
    for year in range(2001, 2041):
        assert working.dana.get(f"/api/v1/scorecards/unit:VIE?cycle={year}").status_code == 200
    with working.database.read() as connection:
        assert len(scoring.state(connection)._plans) <= 16  # noqa: SLF001 - what a process keeps is what this is about

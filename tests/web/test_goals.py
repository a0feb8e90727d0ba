"""The goal tree: from a goal down to those who move it, and up again; names only for who may see them."""

from __future__ import annotations

from tests.conftest import CountQueries
from tests.web.working import Working


def test_each_role_sees_the_goals_but_the_administrator(working: Working) -> None:
    """A line's own page goes by whose line it is (contract, "Who may what")."""
    everyone = {"ferran": 200, "dana": 200, "emil": 200, "boram": 200, "alba": 200, "iris": 404}
    assert {name: getattr(working, name).statuses("/goals")[0] for name in everyone} == everyone
    of_alba = {"alba": 200, "boram": 200, "gaston": 200, "ferran": 200, "chae": 404, "jiho": 404, "iris": 404}
    address = "/goals/employee:E1/deals"
    assert {name: getattr(working, name).statuses(address)[0] for name in of_alba} == of_alba
    assert (
        working.ferran.statuses("/goals/kpis/nothing", "/goals/unit:VIE/nothing", "/goals/unit:NOPE/deals") == [404] * 3
    )


def test_from_the_goals_one_comes_down_to_a_kpi_and_its_lines(working: Working) -> None:
    """An executive sees every line of it; an employee own ones and those above, and how many others there are."""
    assert 'href="/goals/kpis/deals?cycle=2026"' in working.ferran.get("/goals").text
    seen = working.ferran.get("/goals/kpis/deals").text
    assert "/goals/employee:E3/deals" in seen
    assert "/goals/unit:VIE/deals" in seen
    alba = working.alba.get("/goals/kpis/deals").text
    assert "/goals/employee:E1/deals" in alba
    assert "employee:E3" not in alba
    assert "Chae" not in alba
    assert "whose names are not shown to you" in alba


def test_a_line_leads_up_to_its_goal_and_down_by_its_links(working: Working) -> None:
    """Alba's deals are a slice of Vienna's, which are one of the agency's."""

    def linked(text: str) -> str:
        header, *lines = text.splitlines()
        names = header.split(",")
        changed = [header]
        for line in lines:
            row = dict(zip(names, line.split(","), strict=True))
            if row["kpi"] == "deals" and row["node"] in {"employee:E1", "unit:VIE"}:
                above = "unit:VIE" if row["node"] == "employee:E1" else "unit:HQ"
                row |= {"link": "identical", "parent_node": above, "parent_kpi": "deals"}
            changed.append(",".join(row[name] for name in names))
        return "\n".join(changed) + "\n"

    working.load(linked)
    vienna = working.ferran.get("/goals/unit:VIE/deals").text
    assert "/goals/unit:HQ/deals" in vienna
    assert "/goals/employee:E1/deals" in vienna
    assert "identical" in vienna
    alba = working.alba.get("/goals/employee:E1/deals").text
    assert alba.index("/goals/unit:VIE/deals") < alba.index("/goals/unit:HQ/deals")
    assert "/goals/employee:E1/deals" not in working.chae.get("/goals/unit:HQ/deals").text


def test_constant_query_count(working: Working, count_queries: CountQueries) -> None:
    """The session and the revision."""
    working.ferran.get("/goals")
    with count_queries() as sent:
        working.ferran.get("/goals")
    assert len(sent) <= 4

"""The goal tree: from a goal down to those who move it, and up again; names only for who may see them."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal

from tests.conftest import CountQueries
from tests.reference.agency import ReferenceAgency
from tests.web.markup import read
from tests.web.working import NOW, Working


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
    assert "A slice of VIE" in working.alba.get("/goals").text
    card = read(
        working.alba.get("/scorecards/employee:E1").text.split('id="kpi-deals"', 1)[1].split("</article>", 1)[0]
    )
    assert "A slice of VIE" in card.text
    serves = [item.text for item in card.all("li")]
    assert len(serves) == len(set(serves)) > 0, "a goal that the lines above serve too is told once"
    assert "/goals/employee:E1/deals" not in working.chae.get("/goals/unit:HQ/deals").text


def test_constant_query_count(working: Working, count_queries: CountQueries) -> None:
    """The session, the revision and the totals: the same whatever hangs on the goals."""
    working.ferran.get("/goals")
    with count_queries() as sent:
        working.ferran.get("/goals")
    assert len(sent) <= 6


def _figures(working: Working, address: str) -> dict[tuple[str, str], dict[str, str]]:
    """A file of goals by node and KPI."""
    answer = working.ferran.post(address, {"reason": "the yearly report"})
    assert answer.status_code == 200, answer.text
    lines = answer.data.decode("utf-8-sig").splitlines()[:-1]
    rows = [list(row.values()) for row in csv.DictReader(lines)]
    return {(row[4], row[2]): dict(zip(next(csv.reader(lines)), row, strict=True)) for row in rows}


def _contributing(text: str) -> str:
    """Everybody's mean value of a deal contributes to their own deals."""
    header, *lines = text.splitlines()
    names = header.split(",")
    rows = [dict(zip(names, line.split(","), strict=True)) for line in lines]
    for row in rows:
        if row["kpi"] == "deal_mean":
            row |= {"link": "contributory", "parent_node": row["node"], "parent_kpi": "deals"}
    return "\n".join([header, *(",".join(row[name] for name in names) for row in rows)]) + "\n"


def test_a_kpi_that_contributes_to_another_one_is_not_on_nobodys_scorecard(working: Working) -> None:
    """All its lines hang on another KPI's; it is counted by the file of scorecards, and leads to its lines."""
    working.load(_contributing)
    rows = csv.DictReader((working.folder / "agency" / "scorecards.csv").read_text(encoding="utf-8").splitlines())
    means = [row["node"] for row in rows if (row["cycle"], row["kpi"]) == ("2026", "deal_mean")]
    shown = working.ferran.get("/goals").text
    assert "nobody&#39;s scorecard" not in shown
    row = shown.split('href="/goals/kpis/deal_mean?cycle=2026"', 1)[1].split("</tr>", 1)[0]
    assert f"on {len(means)} scorecards" in row
    level = working.ferran.get("/goals/kpis/deal_mean").text
    assert [node for node in means if f"/goals/{node}/deal_mean" not in level] == []


def test_goals_show_the_figures_of_the_scorecards_and_take_them_home(working: Working) -> None:
    """Actual, target, score and projected score of a line are those of its scorecard, on the page and in the file."""
    working.record(
        "2026-03-04 deal D1 E1 1000.00 EUR of Meyer/AT",
        "2026-03-05 verified D1 by E9 as V1",
    )
    card = working.ferran.get("/api/v1/scorecards/unit:VIE?cycle=2026").get_json()
    (line,) = [one for one in card["lines"] if one["kpi"] == "deals"]
    assert (line["actual"], line["target"]) == ("1", "10")
    level = working.ferran.get("/goals/kpis/deals").text
    row = level.split("/goals/unit:VIE/deals", 1)[1].split("</tr>", 1)[0]
    for figure in (f"{line['score']:.2f}", f"{line['projected_score']:.2f}", ">1<", ">10<"):
        assert figure in row
    for address, whose in (
        ("/goals", {"unit:VIE", "employee:E1"}),
        ("/goals/kpis/deals", {"unit:VIE", "employee:E1"}),
        ("/goals/unit:VIE/deals", {"unit:VIE"}),
    ):
        rows = _figures(working, address)
        assert whose <= {node for node, _kpi in rows}
        taken = rows["unit:VIE", "deals"]
        assert (taken["Actual"], taken["Target"], float(taken["Score"])) == ("1", "10", round(line["score"], 2))
    assert {kpi for _node, kpi in _figures(working, "/goals/kpis/deals")} == {"deals"}


def test_the_file_of_goals_has_names_in_the_readers_language(working: Working) -> None:
    """What the reader's pages call a goal, a KPI and a unit its file calls so too."""
    with working.ferran.post("/goals", {"reason": "the report", "format": "xlsx"}) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].endswith("goals-2026.xlsx")

    def named(text: str) -> str:
        header, *lines = text.splitlines()
        return "\n".join([f"{header},name_ko", *(f"{line},{'비엔나' * line.startswith('VIE,')}" for line in lines)])

    working.load(named, file="units")
    english = _figures(working, "/goals")["unit:VIE", "deals"]
    working.ferran.client.set_cookie("kopes_language", "ko")
    korean = _figures(working, "/goals")["unit:VIE", "deals"]
    assert (english["Unit or person"], korean["부서·직원"]) == ("VIE", "비엔나")


def test_the_goals_show_how_far_each_line_has_moved_since_a_month_ago(
    working: Working, count_queries: CountQueries
) -> None:
    """By the reader's choice: where the line led thirty days ago held against where it leads now."""
    working.record(
        "2026-05-20 consult C-1 E1",
        "2026-05-21 consult C-2 E1",
        *(f"2026-06-{day:02} consult C-{day} E1" for day in range(3, 5)),
    )

    agency = ReferenceAgency.read(working.folder / "agency", working.folder / "definitions", working.events())

    def leads(today: dt.date, as_of: dt.date | None = None) -> Decimal:
        """Reckoned without the product's code."""
        card = agency.scoring(2026, basis="final", as_of=as_of, today=today).scorecard("employee:E1")
        (line,) = (one for one in card["lines"] if one["kpi"] == "consults")
        return Decimal(f"{float(line['projected_score']):.2f}")

    now = leads(NOW.date())
    change = now - leads(NOW.date(), dt.date(2026, 5, 31))
    assert change > 0
    unchosen = working.ferran.get("/goals/kpis/consults").text
    assert f"+{change}" not in unchosen
    switch = [one.text for one in read(working.ferran.get("/goals").text).all("button")]
    assert "Change since May 31, 2026" in switch
    assert working.ferran.post("/look", {"lead": "change", "next": "/goals"}).location == "/goals"
    for address in ("/goals/kpis/consults", "/goals/employee:E1/consults"):
        row = next(
            one for one in read(working.ferran.get(address).text).all("tr") if "E1" in one.text and "+" in one.text
        )
        assert f"▲ +{change}" in " ".join(row.text.split())
        assert f"to {now}" in " ".join(row.text.split())
    with count_queries() as sent:
        working.ferran.get("/goals")
    assert len(sent) <= 8


def test_whose_lines_a_file_of_goals_has(working: Working) -> None:
    """A head's are of the own line; an employee takes no file; each is logged with its reason, and without one there is none."""
    form = {"reason": "the yearly report"}
    taken = {"ferran": 200, "dana": 200, "emil": 200, "boram": 200, "alba": 404, "iris": 404}
    assert {name: getattr(working, name).post("/goals", form).status_code for name in taken} == taken
    of_head = working.boram.post("/goals", form).data.decode()
    assert "unit:VIE" in of_head
    assert "unit:TYO" not in of_head
    assert working.boram.post("/goals/unit:TYO/deals", form).status_code == 404
    assert working.ferran.post("/goals", {"reason": ""}).status_code == 422
    assert working.ferran.post("/goals/kpis/nothing", form).status_code == 404
    assert [row.why for row in working.trail() if row.deed == "export_goals"] == ["the yearly report"] * 5

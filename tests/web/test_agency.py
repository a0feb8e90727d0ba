"""The agency on one page: figures as everywhere else, every unit a link, and nothing that grows with the agency."""

from __future__ import annotations

import datetime as dt
import html
import re
from decimal import Decimal

import sqlalchemy as sa

from app import scoring
from app.rules.terms import Node
from app.scoring import ScoreQuery
from app.scoring.tables import trend
from tests.conftest import CountQueries
from tests.reference.agency import ReferenceAgency
from tests.web.markup import read
from tests.web.working import NOW, Working

THREE_DEALS = (
    "2026-03-04 deal D-1 E1 1000.00 USD",
    "2026-03-05T10:00 verified D-1 by E9 as V-1",
    "2026-04-04 deal D-2 E3 1000.00 USD",
    "2026-04-05T10:00 verified D-2 by E9 as V-2",
)


def test_executive_and_auditor_see_the_agency_on_one_page(working: Working) -> None:
    """Nobody else does (contract, "Who may what")."""
    statuses = {"ferran": 200, "emil": 200, "dana": 404, "boram": 404, "alba": 404, "iris": 404}
    assert {name: getattr(working, name).statuses("/agency")[0] for name in statuses} == statuses


def test_each_unit_is_a_cell_with_its_score_that_leads_to_its_scorecard(working: Working) -> None:
    """The figure is the scorecard's own."""
    working.record(*THREE_DEALS)
    page = working.ferran.get("/agency").text
    with working.database.read() as connection:
        found = scoring.scores(connection, ScoreQuery(2026, NOW.date()))
    for code in ("EUR", "VIE", "PAR", "ASI", "TYO"):
        node = Node.parse(f"unit:{code}")
        assert node is not None
        cell = page.split(f'href="/scorecards/unit:{code}?cycle=2026"', 1)[1].split("</a>", 1)[0]
        _, _, final, projected = found.of(node)
        assert final is not None
        assert projected is not None
        assert f"{projected:.2f}" in cell
        assert f"so far {final:.2f}" in cell


def test_a_goals_kpis_lead_to_how_their_scores_come_about(working: Working) -> None:
    """With the day and basis that one looks at."""
    page = working.ferran.get("/agency?as_of=2026-06-01&basis=provisional").text
    serving = page.split('<ul class="serving">', 1)[1].split("</ul>", 1)[0]
    link = re.search(r'href="(/scorecards/unit:HQ/\w+\?[^"]*)"', serving)
    assert link is not None
    assert "as_of=2026-06-01" in link[1]
    assert "basis=provisional" in link[1]
    assert working.ferran.statuses(html.unescape(link[1])) == [200]


def test_no_employee_is_named_on_it(working: Working) -> None:
    """An executive comes to people by drilling down."""
    working.record(*THREE_DEALS)
    assert "employee:" not in working.ferran.get("/agency").text


def test_the_people_at_risk_are_a_list_one_step_away(working: Working) -> None:
    """As many as are counted, the lowest projection first, on the same day and basis; nobody else stands there."""
    working.record(*THREE_DEALS)
    page = working.ferran.get("/agency?basis=provisional").text
    told = re.search(r'People projected below C</span>\s*<span class="stat-value"><a href="([^"]+)">(\d+) of ', page)
    assert told is not None
    assert "basis=provisional" in told[1]
    listed = working.ferran.get(html.unescape(told[1])).text.split('<tbody data-rows="people">')[1].split("</tbody>")[0]
    ahead = [float(score) for score in re.findall(r"""data-label="Year's end"><strong>([0-9.]+)<""", listed)]
    assert len(ahead) == int(told[2])
    assert ahead == sorted(ahead)
    assert max(ahead) < 60


def test_movers_compare_with_the_snapshot_of_thirty_days_ago(working: Working) -> None:
    """What the trend says of 31 May is what the change is taken from, not a later snapshot: where the year led then against where it leads."""
    working.record(*THREE_DEALS)
    with working.database.write("test") as connection:
        connection.execute(
            sa.insert(trend),
            [
                {"cycle": 2026, "node": "unit:VIE", "day": day, "own_score": score, "final_score": score}
                | {"provisional_score": score, "projected_score": score + 1, "taken_at": NOW}
                for day, score in ((dt.date(2026, 5, 31), 20.0), (dt.date(2026, 6, 29), 99.0))
            ],
        )
        projected = scoring.scores(connection, ScoreQuery(2026, NOW.date())).of(Node.parse("unit:VIE"))[3]  # type: ignore[arg-type]  # it is a node
    assert projected is not None
    page = working.ferran.get("/agency").text
    assert f"+{projected - 21:.2f}" in page


def test_goals_show_how_far_they_have_moved_by_the_readers_choice(
    working: Working, count_queries: CountQueries
) -> None:
    """The goal, its task and each line of it: where it led thirty days ago held against where it leads now, reckoned without the product's code."""
    working.record(
        *(f"2026-0{month}-{day:02} consult C-{month}{day} E7" for month, day in ((5, 20), (5, 21), (6, 3), (6, 4)))
    )
    with working.database.write("test") as connection:
        earlier = {"cycle": 2026, "node": "unit:VIE", "day": dt.date(2026, 6, 24), "own_score": 50, "final_score": 50}
        connection.execute(
            sa.insert(trend), [earlier | {"provisional_score": 50, "projected_score": 50, "taken_at": NOW}]
        )
    agency = ReferenceAgency.read(working.folder / "agency", working.folder / "definitions", working.events())

    def leads(as_of: dt.date | None = None) -> dict[str, tuple[float, float]]:
        card = agency.scoring(2026, basis="final", as_of=as_of, today=NOW.date()).scorecard("unit:HQ")
        lines = [one for one in card["lines"] if one["projected_score"] is not None]
        return {one["kpi"]: (float(one["weight"]), float(one["projected_score"])) for one in lines}

    def mean(lines: dict[str, tuple[float, float]]) -> Decimal:
        return Decimal(f"{sum(w * score for w, score in lines.values()) / sum(w for w, _ in lines.values()):.2f}")

    now, before = leads(), leads(dt.date(2026, 5, 31))
    of_goal = mean(now) - mean(before)
    of_line = Decimal(f"{now['consults'][1]:.2f}") - Decimal(f"{before['consults'][1]:.2f}")
    assert now.keys() == before.keys()
    assert of_goal > 0
    assert of_line > of_goal
    assert f"+{of_goal}" not in _goals(working)
    assert working.ferran.post("/look", {"lead": "change", "next": "/agency"}).location == "/agency"
    goals = _goals(working)
    assert goals.count(f"▲ +{of_goal}") == 2
    assert f"▲ +{of_line} to {now['consults'][1]:.2f}" in goals
    assert "Changes are those since 31 May 2026" in goals
    working.record("2026-06-05 consult C-65 E7")
    with count_queries() as sent:
        working.ferran.get("/agency")
    assert len(sent) <= 16


def _goals(working: Working) -> str:
    (section,) = (
        one for one in read(working.ferran.get("/agency").text).all("section") if "Strategic goals" in one.text
    )
    return " ".join(section.text.split())


def test_an_agency_without_figures_says_so(working: Working) -> None:
    """A day before the cycle, and a cycle without an activity, are pages like any."""
    assert (
        working.ferran.statuses("/agency", "/agency?as_of=2026-01-01", "/agency?as_of=2025-12-31&cycle=2026")
        == [200] * 3
    )
    assert working.ferran.statuses("/agency?cycle=1999", "/agency?as_of=soon") == [404, 422]


def test_constant_query_count(working: Working, count_queries: CountQueries) -> None:
    """At most 12, with one activity as with thirty; where nothing has come since, fewer."""
    ferran = working.ferran
    working.record(THREE_DEALS[0])
    ferran.get("/agency")
    working.record(THREE_DEALS[1])
    with count_queries() as few:
        ferran.get("/agency")
    with count_queries() as kept:
        ferran.get("/agency")
    assert len(kept) < len(few)
    working.record(*(f"2026-05-04 deal M-{number} E{1 + number % 3} 1000.00 USD" for number in range(30)))
    with count_queries() as many:
        ferran.get("/agency")
    assert len(few) == len(many) <= 12

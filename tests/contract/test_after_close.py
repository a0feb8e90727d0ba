"""What came after a cycle's cut on a running server: what it would move, and that live figures are moved by it (contract-cycle, 6 and 9)."""

from __future__ import annotations

import datetime as dt
import json
import re
from contextlib import closing

import pytest
import sqlalchemy as sa

from app import cycle as cycles
from app import scoring
from app.kit.database import Database
from app.scoring import ScoreQuery
from tests.contract.test_certifying import (
    AGENCY,
    SETTING,
    certified,
    events_file,
    figures,
    given_and_rated,
    ingest,
    late,
    line_scores,
    never_opened,
    running,
    shown_figures,
)
from tests.contract.test_cycles import agree, propose
from tests.scenario import Scenario


@pytest.fixture
def desk(desks, engine, tmp_path):
    """An agency after the cycle's end, with everybody's account."""
    with desks.copy(engine, SETTING, tmp_path) as made:
        yield made


def test_a_late_event_would_move_what_it_moves_where_it_came_in_time(desk):
    """By itself: scores as the same agency has them that got this event too, and no other.

    A consult of E2; a new buyer of E1 on an earlier day than E2's same one, who so has none; what the head of HQ reports of VIE. Each moves lines of other KPIs.
    """
    given_and_rated(desk)
    running(desk)
    in_time = Scenario.read("2026-05-06 new_buyer B-5 E2 of Berg/AT").events
    ingest(desk, in_time)
    certified(desk, "rating_missing", "stale_given")
    earlier = Scenario.read("2026-04-20 new_buyer B-0 E1 of Huber/AT").events
    said = {"employee": "E4", "node": "unit:VIE", "kpi": "companies", "cycle": "2026", "value": "7"}
    figure = {"specversion": "1.0", "type": "kopes.figure", "source": "/customs", "id": "F-1", "data": said}
    more = [*late(2, employee="E2"), *earlier, figure | {"time": "2026-12-31T09:00:00Z"}]
    ingest(desk, late(1) + more)
    listed = desk.person("dana").get("/api/v1/cycles/2026/after-close").json()["items"]
    before = dict(line_scores(figures(desk)[0]))
    with never_opened(desk, [*Scenario.read(AGENCY).events, *in_time, *more]) as where:
        after = dict(line_scores(desk.kopes("score", "--cycle", "2026", **where).out))
        desk.kopes("ingest", events_file(desk, late(1)), **where)
        beside = json.loads(desk.kopes("score", "--cycle", "2026", **where).out)
    moved = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
    told = {
        (each["node"], each["kpi"]): (each["before"], each["after"]) for one in listed[1:] for each in one["would_move"]
    }
    assert told == moved
    assert {("employee:E1", "new_buyers"), ("employee:E2", "new_buyers"), ("unit:VIE", "companies")} <= moved.keys()
    few, many = (_queries_of_after_close(desk, limit) for limit in (1, 4))
    assert few == many
    _live_says_so(desk, {card["node"]: card for card in beside})
    _counted_twice_and_never(desk)


def _counted_twice_and_never(desk):
    """Whom the cut counts, and another year again; whom the live rule counts in the cycle, which does not: by the contacts alone.

    Huber was E2's contact of May, which counts by the cut; what came first is of April, in the same cycle, so neither is another cycle's. Novak's contact
    of 2026 came late, and that of 2027 counts nowhere. Berg's of 2025 came late and counts there; by the cut of 2026 B-5 counts as well.
    """
    dana, address = desk.person("dana"), "/cycles/2026/after-close"

    def told():
        answer = dana.get(f"/api/v1{address}").json()
        return [
            {(one["buyer"], one["id"], one["counts_from"], one.get("again", {}).get("id")) for one in answer[name]}
            for name in ("counted_twice", "counted_never")
        ]

    assert told() == [set(), set()]
    late_ones = [
        "2026-07-03 new_buyer N-1 E1 of Novak/AT",
        "2027-01-05 new_buyer N-2 E2 of Novak/AT",
        "2025-11-03 new_buyer B-4 E1 of Berg/AT",
    ]
    ingest(desk, Scenario.read("\n".join(late_ones)).events)
    assert told() == [{("Berg", "B-5", "entered", "B-4")}, {("Novak", "N-1", "entered", None)}]
    page = dana.get(address).text
    assert len(re.findall('data-counted="twice"', page)) == len(re.findall('data-counted="never"', page)) == 1
    # Taken back, the contact of 2027 is the one that counts, and that of 2026 stays as it was certified.
    taken_back = Scenario.read(
        "2027-01-08 new_buyer B-7 E1 of Berg/AT\n2027-01-09T09:00 reversed B-4 by E1 as R-4"
    ).events
    taken_back += Scenario.read("2027-01-09T10:00 reversed B-5 by E1 as R-5").events
    ingest(desk, taken_back)
    assert told() == [{("Berg", "B-5", "entered", "B-7")}, {("Novak", "N-1", "entered", None)}]


def _live_says_so(desk, beside):
    """The running server's live figures are those of an agency that never opened the cycle, also once it has read decisions that came since."""
    ferran, address = desk.person("ferran"), "/scorecards/unit:VIE"

    def seen():
        told = ferran.get(f"/api/v1{address}?cycle=2026&live=1").json()
        page = ferran.get(f"{address}?cycle=2026&live=1").text
        return {line["kpi"]: (line["actual"], line["score"]) for line in told["lines"]}, shown_figures(page)

    first = seen()
    assert first[0] == {line["kpi"]: (line["actual"], line["score"]) for line in beside["unit:VIE"]["lines"]}
    content = {"node": "employee:E1", "kpi": "deals", "member": "target", "value": "9", "cause": "flood"}
    done = agree(desk, "anna", propose(desk, "dana", "override", content))
    assert done.status_code == 200, done.text
    assert seen()[0] == first[0]
    done = agree(desk, "anna", propose(desk, "dana", "lift", {"decision": done.json()["id"]}))
    assert done.status_code == 200, done.text
    assert seen() == first
    page = ferran.get(f"{address}?cycle=2026").text
    assert shown_figures(page) != first[1]
    _both_are_shown_where_they_differ(ferran, address, page)
    # A figure's own page names the lines that show it, and no other scorecard; so does what moved a scorecard last.
    said = {"employee": "E2", "node": "unit:VIE", "kpi": "companies", "cycle": "2026", "value": "8"}
    figure = {"specversion": "1.0", "type": "kopes.figure", "source": "/customs", "id": "F-2", "data": said}
    ingest(desk, [figure | {"time": "2027-01-09T09:00:00Z"}])
    page = ferran.get(f"{address}?cycle=2026&live=1").text
    moves = page.split('<section class="card moves">')[1].split("</section>")[0]
    moved = next(one for one in moves.split("<li>") if "Figure" in one)
    assert "in no line" not in moved, moved
    told = ferran.get(moved.split('href="')[1].split('"')[0]).text
    counted = told.split("Whom it counts for")[1].split("</ul>")[0]
    assert re.findall(r'href="/scorecards/([^"?]+)', counted) == ["unit:VIE", "unit:VIE/companies"], counted


def _both_are_shown_where_they_differ(ferran, address, stands):
    """The page of what stands follows nothing, and says so of nothing; the live one has what stands beside each figure that is another."""
    assert ("data-live-said" in stands, "data-beside" in stands) == (False, False)
    live = ferran.get(f"{address}?cycle=2026&live=1").text
    assert "data-live-said" in live
    told = [ferran.get(f"/api/v1{address}?cycle=2026{more}").json() for more in ("", "&live=1")]
    lines = [{line["kpi"]: line for line in one["lines"]} for one in told]
    expected = {name for name in ("own_score", "unit_score", "final_score") if told[0][name] != told[1][name]}
    expected |= {
        f"{kpi}:{figure}"
        for kpi in lines[0]
        for figure in ("actual", "score")
        if lines[0][kpi][figure] != lines[1][kpi][figure]
    }
    rows = dict(re.findall(r'<tr data-beside="([^"]+)">(.*?)</tr>', live))
    assert rows.keys() == expected
    assert {"own_score", "companies:actual", "companies:score"} <= expected
    shown = [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r'class="number">(.*?)</td>', rows["companies:score"])]
    scores = [one["companies"]["score"] for one in lines]
    assert shown == ["–" if one is None else f"{one:.2f}" for one in scores]


def _queries_of_after_close(desk, limit):
    """How many queries the live database has for a page of what came later, the cut at hand."""
    sent = []
    with closing(Database(desk.where["database"])) as database:
        for listens in (False, True):
            with database.read() as connection:
                loaded, cut = scoring.state(connection), scoring.certified_cuts(connection)[2026]
                if listens:
                    sa.event.listen(connection, "before_cursor_execute", lambda *said: sent.append(said[2]))
                asked = ScoreQuery(2026, dt.date(2027, 2, 10))
                now = dt.datetime(2027, 2, 10, tzinfo=dt.UTC)
                shown = cycles.after_close(connection, loaded, cut, asked=asked, after=0, limit=limit, now=now)
                assert len(shown.events) == limit
    return len(sent)

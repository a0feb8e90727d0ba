"""A scorecard as everybody reads it: one set of figures, exact where they are measured."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from app import scoring
from app.rules.terms import Basis, Node
from app.scoring import Scorecard, ScoreQuery
from tests.conftest import CountQueries
from tests.scenario import AT, KPIS, Agency

CARD = {
    *("node", "cycle", "as_of", "basis", "own_score", "unit_score", "final_score", "projected_score", "lines", "areas"),
}
LINE = {
    *("kpi", "weight", "actual", "base", "sigma", "high", "low", "target", "method", "score", "reason", "points"),
    *("projected_actual", "projected_score"),
}


def test_a_scorecard_has_the_members_of_the_contract(agency: Agency) -> None:
    """Measured values are decimal strings, scores numbers, what does not apply is null; no binary digits anywhere.

    unit HQ agency
    employee E1 HQ staff
    2026-03-04 deal D-1 E1 0.10 USD E1:0.3333 E9:0.6667
    2026-03-05 verified D-1 by E8
    """
    document = json.loads(json.dumps(agency.card("unit:HQ", as_of=dt.date(2026, 6, 30)).as_json()))
    assert set(document) == CARD
    assert all(set(line) == LINE for line in document["lines"])
    assert (document["node"], document["cycle"], document["as_of"], document["basis"]) == (
        "unit:HQ",
        "2026",
        "2026-06-30",
        "final",
    )
    lines = {line["kpi"]: line for line in document["lines"]}
    assert lines["deal_value"]["actual"] == "0.03333"
    assert lines["deals"]["actual"] == "0.3333"
    assert lines["deals"]["target"] == "10"
    assert lines["deals"]["score"] == pytest.approx(20 + 80 * 0.3333 / 10, abs=1e-9)
    assert (lines["deals"]["base"], lines["deals"]["sigma"], lines["deals"]["reason"]) == (None, None, None)
    assert lines["deal_mean"]["actual"] == "0.1"
    assert document["unit_score"] is None
    assert document["own_score"] == document["final_score"]


def test_a_mean_of_nothing_is_no_actual_and_the_other_lines_share_its_weight(agency: Agency) -> None:
    """The line keeps its place; points of the rest add up to the own score.

    unit HQ agency
    employee E1 HQ staff
    2026-03-04 consult C-1 E1
    """
    card = agency.card("unit:HQ")
    mean = next(line for line in card.lines if line.kpi == "deal_mean")
    assert (mean.actual, mean.score, mean.reason, mean.points) == (None, None, "no_actual", None)
    assert [line.kpi for line in card.lines] == list(KPIS)
    assert card.own_score == pytest.approx(sum(line.points for line in card.lines if line.points is not None))


def test_an_employees_final_score_blends_in_the_units_by_the_days_posted(agency: Agency) -> None:
    """Half own, half units for staff; heads are their unit (the default blend).

    unit HQ agency
      unit VIE office
      unit PAR office
    employee E1 VIE staff until 2026-04-01
    employee E1 PAR staff from 2026-04-01
    employee E2 VIE head
    2026-03-04 consult C-1 E2
    2026-06-04 consult C-2 E1
    2026-06-05 consult C-3 E1
    """
    vie, par, alba, boram = map(agency.card, ("unit:VIE", "unit:PAR", "employee:E1", "employee:E2"))
    assert vie.own_score is not None
    assert par.own_score is not None
    assert alba.own_score is not None
    assert alba.unit_score is not None
    assert alba.unit_score == pytest.approx((vie.own_score * 90 + par.own_score * 275) / 365)
    assert alba.final_score == pytest.approx((alba.own_score + alba.unit_score) / 2)
    assert boram.final_score == vie.own_score


def test_a_scorecard_asked_alone_is_the_one_among_all(agency: Agency, count_queries: CountQueries) -> None:
    """Every node, on both bases, now and as of a day; by the same number of queries, however many nodes are asked.

    unit HQ agency
      unit VIE office
      unit PAR office
    employee E1 VIE staff
    employee E2 PAR head
    employee E3 HQ staff
    2026-03-04 deal D-1 E1 100 EUR E1:0.6 E2:0.4
    2026-08-05 verified D-1 by E9
    2026-03-04 new_buyer N-1 E3
    """
    for as_of in (None, dt.date(2026, 6, 30)):
        for basis in Basis:
            asked = ScoreQuery(2026, AT.date(), as_of, basis)
            with agency.database.read() as connection:
                with count_queries() as for_all:
                    cards = scoring.scorecards(connection, asked)
                for card in cards:
                    with count_queries() as for_one:
                        (alone,) = scoring.scorecards(connection, asked, [card.node])
                    assert alone == card
                    # As of a day two more: which activities are its own, and which buyers those were contacts of.
                    assert len(for_one) <= len(for_all) + (0 if as_of is None else 2)


def test_a_projection_divides_by_the_part_of_the_year_that_is_over(agency: Agency) -> None:
    """Without a plan all days weigh the same; a mean stays as it is; what there is not yet cannot be projected.

    unit HQ agency
    employee E1 HQ staff
    2026-01-04 consult C-1 E1
    2026-01-05 deal D-1 E1 100 USD
    """
    card = agency.card("unit:HQ", as_of=dt.date(2026, 3, 14))
    lines = {line.kpi: line for line in card.lines}
    assert lines["consults"].projected_actual == "5"
    assert lines["consults"].projected_score == pytest.approx(60)
    assert lines["deal_mean"].projected_actual == "100"
    before: Scorecard = agency.card("unit:HQ", as_of=dt.date(2025, 12, 31))
    assert next(line.projected_actual for line in before.lines if line.kpi == "consults") is None


def test_who_serves_and_lives_in_the_cycle_is_listed_with_lines_or_without(agency: Agency) -> None:
    """Units first, then employees; one whose unit came to its end before is not of the cycle.

    unit HQ agency
      unit OLD office until 2026-01-01
      unit VIE office from 2026-12-31
    employee E1 HQ staff
    """
    with agency.database.read() as connection:
        nodes = [str(card.node) for card in scoring.scorecards(connection, ScoreQuery(2026, AT.date()))]
        later = scoring.scorecards(connection, ScoreQuery(2027, AT.date()))
    assert set(nodes) == {"unit:HQ", "unit:VIE", "employee:E1", "employee:E8", "employee:E9"}
    assert nodes[0].startswith("unit:")
    assert [one.lines for one in later] == [()] * len(nodes)
    assert [one.final_score for one in later] == [None] * len(nodes)


def test_what_is_published_has_two_decimals(agency: Agency) -> None:
    """Rounded half-even; the score itself is kept whole.

    unit HQ agency
    employee E1 HQ staff
    2026-03-04 consult C-1 E1
    """
    card = agency.card("unit:HQ")
    assert card.published is not None
    assert card.published.as_tuple().exponent == -2
    assert Node.parse("unit:HQ") == card.node

"""A derivation tells the scorecard's own figures, and its activities are exactly those that the actual is made of."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from app import scoring
from app.kit.database import Database
from app.ledger import CreditOrder
from app.rules.kpis import Measure
from app.rules.measures import decimal_text
from app.rules.steps import Section
from app.rules.terms import Basis, Node, NodeKind
from app.scoring import CountedActivity, Explanation, ScoreQuery
from tests.conftest import CountQueries
from tests.reference.random_agency import CYCLE
from tests.rules.test_derivation import check
from tests.scenario import Agency
from tests.scoring.taken_in import TODAY, take_in

VIE = Node(NodeKind.UNIT, "VIE")


def actual_of(activities: list[CountedActivity], explanation: Explanation) -> str | None:
    """What the activities of a list come to."""
    measure = explanation.version.measure

    def whole(asked: Measure, part: str | None) -> Fraction | None:
        added = [one.adds for one in activities if one.part == part]
        return sum(added, start=Fraction(0)) if added or asked.aggregate != "mean" else None

    if measure.numerator is not None and measure.denominator is not None:
        above, below = whole(measure.numerator, "numerator"), whole(measure.denominator, "denominator")
        return decimal_text(above / below) if below and above is not None else None
    added = whole(measure, None)
    return None if added is None else decimal_text(added)


@pytest.mark.parametrize("seed", [4, 11])
def test_what_the_activities_add_is_the_actual(database: Database, tmp_path: Path, seed: int) -> None:
    """Of every line of a random agency, on either basis, as of now and of past days; and every formula in the sentences comes out."""
    take_in(database, tmp_path, seed=seed, events=100)
    with database.read() as connection:
        for as_of in (None, dt.date(2026, 8, 20)):
            for basis in Basis:
                asked = ScoreQuery(CYCLE, TODAY, as_of, basis)
                for card in scoring.scorecards(connection, asked):
                    for line in card.lines:
                        found = scoring.explain(connection, asked, card.node, line.kpi)
                        assert found is not None
                        assert found.line == line
                        check(list(found.steps))
                        activities, more = scoring.counted_activities(connection, asked, card.node, line.kpi)
                        assert more is None
                        if found.version.measure.parts:
                            assert actual_of(activities, found) == line.actual, (card.node, line.kpi, as_of, basis)
                        elif activities:
                            assert found.version.measure.aggregate == "given"
                            assert [(one.credit.type, one.exact) for one in activities] == [("figure", line.actual)]
                            assert found.lists_activities


def _as_asked(whole: list[CountedActivity], order: CreditOrder) -> list[CountedActivity]:
    """The list in that order, sorted by what its rows show; a ratio's parts stay apart, buyers and companies that count once as they are."""
    listed: list[CountedActivity] = []
    for _, some in itertools.groupby(whole, key=lambda one: one.part):
        part = list(some)
        if order is not CreditOrder.EARLIEST and not part[0].by:
            part.reverse()
        if order is CreditOrder.LARGEST and not part[0].by:
            part.sort(key=lambda one: -1 if one.credit.usd_cents is None else one.credit.usd_cents, reverse=True)
        listed += part
    return listed


@pytest.mark.parametrize("order", CreditOrder)
def test_a_list_in_pages_is_the_list(database: Database, tmp_path: Path, order: CreditOrder) -> None:
    """Whatever the size of a page and the order: none twice, none left out, a ratio's two parts among them."""
    take_in(database, tmp_path, seed=8, events=300)
    asked = ScoreQuery(CYCLE, TODAY, None, Basis.PROVISIONAL)
    paged = 0
    with database.read() as connection:
        for card in scoring.scorecards(connection, asked):
            for line in card.lines:
                whole, _ = scoring.counted_activities(connection, asked, card.node, line.kpi)
                if len(whole) < 3:
                    continue
                pages: list[CountedActivity] = []
                after: str | None = None
                while True:
                    some, after = scoring.counted_activities(
                        connection, asked, card.node, line.kpi, order=order, after=after, limit=2
                    )
                    assert len(some) <= 2
                    pages += some
                    if after is None:
                        break
                assert pages == _as_asked(whole, order)
                paged += 1
    assert paged > 5


@pytest.mark.parametrize("after", ["", "x", "0.x", "9.", "0.bnVsbA", "0.WyJhIl0", "1.", "-1.", "0.\ud800"])
def test_a_place_that_nobody_gave_out_is_refused(agency: Agency, after: str) -> None:
    """A place names a part of the measure and a row; anything else is somebody's invention.

    unit VIE agency
    employee E1 VIE staff
    2026-03-04 deal D-1 E1 100 EUR
    """
    asked = ScoreQuery(2026, TODAY)
    with agency.database.read() as connection, pytest.raises(ValueError, match="no place"):
        scoring.counted_activities(connection, asked, VIE, "deal_value", after=after)


def test_a_place_in_one_order_is_none_in_another(agency: Agency) -> None:
    """By worth a place names the worth too.

    unit VIE agency
    employee E1 VIE staff
    2026-03-04 deal D-1 E1 100 EUR
    2026-03-05 deal D-2 E1 200 EUR
    """
    asked = ScoreQuery(2026, TODAY, None, Basis.PROVISIONAL)
    with agency.database.read() as connection:
        _, after = scoring.counted_activities(connection, asked, VIE, "deal_value", limit=1)
        assert after is not None
        with pytest.raises(ValueError, match="no place"):
            scoring.counted_activities(
                connection, asked, VIE, "deal_value", order=CreditOrder.LARGEST, after=after, limit=1
            )


def explained(agency: Agency, node: str, kpi: str, **more: object) -> Explanation:
    """The derivation of a line of the scenario."""
    at = Node.parse(node)
    assert at is not None
    with agency.database.read() as connection:
        found = scoring.explain(connection, ScoreQuery(2026, TODAY), at, kpi, **more)  # type: ignore[arg-type]
    assert found is not None
    return found


def listed(agency: Agency, node: str, kpi: str, *, basis: Basis = Basis.FINAL) -> list[CountedActivity]:
    """The activities that count for a line of the scenario."""
    at = Node.parse(node)
    assert at is not None
    with agency.database.read() as connection:
        return scoring.counted_activities(connection, ScoreQuery(2026, TODAY, None, basis), at, kpi)[0]


def test_a_shared_deal_stands_in_both_lists_with_its_share(agency: Agency) -> None:
    """Above both offices there are two lines of it, which together are the whole (domain.md 2).

    unit HQ agency
      unit VIE office
      unit PAR office
    employee E1 VIE staff
    employee E2 PAR staff
    2026-03-04 deal D-77 E1 1000.00 EUR E1:0.6 E2:0.4
    2026-03-05 verified D-77 by E9
    """
    assert [(one.credit.employee, decimal_text(one.adds)) for one in listed(agency, "unit:HQ", "deal_value")] == [
        ("E1", "660"),
        ("E2", "440"),
    ]
    assert [decimal_text(one.adds) for one in listed(agency, "unit:PAR", "deals")] == ["0.4"]
    told = explained(agency, "unit:HQ", "deal_value").sentences()
    assert any(sentence.startswith("Activities with an amount that count: 1;") for sentence in told)


def test_a_distinct_count_lists_each_buyer_once(agency: Agency) -> None:
    """By its earliest deal, with the number of deals behind it.

    unit VIE agency
    employee E1 VIE staff
    2026-03-04 deal D-2 E1 100 EUR of Meyer/AT
    2026-02-01 deal D-1 E1 100 EUR of MEYER/AT
    2026-05-05 deal D-3 E1 100 EUR of Huber/AT
    """
    found = listed(agency, "unit:VIE", "buyers")

    assert sorted((one.credit.id, one.activities, one.exact) for one in found) == [("D-1", 2, "1"), ("D-3", 1, "1")]


def test_what_may_not_be_seen_is_told_by_its_number_and_total_alone(agency: Agency) -> None:
    """An employee who looks at the office sees no colleague's activity (contract, "Who may what").

    unit VIE agency
    employee E1 VIE staff
    2026-03-04 consult C-1 E1
    """
    asked = ScoreQuery(2026, TODAY)
    found = explained(agency, "unit:VIE", "consults", sees=lambda node: node.kind is NodeKind.EMPLOYEE)
    with agency.database.read() as connection:
        activities, more = scoring.counted_activities(connection, asked, VIE, "consults", sees=lambda _node: False)

    assert not found.lists_activities
    assert (activities, more) == ([], None)
    assert any("Activities that count: 1;" in sentence for sentence in found.sentences())
    assert "C-1" not in json.dumps(found.as_json())


def test_a_line_that_is_not_there_has_no_derivation(agency: Agency) -> None:
    """An unknown KPI, and a cycle without scorecards.

    unit VIE agency
    """
    with agency.database.read() as connection:
        assert scoring.explain(connection, ScoreQuery(2026, TODAY), VIE, "nothing") is None
        assert scoring.explain(connection, ScoreQuery(1999, TODAY), VIE, "deals") is None
        assert scoring.counted_activities(connection, ScoreQuery(2026, TODAY), VIE, "nothing") == ([], None)


def test_an_employee_is_told_the_way_up_to_what_is_published(agency: Agency) -> None:
    """From the published score down: blend, unit part, own score, points (domain.md 7).

    unit VIE agency
    employee E1 VIE staff
    2026-03-04 consult C-1 E1
    """
    found = explained(agency, "employee:E1", "consults")
    codes = [step.code for step in found.of(Section.FINAL)]

    assert codes == ["published", "blend", "unit_part", "own", "rescaled", "points"]
    document = found.as_json()
    assert document["steps"][0]["code"] == "published"
    assert Decimal(document["actual"]) == 1


def test_queries_do_not_grow_with_the_activities(agency: Agency, count_queries: CountQueries) -> None:
    """Whatever the history: thirty more consults, not one more query.

    unit VIE agency
    employee E1 VIE staff
    2026-03-04 consult C-1 E1
    """
    asked = ScoreQuery(2026, TODAY, dt.date(2026, 7, 1))
    counted = []
    # The first question of a past day is folded, the second lays a daybook out, which the others bring up to date.
    for batch in (range(2, 3), range(3, 4), range(4, 5), range(5, 35)):
        agency.record(*(f"2026-03-{1 + number % 28:02d} consult C-{number} E1" for number in batch))
        with agency.database.read() as connection, count_queries() as sent:
            scoring.explain(connection, asked, VIE, "consults")
            scoring.counted_activities(connection, asked, VIE, "consults")
        counted.append(len(sent))

    assert counted[2] == counted[3]

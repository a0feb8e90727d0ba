"""Which events count: each rule as a few lines of an agency's year, through the application's own door, on both engines."""

from __future__ import annotations

from decimal import Decimal

from app.rules.terms import Basis
from tests.scenario import Agency, event_of


def test_a_shared_deal_adds_up_above_both_offices(agency: Agency) -> None:
    """Credits split a deal; every level above both offices holds the whole of it (domain.md 2).

    unit HQ agency
      unit EUR regional_hq
        unit VIE office
        unit PAR office
    employee E1 VIE staff
    employee E2 PAR staff
    2026-03-04 deal D-77 E1 125000.00 EUR E1:0.6 E2:0.4
    2026-03-05 verified D-77 by E9
    """
    assert agency.actual("unit:VIE", "deal_value") == Decimal(82500)
    assert agency.actual("unit:PAR", "deal_value") == Decimal(55000)
    for above in ("unit:EUR", "unit:HQ"):
        assert agency.actual(above, "deal_value") == Decimal(137500)
        assert agency.actual(above, "deals") == 1
        assert agency.actual(above, "buyers") == 1
    assert agency.actual("employee:E2", "deals") == Decimal("0.4")
    assert agency.actual("employee:E2", "buyers") == 1


def test_a_verdict_waits_for_its_activity(agency: Agency) -> None:
    """An early verification is accepted, has no effect, and holds from the moment that its deal is there (contract).

    unit HQ agency
    employee E1 HQ staff
    2026-03-05 verified D-77 by E9
    """
    assert agency.actual("unit:HQ", "deals") == 0
    agency.record("2026-03-04 deal D-77 E1 100 USD")
    assert agency.actual("unit:HQ", "deals") == 1
    assert agency.history("D-77").state == "verified"


def test_nobody_judges_an_activity_of_their_own(agency: Agency) -> None:
    """A verdict by the employee or by anyone in the credits is void, and shown as void (contract).

    unit HQ agency
    employee E1 HQ staff
    employee E2 HQ head
    2026-03-04 deal D-1 E1 100 USD E1:0.6 E2:0.4
    2026-03-04 deal D-2 E1 100 USD E2:1
    2026-03-04 deal D-3 E1 100 USD
    2026-03-05 verified D-1 by E2
    2026-03-05 verified D-2 by E1
    2026-03-05 verified D-3 by E2
    """
    assert agency.actual("unit:HQ", "deals") == 1
    assert [agency.history(one).verdicts[0].effect for one in ("D-1", "D-2", "D-3")] == ["void", "void", "holds"]


def test_a_void_verdict_does_not_hide_the_one_before(agency: Agency) -> None:
    """The latest of those that are not void holds.

    unit HQ agency
    employee E1 HQ staff
    2026-03-04 deal D-1 E1 100 USD
    2026-03-05 verified D-1 by E9
    2026-03-06 rejected D-1 by E1
    """
    assert agency.actual("unit:HQ", "deals") == 1


def test_the_latest_verdict_holds_by_its_instant(agency: Agency) -> None:
    """Instants are compared, not the texts of their times: noon in Seoul comes before four in UTC.

    unit HQ agency
    employee E1 HQ staff
    2026-03-04 deal D-1 E1 100 USD
    2026-03-05T04:00 rejected D-1 by E9
    2026-03-05T12:00+09:00 verified D-1 by E8
    2026-03-04 deal D-2 E1 100 USD
    2026-03-05T12:00+09:00 rejected D-2 by E8
    2026-03-05T04:00 verified D-2 by E9
    """
    assert [agency.history(one).state for one in ("D-1", "D-2")] == ["rejected", "verified"]


def test_of_two_verdicts_at_one_instant_the_later_id_holds(agency: Agency) -> None:
    """Ties go by source and id, by code point: a small letter comes after every capital one.

    unit HQ agency
    employee E1 HQ staff
    2026-03-04 deal D-1 E1 100 USD
    2026-03-05 verified D-1 by E9 as a
    2026-03-05 rejected D-1 by E9 as Z
    """
    assert agency.history("D-1").state == "verified"
    assert [one.effect for one in agency.history("D-1").verdicts] == ["overtaken", "holds"]


def test_a_reversal_always_holds(agency: Agency) -> None:
    """It takes the whole activity out, whatever is said later, even when its own employee says it.

    unit HQ agency
    employee E1 HQ staff
    2026-03-04 deal D-1 E1 100 USD
    2026-03-05 reversed D-1 by E1
    2026-03-06 verified D-1 by E9
    2026-03-07 confirmed D-1
    """
    for kpi in ("deals", "deals_confirmed", "buyers", "deals_austria"):
        assert agency.actual("unit:HQ", kpi) == 0
    assert agency.history("D-1").state == "reversed"


def test_what_is_confirmed_counts_when_it_is_verified_too(agency: Agency) -> None:
    """Confirmed is a level above verified; each pair of verdicts has its own latest.

    unit HQ agency
    employee E1 HQ staff
    2026-03-04 deal D-1 E1 100 USD
    2026-03-05 confirmed D-1
    2026-03-04 deal D-2 E1 100 USD
    2026-03-05 confirmed D-2
    2026-03-06 verified D-2 by E9
    2026-03-04 deal D-3 E1 100 USD
    2026-03-05 verified D-3 by E9
    2026-03-06 confirmed D-3
    2026-03-07 denied D-3
    """
    assert agency.actual("unit:HQ", "deals_confirmed") == 1
    assert agency.actual("unit:HQ", "deals") == 2
    assert agency.actual("unit:HQ", "deals_confirmed", basis=Basis.PROVISIONAL) == 3


def test_a_rejected_activity_counts_on_no_level(agency: Agency) -> None:
    """Not even as entered, and not on the provisional basis.

    unit HQ agency
    employee E1 HQ staff
    2026-03-04 deal D-1 E1 100 USD
    2026-03-05 rejected D-1 by E9
    """
    assert agency.actual("unit:HQ", "buyers") == 0
    assert agency.actual("unit:HQ", "deals", basis=Basis.PROVISIONAL) == 0


def test_a_new_buyer_counts_once_ever(agency: Agency) -> None:
    """For the earliest contact, in whichever cycle and by whomever it was; names are compared as one reads them.

    unit HQ agency
      unit VIE office
      unit PAR office
    employee E1 VIE staff
    employee E2 PAR staff
    2026-01-02 new_buyer N-2 E2 of MEYER/AT
    2025-12-30 new_buyer N-1 E1 of Meyer-GmbH/AT
    2026-02-01 new_buyer N-3 E1 of Meyer/DE
    """
    assert agency.actual("unit:HQ", "new_buyers", cycle=2025) == 1
    assert agency.actual("unit:HQ", "new_buyers", cycle=2026) == 1
    agency.record("2025-12-29 new_buyer N-0 E1 of meyer/AT")
    assert agency.actual("unit:HQ", "new_buyers", cycle=2025) == 1


def test_the_next_contact_counts_when_the_first_is_rejected(agency: Agency) -> None:
    """And the first again when that verdict is overtaken.

    unit HQ agency
    employee E1 HQ staff
    employee E2 HQ staff
    2025-06-01 new_buyer N-1 E1
    2026-06-01 new_buyer N-2 E2
    2026-07-01 new_buyer N-3 E1
    """
    assert agency.actual("employee:E2", "new_buyers") == 0
    agency.record("2026-06-02 rejected N-1 by E9")
    assert agency.actual("employee:E2", "new_buyers") == 1
    assert agency.actual("unit:HQ", "new_buyers", cycle=2025) == 0
    assert agency.actual("unit:HQ", "new_buyers") == 1
    assert agency.actual("unit:HQ", "new_buyers", as_of="2026-06-01") == 0
    assert agency.actual("unit:HQ", "new_buyers", cycle=2025, as_of="2026-06-01") == 1
    agency.record("2026-06-03 verified N-1 by E9")
    assert agency.actual("unit:HQ", "new_buyers") == 0
    assert agency.actual("unit:HQ", "new_buyers", cycle=2025) == 1


def test_each_level_has_its_own_first_contact(agency: Agency) -> None:
    """The earliest among those that count: of the verified ones where a KPI counts from there.

    unit HQ agency
    employee E1 HQ staff
    employee E2 HQ staff
    2026-06-01 new_buyer N-1 E1
    2026-06-02 new_buyer N-2 E2
    2026-06-03 verified N-2 by E9
    """
    assert agency.actual("employee:E1", "new_buyers") == 1
    assert agency.actual("employee:E2", "new_buyers") == 0
    assert agency.actual("employee:E1", "new_buyers_verified") == 0
    assert agency.actual("employee:E2", "new_buyers_verified") == 1


def test_a_credit_without_a_posting_counts_for_the_employee_alone(agency: Agency) -> None:
    """No unit has it, not even the agency (contract).

    unit HQ agency
    employee E1 HQ staff from 2026-04-01
    employee E2 - staff
    2026-03-31 deal D-1 E1 100 USD
    2026-04-01 deal D-2 E1 100 USD E1:0.5 E2:0.5
    """
    assert agency.actual("employee:E1", "deals_austria") == Decimal("1.5")
    assert agency.actual("employee:E2", "deals_austria") == Decimal("0.5")
    assert agency.actual("unit:HQ", "deals_austria") == Decimal("0.5")
    assert [one.unit for one in agency.history("D-1").credits] == [None]


def test_a_transfer_takes_along_nothing_that_was_done_before(agency: Agency) -> None:
    """An activity belongs to the unit of that day; the person keeps all (domain.md 2).

    unit HQ agency
      unit VIE office
      unit PAR office
    employee E1 VIE staff until 2026-07-01
    employee E1 PAR staff from 2026-07-01
    2026-06-30 deal D-1 E1 100 USD
    2026-07-01 deal D-2 E1 100 USD
    2026-07-02 deal D-3 E1 100 USD
    """
    assert [agency.actual(node, "deals_austria") for node in ("unit:VIE", "unit:PAR", "unit:HQ", "employee:E1")] == [
        1,
        2,
        3,
        3,
    ]


def test_a_reorganisation_divides_a_year_between_two_parents(agency: Agency) -> None:
    """Each level above has what its units did while they were below it.

    unit HQ agency
      unit EUR regional_hq
        unit VIE office until 2026-07-01
      unit ASI regional_hq
        unit VIE office from 2026-07-01
    employee E1 VIE staff
    2026-06-30 deal D-1 E1 100 USD of Meyer/AT
    2026-07-01 deal D-2 E1 100 USD of Meyer/AT
    2026-07-02 deal D-3 E1 100 USD of Lang/DE
    """
    nodes = ("unit:EUR", "unit:ASI", "unit:VIE", "unit:HQ")
    assert [agency.actual(node, "buyers") for node in nodes] == [1, 2, 2, 2]
    assert [agency.actual(node, "deals_austria") for node in nodes] == [1, 1, 2, 2]


def test_the_day_is_the_one_that_the_time_shows(agency: Agency) -> None:
    """In its own offset; the cycle and as_of go by it. A verdict may be of any day.

    unit HQ agency
    employee E1 HQ staff
    2026-12-31T23:30-05:00 deal D-1 E1 100 USD
    2027-01-01T00:30+09:00 deal D-2 E1 100 USD
    2027-02-01 verified D-1 by E9
    """
    assert agency.actual("unit:HQ", "deals") == 1
    assert agency.actual("unit:HQ", "deals_austria") == 1
    assert agency.actual("unit:HQ", "deals_austria", cycle=2027) == 1


def test_the_same_event_again_changes_nothing(agency: Agency) -> None:
    """Compared by value: an amount with other noughts behind the point is the same amount.

    unit HQ agency
    employee E1 HQ staff
    employee E2 HQ staff
    2026-03-04 deal D-1 E1 125000.00 EUR E1:0.6 E2:0.4
    """
    again = event_of("2026-03-04 deal D-1 E1 125000.0 EUR E1:0.60 E2:0.4")
    recorded = agency.record_events([again, again])
    assert (recorded.accepted, recorded.duplicate, recorded.rejected, recorded.moved) == (0, 2, [], False)


def test_what_was_recorded_first_under_a_name_holds(agency: Agency) -> None:
    """Other content under the same source and id is a conflict: refused and kept, against the ledger and within a batch.

    unit HQ agency
    employee E1 HQ staff
    2026-03-04 deal D-1 E1 100 USD
    """
    recorded = agency.record(
        "2026-03-04 deal D-1 E1 101 USD", "2026-03-04T09:00+01:00 deal D-1 E1 100 USD", "2026-03-04 deal D-2 E1 1 USD"
    )
    assert recorded.accepted == 1
    assert [(one.index, one.id, one.findings[0].code) for one in recorded.rejected] == [
        (0, "D-1", "conflict"),
        (1, "D-1", "conflict"),
    ]
    within = agency.record("2026-03-04 deal D-3 E1 5 USD", "2026-03-04 deal D-3 E1 6 USD")
    assert (within.accepted, [one.index for one in within.rejected]) == (1, [1])
    assert agency.actual("unit:HQ", "deals_austria") == 3
    assert len(agency.history("D-1").conflicts) == 2


def test_repeats_among_many_new_events_are_told_apart(agency: Agency) -> None:
    """A few of a batch are looked up before it is written; whatever they do not show is found by the ledger's own constraint.

    unit HQ agency
    employee E1 HQ staff
    2026-03-04 deal D-1 E1 100 USD
    2026-03-04 deal D-2 E1 100 USD
    """
    lines = [f"2026-03-05 deal N-{number} E1 10 USD" for number in range(40)]
    lines[13] = "2026-03-04 deal D-1 E1 100 USD"
    lines[14] = "2026-03-04 deal D-2 E1 101 USD"
    lines[27] = lines[26]
    lines[28] = "2026-03-05 deal N-26 E1 11 USD"
    recorded = agency.record(*lines)
    assert (recorded.accepted, recorded.duplicate) == (36, 2)
    assert [(one.index, one.id) for one in recorded.rejected] == [(14, "D-2"), (28, "N-26")]
    again = agency.record(*lines)
    assert (again.accepted, again.duplicate, len(again.rejected), again.moved) == (0, 38, 2, False)
    assert agency.actual("unit:HQ", "deals_austria") == 38
    assert agency.differences() == []


def test_a_wrong_event_under_a_held_name_is_refused_for_what_is_wrong_in_it(agency: Agency) -> None:
    """It is not compared with what is there: it is no event.

    unit HQ agency
    employee E1 HQ staff
    2026-03-04 deal D-1 E1 100 USD
    """
    recorded = agency.record("2026-03-04 deal D-1 E404 100 USD")
    assert [finding.place.pointer for finding in recorded.rejected[0].findings] == ["/data/employee"]
    assert recorded.rejected[0].findings[0].code != "conflict"


def test_a_verdict_on_a_verdict_waits_for_ever(agency: Agency) -> None:
    """It names no activity, so it has no effect; nor has one on what never comes.

    unit HQ agency
    employee E1 HQ staff
    2026-03-04 deal D-1 E1 100 USD
    2026-03-05 verified D-1 by E9 as V-1
    2026-03-06 rejected V-1 by E9
    2026-03-06 rejected D-404 by E9
    """
    assert agency.actual("unit:HQ", "deals") == 1


def test_a_rate_that_comes_late_re_values_its_month(agency: Agency) -> None:
    """An amount converts at its own month's rate, or the latest earlier one (contract).

    unit HQ agency
    employee E1 HQ staff
    rate 2026-01 EUR 1.10
    2026-02-27 deal D-1 E1 1000 EUR
    2026-03-04 deal D-2 E1 1000 EUR
    2026-03-05 verified D-1 by E9
    2026-03-05 verified D-2 by E9
    """
    assert agency.actual("unit:HQ", "deal_value") == Decimal(2200)
    agency.load("""
    unit HQ agency
    employee E1 HQ staff
    rate 2026-01 EUR 1.10
    rate 2026-03 EUR 1.20
    """)
    assert agency.actual("unit:HQ", "deal_value") == Decimal(2300)


def test_postings_that_come_late_place_what_was_done(agency: Agency) -> None:
    """All that hangs on the folder is derived again, from the first event on.

    unit HQ agency
      unit VIE office
      unit PAR office
    employee E1 VIE staff
    2026-03-04 deal D-1 E1 1000 EUR of Meyer/AT
    2026-05-04 deal D-2 E1 1000 EUR of Meyer/AT
    """
    agency.load("""
    unit HQ agency
      unit VIE office
      unit PAR office
    employee E1 VIE staff until 2026-04-01
    employee E1 PAR staff from 2026-04-01
    """)
    assert [agency.actual(node, "deals_austria") for node in ("unit:VIE", "unit:PAR", "unit:HQ")] == [1, 1, 2]
    assert [agency.actual(node, "buyers") for node in ("unit:VIE", "unit:PAR", "unit:HQ")] == [1, 1, 1]


def test_an_event_dated_after_today_counts_like_any(agency: Agency) -> None:
    """Without as_of every event counts, whenever its day.

    unit HQ agency
    employee E1 HQ staff
    2026-12-24 deal D-1 E1 100 USD
    """
    assert agency.actual("unit:HQ", "deals_austria") == 1
    assert agency.actual("unit:HQ", "deals_austria", as_of="2026-12-23") == 0


def test_one_bad_event_never_fails_the_others(agency: Agency) -> None:
    """A batch is not all or nothing; each rejected one is named by its place in it.

    unit HQ agency
    employee E1 HQ staff
    """
    good = event_of("2026-03-04 deal D-1 E1 100 USD")
    bad = event_of("2026-03-04 deal D-2 E1 0 ZZZ")
    recorded = agency.record_events([bad, good, {"id": 5}])
    assert recorded.accepted == 1
    assert [(one.index, one.source, one.id) for one in recorded.rejected] == [(0, "/scenario", "D-2"), (2, None, None)]
    assert {finding.place.pointer for finding in recorded.rejected[0].findings} == {"/data/amount", "/data/currency"}

"""Which events count: the fold over verdicts, new buyers, and what is added up."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.activities import Credit, EventKey, Verdict
from app.rules.counting import (
    NO_LEVELS,
    UNJUDGED,
    Amounts,
    BuyerCandidate,
    Counts,
    Levels,
    changes,
    contributions,
    first_new_buyers,
    new_buyer_counts,
    standing,
    usd_cents,
)
from app.rules.terms import CountsFrom

EMPLOYEES = frozenset({"E1", "E2"})
FIRST = dt.date(2026, 3, 1)


def said(type_: str, at: int, by: str = "E9", *, source: str = "/desk", id_: str = "") -> Verdict:
    """A verdict some hours after the first of March."""
    day = FIRST + dt.timedelta(days=at // 24)
    instant = f"0{day:%Y%m%d}{at % 24:02}0000"
    return Verdict(
        source=source,
        id=id_ or f"{type_}-{at}-{by}",
        type=type_,
        time="",
        day=day,
        instant=instant,
        activity=EventKey("/crm", "D-77"),
        by=by,
        reason="",
        additionality=None,
        content_hash="",
    )


@pytest.mark.parametrize(
    ("verdicts", "counts"),
    [
        # The verdicts in the order of their time; then: entered, verified, confirmed.
        ([], (True, False, False)),
        (["verified"], (True, True, False)),
        (["rejected"], (False, False, False)),
        (["confirmed"], (True, False, False)),
        (["denied"], (True, False, False)),
        (["verified", "confirmed"], (True, True, True)),
        (["confirmed", "verified"], (True, True, True)),
        (["verified", "denied"], (True, True, False)),
        (["verified", "confirmed", "denied"], (True, True, False)),
        (["verified", "denied", "confirmed"], (True, True, True)),
        (["verified", "rejected"], (False, False, False)),
        (["rejected", "verified"], (True, True, False)),
        (["rejected", "confirmed", "verified"], (True, True, True)),
        (["verified", "confirmed", "rejected"], (False, False, False)),
        (["verified", "confirmed", "reversed"], (False, False, False)),
        (["reversed", "verified", "confirmed"], (False, False, False)),
        (["reversed"], (False, False, False)),
        # By one of the activity's own employees: void.
        (["verified E1"], (True, False, False)),
        (["rejected E2"], (True, False, False)),
        (["verified", "rejected E1"], (True, True, False)),
        (["rejected", "verified E2"], (False, False, False)),
        (["verified E1", "confirmed"], (True, False, False)),
        # A reversal always holds, the employee's own too.
        (["verified", "reversed E1"], (False, False, False)),
    ],
)
def test_the_latest_verdict_of_each_kind_holds(verdicts, counts):
    given_ = []
    for at, text in enumerate(verdicts):
        type_, _, by = text.partition(" ")
        given_.append(said(type_, at, by or "E9"))
    for order in permutations(given_):
        assert standing(order, employees_of_activity=EMPLOYEES).counts == counts


def test_verdicts_of_one_instant_go_by_source_and_id():
    """By code point: "/Z" stands before "/a", and D-10 before D-9."""
    early = said("verified", 5, source="/Z", id_="V-9")
    late = said("rejected", 5, source="/a", id_="V-10")
    assert standing([late, early], employees_of_activity=EMPLOYEES).verification == late.key
    tenth, ninth = said("verified", 5, id_="V-10"), said("rejected", 5, id_="V-9")
    assert standing([ninth, tenth], employees_of_activity=EMPLOYEES).verification == ninth.key


def test_void_verdicts_are_shown_as_void():
    own, other = said("verified", 7, "E1"), said("verified", 3, "E9")
    held = standing([own, other, said("rejected", 1, "E2")], employees_of_activity=EMPLOYEES)
    assert held.void == (EventKey("/desk", "rejected-1-E2"), own.key)
    assert held.verification == other.key


def test_a_standing_names_what_it_rests_on():
    verdicts = [said("verified", 1), said("confirmed", 2), said("reversed", 3), said("reversed", 4)]
    held = standing(verdicts, employees_of_activity=EMPLOYEES)
    assert (held.verification, held.confirmation, held.reversal) == (verdicts[0].key, verdicts[1].key, verdicts[3].key)
    assert held.reversed
    assert held.verified
    assert not held.counts.on(CountsFrom.VERIFIED)


def test_as_of_a_day_holds_what_was_said_up_to_its_end():
    verdicts = [said("verified", 1), said("confirmed", 24), said("reversed", 48)]

    def counts(day: dt.date | None) -> Counts:
        return standing(verdicts, employees_of_activity=EMPLOYEES, as_of=day).counts

    assert counts(FIRST - dt.timedelta(days=1)) == UNJUDGED.counts
    assert counts(FIRST) == (True, True, False)
    assert counts(FIRST + dt.timedelta(days=1)) == (True, True, True)
    assert counts(FIRST + dt.timedelta(days=2)) == (False, False, False)
    assert counts(None) == (False, False, False)


hours = st.integers(0, 200)
types = st.sampled_from(["verified", "rejected", "confirmed", "denied", "reversed"])
verdicts = st.lists(
    st.builds(said, types, hours, st.sampled_from(["E1", "E2", "E8", "E9"]), source=st.sampled_from(["/a", "/b"])),
    max_size=8,
    unique_by=lambda verdict: verdict.key,
)


@given(verdicts, st.randoms(use_true_random=False))
def test_any_order_of_the_same_verdicts_gives_the_same_standing(given_, chance):
    shuffled = list(given_)
    chance.shuffle(shuffled)
    assert standing(shuffled, employees_of_activity=EMPLOYEES) == standing(given_, employees_of_activity=EMPLOYEES)


@given(verdicts)
def test_a_verdict_that_comes_twice_changes_nothing(given_):
    assert standing(given_ * 2, employees_of_activity=EMPLOYEES) == standing(given_, employees_of_activity=EMPLOYEES)


@given(verdicts, hours)
def test_as_of_equals_folding_what_there_was_by_then(given_, hour):
    day = FIRST + dt.timedelta(days=hour // 24)
    then = [verdict for verdict in given_ if verdict.day <= day]
    assert standing(given_, employees_of_activity=EMPLOYEES, as_of=day) == standing(
        then, employees_of_activity=EMPLOYEES
    )


@given(verdicts)
def test_each_level_holds_those_above_it(given_):
    entered, verified, confirmed = standing(given_, employees_of_activity=EMPLOYEES).counts
    assert entered >= verified >= confirmed


# --------------------------------------------------------------------------------------------------------------- new buyers


def test_a_buyer_is_new_once_and_on_each_level_for_itself():
    """The first that is entered, the first that is verified and the first that is confirmed may be three events."""
    candidates = [
        BuyerCandidate("AT~nordwind", "3", "/crm", "third", Counts(True, True, True)),
        BuyerCandidate("AT~nordwind", "1", "/crm", "first", Counts(True, False, False)),
        BuyerCandidate("AT~nordwind", "2", "/crm", "second", Counts(True, True, False)),
        BuyerCandidate("AT~nordwind", "0", "/crm", "rejected", Counts(False, False, False)),
        BuyerCandidate("DE~nordwind", "5", "/crm", "elsewhere", Counts(True, False, False)),
    ]
    firsts = first_new_buyers(candidates)
    assert {level: {key: event.id for key, event in of_level.items()} for level, of_level in firsts.items()} == {
        CountsFrom.ENTERED: {"AT~nordwind": "first", "DE~nordwind": "elsewhere"},
        CountsFrom.VERIFIED: {"AT~nordwind": "second"},
        CountsFrom.CONFIRMED: {"AT~nordwind": "third"},
    }
    assert new_buyer_counts(EventKey("/crm", "first"), buyer_key="AT~nordwind", firsts=firsts) == (True, False, False)
    assert new_buyer_counts(EventKey("/crm", "third"), buyer_key="AT~nordwind", firsts=firsts) == (False, False, True)
    assert new_buyer_counts(EventKey("/crm", "rejected"), buyer_key="AT~nordwind", firsts=firsts) == (
        False,
        False,
        False,
    )


def test_new_buyers_of_one_instant_go_by_source_and_id():
    counting = Counts(True, False, False)
    candidates = [
        BuyerCandidate("k", "1", source, id_, counting) for source, id_ in (("/b", "1"), ("/a", "9"), ("/a", "10"))
    ]
    for order in permutations(candidates):
        assert first_new_buyers(order)[CountsFrom.ENTERED]["k"] == ("/a", "10")


@given(
    st.lists(
        st.builds(
            BuyerCandidate,
            st.sampled_from("kl"),
            st.sampled_from("123"),
            st.just("/crm"),
            st.uuids().map(str),
            st.sampled_from(
                [
                    Counts(True, True, True),
                    Counts(True, True, False),
                    Counts(True, False, False),
                    Counts(False, False, False),
                ]
            ),
        ),
        max_size=10,
    ),
    st.randoms(use_true_random=False),
)
def test_each_buyer_that_has_a_counting_event_has_exactly_one_first(candidates, chance):
    firsts = first_new_buyers(candidates)
    shuffled = list(candidates)
    chance.shuffle(shuffled)
    assert first_new_buyers(shuffled) == firsts
    for level in CountsFrom:
        assert set(firsts[level]) == {candidate.buyer_key for candidate in candidates if candidate.counts.on(level)}
        for candidate in candidates:
            if candidate.counts.on(level):
                held = next(c for c in candidates if (c.source, c.id) == firsts[level][candidate.buyer_key])
                assert (held.instant, held.source, held.id) <= (candidate.instant, candidate.source, candidate.id)


# ------------------------------------------------------------------------------------------------------------------ amounts


def test_what_is_credited_is_share_times_amount_in_whole_dollars_and_millionths():
    credits = (Credit("E1", 6000), Credit("E2", 4000))
    worth = contributions(credits, counts=Counts(True, True, False), usd_cents=13_750_001)
    assert worth == {
        "E1": Levels(Amounts(6000, 6000, 82_500, 6_000), Amounts(6000, 6000, 82_500, 6_000)),
        "E2": Levels(Amounts(4000, 4000, 55_000, 4_000), Amounts(4000, 4000, 55_000, 4_000)),
    }
    assert sum(levels.entered.total_micros for levels in worth.values()) == 13_750_001 * 10_000


def test_an_activity_without_an_amount_counts_without_a_value():
    (levels,) = contributions((Credit("E1", 10_000),), counts=Counts(True, False, False), usd_cents=None).values()
    assert levels == Levels(Amounts(10_000, 0, 0, 0))


def test_an_amount_of_nothing_after_rounding_still_has_a_value():
    """A thousandth of a won is an amount: the mean has to divide by its share."""
    cents = usd_cents(Decimal("0.001"), Decimal("0.0007"))
    (levels,) = contributions((Credit("E1", 10_000),), counts=Counts(True, False, False), usd_cents=cents).values()
    assert levels.entered == Amounts(10_000, 10_000, 0, 0)


shares = (
    st.lists(st.integers(1, 9999), max_size=4, unique=True)
    .map(lambda cuts: [0, *sorted(cuts), 10_000])
    .map(lambda cuts: tuple(Credit(f"E{n}", after - before) for n, (before, after) in enumerate(pairwise(cuts))))
)
counts_of = st.sampled_from(
    [Counts(True, True, True), Counts(True, True, False), Counts(True, False, False), Counts(False, False, False)]
)
cents_of = st.none() | st.integers(0, 10**12)


@given(shares, cents_of)
def test_the_parts_of_an_activity_add_up_to_the_whole(credits, cents):
    total = Amounts()
    for levels in contributions(credits, counts=Counts(True, True, True), usd_cents=cents).values():
        total = total.plus(levels.confirmed)
    assert total.shares_1e4 == 10_000
    assert total.total_micros == (cents or 0) * 10_000
    assert total.valued_shares_1e4 == (0 if cents is None else 10_000)


@given(shares, counts_of, cents_of, shares, counts_of, cents_of)
def test_a_change_turns_what_was_into_what_is(credits, counts, cents, other_credits, other_counts, other_cents):
    before = contributions(credits, counts=counts, usd_cents=cents)
    after = contributions(other_credits, counts=other_counts, usd_cents=other_cents)
    result = {employee: before.get(employee, NO_LEVELS) for employee in before.keys() | after.keys()}
    for employee, levels in changes(before, after):
        result[employee] = result[employee].plus(levels)
    assert {employee: levels for employee, levels in result.items() if levels != NO_LEVELS} == {
        employee: levels for employee, levels in after.items() if levels != NO_LEVELS
    }
    assert changes(after, after) == []


def test_sums_of_the_largest_activities_fit_64_bits():
    """A hundred million activities of 10^10 dollars each: no part comes near 2^63."""
    largest = contributions((Credit("E1", 9999),), counts=Counts(True, True, True), usd_cents=10**12)["E1"].entered
    assert all(part * 10**8 < 2**63 for part in largest)

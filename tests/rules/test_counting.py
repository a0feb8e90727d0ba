"""Which events count: the fold over verdicts, new buyers, and what is added up."""

from __future__ import annotations

import datetime as dt
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.activities import EventKey, Verdict
from app.rules.counting import (
    UNJUDGED,
    Counts,
    standing,
)

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
    assert not held.counts.verified


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

"""How far an objection is, until when each may act, and who hears it: by hand, and whatever comes (contract-cycle, 7 and 13)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.objections import (
    CommitteeTerm,
    Course,
    ObjectionAbout,
    ObjectionState,
    Recusal,
    answers,
    first_quorum,
    last_day_to_answer,
    last_day_to_appeal,
    recusal_of,
    state_of,
    verdict,
)

DAY = dt.date(2027, 3, 1)
YEAR = tuple(CommitteeTerm(name, dt.date(2027, 1, 1), dt.date(2028, 1, 1)) for name in "abcde")


def after(days):
    return DAY + dt.timedelta(days=days)


@pytest.mark.parametrize(
    ("members", "votes", "decided"),
    [
        (5, "", None),
        (5, "yy", None),
        (5, "yyy", True),
        (5, "nnn", False),
        (5, "yynn", None),
        (5, "yynny", True),
        (6, "yyynn", None),
        (6, "yyynnn", True),
        (6, "nnnn", False),
        (1, "n", False),
        (0, "", None),
    ],
)
def test_one_side_takes_more_than_half_of_the_members(members, votes, decided):
    """Of all members and not of those who came; all voted and even is granted."""
    assert verdict(members, [one == "y" for one in votes]) is decided


@given(st.integers(1, 9), st.lists(st.booleans(), max_size=9))
def test_what_is_decided_stays_decided(members, votes):
    """No later vote turns it, and once all have voted it is decided; a side that decided has at least half of the members."""
    votes = votes[:members]
    told = [verdict(members, votes[:number]) for number in range(len(votes) + 1)]
    settled = [one for one in told if one is not None]
    assert len(set(settled)) <= 1
    assert told[len(told) - len(settled) :] == settled
    assert len(votes) < members or told[-1] is not None
    if settled:
        assert 2 * sum(one is settled[0] for one in votes) >= members


def test_what_nobody_answers_goes_to_the_committee_by_its_date():
    """Ten days, the last one whole; then it is the committee's, whoever looks."""
    until = last_day_to_answer(DAY, days=10)
    assert until == dt.date(2027, 3, 11)
    course = Course(answer_until=until)
    assert state_of(course, day=until) is ObjectionState.OPEN
    assert state_of(course, day=after(11)) is ObjectionState.APPEALED
    heard = replace(course, is_appealed=True, members=5, votes=(False,) * 3)
    assert state_of(heard, day=after(11)) is ObjectionState.REFUSED


def test_a_refusal_stands_once_the_time_to_appeal_is_over():
    """Answered while it runs; without enough members it does not run at all."""
    course = Course(answer_until=after(10), granted=False, appeal_until=after(7))
    assert state_of(course, day=after(7)) is ObjectionState.ANSWERED
    assert state_of(course, day=after(8)) is ObjectionState.REFUSED
    assert state_of(replace(course, appeal_until=None), day=after(800)) is ObjectionState.ANSWERED
    appealed = replace(course, is_appealed=True, members=5, votes=(True, True))
    assert state_of(appealed, day=after(800)) is ObjectionState.APPEALED
    granted = replace(appealed, votes=(True,) * 3)
    assert state_of(granted, day=after(800)) is ObjectionState.GRANTED
    assert state_of(replace(granted, has_effect=True), day=DAY) is ObjectionState.SETTLED
    assert state_of(replace(granted, is_withdrawn=True), day=DAY) is ObjectionState.WITHDRAWN


def test_the_time_to_appeal_runs_while_there_is_a_committee():
    """Of seven days three run, then two of five are gone for ten days, then four more run."""
    gone = tuple(
        CommitteeTerm(name, begin, end) for name in "de" for begin, end in ((DAY, after(4)), (after(14), after(100)))
    )
    assert last_day_to_appeal(DAY, YEAR, days=7, least=5) == after(7)
    assert last_day_to_appeal(DAY, (*YEAR[:3], *gone), days=7, least=5) == after(17)
    assert last_day_to_appeal(DAY, YEAR[:4], days=7, least=5) is None
    assert last_day_to_appeal(DAY, (), days=0, least=5) == DAY
    assert first_quorum((*YEAR[:3], *gone), since=after(5), least=5) == after(14)
    assert first_quorum(YEAR[:4], since=DAY, least=5) is None
    twice = (*YEAR[:4], CommitteeTerm("a", DAY, after(50)))
    assert first_quorum(twice, since=DAY, least=5) is None


HOLDINGS = st.lists(
    st.builds(
        lambda person, begin, length: CommitteeTerm(person, after(begin), after(begin + length)),
        st.sampled_from("abcdef"),
        st.integers(-20, 40),
        st.integers(0, 40),
    ),
    max_size=10,
)


@given(HOLDINGS, st.integers(1, 9), st.integers(1, 4))
def test_the_period_to_appeal_is_that_many_days_with_a_committee(holdings, days, least):
    """Counted day by day; the last one is one of them."""
    counted = [
        day
        for day in map(after, range(1, 90))
        if len({one.person for one in holdings if one.from_ <= day < one.to}) >= least
    ]
    expected = counted[days - 1] if len(counted) >= days else None
    assert last_day_to_appeal(DAY, holdings, days=days, least=least) == expected
    assert first_quorum(holdings, since=after(1), least=least) == (counted[0] if counted else None)


def test_whoever_had_a_hand_in_it_does_not_hear_it():
    """By number or account; of several reasons the first one of the list is told."""
    barred = {Recusal.GROUP: {"E1", "E2"}, Recusal.MAKER: {"dana@agency.example"}, Recusal.HEAD: {"E2"}}
    assert recusal_of({"E1", "e1@agency.example"}, barred) is Recusal.GROUP
    assert recusal_of({"E2"}, barred) is Recusal.HEAD
    assert recusal_of({"dana@agency.example"}, barred) is Recusal.MAKER
    assert recusal_of({"E3", "e3@agency.example"}, barred) is None


def test_an_objection_about_pay_is_answered_by_a_reopening():
    """And any other by what changes figures or grades; both by saying that nothing changes."""
    kinds = ("correct", "override", "drop", "calibrate", "no_effect", "reopen", "zero", "notify")
    assert [answers(kind, ObjectionAbout.GRADE) for kind in kinds] == [True] * 5 + [False] * 3
    assert [kind for kind in kinds if answers(kind, ObjectionAbout.PAY)] == ["no_effect", "reopen"]

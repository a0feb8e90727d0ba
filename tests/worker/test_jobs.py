"""What each job does to the agency, and what its outcome says."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from app import access, notices, scoring
from app.access import AnswerKey, KeptAnswer
from app.access import tables as access_tables
from app.ledger import tables as ledger_tables
from app.notices import HR
from app.rules.terms import Node, NodeKind
from app.worker import jobs
from tests.scenario import AT, Agency

TODAY = AT.date()
VIE = Node(NodeKind.UNIT, "VIE")


def told(agency: Agency, employee: str | None, *, is_hr: bool = False) -> list[str]:
    """What somebody is told."""
    with agency.database.read() as connection:
        found = notices.open_notices(connection, employee=employee, is_hr=is_hr)
    return [one.message % one.subject for one in found]


def test_heads_are_reminded_until_nothing_is_unverified(agency: Agency) -> None:
    """Whose turn it is gets one notice, brought up to date each night and settled when the last entry is judged.

    unit HQ agency
      unit VIE office
    employee E1 VIE staff
    employee E2 VIE head
    employee E3 HQ head
    2026-03-04 deal D-1 E1 100 EUR
    2026-03-09 deal D-2 E1 100 EUR
    2026-03-10 deal D-3 E2 100 EUR
    """
    first = jobs.remind(agency.database, AT)

    assert first.text == "Entries that wait for a verdict: 3. Reminders: 2 open, 2 of them new; 0 settled."
    assert told(agency, "E2") == ["Entries that wait for your verdict: 2, the oldest since 2026-03-04."]
    assert told(agency, "E3") == ["Entries that wait for your verdict: 1, the oldest since 2026-03-10."]
    assert told(agency, "E1") == []

    agency.record("2026-03-11 verified D-1 by E2 as V-1")
    jobs.remind(agency.database, AT + dt.timedelta(days=1))
    assert told(agency, "E2") == ["Entries that wait for your verdict: 1, the oldest since 2026-03-09."]

    agency.record("2026-03-12 rejected D-2 by E2 as V-2", "2026-03-12 verified D-3 by E3 as V-3")
    last = jobs.remind(agency.database, AT + dt.timedelta(days=2))
    assert last.text == "Entries that wait for a verdict: 0. Reminders: 0 open, 0 of them new; 2 settled."
    assert told(agency, "E2") + told(agency, "E3") == []


def test_what_waits_for_no_head_waits_for_hr(agency: Agency) -> None:
    """At the top entries go to hr (contract, "Who may what").

    unit VIE agency
    employee E2 VIE head
    2026-03-04 deal D-1 E2 100 EUR
    """
    jobs.remind(agency.database, AT)

    assert told(agency, "E2") == []
    assert told(agency, None, is_hr=True) == ["Entries that wait for your verdict: 1, the oldest since 2026-03-04."]
    assert not HR[0].isalnum()


def test_a_difference_in_the_totals_fails_the_nightly_reconcile(agency: Agency) -> None:
    """And its outcome names what differs.

    unit VIE agency
    employee E1 VIE staff
    2026-03-04 consult C-1 E1
    """
    assert jobs.reconcile(agency.database, AT) == jobs.Outcome.of(jobs.Sentence("All totals agree with the ledger."))
    total = ledger_tables.total
    with agency.database.write("test") as connection:
        connection.execute(sa.update(total).values(entered_shares=total.c.entered_shares + 1))
    outcome = jobs.reconcile(agency.database, AT)
    with agency.database.write("test") as connection:
        connection.execute(sa.update(total).values(entered_shares=total.c.entered_shares - 1))

    assert outcome.failed
    assert outcome.text.startswith("Totals that differ from the ledger: 2.\ntotal (2026, ")


def test_the_trend_is_taken_once_and_again_where_something_came(agency: Agency) -> None:
    """The whole year at first; the next night the new day.

    unit VIE agency
    employee E1 VIE staff
    2026-03-04 consult C-1 E1
    """
    later = AT + dt.timedelta(hours=3)
    first = jobs.take_trend(agency.database, later)
    again = jobs.take_trend(agency.database, later + dt.timedelta(hours=2))
    next_night = jobs.take_trend(agency.database, later + dt.timedelta(days=1))

    assert first.text.startswith("Cycle 2026, ")
    assert again.text == "Every day that is kept is still true."
    assert (
        next_night.text == "Cycle 2026, scores kept for the trend. Days: 1. Cycle 2026, business figures kept. Days: 1."
    )
    with agency.database.read() as connection:
        points = {point.day: point.own for point in scoring.trend_of(connection, 2026, VIE)}
    assert points[dt.date(2026, 2, 25)] == agency.card("unit:VIE", as_of=dt.date(2026, 2, 25)).own_score
    assert points[TODAY] == agency.card("unit:VIE").own_score


def test_what_nobody_can_ask_for_any_more_is_forgotten(agency: Agency) -> None:
    """Old marks of what moved, the newest excepted, by which followers know where they stand; attempts to sign in and kept answers in their time.

    unit VIE agency
    employee E1 VIE staff
    2026-03-04 consult C-1 E1
    2026-03-05 consult C-2 E1
    """
    agency.record("2026-03-06 consult C-3 E1")
    attempt = access_tables.sign_in_attempt
    with agency.database.write("test") as connection:
        connection.execute(
            sa.insert(attempt),
            [
                {"email_key": "e1", "address": "::1", "at": AT + dt.timedelta(days=days), "succeeded": False}
                for days in (0, 40)
            ],
        )
        answer = {"fingerprint": "0" * 64, "by_right": True, "status": 200, "content_type": "application/json"}
        for key, days in (("old", -50), ("new", -49)):
            first = KeptAnswer(**answer, location=None, body=b"{}")
            access.keep_answer(connection, AnswerKey("account:1", key), first, now=AT + dt.timedelta(days=days))
    jobs.forget(agency.database, AT + dt.timedelta(days=41))

    with agency.database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(ledger_tables.touched)) == 1
        assert connection.scalar(sa.select(sa.func.count()).select_from(attempt)) == 1
        assert list(connection.execute(sa.select(access_tables.kept_answer.c.key)).scalars()) == ["new"]

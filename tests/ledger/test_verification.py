"""Who verifies what: never one's own; a head's own go to the head above, at the top to hr (contract, "Who may what")."""

from __future__ import annotations

import datetime as dt

import pytest

from app import intake, ledger, scoring
from app.access import Viewer
from app.kit.refusals import NotThere
from app.ledger import Queue
from app.rules.activities import EventKey
from app.rules.terms import Role
from tests.conftest import CountQueries
from tests.scenario import AT, SOURCE, Agency, event_of, ingest

TODAY = AT.date()


def viewer(employee: str | None, *roles: Role) -> Viewer:
    """Somebody signed in."""
    return Viewer(account_id=1, email="x@agency.example", roles=frozenset(roles), employee=employee, today=TODAY)


def queue(
    agency: Agency, who: Viewer, *, day: dt.date = TODAY, limit: int = 50, offset: int = 0, everything: bool = False
) -> Queue:
    """What waits for somebody."""
    with agency.database.read() as connection:
        return ledger.verification_queue(
            connection,
            scoring.state(connection).frame,
            viewer=who,
            day=day,
            limit=limit,
            offset=offset,
            everything=everything,
        )


def ids(found: Queue) -> list[str]:
    """The ids of what waits, in order."""
    return [row.id for row in found.rows]


def judge(
    agency: Agency, who: Viewer, *ids_: str, verdict: str = "verified", form: str = "form", seen: str = "entered"
) -> ledger.Verdicts:
    """Judge some activities and record what comes of it."""

    def work(connection: object) -> ledger.Verdicts:
        verdicts = ledger.verdicts_on(
            connection,  # type: ignore[arg-type]
            scoring.state(connection).frame,  # type: ignore[arg-type]
            viewer=who,
            keys=[ledger.event_key(EventKey(SOURCE, one)) for one in ids_],
            verdict=verdict,
            reason="seen",
            now=AT,
            form=form,
            seen=seen,
        )
        arrivals = [intake.arrival_of(event) for event in verdicts.events]
        intake.take_in(connection, arrivals, at=AT, door="page", sender="x")  # type: ignore[arg-type]
        agency.accepted += list(verdicts.events)
        return verdicts

    return agency.database.writing("verify", work)


def test_a_head_s_queue_holds_the_entries_of_the_unit_the_oldest_first(agency: Agency) -> None:
    """Not another unit's, not what is verified, not consults, which count without being verified.

    unit HQ agency
      unit VIE office
      unit TYO office
    employee E1 VIE staff
    employee E2 VIE head
    employee E3 TYO staff
    2026-03-04 deal D-2 E1 100 USD
    2026-03-01 deal D-1 E1 100 USD
    2026-03-02 deal D-3 E1 100 USD
    2026-03-05 deal D-4 E3 100 USD
    2026-03-06 deal D-5 E1 100 USD
    2026-03-06 verified D-3 by E9
    """
    found = queue(agency, viewer("E2", Role.HEAD))
    assert ids(found) == ["D-1", "D-2", "D-5"]
    assert (found.total, found.others) == (3, 0)


def test_a_page_s_verdict_comes_after_all_that_its_giver_saw(agency: Agency) -> None:
    """Of two in one instant the later one holds, whoever's name or number is greater; so it is where a program dated one some hours ahead.

    unit HQ agency
      unit EUR regional_hq
        unit VIE office
    employee E1 VIE staff
    employee E2 VIE head
    employee E4 EUR head
    2026-03-01 deal D-1 E1 100 USD
    """
    key = ledger.event_key(EventKey(SOURCE, "D-1"))

    def state() -> str:
        with agency.database.read() as connection:
            history = ledger.activity_history(connection, scoring.state(connection).frame, key=key)
        assert history is not None
        return history.state

    low, high = viewer("E2", Role.HEAD), viewer("E4", Role.HEAD)
    seen = "entered"
    given = [(low, "verified"), (high, "rejected"), (low, "verified"), (low, "rejected"), (high, "verified")]
    for number, (who, verdict) in enumerate(given):
        assert judge(agency, who, "D-1", verdict=verdict, form=f"f{number}", seen=seen).keys == (key,)
        seen = state()
        assert seen == verdict
    ahead = event_of("2026-03-01 rejected D-1 by E9") | {"time": (AT + dt.timedelta(hours=23)).isoformat()}
    assert ingest(agency.database, [ahead]).accepted == 1
    agency.accepted.append(ahead)
    assert state() == "rejected"
    assert judge(agency, low, "D-1", verdict="verified", form="last", seen="rejected").keys == (key,)
    assert state() == "verified"


def test_one_s_own_and_shared_entries_go_to_the_head_above(agency: Agency) -> None:
    """E2 heads VIE and never sees D-1 and D-2 in the queue; E4 above does, with no word of what waits for E2.

    unit HQ agency
      unit EUR regional_hq
        unit VIE office
    employee E1 VIE staff
    employee E2 VIE head
    employee E4 EUR head
    employee E5 HQ head
    2026-03-01 deal D-1 E2 100 USD
    2026-03-02 deal D-2 E1 100 USD E1:0.5 E2:0.5
    2026-03-03 deal D-3 E1 100 USD
    """
    assert ids(queue(agency, viewer("E2", Role.HEAD))) == ["D-3"]
    above = queue(agency, viewer("E4", Role.HEAD))
    assert (ids(above), above.others) == (["D-1", "D-2"], 1)
    assert ids(queue(agency, viewer("E4", Role.HEAD), everything=True)) == ["D-1", "D-2", "D-3"]
    top = queue(agency, viewer("E5", Role.HEAD))
    assert (ids(top), top.others) == ([], 3)


def test_two_heads_of_a_unit_do_not_judge_each_other_s(agency: Agency) -> None:
    """Of the unit's other people either does; an entry of one of the two goes to the head above, and at the top to hr.

    unit HQ agency
      unit VIE office
    employee E1 VIE head
    employee E2 VIE head
    employee E3 VIE staff
    employee E4 HQ head
    employee E5 HQ head
    employee E6 HQ staff
    2026-03-04 deal D-1 E1 1000.00 EUR of Meyer/AT
    2026-03-05 deal D-3 E3 1000.00 EUR of Meyer/AT
    2026-03-06 deal D-4 E4 1000.00 EUR of Meyer/AT
    2026-03-07 deal D-5 E3 1000.00 EUR of Meyer/AT E3:0.5 E1:0.5
    """
    head = {number: viewer(number, Role.EMPLOYEE, Role.HEAD) for number in ("E1", "E2", "E4", "E5")}
    assert ids(queue(agency, head["E1"])) == ids(queue(agency, head["E2"])) == ["D-3"]
    assert ids(queue(agency, head["E4"])) == ids(queue(agency, head["E5"])) == ["D-1", "D-5"]
    assert ids(queue(agency, viewer("E6", Role.HR))) == ["D-4"]
    for number, entry in (("E2", "D-1"), ("E2", "D-5"), ("E5", "D-4")):
        with pytest.raises(NotThere):
            judge(agency, head[number], entry)
    assert judge(agency, head["E2"], "D-3").events
    assert judge(agency, head["E5"], "D-1").events


def test_at_the_top_and_where_nobody_heads_entries_go_to_hr(agency: Agency) -> None:
    """The agency's head has no head above; E6 was posted nowhere; PAR has no head, yet HQ above has.

    unit HQ agency
      unit PAR office
    employee E5 HQ head
    employee E6 - staff
    employee E7 PAR staff
    2026-03-01 deal D-1 E5 100 USD
    2026-03-02 deal D-2 E6 100 USD
    2026-03-03 deal D-3 E7 100 USD
    """
    hr = viewer("E8", Role.HR)
    assert ids(queue(agency, hr)) == ["D-1", "D-2"]
    assert ids(queue(agency, viewer("E5", Role.HEAD))) == ["D-3"]
    with pytest.raises(NotThere):
        judge(agency, hr, "D-3")


def test_hr_never_judges_their_own(agency: Agency) -> None:
    """Not even where nobody else is left.

    unit HQ agency
    employee E6 - staff
    2026-03-01 deal D-1 E6 100 USD
    """
    assert ids(queue(agency, viewer("E6", Role.HR))) == []
    with pytest.raises(NotThere):
        judge(agency, viewer("E6", Role.HR), "D-1")


def test_a_verdict_is_given_in_an_employee_s_name_or_not_at_all(agency: Agency) -> None:
    """An account without a number has nobody's name to give.

    unit HQ agency
    employee E6 - staff
    2026-03-01 deal D-1 E6 100 USD
    """
    assert ids(queue(agency, viewer(None, Role.HR))) == []
    with pytest.raises(NotThere):
        judge(agency, viewer(None, Role.HR), "D-1")


def test_who_is_head_today_verifies_what_was_entered_before(agency: Agency) -> None:
    """Relations follow the postings of the day; the entry belongs to the unit of its own day.

    unit HQ agency
      unit VIE office
      unit TYO office
    employee E1 VIE staff until 2026-06-01
    employee E1 TYO staff from 2026-06-01
    employee E2 VIE head until 2026-07-01
    employee E3 VIE head from 2026-07-01
    employee E4 TYO head
    2026-03-01 deal D-1 E1 100 USD
    2026-06-05 deal D-2 E1 100 USD
    """
    assert ids(queue(agency, viewer("E3", Role.HEAD))) == ["D-1"]
    assert ids(queue(agency, viewer("E2", Role.HEAD))) == []
    assert ids(queue(agency, viewer("E2", Role.HEAD), day=dt.date(2026, 6, 30))) == ["D-1"]
    assert ids(queue(agency, viewer("E4", Role.HEAD))) == ["D-2"]


def test_being_posted_as_head_is_nothing_without_the_role(agency: Agency) -> None:
    """The role opens the row, the posting gives the relation.

    unit HQ agency
    employee E1 HQ staff
    employee E2 HQ head
    2026-03-01 deal D-1 E1 100 USD
    """
    assert ids(queue(agency, viewer("E2", Role.EMPLOYEE))) == []
    with pytest.raises(NotThere):
        judge(agency, viewer("E2", Role.EMPLOYEE), "D-1")


def test_possible_duplicates_are_flagged(agency: Agency) -> None:
    """The same company and buyer, worth the same, within days; a new buyer of any day.

    unit HQ agency
    employee E1 HQ staff
    employee E2 HQ head
    2026-03-01 deal D-1 E1 100 USD of Nordwind/AT
    2026-03-09 deal D-2 E1 101 USD of NORDWIND/AT
    2026-03-10 deal D-4 E1 200 USD of Nordwind/AT
    2026-05-09 deal D-3 E1 100 USD of Nordwind/AT
    2025-03-09 new_buyer N-1 E1 of Acme/AT
    2026-03-09 new_buyer N-2 E1 of Acme/AT
    """
    found = queue(agency, viewer("E2", Role.HEAD))
    doubles = {row.id: len(row.duplicates) for row in found.rows}
    assert doubles == {"N-1": 1, "D-1": 1, "D-2": 1, "N-2": 1, "D-3": 0, "D-4": 0}


def test_several_are_judged_at_once_and_the_same_form_again_changes_nothing(agency: Agency) -> None:
    """Sent twice is once.

    unit HQ agency
    employee E1 HQ staff
    employee E2 HQ head
    2026-03-01 deal D-1 E1 100 USD
    2026-03-02 deal D-2 E1 100 USD
    """
    head = viewer("E2", Role.HEAD)
    assert len(judge(agency, head, "D-1", "D-2").events) == 2
    again = judge(agency, head, "D-1", "D-2")
    assert (again.events, again.already) == ((), ())
    assert agency.actual("employee:E1", "deals") == 2
    assert [one.by for one in agency.history("D-1").verdicts] == ["E2"]


def test_what_was_judged_meanwhile_is_left_and_named(agency: Agency) -> None:
    """The page showed it as entered; E9 had rejected it since. Looking again, one may say otherwise: the latest holds.

    unit HQ agency
    employee E1 HQ staff
    employee E2 HQ head
    2026-03-01 deal D-1 E1 100 USD
    2026-03-02 rejected D-1 by E9
    2026-03-02 deal D-2 E1 100 USD
    """
    head = viewer("E2", Role.HEAD)
    found = judge(agency, head, "D-1", "D-2")
    assert [(one.state, one.by) for one in found.already] == [("rejected", "E9")]
    assert len(found.events) == 1
    assert agency.history("D-1").state == "rejected"
    judge(agency, head, "D-1", form="another", seen="rejected")
    assert agency.history("D-1").state == "verified"


def test_an_unknown_activity_is_as_one_that_one_may_not_judge(agency: Agency) -> None:
    """Both are not there.

    unit HQ agency
    employee E2 HQ head
    """
    with pytest.raises(NotThere):
        judge(agency, viewer("E2", Role.HEAD), "D-404")


def test_the_queue_takes_as_many_queries_whatever_its_length(agency: Agency, count_queries: CountQueries) -> None:
    """What waits, who shares, the page's rows, possible duplicates; pages say how many there are.

    unit HQ agency
    employee E1 HQ staff
    employee E2 HQ head
    2026-03-01 deal D-1 E1 100 USD
    """
    head = viewer("E2", Role.HEAD)
    with agency.database.read() as connection:
        frame = scoring.state(connection).frame
        with count_queries() as few:
            ledger.verification_queue(connection, frame, viewer=head, day=TODAY, limit=50)
    agency.record_events([event_of(f"2026-03-02 deal E-{n} E1 100 USD") for n in range(30)])
    with agency.database.read() as connection:
        frame = scoring.state(connection).frame
        with count_queries() as many:
            found = ledger.verification_queue(connection, frame, viewer=head, day=TODAY, limit=20, offset=20)
    assert len(few) == len(many) == 4
    assert (len(found.rows), found.total) == (11, 31)

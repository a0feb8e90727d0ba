"""Activities as people look at them: lists that say how many there are, histories that leave nothing out, what moved a node last."""

from __future__ import annotations

import datetime as dt

from app import ledger, scoring
from app.ledger import Activities, ActivityFilter, Move
from app.rules.terms import Node
from tests.conftest import CountQueries
from tests.scenario import Agency, event_of


def listed(
    agency: Agency, node: str, *, limit: int = 50, after: str = "", count_to: int = 1000, **wanted: object
) -> Activities:
    """A node's activities."""
    asked = Node.parse(node)
    assert asked is not None
    with agency.database.read() as connection:
        return ledger.activities_of(
            connection,
            scoring.state(connection).frame,
            node=asked,
            wanted=ActivityFilter(**wanted),  # type: ignore[arg-type]
            limit=limit,
            after=after,
            count_to=count_to,
        )


def moves(agency: Agency, node: str, limit: int = 5, *, as_of: dt.date | None = None) -> list[tuple[str, str]]:
    """What moved a node last: what it was, and the buyer."""
    asked = Node.parse(node)
    assert asked is not None
    with agency.database.read() as connection:
        found: tuple[Move, ...] = ledger.latest_moves(
            connection, scoring.state(connection).frame, node=asked, cycle=2026, limit=limit, as_of=as_of
        )
    return [(one.what, one.buyer) for one in found]


def test_a_list_holds_what_is_shared_and_what_one_is_named_in(agency: Agency) -> None:
    """E1 is named in D-1 though E2 has all of it, and has a part of D-2; the list shows both, with the part.

    unit HQ agency
      unit VIE office
      unit TYO office
    employee E1 VIE staff
    employee E2 VIE staff
    employee E3 TYO staff
    2026-03-01 deal D-1 E1 100 USD of One/AT E2:1
    2026-03-02 deal D-2 E2 100 USD of Two/AT E1:0.25 E2:0.75
    2026-03-03 deal D-3 E3 100 USD of Three/JP
    """
    found = listed(agency, "employee:E1")
    assert [(row.buyer, row.share_1e4) for row in found.rows] == [("Two", 2500), ("One", None)]
    assert [row.buyer for row in listed(agency, "unit:VIE").rows] == ["Two", "One"]
    assert [row.buyer for row in listed(agency, "employee:E3").rows] == ["Three"]


def test_a_list_says_how_many_there_are_and_leads_on(agency: Agency) -> None:
    """No silent cut: a page of two of five knows of the five, and the pages together are all of them, the latest day first.

    unit HQ agency
    employee E1 HQ staff
    2026-03-01 consult C-1 E1 of A/AT
    2026-03-02 consult C-2 E1 of B/AT
    2026-03-02 consult C-3 E1 of C/AT
    2026-02-01 consult C-4 E1 of D/AT
    2026-05-01 consult C-5 E1 of E/AT
    """
    for node in ("employee:E1", "unit:HQ"):
        pages = [listed(agency, node, limit=2)]
        while pages[-1].following is not None:
            pages.append(listed(agency, node, limit=2, after=pages[-1].following))
        assert {(page.total, page.more) for page in pages} == {(5, False)}
        assert [row.buyer for page in pages for row in page.rows] == ["E", "C", "B", "A", "D"], node
    assert listed(agency, "employee:E1", after="nobody's").rows == ()


def test_only_so_many_are_counted(agency: Agency) -> None:
    """Beyond that the list says that there are more; to count them all would read all of them.

    unit HQ agency
    employee E1 HQ staff
    2026-03-01 consult C-1 E1 of A/AT
    2026-03-02 consult C-2 E1 of B/AT
    2026-03-03 consult C-3 E1 of C/AT
    """
    for node in ("employee:E1", "unit:HQ"):
        page = listed(agency, node, limit=1, count_to=2)
        assert (page.total, page.more, len(page.rows)) == (2, True, 1)


def test_a_list_is_narrowed_by_kind_state_days_and_text(agency: Agency) -> None:
    """Text finds a company or buyer however it is spelled: case, punctuation, legal form.

    unit HQ agency
    employee E1 HQ staff
    2026-03-01 deal D-1 E1 100 USD of Nordwind-GmbH/AT for Müller
    2026-03-02 deal D-2 E1 100 USD of Acme/AT
    2026-03-31 consult C-1 E1 of Acme/AT
    2026-03-05 verified D-1 by E9
    """
    assert [row.buyer for row in listed(agency, "employee:E1", state="verified").rows] == ["Nordwind-GmbH"]
    assert listed(agency, "employee:E1", type="export_deal").total == 2
    assert listed(agency, "employee:E1", from_=dt.date(2026, 3, 2), to=dt.date(2026, 3, 31)).total == 2
    for text in ("nordwind", "NORDWIND, GmbH", "müller"):
        assert [row.buyer for row in listed(agency, "employee:E1", text=text).rows] == ["Nordwind-GmbH"], text
    assert listed(agency, "employee:E1", text="100%_").total == 0


def test_a_history_shows_void_and_overtaken_verdicts_beside_the_one_that_holds(agency: Agency) -> None:
    """Nobody verifies their own: E1's verdict is void and shown as void. Of E9's two the later holds.

    unit HQ agency
    employee E1 HQ staff
    2026-03-01 deal D-1 E1 100 USD
    2026-03-02 verified D-1 by E1
    2026-03-03 verified D-1 by E9
    2026-03-04 rejected D-1 by E9
    """
    found = agency.history("D-1")
    assert [(one.type, one.by, one.effect) for one in found.verdicts] == [
        ("verified", "E1", "void"),
        ("verified", "E9", "overtaken"),
        ("rejected", "E9", "holds"),
    ]
    assert found.state == "rejected"


def test_a_history_tells_of_the_same_id_with_other_contents(agency: Agency) -> None:
    """What was recorded first holds; that something else came under its name is not hidden.

    unit HQ agency
    employee E1 HQ staff
    2026-03-01 deal D-1 E1 100 USD
    """
    recorded = agency.record("2026-03-01 deal D-1 E1 900 USD")
    assert len(recorded.rejected) == 1
    found = agency.history("D-1")
    assert len(found.conflicts) == 1
    assert found.usd_cents == 100_00


def test_a_later_contact_with_a_new_buyer_is_shown_as_not_counting(agency: Agency) -> None:
    """A buyer is new once, whoever logs it (domain.md 2).

    unit HQ agency
    employee E1 HQ staff
    employee E2 HQ staff
    2026-03-01 new_buyer N-1 E1 of Nordwind/AT
    2026-03-09 new_buyer N-2 E2 of Nordwind/AT
    """
    assert [row.counts for row in listed(agency, "employee:E1").rows] == [True]
    assert [row.counts for row in listed(agency, "employee:E2").rows] == [False]


def test_what_moved_last_goes_by_arrival_and_names_verdicts(agency: Agency) -> None:
    """A deal of January that comes in now is what moved the card last; a verdict is a move of its own.

    unit HQ agency
      unit VIE office
      unit TYO office
    employee E1 VIE staff
    employee E2 TYO staff
    2026-05-01 deal D-1 E1 100 USD of One/AT
    2026-05-02 deal D-2 E2 100 USD of Two/JP
    """
    agency.record("2026-01-02 deal D-3 E1 100 USD of Three/AT")
    agency.record("2026-05-03 verified D-1 by E9")
    mine = [("verified", "One"), ("export_deal", "Three"), ("export_deal", "One")]
    assert moves(agency, "employee:E1") == mine
    assert moves(agency, "unit:VIE") == mine
    assert moves(agency, "unit:HQ") == [*mine[:2], ("export_deal", "Two"), mine[2]]
    assert moves(agency, "employee:E1", as_of=dt.date(2026, 2, 1)) == [("export_deal", "Three")]


def test_a_unit_that_is_a_small_part_of_the_agency_finds_its_own(agency: Agency) -> None:
    """Many paths are read from the newest activity back, few by their index; both find the same.

    unit HQ agency
      unit A1 office
      unit A2 office
      unit A3 office
      unit A4 office
      unit A5 office
      unit A6 office
    employee E1 A1 staff
    employee E2 A2 staff
    employee E3 A3 staff
    employee E4 A4 staff
    employee E5 A5 staff
    employee E6 A6 staff
    2026-05-01 deal D-1 E1 100 USD of One/AT
    2026-05-02 deal D-2 E2 100 USD of Two/AT
    """
    assert moves(agency, "unit:A1") == [("export_deal", "One")]
    assert moves(agency, "unit:HQ") == [("export_deal", "Two"), ("export_deal", "One")]


def test_what_moved_last_is_the_same_for_one_for_some_and_for_all(agency: Agency) -> None:
    """Against every event in the order of its arrival: shared deals once, verdicts before and after later entries, eight at most.

    unit HQ agency
      unit A1 office
      unit A2 office
      unit A3 office
      unit A4 office
      unit A5 office
      unit A6 office
    employee E1 A1 staff
    employee E2 A1 staff
    employee E3 A3 staff
    employee E4 A4 staff
    employee E5 A5 staff
    employee E6 A6 staff
    """
    arrived: list[tuple[str, str, frozenset[str]]] = []
    owners: dict[str, frozenset[str]] = {}
    for number in range(24):
        employee, other = f"E{1 + number % 3}", f"E{1 + (number + 1) % 3}"
        shared = f"{employee}:0.5 {other}:0.5" if number % 4 == 0 else f"{employee}:1"
        agency.record(f"2026-05-{1 + number % 28:02} deal D-{number} {employee} 100 USD of B{number}/AT {shared}")
        owners[f"D-{number}"] = frozenset((employee, other) if number % 4 == 0 else (employee,))
        arrived.append(("export_deal", f"B{number}", owners[f"D-{number}"]))
        if number % 5 == 4:
            judged = number - 3 if number % 2 else 0
            agency.record(f"2026-06-{1 + number:02} verified D-{judged} by E9")
            arrived.append(("verified", f"B{judged}", owners[f"D-{judged}"]))
    newest = arrived[::-1]
    for node, people in (
        ("employee:E1", {"E1"}),
        ("employee:E2", {"E2"}),
        ("employee:E4", set()),
        ("unit:A1", {"E1", "E2"}),
        ("unit:A3", {"E3"}),
        ("unit:HQ", {"E1", "E2", "E3"}),
    ):
        own = [(what, buyer) for what, buyer, held in newest if held & people]
        for shown in (3, 8):
            assert moves(agency, node, shown) == own[:shown]
    assert agency.differences() == []


def test_lists_and_histories_take_as_many_queries_whatever_their_length(
    agency: Agency, count_queries: CountQueries
) -> None:
    """How many and the page; the activity, its credits, its verdicts, conflicts; the moves.

    unit HQ agency
    employee E1 HQ staff
    2026-05-01 deal D-1 E1 100 USD
    """
    for _ in range(2):
        with agency.database.read() as connection:
            frame = scoring.state(connection).frame
            node = Node.parse("employee:E1")
            assert node is not None
            with count_queries() as sent:
                ledger.activities_of(connection, frame, node=node, wanted=ActivityFilter(), limit=50)
            assert len(sent) == 2
            with count_queries() as sent:
                ledger.latest_moves(connection, frame, node=node, cycle=2026, limit=8)
            assert len(sent) == 1
        agency.record_events([event_of(f"2026-05-02 deal E-{n} E1 100 USD") for n in range(20)])

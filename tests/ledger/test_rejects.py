"""What is refused is kept as it came, with its reasons, until it is mended."""

from __future__ import annotations

import datetime as dt
import json

from app import intake, ledger
from app.kit.database import Database
from app.ledger.rejects import PAGE_LENGTH_MAX, PERSONS_KEPT, PERSONS_LENGTH_MAX, REJECTS_KEPT
from app.rules.activities import EVENT_LENGTH_MAX
from tests.scenario import AT, Agency, event_of


def _refused(agency: Agency) -> list[ledger.KeptReject]:
    with agency.database.read() as connection:
        return ledger.rejected_events(connection).events


def test_a_rejected_event_is_kept_mended_and_sent_again(agency: Agency) -> None:
    """It is listed with pointers into the event until a replay of it was well received.

    unit HQ agency
    employee E1 HQ staff
    """
    agency.record("2026-03-04 deal D-1 E404 100 USD")
    (kept,) = _refused(agency)
    assert (kept.source, kept.event_id, kept.door, kept.sender, kept.received_at) == (
        "/scenario",
        "D-1",
        "ingest",
        "test",
        AT,
    )
    assert kept.event == event_of("2026-03-04 deal D-1 E404 100 USD")
    assert [error["pointer"] for error in kept.errors] == ["/data/employee"]
    assert set(kept.errors[0]) == {"pointer", "code", "detail", "message", "parameters"}

    assert agency.record("2026-03-04 deal D-1 E1 100 USD").accepted == 1
    with agency.database.write("replay") as connection:
        ledger.settle_rejected(connection, kept.id, at=AT + dt.timedelta(hours=1))
    assert _refused(agency) == []
    with agency.database.read() as connection:
        settled = ledger.rejected_event(connection, kept.id)
    assert settled is not None
    assert settled.settled_at == AT + dt.timedelta(hours=1)


def test_the_newest_come_first_page_by_page_and_by_sender(agency: Agency) -> None:
    """A key sees its own rejected events only.

    unit HQ agency
    employee E1 HQ staff
    """
    for number in range(5):
        agency.record(f"2026-03-04 deal D-{number} E404 100 USD")
    ids = [one.event_id for one in _refused(agency)]
    assert ids == ["D-4", "D-3", "D-2", "D-1", "D-0"]
    with agency.database.read() as connection:
        first = ledger.rejected_events(connection, limit=2)
        second = ledger.rejected_events(connection, before=first.following, limit=2)
        last = ledger.rejected_events(connection, before=second.following, limit=2)
        mine = ledger.rejected_events(connection, sender=("ingest", "test"), limit=5)
        others = ledger.rejected_events(connection, sender=("api", "test"))
    assert [one.event_id for page in (first, second, last) for one in page.events] == ids
    assert last.following is None
    assert (len(mine.events), mine.following, others) == (5, None, ([], None))


def test_what_no_database_can_hold_as_text_is_kept_all_the_same(database: Database) -> None:
    """NUL, lone surrogates, texts of any length, and what is no JSON at all: kept with escapes, on either engine."""
    strange: list[object] = [
        {"source": "/a\0b", "id": "x\ud800", "data": {"note": "\0\udfff ü 한"}},
        {"source": "/" + "a" * 70_000, "id": "1"},
        [1, "two", None],
        "text",
    ]
    with database.write("ingest") as connection:
        recorded = intake.take_in(
            connection,
            [*map(intake.arrival_of, strange), intake.arrival_of_text("{no json")],
            at=AT,
            door="api",
            sender="key",
        )
        assert [one.index for one in recorded.rejected] == [0, 1, 2, 3, 4]
    with database.read() as connection:
        kept = ledger.rejected_events(connection).events
    assert [one.event for one in reversed(kept)] == [*strange, "{no json"]
    assert all(one.errors for one in kept)
    assert kept[0].errors[0]["code"] == "not_json"


def test_only_so_many_of_one_sender_are_kept(agency: Agency) -> None:
    """Who sends wrong events without end fills nobody's disk, and pushes nobody else's out.

    unit HQ agency
    employee E1 HQ staff
    """
    agency.record("2026-03-04 deal D-1 E404 100 USD")
    wrong = [ledger.Rejected(at, "/crm", f"X-{at}", (), "{}") for at in range(REJECTS_KEPT - 5)]
    for _ in range(2):
        with agency.database.write("ingest") as connection:
            ledger.keep_rejected(connection, wrong, at=AT, door="api", sender="crm")
    with agency.database.read() as connection:
        kept = ledger.rejected_events(connection, sender=("api", "crm"), limit=2 * REJECTS_KEPT).events
        assert len(kept) == REJECTS_KEPT
        assert kept[0].event_id == wrong[-1].id
        assert len(ledger.rejected_events(connection, sender=("ingest", "test")).events) == 1


def test_of_a_person_less_is_kept(agency: Agency) -> None:
    """Any employee may send events; all that 1,300 of them could send would fill any disk.

    unit HQ agency
    employee E1 HQ staff
    """
    short, long = '{"x": 1}', json.dumps({"x": "x" * PERSONS_LENGTH_MAX})
    sent = [ledger.Rejected(at, "/pages/E1", f"X-{at}", (), short) for at in range(PERSONS_KEPT)]
    for rejects in (sent, [ledger.Rejected(0, "/pages/E1", "long", (), long)]):
        with agency.database.write("ingest") as connection:
            ledger.keep_rejected(connection, rejects, at=AT, door="api", sender="e1@agency.example", by_person=True)
    with agency.database.read() as connection:
        kept = ledger.rejected_events(connection, sender=("api", "e1@agency.example"), limit=2 * PERSONS_KEPT).events
    assert len(kept) == PERSONS_KEPT
    assert [one.event_id for one in kept[:2]] == ["long", sent[-1].id]
    assert len(kept[0].text) < PERSONS_LENGTH_MAX
    assert kept[1].text == short


def test_long_ones_are_kept_by_their_beginning_and_listed_a_few_at_a_time(agency: Agency) -> None:
    """Whoever opens the list reads a bounded text, whatever somebody has sent; what is not shown comes on the next page.

    unit HQ agency
    employee E1 HQ staff
    """
    deal = event_of("2026-03-04 deal D-1 E1 100 USD")
    deal["data"]["note"] = "x" * EVENT_LENGTH_MAX
    with agency.database.write("ingest") as connection:
        sent = [intake.arrival_of(deal), intake.arrival_of_text(json.dumps([deal]))]
        recorded = intake.take_in(connection, sent, at=AT, door="api", sender="crm")
        assert [[one.code for one in each.findings] for each in recorded.rejected] == [["too_long"]] * 2
        wide = [ledger.Rejected(at, "/crm", f"X-{at}", (), f'"{"x" * (EVENT_LENGTH_MAX - 2)}"') for at in range(20)]
        ledger.keep_rejected(connection, wide, at=AT, door="api", sender="crm")
    with agency.database.read() as connection:
        first = ledger.rejected_events(connection)
        second = ledger.rejected_events(connection, before=first.following)
    assert len(first.events) == PAGE_LENGTH_MAX // EVENT_LENGTH_MAX
    assert len(first.events) + len(second.events) == len(wide) + 2
    assert all(str(one.event).startswith(("{", "[")) and len(one.text) < 20_000 for one in second.events[-2:])


def test_what_was_mended_or_left_long_ago_is_forgotten(agency: Agency) -> None:
    """A month after it was mended, and after a cycle and some weeks anyway.

    unit HQ agency
    employee E1 HQ staff
    """
    for number in (1, 2):
        agency.record(f"2026-03-04 deal D-{number} E404 100 USD")
    with agency.database.write("replay") as connection:
        ledger.settle_rejected(connection, _refused(agency)[0].id, at=AT)
        assert ledger.forget_rejected(connection, now=AT + dt.timedelta(days=30)) == 0
        assert ledger.forget_rejected(connection, now=AT + dt.timedelta(days=31)) == 1
    assert len(_refused(agency)) == 1
    with agency.database.write("forget") as connection:
        assert ledger.forget_rejected(connection, now=AT + dt.timedelta(days=401)) == 1
    assert _refused(agency) == []

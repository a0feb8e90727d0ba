"""The one door for events: whichever way they came, they are recorded or refused by the same rules, and what is refused is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app import intake, ledger, scoring
from tests.conftest import NewDatabase
from tests.scenario import AT, Agency, Scenario, event_of, open_agency

ONE = "unit HQ agency\nemployee E1 HQ staff\n"


@pytest.fixture
def agency(engine: str, new_database: NewDatabase, tmp_path: Path) -> Iterator[Agency]:
    """An agency of one employee."""
    opened = open_agency(new_database(engine), Scenario.read(ONE), tmp_path)
    yield opened
    opened.database.close()


@pytest.mark.parametrize("text", ["", "{", "zero", '{"id": 1,}', '{"a": NaN}', "\ud800"])
def test_what_is_no_json_is_an_arrival_that_is_refused(text: str) -> None:
    """It still has its place in the batch, and its text is kept."""
    arrival = intake.arrival_of_text(text)
    assert arrival.text == text
    assert [one.code for one in arrival.findings] == ["not_json"]


def test_an_event_as_text_and_as_a_value_is_the_same_event(agency: Agency) -> None:
    """A file's line, a body that was decoded, a form: a repeat is a duplicate through whichever door it comes."""
    event = event_of("2026-03-04 deal D-1 E1 100 USD")
    text = (
        '{"data":'
        + str(event["data"]).replace("'", '"')
        + ","
        + ",".join(f'"{name}": "{value}"' for name, value in event.items() if name != "data")
        + "}"
    )
    with agency.database.write("ingest") as connection:
        recorded = intake.take_in(
            connection,
            [intake.arrival_of(event), intake.arrival_of_text(text)],
            at=AT,
            door="api",
            sender="key",
        )
    assert (recorded.accepted, recorded.duplicate) == (1, 1)


def test_refused_events_are_kept_with_their_door_unless_a_replay_keeps_them(agency: Agency) -> None:
    """A replay answers for the one that it replays; it would be there twice."""
    arrival = intake.arrival_of(event_of("2026-03-04 deal D-1 E404 100 USD"))
    for keep in (True, False):
        with agency.database.write("ingest") as connection:
            intake.take_in(connection, [arrival], at=AT, door="hook", sender="crm", keep=keep)
    with agency.database.read() as connection:
        (kept,) = ledger.rejected_events(connection).events
    assert (kept.door, kept.sender) == ("hook", "crm")


def test_who_records_on_an_agency_that_was_loaded_again_is_told(agency: Agency) -> None:
    """A frame of an old revision would place events where nobody is posted any more."""
    with agency.database.read() as connection:
        old = scoring.state(connection).frame
    agency.load("unit HQ agency\n  unit VIE office\nemployee E1 VIE staff")
    arrival = intake.arrival_of(event_of("2026-03-04 deal D-1 E1 100 USD"))
    with pytest.raises(ledger.StaleFrameError), agency.database.write("ingest") as connection:
        ledger.record(connection, old, [arrival], at=AT, origin=ledger.Origin("api", "key:crm"))
    with agency.database.write("ingest") as connection:
        intake.take_in(connection, [arrival], at=AT, door="api", sender="key")
    assert agency.actual("unit:VIE", "deals_austria") == 1


def test_an_event_keeps_its_text_as_it_came(agency: Agency) -> None:
    """Unknown members are kept and ignored; numbers are not rewritten."""
    event = event_of("2026-03-04 consult C-1 E1")
    event["data"] |= {"note": "Grüße, 안녕", "depth": {"a": [1, 2.50, None]}}
    spelled = intake.arrival_of_text(intake.arrival_of(event).text.replace("2.5", "2.50"))
    with agency.database.write("ingest") as connection:
        recorded = intake.take_in(connection, [spelled], at=AT, door="api", sender="key")
    assert recorded.accepted == 1
    with agency.database.read() as connection:
        assert (
            connection.scalar(ledger.tables.event.select().with_only_columns(ledger.tables.event.c.body))
            == spelled.text
        )
    assert agency.differences() == []

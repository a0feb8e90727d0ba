"""Many writers at once end where one after the other would.

PostgreSQL lets them run side by side; SQLite lines them up, and the tests hold there too.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app import ledger, scoring
from app.access import Viewer
from app.intake import FromPage, correct_own, reverse_own, state_to_record_in
from app.kit.refusals import Conflict
from app.ledger import tables
from app.rules.activities import EventKey
from app.rules.terms import Role
from tests.conftest import NewDatabase
from tests.scenario import AT, Agency, Scenario, event_of, ingest, load, open_agency

pytestmark = pytest.mark.own_database

EMPTY = """
unit HQ agency
  unit VIE office
  unit PAR office
employee E1 VIE staff
employee E2 PAR staff
employee E3 - staff
"""
THREADS = 8
WAIT_S = 60


def _events(number: int) -> list[dict[str, Any]]:
    """Deals, contacts of few buyers, and verdicts on all of them, some void, some overtaken."""
    chance = random.Random(number)
    events = []
    for at in range(number):
        who = chance.choice(["E1", "E2", "E3"])
        kind, money = chance.choice([("deal", "125.55 EUR"), ("new_buyer", ""), ("new_buyer", "")])
        day = f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        buyer = chance.choice(["Meyer", "Lang"])
        events.append(
            event_of(f"{day} {kind} A-{at} {who} {money} of {buyer}/AT E1:0.5 {who if who != 'E1' else 'E2'}:0.5")
        )
        for turn in range(chance.choice([0, 1, 2])):
            verdict = chance.choice(
                ["verified by E9", "rejected by E9", "rejected by E8", "verified by E1", "confirmed", "denied"]
            )
            type_, *by = verdict.split()
            day = f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
            events.append(event_of(f"{day} {type_} A-{at} {' '.join(by)} as V-{at}-{turn}"))
    return events


def _at_once(work: Callable[[int], None], threads: int = THREADS) -> None:
    """Run the work in threads that start together; whatever fails in one fails here."""
    start = threading.Barrier(threads, timeout=WAIT_S)

    def run(number: int) -> None:
        start.wait()
        work(number)

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(run, number) for number in range(threads)]:
            done.result()


def _sequential(new_database: NewDatabase, folder: Path, events: Sequence[dict[str, Any]]) -> str:
    agency = open_agency(new_database("sqlite"), Scenario.read(EMPTY), folder)
    ingest(agency.database, events)
    digest = agency.digest()
    agency.database.close()
    return digest


@pytest.fixture
def empty(engine: str, new_database: NewDatabase, tmp_path: Path) -> Iterator[Agency]:
    """An agency without events."""
    opened = open_agency(new_database(engine), Scenario.read(EMPTY), tmp_path)
    yield opened
    opened.database.close()


def test_overlapping_batches_of_eight_writers_end_in_the_digest_of_one(
    empty: Agency, new_database: NewDatabase, tmp_path: Path
) -> None:
    """Each records most of the events in its own order and in small batches, so that every event is recorded by several at once."""
    events = _events(40)
    accepted: list[int] = []

    def work(number: int) -> None:
        chance = random.Random(number)
        mine = chance.sample(events, len(events) * 3 // 4) if number else chance.sample(events, len(events))
        accepted.extend(ingest(empty.database, mine[at : at + 7]).accepted for at in range(0, len(mine), 7))

    _at_once(work)
    assert sum(accepted) == len(events)
    empty.check()
    assert empty.digest() == _sequential(new_database, tmp_path / "beside", events)


def test_a_verdict_at_the_same_moment_as_its_activity_finds_it(empty: Agency) -> None:
    """Neither transaction sees the other's event: one of them has to wait."""
    rounds = 12
    barrier = threading.Barrier(4, timeout=WAIT_S)

    def work(number: int) -> None:
        for turn in range(rounds):
            barrier.wait()
            if number % 2:
                ingest(empty.database, [event_of(f"2026-03-05 verified D-{turn}-{number // 2} by E9")])
            else:
                ingest(empty.database, [event_of(f"2026-03-04 deal D-{turn}-{number // 2} E1 100 USD")])

    _at_once(work, 4)
    assert empty.actual("unit:HQ", "deals") == 2 * rounds
    empty.check()


def test_of_contacts_made_at_the_same_moment_one_counts(empty: Agency) -> None:
    """And it is the earliest by its time, not the one whose transaction came first."""
    barrier = threading.Barrier(THREADS, timeout=WAIT_S)

    def work(number: int) -> None:
        for turn in range(4):
            barrier.wait()
            day = f"2026-03-{1 + (number + turn) % THREADS:02}"
            ingest(empty.database, [event_of(f"{day} new_buyer N-{turn}-{number} E{1 + number % 2} of B{turn}/AT")])

    _at_once(work)
    assert empty.actual("unit:HQ", "new_buyers") == 4
    empty.check()


def test_a_load_in_the_middle_of_recording_leaves_nothing_half_placed(
    empty: Agency, new_database: NewDatabase, tmp_path: Path
) -> None:
    """Who recorded before it is derived again, who comes after records on the new ground."""
    events = _events(40)
    other = tmp_path / "other"
    moved = EMPTY.replace("employee E3 - staff", "employee E3 PAR staff from 2026-03-01\nrate 2020-01 EUR 1.20")
    Scenario.read(moved).write(other)

    def work(number: int) -> None:
        if number == 0:
            load(empty.database, other)
            return
        for at in range(number - 1, len(events), THREADS - 1):
            ingest(empty.database, [events[at]])

    _at_once(work)
    empty.check()
    beside = open_agency(new_database("sqlite"), Scenario.read(moved), tmp_path / "beside")
    ingest(beside.database, events)
    assert empty.digest() == beside.digest()
    beside.database.close()


def test_what_reads_sees_one_moment_however_long_it_takes(empty: Agency) -> None:
    """A scorecard takes several statements; an event that is committed between two of them is in all or in none."""
    total, event = tables.total, tables.event
    with empty.database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(event)) == 0
        ingest(empty.database, [event_of("2026-03-04 deal D-1 E1 100 USD")])
        assert connection.scalar(sa.select(sa.func.count()).select_from(event)) == 0
        assert connection.scalar(sa.select(sa.func.count()).select_from(total)) == 0
    with empty.database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(event)) == 1


def _correct(agency: Agency, activity: ledger.ActivityHistory, form: str) -> Callable[[sa.Connection], object]:
    """A correction by a form that was opened when the activity stood as it is handed in."""
    page = FromPage(
        viewer=Viewer(
            account_id=1, email="alba@agency.example", roles=frozenset({Role.EMPLOYEE}), employee="E1", today=AT.date()
        ),
        at=AT,
        request=form,
        form=form,
    )

    def work(connection: sa.Connection) -> object:
        frame = state_to_record_in(connection).frame
        if form == "reversal":
            return reverse_own(connection, frame, activity=activity, reason="typed twice", page=page)
        return correct_own(
            connection,
            frame,
            activity=activity,
            reason="another buyer",
            replacement=lambda _time: event_of(f"2026-03-04 consult {form} E1") | {"source": "/pages/E1"},
            page=page,
        )

    return work


def _entered_on_a_page(agency: Agency) -> ledger.ActivityHistory:
    """A consult that E1 entered on their own page, as the forms of its page see it."""
    ingest(agency.database, [event_of("2026-03-04 consult C-1 E1") | {"source": "/pages/E1"}])
    with agency.database.read() as connection:
        key = ledger.event_key(EventKey("/pages/E1", "C-1"))
        activity = ledger.activity_history(connection, scoring.state(connection).frame, key=key)
    assert activity is not None
    return activity


@pytest.mark.parametrize("other", ["F-2", "reversal"])
def test_of_two_forms_that_change_an_activity_at_the_same_moment_one_is_told(empty: Agency, other: str) -> None:
    """Both were opened while it stood; recorded both, it would stand twice in every figure (issue 11)."""
    activity = _entered_on_a_page(empty)
    with ThreadPoolExecutor(1) as pool:
        with empty.database.write("test") as first:
            _correct(empty, activity, "F-1")(first)
            second = pool.submit(empty.database.writing, "test", _correct(empty, activity, other))
        with pytest.raises(Conflict, match="reversed already"):
            second.result()
    assert empty.actual("unit:HQ", "consults") == 1
    empty.check()


def test_a_form_that_is_sent_twice_at_the_same_moment_does_its_work_once(empty: Agency) -> None:
    """A double click: the second waits for the first and finds that it was done."""
    activity = _entered_on_a_page(empty)
    with ThreadPoolExecutor(1) as pool:
        with empty.database.write("test") as first:
            _correct(empty, activity, "F-1")(first)
            second = pool.submit(empty.database.writing, "test", _correct(empty, activity, "F-1"))
        assert second.result().is_repeat  # type: ignore[attr-defined]
    assert empty.actual("unit:HQ", "consults") == 1

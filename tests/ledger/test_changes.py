"""Following commits: each transaction that moved a figure is heard of once, whatever order they commit in."""

from __future__ import annotations

import datetime as dt
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from app import ledger
from app.kit.database import Database
from app.ledger import Cursor
from tests.conftest import NewDatabase
from tests.scenario import AT, Agency


def _owners(employee: int) -> str:
    return ledger.owners_text(employees=[employee], cycles=[2026])


def _heard(changes: list[ledger.Change]) -> list[int]:
    return [employee for one in changes for employee in one.employees]


def test_the_first_look_learns_where_things_stand_and_the_next_hears_what_came(database: Database) -> None:
    """Each commit once, in order, with whose figures it moved."""
    with database.write("one") as connection:
        ledger.record_change(connection, at=AT, owners=_owners(1))
    with database.read() as connection:
        position, changes = ledger.changes_since(connection, None)
    assert changes == []
    for employee in (2, 3):
        with database.write("more") as connection:
            ledger.record_change(connection, at=AT, owners=_owners(employee))
    with database.read() as connection:
        position, changes = ledger.changes_since(connection, position)
    assert _heard(changes) == [2, 3]
    assert changes[0].cycles == (2026,)
    with database.read() as connection:
        assert ledger.changes_since(connection, position)[1] == []


def test_what_commits_late_is_heard_of_late_and_nothing_twice(new_database: NewDatabase) -> None:
    """A number given out earlier may commit later: the follower goes by transactions, not by numbers."""
    database = Database(new_database("postgresql"))
    with database.read() as connection:
        position = ledger.cursor(connection)
    with ExitStack() as first:
        early = first.enter_context(database.write("early"))
        ledger.record_change(early, at=AT, owners=_owners(1))
        with database.write("late") as late:
            ledger.record_change(late, at=AT, owners=_owners(2))
        with database.read() as connection:
            position, changes = ledger.changes_since(connection, position)
        assert _heard(changes) == [2]
        with database.read() as connection:
            position, changes = ledger.changes_since(connection, Cursor.parse(position.text))
        assert changes == []
    with database.read() as connection:
        position, changes = ledger.changes_since(connection, position)
    assert _heard(changes) == [1]
    with database.read() as connection:
        assert ledger.changes_since(connection, position)[1] == []
    database.close()


@pytest.mark.own_database
def test_a_follower_hears_of_every_commit_of_many_writers_exactly_once(database: Database) -> None:
    """Writers that overlap, commit in any order or roll back, while the follower looks again and again."""
    with database.read() as connection:
        position = ledger.cursor(connection)

    def write(number: int) -> None:
        chance = random.Random(number)
        for turn in range(10):
            with ExitStack() as undone:
                if chance.random() < 0.3:
                    undone.enter_context(pytest.raises(ZeroDivisionError))
                    with database.write("gone") as connection:
                        ledger.record_change(connection, at=AT, owners=_owners(-1))
                        raise ZeroDivisionError
            with database.write("kept") as connection:
                ledger.record_change(connection, at=AT, owners=_owners(number * 100 + turn))

    heard: list[int] = []
    done = threading.Event()

    def follow() -> None:
        nonlocal position
        while True:
            last = done.is_set()
            with database.read() as connection:
                position, changes = ledger.changes_since(connection, position)
            heard.extend(_heard(changes))
            if last:
                return
            done.wait(0.01)

    with ThreadPoolExecutor(7) as pool:
        following = pool.submit(follow)
        list(pool.map(write, range(6)))
        done.set()
        following.result()
    assert sorted(heard) == sorted(number * 100 + turn for number in range(6) for turn in range(10))


def test_a_stream_resumes_from_a_position_until_that_is_forgotten(database: Database) -> None:
    """What a browser sends back as its last position: what came since, or nothing known of it any more."""
    with database.write("one") as connection:
        ledger.record_change(connection, at=AT - dt.timedelta(days=2), owners=_owners(1))
    with database.read() as connection:
        position = ledger.cursor(connection)
    for employee in (2, 3, 4):
        with database.write("more") as connection:
            ledger.record_change(connection, at=AT - dt.timedelta(days=1), owners=_owners(employee))
    with database.read() as connection:
        since = ledger.changes_after(connection, position.text)
        assert since is not None
        assert _heard(since) == [2, 3, 4]
        for nonsense in ("", "x", "1;2", "-5", "9" * 19, "1" * 400):
            assert ledger.changes_after(connection, nonsense) is None
    with database.write("forget") as connection:
        assert ledger.forget_changes(connection, before=AT) == 3
    with database.read() as connection:
        assert ledger.changes_after(connection, position.text) is None


def test_an_event_without_effect_touches_nobody(agency: Agency) -> None:
    """A verdict that waits, a repeat and a refusal move no figure; a deal moves its people, their line of units and its cycle.

    unit HQ agency
      unit VIE office
    employee E1 VIE staff
    2026-03-04 deal D-1 E1 100 USD
    """
    with agency.database.read() as connection:
        position = ledger.cursor(connection)
    agency.record("2026-03-05 verified D-404 by E9")
    agency.record("2026-03-04 deal D-1 E1 100 USD")
    agency.record("2026-03-04 deal D-1 E1 101 USD")
    agency.record("2026-03-04 verified D-1 by E1")
    with agency.database.read() as connection:
        position, changes = ledger.changes_since(connection, position)
    assert changes == []
    agency.record("2027-03-04 deal D-2 E1 100 USD")
    with agency.database.read() as connection:
        position, (change,) = ledger.changes_since(connection, position)
    assert (len(change.employees), len(change.paths), change.cycles, change.everyone) == (1, 1, (2027,), False)

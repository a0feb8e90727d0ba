"""Notices that several deal with at the same moment: none is lost, and each is counted."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from app import notices
from app.kit.database import Database
from tests.conftest import Eventually
from tests.people import NOW

pytestmark = pytest.mark.own_database
AUDITOR = 1


def _tell(connection: sa.Connection) -> None:
    notices.tell_auditors(connection, who="iris@agency.example", account="new@agency.example", at=NOW)


def _see(connection: sa.Connection) -> None:
    notices.settle_rights_notice(connection, account_id=AUDITOR, number=2, since=NOW, at=NOW)


def _number(database: Database) -> int:
    with database.read() as connection:
        notice = notices.rights_notice(connection, account_id=AUDITOR)
    return 0 if notice is None else int(notice.subject["number"])


def _tell_while(database: Database, eventually: Eventually, *, first: object, begun: int) -> int:
    """Tell while another transaction has done its part and not ended yet; returns how many are to be seen then."""
    for _ in range(begun):
        database.writing("test", _tell)
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")

    def is_waiting() -> bool:
        if database.dialect == "sqlite":
            return True  # The second is in line for the one writer.
        with database.read() as connection:
            return bool(connection.scalar(waiting))

    with ThreadPoolExecutor(1) as pool:
        with database.write("test") as connection:
            first(connection)  # type: ignore[operator]
            second = pool.submit(database.writing, "test", _tell)
            eventually(is_waiting)
        second.result()
    return _number(database)


def test_what_is_told_while_the_auditor_puts_the_notice_away_is_told_anew(
    database: Database, eventually: Eventually
) -> None:
    """It would be put away with what the auditor saw, and nobody would ever read it."""
    assert _tell_while(database, eventually, first=_see, begun=2) == 1


@pytest.mark.parametrize("begun", [0, 1])
def test_of_two_that_tell_at_once_both_count(database: Database, eventually: Eventually, begun: int) -> None:
    """Whether there is a notice to add to already, or both open one."""
    assert _tell_while(database, eventually, first=_tell, begun=begun) == begun + 2


def test_as_many_deeds_as_were_told_of_are_not_the_same_ones(database: Database) -> None:
    """A page that told of one deed is open twice: its button in the second window puts away no other one."""
    later = NOW + dt.timedelta(minutes=1)

    def see(connection: sa.Connection) -> None:
        notices.settle_rights_notice(connection, account_id=AUDITOR, number=1, since=NOW, at=later)

    database.writing("test", _tell)
    database.writing("test", see)
    assert _number(database) == 0
    database.writing(
        "test",
        lambda connection: notices.tell_auditors(connection, who="iris@agency.example", account="other", at=later),
    )
    database.writing("test", see)
    assert _number(database) == 1

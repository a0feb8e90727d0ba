"""What was typed when a session had ended, kept for its owner."""

from __future__ import annotations

import datetime as dt
import random
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from app import access
from app.kit.database import Database
from tests.conftest import Eventually
from tests.people import NOW, settle


def _keep(connection: sa.Connection, text: str, page: str = "/log") -> None:
    access.keep_form(connection, account_id=1, page=page, values={"reason": [text]}, now=NOW)


def _typed(database: Database, page: str = "/log", now: dt.datetime = NOW) -> dict[str, list[str]] | None:
    with database.read() as connection:
        return access.typed_before(connection, account_id=1, page=page, now=now)


def test_a_form_that_is_sent_twice_at_the_same_moment_is_kept_once(database: Database, eventually: Eventually) -> None:
    """A double click after the session's end is no error: the later one stands."""
    database.writing("settle", settle)

    def is_waiting() -> bool:
        if database.dialect == "sqlite":
            return True  # The second is in line for the one writer.
        with database.read() as connection:
            return bool(connection.scalar(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")))

    def second() -> None:
        with database.write("test") as connection:
            _keep(connection, "second")

    with ThreadPoolExecutor(1) as pool:
        with database.write("test") as connection:
            _keep(connection, "first")
            sent = pool.submit(second)
            eventually(is_waiting)
        sent.result()
    assert _typed(database) == {"reason": ["second"]}


def test_each_page_has_its_own_and_one_that_is_full_still_takes_a_newer_text(database: Database) -> None:
    """Ten pages at most; what was typed on one of them may change, an eleventh is left."""
    database.writing("settle", settle)
    with database.write("test") as connection:
        for number in range(11):
            _keep(connection, "first", f"/log?{number}")
        _keep(connection, "second", "/log?3")
        access.forget_form(connection, account_id=1, page="/log?4")
    kept = {number: _typed(database, f"/log?{number}") for number in range(11)}
    assert [number for number, values in kept.items() if values is None] == [4, 10]
    assert kept[3] == {"reason": ["second"]}


def test_a_page_of_any_address_has_its_own(database: Database) -> None:
    """A long search stands in its page's address, and no index takes a key of any length."""
    database.writing("settle", settle)
    pages = [f"/log?like={random.Random(seed).randbytes(3500).hex()}" for seed in (1, 2)]
    with database.write("test") as connection:
        for page in pages:
            _keep(connection, page[:20], page)
        access.forget_form(connection, account_id=1, page=pages[1])
    assert [_typed(database, page) for page in pages] == [{"reason": [pages[0][:20]]}, None]

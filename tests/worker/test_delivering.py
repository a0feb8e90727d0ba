"""What is posted is tried again after so long each time, and has failed for good after the last (contract-desk, 6)."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app import access
from app.access.tables import account
from app.kit import outbox
from app.kit.database import Database
from app.kit.refusals import Conflict, NotThere
from app.kit.settings import Settings, Smtp
from app.worker.delivering import deliver_next
from tests.conftest import free_port
from tests.mailbox import Mailbox, path_of
from tests.people import NOW

STEPS = [
    dt.timedelta(seconds=5),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=30),
    *(dt.timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
]
MOMENT = dt.timedelta(seconds=1)


def _settings(port: int) -> Settings:
    return Settings(
        smtp=Smtp(host="127.0.0.1", port=port, tls="none"),
        mail_from="kopes@agency.example",
        public_url="http://127.0.0.1:1",
    )


def _invite(database: Database) -> None:
    with database.write("invite") as connection:
        access.invite_account(connection, email="alba@agency.example", employee="E1", now=NOW)


def _one(database: Database) -> outbox.Delivery:
    with database.read() as connection:
        (only,) = outbox.deliveries(connection, limit=2)
    return only


def _deliver(database: Database, port: int, at: dt.datetime, worker: str = "one") -> bool:
    return deliver_next(database, settings=_settings(port), worker=worker, clock=lambda: at, say=lambda _line: None)


def test_each_step_of_trying_again(database: Database) -> None:
    """Not a second earlier; ten tries in all, then none, until an administrator has it sent again."""
    _invite(database)
    nowhere, at = free_port(), NOW
    for tries, step in enumerate(STEPS, 1):
        assert _deliver(database, nowhere, at)
        shown = _one(database)
        assert (shown.state, shown.tries, shown.due_at) == ("waiting", tries, at + step)
        assert shown.error is not None
        assert not _deliver(database, nowhere, at + step - MOMENT)
        at += step
    assert _deliver(database, nowhere, at)
    assert (_one(database).state, _one(database).tries) == ("failed", 10)
    assert not _deliver(database, nowhere, at + dt.timedelta(days=365))
    with database.write("resend") as connection:
        assert outbox.resend(connection, delivery=_one(database).id, at=at) == "alba@agency.example"
        with pytest.raises(NotThere):
            outbox.resend(connection, delivery=999, at=at)
    with Mailbox() as mailbox:
        assert _deliver(database, mailbox.port, at)
        assert len(mailbox.mails) == 1
    assert (_one(database).state, _one(database).tries) == ("sent", 1)


def test_what_the_server_refuses_is_tried_again_with_the_same_link(database: Database) -> None:
    """And what it said is kept; a mail that is sent again carries the same link too, until it is used."""
    _invite(database)
    with Mailbox() as mailbox:
        mailbox.answer = "451 later, please"
        _deliver(database, mailbox.port, NOW)
        assert "later, please" in (_one(database).error or "")
        mailbox.answer = None
        _deliver(database, mailbox.port, NOW + STEPS[0])
        with database.write("resend") as connection:
            outbox.resend(connection, delivery=_one(database).id, at=NOW + dt.timedelta(days=1))
        _deliver(database, mailbox.port, NOW + dt.timedelta(days=1))
        first, second = map(path_of, mailbox.mails)
    assert first == second


def test_a_row_is_one_workers_for_a_minute(database: Database) -> None:
    """Nobody else takes it, and nobody has it sent again, before that minute is over."""
    _invite(database)
    with database.write("take") as connection:
        taken = outbox.take(connection, worker="gone", at=NOW)
    assert taken is not None
    with Mailbox() as mailbox:
        late = NOW + dt.timedelta(seconds=60)
        assert not _deliver(database, mailbox.port, late - MOMENT)
        with database.write("resend") as connection, pytest.raises(Conflict):
            outbox.resend(connection, delivery=taken.id, at=late - MOMENT)
        assert _deliver(database, mailbox.port, late)
        assert len(mailbox.mails) == 1
    with database.write("mark") as connection:
        outbox.mark_failed(connection, taken, error="I was asleep", at=late + MOMENT)
    assert _one(database).state == "sent"


def test_what_is_rolled_back_posts_nothing(database: Database) -> None:
    """A row stands in the transaction of what it follows from."""
    with database.write("invite") as connection:
        access.invite_account(connection, email="alba@agency.example", employee="E1", now=NOW)
        connection.rollback()
    with database.read() as connection:
        assert outbox.deliveries(connection, limit=1) == []


def test_a_closed_account_is_not_written_to(database: Database) -> None:
    """The row goes, and nothing is sent."""
    _invite(database)
    with database.write("close") as connection:
        number = connection.execute(sa.select(account.c.id)).scalar_one()
        access.disable_account(connection, account_id=number, disabled=True, now=NOW)
    with Mailbox() as mailbox:
        assert _deliver(database, mailbox.port, NOW)
        assert mailbox.mails == []
    with database.read() as connection:
        assert outbox.deliveries(connection, limit=1) == []

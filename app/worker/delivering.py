"""Delivering what was posted to the outbox: one row after another, each taken, made, sent and marked, never in one transaction.

Do not mark before sending. A worker that is killed in between leaves a row that another one sends again, which costs a mail more; the other way
round it would cost the mail.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Final

from sqlalchemy.exc import DBAPIError

from app import mails
from app.kit import outbox
from app.kit.database import Database
from app.kit.mail import Mail, send
from app.kit.refusals import Busy
from app.kit.settings import Settings
from app.rules.permissions import Deed

__all__ = ["Clock", "Say", "deliver_all", "deliver_next", "keep_delivering", "why"]

_LOOK_S: Final = 1
"""How often it is looked whether something is due."""

_REST_S: Final = 10
"""And how long nothing is looked at while the database is away."""

Clock = Callable[[], dt.datetime]
Say = Callable[[str], None]


def deliver_next(database: Database, *, settings: Settings, worker: str, clock: Clock, say: Say) -> bool:
    """Deliver the row that has been due longest; returns whether there was one.

    Whatever goes wrong with it is the row's, and is told there: others go on.
    """
    at = clock()
    with database.read() as connection:
        if not outbox.is_any_due(connection, at=at):
            return False
    if not settings.sends_mail:
        database.writing(Deed.DELIVER, lambda connection: outbox.hold(connection, at=at))
        return False
    taken = database.writing(Deed.DELIVER, lambda connection: outbox.take(connection, worker=worker, at=at))
    if taken is None:
        return False
    try:
        mail = database.writing(
            Deed.DELIVER, lambda connection: mails.compose(connection, taken, settings=settings, now=at)
        )
        if mail is None:
            database.writing(Deed.DELIVER, lambda connection: outbox.drop(connection, taken))
            return True
        _send(mail, settings, at)
    except Exception as error:  # noqa: BLE001 - a server that refuses, an address that is none: it is told, and tried again
        reason = f"{type(error).__name__}: {error}"
        database.writing(
            Deed.DELIVER, lambda connection: outbox.mark_failed(connection, taken, error=reason, at=clock())
        )
        say(f"delivery {taken.id}: {reason}")
        return True
    database.writing(Deed.DELIVER, lambda connection: outbox.mark_sent(connection, taken, at=clock()))
    return True


def deliver_all(database: Database, *, settings: Settings, worker: str, clock: Clock, say: Say) -> None:
    """Deliver all that is due now, each row once."""
    while deliver_next(database, settings=settings, worker=worker, clock=clock, say=say):
        pass


def keep_delivering(
    database: Database, ending: threading.Event, *, settings: Settings, worker: str, clock: Clock, say: Say
) -> None:
    """Deliver what is due, as it comes due, until the process ends."""
    while not ending.is_set():
        try:
            was_one = deliver_next(database, settings=settings, worker=worker, clock=clock, say=say)
        except (DBAPIError, Busy) as error:
            say(f"deliveries: {why(error)}")
            ending.wait(_REST_S)
            continue
        if not was_one:
            ending.wait(_LOOK_S)


def why(error: DBAPIError | Busy) -> str:
    """What is wrong with the database, on a line of the worker's output."""
    return "the database is taken by others" if isinstance(error, Busy) else str(error.orig)


def _send(mail: Mail, settings: Settings, at: dt.datetime) -> None:
    if settings.smtp is None or settings.mail_from is None:
        message = "it was looked at before whether mails can be sent"
        raise ValueError(message)
    send(mail, smtp=settings.smtp, sender=settings.mail_from, at=at)

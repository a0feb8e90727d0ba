"""Events from any door: read as text, recorded in one transaction, and what is refused kept.

Every door (API, webhook, file, page) comes through :func:`take_in`, so that an event means the same whichever way it came.
A newcomer's usual mistake: a batch is not all or nothing. One bad event never fails the others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection

from app import ledger
from app.ledger import Arrival, Frame, Recorded
from app.rules.json_text import NotJsonError, decode, encode
from app.rules.terms import Finding, Place, n_
from app.scoring import state

__all__ = ["arrival_of", "arrival_of_text", "take_in"]

_TRIES: Final = 5
NOT_JSON: Final = n_("This is not JSON: %(why)s.")


def arrival_of(value: object) -> Arrival:
    """An event that was decoded already."""
    return Arrival(encode(value), value)


def arrival_of_text(text: str) -> Arrival:
    """One event as JSON text; what is no JSON becomes an arrival that will be rejected."""
    try:
        value = decode(text)
    except NotJsonError as error:
        finding = Finding(code="not_json", message=NOT_JSON, parameters={"why": str(error)}, place=Place(pointer=""))
        return Arrival(text, None, (finding,))
    return Arrival(text, value)


def take_in(
    connection: Connection,
    arrivals: Sequence[Arrival] | Iterable[Arrival],
    *,
    at: dt.datetime,
    door: str,
    sender: str,
    keep: bool = True,
    frame: Frame | None = None,
) -> Recorded:
    """Record a batch of events and keep what is rejected.

    Args:
        connection: a writing transaction; the caller commits.
        arrivals: the events.
        at: when they came in.
        door: ``api``, ``hook``, ``ingest`` or ``page``.
        sender: the name of the key, hook or file, or the account's e-mail.
        keep: whether rejected events are kept; a replay keeps the one that it replays.
        frame: the agency, where it is at hand; should it be loaded again meanwhile, the new one is read.

    Queries: those of :func:`app.ledger.record` and 2.
    """
    batch = list(arrivals)
    for _ in range(_TRIES):
        try:
            recorded = ledger.record(connection, frame or state(connection).frame, batch, at=at)
            break
        except ledger.StaleFrameError:
            # A load came in between. We hold the ledger's lock now, so the next frame is good to the end.
            frame = None
    else:
        message = "the agency is being loaded again and again"
        raise RuntimeError(message)
    if keep and recorded.rejected:
        ledger.keep_rejected(connection, recorded.rejected, at=at, door=door, sender=sender)
    return recorded

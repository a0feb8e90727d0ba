"""A rejected event sent again, as it was or mended, by the key that sent it or by a person who keeps the doors.

Do not take it for a new event of whoever sends it again. It stays its author's: what a person was refused, since it was
not theirs to record, is not theirs when somebody else sends it; and whoever keeps the doors mends the envelope, never what it says.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, NamedTuple

from sqlalchemy import Connection

from app import access, ledger, organisation
from app.access import Key, Viewer
from app.intake.events import Sender, take_in
from app.kit.refusals import Conflict
from app.ledger import Arrival, KeptReject, Recorded
from app.plain.findings import Finding, Place, n_
from app.plain.json_text import NotJsonError, encode
from app.rules.mending import moved_members

__all__ = ["NotYours", "Replayed", "replay"]

NOTED_LENGTH: Final = 2_000
"""So much of an event the trail keeps of a replay that was refused again."""

_OF_PEOPLE: Final = frozenset({"api", "page"})
"""The doors that people come by too: there a sender with an @ is an account's e-mail, which no key's name can look like."""


class NotYours(Conflict):
    """What the event says would change: that is for whoever sent it."""

    code = "not_yours"
    message = n_("What this event says is for whoever sent it to change: ask them to send it again.")


class Replayed(NamedTuple):
    """What became of it, and what the trail says: the event before and after."""

    recorded: Recorded
    before: str
    after: str


def replay(
    connection: Connection,
    kept: KeptReject,
    arrival: Arrival,
    *,
    by: Viewer | Key,
    door: str,
    request: str,
    at: dt.datetime,
) -> Replayed:
    """Send a rejected event again; once it is recorded, or found to be a duplicate, it leaves the list.

    Args:
        connection: a writing transaction; the caller commits.
        kept: the event as it was rejected.
        arrival: as it is sent now.
        by: who sends it: a person, or the key that sent it first, which may send whatever it could send anew.
        door: ``api`` or ``page``.
        request: the request's number.
        at: now.

    Raises:
        NotYours: a person would change what a figure hangs on, or the account that sent it is no more.

    Queries: those of :func:`app.intake.take_in` and 2; 1 more where a person sent it first.
    """
    # Before the author's right is asked: a load that is waited for afterwards may end their service.
    ledger.shut_out_loads(connection)
    author: Sender = by
    if isinstance(by, Viewer):
        if not arrival.findings:
            moved = moved_members(kept.event, arrival.decoded())
            if moved:
                raise NotYours(*(_moved(pointer) for pointer in moved))
        author = _author(connection, kept, at)
    recorded = take_in(
        connection,
        [arrival],
        at=at,
        door=door,
        sender=by,
        request=request,
        author=author,
        rejected=kept.id,
        keep=False,
    )
    if recorded.rejected:
        # It stays as it was kept, and may be sent again without end: of what is noted each time the beginning is enough.
        return Replayed(recorded, _beginning(kept.text), _beginning(_written(arrival)))
    ledger.settle_rejected(connection, kept.id, at=at)
    return Replayed(recorded, kept.text, _written(arrival))


def _beginning(text: str) -> str:
    return text if len(text) <= NOTED_LENGTH else encode(f"{text[:NOTED_LENGTH]}…")


def _author(connection: Connection, kept: KeptReject, at: dt.datetime) -> Sender:
    if kept.door not in _OF_PEOPLE or "@" not in kept.sender:
        return kept.sender
    author = access.viewer_of(connection, email=kept.sender, day=organisation.directory(connection).day_of(at))
    if author is None:
        raise NotYours
    return author


def _moved(pointer: str) -> Finding:
    message = n_("This differs from what came: put back what stood there.")
    return Finding(code="not_yours", message=message, place=Place(pointer=pointer))


def _written(arrival: Arrival) -> str:
    try:
        return encode(arrival.decoded()) if not arrival.findings else encode(arrival.text)
    except NotJsonError:
        return encode(arrival.text)

"""Events from any door: read as text, recorded in one transaction, and what is refused kept.

Every door (API, webhook, file, page) comes through :func:`take_in`, so that an event means the same whichever way it came.
A batch is not all or nothing. One bad event never fails the others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection

from app import access, ledger
from app.access import Hook, Key, Viewer
from app.intake.own_events import own_events
from app.ledger import Arrival, Frame, Origin, Recorded
from app.plain.findings import Finding, Place, n_
from app.plain.json_text import FaultyValueError, NotJsonError, decode_sent, encode
from app.plain.texts import storable
from app.rules.activities import fault_of_text
from app.scoring import State, folder_state, state

__all__ = ["Sender", "arrival_of", "arrival_of_text", "take_in", "take_in_message"]

_TRIES: Final = 5
_TEXT_MAX: Final = 500
Sender = Viewer | Key | Hook | str
"""Who sends events: a person, a program, or a file by its name."""

NOT_JSON: Final = n_("This is not JSON: %(why)s.")
NOT_JSON_FROM: Final = n_(
    "This is not JSON from line %(line)s, column %(column)s on: look there, and just before, for a quotation mark, comma or bracket that is "
    "missing or too many, and for a line break within a text."
)


def arrival_of(value: object) -> Arrival:
    """An event that was decoded already."""
    return Arrival(encode(value), value)


def arrival_of_text(text: str) -> Arrival:
    """One event as JSON text; what is no JSON, or holds what nobody can take, becomes an arrival that will be rejected, kept as it came."""
    try:
        return Arrival(text, decode_sent(text))
    except FaultyValueError as error:
        return Arrival(text, None, (fault_of_text(error),))
    except NotJsonError as error:
        return Arrival(text, None, (_not_json(error),))


def _not_json(error: NotJsonError) -> Finding:
    if error.line is None:
        return Finding(code="not_json", message=NOT_JSON, parameters={"why": str(error)}, place=Place(pointer=""))
    where: dict[str, object] = {"line": error.line, "column": error.column}
    return Finding(code="not_json", message=NOT_JSON_FROM, parameters=where, place=Place(pointer=""))


def state_to_record_in(connection: Connection) -> State:
    """The agency, for a transaction that looks at activities and then records: no load changes it before the end. Queries: 1 and those of its state."""
    ledger.shut_out_loads(connection)
    return state(connection)


def take_in(
    connection: Connection,
    arrivals: Sequence[Arrival] | Iterable[Arrival],
    *,
    at: dt.datetime,
    door: str,
    sender: Sender,
    request: str | None = None,
    author: Sender | None = None,
    rejected: int | None = None,
    keep: bool = True,
    frame: Frame | None = None,
) -> Recorded:
    """Record a batch of events and keep what is rejected.

    Args:
        connection: a writing transaction; the caller commits.
        arrivals: the events.
        at: when they came in.
        door: ``api``, ``hook``, ``ingest`` or ``page``.
        sender: the signed-in person, the key or the hook; of a file its name. A person records what their pages let them, and no more.
        request: by what the request is known: of a hook the message's id, of a file its run.
        author: whose events they are, where somebody else sends them again: it is the author's authority that they need.
        rejected: the number of the rejected event that is sent again.
        keep: whether rejected events are kept; a replay keeps the one that it replays.
        frame: the agency, where it is at hand; should it be loaded again meanwhile, the new one is read.

    Queries: those of :func:`app.ledger.record` and 2; 2 more where a person sends verdicts.
    """
    origin = Origin(door, _label(sender), None if request is None else storable(request)[:_TEXT_MAX], rejected)
    batch, whose = list(arrivals), sender if author is None else author
    for _ in range(_TRIES):
        try:
            # What was decided moves no frame: nobody who records waits until a process has read it again, or the agency of a cut.
            current = frame or folder_state(connection).frame
            allowed = (
                own_events(connection, current, batch, viewer=whose, at=at) if isinstance(whose, Viewer) else batch
            )
            recorded = ledger.record(connection, current, allowed, at=at, origin=origin)
            break
        except ledger.StaleFrameError:
            # A load came in between. We hold the ledger's lock now, so the next frame is good to the end.
            frame = None
    else:
        message = "the agency is being loaded again and again"
        raise RuntimeError(message)
    if keep and recorded.rejected:
        by_person = isinstance(sender, Viewer)
        ledger.keep_rejected(connection, recorded.rejected, at=at, door=door, sender=_name(sender), by_person=by_person)
    return recorded


def take_in_message(
    connection: Connection, arrivals: Sequence[Arrival], *, hook: Hook, message_id: str, body: bytes, at: dt.datetime
) -> Recorded:
    """Record the events of a hook's message; the same message again changes nothing.

    Args:
        connection: a writing transaction; the caller commits.
        arrivals: the message's events.
        hook: the door it came by; its signature was checked.
        message_id: the sender's.
        body: as it was signed.
        at: when it came.

    Raises:
        MessageReused: its id came before with another body.

    Queries: those of :func:`take_in` and 2.
    """
    # The ledger's lock before any row, as everywhere: who holds a row and waits for a load would keep the load waiting.
    recorded = take_in(connection, arrivals, at=at, door="hook", sender=hook, request=message_id, keep=False)
    is_new = access.take_message(connection, hook=hook, message_id=message_id, body=body, now=at)
    # What was refused of a message that comes again is kept already.
    if is_new and recorded.rejected:
        ledger.keep_rejected(connection, recorded.rejected, at=at, door="hook", sender=hook.name)
    return recorded


def _label(sender: Sender) -> str:
    return f"file:{storable(sender)[:_TEXT_MAX]}" if isinstance(sender, str) else sender.label


def _name(sender: Sender) -> str:
    """Under which rejected events are kept."""
    if isinstance(sender, Viewer):
        return sender.email
    return sender if isinstance(sender, str) else sender.name

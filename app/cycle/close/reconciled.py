"""Whether the stored totals are what the events come to, as whoever certifies a cycle has to know (contract-cycle, 3).

Reading all events takes long where there are many. What they say is compared every night; whoever proposes has every total compared with the activities
that it is the sum of, and what came since that night with the events too, before anybody waits for them. Whoever looks is told what was found last.
Do not compare while recorders are shut out.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, NamedTuple

from sqlalchemy import Connection

from app import ledger
from app.kit.jobs import last_finished
from app.kit.kept import LruCache
from app.ledger import Frame

__all__ = ["compare_totals", "totals_agree"]

_COMPARED_UP_TO: Final = 5_000
"""So many events are compared whenever somebody asks."""

_UNDER_WAY: Final = dt.timedelta(minutes=10)
"""What was received so long before a night's run was committed by then, and compared."""


class _Comparison(NamedTuple):
    """What was found: since which nightly run, up to which event, how many there were up to that, and whether all agreed."""

    night: dt.datetime | None
    last_event: int
    events: int
    agrees: bool


_LATEST: Final[LruCache[list[_Comparison]]] = LruCache(16)
"""The latest of this process, by database; none before the first."""


def totals_agree(connection: Connection, frame: Frame) -> bool:
    """Whether stored totals are what the events come to, of many events as far as was found last; they are where nobody ever compared.

    Whoever proposes has them compared first (:func:`compare_totals`), so that it hangs on no page whether they are.

    Queries: 2; where there are few events, those of :func:`app.ledger.reconcile`.
    """
    if ledger.last_event(connection) <= _COMPARED_UP_TO:
        return _compared(connection, frame, after=None).agrees
    night = _last_night(connection)
    kept = _kept(connection, night)
    return (night is None or night.agrees) if kept is None else kept.agrees


def compare_totals(connection: Connection, frame: Frame) -> None:
    """Compare what is stored with the ledger, unless that was found to agree since the last event came.

    What agreed with the events before is not read again: every total is held against the activities, and what came since against the events.

    Queries: 3 to 5, and those of :func:`app.ledger.reconcile_since`; where nothing was found to agree before, those of :func:`app.ledger.reconcile`.
    """
    last = ledger.last_event(connection)
    if last <= _COMPARED_UP_TO:
        return
    night = _last_night(connection)
    kept = _kept(connection, night)
    if kept is not None and kept.agrees and ledger.events_up_to(connection, kept.last_event) != kept.events:
        # A number that was given out earlier was committed later.
        kept = None
    if kept is None or not kept.agrees:
        _compared(connection, frame, after=night.last_event if night is not None and night.agrees else None)
    elif kept.last_event < last:
        _compared(connection, frame, after=kept.last_event)


class _Night(NamedTuple):
    """A nightly run: when it began, the last event that it surely saw, and whether all agreed."""

    began_at: dt.datetime
    agrees: bool
    last_event: int


def _last_night(connection: Connection) -> _Night | None:
    """The last nightly run. Queries: 1 or 2."""
    night = last_finished(connection, job="reconcile")
    if night is None:
        return None
    seen = ledger.last_event(connection, before=night.started_at - _UNDER_WAY)
    return _Night(night.started_at, not night.failed, seen)


def _kept(connection: Connection, night: _Night | None) -> _Comparison | None:
    """What this process has found since the last nightly run."""
    kept = _of_database(connection)
    return kept[0] if kept and kept[0].night == (None if night is None else night.began_at) else None


def _compared(connection: Connection, frame: Frame, *, after: int | None) -> _Comparison:
    """Compare, and keep what was found: all with all events, or where everything up to an event agreed before, what that leaves."""
    night, last = last_finished(connection, job="reconcile"), ledger.last_event(connection)
    differences = (
        ledger.reconcile(connection, frame) if after is None else ledger.reconcile_since(connection, frame, after=after)
    )
    differs = next(iter(differences), None) is not None
    comparison = _Comparison(
        None if night is None else night.started_at, last, ledger.events_up_to(connection, last), agrees=not differs
    )
    _of_database(connection)[:] = [comparison]
    return comparison


def _of_database(connection: Connection) -> list[_Comparison]:
    return _LATEST.get_or_make((str(connection.engine.url),), list)

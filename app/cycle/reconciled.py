"""Whether the stored totals are what the events come to, as whoever certifies a cycle has to know (contract-cycle, 3).

Comparing takes long where there are many events. Then whoever looks is told what was found last, by the nightly run or by this process, and whoever
proposes has it compared before anybody waits for them. Do not compare while recorders are shut out.
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


class _Comparison(NamedTuple):
    """What was found: since which nightly run, with which last event, and whether all agreed."""

    night: dt.datetime | None
    last_event: int
    agrees: bool


_LATEST: Final[LruCache[list[_Comparison]]] = LruCache(16)
"""The latest of this process, by database; none before the first."""


def totals_agree(connection: Connection, frame: Frame) -> bool:
    """Whether stored totals are what the events come to, of many events as far as was found last; they are where nobody ever compared.

    Whoever proposes has them compared first (:func:`compare_totals`), so that it hangs on no page whether they are.

    Queries: 2 or 3; where there are few events, those of :func:`app.ledger.reconcile`.
    """
    if ledger.last_event(connection) <= _COMPARED_UP_TO:
        return _compared(connection, frame).agrees
    known = _known(connection)
    return known is None or known.agrees


def compare_totals(connection: Connection, frame: Frame) -> None:
    """Compare what is stored with all events that there are, unless that was found to agree since the last one came.

    Queries: 2 to 5, and those of :func:`app.ledger.reconcile`.
    """
    last = ledger.last_event(connection)
    known = _known(connection)
    if last > _COMPARED_UP_TO and (known is None or not known.agrees or known.last_event < last):
        _compared(connection, frame)


def _known(connection: Connection) -> _Comparison | None:
    """What was found last. Queries: 1 or 2."""
    kept = _of_database(connection)
    night = last_finished(connection, job="reconcile")
    if kept and kept[0].night == (None if night is None else night.started_at):
        return kept[0]
    if night is None:
        return None
    return _Comparison(night.started_at, ledger.last_event(connection, before=night.started_at), not night.failed)


def _compared(connection: Connection, frame: Frame) -> _Comparison:
    night, last = last_finished(connection, job="reconcile"), ledger.last_event(connection)
    differs = next(iter(ledger.reconcile(connection, frame)), None) is not None
    comparison = _Comparison(None if night is None else night.started_at, last, agrees=not differs)
    _of_database(connection)[:] = [comparison]
    return comparison


def _of_database(connection: Connection) -> list[_Comparison]:
    return _LATEST.get_or_make((str(connection.engine.url),), list)

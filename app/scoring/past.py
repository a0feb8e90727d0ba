"""Figures as of past days: kept by all that they hang on, found in a daybook where there is one, else folded by the database.

The fold defines (decision 0006) and costs as much as the year is long. Where one past day was looked at others will be: from the second on they
are looked up in a daybook, which a process keeps and brings up to date when other events of such days have come.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from app import ledger
from app.kit.kept import LruCache
from app.ledger import Daybook, EventSet, Figures
from app.rules.terms import Node
from app.scoring.plan import CyclePlan, Selection

__all__ = ["figures_as_of", "node_figures_as_of"]

_KEPT: Final[LruCache[Figures]] = LruCache(
    20_000, weight_max=24 * 2**20, weigh=lambda figures: figures.amounts.nbytes + figures.distinct.nbytes + 2048
)
"""Figures as of past days, as many as fit: of all nodes a day takes a few megabytes, of one person next to nothing."""

_DAYBOOKS: Final[LruCache[Daybook]] = LruCache(2)
"""Of the cycles that were looked at last, one each: of an agency of 1,300 people and 350,000 events some 30 MB."""

_BYTES_MAX: Final = 96 * 2**20
"""A larger one is not kept: its days are folded by the database."""

_TOO_LARGE: Final[LruCache[bool]] = LruCache(16)
"""The cycles, by load, whose daybook was larger: laying it out anew for each day would cost more than the folds."""

_ASKED: Final[LruCache[bool]] = LruCache(16)
"""The cycles that were asked for as of a day: a command that asks once has no use for a daybook."""

_LAYING_OUT: Final = threading.Lock()


def figures_as_of(connection: Connection, selection: Selection, as_of: dt.date, events: EventSet) -> Figures:
    """What the selection's nodes have done by a day.

    Args:
        connection: an open transaction.
        selection: the nodes.
        as_of: the day.
        events: those of days up to it: figures hang on them and on the load alone.

    Queries: none where it is kept or a daybook holds it, else those of :func:`app.ledger.figures_as_of` or of the daybook.
    """
    everything = selection.plan.everything()
    if selection is not everything and ledger.is_large(selection.plan.frame, selection.sources):
        rows = everything.rows_of(selection.sources)
        if rows is not None:
            return figures_as_of(connection, everything, as_of, events).of(rows)
    of = None if selection is everything else selection.sources
    return _kept_figures(connection, selection.plan, selection.sources, as_of, events, of=of)


def node_figures_as_of(
    connection: Connection, plan: CyclePlan, nodes: tuple[Node, ...], as_of: dt.date, events: EventSet
) -> Figures:
    """The same of some nodes, whether they have lines or not. Queries: those of :func:`figures_as_of`."""
    return _kept_figures(connection, plan, nodes, as_of, events, of=nodes)


def _kept_figures(
    connection: Connection,
    plan: CyclePlan,
    nodes: Sequence[Node],
    as_of: dt.date,
    events: EventSet,
    *,
    of: tuple[Node, ...] | None,
) -> Figures:
    # What people decide moves no figure, but for what a cycle was published with: beside the load its slices are in the key.
    key = (str(connection.engine.url), plan.frame.directory.token, plan.cycle, plan.frame.slices, as_of, events, of)
    return _KEPT.get_or_make(key, lambda: _made(connection, plan, nodes, as_of, events))


def _made(connection: Connection, plan: CyclePlan, nodes: Sequence[Node], as_of: dt.date, events: EventSet) -> Figures:
    daybook = _daybook(connection, plan, as_of, events)
    if daybook is None:
        return ledger.figures_as_of(connection, plan.frame, cycle=plan.cycle, nodes=nodes, as_of=as_of)
    return daybook.figures(plan.frame, nodes, as_of)


def _daybook(connection: Connection, plan: CyclePlan, as_of: dt.date, events: EventSet) -> Daybook | None:
    """The cycle's daybook with these events; None at the first question, and while another thread is at it."""
    if not plan.frame.has_totals:
        return None
    key = (str(connection.engine.url), plan.cycle)
    daybook = _DAYBOOKS.get(key)
    if daybook is not None and daybook.holds(plan.frame, as_of, events):
        return daybook
    too_large = (*key, plan.frame.directory.token)
    if _TOO_LARGE.get(too_large) or (daybook is None and not _asked_before(key)):
        return None
    # Nobody waits: on a thread of each who looks, the database folds meanwhile.
    if not _LAYING_OUT.acquire(blocking=False):
        return None
    try:
        made = (
            ledger.open_daybook(connection, plan.frame, cycle=plan.cycle)
            if daybook is None
            else daybook.brought_up_to_date(connection, plan.frame)
        )
    finally:
        _LAYING_OUT.release()
    if made is None or not made.holds(plan.frame, as_of, events):
        return None
    if made.nbytes > _BYTES_MAX:
        _TOO_LARGE.keep(too_large, part=True)
        return made
    return _DAYBOOKS.keep(key, made)


def _asked_before(key: tuple[str, int]) -> bool:
    before = _ASKED.get(key) is not None
    _ASKED.keep(key, part=True)
    return before

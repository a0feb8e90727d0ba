"""Which cycles a change set may move: what is told of it, and whose own case it is, hangs on them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, TypeGuard

from sqlalchemy import Connection

from app import scoring
from app.intake.change_sets import Changed, ChangedRow
from app.rules.presence import cycle_of, cycle_period
from app.rules.terms import Period

__all__ = ["cycle_without_scorecards", "cycles_to_tell", "is_cycle", "periods_of"]


def cycles_to_tell(connection: Connection, changed: Changed, *, today: dt.date) -> tuple[int, ...]:
    """The cycles with scorecards that a set may move: that under way first where it is one of them, then those to come, then the past ones.

    A row is about the cycle that it names; of a day on about that day's and those after; what names neither is about all. Where it moves none
    that is scored, the one under way is looked at. Queries: those of :func:`app.scoring.state`.
    """
    of = _cycles_of(connection, changed, today)
    told = {one for one in of.carded if any(one in span for span in of.spans)}
    return (*sorted(told, key=lambda one: (one != of.present, one < of.present, abs(one - of.present))),) or (
        of.present,
    )


def cycle_without_scorecards(connection: Connection, changed: Changed, *, today: dt.date) -> int | None:
    """The next cycle, where a set moves nothing before it and nobody has a scorecard in it yet, so that nothing can be told; else None.

    Queries: those of :func:`app.scoring.state`.
    """
    of = _cycles_of(connection, changed, today)
    coming = of.present + 1
    is_about_it = any(coming in span for span in of.spans) and not any(of.present in span for span in of.spans)
    return coming if is_about_it and coming not in of.carded else None


class _Cycles(NamedTuple):
    """The cycle under way, those with scorecards or under way, and those that each row of a set is about."""

    present: int
    carded: frozenset[int]
    spans: tuple[range, ...]


def _cycles_of(connection: Connection, changed: Changed, today: dt.date) -> _Cycles:
    loaded = scoring.state(connection)
    first_month = loaded.frame.first_month
    present = cycle_of(today, first_month)
    in_set = {int(row.after["cycle"]) for row in changed.rows if row.name == "scorecards" and _names_cycle(row.after)}
    return _Cycles(present, frozenset({*loaded.sheet.lines, *in_set, present}), tuple(_spans(changed, first_month)))


def _names_cycle(row: Mapping[str, str] | None) -> TypeGuard[Mapping[str, str]]:
    return row is not None and is_cycle(row["cycle"])


_CYCLE: Final = re.compile("[1-9][0-9]{3}", re.ASCII)


def is_cycle(text: str) -> bool:
    """Whether a cell names a cycle: a set holds what a load has yet to refuse."""
    return _CYCLE.fullmatch(text) is not None


_EVER: Final = range(10_000)


def _spans(changed: Changed, first_month: int) -> Iterator[range]:
    """The cycles that each row of a set is about, whatever they are."""
    if changed.documents:
        yield _EVER
    for one in changed.rows:
        if (end := _end_moved(one)) is not None:
            # Of a period that ends on another day the days before either end are as they were.
            yield _span_of("", {"from": end}, first_month)
            continue
        for values in (one.before, one.after):
            if values is not None:
                yield _span_of(one.name, values, first_month)


def _end_moved(row: ChangedRow) -> str | None:
    """The first day on which a row is another than it was, where nothing of it but the end of its period is; else None."""
    before, after = row.before, row.after
    if before is None or after is None or row.name not in _PERIODS:
        return None
    differing = {column for column in before.keys() | after.keys() if before.get(column, "") != after.get(column, "")}
    if differing not in ({"to"}, {"valid_to"}):
        return None
    (column,) = differing
    return min(filter(None, (before.get(column), after.get(column))), default=None)


def _span_of(name: str, values: Mapping[str, str], first_month: int) -> range:
    column = next(
        (one for one in ("cycle", "year", "from", "valid_from", "decided_on", "month") if one in values), None
    )
    if column is None or name == "plan":
        return _EVER
    try:
        first = int(values[column]) if column in {"cycle", "year"} else _cycle_from(values[column], first_month)
    except ValueError:
        return _EVER
    # A result is looked at in the years after it, and so is what was reached; a status, a line or a rating in its own cycle alone.
    return _EVER[first:] if name not in _OF_ONE_CYCLE else range(first, first + 1)


_PERIODS: Final = frozenset({"units", "postings", "employment"})
_OF_ONE_CYCLE: Final = frozenset({"scorecards", "ratings", "status", "exclusions", "rates"})


def _cycle_from(text: str, first_month: int) -> int:
    return cycle_of(dt.date.fromisoformat(text if len(text) > len("2026-01") else f"{text}-01"), first_month)


def periods_of(connection: Connection, changed: Changed, today: dt.date) -> tuple[Period, ...]:
    """The days of the cycles that a set may move."""
    first_month = scoring.state(connection).frame.first_month
    return tuple(cycle_period(one, first_month) for one in cycles_to_tell(connection, changed, today=today))

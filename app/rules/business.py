"""Business figures: what a unit brings about in a year, in the field's own four numbers, and what they are held against.

They are kept of every agency, whatever its KPIs ask for, so that a region can be told in dollars and buyers as well as in points.
Do not take what is verified for a part of what is entered: a new buyer counts for the earliest contact that counts, so the verified one may be
another office's than the entered one.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from app.rules.kpis import Measure, Slice
from app.rules.terms import Period

__all__ = [
    "BUSINESS_SLICES",
    "MEASURES",
    "BusinessFigure",
    "ByLevel",
    "percent_of",
    "same_day_last_year",
    "week_ends",
]


class BusinessFigure(StrEnum):
    """One of the four numbers."""

    DEAL_VALUE = "deal_value"
    DEALS = "deals"
    CONSULTS = "consults"
    NEW_BUYERS = "new_buyers"


MEASURES: Final[Mapping[BusinessFigure, Measure]] = MappingProxyType(
    {
        BusinessFigure.DEAL_VALUE: Measure(aggregate="sum", activity="export_deal", of="amount_usd"),
        BusinessFigure.DEALS: Measure(aggregate="count", activity="export_deal"),
        BusinessFigure.CONSULTS: Measure(aggregate="count", activity="export_consult"),
        BusinessFigure.NEW_BUYERS: Measure(aggregate="count", activity="new_buyer"),
    }
)
"""What each adds up. A KPI with just this measure has the same actual."""

BUSINESS_SLICES: Final[tuple[Slice, ...]] = tuple(
    dict.fromkeys(one.slice for one in MEASURES.values() if one.slice is not None)
)
"""The slices that they need: all deals, all consults, all new buyers."""

_WEEK: Final = 7
_HUNDRED: Final = Decimal(100)
_ZERO: Final = Decimal(0)


class ByLevel(NamedTuple):
    """A figure by how far what it counts has come: provisional is what is entered."""

    entered: Decimal = _ZERO
    verified: Decimal = _ZERO
    confirmed: Decimal = _ZERO

    def less(self, others: Iterable[ByLevel]) -> ByLevel:
        """What is left of it without those of its parts."""
        left = list(self)
        for other in others:
            left = [mine - theirs for mine, theirs in zip(left, other, strict=True)]
        return ByLevel(*left)


def same_day_last_year(day: dt.date) -> dt.date:
    """The same day a year before; of 29 February the 28th."""
    if day.year == dt.MINYEAR:
        return day
    last = calendar.monthrange(day.year - 1, day.month)[1]
    return day.replace(year=day.year - 1, day=min(day.day, last))


def week_ends(cycle: Period, until: dt.date | None = None) -> list[dt.date]:
    """The last day of each whole week of a cycle, counted from its first day, and the cycle's own last day; up to a day where one is given."""
    if cycle.from_ is None or cycle.to is None:
        return []
    days = (cycle.to - cycle.from_).days
    ends = [cycle.from_ + dt.timedelta(days=day) for day in (*range(_WEEK - 1, days - 1, _WEEK), days - 1)]
    return [end for end in ends if until is None or end <= until]


def percent_of(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """A figure in percent of another; None without both, and of nothing."""
    if part is None or not whole:
        return None
    return part * _HUNDRED / whole

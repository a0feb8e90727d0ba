"""The demonstration agency's calendar: which cycle is under way on the day it is built, and how busy each day of it is.

Do not give months fixed shares. A month is as busy as its days are: weekdays, holidays and the ends of
quarters make its share, and ``plan.csv`` is the sum of the very weights that the activities are drawn by.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from app.rules.presence import cycle_period

__all__ = ["ACTIVITIES", "Climate", "CycleUnderWay", "Floats", "day_weights", "plan_shares"]

Floats = npt.NDArray[np.float64]

ACTIVITIES: Final = ("export_consult", "export_deal", "new_buyer")
QUARTER_STARTS: Final = (1, 4, 7, 10)
MONTHS_UNDER_WAY: Final = (8, 11)

_MONTHS: Final[Mapping[str, Sequence[float]]] = {
    "export_consult": (0.75, 0.80, 1.08, 1.10, 1.10, 1.08, 0.92, 0.78, 1.15, 1.20, 1.15, 0.85),
    "export_deal": (0.75, 0.80, 1.08, 0.95, 1.00, 1.12, 0.92, 0.85, 1.12, 1.02, 1.10, 1.25),
    "new_buyer": (0.80, 0.85, 1.15, 1.12, 1.05, 1.00, 0.90, 0.80, 1.10, 1.18, 1.10, 0.82),
}
"""How busy a working day of each month is, January first: fairs in spring and autumn, contracts at the ends of quarters."""
_SOUTHERN: Final = (0.62, 0.82, 1.10, 1.08, 1.08, 1.05, 1.02, 1.08, 1.10, 1.12, 1.05, 0.75)
"""The same where summer is in January, for all types: offices there have plans of their own."""
_QUARTER_END_DAYS: Final = 10
_QUARTER_END: Final = {"export_consult": 1.0, "export_deal": 1.55, "new_buyer": 1.1}
_DAY_OFF: Final = 0.06
"""What a day off is to a working day: fairs at weekends, and mail."""


class Climate(StrEnum):
    """Whose seasons and weekends an office has."""

    NORTHERN = "northern"
    SOUTHERN = "southern"
    GULF = "gulf"


@dataclass(frozen=True, slots=True)
class _Break:
    """Days on which less is done, from a day of a year to a day of it (both inside)."""

    first: tuple[int, int]
    last: tuple[int, int]
    left: float


_BREAKS: Final = (
    _Break((1, 1), (1, 2), 0.10),
    _Break((2, 8), (2, 12), 0.55),
    _Break((5, 1), (5, 1), 0.25),
    _Break((8, 8), (8, 18), 0.60),
    _Break((9, 24), (9, 27), 0.65),
    _Break((12, 24), (12, 31), 0.35),
)


@dataclass(frozen=True)
class CycleUnderWay:
    """The cycle that is under way on ``today``: it began with a quarter, and has been so for 8 to 11 months."""

    today: dt.date
    year: int
    first_month: int

    @classmethod
    def on(cls, today: dt.date) -> CycleUnderWay:
        """The one cycle that a day leaves 8 to 11 months under way: quarters are three months apart, so there is one."""
        for month in QUARTER_STARTS:
            year = today.year if today.month >= month else today.year - 1
            whole = (today.year - year) * 12 + today.month - month
            if MONTHS_UNDER_WAY[0] <= whole < MONTHS_UNDER_WAY[1]:
                return cls(today, year, month)
        raise AssertionError(today)

    @cached_property
    def start(self) -> dt.date:
        """The first day."""
        return dt.date(self.year, self.first_month, 1)

    @cached_property
    def end(self) -> dt.date:
        """The day after the last."""
        closed = cycle_period(self.year, self.first_month).to
        assert closed is not None
        return closed

    @cached_property
    def days(self) -> tuple[dt.date, ...]:
        """Every day of the cycle."""
        return tuple(self.start + dt.timedelta(days=n) for n in range((self.end - self.start).days))

    @property
    def passed(self) -> int:
        """How many days of it have been, today among them."""
        return (self.today - self.start).days + 1

    def number(self, day: dt.date) -> int:
        """Which day of the cycle a day is, from 0; below 0 before it."""
        return (day - self.start).days

    def day(self, number: int) -> dt.date:
        """The day of a number."""
        return self.start + dt.timedelta(days=int(number))

    @cached_property
    def months(self) -> npt.NDArray[np.int64]:
        """Which month of the cycle each of its days is in, from 1."""
        return np.array([(day.month - self.first_month) % 12 + 1 for day in self.days])


def _is_off(day: dt.date, climate: Climate) -> bool:
    return day.weekday() in ((4, 5) if climate is Climate.GULF else (5, 6))


def _ends_quarter(day: dt.date) -> bool:
    later = day + dt.timedelta(days=_QUARTER_END_DAYS)
    return day.month % 3 == 0 and later.month != day.month


def _busy(day: dt.date, activity: str, climate: Climate) -> float:
    months = _SOUTHERN if climate is Climate.SOUTHERN else _MONTHS[activity]
    weight = months[day.month - 1] * (_DAY_OFF if _is_off(day, climate) else 1.0)
    for one in _BREAKS:
        if one.first <= (day.month, day.day) <= one.last:
            weight *= one.left
    return weight * (_QUARTER_END[activity] if _ends_quarter(day) else 1.0)


def day_weights(cycle: CycleUnderWay, activity: str, climate: Climate) -> Floats:
    """How busy each day of the cycle is, for one type of activity."""
    return np.array([_busy(day, activity, climate) for day in cycle.days])


def plan_shares(cycle: CycleUnderWay, weights: Floats) -> list[Decimal]:
    """The percent of the year's work that falls in each month of the cycle: two decimals, exactly 100 together."""
    by_month = np.bincount(cycle.months, weights=weights, minlength=13)[1:]
    shares = [Decimal(str(round(float(share), 2))) for share in by_month / by_month.sum() * 100]
    shares[-1] += Decimal(100) - sum(shares)
    return shares

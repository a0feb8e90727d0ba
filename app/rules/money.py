"""Amounts of money in US dollars: exact, in whole cents.

A newcomer would multiply with Python's default decimal context, which silently rounds to 28 digits before it rounds to cents:
everything here is exact up to the one rounding, half to even, that the contract names.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final, Self

__all__ = ["USD", "USD_MAX", "Rates", "too_large", "usd_cents"]

USD: Final = "USD"
USD_MAX: Final = 10**10
"""US dollars: the most that one activity may be worth ("Activities are CloudEvents 1.0")."""

_DIGITS_SAFE: Final = 10
"""A number of at most so many digits before its point is not above :data:`USD_MAX`."""

_ONE: Final = Decimal(1)
# A product of 19 and some hundred digits is exact at this precision, so that only the step to cents rounds.
_EXACT: Final = Context(prec=2000, rounding=ROUND_HALF_EVEN)


def usd_cents(amount: Decimal, rate: Decimal) -> int:
    """Amount × rate rounded half-even to US cents ("Which events count, exactly")."""
    return int(_EXACT.to_integral_value(_EXACT.scaleb(_EXACT.multiply(amount, rate), 2)))


def too_large(amount: Decimal, rate: Decimal) -> bool:
    """Whether amount × rate, not rounded, is more than one activity may be worth."""
    # So few digits before the point that the product cannot come near: most amounts.
    if amount.adjusted() + rate.adjusted() + 2 <= _DIGITS_SAFE:
        return False
    return _EXACT.multiply(amount, rate) > USD_MAX


class Rates:
    """US dollars for one unit of each currency, by month; immutable.

    An amount converts at its own month's rate or the latest earlier one (contract, ``rates.csv``). One US dollar is one US dollar,
    whatever a row says.
    """

    __slots__ = ("_months", "_rates")

    def __init__(self, rows: Iterable[tuple[str, str, Decimal]]) -> None:
        """Take rows of (month as ``2026-03``, currency, US dollars for one unit), in any order."""
        by_currency: dict[str, dict[int, Decimal]] = {}
        for month, currency, rate in rows:
            year, _, number = month.partition("-")
            by_currency.setdefault(currency, {})[int(year) * 12 + int(number)] = rate
        self._months = {currency: tuple(sorted(months)) for currency, months in by_currency.items()}
        self._rates = {currency: tuple(months[m] for m in sorted(months)) for currency, months in by_currency.items()}

    @classmethod
    def none(cls) -> Self:
        """No rates: US dollars alone are known."""
        return cls(())

    @property
    def currencies(self) -> tuple[str, ...]:
        """US dollars, and every currency that has a rate of some month, in order."""
        return tuple(sorted({USD, *self._months}))

    def rate(self, currency: str, day: dt.date) -> Decimal | None:
        """The rate of the day's month or the latest earlier one; None where there is none."""
        if currency == USD:
            return _ONE
        months = self._months.get(currency)
        if months is None:
            return None
        at = bisect_right(months, day.year * 12 + day.month)
        return self._rates[currency][at - 1] if at else None

    def first_difference(self, other: Rates, currency: str) -> dt.date | None:
        """The first day on which a currency's rate is another than by other rates; None where it is the same on all days."""
        for number in sorted({*self._months.get(currency, ()), *other._months.get(currency, ())}):
            year, month = divmod(number - 1, 12)
            day = dt.date(year, month + 1, 1)
            if self.rate(currency, day) != other.rate(currency, day):
                return day
        return None

    def month(self, currency: str, day: dt.date) -> dt.date | None:
        """The first day of the month whose rate holds on a day; None where there is none, and for US dollars, which have no rate."""
        months = self._months.get(currency, ())
        at = bisect_right(months, day.year * 12 + day.month)
        if currency == USD or not at:
            return None
        year, month = divmod(months[at - 1] - 1, 12)
        return dt.date(year, month + 1, 1)

"""Performance pay: from a grade to the won.

Every amount is an exact fraction until the very end, when all are rounded at once; nothing here is a float.
The pool is compared with the sum of the *exact* amounts, and where it does not bind each amount is
rounded for itself, so that the whole won may then differ from the sum by a few. Only scaled amounts add up to the pool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from app.rules.exact_columns import Lookup, WholeArray, half_even, over_one_denominator, whole_numbers
from app.rules.measures import IntArray

__all__ = [
    "FEW",
    "PayClaim",
    "PayClaims",
    "PayRun",
    "PaySlip",
    "PaySum",
    "coarse_sums",
    "paid",
    "pay_sums",
    "to_the_won",
]

_PERCENT: Final = 100

FEW: Final = 5
"""A sum of fewer people's pay is not shown to who may see no person's: with one it is that person's, with two each knows the other's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayClaim:
    """What one graded employee's pay is reckoned from."""

    employee: str
    monthly_base: Decimal | int
    rate: Decimal
    """The grade's rate in percent."""
    days: int
    """Days worked in the cycle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaySlip:
    """One employee's pay with all that it came from, for a person to check by hand."""

    claim: PayClaim
    institution_rate: Decimal
    """The rate of the agency's own grade, in percent."""
    cycle_days: int
    exact: Fraction
    """monthly base × institution rate × grade rate × days worked / days of the cycle."""
    scaled: Fraction
    """The same × pool / sum where the pool binds; else the exact amount."""
    pay_krw: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayRun:
    """The pay of everyone graded, and what it comes to."""

    slips: Mapping[str, PaySlip]
    exact_sum: Fraction
    pool_krw: int | None
    scale: Fraction
    """pool / sum where the pool binds, else 1."""
    pay_krw: int
    """All pay together, in won: the pool itself where it binds."""
    won: Sequence[int]
    """Each one's, in the order of the slips."""

    @property
    def pool_binds(self) -> bool:
        """Whether the amounts were scaled down to the pool."""
        return self.pool_krw is not None and self.exact_sum > self.pool_krw


def to_the_won(numerators: WholeArray, denominator: int, *, pool_krw: int | None = None) -> WholeArray:
    """Whole won of exact amounts, which stand over one denominator in the order of the employees' numbers.

    Without a pool, or with one that the exact amounts keep to, each is rounded half-even. Else each is scaled by pool / sum and
    rounded down, and the won left over go to the largest fractions, by employee number among equals, so that all add up to the
    pool (contract.md, pay; B26: amounts are whole won).
    """
    whole = sum(numerators.tolist())
    if pool_krw is None or whole <= pool_krw * denominator:
        return half_even(numerators, denominator)
    scaled = numerators * pool_krw
    won: WholeArray = scaled // whole
    left = (scaled - won * whole).tolist()
    # Fewer won are left than there are amounts with a fraction, so nobody whose amount is whole gets one.
    left_over = pool_krw - sum(won.tolist())
    for at in sorted(range(len(left)), key=lambda each: -left[each])[:left_over]:
        won[at] += 1
    return won


class PayClaims(NamedTuple):
    """The claims of many as columns, in the order of their numbers."""

    numbers: Sequence[str]
    monthly_base: Sequence[Decimal | int]
    rate: IntArray
    """Which of the rates."""
    rates: Sequence[Decimal]
    """In percent."""
    days: IntArray

    def at(self, place: int) -> PayClaim:
        """One of them."""
        return PayClaim(
            employee=self.numbers[place],
            monthly_base=self.monthly_base[place],
            rate=self.rates[self.rate[place]],
            days=int(self.days[place]),
        )


def paid(claims: PayClaims, *, institution_rate: Decimal, cycle_days: int, pool_krw: int | None = None) -> PayRun:
    """Pay of all graded employees together, since a pool is shared by all (contract.md, pay; domain.md 5).

    Args:
        claims: one for each graded employee; nobody else has pay.
        institution_rate: the rate of the agency's own grade, in percent.
        cycle_days: D, the days of the whole cycle.
        pool_krw: what may be spent in all; None where it is not capped.
    """
    bases, of_base = over_one_denominator(claims.monthly_base)
    rates, of_rate = over_one_denominator([Fraction(institution_rate) * Fraction(rate) for rate in claims.rates])
    numerators = bases * whole_numbers(claims.days.tolist()) * rates.take(claims.rate)
    denominator = of_base * of_rate * _PERCENT * _PERCENT * cycle_days
    exact_sum = Fraction(sum(numerators.tolist()), denominator)
    scale = Fraction(1) if pool_krw is None or exact_sum <= pool_krw else pool_krw / exact_sum
    won = to_the_won(numerators, denominator, pool_krw=pool_krw).tolist()

    def slip(at: int) -> PaySlip:
        exact = Fraction(numerators[at], denominator)
        return PaySlip(
            claim=claims.at(at),
            institution_rate=institution_rate,
            cycle_days=cycle_days,
            exact=exact,
            scaled=exact * scale,
            pay_krw=won[at],
        )

    slips = Lookup(claims.numbers, slip)
    return PayRun(slips=slips, exact_sum=exact_sum, pool_krw=pool_krw, scale=scale, pay_krw=sum(won), won=won)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaySum:
    """What some grades pay together, to at least :data:`FEW` people or to all that there are."""

    grades: tuple[str, ...]
    people: int
    pay_krw: int | None
    """None where all that there are are few, and who asks sees nobody's own."""


def pay_sums(slips: Iterable[tuple[str, int]], *, grades: Sequence[str]) -> tuple[PaySum, ...]:
    """Pay as totals only (contract, "Who may what"): a sum for each grade, those of few people in one sum with each other.

    Where these are still few together, the next smallest grade joins them: with the sum of all, what is left out could be had by subtraction.

    Args:
        slips: grade and won of each graded person.
        grades: all grades, the best first; what is returned keeps that order, the joint sum last.
    """
    people, won = dict.fromkeys(grades, 0), dict.fromkeys(grades, 0)
    for grade, pay in slips:
        people[grade] += 1
        won[grade] += pay
    by_size = sorted((grade for grade in grades if people[grade]), key=lambda grade: people[grade])
    joint: set[str] = set()
    for grade in by_size:
        if people[grade] < FEW or (joint and sum(people[one] for one in joint) < FEW):
            joint.add(grade)
    parts: list[tuple[str, ...]] = [(grade,) for grade in grades if grade not in joint]
    if joint:
        parts.append(tuple(grade for grade in grades if grade in joint))
    return tuple(
        PaySum(grades=part, people=sum(people[one] for one in part), pay_krw=sum(won[one] for one in part))
        for part in parts
    )


def coarse_sums(sums: Iterable[PaySum], *, greatest: int) -> tuple[PaySum, ...]:
    """The same as they are told to who sees nobody's own pay: to a power of ten that is more than twice what anybody is paid.

    Such a person sees who moves from grade to grade: whoever looked at exact sums before and after had that one's pay as the difference.

    Args:
        sums: exact.
        greatest: the most that one person is paid, in won.
    """
    unit = 10 ** len(str(2 * greatest))
    return tuple(replace(one, pay_krw=_to_unit(one, unit)) for one in sums)


def _to_unit(one: PaySum, unit: int) -> int | None:
    if one.pay_krw is None or 0 < one.people < FEW:
        return None
    return (one.pay_krw + unit // 2) // unit * unit

"""Performance pay: from a grade to the won.

Every amount is an exact fraction until the very end, when all are rounded at once; nothing here is a float.
The pool is compared with the sum of the *exact* amounts, and where it does not bind each amount is
rounded for itself, so that the whole won may then differ from the sum by a few. Only scaled amounts add up to the pool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Final

__all__ = ["FEW", "PayClaim", "PayRun", "PaySlip", "PaySum", "pay_run", "pay_sums", "to_the_won"]

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

    @property
    def pool_binds(self) -> bool:
        """Whether the amounts were scaled down to the pool."""
        return self.pool_krw is not None and self.exact_sum > self.pool_krw

    @property
    def pay_krw(self) -> int:
        """All pay together, in won: the pool itself where it binds."""
        return sum(slip.pay_krw for slip in self.slips.values())


def to_the_won(exact: Mapping[str, Fraction], *, pool_krw: int | None = None) -> dict[str, int]:
    """Whole won of each employee's exact amount, by number.

    Without a pool, or with one that the exact amounts keep to, each is rounded half-even. Else each is scaled by pool / sum and
    rounded down, and the won left over go to the largest fractions, by employee number among equals, so that all add up to the
    pool (contract.md, pay; B26: amounts are whole won).
    """
    exact_sum = sum(exact.values(), Fraction(0))
    if pool_krw is None or exact_sum <= pool_krw:
        return {number: round(amount) for number, amount in sorted(exact.items())}
    scaled = {number: amount * pool_krw / exact_sum for number, amount in sorted(exact.items())}
    won = {number: floor(amount) for number, amount in scaled.items()}
    left_over = pool_krw - sum(won.values())
    # Fewer won are left than there are amounts with a fraction, so nobody whose amount is whole gets one.
    for number in sorted(scaled, key=lambda each: (won[each] - scaled[each], each))[:left_over]:
        won[number] += 1
    return won


def pay_run(
    claims: Iterable[PayClaim], *, institution_rate: Decimal, cycle_days: int, pool_krw: int | None = None
) -> PayRun:
    """Pay of all graded employees together, since a pool is shared by all (contract.md, pay; domain.md 5).

    Args:
        claims: one for each graded employee; nobody else has pay.
        institution_rate: the rate of the agency's own grade, in percent.
        cycle_days: D, the days of the whole cycle.
        pool_krw: what may be spent in all; None where it is not capped.
    """
    by_number = {claim.employee: claim for claim in sorted(claims, key=lambda claim: claim.employee)}
    exact = {
        number: Fraction(claim.monthly_base)
        * Fraction(institution_rate)
        * Fraction(claim.rate)
        * claim.days
        / (_PERCENT * _PERCENT * cycle_days)
        for number, claim in by_number.items()
    }
    exact_sum = sum(exact.values(), Fraction(0))
    scale = Fraction(1) if pool_krw is None or exact_sum <= pool_krw else pool_krw / exact_sum
    won = to_the_won(exact, pool_krw=pool_krw)
    slips = {
        number: PaySlip(
            claim=claim,
            institution_rate=institution_rate,
            cycle_days=cycle_days,
            exact=exact[number],
            scaled=exact[number] * scale,
            pay_krw=won[number],
        )
        for number, claim in by_number.items()
    }
    return PayRun(slips=slips, exact_sum=exact_sum, pool_krw=pool_krw, scale=scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaySum:
    """What some grades pay together, to at least :data:`FEW` people or to all that there are."""

    grades: tuple[str, ...]
    people: int
    pay_krw: int


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

"""Pay runs: what everybody is paid by the ministry's result, and what a later run pays or takes back (contract-cycle, 8).

A newcomer's usual mistake: to share out anew what is freed. Only another grade of the agency has everybody's pay worked out anew; by the same one each
keeps their amount whose grade, base, rate and days are as they were, and whatever differs goes by the factor of before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, NamedTuple

from app.rules.exact_columns import half_even, over_one_denominator, whole_numbers
from app.rules.pay import to_the_won

__all__ = ["Institution", "PaidItem", "PayItemKind", "PayRunMade", "PayTerms", "first_run", "later_run", "next_run"]

_PERCENT: Final = 100
_PLACES: Final = 6


class PayItemKind(StrEnum):
    """What an item of a run does."""

    PAY = "pay"
    SUPPLEMENT = "supplement"
    RECOVER = "recover"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Institution:
    """The ministry's result of the whole agency.

    Attributes:
        grade: the agency's own.
        rate: what that pays, in percent.
        pool: what may be spent in all, in won; None where it is not capped.
    """

    grade: str
    rate: Decimal
    pool: int | None

    def pays_like(self, other: Institution) -> bool:
        """Whether everybody's exact amount is as it was: the pool alone may differ."""
        return (self.grade, self.rate) == (other.grade, other.rate)


class PayTerms(NamedTuple):
    """What somebody's pay hangs on: the grade and its rate in percent, the monthly base, the days worked."""

    grade: str
    monthly_base: Decimal
    grade_rate: Decimal
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidItem:
    """What somebody is paid in a run.

    Attributes:
        terms: what it hangs on; None for whoever was paid before and is not graded now.
        exact: monthly base × the agency's rate × the grade's rate × days ÷ the days of the cycle.
        amount: what they come to by this run, in won, with all that was paid before.
        before: what was paid before.
    """

    employee: str
    terms: PayTerms | None
    exact: Fraction
    amount: int
    before: int
    kind: PayItemKind

    @property
    def difference(self) -> int:
        """What the run itself pays; below 0 what it takes back."""
        return self.amount - self.before

    def as_json(self, cycle_days: int) -> dict[str, Any]:
        """As the contract writes it."""
        terms = self.terms
        return {
            "employee": self.employee,
            "grade": None if terms is None else terms.grade,
            "monthly_base": None if terms is None else _figure(terms.monthly_base),
            "grade_rate": None if terms is None else _figure(terms.grade_rate),
            "days": None if terms is None else terms.days,
            "cycle_days": cycle_days,
            "exact": _exact_text(self.exact),
            "amount": self.amount,
            "before": self.before,
            "difference": self.difference,
            "kind": self.kind.value,
        }


def _figure(value: Decimal) -> int | str:
    """A whole figure as a number, another one as the text of its digits."""
    whole = int(value)
    return whole if whole == value else f"{value:f}"


def _exact_text(value: Fraction) -> str:
    """With six places, a half to the even one (contract-cycle, 8)."""
    millionths = round(value * 10**_PLACES)
    whole, rest = divmod(abs(millionths), 10**_PLACES)
    return f"{'-' if millionths < 0 else ''}{whole}.{rest:0{_PLACES}d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayRunMade:
    """A run.

    Attributes:
        number: 1, 2, 3 … of the cycle's.
        factor: what exact amounts are multiplied by, the pool ÷ their sum where it binds; None where it does not.
        items: by the employees' numbers.
    """

    number: int
    institution: Institution
    factor: Fraction | None
    items: Sequence[PaidItem]

    @property
    def sum(self) -> int:
        """What everybody comes to by it, in won."""
        return sum(one.amount for one in self.items)

    @property
    def paid_out(self) -> int:
        """What it hands out itself, in won: to those who come to more than they were paid before."""
        return sum(one.difference for one in self.items if one.difference > 0)

    @property
    def taken_back(self) -> int:
        """What it takes back, in won: from those who come to less."""
        return sum(-one.difference for one in self.items if one.difference < 0)

    @property
    def left_of_pool(self) -> int | None:
        """What is left of the pool, in won; None where nothing is capped, or it comes to more."""
        pool = self.institution.pool
        return None if pool is None or pool < self.sum else pool - self.sum

    @property
    def over_pool(self) -> int:
        """By how much that is more than the pool: 0 where it fits, or nothing is capped."""
        pool = self.institution.pool
        return 0 if pool is None else max(0, self.sum - pool)


def _exact(terms: PayTerms, rate: Decimal, cycle_days: int) -> Fraction:
    """Somebody's exact amount (contract, "Pay")."""
    base, of_rate = Fraction(terms.monthly_base), Fraction(terms.grade_rate)
    return base * Fraction(rate) * of_rate * terms.days / (_PERCENT * _PERCENT * cycle_days)


def first_run(
    terms: Mapping[str, PayTerms],
    institution: Institution,
    *,
    cycle_days: int,
    clawed_back: Collection[str] = frozenset(),
    before: Mapping[str, int] | None = None,
    number: int = 1,
) -> PayRunMade:
    """Everybody's pay worked out together, as "Pay" of the contract says: of the first run, and of a later one by another grade of the agency.

    Args:
        terms: of everyone who is graded, by number.
        institution: the ministry's result.
        cycle_days: the days of the whole cycle.
        clawed_back: who gets nothing; their exact amounts stay in the sum, so that nothing of theirs is shared out.
        before: what was paid before, by number; None for the first run.
        number: of the run.
    """
    numbers = sorted(terms)
    exact = [_exact(terms[one], institution.rate, cycle_days) for one in numbers]
    numerators, denominator = over_one_denominator(exact)
    won = to_the_won(numerators, denominator, pool_krw=institution.pool).tolist()
    whole = sum(exact, Fraction(0))
    binds = institution.pool is not None and whole > institution.pool
    paid = {
        one: (terms[one], each, 0 if one in clawed_back else amount)
        for one, each, amount in zip(numbers, exact, won, strict=True)
    }
    return PayRunMade(
        number=number,
        institution=institution,
        factor=institution.pool / whole if binds and institution.pool is not None else None,
        items=_items(paid, {} if before is None else before, is_first=before is None),
    )


def later_run(
    terms: Mapping[str, PayTerms],
    last: PayRunMade,
    institution: Institution,
    *,
    cycle_days: int,
    clawed_back: Collection[str] = frozenset(),
) -> PayRunMade:
    """What differs from the last run by the same grade of the agency: another pool is another limit, and no more.

    Args:
        terms: of everyone who is graded now, by number.
        last: the run before.
        institution: the ministry's result as it is now.
        cycle_days: the days of the whole cycle.
        clawed_back: who gets nothing from now on.
    """
    paid: dict[str, tuple[PayTerms | None, Fraction, int]] = {}
    known = {one.employee: one for one in last.items}
    for one, now in terms.items():
        was, exact = known.get(one), _exact(now, institution.rate, cycle_days)
        amount = was.amount if was is not None and was.terms == now else _by_factor(exact, last.factor)
        paid[one] = now, exact, 0 if one in clawed_back else amount
    for one in known.keys() - terms.keys():
        paid[one] = None, Fraction(0), 0
    return PayRunMade(
        number=last.number + 1,
        institution=institution,
        factor=last.factor,
        items=_items(paid, {one.employee: one.amount for one in last.items}, is_first=False),
    )


def next_run(
    terms: Mapping[str, PayTerms],
    last: PayRunMade | None,
    institution: Institution,
    *,
    cycle_days: int,
    clawed_back: Collection[str] = frozenset(),
) -> PayRunMade:
    """The run that follows: the first one, one that works out all anew, or one of what differs."""
    if last is None:
        return first_run(terms, institution, cycle_days=cycle_days, clawed_back=clawed_back)
    if last.institution.pays_like(institution):
        return later_run(terms, last, institution, cycle_days=cycle_days, clawed_back=clawed_back)
    before = {one.employee: one.amount for one in last.items}
    return first_run(
        terms, institution, cycle_days=cycle_days, clawed_back=clawed_back, before=before, number=last.number + 1
    )


def _by_factor(exact: Fraction, factor: Fraction | None) -> int:
    """Down to the won by a factor; without one a half to the even won."""
    if factor is not None:
        scaled = exact * factor
        return scaled.numerator // scaled.denominator
    rounded: int = half_even(whole_numbers([exact.numerator]), exact.denominator).tolist()[0]
    return rounded


def _items(
    paid: Mapping[str, tuple[PayTerms | None, Fraction, int]], before: Mapping[str, int], *, is_first: bool
) -> tuple[PaidItem, ...]:
    """An item of everyone who is graded now or was paid before."""
    nothing: tuple[PayTerms | None, Fraction, int] = (None, Fraction(0), 0)
    items = []
    for employee in sorted(paid.keys() | before.keys()):
        terms, exact, amount = paid.get(employee, nothing)
        was = before.get(employee, 0)
        kind = PayItemKind.PAY if is_first else _kind(amount - was)
        items.append(PaidItem(employee=employee, terms=terms, exact=exact, amount=amount, before=was, kind=kind))
    return tuple(items)


def _kind(difference: int) -> PayItemKind:
    if difference == 0:
        return PayItemKind.NONE
    return PayItemKind.SUPPLEMENT if difference > 0 else PayItemKind.RECOVER

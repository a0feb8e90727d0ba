"""How an amount of a pay run came about, step by step, for a person to check by hand (contract, "Pay"; contract-cycle, 8).

Do not work out an amount here: it is the run's, and this says by which of the ways it came to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from app.rules.pay_runs import PaidItem, PayRunMade

__all__ = ["PayDerivation", "PayWay", "RunBeside", "beside", "derivation_of"]


class PayWay(StrEnum):
    """How an amount came about."""

    ROUNDED = "rounded"
    """The exact amount, a half to the even won: no pool binds."""
    SHARED = "shared"
    """The exact amount × the factor, down to the won, with one of the won left over where the fraction was among the largest."""
    BY_FACTOR = "by_factor"
    """The exact amount × the factor of the first run, down to the won: something it hangs on became another since the run before."""
    KEPT = "kept"
    """That of the run before: nothing that it hangs on became another."""
    GIVEN_BACK = "given_back"
    NOT_GRADED = "not_graded"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayDerivation:
    """How an amount came about.

    Attributes:
        way: by which way.
        exact: the exact amount in won, before factor and rounding.
        factor: what it is multiplied by; None where no pool binds.
        scaled: the exact amount × the factor.
        left_over: 1 for whoever has one of the won that were left over by rounding down.
    """

    way: PayWay
    exact: Fraction
    factor: Fraction | None
    scaled: Fraction
    left_over: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBeside:
    """A run beside the one before it.

    Attributes:
        run: that one.
        last: the run before; None for the first one.
        was: the items of the run before, by the employee's number.
    """

    run: PayRunMade
    last: PayRunMade | None
    was: Mapping[str, PaidItem]


def beside(run: PayRunMade, last: PayRunMade | None) -> RunBeside:
    """A run beside the one before it; None for the first one."""
    was = {} if last is None else {one.employee: one for one in last.items}
    return RunBeside(run=run, last=last, was=was)


def derivation_of(item: PaidItem, of: RunBeside) -> PayDerivation:
    """How somebody's amount of a run came about: `item` is theirs of it."""
    factor = of.run.factor
    scaled = item.exact if factor is None else item.exact * factor
    way = _way(item, of, scaled=scaled)
    down = scaled.numerator // scaled.denominator
    left_over = item.amount - down if way is PayWay.SHARED else 0
    return PayDerivation(way=way, exact=item.exact, factor=factor, scaled=scaled, left_over=left_over)


def _way(item: PaidItem, of: RunBeside, *, scaled: Fraction) -> PayWay:
    run, last, was = of.run, of.last, of.was.get(item.employee)
    if item.terms is None:
        return PayWay.NOT_GRADED
    if item.amount == 0 and scaled >= 1:
        return PayWay.GIVEN_BACK
    if last is not None and last.institution.pays_like(run.institution):
        if was is not None and was.terms == item.terms:
            return PayWay.KEPT
        return PayWay.ROUNDED if run.factor is None else PayWay.BY_FACTOR
    return PayWay.ROUNDED if run.factor is None else PayWay.SHARED

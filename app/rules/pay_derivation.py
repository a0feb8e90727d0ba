"""How an amount of a pay run came about, step by step, for a person to check by hand (contract, "Pay"; contract-cycle, 8).

Do not work out an amount here: it is the run's, and this says by which of the ways it came to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from app.rules.pay_runs import Institution, PaidItem

__all__ = ["PayDerivation", "PayWay", "derivation_of"]


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


def derivation_of(
    item: PaidItem,
    institution: Institution,
    factor: Fraction | None,
    before: tuple[PaidItem | None, Institution] | None,
) -> PayDerivation:
    """How somebody's amount of a run came about.

    Args:
        item: theirs of the run.
        institution: the ministry's result that the run goes by.
        factor: the run's.
        before: theirs of the run before, where they had one, and what that run went by; None for the first run.
    """
    scaled = item.exact if factor is None else item.exact * factor
    way = _way(item, institution, before, scaled=scaled, is_capped=factor is not None)
    down = scaled.numerator // scaled.denominator
    left_over = item.amount - down if way is PayWay.SHARED else 0
    return PayDerivation(way=way, exact=item.exact, factor=factor, scaled=scaled, left_over=left_over)


def _way(
    item: PaidItem,
    institution: Institution,
    before: tuple[PaidItem | None, Institution] | None,
    *,
    scaled: Fraction,
    is_capped: bool,
) -> PayWay:
    if item.terms is None:
        return PayWay.NOT_GRADED
    if item.amount == 0 and scaled >= 1:
        return PayWay.GIVEN_BACK
    if before is not None:
        was, of = before
        if (of.grade, of.rate) == (institution.grade, institution.rate):
            if was is not None and was.terms == item.terms:
                return PayWay.KEPT
            return PayWay.BY_FACTOR if is_capped else PayWay.ROUNDED
    return PayWay.SHARED if is_capped else PayWay.ROUNDED

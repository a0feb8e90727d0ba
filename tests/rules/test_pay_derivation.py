"""How an amount of a pay run came about: by which way, and with how many of the won left over (contract, "Pay"; contract-cycle, 8)."""

from __future__ import annotations

from decimal import Decimal

from app.rules.pay_derivation import PayDerivation, PayWay, beside, derivation_of
from app.rules.pay_runs import Institution, PayRunMade, PayTerms, next_run

TERMS = {
    "E1": PayTerms("S", Decimal(1_000_001), Decimal(100), 365),
    "E2": PayTerms("A", Decimal(500_000), Decimal(80), 365),
    "E3": PayTerms("B", Decimal(400_000), Decimal(60), 180),
}
FREE, CAPPED = (
    Institution(grade="A", rate=Decimal(80), pool=None),
    Institution(grade="A", rate=Decimal(80), pool=700_001),
)


def ways(made: PayRunMade, last: PayRunMade | None) -> dict[str, PayDerivation]:
    """Of everybody in a run."""
    of = beside(made, last)
    return {one.employee: derivation_of(one, of) for one in made.items}


def test_without_a_pool_that_binds_amounts_are_rounded() -> None:
    """E1: 1,000,001 × 80 % × 100 % = 800,000.8, rounded to 800,001."""
    made = next_run(TERMS, None, FREE, cycle_days=365)
    how = ways(made, None)["E1"]
    assert (how.way, how.factor, how.scaled, how.left_over) == (PayWay.ROUNDED, None, how.exact, 0)
    assert how.exact == Decimal("800000.8")


def test_each_amount_of_a_capped_run_is_its_exact_one_by_the_factor_with_a_won_left_over_or_none() -> None:
    """What is said adds up to the amounts, and these to the pool."""
    made = next_run(TERMS, None, CAPPED, cycle_days=365)
    said = ways(made, None)
    assert {one.way for one in said.values()} == {PayWay.SHARED}
    amounts = {number: int(how.exact * made.factor) + how.left_over for number, how in said.items() if made.factor}
    assert amounts == {one.employee: one.amount for one in made.items}
    assert sum(amounts.values()) == CAPPED.pool


def test_a_later_run_says_what_stays_what_differs_and_what_is_given_back() -> None:
    """By the same grade of the agency; another grade works out all anew; whoever is given back stays so."""
    first = next_run(TERMS, None, CAPPED, cycle_days=365)
    now = {"E1": TERMS["E1"], "E2": TERMS["E2"]._replace(grade="S", grade_rate=Decimal(100)), "E4": TERMS["E2"]}
    second = next_run(now, first, CAPPED, cycle_days=365, clawed_back=["E1"])
    assert {number: how.way for number, how in ways(second, first).items()} == {
        "E1": PayWay.GIVEN_BACK,
        "E2": PayWay.BY_FACTOR,
        "E3": PayWay.NOT_GRADED,
        "E4": PayWay.BY_FACTOR,
    }
    assert ways(next_run(now, second, CAPPED, cycle_days=365, clawed_back=["E1"]), second)["E2"].way is PayWay.KEPT
    higher = Institution(grade="S", rate=Decimal(100), pool=None)
    third = ways(next_run(now, second, higher, cycle_days=365, clawed_back=["E1"]), second)
    assert (third["E1"].way, third["E2"].way) == (PayWay.GIVEN_BACK, PayWay.ROUNDED)

"""Pay to the won, and the pool that it must keep to."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules import pay
from app.rules.exact_columns import over_one_denominator
from app.rules.pay import FEW, PayClaim, PayClaims, PayRun, coarse_sums, paid, pay_sums


def pay_run(
    claims: Iterable[PayClaim], *, institution_rate: Decimal, cycle_days: int, pool_krw: int | None = None
) -> PayRun:
    """The run of claims in any order."""
    listed = sorted(claims, key=lambda one: one.employee)
    columns = PayClaims(
        [one.employee for one in listed],
        [one.monthly_base for one in listed],
        np.arange(len(listed)),
        [one.rate for one in listed],
        np.array([one.days for one in listed], dtype=np.int64),
    )
    run = paid(columns, institution_rate=institution_rate, cycle_days=cycle_days, pool_krw=pool_krw)
    assert list(run.won) == [slip.pay_krw for slip in run.slips.values()]
    return run


def to_the_won(exact: dict[str, Fraction], *, pool_krw: int | None = None) -> dict[str, int]:
    """Won by number, of exact amounts by number."""
    numbers = sorted(exact)
    numerators, denominator = over_one_denominator([exact[number] for number in numbers])
    return dict(zip(numbers, pay.to_the_won(numerators, denominator, pool_krw=pool_krw).tolist(), strict=True))


def claim(employee: str, monthly_base: int, rate: int = 100, days: int = 365) -> PayClaim:
    return PayClaim(employee=employee, monthly_base=monthly_base, rate=Decimal(rate), days=days)


claims = st.dictionaries(
    st.integers(0, 999).map("E{:03}".format),
    st.tuples(st.integers(0, 9_000_000), st.sampled_from([134, 115, 100, 85, 66, 0]), st.integers(0, 365)),
    max_size=12,
).map(lambda people: [claim(number, *each) for number, each in people.items()])
amounts = st.dictionaries(
    st.integers(0, 999).map("E{:03}".format),
    st.fractions(min_value=0, max_value=9_000_000, max_denominator=730_000),
    max_size=12,
)


@pytest.mark.parametrize(
    ("monthly_base", "rate", "days", "pay"),
    [
        (3_000_050, 100, 365, 1_800_030),
        (3_002_250, 100, 60, 296_112),  # 296 112.33
        (3_004_450, 134, 365, 2_415_578),  # 2 415 577.8
        (3_014_350, 134, 0, 0),
        (3_022_050, 0, 365, 0),
    ],
)
def test_pay_is_base_times_both_rates_times_the_part_of_the_cycle_worked(
    monthly_base: int, rate: int, days: int, pay: int
) -> None:
    """Figures of an agency graded B, which pays 60 %."""
    run = pay_run([claim("E1", monthly_base, rate, days)], institution_rate=Decimal(60), cycle_days=365)
    assert run.pay_krw == pay
    exact = Fraction(monthly_base) * Fraction(60, 100) * Fraction(rate, 100) * Fraction(days, 365)
    assert run.slips["E1"].exact == exact


@pytest.mark.parametrize(("exact", "pay"), [("0.5", 0), ("1.5", 2), ("2.5", 2), ("2.51", 3), ("3.5", 4)])
def test_half_a_won_goes_to_the_even_one(exact: str, pay: int) -> None:
    assert to_the_won({"E1": Fraction(exact)}) == {"E1": pay}


def test_a_base_with_decimals_is_taken_exactly() -> None:
    run = pay_run(
        [PayClaim(employee="E1", monthly_base=Decimal("1000.01"), rate=Decimal("12.5"), days=365)],
        institution_rate=Decimal(100),
        cycle_days=365,
    )
    assert run.slips["E1"].exact == Fraction("125.00125")


def test_won_left_over_go_to_the_largest_fractions_and_by_number_among_equals() -> None:
    """Three equal amounts in a pool of 100: 33⅓ each, and one won is left."""
    thirds = {"E3": Fraction(50), "E1": Fraction(50), "E2": Fraction(50)}
    assert to_the_won(thirds, pool_krw=100) == {"E1": 34, "E2": 33, "E3": 33}
    # 14 2/7, 28 4/7, 57 1/7: the one won left goes to the largest fraction.
    assert to_the_won({"E1": Fraction(20), "E2": Fraction(40), "E3": Fraction(80)}, pool_krw=100) == {
        "E1": 14,
        "E2": 29,
        "E3": 57,
    }


def test_a_pool_that_the_exact_amounts_keep_to_changes_nothing() -> None:
    """The pool is compared with the exact sum: here 3, though rounding makes 4 of it."""
    amounts = {"E1": Fraction(3, 2), "E2": Fraction(3, 2)}
    assert to_the_won(amounts, pool_krw=3) == to_the_won(amounts) == {"E1": 2, "E2": 2}


def test_an_empty_pool_pays_nothing() -> None:
    run = pay_run([claim("E1", 3_000_000), claim("E2", 0)], institution_rate=Decimal(60), cycle_days=365, pool_krw=0)
    assert [slip.pay_krw for slip in run.slips.values()] == [0, 0]


def test_nobody_is_paid_nothing() -> None:
    run = pay_run([], institution_rate=Decimal(60), cycle_days=365, pool_krw=1000)
    assert (run.slips, run.pay_krw, run.pool_binds) == ({}, 0, False)


@given(claims, st.integers(0, 20_000_000), st.sampled_from([0, 40, 60, 80, 100]))
def test_scaled_amounts_add_up_to_the_pool_to_the_won(people: list[PayClaim], pool: int, rate: int) -> None:
    run = pay_run(people, institution_rate=Decimal(rate), cycle_days=365, pool_krw=pool)
    if run.pool_binds:
        assert run.pay_krw == pool
        assert all(slip.pay_krw - floor(slip.scaled) in {0, 1} for slip in run.slips.values())
        assert all(slip.pay_krw == slip.scaled for slip in run.slips.values() if slip.scaled.denominator == 1)
    else:
        assert run.exact_sum <= pool
        assert all(abs(slip.pay_krw - slip.exact) <= Fraction(1, 2) for slip in run.slips.values())


@given(amounts, st.none() | st.integers(0, 20_000_000))
def test_who_has_more_is_never_paid_less(exact: dict[str, Fraction], pool: int | None) -> None:
    won = to_the_won(exact, pool_krw=pool)
    in_order = sorted(exact, key=lambda number: exact[number])
    for less, more in pairwise(in_order):
        assert won[less] <= won[more] or exact[less] == exact[more]


@given(claims, st.none() | st.integers(0, 20_000_000), st.randoms(use_true_random=False))
def test_the_order_of_the_claims_changes_nothing(people: list[PayClaim], pool: int | None, chance: object) -> None:
    shuffled = list(people)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (
        pay_run(each, institution_rate=Decimal(60), cycle_days=365, pool_krw=pool) for each in (people, shuffled)
    )
    assert one == other
    assert list(one.slips) == list(other.slips)


@pytest.mark.parametrize(
    ("people", "shown"),
    [
        ("SAAAAABBBBBB", {"A + S": 6, "B": 6}),  # one S would be told by what is left of the sum of all
        ("SSSAABBBBBBB", {"S + A": 5, "B": 7}),
        ("AAAAAABBBBB", {"S": 0, "A": 6, "B": 5}),
        ("SA", {"S + A": 2, "B": 0}),
    ],
)
def test_grades_that_few_people_have_are_one_sum(people: str, shown: dict[str, int]) -> None:
    sums = pay_sums(((grade, 100) for grade in people), grades="SAB")
    expected = {frozenset(names.split(" + ")): number for names, number in shown.items()}
    assert {frozenset(one.grades): one.people for one in sums} == expected
    assert all(one.pay_krw == 100 * one.people for one in sums)


@given(st.lists(st.tuples(st.sampled_from("SABCDE"), st.integers(0, 9_000_000))))
def test_no_sum_is_of_few_unless_all_are(slips: list[tuple[str, int]]) -> None:
    sums = pay_sums(slips, grades="SABCDE")
    assert all(one.people in {0, len(slips)} or one.people >= FEW for one in sums)
    assert sum(one.pay_krw or 0 for one in sums) == sum(pay for _, pay in slips)
    assert sorted(grade for one in sums for grade in one.grades) == sorted("SABCDE")


@given(st.lists(st.tuples(st.sampled_from("SABCDE"), st.integers(1, 9_000_000)), min_size=1), st.sampled_from("SABCDE"))
def test_coarse_sums_before_and_after_one_person_moved_differ_by_nobodys_pay(
    slips: list[tuple[str, int]], to: str
) -> None:
    """Each is less than its unit away from the true sum, and all differences are multiples of more than twice the greatest pay."""
    greatest = max(pay for _, pay in slips)
    moved = [(to, slips[0][1]), *slips[1:]]
    for some in (slips, moved):
        sums = pay_sums(some, grades="SABCDE")
        for one, exact in zip(coarse_sums(sums, greatest=greatest), sums, strict=True):
            if 0 < one.people < FEW:
                assert one.pay_krw is None
                continue
            assert one.pay_krw is not None
            assert exact.pay_krw is not None
            unit = 10 ** next(power for power in range(20) if 10**power > 2 * greatest)
            assert one.pay_krw % unit == 0
            assert abs(one.pay_krw - exact.pay_krw) <= unit / 2

"""Pay runs: the worked case of the contract (contract-cycle, 8a), and what holds of any run after any other."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from app.rules.pay_runs import Institution, PayItemKind, PayTerms, next_run

DAYS = 365


def terms(base, rate=100, days=DAYS, grade="B"):
    return PayTerms(grade, Decimal(base), Decimal(rate), days)


def by(pool, grade="B", rate=100):
    return Institution(grade=grade, rate=Decimal(rate), pool=pool)


def kinds(run):
    return {one.employee: (one.amount, one.difference, one.kind.value) for one in run.items if one.difference}


FIRST = {"E1": terms(500_000), "E2": terms(200_000), "E3": terms(550_000)}


def test_the_second_run_pays_and_recovers_what_differs():
    """Pool 1,000,000, exact 1,250,000: factor 0.8. E1 rises to rate 115, E2 falls to none."""
    first = next_run(FIRST, None, by(1_000_000), cycle_days=DAYS)
    assert (first.factor, first.sum) == (Fraction(4, 5), 1_000_000)
    assert {one.employee: (one.amount, one.kind.value) for one in first.items} == {
        "E1": (400_000, "pay"),
        "E2": (160_000, "pay"),
        "E3": (440_000, "pay"),
    }
    risen = FIRST | {"E1": terms(500_000, 115, grade="A")}
    second = next_run(risen, first, by(1_000_000), cycle_days=DAYS)
    assert (kinds(second), second.sum, second.over_pool) == ({"E1": (460_000, 60_000, "supplement")}, 1_060_000, 60_000)
    assert [one.as_json(DAYS)["exact"] for one in second.items][:1] == ["575000.000000"]
    assert next_run(risen, first, by(1_060_000), cycle_days=DAYS).over_pool == 0
    fallen = {one: each for one, each in risen.items() if one != "E2"}
    third = next_run(fallen, first, by(1_000_000), cycle_days=DAYS)
    assert kinds(third) == {"E1": (460_000, 60_000, "supplement"), "E2": (0, -160_000, "recover")}
    assert (third.sum, third.over_pool) == (900_000, 0)
    assert third.items[1].as_json(DAYS)["grade"] is None


def test_who_is_clawed_back_gets_nothing_and_nobody_gets_theirs():
    """In the first run and in a later one; the factor stays, and by another grade of the agency too their exact amount is in the sum."""
    first = next_run(FIRST, None, by(1_000_000), cycle_days=DAYS, clawed_back={"E2"})
    assert (first.factor, first.sum) == (Fraction(4, 5), 840_000)
    whole = next_run(FIRST, None, by(1_000_000), cycle_days=DAYS)
    later = next_run(FIRST, whole, by(1_000_000), cycle_days=DAYS, clawed_back={"E2"})
    assert kinds(later) == {"E2": (0, -160_000, "recover")}
    assert kinds(next_run(FIRST, later, by(1_000_000), cycle_days=DAYS, clawed_back={"E2"})) == {}
    anew = next_run(FIRST, whole, by(1_000_000, "A", 120), cycle_days=DAYS, clawed_back={"E2"})
    assert (anew.factor, anew.sum) == (Fraction(2, 3), 840_000)


def test_without_a_pool_that_binds_a_half_goes_to_the_even_won():
    """And of another grade of the agency everybody's is worked out anew."""
    few = {"E1": terms("0.5"), "E2": terms("1.5"), "E3": terms("2.5")}
    first = next_run(few, None, by(None), cycle_days=DAYS)
    assert ([one.amount for one in first.items], first.factor) == ([0, 2, 2], None)
    later = next_run(few | {"E1": terms("3.5")}, first, by(100), cycle_days=DAYS)
    assert ([one.amount for one in later.items], later.over_pool) == ([4, 2, 2], 0)
    anew = next_run(few, first, by(100, "A", 200), cycle_days=DAYS)
    assert [(one.amount, one.before, one.kind) for one in anew.items] == [
        (1, 0, PayItemKind.SUPPLEMENT),
        (3, 2, PayItemKind.SUPPLEMENT),
        (5, 2, PayItemKind.SUPPLEMENT),
    ]


PEOPLE = st.dictionaries(
    st.sampled_from([f"E{number}" for number in range(8)]),
    st.builds(
        terms,
        st.integers(0, 9_000_000),
        st.sampled_from([0, 60, 85, 100, 115, 130]),
        st.integers(0, DAYS),
        st.sampled_from("SABCD"),
    ),
    max_size=8,
)
RESULTS = st.builds(by, st.none() | st.integers(0, 30_000_000), st.sampled_from("AB"), st.sampled_from([60, 100]))
STEPS = st.lists(st.tuples(PEOPLE, RESULTS, st.sets(st.sampled_from(["E1", "E2"]))), min_size=1, max_size=4)


@given(STEPS)
def test_differences_add_up_to_what_everybody_comes_to(steps):
    """After any runs: Σ of all differences = Σ of the last amounts; a run that works out all anew keeps to its pool; nobody clawed back has anything."""
    run, paid = None, dict[str, int]()
    for people, result, clawed_back in steps:
        last, run = run, next_run(people, run, result, cycle_days=DAYS, clawed_back=clawed_back)
        assert {one.employee for one in run.items} >= people.keys() | paid.keys()
        assert all(one.before == paid.get(one.employee, 0) for one in run.items)
        for one in run.items:
            paid[one.employee] = paid.get(one.employee, 0) + one.difference
        assert sum(paid.values()) == run.sum
        assert {one.amount for one in run.items if one.employee in clawed_back} <= {0}
        assert min(paid.values(), default=0) >= 0
        is_anew = last is None or (last.institution.grade, last.institution.rate) != (result.grade, result.rate)
        if is_anew:
            assert run.over_pool == 0
        elif run.factor is not None:
            known = {one.employee: one for one in last.items}
            for one in run.items:
                if one.terms is not None and known.get(one.employee, one).terms != one.terms and one.amount:
                    assert one.amount <= one.exact * run.factor < one.amount + 1

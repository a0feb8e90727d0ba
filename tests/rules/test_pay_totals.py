"""Sums of pay in which nobody's own can be read: not from one of them, not by subtracting some, and not from two runs (contract, "Who may what")."""

from __future__ import annotations

from itertools import chain, combinations

from hypothesis import given
from hypothesis import strategies as st

from app.rules.pay_totals import PaidPerson, PayCell, PayTotals, pay_totals, publishable

GRADES = ("S", "A", "B", "D")


def cells(totals: PayTotals) -> list[PayCell]:
    """All sums."""
    return [*totals.grades, *totals.branches, *chain(*totals.offices)]


def people(*groups: tuple[int, str, str, str, int]) -> dict[str, PaidPerson]:
    """So many people each of a grade, region, office and amount."""
    some = [PaidPerson(*of) for count, *of in groups for _ in range(count)]
    return {f"E{place}": one for place, one in enumerate(some, 1)}


def test_small_sums_are_joined_within_what_they_are_part_of() -> None:
    """Two small offices are one sum; a region of three joins the smallest of the others, and its office one of theirs."""
    totals = pay_totals(
        people(
            (6, "A", "EUR", "VIE", 10), (3, "A", "EUR", "PAR", 10), (2, "S", "EUR", "ROM", 20),
            (9, "A", "ASI", "TYO", 10), (3, "A", "AFR", "NBO", 10),
        ).values(),
        grades=GRADES,
    )  # fmt: skip
    assert totals is not None
    assert [one.keys for one in totals.branches] == [("EUR",), ("AFR", "ASI")]
    assert [[one.keys for one in some] for some in totals.offices] == [[("VIE",), ("PAR", "ROM")], [("NBO", "TYO")]]
    assert [one.keys for one in totals.grades] == [("S", "A")]
    assert (totals.people, totals.amount) == (23, 250)


def test_whoever_is_paid_nothing_hides_nobody() -> None:
    """An office of five of whom four get nothing would tell what the fifth gets; a grade that pays nothing stands for itself."""
    totals = pay_totals(
        people((4, "D", "EUR", "PAR", 0), (2, "D", "EUR", "VIE", 0), (1, "A", "EUR", "PAR", 10), (9, "A", "EUR", "VIE", 10)).values(),
        grades=GRADES,
    )  # fmt: skip
    assert totals is not None
    assert [[one.keys for one in some] for some in totals.offices] == [[("PAR", "VIE")]]
    assert [(one.keys, one.people, one.amount) for one in totals.grades] == [(("A",), 10, 100), (("D",), 6, 0)]
    assert pay_totals(people((4, "A", "EUR", "PAR", 10)).values(), grades=GRADES) is None


def place_of(runs: list[dict[str, PaidPerson]]) -> int | None:
    """Of the run whose sums are told."""
    last = publishable(runs, grades=GRADES)
    return None if last is None else last.place


def test_a_run_that_pays_few_another_amount_is_not_told() -> None:
    """One person's supplement would be what two runs differ by; five people's, in the same sums, are told."""
    first = people((9, "A", "EUR", "VIE", 10), (9, "B", "EUR", "PAR", 5))
    one = first | {"E1": first["E1"]._replace(amount=20)}
    five = first | {f"E{place}": first[f"E{place}"]._replace(amount=20) for place in range(1, 6)}
    apart = first | {f"E{place}": first[f"E{place}"]._replace(amount=20) for place in (1, 2, 10, 11, 12)}
    assert place_of([first]) == 0
    assert place_of([first, one]) == 0
    assert place_of([first, one, five]) == 2
    assert place_of([first, apart]) == 0, "two of VIE and three of PAR"
    assert place_of([first, first]) == 1


PERSON = st.builds(
    lambda grade, place, amount: PaidPerson(grade, place[0], place, 0 if grade == "D" else amount),
    st.sampled_from(GRADES),
    st.sampled_from(("Aa", "Ab", "Ac", "Ba", "Bb", "Ca")),
    st.integers(0, 9),
)


@given(st.lists(PERSON, max_size=80))
def test_no_sum_and_no_difference_is_of_few(everybody: list[PaidPerson]) -> None:
    """Every sum, and each region less some of its offices, is of five people who are paid, of a grade that pays nothing, or of nobody; all of it adds up."""
    totals = pay_totals(everybody, grades=GRADES)
    paid = [one for one in everybody if one.amount]
    if totals is None:
        assert len(paid) < 5
        return
    for place, some in ((0, totals.grades), (1, totals.branches), (2, tuple(chain(*totals.offices)))):
        assert sum(one.amount for one in some) == totals.amount
        assert sum(one.people for one in some) == totals.people
        for cell in some:
            of = [one for one in paid if one[place] in cell.keys]
            assert len(of) >= 5 or (place == 0 and not of), cell
    for branch, offices in zip(totals.branches, totals.offices, strict=True):
        for size in range(len(offices)):
            for taken in combinations(offices, size):
                known = {key for one in taken for key in one.keys}
                rest = [one for one in paid if one.branch in branch.keys and one.office not in known]
                assert len(rest) >= 5

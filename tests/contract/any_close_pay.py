"""What everybody is paid by a locked cycle, worked out a second time from the contract alone: runs, the agency's grade, pools, and what is given back.

Grades and days come from the model of the close (any_close_order.py); nothing of the product's code is asked. Every amount is a fraction until it is won.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final, NamedTuple

__all__ = ["Institution", "Paid", "PayRun", "Payroll", "Terms"]

OF_GRADES: Final[Mapping[str, int]] = dict(zip("SABCDE", (134, 115, 100, 85, 66, 0), strict=True))
OF_AGENCY: Final[Mapping[str, int]] = dict(zip("SABCDE", (100, 80, 60, 40, 0, 0), strict=True))
"""What a person's grade and the agency's own grade pay, in percent, where no policy says otherwise."""
CYCLE_DAYS: Final = 365


class Institution(NamedTuple):
    """The ministry's result: the agency's own grade, and what there is to pay; None where nothing is capped."""

    grade: str
    pool: int | None


class Terms(NamedTuple):
    """What somebody's pay hangs on."""

    grade: str
    base: int
    days: int


class Paid(NamedTuple):
    """What somebody is paid in a run; without terms whoever was paid before and is not graded now."""

    terms: Terms | None
    exact: Fraction
    amount: int
    before: int
    kind: str


@dataclass
class PayRun:
    """A run."""

    number: int
    institution: Institution
    factor: Fraction | None
    items: dict[str, Paid]
    is_exported: bool = False

    @property
    def sum(self) -> int:
        """What everybody comes to."""
        return sum(one.amount for one in self.items.values())

    @property
    def is_over_pool(self) -> bool:
        """Whether that is more than there is."""
        return self.institution.pool is not None and self.sum > self.institution.pool

    def moves(self) -> dict[str, tuple[int, int]]:
        """Before and after, of everybody."""
        return {number: (one.before, one.amount) for number, one in self.items.items()}


@dataclass
class Payroll:
    """What was agreed to so far.

    Attributes:
        bases: everybody's monthly base.
        runs: those that were agreed to.
        given_back: whose pay is to be given back.
        approved_on: the day on which the last run was agreed to.
    """

    bases: Mapping[str, int]
    institution: Institution | None = None
    runs: list[PayRun] = field(default_factory=list)
    given_back: set[str] = field(default_factory=set)
    approved_on: dt.date | None = None

    @classmethod
    def of(cls, folder: Path) -> Payroll:
        """The agency's; its policies say nothing of pay."""
        assert "pay" not in json.loads((folder / "definitions" / "policies.yaml").read_text(encoding="utf-8"))
        with (folder / "agency" / "employees.csv").open(encoding="utf-8", newline="") as file:
            return cls({row["number"]: int(row["monthly_base"]) for row in csv.DictReader(file)})

    @property
    def objected_until(self) -> dt.date | None:
        """The last day to object to it."""
        return None if self.approved_on is None else self.approved_on + dt.timedelta(days=7)

    def amounts(self) -> dict[str, int]:
        """What everybody came to by the last run."""
        return {number: one.amount for number, one in self.runs[-1].items.items()} if self.runs else {}

    def known(self) -> set[str]:
        """Who was ever paid."""
        return set(self.amounts())

    def next_run(self, terms: Mapping[str, Terms]) -> PayRun:
        """The run that follows, as it would be now."""
        assert self.institution is not None
        institution, last = self.institution, self.runs[-1] if self.runs else None
        exact = {number: exact_of(one, institution) for number, one in terms.items()}
        if last is None or last.institution.grade != institution.grade:
            amounts, factor = worked_out(exact, institution.pool)
        else:
            factor = last.factor
            amounts = {
                number: last.items[number].amount
                if number in last.items and last.items[number].terms == terms[number]
                else in_won(exact[number], factor)
                for number in terms
            }
        before = self.amounts()
        items = {}
        for number in sorted({*terms, *before}):
            amount = 0 if number in self.given_back else amounts.get(number, 0)
            was = before.get(number, 0)
            kind = "pay" if last is None else kind_of(amount - was)
            items[number] = Paid(terms.get(number), exact.get(number, Fraction(0)), amount, was, kind)
        return PayRun(len(self.runs) + 1, institution, factor, items)


def exact_of(terms: Terms, institution: Institution) -> Fraction:
    """Monthly base × the agency's rate × the grade's × days ÷ the cycle's days."""
    rates = Fraction(OF_AGENCY[institution.grade], 100) * Fraction(OF_GRADES[terms.grade], 100)
    return terms.base * rates * Fraction(terms.days, CYCLE_DAYS)


def worked_out(exact: Mapping[str, Fraction], pool: int | None) -> tuple[dict[str, int], Fraction | None]:
    """Won of each, half to even; where that is more than the pool, all of the pool shared out, won left over by the largest fractions; and by which factor."""
    whole = sum(exact.values(), Fraction(0))
    if pool is None or whole <= pool:
        return {number: round(amount) for number, amount in exact.items()}, None
    factor = pool / whole
    won = {number: int(amount * factor) for number, amount in exact.items()}
    left = sorted(won, key=lambda one: (won[one] - exact[one] * factor, one))
    for number in left[: pool - sum(won.values())]:
        won[number] += 1
    return won, factor


def in_won(exact: Fraction, factor: Fraction | None) -> int:
    """Down to the won by a factor, else half to even."""
    return round(exact) if factor is None else int(exact * factor)


def kind_of(difference: int) -> str:
    """What a difference is."""
    return "none" if difference == 0 else "supplement" if difference > 0 else "recover"

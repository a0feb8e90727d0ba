"""Scoring and grading 100,000 employees with 10 KPIs each from totals already read: at most 40 × a numpy pass over the same, in less than 1 GiB.

python -m tests.bench.grading

In a process of its own, since its memory is measured; by the rules alone, since no database is asked. What no event changes (lines, the cohort) is
made before, as a process makes it once for each load. Everyone's row is made, and every figure in it is exact.
"""

from __future__ import annotations

import datetime as dt
import resource
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Final

import numpy as np

from app.rules.baseline import MethodName, Reference
from app.rules.grading import Candidate, Cohort, EarlierResult, EmployeeProposal
from app.rules.kpis import Measure
from app.rules.measures import Actuals, Entered, FloatArray, IntArray, Measuring, Totals
from app.rules.methods import Lines, score
from app.rules.policies import Policies
from app.rules.rollup import blend, own_scores, unit_scores
from app.rules.terms import Direction, Job, Period
from tests.bench.agency import Agency
from tests.bench.measuring import in_turn, seconds, tell

EMPLOYEES: Final = 100_000
UNITS: Final = 1_000
GROUPS: Final = 60
KPIS: Final = (
    ("count", MethodName.DEVIATION),
    ("sum", MethodName.TARGET),
    ("distinct", MethodName.RATIO),
    ("mean", MethodName.DEVIATION),
    ("sum", MethodName.DEVIATION),
    ("count", MethodName.TREND),
    ("sum", MethodName.TARGET),
    ("rating", MethodName.QUALITATIVE),
    ("distinct", MethodName.TARGET),
    ("count", MethodName.BETA),
)
NODES: Final = EMPLOYEES + UNITS
LINES: Final = NODES * len(KPIS)
YEAR: Final = Period(dt.date(2026, 1, 1), dt.date(2027, 1, 1))
MEMORY_MAX: Final = 2**30
RUNS: Final = 5


def measure(agency: Agency) -> None:
    """Have it measured by a process that has nothing else in memory."""
    del agency  # It has one of its own.
    sys.stdout.flush()
    subprocess.run([sys.executable, "-m", "tests.bench.grading"], check=True)


@dataclass(frozen=True)
class Large:
    """A large agency as columns: what is known before an event comes, and the totals."""

    lines: Lines
    measuring: Measuring
    totals: Totals
    entered: Entered
    node: IntArray
    weight: FloatArray
    unit: IntArray
    cohort: Cohort

    def grades(self) -> EmployeeProposal:
        """Scores and grades of everyone."""
        nothing = Totals(*(np.zeros(0, dtype=np.int64),) * len(Totals._fields))
        actuals = self.measuring.actuals(self.totals, nothing, self.entered)
        scored = score(self.lines, actuals.value, rest=actuals.rest)
        own = own_scores(self.node, weight=self.weight, score=scored, nodes=NODES).own
        days = np.full(EMPLOYEES, 365)
        unit = unit_scores(np.arange(EMPLOYEES), unit=self.unit, days=days, own=own, employees=NODES)
        half = np.full(NODES, 50.0)
        final = blend(own, unit=unit, unit_pct=half, own_pct=half)
        return self.cohort.propose(*(column[:EMPLOYEES].tolist() for column in (own, unit, final)))


def _large() -> Large:
    chance = np.random.default_rng(1)
    kinds = [[_reference(method, at) for at in range(100)] for _, method in KPIS]
    kind = chance.integers(0, 100, LINES).tolist()
    measures = [
        Measure(
            aggregate=aggregate,
            activity=None if aggregate == "rating" else "export_deal",
            of="buyer" if aggregate == "distinct" else None,
        )
        for aggregate, _ in KPIS
    ]
    rated = np.flatnonzero(np.arange(LINES) % len(KPIS) == [name for name, _ in KPIS].index("rating"))
    grades = chance.integers(20, 101, rated.size).astype(np.float64)
    some = [chance.integers(1, 60, LINES) for _ in Totals._fields]
    return Large(
        lines=Lines.of([kinds[at % len(KPIS)][which] for at, which in enumerate(kind)]),
        measuring=Measuring.of(measures * NODES),
        totals=Totals(some[0] * 10_000, some[1] * 10_000, *some[2:]),
        entered=Entered(rated, Actuals(grades, np.zeros(rated.size))),
        node=np.repeat(np.arange(NODES), len(KPIS)),
        weight=np.full(LINES, 10.0),
        unit=EMPLOYEES + chance.integers(0, UNITS, EMPLOYEES),
        cohort=Cohort.of(map(_candidate, range(EMPLOYEES)), cycle=2026, period=YEAR, policies=Policies()),
    )


def _reference(method: MethodName, at: int) -> Reference:
    base = Fraction(10 + at)
    return Reference(
        defined=method,
        method=method,
        direction=Direction.UP,
        is_rated=method is MethodName.QUALITATIVE,
        base=base,
        sigma=Fraction(3),
        high=base + 5,
        low=base - 5,
        target=base + 1,
    )


def _candidate(at: int) -> Candidate:
    return Candidate(
        employee=f"E{at:06}",
        job=Job.HEAD if at % 10 == 0 else Job.STAFF,
        group=f"group {at % GROUPS:02}",
        days=365,
        monthly_base=3_000_000 + at % 1000 * 1000,
        hired_on=dt.date(1990 + at % 35, 1 + at % 12, 1),
        earlier=tuple(
            EarlierResult(year, Decimal(6000 + at * 7 % 3000).scaleb(-2), "B") for year in range(2025, 2021, -1)
        ),
    )


class Bare:
    """The same in floats and nothing but numpy: nobody's reasons, no seats moved, no sum held to the won."""

    def __init__(self) -> None:
        """Draw as many lines and people."""
        chance = np.random.default_rng(1)
        self._totals, self._place = chance.random(LINES) * 3, chance.permutation(LINES)
        self._low, self._span, self._weight = np.zeros(LINES), np.full(LINES, 3.0), np.full(LINES, 0.1)
        self._node = np.repeat(np.arange(NODES), len(KPIS))
        self._group = np.arange(EMPLOYEES) % GROUPS
        self._base = chance.random(EMPLOYEES) * 9e6
        self._share = np.cumsum([0.1, 0.15, 0.5, 0.15, 0.05])
        self._rate = np.array([134.0, 115.0, 100.0, 85.0, 66.0, 0.0])

    def scores(self) -> FloatArray:
        """Fetch each line's actual, put it to the one formula, add the points up by node."""
        scored = np.clip(20 + 80 * (self._totals[self._place] - self._low) / self._span, 20, 100)
        return np.bincount(self._node, weights=scored * self._weight, minlength=NODES).astype(np.float64, copy=False)

    def grades(self) -> tuple[FloatArray, FloatArray]:
        """And rank everyone in their groups; the place gives the grade, the grade the pay."""
        final = np.round(self.scores()[:EMPLOYEES], 2)
        order = np.lexsort((-final, self._group))
        sizes = np.bincount(self._group)
        first = np.concatenate(([0], np.cumsum(sizes)[:-1]))
        in_order = self._group[order]
        part = (np.arange(EMPLOYEES) - first[in_order]) / sizes[in_order]
        grade = np.empty(EMPLOYEES, dtype=np.int64)
        grade[order] = np.searchsorted(self._share, part, side="right")
        return np.round(self._base * self._rate[grade] * 0.006), np.round(final * 0.95 + 3, 2)


def main() -> None:
    """Tell how many times as long as numpy it takes, and the most memory."""
    large, bare = _large(), Bare()
    proposal = large.grades()
    assert len(proposal.rows) == sum(proposal.counts.values()) == EMPLOYEES
    del proposal
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    for name, baseline in (("scores and grades in floats", bare.grades), ("only scores", bare.scores)):
        figures = in_turn(partial(seconds, large.grades), partial(seconds, baseline), runs=RUNS)
        tell(
            f"{EMPLOYEES} employees × {len(KPIS)} KPIs scored and graded ÷ a numpy pass that {name} (promised: 40)",
            figures,
            "s",
        )
    tell("most memory of the process that does (promised: 1 GiB)", (memory, MEMORY_MAX, memory / MEMORY_MAX), "bytes")


if __name__ == "__main__":
    main()

"""The worked figures beside a KPI's definition: whether its rules make the score of them that is written there.

Scoring ignores them. They are what its readers check their understanding by, so one that does not hold is worse than none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np

from app.rules import methods
from app.rules.baseline import LineTerms, Overrides, Reason, resolve_reference
from app.rules.kpis import Example, Kpi, KpiVersion

__all__ = ["WorkedExample", "example_score", "worked_examples"]

PLACES: Final = 6
"""Decimals that the score of an example is held against."""


class WorkedExample(NamedTuple):
    """An example with what the definition makes of it: a score, or why there is none."""

    example: Example
    score: Decimal | None
    reason: Reason | None

    @property
    def holds(self) -> bool:
        """Whether the score is the one that is written, as far as decimals are shown."""
        return self.score is not None and abs(self.score - self.example.score) < Decimal(10) ** -PLACES


def example_score(version: KpiVersion, example: Example) -> tuple[Decimal | None, Reason | None]:
    """The score of a worked figure, or why there is none.

    Args:
        version: the definition.
        example: its history ends with the year before its cycle; where it names none, before the last that can be.
    """
    cycle = example.cycle or dt.date.max.year
    past = {cycle - len(example.history) + place: actual for place, actual in enumerate(example.history)}
    terms = LineTerms.of(version, year=cycle, past=past, present=Fraction(1), row=Overrides(target=example.target))
    lines = methods.Lines.of([resolve_reference(terms)])
    actual = np.array([float(example.actual)])
    reason = methods.reasons(lines, actual)[0]
    if reason is not None:
        return None, reason
    return round(Decimal(float(methods.score(lines, actual)[0])), PLACES), None


def worked_examples(kpi: Kpi) -> Iterator[WorkedExample]:
    """Every example of a KPI, each by the version of its cycle; without one by the latest."""
    for one in kpi.examples:
        yield WorkedExample(one, *example_score(kpi.version(one.cycle or dt.date.max.year), one))

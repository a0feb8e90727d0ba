"""What people decide about a line of an opened cycle, and in which order that goes before what is computed (contract-cycle, 5).

First `zero`, then `drop`, then `override`, then the line that was agreed, then the folder's. A newcomer's usual mistake: to move anything but the line
itself. Neither the parent's line nor those below it hear of a decision, but for ``shared`` ones, which show what it shows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple, Self

import numpy as np

from app.rules.baseline import Overrides, Reason, Reference
from app.rules.measures import Actuals, Entered, FloatArray
from app.rules.methods import SCORE_MAX, SCORE_MIN, Lines, score
from app.rules.targets import SPREAD_METHODS, TARGET_METHODS

__all__ = [
    "FIGURES",
    "LINE_DECISIONS",
    "MEMBERS",
    "UNDECIDED",
    "DecidedLine",
    "DecidedLines",
    "LineDecision",
    "LineDecisionKind",
    "decided_reference",
    "is_score",
    "standing",
    "takes_figure",
]


class LineDecisionKind(StrEnum):
    """What is decided about a line."""

    OVERRIDE = "override"
    """One of its figures is another one."""
    DROP = "drop"
    """It is not measurable."""
    ZERO = "zero"
    """It scores 0: what it rests on was proven false."""
    EXCLUDE_YEAR = "exclude_year"
    """A past year is left out as an outlier."""


LINE_DECISIONS: Final = tuple(LineDecisionKind)

ACTUAL: Final = "actual"
FIGURES: Final = ("base", "high", "low", "target")
"""What an override gives as a row of the scorecard would."""
MEMBERS: Final = (ACTUAL, *FIGURES)
"""What an override gives."""


class LineDecision(NamedTuple):
    """A decision about a line that two people agreed on."""

    id: int
    kind: LineDecisionKind
    cause: str | None
    reason: str
    maker: str
    """The number, or the account's e-mail."""
    checker: str
    member: str | None = None
    value: Decimal | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class DecidedLine:
    """All that holds of what was decided about one line, in the order in which it was agreed to.

    Attributes:
        decisions: those that nobody lifted.
    """

    decisions: tuple[LineDecision, ...] = ()

    def _last(self, kind: LineDecisionKind, member: str | None = None) -> LineDecision | None:
        return next(
            (one for one in reversed(self.decisions) if one.kind is kind and member in {None, one.member}), None
        )

    @property
    def ids(self) -> tuple[int, ...]:
        """Their numbers, the smallest first."""
        return tuple(sorted(one.id for one in self.decisions))

    @property
    def zero(self) -> LineDecision | None:
        """By which it scores 0."""
        return self._last(LineDecisionKind.ZERO)

    @property
    def drop(self) -> LineDecision | None:
        """By which it is not measurable; None where one by which it scores 0 goes before."""
        return None if self.zero else self._last(LineDecisionKind.DROP)

    @property
    def excluded(self) -> LineDecision | None:
        """By which a past year is left out."""
        return self._last(LineDecisionKind.EXCLUDE_YEAR)

    def override(self, member: str) -> LineDecision | None:
        """By which a member is another: the latest of those that give it."""
        return self._last(LineDecisionKind.OVERRIDE, member)

    def value(self, member: str) -> Decimal | None:
        """What a member is by decision; None where none gives it."""
        one = self.override(member)
        return None if one is None else one.value

    @property
    def figures(self) -> Mapping[str, LineDecision]:
        """By which of base, high, low and target are others."""
        return {name: one for name in FIGURES if (one := self.override(name)) is not None}

    @property
    def actual(self) -> Decimal | None:
        """The actual by decision; None where none gives it."""
        return self.value(ACTUAL)

    @property
    def is_fixed(self) -> bool:
        """Whether its score hangs on no activity any more."""
        return self.zero is not None or self.actual is not None

    def over(self, row: Overrides) -> Overrides:
        """What the row gives, with what was decided in its place."""
        excluded = self.excluded
        given = {name: one.value for name, one in self.figures.items()}
        return row._replace(**given, excluded=row.excluded if excluded is None else excluded.year)

    def has_cause(self, cause: str) -> bool:
        """Whether it was adjusted for a cause already."""
        return any(one.cause == cause for one in self.decisions)


UNDECIDED: Final = DecidedLine()


def standing(decisions: Iterable[LineDecision], *, lifted: Collection[int]) -> DecidedLine:
    """What holds of some decisions about one line, in the order in which they were agreed to, but for those that were lifted."""
    return DecidedLine(tuple(one for one in decisions if one.id not in lifted))


def takes_figure(methods: Collection[str], member: str) -> bool:
    """Whether a line of a KPI of one of these methods has a member that an override could give."""
    if member == ACTUAL:
        return True
    return not (TARGET_METHODS if member == "target" else SPREAD_METHODS).isdisjoint(methods)


def is_score(value: Decimal) -> bool:
    """Whether a figure can be the actual of a line that people grade, which is its score."""
    return Decimal(int(SCORE_MIN)) <= value <= Decimal(int(SCORE_MAX))


def decided_reference(reference: Reference, decided: DecidedLine) -> Reference:
    """A line's reference, made with the figures that were decided on, as what was decided beyond figures leaves it."""
    if decided.zero is not None:
        return replace(reference, is_zero=True, reason=None)
    return replace(reference, reason=Reason.DROPPED) if decided.drop is not None else reference


@dataclass(frozen=True, slots=True, eq=False)
class DecidedLines:
    """Those of many lines about which something was decided, as columns: few, however many the lines are.

    Attributes:
        at: where they stand among the lines.
        computed: what they are held against without what was decided.
        entered: the actuals that were decided on.
    """

    at: tuple[int, ...]
    computed: Lines
    entered: Entered

    @classmethod
    def of(cls, some: Mapping[int, tuple[DecidedLine, Reference]]) -> Self:
        """Stand them side by side, by where they stand: what was decided, and the reference without it."""
        actuals = {at: one.actual for at, (one, _) in some.items() if one.actual is not None}
        return cls(tuple(some), Lines.of([computed for _, computed in some.values()]), Entered.at_places(actuals))

    def over(self, actuals: Actuals) -> Actuals:
        """The actuals of all lines, with those that were decided on in place of what is measured."""
        if not self.entered.at.size:
            return actuals
        value, rest = actuals.value.copy(), actuals.rest.copy()
        value[self.entered.at], rest[self.entered.at] = self.entered.actuals
        return Actuals(value, rest)

    def without_projection(self, projected: Actuals) -> Actuals:
        """Projected actuals of all lines: one that was decided on leads nowhere."""
        if not self.entered.at.size:
            return projected
        value = projected.value.copy()
        value[self.entered.at] = np.nan
        return Actuals(value, projected.rest)

    def computed_scores(self, measured: Actuals) -> dict[int, float]:
        """By where each stands, its score without what was decided; NaN for none.

        Args:
            measured: the actuals of all lines without what was decided.
        """
        if not self.at:
            return {}
        mine = measured.take(np.array(self.at, dtype=np.int64))
        scores: FloatArray = score(self.computed, mine.value, rest=mine.rest)
        return dict(zip(self.at, scores.tolist(), strict=True))

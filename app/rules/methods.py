"""From actuals to scores, for all lines of all nodes at once (domain.md 3; H26).

Nearly every method looks at how far an actual lies from an origin, in steps of its own: from the low in units of (high - low), from the
expected value in standard errors, from zero in targets. So :class:`Lines` keeps an origin and a slope for each line, made once from
what was resolved exactly, and a score is a few passes over arrays. A newcomer's usual mistake: NaN is *not measurable*, never 0; why a
line is so is asked of :func:`reasons`, in the contract's order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from app.rules.baseline import WHATEVER_THE_ACTUAL, MethodName, Reason, Reference
from app.rules.measures import FloatArray, IntArray, split
from app.rules.terms import Direction

__all__ = [
    "ERROR_BANDS",
    "METHODS",
    "SCORE_MAX",
    "SCORE_MIN",
    "Best",
    "Lines",
    "Scoring",
    "best_actual",
    "percent_of",
    "reasons",
    "score",
]

SCORE_MIN: Final = 20.0
SCORE_MAX: Final = 100.0
RANGE: Final = SCORE_MAX - SCORE_MIN

_NOW_WEIGHT: Final = 0.5
"""Of mid-term: the part of this year against that of three years (H26's a)."""

ERROR_BANDS: Final = (
    (-1.965, 5.556),
    (-1.650, 11.112),
    (-1.179, 22.224),
    (-0.707, 33.336),
    (-0.236, 44.448),
    (0.236, 55.560),
    (0.707, 66.672),
    (1.179, 77.784),
    (1.650, 88.896),
    (1.965, 94.452),
)
"""Of trend and beta: standard errors and the percent they are worth (H26)."""


def _outer(inner: tuple[float, float], edge: tuple[float, float], percent: float) -> tuple[float, float]:
    """Where an outer band, drawn on, reaches a percent."""
    slope = (edge[1] - inner[1]) / (edge[0] - inner[0])
    return edge[0] + (percent - edge[1]) / slope, percent


_KNOTS: Final = np.array(
    (_outer(ERROR_BANDS[1], ERROR_BANDS[0], 0.0), *ERROR_BANDS, _outer(ERROR_BANDS[-2], ERROR_BANDS[-1], 100.0)),
    dtype=np.float64,
).T.copy()


class Part(NamedTuple):
    """The lines of one method, as columns."""

    at: IntArray
    """Their places among all lines."""
    origin: FloatArray
    origin_rest: FloatArray
    """What the float of the origin leaves of it, so that a narrow span far from zero keeps its decimals."""
    slope: FloatArray
    long_origin: FloatArray
    """Of mid-term: origin and slope of the three-year part."""
    long_rest: FloatArray
    long_slope: FloatArray
    is_down: NDArray[np.bool_]

    def away(self, actual: FloatArray, rest: FloatArray | None) -> FloatArray:
        """How far each actual lies from its origin, in the line's own steps."""
        return _away(self.origin, self.origin_rest, self.slope, actual, rest)

    def away_long(self, actual: FloatArray, rest: FloatArray | None) -> FloatArray:
        """The same for the three-year part of mid-term."""
        return _away(self.long_origin, self.long_rest, self.long_slope, actual, rest)


def _away(
    origin: FloatArray, below: FloatArray, slope: FloatArray, actual: FloatArray, rest: FloatArray | None
) -> FloatArray:
    gap = actual - origin
    gap -= below if rest is None else below - rest
    gap *= slope
    return gap


def _on_scale(share: FloatArray) -> FloatArray:
    """20 + 80 times the share, held within 20 and 100; works in place."""
    share *= RANGE
    share += SCORE_MIN
    return np.clip(share, SCORE_MIN, SCORE_MAX, out=share)


# Of each method: the exact origin and slope of a line (and those of the three-year part), the score of an array of actuals, and the
# actual from which on it is 100.


class Best(NamedTuple):
    """Where a line scores 100, and on which side of the others that lies."""

    actual: Fraction
    sign: int
    """1 where more scores more, -1 where less does."""


class Steps(NamedTuple):
    """Where a line is measured from, and what a unit of actual is worth there."""

    origin: Fraction = Fraction(0)
    slope: Fraction = Fraction(0)
    long_origin: Fraction = Fraction(0)
    long_slope: Fraction = Fraction(0)


def _known(figure: Fraction | None) -> Fraction:
    if figure is None:
        msg = "a measurable line has the figures of its method"
        raise ValueError(msg)
    return figure


def _span_steps(line: Reference) -> Steps:
    low = _known(line.low)
    return Steps(low, 1 / (_known(line.high) - low))


def _sign(slope: Fraction) -> int:
    return 1 if slope > 0 else -1


def _best_between(_line: Reference, steps: Steps) -> Best:
    return Best(steps.origin + 1 / steps.slope, _sign(steps.slope))


def _between(part: Part, actual: FloatArray, rest: FloatArray | None) -> FloatArray:
    """Deviation and ratio: 20 + 80 (actual - low) / (high - low)."""
    return _on_scale(part.away(actual, rest))


def _target_steps(line: Reference) -> Steps:
    target = _known(line.target)
    return Steps(slope=1 / target if line.direction == Direction.UP else target)


def _best_towards(line: Reference, _steps: Steps) -> Best:
    return Best(_known(line.target), 1 if line.direction == Direction.UP else -1)


def _towards(part: Part, actual: FloatArray, rest: FloatArray | None) -> FloatArray:
    """Target and milestone: 20 + 80 actual/target; lower-is-better 20 + 80 target/actual, 100 for an actual of 0 or less."""
    whole = actual if rest is None else actual + rest
    full = part.is_down & (whole <= 0)
    divisor = np.where(full, 1.0, whole)
    # An up line may stand at 0 here; its quotient is not taken.
    with np.errstate(divide="ignore", over="ignore"):
        share = np.where(part.is_down, part.slope / divisor, whole * part.slope)
    return np.where(full, SCORE_MAX, _on_scale(share))


def _midterm_steps(line: Reference) -> Steps:
    """The three-year part in one step: the counts of the three means cancel out of (mean actual - mean low) / (mean high - mean low)."""
    high, low = _known(line.high), _known(line.low)
    before = line.years_before
    long_low = low + sum(year.low for year in before)
    long_high = high + sum(year.high for year in before)
    done = sum((_known(year.actual) for year in before), start=Fraction(0))
    return Steps(low, 1 / (high - low), long_low - done, 1 / (long_high - long_low))


def _best_midterm(_line: Reference, steps: Steps) -> Best:
    """Both parts are to be full: the one that is so last decides."""
    sign = _sign(steps.slope)
    ends = (steps.origin + 1 / steps.slope, steps.long_origin + 1 / steps.long_slope)
    return Best(max(ends) if sign > 0 else min(ends), sign)


def _midterm(part: Part, actual: FloatArray, rest: FloatArray | None) -> FloatArray:
    """Mid-term: half of this year, half of three years, each held within 0 and 1 (H26)."""
    now = np.clip(part.away(actual, rest), 0, 1)
    long = np.clip(part.away_long(actual, rest), 0, 1)
    return SCORE_MIN + RANGE * (_NOW_WEIGHT * now + (1 - _NOW_WEIGHT) * long)


def _error_steps(line: Reference) -> Steps:
    sign = 1 if line.direction == Direction.UP else -1
    return Steps(_known(line.base), sign / _known(line.sigma))


def _best_expected(_line: Reference, steps: Steps) -> Best:
    return Best(steps.origin + Fraction(float(_KNOTS[0, -1])) / steps.slope, _sign(steps.slope))


def percent_of(errors: FloatArray) -> FloatArray:
    """Return what standard errors on the better side are worth in percent: H26's bands, the outer ones drawn on to 0 and 100."""
    return np.asarray(np.interp(errors, *_KNOTS), dtype=np.float64)


def _expected(part: Part, actual: FloatArray, rest: FloatArray | None) -> FloatArray:
    """Trend and beta: how many standard errors above expectation, in percent."""
    return _on_scale(percent_of(part.away(actual, rest)) / 100)


def _no_steps(_line: Reference) -> Steps:
    return Steps()


def _best_rated(_line: Reference, _steps: Steps) -> Best:
    return Best(Fraction(SCORE_MAX), 1)


def _as_rated(_part: Part, actual: FloatArray, rest: FloatArray | None) -> FloatArray:
    """Qualitative: the graders' mean is the score."""
    return np.clip(actual if rest is None else actual + rest, SCORE_MIN, SCORE_MAX)


def _as_zero(part: Part, _actual: FloatArray, _rest: FloatArray | None) -> FloatArray:
    """What people decided to score 0: below the 20 at which every method ends, and whatever the actual."""
    return np.zeros(part.at.size)


class Scoring(NamedTuple):
    """How a method scores: a line's exact steps once, then any array of actuals."""

    steps: Callable[[Reference], Steps]
    score: Callable[[Part, FloatArray, FloatArray | None], FloatArray]
    best: Callable[[Reference, Steps], Best]


_BETWEEN: Final = Scoring(_span_steps, _between, _best_between)
_TOWARDS: Final = Scoring(_target_steps, _towards, _best_towards)
_MIDTERM: Final = Scoring(_midterm_steps, _midterm, _best_midterm)
_EXPECTED: Final = Scoring(_error_steps, _expected, _best_expected)
_AS_RATED: Final = Scoring(_no_steps, _as_rated, _best_rated)

METHODS: Final[Mapping[MethodName, Scoring]] = MappingProxyType(
    {
        MethodName.DEVIATION: _BETWEEN,
        MethodName.RATIO: _BETWEEN,
        MethodName.TARGET: _TOWARDS,
        MethodName.MILESTONE: _TOWARDS,
        MethodName.MIDTERM: _MIDTERM,
        MethodName.TREND: _EXPECTED,
        MethodName.BETA: _EXPECTED,
        MethodName.QUALITATIVE: _AS_RATED,
    }
)
"""Every method. Its parameters and its references are in :data:`app.rules.baseline.REFERENCES`."""

_ZEROED: Final = Scoring(_no_steps, _as_zero, _best_rated)

_SCORINGS: Final = (*dict.fromkeys(METHODS.values()), _ZEROED)
"""The different ones: lines that are scored alike are one pass, whatever their method is called."""

_REASONS: Final[tuple[Reason | None, ...]] = (None, *Reason)
_REASON_OF: Final = np.array(_REASONS, dtype=object)
_ASKED_BEFORE: Final = [_REASONS.index(one) for one in sorted(WHATEVER_THE_ACTUAL)]
_COLUMNS: Final = 6


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Many lines' references as columns, ready for :func:`score`; immutable, in the order they were given."""

    kind: NDArray[np.int8]
    """Which of the scorings; -1 for a line that cannot be measured."""
    columns: FloatArray
    is_down: NDArray[np.bool_]
    reason: NDArray[np.int8]
    """The place in the order of reasons of why it cannot be measured whatever the actual; 0 for none."""
    is_rated: NDArray[np.bool_]
    parts: tuple[tuple[Scoring, Part], ...]

    @classmethod
    def of(cls, references: Sequence[Reference]) -> Self:
        """Stand lines side by side."""
        size = len(references)
        kind = np.full(size, -1, dtype=np.int8)
        columns = np.zeros((_COLUMNS, size))
        for at, line in enumerate(references):
            if line.reason is None:
                scoring = _ZEROED if line.is_zero else METHODS[line.method]
                kind[at] = _SCORINGS.index(scoring)
                steps = scoring.steps(line)
                columns[0:2, at] = split(steps.origin)
                columns[2, at] = steps.slope
                if scoring is _MIDTERM:
                    columns[3:5, at] = split(steps.long_origin)
                    columns[5, at] = steps.long_slope
        return cls._parted(
            kind,
            columns,
            np.array([line.direction == Direction.DOWN for line in references], dtype=np.bool_),
            np.array([_REASONS.index(line.reason) for line in references], dtype=np.int8),
            np.array([line.is_rated for line in references], dtype=np.bool_),
        )

    @classmethod
    def _parted(
        cls,
        kind: NDArray[np.int8],
        columns: FloatArray,
        is_down: NDArray[np.bool_],
        reason: NDArray[np.int8],
        is_rated: NDArray[np.bool_],
    ) -> Self:
        places = [(scoring, np.flatnonzero(kind == number)) for number, scoring in enumerate(_SCORINGS)]
        parts = tuple((scoring, _part(at, columns[:, at], is_down[at])) for scoring, at in places if at.size)
        return cls(kind, columns, is_down, reason, is_rated, parts)

    def changed(self, places: Sequence[int], references: Sequence[Reference]) -> Self:
        """The same lines but for some, which stand at these places as they are now."""
        others = type(self).of(references)
        at = np.array(places, dtype=np.intp)
        kind, columns, is_down = self.kind.copy(), self.columns.copy(), self.is_down.copy()
        reason, is_rated = self.reason.copy(), self.is_rated.copy()
        kind[at], columns[:, at], is_down[at] = others.kind, others.columns, others.is_down
        reason[at], is_rated[at] = others.reason, others.is_rated
        return self._parted(kind, columns, is_down, reason, is_rated)

    def take(self, index: IntArray) -> Self:
        """Return some of the lines, in the order of the index; a line may stand in it more than once (shared lines do)."""
        return self._parted(
            self.kind[index], self.columns[:, index], self.is_down[index], self.reason[index], self.is_rated[index]
        )

    def __len__(self) -> int:
        """How many lines there are."""
        return len(self.kind)


def _part(at: IntArray, columns: FloatArray, is_down: NDArray[np.bool_]) -> Part:
    origin, origin_rest, slope, long_origin, long_rest, long_slope = columns
    return Part(at, origin, origin_rest, slope, long_origin, long_rest, long_slope, is_down)


def score(lines: Lines, actual: FloatArray, *, rest: FloatArray | None = None) -> FloatArray:
    """Return the score of every line, 20 to 100; NaN where it is not measurable.

    Args:
        lines: their references.
        actual: an actual for each line, NaN for none.
        rest: what the floats of the actuals leave of them (:class:`app.rules.measures.Actuals`).
    """
    scores = np.full(len(lines), np.nan)
    for scoring, part in lines.parts:
        scores[part.at] = scoring.score(part, actual[part.at], None if rest is None else rest[part.at])
    return scores


def best_actual(line: Reference) -> Best:
    """Where a line that can be measured scores 100: exact but for the rounding of the outer error band of trend and beta."""
    scoring = METHODS[line.method]
    return scoring.best(line, scoring.steps(line))


def reasons(lines: Lines, actual: FloatArray) -> list[Reason | None]:
    """Return why each line has no score, None where it has one (:meth:`app.rules.baseline.Reference.why`, for many)."""
    asked_before = np.isin(lines.reason, _ASKED_BEFORE) | (lines.kind == _SCORINGS.index(_ZEROED))
    missing = np.isnan(actual) & ~asked_before
    unheard = np.where(lines.is_rated, _REASONS.index(Reason.NO_RATING), _REASONS.index(Reason.NO_ACTUAL))
    of_each: list[Reason | None] = _REASON_OF[np.where(missing, unheard, lines.reason)].tolist()
    return of_each

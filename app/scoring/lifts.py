"""How far each line of a scorecard alone would have to move to lift it to the next band, or to the next grade, and cards whose lines are moved.

It asks the rules that score, of actuals that are not there. What moves is one line's actual at the year's end. The same KPI of the unit posted
to moves with it where it adds up, since the unit counts what its people do; everything else stays where it leads.
A newcomer's usual mistake is to begin at the score so far: while the year runs a step counts on top of where the year leads to
(:mod:`app.rules.outlook`). A grade alone goes by the score so far: it is what is ranked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from itertools import permutations
from math import isclose, isnan
from typing import Final, NamedTuple

import numpy as np

from app.rules.definitions import KpiVersion, Measure
from app.rules.lifting import NOT_REACHED, Aim, Walk, aim_of, least_steps, walk_of
from app.rules.measures import ADDS_UP, OF_TOTALS, Aggregate, FloatArray, IntArray, exact_decimal, split
from app.rules.methods import SCORE_MAX, best_actual, score
from app.rules.outlook import Outlook
from app.rules.projection import projected_actual
from app.rules.rollup import band, blend, projected_own, published, unit_scores
from app.rules.terms import Node, NodeKind
from app.scoring.plan import ScoredLine
from app.scoring.scorecards import ExactActuals, Scores

__all__ = ["Leading", "Lift", "MovedLines", "Trials", "lifting_pair", "lifts_of_cards"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """How far a line alone would have to move, all else as it leads."""

    node: Node
    """On whose scorecard the line is: the node's, or of whoever is lifted to a grade that of a unit posted to."""
    kpi: str
    version: KpiVersion
    actual: Decimal
    """Where it leads."""
    better: int
    """1 where more is better, -1 where less is."""
    step: Decimal | None
    """How much more or less, in the KPI's own unit; None where the line alone cannot do it."""
    reached: Decimal
    """The actual after that step; where there is none, at the line's best."""
    places: int
    """The decimals that the KPI's steps have."""
    final: Decimal
    """The published final score after it."""
    is_best: bool
    """Whether the line scores 100 where it leads."""
    effort: float
    """The step as a part of where the line leads: what the lines are sorted by."""
    usual: Decimal | None
    """Of a sum: what the node's activities that count are worth on average."""
    with_unit: bool
    """Whether the unit's line of the KPI moves with it."""

    @property
    def activities(self) -> int | None:
        """Of a sum: how many activities of the usual worth the step is."""
        if not self.usual or self.usual < 0 or self.step is None:
            return None
        return int((self.step / self.usual).to_integral_value(ROUND_CEILING))


class Leading:
    """Where a node's lines lead, exactly and as the scores have them.

    Args:
        scored: some nodes.
        place: the node's among them.
        exact: their actuals.
        grade: where the next better grade begins, for who is to be lifted to that and not to the next band: it goes by the score that is
            ranked, so that nothing is projected.
    """

    def __init__(self, scored: Scores, place: int, exact: ExactActuals, *, grade: Aim | None = None) -> None:
        selection = scored.selection
        self.scored: Final = scored
        self.place: Final = place
        self.node: Final = selection.nodes[place]
        _, _, final, ahead = scored.at(place)
        owned = np.flatnonzero(selection.shown_node == place)
        self.worked: Final[list[int]] = selection.shown_worked[owned].tolist()
        measured = ~np.isnan(scored.score[self.worked])
        has_projections = not np.isnan(scored.ahead_score[self.worked])[measured].any()
        outlook = selection.plan.outlook(scored.asked.day)
        self.projects: Final = grade is None and outlook is Outlook.RUNNING and ahead is not None and has_projections
        self.actuals: Final = scored.ahead_actual if self.projects else scored.actual
        self.exact: Final = exact
        self.aim: Final = grade or aim_of(band(published(ahead if self.projects else final)))
        of_units = grade is not None and not self._has_own_part()
        self.movable: Final = self._of_units() if of_units else dict.fromkeys(self.worked, self.node)
        """The worked lines by which the score is to move, each with the node on whose scorecard it is shown: the units' posted to where nothing of one's own is part of it."""

    def _has_own_part(self) -> bool:
        """Whether the node's own lines are part of its final score."""
        selection, scored = self.scored.selection, self.scored
        is_measured = not np.isnan(scored.score[self.worked]).all()
        return is_measured and (selection.own_pct[self.place] > 0 or isnan(scored.unit[self.place]))

    def _of_units(self) -> dict[int, Node]:
        selection = self.scored.selection
        shown = np.flatnonzero(np.isin(selection.shown_node, selection.post_unit[self.posts])).tolist()
        return {int(selection.shown_worked[at]): selection.nodes[int(selection.shown_node[at])] for at in shown}

    @property
    def posts(self) -> IntArray:
        """The places of the node's postings among those of the selection; of a unit none."""
        return np.flatnonzero(self.scored.selection.post_employee == self.place)

    @property
    def shown(self) -> IntArray:
        """The places of the shown lines that the node's scores hang on: its own, and those of the units posted to."""
        selection = self.scored.selection
        near = np.isin(selection.shown_node, [self.place, *selection.post_unit[self.posts].tolist()])
        return np.flatnonzero(near)

    def line(self, at: int) -> ScoredLine:
        """A worked line."""
        selection = self.scored.selection
        return selection.plan.worked[selection.worked[at]]

    def score(self, at: int) -> float:
        """The score of a worked line where it leads."""
        return float((self.scored.ahead_score if self.projects else self.scored.score)[at])

    def actual(self, at: int) -> Fraction | None:
        """Where a worked line leads; None where it cannot be measured, or has no projection that it could go by."""
        if isnan(self.scored.score[at]):
            return None
        actual = self.exact.actual(at)
        if not self.projects:
            return actual
        line, plan = self.line(at), self.scored.selection.plan
        if line.decided is not None and line.decided.actual is not None:
            return actual
        aggregate = line.version.measure.aggregate
        grows = bool(self.scored.selection.grows[at])
        elapsed = plan.elapsed_of(line, self.scored.asked.day) if grows else None
        return projected_actual(actual, aggregate=aggregate, elapsed=elapsed)

    def with_it(self, at: int) -> tuple[int, ...]:
        """The worked lines that move with one: of the units posted to, and on the day under the posting of then, the same KPI where it adds up."""
        line, selection = self.line(at), self.scored.selection
        if line.node.kind is NodeKind.UNIT or not ADDS_UP[Aggregate(line.version.measure.aggregate)]:
            return (at,)
        directory = selection.plan.frame.directory
        day = selection.plan.day_within(self.scored.asked.day)
        unit = directory.unit_of(line.node.code, day)
        above = {Node(NodeKind.UNIT, code) for code in directory.chain_on(unit, day)} if unit else set()
        same = [
            other
            for other in range(len(selection.worked))
            if self.line(other).node in above
            and self.line(other).row.kpi == line.row.kpi
            and self.line(other).version == line.version
            and not self.line(other).is_fixed
        ]
        return (at, *same)


class MovedLines(NamedTuple):
    """Worked lines of one card, each with the pair of floats that its actual begins at, and what a step adds to all of them."""

    leading: Leading
    starts: Mapping[int, tuple[float, float]]
    steps: Mapping[int, float]


class Trials:
    """Many cards at once, in each of which some lines are moved: scored by the rules that score the agency."""

    def __init__(self, moves: Sequence[MovedLines]) -> None:
        first = moves[0].leading.scored
        self._selection: Final = first.selection
        self._moves: Final = moves
        selection = self._selection
        shown: list[IntArray] = []
        posts: list[IntArray] = []
        value: list[FloatArray] = []
        rest: list[FloatArray] = []
        step: list[FloatArray] = []
        for move in moves:
            leading = move.leading
            posted, places = leading.posts, leading.shown
            worked = selection.shown_worked[places]
            taken = leading.actuals.take(worked)
            values, rests, steps = taken.value.copy(), taken.rest.copy(), np.zeros(len(places))
            for entry, at in enumerate(worked.tolist()):
                if at in move.steps:
                    values[entry], rests[entry] = move.starts.get(at, (values[entry], rests[entry]))
                    steps[entry] = move.steps[at]
            shown.append(places)
            posts.append(posted)
            value.append(values)
            rest.append(rests)
            step.append(steps)
        self._shown: Final = np.concatenate(shown)
        self._trial: Final = np.repeat(np.arange(len(moves)), [len(one) for one in shown])
        self._post: Final = np.concatenate(posts)
        self._post_trial: Final = np.repeat(np.arange(len(moves)), [len(one) for one in posts])
        self._value: Final = np.concatenate(value)
        self._rest: Final = np.concatenate(rest)
        self._step: Final = np.concatenate(step)
        self._lines: Final = selection.lines.take(selection.shown_worked[self._shown])
        self._measured: Final = first.score[selection.shown_worked[self._shown]]
        self._places: Final = np.array([move.leading.place for move in moves], dtype=np.int64)

    def line_scores(self, steps: IntArray) -> FloatArray:
        """The score of every line of every card after so many steps of each."""
        return score(self._lines, self._value, rest=self._rest + self._step * steps[self._trial])

    def outcomes(self, steps: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Own score, unit part and final score of every card after so many steps of each."""
        selection, width = self._selection, len(self._selection.nodes)
        own = projected_own(
            self._trial * width + selection.shown_node[self._shown],
            weight=selection.shown_weight[self._shown],
            score=self._measured,
            projected=self.line_scores(steps),
            nodes=width * len(self._moves),
        )
        unit = unit_scores(
            self._post_trial,
            unit=self._post_trial * width + selection.post_unit[self._post],
            days=selection.post_days[self._post],
            own=own,
            employees=len(self._moves),
        )
        mine = own[np.arange(len(self._moves)) * width + self._places]
        mixed = blend(
            mine, unit=unit, unit_pct=selection.unit_pct[self._places], own_pct=selection.own_pct[self._places]
        )
        return mine, unit, np.where(selection.is_employee[self._places], mixed, mine)

    def finals(self, steps: IntArray) -> FloatArray:
        """The final score of every card after so many steps of each."""
        return self.outcomes(steps)[2]

    def own_lines(self, steps: IntArray) -> list[dict[int, float]]:
        """Of every card the scores of its own lines, by worked line."""
        scores = self.line_scores(steps)
        lines: list[dict[int, float]] = [{} for _ in self._moves]
        own = self._selection.shown_node[self._shown] == self._places[self._trial]
        for entry in np.flatnonzero(own):
            at = int(self._selection.shown_worked[self._shown[entry]])
            lines[int(self._trial[entry])][at] = float(scores[entry])
        return lines


# ------------------------------------------------------------------------------------------------------------------- the steps


class _Candidate(NamedTuple):
    """A line that may lift its card, with the way that it can go."""

    leading: Leading
    at: int
    actual: Fraction
    walk: Walk
    with_it: tuple[int, ...]


def _candidates(leading: Leading) -> list[_Candidate]:
    if leading.aim is None:
        return []
    candidates = []
    for at in leading.movable:
        actual = leading.actual(at)
        if actual is None or leading.line(at).is_fixed:
            continue
        falls = leading.aim.falls
        line, moved = leading.line(at), leading.with_it(at)
        walk = _walk(line, actual, falls=falls)
        further = [
            _walk(leading.line(one), there, falls=falls)
            for one in moved[1:]
            if (there := leading.actual(one)) is not None
        ]
        if walk.sign > 0:
            walk = Walk(walk.start, walk.sign, walk.grains, max(one.most for one in (walk, *further)))
        candidates.append(_Candidate(leading, at, actual, walk, moved))
    return candidates


def _walk(line: ScoredLine, actual: Fraction, *, falls: bool) -> Walk:
    return walk_of(line.reference, aggregate=line.version.measure.aggregate, actual=actual, falls=falls)


def _move(candidate: _Candidate) -> MovedLines:
    walk = candidate.walk
    step = walk.sign / walk.grains
    begins_anew = walk.start != candidate.actual
    return MovedLines(
        candidate.leading,
        {candidate.at: split(walk.start)} if begins_anew else {},
        dict.fromkeys(candidate.with_it, step),
    )


def lifts_of_cards(leadings: Sequence[Leading]) -> dict[int, list[Lift]]:
    """The lifts of some cards of one selection, by the place of the node, those of the least effort first."""
    candidates = [one for leading in leadings for one in _candidates(leading)]
    lifts: dict[int, list[Lift]] = {leading.place: [] for leading in leadings}
    if not candidates:
        return lifts
    trials = Trials([_move(one) for one in candidates])
    edges = np.array([one.leading.aim.edge for one in candidates if one.leading.aim], dtype=np.int64)
    falls = np.array([one.leading.aim.falls for one in candidates if one.leading.aim], dtype=np.bool_)
    most = np.array([one.walk.most for one in candidates], dtype=np.int64)
    steps = least_steps(trials.finals, edge=edges, falls=falls, most=most)
    ends = np.where(steps == NOT_REACHED, most, steps)
    finals = trials.finals(ends)
    for place, candidate in enumerate(candidates):
        lift = _lift(candidate, int(steps[place]), float(finals[place]))
        lifts[candidate.leading.place].append(lift)
    for of_card in lifts.values():
        of_card.sort(key=lambda one: (one.step is None, one.effort if one.step is not None else -one.final))
    return lifts


def lifting_pair(leading: Leading) -> tuple[Lift, Lift] | None:
    """Two lines that lift a card together where none does alone: one step less of either would not be enough.

    Of every two, one is taken to its best, the other goes as far as it must, and the first then comes back as far as it may; of all pairs the
    one of the least effort is told. None where no two lines do it, or the card is in the best band.
    """
    pairs = list(permutations(_candidates(leading), 2))
    if leading.aim is None or leading.aim.falls or not pairs:
        return None

    def least(fixed: Sequence[tuple[_Candidate, int]], moving: Sequence[_Candidate]) -> tuple[IntArray, FloatArray]:
        trials = Trials([_move_beside(one, *beside) for one, beside in zip(moving, fixed, strict=True)])
        most = np.array([one.walk.most for one in moving], dtype=np.int64)
        edges = np.full(len(moving), edge, dtype=np.int64)
        steps = least_steps(trials.finals, edge=edges, falls=np.zeros(len(moving), dtype=np.bool_), most=most)
        return steps, trials.finals(np.where(steps == NOT_REACHED, most, steps))

    edge = leading.aim.edge
    steps, _ = least([(one, one.walk.most) for one, _ in pairs], [other for _, other in pairs])
    able = [(one, other, int(steps[at])) for at, (one, other) in enumerate(pairs) if steps[at] != NOT_REACHED]
    if not able:
        return None
    back, finals = least([(other, taken) for _, other, taken in able], [one for one, _, _ in able])
    lifts = [
        (_lift(one, int(back[at]), float(finals[at])), _lift(other, taken, float(finals[at])))
        for at, (one, other, taken) in enumerate(able)
        if back[at] != NOT_REACHED
    ]
    return min(lifts, key=lambda pair: pair[0].effort + pair[1].effort, default=None)


def _move_beside(candidate: _Candidate, other: _Candidate, taken: int) -> MovedLines:
    """A line that is moved while another one has been taken so many steps."""
    moved, leading = _move(candidate), candidate.leading
    gone = Fraction(other.walk.sign * taken, other.walk.grains)
    ends = {other.at: other.walk.actual(taken)} | {
        at: actual + gone for at in other.with_it[1:] if (actual := leading.actual(at)) is not None
    }
    return MovedLines(
        leading,
        {**moved.starts, **{at: split(actual) for at, actual in ends.items()}},
        {**moved.steps, **dict.fromkeys(ends, 0.0)},
    )


def _lift(candidate: _Candidate, steps: int, final: float) -> Lift:
    walk, line = candidate.walk, candidate.leading.line(candidate.at)
    end = walk.actual(walk.most if steps == NOT_REACHED else steps)
    away = abs(end - candidate.actual)
    size = abs(candidate.actual) or abs(best_actual(line.reference).actual) or Fraction(1)
    final_score = published(final)
    return Lift(
        node=candidate.leading.movable[candidate.at],
        kpi=line.row.kpi,
        version=line.version,
        actual=exact_decimal(candidate.actual),
        better=best_actual(line.reference).sign,
        step=None if steps == NOT_REACHED else exact_decimal(away),
        reached=exact_decimal(end),
        places=len(str(walk.grains)) - 1,
        final=Decimal(0) if final_score is None else final_score,
        is_best=isclose(candidate.leading.score(candidate.at), SCORE_MAX),
        effort=float(away / size),
        usual=_usual(candidate.leading.exact, candidate.at, line.version.measure),
        with_unit=len(candidate.with_it) > 1,
    )


def _usual(exact: ExactActuals, at: int, measure: Measure) -> Decimal | None:
    """What an activity that a sum counts is worth on average, to the cent; None without any."""
    if measure.aggregate != Aggregate.SUM:
        return None
    mean = OF_TOTALS[Aggregate.MEAN](exact.total(at, measure))
    return None if mean is None else round(exact_decimal(mean), 2)

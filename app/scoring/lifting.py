"""What would lift a scorecard to the next band, line by line, and what would come of actuals that somebody tries.

Both ask the rules that score, of actuals that are not there; nothing is recorded. What moves is one line's actual at the year's end. The same KPI
of the unit posted to moves with it where it adds up, since the unit counts what its people do; everything else stays where it leads.
A newcomer's usual mistake is to begin at the score so far: while the year runs a step counts on top of where the year leads to
(:mod:`app.rules.outlook`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from math import isclose, isnan
from typing import Final, NamedTuple

import numpy as np
from sqlalchemy import Connection

from app.rules.definitions import KpiVersion, Measure
from app.rules.lifting import NOT_REACHED, Aim, Walk, aim_of, is_reached, least_steps, places_of, walk_of
from app.rules.measures import ADDS_UP, OF_TOTALS, Aggregate, FloatArray, IntArray, decimal_text, split
from app.rules.methods import SCORE_MAX, SCORE_MIN, best_actual, score
from app.rules.outlook import Outlook
from app.rules.projection import projected_actual
from app.rules.rollup import Band, band, blend, projected_own, published, unit_scores
from app.rules.terms import Node, NodeKind
from app.scoring.board import node_name
from app.scoring.plan import ScoredLine, State
from app.scoring.scorecards import ExactActuals, ScoreQuery, Scores, read_figures, score_figures

__all__ = [
    "CardScores",
    "Lift",
    "Lifting",
    "MemberLift",
    "TriedLine",
    "lifting",
    "lifting_of_people",
]


_WRITTEN_PLACES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """How far a line alone would have to move, all else as it leads."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedLine:
    """A line with the actual that somebody tries; of one that cannot be measured, and so not be tried, there are no figures."""

    kpi: str
    version: KpiVersion
    actual: Decimal | None = None
    """Where it leads."""
    tried: Decimal | None = None
    places: int = 0
    """The decimals that the KPI's steps have."""
    leads: Decimal | None = None
    """Where it leads, as its field has it: with a few decimals."""
    written: Decimal | None = None
    """The actual that is tried, as its field has it: a typed one as it was typed."""
    least: Decimal = Decimal(0)
    most: Decimal = Decimal(0)
    """The ends of what is worth trying."""
    marks: tuple[tuple[str, Decimal], ...] = ()
    """What it is held against: low, base, target and high, those that there are."""
    score: float | None = None
    tried_score: float | None = None


class CardScores(NamedTuple):
    """The scores that a card comes to."""

    own: float | None
    unit: float | None
    final: float | None

    @property
    def band(self) -> Band | None:
        """The band of the final score as it is published."""
        return band(published(self.final))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifting:
    """A scorecard with what would lift it."""

    node: Node
    name: str
    cycle: int
    cycles: tuple[int, ...]
    query: ScoreQuery
    outlook: Outlook
    projects: bool
    """Whether it goes by where the year leads, and not by the score so far."""
    leads: CardScores
    aim: Aim | None
    lifts: tuple[Lift, ...]
    """The lines that can be moved, the least effort first; last those that cannot do it alone, the one that comes nearest first."""
    lines: tuple[TriedLine, ...]
    """All lines, in the order of the scorecard, with what is tried."""
    comes_to: CardScores
    """What that would come to."""
    units: tuple[tuple[Node, str], ...]
    """Of an employee: the units whose own scores make the unit part."""
    unit_pct: Decimal

    @property
    def able(self) -> tuple[Lift, ...]:
        """The lines each of which alone would do it."""
        return tuple(one for one in self.lifts if one.step is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLift:
    """One of a unit's people, with the line that takes least to lift them."""

    node: Node
    name: str
    projects: bool
    leads: CardScores
    aim: Aim | None
    lift: Lift | None


# ------------------------------------------------------------------------------------------------------------- where it leads


class _Leading:
    """Where a node's lines lead, exactly and as the scores have them."""

    def __init__(self, scored: Scores, place: int, exact: ExactActuals) -> None:
        selection = scored.selection
        self.scored: Final = scored
        self.place: Final = place
        self.node: Final = selection.nodes[place]
        _, _, final, ahead = scored.at(place)
        owned = np.flatnonzero(selection.shown_node == place)
        self.worked: Final[list[int]] = selection.shown_worked[owned].tolist()
        measured = ~np.isnan(scored.score[self.worked])
        has_projections = not np.isnan(scored.projected_score[self.worked])[measured].any()
        outlook = selection.plan.outlook(scored.asked.day)
        self.projects: Final = outlook is Outlook.RUNNING and ahead is not None and has_projections
        self.actuals: Final = scored.projected if self.projects else scored.actual
        self._exact: Final = exact
        self.aim: Final = aim_of(band(published(ahead if self.projects else final)))

    def line(self, at: int) -> ScoredLine:
        """A worked line."""
        selection = self.scored.selection
        return selection.plan.worked[selection.worked[at]]

    def score(self, at: int) -> float:
        """The score of a worked line where it leads."""
        return float((self.scored.projected_score if self.projects else self.scored.score)[at])

    def actual(self, at: int) -> Fraction | None:
        """Where a worked line leads; None where it cannot be measured, or has no projection that it could go by."""
        if isnan(self.scored.score[at]):
            return None
        actual = self._exact.actual(at)
        if not self.projects:
            return actual
        line, plan = self.line(at), self.scored.selection.plan
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
        ]
        return (at, *same)


class _Move(NamedTuple):
    """Worked lines of one card, each with the pair of floats that its actual begins at, and what a step adds to all of them."""

    leading: _Leading
    starts: Mapping[int, tuple[float, float]]
    steps: Mapping[int, float]


class _Trials:
    """Many cards at once, in each of which some lines are moved: scored by the rules that score the agency."""

    def __init__(self, moves: Sequence[_Move]) -> None:
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
            posted = np.flatnonzero(selection.post_employee == leading.place)
            near = np.isin(selection.shown_node, [leading.place, *selection.post_unit[posted].tolist()])
            places = np.flatnonzero(near)
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

    leading: _Leading
    at: int
    actual: Fraction
    walk: Walk
    with_it: tuple[int, ...]


def _candidates(leading: _Leading) -> list[_Candidate]:
    if leading.aim is None:
        return []
    candidates = []
    for at in leading.worked:
        actual = leading.actual(at)
        if actual is None:
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


def _move(candidate: _Candidate) -> _Move:
    walk = candidate.walk
    step = walk.sign / walk.grains
    begins_anew = walk.start != candidate.actual
    return _Move(
        candidate.leading,
        {candidate.at: split(walk.start)} if begins_anew else {},
        dict.fromkeys(candidate.with_it, step),
    )


def _lifts(leadings: Sequence[_Leading], exact: ExactActuals) -> dict[int, list[Lift]]:
    """The lifts of some cards of one selection, by the place of the node, those of the least effort first."""
    candidates = [one for leading in leadings for one in _candidates(leading)]
    lifts: dict[int, list[Lift]] = {leading.place: [] for leading in leadings}
    if not candidates:
        return lifts
    trials = _Trials([_move(one) for one in candidates])
    edges = np.array([one.leading.aim.edge for one in candidates if one.leading.aim], dtype=np.int64)
    falls = np.array([one.leading.aim.falls for one in candidates if one.leading.aim], dtype=np.bool_)
    most = np.array([one.walk.most for one in candidates], dtype=np.int64)
    steps = least_steps(lambda tried: is_reached(trials.finals(tried), edges) != falls, most)
    ends = np.where(steps == NOT_REACHED, most, steps)
    finals = trials.finals(ends)
    for place, candidate in enumerate(candidates):
        lift = _lift(candidate, exact, int(steps[place]), float(finals[place]))
        lifts[candidate.leading.place].append(lift)
    for of_card in lifts.values():
        of_card.sort(key=lambda one: (one.step is None, one.effort if one.step is not None else -one.final))
    return lifts


def _lift(candidate: _Candidate, exact: ExactActuals, steps: int, final: float) -> Lift:
    walk, line = candidate.walk, candidate.leading.line(candidate.at)
    end = walk.actual(walk.most if steps == NOT_REACHED else steps)
    away = abs(end - candidate.actual)
    size = abs(candidate.actual) or abs(best_actual(line.reference).actual) or Fraction(1)
    final_score = published(final)
    return Lift(
        kpi=line.row.kpi,
        version=line.version,
        actual=_decimal(candidate.actual),
        better=best_actual(line.reference).sign,
        step=None if steps == NOT_REACHED else _decimal(away),
        reached=_decimal(end),
        places=len(str(walk.grains)) - 1,
        final=Decimal(0) if final_score is None else final_score,
        is_best=isclose(candidate.leading.score(candidate.at), SCORE_MAX),
        effort=float(away / size),
        usual=_usual(exact, candidate.at, line.version.measure),
        with_unit=len(candidate.with_it) > 1,
    )


def _usual(exact: ExactActuals, at: int, measure: Measure) -> Decimal | None:
    """What an activity that a sum counts is worth on average, to the cent; None without any."""
    if measure.aggregate != Aggregate.SUM:
        return None
    mean = OF_TOTALS[Aggregate.MEAN](exact.total(at, measure))
    return None if mean is None else round(_decimal(mean), 2)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(decimal_text(value))


# ----------------------------------------------------------------------------------------------------------------------- reads


def lifting(
    connection: Connection,
    *,
    loaded: State,
    node: Node,
    asked: ScoreQuery,
    tries: Mapping[str, Decimal] | None = None,
) -> Lifting:
    """What would lift a node's scorecard, and what would come of the actuals that somebody tries.

    Args:
        tries: actuals at the year's end by KPI; the other lines stay where they lead.

    Queries: those of :func:`app.scoring.scorecards.read_figures`.
    """
    plan = loaded.plan(asked.cycle)
    selection = plan.select((node,))
    scored = score_figures(selection, read_figures(connection, selection, asked), asked)
    exact = ExactActuals(scored)
    leading = _Leading(scored, 0, exact)
    directory, day = plan.frame.directory, plan.day_within(asked.day)
    person = plan.people.get(node.code) if node.kind is NodeKind.EMPLOYEE else None
    lines, leads, comes_to = _tried(leading, tries or {})
    units = [Node(NodeKind.UNIT, code) for code in plan.units_of(node)]
    return Lifting(
        node=node,
        name=node_name(directory, node, day),
        cycle=plan.cycle,
        cycles=loaded.sheet.cycles,
        query=asked,
        outlook=plan.outlook(asked.day),
        projects=leading.projects,
        leads=leads,
        aim=leading.aim,
        lifts=tuple(_lifts([leading], exact)[0]),
        lines=lines,
        comes_to=comes_to,
        units=tuple((unit, node_name(directory, unit, day)) for unit in units),
        unit_pct=Decimal(plan.sheet.definitions.policies.blend[person.job].unit) if person else Decimal(0),
    )


def lifting_of_people(
    connection: Connection, *, loaded: State, unit: str, asked: ScoreQuery, sees: Callable[[Node], bool]
) -> tuple[MemberLift, ...]:
    """Of each of a unit's people the line that takes least to lift them; whoever is nearest to the next band comes first.

    Queries: those of :func:`app.scoring.scorecards.read_figures`, however many the people are.
    """
    plan = loaded.plan(asked.cycle)
    directory, day = plan.frame.directory, plan.day_within(asked.day)
    people = [Node(NodeKind.EMPLOYEE, number) for number in directory.people_of(unit, day)]
    nodes = tuple(one for one in people if sees(one))
    if not nodes:
        return ()
    selection = plan.select(nodes)
    scored = score_figures(selection, read_figures(connection, selection, asked), asked)
    exact = ExactActuals(scored)
    leadings = [_Leading(scored, place, exact) for place in range(len(nodes))]
    lifts = _lifts(leadings, exact)
    members = []
    for leading in leadings:
        own, unit_part, final, ahead = scored.at(leading.place)
        best = next((one for one in lifts[leading.place] if one.step is not None), None)
        outcome = CardScores(own, unit_part, ahead if leading.projects else final)
        members.append(
            MemberLift(
                node=leading.node,
                name=node_name(directory, leading.node, day),
                projects=leading.projects,
                leads=outcome,
                aim=leading.aim,
                lift=best,
            )
        )
    return tuple(sorted(members, key=_nearness))


def _nearness(member: MemberLift) -> tuple[bool, bool, float]:
    if member.aim is None or member.aim.falls:
        return True, member.aim is None, 0.0
    return False, member.lift is None, float(member.aim.edge) - (member.leads.final or 0.0)


def _tried(leading: _Leading, tries: Mapping[str, Decimal]) -> tuple[tuple[TriedLine, ...], CardScores, CardScores]:
    """All lines of a card with what is tried, and what the card leads to and would come to."""
    there = {at: actual for at in leading.worked if (actual := leading.actual(at)) is not None}
    asked = {
        at: _meant(leading.line(at), there[at], tries[kpi])
        for at in there
        if (kpi := leading.line(at).row.kpi) in tries
    }
    ends: dict[int, Fraction] = {}
    for at, actual in asked.items():
        ends[at] = actual
        for other in leading.with_it(at)[1:]:
            begun = ends.get(other, leading.actual(other))
            if begun is not None:
                ends[other] = begun + actual - there[at]
    moves = [
        _Move(leading, {}, {}),
        _Move(leading, {at: split(actual) for at, actual in ends.items()}, dict.fromkeys(ends, 0.0)),
    ]
    trials, still = _Trials(moves), np.zeros(2, dtype=np.int64)
    own, unit, final = trials.outcomes(still)
    leads, comes_to = (CardScores(_shown(own[at]), _shown(unit[at]), _shown(final[at])) for at in (0, 1))
    before, after = trials.own_lines(still)
    lines = tuple(
        _tried_line(leading.line(at), there.get(at), asked.get(at), before[at], after[at]) for at in leading.worked
    )
    return lines, leads, comes_to


def _meant(line: ScoredLine, actual: Fraction, typed: Decimal) -> Fraction:
    """The actual that is tried: a field that was left as it was written, with fewer decimals, leaves the line where it leads."""
    return actual if typed == _written(line, actual) else Fraction(typed)


def _written(line: ScoredLine, actual: Fraction) -> Decimal:
    """Where a line leads as its field has it: a count too with decimals, since the pace of a year ends between two activities."""
    places = places_of(line.version.measure.aggregate, actual=actual, reference=line.reference)
    least = 0 if line.version.measure.aggregate == Aggregate.SUM else _WRITTEN_PLACES
    return _short(round(_decimal(actual), max(places, least)))


def _short(number: Decimal) -> Decimal:
    """The number without zeros behind its last decimal."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


def _shown(value: float) -> float | None:
    return None if isnan(value) else float(value)


def _tried_line(
    line: ScoredLine, actual: Fraction | None, asked: Fraction | None, before: float, after: float
) -> TriedLine:
    kpi, version = line.row.kpi, line.version
    if actual is None:
        return TriedLine(kpi=kpi, version=version)
    reference, aggregate = line.reference, version.measure.aggregate
    places = places_of(aggregate, actual=actual, reference=reference)
    marks = [
        (name, figure) for name in ("low", "base", "target", "high") if (figure := getattr(reference, name)) is not None
    ]
    figures = [actual, best_actual(reference).actual, *(figure for _, figure in marks)]
    least = min(Fraction(SCORE_MIN) if reference.is_rated else Fraction(0), *figures)
    most = max(figures)
    beyond = Fraction(0) if reference.is_rated else (most - least) / 10
    return TriedLine(
        kpi=kpi,
        version=version,
        actual=_decimal(actual),
        tried=_decimal(actual if asked is None else asked),
        leads=_written(line, actual),
        written=_written(line, actual) if asked is None or asked == actual else _decimal(asked),
        places=places,
        least=round(_decimal(least), places),
        most=round(_decimal(most + beyond), places),
        marks=tuple((name, _decimal(figure)) for name, figure in marks),
        score=_shown(before),
        tried_score=_shown(after),
    )

"""How each level does: the one read model of scores, which pages, API, commands and exports all render.

Arrays for all nodes at once (:class:`Scores`), and a node's scorecard made of them (:class:`Scorecard`) with its figures exact.
An employee's final score moves when a colleague records something, since half of it is the unit's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import isnan
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from app import ledger
from app.ledger import EventSet, Figures, Frame
from app.rules.baseline import Reason
from app.rules.definitions import Measure
from app.rules.measures import Actuals, Entered, Total, Totals, actual, decimal_text
from app.rules.methods import reasons, score
from app.rules.outlook import Outlook
from app.rules.projection import projected, projected_actual
from app.rules.rollup import Area, areas, blend, lost_points, own_scores, projected_own, published, unit_scores
from app.rules.terms import Basis, Node
from app.scoring.past import figures_as_of
from app.scoring.plan import DisplayLine, Selection
from app.scoring.planning import State
from app.scoring.states import state

__all__ = [
    "ComputedLine",
    "ExactActuals",
    "LineScore",
    "ScoreQuery",
    "Scorecard",
    "Scores",
    "has_same_shown_lines",
    "line_scores",
    "make_scorecards",
    "projection_of_lines",
    "read_figures",
    "score_again",
    "score_figures",
    "score_of_lines",
    "scorecards",
    "scores",
    "scores_by_method",
    "shown_lines",
]

FloatArray = npt.NDArray[np.float64]
_LEVEL_WIDTH: Final = 4


class ScoreQuery(NamedTuple):
    """What is asked of the scores.

    ``today`` is the day that projections go by where no ``as_of`` is asked.
    """

    cycle: int
    today: dt.date
    as_of: dt.date | None = None
    basis: Basis = Basis.FINAL

    @property
    def day(self) -> dt.date:
        """The day that projections go by."""
        return self.as_of or self.today


class ComputedLine(NamedTuple):
    """What a line comes to without what was decided about it: the actual as a decimal string."""

    actual: str | None
    score: float | None


@dataclass(frozen=True, slots=True)
class LineScore:
    """A line of a scorecard with all its figures: measured values as decimal strings, None where they are null."""

    kpi: str
    weight: Decimal
    area: str | None
    link: str
    parent_node: str | None
    actual: str | None
    base: str | None
    sigma: str | None
    high: str | None
    low: str | None
    target: str | None
    method: str
    score: float | None
    reason: str | None
    points: float | None
    projected_actual: str | None
    projected_score: float | None
    ahead_score: float | None
    """What it counts as at the year's end: its projected score; of a line whose actual was decided on the score as it stands."""
    has_old_score: bool
    old_score: float | None
    elapsed: float | None
    computed: ComputedLine | None = None
    """What it comes to without what was decided about it; None in a cycle about whose lines nothing ever was."""
    decisions: tuple[int, ...] = ()
    """The numbers of the decisions about it that hold."""

    def as_json(self) -> dict[str, Any]:
        """The line as the contract writes it."""
        line: dict[str, Any] = {
            "kpi": self.kpi,
            "weight": _plain(self.weight),
            "actual": self.actual,
            "base": self.base,
            "sigma": self.sigma,
            "high": self.high,
            "low": self.low,
            "target": self.target,
            "method": self.method,
            "score": self.score,
            "reason": self.reason,
            "points": self.points,
            "projected_actual": self.projected_actual,
            "projected_score": self.projected_score,
        }
        if self.has_old_score:
            line["old_score"] = self.old_score
        if self.computed is not None:
            line["computed"] = self.computed._asdict()
            line["decisions"] = list(self.decisions)
        return line


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A node's scores in a cycle, as of a day and on a basis."""

    node: Node
    cycle: int
    as_of: dt.date | None
    basis: Basis
    own_score: float | None
    unit_score: float | None
    final_score: float | None
    projected_score: float | None
    lines: tuple[LineScore, ...]

    @property
    def published(self) -> Decimal | None:
        """What is published and ranked: the final score to two decimals."""
        return published(self.final_score)

    @property
    def areas(self) -> tuple[Area, ...]:
        """The node's own lines added up by the levels of their areas."""
        return areas([(line.area, float(line.weight), line.points) for line in self.lines])

    def as_json(self) -> dict[str, Any]:
        """The scorecard as the contract writes it."""
        return {
            "node": str(self.node),
            "cycle": str(self.cycle),
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "basis": str(self.basis),
            "own_score": self.own_score,
            "unit_score": self.unit_score,
            "final_score": self.final_score,
            "projected_score": self.projected_score,
            "lines": [line.as_json() for line in self.lines],
            "areas": [area._asdict() for area in self.areas],
        }


@dataclass(frozen=True)
class Scores:
    """The scores of a selection's nodes, NaN where there is none; nodes as the selection has them, lines as it works them out."""

    selection: Selection
    asked: ScoreQuery
    figures: Figures
    measured: Actuals
    """What each worked line comes to, whatever was decided."""
    actual: Actuals
    """The same, with the actuals that were decided on in their place."""
    score: FloatArray
    points: FloatArray
    own: FloatArray
    unit: FloatArray
    final: FloatArray

    @cached_property
    def ahead_actual(self) -> Actuals:
        """The worked lines' actuals at the cycle's end: those that grow with days drawn on to it, those that were decided on as they stand."""
        selection = self.selection
        ahead = projected(self.actual, grows=selection.grows, elapsed=selection.elapsed(self.asked.day))
        return selection.decided.over(ahead)

    @cached_property
    def ahead_score(self) -> FloatArray:
        """The worked lines' scores of that: what they count as where the year leads."""
        return score(self.selection.lines, self.ahead_actual.value, rest=self.ahead_actual.rest)

    @cached_property
    def projected_score(self) -> FloatArray:
        """The same, NaN for a line whose actual was decided on: it leads nowhere by itself (contract-cycle, 5)."""
        leads = self.selection.decided.without_projection(self.ahead_actual)
        if leads is self.ahead_actual:
            return self.ahead_score
        return score(self.selection.lines, leads.value, rest=leads.rest)

    @cached_property
    def computed_score(self) -> dict[int, float]:
        """Of the worked lines about which people decided something the score without that, NaN for none."""
        return self.selection.decided.computed_scores(self.measured)

    @cached_property
    def projected_parts(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The nodes' own scores, unit parts and final scores of that."""
        shown = self.selection.shown_worked
        own = projected_own(
            self.selection.shown_node,
            weight=self.selection.shown_weight,
            score=self.score[shown],
            projected=self.ahead_score[shown],
            nodes=len(self.selection.nodes),
        )
        return own, *_blended(self.selection, own)

    @property
    def projected_final(self) -> FloatArray:
        """The nodes' final scores of that."""
        return self.projected_parts[2]

    @cached_property
    def lost(self) -> FloatArray:
        """What each shown line keeps its node's own score below 100 by at the year's end, or now where the cycle is over."""
        selection = self.selection
        over = selection.plan.outlook(self.asked.day) is Outlook.OVER
        return lost_points(
            selection.shown_node,
            weight=selection.shown_weight,
            score=self.score.take(selection.shown_worked),
            leading=(self.score if over else self.ahead_score).take(selection.shown_worked),
            nodes=len(selection.nodes),
        )

    def of(self, node: Node) -> tuple[float | None, float | None, float | None, float | None]:
        """A node's own, unit, final and projected score."""
        return self.at(self.selection.nodes.index(node))

    def at(self, place: int) -> tuple[float | None, float | None, float | None, float | None]:
        """The own, unit, final and projected score of the node at a place of the selection."""
        return (
            _shown(self.own[place]),
            _shown(self.unit[place]),
            _shown(self.final[place]),
            _shown(self.projected_final[place]),
        )

    def ahead(self, place: int) -> tuple[float | None, float | None]:
        """The own score and the unit part at the year's end of the node at a place of the selection."""
        own, unit, _ = self.projected_parts
        return _shown(own[place]), _shown(unit[place])


def _shown(value: np.float64 | float) -> float | None:
    number = float(value)
    return None if isnan(number) else number


def _plain(weight: Decimal) -> int | float:
    whole = weight.to_integral_value()
    return int(whole) if whole == weight else float(weight)


def read_figures(
    connection: Connection, selection: Selection, asked: ScoreQuery, *, events: EventSet | None = None
) -> Figures:
    """What the selection's nodes have done.

    As of a day it hangs on the revision and on the events of days up to it alone: kept by both, and by what was worked out for all nodes.

    Args:
        connection: an open transaction.
        selection: the nodes.
        asked: the cycle, and the day.
        events: the events of days up to that day, where they were asked for already.

    Queries: 1 or 2 of now; as of a day 1, and those of :func:`app.scoring.past.figures_as_of` where another event of such a day has come.
    """
    plan = selection.plan
    frame, cycle = plan.frame, plan.cycle
    with frame.reading(connection) as source:
        if asked.as_of is None and not frame.has_totals:
            return ledger.figures_as_of(source, frame, cycle=cycle, nodes=selection.sources, as_of=dt.date.max)
        if asked.as_of is None:
            return ledger.current_figures(source, frame, cycle=cycle, nodes=selection.sources)
        return figures_as_of(source, selection, asked.as_of, _events(source, frame, asked.as_of, events))


def _events(source: Connection, frame: Frame, as_of: dt.date, known: EventSet | None) -> EventSet:
    """The events of days up to one; those of a cut's own database nobody has asked for before."""
    return ledger.event_set(source, as_of) if known is None or frame.source is not None else known


def _totals(figures: Figures, rows: npt.NDArray[np.int64], members: npt.NDArray[np.int64]) -> Totals:
    shares, valued, dollars, micros = figures.amounts.reshape(-1, _LEVEL_WIDTH).take(rows, axis=0).T
    return Totals(shares, valued, dollars, micros, figures.distinct.reshape(-1).take(members))


def _actuals(selection: Selection, figures: Figures, basis: Basis) -> Actuals:
    """What each worked line comes to."""
    if not figures.slices:
        zero = np.zeros(len(selection.worked), dtype=np.int64)
        nothing = Totals(zero, zero, zero, zero, zero)
        return selection.measuring.actuals(nothing, nothing, _entered(selection, figures, basis))
    reading = selection.reading(basis)
    upper = _totals(figures, reading.upper, reading.upper_members)
    lower = _totals(figures, reading.lower, reading.lower_members)
    return selection.measuring.actuals(upper, lower, _entered(selection, figures, basis))


def _entered(selection: Selection, figures: Figures, basis: Basis) -> Entered:
    """What the folder has of lines that people enter, under what figures give."""
    if not figures.given:
        return selection.entered
    levels = selection.levels(basis)
    reported = {
        place: value
        for node, kpis in figures.given.items()
        for kpi, given in kpis.items()
        for place in selection.given_at(node, kpi)
        if (value := given[levels[place]]) is not None
    }
    return selection.entered.under(Entered.at_places(reported)) if reported else selection.entered


def score_figures(selection: Selection, figures: Figures, asked: ScoreQuery) -> Scores:
    """Score everything in the selection at once; projections are worked out when they are looked at. No queries."""
    measured = _actuals(selection, figures, asked.basis)
    actuals = selection.decided.over(measured)
    worked = score(selection.lines, actuals.value, rest=actuals.rest)
    rolled = own_scores(
        selection.shown_node,
        weight=selection.shown_weight,
        score=worked.take(selection.shown_worked),
        nodes=len(selection.nodes),
    )
    unit, final = _blended(selection, rolled.own)
    return Scores(selection, asked, figures, measured, actuals, worked, rolled.points, rolled.own, unit, final)


def _blended(selection: Selection, own: FloatArray) -> tuple[FloatArray, FloatArray]:
    unit = unit_scores(
        selection.post_employee,
        unit=selection.post_unit,
        days=selection.post_days,
        own=own,
        employees=len(selection.nodes),
    )
    mixed = blend(own, unit=unit, unit_pct=selection.unit_pct, own_pct=selection.own_pct)
    return unit, np.where(selection.is_employee, mixed, own)


def scores(
    connection: Connection, asked: ScoreQuery, nodes: Sequence[Node] | None = None, *, loaded: State | None = None
) -> Scores:
    """The scores of some nodes, or of all that are listed in the cycle, by what is loaded and decided now or by what is ``held``.

    Queries: 2 or 3 of now, however many the nodes are; as of a day those of the fold and 1.
    """
    plan = (loaded or state(connection)).plan(asked.cycle)
    selection = plan.everything() if nodes is None else plan.select(nodes)
    return score_figures(selection, read_figures(connection, selection, asked), asked)


def score_again(scored: Scores, other: State) -> Scores:
    """The same nodes' scores by a state in which nothing but decisions differ. No queries."""
    asked, old = scored.asked, scored.selection
    plan = other.plan(asked.cycle)
    selection = plan.everything() if old is old.plan.everything() else plan.select(old.nodes[: old.asked])
    return score_figures(selection, scored.figures, asked)


def scorecards(
    connection: Connection, asked: ScoreQuery, nodes: Sequence[Node] | None = None, *, loaded: State | None = None
) -> list[Scorecard]:
    """The scorecards of some nodes, or of all that are listed in the cycle, in that order. Queries: those of :func:`scores`."""
    return make_scorecards(scores(connection, asked, nodes, loaded=loaded))


def make_scorecards(scored: Scores, *, first: int | None = None) -> list[Scorecard]:
    """The scorecards of the nodes that were asked for, or of the first of them, with exact figures. No queries."""
    selection = scored.selection
    made = selection.asked if first is None else min(first, selection.asked)
    plan, asked = selection.plan, scored.asked
    why = reasons(selection.lines, scored.actual.value)
    exact = ExactActuals(scored)
    cards: list[list[LineScore]] = [[] for _ in range(made)]
    order = {node: iter(plan.lines.get(node, ())) for node in selection.nodes[:made]}
    for place, node_at in enumerate(selection.shown_node.tolist()):
        if node_at < made:
            line = next(order[selection.nodes[node_at]])
            cards[node_at].append(_line(scored, exact, why, line, place))
    return [
        Scorecard(node, plan.cycle, asked.as_of, asked.basis, *scored.at(at), tuple(cards[at]))
        for at, node in enumerate(selection.nodes[:made])
    ]


def line_scores(scored: Scores, wanted: Collection[tuple[Node, str]]) -> dict[tuple[Node, str], LineScore]:
    """Some lines of the nodes that were asked for, by node and KPI, with exact figures. No queries."""
    exact, why = ExactActuals(scored), reasons(scored.selection.lines, scored.actual.value)
    return {
        (node, line.row.kpi): _line(scored, exact, why, line, place)
        for place, node, line in shown_lines(scored)
        if (node, line.row.kpi) in wanted
    }


def score_of_lines(scored: Scores) -> dict[tuple[Node, str], float | None]:
    """The score of every line of the nodes that were asked for, by node and KPI. No queries."""
    return _by_line(scored, scored.score)


def scores_by_method(scored: Scores) -> dict[str, list[float]]:
    """The scores of all lines that nodes show and that have one, by the method that scores them: a shared line's stands at each who shows it. No queries."""
    selection = scored.selection
    shown = selection.shown_worked[selection.shown_node < selection.asked].tolist()
    values, worked = scored.score.tolist(), selection.plan.worked
    by_method: dict[str, list[float]] = {}
    for at in shown:
        if not isnan(values[at]):
            by_method.setdefault(str(worked[selection.worked[at]].reference.method), []).append(values[at])
    return by_method


def actual_of_lines(scored: Scores) -> dict[tuple[Node, str], float | None]:
    """The actual of every line of the nodes that were asked for, by node and KPI. No queries."""
    return _by_line(scored, scored.actual.value)


def projection_of_lines(scored: Scores) -> dict[tuple[Node, str], float | None]:
    """Where every line of the nodes that were asked for leads, by node and KPI. No queries."""
    return _by_line(scored, scored.ahead_score)


def _by_line(scored: Scores, of_worked: FloatArray) -> dict[tuple[Node, str], float | None]:
    worked = scored.selection.shown_worked
    return {(node, line.row.kpi): _shown(of_worked[int(worked[place])]) for place, node, line in shown_lines(scored)}


def shown_lines(scored: Scores) -> Iterator[tuple[int, Node, DisplayLine]]:
    """The lines of the nodes that were asked for, each with its place in the selection."""
    selection = scored.selection
    order = {node: iter(selection.plan.lines.get(node, ())) for node in selection.nodes[: selection.asked]}
    for place, node_at in enumerate(selection.shown_node.tolist()):
        if node_at < selection.asked:
            node = selection.nodes[node_at]
            yield place, node, next(order[node])


def has_same_shown_lines(one: Selection, other: Selection) -> bool:
    """Whether of two selections of the same nodes each shows lines of the same KPIs at the same places."""
    before, after = one.plan.lines, other.plan.lines
    if before is after:
        return True
    some = one.nodes[: one.asked]
    return np.array_equal(one.shown_node, other.shown_node) and all(
        before.get(node) is after.get(node)
        or [line.row.kpi for line in before.get(node, ())] == [line.row.kpi for line in after.get(node, ())]
        for node in some
    )


class ExactActuals:
    """Exact actuals of worked lines, each computed once however often it is shown."""

    def __init__(self, scored: Scores) -> None:
        self._found: Final = scored
        self._level: Final = scored.selection.levels(scored.asked.basis).tolist()
        self._source: Final = scored.selection.source.tolist()
        self._column: Final = {one.slice: at for at, one in enumerate(scored.selection.plan.frame.slices)}
        self._known: Final[dict[int, Fraction | None]] = {}

    def actual(self, at: int) -> Fraction | None:
        """The actual of a worked line: the one that was decided on, else what was measured."""
        decided = self._found.selection.plan.worked[self._found.selection.worked[at]].decided
        value = None if decided is None else decided.actual
        return self.measured(at) if value is None else Fraction(value)

    def measured(self, at: int) -> Fraction | None:
        """What a worked line comes to, whatever was decided."""
        if at not in self._known:
            worked = self._found.selection.plan.worked[self._found.selection.worked[at]]
            entered = self.reported(at)
            self._known[at] = actual(
                worked.version.measure,
                lambda one: self.total(at, one),
                entered=worked.entered if entered is None else entered,
            )
        return self._known[at]

    def reported(self, at: int) -> Decimal | None:
        """What a figure gives as the actual of a worked line; None where none does."""
        worked = self._found.selection.plan.worked[self._found.selection.worked[at]]
        given = self._found.figures.given.get(worked.node, {}).get(worked.row.kpi)
        return given[self._level[at]] if given and worked.version.measure.aggregate == "given" else None

    def total(self, at: int, measure: Measure) -> Total:
        """What a worked line's node has of a measure that looks at activities."""
        if measure.slice is None:
            return Total()
        figures, source, level = self._found.figures, self._source[at], self._level[at]
        column = self._column[measure.slice]
        shares, valued, dollars, micros = figures.amounts[source, column].reshape(3, _LEVEL_WIDTH)[level].tolist()
        members = int(figures.distinct[source, column, 1 if measure.of == "company" else 0, level])
        return Total(shares, valued, dollars, micros, members)


def _line(scored: Scores, exact: ExactActuals, why: list[Reason | None], line: DisplayLine, place: int) -> LineScore:
    selection = scored.selection
    at = int(selection.shown_worked[place])
    bridge = int(selection.shown_bridge[place])
    worked = selection.plan.worked[selection.worked[at]]
    value, points = _shown(scored.score[at]), _shown(scored.points[place])
    measured = value is not None
    exact_actual = exact.actual(at)
    shown = worked.reference.shown(is_measured=measured)
    aggregate = worked.version.measure.aggregate
    elapsed = selection.plan.elapsed_of(worked, scored.asked.day) if selection.grows[at] else None
    is_given = worked.decided is not None and worked.decided.actual is not None
    leads = measured and not is_given
    ahead = projected_actual(exact_actual, aggregate=aggregate, elapsed=elapsed) if leads else None
    reason = why[at]
    return LineScore(
        kpi=line.row.kpi,
        weight=line.row.weight,
        area=line.row.area,
        link=str(line.row.link),
        parent_node=None if line.row.parent_node is None else str(line.row.parent_node),
        actual=None if exact_actual is None else decimal_text(exact_actual),
        base=shown.base,
        sigma=shown.sigma,
        high=shown.high,
        low=shown.low,
        target=shown.target,
        method=str(shown.method),
        score=value,
        reason=None if reason is None else str(reason),
        points=points,
        projected_actual=None if ahead is None else decimal_text(ahead),
        projected_score=_shown(scored.projected_score[at]) if measured else None,
        ahead_score=_shown(scored.ahead_score[at]) if measured else None,
        has_old_score=line.bridge is not None,
        old_score=_shown(scored.score[bridge]) if bridge >= 0 else None,
        elapsed=None if elapsed is None else elapsed.numerator / elapsed.denominator,
        computed=_computed(scored, exact, at, exact_actual, value),
        decisions=() if worked.decided is None else worked.decided.ids,
    )


def _computed(
    scored: Scores, exact: ExactActuals, at: int, actual_: Fraction | None, score_: float | None
) -> ComputedLine | None:
    """What a worked line comes to without what was decided; None in a cycle about whose lines nothing ever was."""
    plan = scored.selection.plan
    if plan.cycle not in plan.sheet.decided:
        return None
    if at in scored.computed_score:
        actual_, score_ = exact.measured(at), _shown(scored.computed_score[at])
    return ComputedLine(None if actual_ is None else decimal_text(actual_), score_)

"""What would lift a scorecard to the next band, of a node or of a unit's people, or somebody to the next grade, and what would come of actuals that somebody tries.

Nothing is recorded: what is tried is scored as what is recorded would be (:mod:`app.scoring.lifts`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import isnan
from typing import Final, NamedTuple

import numpy as np
from sqlalchemy import Connection

from app.rules.definitions import KpiVersion
from app.rules.lifting import Aim, places_of
from app.rules.measures import Aggregate, exact_decimal, split
from app.rules.methods import SCORE_MIN, best_actual
from app.rules.outlook import Outlook
from app.rules.rollup import Band, band, published
from app.rules.terms import Node, NodeKind
from app.scoring.board import node_name
from app.scoring.lifts import Leading, Lift, MovedLines, Trials, lifting_pair, lifts_of_cards
from app.scoring.plan import ScoredLine
from app.scoring.planning import State
from app.scoring.scorecards import ExactActuals, ScoreQuery, read_figures, score_figures

__all__ = [
    "CardScores",
    "GradeLifting",
    "Lifting",
    "MemberLift",
    "TriedLine",
    "lifting",
    "lifting_of_people",
    "lifting_to_grade",
]

_WRITTEN_PLACES: Final = 2


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
    pair: tuple[Lift, Lift] | None
    """Two lines that do it together, where none does alone."""
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
class GradeLifting:
    """What would bring somebody the next better grade, everybody else's score as it stands."""

    aim: Aim
    lifts: tuple[Lift, ...]
    """The lines that make the score, the least effort first; last those that cannot do it alone, the one that comes nearest first."""
    pair: tuple[Lift, Lift] | None
    """Two lines that do it together, where none does alone."""
    fixed: tuple[KpiVersion, ...]
    """Lines that nothing moves: they cannot be measured, or it was decided what they come to."""

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
    leading = Leading(scored, 0, exact)
    directory, day = plan.frame.directory, plan.day_within(asked.day)
    person = plan.people.get(node.code) if node.kind is NodeKind.EMPLOYEE else None
    lines, leads, comes_to = _tried(leading, tries or {})
    units = [Node(NodeKind.UNIT, code) for code in plan.units_of(node)]
    lifts = tuple(lifts_of_cards([leading])[0])
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
        lifts=lifts,
        pair=None if any(one.step is not None for one in lifts) else lifting_pair(leading),
        lines=lines,
        comes_to=comes_to,
        units=tuple((unit, node_name(directory, unit, day)) for unit in units),
        unit_pct=Decimal(plan.sheet.definitions.policies.blend[person.job].unit) if person else Decimal(0),
    )


def lifting_to_grade(
    connection: Connection, *, loaded: State, node: Node, asked: ScoreQuery, aim: Aim, sees: Callable[[Node], bool]
) -> GradeLifting:
    """What would bring an employee the grade that begins at a score, line by line.

    Args:
        aim: that grade, and the least published score that has it: more than the employee's own.
        sees: whether lines of a unit's scorecard may be told; the others are left out.

    Queries: those of :func:`app.scoring.scorecards.read_figures`.
    """
    selection = loaded.plan(asked.cycle).select((node,))
    scored = score_figures(selection, read_figures(connection, selection, asked), asked)
    leading = Leading(scored, 0, ExactActuals(scored), grade=aim)
    shown = [at for at, card in leading.movable.items() if sees(card)]
    lifts = tuple(one for one in lifts_of_cards([leading])[0] if sees(one.node))
    pair = None if any(one.step is not None for one in lifts) else lifting_pair(leading)
    return GradeLifting(
        aim=aim,
        lifts=lifts,
        pair=pair if pair is None or all(sees(one.node) for one in pair) else None,
        fixed=tuple(line.version for at in shown if (line := leading.line(at)).is_fixed or leading.actual(at) is None),
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
    leadings = [Leading(scored, place, exact) for place in range(len(nodes))]
    lifts = lifts_of_cards(leadings)
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
    return False, member.lift is None, float(member.aim.least) - (member.leads.final or 0.0)


def _tried(leading: Leading, tries: Mapping[str, Decimal]) -> tuple[tuple[TriedLine, ...], CardScores, CardScores]:
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
        MovedLines(leading, {}, {}),
        MovedLines(leading, {at: split(actual) for at, actual in ends.items()}, dict.fromkeys(ends, 0.0)),
    ]
    trials, still = Trials(moves), np.zeros(2, dtype=np.int64)
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
    return _short(round(exact_decimal(actual), max(places, least)))


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
        actual=exact_decimal(actual),
        tried=exact_decimal(actual if asked is None else asked),
        leads=_written(line, actual),
        written=_written(line, actual) if asked is None or asked == actual else exact_decimal(asked),
        places=places,
        least=round(exact_decimal(least), places),
        most=round(exact_decimal(most + beyond), places),
        marks=tuple((name, exact_decimal(figure)) for name, figure in marks),
        score=_shown(before),
        tried_score=_shown(after),
    )

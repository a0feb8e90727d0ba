"""Business figures of units: deals, consults and new buyers, what they are held against, and how they grew in the cycle.

One read model for pages, file, API and command. What stands here costs no score: totals of now or the fold of a day give the figures, the kept days
(:mod:`app.scoring.business_days`) the year before, and a unit's own scorecard what it is held against, where a line measures just this.
A unit's parts need not add up to it by themselves: people are posted to the unit itself, and an office may have stood under another one earlier in the
cycle. What is left is a part of its own (:attr:`BusinessGroup.rest`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from app import ledger
from app.ledger import Figures
from app.rules.business import MEASURES, BusinessFigure, ByLevel, percent_of, same_day_last_year
from app.rules.outlook import Outlook
from app.rules.terms import Basis, CountsFrom, Link, Node, NodeKind, UnitKind
from app.scoring.board import node_name
from app.scoring.business_days import (
    DaysKept,
    KeptCycle,
    PastBusiness,
    figures_by_level,
    kept_cycles,
    past_business,
    unit_numbers,
)
from app.scoring.past import node_figures_as_of
from app.scoring.plan import CyclePlan, Selection
from app.scoring.scorecards import ScoreQuery, line_scores, score_figures

__all__ = [
    "Business",
    "BusinessGroup",
    "BusinessSource",
    "FigureGoal",
    "UnitBusiness",
    "UnitFigure",
    "business",
    "business_groups",
    "business_source",
    "business_units",
    "sorted_units",
]


@dataclass(frozen=True, slots=True)
class FigureGoal:
    """What the unit's own scorecard holds a figure against.

    Attributes:
        kpi: the code of the line that measures just this.
        value: its target, else its base value.
        is_target: which of the two it is.
        counts_from: the level that the line counts from.
        ahead: where the year leads on that level at this pace; None where that cannot be said.
        last_year: the whole of the cycle before, by the history that the folder gives; None where it gives none.
    """

    kpi: str
    value: Decimal
    is_target: bool
    counts_from: CountsFrom
    ahead: Decimal | None
    last_year: Decimal | None

    @property
    def percent_of_last_year(self) -> Decimal | None:
        """Where the year leads, in percent of the whole one before."""
        return percent_of(self.ahead, self.last_year)

    @property
    def percent(self) -> Decimal | None:
        """How much of it the year leads to."""
        return percent_of(self.ahead, self.value)


@dataclass(frozen=True, slots=True)
class UnitFigure:
    """One of a unit's figures: now, a year ago, and what it is held against.

    Attributes:
        now: by the end of the day asked for.
        before: by the end of the same day of the cycle before; None where that is not known.
        goal: None where no line of the unit's own measures just this.
        weeks: what was entered by the end of each week, and by the day asked for, with the days since the cycle began.
        weeks_before: the same of the whole cycle before.
    """

    now: ByLevel
    before: ByLevel | None
    goal: FigureGoal | None
    weeks: tuple[tuple[int, float], ...]
    weeks_before: tuple[tuple[int, float], ...]

    @property
    def percent_of_before(self) -> Decimal | None:
        """What is entered, in percent of what was entered by the same day of the cycle before."""
        return None if self.before is None else percent_of(self.now.entered, self.before.entered)

    @property
    def percent_of_last_year(self) -> Decimal | None:
        """The same; where no days are kept, where the year leads in percent of the whole one before."""
        if self.before is not None:
            return self.percent_of_before
        return None if self.goal is None else self.goal.percent_of_last_year

    def number(self, by: str) -> Decimal | None:
        """The number that a table is sorted by: a level of now, ``goal`` (percent that the year leads to) or ``last_year``."""
        if by == "goal":
            return None if self.goal is None else self.goal.percent
        if by == "last_year":
            return self.percent_of_last_year
        level: Decimal = getattr(self.now, by)
        return level


@dataclass(frozen=True, slots=True)
class UnitBusiness:
    """A unit with its four figures."""

    node: Node
    name: str
    kind: UnitKind | None
    figures: Mapping[BusinessFigure, UnitFigure]

    def as_json(self) -> dict[str, Any]:
        """The unit as the API and the command write it: figures as exact decimal strings."""
        return {
            "node": str(self.node),
            "name": str(self.name),
            **{str(figure): _figure_json(shown) for figure, shown in self.figures.items()},
        }


def _figure_json(shown: UnitFigure) -> dict[str, Any]:
    goal = shown.goal
    return {
        **_levels_json(shown.now),
        "last_year": None if shown.before is None else _levels_json(shown.before),
        "goal": None
        if goal is None
        else {
            "kpi": goal.kpi,
            "value": _text(goal.value),
            "is": "target" if goal.is_target else "base",
            "counts_from": str(goal.counts_from),
            "projected": None if goal.ahead is None else _text(goal.ahead),
            "last_year": None if goal.last_year is None else _text(goal.last_year),
        },
    }


def _levels_json(levels: ByLevel) -> dict[str, str]:
    return {level: _text(value) for level, value in levels._asdict().items()}


def _text(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """The business figures of some units.

    Attributes:
        query: the cycle, the day and the basis that projections go by.
        day: the day within the cycle that is looked at.
        day_before: the same day of the cycle before.
        kept: what is known of the cycle before, and since when.
        units: by code, in the order asked for.
    """

    query: ScoreQuery
    day: dt.date
    day_before: dt.date
    outlook: Outlook
    kept: KeptCycle
    units: Mapping[str, UnitBusiness]

    @property
    def is_before_known(self) -> bool:
        """Whether the cycle before can be told."""
        return self.kept.days is DaysKept.KEPT

    def as_json(self) -> dict[str, Any]:
        """All of it as the API and the command write it."""
        return {
            "cycle": str(self.query.cycle),
            "as_of": self.query.as_of.isoformat() if self.query.as_of else None,
            "basis": str(self.query.basis),
            "last_year_day": self.day_before.isoformat() if self.is_before_known else None,
            "last_year": str(self.kept.days),
            "items": [unit.as_json() for unit in self.units.values()],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessSource:
    """All that the business figures of some units are made of: read from the database, nothing derived yet."""

    plan: CyclePlan
    asked: ScoreQuery
    units: tuple[str, ...]
    selection: Selection
    figures: Figures
    kept: tuple[KeptCycle, KeptCycle]
    past: PastBusiness

    @property
    def fingerprint(self) -> tuple[object, ...]:
        """What they hang on: the load and the targets, what is asked, the figures to the last digit, and when the days were taken."""
        return (self.plan.sheet.token, self.asked, self.units, self.figures.fingerprint, self.kept)


def business_units(plan: CyclePlan, unit: str, day: dt.date) -> tuple[str, ...]:
    """A unit and all below it on a day, itself first."""
    below = plan.frame.directory.units_below(unit, day)
    return (unit, *(code for code in below if code != unit))


def business_source(
    connection: Connection,
    *,
    plan: CyclePlan,
    asked: ScoreQuery,
    units: Sequence[str],
    kept: tuple[KeptCycle, KeptCycle] | None = None,
) -> BusinessSource:
    """Read what the business figures of some units are made of.

    Args:
        connection: an open transaction.
        plan: of the cycle.
        asked: the cycle, the day, and the basis that projections go by.
        units: whose.
        kept: what is known of the days of this cycle and the one before, where it was asked for already.

    Queries: 2 of now (the totals, what is kept of the cycle before); as of a day one more, and those of the fold where another event of such a day has
    come; 1 more where the kept days have not been read since they were taken.
    """
    nodes = tuple(Node(NodeKind.UNIT, unit) for unit in units)
    selection = plan.select(nodes)
    every = tuple(dict.fromkeys((*nodes, *selection.sources)))
    day = plan.day_within(asked.day)
    with plan.frame.reading(connection) as reading:
        if asked.as_of is None:
            figures = ledger.current_figures(reading, plan.frame, cycle=asked.cycle, nodes=every)
        else:
            events = ledger.event_set(reading, asked.as_of)
            figures = node_figures_as_of(reading, plan, every, asked.as_of, events)
        if kept is None or plan.frame.source is not None:
            kept = kept_cycles(reading, asked.cycle, token=plan.frame.directory.token)
        past = past_business(
            reading,
            asked.cycle,
            first_month=plan.frame.first_month,
            until=day,
            on_day=same_day_last_year(day),
            units=units,
            kept=kept,
        )
    return BusinessSource(
        plan=plan, asked=asked, units=tuple(units), selection=selection, figures=figures, kept=kept, past=past
    )


def business(source: BusinessSource) -> Business:
    """The business figures of some units. No queries."""
    plan, asked = source.plan, source.asked
    directory, day = plan.frame.directory, plan.day_within(asked.day)
    goals = _goals(source)
    numbers = unit_numbers(plan.frame, source.figures)
    units: dict[str, UnitBusiness] = {}
    for place, code in enumerate(source.units):
        node = source.figures.nodes[place]
        row = directory.unit_near(code, day)
        now = figures_by_level(numbers[place])
        units[code] = UnitBusiness(
            node,
            node_name(directory, node, day),
            row.kind if row else None,
            {figure: _unit_figure(source, code, figure, now[figure], goals.get((node, figure)), day) for figure in now},
        )
    return Business(
        query=asked,
        day=day,
        day_before=same_day_last_year(day),
        outlook=plan.outlook(asked.day),
        kept=source.kept[1],
        units=units,
    )


def _unit_figure(
    source: BusinessSource,
    unit: str,
    figure: BusinessFigure,
    now: ByLevel,
    goal: FigureGoal | None,
    day: dt.date,
) -> UnitFigure:
    past, begins = source.past, source.plan.day_within(dt.date.min)
    before = None
    if source.kept[1].days is DaysKept.KEPT:
        # A unit that had no life in the cycle before had no business in it.
        before = past.on_day.get(unit, {}).get(figure, ByLevel())
    weeks = [((end - begins).days + 1, value) for end, value in past.weeks.get(unit, {}).get(figure, ()) if end < day]
    then = past.weeks_before.get(unit, {}).get(figure, ())
    begun = same_day_last_year(begins)
    return UnitFigure(
        now,
        before,
        goal,
        ((0, 0.0), *weeks, ((day - begins).days + 1, float(now.entered))) if weeks else (),
        ((0, 0.0), *(((end - begun).days + 1, value) for end, value in then)) if then else (),
    )


def _goals(source: BusinessSource) -> dict[tuple[Node, BusinessFigure], FigureGoal]:
    """What each unit's own scorecard holds its figures against: the line that measures just this; of several the one with the most weight."""
    plan, selection = source.plan, source.selection
    figure_of = {measure: figure for figure, measure in MEASURES.items()}
    lines: dict[tuple[Node, str], BusinessFigure] = {}
    weights: dict[tuple[Node, BusinessFigure], tuple[Decimal, str]] = {}
    for code in source.units:
        node = Node(NodeKind.UNIT, code)
        for line in plan.lines.get(node, ()):
            # A shared line shows another unit's figures.
            figure = figure_of.get(plan.sheet.kpi(line.row.kpi).version(plan.cycle).measure)
            if figure is None or line.row.link is Link.SHARED:
                continue
            before = weights.get((node, figure))
            if before is None or line.row.weight > before[0]:
                weights[node, figure] = (line.row.weight, line.row.kpi)
    lines = {(node, kpi): figure for (node, figure), (_, kpi) in weights.items()}
    rows = {node: row for row, node in enumerate(source.figures.nodes)}
    figures = source.figures.of([rows[node] for node in selection.sources])
    scored = score_figures(selection, figures, source.asked)
    goals: dict[tuple[Node, BusinessFigure], FigureGoal] = {}
    for (node, kpi), shown in line_scores(scored, lines).items():
        value = shown.target if shown.target is not None else shown.base
        if value is None:
            continue
        version = plan.sheet.kpi(kpi).version(plan.cycle)
        goals[node, lines[node, kpi]] = FigureGoal(
            kpi,
            Decimal(value),
            shown.target is not None,
            CountsFrom(version.counts_from) if source.asked.basis is Basis.FINAL else CountsFrom.ENTERED,
            None if shown.projected_actual is None else Decimal(shown.projected_actual),
            plan.sheet.years(node, kpi).get(plan.cycle - 1),
        )
    return goals


# ------------------------------------------------------------------------------------------------------------------ in groups


@dataclass(frozen=True, slots=True)
class BusinessGroup:
    """A unit with those directly below it, and what is left of it without them."""

    head: UnitBusiness
    parts: tuple[UnitBusiness, ...]
    rest: Mapping[BusinessFigure, ByLevel]
    """Of people posted to the unit itself; of offices that stood elsewhere for a part of the cycle it may be below zero."""

    @property
    def has_rest(self) -> bool:
        """Whether anything is left."""
        return any(any(levels) for levels in self.rest.values())


Sorting = tuple[BusinessFigure | None, str, bool]
"""By which figure (None: by name), by which of its numbers, and whether the highest comes first."""


def sorted_units(units: Iterable[UnitBusiness], *, sorting: Sorting) -> tuple[UnitBusiness, ...]:
    """Units in an order; last whoever has no such number, whichever way it is sorted."""
    figure, by, descending = sorting
    named = sorted(
        units, key=lambda unit: (str(unit.name).casefold(), unit.node), reverse=descending and figure is None
    )
    if figure is None:
        return tuple(named)
    numbers = {unit.node: unit.figures[figure].number(by) for unit in named}
    known = sorted(
        (unit for unit in named if numbers[unit.node] is not None),
        key=lambda unit: numbers[unit.node] or Decimal(0),
        reverse=descending,
    )
    return (*known, *(unit for unit in named if numbers[unit.node] is None))


def business_groups(shown: Business, plan: CyclePlan, unit: str, *, sorting: Sorting) -> tuple[BusinessGroup, ...]:
    """The unit with those directly below it, then each of these with its own. No queries."""
    directory = plan.frame.directory

    def group(code: str) -> BusinessGroup:
        below = [shown.units[one] for one in directory.children(code, shown.day) if one in shown.units]
        head = shown.units[code]
        rest = {
            figure: head.figures[figure].now.less(part.figures[figure].now for part in below) for figure in head.figures
        }
        return BusinessGroup(head, sorted_units(below, sorting=sorting), rest)

    first = group(unit)
    return (first, *(group(part.node.code) for part in first.parts))

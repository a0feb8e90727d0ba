"""How a cycle is scored: everything about its lines that no event changes, worked out once for each load.

Bases, highs and lows, who was present, which total each line reads and what it weighs hang on the folder, the definitions and the targets that were
set in the application alone. With
these ready, scoring is a few passes of numpy over what the nodes have done.
A line that is *shown* is not always one that is *worked out*. A shared line shows its parent's, and the first cycle
of a version works out each line twice, by the new definition and by the old one.
"""

from __future__ import annotations

import datetime as dt
import functools
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from app.cascade import Line, Sheet
from app.kit.kept import LruCache
from app.ledger import Frame
from app.rules.baseline import LineTerms, Overrides, Reference, resolve_reference
from app.rules.definitions import KpiVersion, Measure
from app.rules.employment import Terms
from app.rules.line_decisions import UNDECIDED, DecidedLine, DecidedLines, decided_reference
from app.rules.measures import GROWS_WITH_DAYS, Entered, Measuring, rating
from app.rules.methods import Lines
from app.rules.outlook import Outlook, outlook_on
from app.rules.presence import Presence, cycle_of, cycle_period, presence
from app.rules.projection import DaysByMonth, days_by_month, elapsed, floats
from app.rules.projection import Plan as MonthShares
from app.rules.terms import Basis, CountsFrom, Job, Link, Node, NodeKind, Period

__all__ = [
    "CyclePlan",
    "DisplayLine",
    "Person",
    "ScoredLine",
    "Selection",
    "State",
    "terms_of",
]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
T = TypeVar("T")

_LEVEL: Final = {CountsFrom.ENTERED: 0, CountsFrom.VERIFIED: 1, CountsFrom.CONFIRMED: 2}
_PLANS_MAX: Final = 16
"""How many cycles' plans a state keeps: an activity may be of any year, and each plan holds everybody's days."""
_GROWING: Final = frozenset(str(aggregate) for aggregate in GROWS_WITH_DAYS)


SELECTED_MAX: Final = 60_000
"""Nodes that the selections kept of one cycle's plan may have together."""


@dataclass(frozen=True, slots=True)
class ScoredLine:
    """A line that is worked out: one row of a scorecard under one version of its KPI."""

    node: Node
    row: Line
    version: KpiVersion
    reference: Reference
    entered: Fraction | None
    """The actual that the folder has: of ``given`` from the history, unless a figure is reported; of ``rating`` the mean of the raters."""
    decided: DecidedLine | None = None
    """What was decided about it and holds; None where nothing ever was."""
    computed: Reference | None = None
    """Its reference without what was decided, where anything was."""

    @property
    def is_fixed(self) -> bool:
        """Whether it was decided what it comes to, so that no activity moves its score."""
        return self.decided is not None and self.decided.is_fixed


@dataclass(frozen=True, slots=True)
class DisplayLine:
    """A line of a scorecard: which worked line its figures are, and which one its old score is."""

    row: Line
    worked: int
    bridge: int | None


@dataclass(frozen=True, slots=True)
class Person:
    """What an employee's scorecard hangs on besides its lines."""

    number: str
    terms: Terms
    """Those of the cycle's last day in service."""
    presence: Presence

    @property
    def job(self) -> Job:
        """The job that the scores are blended by."""
        return self.terms.job


@dataclass(frozen=True, slots=True)
class CyclePlan:
    """One cycle under one revision. Immutable; shared by all threads of a process.

    Attributes:
        cycle: the year that names it.
        period: its twelve months.
        frame: the agency.
        sheet: the cascade's rows.
        nodes: every unit whose life, then every employee whose service touches the cycle: those that are listed.
        worked: all worked lines.
        lines: each node's shown lines, in the order of the file.
        people: the employees by number.
    """

    cycle: int
    period: Period
    frame: Frame
    sheet: Sheet
    nodes: tuple[Node, ...]
    worked: tuple[ScoredLine, ...]
    lines: Mapping[Node, tuple[DisplayLine, ...]]
    people: Mapping[str, Person]
    _selections: LruCache[Selection] = field(
        default_factory=lambda: LruCache(4096, weight_max=SELECTED_MAX, weigh=lambda one: len(one.sources))
    )
    _everything: list[Selection] = field(default_factory=list)
    _kept: dict[str, Any] = field(default_factory=dict)

    def kept(self, name: str, make: Callable[[], T]) -> T:
        """What the packages above make of the plan alone, made once; two who ask at once may both make it."""
        if name not in self._kept:
            self._kept[name] = make()
        made: T = self._kept[name]
        return made

    def day_within(self, day: dt.date) -> dt.date:
        """The day asked, held within the cycle: a closed one is looked at with the tree of its end."""
        first, end = self.period.from_, self.period.to
        if end is not None and day >= end:
            return end - dt.timedelta(days=1)
        return max(day, first) if first is not None else day

    def outlook(self, day: dt.date) -> Outlook:
        """How far the cycle is on a day: whether scores so far or projected ones lead."""
        return outlook_on(self.period, day)

    def everything(self) -> Selection:
        """The selection of all nodes."""
        if not self._everything:
            self._everything.append(Selection.of(self, self.nodes))
        return self._everything[0]

    def within_transaction(self) -> CyclePlan:
        """The same plan for whoever reads in a transaction of its own database, in which more is written than others see."""
        return CyclePlan(
            cycle=self.cycle,
            period=self.period,
            frame=replace(self.frame, source=None),
            sheet=self.sheet,
            nodes=self.nodes,
            worked=self.worked,
            lines=self.lines,
            people=self.people,
        )

    def select(self, nodes: Sequence[Node]) -> Selection:
        """The selection of some nodes, with the nodes that theirs hang on; kept for the next time."""
        key = tuple(nodes)
        return self._selections.get_or_make(key, lambda: Selection.of(self, key))

    def units_of(self, node: Node) -> Mapping[str, int]:
        """The units that an employee was posted to in the cycle, with the days; none for a unit."""
        person = self.people.get(node.code) if node.kind is NodeKind.EMPLOYEE else None
        return person.presence.days_posted if person else {}

    def shares_of(self, kpi: str, node: Node) -> MonthShares | None:
        """The months' shares of a KPI's year: the node's own, else those for all, else None."""
        return self.sheet.plan(kpi, node)

    def elapsed_of(self, worked: ScoredLine, day: dt.date) -> Fraction | None:
        """The weight of the days of the cycle up to a day among all, for what grows with days."""
        days = _days_by_month(self.period, day, self._presence(worked))
        return elapsed(days, self.shares_of(worked.row.kpi, worked.node))

    def weighing(self, worked: ScoredLine) -> tuple[bytes | None, MonthShares | None]:
        """What the weights of a line's days hang on: which of them count (None: all), and the months' shares."""
        presence = self._presence(worked)
        return None if presence is None else presence.present.tobytes(), self.shares_of(worked.row.kpi, worked.node)

    def _presence(self, worked: ScoredLine) -> Presence | None:
        person = self.people.get(worked.node.code) if worked.node.kind is NodeKind.EMPLOYEE else None
        return person.presence if person else None


def _days_by_month(period: Period, day: dt.date, presence: Presence | None) -> DaysByMonth:
    return days_by_month(period, day, None if presence is None else presence.present)


class Reading(NamedTuple):
    """Places in figures: rows of ``amounts`` by level and places in ``distinct``, for each worked line and for each ratio's denominator."""

    upper: IntArray
    upper_members: IntArray
    lower: IntArray
    lower_members: IntArray


@dataclass(frozen=True, slots=True)
class Selection:
    """Some nodes and all that their scores hang on, as arrays.

    Attributes:
        plan: the cycle's plan.
        nodes: the nodes asked for, first, then those that they hang on.
        asked: how many were asked for.
        sources: the nodes whose totals are read.
        worked: numbers of the worked lines, in the order of the arrays below.
        lines: these lines ready to be scored.
        decided: those of them about which people decided something.
    """

    plan: CyclePlan
    nodes: tuple[Node, ...]
    asked: int
    sources: tuple[Node, ...]
    worked: tuple[int, ...]
    lines: Lines
    measuring: Measuring
    source: IntArray
    upper: IntArray
    upper_of: IntArray
    lower: IntArray
    lower_of: IntArray
    level: IntArray
    entered: Entered
    grows: npt.NDArray[np.bool_]
    decided: DecidedLines
    shown_node: IntArray
    shown_worked: IntArray
    shown_bridge: IntArray
    shown_weight: FloatArray
    post_employee: IntArray
    post_unit: IntArray
    post_days: IntArray
    unit_pct: FloatArray
    own_pct: FloatArray
    is_employee: npt.NDArray[np.bool_]
    _elapsed: dict[dt.date, FloatArray] = field(default_factory=dict)
    _readings: dict[Basis, Reading] = field(default_factory=dict)
    _places: dict[Node, int] = field(default_factory=dict)
    _kinds: list[tuple[list[ScoredLine | None], IntArray]] = field(default_factory=list)
    _given: list[Mapping[Node, Mapping[str, tuple[int, ...]]]] = field(default_factory=list)

    @classmethod
    def of(cls, plan: CyclePlan, asked: Sequence[Node], like: Selection | None = None) -> Selection:
        """Gather the nodes' lines, those of the units that employees' scores hang on, and the lines that shared ones show.

        Args:
            plan: the cycle's plan.
            asked: the nodes.
            like: a selection of which most lines are the same.
        """
        units = {Node(NodeKind.UNIT, unit) for node in asked for unit in plan.units_of(node)}
        nodes = (*asked, *sorted(units - set(asked)))
        at = {node: place for place, node in enumerate(nodes)}
        shown = [(at[node], line) for node in nodes for line in plan.lines.get(node, ())]
        numbers = sorted({number for _, line in shown for number in (line.worked, line.bridge) if number is not None})
        place = {number: index for index, number in enumerate(numbers)}
        worked = [plan.worked[number] for number in numbers]
        sources = tuple(dict.fromkeys(one.node for one in worked))
        source_at = {node: index for index, node in enumerate(sources)}
        column = {one.slice: index for index, one in enumerate(plan.frame.slices)}
        uppers = [one.version.measure.numerator or one.version.measure for one in worked]
        lowers = [one.version.measure.denominator for one in worked]
        posts = [
            (at[node], at[Node(NodeKind.UNIT, unit)], days)
            for node in asked
            for unit, days in plan.units_of(node).items()
        ]
        blends = [_blend(plan, node) for node in nodes]
        return cls(
            plan=plan,
            nodes=nodes,
            asked=len(asked),
            sources=sources,
            worked=tuple(numbers),
            lines=_lines_like(like, [one.reference for one in worked]),
            measuring=Measuring.of([one.version.measure for one in worked]),
            source=_ints(source_at[one.node] for one in worked),
            upper=_ints(column.get(measure.slice, 0) if measure.slice else 0 for measure in uppers),
            upper_of=_ints(measure.of == "company" for measure in uppers),
            lower=_ints(column.get(measure.slice, 0) if measure and measure.slice else 0 for measure in lowers),
            lower_of=_ints(measure is not None and measure.of == "company" for measure in lowers),
            level=_ints(_LEVEL[one.version.counts_from] for one in worked),
            entered=Entered.of([one.entered for one in worked]),
            grows=np.array([one.version.measure.aggregate in _GROWING for one in worked], dtype=np.bool_),
            decided=_decided_lines(enumerate(worked)),
            shown_node=_ints(node for node, _ in shown),
            shown_worked=_ints(place[line.worked] for _, line in shown),
            shown_bridge=_ints(-1 if line.bridge is None else place[line.bridge] for _, line in shown),
            shown_weight=np.array([_number(line.row.weight) for _, line in shown], dtype=np.float64),
            post_employee=_ints(one for one, _, _ in posts),
            post_unit=_ints(one for _, one, _ in posts),
            post_days=_ints(one for _, _, one in posts),
            unit_pct=np.array([unit for unit, _ in blends], dtype=np.float64),
            own_pct=np.array([own for _, own in blends], dtype=np.float64),
            is_employee=np.array([node.kind is NodeKind.EMPLOYEE for node in nodes], dtype=np.bool_),
        )

    def changed(self, plan: CyclePlan, numbers: Sequence[int]) -> Selection:
        """The same selection of a plan in which nothing differs but the references and the grades of some worked lines."""
        place = {number: at for at, number in enumerate(self.worked)}
        mine = [number for number in numbers if number in place]
        places = [place[number] for number in mine]
        lines = self.lines.changed(places, [plan.worked[number].reference for number in mine])
        about = sorted({*self.decided.at, *places})
        decided = _decided_lines((at, plan.worked[self.worked[at]]) for at in about)
        is_rated = any(plan.worked[number].version.measure.aggregate == "rating" for number in mine)
        entered = Entered.of([plan.worked[number].entered for number in self.worked]) if is_rated else self.entered
        return replace(self, plan=plan, lines=lines, decided=decided, entered=entered)

    def rows_of(self, sources: Sequence[Node]) -> list[int] | None:
        """Where some nodes stand among the sources; None where one of them is none of these."""
        if not self._places:
            self._places.update((node, row) for row, node in enumerate(self.sources))
        rows = [self._places.get(node, -1) for node in sources]
        return None if -1 in rows else rows

    def given_at(self, node: Node, kpi: str) -> tuple[int, ...]:
        """Where the lines of a node's KPI stand whose actuals are given; in the first cycle of a version there may be two."""
        if not self._given:
            given: dict[Node, dict[str, tuple[int, ...]]] = {}
            for place, number in enumerate(self.worked):
                one = self.plan.worked[number]
                if one.version.measure.aggregate == "given":
                    places = given.setdefault(one.node, {})
                    places[one.row.kpi] = (*places.get(one.row.kpi, ()), place)
            self._given.append(given)
        return self._given[0].get(node, {}).get(kpi, ())

    def levels(self, basis: Basis) -> IntArray:
        """The level of each worked line: the KPI's own, or entered for all on the provisional basis."""
        return self.level if basis is Basis.FINAL else np.zeros_like(self.level)

    def reading(self, basis: Basis) -> Reading:
        """Where each worked line's totals stand in figures, laid flat."""
        reading = self._readings.get(basis)
        if reading is None:
            level, slices = self.levels(basis), max(1, len(self.plan.frame.slices))
            upper, lower = self.source * slices + self.upper, self.source * slices + self.lower
            reading = Reading(
                upper * 3 + level,
                (upper * 2 + self.upper_of) * 3 + level,
                (lower * 3 + level)[self.measuring.ratios],
                ((lower * 2 + self.lower_of) * 3 + level)[self.measuring.ratios],
            )
            self._readings[basis] = reading
        return reading

    def elapsed(self, day: dt.date) -> FloatArray:
        """The weight of the days up to a day among all, for each worked line that grows with days; NaN for none."""
        elapsed = self._elapsed.get(day)
        if elapsed is None:
            one_of_each, kinds = self._weighing_alike()
            shares = floats([Fraction(1) if one is None else self.plan.elapsed_of(one, day) for one in one_of_each])
            elapsed = shares[kinds]
            if len(self._elapsed) > 32:
                self._elapsed.clear()
            self._elapsed[day] = elapsed
        return elapsed

    def _weighing_alike(self) -> tuple[list[ScoredLine | None], IntArray]:
        """Of each kind of worked lines that weigh the cycle's days alike one (None: those that do not grow with days), and each line's kind.

        Most people are there all year, and KPIs share their plans: of thousands of lines some hundred kinds are left.
        """
        if not self._kinds:
            plan = self.plan
            numbers: dict[object, int] = {}
            one_of_each: list[ScoredLine | None] = []
            kinds = []
            for number, grows in zip(self.worked, self.grows.tolist(), strict=True):
                worked = plan.worked[number]
                key = plan.weighing(worked) if grows else None
                if key not in numbers:
                    numbers[key] = len(one_of_each)
                    one_of_each.append(worked if grows else None)
                kinds.append(numbers[key])
            self._kinds.append((one_of_each, _ints(kinds)))
        return self._kinds[0]


def _decided_lines(some: Iterable[tuple[int, ScoredLine]]) -> DecidedLines:
    """Those about which something was decided, of lines with where they stand."""
    return DecidedLines.of(
        {at: (one.decided, one.computed) for at, one in some if one.decided is not None and one.computed is not None}
    )


def _lines_like(like: Selection | None, references: Sequence[Reference]) -> Lines:
    """Lines ready to be scored; those that stand at the same place in a selection as they are there."""
    before = [] if like is None else [like.plan.worked[number].reference for number in like.worked]
    if like is None or len(before) != len(references):
        return Lines.of(references)
    places = [at for at, (one, other) in enumerate(zip(before, references, strict=True)) if one is not other]
    return like.lines.changed(places, [references[at] for at in places])


def _ints(values: Iterable[int]) -> IntArray:
    return np.array(list(values), dtype=np.int64)


def _number(value: Decimal) -> float:
    return value.as_integer_ratio()[0] / value.as_integer_ratio()[1]


def _blend(plan: CyclePlan, node: Node) -> tuple[float, float]:
    """The percents of unit and own part under an employee's job; a unit is its own part alone."""
    person = plan.people.get(node.code) if node.kind is NodeKind.EMPLOYEE else None
    if person is None:
        return 0.0, 100.0
    share = plan.sheet.definitions.policies.blend[person.job]
    return _number(Decimal(share.unit)), _number(Decimal(share.own))


def _with_sheet(before: CyclePlan, sheet: Sheet) -> CyclePlan:
    """The plan of a sheet in which nothing but rows and grades changed: only these are worked out again, each at its place."""
    cycle, earlier, now = before.cycle, before.sheet.lines, sheet.lines
    rows_before, rows = earlier.get(cycle, {}), now.get(cycle, {})
    changed = {node: some for node, some in rows.items() if some is not rows_before[node] and some != rows_before[node]}
    row_of = {(node, row.kpi): row for node, some in changed.items() for row in some}
    decided_before, decided = before.sheet.decided.get(cycle, {}), sheet.decided.get(cycle, {})
    turned = {key for key in decided_before.keys() | decided.keys() if decided_before.get(key) != decided.get(key)}
    worked, places = list(before.worked), []
    for at, one in enumerate(before.worked):
        key = one.node, one.row.kpi
        row = row_of.get(key, one.row)
        if row != one.row or key in turned or _is_rated_anew(before.sheet, sheet, one):
            worked[at] = _worked(sheet, cycle, one.node, row, one.version, before.people)
            places.append(at)
    lines = {
        **before.lines,
        **{
            node: tuple(DisplayLine(row_of[node, one.row.kpi], one.worked, one.bridge) for one in before.lines[node])
            for node in changed
        },
    }
    plan = CyclePlan(cycle, before.period, before.frame, sheet, before.nodes, tuple(worked), lines, before.people)
    if before._everything:  # noqa: SLF001 - the same class, one revision on
        plan._everything.append(before.everything().changed(plan, places))  # noqa: SLF001
    return plan


def _is_rated_anew(before: Sheet, now: Sheet, line: ScoredLine) -> bool:
    """Whether a line has other grades than it had."""
    if line.version.measure.aggregate != "rating":
        return False
    which = line.row.cycle, line.node, line.row.kpi
    return before.counted_ratings(*which) != now.counted_ratings(*which)


def _has_same_lines(before: Sheet, now: Sheet, cycle: int) -> bool:
    """Whether nodes have the same KPIs by the same links as before, so that a figure at most is another."""
    earlier, later = before.lines.get(cycle, {}), now.lines.get(cycle, {})
    return earlier.keys() == later.keys() and all(
        some is earlier[node] or [_tied(one) for one in some] == [_tied(one) for one in earlier[node]]
        for node, some in later.items()
    )


def _tied(line: Line) -> tuple[object, ...]:
    return line.kpi, line.link, line.parent_node, line.parent_kpi


def _plan(frame: Frame, sheet: Sheet, cycle: int, like: CyclePlan | None = None) -> CyclePlan:
    """The plan of a cycle; of a plan like it the worked lines are taken that hang on nothing else here."""
    directory = frame.directory
    period = cycle_period(cycle, frame.first_month)
    people = {
        one.number: Person(
            one.number,
            directory.terms_in(one.number, period),
            presence(
                period,
                postings=[(posting.unit, posting.period) for posting in directory.placement.postings(one.number)],
                statuses=[(status.kind, status.period) for status in directory.statuses_of(one.number, cycle)],
            ),
        )
        for one in directory.employees_in(period)
    }
    nodes = (
        *(Node(NodeKind.UNIT, code) for code in directory.units_in(period)),
        *(Node(NodeKind.EMPLOYEE, number) for number in people),
    )
    earlier = None if like is None else _Earlier(like, sheet)
    worked: list[ScoredLine] = []
    own: dict[tuple[Node, str], tuple[int, int | None]] = {}

    def work(node: Node, row: Line, version: KpiVersion) -> None:
        known = earlier and earlier.line(node, row, version, people)
        worked.append(known or _worked(sheet, cycle, node, row, version, people))

    rows = sheet.lines.get(cycle, {})
    for node, lines_of_node in rows.items():
        for row in lines_of_node:
            if row.link is not Link.SHARED:
                kpi = sheet.definitions.kpis[row.kpi]
                number = len(worked)
                work(node, row, kpi.version(cycle))
                before = kpi.before(cycle)
                if before is not None:
                    work(node, row, before)
                own[node, row.kpi] = (number, None if before is None else number + 1)
    lines = {node: tuple(_shown_line(sheet, own, row) for row in lines_of_node) for node, lines_of_node in rows.items()}
    plan = CyclePlan(cycle, period, frame, sheet, nodes, tuple(worked), lines, people)
    if like is not None:
        plan._everything.append(Selection.of(plan, nodes, like.everything()))  # noqa: SLF001 - as _with_sheet does
    return plan


class _Earlier:
    """The worked lines of a plan like the one that is made."""

    def __init__(self, plan: CyclePlan, sheet: Sheet) -> None:
        self._plan, self._before, self._after = plan, plan.sheet, sheet
        before, after = plan.sheet.definitions.kpis, sheet.definitions.kpis
        # KPIs are compared once, not at each of their lines.
        alike = {code for code, kpi in after.items() if before.get(code) == kpi}
        self._lines: Final = {
            (one.node, one.row.kpi, one.version.from_cycle): one for one in plan.worked if one.row.kpi in alike
        }

    def line(self, node: Node, row: Line, version: KpiVersion, people: Mapping[str, Person]) -> ScoredLine | None:
        """The line as it was worked out, where it would come to the same; None where anything that it hangs on is another."""
        one = self._lines.get((node, row.kpi, version.from_cycle))
        if one is None or one.row != row:
            return None
        cycle, kpi = self._plan.cycle, row.kpi
        is_same = (
            _present(node, people) == _present(node, self._plan.people)
            and self._before.years(node, kpi) == self._after.years(node, kpi)
            and self._before.folder_exclusion(cycle, node, kpi) == self._after.folder_exclusion(cycle, node, kpi)
            and self._before.decided_line(cycle, node, kpi) == self._after.decided_line(cycle, node, kpi)
            and self._before.counted_ratings(cycle, node, kpi) == self._after.counted_ratings(cycle, node, kpi)
        )
        return one if is_same else None


def _present(node: Node, people: Mapping[str, Person]) -> Fraction:
    """Which part of the cycle somebody is there; a unit is all of it."""
    if node.kind is not NodeKind.EMPLOYEE:
        return Fraction(1)
    person = people.get(node.code)
    return person.presence.share if person else Fraction(0)


def _shown_line(sheet: Sheet, own: Mapping[tuple[Node, str], tuple[int, int | None]], row: Line) -> DisplayLine:
    """The line with the numbers of the worked lines that it shows: its own, or those up the chain of shared ones."""
    origin = sheet.origin_of(row)
    return DisplayLine(row, *own[origin.node, origin.kpi])


def _worked(
    sheet: Sheet, cycle: int, node: Node, row: Line, version: KpiVersion, people: Mapping[str, Person]
) -> ScoredLine:
    past = sheet.years(node, row.kpi)
    entered = _entered(sheet, cycle, node, row.kpi, version.measure, past)
    decided = sheet.decided_line(cycle, node, row.kpi)
    computed = resolve_reference(_terms(sheet, cycle, node, row, version, people, UNDECIDED))
    if decided is None:
        return ScoredLine(node, row, version, computed, entered)
    terms = _terms(sheet, cycle, node, row, version, people, decided)
    return ScoredLine(
        node, row, version, decided_reference(resolve_reference(terms), decided), entered, decided, computed
    )


def _terms(
    sheet: Sheet,
    cycle: int,
    node: Node,
    row: Line,
    version: KpiVersion,
    people: Mapping[str, Person],
    decided: DecidedLine,
) -> LineTerms:
    exclusion = sheet.folder_exclusion(cycle, node, row.kpi)
    excluded = None if exclusion is None else exclusion.year
    given = decided.over(Overrides(row.base, row.high, row.low, row.target, row.coefficient, excluded))
    return LineTerms.of(version, year=cycle, past=sheet.years(node, row.kpi), present=_present(node, people), row=given)


def terms_of(plan: CyclePlan, worked: ScoredLine, *, computed: bool = False) -> LineTerms:
    """What a worked line's reference is made of; ``computed`` of that without what was decided about it."""
    decided = UNDECIDED if computed or worked.decided is None else worked.decided
    return _terms(plan.sheet, plan.cycle, worked.node, worked.row, worked.version, plan.people, decided)


def _entered(
    sheet: Sheet, cycle: int, node: Node, kpi: str, measure: Measure, past: Mapping[int, Decimal]
) -> Fraction | None:
    if measure.aggregate == "given":
        return Fraction(past[cycle]) if cycle in past else None
    if measure.aggregate == "rating":
        return rating(one.grade for one in sheet.counted_ratings(cycle, node, kpi))
    return None


class State:
    """Everything that is loaded and decided now, as scoring and recording need it; one for each revision, shared by all threads.

    Attributes:
        frame: the agency as the ledger sees it.
        sheet: the cascade's rows and the definitions.
        certified: the cycles that go by a cut, with what gives the state by which each is planned.
    """

    def __init__(
        self,
        frame: Frame,
        sheet: Sheet,
        *,
        before: State | None = None,
        like: State | None = None,
        pinned_frames: Mapping[int, Frame] = MappingProxyType({}),
        certified: Mapping[int, Callable[[], State]] = MappingProxyType({}),
    ) -> None:
        """Take the read models; an earlier state of the same load where nothing but decisions came since, or one that this is like in most.

        The frames of cycles that were published are as the ledger would see the agency by what they go by; a cycle that was certified is planned by
        a state of its own.

        Plans are made when they are asked for, of what the earlier state has of them by now.
        """
        self.frame: Final = frame
        self.sheet: Final = sheet
        self._before = before
        self._like: Final = like
        self._pinned_frames: Final = pinned_frames
        self.certified: Final = certified
        self._live: State | None = None
        self._plans: Final[dict[int, CyclePlan]] = {}
        self._lock: Final = threading.Lock()

    @cached_property
    def named_cycles(self) -> frozenset[int]:
        """Every cycle that a row of the folder names, by whatever file."""
        return self.sheet.named_cycles | self.frame.directory.named_cycles

    def has_cycle(self, cycle: int, *, today: dt.date) -> bool:
        """Whether there is such a cycle: one that the folder names, or the one under way."""
        return cycle in self.named_cycles or cycle == cycle_of(today, self.frame.first_month)

    def plan(self, cycle: int) -> CyclePlan:
        """The plan of a cycle; a few are kept."""
        plan = self._plans.get(cycle)
        if plan is None:
            with self._lock:
                plan = self._plans.get(cycle) or self._made(cycle)
                while len(self._plans) >= _PLANS_MAX:
                    del self._plans[next(iter(self._plans))]
                self._plans[cycle] = plan
        return plan

    def with_sheet(self, sheet: Sheet) -> State:
        """The same by a sheet in which nothing but decisions differ: what would be."""
        certified = {cycle: functools.partial(_decided_so, of, sheet) for cycle, of in self.certified.items()}
        return State(self.frame, sheet, before=self, pinned_frames=self._pinned_frames, certified=certified)

    def as_earlier(self, folder: State) -> State:
        """This state for a later one to be made of. It lets go of the one before it: else all that ever were would be kept."""
        if self is not folder:
            self._before = folder
            if self._live is not None:
                self._live.as_earlier(folder)
        return self

    def standing(self, cycle: int) -> State:
        """What a cycle is planned by: the state of its cut where it was certified, else this one."""
        return self.certified[cycle]() if cycle in self.certified else self

    @property
    def live(self) -> State:
        """The same as if no cycle had been certified: what is loaded and has come in by now counts in all of them."""
        if not self.certified:
            return self
        if self._live is None:
            self._live = State(self.frame, self.sheet, before=self._before, pinned_frames=self._pinned_frames)
        return self._live

    def _uncut(self, cycle: int) -> State:
        """What a plan of a cycle that goes by no cut may be made of: of one that was certified this state's own plan is its cut's."""
        return self.live if cycle in self.certified else self

    def _made(self, cycle: int) -> CyclePlan:
        if cycle in self.certified:
            return self.standing(cycle).plan(cycle)
        sheet = self.sheet.of_cycle(cycle)
        frame = self._pinned_frames.get(cycle, self.frame)
        if self._before is None:
            return _plan(frame, sheet, cycle, None if self._like is None else self._like._uncut(cycle).plan(cycle))  # noqa: SLF001 - the same class
        earlier = self._before._uncut(cycle)  # noqa: SLF001 - the same class
        before = earlier.sheet.of_cycle(cycle)
        if before.definitions == sheet.definitions and _has_same_lines(before, sheet, cycle):
            return _with_sheet(earlier.plan(cycle), sheet)
        return _plan(frame, sheet, cycle)


def _decided_so(of: Callable[[], State], sheet: Sheet) -> State:
    """The state of a cut with what a sheet has decided in place of its own decisions."""
    state = of()
    return state.with_sheet(replace(state.sheet, token=f"{sheet.token} {state.sheet.token}", decided=sheet.decided))

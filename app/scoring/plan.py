"""How a cycle is scored: everything about its lines that no event changes, worked out once for each load (:mod:`app.scoring.planning`).

Bases, highs and lows, who was present, which total each line reads and what it weighs hang on the folder, the definitions and the targets that were
set in the application alone. With
these ready, scoring is a few passes of numpy over what the nodes have done.
A line that is *shown* is not always one that is *worked out*. A shared line shows its parent's, and the first cycle
of a version works out each line twice, by the new definition and by the old one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from app.cascade import Line, Sheet
from app.kit.kept import LruCache
from app.ledger import Frame
from app.rules.baseline import Reference
from app.rules.definitions import Blend, KpiVersion
from app.rules.employment import Terms
from app.rules.line_decisions import DecidedLine, DecidedLines
from app.rules.measures import GROWS_WITH_DAYS, Entered, Measuring
from app.rules.methods import Lines
from app.rules.outlook import Outlook, outlook_on
from app.rules.placement import Posting
from app.rules.presence import Presence
from app.rules.projection import DaysByMonth, days_by_month, elapsed, floats
from app.rules.projection import Plan as MonthShares
from app.rules.terms import Basis, CountsFrom, Job, Node, NodeKind, Period

__all__ = [
    "CyclePlan",
    "DisplayLine",
    "Person",
    "ScoredLine",
    "Selection",
]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
T = TypeVar("T")

_LEVEL: Final = {CountsFrom.ENTERED: 0, CountsFrom.VERIFIED: 1, CountsFrom.CONFIRMED: 2}
_GROWING: Final = frozenset(str(aggregate) for aggregate in GROWS_WITH_DAYS)
_ENTERED: Final = frozenset({"given", "rating"})
"""Of these the folder has the actual."""


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
    of_people: dict[str, Any] = field(default_factory=dict)
    """What the packages above make of who is there and where alone: one for all plans that differ in nothing of that."""

    def kept(self, name: str, make: Callable[[], T]) -> T:
        """What the packages above make of the plan alone, made once; two who ask at once may both make it."""
        return _kept_in(self._kept, name, make)

    def kept_of_people(self, name: str, make: Callable[[], T]) -> T:
        """The same of what hangs on who is there and where alone, for all plans that differ in nothing of that."""
        return _kept_in(self.of_people, name, make)

    @property
    def places(self) -> Mapping[tuple[Node, str], tuple[int, ...]]:
        """The numbers of the worked lines by node and KPI: two in the first cycle of a version."""
        return self.kept("places", lambda: _places(self.worked))

    def like(
        self,
        frame: Frame,
        sheet: Sheet,
        worked: tuple[ScoredLine, ...],
        lines: Mapping[Node, tuple[DisplayLine, ...]],
    ) -> CyclePlan:
        """The plan of a sheet in which everybody is where they are here, and each worked line stands where it stands here."""
        return CyclePlan(
            cycle=self.cycle,
            period=self.period,
            frame=frame,
            sheet=sheet,
            nodes=self.nodes,
            worked=worked,
            lines=lines,
            people=self.people,
            of_people=self.of_people,
            _kept={"places": self.places},
        )

    def day_within(self, day: dt.date) -> dt.date:
        """The day asked, held within the cycle: a closed one is looked at with the tree of its end."""
        first, end = self.period.from_, self.period.to
        if end is not None and day >= end:
            return end - dt.timedelta(days=1)
        return max(day, first) if first is not None else day

    def posting_of(self, employee: str, today: dt.date) -> tuple[Posting, dt.date] | None:
        """Where somebody is posted as this cycle's lists and files show them, and the day nearest today on which they are; None for who never was.

        On the day of the cycle nearest today, so that a list says the same whatever somebody does after its end; else where they were
        last, else where they will be first. Seats go by the last posting within the cycle, which may be one that is still to come.
        """
        return self.frame.directory.placement.posting_near(employee, self.day_within(today))

    def outlook(self, day: dt.date) -> Outlook:
        """How far the cycle is on a day: whether scores so far or projected ones lead."""
        return outlook_on(self.period, day)

    def everything(self) -> Selection:
        """The selection of all nodes."""
        if not self._everything:
            self._everything.append(Selection.of(self, self.nodes))
        return self._everything[0]

    @property
    def has_everything(self) -> bool:
        """Whether the selection of all nodes was made."""
        return bool(self._everything)

    def keep_everything(self, selection: Selection) -> None:
        """Take the selection of all nodes, made of that of a plan like this one."""
        self._everything[:] = [selection]

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


def _kept_in(kept: dict[str, Any], name: str, make: Callable[[], T]) -> T:
    if name not in kept:
        kept[name] = make()
    made: T = kept[name]
    return made


def _places(worked: Sequence[ScoredLine]) -> dict[tuple[Node, str], tuple[int, ...]]:
    places: dict[tuple[Node, str], tuple[int, ...]] = {}
    for number, one in enumerate(worked):
        key = one.node, one.row.kpi
        places[key] = (*places.get(key, ()), number)
    return places


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

    def reads_as(self, other: Selection) -> bool:
        """Whether the figures that it asks for are those that another one does, whoever is posted where."""
        frame, others = self.plan.frame, other.plan.frame
        return (frame.slices, frame.given, frame.first_month, frame.legal_forms, self.sources) == (
            others.slices,
            others.given,
            others.first_month,
            others.legal_forms,
            other.sources,
        )

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
        unit_pct, own_pct = _blends(plan, nodes)
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
            shown_weight=_weights(plan, nodes),
            post_employee=_ints(one for one, _, _ in posts),
            post_unit=_ints(one for _, one, _ in posts),
            post_days=_ints(one for _, _, one in posts),
            unit_pct=unit_pct,
            own_pct=own_pct,
            is_employee=np.array([node.kind is NodeKind.EMPLOYEE for node in nodes], dtype=np.bool_),
        )

    def changed(self, plan: CyclePlan, numbers: Sequence[int]) -> Selection:
        """The same selection of a plan in which nothing differs but the policies, figures of shown lines, and these worked lines."""
        before, lines, decided, entered = self.plan, self.lines, self.decided, self.entered
        place = {number: at for at, number in enumerate(self.worked)} if numbers else {}
        mine = [number for number in numbers if number in place]
        if mine:
            places = [place[number] for number in mine]
            about = sorted({*decided.at, *places})
            lines = lines.changed(places, [plan.worked[number].reference for number in mine])
            decided = _decided_lines((at, plan.worked[self.worked[at]]) for at in about)
            if any(plan.worked[number].version.measure.aggregate in _ENTERED for number in mine):
                entered = Entered.of([plan.worked[number].entered for number in self.worked])
        blends = before.sheet.definitions.policies.blend, plan.sheet.definitions.policies.blend
        unit_pct, own_pct = (self.unit_pct, self.own_pct) if blends[0] == blends[1] else _blends(plan, self.nodes)
        has_same_plans = before.sheet.has_same_plans(plan.sheet)
        return replace(
            self,
            plan=plan,
            lines=lines,
            decided=decided,
            entered=entered,
            shown_weight=self.shown_weight if plan.lines is before.lines else _weights(plan, self.nodes),
            unit_pct=unit_pct,
            own_pct=own_pct,
            _elapsed=self._elapsed if has_same_plans else {},
            _kinds=self._kinds if has_same_plans else [],
        )

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


def _weights(plan: CyclePlan, nodes: Sequence[Node]) -> FloatArray:
    """What each shown line weighs."""
    shown = (line for node in nodes for line in plan.lines.get(node, ()))
    return np.array([_number(line.row.weight) for line in shown], dtype=np.float64)


def _blends(plan: CyclePlan, nodes: Sequence[Node]) -> tuple[FloatArray, FloatArray]:
    """The percents of unit and own part of each node."""
    of_job = {job: _percents(share) for job, share in plan.sheet.definitions.policies.blend.items()}
    blends = [_blend(plan, of_job, node) for node in nodes]
    unit, own = np.array(blends, dtype=np.float64).reshape(len(blends), 2).T
    return unit, own


def _percents(share: Blend) -> tuple[float, float]:
    return _number(Decimal(share.unit)), _number(Decimal(share.own))


def _blend(plan: CyclePlan, of_job: Mapping[Job, tuple[float, float]], node: Node) -> tuple[float, float]:
    """The percents of unit and own part under an employee's job; a unit is its own part alone."""
    person = plan.people.get(node.code) if node.kind is NodeKind.EMPLOYEE else None
    return (0.0, 100.0) if person is None else of_job[person.job]

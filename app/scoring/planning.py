"""How plans are made: of a load anew, or of a plan that is like it in most, so that only what differs is worked out again.

A plan that another one is made of and a plan that is made anew come to the same to the last digit. Do not take over what hangs on anything that may
be another: what that is stands in :func:`_is_alike`.
"""

from __future__ import annotations

import datetime as dt
import functools
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from app.cascade import Line, Sheet
from app.ledger import Frame
from app.rules.baseline import LineTerms, Overrides, resolve_reference
from app.rules.definitions import KpiVersion, Measure
from app.rules.line_decisions import UNDECIDED, DecidedLine, decided_reference
from app.rules.measures import rating
from app.rules.presence import cycle_of, cycle_period, presence
from app.rules.terms import Link, Node, NodeKind, Period
from app.scoring.plan import CyclePlan, DisplayLine, Person, ScoredLine, Selection

__all__ = ["State", "terms_of"]

_PLANS_MAX: Final = 16
"""How many cycles' plans a state keeps: an activity may be of any year, and each plan holds everybody's days."""


def _with_sheet(before: CyclePlan, frame: Frame, sheet: Sheet) -> CyclePlan:
    """The plan of a sheet that is alike (:func:`_is_alike`): only lines that are others are worked out again, each at its place."""
    cycle = before.cycle
    rows_before, rows = before.sheet.lines.get(cycle, {}), sheet.lines.get(cycle, {})
    changed = {node: some for node, some in rows.items() if some is not rows_before[node] and some != rows_before[node]}
    row_of = {(node, row.kpi): row for node, some in changed.items() for row in some}
    turned = sheet.judged_otherwise(before.sheet, cycle)
    worked, places = before.worked, []
    if row_of or turned:
        again = list(worked)
        for key in row_of.keys() | turned:
            for at in before.places.get(key, ()):
                one = again[at]
                row = row_of.get(key, one.row)
                if key in turned or not _is_judged_alike(row, one.row):
                    again[at] = _worked(sheet, cycle, one.node, row, one.version, before.people)
                    places.append(at)
                elif row != one.row:
                    again[at] = replace(one, row=row)
        worked = tuple(again)
    lines = before.lines
    if changed:
        lines = {
            **lines,
            **{
                node: tuple(DisplayLine(row_of[node, one.row.kpi], one.worked, one.bridge) for one in lines[node])
                for node in changed
            },
        }
    plan = before.like(frame, sheet, worked, lines)
    if before.has_everything:
        plan.keep_everything(before.everything().changed(plan, sorted(places)))
    return plan


def _is_judged_alike(row: Line, other: Line) -> bool:
    """Whether two rows of one line differ in nothing that it is judged by: at most in what it weighs, and in its area."""
    return row == other or replace(other, weight=row.weight, area=row.area) == row


def _is_alike(before: State, frame: Frame, sheet: Sheet, cycle: int) -> bool:
    """Whether everybody is where they are in a cycle of another state, and nodes have the same KPIs by the same links, so that no more than figures differ."""
    frame_before, sheet_before = before.frame_of(cycle), before.sheet.of_cycle(cycle)
    return (
        frame.directory is frame_before.directory
        and frame.first_month == frame_before.first_month
        and frame.slices == frame_before.slices
        and sheet.definitions.kpis == sheet_before.definitions.kpis
        and _has_same_lines(sheet_before, sheet, cycle)
    )


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
    period = cycle_period(cycle, frame.first_month)
    people: Mapping[str, Person]
    if like is None or like.frame.directory is not frame.directory or like.period != period:
        people = _people(frame, period, cycle)
        nodes = (
            *(Node(NodeKind.UNIT, code) for code in frame.directory.units_in(period)),
            *(Node(NodeKind.EMPLOYEE, number) for number in people),
        )
        of_people: dict[str, Any] = {}
    else:
        people, nodes, of_people = like.people, like.nodes, like.of_people
    earlier = None if like is None else _Earlier(like, sheet, people)
    worked: list[ScoredLine] = []
    own: dict[tuple[Node, str], tuple[int, int | None]] = {}

    def work(node: Node, row: Line, version: KpiVersion) -> None:
        known = earlier and earlier.line(node, row, version)
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
    plan = CyclePlan(cycle, period, frame, sheet, nodes, tuple(worked), lines, people, of_people=of_people)
    if like is not None:
        plan.keep_everything(Selection.of(plan, nodes, like.everything()))
    return plan


def _people(frame: Frame, period: Period, cycle: int) -> dict[str, Person]:
    """Everybody whose service touches a cycle."""
    directory = frame.directory
    return {
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


class _Earlier:
    """The worked lines of a plan like the one that is made."""

    def __init__(self, plan: CyclePlan, sheet: Sheet, people: Mapping[str, Person]) -> None:
        before, after = plan.sheet.definitions.kpis, sheet.definitions.kpis
        # KPIs, and who is there, are compared once, not at each of their lines.
        alike = {code for code, kpi in after.items() if before.get(code) == kpi}
        others = set()
        if people is not plan.people:
            others = {code for code in people.keys() | plan.people.keys() if _is_elsewhere(code, plan.people, people)}
        turned = sheet.judged_otherwise(plan.sheet, plan.cycle)
        self._lines: Final = {
            (one.node, one.row.kpi, one.version.from_cycle): one
            for one in plan.worked
            if one.row.kpi in alike
            and (one.node, one.row.kpi) not in turned
            and not (one.node.kind is NodeKind.EMPLOYEE and one.node.code in others)
        }

    def line(self, node: Node, row: Line, version: KpiVersion) -> ScoredLine | None:
        """The line as it was worked out, where it would come to the same; None where anything that it hangs on is another."""
        one = self._lines.get((node, row.kpi, version.from_cycle))
        if one is None or one.row is row or one.row == row:
            return one
        return replace(one, row=row) if _is_judged_alike(row, one.row) else None


def _is_elsewhere(code: str, before: Mapping[str, Person], after: Mapping[str, Person]) -> bool:
    """Whether somebody is there for another part of the cycle."""
    node = Node(NodeKind.EMPLOYEE, code)
    return _present(node, before) != _present(node, after)


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

    def with_certified(self, sheet: Sheet, certified: Mapping[int, Callable[[], State]]) -> State:
        """The same with certified cycles by other states, under a sheet that is told apart from this one by its token alone."""
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

    def frame_of(self, cycle: int) -> Frame:
        """The agency as the ledger sees it by what a cycle goes by."""
        return self._pinned_frames.get(cycle, self.frame)

    def _uncut(self, cycle: int) -> State:
        """What a plan of a cycle that goes by no cut may be made of: of one that was certified this state's own plan is its cut's."""
        return self.live if cycle in self.certified else self

    def _made(self, cycle: int) -> CyclePlan:
        if cycle in self.certified:
            return self.standing(cycle).plan(cycle)
        sheet = self.sheet.of_cycle(cycle)
        frame, earlier = self.frame_of(cycle), self._before or self._like
        if earlier is None:
            return _plan(frame, sheet, cycle)
        earlier = earlier._uncut(cycle)  # noqa: SLF001 - the same class
        if _is_alike(earlier, frame, sheet, cycle):
            plan = earlier.plan(cycle)
            is_defined_alike = plan.sheet.definitions == sheet.definitions
            return _with_sheet(plan, plan.frame if is_defined_alike else frame, sheet)
        return _plan(frame, sheet, cycle, None if self._before is not None else earlier.plan(cycle))


def _decided_so(of: Callable[[], State], sheet: Sheet) -> State:
    """The state of a cut with what a sheet has decided in place of its own decisions."""
    state = of()
    token = f"{sheet.token} {state.sheet.token}"
    return state.with_sheet(replace(state.sheet, token=token, decided=sheet.decided, moves=sheet.moves))

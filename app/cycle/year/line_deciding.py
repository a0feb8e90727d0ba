"""Decisions about a line of an opened cycle: by hr or the head of whose line it is, and an approver of the cycle (contract-cycle, 5).

They are read as part of what is decided, beside targets and agreements: agreeing to one is all that is done. Do not look for a row elsewhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from app import cascade, decisions, ledger, organisation, scoring
from app.access import Viewer
from app.cascade import Line, Sheet
from app.cycle.agreement.agreed_cards import signers_of
from app.cycle.cutting import refuse_being_certified
from app.cycle.grading.grades_paid import priced_grades
from app.cycle.grading.moved import moved_figures
from app.cycle.opened import NotNow, OpenedCycle, figures_stand, opened_cycle, opened_or_refused
from app.cycle.reopened import is_open_for, refuse_not_reopened
from app.decisions import Decision, DecisionKind, Read, own_nodes
from app.kit.refusals import Conflict, Invalid, NotThere, at_field, unknown_members
from app.plain.findings import Finding, n_
from app.plain.texts import quoted
from app.rules.agreement import SignedAs
from app.rules.baseline import is_outlier
from app.rules.deciding import DecisionEffect, DecisionState, Obstacle
from app.rules.definitions import KpiVersion
from app.rules.line_decisions import (
    LINE_DECISIONS,
    MEMBERS,
    UNDECIDED,
    DecidedLine,
    LineDecisionKind,
    is_score,
    takes_figure,
)
from app.rules.permissions import Deed, may
from app.rules.stages import BEFORE_THE_CUT, Stage
from app.rules.targets import SPREAD_METHODS, figure_of, is_target
from app.rules.terms import CODE_PATTERN, CycleFunction, Direction, Link, Node, Role
from app.scoring import CyclePlan, ScoreQuery, State

__all__ = [
    "DECIDED_IN",
    "LIFT",
    "LINE_KINDS",
    "LINE_KIND_CODES",
    "AdjustedAlready",
    "may_decide_lines",
    "void_exclusions",
]

DECIDED_IN: Final = BEFORE_THE_CUT | {Stage.CERTIFIED, Stage.NOTIFIED}
"""The stages in which lines are decided about: all before a cycle is locked."""


class AdjustedAlready(Conflict):
    """What happened has been adjusted for on this line."""

    code = "adjusted_already"
    message = n_("The line was adjusted for this cause before: name another cause, or have that decision lifted.")


class LiftedAlready(Conflict):
    """The decision does not hold any more."""

    code = "lifted_already"
    message = n_("The decision was lifted before: look at the line as it is now.")


# -------------------------------------------------------------------------------------------------------- what is wrong with it

_MEMBERS: Final[Mapping[LineDecisionKind, tuple[str, ...]]] = {
    LineDecisionKind.OVERRIDE: ("node", "kpi", "member", "value", "cause"),
    LineDecisionKind.DROP: ("node", "kpi", "cause"),
    LineDecisionKind.ZERO: ("node", "kpi", "cause"),
    LineDecisionKind.EXCLUDE_YEAR: ("node", "kpi", "year", "cause"),
}


def _node_of(content: Mapping[str, Any]) -> Node | None:
    text = content.get("node")
    return Node.parse(text) if isinstance(text, str) else None


def _named(_connection: Connection, content: Mapping[str, Any]) -> Collection[Node]:
    node = _node_of(content)
    return () if node is None else (node,)


def _shape_problems(kind: LineDecisionKind, content: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with a content before anything is looked up."""
    yield from unknown_members(content, _MEMBERS[kind])
    if _node_of(content) is None:
        message = n_("There is no unit or employee “%(value)s”: write it as unit:CODE or employee:NUMBER.")
        yield at_field("content/node", "unknown_node", message, value=quoted(str(content.get("node"))))
    if not isinstance(content.get("kpi"), str):
        yield at_field("content/kpi", "no_kpi", n_("No KPI is named: write the code of the line's."))
    yield from _cause_problems(kind, content)
    if kind is LineDecisionKind.OVERRIDE:
        if content.get("member") not in MEMBERS:
            message = n_("There is no such member of a line: choose one of %(members)s.")
            yield at_field("content/member", "unknown_figure", message, members=", ".join(MEMBERS))
        value = content.get("value")
        if not isinstance(value, str) or figure_of(value) is None:
            message = n_("This is no figure: write it as a text of digits, such as 12.5.")
            yield at_field("content/value", "no_figure", message)
    if kind is LineDecisionKind.EXCLUDE_YEAR and _year_of(content) is None:
        message = n_("“%(value)s” is no year: write one such as 2024.")
        yield at_field("content/year", "no_year", message, value=quoted(str(content.get("year"))))


def _cause_problems(kind: LineDecisionKind, content: Mapping[str, Any]) -> Iterator[Finding]:
    """The cause is a code; only of an override it has to be there."""
    cause = content.get("cause")
    if cause is None and kind is not LineDecisionKind.OVERRIDE:
        return
    if not isinstance(cause, str) or not CODE_PATTERN.fullmatch(cause):
        message = n_("The cause is a code of 1 to 40 letters, digits, full stops, hyphens and underscores: write one.")
        yield at_field("content/cause", "no_cause", message)


_YEAR_DIGITS: Final = 4


def _year_of(content: Mapping[str, Any]) -> int | None:
    """The year that a content names as a number or a text."""
    year = content.get("year")
    if isinstance(year, str) and len(year) == _YEAR_DIGITS and year.isascii() and year.isdecimal():
        return int(year)
    return year if isinstance(year, int) and not isinstance(year, bool) and 1000 <= year < 10000 else None


class _Deciding(NamedTuple):
    """What a decision is about, as it stands."""

    loaded: State
    opened: OpenedCycle
    node: Node
    kpi: str
    decided: DecidedLine

    @property
    def cycle(self) -> int:
        return self.opened.cycle

    @property
    def sheet(self) -> Sheet:
        """What the cycle goes by."""
        return self.loaded.plan(self.cycle).sheet


def _opened(connection: Connection, loaded: State, cycle: str | None, today: dt.date) -> OpenedCycle:
    """The cycle, at a stage in which lines are decided about.

    Raises:
        Invalid: it names none.
        NotNow: it is at another stage.
        BeingCertified: it is proposed to certify it.
    """
    opened = opened_or_refused(connection, cycle, loaded, today=today)
    if opened.stage not in DECIDED_IN:
        raise NotNow
    refuse_being_certified(connection, opened.cycle)
    return opened


def _about(loaded: State, opened: OpenedCycle, kind: LineDecisionKind, content: Mapping[str, Any]) -> _Deciding:
    """What a decision is about.

    Raises:
        Invalid: what is decided cannot be.
        NotThere: there is no such unit or employee in the cycle.
        AdjustedAlready: for the same cause.
    """
    node, kpi = Node.known(content["node"]), str(content["kpi"])
    if node not in loaded.plan(opened.cycle).nodes:
        raise NotThere
    sheet = loaded.plan(opened.cycle).sheet
    line = sheet.line(opened.cycle, node, kpi)
    if line is None:
        message = n_("The scorecard has no line of KPI “%(value)s” in this cycle: name one that it has.")
        raise Invalid(at_field("content/kpi", "no_line", message, value=quoted(kpi)))
    decided = sheet.decided_line(opened.cycle, node, kpi) or UNDECIDED
    about = _Deciding(loaded, opened, node, kpi, decided)
    problems = list(_line_problems(about, kind, line, content))
    if problems:
        raise Invalid(*problems)
    if content.get("cause") is not None and decided.has_cause(content["cause"]):
        raise AdjustedAlready
    return about


def _versions(about: _Deciding) -> list[KpiVersion]:
    """By which definitions the line is scored: in the first cycle of a version by two."""
    kpi = about.sheet.definitions.kpis[about.kpi]
    before = kpi.before(about.cycle)
    return [kpi.version(about.cycle), *([] if before is None else [before])]


def _line_problems(
    about: _Deciding, kind: LineDecisionKind, line: Line, content: Mapping[str, Any]
) -> Iterator[Finding]:
    """What a line does not take."""
    if line.link is Link.SHARED:
        message = n_("The line shows its parent's figures: choose the parent's line.")
        yield at_field("content/kpi", "shared_line", message)
    elif kind is LineDecisionKind.OVERRIDE:
        yield from _figure_problems(about, line, str(content["member"]), Decimal(content["value"]))
    elif kind is LineDecisionKind.EXCLUDE_YEAR:
        yield from _year_problems(about, int(_year_of(content) or 0))


def _figure_problems(about: _Deciding, line: Line, member: str, value: Decimal) -> Iterator[Finding]:
    """A figure is one that the method takes, on its side of the others, as a row of the scorecard would have it."""
    versions = _versions(about)
    methods = {one.method.name for one in versions}
    if not takes_figure(methods, member):
        message = n_("A line of the method %(methods)s takes no %(member)s: choose another member.")
        yield at_field("content/member", "figure_not_used", message, methods=", ".join(sorted(methods)), member=member)
    elif member == "target" and not is_target(value):
        yield at_field("content/value", "not_above_0", n_("A target is more than 0: write what is to be reached."))
    elif member == "actual" and "qualitative" in methods and not is_score(value):
        message = n_("The actual of a line that people grade is its score: write 20 to 100.")
        yield at_field("content/value", "no_score", message)
    elif member in {"high", "low"}:
        high, low = (value if name == member else _present(about, line, name) for name in ("high", "low"))
        ways = {one.direction for one in versions}
        if None not in {high, low} and (high == low or _way(high, low) not in ways):
            message = n_(
                "High %(high)s and low %(low)s are on the wrong sides of each other, since high is the better one: change one of them."
            )
            yield at_field("content/value", "wrong_sides", message, high=str(high), low=str(low))


def _present(about: _Deciding, line: Line, name: str) -> Decimal | None:
    """A figure of the line as it is: by decision, else as the row gives it."""
    value = about.decided.value(name)
    given: Decimal | None = getattr(line, name)
    return given if value is None else value


def _way(high: Decimal | None, low: Decimal | None) -> Direction:
    return Direction.UP if (high or Decimal(0)) > (low or Decimal(0)) else Direction.DOWN


def _year_problems(about: _Deciding, year: int) -> Iterator[Finding]:
    """A year is an outlier, and of a line that is scored by its past: as a row of ``exclusions.csv`` is checked."""
    methods = {one.method.name for one in _versions(about)}
    if not methods & SPREAD_METHODS:
        message = n_(
            "Years are left out for the methods deviation and ratio alone, and %(kpi)s has %(methods)s: choose another line."
        )
        yield at_field("content/kpi", "no_exclusions", message, kpi=about.kpi, methods=", ".join(sorted(methods)))
    elif not is_outlier(about.sheet.years(about.node, about.kpi), year=year, cycle=about.cycle):
        message = n_(
            "%(year)s is no outlier, since all five years before %(cycle)s must be there, and without it their spread at most half: choose another year."
        )
        yield at_field("content/year", "no_outlier", message, year=year, cycle=about.cycle)


def void_exclusions(plan: CyclePlan) -> tuple[Node, ...]:
    """Whose lines leave a year out by decision that is no outlier any more, since past years have moved. No queries."""
    sheet = plan.sheet
    return tuple(
        node
        for (node, kpi), decided in sheet.decided.get(plan.cycle, {}).items()
        if (one := decided.excluded) is not None
        and not is_outlier(sheet.years(node, kpi), year=one.year or 0, cycle=plan.cycle)
    )


# ---------------------------------------------------------------------------------------------------------------- who


def may_decide_lines(
    connection: Connection, loaded: State, cycle: int, node: Node, *, viewer: Viewer, day: dt.date
) -> bool:
    """Whether a person proposes decisions about a node's lines now: hr and its head do, but not in their own case. Queries: 1 for these, else none."""
    if _obstacle(loaded.plan(cycle), viewer, node, day) is not None:
        return False
    opened = opened_cycle(connection, cycle)
    return opened is not None and opened.stage in DECIDED_IN and is_open_for(connection, opened, [node])


def _obstacle(plan: CyclePlan, viewer: Viewer, node: Node, day: dt.date) -> Obstacle | None:
    if _is_own(plan, viewer, [node], day):
        return Obstacle.OWN_CASE
    if may(viewer.roles, Deed.RUN_CYCLE, ()):
        return None
    heads = signers_of(plan.frame.directory, plan, node, day)[SignedAs.HEAD].numbers
    return None if viewer.employee in heads else Obstacle.ROLE


def _is_own(plan: CyclePlan, viewer: Viewer, about: Collection[Node], day: dt.date) -> bool:
    """Whether any node is the person, or a unit that they are posted to on a day of the cycle."""
    periods = (plan.period,)
    own = own_nodes(plan.frame.directory, email=viewer.email, employee=viewer.employee, periods=periods, day=day)
    return not own.isdisjoint(about)


def _maker_obstacle(
    connection: Connection, viewer: Viewer, read: Read, cycle: str | None, day: dt.date
) -> Obstacle | None:
    (node,) = read.about
    return _obstacle(scoring.state(connection).plan(int(str(cycle))), viewer, node, day)


def _checker_obstacle(connection: Connection, viewer: Viewer, open_: Decision, day: dt.date) -> Obstacle | None:
    plan = scoring.state(connection).plan(open_.cycle_year)
    return Obstacle.OWN_CASE if _is_own(plan, viewer, open_.about, day) else None


# ---------------------------------------------------------------------------------------------------------- what it moves


def _moved(connection: Connection, about: _Deciding, decided: DecidedLine, today: dt.date) -> Iterable[DecisionEffect]:
    """Everybody whose score, grade or pay is another once other decisions hold of a line. Queries: those of scoring the cycle twice and of :func:`app.cycle.priced_grades`."""
    sheet, cycle = about.loaded.sheet, about.cycle
    lines = cascade.decided_with(sheet.decided.get(cycle, {}), about.node, about.kpi, decided)
    changed = replace(sheet, token=f"{sheet.token} decided", decided={**sheet.decided, cycle: lines})
    asked = ScoreQuery(cycle, today)
    one = scoring.scores(connection, asked, loaded=about.loaded)
    other = scoring.score_again(one, about.loaded.with_sheet(changed))
    return moved_figures(one, other, priced=priced_grades(connection, about.loaded, cycle))


def _announce(connection: Connection, decision: Decision, node: str, kpi: str) -> None:
    """Let read models and whoever follows a score know of what was agreed to. Queries: 3."""
    hand = decision.done_by
    organisation.raise_decided(
        connection, [(decision.kind, decision.cycle, node, kpi, decision.id, hand.at.isoformat())]
    )
    ledger.record_change(connection, at=hand.at, owners=ledger.owners_text(everyone=True))


def _void(decision: Decision) -> Sequence[Mapping[str, Any]]:
    """What a decision that can be no more finds moved."""
    (node,) = decision.about
    return [{"node": str(node), "member": f"score:{decision.content.get('kpi', '')}", "signed": None, "now": None}]


# ------------------------------------------------------------------------------------------------------------- the kinds


def _content_of(kind: LineDecisionKind, content: Mapping[str, Any]) -> dict[str, Any]:
    """The content in its one form."""
    kept = {name: content[name] for name in _MEMBERS[kind] if content.get(name) is not None}
    return kept | ({"year": _year_of(content)} if kind is LineDecisionKind.EXCLUDE_YEAR else {})


def _kind(kind: LineDecisionKind) -> DecisionKind:
    def read(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
        problems = list(_shape_problems(kind, content))
        if problems:
            raise Invalid(*problems)
        loaded = scoring.state(connection)
        opened = _opened(connection, loaded, cycle, today)
        if opened.round > 1 and kind is LineDecisionKind.EXCLUDE_YEAR:
            raise NotNow
        about = _about(loaded, opened, kind, content)
        refuse_not_reopened(connection, opened, [about.node])
        return Read(_content_of(kind, content), frozenset({about.node}), about.opened.round)

    def effects(
        connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date
    ) -> Iterable[DecisionEffect]:
        loaded = scoring.state(connection)
        about = _about(loaded, _opened(connection, loaded, cycle, today), kind, content)
        more = cascade.line_decision(kind, content)
        return _moved(connection, about, DecidedLine((*about.decided.decisions, more)), today)

    def overtaken(connection: Connection, open_: Decision) -> Sequence[Mapping[str, Any]]:
        try:
            _about(scoring.state(connection), _still_opened(connection, open_), kind, open_.content)
        except (Invalid, NotThere):
            return _void(open_)
        return ()

    return replace(_LIKE, code=kind.value, read=read, effects=effects, overtaken=overtaken, names=_named)


def _still_opened(connection: Connection, open_: Decision) -> OpenedCycle:
    """The cycle of a decision that is to be agreed to.

    Raises:
        NotNow: it has come to a stage in which lines are not decided about.
    """
    opened = opened_cycle(connection, open_.cycle_year)
    if opened is None or opened.stage not in DECIDED_IN:
        raise NotNow
    refuse_being_certified(connection, opened.cycle)
    return opened


def _announce_line(connection: Connection, decision: Decision) -> None:
    _announce(connection, decision, decision.content["node"], decision.content["kpi"])


# ------------------------------------------------------------------------------------------------------------------ lift


def _ended(connection: Connection, content: Mapping[str, Any], cycle: str | None) -> Decision:
    """The decision that is to be lifted.

    Raises:
        NotThere: there is no such decision about a line of the cycle that was agreed to.
    """
    number = content.get("decision")
    one = decisions.decision(connection, number) if type(number) is int else None
    if one is None or one.kind not in set(LINE_DECISIONS) or one.cycle != cycle:
        raise NotThere
    if one.state is not DecisionState.APPROVED:
        raise NotThere
    return one


def _named_by_lift(connection: Connection, content: Mapping[str, Any]) -> Collection[Node]:
    number = content.get("decision")
    one = decisions.decision(connection, number) if type(number) is int else None
    return () if one is None else one.about


def _holding(loaded: State, opened: OpenedCycle, ended: Decision) -> _Deciding:
    """The line of a decision, about which it holds.

    Raises:
        LiftedAlready: it does not any more.
    """
    node, kpi = Node.known(ended.content["node"]), str(ended.content["kpi"])
    decided = loaded.sheet.decided_line(opened.cycle, node, kpi) or UNDECIDED
    if ended.id not in decided.ids:
        raise LiftedAlready
    return _Deciding(loaded, opened, node, kpi, decided)


def _read_lift(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
    problems = unknown_members(content, {"decision"})
    number = content.get("decision")
    if not isinstance(number, int) or isinstance(number, bool):
        message = n_("No decision is named: write the number of the one to lift.")
        problems.append(at_field("content/decision", "no_decision", message))
    if problems:
        raise Invalid(*problems)
    loaded = scoring.state(connection)
    opened = _opened(connection, loaded, cycle, today)
    ended = _ended(connection, content, cycle)
    if ended.round != opened.round and opened.round > 1:
        # What a round was locked with stays; only what this one has decided is taken back.
        raise NotNow
    about = _holding(loaded, opened, ended)
    return Read({"decision": number}, frozenset({about.node}), opened.round)


def _lift_effects(
    connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date
) -> Iterable[DecisionEffect]:
    loaded = scoring.state(connection)
    ended = _ended(connection, content, cycle)
    about = _holding(loaded, _opened(connection, loaded, cycle, today), ended)
    left = tuple(one for one in about.decided.decisions if one.id != ended.id)
    return _moved(connection, about, DecidedLine(left), today)


def _lift_overtaken(connection: Connection, open_: Decision) -> Sequence[Mapping[str, Any]]:
    opened = _still_opened(connection, open_)
    _holding(scoring.state(connection), opened, _ended(connection, open_.content, open_.cycle))
    return ()


def _announce_lift(connection: Connection, decision: Decision) -> None:
    ended = _ended(connection, decision.content, decision.cycle)
    _announce(connection, decision, ended.content["node"], ended.content["kpi"])


LIFT: Final = DecisionKind(
    code=cascade.LIFT,
    makers=frozenset({Role.HR, Role.HEAD}),
    checkers=frozenset({CycleFunction.APPROVER}),
    seen_by=frozenset({Role.AUDITOR}),
    read=_read_lift,
    effects=_lift_effects,
    signs_effects_of=figures_stand,
    apply=_announce_lift,
    overtaken=_lift_overtaken,
    hold=scoring.hold_to_decide,
    names=_named_by_lift,
    by_line=True,
    of_cycle=True,
    maker_obstacle=_maker_obstacle,
    checker_obstacle=_checker_obstacle,
)
"""A decision about a line ends: by whom it could be made, and what held before holds again."""

_LIKE: Final = replace(LIFT, apply=_announce_line)

LINE_KINDS: Final = tuple(_kind(one) for one in LINE_DECISIONS)
"""What is decided about a line: by hr or the head of whose line it is, and an approver of the cycle."""

LINE_KIND_CODES: Final = frozenset(one.code for one in (*LINE_KINDS, LIFT))
"""These, and what ends one."""

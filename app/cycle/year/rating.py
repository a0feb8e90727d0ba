"""Lines that people rate in an opened cycle: who rates which, what they gave, and what is final (contract-cycle, 5).

A draft counts nowhere. A newcomer's usual mistake: to let a rater be told by a line alone; whoever stands in for a rater writes the rater's grade.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from app import cascade, ledger, organisation, scoring
from app.access import Viewer
from app.cascade import RATERS_DECISIONS, GivenRating
from app.cycle.agreement.agreed_cards import Signers, nodes_below, signers_of
from app.cycle.cutting import refuse_being_certified
from app.cycle.grading.moved import moved_figures
from app.cycle.opened import NotNow, OpenedCycle, as_it_stands, opened_or_refused
from app.decisions import Decision, DecisionKind, Hand, Read, own_nodes, refusal_for
from app.kit.refusals import Conflict, Invalid, NotThere, at_field, text_problems, unknown_members
from app.organisation import Directory
from app.plain.findings import Finding, n_
from app.plain.texts import quoted, trimmed
from app.rules.agreement import SignedAs
from app.rules.deciding import DecisionEffect, Obstacle
from app.rules.measures import GRADE_POINTS, Aggregate
from app.rules.permissions import Deed, may
from app.rules.rating import RatingSummary, rating_summary
from app.rules.stages import BEFORE_THE_CUT
from app.rules.terms import CycleFunction, Link, Node, Role
from app.scoring import CyclePlan, ScoreQuery, State

__all__ = [
    "BY_HR",
    "RATED_IN",
    "RATERS",
    "REOPEN_RATING",
    "RatedLine",
    "WantedRating",
    "all_rated_lines",
    "is_own_case",
    "lines_of_raters",
    "rate",
    "rated_line",
    "rated_lines",
    "rated_lines_among",
    "rated_lines_of",
    "raters_for",
    "rating_problems",
    "unrated_lines",
]

RATED_IN: Final = BEFORE_THE_CUT
"""The stages in which grades are given: until the cut."""

BY_HR: Final = "hr"
"""The rater of a line above which there is no head."""

TEXT_LENGTH_MAX: Final = 4000
RATERS_MAX: Final = 100


class FinalAlready(Conflict):
    """It was given for good."""

    code = "final"
    message = n_("The grade is final, and nobody changes it: ask HR to have it reopened.")


class NotFinal(Conflict):
    """There is nothing to reopen."""

    code = "not_final"
    message = n_("This rater has given no final grade of the line: name one who has.")


class WantedRating(NamedTuple):
    """What a rater says of a line; a draft may lack the grade."""

    grade: str
    text: str
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedLine:
    """A line that is rated, and what raters said of it.

    Attributes:
        raters: who rates it: numbers, or :data:`BY_HR`; of heads any one.
        is_appointed: whether these were appointed; each of them rates it then.
        given: the last that each who ever rated it said, by rater.
    """

    cycle: int
    node: Node
    kpi: str
    raters: tuple[str, ...]
    is_appointed: bool
    given: tuple[GivenRating, ...]

    @property
    def finals(self) -> tuple[GivenRating, ...]:
        """The grades that count."""
        return tuple(one for one in self.given if one.final and (not self.is_appointed or one.rater in self.raters))

    @property
    def summary(self) -> RatingSummary | None:
        """What they come to; None without any."""
        return rating_summary([one.grade for one in self.finals])

    def of(self, rater: str) -> GivenRating | None:
        """What a rater said last."""
        return next((one for one in self.given if one.rater == rater), None)

    def is_due(self, rater: str) -> bool:
        """Whether a rater has still to give a final grade."""
        own = self.of(rater)
        return rater in self.raters and not (own is not None and own.final) and (self.is_appointed or not self.finals)


# ------------------------------------------------------------------------------------------------------------- who rates


def _is_rated(plan: CyclePlan, kpi: str) -> bool:
    known = plan.sheet.definitions.kpis.get(kpi)
    return known is not None and known.version(plan.cycle).measure.aggregate == Aggregate.RATING


def _rated_kpis(plan: CyclePlan, node: Node) -> Iterator[str]:
    """The KPIs that are rated on a scorecard; a shared line shows another's grades."""
    return (
        one.row.kpi
        for one in plan.lines.get(node, ())
        if one.row.link is not Link.SHARED and _is_rated(plan, one.row.kpi)
    )


def _default_raters(directory: Directory, plan: CyclePlan, node: Node, day: dt.date) -> tuple[str, ...]:
    """The head who reviews an employee, of a unit the next head above; hr where there is none. No queries."""
    head: Signers = signers_of(directory, plan, node, day)[SignedAs.HEAD]
    return head.numbers or (BY_HR,)


def _line(
    plan: CyclePlan,
    node: Node,
    kpi: str,
    *,
    appointed: Mapping[tuple[int, Node, str], tuple[str, ...]],
    given: Mapping[tuple[int, Node, str], tuple[GivenRating, ...]],
    day: dt.date,
) -> RatedLine:
    key = plan.cycle, node, kpi
    named = appointed.get(key)
    return RatedLine(
        cycle=plan.cycle,
        node=node,
        kpi=kpi,
        raters=named or _default_raters(plan.frame.directory, plan, node, day),
        is_appointed=named is not None,
        given=given.get(key, ()),
    )


def rated_line(
    connection: Connection, loaded: State, opened: OpenedCycle, node: Node, kpi: str, *, day: dt.date
) -> RatedLine:
    """One line that is rated. Queries: 2.

    Raises:
        NotThere: the scorecard has no such line, or one that nobody rates.
    """
    plan = loaded.plan(opened.cycle)
    if kpi not in _rated_kpis(plan, node):
        raise NotThere
    appointed = cascade.appointed_raters(connection, opened.cycle)
    given = cascade.given_ratings(connection, opened.cycle, nodes=[node])
    return _line(plan, node, kpi, appointed=appointed, given=given, day=day)


def rated_lines_of(
    connection: Connection, loaded: State, opened: OpenedCycle, node: Node, *, day: dt.date
) -> list[RatedLine]:
    """All lines of a scorecard that are rated. Queries: 2, or none where there is none."""
    return rated_lines_among(connection, loaded, opened, [node], day=day)


def rated_lines_among(
    connection: Connection, loaded: State, opened: OpenedCycle, nodes: Collection[Node], *, day: dt.date
) -> list[RatedLine]:
    """The same of several scorecards. Queries: 2, or none where there is none."""
    plan = loaded.plan(opened.cycle)
    some = [node for node in nodes if any(_rated_kpis(plan, node))]
    if not some:
        return []
    appointed = cascade.appointed_raters(connection, opened.cycle)
    given = cascade.given_ratings(connection, opened.cycle, nodes=some)
    return _lines(plan, some, appointed=appointed, given=given, day=day)


def raters_for(viewer: Viewer) -> dict[str, str | None]:
    """As which raters a person gives grades, each with in whose place; None for themself."""
    own = {} if viewer.employee is None else {viewer.employee: None}
    by_hr = {BY_HR: None} if may(viewer.roles, Deed.RUN_CYCLE, ()) else {}
    return {**{one.giver: one.giver for one in viewer.stands_in_for("rate")}, **by_hr, **own}


def rated_lines(
    connection: Connection, loaded: State, opened: OpenedCycle, *, raters: Collection[str], day: dt.date
) -> list[RatedLine]:
    """The lines that some raters rate, or have rated for good, in the order of the cycle's nodes. Queries: 3.

    Args:
        connection: any transaction.
        loaded: what is loaded and decided.
        opened: the cycle.
        raters: numbers, and :data:`BY_HR`.
        day: today.
    """
    plan, wanted = loaded.plan(opened.cycle), frozenset(raters)
    appointed = cascade.appointed_raters(connection, opened.cycle)
    own = cascade.given_ratings(connection, opened.cycle, raters=wanted)
    nodes = {node for (_, node, _) in own} | {
        node for (_, node, _), some in appointed.items() if not wanted.isdisjoint(some)
    }
    if BY_HR in wanted:
        nodes |= set(plan.nodes)
    else:
        nodes |= {node for number in wanted for node in nodes_below(plan.frame.directory, number, day)}
    given = cascade.given_ratings(connection, opened.cycle, nodes=nodes)
    lines = _lines(plan, nodes, appointed=appointed, given=given, day=day)
    return lines_of_raters(lines, wanted)


def lines_of_raters(lines: Iterable[RatedLine], raters: Collection[str]) -> list[RatedLine]:
    """Those of some lines that some raters rate, or have rated for good."""
    wanted = frozenset(raters)
    return [
        one
        for one in lines
        if not wanted.isdisjoint(one.raters) or any(each.rater in wanted and each.final for each in one.given)
    ]


def unrated_lines(
    connection: Connection,
    loaded: State,
    opened: OpenedCycle,
    *,
    day: dt.date,
    among: Collection[Node] | None = None,
) -> list[RatedLine]:
    """The lines of a cycle, or of some of its nodes, of which a final grade is missing, in the order of its nodes. Queries: 2."""
    lines = all_rated_lines(connection, loaded, opened, day=day, among=among)
    return [one for one in lines if any(map(one.is_due, one.raters))]


def all_rated_lines(
    connection: Connection,
    loaded: State,
    opened: OpenedCycle,
    *,
    day: dt.date,
    among: Collection[Node] | None = None,
) -> list[RatedLine]:
    """Every line of a cycle, or of some of its nodes, that is rated, in the order of its nodes. Queries: 2."""
    plan = loaded.plan(opened.cycle)
    appointed = cascade.appointed_raters(connection, opened.cycle)
    given = cascade.given_ratings(connection, opened.cycle)
    nodes = frozenset(plan.nodes) if among is None else among
    return _lines(plan, nodes, appointed=appointed, given=given, day=day)


def _lines(
    plan: CyclePlan,
    nodes: Collection[Node],
    *,
    appointed: Mapping[tuple[int, Node, str], tuple[str, ...]],
    given: Mapping[tuple[int, Node, str], tuple[GivenRating, ...]],
    day: dt.date,
) -> list[RatedLine]:
    return [
        _line(plan, node, kpi, appointed=appointed, given=given, day=day)
        for node in plan.nodes
        if node in nodes
        for kpi in _rated_kpis(plan, node)
    ]


def is_own_case(plan: CyclePlan, viewer: Viewer, node: Node, *, day: dt.date) -> bool:
    """Whether somebody is who is rated, or of the very unit that is, at any time of the cycle."""
    directory = plan.frame.directory
    return node in own_nodes(directory, email=viewer.email, employee=viewer.employee, periods=[plan.period], day=day)


def _is_own_of(plan: CyclePlan, number: str, node: Node, *, day: dt.date) -> bool:
    return node in own_nodes(plan.frame.directory, email="", employee=number, periods=[plan.period], day=day)


# ------------------------------------------------------------------------------------------------------------ what is done


def rating_problems(wanted: WantedRating) -> list[Finding]:
    """What is wrong with what a rater says, at its fields."""
    problems = []
    if wanted.grade not in GRADE_POINTS and (wanted.grade or wanted.final):
        message = n_("There is no such grade: choose one of %(grades)s.")
        problems.append(at_field("grade", "no_grade", message, grades=", ".join(GRADE_POINTS)))
    return problems + text_problems("text", wanted.text, most=TEXT_LENGTH_MAX, is_needed=False)


def rate(
    connection: Connection,
    opened: OpenedCycle,
    node: Node,
    kpi: str,
    wanted: WantedRating,
    *,
    by: Viewer,
    now: dt.datetime,
) -> RatedLine:
    """Write what a rater says of a line: a draft, or the grade that counts from now on. The same once more changes nothing.

    Raises:
        Invalid: there is no such grade.
        NotThere: there is no such line.
        NotNow: the cycle is at a later stage.
        FinalAlready: the rater has given a final grade, or another head has.
        Conflict: it is the person's own case, or not theirs to rate.
    """
    loaded = scoring.state_to_decide_in(connection)
    plan, day = loaded.plan(opened.cycle), loaded.frame.directory.day_of(now)
    line = rated_line(connection, loaded, opened, node, kpi, day=day)
    rater, acts_for = _rating_as(plan, line, by, day)
    problems = rating_problems(wanted)
    if problems:
        raise Invalid(*problems)
    if as_it_stands(connection, opened).stage not in RATED_IN:
        raise NotNow
    refuse_being_certified(connection, opened.cycle)
    before = line.of(rater)
    said = None if before is None else WantedRating(before.grade, before.text, before.final)
    text = trimmed(wanted.text)
    if said == (wanted.grade, text, wanted.final):
        return line
    if (said is not None and said.final) or not (line.is_appointed or not line.finals):
        raise FinalAlready
    hand = replace(Hand.of(by, now), acts_for=acts_for)
    place = 1 if before is None else before.place + 1
    cascade.keep_rating(
        connection,
        (opened.cycle, node, kpi),
        rater=rater,
        place=place,
        grade=wanted.grade,
        text=text,
        final=wanted.final,
        by=hand,
    )
    if wanted.final:
        _moved(connection, line, rater, place, at=now)
    return rated_line(connection, scoring.state(connection), opened, node, kpi, day=day)


def _rating_as(plan: CyclePlan, line: RatedLine, by: Viewer, day: dt.date) -> tuple[str, str | None]:
    """As which rater of a line a person rates it, and in whose place.

    Raises:
        Conflict: it is their own case, or of whom they stand in for; or they rate it not at all.
    """
    if is_own_case(plan, by, line.node, day=day):
        raise refusal_for(Obstacle.OWN_CASE)
    theirs = raters_for(by)
    # Oneself goes before whom one stands in for.
    for rater in sorted((one for one in line.raters if one in theirs), key=lambda one: theirs[one] is not None):
        acts_for = theirs[rater]
        if acts_for is not None and _is_own_of(plan, acts_for, line.node, day=day):
            raise refusal_for(Obstacle.OWN_CASE)
        return rater, acts_for
    raise refusal_for(Obstacle.ROLE)


def _moved(connection: Connection, line: RatedLine, rater: str, place: int, *, at: dt.datetime) -> None:
    """Let read models know that a line may have another score."""
    told = ("rated", line.cycle, str(line.node), line.kpi, rater, place, at.isoformat())
    organisation.raise_decided(connection, [told])
    ledger.record_change(connection, at=at, owners=ledger.owners_text(everyone=True))


# --------------------------------------------------------------------------------------------------------------- decisions


class _About(NamedTuple):
    loaded: State
    opened: OpenedCycle
    line: RatedLine


def _about(
    connection: Connection,
    content: Mapping[str, Any],
    cycle: str | None,
    today: dt.date,
    problems: Sequence[Finding],
) -> _About:
    """The line that a decision is about, as it stands.

    Raises:
        Invalid: with what is wrong with the rest of the content, or where there is no such line.
        NotNow: the cycle is past the cut.
    """
    loaded, findings = scoring.state(connection), list(problems)
    opened = opened_or_refused(connection, cycle, loaded, today=today)
    node, kpi = Node.parse(str(content.get("node"))), content.get("kpi")
    if node is None or node not in loaded.plan(opened.cycle).nodes:
        message = n_("There is no unit or employee “%(value)s”: write it as unit:CODE or employee:NUMBER.")
        findings.append(at_field("content/node", "unknown_node", message, value=quoted(str(content.get("node")))))
    elif kpi not in list(_rated_kpis(loaded.plan(opened.cycle), node)):
        message = n_("The scorecard has no line “%(value)s” that people rate: name one that it has.")
        findings.append(at_field("content/kpi", "not_rated", message, value=quoted(str(kpi))))
    if findings or node is None:
        raise Invalid(*findings)
    if opened.stage not in RATED_IN:
        raise NotNow
    refuse_being_certified(connection, opened.cycle)
    return _About(loaded, opened, rated_line(connection, loaded, opened, node, str(kpi), day=today))


def _own_obstacle(
    connection: Connection, viewer: Viewer, about: Collection[Node], cycle: str | None, day: dt.date
) -> Obstacle | None:
    """Its own case is whoever's who is rated, or was of the rated unit at any time of the cycle."""
    plan = scoring.state(connection).plan(int(str(cycle)))
    return Obstacle.OWN_CASE if any(is_own_case(plan, viewer, node, day=day) for node in about) else None


def _effects(
    connection: Connection, of: _About, grades: Mapping[str, str] | None, today: dt.date
) -> Iterable[DecisionEffect]:
    """Everybody whose score or grade moves once the line has these grades alone; with None those of the folder. Queries: those of scoring twice."""
    before, line = of.loaded, of.line
    key = line.cycle, line.node, line.kpi
    given = {one: [(each.rater, each.grade) for each in before.sheet.ratings(*one)] for one in before.sheet.rated_here}
    given.pop(key, None)
    if grades is not None:
        given[key] = sorted(grades.items())
    changed = before.sheet.with_given(given, over=cascade.loaded_sheet(connection))
    changed = replace(changed, token=f"{changed.token} rated")
    frames = scoring.pinned_frames(connection, before.frame, changed)
    after = State(before.frame, changed, like=before, pinned_frames=frames)
    asked = ScoreQuery(line.cycle, today)
    one, other = (scoring.scores(connection, asked, loaded=each) for each in (before, after))
    return moved_figures(one, other)


# ------------------------------------------------------------------------------------------------------------- raters


def _raters_problems(directory: Directory, content: Mapping[str, Any]) -> list[Finding]:
    problems = unknown_members(content, ("node", "kpi", "raters"))
    raters = content.get("raters")
    if (
        not isinstance(raters, list)
        or not 0 < len(raters) <= RATERS_MAX
        or not all(isinstance(one, str) for one in raters)
        or len(set(raters)) < len(raters)
    ):
        message = n_("These are no raters: write a list of employees' numbers, each once.")
        return [*problems, at_field("content/raters", "no_raters", message)]
    message = n_("There is no employee “%(value)s”: write a number.")
    return problems + [
        at_field("content/raters", "unknown_employee", message, value=quoted(one))
        for one in raters
        if one not in directory.employees
    ]


def _read_raters(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
    problems = _raters_problems(organisation.directory(connection), content)
    of = _about(connection, content, cycle, today, problems)
    plan, node = of.loaded.plan(of.opened.cycle), of.line.node
    if any(_is_own_of(plan, number, node, day=today) for number in content["raters"]):
        raise refusal_for(Obstacle.OWN_CASE)
    kept = {"node": str(node), "kpi": of.line.kpi, "raters": list(content["raters"])}
    return Read(kept, frozenset({node}), of.opened.round)


def _raters_effects(
    connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date
) -> Iterable[DecisionEffect]:
    of = _about(connection, content, cycle, today, ())
    grades = {one.rater: one.grade for one in of.line.given if one.final and one.rater in content["raters"]}
    return _effects(connection, of, grades, today)


def _apply_raters(connection: Connection, decision: Decision) -> None:
    hand = decision.done_by
    of = _about(connection, decision.content, decision.cycle, organisation.directory(connection).day_of(hand.at), ())
    _moved(connection, of.line, "", decision.id, at=hand.at)


RATERS: Final = DecisionKind(
    code=RATERS_DECISIONS,
    makers=frozenset({Role.HR}),
    checkers=frozenset({CycleFunction.APPROVER}),
    seen_by=frozenset({Role.AUDITOR}),
    read=_read_raters,
    effects=_raters_effects,
    apply=_apply_raters,
    hold=scoring.hold_to_decide,
    of_cycle=True,
    for_parts=True,
    maker_obstacle=lambda connection, viewer, read, cycle, day: _own_obstacle(
        connection, viewer, read.about, cycle, day
    ),
    checker_obstacle=lambda connection, viewer, open_, day: _own_obstacle(
        connection, viewer, open_.about, open_.cycle, day
    ),
)
"""Who rates a line: by hr, and an approver. The last decision about a line holds."""


# -------------------------------------------------------------------------------------------------------------- reopening


def _read_reopening(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
    problems = unknown_members(content, ("node", "kpi", "rater"))
    if not isinstance(content.get("rater"), str):
        message = n_("No rater is named: write the number of one who has given a final grade.")
        problems.append(at_field("content/rater", "no_rater", message))
    of = _about(connection, content, cycle, today, problems)
    own = of.line.of(content["rater"])
    if own is None or not own.final:
        raise NotFinal
    kept = {"node": str(of.line.node), "kpi": of.line.kpi, "rater": content["rater"]}
    return Read(kept, frozenset({of.line.node}), of.opened.round)


def _reopening_effects(
    connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date
) -> Iterable[DecisionEffect]:
    of = _about(connection, content, cycle, today, ())
    left = {one.rater: one.grade for one in of.line.finals if one.rater != content["rater"]}
    return _effects(connection, of, left if left or of.line.is_appointed else None, today)


def _apply_reopening(connection: Connection, decision: Decision) -> None:
    hand = decision.done_by
    today = organisation.directory(connection).day_of(hand.at)
    of = _about(connection, decision.content, decision.cycle, today, ())
    own = of.line.of(decision.content["rater"])
    if own is None or not own.final:
        raise NotFinal
    line = of.opened.cycle, of.line.node, of.line.kpi
    cascade.keep_rating(
        connection,
        line,
        rater=own.rater,
        place=own.place + 1,
        grade=own.grade,
        text=own.text,
        final=False,
        by=hand,
        decision=decision.id,
    )
    _moved(connection, of.line, own.rater, own.place + 1, at=hand.at)


REOPEN_RATING: Final = replace(
    RATERS, code="reopen_rating", read=_read_reopening, effects=_reopening_effects, apply=_apply_reopening
)
"""A final grade is a draft again: by hr, and an approver."""

"""Whose signature, or grade, opened cycles wait for: what a person's first page asks of them (contract-cycle, 4 and 5).

Do not go through everybody's scorecards for somebody who signs their own: that page is the one that is opened most.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from app import cascade, objecting
from app.access import Viewer
from app.cycle.agreement.agreed_cards import due_of, is_asked, may_sign, nodes_below, signers_of
from app.cycle.agreement.card_notes import last_notes
from app.cycle.close.reviewing import may_review
from app.cycle.desk.waiting_reads import OnesReads
from app.cycle.year.actions import Action, OwedComment
from app.cycle.year.check_ins import check_in_parts
from app.cycle.year.line_deciding import LINE_KIND_CODES
from app.cycle.year.rating import is_own_case, raters_for
from app.decisions import Decision, DecisionFilter, decisions_of
from app.objecting import Case
from app.organisation import Directory
from app.rules.agreement import SignedAs
from app.rules.deciding import DecisionState
from app.rules.objections import ObjectionAbout, ObjectionState
from app.rules.permissions import Deed, may
from app.rules.stages import Stage
from app.rules.terms import CycleFunction, Node, NodeKind
from app.scoring import CyclePlan, State

__all__ = [
    "CheckInDue",
    "Imposed",
    "NoteToRead",
    "ToMove",
    "ToRate",
    "ToReview",
    "ToSign",
    "actions_to_do",
    "check_ins_due",
    "comments_owed",
    "decided_upon",
    "imposed_upon",
    "notes_to_read",
    "objections_to_act_on",
    "objections_to_move_for",
    "to_answer",
    "to_rate",
    "to_review",
    "to_sign",
]


_DECIDED_MOST: Final = 100


class ToSign(NamedTuple):
    """A scorecard that waits for somebody's signature, and who wrote the draft: a number or an e-mail; None for what folder and targets say."""

    cycle: int
    node: Node
    since: dt.datetime
    drafted_by: str | None


class Imposed(NamedTuple):
    """A scorecard that was imposed upon somebody."""

    cycle: int
    node: Node
    at: dt.datetime
    decision: int


class NoteToRead(NamedTuple):
    """A scorecard beside which the other side, or HR, wrote last."""

    cycle: int
    node: Node
    at: dt.datetime


class ToRate(NamedTuple):
    """A cycle in which somebody has still to rate lines."""

    cycle: int
    number: int
    since: dt.datetime


class ToReview(NamedTuple):
    """A result that somebody has still to review, or whose review waits for an answer."""

    cycle: int
    node: Node
    since: dt.datetime


def to_sign(reads: OnesReads, *, viewer: Viewer) -> list[ToSign]:
    """The scorecards that wait for a person's signature, the one that waits longest first.

    Queries: none where no cycle was published; else 1, and 3 for each that is agreed on now, one more for hr.
    """
    cards_due: list[ToSign] = []
    for opened in reads.agreed_on:
        plan = reads.loaded.plan(opened.cycle)
        nodes = _asked_nodes(reads, plan, viewer, reads.day)
        for node, card in reads.cards(opened.cycle, nodes).items():
            parts = set(may_sign(reads.loaded, opened, card, viewer=viewer, day=reads.day))
            since = [one.since for one in due_of(reads.loaded, opened, card, day=reads.day) if one.signed_as in parts]
            if since:
                cards_due.append(ToSign(opened.cycle, node, min(since), card.drafted_by))
    return sorted(cards_due, key=lambda one: (one.since, one.cycle, str(one.node)))


def imposed_upon(reads: OnesReads, *, viewer: Viewer) -> list[Imposed]:
    """A person's own scorecards, and those of the units that they head, that hold because they were imposed. Queries: as :func:`to_sign`."""
    if viewer.employee is None:
        return []
    imposed: list[Imposed] = []
    for opened in reads.agreed_on:
        plan = reads.loaded.plan(opened.cycle)
        nodes = [node for node in _own(plan.frame.directory, viewer.employee, reads.day) if node in plan.nodes]
        for node, rows in cascade.agreement_rows(reads.connection, opened.cycle, nodes).items():
            last = rows.versions[-1] if rows.versions else None
            if last is not None and last.decision is not None:
                imposed.append(Imposed(opened.cycle, node, last.at, last.decision))
    return imposed


def decided_upon(reads: OnesReads, *, viewer: Viewer, since: dt.datetime) -> list[Decision]:
    """What others decided after an instant about lines of a person, and of the units that they head; the latest first. Queries: none where no cycle was published, else 2."""
    if viewer.employee is None or not reads.loaded.sheet.pinned:
        return []
    nodes = frozenset(_own(reads.loaded.frame.directory, viewer.employee, reads.day))
    return decisions_of(
        reads.connection,
        DecisionFilter(
            kinds=LINE_KIND_CODES,
            state=DecisionState.APPROVED,
            nodes=nodes,
            ended_after=since,
        ),
        visible=lambda one: one.maker.employee != viewer.employee and not _is_pending(reads.loaded, one),
        limit=_DECIDED_MOST,
    )


def _is_pending(loaded: State, one: Decision) -> bool:
    """Whether what a decision changes is told with the next telling only."""
    told = loaded.sheet.told_of(one.cycle_year)
    return told.place > 0 and told.is_since(one.id)


def notes_to_read(reads: OnesReads, *, viewer: Viewer, since: dt.datetime) -> list[NoteToRead]:
    """The scorecards that a person signs as owner or head, beside which somebody else wrote last after an instant. Queries: none where no cycle was published; else 1, and 1 for each."""
    if viewer.employee is None:
        return []
    some: list[NoteToRead] = []
    for opened in reads.agreed_on:
        plan = reads.loaded.plan(opened.cycle)
        listed = frozenset(plan.nodes)
        for node, note in last_notes(reads.connection, opened.cycle, since=since).items():
            if node not in listed or note.person in {viewer.employee, viewer.email}:
                continue
            who = signers_of(plan.frame.directory, plan, node, reads.day)
            if any(viewer.employee in who[part].numbers for part in (SignedAs.OWNER, SignedAs.HEAD)):
                some.append(NoteToRead(opened.cycle, node, note.at))
    return some


def to_rate(reads: OnesReads, *, viewer: Viewer) -> list[ToRate]:
    """The cycles under way in which a person has still to rate lines, with how many. Queries: none where no cycle was published; else 1, and 3 for each."""
    some: list[ToRate] = []
    for opened in reads.agreed_on:
        if opened.stage is Stage.RUNNING:
            raters, plan = raters_for(viewer), reads.loaded.plan(opened.cycle)
            lines = reads.rated(opened, raters)
            due = [one for one in lines if any(map(one.is_due, raters))]
            number = sum(not is_own_case(plan, viewer, one.node, day=reads.day) for one in due)
            if number:
                some.append(ToRate(opened.cycle, number, opened.since))
    return some


def to_review(reads: OnesReads, *, viewer: Viewer) -> list[ToReview]:
    """The results that a person has still to review. Queries: none for who reviews nobody; else those of :attr:`OnesReads.reviewed`."""
    if not may_review(reads.loaded.frame.directory, viewer, reads.day):
        return []
    return [
        ToReview(some.opened.cycle, one.row.node, some.opened.since)
        for some in reads.reviewed
        for one in some.to_review(viewer)
    ]


def to_answer(reads: OnesReads, *, viewer: Viewer) -> list[ToReview]:
    """The reviews that do not agree, and wait for a person's answer, the one that waits longest first. Queries: none for others than hr; else as :func:`to_review`."""
    if not may(viewer.roles, Deed.RUN_CYCLE, ()):
        return []
    waiting = [
        ToReview(some.opened.cycle, one.row.node, one.review.at)
        for some in reads.reviewed
        for one in some.to_answer(viewer)
        if one.review is not None
    ]
    return sorted(waiting, key=lambda one: (one.since, str(one.node)))


def objections_to_act_on(reads: OnesReads, *, viewer: Viewer) -> list[Case]:
    """The objections that wait for a person, what is due first before what is due by no day. Queries: those of :attr:`OnesReads.objected`."""
    waiting = [one for one in reads.objected if objecting.waits_for(one, viewer)]
    return sorted(waiting, key=lambda one: (one.due_on or dt.date.max, one.id))


class ToMove(NamedTuple):
    """A granted objection to a grade, which nothing but a move of calibrators gives effect to: its number, and in which group."""

    cycle: int
    number: int
    node: Node
    group: str
    since: dt.datetime


def objections_to_move_for(reads: OnesReads, *, viewer: Viewer) -> list[ToMove]:
    """The granted objections to grades of the groups that a person calibrates, but for their own group. Queries: those of :attr:`OnesReads.objected`, or none."""
    groups = {one.cycle: one.groups for one in viewer.functions if one.function is CycleFunction.CALIBRATOR}
    if not groups:
        return []
    return [
        one for one in _granted_grades(reads) if one.cycle in groups and _moves(reads, viewer, one, groups[one.cycle])
    ]


def _moves(reads: OnesReads, viewer: Viewer, one: ToMove, groups: Collection[str] | None) -> bool:
    """Whether the group is one of some, as it is or as it was before it was merged, and not that of who looks."""
    results = reads.loaded.sheet.told_of(one.cycle).results
    own = results.get(Node(NodeKind.EMPLOYEE, viewer.employee or ""))
    is_theirs = groups is None or not {one.group, results[one.node].own_group}.isdisjoint(groups)
    return is_theirs and (own is None or own.group != one.group)


def _granted_grades(reads: OnesReads) -> Iterator[ToMove]:
    for case in reads.objected:
        one, node = case.objection, Node(NodeKind.EMPLOYEE, case.objection.employee)
        told = reads.loaded.sheet.told_of(one.cycle).results.get(node)
        is_granted = case.state is ObjectionState.GRANTED and one.about is ObjectionAbout.GRADE
        if is_granted and told is not None and told.group is not None:
            yield ToMove(one.cycle, case.id, node, told.group, one.at)


class CheckInDue(NamedTuple):
    """An employee's mid-year check-in that somebody has still to keep, since when."""

    cycle: int
    node: Node
    since: dt.date


def check_ins_due(reads: OnesReads, *, viewer: Viewer) -> list[CheckInDue]:
    """The mid-year check-ins that a person has still to keep, their own first: since the calendar's day, until each has one of that day or later.

    Queries: none where no cycle was published; else 1, and 1 for each whose mid-year check has begun.
    """
    some: list[CheckInDue] = []
    for opened in reads.agreed_on:
        begins = opened.calendar.get("mid_year_from")
        if opened.stage is not Stage.RUNNING or begins is None or reads.day < begins:
            continue
        plan = reads.loaded.plan(opened.cycle)
        asked = {node.code: parts for node, parts in _checked_in(plan, viewer, reads.day)}
        done = {(one.employee, one.part) for one in reads.check_ins(opened.cycle, list(asked)) if one.on >= begins}
        due = [number for number, parts in asked.items() if any((number, part) not in done for part in parts)]
        nodes = [Node(NodeKind.EMPLOYEE, number) for number in due]
        some += [CheckInDue(opened.cycle, node, begins) for node in nodes if is_asked(plan, node, reads.day)]
    return sorted(some, key=lambda one: one.node.code != viewer.employee)


def comments_owed(reads: OnesReads, *, viewer: Viewer) -> list[OwedComment]:
    """The lines of a person, and of the units that they head, that were below C at a milestone, without an action since.

    Queries: none where no cycle was published; else 1, and for each with a milestone that is over those of :func:`app.cycle.owed_comments`.
    """
    if viewer.employee is None:
        return []
    some: list[OwedComment] = []
    for opened in reads.agreed_on:
        plan = reads.loaded.plan(opened.cycle)
        nodes = [node for node in _own(plan.frame.directory, viewer.employee, reads.day) if node in plan.nodes]
        some += reads.owed(opened, nodes)
    return some


def actions_to_do(reads: OnesReads, *, viewer: Viewer) -> list[Action]:
    """The open actions that a person is to do, the one that is due first first. Queries: none where no cycle was published, else 1."""
    if viewer.employee is None or not reads.loaded.sheet.pinned:
        return []
    some = reads.open_actions(viewer.employee)
    return sorted(some, key=lambda one: (one.due_on, one.id))


def _checked_in(plan: CyclePlan, viewer: Viewer, day: dt.date) -> Iterator[tuple[Node, Collection[SignedAs]]]:
    """The employees with lines whose check-ins a person keeps, each with in which part."""
    directory, listed = plan.frame.directory, frozenset(plan.nodes)
    numbers = [viewer.employee, *(one.giver for one in viewer.stands_in_for("review"))]
    nodes: dict[Node, None] = {}
    for number in filter(None, numbers):
        nodes[Node(NodeKind.EMPLOYEE, number)] = None
        nodes |= dict.fromkeys(nodes_below(directory, number, day))
    for node in nodes:
        if node.kind is NodeKind.EMPLOYEE and node in listed and plan.lines.get(node):
            parts = check_in_parts(plan, viewer, node.code, day=day)
            if parts:
                yield node, parts.keys()


def _asked_nodes(reads: OnesReads, plan: CyclePlan, viewer: Viewer, day: dt.date) -> list[Node]:
    """Those nodes among which all are that a person may be asked to sign. Queries: 1 for hr, else none."""
    directory = plan.frame.directory
    some: dict[Node, None] = {}
    numbers = [viewer.employee, *(one.giver for one in viewer.stands_in_for("sign"))]
    for number in filter(None, numbers):
        some |= dict.fromkeys(_own(directory, number, day))
        some |= dict.fromkeys(nodes_below(directory, number, day))
    root = directory.tree.root_on(day)
    if root is not None and may(viewer.roles, Deed.SEE_AGENCY, ()):
        some[Node(NodeKind.UNIT, root)] = None
    if may(viewer.roles, Deed.RUN_CYCLE, ()):
        some |= dict.fromkeys(reads.nodes_with_hr(plan.cycle))
        some |= dict.fromkeys(node for node in plan.nodes if _lacks_head(directory, plan, node, day))
    known = frozenset(plan.nodes)
    return [node for node in some if node in known and is_asked(plan, node, day)]


def _lacks_head(directory: Directory, plan: CyclePlan, node: Node, day: dt.date) -> bool:
    """Whether hr signs in the part of an owner or a head that there is not."""
    who = signers_of(directory, plan, node, day)
    return not (who[SignedAs.OWNER].numbers and who[SignedAs.HEAD].numbers)


def _own(directory: Directory, number: str, day: dt.date) -> Iterator[Node]:
    yield Node(NodeKind.EMPLOYEE, number)
    for unit in directory.units_headed_by(number, day):
        yield Node(NodeKind.UNIT, unit)

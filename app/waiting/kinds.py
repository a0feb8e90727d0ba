"""The kinds of things that can wait for a person: one table, each with what allows it and what reads it.

A new kind is a function here, a line in :data:`KINDS`, and its sentence in ``templates/components/waiting.html``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias

from sqlalchemy import Connection

from app import cascade, cycle, decisions, ledger, notices, scoring
from app.access import Viewer, Visits
from app.cascade import TargetChange
from app.cycle import Imposed, NoteToRead, OnesReads, ToReview, ToSign
from app.decisions import Decision, DecisionFilter
from app.rules.deciding import DecisionState
from app.rules.definitions import Translated
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.scoring import State, node_name

__all__ = ["KINDS", "CardThere", "Errand", "Kind", "Reader", "TargetMoved", "errands"]

_AGREED_MOST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whose errands are read, and when.

    Attributes:
        cycle: the cycle that is shown to them.
        visits: what they have looked at.
        allowed: whether they may do a deed to anything at all.
        checked_kinds: the kinds of decisions that their role agrees to.
        agrees: whether a decision that waits is for them to agree to or to refuse.
        reads: what is read of opened cycles for them, each thing once.
    """

    connection: Connection
    loaded: State
    viewer: Viewer
    visits: Visits
    allowed: Callable[[Deed], bool]
    checked_kinds: frozenset[str]
    agrees: Callable[[Decision], bool]
    cycle: int
    day: dt.date
    reads: OnesReads


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One thing that waits.

    Attributes:
        kind: which of :data:`KINDS`.
        since: since when.
        about: what the kind's sentence tells of.
    """

    kind: str
    since: dt.date | dt.datetime
    about: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetMoved:
    """A target that somebody else has changed since it was looked at."""

    node: Node
    name: str
    kpi: str
    kpi_name: Translated
    before: Decimal | None
    after: Decimal
    by: str
    at: dt.datetime
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardThere:
    """A scorecard of an opened cycle that somebody is to look at."""

    cycle: int
    node: Node
    name: str
    at: dt.datetime
    changed_by: str | None = None
    """Who wrote the draft that is to be signed, where that is somebody else: a number or an e-mail."""


class LineOwed(NamedTuple):
    """A line of which somebody has still to say why it was below C."""

    cycle: int
    node: Node
    kpi: str
    name: str
    kpi_name: Translated


Read: TypeAlias = Callable[[Reader], Iterator[Errand]]


class Kind(NamedTuple):
    """A kind of thing that can wait: its name, the deed that makes it somebody's, and what reads it."""

    name: str
    deed: Deed
    read: Read


def errands(reader: Reader) -> tuple[Errand, ...]:
    """What waits for a person, kind by kind in the order of :data:`KINDS`.

    Queries: those of the kinds that are theirs: 1 or 2 of an employee's entries, 2 of decisions, 1 of targets, 2 of decisions about one's lines, 8 of scorecards of a cycle that is agreed on, 4 of verdicts, 1 of figures, 1 of rejected
    events, 1 of rights.
    """
    return tuple(errand for kind in KINDS if reader.allowed(kind.deed) for errand in kind.read(reader))


def _first_password(reader: Reader) -> Iterator[Errand]:
    if reader.viewer.first_password:
        yield Errand(kind="first_password", since=reader.visits.password_set_at)


def _rejected_entries(reader: Reader) -> Iterator[Errand]:
    """Own entries that stand rejected: done when one is corrected or reversed. Queries: 1 or 2."""
    viewer, frame = reader.viewer, reader.loaded.frame
    if viewer.employee is None or viewer.employee not in frame.ids:
        return
    for one in ledger.rejections_of(reader.connection, frame, employee=viewer.employee, cycle=reader.cycle):
        yield Errand(kind="rejected_entry", since=one.rejected_at, about=one)


def _to_agree(reader: Reader) -> Iterator[Errand]:
    """Decisions of others that wait for one's agreement: done when each has come to its end. Queries: 2; none where one agrees to no kind."""
    waiting = decisions.decisions_of(
        reader.connection,
        DecisionFilter(kinds=reader.checked_kinds, state=DecisionState.PROPOSED),
        visible=reader.agrees,
        limit=_AGREED_MOST,
    )
    if waiting:
        yield Errand(kind="to_agree", since=waiting[-1].maker.at, about=tuple(waiting))


def _changed_targets(reader: Reader) -> Iterator[Errand]:
    """Own targets, and those of the units that one heads, that others have changed: done when they are looked at. Queries: 1."""
    viewer, directory = reader.viewer, reader.loaded.frame.directory
    if viewer.employee is None:
        return
    headed = directory.units_headed_by(viewer.employee, reader.day)
    nodes = [Node(NodeKind.EMPLOYEE, viewer.employee), *(Node(NodeKind.UNIT, unit) for unit in headed)]
    changes = cascade.target_changes(reader.connection, cycle=reader.cycle, nodes=nodes)
    moved = [
        (line, [one for one in of_line if one.at > reader.visits.targets_seen_at and one.by != viewer.label])
        for line, of_line in changes.items()
    ]
    unseen = tuple(
        _moved(reader, node, kpi, of_line)
        for (node, kpi), of_line in sorted(moved, key=lambda one: (one[0][0] != nodes[0], one[0]))
        if of_line and of_line[0].before != of_line[-1].after
    )
    if unseen:
        yield Errand(kind="changed_targets", since=min(one.at for one in unseen), about=unseen)


def _moved(reader: Reader, node: Node, kpi: str, unseen: list[TargetChange]) -> TargetMoved:
    latest, directory = unseen[-1], reader.loaded.frame.directory
    by = latest.by.removeprefix("account:")
    return TargetMoved(
        node=node,
        name=node_name(directory, node, reader.day),
        kpi=kpi,
        kpi_name=reader.loaded.sheet.kpi(kpi).version(reader.cycle).name,
        before=unseen[0].before,
        after=latest.after,
        by=by
        if latest.employee is None
        else node_name(directory, Node(NodeKind.EMPLOYEE, latest.employee), directory.day_of(latest.at)),
        at=latest.at,
        note=latest.note,
    )


def _to_sign(reader: Reader) -> Iterator[Errand]:
    """Scorecards of opened cycles that wait for one's signature: done when each is signed, or imposed. Queries: none where none is agreed on, else 5 at most a cycle."""
    some = cycle.to_sign(reader.reads, viewer=reader.viewer)
    if some:
        yield Errand(kind="to_sign", since=some[0].since, about=tuple(_card(reader, one) for one in some))


def _to_rate(reader: Reader) -> Iterator[Errand]:
    """Lines of cycles under way that one is to rate: done when each has one's final grade. Queries: none where no cycle is under way, else 4."""
    some = cycle.to_rate(reader.reads, viewer=reader.viewer)
    if some:
        yield Errand(kind="to_rate", since=min(one.since for one in some), about=tuple(some))


def _to_review(reader: Reader) -> Iterator[Errand]:
    """EmployeeResults that one is to review: done when each is signed. Queries: none for who reviews nobody, or where no cycle is certified; else 3."""
    some = cycle.to_review(reader.reads, viewer=reader.viewer)
    if some:
        people = tuple(_card(reader, one) for one in some)
        yield Errand(kind="to_review", since=min(one.since for one in some), about=people)


def _to_answer(reader: Reader) -> Iterator[Errand]:
    """Reviews that disagree, and wait for hr: done when each is answered. Queries: as :func:`_to_review`, once."""
    some = cycle.to_answer(reader.reads, viewer=reader.viewer)
    if some:
        yield Errand(kind="to_answer", since=some[0].since, about=tuple(_card(reader, one) for one in some))


def _objections(reader: Reader) -> Iterator[Errand]:
    """Objections that one is to answer, vote on, give effect to, or may appeal in: done when each is. Queries: none where nobody was told anything, else 2."""
    some = cycle.objections_to_act_on(reader.reads, viewer=reader.viewer)
    if some:
        yield Errand(kind="objections", since=min(one.objection.at for one in some), about=tuple(some))


def _to_move(reader: Reader) -> Iterator[Errand]:
    """Granted objections to grades that wait for a move of the groups that one calibrates: done when two calibrators agree. Queries: as :func:`_objections`."""
    some = cycle.objections_to_move_for(reader.reads, viewer=reader.viewer)
    if some:
        yield Errand(kind="to_move", since=min(one.since for one in some), about=tuple(some))


def _cycle_steps(reader: Reader) -> Iterator[Errand]:
    """What is next with an opened cycle, until it is paid: done when it is proposed, or the file is taken. Queries: as :func:`app.cycle.closing_steps`."""
    for one in cycle.closing_steps(reader.reads, viewer=reader.viewer):
        yield Errand(kind="cycle_step", since=one.since, about=one)


def _check_in_due(reader: Reader) -> Iterator[Errand]:
    """Mid-year check-ins that one has still to keep, as the employee or as who leads them. Queries: none where no cycle is under way, else 2."""
    some = cycle.check_ins_due(reader.reads, viewer=reader.viewer)
    if some:
        yield Errand(kind="check_in_due", since=min(one.since for one in some), about=tuple(some))


def _comment_owed(reader: Reader) -> Iterator[Errand]:
    """Own lines, and those of the units that one heads, that were below C at a milestone: done when an action says why.

    Queries: none where no cycle is under way, else 2 and those of the scores as of each milestone that is over.
    """
    some = cycle.comments_owed(reader.reads, viewer=reader.viewer)
    if some:
        directory, sheet = reader.loaded.frame.directory, reader.loaded.sheet
        lines = tuple(
            LineOwed(
                one.cycle,
                one.node,
                one.kpi,
                node_name(directory, one.node, reader.day),
                sheet.definitions_of(one.cycle).kpis[one.kpi].version(one.cycle).name,
            )
            for one in some
        )
        yield Errand(kind="comment_owed", since=min(one.since for one in some), about=lines)


def _action_to_do(reader: Reader) -> Iterator[Errand]:
    """Open actions that one is to do: done when each is closed. Queries: none where no cycle was published, else 1."""
    some = cycle.actions_to_do(reader.reads, viewer=reader.viewer)
    if some:
        yield Errand(kind="action_to_do", since=min(one.at for one in some), about=tuple(some))


def _imposed(reader: Reader) -> Iterator[Errand]:
    """Own scorecards, and those of the units that one heads, that were imposed: done when it is looked at. Queries: as :func:`_to_sign`."""
    some = [
        one for one in cycle.imposed_upon(reader.reads, viewer=reader.viewer) if one.at > reader.visits.targets_seen_at
    ]
    if some:
        cards = tuple(_card(reader, one) for one in some)
        yield Errand(kind="imposed", since=min(one.at for one in some), about=cards)


def _card_notes(reader: Reader) -> Iterator[Errand]:
    """Scorecards that one signs, beside which somebody else wrote last: done when it is answered, or looked at. Queries: none where none is agreed on, else 2."""
    since = reader.visits.targets_seen_at
    some = cycle.notes_to_read(reader.reads, viewer=reader.viewer, since=since)
    if some:
        cards = tuple(_card(reader, one) for one in some)
        yield Errand(kind="card_notes", since=min(one.at for one in some), about=cards)


def _result(reader: Reader) -> Iterator[Errand]:
    """One's own result of a cycle, told and not looked at yet: done when it is. Queries: none where nobody was ever told one, else 1."""
    viewer = reader.viewer
    if viewer.employee is not None and reader.loaded.sheet.tellings:
        unseen = cascade.unseen_result(reader.connection, viewer.employee)
        if unseen is not None:
            yield Errand(kind="result", since=unseen.at, about=unseen)


def _line_decided(reader: Reader) -> Iterator[Errand]:
    """What was decided about own lines, and those of the units that one heads: done when it is looked at. Queries: none where no cycle was published, else 2."""
    since = reader.visits.targets_seen_at
    some = cycle.decided_upon(reader.reads, viewer=reader.viewer, since=since)
    if some:
        since = min(one.ended.at for one in some if one.ended is not None)
        yield Errand(kind="line_decided", since=since, about=tuple(some))


def _card(reader: Reader, one: ToSign | ToReview | Imposed | NoteToRead) -> CardThere:
    name = node_name(reader.loaded.frame.directory, one.node, reader.day)
    if isinstance(one, ToReview):
        return CardThere(cycle=one.cycle, node=one.node, name=name, at=one.since)
    if not isinstance(one, ToSign):
        return CardThere(cycle=one.cycle, node=one.node, name=name, at=one.at)
    by = None if one.drafted_by in {reader.viewer.employee, reader.viewer.email} else one.drafted_by
    return CardThere(cycle=one.cycle, node=one.node, name=name, at=one.since, changed_by=by)


def _to_verify(reader: Reader) -> Iterator[Errand]:
    """Entries of others that wait for one's verdict: done when the queue is empty. Queries: 2 or 4."""
    waiting = ledger.waiting_for(reader.connection, reader.loaded.frame, viewer=reader.viewer, day=reader.day)
    if waiting is not None:
        yield Errand(kind="to_verify", since=waiting.oldest, about=waiting)


def _owed_figures(reader: Reader) -> Iterator[Errand]:
    """Figures of the cycle that are due, and one's own to report: done when they are entered. Queries: 1."""
    viewer, directory = reader.viewer, reader.loaded.frame.directory
    rows = scoring.figures_to_report(
        reader.connection,
        reader.loaded,
        cycle=reader.cycle,
        day=reader.day,
        reports=scoring.reports_of(directory, viewer=viewer, day=reader.day),
    )
    owed = [one for one in rows if one.is_owed_by(viewer.employee)]
    if owed:
        since = min(one.of for one in owed if one.of) + dt.timedelta(days=1)
        yield Errand(kind="owed_figures", since=since, about=owed)


def _rejected_events(reader: Reader) -> Iterator[Errand]:
    """Events of programs that were not recorded: done when they are mended. Queries: 1."""
    waiting = ledger.rejects_to_mend(reader.connection)
    if waiting is not None:
        yield Errand(kind="rejected_events", since=waiting.oldest, about=waiting)


def _rights(reader: Reader) -> Iterator[Errand]:
    """Rights that were given or taken: done when the auditor says so. Queries: 1."""
    notice = notices.rights_notice(reader.connection, account_id=reader.viewer.account_id)
    if notice is not None:
        yield Errand(kind="rights", since=notice.created_at, about=notice)


KINDS: Final = (
    Kind("first_password", Deed.CHANGE_PASSWORD, _first_password),
    Kind("result", Deed.SEE_OWN_RESULT, _result),
    Kind("rejected_entry", Deed.REVERSE_ACTIVITY, _rejected_entries),
    Kind("to_agree", Deed.DECIDE, _to_agree),
    Kind("to_sign", Deed.SIGN_SCORECARD, _to_sign),
    Kind("to_rate", Deed.RATE, _to_rate),
    Kind("to_review", Deed.REVIEW, _to_review),
    Kind("to_answer", Deed.REVIEW, _to_answer),
    Kind("objections", Deed.OBJECT, _objections),
    Kind("to_move", Deed.SEE_CYCLES, _to_move),
    Kind("cycle_step", Deed.SEE_CYCLES, _cycle_steps),
    Kind("check_in_due", Deed.CHECK_IN, _check_in_due),
    Kind("comment_owed", Deed.KEEP_ACTIONS, _comment_owed),
    Kind("action_to_do", Deed.KEEP_ACTIONS, _action_to_do),
    Kind("imposed", Deed.SIGN_SCORECARD, _imposed),
    Kind("card_notes", Deed.SIGN_SCORECARD, _card_notes),
    Kind("line_decided", Deed.SEE_SCORECARD, _line_decided),
    Kind("changed_targets", Deed.SEE_TARGETS, _changed_targets),
    Kind("to_verify", Deed.VERIFY, _to_verify),
    Kind("owed_figures", Deed.REPORT_FIGURE, _owed_figures),
    Kind("rejected_events", Deed.REPLAY_REJECTED, _rejected_events),
    Kind("rights", Deed.SEE_TRAIL, _rights),
)
"""In the order in which they are shown: what only this person can put right comes first."""

"""What a change set would move: scores, grades, pay and who heads what, under the revision that it would make against the present one.

The same rules score both; nothing of it is stored. Do not take it for a promise: events come in, and what is told on Monday is another figure on
Friday. That is why it is told, and not signed, as long as inputs are live (contract-desk, 2).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Connection

from app import cascade, cycle, ledger, organisation, scoring
from app.intake.change_sets import ChangedRow
from app.intake.folder import JudgedFolder
from app.ledger import Figures, Frame
from app.organisation import Directory
from app.rules.deciding import QUEUE, DecisionEffect, ordered_effects
from app.rules.standings import Standings
from app.rules.terms import Job, Node, NodeKind
from app.scoring import ScoreQuery, Scores, Selection, State

__all__ = [
    "ChangePreview",
    "QueueMoved",
    "VerifiersMoved",
    "day_of_change",
    "effects_of",
    "preview_of_change",
    "queue_effects",
    "standings_of_change",
    "verifiers_of_change",
]

_OPEN_END: Final = "…"


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """The agency as it is, and as it would be.

    Attributes:
        before: what is loaded and decided now.
        after: what would be.
        moved: what of the ledger is another; None where all of it may be.
    """

    before: State
    after: State
    moved: ledger.Moved | None


def preview_of_change(connection: Connection, judged: JudgedFolder) -> ChangePreview:
    """The agency with a folder that was judged right.

    Raises:
        app.ledger.WorthTooMuch: by its rates an activity would be worth more than any may be.

    Queries: 3, those of :func:`app.scoring.state`, and those of :func:`app.ledger.moved_by`.
    """
    before = scoring.state(connection)
    present = organisation.current_revision(connection)
    token = judged.previewed_token(present.whole)
    frame = _frame_after(connection, judged, before.frame, token=token)
    others = judged.read.others
    sheet = cascade.previewed_sheet(
        connection,
        judged.cascade,
        before=present,
        token=token,
        others=None if others is None else others.keys(),
        cards=None if others is None else judged.other_cards,
    )
    frames = scoring.pinned_frames(connection, frame, sheet, like=before)
    after = State(frame, sheet, like=before, pinned_frames=frames, certified=before.certified)
    return ChangePreview(before, after, ledger.moved_by(connection, before.frame, frame))


def _frame_after(connection: Connection, judged: JudgedFolder, before: Frame, *, token: str | None = None) -> Frame:
    """The agency as events would need it: all that is asked of where no score is. Queries: 1, and 1 more without a token."""
    token = token or judged.previewed_token(organisation.current_revision(connection).whole)
    definitions = judged.cascade.definitions
    slices = ledger.previewed_slices(connection, definitions)
    if not judged.is_organisation_another:
        return ledger.frame_like(before, definitions, slices)
    directory = organisation.previewed_directory(before.directory, judged.organisation, token=token)
    return ledger.frame_of(directory, definitions, slices)


def effects_of(
    connection: Connection, previewed: ChangePreview, *, of_cycle: int, today: dt.date
) -> tuple[DecisionEffect, ...]:
    """What is another in a cycle, before and after, in the contract's order.

    Args:
        connection: an open transaction.
        previewed: both states.
        of_cycle: the year that names it.
        today: from when on heads are told.

    Queries: those of :func:`app.scoring.scores` and of :func:`app.ledger.figures_after`.
    """
    rights = _of_rights(previewed.before.frame.directory, previewed.after.frame.directory, today)
    if of_cycle in previewed.before.certified:
        # What is loaded after the cut moves nothing of the cycle.
        return ordered_effects(rights)
    asked = ScoreQuery(of_cycle, today)
    one = scoring.scores(connection, asked, loaded=previewed.before)
    other = _scores_after(connection, previewed, one)
    return ordered_effects((*cycle.moved_figures(one, other), *rights))


def _scores_after(connection: Connection, previewed: ChangePreview, one: Scores) -> Scores:
    """What everybody's scores would be, from what they are."""
    selection = previewed.after.plan(one.asked.cycle).everything()
    return scoring.score_figures(selection, _figures_after(connection, previewed, selection, one), one.asked)


def _figures_after(connection: Connection, previewed: ChangePreview, selection: Selection, one: Scores) -> Figures:
    """What the nodes of a selection would have done. A cycle that was published may ask for what no total is kept of."""
    frame, earlier = selection.plan.frame, one.selection.plan.frame
    is_looked_for = selection.reads_as(one.selection)
    if is_looked_for and frame.directory is earlier.directory:
        return one.figures
    moved = previewed.moved if frame.has_totals else None
    before = one.figures if is_looked_for and earlier.has_totals else None
    cycle_ = selection.plan.cycle
    return ledger.figures_after(connection, frame, moved, cycle=cycle_, nodes=selection.sources, before=before)


class QueueMoved(NamedTuple):
    """How many entries wait for one head to verify: now, and as it would be; None for those that wait for hr."""

    head: str | None
    before: int
    after: int


class VerifiersMoved(NamedTuple):
    """What a change does to who verifies what.

    Attributes:
        queues: for whom another number of entries would wait: hr first, heads by their numbers.
        without_head: the codes of units that have a head and would have none.
    """

    queues: tuple[QueueMoved, ...]
    without_head: tuple[str, ...]


_DAYS_OF_ROWS: Final = ("from", "valid_from", "to", "valid_to", "hired_on", "left_on")


def day_of_change(rows: Iterable[ChangedRow], *, today: dt.date) -> dt.date:
    """The first day that one of the rows is of, as far as it lies ahead; today for all else."""
    days = []
    for row in rows:
        before, after = row.before or {}, row.after or {}
        for column in _DAYS_OF_ROWS:
            if after.get(column) and after[column] != before.get(column, ""):
                with suppress(ValueError):  # What is no day, a load finds.
                    days.append(dt.date.fromisoformat(after[column]))
    return max(today, min(days, default=today))


def verifiers_of_change(
    connection: Connection, judged: JudgedFolder, *, day: dt.date, previewed: ChangePreview | None = None
) -> VerifiersMoved:
    """For whom another number of entries would wait, if what waits now still did on a day, and which units would have no head then.

    Args:
        connection: an open transaction.
        judged: a folder that was judged right.
        day: whose postings decide: the one from which the change holds.
        previewed: the agency with the folder, where it was asked for already.

    Queries: 4 where units, people or what has to be verified are others; without a preview those of :func:`app.scoring.state` and 2 more.
    """
    if previewed is None:
        before = scoring.state(connection).frame
        after = _frame_after(connection, judged, before)
    else:
        before, after = previewed.before.frame, previewed.after.frame
    return VerifiersMoved(
        _queues_moved(connection, before, after, day), _left_without_head(before.directory, after.directory, day)
    )


def _queues_moved(connection: Connection, before: Frame, after: Frame, day: dt.date) -> tuple[QueueMoved, ...]:
    is_judged_alike = ledger.types_to_verify(before) == ledger.types_to_verify(after)
    if before.directory is after.directory and is_judged_alike:
        return ()
    one = ledger.waiting_by_head(connection, before, day=day)
    other = ledger.waiting_by_head(connection, after, day=day)
    counts = [
        QueueMoved(head, one[head].number if head in one else 0, other[head].number if head in other else 0)
        for head in sorted(one.keys() | other.keys(), key=lambda head: head or "")
    ]
    return tuple(moved for moved in counts if moved.before != moved.after)


def _left_without_head(before: Directory, after: Directory, day: dt.date) -> tuple[str, ...]:
    if before is after:
        return ()
    return tuple(
        unit
        for unit in after.tree.units
        if after.unit_on(unit, day) is not None and before.heads_of(unit, day) and not after.heads_of(unit, day)
    )


def queue_effects(queues: Iterable[QueueMoved], *, root: str | None) -> Iterator[DecisionEffect]:
    """Queues as effects: those of heads are theirs, that of hr is the agency's own.

    Args:
        queues: that are others.
        root: the code of the unit that is the agency.
    """
    for moved in queues:
        if moved.head is not None:
            yield DecisionEffect(str(Node(NodeKind.EMPLOYEE, moved.head)), QUEUE, moved.before, moved.after)
        elif root is not None:
            yield DecisionEffect(str(Node(NodeKind.UNIT, root)), QUEUE, moved.before, moved.after)


def standings_of_change(
    connection: Connection, judged: JudgedFolder, *, of_cycle: int, today: dt.date
) -> tuple[Standings, Standings]:
    """Groups, seats and places of everyone graded in a cycle: as they are, and as they would be with a folder that was judged right.

    Queries: those of :func:`preview_of_change` and of :func:`effects_of`.
    """
    previewed, asked = preview_of_change(connection, judged), ScoreQuery(of_cycle, today)
    one = scoring.scores(connection, asked, loaded=previewed.before)
    other = _scores_after(connection, previewed, one)
    return cycle.employee_proposal(one).standings, cycle.employee_proposal(other).standings


def _of_rights(before: Directory, after: Directory, today: dt.date) -> Iterator[DecisionEffect]:
    """Heads gained and lost from a day on: of which units, and when."""
    if before is after:
        return
    yield from cycle.differing(_headed(before, today), _headed(after, today))


def _headed(directory: Directory, today: dt.date) -> dict[tuple[str, str], object]:
    told: dict[tuple[str, str], object] = {}
    for number in directory.placement.employees:
        headed = [
            f"unit:{one.unit} {one.period.from_ or _OPEN_END}/{one.period.to or _OPEN_END}"
            for one in directory.placement.postings(number)
            if one.role is Job.HEAD and (one.period.to is None or one.period.to > today)
        ]
        if headed:
            told[str(Node(NodeKind.EMPLOYEE, number)), "rights"] = headed
    return told

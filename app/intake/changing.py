"""What hr does with a change set: write it, look at what it would do, submit it, and have it applied by a second person's approval.

An approved set *is* a load (contract-desk, 3): the next revision, recorded file by file, derived again as far as anything hangs on its rows. Do
not edit a row in place: who asks of a figure in a year finds the set, its reason, and both people.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app import access, cascade, decisions, ledger, organisation, scoring
from app.access import Viewer
from app.decisions import Decision, DecisionKind, Read
from app.intake.agency import DERIVED_FROM
from app.intake.carried_over import carried_over
from app.intake.change_cycles import cycles_to_tell, periods_of
from app.intake.change_effects import ChangePreview, effects_of, preview_of_change
from app.intake.change_sets import (
    Changed,
    ChangedDocument,
    ChangeSet,
    ChangeState,
    begin_change,
    change_of_decision,
    change_set,
    changed_rows,
    end_change,
    key_text,
    write_documents,
    write_rows,
)
from app.intake.changed_folder import JudgedChange, judge_change
from app.intake.first_findings import FIRST_MAX
from app.intake.folder import JudgedFolder, keep, ready_to_keep
from app.intake.mastering import LOCK_LOADS, Master, masters
from app.intake.sent_documents import DocumentSent, document_sent
from app.intake.sent_rows import RowsSent
from app.intake.stored_folder import (
    StoredFolder,
    present_folder,
    read_stored_folder,
    yaml_name,
)
from app.intake.whose_rows import nodes_of_rows
from app.kit.database import lock
from app.kit.kept import LruCache
from app.kit.refusals import Conflict, Invalid, NotThere, at_field
from app.ledger.tables import LOCK_LEDGER
from app.organisation import Directory, KeptByRevision, Revision
from app.organisation.tables import employee as employee_table
from app.organisation.tables import path as path_table
from app.plain.findings import Finding, n_
from app.plain.texts import quoted
from app.rules.deciding import DecisionEffect, moved_effects, obstacle_to_making, ordered_effects
from app.rules.presence import cycle_of
from app.rules.terms import Node, Period, Role

__all__ = [
    "CHANGE",
    "FindingsInTheWay",
    "MasteredElsewhere",
    "NothingChanged",
    "OvertakenKeys",
    "at_key",
    "check_change",
    "document_at_base",
    "drop_document",
    "effects_of_change",
    "folder_at",
    "is_email_for_two",
    "load_judged",
    "overtaken_keys",
    "put_definitions",
    "put_document",
    "put_rows",
    "rebase_change",
    "refuse_other_masters",
    "revert_change",
    "rows_about",
    "submit_change",
]


PLACE: Final = re.compile("[1-9][0-9]{0,3}", re.ASCII)
"""A status's place among those of one employee and cycle."""


class MasteredElsewhere(Conflict):
    """Its rows come by another door."""

    code = "mastered_elsewhere"
    message = n_(
        "%(file)s does not come by the application: change it where it comes from, or let it be moved here first."
    )


class FindingsInTheWay(Conflict):
    """With the set in it the folder could not be loaded."""

    code = "findings"
    message = n_("With this change set the agency folder has errors: mend what is listed, and submit it again.")


class NothingChanged(Conflict):
    """It says what is there already."""

    code = "nothing_changed"
    message = n_("The change set changes nothing: set or remove a row first.")


class OvertakenKeys(Conflict):
    """Another revision has touched its keys since its base."""

    code = "overtaken"
    message = n_(
        "Another revision has changed %(keys)s since this set began: take the set to the present revision, and look at it again."
    )


# --------------------------------------------------------------------------------------------------------------- folders


def _present(connection: Connection, _revision: Revision) -> StoredFolder:
    return present_folder(connection)


_present_folder: Final = KeptByRevision(_present)
_EARLIER: Final[LruCache[StoredFolder]] = LruCache(3)


def folder_at(connection: Connection, revision: int) -> StoredFolder:
    """The folder of a revision, kept for the process. Queries: 1, and where it is not kept those of :func:`read_stored_folder`."""
    present = organisation.current_revision(connection)
    if revision == present.number:
        return _present_folder(connection)
    key = (str(connection.engine.url), present.token, revision)
    return _EARLIER.get_or_make(
        key, lambda: read_stored_folder(connection, revision or None) if revision else StoredFolder({}, {})
    )


def refuse_other_masters(connection: Connection, files: Iterable[str], *, door: Master = Master.APPLICATION) -> None:
    """Refuse files that come by another door than this one.

    Raises:
        MasteredElsewhere: one does.
    """
    by_file = masters(connection)
    message = None if door is Master.APPLICATION else _NOT_FED
    for file in files:
        if by_file[file] is not door:
            raise MasteredElsewhere(message=message, parameters={"file": file})


_NOT_FED: Final = n_(
    "%(file)s does not come by a feed: change it where it comes from, or let it be moved to the feed first."
)


# --------------------------------------------------------------------------------------------------------------- writing


def put_rows(connection: Connection, change: ChangeSet, sent: RowsSent, *, whole: bool = False) -> None:
    """Set and remove rows of a file in an open set.

    Args:
        connection: a writing transaction that holds the set.
        change: the set.
        sent: what was read of the rows before it began.
        whole: it is the file as it is wanted: what of it is as at the base is left out, what is not in it is removed.

    Raises:
        MasteredElsewhere: it comes by another door.
        Invalid: a status at a place that it cannot have.
        SetFull: the set would hold more than one can.
    """
    refuse_other_masters(connection, [sent.file])
    name, wanted = sent.file.removesuffix(".csv"), sent.wanted
    base = folder_at(connection, change.base).by_key(name)
    if name == "status":
        in_set = {one.key for one in changed_rows(connection, change.id).rows if one.name == name}
        _refuse_gaps(wanted, base.keys() | in_set)
    if whole:
        given = dict(wanted)
        wanted = [(key, row) for key, row in wanted if base.get(key) != row]
        wanted += [(key, None) for key in base if key not in given]
    write_rows(connection, change, sent.file, wanted, base_rows=base, whole=whole)


def _refuse_gaps(
    wanted: Sequence[tuple[tuple[str, ...], Mapping[str, str] | None]], there: Collection[tuple[str, ...]]
) -> None:
    """Refuse a status at a place that does not follow on those of its employee and cycle: two sets could not tell that they mean the same one."""
    last: dict[tuple[str, ...], int] = {}
    for *owner, place in there:
        if PLACE.fullmatch(place):
            last[tuple(owner)] = max(last.get(tuple(owner), 0), int(place))
    problems = []
    for at, ((*owner, place), row) in enumerate(wanted):
        following = last.get(tuple(owner), 0) + 1
        if not PLACE.fullmatch(place) or int(place) > following:
            message = n_(
                "A status has the place 1, 2, … among those of one employee and cycle: the next one here is %(next)s."
            )
            problems.append(at_field(f"set/{at}/place", "place", message, next=following))
        elif row is not None:
            last[tuple(owner)] = max(following - 1, int(place))
    if problems:
        raise Invalid(*problems[:FIRST_MAX])


def put_document(connection: Connection, change: ChangeSet, sent: DocumentSent) -> None:
    """Set a file of definitions in an open set, or the policies.

    Args:
        connection: a writing transaction that holds the set.
        change: the set.
        sent: what was read of it before it began: what is wrong with it :func:`check_change` says.

    Raises:
        MasteredElsewhere: it comes by another door.
        SetFull: the set would hold more than one can.
    """
    refuse_other_masters(connection, [sent.part])
    write_documents(connection, change, [document_at_base(folder_at(connection, change.base), sent)])


def drop_document(connection: Connection, change: ChangeSet, name: str) -> None:
    """Have a file of definitions removed by an open set; one that only the set has is taken out of it.

    Raises:
        NotThere: neither the base nor the set has it.
        MasteredElsewhere: it comes by another door.
    """
    sent = document_sent(name, None)
    refuse_other_masters(connection, [sent.part])
    base = folder_at(connection, change.base)
    there = any(yaml_name(one) == name for one in base.contents)
    in_set = any(one.name == name for one in changed_rows(connection, change.id).documents)
    if not there and not in_set:
        raise NotThere
    if there:
        write_documents(connection, change, [document_at_base(base, sent)])
    else:
        write_documents(connection, change, [], forget=name)


def document_at_base(base: StoredFolder, sent: DocumentSent) -> ChangedDocument:
    """A file of definitions with what it takes the place of at a base."""
    stored = base.document_texts
    names = sent.defines | {one for one in stored if yaml_name(one) == sent.name}
    return ChangedDocument(sent.part, sent.name, {one: stored.get(one) for one in sorted(names)}, sent.text)


def _at_another_base(base: StoredFolder, one: ChangedDocument) -> ChangedDocument:
    """The same file beside what another base has; what it takes the place of it has said when it came."""
    return document_at_base(base, DocumentSent(one.part, one.name, one.after, frozenset(one.before)))


def put_definitions(connection: Connection, change: ChangeSet, sent: DocumentSent, *, whole: bool) -> None:
    """Set the policies, or definitions as one file.

    Args:
        connection: a writing transaction that holds the set.
        change: the set.
        sent: of :func:`app.intake.sent_documents.definitions_sent`.
        whole: KPIs that are loaded and not in it are removed.

    Raises:
        MasteredElsewhere: it comes by another door.
        SetFull: the set would hold more than one can.
    """
    put_document(connection, change, sent)
    if whole and sent.has_kpis:
        for one in folder_at(connection, change.base).contents:
            if one.startswith("kpi:") and one not in sent.defines and yaml_name(one) != sent.name:
                drop_document(connection, change, yaml_name(one))


# --------------------------------------------------------------------------------------------------------------- looking


def check_change(connection: Connection, changed: Changed) -> JudgedChange:
    """What a load of the folder with a set in it would find. Queries: 1 or 2, and those of :func:`judge_change`."""
    present = organisation.current_revision(connection).number
    return judge_change(
        connection, folder_at(connection, present), changed, directory=organisation.directory(connection)
    )


def effects_of_change(
    connection: Connection,
    judged: JudgedFolder,
    *,
    cycles: Sequence[int],
    today: dt.date,
    previewed: ChangePreview | None = None,
) -> tuple[DecisionEffect, ...]:
    """What a set that was judged right would move, in some cycles: of the first as they are, of the others each with its cycle.

    Args:
        connection: an open transaction.
        judged: the folder with the set in it.
        cycles: the years that name them.
        today: from when on heads are told.
        previewed: the agency with the set, where it was asked for already.

    Queries: for each cycle those of :func:`effects_of`; without a preview those of :func:`preview_of_change`.
    """
    previewed = previewed or preview_of_change(connection, judged)
    return tuple(
        one if place == 0 else one._replace(cycle=str(cycle))
        for place, cycle in enumerate(cycles)
        for one in effects_of(connection, previewed, of_cycle=cycle, today=today)
    )


def overtaken_keys(connection: Connection, change: ChangeSet, changed: Changed) -> list[dict[str, Any]]:
    """The set's keys at which the folder is not any more what it was at the set's base. Queries: 1; those of :func:`folder_at` where it moved."""
    present = organisation.current_revision(connection).number
    if present == change.base:
        return []
    folder = folder_at(connection, present)
    by_file = {name: folder.by_key(name) for name in {one.name for one in changed.rows}}
    keys = [
        {"file": one.file, "key": key_text(one.key)}
        for one in changed.rows
        if by_file[one.name].get(one.key) != one.before
    ]
    keys += [
        {"file": one.part, "key": one.name}
        for one in changed.documents
        if dict(_at_another_base(folder, one).before) != dict(one.before)
    ]
    return keys


def rows_about(connection: Connection, changed: Changed, periods: Collection[Period]) -> frozenset[Node]:
    """The employees and units that a set's rows are about.

    The agency as a whole is nobody's own case: its root, and scorecards that go on in the next cycle for everybody as they are.

    Args:
        connection: any transaction.
        changed: what the set holds.
        periods: the cycles that it may move: a unit that was root at another time, or for a part of them alone, is a unit like any.

    Queries: 2 or 3, and those of :func:`app.scoring.state` where a cycle's scorecards begin.
    """
    rows = changed.rows
    if any(one.name == "scorecards" for one in rows):
        folder = folder_at(connection, organisation.current_revision(connection).number)
        carried = carried_over(folder, changed, there=lambda cycle: scoring.state(connection).plan(cycle).nodes)
        rows = tuple(one for one in rows if one.name != "scorecards" or one.key not in carried)
    return nodes_of_rows(organisation.directory(connection).tree, rows, periods)


# ---------------------------------------------------------------------------------------------------- one person or two

_ALONE: Final[Mapping[str, frozenset[str]]] = {
    "employees": frozenset({"name", "email"}),
    "units": frozenset({"name", "name_ko", "name_es", "timezone"}),
}
"""Columns that one person changes alone."""


def _one_suffices(connection: Connection, changed: Changed, judged: JudgedChange, *, today: dt.date) -> bool:
    """Whether only names, e-mails, time zones and the texts of definitions change. Queries: 5 where an e-mail changes."""
    for one in changed.rows:
        if one.before is None or one.after is None:
            return False
        differing = {column for column in one.after if one.after[column] != one.before.get(column, "")}
        if not differing <= _ALONE.get(one.name, frozenset()):
            return False
    if is_email_for_two(connection, changed, today=today):
        return False
    if not changed.documents:
        return True
    stored = judged.folder.stored.contents
    wanted = {} if judged.judged is None else judged.judged.cascade.definitions.to_documents()
    return bool(_without_texts(stored) == _without_texts(wanted))


def is_email_for_two(connection: Connection, changed: Changed, *, today: dt.date) -> bool:
    """Whether an e-mail changes that takes two people.

    One whose account, which follows it, has a power: who has a link sent to an address of their own would be the second person too. So with a
    head's, and that of whoever stands in for somebody, rates a line of others or has a function in a cycle, today or later: what others entered is
    theirs to say. And one that is somebody else's: both would be taken for one person. Queries: 5 where an e-mail changes.
    """
    rows = [
        (one.after["number"], (one.before or {}).get("email", ""), one.after["email"])
        for one in changed.rows
        if one.name == "employees" and one.after is not None
    ]
    emailed = {number: new for number, old, new in rows if new != old}
    if not emailed:
        return False
    keys = {access.email_key(one) for number, *both in rows if number in emailed for one in both if one}
    directory = organisation.directory(connection)
    return bool(
        any(directory.is_head_from(number, today) for number in emailed)
        or access.with_powers(connection, emailed)
        or access.stand_ins_among(connection, emailed, from_=today)
        or access.keeps_function(connection, emails=keys, employees=emailed, on=today)
        or any(not emailed.keys().isdisjoint(some) for some in cascade.appointed_raters(connection).values())
        or access.emails_of_others(connection, directory, emailed)
    )


def _without_texts(value: Any) -> Any:
    """A document without what is only read by people: names and units of measure in whatever language. A figure is none, whatever it is called."""
    if isinstance(value, Mapping):
        if value and value.keys() <= {"en", "ko", "es"} and all(isinstance(one, str) for one in value.values()):
            return None
        is_read = {"unit"} if isinstance(value.get("unit"), str | Mapping) else set()
        return {name: _without_texts(one) for name, one in value.items() if name not in is_read}
    return [_without_texts(one) for one in value] if isinstance(value, list | tuple) else value


# -------------------------------------------------------------------------------------------------- submitting, applying


def submit_change(
    connection: Connection, change: ChangeSet, *, directory: Directory, by: Viewer, now: dt.datetime
) -> tuple[ChangeSet, Decision | None]:
    """Submit an open set: a decision is proposed; what one person may change alone is applied at once.

    Args:
        connection: a writing transaction that holds the set.
        change: the set.
        directory: the organisation.
        by: its maker.
        now: when.

    Returns:
        The set as it is then, and the decision; None where it was applied.

    Raises:
        NothingChanged: it says what is there already.
        MasteredElsewhere: one of its files comes by another door.
        OvertakenKeys: another revision has touched its keys since its base.
        FindingsInTheWay: a load of it would find errors.
        Conflict: by one of the codes of :class:`app.rules.deciding.Obstacle`.
    """
    changed = changed_rows(connection, change.id)
    judged = _judged_right(connection, change, changed)
    today = directory.day_of(now)
    periods = periods_of(connection, changed, today)
    about = rows_about(connection, changed, periods)
    maker = decisions.party_of(directory, by, periods=periods, day=today)
    obstacle = obstacle_to_making(maker, roles=CHANGE.makers, about=about)
    if obstacle is not None:
        raise decisions.refusal_for(obstacle)
    if _one_suffices(connection, changed, judged, today=today):
        return apply_change(connection, change, at=now), None
    made = decisions.propose(
        connection,
        CHANGE,
        content={"change": change.id},
        reason=change.reason,
        directory=directory,
        by=by,
        now=now,
    )
    return end_change(connection, change, ChangeState.SUBMITTED, decision=made.id), made


def _judged_right(connection: Connection, change: ChangeSet, changed: Changed) -> JudgedChange:
    refuse_other_masters(connection, changed.files, door=Master.FEED if change.is_fed else Master.APPLICATION)
    present = organisation.current_revision(connection).number
    if not _differs(folder_at(connection, present), changed):
        raise NothingChanged
    keys = overtaken_keys(connection, change, changed)
    if keys:
        raise OvertakenKeys(
            *(at_key(one) for one in keys), parameters={"keys": ", ".join(str(one["key"]) for one in keys[:5])}
        )
    judged = check_change(connection, changed)
    if not judged.is_right:
        raise FindingsInTheWay(*judged.findings)
    return judged


def _differs(folder: StoredFolder, changed: Changed) -> bool:
    by_file = {name: folder.by_key(name) for name in {one.name for one in changed.rows}}
    return bool(changed.documents) or any(by_file[one.name].get(one.key) != one.after for one in changed.rows)


def at_key(one: Mapping[str, Any]) -> Finding:
    """That another revision has changed a row, said at its file and key."""
    message = n_("Another revision has changed %(file)s at %(key)s.")
    return at_field(f"{one['file']}/{one['key']}", "overtaken", message, file=one["file"], key=quoted(str(one["key"])))


def apply_change(connection: Connection, change: ChangeSet, *, at: dt.datetime) -> ChangeSet:
    """Load the folder with the set in it as the next revision, and derive again what hangs on its rows.

    Whoever records waits only from where the ledger is shut to the end: all that can be worked out before is.

    Raises:
        MasteredElsewhere: one of its files comes by another door by now.
        OvertakenKeys: another revision has touched its keys.
        FindingsInTheWay: a load of it would find errors by now.
    """
    lock(connection, LOCK_LOADS)
    judged = _judged_right(connection, change, changed_rows(connection, change.id)).judged
    if judged is None:
        raise FindingsInTheWay
    revision = load_judged(connection, judged, at=at, by=f"change:{change.id}")
    return end_change(connection, change, ChangeState.APPLIED, revision=revision)


def load_judged(connection: Connection, judged: JudgedFolder, *, at: dt.datetime, by: str) -> int:
    """Load a folder that was judged right as the next revision, and derive again what hangs on its rows.

    Args:
        connection: a writing transaction that holds ``LOCK_LOADS``.
        judged: the folder.
        at: when.
        by: who, as the revision says it.

    Returns:
        The revision.

    Raises:
        FindingsInTheWay: with its rates an activity is worth more than can be kept.
    """
    before = scoring.state(connection).frame
    directory = organisation.previewed_directory(
        before.directory, judged.organisation, token=judged.previewed_token(before.directory.token)
    )
    definitions = judged.cascade.definitions
    after = ledger.frame_of(directory, definitions, ledger.slices_in_use(connection, definitions, may_add=True))
    try:
        moved = ledger.moved_by(connection, before, after)
        ready = ready_to_keep(connection, judged)
        lock(connection, LOCK_LEDGER)
        if ledger.is_outdated(connection):
            moved = None
        elif moved is not None:
            ledger.bring_up_to_date(connection, moved, before, after)
    except ledger.WorthTooMuch as refusal:
        raise FindingsInTheWay(*refusal.findings) from refusal
    report = keep(connection, judged, at=at, by=by, ready=ready)
    _refuse_other_numbers(connection, directory)
    if report.changed & DERIVED_FROM and moved is None:
        ledger.rederive(connection, after, at=at)
    elif moved is not None:
        ledger.write_moved(connection, moved)
    ledger.record_change(connection, at=at, owners=ledger.owners_text(everyone=True))
    if report.revision is None:
        message = "what was judged right was not kept"
        raise RuntimeError(message)
    return report.revision


def _refuse_other_numbers(connection: Connection, directory: Directory) -> None:
    """What was worked out before hangs on the numbers of new people and paths: they are those that the database has given."""
    ids = {row.number: row.id for row in connection.execute(sa.select(employee_table.c.number, employee_table.c.id))}
    paths = {row.id: row.chain for row in connection.execute(sa.select(path_table.c.id, path_table.c.chain))}
    expected = {number: "/".join(path) for number, path in directory.numbers_of_paths.items()}
    if ids != dict(directory.ids) or paths != expected:
        message = "people or paths have other numbers than were worked out"
        raise RuntimeError(message)


# ------------------------------------------------------------------------------------------------------ rebase and revert


def rebase_change(connection: Connection, change: ChangeSet) -> tuple[ChangeSet, list[dict[str, Any]]]:
    """Hold an open set against the present revision; what it wants stays.

    Returns:
        The set, and of each key that another revision touched the row at the old base and the present one.
    """
    changed = changed_rows(connection, change.id)
    present = organisation.current_revision(connection).number
    folder = folder_at(connection, present)
    touched = {(one["file"], one["key"]) for one in overtaken_keys(connection, change, changed)}
    told: list[dict[str, Any]] = []
    for name in {one.name for one in changed.rows}:
        rows = folder.by_key(name)
        mine = [one for one in changed.rows if one.name == name]
        told += [
            {
                "file": one.file,
                "key": key_text(one.key),
                "base": one.before,
                "present": rows.get(one.key),
                "set": one.after,
            }
            for one in mine
            if (one.file, key_text(one.key)) in touched
        ]
        write_rows(connection, change, f"{name}.csv", [(one.key, one.after) for one in mine], base_rows=rows)
    told += [
        {"file": one.part, "key": one.name, "base": dict(one.before), "present": None, "set": one.after}
        for one in changed.documents
        if (one.part, one.name) in touched
    ]
    write_documents(connection, change, [_at_another_base(folder, one) for one in changed.documents])
    return end_change(connection, change, ChangeState.OPEN, base=present), told


class NotApplied(Conflict):
    """Nothing of it holds."""

    code = "not_applied"
    message = n_("Only a change set that was applied can be taken back: this one was not.")


def revert_change(connection: Connection, number: int, *, reason: str, by: Viewer, now: dt.datetime) -> ChangeSet:
    """Begin a set with the rows as they were before another one was applied.

    Args:
        connection: a writing transaction.
        number: the set that is taken back.
        reason: why.
        by: who.
        now: when.

    Raises:
        NotThere: there is no such set.
        NotApplied: it was never applied.
        Invalid: a reason that is too short or too long.
    """
    applied = change_set(connection, number)
    if applied is None:
        raise NotThere
    if applied.state is not ChangeState.APPLIED or applied.revision is None:
        raise NotApplied
    present = organisation.current_revision(connection).number
    made = begin_change(
        connection, title=f"↶ {applied.title}"[:200], reason=reason, base=present, by=by, now=now, reverts=number
    )
    changed = changed_rows(connection, number)
    earlier, folder = folder_at(connection, applied.revision - 1), folder_at(connection, present)
    for name in dict.fromkeys(one.name for one in changed.rows):
        was, rows = earlier.by_key(name), folder.by_key(name)
        keys = {one.key for one in changed.rows if one.name == name}
        if name == "status":
            # A row that is taken away gives the later ones its place: all of one employee and cycle go together.
            owners = {key[:2] for key in keys}
            keys = {key for key in (*was, *rows) if key[:2] in owners}
        wanted = [(key, was.get(key)) for key in sorted(keys) if was.get(key) != rows.get(key)]
        write_rows(connection, made, f"{name}.csv", wanted, base_rows=rows)
    written = earlier.documents()
    names = dict.fromkeys((one.part, yaml_name(stored)) for one in changed.documents for stored in one.before)
    sent = [document_sent(name, written.get(name)) for _, name in names]
    write_documents(connection, made, [document_at_base(folder, one) for one in sent])
    return made


# ----------------------------------------------------------------------------------------------------- kind of decision


def _read_change(connection: Connection, content: Mapping[str, Any], _cycle: str | None, today: dt.date) -> Read:
    number = content.get("change")
    present = change_set(connection, number) if isinstance(number, int) and not isinstance(number, bool) else None
    if present is None or content.keys() != {"change"}:
        message = n_("A decision of this kind is about one change set: submit it there.")
        raise Invalid(at_field("content/change", "no_change", message))
    if present.state is not ChangeState.OPEN:
        message = n_("The change set is not open any more.")
        raise Invalid(at_field("content/change", "not_open", message))
    changed = changed_rows(connection, present.id)
    return Read({"change": present.id}, rows_about(connection, changed, periods_of(connection, changed, today)))


def _of_decision(connection: Connection, decision: Decision) -> ChangeSet:
    present = change_of_decision(connection, decision.id)
    if present is None:
        raise NotThere
    return present


def _effects(
    connection: Connection, content: Mapping[str, Any], _cycle: str | None, today: dt.date
) -> Iterable[DecisionEffect]:
    changed = changed_rows(connection, int(content["change"]))
    checked = check_change(connection, changed)
    # What a feed holds may be wrong: nobody can agree to that, and what it would move cannot be told.
    if checked.judged is None or not checked.is_right:
        return ()
    cycles = cycles_to_tell(connection, changed, today=today)
    under_way = cycle_of(today, scoring.state(connection).frame.first_month)
    effects = effects_of_change(connection, checked.judged, cycles=cycles, today=today)
    # A decision says of no cycle which it looks at first: what is not told of one is of that under way.
    return effects if cycles[0] == under_way else [one._replace(cycle=one.cycle or str(cycles[0])) for one in effects]


def _apply(connection: Connection, decision: Decision) -> None:
    change = _of_decision(connection, decision)
    apply_change(connection, change, at=decision.ended.at if decision.ended else decision.maker.at)


def _overtaken(connection: Connection, decision: Decision) -> list[dict[str, Any]]:
    """The set's keys that another revision touched; and what a feed's set moves of which none was told, since it was wrong when it came."""
    change = _of_decision(connection, decision)
    keys = overtaken_keys(connection, change, changed_rows(connection, change.id))
    if keys or not change.is_fed or decision.effects:
        return keys
    day = organisation.directory(connection).day_of(decision.maker.at)
    return moved_effects((), ordered_effects(_effects(connection, decision.content, None, day)))


def _ended(connection: Connection, decision: Decision) -> None:
    """A refused set has come to its end; one whose decision was withdrawn or overtaken is its maker's again, but a feed's, which nobody mends."""
    change = _of_decision(connection, decision)
    is_refused = decision.state.value == ChangeState.REFUSED.value
    back = ChangeState.DISCARDED if change.is_fed else ChangeState.OPEN
    end_change(connection, change, ChangeState.REFUSED if is_refused else back)


def _executives_where_hr_is_one(connection: Connection, day: dt.date) -> frozenset[Role]:
    of_hr = access.people_with(connection, organisation.directory(connection), Role.HR, on=day)
    return frozenset() if of_hr > 1 else frozenset({Role.EXECUTIVE})


def _periods(connection: Connection, content: Mapping[str, Any], today: dt.date) -> Sequence[Period]:
    return periods_of(connection, changed_rows(connection, int(content["change"])), today)


CHANGE: Final = DecisionKind(
    code="change",
    makers=frozenset({Role.HR}),
    checkers=frozenset({Role.HR}),
    seen_by=frozenset({Role.EXECUTIVE, Role.AUDITOR}),
    read=_read_change,
    effects=_effects,
    apply=_apply,
    submitted_elsewhere=True,
    more_checkers=_executives_where_hr_is_one,
    overtaken=_overtaken,
    ended=_ended,
    periods=_periods,
)
"""A set of rows: by two people of hr, or by an executive where hr is one person."""

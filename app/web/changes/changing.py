"""Change sets as the pages and the API do them: who may, and what is said of one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from app import access, decisions, intake, organisation
from app.decisions import Decision
from app.intake import Changed, ChangedRow, ChangeSet, ChangeState, DocumentSent, JudgedChange, ReadSheet, RowsSent
from app.kit.refusals import NotThere
from app.plain.findings import Finding
from app.rules.deciding import Obstacle
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind, StatusKind
from app.web.asked.request_context import RequestContext
from app.web.asked.sent_once import made_once
from app.web.sentences.row_sentences import Told, sentences
from app.web.sentences.row_words import RowWords

__all__ = [
    "PAY_COLUMNS",
    "PERSONAL_FILES",
    "SUMS_HIDDEN",
    "as_json",
    "begun",
    "change_seen",
    "changed_seen",
    "discarded",
    "drop_document",
    "findings_seen",
    "held_open",
    "is_maker",
    "is_personal",
    "keeps",
    "people_in",
    "put_document",
    "put_rows",
    "put_sent_rows",
    "rebased",
    "refuse_personal",
    "refuse_put",
    "reverted",
    "reworded",
    "sees_pay",
    "submitted",
    "told",
    "writer",
]

PAY_COLUMNS: Final = {
    "employees.csv": ("monthly_base",),
    "employment.csv": ("monthly_base",),
    "results.csv": ("grade",),
}
"""The columns that only who sees pay and grades sees."""

_DISCIPLINE: Final = "discipline.csv"
PERSONAL_FILES: Final = (_DISCIPLINE, "status.csv")
"""The files with rows that only who sees pay and grades knows of at all."""
SUMS_HIDDEN: Final = frozenset({*PAY_COLUMNS, *PERSONAL_FILES})
"""The files whose sums only who sees pay and grades is told: where the other columns are told, figures are tried until the sum fits, and of so
few who were disciplined whole rows."""


def people_in(file: str, rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """The numbers of the employees of whom rows of a file say anything: what they are paid, how they were graded or rated, where they were."""
    column = "number" if file == "employees.csv" else "employee"
    for row in rows:
        node = Node.parse(str(row.get("node") or ""))
        if node is not None and node.kind is NodeKind.EMPLOYEE:
            yield node.code
        elif row.get(column):
            yield str(row[column])


def keeper(context: RequestContext) -> None:
    """Whoever keeps change sets: hr. What one may see and not do is told by its code.

    Raises:
        NotThere: who asks may not see them either.
        Conflict: who asks may see and not keep them.
    """
    if not context.allowed(Deed.SEE_FILES):
        raise NotThere
    if not keeps(context):
        raise decisions.refusal_for(Obstacle.ROLE)


def keeps(context: RequestContext) -> bool:
    """Whether who asks keeps change sets."""
    return not context.viewer.roles.isdisjoint(intake.CHANGE.makers)


def writer(context: RequestContext) -> None:
    """Whoever may write to one that they began: to all others than hr a set that is not theirs is not there.

    Raises:
        NotThere: not hr.
    """
    if not keeps(context):
        raise NotThere


def is_maker(context: RequestContext) -> Callable[[ChangeSet], bool]:
    """Whether a set is who asks's own, by whatever account."""
    viewer = context.viewer
    me = access.marks_of(context.directory, account_id=viewer.account_id, email=viewer.email, employee=viewer.employee)

    def mine(one: ChangeSet) -> bool:
        maker = one.maker
        marks = access.marks_of(
            context.directory, account_id=maker.account_id, email=maker.email, employee=maker.employee
        )
        return not me.isdisjoint(marks)

    return mine


def refuse_put(context: RequestContext, number: int, file: str) -> None:
    """Refuse what cannot be put into a set before it is read: others' sets and ended ones, and files that come by another door.

    Raises:
        NotThere, Conflict: as of :func:`held_open`, and where there is no such file.
        MasteredElsewhere: it comes by another door.
    """
    writer(context)
    intake.open_set(context.connection, number, is_maker=is_maker(context))
    if file not in intake.MASTERED_FILES:
        raise NotThere
    intake.refuse_other_masters(context.connection, [file])


def held_open(context: RequestContext, number: int) -> ChangeSet:
    """An open set, held for its maker to write.

    Raises:
        NotThere: there is none of that number, or not for who asks.
        Conflict: another began it, or it is not open any more.
    """
    writer(context)
    return intake.hold_open(context.connection, number, is_maker=is_maker(context))


# Each of these does it and tells the trail: for the page and for the API alike.


def begun(context: RequestContext, title: str, reason: str, *, base: int | None = None) -> ChangeSet:
    """Begin a set.

    Args:
        context: the request's.
        title: what it is called.
        reason: why.
        base: the revision that its rows were made of; None for the present one.

    Raises:
        Invalid: a title or reason that is too short or too long.
        Conflict, NotThere: as of :func:`keeper`.
    """
    keeper(context)
    present = organisation.current_revision(context.connection).number
    made = intake.begin_change(
        context.connection,
        title=title,
        reason=reason,
        base=present if base is None else base,
        by=context.viewer,
        now=context.now,
    )
    return _noted_as_begun(context, made)


def begun_once(context: RequestContext, form_id: str, said: object, begin: Callable[[], ChangeSet]) -> int:
    """The number of the set that a form begins: sent twice it is one, unless that was discarded meanwhile.

    Args:
        context: the request's.
        form_id: the form's.
        said: as of :func:`app.web.asked.sent_once.made_once`.
        begin: begins it.
    """

    def stands(number: int) -> bool:
        present = intake.change_set(context.connection, number)
        return present is not None and present.state is not ChangeState.DISCARDED

    return made_once(context, form_id, said, lambda: begin().id, stands=stands)


def reverted(context: RequestContext, number: int, reason: str) -> ChangeSet:
    """Begin a set that takes an applied one back; raises as :func:`begun`, and where that one was never applied."""
    keeper(context)
    made = intake.revert_change(context.connection, number, reason=reason, by=context.viewer, now=context.now)
    return _noted_as_begun(context, made)


def _noted_as_begun(context: RequestContext, made: ChangeSet) -> ChangeSet:
    context.note(subject=f"change:{made.id}", after={"title": made.title, "reverts": made.reverts}, why=made.reason)
    return made


def put_rows(context: RequestContext, change: ChangeSet, sent: RowsSent, *, whole: bool = False) -> None:
    """Put rows into a set that is held; raises as :func:`app.intake.put_rows`."""
    intake.put_rows(context.connection, change, sent, whole=whole)
    removed = sum(1 for _, row in sent.wanted if row is None)
    told: dict[str, object] = {"file": sent.file, "set": len(sent.wanted) - removed, "remove": removed}
    context.note(subject=f"change:{change.id}", after=told | ({"mode": "whole"} if whole else {}))


def put_sent_rows(context: RequestContext, change: ChangeSet, sheet: ReadSheet) -> None:
    """Put what was edited in a sheet into a set that is held; raises as :func:`app.intake.put_sent_rows`."""
    count = intake.put_sent_rows(context.connection, change, sheet)
    context.note(subject=f"change:{change.id}", after={"file": sheet.file, "set": count, "taken": sheet.revision})


def put_document(context: RequestContext, change: ChangeSet, sent: DocumentSent) -> None:
    """Put a file of definitions into a set that is held; raises as :func:`app.intake.put_document`."""
    intake.put_document(context.connection, change, sent)
    context.note(subject=f"change:{change.id}", after={"file": sent.name})


def drop_document(context: RequestContext, change: ChangeSet, name: str) -> None:
    """Have a set that is held remove a file of definitions; raises as :func:`app.intake.drop_document`."""
    intake.drop_document(context.connection, change, name)
    context.note(subject=f"change:{change.id}", after={"file": name, "remove": 1})


def submitted(context: RequestContext, number: int) -> tuple[ChangeSet, Decision | None]:
    """Submit one's open set; raises as :func:`held_open` and :func:`app.intake.submit_change`."""
    change = held_open(context, number)
    after, decision = intake.submit_change(
        context.connection, change, directory=context.directory, by=context.viewer, now=context.now
    )
    _note_state(context, change, after)
    return after, decision


def rebased(context: RequestContext, number: int) -> tuple[ChangeSet, list[dict[str, Any]]]:
    """Take one's open set to the present revision; what others touched beside it. Raises as :func:`held_open`."""
    after, touched = intake.rebase_change(context.connection, held_open(context, number))
    context.note(subject=f"change:{number}", after={"base": after.base, "touched": len(touched)})
    return after, touched


def reworded(context: RequestContext, number: int, title: str, reason: str) -> ChangeSet:
    """Call one's open set something else; raises as :func:`held_open`, and where title or reason is too short or too long."""
    change = held_open(context, number)
    after = intake.reword_change(context.connection, change, title=title, reason=reason)
    if (after.title, after.reason) == (change.title, change.reason):
        context.did_nothing = True
    else:
        context.note(
            subject=f"change:{number}", before={"title": change.title}, after={"title": after.title}, why=after.reason
        )
    return after


def discarded(context: RequestContext, number: int) -> ChangeSet:
    """Give one's open set up; raises as :func:`held_open`."""
    change = held_open(context, number)
    after = intake.discard_change(context.connection, change)
    _note_state(context, change, after)
    return after


def _note_state(context: RequestContext, before: ChangeSet, after: ChangeSet) -> None:
    context.note(
        subject=f"change:{before.id}",
        before={"state": before.state.value},
        after={"state": after.state.value},
        why=before.reason,
    )


def change_seen(context: RequestContext, number: int) -> ChangeSet:
    """A set that who asks may see.

    Raises:
        NotThere: there is none of that number.
    """
    present = intake.change_set(context.connection, number)
    if present is None:
        raise NotThere
    return present


def sees_pay(context: RequestContext, change: ChangeSet | None = None) -> bool:
    """Whether who asks sees what everybody is paid; who is to approve a set sees what it is that they approve, while it waits for them.

    Args:
        context: the request's.
        change: the set that is looked at; None for what is loaded.
    """
    if context.allowed_of_everybody(Deed.SEE_PAY):
        return True
    waits = change is not None and change.state is ChangeState.SUBMITTED
    return waits and not context.viewer.roles.isdisjoint(intake.CHANGE.checkers_on(context.connection, context.today))


def is_personal(file: str, row: Mapping[str, object]) -> bool:
    """Whether who does not see pay knows nothing of a row: that somebody was disciplined, its key says already.

    Args:
        file: with ``.csv``.
        row: by column.
    """
    return file == _DISCIPLINE or (file == "status.csv" and row.get("kind") == StatusKind.DISCIPLINE)


def refuse_personal(context: RequestContext, file: str) -> None:
    """Keep a file whose every row is personal from who does not see pay.

    Raises:
        NotThere: for who asks there is no such file.
    """
    if file == _DISCIPLINE and not sees_pay(context):
        raise NotThere


def changed_seen(context: RequestContext, change: ChangeSet, changed: Changed) -> Changed:
    """What a set holds, without rows that are not for who asks.

    Args:
        context: the request's.
        change: the set.
        changed: all that it holds.
    """
    if not any(one.file in PERSONAL_FILES for one in changed.rows) or sees_pay(context, change):
        return changed
    return changed._replace(
        rows=tuple(
            one
            for one in changed.rows
            if not any(row is not None and is_personal(one.file, row) for row in (one.before, one.after))
        )
    )


def findings_seen(
    context: RequestContext, judged: JudgedChange, change: ChangeSet | None = None
) -> list[dict[str, Any]]:
    """What a load would find, without what is not for who asks: personal rows, and figures of pay, which a message repeats as they were typed.

    Args:
        context: the request's.
        judged: the folder with the set in it.
        change: the set; None for one that is yet to begin.
    """
    told = judged.as_json()
    if sees_pay(context, change):
        return told
    return [
        one | {"finding": _without_value(one["finding"])} if _is_of_pay(one) else one
        for one in told
        if not _is_of_personal_row(judged, one)
    ]


def _is_of_personal_row(judged: JudgedChange, told: Mapping[str, Any]) -> bool:
    file, line = told["file"] or "", told["row"]
    if file not in PERSONAL_FILES:
        return False
    rows = judged.folder.rows[file.removesuffix(".csv")]
    return is_personal(file, rows[line - 2].values if line is not None and 0 <= line - 2 < len(rows) else {})


def _is_of_pay(told: Mapping[str, Any]) -> bool:
    return told["field"] in PAY_COLUMNS.get(told["file"], ())


def _without_value(finding: Finding) -> Finding:
    shown = {name: "…" if name == "found" else value for name, value in finding.parameters.items()}
    return replace(finding, parameters=shown)


def told(context: RequestContext, change: ChangeSet, changed: Changed | None = None) -> tuple[Told, ...]:
    """What a set does to whom, in sentences; none for who may not see what people are paid, of which they speak.

    Args:
        context: the request's.
        change: the set.
        changed: what it holds, where that was read.
    """
    if not sees_pay(context, change):
        return ()
    rows = (intake.changed_rows(context.connection, change.id) if changed is None else changed).rows
    return sentences(RowWords(context), rows, functools.partial(intake.rows_before, context.connection, change))


def as_json(one: ChangeSet, changed: Changed | None = None, *, pay: bool = True) -> dict[str, Any]:
    """As the contract writes it; with its rows before and after beside each other, where they are given.

    Args:
        one: the set.
        changed: what it holds.
        pay: whether who reads it sees pay and grades.
    """
    told: dict[str, Any] = {
        "id": one.id,
        "title": one.title,
        "reason": one.reason,
        "state": one.state.value,
        "base": one.base,
        "maker": one.maker.as_json(),
        "reverts": one.reverts,
        "decision": one.decision,
        "revision": one.revision,
    }
    if changed is not None:
        told["rows"] = [
            {
                "file": row.file,
                "key": intake.key_text(row.key),
                "differs": _differing(row),
                "before": _shown(row.file, row.before, pay=pay),
                "after": _shown(row.file, row.after, pay=pay),
            }
            for row in changed.rows
        ]
        told["documents"] = [
            {"file": row.part, "key": row.name, "before": intake.yaml_before(row), "after": row.after}
            for row in changed.documents
        ]
    return told


def _differing(row: ChangedRow) -> list[str]:
    """The columns in which a row is another than at its base."""
    before, after = row.before or {}, row.after or {}
    return [column for column in intake.columns_of(row.file) if before.get(column, "") != after.get(column, "")]


def _shown(file: str, row: Any, *, pay: bool) -> dict[str, str | None] | None:
    if row is None or pay:
        return None if row is None else dict(row)
    return {column: None if column in PAY_COLUMNS.get(file, ()) else value for column, value in row.items()}

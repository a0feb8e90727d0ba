"""Change sets as the pages and the API do them: who may, and what is said of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from app import access, decisions, intake
from app.intake import Changed, ChangedRow, ChangeSet
from app.kit.refusals import NotThere
from app.rules.deciding import Obstacle
from app.rules.permissions import Deed
from app.web.request_context import RequestContext

__all__ = ["PAY_COLUMNS", "as_json", "change_seen", "held_open", "is_maker", "keeper", "keeps", "sees_pay"]

PAY_COLUMNS: Final = {
    "employees.csv": ("monthly_base",),
    "employment.csv": ("monthly_base",),
    "results.csv": ("grade",),
}
"""The columns that only who sees pay and grades sees."""


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


def held_open(context: RequestContext, number: int) -> ChangeSet:
    """An open set, held for its maker to write.

    Raises:
        NotThere: there is none of that number, or not for who asks.
        Conflict: another began it, or it is not open any more.
    """
    writer(context)
    return intake.hold_open(context.connection, number, is_maker=is_maker(context))


def change_seen(context: RequestContext, number: int) -> ChangeSet:
    """A set that who asks may see.

    Raises:
        NotThere: there is none of that number.
    """
    present = intake.change_set(context.connection, number)
    if present is None:
        raise NotThere
    return present


def sees_pay(context: RequestContext) -> bool:
    """Whether who asks sees what people are paid; who is to approve sees what it is that they approve."""
    checkers = intake.CHANGE.checkers_on(context.connection, context.today)
    return context.allowed(Deed.SEE_PAY) or not context.viewer.roles.isdisjoint(checkers)


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

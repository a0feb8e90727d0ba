"""Rows that somebody sends to a change set: each at its key, and no more of them than can be.

Read them before a writing transaction begins: others wait for it, and a hundred thousand rows take their time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from app.intake.change_sets import key_text
from app.intake.changed_folder import columns_of, key_columns
from app.intake.first_findings import FIRST_MAX
from app.intake.folder import DEFINITIONS, POLICIES
from app.intake.mastering import MASTERED_FILES
from app.intake.stored_folder import EMPTY_IN_KEY
from app.kit.refusals import Invalid, NotThere, at_field
from app.plain.findings import Finding, n_
from app.plain.texts import has_unstorable, is_blank, quoted

__all__ = ["RowsSent", "rows_sent"]

Key = tuple[str, ...]


class RowsSent(NamedTuple):
    """Rows of a file by their keys, as they are wanted; None where the row is to go."""

    file: str
    """With ``.csv``."""
    wanted: Sequence[tuple[Key, Mapping[str, str] | None]]


def rows_sent(
    file: str,
    *,
    set_: Sequence[Mapping[str, object]] = (),
    remove: Sequence[Mapping[str, object]] = (),
) -> RowsSent:
    """What was sent of a file's rows, each at its key.

    Args:
        file: with ``.csv``.
        set_: whole rows by column: what is not there is empty.
        remove: keys by column.

    Raises:
        NotThere: there is no such file.
        Invalid: a column that there is not, a value that is no text, a key without a value, or one that comes twice.
    """
    if file not in MASTERED_FILES or file in {DEFINITIONS, POLICIES}:
        raise NotThere
    columns, key = columns_of(file), key_columns(file)
    may_be_empty = EMPTY_IN_KEY.get(file.removesuffix(".csv"), frozenset())
    problems: list[Finding] = []
    wanted: dict[Key, Mapping[str, str] | None] = {}
    for field, some, known in (("set", set_, columns), ("remove", remove, key)):
        for place, row in enumerate(some):
            at = f"{field}/{place}"
            wrong = list(_row_problems(at, file, row, known))
            texts = {} if wrong else {column: str(row.get(column) or "") for column in known}
            wrong = wrong or list(_key_problems(at, key, may_be_empty, texts))
            problems += wrong
            if len(problems) >= FIRST_MAX:
                # Whoever mends so many mends the others in the same way.
                raise Invalid(*problems[:FIRST_MAX])
            if wrong:
                continue
            of = tuple(texts[column].strip() for column in key)
            if of in wanted:
                message = n_("The key “%(key)s” comes twice: send each row once.")
                problems.append(at_field(at, "duplicate", message, key=quoted(key_text(of))))
            wanted[of] = texts if field == "set" else None
    if problems:
        raise Invalid(*problems)
    return RowsSent(file, list(wanted.items()))


def _key_problems(
    at: str, key: Sequence[str], may_be_empty: Collection[str], texts: Mapping[str, str]
) -> Iterable[Finding]:
    for column in key:
        if column not in may_be_empty and is_blank(texts[column]):
            message = n_("“%(column)s” is empty: rows of this file are told apart by %(key)s.")
            yield at_field(f"{at}/{column}", "required", message, column=column, key=", ".join(key))


def _row_problems(at: str, file: str, row: Mapping[str, object], known: Sequence[str]) -> Iterable[Finding]:
    for column, value in row.items():
        if column not in known:
            message = n_("%(file)s has no column “%(column)s”: it has %(columns)s.")
            yield at_field(
                f"{at}/{column}", "unknown_column", message, file=file, column=quoted(column), columns=", ".join(known)
            )
        elif value is not None and not isinstance(value, str):
            message = n_("A value of a row is a text as in the CSV: put it in quotes.")
            yield at_field(f"{at}/{column}", "not_text", message)
        elif value is not None and has_unstorable(value):
            message = n_("A character of this cannot be kept: take it out.")
            yield at_field(f"{at}/{column}", "unstorable", message)

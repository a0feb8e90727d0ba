"""Rows that a form would put into a change set, held beside what the set holds already, before anything is kept.

Do not work a form's rows out from what is loaded: whoever fills a set over days builds upon what it already says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection

from app import organisation
from app.intake.change_sets import Changed, ChangedDocument, ChangedRow, ChangeSet
from app.intake.changed_folder import JudgedChange, key_columns
from app.intake.changing import FindingsInTheWay, document_at_base, folder_at, refuse_other_masters
from app.intake.folder import DEFINITIONS, POLICIES
from app.intake.sent_documents import document_sent
from app.intake.sent_rows import rows_sent
from app.intake.stored_folder import StoredFolder, yaml_name
from app.organisation import Directory, Organisation

__all__ = ["Put", "PutDocument", "directory_with", "proposed", "puts_between", "rows_before", "rows_wanted"]

_REARRANGED: Final = ("units", "employees", "employment", "postings", "status")
"""The files whose rows forms of people and units make."""


class Put(NamedTuple):
    """Rows of a file that are to go into a set, and keys of rows that it is to remove, each by column."""

    file: str
    """With ``.csv``."""
    set_: Sequence[Mapping[str, str]] = ()
    remove: Sequence[Mapping[str, str]] = ()


class PutDocument(NamedTuple):
    """A file of definitions, or the policies, as YAML."""

    name: str
    """As it is called: ``goals.yaml``, ``policies.yaml``, or that of a file of KPIs."""
    text: str | None
    """None: the file is to go; where only the set has it, it is taken out of it."""


def rows_wanted(connection: Connection, changed: Changed, file: str) -> dict[tuple[str, ...], Mapping[str, str]]:
    """The rows of a file as they would be with a set in it, by key. Queries: 1, and those of :func:`folder_at`.

    Args:
        connection: any transaction.
        changed: what the set holds; nothing of a set that is yet to begin.
        file: with ``.csv``.
    """
    present = organisation.current_revision(connection).number
    rows = dict(folder_at(connection, present).by_key(file.removesuffix(".csv")))
    for one in changed.rows:
        if one.file != file:
            continue
        if one.after is None:
            rows.pop(one.key, None)
        else:
            rows[one.key] = one.after
    return rows


def rows_before(connection: Connection, change: ChangeSet, file: str) -> Mapping[tuple[str, ...], Mapping[str, str]]:
    """The rows of a file at the revision that a set's rows are held against, by key. Queries: those of :func:`folder_at`.

    Args:
        connection: any transaction.
        change: the set.
        file: with ``.csv``.
    """
    return folder_at(connection, change.base).by_key(file.removesuffix(".csv"))


def proposed(
    connection: Connection,
    changed: Changed,
    puts: Sequence[Put | PutDocument],
) -> tuple[Changed, Changed]:
    """What a set would hold with more in it, and what of that is the more.

    Args:
        connection: any transaction.
        changed: what the set holds; nothing of a set that is yet to begin.
        puts: what is to go into it.

    Returns:
        Both, the rows of the second beside what they would take the place of: with the set in it, as it is.

    Raises:
        MasteredElsewhere: one of the files comes by another door.
        Invalid: a row that can be none.
    """
    refuse_other_masters(connection, [_file_of(one) for one in puts])
    folder = folder_at(connection, organisation.current_revision(connection).number)
    rows = {(one.file, one.key): one for one in changed.rows}
    documents = {(one.part, one.name): one for one in changed.documents}
    more_rows: dict[tuple[str, tuple[str, ...]], ChangedRow] = {}
    more_documents: list[ChangedDocument] = []
    for put in puts:
        if isinstance(put, PutDocument):
            document = document_at_base(folder, document_sent(put.name, put.text))
            if put.text is None and not any(yaml_name(one) == put.name for one in folder.contents):
                documents.pop((document.part, document.name), None)
                more_documents.append(document)
                continue
            more_documents.append(document)
            documents[document.part, document.name] = document
            continue
        loaded = folder.by_key(put.file.removesuffix(".csv"))
        wanted = rows_wanted(connection, changed, put.file)
        for key, row in rows_sent(put.file, set_=put.set_, remove=put.remove).wanted:
            more_rows[put.file, key] = ChangedRow(put.file, key, wanted.get(key), row)
            rows[put.file, key] = ChangedRow(put.file, key, loaded.get(key), row)
    return (
        Changed(tuple(rows.values()), tuple(documents.values())),
        Changed(tuple(more_rows.values()), tuple(more_documents)),
    )


def directory_with(connection: Connection, judged: JudgedChange) -> Directory:
    """The organisation as it would be with a set in it that has no error. Queries: 2.

    Raises:
        FindingsInTheWay: the set has errors, so that nothing can be built upon it.
    """
    if judged.judged is None or not judged.is_right:
        raise FindingsInTheWay(*judged.findings)
    directory = organisation.directory(connection)
    if not judged.judged.is_organisation_another:
        return directory
    token = judged.judged.previewed_token(organisation.current_revision(connection).whole)
    return organisation.previewed_directory(directory, judged.judged.organisation, token=token)


def puts_between(before: Organisation, after: Organisation) -> list[Put]:
    """What a set has to say for one organisation to become another: rows that are new or other, and keys of those that are gone.

    Units, people, terms of employment, postings and statuses are compared, and nothing else.
    """
    one, other = (StoredFolder(organisation.organisation_rows(side), {}) for side in (before, after))
    puts: list[Put] = []
    for name in _REARRANGED:
        was, will = one.by_key(name), other.by_key(name)
        set_ = [row for key, row in will.items() if was.get(key) != row]
        columns = key_columns(f"{name}.csv")
        remove = [dict(zip(columns, key, strict=True)) for key in was if key not in will]
        if set_ or remove:
            puts.append(Put(f"{name}.csv", set_, remove))
    return puts


def _file_of(put: Put | PutDocument) -> str:
    if isinstance(put, Put):
        return put.file
    return POLICIES if put.name == f"{POLICIES}.yaml" else DEFINITIONS

"""Files of later loads in place of those that a certified cycle goes by: their rows, as the cut's own database would have them (contract-cycle, 7).

Do not take a file's rows by themselves: they are held against all others that the cycle goes by, as a load holds them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app import cascade, ledger, organisation, scoring
from app.cascade.tables import FOLDER as CASCADE
from app.intake.folder import FILES, FolderRows, judge
from app.intake.stored_folder import StoredFolder, present_folder, read_stored_folder
from app.kit.copying import rows_text
from app.kit.kept import LruCache
from app.kit.refusals import Invalid, at_field
from app.organisation.tables import FOLDER as ORGANISATION
from app.organisation.tables import load_file
from app.organisation.tables import revision as revision_table
from app.plain.findings import Finding, Level, n_
from app.plain.texts import quoted
from app.rules.terms import Node, NodeKind
from app.scoring import AdoptedFile, AdoptedRows, Cut

__all__ = ["adopt_files"]

_FIRST: Final = 20
"""So many of the problems of a file are told."""

_KEPT: Final[LruCache[AdoptedRows]] = LruCache(4)
"""What is proposed is asked for again under the locks, and once more when it is agreed to."""


def adopt_files(connection: Connection, cut: Cut, wanted: Mapping[str, int]) -> AdoptedRows:
    """What a cut would go by if it took files of later loads.

    Args:
        connection: any transaction of the live database.
        cut: with what was added to it.
        wanted: by the file's name the number of the revision.

    Raises:
        Invalid: a file that there is none of, that differs in nothing, or that does not go with the others that the cut goes by.
        Busy: the cut's database is still being made.

    Queries: 3 for each file, and those of judging a folder in the cut's database; none where it was asked for before.
    """
    key = (
        str(connection.engine.url),
        cut.decision,
        cut.added,
        tuple(sorted(cut.parts.items())),
        tuple(sorted(wanted.items())),
    )
    return _KEPT.get_or_make(key, lambda: _adopted(connection, cut, wanted))


def _adopted(connection: Connection, cut: Cut, wanted: Mapping[str, int]) -> AdoptedRows:
    problems = list(_unknown(connection, cut, wanted))
    if problems:
        raise Invalid(*problems)
    loads = {file: read_stored_folder(connection, revision) for file, revision in wanted.items()}
    source = scoring.sealed(connection, cut)
    with source.tried("adopt files") as trying:
        own = present_folder(trying)
        alike = [file for file, load in loads.items() if load.sha256(file) == own.sha256(file)]
        if alike:
            raise Invalid(*map(_differs_in_nothing, alike))
        texts = _put(trying, own, loads)
    return AdoptedRows(
        files={file: AdoptedFile(wanted[file], load.sha256(file)) for file, load in loads.items()},
        texts={name: text for name, text in texts.items() if cascade.text_sha256(text) != cut.parts.get(name)},
        about=frozenset(node for file, load in loads.items() for node in _named(own, load, file)),
    )


def _unknown(connection: Connection, cut: Cut, wanted: Mapping[str, int]) -> Iterator[Finding]:
    """Files that there are none of, and revisions that brought none of them or came before what the cut goes by."""
    of = load_file.c
    for file, revision in wanted.items():
        field = f"content/adopt/{file}"
        if file.removesuffix(".csv") not in FILES or not file.endswith(".csv"):
            message = n_("An agency folder has no file “%(value)s”: choose one of %(files)s.")
            files = ", ".join(f"{name}.csv" for name in FILES)
            yield at_field(field, "unknown_file", message, value=quoted(file), files=files)
            continue
        goes_by = cut.adopted[file].revision if file in cut.adopted else cut.revision
        is_there = connection.execute(sa.select(of.name).where(of.revision == revision, of.name == file)).first()
        if revision <= goes_by or is_there is None:
            message = n_("No later load brought %(file)s as revision %(revision)s: choose one that came after the cut.")
            yield at_field(field, "unknown_revision", message, file=file, revision=revision)


def _differs_in_nothing(file: str) -> Finding:
    message = n_("%(file)s says what the cycle goes by already: choose a file with other rows.")
    return at_field(f"content/adopt/{file}", "differs_in_nothing", message, file=file)


def _put(trying: Connection, own: StoredFolder, loads: Mapping[str, StoredFolder]) -> Mapping[str, str]:
    """The rows of all tables of the folder once files are put in, as texts by table: all is held against the contract first.

    Raises:
        Invalid: they do not go with the others.
    """
    rows = {name: loads.get(f"{name}.csv", own).placed(name)[1] for name in FILES}
    sheet = cascade.loaded_sheet(trying)
    directory = organisation.directory(trying)
    numbers = {directory.employee_id(number): number for number in directory.employees}
    judged = judge(
        FolderRows(rows, {}, partial("{}.csv".format)), sheet.definitions, needs=ledger.needs(trying, numbers=numbers)
    )
    problems = [one for one in judged.findings if one.level is Level.ERROR]
    if problems:
        raise Invalid(*(_does_not_go(one, loads) for one in problems[:_FIRST]))
    organisation.replace(trying, judged.organisation)
    cascade.replace(trying, judged.cascade)
    return {table.name: rows_text(trying, table) for table in (*ORGANISATION, *CASCADE) if table is not revision_table}


def _does_not_go(finding: Finding, loads: Mapping[str, StoredFolder]) -> Finding:
    file = finding.place.file or ""
    field = f"content/adopt/{file if file in loads else min(loads)}"
    message = n_(
        "By what the cycle goes by otherwise this file cannot be taken (%(file)s, line %(line)s: %(detail)s): take the others that it needs with it."
    )
    return at_field(field, "does_not_go", message, file=file, line=finding.place.line or "–", detail=finding.text())


def _named(own: StoredFolder, load: StoredFolder, file: str) -> Iterator[Node]:
    """The people and units that rows name which differ."""
    name = file.removesuffix(".csv")
    before, after = own.by_key(name), load.by_key(name)
    for key in before.keys() | after.keys():
        if before.get(key) != after.get(key):
            row = after.get(key) or before[key]
            number = row.get("employee") or (row.get("number") if name == "employees" else None)
            node = Node(NodeKind.EMPLOYEE, number) if number else Node.parse(row.get("node") or "")
            if node is not None:
                yield node

"""Which door each file of the agency folder comes by: the folder, the application, or a feed; no two of them (contract-desk, 3).

No merging, no silent winner. What a master holds, no other door moves; a load that brings another says so and leaves it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app import decisions
from app.decisions import Decision, DecisionKind, Read
from app.intake.folder import DEFINITIONS, FILES, POLICIES, part_of
from app.intake.stored_folder import present_folder
from app.kit.database import lock
from app.kit.refusals import Invalid, at_field, unknown_members
from app.organisation import KeptByRevision, Revision
from app.organisation.tables import load_file, load_run
from app.plain.findings import n_
from app.plain.texts import quoted
from app.rules.deciding import DecisionEffect
from app.rules.terms import Role

__all__ = ["LOCK_LOADS", "MASTER", "MASTERED_FILES", "FileState", "Master", "file_states", "masters"]

LOCK_LOADS: Final = 7006
"""Held alone by whoever brings another revision, by whichever door, and by whoever opens and closes these; taken before the ledger's."""

MASTERED_FILES: Final = (*(f"{name}.csv" for name in FILES), DEFINITIONS, POLICIES)
"""What has a master, as it is named: the files of the folder, and the definitions in two parts."""


class Master(StrEnum):
    """By which door a file's rows come."""

    FOLDER = "folder"
    APPLICATION = "application"
    FEED = "feed"


def masters(connection: Connection) -> dict[str, Master]:
    """The master of every file: the one last decided, or the folder. Queries: 2."""
    by_file = dict.fromkeys(MASTERED_FILES, Master.FOLDER)
    for one in decisions.latest_approved(connection, MASTER.code):
        file = str(one.content["file"])
        if file in by_file:
            by_file[file] = Master(str(one.content["to"]))
    return by_file


def _read_master(connection: Connection, content: Mapping[str, Any], _cycle: str | None, _today: dt.date) -> Read:
    file, to = content.get("file"), content.get("to")
    problems = unknown_members(content, ("file", "to"))
    if not isinstance(file, str) or file not in MASTERED_FILES:
        message = n_("There is no file “%(value)s”: it is one of %(files)s.")
        parameters = {"value": quoted(str(file)), "files": ", ".join(MASTERED_FILES)}
        problems.append(at_field("content/file", "unknown_file", message, **parameters))
    if not isinstance(to, str) or to not in set(Master):
        message = n_("A master is one of %(masters)s.")
        problems.append(at_field("content/to", "unknown_master", message, masters=", ".join(Master)))
    if not problems and masters(connection)[str(file)] == to:
        message = n_("%(file)s has this master already.")
        problems.append(at_field("content/to", "same_master", message, file=file))
    if problems:
        raise Invalid(*problems)
    return Read({"file": str(file), "to": str(to)})


def _no_effects(
    _connection: Connection, _content: Mapping[str, Any], _cycle: str | None, _today: dt.date
) -> Iterable[DecisionEffect]:
    """Who may move a file from now on moves no figure by itself."""
    return ()


def _shut_out_loads(connection: Connection, _decision: Decision) -> None:
    """A master is read off the decisions themselves; but none changes while rows come by the door that it closes."""
    lock(connection, LOCK_LOADS)


MASTER: Final = DecisionKind(
    code="master",
    makers=frozenset({Role.HR}),
    checkers=frozenset({Role.EXECUTIVE}),
    seen_by=frozenset({Role.HR, Role.EXECUTIVE, Role.AUDITOR}),
    read=_read_master,
    effects=_no_effects,
    apply=_shut_out_loads,
)
"""Who moves a file: decided by hr and an executive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """A file of the agency folder as it stands.

    Attributes:
        file: its name.
        master: by which door it comes.
        rows: how many it has; of the definitions documents.
        sha256: the sum over its canonical form; None for who does not see all of its columns.
        revision: which changed it last; None where it never had a row.
        changed_at: when that was.
        changed_by: who loaded it.
    """

    file: str
    master: Master
    rows: int
    sha256: str | None
    revision: int | None
    changed_at: dt.datetime | None
    changed_by: str | None

    def as_json(self) -> dict[str, Any]:
        """As the contract writes it."""
        return {
            "file": self.file,
            "master": self.master.value,
            "rows": self.rows,
            "sha256": self.sha256,
            "revision": self.revision,
            "changed_at": None if self.changed_at is None else self.changed_at.isoformat(),
            "changed_by": self.changed_by,
        }


def file_states(connection: Connection) -> Sequence[FileState]:
    """Every file, in the contract's order. Queries: 3; 18 more after a load."""
    by_file = masters(connection)
    return [replace(one, master=by_file[one.file]) for one in _loaded_states(connection)]


def _read_states(connection: Connection, _revision: Revision) -> Sequence[FileState]:
    stored = present_folder(connection)
    last = _last_changes(connection)
    run = load_run.c
    query = sa.select(run.revision, run.loaded_at, run.loaded_by).where(run.revision.in_(set(last.values())))
    loads = {row.revision: row for row in connection.execute(query)}
    states = []
    for file in MASTERED_FILES:
        load = loads.get(last.get(file, 0))
        states.append(
            FileState(
                file=file,
                master=Master.FOLDER,
                rows=stored.count(file),
                sha256=stored.sha256(file),
                revision=None if load is None else load.revision,
                changed_at=None if load is None else load.loaded_at,
                changed_by=None if load is None else load.loaded_by,
            )
        )
    return states


_loaded_states: Final = KeptByRevision(_read_states)
"""What hangs on the loads alone: the masters are put in for each who asks."""


def _last_changes(connection: Connection) -> dict[str, int]:
    """Of every file the revision that changed it last. Queries: 2."""
    of = load_file.c
    query = (
        sa.select(of.name, sa.func.max(of.revision).label("revision"))
        .where(of.added + of.changed + of.removed > 0)
        .group_by(of.name)
    )
    last = {row.name: row.revision for row in connection.execute(query)}
    below = f"{DEFINITIONS}/"
    documents = (
        sa.select(of.revision, of.name, of.sha256)
        .where(of.name.startswith(below, autoescape=True))
        .order_by(of.revision, of.name)
    )
    before: dict[str, list[tuple[str, str]]] = {}
    for revision, rows in groupby(connection.execute(documents), key=lambda row: row.revision):
        # A definition that a load leaves out has no row to say so: both parts are compared as wholes.
        parts: dict[str, list[tuple[str, str]]] = {DEFINITIONS: [], POLICIES: []}
        for row in rows:
            parts[part_of(row.name.removeprefix(below))].append((row.name, row.sha256))
        for part, some in parts.items():
            if some != before.get(part, []):
                last[part] = revision
        before = parts
    return last

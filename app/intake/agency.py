"""The load of an agency folder with its definitions, and everything that follows from it, in one transaction.

Do not think that a load concerns the future. A rate that comes late re-values its month's deals, a changed posting moves what was
credited: all that hangs on the folder is derived again, from the first event on.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from app import cascade, ledger
from app.cascade import TargetDifference
from app.intake import definitions as definition_files
from app.intake import folder as folders
from app.intake.folder import DEFINITIONS, FILES, POLICIES, LoadedFileReport, LoadReport, part_of
from app.intake.mastering import LOCK_LOADS, Master, masters
from app.intake.pinned import pinned_findings
from app.intake.stored_folder import file_sums, present_folder
from app.kit.database import lock
from app.kit.refusals import Refusal
from app.kit.replacing import compare, exact_text
from app.ledger.tables import LOCK_LEDGER
from app.plain.findings import Finding, Level, Place, n_
from app.rules.definitions import Definitions
from app.scoring import state

__all__ = ["DERIVED_FROM", "LoadRefused", "Loaded", "derive_by_present_rules", "load_agency"]

DERIVED_FROM: Final = frozenset({"units", "employees", "postings", "rates", "definitions"})
"""The files that activities and totals are derived from; the others change scores alone, which are never stored."""


class LoadRefused(Refusal):
    """A folder that cannot be loaded; nothing of it was."""

    code = "load_refused"
    message = n_("The folder cannot be loaded.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a load did."""

    warnings: tuple[Finding, ...]
    files: tuple[LoadedFileReport, ...]
    revision: int
    changed: frozenset[str]
    derived: int | None

    def lines(self) -> list[str]:
        """The report, a line for each file and one for the whole."""
        told = []
        for one in self.files:
            changes = one.changes
            what = (
                f"{changes.added} added, {changes.changed} changed, {changes.removed} removed"
                if one.name in self.changed
                else "unchanged"
            )
            told.append(f"{one.name}: {one.rows} rows, {what}")
        told.append(f"revision {self.revision}" + ("" if self.changed else " (nothing changed)"))
        if self.derived is not None:
            told.append(f"{self.derived} activities derived again")
        return told


def load_agency(connection: Connection, folder: Path, *, definitions: Path, at: dt.datetime, by: str) -> Loaded:
    """Load a folder and the definitions, all of it or nothing, and derive again what hangs on them.

    Args:
        connection: a writing transaction.
        folder: the agency folder.
        definitions: the folder of goals, policies and KPIs.
        at: now.
        by: who loads.

    Raises:
        LoadRefused: with the findings: of each kind the first, and how many more there are.
    """
    read, problems = definition_files.read_folder(definitions)
    lock(connection, LOCK_LOADS)
    # Nobody records while the ground shifts: who waits here records on the new one.
    lock(connection, LOCK_LEDGER)
    doors = masters(connection)
    if doors[DEFINITIONS] is not Master.FOLDER or doors[POLICIES] is not Master.FOLDER:
        read, problems = _with_what_is_kept(connection, read, problems, doors, definitions)
    if any(problem.level is Level.ERROR for problem in problems):
        raise LoadRefused(*problems)
    kept: dict[str, str] = {}
    if any(doors[f"{name}.csv"] is not Master.FOLDER for name in FILES):
        stored = present_folder(connection)
        kept = {name: stored.text(name) for name in FILES if doors[f"{name}.csv"] is not Master.FOLDER}
    before = state(connection).frame
    report: LoadReport = folders.load(
        connection, folder, read, at=at, by=by, needs=ledger.needs(connection, numbers=before.numbers), kept=kept
    )
    if report.revision is None:
        raise LoadRefused(*problems, *report.findings)
    derived = None
    if report.changed & DERIVED_FROM:
        ledger.slices_in_use(connection, read, may_add=True)
        try:
            derived = _derive_anew(connection, before, at=at)
        except ledger.WorthTooMuch as refusal:
            place = Place(file=f"{folder.resolve().name}/rates.csv", field="usd")
            raise LoadRefused(*problems, *(replace(one, place=place) for one in refusal.findings)) from refusal
    elif report.changed:
        ledger.record_change(connection, at=at, owners=ledger.owners_text(everyone=True))
    return Loaded(
        warnings=(
            *(one for one in (*problems, *report.findings) if one.level is Level.WARNING),
            *(_difference(one) for one in cascade.target_differences(connection)),
            *pinned_findings(connection, lambda: file_sums(connection)),
        ),
        files=report.files,
        revision=report.revision,
        changed=report.changed,
        derived=derived,
    )


def _derive_anew(connection: Connection, before: ledger.Frame, *, at: dt.datetime) -> int:
    """Derive again what hangs on what has changed; returns how many activities were looked at."""
    after = state(connection).frame
    moved = None if ledger.is_outdated(connection) else ledger.moved_by(connection, before, after)
    if moved is None:
        return ledger.rederive(connection, after, at=at)
    ledger.write_moved(connection, moved)
    ledger.record_change(connection, at=at, owners=ledger.owners_text(everyone=True))
    return moved.count


def _with_what_is_kept(
    connection: Connection,
    read: Definitions,
    problems: Sequence[Finding],
    doors: Mapping[str, Master],
    folder: Path,
) -> tuple[Definitions, list[Finding]]:
    """The definitions with those parts as they are loaded that come by another door; a warning for each that the folder has otherwise."""
    stored = cascade.stored_documents(connection)
    came = cascade.documents(read)
    documents: dict[str, str] = {}
    findings: list[Finding] = []
    for part in (DEFINITIONS, POLICIES):
        theirs, ours = ({name: text for name, text in some.items() if part_of(name) == part} for some in (came, stored))
        if doors[part] is Master.FOLDER:
            documents |= theirs
            findings += [one for one in problems if _is_of(one, part)]
            continue
        documents |= ours
        differs = compare({(name,): (text,) for name, text in ours.items()}, {(n,): (t,) for n, t in theirs.items()})
        if differs:
            findings.append(folders.mastered(part, differs, Place(file=str(folder))))
    if any(one.level is Level.ERROR for one in findings):
        return read, findings
    return Definitions.from_documents({name: json.loads(text) for name, text in documents.items()}), findings


def _is_of(problem: Finding, part: str) -> bool:
    """Whether a problem is one of the policies, or of the other definitions."""
    return part_of(Path(problem.place.file or "").stem) == part


def derive_by_present_rules(connection: Connection, *, at: dt.datetime) -> int | None:
    """Derive again what an earlier version of the rules derived; returns how many activities, None where nothing is outdated.

    Without it an event's stored keys would be the old rules' and those of the next one the new rules', and one buyer would count as two.
    """
    if not ledger.is_outdated(connection):
        return None
    lock(connection, LOCK_LEDGER)
    return ledger.rederive(connection, state(connection).frame, at=at)


def _difference(difference: TargetDifference) -> Finding:
    """What a load says of a line whose target was set in the application and is not the folder's."""
    parameters = {
        "node": str(difference.node),
        "kpi": difference.kpi,
        "cycle": difference.cycle,
        "target": exact_text(difference.target),
        "folder": exact_text(difference.folder),
    }
    if not difference.holds:
        message = n_(
            "%(node)s %(kpi)s %(cycle)s: the target %(target)s was set in the application; the folder has no line that takes it, so it counts for nothing"
        )
    elif difference.folder is None:
        message = n_(
            "%(node)s %(kpi)s %(cycle)s: the target %(target)s was set in the application and stays; the folder gives none"
        )
    else:
        message = n_(
            "%(node)s %(kpi)s %(cycle)s: the target %(target)s was set in the application and stays; the folder gives %(folder)s"
        )
    place = Place(file="scorecards.csv", field="target")
    return Finding(code="target_set", message=message, parameters=parameters, place=place, level=Level.WARNING)

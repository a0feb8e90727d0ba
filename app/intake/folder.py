"""An agency folder: read whole, checked whole, loaded whole or not at all.

The load compares with what is stored and writes only what differs: the same folder again changes nothing, and the revision stays.
Do not stop at the first wrong row. All findings come back at once, in the order of the contract's table
of files, then line and column; one error among them means that nothing was written. Only where a whole file could not be read are
rows not judged: those that refer to it would all be blamed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from sqlalchemy import Connection

from app import access, cascade, organisation
from app.cascade import Cascade
from app.intake.cascade_rows import read_cascade
from app.intake.first_findings import FirstFindings
from app.intake.organisation_rows import ReadOrganisation, read_organisation
from app.intake.remembered import Remembered
from app.kit.files import MESSAGES, Columns, Row, Trouble, nearest, read_csv, read_csv_text, refuse_endless
from app.kit.replacing import FileRows, RowChanges, compare
from app.kit.replacing import Row as StoredRow
from app.organisation import LoadedFile, Needs, Organisation
from app.plain.findings import Finding, Level, Place, n_
from app.plain.texts import quoted
from app.rules.definitions import Definitions
from app.rules.presence import cycle_period
from app.rules.terms import Node, NodeKind

__all__ = [
    "DEFINITIONS",
    "FILES",
    "OPTIONAL",
    "POLICIES",
    "FolderRows",
    "JudgedFolder",
    "LoadReport",
    "LoadedFileReport",
    "ReadyToKeep",
    "judge",
    "keep",
    "load",
    "mastered",
    "part_of",
    "ready_to_keep",
]

FILES: Final[Mapping[str, Columns]] = {
    name: Columns(
        required=tuple(column for column in columns.split() if not column.endswith("?")),
        optional=tuple(column.removesuffix("?") for column in columns.split() if column.endswith("?")),
    )
    for name, columns in {
        "units": "code name kind parent country timezone evaluation_group valid_from valid_to name_ko? name_es?",
        "employees": "number name email rank job monthly_base hired_on left_on",
        "postings": "employee unit role from to",
        "rates": "month currency usd",
        "history": "node kpi year actual",
        "employment": "employee from to job rank monthly_base",
        "scorecards": "cycle node kpi weight area link parent_node parent_kpi base high low target coefficient",
        "ratings": "cycle node kpi rater grade",
        "status": "employee cycle kind from to note",
        "results": "cycle employee final_score grade",
        "exclusions": "cycle node kpi year reason",
        "plan": "kpi node month share",
        "market": "unit kpi year potential",
        "discipline": "employee kind grave decided_on lifted_on",
    }.items()
}
"""The files of a folder, by name without ``.csv``, and their columns (with ``?`` those that may be absent), in the contract's order. A name that is none of these is an
error, a file's or a column's: it is nearly always one of them misspelt, and without it the rows would be gone."""

OPTIONAL: Final = frozenset({"market", "discipline"})
"""The files that many an agency has none of: where they have no row, nothing writes them, and no load tells of them."""

DEFINITIONS: Final = "definitions"
"""What the definitions are called among the parts of a load."""
POLICIES: Final = "policies"
"""The document among them that has a master of its own."""


def part_of(document: str) -> str:
    """Of the definitions' two parts the one that a document is of, by its name."""
    return POLICIES if document == POLICIES else DEFINITIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFileReport:
    """What a load did with one file (or the definitions)."""

    name: str
    rows: int
    changes: RowChanges


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """The outcome of a load.

    Attributes:
        findings: every problem, in a fixed order; of each kind the first, and how many more there are.
        files: what became of each file; empty where an error stopped the load.
        revision: the revision that holds now; None where an error stopped the load.
        changed: the names of the files whose rows changed, and ``definitions``; what depends on them must be derived again.
    """

    findings: tuple[Finding, ...]
    files: tuple[LoadedFileReport, ...] = ()
    revision: int | None = None
    changed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FolderRows:
    """The rows of all files, and their texts for the record.

    Attributes:
        rows: by the file's name, every one of the contract's.
        texts: those of the files that there are.
        is_whole: whether every file's name and header could be read.
        left_out: the rows of files that come by another door.
        shown: what findings call a file.
        others: the files of which a row is another than what is loaded, each with the keys of such rows; None where that is not known.
        told_apart_by: of what is loaded with some rows and documents in it all that these say; empty where that is not known.
    """

    rows: Mapping[str, Sequence[Row]]
    texts: Mapping[str, str]
    shown: Callable[[str], str]
    is_whole: bool = True
    left_out: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    others: Mapping[str, frozenset[tuple[str, ...]]] | None = None
    told_apart_by: str = ""


@dataclass(frozen=True, slots=True)
class JudgedFolder:
    """What the rows of a folder say under some definitions, and all that is wrong with it.

    Attributes:
        read: the rows that it was made of.
        organisation: what eight of the files say.
        cascade: what the others and the definitions say.
        findings: every problem, in a fixed order; of each kind the first, and how many more there are.
    """

    read: FolderRows
    organisation: Organisation
    cascade: Cascade
    findings: tuple[Finding, ...]

    @property
    def is_organisation_another(self) -> bool:
        """Whether a file of the organisation may say something else than what is loaded."""
        return self.read.others is None or not self.read.others.keys().isdisjoint(organisation.ORGANISATION_FILES)

    def previewed_token(self, before: str) -> str:
        """What read models of it are kept by, as long as it is only looked at.

        Args:
            before: the token of what is loaded.
        """
        if self.read.told_apart_by:
            return organisation.previewed_token(before, {"": self.read.told_apart_by})
        return organisation.previewed_token(before, {**self.read.texts, **cascade.documents(self.cascade.definitions)})

    @property
    def other_cards(self) -> frozenset[tuple[int, Node]]:
        """The scorecards, by cycle and node, of which a row is another than what is loaded, where that is known and all is right."""
        keys = (self.read.others or {}).get("scorecards", frozenset())
        nodes = ((cycle, Node.parse(node)) for cycle, node, _ in keys)
        # A key that nothing can have is taken away from where it never was.
        return frozenset((int(cycle), node) for cycle, node in nodes if node is not None and cycle.isdecimal())

    @property
    def is_right(self) -> bool:
        """Whether nothing is in the way of loading it."""
        return not any(finding.level is Level.ERROR for finding in self.findings)


def load(
    connection: Connection,
    folder: Path,
    definitions: Definitions,
    *,
    at: dt.datetime,
    by: str,
    needs: Needs | None = None,
    kept: Mapping[str, str] = MappingProxyType({}),
) -> LoadReport:
    """Load an agency folder together with the definitions that hold from then on: all of it, or nothing.

    Args:
        connection: a writing transaction.
        folder: the folder of CSV files.
        definitions: goals, KPIs and policies, read without an error.
        at: now.
        by: who loads.
        needs: what recorded activities need, so that the folder must keep it.
        kept: files that come by another door, as they are loaded: name to text. The folder's own are left out, and warned of where they differ.

    Queries: 18 to compare; what is changed besides.
    """
    findings = FirstFindings()
    read = _read(folder, findings, kept)
    if not read.is_whole:
        return LoadReport(findings=_ordered(findings))
    judged = judge(read, definitions, findings, needs=needs or Needs())
    if not judged.is_right:
        return LoadReport(findings=judged.findings)
    return keep(connection, judged, at=at, by=by)


def judge(
    read: FolderRows,
    definitions: Definitions,
    findings: FirstFindings | None = None,
    *,
    needs: Needs,
    remembered: Remembered | None = None,
) -> JudgedFolder:
    """Hold the rows of a folder against the contract.

    Args:
        read: the rows.
        definitions: goals, KPIs and policies, read without an error.
        findings: what was found while they were read.
        needs: what recorded activities need, so that the folder must keep it.
        remembered: what was read of most of these rows already.
    """
    findings = FirstFindings() if findings is None else findings
    remembered = remembered or Remembered()
    parts = read_organisation(read.rows, findings, remembered)
    first_month = definitions.policies.cycle.first_month

    def lives_in(node: Node, cycle: int) -> bool:
        return parts.lives_in(node, cycle_period(cycle, first_month))

    measured = read_cascade(
        read.rows,
        findings,
        definitions=definitions,
        nodes=parts.nodes,
        lives_in=lives_in,
        remembered=remembered,
    )
    _check_needs(needs, parts, read.shown, findings)
    if read.left_out:
        present = organisation.organisation_rows(parts.organisation) | cascade.cascade_rows(measured)
        findings.extend(_mastered(read, definitions, lives_in, present))
    return JudgedFolder(read, parts.organisation, measured, _ordered(findings))


class ReadyToKeep(NamedTuple):
    """What can be had ready before rows are put in place, so that whoever waits for that waits for less.

    Attributes:
        wanted: the rows of every file as the database keeps them.
        there: those that are there.
        texts: of all files, by name.
    """

    wanted: Mapping[str, FileRows]
    there: Mapping[str, FileRows]
    texts: Mapping[str, str]


def ready_to_keep(connection: Connection, judged: JudgedFolder) -> ReadyToKeep:
    """Of a folder that was judged right all that :func:`keep` compares and records.

    Args:
        connection: a writing transaction in which no other load can come.
        judged: the folder.

    Queries: 15.
    """
    return ReadyToKeep(
        organisation.organisation_rows(judged.organisation) | cascade.cascade_rows(judged.cascade),
        organisation.stored_organisation(connection) | cascade.stored_cascade(connection),
        dict(judged.read.texts),
    )


def keep(
    connection: Connection, judged: JudgedFolder, *, at: dt.datetime, by: str, ready: ReadyToKeep | None = None
) -> LoadReport:
    """Put what was judged right in place of what is there, as the next revision where anything differs.

    Args:
        connection: a writing transaction in which no other load can come.
        judged: the folder.
        at: when.
        by: who.
        ready: what was had ready of it in this transaction.

    Queries: without ``ready`` 17 to compare; what is changed besides.
    """
    ready = ready_to_keep(connection, judged) if ready is None else ready
    changes, contents = _replace_organisation(connection, judged.organisation, at, ready)
    more_changes, more_contents = cascade.replace(connection, judged.cascade, wanted=ready.wanted, there=ready.there)
    changes, contents = changes | more_changes, contents | more_contents
    read, documents = judged.read, cascade.documents(judged.cascade.definitions)
    files = tuple(
        LoadedFileReport(
            name=name, rows=len(read.rows[name]) if name in FILES else len(documents), changes=changes[name]
        )
        for name in (*FILES, DEFINITIONS)
        if name not in OPTIONAL or read.rows[name] or changes[name]
    )
    if contents:
        texts = {f"{name}.csv": text for name, text in ready.texts.items()}
        revision = organisation.raise_revision(
            connection,
            contents=contents,
            files=[
                *_loaded(texts, read.rows, changes),
                *(
                    LoadedFile(name=f"{DEFINITIONS}/{name}", text=text, row_count=1, changes=RowChanges())
                    for name, text in documents.items()
                ),
            ],
            at=at,
            by=by,
        )
    else:
        revision = organisation.current_revision(connection)
    return LoadReport(findings=judged.findings, files=files, revision=revision.number, changed=frozenset(contents))


def _replace_organisation(
    connection: Connection, organised: Organisation, at: dt.datetime, ready: ReadyToKeep
) -> tuple[dict[str, RowChanges], dict[str, Iterable[StoredRow]]]:
    """Put the organisation's rows in place; accounts follow the e-mails of their employees."""
    before = organisation.emails(connection)
    changes, contents = organisation.replace(connection, organised, wanted=ready.wanted, there=ready.there)
    if changes["employees"]:
        access.follow_emails(connection, before=before, after=organisation.emails(connection), now=at)
    return changes, contents


def _ordered(findings: FirstFindings) -> tuple[Finding, ...]:
    return (*sorted(findings, key=_order), *findings.left_out())


def _loaded(
    texts: Mapping[str, str], rows: Mapping[str, Sequence[Row]], changes: Mapping[str, RowChanges]
) -> Iterable[LoadedFile]:
    for file, text in texts.items():
        name = file.removesuffix(".csv")
        yield LoadedFile(name=file, text=text, row_count=len(rows[name]), changes=changes[name])


def _shown(folder: Path, name: str) -> str:
    """What findings call a file: as seen from where the folder's own name is."""
    return f"{folder.resolve().name}/{name}.csv"


def _read(folder: Path, findings: list[Finding], kept: Mapping[str, str]) -> FolderRows:
    """Every file's rows; a file that is not there is as one without rows."""
    rows: dict[str, Sequence[Row]] = {}
    texts: dict[str, str] = {}
    left_out: dict[str, Sequence[Row]] = {}
    names = _names(folder, findings)
    is_whole = not any(finding.level is Level.ERROR for finding in findings)
    for name, columns in FILES.items():
        if name in kept:
            # What is wrong with the folder's is nobody's concern: it is not taken.
            left_out[name] = _read_file(folder, name, columns, [])[0] if name in names else ()
            texts[name] = kept[name]
            rows[name] = [
                item
                for item in read_csv_text(kept[name], columns=columns, name=_shown(folder, name))
                if not isinstance(item, Trouble)
            ]
            continue
        rows[name] = ()
        if name in names:
            rows[name], is_read = _read_file(folder, name, columns, findings)
            is_whole = is_whole and is_read
            try:
                # Bytes that are no text are an error of their row by now: what is replaced here is never stored.
                texts[name] = (folder / f"{name}.csv").read_bytes().decode("utf-8", "replace")
            except OSError:
                texts[name] = ""
    return FolderRows(rows, texts, partial(_shown, folder), is_whole, left_out)


def _mastered(
    read: FolderRows,
    definitions: Definitions,
    lives_in: Callable[[Node, int], bool],
    present: Mapping[str, FileRows],
) -> Iterator[Finding]:
    """A warning for each of the folder's files that comes by another door and says something else."""
    ignored = FirstFindings()
    rows = {**read.rows, **read.left_out}
    parts = read_organisation(rows, ignored)
    measured = read_cascade(rows, ignored, definitions=definitions, nodes=parts.nodes, lives_in=lives_in)
    theirs = organisation.organisation_rows(parts.organisation) | cascade.cascade_rows(measured)
    for name in read.left_out:
        differs = compare(present[name].rows, theirs[name].rows)
        if differs:
            yield mastered(f"{name}.csv", differs, Place(file=read.shown(name)))


def mastered(file: str, differs: RowChanges, place: Place) -> Finding:
    """That a load leaves a file out which comes by another door, and how it differs from what is loaded."""
    message = n_(
        "%(file)s comes by another door than the folder and is left out; it differs from what is loaded: %(added)s rows added, "
        "%(changed)s changed, %(removed)s removed"
    )
    parameters = {"file": file, "added": differs.added, "changed": differs.changed, "removed": differs.removed}
    return Finding(code="mastered", message=message, parameters=parameters, place=place, level=Level.WARNING)


def _names(folder: Path, findings: list[Finding]) -> frozenset[str]:
    """The contract's files that the folder has; another that looks like one is an error."""
    try:
        present = sorted(path.name for path in folder.iterdir() if path.name.lower().endswith(".csv"))
    except OSError as error:
        message = n_("the folder cannot be read: %(reason)s")
        parameters = {"reason": error.strerror or str(error)}
        findings.append(
            Finding(code="no_folder", message=message, parameters=parameters, place=Place(file=str(folder)))
        )
        return frozenset()
    for name in present:
        if name.removesuffix(".csv") not in FILES:
            message = n_("an agency folder has no such file; the nearest name is %(nearest)s")
            place = Place(file=f"{folder.resolve().name}/{_shown_name(name)}")
            parameters = {"nearest": f"{nearest(name[: -len('.csv')], FILES)}.csv"}
            findings.append(Finding(code="unknown_file", message=message, parameters=parameters, place=place))
    known = frozenset(name.removesuffix(".csv") for name in present) & frozenset(FILES)
    for name in sorted(known):
        try:
            refuse_endless(folder / f"{name}.csv")
        except OSError as error:
            parameters = {"reason": error.strerror or str(error)}
            place = Place(file=_shown(folder, name))
            findings.append(
                Finding(code="unreadable", message=MESSAGES["unreadable"], parameters=parameters, place=place)
            )
            known -= {name}
    if not known:
        message = n_("none of the files of an agency folder is here")
        findings.append(Finding(code="no_files", message=message, place=Place(file=str(folder)), level=Level.WARNING))
    return known


def _shown_name(name: str) -> str:
    """A file's name on one line of any terminal; names that are not UTF-8 too."""
    return quoted(name, len(name))


def _read_file(folder: Path, name: str, columns: Columns, findings: list[Finding]) -> tuple[Sequence[Row], bool]:
    """A file's rows, and whether they are all of them but for single wrong ones."""
    rows: list[Row] = []
    is_whole = True
    for item in read_csv(folder / f"{name}.csv", columns=columns, name=_shown(folder, name)):
        if isinstance(item, Trouble):
            findings.extend(map(_at_column, item.findings))
            is_whole = is_whole and not item.whole_file
        else:
            rows.append(item)
    return rows, is_whole


def _at_column(finding: Finding) -> Finding:
    """A finding about a column, placed at that column."""
    column = finding.parameters.get("column")
    if not isinstance(column, str) or not column:
        return finding
    return replace(finding, place=replace(finding.place, field=column))


def _check_needs(needs: Needs, parts: ReadOrganisation, shown: Callable[[str], str], findings: list[Finding]) -> None:
    """What recorded activities need cannot be left out: give it an end date."""
    left_out = n_("%(what)s is left out, but recorded activities need it: give it an end date instead")
    for name, column, needed, kind in (
        ("units", "code", needs.units, NodeKind.UNIT),
        ("employees", "number", needs.employees, NodeKind.EMPLOYEE),
    ):
        place = Place(file=shown(name), field=column)
        findings.extend(
            Finding(code="needed", message=left_out, parameters={"what": code}, place=place)
            for code in sorted(needed)
            if str(Node(kind, code)) not in parts.nodes
        )
    earliest: dict[str, str] = {}
    for month, currency, _ in parts.organisation.rates:
        earliest[currency] = min(month, earliest.get(currency, month))
    message = n_("recorded activities need a rate of %(currency)s for %(month)s or an earlier month")
    place = Place(file=shown("rates"), field="month")
    for currency, month in sorted(needs.currencies.items()):
        if currency != "USD" and earliest.get(currency, "9999-99") > month:
            parameters = {"currency": currency, "month": month}
            findings.append(Finding(code="needed", message=message, parameters=parameters, place=place))


_FILE_ORDER: Final = {name: index for index, name in enumerate(FILES)}


def _order(finding: Finding) -> tuple[int, str, int, int, str, str, str]:
    """By file as the contract lists them, line, column, then what is said."""
    place = finding.place
    name = (place.file or "").rpartition("/")[2].removesuffix(".csv")
    columns = FILES[name].all if name in FILES else ()
    column = columns.index(place.field) if place.field in columns else len(columns)
    return (
        _FILE_ORDER.get(name, len(FILES)),
        place.file or "",
        place.line or 0,
        column,
        place.field or "",
        finding.code,
        finding.text(),
    )

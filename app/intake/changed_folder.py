"""The agency folder as it would be with a change set in it: read, and held against everything that a load holds it against.

A change set is a load. Do not check its rows by rules of their own: what ``kopes load`` finds is found, at the row's key in place of its line.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from app import ledger
from app.intake.change_sets import Changed, ChangedDocument, ChangedRow
from app.intake.definitions import against_schema, kind_of
from app.intake.first_findings import FirstFindings
from app.intake.folder import DEFINITIONS, FILES, OPTIONAL, POLICIES, FolderRows, JudgedFolder, judge, part_of
from app.intake.stored_folder import KEYS, StoredFolder, csv_text, document_yaml, yaml_like, yaml_name
from app.kit.files import Row
from app.kit.kept import LruCache
from app.kit.yaml_places import read_yaml
from app.organisation import Directory, Needs
from app.plain.findings import Finding, Level
from app.rules.definitions import Definitions, Document, read

__all__ = [
    "ChangedFolder",
    "JudgedChange",
    "changed_folder",
    "columns_of",
    "definitions_of_set",
    "documents_in",
    "judge_change",
    "key_columns",
    "read_document",
    "yaml_before",
    "yaml_lines",
]

_LINES_BESIDE: Final = 2

_MAY_LACK: Final = frozenset({"units", "employees", "rates"})
"""The files of which recorded activities need rows."""

Key = tuple[str, ...]


def columns_of(file: str) -> tuple[str, ...]:
    """The columns that a row of a set may have.

    Args:
        file: with ``.csv``.
    """
    name = file.removesuffix(".csv")
    columns = FILES[name].all
    # A status has its place in its key, which no column of the file gives.
    return (*columns, *(one for one in KEYS[name] if one not in columns))


def key_columns(file: str) -> tuple[str, ...]:
    """The columns that tell the rows of a file apart.

    Args:
        file: with ``.csv``.
    """
    return KEYS[file.removesuffix(".csv")]


@dataclass(frozen=True, slots=True)
class ChangedFolder:
    """A folder with a set in it.

    Attributes:
        rows: of every file, with the keys of those that are told apart by them, in their order.
        keys: of each file's rows, by their place.
        documents: the definitions, those of the set as they were sent.
        stored: the folder without the set.
        changed: what is in the set.
    """

    rows: Mapping[str, Sequence[Row]]
    keys: Mapping[str, Sequence[Key]]
    documents: Sequence[Document]
    problems: Sequence[Finding]
    stored: StoredFolder
    changed: Changed

    def key_of(self, finding: Finding) -> Key | None:
        """The key of the row that a finding is about; None where it is about none."""
        name, line = (finding.place.file or "").removesuffix(".csv"), finding.place.line
        keys = self.keys.get(name, ())
        return keys[line - 2] if line is not None and 0 <= line - 2 < len(keys) else None


def changed_folder(stored: StoredFolder, changed: Changed) -> ChangedFolder:
    """The folder with a set's rows and definitions in it."""
    of_file: dict[str, list[ChangedRow]] = {}
    for one in changed.rows:
        of_file.setdefault(one.name, []).append(one)
    rows, keys = {}, {}
    for name in FILES:
        keys[name], rows[name] = _changed_rows(stored, name, of_file[name]) if name in of_file else stored.placed(name)
    documents, problems = _documents(stored, changed.documents)
    return ChangedFolder(rows, keys, documents, problems, stored, changed)


def _changed_rows(
    stored: StoredFolder, name: str, changed: Sequence[ChangedRow]
) -> tuple[Sequence[Key], Sequence[Row]]:
    """A file's rows with those of a set in them, and the keys of both."""
    columns = FILES[name].all
    places = stored.places(name)
    placed_keys, placed_rows = stored.placed(name)
    keys, rows = list(placed_keys), list(placed_rows)
    gone: set[int] = set()
    for one in changed:
        at = places.get(one.key)
        if one.after is None:
            gone.update(() if at is None else (at,))
            continue
        values = {column: one.after.get(column, "") for column in columns}
        if at is None:
            keys.append(one.key)
            rows.append(Row(f"{name}.csv", len(rows) + 2, values))
        else:
            rows[at] = rows[at]._replace(values=values)
    if not gone:
        return keys, rows
    left = [at for at in range(len(rows)) if at not in gone]
    return [keys[at] for at in left], [rows[at]._replace(line=line) for line, at in enumerate(left, 2)]


def definitions_of_set(
    stored: StoredFolder, changed: Sequence[ChangedDocument]
) -> tuple[list[Document], dict[str, str]]:
    """The definitions with a set's in them, and of each that the set has the name of its file."""
    documents, _ = _documents(stored, changed)
    files: dict[str, str] = {}
    for one in changed:
        document, _ = read_document(one) if one.after is not None else (None, [])
        files |= {} if document is None else dict.fromkeys(documents_in(document), one.name)
    return documents, files


def _documents(stored: StoredFolder, changed: Sequence[ChangedDocument]) -> tuple[list[Document], list[Finding]]:
    gone = {name for one in changed for name in _replaced(stored, one)}
    documents = [
        Document(content=content, kind=name.partition(":")[0], file=_shown(part_of(name), yaml_name(name)))
        for name, content in stored.contents.items()
        if name not in gone
    ]
    findings: list[Finding] = []
    for one in changed:
        if one.after is None:
            continue
        document, problems = read_document(one)
        findings += problems
        if document is not None:
            documents.append(document)
    return documents, findings


def _replaced(stored: StoredFolder, one: ChangedDocument) -> Iterator[str]:
    """The names of the stored documents that a file of a set takes the place of: what it defines, and what is called like it."""
    yield from (name for name in stored.contents if yaml_name(name) == one.name)
    if one.after is not None:
        document, _ = read_document(one)
        if document is not None:
            yield from documents_in(document)


class _ReadDocument(NamedTuple):
    document: Document | None
    problems: tuple[Finding, ...]
    letters: int


_READ: Final[LruCache[_ReadDocument]] = LruCache(64, weight_max=4_000_000, weigh=lambda read: read.letters)
"""By name and text: half a megabyte of YAML takes seconds, and whoever looks at a set, checks it and agrees to it asks for the same one."""


def read_document(one: ChangedDocument) -> tuple[Document | None, list[Finding]]:
    """A file of definitions of a set, and what is wrong with it; None where it is no YAML. Its content is kept: nobody writes into it."""
    file, text = _shown(one.part, one.name), (one.after or "").encode("utf-8", "surrogatepass")
    read = _READ.get_or_make((file, one.name, sha256(text).digest()), lambda: _read_document(one.name, file, text))
    return read.document, list(read.problems)


def _read_document(name: str, file: str, text: bytes) -> _ReadDocument:
    placed, problems = read_yaml(text, file=file)
    document = None
    if placed is not None:
        document = Document(content=placed.content, kind=kind_of(name), file=file, lines=placed.lines)
    return _ReadDocument(document, tuple(problems), len(text) + 1)


def yaml_before(document: ChangedDocument) -> str | None:
    """What a file of definitions takes the place of, as YAML; None for nothing."""
    texts = [document_yaml(name, json.loads(text)) for name, text in document.before.items() if text is not None]
    return "---\n".join(texts) or None


def yaml_lines(document: ChangedDocument) -> list[str]:
    """What differs between a file of definitions and what it takes the place of, line by line: "+" what comes, "-" what goes, " " what stands beside it.

    Both are written in one form, the members in one order; what cannot be read so stands as it was sent.
    """
    before, after = yaml_before(document) or "", document.after or ""
    content = None if document.after is None else read_document(document)[0]
    texts = [text for text in document.before.values() if text is not None]
    if content is not None and len(texts) == 1:
        after = yaml_like(content.content, json.loads(texts[0]))
    compared = difflib.unified_diff(before.splitlines(), after.splitlines(), n=_LINES_BESIDE, lineterm="")
    return list(compared)[2:]  # The first two would name the files.


def documents_in(document: Document) -> Iterator[str]:
    """The names that a document's definitions are stored by, as far as it can be read."""
    if document.kind != "kpi":
        yield document.kind
        return
    content: Any = document.content
    if isinstance(content, Mapping) and "kpis" in content:
        content = content["kpis"]
    for one in content if isinstance(content, list | tuple) else [content]:
        code = one.get("code") if isinstance(one, Mapping) else None
        if isinstance(code, str | int):
            yield f"kpi:{code}"


def _shown(part: str, name: str) -> str:
    return name if part == POLICIES else f"{DEFINITIONS}/{name}"


@dataclass(frozen=True, slots=True)
class JudgedChange:
    """A folder with a set in it, held against the contract.

    Attributes:
        folder: what was read.
        judged: what it says; None where the definitions have an error, so that nothing else can be judged.
        findings: all that a load would find.
    """

    folder: ChangedFolder
    judged: JudgedFolder | None
    findings: tuple[Finding, ...]

    @property
    def is_right(self) -> bool:
        """Whether nothing is in the way of applying it."""
        return self.judged is not None and not any(one.level is Level.ERROR for one in self.findings)

    def as_json(self) -> list[dict[str, Any]]:
        """The findings as the contract writes them; whether a row of the set itself is meant stands beside."""
        keys = {(one.name, one.key) for one in self.folder.changed.rows}
        told = []
        for one in self.findings:
            key = self.folder.key_of(one)
            name = (one.place.file or "").removesuffix(".csv")
            told.append(
                {
                    "file": one.place.file,
                    "row": one.place.line,
                    "key": None if key is None else " ".join(key),
                    "of": key,
                    "field": one.place.field,
                    "code": one.code,
                    "level": one.level.value,
                    "in_set": key is not None and (name, key) in keys,
                    "finding": one,
                }
            )
        return told


def judge_change(
    connection: Connection, stored: StoredFolder, changed: Changed, *, directory: Directory
) -> JudgedChange:
    """Hold the folder with a set in it against the contract, as a load would.

    Args:
        connection: any transaction.
        stored: what is loaded now.
        changed: the set.
        directory: the organisation that is loaded now.

    Queries: none; 6 where rows are taken away that activities may need.
    """
    folder = changed_folder(stored, changed)
    definitions, problems = _read_definitions(folder, changed.documents)
    if any(one.level is Level.ERROR for one in problems):
        return JudgedChange(folder, None, tuple(problems))
    needs = Needs()
    if any(one.name in _MAY_LACK for one in changed.rows):
        needs = ledger.needs(connection, numbers={known: number for number, known in directory.ids.items()})
    others: dict[str, frozenset[Key]] = {}
    for one in changed.rows:
        others[one.name] = others.get(one.name, frozenset()) | {one.key}
    judged = judge(
        FolderRows(
            folder.rows,
            _Texts(folder, others),
            lambda name: f"{name}.csv",
            others=others,
            told_apart_by=_as_told(changed),
        ),
        definitions,
        needs=needs,
        remembered=stored.remembered,
    )
    return JudgedChange(folder, judged, (*problems, *judged.findings))


def _as_told(changed: Changed) -> str:
    """All that a set says, as one text."""
    rows = [(one.file, one.key, one.after) for one in changed.rows]
    return repr((rows, [(one.name, one.after) for one in changed.documents]))


class _Texts(Mapping[str, str]):
    """The texts of the files of a folder with a set in it, each written when it is asked for."""

    def __init__(self, folder: ChangedFolder, others: Collection[str]) -> None:
        self._folder: Final = folder
        self._others: Final = others
        self._names: Final = tuple(
            name for name in FILES if name not in OPTIONAL or name in others or folder.stored.count(name)
        )

    def __getitem__(self, name: str) -> str:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._others:
            return self._folder.stored.text(name)
        columns = FILES[name].all
        return csv_text(name, [tuple(row.values[column] for column in columns) for row in self._folder.rows[name]])

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _read_definitions(folder: ChangedFolder, changed: Sequence[ChangedDocument]) -> tuple[Definitions, list[Finding]]:
    definitions, problems = read(folder.documents)
    findings = FirstFindings()
    findings.extend((*folder.problems, *problems))
    names = {_shown(one.part, one.name) for one in changed}
    for document in folder.documents:
        if document.file in names:
            findings.extend(against_schema(document, findings))
    return definitions, [*findings, *findings.left_out()]

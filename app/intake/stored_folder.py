"""What was loaded, as an agency folder again: each file in its one canonical form, whichever door its rows came by.

The form in which a migration leaves, a feed is compared and a spreadsheet goes out: columns in the contract's order, rows in that of their
keys, a line feed at each line's end. Do not hand out the text of a load instead: two files that say the same would have two sums.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
import yaml
from jsonschema import ValidationError
from sqlalchemy import Connection

from app import cascade, organisation
from app.intake.cascade_rows import read_cascade
from app.intake.definitions import kind_of, validator
from app.intake.folder import DEFINITIONS, FILES, OPTIONAL, POLICIES, part_of
from app.intake.organisation_rows import read_organisation
from app.intake.remembered import Remembered
from app.kit.files import Row, Trouble, csv_lines, read_csv_text
from app.kit.kept import LruCache
from app.kit.private_files import private_folder, write_private
from app.kit.refusals import Conflict, NotThere
from app.kit.replacing import FileRows, exact_text
from app.kit.yaml_places import is_text
from app.organisation.tables import load_file, load_text
from app.plain.findings import Finding, n_
from app.rules.definitions import Definitions
from app.rules.terms import FIGURE_PATTERN

__all__ = [
    "EMPTY_IN_KEY",
    "KEYS",
    "NoRevision",
    "OtherFiles",
    "StoredFolder",
    "canonical_sha256",
    "csv_text",
    "document_yaml",
    "file_sums",
    "plain_cell",
    "present_folder",
    "read_stored_folder",
    "set_figures",
    "table_text",
    "yaml_name",
]

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "units": ("code", "valid_from"),
    "employees": ("number",),
    "postings": ("employee", "from"),
    "rates": ("month", "currency"),
    "history": ("node", "kpi", "year"),
    "employment": ("employee", "from"),
    "scorecards": ("cycle", "node", "kpi"),
    "ratings": ("cycle", "node", "kpi", "rater"),
    "status": ("employee", "cycle", "place"),
    "results": ("employee", "cycle"),
    "exclusions": ("cycle", "node", "kpi", "year"),
    "plan": ("kpi", "node", "month"),
    "market": ("unit", "kpi", "year"),
    "discipline": ("employee", "decided_on"),
}
"""What tells the rows of a file apart, in the contract's order (contract-desk, 3). A status has its place among those of one employee and cycle,
which no column gives."""

EMPTY_IN_KEY: Final[Mapping[str, frozenset[str]]] = {
    "market": frozenset({"kpi"}),
    "plan": frozenset({"node"}),
    "status": frozenset({"place"}),
}
"""Columns of keys that may be empty: a market's potential is of all KPIs where none is named, a plan of all who have none of their own. What a
status has in the place of its place is judged with the place."""

_IN_PLACE: Final[Mapping[str, tuple[str, ...]]] = {"scorecards": ("cycle", "node", "place")}
"""Files whose order of rows says something: a scorecard keeps its lines in that of the file."""

_FIGURES_MAX: Final = 5_000

_RESERVED: Final = frozenset({"goals", POLICIES})


class NoRevision(NotThere):
    """There is no such revision, or nothing was loaded at all."""

    code = "no_revision"
    message = n_("There is no revision %(revision)s: the latest is %(latest)s.")


class OtherFiles(Conflict):
    """What is to be written would lie beside files that a load would read with it."""

    code = "other_files"
    message = n_("%(file)s is not of this export (files like it: %(count)s): choose an empty folder.")


class StoredFolder:
    """The rows of every file of a revision, and its definitions."""

    def __init__(self, files: Mapping[str, FileRows], definitions: Mapping[str, str]) -> None:
        """Take the rows by file, and the definitions' documents as JSON by name."""
        self._files: Final = files
        self._documents: Final = definitions
        self._ordered: Final[dict[tuple[str, tuple[str, ...]], list[tuple[str, ...]]]] = {}
        self._by_key: Final[dict[str, Mapping[tuple[str, ...], Mapping[str, str]]]] = {}
        self._as_text: Final[dict[str, str]] = {}
        self._placed: Final[dict[str, tuple[Sequence[tuple[str, ...]], Sequence[Row]]]] = {}
        self._places: Final[dict[str, Mapping[tuple[str, ...], int]]] = {}
        self.remembered: Final = Remembered()
        """What was read of these rows, and of rows that are these but for a few."""

    def count(self, file: str) -> int:
        """How many rows a file has; of the definitions how many documents.

        Args:
            file: its name as the contract writes it: ``units.csv``, ``definitions``, ``policies``.
        """
        name = file.removesuffix(".csv")
        return len(self._documents_of(file)) if name not in FILES else len(self._texts(name, KEYS[name]))

    def rows(self, file: str, *, as_shown: bool = False) -> list[dict[str, str]]:
        """The rows of a file in canonical form, by column, as CSV has them: what is absent is empty.

        Args:
            file: its name without ``.csv``.
            as_shown: a scorecard's lines in the order in which they are shown, in place of that of their keys.
        """
        order = _IN_PLACE.get(file, KEYS[file]) if as_shown else KEYS[file]
        return [dict(zip(FILES[file].all, texts, strict=True)) for texts in self._texts(file, order)]

    def by_key(self, file: str) -> Mapping[tuple[str, ...], Mapping[str, str]]:
        """The rows of a file in the order in which they are shown, by key; what no column gives (a status's place) stands among the columns.

        Args:
            file: its name without ``.csv``. What comes of it is shared: nobody may change it.
        """
        kept = self._by_key.get(file)
        if kept is None:
            kept = self._by_key[file] = self._keyed(file)
        return kept

    def placed(self, file: str) -> tuple[Sequence[tuple[str, ...]], Sequence[Row]]:
        """The keys of a file's rows, and the rows as if they stood in a file, both in the order in which they are shown and shared likewise."""
        kept = self._placed.get(file)
        if kept is None:
            rows = self.by_key(file)
            placed = [Row(f"{file}.csv", line, row) for line, row in enumerate(rows.values(), 2)]
            kept = self._placed[file] = (list(rows), placed)
        return kept

    def places(self, file: str) -> Mapping[tuple[str, ...], int]:
        """Where the row of each key stands among the placed ones, from 0 on."""
        kept = self._places.get(file)
        if kept is None:
            kept = self._places[file] = {key: at for at, key in enumerate(self.by_key(file))}
        return kept

    def _keyed(self, file: str) -> Mapping[tuple[str, ...], Mapping[str, str]]:
        rows: dict[tuple[str, ...], Mapping[str, str]] = {}
        places: dict[tuple[str, str], int] = {}
        for row in self.rows(file, as_shown=True):
            if file == "status":
                owner = row["employee"], row["cycle"]
                places[owner] = places.get(owner, 0) + 1
                row["place"] = str(places[owner])
            rows[tuple(row[column] for column in KEYS[file])] = row
        return rows

    @property
    def document_texts(self) -> Mapping[str, str]:
        """The definitions' documents by the names that they are stored by, as JSON."""
        return self._documents

    @cached_property
    def contents(self) -> Mapping[str, Any]:
        """The same, read. Nobody may change what is in it."""
        return {name: json.loads(text) for name, text in sorted(self._documents.items())}

    def sha256(self, file: str) -> str:
        """The sum of a file in canonical form, as 64 hexadecimal digits: equal for equal rows.

        Args:
            file: its name as the contract writes it: ``units.csv``, ``definitions``, ``policies``.
        """
        name = file.removesuffix(".csv")
        if name in FILES:
            return canonical_sha256(name, self._texts(name, KEYS[name]))
        return cascade.documents_sha256(self._documents_of(file))

    def _documents_of(self, part: str) -> dict[str, str]:
        return {name: text for name, text in sorted(self._documents.items()) if part_of(name) == part}

    def text(self, file: str) -> str:
        """The file as CSV: canonical, but for the order of a scorecard's lines, which is the one they are shown in."""
        kept = self._as_text.get(file)
        if kept is None:
            kept = self._as_text[file] = csv_text(file, self._texts(file, _IN_PLACE.get(file, KEYS[file])))
        return kept

    def documents(self) -> dict[str, str]:
        """The definitions as YAML by their file's name, ``goals.yaml`` for one."""
        return {yaml_name(name): document_yaml(name, json.loads(text)) for name, text in self._documents.items()}

    def texts(self) -> dict[str, str]:
        """All files by their names in a folder: those that many have none of where they have rows, and the definitions below it."""
        files = {f"{name}.csv": self.text(name) for name in FILES if name not in OPTIONAL or self.count(name)}
        return files | {f"{DEFINITIONS}/{name}": text for name, text in self.documents().items()}

    def write(self, folder: Path) -> list[Path]:
        """Write all files, those that many have none of where they have rows, and the definitions below it.

        Args:
            folder: which is made where it is not there, for its owner alone, as are its files: they say what everyone is paid. A file of it that is
                there already is written anew.

        Raises:
            OtherFiles: the folder holds files that a load would read and that are not of this one; nothing is written.
            OSError: it cannot be written.
        """
        below = folder / DEFINITIONS
        texts = {folder / name: text for name, text in self.texts().items()}
        others = sorted(str(path) for path in _loaded_from(folder, below) if path not in texts)
        if others:
            raise OtherFiles(parameters={"count": len(others), "file": others[0]})
        if not folder.exists():
            private_folder(folder)
        private_folder(below)
        for path, text in texts.items():
            write_private(path, text)
        return list(texts)

    def _texts(self, file: str, order: tuple[str, ...]) -> list[tuple[str, ...]]:
        kept = self._ordered.get((file, order))
        if kept is None:
            kept = self._ordered[file, order] = self._in_order(file, order)
        return kept

    def _in_order(self, file: str, order: Sequence[str]) -> list[tuple[str, ...]]:
        if file not in self._files:  # Before the first load no file has a row.
            return []
        columns, rows = self._files[file]
        at = {name: columns.index(_stored_name(file, name)) for name in (*FILES[file].all, *order)}
        places = [at[name] for name in order]
        ordered = sorted(rows.values(), key=lambda row: [_rank(row[place]) for place in places])
        wanted = [at[name] for name in FILES[file].all]
        return [tuple(_cell(row[place]) for place in wanted) for row in ordered]


def _loaded_from(folder: Path, definitions: Path) -> Iterator[Path]:
    """The files that a load of the folder and its definitions would read, or stop at."""
    yield from (path for path in folder.glob("*") if path.suffix.casefold() == ".csv")
    yield from (path for path in definitions.glob("*") if path.suffix.casefold() in {".yaml", ".yml"})


def _stored_name(file: str, column: str) -> str:
    """A column's name in the database, where ``from`` is no name to have."""
    return column if file == "units" else {"from": "valid_from", "to": "valid_to"}.get(column, column)


def _rank(value: Any) -> tuple[bool, Any]:
    return value is not None, value if value is not None else 0


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def plain_cell(cell: str) -> str:
    """A cell without the space around it; a figure as the one text of its value."""
    cell = cell.strip()
    if FIGURE_PATTERN.fullmatch(cell) and "." in cell:
        return exact_text(Decimal(cell)) or ""
    return cell


def csv_text(file: str, rows: Iterable[tuple[str, ...]]) -> str:
    """Rows of a file as CSV, in their order.

    Args:
        file: its name without ``.csv``.
        rows: their cells in the order of its columns.
    """
    return table_text(FILES[file].all, rows)


def table_text(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as CSV, a line feed at each line's end."""
    return "".join(f"{line}\n" for line in csv_lines(chain([columns], rows)))


def canonical_sha256(file: str, rows: Iterable[tuple[str, ...]]) -> str:
    """The sum of rows that are in canonical order, as texts in that of the file's columns."""
    return hashlib.sha256(csv_text(file, rows).encode()).hexdigest()


# ----------------------------------------------------------------------------------------------------------- definitions


class _Number(str):
    """A decimal that YAML writes as a number, every digit of it."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes decimals as they are."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    """In quotes where our reader, whose numbers are those of YAML 1.2, would take it for something else."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_text(text) else "'")


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_Number, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", str(value)))


def yaml_name(name: str) -> str:
    """The file that a stored document is written to."""
    kind, _, code = name.partition(":")
    return f"{kind}-{code}.yaml" if code in _RESERVED else f"{code or kind}.yaml"


def document_yaml(name: str, document: Any) -> str:
    """A document as its schema wants it: exact decimals, which we keep as texts, are numbers there."""
    set_figures(kind_of(yaml_name(name)), document, _Number)
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140)


def set_figures(kind: str, document: Any, figure: Callable[[str], Any]) -> None:
    """Put numbers in a document in place of the texts that exact decimals are kept as.

    Args:
        kind: ``goals``, ``policies`` or ``kpi``, whose schema says where numbers stand.
        document: is changed.
        figure: what becomes of such a text.
    """
    # All errors first: what is put right meanwhile would be met again. No document has nearly so many figures.
    for error in list(islice(validator(kind).iter_errors(document), _FIGURES_MAX)):
        for path in _decimals(error):
            *above, last = path
            within = functools.reduce(lambda value, step: value[step], above, document)
            within[last] = figure(within[last])


def yaml_like(content: Any, like: Any) -> str:
    """A document that was read, written as :func:`document_yaml` writes one, its members in the order of another: what differs then differs in meaning."""
    return yaml.dump(_ordered(content, like), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140)


def _ordered(content: Any, like: Any) -> Any:
    if isinstance(content, Mapping):
        beside = like if isinstance(like, Mapping) else {}
        names = [*(name for name in beside if name in content), *(name for name in content if name not in beside)]
        return {name: _ordered(content[name], beside.get(name)) for name in names}
    if isinstance(content, list | tuple):
        besides = like if isinstance(like, list) else []
        return [_ordered(one, besides[at] if at < len(besides) else None) for at, one in enumerate(content)]
    return _Number(content) if isinstance(content, Decimal) else content


def _decimals(error: ValidationError) -> Iterator[Sequence[Any]]:
    """Where a text stands that should be a number."""
    if error.validator == "type" and isinstance(error.instance, str):
        yield list(error.absolute_path)
    for inner in error.context or ():
        yield from _decimals(inner)


# --------------------------------------------------------------------------------------------------------------- reading


def present_folder(connection: Connection) -> StoredFolder:
    """What is loaded now; before the first load no file has a row. Queries: 15."""
    files = organisation.stored_organisation(connection) | cascade.stored_cascade(connection)
    documents = {row[0]: row[1] for row in files.pop(DEFINITIONS).rows.values()}
    return StoredFolder(files, documents)


def file_sums(connection: Connection) -> dict[str, str]:
    """The sums of all files of what is loaded now, definitions and policies among them, by their names in the contract. Queries: 1, and 15 where something was loaded since."""
    key = str(connection.engine.url), organisation.current_revision(connection).token
    return dict(_SUMS.get_or_make(key, lambda: _file_sums(connection)))


_SUMS: Final[LruCache[Mapping[str, str]]] = LruCache(2)


def _file_sums(connection: Connection) -> Mapping[str, str]:
    present = present_folder(connection)
    return {name: present.sha256(name) for name in (*(f"{file}.csv" for file in FILES), DEFINITIONS, POLICIES)}


def read_stored_folder(connection: Connection, revision: int | None = None) -> StoredFolder:
    """What a revision holds.

    Args:
        connection: any transaction.
        revision: its number; None for the present one.

    Raises:
        NoRevision: there is none of that number.

    Queries: 16 for the present one; 2 for an earlier one, whose files are read as they came.
    """
    present = organisation.current_revision(connection).number
    if not present or (revision is not None and not 1 <= revision <= present):
        raise NoRevision(parameters={"revision": revision or 1, "latest": present})
    if revision is None or revision == present:
        return present_folder(connection)
    return _as_it_came(connection, revision)


def _as_it_came(connection: Connection, revision: int) -> StoredFolder:
    query = sa.select(load_file.c.name, load_text.c.content).join_from(load_file, load_text)
    came = {row.name: row.content for row in connection.execute(query.where(load_file.c.revision == revision))}
    below = f"{DEFINITIONS}/"
    documents = {name.removeprefix(below): text for name, text in came.items() if name.startswith(below)}
    definitions = Definitions.from_documents({name: json.loads(text) for name, text in documents.items()})
    rows = {
        name: [
            item
            for item in read_csv_text(came.get(f"{name}.csv", ""), columns=columns, name=f"{name}.csv")
            if not isinstance(item, Trouble)
        ]
        for name, columns in FILES.items()
    }
    findings: list[Finding] = []
    read = read_organisation(rows, findings)
    measured = read_cascade(
        rows, findings, definitions=definitions, nodes=read.nodes, lives_in=lambda _node, _cycle: True
    )
    files = organisation.organisation_rows(read.organisation) | cascade.cascade_rows(measured)
    files.pop(DEFINITIONS)
    return StoredFolder(files, documents)

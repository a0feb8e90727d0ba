"""A folder of definitions: its YAML files, held against the JSON Schemas and the rules.

Do not take the schemas for the whole check. They are what editors complete and check by; the rules
(``app.rules.definitions``) say more, and say it better, so a schema's finding is shown only where the rules found nothing.
"""

from __future__ import annotations

import functools
import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from app.kit.files import refuse_endless
from app.kit.settings import ROOT
from app.kit.yaml_places import BYTES_MAX, read_yaml
from app.plain.findings import Finding, Level, Place, n_
from app.rules.definitions import Definitions, Document, read
from app.rules.schema_forms import SchemaField, fields_of

__all__ = [
    "SCHEMAS",
    "SCHEMA_FOLDER",
    "against_schema",
    "definition_fields",
    "kind_of",
    "read_document_file",
    "read_documents",
    "read_folder",
    "validator",
]

SCHEMA_FOLDER: Final = ROOT / "kpi_definitions"
"""The product's own definitions, with the schemas; an agency's folder need not repeat them."""
SCHEMAS: Final[Mapping[str, str]] = {
    "goals": "goals.schema.json",
    "policies": "policies.schema.json",
    "kpi": "kpi.schema.json",
}
"""The schema of each kind of document."""
SUFFIXES: Final = (".yaml", ".yml")
_MEANT: Final = re.compile(r"\.ya?ml|^\.?(?:goals|policies)\.\w+$", re.IGNORECASE)
"""A name that looks like one of definitions (``policies.yaml.bak``, ``policies.json``) though its file is none."""


_SCHEMA_ERRORS_MAX: Final = 200
"""What a schema has against one document is told up to here: each error repeats what it is about."""


def read_folder(path: Path | str) -> tuple[Definitions, list[Finding]]:
    """Read all definitions of a folder: ``goals.yaml``, ``policies.yaml``, and every other YAML file as KPIs.

    Returns:
        What could be read and every problem, in the order of file and line; an error among them means that nothing of it
        must be used. Files are named as seen from where the folder's own name is (``definitions/goals.yaml``).
    """
    folder = Path(path)
    documents, findings = read_documents(folder)
    if any(finding.code == "no_folder" for finding in findings):
        return Definitions(), findings
    if not any((folder / f"goals{suffix}").exists() for suffix in SUFFIXES):
        message = n_("goals.yaml is missing; expected a file with the strategic goals and their tasks")
        findings.append(Finding(code="no_goals", message=message, place=Place(file=str(folder / "goals.yaml"))))
    definitions, problems = read(documents)
    findings.extend(problem for problem in problems if problem.code != "no_goals")
    for document in documents:
        findings.extend(against_schema(document, findings))
    findings.sort(key=lambda finding: (finding.place.file or "", finding.place.line or 0))
    return definitions, findings


def read_documents(folder: Path) -> tuple[list[Document], list[Finding]]:
    """The documents of a folder's files in the order of their names, not held against any rule yet, and why one could not be read."""
    try:
        every = sorted(folder.iterdir())
    except OSError as error:
        message = n_("the folder of definitions cannot be read: %(problem)s")
        place = Place(file=str(folder))
        parameters = {"problem": error.strerror or str(error)}
        return [], [Finding(code="no_folder", message=message, parameters=parameters, place=place)]
    files = [file for file in every if file.suffix in SUFFIXES and not file.name.startswith(".")]
    findings: list[Finding] = [_passed_over(file) for file in every if file not in files and _MEANT.search(file.name)]
    documents: list[Document] = []
    for file in files:
        document, problems = read_document_file(file)
        findings.extend(problems)
        if document is not None:
            documents.append(document)
    return documents, findings


def against_schema(document: Document, findings: Sequence[Finding]) -> list[Finding]:
    """What its schema has against a document beside what the rules found."""
    told = sorted(
        one.place.field or "" for one in findings if one.level is Level.ERROR and one.place.file == document.file
    )

    def is_told(whole: str) -> bool:
        # A schema names the whole that a wrong member stands in, so what the rules said further inside is the same.
        at = bisect_left(told, whole)
        return at < len(told) and told[at].startswith(whole)

    return [finding for finding in _against_schema(document) if not is_told(finding.place.field or "")]


def _passed_over(file: Path) -> Finding:
    """That a file is not read: an error where only its name's case keeps it from it, since without it the defaults would hold without a word."""
    place = Place(file=str(file))
    if file.suffix.casefold() in SUFFIXES and not file.name.startswith("."):
        message = n_("the name ends in %(suffix)s; expected .yaml or .yml in small letters")
        return Finding(code="unknown_file", message=message, parameters={"suffix": file.suffix}, place=place)
    message = n_("this file is not read: the names of definitions end in .yaml or .yml and do not begin with a dot")
    return Finding(code="unread_file", message=message, place=place, level=Level.WARNING)


def read_document_file(file: Path, *, kind: str | None = None) -> tuple[Document | None, list[Finding]]:
    """A file's document, not held against any rule yet, and why it could not be read.

    Args:
        file: which.
        kind: ``goals``, ``policies`` or ``kpi``; None: by its name.
    """
    try:
        refuse_endless(file)
        with file.open("rb") as opened:
            raw = opened.read(BYTES_MAX + 1)
    except OSError as error:
        message = n_("the file cannot be read: %(problem)s")
        parameters = {"problem": error.strerror or str(error)}
        return None, [Finding(code="no_file", message=message, parameters=parameters, place=Place(file=str(file)))]
    placed, findings = read_yaml(raw, file=str(file))
    if placed is None:
        return None, findings
    return Document(
        content=placed.content, kind=kind or kind_of(file.name), file=str(file), lines=placed.lines
    ), findings


def kind_of(name: str) -> str:
    """Of which kind a file of definitions is, by its name: ``goals``, ``policies`` or ``kpi``."""
    stem = name.rpartition(".")[0]
    return stem if stem in {"goals", "policies"} else "kpi"


@functools.cache
def validator(kind: str) -> Draft202012Validator:
    """What holds a document of this kind against its schema."""
    schema = json.loads((SCHEMA_FOLDER / SCHEMAS[kind]).read_text(encoding="utf-8"))
    return Draft202012Validator(schema)


@functools.cache
def definition_fields(kind: str) -> tuple[SchemaField, ...]:
    """The fields of a form of one KPI, or of all goals or policies, made from its schema.

    Args:
        kind: ``kpi``, ``goals`` or ``policies``.
    """
    schema: Any = validator(kind).schema
    return fields_of(schema["$defs"]["kpi"], schema) if kind == "kpi" else fields_of(schema)


def _against_schema(document: Document) -> Iterator[Finding]:
    """What the schema has against a document, in the order of the document's places."""
    content: Any = document.content
    if content is None and document.kind == "policies":
        return
    some = islice(validator(document.kind).iter_errors(content), _SCHEMA_ERRORS_MAX)
    errors = sorted(some, key=lambda error: [str(p) for p in error.absolute_path])
    for error in errors:
        path = tuple(error.absolute_path)
        parameters = {"problem": error.message[:300], "schema": SCHEMAS[document.kind]}
        message = n_("%(schema)s does not allow this: %(problem)s")
        yield Finding(code="schema", message=message, parameters=parameters, place=document.place(path))

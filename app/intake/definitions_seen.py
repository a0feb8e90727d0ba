"""Goals, KPIs and policies as a change set would have them: looked at, judged with one of them edited, and put into the set.

A form builds upon what its set says already. Do not begin with what is loaded: the second change of a day would take the first one back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from app import organisation
from app.intake.change_sets import Changed, ChangedDocument
from app.intake.changed_folder import definitions_of_set, documents_in, read_document
from app.intake.changing import folder_at
from app.intake.definitions import against_schema
from app.intake.folder import DEFINITIONS, POLICIES
from app.intake.proposing import PutDocument
from app.intake.stored_folder import document_yaml, yaml_name
from app.kit.refusals import NotThere
from app.plain.findings import Finding
from app.rules.definitions import Definitions, Document, read
from app.rules.kpi_editing import kpis_in, plain_content, with_kpi, without_kpi
from app.rules.kpis import kpi_document

__all__ = ["DefinitionsSeen", "JudgedDefinitions", "see_definitions"]

GOALS: Final = "goals"
_TYPED: Final = "typed.yaml"
"""The file that what was typed is judged as."""


class JudgedDefinitions(NamedTuple):
    """All definitions with one of them edited, and what is wrong with that one: each finding by its path within it."""

    definitions: Definitions
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class DefinitionsSeen:
    """The definitions as a set would have them, or as they are loaded.

    Attributes:
        documents: all of them.
        files: of the set's own documents the file's name.
    """

    documents: tuple[Document, ...]
    files: Mapping[str, str]

    @cached_property
    def definitions(self) -> Definitions:
        """What can be read of them."""
        return read(self.documents)[0]

    def goals(self) -> Mapping[str, Any]:
        """The document of goals; empty where there is none."""
        return self._document(GOALS)

    def policies(self) -> Mapping[str, Any]:
        """The document of policies; empty where all of them are the defaults."""
        return self._document(POLICIES)

    def _document(self, kind: str) -> Mapping[str, Any]:
        content = next((one.content for one in self.documents if one.kind == kind), None)
        return content if isinstance(content, Mapping) else {}

    def kpi(self, code: str) -> Mapping[str, Any] | None:
        """A KPI's definition as a document; None where there is none of that code."""
        return next((one for _, one in self._kpis() if str(one.get("code")) == code), None)

    def yaml(self, code: str) -> str:
        """A KPI's definition as a file.

        Raises:
            NotThere: there is none of that code.
        """
        content = self.kpi(code)
        if content is None:
            raise NotThere
        known = self.definitions.kpis.get(code)
        return document_yaml(f"kpi:{code}", plain_content(content) if known is None else kpi_document(known))

    def _kpis(self) -> list[tuple[Document, Mapping[str, Any]]]:
        return [
            (document, one)
            for document in self.documents
            if document.kind == "kpi"
            for one in kpis_in(document.content)
            if isinstance(one, Mapping)
        ]

    def judged_kpi(self, content: Mapping[str, Any], *, instead_of: str | None = None) -> JudgedDefinitions:
        """All definitions with a KPI as it was typed.

        Args:
            content: its document.
            instead_of: the code of the one that it takes the place of; None for a new one.
        """
        others = [self._without(one, instead_of) for one in self.documents]
        return _judged("kpi", content, [one for one in others if one])

    def _without(self, document: Document, code: str | None) -> Document | None:
        if code is None or document.kind != "kpi" or f"kpi:{code}" not in documents_in(document):
            return document
        content = without_kpi(document.content, code)
        return None if content is None else replace(document, content=content, lines={})

    def judged(self, kind: str, content: Mapping[str, Any]) -> JudgedDefinitions:
        """All definitions with goals or policies as they were typed.

        Args:
            kind: ``goals`` or ``policies``.
            content: the document.
        """
        return _judged(kind, content, [one for one in self.documents if one.kind != kind])

    # What goes into a set ---------------------------------------------------------------------------------------------

    def with_kpi(self, content: Mapping[str, Any]) -> PutDocument:
        """What puts a KPI's definition into the set: its own file, or the one of the set that has it already."""
        code = str(content["code"])
        name = self.files.get(f"kpi:{code}")
        if name is None:
            return PutDocument(yaml_name(f"kpi:{code}"), document_yaml(f"kpi:{code}", dict(content)))
        return PutDocument(name, document_yaml(f"kpi:{code}", with_kpi(self._content(name), content)))

    def without_kpi(self, code: str) -> PutDocument:
        """What takes a KPI's definition out of the set, or has the set remove it.

        Raises:
            NotThere: there is none of that code.
        """
        if self.kpi(code) is None:
            raise NotThere
        name = self.files.get(f"kpi:{code}")
        rest = None if name is None else without_kpi(self._content(name), code)
        if name is None or rest is None:
            return PutDocument(name or yaml_name(f"kpi:{code}"), None)
        return PutDocument(name, document_yaml(f"kpi:{code}", rest))

    def with_document(self, kind: str, content: Mapping[str, Any]) -> PutDocument:
        """What puts goals or policies into the set.

        Args:
            kind: ``goals`` or ``policies``.
            content: the document.
        """
        return PutDocument(yaml_name(kind), document_yaml(kind, dict(content)))

    def _content(self, name: str) -> Any:
        below = f"{DEFINITIONS}/{name}"
        return next(one.content for one in self.documents if one.file == below)


def _judged(kind: str, content: Mapping[str, Any], others: list[Document]) -> JudgedDefinitions:
    """Read as it would lie in the set: what a load would find in the file, and nothing else."""
    name = _TYPED if kind == "kpi" else yaml_name(kind)
    text = document_yaml(kind, dict(content))
    part = POLICIES if kind == POLICIES else DEFINITIONS
    document, unread = read_document(ChangedDocument(part, name, {}, text))
    if document is None:
        return JudgedDefinitions(read(others)[0], tuple(unread))
    document = replace(document, file=_TYPED)
    definitions, problems = read([*others, document])
    told = [one for one in problems if one.place.file == _TYPED]
    return JudgedDefinitions(definitions, (*told, *against_schema(document, told)))


def see_definitions(connection: Connection, changed: Changed) -> DefinitionsSeen:
    """The definitions with a set's in them.

    Args:
        connection: any transaction.
        changed: what the set holds; nothing for what is loaded.

    Queries: 1, and those of :func:`app.intake.changing.folder_at`.
    """
    folder = folder_at(connection, organisation.current_revision(connection).number)
    documents, files = definitions_of_set(folder, changed.documents)
    return DefinitionsSeen(tuple(documents), files)

"""Files of definitions that somebody sends to a change set: read once, before a writing transaction begins that others wait for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from app.intake.change_sets import ChangedDocument
from app.intake.changed_folder import documents_in, read_document
from app.intake.definitions import kind_of
from app.intake.folder import DEFINITIONS, POLICIES
from app.kit.refusals import Invalid, at_field
from app.kit.yaml_places import BYTES_MAX
from app.plain.findings import n_
from app.rules.definitions import Document

__all__ = ["DocumentSent", "definitions_sent", "document_sent", "part_of_document"]


class DocumentSent(NamedTuple):
    """A file of definitions, or the policies, as YAML."""

    part: str
    """``definitions`` or ``policies``."""
    name: str
    """``goals.yaml``, ``policies.yaml``, or that of a file of KPIs."""
    text: str | None
    """None: the file is to go."""
    defines: frozenset[str] = frozenset()
    """The names that its definitions are stored by, as far as it can be read."""
    has_kpis: bool = False


def part_of_document(name: str) -> str:
    """Of what a file of definitions is a part: ``policies``, or ``definitions``."""
    return POLICIES if kind_of(name) == "policies" else DEFINITIONS


def document_sent(name: str, text: str | None) -> DocumentSent:
    """What was sent under a file's name; what is wrong with it a load finds, but for one that nobody reads to its end.

    Args:
        name: of the file.
        text: YAML; None where the file is to go.

    Raises:
        Invalid: it is too long.
    """
    part = part_of_document(name)
    document = None if text is None else _read(part, name, text)
    defines = frozenset() if document is None else frozenset(documents_in(document))
    return DocumentSent(part, name, text, defines, has_kpis=kind_of(name) == "kpi" and document is not None)


def definitions_sent(part: str, text: str) -> DocumentSent:
    """The policies, or definitions as one file: ``goals`` or ``kpis`` at its top.

    Args:
        part: ``definitions`` or ``policies``.
        text: YAML.

    Raises:
        Invalid: it is too long.
    """
    if part == POLICIES:
        return document_sent("policies.yaml", text)
    document = _read(part, "kpis.yaml", text)
    content = None if document is None else document.content
    if isinstance(content, Mapping) and content.keys() == {"goals"}:
        return DocumentSent(part, "goals.yaml", text, frozenset({"goals"}))
    defines = frozenset() if document is None else frozenset(documents_in(document))
    return DocumentSent(part, "kpis.yaml", text, defines, has_kpis=document is not None)


def _read(part: str, name: str, text: str) -> Document | None:
    if len(text.encode("utf-8", "surrogatepass")) > BYTES_MAX:
        message = n_("The file is too long: send at most %(most)s bytes.")
        raise Invalid(at_field("yaml", "file_size", message, most=BYTES_MAX))
    return read_document(ChangedDocument(part, name, {}, text))[0]

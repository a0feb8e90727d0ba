"""A problem as data: what is wrong, where, and the words to say it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

__all__ = ["Finding", "Level", "Path", "Place", "Words", "n_"]

Path = tuple[str | int, ...]
"""The way from the top of a document to a value: keys of mappings and positions in lists."""


def n_(message: str) -> str:
    """Mark an English message for the translators' catalogues; returns it unchanged."""
    return message


class Words(str):
    """A finding's parameter that is a message itself, and not a name or a figure: whoever shows the finding translates it too.

    Write it as ``Words(n_("a text"))``.
    """

    __slots__ = ()


class Level(StrEnum):
    """How bad a finding is: an error stops the work, a warning is shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a problem is: a file and line, or a JSON pointer, and the field."""

    file: str | None = None
    line: int | None = None
    field: str | None = None
    pointer: str | None = None

    def __str__(self) -> str:
        """``file:line: field``, leaving out what is absent."""
        where = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        return ": ".join(part for part in (where, self.field or self.pointer or "") if part)


_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A problem as data: what is wrong, where, and the words to say it in.

    ``told`` is what a program reads beside the words.
    ``message`` is an English text with ``%(name)s`` places for ``parameters``; it is the key of the translators' catalogues,
    so wrap it in :func:`n_` where it is written.
    """

    code: str
    message: str
    parameters: Mapping[str, object] = field(default_factory=lambda: _NOTHING)
    place: Place = field(default_factory=Place)
    level: Level = Level.ERROR
    told: Mapping[str, object] = field(default_factory=lambda: _NOTHING)

    def text(self) -> str:
        """The message in English, its places filled."""
        return self.message % dict(self.parameters) if self.parameters else self.message

    def __str__(self) -> str:
        """``file:line: field: message``, as commands print it."""
        where = str(self.place)
        return f"{where}: {self.text()}" if where else self.text()

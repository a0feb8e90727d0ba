"""A problem as data: what is wrong, where, and the words to say it in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

__all__ = ["FIRST_MAX", "Finding", "FirstFindings", "Level", "Path", "Place", "Words", "n_"]

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

    ``message`` is an English text with ``%(name)s`` places for ``parameters``; it is the key of the translators' catalogues,
    so wrap it in :func:`n_` where it is written.
    """

    code: str
    message: str
    parameters: Mapping[str, object] = field(default_factory=lambda: _NOTHING)
    place: Place = field(default_factory=Place)
    level: Level = Level.ERROR

    def text(self) -> str:
        """The message in English, its places filled."""
        return self.message % dict(self.parameters) if self.parameters else self.message

    def __str__(self) -> str:
        """``file:line: field: message``, as commands print it."""
        where = str(self.place)
        return f"{where}: {self.text()}" if where else self.text()


FIRST_MAX: Final = 100
"""So many findings of one kind are kept and told: whoever mends a hundred mends the others in the same way, and a file may have a million."""

_NUMBER: Final = re.compile("[0-9]+")
_Kind = tuple[str, str, str, Level]


class FirstFindings(list[Finding]):
    """Findings as they are met: of each kind (file, field, code) the first :data:`FIRST_MAX`, and how many more there were."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self._met: Final[Counter[_Kind]] = Counter()

    def append(self, finding: Finding) -> None:
        """Keep it, where it is one of the first."""
        kind = _kind_of(finding)
        self._met[kind] += 1
        if self._met[kind] <= FIRST_MAX:
            super().append(finding)

    def extend(self, findings: Iterable[Finding]) -> None:
        """Keep those that are among the first."""
        for finding in findings:
            self.append(finding)

    def left_out(self) -> list[Finding]:
        """How many more of a kind there were: one finding for each kind that has more."""
        return [
            Finding(
                code="more",
                message=n_("there are %(more)s more findings “%(like)s” like those above"),
                parameters={"more": met - FIRST_MAX, "like": code},
                place=Place(file=file or None, field=field or None),
                level=level,
            )
            for (file, field, code, level), met in self._met.items()
            if met > FIRST_MAX
        ]


def _kind_of(finding: Finding) -> _Kind:
    place = finding.place
    # The entry of a list is no kind of its own.
    return place.file or "", _NUMBER.sub("0", place.field or place.pointer or ""), finding.code, finding.level

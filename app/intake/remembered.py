"""What was read of the rows of a file, and what was wrong with them, for the next who reads the very same rows.

A change set is judged as the whole folder with its rows in it (contract-desk, 3), and of fifteen files all but one or two are those that are
loaded already. Do not judge the set's rows alone instead: a row that is right by itself may be the second of its key, or leave another without
its parent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from app.plain.findings import Finding

__all__ = ["Remembered"]

T = TypeVar("T")

_EACH_MAX: Final = 3
"""Readings of one file that are kept: of the rows that are loaded, and of the sets that somebody is at."""


class _Reading(NamedTuple):
    of: tuple[object, ...]
    read: Any
    findings: tuple[Finding, ...]


class Remembered:
    """The last readings of each file; threads may share it."""

    def __init__(self) -> None:
        """Begin with none."""
        self._readings: Final[dict[str, tuple[_Reading, ...]]] = {}

    def first(self, file: str, of: tuple[object, ...]) -> Any:
        """What was read of a file's loaded rows by all that their reading hangs on besides; None where it was read by something else."""
        for one in self._readings.get(file, ())[:1]:
            if one.of[1:] == of:
                return one.read
        return None

    def read(self, file: str, of: tuple[object, ...], findings: list[Finding], read: Callable[[list[Finding]], T]) -> T:
        """What a file's rows say: read now, or as it was read from the same.

        Args:
            file: its name.
            of: all that the reading hangs on, the rows first. What was read from it is shared: nobody may change it.
            findings: where the problems go that were met in it.
            read: reads it, and puts problems where it is told to.
        """
        for one in self._readings.get(file, ()):
            if one.of == of:
                findings.extend(one.findings)
                made: T = one.read
                return made
        met: list[Finding] = []
        made = read(met)
        findings.extend(met)
        # The first is of what is loaded, and stays: each set is another but for a few rows.
        kept = self._readings.get(file, ())
        self._readings[file] = (*kept[:1], *kept[1:][-(_EACH_MAX - 2) :], _Reading(of, made, tuple(met)))
        return made

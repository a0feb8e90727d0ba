"""The sentences that derive a figure: words to be translated, with the exact figures that fill them.

A step is data. It says one thing that a person can check by hand, and each of its figures is a decimal string, never a float.
Do not build a sentence from pieces: languages order them differently, so every variant is a message of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from app.rules.kpis import Translated
from app.rules.measures import decimal_text
from app.rules.terms import Name

__all__ = ["Formula", "Named", "Phrase", "Section", "Step", "added", "figure_text", "score_text"]

_SCORE_PLACES: Final = 9


class Phrase(str):
    """A figure that is a word of ours: translated before it fills its place."""

    __slots__ = ()


class Formula(str):
    """A figure that is a calculation in numbers and signs, the same in every language; pages set it apart."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Named:
    """Figures that are KPIs: their names to people, their codes to programs."""

    names: tuple[Translated, ...]
    codes: str

    def in_language(self, language: str) -> str:
        """The names, one after the other."""
        return ", ".join(name.in_language(language) for name in self.names)

    def __str__(self) -> str:
        """The codes."""
        return self.codes


class Section(StrEnum):
    """Where a step belongs, from what is paid for down to what was done."""

    FINAL = "final"
    SCORE = "score"
    REFERENCE = "reference"
    ACTUAL = "actual"
    PROJECTION = "projection"
    BRIDGE = "bridge"


_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a derivation.

    Attributes:
        section: which part of the derivation it belongs to.
        code: what the step is, for programs.
        text: an English message with ``%(name)s`` places; the key of the catalogues.
        figures: what fills the places.
    """

    section: Section
    code: str
    text: str
    figures: Mapping[str, object] = field(default_factory=lambda: _NOTHING)

    def say(self, translate: Callable[[str], str] = str, *, language: str = "en") -> str:
        """The step as a sentence.

        Args:
            translate: finds a message in the reader's language.
            language: for the names of KPIs and units, which come with their own words.
        """
        return translate(self.text) % {name: _said(value, translate, language) for name, value in self.figures.items()}

    def as_json(self, translate: Callable[[str], str] = str, *, language: str = "en") -> dict[str, Any]:
        """The step as the API writes it."""
        return {
            "code": self.code,
            "section": str(self.section),
            "text": self.say(translate, language=language),
            "figures": {name: str(value) for name, value in self.figures.items()},
        }


def _said(value: object, translate: Callable[[str], str], language: str) -> str:
    if isinstance(value, Phrase):
        return translate(str(value))
    if isinstance(value, Translated | Named | Name):
        return value.in_language(language)
    return str(value)


def figure_text(value: Fraction | Decimal | int) -> str:
    """A measured value: exact, or to twelve decimals where it does not end; a minus as mathematics writes it stays ASCII for programs."""
    return decimal_text(value)


def score_text(value: float | Fraction | Decimal) -> str:
    """A score, weight or points: up to nine decimals, beyond which a float holds noise."""
    if isinstance(value, Fraction):
        value = Decimal(decimal_text(value))
    text = format(value, f".{_SCORE_PLACES}f").rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def added(terms: Iterable[str]) -> str:
    """Terms of a sum, negative ones in brackets; of nothing ``0``."""
    return " + ".join(f"({term})" if term.startswith("-") else term for term in terms) or "0"

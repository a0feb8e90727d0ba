"""Targets that people set: which lines take one, and what may be written as one (contract, "The agency folder", "Who may what").

The year's definition decides, not the line. A line whose KPI was measured against a target last year may be measured
by its past this year, and a ``shared`` line never has a target of its own: it shows its parent's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from app.rules.terms import FIGURE_PATTERN, Link

__all__ = ["TARGET_METHODS", "NoTarget", "SetTarget", "figure_of", "no_target", "takes_target"]

TARGET_METHODS: Final = frozenset({"target", "milestone"})
"""The methods that hold an actual against the line's own target."""


class NoTarget(StrEnum):
    """Why a line has no target of its own to be set."""

    PAST = "past"
    """Its high and low, or what is expected of it, are made of past years."""
    PATH = "path"
    """It is held against the line to an end goal, which the definition gives."""
    RATED = "rated"
    """People grade it."""
    SHARED = "shared"
    """It shows its parent's figures, the target among them."""


_WITHOUT: Final[Mapping[str, NoTarget]] = {
    "deviation": NoTarget.PAST,
    "ratio": NoTarget.PAST,
    "trend": NoTarget.PAST,
    "beta": NoTarget.PAST,
    "midterm": NoTarget.PATH,
    "qualitative": NoTarget.RATED,
}
"""Every method but those of :data:`TARGET_METHODS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTarget:
    """A target that somebody set in the application, and the one that the folder gives (None: none), which it goes before."""

    target: Decimal
    folder: Decimal | None
    day: dt.date


def takes_target(method: str, link: Link) -> bool:
    """Whether a line of a KPI of this method, hanging so on the line above, has a target of its own to be set."""
    return no_target(method, link) is None


def no_target(method: str, link: Link) -> NoTarget | None:
    """Why a line of a KPI of this method, hanging so on the line above, has no target of its own; None where it has."""
    return NoTarget.SHARED if link is Link.SHARED else _WITHOUT.get(method)


def figure_of(text: str) -> Decimal | None:
    """The target that a text writes, by the same bounds as a cell of ``scorecards.csv``; None where it writes none."""
    return Decimal(text) if FIGURE_PATTERN.fullmatch(text) else None

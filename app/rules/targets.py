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

__all__ = [
    "LEAP",
    "SPREAD_METHODS",
    "TARGET_METHODS",
    "NoTarget",
    "SetTarget",
    "figure_of",
    "is_leap",
    "is_target",
    "no_target",
    "takes_target",
]

LEAP: Final = 10
"""A target more than so many times the one before, or under this part of it, is asked about before it counts."""

TARGET_METHODS: Final = frozenset({"target", "milestone"})
"""The methods that hold an actual against the line's own target."""

SPREAD_METHODS: Final = frozenset({"deviation", "ratio"})
"""The methods whose base, high, low and coefficient a line may give."""


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
    by: str = ""
    """Who set it: the employee's number, or, to people, the name. Empty where it is nobody's to know."""
    why: str = ""


def takes_target(method: str, link: Link) -> bool:
    """Whether a line of a KPI of this method, hanging so on the line above, has a target of its own to be set."""
    return no_target(method, link) is None


def no_target(method: str, link: Link) -> NoTarget | None:
    """Why a line of a KPI of this method, hanging so on the line above, has no target of its own; None where it has."""
    return NoTarget.SHARED if link is Link.SHARED else _WITHOUT.get(method)


def is_target(figure: Decimal) -> bool:
    """Whether a line can be held against a figure: only one above 0 (domain.md 3). Below 0 it would punish what is reached."""
    return figure > 0


def is_leap(before: Decimal | None, after: Decimal) -> bool:
    """Whether a target is so far from the one before that a digit may be wrong."""
    return bool(before) and before is not None and (abs(after) > abs(before) * LEAP or abs(after) * LEAP < abs(before))


def figure_of(text: str) -> Decimal | None:
    """The target that a text writes, by the same bounds as a cell of ``scorecards.csv``; None where it writes none."""
    return Decimal(text) if FIGURE_PATTERN.fullmatch(text) else None

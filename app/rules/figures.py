"""Figures that are given: what somebody reports of a KPI that no activity counts towards (contract-desk, section 7).

Of the figures of a node, KPI and cycle that count the latest is the actual.
Do not take a figure's day for its cycle: the final customs figures of a year come in the February after it.
"""

from __future__ import annotations

import re
from decimal import Decimal
from hashlib import sha256
from typing import Final, NamedTuple

from app.rules.identity import KEY_LENGTH_MAX
from app.rules.terms import Node

__all__ = ["CYCLES", "Figure", "group_key", "read_value", "year_of"]

CYCLES: Final = range(1000, 9990)
"""The years that name cycles: four digits, and far enough from the calendar's end that each has twelve months."""

_VALUE: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,4})?")
_YEAR: Final = re.compile(r"[0-9]{4}")


class Figure(NamedTuple):
    """What a figure says: the value of a node's KPI in a cycle."""

    node: Node
    kpi: str
    cycle: int
    value: Decimal
    """In its one spelling: 12.50 is 12.5, and no zero is below zero."""


def group_key(*, node: Node | str, kpi: str, cycle: int) -> str:
    """One text for all figures of a node, KPI and cycle, of which one is the actual; none that a buyer is known by."""
    key = f"={cycle} {node} {kpi}"
    return key if len(key) <= KEY_LENGTH_MAX else f"={sha256(key.encode()).hexdigest()}"


def read_value(text: str) -> Decimal | None:
    """A figure's value of its text: digits with an optional sign below zero and an optional point; None for anything else."""
    if not _VALUE.fullmatch(text):
        return None
    value = Decimal(text)
    if not value:
        return Decimal(0)
    whole = value.to_integral_value()
    return whole if whole == value else value.normalize()


def year_of(text: str) -> int | None:
    """The cycle that a text names; None where it names none."""
    return int(text) if _YEAR.fullmatch(text) and int(text) in CYCLES else None

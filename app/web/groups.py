"""A list in groups, as its page shows them: what each is called, where it leads, and its figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["GroupShown"]


@dataclass(frozen=True, slots=True)
class GroupShown:
    """A group: its words, the address of the list narrowed to it, and figures in the order of the table's columns."""

    words: Any
    address: str | None
    figures: tuple[Any, ...]

"""A list in groups, as its page shows them: what each is called, where it leads, and its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from flask import url_for

from app.web.wording.languages import named

__all__ = ["ListGroup", "shown"]


class _Keyed(Protocol):
    """A group as its read model has it; the key is empty for those whom nothing groups."""

    @property
    def key(self) -> str: ...


G = TypeVar("G", bound=_Keyed)


@dataclass(frozen=True, slots=True)
class ListGroup:
    """A group: its words, the address of the list narrowed to it, and figures in the order of the table's columns."""

    words: Any
    address: str | None
    figures: tuple[Any, ...]


def shown(
    groups: Iterable[G],
    endpoint: str,
    parameters: Mapping[str, Any],
    *,
    words: Callable[[str], Any],
    narrowing: Callable[[G], Mapping[str, str | None] | None],
    figures: Callable[[G], tuple[Any, ...]],
    order: Callable[[str], Any] | None = None,
) -> list[ListGroup]:
    """The groups of a list in their order, those whom nothing groups last.

    Args:
        groups: as the read model has them, each key once.
        endpoint: the list's handler.
        parameters: what the list is asked for.
        words: what a key is called.
        narrowing: what of the list's parameters leads to a group alone, None for one that is left out; None instead where nothing does.
        figures: in the order of the table's columns.
        order: what the keys are sorted by; their words where it is left out.
    """
    without = {name: value for name, value in parameters.items() if name != "by"}

    def place(group: G) -> tuple[bool, Any]:
        if group.key and order is not None:
            return False, order(group.key)
        return not group.key, str(named(words(group.key)))

    listed = []
    for group in sorted(groups, key=place):
        narrowed = narrowing(group)
        address = None if narrowed is None else url_for(endpoint, **{**without, **narrowed})
        listed.append(ListGroup(words(group.key), address, figures(group)))
    return listed

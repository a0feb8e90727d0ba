"""Scorecards that a set carries from one cycle into the next for the whole agency, as they are: what concerns everybody alike is nobody's own case.

Do not widen it to sets that carry some scorecards over: whoever chooses whose decides about each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from app.intake.change_cycles import is_cycle
from app.intake.change_sets import Changed
from app.intake.stored_folder import StoredFolder
from app.rules.terms import Node
from app.rules.weighting import CARRIED_COLUMNS, REACHED_COLUMNS

__all__ = ["carried_over"]

_Key = tuple[str, ...]
_Lines = Mapping[str, Mapping[str, str]]

_NAME: Final = "scorecards"


def carried_over(folder: StoredFolder, changed: Changed, *, there: Callable[[int], Iterable[Node]]) -> frozenset[_Key]:
    """The keys of a set's rows of scorecards that begin a cycle for everybody and are what the cycle before has.

    None where the cycle has scorecards already, or where with the set in it somebody who had one is without.

    Args:
        folder: what is loaded.
        changed: the set.
        there: whose scorecards a cycle may have.
    """
    begun: dict[str, dict[str, dict[str, Mapping[str, str]]]] = {}
    for row in changed.rows:
        if row.name == _NAME and row.after is not None and is_cycle(row.key[0]):
            cycle, node, kpi = row.key
            begun.setdefault(cycle, {}).setdefault(node, {})[kpi] = row.after
    if not begun:
        return frozenset()
    loaded: dict[str, dict[str, dict[str, Mapping[str, str]]]] = {}
    for (cycle, node, kpi), cells in folder.by_key(_NAME).items():
        loaded.setdefault(cycle, {}).setdefault(node, {})[kpi] = cells
    keys: set[_Key] = set()
    for cycle, cards in begun.items():
        last = loaded.get(str(int(cycle) - 1), {})
        if cycle in loaded or not last.keys() & set(map(str, there(int(cycle)))) <= cards.keys():
            continue
        keys |= {
            (cycle, node, kpi) for node, card in cards.items() if _is_the_same(last.get(node, {}), card) for kpi in card
        }
    return frozenset(keys)


def _is_the_same(last: _Lines, card: _Lines) -> bool:
    return last.keys() == card.keys() and all(
        all(cells.get(column, "") == last[kpi].get(column, "") for column in CARRIED_COLUMNS)
        and not any(cells.get(column, "") for column in REACHED_COLUMNS)
        for kpi, cells in card.items()
    )

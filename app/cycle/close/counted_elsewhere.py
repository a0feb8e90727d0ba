"""New buyers that a certified cycle counts and another one counts again, or that no cycle counts (contract-cycle, 9).

A cycle that goes by a cut knows nothing of what came late; one that does not goes by the live rule, which knows of no cut. Do not mend the figures here:
the rule and the cuts are both right, and people are told where they do not meet.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection

from app import ledger
from app.ledger import BuyerContact
from app.rules.terms import CountsFrom
from app.scoring import Certified, State

__all__ = ["CountedElsewhere", "CountedNever", "CountedTwice", "counted_elsewhere"]


class CountedTwice(NamedTuple):
    """A contact that the cycle counts, and that of the same buyer which another cycle counts; from which level on."""

    contact: BuyerContact
    again: BuyerContact
    level: CountsFrom


class CountedNever(NamedTuple):
    """A contact that the live rule counts in the cycle, which does not, and for which no other cycle counts the buyer; from which level on."""

    contact: BuyerContact
    level: CountsFrom


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedElsewhere:
    """Where the cut and the live rule do not meet."""

    twice: Sequence[CountedTwice]
    never: Sequence[CountedNever]

    def as_json(self) -> dict[str, Any]:
        """As the API writes it, beside the events that came late."""
        return {
            "counted_twice": [
                {
                    **_json(one.contact, one.level),
                    "again": {"source": one.again.source, "id": one.again.id, "cycle": str(one.again.cycle)},
                }
                for one in self.twice
            ],
            "counted_never": [_json(one.contact, one.level) for one in self.never],
        }


def _json(one: BuyerContact, level: CountsFrom) -> dict[str, str]:
    return {
        "buyer": one.name,
        "country": one.country,
        "source": one.source,
        "id": one.id,
        "counts_from": level.value,
    }


def counted_elsewhere(connection: Connection, loaded: State, certified: Certified) -> CountedElsewhere:
    """Of the buyers that something late has part in, those that the cycle's cut and the live rule count otherwise, at each level from which its KPIs count.

    Queries: 1; where there are such buyers 1 in the cut's own database, and in that of each other certified cycle that has a contact with one of them.
    """
    cycle = certified.cut.cycle
    contacts = ledger.late_contacts(connection, cycle=cycle, after=certified.cut.last_event)
    keys = {one.key for one in contacts}
    pinned = {of: _pinned(connection, loaded, of, keys) for of in {one.cycle for one in contacts} & {*loaded.certified}}
    buyers = [list(some) for _, some in itertools.groupby(contacts, key=lambda one: one.buyer)]
    twice: list[CountedTwice] = []
    never: list[CountedNever] = []
    for level in _levels(loaded, cycle):
        is_counted = _counted_at(level, pinned)
        for some in buyers:
            counted = [one for one in some if is_counted(one)]
            others = [one for one in counted if one.cycle != cycle]
            twice += [CountedTwice(one, others[0], level) for one in counted if one.cycle == cycle and others]
            if not counted:
                never += [CountedNever(one, level) for one in some if one.cycle == cycle and one.counts_at(level)]
    return CountedElsewhere(twice=twice, never=never)


def _levels(loaded: State, cycle: int) -> list[CountsFrom]:
    """The levels from which the cycle's KPIs count new buyers."""
    versions = (kpi.version(cycle) for kpi in loaded.sheet.definitions_of(cycle).kpis.values())
    in_use = {one.counts_from for one in versions if one.measure.activity == "new_buyer"}
    return [one for one in CountsFrom if one in in_use]


def _counted_at(level: CountsFrom, pinned: Mapping[int, Mapping[str, int]]) -> Callable[[BuyerContact], bool]:
    """Whether a contact counts at a level by the cycle that it is of: by its cut where it was certified, else by the live rule."""

    def is_counted(one: BuyerContact) -> bool:
        by_cut = pinned.get(one.cycle)
        as_it_counts = one if by_cut is None else one._replace(counts=by_cut.get(one.key, 0))
        return as_it_counts.counts_at(level)

    return is_counted


def _pinned(connection: Connection, loaded: State, cycle: int, keys: set[str]) -> Mapping[str, int]:
    """The contacts that a certified cycle counts by its cut, each from which levels."""
    with loaded.standing(cycle).frame.reading(connection) as own:
        return ledger.contacts_counting(own, cycle=cycle, keys=keys)

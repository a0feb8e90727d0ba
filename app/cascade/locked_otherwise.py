"""Where the folder that is loaded gives results or actuals of locked cycles otherwise than they were locked: later cycles go by these, and a load says so (contract-cycle, 8)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection

from app import organisation
from app.cascade.lines import loaded_sheet
from app.cascade.locked import Locked, read_locked
from app.rules.standings import published
from app.rules.terms import Node, NodeKind

__all__ = ["LockedOtherwise", "locked_otherwise"]


class LockedOtherwise(NamedTuple):
    """A row of ``results.csv``, or with a KPI of ``history.csv``, that says something else than was locked."""

    cycle: int
    node: Node
    kpi: str | None


def locked_otherwise(connection: Connection) -> list[LockedOtherwise]:
    """By cycle, node and KPI. Queries: those of :func:`read_locked`; where a cycle is locked those of the directory and :func:`loaded_sheet`."""
    locked = read_locked(connection)
    if not locked:
        return []
    some = [*_of_results(connection, locked), *_of_history(connection, locked)]
    return sorted(some, key=lambda one: (one.cycle, one.kpi or "", str(one.node)))


def _of_results(connection: Connection, locked: Locked) -> Iterator[LockedOtherwise]:
    for number, results in organisation.directory(connection).results.items():
        for one in results:
            kept = locked[one.cycle].results.get(number) if one.cycle in locked else None
            if kept is None or kept.final_score is None:
                continue
            if _shown(one.final_score, one.grade) != _shown(kept.final_score, kept.grade):
                yield LockedOtherwise(one.cycle, Node(NodeKind.EMPLOYEE, number), None)


def _shown(score: Decimal, grade: str | None) -> tuple[Decimal, str]:
    """A score as it is published: a folder may have been written of what pages show."""
    return published(score), grade or ""


def _of_history(connection: Connection, locked: Locked) -> Iterator[LockedOtherwise]:
    history = loaded_sheet(connection).history
    for cycle, one in locked.items():
        for (node, kpi), actual in one.actuals.items():
            given = history.get(node, {}).get(kpi, {}).get(cycle)
            if given is not None and given != actual:
                yield LockedOtherwise(cycle, node, kpi)

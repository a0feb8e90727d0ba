"""Activities as they stand, one a row, under the names of the columns that activities are ingested by where there are such."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from app.exports.table import Cell, Column, Export
from app.ledger import ListedActivity

__all__ = ["EXPORT", "OF_LEDGER", "with_figures_named"]


def _dollars(cents: int | None) -> Decimal | None:
    return None if cents is None else Decimal(cents).scaleb(-2)


def _written(credits: Sequence[tuple[str, int]]) -> str:
    """``E0001:0.6;E0107:0.4``, as the column ``credits`` of a file of activities has it."""
    return ";".join([f"{number}:{_share(share)}" for number, share in credits])


@functools.cache
def _share(share: int) -> str:
    return f"{Decimal(share).scaleb(-4).normalize():f}"


EXPORT: Final = Export[ListedActivity](
    "activities",
    (
        Column("source", lambda row: row.source, 20),
        Column("id", lambda row: row.id, 20),
        Column("type", lambda row: row.type),
        Column("time", lambda row: row.time, 26),
        Column("day", lambda row: row.day),
        Column("employee", lambda row: row.employee),
        Column("unit", lambda row: row.unit),
        Column("company", lambda row: row.company, 26),
        Column("buyer", lambda row: row.buyer, 26),
        Column("country", lambda row: row.country),
        Column("amount", lambda row: row.amount),
        Column("currency", lambda row: row.currency),
        Column("amount_usd", lambda row: _dollars(row.usd_cents)),
        Column("hs_code", lambda row: row.hs_code),
        Column("credits", lambda row: _written(row.credits), 26),
        Column("state", lambda row: row.state),
        Column("verifier", lambda row: row.verifier),
    ),
)

OF_LEDGER: Final = Export[ListedActivity](
    "ledger_activities",
    (
        *EXPORT.columns,
        Column("door", lambda row: row.door),
        Column("sender", lambda row: row.sender, 26),
        Column("request", lambda row: row.request, 36),
    ),
)
"""The same for the auditor, who sees by which door each came, and from whom."""


_FIGURE: Final = "figure"


def with_figures_named(
    export: Export[ListedActivity],
    *,
    kpi_name: Callable[[str], str],
    node_name: Callable[[str], str],
    closing: tuple[str, str],
) -> Export[ListedActivity]:
    """The same file with reported figures by names: they have no company and no buyer, and the ledger keeps KPI and node in those places.

    The codes stand in columns of their own, under the names by which figures are ingested.

    Args:
        export: the file's columns.
        kpi_name: what a KPI is called, by its code.
        node_name: what a unit or an employee is called, by the node's text.
        closing: as of :attr:`app.exports.table.ExportSheet.closing`.
    """
    named: dict[str, Callable[[ListedActivity], Cell]] = {
        "company": lambda row: kpi_name(row.company) if row.type == _FIGURE else row.company,
        "buyer": lambda row: node_name(row.buyer) if row.type == _FIGURE else row.buyer,
    }
    columns = [Column(one.name, named.get(one.name, one.value), one.width, one.number_format) for one in export.columns]
    kpi = Column[ListedActivity]("kpi", lambda row: row.company if row.type == _FIGURE else None, 22)
    node = Column[ListedActivity]("node", lambda row: row.buyer if row.type == _FIGURE else None, 18)
    return Export(export.name, (*columns, kpi, node), closing)
